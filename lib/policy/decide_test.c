/* decide_test.c - the precedence, row by row */

#include "policy/decide.h"
#include "policy/list_test_i.h"

#define NEVER	SL_THRESHOLD_NEVER
#define D	SL_LIST_DENY
#define A	SL_LIST_ALLOW
#define U	SL_LIST_UNAUTHENTICATED
#define E	SL_LIST_EITHER
#define EXCUSED	(SL_CAUSE_BIT(SPAM) | SL_CAUSE_BIT(PHISH) | SL_CAUSE_BIT(AUTHENTICATION))

enum { NOT = 0, FROM = 1, ENVELOPE = 2, BOTH = 3 };	/* what is authenticated */

static const struct sl_demand forged = { SL_ACTION_REFUSE, "forged", "5.7.26", "DMARC fails" };
static const struct sl_demand program = { SL_ACTION_QUARANTINE, "attachment", "5.7.1", "a program" };
static const struct sl_demand copied = { SL_ACTION_COPY, "content", "5.7.1", "a card" };

struct entry {
	enum sl_policy_by	 by;
	const char		*text;
	unsigned		 flags;
};

static const struct row {
	const char		*name;
	const char		*malware;	/* known */
	struct entry		 entries[3];
	const char		*from, *envelope;
	unsigned		 authenticated;
	double			 spam, likely_malware;
	const struct sl_demand	*demand;
	bool			 engine_failed;
	enum sl_action		 action;
	const char		*word;
	enum sl_precedence	 by;
	const char		*why;		/* begins so */
} rows[] = {
	{ "nothing", NULL, { { 0 } }, "a@x.example", "a@x.example", BOTH, 0.1, 0, NULL, 0,
	  SL_ACTION_DELIVER, "clean", SL_BY_POLICY, "nothing speaks against it" },
	{ "spam", NULL, { { 0 } }, "a@x.example", "a@x.example", BOTH, 0.97, 0, NULL, 0,
	  SL_ACTION_QUARANTINE, "spam", SL_BY_POLICY, "spam: 0.97 reaches quarantine at 0.95" },
	{ "an engine failed", NULL, { { 0 } }, "a@x.example", "a@x.example", BOTH, 0.97, 0, NULL, 1,
	  SL_ACTION_DEFER, "unchecked", SL_BY_POLICY, "unchecked: " },
	{ "a demand that is graver", NULL, { { 0 } }, "a@x.example", "a@x.example", NOT, 0.97, 0, &forged, 0,
	  SL_ACTION_REFUSE, "forged", SL_BY_POLICY, "forged: DMARC fails" },
	{ "a demand that is weaker", NULL, { { 0 } }, "a@x.example", "a@x.example", NOT, 0.9999, 0, &program, 0,
	  SL_ACTION_REFUSE, "spam", SL_BY_POLICY, "spam: 0.9999 reaches refuse" },

	{ "known malware goes before an allow list", "Eicar", { { SL_BY_TENANT, "x.example", A } }, "a@x.example",
	  "a@x.example", BOTH, 0.1, 0, NULL, 0, SL_ACTION_REFUSE, "malware", SL_BY_KNOWN_MALWARE, "known malware: Eicar" },
	{ "known malware goes before a deny list", "Eicar", { { SL_BY_TENANT, "x.example", D } }, "a@x.example",
	  "a@x.example", BOTH, 0.1, 0, NULL, 0, SL_ACTION_REFUSE, "malware", SL_BY_KNOWN_MALWARE, "known malware" },
	{ "tenant's deny goes before tenant's allow", NULL, { { SL_BY_TENANT, "x.example", D },
	  { SL_BY_TENANT, "a@x.example", A } }, "a@x.example", "a@x.example", BOTH, 0.1, 0, NULL, 0,
	  SL_ACTION_REFUSE, "denied", SL_BY_TENANT_DENY, "tenant's deny list: x.example (From)" },
	{ "tenant's deny goes before user's deny", NULL, { { SL_BY_USER, "x.example", D }, { SL_BY_TENANT, "*.example", D } },
	  "a@x.example", "a@x.example", BOTH, 0.1, 0, NULL, 0, SL_ACTION_REFUSE, "denied", SL_BY_TENANT_DENY,
	  "tenant's deny list: *.example (From)" },
	{ "operator's deny goes before all allows", NULL, { { SL_BY_OPERATOR, "x.example", D }, { SL_BY_TENANT, "x.example", A } },
	  "a@x.example", "a@x.example", BOTH, 0.1, 0, NULL, 0, SL_ACTION_REFUSE, "denied", SL_BY_OPERATOR_DENY, "operator's" },
	{ "user's deny goes before tenant's allow", NULL, { { SL_BY_USER, "x.example", D }, { SL_BY_TENANT, "x.example", A } },
	  "a@x.example", "a@x.example", BOTH, 0.1, 0, NULL, 0, SL_ACTION_REFUSE, "denied", SL_BY_USER_DENY, "user's deny" },
	{ "the envelope is enough to be denied", NULL, { { SL_BY_USER, "b@y.example", D } }, "a@x.example", "b@y.example",
	  BOTH, 0.1, 0, NULL, 0, SL_ACTION_REFUSE, "denied", SL_BY_USER_DENY, "user's deny list: b@y.example (envelope)" },
	{ "a client is denied", NULL, { { SL_BY_TENANT, "192.0.2.0/24", D } }, "a@x.example", "b@y.example",
	  BOTH, 0.1, 0, NULL, 0, SL_ACTION_REFUSE, "denied", SL_BY_TENANT_DENY, "tenant's deny list: 192.0.2.1 in /24 (client)" },

	{ "tenant's allow goes before user's allow and classifiers", NULL, { { SL_BY_USER, "x.example", A },
	  { SL_BY_TENANT, "x.example", A } }, "a@x.example", "a@x.example", FROM, 0.9999, 0, NULL, 0,
	  SL_ACTION_DELIVER, "allowed", SL_BY_TENANT_ALLOW, "tenant's allow list: x.example" },
	{ "user's allow goes before classifiers", NULL, { { SL_BY_USER, "x.example", A } }, "a@x.example", "a@x.example", FROM,
	  0.9999, 0, NULL, 0, SL_ACTION_DELIVER, "allowed", SL_BY_USER_ALLOW, "user's allow list: x.example" },
	{ "not without authentication", NULL, { { SL_BY_USER, "x.example", A } }, "a@x.example", "a@x.example", NOT, 0.97, 0,
	  NULL, 0, SL_ACTION_QUARANTINE, "spam", SL_BY_POLICY,
	  "spam: 0.97 reaches quarantine at 0.95; user's allow list: x.example, but the sender is not authenticated" },
	{ "nor with that of the envelope", NULL, { { SL_BY_USER, "x.example", A } }, "a@x.example", "a@x.example", ENVELOPE, 0.97,
	  0, NULL, 0, SL_ACTION_QUARANTINE, "spam", SL_BY_POLICY, "spam" },
	{ "unless the entry says so", NULL, { { SL_BY_USER, "x.example", A | U } }, "a@x.example", "a@x.example", NOT, 0.97, 0,
	  &forged, 0, SL_ACTION_DELIVER, "allowed", SL_BY_USER_ALLOW, "user's allow" },
	{ "From alone is not enough", NULL, { { SL_BY_TENANT, "x.example", A } }, "a@x.example", "b@y.example", BOTH, 0.97, 0,
	  NULL, 0, SL_ACTION_QUARANTINE, "spam", SL_BY_POLICY, "spam" },
	{ "nor the envelope alone", NULL, { { SL_BY_TENANT, "y.example", A } }, "a@x.example", "b@y.example", BOTH, 0.97, 0,
	  NULL, 0, SL_ACTION_QUARANTINE, "spam", SL_BY_POLICY, "spam" },
	{ "unless the entry says either", NULL, { { SL_BY_TENANT, "y.example", A | E } }, "a@x.example", "b@y.example", ENVELOPE,
	  0.97, 0, NULL, 0, SL_ACTION_DELIVER, "allowed", SL_BY_TENANT_ALLOW, "tenant's allow list: y.example" },
	{ "two entries may name them", NULL, { { SL_BY_TENANT, "y.example", A }, { SL_BY_TENANT, "a@x.example", A } },
	  "a@x.example", "b@y.example", FROM, 0.97, 0, NULL, 0, SL_ACTION_DELIVER, "allowed", SL_BY_TENANT_ALLOW, "tenant's" },
	{ "a bounce has no envelope", NULL, { { SL_BY_TENANT, "x.example", A } }, "a@x.example", "", FROM, 0.97, 0, NULL, 0,
	  SL_ACTION_DELIVER, "allowed", SL_BY_TENANT_ALLOW, "tenant's" },
	{ "a client's network is proof", NULL, { { SL_BY_TENANT, "192.0.2.1", A } }, "a@x.example", "b@y.example", NOT, 0.97, 0,
	  NULL, 0, SL_ACTION_DELIVER, "allowed", SL_BY_TENANT_ALLOW, "tenant's allow list: 192.0.2.1 in /32" },
	{ "what is not excused counts", NULL, { { SL_BY_TENANT, "x.example", A } }, "a@x.example", "a@x.example", FROM, 0.97, 0,
	  &program, 0, SL_ACTION_QUARANTINE, "attachment", SL_BY_POLICY, "attachment: a program; tenant's allow list" },
	{ "likely malware too", NULL, { { SL_BY_TENANT, "x.example", A } }, "a@x.example", "a@x.example", FROM, 0.97, 0.8,
	  NULL, 0, SL_ACTION_REFUSE, "malware", SL_BY_POLICY, "malware: 0.8 reaches refuse at 0.5" },
	{ "a failed engine too", NULL, { { SL_BY_TENANT, "x.example", A } }, "a@x.example", "a@x.example", FROM, 0.97, 0,
	  NULL, 1, SL_ACTION_DEFER, "unchecked", SL_BY_POLICY, "unchecked" },
};

