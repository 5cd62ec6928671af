/* ovba.c - see ovba.h */

#include "ovba.h"
#include "wide.h"

#define CHUNK_BYTES	4096

/* How many bits of a copy token are its length: fewer as the distance can be larger (2.4.1.3.19.1). */
static unsigned
length_bits(size_t at)
{
	unsigned bits = 12;

	for (size_t distance = 16; distance < at && bits > 4; distance *= 2)
		bits--;
	return bits;
}

/* One compressed chunk's data. Returns the count of bytes made. */
static size_t
unpack_chunk(struct sl_slice in, unsigned char out[CHUNK_BYTES])
{
	size_t i = 0, n = 0;

	while (i < in.len && n < CHUNK_BYTES) {
		unsigned flags = in.ptr[i++];

		for (unsigned bit = 0; bit < 8 && i < in.len && n < CHUNK_BYTES; bit++) {
			unsigned token, bits;
			size_t len, distance;

			if ((flags >> bit & 1) == 0) {
				out[n++] = in.ptr[i++];
				continue;
			}
			if (i + 2 > in.len)
				return n;
			token = le16(in.ptr + i);
			i += 2;
			bits = length_bits(n);
			len = (token & ((1u << bits) - 1)) + 3;
			distance = (token >> bits) + 1;
			if (distance > n)
				return n;
			for (; len > 0 && n < CHUNK_BYTES; len--, n++)
				out[n] = out[n - distance];
		}
	}
	return n;
}

bool
ovba_unpack(struct sl_slice in, struct sl_buf *out)
{
	unsigned char chunk[CHUNK_BYTES];
	size_t i = 1;
	bool any = false;

	if (in.len < 3 || in.ptr[0] != 1)
		return false;
	while (i + 2 <= in.len && !out->overflow) {
		unsigned head = le16(in.ptr + i);
		size_t len = SL_MIN((size_t)(head & 0xfff) + 1, in.len - i - 2);

		if ((head >> 12 & 7) != 3)
			break;
		if ((head & 0x8000) != 0)
			sl_buf_add(out, chunk, unpack_chunk(sl_slice(in.ptr + i + 2, len), chunk));
		else
			sl_buf_add(out, in.ptr + i + 2, SL_MIN(len, (size_t)CHUNK_BYTES));
		any = true;
		i += 2 + len;
	}
	return any;
}

size_t
ovba_find(struct sl_slice s)
{
	/* "Attribute VB_..." begins every module: its first eight letters are literal. */
	for (size_t i = 0; i + 12 < s.len; i++) {
		const unsigned char *at = memmem(s.ptr + i, s.len - i, "\0Attribut", 9);

		if (at == NULL)
			break;
		i = (size_t)(at - s.ptr);
		if (i >= 3 && s.ptr[i - 3] == 1 && (s.ptr[i - 1] >> 4 & 7) == 3)
			return i - 3;
	}
	return SIZE_MAX;
}

unsigned
ovba_directory(struct sl_slice dir, ovba_module *module, void *ctx)
{
	struct sl_slice name = { 0 };
	unsigned modules = 0;
	size_t i = 0;

	while (i + 6 <= dir.len) {
		unsigned id = le16(dir.ptr + i);
		size_t len = le32(dir.ptr + i + 2);

		if (id == 0x0009)	/* PROJECTVERSION says 4 and has 6 */
			len = 6;
		if (len > dir.len - i - 6)
			break;
		if (id == 0x001a)
			name = sl_slice(dir.ptr + i + 6, len);
		else if (id == 0x0031 && len == 4 && name.ptr != NULL) {
			module(ctx, name, le32(dir.ptr + i + 6));
			name = sl_slice(NULL, 0);
			modules++;
		}
		i += 6 + len;
	}
	return modules;
}
