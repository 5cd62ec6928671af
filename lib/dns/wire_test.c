/* wire_test.c - replies: good, broken and lying */

#include "check.h"
#include "dnsbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ID	0x1234
#define QR	0x8180		/* a reply, recursion wanted and available */

static struct build b;
static struct sl_dns_reply reply;

static enum sl_dns_reply_kind
read_as(enum sl_dns_type type, const char *name)
{
	unsigned char *exact = sl_xmemdup(b.data, b.len);	/* so that ASan sees its end */
	unsigned char *message = sl_xrealloc(exact, SL_MAX(b.len, (size_t)1));
	enum sl_dns_reply_kind kind = sl_dns_reply_read(&reply, message, b.len, ID, type, sl_slice_str(name));

	sl_free(message);
	assert_true(kind == SL_DNS_REPLY_GOOD || reply.answer.status == SL_DNS_TEMPERROR);
	return kind;
}

static bool
record_is(size_t i, const char *text)
{
	return i < reply.answer.count && sl_slice_eq(reply.records[i].data, sl_slice_str(text));
}

/* ---- writing ---- */

static void
a_question_is_written_as_rfc_1035_wants(void **state)
{
	static const unsigned char plain[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	    "\x01" "a\x07" "example\x00\x00\x10\x00\x01";
	static const unsigned char opt[] = "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
	unsigned char out[SL_DNS_QUESTION_MAX], longest[SL_DNS_NAME_MAX];
	size_t n = sl_dns_question_write(out, ID, SL_DNS_TXT, SL_SLICE_LIT("a.example"), 0);

	assert_int_equal(n, sizeof(plain) - 1);
	assert_memory_equal(out, plain, n);
	n = sl_dns_question_write(out, ID, SL_DNS_TXT, SL_SLICE_LIT("a.example"), SL_DNS_PAYLOAD);
	assert_int_equal(n, sizeof(plain) - 1 + sizeof(opt) - 1);
	assert_int_equal(out[11], 1);
	assert_memory_equal(out + sizeof(plain) - 1, opt, sizeof(opt) - 1);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '.' : 'x';		/* 127 labels */
	n = sl_dns_question_write(out, ID, SL_DNS_A, sl_slice(longest, sizeof(longest)), SL_DNS_PAYLOAD);
	assert_int_equal(n, sizeof(out));
}

/* ---- is it ours? ---- */

static void
a_reply_to_another_question_is_foreign(void **state)
{
	static const struct {
		const char	*what;
		unsigned	 id, flags, type;
		const char	*name;
		enum sl_dns_reply_kind kind;
	} rows[] = {
		{ "ours", ID, QR, SL_DNS_A, "a.example", SL_DNS_REPLY_GOOD },
		{ "another id", ID + 1, QR, SL_DNS_A, "a.example", SL_DNS_REPLY_FOREIGN },
		{ "the id turned round", 0x3412, QR, SL_DNS_A, "a.example", SL_DNS_REPLY_FOREIGN },
		{ "a question", ID, 0x0100, SL_DNS_A, "a.example", SL_DNS_REPLY_FOREIGN },
		{ "another opcode", ID, QR | 0x2800, SL_DNS_A, "a.example", SL_DNS_REPLY_FOREIGN },
		{ "another type", ID, QR, SL_DNS_AAAA, "a.example", SL_DNS_REPLY_FOREIGN },
		{ "another name", ID, QR, SL_DNS_A, "b.example", SL_DNS_REPLY_FOREIGN },
		{ "a name below", ID, QR, SL_DNS_A, "a.a.example", SL_DNS_REPLY_FOREIGN },
		{ "a name above", ID, QR, SL_DNS_A, "example", SL_DNS_REPLY_FOREIGN },
		{ "the same in other case", ID, QR, SL_DNS_A, "A.eXample", SL_DNS_REPLY_GOOD },
		{ "cut", ID, QR | 0x0200, SL_DNS_A, "a.example", SL_DNS_REPLY_CUT },
		{ "cut, of another", ID + 1, QR | 0x0200, SL_DNS_A, "a.example", SL_DNS_REPLY_FOREIGN },
		{ "FORMERR", ID, QR | 1, SL_DNS_A, "a.example", SL_DNS_REPLY_NO_EDNS },
		{ "SERVFAIL", ID, QR | 2, SL_DNS_A, "a.example", SL_DNS_REPLY_FAILED },
		{ "NOTIMP", ID, QR | 4, SL_DNS_A, "a.example", SL_DNS_REPLY_NO_EDNS },
		{ "REFUSED", ID, QR | 5, SL_DNS_A, "a.example", SL_DNS_REPLY_FAILED },
		{ "an rcode nobody knows", ID, QR | 15, SL_DNS_A, "a.example", SL_DNS_REPLY_FAILED },
		{ "NXDOMAIN with a record", ID, QR | 3, SL_DNS_A, "a.example", SL_DNS_REPLY_FAILED },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		enum sl_dns_reply_kind kind;

		build_begin(&b, rows[i].id, rows[i].flags, rows[i].type, rows[i].name);
		build_a(&b, "@12", 60, 1);
		kind = read_as(SL_DNS_A, "a.example");
		if (kind != rows[i].kind)
			fail_msg("%s: %d", rows[i].what, kind);
	}
	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	b.data[5] = 2;			/* two questions */
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FOREIGN);
	build_begin(&b, ID, QR | 1, SL_DNS_A, "");
	b.data[5] = 0;			/* none, as of a server that could not read ours */
	b.len = 12;
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_NO_EDNS);
	b.data[3] = 0x82;
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FAILED);
	b.data[3] = 0x80;		/* and yet it answers */
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FOREIGN);
	b.data[3] = 0x83;
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FOREIGN);
}

