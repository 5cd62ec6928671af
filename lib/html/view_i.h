/*
 * view_i.h - the view's inside: elements and attributes, what is open, how it looks, where text goes
 *
 * element.c knows names; look.c puts styles together; open.c keeps the elements that are open;
 * flow.c writes text; link.c finds addresses, images and forms; aside.c reads what stands in
 * comments; view.c is told by the tokenizer and tells them.
 */
#ifndef SL_HTML_VIEW_I_H
#define SL_HTML_VIEW_I_H

#include "html/sheet.h"
#include "html/view.h"
#include "sl/buf.h"

/* What is to be known of an element. */
enum element_flag {
	IS_VOID = 1 << 0,	/* has no end tag and no content */
	IS_LINE = 1 << 1,	/* stands on lines of its own */
	IS_PARAGRAPH = 1 << 2,	/* with an empty line around it */
	IS_CELL = 1 << 3,
	IS_FORMAT = 1 << 4,	/* "formatting": outlives blocks that end around it (13.2.4.3) */
	IS_SPECIAL = 1 << 5,	/* end tags of plain elements do not reach through it (13.2.4.2) */
	IS_MARKER = 1 << 6,	/* no end tag but of tables reaches through it, formatting ends with it */
	IS_TABLE_PART = 1 << 7,	/* a height does not clip it */
	IS_NONE = 1 << 8,	/* never displayed */
	IS_FALLBACK = 1 << 9,	/* its content is for programs that do not know it */
	IS_PRE = 1 << 10,
	IS_RAW = 1 << 11,	/* the tokenizer gives its content as text */
	IS_CONTROL = 1 << 12,	/* has colours of its own */
	ENDS_P = 1 << 13,	/* its start tag ends an open <p> */
};

#define BLOCK	(IS_LINE | IS_SPECIAL | ENDS_P)
#define PARA	(BLOCK | IS_PARAGRAPH)
#define ROWS	(IS_LINE | IS_SPECIAL | IS_TABLE_PART)

