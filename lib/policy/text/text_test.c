/* text_test.c - layers read, printed, compared; and what comes of several */

#include "check.h"
#include "policy/decide.h"
#include "policy/files.h"
#include "policy/text/policy_text.h"

#include <stdio.h>
#include <stdlib.h>

struct fixture {
	struct sl_arena			arena;
	struct sl_policy_presets	presets;
	struct sl_buf			errors, text;
};

static int
setup(void **state)
{
	struct fixture *f = sl_xzalloc(sizeof(*f));

	sl_arena_init(&f->arena, (size_t)64 << 20);
	sl_buf_init(&f->errors, 1 << 20);
	sl_buf_init(&f->text, 16 << 20);
	sl_policy_presets_read(&f->arena, &f->presets);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sl_arena_fini(&f->arena);
	sl_buf_fini(&f->errors);
	sl_buf_fini(&f->text);
	sl_free(f);
	return 0;
}

static struct sl_policy_layer
read_as(struct fixture *f, const char *text, enum sl_policy_by by)
{
	struct sl_policy_layer layer;

	sl_buf_reset(&f->errors);
	if (sl_policy_layer_read("f", sl_slice_str(text), by, &f->arena, &layer, &f->errors) != 0)
		fail_msg("%s", sl_buf_cstr(&f->errors));
	return layer;
}

static const char *
printed(struct fixture *f, const struct sl_policy_layer *layer)
{
	sl_buf_reset(&f->text);
	sl_policy_layer_print(layer, &f->text);
	return sl_buf_cstr(&f->text);
}

/* What is read, and how it is printed. NULL: as it was written. */
static const struct { const char *name, *text, *printed; } readable[] = {
	{ "nothing", "", "" },
	{ "a level", "level: maximum\n", NULL },
	{ "thresholds in any order", "spam: {refuse: 0.99, tag: 0.80, copy: 0.5}\n",
	  "spam: {tag: 0.8, copy: 0.5, refuse: 0.99}\n" },
	{ "never", "bulk: never\nspam: {tag: never}\n", "spam: never\nbulk: never\n" },
	{ "a scope", "digest:\n  hours: [16, 8]\n  time_zone: Europe/Berlin\n",
	  "digest:\n  hours: [8, 16]\n  time_zone: \"Europe/Berlin\"\n" },
	{ "locks", "locks: [digest.days, spam]\n", "locks: [spam, digest.days]\n" },
	{ "a text that needs quotes", "subject_tag: \"[a \\\"b\\\" #1: x]\"\n", NULL },
	{ "domains are sorted, once, in A-labels",
	  "authentication:\n  trusted_sealers: [b.example, \"*.A.example\", b\xc3\xbc""cher.example, b.example]\n",
	  "authentication:\n  trusted_sealers: [\"*.a.example\", \"b.example\", \"xn--bcher-kva.example\"]\n" },
	{ "addresses are sorted, once, in A-labels",
	  "reports:\n  days: [fri, mon]\n  addresses: [b@B\xc3\xbc""cher.example, a@one.example, a@ONE.example]\n",
	  "reports:\n  days: [mon, fri]\n  addresses: [\"a@one.example\", \"b@xn--bcher-kva.example\"]\n" },
	{ "sizes", "message:\n  size: 20480KiB\n", "message:\n  size: 20MiB\n" },
	{ "a text of more than ASCII", "digest:\n  brand: \"M\xc3\xbcller IT, 030 123\"\n", NULL },
	{ "an address in A-labels", "copy_to: Archiv@B\xc3\xbc""cher.example\n",
	  "copy_to: \"Archiv@xn--bcher-kva.example\"\n" },
	{ "attachment rules",
	  "attachments:\n  rules:\n    - name: big\n      larger_than: 10240KiB\n      action: defer\n"
	  "    - {name: exe, names: [\"*.SCR\", \"*.exe\"], families: [script, executable], inside: only, action: refuse}\n",
	  "attachments:\n  rules:\n    - {name: \"big\", larger_than: 10MiB, action: defer}\n"
	  "    - {name: \"exe\", families: [executable, script], names: [\"*.exe\", \"*.scr\"], inside: only, "
	  "action: refuse}\n" },
	{ "content groups",
	  "content:\n  groups:\n    - {name: c, words: [\" two  words \", z*], numbers: [iban], patterns: ['a\\d+'], at_least: 2, action: copy}\n",
	  "content:\n  groups:\n    - {name: \"c\", words: [\"two words\", \"z*\"], patterns: [\"a\\\\d+\"], numbers: [iban], "
	  "at_least: 2, action: copy}\n" },
	{ "partners", "authentication:\n  partners: [{tls: yes, domain: bank.example}, {domain: a.example, authentication: yes}]\n",
	  "authentication:\n  partners:\n    - {domain: \"a.example\", authentication: yes}\n"
	  "    - {domain: \"bank.example\", tls: yes}\n" },
	{ "an empty list is something else than nothing", "content:\n  groups: []\n", NULL },
};

