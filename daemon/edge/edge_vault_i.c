/* edge_vault_i.c - see edge_vault_i.h */

#include "check.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge_vault_i.h"
#include "keep.h"

struct fake fake;

void
fake_open(struct rig *rig)
{
	struct sl_seal_pair pair = fake.pair;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fake = (struct fake){ .rig = rig, .pair = pair, .body_fd = -1, .answers_keys = true };
	fake.ipc = sl_ipc_new(fds[0], SL_IPC_BIT(KEY) | SL_IPC_BIT(KEEP));
	keeper_use_vault(rig->edge->keeper, fds[1]);
}

void
fake_close(void)
{
	if (fake.ipc != NULL)
		sl_ipc_free(&fake.ipc);
	if (fake.body_fd >= 0)
		close(fake.body_fd);
	fake.body_fd = -1;
}

void
fake_key(struct sl_slice key)
{
	const struct sl_kept_key answer = { sl_slice_str(fake.tenant), key };
	struct sl_buf payload;

	sl_buf_init(&payload, 1024);
	sl_kept_pack_key(&answer, &payload);
	assert_int_equal(sl_ipc_send(fake.ipc, SL_IPC_KEY_IS, sl_buf_slice(&payload), NULL, 0), 0);
	sl_buf_fini(&payload);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct sl_kept_key key;

	if (message->type == SL_IPC_KEY) {
		assert_int_equal(sl_kept_unpack_key(message->payload, &key), 0);
		snprintf(fake.tenant, sizeof(fake.tenant), SL_SLICE_FMT, SL_SLICE_ARG(key.tenant));
		fake.keys++;
		if (fake.answers_keys)
			fake_key(sl_slice(fake.pair.public, sizeof(fake.pair.public)));
		return;
	}
	assert_int_equal(sl_kept_unpack_keep(message->payload, &fake.keep), 0);
	assert_int_equal(fake.keep.record.len, SL_SEAL_RECORD_BYTES);
	memcpy(fake.record, fake.keep.record.ptr, SL_SEAL_RECORD_BYTES);
	assert_int_equal(message->fds_len, 1);
	if (fake.body_fd >= 0)
		close(fake.body_fd);
	fake.body_fd = message->fds[0];
	message->fds[0] = -1;
	fake.keeps++;
}

void
fake_settle(void)
{
	for (int i = 0; i < 6; i++) {
		rig_settle(fake.rig);
		if (fake.ipc != NULL)
			assert_true(sl_ipc_read(fake.ipc, on_message, NULL) != SL_ERR_SYNTAX);
		rig_pass(fake.rig, 2 * SL_TIMER_GRAIN_MS);
	}
}

void
fake_answer(int result)
{
	struct sl_kept_done done = { .number = fake.keep.number, .result = result, .id = { 1, 2, 3 } };
	struct sl_buf payload;

	sl_buf_init(&payload, 64);
	sl_kept_pack_done(&done, &payload);
	assert_int_equal(sl_ipc_send(fake.ipc, SL_IPC_KEPT, sl_buf_slice(&payload), NULL, 0), 0);
	sl_buf_fini(&payload);
	fake_settle();
}

int
fake_lends(void)
{
	int fd = memfd_create("lent", MFD_CLOEXEC);

	assert_int_equal(sl_ipc_send(fake.ipc, SL_IPC_SPOOL, sl_slice(NULL, 0), &fd, 1), 0);
	fake_settle();
	return fd;
}

static int
to_buf(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

void
fake_opens(struct sl_seal_view *view, unsigned char plain[SL_SEAL_RECORD_PLAIN], struct sl_buf *message)
{
	unsigned char piece[8192];
	struct sl_seal_opener *opener;
	uint64_t at = 0;
	ssize_t n;

	assert_int_equal(sl_seal_record_open(&fake.pair, sl_slice_str(fake.tenant), sl_slice(fake.record, sizeof(fake.record)),
	    plain, view), 0);
	assert_int_equal(view->body.sealed_bytes, fake.keep.body_bytes);
	opener = sl_seal_opener_new(&view->body, to_buf, message);
	while ((n = pread(fake.body_fd, piece, sizeof(piece), (off_t)at)) > 0) {
		assert_int_equal(sl_seal_opener_feed(opener, sl_slice(piece, (size_t)n)), 0);
		at += (uint64_t)n;
	}
	assert_int_equal(at, fake.keep.body_bytes);
	assert_int_equal(sl_seal_opener_finish(opener), 0);
	sl_seal_opener_free(&opener);
}
