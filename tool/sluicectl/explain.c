/* explain.c - sluicectl explain: why a message is judged as it is, as a sum that a person can check */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "judge.h"
#include "record/record.h"
#include "terminal.h"

#define PLACES	1000	/* shown are thousandths */

/* ---- JSON */

static void
add_by_category(struct sl_buf *out, const double values[SL_CATEGORY_COUNT])
{
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		sl_buf_addf(out, "%s\"%s\": ", c > 0 ? ", " : "", sl_category_word((enum sl_category)c));
		sl_record_number(values[c], out);
	}
}

static void
explain_json(const char *file, const struct sl_verdict *verdict)
{
	static const char *const states[] = { "present", "absent", "failed" };
	struct sl_buf out;

	sl_buf_init(&out, (size_t)1 << 24);
	sl_buf_add_str(&out, "{\"file\": ");
	sl_buf_add_json(&out, sl_slice_str(file));
	sl_buf_add_str(&out, ", \"probability\": {");
	add_by_category(&out, verdict->probability);
	sl_buf_add_str(&out, "}, \"log_odds\": {");
	add_by_category(&out, verdict->logit);
	sl_buf_add_str(&out, "}, \"prior\": {");
	add_by_category(&out, verdict->prior);
	sl_buf_add_str(&out, "}, \"evidence\": [");
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];

		sl_buf_addf(&out, "%s{\"name\": \"%s\", \"state\": \"%s\", \"shadow\": %s, \"log_odds\": {",
		    i > 0 ? ", " : "", e->name, states[e->state], e->shadow ? "true" : "false");
		add_by_category(&out, e->log_odds);
		sl_buf_add_str(&out, "}, \"sentence\": ");
		sl_buf_add_json(&out, sl_slice_str(e->sentence));
		sl_buf_add_str(&out, "}");
	}
	sl_buf_add_str(&out, "]}");
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

/* ---- a table for each category */

struct row {
	const struct sl_evidence *evidence;
	double		 log_odds;
	long		 shown;		/* thousandths */
};

static int
stronger_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double d = fabs(y->log_odds) - fabs(x->log_odds);

	return d > 0 ? 1 : d < 0 ? -1 : strcmp(x->evidence->name, y->evidence->name);
}

/* Collect what adds something; returns how many. What is shown of them adds up with the prior's to that of the
 * sum: rounding is taken off the strongest. */
static size_t
rows_of(const struct sl_verdict *verdict, int category, struct row rows[SL_EVIDENCE_MAX])
{
	long rest = lround(verdict->logit[category] * PLACES) - lround(verdict->prior[category] * PLACES);
	size_t n = 0;

	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];

		if (e->log_odds[category] > 0 || e->log_odds[category] < 0)
			rows[n++] = (struct row){ e, e->log_odds[category],
				lround(e->log_odds[category] * PLACES) };
	}
	qsort(rows, n, sizeof(*rows), stronger_first);
	for (size_t i = 0; i < n; i++)
		rest -= rows[i].shown;
	if (n > 0)
		rows[0].shown += rest;
	return n;
}

static const char *
state_note(const struct sl_evidence *e)
{
	return e->state == SL_EVIDENCE_ABSENT ? "absent: " : e->state == SL_EVIDENCE_FAILED ? "failed: " : "";
}

static void
print_row(long shown, const char *name, const char *note, const char *sentence, const struct colours *colour)
{
	printf("  %s%+9.3f%s  %-20s %s", shown > 0 ? colour->bad : shown < 0 ? colour->good : "",
	    (double)shown / PLACES, colour->plain, name, note);
	terminal_put_str(sentence);
	putchar('\n');
}

static void
explain_category(const struct sl_verdict *verdict, int category, const struct colours *colour)
{
	struct row rows[SL_EVIDENCE_MAX];
	size_t n = rows_of(verdict, category, rows);

	printf("%s%-10s %8.4f %%%s", colour->bold, sl_category_word((enum sl_category)category),
	    100 * verdict->probability[category], colour->plain);
	if (n == 0) {
		printf("  nothing speaks to it: this is the prior, and decides nothing\n");
		return;
	}
	putchar('\n');
	for (size_t i = 0; i < n; i++)
		print_row(rows[i].shown, rows[i].evidence->name, state_note(rows[i].evidence),
		    rows[i].evidence->sentence, colour);
	print_row(lround(verdict->prior[category] * PLACES), "(prior)", "", "before anything is known", colour);
	printf("  %s%+9.3f%s  sum, the log-odds of %.4f %%\n", colour->bold,
	    (double)lround(verdict->logit[category] * PLACES) / PLACES, colour->plain,
	    100 * verdict->probability[category]);
}

/* What does not count anywhere, and why. */
static void
explain_silent(const struct sl_verdict *verdict, const struct colours *colour)
{
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];

		if (e->state == SL_EVIDENCE_PRESENT && !e->shadow)
			continue;
		printf("%s%s%s %s", colour->bold, e->name, colour->plain,
		    e->shadow ? "is in shadow, recorded and not counted: "
		    : e->state == SL_EVIDENCE_ABSENT ? "was not asked: " : "failed to answer: ");
		terminal_put_str(e->sentence);
		putchar('\n');
	}
}

static void
explain_text(const char *file, const struct sl_verdict *verdict)
{
	struct colours colour = colours_for_stdout();

	terminal_put_str(file);
	putchar('\n');
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		explain_category(verdict, c, &colour);
	explain_silent(verdict, &colour);
	putchar('\n');
}

int
explain_main(int argc, char **argv)
{
	static const struct judge_command command = {
		.name = "explain",
		.about = "Judge messages and show, for each category, what every piece of evidence adds, in log-odds: with the\n"
		    "prior they add up to the answer.\n",
		.json = "file, categories (probability, log_odds, prior)\n"
		    "                  and evidence (name, state, shadow, log_odds by category, sentence)",
		.heading = "",
		.print = explain_text,
		.print_json = explain_json,
	};

	return judge_command(&command, argc, argv);
}
