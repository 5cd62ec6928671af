/* trace_run.c - see trace_run.h */

#include "trace_run.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "few.h"
#include "report/scope.h"
#include "sl/log.h"
#include "traffic/narrow.h"
#include "traffic/traffic.h"

#define LOOK_MS		200		/* whether somebody waits */
#define TRACE_GRACE_MS	20000u		/* for what it is at when the deadline comes: a file that somebody keeps, an answer that is not taken */

/* ---- questions ---- */

void
trace_question_pack(const struct trace_question *q, struct sl_buf *out)
{
	sl_pack_u64(out, 0);
	sl_pack_u32(out, q->of.all);
	sl_pack_u32(out, (uint32_t)q->of.of);
	sl_pack_u32(out, q->routes);
	sl_pack_u32(out, q->limit);
	sl_pack_u64(out, (uint64_t)q->since_us);
	sl_pack_u64(out, (uint64_t)q->until_us);
	sl_pack_bytes(out, q->of.tenants);
	sl_pack_bytes(out, q->of.members);
	sl_pack_bytes(out, q->of.aliases);
	sl_pack_bytes(out, q->since);
	sl_pack_bytes(out, q->id);
	sl_pack_bytes(out, q->sender);
	sl_pack_bytes(out, q->recipient);
	sl_pack_bytes(out, q->client);
	sl_pack_bytes(out, q->message_id);
}

/* Is it a list of packed texts, each with a number behind it if `numbered`? */
static bool
is_list(struct sl_slice list, bool numbered)
{
	struct sl_unpack in = { .rest = list };

	while (in.rest.len > 0 && !in.failed) {
		(void)sl_unpack_bytes(&in);
		if (numbered)
			(void)sl_unpack_u64(&in);
	}
	return !in.failed;
}

static bool
are_pairs(struct sl_slice list)
{
	struct sl_unpack in = { .rest = list };

	while (in.rest.len > 0 && !in.failed) {
		(void)sl_unpack_bytes(&in);
		(void)sl_unpack_bytes(&in);
	}
	return !in.failed;
}

int
trace_question_unpack(struct sl_slice payload, struct trace_question *q)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t of;

	*q = (struct trace_question){ 0 };
	if (sl_unpack_u64(&in) != 0)
		return SL_ERR_SYNTAX;
	q->of.all = sl_unpack_u32(&in) != 0;
	of = sl_unpack_u32(&in);
	q->routes = sl_unpack_u32(&in) != 0;
	q->limit = sl_unpack_u32(&in);
	q->since_us = (int64_t)sl_unpack_u64(&in);
	q->until_us = (int64_t)sl_unpack_u64(&in);
	q->of.tenants = sl_unpack_bytes(&in);
	q->of.members = sl_unpack_bytes(&in);
	q->of.aliases = sl_unpack_bytes(&in);
	q->since = sl_unpack_bytes(&in);
	q->id = sl_unpack_bytes(&in);
	q->sender = sl_unpack_bytes(&in);
	q->recipient = sl_unpack_bytes(&in);
	q->client = sl_unpack_bytes(&in);
	q->message_id = sl_unpack_bytes(&in);
	if (in.failed || in.rest.len > 0 || of >= SL_REPORT_OF_COUNT || q->limit == 0 || q->limit > TRACE_ROWS_MAX ||
	    !is_list(q->of.tenants, false) || !is_list(q->of.members, false) || !are_pairs(q->of.aliases) || !is_list(q->since, true))
		return SL_ERR_SYNTAX;
	q->of.of = (enum sl_report_of)of;
	return 0;
}

/* ---- what he may see ---- */

struct name {
	struct sl_slice	name;
	int64_t		since_us;
};

struct tracing {
	const struct trace_question *question;
	struct sl_report_scope	*scope;		/* NULL: tenants as a whole */
	struct name		*names;		/* of tenants, sorted */
	size_t			 len;
	struct sl_traffic_view	 view;
	int64_t			 at_us;		/* of the line that is looked at */
	struct sl_buf		 seen, answer;
	size_t			 told;
	bool			 full;
};

static int
by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	size_t len = SL_MIN(x->name.len, y->name.len);
	int order = len == 0 ? 0 : memcmp(x->name.ptr, y->name.ptr, len);

	return order != 0 ? order : x->name.len < y->name.len ? -1 : x->name.len > y->name.len;
}

