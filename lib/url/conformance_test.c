/*
 * conformance_test.c - links that SpamAssassin and rspamd find, read from ../shared/conformance
 * (or $SLUICE_SHARED/conformance) when the test runs; skipped where they are not
 *
 * SpamAssassin's expressions are matched with the list that it makes of a text: each link as it
 * was found, as it is written out, and scheme and host alone.
 */

#define PCRE2_CODE_UNIT_WIDTH 8

#include "check.h"
#include "domain/idna.h"
#include "shared.h"
#include "url/find.h"

#include <pcre2.h>

static struct sl_suffix *suffix;

struct deviation {
	const char	*id, *reason;
};

static const struct deviation spamassassin_deviations[] = {
	{ "uri_text#144", "no program of today puts .com behind a name without a top-level domain" },
	{ "uri_text#152", "%2F in a path is no slash: a browser keeps it" },
	{ "uri_text#186", "between < and > punctuation is the link's (RFC 3986, appendix C)" },
};

static const struct deviation rspamd_deviations[] = {
	{ "url#26", "a bracket behind a domain does not hide it: SpamAssassin's cases want it found" },
	{ "url#27", "nor does a comma before it" },
	{ "url#28", "in text the domain in it is seen by itself" },
	{ "url#48", "the dot that ends a text is the sentence's, as in rspamd's own url#3" },
	{ "url#62", "a path begins with a slash (URL standard)" },
	{ "url#71", "slashes of a path are not merged: servers may tell them apart (URL standard)" },
};

static bool
deviates(const struct deviation *rows, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].id, id) == 0) {
			print_message("deviation %s: %s\n", id, rows[i].reason);
			return true;
		}
	return false;
}

static void
list_link(void *ctx, const struct sl_found_link *link)
{
	struct sl_buf *list = ctx;

	if ((link->flags & SL_LINK_GUESSED) == 0)
		sl_buf_addf(list, SL_SLICE_FMT "\n", SL_SLICE_ARG(link->raw));
	sl_buf_addf(list, SL_SLICE_FMT "\n", SL_SLICE_ARG(link->text));
	sl_buf_addf(list, SL_SLICE_FMT "\n", SL_SLICE_ARG(sl_url_href(link->url)));
	if ((link->flags & SL_LINK_MAIL) == 0)
		sl_buf_addf(list, SL_SLICE_FMT "://" SL_SLICE_FMT "\n",
		    SL_SLICE_ARG(sl_url_scheme(link->url)), SL_SLICE_ARG(link->host));
}

static void
find(struct sl_slice text, sl_link_sink *sink, void *ctx)
{
	struct sl_link_finder *f = sl_link_finder_new(suffix, sink, ctx);

	sl_link_finder_feed(f, text.ptr, text.len);
	sl_link_finder_finish(f);
	sl_link_finder_free(&f);
}

static bool
matches(struct sl_slice pattern, struct sl_slice subject)
{
	int error, r;
	PCRE2_SIZE offset;
	pcre2_code *code = pcre2_compile(pattern.ptr, pattern.len, PCRE2_MULTILINE, &error, &offset, NULL);
	pcre2_match_data *data;

	assert_non_null(code);
	data = pcre2_match_data_create_from_pattern(code, NULL);
	r = pcre2_match(code, subject.len > 0 ? subject.ptr : (PCRE2_SPTR)"", subject.len, 0, 0, data, NULL);
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return r > 0;
}

/* Expressions are separated by tabs; "!" before one turns it round. */
static bool
all_match(json_t *patterns, struct sl_slice list, bool wanted)
{
	size_t i;
	json_t *row;

	json_array_foreach(patterns, i, row) {
		struct sl_slice rest = sl_slice(json_string_value(row), json_string_length(row));

		while (rest.len > 0) {
			const unsigned char *tab = memchr(rest.ptr, '\t', rest.len);
			struct sl_slice one = sl_slice(rest.ptr, tab == NULL ? rest.len :
			    (size_t)(tab - rest.ptr));
			bool negated = one.ptr[0] == '!';

			if (matches(sl_slice_from(one, negated), list) == (wanted == negated))
				return false;
			rest = sl_slice_from(rest, tab == NULL ? rest.len : one.len + 1);
		}
	}
	return true;
}

static void
spamassassin_case(json_t *object, void *ctx)
{
	const char *id = json_string_value(json_object_get(object, "id"));
	struct sl_buf list;
	bool good;

	sl_buf_init(&list, SIZE_MAX / 2);
	find(shared_string(object, "text"), list_link, &list);
	good = all_match(json_object_get(object, "must_match"), sl_buf_slice(&list), true) &&
	    all_match(json_object_get(object, "must_not_match"), sl_buf_slice(&list), false);
	if (!good && !deviates(spamassassin_deviations, SL_COUNT(spamassassin_deviations), id)) {
		print_error("%s: %s: %s", id, json_string_value(json_object_get(object, "text")),
		    sl_buf_cstr(&list));
		++*(unsigned *)ctx;
	}
	sl_buf_fini(&list);
}

