/* ipc.c - see ipc/ipc.h */

#include "ipc/correction.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define IPC_MAGIC	0x5d01bc01u
#define READ_MESSAGES	64		/* of one call */
#define PAYLOAD_FIRST	(64u << 10)	/* allocated at first, then doubled as bytes arrive */

struct ipc_head {		/* what stands in front of a payload */
	uint32_t	type;
	uint32_t	payload_len;
	uint32_t	fds_len;
};

struct ipc_limit {
	uint32_t	payload_len;
	uint32_t	fds_len;
};

/* The most a message of each type may carry. */
static const struct ipc_limit limits[SL_IPC_TYPE_COUNT] = {
	[SL_IPC_SETTINGS] = { SL_IPC_PAYLOAD_MAX, SL_IPC_FDS_MAX },
	[SL_IPC_LISTENERS] = { 0, SL_IPC_FDS_MAX },
	[SL_IPC_READY] = { 0, 0 },
	[SL_IPC_STOP] = { 0, 0 },
	[SL_IPC_CHECKED] = { SL_IPC_PAYLOAD_MAX, 1 },
	[SL_IPC_CHECK_FAILED] = { 1u << 20, 0 },
	[SL_IPC_STATUS_REQUEST] = { 0, 0 },
	[SL_IPC_STATUS] = { 16u << 20, 0 },
	[SL_IPC_HELPER] = { 4, 1 },
	[SL_IPC_HELPER_FAILED] = { 4, 0 },
	[SL_IPC_INSPECT] = { 8u << 10, 1 },
	[SL_IPC_INSPECT_RESULT] = { 64u << 10, 0 },
	[SL_IPC_INSPECT_DONE] = { 64, 0 },
	[SL_IPC_CORRECT] = { SL_CORRECTION_MAX, 0 },
	[SL_IPC_CORRECTED] = { 4u << 10, 0 },
	[SL_IPC_CONSOLE_REQUEST] = { SL_IPC_PAYLOAD_MAX, 1 },
	[SL_IPC_CONSOLE_REPLY] = { SL_IPC_PAYLOAD_MAX, 4 },
	[SL_IPC_SNAPSHOT] = { 4, 2 },
	[SL_IPC_SNAPSHOT_IN_USE] = { 8, 0 },
	[SL_IPC_VAULT_SETTINGS] = { SL_IPC_PAYLOAD_MAX, 0 },
	[SL_IPC_VAULT_CLIENT] = { 4, 1 },
	[SL_IPC_VAULT] = { 0, 1 },
	[SL_IPC_VAULT_REQUEST] = { 0, 0 },
	[SL_IPC_KEY] = { 1u << 10, 0 },
	[SL_IPC_KEY_IS] = { 2u << 10, 0 },
	[SL_IPC_SPOOL] = { 0, 1 },
	[SL_IPC_KEEP] = { 8u << 10, 1 },
	[SL_IPC_KEPT] = { 64, 0 },
	[SL_IPC_KEPT_LIST] = { 64u << 10, 0 },
	[SL_IPC_KEPT_ENTRY] = { 64u << 10, 0 },
	[SL_IPC_KEPT_OPEN] = { 2u << 10, 0 },
	[SL_IPC_KEPT_BYTES] = { 128u << 10, 0 },
	[SL_IPC_KEPT_DELETE] = { 64u << 10, 0 },
	[SL_IPC_KEPT_END] = { 1u << 10, 0 },
	[SL_IPC_COMMAND] = { 8u << 10, 1 },
	[SL_IPC_COMMANDED] = { 64u << 10, 0 },
	[SL_IPC_KEPT_RELEASE] = { 64u << 10, 0 },
	[SL_IPC_COURIER_CLIENT] = { 4, 1 },
	[SL_IPC_COURIER] = { 0, 1 },
	[SL_IPC_COURIER_REQUEST] = { 0, 0 },
	[SL_IPC_COURIER_STATE] = { 128, 0 },
	[SL_IPC_SUBMIT] = { 4u << 20, 1 },
	[SL_IPC_SUBMITTED] = { 128, 0 },
	[SL_IPC_SETTLED] = { 4u << 10, 0 },
	[SL_IPC_SETTLED_SEEN] = { 128, 0 },
	[SL_IPC_FETCH] = { 256, 0 },
	[SL_IPC_FETCHED] = { 32u << 10, 0 },
	[SL_IPC_QUEUE_ASK] = { 4u << 10, 0 },
	[SL_IPC_QUEUE_ENTRY] = { 4u << 20, 0 },
	[SL_IPC_CONSOLE_SETTINGS] = { 16u << 10, 0 },
	[SL_IPC_CONSOLE_STATUS] = { 4u << 10, 0 },
	[SL_IPC_USERS_SEEN] = { 1u << 20, 0 },
	[SL_IPC_COMPILE] = { 4u << 20, 4 },
	[SL_IPC_COMPILED] = { 128u << 10, 1 },
	[SL_IPC_RESOLVE] = { 1u << 10, 0 },
	[SL_IPC_RESOLVED] = { 1u << 10, 0 },
	[SL_IPC_TENANT_KEY] = { 2u << 10, 0 },
	[SL_IPC_TENANT_KEY_IS] = { 512, 0 },
	[SL_IPC_LENT] = { 2u << 10, 1 },
};

