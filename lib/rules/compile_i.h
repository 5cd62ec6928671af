/* compile_i.h - inside the compiler of rules */
#ifndef SL_RULES_COMPILE_I_H
#define SL_RULES_COMPILE_I_H

#include "rules/compile.h"
#include "rules/rules_i.h"

/* Append a pattern that matches wherever this one does, without atomic groups and possessive
 * quantifiers. False: there are none, or it is not known how. */
bool	rules_loosen(const char *pattern, struct sl_buf *out);

/* Append words, as expressions of escapes, a NUL behind each, of which every match of the pattern has one, at most
 * one in 1 / rate_max bytes of common text. *caseless_out: in any case. False: there are none as rare as that,
 * or it is not known. */
bool	rules_words(const char *pattern, unsigned flags, double rate_max, struct sl_buf *out, bool *caseless_out);

/* What is decided of a rule. */
struct rules_plan {
	enum rules_method	 method;
	size_t			 group;		/* SIZE_MAX: none */
	bool			 absent_hits;	/* the pattern matches what stands for an absent field */
	bool			 is_loose;	/* `expression` matches more often than the pattern */
	char			*expression;	/* for Vectorscan, owned; NULL: method is not for it */
	size_t			 expressions;	/* so many, a NUL behind each; a match of any is one */
	unsigned		 expression_flags;
};

struct rules_group {		/* rules that look at units of one kind */
	enum sl_rule_where	 where;
	const char		*field;		/* "" if there is none */
	bool			 utf;
	uint32_t		*rules;		/* indices into the set */
	size_t			 len, size;
	struct sl_buf		 block, stream;	/* databases; empty: none */
};

/* Fill in method and expression: of all but what databases_make finds out. Returns NULL or what is wrong;
 * `out` keeps the text. */
const char *rules_plan_pattern(const struct sl_rule *rule, bool pcre_only, struct rules_plan *plan,
	    struct sl_buf *out);
/* Make the databases of a group; patterns that Vectorscan refuses together with others become ALWAYS.
 * Returns NULL or what is wrong (static). */
const char *rules_databases(const struct sl_ruleset *set, struct rules_plan *plans, struct rules_group *group,
	    bool stream);
/* The order in which expressions are worked out: returns how many are in `order_out` (room for set->len);
 * what is missing there runs in circles. */
size_t	rules_order(const struct sl_ruleset *set, uint32_t *order_out, bool *done_out);
/* Is an expression well formed, and does it need no more than RULES_STACK_MAX numbers? */
bool	rules_steps_ok(const struct sl_rule_step *steps, size_t len, size_t rules_len);

#endif
