/* base64.c - see transfer_i.h */

#include "transfer_i.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BAD	0x80000000u	/* in a table of symbols: not in the alphabet */

const uint8_t base64_values[256] = {
#define V(c, v) [c] = (v) + 1
	V('A', 0), V('B', 1), V('C', 2), V('D', 3), V('E', 4), V('F', 5), V('G', 6), V('H', 7),
	V('I', 8), V('J', 9), V('K', 10), V('L', 11), V('M', 12), V('N', 13), V('O', 14), V('P', 15),
	V('Q', 16), V('R', 17), V('S', 18), V('T', 19), V('U', 20), V('V', 21), V('W', 22), V('X', 23),
	V('Y', 24), V('Z', 25), V('a', 26), V('b', 27), V('c', 28), V('d', 29), V('e', 30), V('f', 31),
	V('g', 32), V('h', 33), V('i', 34), V('j', 35), V('k', 36), V('l', 37), V('m', 38), V('n', 39),
	V('o', 40), V('p', 41), V('q', 42), V('r', 43), V('s', 44), V('t', 45), V('u', 46), V('v', 47),
	V('w', 48), V('x', 49), V('y', 50), V('z', 51), V('0', 52), V('1', 53), V('2', 54), V('3', 55),
	V('4', 56), V('5', 57), V('6', 58), V('7', 59), V('8', 60), V('9', 61), V('+', 62), V('/', 63),
#undef V
};

/* Values shifted into their place in a group, or BAD. */
static uint32_t places[4][256];

__attribute__((constructor)) static void
places_fill(void)
{
	for (unsigned i = 0; i < 4; i++)
		for (unsigned c = 0; c < 256; c++)
			places[i][c] = base64_values[c] == 0 ? BAD : (uint32_t)(base64_values[c] - 1) << (18 - 6 * i);
}

size_t
base64_quanta_plain(const unsigned char *p, size_t len, unsigned char *out, size_t room)
{
	size_t i = 0;

	for (; len - i >= 4 && room >= BASE64_ROOM; i += 4, out += 3, room -= 3) {
		uint32_t bits = places[0][p[i]] | places[1][p[i + 1]] | places[2][p[i + 2]] | places[3][p[i + 3]];

		if ((bits & BAD) != 0)
			break;
		out[0] = (unsigned char)(bits >> 16);
		out[1] = (unsigned char)(bits >> 8);
		out[2] = (unsigned char)bits;
	}
	return i;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline __m256i
between(__m256i c, char low, char high)
{
	return _mm256_and_si256(_mm256_cmpgt_epi8(c, _mm256_set1_epi8((char)(low - 1))),
	    _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(high + 1)), c));
}

/* What is added to the symbols that `class` says. */
__attribute__((target("avx2"))) static inline __m256i
shift(__m256i class, int by)
{
	return _mm256_and_si256(class, _mm256_set1_epi8((char)by));
}

/* Thirty-two symbols at a time; of a line's last ones, as many groups as are whole. */
__attribute__((target("avx2"))) static size_t
quanta_avx2(const unsigned char *p, size_t len, unsigned char *out, size_t room)
{
	/* in each half: four groups of three bytes, the last four bytes unused; then the halves together */
	const __m256i pack = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
	    2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	const __m256i join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
	size_t i = 0, n = 32;

	for (; n == 32 && len - i >= 32 && room >= BASE64_ROOM; i += n, out += n / 4 * 3, room -= n / 4 * 3) {
		__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
		__m256i upper = between(c, 'A', 'Z'), lower = between(c, 'a', 'z'), digit = between(c, '0', '9');
		__m256i plus = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('+'));
		__m256i slash = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('/'));
		__m256i good = _mm256_or_si256(_mm256_or_si256(upper, lower),
		    _mm256_or_si256(digit, _mm256_or_si256(plus, slash)));
		__m256i by = _mm256_or_si256(_mm256_or_si256(shift(upper, -'A'), shift(lower, 26 - 'a')),
		    _mm256_or_si256(shift(digit, 52 - '0'), _mm256_or_si256(shift(plus, 62 - '+'), shift(slash, 63 - '/'))));
		__m256i six = _mm256_add_epi8(c, by), twelve, whole;
		unsigned bad = ~(unsigned)_mm256_movemask_epi8(good);

		if (bad != 0)
			n = (size_t)__builtin_ctz(bad) / 4 * 4;
		twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi16(0x0140));		/* a * 64 + b */
		whole = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));	/* ab * 4096 + cd */
		whole = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(whole, pack), join);
		_mm256_storeu_si256((__m256i *)(void *)out, whole);
	}
	return i;
}

size_t
base64_quanta(const unsigned char *p, size_t len, unsigned char *out, size_t room)
{
	size_t n;

	if (!__builtin_cpu_supports("avx2"))
		return base64_quanta_plain(p, len, out, room);
	n = quanta_avx2(p, len, out, room);
	return n > 0 ? n : base64_quanta_plain(p, SL_MIN(len, (size_t)32), out, room);
}
#else
size_t
base64_quanta(const unsigned char *p, size_t len, unsigned char *out, size_t room)
{
	return base64_quanta_plain(p, len, out, room);
}
#endif