static void
an_extended_rcode_counts(void **state)
{
	size_t at;

	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	build_a(&b, "@12", 60, 1);
	at = build_record(&b, BUILD_ADDITIONAL, "", 41, 0);
	build_record_end(&b, at);
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_GOOD);
	b.data[at - 4] = 1;		/* BADVERS */
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FAILED);
	build_begin(&b, ID, QR | 1, SL_DNS_A, "a.example");
	build_record_end(&b, build_record(&b, BUILD_ADDITIONAL, "", 41, 0));
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FAILED);	/* it knows EDNS */
}

/* ---- what it says ---- */

static void
records_of_the_type_and_name_are_kept(void **state)
{
	build_begin(&b, ID, QR, SL_DNS_TXT, "a.example");
	build_a(&b, "@12", 60, 1);
	build_txt(&b, "b.example", 5, SL_SLICE_LIT("of another"), 255);
	build_txt(&b, "@12", 60, SL_SLICE_LIT("v=spf1 -all"), 4);
	build_txt(&b, "A.EXAMPLE", 50, SL_SLICE_LIT(""), 255);
	build_txt(&b, "a.example", 70, SL_SLICE_LIT("a\0b"), 255);
	assert_int_equal(read_as(SL_DNS_TXT, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.status, SL_DNS_FOUND);
	assert_int_equal(reply.answer.count, 3);
	assert_true(record_is(0, "v=spf1 -all") && record_is(1, ""));
	assert_true(sl_slice_eq(reply.records[2].data, sl_slice("a\0b", 3)));
	assert_int_equal(reply.ttl_s, 50);

	build_begin(&b, ID, QR, SL_DNS_MX, "example");
	build_name_record(&b, "@12", SL_DNS_MX, 60, 10, "Mail@12");
	build_name_record(&b, "@12", SL_DNS_MX, 60, 65535, "");
	assert_int_equal(read_as(SL_DNS_MX, "example"), SL_DNS_REPLY_GOOD);
	assert_true(record_is(0, "mail.example") && record_is(1, ""));
	assert_int_equal(reply.records[0].preference, 10);
	assert_int_equal(reply.records[1].preference, 65535);

	build_begin(&b, ID, QR, SL_DNS_AAAA, "example");
	build_count(&b, BUILD_ANSWER);
	build_bytes(&b, "\xc0\x0c\x00\x1c\x00\x03\x00\x00\x00\x3c\x00\x10" "0123456789abcdef", 28);	/* class CHAOS */
	build_count(&b, BUILD_ANSWER);
	build_bytes(&b, "\xc0\x0c\x00\x1c\x00\x01\xff\x00\x00\x3c\x00\x10" "0123456789abcdef", 28);	/* TTL below 0 */
	assert_int_equal(read_as(SL_DNS_AAAA, "example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.count, 1);
	assert_true(record_is(0, "0123456789abcdef"));
	assert_int_equal(reply.ttl_s, 0);
}

static void
names_that_cannot_be_asked_for_are_dropped(void **state)
{
	static const char bad[] = { '.', '\\', ' ', 0, 9, 0x7f, (char)0x80, (char)0xff };

	for (size_t i = 0; i <= sizeof(bad); i++) {
		size_t at;

		build_begin(&b, ID, QR, SL_DNS_PTR, "example");
		at = build_record(&b, BUILD_ANSWER, "@12", SL_DNS_PTR, 60);
		build_bytes(&b, "\x03" "a", 2);
		build_u8(&b, i < sizeof(bad) ? (unsigned char)bad[i] : '-');
		build_bytes(&b, "b", 1);
		build_pointer(&b, 12);
		build_record_end(&b, at);
		build_name_record(&b, "@12", SL_DNS_PTR, 60, -1, "fine.example");
		build_name_record(&b, "@12", SL_DNS_PTR, 60, -1, "");
		assert_int_equal(read_as(SL_DNS_PTR, "example"), SL_DNS_REPLY_GOOD);
		assert_int_equal(reply.answer.count, i < sizeof(bad) ? 1 : 2);
		assert_true(record_is(reply.answer.count - 1, "fine.example"));
	}
	assert_true(record_is(0, "a-b.example"));
}

static void
there_being_nothing_is_an_answer(void **state)
{
	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.status, SL_DNS_NODATA);
	assert_int_equal(reply.ttl_s, 0);
	build_soa(&b, "example", 3600, 300);
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.ttl_s, 300);
	b.data[3] |= 3;
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.status, SL_DNS_NXDOMAIN);
	assert_int_equal(reply.ttl_s, 300);
	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	build_soa(&b, "example", 200, 0xffffffffu);
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.ttl_s, 200);
}

