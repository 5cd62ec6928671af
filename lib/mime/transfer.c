/* transfer.c - see mime/transfer.h */

#include "mime/transfer.h"
#include "scan_i.h"
#include "transfer_i.h"

#define OUT_BYTES	6144
#define PADS_COUNTED	1000
#define ODD_BIT(odd)	(1u << (odd))

/* What a call has decoded and not yet given away. */
struct out {
	sl_transfer_sink	*sink;
	void			*ctx;
	size_t			 len;
	unsigned char		 bytes[OUT_BYTES];
};

static void
out_flush(struct out *out)
{
	if (out->len > 0)
		out->sink(out->ctx, sl_slice(out->bytes, out->len));
	out->len = 0;
}

static inline void
out_byte(struct out *out, unsigned c)
{
	if (out->len == OUT_BYTES)
		out_flush(out);
	out->bytes[out->len++] = (unsigned char)c;
}

static void
out_run(struct out *out, const unsigned char *p, size_t len)
{
	bool direct = len > OUT_BYTES / 2;

	if (direct || len > OUT_BYTES - out->len)
		out_flush(out);
	if (direct) {
		out->sink(out->ctx, sl_slice(p, len));
	} else if (len > 0) {
		memcpy(out->bytes + out->len, p, len);
		out->len += len;
	}
}

void
sl_transfer_init(struct sl_transfer_decoder *d, enum sl_transfer transfer)
{
	*d = (struct sl_transfer_decoder){ .transfer = transfer,
	    .habit = transfer == SL_TRANSFER_QP ? SL_TRANSFER_ESCAPE_KEPT : SL_TRANSFER_PAD_ENDS,
	    .line_ended = transfer == SL_TRANSFER_BINHEX };
}

static inline bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* Is this the first time of `odd`? Then the caller stops. */
static bool
odd_first(struct sl_transfer_decoder *d, enum sl_transfer_odd odd)
{
	bool first = (d->odd_seen & ODD_BIT(odd)) == 0;

	d->odd_seen |= ODD_BIT(odd);
	return first;
}

/*
 * base64. `count` symbols stand in `acc`; `pad` counts '=' that have been read and not yet
 * acted on: what they mean depends on whether data follows.
 */
/* The bytes that `count` symbols make. */
static void
b64_emit(struct sl_transfer_decoder *d, struct out *out)
{
	uint32_t bits = d->acc << (6 * (4 - d->count));

	for (unsigned i = 0; i + 1 < d->count; i++)
		out_byte(out, bits >> (16 - 8 * i) & 0xff);
	d->acc = d->count = 0;
}

static void
b64_symbol(struct sl_transfer_decoder *d, uint32_t value, struct out *out)
{
	d->acc = d->acc << 6 | value;
	if (++d->count == 4)
		b64_emit(d, out);
}

/* Data follows '=': give the pads their meaning. */
static void
b64_pads_settle(struct sl_transfer_decoder *d, struct out *out)
{
	switch (d->habit) {
	case SL_TRANSFER_PAD_COUNTS:
		d->expect += d->pad;		/* places of this group that '=' takes */
		if (d->count + d->expect >= 4) {
			d->expect = (d->count + d->expect) % 4;
			b64_emit(d, out);
		}
		break;
	case SL_TRANSFER_PAD_ZERO:
		for (; d->pad > 0; d->pad--)
			b64_symbol(d, 0, out);
		break;
	case SL_TRANSFER_PAD_IGNORED:
		break;
	case SL_TRANSFER_PAD_ENDS: case SL_TRANSFER_LINE_ENDS: case SL_TRANSFER_ESCAPE_KEPT:
	case SL_TRANSFER_ESCAPE_DROPPED3: case SL_TRANSFER_ESCAPE_DROPPED2:
		b64_emit(d, out);
	}
	d->pad = 0;
}

/* A symbol, '=' before it and line ends settled. */
static void
b64_value(struct sl_transfer_decoder *d, uint32_t value, struct out *out)
{
	b64_symbol(d, value, out);
	if (d->expect > 0 && d->count + d->expect >= 4)
		b64_emit(d, out);
	if (d->count == 0)
		d->expect = 0;
}

