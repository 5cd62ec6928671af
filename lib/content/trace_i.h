/*
 * trace_i.h - a message's events as text, for tests: one line each, text of one kind joined
 *
 * Two cuttings of one message must give the same lines. Parts of different readings may take turns
 * differently, so the lines of each part stand together, in the order in which parts began; and so may
 * findings, so they and links in text are sorted.
 */
#ifndef SL_CONTENT_TRACE_I_H
#define SL_CONTENT_TRACE_I_H

#include "content/content.h"
#include "sl/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define TRACE_LINES_MAX	((size_t)1 << 26)

struct trace_part {
	struct trace_part	*next;
	struct sl_buf		 lines;
	int			 kind;		/* of the text that is open; -1: none */
	bool			 bytes_open;
	bool			 want_bytes;
};

struct trace {
	struct trace_part	*first, **last;
	struct sl_buf		 fields, findings;
};

static inline struct trace_part *
trace_of(const struct sl_content_part *part)
{
	return part->user;
}

/* A line that is no text begins: what is open ends. */
static inline struct sl_buf *
trace_line(const struct sl_content_part *part)
{
	struct trace_part *t = trace_of(part);

	if (t->kind >= 0 || t->bytes_open)
		sl_buf_add_byte(&t->lines, '\n');
	t->kind = -1;
	t->bytes_open = false;
	return &t->lines;
}

static inline void
trace_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value,
    bool cut)
{
	struct trace *trace = ctx;

	sl_buf_addf(&trace->fields, "field %s/%u ", path, reading);
	sl_buf_add_json(&trace->fields, name);
	sl_buf_add_json(&trace->fields, value);
	sl_buf_addf(&trace->fields, "%s\n", cut ? " cut" : "");
}

static inline void
trace_begin(void *ctx, struct sl_content_part *part)
{
	static const char *const roles[] = { "multipart", "text", "html", "file" };
	struct trace *trace = ctx;
	struct trace_part *t = sl_xzalloc(sizeof(*t));

	sl_buf_init(&t->lines, TRACE_LINES_MAX);
	t->kind = -1;
	*trace->last = t;
	trace->last = &t->next;
	part->user = t;
	sl_buf_addf(&t->lines, "part %s/%u " SL_SLICE_FMT " as %s%s%s%s\n", part->mime->path,
	    part->mime->reading, SL_SLICE_ARG(part->mime->type), roles[part->role],
	    part->is_attached ? " attached" : "", part->charset != NULL ? " " : "",
	    part->charset != NULL ? part->charset : "");
}

static inline void
trace_text(void *ctx, struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct trace_part *t = trace_of(part);

	if (t->kind != (int)kind) {
		trace_line(part);
		sl_buf_addf(&t->lines, "%s: ", sl_view_kind_name(kind));
		t->kind = (int)kind;
	}
	for (size_t i = 0; i < utf8.len; i++) {
		if (utf8.ptr[i] == '\n')
			sl_buf_add_str(&t->lines, "\\n");
		else if (utf8.ptr[i] != '\r')
			sl_buf_add_byte(&t->lines, utf8.ptr[i]);
	}
}

static inline void
trace_link(void *ctx, const struct sl_content_link *link)
{
	struct sl_buf *out = &trace_of(link->part)->lines;

	/* In text they come when they end, which may be in the middle of a piece. */
	if (link->in_text)
		out = &((struct trace *)ctx)->findings;
	else
		trace_line(link->part);
	sl_buf_addf(out, "link %s " SL_SLICE_FMT " [" SL_SLICE_FMT "]", sl_view_element_name(link->element),
	    SL_SLICE_ARG(link->href.len > 0 ? link->href : link->raw), SL_SLICE_ARG(link->domain));
	if (link->anchor.len > 0)
		sl_buf_addf(out, " \"" SL_SLICE_FMT "\"", SL_SLICE_ARG(link->anchor));
	sl_buf_add_str(out, "\n");
}

static inline bool
trace_file(void *ctx, struct sl_content_part *part)
{
	sl_buf_addf(trace_line(part), "file %s\n", sl_type_mime(part->sniffed.type));
	return true;
}

