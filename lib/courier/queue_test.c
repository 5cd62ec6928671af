/* queue_test.c - entries on their way: once for a token, retried, given up, in doubt, settled */

#include "check.h"
#include "courier/queue.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define S(text)	SL_SLICE_LIT(text)
#define MINUTE	INT64_C(60000000)
#define T0	INT64_C(1795681800000000)

static char path[] = "/tmp/sluice-queue-XXXXXX";
static struct sl_queue *queue;
static const struct sl_slice two[] = { { (const unsigned char *)"anna@example.com", 16 },
	{ (const unsigned char *)"bob@example.com", 15 } };

static int
setup(void **state)
{
	struct sl_queue_options options = { .path = path, .bytes_max = 100000 };
	int fd;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(sl_queue_open(&options, T0, &queue), 0);
	return 0;
}

static int
teardown(void **state)
{
	char other[64];

	sl_queue_close(&queue);
	unlink(path);
	snprintf(other, sizeof(other), "%s-wal", path);
	unlink(other);
	return 0;
}

static void
reopen(int64_t now_us)
{
	struct sl_queue_options options = { .path = path, .bytes_max = 100000 };

	sl_queue_close(&queue);
	if (sl_queue_open(&options, now_us, &queue) != 0)
		fail_msg("%s", sl_queue_error(queue));
}

static int64_t
add(const char *token, size_t rcpts, struct sl_slice bytes)
{
	struct sl_queue_new new = { .token = sl_slice_str(token), .purpose = SL_QUEUE_DIGEST, .tenant = S("example.com"),
		.sender = S(""), .recipients = two, .recipients_len = rcpts, .route = S("mx.internal:25"),
		.message_id = S("<1@x>"), .bytes = bytes, .now_us = T0 };
	int64_t id = 0;
	bool added;

	assert_int_equal(sl_queue_add(queue, &new, &id, &added), 0);
	assert_true(added);
	return id;
}

static const struct sl_queue_entry *
get(int64_t id)
{
	const struct sl_queue_entry *e;

	assert_int_equal(sl_queue_get(queue, id, &e), 0);
	return e;
}

static int
gather(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

static void
an_entry_is_kept_as_it_was_given(void **state)
{
	static unsigned char bytes[50000];
	const struct sl_queue_entry *e;
	struct sl_buf read;
	int64_t id;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	id = add("one", 2, sl_slice(bytes, sizeof(bytes)));
	reopen(T0);
	assert_int_equal(sl_queue_due(queue, T0, &e), SL_DONE);
	assert_true(e->id == id && e->purpose == SL_QUEUE_DIGEST && e->state == SL_QUEUE_WAITING && !e->has_ref);
	assert_true(sl_slice_eq(e->token, S("one")) && sl_slice_eq(e->tenant, S("example.com")));
	assert_true(e->sender.len == 0 && sl_slice_eq(e->route, S("mx.internal:25")) && sl_slice_eq(e->message_id, S("<1@x>")));
	assert_int_equal(e->rcpts_len, 2);
	assert_true(sl_slice_eq(e->rcpts[1].mailbox, two[1]));
	assert_int_equal(e->bytes, sizeof(bytes));
	sl_buf_init(&read, 1 << 20);
	assert_int_equal(sl_queue_read(queue, id, gather, &read), 0);
	assert_int_equal(read.len, sizeof(bytes));
	assert_memory_equal(read.data, bytes, sizeof(bytes));
	sl_buf_fini(&read);
}

static void
a_token_makes_one_entry(void **state)
{
	struct sl_queue_new new = { .token = S("release 7"), .purpose = SL_QUEUE_RELEASE, .recipients = two,
		.recipients_len = 1, .ref = (const unsigned char *)"0123456789abcdef", .now_us = T0 };
	int64_t first, again;
	bool added;

	assert_int_equal(sl_queue_add(queue, &new, &first, &added), 0);
	assert_true(added);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sl_queue_add(queue, &new, &again, &added), 0);
		assert_true(!added && again == first);
		reopen(T0);
	}
	new.token = S("release 8");
	assert_int_equal(sl_queue_add(queue, &new, &again, &added), 0);
	assert_true(added && again != first);
	assert_memory_equal(get(first)->ref, "0123456789abcdef", 16);
	new.recipients_len = 0;
	assert_int_equal(sl_queue_add(queue, &new, &again, &added), SL_ERR_SYNTAX);
}

