/* dnslist_test.c - what lists answer, and what is made of it */

#include "check.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "classify/dnslist.h"
#include "mailauth/zone.h"

static const char zone_text[] =
    "{ \"9.2.0.192.zen.test\": [ {\"A\": \"127.0.0.4\"}, {\"A\": \"127.0.0.10\"} ],"
    "  \"9.2.0.192.plain.test\": [ {\"A\": \"127.0.0.3\"} ],"
    "  \"8.2.0.192.zen.test\": [ {\"A\": \"127.255.255.254\"} ],"
    "  \"7.2.0.192.zen.test\": [ {\"A\": \"192.0.2.80\"} ],"
    "  \"6.2.0.192.zen.test\": [ \"TIMEOUT\" ],"
    "  \"5.2.0.192.zen.test\": [ {\"A\": \"127.0.0.1\"} ],"
    "  \"4.2.0.192.zen.test\": [ {\"TXT\": \"listed\"} ],"
    "  \"3.2.0.192.zen.test\": [ {\"A\": \"127.0.0.4\"}, {\"A\": \"198.51.100.1\"} ],"
    "  \"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.test\":"
    "     [ {\"A\": \"127.0.0.2\"} ],"
    "  \"bad.example.dbl.test\": [ {\"A\": \"127.0.1.2\"} ],"
    "  \"xn--bcher-kva.example.dbl.test\": [ {\"A\": \"127.0.1.2\"} ],"
    "  \"bad.example.surbl.test\": [ {\"A\": \"127.0.0.24\"} ],"
    "  \"odd.example.surbl.test\": [ {\"A\": \"127.0.0.32\"} ],"
    "  \"blocked.example.surbl.test\": [ {\"A\": \"127.0.0.1\"} ],"
    "  \"9.2.0.192.surbl.test\": [ {\"A\": \"127.0.0.8\"} ],"
    "  \"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.surbl.test\": [ {\"A\": \"127.0.0.2\"} ] }";

static struct sl_dns_list_answer zen_answers[] = {
	{ { 127, 0, 0, 10 }, 0.5 }, { { 127, 0, 0, 4 }, 4 },
};
static char zen[] = "zen.test", plain[] = "plain.test", dbl[] = "dbl.test", automatic[] = "auto",
    own_test[] = "dbltest.com", no_test[] = "none";
static const struct sl_dns_list lists[] = {
	{ .zone = zen, .of = SL_DNS_LIST_ADDRESS, .category = SL_SPAM, .weight = 2,
	  .answers = zen_answers, .answers_len = SL_COUNT(zen_answers), .test = automatic },
	{ .zone = plain, .of = SL_DNS_LIST_ADDRESS, .category = SL_MALWARE, .weight = -1.5, .test = no_test },
	{ .zone = dbl, .of = SL_DNS_LIST_DOMAIN, .category = SL_PHISH, .weight = 3, .test = own_test },
};

/* Of links: bits 8 and 16, and another; an answer with both has the weightier. */
static struct sl_dns_list_answer surbl_answers[] = { { { 127, 0, 0, 8 }, 3 }, { { 127, 0, 0, 16 }, 1 } };
static char surbl[] = "surbl.test";
static const struct sl_dns_list link_lists[] = {
	{ .zone = surbl, .of = SL_DNS_LIST_LINK_DOMAIN, .category = SL_PHISH, .weight = 0.5, .bits = true,
	  .answers = surbl_answers, .answers_len = SL_COUNT(surbl_answers), .test = automatic },
	{ .zone = surbl, .of = SL_DNS_LIST_LINK_ADDRESS, .category = SL_SPAM, .weight = 2, .test = automatic },
	{ .zone = dbl, .of = SL_DNS_LIST_DOMAIN, .category = SL_PHISH, .weight = 3, .test = own_test },
};

static struct sl_dnszone *zone;

static struct sl_client_address
address(const char *text)
{
	struct sl_client_address a;
	unsigned char octets[16];
	bool is_ipv6 = strchr(text, ':') != NULL;

	assert_int_equal(inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, octets), 1);
	sl_client_address_set(&a, octets, is_ipv6);
	return a;
}

static const struct {
	const char		*about, *address;
	enum sl_dnslist_result	 result;
	double			 weight;
} rows[] = {
	{ "the weightiest answer counts", "192.0.2.9", SL_DNSLIST_LISTED, 4 },
	{ "not listed", "192.0.2.99", SL_DNSLIST_UNLISTED, 0 },
	{ "no address in the answer", "192.0.2.4", SL_DNSLIST_UNLISTED, 0 },
	{ "a public resolver", "192.0.2.8", SL_DNSLIST_REFUSED, 0 },
	{ "a code many lists have for that", "192.0.2.5", SL_DNSLIST_REFUSED, 0 },
	{ "a parked domain", "192.0.2.7", SL_DNSLIST_BROKEN, 0 },
	{ "one strange answer among others", "192.0.2.3", SL_DNSLIST_BROKEN, 0 },
	{ "nobody knows", "192.0.2.6", SL_DNSLIST_UNKNOWN, 0 },
	{ "IPv6; an answer without a weight of its own", "2001:db8::1", SL_DNSLIST_LISTED, 2 },
};

