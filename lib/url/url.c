/* url.c - see url/url.h */

#include "url/url.h"
#include "build_i.h"

static const struct {
	const char	*name;
	int		 port;
} special_schemes[] = {
	{ "http", 80 }, { "https", 443 }, { "ftp", 21 }, { "ws", 80 }, { "wss", 443 }, { "file", -1 },
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

int
url_default_port(const struct sl_url *url)
{
	for (size_t i = 0; i < SL_COUNT(special_schemes); i++)
		if (sl_slice_eq(sl_url_scheme(url), sl_slice_str(special_schemes[i].name)))
			return special_schemes[i].port;
	return -1;
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
	url_put_slice(b, sl_url_path(b->base));
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
	size_t n = url_until_slash(b);

	if (n == 0 || (n == 2 && url_starts_with_drive(b))) {
		url_set_no_host(b, true);
		if (n == 0)
			url_put_path_start(b);
		else
			url_put_path(b);
		return 0;
	}
	url_put(b, "//", 2);
	b->url->user_start = b->url->user_end = b->url->password_start = b->url->password_end = b->url->len;
	int r = url_put_host(b, sl_slice(b->in.ptr, n));

	if (r < 0)
		return r;
	b->url->path_start = b->url->path_end = b->url->len;
	b->in = sl_slice_from(b->in, n);
	url_put_path_start(b);
	return 0;
}

/* URL standard, 4.4, "file state" */
static int
put_file(struct build *b)
{
	if (url_starts_with_slash(b, 0) && url_starts_with_slash(b, 1)) {
		b->in = sl_slice_from(b->in, 2);
		return put_file_host(b);
	}
	if (!base_is_file(b)) {
		url_set_no_host(b, true);
		url_put_path_start(b);
		return 0;
	}
	b->url->flags |= SL_URL_RELATIVE;
	if (url_starts_with_slash(b, 0)) {
		struct sl_slice path = sl_url_path(b->base);

		b->in = sl_slice_from(b->in, 1);
		url_copy_authority(b);
		if (path.len >= 3 && url_is_drive_path(sl_slice(path.ptr, 3)) && !url_starts_with_drive(b) &&
		    (path.len == 3 || path.ptr[3] == '/'))
			url_put(b, path.ptr, 3);
		url_put_path(b);
		return 0;
	}
	url_copy_authority(b);
	if (b->in.len == 0) {
		copy_path(b);
		copy_query(b);
		return 0;
	}
	if (!url_starts_with_drive(b)) {
		copy_path(b);
		url_path_shorten(b);
	}
	url_put_path(b);
	return 0;
}

/* URL standard, 4.4, "relative state" and "relative slash state" */
static int
put_relative(struct build *b)
{
	b->url->flags |= SL_URL_RELATIVE;
	if (url_starts_with_slash(b, 0)) {
		if (url_starts_with_slash(b, 1)) {
			if (b->url->special)
				return url_put_special_authority(b);
			b->in = sl_slice_from(b->in, 2);
			return url_put_authority(b);
		}
		b->in = sl_slice_from(b->in, 1);
		url_copy_authority(b);
		url_put_path(b);
		return 0;
	}
	url_copy_authority(b);
	copy_path(b);
	if (b->in.len == 0) {
		copy_query(b);
		return 0;
	}
	url_path_shorten(b);
	url_put_path(b);
	return 0;
}

/* Behind a scheme that is not that of a special URL. */
static int
put_other(struct build *b)
{
	if (!url_starts_with_slash(b, 0)) {
		url_set_no_host(b, false);
		url_put_opaque_path(b);
		return 0;
	}
	if (url_starts_with_slash(b, 1)) {
		b->in = sl_slice_from(b->in, 2);
		return url_put_authority(b);
	}
	b->in = sl_slice_from(b->in, 1);
	url_set_no_host(b, false);
	url_put_path(b);
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
		url_set_no_host(b, false);
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
	    !(url_starts_with_slash(b, 0) && b->in.ptr[0] == '/' && b->in.len > 1 && b->in.ptr[1] == '/'))
		return put_relative(b);
	return url_put_special_authority(b);
}

static void
put_query_and_fragment(struct build *b)
{
	struct sl_url *url = b->url;

	url->path_end = url->query_end = url->len;
	if (b->has_query) {
		url_put(b, "?", 1);
		url->has_query = !b->full;
		url_put_encoded(b, b->query, url->special ? ENCODE_SPECIAL_QUERY : ENCODE_QUERY);
		url->query_end = url->len;
	}
	if (b->has_fragment) {
		url_put(b, "#", 1);
		url->has_fragment = !b->full;
		url_put_encoded(b, b->fragment, ENCODE_FRAGMENT);
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
	url_guard_path(out);
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
	return url->port >= 0 ? url->port : url_default_port(url);
}

struct sl_slice
sl_url_registrable(const struct sl_url *url, const struct sl_suffix *suffix)
{
	if (url->host_kind != SL_URL_HOST_DOMAIN)
		return sl_slice(NULL, 0);
	return sl_suffix_registrable(suffix, sl_url_host(url));
}
