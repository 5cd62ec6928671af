/* send.c - see send.h */

#include "courier/send.h"

#include "io/tls.h"

#define SEND_MAGIC	0x5e2d5e2du
#define MINUTE_MS	60000u

struct sl_send {
	unsigned		 magic;
	struct sl_send_job	 job;
	struct sl_conn		 conn;
	struct sl_timer		 timer;		/* deadline; when it is over: to say so from the loop */
	struct sl_talk_mail	 mail;
	struct sl_talk		*talk;
	struct sl_tls_follow	 follow;
	struct sl_last		*last;		/* NULL: the dot has not left, or the talk says it */
	struct sl_buf		 text;		/* what mail points at */
	struct sl_buf		 body;		/* the next piece; stored mail, whole */
	size_t			 body_at;
	bool			 body_ended;	/* the source has no more */
	bool			 body_begun;
	bool			 connected;
	bool			 reached;	/* a next hop has said something, ... */
	bool			 heard;		/* ... and this one */
	bool			 moving;	/* to the next one of `hops`; `over` meanwhile */
	bool			 stopping;
	bool			 lent;
	bool			 over;
	size_t			 hop, hops_len;	/* where we are among ... */
	struct send_hop {
		struct sockaddr_storage	 address;
		socklen_t		 address_len;
		const char		*host;
	}			*hops;
	int			 result;
};

static void	pump(struct sl_send *send);
static void	lost(struct sl_send *send, const char *why);
static void	on_deadline(void *ctx);
static void	on_input(void *ctx);
static void	on_drained(void *ctx);
static void	on_ready(void *ctx, int result);
static void	on_broken(void *ctx);

static const struct sl_conn_events events = { on_input, on_drained, on_ready, on_broken };

static unsigned
or_default(unsigned ms, unsigned minutes)
{
	return ms != 0 ? ms : minutes * MINUTE_MS;
}

/* ---- the end ---- */

static void
on_over(void *ctx)
{
	struct sl_send *send = ctx;

	send->job.done(send->job.ctx, send, send->result);
}

static void
on_no_socket(void *ctx)
{
	lost(ctx, "no connection could be made");
}

static void
connect_hop(struct sl_send *send)
{
	const struct send_hop *hop = &send->hops[send->hop];

	send->connected = send->heard = false;
	send->follow = (struct sl_tls_follow){ 0 };
	if (sl_conn_connect(&send->conn, send->job.loop, send->job.pool, (const struct sockaddr *)&hop->address,
	    hop->address_len, &events, send) != 0) {
		sl_timer_init(&send->timer, send->job.loop, on_no_socket, send);
		sl_timer_set(&send->timer, 0);
		return;
	}
	sl_timer_init(&send->timer, send->job.loop, on_deadline, send);
	sl_timer_set(&send->timer, or_default(send->job.connect_ms, 1));
}

static void
on_move(void *ctx)
{
	struct sl_send *send = ctx;

	send->moving = send->over = false;
	send->hop++;
	sl_talk_free(&send->talk);
	send->talk = sl_talk_new(&send->mail);
	connect_hop(send);
}

