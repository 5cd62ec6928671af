/*
 * view.h - what a person would see of HTML, and what is hidden from him
 *
 * A push reader on top of token.h: fed UTF-8 in any cuts, it gives in document order the text with
 * its kind (seen, or why not), links, images, forms, scripts and findings. The text of ordinary mail
 * reads like the dump of a text browser: white space is one space (outside <pre>; the spaces of
 * Unicode and &nbsp; too), blocks and <br> are line ends, paragraphs an empty line, cells a tab,
 * items "* ". It is always UTF-8, a character is never split, what was none is U+FFFD. Each kind's
 * text, put together, reads on: breaks between are in front of what follows. Characters that show
 * nothing (zero width, soft hyphen, joiners outside the scripts and emoji that need them, tags,
 * direction marks) are left out and counted.
 *
 * What hides: style attributes, <style> (selectors of names, classes and ids, with ' ' and '>';
 * @media as far as it holds for a wide screen that is not dark), the old attributes, and elements
 * never shown. Sizes up to 2 px, colours within SL_VIEW_COLOUR_NEAR of the background in each of
 * red, green and blue, opacity up to a tenth. When it is not known (a background image), text counts
 * as seen. Scripting is off, as in mail programs, so <noscript> is seen. "mso-hide:all" hides in one
 * family of programs only: such text is seen. Comments for these programs ("[if mso]") are read for
 * their text and links too.
 *
 * Memory: that of token.h, twice when there are such comments; for each element open (at most
 * depth_max) about 130 bytes; sheet_bytes_max, and about 100 bytes for each of rules_max; the link at
 * hand (value_bytes_max, link_text_max); about 5 KiB. All but the last is allocated as needed.
 * Time: linear; what could be more (style rules that need many looks, misnested tags) is counted
 * against the bytes read, and when that is used up is done in a coarser way, with a finding.
 * Cuts change nothing but where text of one kind is cut.
 *
 * Limits: no layout: what is covered by something else, or pushed out by padding, is seen. A style
 * sheet holds for what follows it only (a finding tells of one after text). Selectors with
 * attributes, pseudo-classes, '+' and '~' match nothing. Tags nested beyond depth_max are read, but
 * not what they say of looks. Style sheets elsewhere are not known.
 */
#ifndef SL_HTML_VIEW_H
#define SL_HTML_VIEW_H

#include "html/token.h"

#define SL_VIEW_COLOUR_NEAR	20	/* of 255 */

/* Kind of text: name, whether it is hidden from the reader, sentence. */
#define SL_VIEW_KINDS(X)								\
	X(VISIBLE, "visible", false, "seen")						\
	X(ALT, "alt", false, "seen where an image is not")				\
	X(TITLE, "title", false, "the title, which mail programs do not show")		\
	X(SIZE, "size", true, "in letters too small to read")				\
	X(COLOUR, "colour", true, "in the colour of the background")			\
	X(DISPLAY, "display", true, "not displayed")					\
	X(OTHER_SCREEN, "other-screen", true, "displayed on other (small) screens only")	\
	X(VISIBILITY, "visibility", true, "made invisible")				\
	X(OPACITY, "opacity", true, "made transparent")					\
	X(POSITION, "position", true, "placed outside the page")			\
	X(CLIP, "clip", true, "in a box without room")					\
	X(FALLBACK, "fallback", true, "for programs that do not know an element")	\
	X(CONDITIONAL, "conditional", true, "in a comment that some programs read")	\
	X(COMMENT, "comment", true, "in a comment")					\
	X(SCRIPT, "script", true, "of a script, as it stands")

enum sl_view_kind {
#define SL_VIEW_KIND_ENUM(id, name, hidden, text) SL_VIEW_##id,
	SL_VIEW_KINDS(SL_VIEW_KIND_ENUM)
#undef SL_VIEW_KIND_ENUM
	SL_VIEW_KIND_COUNT,
};

const char	*sl_view_kind_name(enum sl_view_kind kind);
bool		 sl_view_kind_hidden(enum sl_view_kind kind);
const char	*sl_view_kind_text(enum sl_view_kind kind);