/* One byte the fast way did not take. Returns false to stop before it. */
static bool
b64_slow(struct sl_transfer_decoder *d, unsigned char c, struct out *out, enum sl_transfer_odd *odd_out)
{
	unsigned value = base64_values[c];

	if (c == '\n' || c == '\r') {
		d->line_ended |= !d->skip_line;	/* after junk the quantum goes on */
		d->skip_line = false;
		return true;
	}
	if (d->skip_line || is_blank(c))
		return true;
	if (value == 0 && c != '=') {
		if (odd_first(d, *odd_out = SL_TRANSFER_ODD_JUNK))
			return false;
		d->skip_line = d->habit == SL_TRANSFER_LINE_ENDS;
		d->line_ended = false;
		return true;
	}
	if (d->line_ended && d->count > 0 && d->pad == 0 && c != '=') {
		if (odd_first(d, *odd_out = SL_TRANSFER_ODD_LINE))
			return false;
		if (d->habit == SL_TRANSFER_LINE_ENDS)
			d->acc = d->count = 0;
	}
	d->line_ended = false;
	if (c == '=') {
		d->pad += d->pad < PADS_COUNTED;	/* only its rest by 4 can matter */
		return true;
	}
	if (d->pad > 0) {
		if (odd_first(d, *odd_out = SL_TRANSFER_ODD_PADDING))
			return false;
		b64_pads_settle(d, out);
	}
	b64_value(d, value - 1, out);
	return true;
}

/* Whole quanta with nothing between them. Returns how many bytes it took. */
static size_t
b64_quanta(const unsigned char *p, size_t len, struct out *out)
{
	size_t taken = 0, n;

	do {
		if (OUT_BYTES - out->len < BASE64_ROOM)
			out_flush(out);
		n = base64_quanta(p + taken, len - taken, out->bytes + out->len, OUT_BYTES - out->len);
		out->len += n / 4 * 3;
		taken += n;
	} while (n > 0);
	return taken;
}

static enum sl_transfer_odd
b64_feed(struct sl_transfer_decoder *d, struct sl_slice in, size_t *used_out, struct out *out)
{
	enum sl_transfer_odd odd = SL_TRANSFER_FINE;
	const unsigned char *end = in.ptr + in.len, *p = in.ptr;

	while (p < end) {
		if (d->skip_line) {			/* to the end of the line */
			if ((p = find_break(p, end)) == end)
				break;
		} else if (d->count == 0 && d->pad == 0 && d->expect == 0 && base64_values[*p] != 0) {
			size_t n = b64_quanta(p, (size_t)(end - p), out);

			d->line_ended = d->line_ended && n == 0;
			p += n;
			if (end - p >= 2 && p[0] == '\r' && p[1] == '\n') {
				d->line_ended = true;
				p += 2;
				continue;
			}
			if (p == end)
				break;
		} else if (is_blank(*p) || (*p == '=' && d->pad >= PADS_COUNTED && !d->line_ended)) {
			p++;
			continue;
		} else if (base64_values[*p] != 0 && !d->line_ended && d->pad == 0 && d->expect == 0) {
			b64_symbol(d, base64_values[*p++] - 1u, out);
			continue;
		}
		if (!b64_slow(d, *p, out, &odd)) {
			*used_out = (size_t)(p - in.ptr);
			return odd;
		}
		p++;
	}
	*used_out = in.len;
	return SL_TRANSFER_FINE;
}

/*
 * quoted-printable. held[] is an escape begun: '=', then a digit or white space.
 */
