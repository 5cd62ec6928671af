/* charset.c - see mime/charset.h */

#include "mime/charset.h"
#include "sl/utf8.h"

#include <unicode/ucnv.h>

#include "charset_tables.h"

#define DECODER_MAGIC	0x5dc4a25eu
#define OUT_BYTES	4096
#define PIVOT_UNITS	512
#define REPLACEMENT	0xfffdu
#define LABEL_MAX	40

enum kind {
	KIND_UTF8,		/* what is not UTF-8 is U+FFFD */
	KIND_LENIENT,		/* what is not UTF-8 is windows-1252 */
	KIND_UTF16,		/* byte order by mark, else by the first unit */
	KIND_UTF16LE,
	KIND_UTF16BE,
	KIND_UTF32,
	KIND_UTF32LE,
	KIND_UTF32BE,
	KIND_BYTE,		/* a table of 128 */
	KIND_ICU,
};

struct sl_charset {
	const char	*name;
	enum kind	 kind;
	const uint16_t	*table;		/* KIND_BYTE: of the bytes from 0x80 on */
	const char	*converter;	/* KIND_ICU: its name there */
	const char	*labels;	/* further ones, with a space on each side */
};

#define BYTE_SET(name, table, labels)	{ name, KIND_BYTE, table, NULL, labels }
#define ICU_SET(name, icu, labels)	{ name, KIND_ICU, NULL, icu, labels }

/* Labels: the Encoding Standard, 4.2, and what mail uses besides. A label that starts with
 * "cs" or "x-" is also looked up without it. */
