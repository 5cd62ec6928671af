/* address_test.c - see address.h; the published suites are in conformance_test.c */

#include "check.h"
#include "sl/utf8.h"
#include "smtp/address.h"

#include <stdio.h>
#include <stdlib.h>

#define S10	"0123456789"
#define S60	S10 S10 S10 S10 S10 S10
#define L63	S60 "123"
#define D251	L63 "." L63 "." L63 "." S10 S10 S10 S10 S10 "0123456.x"

static void
paths_are_taken_apart(void **state)
{
	static const struct {
		const char	*in;
		const char	*mailbox;
		const char	*local;
		const char	*domain;
		size_t		 used;
	} rows[] = {
		{ "<a@example.com>", "a@example.com", "a", "example.com", 15 },
		{ "<a@example.com> SIZE=1", "a@example.com", "a", "example.com", 15 },
		{ "<\"a@b c\\\"\"@x>", "\"a@b c\\\"\"@x", "\"a@b c\\\"\"", "x", 13 },
		{ "<\">\"@x>", "\">\"@x", "\">\"", "x", 7 },
		{ "<@one.example,@two.example:a@b>", "a@b", "a", "b", 31 },
		{ "<a@[192.0.2.1]>", "a@[192.0.2.1]", "a", "[192.0.2.1]", 15 },
		{ "<a@[ipv6:2001:DB8::1]>", "a@[ipv6:2001:DB8::1]", "a", "[ipv6:2001:DB8::1]", 22 },
		{ "<Postmaster>", "Postmaster", "Postmaster", "", 12 },
		{ "<a_b@my_host.example>", "a_b@my_host.example", "a_b", "my_host.example", 21 },
		{ "<j\xc3\xbcrgen@m\xc3\xbcller.example>", "j\xc3\xbcrgen@m\xc3\xbcller.example",
		    "j\xc3\xbcrgen", "m\xc3\xbcller.example", 25 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_address a;
		size_t used;

		assert_int_equal(sl_smtp_path_parse(sl_slice_str(rows[i].in), &a, &used), SL_DONE);
		assert_int_equal(used, rows[i].used);
		assert_true(sl_slice_eq(a.mailbox, sl_slice_str(rows[i].mailbox)));
		assert_true(sl_slice_eq(a.local, sl_slice_str(rows[i].local)));
		assert_true(sl_slice_eq(a.domain, sl_slice_str(rows[i].domain)));
		assert_int_equal(a.is_literal, rows[i].domain[0] == '[');
		assert_int_equal(a.is_utf8, strchr(rows[i].in, '\xc3') != NULL);
		assert_false(a.is_null);
	}
}

static void
the_null_path_is_told(void **state)
{
	struct sl_smtp_address a;
	size_t used;

	assert_int_equal(sl_smtp_path_parse(SL_SLICE_LIT("<> X"), &a, &used), SL_DONE);
	assert_int_equal(used, 2);
	assert_true(a.is_null);
	assert_int_equal(a.mailbox.len + a.local.len + a.domain.len, 0);
}

static void
what_is_no_path_is_refused(void **state)
{
	static const char *const rows[] = {
		"", "<", "a@b", "<a@b", "<a>", "<@b>", "<a@>", "< a@b>", "<a@b >", "<a b@c>", "<a@b c>",
		"<<a@b>>", "<a@b@c>", "<.a@b>", "<a.@b>", "<a..b@c>", "<a@.b>", "<a@b.>", "<a@b..c>",
		"<a@-b>", "<a@b->", "<a@b.-c>", "<\"a@b>", "<\"a\"b@c>", "<a\"b\"@c>", "<\"a\tb\"@c>",
		"<\"a\\\"@b>", "<\"a\\\x01\"@b>", "<\"a\\\xc3\xa9\"@b>", "<\"\x7f\"@b>", "<\"\xff\"@b>",
		"<a@b,c>",
		"<@one:>", "<@one a@b>", "<@:a@b>", "<@one,two:a@b>", "<@one:postmaster>", "<@[1.2.3.4]:a@b>",
		"<postmaster@>", "<postmasters>", "<a\xff@b>", "<a\xc0\xaf@b>", "<a@\xed\xa0\x80>",
		"<a@b\xe3\x80\x82" "c>" /* U+3002 */, "<a@b\xc2\x85>", "<a@b\xe2\x80\x8b" "c>",
		"<a@[192.0.2.256]>", "<a@[192.0.2]>", "<a@[192.0.2.1.1]>", "<a@[192.0.2.1 ]>",
		"<a@[192.0.2.0001]>", "<a@[2001:db8::1]>", "<a@[IPv6:2001:db8:::1]>", "<a@[IPv6:]>",
		"<a@[IPv6:fe80::1%eth0]>", "<a@[x400:c=us]>", "<a@[]>", "<a@[192.0.2.1>", "<a@192.0.2.1]>",
		"<a@[192.0.2.1]b>", "<a@" L63 "4.x>", "(c)<a@b>", "<a@b(c)>",
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_address a;
		size_t used;

		if (sl_smtp_path_parse(sl_slice_str(rows[i]), &a, &used) != SL_ERR_SYNTAX)
			fail_msg("taken: %s", rows[i]);
	}
}

static void
lengths_are_limited(void **state)
{
	static const struct {
		const char	*mailbox;
		int		 result;
	} rows[] = {
		{ S60 "1234@x", SL_DONE },				/* 64 */
		{ S60 "12345@x", SL_ERR_TOO_LONG },
		{ "\"" S60 "12\"@x", SL_DONE },				/* quotes counted */
		{ "\"" S60 "123\"@x", SL_ERR_TOO_LONG },
		{ "a@" L63 ".x", SL_DONE },
		{ "1@" D251 "y", SL_DONE },				/* a path of 256 */
		{ "12@" D251 "y", SL_ERR_TOO_LONG },			/* of 257 */
		{ "a@" D251 "yyyyy", SL_ERR_TOO_LONG },			/* domain of 256 */
	};
	char path[400];

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_address a;
		size_t used;

		assert_int_equal(sl_smtp_mailbox_parse(sl_slice_str(rows[i].mailbox), &a),
		    rows[i].result);
		snprintf(path, sizeof(path), "<%s>", rows[i].mailbox);
		assert_int_equal(sl_smtp_path_parse(sl_slice_str(path), &a, &used), rows[i].result);
	}
	assert_int_equal(strlen(D251), 251);
	assert_true(sl_smtp_domain_ok(SL_SLICE_LIT(D251 "yyyy"), false));
	assert_false(sl_smtp_domain_ok(SL_SLICE_LIT(D251 "yyyyy"), false));
}

