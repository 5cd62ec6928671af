/* delivery.c - see delivery.h */

#include "delivery.h"

#include <stdio.h>

#include "session.h"
#include "smtp/reply.h"

#define ROOM_BYTES		49152	/* queued for a slow next hop while the message flows */
#define OUR_HEADERS_BYTES	2048	/* what SIZE has to leave room for */

static void	on_timer(void *ctx);
static void	on_chain_timer(void *ctx);
static void	try_next(struct delivery *d);

static struct edge *
edge_of(const struct delivery *d)
{
	return d->session->edge;
}

static const struct sl_timers *
timers_of(const struct delivery *d)
{
	return &session_settings(d->session)->timers;
}

void
delivery_init(struct delivery *d, struct session *session, struct sl_arena *arena)
{
	*d = (struct delivery){ .session = session, .arena = arena };
	sl_timer_init(&d->timer, session->edge->loop, on_timer, d);
	sl_timer_init(&d->chain_timer, session->edge->loop, on_chain_timer, d);
}

/* The next hop's words as the sender may hear them. */
static void
relay(const struct delivery *d, const struct sl_smtp_reply *reply, struct answer *answer)
{
	const struct sl_slice keep[] = { d->mail->from.mailbox, sl_slice_str(d->session->helo),
		sl_slice_str(d->session->client_text) };

	hop_answer(d->hop, d->tenant, keep, SL_COUNT(keep), reply, answer);
	if (answer->code == 421)	/* it closes its connection; ours with the sender goes on */
		answer->code = 451;
}

static void
enter(struct delivery *d, enum delivery_state state, uint64_t timeout_ms)
{
	d->state = state;
	if (timeout_ms > 0)
		sl_timer_set(&d->timer, timeout_ms);
	else
		sl_timer_clear(&d->timer);
}

static void
let_go(struct delivery *d, enum hop_end end)
{
	struct hop *hop = d->hop;

	d->hop = NULL;
	if (hop == NULL)
		return;
	if (hop->state == HOP_LENT)
		hop_release(hop, end);
	else
		hop->user = NULL;	/* it goes on opening, for the next one */
}

/* ---- failing ---- */

/* It has come to nothing, and that is the answer: to RCPT if the session waits for one, else for
 * the message. */
static void
give_answer(struct delivery *d, const struct answer *answer)
{
	bool for_rcpt = d->asked != NULL;

	sl_timer_clear(&d->chain_timer);
	if (for_rcpt) {
		d->asked = NULL;
		enter(d, DELIVERY_OPEN, 0);	/* without a connection: the next RCPT opens again */
		session_on_rcpt(d->session, answer);
	} else {
		enter(d, DELIVERY_ENDED, 0);
		session_on_delivered(d->session, answer);
	}
}

/* A connection failed before the message was begun: the next one may be tried. */
static void
attempt_failed(struct delivery *d, const struct answer *why, bool for_good)
{
	d->hop = NULL;
	d->answer = *why;
	d->failures++;
	d->failures_for_good += for_good;
	try_next(d);
}

static void
all_failed(struct delivery *d)
{
	struct answer answer = d->answer;

	/* 5yz only when every one of them said so: a single one that may be back defers. */
	if (d->failures == 0 || (answer.code >= 500 && d->failures_for_good < d->failures))
		answer_set(&answer, 451, "4.4.1", "No next hop can be reached now, try again later");
	give_answer(d, &answer);
}

bool
delivery_dot_is_sent(const struct delivery *d)
{
	return d->state == DELIVERY_FINAL && d->dot_left;
}

/* The message was under way: nothing may be repeated. */
static void
message_failed(struct delivery *d, const char *enhanced, const char *why)
{
	struct answer answer;

	answer_set(&answer, 451, enhanced, "%s", why);
	answer.uncertain = d->dot_left;
	let_go(d, HOP_BROKEN);
	give_answer(d, &answer);
}

/* ---- opening ---- */

/* The next candidate: in the tenant's order, but those that failed lately last. */
static bool
choose(struct delivery *d)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < SL_MIN(d->tenant->next_hops_len, (size_t)64); i++) {
			if (d->tried >> i & 1 || (pass == 0 &&
			    hop_is_down(edge_of(d), d->tenant, &d->tenant->next_hops[i])))
				continue;
			d->tried |= 1ULL << i;
			d->candidate = i;
			d->candidate_fresh = false;
			return true;
		}
	return false;
}

