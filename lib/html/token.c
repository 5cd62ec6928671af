/* token.c - see html/token.h; text, tags and attributes */

#include "html/scan_i.h"
#include "html/token_i.h"

#include <endian.h>

#define HTML_MAGIC	0x47a6c0deu
#define HTML_NAME_MIN	32	/* the least limit of a name's length */
#define HASH_FACTOR	0x9e3779b97f4a7c15u
#define LINES_BYTES	4096	/* of input with CRs, at a step */

const struct sl_html_limits sl_html_limits_default = {
	.name_bytes_max = 256,
	.value_bytes_max = 8192,
	.attrs_max = 64,
	.tag_bytes_max = 32768,
};

static const struct {
	size_t	(*step)(struct sl_html *h, struct sl_slice in);
	void	(*end)(struct sl_html *h);
} states[] = {
#define HTML_STATE_ROW(name, step, end) [HTML_##name] = { html_##step, html_##end },
	HTML_STATES(HTML_STATE_ROW)
#undef HTML_STATE_ROW
};

/* What stops a run of bytes that mean only themselves. */
enum stop {
	STOP_AMPERSAND = 1 << 1,	/* & */
	STOP_NUL = 1 << 2,
	STOP_SPACE = 1 << 6,		/* space, LF, HT, FF */
	STOP_GT = 1 << 7,		/* > */
	STOP_SLASH = 1 << 8,		/* / */
	STOP_EQUALS = 1 << 9,		/* = */
};

static const uint16_t stops[256] = {
	['&'] = STOP_AMPERSAND, [0] = STOP_NUL, ['>'] = STOP_GT, ['/'] = STOP_SLASH,
	['='] = STOP_EQUALS, [' '] = STOP_SPACE, ['\n'] = STOP_SPACE, ['\t'] = STOP_SPACE,
	['\f'] = STOP_SPACE,
};

/* Bytes at the front that none of `mask` stops. */
static inline size_t
run(struct sl_slice in, unsigned mask)
{
	size_t n = 0;

	while (n < in.len && (stops[in.ptr[n]] & mask) == 0)
		n++;
	return n;
}

const char *
sl_html_finding_text(enum sl_html_finding finding)
{
	static const char *const texts[] = {
#define FINDING_TEXT(name, text) [name] = text,
		SL_HTML_FINDINGS(FINDING_TEXT)
#undef FINDING_TEXT
	};

	SL_ASSERT((size_t)finding < SL_COUNT(texts));
	return texts[finding];
}

struct sl_html *
sl_html_new(const struct sl_html_limits *limits, const struct sl_html_sink *sink, void *ctx)
{
	struct sl_html *h = sl_xzalloc(sizeof(*h));

	h->magic = HTML_MAGIC;
	h->limits = limits == NULL ? sl_html_limits_default : *limits;
	SL_ASSERT(h->limits.name_bytes_max >= HTML_NAME_MIN && h->limits.value_bytes_max >= 1 &&
	    h->limits.attrs_max >= 1);
	SL_ASSERT(h->limits.tag_bytes_max >= 3 * h->limits.name_bytes_max +
	    h->limits.value_bytes_max);
	h->bytes = sl_xmalloc(h->limits.tag_bytes_max + sizeof(uint64_t));	/* see name_hash */
	h->attrs = sl_xmalloc(h->limits.attrs_max * sizeof(*h->attrs));
	h->attr_hashes = sl_xmalloc(h->limits.attrs_max * sizeof(*h->attr_hashes));
	h->sink = sink;
	h->ctx = ctx;
	return h;
}

void
sl_html_free(struct sl_html **html)
{
	if (*html != NULL) {
		SL_CHECK(*html, HTML_MAGIC);
		sl_free((*html)->bytes);
		sl_free((*html)->attrs);
		sl_free((*html)->attr_hashes);
	}
	SL_OBJ_FREE(html, HTML_MAGIC);
}

void
sl_html_reset(struct sl_html *h)
{
	struct sl_html old = *h;

	SL_CHECK(h, HTML_MAGIC);
	*h = (struct sl_html){ .magic = HTML_MAGIC, .limits = old.limits, .bytes = old.bytes,
		.attrs = old.attrs, .attr_hashes = old.attr_hashes, .sink = old.sink,
		.ctx = old.ctx };
}

