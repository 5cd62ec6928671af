/* ngram_mail.c - see ngram_i.h: the fields that count, MIME parts and transfer encodings */

#include "classify/ngram_i.h"

enum mail_state {
	MAIL_LINE_START = 0,	/* in a body, at the start of a line */
	MAIL_LINE,		/* inside a line of a body */
	MAIL_PART_FIELD,	/* in the header of a part; field[] holds the line so far */
};

enum mail_encoding { MAIL_IDENTITY = 0, MAIL_QUOTED, MAIL_BASE64 };

enum mail_kind {		/* what the part is taken for */
	MAIL_TEXT = 0,
	MAIL_HTML,
	MAIL_MESSAGE,		/* its header comes first */
	MAIL_OPAQUE,		/* images, archives, programs: read by other classifiers */
};

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* ---- transfer encodings (RFC 2045, 6.7 and 6.8), read generously */

static void
base64_feed(struct ngram_mail *mail, const unsigned char *data, size_t len)
{
	unsigned char out[192];
	size_t out_len = 0;

	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(data[i]);

		if (digit < 0) {
			if (data[i] == '=')	/* padding ends a group, wherever it stands */
				mail->decode_len = 0;
			continue;
		}
		mail->decode[mail->decode_len] = (unsigned char)digit;
		if (mail->decode_len > 0)
			out[out_len++] = (unsigned char)(mail->decode[mail->decode_len - 1] <<
			    (2 * mail->decode_len) | digit >> (6 - 2 * mail->decode_len));
		mail->decode_len = (unsigned char)((mail->decode_len + 1) % 4);
		if (out_len == sizeof(out)) {
			ngram_text_feed(&mail->text, out, out_len);
			out_len = 0;
		}
	}
	ngram_text_feed(&mail->text, out, out_len);
}

/* A byte behind `=` or `=X`. */
static void
quoted_next(struct ngram_mail *mail, unsigned char c)
{
	unsigned char byte;

	if (c == '\n') {		/* a soft line end */
		mail->decode_len = 0;
	} else if (c == '\r' || (mail->decode_len == 1 && (c == ' ' || c == '\t'))) {
		return;
	} else if (hex_digit(c) < 0) {	/* not an escape: the = stood for nothing */
		mail->decode_len = 0;
		ngram_text_feed(&mail->text, &c, 1);
	} else if (mail->decode_len == 1) {
		mail->decode[0] = (unsigned char)hex_digit(c);
		mail->decode_len = 2;
	} else {
		byte = (unsigned char)(mail->decode[0] << 4 | hex_digit(c));
		mail->decode_len = 0;
		ngram_text_feed(&mail->text, &byte, 1);
	}
}

static void
quoted_feed(struct ngram_mail *mail, const unsigned char *data, size_t len)
{
	size_t i = 0;

	while (i < len) {
		const unsigned char *equals;
		size_t run;

		if (mail->decode_len > 0) {
			quoted_next(mail, data[i++]);
			continue;
		}
		equals = memchr(data + i, '=', len - i);
		run = equals == NULL ? len - i : (size_t)(equals - data) - i;
		ngram_text_feed(&mail->text, data + i, run);
		i += run;
		if (equals != NULL) {
			mail->decode_len = 1;
			i++;
		}
	}
}

static void
content(struct ngram_mail *mail, const unsigned char *data, size_t len)
{
	if (mail->kind == MAIL_OPAQUE)
		return;
	switch ((enum mail_encoding)mail->encoding) {
	case MAIL_IDENTITY:
		ngram_text_feed(&mail->text, data, len);
		return;
	case MAIL_QUOTED:
		quoted_feed(mail, data, len);
		return;
	case MAIL_BASE64:
		base64_feed(mail, data, len);
		return;
	}
}

/* ---- encoded words (RFC 2047), in subjects and names */

