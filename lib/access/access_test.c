/* access_test.c - the permission table, written out, and what holds over it */

#include "access/access.h"
#include "check.h"

#include <stdio.h>

enum { PARTNER = 11, TENANT = 12, DOMAIN = 13, GROUP = 14, USER = 15, OTHER = 100 };

/* A node of that level on the one line of the tree that the matrix is about. */
static struct sl_access_path
node(enum sl_level level)
{
	struct sl_access_path path = { .level = level };

	for (int l = SL_LEVEL_PARTNER; l <= (int)level; l++)
		path.id[l] = 10 + l;
	return path;
}

static struct sl_access_grant
grant(enum sl_role role, enum sl_level level)
{
	return (struct sl_access_grant){ role, node(level) };
}

/* Where each role is held in the matrix: at the highest level at which it is given. */
static enum sl_level
top(enum sl_role role)
{
	for (int l = 0; l < SL_LEVELS_COUNT; l++)
		if ((sl_role_levels(role) & 1u << l) != 0)
			return (enum sl_level)l;
	fail_msg("%s is given nowhere", sl_role_word(role));
	return SL_LEVEL_OPERATOR;
}

/*
 * Every verb by every role: the levels of the nodes to which whoever holds the role at the top of its line may do it,
 * O(perator) P(artner) T(enant) D(omain) G(roup) U(ser); "-": none.
 */
