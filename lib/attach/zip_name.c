/* zip_name.c - the names of entries: UTF-8, code page 437, the Unicode path field */

#include "attach/byte_i.h"
#include "attach/zip_i.h"
#include "sl/utf8.h"

#define UNICODE_PATH	0x7075	/* APPNOTE 4.6.9 */

/* Code page 437 from 0x80 on. */
static const uint16_t page_437[128] = {
	0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5,
	0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xa2, 0xa3, 0xa5, 0x20a7, 0x192,
	0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba, 0xbf, 0x2310, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d,
	0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554,
	0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553,
	0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x3b1, 0xdf, 0x393, 0x3c0, 0x3a3,
	0x3c3, 0xb5, 0x3c4, 0x3a6, 0x398, 0x3a9, 0x3b4, 0x221e, 0x3c6, 0x3b5, 0x2229, 0x2261, 0xb1, 0x2265,
	0x2264, 0x2320, 0x2321, 0xf7, 0x2248, 0xb0, 0x2219, 0xb7, 0x221a, 0x207f, 0xb2, 0x25a0, 0xa0,
};

void
zip_name_take(struct sl_zip *zip, struct sl_slice bytes)
{
	size_t at = zip->part_at;

	if (at < ZIP_NAME_RAW && bytes.len > 0)
		memcpy(zip->name + at, bytes.ptr, SL_MIN(bytes.len, ZIP_NAME_RAW - at));
	for (size_t i = bytes.len > ZIP_NAME_TAIL ? bytes.len - ZIP_NAME_TAIL : 0; i < bytes.len; i++)
		zip->tail[(at + i) % ZIP_NAME_TAIL] = bytes.ptr[i];
}

/* Keep the first and the last characters of what is too long. */
static void
text_set(struct sl_zip *zip, const unsigned char *text, size_t len)
{
	size_t head = SL_ZIP_NAME - ZIP_NAME_TAIL, tail = len - SL_MIN(len, (size_t)ZIP_NAME_TAIL);

	if (len <= SL_ZIP_NAME) {
		memcpy(zip->text, text, len);
		zip->text_len = len;
	} else {
		zip_finding(zip, SL_ZIP_NAME_CUT, sl_slice(NULL, 0));
		while (head > 0 && (text[head] & 0xc0) == 0x80)
			head--;
		while (tail < len && (text[tail] & 0xc0) == 0x80)
			tail++;
		memcpy(zip->text, text, head);
		memcpy(zip->text + head, text + tail, len - tail);
		zip->text_len = head + len - tail;
	}
	zip->text[zip->text_len] = '\0';
}

/* As UTF-8: it is, or is of code page 437. Returns its length in `out`, of three times `len`. */
static size_t
to_utf8(const unsigned char *raw, size_t len, unsigned char *out)
{
	size_t n = 0;

	if (sl_utf8_valid(sl_slice(raw, len))) {
		memcpy(out, raw, len);
		return len;
	}
	for (size_t i = 0; i < len; i++)
		n += sl_utf8_encode(raw[i] < 0x80 ? raw[i] : page_437[raw[i] - 0x80], out + n);
	return n;
}

/* The Unicode path field's name; {NULL, 0}: there is none. (Its checksum, of the plain name, is not
 * looked at: programs that ignore it show this name.) */
static struct sl_slice
unicode_path(const struct sl_zip *zip)
{
	size_t len = SL_MIN((size_t)zip->entry.extra_len, (size_t)ZIP_EXTRA);

	for (size_t at = 0; at + 4 <= len; at += 4 + (size_t)le16(zip->extra + at + 2)) {
		size_t size = le16(zip->extra + at + 2);

		if (le16(zip->extra + at) != UNICODE_PATH || size < 6 || at + 4 + size > len)
			continue;
		return sl_slice(zip->extra + at + 9, size - 5);
	}
	return sl_slice(NULL, 0);
}

/* Do the ASCII characters of the two agree? The others differ where the plain name cannot hold them. */
static bool
alike(struct sl_slice a, struct sl_slice b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.len && (a.ptr[i] >= 0x80 || a.ptr[i] == '?' || a.ptr[i] == '_'))
			i++;
		while (k < b.len && (b.ptr[k] >= 0x80 || b.ptr[k] == '?' || b.ptr[k] == '_'))
			k++;
		if (i == a.len || k == b.len)
			return i == a.len && k == b.len;
		if (a.ptr[i++] != b.ptr[k++])
			return false;
	}
}

void
zip_name_finish(struct sl_zip *zip)
{
	unsigned char raw[ZIP_NAME_RAW], text[3 * ZIP_NAME_RAW];
	size_t len = zip->entry.name_len;
	struct sl_slice path = unicode_path(zip);

	memcpy(raw, zip->name, SL_MIN(len, (size_t)ZIP_NAME_RAW));
	if (len > ZIP_NAME_RAW) {
		zip_finding(zip, SL_ZIP_NAME_CUT, sl_slice(NULL, 0));
		for (size_t i = 0; i < ZIP_NAME_TAIL; i++)
			raw[ZIP_NAME_RAW - ZIP_NAME_TAIL + i] = zip->tail[(len + i) % ZIP_NAME_TAIL];
		len = ZIP_NAME_RAW;
	}
	if (len == 0)
		zip_finding(zip, SL_ZIP_NAME_EMPTY, sl_slice(NULL, 0));
	if (path.ptr != NULL && path.len <= ZIP_NAME_RAW && sl_utf8_valid(path) &&
	    !alike(path, sl_slice(raw, len)))
		zip_finding(zip, SL_ZIP_NAME_UNICODE, path);
	if (path.ptr != NULL && path.len <= ZIP_NAME_RAW && sl_utf8_valid(path) &&
	    alike(path, sl_slice(raw, len)))
		text_set(zip, path.ptr, path.len);
	else
		text_set(zip, text, to_utf8(raw, len, text));
}
