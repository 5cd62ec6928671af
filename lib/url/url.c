/* url.c - see url/url.h */

#include "url/url.h"
#include "host_i.h"
#include "sl/utf8.h"

#include <stdio.h>

/* Which bytes are percent-encoded where (URL standard, 1.3); controls and all above ASCII are
 * everywhere. */
enum encode_set {
	ENCODE_CONTROLS = 0,	/* nothing else */
	ENCODE_FRAGMENT = 1,
	ENCODE_QUERY = 2,
	ENCODE_SPECIAL_QUERY = 4,
	ENCODE_PATH = 8,
	ENCODE_USERINFO = 16,
};
#define ENCODE_ALL	(ENCODE_FRAGMENT | ENCODE_QUERY | ENCODE_SPECIAL_QUERY | ENCODE_PATH | ENCODE_USERINFO)

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

static const struct {
	const char	*name;
	int		 port;
} special_schemes[] = {
	{ "http", 80 }, { "https", 443 }, { "ftp", 21 }, { "ws", 80 }, { "wss", 443 }, { "file", -1 },
};

/* A URL in the making. `in` is what is left of the input, without query and fragment. */
struct build {
	struct sl_url		*url;
	const struct sl_url	*base;
	struct sl_slice		 in, query, fragment;
	bool			 has_query, has_fragment;
	bool			 is_file;
	size_t			 limit;		/* of href, for what is now written */
	bool			 full;		/* a limit was met: nothing goes in any more */
};

const char *
sl_url_flag_text(enum sl_url_flag flag)
{
	switch (flag) {
#define FLAG_CASE(name, bit, text)	\
	case name:			\
		return text;
	SL_URL_FLAGS(FLAG_CASE)
	}
	SL_UNREACHABLE("no such flag");
}

static bool
is_alpha(unsigned char c)
{
	c = sl_ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Writing. All or nothing of `len` bytes: no "%XX" is torn. */
static void
put(struct build *b, const void *bytes, size_t len)
{
	if (b->full || len > b->limit - b->url->len) {
		b->full = true;
		b->url->flags |= SL_URL_CUT;
		return;
	}
	memcpy(b->url->href + b->url->len, bytes, len);
	b->url->len = (uint16_t)(b->url->len + len);
}

static void
put_slice(struct build *b, struct sl_slice s)
{
	put(b, s.ptr, s.len);
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
	put(b, text, 3 * len);
}

static void
put_encoded(struct build *b, struct sl_slice s, enum encode_set set)
{
	while (s.len > 0 && !b->full) {
		size_t n = 0;
		uint32_t c;

		while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && (encoded[s.ptr[n]] & set) == 0 &&
		    n < b->limit - b->url->len)
			n++;
		put(b, s.ptr, n);
		s = sl_slice_from(s, n);
		if (s.len == 0)
			break;
		n = s.ptr[0] < 0x80 ? 1 : sl_utf8_decode(s, &c);
		if (n == 0) {
			b->url->flags |= SL_URL_NOT_UTF8;
			put(b, "%EF%BF%BD", 9);
			n = 1;
		} else if (s.ptr[0] >= 0x20 && s.ptr[0] < 0x7f && (encoded[s.ptr[0]] & set) == 0) {
			put(b, s.ptr, 1);	/* for the limit to be found passed */
		} else {
			put_escaped(b, s.ptr, n);
		}
		s = sl_slice_from(s, n);
	}
}

static bool
is_slash(const struct build *b, unsigned char c)
{
	if (c == '\\' && b->url->special)
		b->url->flags |= SL_URL_BACKSLASH;
	return c == '/' || (c == '\\' && b->url->special);
}

static bool
starts_with_slash(const struct build *b, size_t at)
{
	return b->in.len > at && is_slash(b, b->in.ptr[at]);
}

/* Length of the front of b->in up to a slash. */
static size_t
until_slash(const struct build *b)
{
	size_t n = 0;

	while (n < b->in.len && !is_slash(b, b->in.ptr[n]))
		n++;
	return n;
}