static void
what_is_too_much_is_refused(void **state)
{
	static unsigned char bytes[60000];
	struct sl_queue_new new = { .token = S("b"), .purpose = SL_QUEUE_DIGEST, .recipients = two, .recipients_len = 1,
		.bytes = { bytes, sizeof(bytes) }, .now_us = T0 };
	struct sl_queue_said said = { 0, 250, S("250 ok") };
	int64_t id = add("a", 1, sl_slice(bytes, sizeof(bytes))), other;
	bool added;

	assert_int_equal(sl_queue_add(queue, &new, &other, &added), SL_ERR_FULL);
	assert_false(added);
	/* A finished one gives its bytes back. */
	assert_int_equal(sl_queue_claim(queue, id, T0), 0);
	assert_int_equal(sl_queue_final(queue, id, &said, 1), 0);
	assert_int_equal(sl_queue_answer(queue, id, &said, 1, T0), 0);
	assert_int_equal(sl_queue_add(queue, &new, &other, &added), 0);
	assert_true(added);
}

static void
all_or_nothing_of_a_batch_is_added(void **state)
{
	struct sl_queue_stats stats;

	assert_int_equal(sl_queue_begin(queue), 0);
	for (char token[] = "a"; token[0] < 'f'; token[0]++)
		add(token, 1, S("x"));
	sl_queue_rollback(queue);
	assert_int_equal(sl_queue_stats(queue, &stats), 0);
	assert_true(stats.waiting == 0 && stats.bytes == 0 && stats.oldest_us == INT64_MAX);
	assert_int_equal(sl_queue_begin(queue), 0);
	for (char token[] = "a"; token[0] < 'f'; token[0]++)
		add(token, 1, S("x"));
	assert_int_equal(sl_queue_commit(queue), 0);
	reopen(T0);
	assert_int_equal(sl_queue_stats(queue, &stats), 0);
	assert_true(stats.waiting == 5 && stats.bytes == 5 && stats.oldest_us == T0);
}

/* The next hop is away: waits double up to 4 hours, and after 5 days it is over. */
static void
it_is_tried_again_and_given_up(void **state)
{
	struct sl_queue_said away = { 0, 0, S("connection refused") };
	int64_t id = add("one", 1, S("bytes")), now = T0, waited = 0;
	const struct sl_queue_entry *e;
	unsigned attempts = 0;

	while (sl_queue_due(queue, now, &e) == SL_DONE) {
		int64_t next;

		assert_int_equal(sl_queue_claim(queue, id, now), 0);
		assert_int_equal(sl_queue_claim(queue, id, now), SL_ERR_BUSY);
		assert_int_equal(sl_queue_answer(queue, id, &away, 1, now), 0);
		attempts++;
		e = get(id);
		assert_int_equal(e->attempts, attempts);
		if (e->state != SL_QUEUE_WAITING)
			break;
		next = sl_queue_wake_us(queue);
		assert_true(next == e->next_us);
		assert_true(next - now >= (attempts < 9 ? MINUTE << (attempts - 1) : 240 * MINUTE));
		assert_true(next - now >= waited || attempts > 8);
		assert_true(next - now <= 270 * MINUTE);
		waited = next - now;
		assert_int_equal(sl_queue_due(queue, next - 1, &e), SL_MORE);
		now = next;
	}
	e = get(id);
	assert_int_equal(e->state, SL_QUEUE_FAILED);
	assert_int_equal(e->uncertain, 0);
	assert_true(now - T0 >= SL_QUEUE_GIVE_UP_US && now - T0 < SL_QUEUE_GIVE_UP_US + 270 * MINUTE);
	assert_in_range(attempts, 30, 45);
	assert_true(sl_slice_eq(e->rcpts[0].reply, S("connection refused")));
	assert_true(sl_queue_wake_us(queue) == INT64_MAX);
	assert_int_equal(sl_queue_read(queue, id, gather, NULL), SL_ERR_NOT_FOUND);
	print_message("given up after %u attempts\n", attempts);
}

