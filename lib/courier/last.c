/* last.c - see last.h */

#include "courier/last.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>		/* netinet/tcp.h does not know tcpi_bytes_acked */
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ipc/ipc.h"
#include "smtp/reply.h"

#define LAST_MAGIC	0x1a571a57u
#define FINAL_MS	600000u
#define PEEK_MAX	65536u		/* a reply, its TLS records, tickets before it */
#define LOOKS		100u

struct sl_last {
	unsigned		 magic;
	struct sl_last_job	 job;
	struct sl_last_state	 state;
	struct sl_watch		 watch;
	struct sl_timer		 timer;		/* deadline; when it is over: to say so from the loop */
	size_t			 written;	/* of the dot */
	size_t			 seen;		/* bytes that wait in the kernel */
	bool			 over;
	int			 result;
};

/* ---- how much has been written ---- */

/* Bytes that were ever written: those that have been acknowledged and those that wait. An acknowledgement in between would
 * be counted on both sides, or on neither. */
static bool
bytes_written(int fd, uint64_t *out)
{
	struct tcp_info before, after;
	int waiting;

	for (unsigned i = 0; i < LOOKS; i++) {
		socklen_t len = sizeof(before), len2 = sizeof(after);

		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &before, &len) != 0 || ioctl(fd, SIOCOUTQ, &waiting) != 0 ||
		    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &after, &len2) != 0 ||
		    len2 < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof(after.tcpi_bytes_acked))
			return false;
		*out = after.tcpi_bytes_acked + (uint64_t)waiting;
		if (before.tcpi_bytes_acked == after.tcpi_bytes_acked)
			return true;
	}
	return false;
}

/* ---- the state ---- */

/* What a TLS session would write, as records. */
static bool
seal(SSL *ssl, BIO *memory, struct sl_slice text, unsigned char out[SL_LAST_TEXT_MAX], size_t *len_out)
{
	int n;

	if (SSL_write(ssl, text.ptr, (int)text.len) != (int)text.len)
		return false;
	n = BIO_read(memory, out, (int)SL_LAST_TEXT_MAX);
	*len_out = n > 0 ? (size_t)n : 0;
	return n > 0 && BIO_pending(memory) == 0;
}

static int
state_of_tls(SSL *ssl, const struct sl_tls_follow *follow, struct sl_slice dot, struct sl_last_state *out)
{
	BIO *memory;

	if (follow == NULL || sl_tls_rest_take(ssl, follow, &out->tls) != 0)
		return SL_ERR_UNSUPPORTED;
	out->is_tls = true;
	memory = BIO_new(BIO_s_mem());
	SL_ASSERT(memory != NULL);
	SSL_set0_wbio(ssl, memory);
	if (seal(ssl, memory, dot, out->dot, &out->dot_len) &&
	    seal(ssl, memory, SL_SLICE_LIT("QUIT\r\n"), out->bye, &out->bye_len))
		return 0;
	return SL_ERR_TLS;
}

int
sl_last_state(struct sl_conn *conn, const struct sl_tls_follow *follow, struct sl_slice dot, struct sl_last_state *out)
{
	static const char quit[] = "QUIT\r\n";

	SL_ASSERT(sl_conn_pending(conn) == 0 && dot.len > 0 && dot.len <= SL_LAST_TEXT_MAX);
	*out = (struct sl_last_state){ 0 };
	if (!bytes_written(conn->fd, &out->before))
		return SL_ERR_UNSUPPORTED;
	if (conn->ssl != NULL)
		return state_of_tls(conn->ssl, follow, dot, out);
	memcpy(out->dot, dot.ptr, dot.len);
	out->dot_len = dot.len;
	memcpy(out->bye, quit, sizeof(quit) - 1);
	out->bye_len = sizeof(quit) - 1;
	return 0;
}

void
sl_last_pack(const struct sl_last_state *state, struct sl_buf *out)
{
	unsigned char tls[SL_TLS_REST_BYTES];

	sl_pack_u64(out, state->before);
	sl_pack_bytes(out, sl_slice(state->dot, state->dot_len));
	sl_pack_bytes(out, sl_slice(state->bye, state->bye_len));
	sl_tls_rest_pack(&state->tls, tls);
	sl_pack_bytes(out, sl_slice(tls, state->is_tls ? sizeof(tls) : 0));
	sl_zero(tls, sizeof(tls));
}

