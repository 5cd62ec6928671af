/* identity_test.c - facts about a sender, and what a policy makes of them */

#include "check.h"
#include "policy/identity.h"

#define AUTHOR	"shop.example"

/* Of the policy, by letters: r, q: DMARC reject and quarantine do something ("-": nothing); o: DMARC off; n: recorded
 * only; a: bad authors are refused; s: SPF; d: SPF defers; t, p: partners (TLS, proof), refused; P: proof, tagged;
 * z: trusted sealers. */
static const struct row {
	const char		*name, *policy;
	bool			 unknown;
	enum sl_author_status	 author;
	enum sl_dmarc_result	 dmarc;
	enum sl_dmarc_policy	 disposition;
	enum sl_spf_result	 spf;
	const char		*spf_domain;
	const char		*signers[2];	/* "?" in front: unsure */
	const char		*sealer;
	bool			 plain;		/* no TLS */
	/* "action word enhanced: reason; ..." */
	const char		*demands;
	bool			 from, envelope;	/* proven */
} rows[] = {
	{ "nobody was asked", "rqasdtp", .unknown = true, .author = SL_AUTHOR_ABSENT, .dmarc = SL_DMARC_FAIL,
	  .disposition = SL_DMARC_POLICY_REJECT, .spf = SL_SPF_FAIL, .plain = true, .demands = "" },
	{ "all is well", "rqastp", .dmarc = SL_DMARC_PASS, .spf = SL_SPF_PASS, .spf_domain = AUTHOR, .demands = "",
	  .from = true, .envelope = true },

	{ "no author", "a", .author = SL_AUTHOR_ABSENT, .demands =
	  "refuse forged 5.7.1: The message has no author: there is no From field (RFC 5322, 3.6.2); " },
	{ "no author, and a partner's rule", "atp", .author = SL_AUTHOR_SEVERAL, .plain = true, .demands =
	  "refuse forged 5.7.1: The message has no author: From names several domains (RFC 5322, 3.6.2); " },
	{ "no author, and nobody minds", "", .author = SL_AUTHOR_FIELDS, .demands = "" },

	{ "DMARC rejects", "rq", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT, .demands =
	  "refuse forged 5.7.26: The message does not come from " AUTHOR ", which wants such mail refused (DMARC); " },
	{ "DMARC quarantines", "rq", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_QUARANTINE, .demands =
	  "quarantine forged 5.7.26: The message does not come from " AUTHOR ", which wants such mail put aside (DMARC); " },
	{ "only the other is obeyed", "q", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT, .demands = "" },
	{ "DMARC wants nothing", "rq", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_NONE, .demands = "" },
	{ "DMARC says nothing", "rq", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_UNSET, .demands = "" },
	{ "DMARC is not told", "rq", .dmarc = SL_DMARC_TEMPERROR, .disposition = SL_DMARC_POLICY_REJECT, .demands = "" },
	{ "DMARC is recorded only", "rqn", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT, .demands = "" },
	{ "DMARC is off", "rqo", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT, .demands = "" },
	{ "a trusted seal goes before", "rqsz", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT,
	  .spf = SL_SPF_FAIL, .spf_domain = AUTHOR, .sealer = "lists.example", .demands = "" },
	{ "also of a domain below", "rqz", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT,
	  .sealer = "a.b.forward.example", .demands = "" },
	{ "a seal of somebody else does not", "rz", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT,
	  .sealer = "xlists.example", .demands =
	  "refuse forged 5.7.26: The message does not come from " AUTHOR ", which wants such mail refused (DMARC); " },

	{ "SPF fails", "s", .spf = SL_SPF_FAIL, .spf_domain = "mail.example", .demands =
	  "refuse unauthenticated 5.7.23: mail.example says that 192.0.2.7 may not send for it (SPF). It explains: ask us; " },
	{ "SPF fails and defers", "d", .spf = SL_SPF_FAIL, .spf_domain = "mail.example", .demands =
	  "defer unauthenticated 4.7.1: mail.example says that 192.0.2.7 may not send for it (SPF). It explains: ask us; " },
	{ "SPF fails softly", "s", .spf = SL_SPF_SOFTFAIL, .spf_domain = "mail.example", .demands = "" },
	{ "SPF fails, DMARC passes", "s", .spf = SL_SPF_FAIL, .spf_domain = "mail.example", .dmarc = SL_DMARC_PASS,
	  .demands = "", .from = true },
	{ "SPF fails, DMARC would pass but is off", "so", .spf = SL_SPF_FAIL, .spf_domain = "m.example",
	  .dmarc = SL_DMARC_PASS, .demands =
	  "refuse unauthenticated 5.7.23: m.example says that 192.0.2.7 may not send for it (SPF). It explains: ask us; " },
	{ "both", "rs", .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_REJECT, .spf = SL_SPF_FAIL,
	  .spf_domain = "m.example", .demands =
	  "refuse forged 5.7.26: The message does not come from " AUTHOR ", which wants such mail refused (DMARC); "
	  "refuse unauthenticated 5.7.23: m.example says that 192.0.2.7 may not send for it (SPF). It explains: ask us; " },

	{ "a partner without TLS", "t", .plain = true, .demands =
	  "refuse unauthenticated 5.7.10: Mail from " AUTHOR " is taken under TLS only; " },
	{ "a partner without proof", "p", .demands =
	  "refuse unauthenticated 5.7.26: Mail from " AUTHOR " must be proven by DKIM or SPF of that domain, and is not; " },
	{ "a partner without either", "tp", .plain = true, .demands =
	  "refuse unauthenticated 5.7.26: Mail from " AUTHOR " must be proven by DKIM or SPF of that domain, and is not; "
	  "refuse unauthenticated 5.7.10: Mail from " AUTHOR " is taken under TLS only; " },
	{ "a partner by his signature", "p", .signers = { "other.example", AUTHOR }, .demands = "", .from = true,
	  .envelope = true },
	{ "by that of a domain below", "p", .signers = { "m." AUTHOR }, .demands = "", .from = true },
	{ "not by that of a domain far above", "p", .signers = { "example" }, .demands =
	  "refuse unauthenticated 5.7.26: Mail from " AUTHOR " must be proven by DKIM or SPF of that domain, and is not; " },
	{ "nor with DMARC against it", "p", .signers = { AUTHOR }, .dmarc = SL_DMARC_FAIL, .demands =
	  "refuse unauthenticated 5.7.26: Mail from " AUTHOR " must be proven by DKIM or SPF of that domain, and is not; ",
	  .envelope = true },
	{ "by SPF", "p", .spf = SL_SPF_PASS, .spf_domain = "bounce." AUTHOR, .demands = "", .from = true, .envelope = true },
	{ "DNS does not tell of a signature", "p", .signers = { "?" AUTHOR }, .demands =
	  "defer unauthenticated 4.7.1: Whether " AUTHOR " sent the message cannot be told now, try again later; " },
	{ "DNS does not tell of SPF", "p", .spf = SL_SPF_TEMPERROR, .spf_domain = AUTHOR, .demands =
	  "defer unauthenticated 4.7.1: Whether " AUTHOR " sent the message cannot be told now, try again later; " },
	{ "DNS does not tell, and he is but tagged", "P", .signers = { "?" AUTHOR }, .demands =
	  "tag unauthenticated 5.7.26: Whether " AUTHOR " sent the message cannot be told now, try again later; " },
	{ "what else DNS did not tell does not matter", "p", .signers = { "?other.example", AUTHOR }, .demands = "",
	  .from = true, .envelope = true },
};