static void
what_is_read_is_printed_one_way(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SL_COUNT(readable); i++) {
		const char *expected = readable[i].printed != NULL ? readable[i].printed : readable[i].text;
		struct sl_policy_layer layer = read_as(f, readable[i].text, SL_BY_TENANT), again;
		char *first;

		if (strcmp(printed(f, &layer), expected) != 0)
			fail_msg("%s: %s", readable[i].name, sl_buf_cstr(&f->text));
		first = sl_xstrdup(sl_buf_cstr(&f->text));
		again = read_as(f, first, SL_BY_TENANT);
		assert_string_equal(printed(f, &again), first);
		assert_int_equal(again.set, layer.set);
		assert_int_equal(again.locks, layer.locks);
		sl_buf_reset(&f->text);
		sl_policy_layer_diff(&layer, &again, &f->text);
		assert_string_equal(sl_buf_cstr(&f->text), "");
		sl_free(first);
	}
}

static const struct { const char *text, *error; enum sl_policy_by by; } wrong[] = {
	{ "levle: maximum\n", "f:1:1: remove 'levle': there is no such setting\n", SL_BY_TENANT },
	{ "days: 3\n", "f:1:1: there is no setting 'days': write quarantine.days\n", SL_BY_TENANT },
	{ "message: {size: 2GiB}\n", "f:1:17: message.size: write a size from 64KiB to 1GiB instead of '2GiB'\n", SL_BY_TENANT },
	{ "message: {size: 1}\n", "f:1:17: message.size: write a size from 64KiB to 1GiB instead of '1'\n", SL_BY_TENANT },
	{ "message: {window: large}\n", "f:1:19: message.window: write a size from 16KiB to 8MiB instead of 'large'\n",
	  SL_BY_OPERATOR },
	{ "level: high\n", "f:1:8: level: write perimeter, standard or maximum instead of 'high'\n", SL_BY_TENANT },
	{ "spam: 0.9\n", "f:1:7: spam: write from where on what is done, as in {tag: 0.8, refuse: 0.99}, or never\n",
	  SL_BY_TENANT },
	{ "spam: {tag: 0.9, refuse: 0.8, burn: 1}\n",
	  "f:1:7: spam: set tag below refuse, or it never happens\n"
	  "f:1:31: spam: write tag, copy, quarantine, defer or refuse instead of 'burn'\n", SL_BY_TENANT },
	{ "spam: {tag: 0.8000001}\n", "f:1:13: spam: write a probability from 0.01 to 1 with at most six decimals, "
	  "or never (not '0.8000001')\n", SL_BY_TENANT },
	{ "quarantine:\n  days: 0\n  users_see: [spam, virus]\n",
	  "f:2:9: quarantine.days: write a number from 1 to 365 instead of '0'\n"
	  "f:3:21: quarantine.users_see: write bulk, malformed, spam, content, authentication, attachment, phish or "
	  "malware instead of 'virus'\n", SL_BY_TENANT },
	{ "level: maximum\nspam: never\nlocks: [spam]\n",
	  "f:1:1: remove 'level': it is not a user's to say\n"
	  "f:3:1: remove 'locks': there is nobody below a user\n", SL_BY_USER },
	{ "reports: {addresses: [nobody]}\n", "f:1:23: reports.addresses: write the address of a mailbox, as in postmaster@example.com, its "
	  "domain in small letters (not 'nobody')\n", SL_BY_TENANT },
	{ "digest: {brand: \"two\\nlines\"}\n", "f:1:17: digest.brand: write one line of text (not 'two?lines')\n", SL_BY_TENANT },
	{ "digest: {brand: us}\n", "f:1:10: remove 'digest.brand': it is not a user's to say\n", SL_BY_USER },
	{ "locks: [spma]\n", "f:1:9: locks: write the names of settings, as in [spam, digest.days]\n", SL_BY_TENANT },
	{ "attachments:\n  rules:\n    - {name: a b, size: 3}\n    - {name: x, action: tag}\n    - {name: x, action: tag}\n",
	  "f:3:7: attachments.rules: add 'action'\n"
	  "f:3:14: name: write a name of letters, digits, '-' and '_', 64 at most\n"
	  "f:3:19: attachments.rules: remove 'size': there is no such key here\n"
	  "f:5:7: attachments.rules: write another name than 'x', which is taken\n", SL_BY_TENANT },
	{ "content:\n  groups:\n    - {name: a, patterns: ['(x'], action: tag}\n    - {name: b, action: tag}\n",
	  "f:3:28: patterns: correct the pattern at its character 2: missing closing parenthesis\n"
	  "f:4:7: content.groups: add 'words', 'patterns' or 'numbers': nothing is looked for\n", SL_BY_TENANT },
	{ "authentication:\n  partners: [{domain: a.example}]\n",
	  "f:2:13: authentication.partners: 'a.example': add 'tls: yes', 'authentication: yes', or both\n", SL_BY_TENANT },
	{ "copy_to: someone\n", "f:1:10: copy_to: write the address of a mailbox, as in postmaster@example.com, its "
	  "domain in small letters (not 'someone')\n", SL_BY_TENANT },
	{ "spam: {tag: 0.8}\nspam: never\n", "f:2:1: remove this 'spam': it is already set on line 1\n", SL_BY_TENANT },
	{ "subject_tag:\n", "f:1:1: subject_tag: write a single value instead of nothing\n", SL_BY_TENANT },
};

