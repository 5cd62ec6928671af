/*
 * conformance_test.c - published suites of cases, read from ../shared/conformance
 * (or $SLUICE_SHARED/conformance) when the test runs; skipped where they are not
 */

#include "check.h"
#include "smtp/address.h"
#include "smtp/proxy.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Call `check` with each case of a suite, one JSON object a line. Skips the test without it. */
static void
each_case(const char *suite, void (*check)(json_t *row))
{
	const char *shared = getenv("SLUICE_SHARED");
	char path[4096], *line = NULL;
	size_t size = 0, count = 0;
	ssize_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/conformance/%s", shared == NULL ? "../shared" : shared,
	    suite);
	file = fopen(path, "r");
	if (file == NULL) {
		print_message("skip: %s is not there\n", path);
		skip();
	}
	for (; (len = getline(&line, &size, file)) > 0; count++) {
		json_t *row = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, NULL);

		assert_non_null(row);
		check(row);
		json_decref(row);
	}
	free(line);
	fclose(file);
	assert_true(count > 10);
	print_message("%s: %zu cases\n", suite, count);
}

static struct sl_slice
text_of(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	return sl_slice(json_string_value(value), json_string_length(value));
}

static bool
is_one_of(const char *s, const char *const *list)
{
	for (; s != NULL && *list != NULL; list++)
		if (strncmp(s, *list, strlen(*list)) == 0)
			return true;
	return false;
}

static void
expect(const json_t *row, bool good, bool expected)
{
	if (good != expected)
		fail_msg("%s: %s: %s", json_string_value(json_object_get(row, "id")),
		    good ? "taken" : "refused", json_dumps(row, 0));
}

/* A mailbox is judged bare and as a path; both must agree. */
static bool
mailbox_is_good(struct sl_slice mailbox)
{
	struct sl_smtp_address a, b;
	char path[2000];
	size_t used = 0;
	bool bare = sl_smtp_mailbox_parse(mailbox, &a) == SL_DONE, in_path;

	assert_true(mailbox.len + 2 <= sizeof(path));
	path[0] = '<';
	memcpy(path + 1, mailbox.ptr, mailbox.len);
	path[mailbox.len + 1] = '>';
	in_path = sl_smtp_path_parse(sl_slice(path, mailbox.len + 2), &b, &used) == SL_DONE &&
	    used == mailbox.len + 2;
	assert_int_equal(bare, in_path);
	assert_true(!bare || sl_slice_eq(b.mailbox, mailbox));
	return bare;
}

/* Good in an envelope: what is_email calls valid, what depends on DNS, and what it notes as RFC
 * 5321 alone (quoted strings, literals, "::" for one group, lone and numeric top levels). Its other
 * classes are comments and folding (CFWS), obsolete forms (DEPREC), what only a header may have
 * (RFC5322: other literals, overlong parts) and errors; an envelope has none of these. */
static void
isemail_case(json_t *row)
{
	static const char *const good_categories[] = { "ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN",
	    "ISEMAIL_RFC5321", NULL };
	static const char *const good_diagnoses[] = { "ISEMAIL_RFC5321_", NULL };
	const char *category = json_string_value(json_object_get(row, "category"));
	const char *diagnosis = json_string_value(json_object_get(row, "diagnosis"));

	if (category == NULL)	/* a row that says only whether RFC 5322 allows it */
		return;
	expect(row, mailbox_is_good(text_of(row, "address")),
	    is_one_of(category, good_categories) || is_one_of(diagnosis, good_diagnoses));
}

static void
isemail_cases_agree(void **state)
{
	each_case("address-isemail/cases.jsonl", isemail_case);
}

/* Flanker's table is about header fields. Not taken in an envelope, though valid there: a display
 * name, comments, and a domain with a '!' in it. */
static void
flanker_case(json_t *row)
{
	static const char *const header_only[] = {
		"Bill Gates <\"billy\"@retired.Micr!osoft99.com>",
		"\"<john@smith.com>\" <john@smith.com>",
		"(this is a comment)test@example.com", "test@example.com (this is a comment)", NULL,
	};
	struct sl_slice text = text_of(row, "text");
	bool valid = json_is_true(json_object_get(row, "valid"));
	char mailbox[1000];

	if (is_one_of((const char *)text.ptr, header_only))
		valid = false;
	if (strncmp(json_string_value(json_object_get(row, "id")), "abridged_", 9) == 0) {
		snprintf(mailbox, sizeof(mailbox), SL_SLICE_FMT "@example.com", SL_SLICE_ARG(text));
		text = sl_slice_str(mailbox);
	}
	expect(row, mailbox_is_good(text), valid);
}

