/*
 * file_test.c - the settings file's tenants in the database: what is taken over, what stays, what is left out
 *
 * What an edge does without a console (sl_tenant_policy and nothing) and what comes of the database must be one policy, as long as
 * nobody has said anything there: else having a console would change what is done with mail.
 */

#include "file.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "compile/compile.h"
#include "policy/text/policy_text.h"
#include "store/grants.h"
#include "store/layers.h"
#include "store/tree.h"
#include "store/walk.h"

#define S(text)	sl_slice_str(text)
#define HEAD	"listen: [\"127.0.0.1:25\"]\nconsole: {directory: /c}\nquarantine: {directory: /v, keep: 36h}\n"

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

	snprintf(f->directory, sizeof(f->directory), "/tmp/sluice-file-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(path, sizeof(path), "%s/settings.db", f->directory);
	options.path = path;
	assert_int_equal(sl_store_open(&options, &f->store), 0);
	f->console = (struct console){ .store = f->store, .keeps = true, .settings_path = "/etc/sluice.yaml" };
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
	sl_settings_unref(&f->console.settings);
	sl_store_close(&f->store);
	nftw(f->directory, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void
take(struct fixture *f, const char *tenants)
{
	char *text = sl_xasprintf(HEAD "%s", tenants);
	struct sl_settings *settings;
	struct sl_buf errors;

	sl_buf_init(&errors, 65536);
	if (sl_settings_read("/etc/sluice.yaml", S(text), &settings, &errors) != 0)
		fail_msg("%s", sl_buf_cstr(&errors));
	sl_settings_unref(&f->console.settings);
	f->console.settings = settings;
	if (file_take_over(&f->console, settings, "/etc/sluice.yaml") != 0)
		fail_msg("%s", sl_store_error(f->store));
	sl_buf_fini(&errors);
	sl_free(text);
}

static void
asked(struct fixture *f, const char *request, const char *wants)
{
	json_t *reply = console_answer(&f->console, S("op"), S(request), NULL);
	char *text = json_dumps(reply, JSON_COMPACT | JSON_SORT_KEYS);

	if (strstr(text, wants) == NULL)
		fail_msg("%s\n  is    %s\n  wants %s", request, text, wants);
	json_decref(reply);
	free(text);
}

/* ---- what there is: a line for each ---- */

static int
on_tenant(void *ctx, const struct sl_tenant_row *row)
{
	sl_buf_addf(ctx, "%s%.*s %s %s", ((struct sl_buf *)ctx)->len > 0 ? "\n" : "", SL_SLICE_ARG(row->name), sl_tenant_state_word(row->settings.state),
	    row->file.in == SL_TENANT_IN_FILE ? row->file.mark != 0 ? "file" : "unmarked" :
	    row->file.in == SL_TENANT_GONE_FROM_FILE ? "gone" : "own");
	return 0;
}

static int
on_route(void *ctx, const struct sl_route_row *row)
{
	sl_buf_addf(ctx, "\n%lld > %.*s %u %s", (long long)row->tenant, SL_SLICE_ARG(row->route.host), row->route.port,
	    sl_route_tls_word(row->route.tls));
	return 0;
}

static int
on_domain(void *ctx, const struct sl_domain_row *row)
{
	sl_buf_addf(ctx, "\n%lld: %.*s", (long long)row->tenant, SL_SLICE_ARG(row->name));
	return 0;
}

static void
there_is(struct fixture *f, const char *expected)
{
	static const struct sl_walk walk = { .tenant = on_tenant, .route = on_route, .domain = on_domain };
	struct sl_buf text;

	sl_buf_init(&text, 65536);
	assert_int_equal(sl_store_walk(f->store, &walk, &text, SL_NODE_OPERATOR, NULL), 0);
	assert_string_equal(sl_buf_cstr(&text), expected);
	sl_buf_fini(&text);
}

#define ONE	"  - domains: [one.example, \"*.one.example\"]\n    next_hops: [\"mx.internal:2525\", \"[2001:db8::1]\"]\n    next_hop_tls: verify\n"
#define TWO	"  - domains: [two.example]\n    next_hops: [\"192.0.2.1\"]\n    name: \"M\xc3\xbcller & S\xc3\xb6hne\"\n"
#define ROUTES	"\n1 > mx.internal 2525 verify\n1 > 2001:db8::1 25 verify"

static void
tenants_come_change_and_go_with_the_file(void **state)
{
	struct fixture f;
	int64_t before, after;

	fixture_init(&f);
	take(&f, "tenants:\n" ONE TWO);
	there_is(&f, "one.example on file\nM\xc3\xbcller & S\xc3\xb6hne on file" ROUTES "\n2 > 192.0.2.1 25 opportunistic"
	    "\n1: one.example\n1: *.one.example\n2: two.example");
	assert_int_equal(sl_store_change(f.store, &before), 0);
	take(&f, "\n\ntenants:\n" TWO ONE);		/* elsewhere in it: the same */
	assert_int_equal(sl_store_change(f.store, &after), 0);
	assert_int_equal(before, after);
	asked(&f, "{\"verb\":\"user.add\",\"args\":{\"user\":\"a@two.example\"}}", "\"ok\":true");
	/* A domain goes from one to the other; the other is gone from the file, and keeps what is its own. */
	take(&f, "tenants:\n" TWO "  - domains: [new.example, one.example]\n    next_hops: [\"192.0.2.2\"]\n    name: new\n");
	there_is(&f, "one.example off gone\nM\xc3\xbcller & S\xc3\xb6hne on file\nnew on file" ROUTES
	    "\n2 > 192.0.2.1 25 opportunistic\n3 > 192.0.2.2 25 opportunistic\n1: *.one.example\n2: two.example\n3: new.example\n3: one.example");
	take(&f, "");
	take(&f, "tenants:\n" ONE TWO);
	there_is(&f, "one.example on file\nM\xc3\xbcller & S\xc3\xb6hne on file\nnew off gone" ROUTES
	    "\n2 > 192.0.2.1 25 opportunistic\n3 > 192.0.2.2 25 opportunistic\n1: *.one.example\n1: one.example\n2: two.example\n3: new.example");
	asked(&f, "{\"verb\":\"user.list\",\"args\":{\"tenant\":\"M\xc3\xbcller & S\xc3\xb6hne\"}}", "a@two.example");
	/* Who is gone may be removed, or goes on here. */
	asked(&f, "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}", "/etc/sluice.yaml, line 5: change it there");
	asked(&f, "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"new\"}}", "\"ok\":true");
	take(&f, "tenants:\n" TWO);
	fixture_fini(&f);
}

static void
names_are_told_apart_letter_by_letter(void **state)
{
	struct fixture f;

	fixture_init(&f);
	take(&f, "tenants:\n  - {name: a.example, domains: [a.example], next_hops: [\"192.0.2.1\"]}\n"
	    "  - {name: A.example, domains: [b.example], next_hops: [\"192.0.2.1\"]}\n"
	    "  - {name: a.example, domains: [c.example], next_hops: [\"192.0.2.1\"]}\n");
	there_is(&f, "a.example on file\nA.example on file\n1 > 192.0.2.1 25 opportunistic\n2 > 192.0.2.1 25 opportunistic"
	    "\n1: a.example\n2: b.example");
	take(&f, "tenants:\n  - {name: A.example, domains: [b.example], next_hops: [\"192.0.2.1\"]}\n");
	there_is(&f, "a.example off gone\nA.example on file\n1 > 192.0.2.1 25 opportunistic\n2 > 192.0.2.1 25 opportunistic"
	    "\n1: a.example\n2: b.example");
	fixture_fini(&f);
}

/* Two that change places, in one reload. */
static void
domains_go_from_tenant_to_tenant(void **state)
{
	struct fixture f;

	fixture_init(&f);
	take(&f, "tenants:\n  - {name: a, domains: [a.example], next_hops: [\"192.0.2.1\"]}\n"
	    "  - {name: b, domains: [b.example], next_hops: [\"192.0.2.1\"]}\n");
	take(&f, "tenants:\n  - {name: a, domains: [b.example], next_hops: [\"192.0.2.1\"]}\n"
	    "  - {name: b, domains: [a.example], next_hops: [\"192.0.2.1\"]}\n");
	there_is(&f, "a on file\nb on file\n1 > 192.0.2.1 25 opportunistic\n2 > 192.0.2.1 25 opportunistic\n1: b.example\n2: a.example");
	fixture_fini(&f);
}

static void
what_the_console_has_by_itself_stays_its_own(void **state)
{
	struct fixture f;

	fixture_init(&f);
	asked(&f, "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"one.example\",\"route\":[\"192.0.2.9\"]}}", "\"ok\":true");
	asked(&f, "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"three.example\",\"route\":[\"192.0.2.9\"]}}", "\"ok\":true");
	take(&f, "tenants:\n" ONE TWO "  - {name: c, domains: [c.example, three.example], next_hops: [\"192.0.2.1\"]}\n");
	there_is(&f, "one.example on own\nthree.example on own\nM\xc3\xbcller & S\xc3\xb6hne on file\n1 > 192.0.2.9 25 opportunistic"
	    "\n2 > 192.0.2.9 25 opportunistic\n3 > 192.0.2.1 25 opportunistic\n1: one.example\n2: three.example\n3: two.example");
	asked(&f, "{\"verb\":\"tenant.add\",\"args\":{\"domain\":\"two.example\",\"route\":[\"mx\"]}}", "already");
	asked(&f, "{\"verb\":\"tenant.set\",\"args\":{\"tenant\":\"one.example\",\"state\":\"monitor\"}}", "\"ok\":true");
	/* It is taken out there, and in the file it stays: it is taken over. */
	asked(&f, "{\"verb\":\"tenant.remove\",\"args\":{\"tenant\":\"one.example\"}}", "\"ok\":true");
	take(&f, "tenants:\n" ONE);
	there_is(&f, "three.example on own\nM\xc3\xbcller & S\xc3\xb6hne off gone\none.example on file\n2 > 192.0.2.9 25 opportunistic"
	    "\n3 > 192.0.2.1 25 opportunistic\n4 > mx.internal 2525 verify\n4 > 2001:db8::1 25 verify\n2: three.example\n3: two.example"
	    "\n4: one.example\n4: *.one.example");
	/* Turned on by a verb, one that the file had goes on as the console's. */
	asked(&f, "{\"verb\":\"tenant.set\",\"args\":{\"tenant\":\"M\xc3\xbcller & S\xc3\xb6hne\",\"state\":\"on\"}}", "\"ok\":true");
	take(&f, "tenants:\n" ONE);
	asked(&f, "{\"verb\":\"tenant.list\"}", "{\"file\":\"\",\"partner\":\"\",\"recipients\":\"discover\",\"state\":\"on\",\"tenant\":\"M");
	fixture_fini(&f);
}

/* ---- policies ---- */

static const char *const sections[] = {
	"",
	"    mode: monitor\n    subject_tag: \"[X]\"\n    refusal_text: call us\n",
	"    mode: pass-through\n    message_size: 20MiB\n",
	"    message_size: 0\n",
	"    policy: {spam: {tag: 0.123456, quarantine: 0.9, refuse: 0.99}, phish: never, malware: {refuse: 0.01}, bulk: {tag: 1}, "
	    "malformed: {defer: 0.5}}\n",
	"    policy: {spam: {copy: 0.5}}\n    copy_to: audit@one.example\n",
	"    authentication: {dmarc: record, bad_author: tag, spf_fail: refuse, trusted_sealers: [z.example, a.example], "
	    "require_pass: [\"*.bank.example\", bank.example]}\n",
	"    authentication: {dmarc: off, bad_author: off}\n",
	"    quarantine: {users_see: [spam], users_release: [bulk], users_allow: yes}\n    digest: {hours: [3], brand: \"a \\\"b\\\"\"}\n"
	    "    reports: {days: [mon], addresses: [\"it@one.example\"]}\n",
};

/* By which edges act without a console, and nothing of what comes from above counts but what is the same at each level. */
static void
as_edges_have_it(const struct sl_tenant *tenant, struct sl_arena *arena, struct sl_policy *out)
{
	sl_tenant_policy(tenant, arena, out);
	out->level = SL_LEVEL_DEFAULT;
	out->lists.denied = SL_ACTION_REFUSE;
}

static bool
is_compared(const struct sl_policy_setting *row)
{
	return strncmp(row->path, "lists.", 6) != 0 && strncmp(row->path, "quarantine.", 11) != 0 && strncmp(row->path, "digest.", 7) != 0 &&
	    strncmp(row->path, "reports.", 8) != 0 && strcmp(row->path, "message.window") != 0;
}

static void
compare(struct fixture *f, const char *section)
{
	const struct sl_compile_options options = { .store = f->store };
	struct sl_policy_effective *effective = sl_xzalloc(sizeof(*effective));
	struct sl_policy *plain = sl_xzalloc(sizeof(*plain));
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	struct sl_compile *compile = sl_compile_new(&options);
	const char *names[SL_POLICY_SOURCES_MAX];
	struct sl_buf a, b;
	struct sl_arena arena;
	struct sl_node node;
	size_t len, compared = 0;

	sl_arena_init(&arena, 1 << 20);
	sl_buf_init(&a, 65536);
	sl_buf_init(&b, 65536);
	assert_int_equal(sl_store_find(f->store, SL_LEVEL_TENANT, S("one.example"), &node), 0);
	assert_int_equal(sl_compile_effective(compile, node, effective, sources, names, &len), 0);
	as_edges_have_it(&f->console.settings->tenants[0], &arena, plain);
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];

		if (!is_compared(row))
			continue;
		sl_buf_reset(&a);
		sl_buf_reset(&b);
		sl_policy_value_print(row, plain, &a);
		sl_policy_value_print(row, &effective->policy, &b);
		/* Of lists the order is not what counts. */
		if (row->type != SL_POLICY_DOMAINS && row->type != SL_POLICY_PARTNERS && !sl_slice_eq(sl_buf_slice(&a), sl_buf_slice(&b)))
			fail_msg("%s%s: edges %s, the database %s", section, row->path, sl_buf_cstr(&a), sl_buf_cstr(&b));
		assert_int_equal(a.len, b.len);
		compared++;
	}
	assert_true(compared > 20 && effective->ignored_len == 0);
	assert_int_equal(effective->policy.quarantine.days, 2);	/* 36 hours, and no less */
	sl_buf_fini(&a);
	sl_buf_fini(&b);
	sl_arena_fini(&arena);
	sl_compile_free(&compile);
	sl_free(plain);
	sl_free(effective);
}

