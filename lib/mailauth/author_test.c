/* author_test.c - From fields, honest and not */

#include "check.h"

#include "mailauth/author.h"

static const struct {
	const char		*value;
	enum sl_author_status	 status;
	const char		*domain;
} rows[] = {
	{ "ann@example.com", SL_AUTHOR_ONE, "example.com" },
	{ " <ann@Example.COM>", SL_AUTHOR_ONE, "example.com" },
	{ "Ann <ann@example.com>", SL_AUTHOR_ONE, "example.com" },
	{ "\"Ann, <eve@evil.test>\" <ann@example.com>", SL_AUTHOR_ONE, "example.com" },
	{ "Ann (<eve@evil.test>) <ann@example.com> (and (Bob))", SL_AUTHOR_ONE, "example.com" },
	{ "(eve@evil.test) ann@example.com", SL_AUTHOR_ONE, "example.com" },
	{ "\"a@b\"@example.com", SL_AUTHOR_ONE, "example.com" },
	{ "Dr. Ann Q. Public [Sales] <ann@example.com>", SL_AUTHOR_ONE, "example.com" },
	{ "=?utf-8?q?Ann?= \r\n <ann@example.com>", SL_AUTHOR_ONE, "example.com" },
	{ "\xc3\x84nn <ann@example.com>", SL_AUTHOR_ONE, "example.com" },
	{ "Doe, Ann <ann@example.com>", SL_AUTHOR_ONE, "example.com" },
	{ "ann@example.com <ann@example.com>", SL_AUTHOR_ONE, "example.com" },
	{ "a@example.com, b@EXAMPLE.com", SL_AUTHOR_ONE, "example.com" },
	{ "Team: a@example.com, B <b@example.com>;", SL_AUTHOR_ONE, "example.com" },
	{ ",, ann@example.com,", SL_AUTHOR_ONE, "example.com" },
	{ "ann@b\xc3\xbc" "cher.example", SL_AUTHOR_ONE, "xn--bcher-kva.example" },
	{ "ann@xn--bcher-kva.example", SL_AUTHOR_ONE, "xn--bcher-kva.example" },
	{ "ann@localhost", SL_AUTHOR_ONE, "localhost" },
	{ "a@example.com, b@example.net", SL_AUTHOR_SEVERAL, "" },
	{ "ann@example.com <eve@evil.test>", SL_AUTHOR_SEVERAL, "" },
	{ "<a@example.com>, <b@evil.test>", SL_AUTHOR_SEVERAL, "" },
	{ "", SL_AUTHOR_UNREADABLE, "" },
	{ "Ann", SL_AUTHOR_UNREADABLE, "" },
	{ "<>", SL_AUTHOR_UNREADABLE, "" },
	{ "Team:;", SL_AUTHOR_UNREADABLE, "" },
	{ "<@evil.test:ann@example.com>", SL_AUTHOR_UNREADABLE, "" },
	{ "<@evil.test,@any.test:ann@example.com>", SL_AUTHOR_UNREADABLE, "" },
	{ "<ann@example.com>\\,<eve@evil.test>", SL_AUTHOR_UNREADABLE, "" },
	{ "<eve@evil.test>ann@example.com", SL_AUTHOR_UNREADABLE, "" },
	{ "<eve@evil.test> Ann", SL_AUTHOR_UNREADABLE, "" },
	{ "<eve@evil.test> <ann@example.com>", SL_AUTHOR_UNREADABLE, "" },
	{ "Ann ann@example.com", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@example.com eve", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@eve@example.com", SL_AUTHOR_UNREADABLE, "" },
	{ "<ann@example.com", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@example.com>", SL_AUTHOR_UNREADABLE, "" },
	{ "\"ann@example.com", SL_AUTHOR_UNREADABLE, "" },
	{ "(ann@example.com", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@example.com)", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@[192.0.2.1]", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@example..com", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@example.com.", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@example .com", SL_AUTHOR_UNREADABLE, "" },
	{ "ann @example.com", SL_AUTHOR_UNREADABLE, "" },
	{ "<ann@(eve)example.com>", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@\x01.com", SL_AUTHOR_UNREADABLE, "" },
	{ "ann@\xff.com", SL_AUTHOR_UNREADABLE, "" },
	{ ": ann@example.com", SL_AUTHOR_UNREADABLE, "" },
};

static void
an_author_is_read_or_refused(void **state)
{
	struct sl_author author;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		sl_author_parse(sl_slice_str(rows[i].value), &author);
		if (author.status != rows[i].status || strcmp(author.domain, rows[i].domain) != 0)
			fail_msg("[%s]: %s, \"%s\"", rows[i].value, sl_author_status_text(author.status),
			    author.domain);
	}
}

static void
there_is_one_from_field(void **state)
{
	static const enum sl_author_status want[] = { SL_AUTHOR_ABSENT, SL_AUTHOR_ONE, SL_AUTHOR_FIELDS };
	struct sl_headers h;
	struct sl_author author;

	sl_headers_init(&h, 1000, 10);
	sl_headers_add(&h, SL_SLICE_LIT("Resent-From: bob@example.net"));
	for (size_t i = 0; i < SL_COUNT(want); i++) {
		sl_author_find(&h, &author);
		assert_int_equal(author.status, want[i]);
		assert_string_equal(author.domain, i == 1 ? "example.com" : "");
		sl_headers_add(&h, SL_SLICE_LIT("fRom : ann@example.com"));
	}
	sl_headers_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_author_is_read_or_refused),
		cmocka_unit_test(there_is_one_from_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
