/* ipc_test.c - messages and descriptors between processes */

#include "check.h"
#include "moods.h"
#include "ipc/ipc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ALL_TYPES ((uint32_t)((1ull << SL_IPC_TYPE_COUNT) - 1))

struct wire_head {		/* the frame as ipc.h describes it, written by hand */
	uint32_t	type;
	uint32_t	payload_len;
	uint32_t	fds_len;
};

struct seen {			/* what a handler was given, as text */
	char	text[4096];
	int	keep;		/* this descriptor of the message is kept ... */
	int	kept;		/* ... here */
	size_t	messages;
};

static void
note(void *ctx, struct sl_ipc_message *m)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "%s:" SL_SLICE_FMT ":%zu;",
	    sl_ipc_type_name(m->type), (int)SL_MIN(m->payload.len, (size_t)64), m->payload.ptr,
	    m->fds_len);
	seen->messages++;
	if (seen->keep > 0 && (size_t)seen->keep <= m->fds_len) {
		seen->kept = m->fds[seen->keep - 1];
		m->fds[seen->keep - 1] = -1;
	}
}

/* The first vector of a message that has bytes, as far as may pass. NULL: none may. */
static struct msghdr *
cut(const struct msghdr *message, struct msghdr *copy, struct iovec *v)
{
	size_t i = 0;

	while (message->msg_iov[i].iov_len == 0)
		i++;
	*copy = *message;
	*v = message->msg_iov[i];
	v->iov_len = socket_mood(v->iov_len);
	copy->msg_iov = v;
	copy->msg_iovlen = 1;
	return v->iov_len > 0 ? copy : NULL;
}

/* In the place of the C library's. */
ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr copy;
	struct iovec v;

	if (socket_moods != 0 && (message = cut(message, &copy, &v)) == NULL)
		return -1;
	return syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	struct msghdr copy;
	struct iovec v;
	ssize_t n;

	if (socket_moods == 0)
		return syscall(SYS_recvmsg, fd, message, flags);
	if (cut(message, &copy, &v) == NULL)
		return -1;
	n = syscall(SYS_recvmsg, fd, &copy, flags);
	message->msg_controllen = copy.msg_controllen;
	message->msg_flags = copy.msg_flags;
	return n;
}

static size_t
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

/* Send raw bytes with descriptors attached, past the library. */
static void
raw_send(int fd, const void *data, size_t len, const int *fds, size_t fds_len)
{
	union {
		struct cmsghdr	align;
		unsigned char	bytes[CMSG_SPACE(128 * sizeof(int))];
	} control = { 0 };
	struct iovec v = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (fds_len > 0) {
		struct cmsghdr *c;

		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds_len * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fds_len * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &m, MSG_NOSIGNAL), (ssize_t)len);
}

static void
every_type_arrives_as_it_was_sent(void **state)
{
	static const struct {
		enum sl_ipc_type type;
		const char	*payload;
		size_t		 fds_len;
		const char	*seen;
	} rows[] = {
		{ SL_IPC_SETTINGS, "packed", 3, "SETTINGS:packed:3;" },
		{ SL_IPC_LISTENERS, "", SL_IPC_FDS_MAX, "LISTENERS::64;" },
		{ SL_IPC_READY, "", 0, "READY::0;" },
		{ SL_IPC_STOP, "", 0, "STOP::0;" },
		{ SL_IPC_CHECKED, "x", 0, "CHECKED:x:0;" },
		{ SL_IPC_CHECK_FAILED, "a:1:1: b", 0, "CHECK_FAILED:a:1:1: b:0;" },
		{ SL_IPC_STATUS_REQUEST, "", 0, "STATUS_REQUEST::0;" },
		{ SL_IPC_STATUS, "{}", 0, "STATUS:{}:0;" },
		{ SL_IPC_HELPER, "1234", 1, "HELPER:1234:1;" },
		{ SL_IPC_HELPER_FAILED, "1234", 0, "HELPER_FAILED:1234:0;" },
		{ SL_IPC_INSPECT, "job", 1, "INSPECT:job:1;" },
		{ SL_IPC_INSPECT_RESULT, "items", 0, "INSPECT_RESULT:items:0;" },
		{ SL_IPC_INSPECT_DONE, "used", 0, "INSPECT_DONE:used:0;" },
	};
	size_t before = open_fds();

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct seen seen = { 0 };
		int fds[2], many[SL_IPC_FDS_MAX];
		struct sl_ipc *a, *b;

		pair(fds);
		a = sl_ipc_new(fds[0], 0);
		b = sl_ipc_new(fds[1], ALL_TYPES);
		for (size_t k = 0; k < SL_COUNT(many); k++)
			many[k] = STDIN_FILENO;
		assert_int_equal(sl_ipc_send(a, rows[i].type, sl_slice_str(rows[i].payload), many,
		    rows[i].fds_len), 0);
		assert_int_equal(sl_ipc_read(b, note, &seen), SL_MORE);
		assert_string_equal(seen.text, rows[i].seen);
		sl_ipc_free(&a);
		assert_null(a);
		assert_int_equal(sl_ipc_read(b, note, &seen), SL_ERR_CLOSED);
		assert_int_equal(sl_ipc_read(b, note, &seen), SL_ERR_CLOSED);
		sl_ipc_free(&b);
	}
	sl_ipc_free(&(struct sl_ipc *){ NULL });
	assert_int_equal(open_fds(), before);
}

