/* client_test.c - reverse DNS and HELO names over a zone */

#include "check.h"

#include <arpa/inet.h>

#include "mailauth/client.h"
#include "mailauth/zone.h"

static const char zone_text[] =
    "{ \"1.2.0.192.in-addr.arpa\": [ {\"PTR\": \"Mail.Example.com\"} ],"
    "  \"mail.example.com\": [ {\"A\": \"192.0.2.1\"}, {\"AAAA\": \"2001:db8::1\"} ],"
    "  \"2.2.0.192.in-addr.arpa\": [ {\"PTR\": \"liar.test\"}, {\"PTR\": \"two.example.com\"} ],"
    "  \"liar.test\": [ {\"A\": \"192.0.2.200\"} ],"
    "  \"two.example.com\": [ {\"A\": \"192.0.2.9\"}, {\"A\": \"192.0.2.2\"} ],"
    "  \"3.2.0.192.in-addr.arpa\": [ {\"PTR\": \"liar.test\"} ],"
    "  \"5.2.0.192.in-addr.arpa\": [ \"TIMEOUT\" ],"
    "  \"6.2.0.192.in-addr.arpa\": [ {\"PTR\": \"slow.test\"}, {\"PTR\": \"liar.test\"} ],"
    "  \"slow.test\": [ \"TIMEOUT\" ],"
    "  \"7.2.0.192.in-addr.arpa\": [ {\"PTR\": \"slow.test\"}, {\"PTR\": \"seven.test\"} ],"
    "  \"seven.test\": [ {\"A\": \"192.0.2.7\"} ],"
    "  \"8.2.0.192.in-addr.arpa\": [ {\"PTR\": \"n1.test\"}, {\"PTR\": \"n2.test\"}, {\"PTR\": \"n3.test\"},"
    "     {\"PTR\": \"n4.test\"}, {\"PTR\": \"n5.test\"}, {\"PTR\": \"eight.test\"} ],"
    "  \"eight.test\": [ {\"A\": \"192.0.2.8\"} ],"
    "  \"9.2.0.192.in-addr.arpa\": [ {\"PTR\": \"a..b\"} ],"
    "  \"six.test\": [ {\"AAAA\": \"2001:db8::1\"} ],"
    "  \"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa\":"
    "     [ {\"PTR\": \"mail.example.com\"} ] }";

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
	const char	*about, *address, *result, *name;
} reverse_rows[] = {
	{ "a name that leads back", "192.0.2.1", "pass", "mail.example.com" },
	{ "so for a mapped address", "::ffff:192.0.2.1", "pass", "mail.example.com" },
	{ "so for IPv6", "2001:db8::1", "pass", "mail.example.com" },
	{ "the second name, its second address", "192.0.2.2", "pass", "two.example.com" },
	{ "a name that leads elsewhere", "192.0.2.3", "fail", "liar.test" },
	{ "no name", "192.0.2.4", "permerror", "" },
	{ "nobody knows the name", "192.0.2.5", "temperror", "" },
	{ "nobody knows the name's address", "192.0.2.6", "temperror", "slow.test" },
	{ "of one name; the other is enough", "192.0.2.7", "pass", "seven.test" },
	{ "the sixth name is not looked at", "192.0.2.8", "fail", "n1.test" },
	{ "a name that is none", "192.0.2.9", "permerror", "" },
};

static void
an_address_has_the_name_that_leads_back(void **state)
{
	for (size_t i = 0; i < SL_COUNT(reverse_rows); i++) {
		struct sl_client_address a = address(reverse_rows[i].address);
		struct sl_iprev *iprev = sl_iprev_new(&a);

		assert_true(sl_dnszone_answer_all(zone, &sl_iprev_dns, iprev) <= 1 + SL_IPREV_NAMES_MAX);
		assert_true(sl_iprev_done(iprev));
		if (strcmp(sl_iprev_result_name(sl_iprev_result(iprev)), reverse_rows[i].result) != 0 ||
		    strcmp(sl_iprev_name(iprev), reverse_rows[i].name) != 0)
			fail_msg("%s: %s %s", reverse_rows[i].about,
			    sl_iprev_result_name(sl_iprev_result(iprev)), sl_iprev_name(iprev));
		sl_iprev_free(&iprev);
	}
}

