/* traffic_test.c - lines in, found again by all that is known of them, summed, and gone when they are too old */

#include "record/record.h"
#include "traffic/table.h"
#include "traffic/traffic.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define S(text)	sl_slice_str(text)
#define DAY_US	((int64_t)86400 * 1000000)
#define NOON	((int64_t)1763985600 * 1000000)	/* 2025-11-24T12:00:00Z */

static int64_t test_now_us;

static int64_t
test_wall(void *ctx)
{
	return test_now_us;
}

static const struct sl_clock test_clock = { .wall_us = test_wall };

struct fixture {
	char			 directory[64];
	struct sl_traffic	*traffic;
};

static void
fixture_open(struct fixture *f, size_t queue_bytes, bool read_only)
{
	struct sl_traffic_options options = { .directory = f->directory, .clock = &test_clock, .queue_bytes = queue_bytes,
		.read_only = read_only };

	if (sl_traffic_open(&options, &f->traffic) != 0)
		fail_msg("%s", sl_traffic_error(f->traffic));
}

static void
fixture_init(struct fixture *f)
{
	test_now_us = NOON;
	snprintf(f->directory, sizeof(f->directory), "/tmp/sluice-traffic-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	fixture_open(f, 0, false);
}

static int
fixture_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void
fixture_fini(struct fixture *f)
{
	sl_traffic_close(&f->traffic);
	nftw(f->directory, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#define OK(f, call)								\
	do {									\
		int ok_r = (call);						\
		if (ok_r != 0)							\
			fail_msg("%s: %s (%s)", #call, sl_strerror(ok_r), sl_traffic_error((f)->traffic));	\
	} while (0)

/* ---- lines ---- */

static void
add(struct fixture *f, int day, const char *id, const char *tenant, const char *from, const char *to, const char *outcome,
    int bytes)
{
	char *line = sl_xasprintf("{\"time\":\"2025-11-%02dT10:00:%02d.123Z\",\"id\":\"%s\",\"session\":\"S-%s\",\"outcome\":\"%s\","
	    "\"client\":\"192.0.2.%d\",\"mail_from\":\"%s\",\"rcpt_to\":[%s],\"tenant\":\"%s\",\"bytes\":%d,\"verdict\":\"%s\","
	    "\"action\":\"%s\",\"message_id\":\"%s\"}", day, bytes % 60, id, id, outcome, bytes % 256, from, to, tenant, bytes,
	    strcmp(outcome, "delivered") == 0 ? "clean" : "spam", strcmp(outcome, "delivered") == 0 ? "deliver" : "refuse",
	    id[0] == 'A' ? "0123456789abcdef" : "");

	assert_int_equal(sl_traffic_add(f->traffic, S(line)), 0);
	sl_free(line);
}

/* Three days, two tenants. */
static void
fill(struct fixture *f)
{
	add(f, 22, "A1", "one.example", "anna@sender.example", "\"bert@one.example\"", "delivered", 60);
	add(f, 22, "A2", "one.example", "Carl@Sender.example", "\"dora@one.example\",\"bert@One.example\"", "delivered", 200);
	add(f, 23, "B1", "two.example", "anna@sender.example", "\"emil@two.example\"", "refused", 3000);
	add(f, 23, "B2", "two.example", "", "\"emil@two.example\"", "delivered", 50);
	add(f, 24, "C1", "one.example", "spam@bad.example", "\"bert@one.example\"", "refused", 7020);
	add(f, 24, "C2", "", "x@y.example", "\"nobody@else.example\"", "hop-refused", 5);
	OK(f, sl_traffic_flush(f->traffic));
}

static int
note_id(void *ctx, struct sl_slice line)
{
	const char *id = strstr((const char *)line.ptr, "\"id\":\"");

	sl_buf_addf(ctx, "%.2s ", id + 6);
	return 0;
}

static void
finds(struct fixture *f, const struct sl_traffic_query *query, const char *ids)
{
	struct sl_traffic_found found;
	struct sl_buf out;
	size_t lines = strlen(ids) / 3;

	sl_buf_init(&out, 65536);
	OK(f, sl_traffic_search(f->traffic, query, note_id, &out, &found));
	if (strcmp(sl_buf_cstr(&out), ids) != 0)
		fail_msg("found \"%s\" instead of \"%s\"", sl_buf_cstr(&out), ids);
	assert_int_equal(found.lines, lines);
	sl_buf_fini(&out);
}

#define AT(day, hour)	(NOON + ((day) - 24) * DAY_US + ((hour) - 12) * (int64_t)3600000000)

static const struct { struct sl_traffic_query query; const char *ids; } searches[] = {
	{ { { 0 } }, "C2 C1 B2 B1 A2 A1 " },
#define Q(...)	{ __VA_ARGS__ }
#define T(text)	{ (const unsigned char *)(text), sizeof(text) - 1 }
	{ Q(.id = T("A2")), "A2 " },
	{ Q(.id = T("a2")), "A2 " },
	{ Q(.id = T("S-B1")), "B1 " },
	{ Q(.id = T("A3")), "" },
	{ Q(.sender = T("anna@sender.example")), "B1 A1 " },
	{ Q(.sender = T("ANNA@sender.EXAMPLE")), "B1 A1 " },
	{ Q(.sender = T("sender.example")), "B1 A2 A1 " },
	{ Q(.sender = T("@sender.example")), "B1 A2 A1 " },
	{ Q(.sender = T("<>")), "B2 " },
	{ Q(.sender = T("nna@sender.example")), "" },
	{ Q(.recipient = T("bert@one.example")), "C1 A2 A1 " },
	{ Q(.recipient = T("dora@one.example")), "A2 " },
	{ Q(.recipient = T("one.example")), "C1 A2 A1 " },
	{ Q(.recipient = T("bert@one.example"), .sender = T("sender.example")), "A2 A1 " },
	{ Q(.recipient = T("bert@one.example"), .sender = T("anna@sender.example")), "A1 " },
	{ Q(.recipient = T("emil@two.example"), .sender = T("<>")), "B2 " },
	{ Q(.client = T("192.0.2.200")), "A2 " },
	{ Q(.client = T("192.0.2.200"), .recipient = T("bert@one.example"), .sender = T("carl@sender.example"), .id = T("A2"),
	    .message_id = T("0123456789abcdef"), .tenant = T("one.example")), "A2 " },
	{ Q(.client = T("192.0.2.201"), .recipient = T("bert@one.example"), .sender = T("carl@sender.example"), .id = T("A2"),
	    .message_id = T("0123456789abcdef"), .tenant = T("one.example")), "" },	/* the fourth term differs */
	{ Q(.message_id = T("0123456789abcdef")), "A2 A1 " },
	{ Q(.message_id = T("<other@example>")), "" },
	{ Q(.tenant = T("two.example")), "B2 B1 " },
	{ Q(.tenant = T("Two.Example")), "B2 B1 " },
	{ Q(.tenant = T("two.example"), .recipient = T("bert@one.example")), "" },
	{ Q(.tenant = T("three.example")), "" },
	{ Q(.since_us = AT(23, 0), .until_us = AT(24, 9)), "B2 B1 " },
	{ Q(.since_us = AT(24, 10), .tenant = T("one.example")), "C1 " },
	{ Q(.since_us = AT(24, 11)), "" },
	{ Q(.recipient = T("bert@one.example"), .until_us = AT(22, 23)), "A2 A1 " },
};

static void
lines_are_found_by_all_that_is_known_of_them(void **state)
{
	struct fixture f;

	fixture_init(&f);
	fill(&f);
	for (size_t i = 0; i < SL_COUNT(searches); i++)
		finds(&f, &searches[i].query, searches[i].ids);
	sl_traffic_close(&f.traffic);
	fixture_open(&f, 0, true);	/* and by another process */
	for (size_t i = 0; i < SL_COUNT(searches); i++)
		finds(&f, &searches[i].query, searches[i].ids);
	fixture_fini(&f);
}

static void
no_more_than_the_limit_is_given_and_that_is_said(void **state)
{
	struct sl_traffic_query query = { .limit = 4 };
	struct sl_traffic_found found;
	struct sl_buf out;
	struct fixture f;

	fixture_init(&f);
	fill(&f);
	sl_buf_init(&out, 4096);
	OK(&f, sl_traffic_search(f.traffic, &query, note_id, &out, &found));
	assert_string_equal(sl_buf_cstr(&out), "C2 C1 B2 B1 ");
	assert_true(found.more);
	query.limit = 6;
	OK(&f, sl_traffic_search(f.traffic, &query, note_id, &out, &found));
	assert_false(found.more);
	assert_int_equal(found.days, 3);
	sl_buf_fini(&out);
	fixture_fini(&f);
}

static void
a_message_id_is_found_by_itself_or_by_its_hash(void **state)
{
	char hash[SL_RECORD_MESSAGE_ID_LEN + 1], other[SL_RECORD_MESSAGE_ID_LEN + 1];
	struct fixture f;
	char *line;

	sl_record_message_id(S(" <abc@Host.example> \r\n"), hash);
	sl_record_message_id(S("abc@Host.example"), other);
	assert_string_equal(hash, other);
	sl_record_message_id(S("abc@host.example"), other);
	assert_string_not_equal(hash, other);
	fixture_init(&f);
	line = sl_xasprintf("{\"time\":\"2025-11-24T10:00:00.000Z\",\"id\":\"X1\",\"message_id\":\"%s\"}", hash);
	assert_int_equal(sl_traffic_add(f.traffic, S(line)), 0);
	OK(&f, sl_traffic_flush(f.traffic));
	finds(&f, &(struct sl_traffic_query){ .message_id = S("<abc@Host.example>") }, "X1 ");
	finds(&f, &(struct sl_traffic_query){ .message_id = S(hash) }, "X1 ");
	finds(&f, &(struct sl_traffic_query){ .message_id = S(other) }, "");
	sl_free(line);
	fixture_fini(&f);
}

/* Many lines: more than a block holds. */
static void
blocks_are_filled_and_read_back(void **state)
{
	struct sl_traffic_counts counts;
	struct fixture f;

	fixture_init(&f);
	for (int i = 0; i < 2000; i++) {
		char id[16], to[64];

		snprintf(id, sizeof(id), "%04d", i);
		snprintf(to, sizeof(to), "\"user%d@one.example\"", i);
		add(&f, i % 700 < 350 ? 23 : 24, id, "one.example", "a@b.example", to, "delivered", i);
	}
	OK(&f, sl_traffic_flush(f.traffic));
	sl_traffic_counts(f.traffic, &counts);
	assert_int_equal(counts.written, 2000);
	for (int i = 0; i < 2000; i += 37) {
		struct sl_traffic_query query = { 0 };
		struct sl_traffic_found found;
		struct sl_buf out;
		char to[64];

		snprintf(to, sizeof(to), "user%d@one.example", i);
		query.recipient = S(to);
		sl_buf_init(&out, 4096);
		OK(&f, sl_traffic_search(f.traffic, &query, note_id, &out, &found));
		assert_int_equal(found.lines, 1);
		assert_int_equal(atoi(sl_buf_cstr(&out)), i / 100);	/* two digits are noted */
		sl_buf_fini(&out);
	}
	fixture_fini(&f);
}

/* ---- what ended before there was a message ---- */

static void
add_early(struct fixture *f, const char *rest)
{
	char *line = sl_xasprintf("{\"time\":\"2025-11-24T10:00:00.000Z\",\"client\":\"192.0.2.1\",%s}", rest);

	assert_int_equal(sl_traffic_add(f->traffic, S(line)), 0);
	sl_free(line);
}

static int
add_to_table(void *ctx, const struct sl_traffic_sum *sum)
{
	sl_traffic_table_add(ctx, sum);
	return 0;
}

#define REFUSED(who, more)	"{\"why\":\"shield\",\"rcpt\":\"" who "\",\"code\":550" more "}"

/* One of each kind; D2 names somebody else's recipient, too, who was put off, and one of nobody's. */
static void
fill_early(struct fixture *f)
{
	add_early(f, "\"id\":\"D1\",\"outcome\":\"rcpt-refused\",\"mail_from\":\"a@b.example\",\"rcpt_to\":[],\"tenant\":\"one.example\","
	    "\"refused\":[" REFUSED("x@one.example", "") "," REFUSED("y@one.example", "") "]");
	add_early(f, "\"id\":\"D2\",\"outcome\":\"delivered\",\"mail_from\":\"a@b.example\",\"rcpt_to\":[\"bert@one.example\"],"
	    "\"tenant\":\"one.example\",\"bytes\":7,\"refused\":[" REFUSED("emil@two.example", ",\"tenant\":\"two.example\"") ","
	    REFUSED("u\\u0040else.example", "") "]");
	add_early(f, "\"id\":\"D3\",\"outcome\":\"rcpt-refused\",\"mail_from\":\"a@b.example\",\"rcpt_to\":[],\"refused\":["
	    REFUSED("u@else.example", "") ",{\"why\":\"syntax\"}]");
	add_early(f, "\"id\":\"D4\",\"outcome\":\"mail-refused\",\"mail_from\":\"big@b.example\"");
	add_early(f, "\"id\":\"D5\",\"outcome\":\"session-refused\"");
	add_early(f, "\"id\":\"D6\",\"outcome\":\"left-out\",\"left_out\":1234");
	OK(f, sl_traffic_flush(f->traffic));
}

static const struct { struct sl_traffic_query query; const char *ids; } early[] = {
	{ Q(.recipient = T("x@one.example")), "D1 " },
	{ Q(.recipient = T("Y@one.example")), "D1 " },
	{ Q(.recipient = T("one.example")), "D2 D1 " },
	{ Q(.recipient = T("u@else.example")), "D3 D2 " },
	{ Q(.recipient = T("emil@two.example")), "D2 " },
	{ Q(.tenant = T("one.example")), "D2 D1 " },
	{ Q(.tenant = T("two.example")), "D2 " },
	{ Q(.tenant = T("two.example"), .sender = T("a@b.example")), "D2 " },
	{ Q(.tenant = T("two.example"), .recipient = T("x@one.example")), "" },
	{ Q(.tenant = T("else.example")), "" },
	{ Q(.sender = T("big@b.example")), "D4 " },
	{ Q(.id = T("D5")), "D5 " },
	{ Q(.client = T("192.0.2.1")), "D6 D5 D4 D3 D2 D1 " },
};

static void
what_was_refused_is_found_and_is_no_message(void **state)
{
	struct sl_traffic_table table;
	struct sl_traffic_found found;
	struct fixture f;
	struct sl_buf out;

	fixture_init(&f);
	fill_early(&f);
	for (size_t i = 0; i < SL_COUNT(early); i++)
		finds(&f, &early[i].query, early[i].ids);
	sl_buf_init(&out, 4096);
	OK(&f, sl_traffic_search(f.traffic, &early[0].query, note_id, &out, &found));
	assert_int_equal(found.left_out, 1234);
	assert_int_equal(found.lost, 0);
	sl_buf_fini(&out);
	for (int by = 0; by < SL_TRAFFIC_BY_COUNT; by++) {
		sl_traffic_table_init(&table, (enum sl_traffic_by)by);
		OK(&f, sl_traffic_sums(f.traffic, "2025-11-24", "2025-11-24", S(""), add_to_table, &table));
		assert_int_equal(table.total.n[SL_TRAFFIC_MESSAGES], 1);
		assert_int_equal(table.total.n[SL_TRAFFIC_RECIPIENTS], 1);
		assert_int_equal(table.total.n[SL_TRAFFIC_DELIVERED], 1);
		assert_int_equal(table.total.n[SL_TRAFFIC_REFUSED], 0);
		assert_int_equal(table.total.n[SL_TRAFFIC_BYTES], 7);
		assert_int_equal(table.total.n[SL_TRAFFIC_EARLY], 4 + 1234);
		if (by == SL_TRAFFIC_BY_CAUSE)
			assert_int_equal(table.len, 1);		/* what was delivered */
		if (by == SL_TRAFFIC_BY_TENANT)
			assert_int_equal(sl_traffic_table_row(&table, S("one.example"))->n[SL_TRAFFIC_EARLY], 1);
		sl_traffic_table_fini(&table);
	}
	fixture_fini(&f);
}

/* ---- on behalf of somebody ---- */

/* Who sees two.example alone, and of what is sent from bad.example nothing. */
static bool
see_two(void *ctx, struct sl_slice line, struct sl_slice *seen)
{
	struct sl_buf *out = ctx;
	const char *text = sl_buf_cstr(out), *at;

	sl_buf_reset(out);
	sl_buf_add_slice(out, line);
	text = sl_buf_cstr(out);
	if (strstr(text, "\"two.example\"") == NULL || strstr(text, "bad.example") != NULL)
		return false;
	while ((at = strstr(text, "bert@one.example")) != NULL)		/* others are not seen */
		memcpy(out->data + (at - text), "xxxx@xxx.example", 16);
	*seen = sl_buf_slice(out);
	return true;
}

static void
what_is_not_seen_is_not_found(void **state)
{
	static const struct sl_slice two[] = { T("two.example"), T("three.example") }, emil[] = { T("emil@two.example"), T("two.example") };
	const struct { struct sl_traffic_query query; const char *ids; } rows[] = {
		{ Q(.of_tenants = two, .of_tenants_len = 2), "D2 B2 B1 " },
		{ Q(.of_tenants = two, .of_tenants_len = 2, .sender = T("a@b.example")), "D2 " },
		{ Q(.of_recipients = emil, .of_recipients_len = 2), "D2 B2 B1 " },	/* each once, though both fit */
		{ Q(.of_recipients = emil, .of_recipients_len = 2, .of_tenants = two, .of_tenants_len = 1, .since_us = AT(24, 0)), "D2 " },
		{ Q(.recipient = T("emil@two.example")), "D2 B2 B1 " },
		{ Q(.recipient = T("bert@one.example")), "" },		/* who is in D2, and not seen there */
		{ Q(.tenant = T("two.example")), "D2 B2 B1 " },
		{ Q(.tenant = T("one.example")), "D2 " },
		{ Q(.sender = T("sender.example")), "B1 " },
		{ { { 0 } }, "D2 B2 B1 " },
	};
	struct fixture f;
	struct sl_buf seen;

	fixture_init(&f);
	fill(&f);
	fill_early(&f);
	sl_buf_init(&seen, 65536);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_traffic_query query = rows[i].query;

		query.seen = see_two;
		query.seen_ctx = &seen;
		finds(&f, &query, rows[i].ids);
	}
	sl_buf_fini(&seen);
	fixture_fini(&f);
}

/* Each look is a millisecond. */
static uint64_t
late_monotonic(void *ctx)
{
	static uint64_t now_us;

	return now_us += 1000;
}

static void
what_is_beyond_is_counted_and_a_deadline_ends_it(void **state)
{
	static const struct sl_clock clock = { .wall_us = test_wall, .monotonic_us = late_monotonic };
	struct sl_traffic_query query = { .limit = 2, .count_more = 3 };
	struct sl_traffic_found found;
	struct fixture f;
	struct sl_buf out;

	fixture_init(&f);
	fill(&f);
	sl_buf_init(&out, 4096);
	OK(&f, sl_traffic_search(f.traffic, &query, note_id, &out, &found));
	assert_string_equal(sl_buf_cstr(&out), "C2 C1 ");
	assert_true(found.more && found.beyond == 3 && found.at_least);
	query.count_more = 100;
	OK(&f, sl_traffic_search(f.traffic, &query, note_id, &out, &found));
	assert_true(found.more && found.beyond == 4 && !found.at_least && found.reached_us == 0);
	sl_traffic_close(&f.traffic);
	if (sl_traffic_open(&(struct sl_traffic_options){ .directory = f.directory, .clock = &clock, .read_only = true }, &f.traffic) != 0)
		fail();
	sl_buf_reset(&out);
	query = (struct sl_traffic_query){ .deadline_us = late_monotonic(NULL) + 1500 };
	OK(&f, sl_traffic_search(f.traffic, &query, note_id, &out, &found));
	assert_string_equal(sl_buf_cstr(&out), "C2 C1 ");	/* a day, and then it was late */
	assert_int_equal(found.days, 1);
	assert_true(found.reached_us == AT(24, 0));
	/* Who has all he wants waits no longer than it is worth to be told how many more there are. */
	sl_buf_reset(&out);
	query = (struct sl_traffic_query){ .limit = 1, .count_more = 100, .count_us = 500, .deadline_us = late_monotonic(NULL) + 1000000 };
	OK(&f, sl_traffic_search(f.traffic, &query, note_id, &out, &found));
	assert_string_equal(sl_buf_cstr(&out), "C2 ");
	assert_true(found.more && found.beyond == 1 && found.at_least && found.days == 1 && found.reached_us == 0);
	sl_buf_fini(&out);
	fixture_fini(&f);
}

/* ---- what cannot be kept ---- */

static void
what_is_wrong_or_comes_twice_is_counted_and_passed_over(void **state)
{
	static const char *const wrong[] = { "nonsense", "{}", "[1]", "{\"id\":\"X\"}", "{\"id\":\"X\",\"time\":\"yesterday\"}",
		"{\"id\":\"X\",\"time\":\"2025-13-24T10:00:00.000Z\"}", "{\"id\":7,\"time\":\"2025-11-24T10:00:00.000Z\"}",
		"{\"id\":\"X\",\"time\":\"2020-11-24T10:00:00.000Z\"}",		/* too old to be a day of ours */
		"{\"id\":\"X\",\"time\":\"2030-11-24T10:00:00.000Z\"}", "[[[[[[[[[[[[[[[[[[[[[[[[[", "{\"a\":1}\n{\"b\":2}" };
	struct sl_traffic_counts counts;
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < SL_COUNT(wrong); i++)
		assert_int_equal(sl_traffic_add(f.traffic, S(wrong[i])), 0);
	fill(&f);
	fill(&f);	/* as after a kill */
	sl_traffic_counts(f.traffic, &counts);
	assert_int_equal(counts.malformed, SL_COUNT(wrong));
	assert_int_equal(counts.written, 6);
	assert_int_equal(counts.repeated, 6);
	finds(&f, &(struct sl_traffic_query){ 0 }, "C2 C1 B2 B1 A2 A1 ");
	fixture_fini(&f);
}

static void
a_full_queue_drops_and_what_was_dropped_is_noted(void **state)
{
	struct sl_traffic_counts counts;
	struct sl_traffic_found found;
	struct sl_buf out;
	struct fixture f;
	int kept = 0;

	fixture_init(&f);
	sl_traffic_close(&f.traffic);
	fixture_open(&f, 1000, false);
	for (int i = 0; i < 10; i++) {
		char line[300];

		snprintf(line, sizeof(line), "{\"time\":\"2025-11-24T10:00:00.000Z\",\"id\":\"%02d\",\"pad\":\"%0200d\"}", i, i);
		kept += sl_traffic_add(f.traffic, S(line)) == 0;
	}
	assert_in_range(kept, 3, 4);
	assert_true(sl_traffic_queued(f.traffic) <= 1000);
	OK(&f, sl_traffic_flush(f.traffic));
	sl_traffic_counts(f.traffic, &counts);
	assert_int_equal(counts.dropped, 10 - kept);
	assert_int_equal(counts.written, kept);
	sl_buf_init(&out, 4096);
	OK(&f, sl_traffic_search(f.traffic, &(struct sl_traffic_query){ 0 }, note_id, &out, &found));
	assert_int_equal(found.lost, 10 - kept);
	assert_int_equal(found.lines, kept);
	sl_buf_fini(&out);
	fixture_fini(&f);
}

/* Not to be written: kept in the queue; later it is. */
static void
lines_wait_while_the_disk_fails(void **state)
{
	struct fixture f;
	char path[128];

	fixture_init(&f);
	snprintf(path, sizeof(path), "%s/traffic-2025-11-22.db", f.directory);
	assert_int_equal(mkdir(path, 0700), 0);		/* no file can be made of that name */
	add(&f, 22, "A1", "one.example", "anna@sender.example", "\"bert@one.example\"", "delivered", 100);
	assert_true(sl_traffic_flush(f.traffic) < 0);
	assert_non_null(strstr(sl_traffic_error(f.traffic), "traffic-2025-11-22.db"));
	assert_true(sl_traffic_queued(f.traffic) > 0);
	assert_int_equal(rmdir(path), 0);
	OK(&f, sl_traffic_flush(f.traffic));
	assert_int_equal(sl_traffic_queued(f.traffic), 0);
	finds(&f, &(struct sl_traffic_query){ 0 }, "A1 ");
	fixture_fini(&f);
}

static void
a_damaged_block_is_said_and_not_shown(void **state)
{
	struct sl_traffic_found found;
	struct sl_buf out;
	struct fixture f;
	char path[128];
	sqlite3 *db;

	fixture_init(&f);
	fill(&f);
	sl_traffic_close(&f.traffic);
	snprintf(path, sizeof(path), "%s/traffic-2025-11-23.db", f.directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE block SET data = zeroblob(length(data))", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(&f, 0, true);
	sl_buf_init(&out, 4096);
	assert_int_equal(sl_traffic_search(f.traffic, &(struct sl_traffic_query){ .id = S("B1") }, note_id, &out, &found),
	    SL_ERR_DAMAGED);
	assert_non_null(strstr(sl_traffic_error(f.traffic), "2025-11-23"));
	assert_int_equal(out.len, 0);
	finds(&f, &(struct sl_traffic_query){ .id = S("A1"), .until_us = AT(22, 23) }, "A1 ");
	sl_buf_fini(&out);
	fixture_fini(&f);
}

/* ---- sums and age ---- */

static int
note_sum(void *ctx, const struct sl_traffic_sum *sum)
{
	sl_buf_addf(ctx, "%s %.*s %.*s %.*s %.*s %llu %llu %llu%s\n", sum->day, SL_SLICE_ARG(sum->tenant),
	    SL_SLICE_ARG(sum->outcome), SL_SLICE_ARG(sum->action), SL_SLICE_ARG(sum->verdict),
	    (unsigned long long)sum->messages, (unsigned long long)sum->recipients, (unsigned long long)sum->bytes,
	    sum->reached ? " reached" : "");
	return 0;
}

static const char all_sums[] =
    "2025-11-22 one.example delivered deliver clean 2 3 260 reached\n"
    "2025-11-23 two.example delivered deliver clean 1 1 50 reached\n"
    "2025-11-23 two.example refused refuse spam 1 1 3000\n"
    "2025-11-24  hop-refused refuse spam 1 1 5\n"
    "2025-11-24 one.example refused refuse spam 1 1 7020\n";

static void
sums(struct fixture *f, const char *from, const char *to, const char *tenant, const char *expected)
{
	struct sl_buf out;

	sl_buf_init(&out, 65536);
	OK(f, sl_traffic_sums(f->traffic, from, to, S(tenant), note_sum, &out));
	assert_string_equal(sl_buf_cstr(&out), expected);
	sl_buf_fini(&out);
}

/* One message, for one delivered, for two kept: it is one message, and reached the customer. */
static void
recipients_count_as_they_fared(void **state)
{
	static const char line[] = "{\"time\":\"2025-11-24T10:00:00.123Z\",\"id\":\"M1\",\"outcome\":\"delivered\",\"verdict\":\"clean\","
	    "\"action\":\"deliver\",\"bytes\":100,\"tenant\":\"one.example\",\"rcpt_to\":[\"a@one.example\",\"b@one.example\","
	    "\"c@one.example\"],\"record\":2,\"classes\":[{\"rcpt\":[0],\"verdict\":\"clean\",\"action\":\"deliver\",\"outcome\":"
	    "\"delivered\"},{\"rcpt\":[1,2],\"policy\":{\"spam\":{}},\"verdict\":\"spam\",\"action\":\"quarantine\",\"outcome\":"
	    "\"quarantined\"}]}";
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(sl_traffic_add(f.traffic, S(line)), 0);
	OK(&f, sl_traffic_flush(f.traffic));
	sums(&f, "2025-11-24", "2025-11-24", "", "2025-11-24 one.example delivered deliver clean 1 1 100 reached\n"
	    "2025-11-24 one.example quarantined quarantine spam 0 2 0\n");
	fixture_fini(&f);
}

static void
sums_stay_when_the_lines_are_gone(void **state)
{
	struct fixture f;
	size_t removed;
	char path[128];

	fixture_init(&f);
	fill(&f);
	sums(&f, "2025-01-01", "2025-12-31", "", all_sums);
	sums(&f, "2025-11-23", "2025-11-23", "Two.example", "2025-11-23 two.example delivered deliver clean 1 1 50 reached\n"
	    "2025-11-23 two.example refused refuse spam 1 1 3000\n");
	sums(&f, "2026-01-01", "2026-12-31", "", "");
	OK(&f, sl_traffic_expire(f.traffic, &removed));
	assert_int_equal(removed, 0);
	test_now_us = AT(22, 12) + 31 * DAY_US;		/* of 30 days that are kept */
	OK(&f, sl_traffic_expire(f.traffic, &removed));
	assert_int_equal(removed, 1);
	snprintf(path, sizeof(path), "%s/traffic-2025-11-22.db", f.directory);
	assert_int_not_equal(access(path, F_OK), 0);
	finds(&f, &(struct sl_traffic_query){ 0 }, "C2 C1 B2 B1 ");
	sums(&f, "2025-01-01", "2025-12-31", "", all_sums);
	test_now_us += 100 * DAY_US;
	OK(&f, sl_traffic_expire(f.traffic, &removed));
	assert_int_equal(removed, 2);
	sums(&f, "2025-01-01", "2025-12-31", "", all_sums);
	finds(&f, &(struct sl_traffic_query){ 0 }, "");
	fixture_fini(&f);
}

/* Killed at any moment, and its input read again from the start: each line is there once, and so in the sums. */
static void
a_killed_recorder_that_begins_again_has_each_line_once(void **state)
{
	for (int round = 0; round < 8; round++) {
		struct sl_traffic_found found;
		struct fixture f;
		struct sl_buf out;
		int fds[2], status;
		pid_t pid;
		char c;

		fixture_init(&f);
		sl_traffic_close(&f.traffic);
		assert_int_equal(pipe(fds), 0);
		for (int run = 0; run < 2; run++) {
			pid = fork();
			if (pid == 0) {
				fixture_open(&f, 0, false);
				for (int i = 0; i < 60; i++) {
					char id[16];

					snprintf(id, sizeof(id), "%02d", i);
					add(&f, 23 + i % 2, id, "one.example", "a@b.example", "\"c@one.example\"", "delivered", 10);
					OK(&f, sl_traffic_flush(f.traffic));
					if (write(fds[1], "x", 1) != 1)
						_exit(1);
				}
				_exit(0);
			}
			for (int i = 0; run == 0 && i <= round * 7; i++)
				assert_int_equal(read(fds[0], &c, 1), 1);
			if (run == 0)
				kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
		close(fds[0]);
		close(fds[1]);
		fixture_open(&f, 0, true);
		sl_buf_init(&out, 65536);
		OK(&f, sl_traffic_search(f.traffic, &(struct sl_traffic_query){ 0 }, note_id, &out, &found));
		assert_int_equal(found.lines, 60);
		sl_buf_fini(&out);
		sums(&f, "2025-11-23", "2025-11-24", "", "2025-11-23 one.example delivered deliver clean 30 30 300 reached\n"
		    "2025-11-24 one.example delivered deliver clean 30 30 300 reached\n");
		fixture_fini(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_refused_is_found_and_is_no_message),
		cmocka_unit_test(what_is_not_seen_is_not_found),
		cmocka_unit_test(what_is_beyond_is_counted_and_a_deadline_ends_it),
		cmocka_unit_test(lines_are_found_by_all_that_is_known_of_them),
		cmocka_unit_test(no_more_than_the_limit_is_given_and_that_is_said),
		cmocka_unit_test(a_message_id_is_found_by_itself_or_by_its_hash),
		cmocka_unit_test(blocks_are_filled_and_read_back),
		cmocka_unit_test(what_is_wrong_or_comes_twice_is_counted_and_passed_over),
		cmocka_unit_test(a_full_queue_drops_and_what_was_dropped_is_noted),
		cmocka_unit_test(lines_wait_while_the_disk_fails),
		cmocka_unit_test(a_damaged_block_is_said_and_not_shown),
		cmocka_unit_test(recipients_count_as_they_fared),
		cmocka_unit_test(sums_stay_when_the_lines_are_gone),
		cmocka_unit_test(a_killed_recorder_that_begins_again_has_each_line_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
