/* unstructured.c - see mime/unstructured.h */

#include "mime/unstructured.h"

#include "sl/utf8.h"

#define WORD_START	"=?utf-8?q?"
#define WORD_END	"?="
#define WORD_MAX	75	/* bytes of an encoded word (RFC 2047, 2) */

/* The next character as it is shown; white space of any length is a blank. Returns the bytes of text it stands for. */
static size_t
next_shown(struct sl_slice text, uint32_t *c)
{
	size_t n = sl_utf8_decode(text, c);

	if (n == 0) {		/* no UTF-8 */
		*c = '?';
		return 1;
	}
	if (*c == ' ' || *c == '\t' || *c == '\r' || *c == '\n') {
		*c = ' ';
		while (n < text.len && strchr(" \t\r\n", text.ptr[n]) != NULL && text.ptr[n] != '\0')
			n++;
	} else if (*c < 0x20 || (*c >= 0x7f && *c < 0xa0)) {
		*c = '?';
	}
	return n;
}

/* Without white space at its ends. */
static struct sl_slice
trimmed(struct sl_slice text)
{
	while (text.len > 0 && text.ptr[0] != '\0' && strchr(" \t\r\n", text.ptr[0]) != NULL)
		text = sl_slice_from(text, 1);
	while (text.len > 0 && text.ptr[text.len - 1] != '\0' && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL)
		text.len--;
	return text;
}

/* Is it more than ASCII that means itself? As it is shown: a control may become the `?` behind a `=`. */
static bool
needs_words(struct sl_slice text)
{
	uint32_t c, before = 0;

	for (size_t i = 0, n; i < text.len; i += n, before = c) {
		n = next_shown(sl_slice_from(text, i), &c);
		if (c >= 0x80 || (before == '=' && c == '?'))
			return true;
	}
	return false;
}

static size_t
fold(struct sl_buf *out)
{
	sl_buf_add_str(out, "\r\n ");
	return 1;
}

/* ---- ASCII ---- */

/* How long a word is as it is shown: what is no UTF-8, or a control, may be more bytes than its `?`. */
static size_t
shown_len(struct sl_slice word)
{
	size_t len = 0;
	uint32_t c;

	for (size_t i = 0; i < word.len; len++)
		i += next_shown(sl_slice_from(word, i), &c);
	return len;
}

static size_t
add_word(struct sl_slice word, size_t column, struct sl_buf *out)
{
	if (column + 1 + shown_len(word) > SL_UNSTRUCTURED_LINE && column > 1)
		column = fold(out);
	else if (column > 1)
		sl_buf_add_byte(out, ' '), column++;
	for (size_t i = 0, n; i < word.len; i += n, column++) {
		uint32_t c;

		n = next_shown(sl_slice_from(word, i), &c);
		sl_buf_add_byte(out, (unsigned char)c);
	}
	return column;
}

static size_t
add_plain(struct sl_slice text, size_t column, struct sl_buf *out)
{
	size_t from = 0;
	uint32_t c;

	for (size_t i = 0, n; i < text.len; i += n) {
		n = next_shown(sl_slice_from(text, i), &c);
		if (c != ' ')
			continue;
		column = add_word(sl_slice(text.ptr + from, i - from), column, out);
		from = i + n;
	}
	return add_word(sl_slice(text.ptr + from, text.len - from), column, out);
}

/* ---- encoded words ---- */

/* A character in an encoded word; returns its length. */
static size_t
encode(uint32_t c, char out[12])
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char bytes[4];
	size_t len = sl_utf8_encode(c, bytes), n = 0;

	if (c == ' ') {
		out[n++] = '_';
	} else if (c > 0x20 && c < 0x7f && strchr("=?_", (int)c) == NULL) {
		out[n++] = (char)c;
	} else {
		for (size_t i = 0; i < len; i++) {
			out[n++] = '=';
			out[n++] = hex[bytes[i] >> 4];
			out[n++] = hex[bytes[i] & 15];
		}
	}
	return n;
}

static size_t
add_words(struct sl_slice text, struct sl_buf *out)
{
	size_t len = 0, column = 0;

	for (size_t i = 0, n; i < text.len; i += n) {
		char shown[12];
		uint32_t c;
		size_t m;

		n = next_shown(sl_slice_from(text, i), &c);
		m = encode(c, shown);
		if (len > 0 && len + m + strlen(WORD_END) > WORD_MAX) {
			sl_buf_add_str(out, WORD_END);
			len = 0;
		}
		if (len == 0) {
			column = fold(out);
			sl_buf_add_str(out, WORD_START);
			len = strlen(WORD_START);
		}
		sl_buf_add(out, shown, m);
		len += m;
	}
	sl_buf_add_str(out, WORD_END);
	return column + len + strlen(WORD_END);
}

size_t
sl_unstructured_add(struct sl_slice text, size_t column, struct sl_buf *out)
{
	text = trimmed(text);
	if (text.len == 0)
		return column;
	return needs_words(text) ? add_words(text, out) : add_plain(text, column, out);
}
