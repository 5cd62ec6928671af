/* text.c - parts that are text: charset, what is seen, links in it; see content.h */

#include "content/content_i.h"

#include <stdio.h>

#define META_BYTES	1024	/* of a page, in which its charset may stand (HTML standard, 13.2.3.2) */
#define HIDDEN_LEAST	16	/* bytes of hidden text that are worth telling */

/* ---- which charset */

/* charset=LABEL in the start of a page: a <meta>, or an XML declaration's encoding. */
static const struct sl_charset *
charset_of_page(struct sl_slice head)
{
	static const struct sl_slice marks[] = { SL_SLICE_LIT("charset"), SL_SLICE_LIT("encoding") };

	head.len = SL_MIN(head.len, (size_t)META_BYTES);
	for (size_t i = 0; i < head.len; i++) {
		for (size_t m = 0; m < SL_COUNT(marks); m++) {
			struct sl_slice s = sl_slice_from(head, i);
			const struct sl_charset *found;
			size_t len = 0;

			if (!sl_slice_istarts(s, marks[m]))
				continue;
			s = sl_slice_trim(sl_slice_from(s, marks[m].len));
			if (s.len == 0 || s.ptr[0] != '=')
				continue;
			s = sl_slice_trim(sl_slice_from(s, 1));
			if (s.len > 0 && (s.ptr[0] == '"' || s.ptr[0] == '\''))
				s = sl_slice_from(s, 1);
			while (len < s.len && strchr("\"'>;/ \t\r\n", s.ptr[len]) == NULL)
				len++;
			found = sl_charset_find(sl_slice(s.ptr, len));
			if (found != NULL)
				return found;
		}
	}
	return NULL;
}

/* By the first bytes; NULL: not told. */
static const struct sl_charset *
charset_of_content(const struct part *part)
{
	static const char *const labels[] = {
		[SL_SNIFF_UTF16LE] = "utf-16le", [SL_SNIFF_UTF16BE] = "utf-16be",
		[SL_SNIFF_UTF32LE] = "utf-32le", [SL_SNIFF_UTF32BE] = "utf-32be",
		[SL_SNIFF_8BIT] = NULL,
	};
	const char *label = labels[part->pub.sniffed.text];

	if (label != NULL)
		return sl_charset_find(sl_slice_str(label));
	return part->pub.role == SL_CONTENT_HTML
	    ? charset_of_page(sl_slice(part->sniff.head, part->sniff.len)) : NULL;
}

bool
content_text_is_html(const struct sl_mime_part *mime, const struct sl_sniffed *sniffed)
{
	struct sl_name name;

	if (sl_slice_ieq(mime->type, SL_SLICE_LIT("text/html")) ||
	    sl_slice_ieq(mime->type, SL_SLICE_LIT("application/xhtml+xml")) ||
	    sl_slice_ieq(mime->type, SL_SLICE_LIT("image/svg+xml")))
		return true;
	/* What is shown as part of the message is shown as what it is declared to be. A file is opened
	 * by its name, and a page without one by its content. */
	if (sl_slice_istarts(mime->type, SL_SLICE_LIT("text/")) && mime->filename.len == 0)
		return false;
	if (mime->filename.len > 0) {
		sl_name_read(mime->filename, &name);
		if (name.family == SL_FAMILY_HTML || name.type == SL_TYPE_SVG)
			return true;
	}
	return !sl_slice_istarts(mime->type, SL_SLICE_LIT("text/")) &&
	    (sniffed->family == SL_FAMILY_HTML || sniffed->type == SL_TYPE_SVG);
}

/* ---- text that is seen, and not */

/* Into the message's fingerprint: what is seen in what most programs show. */
static void
print_feed(struct part *part, struct content_print **print, struct sl_slice utf8)
{
	static const struct sl_sample_rules rules = {
		.whole_bytes = (size_t)256 << 10, .stretch_bytes = (size_t)16 << 10,
		.skip_bytes = (size_t)240 << 10, .far_bytes = SIZE_MAX, .even = true,
	};
	const struct sl_content *content = part->content;
	struct sl_slice piece;
	bool gap;

	if (content->settings.fingerprint == NULL || part->pub.mime->reading != 0 ||
	    part->pub.is_attached)
		return;
	if (*print == NULL) {
		*print = sl_xzalloc(sizeof(**print));
		sl_fingerprint_init_text(&(*print)->print, content->settings.fingerprint);
		sl_sample_init(&(*print)->sample, &rules);
	}
	while (sl_sample_next(&(*print)->sample, &utf8, &piece, &gap)) {
		if (gap)	/* a word that was cut is none */
			sl_fingerprint_feed(&(*print)->print, SL_SLICE_LIT(" "));
		sl_fingerprint_feed(&(*print)->print, piece);
	}
}

static void
give_text(struct part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	const struct sl_content *content = part->content;

	if (content->sink->text != NULL)
		content->sink->text(content->ctx, &part->pub, utf8, kind);
}