/* Those of one first letter together, frequent ones first. */
#define ELEMENTS(X)									\
	X(A, "a", IS_FORMAT) X(AREA, "area", IS_VOID) X(ARTICLE, "article", BLOCK)	\
	X(ASIDE, "aside", BLOCK) X(AUDIO, "audio", IS_FALLBACK) X(ADDRESS, "address", BLOCK)	\
	X(APPLET, "applet", IS_SPECIAL | IS_MARKER)					\
	X(B, "b", IS_FORMAT) X(BR, "br", IS_VOID) X(BODY, "body", IS_SPECIAL | IS_LINE)	\
	X(BIG, "big", IS_FORMAT) X(BLOCKQUOTE, "blockquote", PARA)			\
	X(BUTTON, "button", IS_SPECIAL | IS_CONTROL) X(BASE, "base", IS_VOID)		\
	X(BASEFONT, "basefont", IS_VOID) X(BGSOUND, "bgsound", IS_VOID)			\
	X(CENTER, "center", BLOCK) X(CODE, "code", IS_FORMAT) X(COL, "col", IS_VOID)	\
	X(CAPTION, "caption", ROWS | IS_MARKER) X(COLGROUP, "colgroup", IS_NONE | IS_SPECIAL)	\
	X(CANVAS, "canvas", IS_FALLBACK)						\
	X(DIV, "div", BLOCK) X(DD, "dd", BLOCK) X(DL, "dl", PARA) X(DT, "dt", BLOCK)	\
	X(DETAILS, "details", BLOCK) X(DIR, "dir", PARA) X(DIALOG, "dialog", BLOCK)	\
	X(DATALIST, "datalist", IS_NONE)						\
	X(EM, "em", IS_FORMAT) X(EMBED, "embed", IS_VOID)				\
	X(FONT, "font", IS_FORMAT) X(FORM, "form", BLOCK) X(FIGURE, "figure", BLOCK)	\
	X(FOOTER, "footer", BLOCK) X(FIELDSET, "fieldset", BLOCK)			\
	X(FIGCAPTION, "figcaption", BLOCK) X(FRAME, "frame", IS_VOID)			\
	X(FRAMESET, "frameset", IS_SPECIAL)						\
	X(HTML, "html", IS_SPECIAL | IS_MARKER) X(HEAD, "head", IS_SPECIAL) X(HR, "hr", IS_VOID | ENDS_P)	\
	X(H1, "h1", PARA) X(H2, "h2", PARA) X(H3, "h3", PARA) X(H4, "h4", PARA)		\
	X(H5, "h5", PARA) X(H6, "h6", PARA) X(HEADER, "header", BLOCK)			\
	X(HGROUP, "hgroup", BLOCK)							\
	X(I, "i", IS_FORMAT) X(IMG, "img", IS_VOID) X(INPUT, "input", IS_VOID)		\
	X(IFRAME, "iframe", IS_FALLBACK | IS_RAW | IS_SPECIAL) X(IMAGE, "image", IS_VOID)	\
	X(KEYGEN, "keygen", IS_VOID)							\
	X(LI, "li", BLOCK) X(LINK, "link", IS_VOID) X(LISTING, "listing", PARA | IS_PRE)	\
	X(LEGEND, "legend", IS_LINE)							\
	X(META, "meta", IS_VOID) X(MAIN, "main", BLOCK) X(MENU, "menu", PARA)		\
	X(MARQUEE, "marquee", IS_SPECIAL | IS_MARKER | IS_LINE) X(MARK, "mark", IS_CONTROL)	\
	X(NOBR, "nobr", IS_FORMAT) X(NAV, "nav", BLOCK)					\
	X(NOEMBED, "noembed", IS_FALLBACK | IS_RAW | IS_SPECIAL)			\
	X(NOFRAMES, "noframes", IS_FALLBACK | IS_RAW | IS_SPECIAL)			\
	X(OL, "ol", PARA) X(OBJECT, "object", IS_SPECIAL | IS_MARKER)			\
	X(OPTION, "option", IS_LINE) X(OPTGROUP, "optgroup", IS_LINE)			\
	X(P, "p", PARA) X(PRE, "pre", PARA | IS_PRE) X(PARAM, "param", IS_VOID)		\
	X(PLAINTEXT, "plaintext", PARA | IS_PRE | IS_RAW)				\
	X(SPAN, "span", 0) X(STRONG, "strong", IS_FORMAT) X(SMALL, "small", IS_FORMAT)	\
	X(STYLE, "style", IS_NONE | IS_RAW | IS_SPECIAL) X(SUP, "sup", 0) X(SUB, "sub", 0)	\
	X(SCRIPT, "script", IS_NONE | IS_RAW | IS_SPECIAL) X(S, "s", IS_FORMAT)		\
	X(STRIKE, "strike", IS_FORMAT) X(SECTION, "section", BLOCK)			\
	X(SELECT, "select", IS_SPECIAL | IS_CONTROL) X(SOURCE, "source", IS_VOID)	\
	X(SUMMARY, "summary", BLOCK) X(SVG, "svg", 0) X(SEARCH, "search", BLOCK)	\
	X(TD, "td", IS_CELL | IS_SPECIAL | IS_MARKER | IS_TABLE_PART) X(TR, "tr", ROWS)	\
	X(TABLE, "table", ROWS | IS_MARKER | ENDS_P) X(TBODY, "tbody", ROWS)		\
	X(TH, "th", IS_CELL | IS_SPECIAL | IS_MARKER | IS_TABLE_PART)			\
	X(TITLE, "title", IS_NONE | IS_RAW | IS_SPECIAL) X(THEAD, "thead", ROWS)	\
	X(TFOOT, "tfoot", ROWS) X(TT, "tt", IS_FORMAT) X(TRACK, "track", IS_VOID)	\
	X(TEXTAREA, "textarea", IS_RAW | IS_PRE | IS_SPECIAL | IS_CONTROL)		\
	X(TEMPLATE, "template", IS_FALLBACK | IS_SPECIAL | IS_MARKER)			\
	X(U, "u", IS_FORMAT) X(UL, "ul", PARA)						\
	X(VIDEO, "video", IS_FALLBACK)							\
	X(WBR, "wbr", IS_VOID)								\
	X(XMP, "xmp", PARA | IS_PRE | IS_RAW)

enum element {
#define ELEMENT_ENUM(id, name, flags) E_##id,
	ELEMENTS(ELEMENT_ENUM)
#undef ELEMENT_ENUM
	E_KNOWN,
	E_OTHER = E_KNOWN,	/* unknown ones, by hash of their names: */
	E_COUNT = E_OTHER + 16,
};

/* The element of a name in lower case. */
enum element	element_find(struct sl_slice name);

extern const uint16_t element_flags_of[E_COUNT];

static inline unsigned
element_flags(enum element element)
{
	return element_flags_of[element];
}

