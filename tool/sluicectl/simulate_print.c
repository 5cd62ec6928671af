/* simulate_print.c - what a simulation tells: rows, and sums; see simulate.h */

#include "simulate.h"

#include <jansson.h>
#include <stdlib.h>

/* ---- rows ---- */

static struct row_fare
fare_of(const struct sl_replay_fare *fare)
{
	return (struct row_fare){ sl_replay_action_word(fare), fare->there ? fare->decision.why : "", sl_replay_copies(fare),
		fare->there && fare->together };
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static struct row_fare
fare_of_json(const json_t *fare)
{
	return (struct row_fare){ text_of(fare, "action"), text_of(fare, "why"), json_is_true(json_object_get(fare, "copy")),
		json_is_true(json_object_get(fare, "together")) };
}

/* ---- a table ---- */

/* At least that many columns, of a text from outside. */
static void
cell(struct sl_slice text, size_t width)
{
	size_t n = terminal_put(text, width, false);

	printf("%*s", (int)(n < width ? width - n : 0) + 1, "");
}

static void
cell_action(const struct row_fare *fare)
{
	printf("%-10.20s%s ", fare->action, fare->copy ? "+copy" : "     ");
}

static void
table_row(const struct row *row)
{
	cell(sl_slice(row->time, SL_MIN(strlen(row->time), (size_t)19)), 19);
	cell(sl_slice_str(row->id), 16);
	cell(row->sender.len > 0 ? row->sender : SL_SLICE_LIT("<>"), 28);
	cell(row->recipient, 28);
	cell_action(&row->was);
	cell_action(&row->would_be);
	printf("%s", row->doubted ? "? " : "");
	terminal_put_str(row->would_be.why);
	printf("%s\n", row->would_be.together ? "; kept and not refused, as it has one answer with others'" : "");
}

static void
table_head(void)
{
	printf("%-19s %-16s %-28s %-28s %-15s %-15s %s\n", "time", "id", "sender", "recipient", "was", "would be", "why");
}

static void
line(uint64_t n, const char *text)
{
	if (n > 0)
		printf("%llu %s\n", (unsigned long long)n, text);
}

static void
table_matrix(const struct sl_replay_tally *t)
{
	printf("\n%-12s", "was");
	for (int to = 0; to < SL_ACTION_COUNT; to++)
		if (to != SL_ACTION_COPY)
			printf(" %10s", sl_action_word((enum sl_action)to));
	putchar('\n');
	for (int from = 0; from < SL_ACTION_COUNT; from++) {
		uint64_t all = 0;

		for (int to = 0; to < SL_ACTION_COUNT; to++)
			all += t->moved[from][to];
		if (all == 0)
			continue;
		printf("%-12s", sl_action_word((enum sl_action)from));
		for (int to = 0; to < SL_ACTION_COUNT; to++)
			if (to != SL_ACTION_COPY)
				printf(" %10llu", (unsigned long long)t->moved[from][to]);
		putchar('\n');
	}
}

static void
table_end(const struct report *r)
{
	const struct sl_replay_tally *t = r->tally;

	if (r->more)
		printf("... and more (--limit 0 lists all)\n");
	printf("%s%llu messages, %llu recipients: %s%llu would have fared differently%s\n", r->listed > 0 ? "\n" : "",
	    (unsigned long long)t->records, (unsigned long long)t->recipients, r->colours.bold, (unsigned long long)t->differ,
	    r->colours.plain);
	line(t->judged, "of them were refused before the data and would now be judged: as what, no record can tell");
	line(t->come, "of them whose domain the change brings");
	line(t->go, "of them whose domain the change takes away");
	line(t->drifted, "were recorded with another ruling than the settings give now: they have changed since");
	line(t->doubted, "cannot be told for sure:");
	for (int i = 0; i < SL_REPLAY_DOUBT_COUNT; i++)
		if (t->doubts[i] > 0)
			printf("  %llu: %s\n", (unsigned long long)t->doubts[i], sl_replay_doubt_text((enum sl_replay_doubt)i));
	line(t->strangers, "recipients are none of the settings database's");
	line(t->unjudged, "records of mail that was not judged");
	line(t->again, "records of messages that were put off, and came again");
	line(t->unreadable, "records could not be read");
	line(t->lost, "records of these days were lost before they were kept");
	if (t->recipients > 0)
		table_matrix(t);
}

/* ---- CSV ---- */

/* RFC 4180; a formula is none to who opens it in a spreadsheet. */
static void
csv_cell(struct sl_slice text, const char *end)
{
	putchar('"');
	if (text.len > 0 && strchr("=+-@\t\r", text.ptr[0]) != NULL && text.ptr[0] != '\0')
		putchar('\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			putchar('"');
		putchar(text.ptr[i]);
	}
	printf("\"%s", end);
}

static void
csv_row(const struct row *row)
{
	csv_cell(sl_slice_str(row->time), ",");
	csv_cell(sl_slice_str(row->id), ",");
	csv_cell(row->sender, ",");
	csv_cell(row->recipient, ",");
	printf("%s%s,%s%s,%s,", row->was.action, row->was.copy ? "+copy" : "", row->would_be.action,
	    row->would_be.copy ? "+copy" : "", row->doubted ? "yes" : "no");
	csv_cell(sl_slice_str(row->would_be.why), "\r\n");
}

/* ---- sums that were told ---- */

static uint64_t
number_of(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

static void
doubts_of_json(const json_t *answer, struct sl_replay_tally *t)
{
	const json_t *doubt;
	size_t i;

	json_array_foreach(json_object_get(answer, "doubts"), i, doubt)
		for (int d = 0; d < SL_REPLAY_DOUBT_COUNT; d++)
			if (strcmp(text_of(doubt, "why"), sl_replay_doubt_text((enum sl_replay_doubt)d)) == 0)
				t->doubts[d] = number_of(doubt, "recipients");
}

void
tally_of_json(const json_t *answer, struct sl_replay_tally *t)
{
	const struct { const char *name; uint64_t *to; } counts[] = { { "records", &t->records }, { "recipients", &t->recipients },
		{ "differ", &t->differ }, { "drifted", &t->drifted }, { "doubted", &t->doubted }, { "judged", &t->judged }, { "come", &t->come }, { "go", &t->go },
		{ "strangers", &t->strangers }, { "not_judged", &t->unjudged }, { "put_off", &t->again },
		{ "unreadable", &t->unreadable }, { "lost", &t->lost } };
	enum sl_action was, would_be;
	const json_t *sum;
	size_t i;

	*t = (struct sl_replay_tally){ 0 };
	for (i = 0; i < SL_COUNT(counts); i++)
		*counts[i].to = number_of(answer, counts[i].name);
	json_array_foreach(json_object_get(answer, "sums"), i, sum)
		if (sl_action_find(sl_slice_str(text_of(sum, "was")), &was) && sl_action_find(sl_slice_str(text_of(sum, "would_be")),
		    &would_be))
			t->moved[was][would_be] = number_of(sum, "recipients");
	doubts_of_json(answer, t);
}

/* ---- ---- */

void
report_begin(struct report *report)
{
	report->colours = colours_for_stdout();
	if (report->form == FORM_JSON)
		printf("{\"listed\":[");
	else if (report->form == FORM_CSV)
		printf("time,id,sender,recipient,was,would be,in doubt,why\r\n");
}

/* Has it room for one more? */
static bool
has_room(struct report *report)
{
	if (report->limit > 0 && report->listed == report->limit)
		report->more = true;
	return !report->more;
}

static void
put_row(struct report *report, const struct row *row)
{
	if (report->form == FORM_CSV) {
		csv_row(row);
	} else {
		if (report->listed == 0)
			table_head();
		table_row(row);
	}
}

void
report_row(struct report *report, const struct sl_replay_told *told)
{
	const struct sl_record *r = told->record;
	struct sl_buf text;

	if (!has_room(report))
		return;
	if (report->form == FORM_JSON) {
		sl_buf_init(&text, 1 << 16);
		sl_replay_row_json(told, &text);
		printf("%s\n  %s", report->listed > 0 ? "," : "", sl_buf_cstr(&text));
		sl_buf_fini(&text);
	} else {
		put_row(report, &(struct row){ r->time, r->id, r->sender, told->recipient, fare_of(told->now), fare_of(told->then),
			told->doubts != 0 });
	}
	report->listed++;
}

/* As the console tells it. */
void
report_row_json(struct report *report, const json_t *row)
{
	char *text;

	if (!has_room(report))
		return;
	if (report->form == FORM_JSON) {
		text = json_dumps(row, JSON_COMPACT);
		printf("%s\n  %s", report->listed > 0 ? "," : "", text != NULL ? text : "{}");
		free(text);
	} else {
		put_row(report, &(struct row){ text_of(row, "time"), text_of(row, "id"), sl_slice_str(text_of(row, "sender")),
			sl_slice_str(text_of(row, "recipient")), fare_of_json(json_object_get(row, "was")),
			fare_of_json(json_object_get(row, "would_be")), json_array_size(json_object_get(row, "doubts")) > 0 });
	}
	report->listed++;
}

void
report_end(struct report *report)
{
	struct sl_buf sums;

	if (report->form == FORM_JSON) {
		sl_buf_init(&sums, 1 << 16);
		sl_replay_sums_json(report->tally, report->more, &sums);
		printf("],\n%s}\n", sl_buf_cstr(&sums));
		sl_buf_fini(&sums);
	} else if (report->form == FORM_TABLE) {
		table_end(report);
	} else if (report->more) {
		fprintf(stderr, "sluicectl policy simulate: there are more (--limit 0 lists all)\n");
	}
}
