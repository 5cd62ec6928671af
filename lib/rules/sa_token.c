/* sa_token.c - what is a tag, a comment, text: the grammar of HTML::Parser 3.81, see sa_html.h */

#include "rules/sa_html.h"
#include "rules/sa_entities.h"

#include <stdlib.h>

#define ATTRIBUTES_MAX	256	/* of one tag; more are passed over */
#define DECLARATION_MAX	4096	/* a longer one is a comment: what is looked at twice is bounded */

/* ---- character references ---- */

struct entity {
	const char	*name;
	uint32_t	 value;
};
static const struct entity entities[] = {
#define SA_ENTITY_ROW(name, value) { name, value },
	SA_ENTITIES(SA_ENTITY_ROW)
#undef SA_ENTITY_ROW
};

static int
entity_compare(const void *key, const void *row)
{
	const struct sl_slice *name = key;
	const char *other = ((const struct entity *)row)->name;
	size_t len = strlen(other);
	int order = memcmp(name->ptr, other, SL_MIN(name->len, len));

	return order != 0 ? order : name->len < len ? -1 : name->len > len;
}

static uint32_t
entity_find(struct sl_slice name)
{
	const struct entity *row = bsearch(&name, entities, SL_COUNT(entities), sizeof(entities[0]), entity_compare);

	return row == NULL ? 0 : row->value;
}

/* After "&#". Returns the end of the digits; 0 in *value_out: none that means anything. */
static size_t
reference_number(struct sl_slice s, size_t i, uint32_t *value_out)
{
	bool hex = i < s.len && (s.ptr[i] | 0x20) == 'x';
	uint32_t value = 0;

	for (i += hex; i < s.len; i++) {
		unsigned char c = s.ptr[i], low = sl_ascii_lower(c);
		uint32_t digit = sa_is_digit(c) ? c - (uint32_t)'0' : hex && low >= 'a' && low <= 'f' ? low - 'a' + 10u : 99;

		if (digit == 99)
			break;
		value = value * (hex ? 16 : 10) + digit;
		if (value > 0x10ffff) {
			value = 0;
			break;
		}
	}
	*value_out = value == 0xfffe || value == 0xffff ? 0 : value >= 0xd800 && value <= 0xdfff ? 0xfffd : value;
	return i;
}

/* After '&': a name; in text its start may do. */
static size_t
reference_name(struct sl_slice s, size_t i, bool prefix, uint32_t *value_out)
{
	size_t end = i;

	while (end < s.len && sa_is_word(s.ptr[end]) && end - i < 64)
		end++;
	*value_out = end == i ? 0 : entity_find(sa_sub(s, i, end));
	if (*value_out == 0 && end > i && end < s.len && s.ptr[end] == ';')
		*value_out = entity_find(sa_sub(s, i, end + 1));
	if (*value_out != 0 || !prefix || end == i)
		return end;
	for (size_t k = SL_MIN(end - 1, i + 8); k > i; k--) {
		*value_out = entity_find(sa_sub(s, i, k));
		if (*value_out != 0)
			return k;
	}
	return end;
}

static struct sl_slice
decode(struct sa_html *html, struct sl_slice s, bool prefix)
{
	size_t and = sa_index(s, '&', 0);
	struct sl_buf out;

	if (and == SIZE_MAX)
		return s;
	sl_buf_init(&out, s.len * 2 + 16);
	for (size_t i = 0; i < s.len;) {
		uint32_t value = 0;
		size_t end = i + 1;

		if (s.ptr[i] != '&') {
			end = SL_MIN(sa_index(s, '&', i), s.len);
			sl_buf_add(&out, s.ptr + i, end - i);
			i = end;
			continue;
		}
		if (end < s.len && s.ptr[end] == '#')
			end = reference_number(s, end + 1, &value);
		else
			end = reference_name(s, end, prefix, &value);
		if (value == 0) {
			sl_buf_add(&out, s.ptr + i, 1);
			i++;
			continue;
		}
		if (end < s.len && s.ptr[end] == ';')
			end++;
		sa_add_char(&out, value);
		html->wide = html->wide || value > 0xff;
		i = end;
	}
	return sa_keep_buf(html->view, &out);
}

/* ---- the parser ---- */

struct parser {
	struct sa_html	*html;
	const char	*literal;	/* the element whose text is taken as it is */
	bool		 cdata;		/* references in it stand for themselves */
	const char	*pending_end;	/* an end tag that was not there */
	bool		 any_gt_ends_comment;
	/* Marked sections: <![CDATA[ ... ]]> */
	unsigned char	 sections[64];	/* enum section, outer first */
	size_t		 sections_len;
	unsigned char	 section;	/* the strictest */
	struct sa_attribute attributes[ATTRIBUTES_MAX];
	size_t		 attributes_len;
};

