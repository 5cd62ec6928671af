/* mailbox_test.c - address lists as mail programs read them */

#include "shared.h"
#include "mime/mailbox.h"

struct row {
	const char	*name;
	const char	*in;
	const char	*out;		/* GROUP:NAME<ADDRESS>; with ! before one that is not valid, ~ if its name is an address */
};

static const struct row rows[] = {
	{ "bare", "a@b.example", ":<a@b.example>;" },
	{ "name and address", "Ann B. <a@b>", ":Ann B.<a@b>;" },
	{ "quoted name", "\"B, Ann\" <a@b>", ":B, Ann<a@b>;" },
	{ "encoded name", "=?utf-8?q?Ren=C3=A9_X?= <a@b>", ":René X<a@b>;" },
	{ "name in a comment", "a@b (Ann \\(x\\))", ":Ann \\(x\\)<a@b>;" },
	{ "several", "a@b, C <c@d>,, e@f,", ":<a@b>;:C<c@d>;:<e@f>;" },
	{ "semicolons between", "A <a@b>; c@d;", ":A<a@b>;:<c@d>;" },
	{ "a group", "Us: a@b, C <c@d>;, e@f", "Us:<a@b>;Us:C<c@d>;:<e@f>;" },
	{ "an empty group", "undisclosed-recipients:;", "" },
	{ "a route", "X <@r1,@r2:a@b>", ":X<a@b>;" },
	{ "quoted local part", "\"a b\"@c", ":<a b@c>;" },
	{ "space and comments around dots", "a . b (x) @ c(y).d", ":y<a.b@c.d>;" },
	{ "a literal", "a@[192.0.2.1]", ":<a@[192.0.2.1]>;" },
	{ "UTF-8", "\xc3\xbc@\xc3\xbc.example", ":<ü@ü.example>;" },
	{ "an address as name", "\"ceo@bank.example\" <x@evil.example>", "~:ceo@bank.example<x@evil.example>;" },
	{ "its own address as name", "\"x@y\" <x@y>", ":x@y<x@y>;" },
	{ "two ats", "a@b@c", "!:<a@b@c>;" },
	{ "no domain", "a@", "!:<a@>;" },
	{ "a name alone", "Ann", "!:<Ann>;" },
	{ "brackets that do not close", "A <a@b", "!:A<a@b>;" },
	{ "text after the brackets", "A <a@b> c", "!:A<a@b>;" },
	{ "quotes that do not close", "\"a@b", "!:<\"a@b>;" },
	{ "a dot too many", "a..b@c", "!:<a..b@c>;" },
	{ "nothing", " , ;", "" },
};

static void
give(void *ctx, const struct sl_mailbox *m)
{
	sl_buf_addf(ctx, "%s%s" SL_SLICE_FMT ":" SL_SLICE_FMT "<" SL_SLICE_FMT ">;", m->valid ? "" : "!",
	    m->name_is_address ? "~" : "", SL_SLICE_ARG(m->group), SL_SLICE_ARG(m->name), SL_SLICE_ARG(m->address));
}

static void
lists_are_read_as_mail_programs_read_them(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf out;

		sl_buf_init(&out, 65536);
		sl_mailbox_each(sl_slice_str(rows[i].in), give, &out);
		if (strcmp(sl_buf_cstr(&out), rows[i].out) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, sl_buf_cstr(&out));
		sl_buf_fini(&out);
	}
}

static void
note_valid(void *ctx, const struct sl_mailbox *m)
{
	*(int *)ctx = *(int *)ctx == -1 && m->valid;
}

/* Is all of `text` one valid mailbox? */
static bool
is_mailbox(struct sl_slice text)
{
	int valid = -1;

	return sl_mailbox_each(text, note_valid, &valid) == 1 && valid == 1;
}

/* Where we differ from the suite, and why. */
static const struct { const char *id, *why; } deviations[] = {
	{ "mailbox_invalid#12", "words and quoted strings mixed: RFC 5322, 4.4, obs-local-part" },
	{ "mailbox_invalid#83", "comments on both sides of the sign: RFC 5322, 4.4, CFWS" },
};