static void
connect_candidate(struct delivery *d)
{
	const struct sl_endpoint *endpoint = &d->tenant->next_hops[d->candidate];

	enter(d, DELIVERY_CONNECT, 0);		/* the hop has a timer of its own for this */
	d->hop = hop_get(edge_of(d), d->session->tx->directory, d->tenant, endpoint,
	    d->candidate_fresh, d);
	if (d->hop->state == HOP_LENT)
		delivery_on_hop_ready(d, d->hop);
}

static void
try_next(struct delivery *d)
{
	if (choose(d))
		connect_candidate(d);
	else
		all_failed(d);
}

/* Begin, or begin again after the connection was lost: from the first next hop. */
static void
open_envelope(struct delivery *d)
{
	d->tried = 0;
	d->failures = d->failures_for_good = 0;
	sl_timer_set(&d->chain_timer, timers_of(d)->chain_ms);
	try_next(d);
}

static void
on_chain_timer(void *ctx)
{
	struct delivery *d = ctx;
	struct answer answer;

	answer_set(&answer, 451, "4.4.1", "The next hop does not answer in time, try again later");
	let_go(d, HOP_BROKEN);
	give_answer(d, &answer);
}

/* ---- the envelope ---- */

/* What the next hop must offer for this message (E4). False: it does not, and `answer` says so. */
static bool
can_carry(const struct delivery *d, struct answer *answer)
{
	unsigned caps = d->hop->caps.flags;

	if (d->mail->smtputf8 && (caps & SL_SMTP_CAP_SMTPUTF8) == 0) {
		answer_set(answer, 553, "5.6.7", "The next hop does not take internationalized mail");
		return false;
	}
	if (d->mail->has_body && d->mail->body == SL_SMTP_BODY_8BITMIME &&
	    (caps & SL_SMTP_CAP_8BITMIME) == 0) {
		answer_set(answer, 554, "5.6.3", "The next hop does not take 8-bit mail");
		return false;
	}
	return true;
}

static void
add_mail(const struct delivery *d, struct sl_buf *out)
{
	unsigned caps = d->hop->caps.flags;

	sl_buf_add_str(out, "MAIL FROM:<");
	sl_buf_add_slice(out, d->mail->from.mailbox);
	sl_buf_add_byte(out, '>');
	if (d->mail->has_size && (caps & SL_SMTP_CAP_SIZE))
		sl_buf_addf(out, " SIZE=%llu", (unsigned long long)(d->mail->size_bytes +
		    SL_MIN(UINT64_MAX - d->mail->size_bytes, (uint64_t)OUR_HEADERS_BYTES)));
	if (d->mail->has_body && d->mail->body == SL_SMTP_BODY_8BITMIME)
		sl_buf_add_str(out, " BODY=8BITMIME");
	if (d->mail->smtputf8)
		sl_buf_add_str(out, " SMTPUTF8");
	sl_buf_add_str(out, "\r\n");
}

static void
add_rcpt(const struct delivery_rcpt *rcpt, struct sl_buf *out)
{
	sl_buf_add_str(out, "RCPT TO:<");
	sl_buf_add_slice(out, rcpt->mailbox);
	sl_buf_add_str(out, ">\r\n");
}

/* The number of the last command of the envelope. */
static size_t
last_command(const struct delivery *d)
{
	return d->rcpts_len + (d->asked != NULL);
}

/* Write what may be written: all of it to a next hop that pipelines, one command at a time else. */
static void
send_envelope(struct delivery *d)
{
	bool pipelining = (d->hop->caps.flags & SL_SMTP_CAP_PIPELINING) != 0;
	const struct delivery_rcpt *rcpt = d->rcpts;
	struct sl_buf out;

	sl_buf_init(&out, 1u << 20);
	for (size_t i = 1; i < d->sent && rcpt != NULL; i++)
		rcpt = rcpt->next;
	while (d->sent <= last_command(d)) {
		if (d->sent == 0) {
			add_mail(d, &out);
		} else {
			add_rcpt(rcpt != NULL ? rcpt : d->asked, &out);
			rcpt = rcpt != NULL ? rcpt->next : NULL;
		}
		d->sent++;
		if (!pipelining)
			break;
	}
	hop_send(d->hop, sl_buf_slice(&out));
	sl_buf_fini(&out);
	enter(d, DELIVERY_ENVELOPE, timers_of(d)->hop_reply_ms);
}

