/*
 * evaluate.h - sluicectl evaluate: the pieces it is made of
 *
 * Messages are judged (evaluate_judge.c, evaluate_online.c), the judgements measured (evaluate_measure.c), and the
 * report is printed as text or JSON (evaluate_print.c) or as a page (evaluate_page.c, evaluate_chart.c).
 */
#ifndef SLUICECTL_EVALUATE_H
#define SLUICECTL_EVALUATE_H

#include "classify/classify.h"
#include "measure/calibration.h"
#include "sl/buf.h"
#include "stack.h"

#define CLASSIFIERS_MAX	24	/* that are told apart; what is more counts as one */
#define RATES		3

extern const double evaluate_rates[RATES];	/* of false positives: 0.1 %, 0.5 %, 1 % */

enum label { LABEL_HAM, LABEL_SPAM, LABEL_PHISH, LABELS };
extern const char *const label_words[LABELS];

struct reason {			/* a piece of evidence, for a person */
	char			*name;
	char			*sentence;
	enum sl_evidence_state	 state;
	bool			 shadow;
	double			 log_odds;	/* of spam */
};

struct judged {			/* a message */
	char			*path;		/* as the list has it */
	char			*corpus;	/* its first component */
	enum label		 label;
	bool			 for_threshold;	/* of the second list: its threshold is all that is asked */
	const char		*trouble;	/* why it could not be judged; static. NULL: it was */
	double			 log_odds[SL_CATEGORY_COUNT];
	double			 prior;		/* of spam */
	double			 by_classifier[CLASSIFIERS_MAX];	/* what each adds to log_odds[SL_SPAM] */
	double			 cpu_us;	/* of judging, without reading the file */
	struct reason		*reasons;
	size_t			 reasons_len;
};

struct evaluate {
	const char		*labels, *root, *page, *threshold_labels;
	const char		*without[16];	/* corpora that the threshold is chosen without */
	size_t			 without_len;
	double			 rate;		/* of false positives, that the threshold is chosen for */
	double			 threshold;	/* a probability that was given; 0: choose */
	unsigned		 jobs;
	unsigned		 worst;		/* errors shown of each kind */
	bool			 json, terminal;
	bool			 online, all_fields;	/* classify, then learn; all header fields are learned from */
	struct stack_files	 files;
	struct stack		*stack;
	struct judged		*messages;
	size_t			 messages_len;
	const char		*classifiers[CLASSIFIERS_MAX];
	size_t			 classifiers_len;
};

/* evaluate_list.c: add the messages that a list names. Returns 0, or an exit status after saying why not. */
SL_MUST_USE int	evaluate_list(struct evaluate *evaluate, const char *path, bool for_threshold);
/* evaluate_judge.c: judge them all, in `jobs` processes. Returns 0, or 1 after saying what went wrong. */
SL_MUST_USE int	evaluate_judge(struct evaluate *evaluate);
/* The number of the classifier that gives evidence of a name. */
size_t	evaluate_classifier(struct evaluate *evaluate, const char *evidence);
/* evaluate_online.c: instead, judge each by those that were before it, and learn it. */
SL_MUST_USE int	evaluate_online(struct evaluate *evaluate);

/* What was measured of a set of messages. */
struct figures {
	const char		*name;
	size_t			 wanted, unwanted;	/* its own */
	const char		*paired;	/* NULL, or the class that was taken from all: "ham", "unwanted" */
	double			 missed;	/* 1 - ROC area */
	double			 caught[RATES];
	struct sl_roc_intervals	 intervals;	/* `caught` is that of the first rate */
	size_t			 wanted_at, unwanted_at;	/* its own that reach the threshold */
	struct sl_calibration	 calibration;	/* of its own */
	struct sl_roc		*roc;
};

struct ablation {		/* a classifier */
	const char		*name;
	size_t			 messages;	/* of which it said something */
	double			 alone_missed, alone_caught;	/* at the first rate */
	double			 without_missed, without_caught;
};

struct report {
	size_t			 judged, unreadable;
	struct figures		 all;
	struct figures		*corpora;
	size_t			 corpora_len;
	double			 threshold;	/* log-odds */
	size_t			 threshold_wanted, threshold_unwanted;	/* messages it was chosen on */
	struct figures		 phish;		/* by the category of that name: phish against all else */
	struct ablation		*ablations;
	size_t			 ablations_len;
	const struct judged	**false_positives, **false_negatives;	/* worst first */
	size_t			 false_positives_len, false_negatives_len;	/* shown */
	double			 cpu_median_us, cpu_p95_us, cpu_mean_us;
};

/* evaluate_measure.c */
void	evaluate_measure(const struct evaluate *evaluate, struct report *report_out);
void	report_free(struct report *report);
bool	is_unwanted(const struct judged *message);
/* What it said of a message, strongest first: at most `max` of them. Returns how many. */
size_t	strongest_reasons(const struct judged *message, const struct reason **out, size_t max);

/* evaluate_print.c */
void	evaluate_print(const struct evaluate *evaluate, const struct report *report);
void	evaluate_json(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out);
/* evaluate_page.c: one HTML page, complete in itself. */
void	evaluate_page(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out);

/* evaluate_chart.c: inline SVG. Colours are classes of the page's style. */
void	page_text(struct sl_buf *out, struct sl_slice text);	/* escaped; controls and bad UTF-8 shown as such */
void	chart_roc(struct sl_buf *out, const struct figures *one, const struct figures *all, double rate);
void	chart_reliability(struct sl_buf *out, const struct sl_calibration *calibration);
void	chart_histogram(struct sl_buf *out, const struct evaluate *evaluate, const struct report *report);
void	chart_ablation(struct sl_buf *out, const struct report *report);

#endif
