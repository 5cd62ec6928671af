/*
 * records_test.c - the reader of records: it dies, its questions die, its directory comes late; who asks hears the numbers, or why not
 *
 * The processes are real ones. A question is held up by keeping a day's file to ourselves, so that it is known to be under way.
 */

#include "records.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "sl/log.h"

#define S(text)		sl_slice_str(text)
#define WAIT_US		UINT64_C(30000000)	/* for what must come: a busy machine is slow */

struct bench {
	char		 directory[64], records[96];
	struct sl_loop	*loop;
	struct records	*reader;
};

struct answer {
	unsigned	heard;
	int		result;
	uint64_t	messages;
};

static void
on_counted(void *ctx, struct sl_report_counts *counts)
{
	struct answer *a = ctx;

	a->heard++;
	a->result = counts->result;
	a->messages = counts->days.total.n[SL_TRAFFIC_MESSAGES];
}

static void
on_heard(void *ctx, struct sl_slice json, bool last)
{
	struct answer *a = ctx;

	a->heard += last;
	a->result = json.len == 0 ? SL_ERR_CLOSED : 0;
}

static void
ask(struct bench *b, const char *from, const char *to, struct answer *a)
{
	const struct sl_report_ask question = { .from_day = S(from), .to_day = S(to), .all = true };
	struct sl_report_counts counts;

	*a = (struct answer){ 0 };
	sl_report_counts_init(&counts);
	records_count(b->reader, &question, &counts, on_counted, a);
}

/* Turn until it is so. */
#define TURN_UNTIL(b, condition) do {						\
	uint64_t until_us = sl_loop_now_us((b)->loop) + WAIT_US;		\
	while (!(condition)) {							\
		assert_true(sl_loop_now_us((b)->loop) < until_us);		\
		sl_loop_turn((b)->loop);					\
		usleep(2000);							\
	}									\
} while (0)

static void
records_make(struct bench *b)
{
	const struct sl_traffic_options options = { .directory = b->records };
	struct sl_traffic *traffic;

	assert_int_equal(sl_traffic_open(&options, &traffic), 0);
	for (int i = 0; i < 5; i++) {
		char line[300];

		snprintf(line, sizeof(line), "{\"time\":\"2026-11-2%dT10:00:00.000Z\",\"id\":\"T%d\",\"outcome\":\"delivered\",\"tenant\":\"one.example\","
		    "\"rcpt_to\":[\"a@one.example\"],\"bytes\":100}", i < 3 ? 5 : 6, i);
		assert_int_equal(sl_traffic_add(traffic, S(line)), 0);
	}
	assert_int_equal(sl_traffic_flush(traffic), 0);
	sl_traffic_close(&traffic);
}

