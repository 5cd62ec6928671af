/* evaluate_print.c - the report as text and as JSON; see evaluate.h */

#include "evaluate.h"

#include <math.h>
#include <stdio.h>

#include "terminal.h"

#define REASONS_SHOWN	4

/* ---- text ---- */

static void
percent(double share, int digits)
{
	if (isnan(share))
		printf(" %8s", "-");
	else
		printf(" %7.*f%%", digits, 100 * share);
}

static void
print_row(const struct figures *f)
{
	int width = (int)terminal_put_str(f->name);

	printf("%*s %6zu %8zu", SL_MAX(20 - width, 0), "", f->wanted, f->unwanted);
	percent(f->missed, 3);
	for (int r = 0; r < RATES; r++)
		percent(f->caught[r], 1);
	percent(f->unwanted > 0 ? (double)f->unwanted_at / (double)f->unwanted : NAN, 1);
	if (f->wanted > 0)
		printf(" %4zu", f->wanted_at);
	else
		printf(" %4s", "-");
	printf(" %8.4f", f->calibration.brier);
	percent(f->calibration.error_by_width, 2);
	printf("%s\n", f->paired == NULL ? "" : *f->paired == 'h' ? "  a" : "  b");
}

static void
print_table(const struct evaluate *evaluate, const struct report *report, const struct colours *colour)
{
	printf("%s%-20s %6s %8s %8s %8s %8s %8s %8s %4s %8s %8s%s\n", colour->bold, "corpus", "ham", "unwanted",
	    "1-ROC", "at 0.1%", "at 0.5%", "at 1%", "caught", "FP", "Brier", "ECE", colour->plain);
	for (size_t i = 0; i < report->corpora_len; i++)
		print_row(&report->corpora[i]);
	print_row(&report->all);
	printf("\n1-ROC: pairs of ham and unwanted in the wrong order. at: unwanted caught at that rate of false\n"
	    "positives of the row's own. caught, FP: at the one threshold below. a: has no ham, b: no unwanted mail\n"
	    "of its own; 1-ROC and `at` pair it with that of all.\n\n");
	if (isinf(report->threshold))
		printf("threshold: none keeps within %g %% false positives\n", 100 * evaluate->rate);
	else
		printf("threshold: probability %.6f (log-odds %+.3f), %s\n", sl_probability(report->threshold),
		    report->threshold, evaluate->threshold > 0 ? "as given" : "chosen:");
	if (!(evaluate->threshold > 0)) {
		printf("  at most %g %% false positives on %zu ham and %zu unwanted of %s", 100 * evaluate->rate,
		    report->threshold_wanted, report->threshold_unwanted,
		    evaluate->threshold_labels != NULL ? evaluate->threshold_labels : "these");
		for (size_t i = 0; i < evaluate->without_len; i++) {
			fputs(i == 0 ? ", without " : ", ", stdout);
			terminal_put_str(evaluate->without[i]);
		}
		putchar('\n');
	}
	if (!isnan(report->all.intervals.missed.low))
		printf("95 %% intervals, all: 1-ROC %.3f ... %.3f %%, caught at 0.1 %%: %.1f ... %.1f %%\n",
		    100 * report->all.intervals.missed.low, 100 * report->all.intervals.missed.high,
		    100 * report->all.intervals.caught.low, 100 * report->all.intervals.caught.high);
	if (report->phish.unwanted > 0)
		printf("phish against all else: 1-ROC %.3f %%, caught %.1f %% at 0.1 %%, ECE %.2f %%\n",
		    100 * report->phish.missed, 100 * report->phish.caught[0],
		    100 * report->phish.calibration.error_by_width);
}

static void
print_ablations(const struct report *report, const struct colours *colour)
{
	printf("\n%s%-20s %9s %9s %9s %9s %9s%s\n", colour->bold, "classifier", "speaks of", "alone", "at 0.1%",
	    "left out", "at 0.1%", colour->plain);
	for (size_t i = 0; i < report->ablations_len; i++) {
		const struct ablation *a = &report->ablations[i];

		printf("%-20s %9zu ", a->name, a->messages);
		percent(a->alone_missed, 3);
		putchar(' ');
		percent(a->alone_caught, 1);
		putchar(' ');
		percent(a->without_missed, 3);
		putchar(' ');
		percent(a->without_caught, 1);
		putchar('\n');
	}
}