struct world {
	struct sl_policy	 policy;
	struct plain_list	 lists[SL_BY_COUNT];
	struct sl_list_found	 found[SL_BY_COUNT];
	struct sl_list_sender	 from, envelope;
	unsigned char		 client[16];
	struct sl_verdict	 verdict;
	struct sl_decide	 known;
};

static void
world_init(struct world *w, const struct row *row)
{
	struct sl_list_question question = { &w->from, &w->envelope, row->envelope[0] == '\0', w->client };

	memset(w, 0, sizeof(*w));
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		sl_policy_category_clear(&w->policy.category[c]);
	w->policy.category[SL_SPAM] = (struct sl_policy_category){ { 0, 0.8, NEVER, 0.95, NEVER, 0.999 } };
	w->policy.category[SL_MALWARE].at[SL_ACTION_REFUSE] = 0.5;
	w->policy.lists.denied = SL_ACTION_REFUSE;
	w->policy.lists.overrides = EXCUSED;
	w->policy.lists.unauthenticated = true;
	w->policy.lists.users = SL_USER_LISTS_BOTH;
	w->verdict.evidence_len = 1;
	w->verdict.evidence[0] = (struct sl_evidence){ .name = "x", .sentence = "",
		.log_odds = { [SL_SPAM] = 1, [SL_MALWARE] = 1 } };
	w->verdict.probability[SL_SPAM] = row->spam;
	w->verdict.probability[SL_MALWARE] = row->likely_malware;
	for (size_t i = 0; i < SL_COUNT(row->entries) && row->entries[i].text != NULL; i++)
		plain_add(&w->lists[row->entries[i].by], row->entries[i].text, row->entries[i].flags);
	sl_list_sender_read(sl_slice_str(row->from), &w->from);
	sl_list_sender_read(sl_slice_str(row->envelope), &w->envelope);
	assert_true(sl_list_client_read(SL_SLICE_LIT("192.0.2.1"), w->client));
	w->known = (struct sl_decide){ .policy = &w->policy, .verdict = &w->verdict, .engine_failed = row->engine_failed,
		.known_malware = row->malware, .envelope_empty = row->envelope[0] == '\0',
		.from_authenticated = row->authenticated & FROM, .envelope_authenticated = row->authenticated & ENVELOPE,
		.demands = row->demand, .demands_len = row->demand != NULL };
	for (int by = 0; by < SL_BY_COUNT; by++) {
		sl_list_find(&question, &w->lists[by].filter, plain_probe, &w->lists[by], &w->found[by]);
		w->known.lists[by] = &w->found[by];
	}
}

