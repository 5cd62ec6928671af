/* session.c - see session.h */

#include "session.h"

#include <stdio.h>
#include <unistd.h>

#include "io/tls.h"
#include "record.h"
#include "smtp/line.h"
#include "smtp/proxy.h"
#include "smtp/reply.h"

#define SESSION_MAGIC		0x5d5e5510u
#define COMMAND_LINE_MAX	2048	/* RFC 5321, 4.5.3.1.4 has 512; parameters and UTF-8 ask for more */
#define INPUT_WAITING_MAX	16384	/* commands sent ahead while an answer is awaited */
#define ARENA_CAP_BYTES		(512u << 10)	/* per transaction: 100 recipients and the classifiers */
#define REPLY_TEXT_MAX		1024
#define CLOSING_MS		5000	/* for the sender to take our last reply */
#define PROXY_MS		5000
#define SKIP_MS			10000	/* silence inside a message that is refused already */

/* What each state may be followed by. CLOSING and DEAD may follow any. */
static const unsigned may_follow[SESSION_STATE_COUNT] = {
	[SESSION_PROXY] = IN(GREETING) | IN(READY) | IN(TLS),
	[SESSION_GREETING] = IN(READY),
	[SESSION_TLS] = IN(READY) | IN(GREETING),
	[SESSION_READY] = IN(READY) | IN(MAIL) | IN(TLS),
	[SESSION_MAIL] = IN(MAIL) | IN(READY) | IN(AWAIT_RCPT) | IN(RCPT) | IN(TLS),
	[SESSION_AWAIT_RCPT] = IN(MAIL) | IN(RCPT),
	[SESSION_RCPT] = IN(RCPT) | IN(READY) | IN(AWAIT_RCPT) | IN(DATA) | IN(TLS),
	[SESSION_DATA] = IN(SKIP) | IN(AWAIT_VERDICT),
	[SESSION_SKIP] = IN(READY),
	[SESSION_AWAIT_VERDICT] = IN(AWAIT_VAULT) | IN(AWAIT_DELIVERY) | IN(AWAIT_CONSOLE) | IN(READY),
	[SESSION_AWAIT_VAULT] = IN(READY) | IN(AWAIT_DELIVERY) | IN(GONE),
	[SESSION_AWAIT_DELIVERY] = IN(READY) | IN(GONE),
	[SESSION_AWAIT_CONSOLE] = IN(READY),
	[SESSION_CLOSING] = IN(CLOSING),
	[SESSION_GONE] = 0,
	[SESSION_DEAD] = 0,
};

static void	session_greet(struct session *s);
static void	on_input(void *ctx);
static void	on_drained(void *ctx);
static void	on_ready(void *ctx, int result);
static void	on_broken(void *ctx);

static const struct sl_conn_events conn_events = { on_input, on_drained, on_ready, on_broken };

const char *
session_state_name(enum session_state state)
{
	static const char *const names[] = {
#define STATE_NAME(name, waits_for) #name,
		SESSION_STATES(STATE_NAME)
#undef STATE_NAME
	};

	return names[state];
}

const struct sl_settings *
session_settings(const struct session *s)
{
	return s->tx != NULL ? s->tx->snapshot->settings : s->listener_snapshot->settings;
}

int64_t
session_now_s(const struct session *s)
{
	const struct sl_clock *clock = s->edge->clock;

	return clock->wall_us(clock->ctx) / 1000000;
}

/* Nearly out of sessions: idle senders get less time (E3). */
static bool
under_stress(const struct session *s)
{
	return s->edge->sessions_len * 10ull >= session_settings(s)->limits.sessions * 9ull;
}