/* Value + 1 of a digit, 0 for what is none. */
static const uint8_t hex_values[256] = {
#define D(c) [c] = (c) - '0' + 1
	D('0'), D('1'), D('2'), D('3'), D('4'), D('5'), D('6'), D('7'), D('8'), D('9'),
#undef D
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* 16 or more: not a digit. */
static inline unsigned
hex_value(const struct sl_transfer_decoder *d, unsigned char c)
{
	if (c >= 'a' && d->habit == SL_TRANSFER_ESCAPE_DROPPED2)
		return 16;
	return hex_values[c] - 1u;
}

static void
qp_byte(struct sl_transfer_decoder *d, unsigned char second, struct out *out)
{
	unsigned char digits[2] = { d->held[1], second };

	for (int i = 0; i < 2; i++) {
		d->lower_seen |= digits[i] >= 'a';
		d->upper_seen |= digits[i] >= 'A' && digits[i] < 'a';
	}
	out_byte(out, hex_value(d, digits[0]) << 4 | hex_value(d, digits[1]));
	d->held_len = 0;
	if (d->outer_escape)		/* dropped with it: nothing it could be */
		d->outer_escape = false;
}

/* The escape in held[] is wrong at `c`. Returns whether `c` is to be read again. */
static bool
qp_wrong(struct sl_transfer_decoder *d, unsigned char c, struct out *out)
{
	unsigned held_len = d->held_len;
	bool line_end = c == '\r' || c == '\n';

	d->held_len = 0;
	switch (d->habit) {
	case SL_TRANSFER_ESCAPE_DROPPED3:
		if (c == '=' || line_end || held_len >= 3)
			return true;
		d->expect = held_len < 2 ? 1 : 0;	/* one more to drop */
		return false;
	case SL_TRANSFER_ESCAPE_DROPPED2:
		if (c == '=' && held_len == 1) {	/* an escape within: judge that first */
			d->outer_escape = true;
			d->held[d->held_len++] = '=';
			return false;
		}
		if (d->outer_escape) {
			d->outer_escape = false;
			d->held[d->held_len++] = '=';
		}
		return held_len > 1 || line_end;
	case SL_TRANSFER_ESCAPE_KEPT: case SL_TRANSFER_PAD_ENDS: case SL_TRANSFER_PAD_IGNORED:
	case SL_TRANSFER_PAD_COUNTS: case SL_TRANSFER_PAD_ZERO: case SL_TRANSFER_LINE_ENDS:
		break;
	}
	out_run(out, d->held, held_len);
	return true;
}

/* One byte inside an escape. Returns whether it is used up; false with *odd_out set: stop. */
static bool
qp_escape(struct sl_transfer_decoder *d, unsigned char c, struct out *out, enum sl_transfer_odd *odd_out)
{
	bool blank = d->held_len > 1 && is_blank(d->held[1]);

	if (c == '\n' || c == '\r') {
		if (d->held_len == 1 || blank) {	/* a soft break */
			d->held_len = 0;
			d->skip_line = c == '\r';	/* its LF belongs to it */
			return true;
		}
	} else if (is_blank(c) && (d->held_len == 1 || blank) && d->held_len < SL_TRANSFER_HELD_MAX) {
		d->held[d->held_len++] = c;
		return true;
	} else if (d->held_len == 1 && hex_value(d, c) < 16) {
		d->held[d->held_len++] = c;
		return true;
	} else if (d->held_len == 2 && !blank && hex_value(d, c) < 16) {
		qp_byte(d, c, out);
		return true;
	}
	if (odd_first(d, SL_TRANSFER_ODD_ESCAPE)) {
		*odd_out = SL_TRANSFER_ODD_ESCAPE;
		return false;
	}
	return !qp_wrong(d, c, out);
}

/* Text up to the next '='. Returns how many bytes. */
static size_t
qp_plain(const unsigned char *p, size_t len, struct out *out)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; len - i >= 16; i += 16, out->len += 16) {
		__m128i text = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		int escapes = _mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('=')));

		if (OUT_BYTES - out->len < 16)
			out_flush(out);
		_mm_storeu_si128((__m128i *)(void *)(out->bytes + out->len), text);
		if (escapes != 0) {
			unsigned n = (unsigned)__builtin_ctz((unsigned)escapes);

			out->len += n;
			return i + n;
		}
	}
#endif
	for (; i < len && p[i] != '='; i++)
		out_byte(out, p[i]);
	return i;
}

/* Wrong escapes at the front that are told by the byte after '=' or, if that is white space, by the one after:
 * what qp_wrong_whole would do, for many of them. Returns how many bytes they take. */
static size_t
qp_wrong_run(const struct sl_transfer_decoder *d, const unsigned char *p, size_t len, struct out *out)
{
	size_t i = 0;

	while (i + 2 < len && p[i] == '=') {
		unsigned char c = p[i + 1], next = p[i + 2];
		bool line_end = next == '\r' || next == '\n';

		if (hex_values[c] != 0 || c == '=' || c == '\r' || c == '\n' ||
		    (is_blank(c) && (line_end || is_blank(next))))
			break;
		if (d->habit == SL_TRANSFER_ESCAPE_KEPT) {
			out_byte(out, '=');
			out_byte(out, c);
		} else if (d->habit == SL_TRANSFER_ESCAPE_DROPPED3) {
			i += next != '=' && !line_end;	/* the third one */
		}
		i += 2;
	}
	return i;
}

