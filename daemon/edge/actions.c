/* actions.c - see actions.h */

#include "actions.h"

#include <stdio.h>

#include "session.h"

static void	on_timer(void *ctx);

void
action_init(struct action *a, struct session *session, struct sl_arena *arena)
{
	*a = (struct action){ .session = session, .arena = arena };
	sl_timer_init(&a->timer, session->edge->loop, on_timer, a);
}

/* One of the verbs that digests know, a dot, and what the console will look at; or where mail is reported. */
bool
action_is_address(struct sl_slice local)
{
	const unsigned char *dot = local.len > 0 ? memchr(local.ptr, '.', local.len) : NULL;
	struct sl_slice word = sl_slice(local.ptr, dot == NULL ? 0 : (size_t)(dot - local.ptr));
	enum sl_forward forward;
	bool known = sl_forward_find(local, &forward);

	for (int v = 0; v < SL_DIGEST_VERB_COUNT; v++)
		known |= sl_slice_ieq(word, sl_slice_str(sl_digest_verb_word((enum sl_digest_verb)v)));
	return known;
}

bool
action_recipient(struct action *a, struct sl_slice local)
{
	enum sl_forward forward;

	a->on = !sl_forward_find(local, &forward) || reported_begin(&a->reported, a->session->edge, forward);
	return a->on;
}

void
action_feed(struct action *a, const unsigned char *data, size_t len)
{
	reported_feed(&a->reported, data, len);
}

/* ---- the header section ---- */

static void *
begin_message(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static struct sl_slice
trimmed(struct sl_slice value)
{
	while (value.len > 0 && value.ptr[0] <= ' ')
		value = sl_slice_from(value, 1);
	while (value.len > 0 && value.ptr[value.len - 1] <= ' ')
		value.len--;
	return value;
}

static void
note(struct action *a, struct sl_slice *field, struct sl_slice value)
{
	if (field->ptr == NULL)
		*field = sl_arena_copy(a->arena, trimmed(value));
}

static void
on_field(void *state, struct sl_slice name, struct sl_slice value)
{
	struct action *a = state;

	if (sl_slice_ieq(name, SL_SLICE_LIT("auto-submitted")))
		note(a, &a->auto_submitted, value);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("precedence")))
		note(a, &a->precedence, value);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("message-id")))
		note(a, &a->message_id, value);
	else if (sl_slice_istarts(name, SL_SLICE_LIT("list-")))
		a->list = true;
	else if (sl_slice_ieq(name, SL_SLICE_LIT("content-type")))
		a->report |= sl_slice_istarts(trimmed(value), SL_SLICE_LIT("multipart/report"));
}

static const struct sl_classifier listener = {
	.name = "actions",
	.new_message = begin_message,
	.field = on_field,
};

int
action_begin(struct action *a, struct sl_panel *panel)
{
	return sl_panel_add(panel, &listener, a) != NULL ? 0 : SL_ERR_FULL;
}

/* ---- who wrote ---- */

