/* dmarc_test.c - policies, alignment, and organisational domains */

#include "check.h"

#include "domain/suffix.h"
#include "mailauth/dmarc.h"
#include "mailauth/zone.h"

static const char zone_text[] =
    "{ \"_dmarc.example.com\": [ {\"TXT\": \"v=DMARC1; p=reject; sp=quarantine; np=none; rua=mailto:a@example.com\"} ],"
    "  \"here.example.com\": [ {\"MX\": [10, \"mx.example.com\"]} ],"
    "  \"_dmarc.own.example.com\": [ {\"TXT\": \"v=DMARC1; p=quarantine\"} ],"
    "  \"_dmarc.strict.test\": [ {\"TXT\": \"v=DMARC1;p=reject;adkim=s;aspf=s\"} ],"
    "  \"_dmarc.trial.test\": [ {\"TXT\": \"v=DMARC1;p=reject;t=y\"} ],"
    "  \"_dmarc.quiet.test\": [ {\"TXT\": \"v=DMARC1; rua=mailto:r@quiet.test\"} ],"
    "  \"_dmarc.mute.test\": [ {\"TXT\": \"v=DMARC1\"} ],"
    "  \"_dmarc.odd.test\": [ {\"TXT\": \"v=DMARC1; p=refuse\"} ],"
    "  \"_dmarc.twice.test\": [ {\"TXT\": \"v=DMARC1; p=reject\"}, {\"TXT\": \"v=DMARC1; p=none\"} ],"
    "  \"_dmarc.among.test\": [ {\"TXT\": \"v=spf1 -all\"}, {\"TXT\": \"v=DMARC1; p=reject\"} ],"
    "  \"_dmarc.slow.test\": [ \"TIMEOUT\" ],"
    "  \"_dmarc.bank\": [ {\"TXT\": \"v=DMARC1; p=reject; psd=y\"} ],"
    "  \"_dmarc.big.bank\": [ {\"TXT\": \"v=DMARC1; p=quarantine\"} ],"
    "  \"_dmarc.part.whole.test\": [ {\"TXT\": \"v=DMARC1; p=reject; psd=n\"} ],"
    "  \"_dmarc.whole.test\": [ {\"TXT\": \"v=DMARC1; p=none\"} ],"
    "  \"_dmarc.h.i.j.k.l.deep.test\": [ {\"TXT\": \"v=DMARC1; p=reject\"} ],"
    "  \"_dmarc.g.h.i.j.k.l.deep.test\": [ {\"TXT\": \"v=DMARC1; p=quarantine; psd=n\"} ] }";

#define Q SL_DMARC_POLICY_QUARANTINE
#define R SL_DMARC_POLICY_REJECT
#define N SL_DMARC_POLICY_NONE
#define U SL_DMARC_POLICY_UNSET

