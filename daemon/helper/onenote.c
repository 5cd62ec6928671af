/*
 * onenote.c - files in OneNote notebooks (MS-ONESTORE, 2.6.13)
 *
 * A FileDataStoreObject begins with a GUID of its own, so it is found without the store's tree.
 * Memory: none. Linear.
 */

#include "wide.h"

#include <stdio.h>

#define HEAD_LEN	36	/* GUID, length, 12 bytes unused */

void
onenote_inspect(struct inspection *in, struct sl_slice bytes)
{
	static const unsigned char guid[] = { 0xe7, 0x16, 0xe3, 0xbd, 0x65, 0x26, 0x11, 0x45, 0xa4, 0xc4, 0x8d,
		0x4d, 0x0b, 0x7a, 0x9e, 0xac };
	unsigned number = 0;

	while (bytes.len > HEAD_LEN && !inspection_over(in)) {
		const unsigned char *at = memmem(bytes.ptr, bytes.len, guid, sizeof(guid));
		char name[32];
		uint64_t len;

		if (at == NULL)
			return;
		bytes = sl_slice_from(bytes, (size_t)(at - bytes.ptr));
		if (bytes.len <= HEAD_LEN)
			return;
		len = SL_MIN(le64(bytes.ptr + 16), (uint64_t)(bytes.len - HEAD_LEN));
		found(in, SL_DEEP_ONENOTE_FILE, "%ju bytes", (uintmax_t)len);
		snprintf(name, sizeof(name), "file-%u", ++number);
		inner_bytes(in, sl_slice_str(name), sl_slice(bytes.ptr + HEAD_LEN, (size_t)len));
		bytes = sl_slice_from(bytes, HEAD_LEN + (size_t)len);
	}
}