static void
every_problem_has_its_place(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_layer layer;

	for (size_t i = 0; i < SL_COUNT(wrong); i++) {
		sl_buf_reset(&f->errors);
		assert_int_equal(sl_policy_layer_read("f", sl_slice_str(wrong[i].text), wrong[i].by, &f->arena, &layer,
		    &f->errors), SL_ERR_SYNTAX);
		if (strcmp(sl_buf_cstr(&f->errors), wrong[i].error) != 0)
			fail_msg("%s", sl_buf_cstr(&f->errors));
	}
}

/* ---- several layers */

/* The levels' golden values: changing one is a decision. */
static void
levels_are_what_they_were(void **state)
{
	struct fixture *f = *state;
	const struct sl_policy *perimeter = &f->presets.level[SL_LEVEL_PERIMETER];
	const struct sl_policy *standard = &f->presets.level[SL_LEVEL_STANDARD];

	for (int c = 0; c < SL_CATEGORY_COUNT; c++)	/* nothing is stored at the perimeter */
		assert_true(perimeter->category[c].at[SL_ACTION_QUARANTINE] > 1);
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		if (sl_policy_settings[i].type == SL_POLICY_WORD)
			assert_string_not_equal(sl_policy_settings[i].preset[SL_LEVEL_PERIMETER], "quarantine");
	sl_policy_diff(perimeter, standard, &f->text);
	assert_string_equal(sl_buf_cstr(&f->text),
	    "level: perimeter -> standard\n"
	    "malware: {refuse: 0.9} -> {refuse: 0.5}\n"
	    "phish: {refuse: 0.999} -> {tag: 0.7, quarantine: 0.9, refuse: 0.999}\n"
	    "spam: {refuse: 0.999} -> {tag: 0.8, quarantine: 0.95, refuse: 0.9995}\n"
	    "malformed: never -> {tag: 0.9}\n"
	    "authentication.dmarc_quarantine: tag -> quarantine\n"
	    "attachments.programs: deliver -> quarantine\n"
	    "digest.days: [] -> [mon, tue, wed, thu, fri, sat, sun]\n");
	sl_buf_reset(&f->text);
	sl_policy_diff(standard, &f->presets.level[SL_LEVEL_MAXIMUM], &f->text);
	assert_string_equal(sl_buf_cstr(&f->text),
	    "level: standard -> maximum\n"
	    "malware: {refuse: 0.5} -> {refuse: 0.3}\n"
	    "phish: {tag: 0.7, quarantine: 0.9, refuse: 0.999} -> {quarantine: 0.6, refuse: 0.97}\n"
	    "spam: {tag: 0.8, quarantine: 0.95, refuse: 0.9995} -> {quarantine: 0.8, refuse: 0.99}\n"
	    "bulk: never -> {tag: 0.9}\n"
	    "malformed: {tag: 0.9} -> {quarantine: 0.9}\n"
	    "lists.overrides: [bulk, malformed, spam, authentication, phish] -> [bulk, malformed, spam]\n"
	    "lists.unauthenticated: yes -> no\n"
	    "lists.users: both -> deny\n"
	    "authentication.spf_fail: deliver -> tag\n"
	    "attachments.programs: quarantine -> refuse\n"
	    "attachments.macros: deliver -> quarantine\n"
	    "attachments.encrypted: deliver -> quarantine\n"
	    "attachments.unreadable: deliver -> quarantine\n");
}

