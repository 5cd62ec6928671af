/*
 * scan.h - run a snapshot of rules over a message
 *
 * A snapshot is opened once for each process, with its scratch space; a message has a run. The run is
 * shown units (a header field, a paragraph, a link), whole or, if they are long, in pieces; at the end
 * eval functions and expressions are worked out, and rules that hit become evidence.
 *
 * Memory: of a run two bits for each rule and two bytes for each that counts. A streamed unit has in
 * addition Vectorscan's stream state (some hundred bytes for a few patterns, a few KiB for thousands)
 * and, if a pattern needs PCRE2, its first SL_RULES_KEEP bytes. Not for two threads at once.
 *
 * PCRE2 runs with limits on steps, depth and heap: a match that reaches one is none, and is counted.
 * Limits: patterns that need PCRE2 see the first SL_RULES_KEEP bytes of a unit that is streamed.
 * What Vectorscan makes of a database is checked by its checksum only: damage is found, malice is
 * not. So snapshots are signed; open unsigned ones only where their source is beyond doubt.
 */
#ifndef SL_RULES_SCAN_H
#define SL_RULES_SCAN_H

#include "rules/ruleset.h"

#define SL_RULES_PUBLIC_BYTES	32	/* of a key: compile.h makes pairs */
#define SL_RULES_KEEP		((size_t)64 * 1024)

struct sl_rules;
struct sl_rules_run;
struct sl_rules_stream;

/* The eval functions that this program has. */
struct sl_rules_functions {
	const void	*(*find)(const char *name);	/* NULL: there is none: such rules never hit */
	double		 (*call)(void *ctx, const void *function, const char *const *arguments,
			    size_t arguments_len);
};

/* Check a snapshot (kept: must outlive what is opened). `public_key`: 32 bytes; NULL: an unsigned one, or
 * anybody's, is fine. `functions` is kept; NULL: there are none. Returns 0, or SL_ERR_TRUNCATED,
 * SL_ERR_SYNTAX (no snapshot, or damaged), SL_ERR_REFUSED (not signed by that key), SL_ERR_VERSION
 * (of the snapshot, or of Vectorscan). */
SL_MUST_USE int	sl_rules_open(struct sl_slice bytes, const unsigned char *public_key,
		    const struct sl_rules_functions *functions, struct sl_rules **rules_out);
/* The same without functions, and PCRE2 makes no machine code: for who reads hostile bytes, and has no page that
 * can be written and run. SL_ERR_UNSUPPORTED too: these are SpamAssassin's rules, which sl_rules_classifier
 * cannot show a message to. */
SL_MUST_USE int	sl_rules_open_own(struct sl_slice bytes, const unsigned char *public_key,
		    struct sl_rules **rules_out);
/* What to do when opening has failed with `r`; static. */
const char	*sl_rules_open_error(int r);
void		sl_rules_close(struct sl_rules **rules);	/* NULL is fine */

struct sl_rules_info {
	const char		*name, *sentence, *field, *pattern, *file;
	enum sl_category	 category;
	enum sl_rule_where	 where;
	unsigned		 flags, line;
	double			 prior;
	const char		*method;	/* "vectorscan", "confirmed", "pcre2", "" */
};
const char *sl_rules_id(const struct sl_rules *rules);	/* short hash of the snapshot, for records */
bool	sl_rules_has(const struct sl_rules *rules, const char *name);	/* a rule that gives evidence */
bool	sl_rules_are_sa(const struct sl_rules *rules);	/* SpamAssassin's, which want its view of a message */
size_t	sl_rules_count(const struct sl_rules *rules);
void	sl_rules_info(const struct sl_rules *rules, size_t i, struct sl_rules_info *info_out);
/* What came with the rules: lines of SpamAssassin's files that its view needs (sa_mail.h). */
struct sl_slice	sl_rules_lines(const struct sl_rules *rules);
/* Fields that rules look at: HEADER, MIME_HEADER. NULL: no more. */
const char *sl_rules_field(const struct sl_rules *rules, enum sl_rule_where where, size_t i);
bool	sl_rules_listens(const struct sl_rules *rules, enum sl_rule_where where);
const char *sl_rules_where_word(enum sl_rule_where where);	/* "header" */

/* NULL: the arena is full. The run lies in the arena. */
struct sl_rules_run *sl_rules_run_new(const struct sl_rules *rules, struct sl_arena *arena);
/* From here on case counts in names of fields: MESSAGEID is something else to SpamAssassin than MessageID. */
void	sl_rules_run_exact(struct sl_rules_run *run);
/* Does any rule look at such units? */
bool	sl_rules_wants(const struct sl_rules_run *run, enum sl_rule_where where, const char *field);
/* May any look at a header field of that name, or at something of it (NAME:addr)? Rarely true without cause. */
bool	sl_rules_wants_field(const struct sl_rules_run *run, struct sl_slice name);
/* A whole unit. `field` (HEADER, MIME_HEADER, else NULL) in any case. */
void	sl_rules_unit(struct sl_rules_run *run, enum sl_rule_where where, const char *field,
	    struct sl_slice unit);
/* MIME_HEADER: this part has no such field; what a rule has for that is matched instead. (HEADER: that no unit
 * came is enough.) */
void	sl_rules_absent(struct sl_rules_run *run, enum sl_rule_where where, const char *field);
/* A unit in pieces. NULL: no rule looks at these; _feed and _end take NULL. _end frees it. */
struct sl_rules_stream *sl_rules_begin(struct sl_rules_run *run, enum sl_rule_where where,
	    const char *field);
void	sl_rules_feed(struct sl_rules_stream *stream, struct sl_slice piece);
void	sl_rules_end(struct sl_rules_stream **stream);
/* Called for each hit of a pattern; `end` is behind the match in `unit` (of a streamed one: of the piece). */
typedef void sl_rules_trace(void *ctx, size_t rule, enum sl_rule_where where, const char *field,
	    struct sl_slice unit, size_t end);
void	sl_rules_run_trace(struct sl_rules_run *run, sl_rules_trace *trace, void *ctx);

/* All units have been shown: what does not match, fields that are absent, eval functions (`ctx` is theirs;
 * they may not use other runs of these rules) and expressions. Once. */
void	sl_rules_evaluate(struct sl_rules_run *run, void *ctx);
bool	sl_rules_hit(const struct sl_rules_run *run, size_t rule);	/* after sl_rules_evaluate */
unsigned sl_rules_hits(const struct sl_rules_run *run, size_t rule);	/* how often, as far as it was counted */
size_t	sl_rules_limited(const struct sl_rules_run *run);	/* matches that were given up */
/* Names and sentences are the snapshot's, or from the arena. */
void	sl_rules_evidence(const struct sl_rules_run *run, struct sl_arena *arena, struct sl_verdict *verdict);

/* For rules over HEADER, TEXT, HIDDEN, LINK, ATTACHMENT and FULL: see doc/rules.md. `model` is a struct sl_rules:
 * its scratch space is used. */
extern const struct sl_classifier sl_rules_classifier;
struct sl_rules_run *sl_rules_classifier_run(void *state);

#endif
