/* sa_eval_body.c - eval functions about text, see sa_eval.h */

#include "rules/sa_eval_i.h"

#include <math.h>

/* ---- do text and HTML of one message say the same? ---- */

struct difference {
	double	most, html_words, text_words;
};

static bool
has_word(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (sa_is_word(s.ptr[i]) || s.ptr[i] >= 0x80)
			return true;
	}
	return false;
}

static bool
has_word_char(struct sl_slice s, bool wide)
{
	if (!wide) {
		for (size_t i = 0; i < s.len; i++) {
			if (sa_is_word(s.ptr[i]))
				return true;
		}
		return false;
	}
	return has_word(s);
}

struct words {
	struct sa_set	set;		/* word -> index */
	size_t		*counts;
	size_t		 len, size;
};

static void
words_add(struct words *w, struct sl_slice word)
{
	size_t i;

	if (sa_set_has(&w->set, word, &i)) {
		w->counts[i]++;
		return;
	}
	if (w->len == w->size) {
		w->size = w->size == 0 ? 64 : w->size * 2;
		w->counts = sl_xrealloc(w->counts, w->size * sizeof(*w->counts));
	}
	(void)sa_set_add(&w->set, word, w->len);
	w->counts[w->len++] = 1;
}

static void
words_split(struct words *w, struct sl_slice text, bool wide)
{
	for (size_t at = 0; at < text.len;) {
		size_t end = at, white;

		while (end < text.len && sa_space_at(text, end, wide) == 0)
			end++;
		if (end > at && has_word_char(sa_sub(text, at, end), wide))
			words_add(w, sa_sub(text, at, end));
		for (at = end; at < text.len && (white = sa_space_at(text, at, wide)) > 0;)
			at += white;
	}
}

static void
words_fini(struct words *w)
{
	sa_set_fini(&w->set);
	sl_free(w->counts);
}

/* The parts under one, it included: they follow it in the list. */
static size_t
subtree_end(const struct sl_sa_view *view, size_t i)
{
	const struct sa_node *node = view->parts[i], *last = node;
	size_t end = i;

	while (last->last != NULL)
		last = last->last;
	while (view->parts[end] != last)
		end++;
	return end + 1;
}

static void
alternative_words(struct sl_sa_view *view, size_t i, struct words *html, struct words *text)
{
	size_t end = subtree_end(view, i);

	for (; i < end; i++) {
		struct sa_node *node = view->parts[i];

		if (!sa_starts(node->type, SL_SLICE_LIT("text")) || (node->type.len > 4 && sa_is_word(node->type.ptr[4])))
			continue;
		sa_render(view, node);
		if (!node->has_text)
			continue;
		words_split(node->rendered_html ? html : text, node->text, node->wide);
		if (node->rendered_html && html->len == 0 && sa_html_inside(node->html, "img") >= 0)
			words_add(html, SL_SLICE_LIT("\n"));
	}
}

static void
alternative_compare(struct sl_sa_view *view, size_t i, struct difference *d)
{
	struct words html = { 0 }, text = { 0 };
	size_t left = 0;

	alternative_words(view, i, &html, &text);
	if (html.len > 0) {
		d->html_words = (double)html.len;
		d->text_words = (double)text.len;
		for (size_t k = 0; k < html.set.size; k++) {
			const struct sa_set_row *row = &html.set.rows[k];
			size_t t;

			if (row->key.ptr != NULL && (!sa_set_has(&text.set, row->key, &t) ||
			    html.counts[row->value] > text.counts[t]))
				left++;
		}
		d->most = fmax(d->most, (double)left / (double)html.len * 100);
	}
	words_fini(&html);
	words_fini(&text);
}

/* An invitation: HTML and a calendar. */
static bool
is_invitation(const struct sl_sa_view *view)
{
	const struct sa_node *root = view->root;

	return sl_slice_eq(root->type, SL_SLICE_LIT("multipart/alternative")) && root->first != NULL &&
	    root->first->next == root->last && root->first != root->last &&
	    sl_slice_eq(root->first->type, SL_SLICE_LIT("text/html")) && !root->first->has_children &&
	    sl_slice_eq(root->last->type, SL_SLICE_LIT("text/calendar"));
}