static const struct sl_charset charsets[] = {
	{ "utf-8", KIND_UTF8, NULL, NULL, " utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8-mac cp65001 " },
	{ "us-ascii", KIND_LENIENT, NULL, NULL, " ascii ansi_x3.4-1968 ansi_x3.4-1986 iso-ir-6 iso646-us iso_646.irv:1991"
	    " iso_646.irv us 646 usascii us_ascii ascii-8bit unknown-8bit unknown unknown-us-ascii 8bit default _ascii "
	    "x-unknown x-user-defined " },
	{ "utf-16", KIND_UTF16, NULL, NULL, " utf16 ucs-2 unicode iso-10646-ucs-2 unicodefeff unicodefffe " },
	{ "utf-16le", KIND_UTF16LE, NULL, NULL, " utf16le ucs-2le " },
	{ "utf-16be", KIND_UTF16BE, NULL, NULL, " utf16be ucs-2be " },
	{ "utf-32", KIND_UTF32, NULL, NULL, " utf32 ucs-4 iso-10646-ucs-4 " },
	{ "utf-32le", KIND_UTF32LE, NULL, NULL, " utf32le ucs-4le " },
	{ "utf-32be", KIND_UTF32BE, NULL, NULL, " utf32be ucs-4be " },
	BYTE_SET("windows-1252", windows_1252, " iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 latin1 latin-1 l1"
	    " iso-ir-100 cp819 ibm819 cp1252 cp-1252 ansi win1252 windows1252 isolatin1 iso-8859-1-windows-3.1-latin-1 8859-1 "
	    "iso8859_1 iso-latin-1 "),
	BYTE_SET("windows-874", windows_874, " iso-8859-11 iso8859-11 iso885911 tis-620 tis620 dos-874 cp874 "),
	BYTE_SET("windows-1250", windows_1250, " cp1250 cp-1250 win-1250 windows1250 "),
	BYTE_SET("windows-1251", windows_1251, " cp1251 cp-1251 win-1251 windows1251 ansi-1251 "),
	BYTE_SET("windows-1253", windows_1253, " cp1253 cp-1253 windows1253 "),
	BYTE_SET("windows-1254", windows_1254, " cp1254 cp-1254 windows1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9"
	    " iso_8859-9:1989 iso-ir-148 l5 latin5 isolatin5 8859-9 "),
	BYTE_SET("windows-1255", windows_1255, " cp1255 cp-1255 windows1255 "),
	BYTE_SET("windows-1256", windows_1256, " cp1256 cp-1256 windows1256 "),
	BYTE_SET("windows-1257", windows_1257, " cp1257 cp-1257 windows1257 "),
	BYTE_SET("windows-1258", windows_1258, " cp1258 cp-1258 windows1258 "),
	BYTE_SET("iso-8859-2", iso_8859_2, " iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 iso-ir-101 l2 latin2 isolatin2 8859-2 "),
	BYTE_SET("iso-8859-3", iso_8859_3, " iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 iso-ir-109 l3 latin3 isolatin3 8859-3 "),
	BYTE_SET("iso-8859-4", iso_8859_4, " iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 iso-ir-110 l4 latin4 isolatin4 8859-4 "),
	BYTE_SET("iso-8859-5", iso_8859_5, " iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988 iso-ir-144 cyrillic isolatincyrillic 8859-5 "),
	BYTE_SET("iso-8859-6", iso_8859_6, " iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 iso-ir-127 arabic ecma-114 asmo-708"
	    " iso-8859-6-e iso-8859-6-i isolatinarabic 8859-6 "),
	BYTE_SET("iso-8859-7", iso_8859_7, " iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 iso-ir-126 greek greek8 ecma-118"
	    " elot_928 sun_eu_greek isolatingreek 8859-7 "),
	BYTE_SET("iso-8859-8", iso_8859_8, " iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 iso-ir-138 hebrew visual logical"
	    " iso-8859-8-e iso-8859-8-i isolatinhebrew 8859-8 "),
	BYTE_SET("iso-8859-10", iso_8859_10, " iso8859-10 iso885910 iso-ir-157 l6 latin6 isolatin6 "),
	BYTE_SET("iso-8859-13", iso_8859_13, " iso8859-13 iso885913 l7 latin7 "),
	BYTE_SET("iso-8859-14", iso_8859_14, " iso8859-14 iso885914 l8 latin8 "),
	BYTE_SET("iso-8859-15", iso_8859_15, " iso8859-15 iso885915 iso_8859-15 l9 latin9 latin-9 isolatin9 8859-15 "),
	BYTE_SET("iso-8859-16", iso_8859_16, " iso8859-16 iso885916 l10 latin10 "),
	BYTE_SET("koi8-r", koi8_r, " koi8 koi8r koi koi8_r "),
	BYTE_SET("koi8-u", koi8_u, " koi8-ru koi8u "),
	BYTE_SET("macintosh", macintosh, " mac macroman mac-roman x-mac-roman "),
	BYTE_SET("ibm866", ibm866, " cp866 866 cp-866 dos-866 "),
	BYTE_SET("ibm437", ibm437, " cp437 437 "),
	BYTE_SET("ibm850", ibm850, " cp850 850 cp-850 "),
	ICU_SET("gbk", "GBK", " gb2312 gb_2312 gb_2312-80 iso-ir-58 chinese iso58gb231280 cp936 ms936 windows-936 euc-cn gb2312-80 cn-gb "),
	ICU_SET("gb18030", "gb18030", " gb-18030 "),
	ICU_SET("hz-gb-2312", "HZ", " hz hzgb2312 "),
	ICU_SET("big5", "windows-950-2000", " big5-hkscs cn-big5 big5hkscs cp950 windows-950 x-x-big5 big-5 "),
	ICU_SET("euc-jp", "EUC-JP", " eucjp eucpkdfmtjapanese ujis x-euc-jp "),
	ICU_SET("iso-2022-jp", "ISO-2022-JP-2", " iso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-ms jis cp50220 cp50221 "),
	ICU_SET("shift_jis", "ibm-943_P15A-2003", " shift-jis shiftjis sjis ms_kanji ms932 windows-31j cp932 windows-932 x-sjis windows31j "),
	ICU_SET("euc-kr", "windows-949-2000", " euckr korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 ksc56011987 iso-ir-149"
	    " cp949 windows-949 uhc ks_c_5601 5601 "),
	ICU_SET("iso-2022-kr", "ISO-2022-KR", " iso2022kr "),
	ICU_SET("iso-2022-cn", "ISO-2022-CN", " iso2022cn iso-2022-cn-ext "),
	ICU_SET("utf-7", "UTF-7", " utf7 unicode-1-1-utf-7 unicode11utf7 "),
	ICU_SET("ibm852", "ibm-852", " cp852 852 "),
	ICU_SET("ibm855", "ibm-855", " cp855 855 "),
	ICU_SET("ibm857", "ibm-857", " cp857 857 "),
	ICU_SET("ibm862", "ibm-862", " cp862 862 dos-862 "),
	ICU_SET("x-mac-cyrillic", "x-mac-cyrillic", " mac-cyrillic maccyrillic x-mac-ukrainian "),
};