/* Decode `=?charset?B?text?=` at the front of s. Returns its length, 0 if it is none. */
static size_t
encoded_word(struct ngram_mail *mail, struct sl_slice s)
{
	const unsigned char *encoding, *word, *end;

	if (s.len < 8 || s.ptr[0] != '=' || s.ptr[1] != '?')
		return 0;
	encoding = memchr(s.ptr + 2, '?', SL_MIN(s.len - 2, 60u));
	if (encoding == NULL || s.len - (size_t)(encoding - s.ptr) < 5 || encoding[2] != '?')
		return 0;
	word = encoding + 3;
	end = memmem(word, s.len - (size_t)(word - s.ptr), "?=", 2);
	if (end == NULL)
		return 0;
	mail->decode_len = 0;
	if ((encoding[1] | 0x20) == 'b') {
		base64_feed(mail, word, (size_t)(end - word));
	} else {
		for (const unsigned char *p = word; p < end; p++)
			quoted_feed(mail, *p == '_' ? (const unsigned char *)" " : p, 1);
	}
	mail->decode_len = 0;
	return (size_t)(end + 2 - s.ptr);
}

static void
phrase(struct ngram_mail *mail, struct sl_slice s)
{
	size_t i = 0, from = 0;

	while (i < s.len) {
		const unsigned char *start = memmem(s.ptr + i, s.len - i, "=?", 2);
		size_t used;

		if (start == NULL)
			break;
		i = (size_t)(start - s.ptr);
		ngram_text_feed(&mail->text, s.ptr + from, i - from);
		from = i;
		used = encoded_word(mail, sl_slice_from(s, i));
		i += used > 0 ? used : 2;
		from = used > 0 ? i : from;
		/* White space between two encoded words is not there. */
		if (used > 0) {
			size_t next = i;

			while (next < s.len && strchr(" \t\r\n", s.ptr[next]) != NULL)
				next++;
			if (s.len - next > 2 && s.ptr[next] == '=' && s.ptr[next + 1] == '?')
				from = i = next;
		}
	}
	ngram_text_feed(&mail->text, s.ptr + from, s.len - from);
}

/* ---- header fields */

static void
text_field(struct ngram_mail *mail, enum ngram_place place, struct sl_slice value)
{
	ngram_text_start(&mail->text, place, false);
	phrase(mail, value);
	ngram_text_end(&mail->text);
}

/* Lists put their tag, and filters their verdict, in front: [tag]. */
static void
on_subject(struct ngram_mail *mail, struct sl_slice value)
{
	struct sl_slice s = sl_slice_trim(value);

	for (int tags = 0; tags < 4 && s.len > 0; tags++) {
		const unsigned char *end;

		if (sl_slice_istarts(s, SL_SLICE_LIT("re:"))) {
			ngram_text_mark(&mail->text, NGRAM_SUBJECT, "subject: re", SL_SLICE_LIT(""));
			s = sl_slice_trim(sl_slice_from(s, 3));
		}
		if (s.len == 0 || s.ptr[0] != '[')
			break;
		end = memchr(s.ptr, ']', SL_MIN(s.len, 40u));
		if (end == NULL)
			break;
		s = sl_slice_trim(sl_slice_from(s, (size_t)(end + 1 - s.ptr)));
	}
	text_field(mail, NGRAM_SUBJECT, s);
}

/* The domain of the last mail address in a field, without the brackets. */
static struct sl_slice
address_domain(struct sl_slice value)
{
	const unsigned char *at = memrchr(value.ptr, '@', value.len);
	size_t len = 0;
	struct sl_slice s;

	if (at == NULL)
		return SL_SLICE_LIT("");
	s = sl_slice_from(value, (size_t)(at + 1 - value.ptr));
	while (len < s.len && strchr(" \t\r\n>,;()\"", s.ptr[len]) == NULL)
		len++;
	return sl_slice(s.ptr, len);
}

/* What is before the address in brackets. */
static struct sl_slice
display_name(struct sl_slice value)
{
	const unsigned char *less = memrchr(value.ptr, '<', value.len);

	return less == NULL ? SL_SLICE_LIT("") : sl_slice(value.ptr, (size_t)(less - value.ptr));
}

/* The last `labels` labels of a domain. */
static struct sl_slice
domain_tail(struct sl_slice domain, int labels)
{
	size_t i = domain.len;

	while (i > 0) {
		if (domain.ptr[i - 1] == '.' && --labels == 0)
			break;
		i--;
	}
	return sl_slice_from(domain, i);
}

