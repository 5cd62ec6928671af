/* files_test.c - attachment rules, one by one */

#include "check.h"
#include "policy/files.h"

#define W(text)	{ (const unsigned char *)(text), sizeof(text) - 1 }

static const struct { const char *mask, *name; bool fits; } masks[] = {
	{ "*.exe", "a.exe", true }, { "*.exe", "A.EXE", true }, { "*.exe", ".exe", true }, { "*.exe", "exe", false },
	{ "*.exe", "a.exe.txt", false }, { "*", "", true }, { "", "", true }, { "", "a", false }, { "a", "", false },
	{ "?", "a", true }, { "?", "\xc3\xa9", true }, { "?", "ab", false }, { "a?c", "abc", true },
	{ "a*b*c", "axxbyyc", true }, { "a*b*c", "axxcyyb", false }, { "**a**", "a", true }, { "invoice*.zip", "Invoice 12.zip", true },
	{ "*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false }, { "\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true },
};

static void
masks_fit(void **state)
{
	for (size_t i = 0; i < SL_COUNT(masks); i++)
		if (sl_files_mask(sl_slice_str(masks[i].mask), sl_slice_str(masks[i].name)) != masks[i].fits)
			fail_msg("%s, %s", masks[i].mask, masks[i].name);
}

static const struct sl_slice exe[] = { W("*.exe"), W("*.scr") }, types[] = { W("application/pdf"), W("image/*") };
static const struct sl_attachment_rule
	by_name = { .name = W("r"), .action = SL_ACTION_TAG, .names = { exe, 2 } },
	by_type = { .name = W("r"), .action = SL_ACTION_TAG, .types = { types, 2 } },
	by_family = { .name = W("r"), .action = SL_ACTION_TAG, .families = 1u << SL_FAMILY_ARCHIVE | 1u << SL_FAMILY_VIDEO },
	by_size = { .name = W("r"), .action = SL_ACTION_TAG, .larger_bytes = 1000 },
	by_password = { .name = W("r"), .action = SL_ACTION_TAG, .encrypted = true },
	by_macros = { .name = W("r"), .action = SL_ACTION_TAG, .macros = true },
	inside_only = { .name = W("r"), .action = SL_ACTION_TAG, .names = { exe, 2 }, .inside = SL_INSIDE_ONLY },
	inside_never = { .name = W("r"), .action = SL_ACTION_TAG, .names = { exe, 2 }, .inside = SL_INSIDE_NEVER },
	all_of_it = { .name = W("r"), .action = SL_ACTION_TAG, .families = 1u << SL_FAMILY_ARCHIVE, .larger_bytes = 1000,
	    .encrypted = true };

static const struct {
	const char			*name;
	const struct sl_attachment_rule	*rule;
	struct sl_file			 file;
	bool				 fits;
} rules[] = {
	{ "a name", &by_name, { .name = W("x.exe") }, true },
	{ "in a path", &by_name, { .name = W("in.zip!/a/X.SCR"), .inside = true }, true },
	{ "of a folder", &by_name, { .name = W("a.exe/b.txt"), .inside = true }, false },
	{ "with what Windows drops", &by_name, { .name = W("x.exe. .") }, true },
	{ "with a stream", &by_name, { .name = W("x.exe:y.txt") }, true },
	{ "a type by content", &by_type, { .name = W("x.txt"), .type = SL_TYPE_PDF }, true },
	{ "a type by name", &by_type, { .name = W("x.pdf") }, true },
	{ "any image", &by_type, { .name = W("x"), .type = SL_TYPE_PNG }, true },
	{ "declared, and nothing else known", &by_type, { .name = W("x"), .declared = W("image/x-strange") }, true },
	{ "declared, and something else", &by_type, { .name = W("x"), .type = SL_TYPE_ZIP, .declared = W("image/png") }, false },
	{ "a family by content", &by_family, { .name = W("x.txt"), .type = SL_TYPE_7Z }, true },
	{ "a family by name", &by_family, { .name = W("x.rar") }, true },
	{ "another family", &by_family, { .name = W("x.pdf"), .type = SL_TYPE_PDF }, false },
	{ "at the limit", &by_size, { .name = W("x"), .bytes = 1000 }, false },
	{ "one beyond", &by_size, { .name = W("x"), .bytes = 1001 }, true },
	{ "under a password", &by_password, { .name = W("x"), .encrypted = true }, true },
	{ "not so", &by_password, { .name = W("x") }, false },
	{ "with macros", &by_macros, { .name = W("x"), .macros = true }, true },
	{ "inside", &inside_only, { .name = W("x.exe"), .inside = true }, true },
	{ "not inside", &inside_only, { .name = W("x.exe") }, false },
	{ "inside, and not meant", &inside_never, { .name = W("x.exe"), .inside = true }, false },
	{ "outside", &inside_never, { .name = W("x.exe") }, true },
	{ "all at once", &all_of_it, { .name = W("x.zip"), .bytes = 2000, .encrypted = true }, true },
	{ "but one", &all_of_it, { .name = W("x.zip"), .bytes = 900, .encrypted = true }, false },
};

static void
rules_fit(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rules); i++) {
		struct sl_policy policy = { .attachments.rules = { rules[i].rule, 1 } };
		struct sl_demand demand;
		struct sl_files files;

		sl_files_init(&files, &policy);
		sl_files_see(&files, &rules[i].file);
		if (sl_files_demand(&files, &demand) != rules[i].fits)
			fail_msg("%s", rules[i].name);
		if (rules[i].fits && (demand.action != SL_ACTION_TAG || strcmp(demand.word, "attachment") != 0 ||
		    strstr(demand.reason, "(r)") == NULL))
			fail_msg("%s: %s", rules[i].name, demand.reason);
	}
}

