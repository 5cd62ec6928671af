/* verbs_trace.c - what became of messages, for those whose they are; see console.h and trace_run.h */

#include <time.h>

#include "console.h"
#include "records.h"
#include "store/audit.h"
#include "store/grants.h"
#include "whose.h"

#define LIMIT_DEFAULT	20
#define DAY_US		((int64_t)86400 * 1000000)

struct tracing {
	struct console	*console;
	struct asker	*asker;
	uint64_t	 number;	/* of the question */
};

static void
on_cancel(struct console *console, void *what)
{
	struct tracing *t = what;

	records_trace_forget(console->records, t->number);
	sl_free(t);
}

static void
on_heard(void *ctx, struct sl_slice json, bool last)
{
	static const char died[] = "{\"ok\":false,\"error\":\"the process that read the records died, or took too long: narrow it down, and try again\"}";
	struct tracing *t = ctx;
	struct asker *asker = t->asker;

	asker->number = 0;
	asker->cancel = NULL;
	sl_free(t);
	asker->part(asker->ctx, json.len > 0 ? json : sl_slice_str(died), true);
}

/* ---- where ---- */

/* The nodes of his roles that have the verb, those that lie in another left out: the first, and how many. */
static size_t
find_own(const struct sl_access_grant *grants, size_t len, struct sl_node *out)
{
	size_t found = 0;

	for (size_t i = 0; i < len; i++) {
		bool own = sl_access_allowed(&grants[i], 1, SL_VERB_TRACE_SEARCH, &grants[i].at);

		for (size_t k = 0; k < len && own; k++)		/* of two at one node the first */
			own = k == i || !sl_access_allowed(&grants[k], 1, SL_VERB_TRACE_SEARCH, &grants[k].at) ||
			    !sl_access_covers(&grants[k].at, &grants[i].at) || (sl_access_covers(&grants[i].at, &grants[k].at) && i < k);
		if (own && found++ == 0)
			*out = (struct sl_node){ grants[i].at.level, grants[i].at.id[grants[i].at.level] };
	}
	return found;
}

/* What is named; else what is his, if that is one thing. */
static int
at_trace(struct request *request, struct sl_node *out)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	size_t len, found;
	int r;

	if (arg(request, "at").len + arg(request, "domain").len + arg(request, "group").len + arg(request, "user").len > 0)
		return at_place(request, out);
	*out = SL_NODE_OPERATOR;
	r = sl_store_grants_of(request->store, request->actor.account, grants, &len);
	if (r != 0)
		return r;
	found = find_own(grants, len, out);
	return found <= 1 ? 0 : refuse(request, SL_ERR_SYNTAX, "say of what: --at, as in tenant:example.com, --domain, --group or --user");
}

/* ---- what ---- */

/* 2026-11-26 (or its end), or 2026-11-26T15:04:05Z (or its end). */
static int
time_of(struct request *request, const char *name, bool end, int64_t *out)
{
	static const struct { const char *format; int64_t us; } forms[] = { { "%Y-%m-%dT%H:%M:%SZ", 1000000 }, { "%Y-%m-%d", DAY_US } };
	char *text = sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(arg(request, name)));
	bool good = *text == '\0';

	*out = 0;
	for (size_t i = 0; i < SL_COUNT(forms) && !good; i++) {
		struct tm tm = { 0 };
		const char *rest = strptime(text, forms[i].format, &tm);

		good = rest != NULL && *rest == '\0';
		if (good)
			*out = (int64_t)timegm(&tm) * 1000000 + (end ? forms[i].us - 1 : 0);
	}
	sl_free(text);
	return good ? 0 : refuse(request, SL_ERR_SYNTAX, "%s is a day (2026-11-26) or a time (2026-11-26T15:04:05Z)", name);
}

