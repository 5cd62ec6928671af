/* canon.c - see mailauth/canon.h */

#include "mailauth/canon.h"

#define BLOCK	16
#define DENSE	16	/* bytes taken one by one where white space comes thick */

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

/* Empty lines count once text follows. */
static void
emit_empty_lines(struct sl_canon_body *body)
{
	for (; body->empty_lines > 0; body->empty_lines--)
		emit(body, (const unsigned char *)"\r\n", 2);
}

/* A byte that is neither white space nor part of a line end, onto out[*n]: what was held back
 * before it counts now. */
static inline void
dense_text(struct sl_canon_body *body, unsigned char *out, size_t *n, bool *space, unsigned char c)
{
	if (body->empty_lines > 0) {
		emit(body, out, *n);
		*n = 0;
		emit_empty_lines(body);
	}
	if (*space)
		out[(*n)++] = ' ';
	*space = false;
	out[(*n)++] = c;
}

/*
 * Take a stretch that is not canonical as it is, byte by byte; what it comes to is gathered on
 * the stack, as the compiler must take every byte written elsewhere for a change of the state.
 * Returns how much was taken, at least a byte.
 */
static size_t
feed_dense(struct sl_canon_body *body, const unsigned char *data, size_t len)
{
	const bool relaxed = body->canon == SL_CANON_RELAXED;
	unsigned char out[3 * DENSE];	/* a byte gives 3 at most: space, a CR held back, itself */
	bool cr = body->cr, space = body->space, text = body->text;
	size_t i = 0, n = 0, end = SL_MIN(len, (size_t)DENSE);

	while (i < end) {
		unsigned char c = data[i++];

		if (cr && c == '\n') {
			if (text) {
				out[n++] = '\r';
				out[n++] = '\n';
			} else {
				body->empty_lines++;
			}
			cr = space = text = false;	/* trailing space: RFC 6376, 3.4.4 */
			continue;
		}
		if (cr) {
			dense_text(body, out, &n, &space, '\r');
			text = true;
		}
		cr = c == '\r';
		if (relaxed && (c == ' ' || c == '\t')) {
			space = true;
		} else if (!cr) {
			dense_text(body, out, &n, &space, c);
			text = true;
		}
	}
	while (space && !cr && i < len && (data[i] == ' ' || data[i] == '\t'))
		i++;			/* more of what is held back already */
	body->any |= text || n > 0;
	body->cr = cr;
	body->space = space;
	body->text = text;
	emit(body, out, n);
	return i;
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
			i += feed_dense(body, data + i, len - i);
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
	if (body->cr) {
		emit_empty_lines(body);
		emit(body, (const unsigned char *)" \r" + !body->space, (size_t)1 + body->space);
		body->cr = body->space = false;
		body->text = body->any = true;
	}
	if (body->text || (!body->any && body->canon == SL_CANON_SIMPLE))
		emit(body, (const unsigned char *)"\r\n", 2);	/* RFC 6376, 3.4.3 */
	body->text = false;
	flush(body);
}

/* Is there in 16 bytes of a field, with the one behind them, white space that may have to go? */
static inline bool
field_stops(const unsigned char *p)
{
	block c, next;

	memcpy(&c, p, BLOCK);
	memcpy(&next, p + 1, BLOCK);
	return any((block)((c == '\t') | (c == '\r') |
	    ((c == ' ') & ((next == ' ') | (next == '\t') | (next == '\r')))));
}

/* A field's value: one space of white space and folds, none at the ends. */
static size_t
value_relaxed(struct sl_slice value, unsigned char *out)
{
	size_t n = 0, i = 0, end;
	bool space = false;

	while (i < value.len) {
		while (n > 0 && !space && i + BLOCK < value.len && !field_stops(value.ptr + i)) {
			memcpy(out + n, value.ptr + i, BLOCK);
			n += BLOCK;
			i += BLOCK;
		}
		for (end = SL_MIN(value.len, i + BLOCK); i < end; i++) {
			unsigned char c = value.ptr[i];

			if (c == '\r' && i + 1 < value.len && value.ptr[i + 1] == '\n') {
				i++;
			} else if (c == ' ' || c == '\t') {
				space = true;
			} else {
				if (space && n > 0)
					out[n++] = ' ';
				space = false;
				out[n++] = c;
			}
		}
	}
	return n;
}

/* Lower the name, cut white space around the colon (RFC 6376, 3.4.2). */
static size_t
field_relaxed(struct sl_slice field, unsigned char *out)
{
	size_t n = 0, i = 0;

	while (i < field.len && field.ptr[i] != ':')
		out[n++] = sl_ascii_lower(field.ptr[i++]);
	while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\t'))
		n--;
	if (i < field.len)
		out[n++] = field.ptr[i++];
	return n + value_relaxed(sl_slice_from(field, i), out + n);
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