static bool
deviates(const char *id)
{
	for (size_t i = 0; i < SL_COUNT(deviations); i++)
		if (strcmp(id, deviations[i].id) == 0)
			return true;
	return false;
}

static void
flanker_case(json_t *object, void *ctx)
{
	const char *id = json_string_value(json_object_get(object, "id"));
	struct sl_slice text = shared_string(object, "text");
	bool expected = json_is_true(json_object_get(object, "valid"));
	struct sl_buf whole;

	sl_buf_init(&whole, 65536);
	sl_buf_add_slice(&whole, text);
	if (strncmp(id, "abridged", 8) == 0)	/* local parts only */
		sl_buf_add_str(&whole, "@example.com");
	if (is_mailbox(sl_buf_slice(&whole)) != expected && !deviates(id)) {
		print_message("flanker %s %s: %s\n", id, expected ? "valid" : "invalid", sl_buf_cstr(&whole));
		++*(int *)ctx;
	}
	sl_buf_fini(&whole);
}

static void
isemail_case(json_t *object, void *ctx)
{
	struct sl_slice category = shared_string(object, "category"), address = shared_string(object, "address");

	/* Errors must be survived; what RFC 5322 allows must be read. */
	if (category.len == 0)
		return;
	if (sl_slice_eq(category, SL_SLICE_LIT("ISEMAIL_VALID_CATEGORY")) && !is_mailbox(address)) {
		print_message("isemail: " SL_SLICE_FMT "\n", SL_SLICE_ARG(address));
		++*(int *)ctx;
	}
	is_mailbox(address);
}

static void
the_published_cases_agree(void **state)
{
	int wrong = 0;

	shared_each("conformance/address-flanker/cases.jsonl", flanker_case, &wrong);
	shared_each("conformance/address-isemail/cases.jsonl", isemail_case, &wrong);
	assert_int_equal(wrong, 0);
}

static void
expect_next(void *ctx, const struct sl_mailbox *m)
{
	json_t **list = ctx, *expected = json_array_get(*list, 0);
	struct sl_slice name = shared_string(expected, "name"), addr = shared_string(expected, "addr");

	assert_non_null(expected);
	assert_true(sl_slice_eq(addr, m->address));
	if (name.ptr != NULL)
		assert_true(sl_slice_eq(name, m->name));
	json_array_remove(*list, 0);
}

static void
rspamd_case(json_t *object, void *ctx)
{
	json_t *list = json_object_get(object, "expected_subset");

	if (strcmp(json_string_value(json_object_get(object, "id")), "mime_addr#18") == 0)
		return;		/* "Comma, Name <a@x>": we give the text before the comma too, as not valid */
	sl_mailbox_each(shared_string(object, "field"), expect_next, &list);
	assert_int_equal(json_array_size(list), 0);
}

static void
the_published_lists_agree(void **state)
{
	shared_each("conformance/address-rspamd/header.jsonl", rspamd_case, NULL);
}

static void
hostile_lists_take_linear_time(void **state)
{
	static const char *const pieces[] = { "(", "()", "\"", "<", "a@b,", "a:", ".", "@", "[", "\\", "=?u?q?x?= " };

	for (size_t i = 0; i < SL_COUNT(pieces); i++) {
		struct sl_buf in, out;

		sl_buf_init(&in, 1 << 23);
		sl_buf_init(&out, 1 << 26);
		while (in.len < 256u << 10)
			sl_buf_add_str(&in, pieces[i]);
		sl_mailbox_each(sl_buf_slice(&in), give, &out);
		sl_buf_fini(&in);
		sl_buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read_as_mail_programs_read_them),
		cmocka_unit_test(the_published_cases_agree),
		cmocka_unit_test(the_published_lists_agree),
		cmocka_unit_test(hostile_lists_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
