/*
 * token_i.h - the tokenizer's inside: its states, one row each, and who takes the bytes in them
 *
 * A step is given the bytes at hand, never none, and returns how many it took: none when it only
 * changed the state, so that the next one reads them again ("reconsume"). No step sees a CR. An
 * end gives what is still open when the input ends.
 */
#ifndef SL_HTML_TOKEN_I_H
#define SL_HTML_TOKEN_I_H

#include "html/token.h"

#define HTML_REPLACEMENT	SL_SLICE_LIT("\xef\xbf\xbd")	/* U+FFFD */

/* State, its step, its end. The states that the standard tells apart only by their errors are one. */
#define HTML_STATES(X)								\
	/* token.c: text, tags, attributes */					\
	X(TEXT, text, end_text)							\
	X(TAG_OPEN, tag_open, end_tag_open)					\
	X(END_TAG_OPEN, end_tag_slash, end_tag_open)				\
	X(TAG_NAME, tag_name, end_tag)						\
	X(BEFORE_ATTR, before_attr, end_tag)					\
	X(ATTR_NAME, attr_name, end_tag)					\
	X(AFTER_ATTR_NAME, after_attr_name, end_tag)				\
	X(BEFORE_VALUE, before_value, end_tag)					\
	X(VALUE, value, end_tag)						\
	X(SELF_CLOSING, self_closing, end_tag)					\
	/* reference.c: what follows '&' */					\
	X(AMPERSAND, ampersand, end_reference)					\
	X(NAMED, named, end_reference)						\
	X(NUMBER, number, end_reference)					\
	X(HEX_START, hex_start, end_reference)					\
	X(HEX, hex, end_reference)						\
	X(DECIMAL, decimal, end_reference)					\
	/* raw.c: elements whose content is text, and CDATA sections */		\
	X(RAW_LT, raw_lt, end_raw)						\
	X(RAW_END_OPEN, raw_end_open, end_raw)					\
	X(RAW_END_NAME, raw_end_name, end_raw)					\
	X(SCRIPT, script, end_text)						\
	X(SCRIPT_BANG, script_bang, end_text)					\
	X(SCRIPT_BANG_DASH, script_bang_dash, end_text)				\
	X(SCRIPT_NAME, script_name, end_text)					\
	X(SCRIPT_AGAIN_LT, script_again_lt, end_text)				\
	X(CDATA_BRACKET, cdata_bracket, end_cdata)				\
	X(CDATA_BRACKETS, cdata_brackets, end_cdata)				\
	/* declaration.c: what follows "<!" */					\
	X(DECLARATION, declaration, end_declaration)				\
	X(BOGUS_COMMENT, bogus_comment, end_comment)				\
	X(COMMENT_START, comment_start, end_comment)				\
	X(COMMENT_START_DASH, comment_start_dash, end_comment)			\
	X(COMMENT, comment, end_comment)					\
	X(COMMENT_DASH, comment_dash, end_comment)				\
	X(COMMENT_DASHES, comment_dashes, end_comment)				\
	X(COMMENT_BANG, comment_bang, end_comment)				\
	X(DOCTYPE_START, doctype_start, end_doctype)				\
	X(DOCTYPE_NAME, doctype_name, end_doctype)				\
	X(DOCTYPE_KEYWORD, doctype_keyword, end_doctype)			\
	X(DOCTYPE_BEFORE_ID, doctype_before_id, end_doctype)			\
	X(DOCTYPE_ID, doctype_id, end_doctype)					\
	X(DOCTYPE_AFTER_ID, doctype_after_id, end_doctype)			\
	X(DOCTYPE_BOGUS, doctype_bogus, end_doctype)

enum html_state {
#define HTML_STATE_ENUM(name, step, end) HTML_##name,
	HTML_STATES(HTML_STATE_ENUM)
#undef HTML_STATE_ENUM
};

#define HTML_STATE_STEPS(name, step, end)					\
	size_t	html_##step(struct sl_html *h, struct sl_slice in);		\
	void	html_##end(struct sl_html *h);
HTML_STATES(HTML_STATE_STEPS)
#undef HTML_STATE_STEPS

#define HTML_HELD_MAX		32	/* the longest name of a reference */
#define HTML_JOINED_MAX		128	/* text that comes in small pieces is given in such */
#define HTML_RAW_NAME_MAX	16	/* the longest name of an element with raw text, and more */

/* Inside <script>, the standard's way to let old pages hide a script in a comment. */
enum html_script {
	HTML_SCRIPT_PLAIN,
	HTML_SCRIPT_ESCAPED,	/* after "<!--", until "-->" */
	HTML_SCRIPT_AGAIN,	/* after "<script" there: its end tag does not end the element */
};

