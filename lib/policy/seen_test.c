/* seen_test.c - rules come to the same by a file and by what is kept of it */

#include <stdio.h>

#include "check.h"
#include "policy/seen.h"

#define W(text)	{ (const unsigned char *)(text), sizeof(text) - 1 }

static const struct { const char *name, *skeleton; } skeletons[] = {
	{ "Invoice 12.EXE", "*.exe" }, { "", "" }, { "README", "*" }, { "a.tar.gz", "*.gz" }, { "x/y.zip!/z.scr", "*.scr" },
	{ "x.exe. .", "*.exe." }, { "x.exe:y.txt", "*.exe:*.txt" }, { "x.exe .:y.txt", "*.exe:*.txt" }, { "x.p df", "*.-" },
	{ "secret.averyveryverylongextension", "*.-" }, { "x.", "*." }, { "dir.d/x", "*" }, { ":x.exe", "*.exe" },
	{ "caf\xc3\xa9.d\xc3\xb6""c", "*.-" },
};

static void
of_a_name_only_its_kind_is_kept(void **state)
{
	for (size_t i = 0; i < SL_COUNT(skeletons); i++) {
		struct sl_files_seen seen;
		struct sl_file file = { .name = sl_slice_str(skeletons[i].name) };

		sl_files_seen_init(&seen);
		sl_files_seen_add(&seen, &file);
		if (!sl_slice_eq(seen.files[0].name, sl_slice_str(skeletons[i].skeleton)))
			fail_msg("%s: %s", skeletons[i].name, seen.texts[0].name);
	}
}