static void
on_from(struct ngram_mail *mail, struct sl_slice value)
{
	struct sl_slice domain = address_domain(value), name = display_name(value);

	mail->from_domain = domain.len > 0 ? sl_hash_lower(domain) | 1 : 0;
	text_field(mail, NGRAM_FROM, name);
	text_field(mail, NGRAM_FROM, domain);
	ngram_text_mark(&mail->text, NGRAM_FROM, "domain ", domain_tail(domain, 2));
	ngram_text_mark(&mail->text, NGRAM_FROM, "domain .", domain_tail(domain, 1));
	if (memchr(name.ptr, '@', name.len) != NULL)
		ngram_text_mark(&mail->text, NGRAM_FROM, "an address as name", SL_SLICE_LIT(""));
	if (sl_slice_trim(name).len == 0)
		ngram_text_mark(&mail->text, NGRAM_FROM, "no name", SL_SLICE_LIT(""));
}

static void
on_reply_to(struct ngram_mail *mail, struct sl_slice value)
{
	struct sl_slice domain = address_domain(value);

	mail->reply_domain = domain.len > 0 ? sl_hash_lower(domain) | 1 : 0;
}

static void
on_mailer(struct ngram_mail *mail, struct sl_slice value)
{
	text_field(mail, NGRAM_HEADER, value);
}

/* How a date is written, never which: that would tell a corpus's year. */
static void
on_date(struct ngram_mail *mail, struct sl_slice value)
{
	struct sl_slice s = sl_slice_trim(value);
	unsigned char shape[NGRAM_WORD_MAX];
	size_t len = 0;

	for (size_t i = 0; i < s.len && len < 32; i++) {
		unsigned char c = s.ptr[i];

		if (c >= '0' && c <= '9')
			c = '0';
		else if (sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z')
			c = 'a';
		else if (c == '+')
			c = '-';
		if (len == 0 || shape[len - 1] != c || c == ' ')
			shape[len++] = c;
	}
	ngram_text_mark(&mail->text, NGRAM_HEADER, "date ", sl_slice(shape, len));
}

/* ---- Content-Type and its like, of the message and of parts */

/* The value of a parameter such as boundary= (RFC 2045, 5.1); empty when there is none. */
static struct sl_slice
parameter(struct sl_slice value, struct sl_slice name)
{
	for (size_t i = 0; i + name.len < value.len; i++) {
		struct sl_slice s = sl_slice_from(value, i);
		size_t len = 0;

		if (strchr("; \t\r\n", value.ptr[i]) == NULL)
			continue;
		s = sl_slice_from(s, 1);
		if (!sl_slice_istarts(s, name))
			continue;
		s = sl_slice_trim(sl_slice_from(s, name.len));
		if (s.len == 0 || s.ptr[0] != '=')
			continue;
		s = sl_slice_trim(sl_slice_from(s, 1));
		if (s.len > 0 && s.ptr[0] == '"') {
			s = sl_slice_from(s, 1);
			while (len < s.len && s.ptr[len] != '"')
				len++;
		} else {
			while (len < s.len && strchr("; \t\r\n", s.ptr[len]) == NULL)
				len++;
		}
		return sl_slice(s.ptr, len);
	}
	return SL_SLICE_LIT("");
}

static void
boundary_learn(struct ngram_mail *mail, struct sl_slice boundary)
{
	if (boundary.len == 0 || boundary.len > 70)
		return;
	if (mail->boundaries_len == NGRAM_BOUNDARIES) {
		memmove(mail->boundaries, mail->boundaries + 1,
		    sizeof(mail->boundaries) - sizeof(mail->boundaries[0]));
		mail->boundaries_len--;
	}
	mail->boundaries[mail->boundaries_len++] = sl_hash(boundary.ptr, boundary.len);
}

static void
on_content_type(struct ngram_mail *mail, enum ngram_place place, struct sl_slice value)
{
	struct sl_slice s = sl_slice_trim(value), charset = parameter(s, SL_SLICE_LIT("charset"));
	struct sl_slice type;
	size_t len = 0;

	while (len < s.len && strchr("; \t\r\n", s.ptr[len]) == NULL)
		len++;
	type = sl_slice(s.ptr, len);
	ngram_text_mark(&mail->text, place, "type ", type);
	if (charset.len > 0)
		ngram_text_mark(&mail->text, place, "charset ", charset);
	boundary_learn(mail, parameter(s, SL_SLICE_LIT("boundary")));
	if (sl_slice_ieq(type, SL_SLICE_LIT("text/html")))
		mail->kind = MAIL_HTML;
	else if (sl_slice_ieq(type, SL_SLICE_LIT("message/rfc822")))
		mail->kind = MAIL_MESSAGE;
	else if (memchr(type.ptr, '/', type.len) == NULL ||
	    sl_slice_istarts(type, SL_SLICE_LIT("text/")) ||
	    sl_slice_istarts(type, SL_SLICE_LIT("multipart/")) ||
	    sl_slice_istarts(type, SL_SLICE_LIT("message/")))
		mail->kind = MAIL_TEXT;
	else
		mail->kind = MAIL_OPAQUE;
}

static void
on_encoding(struct ngram_mail *mail, enum ngram_place place, struct sl_slice value)
{
	struct sl_slice s = sl_slice_trim(value);

	ngram_text_mark(&mail->text, place, "encoding ", s);
	mail->encoding = sl_slice_istarts(s, SL_SLICE_LIT("quoted-printable")) ? MAIL_QUOTED
	    : sl_slice_istarts(s, SL_SLICE_LIT("base64")) ? MAIL_BASE64 : MAIL_IDENTITY;
}

/* A file's ending says more than its type. */
static void
on_disposition(struct ngram_mail *mail, struct sl_slice value)
{
	struct sl_slice name = parameter(value, SL_SLICE_LIT("filename"));
	const unsigned char *dot = memrchr(name.ptr, '.', name.len);

	if (dot != NULL)
		ngram_text_mark(&mail->text, NGRAM_PART, "file ",
		    sl_slice_from(name, (size_t)(dot - name.ptr)));
}

static void
content_field(struct ngram_mail *mail, enum ngram_place place, struct sl_slice name,
    struct sl_slice value)
{
	if (sl_slice_ieq(name, SL_SLICE_LIT("Content-Type")))
		on_content_type(mail, place, value);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("Content-Transfer-Encoding")))
		on_encoding(mail, place, value);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("Content-Disposition")))
		on_disposition(mail, value);
}

