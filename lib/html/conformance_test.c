/*
 * conformance_test.c - html5lib's tokenizer cases, read from ../shared/conformance
 * (or $SLUICE_SHARED/conformance) when the test runs; skipped where they are not
 *
 * All token kinds are compared: tags with their attributes, text, comments, doctypes. Of the
 * errors only the events they lead to are.
 */

#include "check.h"
#include "html/token.h"
#include "sl/buf.h"
#include "sl/utf8.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX		100000
#define CASES_MIN	4000

/* Tokens as text, length before each string so that none can be taken for another. */
struct said {
	struct sl_buf	out, text, comment;
};

static void
say(struct said *s, char kind, struct sl_slice text)
{
	sl_buf_addf(&s->out, "%c%zu:", kind, text.len);
	sl_buf_add_slice(&s->out, text);
}

static void
flush_text(struct said *s)
{
	if (s->text.len > 0)
		say(s, 'T', sl_buf_slice(&s->text));
	sl_buf_reset(&s->text);
}

static void
say_string(struct said *s, struct sl_slice id)
{
	say(s, id.ptr == NULL ? '-' : '+', id);
}

static int
by_name(const void *a, const void *b)
{
	const struct sl_html_attr *x = a, *y = b;
	int r = memcmp(x->name.ptr, y->name.ptr, SL_MIN(x->name.len, y->name.len));

	return r != 0 ? r : x->name.len < y->name.len ? -1 : 1;
}

/* In order of names: the cases' objects have none. */
static void
say_tag(struct said *s, struct sl_slice name, struct sl_html_attr *attrs, size_t len, bool closing)
{
	flush_text(s);
	say(s, closing ? '/' : '<', name);
	qsort(attrs, len, sizeof(*attrs), by_name);
	for (size_t i = 0; i < len; i++) {
		say(s, 'N', attrs[i].name);
		say(s, 'V', attrs[i].value);
	}
}

static void
on_start_tag(void *ctx, const struct sl_html_tag *tag)
{
	struct sl_html_attr attrs[64];

	assert_true(tag->last && tag->part == 0 && tag->attrs_len <= SL_COUNT(attrs));
	memcpy(attrs, tag->attrs, tag->attrs_len * sizeof(*attrs));
	say_tag(ctx, tag->name, attrs, tag->attrs_len, tag->self_closing);
}

static void
on_end_tag(void *ctx, struct sl_slice name)
{
	flush_text(ctx);
	say(ctx, 'E', name);
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	sl_buf_add_slice(&((struct said *)ctx)->text, text);
}

static void
on_comment(void *ctx, struct sl_slice text, bool end)
{
	struct said *s = ctx;

	sl_buf_add_slice(&s->comment, text);
	if (!end)
		return;
	flush_text(s);
	say(s, 'C', sl_buf_slice(&s->comment));
	sl_buf_reset(&s->comment);
}

static void
on_doctype(void *ctx, const struct sl_html_doctype *doctype)
{
	flush_text(ctx);
	say_string(ctx, doctype->name);
	say_string(ctx, doctype->public_id);
	say_string(ctx, doctype->system_id);
	say(ctx, doctype->quirks ? 'Q' : 'D', SL_SLICE_LIT(""));
}

static const struct sl_html_sink sink = { on_start_tag, on_end_tag, on_text, on_comment, on_doctype,
	NULL };