struct posted {			/* a message, framed, that waits for room */
	struct posted	*next;
	size_t		 len, sent;
	size_t		 fds_len;	/* 0 once they have gone, with the first byte */
	int		 fds[SL_IPC_FDS_MAX];
	unsigned char	 bytes[];
};

struct sl_ipc {
	unsigned	 magic;
	int		 fd;
	uint64_t	 may_send;
	int		 stall_ms;
	int		 read_result;	/* SL_MORE, or the error that ended reading */
	bool		 send_failed;	/* half a message is out, and its rest cannot follow */
	struct posted	*posted, **posted_end;
	size_t		 pending;	/* bytes of them */
	bool		 reading;	/* a handler runs */
	struct ipc_head	 head;		/* of the message that is arriving */
	size_t		 head_have;	/* bytes of it */
	unsigned char	*payload;
	size_t		 payload_have;
	size_t		 payload_size_bytes;	/* allocated */
	int		 fds[SL_IPC_FDS_MAX];	/* that came with it so far */
	size_t		 fds_len;
};

const char *
sl_ipc_type_name(enum sl_ipc_type type)
{
	switch (type) {
#define TYPE_CASE(name) case SL_IPC_##name: return #name;
	SL_IPC_MESSAGES(TYPE_CASE)
#undef TYPE_CASE
	case SL_IPC_TYPE_COUNT:
		break;
	}
	return "?";
}

struct sl_ipc *
sl_ipc_new(int fd, uint64_t may_send)
{
	struct sl_ipc *ipc = sl_xzalloc(sizeof(*ipc));

	SL_ASSERT(fd >= 0);
	*ipc = (struct sl_ipc){ .magic = IPC_MAGIC, .fd = fd, .may_send = may_send,
	    .stall_ms = SL_IPC_STALL_MS };
	ipc->posted_end = &ipc->posted;
	return ipc;
}

/* Forget the message that is arriving; settings hold keys, so its bytes are wiped. */
static void
message_drop(struct sl_ipc *ipc)
{
	for (size_t i = 0; i < ipc->fds_len; i++)
		if (ipc->fds[i] >= 0)
			close(ipc->fds[i]);
	if (ipc->payload != NULL)
		sl_zero(ipc->payload, ipc->payload_have);
	sl_free(ipc->payload);
	ipc->payload = NULL;
	ipc->payload_size_bytes = ipc->payload_have = ipc->head_have = ipc->fds_len = 0;
}

/* The first of what is posted has gone, or nobody will have it. */
static void
posted_drop(struct sl_ipc *ipc)
{
	struct posted *p = ipc->posted;

	ipc->posted = p->next;
	if (ipc->posted == NULL)
		ipc->posted_end = &ipc->posted;
	ipc->pending -= p->len - p->sent;
	for (size_t i = 0; i < p->fds_len; i++)
		close(p->fds[i]);
	sl_zero(p->bytes, p->len);
	sl_free(p);
}

void
sl_ipc_free(struct sl_ipc **ipc)
{
	if (*ipc == NULL)
		return;
	SL_CHECK(*ipc, IPC_MAGIC);
	SL_ASSERT(!(*ipc)->reading);
	message_drop(*ipc);
	while ((*ipc)->posted != NULL)
		posted_drop(*ipc);
	close((*ipc)->fd);
	SL_OBJ_FREE(ipc, IPC_MAGIC);
}

int
sl_ipc_fd(const struct sl_ipc *ipc)
{
	SL_CHECK(ipc, IPC_MAGIC);
	return ipc->fd;
}

