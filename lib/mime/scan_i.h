/*
 * scan_i.h - find the end of a line (private to lib/mime)
 *
 * Lines of hostile text are a byte or two long, and a call of memchr for each costs more than all else.
 */
#ifndef SL_MIME_SCAN_I_H
#define SL_MIME_SCAN_I_H

#include "sl/base.h"

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

#endif