struct sl_charset_decoder {
	unsigned		 magic;
	enum kind		 kind;		/* of the charset, made definite by the first unit */
	const struct sl_charset	*charset;
	sl_charset_sink		*sink;
	void			*ctx;
	uint64_t		 bad;
	unsigned char		 held[4];	/* a character begun */
	unsigned		 held_len;
	unsigned		 need;		/* UTF-8: how many bytes are to come */
	unsigned char		 lower, upper;	/* UTF-8: bounds of the next of them */
	uint32_t		 surrogate;	/* UTF-16: a high one, not yet paired; else 0 */
	UConverter		*converter;
	size_t			 out_len;
	unsigned char		 out[OUT_BYTES];
};

/* Lower case, without white space and quotes around it, cut at an RFC 2231 language. */
static struct sl_slice
label_clean(struct sl_slice label, unsigned char out[LABEL_MAX])
{
	size_t n = 0;

	label = sl_slice_trim(label);
	while (label.len > 0 && (label.ptr[0] == '"' || label.ptr[0] == '\''))
		label = sl_slice_from(label, 1);
	for (size_t i = 0; i < label.len && n < LABEL_MAX; i++) {
		unsigned char c = label.ptr[i];

		if (c == '*' || c == '"' || c == '\'' || c == ';' || c <= ' ')
			break;
		out[n++] = sl_ascii_lower(c);
	}
	return sl_slice(out, n < LABEL_MAX ? n : 0);
}

static bool
charset_has_label(const struct sl_charset *charset, struct sl_slice label)
{
	char padded[LABEL_MAX + 3] = " ";

	if (sl_slice_eq(label, sl_slice_str(charset->name)))
		return true;
	memcpy(padded + 1, label.ptr, label.len);
	memcpy(padded + 1 + label.len, " ", 2);
	return strstr(charset->labels, padded) != NULL;
}

static const struct sl_charset *
charset_find(struct sl_slice label)
{
	for (size_t i = 0; label.len > 0 && i < SL_COUNT(charsets); i++)
		if (charset_has_label(&charsets[i], label))
			return &charsets[i];
	return NULL;
}

const struct sl_charset *
sl_charset_find(struct sl_slice label)
{
	unsigned char clean[LABEL_MAX];
	const struct sl_charset *found;

	label = label_clean(label, clean);
	found = charset_find(label);
	if (found == NULL && (sl_slice_istarts(label, SL_SLICE_LIT("cs")) ||
	    sl_slice_istarts(label, SL_SLICE_LIT("x-"))))
		found = charset_find(sl_slice_from(label, 2));
	return found;
}

const struct sl_charset *
sl_charset_unlabelled(void)
{
	return &charsets[1];
}

const char *
sl_charset_name(const struct sl_charset *charset)
{
	return charset->name;
}

static UConverter *
converter_open(const struct sl_charset *charset)
{
	UErrorCode status = U_ZERO_ERROR;
	UConverter *converter = ucnv_open(charset->converter, &status);

	SL_ASSERT(U_SUCCESS(status) && converter != NULL);	/* the table names what ICU has */
	return converter;
}

void
sl_charset_preload(void)
{
	for (size_t i = 0; i < SL_COUNT(charsets); i++)
		if (charsets[i].kind == KIND_ICU)
			ucnv_close(converter_open(&charsets[i]));	/* ICU keeps its data */
}

struct sl_charset_decoder *
sl_charset_decoder_new(const struct sl_charset *charset, sl_charset_sink *sink, void *ctx)
{
	struct sl_charset_decoder *d = sl_xmalloc(sizeof(*d));

	memset(d, 0, offsetof(struct sl_charset_decoder, out));
	d->magic = DECODER_MAGIC;
	d->charset = charset != NULL ? charset : sl_charset_unlabelled();
	d->kind = d->charset->kind;
	d->sink = sink;
	d->ctx = ctx;
	if (d->kind == KIND_ICU)
		d->converter = converter_open(d->charset);
	return d;
}

void
sl_charset_decoder_free(struct sl_charset_decoder **decoder)
{
	if (*decoder != NULL && (*decoder)->converter != NULL)
		ucnv_close((*decoder)->converter);
	SL_OBJ_FREE(decoder, DECODER_MAGIC);
}

static void
flush(struct sl_charset_decoder *d)
{
	if (d->out_len > 0)
		d->sink(d->ctx, sl_slice(d->out, d->out_len));
	d->out_len = 0;
}

