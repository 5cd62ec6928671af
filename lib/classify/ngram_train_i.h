/*
 * ngram_train_i.h - private to what learns: messages as examples, heads that learn from them
 *
 * Used by the trainer (ngram_train.c), which has all messages at once, and by the online learner
 * (ngram_online.c), which has one at a time:
 *   ngram_read.c  a message into an example for each view
 *   ngram_head.c  logistic regression, a step forth and a step back; weights as signed bytes
 *   ngram_fit.c   from margins to log-odds; how held-back judgements came out
 */
#ifndef SL_NGRAM_TRAIN_I_H
#define SL_NGRAM_TRAIN_I_H

#include "classify/bytegram_i.h"
#include "classify/ngram_i.h"
#include "classify/ngram_train.h"

#define NGRAM_BLOCKS_MAX	8	/* of a message that are learned from */

/* What a head learns from: a message as one of the views sees it. */
struct ngram_example {
	uint32_t	*rows;		/* the header's, then those of each block */
	uint32_t	 header_len;
	uint32_t	 ends[NGRAM_BLOCKS_MAX];	/* of the blocks, in rows */
	uint32_t	 blocks;	/* at least one */
};

/* ---- ngram_read.c */

struct ngram_reader;

/* Never NULL. `dims` as in the model. About 110 KiB. */
struct ngram_reader	*ngram_reader_new(unsigned dims, bool all_headers);
void			 ngram_reader_free(struct ngram_reader **reader);
/* Read a message for every view; its examples are valid until the next. As when it is judged, but that
 * footers of mailing lists are left out if `learning`. */
void			 ngram_reader_read(struct ngram_reader *reader, struct sl_slice message, bool learning,
			    struct ngram_example examples_out[SL_NGRAM_VIEWS]);

/* ---- ngram_head.c */

struct ngram_head {
	float	*weights;	/* of every row */
	float	*squares;	/* sums of squared gradients */
	size_t	 rows;
	float	 rate;		/* of the first step of a weight */
	float	 bias;
	float	 bias_squares;
};

void	ngram_head_init(struct ngram_head *head, unsigned dims, float rate);
void	ngram_head_fini(struct ngram_head *head);
void	ngram_head_reset(struct ngram_head *head);	/* as new */
/* The margin of the block that stands out most, without the bias; which one is set. */
double	ngram_head_margin(const struct ngram_head *head, const struct ngram_example *example, unsigned *which_out);
/* One step of learning; returns its error: probability less what was right. */
double	ngram_head_learn(struct ngram_head *head, const struct ngram_example *example, bool positive);
/* Take a step of that error back: right after it was learned the head is as before. */
void	ngram_head_unlearn(struct ngram_head *head, const struct ngram_example *example, double error);
/* What the error was, if this was learned last and no more is known: a good guess, where a step was short. */
double	ngram_head_error_before(const struct ngram_head *head, const struct ngram_example *example, bool positive);
/* One step of the signed bytes: few weights are cut, most keep their shape. */
double	ngram_head_step(const struct ngram_head *head);
/* A weight as a signed byte, to out[i * stride] for row i. */
void	ngram_head_quantise(const struct ngram_head *head, double step, unsigned char *out, size_t stride);

/* ---- ngram_fit.c */

struct ngram_line {
	double	offset, slope;
};

/* Fit log-odds = offset + slope * margin by logistic regression (Platt): both classes weigh the same, so that 0
 * means `says nothing`. {0, 0} when it cannot be told. */
struct ngram_line	ngram_fit(const double *margins, const bool *positive, size_t len);
/* How judgements came out, all of report_out but the counts. */
void			ngram_report(const double *log_odds, const bool *unwanted, size_t len,
			    struct sl_ngram_report *report_out);
/* ---- the file */

/* Append a model: its parameters and its table of NGRAM_COLUMNS bytes for each row, see ngram_i.h. */
void	ngram_model_write(unsigned dims, const double parameters[NGRAM_PARAMETER_COUNT],
	    const unsigned char *table, struct sl_buf *out);

#endif
