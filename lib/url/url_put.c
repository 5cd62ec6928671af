/* url_put.c - writing a URL, and its path: see build_i.h */

#include "build_i.h"
#include "sl/utf8.h"

static const uint8_t encoded[128] = {
	[' '] = ENCODE_ALL, ['"'] = ENCODE_ALL, ['<'] = ENCODE_ALL, ['>'] = ENCODE_ALL,
	['#'] = ENCODE_ALL & ~ENCODE_FRAGMENT,
	['`'] = ENCODE_FRAGMENT | ENCODE_PATH | ENCODE_USERINFO,
	['\''] = ENCODE_SPECIAL_QUERY,
	['?'] = ENCODE_PATH | ENCODE_USERINFO, ['^'] = ENCODE_PATH | ENCODE_USERINFO,
	['{'] = ENCODE_PATH | ENCODE_USERINFO, ['}'] = ENCODE_PATH | ENCODE_USERINFO,
	['/'] = ENCODE_USERINFO, [':'] = ENCODE_USERINFO, [';'] = ENCODE_USERINFO, ['='] = ENCODE_USERINFO,
	['@'] = ENCODE_USERINFO, ['['] = ENCODE_USERINFO, ['\\'] = ENCODE_USERINFO,
	[']'] = ENCODE_USERINFO, ['|'] = ENCODE_USERINFO,
};

void
url_put(struct build *b, const void *bytes, size_t len)
{
	if (b->full || len > b->limit - b->url->len) {
		b->full = true;
		b->url->flags |= SL_URL_CUT;
		return;
	}
	memcpy(b->url->href + b->url->len, bytes, len);
	b->url->len = (uint16_t)(b->url->len + len);
}

void
url_put_slice(struct build *b, struct sl_slice s)
{
	url_put(b, s.ptr, s.len);
}

static void
put_escaped(struct build *b, const unsigned char *bytes, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	char text[12];

	for (size_t i = 0; i < len; i++) {
		text[3 * i] = '%';
		text[3 * i + 1] = hex[bytes[i] >> 4];
		text[3 * i + 2] = hex[bytes[i] & 15];
	}
	url_put(b, text, 3 * len);
}

void
url_put_encoded(struct build *b, struct sl_slice s, enum encode_set set)
{
	while (s.len > 0 && !b->full) {
		size_t n = 0;
		uint32_t c;

		while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && (encoded[s.ptr[n]] & set) == 0 &&
		    n < b->limit - b->url->len)
			n++;
		url_put(b, s.ptr, n);
		s = sl_slice_from(s, n);
		if (s.len == 0)
			break;
		n = s.ptr[0] < 0x80 ? 1 : sl_utf8_decode(s, &c);
		if (n == 0) {
			b->url->flags |= SL_URL_NOT_UTF8;
			url_put(b, "%EF%BF%BD", 9);
			n = 1;
		} else if (s.ptr[0] >= 0x20 && s.ptr[0] < 0x7f && (encoded[s.ptr[0]] & set) == 0) {
			url_put(b, s.ptr, 1);	/* for the limit to be found passed */
		} else {
			put_escaped(b, s.ptr, n);
		}
		s = sl_slice_from(s, n);
	}
}

bool
url_is_slash(const struct build *b, unsigned char c)
{
	if (c == '\\' && b->url->special)
		b->url->flags |= SL_URL_BACKSLASH;
	return c == '/' || (c == '\\' && b->url->special);
}

bool
url_starts_with_slash(const struct build *b, size_t at)
{
	return b->in.len > at && url_is_slash(b, b->in.ptr[at]);
}

size_t
url_until_slash(const struct build *b)
{
	size_t n = 0;

	while (n < b->in.len && !url_is_slash(b, b->in.ptr[n]))
		n++;
	return n;
}

bool
url_starts_with_drive(const struct build *b)
{
	struct sl_slice in = b->in;

	return in.len >= 2 && is_alpha(in.ptr[0]) && (in.ptr[1] == ':' || in.ptr[1] == '|') &&
	    (in.len == 2 || in.ptr[2] == '/' || in.ptr[2] == '\\');
}

