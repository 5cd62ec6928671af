/* seen_text.c - text into words, and how much of a long one is read; see seen.h */

#include "classify/seen_i.h"

enum kind { END, WORD, WIDE };

static const unsigned char kinds[256] = {
	['0' ... '9'] = WORD, ['a' ... 'z'] = WORD, ['A' ... 'Z'] = WORD, [0x80 ... 0xff] = WIDE,
	['\''] = WORD, ['-'] = WORD, ['_'] = WORD, ['.'] = WORD, ['@'] = WORD, ['$'] = WORD,
};

/* Of a word's characters: in lower case; and digits all the same, for the hash. 0: it is none. */
#define SAME(c)			[c] = { c, c }
#define DIGIT(c)		[c] = { c, '0' }
#define PAIR(upper, lower)	[upper] = { lower, lower }, [lower] = { lower, lower }
static const struct letter {
	unsigned char	lower, hashed;
} letters[256] = {
	DIGIT('0'), DIGIT('1'), DIGIT('2'), DIGIT('3'), DIGIT('4'), DIGIT('5'), DIGIT('6'), DIGIT('7'), DIGIT('8'),
	DIGIT('9'), SAME('\''), SAME('-'), SAME('_'), SAME('.'), SAME('@'), SAME('$'),
	PAIR('A', 'a'), PAIR('B', 'b'), PAIR('C', 'c'), PAIR('D', 'd'), PAIR('E', 'e'), PAIR('F', 'f'),
	PAIR('G', 'g'), PAIR('H', 'h'), PAIR('I', 'i'), PAIR('J', 'j'), PAIR('K', 'k'), PAIR('L', 'l'),
	PAIR('M', 'm'), PAIR('N', 'n'), PAIR('O', 'o'), PAIR('P', 'p'), PAIR('Q', 'q'), PAIR('R', 'r'),
	PAIR('S', 's'), PAIR('T', 't'), PAIR('U', 'u'), PAIR('V', 'v'), PAIR('W', 'w'), PAIR('X', 'x'),
	PAIR('Y', 'y'), PAIR('Z', 'z'),
};
#undef SAME
#undef DIGIT
#undef PAIR

/* A word that is whole, with what ends it. Returns how many bytes; 0: it is none, or too long, or goes on. */
static inline size_t
word_read(struct sl_seen_word *word, struct sl_slice in)
{
	const unsigned char *p = in.ptr;
	size_t most = SL_MIN(in.len, (size_t)SL_SEEN_WORD_MAX), i = 0;
	uint32_t hash = SL_SEEN_HASH_START;
	bool has_at = false;

	for (; i < most && letters[p[i]].lower != 0; i++) {
		word->lower[i] = letters[p[i]].lower;
		hash = (hash ^ letters[p[i]].hashed) * SL_SEEN_HASH_PRIME;
		has_at |= p[i] == '@';
	}
	if (i == in.len || kinds[p[i]] != END)
		return 0;
	word->raw = p;
	word->len = i;
	word->hash = hash;
	word->has_at = has_at;
	word->end = p[i];
	return i + 1;
}

void
seen_words(struct sl_seen *seen, unsigned reading, struct sl_slice utf8)
{
	struct seen_reading *r = seen->readings[reading];
	struct sl_seen_word word;

	while (utf8.len > 0) {
		size_t n = r->between ? word_read(&word, utf8) : 0;

		if (n > 0) {
			SEEN_TELL(seen, word, reading, &word);
			utf8 = sl_slice_from(utf8, n);
			continue;
		}
		while (n < utf8.len && kinds[utf8.ptr[n]] != END)
			n++;
		r->between = n < utf8.len;
		n += r->between;
		SEEN_TELL(seen, text, reading, sl_slice(utf8.ptr, n));
		utf8 = sl_slice_from(utf8, n);
	}
}

void
seen_start(struct sl_seen *seen, unsigned reading, enum sl_seen_place place)
{
	seen->readings[reading]->between = true;
	SEEN_TELL(seen, start, reading, place);
}

void
seen_end(struct sl_seen *seen, unsigned reading)
{
	seen->readings[reading]->between = true;
	SEEN_TELL(seen, end, reading);
}

/* ---- long texts */

const struct sl_sample_rules seen_sample_rules = {
	.whole_bytes = SL_SEEN_READ_BYTES,
	.stretch_bytes = SL_SEEN_STRETCH_BYTES,
	.skip_bytes = SL_SEEN_SKIP_BYTES,
	.far_bytes = SL_SEEN_SAMPLED_BYTES,
	.skip_far_bytes = SL_SEEN_SKIP_FAR_BYTES,
	.tail_bytes = SL_SEEN_TAIL_BYTES,
};

static void
tell_gap(struct sl_seen *seen, unsigned reading)
{
	seen->readings[reading]->between = true;
	SEEN_TELL(seen, gap, reading);
}

void
seen_feed(struct sl_seen *seen, unsigned reading, struct sl_slice utf8)
{
	struct seen_reading *r = seen->readings[reading];
	struct sl_slice piece;
	bool gap;

	while (sl_sample_next(&r->sample, &utf8, &piece, &gap)) {
		if (gap)
			tell_gap(seen, reading);
		seen_words(seen, reading, piece);
	}
}

void
seen_tail(struct sl_seen *seen, unsigned reading)
{
	struct sl_slice pieces[2];

	sl_sample_tail(&seen->readings[reading]->sample, pieces);
	if (pieces[0].len == 0)
		return;
	tell_gap(seen, reading);
	seen_words(seen, reading, pieces[0]);
	seen_words(seen, reading, pieces[1]);
	seen_end(seen, reading);
}
