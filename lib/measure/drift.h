/*
 * drift.h - does mail, and what is said of it, still look as it did when the weights were learned?
 *
 * Without labels. Training noted, of wanted and of unwanted messages apart, how often each piece of evidence was
 * there and how the answers (log-odds) were spread. What is judged now is counted likewise, and held against a
 * mixture of the two, since how much of the mail is unwanted differs from place to place and day to
 * day. Figures:
 *  - the share of unwanted mail, as the answers say (their mean probability), and as their spread shows
 *    (the mixture that fits best). Apart, calibration has moved: probabilities say too much or too little;
 *  - how far the answers' spread has moved from that mixture, and each evidence's rate from its expected one, as a
 *    population stability index (PSI: the symmetric Kullback-Leibler divergence, sum of (p - q) log(p / q)). By
 *    custom below 0.1 nothing has changed, above 0.25 much has: time to train again.
 * Counting is by the hundred-message step of an exponential window, so that a figure is of recent mail: old counts
 * halve every `half_life` messages.
 *
 * The expectation is a text, a section of the models' file:
 *	sluice-rates 1
 *	messages WANTED UNWANTED
 *	bin NUMBER SHARE SHARE		of wanted, of unwanted messages
 *	name NAME RATE RATE		likewise
 *
 * Memory: fixed, 24 KiB an expectation, 3 KiB of counts. Time of a message: its evidence, looked up by name in a
 * sorted table. One owner: not shared between threads; counts may be read by others, who believe nothing in
 * them (sl_drift_add_up).
 */
#ifndef SL_DRIFT_H
#define SL_DRIFT_H

#include "sl/buf.h"

#define SL_DRIFT_BINS		20	/* of equal width in log-odds: -10 ... 10 */
#define SL_DRIFT_NAMES_MAX	256
#define SL_DRIFT_NAME_MAX	63	/* bytes */
#define SL_DRIFT_MESSAGES_MIN	200	/* below it there is no figure */

enum sl_drift_class { SL_DRIFT_WANTED, SL_DRIFT_UNWANTED, SL_DRIFT_CLASSES };

struct sl_drift_name {
	uint64_t	hash;		/* sl_hash of the name */
	char		name[SL_DRIFT_NAME_MAX + 1];
	double		rate[SL_DRIFT_CLASSES];		/* share of messages that had it, 0 ... 1 */
};

struct sl_drift_expectation {
	double			 messages[SL_DRIFT_CLASSES];
	double			 bins[SL_DRIFT_CLASSES][SL_DRIFT_BINS];	/* shares; they add up to 1 */
	struct sl_drift_name	 names[SL_DRIFT_NAMES_MAX];	/* by hash, rising, none twice */
	size_t			 names_len;
};

struct sl_drift {		/* counts, decayed */
	double			 messages;
	double			 said;		/* sum of probabilities */
	double			 bins[SL_DRIFT_BINS];
	double			 names[SL_DRIFT_NAMES_MAX];	/* as in the expectation */
	unsigned		 since_decay;
};

/* Returns 0, or SL_ERR_SYNTAX or SL_ERR_VERSION with *line_out (may be NULL) the line, from 1. */
SL_MUST_USE int	sl_drift_read(struct sl_slice text, struct sl_drift_expectation *expected_out, size_t *line_out);
void		sl_drift_write(const struct sl_drift_expectation *expected, struct sl_buf *out);

/* The bin of log-odds; what lies outside belongs to the outermost. */
size_t	sl_drift_bin(double log_odds);
/* The place of a name, or names_len: training did not know it. */
size_t	sl_drift_find(const struct sl_drift_expectation *expected, const char *name);
/* A message was judged: its log-odds, and which of the expectation's names (sl_drift_find) were present; a place
 * beyond the last is passed over, the same place twice counts once. `half_life`: messages, at least 1000. */
void	sl_drift_add(struct sl_drift *drift, const struct sl_drift_expectation *expected, double half_life,
	    double log_odds, const size_t *places, size_t places_len);
/* Add counts of somebody who need not be honest; nonsense in them is left out. */
void	sl_drift_add_up(struct sl_drift *sum, const struct sl_drift *part);
/* Is an expectation that somebody else wrote one that can be read safely? */
bool	sl_drift_ok(const struct sl_drift_expectation *expected);

struct sl_drift_figures {		/* NaN: too few messages */
	double		said;		/* share of unwanted mail, by the answers */
	double		unwanted;	/* and by their spread */
	double		answers;	/* PSI of the answers' spread */
};
void	sl_drift_measure(const struct sl_drift *drift, const struct sl_drift_expectation *expected,
	    struct sl_drift_figures *figures_out);
/* Of one name, where `unwanted` is the figure above. */
struct sl_drift_rate {
	double		now, training;	/* rates; training's for this share of unwanted mail */
	double		moved;		/* PSI, present or not */
};
struct sl_drift_rate	sl_drift_rate(const struct sl_drift *drift, const struct sl_drift_expectation *expected,
			    size_t name, double unwanted);

#endif
