/*
 * ruleset.h - rules as they are written: what is looked at, for what, and how they combine
 *
 * Both readers (YAML rule files of our own, yaml.h; SpamAssassin's, sa.h) fill one ruleset; the
 * compiler (compile.h) makes a snapshot of it that an edge maps. Patterns are PCRE2, UTF off unless
 * SL_RULE_UTF, and are matched against one *unit* at a time: never across units.
 *
 * Pure, and never in an edge: whoever compiles owns the memory. Strings are copied.
 */
#ifndef SL_RULES_RULESET_H
#define SL_RULES_RULESET_H

#include "classify/classify.h"
#include "sl/arena.h"

enum sl_rule_where {
	SL_RULE_HEADER,		/* a unit: one header field's value; `field` names it, with SpamAssassin's modifiers */
	SL_RULE_TEXT,		/* our visible text: a unit is a paragraph */
	SL_RULE_HIDDEN,		/* our hidden text */
	SL_RULE_LINK,		/* a unit: one address (SpamAssassin: uri, as written and normalised) */
	SL_RULE_ATTACHMENT,	/* a unit: one file's name */
	SL_RULE_BODY,		/* SpamAssassin's body: rendered paragraphs, the subject first */
	SL_RULE_RAW_BODY,	/* SpamAssassin's rawbody: decoded, not rendered, in pieces */
	SL_RULE_FULL,		/* header and body as they came: one unit, streamed */
	SL_RULE_MIME_HEADER,	/* a unit: one field of a part's header */
	SL_RULE_META,		/* no pattern: `expression` over other rules */
	SL_RULE_EVAL,		/* no pattern: `function` with arguments */
};

#define SL_RULE_CASELESS	0x01
#define SL_RULE_MULTILINE	0x02
#define SL_RULE_DOTALL		0x04
#define SL_RULE_EXTENDED	0x08
#define SL_RULE_UTF		0x10
#define SL_RULE_NEGATED		0x20	/* hits when the pattern does not match (SpamAssassin's !~) */
#define SL_RULE_EXISTS		0x40	/* header: hits when there is such a field */
#define SL_RULE_MULTIPLE	0x80	/* counts its hits, up to max_hits */
#define SL_RULE_NET		0x100	/* needs the network: kept by name, never evaluated */
#define SL_RULE_INTERNAL	0x200	/* __NAME: gives no evidence, serves expressions */
#define SL_RULE_NICE		0x400	/* speaks for the message */
#define SL_RULE_NO_SUBJECT	0x800	/* BODY: not looked for in the first unit, the subject */
#define SL_RULE_SHADOW		0x1000	/* its evidence is recorded, not counted */

/* An expression in postfix order: the evaluator needs a stack only. */
enum sl_rule_op {
	SL_RULE_OP_NUMBER,	/* push number */
	SL_RULE_OP_RULE,	/* push the number of hits of rule `index` (0 if it did not) */
	SL_RULE_OP_NOT, SL_RULE_OP_NEGATE,
	SL_RULE_OP_AND, SL_RULE_OP_OR, SL_RULE_OP_ADD, SL_RULE_OP_SUB, SL_RULE_OP_MUL, SL_RULE_OP_DIV,
	SL_RULE_OP_LT, SL_RULE_OP_LE, SL_RULE_OP_GT, SL_RULE_OP_GE, SL_RULE_OP_EQ, SL_RULE_OP_NE,
};
struct sl_rule_step {
	enum sl_rule_op	op;
	double		number;
	uint32_t	index;		/* of a rule in the set */
};

struct sl_rule {
	const char		*name;		/* [A-Za-z0-9_]+, unique in the set */
	const char		*sentence;	/* for a person; "" : made from the name */
	enum sl_category	 category;
	double			 prior;		/* log-odds it adds until one is learned */
	enum sl_rule_where	 where;
	unsigned		 flags;		/* SL_RULE_* */
	unsigned		 max_hits;	/* with MULTIPLE; 0: no limit */
	const char		*field;		/* HEADER, MIME_HEADER: "Subject", "From:addr", "ALL", "ToCc" ... */
	const char		*absent;	/* HEADER: matched instead when there is no such field; NULL: no match */
	const char		*pattern;	/* PCRE2; NULL: none */
	const struct sl_rule_step *steps;	/* META */
	size_t			 steps_len;
	const char		*function;	/* EVAL: "html_tag_balance" */
	const char *const	*arguments;	/* EVAL */
	size_t			 arguments_len;
	const char		*file;		/* where it is written */
	unsigned		 line;
};

/* A rule that could not be taken, and why: never silently. */
struct sl_rule_unsupported {
	const char	*name;
	const char	*reason;	/* "needs the network: check_rbl" */
	const char	*file;
	unsigned	 line;
};

struct sl_ruleset {
	struct sl_arena			 arena;		/* all strings */
	struct sl_rule			*rules;
	size_t				 len, size;
	struct sl_rule_unsupported	*unsupported;
	size_t				 unsupported_len, unsupported_size;
	uint32_t			*index;		/* of names: ruleset.c's own */
	size_t				 index_size;
};

void	sl_ruleset_init(struct sl_ruleset *set);
void	sl_ruleset_fini(struct sl_ruleset *set);
/* Adds a rule, or replaces that of the same name; strings and steps are copied. NULL for a sentence or
 * file is "". Returns its index. `rule` may be one of the set. */
size_t	sl_ruleset_put(struct sl_ruleset *set, const struct sl_rule *rule);
/* SIZE_MAX: there is none. */
size_t	sl_ruleset_find(const struct sl_ruleset *set, const char *name);
void	sl_ruleset_refuse(struct sl_ruleset *set, const struct sl_rule_unsupported *why);

#endif
