/*
 * header_i.h - a slot of the file of headers: the sealed record, and around it what the vault itself has to know
 *
 * Little-endian, 4,096 bytes, all of it random to who lacks the keys:
 *	0	24	nonce
 *	24	16	id of the day's key, under the vault's slot key (XChaCha20 with the nonce)
 *	40	4040+16	under the day's key (XChaCha20-Poly1305); the 40 bytes and the slot's number are authenticated with it:
 *		0	4	version, 1
 *		4	1	state		5	1	count of extents	6	2	zeros
 *		8	4	generation: of two slots for one message the higher one holds
 *		12	4	zeros
 *		16	16	the message's id, random
 *		32	8	received, microseconds
 *		40	8	bytes of the body
 *		48	192	extents: first block (4), count (4)
 *		240	8	the number by which it is known when it comes again; 0: none
 *		248	151	zeros
 *		399	3641	the record, sealed to the tenant (seal/record.h)
 *
 * A slot that does not open was torn, or is not ours, or its day's key has been destroyed.
 */
#ifndef SL_VAULT_HEADER_I_H
#define SL_VAULT_HEADER_I_H

#include "extents_i.h"
#include "seal/record.h"
#include "vault/vault.h"

#define HEADER_BYTES		4096u
#define HEADER_KEY_ID_BYTES	16u

struct header {
	unsigned char	id[SL_VAULT_ID_BYTES];
	unsigned char	state;
	uint32_t	generation;
	int64_t		received_us;
	uint64_t	token;
	uint64_t	sealed_bytes;
	size_t		extents_len;
	struct extent	extents[EXTENTS_MAX];
	unsigned char	record[SL_SEAL_RECORD_BYTES];
};

bool		header_free(const unsigned char slot[HEADER_BYTES]);	/* zeros */
/* Which day's key would open it. */
void		header_key_id(const unsigned char slot[HEADER_BYTES], const unsigned char slot_key[32],
    unsigned char id_out[HEADER_KEY_ID_BYTES]);
void		header_write(const struct header *header, uint32_t number, const unsigned char slot_key[32],
    const unsigned char key_id[HEADER_KEY_ID_BYTES], const unsigned char key[32], unsigned char slot_out[HEADER_BYTES]);
/* Returns 0, SL_ERR_DAMAGED or SL_ERR_VERSION. */
SL_MUST_USE int	header_read(const unsigned char slot[HEADER_BYTES], uint32_t number, const unsigned char key[32],
    struct header *header_out);

#endif
