/* forwards.c - see forwards.h */

#include "forwards.h"

#include <stdio.h>

#include "sl/log.h"
#include "store/audit.h"
#include "store/tree.h"

#define NEW_S	600	/* so long a record may wait for being read, say where the recorder was started anew */
#define AHEAD_S	60	/* another machine's clock */

struct forward {
	struct forward	*next;
	struct forwards	*forwards;
	uint32_t	 edge;
	uint64_t	 number;	/* the edge's */
	uint64_t	 finding;	/* the reader's */
	enum sl_forward	 said;
	uint32_t	 attached;
	int64_t		 newest_s;	/* when the newest of them says that it came; 0: none does */
	struct sl_node	 tenant;
	char		 name[256];	/* the tenant's */
	char		 mailbox[SL_DIGEST_MAILBOX_MAX + 1];
	char		 trace[64];
};

struct forwards {
	struct forwards_options	 options;
	struct forward		*first;
};

struct forwards *
forwards_new(const struct forwards_options *options)
{
	struct forwards *forwards = sl_xzalloc(sizeof(*forwards));

	forwards->options = *options;
	return forwards;
}

static void
forward_free(struct forward *f)
{
	struct forwards *forwards = f->forwards;
	struct forward **at = &forwards->first;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	sl_free(f);
}

void
forwards_free(struct forwards **at)
{
	struct forwards *forwards = *at;

	*at = NULL;
	if (forwards == NULL)
		return;
	while (forwards->first != NULL) {
		records_find_forget(forwards->options.records, forwards->first->finding);
		forward_free(forwards->first);
	}
	sl_free(forwards);
}

/* ---- answers ---- */

static void
answer(struct forwards *forwards, uint32_t edge, uint64_t number, enum sl_digest_command_result result, struct sl_digest_response *response)
{
	const struct sl_digest_reply *reply = sl_digest_command_reply(result);

	response->number = number;
	response->code = reply->code;
	response->enhanced = sl_slice_str(reply->enhanced);
	response->text = sl_slice_str(reply->text);
	forwards->options.answer(forwards->options.ctx, edge, response);
}

static void
refuse(struct forwards *forwards, uint32_t edge, const struct sl_digest_request *request, enum sl_digest_command_result result)
{
	struct sl_digest_response response = { .number = 0 };

	answer(forwards, edge, request->number, result, &response);
	sl_log(SL_LOG_NOTICE, "mail that reports, transaction " SL_SLICE_FMT ": %d " SL_SLICE_FMT, SL_SLICE_ARG(request->trace),
	    response.code, SL_SLICE_ARG(response.text));
}

static int
note(const struct forward *f, size_t lessons)
{
	const struct sl_actor actor = { sl_slice_str(f->mailbox), SL_SLICE_LIT("reported by forwarding it") };
	struct sl_buf detail;
	int r;

	sl_buf_init(&detail, 4096);
	sl_buf_addf(&detail, "{\"by\":\"mail\",\"said\":\"%s\",\"messages\":%zu,\"transaction\":", sl_forward_word(f->said), lessons);
	sl_buf_add_json(&detail, sl_slice_str(f->trace));
	sl_buf_add_byte(&detail, '}');
	r = sl_store_audit(f->forwards->options.store, &actor, f->tenant, SL_SLICE_LIT("mail.report"), sl_buf_slice(&detail));
	sl_buf_fini(&detail);
	return r;
}

/* Its record may not have been read yet. What a message says of its time is believed: whoever makes that up is told to come again,
 * until it is over. */
static bool
may_be_new(const struct forward *f)
{
	const struct sl_clock *clock = f->forwards->options.clock;
	int64_t now_s = clock->wall_us(clock->ctx) / 1000000;

	return f->newest_s > now_s - NEW_S && f->newest_s < now_s + AHEAD_S;
}