static const struct { const char *verb, *by; } matrix[] = {
	/*			  oper-  partner tenant quaran- report reads own
	 *			  ator   admin.  admin. tine m. reader mail: user */
	{ "settings.show",		"O      -      -      -      -      -" },
	{ "settings.set",		"O      -      -      -      -      -" },
	{ "status.show",		"O      -      -      -      O      -" },
	{ "backup.create",		"O      -      -      -      -      -" },
	{ "master.rotate",		"O      -      -      -      -      -" },
	{ "partner.list",		"O      -      -      -      -      -" },
	{ "partner.add",		"O      -      -      -      -      -" },
	{ "partner.show",		"P      P      -      -      -      -" },
	{ "partner.remove",		"P      -      -      -      -      -" },
	{ "tenant.list",		"OP     P      -      -      -      -" },
	{ "tenant.add",		"OP     P      -      -      -      -" },
	{ "tenant.import",		"OP     P      -      -      -      -" },
	{ "tenant.show",		"T      T      T      -      -      -" },
	{ "tenant.set",		"T      T      T      -      -      -" },
	{ "tenant.export",		"T      T      T      -      -      -" },
	{ "tenant.remove",		"T      T      T      -      -      -" },
	{ "route.show",		"T      T      T      -      -      -" },
	{ "route.set",		"T      T      T      -      -      -" },
	{ "domain.list",		"T      T      T      -      -      -" },
	{ "domain.add",		"T      T      T      -      -      -" },
	{ "domain.remove",		"D      D      D      -      -      -" },
	{ "group.list",		"TD     TD     TD     -      -      -" },
	{ "group.add",		"D      D      D      -      -      -" },
	{ "group.remove",		"G      G      G      -      -      -" },
	{ "user.list",		"TDG    TDG    TDG    TDG    -      -" },
	{ "user.add",		"DG     DG     DG     -      -      -" },
	{ "user.import",		"TD     TD     TD     -      -      -" },
	{ "user.show",		"U      U      U      U      -      U" },
	{ "user.set",		"U      U      U      -      -      -" },
	{ "user.remove",		"U      U      U      -      -      -" },
	{ "policy.show",		"OPTDGU OPTDGU OPTDGU OPTDGU -      OPTDGU" },
	{ "policy.history",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "policy.set",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "policy.take-back",	"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "policy.copy",		"-      -      TDGU   -      -      -" },
	{ "policy.simulate",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "policy.pictures",		"O      -      -      -      -      -" },
	{ "template.show",		"OP     OP     OP     -      -      -" },
	{ "template.set",		"OP     P      -      -      -      -" },
	{ "list.show",		"OPTDGU PTDGU  TDGU   TDGU   -      U" },
	{ "list.add",		"OPTDGU PTDGU  TDGU   TDGU   -      U" },
	{ "list.remove",		"OPTDGU PTDGU  TDGU   TDGU   -      U" },
	{ "grant.show",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "grant.add",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "grant.remove",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "key.show",		"T      T      T      T      -      -" },
	{ "key.create",		"-      -      T      -      -      -" },
	{ "key.take",		"-      -      T      -      -      -" },
	{ "key.unlock",		"-      -      T      -      -      -" },
	{ "quarantine.count",	"OPTDGU PTDGU  TDGU   TDGU   OPTDGU -" },
	{ "quarantine.list",		"-      -      -      TDGU   -      U" },
	{ "quarantine.open",		"-      -      -      TDGU   -      U" },
	{ "quarantine.release",	"-      -      -      TDGU   -      U" },
	{ "quarantine.delete",	"-      -      -      TDGU   -      U" },
	{ "quarantine.report",	"-      -      -      TDGU   -      U" },
	{ "digest.send",		"-      -      TDGU   TDGU   -      -" },
	{ "digest.preview",		"-      -      -      U      -      U" },
	{ "digest.schedule",		"T      T      T      T      -      -" },
	{ "report.traffic",		"OPTDGU PTDGU  TDGU   TDGU   OPTDGU -" },
	{ "report.releases",		"-      -      TDGU   TDGU   TDGU   U" },
	{ "report.show",		"OPTDGU PTDGU  TDGU   TDGU   OPTDGU U" },
	{ "report.send",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "report.schedule",		"OPTDGU PTDGU  TDGU   TDGU   OPTDGU U" },
	{ "trace.search",		"OPTDGU PTDGU  TDGU   TDGU   -      U" },
	{ "audit.show",		"OPT    PT     T      -      OPT    -" },
	{ "audit.verify",		"OPT    PT     T      -      OPT    -" },
	{ "approval.list",		"OPTDGU OPTDGU OPTDGU -      -      -" },
	{ "approval.approve",		"OPTDGU PTDGU  TDGU   -      -      -" },
	{ "approval.refuse",		"OPTDGU PTDGU  TDGU   -      -      -" },
};

static void
every_role_has_the_verbs_that_the_matrix_says(void **state)
{
	assert_int_equal(SL_COUNT(matrix), SL_VERB_COUNT);
	for (size_t i = 0; i < SL_COUNT(matrix); i++) {
		char by[8 * SL_ROLE_COUNT] = "";
		enum sl_verb verb = SL_VERB_COUNT;

		if (!sl_verb_find(sl_slice_str(matrix[i].verb), &verb))
			fail_msg("there is no verb %s", matrix[i].verb);
		assert_int_equal(verb, i);
		for (int r = 0; r < SL_ROLE_COUNT; r++) {
			struct sl_access_grant held = grant((enum sl_role)r, top((enum sl_role)r));
			char cell[SL_LEVELS_COUNT + 1] = "";
			size_t n = 0;

			for (int l = 0; l < SL_LEVELS_COUNT; l++) {
				struct sl_access_path target = node((enum sl_level)l);

				if (sl_access_allowed(&held, 1, verb, &target))
					cell[n++] = "OPTDGU"[l];
			}
			snprintf(by + strlen(by), sizeof(by) - strlen(by), "%s%-*s", r == 0 ? "" : " ",
			    r == SL_ROLE_COUNT - 1 ? 0 : SL_LEVELS_COUNT, n == 0 ? "-" : cell);
		}
		if (strcmp(by, matrix[i].by) != 0)
			fail_msg("%s\n  is    \"%s\"\n  wants \"%s\"", matrix[i].verb, by, matrix[i].by);
	}
}

/* ---- sentences over the table ---- */

static void
no_single_role_both_holds_keys_and_reads_the_store(void **state)
{
	for (int r = 0; r < SL_ROLE_COUNT; r++) {
		unsigned kinds = 0;

		for (int v = 0; v < SL_VERB_COUNT; v++)
			if ((sl_verb_row((enum sl_verb)v)->roles & 1u << r) != 0)
				kinds |= sl_verb_row((enum sl_verb)v)->kind;
		if ((kinds & SL_VERB_KEYS) != 0 && (kinds & SL_VERB_STORE) != 0)
			fail_msg("%s has both", sl_role_word((enum sl_role)r));
	}
}

/* Tried, not read off: every verb of content or of the store, at every node, with every grant a provider can hold. */
static void
a_provider_gets_no_content_by_any_verb(void **state)
{
	struct sl_access_grant held[2 * SL_LEVELS_COUNT];
	size_t len = 0;

	for (int l = 0; l < SL_LEVELS_COUNT; l++) {
		held[len++] = grant(SL_ROLE_OPERATOR, (enum sl_level)l);
		held[len++] = grant(SL_ROLE_PARTNER_ADMINISTRATOR, (enum sl_level)l);
	}
	for (int v = 0; v < SL_VERB_COUNT; v++) {
		if ((sl_verb_row((enum sl_verb)v)->kind & (SL_VERB_CONTENT | SL_VERB_STORE)) == 0)
			continue;
		for (int l = 0; l < SL_LEVELS_COUNT; l++) {
			struct sl_access_path target = node((enum sl_level)l);

			if (sl_access_allowed(held, len, (enum sl_verb)v, &target))
				fail_msg("%s", sl_verb_row((enum sl_verb)v)->word);
		}
	}
}

/* The vault's verbs are marked by name here, so that a new row cannot forget its marks. */
static void
verbs_of_the_vault_and_of_keys_are_marked_as_such(void **state)
{
	for (int v = 0; v < SL_VERB_COUNT; v++) {
		const struct sl_verb_row *row = sl_verb_row((enum sl_verb)v);
		bool vault = strncmp(row->word, "quarantine.", 11) == 0 && strcmp(row->word, "quarantine.count") != 0;
		bool keys = (strncmp(row->word, "key.", 4) == 0 && strcmp(row->word, "key.show") != 0) ||
		    strncmp(row->word, "master.", 7) == 0 || strcmp(row->word, "backup.create") == 0;

		vault |= strcmp(row->word, "digest.preview") == 0;
		assert_int_equal((row->kind & SL_VERB_STORE) != 0, vault);
		assert_int_equal((row->kind & SL_VERB_KEYS) != 0, keys);
		assert_true(row->levels != 0 && row->roles != 0);
	}
}

/* Whatever a single account can reach by itself, what takes two is not in it: nobody approves his own, and the roles that he can give
 * without a second person have none of these verbs. */
static void
what_takes_two_is_done_by_no_set_of_one(void **state)
{
	int tried = 0;

	assert_int_equal(sl_access_two(SL_VERB_GRANT_ADD), SL_TWO_ROLE);
	for (int v = 0; v < SL_VERB_COUNT; v++) {
		if (sl_access_two((enum sl_verb)v) == SL_TWO_NEVER)
			continue;
		for (int r = 0; r < SL_ROLE_COUNT; r++) {
			struct sl_access_grant held = grant((enum sl_role)r, top((enum sl_role)r));
			bool has = (sl_verb_row((enum sl_verb)v)->roles & 1u << r) != 0;

			assert_true(!has || sl_access_role_takes_two((enum sl_role)r));
			for (int l = 0; l < SL_LEVELS_COUNT; l++) {
				struct sl_access_path target = node((enum sl_level)l);
				bool may = sl_access_allowed(&held, 1, (enum sl_verb)v, &target);

				assert_int_equal(sl_access_may_approve(&held, 1, (enum sl_verb)v, &target, true),
				    may ? SL_TWO_ANSWER_SELF : SL_TWO_ANSWER_NOT_YOURS);
				assert_int_equal(sl_access_may_approve(&held, 1, (enum sl_verb)v, &target, false),
				    may ? SL_TWO_ANSWER_OK : SL_TWO_ANSWER_NOT_YOURS);
				tried += may;
			}
		}
	}
	assert_true(tried > 20);
	assert_true(!sl_access_role_takes_two(SL_ROLE_QUARANTINE_MANAGER) && !sl_access_role_takes_two(SL_ROLE_REPORT_READER) &&
	    !sl_access_role_takes_two(SL_ROLE_USER));
}

/* ---- scope ---- */

#define O	{ SL_LEVEL_OPERATOR, { 0 } }
#define P(p)	{ SL_LEVEL_PARTNER, { 0, p } }
#define T(p, t)	{ SL_LEVEL_TENANT, { 0, p, t } }
#define D(p, t, d)	{ SL_LEVEL_DOMAIN, { 0, p, t, d } }
#define G(p, t, d, g)	{ SL_LEVEL_GROUP, { 0, p, t, d, g } }
#define U(p, t, d, g, u)	{ SL_LEVEL_USER, { 0, p, t, d, g, u } }

static const struct {
	const char		*says;
	enum sl_role		 role;
	struct sl_access_path	 at;
	enum sl_verb		 verb;
	struct sl_access_path	 target;
	bool			 allowed;
} scopes[] = {
	{ "operator, any tenant", SL_ROLE_OPERATOR, O, SL_VERB_TENANT_SET, T(7, 8), true },
	{ "operator, a tenant without a partner", SL_ROLE_OPERATOR, O, SL_VERB_TENANT_SET, T(0, 8), true },
	{ "partner, its tenant", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_TENANT_SET, T(1, 2), true },
	{ "partner, its tenant's user", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_USER_REMOVE, U(1, 2, 3, 4, 5), true },
	{ "partner, a user of no group", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_USER_REMOVE, U(1, 2, 3, 0, 5), true },
	{ "partner, itself", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_TENANT_ADD, P(1), true },
	{ "partner, another partner", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_TENANT_ADD, P(2), false },
	{ "partner, another's tenant", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_TENANT_SET, T(2, 2), false },
	{ "partner, a tenant whose number is the partner's", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_TENANT_SET, T(2, 1), false },
	{ "partner, a tenant without a partner", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_TENANT_SET, T(0, 2), false },
	{ "partner, the operator", SL_ROLE_PARTNER_ADMINISTRATOR, P(1), SL_VERB_POLICY_SET, O, false },
	{ "partner of no number, a tenant without a partner", SL_ROLE_PARTNER_ADMINISTRATOR, P(0), SL_VERB_TENANT_SET, T(0, 2), false },
	{ "tenant, its domain", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_DOMAIN_REMOVE, D(1, 2, 3), true },
	{ "tenant, another of the same partner", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_TENANT_SET, T(1, 3), false },
	{ "tenant, another's domain of the same number", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_DOMAIN_REMOVE, D(1, 4, 2), false },
	{ "tenant, a tenant of another partner", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_POLICY_SET, T(5, 6), false },
	{ "tenant sets nothing at its partner", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_POLICY_SET, P(1), false },
	{ "tenant sees what it inherits", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_POLICY_SHOW, P(1), true },
	{ "tenant does not see another partner's", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_POLICY_SHOW, P(2), false },
	{ "tenant does not see another tenant's", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_POLICY_SHOW, T(1, 3), false },
	{ "tenant sees the operator's templates", SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), SL_VERB_TEMPLATE_SHOW, O, true },
	{ "manager of a domain, its user", SL_ROLE_QUARANTINE_MANAGER, D(1, 2, 3), SL_VERB_QUARANTINE_OPEN, U(1, 2, 3, 0, 5), true },
	{ "manager of a domain, the tenant's whole", SL_ROLE_QUARANTINE_MANAGER, D(1, 2, 3), SL_VERB_QUARANTINE_LIST, T(1, 2), false },
	{ "manager of a domain, its neighbour", SL_ROLE_QUARANTINE_MANAGER, D(1, 2, 3), SL_VERB_QUARANTINE_OPEN, D(1, 2, 4), false },
	{ "manager of a group, its user", SL_ROLE_QUARANTINE_MANAGER, G(1, 2, 3, 4), SL_VERB_QUARANTINE_RELEASE, U(1, 2, 3, 4, 5), true },
	{ "manager of a group, a user of none", SL_ROLE_QUARANTINE_MANAGER, G(1, 2, 3, 4), SL_VERB_QUARANTINE_RELEASE, U(1, 2, 3, 0, 5), false },
	{ "manager at a partner: a grant that is not given", SL_ROLE_QUARANTINE_MANAGER, P(1), SL_VERB_QUARANTINE_OPEN, T(1, 2), false },
	{ "manager at the operator: a grant that is not given", SL_ROLE_QUARANTINE_MANAGER, O, SL_VERB_QUARANTINE_OPEN, T(1, 2), false },
	{ "user, own mail", SL_ROLE_USER, U(1, 2, 3, 4, 5), SL_VERB_QUARANTINE_OPEN, U(1, 2, 3, 4, 5), true },
	{ "user, a colleague's mail", SL_ROLE_USER, U(1, 2, 3, 4, 5), SL_VERB_QUARANTINE_OPEN, U(1, 2, 3, 4, 6), false },
	{ "user, the group's", SL_ROLE_USER, U(1, 2, 3, 4, 5), SL_VERB_QUARANTINE_LIST, G(1, 2, 3, 4), false },
	{ "user, own list", SL_ROLE_USER, U(1, 2, 3, 4, 5), SL_VERB_LIST_ADD, U(1, 2, 3, 4, 5), true },
	{ "user, the tenant's list", SL_ROLE_USER, U(1, 2, 3, 4, 5), SL_VERB_LIST_SHOW, T(1, 2), false },
	{ "reader of a tenant, its traffic", SL_ROLE_REPORT_READER, T(1, 2), SL_VERB_REPORT_TRAFFIC, T(1, 2), true },
	{ "reader of a tenant, all traffic", SL_ROLE_REPORT_READER, T(1, 2), SL_VERB_REPORT_TRAFFIC, O, false },
	{ "reader of a domain, its report", SL_ROLE_REPORT_READER, D(1, 2, 3), SL_VERB_REPORT_SHOW, D(1, 2, 3), true },
	{ "reader of a domain, the tenant's report", SL_ROLE_REPORT_READER, D(1, 2, 3), SL_VERB_REPORT_SHOW, T(1, 2), false },
	{ "reader of a tenant, another's releases", SL_ROLE_REPORT_READER, T(1, 2), SL_VERB_REPORT_RELEASES, T(1, 3), false },
};