static bool
unpack_text(struct sl_unpack *in, unsigned char out[SL_LAST_TEXT_MAX], size_t *len_out)
{
	struct sl_slice text = sl_unpack_bytes(in);

	if (text.len > SL_LAST_TEXT_MAX)
		return false;
	if (text.len > 0)
		memcpy(out, text.ptr, text.len);
	*len_out = text.len;
	return true;
}

int
sl_last_unpack(struct sl_slice bytes, struct sl_last_state *out)
{
	struct sl_unpack in = { .rest = bytes };
	struct sl_slice tls;
	bool good;

	*out = (struct sl_last_state){ .before = sl_unpack_u64(&in) };
	good = unpack_text(&in, out->dot, &out->dot_len) && unpack_text(&in, out->bye, &out->bye_len);
	tls = sl_unpack_bytes(&in);
	if (!good || in.failed || in.rest.len > 0 || out->dot_len == 0)
		return SL_ERR_SYNTAX;
	out->is_tls = tls.len > 0;
	return out->is_tls ? sl_tls_rest_unpack(tls, &out->tls) : 0;
}

/* ---- the end ---- */

static void
on_over(void *ctx)
{
	struct sl_last *last = ctx;

	last->job.done(last->job.ctx, last->result);
}

/* Of all that are in flight. */
static int
record(struct sl_queue *queue, int64_t id, int code, struct sl_slice reply, int64_t now_us)
{
	const struct sl_queue_entry *e;
	struct sl_queue_said *said;
	size_t len = 0;
	int r = sl_queue_get(queue, id, &e);

	if (r != 0)
		return r;
	said = sl_xzalloc(SL_MAX(e->rcpts_len, (size_t)1) * sizeof(*said));
	for (size_t i = 0; i < e->rcpts_len; i++)
		if (e->rcpts[i].state == SL_QUEUE_RCPT_IN_FLIGHT)
			said[len++] = (struct sl_queue_said){ i, code, reply };
	r = sl_queue_answer(queue, id, said, len, now_us);
	sl_free(said);
	return r;
}

int
sl_last_lose(struct sl_queue *queue, int64_t id, const char *why, int64_t now_us)
{
	return record(queue, id, 0, sl_slice_str(why), now_us);
}

static void
end(struct sl_last *last, int code, struct sl_slice reply)
{
	const struct sl_clock *clock = sl_loop_clock(last->job.loop);

	last->over = true;
	last->result = record(last->job.queue, last->job.id, code, reply, clock->wall_us(clock->ctx));
	sl_watch_fini(&last->watch);
	sl_timer_clear(&last->timer);
	sl_timer_init(&last->timer, last->job.loop, on_over, last);
	sl_timer_soon(&last->timer);
}

static void
lost(struct sl_last *last, const char *why)
{
	end(last, 0, sl_slice_str(why));
}

static void
on_deadline(void *ctx)
{
	lost(ctx, "the next hop did not answer in time");
}

