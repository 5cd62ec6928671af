/*
 * links_fuzz.c - links in text: every cutting agrees; links lie in the text, in order but for the lines
 * of joined ones; their URLs are what the parser makes of them; a text repeated takes no more than
 * its share
 *
 * Input: a byte of cutting, a byte of how often the text is repeated, the text.
 */

#include "sl/buf.h"
#include "url/find.h"

struct reading {
	struct sl_slice	in;
	struct sl_buf	out;
	uint64_t	before;		/* where the last link ended */
};

static void
on_link(void *ctx, const struct sl_found_link *link)
{
	static struct sl_url again;
	struct reading *r = ctx;

	SL_ASSERT(link->raw.len > 0 && link->offset + link->raw.len <= r->in.len);
	SL_ASSERT(memcmp(r->in.ptr + link->offset, link->raw.ptr, link->raw.len) == 0);
	if ((link->flags & SL_LINK_JOINED) == 0)
		SL_ASSERT(link->offset >= r->before || link->offset + link->raw.len <= r->before);
	r->before = link->offset + link->raw.len;
	SL_ASSERT(sl_url_parse(link->text, NULL, &again) == 0);
	SL_ASSERT(sl_slice_eq(sl_url_href(&again), sl_url_href(link->url)));
	SL_ASSERT(link->host.len > 0);
	sl_buf_addf(&r->out, "%llu %zu %x ", (unsigned long long)link->offset, link->raw.len, link->flags);
	sl_buf_add_slice(&r->out, link->text);
	sl_buf_add_byte(&r->out, 0);
	sl_buf_add_slice(&r->out, link->host);
}

static void
read_links(const struct sl_suffix *suffix, struct sl_slice in, size_t step, bool del_space,
    struct reading *r)
{
	struct sl_link_finder *f = sl_link_finder_new(suffix, on_link, r);

	*r = (struct reading){ .in = in };
	sl_buf_init(&r->out, SIZE_MAX / 2);
	if (del_space)
		sl_link_finder_del_space(f);
	for (size_t at = 0; at < in.len; at += step)
		sl_link_finder_feed(f, in.ptr + at, SL_MIN(step, in.len - at));
	sl_link_finder_finish(f);
	sl_link_finder_free(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct sl_suffix *suffix;
	struct reading whole, cut;
	struct sl_buf text;
	char host[SL_DNS_NAME_MAX + 1];

	if (suffix == NULL)
		suffix = sl_suffix_open(NULL);
	if (len < 3)
		return 0;
	sl_buf_init(&text, SIZE_MAX / 2);
	for (unsigned i = 0; i < 1 + (data[1] & 0x7fu) * (len < 600); i++)
		sl_buf_add(&text, data + 2, len - 2);
	read_links(suffix, sl_buf_slice(&text), text.len, data[1] >= 0x80, &whole);
	read_links(suffix, sl_buf_slice(&text), 1u + data[0], data[1] >= 0x80, &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.out), sl_buf_slice(&cut.out)));
	if (sl_link_names_host(sl_slice(data, len), suffix, host))
		SL_ASSERT(host[0] != '\0' && strlen(host) <= SL_DNS_NAME_MAX);
	sl_buf_fini(&whole.out);
	sl_buf_fini(&cut.out);
	sl_buf_fini(&text);
	return 0;
}
