/*
 * patternwords_fuzz.c - where PCRE2 matches a pattern, one of the words that it is said to hold stands in what matched
 *
 * A byte of flags, the pattern up to the first NUL, then a text. The words go to Vectorscan in the pattern's place:
 * one missing would be a message that a rule does not see.
 */
#include "rules/compile_i.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define PATTERN_MAX	200
#define STEPS_MAX	20000

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned flag_bits[] = { SL_RULE_CASELESS, SL_RULE_MULTILINE, SL_RULE_DOTALL, SL_RULE_EXTENDED };
static const uint32_t options_of[] = { PCRE2_CASELESS, PCRE2_MULTILINE, PCRE2_DOTALL, PCRE2_EXTENDED };

/* Words are written as \xHH, one behind the other. */
static bool
stands(const char *word, size_t len, bool caseless, struct sl_slice text)
{
	size_t bytes = len / 4;

	for (size_t at = 0; at + bytes <= text.len; at++) {
		size_t i = 0;

		for (; i < bytes; i++) {
			char digits[3] = { word[i * 4 + 2], word[i * 4 + 3], '\0' };
			unsigned char wanted = (unsigned char)strtoul(digits, NULL, 16), is = text.ptr[at + i];

			if (caseless ? sl_ascii_lower(wanted) != sl_ascii_lower(is) : wanted != is)
				break;
		}
		if (i == bytes)
			return true;
	}
	return false;
}

static bool
one_stands(const struct sl_buf *words, bool caseless, struct sl_slice text)
{
	for (size_t at = 0; at < words->len;) {
		const char *word = (const char *)words->data + at;
		size_t len = strlen(word);

		if (stands(word, len, caseless, text))
			return true;
		at += len + 1;
	}
	return false;
}

static void
compare(const char *pattern, unsigned flags, uint32_t options, struct sl_slice text)
{
	int error;
	PCRE2_SIZE at, *where;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &error, &at, NULL);
	pcre2_match_data *match;
	pcre2_match_context *limits;
	struct sl_buf words;
	bool caseless;

	if (code == NULL)
		return;
	sl_buf_init(&words, 1 << 16);
	match = pcre2_match_data_create_from_pattern(code, NULL);
	limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(limits, STEPS_MAX);
	pcre2_set_depth_limit(limits, 500);
	if (rules_words(pattern, flags, 1, &words, &caseless)) {
		SL_ASSERT(words.len > 0);
		if (pcre2_match(code, text.ptr, text.len, 0, 0, match, limits) > 0) {
			where = pcre2_get_ovector_pointer(match);
			SL_ASSERT(where[0] > where[1] ||	/* \K in a look-around */
			    one_stands(&words, caseless, sl_slice(text.ptr, where[1])));
		}
	}
	pcre2_match_context_free(limits);
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	sl_buf_fini(&words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char pattern[PATTERN_MAX + 1];
	unsigned flags = 0;
	uint32_t options = 0;
	const uint8_t *end;
	size_t len;

	if (size < 2)
		return 0;
	for (size_t i = 0; i < SL_COUNT(flag_bits); i++)
		if ((data[0] >> i & 1) != 0) {
			flags |= flag_bits[i];
			options |= options_of[i];
		}
	end = memchr(data + 1, '\0', size - 1);
	if (end == NULL)
		return 0;
	len = (size_t)(end - data - 1);
	if (len > PATTERN_MAX)
		return 0;
	memcpy(pattern, data + 1, len);
	pattern[len] = '\0';
	compare(pattern, flags, options, sl_slice(end + 1, size - 2 - len));
	return 0;
}
