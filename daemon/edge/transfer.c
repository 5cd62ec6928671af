/*
 * transfer.c - the message from DATA to its final dot, and on to the next hop; see session.h
 *
 * What is done with it at the end is verdict.c's.
 */

#include "session.h"

#include "trace.h"
#include "withhold.h"

#define PREFIX_MAX_BYTES	(4u * SL_CHUNK_DATA)	/* our header lines: about 10 KiB, and what signatures are called */
#define TAIL_BYTES	65536	/* of a message that flows: always waits for the verdict */
#define AHEAD_BYTES	16384	/* read beyond the tail while the next hop is slow */
#define SKIP_MAX_BYTES	(64u << 20)	/* of a refused message that are read, at least */
#define BURST_MAX	8	/* chunks one read may fill */

/* ---- DATA ---- */

static void
on_decoded(void *ctx, const unsigned char *data, size_t len)
{
	struct session *s = ctx;

	authentication_feed(&s->tx->authentication, data, len);
	judge_feed(&s->tx->judge, data, len);
	action_feed(&s->tx->action, data, len);
}

/* What is known before the message comes. */
static void
tell_judge(const struct session *s, struct judge_connection *out)
{
	const struct sl_clock *clock = s->edge->clock;
	const struct transaction *tx = s->tx;

	out->connection = (struct sl_connection_event){ sl_slice_str(s->client_text), sl_slice_str(s->helo),
		s->conn.ssl != NULL, clock->wall_us(clock->ctx) / 1000000 };
	out->envelope = (struct sl_envelope_event){ tx->mail.from.mailbox, tx->recipients_len,
		sl_slice_str(tx->tenant->name), out->own_domains, 0, snapshot_people(tx->snapshot, tx->tenant),
		memory_correspondents(s, tx->snapshot) };
	/* Of the console's tenants that is the domain that was seen first: others are not known here. */
	for (size_t i = 0; i < tx->tenant->domains_len && out->envelope.own_domains_len < JUDGE_DOMAINS_MAX; i++) {
		struct sl_slice domain = sl_slice_str(tx->tenant->domains[i]);

		if (sl_slice_istarts(domain, SL_SLICE_LIT("*.")))
			domain = sl_slice_from(domain, 2);
		if (domain.len > 0 && domain.ptr[0] != '*')
			out->own_domains[out->envelope.own_domains_len++] = domain;
	}
}

enum session_state
transfer_begin(struct session *s)
{
	struct transaction *tx = s->tx;
	struct judge_connection about;

	tell_judge(s, &about);
	tx->judge.on = classes_judge(&tx->classes);
	if (tx->judge.on && judge_begin(&tx->judge, tx->snapshot, &tx->arena, &about) != 0) {
		session_reply(s, 452, "4.3.1", "No memory left for this transaction");
		return s->state;
	}
	if (tx->action.on && action_begin(&tx->action, tx->judge.panel) != 0) {
		session_reply(s, 452, "4.3.1", "No memory left for this transaction");
		return s->state;
	}
	if (tx->judge.on && (classes_keep(&tx->classes) || withhold_may_be(tx)))
		keeping_begin(&tx->keeping, classes_keep(&tx->classes));
	authentication_message(&tx->authentication);
	tx->data_us = sl_loop_now_us(s->edge->loop);
	message_init(&tx->message, s->edge->chunks, tx->tenant->normalise,
	    session_settings(s)->limits.line_bytes,
	    tx->judge.on ? session_settings(s)->authentication.id : NULL,
	    tx->judge.on ? on_decoded : NULL, s);
	/* 354 is ours: it promises nothing, and the next hop need not hear of DATA before there is
	 * something to send it. */
	session_reply(s, 354, NULL, "End data with <CR><LF>.<CR><LF>");
	sl_timer_set(&s->rate_timer, 60000);
	sl_conn_want_input(&s->conn, true);
	/* Nothing but a broken message can hold it up in pass-through: the next hop may as well be
	 * asked while the message comes. */
	if (!tx->judge.on)
		delivery_begin(&tx->delivery);
	return SESSION_DATA;
}

/* ---- the window ---- */

/* How much may be held before the message begins to flow. A message that says it is larger than the
 * window will not be judged whole in it: it flows as soon as the tail is there. */
static size_t
window_bytes(const struct transaction *tx)
{
	if (tx->mail.has_size && tx->mail.size_bytes > tx->tenant->window_bytes)
		return SL_MIN((size_t)TAIL_BYTES, tx->tenant->window_bytes);
	return tx->tenant->window_bytes;
}