static struct name *
find_name(const struct tracing *t, struct sl_slice name)
{
	const struct name key = { .name = name };

	return t->len == 0 ? NULL : bsearch(&key, t->names, t->len, sizeof(*t->names), by_name);
}

static void
read_names(struct tracing *t)
{
	struct sl_unpack in = { .rest = t->question->of.tenants }, since = { .rest = t->question->since };
	size_t size = 0;

	while (in.rest.len > 0) {
		if (t->len == size) {
			size = size * 2 + 64;
			t->names = sl_xrealloc(t->names, size * sizeof(*t->names));
		}
		t->names[t->len++] = (struct name){ sl_unpack_bytes(&in), 0 };
	}
	if (t->len > 0)
		qsort(t->names, t->len, sizeof(*t->names), by_name);
	while (since.rest.len > 0) {
		struct name *name = find_name(t, sl_unpack_bytes(&since));
		int64_t at_us = (int64_t)sl_unpack_u64(&since);

		if (name != NULL)
			name->since_us = at_us;
	}
}

static bool
sees(void *ctx, struct sl_slice tenant, struct sl_slice mailbox)
{
	const struct tracing *t = ctx;
	const struct name *name = find_name(t, tenant);

	return name != NULL && t->at_us >= name->since_us && (t->scope == NULL || sl_report_scope_has(t->scope, mailbox));
}

/* When a line was written, to the second; 0: it does not say so. */
static int64_t
time_of(struct sl_slice line)
{
	static const char head[] = "{\"time\":\"";
	char text[20];
	struct tm tm = { 0 };

	if (line.len < strlen(head) + 19 || memcmp(line.ptr, head, strlen(head)) != 0)
		return 0;
	memcpy(text, line.ptr + strlen(head), 19);
	text[19] = '\0';
	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL ? 0 : (int64_t)timegm(&tm) * 1000000;
}

static bool
on_seen(void *ctx, struct sl_slice line, struct sl_slice *seen)
{
	struct tracing *t = ctx;

	sl_buf_reset(&t->seen);
	t->at_us = time_of(line);
	if (!sl_traffic_narrow(line, &t->view, &t->seen))
		return false;
	*seen = sl_buf_slice(&t->seen);
	return true;
}

/* ---- the answer ---- */

/* What is nested in a line was not looked at when it was stored. */
static bool
is_json(struct sl_slice line)
{
	json_t *root = json_loadb((const char *)line.ptr, line.len, 0, NULL);
	bool is = json_is_object(root);

	json_decref(root);
	return is;
}

static int
on_line(void *ctx, struct sl_slice line)
{
	struct tracing *t = ctx;

	if (!is_json(line))
		return 0;
	if (t->answer.len + line.len + 1024 > TRACE_BYTES_MAX) {
		t->full = true;
		return SL_DONE;
	}
	sl_buf_add_str(&t->answer, t->told++ > 0 ? ",\n" : "\n");
	sl_buf_add_slice(&t->answer, line);
	return 0;
}

