/* letter.c - see letter.h */

#include "digest/letter.h"

#include "sl/utf8.h"

#define LINE_MAX	76
#define WORD_ROOM	63	/* of an encoded word's 75: less "=?utf-8?q?" and "?=" */

static const char hex[] = "0123456789ABCDEF";

/* Can it stand as it is? Printable ASCII, nothing that reads as an encoded word, words that fit a line. */
static bool
is_plain(struct sl_slice text)
{
	size_t word = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < ' ' || text.ptr[i] > '~' || (text.ptr[i] == '=' && i + 1 < text.len &&
		    text.ptr[i + 1] == '?'))
			return false;
		word = text.ptr[i] == ' ' ? 0 : word + 1;
		if (word > LINE_MAX - 2)
			return false;
	}
	/* White space at the ends, or twice, would not survive. */
	return text.len == 0 || (text.ptr[0] != ' ' && text.ptr[text.len - 1] != ' ');
}

/* Words, folded at spaces. `at`: the column. Returns where it ended. */
static size_t
put_plain(struct sl_buf *out, struct sl_slice text, size_t at)
{
	for (size_t i = 0; i < text.len;) {
		size_t end = i + 1;

		while (end < text.len && text.ptr[end] != ' ')
			end++;
		if (at + end - i > LINE_MAX && text.ptr[i] == ' ') {
			sl_buf_add_str(out, "\r\n");
			at = 0;
		}
		sl_buf_add(out, text.ptr + i, end - i);
		at += end - i;
		i = end;
	}
	return at;
}

/* A Q word's form of a byte: safe in a phrase as well (RFC 2047, 5). */
static size_t
q_byte(unsigned char c, char out[3])
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '!' || c == '*' ||
	    c == '+' || c == '-' || c == '/') {
		out[0] = (char)c;
		return 1;
	}
	if (c == ' ') {
		out[0] = '_';
		return 1;
	}
	out[0] = '=';
	out[1] = hex[c >> 4];
	out[2] = hex[c & 15];
	return 3;
}

/* Encoded words of whole characters, one a line but for the first. */
static size_t
put_encoded(struct sl_buf *out, struct sl_slice text, size_t at)
{
	char word[WORD_ROOM + 16];
	size_t len = 0;
	bool first = true;

	while (text.len > 0 || len > 0) {
		char form[16];
		size_t form_len = 0, n = 0;
		uint32_t c;

		if (text.len > 0) {
			n = sl_utf8_decode(text, &c);
			if (n == 0) {
				static const unsigned char none[] = "\xef\xbf\xbd";

				for (size_t i = 0; i < 3; i++)
					form_len += q_byte(none[i], form + form_len);
				n = 1;
			} else {
				bool control = c < ' ' || c == 0x7f;

				for (size_t i = 0; i < n; i++)
					form_len += q_byte(control ? ' ' : text.ptr[i], form + form_len);
			}
		}
		if (form_len > 0 && len + form_len <= (first && at + 12 < LINE_MAX ? LINE_MAX - at - 13 : WORD_ROOM)) {
			memcpy(word + len, form, form_len);
			len += form_len;
			text = sl_slice_from(text, n);
			continue;
		}
		if (!first)
			sl_buf_add_str(out, "\r\n ");
		at = (first ? at : 1) + len + 12;
		first = false;
		sl_buf_addf(out, "=?utf-8?q?%.*s?=", (int)len, word);
		len = 0;
	}
	return at;
}

void
sl_letter_field(struct sl_buf *out, const char *name, struct sl_slice text)
{
	sl_buf_addf(out, "%s: ", name);
	if (is_plain(text))
		put_plain(out, text, strlen(name) + 2);
	else
		put_encoded(out, text, strlen(name) + 2);
	sl_buf_add_str(out, "\r\n");
}

/* A phrase of atoms needs no quotes. */
static bool
is_phrase(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = sl_ascii_lower(text.ptr[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ' || c == '-'))
			return false;
	}
	return is_plain(text);
}

void
sl_letter_address(struct sl_buf *out, const char *name, struct sl_slice display, struct sl_slice mailbox)
{
	size_t at = strlen(name) + 2;

	sl_buf_addf(out, "%s: ", name);
	if (display.len > 0) {
		at = is_phrase(display) ? put_plain(out, display, at) : put_encoded(out, display, at);
		if (at + mailbox.len + 3 > LINE_MAX)
			sl_buf_add_str(out, "\r\n");
		sl_buf_add_byte(out, ' ');
	}
	sl_buf_add_byte(out, '<');
	sl_buf_add_slice(out, mailbox);
	sl_buf_add_str(out, ">\r\n");
}

void
sl_letter_date(struct sl_buf *out, const char *name, int64_t utc_s, const struct sl_zone *zone)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };
	struct sl_zone_offset offset;
	struct sl_civil civil;
	int minutes;

	sl_zone_at(zone, utc_s, &offset);
	minutes = offset.seconds / 60;	/* RFC 5322 has no seconds: the time is shown by what is written */
	sl_civil_of(utc_s + minutes * 60, &civil);
	sl_buf_addf(out, "%s: %s, %u %s %lld %02u:%02u:%02u %c%02d%02d\r\n", name, days[civil.weekday], civil.day,
	    months[civil.month - 1], (long long)civil.year, civil.hour, civil.minute, civil.second,
	    minutes < 0 ? '-' : '+', (minutes < 0 ? -minutes : minutes) / 60, (minutes < 0 ? -minutes : minutes) % 60);
}

/* Must the byte at i be written as =XX? At a line's end also white space; at its begin what some program changes. */
static bool
needs_quoting(struct sl_slice line, size_t i)
{
	unsigned char c = line.ptr[i];

	if (c == ' ' || c == '\t')
		return i + 1 == line.len;
	if (i == 0 && (c == '.' || (c == 'F' && sl_slice_istarts(line, SL_SLICE_LIT("From ")))))
		return true;
	return c < ' ' || c > '~' || c == '=';
}

static void
quoted_line(struct sl_buf *out, struct sl_slice line)
{
	size_t at = 0;

	for (size_t i = 0; i < line.len; i++) {
		bool quote = needs_quoting(line, i);
		size_t width = quote ? 3 : 1;

		/* A soft break needs a column, and no character is torn over two lines: for those who read the source. */
		if (at + width > LINE_MAX - 1 - (quote && line.ptr[i] >= 0xc0 ? 9u : 0u)) {
			sl_buf_add_str(out, "=\r\n");
			at = 0;
		}
		if (quote)
			sl_buf_addf(out, "=%02X", line.ptr[i]);
		else
			sl_buf_add_byte(out, line.ptr[i]);
		at += width;
	}
	sl_buf_add_str(out, "\r\n");
}

void
sl_letter_quoted(struct sl_buf *out, struct sl_slice text)
{
	while (text.len > 0) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);

		quoted_line(out, sl_slice(text.ptr, len));
		text = sl_slice_from(text, end == NULL ? len : len + 1);
	}
}