static void
a_console_changes_nothing_of_what_is_done_with_mail(void **state)
{
	for (size_t i = 0; i < SL_COUNT(sections); i++) {
		char *tenants = sl_xasprintf("tenants:\n  - domains: [one.example]\n    next_hops: [\"192.0.2.1\"]\n%s", sections[i]);
		struct fixture f;

		fixture_init(&f);
		take(&f, tenants);
		compare(&f, sections[i]);
		/* The same when it was another before: nothing of that is left. */
		for (size_t n = 0; n < SL_COUNT(sections); n++) {
			char *before = sl_xasprintf("tenants:\n  - domains: [one.example]\n    next_hops: [\"192.0.2.1\"]\n%s", sections[n]);

			take(&f, before);
			take(&f, tenants);
			compare(&f, sections[i]);
			sl_free(before);
		}
		fixture_fini(&f);
		sl_free(tenants);
	}
}

static void
layer_is(struct fixture *f, const char *has, const char *has_not)
{
	struct sl_node node;
	struct sl_buf text;

	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	assert_int_equal(sl_store_find(f->store, SL_LEVEL_TENANT, S("one.example"), &node), 0);
	assert_int_equal(sl_store_layer_get(f->store, node, sl_slice("", 0), SL_LAYER_ANY, &text, NULL), 0);
	if (strstr(sl_buf_cstr(&text), has) == NULL || (has_not != NULL && strstr(sl_buf_cstr(&text), has_not) != NULL))
		fail_msg("%s\nwants %s, and not %s", sl_buf_cstr(&text), has, has_not);
	sl_buf_fini(&text);
}

