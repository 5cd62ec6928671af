/* hostlist_test.c - what is on a list is found, with what is below it, and nothing else */

#include "check.h"

#include "classify/hostlist.h"
#include "sl/buf.h"

static const char list[] =
    "# bad hosts\n"
    "evil.example\n"
    "  Shop.Example  # trailing\r\n"
    "=only.example\n"
    "http://free.example/bad/page\n"
    "free.example/~joe\n"
    "site.example/\n"
    "192.0.2.1\n"
    "nonsense\n"
    "with space.example\n"
    ".dot.example\n"
    "a..b\n"
    "=x.example/path\n"
    "evil.example";

static void
hosts_and_urls_are_found_as_the_list_says(void **state)
{
	static const struct {
		const char	*host, *path;
		bool		 has;
	} rows[] = {
		{ "evil.example", "/", true },
		{ "www.evil.example", "/any/thing", true },
		{ "a.b.c.evil.example", "", true },
		{ "notevil.example", "/", false },
		{ "example", "/", false },
		{ "shop.example", "/", true },
		{ "only.example", "/", true },
		{ "www.only.example", "/", false },
		{ "free.example", "/", false },
		{ "free.example", "/bad", false },
		{ "free.example", "/bad/page", true },
		{ "free.example", "/bad/page/below", true },
		{ "free.example", "/bad/page2", false },
		{ "free.example", "/~joe/x", true },
		{ "www.free.example", "/bad/page", false },
		{ "site.example", "/", true },
		{ "192.0.2.1", "/", true },
		{ "192.0.2.10", "/", false },
		{ "", "/", false },
	};
	size_t skipped;
	struct sl_hostlist *l = sl_hostlist_read(SL_SLICE_LIT(list), &skipped);

	assert_int_equal(skipped, 5);
	assert_int_equal(sl_hostlist_count(l), 7);
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (sl_hostlist_has_url(l, sl_slice_str(rows[i].host), sl_slice_str(rows[i].path)) != rows[i].has)
			fail_msg("%s%s", rows[i].host, rows[i].path);
	sl_hostlist_free(&l);
	sl_hostlist_free(&l);
}

/* The bound that hostlist.h states, at its million. */
static void
a_million_entries_take_16_mib(void **state)
{
	struct sl_hostlist *l;
	struct sl_buf text;
	size_t skipped;

	sl_buf_init(&text, SIZE_MAX / 2);
	for (unsigned i = 0; i < 1000000; i++)
		sl_buf_addf(&text, "h%u.example\n", i);
	l = sl_hostlist_read(sl_buf_slice(&text), &skipped);
	assert_int_equal(sl_hostlist_count(l), 1000000);
	assert_true(sl_hostlist_memory(l) <= (16u << 20) + 256);
	assert_true(sl_hostlist_has(l, SL_SLICE_LIT("www.h999999.example")));
	assert_false(sl_hostlist_has(l, SL_SLICE_LIT("h1000000.example")));
	sl_hostlist_free(&l);
	sl_buf_fini(&text);
}

static void
an_empty_list_has_nothing(void **state)
{
	size_t skipped;
	struct sl_hostlist *l = sl_hostlist_read(sl_slice(NULL, 0), &skipped);

	assert_false(sl_hostlist_has_url(l, SL_SLICE_LIT("a.example"), SL_SLICE_LIT("/x")));
	sl_hostlist_free(&l);
	l = sl_hostlist_read(sl_slice(NULL, 0), NULL);	/* who does not ask what was skipped */
	sl_hostlist_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_urls_are_found_as_the_list_says),
		cmocka_unit_test(a_million_entries_take_16_mib),
		cmocka_unit_test(an_empty_list_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