static void
a_kept_descriptor_is_ours_and_the_others_are_closed(void **state)
{
	size_t before = open_fds();
	int fds[2], pipe_fds[2];
	struct seen seen = { .keep = 2 };
	struct sl_ipc *a, *b;
	char c = 0;

	pair(fds);
	assert_int_equal(pipe(pipe_fds), 0);
	a = sl_ipc_new(fds[0], 0);
	b = sl_ipc_new(fds[1], ALL_TYPES);
	assert_int_equal(sl_ipc_send(a, SL_IPC_LISTENERS, sl_slice(NULL, 0),
	    (int[]){ STDIN_FILENO, pipe_fds[1], STDERR_FILENO }, 3), 0);
	assert_int_equal(sl_ipc_wait(b, 1000, note, &seen), SL_DONE);
	assert_true(fcntl(seen.kept, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(seen.kept, "k", 1), 1);
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	assert_int_equal(c, 'k');
	close(seen.kept);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	sl_ipc_free(&a);
	sl_ipc_free(&b);
	assert_int_equal(open_fds(), before);
}

/* Three messages as bytes; the one in the middle brings a descriptor. */
static size_t
three_messages(unsigned char *out)
{
	static const struct { struct wire_head head; const char *payload; } rows[] = {
		{ { SL_IPC_STATUS, 5, 0 }, "hello" },
		{ { SL_IPC_SETTINGS, 3, 1 }, "abc" },
		{ { SL_IPC_READY, 0, 0 }, "" },
	};
	size_t len = 0;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		memcpy(out + len, &rows[i].head, sizeof(rows[i].head));
		len += sizeof(rows[i].head);
		memcpy(out + len, rows[i].payload, rows[i].head.payload_len);
		len += rows[i].head.payload_len;
	}
	return len;
}

/* Send bytes [from, to) with the descriptor on byte `fd_at` if that is among them. */
static void
send_part(int fd, const unsigned char *data, size_t from, size_t to, size_t fd_at)
{
	int in = STDIN_FILENO;

	if (fd_at > from && fd_at < to) {
		raw_send(fd, data + from, fd_at - from, NULL, 0);
		from = fd_at;
	}
	if (from < to)
		raw_send(fd, data + from, to - from, &in, fd_at == from ? 1 : 0);
}

static void
where_the_bytes_are_cut_and_where_the_descriptor_hangs_changes_nothing(void **state)
{
	unsigned char data[128];
	size_t len = three_messages(data), before = open_fds();
	size_t middle = sizeof(struct wire_head) + 5, middle_end = middle + 15;

	for (size_t fd_at = middle; fd_at < middle_end; fd_at++) {
		for (size_t cut = 0; cut <= len; cut++) {	/* len: byte by byte */
			struct seen seen = { 0 };
			size_t step = cut == len ? 1 : len;
			struct sl_ipc *b;
			int fds[2];

			pair(fds);
			b = sl_ipc_new(fds[1], ALL_TYPES);
			if (cut < len) {
				send_part(fds[0], data, 0, cut, fd_at);
				assert_int_equal(sl_ipc_read(b, note, &seen), SL_MORE);
			}
			for (size_t i = cut % len; i < len; i += step) {
				send_part(fds[0], data, i, SL_MIN(i + step, len), fd_at);
				assert_int_equal(sl_ipc_read(b, note, &seen), SL_MORE);
			}
			close(fds[0]);
			assert_string_equal(seen.text, "STATUS:hello:0;SETTINGS:abc:1;READY::0;");
			assert_int_equal(sl_ipc_read(b, note, &seen), SL_ERR_CLOSED);
			sl_ipc_free(&b);
		}
	}
	assert_int_equal(open_fds(), before);
}