static inline void
trace_bytes(void *ctx, struct sl_content_part *part, struct sl_slice bytes)
{
	struct trace_part *t = trace_of(part);

	if (!t->bytes_open) {
		sl_buf_add_str(trace_line(part), "bytes: ");
		t->bytes_open = true;
	}
	for (size_t i = 0; i < bytes.len; i++)
		sl_buf_addf(&t->lines, "%02x", bytes.ptr[i]);
}

static inline void
trace_entry(void *ctx, struct sl_content_part *part, const struct sl_zip_entry *entry)
{
	struct sl_buf *out = trace_line(part);

	sl_buf_add_str(out, "entry ");
	sl_buf_add_json(out, entry->name);
	sl_buf_addf(out, " %llu%s\n", (unsigned long long)entry->bytes, entry->encrypted ? " encrypted" : "");
}

static inline void
trace_end(void *ctx, struct sl_content_part *part)
{
	struct sl_buf *out = trace_line(part);

	sl_buf_addf(out, "end %llu", (unsigned long long)part->mime->size_bytes);
	if (part->role != SL_CONTENT_MULTIPART)
		sl_buf_addf(out, " %s %02x%02x", sl_type_mime(part->sniffed.type), part->mime->sha256[0],
		    part->mime->sha256[31]);
	sl_buf_add_str(out, "\n");
}

static inline void
trace_finding(void *ctx, const struct sl_content_finding *finding)
{
	struct trace *trace = ctx;

	sl_buf_addf(&trace->findings, "%s %s %s ", sl_content_weight_name(finding->weight), finding->name,
	    finding->path);
	sl_buf_add_json(&trace->findings, finding->detail);
	sl_buf_add_str(&trace->findings, "\n");
}

static const struct sl_content_sink trace_sink = {
	.field = trace_field,
	.begin = trace_begin,
	.text = trace_text,
	.link = trace_link,
	.file = trace_file,
	.bytes = trace_bytes,
	.entry = trace_entry,
	.end = trace_end,
	.finding = trace_finding,
};

static inline void
trace_init(struct trace *trace)
{
	*trace = (struct trace){ .last = &trace->first };
	trace->last = &trace->first;
	sl_buf_init(&trace->fields, TRACE_LINES_MAX);
	sl_buf_init(&trace->findings, TRACE_LINES_MAX);
}

static inline int
trace_compare(const void *a, const void *b)
{
	const struct sl_slice *x = a, *y = b;
	int r = memcmp(x->ptr, y->ptr, SL_MIN(x->len, y->len));

	return r != 0 ? r : (x->len > y->len) - (x->len < y->len);
}

static inline void
trace_add_sorted(struct sl_slice all, struct sl_buf *out)
{
	struct sl_slice *lines = NULL;
	size_t len = 0;

	while (all.len > 0) {
		const unsigned char *lf = memchr(all.ptr, '\n', all.len);

		lines = sl_xrealloc(lines, (len + 1) * sizeof(*lines));
		lines[len++] = sl_slice(all.ptr, lf == NULL ? all.len : (size_t)(lf + 1 - all.ptr));
		all = sl_slice_from(all, lines[len - 1].len);
	}
	if (len > 0)
		qsort(lines, len, sizeof(*lines), trace_compare);
	for (size_t i = 0; i < len; i++)
		sl_buf_add_slice(out, lines[i]);
	sl_free(lines);
}

/* Append all of it, and give it up. `fields`: header fields too. */
static inline void
trace_fini(struct trace *trace, bool fields, struct sl_buf *out)
{
	if (fields)
		sl_buf_add_slice(out, sl_buf_slice(&trace->fields));
	while (trace->first != NULL) {
		struct trace_part *t = trace->first;

		sl_buf_add_slice(out, sl_buf_slice(&t->lines));
		trace->first = t->next;
		sl_buf_fini(&t->lines);
		sl_free(t);
	}
	trace_add_sorted(sl_buf_slice(&trace->findings), out);
	sl_buf_fini(&trace->fields);
	sl_buf_fini(&trace->findings);
}

#endif