void
ngram_mail_field(struct ngram_mail *mail, struct sl_slice name, struct sl_slice value)
{
	static const struct {
		struct sl_slice	name;
		void		(*on)(struct ngram_mail *mail, struct sl_slice value);
	} rows[] = {
		{ SL_SLICE_LIT("Subject"), on_subject },
		{ SL_SLICE_LIT("From"), on_from },
		{ SL_SLICE_LIT("Reply-To"), on_reply_to },
		{ SL_SLICE_LIT("X-Mailer"), on_mailer },
		{ SL_SLICE_LIT("Date"), on_date },
	};

	value.len = SL_MIN(value.len, (size_t)NGRAM_FIELD_MAX);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (sl_slice_ieq(name, rows[i].name)) {
			rows[i].on(mail, value);
			return;
		}
	}
	content_field(mail, NGRAM_HEADER, name, value);
}

/* ---- the body: lines, boundaries, headers of parts */

static void
part_header_start(struct ngram_mail *mail)
{
	ngram_text_end(&mail->text);
	mail->state = MAIL_PART_FIELD;
	mail->kind = MAIL_TEXT;
	mail->encoding = MAIL_IDENTITY;
	mail->field_len = 0;
}

static void
part_body_start(struct ngram_mail *mail)
{
	if (mail->kind == MAIL_MESSAGE) {
		part_header_start(mail);
		return;
	}
	mail->state = MAIL_LINE_START;
	mail->decode_len = 0;
	ngram_text_start(&mail->text, NGRAM_TEXT, mail->kind == MAIL_HTML);
}

/* The field in field[] is complete. */
static void
part_field_end(struct ngram_mail *mail)
{
	struct sl_slice line = sl_slice(mail->field, mail->field_len);
	const unsigned char *colon = memchr(line.ptr, ':', line.len);

	mail->field_len = 0;
	if (colon != NULL)
		content_field(mail, NGRAM_PART, sl_slice_trim(sl_slice(line.ptr,
		    (size_t)(colon - line.ptr))), sl_slice_from(line, (size_t)(colon + 1 - line.ptr)));
}

/* A byte of a part's header. field[] keeps a field with its line ends, so that its last byte
 * tells whether a line has just ended. */
static void
part_header_next(struct ngram_mail *mail, unsigned char c)
{
	bool line_start = mail->field_len == 0 || mail->field[mail->field_len - 1] == '\n';

	if (c == '\r')
		return;
	if (line_start && c == '\n') {		/* an empty line */
		part_field_end(mail);
		part_body_start(mail);
		return;
	}
	if (line_start && c != ' ' && c != '\t')
		part_field_end(mail);
	if (mail->field_len < sizeof(mail->field))
		mail->field[mail->field_len++] = c;
	else if (c == '\n')
		mail->field[mail->field_len - 1] = c;
}

