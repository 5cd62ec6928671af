/* reply.c - see reply.h */

#include "smtp/reply.h"

#define CODE_BYTES	3
#define ENHANCED_MAX	9	/* "5.999.999" */

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* The length of an enhanced status of this class at the front of s: class "." subject "." detail
 * (RFC 3463, 2), then a space or the end. 0: there is none. */
static size_t
enhanced_length(struct sl_slice s, unsigned char class_digit)
{
	size_t i = 1;

	if (s.len < 5 || s.ptr[0] != class_digit || class_digit == '3')
		return 0;
	for (unsigned part = 0; part < 2; part++) {
		size_t digits = 0;

		if (i == s.len || s.ptr[i++] != '.')
			return 0;
		for (; i < s.len && is_digit(s.ptr[i]) && digits < 4; i++)
			digits++;
		if (digits == 0 || digits > 3)
			return 0;
	}
	return i == s.len || s.ptr[i] == ' ' || s.ptr[i] == '\t' ? i : 0;
}

/* One line of a reply, or what there is of it. */
struct reply_line {
	int		code;		/* 0: not all digits are there */
	bool		last;		/* its separator is not '-' */
	struct sl_slice	text;
	size_t		used;
};

/* Is the beginning of a line right as far as it goes? Sets line->code and last. */
static bool
line_head(struct sl_slice in, struct reply_line *line)
{
	for (size_t i = 0; i < CODE_BYTES && i < in.len; i++)
		if (!is_digit(in.ptr[i]))
			return false;
	if (in.len > 0 && (in.ptr[0] < '2' || in.ptr[0] > '5'))
		return false;
	line->code = in.len < CODE_BYTES ? 0 :
	    (in.ptr[0] - '0') * 100 + (in.ptr[1] - '0') * 10 + (in.ptr[2] - '0');
	if (in.len <= CODE_BYTES)
		return true;
	line->last = in.ptr[CODE_BYTES] != '-';
	return memchr(" -\r\n", in.ptr[CODE_BYTES], 4) != NULL;
}

/* Read the line at the front of `in`. SL_DONE, SL_MORE (with the code, if it is there) or
 * SL_ERR_SYNTAX, told as soon as it is seen. */
static int
line_read(struct sl_slice in, struct reply_line *line)
{
	const unsigned char *lf, *cr;
	size_t len;

	*line = (struct reply_line){ 0 };
	if (!line_head(in, line))
		return SL_ERR_SYNTAX;
	if (in.len <= CODE_BYTES)
		return SL_MORE;
	lf = memchr(in.ptr, '\n', in.len);
	len = lf == NULL ? in.len : (size_t)(lf - in.ptr);
	cr = memchr(in.ptr, '\r', len);
	if (memchr(in.ptr, '\0', len) != NULL || (cr != NULL && cr != in.ptr + len - 1))
		return SL_ERR_SYNTAX;
	if (lf == NULL)
		return SL_MORE;
	line->used = len + 1;
	if (cr != NULL)
		len--;
	line->text = sl_slice_from(sl_slice(in.ptr, len), SL_MIN(len, (size_t)CODE_BYTES + 1));
	return SL_DONE;
}

int
sl_smtp_reply_parse(struct sl_slice in, struct sl_smtp_reply *reply_out, size_t *used_out)
{
	struct sl_slice window = sl_slice(in.ptr, SL_MIN(in.len, (size_t)SL_SMTP_REPLY_MAX));
	struct sl_smtp_reply reply = { 0 };
	struct reply_line line;
	size_t used = 0;
	int r;

	do {
		if (used == window.len)
			return in.len > window.len ? SL_ERR_TOO_LONG : SL_MORE;
		r = line_read(sl_slice_from(window, used), &line);
		if (r == SL_ERR_SYNTAX || (reply.code != 0 && line.code != 0 &&
		    line.code != reply.code))
			return SL_ERR_SYNTAX;
		if (r == SL_MORE)
			return in.len > window.len ? SL_ERR_TOO_LONG : SL_MORE;
		if (reply.code == 0) {
			reply.code = line.code;
			reply.enhanced = sl_slice(line.text.ptr,
			    enhanced_length(line.text, in.ptr[0]));
		}
		used += line.used;
	} while (!line.last);
	reply.raw = sl_slice(in.ptr, used);
	*reply_out = reply;
	*used_out = used;
	return SL_DONE;
}

