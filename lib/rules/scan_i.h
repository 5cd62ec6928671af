/* scan_i.h - inside the runtime of rules: a snapshot that is open */
#ifndef SL_RULES_SCAN_I_H
#define SL_RULES_SCAN_I_H

#include "rules/rules_i.h"
#include "rules/scan.h"

#include <hs/hs.h>

#define RULES_BUCKETS	256
#define RULES_NAME_BITS	1024
#define RULES_NOT	UINT32_MAX

struct rule {
	struct sl_rules_info	 info;		/* but method */
	const char		*function;
	unsigned		 max_hits;
	enum rules_method	 method;
	bool			 absent_hits;
	uint32_t		 counter;	/* of a run; RULES_NOT: it does not count */
	uint32_t		 group;		/* RULES_NOT: none */
	pcre2_code		*code;		/* NULL: not for PCRE2 */
	struct sl_rule_step	*steps;
	size_t			 steps_len;
	const char		**arguments;
	size_t			 arguments_len;
	const void		*call;		/* EVAL: what was found; NULL: nothing */
};

struct group {
	enum sl_rule_where	 where;
	const char		*field;
	bool			 utf;
	uint32_t		*rules;
	size_t			 len;
	size_t			 bare;		/* rules without a pattern: it is enough that a unit is there */
	size_t			 looks;		/* rules that PCRE2 looks for: CONFIRMED, ALWAYS */
	hs_database_t		*block, *stream;	/* NULL: none */
	bool			 is_first;	/* of its kind and field: there may be another, for UTF-8 */
	struct group		*next;		/* in its bucket */
};

struct sl_rules {
	unsigned			 magic;
	const struct sl_rules_functions	*functions;
	struct sl_slice			 lines;
	char				 id[17];
	struct rule			*rules;
	size_t				 len;
	uint32_t			*order;
	size_t				 order_len;
	struct group			*groups;
	size_t				 groups_len;
	size_t				 counters;
	struct group			*buckets[RULES_BUCKETS];
	uint64_t			 names[RULES_NAME_BITS / 64];	/* of fields, without :addr and the like */
	/* Scratch: what lives for one call. */
	hs_scratch_t			*scratch;
	uint32_t			*pending;	/* as many as the largest group has */
	double				*values;	/* of each rule */
	pcre2_match_data		*match;
	pcre2_match_context		*limits, *strict;
	pcre2_jit_stack			*stack;
};

/* Where a field's name is marked in `names`. */
static inline size_t
rules_name_bit(struct sl_slice name)
{
	return (size_t)(sl_hash_lower(name) >> 7) & (RULES_NAME_BITS - 1);
}

static inline size_t
rules_bucket(enum sl_rule_where where, struct sl_slice field)
{
	return (size_t)(sl_hash_lower(field) + (uint64_t)where * 0x9e3779b97f4a7c15u) >> 7 & (RULES_BUCKETS - 1);
}

#endif