#define SET(what)	"{\"verb\":\"policy.set\",\"args\":{\"at\":\"tenant:one.example\",\"set\":[\"" what "\"]}}"

static void
what_the_file_does_not_say_is_for_verbs(void **state)
{
	static const char with[] = "tenants:\n  - domains: [one.example]\n    next_hops: [\"192.0.2.1\"]\n    digest: {hours: [3]}\n";
	static const char without[] = "tenants:\n  - domains: [one.example]\n    next_hops: [\"192.0.2.1\"]\n";
	struct fixture f;

	fixture_init(&f);
	take(&f, with);
	layer_is(&f, "hours: [3]", NULL);
	asked(&f, SET("digest.hours=[4]"), "tenant:one.example: digest.hours is in /etc/sluice.yaml, line 5: change it there, and reload");
	asked(&f, SET("spam.quarantine=0.9"), "spam is in /etc/sluice.yaml, line 5");
	asked(&f, SET("quarantine.days=1"), "quarantine.days is in /etc/sluice.yaml");
	asked(&f, SET("digest.language=de"), "\"ok\":true");
	asked(&f, SET("attachments.macros=refuse"), "\"ok\":true");
	asked(&f, "{\"verb\":\"policy.set\",\"args\":{\"at\":\"domain:one.example\",\"set\":[\"spam.tag=0.5\"]}}", "\"ok\":true");
	take(&f, without);
	layer_is(&f, "language: \"de\"", "hours");
	layer_is(&f, "macros: refuse", NULL);
	asked(&f, SET("digest.hours=[4]"), "\"ok\":true");
	take(&f, without);
	layer_is(&f, "hours: [4]", NULL);
	/* Now the file says it: it is the file's. */
	take(&f, with);
	layer_is(&f, "hours: [3]", "[4]");
	asked(&f, "{\"verb\":\"policy.take-back\",\"args\":{\"at\":\"tenant:one.example\"}}", "digest.hours is in");
	/* Without the file at hand, it is still not for verbs. */
	sl_settings_unref(&f.console.settings);
	asked(&f, SET("digest.hours=[4]"), "digest.hours is in the settings file: change it there");
	fixture_fini(&f);
}

