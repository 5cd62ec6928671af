/* transfer_test.c - the decodings, their oddities, and every cut */

#include "cuts.h"
#include "shared.h"
#include "mime/transfer.h"

#include <stdlib.h>

struct row {
	const char		*name;
	enum sl_transfer	 transfer;
	enum sl_transfer_habit	 habit;		/* of the copy made at `odd`, if that is not FINE */
	enum sl_transfer_odd	 odd;
	struct sl_slice		 in;
	struct sl_slice		 out;
	struct sl_slice		 copy_out;	/* what the copy gives after `odd` */
};

#define B64	SL_TRANSFER_BASE64
#define QP	SL_TRANSFER_QP
#define UU	SL_TRANSFER_UU
#define YENC	SL_TRANSFER_YENC
#define HQX	SL_TRANSFER_BINHEX
#define S(text)	SL_SLICE_LIT(text)

static const struct row rows[] = {
	{ "base64 in lines", B64, 0, 0, S("aGVs\r\nbG8s\r\nIHdvcmxk\r\n"), S("hello, world"), { 0 } },
	{ "one pad", B64, 0, 0, S("aGVsbG8=\r\n"), S("hello"), { 0 } },
	{ "two pads", B64, 0, 0, S("aA==\r\n"), S("h"), { 0 } },
	{ "pads missing", B64, 0, 0, S("aGVsbG8"), S("hello"), { 0 } },
	{ "one symbol too many", B64, 0, 0, S("aGVsb"), S("hel"), { 0 } },
	{ "white space anywhere", B64, 0, 0, S(" aG\tVs \n"), S("hel"), { 0 } },
	{ "nothing but pads", B64, 0, 0, S("====\n"), S(""), { 0 } },
	{ "nothing", B64, 0, 0, S(""), S(""), { 0 } },
	{ "junk is ignored", B64, SL_TRANSFER_LINE_ENDS, SL_TRANSFER_ODD_JUNK, S("aGVs#bG8="), S("hello"), S("") },
	{ "junk hides the rest of its line", B64, SL_TRANSFER_LINE_ENDS, SL_TRANSFER_ODD_JUNK,
	    S("aGV#xxxxx\nsbG8="), S("\150\145\161\307\034\161\261\261\274"), S("hello") },
	{ "a group padded in the middle", B64, SL_TRANSFER_PAD_IGNORED, SL_TRANSFER_ODD_PADDING,
	    S("aGU=bGxv"), S("hello"), S("he\033\033\033") },
	{ "pads are ignored", B64, SL_TRANSFER_PAD_IGNORED, SL_TRANSFER_ODD_PADDING, S("aG=VsbG8="), S("\150\126\306\306"), S("hello") },
	{ "a pad takes a place", B64, SL_TRANSFER_PAD_COUNTS, SL_TRANSFER_ODD_PADDING, S("=aGU=bGx=bw="), S("\x68\x65ll\x6f"), S("hello") },
	{ "a pad inside its group takes a place", B64, SL_TRANSFER_PAD_COUNTS, SL_TRANSFER_ODD_PADDING,
	    S("a=GUb=Gxb=w="), S("\031\106\033\026"), S("hello") },
	{ "four pads take a group", B64, SL_TRANSFER_PAD_COUNTS, SL_TRANSFER_ODD_PADDING, S("aGVs====bG8="), S("hello"), S("hello") },
	{ "a pad is zero", B64, SL_TRANSFER_PAD_ZERO, SL_TRANSFER_ODD_PADDING, S("=GVsb=8=\n"), S("\031\133\033"), S("\000\145\154\154\017\000") },
	{ "a quantum over a line end", B64, SL_TRANSFER_LINE_ENDS, SL_TRANSFER_ODD_LINE, S("aGVsX\nbG8="), S("\150\145\154\135\261\274"), S("hello") },

	{ "escapes", QP, 0, 0, S("caf=C3=A9 =3D\r\n"), S("caf\xc3\xa9 =\r\n"), { 0 } },
	{ "lower-case digits", QP, 0, 0, S("=c3=a9"), S("\xc3\xa9"), { 0 } },
	{ "a soft break", QP, 0, 0, S("a=\r\nb=\nc"), S("abc"), { 0 } },
	{ "a soft break with white space after it", QP, 0, 0, S("a= \t \r\nb"), S("ab"), { 0 } },
	{ "a soft break at the very end", QP, 0, 0, S("a="), S("a"), { 0 } },
	{ "white space at the end of a line stays", QP, 0, 0, S("a  \r\nb"), S("a  \r\nb"), { 0 } },
	{ "a soft break by a bare CR", QP, 0, 0, S("a=\rb"), S("ab"), { 0 } },
	{ "a wrong escape is kept", QP, SL_TRANSFER_ESCAPE_DROPPED3, SL_TRANSFER_ODD_ESCAPE, S("a=gBc=41"), S("a=gBcA"), S("cA") },
	{ "half an escape before another", QP, SL_TRANSFER_ESCAPE_DROPPED3, SL_TRANSFER_ODD_ESCAPE, S("=4=41"), S("=4A"), S("A") },
	{ "white space before an escape", QP, SL_TRANSFER_ESCAPE_DROPPED3, SL_TRANSFER_ODD_ESCAPE, S("=  =41= =42"), S("=  A= B"), S("AB") },
	{ "half an escape and a letter", QP, SL_TRANSFER_ESCAPE_DROPPED2, SL_TRANSFER_ODD_ESCAPE, S("=0P=0K"), S("=0P=0K"), S("PK") },
	{ "an escape within an escape", QP, SL_TRANSFER_ESCAPE_DROPPED2, SL_TRANSFER_ODD_ESCAPE, S("==a41"), S("=\xa4" "1"), S("A") },
	{ "half an escape at a line end", QP, SL_TRANSFER_ESCAPE_DROPPED3, SL_TRANSFER_ODD_ESCAPE, S("=4\r\nx"), S("=4\r\nx"), S("\r\nx") },
	{ "half an escape at the very end", QP, 0, 0, S("a=4"), S("a=4"), { 0 } },

	{ "uuencode", UU, 0, 0, S("begin 644 a.txt\r\n#8V%T\r\n`\r\nend\r\n"), S("cat"), { 0 } },
	{ "uuencode, two lines", UU, 0, 0, S("%:&5L;&\\\n!(0``\n \nend\n"), S("hello!"), { 0 } },
	{ "uuencode that lost its spaces", UU, 0, 0, S("#    \n#\n&AB\n"), S("\0\0\0\0\0\0\x86\x20\0\0\0\0"), { 0 } },
	{ "lines that cannot be data", UU, 0, 0, S("hello\n#8V%T\nzzz\n"), S("cat"), { 0 } },

	{ "yEnc", YENC, 0, 0, S("=ybegin line=128 size=3 name=x\r\n\x8d\x8b\x9e\r\n=yend size=3\r\n"), S("cat"), { 0 } },
	{ "yEnc escapes", YENC, 0, 0, S("=n=}\r\n=J"), S("\x04\x13\xe0"), { 0 } },

	{ "BinHex, the data fork", HQX, 0, 0,
	    S("(This file must be converted with BinHex 4.0)\r\n\r\n:"
	    "\"@%ZG(Kd!&4&@&4dG(Kd!*!&%3#3\"&ETBf&dN!\"iN!TMBA3!N!3:\r\n"), S("cat\x90xxxxxxxxxxcat"), { 0 } },
};