static void
emit(struct sl_charset_decoder *d, uint32_t c)
{
	if (d->out_len + 4 > OUT_BYTES)
		flush(d);
	d->out_len += sl_utf8_encode(c, d->out + d->out_len);
}

static void
emit_bad(struct sl_charset_decoder *d)
{
	d->bad++;
	emit(d, REPLACEMENT);
}

static size_t
ascii_run(const unsigned char *p, size_t len)
{
	size_t n = 0;
	uint64_t word;

	for (; n + 8 <= len; n += 8) {
		memcpy(&word, p + n, 8);
		if ((word & 0x8080808080808080u) != 0)
			break;
	}
	while (n < len && p[n] < 0x80)
		n++;
	return n;
}

/* Bytes that are the same in UTF-8: pass them on where they lie. */
static size_t
emit_ascii(struct sl_charset_decoder *d, const unsigned char *p, size_t len)
{
	size_t n = ascii_run(p, len);

	if (n > OUT_BYTES / 4) {
		flush(d);
		d->sink(d->ctx, sl_slice(p, n));
	} else if (n > 0) {
		if (d->out_len + n > OUT_BYTES)
			flush(d);
		memcpy(d->out + d->out_len, p, n);
		d->out_len += n;
	}
	return n;
}

static void
feed_byte_set(struct sl_charset_decoder *d, struct sl_slice in)
{
	const uint16_t *table = d->charset->table;

	for (size_t i = 0; i < in.len;) {
		i += emit_ascii(d, in.ptr + i, in.len - i);
		for (; i < in.len && in.ptr[i] >= 0x80; i++) {
			if (table[in.ptr[i] - 0x80] == REPLACEMENT)
				emit_bad(d);
			else
				emit(d, table[in.ptr[i] - 0x80]);
		}
	}
}

/* What is held is no character. */
static void
utf8_reject(struct sl_charset_decoder *d)
{
	if (d->kind == KIND_LENIENT) {
		for (unsigned i = 0; i < d->held_len; i++)
			emit(d, windows_1252[d->held[i] - 0x80]);
		d->bad += d->held_len;
	} else if (d->held_len > 0) {
		emit_bad(d);
	}
	d->held_len = d->need = 0;
}

/* A byte from 0x80 on with nothing held: the Encoding Standard, 8.1.1, "UTF-8 decoder". */
static void
utf8_start(struct sl_charset_decoder *d, unsigned char c)
{
	d->held[0] = c;
	d->held_len = 1;
	d->need = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	d->lower = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	d->upper = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (c < 0xc2 || c > 0xf4)
		utf8_reject(d);
}

static void
utf8_continue(struct sl_charset_decoder *d, unsigned char c)
{
	d->held[d->held_len++] = c;
	d->lower = 0x80;
	d->upper = 0xbf;
	if (--d->need > 0)
		return;
	if (d->out_len + 4 > OUT_BYTES)
		flush(d);
	memcpy(d->out + d->out_len, d->held, d->held_len);
	d->out_len += d->held_len;
	d->held_len = 0;
}

static void
feed_utf8(struct sl_charset_decoder *d, struct sl_slice in)
{
	for (size_t i = 0; i < in.len;) {
		if (d->held_len == 0 && in.ptr[i] < 0x80) {
			i += emit_ascii(d, in.ptr + i, in.len - i);
		} else if (d->held_len == 0) {
			utf8_start(d, in.ptr[i++]);
		} else if (in.ptr[i] >= d->lower && in.ptr[i] <= d->upper) {
			utf8_continue(d, in.ptr[i++]);
		} else {
			utf8_reject(d);		/* this byte may start the next one */
		}
	}
}

static uint32_t
unit_of(const unsigned char *p, unsigned size, bool little)
{
	uint32_t u = 0;

	for (unsigned i = 0; i < size; i++)
		u = u << 8 | p[little ? size - 1 - i : i];
	return u;
}

/* UTF-16 or UTF-32 of unknown order: settle it by the first unit. Returns true if that unit was
 * a byte order mark. Without one: text is mostly Latin, so the zero byte tells. */
static bool
order_settle(struct sl_charset_decoder *d, unsigned size)
{
	bool little;

	if (unit_of(d->held, size, true) == 0xfeff || unit_of(d->held, size, false) == 0xfeff)
		little = d->held[0] == 0xff;
	else
		little = d->held[size - 1] == 0 && d->held[0] != 0;
	if (size == 2)
		d->kind = little ? KIND_UTF16LE : KIND_UTF16BE;
	else
		d->kind = little ? KIND_UTF32LE : KIND_UTF32BE;
	return unit_of(d->held, size, little) == 0xfeff;
}

