/*
 * compile.h - a ruleset becomes a snapshot: bytes that an edge opens (scan.h)
 *
 * For each kind of unit, and for each header field, one Vectorscan database for the generic platform. A
 * pattern that Vectorscan does not take as it is (back-references, look-around, possessive
 * quantifiers) goes in as something that matches at least as often, and PCRE2 confirms; what has no
 * such form, or one that matches everywhere, is PCRE2's alone. Expressions are put in an order in
 * which each stands after what it is over; circles are refused.
 *
 * Long patterns are tried in a child process first, with a limit of CPU time: Vectorscan can take minutes for
 * one; such are PCRE2's alone too. Not from a process with threads.
 * Takes seconds and hundreds of MiB for thousands of rules: never in an edge.
 */
#ifndef SL_RULES_COMPILE_H
#define SL_RULES_COMPILE_H

#include "rules/scan.h"
#include "sl/buf.h"

#define SL_RULES_SECRET_BYTES	64	/* Ed25519, as libsodium keeps it: the public key is its second half */

struct sl_rules_compile {
	const unsigned char	*secret;	/* SL_RULES_SECRET_BYTES; NULL: unsigned */
	bool			 stream_all;	/* every kind of unit can be fed in pieces, not FULL alone */
	bool			 pcre_only;	/* for comparison: Vectorscan is not used */
	struct sl_slice		 lines;		/* what rules are not, and who shows units needs: sl_rules_lines */
	/* One call for each problem; what can go on goes on. May be NULL. */
	void			 (*error)(void *ctx, const struct sl_rule *rule, const char *what);
	void			 *ctx;
};

struct sl_rules_compiled {	/* what became of it */
	size_t	rules, patterns, exact, confirmed, always, groups, errors;
	size_t	database_bytes;
};

/* Append the snapshot to `out`. Returns 0, or SL_ERR_SYNTAX: at least one error was told, `out` is of no
 * use. `settings` NULL: defaults. */
SL_MUST_USE int	sl_rules_compile(const struct sl_ruleset *set, const struct sl_rules_compile *settings,
		    struct sl_buf *out, struct sl_rules_compiled *compiled_out);
/* A new key pair. */
void	sl_rules_key(unsigned char public_out[SL_RULES_PUBLIC_BYTES],
	    unsigned char secret_out[SL_RULES_SECRET_BYTES]);

#endif
