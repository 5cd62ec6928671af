/*
 * av.c - clamd over zINSTREAM, fed while the message arrives; see judge.h
 *
 * One connection a message. It can be dead, slow or hung: it has a deadline after the final dot, and
 * the same one whenever it stops taking bytes; several failures in a row open the breaker, and then
 * it is not asked at all for a while, so that other sessions feel nothing.
 */

#include <stdio.h>

#include "classify/clamd.h"
#include "judge.h"
#include "session.h"

#define BEHIND_BYTES	(128u << 10)	/* queued: the sender is read more slowly */
#define FLUSH_BYTES	16384

struct av {
	struct judge	*judge;
	struct sl_conn	 conn;
	struct sl_buf	 reply;
	struct sl_timer	 timer;		/* the deadline: of the answer, or of taking bytes */
	uint64_t	 bytes;
	bool		 ended;		/* all has been written */
};

static const struct sl_clamd_settings *
settings_of(const struct av *av)
{
	return &av->judge->snapshot->settings->clamd;
}

void
av_free(struct av **av)
{
	if (*av == NULL)
		return;
	sl_timer_clear(&(*av)->timer);
	sl_conn_close(&(*av)->conn, false);
	sl_buf_fini(&(*av)->reply);
	sl_free(*av);
	*av = NULL;
}

/* It has spoken, or will not: say so, once. */
static void
answer(struct av *av, enum sl_evidence_state state, double malware_log_odds, const char *sentence)
{
	struct judge *judge = av->judge;
	struct edge *edge = judge->edge;
	const struct sl_clamd_settings *settings = settings_of(av);
	struct sl_evidence evidence = { .name = "clamd", .state = state, .sentence = sentence };

	evidence.log_odds[SL_MALWARE] = malware_log_odds;
	if (state == SL_EVIDENCE_FAILED && ++edge->av_failures >= settings->breaker_failures) {
		edge->av_closed_until_us = sl_loop_now_us(edge->loop) + settings->breaker_ms * 1000ull;
		sl_log(SL_LOG_ERROR, "clamd failed %u times in a row (%s): not asked for %u s",
		    edge->av_failures, sentence, settings->breaker_ms / 1000);
		edge->av_failures = settings->breaker_failures - 1;	/* one more failure closes it again */
	} else if (state == SL_EVIDENCE_PRESENT) {
		edge->av_failures = 0;
	}
	av_free(&av);
	judge_on_av(judge, &evidence);
}

static void
check_reply(struct av *av, bool closed)
{
	char name[129], *sentence;

	switch (sl_clamd_reply(sl_buf_slice(&av->reply), closed, name)) {
	case SL_CLAMD_MORE:
		break;
	case SL_CLAMD_CLEAN:
		if (av->ended)
			answer(av, SL_EVIDENCE_PRESENT, -2.0, "the antivirus found nothing");
		else	/* about a message it has not seen the end of */
			answer(av, SL_EVIDENCE_FAILED, 0, "the antivirus answered too early");
		break;
	case SL_CLAMD_FOUND:
		sentence = sl_arena_printf(av->judge->arena, "%s", name);
		answer(av, SL_EVIDENCE_PRESENT, 16.0, sentence != NULL ? sentence : "malware");
		break;
	case SL_CLAMD_FAILED:
		answer(av, SL_EVIDENCE_FAILED, 0, "the antivirus gave no usable answer");
		break;
	}
}

static void
on_input(void *ctx)
{
	struct av *av = ctx;
	unsigned char block[SL_CLAMD_REPLY_MAX + 1];
	struct iovec v = { block, sizeof(block) };
	ssize_t n = sl_conn_read(&av->conn, &v, 1);

	if (n > 0)
		sl_buf_add(&av->reply, block, (size_t)n);
	if (n != 0)
		check_reply(av, n < 0 || av->reply.overflow);
}

