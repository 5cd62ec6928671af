/* sa_read_i.h - what the parts of the reader of SpamAssassin's files share: see sa_read.h */
#ifndef SL_RULES_SA_READ_I_H
#define SL_RULES_SA_READ_I_H

#include "rules/sa_read.h"

#include "sl/buf.h"

#define SA_NAME_MAX		100	/* bytes of a rule's name */
#define SA_CONDITIONS_MAX	64	/* nested ifs */
#define SA_INCLUDES_MAX		8

enum sa_type {
	SA_UNDEFINED,		/* a score, a flag or a sentence only */
	SA_EMPTY,		/* `reuse`: a name without a test */
	SA_PATTERN,
	SA_EVAL,
	SA_META,
	SA_OTHER,		/* a kind of rule that is not done: `reason` */
};

/* A rule in the making: all that files say about a name. */
struct sa_test {
	const char		*name;
	enum sa_type		 type;
	enum sl_rule_where	 where;
	const char		*file;
	unsigned		 line;
	const char		*reason;	/* why it cannot be taken, if nothing that can is there */

	const char		*field, *absent;	/* header, mimeheader */
	bool			 is_negated, is_exists;
	const char		*perl;		/* pattern as Perl has it, "(?i)" and the like before it */
	const char		*expression;	/* META */
	const char		*function, *arguments;	/* EVAL: what is between the parentheses */

	bool			 has_score, is_replaced;
	double			 score[4];
	const char		*flags;		/* tflags */
	const char		*sentence;

	/* While finishing. */
	struct sl_rule		 rule;
	enum sa_fate {
		SA_UNDECIDED, SA_DECIDING,
		SA_KEPT,
		SA_NEVER,	/* kept, and cannot hit: SpamAssassin does not come to evaluate it */
		SA_OFF,		/* is not there, counts as 0 */
		SA_REFUSED,	/* is not there, and takes what needs it along */
	}			 fate;
	size_t			 index;		/* in the set, if kept */
};

struct sa_pair {		/* of replace_tag and its like; the last one of a name counts */
	const char	*kind, *name, *text;
};

struct sa_condition {
	bool		 was_skipping;
	unsigned	 line;
};

struct sl_sa_reader {
	unsigned		 magic;
	struct sl_sa_settings	 settings;
	struct sl_arena		 arena;		/* strings */
	struct sa_test		*tests;
	size_t			 len, size;
	uint32_t		*index;		/* of names: hash table of index and one */
	size_t			 index_size;
	struct sa_pair		*pairs;
	size_t			 pairs_len, pairs_size;
	const char		**plugins;	/* loaded ones; compat flags as "compat_..." */
	size_t			 plugins_len, plugins_size;
	const char		*tag_start, *tag_end;

	/* Of the file that is being read. */
	const char		*file;
	unsigned		 line;
	unsigned		 depth;		/* of includes */
	bool			 is_skipping;
	struct sa_condition	 conditions[SA_CONDITIONS_MAX];
	size_t			 conditions_len;
};

/* sa_read.c */
void	 sa_error(struct sl_sa_reader *reader, const char *format, ...) SL_PRINTF(2, 3);
char	*sa_strndup(struct sl_sa_reader *reader, const void *text, size_t len);
char	*sa_strdup(struct sl_sa_reader *reader, const char *text);
char	*sa_printf(struct sl_sa_reader *reader, const char *format, ...) SL_PRINTF(2, 3);
/* Made if it is not there. */
struct sa_test *sa_test_get(struct sl_sa_reader *reader, const char *name);
struct sa_test *sa_test_find(const struct sl_sa_reader *reader, const char *name);	/* or NULL */
bool	 sa_is_name(const char *text);	/* of a rule */
bool	 sa_has_plugin(const struct sl_sa_reader *reader, const char *name);
void	 sa_put_plugin(struct sl_sa_reader *reader, const char *name);
/* The first word of *text, cut off and ended with NUL; what follows it stays. */
char	*sa_word(char **text);

/* sa_read_command.c: a line that is no condition. */
void	 sa_command(struct sl_sa_reader *reader, const char *keyword, char *rest);

/* sa_read_if.c: is it so? False with an error, too. */
bool	 sa_condition_holds(struct sl_sa_reader *reader, const char *text);

/* sa_read_meta.c */
struct sa_steps {
	struct sl_rule_step	 steps[SL_SA_STEPS_MAX];
	size_t			 len;
};
/* What a name stands for: fills in the step, or returns why it cannot. *rest is what follows the name,
 * and may be moved on. */
typedef const char *sa_atom(void *ctx, const char *name, const char **rest, struct sl_rule_step *step);
/* Returns NULL, or what is wrong. `signs`: numbers may have one (conditions). */
const char *sa_expression(const char *text, bool signs, sa_atom *atom, void *ctx, struct sa_steps *out);
double	 sa_evaluate(const struct sa_steps *steps, bool *divided_by_zero_out);	/* rules count as 0 */
/* If `text` begins with rules_matching(GLOB): its length and the glob's place; else 0. */
size_t	 sa_rules_matching(const char *text, struct sl_slice *glob_out);
bool	 sa_name_glob(struct sl_slice glob, const char *name);

/* sa_read_regex.c: cut off what delimits a pattern. Returns it with its modifiers as "(?i)"
 * before it, in the arena; NULL: *why_out. */
char	*sa_regex_strip(struct sl_sa_reader *reader, const char *text, const char **why_out);

/* sa_read_perl.c: PCRE2 for a Perl pattern. False: *why says what is not possible. */
struct sa_pcre {
	struct sl_buf	 text;		/* of SL_SA_PATTERN_MAX */
	unsigned	 flags;		/* SL_RULE_CASELESS and the like, if they hold from its start */
	bool		 wants_capture;	/* %{NAME} of another rule */
	char		 why[160];
};
SL_MUST_USE bool sa_perl_translate(const char *perl, struct sa_pcre *out);
/* Compile it to see whether it is right, and whether it matches nothing at all. Too large, it is said shorter. */
SL_MUST_USE bool sa_pcre_check(struct sa_pcre *pcre, bool *matches_empty_out);

/* sa_read_factor.c: the same with groups that repeat as subroutines. False: it cannot be done. */
bool	 sa_pattern_factor(struct sl_buf *pattern, struct sl_buf *out);

/* sa_read_tags.c */
const char *sa_tags_expand(struct sl_sa_reader *reader, const char *perl);

/* sa_read_finish.c: does a list of tflags have this one; of "maxhits=" the number. */
bool	 sa_flag(const char *flags, const char *name);

#endif
