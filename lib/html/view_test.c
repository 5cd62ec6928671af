/* view_test.c - what is seen of HTML and what is not, at every cut */

#include "check.h"
#include "cuts.h"
#include "view_spoken_i.h"

#include <stdio.h>

/* Small, so that rows can stand at them. */
static const struct sl_view_limits limits = {
	.html = { .name_bytes_max = 32, .value_bytes_max = 200, .attrs_max = 4, .tag_bytes_max = 600 },
	.depth_max = 8, .link_text_max = 12, .rules_max = 6, .sheet_bytes_max = 60,
};

struct row {
	const char	*name;
	const char	*in, *out;
};

static const struct row text_rows[] = {
	{ "nothing", "", "" },
	{ "white space is one space", "  a \r\n\t b\f c  ", "a b c" },
	{ "none at ends of lines", "<p> a <br> b </p> c", "a\nb\n\nc" },
	{ "inline tags make no space", "a<b>b</b> <i> c</i>", "ab c" },
	{ "blocks are lines", "a<div>b<div>c</div></div>d", "a\nb\nc\nd" },
	{ "paragraphs have an empty line", "a<p>b<p>c</p>d<h1>e</h1>f", "a\n\nb\n\nc\n\nd\n\ne\n\nf" },
	{ "an end tag </p> alone makes one", "a</p>b</br>c", "a\n\nb\nc" },
	{ "two line ends are an empty line, three too", "a<br>b<br><br>c<br><br><br>d",
	    "a\nb\n\nc\n\nd" },
	{ "cells have tabs", "<table><tr><td>a<td>b<tr><td>c</td><th>d</th></tr></table>e",
	    "a\tb\nc\td\ne" },
	{ "items", "<ul><li>a<li>b<ol><li>c</ol></ul>d", "* a\n* b\n\n* c\n\nd" },
	{ "pre is kept", "<pre>\n a\n\n  b</pre>  c<span style='white-space:pre-wrap'> d\n</span>",
	    " a\n\n  b\n\nc d\n" },
	{ "references", "a&nbsp;&nbsp;b&lt;c&eacute;&#x200B;", "a b<c\xc3\xa9" },
	{ "spaces of Unicode", "a\xe2\x80\x83\xe3\x80\x80" "b", "a b" },
	{ "what is no UTF-8", "a\xff\xe2\x82<b>\xc3</b>", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbd" },
	{ "controls show nothing", "a\x01\x7f\xc2\x85z", "az" },
	{ "title", "<title>a &amp; <b></title>c", "{title}a & <b>{visible}c" },
	{ "textarea, xmp and plaintext are seen", "<textarea>\n a</textarea><xmp><b></xmp><plaintext></b>",
	    " a\n\n<b>\n\n</b>{inputs   p0 t1 f0 h0 b0}" },
	{ "select", "<select><option>a<option>b</select>c", "a\nb\nc" },
	{ "noscript is seen, as scripts are off", "<noscript>a</noscript>", "a" },
	{ "alternatives of images", "a<img alt='b c'>d<img alt=''>e",
	    "a{alt} b c{visible} d" "e" },
	{ "of an image without room", "<img alt=a width=1 height=1>b", "{clip}a{visible}b" },
	{ "of one that is hidden", "<img alt=a style='display:none'>b", "{display}a{visible}b" },
	{ "buttons", "<input type=submit value=Go><input type=hidden value=x>a",
	    "Go a{inputs   p0 t0 f0 h1 b1}" },
	{ "comments", "a<!-- b  c -->d<!--e-->", "a{comment}b c{visible}d{comment}\ne" },
	{ "a comment for some programs", "a<!--[if mso]><p>b <a href=c>d</a></p><![endif]-->e",
	    "a{conditional}b{a c c} d{visible}e" },
	{ "a comment for others", "<!--[if !mso]><!-->a<!--<![endif]--><![if gte mso 9]>b<![endif]>c", "abc" },
	{ "two of them", "<!--[if a]><div>b<!--[endif]--><!--[if c]>d<b x='<![endif]--><!--[if e]>f-->",
	    "{conditional}b\nd\nf" },
	{ "the beginning of one", "<!--[i--><!--[-->", "{comment}[i\n[" },
	{ "scripts", "a<script>b  c</script>d", "a{script}b  c{visible}d" },
	{ "iframe and noframes", "a<iframe>b</iframe><noframes>c</noframes>d",
	    "a{fallback}bc{visible}d" },
	{ "a document in an attribute", "a<iframe srcdoc='<p>b <a href=c>d</a>'></iframe>e",
	    "a{fallback}b{a c c} d{visible}e" },
	{ "template", "a<template>b<p>c</p></template>d", "a{fallback}b\n\nc{visible}d" },
};

static const struct row hidden_rows[] = {
	{ "display", "a<span style='display:none'>b<p>c</p></span>d", "a{display}b\n\nc{visible}d" },
	{ "whatever stands in it", "<div style='display:none'><p style='display:block;font-size:20px'>a",
	    "{display}a" },
	{ "an important one", "<p style='display:none!important;display:block'>a", "{display}a" },
	{ "the last one counts", "<p style='display:none;DISPLAY : Block'>a", "a" },
	{ "in capitals", "<P STYLE='DISPLAY:NONE'>a", "{display}a" },
	{ "escapes and comments", "<p style='d\\69 splay:n\\6fne'>a<p style='display:/**/none'>b",
	    "{display}a\n\nb" },
	{ "a comment inside a name is none", "<p style='dis/**/play:none'>a", "a" },
	{ "a ';' in a string", "<p style='font-family:\"a;display:none\"'>a", "a" },
	{ "a ';' in an address", "<p style='background:url(data:a;display:none);color:#fff'>a",
	    "{css data:a;display:none}a" },
	{ "mso-hide only hides from some", "<p style='mso-hide:all'>a", "a" },
	{ "the attribute", "<p hidden>a</p><p hidden style='display:block'>b",
	    "{display}a{visible}b" },
	{ "visibility comes back", "<p style='visibility:hidden'>a<b style='visibility:visible'>b</b>c",
	    "{visibility}a{visible}b{visibility} c" },
	{ "sizes", "<p style='font-size:0'>a<p style='font-size:1px'>b<p style='font-size:2px'>c"
	    "<p style='font-size:3px'>d<p style='font-size:.1em'>e<p style='font-size:1pt'>f"
	    "<p style='font-size:5%'>g<p style='font:0/0 a'>h",
	    "{size}a\n\nb\n\nc{visible}d{size}\n\ne\n\nf\n\ng\n\nh" },
	{ "sizes are inherited", "<div style='font-size:0'><p>a<p style='font-size:9px'>b</div>c",
	    "{size}a{visible}b\n\nc" },
	{ "of parts of sizes", "<div style='font-size:10px'><p style='font-size:20%'>a</p>"
	    "<p style='font-size:30%'>b</p></div>", "{size}a{visible}b" },
	{ "sizes in rem", "<p style='font-size:0'><b style='font-size:1rem'>a</b>b", "a{size}b" },
	{ "the old sizes are legible", "<font size=1>a</font><font size=-7>b</font>", "ab" },
	{ "colour of the background", "<p style='color:#fff'>a<p style='color:white'>b<p style='color:#fefefe'>c"
	    "<p style='color:#ebebeb'>d<p style='color:#eaeaea'>e",
	    "{colour}a\n\nb\n\nc\n\nd{visible}e" },
	{ "a background that is not white", "<body bgcolor=navy><font color=white>a</font>"
	    "<font color=#000080>b</font><p style='background:#fff;color:#fff'>c",
	    "a{colour}b\n\nc" },
	{ "the nearest background", "<table bgcolor=black><tr><td style='color:#fff'>a"
	    "<td style='background-color:white;color:#fff'>b", "a{colour}b" },
	{ "a background that is not known", "<td background=a.png><font color=white>a</font>"
	    "<p style='background:url(b)'><font color=white>b</font>"
	    "<p style='background:white'><font color=white>c</font>",
	    "{background a.png}a{css b}\n\nb{colour}c" },
	{ "colours one sees through", "<p style='color:rgba(0,0,0,0)'>a<p style='color:transparent'>b"
	    "<p style='color:rgba(0,0,0,.5)'>c", "{colour}a\n\nb{visible}c" },
	{ "links have their own", "<font color=white>a<a href=b>c</a></font>", "{colour}a{visible}c{a b \"c\"}" },
	{ "a colour that is none", "<p style='color:foo;color:inherit'>a", "a" },
	{ "opacity", "<p style='opacity:0'>a<p style='opacity:.5'>b<b style='opacity:0.2'>c</b>"
	    "<p style='filter:alpha(opacity=0)'>d", "{opacity}a{visible}b{opacity}\n\nc\n\nd" },
	{ "a box without room", "<div style='max-height:0;overflow:hidden'>a</div>"
	    "<div style='height:1px;overflow:hidden'>b</div><div style='width:0;overflow:hidden'>c</div>"
	    "<div style='height:0'>d</div>", "{clip}a\nb\nc{visible}d" },
	{ "what is no box has room", "<span style='height:0;overflow:hidden'>a</span>"
	    "<span style='height:0;overflow:hidden;display:block'>b</span>"
	    "<td style='height:0;overflow:hidden'>c", "a{clip}b{visible}\tc" },
	{ "far away", "<div style='position:absolute;left:-9999px'>a</div>"
	    "<div style='left:-9999px'>b</div><div style='text-indent:-999px'>c</div>"
	    "<div style='margin:0 0 0 -9999px'>d</div><div style='position:absolute;top:-10px'>e</div>",
	    "{position}a{visible}b{position}\nc\nd{visible}\ne" },
	{ "cut to nothing", "<p style='position:absolute;clip:rect(0,0,0,0)'>a<p style='clip-path:inset(50%)'>b"
	    "<p style='transform:scale(0)'>c<p style='clip:rect(0 9px 9px 0)'>d",
	    "{clip}a\n\nb\n\nc{visible}d" },
};

static const struct row sheet_rows[] = {
	{ "a name", "<style>p{display:none}</style><p>a<div>b", "{display}a{visible}b" },
	{ "a class and an id", "<style>.x{display:none}#y{display:none}</style><p class='w x'>a<p id=y>b<p>c",
	    "{display}a\n\nb{visible}c" },
	{ "all of a compound", "<style>p.x{display:none}</style><p>a<b class=x>b</b><p class=x>c",
	    "ab{display}c" },
	{ "a list", "<style>b , i,u{display:none}</style><b>a</b><i>b</i><u>c</u>d",
	    "{display}abc{visible}d" },
	{ "below another", "<style>.x b{display:none}</style><b>a</b><p class=x><i><b>b</b></i>c",
	    "a{display}b{visible}\n\nc" },
	{ "directly below", "<style>.x>b{display:none}</style><p class=x><i><b>a</b></i><b>b</b>",
	    "a{display}b" },
	{ "the heavier rule", "<style>#x{display:block}.y{display:none}p{display:none}</style>"
	    "<p id=x class=y>a<p class=y>b", "a{display}b" },
	{ "the later one of equals", "<style>.x{display:none}.y{display:block}</style><p class='y x'>a", "a" },
	{ "its own style is heavier", "<style>p{display:none}</style><p style='display:block'>a", "a" },
	{ "an important rule more so", "<style>p{display:none!important}</style><p style='display:block'>a",
	    "{display}a" },
	{ "all elements", "<style>*{font-size:0}b{font-size:9px}</style><p>a<b>b", "{size}a{visible}b" },
	{ "comments and strings", "<style>/*p{*/p{content:'}';/*;*/display:none}/* </style><p>a",
	    "{display}a" },
	{ "around it what old pages have", "<style><!-- p{display:none} --></style><p>a", "{display}a" },
	{ "what is not kept matches nothing", "<style>p:hover{display:none}p[x]{display:none}"
	    "i+p{display:none}</style><i></i><p x>a", "a" },
	{ "a wide screen", "<style>@media screen and (min-width:600px){p{display:none}}</style><p>a",
	    "{display}a" },
	{ "a small screen", "<style>@media(max-width:600px){p{display:none}}</style><p>a", "a" },
	{ "print and dark", "<style>@media print{p{display:none}}@media (prefers-color-scheme:dark){"
	    "p{color:#fff}}</style><p>a", "a" },
	{ "one that small screens show", "<style>@media(max-width:600px){.x{display:block!important}}</style>"
	    "<p class=x style='display:none'>a<p style='display:none'>b", "{other-screen}a{display}\n\nb" },
	{ "rules after a block", "<style>@media print{a{b:c}}p{display:none}</style><p>a", "{display}a" },
	{ "animations", "<style>@keyframes a{from{display:none}to{display:none}}p{display:none}</style>"
	    "<p>a</p><from>b", "{display}a{visible}b" },
	{ "for whom", "<style media=print>p{display:none}</style><p>a", "a" },
	{ "addresses", "<style>@import 'a';@import url(b);p{background:url( \"c\" )}"
	    "@font-face{src:url(d)}</style>", "{css a}{css b}{css c}{css d}" },
	{ "one that is not ended", "<style>p{display:none", "{found html-raw-unended}" },
	{ "a sheet after text", "a<style>p{display:none}</style><p>b", "a{found html-style-late}{display}b" },
	{ "rules at the limit", "<style>a{top:0}b{top:0}i{top:0}u{top:0}s{top:0}p{display:none}</style><p>a",
	    "{display}a" },
	{ "rules past it", "<style>a{top:0}b{top:0}i{top:0}u{top:0}s{top:0}q{top:0}p{display:none}</style>"
	    "<p>a", "{found html-style-limit}a" },
	{ "the same again is no further one", "<style>a{top:0}b{top:0}i{top:0}u{top:0}p{top:0}p{left:0}"
	    "p{display:none}</style><p>a", "{display}a" },
};

static const struct row tree_rows[] = {
	{ "a paragraph ends the one before", "<p style='display:none'>a<p>b", "{display}a{visible}b" },
	{ "items and cells too", "<ul><li style='display:none'>a<li>b</ul><table><tr>"
	    "<td style='display:none'>c<td>d<tr style='display:none'><td>e<tr><td>f",
	    "{display}* a{visible}* b{display}\n\nc{visible}\n\nd{display}\ne{visible}\nf" },
	{ "a block ends what is open in it", "<div><span style='display:none'>a</div>b",
	    "{display}a{visible}b" },
	{ "but not formatting", "<div><font color=white>a</div>b<p>c</font>d",
	    "{colour}a\nb\n\nc{visible}d" },
	{ "which ends with its cell", "<table><tr><td><font color=white>a</td><td>b", "{colour}a{visible}b" },
	{ "formatting that ends below a block", "<font color=white><div>a</font>b</div>c",
	    "{colour}a{visible}b\nc" },
	{ "a plain element does not", "<span style='display:none'><div>a</span>b</div>c</span>d",
	    "{display}ab\nc{visible}d" },
	{ "no end tag reaches out of a cell", "<div style='display:none'><table><tr><td>a</div>b</table>c</div>d",
	    "{display}a\nb\nc{visible}d" },
	{ "end tags of nothing", "a</div></b></x></td>b", "a\nb" },
	{ "unknown elements", "<x:y style='display:none'>a</x:z>b</x:y>c", "{display}ab{visible}c" },
	{ "a second body", "<body><div>a<body style='display:none'>b</body></html>c", "abc" },
	{ "at the limit of depth", "<b><i><u><s><b><i><u><p style='display:none'>a</p>b",
	    "{display}a{visible}b" },
	{ "past it looks are not known", "<b><i><u><s><b><i><u><s><p style='display:none'>a</p></s></u>b",
	    "{found html-depth}a\n\nb" },
	{ "an unended tag", "a<b c", "a{found html-tag-unended}" },
};

static const struct row link_rows[] = {
	{ "a link", "a <a href='b&amp;c'>d <b>e</b></a>", "a d e{a b&c \"d e\"}" },
	{ "without its end", "<a href=b>c<a href=d>e", "c{a b \"c\"}e{a d \"e\"}" },
	{ "over cells and blocks", "<table><tr><td><a href=b>c</td><td>d</table><a href=e><div>f</div>g</a>",
	    "c{a b \"c\"}\td\nf\ng{a e \"f g\"}" },
	{ "of an image", "<a href=b><img src=c alt=d></a>", "{img c}{alt}d{a b \"d\" ia}" },
	{ "with nothing to see", "<a href=b></a><a href=c><span style='display:none'>d</span></a>"
	    "<a href=f><img src=g width=1 height=1></a>",
	    "{a b e}{display}d{a c e}{img g}{a f e}" },
	{ "hidden", "<p style='display:none'><a href=b>c</a>", "{display}c{a b he}" },
	{ "text at the limit", "<a href=b>0123456789ab</a>", "0123456789ab{a b \"0123456789ab\"}" },
	{ "past it", "<a href=b>0123456789 abc</a>", "0123456789 abc{a b \"0123456789 a\" t}" },
	{ "characters stay whole", "<a href=b>01234567890\xc3\xa9 c</a>",
	    "01234567890\xc3\xa9 c{a b \"01234567890\" t}" },
	{ "an address past the limit",
	    "<a href='0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "012345678901234567890123456789012345678901234567890123456789x'>c</a>",
	    "{found html-value-long}c{a 0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "012345678901234567890123456789012345678901234567890123456789 \"c\" u}" },
	{ "addresses everywhere", "<base href=a><link href=b><area href=c><form action=d></form>"
	    "<iframe src=e></iframe><object data=f></object><embed src=g><video src=h poster=i></video>"
	    "<script src=j></script><td background=k><input type=image src=l><button formaction=m>"
	    "<a ping=n><blockquote cite=o>",
	    "{base a}{found html-base a}{link b}{area c}{form d}{found html-form d}"
	    "{form  d p0 t0 f0 h0 b0}{iframe e h}{found html-iframe e}{object f}{found html-object f}"
	    "{object g}{media h h}{img i h}{script j h}{found html-script j}{background k}{img l}{form m}"
	    "{ping n}{other o}{inputs   p0 t0 f0 h0 b1}" },
	{ "sets of images", "<img srcset='a 1x,b 2x, c,d'>", "{img a}{img b}{img c,d}" },
	{ "a page that goes elsewhere", "<meta http-equiv=Refresh content=\"0; URL='a'\"><meta content='1;url=b'>",
	    "{refresh a}{found html-refresh a}" },
	{ "scripts in addresses", "<a href=' java\nscript:b'>c</a>",
	    "c{found html-script-url  java\nscript:b}{a  java\nscript:b \"c\"}" },
	{ "documents in addresses", "<a href='data:text/html,b'>c</a><img src='data:image/png,'>",
	    "c{found html-data-url data:text/html,b}{a data:text/html,b \"c\"}{img data:image/png,}" },
	{ "handlers", "<p onclick='a()' online>b<p on=1 onx>", "{found html-event-handler onclick}b" },
	{ "a tag in parts", "<a x1 x2 x3 x4 href=b x5 x6 x7 href=c x8 x9>d</a>",
	    "{found html-tag-long}d{a b \"d\"}" },
	{ "a form", "<form METHOD=Post action=a><input name=b><input type=password><input type=Hidden>"
	    "<input type=file><input type=checkbox><textarea></textarea></form><input>",
	    "{form a}{found html-form a}{found html-password}{form post a p1 t2 f1 h1 b0}"
	    "{inputs   p0 t1 f0 h0 b0}" },
	{ "a form in a form", "<form action=a><input><form action=b></form>",
	    "{form a}{found html-form a}{form b}{form  a p0 t1 f0 h0 b0}{form  b p0 t0 f0 h0 b0}" },
};

static const struct row image_rows[] = {
	{ "a beacon", "<img src=a width=1 height='1' alt=''>", "{img a}{image a 1x1 \"\"}" },
	{ "by its style", "<img src=a width=9 style='width:0;height:1px'>", "{img a}{image a 0x1 \"\"}" },
	{ "not known", "<img src=a width='50%' height=auto>", "{img a}{image a -1x-1 \"\"}" },
	{ "hidden", "<img src=a style='display:none'><div hidden><img src=b></div>",
	    "{img a h}{image a -1x-1 \"\" h}{img b h}{image b -1x-1 \"\" h}" },
	{ "small letters do not hide it", "<p style='font-size:0;color:#fff'><img src=a>",
	    "{img a}{image a -1x-1 \"\"}" },
	{ "in a comment for some", "<!--[if mso]><img src=a><![endif]-->", "{img a c}{image a -1x-1 \"\" c}" },
};

static const struct row unseen_rows[] = {
	{ "characters without width", "V\xe2\x80\x8bi\xe2\x81\xa0" "a\xef\xbb\xbfg\xcd\x8fra",
	    "Via{found html-words-split}gra" },
	{ "soft hyphens are no trick", "a\xc2\xad" "b\xc2\xad" "c\xc2\xad" "d", "abcd" },
	{ "in front of text they are none", "\xe2\x80\x8c&nbsp;\xe2\x80\x8c&nbsp;\xe2\x80\x8c a", "a" },
	{ "joiners stay where they are needed",
	    "\xd9\x86\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xe0\xa4\x95\xe2\x80\x8d",
	    "\xd9\x86\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xe0\xa4\x95\xe2\x80\x8d" },
	{ "and in pictures", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\xe2\x80\x8d" "a",
	    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb" "a" },
	{ "a turned direction", "a\xe2\x80\xae" "b", "a{found html-bidi-override}b" },
	{ "tags", "a\xf3\xa0\x81\xa1", "a{found html-tag-characters}" },
	{ "tags of a flag", "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7", "\xf0\x9f\x8f\xb4" },
	{ "a word split by tags stays whole", "V<span style='display:none'>x</span>i<b></b>a",
	    "V{display}x{visible}ia" },
};

static void
run(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct view_spoken s = *(struct view_spoken *)ctx;
	struct sl_view *view;
	struct sl_slice piece;

	sl_buf_init(&s.out, 1u << 20);
	view = sl_view_new(&limits, &view_spoken_sink, &s);
	while (cuts_next(cuts, &piece)) {
		unsigned char *copy = sl_xmemdup(piece.ptr, piece.len);

		sl_view_feed(view, copy, piece.len);
		sl_free(copy);
	}
	sl_view_finish(view);
	sl_view_free(&view);
	assert_null(view);
	sl_buf_add_slice(result, sl_buf_slice(&s.out));
	sl_buf_fini(&s.out);
}

/* Whole first, for all rows; then cut, where only what differs is told. */
static void
check_rows(const struct row *rows, size_t count, bool findings, bool images)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct view_spoken s = { .findings = findings, .images = images };
		struct cuts cuts = { .in = sl_slice_str(rows[i].in), .piece = SIZE_MAX / 2 };
		struct sl_buf result;

		sl_buf_init(&result, 1u << 20);
		run(&s, &cuts, &result);
		if (strcmp(sl_buf_cstr(&result), rows[i].out) != 0) {
			print_error("%s:\n%s\nnot\n%s\n", rows[i].name, sl_buf_cstr(&result),
			    rows[i].out);
			wrong++;
		}
		sl_buf_fini(&result);
	}
	assert_int_equal(wrong, 0);
	for (size_t i = 0; i < count; i++) {
		struct view_spoken s = { .findings = findings, .images = images };

		cuts_check(sl_slice_str(rows[i].in), run, &s, rows[i].out, strlen(rows[i].out));
	}
}