static void
on_drained(void *ctx)
{
	struct av *av = ctx;

	if (!av->ended)
		sl_timer_clear(&av->timer);
	session_on_flow(av->judge->session);
}

static void
on_ready(void *ctx, int result)
{
	struct av *av = ctx;

	if (result != 0) {
		answer(av, SL_EVIDENCE_FAILED, 0, "the antivirus cannot be reached");
		return;
	}
	sl_conn_want_input(&av->conn, true);
	sl_conn_flush(&av->conn);
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
	struct av *av = ctx;

	answer(av, SL_EVIDENCE_FAILED, 0, av->ended ? "the antivirus did not answer in time"
	    : "the antivirus stopped reading");
}

static void
on_cannot_connect(void *ctx)
{
	answer(ctx, SL_EVIDENCE_FAILED, 0, "the antivirus cannot be reached");
}

static const struct sl_conn_events conn_events = { on_input, on_drained, on_ready, on_broken };

static void
absent(struct judge *judge, enum sl_evidence_state state, const char *sentence)
{
	const struct sl_evidence evidence = { .name = "clamd", .state = state, .sentence = sentence };

	sl_verdict_add(judge->verdict, &evidence);
	judge->av_failed = state == SL_EVIDENCE_FAILED;
	judge->edge->stats->engine_failures += judge->av_failed;
}

struct av *
av_begin(struct judge *judge)
{
	const struct sl_clamd_settings *settings = &judge->snapshot->settings->clamd;
	struct edge *edge = judge->edge;
	struct av *av;
	int r;

	if (!settings->on)
		return NULL;
	if (edge->av_closed_until_us > sl_loop_now_us(edge->loop)) {
		absent(judge, SL_EVIDENCE_FAILED, "the antivirus failed lately and was not asked");
		return NULL;
	}
	av = sl_xzalloc(sizeof(*av));
	av->judge = judge;
	av->conn.fd = -1;
	sl_buf_init(&av->reply, SL_CLAMD_REPLY_MAX);
	r = sl_conn_connect(&av->conn, edge->loop, edge->chunks,
	    (const struct sockaddr *)&settings->at.address, settings->at.address_len, &conn_events, av);
	sl_timer_init(&av->timer, edge->loop, r == 0 ? on_timer : on_cannot_connect, av);
	if (r != 0) {
		sl_timer_set(&av->timer, 0);
		return av;
	}
	sl_conn_write(&av->conn, sl_clamd_start.ptr, sl_clamd_start.len);
	return av;
}

void
av_feed(struct av *av, const unsigned char *data, size_t len)
{
	const struct sl_clamd_settings *settings = settings_of(av);
	unsigned char head[4];
	struct judge *judge = av->judge;

	if (len == 0 || av->conn.fd < 0)
		return;
	av->bytes += len;
	if (settings->max_bytes > 0 && av->bytes > settings->max_bytes) {
		/* Below the engine's own limit, where it would only reset the connection. */
		av_free(&judge->av);
		absent(judge, SL_EVIDENCE_ABSENT, "larger than what the antivirus is given");
		return;
	}
	sl_clamd_length((uint32_t)len, head);
	sl_conn_write(&av->conn, head, sizeof(head));
	sl_conn_write(&av->conn, data, len);
	if (sl_conn_pending(&av->conn) >= FLUSH_BYTES)
		sl_conn_flush(&av->conn);
	if (av_is_behind(av) && !sl_timer_is_set(&av->timer))
		sl_timer_set(&av->timer, settings->deadline_ms);
}

bool
av_is_behind(const struct av *av)
{
	return sl_conn_pending(&av->conn) >= BEHIND_BYTES;
}

void
av_end(struct av *av)
{
	av->ended = true;
	if (av->conn.fd < 0)
		return;		/* its timer says so */
	sl_conn_write(&av->conn, sl_clamd_end.ptr, sl_clamd_end.len);
	sl_conn_flush(&av->conn);
	sl_timer_set(&av->timer, settings_of(av)->deadline_ms);
}
