/* zone_test.c - names, types, aliases and refusals of the JSON zone; and names in general */

#include "check.h"

#include "mailauth/zone.h"

static const char zone_text[] =
    "{ \"Example.com\": [ {\"A\": \"192.0.2.1\"}, {\"A\": \"192.0.2.2\"}, {\"MX\": [10, \"mx.example.com\"]},"
    "                    {\"SPF\": [\"v=spf1 \", \"-all\"]} ],"
    "  \"own.example.com\": [ {\"SPF\": \"v=spf1 +all\"}, {\"TXT\": \"NONE\"} ],"
    "  \"bytes.example.com\": [ {\"TXT\": \"a\\u00ff\"} ],"
    "  \"slow.example.com\": [ {\"A\": \"192.0.2.3\"}, \"TIMEOUT\" ],"
    "  \"alias.example.com\": [ {\"CNAME\": \"EXAMPLE.com.\"} ],"
    "  \"loop.example.com\": [ {\"CNAME\": \"loop.example.com\"} ],"
    "  \"empty.example.com\": [ ] }";

static const struct {
	const char		*about;
	enum sl_dns_type	 type;
	const char		*name;
	enum sl_dns_status	 status;
	size_t			 count;
	const char		*first;
} rows[] = {
	{ "an address", SL_DNS_A, "example.com", SL_DNS_FOUND, 2, "\xc0\0\2\1" },
	{ "names have no case", SL_DNS_A, "eXAMPLE.COM", SL_DNS_FOUND, 2, "\xc0\0\2\1" },
	{ "an MX is its name", SL_DNS_MX, "example.com", SL_DNS_FOUND, 1, "mx.example.com" },
	{ "type SPF stands for TXT, joined", SL_DNS_TXT, "example.com", SL_DNS_FOUND, 1, "v=spf1 -all" },
	{ "unless TXT is said to be none", SL_DNS_TXT, "own.example.com", SL_DNS_NODATA, 0, NULL },
	{ "code points are bytes", SL_DNS_TXT, "bytes.example.com", SL_DNS_FOUND, 1, "a\xff" },
	{ "no such type", SL_DNS_AAAA, "example.com", SL_DNS_NODATA, 0, NULL },
	{ "no such name", SL_DNS_A, "nobody.example.com", SL_DNS_NXDOMAIN, 0, NULL },
	{ "what is there does not time out", SL_DNS_A, "slow.example.com", SL_DNS_FOUND, 1, "\xc0\0\2\3" },
	{ "what is not there does", SL_DNS_TXT, "slow.example.com", SL_DNS_TEMPERROR, 0, NULL },
	{ "an alias is followed", SL_DNS_TXT, "alias.example.com", SL_DNS_FOUND, 1, "v=spf1 -all" },
	{ "a loop of aliases ends", SL_DNS_TXT, "loop.example.com", SL_DNS_TEMPERROR, 0, NULL },
	{ "an empty list is a name without data", SL_DNS_A, "empty.example.com", SL_DNS_NODATA, 0, NULL },
};

static void
a_zone_answers_as_it_says(void **state)
{
	char *error;
	struct sl_dnszone *zone = sl_dnszone_parse(sl_slice_str(zone_text), &error);

	assert_non_null(zone);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_dns_question question = { 0, rows[i].type, rows[i].name };
		struct sl_dns_answer answer;

		sl_dnszone_lookup(zone, &question, &answer);
		if (answer.status != rows[i].status || answer.count != rows[i].count)
			fail_msg("%s: status %d, %zu records", rows[i].about, answer.status, answer.count);
		if (rows[i].first != NULL)
			assert_memory_equal(answer.records[0].data.ptr, rows[i].first,
			    answer.records[0].data.len);
	}
	sl_dnszone_free(&zone);
	assert_null(zone);
}

static void
what_is_no_zone_is_refused_with_a_sentence(void **state)
{
	static const char *const bad[] = { "", "[]", "{\"a\": 1}", "{\"a\": [1]}", "{\"a\": [\"SLOW\"]}",
		"{\"a\": [{\"A\": \"1.2.3\"}]}", "{\"a\": [{\"MX\": [\"a\", 1]}]}", "{\"a\": [{\"TXT\": 3}]}",
		"{\"a\": [{\"PTR\": 3}]}", "{\"a\": [{\"TXT\": [3]}]}", "{\"a\": [{\"SRV\": \"x\"}]}",
		"{\"a\": [], \"a\": []}" };

	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		char *error;
		struct sl_dnszone *zone = sl_dnszone_parse(sl_slice_str(bad[i]), &error);

		if (zone != NULL)
			fail_msg("accepted %s", bad[i]);
		assert_true(strlen(error) > 10);
		sl_free(error);
	}
}

static void
names_are_compared_by_labels(void **state)
{
	char out[SL_DNS_NAME_MAX + 1], big[300];

	assert_true(sl_dns_name_within(SL_SLICE_LIT("a.Example.com"), SL_SLICE_LIT("example.COM")));
	assert_true(sl_dns_name_within(SL_SLICE_LIT("example.com"), SL_SLICE_LIT("example.com")));
	assert_false(sl_dns_name_within(SL_SLICE_LIT("notexample.com"), SL_SLICE_LIT("example.com")));
	assert_false(sl_dns_name_within(SL_SLICE_LIT("com"), SL_SLICE_LIT("example.com")));
	assert_int_equal(sl_dns_name_labels(SL_SLICE_LIT("")), 0);
	assert_int_equal(sl_dns_name_labels(SL_SLICE_LIT("a.b.c")), 3);
	assert_true(sl_slice_eq(sl_dns_name_tail(SL_SLICE_LIT("a.b.c"), 2), SL_SLICE_LIT("b.c")));
	assert_true(sl_slice_eq(sl_dns_name_tail(SL_SLICE_LIT("a.b.c"), 9), SL_SLICE_LIT("a.b.c")));
	assert_true(sl_dns_name_copy(out, SL_SLICE_LIT("Ab.C.")));
	assert_string_equal(out, "ab.c");
	assert_false(sl_dns_name_copy(out, SL_SLICE_LIT("a..b")));
	assert_false(sl_dns_name_copy(out, SL_SLICE_LIT(".")));
	memset(big, 'a', sizeof(big));
	assert_true(sl_dns_name_ok(sl_slice(big, 63)));
	assert_false(sl_dns_name_ok(sl_slice(big, 64)));
	for (size_t i = 50; i < sizeof(big); i += 50)
		big[i] = '.';
	assert_true(sl_dns_name_ok(sl_slice(big, 253)));
	assert_false(sl_dns_name_ok(sl_slice(big, 254)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_answers_as_it_says),
		cmocka_unit_test(what_is_no_zone_is_refused_with_a_sentence),
		cmocka_unit_test(names_are_compared_by_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