static const struct sl_slice sealers[] = { { (const unsigned char *)"*.forward.example", 17 },
	{ (const unsigned char *)"lists.example", 13 } };
static const struct sl_partner_domain partners[][2] = {
	{ { { (const unsigned char *)"other.example", 13 }, true, true }, { { (const unsigned char *)AUTHOR, 12 }, true, false } },
	{ { { (const unsigned char *)AUTHOR, 12 }, false, true }, { { (const unsigned char *)"*.example", 9 }, false, false } },
	{ { { (const unsigned char *)"*.example", 9 }, true, false }, { { (const unsigned char *)AUTHOR, 12 }, false, true } },
};

static void
policy_of(const char *letters, struct sl_policy *policy)
{
	bool tls = strchr(letters, 't') != NULL, proof = strchr(letters, 'p') != NULL || strchr(letters, 'P') != NULL;

	memset(policy, 0, sizeof(*policy));
	policy->authentication.dmarc = strchr(letters, 'o') != NULL ? SL_DMARC_USE_OFF :
	    strchr(letters, 'n') != NULL ? SL_DMARC_USE_RECORD : SL_DMARC_USE_ENFORCE;
	policy->authentication.dmarc_reject = strchr(letters, 'r') != NULL ? SL_ACTION_REFUSE : SL_ACTION_DELIVER;
	policy->authentication.dmarc_quarantine = strchr(letters, 'q') != NULL ? SL_ACTION_QUARANTINE : SL_ACTION_DELIVER;
	policy->authentication.bad_author = strchr(letters, 'a') != NULL ? SL_ACTION_REFUSE : SL_ACTION_DELIVER;
	policy->authentication.spf_fail = strchr(letters, 's') != NULL ? SL_ACTION_REFUSE :
	    strchr(letters, 'd') != NULL ? SL_ACTION_DEFER : SL_ACTION_DELIVER;
	policy->authentication.partner = strchr(letters, 'P') != NULL ? SL_ACTION_TAG : SL_ACTION_REFUSE;
	if (strchr(letters, 'z') != NULL)
		policy->authentication.trusted_sealers = (struct sl_policy_list){ sealers, 2 };
	if (tls || proof)
		policy->authentication.partners.items = partners[tls && proof ? 2 : proof];
	policy->authentication.partners.len = tls || proof ? 2 : 0;
}