static void
set_scheme(struct build *b, struct sl_slice scheme)
{
	struct sl_url *url = b->url;

	for (size_t i = 0; i < scheme.len; i++)
		url->href[i] = (char)sl_ascii_lower(scheme.ptr[i]);
	url->scheme_end = (uint16_t)scheme.len;
	url->href[scheme.len] = ':';
	url->len = (uint16_t)(scheme.len + 1);
	for (size_t i = 0; i < SL_COUNT(special_schemes); i++)
		if (sl_slice_eq(sl_url_scheme(url), sl_slice_str(special_schemes[i].name)))
			url->special = true;
	b->is_file = sl_slice_eq(sl_url_scheme(url), SL_SLICE_LIT("file"));
}

static int
default_port(const struct sl_url *url)
{
	for (size_t i = 0; i < SL_COUNT(special_schemes); i++)
		if (sl_slice_eq(sl_url_scheme(url), sl_slice_str(special_schemes[i].name)))
			return special_schemes[i].port;
	return -1;
}

/* No authority, or an empty host behind "//". */
static void
set_no_host(struct build *b, bool empty)
{
	struct sl_url *url = b->url;

	if (empty)
		put(b, "//", 2);
	url->host_kind = empty ? SL_URL_HOST_EMPTY : SL_URL_HOST_NONE;
	url->user_start = url->user_end = url->password_start = url->password_end = url->len;
	url->host_start = url->host_end = url->path_start = url->path_end = url->len;
}

static void
copy_authority(struct build *b)
{
	const struct sl_url *base = b->base;
	struct sl_url *url = b->url;
	size_t start = (size_t)base->scheme_end + 1, len = base->path_start - start;

	/* A "/." between scheme and path is not part of it. */
	if (base->host_kind == SL_URL_HOST_NONE) {
		set_no_host(b, false);
		return;
	}
	put(b, base->href + start, len);
	url->host_kind = base->host_kind;
	url->port = base->port;
	url->user_start = base->user_start;
	url->user_end = base->user_end;
	url->password_start = base->password_start;
	url->password_end = base->password_end;
	url->host_start = base->host_start;
	url->host_end = base->host_end;
	url->path_start = url->path_end = url->len;
	url->flags |= base->flags & (SL_URL_USERINFO | SL_URL_AT_TWICE | SL_URL_PORT | SL_URL_HOST_ESCAPED |
	    SL_URL_HOST_MAPPED | SL_URL_HOST_CASE | SL_URL_HOST_ODD | SL_URL_IDN | SL_URL_IPV4_ODD);
}

/* "C:" or "C|" at the front, and then nothing, or what ends a segment. */
static bool
starts_with_drive(const struct build *b)
{
	struct sl_slice in = b->in;

	return in.len >= 2 && is_alpha(in.ptr[0]) && (in.ptr[1] == ':' || in.ptr[1] == '|') &&
	    (in.len == 2 || in.ptr[2] == '/' || in.ptr[2] == '\\');
}

static bool
is_drive_path(struct sl_slice path)
{
	return path.len == 3 && path.ptr[0] == '/' && is_alpha(path.ptr[1]) && path.ptr[2] == ':';
}

/* Take off the last segment (URL standard, 4.4, "shorten"). */
static void
path_shorten(struct build *b)
{
	struct sl_url *url = b->url;
	struct sl_slice path = sl_slice(url->href + url->path_start, url->len - url->path_start);

	if (b->is_file && is_drive_path(path))
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
			path_shorten(b);
	}
	if (dots > 0) {
		if (!slash_behind)
			put(b, "/", 1);
		return;
	}
	start = url->len;
	put(b, "/", 1);
	if (b->is_file && start == url->path_start && segment.len == 2 && is_alpha(segment.ptr[0]) &&
	    (segment.ptr[1] == '|' || segment.ptr[1] == ':')) {
		char drive[2] = { (char)segment.ptr[0], ':' };

		put(b, drive, 2);
		return;
	}
	put_encoded(b, segment, ENCODE_PATH);
	/* What a cut left of it must not mean something else. */
	if (b->full && url->len > start && segment_dots(sl_slice(url->href + start + 1,
	    url->len - start - 1u)) > 0)
		url->len = (uint16_t)start;
}