/* Said from the loop, as every other failure: a kept connection is ready within the session's call. */
static void
cannot_carry(struct delivery *d, const struct answer *why)
{
	d->answer = *why;
	let_go(d, HOP_CLEAN);
	enter(d, DELIVERY_CANNOT, 0);
	sl_timer_set(&d->timer, 0);
}

void
delivery_on_hop_ready(struct delivery *d, struct hop *hop)
{
	struct answer answer;

	d->hop = hop;
	d->hop_reused = hop->reused;
	d->hop_tls = hop->tls_started;
	snprintf(d->hop_text, sizeof(d->hop_text), "%s", hop->endpoint->text);
	d->sent = d->answered = 0;
	if (can_carry(d, &answer))
		send_envelope(d);
	else
		cannot_carry(d, &answer);
}

void
delivery_on_hop_failed(struct delivery *d, const struct answer *why, bool for_good)
{
	attempt_failed(d, why, for_good);
}

int
delivery_rcpt(struct delivery *d, const struct sl_tenant *tenant, const struct sl_smtp_mail *mail,
    struct sl_slice mailbox)
{
	struct delivery_rcpt *rcpt = sl_arena_alloc(d->arena, sizeof(*rcpt));

	SL_ASSERT(d->state == DELIVERY_NONE || d->state == DELIVERY_OPEN);
	if (rcpt == NULL)
		return SL_ERR_FULL;
	rcpt->mailbox = mailbox;
	d->tenant = tenant;
	d->mail = mail;
	d->asked = rcpt;
	if (d->hop != NULL)
		send_envelope(d);	/* MAIL and those before are sent and answered */
	else
		open_envelope(d);
	return 0;
}

static void
send_data(struct delivery *d)
{
	enter(d, DELIVERY_DATA, timers_of(d)->hop_reply_ms);
	hop_send(d->hop, SL_SLICE_LIT("DATA\r\n"));
}

/* All of the envelope has been answered. */
static void
envelope_stands(struct delivery *d)
{
	sl_timer_clear(&d->chain_timer);
	enter(d, DELIVERY_OPEN, 0);
	if (d->wants_data)
		send_data(d);
}

/* The connection is of no use, and the message has not been begun: a kept one, gone stale, is
 * replaced by a fresh one, a fresh one by the next candidate. */
static void
connection_lost_early(struct delivery *d, const struct answer *why)
{
	if (d->hop_reused && !d->candidate_fresh) {
		d->candidate_fresh = true;
		connect_candidate(d);
	} else {
		attempt_failed(d, why, false);
	}
}

/* End the envelope here; replies to what was sent ahead are still to come. */
static void
drop_envelope(struct delivery *d)
{
	d->hop->skip_replies = (unsigned)(d->sent - d->answered);
	let_go(d, HOP_OPEN);
}

/* What had been accepted is not any more: the envelope cannot be repeated. */
static void
replay_refused(struct delivery *d)
{
	struct answer answer;

	answer_set(&answer, 451, "4.4.2", "The next hop changed its mind, try again later");
	drop_envelope(d);
	give_answer(d, &answer);
}

/* The next hop said no to MAIL: that is the answer to the recipient asked about. */
static void
mail_refused(struct delivery *d, const struct answer *answer)
{
	if (d->asked == NULL) {
		replay_refused(d);
		return;
	}
	drop_envelope(d);
	give_answer(d, answer);
}

static void
add_accepted(struct delivery *d, struct delivery_rcpt *rcpt)
{
	if (d->rcpts_last != NULL)
		d->rcpts_last->next = rcpt;
	else
		d->rcpts = rcpt;
	d->rcpts_last = rcpt;
	d->rcpts_len++;
}

static void
rcpt_answered(struct delivery *d, const struct answer *answer)
{
	struct delivery_rcpt *rcpt = d->asked;

	d->asked = NULL;
	if (answer_is_positive(answer)) {
		add_accepted(d, rcpt);
	} else {
		d->sent--;		/* its number goes to the next one asked about */
		d->answered--;
	}
	envelope_stands(d);
	session_on_rcpt(d->session, answer);
}

static struct delivery_rcpt *
accepted(const struct delivery *d, size_t number)
{
	struct delivery_rcpt *rcpt = d->rcpts;

	for (size_t i = 1; i < number; i++)
		rcpt = rcpt->next;
	return rcpt;
}