enum section { SECTION_NONE, SECTION_INCLUDE, SECTION_RCDATA, SECTION_CDATA, SECTION_IGNORE };

static bool
is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_name_first(unsigned char c)
{
	return sa_is_alpha(c) || c == '_' || c == ':';
}

static bool
is_name(unsigned char c)
{
	return sa_is_alpha(c) || sa_is_digit(c) || strchr("-._:", c) != NULL;
}

/* The byte at i, NUL behind the end. */
static unsigned char
at(struct sl_slice s, size_t i)
{
	return i < s.len ? s.ptr[i] : 0;
}

static size_t
skip_space(struct sl_slice s, size_t i)
{
	while (i < s.len && is_space(s.ptr[i]))
		i++;
	return i;
}

static void
flush_pending(struct parser *p)
{
	const char *tag = p->pending_end;

	p->pending_end = NULL;
	if (tag != NULL && p->section != SECTION_IGNORE)
		sa_html_tag(p->html, sl_slice_str(tag), NULL, 0, false);
}

static void
tell_text(struct parser *p, struct sl_slice text)
{
	if (p->section != SECTION_IGNORE)
		sa_html_text(p->html, p->cdata ? text : decode(p->html, text, true));
}

static void
tell_comment(struct parser *p, struct sl_slice text)
{
	if (p->section != SECTION_IGNORE)
		sa_html_comment(p->html, text);
}

static void
tell_tag(struct parser *p, struct sl_slice name, bool start)
{
	flush_pending(p);
	if (p->section != SECTION_IGNORE)
		sa_html_tag(p->html, sa_lower(p->html->view, name), p->attributes, start ? p->attributes_len : 0, start);
}

/* What the readers of one thing return beside the index behind it. */
#define NOTHING	SIZE_MAX		/* it is text after all */
#define MORE	(SIZE_MAX - 1)		/* it has no end */

static size_t
read_comment(struct parser *p, struct sl_slice s, size_t from, size_t start)
{
	size_t i = from;

	if (p->any_gt_ends_comment) {
		i = sa_index(s, '>', i);
		if (i == SIZE_MAX)
			return MORE;
		tell_comment(p, sa_sub(s, start, i + 1));
		return i + 1;
	}
	for (i = sa_index(s, '-', i); i != SIZE_MAX; i = sa_index(s, '-', i + 1)) {
		size_t end;

		if (at(s, i + 1) != '-')
			continue;
		end = skip_space(s, i + 2);
		if (at(s, end) == '>') {
			tell_comment(p, sa_sub(s, start, end + 1));
			return end + 1;
		}
	}
	return MORE;
}

static void
section_update(struct parser *p)
{
	p->section = SECTION_NONE;
	for (size_t i = 0; i < p->sections_len; i++)
		p->section = SL_MAX(p->section, p->sections[i]);
	p->cdata = p->section == SECTION_CDATA;
}

static unsigned char
section_kind(struct sl_slice name)
{
	static const char *const names[] = { "", "include", "rcdata", "cdata", "ignore" };

	for (size_t i = 1; i < SL_COUNT(names); i++) {
		if (sl_slice_ieq(name, sl_slice_str(names[i])))
			return (unsigned char)i;
	}
	return SECTION_NONE;
}

/* "<![" at start. */
static size_t
read_section(struct parser *p, struct sl_slice s, size_t start)
{
	size_t i = skip_space(s, start + 3);
	unsigned char kind = SECTION_NONE;
	bool any = false;

	for (;;) {
		while (is_name_first(at(s, i))) {
			size_t name = i;

			while (i < s.len && is_name(s.ptr[i]))
				i++;
			kind = SL_MAX(kind, section_kind(sa_sub(s, name, i)));
			any = true;
			i = skip_space(s, i);
			if (i >= s.len)
				return MORE;
		}
		if (at(s, i) != '-' || at(s, i + 1) != '-')
			break;
		i = sa_find(s, SL_SLICE_LIT("--"), i + 2);
		if (i == SIZE_MAX)
			return MORE;
		i = skip_space(s, i + 2);
		if (i - start > DECLARATION_MAX)
			return NOTHING;
	}
	if (at(s, i) != '[')
		return NOTHING;
	if (p->sections_len < sizeof(p->sections))
		p->sections[p->sections_len++] = any ? kind : SECTION_INCLUDE;
	section_update(p);
	return i + 1;
}