static void
text_reads_like_a_text_browsers(void **state)
{
	check_rows(text_rows, SL_COUNT(text_rows), false, false);
}

static void
what_is_hidden_is_told_from_what_is_not(void **state)
{
	check_rows(hidden_rows, SL_COUNT(hidden_rows), false, false);
}

static void
style_sheets_hide_as_in_browsers(void **state)
{
	check_rows(sheet_rows, SL_COUNT(sheet_rows), true, false);
}

static void
elements_end_where_browsers_end_them(void **state)
{
	check_rows(tree_rows, SL_COUNT(tree_rows), true, false);
}

static void
every_address_is_given(void **state)
{
	check_rows(link_rows, SL_COUNT(link_rows), true, false);
}

static void
images_have_their_extents(void **state)
{
	check_rows(image_rows, SL_COUNT(image_rows), false, true);
}

static void
characters_that_do_not_show_are_left_out(void **state)
{
	check_rows(unseen_rows, SL_COUNT(unseen_rows), true, false);
}

/* Feed `unit` so often after `before`, `after` at last. Returns the view; free it. */
static struct sl_view *
feed_many(const char *before, const char *unit, size_t times, const char *after)
{
	static const struct sl_view_sink none = { NULL };
	struct sl_view *view = sl_view_new(NULL, &none, NULL);

	sl_view_feed(view, (const unsigned char *)before, strlen(before));
	for (size_t i = 0; i < times; i++)
		sl_view_feed(view, (const unsigned char *)unit, strlen(unit));
	sl_view_feed(view, (const unsigned char *)after, strlen(after));
	sl_view_finish(view);
	return view;
}