void
sl_html_enter(struct sl_html *h, enum sl_html_content content, struct sl_slice element)
{
	SL_CHECK(h, HTML_MAGIC);
	SL_ASSERT(element.len <= sizeof(h->raw_name));
	if (element.len > 0)
		memcpy(h->raw_name, element.ptr, element.len);
	h->raw_name_len = (unsigned char)element.len;
	h->content = content;
	html_go_text(h);
}

static void
take(struct sl_html *h, struct sl_slice in)
{
	while (in.len > 0)
		in = sl_slice_from(in, states[h->state].step(h, in));
}

/* A line end is LF: CRLF and a lone CR are made so before any state sees them (13.2.3.5). */
static void
take_lines(struct sl_html *h, struct sl_slice in)
{
	unsigned char lines[LINES_BYTES];
	size_t n = 0, len = 0;

	if (h->skip_lf && in.ptr[0] == '\n')
		n++;
	h->skip_lf = false;
	while (n < in.len) {
		const unsigned char *cr = memchr(in.ptr + n, '\r', in.len - n);
		size_t run_len = cr == NULL ? in.len - n : (size_t)(cr - in.ptr) - n;

		memcpy(lines + len, in.ptr + n, run_len);
		len += run_len;
		for (n += run_len; n < in.len && in.ptr[n] == '\r'; n++) {
			lines[len++] = '\n';
			if (n + 1 == in.len)
				h->skip_lf = true;
			else if (in.ptr[n + 1] == '\n')
				n++;
		}
	}
	take(h, sl_slice(lines, len));
}

void
sl_html_feed(struct sl_html *h, const unsigned char *data, size_t len)
{
	struct sl_slice in = sl_slice(data, len);

	SL_CHECK(h, HTML_MAGIC);
	SL_ASSERT(!h->finished);
	while (in.len > 0) {
		const unsigned char *cr = h->skip_lf ? in.ptr : memchr(in.ptr, '\r', in.len);
		size_t n = cr == NULL ? in.len : (size_t)(cr - in.ptr);

		/* Lines are short: what has one CR has more of them. */
		take(h, sl_slice(in.ptr, n));
		in = sl_slice_from(in, n);
		n = SL_MIN(in.len, (size_t)LINES_BYTES);
		if (n > 0)
			take_lines(h, sl_slice(in.ptr, n));
		in = sl_slice_from(in, n);
	}
	html_text_over(h);
}

void
sl_html_finish(struct sl_html *h)
{
	enum html_state state;

	SL_CHECK(h, HTML_MAGIC);
	SL_ASSERT(!h->finished);
	do {	/* the end of a reference leads back to where it stood */
		state = h->state;
		states[state].end(h);
	} while (h->state != state);
	html_text_over(h);
	h->finished = true;
}

void
html_find(struct sl_html *h, enum sl_html_finding finding)
{
	if ((h->found & 1u << finding) != 0)
		return;
	h->found |= 1u << finding;
	html_text_over(h);
	if (h->sink->finding != NULL)
		h->sink->finding(h->ctx, finding);
}

void
html_give_joined(struct sl_html *h)
{
	size_t len = h->joined_len;

	h->joined_len = 0;
	if (h->sink->text != NULL)
		h->sink->text(h->ctx, sl_slice(h->joined, len), h->content);
}

void
html_join_text(struct sl_html *h, struct sl_slice text)
{
	if (text.len > sizeof(h->joined) - h->joined_len)
		html_text_over(h);
	memcpy(h->joined + h->joined_len, text.ptr, text.len);
	h->joined_len += text.len;
}

void
html_give_text(struct sl_html *h, struct sl_slice text)
{
	if (text.len == 0)
		return;
	if (h->joined_len > 0) {
		if (text.len <= HTML_JOINED_MAX / 4) {
			html_join_text(h, text);
			return;
		}
		html_give_joined(h);
	}
	if (h->sink->text != NULL)
		h->sink->text(h->ctx, text, h->content);
}

void
html_go_text(struct sl_html *h)
{
	h->state = h->content == SL_HTML_SCRIPT ? HTML_SCRIPT : HTML_TEXT;
}