/* A DOCTYPE or ENTITY whose name ends at i. */
static size_t
read_doctype(struct parser *p, struct sl_slice s, size_t start, size_t i)
{
	for (;;) {
		i = skip_space(s, i);
		if (i >= s.len)
			return MORE;
		if (i - start > DECLARATION_MAX)
			return NOTHING;
		if (s.ptr[i] == '>')
			break;
		if (s.ptr[i] == '"' || s.ptr[i] == '\'') {
			i = sa_index(s, s.ptr[i], i + 1);
		} else if (s.ptr[i] == '-') {
			if (i + 1 >= s.len)
				return MORE;
			if (s.ptr[i + 1] != '-')
				return NOTHING;
			i = sa_find(s, SL_SLICE_LIT("--"), i + 2);
			i = i == SIZE_MAX ? i : i + 1;
		} else {
			while (i < s.len && !is_space(s.ptr[i]) && s.ptr[i] != '>')
				i++;
			if (i >= s.len)
				return MORE;
			continue;
		}
		if (i == SIZE_MAX)
			return MORE;
		i++;
	}
	flush_pending(p);
	if (p->section != SECTION_IGNORE)
		sa_html_declaration(p->html, sa_sub(s, start, i + 1));
	return i + 1;
}

/* "<!" at start. */
static size_t
read_declaration(struct parser *p, struct sl_slice s, size_t start)
{
	size_t i = start + 2, end;

	if (at(s, i) == '-') {
		if (i + 1 >= s.len)
			return MORE;
		if (s.ptr[i + 1] == '-')
			return read_comment(p, s, i + 2, start);
	} else if (at(s, i) == '[') {
		end = read_section(p, s, start);
		if (end != NOTHING)
			return end;
	} else if (at(s, i) == '>') {
		tell_comment(p, sa_sub(s, start, i + 1));
		return i + 1;
	} else if (sa_is_alpha(at(s, i))) {
		end = i;
		while (end < s.len && is_name(s.ptr[end]))
			end++;
		if (end >= s.len)
			return MORE;
		if (sl_slice_ieq(sa_sub(s, i, end), SL_SLICE_LIT("doctype")) ||
		    sl_slice_ieq(sa_sub(s, i, end), SL_SLICE_LIT("entity"))) {
			end = read_doctype(p, s, start, end);
			if (end != NOTHING)
				return end;
		}
	}
	end = sa_index(s, '>', i);	/* anything else is a comment, too */
	if (end == SIZE_MAX)
		return MORE;
	tell_comment(p, sa_sub(s, start, end + 1));
	return end + 1;
}

/* To a '>' that is not in quotes; quotes open after a blank or '=' only. SIZE_MAX: there is none. */
static size_t
skip_to_gt(struct sl_slice s, size_t i)
{
	unsigned char quote = 0, previous = ' ';

	for (; i < s.len; i++) {
		unsigned char c = s.ptr[i];

		if (quote == 0 && c == '>')
			return i;
		if (c == '"' || c == '\'') {
			if (c == quote)
				quote = 0;
			else if (quote == 0 && (previous == ' ' || previous == '='))
				quote = c;
		}
		previous = c;
	}
	return SIZE_MAX;
}

/* "</" at start. */
static size_t
read_end(struct parser *p, struct sl_slice s, size_t start)
{
	size_t name = start + 2, i = name;

	while (i < s.len && !is_space(s.ptr[i]) && s.ptr[i] != '>')
		i++;
	if (i == name) {
		i = skip_to_gt(s, i);
		if (i == SIZE_MAX)
			return MORE;
		tell_comment(p, sa_sub(s, start, i + 1));
		return i + 1;
	}
	{
		struct sl_slice tag = sa_sub(s, name, i);

		i = skip_to_gt(s, i);
		if (i == SIZE_MAX)
			return MORE;
		tell_tag(p, tag, false);
	}
	return i + 1;
}

static void
add_attribute(struct parser *p, struct sl_slice name, struct sl_slice value, bool has_value)
{
	if (p->attributes_len == ATTRIBUTES_MAX)
		return;
	if (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\''))
		value = sa_sub(value, 1, value.len - 1);
	if (!has_value)
		value = name;
	name = sa_lower(p->html->view, name);
	for (size_t i = 0; i < p->attributes_len; i++) {
		if (sl_slice_eq(p->attributes[i].name, name))
			return;
	}
	if (has_value)
		value = decode(p->html, value, false);
	p->attributes[p->attributes_len++] = (struct sa_attribute){ name, value };
}