/* Bytes being gathered at the end of sl_html.bytes. */
struct html_open {
	unsigned char		*ptr;
	size_t			 len, max;
	bool			 cut;
	enum sl_html_finding	 too_long;	/* what to say of it */
};

struct sl_html {
	unsigned		 magic;
	enum html_state		 state;
	enum sl_html_content	 content;
	bool			 skip_lf;	/* the input so far ends in CR, which was a line end */
	bool			 finished;

	unsigned char		 joined[HTML_JOINED_MAX];	/* text not given yet */
	size_t			 joined_len;

	enum html_state		 back;		/* where a reference stands: TEXT or VALUE */
	uint32_t		 number;	/* of a reference; no more than HTML_NUMBER_MAX */
	unsigned char		 held[HTML_HELD_MAX];	/* read, and not known what it is */
	unsigned char		 held_len;

	unsigned char		 raw_name[HTML_RAW_NAME_MAX];	/* the element that is open */
	unsigned char		 raw_name_len;
	unsigned char		 dashes;	/* before this, in a script: 0, 1, 2 or more */
	enum html_script	 script;

	struct sl_slice		 foreign;	/* svg or math, when inside; static */
	unsigned		 foreign_depth;	/* of elements of that name */
	const char		*html_within;	/* the element inside it that holds HTML; static */

	bool			 end_tag;
	bool			 attr_dropped;	/* the one at hand */
	unsigned char		 quote;		/* around a value or identifier; 0: none */
	struct sl_html_tag	 tag;
	struct sl_html_doctype	 doctype;
	bool			 doctype_system;	/* the identifier at hand is the system's */

	unsigned char		*bytes;		/* names and values of the tag or doctype at hand */
	size_t			 used_bytes;
	struct html_open	 open;
	struct sl_html_attr	*attrs;
	uint32_t		*attr_hashes;
	uint64_t		 attr_bits;	/* a bit of each hash */

	struct sl_html_limits	 limits;
	unsigned		 found;		/* bit for each finding given */
	const struct sl_html_sink *sink;	/* kept */
	void			*ctx;		/* kept */
};

static inline bool
html_is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\f';
}

static inline bool
html_is_alpha(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline bool
html_is_digit(unsigned char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Change the state, having taken `taken` bytes. */
static inline size_t
html_go(struct sl_html *h, enum html_state state, size_t taken)
{
	h->state = state;
	return taken;
}

/* Go on with the next state's step at once, having taken `taken` bytes, if there are more. Only
 * to a step that does not do so back: the loop in token.c is what bounds the stack. */
static inline size_t
html_go_on(struct sl_html *h, struct sl_slice in, size_t taken, enum html_state state,
    size_t (*step)(struct sl_html *h, struct sl_slice in))
{
	h->state = state;
	return taken == in.len ? taken :
	    taken + step(h, sl_slice(in.ptr + taken, in.len - taken));
}

/* token.c */
void	html_find(struct sl_html *h, enum sl_html_finding finding);	/* once for each */
/* Text: at once, or with what is joined if there is some; and a small piece, with what follows. */
void	html_give_text(struct sl_html *h, struct sl_slice text);
void	html_join_text(struct sl_html *h, struct sl_slice text);
void	html_give_joined(struct sl_html *h);

/* Before anything but text. */
static inline void
html_text_over(struct sl_html *h)
{
	if (h->joined_len > 0)
		html_give_joined(h);
}

/* Back to text, whatever its kind. */
void	html_go_text(struct sl_html *h);
/* Begin to gather a name or value; go on; end. What it gives lives until the tag is over. */
static inline void
html_open(struct sl_html *h, size_t bytes_max, enum sl_html_finding too_long)
{
	h->open = (struct html_open){ h->bytes + h->used_bytes, 0, bytes_max, false, too_long };
}

static inline struct sl_slice
html_close(struct sl_html *h)
{
	h->used_bytes = (size_t)(h->open.ptr - h->bytes) + h->open.len;
	return sl_slice(h->open.ptr, h->open.len);
}

void	html_add(struct sl_html *h, struct sl_slice s);
void	html_add_lower(struct sl_html *h, struct sl_slice s);
/* Begin a tag: its name is gathered next. */
void	html_tag_begin(struct sl_html *h, bool end_tag);

/* raw.c: how the tag that has just been given changes what follows. */
void	html_after_start_tag(struct sl_html *h);
void	html_after_end_tag(struct sl_html *h);

#endif
