/*
 * url_fuzz.c - URLs: what is written out is read as the same URL; limits hold; parts lie in the href
 * in their order
 *
 * Input: a base, a line end, the URL.
 */

#include "url/url.h"

static void
check_order(const struct sl_url *url)
{
	size_t href_len = strlen(url->href);

	SL_ASSERT(url->len == href_len && url->len <= SL_URL_HREF_MAX);
	SL_ASSERT(url->scheme_end > 0 && url->scheme_end <= SL_URL_SCHEME_MAX);
	SL_ASSERT(url->scheme_end < url->user_start && url->user_start <= url->user_end);
	SL_ASSERT(url->user_end <= url->password_start && url->password_start <= url->password_end);
	SL_ASSERT(url->password_end <= url->host_start && url->host_start <= url->host_end);
	SL_ASSERT(url->host_end <= url->path_start && url->path_start <= url->path_end);
	SL_ASSERT(url->path_end <= url->query_end && url->query_end <= url->len);
	for (size_t i = 0; i < url->len; i++)
		SL_ASSERT(url->href[i] >= 0x20 && url->href[i] < 0x7f);
}

static void
check_same(const struct sl_url *a, const struct sl_url *b)
{
	SL_ASSERT(strcmp(a->href, b->href) == 0);
	SL_ASSERT(a->host_kind == b->host_kind && a->port == b->port && a->special == b->special);
	SL_ASSERT(a->opaque_path == b->opaque_path && a->scheme_end == b->scheme_end);
	SL_ASSERT(sl_slice_eq(sl_url_user(a), sl_url_user(b)));
	SL_ASSERT(sl_slice_eq(sl_url_password(a), sl_url_password(b)));
	SL_ASSERT(sl_slice_eq(sl_url_host(a), sl_url_host(b)));
	SL_ASSERT(sl_slice_eq(sl_url_path(a), sl_url_path(b)));
	SL_ASSERT(a->has_query == b->has_query && sl_slice_eq(sl_url_query(a), sl_url_query(b)));
	SL_ASSERT(a->has_fragment == b->has_fragment && sl_slice_eq(sl_url_fragment(a), sl_url_fragment(b)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct sl_url base, url, again;
	struct sl_slice in = sl_slice(data, len);
	const unsigned char *end = len == 0 ? NULL : memchr(data, '\n', len);
	bool has_base = false;

	if (end != NULL) {
		has_base = sl_url_parse(sl_slice(data, (size_t)(end - data)), NULL, &base) == 0;
		in = sl_slice_from(in, (size_t)(end - data) + 1);
	}
	if (sl_url_parse(in, has_base ? &base : NULL, &url) < 0)
		return 0;
	check_order(&url);
	SL_ASSERT(sl_url_parse(sl_url_href(&url), NULL, &again) == 0);
	check_same(&url, &again);
	return 0;
}
