/* ipc_fuzz.c - a channel's bytes, whole and cut anywhere, give the same messages and the same end */

#include "ipc/ipc.h"

#include <sys/socket.h>
#include <unistd.h>

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void
note(void *ctx, struct sl_ipc_message *message)
{
	struct sl_buf *seen = ctx;

	SL_ASSERT(message->fds_len == 0);	/* none were sent */
	sl_buf_addf(seen, "%d:", (int)message->type);
	sl_buf_add_slice(seen, message->payload);
}

/* Send in steps of `step` bytes, then close. Returns how the reader ended. */
static int
feed(const unsigned char *data, size_t len, size_t step, struct sl_buf *seen)
{
	struct sl_ipc *ipc;
	int fds[2], r = SL_MORE;

	SL_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	ipc = sl_ipc_new(fds[1], UINT32_MAX);
	for (size_t i = 0; i < len && r == SL_MORE; i += step) {
		size_t n = SL_MIN(step, len - i);

		SL_ASSERT(write(fds[0], data + i, n) == (ssize_t)n);
		r = sl_ipc_read(ipc, note, seen);
	}
	close(fds[0]);
	while (r == SL_MORE)
		r = sl_ipc_read(ipc, note, seen);
	SL_ASSERT(r == SL_ERR_CLOSED || r == SL_ERR_SYNTAX);
	sl_ipc_free(&ipc);
	return r;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_buf whole, cut;

	if (len < 1 || len > 8192)
		return 0;
	sl_buf_init(&whole, 1 << 20);
	sl_buf_init(&cut, 1 << 20);
	SL_ASSERT(feed(data + 1, len - 1, len, &whole) == feed(data + 1, len - 1, data[0] + 1u, &cut));
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	sl_buf_fini(&whole);
	sl_buf_fini(&cut);
	return 0;
}
