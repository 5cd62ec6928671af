/* charset_fuzz.c - what comes out is UTF-8, and the same for two cuttings */

#include "mime/charset.h"
#include "sl/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
sink(void *ctx, struct sl_slice utf8)
{
	SL_ASSERT(sl_utf8_valid(utf8));
	sl_buf_add_slice(ctx, utf8);
}

static uint64_t
decode(const struct sl_charset *charset, struct sl_slice in, size_t piece, struct sl_buf *out)
{
	struct sl_charset_decoder *d = sl_charset_decoder_new(charset, sink, out);
	uint64_t bad;

	while (in.len > 0) {
		size_t n = SL_MIN(piece, in.len);

		sl_charset_feed(d, sl_slice(in.ptr, n));
		in = sl_slice_from(in, n);
	}
	sl_charset_finish(d);
	bad = sl_charset_bad(d);
	sl_charset_decoder_free(&d);
	return bad;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const labels[] = { "utf-8", "ascii", "utf-16", "utf-32", "utf-16le", "koi8-r",
	    "iso-8859-7", "gbk", "gb18030", "hz", "big5", "euc-jp", "iso-2022-jp", "sjis", "euc-kr",
	    "iso-2022-kr", "iso-2022-cn", "utf-7", "ibm852" };
	const struct sl_charset *charset;
	struct sl_buf whole, cut;
	struct sl_slice in;

	if (len < 2)
		return 0;
	sl_charset_find(sl_slice(data, len));
	charset = sl_charset_find(sl_slice_str(labels[data[0] % SL_COUNT(labels)]));
	in = sl_slice(data + 2, len - 2);
	sl_buf_init(&whole, SIZE_MAX / 2);
	sl_buf_init(&cut, SIZE_MAX / 2);
	SL_ASSERT(decode(charset, in, SIZE_MAX, &whole) == decode(charset, in, 1 + data[1], &cut));
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	sl_buf_fini(&whole);
	sl_buf_fini(&cut);
	return 0;
}
