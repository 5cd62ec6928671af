/*
 * spoken_i.h - for tests: the tokenizer's events as text, the same however the input was cut
 *
 * <a x=[1] y=[2]> (a start tag; "~" after a cut attribute, "/" before '>', "+" for a further part,
 * "..." when more parts follow), </a>, "text" as it is, the kind before it when it changes
 * ({rcdata}...), <!--comment-->, <!name public system> ("-" for one not given, "!" for quirks),
 * and #FINDING.
 */
#ifndef SL_HTML_SPOKEN_I_H
#define SL_HTML_SPOKEN_I_H

#include "html/token.h"
#include "sl/buf.h"

struct spoken {
	struct sl_buf		out;
	enum sl_html_content	content;
	bool			in_comment;
	bool			findings;	/* write them too */
};

static inline void
spoken_start_tag(void *ctx, const struct sl_html_tag *tag)
{
	struct spoken *s = ctx;

	s->content = SL_HTML_DATA;
	sl_buf_addf(&s->out, "<%s" SL_SLICE_FMT, tag->part > 0 ? "+" : "", SL_SLICE_ARG(tag->name));
	for (size_t i = 0; i < tag->attrs_len; i++)
		sl_buf_addf(&s->out, " " SL_SLICE_FMT "=[" SL_SLICE_FMT "]%s",
		    SL_SLICE_ARG(tag->attrs[i].name), SL_SLICE_ARG(tag->attrs[i].value),
		    tag->attrs[i].cut ? "~" : "");
	sl_buf_addf(&s->out, "%s%s>", tag->self_closing ? "/" : "", tag->last ? "" : "...");
}

static inline void
spoken_end_tag(void *ctx, struct sl_slice name)
{
	struct spoken *s = ctx;

	s->content = SL_HTML_DATA;
	sl_buf_addf(&s->out, "</" SL_SLICE_FMT ">", SL_SLICE_ARG(name));
}

static inline void
spoken_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	static const char *const kinds[] = { "data", "rcdata", "rawtext", "script", "plaintext",
		"cdata" };
	struct spoken *s = ctx;

	SL_ASSERT(text.len > 0);
	if (content != s->content)
		sl_buf_addf(&s->out, "{%s}", kinds[content]);
	s->content = content;
	sl_buf_add_slice(&s->out, text);
}

static inline void
spoken_comment(void *ctx, struct sl_slice text, bool end)
{
	struct spoken *s = ctx;

	SL_ASSERT(text.len > 0 || end);
	sl_buf_add_str(&s->out, s->in_comment ? "" : "<!--");
	sl_buf_add_slice(&s->out, text);
	sl_buf_add_str(&s->out, end ? "-->" : "");
	s->in_comment = !end;
}

static inline void
spoken_id(struct spoken *s, struct sl_slice id)
{
	sl_buf_add_byte(&s->out, ' ');
	sl_buf_add_slice(&s->out, id.ptr == NULL ? SL_SLICE_LIT("-") : id);
}

static inline void
spoken_doctype(void *ctx, const struct sl_html_doctype *doctype)
{
	struct spoken *s = ctx;

	sl_buf_add_str(&s->out, "<!");
	spoken_id(s, doctype->name);
	spoken_id(s, doctype->public_id);
	spoken_id(s, doctype->system_id);
	sl_buf_add_str(&s->out, doctype->quirks ? "!>" : ">");
}

static inline void
spoken_finding(void *ctx, enum sl_html_finding finding)
{
	struct spoken *s = ctx;

	if (s->findings)
		sl_buf_addf(&s->out, "#%d", (int)finding);
}

static const struct sl_html_sink spoken_sink = { spoken_start_tag, spoken_end_tag, spoken_text,
	spoken_comment, spoken_doctype, spoken_finding };

#endif