/* How long a state may wait for the sender; 0: somebody else's timer runs. */
static uint64_t
state_timeout_ms(const struct session *s, enum session_state state)
{
	const struct sl_timers *timers = &session_settings(s)->timers;

	switch (state) {
	case SESSION_GREETING:
		return timers->greeting_delay_ms;
	case SESSION_PROXY:
		return PROXY_MS;
	case SESSION_TLS:
	case SESSION_READY:
	case SESSION_MAIL:
	case SESSION_RCPT:
		return under_stress(s) ? timers->stress_command_ms : timers->command_ms;
	case SESSION_DATA:
		return under_stress(s) ? timers->stress_data_ms : timers->data_ms;
	case SESSION_SKIP:	/* a sender that ends its text in another way waits for us already */
		return SL_MIN(timers->data_ms, (unsigned)SKIP_MS);
	case SESSION_CLOSING:
		return CLOSING_MS;
	case SESSION_AWAIT_RCPT:
	case SESSION_AWAIT_VERDICT:
	case SESSION_AWAIT_VAULT:
	case SESSION_AWAIT_DELIVERY:
	case SESSION_AWAIT_CONSOLE:
	case SESSION_GONE:
	case SESSION_DEAD:
	case SESSION_STATE_COUNT:
		break;
	}
	return 0;
}

void
session_wait_again(struct session *s)
{
	uint64_t timeout_ms = state_timeout_ms(s, s->state);

	if (timeout_ms > 0)
		sl_timer_set(&s->timer, timeout_ms);
	else
		sl_timer_clear(&s->timer);
}

void
session_enter(struct session *s, enum session_state state)
{
	SL_ASSERT(state == SESSION_CLOSING || state == SESSION_DEAD ||
	    (may_follow[s->state] & 1u << state) != 0);
	if (sl_log_enabled(SL_LOG_DEBUG))
		sl_log(SL_LOG_DEBUG, "%s: %s > %s", s->id, session_state_name(s->state),
		    session_state_name(state));
	s->state = state;
	session_wait_again(s);
}

/* ---- replies ---- */

static void
write_reply(struct session *s, int code, const char *enhanced, const char *text)
{
	struct sl_buf reply, full;

	sl_buf_init(&reply, SL_SMTP_REPLY_MAX * 2);
	sl_buf_init(&full, REPLY_TEXT_MAX + 32);
	sl_buf_add_str(&full, text);
	if (s->tx != NULL)
		sl_buf_addf(&full, " [%s]", s->tx->id);
	sl_smtp_reply_write(&reply, code, enhanced, sl_buf_slice(&full));
	sl_conn_write(&s->conn, reply.data, reply.len);
	sl_buf_fini(&full);
	sl_buf_fini(&reply);
}

static void	session_refuse(struct session *s, enum sl_record_why why, int code, const char *enhanced, const char *format, ...)
    SL_PRINTF(5, 6);

/* One more reply that is the sender's own fault; too many end the session. */
void
session_fault(struct session *s)
{
	if (s->state == SESSION_CLOSING || s->state == SESSION_DEAD ||
	    ++s->errors < session_settings(s)->limits.errors)
		return;
	s->manners.ended_by_us = true;
	session_ends(s, "errors");
	if (s->tx == NULL && s->manners.mails == 0) {	/* not a mail server, most times */
		session_refuse(s, SL_RECORD_WHY_ERRORS, 421, "4.7.0", "Too many errors in this session");
		return;
	}
	write_reply(s, 421, "4.7.0", "Too many errors in this session");
	session_close(s);
}

/* Before any mail: who asks about it has the session's id, and finds the record by it. Closes the session. */
static void
session_refuse(struct session *s, enum sl_record_why why, int code, const char *enhanced, const char *format, ...)
{
	struct answer answer;
	va_list ap;

	va_start(ap, format);
	answer_vset(&answer, code, enhanced, format, ap);
	va_end(ap);
	SL_ASSERT(code == 421 && s->tx == NULL);
	record_session_refused(s, why, &answer);
	session_reply(s, code, enhanced, "%s [%s]", answer.text, s->id);
}

