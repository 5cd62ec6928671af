/*
 * engine.c - an engine outside, fed while the message arrives; see judge.h, and classify/engine.h for its words
 *
 * One connection a message. An engine can be dead, slow or hung: it has a deadline after the final dot, and
 * the same one whenever it stops taking bytes; several failures in a row open its breaker, and then
 * it is not asked at all for a while, so that other sessions feel nothing. After that one message at a time asks
 * it again, until it answers: an engine that stays hung delays one message each time, not all that come.
 */

#include <stdio.h>

#include "judge.h"
#include "session.h"

#define BEHIND_BYTES	(128u << 10)	/* queued: the sender is read more slowly */
#define FLUSH_BYTES	16384

struct engine_call {
	struct judge			*judge;
	enum sl_engine			 engine;
	const struct sl_engine_codec	*codec;
	struct sl_conn			 conn;
	struct sl_buf			 reply;
	struct sl_timer			 timer;	/* the deadline: of the answer, or of taking bytes */
	uint64_t			 bytes;
	bool				 ended;	/* all has been written */
	bool				 probe;	/* the one that asks whether it answers again */
};

static const struct sl_engine_settings *
settings_of(const struct engine_call *call)
{
	return &call->judge->snapshot->settings->engines[call->engine];
}

void
engine_free(struct engine_call **call)
{
	if (*call == NULL)
		return;
	if ((*call)->probe)
		(*call)->judge->edge->engines[(*call)->engine].probing = false;
	sl_timer_clear(&(*call)->timer);
	sl_conn_close(&(*call)->conn, false);
	sl_buf_fini(&(*call)->reply);
	sl_free(*call);
	*call = NULL;
}

/* "the antivirus" and what became of it. */
static const char *
sentence(struct judge *judge, enum sl_engine engine, const char *what)
{
	const char *text = sl_arena_printf(judge->arena, "%s %s", sl_engine_codec(engine)->noun, what);

	return text != NULL ? text : what;
}

/* Count a failure, or the end of a row of them. Those that were under way when the breaker opened change nothing. */
static void
note(const struct engine_call *call, bool failed, const char *why)
{
	const struct sl_engine_settings *settings = settings_of(call);
	struct edge *edge = call->judge->edge;
	struct edge_engine *state = &edge->engines[call->engine];

	if (!failed) {
		if (state->broken)
			sl_log(SL_LOG_NOTICE, "%s answers again", call->codec->name);
		state->failures = 0;
		state->broken = false;
	} else if (++state->failures >= settings->breaker_failures && (!state->broken || call->probe)) {
		state->broken = true;
		state->closed_until_us = sl_loop_now_us(edge->loop) + settings->breaker_ms * 1000ull;
		sl_log(SL_LOG_ERROR, "%s failed %u times in a row (%s): not asked for %u s",
		    call->codec->name, state->failures, why, settings->breaker_ms / 1000);
	}
}

void
engine_expire(struct engine_call **call)
{
	note(*call, true, "did not answer in time");
	engine_free(call);
}

/* It has spoken, or will not: say so, once. */
static void
answer(struct engine_call *call, const struct sl_evidence *evidence)
{
	struct judge *judge = call->judge;
	enum sl_engine engine = call->engine;

	note(call, evidence->state == SL_EVIDENCE_FAILED, evidence->sentence);
	engine_free(&call);
	judge_on_engine(judge, engine, evidence);
}

static void
fail(struct engine_call *call, const char *what)
{
	const struct sl_evidence evidence = { .name = call->codec->name, .state = SL_EVIDENCE_FAILED,
		.sentence = sentence(call->judge, call->engine, what) };

	answer(call, &evidence);
}

static void
said(struct engine_call *call, const struct sl_engine_said *said)
{
	struct sl_evidence evidence = { .name = call->codec->name, .value = said->value };
	const char *text;

	if (!call->ended && !said->found) {	/* about a message it has not seen the end of */
		fail(call, "answered too early");
		return;
	}
	memcpy(evidence.log_odds, said->log_odds, sizeof(evidence.log_odds));
	text = sl_arena_printf(call->judge->arena, "%s", said->text);
	evidence.sentence = text != NULL ? text : "found";
	answer(call, &evidence);
}

static void
check_reply(struct engine_call *call, bool closed)
{
	struct sl_engine_said what;

	switch (call->codec->reply(sl_buf_slice(&call->reply), closed, &what)) {
	case SL_ENGINE_MORE:
		break;
	case SL_ENGINE_SAID:
		said(call, &what);
		break;
	case SL_ENGINE_FAILED:
		fail(call, "gave no usable answer");
		break;
	}
}

static void
on_input(void *ctx)
{
	struct engine_call *call = ctx;
	unsigned char block[16384];
	struct iovec v = { block, sizeof(block) };
	ssize_t n = sl_conn_read(&call->conn, &v, 1);

	if (n > 0)
		sl_buf_add(&call->reply, block, (size_t)n);
	if (n != 0)
		check_reply(call, n < 0 || call->reply.overflow);
}

static void
on_drained(void *ctx)
{
	struct engine_call *call = ctx;

	if (call->ended && call->codec->shut)
		sl_conn_shutdown(&call->conn);
	else if (!call->ended)
		sl_timer_clear(&call->timer);
	session_on_flow(call->judge->session);
}