bool
url_is_drive_path(struct sl_slice path)
{
	return path.len == 3 && path.ptr[0] == '/' && is_alpha(path.ptr[1]) && path.ptr[2] == ':';
}

void
url_path_shorten(struct build *b)
{
	struct sl_url *url = b->url;
	struct sl_slice path = sl_slice(url->href + url->path_start, url->len - url->path_start);

	if (b->is_file && url_is_drive_path(path))
		return;
	while (path.len > 0 && path.ptr[--path.len] != '/')
		;
	url->len = (uint16_t)(url->path_start + path.len);
}

/* 1 or 2 for a segment of so many dots, in any spelling; else 0. */
static unsigned
segment_dots(struct sl_slice s)
{
	unsigned dots = 0;

	while (s.len > 0) {
		size_t n = s.ptr[0] == '.' ? 1 :
		    s.len >= 3 && sl_slice_ieq(sl_slice(s.ptr, 3), SL_SLICE_LIT("%2e")) ? 3 : 0;

		if (n == 0 || ++dots > 2)
			return 0;
		s = sl_slice_from(s, n);
	}
	return dots;
}

static void
put_segment(struct build *b, struct sl_slice segment, bool slash_behind)
{
	struct sl_url *url = b->url;
	unsigned dots = segment_dots(segment);
	size_t start;

	if (dots == 2) {
		url->flags |= SL_URL_DOTS;
		if (!b->full)
			url_path_shorten(b);
	}
	if (dots > 0) {
		if (!slash_behind)
			url_put(b, "/", 1);
		return;
	}
	start = url->len;
	url_put(b, "/", 1);
	if (b->is_file && start == url->path_start && segment.len == 2 && is_alpha(segment.ptr[0]) &&
	    (segment.ptr[1] == '|' || segment.ptr[1] == ':')) {
		char drive[2] = { (char)segment.ptr[0], ':' };

		url_put(b, drive, 2);
		return;
	}
	url_put_encoded(b, segment, ENCODE_PATH);
	/* What a cut left of it must not mean something else. */
	if (b->full && url->len > start && segment_dots(sl_slice(url->href + start + 1,
	    url->len - start - 1u)) > 0)
		url->len = (uint16_t)start;
}

void
url_put_path(struct build *b)
{
	for (;;) {
		size_t n = url_until_slash(b);
		bool slash_behind = n < b->in.len;

		put_segment(b, sl_slice(b->in.ptr, n), slash_behind);
		if (!slash_behind)
			break;
		b->in = sl_slice_from(b->in, n + 1);
	}
}

void
url_put_path_start(struct build *b)
{
	if (b->in.len == 0 && !b->url->special)
		return;
	if (url_starts_with_slash(b, 0))
		b->in = sl_slice_from(b->in, 1);
	url_put_path(b);
}

void
url_put_opaque_path(struct build *b)
{
	struct sl_url *url = b->url;
	struct sl_slice in = b->in;

	url->opaque_path = true;
	if (in.len > 0 && in.ptr[in.len - 1] == ' ') {	/* else it would be lost behind the URL */
		url_put_encoded(b, sl_slice(in.ptr, in.len - 1), ENCODE_CONTROLS);
		url_put(b, "%20", 3);
	} else {
		url_put_encoded(b, in, ENCODE_CONTROLS);
	}
	while (b->full && url->len > url->path_start && url->href[url->len - 1] == ' ')
		url->len--;
}

void
url_guard_path(struct sl_url *url)
{
	char *path = url->href + url->path_start;
	size_t len = (size_t)(url->len - url->path_start);

	if (url->host_kind != SL_URL_HOST_NONE || url->opaque_path || len < 2 || path[0] != '/' ||
	    path[1] != '/')
		return;
	if (url->len + 2 > SL_URL_HREF_MAX) {
		len -= 2;
		url->flags |= SL_URL_CUT;
	}
	memmove(path + 2, path, len);
	memcpy(path, "/.", 2);
	url->path_start = (uint16_t)(url->path_start + 2);
	url->len = (uint16_t)(url->path_start + len);
}