/* A reply of our own; 421 closes the session. */
void
session_reply(struct session *s, int code, const char *enhanced, const char *format, ...)
{
	char text[REPLY_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	write_reply(s, code, enhanced, text);
	s->manners.bad_commands += code >= 500 && code <= 504;
	if (code == 421) {
		s->manners.ended_by_us = true;
		session_close(s);
	}
	if (code >= 500)
		session_fault(s);
}

void
session_reply_answer(struct session *s, const struct answer *answer)
{
	write_reply(s, answer->code, answer->enhanced, answer->text);
}

/* ---- life cycle ---- */

void
transaction_new(struct session *s)
{
	struct edge *edge = s->edge;
	struct transaction *tx = sl_xzalloc(sizeof(*tx));

	SL_ASSERT(s->tx == NULL);
	s->tx = tx;
	edge_make_id(tx->id);
	sl_arena_init(&tx->arena, ARENA_CAP_BYTES);
	tx->directory = directory_ref(edge->directory);
	tx->snapshot = directory_settings(tx->directory);
	tx->mail_us = sl_loop_now_us(edge->loop);
	tx->burst = 1;
	delivery_init(&tx->delivery, s, &tx->arena);
	action_init(&tx->action, s, &tx->arena);
	judge_init(&tx->judge, s, edge);
	keeping_init(&tx->keeping, edge->keeper, s);
	authentication_init(&tx->authentication, s);
}

void
transaction_end(struct session *s, const char *outcome)
{
	struct transaction *tx = s->tx;

	if (tx == NULL)
		return;
	tx->done_us = sl_loop_now_us(s->edge->loop);
	if (tx->asking != NULL)
		refusals_add(&tx->refusals, &tx->arena, &(struct refusal){ .why = SL_RECORD_WHY_UNANSWERED,
		    .mailbox = tx->asking->mailbox, .tenant = tx->tenant->name }, NULL);
	record_transaction(s, tx->outcome != NULL ? tx->outcome : outcome);
	delivery_abort(&tx->delivery);
	action_abort(&tx->action);
	judge_abort(&tx->judge);
	demands_abort(&tx->demands);
	keeping_abort(&tx->keeping);
	authentication_abort(&tx->authentication);
	message_clear(&tx->message);
	sl_chunk_unref(&tx->chunk);
	classes_fini(&tx->classes);
	sl_arena_fini(&tx->arena);
	directory_unref(&tx->directory);
	sl_timer_clear(&s->rate_timer);
	s->tx = NULL;
	sl_free(tx);
}

void
session_ends(struct session *s, const char *how)
{
	if (s->tx != NULL && s->tx->ended == NULL)
		s->tx->ended = how;
}

void
session_abort(struct session *s, const char *outcome)
{
	const struct transaction *tx = s->tx;

	if (tx == NULL)
		return;
	/* The next hop, or the vault, has all of it and has not answered: what becomes of it is not known. What was
	 * decided before the sender left is counted as that, not as his leaving. */
	if (delivery_dot_is_sent(&tx->delivery) || keeping_is_sent(&tx->keeping)) {
		s->edge->stats->uncertain++;
		outcome = "uncertain";
	} else if (tx->outcome == NULL && tx->recipients_tried > 0) {
		s->edge->stats->aborted++;
	}
	transaction_end(s, outcome);
}

/* Free at the end of the turn: somebody further up the stack may still look at it. */
void
session_end(struct session *s)
{
	if (s->state == SESSION_DEAD)
		return;
	session_abort(s, "aborted");
	memory_session_end(s);
	sl_conn_close(&s->conn, false);
	sl_timer_clear(&s->rate_timer);
	session_enter(s, SESSION_DEAD);
	s->next_dead = s->edge->dead_sessions;
	s->edge->dead_sessions = s;
}

static void
session_free(struct session *s)
{
	struct edge *edge = s->edge;

	SL_CHECK(s, SESSION_MAGIC);
	if (s->counted)
		source_leave(edge, &s->client);
	if (s->previous != NULL)
		s->previous->next = s->next;
	else
		edge->sessions = s->next;
	if (s->next != NULL)
		s->next->previous = s->previous;
	edge->sessions_len--;
	edge->stats->sessions_open = edge->sessions_len;
	sl_buf_fini(&s->input);
	sl_free(s->helo);
	snapshot_unref(&s->listener_snapshot);
	s->magic = 0;
	sl_free(s);
}

void
sessions_sweep(struct edge *edge)
{
	struct session *s;

	while ((s = edge->dead_sessions) != NULL) {
		edge->dead_sessions = s->next_dead;
		session_free(s);
	}
}

/* Close once the sender has our last reply. With input unread, an immediate close would send a reset
 * that can destroy that reply on its way: then we read on for a while and drop what comes. */
void
session_close(struct session *s)
{
	session_ends(s, "closed");
	session_abort(s, "aborted");
	if (s->state != SESSION_CLOSING)
		session_enter(s, SESSION_CLOSING);
	sl_conn_flush(&s->conn);
	if (!sl_conn_is_open(&s->conn)) {
		session_end(s);
		return;
	}
	if (sl_conn_pending(&s->conn) == 0)
		sl_conn_shutdown(&s->conn);
	sl_conn_want_input(&s->conn, true);
}

void
session_client_gone(struct session *s)
{
	/* Once the final dot has gone to the next hop, or all of it to the vault, the answer is awaited all the same:
	 * the record must tell what became of the message. */
	if ((s->state == SESSION_AWAIT_DELIVERY && delivery_dot_is_sent(&s->tx->delivery)) ||
	    (s->state == SESSION_AWAIT_VAULT && keeping_is_sent(&s->tx->keeping))) {
		sl_conn_close(&s->conn, false);
		session_enter(s, SESSION_GONE);
		return;
	}
	session_end(s);
}

/* ---- accept, greet ---- */

static bool
speaks_proxy(const struct session *s)
{
	return sl_network_has(s->listener->proxy_from, s->listener->proxy_from_len,
	    (const struct sockaddr *)&s->peer);
}

/* The sender's address is known: may it have a session? */
static bool
session_admit(struct session *s)
{
	address_text(&s->client, s->client_text);
	if (!source_enter(s->edge, &s->client)) {
		s->edge->stats->sessions_refused++;
		session_refuse(s, SL_RECORD_WHY_SOURCE, 421, "4.7.0", "%s Too many connections from %s",
		    session_settings(s)->hostname, s->client_text);
		return false;
	}
	s->counted = !address_is_loopback(&s->client);
	return true;
}

static void
session_admitted(struct session *s)
{
	if (s->listener->tls == SL_LISTENER_TLS_IMPLICIT && s->conn.ssl == NULL) {
		session_enter(s, SESSION_TLS);
		sl_conn_start_tls(&s->conn, SSL_new(s->listener_snapshot->server_tls), true);
	} else if (session_settings(s)->timers.greeting_delay_ms > 0) {
		session_enter(s, SESSION_GREETING);
		sl_conn_want_input(&s->conn, true);
	} else {
		session_greet(s);
	}
}

static void
session_greet(struct session *s)
{
	session_reply(s, 220, NULL, "%s ESMTP", session_settings(s)->hostname);
	session_enter(s, SESSION_READY);
	sl_conn_flush(&s->conn);
	sl_conn_want_input(&s->conn, true);
}

static void	on_timer(void *ctx);
static void	on_rate_timer(void *ctx);

void
session_new(struct edge *edge, int fd, const struct sockaddr_storage *peer,
    const struct sl_listener *listener, struct snapshot *snapshot)
{
	struct session *s = sl_xzalloc(sizeof(*s));
	const struct sl_settings *settings = snapshot->settings;

	s->magic = SESSION_MAGIC;
	s->edge = edge;
	s->listener = listener;
	s->listener_snapshot = snapshot_ref(snapshot);
	s->peer = s->client = *peer;
	edge_make_id(s->id);
	sl_buf_init(&s->input, INPUT_WAITING_MAX + EDGE_SCRATCH_BYTES);
	sl_conn_init(&s->conn, edge->loop, edge->chunks, fd, &conn_events, s);
	sl_timer_init(&s->timer, edge->loop, on_timer, s);
	sl_timer_init(&s->rate_timer, edge->loop, on_rate_timer, s);
	s->next = edge->sessions;
	if (s->next != NULL)
		s->next->previous = s;
	edge->sessions = s;
	edge->stats->sessions++;
	edge->stats->sessions_open = ++edge->sessions_len;
	s->state = SESSION_PROXY;
	if (edge->sessions_len > settings->limits.sessions || edge->stopping) {
		/* At connect, so that a sender goes to the next MX (P31). */
		edge->stats->sessions_refused++;
		address_text(&s->client, s->client_text);	/* a balancer's, if there is one: it is not heard any more */
		session_refuse(s, edge->stopping ? SL_RECORD_WHY_STOPPING : SL_RECORD_WHY_BUSY, 421, "4.3.2",
		    "%s Too busy, try another server or later", settings->hostname);
	} else if (speaks_proxy(s)) {
		sl_timer_set(&s->timer, PROXY_MS);
		sl_conn_want_input(&s->conn, true);
	} else if (session_admit(s)) {
		session_admitted(s);
	}
}

/* The balancer's header: whom it speaks for. Anything else is closed without a word. Taken from the
 * socket to its last byte and no further: what follows belongs to a TLS handshake, or comes before
 * the greeting. */
static void
proxy_input(struct session *s)
{
	struct sl_smtp_proxy proxy;
	struct iovec v = { s->edge->scratch, SL_SMTP_PROXY_MAX };
	size_t had = s->input.len, used = 0;
	ssize_t n = sl_conn_peek(&s->conn, v.iov_base, v.iov_len);
	int r;

	if (n == 0)
		return;
	if (n < 0) {
		session_end(s);
		return;
	}
	sl_buf_add(&s->input, v.iov_base, (size_t)n);
	r = sl_smtp_proxy_parse(sl_buf_slice(&s->input), &proxy, &used);
	if (r < 0) {
		sl_log(SL_LOG_WARNING, "%s: a balancer's PROXY header is not valid: %s", s->id,
		    sl_strerror(r));
		session_end(s);
		return;
	}
	v.iov_len = r == SL_DONE ? used - had : (size_t)n;
	if (sl_conn_read(&s->conn, &v, 1) != (ssize_t)v.iov_len) {
		session_end(s);		/* cannot be: the bytes were there */
		return;
	}
	if (r == SL_MORE)
		return;
	sl_buf_fini(&s->input);
	if (!proxy.local)
		s->client = proxy.source;
	if (session_admit(s))
		session_admitted(s);
}

/* ---- input ---- */

/* Pass over a refused line up to its LF: its tail must not become a command. */
static size_t
skip_line(struct session *s, struct sl_slice in)
{
	const unsigned char *lf = memchr(in.ptr, '\n', in.len);

	s->skip_line = lf == NULL;
	return lf == NULL ? in.len : (size_t)(lf - in.ptr) + 1;
}

/* One command line from the front of what has come; returns the bytes used, 0 for "not yet". */
static size_t
command_line(struct session *s, struct sl_slice in)
{
	struct sl_slice line;
	size_t used = 0;
	int r;

	if (s->skip_line)
		return skip_line(s, in);
	r = sl_smtp_line(in, COMMAND_LINE_MAX, &line, &used);
	s->skip_line = r < 0 && in.ptr[used - 1] != '\n';
	switch (r) {
	case SL_MORE:
		return 0;
	case SL_DONE:
		session_command(s, line);
		return used;
	case SL_ERR_TOO_LONG:
		session_reply(s, 500, "5.5.2", "Line too long");
		break;
	case SL_ERR_BARE_LF:
		session_reply(s, 500, "5.5.2", "bare <LF> received: lines end in CRLF");
		break;
	case SL_ERR_BARE_CR:
		session_reply(s, 500, "5.5.2", "bare <CR> received: lines end in CRLF");
		break;
	default:
		session_reply(s, 500, "5.5.2", "A NUL byte is not allowed");
	}
	return used;
}

/* Act on what has come as far as the state allows. Returns the bytes used. */
static size_t
consume(struct session *s, struct sl_slice in)
{
	size_t used = 0, n;

	do {
		struct sl_slice rest = sl_slice_from(in, used);

		n = 0;
		if (s->edge->stopping)
			session_stop(s);	/* one that finished its transaction meanwhile */
		if (rest.len == 0)
			break;
		s->manners.pipelined_early += s->manners.must_wait;	/* more than it may send came with it */
		s->manners.must_wait = false;
		if ((IN_COMMANDS & 1u << s->state) != 0)
			n = command_line(s, rest);
		else if (s->state == SESSION_DATA || s->state == SESSION_SKIP)
			n = transfer_bytes(s, rest);
		else if (s->state == SESSION_CLOSING || s->state == SESSION_DEAD)
			n = rest.len;		/* nothing more is heard */
		used += n;
	} while (n > 0);
	s->manners.must_wait = false;
	return used;
}

/* STARTTLS was answered: TLS begins now, and plain bytes sent ahead of it are an attack
 * (RFC 3207, 4.2; CVE-2011-0411). */
static void
start_tls(struct session *s, bool sent_ahead)
{
	if (sent_ahead) {
		session_refuse(s, SL_RECORD_WHY_SENT_AHEAD, 421, "4.7.0", "Commands were sent ahead of TLS: closing");
		return;
	}
	session_reply(s, 220, "2.0.0", "Ready to start TLS");
	sl_conn_flush(&s->conn);
	if (sl_conn_pending(&s->conn) > 0 || !sl_conn_is_open(&s->conn)) {
		session_end(s);		/* it does not even take 30 bytes */
		return;
	}
	sl_conn_start_tls(&s->conn, SSL_new(s->listener_snapshot->server_tls), true);
}

/* Act on the waiting input, then on `fresh` behind it; keep what is left. */
static void
take_input(struct session *s, struct sl_slice fresh)
{
	size_t used;
	bool waited;

	if (s->input.len > 0) {
		sl_buf_add_slice(&s->input, fresh);
		used = consume(s, sl_buf_slice(&s->input));
		sl_buf_consume(&s->input, SL_MIN(used, s->input.len));
		if (s->input.len == 0)
			sl_buf_fini(&s->input);
	} else {
		used = consume(s, fresh);
		sl_buf_add_slice(&s->input, sl_slice_from(fresh, used));
	}
	if (s->state == SESSION_TLS && s->conn.ssl == NULL)
		start_tls(s, s->input.len > 0);
	if (s->state == SESSION_DEAD || s->state == SESSION_GONE)
		return;
	if (s->input.overflow)		/* only somebody who waits for no reply sends so much ahead */
		session_reply(s, 421, "4.3.0", "Too much was sent ahead of our replies");
	if (s->edge->stopping)
		session_stop(s);
	if (s->state == SESSION_CLOSING)
		sl_buf_fini(&s->input);
	/* What waits is bounded: beyond that the sender is not read. */
	if ((IN_COMMANDS & 1u << s->state) != 0)
		sl_conn_want_input(&s->conn, true);
	else if (s->input.len >= INPUT_WAITING_MAX)
		sl_conn_want_input(&s->conn, false);
	waited = sl_conn_pending(&s->conn) > 0;
	sl_conn_flush(&s->conn);
	if (waited && sl_conn_pending(&s->conn) == 0)
		on_drained(s);		/* it does not come of what was written here */
}

void
session_resume(struct session *s)
{
	take_input(s, sl_slice(NULL, 0));
}

/* A sender that talks before it is greeted is no mail server. */
static void
early_talker(struct session *s)
{
	s->edge->stats->sessions_refused++;
	memory_early_talker(s);
	session_refuse(s, SL_RECORD_WHY_EARLY_TALKER, 421, "4.7.0", "You spoke before the greeting");
}

static void
on_input(void *ctx)
{
	struct session *s = ctx;
	struct iovec v = { s->edge->scratch, EDGE_SCRATCH_BYTES };
	ssize_t n;

	SL_CHECK(s, SESSION_MAGIC);
	if (s->state == SESSION_DEAD)
		return;
	if (s->state == SESSION_PROXY) {
		proxy_input(s);
		return;
	}
	if ((s->state == SESSION_DATA || s->state == SESSION_SKIP) && s->input.len == 0) {
		transfer_input(s);
		return;
	}
	n = sl_conn_read(&s->conn, &v, 1);
	if (n == 0)
		return;
	if (n < 0)
		session_client_gone(s);
	else if (s->state == SESSION_GREETING)
		early_talker(s);
	else
		take_input(s, sl_slice(s->edge->scratch, (size_t)n));
}

static void
on_drained(void *ctx)
{
	struct session *s = ctx;

	if (s->state == SESSION_CLOSING)
		sl_conn_shutdown(&s->conn);
}

static void
on_broken(void *ctx)
{
	session_client_gone(ctx);
}

/* The TLS handshake ended: nothing from before it counts (RFC 3207, 4.2). */
static void
on_ready(void *ctx, int result)
{
	struct session *s = ctx;

	if (result != 0) {
		sl_log(SL_LOG_DEBUG, "%s: TLS handshake with %s failed", s->id, s->client_text);
		if (s->manners.mails == 0)
			record_session_refused(s, SL_RECORD_WHY_TLS_FAILED, NULL);
		session_end(s);
		return;
	}
	s->edge->stats->tls_sessions++;
	if (s->listener->tls == SL_LISTENER_TLS_IMPLICIT) {
		session_admitted(s);
		return;
	}
	sl_free(s->helo);
	s->helo = NULL;
	session_enter(s, SESSION_READY);
	sl_conn_want_input(&s->conn, true);
}

/* ---- timers ---- */

static void
on_timer(void *ctx)
{
	struct session *s = ctx;

	SL_CHECK(s, SESSION_MAGIC);
	switch (s->state) {
	case SESSION_GREETING:
		session_greet(s);
		break;
	case SESSION_READY:
	case SESSION_MAIL:
	case SESSION_RCPT:
		session_ends(s, "timeout");
		session_reply(s, 421, "4.4.2", "%s Timeout waiting for a command",
		    session_settings(s)->hostname);
		break;
	case SESSION_DATA:
	case SESSION_SKIP:
		transfer_timeout(s);
		break;
	case SESSION_PROXY:
	case SESSION_TLS:
	case SESSION_CLOSING:
		session_end(s);
		break;
	case SESSION_AWAIT_RCPT:
	case SESSION_AWAIT_VERDICT:
	case SESSION_AWAIT_VAULT:
	case SESSION_AWAIT_DELIVERY:
	case SESSION_AWAIT_CONSOLE:
	case SESSION_GONE:
	case SESSION_DEAD:
	case SESSION_STATE_COUNT:
		SL_UNREACHABLE("no timer runs in this state");
	}
}

/* Once a minute: a sender that trickles holds a session for hours. Silence is what `timers.data` is
 * for; a message's beginning may be slow; and where we did not read, for a slow next hop, that is
 * not held against the sender. */
static void
on_rate_timer(void *ctx)
{
	struct session *s = ctx;
	struct transaction *tx = s->tx;
	uint64_t least = session_settings(s)->limits.data_rate_bytes_per_min, grown;

	if (tx == NULL || (s->state != SESSION_DATA && s->state != SESSION_SKIP))
		return;
	grown = tx->message.wire_bytes - tx->rate_bytes;
	if (!tx->paused && tx->rate_bytes > 0 && grown > 0 && grown < least) {
		transfer_too_slow(s);
		return;
	}
	tx->paused = !s->conn.reading;
	tx->rate_bytes = tx->message.wire_bytes;
	sl_timer_set(&s->rate_timer, 60000);
}

void
session_stop(struct session *s)
{
	if ((IN_COMMANDS & 1u << s->state) != 0 && s->tx == NULL)
		session_reply(s, 421, "4.3.2", "%s Service is stopping",
		    session_settings(s)->hostname);
	else if (s->state == SESSION_PROXY || s->state == SESSION_GREETING || s->state == SESSION_TLS)
		session_end(s);
}