static void
setup(struct bench *b, bool with_records)
{
	*b = (struct bench){ 0 };
	strcpy(b->directory, "/tmp/records_test.XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	snprintf(b->records, sizeof(b->records), "%s/traffic", b->directory);
	if (with_records)
		records_make(b);
	b->loop = sl_loop_new(&sl_clock_system);
	b->reader = records_new(b->loop, records_start(b->records, false));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static void
teardown(struct bench *b)
{
	records_free(&b->reader);
	sl_loop_free(&b->loop);
	assert_int_equal(nftw(b->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Children of a process that are there now; how many. */
static size_t
children_of(uint32_t id, pid_t *out, size_t size)
{
	char path[64];
	size_t len = 0;
	FILE *file;
	long pid;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/children", id, id);
	file = fopen(path, "r");
	while (file != NULL && len < size && fscanf(file, "%ld", &pid) == 1)
		out[len++] = (pid_t)pid;
	if (file != NULL)
		fclose(file);
	return len;
}

/* Keep a day's file to ourselves: who reads it waits. */
static sqlite3 *
hold_day(struct bench *b, const char *day)
{
	sqlite3 *db;
	char path[160];

	snprintf(path, sizeof(path), "%s/traffic-%s.db", b->records, day);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void
it_is_made_again_when_it_dies(void **state)
{
	struct bench b;
	struct answer a;

	setup(&b, true);
	for (int i = 0; i < 2; i++) {
		uint32_t id;

		TURN_UNTIL(&b, records_id(b.reader) != 0);
		id = records_id(b.reader);
		ask(&b, "2026-11-25", "2026-11-26", &a);
		TURN_UNTIL(&b, a.heard > 0);
		assert_int_equal(a.result, 0);
		assert_int_equal(a.messages, 5);
		assert_int_equal(kill((pid_t)id, SIGKILL), 0);
		TURN_UNTIL(&b, records_id(b.reader) != id);
	}
	/* Asked while none is there: it is waited for. */
	ask(&b, "2026-11-25", "2026-11-25", &a);
	TURN_UNTIL(&b, a.heard > 0);
	assert_int_equal(a.result, 0);
	assert_int_equal(a.messages, 3);
	assert_int_equal(a.heard, 1);
	teardown(&b);
}

static void
a_question_that_dies_is_asked_again(void **state)
{
	struct bench b;
	struct answer slow, quick, late;
	pid_t child;
	sqlite3 *held;

	setup(&b, true);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	held = hold_day(&b, "2026-11-25");
	ask(&b, "2026-11-25", "2026-11-26", &slow);
	TURN_UNTIL(&b, children_of(records_id(b.reader), &child, 1) == 1);
	/* It holds no other up. */
	ask(&b, "2026-11-26", "2026-11-26", &quick);
	TURN_UNTIL(&b, quick.heard > 0);
	assert_int_equal(quick.result, 0);
	assert_int_equal(quick.messages, 2);
	assert_int_equal(slow.heard, 0);
	/* Its process dies, and then the reader under it: numbers come all the same. */
	assert_int_equal(kill(child, SIGKILL), 0);
	TURN_UNTIL(&b, children_of(records_id(b.reader), &child, 1) == 1);
	assert_int_equal(kill((pid_t)records_id(b.reader), SIGKILL), 0);
	sqlite3_close(held);
	TURN_UNTIL(&b, slow.heard > 0);
	assert_int_equal(slow.result, 0);
	assert_int_equal(slow.messages, 5);
	ask(&b, "2026-11-26", "2026-11-26", &late);
	TURN_UNTIL(&b, late.heard > 0);
	assert_int_equal(late.result, 0);
	teardown(&b);
}

static void
who_dies_again_and_again_is_given_up(void **state)
{
	struct bench b;
	struct answer a, after;
	pid_t child, before = 0;
	sqlite3 *held;

	setup(&b, true);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	held = hold_day(&b, "2026-11-25");
	ask(&b, "2026-11-25", "2026-11-25", &a);
	for (unsigned i = 0; i < RECORDS_TRIES; i++) {
		TURN_UNTIL(&b, children_of(records_id(b.reader), &child, 1) == 1 && child != before);
		assert_int_equal(kill(child, SIGKILL), 0);
		before = child;
	}
	TURN_UNTIL(&b, a.heard > 0);
	assert_int_equal(a.result, SL_ERR_CLOSED);
	sqlite3_close(held);
	ask(&b, "2026-11-25", "2026-11-25", &after);
	TURN_UNTIL(&b, after.heard > 0);
	assert_int_equal(after.result, 0);
	assert_int_equal(after.messages, 3);
	teardown(&b);
}

static void
a_directory_that_comes_later_is_taken(void **state)
{
	struct bench b;
	struct answer a;
	char away[128];
	uint32_t id;

	setup(&b, false);
	TURN_UNTIL(&b, !records_has(b.reader));
	ask(&b, "2026-11-25", "2026-11-25", &a);
	TURN_UNTIL(&b, a.heard > 0);
	assert_int_equal(a.result, SL_ERR_NOT_FOUND);
	records_make(&b);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	id = records_id(b.reader);
	ask(&b, "2026-11-25", "2026-11-26", &a);
	TURN_UNTIL(&b, a.heard > 0);
	assert_int_equal(a.messages, 5);
	/* Another in its place: whoever is jailed in the old one could not read it. */
	snprintf(away, sizeof(away), "%s/away", b.directory);
	assert_int_equal(rename(b.records, away), 0);
	records_make(&b);
	ask(&b, "2026-11-26", "2026-11-26", &a);
	TURN_UNTIL(&b, a.heard > 0);
	assert_int_equal(a.result, 0);
	assert_int_equal(a.messages, 2);
	assert_int_not_equal(records_id(b.reader), id);
	teardown(&b);
}

static void
what_is_tried_out_is_told_of_a_death(void **state)
{
	const struct replay_question question = { .everybody = true };
	struct bench b;
	struct answer a = { 0 };
	int fds[2] = { open("/dev/null", O_RDONLY | O_CLOEXEC), open("/dev/null", O_RDONLY | O_CLOEXEC) };
	uint32_t id;

	setup(&b, true);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	id = records_id(b.reader);
	assert_int_equal(kill((pid_t)id, SIGSTOP), 0);	/* so that it cannot answer before */
	assert_true(records_replay(b.reader, &question, fds, 2, on_heard, &a) != 0);
	assert_int_equal(kill((pid_t)id, SIGKILL), 0);
	TURN_UNTIL(&b, a.heard > 0);
	assert_int_equal(a.result, SL_ERR_CLOSED);
	TURN_UNTIL(&b, records_id(b.reader) != 0 && records_id(b.reader) != id);
	a = (struct answer){ 0 };
	assert_true(records_replay(b.reader, &question, fds, 2, on_heard, &a) != 0);
	TURN_UNTIL(&b, a.heard > 0);
	assert_int_equal(a.result, 0);		/* an answer: that /dev/null is no snapshot */
	close(fds[0]);
	close(fds[1]);
	teardown(&b);
}

/* ---- traces ---- */

struct told {
	unsigned	heard;
	struct sl_buf	text;
};

static void
on_told(void *ctx, struct sl_slice json, bool last)
{
	struct told *told = ctx;

	assert_true(last);
	told->heard++;
	sl_buf_reset(&told->text);
	sl_buf_add_slice(&told->text, json);
}

/* Of one.example, or (NULL) of all. */
static uint64_t
trace(struct bench *b, const char *tenant, const char *since, uint64_t who, struct told *told)
{
	struct trace_question question = { .of.all = tenant == NULL, .limit = 2, .routes = true };
	struct sl_buf names;
	struct tm tm = { 0 };
	uint64_t number;

	assert_non_null(strptime(since, "%Y-%m-%d", &tm));
	question.since_us = (int64_t)timegm(&tm) * 1000000;
	sl_buf_init(&names, 1024);
	if (tenant != NULL)
		sl_pack_bytes(&names, S(tenant));
	question.of.tenants = sl_buf_slice(&names);
	*told = (struct told){ 0 };
	sl_buf_init(&told->text, 65536);
	number = records_trace(b->reader, &question, who, on_told, told);
	sl_buf_fini(&names);
	return number;
}

static void
traces_are_told_beside_each_other(void **state)
{
	struct bench b;
	struct told slow[2], refused, quick, all, other;
	pid_t children[2];
	sqlite3 *held;

	setup(&b, true);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	held = hold_day(&b, "2026-11-25");
	for (int i = 0; i < 2; i++)
		assert_true(trace(&b, "one.example", "2026-11-25", 1, &slow[i]) != 0);
	TURN_UNTIL(&b, children_of(records_id(b.reader), children, 2) == 2);
	for (int i = 0; i < 2; i++)		/* who is held up by the file waits some seconds; who is stopped, as long as we like */
		assert_int_equal(kill(children[i], SIGSTOP), 0);
	sqlite3_close(held);
	assert_int_equal(trace(&b, "one.example", "2026-11-26", 1, &refused), 0);	/* he has two under way */
	assert_true(trace(&b, "one.example", "2026-11-26", 2, &quick) != 0);
	TURN_UNTIL(&b, quick.heard > 0);
	assert_string_equal(sl_buf_cstr(&quick.text), "{\"ok\":true,\"records\":[\n"
	    "{\"time\":\"2026-11-26T10:00:00.000Z\",\"id\":\"T4\",\"outcome\":\"delivered\",\"tenant\":\"one.example\",\"rcpt_to\":[\"a@one.example\"],\"bytes\":100},\n"
	    "{\"time\":\"2026-11-26T10:00:00.000Z\",\"id\":\"T3\",\"outcome\":\"delivered\",\"tenant\":\"one.example\",\"rcpt_to\":[\"a@one.example\"],\"bytes\":100}"
	    "],\"days\":1,\"more\":0,\"some_lost\":false,\"some_left_out\":false}");
	assert_int_equal(slow[0].heard + slow[1].heard, 0);
	records_trace_forget(b.reader, 2);	/* he has gone, and may ask again: numbers are given in order */
	for (int i = 0; i < 2; i++)
		assert_int_equal(kill(children[i], SIGCONT), 0);
	TURN_UNTIL(&b, slow[0].heard > 0);
	assert_non_null(strstr(sl_buf_cstr(&slow[0].text), "],\"days\":2,\"more\":3,"));
	assert_int_equal(slow[1].heard, 0);
	assert_true(trace(&b, NULL, "2026-11-26", 1, &all) != 0);
	assert_true(trace(&b, "two.example", "2026-11-25", 1, &other) != 0);
	TURN_UNTIL(&b, all.heard > 0 && other.heard > 0);
	assert_non_null(strstr(sl_buf_cstr(&all.text), "],\"days\":1,\"more\":0,\"lost\":0,\"left_out\":0}"));
	assert_string_equal(sl_buf_cstr(&other.text), "{\"ok\":true,\"records\":[],\"days\":2,\"more\":0,\"some_lost\":false,\"some_left_out\":false}");
	for (int i = 0; i < 2; i++)
		sl_buf_fini(&slow[i].text);
	sl_buf_fini(&refused.text);
	sl_buf_fini(&quick.text);
	sl_buf_fini(&all.text);
	sl_buf_fini(&other.text);
	teardown(&b);
}

static void
a_trace_whose_process_dies_is_told_so(void **state)
{
	struct bench b;
	struct told told;
	sqlite3 *held;
	pid_t child;

	setup(&b, true);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	held = hold_day(&b, "2026-11-25");
	assert_true(trace(&b, "one.example", "2026-11-25", 1, &told) != 0);
	TURN_UNTIL(&b, children_of(records_id(b.reader), &child, 1) == 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	TURN_UNTIL(&b, told.heard > 0);
	assert_int_equal(told.text.len, 0);
	sqlite3_close(held);
	sl_buf_fini(&told.text);
	teardown(&b);
}

/* Who asks and goes leaves nothing behind that works on. */
static void
a_trace_that_nobody_waits_for_ends(void **state)
{
	struct bench b;
	struct told told;
	char path[160];
	uint64_t number;
	pid_t child;

	setup(&b, true);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	snprintf(path, sizeof(path), "%s/traffic-2026-11-27.db", b.records);	/* who opens it waits for ever */
	assert_int_equal(mkfifo(path, 0600), 0);
	number = trace(&b, "one.example", "2026-11-25", 1, &told);
	TURN_UNTIL(&b, children_of(records_id(b.reader), &child, 1) == 1);
	records_trace_forget(b.reader, number);
	TURN_UNTIL(&b, children_of(records_id(b.reader), &child, 1) == 0);
	assert_int_equal(told.heard, 0);
	sl_buf_fini(&told.text);
	teardown(&b);
}

static void
what_is_no_question_is_not_taken_for_one(void **state)
{
	struct trace_question question = { .of = { .of = SL_REPORT_OF_ADDRESSES, }, .limit = 1 }, read;
	const struct sl_report_ask counts = { .number = 1, .from_day = S("2026-11-25"), .to_day = S("2026-11-26"), .all = true };
	struct sl_report_ask ask;
	struct sl_buf out;

	sl_buf_init(&out, 4096);
	question.of.members = sl_slice("abc", 3);	/* no list */
	trace_question_pack(&question, &out);
	assert_int_equal(trace_question_unpack(sl_buf_slice(&out), &read), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	question.of.members = sl_slice("", 0);
	question.recipient = S("a@one.example");
	trace_question_pack(&question, &out);
	assert_int_equal(trace_question_unpack(sl_buf_slice(&out), &read), 0);
	assert_true(sl_slice_eq(read.recipient, question.recipient) && read.of.of == SL_REPORT_OF_ADDRESSES && !read.of.all);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(trace_question_unpack(sl_slice(out.data, len), &read), SL_ERR_SYNTAX);
	assert_int_equal(sl_report_unpack_ask(sl_buf_slice(&out), &ask), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	sl_report_pack_ask(&counts, &out);
	assert_int_equal(trace_question_unpack(sl_buf_slice(&out), &read), SL_ERR_SYNTAX);
	sl_buf_fini(&out);
}

/* Who has gone is not told, and a reader that has nobody ends. */
static void
it_ends_with_the_console(void **state)
{
	struct bench b;
	struct answer a;
	uint32_t id;

	setup(&b, true);
	TURN_UNTIL(&b, records_id(b.reader) != 0);
	id = records_id(b.reader);
	ask(&b, "2026-11-25", "2026-11-26", &a);
	records_forget(b.reader, &a);
	records_free(&b.reader);
	assert_int_equal(a.heard, 0);
	while (waitpid(-1, NULL, 0) > 0)	/* the maker is our child */
		continue;
	TURN_UNTIL(&b, kill((pid_t)id, 0) != 0);
	teardown(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_made_again_when_it_dies),
		cmocka_unit_test(a_question_that_dies_is_asked_again),
		cmocka_unit_test(who_dies_again_and_again_is_given_up),
		cmocka_unit_test(a_directory_that_comes_later_is_taken),
		cmocka_unit_test(what_is_tried_out_is_told_of_a_death),
		cmocka_unit_test(traces_are_told_beside_each_other),
		cmocka_unit_test(a_trace_whose_process_dies_is_told_so),
		cmocka_unit_test(a_trace_that_nobody_waits_for_ends),
		cmocka_unit_test(what_is_no_question_is_not_taken_for_one),
		cmocka_unit_test(it_ends_with_the_console),
	};

	signal(SIGPIPE, SIG_IGN);
	sl_log_init("records_test", SL_LOG_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
