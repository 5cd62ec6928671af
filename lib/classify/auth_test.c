/* auth_test.c - authentication as evidence: its sentences, its weights, what it must not do */

#include "check.h"

#include <math.h>

#include "classify/auth.h"
#include "classify/combine.h"
#include "mailauth/zone.h"

static const char zone_text[] =
    "{ \"pass.test\": [ {\"TXT\": \"v=spf1 ip4:192.0.2.1 -all\"}, {\"A\": \"192.0.2.1\"} ],"
    "  \"fail.test\": [ {\"TXT\": \"v=spf1 -all\"} ],"
    "  \"soft.test\": [ {\"TXT\": \"v=spf1 ~all\"} ],"
    "  \"open.test\": [ {\"TXT\": \"v=spf1 ?all\"} ],"
    "  \"odd.test\": [ {\"TXT\": \"v=spf1 nonsense\"} ],"
    "  \"slow.test\": [ \"TIMEOUT\" ],"
    "  \"_dmarc.fail.test\": [ {\"TXT\": \"v=DMARC1; p=reject\"} ],"
    "  \"_dmarc.pass.test\": [ {\"TXT\": \"v=DMARC1; p=none\"} ],"
    "  \"forwarded.test\": [ {\"TXT\": \"v=spf1 -all\"} ],"
    "  \"_dmarc.forwarded.test\": [ {\"TXT\": \"v=DMARC1; p=none\"} ],"
    "  \"_dmarc.slow.test\": [ \"TIMEOUT\" ],"
    "  \"1.2.0.192.in-addr.arpa\": [ {\"PTR\": \"pass.test\"} ] }";

static struct sl_dnszone *zone;
static struct sl_arena arena;
static struct sl_verdict verdict;

static const struct sl_evidence *
evidence(const char *name)
{
	for (size_t i = 0; i < verdict.evidence_len; i++)
		if (strcmp(verdict.evidence[i].name, name) == 0)
			return &verdict.evidence[i];
	return NULL;
}

static struct sl_spf *
spf(const char *domain)
{
	struct sl_spf_input input = { .address = { 192, 0, 2, 1 }, .helo = sl_slice_str(domain) };
	struct sl_spf *result = sl_spf_new(&input);

	sl_dnszone_answer_all(zone, &sl_spf_dns, result);
	return result;
}

static struct sl_dmarc *
dmarc(const char *from, const char *proven)
{
	struct sl_author author = { .status = from != NULL ? SL_AUTHOR_ONE : SL_AUTHOR_FIELDS };
	struct sl_dmarc *result;

	if (from != NULL)
		memcpy(author.domain, from, strlen(from) + 1);
	result = sl_dmarc_new(&author, NULL);
	if (proven != NULL)
		sl_dmarc_add_spf(result, sl_slice_str(proven));
	sl_dmarc_end(result);
	sl_dnszone_answer_all(zone, &sl_dmarc_dns, result);
	return result;
}

static void
evaluate(const struct sl_auth_findings *findings)
{
	verdict = (struct sl_verdict){ .evidence_len = 0 };
	sl_auth_evidence(findings, &arena, &verdict);
	sl_combine(NULL, &verdict);
}

static const struct {
	const char	*domain, *sentence;
	bool		 failed;
	int		 sign;
} spf_rows[] = {
	{ "pass.test", "the domain pass.test says that 192.0.2.1 may send for it", false, -1 },
	{ "fail.test", "the domain fail.test says that 192.0.2.1 may not send for it", false, 1 },
	{ "soft.test", "the domain soft.test says that 192.0.2.1 should not send for it", false, 1 },
	{ "open.test", "the domain open.test leaves open whether 192.0.2.1 may send for it", false, 1 },
	{ "none.test", "the domain none.test does not say who may send for it", false, 1 },
	{ "slow.test", "who may send for the domain slow.test could not be looked up", true, 0 },
	{ "odd.test", NULL, false, 1 },
};