static void
a_path_counts_its_source_route(void **state)
{
	struct sl_smtp_address a;
	size_t used;

	assert_int_equal(sl_smtp_path_parse(SL_SLICE_LIT("<@" D251 ":a>"), &a, &used),
	    SL_ERR_SYNTAX);
	assert_int_equal(sl_smtp_path_parse(SL_SLICE_LIT("<@" D251 ":a@b>"), &a, &used),
	    SL_ERR_TOO_LONG);
}

static void
a_mailbox_has_no_brackets_and_a_domain(void **state)
{
	static const struct {
		const char	*in;
		int		 result;
	} rows[] = {
		{ "a@b", SL_DONE }, { "\"\"@b", SL_DONE }, { "", SL_ERR_SYNTAX },
		{ "<a@b>", SL_ERR_SYNTAX }, { "postmaster", SL_ERR_SYNTAX }, { "a@b ", SL_ERR_SYNTAX },
		{ "a@b>", SL_ERR_SYNTAX }, { "@r:a@b", SL_ERR_SYNTAX },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_address a;

		assert_int_equal(sl_smtp_mailbox_parse(sl_slice_str(rows[i].in), &a), rows[i].result);
	}
}

static void
domains_are_checked(void **state)
{
	static const struct {
		const char	*in;
		bool		 plain;
		bool		 with_literal;
	} rows[] = {
		{ "example.com", true, true }, { "a", true, true }, { "a--b.c", true, true },
		{ "1.2", true, true }, { "xn--bcher-kva.example", true, true },
		{ "b\xc3\xbc" "cher.example", true, true }, { "", false, false },
		{ "a.", false, false }, { ".a", false, false }, { "a b", false, false },
		{ "a/b", false, false }, { "a-.b", false, false },
		{ "[192.0.2.1]", false, true }, { "[IPv6:::ffff:192.0.2.1]", false, true },
		{ "[IPv6:1:2:3:4:5:6:7::]", false, true }, { "[192.0.2.1]x", false, false },
		{ "[", false, false }, { "a@b", false, false }, { "b\xfc" "cher", false, false },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		assert_int_equal(sl_smtp_domain_ok(sl_slice_str(rows[i].in), false), rows[i].plain);
		assert_int_equal(sl_smtp_domain_ok(sl_slice_str(rows[i].in), true),
		    rows[i].with_literal);
	}
}