static int
take_question(struct request *request, struct trace_question *q)
{
	uint64_t limit = LIMIT_DEFAULT;
	int r;

	q->id = arg(request, "id");
	q->sender = arg(request, "from");
	q->recipient = arg(request, "to");
	q->client = arg(request, "client");
	q->message_id = arg(request, "message_id");
	if (arg(request, "limit").len > 0 && (sl_slice_to_u64(arg(request, "limit"), TRACE_ROWS_MAX, &limit) != 0 || limit == 0))
		return refuse(request, SL_ERR_SYNTAX, "--limit is 1 to %u: for more, narrow it down by time", TRACE_ROWS_MAX);
	q->limit = (uint32_t)limit;
	if ((r = time_of(request, "since", false, &q->since_us)) != 0)
		return r;
	return time_of(request, "until", true, &q->until_us);
}

/* ---- whose ---- */

/* May he see where next hops are? That is for who sees routes of the tenant, or of all that he asks of. */
static bool
sees_routes(struct request *request, const struct whose *whose)
{
	struct sl_node target = request->target;
	bool sees;

	if (whose->tenant == 0)
		return true;		/* roles above tenants see their routes */
	request->target = (struct sl_node){ SL_LEVEL_TENANT, whose->tenant };
	sees = request_allowed(request, SL_VERB_ROUTE_SHOW) == 0;
	request->target = target;
	sl_buf_reset(&request->error);
	return sees;
}

static int
on_reused(void *ctx, struct sl_slice name, int64_t since_us)
{
	sl_pack_bytes(ctx, name);
	sl_pack_u64(ctx, (uint64_t)since_us);
	return 0;
}

static int
ask(struct request *request, struct trace_question *q, const struct whose *whose)
{
	struct tracing *t;

	q->of = (struct sl_report_ask){ .all = request->target.level == SL_LEVEL_OPERATOR, .of = whose->of, .tenants = sl_buf_slice(&whose->tenants),
		.members = sl_buf_slice(&whose->members), .aliases = sl_buf_slice(&whose->aliases) };
	q->routes = sees_routes(request, whose);
	if (whose->tenants.overflow || whose->members.overflow || whose->aliases.overflow)
		return refuse(request, SL_ERR_FULL, "these are too many: ask of a part of them");
	t = sl_xzalloc(sizeof(*t));
	*t = (struct tracing){ .console = request->console, .asker = request->asker };
	t->number = records_trace(request->console->records, q, sl_hash(request->actor.account.ptr, request->actor.account.len), on_heard, t);
	if (t->number == 0) {
		sl_free(t);
		return refuse(request, SL_ERR_BUSY, "the records are not read now, as too much is asked at once, or the process that reads them died: "
		    "again in a moment");
	}
	request->asker->number = t->number;
	request->asker->cancel = on_cancel;
	request->asker->cancelled = t;
	request->later = true;
	return 0;
}

static int
trace_search(struct request *request)
{
	struct whose whose = { .node = request->target };
	struct trace_question question = { 0 };
	struct sl_buf since;
	int r;

	if (request->asker == NULL || request->console->records == NULL || !records_has(request->console->records))
		return refuse(request, SL_ERR_UNSUPPORTED, "no records are kept here (console.records of the settings)");
	r = take_question(request, &question);
	if (r != 0)
		return r;
	place_mailbox(request, whose.mailbox);
	sl_buf_reset(&request->error);
	r = whose_find(&whose, request->store);
	sl_buf_init(&since, SL_IPC_PAYLOAD_MAX / 4);
	if (r == 0 && request->target.level != SL_LEVEL_OPERATOR)	/* he sees what was of tenants that are gone, too */
		r = sl_store_audit_reused(request->store, sl_slice_str(whose.tenant_name), on_reused, &since);
	if (r == 0 && since.overflow)
		r = SL_ERR_FULL;
	question.since = sl_buf_slice(&since);
	if (r == 0)
		r = ask(request, &question, &whose);
	sl_buf_fini(&since);
	whose_fini(&whose);
	return r;
}

const struct handler handlers_trace[] = {
	{ SL_VERB_TRACE_SEARCH, at_trace, trace_search },
};
const size_t handlers_trace_len = SL_COUNT(handlers_trace);
