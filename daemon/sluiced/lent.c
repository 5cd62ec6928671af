/* lent.c - connections of the courier that outlive it; see parent.h and courier/last.h */

#include "parent.h"

#include <unistd.h>

#include "sl/log.h"

#define HOLD_US	UINT64_C(3600000000)	/* longer than any reply is waited for */
#define LOOK_MS	60000u

static void
drop(struct lent *lent, size_t i)
{
	struct lent_one *one = &lent->all[i];

	close(one->fd);
	sl_buf_fini(&one->payload);	/* wiped */
	*one = lent->all[--lent->len];
}

static void
on_timer(void *ctx)
{
	struct lent *lent = ctx;
	uint64_t now = sl_loop_now_us(lent->timer.loop);

	for (size_t i = lent->len; i-- > 0;)
		if (now - lent->all[i].since_us > HOLD_US)
			drop(lent, i);
	if (lent->len > 0)
		sl_timer_set(&lent->timer, LOOK_MS);
}

void
lent_prepare(struct lent *lent, struct sl_loop *loop)
{
	sl_timer_init(&lent->timer, loop, on_timer, lent);
}

void
lent_message(struct lent *lent, struct sl_ipc_message *message)
{
	struct sl_courier_lent said;
	struct lent_one *one;

	if (sl_courier_unpack_lent(message->payload, &said) != 0)
		return;
	for (size_t i = lent->len; i-- > 0;)	/* it is over, or another attempt */
		if (lent->all[i].id == said.id)
			drop(lent, i);
	if (message->fds_len == 0)
		return;
	if (lent->len == SL_COUNT(lent->all)) {
		sl_log(SL_LOG_WARNING, "the courier lends more than is held for it: if it dies, a reply may be lost");
		return;
	}
	one = &lent->all[lent->len++];
	*one = (struct lent_one){ .fd = message->fds[0], .id = said.id, .attempt = said.attempt,
		.since_us = sl_loop_now_us(lent->timer.loop) };
	message->fds[0] = -1;
	sl_buf_init(&one->payload, message->payload.len);
	sl_buf_add_slice(&one->payload, message->payload);
	if (!sl_timer_is_set(&lent->timer))
		sl_timer_set(&lent->timer, LOOK_MS);
}

void
lent_hand_on(struct lent *lent, struct sl_ipc *ipc)
{
	for (size_t i = 0; i < lent->len; i++)
		if (sl_ipc_send(ipc, SL_IPC_LENT, sl_buf_slice(&lent->all[i].payload), &lent->all[i].fd, 1) != 0)
			sl_log(SL_LOG_WARNING, "the courier does not take a connection back");
}

void
lent_forget(struct lent *lent)
{
	while (lent->len > 0)
		drop(lent, lent->len - 1);
	sl_timer_clear(&lent->timer);
}