static const struct {
	const char		*about;
	const char		*from, *dkim, *spf;
	enum sl_dmarc_result	 result;
	enum sl_dmarc_policy	 policy, disposition;
	const char		*domain;
} rows[] = {
	{ "the author's own signature", "example.com", "example.com", NULL, SL_DMARC_PASS, R, N, "example.com" },
	{ "or SPF", "example.com", NULL, "example.com", SL_DMARC_PASS, R, N, "example.com" },
	{ "neither", "example.com", NULL, NULL, SL_DMARC_FAIL, R, R, "example.com" },
	{ "another's", "example.com", "evil.test", "notexample.com", SL_DMARC_FAIL, R, R, "example.com" },
	{ "one below is aligned", "example.com", "mail.example.com", NULL, SL_DMARC_PASS, R, N, "example.com" },
	{ "one above is", "here.example.com", NULL, "example.com", SL_DMARC_PASS, Q, N, "example.com" },
	{ "one beside is", "here.example.com", "mail.example.com", NULL, SL_DMARC_PASS, Q, N, "example.com" },
	{ "a shared ending is not", "example.com", "com", NULL, SL_DMARC_FAIL, R, R, "example.com" },
	{ "a name that exists: sp", "here.example.com", NULL, NULL, SL_DMARC_FAIL, Q, Q, "example.com" },
	{ "a name that does not: np", "gone.example.com", NULL, NULL, SL_DMARC_FAIL, N, N, "example.com" },
	{ "a record of its own: p", "own.example.com", NULL, NULL, SL_DMARC_FAIL, Q, Q, "own.example.com" },
	{ "strict wants the very name", "strict.test", "a.strict.test", "b.strict.test", SL_DMARC_FAIL, R, R,
	    "strict.test" },
	{ "and takes it", "strict.test", "strict.test", NULL, SL_DMARC_PASS, R, N, "strict.test" },
	{ "case is ignored", "strict.test", "Strict.TEST", NULL, SL_DMARC_PASS, R, N, "strict.test" },
	{ "a trial is milder", "trial.test", NULL, NULL, SL_DMARC_FAIL, Q, Q, "trial.test" },
	{ "reports only", "quiet.test", NULL, NULL, SL_DMARC_FAIL, N, N, "quiet.test" },
	{ "no policy and no reports", "mute.test", "mute.test", NULL, SL_DMARC_NONE, U, N, "mute.test" },
	{ "a policy nobody knows", "odd.test", "odd.test", NULL, SL_DMARC_NONE, U, N, "odd.test" },
	{ "two records are none", "twice.test", "twice.test", NULL, SL_DMARC_NONE, U, N, "" },
	{ "other records do not count", "among.test", NULL, NULL, SL_DMARC_FAIL, R, R, "among.test" },
	{ "no record", "nothing.test", "nothing.test", NULL, SL_DMARC_NONE, U, N, "" },
	{ "nobody knows", "slow.test", "slow.test", NULL, SL_DMARC_TEMPERROR, U, N, "" },
	{ "nor of its parent", "a.slow.test", "slow.test", NULL, SL_DMARC_TEMPERROR, U, N, "" },
	{ "customers of a suffix are strangers", "big.bank", "small.bank", "bank", SL_DMARC_FAIL, Q, Q, "big.bank" },
	{ "the suffix speaks for the silent", "small.bank", NULL, NULL, SL_DMARC_FAIL, R, R, "bank" },
	{ "who may still be aligned", "a.small.bank", "b.small.bank", NULL, SL_DMARC_PASS, R, N, "bank" },
	{ "the suffix is an author too", "bank", "bank", NULL, SL_DMARC_PASS, R, N, "bank" },
	{ "but not its customers' kin", "bank", "small.bank", NULL, SL_DMARC_FAIL, R, R, "bank" },
	{ "psd=n cuts a part off", "a.part.whole.test", "whole.test", NULL, SL_DMARC_FAIL, R, R, "part.whole.test" },
	{ "which is whole in itself", "a.part.whole.test", "b.part.whole.test", NULL, SL_DMARC_PASS, R, N,
	    "part.whole.test" },
	{ "a part is not the whole", "whole.test", "part.whole.test", NULL, SL_DMARC_FAIL, N, N, "whole.test" },
	{ "a long name is cut to seven labels", "a.b.c.d.e.f.h.i.j.k.l.deep.test", NULL, NULL, SL_DMARC_FAIL, R, R,
	    "h.i.j.k.l.deep.test" },
	{ "so the eighth is not seen", "a.b.c.d.e.g.h.i.j.k.l.deep.test", NULL, NULL, SL_DMARC_FAIL, R, R,
	    "h.i.j.k.l.deep.test" },
};

static struct sl_dnszone *
zone_make(void)
{
	char *error;
	struct sl_dnszone *zone = sl_dnszone_parse(sl_slice_str(zone_text), &error);

	if (zone == NULL)
		fail_msg("%s", error);
	return zone;
}

static struct sl_dmarc *
start(const char *from, const struct sl_dmarc_settings *settings)
{
	struct sl_author author = { .status = SL_AUTHOR_ONE, .mailboxes = 1 };

	memcpy(author.domain, from, strlen(from) + 1);
	return sl_dmarc_new(&author, settings);
}

/* Answers before the identities, and after. */
static void
a_policy_is_found_and_applied(void **state)
{
	struct sl_dnszone *zone = zone_make();

	for (size_t i = 0; i < 2 * SL_COUNT(rows); i++) {
		struct sl_dmarc *dmarc = start(rows[i / 2].from, NULL);
		const struct sl_dmarc_verdict *v;

		if (i % 2)
			sl_dnszone_answer_all(zone, &sl_dmarc_dns, dmarc);
		if (rows[i / 2].dkim != NULL)
			sl_dmarc_add_dkim(dmarc, sl_slice_str(rows[i / 2].dkim));
		if (rows[i / 2].spf != NULL)
			sl_dmarc_add_spf(dmarc, sl_slice_str(rows[i / 2].spf));
		sl_dmarc_end(dmarc);
		assert_true(sl_dnszone_answer_all(zone, &sl_dmarc_dns, dmarc) <= 3 * SL_DMARC_WALK_MAX + 3);
		assert_true(sl_dmarc_done(dmarc));
		v = sl_dmarc_verdict(dmarc);
		if (v->result != rows[i / 2].result || v->policy != rows[i / 2].policy ||
		    v->disposition != rows[i / 2].disposition || strcmp(v->domain, rows[i / 2].domain) != 0)
			fail_msg("%s: %s, policy %s of %s, disposition %s (%s)", rows[i / 2].about,
			    sl_dmarc_result_name(v->result), sl_dmarc_policy_name(v->policy), v->domain,
			    sl_dmarc_policy_name(v->disposition), v->reason);
		sl_dmarc_free(&dmarc);
	}
	sl_dnszone_free(&zone);
}

