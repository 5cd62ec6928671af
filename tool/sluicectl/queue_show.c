/* queue_show.c - see queue_show.h */

#include "queue_show.h"

#include <inttypes.h>
#include <stdio.h>

#include "control.h"
#include "courier/queue.h"
#include "quarantine_i.h"

#define WAIT_MS		30000
#define PAGE		500u

struct talk {
	queue_each	*each;
	void		*ctx;
	bool		 over;
	int		 result;
	uint64_t	 count, shown;
	int64_t		 last;
};

struct sl_ipc *
queue_connect(const char *control)
{
	return control_courier(control, SL_IPC_BIT(QUEUE_ENTRY) | SL_IPC_BIT(KEPT_END));
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct talk *talk = ctx;
	struct sl_courier_entry entry;
	struct sl_kept_end end;

	if (message->type == SL_IPC_QUEUE_ENTRY) {
		if (sl_courier_unpack_entry(message->payload, &entry) != 0)
			return;
		talk->shown++;
		talk->last = entry.id;
		talk->each(talk->ctx, &entry);
		return;
	}
	talk->over = true;
	talk->result = sl_kept_unpack_end(message->payload, &end);
	if (talk->result == 0) {
		talk->result = end.result;
		talk->count = end.count;
	}
}

int
queue_ask(struct sl_ipc *ipc, struct sl_courier_ask *ask, uint32_t limit, queue_each *each, void *ctx, uint64_t *count_out)
{
	struct talk talk = { .each = each, .ctx = ctx, .result = SL_MORE };
	struct sl_buf payload;
	int r = SL_MORE;

	sl_buf_init(&payload, 4096);
	while (r == SL_MORE && (limit == 0 || talk.shown < limit)) {
		ask->limit = limit == 0 ? PAGE : SL_MIN(PAGE, limit - (uint32_t)talk.shown);
		talk.over = false;
		sl_buf_reset(&payload);
		sl_courier_pack_ask(ask, &payload);
		r = sl_ipc_send(ipc, SL_IPC_QUEUE_ASK, sl_buf_slice(&payload), NULL, 0);
		while (r >= 0 && !talk.over)
			r = sl_ipc_wait(ipc, WAIT_MS, on_message, &talk);
		r = r < 0 ? r : talk.result;
		ask->id = talk.last;
	}
	sl_buf_fini(&payload);
	*count_out = talk.count;
	return r == SL_MORE ? SL_DONE : r;
}

const char *
queue_state_word(uint32_t state)
{
	static const char *const words[] = { "waiting", "trying", "final", "uncertain", "delivered", "failed", "cancelled" };

	_Static_assert(SL_QUEUE_CANCELLED == 6, "as the queue has them");
	return state < SL_COUNT(words) ? words[state] : "?";
}

const char *
queue_rcpt_word(uint32_t state)
{
	static const char *const words[] = { "open", "in flight", "in doubt", "taken", "refused" };

	_Static_assert(SL_QUEUE_RCPT_REFUSED == 4, "as the queue has them");
	return state < SL_COUNT(words) ? words[state] : "?";
}

const char *
queue_purpose_word(uint32_t purpose)
{
	static const char *const words[] = { "?", "release", "digest", "answer", "notice", "report", "release" };

	_Static_assert(SL_QUEUE_RELEASE_PART == 6, "as the queue has them");
	return purpose < SL_COUNT(words) ? words[purpose] : "?";
}

bool
queue_telling(const struct sl_courier_entry *entry, struct sl_courier_rcpt *out, size_t *count_out)
{
	struct sl_slice rest = entry->rcpts;
	struct sl_courier_rcpt one;
	bool found = false;

	*count_out = 0;
	while (sl_courier_rcpt_next(&rest, &one)) {
		(*count_out)++;
		if (!found || (out->state == SL_QUEUE_RCPT_TAKEN && one.state != SL_QUEUE_RCPT_TAKEN))
			*out = one;
		found = true;
	}
	return found;
}

static void
add_time(struct sl_buf *out, const char *name, int64_t us)
{
	char text[32];

	if (us <= 0) {
		sl_buf_addf(out, ", \"%s\": null", name);
		return;
	}
	quarantine_time(us, text);
	sl_buf_addf(out, ", \"%s\": \"%sZ\"", name, text);
}

static void
add_text(struct sl_buf *out, const char *name, struct sl_slice text)
{
	sl_buf_addf(out, ", \"%s\": ", name);
	sl_buf_add_json(out, text);
}

static void
add_rcpts(struct sl_buf *out, struct sl_slice rcpts)
{
	struct sl_courier_rcpt one;

	sl_buf_add_str(out, ", \"recipients\": [");
	for (const char *comma = ""; sl_courier_rcpt_next(&rcpts, &one); comma = ", ") {
		sl_buf_addf(out, "%s{\"mailbox\": ", comma);
		sl_buf_add_json(out, one.mailbox);
		sl_buf_addf(out, ", \"state\": \"%s\", \"code\": %" PRIu32, queue_rcpt_word(one.state), one.code);
		add_text(out, "reply", one.reply);
		sl_buf_add_byte(out, '}');
	}
	sl_buf_add_byte(out, ']');
}

void
queue_json(const struct sl_courier_entry *e, struct sl_buf *out)
{
	char message[SL_KEPT_ID_DIGITS + 1];

	sl_buf_addf(out, "{\"entry\": %" PRId64 ", \"purpose\": \"%s\", \"state\": \"%s\"", e->id, queue_purpose_word(e->purpose),
	    queue_state_word(e->state));
	add_text(out, "tenant", e->tenant);
	add_text(out, "sender", e->sender);
	add_text(out, "message_id", e->message_id);
	sl_buf_addf(out, ", \"attempts\": %" PRIu32 ", \"replies_lost\": %" PRIu32 ", \"bytes\": %" PRIu64 ", \"settled\": %s",
	    e->attempts, e->uncertain, e->bytes, e->settled ? "true" : "false");
	add_time(out, "created", e->created_us);
	add_time(out, "next", e->finished_us > 0 ? 0 : e->next_us);
	add_time(out, "finished", e->finished_us);
	if (e->hop.len > 0)
		add_text(out, "waits_for", e->hop);
	if (e->ref.len > 0) {
		sl_kept_id_write(e->ref.ptr, message);
		sl_buf_addf(out, ", \"id\": \"%s\"", message);
		add_text(out, "by", e->release.by);
		add_text(out, "note", e->release.note);
		add_text(out, "category", e->release.category);
		add_text(out, "verdict", e->release.verdict);
		add_text(out, "policy", e->release.policy);
		add_text(out, "reason", e->release.reason);
		add_text(out, "probability", e->release.probability);
		add_text(out, "client", e->release.client);
		add_text(out, "trace", e->release.trace);
		add_time(out, "received", e->release.received_us);
	}
	add_rcpts(out, e->rcpts);
	sl_buf_add_byte(out, '}');
}