/* What the reader has found. */
static void
on_found(void *ctx, struct sl_slice payload, bool last)
{
	struct forward *f = ctx;
	struct forwards *forwards = f->forwards;
	struct sl_digest_response *response = sl_xzalloc(sizeof(*response));
	enum sl_digest_command_result result = SL_DIGEST_COMMAND_LEARNED;

	if (payload.len == 0 || sl_digest_response_unpack(payload, response) != 0) {
		*response = (struct sl_digest_response){ .number = 0 };
		result = SL_DIGEST_COMMAND_NOT_NOW;
	} else if (response->lessons_len == 0) {
		result = response->code == 451 && may_be_new(f) ? SL_DIGEST_COMMAND_NOT_YET : SL_DIGEST_COMMAND_NOT_CAME;
	} else if (note(f, response->lessons_len) != 0) {
		sl_log(SL_LOG_ERROR, "a report is not noted, and deferred: %s", sl_store_error(forwards->options.store));
		response->lessons_len = 0;
		result = SL_DIGEST_COMMAND_NOT_NOW;
	}
	sl_log(SL_LOG_NOTICE, "mail that reports, transaction %s: %zu of %u messages came to %s, %s", f->trace, response->lessons_len,
	    f->attached, f->mailbox, sl_forward_word(f->said));
	answer(forwards, f->edge, f->number, result, response);
	sl_free(response);
	forward_free(f);
}

/* ---- taken on ---- */

/* Whose mailbox it is: the tenant of its domain. */
static bool
find_tenant(struct sl_store *store, struct forward *f)
{
	const char *at = strrchr(f->mailbox, '@');
	struct sl_access_path path;
	struct sl_node domain;
	struct sl_buf name;
	bool found;

	if (at == NULL || sl_store_find(store, SL_LEVEL_DOMAIN, sl_slice_str(at + 1), &domain) != 0 || sl_store_path(store, domain, &path) != 0)
		return false;
	f->tenant = (struct sl_node){ SL_LEVEL_TENANT, path.id[SL_LEVEL_TENANT] };
	sl_buf_init(&name, 1024);
	found = sl_store_name(store, f->tenant, &name) == 0;
	if (found)
		snprintf(f->name, sizeof(f->name), "%s", sl_buf_cstr(&name) + strlen("tenant:"));
	sl_buf_fini(&name);
	return found;
}

static enum sl_digest_command_result
take(struct forwards *forwards, struct forward *f, const struct sl_digest_request *request)
{
	struct find_question question = { .mailbox = sl_slice_str(f->mailbox), .len = request->reported_len };
	enum sl_digest_command_result result = sl_digest_command_author(&request->mail, f->mailbox);

	if (result != SL_DIGEST_COMMAND_ACT)
		return result;
	if (request->attached == 0)
		return SL_DIGEST_COMMAND_NOT_ATTACHED;
	if (request->reported_len == 0 || !find_tenant(forwards->options.store, f))
		return SL_DIGEST_COMMAND_NOT_CAME;
	if (!records_has(forwards->options.records))
		return SL_DIGEST_COMMAND_NO_RECORDS;
	question.mailbox = sl_slice_str(f->mailbox);
	question.tenant = sl_slice_str(f->name);
	memcpy(question.reported, request->reported, sizeof(question.reported));
	f->finding = records_find(forwards->options.records, &question, on_found, f);
	return f->finding != 0 ? SL_DIGEST_COMMAND_ACT : SL_DIGEST_COMMAND_NOT_NOW;
}

void
forwards_command(struct forwards *forwards, uint32_t edge, const struct sl_digest_request *request)
{
	struct forward *f = sl_xzalloc(sizeof(*f));
	enum sl_digest_command_result result;

	*f = (struct forward){ .next = forwards->first, .forwards = forwards, .edge = edge, .number = request->number,
		.said = request->forward, .attached = request->attached };
	for (size_t i = 0; i < request->reported_len; i++)
		f->newest_s = SL_MAX(f->newest_s, request->reported[i].time_s);
	snprintf(f->trace, sizeof(f->trace), SL_SLICE_FMT, SL_SLICE_ARG(request->trace));
	forwards->first = f;
	result = take(forwards, f, request);
	if (result == SL_DIGEST_COMMAND_ACT)
		return;		/* on_found goes on */
	forward_free(f);
	refuse(forwards, edge, request, result);
}