/* How many bytes a wrong escape at p takes, the fault being known; 0: not so simple. What qp_escape and qp_wrong would
 * do, seen all at once. */
static size_t
qp_wrong_whole(struct sl_transfer_decoder *d, const unsigned char *p, size_t len, struct out *out)
{
	size_t held = 1;

	if (hex_value(d, p[1]) < 16)
		held = 2;
	while (held < len && held < 8 && hex_value(d, p[1]) >= 16 && is_blank(p[held]))
		held++;
	if (held == len || held == 8 || ((p[held] == '\r' || p[held] == '\n') && is_blank(p[held - 1])))
		return 0;
	if (d->habit == SL_TRANSFER_ESCAPE_KEPT) {
		out_byte(out, '=');
		return 1;
	}
	if (p[held] == '\r' || p[held] == '\n' || d->outer_escape)
		return 0;
	if (d->habit == SL_TRANSFER_ESCAPE_DROPPED2)
		return held > 1 ? held : p[1] == '=' ? 0 : 2;
	if (p[held] == '=' || held >= 3)
		return held;
	d->expect = held < 2;
	return held + 1;
}

/* An escape at p that is whole and as it should be, or whose fault has been told. Returns how many bytes
 * it takes; 0: not so simple. */
static size_t
qp_whole(struct sl_transfer_decoder *d, const unsigned char *p, size_t len, struct out *out)
{
	size_t taken;

	if (len < 4)
		return 0;
	if (p[1] == '\n')
		return 2;
	if (p[1] == '\r' && p[2] == '\n')
		return 3;
	if (hex_value(d, p[1]) < 16 && hex_value(d, p[2]) < 16) {
		d->held[1] = p[1];
		qp_byte(d, p[2], out);
		return 3;
	}
	if ((d->odd_seen & ODD_BIT(SL_TRANSFER_ODD_ESCAPE)) == 0 || p[1] == '\r')
		return 0;
	if (!d->outer_escape && (taken = qp_wrong_run(d, p, len, out)) > 0)
		return taken;
	return qp_wrong_whole(d, p, len, out);
}

static enum sl_transfer_odd
qp_feed(struct sl_transfer_decoder *d, struct sl_slice in, size_t *used_out, struct out *out)
{
	enum sl_transfer_odd odd = SL_TRANSFER_FINE;
	size_t i = 0, n;

	while (i < in.len && odd == SL_TRANSFER_FINE) {
		unsigned char c = in.ptr[i];

		if (d->skip_line) {
			d->skip_line = false;
			i += c == '\n';
		} else if (d->expect > 0) {
			d->expect = 0;
			i += c != '=' && c != '\r' && c != '\n';
		} else if (d->held_len > 0) {
			i += qp_escape(d, c, out, &odd);
		} else if (c != '=') {
			i += qp_plain(in.ptr + i, in.len - i, out);
		} else if ((n = qp_whole(d, in.ptr + i, in.len - i, out)) > 0) {
			i += n;
		} else {
			d->held[d->held_len++] = c;
			i++;
		}
	}
	*used_out = i;
	return odd;
}

/*
 * uuencode. A line: its count of bytes as one character, then four characters for three bytes.
 */
enum uu_state { UU_LINE_START = 0, UU_DATA, UU_SKIP };

static void
uu_data(struct sl_transfer_decoder *d, unsigned char c, struct out *out)
{
	d->acc = d->acc << 6 | ((c - 0x20u) & 0x3f);
	if (++d->count < 4)
		return;
	for (unsigned i = 0; i < 3 && d->expect > 0; i++, d->expect--)
		out_byte(out, d->acc >> (16 - 8 * i) & 0xff);
	d->acc = d->count = 0;
	if (d->expect == 0)
		d->state = UU_SKIP;
}

/* The line ended early: white space at its end was lost on the way. If most of it is missing, more
 * was lost than that. */