/* b->in is the path from its first segment on. */
static void
put_path(struct build *b)
{
	for (;;) {
		size_t n = until_slash(b);
		bool slash_behind = n < b->in.len;

		put_segment(b, sl_slice(b->in.ptr, n), slash_behind);
		if (!slash_behind)
			break;
		b->in = sl_slice_from(b->in, n + 1);
	}
}

/* Behind an authority: the path begins with a slash, said or not. */
static void
put_path_start(struct build *b)
{
	if (b->in.len == 0 && !b->url->special)
		return;
	if (starts_with_slash(b, 0))
		b->in = sl_slice_from(b->in, 1);
	put_path(b);
}

/* URL standard, 4.4, "opaque path state" */
static void
put_opaque_path(struct build *b)
{
	struct sl_url *url = b->url;
	struct sl_slice in = b->in;

	url->opaque_path = true;
	if (in.len > 0 && in.ptr[in.len - 1] == ' ') {	/* else it would be lost behind the URL */
		put_encoded(b, sl_slice(in.ptr, in.len - 1), ENCODE_CONTROLS);
		put(b, "%20", 3);
	} else {
		put_encoded(b, in, ENCODE_CONTROLS);
	}
	while (b->full && url->len > url->path_start && url->href[url->len - 1] == ' ')
		url->len--;
}

static void
put_userinfo(struct build *b, struct sl_slice in)
{
	const unsigned char *colon = memchr(in.ptr, ':', in.len);
	struct sl_slice user = in, password = sl_slice(NULL, 0);
	struct sl_url *url = b->url;

	if (colon != NULL) {
		user.len = (size_t)(colon - in.ptr);
		password = sl_slice_from(in, user.len + 1);
	}
	if (memchr(in.ptr, '@', in.len) != NULL)
		url->flags |= SL_URL_AT_TWICE;
	b->limit = url->len + SL_URL_USER_MAX;
	put_encoded(b, user, ENCODE_USERINFO);
	b->full = false;
	url->user_end = url->password_start = url->password_end = url->len;
	b->limit = SL_URL_HREF_MAX;
	if (password.len > 0) {
		put(b, ":", 1);
		url->password_start = url->len;
		b->limit = url->len + SL_URL_USER_MAX;
		put_encoded(b, password, ENCODE_USERINFO);
		b->full = false;
		url->password_end = url->len;
		b->limit = SL_URL_HREF_MAX;
	}
	if (url->password_end > url->user_start) {
		url->flags |= SL_URL_USERINFO;
		put(b, "@", 1);
	}
}

static int
put_port(struct build *b, struct sl_slice in)
{
	struct sl_url *url = b->url;
	unsigned port = 0;
	char text[8];

	for (size_t i = 0; i < in.len; i++) {
		if (!is_digit(in.ptr[i]))
			return SL_ERR_SYNTAX;
		port = port * 10 + (unsigned)(in.ptr[i] - '0');
		if (port > 0xffff)
			return SL_ERR_SYNTAX;
	}
	if (in.len == 0 || (int)port == default_port(url))
		return 0;
	url->port = (int)port;
	url->flags |= SL_URL_PORT;
	snprintf(text, sizeof(text), ":%u", port);
	put(b, text, strlen(text));
	return 0;
}

/* Where the host ends and ":port" begins: the first colon outside of brackets. */
static size_t
host_length(struct sl_slice in)
{
	bool in_brackets = false;
	size_t i;

	for (i = 0; i < in.len && (in.ptr[i] != ':' || in_brackets); i++) {
		if (in.ptr[i] == '[')
			in_brackets = true;
		else if (in.ptr[i] == ']')
			in_brackets = false;
	}
	return i;
}

static int
put_host(struct build *b, struct sl_slice in)
{
	struct sl_url *url = b->url;
	struct host host;
	int r = host_parse(in, url->special, &host, &url->flags);

	if (r < 0)
		return r;
	url->host_start = url->len;
	if (b->is_file && host.kind == SL_URL_HOST_DOMAIN && strcmp(host.text, "localhost") == 0) {
		host.len = 0;
		host.kind = SL_URL_HOST_EMPTY;
	}
	put(b, host.text, host.len);
	url->host_end = url->len;
	url->host_kind = host.kind;
	return 0;
}

