/* distance.c - how many changes lead from one spelling to another; hashes of spellings */

#include "lookalike/lookalike_i.h"

#define BASE	0x9e3779b97f4a7c15u	/* of the polynomial; odd */

void
spelling_of(struct spelling *s, const char *text, size_t len)
{
	SL_ASSERT(len <= SL_FOLD_MAX);
	s->len = len;
	s->prefix[0] = 0;
	s->power[0] = 1;
	for (size_t i = 0; i < len; i++) {
		s->prefix[i + 1] = s->prefix[i] * BASE + (unsigned char)text[i] + 1;
		s->power[i + 1] = s->power[i] * BASE;
	}
}

uint64_t
spelling_part(const struct spelling *s, size_t from, size_t to)
{
	return s->prefix[to] - s->prefix[from] * s->power[to - from];
}

uint64_t
spelling_without(const struct spelling *s, size_t i)
{
	return s->prefix[i] * s->power[s->len - i - 1] + spelling_part(s, i + 1, s->len);
}

uint64_t
spelling_without_two(const struct spelling *s, size_t i, size_t j)
{
	uint64_t left = s->prefix[i] * s->power[j - i - 1] + spelling_part(s, i + 1, j);

	return left * s->power[s->len - j - 1] + spelling_part(s, j + 1, s->len);
}

unsigned
slips_allowed(size_t len)
{
	return len < SLIP_MIN ? 0 : len < SLIP2_MIN || len > SLIP2_MAX ? 1 : 2;
}

unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len, unsigned max)
{
	uint8_t rows[3][SL_FOLD_MAX + 1];

	if ((a_len > b_len ? a_len - b_len : b_len - a_len) > max)
		return max + 1;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= a_len; i++) {
		uint8_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		unsigned least = row[0] = (uint8_t)i;

		for (size_t j = 1; j <= b_len; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			best = SL_MIN(best, last[j] + 1u);
			best = SL_MIN(best, row[j - 1] + 1u);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = SL_MIN(best, before[j - 2] + 1u);
			row[j] = (uint8_t)best;
			least = SL_MIN(least, best);
		}
		if (least > max)
			return max + 1;
	}
	return SL_MIN((unsigned)rows[a_len % 3][b_len], max + 1);
}
