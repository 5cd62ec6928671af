/*
 * tnef.c - winmail.dat (MS-OXTNEF): the attachments inside
 *
 * Attributes in a row: level, id, length, bytes, checksum. An attachment begins with
 * attAttachRendData; its name and bytes follow. Its long name, where the MAPI properties have one,
 * is preferred. Memory: none. Linear.
 */

#include "wide.h"

#define LEVEL_ATTACHMENT	2
#define ATT_REND_DATA		0x00069002u
#define ATT_TITLE		0x00018010u
#define ATT_DATA		0x0006800fu
#define ATT_PROPERTIES		0x00069005u
#define LONG_NAME		0x3707u

struct attachment {
	struct sl_slice	name;
	struct sl_slice	data;
	struct sl_buf	long_name;
};

static void
attachment_end(struct inspection *in, struct attachment *a)
{
	if (a->data.ptr != NULL)
		inner_bytes(in, a->long_name.len > 0 ? sl_buf_slice(&a->long_name) : a->name, a->data);
	a->name = a->data = sl_slice(NULL, 0);
	sl_buf_reset(&a->long_name);
}

/* The long name among MAPI properties: looked for by its tag, as what stands in front of it has
 * many forms. */
static void
long_name(struct sl_slice p, struct sl_buf *out)
{
	for (size_t i = 4; i + 12 <= p.len; i += 2) {
		unsigned type = le16(p.ptr + i);
		size_t len;

		if (le16(p.ptr + i + 2) != LONG_NAME || (type != 0x1e && type != 0x1f) || le32(p.ptr + i + 4) != 1)
			continue;
		len = SL_MIN((size_t)le32(p.ptr + i + 8), p.len - i - 12);
		if (type == 0x1f) {
			wide_text(sl_slice(p.ptr + i + 12, len), SL_DEEP_NAME_MAX, out);
		} else {
			const unsigned char *nul = memchr(p.ptr + i + 12, '\0', len);

			sl_deep_clean_text(sl_slice(p.ptr + i + 12, nul == NULL ? len
			    : (size_t)(nul - p.ptr) - i - 12), SL_DEEP_NAME_MAX, out);
		}
		return;
	}
}

void
tnef_inspect(struct inspection *in, struct sl_slice bytes)
{
	struct attachment a = { 0 };
	struct sl_slice rest = sl_slice_from(bytes, SL_MIN(bytes.len, (size_t)6));
	bool any = false;

	sl_buf_init(&a.long_name, SL_DEEP_NAME_MAX);
	while (rest.len >= 11 && !inspection_over(in)) {
		uint32_t id = le32(rest.ptr + 1), len = le32(rest.ptr + 5);
		struct sl_slice value;

		if (rest.ptr[0] != 1 && rest.ptr[0] != LEVEL_ATTACHMENT)
			break;	/* junk at the end is common */
		any = true;
		value = sl_slice(rest.ptr + 9, SL_MIN((size_t)len, rest.len - 9));
		if (id == ATT_REND_DATA)
			attachment_end(in, &a);
		else if (id == ATT_TITLE)
			a.name = sl_slice(value.ptr, strnlen((const char *)value.ptr, value.len));
		else if (id == ATT_DATA)
			a.data = value;
		else if (id == ATT_PROPERTIES && rest.ptr[0] == LEVEL_ATTACHMENT)
			long_name(value, &a.long_name);
		if ((size_t)len + 11 > rest.len) {
			found(in, SL_DEEP_TNEF_DAMAGED, "cut short");
			rest.len = 0;
			break;
		}
		rest = sl_slice_from(rest, (size_t)len + 11);
	}
	attachment_end(in, &a);
	sl_buf_fini(&a.long_name);
	if (!any && !in->over)
		found(in, SL_DEEP_TNEF_DAMAGED, "no attributes");
}
