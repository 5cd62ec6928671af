/* word.c - see mime/word.h */

#include "mime/word.h"
#include "mime/charset.h"
#include "mime/transfer.h"

#define CHARSET_MAX	60	/* bytes of a charset's label, language and all */
#define LOOKAHEAD_MAX	256	/* for the end of a word that has "?=" in its text */

struct word {
	struct sl_slice	charset;	/* as written */
	unsigned char	encoding;	/* 'b' or 'q' */
	struct sl_slice	text;
	size_t		len;		/* of it all, from "=?" to "?=" */
};

struct scan {
	struct sl_buf			*out;
	unsigned			 seen;
	size_t				 no_end_from;	/* no "?=" from this offset on */
	const struct sl_charset		*charset;	/* of the decoder that is open */
	struct sl_charset_decoder	*decoder;	/* NULL: none */
	bool				 in_word;	/* what is decoded comes from an encoded word */
};

static void
text_out(void *ctx, struct sl_slice utf8)
{
	struct scan *scan = ctx;

	for (size_t i = 0, from = 0; i <= utf8.len; i++) {
		bool control = i < utf8.len &&
		    (utf8.ptr[i] == '\0' || utf8.ptr[i] == '\r' || utf8.ptr[i] == '\n');

		if (i < utf8.len && !control)
			continue;
		sl_buf_add(scan->out, utf8.ptr + from, i - from);
		if (control)
			sl_buf_add_byte(scan->out, ' ');
		if (control && scan->in_word)
			scan->seen |= SL_WORD_CONTROL;
		from = i + 1;
	}
}

static void
decoder_close(struct scan *scan)
{
	if (scan->decoder == NULL)
		return;
	sl_charset_finish(scan->decoder);
	if (scan->in_word && sl_charset_bad(scan->decoder) > 0)
		scan->seen |= SL_WORD_BAD_BYTES;
	sl_charset_decoder_free(&scan->decoder);
}

/* Make the open decoder one for `charset`; kept from word to word while it is the same. */
static void
decoder_open(struct scan *scan, const struct sl_charset *charset, bool in_word)
{
	if (scan->decoder != NULL && scan->charset == charset && scan->in_word == in_word)
		return;
	decoder_close(scan);
	scan->charset = charset;
	scan->in_word = in_word;
	scan->decoder = sl_charset_decoder_new(charset, text_out, scan);
}

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* Offset in `s` of the "?=" that ends a word's text, which starts at `from`; s.len if none. In
 * the Q encoding "?=20" may be a question mark and a space: if the word goes on and ends later,
 * without white space before that, it is. */
static size_t
word_end(struct scan *scan, struct sl_slice s, size_t from, unsigned char encoding)
{
	const unsigned char *p;
	size_t first, limit;

	if (from >= scan->no_end_from)
		return s.len;
	p = memmem(s.ptr + from, s.len - from, "?=", 2);
	if (p == NULL) {
		scan->no_end_from = from;
		return s.len;
	}
	first = (size_t)(p - s.ptr);
	limit = SL_MIN(s.len, first + LOOKAHEAD_MAX);
	for (size_t i = first; encoding == 'q' && i + 1 < limit && s.ptr[i] > ' '; i++) {
		if (s.ptr[i] != '?' || s.ptr[i + 1] != '=')
			continue;
		if (i + 3 >= s.len || !is_hex(s.ptr[i + 2]) || !is_hex(s.ptr[i + 3]))
			return i;
	}
	return first;
}

/* Is there an encoded word at s[at..]? */
static bool
word_parse(struct scan *scan, struct sl_slice s, size_t at, struct word *word)
{
	size_t i = at + 2, end;

	if (at + 8 > s.len || s.ptr[at] != '=' || s.ptr[at + 1] != '?')
		return false;
	while (i < s.len && i - at < CHARSET_MAX && s.ptr[i] != '?' && s.ptr[i] > ' ')
		i++;
	if (i + 3 > s.len || s.ptr[i] != '?' || s.ptr[i + 2] != '?')
		return false;
	word->charset = sl_slice(s.ptr + at + 2, i - at - 2);
	word->encoding = sl_ascii_lower(s.ptr[i + 1]);
	if (word->encoding != 'b' && word->encoding != 'q')
		return false;
	end = word_end(scan, s, i + 3, word->encoding);
	if (end == s.len)
		return false;
	word->text = sl_slice(s.ptr + i + 3, end - i - 3);
	word->len = end + 2 - at;
	return true;
}