#define SOURCES_MAX	4

static const struct resolved {
	const char	*name;
	struct { enum sl_policy_by by; const char *text; } say[SOURCES_MAX];
	const char	*path, *value;
	int		 said;		/* index in `say`; -1: the default */
	const char	*ignored;	/* lines of `show` that begin so, after "ignored: "; NULL: none */
} resolved[] = {
	{ "nobody says anything", { { 0 } }, "level", "standard", -1, NULL },
	{ "the nearest is heard", { { SL_BY_OPERATOR, "spam: {tag: 0.5}" }, { SL_BY_TENANT, "spam: {tag: 0.6}" },
	  { SL_BY_USER, "spam: {tag: 0.7}" } }, "spam", "{tag: 0.7}", 2, NULL },
	{ "a category is replaced whole", { { SL_BY_TENANT, "spam: {refuse: 0.9}" } }, "spam", "{refuse: 0.9}", 0, NULL },
	{ "a level sets what differs between levels", { { SL_BY_TENANT, "level: maximum" } }, "bulk", "{tag: 0.9}", 0, NULL },
	{ "also over what was said above", { { SL_BY_OPERATOR, "spam: {tag: 0.5}" }, { SL_BY_TENANT, "level: maximum" } },
	  "spam", "{quarantine: 0.8, refuse: 0.99}", 1, NULL },
	{ "but not what is beside it", { { SL_BY_TENANT, "spam: {tag: 0.5}\nlevel: maximum" } }, "spam", "{tag: 0.5}", 0, NULL },
	{ "nor what is the same in all", { { SL_BY_OPERATOR, "subject_tag: X" }, { SL_BY_TENANT, "level: maximum" } },
	  "subject_tag", "\"X\"", 0, NULL },
	{ "nor what is locked", { { SL_BY_OPERATOR, "spam: {tag: 0.5}\nlocks: [spam]" }, { SL_BY_TENANT, "level: maximum" } },
	  "spam", "{tag: 0.5}", 0, NULL },
	{ "what is locked is not heard", { { SL_BY_TENANT, "spam: {tag: 0.5}\nlocks: [spam]" },
	  { SL_BY_USER, "spam: never" } }, "spam", "{tag: 0.5}", 0,
	  "ignored: spam: never  # user, but it is locked (tenant)\n" },
	{ "a default can be locked", { { SL_BY_OPERATOR, "locks: [quarantine.days]" },
	  { SL_BY_TENANT, "quarantine: {days: 9}" } }, "quarantine.days", "7", -1,
	  "ignored: quarantine.days: 9  # tenant, but it is locked (operator)\n" },
	{ "the first lock counts", { { SL_BY_OPERATOR, "locks: [mode]" }, { SL_BY_PARTNER, "mode: monitor\nlocks: [mode]" } },
	  "mode", "filter", -1, "ignored: mode: monitor  # partner, but it is locked (operator)\n" },
	{ "fewer days are fine", { { SL_BY_OPERATOR, "quarantine: {days: 30}" }, { SL_BY_TENANT, "quarantine: {days: 14}" } },
	  "quarantine.days", "14", 1, NULL },
	{ "more are not", { { SL_BY_OPERATOR, "quarantine: {days: 30}" }, { SL_BY_TENANT, "quarantine: {days: 60}" } },
	  "quarantine.days", "30", 0, "ignored: quarantine.days: 60  # tenant, but it may only be narrowed (operator)\n" },
	{ "a smaller size is fine", { { SL_BY_OPERATOR, "message: {size: 100MiB}" }, { SL_BY_TENANT, "message: {size: 10MiB}" } },
	  "message.size", "10MiB", 1, NULL },
	{ "a larger one is not", { { SL_BY_PARTNER, "message: {size: 10MiB}" }, { SL_BY_TENANT, "message: {size: 11MiB}" } },
	  "message.size", "10MiB", 0, "ignored: message.size: 11MiB  # tenant, but it may only be narrowed (partner)\n" },
	{ "a default is no limit", { { SL_BY_TENANT, "quarantine: {days: 60}" } }, "quarantine.days", "60", 0, NULL },
	{ "malware is never treated more kindly", { { SL_BY_TENANT, "malware: {refuse: 0.5}" },
	  { SL_BY_GROUP, "malware: {quarantine: 0.4}" } }, "malware", "{refuse: 0.5}", 0,
	  "ignored: malware: {quarantine: 0.4}  # group, but it may only be narrowed (tenant)\n" },
	{ "but its own level is no limit to a layer", { { SL_BY_TENANT, "level: perimeter\nmalware: {quarantine: 0.9}" } },
	  "malware", "{quarantine: 0.9}", 0, NULL },
	{ "nor by another level", { { SL_BY_TENANT, "malware: {refuse: 0.5}" }, { SL_BY_GROUP, "level: perimeter" } },
	  "malware", "{refuse: 0.5}", 0, NULL },
	{ "but earlier", { { SL_BY_TENANT, "malware: {refuse: 0.5}" }, { SL_BY_GROUP, "malware: {quarantine: 0.2, refuse: 0.4}" } },
	  "malware", "{quarantine: 0.2, refuse: 0.4}", 1, NULL },
	{ "fewer may be seen", { { SL_BY_TENANT, "quarantine: {users_see: [spam, bulk]}" },
	  { SL_BY_GROUP, "quarantine: {users_see: [spam]}" } }, "quarantine.users_see", "[spam]", 1, NULL },
	{ "others may not", { { SL_BY_TENANT, "quarantine: {users_see: [spam]}" },
	  { SL_BY_GROUP, "quarantine: {users_see: [malware]}" } }, "quarantine.users_see", "[spam]", 0,
	  "ignored: quarantine.users_see: [malware]  # group, but it may only be narrowed (tenant)\n" },
	{ "the nearer of two groups", { { SL_BY_GROUP, "spam: {tag: 0.5}" }, { SL_BY_GROUP, "spam: {tag: 0.6}" } },
	  "spam", "{tag: 0.6}", 1, NULL },
};