/* Behind "//": authority, then path. */
static int
put_authority(struct build *b)
{
	struct sl_slice authority = sl_slice(b->in.ptr, until_slash(b)), host = authority;
	const unsigned char *at = authority.len == 0 ? NULL : memrchr(authority.ptr, '@', authority.len);
	struct sl_url *url = b->url;
	size_t host_len;
	int r;

	put(b, "//", 2);
	url->user_start = url->user_end = url->password_start = url->password_end = url->len;
	if (at != NULL) {
		host = sl_slice_from(authority, (size_t)(at - authority.ptr) + 1);
		if (host.len == 0)
			return SL_ERR_SYNTAX;
		put_userinfo(b, sl_slice(authority.ptr, (size_t)(at - authority.ptr)));
	}
	host_len = host_length(host);
	if (host_len == 0 && (url->special || host.len > 0))
		return SL_ERR_SYNTAX;
	if (host_len == 0) {
		url->host_kind = SL_URL_HOST_EMPTY;
		url->host_start = url->host_end = url->len;
	} else {
		r = put_host(b, sl_slice(host.ptr, host_len));
		if (r < 0)
			return r;
	}
	if (host_len < host.len) {
		r = put_port(b, sl_slice_from(host, host_len + 1));
		if (r < 0)
			return r;
	}
	url->path_start = url->path_end = url->len;
	b->in = sl_slice_from(b->in, authority.len);
	put_path_start(b);
	return 0;
}

/* Skip all slashes behind a special scheme, then the authority. */
static int
put_special_authority(struct build *b)
{
	size_t n = 0;

	while (starts_with_slash(b, n))
		n++;
	if (n != 2)
		b->url->flags |= SL_URL_SLASHES;
	b->in = sl_slice_from(b->in, n);
	return put_authority(b);
}

/* Nothing is left but what b->query and b->fragment say; the base's query stays if no other came. */
static void
copy_query(struct build *b)
{
	if (!b->has_query && b->base->has_query) {
		b->has_query = true;
		b->query = sl_url_query(b->base);
	}
}

static void
copy_path(struct build *b)
{
	put_slice(b, sl_url_path(b->base));
}

static bool
base_is_file(const struct build *b)
{
	return b->base != NULL && sl_slice_eq(sl_url_scheme(b->base), SL_SLICE_LIT("file"));
}

/* URL standard, 4.4, "file host state": behind "file://". */
static int
put_file_host(struct build *b)
{
	size_t n = until_slash(b);

	if (n == 0 || (n == 2 && starts_with_drive(b))) {
		set_no_host(b, true);
		if (n == 0)
			put_path_start(b);
		else
			put_path(b);
		return 0;
	}
	put(b, "//", 2);
	b->url->user_start = b->url->user_end = b->url->password_start = b->url->password_end = b->url->len;
	int r = put_host(b, sl_slice(b->in.ptr, n));

	if (r < 0)
		return r;
	b->url->path_start = b->url->path_end = b->url->len;
	b->in = sl_slice_from(b->in, n);
	put_path_start(b);
	return 0;
}

/* URL standard, 4.4, "file state" */
static int
put_file(struct build *b)
{
	if (starts_with_slash(b, 0) && starts_with_slash(b, 1)) {
		b->in = sl_slice_from(b->in, 2);
		return put_file_host(b);
	}
	if (!base_is_file(b)) {
		set_no_host(b, true);
		put_path_start(b);
		return 0;
	}
	b->url->flags |= SL_URL_RELATIVE;
	if (starts_with_slash(b, 0)) {
		struct sl_slice path = sl_url_path(b->base);

		b->in = sl_slice_from(b->in, 1);
		copy_authority(b);
		if (path.len >= 3 && is_drive_path(sl_slice(path.ptr, 3)) && !starts_with_drive(b) &&
		    (path.len == 3 || path.ptr[3] == '/'))
			put(b, path.ptr, 3);
		put_path(b);
		return 0;
	}
	copy_authority(b);
	if (b->in.len == 0) {
		copy_path(b);
		copy_query(b);
		return 0;
	}
	if (!starts_with_drive(b)) {
		copy_path(b);
		path_shorten(b);
	}
	put_path(b);
	return 0;
}

