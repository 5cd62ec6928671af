/*
 * sa_read.h - reader of SpamAssassin's rule files (4.0.1: Conf.pm, Conf/Parser.pm)
 *
 * Files are given in the order in which SpamAssassin reads them: *.pre, then the rules' *.cf, then the
 * site's. Conditions (if, ifplugin, else, endif) are decided as that version would, with the plugins
 * that the .pre files load. At the end each rule that a file defines is in the ruleset, meaning
 * exactly what it means there, or it is named among the unsupported with its reason. What has no
 * effect on rules (reports, Bayes, databases ...) is known by name and passed over.
 *
 * What is read as SpamAssassin reads it, down to its oddities:
 *  - patterns are Perl's, under /aa, against bytes; they come out as PCRE2, UTF off, and were compiled once;
 *  - tags of replace_rules are expanded (ReplaceTags);
 *  - a rule without a score has 1, T_* 0.01, negative with tflags nice; a rule with score 0 is off;
 *  - an expression that depends on an expression which is off is never evaluated, and never hits;
 *  - rules_matching(GLOB) is the sum of what it matches.
 * A rule's prior is SL_SA_LOG_ODDS_PER_POINT times its score: SpamAssassin's threshold of 5 points is
 * then 3 in log-odds, twenty to one.
 *
 * Names of unsupported rules are told apart by how their reason begins: "needs the network",
 * "needs what Bayes has learned", "score 0", else it is something that is not done here.
 *
 * Errors: file, line, what is wrong; a bad line does not lose the others. Linear in what is read but
 * for replace_rules (pattern times tags) and dependencies (bounded by SL_SA_STEPS_MAX an expression).
 */
#ifndef SL_RULES_SA_READ_H
#define SL_RULES_SA_READ_H

#include "rules/ruleset.h"

#define SL_SA_LOG_ODDS_PER_POINT	0.6
#define SL_SA_STEPS_MAX			4096	/* of an expression */
#define SL_SA_PATTERN_MAX		((size_t)1024 * 1024)	/* bytes, tags expanded */

struct sl_sa_reader;

struct sl_sa_settings {
	unsigned	score_set;	/* 0: no network, no Bayes; 1: network; 2: Bayes; 3: both */
	/* Is this eval function done? Returns NULL, or why not. NULL: all are. */
	const char	*(*function)(void *ctx, const char *name);
	/* A line that is no rule, conditions resolved: "freemail_domains", "util_rb_tld" ... NULL: not told. */
	void		 (*line)(void *ctx, struct sl_slice keyword, struct sl_slice rest);
	/* `include PATH` in `file`: read it with sl_sa_read, if it can be. NULL, or false: an error. */
	bool		 (*include)(void *ctx, struct sl_sa_reader *reader, const char *path, const char *file);
	void		 (*error)(void *ctx, const char *file, unsigned line, const char *what);	/* may be NULL */
	void		*ctx;
};

/* `settings` NULL: defaults. They are copied. */
struct sl_sa_reader *sl_sa_reader_new(const struct sl_sa_settings *settings);
void	sl_sa_reader_free(struct sl_sa_reader **reader);	/* NULL is fine */
/* One file, whole; borrowed for the call. */
void	sl_sa_read(struct sl_sa_reader *reader, const char *file, struct sl_slice text);
/* No more files: put the rules into `set`, after those that it has. Call once. */
void	sl_sa_reader_finish(struct sl_sa_reader *reader, struct sl_ruleset *set);

#endif