static void
an_answer_means_what_settings_say(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_dnslist_check *check = sl_dnslist_new(lists, 1);
		struct sl_client_address a = address(rows[i].address);
		struct sl_dnslist_finding f;

		sl_dnslist_add_address(check, &a, rows[i].address);
		assert_false(sl_dnslist_done(check));
		assert_int_equal(sl_dnszone_answer_all(zone, &sl_dnslist_dns, check), 1);
		assert_true(sl_dnslist_done(check));
		assert_int_equal(sl_dnslist_count(check), 1);
		f = sl_dnslist_get(check, 0);
		if (f.result != rows[i].result || f.weight != rows[i].weight)
			fail_msg("%s: %d, %f", rows[i].about, f.result, f.weight);
		assert_string_equal(f.subject, rows[i].address);
		sl_dnslist_free(&check);
	}
}

static void
lists_get_what_they_list_and_each_thing_once(void **state)
{
	struct sl_dnslist_check *check = sl_dnslist_new(lists, SL_COUNT(lists));
	struct sl_client_address a = address("192.0.2.9");
	struct sl_verdict verdict = { .evidence_len = 0 };
	struct sl_arena arena;

	sl_arena_init(&arena, 65536);
	sl_dnslist_add_address(check, &a, "192.0.2.9");
	sl_dnslist_add_domain(check, SL_SLICE_LIT("BAD.example"));
	sl_dnslist_add_domain(check, SL_SLICE_LIT("bad.example."));
	sl_dnslist_add_domain(check, SL_SLICE_LIT("b\xc3\xbc" "cher.example"));
	sl_dnslist_add_domain(check, SL_SLICE_LIT("localhost"));
	sl_dnslist_add_domain(check, SL_SLICE_LIT("[192.0.2.1]"));
	sl_dnslist_add_domain(check, SL_SLICE_LIT(""));
	sl_dnslist_add_domain(check, SL_SLICE_LIT("good.example"));
	assert_int_equal(sl_dnszone_answer_all(zone, &sl_dnslist_dns, check), 5);
	sl_dnslist_evidence(check, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 4);
	assert_string_equal(verdict.evidence[0].name, "dnslist");
	assert_string_equal(verdict.evidence[0].sentence, "192.0.2.9 is on the list zen.test");
	assert_true(verdict.evidence[0].log_odds[SL_SPAM] == 4 && verdict.evidence[0].log_odds[SL_PHISH] == 0);
	assert_true(verdict.evidence[1].log_odds[SL_MALWARE] == -1.5);
	assert_string_equal(verdict.evidence[2].sentence, "bad.example is on the list dbl.test");
	assert_true(verdict.evidence[2].log_odds[SL_PHISH] == 3);
	assert_string_equal(verdict.evidence[3].sentence, "xn--bcher-kva.example is on the list dbl.test");
	sl_arena_fini(&arena);
	sl_dnslist_free(&check);
}

static void
what_links_lead_to_is_asked_of_lists_of_links_alone(void **state)
{
	struct sl_dnslist_check *check = sl_dnslist_new(link_lists, SL_COUNT(link_lists));
	struct sl_client_address a = address("192.0.2.9");
	struct sl_verdict verdict = { .evidence_len = 0 };
	struct sl_arena arena;

	sl_arena_init(&arena, 65536);
	sl_dnslist_add_address(check, &a, "192.0.2.9");		/* no list of senders' addresses */
	sl_dnslist_add_link_domain(check, SL_SLICE_LIT("bad.example"));
	sl_dnslist_add_link_domain(check, SL_SLICE_LIT("odd.example"));
	sl_dnslist_add_link_domain(check, SL_SLICE_LIT("blocked.example"));
	sl_dnslist_add_link_domain(check, SL_SLICE_LIT("good.example"));
	sl_dnslist_add_link_address(check, SL_SLICE_LIT("192.0.2.9"));
	sl_dnslist_add_link_address(check, SL_SLICE_LIT("2001:db8::1"));
	sl_dnslist_add_link_address(check, SL_SLICE_LIT("300.1.1.1"));
	sl_dnslist_add_link_address(check, SL_SLICE_LIT(""));
	assert_int_equal(sl_dnszone_answer_all(zone, &sl_dnslist_dns, check), 6);
	assert_int_equal(sl_dnslist_get(check, 2).result, SL_DNSLIST_REFUSED);
	sl_dnslist_evidence(check, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 4);
	assert_string_equal(verdict.evidence[0].name, "dnslist_link");
	assert_string_equal(verdict.evidence[0].sentence, "a link leads to bad.example, which is on the list surbl.test");
	assert_true(verdict.evidence[0].log_odds[SL_PHISH] == 3);
	assert_true(verdict.evidence[1].log_odds[SL_PHISH] == 0.5);
	assert_string_equal(verdict.evidence[2].sentence, "a link leads to 192.0.2.9, which is on the list surbl.test");
	assert_true(verdict.evidence[2].log_odds[SL_SPAM] == 2);
	assert_string_equal(verdict.evidence[3].sentence, "a link leads to 2001:db8::1, which is on the list surbl.test");
	sl_arena_fini(&arena);
	sl_dnslist_free(&check);
}

