/* simulate_print.c - what a simulation tells: rows, and sums; see simulate.h */

#include "simulate.h"

/* What is told of a picture that does not have him. */
static const char *
action_word(const struct sl_replay_fare *fare)
{
	return fare->there ? sl_action_word(fare->action) : "nobody's";
}

static bool
copies(const struct sl_replay_fare *fare)
{
	return fare->there && fare->decision.ruling.copy && fare->decision.ruling.enforced;
}

static const char *
together_text(const struct sl_replay_fare *fare)
{
	return fare->there && fare->together ? "; kept and not refused, as it has one answer with others'" : "";
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
cell_action(const struct sl_replay_fare *fare)
{
	printf("%-10s%s ", action_word(fare), copies(fare) ? "+copy" : "     ");
}

static void
table_row(const struct sl_replay_told *told)
{
	const struct sl_record *r = told->record;

	cell(sl_slice(r->time, SL_MIN(strlen(r->time), (size_t)19)), 19);
	cell(sl_slice_str(r->id), 16);
	cell(r->sender.len > 0 ? r->sender : SL_SLICE_LIT("<>"), 28);
	cell(told->recipient, 28);
	cell_action(told->now);
	cell_action(told->then);
	printf("%s", told->doubts != 0 ? "? " : "");
	terminal_put_str(told->then->there ? told->then->decision.why : "");
	printf("%s", together_text(told->then));
	putchar('\n');
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
table_matrix(const struct tally *t)
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
	const struct tally *t = &r->tally;

	if (r->more)
		printf("... and more (--limit 0 lists all)\n");
	printf("%s%llu messages, %llu recipients: %s%llu would have fared differently%s\n", r->listed > 0 ? "\n" : "",
	    (unsigned long long)t->records, (unsigned long long)t->recipients, r->colours.bold, (unsigned long long)t->differ,
	    r->colours.plain);
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

/* ---- JSON and CSV ---- */

static void
add_json(struct sl_buf *out, const char *name, struct sl_slice value)
{
	sl_buf_addf(out, "%s\"%s\":", out->len > 0 && out->data[out->len - 1] != '{' ? "," : "", name);
	sl_buf_add_json(out, value);
}

static void
json_fare(struct sl_buf *out, const char *name, const struct sl_replay_fare *fare)
{
	sl_buf_addf(out, ",\"%s\":{", name);
	add_json(out, "action", sl_slice_str(action_word(fare)));
	if (fare->there) {
		add_json(out, "verdict", sl_slice_str(fare->decision.ruling.word));
		add_json(out, "why", sl_slice_str(fare->decision.why));
	}
	sl_buf_addf(out, "%s%s}", copies(fare) ? ",\"copy\":true" : "", fare->there && fare->together ? ",\"together\":true" : "");
}

static void
json_row(const struct report *report, const struct sl_replay_told *told)
{
	const struct sl_record *r = told->record;
	const char *comma = "";
	struct sl_buf out;

	sl_buf_init(&out, 1 << 16);
	sl_buf_addf(&out, "%s  {", report->listed > 0 ? ",\n" : "\n");
	add_json(&out, "time", sl_slice_str(r->time));
	add_json(&out, "id", sl_slice_str(r->id));
	add_json(&out, "sender", r->sender);
	add_json(&out, "recipient", told->recipient);
	json_fare(&out, "was", told->now);
	json_fare(&out, "would_be", told->then);
	sl_buf_addf(&out, ",\"differs\":%s,\"drifted\":%s", told->differs ? "true" : "false", told->drifted ? "true" : "false");
	if (told->doubts != 0) {
		sl_buf_add_str(&out, ",\"doubts\":[");
		for (int i = 0; i < SL_REPLAY_DOUBT_COUNT; i++) {
			if ((told->doubts >> i & 1) == 0)
				continue;
			sl_buf_add_str(&out, comma);
			sl_buf_add_json(&out, sl_slice_str(sl_replay_doubt_text((enum sl_replay_doubt)i)));
			comma = ",";
		}
		sl_buf_add_str(&out, "]");
	}
	sl_buf_add_str(&out, "}");
	fputs(sl_buf_cstr(&out), stdout);
	sl_buf_fini(&out);
}

static void
json_sums(const struct tally *t)
{
	const char *comma = "";

	printf("\"sums\":[");
	for (int from = 0; from < SL_ACTION_COUNT; from++)
		for (int to = 0; to < SL_ACTION_COUNT; to++) {
			if (t->moved[from][to] == 0)
				continue;
			printf("%s\n  {\"was\":\"%s\",\"would_be\":\"%s\",\"recipients\":%llu}", comma,
			    sl_action_word((enum sl_action)from), sl_action_word((enum sl_action)to),
			    (unsigned long long)t->moved[from][to]);
			comma = ",";
		}
	comma = "";
	printf("],\n\"doubts\":[");
	for (int i = 0; i < SL_REPLAY_DOUBT_COUNT; i++) {
		if (t->doubts[i] == 0)
			continue;
		printf("%s\n  {\"recipients\":%llu,\"why\":\"%s\"}", comma, (unsigned long long)t->doubts[i],
		    sl_replay_doubt_text((enum sl_replay_doubt)i));
		comma = ",";
	}
	printf("],\n");
}

static void
json_end(const struct report *r)
{
	const struct tally *t = &r->tally;

	printf("],\n\"more\":%s,\n", r->more ? "true" : "false");
	json_sums(t);
	printf("\"records\":%llu,\"recipients\":%llu,\"differ\":%llu,\"drifted\":%llu,\"doubted\":%llu,\"come\":%llu,"
	    "\"go\":%llu,\"strangers\":%llu,\"not_judged\":%llu,\"put_off\":%llu,\"unreadable\":%llu,\"lost\":%llu}\n",
	    (unsigned long long)t->records, (unsigned long long)t->recipients, (unsigned long long)t->differ,
	    (unsigned long long)t->drifted, (unsigned long long)t->doubted, (unsigned long long)t->come,
	    (unsigned long long)t->go, (unsigned long long)t->strangers, (unsigned long long)t->unjudged,
	    (unsigned long long)t->again, (unsigned long long)t->unreadable, (unsigned long long)t->lost);
}

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
csv_row(const struct sl_replay_told *told)
{
	const struct sl_record *r = told->record;

	csv_cell(sl_slice_str(r->time), ",");
	csv_cell(sl_slice_str(r->id), ",");
	csv_cell(r->sender, ",");
	csv_cell(told->recipient, ",");
	printf("%s%s,%s%s,%s,", action_word(told->now), copies(told->now) ? "+copy" : "", action_word(told->then),
	    copies(told->then) ? "+copy" : "", told->doubts != 0 ? "yes" : "no");
	csv_cell(sl_slice_str(told->then->there ? told->then->decision.why : ""), "\r\n");
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

void
report_row(struct report *report, const struct sl_replay_told *told)
{
	if (report->limit > 0 && report->listed == report->limit) {
		report->more = true;
		return;
	}
	if (report->form == FORM_JSON) {
		json_row(report, told);
	} else if (report->form == FORM_CSV) {
		csv_row(told);
	} else {
		if (report->listed == 0)
			table_head();
		table_row(told);
	}
	report->listed++;
}

void
report_end(struct report *report)
{
	if (report->form == FORM_JSON)
		json_end(report);
	else if (report->form == FORM_TABLE)
		table_end(report);
	else if (report->more)
		fprintf(stderr, "sluicectl policy simulate: there are more (--limit 0 lists all)\n");
}