static void
the_walk_asks_eight_names_in_order(void **state)
{
	static const char *const want[] = { "_dmarc.a.b.c.d.e.f.g.h.i.j.k.example.com",
		"_dmarc.g.h.i.j.k.example.com", "_dmarc.h.i.j.k.example.com", "_dmarc.i.j.k.example.com",
		"_dmarc.j.k.example.com", "_dmarc.k.example.com", "_dmarc.example.com", "_dmarc.com" };
	struct sl_dmarc *dmarc = start("a.b.c.d.e.f.g.h.i.j.k.example.com", NULL);
	struct sl_dns_question question;

	for (size_t i = 0; i < SL_COUNT(want); i++) {
		assert_true(sl_dmarc_dns.ask(dmarc, &question));
		assert_string_equal(question.name, want[i]);
	}
	assert_false(sl_dmarc_dns.ask(dmarc, &question));
	sl_dmarc_end(dmarc);
	sl_dmarc_expire(dmarc);
	assert_int_equal(sl_dmarc_verdict(dmarc)->result, SL_DMARC_TEMPERROR);
	sl_dmarc_free(&dmarc);
}

/* What time-out of an identity's walk leaves unknown is not a fail. */
static void
an_unknown_organisation_is_a_temperror(void **state)
{
	struct sl_dnszone *zone = zone_make();
	struct sl_dmarc *dmarc = start("example.com", NULL);

	sl_dnszone_answer_all(zone, &sl_dmarc_dns, dmarc);
	sl_dmarc_add_dkim(dmarc, SL_SLICE_LIT("mail.example.com"));
	sl_dmarc_end(dmarc);
	assert_false(sl_dmarc_done(dmarc));
	sl_dmarc_expire(dmarc);
	assert_int_equal(sl_dmarc_verdict(dmarc)->result, SL_DMARC_TEMPERROR);
	sl_dmarc_free(&dmarc);
	sl_dnszone_free(&zone);
}

static const struct {
	const char		*about, *dkim, *unsure;
	bool			 is_spf;
	enum sl_dmarc_result	 result;
} unsure_rows[] = {
	{ "SPF of the author's domain", NULL, "example.com", true, SL_DMARC_TEMPERROR },
	{ "a signature of one below", NULL, "mail.example.com", false, SL_DMARC_TEMPERROR },
	{ "of a stranger", NULL, "evil.test", true, SL_DMARC_FAIL },
	{ "beside a pass", "example.com", "example.com", true, SL_DMARC_PASS },
	{ "beside a stranger's pass", "evil.test", "example.com", false, SL_DMARC_TEMPERROR },
};

/* What might have been proven had DNS answered: only the author's own counts, or a forger could
 * name a broken domain of his and never fail. */
static void
what_dns_kept_back_is_a_temperror_and_no_fail(void **state)
{
	struct sl_dnszone *zone = zone_make();

	for (size_t i = 0; i < SL_COUNT(unsure_rows); i++) {
		struct sl_dmarc *dmarc = start("example.com", NULL);
		const struct sl_dmarc_verdict *v;

		if (unsure_rows[i].dkim != NULL)
			sl_dmarc_add_dkim(dmarc, sl_slice_str(unsure_rows[i].dkim));
		sl_dmarc_add_unsure(dmarc, sl_slice_str(unsure_rows[i].unsure), unsure_rows[i].is_spf);
		sl_dmarc_end(dmarc);
		sl_dnszone_answer_all(zone, &sl_dmarc_dns, dmarc);
		v = sl_dmarc_verdict(dmarc);
		if (v->result != unsure_rows[i].result || v->aligned_spf)
			fail_msg("%s: %s", unsure_rows[i].about, sl_dmarc_result_name(v->result));
		sl_dmarc_free(&dmarc);
	}
	sl_dnszone_free(&zone);
}

static struct sl_slice
two_labels(void *ctx, struct sl_slice domain)
{
	return sl_dns_name_tail(domain, 2);
}