/* URL standard, 4.4, "relative state" and "relative slash state" */
static int
put_relative(struct build *b)
{
	b->url->flags |= SL_URL_RELATIVE;
	if (starts_with_slash(b, 0)) {
		if (starts_with_slash(b, 1)) {
			if (b->url->special)
				return put_special_authority(b);
			b->in = sl_slice_from(b->in, 2);
			return put_authority(b);
		}
		b->in = sl_slice_from(b->in, 1);
		copy_authority(b);
		put_path(b);
		return 0;
	}
	copy_authority(b);
	copy_path(b);
	if (b->in.len == 0) {
		copy_query(b);
		return 0;
	}
	path_shorten(b);
	put_path(b);
	return 0;
}

/* Behind a scheme that is not that of a special URL. */
static int
put_other(struct build *b)
{
	if (!starts_with_slash(b, 0)) {
		set_no_host(b, false);
		put_opaque_path(b);
		return 0;
	}
	if (starts_with_slash(b, 1)) {
		b->in = sl_slice_from(b->in, 2);
		return put_authority(b);
	}
	b->in = sl_slice_from(b->in, 1);
	set_no_host(b, false);
	put_path(b);
	return 0;
}

/* Length of a scheme at the front of `in`, without its colon; 0: there is none. */
static size_t
scheme_length(struct sl_slice in)
{
	size_t n = 0;

	if (in.len == 0 || !is_alpha(in.ptr[0]))
		return 0;
	while (n < in.len && (is_alpha(in.ptr[n]) || is_digit(in.ptr[n]) || in.ptr[n] == '+' ||
	    in.ptr[n] == '-' || in.ptr[n] == '.'))
		n++;
	return n < in.len && in.ptr[n] == ':' ? n : 0;
}

static int
put_without_scheme(struct build *b)
{
	const struct sl_url *base = b->base;

	if (base == NULL || (base->opaque_path && (b->in.len > 0 || b->has_query || !b->has_fragment)))
		return SL_ERR_SYNTAX;
	set_scheme(b, sl_url_scheme(base));
	if (base->opaque_path) {
		b->url->flags |= SL_URL_RELATIVE;
		set_no_host(b, false);
		b->url->opaque_path = true;
		copy_path(b);
		copy_query(b);
		return 0;
	}
	return b->is_file ? put_file(b) : put_relative(b);
}

static int
put_all(struct build *b)
{
	size_t n = scheme_length(b->in);

	if (n == 0)
		return put_without_scheme(b);
	if (n > SL_URL_SCHEME_MAX)
		return SL_ERR_TOO_LONG;
	set_scheme(b, sl_slice(b->in.ptr, n));
	b->in = sl_slice_from(b->in, n + 1);
	if (b->is_file)
		return put_file(b);
	if (!b->url->special)
		return put_other(b);
	if (b->base != NULL && sl_slice_eq(sl_url_scheme(b->base), sl_url_scheme(b->url)) &&
	    !(starts_with_slash(b, 0) && b->in.ptr[0] == '/' && b->in.len > 1 && b->in.ptr[1] == '/'))
		return put_relative(b);
	return put_special_authority(b);
}

/* Without a host, a path of "//" would be read as one: "/." goes between (URL standard, 4.5). */
static void
guard_path(struct sl_url *url)
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

static void
put_query_and_fragment(struct build *b)
{
	struct sl_url *url = b->url;

	url->path_end = url->query_end = url->len;
	if (b->has_query) {
		put(b, "?", 1);
		url->has_query = !b->full;
		put_encoded(b, b->query, url->special ? ENCODE_SPECIAL_QUERY : ENCODE_QUERY);
		url->query_end = url->len;
	}
	if (b->has_fragment) {
		put(b, "#", 1);
		url->has_fragment = !b->full;
		put_encoded(b, b->fragment, ENCODE_FRAGMENT);
	}
	url->href[url->len] = '\0';
}