struct run {
	const struct row		*row;
	struct sl_transfer_decoder	 copy;
	bool				 copied;
	struct sl_buf			 copy_out;
};

static void
sink(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
}

static void
feed_piece(struct run *run, struct sl_transfer_decoder *d, struct sl_slice piece, struct sl_buf *result)
{
	const struct row *row = run->row;
	enum sl_transfer_odd odd;
	size_t used;

	do {
		odd = sl_transfer_feed(d, piece, &used, sink, result);
		if (run->copied)
			sl_transfer_feed_all(&run->copy, sl_slice(piece.ptr, used), sink, &run->copy_out);
		if (odd != SL_TRANSFER_FINE && odd == row->odd) {
			run->copy = *d;
			run->copy.habit = row->habit;
			run->copied = true;
			/* what the copy has in common so far */
			sl_buf_reset(&run->copy_out);
			if (row->transfer == SL_TRANSFER_BASE64)
				sl_buf_add_slice(&run->copy_out, sl_buf_slice(result));
		}
		piece = sl_slice_from(piece, used);
	} while (odd != SL_TRANSFER_FINE);
}

static void
run_row(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct run *run = ctx;
	struct sl_transfer_decoder d;
	struct sl_slice piece;

	run->copied = false;
	sl_buf_reset(&run->copy_out);
	sl_transfer_init(&d, run->row->transfer);
	while (cuts_next(cuts, &piece))
		feed_piece(run, &d, piece, result);
	sl_transfer_finish(&d, sink, result);
	if (run->copied)
		sl_transfer_finish(&run->copy, sink, &run->copy_out);
	assert_int_equal(run->copied, run->row->odd != SL_TRANSFER_FINE);
	if (run->copied && run->row->copy_out.len > 0 &&
	    !sl_slice_eq(sl_buf_slice(&run->copy_out), run->row->copy_out))
		fail_msg("%s: the copy gives \"%s\"", run->row->name, sl_buf_cstr(&run->copy_out));
}