static void
feed_charset(void *ctx, struct sl_slice bytes)
{
	sl_charset_feed(ctx, bytes);
}

static unsigned
hex_digit(unsigned char c)
{
	return c <= '9' ? c - (unsigned)'0' : (c | 0x20u) - 'a' + 10u;
}

/* The Q encoding (RFC 2047, 4.2). Folds inside are white space. */
static void
feed_q(struct sl_charset_decoder *decoder, struct sl_slice text)
{
	unsigned char bytes[256];
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.ptr[i];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '=' && i + 2 < text.len && is_hex(text.ptr[i + 1]) && is_hex(text.ptr[i + 2])) {
			c = (unsigned char)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2]));
			i += 2;
		} else if (c == '_') {
			c = ' ';
		}
		bytes[n++] = c;
		if (n == sizeof(bytes)) {
			sl_charset_feed(decoder, sl_slice(bytes, n));
			n = 0;
		}
	}
	sl_charset_feed(decoder, sl_slice(bytes, n));
}

static void
word_decode(struct scan *scan, const struct word *word)
{
	const struct sl_charset *charset = sl_charset_find(word->charset);
	struct sl_transfer_decoder base64;

	scan->seen |= SL_WORD_ENCODED;
	if (charset == NULL) {
		scan->seen |= SL_WORD_UNKNOWN_CHARSET;
		charset = sl_charset_unlabelled();
	}
	decoder_open(scan, charset, true);
	if (word->encoding == 'q') {
		feed_q(scan->decoder, word->text);
		return;
	}
	sl_transfer_init(&base64, SL_TRANSFER_BASE64);
	sl_transfer_feed_all(&base64, word->text, feed_charset, scan->decoder);
	sl_transfer_finish(&base64, feed_charset, scan->decoder);
}

/* Text between encoded words. */
static void
plain_decode(struct scan *scan, struct sl_slice text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len && (scan->seen & SL_WORD_RAW_8BIT) == 0; i++)
		if (text.ptr[i] >= 0x80)
			scan->seen |= SL_WORD_RAW_8BIT;
	decoder_open(scan, sl_charset_unlabelled(), false);
	for (size_t i = 0; i < text.len; i++) {		/* unfold: CRLF before white space goes */
		size_t eol = text.ptr[i] == '\n' ? 1
		    : text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n' ? 2 : 0;

		if (eol == 0)
			continue;
		sl_charset_feed(scan->decoder, sl_slice(text.ptr + from, i - from));
		i += eol - 1;
		from = i + 1;
	}
	sl_charset_feed(scan->decoder, sl_slice_from(text, from));
}

unsigned
sl_word_decode(struct sl_slice value, struct sl_buf *out)
{
	struct scan scan = { .out = out, .no_end_from = SIZE_MAX };
	size_t plain_from = 0;
	bool after_word = false;

	for (size_t i = 0; i < value.len;) {
		const unsigned char *p = memchr(value.ptr + i, '=', value.len - i);
		struct sl_slice between;
		struct word word;

		if (p == NULL)
			break;
		i = (size_t)(p - value.ptr);
		if (!word_parse(&scan, value, i, &word)) {
			i++;
			continue;
		}
		between = sl_slice(value.ptr + plain_from, i - plain_from);
		if (!(after_word && sl_slice_trim(between).len == 0) && between.len > 0)
			plain_decode(&scan, between);
		word_decode(&scan, &word);
		i += word.len;
		plain_from = i;
		after_word = true;
	}
	if (plain_from < value.len)
		plain_decode(&scan, sl_slice_from(value, plain_from));
	decoder_close(&scan);
	return scan.seen;
}