static void
a_list_of_suffixes_replaces_the_walk(void **state)
{
	const struct sl_dmarc_settings settings = { two_labels, NULL };
	struct sl_dnszone *zone = zone_make();
	struct sl_dmarc *dmarc = start("a.part.whole.test", &settings);

	sl_dmarc_add_dkim(dmarc, SL_SLICE_LIT("b.whole.test"));
	sl_dmarc_end(dmarc);
	assert_int_equal(sl_dnszone_answer_all(zone, &sl_dmarc_dns, dmarc), 2);
	assert_int_equal(sl_dmarc_verdict(dmarc)->result, SL_DMARC_PASS);
	assert_string_equal(sl_dmarc_verdict(dmarc)->domain, "whole.test");
	sl_dmarc_free(&dmarc);
	sl_dnszone_free(&zone);
}

static void
the_list_of_public_suffixes_can_be_that_list(void **state)
{
	struct sl_suffix *suffix = sl_suffix_read(SL_SLICE_LIT("test\npart.whole.test\n"));
	const struct sl_dmarc_settings settings = { sl_suffix_organisation, suffix };
	struct sl_dnszone *zone = zone_make();
	struct sl_dmarc *dmarc = start("a.whole.test", &settings);

	assert_non_null(suffix);
	sl_dmarc_add_dkim(dmarc, SL_SLICE_LIT("a.part.whole.test"));
	sl_dmarc_add_dkim(dmarc, SL_SLICE_LIT("b.whole.test"));
	sl_dmarc_end(dmarc);
	sl_dnszone_answer_all(zone, &sl_dmarc_dns, dmarc);
	assert_int_equal(sl_dmarc_verdict(dmarc)->result, SL_DMARC_PASS);
	assert_string_equal(sl_dmarc_verdict(dmarc)->domain, "whole.test");
	sl_dmarc_free(&dmarc);
	sl_dnszone_free(&zone);
	sl_suffix_free(&suffix);
}

static void
no_author_or_several_are_to_be_refused(void **state)
{
	for (int status = SL_AUTHOR_ABSENT; status <= SL_AUTHOR_UNREADABLE; status++) {
		struct sl_author author = { .status = (enum sl_author_status)status };
		struct sl_dmarc *dmarc = sl_dmarc_new(&author, NULL);
		struct sl_dns_question question;

		sl_dmarc_end(dmarc);
		assert_false(sl_dmarc_dns.ask(dmarc, &question));
		assert_int_equal(sl_dmarc_verdict(dmarc)->result, SL_DMARC_PERMERROR);
		assert_int_equal(sl_dmarc_verdict(dmarc)->disposition, R);
		sl_dmarc_free(&dmarc);
	}
}

static const struct {
	const char		*text;
	bool			 ok;
	enum sl_dmarc_policy	 p;
	bool			 broken;
} texts[] = {
	{ "v=DMARC1;p=reject", true, R, false },
	{ " v\t=\tDMARC1 ; P = Reject ;", true, R, false },
	{ "v=DMARC1; =; x; p=none; p=reject", true, N, false },
	{ "v=DMARC1;;;p=none", true, N, false },
	{ "v=DMARC1", true, U, true },
	{ "v=DMARC1; p=", true, U, true },
	{ "v=DMARC1; p=none; sp=all", true, N, true },
	{ "V=DMARC1; p=none", true, N, false },
	{ "v=dmarc1; p=none", false, U, false },
	{ "v=DMARC1x; p=none", false, U, false },
	{ "p=none; v=DMARC1", false, U, false },
	{ "", false, U, false },
};

static void
a_record_is_read_leniently_behind_its_version(void **state)
{
	struct sl_dmarc_record r;

	for (size_t i = 0; i < SL_COUNT(texts); i++) {
		bool ok = sl_dmarc_record_parse(sl_slice_str(texts[i].text), &r);

		if (ok != texts[i].ok || (ok && (r.p != texts[i].p || r.broken != texts[i].broken)))
			fail_msg("[%s]: %d, %s", texts[i].text, ok, sl_dmarc_policy_name(r.p));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_is_found_and_applied),
		cmocka_unit_test(the_walk_asks_eight_names_in_order),
		cmocka_unit_test(an_unknown_organisation_is_a_temperror),
		cmocka_unit_test(what_dns_kept_back_is_a_temperror_and_no_fail),
		cmocka_unit_test(a_list_of_suffixes_replaces_the_walk),
		cmocka_unit_test(the_list_of_public_suffixes_can_be_that_list),
		cmocka_unit_test(no_author_or_several_are_to_be_refused),
		cmocka_unit_test(a_record_is_read_leniently_behind_its_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
