/* verbs.c - a request: its verb, its target, who may, and the answer; see console.h */

#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "agenda.h"
#include "publisher.h"
#include "store/grants.h"

#define REQUEST_DEPTH	6

/* ---- arguments ---- */

struct sl_slice
arg(const struct request *request, const char *name)
{
	const json_t *value = json_object_get(request->args, name);

	return json_is_string(value) ? sl_slice(json_string_value(value), json_string_length(value)) : sl_slice("", 0);
}

bool
arg_flag(const struct request *request, const char *name)
{
	return json_is_true(json_object_get(request->args, name));
}

const json_t *
arg_list(const struct request *request, const char *name)
{
	const json_t *value = json_object_get(request->args, name);

	return json_is_array(value) ? value : NULL;
}

/* ---- answers ---- */

int
refuse(struct request *request, int result, const char *format, ...)
{
	va_list ap;

	sl_buf_reset(&request->error);
	va_start(ap, format);
	sl_buf_vaddf(&request->error, format, ap);
	va_end(ap);
	return result;
}

void
say(struct request *request, const char *format, ...)
{
	struct sl_buf text;
	va_list ap;

	sl_buf_init(&text, 4096);
	va_start(ap, format);
	sl_buf_vaddf(&text, format, ap);
	va_end(ap);
	json_object_set_new(request->reply, "message", json_stringn((const char *)text.data, text.len));
	sl_buf_fini(&text);
}

json_t *
new_row(struct request *request)
{
	json_t *row;

	if (request->rows == NULL) {
		request->rows = json_array();
		json_object_set_new(request->reply, "rows", request->rows);
	}
	if (json_array_size(request->rows) >= ROWS_MAX) {
		json_object_set_new(request->reply, "more", json_true());
		return NULL;
	}
	row = json_object();
	json_array_append_new(request->rows, row);
	return row;
}

void
row_text(json_t *row, const char *name, struct sl_slice text)
{
	json_object_set_new(row, name, json_stringn(text.len > 0 ? (const char *)text.ptr : "", text.len));
}

void
row_number(json_t *row, const char *name, int64_t number)
{
	json_object_set_new(row, name, json_integer(number));
}

void
row_time(json_t *row, const char *name, int64_t at_us)
{
	time_t seconds = (time_t)(at_us / 1000000);
	char text[40] = "";
	struct tm tm;

	if (at_us != 0 && gmtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(row, name, json_string(text));
}

void
row_node(struct request *request, json_t *row, const char *name, struct sl_node node)
{
	struct sl_buf text;

	sl_buf_init(&text, 1024);
	if (sl_store_name(request->store, node, &text) == 0)
		row_text(row, name, sl_buf_slice(&text));
	sl_buf_fini(&text);
}

/* ---- doing ---- */

const struct handler *
handler_find(enum sl_verb verb)
{
	const struct { const struct handler *rows; size_t len; } tables[] = { { handlers_tree, handlers_tree_len },
		{ handlers_more, handlers_more_len }, { handlers_policy, handlers_policy_len }, { handlers_digest, handlers_digest_len },
		{ handlers_report, handlers_report_len }, { handlers_approval, handlers_approval_len },
		{ handlers_trace, handlers_trace_len } };

	for (size_t t = 0; t < SL_COUNT(tables); t++)
		for (size_t i = 0; i < tables[t].len; i++)
			if (tables[t].rows[i].verb == verb)
				return &tables[t].rows[i];
	return NULL;
}

int
request_allowed(struct request *request, enum sl_verb verb)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct sl_access_path path;
	struct sl_buf name;
	size_t len;
	int r;

	if ((r = sl_store_path(request->store, request->target, &path)) != 0 ||
	    (r = sl_store_grants_of(request->store, request->actor.account, grants, &len)) != 0)
		return r;
	if (sl_access_allowed(grants, len, verb, &path))
		return 0;
	sl_buf_init(&name, 1024);
	r = sl_store_name(request->store, request->target, &name);
	if (r == 0)
		r = refuse(request, SL_ERR_REFUSED, "%.*s may not %s at %s", SL_SLICE_ARG(request->actor.account),
		    sl_verb_row(verb)->word, sl_buf_cstr(&name));
	sl_buf_fini(&name);
	return r;
}

void
console_changed(struct console *console)
{
	if (console->publisher != NULL)
		publisher_poke(console->publisher);
	if (console->agenda != NULL)
		agenda_poke(console->agenda);
}

static int
do_request(struct request *request, const json_t *root)
{
	const char *word = json_string_value(json_object_get(root, "verb"));
	const struct handler *handler = NULL;
	enum sl_verb verb;
	int r;

	if (word != NULL && sl_verb_find(sl_slice_str(word), &verb))
		handler = handler_find(verb);
	if (handler == NULL)
		return refuse(request, SL_ERR_UNSUPPORTED, "there is no verb %.100s here", word != NULL ? word : "");
	request->args = json_object_get(root, "args");
	request->actor.note = arg(request, "note_of_change");
	r = handler->target(request, &request->target);
	if (r == 0)
		r = request_allowed(request, verb);
	if (r == 0 && request->console->two_persons && request_takes_two(request, verb))
		return request_wait(request, verb);
	return r == 0 ? handler->run(request) : r;
}

/* Deep nesting would be recursion on what others send. */
static bool
is_deep(struct sl_slice text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len && depth <= REQUEST_DEPTH; i++) {
		unsigned char c = text.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return depth > REQUEST_DEPTH;
}

json_t *
console_answer(struct console *console, struct sl_slice account, struct sl_slice text, struct asker *asker)
{
	struct request request = { .console = console, .store = console->store, .asker = asker, .actor = { .account = account }, .reply = json_object() };
	json_error_t error;
	json_t *root = is_deep(text) ? NULL : json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
	const char *why;
	int r;

	sl_buf_init(&request.error, 1024);
	if (!json_is_object(root))
		r = refuse(&request, SL_ERR_SYNTAX, "the request is not understood");
	else
		r = do_request(&request, root);
	if (r == 0 && request.later) {
		sl_buf_fini(&request.error);
		json_decref(root);
		json_decref(request.reply);
		return NULL;
	}
	json_object_set_new(request.reply, "ok", json_boolean(r == 0));
	if (r != 0) {
		why = request.error.len > 0 ? sl_buf_cstr(&request.error) : sl_store_error(console->store);
		json_object_del(request.reply, "rows");
		json_object_del(request.reply, "message");
		json_object_set_new(request.reply, "error", json_string(*why != '\0' ? why : sl_strerror(r)));
	}
	sl_buf_fini(&request.error);
	json_decref(root);
	return request.reply;
}