/* Is it a delimiter line of a multipart (RFC 2046, 5.1.1)? */
static bool
boundary_line(const struct ngram_mail *mail, struct sl_slice line)
{
	struct sl_slice s = sl_slice_trim(line);
	uint64_t open, close;

	if (s.len < 3 || s.ptr[0] != '-' || s.ptr[1] != '-')
		return false;
	s = sl_slice_from(s, 2);
	open = sl_hash(s.ptr, s.len);
	close = s.len > 2 && memcmp(s.ptr + s.len - 2, "--", 2) == 0 ? sl_hash(s.ptr, s.len - 2) : open;
	for (size_t i = 0; i < mail->boundaries_len; i++)
		if (mail->boundaries[i] == open || mail->boundaries[i] == close)
			return true;
	return false;
}

/* The start of a line that began with - is in line[] and is complete, or too long. */
static void
dashes_end(struct ngram_mail *mail, bool whole)
{
	struct sl_slice line = sl_slice(mail->line, mail->line_len);

	mail->line_dashes = false;
	mail->line_len = 0;
	if (whole && boundary_line(mail, line)) {
		part_header_start(mail);
		return;
	}
	mail->state = whole ? MAIL_LINE_START : MAIL_LINE;
	content(mail, line.ptr, line.len);
}

/* Take bytes of a line that began with -. Returns how many. */
static size_t
dashes_feed(struct ngram_mail *mail, struct sl_slice bytes)
{
	size_t i = 0;

	while (i < bytes.len && mail->line_dashes) {
		if (mail->line_len == sizeof(mail->line)) {
			dashes_end(mail, false);
			break;
		}
		mail->line[mail->line_len++] = bytes.ptr[i];
		if (bytes.ptr[i++] == '\n')
			dashes_end(mail, true);
		else if (mail->line_len == 2 && mail->line[1] != '-')
			dashes_end(mail, false);
	}
	return i;
}

/* Take bytes of a body up to the next line that needs a look. Returns how many. */
static size_t
lines_feed(struct ngram_mail *mail, struct sl_slice bytes)
{
	size_t i = 0;

	while (i < bytes.len) {
		const unsigned char *lf;

		if (mail->state == MAIL_LINE_START && bytes.ptr[i] == '-' && mail->boundaries_len > 0) {
			mail->line_dashes = true;
			break;
		}
		lf = memchr(bytes.ptr + i, '\n', bytes.len - i);
		mail->state = lf == NULL ? MAIL_LINE : MAIL_LINE_START;
		i = lf == NULL ? bytes.len : (size_t)(lf + 1 - bytes.ptr);
	}
	content(mail, bytes.ptr, i);
	return i;
}

static void
body_start(struct ngram_mail *mail)
{
	if (mail->from_domain != 0 && mail->reply_domain != 0)
		ngram_text_mark(&mail->text, NGRAM_HEADER, mail->from_domain == mail->reply_domain
		    ? "replies to its own domain" : "replies to another domain", SL_SLICE_LIT(""));
	mail->body_started = true;
	part_body_start(mail);
}

void
ngram_mail_init(struct ngram_mail *mail, ngram_sink *sink, void *ctx)
{
	memset(mail, 0, sizeof(*mail));
	ngram_text_init(&mail->text, sink, ctx);
}

void
ngram_mail_body(struct ngram_mail *mail, struct sl_slice bytes)
{
	if (!mail->body_started)
		body_start(mail);
	while (bytes.len > 0) {
		size_t used;

		if (mail->state == MAIL_PART_FIELD) {
			part_header_next(mail, bytes.ptr[0]);
			used = 1;
		} else if (mail->line_dashes) {
			used = dashes_feed(mail, bytes);
		} else {
			used = lines_feed(mail, bytes);
		}
		bytes = sl_slice_from(bytes, used);
	}
}

void
ngram_mail_end(struct ngram_mail *mail)
{
	if (!mail->body_started)
		body_start(mail);
	if (mail->state == MAIL_PART_FIELD)
		part_field_end(mail);
	if (mail->line_dashes)
		dashes_end(mail, true);
	ngram_text_end(&mail->text);
	ngram_text_tail(&mail->text);
}