static void
recipients_go_their_own_ways(void **state)
{
	const struct sl_queue_said first[] = { { 0, 250, S("250 ok") }, { 1, 450, S("450 busy") } };
	const struct sl_queue_said dot = { 0, 250, S("250 2.0.0 queued as 4F1") };
	const struct sl_queue_said second = { 1, 550, S("550 no such user") };
	int64_t id = add("one", 2, S("bytes"));
	const struct sl_queue_entry *e;

	assert_int_equal(sl_queue_claim(queue, id, T0), 0);
	assert_int_equal(sl_queue_final(queue, id, first, 2), 0);
	assert_int_equal(sl_queue_answer(queue, id, &dot, 1, T0), 0);
	e = get(id);
	assert_int_equal(e->state, SL_QUEUE_WAITING);
	assert_true(e->rcpts[0].state == SL_QUEUE_RCPT_TAKEN && e->rcpts[1].state == SL_QUEUE_RCPT_OPEN);
	assert_true(sl_slice_eq(e->rcpts[0].reply, S("250 2.0.0 queued as 4F1")));
	assert_int_equal(e->rcpts[1].code, 450);
	assert_int_equal(sl_queue_claim(queue, id, e->next_us), 0);
	assert_int_equal(sl_queue_answer(queue, id, &second, 1, T0 + 5 * MINUTE), 0);
	e = get(id);
	assert_int_equal(e->state, SL_QUEUE_FAILED);
	assert_true(e->rcpts[0].state == SL_QUEUE_RCPT_TAKEN && e->rcpts[1].state == SL_QUEUE_RCPT_REFUSED);
	assert_true(e->finished_us == T0 + 5 * MINUTE);
}

/* The reply to the dot is lost: in doubt, sent again later and only there, and the record says so for ever. */
static void
a_lost_reply_is_doubt_and_said_so(void **state)
{
	const struct sl_queue_said rcpts[] = { { 0, 250, S("ok") }, { 1, 250, S("ok") } };
	const struct sl_queue_said lost[] = { { 0, 0, S("connection lost") }, { 1, 0, S("connection lost") } };
	const struct sl_queue_said busy = { 0, 450, S("450 busy") };
	const struct sl_queue_said good[] = { { 0, 250, S("250 ok") }, { 1, 250, S("250 ok") } };
	int64_t id = add("one", 2, S("bytes"));
	const struct sl_queue_entry *e;

	assert_int_equal(sl_queue_claim(queue, id, T0), 0);
	assert_int_equal(sl_queue_final(queue, id, rcpts, 2), 0);
	assert_int_equal(sl_queue_answer(queue, id, lost, 2, T0), 0);
	e = get(id);
	assert_true(e->state == SL_QUEUE_UNCERTAIN && e->uncertain == 1 && e->next_us >= T0 + SL_QUEUE_UNCERTAIN_US);
	/* Tried again in vain before the dot: the doubt stays, and is not more. */
	assert_int_equal(sl_queue_claim(queue, id, T0 + 20 * MINUTE), 0);
	assert_int_equal(sl_queue_answer(queue, id, &busy, 1, T0 + 20 * MINUTE), 0);
	e = get(id);
	assert_true(e->state == SL_QUEUE_UNCERTAIN && e->uncertain == 1 && e->rcpts[0].state == SL_QUEUE_RCPT_IN_DOUBT);
	assert_int_equal(sl_queue_claim(queue, id, T0 + 30 * MINUTE), 0);
	assert_int_equal(sl_queue_final(queue, id, rcpts, 2), 0);
	assert_int_equal(sl_queue_answer(queue, id, good, 2, T0 + 30 * MINUTE), 0);
	e = get(id);
	assert_true(e->state == SL_QUEUE_DELIVERED && e->uncertain == 1);
}

static void
a_crash_before_the_dot_is_no_doubt_and_after_it_is(void **state)
{
	const struct sl_queue_said rcpts[] = { { 0, 250, S("ok") }, { 1, 550, S("no") } };
	const struct sl_queue_entry *e;
	int64_t id = add("one", 2, S("bytes"));

	assert_int_equal(sl_queue_claim(queue, id, T0), 0);
	reopen(T0 + MINUTE);
	e = get(id);
	assert_true(e->state == SL_QUEUE_WAITING && e->uncertain == 0 && e->attempts == 1 && e->next_us > T0);
	assert_int_equal(sl_queue_claim(queue, id, T0 + 3 * MINUTE), 0);
	assert_int_equal(sl_queue_final(queue, id, rcpts, 2), 0);
	reopen(T0 + 4 * MINUTE);
	e = get(id);
	assert_true(e->state == SL_QUEUE_UNCERTAIN && e->uncertain == 1);
	assert_true(e->next_us >= T0 + 4 * MINUTE + SL_QUEUE_UNCERTAIN_US);
	assert_true(e->rcpts[0].state == SL_QUEUE_RCPT_IN_DOUBT && e->rcpts[1].state == SL_QUEUE_RCPT_REFUSED);
	/* Crashed once more before its dot: still in doubt. */
	assert_int_equal(sl_queue_claim(queue, id, T0 + 30 * MINUTE), 0);
	reopen(T0 + 31 * MINUTE);
	e = get(id);
	assert_true(e->state == SL_QUEUE_UNCERTAIN && e->uncertain == 1);
}

