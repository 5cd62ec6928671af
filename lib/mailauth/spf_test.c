/* spf_test.c - what a record says of an address, and what a hostile one may cost */

#include "check.h"

#include "mailauth/spf.h"
#include "mailauth/zone.h"
#include "sl/buf.h"

#include <arpa/inet.h>
#include <stdlib.h>

static const char zone_text[] =
    "{ \"example.com\": [ {\"A\": \"192.0.2.1\"}, {\"MX\": [10, \"mx.example.com\"]} ],"
    "  \"mx.example.com\": [ {\"A\": \"192.0.2.25\"}, {\"AAAA\": \"2001:db8::25\"} ],"
    "  \"25.2.0.192.in-addr.arpa\": [ {\"PTR\": \"liar.test\"}, {\"PTR\": \"mx.example.com\"} ],"
    "  \"liar.test\": [ {\"A\": \"203.0.113.9\"} ],"
    "  \"loop.test\": [ {\"TXT\": \"v=spf1 include:loop.test -all\"} ],"
    "  \"round.test\": [ {\"TXT\": \"v=spf1 redirect=round.test\"} ],"
    "  \"pass.test\": [ {\"TXT\": \"v=spf1 +all\"} ],"
    "  \"fail.test\": [ {\"TXT\": \"v=spf1 -all exp=why.fail.test\"} ],"
    "  \"why.fail.test\": [ {\"TXT\": \"%{i} is not one of %{d}; ask %{r} at %{t}%_about %{p}\"} ],"
    "  \"odd.test\": [ {\"TXT\": \"v=spf1 -all exp=odd.why.test\"} ],"
    "  \"odd.why.test\": [ {\"TXT\": \"caf\\u00e9\"} ],"
    "  \"slow.test\": [ \"TIMEOUT\" ],"
    "  \"five.test\": [ {\"TXT\": \"v=spf1 a:n1.test a:n2.test -all\"} ],"
    "  \"two.test\": [ {\"TXT\": \"v=spf1 -all\"}, {\"TXT\": \"V=SPF1 +all\"} ],"
    "  \"xn--caf-dma.test\": [ {\"TXT\": \"v=spf1 +all\"} ],"
    "  \"half.test\": [ {\"TXT\": \"v=spf10 +all\"}, {\"TXT\": \"v=spf1 ~all\"} ] }";