static void
print_errors(const char *title, const struct judged *const *messages, size_t len, const struct colours *colour)
{
	if (len == 0)
		return;
	printf("\n%s%s%s\n", colour->bold, title, colour->plain);
	for (size_t i = 0; i < len; i++) {
		const struct reason *reasons[REASONS_SHOWN];
		size_t n = strongest_reasons(messages[i], reasons, REASONS_SHOWN);

		printf("  %9.4f %%  ", 100 * sl_probability(messages[i]->log_odds[SL_SPAM]));
		terminal_put_str(messages[i]->path);
		putchar('\n');
		for (size_t r = 0; r < n; r++) {
			printf("      %+6.2f  %s: ", reasons[r]->log_odds, reasons[r]->name);
			terminal_put_str(reasons[r]->sentence);
			putchar('\n');
		}
	}
}

void
evaluate_print(const struct evaluate *evaluate, const struct report *report)
{
	struct colours colour = colours_for_stdout();

	print_table(evaluate, report, &colour);
	print_ablations(report, &colour);
	print_errors("wanted mail judged worst", report->false_positives, report->false_positives_len, &colour);
	print_errors("unwanted mail judged best", report->false_negatives, report->false_negatives_len, &colour);
	printf("\nCPU time of judging a message: median %.0f us, 95 %% below %.0f us, mean %.0f us\n",
	    report->cpu_median_us, report->cpu_p95_us, report->cpu_mean_us);
}

/* ---- JSON ---- */

/* `"name": number`, null where there is none. */
static void
number(struct sl_buf *out, const char *before, const char *name, double value)
{
	if (isfinite(value))
		sl_buf_addf(out, "%s\"%s\": %.10g", before, name, value);
	else
		sl_buf_addf(out, "%s\"%s\": null", before, name);
}

static void
interval(struct sl_buf *out, const char *name, struct sl_interval i)
{
	if (isnan(i.low))
		sl_buf_addf(out, ", \"%s\": null", name);
	else
		sl_buf_addf(out, ", \"%s\": [%.10g, %.10g]", name, i.low, i.high);
}

static void
add_calibration(struct sl_buf *out, const struct sl_calibration *c)
{
	number(out, ", ", "brier", c->brier);
	number(out, ", ", "log_loss", c->log_loss);
	number(out, ", ", "ece", c->error_by_width);
	number(out, ", ", "ece_equal_mass", c->error_by_mass);
	sl_buf_add_str(out, ", \"reliability\": [");
	for (size_t b = 0; b < c->bins_len; b++)
		sl_buf_addf(out, "%s{\"count\": %zu, \"said\": %.10g, \"came_true\": %.10g}", b > 0 ? ", " : "",
		    c->bins[b].count, c->bins[b].said, c->bins[b].came_true);
	sl_buf_add_str(out, "]");
}

static void
add_figures(struct sl_buf *out, const struct figures *f)
{
	static const char *const rates[RATES] = { "0.1", "0.5", "1" };

	sl_buf_add_str(out, "{\"name\": ");
	sl_buf_add_json(out, sl_slice_str(f->name));
	sl_buf_addf(out, ", \"ham\": %zu, \"unwanted\": %zu, \"paired_with_all\": ", f->wanted, f->unwanted);
	if (f->paired != NULL)
		sl_buf_add_json(out, sl_slice_str(f->paired));
	else
		sl_buf_add_str(out, "null");
	number(out, ", ", "roc_area_missed", f->missed);
	interval(out, "roc_area_missed_95", f->intervals.missed);
	sl_buf_add_str(out, ", \"caught_at_percent\": {");
	for (int r = 0; r < RATES; r++)
		number(out, r > 0 ? ", " : "", rates[r], f->caught[r]);
	sl_buf_add_str(out, "}");
	interval(out, "caught_at_0.1_percent_95", f->intervals.caught);
	sl_buf_addf(out, ", \"at_threshold\": {\"caught\": %zu, \"false_positives\": %zu}", f->unwanted_at,
	    f->wanted_at);
	add_calibration(out, &f->calibration);
	sl_buf_add_str(out, "}");
}