static void
what_is_finished_is_settled_once_with_its_notice(void **state)
{
	const struct sl_queue_said no = { 0, 550, S("550 no") };
	struct sl_queue_new notice = { .token = S("notice of one"), .purpose = SL_QUEUE_NOTICE, .recipients = two,
		.recipients_len = 1, .bytes = S("Subject: not delivered\r\n\r\n"), .now_us = T0 };
	const struct sl_queue_entry *e;
	struct sl_queue_stats stats;
	uint64_t purged;
	int64_t id = add("one", 1, S("bytes"));

	assert_int_equal(sl_queue_finished(queue, &e), SL_MORE);
	assert_int_equal(sl_queue_settle(queue, id, NULL), SL_ERR_BUSY);
	assert_int_equal(sl_queue_claim(queue, id, T0), 0);
	assert_int_equal(sl_queue_answer(queue, id, &no, 1, T0), 0);
	reopen(T0);
	assert_int_equal(sl_queue_finished(queue, &e), SL_DONE);
	assert_true(e->id == id && e->state == SL_QUEUE_FAILED);
	assert_int_equal(sl_queue_settle(queue, id, &notice), 0);
	assert_int_equal(sl_queue_finished(queue, &e), SL_MORE);
	assert_int_equal(sl_queue_find(queue, S("notice of one"), &e), 0);
	assert_int_equal(e->state, SL_QUEUE_WAITING);
	assert_int_equal(sl_queue_stats(queue, &stats), 0);
	assert_true(stats.finished == 1 && stats.unsettled == 0 && stats.waiting == 1);
	assert_int_equal(sl_queue_purge(queue, T0, T0, &purged), 0);
	assert_int_equal(purged, 0);
	assert_int_equal(sl_queue_purge(queue, T0 + 1, T0, &purged), 0);
	assert_int_equal(purged, 1);
	assert_int_equal(sl_queue_find(queue, S("one"), &e), SL_ERR_NOT_FOUND);
}

static void
an_administrator_may_hurry_and_take_back(void **state)
{
	struct sl_queue_said away = { 0, 0, S("") };
	const struct sl_queue_entry *e;
	int64_t id = add("one", 1, S("bytes"));

	assert_int_equal(sl_queue_claim(queue, id, T0), 0);
	assert_int_equal(sl_queue_cancel(queue, id, T0), SL_ERR_BUSY);
	assert_int_equal(sl_queue_answer(queue, id, &away, 1, T0), 0);
	assert_int_equal(sl_queue_due(queue, T0, &e), SL_MORE);
	assert_int_equal(sl_queue_hurry(queue, id, T0), 0);
	assert_int_equal(sl_queue_due(queue, T0, &e), SL_DONE);
	assert_int_equal(sl_queue_cancel(queue, id, T0), 0);
	assert_int_equal(sl_queue_due(queue, T0, &e), SL_MORE);
	assert_int_equal(get(id)->state, SL_QUEUE_CANCELLED);
	assert_int_equal(sl_queue_cancel(queue, id, T0), SL_ERR_BUSY);
	assert_int_equal(sl_queue_cancel(queue, 999, T0), SL_ERR_NOT_FOUND);
}