static const struct {
	const char	*about, *name, *address, *result;
} helo_rows[] = {
	{ "the client's name", "MAIL.example.com", "192.0.2.1", "pass" },
	{ "with a final dot", "mail.example.com.", "192.0.2.1", "pass" },
	{ "over IPv6", "mail.example.com", "2001:db8::1", "pass" },
	{ "another's name", "mail.example.com", "192.0.2.2", "elsewhere" },
	{ "a name of the other family", "six.test", "192.0.2.1", "elsewhere" },
	{ "no such name", "gone.test", "192.0.2.1", "unknown" },
	{ "nobody knows", "slow.test", "192.0.2.1", "temperror" },
	{ "its address in brackets", "[192.0.2.1]", "192.0.2.1", "literal" },
	{ "so for IPv6", "[IPv6:2001:DB8:0::1]", "2001:db8::1", "literal" },
	{ "another address in brackets", "[192.0.2.2]", "192.0.2.1", "foreign-literal" },
	{ "anything in brackets", "[mail]", "192.0.2.1", "foreign-literal" },
	{ "a bare address", "192.0.2.1", "192.0.2.1", "bare" },
	{ "a word", "localhost", "192.0.2.1", "bare" },
	{ "no domain", "a..b", "192.0.2.1", "bare" },
	{ "our name", "mx.OURS.example", "192.0.2.1", "ours" },
};

static void
a_helo_name_is_looked_up_and_compared(void **state)
{
	for (size_t i = 0; i < SL_COUNT(helo_rows); i++) {
		struct sl_client_address a = address(helo_rows[i].address);
		struct sl_helo *helo = sl_helo_new(sl_slice_str(helo_rows[i].name), &a,
		    SL_SLICE_LIT("mx.ours.example"));

		assert_true(sl_dnszone_answer_all(zone, &sl_helo_dns, helo) <= 1);
		assert_true(sl_helo_done(helo));
		if (strcmp(sl_helo_result_name(sl_helo_result(helo)), helo_rows[i].result) != 0)
			fail_msg("%s: %s", helo_rows[i].about, sl_helo_result_name(sl_helo_result(helo)));
		sl_helo_free(&helo);
	}
}

static void
what_is_late_is_not_known(void **state)
{
	struct sl_client_address a = address("192.0.2.2");
	struct sl_iprev *iprev = sl_iprev_new(&a);
	struct sl_helo *helo = sl_helo_new(SL_SLICE_LIT("mail.example.com"), &a, SL_SLICE_LIT("us.example"));
	struct sl_dns_question question;
	struct sl_dns_answer answer;

	assert_true(sl_iprev_dns.ask(iprev, &question));
	assert_false(sl_iprev_dns.ask(iprev, &question));	/* the names come first */
	sl_dnszone_lookup(zone, &question, &answer);
	sl_iprev_dns.answer(iprev, question.id, &answer);
	assert_true(sl_iprev_dns.ask(iprev, &question));
	assert_true(sl_iprev_dns.ask(iprev, &question));	/* both names at once */
	sl_iprev_expire(iprev);
	assert_int_equal(sl_iprev_result(iprev), SL_IPREV_TEMPERROR);
	assert_true(sl_helo_dns.ask(helo, &question));
	sl_helo_expire(helo);
	assert_int_equal(sl_helo_result(helo), SL_HELO_TEMPERROR);
	sl_iprev_free(&iprev);
	sl_helo_free(&helo);
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
		cmocka_unit_test(an_address_has_the_name_that_leads_back),
		cmocka_unit_test(a_helo_name_is_looked_up_and_compared),
		cmocka_unit_test(what_is_late_is_not_known),
	};

	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