/* No DATA for nobody (RFC 5321, 3.3): the message was to be copied alone, and that is not wanted. */
static bool
all_refused(const struct delivery *d)
{
	for (const struct delivery_rcpt *r = d->rcpts; r != NULL; r = r->next)
		if (!r->refused)
			return false;
	return true;
}

/* One of those accepted before, or a copy. False: not taken, and the envelope has come to its end. */
static bool
repeated_rcpt(struct delivery *d, size_t number, const struct answer *answer)
{
	struct delivery_rcpt *rcpt = accepted(d, number);

	rcpt->refused = rcpt->is_copy && answer->code >= 500;
	if (answer_is_positive(answer))
		return true;
	if (!rcpt->is_copy) {
		replay_refused(d);
		return false;
	}
	sl_log(SL_LOG_WARNING, "%s: the next hop does not take the copy for " SL_SLICE_FMT ": %d %s", d->session->tx->id,
	    SL_SLICE_ARG(rcpt->mailbox), answer->code, answer->text);
	if (rcpt->refused && (d->answered <= last_command(d) || !all_refused(d)))
		return true;
	drop_envelope(d);
	give_answer(d, answer);
	return false;
}

static void
envelope_reply(struct delivery *d, const struct sl_smtp_reply *reply)
{
	struct answer answer;
	size_t number = d->answered++;

	relay(d, reply, &answer);
	if (reply->code >= 300 && reply->code < 400)
		answer_set(&answer, 451, "4.5.0", "The next hop answered with %d", reply->code);
	if (number == 0 && reply->code == 421) {
		let_go(d, HOP_BROKEN);
		connection_lost_early(d, &answer);
	} else if (number == 0 && !answer_is_positive(&answer)) {
		mail_refused(d, &answer);
	} else if (number == d->rcpts_len + 1) {
		rcpt_answered(d, &answer);
	} else if (number > 0 && !repeated_rcpt(d, number, &answer)) {
		return;
	} else if (d->answered > last_command(d)) {
		envelope_stands(d);
	} else if (d->sent == d->answered) {
		send_envelope(d);
	} else {
		enter(d, DELIVERY_ENVELOPE, timers_of(d)->hop_reply_ms);
	}
}

/* ---- the message ---- */

int
delivery_copy(struct delivery *d, struct sl_slice mailbox)
{
	struct delivery_rcpt *rcpt = sl_arena_alloc(d->arena, sizeof(*rcpt));

	SL_ASSERT(d->state == DELIVERY_OPEN && !d->wants_data && !d->started);
	if (rcpt == NULL)
		return SL_ERR_FULL;
	rcpt->mailbox = mailbox;
	rcpt->is_copy = true;
	add_accepted(d, rcpt);
	return 0;
}

size_t
delivery_copies_refused(const struct delivery *d)
{
	size_t n = 0;

	for (const struct delivery_rcpt *r = d->rcpts; r != NULL; r = r->next)
		n += r->refused;
	return n;
}

void
delivery_narrow(struct delivery *d, bool (*wants)(void *ctx, struct sl_slice mailbox), void *ctx)
{
	struct delivery_rcpt **at = &d->rcpts;
	size_t before = d->rcpts_len;

	SL_ASSERT(d->state == DELIVERY_OPEN && !d->wants_data && !d->started);
	d->rcpts_last = NULL;
	while (*at != NULL) {
		if ((*at)->is_copy || wants(ctx, (*at)->mailbox)) {
			d->rcpts_last = *at;
			at = &(*at)->next;
		} else {
			*at = (*at)->next;
			d->rcpts_len--;
		}
	}
	SL_ASSERT(d->rcpts_len > 0);
	if (d->rcpts_len < before)
		let_go(d, HOP_OPEN);	/* RSET; the envelope is repeated when the message is begun */
}

/* On the connection that has taken the others; if it is lost, all attempts together have their time, as in an opening. */
static void
name_copies(struct delivery *d)
{
	sl_timer_set(&d->chain_timer, timers_of(d)->chain_ms);
	send_envelope(d);
}

void
delivery_begin(struct delivery *d)
{
	SL_ASSERT(d->state == DELIVERY_OPEN && d->asked == NULL && d->rcpts_len > 0);
	d->wants_data = true;
	if (d->hop == NULL)
		open_envelope(d);
	else if (d->sent > last_command(d))
		send_data(d);
	else
		name_copies(d);
}