static void
a_deed_is_done_once(void **state)
{
	struct sl_slice id = S("0123456789abcdef");
	uint64_t purged;
	bool first;

	/* Taken back with the transaction that it was part of. */
	assert_int_equal(sl_queue_begin(queue), 0);
	assert_int_equal(sl_queue_once(queue, id, T0 + MINUTE, &first), 0);
	assert_true(first);
	add("for the deed", 1, S("x"));
	sl_queue_rollback(queue);
	assert_int_equal(sl_queue_once(queue, id, T0 + MINUTE, &first), 0);
	assert_true(first);
	for (int i = 0; i < 2; i++) {
		reopen(T0);
		assert_int_equal(sl_queue_once(queue, id, T0 + MINUTE, &first), 0);
		assert_false(first);
		assert_int_equal(sl_queue_purge(queue, T0, T0 + MINUTE, &purged), 0);
	}
	assert_int_equal(sl_queue_once(queue, S("another"), T0, &first), 0);
	assert_true(first);
	assert_int_equal(sl_queue_purge(queue, T0, T0 + MINUTE + 1, &purged), 0);
	assert_int_equal(sl_queue_once(queue, id, T0 + MINUTE, &first), 0);
	assert_true(first);
	assert_int_equal(sl_queue_once(queue, S(""), T0, &first), SL_ERR_SYNTAX);
}

static void
another_file_is_left_alone(void **state)
{
	struct sl_queue_options options = { .path = path };
	struct sl_queue *other;
	FILE *file;

	assert_int_equal(sl_queue_open(&options, T0, &other), SL_ERR_BUSY);	/* it is in use */
	sl_queue_close(&other);
	sl_queue_close(&queue);
	file = fopen(path, "wb");
	fputs("this is no database, but a text of some length, which nobody wants to lose", file);
	fclose(file);
	assert_int_equal(sl_queue_open(&options, T0, &other), SL_ERR_SYNTAX);
	sl_queue_close(&other);
}

/* ---- releases, and walks ---- */

static int64_t
add_release(const char *token, const char *tenant, int64_t asked_us)
{
	static const unsigned char ref[SL_QUEUE_REF_BYTES] = { 7 };
	struct sl_queue_new new = { .token = sl_slice_str(token), .purpose = SL_QUEUE_RELEASE, .tenant = sl_slice_str(tenant),
		.recipients = two, .recipients_len = 2, .ref = ref, .now_us = T0 };
	struct sl_queue_release release = { .asked_us = asked_us, .received_us = 5, .bytes = 6, .flags = 1, .category = S("spam"),
		.policy = S("from 0.9 on"), .trace = S("ABC") };
	int64_t id;
	bool added;

	assert_int_equal(sl_queue_begin(queue), 0);
	assert_int_equal(sl_queue_add(queue, &new, &id, &added), 0);
	assert_true(added);
	assert_int_equal(sl_queue_release_add(queue, id, new.tenant, &release), 0);
	assert_int_equal(sl_queue_commit(queue), 0);
	return id;
}

static void
finish(int64_t id, int code)
{
	struct sl_queue_said said[2] = { { 0, code, S("said") }, { 1, code, S("said") } };

	assert_int_equal(sl_queue_claim(queue, id, T0), 0);
	if (code == 250)
		assert_int_equal(sl_queue_final(queue, id, said, 2), 0);
	assert_int_equal(sl_queue_answer(queue, id, said, 2, T0), 0);
}

static void
a_release_remembers_who_and_why(void **state)
{
	const struct sl_queue_release *r;
	const struct sl_queue_entry *e;
	uint64_t purged;
	int64_t id = add_release("r1", "example.com", T0), other = add("d1", 1, S("x"));

	assert_int_equal(sl_queue_release_get(queue, id, &r), 0);
	assert_true(sl_slice_eq(r->category, S("spam")) && sl_slice_eq(r->policy, S("from 0.9 on")) && r->by.len == 0);
	assert_true(r->asked_us == T0 && r->received_us == 5 && r->bytes == 6 && r->flags == 1 && sl_slice_eq(r->trace, S("ABC")));
	assert_int_equal(sl_queue_release_get(queue, other, &r), SL_ERR_NOT_FOUND);
	/* Who asked is noted once. */
	assert_int_equal(sl_queue_release_asker(queue, id, S("anna"), S("please")), 0);
	assert_int_equal(sl_queue_release_asker(queue, id, S("bob"), S("")), 0);
	reopen(T0);
	assert_int_equal(sl_queue_release_get(queue, id, &r), 0);
	assert_true(sl_slice_eq(r->by, S("anna")) && sl_slice_eq(r->note, S("please")));
	assert_int_equal(sl_queue_releases(queue, S("example.com"), T0, 0, &e), SL_DONE);
	assert_int_equal(e->id, id);
	assert_int_equal(sl_queue_releases(queue, S("example.com"), T0 + 1, 0, &e), SL_MORE);
	assert_int_equal(sl_queue_releases(queue, S("other"), 0, 0, &e), SL_MORE);
	assert_int_equal(sl_queue_releases(queue, S(""), 0, id, &e), SL_MORE);
	/* It goes with its entry. */
	finish(id, 250);
	assert_int_equal(sl_queue_settle(queue, id, NULL), 0);
	assert_int_equal(sl_queue_purge(queue, T0 + 1, T0, &purged), 0);
	assert_int_equal(purged, 1);
	assert_int_equal(sl_queue_release_get(queue, id, &r), SL_ERR_NOT_FOUND);
}