/* What another version wrote there and nobody reads any more is said anew. */
static void
a_text_that_is_not_understood_is_replaced(void **state)
{
	const struct sl_tenant_file was = { SL_TENANT_IN_FILE, 1, 0 };
	struct fixture f;
	struct file_known known;
	struct sl_buf after, error;

	fixture_init(&f);
	sl_buf_init(&known.text, SL_LAYER_TEXT_MAX);
	sl_buf_init(&known.canonical, SL_LAYER_TEXT_MAX);
	take(&f, "tenants:\n  - domains: [one.example]\n    next_hops: [\"192.0.2.1\"]\n");
	sl_buf_init(&after, SL_LAYER_TEXT_MAX);
	sl_buf_init(&error, 4000);
	assert_int_equal(file_policy(f.console.settings, &f.console.settings->tenants[0], &was, &known, S("no: such\nsetting: [\n"), &after, &error), 0);
	assert_non_null(strstr(sl_buf_cstr(&after), "mode: filter"));
	sl_buf_fini(&known.text);
	sl_buf_fini(&known.canonical);
	sl_buf_fini(&after);
	sl_buf_fini(&error);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tenants_come_change_and_go_with_the_file),
		cmocka_unit_test(names_are_told_apart_letter_by_letter),
		cmocka_unit_test(domains_go_from_tenant_to_tenant),
		cmocka_unit_test(what_the_console_has_by_itself_stays_its_own),
		cmocka_unit_test(a_console_changes_nothing_of_what_is_done_with_mail),
		cmocka_unit_test(what_the_file_does_not_say_is_for_verbs),
		cmocka_unit_test(a_text_that_is_not_understood_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