static void
bytes_are_decoded_however_they_are_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct run run = { .row = &rows[i] };

		print_message("%s\n", rows[i].name);
		sl_buf_init(&run.copy_out, 1 << 20);
		cuts_check(rows[i].in, run_row, &run, (const char *)rows[i].out.ptr, rows[i].out.len);
		sl_buf_fini(&run.copy_out);
	}
}

static void
encode_base64(struct sl_slice in, unsigned line, struct sl_buf *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t column = 0;

	for (size_t i = 0; i < in.len; i += 3) {
		uint32_t bits = (uint32_t)in.ptr[i] << 16;
		char quad[4] = "====";

		bits |= i + 1 < in.len ? in.ptr[i + 1] << 8 : 0;
		bits |= i + 2 < in.len ? in.ptr[i + 2] : 0;
		for (size_t k = 0; k < SL_MIN(in.len - i, 3u) + 1; k++)
			quad[k] = alphabet[bits >> (18 - 6 * k) & 63];
		for (int k = 0; k < 4; k++) {
			sl_buf_add_byte(out, (unsigned char)quad[k]);
			if (++column % line == 0)
				sl_buf_add_str(out, "\r\n");
		}
	}
}

static void
encode_qp(struct sl_slice in, unsigned line, struct sl_buf *out)
{
	for (size_t i = 0; i < in.len; i++) {
		if (i % line == line - 1)
			sl_buf_add_str(out, "=\r\n");
		if (in.ptr[i] == '=' || in.ptr[i] < 0x20 || in.ptr[i] >= 0x7f)
			sl_buf_addf(out, "=%02X", in.ptr[i]);
		else
			sl_buf_add_byte(out, in.ptr[i]);
	}
}

static void
encode_uu(struct sl_slice in, unsigned line, struct sl_buf *out)
{
	line = line % 45 + 1;
	for (size_t i = 0; i < in.len; i += line) {
		size_t n = SL_MIN(in.len - i, line);

		sl_buf_addf(out, "%c", n == 0 ? '`' : (int)n + 0x20);
		for (size_t k = 0; k < n; k += 3) {
			uint32_t bits = 0;

			for (size_t b = 0; b < 3; b++)
				bits = bits << 8 | (k + b < n ? in.ptr[i + k + b] : 0);
			for (int b = 3; b >= 0; b--)
				sl_buf_addf(out, "%c", (bits >> (6 * b) & 63) == 0 ? '`'
				    : (int)(bits >> (6 * b) & 63) + 0x20);
		}
		sl_buf_add_str(out, "\r\n");
	}
	sl_buf_add_str(out, "`\r\nend\r\n");
}