/* Attributes that matter. Those of one length together. */
#define ATTRS(X)									\
	X(ID, "id")									\
	X(SRC, "src") X(ALT, "alt") X(REL, "rel")					\
	X(HREF, "href") X(TYPE, "type") X(SIZE, "size") X(TEXT, "text") X(DATA, "data")	\
	X(CITE, "cite") X(CODE, "code") X(PING, "ping") X(LINK, "link") X(OPEN, "open")	\
	X(STYLE, "style") X(CLASS, "class") X(WIDTH, "width") X(COLOR, "color") X(MEDIA, "media")	\
	X(VALUE, "value")								\
	X(HEIGHT, "height") X(HIDDEN, "hidden") X(ACTION, "action") X(METHOD, "method")	\
	X(SRCSET, "srcset") X(SRCDOC, "srcdoc") X(POSTER, "poster") X(LOWSRC, "lowsrc")	\
	X(DYNSRC, "dynsrc") X(O_HREF, "o:href")						\
	X(BGCOLOR, "bgcolor") X(CONTENT, "content") X(ARCHIVE, "archive")		\
	X(CODEBASE, "codebase") X(LONGDESC, "longdesc")					\
	X(BACKGROUND, "background") X(HTTP_EQUIV, "http-equiv")				\
	X(FORMACTION, "formaction") X(XLINK_HREF, "xlink:href")				\
	X(PLACEHOLDER, "placeholder")

enum attr {
#define ATTR_ENUM(id, name) ATTR_##id,
	ATTRS(ATTR_ENUM)
#undef ATTR_ENUM
	ATTR_COUNT,
};

/* The attributes of the tag at hand: of its last part, and copies of those before. */
struct attrs {
	uint64_t	given, cut;	/* bits are 1 << attr */
	struct sl_slice	values[ATTR_COUNT];	/* of those given */
	struct sl_slice	handler;	/* the name of the first one that holds a script */
	struct sl_buf	kept;		/* what the values of earlier parts are in */
};

void	attrs_begin(struct attrs *attrs);
/* `copy`: the tag goes on in another part. */
void	attrs_take(struct attrs *attrs, const struct sl_html_tag *tag, bool copy);

static inline bool
attr_given(const struct attrs *attrs, enum attr attr)
{
	return (attrs->given & 1ull << attr) != 0;
}

/* The value; {NULL, 0} if it is not given. */
static inline struct sl_slice
attr_get(const struct attrs *attrs, enum attr attr)
{
	return attr_given(attrs, attr) ? attrs->values[attr] : sl_slice(NULL, 0);
}

/* How text looks that stands directly in an element. */
struct look {
	struct sl_color	color, background;
	int32_t		font_size;	/* hundredths of a px */
	unsigned char	hidden;		/* enum sl_view_kind, with all in it; 0: it is not */
	unsigned char	kind;		/* of such text; what follows from the others */
	unsigned char	opacity;	/* per cent */
	bool		invisible, background_unknown, pre, indent_far;
};

/* `flags` of enum element_flag. */
void	look_apply(const struct look *parent, unsigned flags, const struct sl_style *style,
	    struct look *look_out);

#define OPEN_NONE	UINT16_MAX

struct open {
	unsigned char		 element;	/* enum element */
	bool			 other_screen;	/* displayed there */
	uint16_t		 same;		/* the one of the same element below, or OPEN_NONE */
	uint16_t		 marker, special;	/* the nearest at or below with that flag; or OPEN_NONE */
	uint32_t		 name_hash;
	struct sl_sheet_element	 described;
	struct sl_style		 style;
	struct look		 look;
};

/* Where text goes; each has its own breaks. */
enum flow_name { FLOW_SEEN, FLOW_HIDDEN, FLOW_TITLE, FLOW_ASIDE, FLOW_SCRIPT, FLOW_COUNT };

enum gap { GAP_NONE, GAP_SPACE, GAP_TAB, GAP_LINE, GAP_EMPTY_LINE };

struct flow {
	unsigned char	gap;		/* enum gap, before what comes next */
	bool		started;
	bool		item;		/* what comes next is a list's item */
	uint32_t	last;		/* the last character; 0: a break */
	uint32_t	unseen;		/* characters left out since */
	bool		joiner;		/* one of them is U+200D after a picture */
};

#define OUT_BYTES	2048
#define METHOD_MAX	16

struct anchor {
	bool		is_open, is_cut, hidden, has_seen, has_image, has_alt, url_cut, gap;
	struct sl_buf	url, text;
};

struct form {
	bool			is_open;
	struct sl_buf		action;
	unsigned char		method[METHOD_MAX];
	unsigned		method_len;
	struct sl_view_form	counts;		/* and flags; when none is open, of inputs outside */
	struct sl_view_form	loose;		/* these, while one is */
};

/* A comment, or a document in an attribute: read on its own, for text and links. */
enum aside_state { ASIDE_START, ASIDE_CONDITION, ASIDE_HTML, ASIDE_PLAIN, ASIDE_NOTHING };

#define ASIDE_HELD_MAX	9

struct aside {
	enum aside_state	 state;
	bool			 in_comment;
	unsigned char		 held[ASIDE_HELD_MAX];	/* bytes that may begin "[if" or its like */
	unsigned		 held_len;
	enum sl_view_kind	 kind;
	struct sl_html		*html;		/* NULL: not needed yet */
	struct attrs		 attrs;
};