/* May more be read from the sender? */
static bool
has_room(const struct transaction *tx)
{
	size_t held = message_held(&tx->message);

	if (judge_is_behind(&tx->judge))
		return false;
	return tx->flowing || tx->withheld ? held < SL_MIN((size_t)TAIL_BYTES, tx->tenant->window_bytes) + AHEAD_BYTES
	    : held < window_bytes(tx);
}

/* Our own lines, in front of the message's. */
static void
write_prefix(struct session *s)
{
	struct sl_chain chain = { 0 };
	struct sl_buf prefix;

	sl_buf_init(&prefix, PREFIX_MAX_BYTES);
	trace_headers(s, &prefix);
	sl_chain_add_copy(&chain, s->edge->chunks, prefix.data, prefix.len);
	sl_buf_fini(&prefix);
	delivery_write(&s->tx->delivery, &chain);
	s->tx->prefixed = true;
}

/* Hand the window's front to the next hop, but for `keep` bytes at its end, as fast as it takes
 * them; what it does not take is queued up to a bound, and session_on_flow comes when that is gone. */
static void
push(struct session *s, size_t keep)
{
	struct transaction *tx = s->tx;
	struct sl_chain chain = { 0 };

	if (!tx->prefixed)
		write_prefix(s);
	do {
		size_t held = message_held(&tx->message);

		message_take(&tx->message, &chain, SL_MIN(held - SL_MIN(held, keep), delivery_room(&tx->delivery)));
		keeping_feed(&tx->keeping, &chain);
		delivery_write(&tx->delivery, &chain);
		delivery_flush(&tx->delivery);
		/* If that has emptied the queue, session_on_flow does not come of it. */
	} while (message_held(&tx->message) > keep && delivery_room(&tx->delivery) > 0);
}

/* What was captured so far is lost to us: the sender comes again, and then it flows. */
static void
cannot_hold(struct session *s)
{
	int error = keeping_failure(&s->tx->keeping);
	struct answer answer;

	sl_log(SL_LOG_ERROR, "%s: not held until its verdict, and deferred: %s", s->tx->id, sl_strerror(error));
	keeping_hold_failed(&s->tx->keeping);
	answer_set(&answer, error == SL_ERR_NO_SPACE ? 452 : 451, error == SL_ERR_NO_SPACE ? "4.3.1" : "4.3.0",
	    "The message cannot be taken now, try again later");
	s->edge->stats->deferred++;
	transfer_refuse(s, &answer, "deferred");
}

/* The next hop can take bytes, or the message has grown: move what may move. */
static void
advance(struct session *s)
{
	struct transaction *tx = s->tx;
	size_t tail = SL_MIN((size_t)TAIL_BYTES, tx->tenant->window_bytes);

	if (!tx->flowing && message_held(&tx->message) >= (tx->withheld ? tail : window_bytes(tx)) && !withhold(s, tail)) {
		tx->flowing = true;
		if (tx->delivery.state == DELIVERY_OPEN)
			delivery_begin(&tx->delivery);
	}
	if (tx->flowing && tx->delivery.state == DELIVERY_STREAM)
		push(s, tail);
	if (tx->withheld && keeping_failure(&tx->keeping) != 0)
		cannot_hold(s);
}

/* ---- the end of a message that is refused ---- */

/* The answer is known before the sender has sent everything: the rest is read and dropped, so that
 * it is given where the sender waits for it. The next hop never sees a final dot. */
void
transfer_refuse(struct session *s, const struct answer *answer, const char *outcome)
{
	struct transaction *tx = s->tx;

	tx->answer = *answer;
	tx->outcome = outcome;
	delivery_abort(&tx->delivery);
	judge_abort(&tx->judge);
	keeping_abort(&tx->keeping);
	authentication_abort(&tx->authentication);
	message_clear(&tx->message);
	session_enter(s, SESSION_SKIP);
	sl_conn_want_input(&s->conn, true);
}

static void
line_rule_answer(int fault, struct answer *answer)
{
	switch (fault) {
	case SL_ERR_BARE_CR:
		answer_set(answer, 550, "5.5.2", "bare <CR> received: lines end in CRLF (RFC 5321, 2.3.8)");
		break;
	case SL_ERR_BARE_LF:
		answer_set(answer, 550, "5.5.2", "bare <LF> received: lines end in CRLF (RFC 5321, 2.3.8)");
		break;
	case SL_ERR_NUL:
		answer_set(answer, 550, "5.5.2", "The message contains a NUL byte");
		break;
	default:
		answer_set(answer, 554, "5.6.0", "The message contains a line that is too long");
	}
}

static void
malformed(struct session *s, const struct answer *answer)
{
	s->edge->stats->malformed++;
	transfer_refuse(s, answer, "malformed");
}