/* How many bytes at the end are the beginning of a character and no more. */
static size_t
torn_bytes(const unsigned char *s, size_t len)
{
	for (size_t n = 1; n <= SL_MIN(len, (size_t)3); n++) {
		unsigned char c = s[len - n];

		if (c >= 0xc0)
			return n < (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u) ? n : 0;
		if (c < 0x80)
			break;
	}
	return 0;
}

void
html_add(struct sl_html *h, struct sl_slice s)
{
	struct html_open *o = &h->open;
	size_t n = SL_MIN(s.len, o->max - o->len);

	if (o->cut)
		return;
	memcpy(o->ptr + o->len, s.ptr, n);
	o->len += n;
	if (n < s.len) {
		o->cut = true;
		o->len -= torn_bytes(o->ptr, o->len);
		html_find(h, o->too_long);
	}
}

void
html_add_lower(struct sl_html *h, struct sl_slice s)
{
	size_t from = h->open.len;

	html_add(h, s);
	for (size_t i = from; i < h->open.len; i++)
		h->open.ptr[i] = sl_ascii_lower(h->open.ptr[i]);
}

/* Take a run of a name, and the NUL that stopped it, which stands as U+FFFD. Returns the bytes
 * taken; fewer than there are when something else stopped it. */
static size_t
take_name(struct sl_html *h, struct sl_slice in, unsigned mask)
{
	struct html_open *o = &h->open;
	unsigned char *out = o->ptr + o->len;
	size_t n = 0, room = o->cut ? 0 : SL_MIN(in.len, o->max - o->len);

	for (; n < room && (stops[in.ptr[n]] & (mask | STOP_NUL)) == 0; n++)
		out[n] = sl_ascii_lower(in.ptr[n]);
	o->len += n;
	if (n == room || o->cut) {	/* what is past the limit */
		size_t more = run(sl_slice(in.ptr + n, in.len - n), mask | STOP_NUL);

		html_add_lower(h, sl_slice(in.ptr + n, more));
		n += more;
	}
	if (n < in.len && in.ptr[n] == '\0') {
		html_find(h, SL_HTML_NUL);
		html_add(h, HTML_REPLACEMENT);
		n++;
	}
	return n;
}

/* Can c after '<' or '&' make it more than text, whatever the kind of text? */
static bool
opens(unsigned char lt_or_ampersand, unsigned char c)
{
	if (lt_or_ampersand == '&')
		return html_is_alpha(c) || c == '#';
	return html_is_alpha(c) || c == '/' || c == '!' || c == '?';
}

/* Does NUL stand as it came? */
static bool
is_nul_text(const struct sl_html *h)
{
	return h->content == SL_HTML_DATA || h->content == SL_HTML_CDATA;
}

/* The length of the text at the front. A '<' or '&' that opens nothing goes along, if it can be
 * told from the byte after it: a text of nothing else must not cost a call for each. */
static size_t
text_run(struct sl_html *h, struct sl_slice in)
{
	static const unsigned char stoppers[][2] = {	/* and NUL */
		[SL_HTML_DATA] = "<&", [SL_HTML_RCDATA] = "<&", [SL_HTML_RAWTEXT] = "<",
		[SL_HTML_PLAINTEXT] = "", [SL_HTML_CDATA] = "]",
	};
	const unsigned char *stopper = stoppers[h->content];
	/* The first one has to be said where it is. */
	bool nul_passes = is_nul_text(h) && (h->found & 1u << SL_HTML_NUL) != 0;

	for (size_t n = 0;; n++) {
		n += scan3(sl_slice(in.ptr + n, in.len - n), stopper[0], stopper[1], '\0');
		if (n == in.len)
			return n;
		if (in.ptr[n] == '\0' && nul_passes)
			continue;
		if ((in.ptr[n] != '<' && in.ptr[n] != '&') || n + 1 == in.len ||
		    opens(in.ptr[n], in.ptr[n + 1]))
			return n;
	}
}

