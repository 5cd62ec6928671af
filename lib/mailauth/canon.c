/* canon.c - see mailauth/canon.h */

#include "mailauth/canon.h"

#define BLOCK	16

typedef unsigned char block __attribute__((vector_size(BLOCK)));

void
sl_canon_body_init(struct sl_canon_body *body, enum sl_canon canon, sl_canon_sink *sink, void *ctx)
{
	memset(body, 0, offsetof(struct sl_canon_body, out));
	body->canon = canon;
	body->sink = sink;
	body->ctx = ctx;
}

static void
flush(struct sl_canon_body *body)
{
	if (body->out_len > 0)
		body->sink(body->ctx, body->out, body->out_len);
	body->out_len = 0;
}

static void
emit(struct sl_canon_body *body, const unsigned char *data, size_t len)
{
	if (len > sizeof(body->out) - body->out_len)
		flush(body);
	if (len > sizeof(body->out) / 2) {
		flush(body);
		body->sink(body->ctx, data, len);
		return;
	}
	memcpy(body->out + body->out_len, data, len);
	body->out_len += (unsigned)len;
}

/* A byte that is neither white space nor part of a line end: what was held back counts now. */
static void
emit_text(struct sl_canon_body *body, unsigned char c)
{
	for (; body->empty_lines > 0; body->empty_lines--)
		emit(body, (const unsigned char *)"\r\n", 2);
	if (body->space)
		emit(body, (const unsigned char *)" ", 1);
	body->space = false;
	body->text = body->any = true;
	emit(body, &c, 1);
}

static void
end_line(struct sl_canon_body *body)
{
	body->space = false;	/* trailing: RFC 6376, 3.4.4 */
	if (body->text)
		emit(body, (const unsigned char *)"\r\n", 2);
	else
		body->empty_lines++;
	body->text = false;
}

static void
feed_byte(struct sl_canon_body *body, unsigned char c)
{
	if (body->cr) {
		body->cr = false;
		if (c == '\n') {
			end_line(body);
			return;
		}
		emit_text(body, '\r');
	}
	if (c == '\r')
		body->cr = true;
	else if (body->canon == SL_CANON_RELAXED && (c == ' ' || c == '\t'))
		body->space = true;
	else
		emit_text(body, c);
}

/* Does what follows byte c need the slow path: white space that may have to go, an empty line? */
static bool
is_stop(enum sl_canon canon, unsigned char c, unsigned char next)
{
	if (c == '\n' && next == '\r')
		return true;
	return canon == SL_CANON_RELAXED && (c == '\t' ||
	    (c == ' ' && (next == ' ' || next == '\t' || next == '\r')));
}

/* The same for 16 pairs at once: a byte is not 0 where there is a stop. */
static inline block
block_stops(enum sl_canon canon, const unsigned char *p)
{
	block c, next, found;

	memcpy(&c, p, BLOCK);
	memcpy(&next, p + 1, BLOCK);
	if (canon == SL_CANON_SIMPLE)
		return (block)((c == '\n') & (next == '\r'));
	found = (block)(((c == '\n') | (c == ' ')) & (next == '\r'));
	return found | (block)((c == '\t') | ((c == ' ') & ((next == ' ') | (next == '\t'))));
}

static inline bool
any(block b)
{
	uint64_t half[2];

	memcpy(half, &b, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* How many bytes from the front, in whole blocks, hold no stop? One byte more has to be there. */
static inline size_t
blocks_without_stop(enum sl_canon canon, const unsigned char *p, size_t len)
{
	size_t i = 0;

	while (i + 4 * BLOCK < len && !any(block_stops(canon, p + i) | block_stops(canon, p + i + BLOCK) |
	    block_stops(canon, p + i + 2 * BLOCK) | block_stops(canon, p + i + 3 * BLOCK)))
		i += 4 * BLOCK;
	while (i + BLOCK < len && !any(block_stops(canon, p + i)))
		i += BLOCK;
	return i;
}

/*
 * How many bytes from the front, within a line or several, are canonical as they are? The
 * last byte of the input is never among them, as what follows it is unknown; nor is a CR at
 * the end, nor white space at a stop. An LF before an empty line is.
 */
static size_t
plain_run(enum sl_canon canon, const unsigned char *p, size_t len)
{
	/* The form is written out so that the compiler makes a loop for each. */
	size_t i = canon == SL_CANON_SIMPLE ? blocks_without_stop(SL_CANON_SIMPLE, p, len) :
	    blocks_without_stop(SL_CANON_RELAXED, p, len);

	while (i + 1 < len && !is_stop(canon, p[i], p[i + 1]))
		i++;
	if (i + 1 < len && p[i] == '\n')
		i++;
	if (i > 0 && p[i - 1] == '\r')
		i--;
	return i;
}

void
sl_canon_body_feed(struct sl_canon_body *body, const unsigned char *data, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		n = body->text && !body->cr && !body->space ? plain_run(body->canon, data + i, len - i) : 0;
		if (n == 0) {
			feed_byte(body, data[i++]);
			continue;
		}
		emit(body, data + i, n);
		i += n;
		body->text = n < 2 || data[i - 1] != '\n' || data[i - 2] != '\r';
	}
}

void
sl_canon_body_finish(struct sl_canon_body *body)
{
	if (body->cr)
		emit_text(body, '\r');
	body->cr = false;
	if (body->text || (!body->any && body->canon == SL_CANON_SIMPLE))
		emit(body, (const unsigned char *)"\r\n", 2);	/* RFC 6376, 3.4.3 */
	body->text = false;
	flush(body);
}

/* Lower the name, cut white space around the colon, make one space of white space and folds,
 * none at the end (RFC 6376, 3.4.2). */
static size_t
field_relaxed(struct sl_slice field, unsigned char *out)
{
	size_t n = 0, i = 0, start;
	bool space = false;

	while (i < field.len && field.ptr[i] != ':')
		out[n++] = sl_ascii_lower(field.ptr[i++]);
	while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\t'))
		n--;
	if (i < field.len)
		out[n++] = field.ptr[i++];
	for (start = n; i < field.len; i++) {
		unsigned char c = field.ptr[i];

		if (c == '\r' && i + 1 < field.len && field.ptr[i + 1] == '\n') {
			i++;
		} else if (c == ' ' || c == '\t') {
			space = true;
		} else {
			if (space && n > start)
				out[n++] = ' ';
			space = false;
			out[n++] = c;
		}
	}
	return n;
}

size_t
sl_canon_field(enum sl_canon canon, struct sl_slice field, bool line_end, unsigned char *out)
{
	size_t n = field.len;

	if (canon == SL_CANON_RELAXED)
		n = field_relaxed(field, out);
	else if (n > 0)
		memcpy(out, field.ptr, n);
	if (line_end) {
		out[n++] = '\r';
		out[n++] = '\n';
	}
	return n;
}
