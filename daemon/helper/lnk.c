/*
 * lnk.c - Windows shortcuts (MS-SHLLINK) and .url files: what a click runs
 *
 * Memory: the texts, TEXT_MAX each. Limits: an item list's target is read as the names it shows,
 * not by the shell's rules.
 */

#include "inspect.h"
#include "sl/utf8.h"
#include "wide.h"

#define HEAD_LEN	76
#define TEXT_MAX	4096

enum {	/* LinkFlags */
	HAS_ID_LIST	= 1 << 0,
	HAS_LINK_INFO	= 1 << 1,
	HAS_NAME	= 1 << 2,
	HAS_RELATIVE	= 1 << 3,
	HAS_FOLDER	= 1 << 4,
	HAS_ARGUMENTS	= 1 << 5,
	HAS_ICON	= 1 << 6,
	IS_UNICODE	= 1 << 7,
};

/* The path in a LinkInfo: local base path, or the share's name. */
static void
link_info(struct sl_slice info, struct sl_buf *target)
{
	size_t at = info.len >= 28 ? le32(info.ptr + 16) : 0;
	const unsigned char *end;

	if (at < 28 || at >= info.len)
		return;
	end = memchr(info.ptr + at, '\0', info.len - at);
	sl_deep_clean_text(sl_slice(info.ptr + at, end == NULL ? info.len - at : (size_t)(end - info.ptr) - at),
	    TEXT_MAX, target);
}

/* One counted string; *rest moves past it. */
static void
string_data(struct sl_slice *rest, bool wide, struct sl_buf *out)
{
	size_t count, len;

	if (rest->len < 2) {
		*rest = sl_slice("", 0);
		return;
	}
	count = le16(rest->ptr);
	len = SL_MIN(count * (wide ? 2 : 1), rest->len - 2);
	if (wide)
		wide_text(sl_slice(rest->ptr + 2, len), TEXT_MAX, out);
	else
		sl_deep_clean_text(sl_slice(rest->ptr + 2, len), TEXT_MAX, out);
	*rest = sl_slice_from(*rest, 2 + len);
}

/* Skip a part that has its length in front (itself counted or not). */
static struct sl_slice
sized_part(struct sl_slice *rest, size_t head, bool counted)
{
	size_t len = rest->len < head ? rest->len : head == 2 ? le16(rest->ptr) : le32(rest->ptr);
	struct sl_slice part;

	if (!counted)
		len += head;
	len = SL_MIN(SL_MAX(len, head), rest->len);
	part = sl_slice(rest->ptr, len);
	*rest = sl_slice_from(*rest, len);
	return part;
}

void
lnk_inspect(struct inspection *in, struct sl_slice bytes)
{
	static const uint32_t strings[] = { HAS_NAME, HAS_RELATIVE, HAS_FOLDER, HAS_ARGUMENTS, HAS_ICON };
	struct sl_slice rest, ids = { 0 };
	struct sl_buf target, texts[SL_COUNT(strings)];
	uint32_t flags;

	if (bytes.len < HEAD_LEN)
		return;
	flags = le32(bytes.ptr + 20);
	rest = sl_slice_from(bytes, HEAD_LEN);
	sl_buf_init(&target, TEXT_MAX);
	if ((flags & HAS_ID_LIST) != 0)
		ids = sized_part(&rest, 2, false);
	if ((flags & HAS_LINK_INFO) != 0)
		link_info(sized_part(&rest, 4, true), &target);
	for (size_t i = 0; i < SL_COUNT(strings); i++) {
		sl_buf_init(&texts[i], TEXT_MAX);
		if ((flags & strings[i]) != 0)
			string_data(&rest, (flags & IS_UNICODE) != 0, &texts[i]);
	}
	if (target.len == 0)
		sl_buf_add_slice(&target, sl_buf_slice(&texts[1]));
	if (target.len == 0)
		visible_text(ids, TEXT_MAX, &target);
	found(in, SL_DEEP_LNK_COMMAND, SL_SLICE_FMT " " SL_SLICE_FMT, SL_SLICE_ARG(sl_buf_slice(&target)),
	    SL_SLICE_ARG(sl_buf_slice(&texts[3])));
	find_urls(in, SL_DEEP_FROM_SHORTCUT, sl_buf_slice(&target));
	find_urls(in, SL_DEEP_FROM_SHORTCUT, sl_buf_slice(&texts[3]));
	find_urls(in, SL_DEEP_FROM_SHORTCUT, sl_buf_slice(&texts[4]));
	for (size_t i = 0; i < SL_COUNT(strings); i++)
		sl_buf_fini(&texts[i]);
	sl_buf_fini(&target);
}

void
url_file_inspect(struct inspection *in, struct sl_slice bytes)
{
	while (bytes.len > 0 && !inspection_over(in)) {
		const unsigned char *end = memchr(bytes.ptr, '\n', bytes.len);
		size_t len = end == NULL ? bytes.len : (size_t)(end - bytes.ptr);
		struct sl_slice line = sl_slice_trim(sl_slice(bytes.ptr, len));

		if (sl_slice_istarts(line, SL_SLICE_LIT("URL=")) ||
		    sl_slice_istarts(line, SL_SLICE_LIT("BASEURL=")) ||
		    sl_slice_istarts(line, SL_SLICE_LIT("IconFile="))) {
			const unsigned char *is = memchr(line.ptr, '=', line.len);
			struct sl_slice url = sl_slice_from(line, (size_t)(is - line.ptr) + 1);

			found_link(in, SL_DEEP_FROM_SHORTCUT, url);
			if (sl_slice_istarts(url, SL_SLICE_LIT("file:")) || sl_slice_istarts(url, SL_SLICE_LIT("\\\\")))
				found(in, SL_DEEP_LNK_COMMAND, SL_SLICE_FMT, SL_SLICE_ARG(url));
		}
		bytes = sl_slice_from(bytes, SL_MIN(len + 1, bytes.len));
	}
}
