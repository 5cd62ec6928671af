/* sa_decode.c - transfer encodings and charsets as SpamAssassin decodes them */

#include "rules/sa_i.h"
#include "mime/charset.h"

/* ---- base64 and quoted-printable ---- */

static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? 64 : -1;
}

/* Is it such that a strict decoder is used? Then '=' within is as 'A', else as '/'. */
static bool
base64_is_clean(struct sl_slice s)
{
	if (s.len % 4 != 0 || s.len < 2)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (base64_value(s.ptr[i]) < 0)
			return false;
	}
	return true;
}

struct sl_slice
sa_base64(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 4);
	size_t n = 0, len, written = 0;
	bool clean;

	for (size_t i = 0; i < in.len; i++) {
		if (!sa_is_space(in.ptr[i]))
			out[n++] = in.ptr[i];
	}
	clean = base64_is_clean(sl_slice(out, n));
	for (len = 0, written = 0; len < n; len++) {
		if (base64_value(out[len]) >= 0)
			out[written++] = out[len];
	}
	while (written > 0 && out[written - 1] == '=')
		written--;
	if (written % 4 == 1)
		written--;
	for (len = 0, n = 0; len < written; len++) {
		int v = base64_value(out[len]);
		unsigned bits = (unsigned)(v == 64 ? (clean ? 0 : 63) : v);

		switch (len % 4) {
		case 0: out[n] = (unsigned char)(bits << 2); break;
		case 1: out[n] |= (unsigned char)(bits >> 4); n++; out[n] = (unsigned char)(bits << 4); break;
		case 2: out[n] |= (unsigned char)(bits >> 2); n++; out[n] = (unsigned char)(bits << 6); break;
		case 3: out[n] |= (unsigned char)bits; n++; break;
		}
	}
	return sl_slice(out, n);
}

static int
hex_value(unsigned char c)
{
	unsigned char l = sl_ascii_lower(c);

	return sa_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* Blanks before line ends, then soft line ends, then =XX: three passes in one buffer. */
struct sl_slice
sa_quoted_printable(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	size_t n = 0, len;

	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] == '\n') {
			size_t end = n > 0 && out[n - 1] == '\r' ? n - 1 : n, start = end;

			while (start > 0 && (out[start - 1] == ' ' || out[start - 1] == '\t'))
				start--;
			memmove(out + start, out + end, n - end);
			n -= end - start;
		}
		out[n++] = in.ptr[i];
	}
	for (len = n, n = 0; n < len; n++) {	/* is there any? */
		if (out[n] == '=')
			break;
	}
	for (size_t i = n; i < len;) {
		size_t left = len - i;

		if (out[i] == '=' && left > 1 && out[i + 1] == '\n')
			i += 2;
		else if (out[i] == '=' && left > 2 && out[i + 1] == '\r' && out[i + 2] == '\n')
			i += 3;
		else
			out[n++] = out[i++];
	}
	for (len = n, n = 0; n < len; n++) {
		if (out[n] == '=')
			break;
	}
	for (size_t i = n; i < len;) {
		int high = out[i] == '=' && len - i > 2 ? hex_value(out[i + 1]) : -1;
		int low = high >= 0 ? hex_value(out[i + 2]) : -1;

		if (low >= 0) {
			out[n++] = (unsigned char)(high << 4 | low);
			i += 3;
		} else {
			out[n++] = out[i++];
		}
	}
	return sl_slice(out, n);
}

/* ---- charsets ---- */

static const uint16_t w1252[32] = {
	0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178,
};

/* Returns how many bytes mean nothing; they become U+FFFD. */
static size_t
decode_1252(struct sl_slice in, struct sl_buf *out)
{
	size_t bad = 0;

	for (size_t i = 0; i < in.len; i++) {
		uint32_t c = in.ptr[i];

		if (c >= 0x80 && c < 0xa0) {
			c = w1252[c - 0x80];
			bad += c == 0;
		}
		sa_add_char(out, c == 0 && in.ptr[i] != 0 ? 0xfffd : c);
	}
	return bad;
}

static bool
is_label(struct sl_slice label, const char *const *names, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (sl_slice_ieq(label, sl_slice_str(names[i])))
			return true;
	}
	return false;
}

static bool
is_western_label(struct sl_slice label)
{
	static const char *const names[] = { "iso-8859-1", "iso8859-1", "windows-1252", "cp1252" };

	return is_label(label, names, SL_COUNT(names));
}

static bool
is_ascii_label(struct sl_slice label)
{
	static const char *const names[] = { "us-ascii", "ascii" };

	return is_label(label, names, SL_COUNT(names));
}

static bool
is_utf8_label(struct sl_slice label)
{
	static const char *const names[] = { "utf-8", "utf8" };

	return is_label(label, names, SL_COUNT(names));
}