static void
a_grant_reaches_its_node_and_what_is_below(void **state)
{
	for (size_t i = 0; i < SL_COUNT(scopes); i++) {
		struct sl_access_grant held = { scopes[i].role, scopes[i].at };

		if (sl_access_allowed(&held, 1, scopes[i].verb, &scopes[i].target) != scopes[i].allowed)
			fail_msg("%s", scopes[i].says);
	}
}

/* What two grants allow is what either allows: roles add up, they do not mix. */
static void
grants_add_up_and_do_not_mix(void **state)
{
	struct sl_access_grant held[] = { { SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2) }, { SL_ROLE_QUARANTINE_MANAGER, T(1, 3) } };
	struct sl_access_path own = T(1, 2), other = T(1, 3);

	assert_true(sl_access_allowed(held, 2, SL_VERB_KEY_CREATE, &own));
	assert_true(sl_access_allowed(held, 2, SL_VERB_QUARANTINE_OPEN, &other));
	assert_false(sl_access_allowed(held, 2, SL_VERB_KEY_CREATE, &other));
	assert_false(sl_access_allowed(held, 2, SL_VERB_QUARANTINE_OPEN, &own));
	assert_false(sl_access_allowed(held, 0, SL_VERB_POLICY_SHOW, &own));
}

/* ---- granting ---- */