static void
a_referral_is_no_answer(void **state)
{
	size_t at;

	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	at = build_record(&b, BUILD_AUTHORITY, "example", 2, 60);
	build_name(&b, "ns.example");
	build_record_end(&b, at);
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FAILED);
	build_soa(&b, "example", 200, 200);
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_GOOD);
}

/* ---- aliases ---- */

/* c0.example -> c1.example ... -> c`links`.example, the links in any order. */
static void
build_chain(unsigned links)
{
	unsigned order[32];
	char from[32], to[32];

	build_begin(&b, ID, QR, SL_DNS_A, "c0.example");
	for (unsigned i = 0; i < links; i++)
		order[i] = i;
	for (unsigned i = links; i > 1; i--) {
		unsigned j = (unsigned)rand() % i, swap = order[j];

		order[j] = order[i - 1];
		order[i - 1] = swap;
	}
	for (unsigned i = 0; i < links; i++) {
		snprintf(from, sizeof(from), "c%u.example", order[i]);
		snprintf(to, sizeof(to), "c%u.example", order[i] + 1);
		build_name_record(&b, from, SL_DNS_CNAME, 100 - order[i], -1, to);
	}
}

static void
aliases_are_followed_in_any_order_up_to_a_bound(void **state)
{
	char last[32];

	srand(5);
	for (unsigned links = 1; links <= SL_DNS_CHAIN_MAX; links++) {
		for (unsigned round = 0; round < 20; round++) {
			build_chain(links);
			snprintf(last, sizeof(last), "c%u.example", links);
			build_a(&b, "c0.example", 1, 1);	/* not of the last name */
			build_a(&b, last, 1000, 77);
			assert_int_equal(read_as(SL_DNS_A, "c0.example"), SL_DNS_REPLY_GOOD);
			assert_int_equal(reply.answer.count, 1);
			assert_int_equal(reply.records[0].data.ptr[3], 77);
			assert_int_equal(reply.ttl_s, 100 - (links - 1));
		}
	}
	build_chain(SL_DNS_CHAIN_MAX + 1);
	assert_int_equal(read_as(SL_DNS_A, "c0.example"), SL_DNS_REPLY_FAILED);
	build_chain(30);
	assert_int_equal(read_as(SL_DNS_A, "c0.example"), SL_DNS_REPLY_FAILED);
}

