/* words_fuzz.c - the first lines are phrases, the rest is text: two cuttings agree, and in ASCII so does a finder that
 * compares words one by one */

#include "policy/words.h"
#include "sl/buf.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

#define PHRASES_MAX	8

struct found {
	unsigned	counts[PHRASES_MAX];
};

static void
count(void *ctx, uint32_t id)
{
	struct found *found = ctx;

	found->counts[id]++;
}

static void
find(const struct sl_words *words, struct sl_slice text, size_t piece, struct found *found)
{
	struct sl_words_run run;

	memset(found, 0, sizeof(*found));
	sl_words_run_init(&run, words, count, found);
	for (size_t at = 0; at < text.len; at += SL_MIN(piece, text.len - at))
		sl_words_feed(&run, sl_slice(text.ptr + at, SL_MIN(piece, text.len - at)));
	sl_words_end(&run);
}

static bool
is_letter(unsigned char c)
{
	c = sl_ascii_lower(c);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* The next word; empty at the end. */
static struct sl_slice
next_word(struct sl_slice *text)
{
	size_t n = 0;
	struct sl_slice word;

	while (text->len > 0 && !is_letter(text->ptr[0]))
		*text = sl_slice_from(*text, 1);
	while (n < text->len && is_letter(text->ptr[n]))
		n++;
	word = sl_slice(text->ptr, n);
	*text = sl_slice_from(*text, n);
	return word;
}

/* Does a phrase begin with the first word of the text? */
static bool
begins(struct sl_slice phrase, struct sl_slice text)
{
	bool star = phrase.len > 0 && phrase.ptr[phrase.len - 1] == '*', open;
	bool any = false;

	/* The star belongs to the last word only if it touches it; else it is any word's beginning: of none. */
	if (star)
		phrase.len--;
	open = star && phrase.len > 0 && is_letter(phrase.ptr[phrase.len - 1]);
	for (;;) {
		struct sl_slice want = next_word(&phrase), rest = phrase, have = next_word(&text);
		bool last = next_word(&rest).len == 0;

		if (want.len == 0)
			return any;
		if (last && open ? !sl_slice_istarts(have, want) : !sl_slice_ieq(have, want))
			return false;
		any = true;
	}
}

static void
naive_find(const struct sl_words_phrase *phrases, size_t len, struct sl_slice text, struct found *found)
{
	memset(found, 0, sizeof(*found));
	for (struct sl_slice at = text; at.len > 0; ) {
		struct sl_slice here;

		while (at.len > 0 && !is_letter(at.ptr[0]))
			at = sl_slice_from(at, 1);
		here = at;
		if (next_word(&at).len == 0)
			break;
		for (size_t i = 0; i < len; i++)
			found->counts[i] += begins(phrases[i].text, here);
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_words_phrase phrases[PHRASES_MAX];
	struct sl_slice text = sl_slice(data, len);
	struct found whole, cut, naive;
	struct sl_words *words;
	uint32_t n = 0;
	bool ascii = true;

	while (n < PHRASES_MAX && text.len > 0) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);

		if (end == NULL)
			break;
		phrases[n] = (struct sl_words_phrase){ sl_slice(text.ptr, (size_t)(end - text.ptr)), n };
		text = sl_slice_from(text, (size_t)(end + 1 - text.ptr));
		n++;
	}
	for (size_t i = 0; i < len; i++)
		ascii &= data[i] < 0x80;
	words = sl_words_new(phrases, n);
	SL_ASSERT(words != NULL);
	find(words, text, SIZE_MAX / 2, &whole);
	find(words, text, 1 + len % 5, &cut);
	SL_ASSERT(memcmp(&whole, &cut, sizeof(whole)) == 0);
	if (ascii) {
		naive_find(phrases, n, text, &naive);
		SL_ASSERT(memcmp(&whole, &naive, sizeof(whole)) == 0);
	}
	sl_words_free(&words);
	return 0;
}
