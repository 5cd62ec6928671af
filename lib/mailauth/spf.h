/*
 * spf.h - may this address send for this domain? (RFC 7208)
 *
 * check_host() as a state machine: made, asked for its DNS questions one at a time, given
 * the answers (dns/dns.h), read when done. All mechanisms, modifiers and macros.
 *
 * Bounds: 10 terms that look up, 2 void look-ups, 10 names of an MX or PTR answer
 * (RFC 7208, 4.6.4); a record of 4096 octets, longer ones are permerror. The total time is the
 * owner's to bound: see sl_spf_expire. Memory: 12 KiB and one record per level of include,
 * at most 56 KiB.
 * A domain in UTF-8 is sought by its A-labels (RFC 8616, 4).
 */
#ifndef SL_MAILAUTH_SPF_H
#define SL_MAILAUTH_SPF_H

#include "dns/dns.h"

#define SL_SPF_TERMS_MAX	10	/* include, a, mx, ptr, exists, redirect */
#define SL_SPF_VOID_MAX		2
#define SL_SPF_NAMES_MAX	10	/* of one MX or PTR answer */
#define SL_SPF_RECORD_MAX	4096
#define SL_SPF_EXPLANATION_MAX	1024

enum sl_spf_result {		/* RFC 7208, 2.6 */
	SL_SPF_NONE,
	SL_SPF_NEUTRAL,
	SL_SPF_PASS,
	SL_SPF_FAIL,
	SL_SPF_SOFTFAIL,
	SL_SPF_TEMPERROR,
	SL_SPF_PERMERROR,
};

/* Who asks for what. All borrowed for the call of sl_spf_new. */
struct sl_spf_input {
	unsigned char	address[16];	/* the client's, network order; IPv4 in the first 4 octets */
	bool		is_ipv6;	/* a mapped IPv4 address (::ffff:0:0/96) is taken as IPv4 */
	struct sl_slice	helo;		/* as the client said it */
	struct sl_slice	sender;		/* local@domain of MAIL FROM; empty: postmaster@helo, the HELO check */
	struct sl_slice	receiver;	/* our own name, for %{r} */
	int64_t		now_s;		/* since 1970, for %{t} */
};

struct sl_spf;

struct sl_spf	*sl_spf_new(const struct sl_spf_input *input);	/* never NULL */
void		 sl_spf_free(struct sl_spf **spf);

/* `evaluator` is a struct sl_spf. One question is outstanding at most. */
extern const struct sl_dns_client sl_spf_dns;

bool	sl_spf_done(const struct sl_spf *spf);
/* Time is up: what is not known yet is `temperror`, or, where only the explanation was
 * missing, the result without it. Then done; an answer that still comes is not to be given. */
void	sl_spf_expire(struct sl_spf *spf);

/* When done. Borrowed from spf. */
enum sl_spf_result	 sl_spf_result(const struct sl_spf *spf);
const char		*sl_spf_explanation(const struct sl_spf *spf);	/* of a fail, printable ASCII; or "" */
const char		*sl_spf_domain(const struct sl_spf *spf);	/* the one checked, lower case; or "" */
/* Why an error is one, or which term decided: for the log. Never NULL. */
const char		*sl_spf_reason(const struct sl_spf *spf);

const char	*sl_spf_result_name(enum sl_spf_result result);		/* "softfail" */

#endif
