/* link.c - links and images: parsed as a browser would, and what is odd about them; see content.h */

#include "content/content_i.h"

#include <stdio.h>

/* May another link be parsed? Otherwise a message of links would cost more than its bytes. */
static bool
may_parse(struct part *part)
{
	struct sl_content *content = part->content;

	if (content->links < SL_CONTENT_LINKS_FREE + content->fed_bytes / SL_CONTENT_LINK_BYTES) {
		content->links++;
		return true;
	}
	if (!content->links_limited)
		content_part_found(part, CONTENT_LINKS_LIMIT, SL_SLICE_LIT(""));
	content->links_limited = true;
	return false;
}

/* Oddities of an address that can be clicked. */
static void
tell_oddities(struct part *part, const struct sl_url *url)
{
	static const struct {
		unsigned		flags;
		enum content_finding	finding;
	} rows[] = {
		{ SL_URL_USERINFO, CONTENT_LINK_USER },
		{ SL_URL_IPV4_ODD, CONTENT_LINK_ODD_ADDRESS },
		{ SL_URL_HOST_ESCAPED | SL_URL_HOST_MAPPED | SL_URL_BACKSLASH, CONTENT_LINK_DISGUISED },
		{ SL_URL_PORT, CONTENT_LINK_PORT },
		{ SL_URL_CUT, CONTENT_LINK_LONG },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if ((url->flags & rows[i].flags) != 0)
			content_part_found(part, rows[i].finding, sl_url_href(url));
	if (url->host_kind == SL_URL_HOST_IPV4 || url->host_kind == SL_URL_HOST_IPV6)
		content_part_found(part, CONTENT_LINK_ADDRESS, sl_url_href(url));
}

static bool
is_web(const struct sl_url *url)
{
	struct sl_slice scheme = sl_url_scheme(url);

	return sl_slice_eq(scheme, SL_SLICE_LIT("http")) || sl_slice_eq(scheme, SL_SLICE_LIT("https"));
}

/* Does what is seen name another domain than the one that is opened? */
static void
tell_elsewhere(struct part *part, const struct sl_content_link *link)
{
	char shown[SL_DNS_NAME_MAX + 1], detail[2 * SL_DNS_NAME_MAX + 16];
	const struct sl_suffix *suffix = part->content->settings.suffix;
	struct sl_slice named;

	if (suffix == NULL || link->anchor.len == 0 || !is_web(link->url) || link->host.len == 0 ||
	    !sl_link_names_host(link->anchor, suffix, shown))
		return;
	named = sl_suffix_registrable(suffix, sl_slice_str(shown));
	if (named.len == 0 || sl_slice_ieq(named, link->domain.len > 0 ? link->domain : link->host))
		return;
	snprintf(detail, sizeof(detail), "%s is shown, " SL_SLICE_FMT " is opened", shown,
	    SL_SLICE_ARG(link->host));
	content_part_found(part, CONTENT_LINK_ELSEWHERE, sl_slice_str(detail));
}

/* The registrable domain, a tail of `host`. Looking it up costs more than all else about a link, and most
 * links of a message lead to a few hosts: the last ones are remembered. */
static struct sl_slice
registrable(struct sl_content *content, struct sl_slice host)
{
	struct content_host *entry;
	struct sl_slice domain;

	if (host.len == 0 || host.len > SL_DNS_NAME_MAX || host.len > UINT8_MAX)
		return sl_suffix_registrable(content->settings.suffix, host);
	for (size_t i = 0; i < CONTENT_HOSTS; i++) {
		entry = &content->hosts[i];
		if (entry->len == host.len && memcmp(entry->host, host.ptr, host.len) == 0)
			return sl_slice_from(host, host.len - entry->domain_len);
	}
	domain = sl_suffix_registrable(content->settings.suffix, host);
	if (domain.len > 0 && domain.ptr + domain.len != host.ptr + host.len)
		return domain;		/* of a name with a final dot */
	entry = &content->hosts[content->hosts_next++ % CONTENT_HOSTS];
	entry->len = (uint8_t)host.len;
	entry->domain_len = (uint8_t)domain.len;
	memcpy(entry->host, host.ptr, host.len);
	return domain;
}

/* Fill in what the URL says. */
static void
describe(struct part *part, struct sl_slice text, const struct sl_url *base,
    struct sl_content_link *link)
{
	struct sl_content *content = part->content;

	if (!may_parse(part))
		return;
	if (content->url == NULL)
		content->url = sl_xmalloc(sizeof(*content->url));
	if (sl_url_parse(text, base, content->url) != 0)
		return;
	link->url = content->url;
	link->href = sl_url_href(content->url);
	link->host = sl_url_host(content->url);
	if (content->settings.suffix != NULL && content->url->host_kind == SL_URL_HOST_DOMAIN)
		link->domain = registrable(content, link->host);
}

static void
give(struct part *part, const struct sl_content_link *link)
{
	const struct sl_content *content = part->content;

	if (content->sink->link != NULL)
		content->sink->link(content->ctx, link);
}

void
content_link_from_text(void *ctx, const struct sl_found_link *found)
{
	struct part *part = ctx;
	const struct sl_suffix *suffix = part->content->settings.suffix;
	struct sl_content_link link = { .part = &part->pub, .element = SL_VIEW_IN_A, .in_text = true,
		.raw = found->raw, .written = found->text, .url = found->url, .href = sl_url_href(found->url),
		.host = found->host, .found_flags = found->flags };

	if (suffix != NULL && (found->url->host_kind == SL_URL_HOST_DOMAIN ||
	    (found->flags & SL_LINK_MAIL) != 0))
		link.domain = registrable(part->content, found->host);
	tell_oddities(part, found->url);
	give(part, &link);
}

/* <base href>: the first one holds. */
static void
base_set(struct part *part, struct sl_slice href)
{
	struct sl_url *base;

	if (part->base != NULL)
		return;
	base = sl_xmalloc(sizeof(*base));
	if (sl_url_parse(sl_slice_trim(href), NULL, base) == 0)
		part->base = base;
	else
		sl_free(base);
}

/* Links in a page that lead nowhere: to a place in it. */
static bool
is_fragment(struct sl_slice url)
{
	return url.len == 0 || url.ptr[0] == '#';
}

void
content_link_from_view(void *ctx, const struct sl_view_link *seen)
{
	struct part *part = ctx;
	struct sl_content_link link = { .part = &part->pub, .element = seen->element, .raw = seen->url, .written = seen->url,
		.anchor = seen->text, .flags = seen->flags };

	if (seen->element == SL_VIEW_IN_BASE)
		base_set(part, seen->url);
	if (!content_wants_links(part->content) || is_fragment(sl_slice_trim(seen->url)))
		return;
	describe(part, seen->url, part->base, &link);
	if (link.url != NULL && (seen->element == SL_VIEW_IN_A || seen->element == SL_VIEW_IN_AREA ||
	    seen->element == SL_VIEW_IN_FORM || seen->element == SL_VIEW_IN_REFRESH)) {
		tell_oddities(part, link.url);
		tell_elsewhere(part, &link);
	}
	if ((seen->flags & SL_VIEW_URL_CUT) != 0)
		content_part_found(part, CONTENT_LINK_LONG, SL_SLICE_LIT(""));
	give(part, &link);
}

void
content_image_from_view(void *ctx, const struct sl_view_image *image)
{
	struct part *part = ctx;
	bool none = image->width == 0 || image->height == 0 || (image->flags & SL_VIEW_HIDDEN) != 0;
	bool dot = image->width >= 0 && image->width <= 2 && image->height >= 0 && image->height <= 2;

	if ((none || dot) && (sl_slice_istarts(image->src, SL_SLICE_LIT("http:")) ||
	    sl_slice_istarts(image->src, SL_SLICE_LIT("https:")) ||
	    sl_slice_istarts(image->src, SL_SLICE_LIT("//"))))
		content_part_found(part, CONTENT_BEACON, image->src);
	if (part->content->sink->image != NULL)
		part->content->sink->image(part->content->ctx, &part->pub, image);
}
