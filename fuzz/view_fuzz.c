/*
 * view_fuzz.c - what is seen of HTML: every cutting agrees; limits hold; text is UTF-8 with nothing
 * in it that does not show; there is no more of it than OUT_FACTOR times the input
 *
 * Input: a byte for the limits, a byte of cutting, the text.
 */

#include "html/view_spoken_i.h"
#include "sl/utf8.h"

/* "<p>a" is four bytes and gives "\n\na"; a byte that is no UTF-8 gives three; "<li>a" in a value that
 * is given twice (an image's alternative, and as text of its link) does not pass this either. */
#define OUT_FACTOR	4
#define OUT_EXTRA	64

struct reading {
	struct view_spoken		 spoken;
	const struct sl_view_limits	*limits;
	unsigned			 found;
	size_t				 anchors_bytes;
};

static void
on_text(void *ctx, struct sl_slice text, enum sl_view_kind kind)
{
	struct reading *r = ctx;
	struct sl_slice rest = text;

	SL_ASSERT(kind < SL_VIEW_KIND_COUNT);
	while (rest.len > 0) {
		uint32_t c;
		size_t n = sl_utf8_decode(rest, &c);

		SL_ASSERT(n > 0);
		SL_ASSERT(c >= ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r');
		SL_ASSERT(c != 0x7f && c != 0xa0 && c != 0xad && c != 0x200b && c != 0x202e && c != 0xfeff);
		rest = sl_slice_from(rest, n);
	}
	view_spoken_text(&r->spoken, text, kind);
}

static void
on_link(void *ctx, const struct sl_view_link *link)
{
	struct reading *r = ctx;

	SL_ASSERT(link->url.len <= r->limits->html.value_bytes_max || link->element == SL_VIEW_IN_CSS);
	SL_ASSERT(link->text.len <= r->limits->link_text_max);
	SL_ASSERT(link->text.len == 0 || link->element == SL_VIEW_IN_A);
	SL_ASSERT(sl_utf8_valid(link->text));
	SL_ASSERT(link->text.len == 0 || (link->flags & SL_VIEW_EMPTY) == 0);
	r->anchors_bytes += link->text.len;
	view_spoken_link(&r->spoken, link);
}

static void
on_image(void *ctx, const struct sl_view_image *image)
{
	struct reading *r = ctx;

	SL_ASSERT(image->width >= -1 && image->height >= -1);
	SL_ASSERT(image->src.len <= r->limits->html.value_bytes_max);
	view_spoken_image(&r->spoken, image);
}

static void
on_form(void *ctx, const struct sl_view_form *form)
{
	view_spoken_form(&((struct reading *)ctx)->spoken, form);
}

static void
on_finding(void *ctx, enum sl_view_finding finding, struct sl_slice detail)
{
	struct reading *r = ctx;

	SL_ASSERT(finding < SL_VIEW_FINDING_COUNT && (r->found & 1u << finding) == 0);
	r->found |= 1u << finding;
	view_spoken_finding(&r->spoken, finding, detail);
}

static const struct sl_view_sink sink = { on_text, on_link, on_image, on_form, on_finding };

static void
read_view(struct sl_slice in, const struct sl_view_limits *limits, size_t step, struct reading *r)
{
	struct sl_view *view;
	uint64_t said = 0;

	*r = (struct reading){ .spoken = { .findings = true, .images = true }, .limits = limits };
	sl_buf_init(&r->spoken.out, 256 * in.len + 4096);
	view = sl_view_new(limits, &sink, r);
	for (size_t at = 0; at < in.len; at += step)
		sl_view_feed(view, in.ptr + at, SL_MIN(step, in.len - at));
	sl_view_finish(view);
	for (unsigned i = 0; i < SL_VIEW_KIND_COUNT; i++)
		said += sl_view_totals(view)->text_bytes[i];
	SL_ASSERT(said <= r->spoken.text_bytes);
	sl_view_free(&view);
	SL_ASSERT(!r->spoken.out.overflow);
	SL_ASSERT(r->spoken.text_bytes <= OUT_FACTOR * in.len + OUT_EXTRA);
	SL_ASSERT(r->anchors_bytes <= 2 * r->spoken.text_bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_view_limits limits = sl_view_limits_default;
	struct reading whole, cut;
	struct sl_slice in;

	if (len < 2)
		return 0;
	if (data[0] != 0) {
		limits.html.name_bytes_max = 32 + data[0] % 16;
		limits.html.value_bytes_max = 20 + data[0];
		limits.html.attrs_max = 1 + data[0] % 5;
		limits.html.tag_bytes_max = 3 * limits.html.name_bytes_max +
		    limits.html.value_bytes_max + data[0] % 7;
		limits.depth_max = 8 + data[0] % 8;
		limits.link_text_max = 8 + data[0] % 9;
		limits.rules_max = data[0] % 10;
		limits.sheet_bytes_max = data[0];
	}
	in = sl_slice(data + 2, len - 2);
	read_view(in, &limits, in.len + 1, &whole);
	read_view(in, &limits, 1u + data[1], &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.spoken.out), sl_buf_slice(&cut.spoken.out)));
	sl_buf_fini(&whole.spoken.out);
	sl_buf_fini(&cut.spoken.out);
	return 0;
}