static const struct {
	const char		*says;
	struct sl_access_grant	 asker;
	enum sl_role		 role;
	struct sl_access_path	 at;
	bool			 to_oneself, is_first;
	unsigned		 holds;
	enum sl_grant_answer	 answer;
} askings[] = {
	{ "an operator makes an operator", { SL_ROLE_OPERATOR, O }, SL_ROLE_OPERATOR, O, .answer = SL_GRANT_OK },
	{ "an operator makes a partner's administrator", { SL_ROLE_OPERATOR, O }, SL_ROLE_PARTNER_ADMINISTRATOR, P(1), .answer = SL_GRANT_OK },
	{ "a partner makes another of its own", { SL_ROLE_PARTNER_ADMINISTRATOR, P(1) }, SL_ROLE_PARTNER_ADMINISTRATOR, P(1), .answer = SL_GRANT_OK },
	{ "a partner makes one of another partner", { SL_ROLE_PARTNER_ADMINISTRATOR, P(1) }, SL_ROLE_PARTNER_ADMINISTRATOR, P(2), .answer = SL_GRANT_NOT_YOURS },
	{ "a partner makes an operator", { SL_ROLE_PARTNER_ADMINISTRATOR, P(1) }, SL_ROLE_OPERATOR, O, .answer = SL_GRANT_NOT_YOURS },
	{ "a partner gives a tenant its first administrator", { SL_ROLE_PARTNER_ADMINISTRATOR, P(1) }, SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), .is_first = true, .answer = SL_GRANT_OK },
	{ "a partner gives a tenant another administrator", { SL_ROLE_PARTNER_ADMINISTRATOR, P(1) }, SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), .answer = SL_GRANT_NOT_FIRST },
	{ "an operator gives a tenant another administrator", { SL_ROLE_OPERATOR, O }, SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), .answer = SL_GRANT_NOT_FIRST },
	{ "a tenant's administrator makes another", { SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2) }, SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), .answer = SL_GRANT_OK },
	{ "a tenant's administrator makes a manager", { SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2) }, SL_ROLE_QUARANTINE_MANAGER, D(1, 2, 3), .answer = SL_GRANT_OK },
	{ "a tenant's administrator makes himself a manager", { SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2) }, SL_ROLE_QUARANTINE_MANAGER, T(1, 2), .to_oneself = true, .holds = SL_TA, .answer = SL_GRANT_SELF },
	{ "an operator makes a manager", { SL_ROLE_OPERATOR, O }, SL_ROLE_QUARANTINE_MANAGER, T(1, 2), .is_first = true, .answer = SL_GRANT_NOT_YOURS },
	{ "a partner makes a user", { SL_ROLE_PARTNER_ADMINISTRATOR, P(1) }, SL_ROLE_USER, U(1, 2, 3, 0, 5), .is_first = true, .answer = SL_GRANT_NOT_YOURS },
	{ "an operator makes himself a tenant's administrator", { SL_ROLE_OPERATOR, O }, SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2), .to_oneself = true, .is_first = true, .holds = SL_OP, .answer = SL_GRANT_SELF },
	{ "a tenant makes an operator a manager", { SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2) }, SL_ROLE_QUARANTINE_MANAGER, T(1, 2), .holds = SL_OP, .answer = SL_GRANT_MIXED },
	{ "a manager becomes an operator", { SL_ROLE_OPERATOR, O }, SL_ROLE_OPERATOR, O, .holds = SL_QM, .answer = SL_GRANT_MIXED },
	{ "an operator reads reports too", { SL_ROLE_OPERATOR, O }, SL_ROLE_REPORT_READER, O, .holds = SL_OP, .answer = SL_GRANT_OK },
	{ "a manager makes a manager", { SL_ROLE_QUARANTINE_MANAGER, T(1, 2) }, SL_ROLE_QUARANTINE_MANAGER, T(1, 2), .answer = SL_GRANT_NOT_YOURS },
	{ "an operator's role at a tenant", { SL_ROLE_OPERATOR, O }, SL_ROLE_OPERATOR, T(1, 2), .answer = SL_GRANT_LEVEL },
	{ "a manager's role at a partner", { SL_ROLE_OPERATOR, O }, SL_ROLE_QUARANTINE_MANAGER, P(1), .answer = SL_GRANT_LEVEL },
	{ "a user's role at a tenant", { SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2) }, SL_ROLE_USER, T(1, 2), .answer = SL_GRANT_LEVEL },
};