/* Labels under which plain ASCII is left as it is. */
static bool
is_extended_ascii(struct sl_slice label)
{
	static const char *const starts[] = { "iso-8859", "iso 8859", "iso8859", "windows-", "koi8-", "euc-" };
	static const char *const names[] = { "us-ascii", "ascii", "ansi x3.4-1986", "ansi_x3.4-1968", "ansi x3.4-1968",
	    "ansi_x3.4-1986", "ansix3.4-1968", "iso646-us", "utf-8", "utf8", "big5", "gbk", "gb18030", "gb-18030",
	    "gb 18030" };

	if (is_label(label, names, SL_COUNT(names)))
		return true;
	for (size_t i = 0; i < SL_COUNT(starts); i++) {
		if (sl_slice_istarts(label, sl_slice_str(starts[i])))
			return true;
	}
	return false;
}

/* UTF-16 without a mark: blanks and where the NULs are tell which it is. 0: not told. */
static int
utf16_order(struct sl_slice in)
{
	size_t little = 0, big = 0;
	uint64_t even = 0, odd = 0;

	if (in.len >= 2 && ((in.ptr[0] == 0xff && in.ptr[1] == 0xfe) || (in.ptr[0] == 0xfe && in.ptr[1] == 0xff)))
		return 0;
	for (size_t i = 0; i < in.len; i += 2) {
		unsigned char a = in.ptr[i], b = i + 1 < in.len ? in.ptr[i + 1] : 0;

		even += (unsigned)(a >> 4) + (a & 15u);
		odd += (unsigned)(b >> 4) + (b & 15u);
		little += a == 0x20 && b == 0;
		big += a == 0 && b == 0x20;
	}
	little += even > odd * 4;
	big += odd * 4 > even;
	return little > big ? 1 : big > little ? 2 : 0;
}

/* Strict: false if anything is wrong. */
static bool
decode_utf16(struct sl_slice in, bool little, struct sl_buf *out)
{
	if (in.len % 2 != 0)
		return false;
	for (size_t i = 0; i < in.len; i += 2) {
		uint32_t c = little ? (uint32_t)(in.ptr[i] | in.ptr[i + 1] << 8)
		    : (uint32_t)(in.ptr[i] << 8 | in.ptr[i + 1]);

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < in.len) {
			uint32_t d = little ? (uint32_t)(in.ptr[i + 2] | in.ptr[i + 3] << 8)
			    : (uint32_t)(in.ptr[i + 2] << 8 | in.ptr[i + 3]);

			if (d < 0xdc00 || d > 0xdfff)
				return false;
			c = 0x10000 + ((c & 0x3ff) << 10 | (d & 0x3ff));
			i += 2;
		} else if (c >= 0xd800 && c <= 0xdfff) {
			return false;
		}
		sa_add_char(out, c);
	}
	return true;
}

/* Encode knows neither labels with quotes or language, nor these. */
static const struct sl_charset *
find_charset(struct sl_slice label)
{
	static const char *const unknown[] = { "iso-8859-8-i", "x-gbk", "unknown-8bit", "x-unknown", "unknown",
	    "default", "iso-8859-8-e", "csisolatin1" };

	if (is_label(label, unknown, SL_COUNT(unknown)))
		return NULL;
	return sl_charset_find(label);
}

/* GB2312 proper, without what GBK adds. */
static bool
is_gb2312(struct sl_slice in)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] < 0x80)
			continue;
		if (i + 1 >= in.len || in.ptr[i] < 0xa1 || in.ptr[i] > 0xf7 || in.ptr[i + 1] < 0xa1 ||
		    in.ptr[i + 1] > 0xfe)
			return false;
		i++;
	}
	return true;
}

static bool
decode_declared(struct sl_slice in, struct sl_slice label, bool insist, bool tried_utf8, struct sl_buf *out)
{
	const struct sl_charset *charset;
	size_t bad;

	if (is_ascii_label(label) && !insist)
		return false;
	if (sl_slice_istarts(label, SL_SLICE_LIT("utf-16")) || sl_slice_istarts(label, SL_SLICE_LIT("utf16")) ||
	    sl_slice_istarts(label, SL_SLICE_LIT("utf 16"))) {
		int order = utf16_order(in);

		return order != 0 && decode_utf16(in, order == 1, out);
	}
	if (is_utf8_label(label) && tried_utf8)
		return false;
	if (is_western_label(label))
		return decode_1252(in, out) == 0 || insist;
	charset = is_utf8_label(label) ? sl_charset_find(SL_SLICE_LIT("utf-8")) : find_charset(label);
	if (charset == NULL)
		return false;
	if (sl_slice_ieq(label, SL_SLICE_LIT("gb2312")) && !insist && !is_gb2312(in))
		return false;
	if (sl_slice_istarts(label, SL_SLICE_LIT("iso-2022-"))) {	/* up to what is no 7 bit text */
		for (size_t i = 0; i < in.len; i++) {
			if (in.ptr[i] >= 0x80)
				in.len = i;
		}
		insist = true;
	}
	bad = (size_t)sl_charset_convert(charset, in, out);
	return bad == 0 || insist;
}

