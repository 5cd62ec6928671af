/* deeds.c - see deeds.h: taken on, ended, answered; deeds_do.c has what is done */

#include "deeds_i.h"

#include <stdio.h>

#include "console.h"
#include "courier/queue.h"
#include "sl/log.h"

#define AGAIN_MS	500u

static void	on_timer(void *ctx);

/* ---- life ---- */

static char *
text_of(struct sl_slice text)
{
	return sl_xmemdup(text.len > 0 ? text.ptr : (const unsigned char *)"", text.len);
}

static struct deed *
deed_new(struct deeds *deeds, const struct sl_deed *from)
{
	struct deed *deed = sl_xzalloc(sizeof(*deed));

	deed->deeds = deeds;
	memcpy(deed->id, from->id, sizeof(deed->id));
	memcpy(deed->message, from->message, sizeof(deed->message));
	deed->verb = from->verb < SL_DIGEST_VERB_COUNT ? (enum sl_digest_verb)from->verb : SL_DIGEST_REQUEST;
	deed->outcome = from->outcome < SL_DIGEST_OUTCOME_COUNT ? (enum sl_digest_outcome)from->outcome : SL_DIGEST_OUTCOME_FAULT;
	deed->tenant = from->tenant;
	deed->mailbox = text_of(from->mailbox);
	deed->in_reply_to = text_of(from->in_reply_to);
	if (from->state == SL_DEED_ENDED) {
		deed->step = STEP_ANSWER;
		deed->author = text_of(from->author);
		deed->subject = text_of(from->subject);
		deed->said = text_of(from->said);
	}
	sl_buf_init(&deed->recipients, 48u << 10);
	sl_timer_init(&deed->timer, deeds->options.loop, on_timer, deed);
	deed->next = deeds->first;
	deeds->first = deed;
	deeds->len++;
	sl_timer_set(&deed->timer, 0);
	return deed;
}

static void
deed_free(struct deed *deed)
{
	struct deeds *deeds = deed->deeds;
	struct deed **at = &deeds->first;

	while (*at != deed)
		at = &(*at)->next;
	*at = deed->next;
	deeds->len--;
	lesson_forget(deed);
	ways_forget(deeds->options.ways, deed);
	digests_forget(deeds->options.digests, deed);
	sl_timer_clear(&deed->timer);
	sl_buf_fini(&deed->recipients);
	sl_free(deed->mailbox);
	sl_free(deed->in_reply_to);
	sl_free(deed->author);
	sl_free(deed->subject);
	sl_free(deed->said);
	sl_free(deed->sender);
	sl_free(deed);
}

static int
on_open(void *ctx, const struct sl_deed *deed)
{
	struct deeds *deeds = ctx;

	(void)deed_new(deeds, deed);
	return deeds->len < DEEDS_OPEN_MAX ? 0 : SL_DONE;
}

struct deeds *
deeds_new(const struct deeds_options *options)
{
	struct deeds *deeds = sl_xzalloc(sizeof(*deeds));

	deeds->options = *options;
	lesson_init(deeds);
	if (sl_store_deeds(options->console->store, on_open, deeds) < 0)
		sl_log(SL_LOG_ERROR, "what was asked for by mail is not taken up: %s", sl_store_error(options->console->store));
	if (deeds->len > 0)
		sl_log(SL_LOG_NOTICE, "%zu deeds that were asked for by mail are taken up", deeds->len);
	return deeds;
}

void
deeds_free(struct deeds **at)
{
	struct deeds *deeds = *at;

	*at = NULL;
	if (deeds == NULL)
		return;
	while (deeds->first != NULL)
		deed_free(deeds->first);
	while (deeds->sweeps != NULL)
		sweep_free(deeds->sweeps);
	lesson_fini(deeds);
	sl_free(deeds);
}

/* ---- taken on ---- */