/* It was the server, not the mail, and nothing of the message has been given away: is there another? */
static bool
try_another(struct sl_send *send, const struct sl_queue_said *said, size_t len)
{
	if (send->stopping || send->body_begun || sl_talk_dot_left(send->talk) || send->hop + 1 >= send->hops_len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (said[i].code != 0)
			return false;
	send->moving = send->over = true;
	sl_conn_close(&send->conn, false);
	sl_timer_clear(&send->timer);
	sl_timer_init(&send->timer, send->job.loop, on_move, send);
	sl_timer_set(&send->timer, 0);
	return true;
}

/* Record what was said. */
static void
finish(struct sl_send *send)
{
	size_t len;
	const struct sl_queue_said *said = sl_talk_said(send->talk, &len);

	if (send->over)
		return;
	if (!send->heard && !send->stopping && !send->body_begun && send->job.tried != NULL)
		send->job.tried(send->job.ctx, send->hop, false, len > 0 ? said[0].reply : sl_slice(NULL, 0));
	if (try_another(send, said, len))
		return;
	send->over = true;
	send->result = sl_queue_answer(send->job.queue, send->job.id, said, len,
	    sl_loop_clock(send->job.loop)->wall_us(sl_loop_clock(send->job.loop)->ctx));
	if (sl_talk_out(send->talk)->len > 0 && sl_conn_is_open(&send->conn)) {	/* QUIT, as a courtesy */
		sl_conn_write(&send->conn, sl_talk_out(send->talk)->data, sl_talk_out(send->talk)->len);
		sl_conn_flush(&send->conn);
	}
	/* What was not ended with a dot must not look as if it were all. */
	sl_conn_close(&send->conn, sl_talk_out(send->talk)->len == 0);
	sl_timer_clear(&send->timer);
	sl_timer_init(&send->timer, send->job.loop, on_over, send);
	sl_timer_set(&send->timer, 0);
}

static void
lost(struct sl_send *send, const char *why)
{
	if (send->over)
		return;
	sl_talk_lost(send->talk, why);
	finish(send);
}

/* ---- what happens to the connection ---- */

static void
on_deadline(void *ctx)
{
	struct sl_send *send = ctx;

	lost(send, send->connected ? "the next hop did not answer in time" : "no connection in time");
}

static void
deadline(struct sl_send *send)
{
	unsigned ms = or_default(send->job.reply_ms, 5);

	if (sl_talk_wants(send->talk) == SL_TALK_BODY || sl_talk_wants(send->talk) == SL_TALK_FINAL)
		ms = or_default(send->job.data_ms, 3);
	else if (sl_talk_dot_left(send->talk))
		ms = or_default(send->job.final_ms, 10);
	sl_timer_set(&send->timer, ms);
}

static void
on_ready(void *ctx, int result)
{
	struct sl_send *send = ctx;

	if (send->over)
		return;
	if (!send->connected) {
		if (result != 0) {
			lost(send, result == SL_ERR_REFUSED ? "connection refused" : "no connection could be made");
			return;
		}
		send->connected = true;
	} else {
		sl_talk_tls_done(send->talk, result == 0);
	}
	sl_conn_want_input(&send->conn, true);
	pump(send);
}

/* Take what it has said. False: nothing, or it is gone (then this is over). */
static bool
take_input(struct sl_send *send)
{
	unsigned char bytes[4096];
	struct iovec v = { bytes, sizeof(bytes) };
	ssize_t n = sl_conn_read(&send->conn, &v, 1);

	if (n < 0)
		lost(send, "the connection was lost");
	if (n <= 0)
		return false;
	if (!send->heard && send->job.tried != NULL)
		send->job.tried(send->job.ctx, send->hop, true, sl_slice(NULL, 0));
	send->reached = send->heard = true;
	sl_talk_feed(send->talk, sl_slice(bytes, (size_t)n));
	return true;
}

static void
on_input(void *ctx)
{
	struct sl_send *send = ctx;

	if (!send->over && take_input(send))
		pump(send);
}

static void
on_drained(void *ctx)
{
	struct sl_send *send = ctx;

	if (!send->over)
		pump(send);
}

static void
on_broken(void *ctx)
{
	/* Perhaps it said why before it went: that is read first, and then its end. */
	struct sl_send *send = ctx;

	if (!send->over && sl_talk_wants(send->talk) != SL_TALK_READ)
		lost(send, "the connection was lost");
}

/* ---- what is wanted next ---- */

static void
write_out(struct sl_send *send)
{
	struct sl_buf *out = sl_talk_out(send->talk);

	if (out->len == 0)
		return;
	sl_conn_write(&send->conn, out->data, out->len);
	sl_buf_reset(out);
	sl_conn_flush(&send->conn);
}

/* The next piece of the message. False: nothing can be given now. */
static bool
give_body(struct sl_send *send)
{
	struct sl_slice piece;
	int r;

	if (sl_conn_pending(&send->conn) >= SL_SEND_QUEUE)
		return false;
	send->body_begun = true;
	if (send->body_at == send->body.len && !send->body_ended) {
		sl_buf_reset(&send->body);
		send->body_at = 0;
		r = send->job.source(send->job.ctx, &send->body);
		if (r < 0 || send->body.overflow) {
			lost(send, "the message could not be read");
			return false;
		}
		send->body_ended = r == SL_DONE;
		if (r == SL_MORE && send->body.len == 0)
			return false;		/* sl_send_wake follows */
	}
	piece = sl_slice_from(sl_buf_slice(&send->body), send->body_at);
	piece.len = SL_MIN(piece.len, (size_t)SL_SEND_PIECE);
	if (piece.len > 0)
		sl_talk_body(send->talk, piece);
	send->body_at += piece.len;
	if (send->body_ended && send->body_at == send->body.len && sl_talk_wants(send->talk) == SL_TALK_BODY)
		sl_talk_body_end(send->talk);
	return true;
}

static void
start_tls(struct sl_send *send)
{
	SSL *ssl;

	if (sl_conn_pending(&send->conn) > 0)
		return;		/* when it has drained */
	ssl = send->job.tls_context == NULL ? NULL :
	    sl_tls_client_session(send->job.tls_context, send->hops[send->hop].host, send->job.verify);
	if (ssl == NULL) {
		lost(send, "TLS could not be begun");
		return;
	}
	sl_tls_follow(ssl, &send->follow);
	sl_conn_start_tls(&send->conn, ssl, false);
}

static void
on_last(void *ctx, int result)
{
	struct sl_send *send = ctx;

	send->over = true;
	send->result = result;
	on_over(send);
}

/* From here on the connection is last.h's. */
static void
hand_over(struct sl_send *send, const struct sl_last_state *state)
{
	const struct sl_last_job job = { .loop = send->job.loop, .queue = send->job.queue, .id = send->job.id, .state = state,
		.fd = sl_conn_release(&send->conn), .final_ms = send->job.final_ms, .done = on_last, .ctx = send };

	sl_timer_clear(&send->timer);
	send->last = sl_last_new(&job);
}

/* What a successor needs; SL_ERR_UNSUPPORTED: there can be none. */
static int
last_state(struct sl_send *send, struct sl_last_state *state)
{
	struct sl_buf dot;
	int r = SL_ERR_UNSUPPORTED;

	sl_buf_init(&dot, SL_LAST_TEXT_MAX);
	if (sl_talk_dot_text(send->talk, &dot))
		r = sl_last_state(&send->conn, &send->follow, sl_buf_slice(&dot), state);
	sl_buf_fini(&dot);
	return r;
}

/* The point of no return: what is lent and recorded here is so before the dot can leave. Has the next hop gone, or said something, while it
 * was given the message? Then that comes first: it saves a doubt. False: it is not to be said yet, or not by us. */
static bool
final(struct sl_send *send)
{
	struct sl_last_state state = { 0 };
	const struct sl_queue_said *said;
	size_t len;
	int r;

	if (take_input(send) || send->over)
		return true;
	if (sl_conn_pending(&send->conn) > 0)
		return false;		/* when all is in the kernel */
	r = last_state(send, &state);
	if (r != 0 && r != SL_ERR_UNSUPPORTED) {
		lost(send, "TLS with the next hop failed");
		return false;
	}
	if (r == 0 && send->job.lend != NULL) {
		send->job.lend(send->job.ctx, send->conn.fd, &state);
		send->lent = true;
	}
	said = sl_talk_said(send->talk, &len);
	if (sl_queue_final(send->job.queue, send->job.id, said, len) != 0)
		lost(send, "it could not be recorded that it is being sent");
	else if (r == 0)
		hand_over(send, &state);
	else
		sl_talk_dot(send->talk);
	sl_zero(&state, sizeof(state));
	return send->last == NULL;
}

static void
pump(struct sl_send *send)
{
	bool on = true;

	while (on && !send->over) {
		write_out(send);
		if (send->over)
			return;
		if (send->conn.failed && sl_talk_wants(send->talk) != SL_TALK_READ) {
			lost(send, "the connection was lost");	/* and writes go nowhere: the dot must not seem to have left */
			return;
		}
		switch (sl_talk_wants(send->talk)) {
		case SL_TALK_READ:
			on = false;
			break;
		case SL_TALK_START_TLS:
			start_tls(send);
			on = false;
			break;
		case SL_TALK_BODY:
			on = give_body(send);
			break;
		case SL_TALK_FINAL:
			on = final(send);
			break;
		case SL_TALK_DONE:
			finish(send);
			return;
		}
	}
	if (!send->over && send->last == NULL)
		deadline(send);
}

/* ---- life ---- */

/* The entry is borrowed from the queue: what the talk needs of it is copied. */
static void
copy_entry(struct sl_send *send, const struct sl_queue_entry *e)
{
	struct sl_queue_rcpt *rcpts = sl_xzalloc(SL_MAX(e->rcpts_len, (size_t)1) * sizeof(*rcpts));
	size_t at = e->sender.len;

	sl_buf_add_slice(&send->text, e->sender);
	for (size_t i = 0; i < e->rcpts_len; i++)
		sl_buf_add_slice(&send->text, e->rcpts[i].mailbox);
	sl_buf_add_byte(&send->text, 0);
	SL_ASSERT(!send->text.overflow);
	for (size_t i = 0; i < e->rcpts_len; i++) {
		rcpts[i] = (struct sl_queue_rcpt){ sl_slice(send->text.data + at, e->rcpts[i].mailbox.len),
			e->rcpts[i].state, 0, { NULL, 0 } };
		at += e->rcpts[i].mailbox.len;
	}
	send->mail = (struct sl_talk_mail){ send->job.name, sl_slice(send->text.data, e->sender.len), rcpts, e->rcpts_len,
		send->job.source == NULL ? e->bytes : send->job.bytes, send->job.is_8bit, send->job.smtputf8, send->job.tls };
}

static void
copy_hops(struct sl_send *send, const struct sl_send_job *job)
{
	SL_ASSERT(job->others_len <= SL_SEND_HOPS_MAX);
	send->hops_len = 1 + job->others_len;
	send->hops = sl_xzalloc(send->hops_len * sizeof(*send->hops));
	for (size_t i = 0; i < send->hops_len; i++) {
		struct sl_send_hop hop = i == 0 ? (struct sl_send_hop){ job->address, job->address_len, job->host } : job->others[i - 1];

		SL_ASSERT(hop.address_len <= sizeof(send->hops[i].address));
		memcpy(&send->hops[i].address, hop.address, hop.address_len);
		send->hops[i].address_len = hop.address_len;
		send->hops[i].host = hop.host;
	}
	send->job.others = NULL;
	send->job.address = NULL;
}

static int
add_stored(void *ctx, struct sl_slice bytes)
{
	struct sl_buf *body = ctx;

	sl_buf_add_slice(body, bytes);
	return body->overflow ? SL_ERR_FULL : 0;
}

static void
destroy(struct sl_send *send)
{
	sl_timer_clear(&send->timer);
	sl_talk_free(&send->talk);
	sl_free((void *)(uintptr_t)send->mail.rcpts);
	sl_free(send->hops);
	sl_buf_fini(&send->text);
	sl_buf_fini(&send->body);
}

int
sl_send_new(const struct sl_send_job *job, struct sl_send **send_out)
{
	const struct sl_queue_entry *e;
	const struct sl_clock *clock = sl_loop_clock(job->loop);
	struct sl_send *send;
	int r = sl_queue_claim(job->queue, job->id, clock->wall_us(clock->ctx));

	*send_out = NULL;
	if (r != 0 || (r = sl_queue_get(job->queue, job->id, &e)) != 0)
		return r;
	send = sl_xzalloc(sizeof(*send));
	send->magic = SEND_MAGIC;
	send->job = *job;
	send->conn.fd = -1;
	sl_buf_init(&send->text, 4u << 20);
	sl_buf_init(&send->body, job->source == NULL ? SIZE_MAX / 2 : SL_SEND_PIECE);
	copy_entry(send, e);
	copy_hops(send, job);
	send->talk = sl_talk_new(&send->mail);
	sl_timer_init(&send->timer, job->loop, on_deadline, send);
	*send_out = send;
	if (job->source == NULL) {
		send->body_ended = true;
		if ((r = sl_queue_read(job->queue, job->id, add_stored, &send->body)) != 0) {
			send->body_begun = true;	/* no other next hop would help */
			lost(send, "the message could not be read");
			return 0;
		}
	}
	connect_hop(send);
	return 0;
}

void
sl_send_wake(struct sl_send *send)
{
	SL_CHECK(send, SEND_MAGIC);
	if (!send->over && send->connected && send->last == NULL)
		pump(send);
}

bool
sl_send_is_last(const struct sl_send *send)
{
	SL_CHECK(send, SEND_MAGIC);
	return !send->over && (send->last != NULL || sl_talk_dot_left(send->talk));
}

bool
sl_send_reached(const struct sl_send *send)
{
	SL_CHECK(send, SEND_MAGIC);
	return send->reached;
}

/* One whose dot may have left. */
static void
leave(struct sl_send *send)
{
	const struct sl_clock *clock = sl_loop_clock(send->job.loop);

	if (!send->over && !send->lent)
		send->result = sl_last_lose(send->job.queue, send->job.id, "the courier stops", clock->wall_us(clock->ctx));
	sl_last_free(&send->last);
}

void
sl_send_free(struct sl_send **send)
{
	if (*send != NULL) {
		SL_CHECK(*send, SEND_MAGIC);
		(*send)->stopping = true;
		if ((*send)->moving)	/* that one failed, and the next has not been asked */
			(*send)->moving = (*send)->over = false;
		if ((*send)->last != NULL)
			leave(*send);
		else
			lost(*send, "the courier stops");
		destroy(*send);
	}
	SL_OBJ_FREE(send, SEND_MAGIC);
}