static void
uu_line_end(struct sl_transfer_decoder *d, struct out *out)
{
	for (unsigned left = 4 * d->pad; d->state == UU_DATA && d->expect > 0 && left > 0; left--)
		uu_data(d, ' ', out);
	d->state = UU_LINE_START;
	d->acc = d->count = d->pad = 0;
}

static void
uu_feed(struct sl_transfer_decoder *d, struct sl_slice in, struct out *out)
{
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = in.ptr[i];

		if (c == '\r' || c == '\n') {
			uu_line_end(d, out);
		} else if (d->state == UU_LINE_START) {
			d->expect = (c - 0x20u) & 0x3f;
			d->state = c > 0x20 && c < 0x60 ? UU_DATA : UU_SKIP;
			d->pad = 1;		/* how much of the line there is */
		} else if (d->state == UU_DATA && c >= 0x20 && c <= 0x60) {
			d->pad++;
			uu_data(d, c, out);
		} else if (d->state == UU_DATA) {
			d->acc = d->count = 0;
			d->state = UU_SKIP;
		}
	}
}

/*
 * yEnc. `=y` at the start of a line opens a control line.
 */
enum yenc_state { YENC_LINE_START = 0, YENC_LINE_ESCAPE, YENC_DATA, YENC_ESCAPE, YENC_CONTROL };

static void
yenc_feed(struct sl_transfer_decoder *d, struct sl_slice in, struct out *out)
{
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = in.ptr[i];

		if (c == '\r' || c == '\n') {
			d->state = YENC_LINE_START;
		} else if (d->state == YENC_CONTROL) {
			continue;
		} else if (d->state == YENC_LINE_ESCAPE && c == 'y') {
			d->state = YENC_CONTROL;
		} else if (d->state == YENC_LINE_ESCAPE || d->state == YENC_ESCAPE) {
			out_byte(out, (c - 106u) & 0xff);
			d->state = YENC_DATA;
		} else if (c == '=') {
			d->state = d->state == YENC_LINE_START ? YENC_LINE_ESCAPE : YENC_ESCAPE;
		} else {
			out_byte(out, (c - 42u) & 0xff);
			d->state = YENC_DATA;
		}
	}
}

/*
 * BinHex 4.0. Between ':' and ':' six bits a character; then runs are expanded (0x90, count);
 * then a header of known shape, the data fork, the resource fork.
 */
enum binhex_state { BINHEX_BEFORE = 0, BINHEX_DATA, BINHEX_AFTER };
#define BINHEX_RUN	0x90
#define BINHEX_FIXED	21	/* of the header, after the name: version, type, creator, flags,
				 * two lengths, CRC */

/* One byte of the file that was packed. held[] collects the header. */
static void
binhex_file_byte(struct sl_transfer_decoder *d, unsigned char c, struct out *out)
{
	unsigned name_len = d->held_len > 0 ? d->held[0] : 0;

	if (d->skip_line) {		/* the header is read */
		if (d->fork_left > 0) {
			d->fork_left--;
			out_byte(out, c);
		}
		return;
	}
	/* Of the name nothing is kept: only its length, then the fixed part at held[1..]. */
	if (d->held_len == 0 || d->expect == name_len)
		d->held[d->held_len++] = c;
	else
		d->expect++;
	if (d->held_len == 1 + BINHEX_FIXED) {
		const unsigned char *length = d->held + 1 + 11;

		d->fork_left = (uint32_t)length[0] << 24 | length[1] << 16 | length[2] << 8 | length[3];
		d->skip_line = true;
	}
}

static void
binhex_packed_byte(struct sl_transfer_decoder *d, unsigned char c, struct out *out)
{
	if (d->outer_escape) {		/* the count of a run */
		d->outer_escape = false;
		if (c == 0) {
			binhex_file_byte(d, BINHEX_RUN, out);
			d->pad = BINHEX_RUN;
		}
		for (; c > 1; c--)
			binhex_file_byte(d, (unsigned char)d->pad, out);
	} else if (c == BINHEX_RUN) {
		d->outer_escape = true;
	} else {
		binhex_file_byte(d, c, out);
		d->pad = c;
	}
}

