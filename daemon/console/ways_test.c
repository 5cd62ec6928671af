/* ways_test.c - what the courier tells is told again until it could be noted */

#include "check.h"

#include <sys/socket.h>

#include "ways.h"

static uint64_t now_us = 1000000;

static uint64_t
monotonic_us(void *ctx)
{
	return now_us;
}

static int64_t
wall_us(void *ctx)
{
	return (int64_t)now_us;
}

static const struct sl_clock stopped = { monotonic_us, wall_us, NULL };

struct console_side {
	unsigned	wanted;		/* channels to the courier that were asked for */
	unsigned	told;
	bool		full;		/* it cannot be noted now */
};

static void
on_request(void *ctx, bool courier)
{
	((struct console_side *)ctx)->wanted += courier;
}

static bool
on_settled(void *ctx, const struct sl_courier_settled *settled)
{
	struct console_side *side = ctx;

	assert_true(sl_slice_eq(settled->token, SL_SLICE_LIT("a token")));
	side->told++;
	return !side->full;
}

static void
count(void *ctx, struct sl_ipc_message *message)
{
	*(unsigned *)ctx += message->type == SL_IPC_SETTLED_SEEN;
}

/* A channel to a courier that tells of one mail. */
static struct sl_ipc *
join(struct ways *ways)
{
	static const unsigned char ref[SL_KEPT_ID_BYTES];
	const struct sl_courier_settled settled = { .token = SL_SLICE_LIT("a token"), .tenant = SL_SLICE_LIT("example.com"),
		.ref = sl_slice(ref, sizeof(ref)), .state = 4, .code = 250, .reply = SL_SLICE_LIT("250 fine") };
	struct sl_ipc *courier;
	struct sl_buf payload;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	courier = sl_ipc_new(fds[1], SL_IPC_BIT(SETTLED_SEEN));
	ways_joined(ways, true, fds[0]);
	sl_buf_init(&payload, 4096);
	sl_courier_pack_settled(&settled, &payload);
	assert_int_equal(sl_ipc_send(courier, SL_IPC_SETTLED, sl_buf_slice(&payload), NULL, 0), 0);
	sl_buf_fini(&payload);
	return courier;
}

static void
pass(struct sl_loop *loop, uint64_t seconds)
{
	for (uint64_t i = 0; i < seconds * 2; i++) {
		now_us += 500000;
		sl_loop_turn(loop);
	}
}

static void
what_could_not_be_noted_is_told_again(void **state)
{
	struct sl_loop *loop = sl_loop_new(&stopped);
	struct console_side side = { .full = true };
	struct ways *ways = ways_new(&(struct ways_options){ .loop = loop, .request = on_request, .settled = on_settled, .ctx = &side });
	struct sl_ipc *courier;
	unsigned seen = 0, wanted;

	ways_begin(ways);
	courier = join(ways);
	wanted = side.wanted;
	pass(loop, 50);
	assert_int_equal(side.told, 1);
	assert_int_equal(side.wanted, wanted);
	assert_int_equal(sl_ipc_read(courier, count, &seen), SL_MORE);
	pass(loop, 15);				/* the channel is given up, and another asked for: the courier tells that of it */
	assert_true(side.wanted > wanted);
	assert_int_equal(sl_ipc_read(courier, count, &seen), SL_ERR_CLOSED);
	assert_int_equal(seen, 0);
	sl_ipc_free(&courier);
	side.full = false;
	courier = join(ways);
	wanted = side.wanted;
	pass(loop, 200);
	assert_int_equal(side.told, 2);
	assert_int_equal(side.wanted, wanted);	/* and then it stays */
	assert_int_equal(sl_ipc_read(courier, count, &seen), SL_MORE);
	assert_int_equal(seen, 1);
	sl_ipc_free(&courier);
	ways_free(&ways);
	sl_loop_free(&loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_not_be_noted_is_told_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