static void
an_alias_of_nothing_is_nothing(void **state)
{
	build_chain(2);
	build_soa(&b, "example", 30, 300);
	assert_int_equal(read_as(SL_DNS_A, "c0.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.status, SL_DNS_NODATA);
	assert_int_equal(reply.ttl_s, 30);
	b.data[3] |= 3;			/* the last name is not there */
	assert_int_equal(read_as(SL_DNS_A, "c0.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.status, SL_DNS_NXDOMAIN);
}

static void
an_alias_that_was_asked_for_is_not_followed(void **state)
{
	build_begin(&b, ID, QR, SL_DNS_CNAME, "a.example");
	build_name_record(&b, "@12", SL_DNS_CNAME, 60, -1, "a.example");
	assert_int_equal(read_as(SL_DNS_CNAME, "a.example"), SL_DNS_REPLY_GOOD);
	assert_true(record_is(0, "a.example"));
}

static void
aliases_that_go_round_fail(void **state)
{
	static const struct {
		const char	*links[4][2];
	} rows[] = {
		{ { { "a.example", "a.example" } } },
		{ { { "a.example", "b.example" }, { "b.example", "a.example" } } },
		{ { { "b.example", "c.example" }, { "c.example", "b.example" }, { "a.example", "b.example" } } },
		{ { { "a.example", "b.example" }, { "b.example", "A.example" } } },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		build_begin(&b, ID, QR, SL_DNS_A, "a.example");
		for (size_t j = 0; j < 4 && rows[i].links[j][0] != NULL; j++)
			build_name_record(&b, rows[i].links[j][0], SL_DNS_CNAME, 60, -1, rows[i].links[j][1]);
		build_a(&b, "a.example", 60, 1);
		assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FAILED);
	}
}

/* ---- broken ---- */

static void
pointers_lead_back_only(void **state)
{
	static const struct {
		const char	*owner;
		enum sl_dns_reply_kind kind;
	} rows[] = {	/* the record begins at 27 */
		{ "@12", SL_DNS_REPLY_GOOD },
		{ "@27", SL_DNS_REPLY_FAILED },		/* to itself */
		{ "a@27", SL_DNS_REPLY_FAILED },	/* round and round, growing */
		{ "@28", SL_DNS_REPLY_FAILED },		/* forward */
		{ "@16383", SL_DNS_REPLY_FAILED },	/* beyond */
		{ "a@14", SL_DNS_REPLY_GOOD },
		{ "@0", SL_DNS_REPLY_FAILED },		/* the header is no name: 0x12 octets, then flags */
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		enum sl_dns_reply_kind kind;

		build_begin(&b, ID, QR, SL_DNS_A, "a.example");
		build_a(&b, rows[i].owner, 60, 1);
		kind = read_as(SL_DNS_A, "a.example");
		if (kind != rows[i].kind)
			fail_msg("%s: %d", rows[i].owner, kind);
	}
	/* Two that point at each other, reached through a third. */
	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	build_name_record(&b, "@12", SL_DNS_PTR, 60, -1, "@41");	/* data at 39 */
	build_a(&b, "@39", 60, 1);					/* owner at 41 */
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FAILED);
	/* A label of an unknown kind. */
	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	build_a(&b, "@12", 60, 1);
	b.data[27] = 0x40;
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_FAILED);
}

static void
names_end_at_255_octets(void **state)
{
	char name[SL_DNS_NAME_MAX + 8];

	for (size_t extra = 0; extra < 3; extra++) {
		size_t len = SL_DNS_NAME_MAX + extra;

		for (size_t i = 0; i < len; i++)
			name[i] = i % 2 ? '.' : 'x';	/* 127 labels, or 128 */
		if (extra == 1)
			name[len - 1] = 'y';		/* a last label of two octets */
		name[len] = '\0';
		build_begin(&b, ID, QR, SL_DNS_PTR, "example");
		build_name_record(&b, "@12", SL_DNS_PTR, 60, -1, name);
		assert_int_equal(read_as(SL_DNS_PTR, "example"),
		    extra == 0 ? SL_DNS_REPLY_GOOD : SL_DNS_REPLY_FAILED);
		assert_true(extra > 0 || record_is(0, name));
	}
	name[SL_DNS_NAME_MAX] = '\0';
	build_begin(&b, ID, QR, SL_DNS_A, name);
	build_a(&b, "@12", 60, 9);
	assert_int_equal(read_as(SL_DNS_A, name), SL_DNS_REPLY_GOOD);
	/* One octet more by a pointer: no way round the limit. */
	build_begin(&b, ID, QR, SL_DNS_A, name);
	build_a(&b, "x@12", 60, 9);
	assert_int_equal(read_as(SL_DNS_A, name), SL_DNS_REPLY_FAILED);
}

static void
data_of_the_wrong_size_fails(void **state)
{
	static const struct {
		enum sl_dns_type type;
		size_t		 len;
		const char	*data;
	} rows[] = {
		{ SL_DNS_A, 3, "abc" }, { SL_DNS_A, 5, "abcde" }, { SL_DNS_A, 0, "" },
		{ SL_DNS_AAAA, 4, "abcd" }, { SL_DNS_AAAA, 17, "0123456789abcdefg" },
		{ SL_DNS_TXT, 2, "\x02" "a" }, { SL_DNS_TXT, 4, "\x01" "a\x02" "b" }, { SL_DNS_TXT, 1, "\xff" },
		{ SL_DNS_MX, 1, "\x00" }, { SL_DNS_MX, 2, "\x00\x0a" }, { SL_DNS_MX, 5, "\x00\x0a\x00\x00\x00" },
		{ SL_DNS_MX, 4, "\x00\x0a\x01" "a" }, { SL_DNS_PTR, 0, "" }, { SL_DNS_PTR, 2, "\x01" "a" },
		{ SL_DNS_PTR, 4, "\x01" "a\x00\x00" }, { SL_DNS_PTR, 1, "\xc0" },
		{ SL_DNS_CNAME, 2, "\x01" "a" }, { SL_DNS_CNAME, 2, "\x00\x00" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		size_t at;

		build_begin(&b, ID, QR, rows[i].type, "example");
		at = build_record(&b, BUILD_ANSWER, "@12", rows[i].type, 60);
		build_bytes(&b, rows[i].data, rows[i].len);
		build_record_end(&b, at);
		if (read_as(rows[i].type, "example") != SL_DNS_REPLY_FAILED)
			fail_msg("row %zu", i);
	}
}

static void
a_prefix_of_a_reply_fails_or_is_complete(void **state)
{
	size_t whole, answered = 0;

	build_begin(&b, ID, QR, SL_DNS_TXT, "a.example");
	build_name_record(&b, "@12", SL_DNS_CNAME, 60, -1, "b@14");
	build_txt(&b, "b.example", 60, SL_SLICE_LIT("one two three"), 5);
	build_txt(&b, "@39", 60, SL_SLICE_LIT("four"), 5);
	build_soa(&b, "example", 60, 60);
	build_record_end(&b, build_record(&b, BUILD_ADDITIONAL, "", 41, 0));
	whole = b.len;
	assert_int_equal(read_as(SL_DNS_TXT, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.count, 2);
	for (b.len = 0; b.len < whole; b.len++)
		answered += read_as(SL_DNS_TXT, "a.example") == SL_DNS_REPLY_GOOD;
	assert_int_equal(answered, 0);		/* the header promises more than there is */
	for (; b.len < whole + 3; b.len++)	/* what comes behind it is not looked at */
		assert_int_equal(read_as(SL_DNS_TXT, "a.example"), SL_DNS_REPLY_GOOD);
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
large_replies_are_read_with_their_bounds(void **state)
{
	static unsigned char text[60000];
	char name[SL_DNS_NAME_MAX + 1];
	double start;

	memset(text, 'x', sizeof(text));
	build_begin(&b, ID, QR, SL_DNS_TXT, "a.example");
	build_txt(&b, "@12", 60, sl_slice(text, sizeof(text)), 255);
	assert_int_equal(read_as(SL_DNS_TXT, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.records[0].data.len, sizeof(text));

	/* Strings of no octets: the same text, 65,000 of them. */
	build_begin(&b, ID, QR, SL_DNS_TXT, "a.example");
	build_record(&b, BUILD_ANSWER, "@12", SL_DNS_TXT, 60);
	memset(b.data + b.len, 0, 65000);
	b.len += 65000;
	build_record_end(&b, b.len - 65002);
	assert_int_equal(read_as(SL_DNS_TXT, "a.example"), SL_DNS_REPLY_GOOD);
	assert_true(record_is(0, ""));

	/* More records than are kept. */
	build_begin(&b, ID, QR, SL_DNS_A, "a.example");
	for (unsigned i = 0; b.len < SL_DNS_MESSAGE_MAX - 16; i++)
		build_a(&b, "@12", 60, i);
	assert_int_equal(read_as(SL_DNS_A, "a.example"), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.count, SL_DNS_RECORDS_MAX);
	assert_true(reply.dropped > 3900);

	/* Owners of 127 labels, each another place to read, none of them ours; many aliases. */
	for (size_t i = 0; i < SL_DNS_NAME_MAX; i++)
		name[i] = i % 2 ? '.' : 'x';
	name[SL_DNS_NAME_MAX] = '\0';
	build_begin(&b, ID, QR, SL_DNS_A, name);
	for (unsigned i = 0; b.len < SL_DNS_MESSAGE_MAX - 20; i++)
		build_a(&b, "z@14", 60, i);
	start = cpu_ms();
	assert_int_equal(read_as(SL_DNS_A, name), SL_DNS_REPLY_GOOD);
	assert_int_equal(reply.answer.status, SL_DNS_NODATA);
	assert_true(cpu_ms() - start < 200);		/* 20 ms is the goal; sanitizers and neighbours cost */
	b.len = SL_DNS_MESSAGE_MAX + 1;
	assert_int_equal(read_as(SL_DNS_A, name), SL_DNS_REPLY_FOREIGN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_written_as_rfc_1035_wants),
		cmocka_unit_test(a_reply_to_another_question_is_foreign),
		cmocka_unit_test(an_extended_rcode_counts),
		cmocka_unit_test(records_of_the_type_and_name_are_kept),
		cmocka_unit_test(names_that_cannot_be_asked_for_are_dropped),
		cmocka_unit_test(there_being_nothing_is_an_answer),
		cmocka_unit_test(a_referral_is_no_answer),
		cmocka_unit_test(aliases_are_followed_in_any_order_up_to_a_bound),
		cmocka_unit_test(an_alias_of_nothing_is_nothing),
		cmocka_unit_test(an_alias_that_was_asked_for_is_not_followed),
		cmocka_unit_test(aliases_that_go_round_fail),
		cmocka_unit_test(pointers_lead_back_only),
		cmocka_unit_test(names_end_at_255_octets),
		cmocka_unit_test(data_of_the_wrong_size_fails),
		cmocka_unit_test(a_prefix_of_a_reply_fails_or_is_complete),
		cmocka_unit_test(large_replies_are_read_with_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