static bool
same_host(const struct sockaddr_storage *a, const struct sl_endpoint *hop)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a, *b4 = (const struct sockaddr_in *)&hop->address;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a, *b6 = (const struct sockaddr_in6 *)&hop->address;

	if (hop->address_len == 0 || a->ss_family != hop->address.ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a->ss_family == AF_INET6 && memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

/* The author's own mail server brings it: that his domain names as its next hop. */
static bool
comes_from_his_server(const struct session *s, struct sl_slice from)
{
	struct addressee who;

	if (from.len == 0 || !directory_find(s->tx->directory, from, &who))
		return false;
	for (size_t i = 0; i < who.tenant->next_hops_len; i++)
		if (same_host(&s->client, &who.tenant->next_hops[i]))
			return true;
	return false;
}

/* Nothing was asked where no DNS server is, and of hosts that the settings trust. */
static enum sl_digest_proof
proof(const struct session *s)
{
	static const struct sl_policy any = { .authentication = { .dmarc = SL_DMARC_USE_ENFORCE } };
	const struct sl_identity *id = &s->tx->identity;

	if (comes_from_his_server(s, s->tx->demands.from) || sl_identity_from_proven(id, &any))
		return SL_DIGEST_PROOF_PASS;
	if (!id->known)
		return SL_DIGEST_PROOF_NONE;
	if (id->spf == SL_SPF_TEMPERROR || id->dmarc == SL_DMARC_TEMPERROR)
		return SL_DIGEST_PROOF_UNKNOWN;
	for (size_t i = 0; i < id->signers_len; i++)
		if (!id->signers[i].passes)
			return SL_DIGEST_PROOF_UNKNOWN;
	return id->spf == SL_SPF_NONE && id->dmarc == SL_DMARC_NONE && id->signers_len == 0 ? SL_DIGEST_PROOF_NONE
	    : SL_DIGEST_PROOF_FAIL;
}

/* ---- asking ---- */

static void
leave(struct action *a)
{
	struct action **at = &a->session->edge->actions;

	while (*at != NULL && *at != a)
		at = &(*at)->next;
	if (*at != NULL)
		*at = a->next;
	a->waiting = false;
	sl_timer_clear(&a->timer);
}

static void
tell_sender(struct action *a, const struct sl_digest_response *response)
{
	struct answer answer;

	answer_set(&answer, response->code, "", SL_SLICE_FMT, SL_SLICE_ARG(response->text));
	snprintf(answer.enhanced, sizeof(answer.enhanced), SL_SLICE_FMT, SL_SLICE_ARG(response->enhanced));
	session_on_action(a->session, &answer);
}

/* What was reported is learned from, a step a turn. */
static void
learn_on(struct action *a)
{
	static const struct sl_digest_response nothing = { .code = 550, .enhanced = { (const unsigned char *)"5.3.0", 5 },
		.text = { (const unsigned char *)"Nothing is learned from reports here", 36 } };
	const struct sl_digest_response *response;

	if (reported_step(&a->reported))
		sl_timer_soon(&a->timer);
	else if (reported_learned(&a->reported, &response) > 0)
		tell_sender(a, response);
	else
		tell_sender(a, &nothing);
}

static void
on_timer(void *ctx)
{
	struct action *a = ctx;
	struct answer answer;

	if (!a->waiting) {
		learn_on(a);
		return;
	}
	leave(a);
	answer_set(&answer, 451, "4.3.0", "This cannot be done now, try again later");
	session_on_action(a->session, &answer);
}

void
action_finish(struct action *a)
{
	struct session *s = a->session;
	struct transaction *tx = s->tx;
	struct edge *edge = s->edge;
	struct sl_digest_request request = { .number = ++edge->actions_number, .message_id = a->message_id,
		.trace = sl_slice_str(tx->id), .mail = { .recipient = tx->recipients->mailbox, .sender = tx->mail.from.mailbox,
			.from = tx->demands.from, .authors = tx->demands.authors > 1 ? tx->demands.authors
			    : tx->demands.author.mailboxes, .proof = proof(s), .auto_submitted = a->auto_submitted,
			.precedence = a->precedence, .list = a->list, .report = a->report } };
	struct sl_buf payload;
	bool told;

	reported_tell(&a->reported, &request);
	sl_buf_init(&payload, SL_DIGEST_WIRE_MAX);
	sl_digest_request_pack(&request, &payload);
	a->number = request.number;
	a->waiting = true;
	a->next = edge->actions;
	edge->actions = a;
	told = edge->on_action != NULL && !payload.overflow && edge->on_action(edge->on_action_ctx, sl_buf_slice(&payload));
	sl_timer_set(&a->timer, told ? ACTIONS_DEADLINE_MS : 0);
	sl_buf_fini(&payload);
}

void
action_abort(struct action *a)
{
	if (a->waiting)
		leave(a);
	sl_timer_clear(&a->timer);
	reported_end(&a->reported);
}

void
actions_answered(struct edge *edge, struct sl_slice payload)
{
	struct sl_digest_response response;

	if (sl_digest_response_unpack(payload, &response) != 0)
		return;
	for (struct action *a = edge->actions; a != NULL; a = a->next) {
		if (a->number != response.number)
			continue;
		leave(a);
		if (response.lessons_len > 0 && reported_learn(&a->reported, payload))
			sl_timer_soon(&a->timer);
		else
			tell_sender(a, &response);
		return;
	}
}
