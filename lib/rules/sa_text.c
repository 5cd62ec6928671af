/* sa_text.c - what body and rawbody rules are matched against */

#include "rules/sa_html.h"

void
sa_render(struct sl_sa_view *view, struct sa_node *node)
{
	struct sl_slice type = sa_effective_type(node), text, charset;
	bool html = sl_slice_eq(type, SL_SLICE_LIT("text/html"));

	if (node->is_rendered)
		return;
	node->is_rendered = true;
	if (!html && !sl_slice_eq(type, SL_SLICE_LIT("text/plain")))
		return;
	text = sa_decode_part(view, node);
	charset = node->has_charset ? node->charset : SL_SLICE_LIT("us-ascii");
	node->has_text = true;
	node->text_source_len = text.len;
	node->rendered_html = html && text.len > 0;
	node->text = sa_normalize(view, text, charset, false, &node->wide);
	if (node->rendered_html) {
		node->html = sa_html_new(view, node->text, node->wide, text.len);
		node->text = sl_buf_slice(&node->html->text);
		node->wide = node->html->wide;
	}
}

/* ---- body ---- */

/* Runs of white space with two line ends or more become one line end, others a blank. */
static struct sl_slice
squeeze(struct sl_sa_view *view, struct sl_slice in, bool wide)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len;) {
		size_t end = i, len, first = SIZE_MAX, last = SIZE_MAX;

		while (end < in.len && (len = sa_space_at(in, end, wide)) > 0) {
			if (in.ptr[end] == '\n') {
				last = end;
				first = first == SIZE_MAX ? end : first;
			}
			end += len;
		}
		if (end == i) {
			out[n++] = in.ptr[i] == '\0' ? '\n' : in.ptr[i];
			i++;
			continue;
		}
		if (first == last) {
			out[n++] = ' ';
		} else {
			if (first > i)
				out[n++] = ' ';
			out[n++] = '\n';
			if (last + 1 < end)
				out[n++] = ' ';
		}
		i = end;
	}
	return sl_slice(out, n);
}

/* Characters to bytes where none is beyond Latin-1 and nothing was decoded. */
static struct sl_slice
to_latin1(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len;) {
		size_t len;

		out[n++] = (unsigned char)sa_char_at(in, i, &len);
		i += len;
	}
	return sl_slice(out, n);
}

static void
split_lines(struct sa_list *list, struct sl_slice text)
{
	for (size_t at = 0; at < text.len;) {
		size_t end = sa_index(text, '\n', at);
		struct sl_slice line;

		end = end == SIZE_MAX ? text.len : end + 1;
		line = sa_sub(text, at, end);
		at = end;
		while (line.len > SA_LINE_MAX) {
			const unsigned char *blank = memrchr(line.ptr, ' ', SA_LINE_MAX + 1);
			size_t len = blank == NULL ? SA_LINE_MAX : (size_t)(blank - line.ptr) + 1;

			sa_list_add(list, sa_sub(line, 0, len));
			line = sl_slice_from(line, len);
		}
		sa_list_add(list, line);
	}
}

void
sa_body(struct sl_sa_view *view)
{
	const struct sa_field *subject = sa_field_last(view->root, SL_SLICE_LIT("subject"));
	struct sl_slice text;
	struct sl_buf all;
	bool wide = false;

	if (view->body_done)
		return;
	view->body_done = true;
	sl_buf_init(&all, SIZE_MAX / 2);
	for (size_t i = 0; i < view->parts_len; i++) {
		struct sa_node *node = view->parts[i];

		if (node->has_children || node->type.len == 0)
			continue;
		if (all.len > 0)
			sl_buf_add_byte(&all, '\n');
		sa_render(view, node);
		if (!node->has_text)
			continue;
		sl_buf_add_slice(&all, node->text);
		wide = wide || node->wide;
		if (node->html != NULL)
			view->html = node->html;
	}
	text = squeeze(view, sl_buf_slice(&all), wide);
	if (!wide && !sa_is_ascii(text))
		text = to_latin1(view, text);
	sl_buf_fini(&all);
	view->body_wide = wide;
	split_lines(&view->body, SA_CAT(view, subject == NULL ? sl_slice("", 0) : subject->value, SL_SLICE_LIT("\n"), text));
}

/* ---- rawbody ---- */

/* Pieces of 2 to 4 KiB, cut at a line end, else at '>', else at a blank. */
static void
split_pieces(struct sa_list *list, struct sl_slice text)
{
	static const char marks[] = "\n> ";
	size_t at = 0;

	if (text.len <= SA_LINE_MAX) {
		sa_list_add(list, text);
		return;
	}
	while (text.len - at > 2 * SA_LINE_MAX) {
		size_t end = SIZE_MAX;

		for (size_t i = 0; i < 3 && end == SIZE_MAX; i++) {
			struct sl_slice window = sl_slice(text.ptr, at + 2 * SA_LINE_MAX);

			end = sa_index(window, (unsigned char)marks[i], at + SA_LINE_MAX);
		}
		if (end == SIZE_MAX)
			end = at + SA_LINE_MAX;
		sa_list_add(list, sa_sub(text, at, end + 1));
		at = end + 1;
	}
	if (at < text.len)
		sa_list_add(list, sl_slice_from(text, at));
}

static bool
starts_word(struct sl_slice s, struct sl_slice word)
{
	return sa_starts(s, word) && (s.len == word.len || !sa_is_word(s.ptr[word.len]));
}

void
sa_raw_body(struct sl_sa_view *view)
{
	if (view->raw_body_done)
		return;
	view->raw_body_done = true;
	for (size_t i = 0; i < view->parts_len; i++) {
		struct sa_node *node = view->parts[i];
		struct sl_slice type = sa_effective_type(node);

		if (node->has_children || node->type.len == 0 || (!starts_word(type, SL_SLICE_LIT("text")) &&
		    !starts_word(type, SL_SLICE_LIT("message"))) || sl_slice_eq(node->type, SL_SLICE_LIT("text/calendar")))
			continue;
		split_pieces(&view->raw_body, sa_decode_part(view, node));
	}
}