static void
split_at(struct sl_slice *in, char mark, struct sl_slice *behind_out, bool *there_out)
{
	const unsigned char *at = in->len == 0 ? NULL : memchr(in->ptr, mark, in->len);

	*there_out = at != NULL;
	if (at == NULL)
		return;
	*behind_out = sl_slice_from(*in, (size_t)(at - in->ptr) + 1);
	in->len = (size_t)(at - in->ptr);
}

static int
parse(struct sl_slice in, const struct sl_url *base, struct sl_url *out)
{
	struct build b = { .url = out, .base = base, .in = in, .limit = SL_URL_HREF_MAX };
	int r;

	split_at(&b.in, '#', &b.fragment, &b.has_fragment);
	split_at(&b.in, '?', &b.query, &b.has_query);
	r = put_all(&b);
	if (r < 0)
		return r;
	guard_path(out);
	put_query_and_fragment(&b);
	return 0;
}

/* The input without tabs and line ends, to be freed. */
static unsigned char *
without_controls(struct sl_slice in, size_t *len_out)
{
	unsigned char *copy = sl_xmalloc(in.len);

	*len_out = 0;
	for (size_t i = 0; i < in.len; i++)
		if (in.ptr[i] != '\t' && in.ptr[i] != '\n' && in.ptr[i] != '\r')
			copy[(*len_out)++] = in.ptr[i];
	return copy;
}

int
sl_url_parse(struct sl_slice input, const struct sl_url *base, struct sl_url *out)
{
	unsigned char *copy;
	size_t len;
	int r;

	SL_ASSERT(out != base);
	memset(out, 0, offsetof(struct sl_url, href));
	out->port = -1;
	while (input.len > 0 && input.ptr[0] <= ' ')
		input = sl_slice_from(input, 1);
	while (input.len > 0 && input.ptr[input.len - 1] <= ' ')
		input.len--;
	if (input.len == 0 || (memchr(input.ptr, '\t', input.len) == NULL &&
	    memchr(input.ptr, '\n', input.len) == NULL && memchr(input.ptr, '\r', input.len) == NULL))
		return parse(input, base, out);
	copy = without_controls(input, &len);
	r = parse(sl_slice(copy, len), base, out);
	out->flags |= SL_URL_CONTROLS;
	sl_free(copy);
	return r;
}

static struct sl_slice
part(const struct sl_url *url, size_t start, size_t end)
{
	return sl_slice(url->href + start, end - start);
}

struct sl_slice
sl_url_href(const struct sl_url *url)
{
	return part(url, 0, url->len);
}

struct sl_slice
sl_url_scheme(const struct sl_url *url)
{
	return part(url, 0, url->scheme_end);
}

struct sl_slice
sl_url_user(const struct sl_url *url)
{
	return part(url, url->user_start, url->user_end);
}

struct sl_slice
sl_url_password(const struct sl_url *url)
{
	return part(url, url->password_start, url->password_end);
}

struct sl_slice
sl_url_host(const struct sl_url *url)
{
	return part(url, url->host_start, url->host_end);
}

struct sl_slice
sl_url_path(const struct sl_url *url)
{
	return part(url, url->path_start, url->path_end);
}

struct sl_slice
sl_url_query(const struct sl_url *url)
{
	return url->has_query ? part(url, url->path_end + 1u, url->query_end) : sl_slice(NULL, 0);
}

struct sl_slice
sl_url_fragment(const struct sl_url *url)
{
	return url->has_fragment ? part(url, url->query_end + 1u, url->len) : sl_slice(NULL, 0);
}

int
sl_url_port(const struct sl_url *url)
{
	return url->port >= 0 ? url->port : default_port(url);
}

struct sl_slice
sl_url_registrable(const struct sl_url *url, const struct sl_suffix *suffix)
{
	if (url->host_kind != SL_URL_HOST_DOMAIN)
		return sl_slice(NULL, 0);
	return sl_suffix_registrable(suffix, sl_url_host(url));
}