static void
spf_is_evidence_with_a_sentence(void **state)
{
	for (size_t i = 0; i < SL_COUNT(spf_rows); i++) {
		struct sl_spf *s = spf(spf_rows[i].domain);
		const struct sl_evidence *e;
		double odds;

		evaluate(&(struct sl_auth_findings){ .address = "192.0.2.1", .spf = s });
		e = evidence("spf");
		assert_non_null(e);
		if (spf_rows[i].sentence != NULL)
			assert_string_equal(e->sentence, spf_rows[i].sentence);
		assert_int_equal(e->state, spf_rows[i].failed ? SL_EVIDENCE_FAILED : SL_EVIDENCE_PRESENT);
		odds = e->log_odds[SL_SPAM];
		assert_int_equal((odds > 0) - (odds < 0), spf_rows[i].sign);
		assert_true(e->log_odds[SL_MALWARE] == 0);
		sl_spf_free(&s);
	}
}

static const struct {
	const char	*from, *proven, *sentence;
	bool		 failed;
	int		 sign;
} dmarc_rows[] = {
	{ "pass.test", "pass.test", "the author's domain pass.test stands behind the message", false, -1 },
	{ "pass.test", "evil.test", "the author's domain pass.test does not stand behind the message", false, 1 },
	{ "fail.test", NULL, "the author's domain fail.test does not stand behind the message, and wants such "
	    "mail to be refused", false, 1 },
	{ "none.test", NULL, "the author's domain none.test has no DMARC policy", false, 1 },
	{ "slow.test", NULL, "whether the author's domain slow.test stands behind the message could not be "
	    "looked up", true, 0 },
	{ NULL, NULL, "the author cannot be told: there are several From fields", false, 1 },
};

static void
dmarc_is_evidence_with_a_sentence(void **state)
{
	for (size_t i = 0; i < SL_COUNT(dmarc_rows); i++) {
		struct sl_dmarc *d = dmarc(dmarc_rows[i].from, dmarc_rows[i].proven);
		const struct sl_evidence *e;
		double odds;

		evaluate(&(struct sl_auth_findings){ .address = "192.0.2.1", .dmarc = d });
		e = evidence("dmarc");
		assert_non_null(e);
		assert_string_equal(e->sentence, dmarc_rows[i].sentence);
		assert_int_equal(e->state, dmarc_rows[i].failed ? SL_EVIDENCE_FAILED : SL_EVIDENCE_PRESENT);
		odds = e->log_odds[SL_PHISH];
		assert_int_equal((odds > 0) - (odds < 0), dmarc_rows[i].sign);
		sl_dmarc_free(&d);
	}
}

/* All findings for a client and a domain of this kind. */
static void
evaluate_all(const char *client, const char *helo_name, const char *domain, bool answered)
{
	const unsigned char octets[4] = { 192, 0, 2, (unsigned char)(client[0] - '0') };
	struct sl_headers headers;
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_client_address address;
	struct sl_auth_findings f = { .address = client };
	struct sl_spf *s = spf(domain), *s_helo = spf(domain);
	struct sl_dmarc *d = dmarc(domain, NULL);
	struct sl_dkim *dkim;
	struct sl_iprev *iprev;
	struct sl_helo *helo;

	sl_headers_init(&headers, 1000, 10);
	sl_headers_add(&headers, SL_SLICE_LIT("From: a@none.test"));
	dkim = sl_dkim_new(&headers, keys, 0);
	sl_dkim_body_end(dkim);
	sl_client_address_set(&address, octets, false);
	iprev = sl_iprev_new(&address);
	helo = sl_helo_new(sl_slice_str(helo_name), &address, SL_SLICE_LIT("mx.ours.test"));
	if (answered) {
		sl_dnszone_answer_all(zone, &sl_iprev_dns, iprev);
		sl_dnszone_answer_all(zone, &sl_helo_dns, helo);
	}
	sl_iprev_expire(iprev);
	sl_helo_expire(helo);
	f.spf = s;
	f.spf_helo = s_helo;
	f.dmarc = d;
	f.dkim = dkim;
	f.iprev = iprev;
	f.helo = helo;
	evaluate(&f);
	sl_spf_free(&s);
	sl_spf_free(&s_helo);
	sl_dmarc_free(&d);
	sl_dkim_free(&dkim);
	sl_iprev_free(&iprev);
	sl_helo_free(&helo);
	sl_keys_free(&keys);
	sl_headers_fini(&headers);
}