static void
add_time(struct sl_buf *out, int64_t at_us)
{
	time_t seconds = (time_t)(at_us / 1000000);
	char text[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	sl_buf_addf(out, ",\"reached\":\"%s\"", text);
}

static void
add_found(struct tracing *t, const struct sl_traffic_found *found)
{
	struct sl_buf *out = &t->answer;
	size_t more = found->beyond + t->full;

	sl_buf_addf(out, "],\"days\":%u,\"more\":%zu", found->days, more);
	if (t->full || found->at_least)
		sl_buf_add_str(out, ",\"more_at_least\":true");
	if (found->reached_us != 0)
		add_time(out, found->reached_us);
	if (t->question->of.all)
		sl_buf_addf(out, ",\"lost\":%llu,\"left_out\":%llu", (unsigned long long)found->lost, (unsigned long long)found->left_out);
	else
		sl_buf_addf(out, ",\"some_lost\":%s,\"some_left_out\":%s", found->lost > 0 ? "true" : "false", found->left_out > 0 ? "true" : "false");
	sl_buf_add_byte(out, '}');
}

static void
fail(struct tracing *t, int result, const char *why)
{
	sl_log(SL_LOG_ERROR, "traffic: %s", why);
	sl_buf_reset(&t->answer);
	sl_buf_addf(&t->answer, "{\"ok\":false,\"error\":\"the records cannot be read: %s\"}", sl_strerror(result));
}

static void
search(struct tracing *t, const char *directory, struct sl_traffic_query *query)
{
	const struct sl_traffic_options options = { .directory = directory, .read_only = true };
	struct sl_traffic_found found = { 0 };
	struct sl_traffic *traffic;
	int r = sl_traffic_open(&options, &traffic);

	if (r == 0)
		r = sl_traffic_search(traffic, query, on_line, t, &found);
	if (r == 0)
		add_found(t, &found);
	else
		fail(t, r, sl_traffic_error(traffic));
	sl_traffic_close(&traffic);
}

/* With what the index has of those that he may see, where they are few. */
static void
look(struct tracing *t, const char *directory)
{
	const struct trace_question *q = t->question;
	struct sl_traffic_query query = { .id = q->id, .sender = q->sender, .recipient = q->recipient, .client = q->client,
		.message_id = q->message_id, .since_us = q->since_us, .until_us = q->until_us, .limit = q->limit, .count_more = TRACE_MORE_MAX, .count_us = TRACE_COUNT_MS * UINT64_C(1000),
		.deadline_us = sl_clock_system.monotonic_us(NULL) + TRACE_DEADLINE_MS * UINT64_C(1000) };
	struct sl_slice tenants[SL_TRAFFIC_SET_MAX];
	struct few few = { .many = true };

	if (!q->of.all) {
		query.seen = on_seen;
		query.seen_ctx = t;
		few_find(&q->of, SL_TRAFFIC_SET_MAX, &few);
	}
	if (!few.many) {
		query.of_recipients = few.items;
		query.of_recipients_len = few.len;
	}
	for (size_t i = 0; i < t->len && t->len <= SL_TRAFFIC_SET_MAX; i++) {
		tenants[i] = t->names[i].name;
		query.of_tenants = tenants;
		query.of_tenants_len = i + 1;
	}
	if (q->of.all || (t->len > 0 && (few.many || few.len > 0)))
		search(t, directory, &query);
	else
		add_found(t, &(struct sl_traffic_found){ .days = 0 });	/* an empty group, a partner without tenants */
	few_fini(&few);
}

/* ---- no longer than somebody waits ---- */

static int out_fd;
static volatile sig_atomic_t looks;

/* Whatever it is at, the process ends when nobody waits any more: else who asks and goes could have any number of them. */
static void
on_look(int number)
{
	struct pollfd gone = { .fd = out_fd, .events = POLLRDHUP };
	int error = errno;

	if (poll(&gone, 1, 0) > 0 || (unsigned)++looks > (TRACE_DEADLINE_MS + TRACE_GRACE_MS) / LOOK_MS)
		_exit(0);		/* who does wait is told by the channel's end */
	errno = error;
}

static void
bound(struct sl_ipc *out)
{
	const struct itimerval every = { { 0, LOOK_MS * 1000 }, { 0, LOOK_MS * 1000 } };
	const struct sigaction look = { .sa_handler = on_look, .sa_flags = SA_RESTART };
	const struct rlimit cpu = { TRACE_CPU_S, TRACE_CPU_S };

	out_fd = sl_ipc_fd(out);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)sigaction(SIGALRM, &look, NULL);
	(void)setitimer(ITIMER_REAL, &every, NULL);
}

void
trace_run(const char *directory, const struct trace_question *question, struct sl_ipc *out)
{
	struct tracing t = { .question = question };

	bound(out);
	t.view = (struct sl_traffic_view){ sees, &t, question->of.of == SL_REPORT_OF_ALL, question->routes };
	if (question->of.of != SL_REPORT_OF_ALL)
		t.scope = sl_report_scope_new(&question->of, NULL);
	read_names(&t);
	sl_buf_init(&t.seen, (size_t)2 << 20);
	sl_buf_init(&t.answer, TRACE_BYTES_MAX);
	sl_buf_add_str(&t.answer, "{\"ok\":true,\"records\":[");
	look(&t, directory);
	if (sl_ipc_send(out, SL_IPC_CONSOLE_REPLY, sl_buf_slice(&t.answer), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "nobody waits for a trace any more");
	sl_buf_fini(&t.seen);
	sl_buf_fini(&t.answer);
	sl_free(t.names);
	sl_report_scope_free(&t.scope);
}