/* The value at i, after '='. Returns its end, MORE. */
static size_t
attribute_value(struct sl_slice s, size_t i)
{
	if (s.ptr[i] == '"' || s.ptr[i] == '\'') {
		i = sa_index(s, s.ptr[i], i + 1);
		return i == SIZE_MAX ? MORE : i + 1;
	}
	while (i < s.len && !is_space(s.ptr[i]) && s.ptr[i] != '>')
		i++;
	return i >= s.len ? MORE : i;
}

/* Attributes from i on. Returns where they end, MORE. */
static size_t
read_attributes(struct parser *p, struct sl_slice s, size_t i)
{
	p->attributes_len = 0;
	while (i < s.len && s.ptr[i] != '>') {
		size_t name = i++, end;

		while (i < s.len && !is_space(s.ptr[i]) && s.ptr[i] != '>' && s.ptr[i] != '=')
			i++;
		end = i;
		i = skip_space(s, i);
		if (i >= s.len)
			return MORE;
		if (s.ptr[i] != '=') {
			add_attribute(p, sa_sub(s, name, end), sl_slice("", 0), false);
			continue;
		}
		i = skip_space(s, i + 1);
		if (i >= s.len)
			return MORE;
		if (s.ptr[i] == '>') {
			add_attribute(p, sa_sub(s, name, end), sl_slice("", 0), true);
			break;
		}
		{
			size_t value = i;

			i = attribute_value(s, i);
			if (i == MORE)
				return MORE;
			add_attribute(p, sa_sub(s, name, end), sa_sub(s, value, i), true);
		}
		i = skip_space(s, i);
	}
	return i >= s.len ? MORE : i;
}

static const struct {
	const char	*name;
	bool		 cdata;
} literals[] = {
	{ "script", true }, { "style", true }, { "xmp", true }, { "iframe", true }, { "plaintext", true },
	{ "title", false }, { "textarea", false },
};

/* '<' and a letter at start. */
static size_t
read_start(struct parser *p, struct sl_slice s, size_t start)
{
	size_t i = start + 2;
	struct sl_slice tag;

	while (i < s.len && !is_space(s.ptr[i]) && s.ptr[i] != '>')
		i++;
	tag = sa_sub(s, start + 1, i);
	i = skip_space(s, i);
	if (i >= s.len)
		return MORE;
	i = read_attributes(p, s, i);
	if (i == MORE)
		return MORE;
	tell_tag(p, tag, true);
	for (size_t k = 0; k < SL_COUNT(literals); k++) {
		if (sl_slice_ieq(tag, sl_slice_str(literals[k].name))) {
			p->literal = literals[k].name;
			p->cdata = literals[k].cdata;
		}
	}
	return i + 1;
}

/* In an element of plain text: to its end tag. Returns the index behind it, or MORE. */
static size_t
read_literal(struct parser *p, struct sl_slice s, size_t start)
{
	size_t len = strlen(p->literal);
	struct sl_slice name = sl_slice_str(p->literal);

	for (size_t i = sa_index(s, '<', start); i != SIZE_MAX; i = sa_index(s, '<', i + 1)) {
		size_t end;

		if (at(s, i + 1) != '/' || s.len - i < 2 + len || !sl_slice_ieq(sa_sub(s, i + 2, i + 2 + len), name) ||
		    strcmp(p->literal, "plaintext") == 0)
			continue;
		end = skip_space(s, i + 2 + len);
		if (at(s, end) != '>')
			continue;
		if (i > start)
			tell_text(p, sa_sub(s, start, i));
		tell_tag(p, name, false);
		p->literal = NULL;
		p->cdata = false;
		return end + 1;
	}
	return MORE;
}

/* "]]>" ends the innermost section. */
static void
section_end(struct parser *p)
{
	if (p->sections_len > 0)
		p->sections_len--;
	section_update(p);
}

/* In a section of plain text. */
static size_t
read_section_text(struct parser *p, struct sl_slice s, size_t start)
{
	size_t i = sa_find(s, SL_SLICE_LIT("]]>"), start);

	if (i == SIZE_MAX)
		return MORE;
	if (i > start)
		tell_text(p, sa_sub(s, start, i));
	section_end(p);
	return i + 3;
}

/* Text from `start`, seen up to `from` already, to the next '<'. Returns where it ends (told, but for what
 * may still grow), *more_out set if the page ended. */