static void
data_reply(struct delivery *d, const struct sl_smtp_reply *reply)
{
	struct answer answer;

	/* What follows 354 already was said before the message: it must not be taken for the answer to
	 * the final dot. */
	if (reply->code == 354 && d->hop->input.len == 0) {
		d->data_sent_us = sl_loop_now_us(edge_of(d)->loop);
		enter(d, DELIVERY_STREAM, timers_of(d)->hop_data_ms);
		session_on_flow(d->session);
		return;
	}
	relay(d, reply, &answer);
	if (reply->code < 400)
		answer_set(&answer, 451, "4.5.0", "The next hop answered DATA with %d", reply->code);
	let_go(d, reply->code < 400 || reply->code == 421 ? HOP_BROKEN : HOP_OPEN);
	give_answer(d, &answer);
}

void
delivery_write(struct delivery *d, struct sl_chain *chain)
{
	SL_ASSERT(d->state == DELIVERY_STREAM);
	d->started = true;
	sl_conn_write_chain(&d->hop->conn, chain);
}

void
delivery_flush(struct delivery *d)
{
	size_t before = sl_conn_pending(&d->hop->conn);

	sl_conn_flush(&d->hop->conn);
	if (sl_conn_pending(&d->hop->conn) < before)	/* it takes bytes: its time starts anew */
		enter(d, d->state, timers_of(d)->hop_data_ms);
}

size_t
delivery_room(const struct delivery *d)
{
	size_t pending = sl_conn_pending(&d->hop->conn);

	return pending < ROOM_BYTES ? ROOM_BYTES - pending : 0;
}

bool
delivery_keeps_up(const struct delivery *d)
{
	return d->state == DELIVERY_STREAM && sl_conn_pending(&d->hop->conn) == 0;
}

/* What the next hop says from here on is its answer to the message. */
static void
dot_has_left(struct delivery *d)
{
	d->dot_left = true;
	d->spoke_early = d->hop->input.len > 0;
	enter(d, DELIVERY_FINAL, timers_of(d)->hop_final_ms);
}

void
delivery_finish(struct delivery *d)
{
	d->dot_sent_us = sl_loop_now_us(edge_of(d)->loop);
	/* A connection that broke has nothing pending either: there the bytes were dropped. */
	if (sl_conn_is_open(&d->hop->conn) && sl_conn_pending(&d->hop->conn) == 0)
		dot_has_left(d);
	else
		enter(d, DELIVERY_FINAL, timers_of(d)->hop_data_ms);
}

void
delivery_on_drained(struct delivery *d)
{
	if (d->state == DELIVERY_FINAL) {
		dot_has_left(d);
	} else if (d->state == DELIVERY_STREAM) {
		enter(d, DELIVERY_STREAM, timers_of(d)->hop_data_ms);
		session_on_flow(d->session);
	}
}

/* The queue id in "2.0.0 Ok: queued as 4F2A1..." and its kin: the word after "queued as" or "id=", for
 * the record. */
static void
note_queue_id(struct delivery *d, const char *text)
{
	static const char *const marks[] = { "queued as ", "queued with id ", "id=", "Message accepted for delivery " };
	const char *at = NULL;
	size_t n = 0;

	for (size_t i = 0; i < SL_COUNT(marks) && at == NULL; i++)
		if ((at = strcasestr(text, marks[i])) != NULL)
			at += strlen(marks[i]);
	while (at != NULL && n < sizeof(d->queue_id) - 1 && at[n] > ' ' && at[n] != ']' && at[n] < 0x7f)
		n++;
	if (at != NULL)
		snprintf(d->queue_id, sizeof(d->queue_id), "%.*s", (int)n, at);
}

/* The one place where a 2yz of the next hop becomes the sender's: to the final dot, and only then. */
static void
final_reply(struct delivery *d, const struct sl_smtp_reply *reply)
{
	struct answer answer;

	relay(d, reply, &answer);
	if (answer_is_positive(&answer))
		note_queue_id(d, answer.text);
	if (answer.code >= 300 && answer.code < 400)
		answer_set(&answer, 451, "4.5.0", "The next hop answered the message with %d", reply->code);
	let_go(d, reply->code == 421 || (reply->code >= 300 && reply->code < 400) ? HOP_BROKEN : HOP_CLEAN);
	give_answer(d, &answer);
}

/* It answers while the message is on its way: 552, most likely. Nothing more is sent, and without a
 * final dot the connection cannot be used again. A 2yz here would be a lie about half a message. */
