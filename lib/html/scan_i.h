/*
 * scan_i.h - where the first of a few bytes stands, 16 at a step where the machine can
 */
#ifndef SL_HTML_SCAN_I_H
#define SL_HTML_SCAN_I_H

#include "sl/base.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The place of the first a, b or c (which may be the same), or s.len. */
static inline size_t
scan3(struct sl_slice s, unsigned char a, unsigned char b, unsigned char c)
{
	size_t n = 0;

#ifdef __SSE2__
	__m128i as = _mm_set1_epi8((char)a), bs = _mm_set1_epi8((char)b), cs = _mm_set1_epi8((char)c);

	for (; s.len - n >= 16; n += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + n));
		unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, as),
		    _mm_or_si128(_mm_cmpeq_epi8(v, bs), _mm_cmpeq_epi8(v, cs))));

		if (found != 0)
			return n + (unsigned)__builtin_ctz(found);
	}
#endif
	while (n < s.len && s.ptr[n] != a && s.ptr[n] != b && s.ptr[n] != c)
		n++;
	return n;
}

#endif
