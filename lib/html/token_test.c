/* token_test.c - the tokenizer's events, at every cut */

#include "check.h"
#include "spoken_i.h"

#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX		(1u << 20)

/* Small, so that rows can stand at them. */
static const struct sl_html_limits limits = { .name_bytes_max = 32, .value_bytes_max = 10,
	.attrs_max = 3, .tag_bytes_max = 106 };

#define NAME_10		"klmnopqrst"
#define NAME_31		"abcdefghij" NAME_10 "uvwxyz01234"
#define NAME_32		NAME_31 "5"

static const struct row {
	const char	*name;
	const char	*in, *out;
} rows[] = {
	{ "nothing", "", "" },
	{ "tags and text", "<P>a<Br/>b</p >", "<p>a<br/>b</p>" },
	{ "attributes in every form", "<a b c=d e='f'><a g=\"h\"i J = k>",
	    "<a b=[] c=[d] e=[f]><a g=[h] i=[] j=[k]>" },
	{ "the first of a name stands", "<a b=1 B=2 c=3>", "<a b=[1] c=[3]>#3" },
	{ "a value that is dropped takes no room", "<a b=1 b=2345678 b=2345678 b=2345678 c=3 d=4>",
	    "<a b=[1] c=[3] d=[4]>#3" },
	{ "references in text", "&lt;&amp&#65;&#x42&notit;&notin;", "<&AB\xc2\xacit;\xe2\x88\x89" },
	{ "references in values", "<a b='&copy=1&copy;' c=&copyx&#106;a d='&copy'>",
	    "<a b=[&copy=1\xc2\xa9] c=[&copyxja] d=[\xc2\xa9]>" },
	{ "a link as a browser sees it", "<a b='&#106;av&#x0061;:'>", "<a b=[java:]>" },
	{ "a line end in a value", "<a b='1\r\n2\r3'>", "<a b=[1\n2\n3]>" },
	{ "line ends are LF", "a\r\nb\rc\nd\r\r\n\n\r", "a\nb\nc\nd\n\n\n\n" },
	{ "unended references", "&", "&" },
	{ "unended name", "&amp", "&" },
	{ "unended number", "&#6", "\x06" },
	{ "unended hexadecimal", "&#x", "&#x" },
	{ "numbers out of range", "&#0;&#x110000;&#xd800;&#99999999999999999999;&#128;",
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xe2\x82\xac" },
	{ "a name longer than any", "&CounterClockwiseContourIntegralx;&CounterClockwiseContourIntegral;",
	    "&CounterClockwiseContourIntegralx;\xe2\x88\xb3" },
	{ "the longest name that fits counts", "&ampCounterClockwiseContourIntegral;",
	    "&CounterClockwiseContourIntegral;" },

	{ "a title holds text and references", "<title><b>&amp;</titl></title><b>",
	    "<title>{rcdata}<b>&</titl></title><b>" },
	{ "a style holds raw text", "<style>&amp;<a></STYLE x><b>", "<style>{rawtext}&amp;<a></style><b>" },
	{ "an end tag in raw text needs its end", "<xmp></xmpp></xmp/>", "<xmp>{rawtext}</xmpp></xmp>" },
	{ "a script", "<script>a<b>'</scrip'</script><b>", "<script>{script}a<b>'</scrip'</script><b>" },
	{ "a script in a script", "<script><!--<script></script>--></script>",
	    "<script>{script}<!--<script></script>--></script>" },
	{ "a script that hides its end", "<script><!--<script></script></script>",
	    "<script>{script}<!--<script></script></script>" },
	{ "plaintext never ends", "<plaintext>a</plaintext>&lt;",
	    "<plaintext>{plaintext}a</plaintext>&lt;" },
	{ "noscript holds markup", "<noscript><a></noscript>", "<noscript><a></noscript>" },
	{ "raw text that is not ended", "<style>a<b>", "<style>{rawtext}a<b>#7" },
	{ "raw text that ends within the end tag", "<xmp>a</xm", "<xmp>{rawtext}a</xm#7" },

	{ "a style in svg holds markup", "<svg><style><a></style></svg><style><a>",
	    "<svg><style><a></style></svg><style>{rawtext}<a>#7" },
	{ "a title in svg holds HTML", "<svg><title><style><a></style></title><style><a></style></svg>",
	    "<svg><title><style>{rawtext}<a></style></title><style><a></style></svg>" },
	{ "an element of HTML ends svg", "<svg><p><style><a></style>", "<svg><p><style>{rawtext}<a></style>" },
	{ "an end tag too", "<math></p><style><a></style>", "<math></p><style>{rawtext}<a></style>" },
	{ "font without its attributes does not", "<svg><font><style><a>", "<svg><font><style><a>" },
	{ "font with one of them does", "<svg><font size=1><style><a></style>",
	    "<svg><font size=[1]><style>{rawtext}<a></style>" },
	{ "svg in svg", "<svg><svg></svg><style><a></style></svg><xmp><a></xmp>",
	    "<svg><svg></svg><style><a></style></svg><xmp>{rawtext}<a></xmp>" },
	{ "an svg that ends itself", "<svg/><xmp><a></xmp>", "<svg/><xmp>{rawtext}<a></xmp>" },
	{ "math holds HTML in some elements", "<math><mi><xmp><a></xmp></mi><xmp><a>",
	    "<math><mi><xmp>{rawtext}<a></xmp></mi><xmp><a>" },
	{ "a CDATA section in svg", "<svg><![CDATA[<a>]]]&amp;]]><a>", "<svg>{cdata}<a>]]]&amp;<a>" },
	{ "elsewhere it is a comment", "<![CDATA[<a>]]>", "<!--[CDATA[<a-->]]>" },
	{ "a CDATA section that is not ended", "<svg><![CDATA[a]]", "<svg>{cdata}a]]#7" },
	{ "CDATA is in capitals", "<svg><![cdata[a]]>", "<svg><!--[cdata[a]]-->" },

	{ "comments", "<!--a-b--c--><!-->b<!---->c<!--a--!>d", "<!--a-b--c--><!---->b<!---->c<!--a-->d" },
	{ "what is like a comment", "<!a><?b></ c></>", "<!--a--><!--?b--><!-- c-->" },
	{ "an unended comment", "<!--a--", "<!--a-->#6" },
	{ "an unended declaration", "<!doct", "<!--doct-->#6" },
	{ "doctypes", "<!doctype HTML><!DocType><!doctype a public 'b'\"c\">",
	    "<! html - -><! - - -!><! a b c>" },
	{ "a doctype that is not well-formed", "<!doctype a system 'b>", "<! a - b!>" },
	{ "an unended doctype", "<!doctype a", "<! a - -!>#5" },

	{ "less-than signs that open nothing", "a < b <1 <", "a < b <1 <" },
	{ "an unended tag is dropped", "a<b c='d", "a#5" },
	{ "an unended end tag is dropped", "a</b", "a#5" },
	{ "unended beginnings of tags", "a</", "a</" },
	{ "a '=' where a name should be", "<a =b=c>", "<a =b=[c]>" },
	{ "no value", "<a b=>", "<a b=[]>" },
	{ "slashes in a tag", "<a/b/ c/=d/>", "<a b=[] c=[] =d=[]/>" },

	{ "a tag's name at the limit", "<" NAME_32 ">", "<" NAME_32 ">" },
	{ "a tag's name past it", "<" NAME_32 "i>", "<" NAME_32 ">#0" },
	{ "an end tag's name past it", "</" NAME_32 "i>", "</" NAME_32 ">#0" },
	{ "an attribute's name at the limit", "<a " NAME_32 "=1>", "<a " NAME_32 "=[1]>" },
	{ "an attribute's name past it", "<a " NAME_32 "i=1>", "<a " NAME_32 "=[1]~>#0" },
	{ "a value at the limit", "<a b=0123456789>", "<a b=[0123456789]>" },
	{ "a value past it", "<a b=0123456789a>", "<a b=[0123456789]~>#1" },
	{ "a value past it, by a reference", "<a b=012345678&nbsp;9>", "<a b=[012345678]~>#1" },
	{ "a character stays whole", "<a b='012345678\xe2\x82\xac 9'>", "<a b=[012345678]~>#1" },
	{ "a whole character stays", "<a b='0123456\xe2\x82\xac 9'>", "<a b=[0123456\xe2\x82\xac]~>#1" },
	{ "attributes at the limit", "<a b c d>", "<a b=[] c=[] d=[]>" },
	{ "attributes past it", "<a b c d e/>", "<a b=[] c=[] d=[]...><+a e=[]/>#2" },
	{ "room for one more name and value", "<abcd b" NAME_31 "=23456789 c" NAME_10 "=123456789 d>",
	    "<abcd b" NAME_31 "=[23456789] c" NAME_10 "=[123456789] d=[]>" },
	{ "no room for them", "<abcd b" NAME_31 "=23456789 c" NAME_10 "=0123456789 d>",
	    "<abcd b" NAME_31 "=[23456789] c" NAME_10 "=[0123456789]...><+abcd d=[]>#2" },
	{ "a tag in parts that is not ended", "<a b c d e", "<a b=[] c=[] d=[]...>#2#5" },
	{ "a doctype's strings past the limit", "<!doctype " NAME_32 "i public '" NAME_32 "i'>",
	    "<! " NAME_32 " " NAME_32 " ->#0" },
};

/* As rows, with their own length: NUL stands in them. */
static const struct nul_row {
	const char	*name;
	struct sl_slice	 in, out;
} nul_rows[] = {
	{ "NUL in text stands", SL_SLICE_LIT("a\0b"), SL_SLICE_LIT("a\0b#4") },
	{ "NUL in a name", SL_SLICE_LIT("<a\0>"), SL_SLICE_LIT("<a\xef\xbf\xbd>#4") },
	{ "NUL in a value", SL_SLICE_LIT("<a b=\0>"), SL_SLICE_LIT("<a b=[\xef\xbf\xbd]>#4") },
	{ "NUL in a comment", SL_SLICE_LIT("<!--\0-->"), SL_SLICE_LIT("<!--\xef\xbf\xbd-->#4") },
	{ "NUL in a script", SL_SLICE_LIT("<script>\0</script>"),
	    SL_SLICE_LIT("<script>{script}\xef\xbf\xbd</script>#4") },
	{ "NUL in a title", SL_SLICE_LIT("<title>\0</title>"),
	    SL_SLICE_LIT("<title>{rcdata}\xef\xbf\xbd</title>#4") },
	{ "NUL after '<'", SL_SLICE_LIT("<\0"), SL_SLICE_LIT("<\0#4") },
};

/* Findings come where they are found; rows have them at the end, in order of their numbers. */
static unsigned found;

static void
note_finding(void *ctx, enum sl_html_finding finding)
{
	assert_int_equal(found & 1u << finding, 0);
	assert_true(strlen(sl_html_finding_text(finding)) > 5);
	found |= 1u << finding;
}

/* Feed a copy that ends where the piece does. */
static void
feed_copy(struct sl_html *html, struct sl_slice in, size_t from, size_t to)
{
	unsigned char *copy = malloc(to - from + 1);

	memcpy(copy + 1, in.ptr + from, to - from);
	sl_html_feed(html, copy + 1, to - from);
	free(copy);
}

/* In three pieces, or pieces of `step` bytes. */
static void
tokenize(struct sl_slice in, size_t cut1, size_t cut2, size_t step, struct spoken *s)
{
	static struct sl_html_sink sink;
	struct sl_html *html;

	sink = spoken_sink;
	sink.finding = note_finding;
	found = 0;
	sl_buf_reset(&s->out);
	s->content = SL_HTML_DATA;
	html = sl_html_new(&limits, &sink, s);
	if (step > 0) {
		for (size_t i = 0; i < in.len; i += step)
			feed_copy(html, in, i, SL_MIN(i + step, in.len));
	} else {
		feed_copy(html, in, 0, cut1);
		feed_copy(html, in, cut1, cut2);
		feed_copy(html, in, cut2, in.len);
	}
	sl_html_finish(html);
	sl_html_free(&html);
	assert_null(html);
	for (unsigned i = 0; i < 32; i++)
		if ((found & 1u << i) != 0)
			sl_buf_addf(&s->out, "#%u", i);
}

static void
expect(const char *name, struct sl_slice out, struct spoken *s)
{
	if (!sl_slice_eq(sl_buf_slice(&s->out), out))
		fail_msg("%s: %s, not " SL_SLICE_FMT, name, sl_buf_cstr(&s->out), SL_SLICE_ARG(out));
}

static void
check_row(const char *name, struct sl_slice in, struct sl_slice out)
{
	struct spoken s = { .content = SL_HTML_DATA };

	sl_buf_init(&s.out, OUT_MAX);
	for (size_t cut1 = 0; cut1 <= in.len; cut1++)
		for (size_t cut2 = cut1; cut2 <= in.len; cut2++) {
			tokenize(in, cut1, cut2, 0, &s);
			expect(name, out, &s);
		}
	tokenize(in, 0, 0, 1, &s);
	expect(name, out, &s);
	sl_buf_fini(&s.out);
}

static void
events_are_the_browsers_at_every_two_cuts(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		check_row(rows[i].name, sl_slice_str(rows[i].in), sl_slice_str(rows[i].out));
	for (size_t i = 0; i < SL_COUNT(nul_rows); i++)
		check_row(nul_rows[i].name, nul_rows[i].in, nul_rows[i].out);
}

static void
every_start_tag_of_html_ends_svg(void **state)
{
	static const char *const names[] = {	/* HTML standard, 13.2.6.5, in its order */
		"b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt",
		"em", "embed", "h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li",
		"listing", "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s", "small", "span",
		"strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var",
	};
	struct spoken s = { .content = SL_HTML_DATA };
	char in[100];

	sl_buf_init(&s.out, OUT_MAX);
	for (size_t i = 0; i < SL_COUNT(names); i++) {
		snprintf(in, sizeof(in), "<svg><%s><xmp><a>", names[i]);
		tokenize(sl_slice_str(in), 0, 0, 1, &s);
		if (strstr(sl_buf_cstr(&s.out), "{rawtext}") == NULL)
			fail_msg("%s does not end svg", names[i]);
	}
	sl_buf_fini(&s.out);
}

struct counts {
	size_t	attrs, parts, tags, text_bytes, comment_bytes;
};

static void
count_start_tag(void *ctx, const struct sl_html_tag *tag)
{
	struct counts *c = ctx;

	assert_true(tag->attrs_len <= sl_html_limits_default.attrs_max);
	c->attrs += tag->attrs_len;
	c->tags += tag->last;
	c->parts++;
}

static void
count_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	((struct counts *)ctx)->text_bytes += text.len;
}