static void
a_peer_that_goes_in_the_middle_of_a_message_is_an_error(void **state)
{
	unsigned char data[128];
	size_t len = three_messages(data), before = open_fds();
	size_t ends[] = { 0, 17, 32, len };

	for (size_t cut = 0; cut <= len; cut++) {
		struct seen seen = { 0 };
		bool between = false;
		struct sl_ipc *b;
		int fds[2];

		for (size_t i = 0; i < SL_COUNT(ends); i++)
			between |= cut == ends[i];
		pair(fds);
		b = sl_ipc_new(fds[1], ALL_TYPES);
		send_part(fds[0], data, 0, cut, 17);
		close(fds[0]);
		assert_int_equal(sl_ipc_read(b, note, &seen), between ? SL_ERR_CLOSED : SL_ERR_SYNTAX);
		sl_ipc_free(&b);
	}
	assert_int_equal(open_fds(), before);
}

static void
messages_a_peer_may_not_send_are_refused_and_nothing_leaks(void **state)
{
	static const struct {
		const char	*name;
		uint64_t	 may_send;
		struct wire_head head;
		size_t		 fds_len;
	} rows[] = {
		{ "a type it may not send", SL_IPC_BIT(READY), { SL_IPC_STOP, 0, 0 }, 0 },
		{ "no type at all", ALL_TYPES, { SL_IPC_TYPE_COUNT, 0, 0 }, 0 },
		{ "a type beyond the mask", UINT32_MAX, { 32, 0, 0 }, 0 },
		{ "a type far off", UINT32_MAX, { UINT32_MAX, 0, 0 }, 0 },
		{ "a payload where there is none", ALL_TYPES, { SL_IPC_STOP, 1, 0 }, 0 },
		{ "a payload too long", ALL_TYPES, { SL_IPC_SETTINGS, SL_IPC_PAYLOAD_MAX + 1, 0 }, 0 },
		{ "a job too long", ALL_TYPES, { SL_IPC_INSPECT, 8193, 0 }, 0 },
		{ "results too long", ALL_TYPES, { SL_IPC_INSPECT_RESULT, 65537, 0 }, 0 },
		{ "errors too long", ALL_TYPES, { SL_IPC_CHECK_FAILED, (1u << 20) + 1, 0 }, 0 },
		{ "descriptors where there are none", ALL_TYPES, { SL_IPC_STOP, 0, 1 }, 1 },
		{ "more descriptors than announced", ALL_TYPES, { SL_IPC_LISTENERS, 0, 1 }, 2 },
		{ "fewer descriptors than announced", ALL_TYPES, { SL_IPC_LISTENERS, 0, 2 }, 1 },
		{ "unannounced descriptors", ALL_TYPES, { SL_IPC_LISTENERS, 0, 0 }, 3 },
		{ "too many announced", ALL_TYPES, { SL_IPC_LISTENERS, 0, SL_IPC_FDS_MAX + 1 }, 0 },
		{ "too many sent", ALL_TYPES, { SL_IPC_LISTENERS, 0, SL_IPC_FDS_MAX }, 100 },
	};
	size_t before = open_fds();

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct seen seen = { 0 };
		struct sl_ipc *b;
		int fds[2], many[128] = { 0 };

		pair(fds);
		b = sl_ipc_new(fds[1], rows[i].may_send);
		raw_send(fds[0], &rows[i].head, sizeof(rows[i].head), many, rows[i].fds_len);
		if (sl_ipc_read(b, note, &seen) != SL_ERR_SYNTAX)
			fail_msg("%s was taken", rows[i].name);
		assert_int_equal(seen.messages, 0);
		assert_int_equal(sl_ipc_read(b, note, &seen), SL_ERR_SYNTAX);
		close(fds[0]);
		sl_ipc_free(&b);
		assert_int_equal(open_fds(), before);
	}
}