bool
sl_smtp_reply_line(const struct sl_smtp_reply *reply, size_t *position, struct sl_slice *text_out)
{
	size_t enhanced = reply->enhanced.len;
	struct reply_line line;

	if (*position >= reply->raw.len)
		return false;
	SL_ASSERT(line_read(sl_slice_from(reply->raw, *position), &line) == SL_DONE);
	*position += line.used;
	if (enhanced > 0 && enhanced_length(line.text, reply->enhanced.ptr[0]) == enhanced &&
	    memcmp(line.text.ptr, reply->enhanced.ptr, enhanced) == 0)
		line.text = sl_slice_from(line.text, SL_MIN(enhanced + 1, line.text.len));
	*text_out = line.text;
	return true;
}

/* How much of `text` fits into a line with `room` octets: all of it, or up to a space, or, where
 * there is none, as much as ends with a whole UTF-8 character. */
static size_t
fitting_length(struct sl_slice text, size_t room)
{
	size_t len;

	if (text.len <= room)
		return text.len;
	for (len = room; len > 0; len--)
		if (text.ptr[len] == ' ')
			return len;
	for (len = room; len > room - 3 && (text.ptr[len] & 0xc0) == 0x80; len--)
		;
	return (text.ptr[len] & 0xc0) == 0x80 ? room : len;
}

/* Add text that will not end the line early, whatever is in it. */
static void
add_clean(struct sl_buf *out, struct sl_slice text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.len; i++) {
		if ((text.ptr[i] >= ' ' && text.ptr[i] != 0x7f) || text.ptr[i] == '\t')
			continue;
		sl_buf_add(out, text.ptr + start, i - start);
		sl_buf_add_byte(out, '?');
		start = i + 1;
	}
	sl_buf_add(out, text.ptr + start, text.len - start);
}

/* Write as much of *text as goes into one line, and cut it off. Returns false after the last. */
static bool
write_line(struct sl_buf *out, char *head, size_t head_len, struct sl_slice *text)
{
	const unsigned char *end = memchr(text->ptr, '\n', text->len);
	size_t line_len = end == NULL ? text->len : (size_t)(end - text->ptr);
	size_t len = fitting_length(sl_slice(text->ptr, line_len),
	    SL_SMTP_REPLY_LINE_MAX - 2 - head_len);
	struct sl_slice rest = sl_slice_from(*text, len);
	bool goes_on = rest.len > 0;

	if (goes_on && (rest.ptr[0] == ' ' || rest.ptr[0] == '\n')) {	/* was between two lines */
		goes_on = rest.ptr[0] == '\n' || rest.len > 1;
		rest = sl_slice_from(rest, 1);
	}
	head[CODE_BYTES] = goes_on ? '-' : ' ';
	sl_buf_add(out, head, head_len);
	add_clean(out, sl_slice(text->ptr, len));
	sl_buf_add(out, "\r\n", 2);
	*text = rest;
	return goes_on;
}

void
sl_smtp_reply_write(struct sl_buf *out, int code, const char *enhanced, struct sl_slice text)
{
	size_t enhanced_len = enhanced == NULL ? 0 : strlen(enhanced), head_len = CODE_BYTES + 1;
	char head[CODE_BYTES + 1 + ENHANCED_MAX + 1];

	SL_ASSERT(code >= 200 && code <= 599 && enhanced_len <= ENHANCED_MAX);
	head[0] = (char)('0' + code / 100);
	head[1] = (char)('0' + code / 10 % 10);
	head[2] = (char)('0' + code % 10);
	if (enhanced_len > 0) {
		memcpy(head + head_len, enhanced, enhanced_len);
		head_len += enhanced_len;
		head[head_len++] = ' ';
	}
	if (text.len == 0)
		text = SL_SLICE_LIT("");	/* never NULL */
	else if (text.ptr[text.len - 1] == '\n')	/* ends the last line, begins none */
		text.len--;
	while (write_line(out, head, head_len, &text))
		;
}