struct sl_slice
sa_normalize(struct sl_sa_view *view, struct sl_slice in, struct sl_slice label, bool insist, bool *wide_out)
{
	bool ascii = sa_is_ascii(in), tried_utf8 = false;
	struct sl_buf out;

	*wide_out = false;
	if (ascii && is_extended_ascii(label))
		return in;
	if (!ascii && !insist) {
		if (sa_is_utf8(in)) {
			*wide_out = true;
			return in;
		}
		tried_utf8 = true;
	}
	sl_buf_init(&out, in.len * 4 + 16);
	if (!decode_declared(in, label, insist, tried_utf8, &out)) {
		sl_buf_reset(&out);
		if (ascii) {
			sl_buf_fini(&out);
			return in;
		}
		(void)decode_1252(in, &out);
	}
	*wide_out = true;
	return sa_keep_buf(view, &out);
}

/* ---- encoded words ---- */

/* No white space between encoded words. */
static struct sl_slice
join_words(struct sl_sa_view *view, struct sl_slice in)
{
	struct sl_buf out;
	struct sa_match m;
	size_t from = 0;

	if (!sa_match(view->conf, SA_RE_WORD_GAP, in, 0, &m))
		return in;
	sl_buf_init(&out, in.len);
	do {
		sl_buf_add(&out, in.ptr + from, m.groups[2] - from);
		from = m.groups[1];
	} while (sa_match(view->conf, SA_RE_WORD_GAP, in, from, &m));
	sl_buf_add(&out, in.ptr + from, in.len - from);
	return sa_keep_buf(view, &out);
}

static struct sl_slice
decode_word(struct sl_sa_view *view, const struct sa_match *m)
{
	struct sl_slice data = sa_group(m, 3);
	unsigned char *copy;

	if ((sa_group(m, 2).ptr[0] | 0x20) == 'b')
		return sa_base64(view, data);
	copy = sa_alloc(view, data.len + 1);
	for (size_t i = 0; i < data.len; i++)
		copy[i] = data.ptr[i] == '_' ? ' ' : data.ptr[i];
	return sa_quoted_printable(view, sl_slice(copy, data.len));
}

static void
add_section(struct sl_sa_view *view, struct sl_slice label, struct sl_buf *section, struct sl_buf *out)
{
	size_t star = sa_index(label, '*', 0);
	bool wide;

	if (star != SIZE_MAX)
		label.len = star;
	sl_buf_add_slice(out, label.len == 0 ? sl_buf_slice(section)
	    : sa_normalize(view, sl_buf_slice(section), label, true, &wide));
	sl_buf_reset(section);
}

/* Neighbours of one charset are decoded together: characters may be split between them. */
static struct sl_slice
decode_sections(struct sl_sa_view *view, struct sl_slice in)
{
	struct sl_buf out, section;
	struct sl_slice label = sl_slice("", 0);

	sl_buf_init(&out, in.len * 4 + 64);
	sl_buf_init(&section, in.len + 64);
	for (size_t i = 0; i < in.len;) {
		struct sa_match m;
		struct sl_slice next_label = sl_slice("", 0), text;

		if (in.ptr[i] == '=' && sa_match(view->conf, SA_RE_WORD, in, i, &m)) {
			next_label = sa_lower(view, sa_group(&m, 1));
			text = decode_word(view, &m);
			i = m.groups[1];
		} else {
			size_t end = in.ptr[i] == '=' ? i + 1 : SL_MIN(sa_index(in, '=', i), in.len);

			text = sa_sub(in, i, end);
			i = end;
		}
		if (!sl_slice_eq(label, next_label))
			add_section(view, label, &section, &out);
		label = next_label;
		sl_buf_add_slice(&section, text);
	}
	add_section(view, label, &section, &out);
	sl_buf_fini(&section);
	return sa_keep_buf(view, &out);
}

static struct sl_slice
without_line_ends(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out;
	size_t n = 0;

	if (in.len == 0 || memchr(in.ptr, '\n', in.len) == NULL)
		return in;
	out = sa_alloc(view, in.len);
	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] == '\n') {
			if (i + 1 < in.len && in.ptr[i + 1] == '\t') {	/* a fold: a blank for the tab */
				out[n++] = ' ';
				i++;
			}
			continue;
		}
		if (in.ptr[i] == '\r' && i + 1 < in.len && in.ptr[i + 1] == '\n')
			continue;
		out[n++] = in.ptr[i];
	}
	return sl_slice(out, n);
}

struct sl_slice
sa_decode_words(struct sl_sa_view *view, struct sl_slice body, struct sl_slice name)
{
	bool wide;

	if (body.len == 0)
		return sl_slice("", 0);
	body = without_line_ends(view, body);
	if (!sa_is_ascii(body))
		body = sa_normalize(view, body, SL_SLICE_LIT("UTF-8"), false, &wide);
	if (sa_find(body, SL_SLICE_LIT("=?"), 0) == SIZE_MAX || sa_test(view->conf, SA_RE_UNDECODED_NAME, name))
		return body;
	return decode_sections(view, join_words(view, body));
}
