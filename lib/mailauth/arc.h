/*
 * arc.h - what hands did this message go through, and what did they find? (RFC 8617)
 *
 * Verifies a chain like dkim.h verifies signatures: made when the header is complete, asked
 * for its questions, fed the body, read when done. And adds a link to it, where Sluice must
 * change a message: which it seldom does, as the better answer is to leave mail as it is.
 *
 * A chain whose key cannot be looked up fails (RFC 8617, 5.2: all failures are permanent).
 *
 * Bounds: 50 sets, 8 KiB a field; the keys of all signatures together as long as 51 of 2048 bits. Memory: 4 KiB, and 2 KiB for each different key.
 */
#ifndef SL_MAILAUTH_ARC_H
#define SL_MAILAUTH_ARC_H

#include "dns/dns.h"
#include "mailauth/headers.h"
#include "mailauth/keys.h"
#include "mailauth/signkey.h"

#define SL_ARC_SETS_MAX		50	/* RFC 8617, 4.2.1 */
#define SL_ARC_FIELD_MAX	8192

enum sl_arc_result {
	SL_ARC_NONE,
	SL_ARC_PASS,
	SL_ARC_FAIL,
};

struct sl_arc;

/* headers and keys are kept. `will_seal`: sl_arc_seal may follow, so the body is hashed for it. */
struct sl_arc	*sl_arc_new(const struct sl_headers *headers, struct sl_keys *keys, bool will_seal);
void		 sl_arc_free(struct sl_arc **arc);

extern const struct sl_dns_client sl_arc_dns;		/* `evaluator` is a struct sl_arc */

void	sl_arc_body(struct sl_arc *arc, const unsigned char *data, size_t len);
void	sl_arc_body_end(struct sl_arc *arc);
bool	sl_arc_done(const struct sl_arc *arc);
void	sl_arc_expire(struct sl_arc *arc);	/* keys that are not here are not coming */

/* When done. */
enum sl_arc_result	 sl_arc_result(const struct sl_arc *arc);
const char		*sl_arc_reason(const struct sl_arc *arc);	/* static; "" unless it failed */
unsigned		 sl_arc_instance(const struct sl_arc *arc);	/* sets in the chain; 0: none */
const char		*sl_arc_sealer(const struct sl_arc *arc);	/* d= of the last seal, or "" */
/* Did the last seal already say that the chain is broken? Then nobody adds to it. */
bool			 sl_arc_is_closed(const struct sl_arc *arc);

const char	*sl_arc_result_name(enum sl_arc_result result);

struct sl_arc_seal_settings {
	const char			*domain;	/* d= */
	const char			*selector;	/* s= */
	const struct sl_signkey		*key;
	const char			*names;		/* h= of the message signature, "from:to:..." */
	int64_t				 now_s;		/* t= */
};

/*
 * Add the three fields of the next link, each with its CRLF, the seal first: they go in front.
 * `arc` is done, and was told that this comes. `results` is what an Authentication-Results field says: "mx.example; spf=pass ..."
 * Returns 0, SL_ERR_FULL if the chain takes no more (closed, or 50 links), or SL_ERR_SYSTEM.
 */
SL_MUST_USE int	sl_arc_seal(const struct sl_arc *arc, const struct sl_arc_seal_settings *settings,
		    struct sl_slice results, struct sl_buf *out);

#endif