static void
encode_yenc(struct sl_slice in, unsigned line, struct sl_buf *out)
{
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)(in.ptr[i] + 42);

		if (i % line == line - 1)
			sl_buf_add_str(out, "\r\n");
		if (c == 0 || c == '\r' || c == '\n' || c == '=') {
			sl_buf_add_byte(out, '=');
			c = (unsigned char)(c + 64);
		}
		sl_buf_add_byte(out, c);
	}
}

static void
decoding_undoes_encoding(void **state)
{
	static const struct {
		enum sl_transfer transfer;
		void (*encode)(struct sl_slice in, unsigned line, struct sl_buf *out);
	} codecs[] = { { B64, encode_base64 }, { QP, encode_qp }, { UU, encode_uu }, { YENC, encode_yenc } };
	unsigned char *data = sl_xmalloc(20000);

	srand(3);
	for (int round = 0; round < 200; round++) {
		struct sl_slice in = sl_slice(data, (size_t)rand() % (round % 10 == 0 ? 20000 : 200));
		size_t c = (size_t)round % SL_COUNT(codecs);
		struct sl_transfer_decoder d;
		struct sl_buf coded, plain;

		for (size_t i = 0; i < in.len; i++)
			data[i] = (unsigned char)rand();
		sl_buf_init(&coded, 1 << 20);
		sl_buf_init(&plain, 1 << 20);
		codecs[c].encode(in, 2 + (unsigned)rand() % 100, &coded);
		sl_transfer_init(&d, codecs[c].transfer);
		sl_transfer_feed_all(&d, sl_buf_slice(&coded), sink, &plain);
		sl_transfer_finish(&d, sink, &plain);
		assert_int_equal(plain.len, in.len);
		if (in.len > 0)
			assert_memory_equal(plain.data, data, in.len);
		sl_buf_fini(&coded);
		sl_buf_fini(&plain);
	}
	sl_free(data);
}

static void
long_runs_keep_their_place(void **state)
{
	struct sl_transfer_decoder d;
	struct sl_buf in, out;

	sl_buf_init(&in, 1 << 20);
	sl_buf_init(&out, 1 << 20);
	for (size_t run = 1000; run < 8000; run += 500) {
		sl_buf_reset(&in);
		sl_buf_reset(&out);
		sl_buf_add_str(&in, "=41");
		for (size_t i = 0; i < run; i++)
			sl_buf_add_byte(&in, 'x');
		sl_buf_add_str(&in, "=42");
		sl_transfer_init(&d, QP);
		sl_transfer_feed_all(&d, sl_buf_slice(&in), sink, &out);
		sl_transfer_finish(&d, sink, &out);
		assert_int_equal(out.len, run + 2);
		assert_int_equal(out.data[0], 'A');
		assert_int_equal(out.data[run + 1], 'B');
	}
	sl_buf_fini(&in);
	sl_buf_fini(&out);
}

static bool
qp_gives(struct sl_slice in, struct sl_slice expected)
{
	struct sl_transfer_decoder d;
	struct sl_buf out;
	bool same;

	sl_buf_init(&out, 1 << 20);
	sl_transfer_init(&d, QP);
	sl_transfer_feed_all(&d, in, sink, &out);
	sl_transfer_finish(&d, sink, &out);
	same = sl_slice_eq(sl_buf_slice(&out), expected);
	sl_buf_fini(&out);
	return same;
}

static void
conformance_case(json_t *object, void *ctx)
{
	struct sl_slice encoded = shared_string(object, "encoded"), decoded = shared_string(object, "decoded");
	const char *id = json_string_value(json_object_get(object, "id"));

	if (strcmp(id, "qp#16") == 0)	/* its two columns are the other way round */
		assert_true(qp_gives(decoded, encoded));
	else if (!qp_gives(encoded, decoded))
		fail_msg("%s", id);
}

static void
the_published_quoted_printable_cases_are_decoded(void **state)
{
	shared_each("conformance/rfc2047/quoted-printable.jsonl", conformance_case, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_decoded_however_they_are_cut),
		cmocka_unit_test(decoding_undoes_encoding),
		cmocka_unit_test(long_runs_keep_their_place),
		cmocka_unit_test(the_published_quoted_printable_cases_are_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