/* Version 1 knew nothing of releases. */
static void
an_older_queue_is_brought_up(void **state)
{
	const struct sl_queue_release *r;
	int64_t id = add("d1", 1, S("x"));
	sqlite3 *db;

	sl_queue_close(&queue);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE release; DROP INDEX entry_tenant; DROP INDEX entry_ref; PRAGMA user_version = 1", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	reopen(T0);
	assert_int_equal(get(id)->state, SL_QUEUE_WAITING);
	id = add_release("r1", "example.com", T0);
	reopen(T0);
	assert_int_equal(sl_queue_release_get(queue, id, &r), 0);
}

static void
a_token_can_be_given_up_when_all_is_over(void **state)
{
	int64_t id = add_release("r1", "example.com", T0), again;
	const struct sl_queue_entry *e;

	assert_int_equal(sl_queue_retoken(queue, id), SL_ERR_BUSY);
	finish(id, 550);
	assert_int_equal(sl_queue_retoken(queue, id), SL_ERR_BUSY);	/* not settled */
	assert_int_equal(sl_queue_settle(queue, id, NULL), 0);
	assert_int_equal(sl_queue_retoken(queue, id), 0);
	again = add_release("r1", "example.com", T0);
	assert_true(again != id);
	assert_int_equal(sl_queue_find(queue, S("r1"), &e), 0);
	assert_int_equal(e->id, again);
}

static void
what_is_finished_is_walked_by_whose_it_is(void **state)
{
	const struct sl_queue_entry *e;
	int64_t ids[4];

	ids[0] = add_release("r1", "example.com", T0);
	ids[1] = add("d1", 1, S("x"));
	ids[2] = add_release("r2", "example.com", T0);
	ids[3] = add_release("r3", "example.com", T0);
	finish(ids[0], 250);
	assert_int_equal(sl_queue_cancel(queue, ids[1], T0), 0);
	finish(ids[3], 550);
	assert_int_equal(sl_queue_finished_after(queue, true, 0, &e), SL_DONE);
	assert_int_equal(e->id, ids[0]);
	assert_int_equal(sl_queue_finished_after(queue, true, e->id, &e), SL_DONE);
	assert_int_equal(e->id, ids[3]);
	assert_int_equal(sl_queue_finished_after(queue, true, ids[3], &e), SL_MORE);
	assert_int_equal(sl_queue_finished_after(queue, false, 0, &e), SL_DONE);
	assert_int_equal(e->id, ids[1]);
	assert_int_equal(sl_queue_settle(queue, ids[0], NULL), 0);
	assert_int_equal(sl_queue_list(queue, S(""), 0, &e), SL_DONE);	/* not what is settled */
	assert_int_equal(e->id, ids[1]);
	assert_int_equal(sl_queue_list(queue, S("other"), 0, &e), SL_MORE);
}