size_t
html_text(struct sl_html *h, struct sl_slice in)
{
	/* A tag after a tag is worth no search. */
	bool is_tag = h->content == SL_HTML_DATA && in.ptr[0] == '<' && in.len > 1 &&
	    opens('<', in.ptr[1]);
	size_t n = is_tag ? 0 : text_run(h, in);

	html_give_text(h, sl_slice(in.ptr, n));
	if (n == in.len)
		return n;
	switch (in.ptr[n]) {
	case '<':
		if (h->content != SL_HTML_DATA)
			return html_go(h, HTML_RAW_LT, n + 1);
		return html_go_on(h, in, n + 1, HTML_TAG_OPEN, html_tag_open);
	case '&':
		h->back = HTML_TEXT;
		return html_go_on(h, in, n + 1, HTML_AMPERSAND, html_ampersand);
	case ']':
		return html_go(h, HTML_CDATA_BRACKET, n + 1);
	default:
		html_find(h, SL_HTML_NUL);
		html_join_text(h, is_nul_text(h) ? sl_slice(in.ptr + n, 1) : HTML_REPLACEMENT);
		return n + 1;
	}
}

void
html_end_text(struct sl_html *h)
{
	if (h->content != SL_HTML_DATA && h->content != SL_HTML_PLAINTEXT)
		html_find(h, SL_HTML_RAW_UNENDED);
}

void
html_tag_begin(struct sl_html *h, bool end_tag)
{
	h->tag = (struct sl_html_tag){ .attrs = h->attrs };
	h->attr_bits = 0;
	h->end_tag = end_tag;
	h->used_bytes = 0;
	html_open(h, h->limits.name_bytes_max, SL_HTML_NAME_LONG);
}

/* After '<'. */
size_t
html_tag_open(struct sl_html *h, struct sl_slice in)
{
	if (html_is_alpha(in.ptr[0])) {
		html_tag_begin(h, false);
		return html_go_on(h, in, 0, HTML_TAG_NAME, html_tag_name);
	}
	switch (in.ptr[0]) {
	case '/':
		return html_go_on(h, in, 1, HTML_END_TAG_OPEN, html_end_tag_slash);
	case '!':
		h->held_len = 0;
		return html_go(h, HTML_DECLARATION, 1);
	case '?':
		return html_go(h, HTML_BOGUS_COMMENT, 0);
	default:
		html_join_text(h, SL_SLICE_LIT("<"));
		return html_go(h, HTML_TEXT, 0);
	}
}

/* After "</". */
size_t
html_end_tag_slash(struct sl_html *h, struct sl_slice in)
{
	if (html_is_alpha(in.ptr[0])) {
		html_tag_begin(h, true);
		return html_go_on(h, in, 0, HTML_TAG_NAME, html_tag_name);
	}
	if (in.ptr[0] == '>')
		return html_go(h, HTML_TEXT, 1);
	return html_go(h, HTML_BOGUS_COMMENT, 0);
}

void
html_end_tag_open(struct sl_html *h)
{
	html_join_text(h, h->state == HTML_TAG_OPEN ? SL_SLICE_LIT("<") : SL_SLICE_LIT("</"));
}

/* The input ends in a tag: browsers drop it. */
void
html_end_tag(struct sl_html *h)
{
	html_find(h, SL_HTML_TAG_UNENDED);
}

static void
give_part(struct sl_html *h, bool last)
{
	html_text_over(h);
	h->tag.last = last;
	if (!h->end_tag && h->sink->start_tag != NULL)
		h->sink->start_tag(h->ctx, &h->tag);
}

/* The tag is complete. Returns 1, for its '>'. */
static size_t
give_tag(struct sl_html *h)
{
	h->state = HTML_TEXT;
	if (h->end_tag) {
		html_text_over(h);
		if (h->sink->end_tag != NULL)
			h->sink->end_tag(h->ctx, h->tag.name);
		html_after_end_tag(h);
	} else {
		give_part(h, true);
		html_after_start_tag(h);
	}
	return 1;
}

size_t
html_tag_name(struct sl_html *h, struct sl_slice in)
{
	size_t n = take_name(h, in, STOP_SPACE | STOP_SLASH | STOP_GT);

	if (n == in.len || (stops[in.ptr[n]] & (STOP_SPACE | STOP_SLASH | STOP_GT)) == 0)
		return n;
	h->tag.name = html_close(h);
	if (in.ptr[n] == '>')
		return n + give_tag(h);
	return html_go(h, HTML_BEFORE_ATTR, n);
}