static void
layers_resolve(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));

	for (size_t i = 0; i < SL_COUNT(resolved); i++) {
		const struct resolved *r = &resolved[i];
		const struct sl_policy_setting *row = sl_policy_setting_find(sl_slice_str(r->path));
		struct sl_policy_layer layers[SOURCES_MAX];
		struct sl_policy_source sources[SOURCES_MAX];
		const char *ignored;
		size_t n = 0;

		for (; n < SOURCES_MAX && r->say[n].text != NULL; n++) {
			layers[n] = read_as(f, r->say[n].text, r->say[n].by);
			sources[n] = (struct sl_policy_source){ r->say[n].by, &layers[n] };
		}
		sl_policy_resolve(&f->presets, sources, n, e);
		sl_buf_reset(&f->text);
		sl_policy_value_print(row, &e->policy, &f->text);
		if (strcmp(sl_buf_cstr(&f->text), r->value) != 0 || e->said[row - sl_policy_settings] != r->said)
			fail_msg("%s: %s, said by %d", r->name, sl_buf_cstr(&f->text), e->said[row - sl_policy_settings]);
		sl_buf_reset(&f->text);
		sl_policy_show(e, sources, NULL, true, &f->text);
		ignored = strstr(sl_buf_cstr(&f->text), "ignored: ");
		if (strcmp(ignored == NULL ? "" : ignored, r->ignored == NULL ? "" : r->ignored) != 0)
			fail_msg("%s: %s", r->name, ignored);
	}
	sl_free(e);
}