static void
the_precedence_is_kept(void **state)
{
	struct world *w = sl_xzalloc(sizeof(*w));
	struct sl_decision decision;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		world_init(w, &rows[i]);
		sl_decide(&w->known, &decision);
		if (decision.ruling.action != rows[i].action || strcmp(decision.ruling.word, rows[i].word) != 0 ||
		    decision.by != rows[i].by || strncmp(decision.why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%s: %s as %s by %s: %s", rows[i].name, sl_action_word(decision.ruling.action),
			    decision.ruling.word, sl_precedence_name(decision.by), decision.why);
		assert_true(decision.ruling.enforced);
	}
	sl_free(w);
}

static const struct row *
row_called(const char *name)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static void
the_policy_says_which_lists_count(void **state)
{
	struct world *w = sl_xzalloc(sizeof(*w));
	struct sl_decision decision;

	world_init(w, row_called("user's allow goes before classifiers"));
	w->policy.lists.users = SL_USER_LISTS_DENY;
	sl_decide(&w->known, &decision);
	assert_string_equal(decision.ruling.word, "spam");
	world_init(w, row_called("user's deny goes before tenant's allow"));
	w->policy.lists.users = SL_USER_LISTS_DENY;
	sl_decide(&w->known, &decision);
	assert_string_equal(decision.ruling.word, "denied");
	w->policy.lists.users = SL_USER_LISTS_NONE;
	sl_decide(&w->known, &decision);
	assert_string_equal(decision.ruling.word, "allowed");
	world_init(w, row_called("unless the entry says so"));
	w->policy.lists.unauthenticated = false;
	sl_decide(&w->known, &decision);
	assert_string_equal(decision.ruling.word, "forged");
	w->policy.mode = SL_MODE_MONITOR;
	sl_decide(&w->known, &decision);
	assert_false(decision.ruling.enforced);
	world_init(w, row_called("known malware goes before an allow list"));
	sl_policy_category_clear(&w->policy.category[SL_MALWARE]);
	sl_decide(&w->known, &decision);
	assert_string_equal(decision.ruling.word, "allowed");	/* a tenant may not mind */
	world_init(w, row_called("nothing"));
	w->known.demands = &copied;
	w->known.demands_len = 1;
	sl_decide(&w->known, &decision);
	assert_int_equal(decision.ruling.action, SL_ACTION_DELIVER);
	assert_true(decision.ruling.copy);
	sl_free(w);
}

static void
the_table_is_printed(void **state)
{
	struct sl_buf out;

	sl_buf_init(&out, 8192);
	sl_precedence_print(&out);
	assert_int_equal(strncmp(sl_buf_cstr(&out), "1. known malware: ", 18), 0);
	assert_non_null(strstr(sl_buf_cstr(&out), "\n4. tenant's deny list: `lists.denied`\n5. user's deny list: "));
	assert_non_null(strstr(sl_buf_cstr(&out), "\n10. policy and classifiers: "));
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_precedence_is_kept),
		cmocka_unit_test(the_policy_says_which_lists_count),
		cmocka_unit_test(the_table_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