static void
questions_about_links_are_bounded(void **state)
{
	struct sl_dnslist_check *check = sl_dnslist_new(link_lists, SL_COUNT(link_lists));
	char name[40];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		sl_dnslist_add_link_domain(check, sl_slice_str(name));
	}
	assert_int_equal(sl_dnslist_count(check), SL_DNSLIST_LINK_QUESTIONS_MAX);
	sl_dnslist_add_domain(check, SL_SLICE_LIT("sender.example"));	/* the sender is still asked about */
	assert_int_equal(sl_dnslist_count(check), SL_DNSLIST_LINK_QUESTIONS_MAX + 1);
	sl_dnslist_expire(check);
	sl_dnslist_free(&check);
}

static void
a_skipped_list_is_not_asked_and_a_late_one_says_nothing(void **state)
{
	struct sl_dnslist_check *check = sl_dnslist_new(lists, SL_COUNT(lists));
	struct sl_client_address a = address("192.0.2.9");
	struct sl_verdict verdict = { .evidence_len = 0 };
	struct sl_dns_question question;
	struct sl_arena arena;

	sl_arena_init(&arena, 65536);
	sl_dnslist_skip(check, 0);
	sl_dnslist_add_address(check, &a, "192.0.2.9");
	sl_dnslist_add_domain(check, SL_SLICE_LIT("bad.example"));
	assert_true(sl_dnslist_dns.ask(check, &question));
	assert_string_equal(question.name, "9.2.0.192.plain.test");
	sl_dnslist_expire(check);
	assert_false(sl_dnslist_dns.ask(check, &question));
	assert_true(sl_dnslist_done(check));
	assert_int_equal(sl_dnslist_count(check), 2);
	assert_int_equal(sl_dnslist_get(check, 1).result, SL_DNSLIST_UNKNOWN);
	sl_dnslist_evidence(check, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 0);
	sl_arena_fini(&arena);
	sl_dnslist_free(&check);
}

static void
names_that_do_not_fit_are_not_asked(void **state)
{
	struct sl_dnslist_check *check = sl_dnslist_new(lists, SL_COUNT(lists));
	char name[SL_DNS_NAME_MAX + 1];
	size_t n = 0;

	while (n + 10 < SL_DNS_NAME_MAX) {
		memcpy(name + n, "aaaaaaaaa.", 10);
		n += 10;
	}
	memcpy(name + n, "x", 2);
	sl_dnslist_add_domain(check, sl_slice_str(name));
	assert_int_equal(sl_dnslist_count(check), 0);
	sl_dnslist_add_domain(check, sl_slice_str(name + 10));	/* one label less, and dbl.test fits */
	assert_int_equal(sl_dnslist_count(check), 1);
	sl_dnslist_free(&check);
}

static void
test_points_are_those_of_the_rfc_or_of_settings(void **state)
{
	char listed[SL_DNS_NAME_MAX + 1], unlisted[SL_DNS_NAME_MAX + 1];

	sl_dnslist_test_names(&lists[0], listed, unlisted);
	assert_string_equal(listed, "2.0.0.127.zen.test");
	assert_string_equal(unlisted, "1.0.0.127.zen.test");
	sl_dnslist_test_names(&lists[1], listed, unlisted);
	assert_string_equal(listed, "");
	assert_string_equal(unlisted, "");
	sl_dnslist_test_names(&lists[2], listed, unlisted);
	assert_string_equal(listed, "dbltest.com.dbl.test");
	assert_string_equal(unlisted, "invalid.dbl.test");
	sl_dnslist_test_names(&link_lists[0], listed, unlisted);
	assert_string_equal(listed, "test.surbl.test");
	assert_string_equal(unlisted, "invalid.surbl.test");
	sl_dnslist_test_names(&link_lists[1], listed, unlisted);
	assert_string_equal(listed, "2.0.0.127.surbl.test");
}

static int
open_zone(void **state)
{
	char *error;

	zone = sl_dnszone_parse(sl_slice_str(zone_text), &error);
	return zone == NULL ? -1 : 0;
}

static int
close_zone(void **state)
{
	sl_dnszone_free(&zone);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_means_what_settings_say),
		cmocka_unit_test(lists_get_what_they_list_and_each_thing_once),
		cmocka_unit_test(what_links_lead_to_is_asked_of_lists_of_links_alone),
		cmocka_unit_test(questions_about_links_are_bounded),
		cmocka_unit_test(a_skipped_list_is_not_asked_and_a_late_one_says_nothing),
		cmocka_unit_test(names_that_do_not_fit_are_not_asked),
		cmocka_unit_test(test_points_are_those_of_the_rfc_or_of_settings),
	};

	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
