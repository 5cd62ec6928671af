/* control.c - readers of the queue: list, show, hurry, cancel, and the report of releases; see process.h */

#include "process.h"

#include "sl/log.h"

#define LIST_MAX	1000u
#define AHEAD_BYTES	((size_t)4 << 20)
#define SCAN_MAX	1000u		/* entries hurried in a call */

static void
say_end(struct client *client, int result, uint64_t count)
{
	struct sl_kept_end end = { .result = result, .count = count };
	struct sl_buf payload;

	sl_buf_init(&payload, 1024);
	sl_kept_pack_end(&end, &payload);
	client_say(client, SL_IPC_KEPT_END, &payload);
	sl_buf_fini(&payload);
}

static void
add_release(const struct process *p, int64_t id, struct sl_courier_release *out)
{
	const struct sl_queue_release *r;

	if (sl_queue_release_get(p->queue, id, &r) != 0)
		return;
	*out = (struct sl_courier_release){ .by = r->by, .note = r->note, .category = r->category, .verdict = r->verdict,
		.policy = r->policy, .reason = r->reason, .probability = r->probability, .client = r->client, .helo = r->helo,
		.trace = r->trace, .received_us = r->received_us };
}

/* Why it waits, if that is because nobody is there. */
static void
add_hop(struct process *p, const struct sl_queue_entry *e, struct sl_buf *out)
{
	struct route route;
	const char *why;

	if ((e->state == SL_QUEUE_WAITING || e->state == SL_QUEUE_UNCERTAIN) && route_find(p, e, &route, &why))
		hops_say(p, &route, out);
}

static void
say_entry(struct client *client, const struct sl_queue_entry *e)
{
	struct sl_courier_entry entry = { .id = e->id, .purpose = (uint32_t)e->purpose, .state = (uint32_t)e->state,
		.attempts = e->attempts, .uncertain = e->uncertain, .bytes = e->bytes, .created_us = e->created_us,
		.next_us = e->next_us, .finished_us = e->finished_us, .settled = e->settled, .tenant = e->tenant,
		.sender = e->sender, .message_id = e->message_id };
	struct sl_buf payload, rcpts, hop;

	sl_buf_init(&hop, SL_COURIER_TEXT_MAX);
	sl_buf_init(&rcpts, 3u << 20);
	sl_buf_init(&payload, 4u << 20);
	for (size_t i = 0; i < e->rcpts_len; i++)
		sl_courier_rcpt_add(&rcpts, &(struct sl_courier_rcpt){ e->rcpts[i].mailbox, (uint32_t)e->rcpts[i].state,
		    (uint32_t)e->rcpts[i].code, e->rcpts[i].reply });
	entry.rcpts = sl_buf_slice(&rcpts);
	if (e->has_ref)
		entry.ref = sl_slice(e->ref, sizeof(e->ref));
	add_release(client->process, e->id, &entry.release);
	add_hop(client->process, e, &hop);
	entry.hop = sl_buf_slice(&hop);
	sl_courier_pack_entry(&entry, &payload);
	client_say(client, SL_IPC_QUEUE_ENTRY, &payload);
	sl_buf_fini(&payload);
	sl_buf_fini(&rcpts);
	sl_buf_fini(&hop);
}

static void
list(struct client *client, const struct sl_courier_ask *ask)
{
	struct sl_queue *queue = client->process->queue;
	uint32_t limit = SL_MIN(ask->limit, LIST_MAX), count = 0;
	const struct sl_queue_entry *e;
	int64_t after = ask->id;
	int r = SL_DONE;

	/* Entries may be large: what he has not taken is bounded, and he asks for the next page. */
	while (count < limit && client->failed == 0 && (count == 0 || sl_ipc_pending(client->ipc) < AHEAD_BYTES)) {
		r = ask->verb == SL_COURIER_LIST ? sl_queue_list(queue, ask->tenant, after, &e)
		    : sl_queue_releases(queue, ask->tenant, ask->from_us, after, &e);
		if (r != SL_DONE)
			break;
		after = e->id;
		say_entry(client, e);
		count++;
	}
	/* The queue's SL_MORE is "no more": all was said. */
	say_end(client, r < 0 ? r : r == SL_MORE ? SL_DONE : SL_MORE, count);
}

static void
show(struct client *client, const struct sl_courier_ask *ask)
{
	const struct sl_queue_entry *e;
	int r = sl_queue_get(client->process->queue, ask->id, &e);

	if (r == 0)
		say_entry(client, e);
	say_end(client, r == 0 ? SL_DONE : r, r == 0);
}

static int
hurry_all(struct process *p, struct sl_slice tenant, uint64_t *count_out)
{
	const struct sl_queue_entry *e;
	int64_t after = 0;

	for (unsigned i = 0; i < SCAN_MAX && sl_queue_list(p->queue, tenant, after, &e) == SL_DONE; i++) {
		after = e->id;
		if (e->state != SL_QUEUE_WAITING && e->state != SL_QUEUE_UNCERTAIN)
			continue;
		if (sl_queue_hurry(p->queue, after, now_us(p)) != 0)
			return SL_ERR_SYSTEM;
		(*count_out)++;
	}
	return 0;
}

static void
change(struct client *client, const struct sl_courier_ask *ask)
{
	struct process *p = client->process;
	uint64_t count = 0;
	int r;

	if (ask->verb == SL_COURIER_HURRY)
		hops_forget(p);
	if (ask->verb == SL_COURIER_CANCEL)
		r = sl_queue_cancel(p->queue, ask->id, now_us(p));
	else if (ask->id != 0)
		r = sl_queue_hurry(p->queue, ask->id, now_us(p));
	else
		r = hurry_all(p, ask->tenant, &count);
	count += r == 0 && ask->id != 0;
	if (r == 0 && ask->verb == SL_COURIER_CANCEL)
		sl_log(SL_LOG_NOTICE, "entry %lld is taken back by " SL_SLICE_FMT, (long long)ask->id,
		    SL_SLICE_ARG(ask->by.len > 0 ? ask->by : SL_SLICE_LIT("somebody at the control socket")));
	say_end(client, r == 0 ? SL_DONE : r, count);
	clients_settle(p);
	state_changed(p);
	sl_timer_set(&p->due, 0);
}

bool
control_message(struct client *client, struct sl_slice payload)
{
	struct sl_courier_ask ask;

	if (sl_courier_unpack_ask(payload, &ask) != 0)
		return false;
	switch (ask.verb) {
	case SL_COURIER_LIST:
	case SL_COURIER_RELEASES:
		list(client, &ask);
		break;
	case SL_COURIER_SHOW:
		show(client, &ask);
		break;
	case SL_COURIER_HURRY:
	case SL_COURIER_CANCEL:
		change(client, &ask);
		break;
	}
	return true;
}
