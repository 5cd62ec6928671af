/* wide.c - see wide.h */

#include "wide.h"
#include "sl/utf8.h"

#define RUN_MIN		4

void
wide_text(struct sl_slice utf16, size_t max, struct sl_buf *out)
{
	size_t end = out->len + max;

	for (size_t i = 0; i + 1 < utf16.len; i += 2) {
		uint32_t c = le16(utf16.ptr + i);
		unsigned char utf8[4];
		size_t n;

		if (c == 0)
			return;
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < utf16.len) {
			uint32_t low = le16(utf16.ptr + i + 2);

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
			c = 0xfffd;
		n = sl_utf8_encode(c, utf8);
		if (out->len + n > end)
			return;
		sl_buf_add(out, utf8, n);
	}
}

static bool
printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

void
visible_text(struct sl_slice b, size_t max, struct sl_buf *out)
{
	size_t end = out->len + max;

	for (size_t i = 0; i < b.len && out->len < end;) {
		size_t n = 0, step = i + 1 < b.len && printable(b.ptr[i]) && b.ptr[i + 1] == 0 ? 2 : 1;

		while (i + n * step < b.len && printable(b.ptr[i + n * step]) &&
		    (step == 1 || (i + n * step + 1 < b.len && b.ptr[i + n * step + 1] == 0)))
			n++;
		if (n >= RUN_MIN) {
			if (out->len > 0)
				sl_buf_add_byte(out, ' ');
			for (size_t k = 0; k < n && out->len < end; k++)
				sl_buf_add_byte(out, b.ptr[i + k * step]);
		}
		i += SL_MAX(n * step, (size_t)1);
	}
}

/* What may stand in an address: it ends at white space, quotes, brackets of text and below. */
static bool
url_byte(unsigned char c)
{
	return c > 0x20 && c != 0x7f && strchr("\"<>`|^{}", c) == NULL;
}

bool
next_url(struct sl_slice text, size_t *at, struct sl_slice *url_out)
{
	for (size_t i = *at; i + 3 < text.len; i++) {
		const unsigned char *p = memchr(text.ptr + i, ':', text.len - i);
		size_t colon, from, to;

		if (p == NULL)
			break;
		colon = (size_t)(p - text.ptr);
		i = colon;
		if (text.len - colon < 4 || memcmp(p, "://", 3) != 0)
			continue;
		for (from = colon; from > 0 && colon - from < 8 &&
		    ((text.ptr[from - 1] | 0x20) >= 'a' && (text.ptr[from - 1] | 0x20) <= 'z'); from--)
			;
		if (colon - from < 3)	/* before the way to its end: many of these must stay linear */
			continue;
		for (to = colon + 3; to < text.len && url_byte(text.ptr[to]); to++)
			;
		while (to > colon + 3 && strchr(".,;)'", text.ptr[to - 1]) != NULL)
			to--;
		if (to <= colon + 3)
			continue;
		*url_out = sl_slice(text.ptr + from, to - from);
		*at = to;
		return true;
	}
	*at = text.len;
	return false;
}

void
find_urls(struct inspection *in, enum sl_deep_source source, struct sl_slice text)
{
	struct sl_slice url;
	size_t at = 0;

	while (next_url(text, &at, &url) && !inspection_over(in)) {
		static const char *const schemes[] = { "http://", "https://", "ftp://", "hxxp://", "hxxps://" };

		for (size_t i = 0; i < SL_COUNT(schemes); i++)
			if (sl_slice_istarts(url, sl_slice_str(schemes[i])))
				found_link(in, source, url);
	}
}

const unsigned char *
find_word(struct sl_slice text, const char *word)
{
	size_t len = strlen(word);
	const unsigned char lower = (unsigned char)word[0];
	const unsigned char upper = lower >= 'a' && lower <= 'z' ? (unsigned char)(lower - 0x20) : lower;

	for (size_t i = 0; i + len <= text.len; i++) {
		if (text.ptr[i] != lower && text.ptr[i] != upper)
			continue;
		if (sl_slice_ieq(sl_slice(text.ptr + i, len), sl_slice(word, len)))
			return text.ptr + i;
	}
	return NULL;
}