static enum sl_digest_command_result
take(struct deeds *deeds, const struct sl_digest_request *request, int *failed_out)
{
	const struct deeds_options *o = &deeds->options;
	struct sl_digest_decision decision;
	struct sl_digest_keys keys;
	char mailbox[SL_DIGEST_MAILBOX_MAX + 1];
	struct sl_deed deed = { .at_us = 0 };
	bool first = false;

	*failed_out = digests_keys(o->digests, &keys);
	if (*failed_out != 0)
		return SL_DIGEST_COMMAND_LATER;
	(void)sl_digest_command_check(&keys, digests_hostname(o->digests), &request->mail, (uint32_t)(digests_now_s(o->digests) / 86400),
	    &decision);
	explicit_bzero(&keys, sizeof(keys));
	if (decision.result != SL_DIGEST_COMMAND_ACT)
		return decision.result;
	SL_ASSERT(sl_digest_mailbox(request->mail.from, mailbox));
	deed = (struct sl_deed){ .verb = (unsigned)decision.action.verb, .day = decision.action.expiry_day,
		.tenant = decision.action.tenant, .mailbox = sl_slice_str(mailbox), .in_reply_to = request->message_id,
		.trace = request->trace };
	memcpy(deed.id, decision.id, sizeof(deed.id));
	memcpy(deed.message, decision.action.message, sizeof(deed.message));
	*failed_out = deeds->len >= DEEDS_OPEN_MAX ? SL_ERR_BUSY : sl_store_deed_add(o->console->store, &deed, &first);
	if (*failed_out != 0)
		return SL_DIGEST_COMMAND_LATER;
	if (!first)
		return SL_DIGEST_COMMAND_USED;	/* or the tenant is gone, and there is nothing that could be done */
	(void)deed_new(deeds, &deed);
	return SL_DIGEST_COMMAND_ACT;
}

void
deeds_command(struct deeds *deeds, const struct sl_digest_request *request, struct sl_digest_response *response)
{
	const struct sl_digest_reply *reply;
	enum sl_digest_command_result result;
	int failed;

	result = take(deeds, request, &failed);
	reply = sl_digest_command_reply(result);
	*response = (struct sl_digest_response){ request->number, reply->code, sl_slice_str(reply->enhanced), sl_slice_str(reply->text) };
	if (failed != 0) {
		sl_log(SL_LOG_ERROR, "what is asked for by mail cannot be taken on: %s", sl_store_error(deeds->options.console->store));
		*response = (struct sl_digest_response){ request->number, 451, SL_SLICE_LIT("4.3.0"),
			SL_SLICE_LIT("This cannot be done now, try again later") };
	}
	sl_log(SL_LOG_NOTICE, "mail to an action address, transaction " SL_SLICE_FMT ": %d " SL_SLICE_FMT, SL_SLICE_ARG(request->trace),
	    response->code, SL_SLICE_ARG(response->text));
}

/* ---- ended ---- */

void
deed_again(struct deed *deed)
{
	uint64_t ms = AGAIN_MS << SL_MIN(deed->tries, 10u);

	deed->busy = false;
	deed->tries++;
	sl_timer_set(&deed->timer, SL_MIN(ms, (uint64_t)DEEDS_AGAIN_MAX_S * 1000));
}

static const char *const outcomes[SL_DIGEST_OUTCOME_COUNT] = {
	[SL_DIGEST_OUTCOME_DONE] = "done",
	[SL_DIGEST_OUTCOME_GONE] = "gone",
	[SL_DIGEST_OUTCOME_FORBIDDEN] = "forbidden",
	[SL_DIGEST_OUTCOME_LOCKED] = "locked",
	[SL_DIGEST_OUTCOME_DONE_BEFORE] = "done before",
	[SL_DIGEST_OUTCOME_UNDELIVERABLE] = "undeliverable",
	[SL_DIGEST_OUTCOME_FAULT] = "fault",
};

static const char *const audit_words[SL_DIGEST_VERB_COUNT] = {
	[SL_DIGEST_RELEASE] = "quarantine.release",
	[SL_DIGEST_DELETE] = "quarantine.delete",
	[SL_DIGEST_ALLOW] = "quarantine.allow",		/* list.add stands beside it */
	[SL_DIGEST_DENY] = "quarantine.deny",
	[SL_DIGEST_REPORT] = "quarantine.report",
	[SL_DIGEST_REQUEST] = "digest.send",
};