static void
what_a_layer_may_not_say_is_ignored(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_layer layer = read_as(f, "level: maximum", SL_BY_TENANT);
	struct sl_policy_source source = { SL_BY_USER, &layer };
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));

	sl_policy_resolve(&f->presets, &source, 1, e);
	assert_int_equal(e->policy.level, SL_LEVEL_STANDARD);
	assert_int_equal(e->ignored_len, 1);
	assert_int_equal(e->ignored[0].why, SL_IGNORED_NOT_HIS);
	sl_free(e);
}

static void
why_is_shown(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_layer layers[] = { read_as(f, "level: maximum\nlocks: [spam]", SL_BY_PARTNER),
		read_as(f, "subject_tag: \"[x]\"", SL_BY_TENANT) };
	struct sl_policy_source sources[] = { { SL_BY_PARTNER, &layers[0] }, { SL_BY_TENANT, &layers[1] } };
	static const char *const names[] = { "partner Nord", "tenant example.com" };
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));

	sl_policy_resolve(&f->presets, sources, 2, e);
	sl_policy_show(e, sources, names, true, &f->text);
	assert_non_null(strstr(sl_buf_cstr(&f->text), "level                            maximum  # partner Nord\n"));
	assert_non_null(strstr(sl_buf_cstr(&f->text), "{quarantine: 0.8, refuse: 0.99}  # partner Nord, by level, locked by "
	    "partner Nord\n"));
	assert_non_null(strstr(sl_buf_cstr(&f->text), "\"[x]\"  # tenant example.com\n"));
	assert_non_null(strstr(sl_buf_cstr(&f->text), "quarantine.days                  7  # default\n"));
	sl_free(e);
}

/* ---- versions */

static void
differences_are_lines(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_layer a = read_as(f, "level: standard\nspam: {tag: 0.8}\nlocks: [mode]\n"
	    "authentication:\n  trusted_sealers: [a.example, b.example]\n"
	    "content:\n  groups: [{name: g, words: [one, two], action: tag}, {name: h, words: [x], action: tag}]\n"
	    "attachments:\n  rules: [{name: r, names: [\"*.exe\"], action: tag}]\n", SL_BY_TENANT);
	struct sl_policy_layer b = read_as(f, "spam: {tag: 0.9}\nbulk: never\nlocks: [spam]\n"
	    "authentication:\n  trusted_sealers: [b.example, c.example]\n"
	    "content:\n  groups: [{name: g, words: [two, three], at_least: 2, action: refuse}]\n"
	    "attachments:\n  rules: [{name: r, names: [\"*.exe\"], action: refuse}]\n", SL_BY_TENANT);

	sl_policy_layer_diff(&a, &b, &f->text);
	assert_string_equal(sl_buf_cstr(&f->text),
	    "level: standard -> (inherited)\n"
	    "spam: {tag: 0.8} -> {tag: 0.9}\n"
	    "bulk: (inherited) -> never\n"
	    "authentication.trusted_sealers: - \"a.example\"\n"
	    "authentication.trusted_sealers: + \"c.example\"\n"
	    "attachments.rules: - {name: \"r\", names: [\"*.exe\"], action: tag}\n"
	    "attachments.rules: + {name: \"r\", names: [\"*.exe\"], action: refuse}\n"
	    "content.groups g action: tag -> refuse\n"
	    "content.groups g at_least: 1 -> 2\n"
	    "content.groups g words: - \"one\"\n"
	    "content.groups g words: + \"three\"\n"
	    "content.groups: - {name: \"h\", words: [\"x\"], action: tag}\n"
	    "unlock mode\n"
	    "lock spam\n");
}