/* Is the message over one of the limits? */
static bool
over_limit(struct session *s, struct answer *answer)
{
	const struct transaction *tx = s->tx;
	const struct sl_limits *limits = &session_settings(s)->limits;
	uint64_t most = tx->most_bytes;

	if (most > 0 && tx->message.wire_bytes > most)
		answer_set(answer, 552, "5.3.4", "The message is larger than the limit of %llu bytes",
		    (unsigned long long)most);
	else if (tx->message.head_bytes > limits->header_bytes)
		answer_set(answer, 552, "5.3.4", "The header is larger than the limit of %u bytes",
		    limits->header_bytes);
	else if (tx->message.strip.received > limits->received_hops)
		answer_set(answer, 554, "5.4.6", "Too many hops: the message is in a loop");
	else
		return false;
	return true;
}

/* ---- reading ---- */

static void
skip_done(struct session *s)
{
	struct answer answer = s->tx->answer;

	s->messages++;
	session_reply_answer(s, &answer);
	transaction_end(s, s->tx->outcome);
	session_enter(s, SESSION_READY);
}

/* Bytes of a message that is refused already. Who goes on far beyond what he may send is cut short. */
static size_t
skip_bytes(struct session *s, const unsigned char *data, size_t len)
{
	struct transaction *tx = s->tx;
	size_t used;
	int r = sl_smtp_data_skip(&tx->message.scanner, data, len, &used);

	tx->message.wire_bytes += used;
	tx->skipped_bytes += used;
	s->edge->stats->bytes += used;
	if (r == SL_DONE) {
		skip_done(s);
		return used;
	}
	if (tx->skipped_bytes > SL_MAX(tx->most_bytes, (uint64_t)SKIP_MAX_BYTES))
		transfer_timeout(s);
	return used;
}

static void
message_complete(struct session *s)
{
	struct transaction *tx = s->tx;

	tx->dot_us = sl_loop_now_us(s->edge->loop);
	sl_timer_clear(&s->rate_timer);
	sl_chunk_unref(&tx->chunk);
	session_enter(s, SESSION_AWAIT_VERDICT);
	sl_conn_want_input(&s->conn, true);	/* to hear that the sender has left */
	tx->judge.authenticating = !authentication_end(&tx->authentication);
	if (judge_end(&tx->judge))
		verdict_act(s);
}

/* Message bytes that lie in `chunk`. Returns how many were used. */
static size_t
take_bytes(struct session *s, struct sl_chunk *chunk, const unsigned char *data, size_t len)
{
	struct transaction *tx = s->tx;
	struct answer answer;
	size_t used;
	int r;

	if (s->state == SESSION_SKIP)
		return skip_bytes(s, data, len);
	r = message_feed(&tx->message, chunk, data, len, &used);
	s->edge->stats->bytes += used;
	if (r < 0) {
		line_rule_answer(r, &answer);
		malformed(s, &answer);
	} else if (over_limit(s, &answer)) {
		malformed(s, &answer);
		if (r == SL_DONE)
			skip_done(s);
	} else if (r == SL_DONE) {
		message_complete(s);
	} else {
		advance(s);
	}
	return used;
}

/* The chunk being filled, with room in it. */
static struct sl_chunk *
chunk_with_room(struct session *s)
{
	struct transaction *tx = s->tx;

	if (tx->chunk != NULL && tx->chunk->used_bytes == SL_CHUNK_DATA)
		sl_chunk_unref(&tx->chunk);
	if (tx->chunk == NULL)
		tx->chunk = sl_chunk_get(s->edge->chunks);
	return tx->chunk;
}

/* After bytes of the message: wait for more, if there is room for it. If not, the sender waits for us
 * and has no time to keep: the next hop has, or an engine. */
static void
keep_reading(struct session *s)
{
	bool wanted = s->state == SESSION_SKIP || has_room(s->tx);

	if (wanted) {
		session_wait_again(s);
	} else {
		sl_timer_clear(&s->timer);
		s->tx->paused = true;
	}
	sl_conn_want_input(&s->conn, wanted);
}

/* Bytes that came together with commands are copied into a chunk, as if read there. */
size_t
transfer_bytes(struct session *s, struct sl_slice bytes)
{
	struct sl_chunk *chunk = sl_chunk_ref(chunk_with_room(s));
	unsigned char *at = chunk->data + chunk->used_bytes;
	size_t n = SL_MIN(bytes.len, (size_t)(SL_CHUNK_DATA - chunk->used_bytes)), used;

	memcpy(at, bytes.ptr, n);
	chunk->used_bytes += (unsigned)n;
	used = take_bytes(s, chunk, at, n);
	sl_chunk_unref(&chunk);
	if (s->state == SESSION_DATA || s->state == SESSION_SKIP)
		keep_reading(s);
	return used;
}