static void
flanker_cases_agree(void **state)
{
	each_case("address-flanker/cases.jsonl", flanker_case);
}

/* A quoted local part without its quotes and backslashes, as the suite writes it. */
static struct sl_slice
unquoted(struct sl_slice local, char *out)
{
	size_t len = 0;

	if (local.len == 0 || local.ptr[0] != '"')
		return local;
	for (size_t i = 1; i < local.len - 1; i++) {
		if (local.ptr[i] == '\\')
			i++;
		out[len++] = (char)local.ptr[i];
	}
	return sl_slice(out, len);
}

/* rspamd takes paths without brackets; here these are mailboxes, and no path. The suite's
 * header.jsonl is about header fields and is left to their parser. */
static void
rspamd_case(json_t *row)
{
	const json_t *expected = json_object_get(row, "expected_subset");
	struct sl_slice path = text_of(row, "path");
	struct sl_smtp_address a = { 0 };
	size_t used = 0;
	char local[100];
	bool good;

	if (path.ptr[0] == '<') {
		good = sl_smtp_path_parse(path, &a, &used) == SL_DONE && used == path.len;
	} else {
		assert_int_equal(sl_smtp_path_parse(path, &a, &used), SL_ERR_SYNTAX);
		good = sl_smtp_mailbox_parse(path, &a) == SL_DONE;
	}
	expect(row, good, json_is_true(json_object_get(row, "valid")));
	if (!good)
		return;
	if (json_object_get(expected, "domain") != NULL)
		assert_true(sl_slice_eq(a.domain, text_of(expected, "domain")));
	if (json_object_get(expected, "user") != NULL)
		assert_true(sl_slice_eq(unquoted(a.local, local), text_of(expected, "user")));
	assert_int_equal(a.is_null, path.len == 2);
}

static void
rspamd_cases_agree(void **state)
{
	each_case("address-rspamd/smtp.jsonl", rspamd_case);
}

static bool
same_endpoints(const struct sl_smtp_proxy *a, const struct sl_smtp_proxy *b)
{
	return a->local == b->local && memcmp(&a->source, &b->source, sizeof(a->source)) == 0 &&
	    memcmp(&a->destination, &b->destination, sizeof(a->destination)) == 0;
}

/* A header must be taken when its last byte is there and not before; what is none must be refused,
 * or not be complete where more bytes are announced than came. */
static void
proxy_case(json_t *row)
{
	struct sl_slice hex = text_of(row, "bytes_hex");
	bool valid = json_is_true(json_object_get(row, "valid"));
	const char *id = json_string_value(json_object_get(row, "id"));
	unsigned char bytes[1000];
	struct sl_smtp_proxy whole = { 0 }, proxy = { 0 };
	size_t used = 0, len = hex.len / 2, n = 0, at;
	int r, early = SL_MORE;

	assert_true(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf((const char *)hex.ptr + 2 * i, "%2hhx", &bytes[i]), 1);
	if (strcmp(id, "v2-tlv") == 0)
		valid = false;	/* its CRC32C is wrong, says its description, and we check it */
	r = sl_smtp_proxy_parse(sl_slice(bytes, len), &whole, &used);
	expect(row, r == SL_DONE, valid);
	assert_true(valid || r < 0);
	while (n < len && early == SL_MORE)
		early = sl_smtp_proxy_parse(sl_slice(bytes, ++n), &proxy, &at);
	assert_int_equal(early, r);
	assert_true(!valid || (n == used && at == used));
	assert_true(!valid || same_endpoints(&whole, &proxy));
}

static void
proxy_cases_agree_whole_and_byte_by_byte(void **state)
{
	each_case("proxy-protocol/cases.jsonl", proxy_case);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(isemail_cases_agree),
		cmocka_unit_test(flanker_cases_agree),
		cmocka_unit_test(rspamd_cases_agree),
		cmocka_unit_test(proxy_cases_agree_whole_and_byte_by_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