static void
attr_begin(struct sl_html *h)
{
	size_t need = h->limits.name_bytes_max + h->limits.value_bytes_max;

	if (h->tag.attrs_len == h->limits.attrs_max ||
	    h->limits.tag_bytes_max - h->used_bytes < need) {
		html_find(h, SL_HTML_TAG_LONG);
		give_part(h, false);
		h->tag.part++;
		h->tag.attrs_len = 0;
		h->attr_bits = 0;
		h->used_bytes = h->tag.name.len;
	}
	html_open(h, h->limits.name_bytes_max, SL_HTML_NAME_LONG);
}

/* Of a name in h->bytes, which has some bytes more than it needs. */
static uint32_t
name_hash(struct sl_slice name)
{
	uint64_t hash = name.len, word;

	for (; name.len >= sizeof(word); name = sl_slice_from(name, sizeof(word))) {
		memcpy(&word, name.ptr, sizeof(word));
		hash = (hash ^ word) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	memcpy(&word, name.ptr, sizeof(word));
	word = le64toh(word) & ((1ull << 8 * name.len) - 1);
	return (uint32_t)((hash ^ word) * HASH_FACTOR >> 32);
}

static bool
is_twice(const struct sl_html *h, struct sl_slice name, uint32_t hash)
{
	size_t same = 0;

	/* Counted, since compilers do that four at a step. */
	for (size_t i = 0; i < h->tag.attrs_len; i++)
		same += h->attr_hashes[i] == hash;
	for (size_t i = 0; same > 0 && i < h->tag.attrs_len; i++)
		if (h->attr_hashes[i] == hash && sl_slice_eq(h->attrs[i].name, name))
			return true;
	return false;
}

/* The attribute's name is complete: it is one more, unless it was there. */
static void
attr_named(struct sl_html *h)
{
	size_t n = h->tag.attrs_len;
	struct sl_slice name = html_close(h);
	uint32_t hash = name_hash(name);
	uint64_t bit = 1ull << (hash >> 26);

	h->attr_dropped = (h->attr_bits & bit) != 0 && is_twice(h, name, hash);
	if (h->attr_dropped) {
		html_find(h, SL_HTML_ATTR_TWICE);
		h->used_bytes -= name.len;
		return;
	}
	h->attr_bits |= bit;
	h->attr_hashes[n] = hash;
	h->attrs[n] = (struct sl_html_attr){ name, { NULL, 0 }, h->open.cut };
	h->tag.attrs_len++;
}

static void
attr_valued(struct sl_html *h)
{
	struct sl_html_attr *attr = &h->attrs[h->tag.attrs_len - 1];

	if (h->attr_dropped)
		return;
	attr->value = html_close(h);
	attr->cut |= h->open.cut;
}

/* The value before its end, '&' or NUL. */
static size_t
value_run(const struct sl_html *h, struct sl_slice in)
{
	return h->quote != 0 ? scan3(in, h->quote, '&', '\0') :
	    run(in, STOP_SPACE | STOP_GT | STOP_AMPERSAND | STOP_NUL);
}

static size_t
value_over(struct sl_html *h, size_t taken)
{
	attr_valued(h);
	return html_go(h, HTML_BEFORE_ATTR, taken + (h->quote != 0));
}

/* Take an attribute at once, as the states would: in mail most are whole in the input. Returns
 * the bytes taken, the state changed if it goes on; none if only the states can tell. */
static size_t
attr_at_once(struct sl_html *h, struct sl_slice in)
{
	static const unsigned ends = STOP_SPACE | STOP_SLASH | STOP_GT | STOP_EQUALS;
	unsigned char *name = h->open.ptr, c = 0;
	size_t n = 0, room = SL_MIN(in.len, h->open.max);
	bool ended;

	for (; n < room && (stops[c = in.ptr[n]] & (ends | STOP_NUL)) == 0; n++)
		name[n] = sl_ascii_lower(c);
	if (n == room || n == 0 || c == '\0')
		return 0;
	h->open.len = n;
	attr_named(h);
	if (c != '=')
		return html_go(h, HTML_AFTER_ATTR_NAME, n);
	if (++n == in.len || html_is_space(in.ptr[n]) || in.ptr[n] == '>')
		return html_go(h, HTML_BEFORE_VALUE, n);
	h->quote = in.ptr[n] == '"' || in.ptr[n] == '\'' ? in.ptr[n] : 0;
	html_open(h, h->limits.value_bytes_max, SL_HTML_VALUE_LONG);
	in = sl_slice_from(in, n += h->quote != 0);
	room = value_run(h, in);
	html_add(h, sl_slice(in.ptr, room));
	ended = room < in.len && (h->quote != 0 ? in.ptr[room] == h->quote :
	    (stops[in.ptr[room]] & (STOP_SPACE | STOP_GT)) != 0);
	return ended ? value_over(h, n + room) : html_go(h, HTML_VALUE, n + room);
}

/* After the tag's name, or an attribute. */
size_t
html_before_attr(struct sl_html *h, struct sl_slice in)
{
	size_t n = 0, taken;

	for (;;) {
		while (n < in.len && html_is_space(in.ptr[n]))
			n++;
		if (n == in.len)
			return n;
		if (in.ptr[n] == '/')
			return html_go(h, HTML_SELF_CLOSING, n + 1);
		if (in.ptr[n] == '>')
			return n + give_tag(h);
		attr_begin(h);
		taken = attr_at_once(h, sl_slice(in.ptr + n, in.len - n));
		if (taken == 0)
			break;
		n += taken;
		if (h->state == HTML_AFTER_ATTR_NAME) {
			while (n < in.len && html_is_space(in.ptr[n]))
				n++;
			if (n < in.len && in.ptr[n] != '=')
				h->state = HTML_BEFORE_ATTR;
		}
		if (h->state != HTML_BEFORE_ATTR)
			return n;
	}
	if (in.ptr[n] == '=') {		/* can only begin a name here */
		html_add(h, sl_slice(in.ptr + n, 1));
		n++;
	}
	return html_go_on(h, in, n, HTML_ATTR_NAME, html_attr_name);
}

size_t
html_attr_name(struct sl_html *h, struct sl_slice in)
{
	static const unsigned ends = STOP_SPACE | STOP_SLASH | STOP_GT | STOP_EQUALS;
	size_t n = take_name(h, in, ends);

	if (n == in.len || (stops[in.ptr[n]] & ends) == 0)
		return n;
	attr_named(h);
	if (in.ptr[n] == '=')
		return html_go_on(h, in, n + 1, HTML_BEFORE_VALUE, html_before_value);
	return html_go_on(h, in, n, HTML_AFTER_ATTR_NAME, html_after_attr_name);
}

size_t
html_after_attr_name(struct sl_html *h, struct sl_slice in)
{
	size_t n = 0;

	while (n < in.len && html_is_space(in.ptr[n]))
		n++;
	if (n == in.len)
		return n;
	if (in.ptr[n] == '=')
		return html_go_on(h, in, n + 1, HTML_BEFORE_VALUE, html_before_value);
	return html_go(h, HTML_BEFORE_ATTR, n);
}

/* After the '='. */
size_t
html_before_value(struct sl_html *h, struct sl_slice in)
{
	unsigned char c = in.ptr[0];

	if (html_is_space(c))
		return 1;
	if (c == '>')
		return give_tag(h);
	h->quote = c == '"' || c == '\'' ? c : 0;
	html_open(h, h->limits.value_bytes_max, SL_HTML_VALUE_LONG);
	return html_go_on(h, in, h->quote != 0, HTML_VALUE, html_value);
}

size_t
html_value(struct sl_html *h, struct sl_slice in)
{
	size_t n = value_run(h, in);

	/* A '&' that opens nothing goes along, if it can be told. */
	while (n + 1 < in.len && in.ptr[n] == '&' && !opens('&', in.ptr[n + 1])) {
		n++;
		if (in.ptr[n] != '&')
			n += value_run(h, sl_slice(in.ptr + n, in.len - n));
	}
	html_add(h, sl_slice(in.ptr, n));
	if (n == in.len)
		return n;
	if (in.ptr[n] == '&') {
		h->back = HTML_VALUE;
		return html_go(h, HTML_AMPERSAND, n + 1);
	}
	if (in.ptr[n] == '\0') {
		html_find(h, SL_HTML_NUL);
		html_add(h, HTML_REPLACEMENT);
		return n + 1;
	}
	return value_over(h, n);
}

/* After a '/' in a tag. */
size_t
html_self_closing(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] != '>')
		return html_go(h, HTML_BEFORE_ATTR, 0);
	h->tag.self_closing = true;
	return give_tag(h);
}