static void
count_comment(void *ctx, struct sl_slice text, bool end)
{
	((struct counts *)ctx)->comment_bytes += text.len;
}

/* Feed `unit` so often between `before` and `after`. */
static struct counts
count(const char *before, const char *unit, size_t times, const char *after)
{
	static const struct sl_html_sink sink = { .start_tag = count_start_tag, .text = count_text,
		.comment = count_comment };
	struct counts c = { 0 };
	struct sl_html *html = sl_html_new(NULL, &sink, &c);

	sl_html_feed(html, (const unsigned char *)before, strlen(before));
	for (size_t i = 0; i < times; i++)
		sl_html_feed(html, (const unsigned char *)unit, strlen(unit));
	sl_html_feed(html, (const unsigned char *)after, strlen(after));
	sl_html_finish(html);
	sl_html_free(&html);
	return c;
}

static void
a_million_of_anything_is_all_seen(void **state)
{
	const size_t n = 1000000;
	struct counts c = count("", "<b>", n, "");

	assert_int_equal(c.tags, n);
	c = count("<!--", "ab", n, "-->");
	assert_int_equal(c.comment_bytes, 2 * n);
	c = count("<title>", "</", n, "");
	assert_int_equal(c.text_bytes, 2 * n);
	c = count("&#", "0", n, "65;");
	assert_int_equal(c.text_bytes, 1);
	c = count("<a b='", "a", n, "' c=d>");
	assert_int_equal(c.attrs, 2);
	assert_int_equal(c.parts, 1);
	c = count("<svg>", "<svg>", n, "</svg><![CDATA[a]]>");
	assert_int_equal(c.text_bytes, 1);
}