static void
a_receiver_without_room_for_descriptors_says_so(void **state)
{
	struct rlimit old, tight;
	struct seen seen = { 0 };
	int fds[2], many[8] = { 0 }, result;
	struct sl_ipc *a, *b;

	pair(fds);
	a = sl_ipc_new(fds[0], 0);
	b = sl_ipc_new(fds[1], ALL_TYPES);
	assert_int_equal(sl_ipc_send(a, SL_IPC_LISTENERS, sl_slice(NULL, 0), many, 8), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = (struct rlimit){ (rlim_t)fds[1] + 3, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	result = sl_ipc_read(b, note, &seen);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(result, SL_ERR_SYSTEM);
	assert_int_equal(errno, EMFILE);
	assert_int_equal(seen.messages, 0);
	sl_ipc_free(&a);
	sl_ipc_free(&b);
}

struct big {
	struct sl_ipc	*ipc;
	struct sl_slice	 payload;
	int		 result;
};

static void *
send_big(void *ctx)
{
	struct big *big = ctx;

	big->result = sl_ipc_send(big->ipc, SL_IPC_SETTINGS, big->payload, (int[]){ 0 }, 1);
	return NULL;
}

static void
compare_big(void *ctx, struct sl_ipc_message *m)
{
	struct big *big = ctx;

	assert_true(sl_slice_eq(m->payload, big->payload));
	assert_int_equal(m->fds_len, 1);
	big->result = 1000;
}

static void
interrupted(int signal_number)
{
}

static void
the_largest_payload_passes_while_signals_interrupt(void **state)
{
	unsigned char *bytes = sl_xmalloc(SL_IPC_PAYLOAD_MAX);
	struct big out, in;
	struct sigaction act = { .sa_handler = interrupted };	/* no SA_RESTART */
	pthread_t sender;
	int fds[2], r = SL_MORE;
	struct sl_ipc *b;

	for (size_t i = 0; i < SL_IPC_PAYLOAD_MAX; i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 13);
	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	pair(fds);
	out = (struct big){ sl_ipc_new(fds[0], 0), sl_slice(bytes, SL_IPC_PAYLOAD_MAX), -1000 };
	in = (struct big){ NULL, out.payload, 0 };
	b = sl_ipc_new(fds[1], SL_IPC_BIT(SETTINGS));
	assert_int_equal(pthread_create(&sender, NULL, send_big, &out), 0);
	while (r == SL_MORE || r == SL_ERR_TIMEOUT) {
		pthread_kill(sender, SIGUSR1);
		r = sl_ipc_wait(b, 1, compare_big, &in);
	}
	assert_int_equal(r, SL_DONE);
	assert_int_equal(in.result, 1000);
	assert_int_equal(pthread_join(sender, NULL), 0);
	assert_int_equal(out.result, 0);
	sl_ipc_free(&out.ipc);
	sl_ipc_free(&b);
	sl_free(bytes);
}

static void
sending_to_a_dead_or_stalled_peer_ends(void **state)
{
	unsigned char *bytes = sl_xzalloc(4u << 20);
	struct sl_slice large = sl_slice(bytes, 4u << 20);
	struct seen seen = { 0 };
	struct sl_ipc *a, *b;
	int fds[2];

	pair(fds);
	a = sl_ipc_new(fds[0], 0);
	close(fds[1]);
	assert_int_equal(sl_ipc_send(a, SL_IPC_STATUS, large, NULL, 0), SL_ERR_CLOSED);
	sl_ipc_free(&a);

	pair(fds);
	a = sl_ipc_new(fds[0], 0);
	sl_ipc_set_stall(a, 20);
	assert_int_equal(sl_ipc_send(a, SL_IPC_STATUS, large, NULL, 0), SL_ERR_TIMEOUT);
	/* Half of it is out: what came after could not be told from the rest of it. */
	assert_int_equal(sl_ipc_send(a, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0), SL_ERR_CLOSED);
	/* Both hear so: neither waits for what cannot come. */
	assert_int_equal(sl_ipc_wait(a, 10000, note, &seen), SL_ERR_CLOSED);
	b = sl_ipc_new(fds[1], ALL_TYPES);
	assert_int_equal(sl_ipc_wait(b, 10000, note, &seen), SL_ERR_SYNTAX);
	assert_int_equal(seen.messages, 0);
	sl_ipc_free(&a);
	sl_ipc_free(&b);
	sl_free(bytes);
}

struct stream {			/* messages that are told apart by their number, whose bytes and descriptors follow from it */
	uint32_t	sent, got;
	bool		wrong;
};

#define STREAM	300u

static size_t
stream_len(uint32_t number)
{
	return number % 7 == 3 ? 0 : number % 50 == 11 ? 300000 : number * 37 % 5000 + sizeof(number);
}

static void
stream_next(struct stream *stream, struct sl_buf *out)
{
	uint32_t number = stream->sent;

	sl_buf_reset(out);
	while (out->len < stream_len(number))
		sl_pack_u32(out, number);
	out->len = stream_len(number);
}

static void
on_stream(void *ctx, struct sl_ipc_message *m)
{
	struct stream *stream = ctx;
	struct sl_unpack in = { .rest = m->payload };
	uint32_t number = stream->got++;

	stream->wrong |= m->type != SL_IPC_SNAPSHOT_IN_USE && m->type != SL_IPC_CONSOLE_REPLY;
	stream->wrong |= m->payload.len != stream_len(number) || m->fds_len != number % 3;
	while (in.rest.len >= sizeof(number))
		stream->wrong |= sl_unpack_u32(&in) != number;
}

/* Whatever the sockets are like, and whoever waits for whom: everything arrives, in order, with its descriptors, and nobody stands still. */
static void
what_is_posted_or_sent_arrives_in_order(void **state)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct stream stream = { 0 };
		size_t before = open_fds();
		int null[2] = { open("/dev/null", O_RDONLY | O_CLOEXEC), open("/dev/null", O_RDONLY | O_CLOEXEC) };
		struct sl_ipc *a, *b;
		struct sl_buf payload;
		int fds[2], turns = 0;

		sl_buf_init(&payload, 1u << 20);
		pair(fds);
		a = sl_ipc_new(fds[0], ALL_TYPES);
		b = sl_ipc_new(fds[1], SL_IPC_BIT(CONSOLE_REPLY));
		socket_moods = seed << 32 | 1;
		while (stream.got < STREAM) {
			assert_true(turns++ < 200000 && !stream.wrong);
			stream_next(&stream, &payload);
			if (stream.sent < STREAM && sl_ipc_pending(a) < 2000000) {
				/* One that waits, now and then: there is nobody to make room but what is in the socket. */
				bool waits = sl_ipc_pending(a) == 0 && payload.len < 2000 && stream.sent == stream.got;

				assert_int_equal((waits ? sl_ipc_send : sl_ipc_post)(a, SL_IPC_CONSOLE_REPLY, sl_buf_slice(&payload),
				    null, stream.sent % 3), 0);
				stream.sent++;
			} else {
				int r = sl_ipc_flush(a);

				assert_int_equal(r, sl_ipc_pending(a) == 0 ? SL_DONE : SL_MORE);
			}
			assert_int_equal(sl_ipc_read(b, on_stream, &stream), SL_MORE);
		}
		socket_moods = 0;
		assert_int_equal(stream.sent, STREAM);
		assert_int_equal(sl_ipc_flush(a), SL_DONE);
		sl_ipc_free(&a);
		sl_ipc_free(&b);
		close(null[0]);
		close(null[1]);
		sl_buf_fini(&payload);
		assert_int_equal(open_fds(), before);
	}
}

