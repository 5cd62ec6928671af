/*
 * token.h - HTML into tags, text, comments and doctypes, as a browser reads it
 *
 * A push tokenizer after the states of the HTML standard (13.2.5): fed UTF-8 in any cuts, it
 * gives what a browser's tree builder would be given, references decoded, line ends LF, names of
 * tags and attributes in lower case (ASCII). It also does what the tree builder tells a tokenizer:
 * <title> and <textarea> hold text with references; <style>, <xmp>, <iframe>, <noembed> and
 * <noframes> raw text; <script> script data; after <plaintext> all is text; inside <svg> and
 * <math> none of this is so, and there alone "<![CDATA[" opens a section. Scripting is off (it is
 * in mail programs), so <noscript> holds markup.
 *
 * It never fails: what is odd is a finding, given once for each kind. Text and comments are not
 * held but given in pieces as they come. A tag that passes a limit is given all the same, coarser:
 * a name or value is cut (at a character), and a tag with too many attributes, or too many bytes
 * of them, is given in several parts, so that no attribute is out of sight.
 *
 * Memory: the limits' tag_bytes_max, about 50 bytes for each of attrs_max, and some hundred.
 * Time: linear; no byte is looked at more than a few times. Cuts change nothing but the lengths of
 * the pieces of text and comments, which may split a character; a finding stands where it was found.
 *
 * Limits: bytes that are not UTF-8 pass as they are. Without a tree, what <select>, <template> or
 * <frameset> forbid is read as if allowed. In <svg> and <math> one level of HTML within (as in
 * <foreignObject>) is known, not the order of more. An attribute given twice is dropped, as it
 * should be, only if both stand in one part.
 */
#ifndef SL_HTML_TOKEN_H
#define SL_HTML_TOKEN_H

#include "sl/base.h"

/* What is odd: name, and the sentence for it. */
#define SL_HTML_FINDINGS(X)							\
	X(SL_HTML_NAME_LONG, "a name longer than the limit")			\
	X(SL_HTML_VALUE_LONG, "an attribute longer than the limit")		\
	X(SL_HTML_TAG_LONG, "a tag with more attributes than the limit")	\
	X(SL_HTML_ATTR_TWICE, "an attribute given twice")			\
	X(SL_HTML_NUL, "a NUL character")					\
	X(SL_HTML_TAG_UNENDED, "a tag without its end")				\
	X(SL_HTML_COMMENT_UNENDED, "a comment without its end")			\
	X(SL_HTML_RAW_UNENDED, "raw text without its end tag")

enum sl_html_finding {
#define SL_HTML_FINDING_ENUM(name, text) name,
	SL_HTML_FINDINGS(SL_HTML_FINDING_ENUM)
#undef SL_HTML_FINDING_ENUM
};

/* The sentence for a finding; never NULL, static. */
const char	*sl_html_finding_text(enum sl_html_finding finding);

/* What kind of text it is. */
enum sl_html_content {
	SL_HTML_DATA,		/* between tags; NUL stands as it came (tree builders drop it) */
	SL_HTML_RCDATA,		/* title, textarea */
	SL_HTML_RAWTEXT,	/* style, xmp, iframe, noembed, noframes */
	SL_HTML_SCRIPT,
	SL_HTML_PLAINTEXT,
	SL_HTML_CDATA,
};

struct sl_html_attr {
	struct sl_slice	name, value;
	bool		cut;		/* the name or the value passed its limit */
};

struct sl_html_tag {
	struct sl_slice			 name;
	const struct sl_html_attr	*attrs;		/* as they stand; the first of one name */
	size_t				 attrs_len;
	unsigned			 part;		/* 0, or more of the tag before */
	bool				 last;		/* no more parts follow */
	bool				 self_closing;	/* "/>"; known in the last part */
};

struct sl_html_doctype {
	struct sl_slice	name, public_id, system_id;	/* ptr NULL: not given */
	bool		quirks;			/* not well-formed: read as an old browser would */
};

/* NULL members are not called. All arguments are borrowed for the call. */
struct sl_html_sink {
	void	(*start_tag)(void *ctx, const struct sl_html_tag *tag);
	void	(*end_tag)(void *ctx, struct sl_slice name);
	/* Never empty; text after text goes on. */
	void	(*text)(void *ctx, struct sl_slice text, enum sl_html_content content);
	/* A piece, may be empty; `end` with the last one. */
	void	(*comment)(void *ctx, struct sl_slice text, bool end);
	void	(*doctype)(void *ctx, const struct sl_html_doctype *doctype);
	void	(*finding)(void *ctx, enum sl_html_finding finding);
};

struct sl_html_limits {
	/* Of a tag's or attribute's name, and a doctype's strings. At least 32, so that a name which
	 * is cut is none that matters. */
	size_t	name_bytes_max;
	size_t	value_bytes_max;	/* of an attribute's value, decoded; at least 1 */
	size_t	attrs_max;		/* in one part of a tag; at least 1 */
	size_t	tag_bytes_max;		/* of it in all; at least three names and a value */
};

extern const struct sl_html_limits sl_html_limits_default;

struct sl_html;

/* `limits` NULL: the default ones. `sink` and `ctx` are kept. Never NULL. */
struct sl_html	*sl_html_new(const struct sl_html_limits *limits, const struct sl_html_sink *sink,
		    void *ctx);
void	sl_html_free(struct sl_html **html);	/* NULL is fine */
/* Begin anew, at any time, as if just made. */
void	sl_html_reset(struct sl_html *html);
/* Read what comes next as the content of `element` (in lower case, at most 16 bytes, may be empty);
 * before the first feed, for a fragment. */
void	sl_html_enter(struct sl_html *html, enum sl_html_content content, struct sl_slice element);
void	sl_html_feed(struct sl_html *html, const unsigned char *data, size_t len);
/* No more comes: gives what is still open. After it only _free may be called. */
void	sl_html_finish(struct sl_html *html);

#endif