static void
spamassassins_links_are_found(void **state)
{
	unsigned wrong = 0;

	shared_each("conformance/url-extract-spamassassin/uri_text.jsonl", spamassassin_case, &wrong);
	assert_int_equal(wrong, 0);
}

/* The first link: its host in letters, and its user, decoded. */
struct first {
	bool	found;
	char	host[1000], user[1000];
	int	port;
};

static void
first_link(void *ctx, const struct sl_found_link *link)
{
	struct first *first = ctx;
	struct sl_slice host = link->host, user = sl_url_user(link->url);
	size_t len;

	if (first->found)
		return;
	first->found = true;
	if (host.len > 0 && host.ptr[0] == '[')
		host = sl_slice(host.ptr + 1, host.len - 2);
	assert_int_equal(sl_idna_to_unicode(host, first->host, sizeof(first->host), &len, NULL), 0);
	snprintf(first->user, sizeof(first->user), SL_SLICE_FMT, SL_SLICE_ARG(user));
	first->port = sl_url_port(link->url);
}

static bool
user_is(const char *got, const char *expected)
{
	return strcmp(got, expected) == 0 || (strcmp(expected, "@") == 0 && strcmp(got, "%40") == 0);
}

/* rspamd gives a path without the slash it begins with; a case "/..." is of a path alone. */
static bool
path_is(struct sl_slice text, const char *expected)
{
	static struct sl_url base, url;

	assert_int_equal(sl_url_parse(SL_SLICE_LIT("http://example.com/"), NULL, &base), 0);
	return sl_url_parse(text, &base, &url) == 0 && sl_slice_eq(sl_url_path(&url), sl_slice_str(expected));
}

/* Cases whose registrable domain is asked for, under rspamd's list: foo.example.com is a suffix of
 * "*.example.com", and baz.example.com its exception. */
static bool
registrable_is(struct sl_slice text, const char *expected)
{
	struct sl_suffix *list = sl_suffix_read(SL_SLICE_LIT("com\n*.example.com\n!baz.example.com\n"));
	struct sl_slice got = sl_suffix_organisation(list, text);
	bool same = sl_slice_eq(got, sl_slice_str(expected));

	sl_suffix_free(&list);
	return same;
}

static bool
rspamd_agrees(struct sl_slice text, json_t *expected)
{
	json_t *head = json_array_get(expected, 0), *rest = json_array_get(expected, 1);
	struct first first = { 0 };
	const char *want;

	if (json_is_string(head) && text.len > 0 && text.ptr[0] != '/' && text.ptr[0] != '.')
		return registrable_is(text, json_string_value(head));
	if (json_is_string(head))
		return path_is(text, json_string_value(head));
	find(text, first_link, &first);
	if (json_is_array(head))	/* host, user */
		return first.found && strcmp(first.host, json_string_value(json_array_get(head, 0))) == 0 &&
		    (json_array_get(head, 1) == NULL ||
		    user_is(first.user, json_string_value(json_array_get(head, 1))));
	if (!json_is_true(head))
		return !first.found;
	want = json_string_value(json_object_get(rest, "host"));
	if (!first.found || strcmp(first.host, want) != 0)
		return false;
	want = json_string_value(json_object_get(rest, "user"));
	return (want == NULL || user_is(first.user, want)) &&
	    (json_object_get(rest, "port") == NULL ||
	    json_integer_value(json_object_get(rest, "port")) == first.port);
}

static void
rspamd_case(json_t *object, void *ctx)
{
	const char *id = json_string_value(json_object_get(object, "id"));
	struct sl_slice text = shared_string(object, "text");

	if (rspamd_agrees(text, json_object_get(object, "expected")) ||
	    deviates(rspamd_deviations, SL_COUNT(rspamd_deviations), id))
		return;
	print_error("%s: %s\n", id, json_dumps(object, 0));
	find(text, list_link, ctx);
	print_error("%s\n", sl_buf_cstr(ctx));
}

static void
rspamds_links_are_found(void **state)
{
	struct sl_buf wrong;

	sl_buf_init(&wrong, SIZE_MAX / 2);
	sl_buf_add_str(&wrong, "");
	shared_each("conformance/url-rspamd/cases.jsonl", rspamd_case, &wrong);
	assert_int_equal(wrong.len, 0);
	sl_buf_fini(&wrong);
}

static int
suffix_setup(void **state)
{
	suffix = sl_suffix_open(NULL);
	return suffix == NULL;
}

static int
suffix_teardown(void **state)
{
	sl_suffix_free(&suffix);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(spamassassins_links_are_found),
		cmocka_unit_test(rspamds_links_are_found),
	};

	return cmocka_run_group_tests(tests, suffix_setup, suffix_teardown);
}