static void
roles_are_given_by_those_who_may(void **state)
{
	for (size_t i = 0; i < SL_COUNT(askings); i++) {
		struct sl_access_request request = { askings[i].role, &askings[i].at, askings[i].to_oneself,
			askings[i].is_first, askings[i].holds };
		enum sl_grant_answer answer = sl_access_may_grant(&askings[i].asker, 1, &request);

		if (answer != askings[i].answer)
			fail_msg("%s: %s", askings[i].says, sl_grant_text(answer));
	}
}

static void
roles_are_taken_by_those_who_gave_them(void **state)
{
	struct sl_access_grant operator = { SL_ROLE_OPERATOR, O }, tenant = { SL_ROLE_TENANT_ADMINISTRATOR, T(1, 2) };
	struct sl_access_path at = T(1, 2);
	struct sl_access_request administrator = { .role = SL_ROLE_TENANT_ADMINISTRATOR, .at = &at };
	struct sl_access_request manager = { .role = SL_ROLE_QUARANTINE_MANAGER, .at = &at };

	assert_int_equal(sl_access_may_revoke(&operator, 1, &administrator), SL_GRANT_NOT_YOURS);
	assert_int_equal(sl_access_may_revoke(&tenant, 1, &administrator), SL_GRANT_OK);
	assert_int_equal(sl_access_may_revoke(&tenant, 1, &manager), SL_GRANT_OK);
	manager.to_oneself = true;
	assert_int_equal(sl_access_may_revoke(NULL, 0, &manager), SL_GRANT_OK);
}

