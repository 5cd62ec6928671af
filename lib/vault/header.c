/* header.c - see header_i.h */

#include "header_i.h"

#include <sodium.h>

#include "seal/le_i.h"

#define HEADER_VERSION	1
#define NONCE_BYTES	24
#define HEAD_BYTES	(NONCE_BYTES + HEADER_KEY_ID_BYTES)
#define PLAIN_BYTES	(HEADER_BYTES - HEAD_BYTES - crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define EXTENTS_AT	48
#define TOKEN_AT	240
#define RECORD_AT	399

_Static_assert(NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "layout");
_Static_assert(RECORD_AT + SL_SEAL_RECORD_BYTES == PLAIN_BYTES, "layout");
_Static_assert(EXTENTS_AT + 8 * EXTENTS_MAX <= TOKEN_AT && TOKEN_AT + 8 <= RECORD_AT, "layout");

static const char context[] = "sluice header 1";

bool
header_free(const unsigned char slot[HEADER_BYTES])
{
	return sodium_is_zero(slot, HEADER_BYTES) == 1;
}

void
header_key_id(const unsigned char slot[HEADER_BYTES], const unsigned char slot_key[32],
    unsigned char id_out[HEADER_KEY_ID_BYTES])
{
	crypto_stream_xchacha20_xor(id_out, slot + NONCE_BYTES, HEADER_KEY_ID_BYTES, slot, slot_key);
}

/* What is authenticated beside the cipher. */
static void
beside(const unsigned char *slot, uint32_t number, unsigned char out[sizeof(context) - 1 + HEAD_BYTES + 4])
{
	memcpy(out, context, sizeof(context) - 1);
	memcpy(out + sizeof(context) - 1, slot, HEAD_BYTES);
	le_put(out + sizeof(context) - 1 + HEAD_BYTES, number, 4);
}

void
header_write(const struct header *header, uint32_t number, const unsigned char slot_key[32],
    const unsigned char key_id[HEADER_KEY_ID_BYTES], const unsigned char key[32], unsigned char slot_out[HEADER_BYTES])
{
	unsigned char plain[PLAIN_BYTES] = { 0 }, ad[sizeof(context) - 1 + HEAD_BYTES + 4];

	SL_ASSERT(header->extents_len <= EXTENTS_MAX);
	le_put(plain, HEADER_VERSION, 4);
	plain[4] = header->state;
	plain[5] = (unsigned char)header->extents_len;
	le_put(plain + 8, header->generation, 4);
	memcpy(plain + 16, header->id, SL_VAULT_ID_BYTES);
	le_put(plain + 32, (uint64_t)header->received_us, 8);
	le_put(plain + 40, header->sealed_bytes, 8);
	for (size_t i = 0; i < header->extents_len; i++) {
		le_put(plain + EXTENTS_AT + 8 * i, header->extents[i].start, 4);
		le_put(plain + EXTENTS_AT + 8 * i + 4, header->extents[i].count, 4);
	}
	le_put(plain + TOKEN_AT, header->token, 8);
	memcpy(plain + RECORD_AT, header->record, SL_SEAL_RECORD_BYTES);
	sl_random(slot_out, NONCE_BYTES);
	crypto_stream_xchacha20_xor(slot_out + NONCE_BYTES, key_id, HEADER_KEY_ID_BYTES, slot_out, slot_key);
	beside(slot_out, number, ad);
	SL_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(slot_out + HEAD_BYTES, NULL, plain, sizeof(plain), ad,
	    sizeof(ad), NULL, slot_out, key) == 0);
	sl_zero(plain, sizeof(plain));
}

int
header_read(const unsigned char slot[HEADER_BYTES], uint32_t number, const unsigned char key[32],
    struct header *header_out)
{
	struct header *h = header_out;
	unsigned char plain[PLAIN_BYTES], ad[sizeof(context) - 1 + HEAD_BYTES + 4];
	uint64_t blocks = 0;

	beside(slot, number, ad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, slot + HEAD_BYTES, HEADER_BYTES - HEAD_BYTES, ad,
	    sizeof(ad), slot, key) != 0)
		return SL_ERR_DAMAGED;
	if (le_get(plain, 4) != HEADER_VERSION)
		return SL_ERR_VERSION;
	h->state = plain[4];
	h->extents_len = plain[5];
	h->generation = (uint32_t)le_get(plain + 8, 4);
	memcpy(h->id, plain + 16, SL_VAULT_ID_BYTES);
	h->received_us = (int64_t)le_get(plain + 32, 8);
	h->sealed_bytes = le_get(plain + 40, 8);
	for (size_t i = 0; i < SL_MIN(h->extents_len, (size_t)EXTENTS_MAX); i++) {
		h->extents[i].start = (uint32_t)le_get(plain + EXTENTS_AT + 8 * i, 4);
		h->extents[i].count = (uint32_t)le_get(plain + EXTENTS_AT + 8 * i + 4, 4);
		blocks += h->extents[i].count;
	}
	h->token = le_get(plain + TOKEN_AT, 8);
	memcpy(h->record, plain + RECORD_AT, SL_SEAL_RECORD_BYTES);
	sl_zero(plain, sizeof(plain));
	if (h->extents_len > EXTENTS_MAX || h->state >= SL_VAULT_STATE_COUNT || h->sealed_bytes % EXTENT_BLOCK != 0 ||
	    blocks != h->sealed_bytes / EXTENT_BLOCK)
		return SL_ERR_DAMAGED;
	return 0;
}
