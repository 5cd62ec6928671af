/* dkim_i.h - what DKIM shares with ARC, which signs in the same way (RFC 8617, 4.1) */
#ifndef SL_MAILAUTH_DKIM_I_H
#define SL_MAILAUTH_DKIM_I_H

#include "mailauth/dkim.h"
#include "mailauth/signkey.h"
#include "mailauth/taglist.h"

#include <openssl/evp.h>

#define DIGEST_LEN	32

/* ---- hashing ---- */

/* SHA-256, begun. `md` is what sl_keys_sha256 gives, or NULL: OpenSSL looks for it, which takes as
 * long as hashing 1 KiB. */
EVP_MD_CTX	*digest_new(const EVP_MD *md);
void	digest_add(EVP_MD_CTX *ctx, const void *data, size_t len);
void	digest_end(EVP_MD_CTX *ctx, unsigned char out[DIGEST_LEN]);
/* Add a field in canonical form. */
void	digest_add_field(EVP_MD_CTX *ctx, enum sl_canon canon, struct sl_slice field, bool line_end);
/* The same for a field that holds a signature: without the value of its tag b=. */
void	digest_add_signature(EVP_MD_CTX *ctx, enum sl_canon canon, struct sl_slice field,
	    const struct sl_taglist *tags);
/* Add the fields that h= names, from the bottom up, leaving out field `own` (RFC 6376, 5.4.2).
 * `own` may be headers->count: none is left out. */
void	digest_add_named(EVP_MD_CTX *ctx, enum sl_canon canon, const struct sl_headers *headers,
	    struct sl_slice names, size_t own);

/* ---- the body, hashed for several signatures at once ---- */

#define BODY_HASHES_MAX	SL_DKIM_SIGNATURES_MAX
#define BODY_WHOLE	UINT64_MAX

struct body_hash {
	enum sl_canon	 canon;
	uint64_t	 limit;		/* octets, or BODY_WHOLE */
	uint64_t	 seen;		/* canonical octets, those past the limit too */
	EVP_MD_CTX	*ctx;
	unsigned char	 digest[DIGEST_LEN];	/* when ended */
};

struct body_hashes {
	const EVP_MD		*md;		/* kept, or NULL */
	size_t			 count;
	struct body_hash	 hashes[BODY_HASHES_MAX];
	struct sl_canon_body	 canon[2];	/* by enum sl_canon */
	bool			 wanted[2];
	bool			 ended;
};

void	body_hashes_init(struct body_hashes *body, const EVP_MD *md);	/* md: see digest_new; kept */
void	body_hashes_fini(struct body_hashes *body);
/* The hash of this form and limit, made if there is none. Returns its place. */
size_t	body_hashes_want(struct body_hashes *body, enum sl_canon canon, uint64_t limit);
void	body_hashes_feed(struct body_hashes *body, const unsigned char *data, size_t len);
void	body_hashes_end(struct body_hashes *body);

/* ---- signature fields ---- */

struct signature {
	enum sl_key_type	key_type;
	enum sl_canon		header_canon, body_canon;
	uint64_t		body_limit;
	struct sl_slice		names;		/* h= */
	size_t			b_len;
	unsigned char		b[SL_SIGNATURE_MAX];
	unsigned char		bh[DIGEST_LEN];
};

/* a=: SL_DONE and the key's type, or SL_ERR_UNSUPPORTED; *why_out is set unless DONE. */
int	signature_algorithm(struct sl_slice a, enum sl_key_type *type_out, const char **why_out);
/* c=, absent: simple/simple. False if it is none. */
bool	signature_canon(struct sl_slice c, struct signature *signature);
/* b= and, if it has to be there, bh=: base64 undone. NULL, or what is wrong. */
const char	*signature_hashes(const struct sl_taglist *tags, struct signature *signature, bool want_bh);
/* d=, s=, and the name of the key they make, all lower case. NULL, or what is wrong. */
const char	*signature_key_name(const struct sl_taglist *tags, char domain_out[SL_DNS_NAME_MAX + 1],
		    char selector_out[SL_DNS_NAME_MAX + 1], char name_out[SL_DNS_NAME_MAX + 1]);
/* h=: count its names; look for `name` among them. */
size_t	signature_names(struct sl_slice names, struct sl_slice name, bool *found_out);

/* ---- key records ---- */

struct key_record {
	unsigned char	data[2048];	/* p=, base64 undone */
	size_t		len;
	bool		testing;	/* t=y */
	bool		strict;		/* t=s: i= must be in d= itself */
};

/* Read the key record of an answer for a signature of this type. NULL, or what is wrong. */
const char	*key_record_read(const struct sl_dns_answer *answer, enum sl_key_type type,
		    struct key_record *record_out);

/* ---- writing signature fields ---- */

/* Add the instances of h= for the fields there are: each name of `names` as often as it
 * occurs, From, To, Date and Subject once more if `oversign`; folded. */
void	sign_add_names(struct sl_buf *out, const struct sl_headers *headers, const char *names,
	    bool oversign);
/* Add base64, folded. */
void	sign_add_base64(struct sl_buf *out, struct sl_slice bytes);

#endif