void
sl_ipc_set_stall(struct sl_ipc *ipc, int stall_ms)
{
	SL_CHECK(ipc, IPC_MAGIC);
	ipc->stall_ms = stall_ms;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	SL_ASSERT(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* poll() that survives signals. Returns 0, SL_ERR_TIMEOUT or SL_ERR_SYSTEM. A hang-up counts as
 * ready: the read or write that follows says which it was. */
static int
wait_for(int fd, short events, int timeout_ms)
{
	int64_t end = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = end < 0 ? -1 : SL_MAX((int64_t)0, end - now_ms());
		int n = poll(&p, 1, (int)left);

		if (n > 0)
			return 0;
		if (n == 0)
			return SL_ERR_TIMEOUT;
		if (errno != EINTR)
			return SL_ERR_SYSTEM;
	}
}

/* Hand the kernel what it takes of `vectors`. The descriptors go with the first byte. Returns the count of bytes, 0: there is no room
 * now, or an SL_ERR_*. */
static ssize_t
send_now(struct sl_ipc *ipc, struct iovec *vectors, size_t vectors_len, const int *fds, size_t fds_len)
{
	union {
		struct cmsghdr	align;
		unsigned char	bytes[CMSG_SPACE(SL_IPC_FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct msghdr message = { .msg_iov = vectors, .msg_iovlen = vectors_len };
	ssize_t n;

	if (fds_len > 0) {
		struct cmsghdr *c;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds_len * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fds_len * sizeof(int));
	}
	do
		n = sendmsg(ipc->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EPIPE || errno == ECONNRESET)
		return SL_ERR_CLOSED;
	return errno == EAGAIN ? 0 : SL_ERR_SYSTEM;
}

/* The same, waiting for room if there is none. */
static ssize_t
send_some(struct sl_ipc *ipc, struct iovec *vectors, size_t vectors_len, const int *fds, size_t fds_len)
{
	for (;;) {
		ssize_t n = send_now(ipc, vectors, vectors_len, fds, fds_len);
		int r;

		if (n != 0)
			return n;
		r = wait_for(ipc->fd, POLLOUT, ipc->stall_ms);
		if (r != 0)
			return r;
	}
}

/* Sending has failed with `r`, of a message of which some bytes are out, or none. */
static int
send_failed(struct sl_ipc *ipc, int r, bool some)
{
	ipc->send_failed |= some || r == SL_ERR_CLOSED;
	if (some)	/* nobody may go on waiting for the rest of it, or for an answer */
		(void)shutdown(ipc->fd, SHUT_RDWR);
	return r;
}

/* What is left of a message, as vectors. Returns how many. */
static size_t
vectors_of(const struct ipc_head *head, struct sl_slice payload, size_t sent, struct iovec vectors[2])
{
	size_t in_head = SL_MIN(sent, sizeof(*head)), in_payload = sent - in_head;

	vectors[0] = (struct iovec){ (void *)((uintptr_t)head + in_head), sizeof(*head) - in_head };
	vectors[1] = (struct iovec){ (void *)((uintptr_t)payload.ptr + in_payload), payload.len - in_payload };
	return payload.len == 0 ? 1 : 2;
}

static struct ipc_head
head_of(enum sl_ipc_type type, struct sl_slice payload, size_t fds_len)
{
	SL_ASSERT(type < SL_IPC_TYPE_COUNT && payload.len <= limits[type].payload_len && fds_len <= limits[type].fds_len);
	return (struct ipc_head){ (uint32_t)type, (uint32_t)payload.len, (uint32_t)fds_len };
}

/* What was posted, waiting for room or not. */
static int
posted_send(struct sl_ipc *ipc, bool wait)
{
	while (ipc->posted != NULL && !ipc->send_failed) {
		struct posted *p = ipc->posted;
		struct iovec v = { p->bytes + p->sent, p->len - p->sent };
		ssize_t n = wait ? send_some(ipc, &v, 1, p->fds, p->fds_len) : send_now(ipc, &v, 1, p->fds, p->fds_len);

		if (n == 0)
			return SL_MORE;
		if (n < 0)
			return send_failed(ipc, (int)n, p->sent > 0);
		for (size_t i = 0; i < p->fds_len; i++)
			close(p->fds[i]);
		p->fds_len = 0;
		p->sent += (size_t)n;
		ipc->pending -= (size_t)n;
		if (p->sent == p->len)
			posted_drop(ipc);
	}
	return ipc->send_failed ? SL_ERR_CLOSED : SL_DONE;
}

int
sl_ipc_flush(struct sl_ipc *ipc)
{
	SL_CHECK(ipc, IPC_MAGIC);
	return posted_send(ipc, false);
}

size_t
sl_ipc_pending(const struct sl_ipc *ipc)
{
	SL_CHECK(ipc, IPC_MAGIC);
	return ipc->send_failed ? 0 : ipc->pending;
}

int
sl_ipc_send(struct sl_ipc *ipc, enum sl_ipc_type type, struct sl_slice payload, const int *fds,
    size_t fds_len)
{
	struct ipc_head head = head_of(type, payload, fds_len);
	size_t sent = 0, len = sizeof(head) + payload.len;
	int r;

	SL_CHECK(ipc, IPC_MAGIC);
	r = posted_send(ipc, true);
	if (r != SL_DONE)
		return r;
	while (sent < len) {
		struct iovec vectors[2];
		size_t vectors_len = vectors_of(&head, payload, sent, vectors);
		ssize_t n = send_some(ipc, vectors, vectors_len, fds, sent == 0 ? fds_len : 0);

		if (n < 0)
			return send_failed(ipc, (int)n, sent > 0);
		sent += (size_t)n;
	}
	return 0;
}

/* Keep a message of which `sent` bytes are out. */
static int
post(struct sl_ipc *ipc, const struct ipc_head *head, struct sl_slice payload, size_t sent, const int *fds)
{
	struct posted *p = sl_xmalloc(sizeof(*p) + sizeof(*head) + payload.len);

	*p = (struct posted){ .len = sizeof(*head) + payload.len, .sent = sent };
	memcpy(p->bytes, head, sizeof(*head));
	if (payload.len > 0)
		memcpy(p->bytes + sizeof(*head), payload.ptr, payload.len);
	*ipc->posted_end = p;
	ipc->posted_end = &p->next;
	ipc->pending += p->len - sent;
	while (sent == 0 && p->fds_len < head->fds_len) {
		int fd = fcntl(fds[p->fds_len], F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return SL_ERR_SYSTEM;
		p->fds[p->fds_len++] = fd;
	}
	return 0;
}

int
sl_ipc_post(struct sl_ipc *ipc, enum sl_ipc_type type, struct sl_slice payload, const int *fds, size_t fds_len)
{
	struct ipc_head head = head_of(type, payload, fds_len);
	struct iovec vectors[2];
	ssize_t n = 0;
	int r;

	SL_CHECK(ipc, IPC_MAGIC);
	r = posted_send(ipc, false);
	if (r < 0)
		return r;
	if (r == SL_DONE)
		n = send_now(ipc, vectors, vectors_of(&head, payload, 0, vectors), fds, fds_len);
	if (n < 0)
		return send_failed(ipc, (int)n, false);
	if ((size_t)n == sizeof(head) + payload.len)
		return 0;
	if (ipc->posted != NULL && ipc->pending + sizeof(head) + payload.len > SL_IPC_POST_MAX)
		return SL_ERR_FULL;
	r = post(ipc, &head, payload, (size_t)n, fds);
	return r == 0 ? 0 : send_failed(ipc, r, true);
}

/* A Unix socket counts as writable while three quarters of what it may hold are free. */
bool
sl_ipc_has_room(const struct sl_ipc *ipc)
{
	struct pollfd p = { .fd = ipc->fd, .events = POLLOUT };

	SL_CHECK(ipc, IPC_MAGIC);
	return sl_ipc_pending(ipc) == 0 && poll(&p, 1, 0) > 0 && (p.revents & POLLOUT) != 0;
}

/* Keep the descriptors that came with some bytes. More than the message may have, or descriptors
 * that the kernel had to drop, end the peer; those that did come are closed with the message. */
static int
fds_take(struct sl_ipc *ipc, struct msghdr *message)
{
	int result = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (ipc->fds_len < SL_IPC_FDS_MAX) {
				ipc->fds[ipc->fds_len++] = fd;
			} else {
				close(fd);
				result = SL_ERR_SYNTAX;
			}
		}
	}
	if (result == 0 && (message->msg_flags & MSG_CTRUNC) != 0) {
		/* Either the peer sent more than any message has, or we have no room left. */
		result = ipc->fds_len == SL_IPC_FDS_MAX ? SL_ERR_SYNTAX : SL_ERR_SYSTEM;
		errno = EMFILE;
	}
	return result;
}

/* Read at most `len` bytes, all of the message that is arriving, so that descriptors that come with
 * them are its own. Returns the count of bytes, 0: nothing there now, or an SL_ERR_*. */
static ssize_t
read_some(struct sl_ipc *ipc, void *data, size_t len)
{
	union {
		struct cmsghdr	align;
		unsigned char	bytes[CMSG_SPACE(SL_IPC_FDS_MAX * sizeof(int))];
	} control;
	struct iovec vector = { data, len };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1,
	    .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	bool between = ipc->head_have == 0;
	ssize_t n;
	int r;

	do
		n = recvmsg(ipc->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return between ? SL_ERR_CLOSED : SL_ERR_SYNTAX;
	if (n < 0)
		return SL_ERR_SYSTEM;
	r = fds_take(ipc, &message);
	return r != 0 ? r : n;
}

/* Is the head that of a message the peer may send? */
static bool
head_ok(const struct sl_ipc *ipc)
{
	const struct ipc_head *h = &ipc->head;

	return h->type < SL_IPC_TYPE_COUNT && (ipc->may_send & (UINT64_C(1) << h->type)) != 0 &&
	    h->payload_len <= limits[h->type].payload_len &&
	    h->fds_len <= limits[h->type].fds_len;
}

/* Room for the next bytes of the payload: memory follows what has come, not what was announced. */
static void
payload_grow(struct sl_ipc *ipc)
{
	size_t size = SL_MAX(ipc->payload_size_bytes * 2, (size_t)PAYLOAD_FIRST);
	unsigned char *bigger;

	if (ipc->payload_have < ipc->payload_size_bytes)
		return;
	size = SL_MIN(size, (size_t)ipc->head.payload_len);
	bigger = sl_xmalloc(size);
	if (ipc->payload_have > 0) {	/* not realloc: the old copy must not stay behind */
		memcpy(bigger, ipc->payload, ipc->payload_have);
		sl_zero(ipc->payload, ipc->payload_have);
	}
	sl_free(ipc->payload);
	ipc->payload = bigger;
	ipc->payload_size_bytes = size;
}

/* Read on. Returns SL_DONE when a message is complete, SL_MORE when nothing is there now. */
static int
message_read(struct sl_ipc *ipc)
{
	ssize_t n;

	while (ipc->head_have < sizeof(ipc->head)) {
		n = read_some(ipc, (unsigned char *)&ipc->head + ipc->head_have,
		    sizeof(ipc->head) - ipc->head_have);
		if (n <= 0)
			return (int)n;
		ipc->head_have += (size_t)n;
		if (ipc->head_have == sizeof(ipc->head) && !head_ok(ipc))
			return SL_ERR_SYNTAX;
	}
	while (ipc->payload_have < ipc->head.payload_len) {
		payload_grow(ipc);
		n = read_some(ipc, ipc->payload + ipc->payload_have,
		    ipc->payload_size_bytes - ipc->payload_have);
		if (n <= 0)
			return (int)n;
		ipc->payload_have += (size_t)n;
	}
	return ipc->fds_len == ipc->head.fds_len ? SL_DONE : SL_ERR_SYNTAX;
}

/* Hand the complete message to the handler; close what it did not keep. */
static void
message_handle(struct sl_ipc *ipc, sl_ipc_handler *handler, void *ctx)
{
	struct sl_ipc_message message = {
		.type = (enum sl_ipc_type)ipc->head.type,
		.payload = sl_slice(ipc->payload, ipc->payload_have),
		.fds_len = ipc->fds_len,
	};

	memcpy(message.fds, ipc->fds, ipc->fds_len * sizeof(int));
	ipc->reading = true;
	handler(ctx, &message);
	ipc->reading = false;
	memcpy(ipc->fds, message.fds, ipc->fds_len * sizeof(int));
	message_drop(ipc);
}

/* Read and handle one message. Returns SL_DONE, SL_MORE or the error, which stays. */
static int
message_next(struct sl_ipc *ipc, sl_ipc_handler *handler, void *ctx)
{
	int r;

	SL_CHECK(ipc, IPC_MAGIC);
	SL_ASSERT(!ipc->reading);
	if (ipc->read_result != SL_MORE)
		return ipc->read_result;
	r = message_read(ipc);
	if (r == SL_DONE) {
		message_handle(ipc, handler, ctx);
	} else if (r < 0) {
		int saved_errno = errno;

		message_drop(ipc);
		ipc->read_result = r;
		errno = saved_errno;
	}
	return r;
}

int
sl_ipc_read(struct sl_ipc *ipc, sl_ipc_handler *handler, void *ctx)
{
	for (int i = 0; i < READ_MESSAGES; i++) {
		int r = message_next(ipc, handler, ctx);

		if (r != SL_DONE)
			return r;
	}
	return SL_MORE;
}

int
sl_ipc_wait(struct sl_ipc *ipc, int timeout_ms, sl_ipc_handler *handler, void *ctx)
{
	int64_t end = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;

	for (;;) {
		int r = message_next(ipc, handler, ctx);
		int64_t left = end < 0 ? -1 : SL_MAX((int64_t)0, end - now_ms());

		if (r != SL_MORE)
			return r;
		r = wait_for(ipc->fd, POLLIN, (int)left);
		if (r != 0)
			return r;
	}
}