static void
those_of_a_tenant_can_wait_while_others_go(void **state)
{
	struct sl_queue_walk walk = { 0 };
	int64_t a = add_release("a", "a.example", T0), b = add_release("b", "b.example", T0), c = add_release("c", "a.example", T0);

	assert_int_equal(sl_queue_due_next(queue, T0, &walk), SL_DONE);
	assert_int_equal(walk.id, a);
	assert_string_equal(walk.tenant, "a.example");
	assert_int_equal(sl_queue_due_next(queue, T0, &walk), SL_DONE);
	assert_int_equal(walk.id, b);
	assert_int_equal(sl_queue_due_next(queue, T0, &walk), SL_DONE);
	assert_int_equal(walk.id, c);
	assert_int_equal(sl_queue_due_next(queue, T0, &walk), SL_MORE);
	assert_int_equal(sl_queue_postpone(queue, S("a.example"), T0 + MINUTE), 0);
	walk = (struct sl_queue_walk){ 0 };
	assert_int_equal(sl_queue_due_next(queue, T0, &walk), SL_DONE);
	assert_int_equal(walk.id, b);
	assert_int_equal(sl_queue_due_next(queue, T0, &walk), SL_MORE);
	assert_int_equal(sl_queue_due_next(queue, T0 + MINUTE, &walk), SL_DONE);
	/* What was put off until just then is due when its next hop is there again; what has a time of its own is not. */
	assert_int_equal(sl_queue_hurry(queue, c, T0 + MINUTE + 1), 0);
	assert_int_equal(sl_queue_resume(queue, T0 + MINUTE, T0 + 5), 0);
	walk = (struct sl_queue_walk){ 0 };
	assert_int_equal(sl_queue_due_next(queue, T0 + 5, &walk), SL_DONE);
	assert_int_equal(walk.id, b);
	assert_int_equal(sl_queue_due_next(queue, T0 + 5, &walk), SL_DONE);
	assert_int_equal(walk.id, a);
	assert_int_equal(sl_queue_due_next(queue, T0 + 5, &walk), SL_MORE);
}

/* Of a message that several releases are of: who has it, or will have it, by another one. */
static void
who_has_it_by_another_release_is_known(void **state)
{
	static const unsigned char ref[SL_QUEUE_REF_BYTES] = { 7 }, other[SL_QUEUE_REF_BYTES] = { 8 };
	struct sl_queue_new new = { .token = S("one"), .purpose = SL_QUEUE_RELEASE_PART, .tenant = S("example.com"), .sender = S(""),
		.recipients = two, .recipients_len = 1, .message_id = S("<1@x>"), .ref = ref, .now_us = T0 };
	struct sl_queue_release release = { .asked_us = T0 };
	const struct sl_queue_entry *e;
	int64_t id;
	bool added;

	assert_int_equal(sl_queue_release_has(queue, ref, S("all"), two[0]), SL_MORE);
	assert_int_equal(sl_queue_begin(queue), 0);
	assert_int_equal(sl_queue_add(queue, &new, &id, &added), 0);
	assert_int_equal(sl_queue_release_add(queue, id, S("example.com"), &release), 0);
	assert_int_equal(sl_queue_commit(queue), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(sl_queue_release_has(queue, ref, S("all"), two[0]), SL_DONE);
		assert_int_equal(sl_queue_release_has(queue, ref, S("all"), S("ANNA@example.com")), SL_DONE);
		assert_int_equal(sl_queue_release_has(queue, ref, S("one"), two[0]), SL_MORE);	/* that is itself */
		assert_int_equal(sl_queue_release_has(queue, ref, S("all"), two[1]), SL_MORE);
		assert_int_equal(sl_queue_release_has(queue, other, S("all"), two[0]), SL_MORE);
		reopen(T0);
	}
	/* It came to nothing: he has not got it. And its owner is not the vault. */
	assert_int_equal(sl_queue_cancel(queue, id, T0), 0);
	assert_int_equal(sl_queue_release_has(queue, ref, S("all"), two[0]), SL_MORE);
	assert_int_equal(sl_queue_finished_after(queue, true, 0, &e), SL_MORE);
	assert_int_equal(sl_queue_finished_after(queue, false, 0, &e), SL_DONE);
	assert_int_equal(e->id, id);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_has_it_by_another_release_is_known),
		TEST(an_entry_is_kept_as_it_was_given),
		TEST(a_token_makes_one_entry),
		TEST(what_is_too_much_is_refused),
		TEST(all_or_nothing_of_a_batch_is_added),
		TEST(it_is_tried_again_and_given_up),
		TEST(recipients_go_their_own_ways),
		TEST(a_lost_reply_is_doubt_and_said_so),
		TEST(a_crash_before_the_dot_is_no_doubt_and_after_it_is),
		TEST(what_is_finished_is_settled_once_with_its_notice),
		TEST(an_administrator_may_hurry_and_take_back),
		TEST(a_deed_is_done_once),
		TEST(another_file_is_left_alone),
		TEST(a_release_remembers_who_and_why),
		TEST(an_older_queue_is_brought_up),
		TEST(a_token_can_be_given_up_when_all_is_over),
		TEST(what_is_finished_is_walked_by_whose_it_is),
		TEST(those_of_a_tenant_can_wait_while_others_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
