/* trace_ask.c - what became of messages, as the console tells whose they are; its answer is that of daemon/console/trace_run.h */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "console.h"
#include "sl/json.h"
#include "trace_i.h"

#define ANSWER_MS	120000

/* ---- the question ---- */

static bool
add_text(json_t *args, const char *name, struct sl_slice value)
{
	json_t *text;

	if (value.len == 0)
		return true;
	text = json_stringn((const char *)value.ptr, value.len);	/* NULL: not UTF-8 */
	if (text == NULL)
		fprintf(stderr, "sluicectl trace: %s is not UTF-8\n", name);
	return text != NULL && json_object_set_new(args, name, text) == 0;
}

static bool
add_time(json_t *args, const char *name, int64_t at_us)
{
	time_t seconds = (time_t)(at_us / 1000000);
	char text[40];
	struct tm tm;

	if (at_us == 0)
		return true;
	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_object_set_new(args, name, json_string(text)) == 0;
}

static char *
question(const struct trace *trace)
{
	const struct sl_traffic_query *q = &trace->query;
	const struct { const char *name; struct sl_slice value; } texts[] = { { "id", q->id }, { "from", q->sender }, { "to", q->recipient },
		{ "client", q->client }, { "message_id", q->message_id }, { "at", sl_slice_str(trace->at) }, { "domain", sl_slice_str(trace->domain) },
		{ "group", sl_slice_str(trace->group) }, { "user", sl_slice_str(trace->user) } };
	json_t *args = json_object(), *request;
	char limit[24], *out = NULL;
	bool good = true;

	for (size_t i = 0; i < SL_COUNT(texts) && good; i++)
		good = add_text(args, texts[i].name, texts[i].value);
	if (good && trace->at == NULL && q->tenant.len > 0) {
		char *at = sl_xasprintf("tenant:" SL_SLICE_FMT, SL_SLICE_ARG(q->tenant));

		good = add_text(args, "at", sl_slice_str(at));
		sl_free(at);
	}
	good = good && add_time(args, "since", q->since_us) && add_time(args, "until", q->until_us);
	snprintf(limit, sizeof(limit), "%zu", q->limit);
	json_object_set_new(args, "limit", json_string(limit));
	request = json_pack("{s:s, s:o}", "verb", "trace.search", "args", args);
	if (good && request != NULL)
		out = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	return out;
}

/* ---- the answer ---- */

/* Records as they are written; what a parser makes of their numbers would be written otherwise. */
static void
print_records(struct trace *trace, struct sl_slice answer)
{
	struct sl_json json;
	struct sl_slice name;

	sl_json_init(&json, answer);
	if (!sl_json_object(&json))
		return;
	while (sl_json_member(&json, &name)) {
		if (!sl_slice_eq(name, SL_SLICE_LIT("records")) || !sl_json_array(&json)) {
			if (!sl_slice_eq(name, SL_SLICE_LIT("records")))
				sl_json_skip(&json);
			continue;
		}
		while (sl_json_element(&json))
			(void)trace_record(trace, sl_json_skip(&json));
	}
}

static json_int_t
number_of(const json_t *root, const char *name)
{
	return json_integer_value(json_object_get(root, name));
}

static void
say_found(const struct trace *trace, const json_t *root)
{
	const char *reached = json_string_value(json_object_get(root, "reached"));
	json_int_t more = number_of(root, "more");

	if (trace->shown == 0)
		fprintf(stderr, "sluicectl trace: nothing found; %lld days were searched\n", (long long)number_of(root, "days"));
	if (more > 0)
		fprintf(stderr, "sluicectl trace: there are %s%lld more: narrow it down by time, or raise --limit\n",
		    json_is_true(json_object_get(root, "more_at_least")) ? "at least " : "", (long long)more);
	if (reached != NULL)
		fprintf(stderr, "sluicectl trace: what is older than %s was not looked at, as it takes too long: narrow it down, or go on with "
		    "--until %s\n", reached, reached);
	if (number_of(root, "left_out") > 0)
		fprintf(stderr, "sluicectl trace: on these days %lld sessions and transactions without a message have no record: too many "
		    "(limits.early_records)\n", (long long)number_of(root, "left_out"));
	if (number_of(root, "lost") > 0)
		fprintf(stderr, "sluicectl trace: on these days %lld records were lost\n", (long long)number_of(root, "lost"));
	if (json_is_true(json_object_get(root, "some_left_out")))
		fprintf(stderr, "sluicectl trace: on these days not all that was refused before there was a message has a record: too much at once\n");
	if (json_is_true(json_object_get(root, "some_lost")))
		fprintf(stderr, "sluicectl trace: on these days records were lost\n");
}

struct hearing {
	struct trace	*trace;
	int		 status;
};

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct hearing *h = ctx;
	json_t *root = json_loadb((const char *)message->payload.ptr, message->payload.len, 0, NULL);
	const char *said = json_string_value(json_object_get(root, "error"));

	if (json_is_true(json_object_get(root, "ok"))) {
		print_records(h->trace, message->payload);
		say_found(h->trace, root);
		h->status = h->trace->shown > 0 ? EXIT_OK : EXIT_PROBLEM;
	} else {
		fprintf(stderr, "sluicectl trace: %s\n", said != NULL ? said : "the answer is not understood");
	}
	json_decref(root);
}

int
trace_ask(struct trace *trace)
{
	struct hearing hearing = { trace, EXIT_PROBLEM };
	char *text = question(trace);
	struct sl_ipc *ipc = text != NULL ? console_connect(trace->socket, SL_IPC_BIT(CONSOLE_REPLY)) : NULL;
	int r;

	if (ipc != NULL) {
		r = sl_ipc_send(ipc, SL_IPC_CONSOLE_REQUEST, sl_slice_str(text), NULL, 0);
		if (r == 0)
			r = sl_ipc_wait(ipc, ANSWER_MS, on_message, &hearing);
		if (r < 0)
			fprintf(stderr, "sluicectl trace: %s: no answer: %s\n", trace->socket, sl_strerror(r));
	}
	sl_ipc_free(&ipc);
	free(text);
	return hearing.status;
}