/* It has been recorded: take what was said, as who closes with input unread cuts off what he wrote himself, and take leave. */
static void
take_leave(struct sl_last *last)
{
	unsigned char bytes[4096];

	while (last->seen > 0) {
		ssize_t n = recv(last->job.fd, bytes, SL_MIN(last->seen, sizeof(bytes)), MSG_DONTWAIT);

		if (n <= 0)
			return;
		last->seen -= (size_t)n;
	}
	(void)send(last->job.fd, last->state.bye, last->state.bye_len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- the reply ---- */

/* Its lines as one. */
static void
flatten(struct sl_slice raw, struct sl_buf *out)
{
	for (size_t i = 0; i < raw.len; i++)
		if (raw.ptr[i] == '\n')
			sl_buf_add_byte(out, ' ');
		else if (raw.ptr[i] != '\r')
			sl_buf_add_byte(out, raw.ptr[i]);
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->len--;
}

/* 2yz takes it; 3yz would mean nothing: as if nothing had been said. */
static void
answered(struct sl_last *last, const struct sl_smtp_reply *reply)
{
	struct sl_buf text;

	sl_buf_init(&text, SL_QUEUE_REPLY_MAX);
	flatten(reply->raw, &text);
	end(last, reply->code / 100 == 2 ? 250 : reply->code / 100 >= 4 ? reply->code : 0, sl_buf_slice(&text));
	sl_buf_fini(&text);
	if (last->result == 0)
		take_leave(last);
}

/* Is there more to come? Who has closed does not tell reading so while something is unread. */
static bool
has_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* Not whole yet: we are called when there is more than what was seen. */
static void
wait_for_more(struct sl_last *last, bool closed)
{
	int mark = (int)last->seen + 1;

	if (closed || has_closed(last->job.fd))
		lost(last, "the connection was lost");
	else if (last->seen > 0)
		(void)setsockopt(last->job.fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark));
}

static void
look_at(struct sl_last *last, struct sl_slice bytes)
{
	struct sl_smtp_reply reply;
	struct sl_buf text;
	size_t used;
	int r = 0, tls = SL_MORE;

	sl_buf_init(&text, PEEK_MAX);
	if (last->state.is_tls)
		tls = sl_tls_rest_read(&last->state.tls, bytes, &text);
	else
		sl_buf_add_slice(&text, bytes);
	r = sl_smtp_reply_parse(sl_buf_slice(&text), &reply, &used);
	if (r == SL_DONE)
		answered(last, &reply);
	else if (tls == SL_ERR_TLS)
		lost(last, "what the next hop said under TLS cannot be read");
	else if (r != SL_MORE || bytes.len == PEEK_MAX)
		lost(last, "what the next hop said is no reply");
	else
		wait_for_more(last, tls == SL_DONE);
	sl_buf_fini(&text);
}

static void
look(struct sl_last *last)
{
	unsigned char *bytes = sl_xmalloc(PEEK_MAX);
	ssize_t n;

	do
		n = recv(last->job.fd, bytes, PEEK_MAX, MSG_PEEK | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		last->seen = (size_t)n;
		look_at(last, sl_slice(bytes, (size_t)n));
	} else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
		lost(last, "the connection was lost");
	}
	sl_free(bytes);
}

/* ---- the dot ---- */

static void
say_dot(struct sl_last *last)
{
	while (last->written < last->state.dot_len) {
		ssize_t n = send(last->job.fd, last->state.dot + last->written, last->state.dot_len - last->written,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			sl_watch_want(&last->watch, SL_READ | SL_WRITE);
			return;
		}
		if (n < 0 && last->written == 0) {	/* no doubt: nobody has had a dot */
			end(last, 451, SL_SLICE_LIT("the connection was lost before the end of the message"));
			return;
		}
		if (n < 0)
			break;		/* reading says why */
		last->written += (size_t)n;
	}
	sl_watch_want(&last->watch, SL_READ);
}

static void
on_socket(void *ctx, unsigned events)
{
	struct sl_last *last = ctx;

	if (last->over)
		return;
	if (last->written < last->state.dot_len && (events & SL_WRITE) != 0)
		say_dot(last);
	if (!last->over && (events & SL_READ) != 0)
		look(last);
}

/* ---- life ---- */

struct sl_last *
sl_last_new(const struct sl_last_job *job)
{
	struct sl_last *last = sl_xzalloc(sizeof(*last));
	uint64_t written;

	last->magic = LAST_MAGIC;
	last->job = *job;
	last->state = *job->state;
	last->job.state = NULL;
	sl_watch_init(&last->watch, job->loop, job->fd, on_socket, last);
	sl_timer_init(&last->timer, job->loop, on_deadline, last);
	if (!bytes_written(job->fd, &written) || written < last->state.before) {
		lost(last, "what was said on the connection cannot be known");
		return last;
	}
	last->written = (size_t)SL_MIN(written - last->state.before, (uint64_t)last->state.dot_len);
	sl_timer_set(&last->timer, job->final_ms != 0 ? job->final_ms : FINAL_MS);
	say_dot(last);
	return last;
}

void
sl_last_free(struct sl_last **last)
{
	if (*last != NULL) {
		SL_CHECK(*last, LAST_MAGIC);
		sl_watch_fini(&(*last)->watch);
		sl_timer_clear(&(*last)->timer);
		close((*last)->job.fd);
		sl_zero(&(*last)->state, sizeof((*last)->state));
	}
	SL_OBJ_FREE(last, LAST_MAGIC);
}