/* The string of a case; some have escapes of their own, for what JSON cannot hold. */
static struct sl_slice
string_of(const json_t *value, bool escaped, struct sl_buf *store)
{
	struct sl_slice s = sl_slice(json_string_value(value), json_string_length(value));
	size_t from = store->len;
	unsigned char utf8[4];

	if (value == NULL || json_is_null(value))
		return sl_slice(NULL, 0);
	for (size_t i = 0; i < s.len; i++) {
		if (!escaped || s.len - i < 6 || memcmp(s.ptr + i, "\\u", 2) != 0) {
			sl_buf_add_byte(store, s.ptr[i]);
			continue;
		}
		char hex[5] = { 0 };

		memcpy(hex, s.ptr + i + 2, 4);
		unsigned c = (unsigned)strtoul(hex, NULL, 16);

		if (c >= 0xd800 && c < 0xe000) {	/* as the encoding would write it */
			utf8[0] = 0xed;
			utf8[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
			utf8[2] = (unsigned char)(0x80 | (c & 0x3f));
			sl_buf_add(store, utf8, 3);
		} else {
			sl_buf_add(store, utf8, sl_utf8_encode(c, utf8));
		}
		i += 5;
	}
	sl_buf_add_byte(store, 0);
	assert_false(store->overflow);
	return sl_slice(store->data + from, store->len - from - 1);
}

static bool
is_kind(const json_t *token, const char *kind)
{
	return strcmp(json_string_value(json_array_get(token, 0)), kind) == 0;
}

static void
expect_tag(struct said *s, const json_t *token, bool escaped, struct sl_buf *store)
{
	struct sl_html_attr attrs[64];
	size_t len = 0;
	const char *name;
	json_t *value;

	json_object_foreach(json_array_get(token, 2), name, value) {
		json_t *key = json_string(name);

		assert_true(len < SL_COUNT(attrs));
		attrs[len].name = string_of(key, escaped, store);
		attrs[len++].value = string_of(value, escaped, store);
		json_decref(key);
	}
	say_tag(s, string_of(json_array_get(token, 1), escaped, store), attrs, len,
	    json_is_true(json_array_get(token, 3)));
}

static void
expect(struct said *s, const json_t *token, bool escaped, struct sl_buf *store)
{
	if (is_kind(token, "Character")) {
		sl_buf_add_slice(&s->text, string_of(json_array_get(token, 1), escaped, store));
		return;
	}
	flush_text(s);
	if (is_kind(token, "StartTag")) {
		expect_tag(s, token, escaped, store);
	} else if (is_kind(token, "DOCTYPE")) {
		for (size_t i = 1; i <= 3; i++)
			say_string(s, string_of(json_array_get(token, i), escaped, store));
		say(s, json_is_true(json_array_get(token, 4)) ? 'D' : 'Q', SL_SLICE_LIT(""));
	} else {
		assert_true(is_kind(token, "EndTag") || is_kind(token, "Comment"));
		say(s, is_kind(token, "EndTag") ? 'E' : 'C',
		    string_of(json_array_get(token, 1), escaped, store));
	}
}

static void
said_init(struct said *s)
{
	sl_buf_init(&s->out, OUT_MAX);
	sl_buf_init(&s->text, OUT_MAX);
	sl_buf_init(&s->comment, OUT_MAX);
}

static void
said_reset(struct said *s)
{
	sl_buf_reset(&s->out);
	sl_buf_reset(&s->text);
	sl_buf_reset(&s->comment);
}

static void
said_fini(struct said *s)
{
	sl_buf_fini(&s->out);
	sl_buf_fini(&s->text);
	sl_buf_fini(&s->comment);
}

/* Tokenize in[0..cut), then the rest; cut SIZE_MAX: byte by byte. */
static void
tokenize(struct said *s, struct sl_slice in, size_t cut, enum sl_html_content content,
    struct sl_slice element)
{
	struct sl_html *html = sl_html_new(NULL, &sink, s);

	said_reset(s);
	sl_html_enter(html, content, element);
	if (cut == SIZE_MAX) {
		for (size_t i = 0; i < in.len; i++)
			sl_html_feed(html, in.ptr + i, 1);
	} else {
		sl_html_feed(html, in.ptr, cut);
		sl_html_feed(html, in.ptr + cut, in.len - cut);
	}
	sl_html_finish(html);
	sl_html_free(&html);
	flush_text(s);
}

static void
check_content(const json_t *row, enum sl_html_content content)
{
	bool escaped = json_is_true(json_object_get(row, "doubleEscaped"));
	struct said expected, got;
	struct sl_buf store;
	struct sl_slice in, element;
	json_t *token;
	size_t i;

	said_init(&expected);
	said_init(&got);
	sl_buf_init(&store, OUT_MAX);
	sl_buf_add(&store, "", 1);
	/* The store must not move while slices of it are held. */
	store.data = sl_xrealloc(store.data, store.size_bytes = OUT_MAX);
	json_array_foreach(json_object_get(row, "output"), i, token)
		expect(&expected, token, escaped, &store);
	flush_text(&expected);
	in = string_of(json_object_get(row, "input"), escaped, &store);
	element = string_of(json_object_get(row, "lastStartTag"), escaped, &store);
	for (size_t cut = 0; cut <= in.len + 1; cut++) {
		tokenize(&got, in, cut <= in.len ? cut : SIZE_MAX, content, element);
		if (!sl_slice_eq(sl_buf_slice(&got.out), sl_buf_slice(&expected.out)))
			fail_msg("%s, cut at %zu of %zu: %s, not %s: %s",
			    json_string_value(json_object_get(row, "id")), cut, in.len,
			    sl_buf_cstr(&got.out), sl_buf_cstr(&expected.out), json_dumps(row, 0));
	}
	sl_buf_fini(&store);
	said_fini(&got);
	said_fini(&expected);
}

/* Each state that a case begins in. */
static void
check_row(const json_t *row)
{
	static const struct {
		const char		*name;
		enum sl_html_content	 content;
	} states[] = {
		{ "Data state", SL_HTML_DATA }, { "RCDATA state", SL_HTML_RCDATA },
		{ "RAWTEXT state", SL_HTML_RAWTEXT }, { "Script data state", SL_HTML_SCRIPT },
		{ "PLAINTEXT state", SL_HTML_PLAINTEXT }, { "CDATA section state", SL_HTML_CDATA },
	};
	const json_t *list = json_object_get(row, "initialStates");
	size_t found = 0, i;
	json_t *name;

	if (list == NULL) {
		check_content(row, SL_HTML_DATA);
		return;
	}
	json_array_foreach(list, i, name)
		for (size_t n = 0; n < SL_COUNT(states); n++)
			if (strcmp(states[n].name, json_string_value(name)) == 0) {
				check_content(row, states[n].content);
				found++;
			}
	assert_int_equal(found, json_array_size(list));
}

/* Returns the number of cases in one file, one JSON object a line. */
static size_t
check_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, count = 0;
	ssize_t len;

	assert_non_null(file);
	for (; (len = getline(&line, &size, file)) > 0; count++) {
		json_t *row = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, NULL);

		assert_non_null(row);
		check_row(row);
		json_decref(row);
	}
	free(line);
	fclose(file);
	return count;
}

static void
published_cases_of_the_tokenizer_agree(void **state)
{
	const char *shared = getenv("SLUICE_SHARED");
	char folder[2048], path[4096];
	size_t count = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/conformance/html-tokenizer",
	    shared == NULL ? "../shared" : shared);
	dir = opendir(folder);
	if (dir == NULL) {
		print_message("skip: %s is not there\n", folder);
		skip();
	}
	while ((entry = readdir(dir)) != NULL) {
		if (strstr(entry->d_name, ".jsonl") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		count += check_file(path);
	}
	closedir(dir);
	print_message("html-tokenizer: %zu cases, at every cut\n", count);
	assert_true(count >= CASES_MIN);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_cases_of_the_tokenizer_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