static struct sl_slice
slice_of(const char *text)
{
	return text != NULL ? sl_slice_str(text) : sl_slice(NULL, 0);
}

static void
identity_of(const struct row *row, struct sl_identity *id)
{
	*id = (struct sl_identity){ .known = !row->unknown, .author = row->author, .dmarc = row->dmarc,
		.disposition = row->disposition, .spf = row->spf, .tls = !row->plain };
	if (row->author == SL_AUTHOR_ONE)
		id->author_domain = SL_SLICE_LIT(AUTHOR);
	id->spf_domain = slice_of(row->spf_domain);
	id->spf_explanation = SL_SLICE_LIT("ask us");
	id->client = SL_SLICE_LIT("192.0.2.7");
	id->arc_passes = row->sealer != NULL;
	id->arc_sealer = slice_of(row->sealer);
	for (; id->signers_len < 2 && row->signers[id->signers_len] != NULL; id->signers_len++) {
		const char *domain = row->signers[id->signers_len];

		id->signers[id->signers_len] = (struct sl_identity_signer){
			sl_slice_str(domain + (*domain == '?')), *domain != '?' };
	}
}

static void
demands_follow_from_facts(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_demand demands[SL_IDENTITY_DEMANDS_MAX];
		struct sl_policy policy;
		struct sl_identity id;
		struct sl_arena arena;
		struct sl_buf said;
		size_t len;

		sl_arena_init(&arena, 1 << 16);
		sl_buf_init(&said, 1 << 12);
		policy_of(rows[i].policy, &policy);
		identity_of(&rows[i], &id);
		len = sl_identity_demands(&id, &policy, &arena, demands);
		for (size_t d = 0; d < len; d++)
			sl_buf_addf(&said, "%s %s %s: %s; ", sl_action_word(demands[d].action), demands[d].word,
			    demands[d].enhanced, demands[d].reason);
		if (strcmp(sl_buf_cstr(&said), rows[i].demands) != 0)
			fail_msg("%s: %s", rows[i].name, sl_buf_cstr(&said));
		if (sl_identity_from_proven(&id, &policy) != rows[i].from)
			fail_msg("%s: From", rows[i].name);
		if (sl_identity_envelope_proven(&id, SL_SLICE_LIT("bounce." AUTHOR)) != rows[i].envelope)
			fail_msg("%s: the envelope", rows[i].name);
		assert_false(sl_identity_envelope_proven(&id, SL_SLICE_LIT("")));
		sl_buf_fini(&said);
		sl_arena_fini(&arena);
	}
}

static void
helo_proves_no_envelope(void **state)
{
	struct sl_identity id = { .known = true, .spf = SL_SPF_PASS, .spf_is_helo = true };

	assert_false(sl_identity_envelope_proven(&id, SL_SLICE_LIT("shop.example")));
}

static void
a_full_arena_still_demands(void **state)
{
	struct sl_demand demands[SL_IDENTITY_DEMANDS_MAX];
	struct sl_policy policy;
	struct sl_identity id = { .known = true, .author = SL_AUTHOR_ABSENT };
	struct sl_arena arena;

	sl_arena_init(&arena, 1);
	policy_of("a", &policy);
	assert_int_equal(sl_identity_demands(&id, &policy, &arena, demands), 1);
	assert_string_equal(demands[0].reason, "The sender is not who it claims to be");
	sl_arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demands_follow_from_facts),
		cmocka_unit_test(helo_proves_no_envelope),
		cmocka_unit_test(a_full_arena_still_demands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
