/* utf8.c - see sl/utf8.h */

#include "sl/utf8.h"

size_t
sl_utf8_decode(struct sl_slice s, uint32_t *c_out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };	/* of a form of n bytes */
	uint32_t c;
	size_t n;

	if (s.len == 0)
		return 0;
	c = s.ptr[0];
	if (c < 0x80) {
		*c_out = c;
		return 1;
	}
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || s.len < n)
		return 0;
	c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((s.ptr[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s.ptr[i] & 0x3fu);
	}
	if (c < least[n] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*c_out = c;
	return n;
}

size_t
sl_utf8_encode(uint32_t c, unsigned char out[4])
{
	SL_ASSERT(c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff));
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

bool
sl_utf8_valid(struct sl_slice s)
{
	while (s.len > 0) {
		uint32_t c;
		uint64_t eight;
		size_t n;

		if (s.len >= sizeof(eight)) {	/* most of it is ASCII */
			memcpy(&eight, s.ptr, sizeof(eight));
			if ((eight & 0x8080808080808080) == 0) {
				s = sl_slice_from(s, sizeof(eight));
				continue;
			}
		}
		n = sl_utf8_decode(s, &c);
		if (n == 0)
			return false;
		s = sl_slice_from(s, n);
	}
	return true;
}