static void
add_errors(struct sl_buf *out, const char *name, const struct judged *const *messages, size_t len)
{
	sl_buf_addf(out, ",\n\"%s\": [", name);
	for (size_t i = 0; i < len; i++) {
		const struct judged *m = messages[i];
		const struct reason *reasons[SL_EVIDENCE_MAX];
		size_t n = strongest_reasons(m, reasons, SL_EVIDENCE_MAX);

		sl_buf_add_str(out, i > 0 ? ",\n  {\"path\": " : "\n  {\"path\": ");
		sl_buf_add_json(out, sl_slice_str(m->path));
		sl_buf_addf(out, ", \"label\": \"%s\"", label_words[m->label]);
		number(out, ", ", "log_odds", m->log_odds[SL_SPAM]);
		number(out, ", ", "prior", m->prior);
		sl_buf_add_str(out, ", \"reasons\": [");
		for (size_t r = 0; r < n; r++) {
			sl_buf_add_str(out, r > 0 ? ", {\"name\": " : "{\"name\": ");
			sl_buf_add_json(out, sl_slice_str(reasons[r]->name));
			number(out, ", ", "log_odds", reasons[r]->log_odds);
			sl_buf_add_str(out, ", \"sentence\": ");
			sl_buf_add_json(out, sl_slice_str(reasons[r]->sentence));
			sl_buf_add_str(out, "}");
		}
		sl_buf_add_str(out, "]}");
	}
	sl_buf_add_str(out, "]");
}

static void
add_threshold(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	sl_buf_add_str(out, ",\n\"threshold\": {");
	number(out, "", "log_odds", report->threshold);
	number(out, ", ", "probability", isinf(report->threshold) ? NAN : sl_probability(report->threshold));
	if (!(evaluate->threshold > 0))
		number(out, ", ", "false_positive_rate", evaluate->rate);
	sl_buf_addf(out, ", \"chosen_on_ham\": %zu, \"chosen_on_unwanted\": %zu, \"without\": [",
	    report->threshold_wanted, report->threshold_unwanted);
	for (size_t i = 0; i < evaluate->without_len; i++) {
		sl_buf_add_str(out, i > 0 ? ", " : "");
		sl_buf_add_json(out, sl_slice_str(evaluate->without[i]));
	}
	sl_buf_add_str(out, "]}");
}

void
evaluate_json(const struct evaluate *evaluate, const struct report *report, struct sl_buf *out)
{
	sl_buf_addf(out, "{\"judged\": %zu, \"not_judged\": %zu, \"model\": ", report->judged, report->unreadable);
	sl_buf_add_json(out, sl_slice_str(stack_model_id(evaluate->stack)));
	sl_buf_add_str(out, ",\n\"all\": ");
	add_figures(out, &report->all);
	sl_buf_add_str(out, ",\n\"corpora\": [");
	for (size_t i = 0; i < report->corpora_len; i++) {
		sl_buf_add_str(out, i > 0 ? ",\n  " : "\n  ");
		add_figures(out, &report->corpora[i]);
	}
	sl_buf_add_str(out, "]");
	add_threshold(evaluate, report, out);
	sl_buf_add_str(out, ",\n\"phish\": ");
	add_figures(out, &report->phish);
	sl_buf_add_str(out, ",\n\"classifiers\": [");
	for (size_t i = 0; i < report->ablations_len; i++) {
		const struct ablation *a = &report->ablations[i];

		sl_buf_add_str(out, i > 0 ? ",\n  {\"name\": " : "\n  {\"name\": ");
		sl_buf_add_json(out, sl_slice_str(a->name));
		sl_buf_addf(out, ", \"messages\": %zu", a->messages);
		number(out, ", ", "alone_missed", a->alone_missed);
		number(out, ", ", "alone_caught", a->alone_caught);
		number(out, ", ", "left_out_missed", a->without_missed);
		number(out, ", ", "left_out_caught", a->without_caught);
		sl_buf_add_str(out, "}");
	}
	sl_buf_add_str(out, "]");
	add_errors(out, "worst_false_positives", report->false_positives, report->false_positives_len);
	add_errors(out, "worst_false_negatives", report->false_negatives, report->false_negatives_len);
	sl_buf_add_str(out, ",\n\"cpu_us\": {");
	number(out, "", "median", report->cpu_median_us);
	number(out, ", ", "p95", report->cpu_p95_us);
	number(out, ", ", "mean", report->cpu_mean_us);
	sl_buf_add_str(out, "}}\n");
}