struct sl_view {
	unsigned			 magic;
	struct sl_view_limits		 limits;
	const struct sl_view_sink	*sink;	/* kept */
	void				*ctx;	/* kept */
	struct sl_html			*html;
	unsigned			 found;	/* bit for each finding given */
	struct sl_view_totals		 totals;
	size_t				 work, work_max;	/* see view.c */

	struct attrs			 attrs;
	bool				 in_tag;	/* parts follow */

	struct sl_sheet			*sheet;	/* NULL: none yet */
	size_t				 rules_before;	/* the sheet at hand */
	struct look			 root;	/* how text looks outside all elements */
	struct sl_color			 link_color;
	struct open			*opens;
	uint16_t			 opens_len, opens_room;
	uint32_t			 beyond;	/* elements open past depth_max */
	uint16_t			 newest[E_COUNT];	/* the nearest of an element, or OPEN_NONE */
	enum element			 raw;	/* what the tokenizer gives the text of */
	bool				 skip_newline;	/* <pre> has just begun */

	struct flow			 flows[FLOW_COUNT];
	enum flow_name			 last_flow;
	unsigned char			 torn[4];	/* the beginning of a character */
	unsigned			 torn_len;
	enum sl_view_kind		 torn_kind;
	enum sl_view_kind		 out_kind;
	size_t				 out_len;
	unsigned char			 out[OUT_BYTES];

	struct anchor			 anchor;
	struct form			 form;
	struct aside			 aside;
};

/* view.c */
void	view_find(struct sl_view *v, enum sl_view_finding finding, struct sl_slice detail);
/* May so much more be done? If not, it is a finding. */
bool	view_may(struct sl_view *v, size_t work);

/* open.c */
/* How text looks here. */
static inline struct look *
open_look(struct sl_view *v)
{
	return v->opens_len == 0 ? &v->root : &v->opens[v->opens_len - 1].look;
}

void	open_push(struct sl_view *v, enum element element, uint32_t name_hash,
	    const struct sl_sheet_element *described, const struct sl_style *style,
	    bool other_screen, const struct look *look);
/* End what an element's start tag ends (13.2.6.4.7 on). */
void	open_end_implied(struct sl_view *v, enum element element);
/* An end tag. Returns false if it ends nothing. */
bool	open_end(struct sl_view *v, enum element element, uint32_t name_hash);
void	open_fini(struct sl_view *v);
const struct sl_sheet_element *open_above(const void *view, size_t i);	/* an sl_sheet_above */

/* flow.c */
void	flow_text(struct sl_view *v, struct sl_slice text, enum sl_view_kind kind, bool pre);
void	flow_gap(struct sl_view *v, enum flow_name flow, enum gap gap);
/* A break that an element of this look makes. */
void	flow_break(struct sl_view *v, const struct look *look, enum gap gap);
void	flow_line(struct sl_view *v, const struct look *look);	/* <br> */
void	flow_give_torn(struct sl_view *v);	/* what there is of a character that is not whole */
void	flow_flush(struct sl_view *v);		/* to the sink */

/* No more comes of the text: nor of its last character. */
static inline void
flow_settle(struct sl_view *v)
{
	if (v->torn_len > 0)
		flow_give_torn(v);
}

extern const unsigned char flow_of_kind[SL_VIEW_KIND_COUNT];

static inline enum flow_name
flow_of(enum sl_view_kind kind)
{
	return flow_of_kind[kind];
}

/* link.c */
/* All links of a tag but the one of <a>; `flags` of enum sl_view_flag. */
void	link_tag(struct sl_view *v, enum element element, const struct attrs *attrs, unsigned flags);
void	link_css(void *view, struct sl_slice url);	/* an sl_style_url */
void	link_give(struct sl_view *v, enum sl_view_element element, struct sl_slice url,
	    unsigned flags);
void	anchor_open(struct sl_view *v, const struct attrs *attrs, const struct look *look);
void	anchor_text(struct sl_view *v, struct sl_slice text, enum sl_view_kind kind);
void	anchor_gap(struct sl_view *v);
void	anchor_close(struct sl_view *v);

/* form.c */
void	image_tag(struct sl_view *v, const struct attrs *attrs, const struct sl_style *style,
	    const struct look *look, unsigned flags);
void	form_open(struct sl_view *v, const struct attrs *attrs, unsigned flags);
void	form_input(struct sl_view *v, const struct attrs *attrs);
void	form_close(struct sl_view *v);	/* if one is open */
void	form_fini(struct sl_view *v);	/* at the end: the one open, and inputs outside any */

/* aside.c */
void	aside_comment(struct sl_view *v, struct sl_slice text, bool end);
void	aside_document(struct sl_view *v, struct sl_slice html);	/* srcdoc= */
void	aside_fini(struct sl_view *v);

#endif