static void
a_million_of_anything_is_all_seen(void **state)
{
	const size_t n = 1000000;
	struct sl_view *view = feed_many("", "<b>x", n, "");

	assert_int_equal(sl_view_totals(view)->text_bytes[SL_VIEW_VISIBLE], n);
	sl_view_free(&view);
	view = feed_many("", "<a href=b>", n, "");
	assert_int_equal(sl_view_totals(view)->links, n);
	sl_view_free(&view);
	view = feed_many("<p style=display:none>", "<div>x", n, "");
	assert_int_equal(sl_view_totals(view)->text_bytes[SL_VIEW_VISIBLE] +
	    sl_view_totals(view)->text_bytes[SL_VIEW_DISPLAY], n);
	sl_view_free(&view);
	view = feed_many("<style>", ".x b{display:none}", n, "</style><b>x");
	assert_int_equal(sl_view_totals(view)->text_bytes[SL_VIEW_VISIBLE], 1);
	sl_view_free(&view);
	view = feed_many("<!--[if mso]>", "<a href=b>x", n, "");
	assert_int_equal(sl_view_totals(view)->links, n);
	assert_int_equal(sl_view_totals(view)->text_bytes[SL_VIEW_CONDITIONAL], n);
	sl_view_free(&view);
}

static void
names_and_sentences_are_there(void **state)
{
	for (unsigned i = 0; i < SL_VIEW_KIND_COUNT; i++)
		assert_true(strlen(sl_view_kind_name((enum sl_view_kind)i)) > 1 &&
		    strlen(sl_view_kind_text((enum sl_view_kind)i)) > 3);
	for (unsigned i = 0; i < SL_VIEW_ELEMENT_COUNT; i++)
		assert_true(strlen(sl_view_element_name((enum sl_view_element)i)) > 0);
	for (unsigned i = 0; i < SL_VIEW_FINDING_COUNT; i++)
		assert_true(strncmp(sl_view_finding_name((enum sl_view_finding)i), "html-", 5) == 0 &&
		    strlen(sl_view_finding_text((enum sl_view_finding)i)) > 5);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_reads_like_a_text_browsers),
		cmocka_unit_test(what_is_hidden_is_told_from_what_is_not),
		cmocka_unit_test(style_sheets_hide_as_in_browsers),
		cmocka_unit_test(elements_end_where_browsers_end_them),
		cmocka_unit_test(every_address_is_given),
		cmocka_unit_test(images_have_their_extents),
		cmocka_unit_test(characters_that_do_not_show_are_left_out),
		cmocka_unit_test(a_million_of_anything_is_all_seen),
		cmocka_unit_test(names_and_sentences_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
