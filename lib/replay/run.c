/* run.c - see run.h */

#include "replay/run.h"

#include <string.h>
#include <time.h>

#define ARENA_BYTES	((size_t)4 << 20)	/* of a record */

void
sl_replay_run_init(struct sl_replay_run *run)
{
	memset(run, 0, sizeof(*run));
	sl_arena_init(&run->arena, ARENA_BYTES);
}

void
sl_replay_run_fini(struct sl_replay_run *run)
{
	sl_arena_fini(&run->arena);
}

/* ---- a record ---- */

/* "2026-11-26T15:16:49.426Z" as seconds; 0: it is not like that. */
static int64_t
time_of(const char *text)
{
	static const struct { size_t at, len; } parts[] = { { 0, 4 }, { 5, 2 }, { 8, 2 }, { 11, 2 }, { 14, 2 }, { 17, 2 } };
	uint64_t n[SL_COUNT(parts)];
	struct tm tm;

	if (strlen(text) < 19)
		return 0;
	for (size_t i = 0; i < SL_COUNT(parts); i++)
		if (sl_slice_to_u64(sl_slice(text + parts[i].at, parts[i].len), 9999, &n[i]) != 0)
			return 0;
	tm = (struct tm){ .tm_year = (int)n[0] - 1900, .tm_mon = (int)n[1] - 1, .tm_mday = (int)n[2], .tm_hour = (int)n[3],
		.tm_min = (int)n[4], .tm_sec = (int)n[5] };
	return (int64_t)timegm(&tm);
}

/* Put off, though no policy wanted that: the next hop did, or the recipients had no one answer. The sender comes again,
 * and leaves another record. */
static bool
comes_again(const struct sl_record *record)
{
	for (size_t i = 0; i < record->classes_len; i++)
		if (record->classes[i].action == SL_ACTION_DEFER)
			return false;
	return strcmp(record->outcome, "deferred") == 0 || strcmp(record->outcome, "aborted") == 0;
}

static void
count(struct sl_replay_tally *t, const struct sl_replay_told *told)
{
	t->recipients++;
	t->differ += told->differs;
	t->drifted += told->drifted;
	t->doubted += told->doubts != 0;
	for (int i = 0; i < SL_REPLAY_DOUBT_COUNT; i++)
		t->doubts[i] += told->doubts >> i & 1;
	t->come += told->then->there && !told->now->there;
	t->go += told->now->there && !told->then->there;
	t->judged += told->then->judged && !told->now->judged;
	if (told->now->there && told->then->there && !told->now->judged && !told->then->judged)
		t->moved[told->now->action][told->then->action]++;
}

static bool
may_see(const struct sl_replay_scope *scope, const struct sl_replay_fare *fare)
{
	return scope->may_see == NULL || !fare->there || scope->may_see(scope->ctx, fare->tenant);
}

static void
on_told(void *ctx, const struct sl_replay_told *told)
{
	struct sl_replay_run *run = ctx;

	/* That a domain has gone to somebody else, or come from there, is not for either to know. */
	if (!may_see(&run->scope, told->now) || !may_see(&run->scope, told->then))
		return;
	run->seen = true;
	count(&run->tally, told);
	if (told->differs || (run->doubted && told->doubts != 0))
		run->each(run->ctx, told);
}

/* Of another tenant's line: recipients that were not accepted may be of one who may be seen. Leaves these alone. */
static bool
keep_visible(struct sl_replay_run *run)
{
	struct sl_record_refused *refused = (void *)(uintptr_t)run->record.refused;
	size_t n = 0;

	run->record.classes_len = 0;
	for (size_t i = 0; i < run->record.refused_len; i++)
		if (*refused[i].tenant != '\0' && run->scope.may_see_name(run->scope.ctx, refused[i].tenant))
			refused[n++] = refused[i];
	run->record.refused_len = n;
	return n > 0;
}

void
sl_replay_run_line(struct sl_replay_run *run, struct sl_slice line)
{
	struct sl_replay_tally *t = &run->tally;
	bool limited = run->scope.may_see != NULL;
	size_t strangers;
	int r;

	run->lines++;
	sl_arena_reset(&run->arena);
	run->seen = false;
	r = sl_record_read(line, SL_RECORD_RULINGS, &run->arena, &run->record);
	if ((r == 0 || r == SL_ERR_NOT_FOUND) && run->scope.may_see_name != NULL &&
	    !run->scope.may_see_name(run->scope.ctx, run->record.tenant) && !keep_visible(run))
		return;
	if (r == SL_ERR_NOT_FOUND) {
		sl_replay_record(run->replay, &run->record, time_of(run->record.time), on_told, run);
		t->records += run->seen;
		t->unjudged += !limited && !run->seen;	/* there was no message, most times */
	} else if (r != 0) {
		t->unreadable += !limited;
	} else if (comes_again(&run->record)) {
		t->again++;
	} else {
		strangers = sl_replay_record(run->replay, &run->record, time_of(run->record.time), on_told, run);
		t->strangers += limited ? 0 : strangers;
		t->records += !limited || run->seen;
	}
}