static void
on_plain(void *ctx, struct sl_slice utf8)
{
	struct part *part = ctx;

	give_text(part, utf8, SL_VIEW_VISIBLE);
	print_feed(part, &part->content->plain_print, utf8);
	if (part->finder != NULL)
		sl_link_finder_feed(part->finder, utf8.ptr, utf8.len);
}

static void
on_view_text(void *ctx, struct sl_slice text, enum sl_view_kind kind)
{
	struct part *part = ctx;

	give_text(part, text, kind);
	if (kind == SL_VIEW_VISIBLE) {
		print_feed(part, &part->content->html_print, text);
		if (part->finder != NULL)
			sl_link_finder_feed(part->finder, text.ptr, text.len);
	}
}

static void
on_view_form(void *ctx, const struct sl_view_form *form)
{
	struct part *part = ctx;

	if (part->content->sink->form != NULL)
		part->content->sink->form(part->content->ctx, &part->pub, form);
}

static void
on_view_finding(void *ctx, enum sl_view_finding finding, struct sl_slice detail)
{
	struct part *part = ctx;

	content_found(part->content, sl_view_finding_name(finding), sl_view_finding_text(finding),
	    content_weight_of_view(finding), part->pub.mime->path, detail);
}

static void
on_view_tag(void *ctx, const struct sl_html_tag *tag)
{
	struct part *part = ctx;

	if (part->content->sink->tag != NULL)
		part->content->sink->tag(part->content->ctx, &part->pub, tag);
}

static const struct sl_view_sink view_sink = {
	.text = on_view_text,
	.link = content_link_from_view,
	.image = content_image_from_view,
	.form = on_view_form,
	.finding = on_view_finding,
	.tag = on_view_tag,
};

static void
on_html(void *ctx, struct sl_slice utf8)
{
	struct part *part = ctx;

	sl_view_feed(part->view, utf8.ptr, utf8.len);
}

/* It is large: one that a part before had is taken again. */
static void
finder_begin(struct part *part)
{
	struct sl_content *content = part->content;

	part->finder = content->finder;
	content->finder = NULL;
	if (part->finder != NULL)
		sl_link_finder_reset(part->finder, part);
	else
		part->finder = sl_link_finder_new(content->settings.suffix, content_link_from_text, part);
}

void
content_text_begin(struct part *part)
{
	const struct sl_charset *seen = charset_of_content(part);

	/* A byte order mark and NULs in every second byte are stronger than a label. */
	if (part->charset != NULL && seen != NULL && part->pub.sniffed.text >= SL_SNIFF_UTF16LE &&
	    part->pub.sniffed.text <= SL_SNIFF_UTF32BE)
		content_part_found(part, CONTENT_TEXT_CHARSET, sl_slice_str(sl_charset_name(seen)));
	if (part->charset == NULL)
		part->charset = seen != NULL ? seen : sl_charset_unlabelled();
	part->pub.charset = sl_charset_name(part->charset);
	if (part->pub.role == SL_CONTENT_HTML) {
		part->view = sl_view_new(part->content->settings.view, &view_sink, part);
		part->decoder = sl_charset_decoder_new(part->charset, on_html, part);
	} else {
		part->decoder = sl_charset_decoder_new(part->charset, on_plain, part);
	}
	if (content_wants_links(part->content) && part->content->settings.suffix != NULL)
		finder_begin(part);
}

void
content_text_feed(struct part *part, struct sl_slice bytes)
{
	sl_charset_feed(part->decoder, bytes);
}

/* Say how much is hidden, and how. */
static void
tell_hidden(struct part *part)
{
	const struct sl_view_totals *totals = sl_view_totals(part->view);
	char detail[200];
	size_t len = 0;

	for (int kind = 0; kind < SL_VIEW_KIND_COUNT; kind++) {
		bool told = sl_view_kind_hidden(kind) && kind != SL_VIEW_COMMENT &&
		    kind != SL_VIEW_SCRIPT && kind != SL_VIEW_FALLBACK && kind != SL_VIEW_CONDITIONAL;

		if (told && totals->text_bytes[kind] >= HIDDEN_LEAST && len < sizeof(detail) - 60)
			len += (size_t)snprintf(detail + len, sizeof(detail) - len, "%s%llu bytes %s",
			    len > 0 ? ", " : "", (unsigned long long)totals->text_bytes[kind],
			    sl_view_kind_text(kind));
	}
	if (len > 0)
		content_part_found(part, CONTENT_TEXT_HIDDEN, sl_slice(detail, len));
}

void
content_text_end(struct part *part)
{
	sl_charset_finish(part->decoder);
	if (sl_charset_bad(part->decoder) > 0 && part->pub.mime->charset.len > 0)
		content_part_found(part, CONTENT_CHARSET_BAD, part->pub.mime->charset);
	if (part->view != NULL) {
		sl_view_finish(part->view);
		tell_hidden(part);
	}
	if (part->finder != NULL)
		sl_link_finder_finish(part->finder);
}
