/* replay_run.c - one question of a replay, in a process of its own; see replay_run.h */

#include <stdlib.h>
#include <unistd.h>

#include "replay/lists.h"
#include "replay/run.h"
#include "replay_run.h"
#include "sl/log.h"
#include "traffic/traffic.h"

#define PROGRESS	5000		/* records between two signs of life */
#define ANSWER_MAX	((size_t)48 << 20)

/* ---- questions ---- */

void
replay_question_pack(const struct replay_question *q, struct sl_buf *out)
{
	SL_ASSERT(q->tenants_len <= REPLAY_TENANTS_MAX);
	sl_pack_u64(out, (uint64_t)q->since_us);
	sl_pack_u32(out, q->limit);
	sl_pack_u32(out, q->doubted);
	sl_pack_u32(out, q->has_over);
	sl_pack_u32(out, q->changed_is_over);
	sl_pack_u32(out, q->everybody);
	sl_pack_u32(out, (uint32_t)q->tenants_len);
	for (size_t i = 0; i < q->tenants_len; i++)
		sl_pack_u64(out, (uint64_t)q->tenants[i]);
	sl_pack_bytes(out, q->tenant);
	sl_pack_bytes(out, q->text);
	sl_pack_bytes(out, q->lists);
}

int
replay_question_unpack(struct sl_slice payload, struct replay_question *q)
{
	struct sl_unpack in = { .rest = payload };
	int64_t *tenants;
	uint32_t len;

	*q = (struct replay_question){ .since_us = (int64_t)sl_unpack_u64(&in) };
	q->limit = sl_unpack_u32(&in);
	q->doubted = sl_unpack_u32(&in) != 0;
	q->has_over = sl_unpack_u32(&in) != 0;
	q->changed_is_over = sl_unpack_u32(&in) != 0;
	q->everybody = sl_unpack_u32(&in) != 0;
	len = sl_unpack_u32(&in);
	if (in.failed || len > REPLAY_TENANTS_MAX || len > in.rest.len / 8)
		return SL_ERR_SYNTAX;
	tenants = sl_xzalloc(SL_MAX(len, 1u) * sizeof(*tenants));
	for (uint32_t i = 0; i < len; i++)
		tenants[i] = (int64_t)sl_unpack_u64(&in);
	q->tenants = tenants;
	q->tenants_len = len;
	q->tenant = sl_unpack_bytes(&in);
	q->text = sl_unpack_bytes(&in);
	q->lists = sl_unpack_bytes(&in);
	if (!in.failed && in.rest.len == 0)
		return 0;
	sl_free(tenants);
	q->tenants = NULL;
	return SL_ERR_SYNTAX;
}

/* ---- answering one ---- */

struct running {
	const struct replay_question *question;
	struct sl_ipc		*out;
	struct sl_snapshot	*whole, *over, *changed;
	const struct sl_snapshot *current, *tried;
	const char		**names;	/* of the tenants, sorted; each owned */
	struct sl_replay_lists	 lists;
	struct sl_replay_run	 run;
	struct sl_buf		 answer;
	size_t			 listed;
	bool			 more;
};

