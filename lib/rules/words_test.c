/* words_test.c - words that a pattern's matches hold: known ones, and that none is missing wherever PCRE2 matches */

#include "check.h"
#include "rules/compile_i.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>

/* The words as plain text, by comma, in the order they were found; "-": none. */
static void
words_of(const char *pattern, unsigned flags, double rate_max, struct sl_buf *out, bool *caseless_out)
{
	struct sl_buf raw;

	sl_buf_reset(out);
	sl_buf_init(&raw, 1 << 16);
	if (!rules_words(pattern, flags, rate_max, &raw, caseless_out)) {
		sl_buf_addf(out, "-");
		sl_buf_fini(&raw);
		return;
	}
	for (size_t at = 0; at < raw.len;) {
		const char *word = (const char *)raw.data + at;

		if (out->len > 0)
			sl_buf_addf(out, ",");
		for (size_t i = 0; word[i] != '\0'; i += 4) {
			unsigned byte;

			assert_int_equal(sscanf(word + i, "\\x%2x", &byte), 1);
			sl_buf_addf(out, "%c", (char)byte);
		}
		at += strlen(word) + 1;
	}
	sl_buf_fini(&raw);
}

static const struct {
	const char	*pattern;
	unsigned	 flags;
	const char	*words;
	bool		 caseless;
} rows[] = {
	{ "viagra", 0, "viagra", false },
	{ "Viagra", SL_RULE_CASELESS, "viagra", true },
	{ "\\bviagra\\b", 0, "viagra", false },
	{ "cheap (?:viagra|cialis)", 0, "cheap viagra,cheap cialis", false },
	{ "(?:viagra|)", 0, "-", false },
	{ "viagra?", 0, "viagr,viagra", false },	/* the shorter one stands in the longer, both are said */
	{ "v[i1]agra", 0, "v1agra,viagra", false },
	{ "v.agra", 0, "agra", false },
	{ "(?:ab){2}", 0, "abab", false },
	{ "x{0,1}abcd", 0, "abcd,xabcd", false },
	{ "(?:abc)*def", 0, "def", false },
	{ "(?:abc)+", 0, "abc", false },
	{ "(?=abcdef)..", 0, "-", false },		/* what is only looked at is not matched */
	{ "(?<!un)wanted", 0, "wanted", false },
	{ "(?i)VIAGRA", 0, "viagra", true },
	{ "\\x76iagra", 0, "viagra", false },
	{ "a\\.b", 0, "a.b", false },
	{ "[^a]", 0, "-", false },
	{ "(abc|abd)\\1", 0, "abc,abd", false },
	{ "(?(DEFINE)(?<f0>viagra))(?&f0)", 0, "viagra", false },
	{ "abc # comment\n def", SL_RULE_EXTENDED, "abcdef", false },
	{ "abc\x85""def", SL_RULE_EXTENDED, "abcdef", false },
	{ "[\\p{L}x]b", 0, "b", false },
	{ "\\p{^L}b", 0, "b", false },
	{ "[[:pl]:]b", 0, "::]b,[:]b,l:]b,p:]b", false },
	{ "[[:alpha:]]b", 0, "b", false },
	{ "\\Qabc\\E", 0, "-", false },			/* not read: no words, never wrong ones */
	{ "(?#abc)def", 0, "-", false },
	{ "(*UTF)abc", 0, "-", false },
	{ "abc", SL_RULE_UTF, "-", false },
	{ "", 0, "-", false },
};

static void
words_are_those_that_each_match_holds(void **state)
{
	struct sl_buf found;

	sl_buf_init(&found, 1 << 16);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		bool caseless = false;

		words_of(rows[i].pattern, rows[i].flags, 1, &found, &caseless);
		if (strcmp(sl_buf_cstr(&found), rows[i].words) != 0)
			fail_msg("%s: %s, wanted %s", rows[i].pattern, sl_buf_cstr(&found), rows[i].words);
		if (strcmp(rows[i].words, "-") != 0)
			assert_int_equal(caseless, rows[i].caseless);
	}
	sl_buf_fini(&found);
}

static void
words_that_stand_everywhere_are_none(void **state)
{
	struct sl_buf found;
	bool caseless;

	sl_buf_init(&found, 1 << 16);
	words_of("e", 0, .001, &found, &caseless);
	assert_string_equal(sl_buf_cstr(&found), "-");
	words_of("qzxj", 0, .001, &found, &caseless);
	assert_string_equal(sl_buf_cstr(&found), "qzxj");
	sl_buf_fini(&found);
}

/* ---- patterns that are made up */

struct maker {
	uint32_t	random;
	char		text[512];
	size_t		len;
};