static void
one_setting_is_set_and_unset(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_layer layer = read_as(f, "mode: monitor\n", SL_BY_TENANT);

	assert_int_equal(sl_policy_layer_set(&layer, SL_SLICE_LIT("digest.days"), SL_SLICE_LIT("[thu, mon]"), SL_BY_TENANT,
	    &f->arena, &f->errors), 0);
	assert_int_equal(sl_policy_layer_set(&layer, SL_SLICE_LIT("subject_tag"), SL_SLICE_LIT("[SPAM]"), SL_BY_TENANT,
	    &f->arena, &f->errors), 0);
	assert_string_equal(printed(f, &layer), "mode: monitor\nsubject_tag: \"[SPAM]\"\ndigest:\n  days: [mon, thu]\n");
	assert_int_equal(sl_policy_layer_set(&layer, SL_SLICE_LIT("mode"), SL_SLICE_LIT("on"), SL_BY_TENANT, &f->arena,
	    &f->errors), SL_ERR_SYNTAX);
	assert_string_equal(sl_buf_cstr(&f->errors), "mode: write filter, monitor or pass-through instead of 'on'\n");
	sl_buf_reset(&f->errors);
	assert_int_equal(sl_policy_layer_set(&layer, SL_SLICE_LIT("mode"), SL_SLICE_LIT("monitor"), SL_BY_USER, &f->arena,
	    &f->errors), SL_ERR_SYNTAX);
	assert_string_equal(sl_buf_cstr(&f->errors), "remove 'mode': it is not a user's to say\n");
	assert_int_equal(sl_policy_layer_unset(&layer, SL_SLICE_LIT("mode")), 0);
	assert_int_equal(sl_policy_layer_unset(&layer, SL_SLICE_LIT("digest.days")), 0);
	assert_int_equal(sl_policy_layer_unset(&layer, SL_SLICE_LIT("nothing")), SL_ERR_NOT_FOUND);
	assert_string_equal(printed(f, &layer), "subject_tag: \"[SPAM]\"\n");
}

/* ---- what is stored */

static const char *const storing[] = { "spam: {quarantine: 0.9}", "malware: {quarantine: 0.9}", "lists: {denied: quarantine}",
	"authentication: {dmarc_quarantine: quarantine}", "attachments: {encrypted: quarantine}" };

/* Rule on a message of chance. Returns whether it would be kept. */
static bool
keeps(const struct sl_policy *policy, unsigned *random)
{
	static struct sl_verdict verdict;
	struct sl_list_found found = { .deny.flags = SL_LIST_DENY, .deny_where = "From" };
	struct sl_demand demands[2] = { { (enum sl_action)policy->authentication.dmarc_quarantine, "forged", "5.7.1", "x" } };
	struct sl_decide known = { .policy = policy, .verdict = &verdict, .demands = demands, .demands_len = 1 };
	struct sl_file file = { .name = SL_SLICE_LIT("a.zip"), .encrypted = true };
	struct sl_decision decision;
	struct sl_files files;

	*random = *random * 1664525 + 1013904223;
	verdict.evidence_len = 1;
	verdict.evidence[0] = (struct sl_evidence){ .name = "x", .sentence = "" };
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		verdict.evidence[0].log_odds[c] = 1;
		verdict.probability[c] = (double)(*random >> (3 * c) & 0xff) / 255;
	}
	known.demands_len = *random >> 28 & 1;
	known.lists[SL_BY_TENANT] = (*random >> 29 & 3) == 3 ? &found : NULL;
	known.known_malware = (*random >> 25 & 7) == 7 ? "Eicar" : NULL;
	sl_files_init(&files, policy);
	file.encrypted = *random >> 31;
	sl_files_see(&files, &file);
	known.demands_len += sl_files_demand(&files, &demands[known.demands_len]);
	sl_decide(&known, &decision);
	return decision.ruling.action == SL_ACTION_QUARANTINE;
}

static void
nothing_is_kept_unless_the_policy_says_so(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	unsigned random = 1;

	for (int i = 0; i < 20000; i++)
		assert_false(keeps(&f->presets.level[SL_LEVEL_PERIMETER], &random));
	for (size_t i = 0; i < SL_COUNT(storing); i++) {
		char *text = sl_xasprintf("level: perimeter\n%s\n", storing[i]);
		struct sl_policy_layer layer = read_as(f, text, SL_BY_TENANT);
		struct sl_policy_source source = { SL_BY_TENANT, &layer };
		unsigned kept = 0;

		sl_policy_resolve(&f->presets, &source, 1, e);
		for (int n = 0; n < 2000; n++)
			kept += keeps(&e->policy, &random);
		if (kept == 0)
			fail_msg("%s keeps nothing", storing[i]);
		sl_free(text);
	}
	sl_free(e);
}