static void
on_ready(void *ctx, int result)
{
	struct engine_call *call = ctx;

	if (result != 0) {
		fail(call, "cannot be reached");
		return;
	}
	sl_conn_want_input(&call->conn, true);
	sl_conn_flush(&call->conn);
	if (sl_conn_pending(&call->conn) == 0)	/* on_drained comes of the loop's own writing only */
		on_drained(call);
}

static void
on_broken(void *ctx)
{
	/* It may have said why (a size limit) before it closed. */
	on_input(ctx);
}

static void
on_timer(void *ctx)
{
	struct engine_call *call = ctx;

	fail(call, call->ended ? "did not answer in time" : "stopped reading");
}

static void
on_cannot_connect(void *ctx)
{
	fail(ctx, "cannot be reached");
}

static const struct sl_conn_events conn_events = { on_input, on_drained, on_ready, on_broken };

static void
not_asked(struct judge *judge, enum sl_engine engine, enum sl_evidence_state state, const char *what)
{
	const struct sl_evidence evidence = { .name = sl_engine_codec(engine)->name, .state = state,
		.sentence = sentence(judge, engine, what) };

	sl_verdict_add(judge->verdict, &evidence);
	if (state == SL_EVIDENCE_FAILED)
		judge_engine_failed(judge, engine);
}

static void
begin(struct engine_call *call, const struct judge_connection *about)
{
	const struct sl_engine_settings *settings = settings_of(call);
	const struct sl_engine_facts facts = {
		.client_address = about->connection.client_address, .helo = about->connection.helo,
		.mail_from = about->envelope.mail_from,
		.service = sl_slice_str(settings->service != NULL ? settings->service : ""),
		.host = sl_slice_str(settings->at.host[0] != '\0' ? settings->at.host : "localhost"),
	};
	struct sl_buf words;

	sl_buf_init(&words, 8192);
	call->codec->begin(&facts, &words);
	sl_conn_write(&call->conn, words.data, words.len);
	sl_buf_fini(&words);
}

struct engine_call *
engine_begin(struct judge *judge, enum sl_engine engine, const struct judge_connection *about)
{
	const struct sl_engine_settings *settings = &judge->snapshot->settings->engines[engine];
	struct edge *edge = judge->edge;
	struct edge_engine *state = &edge->engines[engine];
	struct engine_call *call;
	int r;

	if (!settings->on)
		return NULL;
	if (state->broken && (state->probing || state->closed_until_us > sl_loop_now_us(edge->loop))) {
		not_asked(judge, engine, SL_EVIDENCE_FAILED, "failed lately and was not asked");
		return NULL;
	}
	call = sl_xzalloc(sizeof(*call));
	call->judge = judge;
	call->engine = engine;
	call->codec = sl_engine_codec(engine);
	call->probe = state->probing = state->broken;
	call->conn.fd = -1;
	sl_buf_init(&call->reply, call->codec->reply_max);
	r = sl_conn_connect(&call->conn, edge->loop, edge->chunks,
	    (const struct sockaddr *)&settings->at.address, settings->at.address_len, &conn_events, call);
	sl_timer_init(&call->timer, edge->loop, r == 0 ? on_timer : on_cannot_connect, call);
	if (r != 0)
		sl_timer_set(&call->timer, 0);
	else
		begin(call, about);
	return call;
}

void
engine_feed(struct engine_call *call, const unsigned char *data, size_t len)
{
	const struct sl_engine_settings *settings = settings_of(call);
	struct judge *judge = call->judge;
	enum sl_engine engine = call->engine;
	struct sl_buf head;

	if (len == 0 || call->conn.fd < 0)
		return;
	call->bytes += len;
	if (settings->max_bytes > 0 && call->bytes > settings->max_bytes) {
		/* Below the engine's own limit, where it would only reset the connection. */
		engine_free(&judge->engines[engine]);
		not_asked(judge, engine, SL_EVIDENCE_ABSENT, "is not given messages as large as this");
		return;
	}
	sl_buf_init(&head, 32);
	if (call->codec->before != NULL)
		call->codec->before(len, &head);
	sl_conn_write(&call->conn, head.data, head.len);
	sl_buf_fini(&head);
	sl_conn_write(&call->conn, data, len);
	sl_conn_write(&call->conn, call->codec->behind.ptr, call->codec->behind.len);
	if (sl_conn_pending(&call->conn) >= FLUSH_BYTES)
		sl_conn_flush(&call->conn);
	if (!engine_is_behind(call))
		sl_timer_clear(&call->timer);	/* on_drained does not come of what was written here */
	else if (!sl_timer_is_set(&call->timer))
		sl_timer_set(&call->timer, settings->deadline_ms);
}

bool
engine_is_behind(const struct engine_call *call)
{
	return sl_conn_pending(&call->conn) >= BEHIND_BYTES;
}

void
engine_end(struct engine_call *call)
{
	call->ended = true;
	if (call->conn.fd < 0)
		return;		/* its timer says so */
	sl_timer_set(&call->timer, settings_of(call)->deadline_ms);
	sl_conn_write(&call->conn, call->codec->end.ptr, call->codec->end.len);
	sl_conn_flush(&call->conn);
	if (call->codec->shut && sl_conn_pending(&call->conn) == 0)
		sl_conn_shutdown(&call->conn);
}
