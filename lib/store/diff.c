/* diff.c - what differs between two texts, line by line; see layers.h */

#include "store/layers.h"

#define TABLE_MAX	((size_t)1 << 22)	/* cells of the middle part: some 2,000 lines by 2,000 */

struct lines {
	struct sl_slice	*at;
	size_t		 len;
};

static void
split(struct sl_slice text, struct lines *out)
{
	size_t room = 0;

	*out = (struct lines){ 0 };
	while (text.len > 0) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.ptr) : text.len;

		if (out->len == room) {
			room = room * 2 + 64;
			out->at = sl_xrealloc(out->at, room * sizeof(*out->at));
		}
		out->at[out->len++] = sl_slice(text.ptr, len);
		text = sl_slice_from(text, SL_MIN(len + 1, text.len));
	}
}

static void
say(char sign, struct sl_slice line, struct sl_buf *out)
{
	sl_buf_add_byte(out, (unsigned char)sign);
	sl_buf_add_byte(out, ' ');
	sl_buf_add_slice(out, line);
	sl_buf_add_byte(out, '\n');
}

/* The longest common subsequence, from the end, so that it can be read off from the front. */
static void
middle(const struct sl_slice *a, size_t n, const struct sl_slice *b, size_t m, struct sl_buf *out)
{
	size_t width = m + 1, i = 0, j = 0;
	uint32_t *table = sl_xzalloc((n + 1) * width * sizeof(*table));

	for (size_t x = n; x-- > 0;)
		for (size_t y = m; y-- > 0;)
			table[x * width + y] = sl_slice_eq(a[x], b[y]) ? table[(x + 1) * width + y + 1] + 1
			    : SL_MAX(table[(x + 1) * width + y], table[x * width + y + 1]);
	while (i < n || j < m) {
		if (i < n && j < m && sl_slice_eq(a[i], b[j])) {
			i++;
			j++;
		} else if (j >= m || (i < n && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
			say('-', a[i++], out);
		} else {
			say('+', b[j++], out);
		}
	}
	sl_free(table);
}

void
sl_layer_diff(struct sl_slice from, struct sl_slice to, struct sl_buf *out)
{
	struct lines a, b;
	size_t front = 0, back = 0, n, m;

	split(from, &a);
	split(to, &b);
	while (front < a.len && front < b.len && sl_slice_eq(a.at[front], b.at[front]))
		front++;
	while (back < a.len - front && back < b.len - front &&
	    sl_slice_eq(a.at[a.len - 1 - back], b.at[b.len - 1 - back]))
		back++;
	n = a.len - front - back;
	m = b.len - front - back;
	if ((n + 1) * (m + 1) <= TABLE_MAX) {
		middle(a.len > 0 ? a.at + front : NULL, n, b.len > 0 ? b.at + front : NULL, m, out);
	} else {
		for (size_t i = 0; i < n; i++)
			say('-', a.at[front + i], out);
		for (size_t i = 0; i < m; i++)
			say('+', b.at[front + i], out);
	}
	sl_free(a.at);
	sl_free(b.at);
}