/* Where a link stands: name, what it is. */
#define SL_VIEW_ELEMENTS(X)								\
	X(A, "a", "a link to click")							\
	X(AREA, "area", "an area of an image to click")					\
	X(FORM, "form", "where a form is sent (also of a button)")			\
	X(PING, "ping", "told when a link is followed")					\
	X(IMG, "img", "an image")							\
	X(BACKGROUND, "background", "a background image")				\
	X(CSS, "css", "url() or @import in a style")					\
	X(LINK, "link", "a linked resource, such as a style sheet")			\
	X(IFRAME, "iframe", "a document shown inside")					\
	X(OBJECT, "object", "a plug-in's data (object, embed, applet)")			\
	X(MEDIA, "media", "sound or video")						\
	X(SCRIPT_SRC, "script", "a script")						\
	X(BASE, "base", "what relative links are relative to")				\
	X(REFRESH, "refresh", "where the page goes by itself")				\
	X(OTHER, "other", "a quotation's source, a description")

enum sl_view_element {
#define SL_VIEW_ELEMENT_ENUM(id, name, text) SL_VIEW_IN_##id,
	SL_VIEW_ELEMENTS(SL_VIEW_ELEMENT_ENUM)
#undef SL_VIEW_ELEMENT_ENUM
	SL_VIEW_ELEMENT_COUNT,
};

const char	*sl_view_element_name(enum sl_view_element element);

enum sl_view_flag {
	SL_VIEW_HIDDEN = 1 << 0,	/* where it stands nothing is seen */
	SL_VIEW_EMPTY = 1 << 1,		/* a link with neither text nor image to see */
	SL_VIEW_IMAGE = 1 << 2,		/* a link with an image in it */
	SL_VIEW_ALT_TEXT = 1 << 3,	/* some of its text is an image's alternative */
	SL_VIEW_TEXT_CUT = 1 << 4,	/* its text went on */
	SL_VIEW_URL_CUT = 1 << 5,	/* its address is longer than value_bytes_max */
	SL_VIEW_IN_CONDITIONAL = 1 << 6,	/* in a comment that some programs read */
};

struct sl_view_link {
	enum sl_view_element	element;
	struct sl_slice		url;	/* as found, references decoded; may be relative, or anything */
	struct sl_slice		text;	/* of <a>: what is seen, and alternatives of images; else empty */
	unsigned		flags;	/* of enum sl_view_flag */
};

struct sl_view_image {
	struct sl_slice	src, alt;	/* ptr NULL: not given */
	int		width, height;	/* px, by style or attribute; -1: not known */
	unsigned	flags;		/* HIDDEN, URL_CUT, IN_CONDITIONAL */
};

struct sl_view_form {
	struct sl_slice	action;		/* as found; empty if none */
	struct sl_slice	method;		/* in lower case; empty if none */
	unsigned	passwords, texts, files, hiddens, buttons;	/* inputs of a kind */
	bool		open;		/* inputs outside any form: all but the counts are empty */
	unsigned	flags;		/* HIDDEN, URL_CUT, IN_CONDITIONAL */
};