static void
binhex_feed(struct sl_transfer_decoder *d, struct sl_slice in, struct out *out)
{
	static const char alphabet[] =
	    "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

	for (size_t i = 0; i < in.len && d->state != BINHEX_AFTER; i++) {
		unsigned char c = in.ptr[i];
		const char *at = c == 0 ? NULL : strchr(alphabet, c);

		if (d->state == BINHEX_BEFORE) {
			if (c == ':' && d->line_ended)
				d->state = BINHEX_DATA;
			d->line_ended = c == '\n' || c == '\r';
		} else if (c == ':') {
			d->state = BINHEX_AFTER;
		} else if (at != NULL) {
			d->acc = d->acc << 6 | (uint32_t)(at - alphabet);
			d->count += 6;
			if (d->count >= 8) {
				d->count -= 8;
				binhex_packed_byte(d, (unsigned char)(d->acc >> d->count), out);
			}
		}
	}
}

static enum sl_transfer_odd
decode(struct sl_transfer_decoder *d, struct sl_slice in, size_t *used_out, sl_transfer_sink *sink,
    void *ctx)
{
	struct out out;
	enum sl_transfer_odd odd = SL_TRANSFER_FINE;

	out.sink = sink;
	out.ctx = ctx;
	out.len = 0;
	*used_out = in.len;
	switch (d->transfer) {
	case SL_TRANSFER_IDENTITY:
		SL_UNREACHABLE("nothing to decode");
	case SL_TRANSFER_BASE64:
		odd = b64_feed(d, in, used_out, &out);
		break;
	case SL_TRANSFER_QP:
		odd = qp_feed(d, in, used_out, &out);
		break;
	case SL_TRANSFER_UU:
		uu_feed(d, in, &out);
		break;
	case SL_TRANSFER_YENC:
		yenc_feed(d, in, &out);
		break;
	case SL_TRANSFER_BINHEX:
		binhex_feed(d, in, &out);
		break;
	}
	out_flush(&out);
	return odd;
}

enum sl_transfer_odd
sl_transfer_feed(struct sl_transfer_decoder *d, struct sl_slice in, size_t *used_out,
    sl_transfer_sink *sink, void *ctx)
{
	*used_out = in.len;
	if (in.len == 0)
		return SL_TRANSFER_FINE;
	if (d->transfer != SL_TRANSFER_IDENTITY)
		return decode(d, in, used_out, sink, ctx);
	sink(ctx, in);
	return SL_TRANSFER_FINE;
}

void
sl_transfer_feed_all(struct sl_transfer_decoder *d, struct sl_slice in, sl_transfer_sink *sink,
    void *ctx)
{
	size_t used;

	while (sl_transfer_feed(d, in, &used, sink, ctx) != SL_TRANSFER_FINE)
		in = sl_slice_from(in, used);
}

void
sl_transfer_finish(struct sl_transfer_decoder *d, sl_transfer_sink *sink, void *ctx)
{
	struct out out;

	out.sink = sink;
	out.ctx = ctx;
	out.len = 0;
	if (d->transfer == SL_TRANSFER_BASE64 && d->habit == SL_TRANSFER_PAD_ZERO) {
		for (; d->pad > 0 && d->count > 0; d->pad--)
			b64_symbol(d, 0, &out);
	} else if (d->transfer == SL_TRANSFER_BASE64 && (d->habit != SL_TRANSFER_LINE_ENDS || d->pad > 0)) {
		b64_emit(d, &out);
	} else if (d->transfer == SL_TRANSFER_QP && d->habit == SL_TRANSFER_ESCAPE_KEPT) {
		/* '=' as the very last byte is a soft break whose line end the boundary took */
		if (d->held_len > 1 && !is_blank(d->held[1]))
			out_run(&out, d->held, d->held_len);
	} else if (d->transfer == SL_TRANSFER_UU) {
		uu_line_end(d, &out);
	}
	out_flush(&out);
	d->held_len = 0;
}

bool
sl_transfer_mixed_case(const struct sl_transfer_decoder *d)
{
	return d->lower_seen && d->upper_seen;
}

const char *
sl_transfer_name(enum sl_transfer transfer)
{
	static const char *const names[] = {
		[SL_TRANSFER_IDENTITY] = "identity", [SL_TRANSFER_BASE64] = "base64",
		[SL_TRANSFER_QP] = "quoted-printable", [SL_TRANSFER_UU] = "uuencode",
		[SL_TRANSFER_YENC] = "yenc", [SL_TRANSFER_BINHEX] = "binhex",
	};

	return names[transfer];
}