/* The ends of the ranges that no label has, and their neighbours. */
static void
characters_that_read_as_a_dot_or_as_nothing_are_in_no_domain(void **state)
{
	static const struct {
		uint32_t	character;
		bool		good;
	} rows[] = {
		{ 0x80, false }, { 0xa0, false }, { 0xa1, true }, { 0xac, true }, { 0xad, false },
		{ 0xae, true }, { 0x1680, false }, { 0x1fff, true }, { 0x2000, false },
		{ 0x200b, false }, { 0x200c, true }, { 0x200d, true }, { 0x200e, false },
		{ 0x200f, false }, { 0x2010, true }, { 0x2027, true }, { 0x2028, false },
		{ 0x202f, false }, { 0x2030, true }, { 0x205e, true }, { 0x205f, false },
		{ 0x206f, false }, { 0x2070, true }, { 0x3000, false }, { 0x3001, true },
		{ 0x3002, false }, { 0xfeff, false }, { 0xff0e, false }, { 0xff61, false },
		{ 0xfff8, true }, { 0xfff9, false }, { 0xffff, false }, { 0x10000, true },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		unsigned char in[6] = "a";
		size_t len = 1 + sl_utf8_encode(rows[i].character, in + 1);

		if (sl_smtp_domain_ok(sl_slice(in, len), false) != rows[i].good)
			fail_msg("U+%04X", rows[i].character);
	}
}

/* Each prefix in a buffer of its own size: a byte read past the end is found by ASan. */
static void
no_prefix_of_a_path_is_one(void **state)
{
	static const char *const rows[] = {
		"<@one.example,@two.example:\"a\\\"b\"@[IPv6:::ffff:192.0.2.1]>",
		"<j\xc3\xbcrgen@m\xc3\xbcller.example>", "<postmaster>",
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		for (size_t len = 0; len < strlen(rows[i]); len++) {
			void *copy = malloc(len == 0 ? 1 : len);
			struct sl_smtp_address a;
			size_t used;

			memcpy(copy, rows[i], len);
			assert_int_equal(sl_smtp_path_parse(sl_slice(copy, len), &a, &used),
			    SL_ERR_SYNTAX);
			free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_taken_apart),
		cmocka_unit_test(the_null_path_is_told),
		cmocka_unit_test(what_is_no_path_is_refused),
		cmocka_unit_test(lengths_are_limited),
		cmocka_unit_test(a_path_counts_its_source_route),
		cmocka_unit_test(a_mailbox_has_no_brackets_and_a_domain),
		cmocka_unit_test(domains_are_checked),
		cmocka_unit_test(characters_that_read_as_a_dot_or_as_nothing_are_in_no_domain),
		cmocka_unit_test(no_prefix_of_a_path_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