static void
audit_detail(const struct deed *deed, struct sl_slice said, struct sl_buf *out)
{
	char id[SL_KEPT_ID_DIGITS + 1];

	sl_kept_id_write(deed->message, id);
	sl_buf_addf(out, "{\"by\":\"mail\",\"outcome\":\"%s\"", outcomes[deed->outcome]);
	if (sl_digest_verb_has_message(deed->verb))
		sl_buf_addf(out, ",\"message\":\"%s\"", id);
	if (deed->verb == SL_DIGEST_REPORT) {
		sl_buf_addf(out, ",\"learned\":%s", said.len > 0 ? "true" : "false");
	} else if (said.len > 0) {
		sl_buf_add_str(out, ",\"next_hop\":");
		sl_buf_add_json(out, said);
	}
	sl_buf_add_byte(out, '}');
}

void
deed_end(struct deed *deed, enum sl_digest_outcome outcome, struct sl_slice said)
{
	struct sl_store *store = deed->deeds->options.console->store;
	struct sl_deed end = { .verb = (unsigned)deed->verb, .outcome = (unsigned)outcome, .tenant = deed->tenant,
		.mailbox = sl_slice_str(deed->mailbox), .author = sl_slice_str(deed->author), .subject = sl_slice_str(deed->subject),
		.said = said };
	struct sl_buf detail;
	int r;

	deed->outcome = outcome;
	memcpy(end.id, deed->id, sizeof(end.id));
	sl_buf_init(&detail, 16u << 10);
	audit_detail(deed, said, &detail);
	r = sl_store_deed_end(store, &end, sl_slice_str(audit_words[deed->verb]), sl_buf_slice(&detail), SL_SLICE_LIT("asked for by mail"));
	sl_buf_fini(&detail);
	if (r != 0) {
		sl_log(SL_LOG_ERROR, "what came of a deed is not noted: %s", sl_store_error(store));
		deed->step = STEP_LOOK;		/* again, from the beginning: each step can be done twice */
		deed_again(deed);
		return;
	}
	sl_free(deed->said);
	deed->said = text_of(said);
	deed->step = STEP_ANSWER;
	deed->busy = false;
	deed->tries = 0;
	sl_timer_set(&deed->timer, 0);
}

/* ---- answered ---- */

static void
answered(struct deed *deed)
{
	if (sl_store_deed_answered(deed->deeds->options.console->store, deed->id) != 0) {
		deed_again(deed);
		return;
	}
	deed_free(deed);
}

static void
on_submitted(void *ctx, int result)
{
	struct deed *deed = ctx;

	deed->busy = false;
	if (result == 0)
		answered(deed);
	else
		deed_again(deed);
}

static int
compose(struct deed *deed, struct sl_buf *out, struct sl_buf *message_id)
{
	struct digests *digests = deed->deeds->options.digests;
	struct sl_digest_answer answer = { .verb = deed->verb, .outcome = deed->outcome, .domain = digests_hostname(digests),
		.to = sl_slice_str(deed->mailbox), .language = sl_slice_str(deed->language), .in_reply_to = sl_slice_str(deed->in_reply_to),
		.author = sl_slice_str(deed->author), .subject = sl_slice_str(deed->subject),
		.hop_said = sl_slice_str(deed->verb == SL_DIGEST_REPORT ? NULL : deed->said),
		.learned = deed->verb == SL_DIGEST_REPORT && deed->said != NULL && *deed->said != '\0',
		.customer = sl_slice_str(deed->name), .brand = sl_slice_str(deed->brand), .zone = zones_get(digests_zones(digests), deed->zone),
		.now_s = digests_now_s(digests) };
	struct sl_buf from;
	int r;

	memcpy(answer.unique, deed->id, sizeof(answer.unique));
	sl_buf_init(&from, 1024);
	digests_from(digests, &from);
	answer.from = sl_buf_slice(&from);
	r = sl_digest_answer_compose(&answer, out, message_id);
	sl_buf_fini(&from);
	return r;
}

static void
answer(struct deed *deed)
{
	struct sl_courier_mail mail = { .purpose = SL_QUEUE_ANSWER, .tenant = sl_slice_str(deed->name) };
	struct sl_buf bytes, message_id, recipients;
	char token[64] = "answer:";
	int r;

	deed_reader(deed);
	sl_kept_id_write(deed->id, token + strlen(token));
	sl_buf_init(&bytes, 1u << 20);
	sl_buf_init(&message_id, 1024);
	sl_buf_init(&recipients, 1024);
	r = compose(deed, &bytes, &message_id);
	sl_courier_text_add(&recipients, sl_slice_str(deed->mailbox));
	mail.token = sl_slice_str(token);
	mail.recipients = sl_buf_slice(&recipients);
	mail.message_id = sl_buf_slice(&message_id);
	if (r != 0) {
		sl_log(SL_LOG_ERROR, "no answer can be written to %s: %s", deed->mailbox, sl_strerror(r));
		answered(deed);
	} else {
		deed->busy = ways_submit(deed->deeds->options.ways, &mail, sl_buf_slice(&bytes), on_submitted, deed);
		if (!deed->busy)
			deed_again(deed);
	}
	sl_buf_fini(&bytes);
	sl_buf_fini(&message_id);
	sl_buf_fini(&recipients);
}