static unsigned
pick(struct maker *maker, unsigned below)
{
	maker->random = maker->random * 1664525u + 1013904223u;
	return (unsigned)((uint64_t)(maker->random >> 8) * below >> 24);
}

static void
put(struct maker *maker, const char *text)
{
	size_t len = strlen(text);

	if (maker->len + len + 40 < sizeof(maker->text)) {	/* room for what closes groups */
		memcpy(maker->text + maker->len, text, len);
		maker->len += len;
	}
}

static void
close_with(struct maker *maker, const char *text)
{
	memcpy(maker->text + maker->len, text, strlen(text));
	maker->len += strlen(text);
}

/* Of letters a, b, c, so that matches are common. */
static void
make(struct maker *maker, int depth)
{
	static const char *const atoms[] = { "a", "b", "c", "A", "ab", "ca", ".", "[ab]", "[^a]", "[a-c]", "[^\\W_]", "\\w",
		"\\x61", "\\b", "^", "$", "\\B", "[[:alpha:]]", "[\\x61b]", "\\d", "[c\\-a]", "\\W", "[B-c]" };
	static const char *const opens[] = { "(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?|", "(?i:", "(?<n>" };
	static const char *const behind[] = { "?", "*", "+", "{2}", "{0,2}", "{1,3}", "??", "*?", "++", "?+", "{0}", "{,2}" };
	unsigned parts = 1 + pick(maker, 4);

	for (unsigned i = 0; i < parts; i++) {
		if (depth > 0 && pick(maker, 3) == 0 && maker->len + 120 < sizeof(maker->text)) {
			put(maker, opens[pick(maker, SL_COUNT(opens))]);
			make(maker, depth - 1);
			close_with(maker, ")");
		} else {
			put(maker, atoms[pick(maker, SL_COUNT(atoms))]);
		}
		if (pick(maker, 3) == 0)
			put(maker, behind[pick(maker, SL_COUNT(behind))]);
		if (pick(maker, 6) == 0)
			put(maker, "|");
	}
}

static bool
holds(struct sl_slice text, const char *word, size_t len, bool caseless)
{
	for (size_t at = 0; at + len <= text.len; at++) {
		size_t i = 0;

		while (i < len && (caseless ? sl_ascii_lower(text.ptr[at + i]) == sl_ascii_lower((unsigned char)word[i])
		    : text.ptr[at + i] == (unsigned char)word[i]))
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static bool
holds_one(struct sl_slice text, const char *words, bool caseless)
{
	for (;;) {
		size_t len = strcspn(words, ",");

		if (holds(text, words, len, caseless))
			return true;
		if (words[len] == '\0')
			return false;
		words += len + 1;
	}
}

/* Returns how many texts it matched and had words for. */
static unsigned
check_pattern(struct maker *maker, struct sl_buf *words, bool caseless, pcre2_code *code)
{
	pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
	unsigned checked = 0;

	for (int n = 0; n < 20; n++) {
		char text[24];
		size_t len = pick(maker, sizeof(text));

		for (size_t i = 0; i < len; i++)
			text[i] = "abcABC a1\n"[pick(maker, 10)];
		if (pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, match, NULL) > 0) {
			PCRE2_SIZE *where = pcre2_get_ovector_pointer(match);

			checked++;
			if (!holds_one(sl_slice(text + where[0], where[1] - where[0]), sl_buf_cstr(words), caseless))
				fail_msg("%s matches '%.*s' without any of %s", maker->text,
				    (int)(where[1] - where[0]), text + where[0], sl_buf_cstr(words));
		}
	}
	pcre2_match_data_free(match);
	return checked;
}

static void
none_is_missing_where_pcre2_matches(void **state)
{
	struct maker maker = { .random = 2026 };
	unsigned checked = 0, patterns = 0;
	struct sl_buf words;

	sl_buf_init(&words, 1 << 16);
	for (int n = 0; n < 20000; n++) {
		PCRE2_SIZE at;
		pcre2_code *code;
		bool caseless;
		int error;

		maker.len = 0;
		make(&maker, 3);
		maker.text[maker.len] = '\0';
		words_of(maker.text, 0, 1, &words, &caseless);
		if (strcmp(sl_buf_cstr(&words), "-") == 0)
			continue;
		code = pcre2_compile((PCRE2_SPTR)maker.text, maker.len, 0, &error, &at, NULL);
		if (code == NULL)
			continue;
		patterns++;
		checked += check_pattern(&maker, &words, caseless, code);
		pcre2_code_free(code);
	}
	assert_true(patterns > 4000);	/* or this shows little */
	assert_true(checked > 4000);
	sl_buf_fini(&words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_that_each_match_holds),
		cmocka_unit_test(words_that_stand_everywhere_are_none),
		cmocka_unit_test(none_is_missing_where_pcre2_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
