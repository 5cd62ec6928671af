/* url_authority.c - user, host and port of a URL: see build_i.h */

#include "build_i.h"
#include "host_i.h"

#include <stdio.h>

void
url_set_no_host(struct build *b, bool empty)
{
	struct sl_url *url = b->url;

	if (empty)
		url_put(b, "//", 2);
	url->host_kind = empty ? SL_URL_HOST_EMPTY : SL_URL_HOST_NONE;
	url->user_start = url->user_end = url->password_start = url->password_end = url->len;
	url->host_start = url->host_end = url->path_start = url->path_end = url->len;
}

void
url_copy_authority(struct build *b)
{
	const struct sl_url *base = b->base;
	struct sl_url *url = b->url;
	size_t start = (size_t)base->scheme_end + 1, len = base->path_start - start;

	/* A "/." between scheme and path is not part of it. */
	if (base->host_kind == SL_URL_HOST_NONE) {
		url_set_no_host(b, false);
		return;
	}
	url_put(b, base->href + start, len);
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
	url_put_encoded(b, user, ENCODE_USERINFO);
	b->full = false;
	url->user_end = url->password_start = url->password_end = url->len;
	b->limit = SL_URL_HREF_MAX;
	if (password.len > 0) {
		url_put(b, ":", 1);
		url->password_start = url->len;
		b->limit = url->len + SL_URL_USER_MAX;
		url_put_encoded(b, password, ENCODE_USERINFO);
		b->full = false;
		url->password_end = url->len;
		b->limit = SL_URL_HREF_MAX;
	}
	if (url->password_end > url->user_start) {
		url->flags |= SL_URL_USERINFO;
		url_put(b, "@", 1);
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
	if (in.len == 0 || (int)port == url_default_port(url))
		return 0;
	url->port = (int)port;
	url->flags |= SL_URL_PORT;
	snprintf(text, sizeof(text), ":%u", port);
	url_put(b, text, strlen(text));
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

int
url_put_host(struct build *b, struct sl_slice in)
{
	struct sl_url *url = b->url;
	struct host host;
	int r = url_host_parse(in, url->special, &host, &url->flags);

	if (r < 0)
		return r;
	url->host_start = url->len;
	if (b->is_file && host.kind == SL_URL_HOST_DOMAIN && strcmp(host.text, "localhost") == 0) {
		host.len = 0;
		host.kind = SL_URL_HOST_EMPTY;
	}
	url_put(b, host.text, host.len);
	url->host_end = url->len;
	url->host_kind = host.kind;
	return 0;
}

int
url_put_authority(struct build *b)
{
	struct sl_slice authority = sl_slice(b->in.ptr, url_until_slash(b)), host = authority;
	const unsigned char *at = authority.len == 0 ? NULL : memrchr(authority.ptr, '@', authority.len);
	struct sl_url *url = b->url;
	size_t host_len;
	int r;

	url_put(b, "//", 2);
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
		r = url_put_host(b, sl_slice(host.ptr, host_len));
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
	url_put_path_start(b);
	return 0;
}

int
url_put_special_authority(struct build *b)
{
	size_t n = 0;

	while (url_starts_with_slash(b, n))
		n++;
	if (n != 2)
		b->url->flags |= SL_URL_SLASHES;
	b->in = sl_slice_from(b->in, n);
	return url_put_authority(b);
}