static struct difference
difference(struct sl_sa_view *view)
{
	struct difference d = { 0 };

	if (is_invitation(view))
		return d;
	for (size_t i = 0; i < view->parts_len; i++) {
		struct sl_slice type = view->parts[i]->type;

		if (sa_starts(type, SL_SLICE_LIT("multipart/alternative")) && (type.len == 21 || !sa_is_word(type.ptr[21])))
			alternative_compare(view, i, &d);
	}
	return d;
}

SA_EVAL(multipart_alternative_difference)
{
	double most = difference(view).most, min = sa_argument_number(arguments, arguments_len, 0);

	return (!(min > 0) || most > min) && (sa_argument_open(arguments, arguments_len, 1) ||
	    most <= sa_argument_number(arguments, arguments_len, 1));
}

SA_EVAL(multipart_alternative_difference_count)
{
	struct difference d = difference(view);

	return d.html_words > sa_argument_number(arguments, arguments_len, 1) &&
	    d.text_words / d.html_words > sa_argument_number(arguments, arguments_len, 0);
}

/* ---- lines ---- */

SA_EVAL(check_blank_line_ratio)
{
	double min = sa_argument_number(arguments, arguments_len, 0), max = sa_argument_number(arguments, arguments_len, 1);
	double least = fmax(sa_argument_number(arguments, arguments_len, 2), 1), lines = 0, blank = 0, share;

	sa_raw_body(view);
	for (size_t i = 0; i < view->raw_body.len; i++) {
		struct sl_slice piece = view->raw_body.at[i];

		/* What is behind the last line end counts as a line, also if there is nothing. */
		for (size_t at = 0; at <= piece.len && piece.len > 0;) {
			size_t end = SL_MIN(sa_index(piece, '\n', at), piece.len);

			lines++;
			blank += sa_trim(sa_sub(piece, at, end)).len == 0;
			at = end + 1;
		}
	}
	share = lines < least ? -1 : 100 * blank / lines;
	return (!(min > 0) && share <= max) || (share > min && share <= max);
}

SA_EVAL(tvd_vertical_words)
{
	double min = sa_argument_number(arguments, arguments_len, 0), max = sa_argument_number(arguments, arguments_len, 1);
	double most = -1;

	sa_body(view);
	for (size_t i = 0; i < view->body.len; i++) {
		struct sl_slice line = view->body.at[i];
		size_t blanks = 0, others;

		if (line.len <= 5)
			continue;
		for (size_t k = 0; k < line.len; k++)
			blanks += line.ptr[k] == ' ';
		others = line.len - blanks;
		most = fmax(most, blanks > others || others == 0 ? 100 : (double)(100 * blanks / others));
	}
	return most >= min && most < (max >= 100 ? 101 : max);
}

SA_EVAL(check_body_length)
{
	return (double)view->pristine_body.len <= sa_argument_number(arguments, arguments_len, 0);
}

/* ---- shares ---- */

/* "Current Price" to "currentprice". */
static struct sl_slice
only_letters(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *out = sa_alloc(view, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (sa_is_alpha(s.ptr[i]))
			out[n++] = sl_ascii_lower(s.ptr[i]);
	}
	return sl_slice(out, n);
}

static size_t
stock_words(struct sl_sa_view *view, struct sl_slice text)
{
	struct sa_set found = { 0 };
	struct sa_match m, word;
	size_t n;

	for (size_t at = 0; at < text.len && sa_match(view->conf, SA_RE_STOCK_LINE, text, at, &m); at = m.groups[1]) {
		if (sa_match(view->conf, SA_RE_STOCK_WORD, only_letters(view, sa_group(&m, 1)), 0, &word))
			(void)sa_set_add(&found, sa_group(&word, 1), 0);
	}
	n = found.len;
	sa_set_fini(&found);
	return n;
}

SA_EVAL(check_stock_info)
{
	for (size_t i = 0; i < view->parts_len; i++) {
		struct sa_node *node = view->parts[i];

		if (!sl_slice_eq(node->type, SL_SLICE_LIT("text/plain")))
			continue;
		sa_render(view, node);
		return node->has_text && (double)stock_words(view, node->text) >= sa_argument_number(arguments, arguments_len, 0);
	}
	return false;
}