static void
utf16_unit(struct sl_charset_decoder *d, uint32_t u)
{
	if (d->surrogate != 0 && u >= 0xdc00 && u <= 0xdfff) {
		emit(d, 0x10000 + ((d->surrogate - 0xd800) << 10) + (u - 0xdc00));
		d->surrogate = 0;
		return;
	}
	if (d->surrogate != 0)
		emit_bad(d);
	d->surrogate = 0;
	if (u >= 0xd800 && u <= 0xdbff)
		d->surrogate = u;
	else if (u >= 0xdc00 && u <= 0xdfff)
		emit_bad(d);
	else
		emit(d, u);
}

static void
feed_units(struct sl_charset_decoder *d, struct sl_slice in, unsigned size)
{
	for (size_t i = 0; i < in.len; i++) {
		bool little;
		uint32_t u;

		d->held[d->held_len++] = in.ptr[i];
		if (d->held_len < size)
			continue;
		d->held_len = 0;
		if ((d->kind == KIND_UTF16 || d->kind == KIND_UTF32) && order_settle(d, size))
			continue;
		little = d->kind == KIND_UTF16LE || d->kind == KIND_UTF32LE;
		u = unit_of(d->held, size, little);
		if (size == 2)
			utf16_unit(d, u);
		else if (u > 0x10ffff || (u >= 0xd800 && u <= 0xdfff))
			emit_bad(d);
		else
			emit(d, u);
	}
}

static void
emit_units(struct sl_charset_decoder *d, const UChar *units, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (units[i] == REPLACEMENT)
			d->bad++;
		utf16_unit(d, units[i]);
	}
}

static void
feed_icu(struct sl_charset_decoder *d, struct sl_slice in, bool last)
{
	const char *source = (const char *)in.ptr, *limit = source + in.len;
	UErrorCode status;

	do {
		UChar pivot[PIVOT_UNITS], *target = pivot;

		status = U_ZERO_ERROR;
		ucnv_toUnicode(d->converter, &target, pivot + PIVOT_UNITS, &source, limit, NULL,
		    last, &status);
		emit_units(d, pivot, (size_t)(target - pivot));
	} while (status == U_BUFFER_OVERFLOW_ERROR);
}

void
sl_charset_feed(struct sl_charset_decoder *d, struct sl_slice bytes)
{
	SL_CHECK(d, DECODER_MAGIC);
	switch (d->kind) {
	case KIND_UTF8: case KIND_LENIENT:
		feed_utf8(d, bytes);
		break;
	case KIND_UTF16: case KIND_UTF16LE: case KIND_UTF16BE:
		feed_units(d, bytes, 2);
		break;
	case KIND_UTF32: case KIND_UTF32LE: case KIND_UTF32BE:
		feed_units(d, bytes, 4);
		break;
	case KIND_BYTE:
		feed_byte_set(d, bytes);
		break;
	case KIND_ICU:
		feed_icu(d, bytes, false);
		break;
	}
	flush(d);
}

void
sl_charset_finish(struct sl_charset_decoder *d)
{
	SL_CHECK(d, DECODER_MAGIC);
	if (d->kind == KIND_ICU)
		feed_icu(d, SL_SLICE_LIT(""), true);
	if (d->kind == KIND_UTF8 || d->kind == KIND_LENIENT)
		utf8_reject(d);
	else if (d->held_len > 0 || d->surrogate != 0)
		emit_bad(d);
	d->held_len = 0;
	d->surrogate = 0;
	flush(d);
}

uint64_t
sl_charset_bad(const struct sl_charset_decoder *d)
{
	return d->bad;
}

static void
add_to_buf(void *ctx, struct sl_slice utf8)
{
	sl_buf_add_slice(ctx, utf8);
}

uint64_t
sl_charset_convert(const struct sl_charset *charset, struct sl_slice bytes, struct sl_buf *out)
{
	struct sl_charset_decoder *d = sl_charset_decoder_new(charset, add_to_buf, out);
	uint64_t bad;

	sl_charset_feed(d, bytes);
	sl_charset_finish(d);
	bad = d->bad;
	sl_charset_decoder_free(&d);
	return bad;
}
