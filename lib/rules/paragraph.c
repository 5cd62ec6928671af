/* paragraph.c - see paragraph.h */

#include "rules/paragraph.h"

#define NEAR	1024	/* bytes from the end in which a blank is looked for */

void
sl_paragraph_init(struct sl_paragraph *paragraph, sl_paragraph_sink *sink, void *ctx)
{
	*paragraph = (struct sl_paragraph){ .sink = sink, .ctx = ctx };
	sl_buf_init(&paragraph->text, SL_PARAGRAPH_MAX);
}

void
sl_paragraph_fini(struct sl_paragraph *paragraph)
{
	sl_buf_fini(&paragraph->text);
}

void
sl_paragraph_end(struct sl_paragraph *paragraph)
{
	if (paragraph->text.len > 0)
		paragraph->sink(paragraph->ctx, sl_buf_slice(&paragraph->text));
	sl_buf_reset(&paragraph->text);
	paragraph->line_ends = 0;
	paragraph->blank = false;
}

/* It is full: give most of it, keep the word that is cut. */
static void
cut(struct sl_paragraph *paragraph)
{
	struct sl_buf *text = &paragraph->text;
	const unsigned char *blank = memrchr(text->data + text->len - NEAR, ' ', NEAR);
	size_t end = text->len;

	if (blank != NULL) {
		end = (size_t)(blank - text->data);
		paragraph->sink(paragraph->ctx, sl_slice(text->data, end));
		sl_buf_consume(text, end + 1);
		return;
	}
	while (end > text->len - 4 && (text->data[end - 1] & 0xc0) == 0x80)
		end--;
	end -= (text->data[end - 1] & 0xc0) == 0xc0;	/* its first byte too: the rest is to come */
	paragraph->sink(paragraph->ctx, sl_slice(text->data, end));
	sl_buf_consume(text, end);
}

static void
add(struct sl_paragraph *paragraph, struct sl_slice bytes)
{
	while (bytes.len > 0) {
		size_t n = SL_MIN(bytes.len, SL_PARAGRAPH_MAX - paragraph->text.len);

		if (paragraph->text.len == 0 && bytes.ptr[0] == ' ') {	/* what was before has just been given */
			bytes = sl_slice_from(bytes, 1);
			continue;
		}
		sl_buf_add(&paragraph->text, bytes.ptr, n);
		bytes = sl_slice_from(bytes, n);
		if (paragraph->text.len == SL_PARAGRAPH_MAX)
			cut(paragraph);
	}
}

static inline bool
is_blank(unsigned char c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* The text without what a blank does: words that stand one blank apart are taken together. Returns how many bytes. */
static size_t
words(const unsigned char *p, size_t len)
{
	size_t i = 0;

	while (i < len && !is_blank(p[i])) {
		while (i < len && !is_blank(p[i]))
			i++;
		if (i + 1 < len && p[i] == ' ' && !is_blank(p[i + 1]))
			i++;
	}
	return i;
}

void
sl_paragraph_feed(struct sl_paragraph *paragraph, struct sl_slice utf8)
{
	size_t i = 0, n;

	while (i < utf8.len) {
		if (is_blank(utf8.ptr[i])) {
			paragraph->blank = true;
			paragraph->line_ends += utf8.ptr[i++] == '\n';
			if (paragraph->line_ends > 1)
				sl_paragraph_end(paragraph);
			continue;
		}
		if (paragraph->blank && paragraph->text.len > 0)
			add(paragraph, SL_SLICE_LIT(" "));
		paragraph->blank = false;
		paragraph->line_ends = 0;
		n = words(utf8.ptr + i, utf8.len - i);
		add(paragraph, sl_slice(utf8.ptr + i, n));
		i += n;
	}
}