static void
a_declared_type_is_kept_if_it_is_one(void **state)
{
	static const struct { const char *text, *kept; enum sl_type type; } rows[] = {
		{ "Image/X-New", "image/x-new", SL_TYPE_UNKNOWN }, { "image/x-new", "", SL_TYPE_PDF },
		{ "image/<b>", "", SL_TYPE_UNKNOWN },
		{ "application/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "", SL_TYPE_UNKNOWN },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_files_seen seen;
		struct sl_file file = { .declared = sl_slice_str(rows[i].text), .type = rows[i].type };

		sl_files_seen_init(&seen);
		sl_files_seen_add(&seen, &file);
		if (!sl_slice_eq(seen.files[0].declared, sl_slice_str(rows[i].kept)))
			fail_msg("%s: %s", rows[i].text, seen.texts[0].declared);
	}
}

static void
equal_files_are_one_and_many_are_said(void **state)
{
	struct sl_files_seen seen;
	char name[32];

	sl_files_seen_init(&seen);
	for (int i = 0; i < 100; i++) {
		struct sl_file file = { .name = W("a.pdf"), .bytes = (uint64_t)(i * 7 % 100) };

		sl_files_seen_add(&seen, &file);
	}
	assert_int_equal(seen.len, 1);
	assert_int_equal(seen.files[0].bytes, 99);
	for (int i = 0; i < 40; i++) {
		struct sl_file file = { 0 };

		snprintf(name, sizeof(name), "a.x%d", i);
		file.name = sl_slice_str(name);
		sl_files_seen_add(&seen, &file);
		assert_int_equal(seen.more, i > 30);
	}
	assert_int_equal(seen.len, SL_FILES_SEEN_MAX);
}

/* ---- the property */

static const struct sl_slice masks[][2] = { { W("*.exe"), W("*.scr") }, { W("*.pdf") }, { W("*") }, { W("*.gz") }, { W("*.txt") } };
static const struct sl_slice types[][2] = { { W("application/pdf") }, { W("image/*"), W("text/plain") }, { W("application/zip") } };

static uint64_t random_state = 7;

static unsigned
random_of(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static struct sl_slice
random_name(char *out, size_t size)
{
	static const char *const pieces[] = { "a", "invoice", ".exe", ".pdf", ".txt", ".zip", ".gz", ".", " ", ":", "/", "\xc3\xa9",
		".scr", ".png", "\xe2\x80\xae", "fdp", ".docm", "-", ".{21ec2020-3aea-1069-a2dd-08002b30309d}" };
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = random_of(6); i > 0; i--)
		len += (size_t)snprintf(out + len, size - len, "%s", pieces[random_of(SL_COUNT(pieces))]);
	return sl_slice(out, len);
}

static void
random_file(struct sl_file *file, char *name, size_t size)
{
	static const enum sl_type some[] = { SL_TYPE_UNKNOWN, SL_TYPE_UNKNOWN, SL_TYPE_PDF, SL_TYPE_ZIP, SL_TYPE_PNG };
	static const char *const said[] = { "", "image/x-new", "text/plain", "application/octet-stream" };

	*file = (struct sl_file){ .name = random_name(name, size), .type = some[random_of(SL_COUNT(some))],
		.type_is_sure = random_of(2), .declared = sl_slice_str(said[random_of(SL_COUNT(said))]),
		.bytes = random_of(2000), .inside = random_of(2), .encrypted = random_of(8) == 0, .macros = random_of(8) == 0,
		.program = random_of(8) == 0, .deceptive = random_of(8) == 0, .unreadable = random_of(8) == 0 };
}

static void
random_rule(struct sl_attachment_rule *rule)
{
	unsigned which;

	*rule = (struct sl_attachment_rule){ .name = W("r"), .action = (enum sl_action)random_of(SL_ACTION_COUNT),
		.families = random_of(2) ? 1u << random_of(SL_FAMILY_COUNT) | 1u << random_of(SL_FAMILY_COUNT) : 0,
		.larger_bytes = random_of(2) ? random_of(2000) : 0, .encrypted = random_of(6) == 0, .macros = random_of(6) == 0,
		.inside = (enum sl_attachment_inside)random_of(3) };
	which = random_of(2 * SL_COUNT(masks));
	if (which < SL_COUNT(masks))
		rule->names = (struct sl_policy_list){ masks[which], masks[which][1].ptr != NULL ? 2 : 1 };
	which = random_of(2 * SL_COUNT(types));
	if (which < SL_COUNT(types))
		rule->types = (struct sl_policy_list){ types[which], types[which][1].ptr != NULL ? 2 : 1 };
}

static void
alone(const struct sl_policy *policy, const struct sl_file *file)
{
	struct sl_files by_file, by_facts;
	struct sl_files_seen seen;

	sl_files_init(&by_file, policy);
	sl_files_init(&by_facts, policy);
	sl_files_seen_init(&seen);
	sl_files_see(&by_file, file);
	sl_files_seen_add(&seen, file);
	sl_files_see(&by_facts, &seen.files[0]);
	if (by_file.action != by_facts.action || memcmp(by_file.hits, by_facts.hits, sizeof(by_file.hits)) != 0)
		fail_msg("'" SL_SLICE_FMT "': %s %llx, %s: %s %llx", SL_SLICE_ARG(file->name), sl_action_word(by_file.action),
		    (unsigned long long)by_file.hits[0], seen.texts[0].name, sl_action_word(by_facts.action),
		    (unsigned long long)by_facts.hits[0]);
}

static void
rules_come_to_the_same_by_facts(void **state)
{
	for (int round = 0; round < 20000; round++) {
		struct sl_attachment_rule rules[3];
		struct sl_policy policy = { .attachments = { .programs = random_of(2) * SL_ACTION_TAG,
			.macros = random_of(2) * SL_ACTION_QUARANTINE, .encrypted = random_of(2) * SL_ACTION_TAG,
			.deceptive = random_of(2) * SL_ACTION_REFUSE, .rules = { rules, 3 } } };
		struct sl_files by_file, by_facts;
		struct sl_files_seen seen;
		char names[4][256];

		for (int i = 0; i < 3; i++) {
			random_rule(&rules[i]);
			assert_true(sl_files_rule_sees(&rules[i]));
		}
		sl_files_init(&by_file, &policy);
		sl_files_init(&by_facts, &policy);
		sl_files_seen_init(&seen);
		for (unsigned i = 0, n = 1 + random_of(4); i < n; i++) {
			struct sl_file file;

			random_file(&file, names[i], sizeof(names[i]));
			sl_files_see(&by_file, &file);
			alone(&policy, &file);
			sl_files_seen_add(&seen, &file);
		}
		for (size_t i = 0; i < seen.len; i++)
			sl_files_see(&by_facts, &seen.files[i]);
		if (by_file.action != by_facts.action || by_file.copy != by_facts.copy ||
		    memcmp(by_file.hits, by_facts.hits, sizeof(by_file.hits)) != 0)
			fail_msg("%s, %s, ...: %s %llx, %s, %s: %s %llx", names[0], names[1], sl_action_word(by_file.action),
			    (unsigned long long)by_file.hits[0], seen.texts[0].name, seen.texts[1].name,
			    sl_action_word(by_facts.action), (unsigned long long)by_facts.hits[0]);
	}
}

static void
other_masks_are_not_answered(void **state)
{
	static const struct { const char *mask; bool sees; } rows[] = { { "*", true }, { "*.exe", true }, { "*.tar.gz", false },
		{ "invoice*", false }, { "*.e?e", false }, { "*.", false }, { "*.abcdefghijkl", true },
		{ "*.abcdefghijklm", false }, { "?", false }, { "", false } };

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice mask = sl_slice_str(rows[i].mask);
		struct sl_attachment_rule rule = { .names = { &mask, 1 } };

		if (sl_files_rule_sees(&rule) != rows[i].sees)
			fail_msg("%s", rows[i].mask);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_name_only_its_kind_is_kept),
		cmocka_unit_test(a_declared_type_is_kept_if_it_is_one),
		cmocka_unit_test(equal_files_are_one_and_many_are_said),
		cmocka_unit_test(rules_come_to_the_same_by_facts),
		cmocka_unit_test(other_masks_are_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