/* ---- asked for a new list ---- */

static void
on_sent(void *ctx, int result, size_t rows, struct sl_slice mail)
{
	struct deed *deed = ctx;

	deed->busy = false;
	if (result == SL_ERR_LOCKED)
		deed_end(deed, SL_DIGEST_OUTCOME_LOCKED, sl_slice("", 0));
	else if (result != 0)
		deed_again(deed);
	else
		deed_end(deed, SL_DIGEST_OUTCOME_DONE, rows > 0 ? SL_SLICE_LIT("sent") : sl_slice("", 0));
}

/* The list is the answer; that there is nothing is an answer of its own. */
static bool
needs_no_answer(const struct deed *deed)
{
	return deed->verb == SL_DIGEST_REQUEST && deed->outcome == SL_DIGEST_OUTCOME_DONE && deed->said != NULL && *deed->said != '\0';
}

/* ---- its next step ---- */

static bool
find_name(struct deed *deed)
{
	struct sl_buf name;
	bool good;

	sl_buf_init(&name, 1024);
	good = sl_store_name(deed->deeds->options.console->store, (struct sl_node){ SL_LEVEL_TENANT, deed->tenant }, &name) == 0;
	if (good)
		snprintf(deed->name, sizeof(deed->name), "%s", sl_buf_cstr(&name) + strlen("tenant:"));
	sl_buf_fini(&name);
	return good;
}

static void
on_timer(void *ctx)
{
	struct deed *deed = ctx;

	if (deed->name[0] == '\0' && !find_name(deed)) {
		deed_free(deed);	/* the tenant is gone, and its deeds with it */
		return;
	}
	if (deed->step == STEP_ANSWER) {
		if (needs_no_answer(deed))
			answered(deed);
		else
			answer(deed);
	} else if (deed->verb == SL_DIGEST_REQUEST) {
		deed->busy = true;
		digests_send(deed->deeds->options.digests, deed->tenant, deed->mailbox, deed->id, false, on_sent, deed);
	} else {
		if (deed->step != STEP_LOOK)	/* nothing was heard for long */
			deed->step = STEP_LOOK;
		deed_look(deed);
	}
	/* deed may be gone */
}

/* ---- the courier ---- */

bool
deeds_settled(struct deeds *deeds, const struct sl_courier_settled *settled)
{
	char token[SL_COURIER_PART_TOKEN + 1];
	struct deed *deed = deeds->first;

	if (settled->purpose != SL_QUEUE_RELEASE_PART)
		return true;		/* digests and answers: there is nobody to tell */
	for (; deed != NULL; deed = deed->next) {
		deed_token(deed, token);
		if (deed->verb == SL_DIGEST_RELEASE && deed->step != STEP_ANSWER && sl_slice_eq(settled->token, sl_slice_str(token)))
			break;
	}
	if (deed == NULL)
		return true;
	if (deed->name[0] == '\0' && !find_name(deed))
		return true;		/* the tenant is gone */
	if (settled->state == SL_QUEUE_DELIVERED) {
		deed_end(deed, SL_DIGEST_OUTCOME_DONE, settled->reply);
		if (deed->step == STEP_ANSWER)
			deed_delivered(deed);
	} else {
		deed_end(deed, SL_DIGEST_OUTCOME_UNDELIVERABLE, settled->reply);
	}
	return deed->step == STEP_ANSWER;
}

void
deeds_tidy(struct deeds *deeds)
{
	size_t count = 0;

	if (sl_store_deeds_purge(deeds->options.console->store, (uint32_t)(digests_now_s(deeds->options.digests) / 86400), &count) != 0)
		sl_log(SL_LOG_ERROR, "deeds whose day is over stay: %s", sl_store_error(deeds->options.console->store));
}
