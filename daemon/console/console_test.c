/* console_test.c - requests: who may, and what they do */

#include "console.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "job.h"
#include "store/grants.h"

#define S(text)	sl_slice_str(text)

struct fixture {
	char		 directory[64];
	struct sl_store	*store;
	struct console	 console;
};

static void
fixture_init(struct fixture *f)
{
	static const struct sl_actor actor = { .account = { (const unsigned char *)"test", 4 } };
	struct sl_store_options options = { 0 };
	char path[96];

	snprintf(f->directory, sizeof(f->directory), "/tmp/sluice-console-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(path, sizeof(path), "%s/settings.db", f->directory);
	options.path = path;
	assert_int_equal(sl_store_open(&options, &f->store), 0);
	f->console = (struct console){ .store = f->store, .keeps = true };
	assert_int_equal(sl_store_grant_add(f->store, &actor, S("op"), SL_ROLE_OPERATOR, SL_NODE_OPERATOR), 0);
}

static int
fixture_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void
fixture_fini(struct fixture *f)
{
	sl_store_close(&f->store);
	nftw(f->directory, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* The answer as text; the caller frees it. */
static char *
ask(struct fixture *f, const char *account, const char *request)
{
	json_t *reply = console_answer(&f->console, S(account), S(request), NULL);
	char *text = json_dumps(reply, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(reply);
	assert_non_null(text);
	return text;
}

/* One after the other, in the same database. */
static const struct { const char *account, *request, *reply; } talks[] = {
	{ "op", "{\"verb\":\"partner.add\",\"args\":{\"name\":\"acme\"}}", "\"message\":\"partner acme is added\"" },
	{ "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"one.example\",\"route\":[\"mx.internal\"],\"partner\":\"acme\"}}",
	    "\"message\":\"tenant one.example is added\"" },
	{ "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"two.example\",\"route\":[\"mx:0\"]}}", "is no next hop" },
	{ "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"one.example\",\"name\":\"new.example\",\"route\":[\"mx\"]}}",
	    "\"error\":\"there is a domain one.example already\"" },
	{ "op", "{\"verb\":\"tenant.list\"}",		/* and no new.example was left */
	    "{\"ok\":true,\"rows\":[{\"file\":\"\",\"partner\":\"partner:acme\",\"recipients\":\"any\",\"state\":\"on\",\"tenant\":\"one.example\"}]}" },
	{ "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"two.example\",\"route\":[\"mx:2525\",\"[2001:db8::1]\"],\"tls\":\"verify\"}}",
	    "\"ok\":true" },
	{ "op", "{\"verb\":\"tenant.show\",\"args\":{\"tenant\":\"two.example\"}}", "\"value\":\"[2001:db8::1]:25 tls verify\"" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"otto\",\"role\":\"tenant-administrator\",\"at\":\"tenant:one.example\"}}",
	    "\"ok\":true" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"hugo\",\"role\":\"tenant-administrator\",\"at\":\"tenant:one.example\"}}",
	    "there is an administrator already" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"op\",\"role\":\"tenant-administrator\",\"at\":\"tenant:two.example\"}}",
	    "nobody gives a role to himself" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"op2\",\"role\":\"quarantine-manager\",\"at\":\"tenant:one.example\"}}",
	    "may not give" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"pa\",\"role\":\"partner-administrator\",\"at\":\"partner:acme\"}}",
	    "\"ok\":true" },
	{ "pa", "{\"verb\":\"tenant.list\",\"args\":{\"partner\":\"acme\"}}", "one.example" },
	{ "pa", "{\"verb\":\"tenant.list\"}", "pa may not tenant.list at operator" },
	{ "pa", "{\"verb\":\"tenant.show\",\"args\":{\"tenant\":\"two.example\"}}", "pa may not tenant.show at tenant:two.example" },
	{ "otto", "{\"verb\":\"tenant.set\",\"args\":{\"tenant\":\"one.example\",\"state\":\"pass-through\"}}", "\"ok\":true" },
	{ "otto", "{\"verb\":\"tenant.set\",\"args\":{\"tenant\":\"two.example\",\"state\":\"off\"}}", "otto may not tenant.set" },
	{ "otto", "{\"verb\":\"user.add\",\"args\":{\"user\":\"anna@one.example\",\"group\":\"sales\"}}", "\"ok\":true" },
	{ "otto", "{\"verb\":\"user.set\",\"args\":{\"user\":\"anna@one.example\"}}", "is in no group" },
	{ "otto", "{\"verb\":\"user.set\",\"args\":{\"user\":\"anna@one.example\",\"group\":\"Sales\"}}", "is in one.example/Sales" },
	{ "otto", "{\"verb\":\"user.set\",\"args\":{\"user\":\"anna@one.example\",\"group\":\"x\"}}", "there is no group one.example/x" },
	{ "otto", "{\"verb\":\"user.add\",\"args\":{\"user\":\"anna@two.example\"}}", "otto may not user.add at domain:two.example" },
	{ "otto", "{\"verb\":\"user.import\",\"args\":{\"tenant\":\"one.example\",\"file\":\"address\\nbert@one.example\\n\"}}",
	    "1 users are imported" },
	{ "otto", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"qm\",\"role\":\"quarantine-manager\",\"at\":\"tenant:one.example\"}}",
	    "\"ok\":true" },
	{ "otto", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"op\",\"role\":\"quarantine-manager\",\"at\":\"tenant:one.example\"}}",
	    "are not held by one account" },
	{ "qm", "{\"verb\":\"list.add\",\"args\":{\"at\":\"user:anna@one.example\",\"kind\":\"allow\",\"value\":\"A@b.example\"}}",
	    "\"ok\":true" },
	{ "qm", "{\"verb\":\"list.show\",\"args\":{\"at\":\"user:anna@one.example\"}}", "\"value\":\"a@b.example\"" },
	{ "qm", "{\"verb\":\"list.add\",\"args\":{\"at\":\"operator\",\"kind\":\"allow\",\"value\":\"a@b.example\"}}",
	    "qm may not list.add at operator" },
	{ "otto", "{\"verb\":\"audit.show\",\"args\":{\"tenant\":\"one.example\"}}", "\"account\":\"qm\"" },
	{ "otto", "{\"verb\":\"audit.show\"}", "otto may not audit.show at operator" },
	{ "otto", "{\"verb\":\"audit.verify\",\"args\":{\"tenant\":\"one.example\"}}", "every one as it was written" },
	{ "otto", "{\"verb\":\"grant.remove\",\"args\":{\"account\":\"qm\",\"role\":\"quarantine-manager\",\"at\":\"tenant:one.example\"}}",
	    "\"ok\":true" },
	{ "qm", "{\"verb\":\"list.show\",\"args\":{\"at\":\"user:anna@one.example\"}}", "qm may not" },
	{ "otto", "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}", "tenant:one.example is removed" },
	{ "otto", "{\"verb\":\"audit.show\",\"args\":{\"tenant\":\"one.example\"}}", "otto may not" },
	{ "op", "{\"verb\":\"audit.show\",\"args\":{\"tenant\":\"one.example\"}}", "\"verb\":\"tenant.remove\"" },
	/* A made-up file gives nobody what its bringer could not give: the first administrator, and no more. */
	{ "op", "{\"verb\":\"tenant.import\",\"args\":{\"file\":\"{\\\"sluice_tenant\\\":1,\\\"name\\\":\\\"new.example\\\","
	    "\\\"state\\\":\\\"on\\\",\\\"recipients\\\":\\\"any\\\",\\\"discover_days\\\":9,\\\"grants\\\":["
	    "{\\\"at\\\":\\\"tenant:new.example\\\",\\\"role\\\":\\\"tenant-administrator\\\",\\\"account\\\":\\\"nora\\\"},"
	    "{\\\"at\\\":\\\"tenant:new.example\\\",\\\"role\\\":\\\"quarantine-manager\\\",\\\"account\\\":\\\"op2\\\"}]}\"}}",
	    "without 1 grants of the file" },
	/* Nor copies of mail, which the customer's own administrators alone ask for. */
	{ "op", "{\"verb\":\"tenant.import\",\"args\":{\"file\":\"{\\\"sluice_tenant\\\":1,\\\"name\\\":\\\"copy.example\\\","
	    "\\\"state\\\":\\\"on\\\",\\\"recipients\\\":\\\"any\\\",\\\"discover_days\\\":9,\\\"policies\\\":["
	    "{\\\"at\\\":\\\"tenant:copy.example\\\",\\\"version\\\":1,\\\"time_us\\\":1,\\\"account\\\":\\\"x\\\",\\\"note\\\":\\\"\\\","
	    "\\\"text\\\":\\\"level: maximum\\\\ncopy_to: op@x.example\\\\n\\\"}]}\"}}", "tenant:copy.example is there again" },
	{ "op", "{\"verb\":\"policy.show\",\"args\":{\"at\":\"tenant:copy.example\",\"own\":true}}", "\"text\":\"level: maximum\\n\"" },
	{ "op2", "{\"verb\":\"list.show\",\"args\":{\"at\":\"tenant:new.example\"}}", "op2 may not" },
	{ "nora", "{\"verb\":\"tenant.show\",\"args\":{\"tenant\":\"new.example\"}}", "\"ok\":true" },
	/* Policies: one setting, an action of a category alone, versions, templates, who may. */
	{ "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"pol.example\",\"route\":[\"mx\"],\"level\":\"perimeter\",\"partner\":\"acme\"}}",
	    "tenant pol.example is added" },
	{ "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"bad.example\",\"route\":[\"mx\"],\"level\":\"high\"}}",
	    "--level is perimeter, standard or maximum" },
	{ "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"bad.example\",\"route\":[\"mx\"],\"quarantine\":\"x\"}}",
	    "--quarantine is yes or no" },
	{ "op", "{\"verb\":\"policy.show\",\"args\":{\"at\":\"tenant:pol.example\",\"own\":true}}", "\"text\":\"level: perimeter\\n\"" },
	{ "op", "{\"verb\":\"policy.show\",\"args\":{\"at\":\"tenant:pol.example\",\"diff\":true}}", "\"text\":\"\"" },
	{ "op", "{\"verb\":\"policy.show\",\"args\":{\"at\":\"domain:pol.example\",\"as_rows\":true}}",
	    "{\"by_level\":false,\"from\":\"tenant:pol.example\",\"locked_by\":\"\",\"setting\":\"level\",\"value\":\"perimeter\"}" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"spam.quarantine=0.9\",\"level=standard\"]}}",
	    "\"text\":\"level: perimeter -> standard\\nspam: (inherited) -> {tag: 0.8, quarantine: 0.9, refuse: 0.9995}\\n\"" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"spam.quarantine=0.7\"]}}",
	    "spam.quarantine: spam: set tag below quarantine, or it never happens" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"spam.refuse=never\"]}}",
	    "{tag: 0.8, quarantine: 0.9}\\n" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"spam\"]}}", "write PATH=VALUE" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"spma.tag=1\"]}}", "there is no setting 'spma.tag'" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\"}}", "say what to change" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"copy_to=op@x.example\"]}}",
	    "op may not policy.copy at tenant:pol.example" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"set\":[\"copy_to=op@x.example\"]}}", "copies of mail are a tenant's to ask for" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"file\":\"level: standrad\\n\"}}", "policy:1:8: level: " },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"template=gold\"]}}",
	    "there is no template gold: make one" },
	{ "op", "{\"verb\":\"template.set\",\"args\":{\"name\":\"gold\",\"set\":[\"level=maximum\"],\"lock\":[\"malware\"]}}", "\"ok\":true" },
	{ "op", "{\"verb\":\"template.set\",\"args\":{\"name\":\"x\",\"set\":[\"template=gold\"]}}", "a template builds on no other" },
	{ "op", "{\"verb\":\"template.show\"}", "{\"template\":\"gold\",\"version\":1}" },
	{ "op", "{\"verb\":\"template.show\",\"args\":{\"name\":\"gold\"}}", "\"text\":\"level: maximum\\nlocks: [malware]\\n\"" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"template=silver\"]}}",
	    "there is no template silver: there are gold" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"template=gold\"],\"unset\":[\"level\",\"spam\"]}}",
	    "\"text\":\"template: (none) -> gold\\nlevel: standard -> (inherited)\\nspam: " },
	{ "op", "{\"verb\":\"policy.show\",\"args\":{\"at\":\"tenant:pol.example\",\"own\":true}}", "\"text\":\"template: gold\\n\"" },
	{ "op", "{\"verb\":\"policy.show\",\"args\":{\"at\":\"tenant:pol.example\"}}", "locked by tenant:pol.example" },
	{ "op", "{\"verb\":\"policy.history\",\"args\":{\"at\":\"tenant:pol.example\"}}", "\"version\":4" },
	{ "op", "{\"verb\":\"policy.history\",\"args\":{\"at\":\"tenant:pol.example\",\"diff\":true,\"from\":\"1\",\"to\":\"2\"}}",
	    "level: perimeter -> standard" },
	{ "op", "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"tenant:pol.example\",\"version\":\"1\"}}", "version 5" },
	{ "op", "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"tenant:pol.example\"}}", "template: (none) -> gold" },
	{ "op", "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"tenant:pol.example\",\"version\":\"99\"}}", "there is no version 99" },
	{ "op", "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"domain:pol.example\"}}", "nothing to take back" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"lock\":[\"spam\"]}}", "\"text\":\"lock spam\\n\"" },
	{ "op", "{\"verb\":\"policy.simulate\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"spam.tag=0.5\"]}}", "nothing is compiled here" },
	{ "op", "{\"verb\":\"partner.show\",\"args\":{\"partner\":\"acme\"}}", "{\"value\":\"1\",\"what\":\"tenants\"}" },
	{ "op", "{\"verb\":\"route.show\",\"args\":{\"tenant\":\"pol.example\"}}", "mx:25 tls opportunistic" },
	{ "op", "{\"verb\":\"user.add\",\"args\":{\"user\":\"ida@pol.example\"}}", "\"ok\":true" },
	{ "op", "{\"verb\":\"user.show\",\"args\":{\"user\":\"ida@pol.example\"}}", "user:ida@pol.example" },
	{ "op", "{\"verb\":\"list.add\",\"args\":{\"at\":\"domain:pol.example\",\"kind\":\"deny\",\"value\":\"x.example\"}}",
	    "lists are the operator's" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"tom\",\"role\":\"tenant-administrator\",\"at\":\"tenant:pol.example\"}}",
	    "\"ok\":true" },
	{ "tom", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"copy_to=boss@pol.example\"]}}", "\"ok\":true" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"set\":[\"subject_tag=[X]\"]}}", "\"ok\":true" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:pol.example\",\"unset\":[\"copy_to\"]}}", "\"ok\":true" },
	{ "op", "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"tenant:pol.example\"}}", "op may not policy.copy" },
	{ "tom", "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"tenant:pol.example\"}}", "\"ok\":true" },
	{ "tom", "{\"verb\":\"policy.set\",\"args\":{\"set\":[\"level=maximum\"]}}", "tom may not policy.set at operator" },
	{ "tom", "{\"verb\":\"template.set\",\"args\":{\"name\":\"own\",\"set\":[\"level=maximum\"]}}", "tom may not template.set" },
	{ "tom", "{\"verb\":\"template.show\",\"args\":{\"name\":\"gold\"}}", "level: maximum" },
	{ "op", "{\"verb\":\"template.set\",\"args\":{\"name\":\"gold\",\"remove\":true}}", "template gold is removed" },
	{ "op", "{\"verb\":\"template.show\"}", "{\"ok\":true}" },
	{ "op", "{\"verb\":\"audit.verify\"}", "every one as it was written" },
	{ "op", "{\"verb\":\"quarantine.open\"}", "there is no verb quarantine.open here" },
	{ "op", "{\"verb\":\"no.such\"}", "there is no verb no.such here" },
	{ "op", "{\"verb\":7}", "there is no verb" },
	{ "op", "[]", "the request is not understood" },
	{ "op", "", "the request is not understood" },
	{ "op", "[[[[[[[[[[[[[[[[", "the request is not understood" },
	{ "op", "{\"verb\":\"tenant.show\",\"args\":[]}", "no domain" },
	{ "op", "{\"verb\":\"backup.create\",\"args\":{\"file_name\":\"relative\"}}", "by its whole path" },
};

static void
requests_are_answered_to_those_who_may_ask(void **state)
{
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < SL_COUNT(talks); i++) {
		char *reply = ask(&f, talks[i].account, talks[i].request);

		if (strstr(reply, talks[i].reply) == NULL)
			fail_msg("%s asks %s\n  is    %s\n  wants %s", talks[i].account, talks[i].request, reply, talks[i].reply);
		free(reply);
	}
	fixture_fini(&f);
}

/* Whoever has no role gets nothing from any verb, and nothing of it stays. */
static void
nobody_without_a_role_does_anything(void **state)
{
	static const char args[] = "{\"partner\":\"acme\",\"tenant\":\"one.example\",\"domain\":\"one.example\",\"name\":\"x\","
	    "\"group\":\"one.example/sales\",\"user\":\"anna@one.example\",\"route\":[\"mx\"],\"at\":\"tenant:one.example\","
	    "\"kind\":\"deny\",\"value\":\"x.example\",\"account\":\"mallory\",\"role\":\"tenant-administrator\",\"file\":\"{}\","
	    "\"file_name\":\"/tmp/sluice-console-must-not-be\"}";
	const struct handler *tables[] = { handlers_tree, handlers_more, handlers_policy };
	const size_t lens[] = { handlers_tree_len, handlers_more_len, handlers_policy_len };
	struct fixture f;
	int tried = 0;

	fixture_init(&f);
	free(ask(&f, "op", "{\"verb\":\"partner.add\",\"args\":{\"name\":\"acme\"}}"));
	free(ask(&f, "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"one.example\",\"route\":[\"mx\"]}}"));
	free(ask(&f, "op", "{\"verb\":\"user.add\",\"args\":{\"user\":\"anna@one.example\",\"group\":\"sales\"}}"));
	for (size_t t = 0; t < SL_COUNT(tables); t++) {
		for (size_t i = 0; i < lens[t]; i++) {
			char *request = sl_xasprintf("{\"verb\":\"%s\",\"args\":%s}", sl_verb_row(tables[t][i].verb)->word, args);
			char *reply = ask(&f, "mallory", request);
			char *wanted = sl_xasprintf("{\"error\":\"mallory may not %s at ", sl_verb_row(tables[t][i].verb)->word);

			if (strncmp(reply, wanted, strlen(wanted)) != 0)
				fail_msg("%s: %s", request, reply);
			tried++;
			free(reply);
			sl_free(request);
			sl_free(wanted);
		}
	}
	assert_true(tried >= 30);
	fixture_fini(&f);
}

/* ---- two persons ---- */

/* What takes two, for accounts that may ask for it; all of them wait. */
static const struct { const char *account, *request; } alone[] = {
	{ "op", "{\"verb\":\"backup.create\",\"args\":{\"file_name\":\"/tmp/sluice-console-must-not-be\"}}" },
	{ "op", "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}" },
	{ "ta", "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}" },
	{ "ta", "{\"verb\":\"tenant.set\",\"args\":{\"tenant\":\"one.example\",\"state\":\"off\"}}" },
	{ "op", "{\"verb\":\"partner.remove\",\"args\":{\"partner\":\"empty\"}}" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"operator\",\"unlock\":[\"malware\"]}}" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"at\":\"operator\",\"file\":\"level: standard\\n\"}}" },
	{ "op", "{\"verb\":\"policy.set\",\"args\":{\"set\":[\"template=gold\"]}}" },
	{ "op", "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"operator\"}}" },
	{ "op", "{\"verb\":\"template.set\",\"args\":{\"name\":\"gold\",\"remove\":true}}" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"op3\",\"role\":\"operator\"}}" },
	{ "op", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"pa2\",\"role\":\"partner-administrator\",\"at\":\"partner:acme\"}}" },
	{ "ta", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"ta3\",\"role\":\"tenant-administrator\",\"at\":\"tenant:one.example\"}}" },
	{ "pa", "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}" },
};

static void
two_persons_init(struct fixture *f)
{
	static const struct { const char *account; enum sl_role role; const char *at; } grants[] = {
		{ "op2", SL_ROLE_OPERATOR, "operator" }, { "pa", SL_ROLE_PARTNER_ADMINISTRATOR, "partner:acme" },
		{ "ta", SL_ROLE_TENANT_ADMINISTRATOR, "tenant:one.example" }, { "ta2", SL_ROLE_TENANT_ADMINISTRATOR, "tenant:one.example" },
		{ "qm", SL_ROLE_QUARANTINE_MANAGER, "tenant:one.example" }, { "rr", SL_ROLE_REPORT_READER, "operator" },
	};
	static const struct sl_actor actor = { .account = { (const unsigned char *)"test", 4 } };
	struct sl_node node;

	fixture_init(f);
	free(ask(f, "op", "{\"verb\":\"partner.add\",\"args\":{\"name\":\"acme\"}}"));
	free(ask(f, "op", "{\"verb\":\"partner.add\",\"args\":{\"name\":\"empty\"}}"));
	free(ask(f, "op", "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"one.example\",\"route\":[\"mx\"],\"partner\":\"acme\"}}"));
	free(ask(f, "op", "{\"verb\":\"template.set\",\"args\":{\"name\":\"gold\",\"set\":[\"level=maximum\"]}}"));
	free(ask(f, "op", "{\"verb\":\"policy.set\",\"args\":{\"lock\":[\"malware\"]}}"));
	for (size_t i = 0; i < SL_COUNT(grants); i++) {
		assert_int_equal(sl_store_find_text(f->store, S(grants[i].at), &node), 0);
		assert_int_equal(sl_store_grant_add(f->store, &actor, S(grants[i].account), grants[i].role, node), 0);
	}
	f->console.two_persons = true;
}

static void
answers(struct fixture *f, const char *account, const char *request, const char *wanted)
{
	char *reply = ask(f, account, request);

	if (strstr(reply, wanted) == NULL)
		fail_msg("%s asks %s\n  is    %s\n  wants %s", account, request, reply, wanted);
	free(reply);
}

/* Asked, and approved by everybody who is not a second one: nothing of it is done. */
static void
nobody_alone_does_what_takes_two(void **state)
{
	static const char *const nobody[] = { "qm", "rr", "mallory" };
	struct fixture f;
	char id[160];

	two_persons_init(&f);
	for (size_t i = 0; i < SL_COUNT(alone); i++) {
		answers(&f, alone[i].account, alone[i].request, "takes two people: it waits as number");
		snprintf(id, sizeof(id), "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"%zu\"}}", i + 1);
		answers(&f, alone[i].account, id, "nobody approves what he asked for himself");
		for (size_t n = 0; n < SL_COUNT(nobody); n++)
			answers(&f, nobody[n], id, "there is nothing with the number");
	}
	answers(&f, "op", "{\"verb\":\"tenant.show\",\"args\":{\"tenant\":\"one.example\"}}", "{\"value\":\"on\",\"what\":\"state\"}");
	answers(&f, "op", "{\"verb\":\"partner.show\",\"args\":{\"partner\":\"empty\"}}", "\"ok\":true");
	answers(&f, "op", "{\"verb\":\"policy.show\",\"args\":{\"own\":true}}", "\"text\":\"locks: [malware]\\n\"");
	answers(&f, "op", "{\"verb\":\"grant.show\"}", "op2");
	answers(&f, "op3", "{\"verb\":\"grant.show\"}", "op3 may not");
	answers(&f, "ta3", "{\"verb\":\"grant.show\",\"args\":{\"at\":\"tenant:one.example\"}}", "ta3 may not");
	answers(&f, "op", "{\"verb\":\"template.show\"}", "gold");
	assert_int_not_equal(access("/tmp/sluice-console-must-not-be", F_OK), 0);
	/* What is not dangerous is done at once. */
	answers(&f, "ta", "{\"verb\":\"tenant.set\",\"args\":{\"tenant\":\"one.example\",\"state\":\"monitor\"}}", "is set");
	answers(&f, "op", "{\"verb\":\"policy.set\",\"args\":{\"set\":[\"subject_tag=x\"]}}", "operator: version");
	answers(&f, "ta", "{\"verb\":\"grant.add\",\"args\":{\"account\":\"qm2\",\"role\":\"quarantine-manager\",\"at\":\"tenant:one.example\"}}",
	    "qm2 is quarantine-manager there");
	fixture_fini(&f);
}

static int64_t
test_wall(void *ctx)
{
	return *(int64_t *)ctx;
}

static void
two_do_what_takes_two_once_and_in_time(void **state)
{
	struct fixture f;

	two_persons_init(&f);
	answers(&f, "ta", "{\"verb\":\"tenant.set\",\"args\":{\"tenant\":\"one.example\",\"state\":\"off\",\"note_of_change\":\"moves\"}}",
	    "number 1 ");
	answers(&f, "ta2", "{\"verb\":\"approval.list\"}", "\"note\":\"moves\",\"number\":1,\"state\":\"open\"");
	answers(&f, "qm", "{\"verb\":\"approval.list\"}", "qm may not");
	answers(&f, "ta2", "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"1\"}}", "tenant one.example is set");
	answers(&f, "ta2", "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"1\"}}", "it is approved");
	answers(&f, "op", "{\"verb\":\"tenant.show\",\"args\":{\"tenant\":\"one.example\"}}", "{\"value\":\"off\",\"what\":\"state\"}");
	answers(&f, "ta", "{\"verb\":\"audit.show\",\"args\":{\"tenant\":\"one.example\"}}", "approved by ta2, number 1");
	answers(&f, "ta", "{\"verb\":\"audit.show\",\"args\":{\"tenant\":\"one.example\"}}", "\"verb\":\"approval.ask\"");
	answers(&f, "ta", "{\"verb\":\"audit.show\",\"args\":{\"tenant\":\"one.example\"}}", "\"verb\":\"approval.approve\"");
	/* Refused, by a second one, or taken back by who asked. */
	answers(&f, "op", "{\"verb\":\"partner.remove\",\"args\":{\"partner\":\"empty\"}}", "number 2 ");
	answers(&f, "op2", "{\"verb\":\"approval.refuse\",\"args\":{\"id\":\"2\"}}", "number 2 is refused");
	answers(&f, "op2", "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"2\"}}", "it is refused");
	answers(&f, "op", "{\"verb\":\"partner.remove\",\"args\":{\"partner\":\"empty\"}}", "number 3 ");
	answers(&f, "op", "{\"verb\":\"approval.refuse\",\"args\":{\"id\":\"3\"}}", "number 3 is refused");
	/* Who asked has lost the right meanwhile. */
	answers(&f, "ta", "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}", "number 4 ");
	answers(&f, "ta2", "{\"verb\":\"grant.remove\",\"args\":{\"account\":\"ta\",\"role\":\"tenant-administrator\",\"at\":\"tenant:one.example\"}}",
	    "\"ok\":true");
	answers(&f, "ta2", "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"4\"}}", "cannot be done: ta may not tenant.remove");
	/* An operator's, done by two; after that its node is not there. */
	answers(&f, "op", "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}", "number 5 ");
	answers(&f, "pa", "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}", "number 6 ");
	answers(&f, "op2", "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"5\"}}", "tenant:one.example is removed");
	answers(&f, "op2", "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"6\"}}", "there is nothing with the number 6");
	answers(&f, "op", "{\"verb\":\"approval.list\",\"args\":{\"all\":true}}", "\"number\":2,\"state\":\"refused\"");
	answers(&f, "op", "{\"verb\":\"audit.verify\"}", "every one as it was written");
	fixture_fini(&f);
}

static void
what_nobody_approves_in_a_day_is_over(void **state)
{
	int64_t now_us = INT64_C(1790000000000000);
	const struct sl_clock clock = { .wall_us = test_wall, .ctx = &now_us };
	struct sl_store_options options = { .clock = &clock };
	struct fixture f;
	char path[96];

	two_persons_init(&f);
	snprintf(path, sizeof(path), "%s/settings.db", f.directory);
	options.path = path;
	sl_store_close(&f.store);
	assert_int_equal(sl_store_open(&options, &f.store), 0);
	f.console.store = f.store;
	answers(&f, "op", "{\"verb\":\"partner.remove\",\"args\":{\"partner\":\"empty\"}}", "number 1 ");
	now_us += INT64_C(86400) * 1000000 - 1;
	answers(&f, "op2", "{\"verb\":\"approval.list\"}", "\"state\":\"open\"");
	now_us += 1;
	answers(&f, "op2", "{\"verb\":\"approval.list\"}", "nothing waits");
	answers(&f, "op2", "{\"verb\":\"approval.approve\",\"args\":{\"id\":\"1\"}}", "it is expired");
	fixture_fini(&f);
}

/* What the compiler is asked, and answers: whole, and refused at every cut. */
static void
jobs_are_packed_and_unpacked(void **state)
{
	const int64_t tenants[] = { 1, 7, INT64_MAX }, partners[] = { 0, 5 }, speakers[] = { 5 }, partly[] = { 2 };
	const struct sl_compile_part parts[] = { { 2, SL_COMPILE_SAID, 0 }, { 2, SL_COMPILE_USER, 9 } };
	const struct sl_compile_gone gone[] = { { 2, S("x@one.example") } };
	const struct job job = { JOB_TRY_PART, tenants, 3, partly, 1, parts, 2, gone, 1, partners, 2, speakers, 1, { SL_LEVEL_USER, 9 }, S("gold"),
		S("level: standard\n") };
	const struct job_done done = { .error = S("e"), .problems = S("p\n"), .change = 12, .cpu_us = 7, .counts = { .tenants = 3, .bytes = 99 },
		.id = "0123456789abcdef" };
	struct job_note note = { 12, 34, { 1, 2, 3, 4, 5, 6, 7, 255 } }, note_again;
	struct job again;
	struct job_done done_again;
	struct sl_buf out;

	sl_buf_init(&out, 65536);
	job_pack(&job, &out);
	assert_int_equal(job_unpack(sl_buf_slice(&out), &again), 0);
	assert_true(again.kind == JOB_TRY_PART && again.tenants_len == 3 && again.partners_len == 2 &&
	    again.speakers_len == 1 && again.speakers[0] == 5 && again.partly_len == 1 && again.partly[0] == 2 &&
	    again.parts_len == 2 && again.parts[1].tenant == 2 && again.parts[1].what == SL_COMPILE_USER && again.parts[1].id == 9 &&
	    again.gone_len == 1 && again.gone[0].tenant == 2 && sl_slice_eq(again.gone[0].address, gone[0].address));
	assert_memory_equal(again.tenants, tenants, sizeof(tenants));
	assert_memory_equal(again.partners, partners, sizeof(partners));
	assert_true(again.node.level == SL_LEVEL_USER && again.node.id == 9 && sl_slice_eq(again.name, job.name) &&
	    sl_slice_eq(again.text, job.text));
	job_fini(&again);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(job_unpack(sl_slice(out.data, len), &again), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	job_done_pack(&done, &out);
	assert_int_equal(job_done_unpack(sl_buf_slice(&out), &done_again), 0);
	assert_true(done_again.change == 12 && done_again.cpu_us == 7 && done_again.counts.tenants == 3 && done_again.counts.bytes == 99);
	assert_string_equal(done_again.id, done.id);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(job_done_unpack(sl_slice(out.data, len), &done_again), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	job_note_print(&note, &out);
	assert_true(out.len <= SL_SNAPSHOT_NOTE_MAX && job_note_read(sl_buf_slice(&out), &note_again));
	assert_true(note_again.change == 12 && note_again.audit == 34 && memcmp(note.hash, note_again.hash, 8) == 0);
	for (size_t len = 0; len < out.len; len++)
		assert_false(job_note_read(sl_slice(out.data, len), &note_again));
	assert_false(job_note_read(S("99 1 2 0102030405060708"), &note_again));
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_answered_to_those_who_may_ask),
		cmocka_unit_test(nobody_without_a_role_does_anything),
		cmocka_unit_test(nobody_alone_does_what_takes_two),
		cmocka_unit_test(two_do_what_takes_two_once_and_in_time),
		cmocka_unit_test(what_nobody_approves_in_a_day_is_over),
		cmocka_unit_test(jobs_are_packed_and_unpacked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
