/*
 * html_fuzz.c - HTML: every cutting agrees; limits hold; the events say no more than the input
 * could; written out again as HTML, names and values of tags are read as they were
 *
 * Input: a byte for the limits, a byte of cutting, the text.
 */

#include "html/spoken_i.h"

#define EXPANSION_MAX	3	/* a NUL becomes U+FFFD */

/* A reading of the text, and what it said. */
struct reading {
	struct spoken			 spoken;
	const struct sl_html_limits	*limits;
	size_t				 text_bytes;
	unsigned			 part;		/* expected of the next start tag */
	unsigned			 found;
	struct sl_buf			 again;		/* the last tag, as HTML */
};

/* Write an attribute so that it must be read as it is. */
static void
write_attr(struct sl_buf *out, const struct sl_html_attr *attr)
{
	sl_buf_addf(out, " " SL_SLICE_FMT "=\"", SL_SLICE_ARG(attr->name));
	for (size_t i = 0; i < attr->value.len; i++) {
		unsigned char c = attr->value.ptr[i];

		if (c == '"' || c == '&' || c == '\r')
			sl_buf_addf(out, "&#%u;", c);
		else
			sl_buf_add_byte(out, c);
	}
	sl_buf_add_str(out, "\"");
}

static void
on_start_tag(void *ctx, const struct sl_html_tag *tag)
{
	struct reading *r = ctx;
	size_t bytes = tag->name.len;

	SL_ASSERT(tag->part == r->part);
	SL_ASSERT(tag->attrs_len <= r->limits->attrs_max);
	SL_ASSERT(tag->name.len > 0 && tag->name.len <= r->limits->name_bytes_max);
	for (size_t i = 0; i < tag->attrs_len; i++) {
		SL_ASSERT(tag->attrs[i].name.len > 0);
		SL_ASSERT(tag->attrs[i].name.len <= r->limits->name_bytes_max);
		SL_ASSERT(tag->attrs[i].value.len <= r->limits->value_bytes_max);
		bytes += tag->attrs[i].name.len + tag->attrs[i].value.len;
		for (size_t n = 0; n < i; n++)
			SL_ASSERT(!sl_slice_eq(tag->attrs[i].name, tag->attrs[n].name));
	}
	SL_ASSERT(bytes <= r->limits->tag_bytes_max);
	r->part = tag->last ? 0 : r->part + 1;
	spoken_start_tag(&r->spoken, tag);
	if (tag->part > 0 || !tag->last || tag->self_closing || r->again.max_bytes == 0)
		return;
	sl_buf_addf(&r->again, "<" SL_SLICE_FMT, SL_SLICE_ARG(tag->name));
	for (size_t i = 0; i < tag->attrs_len; i++)
		write_attr(&r->again, &tag->attrs[i]);
	sl_buf_add_str(&r->again, ">");
}

static void
on_end_tag(void *ctx, struct sl_slice name)
{
	struct reading *r = ctx;

	SL_ASSERT(name.len > 0 && name.len <= r->limits->name_bytes_max);
	spoken_end_tag(&r->spoken, name);
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	struct reading *r = ctx;

	r->text_bytes += text.len;
	spoken_text(&r->spoken, text, content);
}

static void
on_comment(void *ctx, struct sl_slice text, bool end)
{
	struct reading *r = ctx;

	r->text_bytes += text.len;
	spoken_comment(&r->spoken, text, end);
}

static void
on_doctype(void *ctx, const struct sl_html_doctype *doctype)
{
	struct reading *r = ctx;

	SL_ASSERT(doctype->name.len <= r->limits->name_bytes_max);
	SL_ASSERT(doctype->public_id.len <= r->limits->name_bytes_max);
	SL_ASSERT(doctype->system_id.len <= r->limits->name_bytes_max);
	spoken_doctype(&r->spoken, doctype);
}

static void
on_finding(void *ctx, enum sl_html_finding finding)
{
	struct reading *r = ctx;

	SL_ASSERT((r->found & 1u << finding) == 0);
	r->found |= 1u << finding;
	spoken_finding(&r->spoken, finding);
}

static const struct sl_html_sink sink = { on_start_tag, on_end_tag, on_text, on_comment, on_doctype,
	on_finding };

static void
read_html(struct sl_slice in, const struct sl_html_limits *limits, size_t step, struct reading *r)
{
	struct sl_html *html;

	*r = (struct reading){ .spoken = { .findings = true }, .limits = limits };
	sl_buf_init(&r->spoken.out, 64 * in.len + 1000);
	sl_buf_init(&r->again, step > in.len ? 64 * in.len + 1000 : 0);
	html = sl_html_new(limits, &sink, r);
	for (size_t at = 0; at < in.len; at += step)
		sl_html_feed(html, in.ptr + at, SL_MIN(step, in.len - at));
	sl_html_finish(html);
	sl_html_free(&html);
	SL_ASSERT(!r->spoken.out.overflow && !r->spoken.in_comment);
	SL_ASSERT(r->text_bytes <= EXPANSION_MAX * in.len);
}

static void
fini(struct reading *r)
{
	sl_buf_fini(&r->spoken.out);
	sl_buf_fini(&r->again);
}

/* Tags that were read, and written in the plainest form, are read as the same tags: all they
 * write is what is written of them again. */
static void
check_again(const struct reading *r, const struct sl_html_limits *limits)
{
	struct reading second;
	struct sl_slice again = sl_buf_slice(&r->again);

	read_html(again, limits, again.len + 1, &second);
	/* What follows a <title> or the like is its text. */
	if (second.text_bytes == 0 && !r->again.overflow)
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&second.again), again));
	fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_html_limits limits = sl_html_limits_default;
	struct reading whole, cut;
	struct sl_slice in;

	if (len < 2)
		return 0;
	if (data[0] != 0) {
		limits.name_bytes_max = 32 + data[0] % 16;
		limits.value_bytes_max = 1 + data[0] / 16;
		limits.attrs_max = 1 + data[0] % 5;
		limits.tag_bytes_max = 3 * limits.name_bytes_max + limits.value_bytes_max +
		    data[0] % 7;
	}
	in = sl_slice(data + 2, len - 2);
	read_html(in, &limits, in.len + 1, &whole);
	read_html(in, &limits, 1u + data[1], &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.spoken.out), sl_buf_slice(&cut.spoken.out)));
	check_again(&whole, &limits);
	fini(&whole);
	fini(&cut);
	return 0;
}
