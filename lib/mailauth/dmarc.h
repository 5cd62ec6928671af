/*
 * dmarc.h - does the author's domain stand behind this message? (RFC 9989, and RFC 7489)
 *
 * Made when From is known, so that the policy is looked up while the body streams; told what
 * SPF and DKIM have proven; then it settles whether one of them is aligned with the author,
 * and what the author's domain wants done if not.
 *
 *	new, then in any order: DNS questions answered (dns/dns.h), identities added and
 *	ended; when both are over (done), the verdict is read.
 *
 * Organisational domains are found by the tree walk of RFC 9989, 4.10, whose questions are
 * asked all at once, or, if the owner hands in a list of public suffixes, as RFC 7489 has it.
 * No author, or several: `permerror`, to be refused. pct= is history (RFC 9989, A.6).
 *
 * Bounds: 8 names a walk, 11 identities. Memory: 32 KiB at the most, 3 KiB as a rule.
 */
#ifndef SL_MAILAUTH_DMARC_H
#define SL_MAILAUTH_DMARC_H

#include "mailauth/author.h"
#include "dns/dns.h"

#define SL_DMARC_WALK_MAX	8	/* RFC 9989, 4.10 */
#define SL_DMARC_IDENTITIES_MAX	11
#define SL_DMARC_RECORD_MAX	2048	/* longer ones are no records */

enum sl_dmarc_result {		/* RFC 7489, 11.2 */
	SL_DMARC_NONE,
	SL_DMARC_PASS,
	SL_DMARC_FAIL,
	SL_DMARC_TEMPERROR,
	SL_DMARC_PERMERROR,
};

enum sl_dmarc_policy {		/* weakest first */
	SL_DMARC_POLICY_UNSET,	/* the record does not say */
	SL_DMARC_POLICY_NONE,
	SL_DMARC_POLICY_QUARANTINE,
	SL_DMARC_POLICY_REJECT,
};

/* A record, as published (RFC 9989, 4.7). */
struct sl_dmarc_record {
	enum sl_dmarc_policy	p, sp, np;
	bool			dkim_strict, spf_strict;
	bool			testing;	/* t=y */
	char			psd;		/* 'y', 'n' or 'u' */
	bool			broken;		/* p=, sp= or np= has a value nobody knows, or p= is absent */
	struct sl_slice		rua, ruf;	/* where reports go; point into the text parsed */
};

/* Parse the text of a TXT record. False: it is no DMARC record. */
bool	sl_dmarc_record_parse(struct sl_slice txt, struct sl_dmarc_record *record_out);

/* The organisational domain of `domain` by some list of public suffixes: a tail of it. */
typedef struct sl_slice sl_dmarc_suffix(void *ctx, struct sl_slice domain);

struct sl_dmarc_settings {
	sl_dmarc_suffix	*suffix;	/* NULL: walk the tree */
	void		*ctx;		/* for suffix; kept */
};

/* Valid while the evaluator is. Texts are "" where there is nothing to say. */
struct sl_dmarc_verdict {
	enum sl_dmarc_result	 result;
	enum sl_dmarc_policy	 policy;	/* that applies to this author; t=y taken into account */
	enum sl_dmarc_policy	 disposition;	/* what the domain wants done with this message */
	const char		*reason;
	const char		*from;		/* the author's domain */
	const char		*domain;	/* where the record was found */
	const char		*organisation;	/* of the author; "" if it did not matter */
	const char		*aligned_dkim;	/* the signing domain that made it pass */
	bool			 aligned_spf;
	struct sl_dmarc_record	 record;	/* for reports; zero if there is none */
	struct sl_slice		 text;		/* of the record */
};

struct sl_dmarc;

/* `author` is copied; settings may be NULL. */
struct sl_dmarc	*sl_dmarc_new(const struct sl_author *author, const struct sl_dmarc_settings *settings);
void		 sl_dmarc_free(struct sl_dmarc **dmarc);

extern const struct sl_dns_client sl_dmarc_dns;		/* `evaluator` is a struct sl_dmarc */

/* A domain with a passing signature; one by SPF. More than the bound, or what is no domain, is
 * left out. `end` says that these were all. */
void	sl_dmarc_add_dkim(struct sl_dmarc *dmarc, struct sl_slice domain);
void	sl_dmarc_add_spf(struct sl_dmarc *dmarc, struct sl_slice domain);
/* A domain that SPF (`is_spf`) or a signature might have proven, had DNS answered: if nothing else is
 * aligned and this is, the result is `temperror` and not `fail`. */
void	sl_dmarc_add_unsure(struct sl_dmarc *dmarc, struct sl_slice domain, bool is_spf);
void	sl_dmarc_end(struct sl_dmarc *dmarc);

bool	sl_dmarc_done(const struct sl_dmarc *dmarc);
/* Time is up: what is not known is `temperror`. After the end; no answers after this. */
void	sl_dmarc_expire(struct sl_dmarc *dmarc);
const struct sl_dmarc_verdict	*sl_dmarc_verdict(const struct sl_dmarc *dmarc);

const char	*sl_dmarc_result_name(enum sl_dmarc_result result);	/* "pass" */
const char	*sl_dmarc_policy_name(enum sl_dmarc_policy policy);	/* "reject"; UNSET: "" */

#endif