static size_t
read_text(struct parser *p, struct sl_slice s, size_t start, size_t from, bool *more_out)
{
	size_t i = from;

	*more_out = false;
	while (i < s.len && s.ptr[i] != '<') {
		if (p->section != SECTION_NONE && s.ptr[i] == ']' && at(s, i + 1) == ']' && at(s, i + 2) == '>') {
			tell_text(p, sa_sub(s, start, i));
			section_end(p);
			start = i = i + 3;
			continue;
		}
		i++;
	}
	if (i < s.len) {
		if (i > start)
			tell_text(p, sa_sub(s, start, i));
		return i;
	}
	*more_out = true;
	if (i == start)
		return i;
	if (!is_space(s.ptr[i - 1])) {	/* a word, or a reference, may be cut */
		while (i > start && !is_space(s.ptr[i - 1]))
			i--;
	}
	while (i > start && is_space(s.ptr[i - 1]))
		i--;
	if (i > start)
		tell_text(p, sa_sub(s, start, i));
	return i;
}

static size_t
read_markup(struct parser *p, struct sl_slice s, size_t start)
{
	unsigned char c = at(s, start + 1);

	if (is_name_first(c))
		return read_start(p, s, start);
	if (c == '/')
		return read_end(p, s, start);
	if (c == '!')
		return read_declaration(p, s, start);
	if (c == '?') {
		size_t end = sa_index(s, '>', start + 2);

		if (end == SIZE_MAX)
			return MORE;
		flush_pending(p);
		return end + 1;
	}
	return NOTHING;
}

/* Returns where what is left begins. */
static size_t
parse(struct parser *p, struct sl_slice s, size_t from)
{
	size_t start = from, i = from;

	for (;;) {
		size_t next;
		bool more;

		while (p->literal != NULL) {
			next = read_literal(p, s, start);
			if (next == MORE)
				return start;
			start = i = next;
		}
		while (p->section == SECTION_CDATA || p->section == SECTION_RCDATA) {
			next = read_section_text(p, s, start);
			if (next == MORE)
				return start;
			start = i = next;
		}
		start = i = read_text(p, s, start, i, &more);
		if (more || s.len - start < 3)
			return start;
		next = read_markup(p, s, start);
		if (next == MORE)
			return start;
		if (next == NOTHING)
			i = start + 1;		/* text, the '<' with it */
		else
			start = i = next;
	}
}

/* The end of the page, with what is left of it. */
static void
parse_end(struct parser *p, struct sl_slice s, size_t from)
{
	static const char *const text_to_the_end[] = { "plaintext", "xmp", "iframe", "textarea" };

	while (from < s.len) {
		if (p->literal != NULL) {
			const char *literal = p->literal;
			bool stays = false;

			for (size_t i = 0; i < SL_COUNT(text_to_the_end); i++)
				stays = stays || strcmp(literal, text_to_the_end[i]) == 0;
			if (stays)
				break;
			if (strcmp(literal, "title") == 0)
				p->pending_end = literal;
			else
				tell_tag(p, sl_slice_str(literal), false);
			p->literal = NULL;
			from = parse(p, s, from);
			continue;
		}
		if (s.ptr[from] == '<' && !p->any_gt_ends_comment) {
			p->any_gt_ends_comment = true;
			from = parse(p, s, from);
			continue;
		}
		if (s.ptr[from] == '<') {
			unsigned char c = at(s, from + 1);

			if (from + 1 == s.len || is_name_first(c) || c == '/' || c == '!' || c == '?') {
				tell_comment(p, sl_slice_from(s, from));
				from = s.len;
			}
		}
		break;
	}
	if (from < s.len)
		tell_text(p, sl_slice_from(s, from));
	flush_pending(p);
}

#define CLOSES_MAX	1000

/* Script and style that are left open are closed. */
static struct sl_slice
close_open(struct sa_html *html, struct parser *p, struct sl_slice s, size_t *from, const char *tag,
    struct sl_slice end)
{
	size_t left;

	for (unsigned i = 0; i < CLOSES_MAX && sa_html_inside(html, tag) > 0; i++) {
		left = s.len - *from;
		s = SA_CAT(html->view, sl_slice_from(s, *from), end);
		*from = parse(p, s, 0);
		if (*from == 0 && left > 0)
			break;		/* it will not help: what is open is something else */
	}
	return s;
}

void
sa_html_parse(struct sa_html *html, struct sl_slice page)
{
	struct parser *p = sl_xzalloc(sizeof(*p));
	size_t from;

	p->html = html;
	from = page.len == 0 ? 0 : parse(p, page, 0);
	page = close_open(html, p, page, &from, "style", SL_SLICE_LIT("</style>"));
	page = close_open(html, p, page, &from, "script", SL_SLICE_LIT("</script>"));
	parse_end(p, page, from);
	sl_free(p);
}
