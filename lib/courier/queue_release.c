/* queue_release.c - see queue.h: what is known of releases, and walks through the queue */

#include <stdio.h>

#include "courier/queue_i.h"

/* Their columns in this order, behind the numbers. */
#define TEXTS	10

static void
texts_of(struct sl_queue_release *r, struct sl_slice *out[TEXTS])
{
	struct sl_slice *const all[TEXTS] = { &r->by, &r->note, &r->category, &r->verdict, &r->policy, &r->reason,
		&r->probability, &r->client, &r->helo, &r->trace };

	memcpy(out, all, sizeof(all));
}

int
sl_queue_release_add(struct sl_queue *queue, int64_t id, struct sl_slice tenant, const struct sl_queue_release *release)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_ADD_RELEASE);
	struct sl_queue_release copy = *release;
	struct sl_slice *texts[TEXTS];

	SL_CHECK(queue, QUEUE_MAGIC);
	SL_ASSERT(queue->open);		/* with its entry, or not at all */
	texts_of(&copy, texts);
	sqlite3_bind_int64(s, 1, id);
	queue_bind_slice(s, 2, tenant);
	sqlite3_bind_int64(s, 3, release->asked_us);
	sqlite3_bind_int64(s, 4, release->received_us);
	sqlite3_bind_int64(s, 5, (int64_t)release->bytes);
	sqlite3_bind_int64(s, 6, release->flags);
	for (int i = 0; i < TEXTS; i++)
		queue_bind_slice(s, 7 + i, sl_slice(texts[i]->ptr, SL_MIN(texts[i]->len, (size_t)SL_QUEUE_TEXT_MAX)));
	return queue_run(queue, s);
}

int
sl_queue_release_get(struct sl_queue *queue, int64_t id, const struct sl_queue_release **release_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_RELEASE);
	struct sl_queue_release *release = &queue->release;
	struct sl_slice *texts[TEXTS];
	size_t at[TEXTS + 1] = { 0 };
	int r;

	SL_CHECK(queue, QUEUE_MAGIC);
	sqlite3_bind_int64(s, 1, id);
	r = queue_step(queue, s);
	if (r != SL_DONE)
		return r < 0 ? r : queue_wrong(queue, SL_ERR_NOT_FOUND, "this was no release");
	release->asked_us = sqlite3_column_int64(s, 0);
	release->received_us = sqlite3_column_int64(s, 1);
	release->bytes = (uint64_t)sqlite3_column_int64(s, 2);
	release->flags = (uint32_t)sqlite3_column_int64(s, 3);
	sl_buf_reset(&queue->release_text);
	for (int i = 0; i < TEXTS; i++) {
		sl_buf_add_slice(&queue->release_text, queue_column(s, 4 + i));
		at[i + 1] = queue->release_text.len;
	}
	sqlite3_reset(s);
	sl_buf_add_byte(&queue->release_text, 0);
	texts_of(release, texts);
	for (size_t i = 0; i < TEXTS; i++)
		*texts[i] = sl_slice(queue->release_text.data + at[i], at[i + 1] - at[i]);
	*release_out = release;
	return 0;
}

int
sl_queue_release_asker(struct sl_queue *queue, int64_t id, struct sl_slice by, struct sl_slice note)
{
	sqlite3_stmt *s;
	int r = queue_enter(queue);

	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_SET_ASKER);
	sqlite3_bind_int64(s, 1, id);
	queue_bind_slice(s, 2, by);
	queue_bind_slice(s, 3, note);
	return queue_leave(queue, queue_run(queue, s));
}

int
sl_queue_release_has(struct sl_queue *queue, const unsigned char ref[SL_QUEUE_REF_BYTES], struct sl_slice token,
    struct sl_slice mailbox)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_RELEASE_HAS);
	int r;

	queue_bind_blob(s, 1, sl_slice(ref, SL_QUEUE_REF_BYTES));
	queue_bind_blob(s, 2, token);
	queue_bind_slice(s, 3, mailbox);
	r = queue_step(queue, s);
	if (r == SL_DONE)
		sqlite3_reset(s);
	return r;
}

int
sl_queue_retoken(struct sl_queue *queue, int64_t id)
{
	sqlite3_stmt *s;
	int r = queue_enter(queue);

	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_RETOKEN);
	sqlite3_bind_int64(s, 1, id);
	r = queue_run(queue, s);
	if (r == 0 && sqlite3_changes(queue->db) != 1)
		r = queue_wrong(queue, SL_ERR_BUSY, "the entry is not settled");
	return queue_leave(queue, r);
}

/* ---- walks ---- */

int
sl_queue_finished_after(struct sl_queue *queue, bool releases, int64_t after, const struct sl_queue_entry **entry_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_FINISHED_AFTER);

	sqlite3_bind_int64(s, 1, after);
	sqlite3_bind_int(s, 2, releases);
	return queue_get_named(queue, s, entry_out);
}

int
sl_queue_list(struct sl_queue *queue, struct sl_slice tenant, int64_t after, const struct sl_queue_entry **entry_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_LIST);

	sqlite3_bind_int64(s, 1, after);
	queue_bind_slice(s, 2, tenant);
	return queue_get_named(queue, s, entry_out);
}

int
sl_queue_releases(struct sl_queue *queue, struct sl_slice tenant, int64_t from_us, int64_t after,
    const struct sl_queue_entry **entry_out)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_RELEASES);

	sqlite3_bind_int64(s, 1, after);
	sqlite3_bind_int64(s, 2, from_us);
	queue_bind_slice(s, 3, tenant);
	return queue_get_named(queue, s, entry_out);
}

int
sl_queue_due_next(struct sl_queue *queue, int64_t now_us, struct sl_queue_walk *walk)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_DUE_AFTER);
	struct sl_slice tenant;
	int r;

	sqlite3_bind_int64(s, 1, now_us);
	sqlite3_bind_int64(s, 2, walk->next_us);
	sqlite3_bind_int64(s, 3, walk->id);
	r = queue_step(queue, s);
	if (r != SL_DONE)
		return r;
	walk->id = sqlite3_column_int64(s, 0);
	tenant = queue_column(s, 1);
	snprintf(walk->tenant, sizeof(walk->tenant), SL_SLICE_FMT, SL_SLICE_ARG(tenant));
	walk->next_us = sqlite3_column_int64(s, 2);
	sqlite3_reset(s);
	return SL_DONE;
}

int
sl_queue_postpone(struct sl_queue *queue, struct sl_slice tenant, int64_t until_us)
{
	sqlite3_stmt *s;
	int r = queue_enter(queue);

	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_POSTPONE);
	queue_bind_slice(s, 1, tenant);
	sqlite3_bind_int64(s, 2, until_us);
	return queue_leave(queue, queue_run(queue, s));
}

int
sl_queue_resume(struct sl_queue *queue, int64_t until_us, int64_t now_us)
{
	sqlite3_stmt *s;
	int r = queue_enter(queue);

	if (r != 0)
		return r;
	s = queue_statement(queue, QUEUE_RESUME);
	sqlite3_bind_int64(s, 1, until_us);
	sqlite3_bind_int64(s, 2, now_us);
	return queue_leave(queue, queue_run(queue, s));
}