/* `record` is published as the TXT of t.example.com, from where the mail claims to be. */
static const struct {
	const char		*about;
	const char		*record;
	const char		*ip;
	enum sl_spf_result	 result;
} rows[] = {
	{ "a matches the name's address", "v=spf1 a:example.com -all", "192.0.2.1", SL_SPF_PASS },
	{ "a prefix widens it", "v=spf1 a:example.com/25 -all", "192.0.2.120", SL_SPF_PASS },
	{ "up to its last address", "v=spf1 a:example.com/25 -all", "192.0.2.128", SL_SPF_FAIL },
	{ "a prefix of no bits matches all", "v=spf1 a:example.com/0 -all", "203.0.113.1", SL_SPF_PASS },
	{ "mx matches an exchanger", "v=spf1 mx:example.com -all", "192.0.2.25", SL_SPF_PASS },
	{ "by IPv6 too", "v=spf1 mx:example.com -all", "2001:db8::25", SL_SPF_PASS },
	{ "with prefixes for both", "v=spf1 mx:example.com/32//120 -all", "2001:db8::ff", SL_SPF_PASS },
	{ "a mapped address is IPv4", "v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.7", SL_SPF_PASS },
	{ "ip4 does not match IPv6", "v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1", SL_SPF_FAIL },
	{ "ip6 matches its network", "v=spf1 ip6:2001:db8::/33 -all", "2001:db8:7fff::1", SL_SPF_PASS },
	{ "and not the next", "v=spf1 ip6:2001:db8::/33 -all", "2001:db8:8000::1", SL_SPF_FAIL },
	{ "ptr believes what is confirmed", "v=spf1 ptr:example.com -all", "192.0.2.25", SL_SPF_PASS },
	{ "and not what is claimed", "v=spf1 ptr:liar.test -all", "192.0.2.25", SL_SPF_FAIL },
	{ "exists asks for A", "v=spf1 exists:mx.%{o2} -all", "2001:db8::1", SL_SPF_PASS },
	{ "an include's fail is no match", "v=spf1 include:fail.test ?all", "192.0.2.1", SL_SPF_NEUTRAL },
	{ "an include's pass is", "v=spf1 ~include:pass.test -all", "192.0.2.1", SL_SPF_SOFTFAIL },
	{ "an include of nothing is wrong", "v=spf1 include:mx.example.com ~all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "redirect is the other's answer", "v=spf1 redirect=fail.test", "192.0.2.1", SL_SPF_FAIL },
	{ "and only if nothing matched", "v=spf1 redirect=fail.test ?all", "192.0.2.1", SL_SPF_NEUTRAL },
	{ "a redirect to nothing is wrong", "v=spf1 redirect=mx.example.com", "192.0.2.1", SL_SPF_PERMERROR },
	{ "without a match it is neutral", "v=spf1 ip4:192.0.2.9", "192.0.2.1", SL_SPF_NEUTRAL },
	{ "an unknown modifier is ignored", "v=spf1 moo=%{s}. +all", "192.0.2.1", SL_SPF_PASS },
	{ "also one called as a mechanism is", "v=spf1 a=%{h} all=-all +all", "192.0.2.1", SL_SPF_PASS },
	{ "but not by what comes before =", "v=spf1 a:example.com= -all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "a transformer has no case", "v=spf1 exists:mx.%{O2R}.%{D2R} exists:MX.%{D2} -all", "2001:db8::1", SL_SPF_PASS },
	{ "unless its macros are wrong", "v=spf1 moo=%{z} +all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "an unknown mechanism is wrong", "v=spf1 moo +all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "an error behind a match counts", "v=spf1 +all moo", "192.0.2.1", SL_SPF_PERMERROR },
	{ "a qualified modifier is wrong", "v=spf1 -redirect=pass.test", "192.0.2.1", SL_SPF_PERMERROR },
	{ "a tab is no separator", "v=spf1 +all\\t", "192.0.2.1", SL_SPF_PERMERROR },
	{ "a macro of no parts is wrong", "v=spf1 a:%{d0}.test -all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "two redirects are wrong", "v=spf1 redirect=pass.test redirect=pass.test", "192.0.2.1", SL_SPF_PERMERROR },
	{ "a leading zero is wrong", "v=spf1 a/024 -all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "33 bits are too many", "v=spf1 a/33 -all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "and so are 129", "v=spf1 a//129 -all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "an include that times out", "v=spf1 include:slow.test -all", "192.0.2.1", SL_SPF_TEMPERROR },
	{ "an include of itself ends", "v=spf1 include:loop.test -all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "and so does a redirect", "v=spf1 redirect=round.test", "192.0.2.1", SL_SPF_PERMERROR },
	{ "two voids are allowed", "v=spf1 a:n1.test a:n2.test +all", "192.0.2.1", SL_SPF_PASS },
	{ "three are not", "v=spf1 a:n1.test a:n2.test a:n3.test +all", "192.0.2.1", SL_SPF_PERMERROR },
	{ "10 terms are allowed", "v=spf1 a:example.com a:example.com a:example.com a:example.com "
	    "a:example.com a:example.com a:example.com a:example.com a:example.com a:example.com ~all",
	    "203.0.113.1", SL_SPF_SOFTFAIL },
	{ "11 are not", "v=spf1 a:example.com a:example.com a:example.com a:example.com a:example.com "
	    "a:example.com a:example.com a:example.com a:example.com a:example.com a:example.com ~all",
	    "203.0.113.1", SL_SPF_PERMERROR },
};

static struct sl_dnszone *
zone_with(const char *record)
{
	char *error, *text = sl_xasprintf("{ \"t.example.com\": [ {\"TXT\": \"%s\"} ],%s", record,
	    zone_text + 1);
	struct sl_dnszone *zone = sl_dnszone_parse(sl_slice_str(text), &error);

	if (zone == NULL)
		fail_msg("%s", error);
	sl_free(text);
	return zone;
}

static struct sl_spf *
start(const char *ip, const char *helo, const char *sender)
{
	struct sl_spf_input input = {
		.is_ipv6 = strchr(ip, ':') != NULL,
		.helo = sl_slice_str(helo),
		.sender = sl_slice_str(sender),
		.receiver = SL_SLICE_LIT("mx.receiver.test"),
		.now_s = 1700000000,
	};

	assert_int_equal(inet_pton(input.is_ipv6 ? AF_INET6 : AF_INET, ip, input.address), 1);
	return sl_spf_new(&input);
}

static void
a_record_decides(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_dnszone *zone = zone_with(rows[i].record);
		struct sl_spf *spf = start(rows[i].ip, "helo.test", "user@t.example.com");

		sl_dnszone_answer_all(zone, &sl_spf_dns, spf);
		if (sl_spf_result(spf) != rows[i].result)
			fail_msg("%s: %s (%s)", rows[i].about, sl_spf_result_name(sl_spf_result(spf)),
			    sl_spf_reason(spf));
		assert_true(strlen(sl_spf_reason(spf)) > 0);
		sl_spf_free(&spf);
		sl_dnszone_free(&zone);
	}
}

static const struct {
	const char		*about;
	const char		*helo;
	const char		*sender;
	enum sl_spf_result	 result;
	const char		*domain;
	const char		*explanation;
} senders[] = {
	{ "the sender's domain is checked", "helo.test", "a@PASS.test", SL_SPF_PASS, "pass.test", "" },
	{ "its last @ counts", "helo.test", "\"a@fail.test\"@pass.test", SL_SPF_PASS, "pass.test", "" },
	{ "a null sender is the HELO name", "fail.test", "", SL_SPF_FAIL, "fail.test",
	    "192.0.2.25 is not one of fail.test; ask mx.receiver.test at 1700000000 about mx.example.com" },
	{ "an explanation that is not ASCII is none", "x", "a@odd.test", SL_SPF_FAIL, "odd.test", "" },
	{ "one label is no domain", "helo.test", "a@localhost", SL_SPF_NONE, "", "" },
	{ "nor is a literal", "[192.0.2.25]", "", SL_SPF_NONE, "", "" },
	{ "UTF-8 is sought by its A-labels", "helo.test", "a@caf\xc3\xa9.test", SL_SPF_PASS, "xn--caf-dma.test", "" },
	{ "what is not UTF-8 is no domain", "helo.test", "a@caf\xe9.test", SL_SPF_NONE, "", "" },
	{ "nor is nothing", "", "", SL_SPF_NONE, "", "" },
	{ "a final dot changes nothing", "helo.test", "a@pass.test.", SL_SPF_PASS, "pass.test", "" },
	{ "no such domain", "helo.test", "a@nowhere.test", SL_SPF_NONE, "nowhere.test", "" },
	{ "a domain that times out", "helo.test", "a@slow.test", SL_SPF_TEMPERROR, "slow.test", "" },
	{ "two records", "helo.test", "a@two.test", SL_SPF_PERMERROR, "two.test", "" },
	{ "a record of another version is none", "helo.test", "a@half.test", SL_SPF_SOFTFAIL, "half.test", "" },
};

static void
a_sender_names_the_domain(void **state)
{
	struct sl_dnszone *zone = zone_with("v=spf1 -all");

	for (size_t i = 0; i < SL_COUNT(senders); i++) {
		struct sl_spf *spf = start("192.0.2.25", senders[i].helo, senders[i].sender);

		sl_dnszone_answer_all(zone, &sl_spf_dns, spf);
		if (sl_spf_result(spf) != senders[i].result)
			fail_msg("%s: %s", senders[i].about, sl_spf_result_name(sl_spf_result(spf)));
		assert_string_equal(sl_spf_domain(spf), senders[i].domain);
		assert_string_equal(sl_spf_explanation(spf), senders[i].explanation);
		sl_spf_free(&spf);
	}
	sl_dnszone_free(&zone);
}

static void
time_that_is_up_gives_temperror(void **state)
{
	struct sl_spf *spf = start("192.0.2.1", "helo.test", "a@pass.test");
	struct sl_dns_question question;

	assert_true(sl_spf_dns.ask(spf, &question));
	assert_false(sl_spf_dns.ask(spf, &question));	/* each is given once */
	sl_spf_expire(spf);
	assert_int_equal(sl_spf_result(spf), SL_SPF_TEMPERROR);
	assert_false(sl_spf_dns.ask(spf, &question));
	sl_spf_free(&spf);
}

static void
a_late_explanation_does_not_undo_a_fail(void **state)
{
	static const struct sl_dns_record record = { SL_SLICE_LIT("v=spf1 -all exp=why.test.example"), 0 };
	const struct sl_dns_answer answer = { SL_DNS_FOUND, &record, 1 };
	struct sl_spf *spf = start("192.0.2.1", "helo.test", "a@pass.test");
	struct sl_dns_question question;

	assert_true(sl_spf_dns.ask(spf, &question));
	sl_spf_dns.answer(spf, question.id, &answer);
	assert_false(sl_spf_done(spf));
	sl_spf_expire(spf);
	assert_int_equal(sl_spf_result(spf), SL_SPF_FAIL);
	sl_spf_free(&spf);
}

/* A resolver that lies: every name has `count` records of whatever is asked for. */
static unsigned
answer_always(struct sl_spf *spf, struct sl_slice data, size_t count, struct sl_slice txt)
{
	struct sl_dns_record *records = sl_xzalloc(sizeof(*records) * count);
	struct sl_dns_question question;
	unsigned n = 0;

	while (sl_spf_dns.ask(spf, &question)) {
		struct sl_dns_answer answer = { SL_DNS_FOUND, records, count };

		for (size_t i = 0; i < count; i++)
			records[i].data = data;
		if (question.type == SL_DNS_TXT) {
			records[0].data = txt;
			answer.count = 1;
		}
		assert_true(sl_dns_name_ok(sl_slice_str(question.name)));
		sl_spf_dns.answer(spf, question.id, &answer);
		n++;
	}
	sl_free(records);
	return n;
}

static const struct {
	const char		*about;
	const char		*head, *repeat, *tail;	/* the record: repeat fills it */
	const char		*data;			/* of every other answer */
	size_t			 count;
	enum sl_spf_result	 result;
	unsigned		 questions_max;
} hostile[] = {
	{ "includes all the way down", "v=spf1", " include:%{s}.a.test", "", "x", 1, SL_SPF_PERMERROR, 11 },
	{ "macros that blow up", "v=spf1 a:", "%{s}%{h}%{S}", ".a.test -all", "abcd", 1, SL_SPF_FAIL, 2 },
	{ "a delimiter in every place", "v=spf1 a:", "%{ir.-+,/_=}%{s9r.-+,/_=}", ".a.test -all", "abcd", 1,
	    SL_SPF_FAIL, 2 },
	{ "a thousand mail exchangers", "v=spf1 mx", " ?all", "", "mx.test", 1000, SL_SPF_PERMERROR, 2 },
	{ "ten exchangers ten times", "v=spf1 mx mx mx mx mx mx mx mx mx mx -all", " ?all", "", "mx.test", 10,
	    SL_SPF_FAIL, 111 },
	{ "a thousand names of an address", "v=spf1 ptr -all", " ?all", "", "name.test", 1000, SL_SPF_FAIL, 12 },
	{ "a long list of networks", "v=spf1", " ip4:198.51.100.1", " -all", "x", 1, SL_SPF_FAIL, 1 },
	{ "a name of nothing but dots", "v=spf1 a:", ".", "test -all", "abcd", 1, SL_SPF_FAIL, 1 },
};

static void
hostile_records_cost_little(void **state)
{
	for (size_t i = 0; i < SL_COUNT(hostile); i++) {
		struct sl_spf *spf = start("192.0.2.1", "helo.test", "somebody-with-a.long+name@evil.test");
		struct sl_buf txt;
		unsigned n;

		sl_buf_init(&txt, 8192);
		sl_buf_add_str(&txt, hostile[i].head);
		while (txt.len + strlen(hostile[i].repeat) + strlen(hostile[i].tail) < SL_SPF_RECORD_MAX)
			sl_buf_add_str(&txt, hostile[i].repeat);
		sl_buf_add_str(&txt, hostile[i].tail);
		n = answer_always(spf, sl_slice_str(hostile[i].data), hostile[i].count, sl_buf_slice(&txt));
		if (sl_spf_result(spf) != hostile[i].result || n > hostile[i].questions_max)
			fail_msg("%s: %s (%s) after %u questions", hostile[i].about,
			    sl_spf_result_name(sl_spf_result(spf)), sl_spf_reason(spf), n);
		sl_buf_fini(&txt);
		sl_spf_free(&spf);
	}
}

static void
a_record_may_be_as_long_as_the_limit(void **state)
{
	for (int over = 0; over <= 1; over++) {
		struct sl_spf *spf = start("192.0.2.1", "helo.test", "a@long.test");
		struct sl_buf txt;

		sl_buf_init(&txt, 8192);
		sl_buf_add_str(&txt, "v=spf1 +all");
		while (txt.len < 6 + SL_SPF_RECORD_MAX + (size_t)over)
			sl_buf_add_str(&txt, " ");
		answer_always(spf, SL_SLICE_LIT("x"), 1, sl_buf_slice(&txt));
		assert_int_equal(sl_spf_result(spf), over ? SL_SPF_PERMERROR : SL_SPF_PASS);
		sl_buf_fini(&txt);
		sl_spf_free(&spf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_decides),
		cmocka_unit_test(a_sender_names_the_domain),
		cmocka_unit_test(time_that_is_up_gives_temperror),
		cmocka_unit_test(a_late_explanation_does_not_undo_a_fail),
		cmocka_unit_test(hostile_records_cost_little),
		cmocka_unit_test(a_record_may_be_as_long_as_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