/* Who does not read costs so much, and no time; a send that follows waits for it, so long. */
static void
what_is_posted_to_one_that_does_not_read_is_bounded(void **state)
{
	unsigned char *bytes = sl_xzalloc(4u << 20);
	struct sl_slice large = sl_slice(bytes, 4u << 20);
	size_t before = open_fds();
	struct sl_ipc *a;
	int fds[2], r = 0;

	pair(fds);
	a = sl_ipc_new(fds[0], 0);
	sl_ipc_set_stall(a, 20);
	for (int i = 0; i < 20 && r == 0; i++)
		r = sl_ipc_post(a, SL_IPC_SNAPSHOT, sl_slice("abc", 3), fds, 2);
	assert_int_equal(r, 0);
	for (int i = 0; i < 20 && r == 0; i++)
		r = sl_ipc_post(a, SL_IPC_CONSOLE_REPLY, large, NULL, 0);
	assert_int_equal(r, SL_ERR_FULL);
	assert_true(sl_ipc_pending(a) > SL_IPC_POST_MAX - (5u << 20) && sl_ipc_pending(a) <= SL_IPC_POST_MAX);
	assert_int_equal(sl_ipc_flush(a), SL_MORE);
	assert_int_equal(sl_ipc_send(a, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0), SL_ERR_TIMEOUT);
	close(fds[1]);
	assert_int_equal(sl_ipc_flush(a), SL_ERR_CLOSED);
	assert_int_equal(sl_ipc_pending(a), 0);
	assert_int_equal(sl_ipc_post(a, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0), SL_ERR_CLOSED);
	sl_ipc_free(&a);
	assert_int_equal(open_fds(), before);
	sl_free(bytes);
}