static void
early_reply(struct delivery *d, const struct sl_smtp_reply *reply)
{
	struct answer answer;

	relay(d, reply, &answer);
	if (answer.code < 400)
		answer_set(&answer, 451, "4.5.0", "The next hop answered before the end of the message");
	answer.uncertain = d->dot_left;
	let_go(d, HOP_BROKEN);
	give_answer(d, &answer);
}

void
delivery_on_reply(struct delivery *d, const struct sl_smtp_reply *reply)
{
	struct answer answer;

	switch (d->state) {
	case DELIVERY_ENVELOPE:
		envelope_reply(d, reply);
		break;
	case DELIVERY_DATA:
		data_reply(d, reply);
		break;
	case DELIVERY_STREAM:
		early_reply(d, reply);
		break;
	case DELIVERY_FINAL:
		if (d->dot_left && !d->spoke_early)
			final_reply(d, reply);
		else
			early_reply(d, reply);
		break;
	case DELIVERY_OPEN:	/* unasked, between RCPT and DATA: a timeout of its own, most likely */
		relay(d, reply, &answer);
		sl_log(SL_LOG_DEBUG, "next hop %s spoke unasked: %d", d->hop_text, answer.code);
		let_go(d, HOP_BROKEN);
		break;
	case DELIVERY_NONE:
	case DELIVERY_CONNECT:
	case DELIVERY_CANNOT:
	case DELIVERY_ENDED:
		SL_UNREACHABLE("a reply without a connection");
	}
}

/* ---- trouble ---- */

void
delivery_on_lost(struct delivery *d, const char *why)
{
	struct answer answer;

	SL_ASSERT(d->hop != NULL);
	d->hop = NULL;
	answer_set(&answer, 451, "4.4.2", "The next hop cannot be used now: %s", why);
	switch (d->state) {
	case DELIVERY_ENVELOPE:
		if (d->asked != NULL && d->answered > d->rcpts_len)
			give_answer(d, &answer);	/* all before RCPT was taken: RCPT has no answer */
		else
			connection_lost_early(d, &answer);
		break;
	case DELIVERY_OPEN:
		break;		/* opened again when it is needed */
	case DELIVERY_DATA:	/* not a byte of the message has been given */
		sl_timer_set(&d->chain_timer, timers_of(d)->chain_ms);
		connection_lost_early(d, &answer);
		break;
	case DELIVERY_STREAM:
		message_failed(d, "4.4.2", "The next hop broke the connection during the message");
		break;
	case DELIVERY_FINAL:
		message_failed(d, "4.4.2", "The next hop broke the connection before it answered");
		break;
	case DELIVERY_NONE:
	case DELIVERY_CONNECT:
	case DELIVERY_CANNOT:
	case DELIVERY_ENDED:
		SL_UNREACHABLE("a connection that we do not have is lost");
	}
}

static void
on_timer(void *ctx)
{
	struct delivery *d = ctx;
	struct answer answer;

	switch (d->state) {
	case DELIVERY_CANNOT:
		answer = d->answer;
		give_answer(d, &answer);
		break;
	case DELIVERY_ENVELOPE:
		answer_set(&answer, 451, "4.4.1", "The next hop does not answer in time, try again later");
		let_go(d, HOP_BROKEN);
		give_answer(d, &answer);
		break;
	case DELIVERY_DATA:
		message_failed(d, "4.4.2", "The next hop does not answer DATA");
		break;
	case DELIVERY_STREAM:
		if (sl_conn_pending(&d->hop->conn) == 0)	/* it waits for us, not we for it */
			enter(d, DELIVERY_STREAM, timers_of(d)->hop_data_ms);
		else
			message_failed(d, "4.4.2", "The next hop does not take the message");
		break;
	case DELIVERY_FINAL:
		message_failed(d, "4.4.2", "The next hop does not answer for the message");
		break;
	case DELIVERY_NONE:
	case DELIVERY_CONNECT:
	case DELIVERY_OPEN:
	case DELIVERY_ENDED:
		SL_UNREACHABLE("no timer runs in this state");
	}
}

void
delivery_abort(struct delivery *d)
{
	if (d->state == DELIVERY_ENVELOPE)
		drop_envelope(d);
	else
		let_go(d, d->state == DELIVERY_OPEN ? HOP_OPEN : HOP_BROKEN);
	sl_timer_clear(&d->chain_timer);
	enter(d, DELIVERY_ENDED, 0);
}
