/*
 * pdf_crypt.h - PDF's standard security handler with no password (ISO 32000-2, 7.6)
 *
 * Many PDFs are encrypted so that anybody can open them: the user password is empty, and only
 * printing or changing is meant to be hindered. A viewer asks nothing, so we need not either.
 * RC4 and AES, revisions 2 to 6. Memory: none held.
 */
#ifndef HELPER_PDF_CRYPT_H
#define HELPER_PDF_CRYPT_H

#include "inspect.h"

enum pdf_cipher { PDF_RC4, PDF_AES, PDF_PLAIN };

/* What the encryption dictionary and the trailer say; gathered by pdf.c, 0 where not said. */
struct pdf_crypt {
	size_t		version;	/* V */
	size_t		revision;	/* R */
	size_t		length_bits;
	int64_t		permissions;	/* P */
	unsigned char	owner[48], user[48], user_key[32], id[32];	/* O, U, UE, first ID */
	size_t		owner_len, user_len, user_key_len, id_len;
	bool		metadata_is_plain;
	enum pdf_cipher	cipher;
	/* what follows is pdf_crypt_open's */
	bool		open;
	unsigned char	key[32];
	size_t		key_len;
};

/* Find the key for the empty password. Returns crypt->open: false if there is a password, or the
 * handler is another. */
bool	pdf_crypt_open(struct pdf_crypt *crypt);
/* Decrypt a string or stream of object `number`, `generation` into `out`, which has room for as much
 * as is put in. Returns the count of bytes. */
size_t	pdf_decrypt(const struct pdf_crypt *crypt, uint32_t number, uint32_t generation, struct sl_slice in,
	    unsigned char *out);

#endif