/* ---- JSON ---- */

const char *
sl_replay_action_word(const struct sl_replay_fare *fare)
{
	return !fare->there ? "nobody's" : fare->judged ? "judged" : sl_action_word(fare->action);
}

bool
sl_replay_copies(const struct sl_replay_fare *fare)
{
	return fare->there && fare->decision.ruling.copy && fare->decision.ruling.enforced;
}

static void
add_text(struct sl_buf *out, const char *name, struct sl_slice value)
{
	sl_buf_addf(out, "%s\"%s\":", out->len > 0 && out->data[out->len - 1] != '{' ? "," : "", name);
	sl_buf_add_json(out, value);
}

static void
add_fare(struct sl_buf *out, const char *name, const struct sl_replay_fare *fare)
{
	sl_buf_addf(out, ",\"%s\":{", name);
	add_text(out, "action", sl_slice_str(sl_replay_action_word(fare)));
	if (fare->there) {
		add_text(out, "verdict", sl_slice_str(fare->decision.ruling.word));
		add_text(out, "why", sl_slice_str(fare->decision.why));
	}
	sl_buf_addf(out, "%s%s}", sl_replay_copies(fare) ? ",\"copy\":true" : "",
	    fare->there && fare->together ? ",\"together\":true" : "");
}

void
sl_replay_row_json(const struct sl_replay_told *told, struct sl_buf *out)
{
	const struct sl_record *r = told->record;
	const char *comma = "";

	sl_buf_add_str(out, "{");
	add_text(out, "time", sl_slice_str(r->time));
	add_text(out, "id", sl_slice_str(r->id));
	add_text(out, "sender", r->sender);
	add_text(out, "recipient", told->recipient);
	add_fare(out, "was", told->now);
	add_fare(out, "would_be", told->then);
	sl_buf_addf(out, ",\"differs\":%s,\"drifted\":%s", told->differs ? "true" : "false", told->drifted ? "true" : "false");
	if (told->doubts != 0) {
		sl_buf_add_str(out, ",\"doubts\":[");
		for (int i = 0; i < SL_REPLAY_DOUBT_COUNT; i++) {
			if ((told->doubts >> i & 1) == 0)
				continue;
			sl_buf_add_str(out, comma);
			sl_buf_add_json(out, sl_slice_str(sl_replay_doubt_text((enum sl_replay_doubt)i)));
			comma = ",";
		}
		sl_buf_add_str(out, "]");
	}
	sl_buf_add_str(out, "}");
}

static void
add_moved(const struct sl_replay_tally *t, struct sl_buf *out)
{
	const char *comma = "";

	sl_buf_add_str(out, "\"sums\":[");
	for (int from = 0; from < SL_ACTION_COUNT; from++)
		for (int to = 0; to < SL_ACTION_COUNT; to++) {
			if (t->moved[from][to] == 0)
				continue;
			sl_buf_addf(out, "%s\n  {\"was\":\"%s\",\"would_be\":\"%s\",\"recipients\":%llu}", comma,
			    sl_action_word((enum sl_action)from), sl_action_word((enum sl_action)to),
			    (unsigned long long)t->moved[from][to]);
			comma = ",";
		}
	sl_buf_add_str(out, "]");
}

void
sl_replay_sums_json(const struct sl_replay_tally *t, bool more, struct sl_buf *out)
{
	const struct { const char *name; uint64_t n; } counts[] = { { "records", t->records }, { "recipients", t->recipients },
		{ "differ", t->differ }, { "drifted", t->drifted }, { "doubted", t->doubted }, { "judged", t->judged }, { "come", t->come }, { "go", t->go },
		{ "strangers", t->strangers }, { "not_judged", t->unjudged }, { "put_off", t->again },
		{ "unreadable", t->unreadable }, { "lost", t->lost } };
	const char *comma = "";

	sl_buf_addf(out, "\"more\":%s,\n", more ? "true" : "false");
	add_moved(t, out);
	sl_buf_add_str(out, ",\n\"doubts\":[");
	for (int i = 0; i < SL_REPLAY_DOUBT_COUNT; i++) {
		if (t->doubts[i] == 0)
			continue;
		sl_buf_addf(out, "%s\n  {\"recipients\":%llu,\"why\":\"%s\"}", comma, (unsigned long long)t->doubts[i],
		    sl_replay_doubt_text((enum sl_replay_doubt)i));
		comma = ",";
	}
	sl_buf_add_str(out, "]");
	for (size_t i = 0; i < SL_COUNT(counts); i++)
		sl_buf_addf(out, ",%s\"%s\":%llu", i == 0 ? "\n" : "", counts[i].name, (unsigned long long)counts[i].n);
}