/* What is odd or active: name, sentence. The last are those of token.h. */
#define SL_VIEW_FINDINGS(X)								\
	X(HAS_SCRIPT, "html-script", "there is a script")				\
	X(HAS_HANDLER, "html-event-handler", "an attribute holds a script")		\
	X(HAS_SCRIPT_URL, "html-script-url", "a link holds a script")			\
	X(HAS_DATA_URL, "html-data-url", "a link to click holds a document")		\
	X(HAS_REFRESH, "html-refresh", "the page goes elsewhere by itself")		\
	X(HAS_BASE, "html-base", "relative links are made to point elsewhere")		\
	X(HAS_IFRAME, "html-iframe", "a document is shown inside")			\
	X(HAS_OBJECT, "html-object", "there is a plug-in's data")			\
	X(HAS_FORM, "html-form", "there is a form")					\
	X(HAS_PASSWORD, "html-password", "a password is asked for")			\
	X(BIDI_OVERRIDE, "html-bidi-override", "the direction of text is turned over")	\
	X(WORDS_SPLIT, "html-words-split", "words are split by characters that do not show")	\
	X(TAG_CHARACTERS, "html-tag-characters", "text in characters that do not show")	\
	X(STYLE_LATE, "html-style-late", "a style sheet comes after text")		\
	X(STYLE_LIMIT, "html-style-limit", "more style rules than are kept")		\
	X(DEPTH, "html-depth", "tags are nested too deeply")				\
	X(WORK, "html-work", "styles or nesting that cost too much were read coarsely")	\
	X(NAME_LONG, "html-name-long", "a name longer than the limit")			\
	X(VALUE_LONG, "html-value-long", "an attribute longer than the limit")		\
	X(TAG_LONG, "html-tag-long", "a tag with more attributes than the limit")	\
	X(ATTR_TWICE, "html-attribute-twice", "an attribute given twice")		\
	X(NUL, "html-nul", "a NUL character")						\
	X(TAG_UNENDED, "html-tag-unended", "a tag without its end")			\
	X(COMMENT_UNENDED, "html-comment-unended", "a comment without its end")		\
	X(RAW_UNENDED, "html-raw-unended", "raw text without its end tag")

enum sl_view_finding {
#define SL_VIEW_FINDING_ENUM(id, name, text) SL_VIEW_FOUND_##id,
	SL_VIEW_FINDINGS(SL_VIEW_FINDING_ENUM)
#undef SL_VIEW_FINDING_ENUM
	SL_VIEW_FINDING_COUNT,
};

const char	*sl_view_finding_name(enum sl_view_finding finding);
const char	*sl_view_finding_text(enum sl_view_finding finding);

/* NULL members are not called. All arguments are borrowed for the call. */
struct sl_view_sink {
	/* Never empty; text after text of one kind goes on. */
	void	(*text)(void *ctx, struct sl_slice text, enum sl_view_kind kind);
	/* An <a> comes when it ends, after its text. */
	void	(*link)(void *ctx, const struct sl_view_link *link);
	void	(*image)(void *ctx, const struct sl_view_image *image);	/* and its link before */
	void	(*form)(void *ctx, const struct sl_view_form *form);	/* when it ends */
	/* Once for each kind; detail (the attribute, the target, ...) may be empty. */
	void	(*finding)(void *ctx, enum sl_view_finding finding, struct sl_slice detail);
	/* Every start tag, as token.h gives it, before what it causes. */
	void	(*tag)(void *ctx, const struct sl_html_tag *tag);
};

struct sl_view_totals {
	uint64_t	text_bytes[SL_VIEW_KIND_COUNT];	/* without breaks */
	uint64_t	style_bytes;		/* of <style> */
	uint32_t	links, images, forms, scripts;
	uint32_t	invisible;		/* characters left out since they show nothing ... */
	uint32_t	in_words;		/* ... of these between letters that need none */
	uint32_t	soft_hyphens, tags, bidi_overrides;
};

struct sl_view_limits {
	struct sl_html_limits	html;
	unsigned		depth_max;	/* 8 to 1000 */
	size_t			link_text_max;	/* bytes; at least 8 */
	unsigned		rules_max;	/* at most 4096 */
	size_t			sheet_bytes_max;	/* of selectors; at most 65535 */
};

extern const struct sl_view_limits sl_view_limits_default;

struct sl_view;

/* `limits` NULL: the default ones. `sink` and `ctx` are kept. Never NULL. */
struct sl_view	*sl_view_new(const struct sl_view_limits *limits, const struct sl_view_sink *sink,
		    void *ctx);
void	sl_view_free(struct sl_view **view);	/* NULL is fine */
void	sl_view_feed(struct sl_view *view, const unsigned char *data, size_t len);
/* No more comes: gives what is still open. After it only _totals and _free may be called. */
void	sl_view_finish(struct sl_view *view);
const struct sl_view_totals *sl_view_totals(const struct sl_view *view);

#endif