static const struct sl_policy strict = { .attachments = { .programs = SL_ACTION_REFUSE, .macros = SL_ACTION_QUARANTINE,
	.encrypted = SL_ACTION_QUARANTINE, .deceptive = SL_ACTION_REFUSE, .unreadable = SL_ACTION_TAG } };

static const struct { const char *name; struct sl_file file; enum sl_action action; } built_in[] = {
	{ "a text", { .name = W("x.txt"), .type = SL_TYPE_TEXT }, SL_ACTION_DELIVER },
	{ "a program by name", { .name = W("x.exe") }, SL_ACTION_REFUSE },
	{ "a program by content", { .name = W("x.txt"), .type = SL_TYPE_PE, .type_is_sure = true }, SL_ACTION_REFUSE },
	{ "what looks like a script", { .name = W("x.txt"), .type = SL_TYPE_JS }, SL_ACTION_DELIVER },
	{ "a script by name", { .name = W("x.js"), .type = SL_TYPE_JS }, SL_ACTION_REFUSE },
	{ "inside an archive", { .name = W("a.zip!/b/x.vbs"), .inside = true }, SL_ACTION_REFUSE },
	{ "macros", { .name = W("x.docm"), .macros = true }, SL_ACTION_QUARANTINE },
	{ "a password", { .name = W("x.zip"), .encrypted = true }, SL_ACTION_QUARANTINE },
	{ "deceptive", { .name = W("x.pdf"), .deceptive = true }, SL_ACTION_REFUSE },
	{ "unreadable", { .name = W("x.zip"), .unreadable = true }, SL_ACTION_TAG },
};

static void
settings_without_rules_work(void **state)
{
	for (size_t i = 0; i < SL_COUNT(built_in); i++) {
		struct sl_files files;

		sl_files_init(&files, &strict);
		sl_files_see(&files, &built_in[i].file);
		if (files.action != built_in[i].action)
			fail_msg("%s: %s", built_in[i].name, sl_action_word(files.action));
	}
}

static void
the_strongest_is_asked_for_and_said_in_ascii(void **state)
{
	static const struct sl_file first = { .name = W("a.zip"), .encrypted = true };
	static const struct sl_file second = { .name = W("r\xc3\xa9sum\xc3\xa9\r\n.exe") };
	struct sl_demand demand;
	struct sl_files files;

	sl_files_init(&files, &strict);
	sl_files_see(&files, &second);
	sl_files_see(&files, &first);
	assert_true(sl_files_demand(&files, &demand));
	assert_int_equal(demand.action, SL_ACTION_REFUSE);
	assert_string_equal(demand.reason, "The recipient does not take such files: 'r?sum???.exe' (a program)");
}

static const struct { enum sl_deep_finding id; enum sl_action action; } found[] = {
	{ SL_DEEP_ARCHIVE_ENCRYPTED, SL_ACTION_QUARANTINE }, { SL_DEEP_MACRO_AUTORUN, SL_ACTION_QUARANTINE },
	{ SL_DEEP_EXECUTABLE, SL_ACTION_REFUSE }, { SL_DEEP_HELPER_TIMEOUT, SL_ACTION_TAG }, { SL_DEEP_BUDGET, SL_ACTION_TAG },
	{ SL_DEEP_PDF_JAVASCRIPT, SL_ACTION_DELIVER }, { SL_DEEP_QR_CODE, SL_ACTION_DELIVER },
};

static void
what_helpers_find_counts(void **state)
{
	struct sl_deep_item entry = { .kind = SL_DEEP_ENTRY, .path = SL_SLICE_LIT("a/b.bin"),
		.entry = { .type = SL_SLICE_LIT("application/vnd.microsoft.portable-executable") } };
	struct sl_deep_item link = { .kind = SL_DEEP_LINK };
	struct sl_files files;
	struct sl_file file;

	for (size_t i = 0; i < SL_COUNT(found); i++) {
		struct sl_deep_item item = { .kind = SL_DEEP_FINDING, .finding = { .id = found[i].id } };

		sl_files_init(&files, &strict);
		assert_int_equal(sl_file_of_deep(&item, SL_SLICE_LIT("x.bin"), &file), found[i].action != SL_ACTION_DELIVER);
		sl_files_see(&files, &file);
		if (files.action != found[i].action)
			fail_msg("%s", sl_deep_finding_name(found[i].id));
	}
	sl_files_init(&files, &strict);
	assert_true(sl_file_of_deep(&entry, SL_SLICE_LIT("x.zip"), &file));
	assert_true(file.inside);
	sl_files_see(&files, &file);
	assert_int_equal(files.action, SL_ACTION_REFUSE);
	assert_false(sl_file_of_deep(&link, SL_SLICE_LIT("x.zip"), &file));
	entry.entry.flags = SL_DEEP_DIRECTORY;
	assert_false(sl_file_of_deep(&entry, SL_SLICE_LIT("x.zip"), &file));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_fit),
		cmocka_unit_test(rules_fit),
		cmocka_unit_test(settings_without_rules_work),
		cmocka_unit_test(the_strongest_is_asked_for_and_said_in_ascii),
		cmocka_unit_test(what_helpers_find_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