/* ---- bytes */

static void
a_policy_packs_and_unpacks(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_layer layer = read_as(f, "subject_tag: \"[x]\"\nspam: {tag: 0.123456, copy: 0.5}\n"
	    "authentication:\n  trusted_sealers: [a.example]\n  partners: [{domain: b.example, tls: yes}]\n"
	    "content:\n  groups: [{name: g, words: [one], patterns: [a+], numbers: [iban], at_least: 3, action: copy}]\n"
	    "attachments:\n  rules: [{name: r, names: [\"*.exe\"], types: [image/*], macros: yes, action: tag}]\n", SL_BY_TENANT);
	struct sl_policy_source source = { SL_BY_TENANT, &layer };
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy back;
	struct sl_buf again;

	sl_buf_init(&again, 1 << 20);
	sl_policy_resolve(&f->presets, &source, 1, e);
	sl_policy_pack(&e->policy, &f->text);
	assert_int_equal(sl_policy_unpack(sl_buf_slice(&f->text), &f->arena, &back), 0);
	sl_policy_diff(&e->policy, &back, &f->errors);
	assert_string_equal(sl_buf_cstr(&f->errors), "");
	sl_policy_pack(&back, &again);
	assert_true(sl_slice_eq(sl_buf_slice(&f->text), sl_buf_slice(&again)));
	for (size_t len = 0; len < f->text.len; len++)
		assert_int_not_equal(sl_policy_unpack(sl_slice(f->text.data, len), &f->arena, &back), 0);
	f->text.data[0] ^= 1;
	assert_int_equal(sl_policy_unpack(sl_buf_slice(&f->text), &f->arena, &back), SL_ERR_VERSION);
	sl_buf_fini(&again);
	sl_free(e);
}

static void
many_words_are_read(void **state)
{
	struct fixture *f = *state;
	struct sl_policy_layer layer;
	struct sl_buf text;

	sl_buf_init(&text, 16 << 20);
	sl_buf_add_str(&text, "content:\n  groups:\n    - {name: g, action: tag, words: [");
	for (int i = 0; i < 50000; i++)
		sl_buf_addf(&text, "%sword%d", i > 0 ? ", " : "", i);
	sl_buf_add_str(&text, "]}\n");
	layer = read_as(f, sl_buf_cstr(&text), SL_BY_TENANT);
	assert_int_equal(layer.values.content.groups.items[0].words.len, 50000);
	layer = read_as(f, printed(f, &layer), SL_BY_TENANT);
	assert_int_equal(layer.values.content.groups.items[0].words.len, 50000);
	sl_buf_fini(&text);
}

/* SLUICE_WRITE_DOC=1 writes it instead. */
static void
the_reference_is_current(void **state)
{
	struct fixture *f = *state;
	const char *path = SOURCE_ROOT "/doc/policy.md";
	FILE *file = fopen(path, getenv("SLUICE_WRITE_DOC") != NULL ? "w+" : "r");
	char line[4096];

	assert_non_null(file);
	sl_policy_doc_markdown(&f->text);
	if (getenv("SLUICE_WRITE_DOC") != NULL) {
		fwrite(f->text.data, 1, f->text.len, file);
		rewind(file);
	}
	while (fgets(line, sizeof(line), file) != NULL)
		sl_buf_add_str(&f->errors, line);
	fclose(file);
	assert_string_equal(sl_buf_cstr(&f->text), sl_buf_cstr(&f->errors));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_read_is_printed_one_way, setup, teardown),
		cmocka_unit_test_setup_teardown(every_problem_has_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(levels_are_what_they_were, setup, teardown),
		cmocka_unit_test_setup_teardown(layers_resolve, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_layer_may_not_say_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(why_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(differences_are_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(one_setting_is_set_and_unset, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_kept_unless_the_policy_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(a_policy_packs_and_unpacks, setup, teardown),
		cmocka_unit_test_setup_teardown(many_words_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(the_reference_is_current, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