static void
words_are_found_again(void **state)
{
	enum sl_level level;
	enum sl_role role;
	enum sl_verb verb;

	for (int i = 0; i < SL_LEVELS_COUNT; i++)
		assert_true(sl_level_find(sl_slice_str(sl_level_word((enum sl_level)i)), &level) && (int)level == i);
	for (int i = 0; i < SL_ROLE_COUNT; i++)
		assert_true(sl_role_find(sl_slice_str(sl_role_word((enum sl_role)i)), &role) && (int)role == i);
	for (int i = 0; i < SL_VERB_COUNT; i++)
		assert_true(sl_verb_find(sl_slice_str(sl_verb_row((enum sl_verb)i)->word), &verb) && (int)verb == i);
	assert_false(sl_verb_find(SL_SLICE_LIT("tenant"), &verb));
	assert_false(sl_role_find(SL_SLICE_LIT(""), &role));
	assert_false(sl_level_find(SL_SLICE_LIT("Tenant"), &level));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_has_the_verbs_that_the_matrix_says),
		cmocka_unit_test(no_single_role_both_holds_keys_and_reads_the_store),
		cmocka_unit_test(a_provider_gets_no_content_by_any_verb),
		cmocka_unit_test(verbs_of_the_vault_and_of_keys_are_marked_as_such),
		cmocka_unit_test(what_takes_two_is_done_by_no_set_of_one),
		cmocka_unit_test(a_grant_reaches_its_node_and_what_is_below),
		cmocka_unit_test(grants_add_up_and_do_not_mix),
		cmocka_unit_test(roles_are_given_by_those_who_may),
		cmocka_unit_test(roles_are_taken_by_those_who_gave_them),
		cmocka_unit_test(words_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
