/* lent.c - connections whose dot may have left: lent to the parent, and taken back from it by the courier that comes next; see process.h
 *
 * The parent holds a copy of the descriptor (courier/last.h), and hands it on before the settings. What the queue has in
 * FINAL, and was handed on, is gone on with; of all else that was handed on the dot has not left, or its reply is recorded.
 */

#include "process.h"

#include <sys/socket.h>
#include <unistd.h>

#include "sl/log.h"

static int
say(struct process *p, int64_t id, uint32_t attempt, struct sl_slice state, const int *fd)
{
	const struct sl_courier_lent lent = { .id = id, .attempt = attempt, .state = state };
	struct sl_buf payload;
	int r;

	sl_buf_init(&payload, 2 * SL_COURIER_STATE_MAX);
	sl_courier_pack_lent(&lent, &payload);
	r = sl_ipc_send(p->parent, SL_IPC_LENT, sl_buf_slice(&payload), fd, fd != NULL ? 1 : 0);
	sl_buf_fini(&payload);
	return r;
}

void
lend(struct process *p, int64_t id, uint32_t attempt, int fd, const struct sl_last_state *state)
{
	struct sl_buf packed;

	_Static_assert(SL_LAST_STATE_MAX <= SL_COURIER_STATE_MAX, "it fits");
	sl_buf_init(&packed, SL_LAST_STATE_MAX);
	sl_last_pack(state, &packed);
	if (say(p, id, attempt, sl_buf_slice(&packed), &fd) != 0)
		sl_log(SL_LOG_WARNING, "a connection could not be lent: if the courier dies now, a reply is lost");
	sl_buf_fini(&packed);
}

void
lent_over(struct process *p, int64_t id, uint32_t attempt)
{
	if (say(p, id, attempt, sl_slice(NULL, 0), NULL) != 0)
		sl_log(SL_LOG_DEBUG, "the parent does not hear that a connection is no longer lent");
}

/* ---- taken back ---- */

static struct adopted *
room(struct process *p)
{
	for (size_t i = 0; i < SL_COUNT(p->adopted); i++)
		if (p->adopted[i].id == 0)
			return &p->adopted[i];
	return NULL;
}

void
adopt_message(struct process *p, struct sl_ipc_message *message)
{
	struct adopted *a = room(p);
	struct sl_courier_lent lent;

	if (p->queue != NULL || a == NULL || message->fds_len != 1 || sl_courier_unpack_lent(message->payload, &lent) != 0 ||
	    lent.id <= 0 || sl_last_unpack(lent.state, &a->state) != 0) {
		sl_log(SL_LOG_ERROR, "a connection that was lent is not understood");
		return;
	}
	a->process = p;
	a->id = lent.id;
	a->attempt = lent.attempt;
	a->fd = message->fds[0];
	message->fds[0] = -1;
}

size_t
adopt_list(const struct process *p, struct sl_queue_lent out[SL_COURIER_LENT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < SL_COUNT(p->adopted); i++)
		if (p->adopted[i].id != 0)
			out[len++] = (struct sl_queue_lent){ p->adopted[i].id, p->adopted[i].attempt };
	return len;
}

static void
adopted_free(struct adopted *a)
{
	sl_last_free(&a->last);
	sl_zero(&a->state, sizeof(a->state));
	*a = (struct adopted){ 0 };
}

static void
on_answered(void *ctx, int result)
{
	struct adopted *a = ctx;
	struct process *p = a->process;
	int64_t id = a->id;
	uint32_t attempt = a->attempt;
	unsigned uncertain = a->uncertain;

	adopted_free(a);
	if (result != 0) {
		queue_broken(p, "a reply is not recorded");
		return;
	}
	lent_over(p, id, attempt);
	(void)attempt_ended(p, id, uncertain);
}

/* Cut off, so that nobody takes what he got for all of it. The parent's copy goes when it hears. */
static void
cut_off(struct adopted *a)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(a->fd);
	lent_over(a->process, a->id, a->attempt);
	adopted_free(a);
}

static void
go_on(struct adopted *a)
{
	struct process *p = a->process;
	struct sl_last_job job = { .loop = p->loop, .queue = p->queue, .id = a->id, .fd = a->fd, .state = &a->state,
		.final_ms = p->settings->timers.hop_final_ms, .done = on_answered, .ctx = a };
	const struct sl_queue_entry *e;

	if (sl_queue_get(p->queue, a->id, &e) != 0 || e->state != SL_QUEUE_FINAL || e->attempts != a->attempt) {
		cut_off(a);
		return;
	}
	a->uncertain = e->uncertain;
	sl_log(SL_LOG_NOTICE, "%s %lld of " SL_SLICE_FMT ": the courier before died in its last step; it is gone on with",
	    sl_queue_purpose_word(e->purpose), (long long)e->id, SL_SLICE_ARG(e->tenant));
	a->last = sl_last_new(&job);
}

void
adopt_begin(struct process *p)
{
	for (size_t i = 0; i < SL_COUNT(p->adopted); i++)
		if (p->adopted[i].id != 0)
			go_on(&p->adopted[i]);
}

void
adopt_end(struct process *p)
{
	for (size_t i = 0; i < SL_COUNT(p->adopted); i++)
		if (p->adopted[i].id != 0) {
			if (p->adopted[i].last == NULL)
				close(p->adopted[i].fd);
			adopted_free(&p->adopted[i]);
		}
}
