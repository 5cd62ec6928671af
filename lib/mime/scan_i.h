/*
 * scan_i.h - find the ends of lines (private to lib/mime)
 *
 * Lines of hostile text are a byte or two long, and a call of memchr for each costs more than all else.
 * Most lines of a body matter to nobody: what is looked for is the line that starts with one of a few bytes.
 */
#ifndef SL_MIME_SCAN_I_H
#define SL_MIME_SCAN_I_H

#include "sl/base.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first LF in [p, end), or NULL. */
static inline const unsigned char *
find_lf(const unsigned char *p, const unsigned char *end)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (int i = 0; i < 3 && end - p >= 8; i++, p += 8) {
		uint64_t word, hit;

		memcpy(&word, p, 8);
		word ^= 0x0a0a0a0a0a0a0a0au;
		hit = (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
		if (hit != 0)
			return p + __builtin_ctzll(hit) / 8;
	}
#endif
	return p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
}

/* The first CR or LF in [p, end), or `end`. */
static inline const unsigned char *
find_break(const unsigned char *p, const unsigned char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		__m128i here = _mm_loadu_si128((const __m128i *)(const void *)p);
		int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8('\n')),
		    _mm_cmpeq_epi8(here, _mm_set1_epi8('\r'))));

		if (found != 0)
			return p + __builtin_ctz((unsigned)found);
	}
#endif
	while (p < end && *p != '\n' && *p != '\r')
		p++;
	return p;
}

/* The first LF in [p, end) with `a`, `b` or `c` behind it, or as the last byte; NULL if there is none. */
static inline const unsigned char *
find_line(const unsigned char *p, const unsigned char *end, unsigned char a, unsigned char b, unsigned char c)
{
#ifdef __SSE2__
	const __m128i lf = _mm_set1_epi8('\n'), va = _mm_set1_epi8((char)a), vb = _mm_set1_epi8((char)b),
	    vc = _mm_set1_epi8((char)c);

	for (; end - p > 16; p += 16) {
		__m128i here = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i next = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
		__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(next, va), _mm_cmpeq_epi8(next, vb)),
		    _mm_cmpeq_epi8(next, vc));
		int found = _mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(here, lf), hit));

		if (found != 0)
			return p + __builtin_ctz((unsigned)found);
	}
#endif
	while ((p = find_lf(p, end)) != NULL && p + 1 < end && p[1] != a && p[1] != b && p[1] != c)
		p++;
	return p;
}

#endif