static void
answer_error(struct sl_ipc *out, const char *text)
{
	struct sl_buf json;

	sl_buf_init(&json, 8192);
	sl_buf_add_str(&json, "{\"ok\":false,\"error\":");
	sl_buf_add_json(&json, sl_slice_str(text));
	sl_buf_add_str(&json, "}");
	if (sl_ipc_send(out, SL_IPC_CONSOLE_REPLY, sl_buf_slice(&json), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "nobody waits for a replay any more");
	sl_buf_fini(&json);
}

/* ---- whose ---- */

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
may_see(void *ctx, uint32_t tenant)
{
	const struct running *r = ctx;
	int64_t id = tenant;

	return bsearch(&id, r->question->tenants, r->question->tenants_len, sizeof(id), by_number) != NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
may_see_name(void *ctx, const char *tenant)
{
	const struct running *r = ctx;

	return *tenant != '\0' && bsearch(&tenant, r->names, r->question->tenants_len, sizeof(*r->names), by_name) != NULL;
}

/* One that is not compiled (off, or new) has no name here, and so no records. */
static void
find_names(struct running *r)
{
	struct sl_snapshot_tenant tenant;

	r->names = sl_xzalloc(SL_MAX(r->question->tenants_len, (size_t)1) * sizeof(*r->names));
	for (size_t i = 0; i < r->question->tenants_len; i++)
		r->names[i] = sl_snapshot_tenant(r->current, (uint32_t)r->question->tenants[i], &tenant)
		    ? sl_xmemdup(tenant.name.ptr, tenant.name.len) : sl_xstrdup("");
	qsort(r->names, r->question->tenants_len, sizeof(*r->names), by_name);
}

/* ---- records ---- */

static void
on_told(void *ctx, const struct sl_replay_told *told)
{
	struct running *r = ctx;
	size_t limit = r->question->limit == 0 ? REPLAY_ROWS_MAX : SL_MIN((size_t)r->question->limit, (size_t)REPLAY_ROWS_MAX);

	if (r->listed == limit) {
		r->more = true;
		return;
	}
	sl_buf_add_str(&r->answer, r->listed++ > 0 ? ",\n" : "\n");
	sl_replay_row_json(told, &r->answer);
}

static int
on_line(void *ctx, struct sl_slice line)
{
	struct running *r = ctx;
	struct sl_buf sign;
	int result;

	sl_replay_run_line(&r->run, line);
	if (r->run.lines % PROGRESS != 0)
		return 0;
	sl_buf_init(&sign, 64);
	sl_buf_addf(&sign, "{\"progress\":%llu}", (unsigned long long)r->run.lines);
	result = sl_ipc_send(r->out, SL_IPC_CONSOLE_REPLY, sl_buf_slice(&sign), NULL, 0);
	sl_buf_fini(&sign);
	return result;		/* who has gone need not be answered */
}

static int
replay_records(struct running *r, const char *directory)
{
	const struct sl_traffic_options options = { .directory = directory, .read_only = true };
	const struct sl_traffic_query query = { .since_us = r->question->since_us, .limit = SIZE_MAX, .tenant = r->question->tenant };
	struct sl_traffic_found found = { 0 };
	struct sl_traffic *traffic;
	int result = sl_traffic_open(&options, &traffic);

	if (result == 0)
		result = sl_traffic_search(traffic, &query, on_line, r, &found);
	if (result != 0)
		answer_error(r->out, sl_traffic_error(traffic));
	r->run.tally.lost = found.lost;
	sl_traffic_close(&traffic);
	return result;
}

/* ---- all of it ---- */

static int
open_pictures(struct running *r, const int *fds, size_t fds_len)
{
	size_t last = 1u + r->question->has_over;
	int result;

	if (fds_len != last + 1)
		return SL_ERR_SYNTAX;
	if ((result = sl_snapshot_open(fds[0], &r->whole)) != 0)
		return result;
	if (r->question->has_over && (result = sl_snapshot_open_over(fds[1], r->whole, &r->over)) != 0)
		return result;
	result = r->question->changed_is_over ? sl_snapshot_open_over(fds[last], r->whole, &r->changed)
	    : sl_snapshot_open(fds[last], &r->changed);
	r->current = r->over != NULL ? r->over : r->whole;
	r->tried = r->changed;
	return result;
}

static void
answer(struct running *r)
{
	sl_buf_add_str(&r->answer, "],\n");
	sl_replay_sums_json(&r->run.tally, r->more, &r->answer);
	sl_buf_add_str(&r->answer, "}");
	if (r->answer.overflow)
		answer_error(r->out, "the answer is too long: list fewer (--limit)");
	else if (sl_ipc_send(r->out, SL_IPC_CONSOLE_REPLY, sl_buf_slice(&r->answer), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "nobody waits for a replay any more");
}

void
replay_run(const char *directory, const struct replay_question *question, const int *fds, size_t fds_len, struct sl_ipc *out)
{
	struct running r = { .question = question, .out = out };
	const char *wrong = sl_replay_lists_read(question->lists, &r.lists);
	int result = open_pictures(&r, fds, fds_len);

	if (wrong != NULL)
		result = SL_ERR_SYNTAX;
	if (result != 0) {
		answer_error(out, sl_strerror(result));
		return;
	}
	sl_buf_init(&r.answer, ANSWER_MAX);
	sl_buf_add_str(&r.answer, "{\"ok\":true,\"text\":");
	sl_buf_add_json(&r.answer, question->text);
	sl_buf_add_str(&r.answer, ",\"listed\":[");
	sl_replay_run_init(&r.run);
	r.run.replay = sl_replay_new(r.current, r.tried);
	sl_replay_try_lists(r.run.replay, &r.lists);
	r.run.each = on_told;
	r.run.ctx = &r;
	r.run.doubted = question->doubted;
	if (!question->everybody) {
		find_names(&r);
		r.run.scope = (struct sl_replay_scope){ may_see_name, may_see, &r };
	}
	if (replay_records(&r, directory) == 0)
		answer(&r);
	sl_replay_free(&r.run.replay);
	sl_replay_run_fini(&r.run);
	sl_buf_fini(&r.answer);
}