static void
waiting_ends_with_one_message_or_at_its_time(void **state)
{
	struct seen seen = { 0 };
	struct sl_ipc *a, *b;
	int fds[2];

	pair(fds);
	a = sl_ipc_new(fds[0], ALL_TYPES);
	b = sl_ipc_new(fds[1], ALL_TYPES);
	assert_int_equal(sl_ipc_wait(b, 0, note, &seen), SL_ERR_TIMEOUT);
	assert_int_equal(sl_ipc_wait(b, 10, note, &seen), SL_ERR_TIMEOUT);
	for (int i = 0; i < 70; i++)
		assert_int_equal(sl_ipc_send(a, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0), 0);
	assert_int_equal(sl_ipc_wait(b, -1, note, &seen), SL_DONE);
	assert_int_equal(seen.messages, 1);
	assert_int_equal(sl_ipc_read(b, note, &seen), SL_MORE);
	assert_int_equal(seen.messages, 65);	/* a chatty peer does not keep us for ever */
	assert_int_equal(sl_ipc_read(b, note, &seen), SL_MORE);
	assert_int_equal(seen.messages, 70);
	sl_ipc_free(&a);
	assert_int_equal(sl_ipc_wait(b, -1, note, &seen), SL_ERR_CLOSED);
	sl_ipc_free(&b);
}

static void
packed_values_come_back_and_a_reader_past_the_end_gives_zeros(void **state)
{
	struct sl_unpack u;
	struct sl_slice s;
	struct sl_buf out;

	sl_buf_init(&out, 1000);
	sl_pack_u32(&out, 0xfeedbeefu);
	sl_pack_u64(&out, UINT64_MAX - 1);
	sl_pack_f64(&out, -0.125);
	sl_pack_bytes(&out, SL_SLICE_LIT("a\0b"));
	sl_pack_bytes(&out, SL_SLICE_LIT(""));
	for (size_t len = 0; len <= out.len; len++) {
		bool whole = len == out.len;

		u = (struct sl_unpack){ .rest = sl_slice(out.data, len) };
		assert_int_equal(sl_unpack_u32(&u), len >= 4 ? 0xfeedbeefu : 0);
		assert_true(sl_unpack_u64(&u) == (len >= 12 ? UINT64_MAX - 1 : 0));
		assert_true(sl_unpack_f64(&u) == (len >= 20 ? -0.125 : 0));
		s = sl_unpack_bytes(&u);
		assert_true(sl_slice_eq(s, len >= 27 ? SL_SLICE_LIT("a\0b") : SL_SLICE_LIT("")));
		s = sl_unpack_bytes(&u);
		assert_int_equal(s.len, 0);
		assert_true(u.failed == !whole);
		if (whole)
			assert_int_equal(u.rest.len, 0);
		assert_int_equal(sl_unpack_u32(&u), 0);
		assert_true(u.failed);
	}
	sl_buf_fini(&out);
}

static void
a_length_beyond_the_payload_is_not_followed(void **state)
{
	unsigned char bytes[] = { 0xff, 0xff, 0xff, 0xff, 'a', 'b' };
	struct sl_unpack u = { .rest = sl_slice(bytes, sizeof(bytes)) };

	assert_int_equal(sl_unpack_bytes(&u).len, 0);
	assert_true(u.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_arrives_as_it_was_sent),
		cmocka_unit_test(a_kept_descriptor_is_ours_and_the_others_are_closed),
		cmocka_unit_test(where_the_bytes_are_cut_and_where_the_descriptor_hangs_changes_nothing),
		cmocka_unit_test(a_peer_that_goes_in_the_middle_of_a_message_is_an_error),
		cmocka_unit_test(messages_a_peer_may_not_send_are_refused_and_nothing_leaks),
		cmocka_unit_test(a_receiver_without_room_for_descriptors_says_so),
		cmocka_unit_test(the_largest_payload_passes_while_signals_interrupt),
		cmocka_unit_test(sending_to_a_dead_or_stalled_peer_ends),
		cmocka_unit_test(what_is_posted_or_sent_arrives_in_order),
		cmocka_unit_test(what_is_posted_to_one_that_does_not_read_is_bounded),
		cmocka_unit_test(waiting_ends_with_one_message_or_at_its_time),
		cmocka_unit_test(packed_values_come_back_and_a_reader_past_the_end_gives_zeros),
		cmocka_unit_test(a_length_beyond_the_payload_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