static void
no_attribute_is_out_of_sight(void **state)
{
	static struct counts c;
	struct sl_html_sink sink = { .start_tag = count_start_tag };
	struct sl_html *html = sl_html_new(NULL, &sink, &c);
	const size_t n = 100000, max = sl_html_limits_default.attrs_max;

	sl_html_feed(html, (const unsigned char *)"<a", 2);
	for (size_t i = 0; i < n; i++) {
		char attr[30];

		sl_html_feed(html, (unsigned char *)attr, (size_t)snprintf(attr, 30, " a%zu=b", i));
	}
	sl_html_feed(html, (const unsigned char *)">", 1);
	sl_html_finish(html);
	sl_html_free(&html);
	assert_int_equal(c.attrs, n);
	assert_int_equal(c.tags, 1);
	assert_int_equal(c.parts, (n + max - 1) / max);
}

static void
members_of_the_sink_may_be_missing(void **state)
{
	static const struct sl_html_sink none = { NULL };
	static const struct sl_slice in =
	    SL_SLICE_LIT("<!doctype a>b<c d d>&amp;</c><!--e--><title>f</title>\0");
	struct sl_html *html = sl_html_new(NULL, &none, NULL);

	sl_html_feed(html, in.ptr, in.len);
	sl_html_finish(html);
	sl_html_free(&html);
	sl_html_free(&html);
	assert_null(html);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_the_browsers_at_every_two_cuts),
		cmocka_unit_test(every_start_tag_of_html_ends_svg),
		cmocka_unit_test(a_million_of_anything_is_all_seen),
		cmocka_unit_test(no_attribute_is_out_of_sight),
		cmocka_unit_test(members_of_the_sink_may_be_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