/* What one read brought, chunk by chunk; what follows the message is kept as commands. */
static void
take_chunks(struct session *s, struct sl_chunk **chunks, struct iovec *v, size_t len)
{
	for (unsigned i = 0; len > 0; i++) {
		size_t n = SL_MIN(len, v[i].iov_len), used = 0;
		const unsigned char *at = v[i].iov_base;

		chunks[i]->used_bytes += (unsigned)n;
		while (used < n && (s->state == SESSION_DATA || s->state == SESSION_SKIP))
			used += take_bytes(s, chunks[i], at + used, n - used);
		if (s->state != SESSION_DEAD && s->state != SESSION_CLOSING)
			sl_buf_add(&s->input, at + used, n - used);
		len -= n;
		if (s->tx != NULL && s->tx->chunk != chunks[i] && s->state == SESSION_DATA) {
			sl_chunk_unref(&s->tx->chunk);	/* the next read goes on behind these bytes */
			s->tx->chunk = sl_chunk_ref(chunks[i]);
		}
	}
}

/* How many chunks to read at once: as many as the sender fills, while the next hop takes all that it
 * is given; two, while it does not, so that what is held beyond the tail stays small. Before the message flows no
 * more than the window lacks: many that fill theirs at once would hold half as much again. */
static unsigned
burst(const struct transaction *tx)
{
	size_t window = window_bytes(tx), held = message_held(&tx->message);

	if (!tx->flowing && !tx->withheld && tx->judge.on)
		return SL_MIN(tx->burst, (unsigned)((window - SL_MIN(window, held)) / SL_CHUNK_DATA) + 1);
	return tx->flowing && !delivery_keeps_up(&tx->delivery) ? SL_MIN(tx->burst, 2u) : tx->burst;
}

void
transfer_input(struct session *s)
{
	struct sl_chunk *chunks[BURST_MAX];
	struct iovec v[BURST_MAX];
	unsigned count = burst(s->tx);
	size_t room = 0;
	ssize_t n;

	for (unsigned i = 0; i < count; i++) {
		chunks[i] = i == 0 ? sl_chunk_ref(chunk_with_room(s)) : sl_chunk_get(s->edge->chunks);
		v[i].iov_base = chunks[i]->data + chunks[i]->used_bytes;
		v[i].iov_len = SL_CHUNK_DATA - chunks[i]->used_bytes;
		room += v[i].iov_len;
	}
	n = sl_conn_read(&s->conn, v, (int)count);
	if (n > 0) {
		if ((size_t)n == room)
			s->tx->burst = SL_MIN(s->tx->burst * 2, (unsigned)BURST_MAX);
		take_chunks(s, chunks, v, (size_t)n);
	}
	for (unsigned i = 0; i < count; i++)
		sl_chunk_unref(&chunks[i]);
	if (n < 0)
		session_client_gone(s);
	else if (s->state == SESSION_DATA || s->state == SESSION_SKIP)
		keep_reading(s);
	else
		session_resume(s);
}

/* ---- the next hop ---- */

static void
push_withheld(struct session *s)
{
	struct transaction *tx = s->tx;
	int r;

	if (!tx->prefixed)
		write_prefix(s);
	r = withhold_push(s);
	if (r == SL_DONE)
		delivery_finish(&tx->delivery);
	else if (r < 0)
		verdict_lost(s, r);	/* ends the transaction */
}

void
session_on_flow(struct session *s)
{
	struct transaction *tx = s->tx;

	if (s->state == SESSION_DATA) {
		advance(s);
		keep_reading(s);
	} else if (s->state == SESSION_AWAIT_DELIVERY && tx->delivery.state == DELIVERY_STREAM) {
		if (tx->withheld) {
			push_withheld(s);
			return;
		}
		push(s, 0);
		if (message_held(&tx->message) == 0)
			delivery_finish(&tx->delivery);
	}
}

/* ---- silence ---- */

/* In DATA: 421, and the next hop never sees a final dot. In SKIP: the refusal that was to be given at
 * an end that does not come. */
static void
give_up_waiting(struct session *s, const char *why)
{
	struct answer answer = s->tx->answer;

	if (s->state == SESSION_DATA) {
		session_reply(s, 421, "4.4.2", "%s", why);
		return;
	}
	session_reply_answer(s, &answer);
	session_close(s);
}

void
transfer_timeout(struct session *s)
{
	session_ends(s, "timeout");
	give_up_waiting(s, "Timeout waiting for the message");
}

void
transfer_too_slow(struct session *s)
{
	session_ends(s, "slow");
	give_up_waiting(s, "The message comes too slowly");
}