/* A small company's server without anything published is not spam for that. */
static void
what_is_not_published_alone_does_not_tag(void **state)
{
	evaluate_all("9", "localhost", "none.test", true);
	assert_int_equal(verdict.evidence_len, 5);
	assert_true(verdict.probability[SL_SPAM] > SL_PRIOR_SPAM && verdict.probability[SL_SPAM] < 0.8);
	assert_true(verdict.probability[SL_PHISH] < 0.8);
	assert_true(fabs(verdict.probability[SL_MALWARE] - SL_PRIOR_MALWARE) < 1e-9);
}

/* Forwarded: SPF fails, there was no signature, and the author's domain only wants reports. */
static void
what_forwarding_breaks_alone_does_not_tag(void **state)
{
	evaluate_all("1", "pass.test", "forwarded.test", true);
	assert_int_equal(evidence("spf")->state, SL_EVIDENCE_PRESENT);
	assert_true(evidence("spf")->log_odds[SL_SPAM] > 0.5);
	assert_true(evidence("dmarc")->log_odds[SL_SPAM] > 0.2);
	for (size_t i = 0; i < verdict.evidence_len; i++)	/* its HELO is the forwarder's own */
		if (strcmp(verdict.evidence[i].name, "spf_helo") == 0)
			verdict.evidence[i].said[SL_SPAM] = verdict.evidence[i].said[SL_PHISH] = 0;
	sl_combine(NULL, &verdict);
	assert_true(verdict.probability[SL_SPAM] < 0.8);
	assert_true(verdict.probability[SL_PHISH] < 0.8);
}

static void
what_dns_did_not_answer_says_nothing(void **state)
{
	evaluate_all("9", "slow.test", "slow.test", false);
	for (size_t i = 0; i < verdict.evidence_len; i++)
		assert_true(verdict.evidence[i].state == SL_EVIDENCE_FAILED ||
		    strcmp(verdict.evidence[i].name, "dkim") == 0);
	assert_int_equal(evidence("dmarc")->state, SL_EVIDENCE_FAILED);
	assert_int_equal(evidence("iprev")->state, SL_EVIDENCE_FAILED);
	assert_int_equal(evidence("helo")->state, SL_EVIDENCE_FAILED);
}

static void
a_server_that_bears_our_name_is_none(void **state)
{
	evaluate_all("1", "MX.ours.test", "pass.test", true);
	assert_string_equal(evidence("helo")->sentence, "the sender calls itself by our name");
	assert_true(verdict.probability[SL_SPAM] > 0.8);
	assert_string_equal(evidence("iprev")->sentence, "1 is pass.test, and that leads back to it");
}

static void
without_memory_there_is_a_sentence_still(void **state)
{
	struct sl_arena small;
	struct sl_spf *s = spf("fail.test");

	sl_arena_init(&small, 1);
	verdict = (struct sl_verdict){ .evidence_len = 0 };
	sl_auth_evidence(&(struct sl_auth_findings){ .address = "192.0.2.1", .spf = s }, &small, &verdict);
	assert_int_equal(verdict.evidence_len, 1);
	assert_string_equal(verdict.evidence[0].sentence, "no memory was left to say why");
	assert_true(verdict.evidence[0].log_odds[SL_SPAM] > 0.5);
	sl_arena_fini(&small);
	sl_spf_free(&s);
}

static int
set_up(void **state)
{
	char *error;

	sl_arena_init(&arena, 1 << 20);
	zone = sl_dnszone_parse(sl_slice_str(zone_text), &error);
	return zone == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	sl_dnszone_free(&zone);
	sl_arena_fini(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spf_is_evidence_with_a_sentence),
		cmocka_unit_test(dmarc_is_evidence_with_a_sentence),
		cmocka_unit_test(what_is_not_published_alone_does_not_tag),
		cmocka_unit_test(what_forwarding_breaks_alone_does_not_tag),
		cmocka_unit_test(what_dns_did_not_answer_says_nothing),
		cmocka_unit_test(a_server_that_bears_our_name_is_none),
		cmocka_unit_test(without_memory_there_is_a_sentence_still),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
