/*
 * dkim.h - who signed this message, and is it as it was signed? (RFC 6376, 8301, 8463)
 *
 * Made when the header is complete: the keys can be asked for at once, and while the body
 * streams by, it is hashed for all signatures together. What is left to do at the end is to
 * compare hashes.
 *
 *	new, then in any order: DNS questions answered (dns/dns.h), body fed and ended;
 *	when both are over (done), the results are read.
 *
 * Believed is rsa-sha256 with 1024 to 8192 bits and ed25519-sha256; rsa-sha1 fails (RFC 8301).
 * A signature that does not cover From is in error; one that leaves part of the body out (l=)
 * and one on a message with several From fields are `policy`: it may be as signed, but what a
 * reader sees is not.
 *
 * Bounds: the first 10 signatures (the others are not looked at), 100 names in h=, 8 KiB a
 * signature field. Memory: 2 KiB, and 4 KiB a signature.
 */
#ifndef SL_MAILAUTH_DKIM_H
#define SL_MAILAUTH_DKIM_H

#include "mailauth/canon.h"
#include "dns/dns.h"
#include "mailauth/headers.h"
#include "mailauth/keys.h"

#define SL_DKIM_SIGNATURES_MAX	10
#define SL_DKIM_NAMES_MAX	100
#define SL_DKIM_FIELD_MAX	8192

enum sl_dkim_result {		/* RFC 8601, 2.7.1 */
	SL_DKIM_NONE,		/* of a message without signatures */
	SL_DKIM_PASS,
	SL_DKIM_FAIL,
	SL_DKIM_POLICY,
	SL_DKIM_NEUTRAL,	/* a DKIM-Signature that cannot be read */
	SL_DKIM_TEMPERROR,
	SL_DKIM_PERMERROR,
};

/* One signature, in the order of the header. Texts are "" where the field does not say. */
struct sl_dkim_signature {
	enum sl_dkim_result	 result;
	const char		*reason;	/* static; "" for a pass */
	char			 domain[SL_DNS_NAME_MAX + 1];	/* d=, lower case */
	char			 selector[SL_DNS_NAME_MAX + 1];	/* s=, lower case */
	struct sl_slice		 identity;	/* i=, or empty: "@" domain is meant */
	struct sl_slice		 algorithm;	/* a= */
	char			 tag_b[9];	/* the first of b=, to tell signatures apart (RFC 6008) */
	unsigned		 key_bits;	/* 0: not known */
	bool			 testing;	/* t=y in the key: failing is to mean nothing */
	uint64_t		 unsigned_bytes;	/* of the body, behind l= */
};

struct sl_dkim;

/* `headers` and `keys` are kept; identity and algorithm above point into headers. */
struct sl_dkim	*sl_dkim_new(const struct sl_headers *headers, struct sl_keys *keys, int64_t now_s);
void		 sl_dkim_free(struct sl_dkim **dkim);

extern const struct sl_dns_client sl_dkim_dns;	/* `evaluator` is a struct sl_dkim */

void	sl_dkim_body(struct sl_dkim *dkim, const unsigned char *data, size_t len);
void	sl_dkim_body_end(struct sl_dkim *dkim);
/* Does it need the body at all? Not if no signature can come to a pass. */
bool	sl_dkim_wants_body(const struct sl_dkim *dkim);

bool	sl_dkim_done(const struct sl_dkim *dkim);
/* Time is up: keys that are not here yet are `temperror`. No answers after this. */
void	sl_dkim_expire(struct sl_dkim *dkim);

/* When done. */
size_t	sl_dkim_count(const struct sl_dkim *dkim);	/* at most SL_DKIM_SIGNATURES_MAX */
const struct sl_dkim_signature	*sl_dkim_get(const struct sl_dkim *dkim, size_t i);
size_t	sl_dkim_ignored(const struct sl_dkim *dkim);	/* signatures beyond the limit */

const char	*sl_dkim_result_name(enum sl_dkim_result result);	/* "pass" */

#endif
