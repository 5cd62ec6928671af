/* sheet.c - see html/sheet.h */

#include "html/sheet.h"

#define SHEET_MAGIC	0x5ee7c0deu
#define BUCKETS		128
#define SELECTOR_MAX	2048	/* bytes of a rule's selectors, or a condition; the rest is dropped */
#define BLOCK_MAX	2048	/* bytes of one declaration */
#define LEVELS_MAX	8	/* of blocks in blocks */
#define PARTS_MAX	12	/* names in one selector */
#define NONE		UINT16_MAX
#define RULES_MAX	4096	/* so that a place in the sheet has 12 bits, and parts 16 */
#define WIDE_PX		1000	/* a wide screen */

/* In which kind of block we are. */
enum level {
	LEVEL_WIDE,	/* rules hold */
	LEVEL_OTHER,	/* rules for other screens */
	LEVEL_NEVER,	/* print, dark, keyframes, ... */
};

enum state {
	STATE_SELECTOR,	/* a selector or condition is gathered */
	STATE_BLOCK,	/* a declaration is gathered */
};

enum comment { COMMENT_NO, COMMENT_SLASH, COMMENT_IN, COMMENT_STAR };

enum kind { KIND_NAME, KIND_CLASS, KIND_ID };

struct symbol {
	uint32_t	hash;
	uint16_t	name, len;	/* in sheet.names */
	uint16_t	next;		/* in its bucket, or NONE */
	uint16_t	rules;		/* the first that ends with it, or NONE */
	unsigned char	kind;
};

/* One name of a selector. They are kept from the last to the first. */
struct part {
	uint16_t	symbol;
	char		combinator;	/* to the compound before, at its end: ' ', '>', or 0: the same */
};

struct rule {
	struct sl_style	style;
	uint32_t	weight;
	uint16_t	next;		/* of the same symbol, or NONE */
	uint16_t	parts;		/* in sheet.parts, without the symbol itself */
	unsigned char	count;
	bool		other_screen;
	char		combinator;	/* after the symbol itself */
};

/* A growing array: entries of `size` bytes. */
struct array {
	void	*ptr;
	size_t	 len, room;
};

struct sl_sheet {
	unsigned	 magic;
	size_t		 rules_max, bytes_max;
	sl_style_url	*url;		/* kept */
	void		*ctx;		/* kept */
	bool		 full;

	struct array	 names, symbols, parts, rules;	/* char, symbol, part, rule */
	uint16_t	 buckets[BUCKETS];
	uint16_t	 star;		/* the symbol '*', which every element has, or NONE */

	enum state	 state;
	enum comment	 comment;
	unsigned char	 quote;		/* inside a string; 0: none */
	bool		 escaped;	/* a '\' came before */
	bool		 in_parens;	/* of url(: then only ')' counts */
	unsigned	 skip_depth;	/* of blocks opened inside the one being read */
	enum level	 levels[LEVELS_MAX];
	unsigned	 depth;		/* of levels, the first is the sheet itself */
	unsigned	 lost_depth;	/* of those beyond LEVELS_MAX */
	size_t		 selector_len, block_len;
	struct sl_style	 style;		/* of the block being read */
	unsigned char	 selector[SELECTOR_MAX], block[BLOCK_MAX];
};

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r';
}

static bool
contains(struct sl_slice s, const char *word)
{
	struct sl_slice w = sl_slice_str(word);

	for (size_t i = 0; i + w.len <= s.len; i++)
		if (sl_slice_istarts(sl_slice_from(s, i), w))
			return true;
	return false;
}

/* Room for one more entry, not set. */
static void *
array_add(struct array *a, size_t size)
{
	if (a->len == a->room) {
		a->room = a->room == 0 ? 8 : 2 * a->room;
		a->ptr = sl_xrealloc(a->ptr, a->room * size);
	}
	return (char *)a->ptr + a->len++ * size;
}

static struct symbol *
symbol_at(const struct sl_sheet *s, size_t i)
{
	return (struct symbol *)s->symbols.ptr + i;
}

static struct rule *
rule_at(const struct sl_sheet *s, size_t i)
{
	return (struct rule *)s->rules.ptr + i;
}

struct sl_sheet *
sl_sheet_new(size_t rules_max, size_t bytes_max, sl_style_url *url, void *ctx)
{
	struct sl_sheet *s = sl_xzalloc(sizeof(*s));

	SL_ASSERT(rules_max <= RULES_MAX && bytes_max < NONE);
	s->magic = SHEET_MAGIC;
	s->rules_max = rules_max;
	s->bytes_max = bytes_max;
	s->url = url;
	s->ctx = ctx;
	memset(s->buckets, 0xff, sizeof(s->buckets));
	s->star = NONE;
	sl_sheet_begin(s, sl_slice(NULL, 0));
	return s;
}

void
sl_sheet_free(struct sl_sheet **sheet)
{
	if (*sheet != NULL) {
		SL_CHECK(*sheet, SHEET_MAGIC);
		sl_free((*sheet)->names.ptr);
		sl_free((*sheet)->symbols.ptr);
		sl_free((*sheet)->parts.ptr);
		sl_free((*sheet)->rules.ptr);
	}
	SL_OBJ_FREE(sheet, SHEET_MAGIC);
}

bool
sl_sheet_is_full(const struct sl_sheet *s)
{
	return s->full;
}

size_t
sl_sheet_rules(const struct sl_sheet *s)
{
	return s->rules.len;
}

/* Names of elements are alike in any case; classes and ids are so in old pages only, which is
 * what most mail is. */
static uint32_t
name_hash(enum kind kind, struct sl_slice name)
{
	uint32_t hash = 2166136261u ^ kind;	/* FNV-1a */

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ sl_ascii_lower(name.ptr[i])) * 16777619u;
	return hash;
}

/* The symbol's number, or NONE. */
static uint16_t
symbol_find(const struct sl_sheet *s, enum kind kind, struct sl_slice name, uint32_t hash,
    size_t *work)
{
	uint16_t i = s->buckets[hash % BUCKETS];

	for (; i != NONE; i = symbol_at(s, i)->next) {
		const struct symbol *symbol = symbol_at(s, i);

		++*work;
		if (symbol->hash == hash && symbol->kind == kind &&
		    sl_slice_ieq(sl_slice((char *)s->names.ptr + symbol->name, symbol->len), name))
			return i;
	}
	return NONE;
}

/* The same, added if it is new; NONE if there is no room. */
static uint16_t
symbol_make(struct sl_sheet *s, enum kind kind, struct sl_slice name)
{
	uint32_t hash = name_hash(kind, name);
	size_t work = 0;
	uint16_t i = symbol_find(s, kind, name, hash, &work);
	struct symbol *symbol;

	if (i != NONE)
		return i;
	if (name.len > s->bytes_max - s->names.len || s->symbols.len >= 4 * s->rules_max) {
		s->full = true;
		return NONE;
	}
	i = (uint16_t)s->symbols.len;
	symbol = array_add(&s->symbols, sizeof(*symbol));
	*symbol = (struct symbol){ hash, (uint16_t)s->names.len, (uint16_t)name.len,
		s->buckets[hash % BUCKETS], NONE, kind };
	s->buckets[hash % BUCKETS] = i;
	if (kind == KIND_NAME && name.ptr[0] == '*')
		s->star = i;
	for (size_t n = 0; n < name.len; n++)
		*(unsigned char *)array_add(&s->names, 1) = name.ptr[n];
	return i;
}

/* One selector, taken apart: the last name first. */
struct selector {
	struct part	parts[PARTS_MAX];
	unsigned	count;
	uint32_t	weight;
};

static bool
is_name_byte(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26 || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_' || c >= 0x80;
}

/* How much a selector weighs (Selectors 4, 17): ids before classes before names, and then its
 * place in the sheet. */
static uint32_t
selector_weight(const unsigned counts[3], size_t place)
{
	return (uint32_t)(SL_MIN(counts[KIND_ID], 7u) << 20 | SL_MIN(counts[KIND_CLASS], 15u) << 16 |
	    SL_MIN(counts[KIND_NAME], 15u) << 12 | place);
}

/* Space and '>' at the front of *text. Returns the combinator, or 0 if there is none. */
static char
take_combinator(struct sl_slice *text)
{
	char combinator = 0;

	while (text->len > 0 && (is_space(text->ptr[0]) || text->ptr[0] == '>')) {
		if (combinator != '>')
			combinator = text->ptr[0] == '>' ? '>' : ' ';
		*text = sl_slice_from(*text, 1);
	}
	return combinator;
}

/* Take `text`, without space around it, apart. False if it is of a kind that is not kept. */
static bool
selector_parse(struct sl_sheet *s, struct sl_slice text, struct selector *out)
{
	struct part parts[PARTS_MAX];
	unsigned counts[3] = { 0 };

	*out = (struct selector){ .count = 0 };
	while (text.len > 0) {
		enum kind kind = text.ptr[0] == '.' ? KIND_CLASS : text.ptr[0] == '#' ? KIND_ID :
		    KIND_NAME;
		struct sl_slice name;
		size_t n = 0;

		text = sl_slice_from(text, kind != KIND_NAME);
		if (kind == KIND_NAME && text.ptr[0] == '*') {
			name = sl_slice(text.ptr, n = 1);
		} else {
			while (n < text.len && is_name_byte(text.ptr[n]))
				n++;
			name = sl_slice(text.ptr, n);
		}
		if (n == 0 || out->count == PARTS_MAX)
			return false;
		text = sl_slice_from(text, n);
		parts[out->count].symbol = symbol_make(s, kind, name);
		if (parts[out->count].symbol == NONE)
			return false;
		/* Said of the part before, as that is the one read from the end. */
		parts[out->count++].combinator = take_combinator(&text);
		counts[kind] += name.ptr[0] != '*';
	}
	out->weight = selector_weight(counts, s->rules.len);
	for (unsigned i = 0; i < out->count; i++) {
		out->parts[i].symbol = parts[out->count - 1 - i].symbol;
		out->parts[i].combinator = i + 1 < out->count ?
		    parts[out->count - 2 - i].combinator : 0;
	}
	return out->count > 0;
}

/* A rule that says the same of the same elements, to be one with it: "a {...} a {...}". Only the
 * newest, so that it costs no search. */
static struct rule *
twin_find(struct sl_sheet *s, const struct selector *sel, bool other_screen)
{
	uint16_t i = symbol_at(s, sel->parts[0].symbol)->rules;

	if (sel->count > 1 || i == NONE || rule_at(s, i)->count > 0 ||
	    rule_at(s, i)->other_screen != other_screen)
		return NULL;
	return rule_at(s, i);
}

static void
rule_add(struct sl_sheet *s, const struct selector *sel, bool other_screen)
{
	struct symbol *symbol = symbol_at(s, sel->parts[0].symbol);
	struct rule *rule = twin_find(s, sel, other_screen);

	if (rule != NULL) {
		sl_style_add(&rule->style, &s->style);
		return;
	}
	if (s->rules.len == s->rules_max) {
		s->full = true;
		return;
	}
	rule = array_add(&s->rules, sizeof(*rule));
	*rule = (struct rule){ .style = s->style, .weight = sel->weight, .next = symbol->rules,
		.parts = (uint16_t)s->parts.len, .count = (unsigned char)(sel->count - 1),
		.other_screen = other_screen, .combinator = sel->parts[0].combinator };
	symbol->rules = (uint16_t)(s->rules.len - 1);
	for (unsigned i = 1; i < sel->count; i++)
		*(struct part *)array_add(&s->parts, sizeof(struct part)) = sel->parts[i];
}

/* What was gathered, without what old pages put around a sheet to hide it. */
static struct sl_slice
head(const struct sl_sheet *s)
{
	static const struct sl_slice around[] = { SL_SLICE_LIT("<!--"), SL_SLICE_LIT("-->") };
	struct sl_slice text = sl_slice_trim(sl_slice(s->selector, s->selector_len));

	for (size_t i = 0; i < SL_COUNT(around); i++)
		while (sl_slice_istarts(text, around[i]))
			text = sl_slice_trim(sl_slice_from(text, around[i].len));
	return text;
}

/* A block with something in it is complete: keep a rule for each selector of its list. */
static void
rules_add(struct sl_sheet *s)
{
	struct sl_slice list = head(s);

	while (list.len > 0) {
		const unsigned char *comma = memchr(list.ptr, ',', list.len);
		size_t n = comma == NULL ? list.len : (size_t)(comma - list.ptr);
		struct selector sel;

		if (selector_parse(s, sl_slice_trim(sl_slice(list.ptr, n)), &sel))
			rule_add(s, &sel, s->levels[s->depth - 1] == LEVEL_OTHER);
		list = sl_slice_from(list, SL_MIN(n + 1, list.len));
	}
}

/* The number after `word` in a condition, in px; `otherwise` if it is not there. */
static int32_t
condition_px(struct sl_slice text, const char *word, int32_t otherwise)
{
	struct sl_slice w = sl_slice_str(word);

	for (size_t i = 0; i + w.len < text.len; i++) {
		struct sl_slice rest = sl_slice_from(text, i);
		struct sl_style_length l;

		if (!sl_slice_istarts(rest, w))
			continue;
		rest = sl_slice_from(rest, w.len);
		while (rest.len > 0 && (is_space(rest.ptr[0]) || rest.ptr[0] == ':'))
			rest = sl_slice_from(rest, 1);
		if (sl_style_length(rest, &l))
			return l.hundredths / 100 * (l.unit == SL_STYLE_PX ? 1 : 16);
	}
	return otherwise;
}

/* For whom the rules after "@media" are. */
static enum level
media_level(struct sl_slice query)
{
	static const char *const never[] = { "print", "speech", "prefers-color-scheme", "not all",
		"high-contrast", "forced-colors" };
	/* What decides more than the width does: small screens, or one program's. */
	static const char *const other[] = { "device-width", "ratio", "resolution", "orientation",
		"hover", "pointer", "handheld", "yahoo", "not screen" };

	for (size_t i = 0; i < SL_COUNT(never); i++)
		if (contains(query, never[i]))
			return LEVEL_NEVER;
	for (size_t i = 0; i < SL_COUNT(other); i++)
		if (contains(query, other[i]))
			return LEVEL_OTHER;
	if (condition_px(query, "max-width", INT16_MAX) < WIDE_PX ||
	    condition_px(query, "min-width", 0) > WIDE_PX)
		return LEVEL_OTHER;
	return LEVEL_WIDE;
}

/* Of a list of queries one that holds is enough. */
static enum level
media_list_level(struct sl_slice list)
{
	enum level best = LEVEL_NEVER;

	while (list.len > 0) {
		const unsigned char *comma = memchr(list.ptr, ',', list.len);
		size_t n = comma == NULL ? list.len : (size_t)(comma - list.ptr);

		best = SL_MIN(best, media_level(sl_slice(list.ptr, n)));
		list = sl_slice_from(list, SL_MIN(n + 1, list.len));
	}
	return best;
}

/* '{' after what was gathered: a rule, or rules in rules. */
static void
block_open(struct sl_sheet *s)
{
	static const char *const holders[] = { "@media", "@supports", "@layer", "@document",
		"@-moz-document", "@container" };
	struct sl_slice text = head(s);
	enum level level = s->levels[s->depth - 1];

	for (size_t i = 0; i < SL_COUNT(holders); i++) {
		if (!sl_slice_istarts(text, sl_slice_str(holders[i])))
			continue;
		if (level == LEVEL_WIDE)
			level = i == 0 ? media_list_level(text) : i <= 2 ? LEVEL_WIDE : LEVEL_OTHER;
		else if (i == 0 && media_list_level(text) == LEVEL_NEVER)
			level = LEVEL_NEVER;
		s->selector_len = 0;
		if (s->depth == LEVELS_MAX) {
			s->lost_depth++;
			s->full = true;
			return;
		}
		s->levels[s->depth++] = level;
		return;
	}
	s->state = STATE_BLOCK;
	s->skip_depth = 0;
	s->block_len = 0;
	s->style = (struct sl_style){ .set = 0 };
	if (text.len > 0 && text.ptr[0] == '@')	/* @font-face, @keyframes, @page */
		s->selector_len = 0;
}

/* "@import url(a);", "@charset ...". */
static void
statement_end(struct sl_sheet *s)
{
	struct sl_slice text = head(s);
	struct sl_style none = { .set = 0 };

	if (s->url != NULL && sl_slice_istarts(text, SL_SLICE_LIT("@import"))) {
		struct sl_slice rest = sl_slice_trim(sl_slice_from(text, 7));

		if (rest.len > 1 && (rest.ptr[0] == '"' || rest.ptr[0] == '\'')) {
			const unsigned char *end = memchr(rest.ptr + 1, rest.ptr[0], rest.len - 1);

			s->url(s->ctx, sl_slice(rest.ptr + 1, end == NULL ? rest.len - 1 :
			    (size_t)(end - rest.ptr) - 1));
		} else {
			sl_style_parse(rest, &none, s->url, s->ctx);
		}
	}
	s->selector_len = 0;
}

static void
declaration_end(struct sl_sheet *s)
{
	if (s->skip_depth == 0)
		sl_style_parse(sl_slice(s->block, s->block_len), &s->style, s->url, s->ctx);
	s->block_len = 0;
}

static void
block_close(struct sl_sheet *s)
{
	declaration_end(s);
	if (s->style.set != 0 && s->levels[s->depth - 1] != LEVEL_NEVER)
		rules_add(s);
	s->state = STATE_SELECTOR;
	s->selector_len = 0;
}

static void
level_close(struct sl_sheet *s)
{
	if (s->lost_depth > 0)
		s->lost_depth--;
	else if (s->depth > 1)
		s->depth--;
	s->selector_len = 0;
}

static void
gather(struct sl_sheet *s, unsigned char c)
{
	if (s->state == STATE_SELECTOR) {
		if (s->selector_len < SELECTOR_MAX)
			s->selector[s->selector_len++] = c;
		else
			s->full = true;
	} else if (s->block_len < BLOCK_MAX) {
		s->block[s->block_len++] = c;
	}
}

/* Is what was gathered about to be the inside of url(? */
static bool
is_url_open(const struct sl_sheet *s)
{
	struct sl_slice text = s->state == STATE_SELECTOR ? sl_slice(s->selector, s->selector_len) :
	    sl_slice(s->block, s->block_len);

	return text.len >= 3 && sl_slice_istarts(sl_slice_from(text, text.len - 3),
	    SL_SLICE_LIT("url"));
}

/* A byte outside strings and comments. */
static void
take_plain(struct sl_sheet *s, unsigned char c)
{
	if (c == '"' || c == '\'') {
		s->quote = c;
	} else if (c == '(' && is_url_open(s)) {
		s->in_parens = true;
	} else if (c == '{') {
		if (s->state == STATE_SELECTOR) {
			block_open(s);
			return;
		}
		s->skip_depth++;	/* a block in a block, as in @keyframes: not read */
	} else if (c == '}') {
		if (s->state == STATE_SELECTOR)
			level_close(s);
		else if (s->skip_depth == 0)
			block_close(s);
		else if (--s->skip_depth == 0)
			s->block_len = 0;
		return;
	} else if (c == ';') {
		if (s->state == STATE_SELECTOR)
			statement_end(s);
		else
			declaration_end(s);
		return;
	}
	gather(s, c);
}

/* A byte that may be of a comment. Returns true when that is all it is. */
static bool
take_comment(struct sl_sheet *s, unsigned char c)
{
	switch (s->comment) {
	case COMMENT_SLASH:
		s->comment = c == '*' ? COMMENT_IN : COMMENT_NO;
		if (c == '*')
			return true;
		gather(s, '/');
		return false;
	case COMMENT_IN:
	case COMMENT_STAR:
		if (s->comment == COMMENT_STAR && c == '/') {
			s->comment = COMMENT_NO;
			gather(s, ' ');
		} else {
			s->comment = c == '*' ? COMMENT_STAR : COMMENT_IN;
		}
		return true;
	case COMMENT_NO:
		break;
	}
	return false;
}

static void
take(struct sl_sheet *s, unsigned char c)
{
	if (s->comment != COMMENT_NO && take_comment(s, c))
		return;
	if (s->escaped) {
		s->escaped = false;
		gather(s, c);
	} else if (c == '\\') {
		s->escaped = true;
		gather(s, c);
	} else if (s->quote != 0) {
		/* A string ends with its line: one that was never closed must not hide the rest. */
		if (c == s->quote || c == '\n')
			s->quote = 0;
		gather(s, c);
	} else if (s->in_parens) {
		s->in_parens = c != ')';
		if (c == '"' || c == '\'')
			s->quote = c;
		gather(s, c);
	} else if (c == '/') {
		s->comment = COMMENT_SLASH;
	} else {
		take_plain(s, c);
	}
}

/* How many bytes at the front only have to be passed or gathered. */
static size_t
take_run(struct sl_sheet *s, struct sl_slice text)
{
	size_t n = 0;

	if (s->comment == COMMENT_IN) {
		const unsigned char *star = memchr(text.ptr, '*', text.len);

		return star == NULL ? text.len : (size_t)(star - text.ptr);
	}
	if (s->comment != COMMENT_NO || s->escaped || s->quote != 0 || s->in_parens)
		return 0;
	while (n < text.len && is_name_byte(text.ptr[n]))
		gather(s, text.ptr[n++]);
	return n;
}

void
sl_sheet_feed(struct sl_sheet *s, struct sl_slice text)
{
	SL_CHECK(s, SHEET_MAGIC);
	while (text.len > 0) {
		size_t n = take_run(s, text);

		text = sl_slice_from(text, n);
		/* Not '<' of "<!--", which stands around old sheets and means nothing. */
		if (text.len > 0) {
			take(s, text.ptr[0]);
			text = sl_slice_from(text, 1);
		}
	}
}

void
sl_sheet_begin(struct sl_sheet *s, struct sl_slice media)
{
	SL_CHECK(s, SHEET_MAGIC);
	s->state = STATE_SELECTOR;
	s->comment = COMMENT_NO;
	s->quote = 0;
	s->escaped = s->in_parens = false;
	s->levels[0] = sl_slice_trim(media).len == 0 ? LEVEL_WIDE : media_list_level(media);
	s->depth = 1;
	s->lost_depth = 0;
	s->selector_len = s->block_len = 0;
}

/* What is open at the end is closed (CSS Syntax 3, 5.4.1). */
void
sl_sheet_end(struct sl_sheet *s)
{
	SL_CHECK(s, SHEET_MAGIC);
	if (s->state == STATE_BLOCK)
		block_close(s);
}

static void
describe_one(const struct sl_sheet *s, enum kind kind, struct sl_slice name,
    struct sl_sheet_element *element, size_t *work)
{
	uint16_t symbol = symbol_find(s, kind, name, name_hash(kind, name), work);

	if (symbol != NONE && element->count < SL_SHEET_SYMBOLS_MAX)
		element->symbols[element->count++] = symbol;
}

void
sl_sheet_describe(const struct sl_sheet *s, struct sl_slice name, struct sl_slice classes,
    struct sl_slice id, struct sl_sheet_element *element_out, size_t *work)
{
	SL_CHECK(s, SHEET_MAGIC);
	element_out->count = 0;
	if (s->star != NONE)
		element_out->symbols[element_out->count++] = s->star;
	describe_one(s, KIND_NAME, name, element_out, work);
	if (id.len > 0)
		describe_one(s, KIND_ID, id, element_out, work);
	while (classes.len > 0) {
		size_t n = 0;

		while (n < classes.len && !is_space(classes.ptr[n]))
			n++;
		if (n > 0)
			describe_one(s, KIND_CLASS, sl_slice(classes.ptr, n), element_out, work);
		classes = sl_slice_from(classes, SL_MIN(n + 1, classes.len));
	}
}

static bool
has_symbol(const struct sl_sheet *s, const struct sl_sheet_element *element, uint16_t symbol)
{
	for (unsigned i = 0; i < element->count; i++)
		if (element->symbols[i] == symbol)
			return true;
	return false;
}

/* Does the rule's symbol, which the element has, stand as the rule's selector says? Elements above
 * are tried from the nearest one, each for one compound: no way back, which CSS would have for a
 * '>' above a ' '; so a few selectors match less than they should. */
static bool
rule_matches(const struct sl_sheet *s, const struct rule *rule,
    const struct sl_sheet_element *element, sl_sheet_above *above, const void *ctx, size_t *work)
{
	const struct part *parts = (const struct part *)s->parts.ptr + rule->parts;
	char combinator = rule->combinator;
	size_t up = 0;
	unsigned i = 0;

	while (i < rule->count) {
		unsigned end = i;
		bool all;

		/* The compound: parts up to the next combinator. */
		while (end + 1 < rule->count && parts[end].combinator == 0)
			end++;
		if (combinator != 0)
			element = above(ctx, up++);
		do {
			if (element == NULL)
				return false;
			all = true;
			for (unsigned n = i; n <= end && all; n++)
				all = has_symbol(s, element, parts[n].symbol);
			*work += 1 + end - i;
			if (!all && combinator == ' ')
				element = above(ctx, up++);
		} while (!all && combinator == ' ');
		if (!all)
			return false;
		combinator = parts[end].combinator;
		i = end + 1;
	}
	return true;
}

/* A property has the weight of its selector, and the place in the sheet; what is important stands
 * over all else. */
#define WEIGHT_IMPORTANT	(1u << 31)
#define WEIGHT_OWN		(1u << 30)

static void
cascade_add(struct sl_sheet_cascade *c, const struct sl_style *style, uint32_t weight)
{
	for (uint32_t left = style->set; left != 0; left &= left - 1) {
		unsigned property = (unsigned)__builtin_ctz(left);
		uint32_t w = weight;

		if ((style->important & 1u << property) != 0)
			w |= WEIGHT_IMPORTANT;
		if (w < c->weights[property])
			continue;
		c->weights[property] = w;
		sl_style_copy(&c->style, style, (enum sl_style_property)property);
	}
}

void
sl_sheet_match(const struct sl_sheet *s, const struct sl_sheet_element *element,
    sl_sheet_above *above, const void *ctx, struct sl_sheet_cascade *c, size_t *work)
{
	SL_CHECK(s, SHEET_MAGIC);
	for (unsigned i = 0; i < element->count; i++) {
		uint16_t at = symbol_at(s, element->symbols[i])->rules;

		for (; at != NONE; at = rule_at(s, at)->next) {
			const struct rule *rule = rule_at(s, at);

			++*work;
			if (!rule_matches(s, rule, element, above, ctx, work))
				continue;
			if (!rule->other_screen)
				cascade_add(c, &rule->style, rule->weight);
			else if (c->others_count < SL_SHEET_OTHERS_MAX)
				c->others[c->others_count++] = at;
		}
	}
}

void
sl_sheet_cascade_add(struct sl_sheet_cascade *c, const struct sl_style *style, bool own)
{
	cascade_add(c, style, own ? WEIGHT_OWN : 0);
}

void
sl_sheet_cascade_others(const struct sl_sheet *s, struct sl_sheet_cascade *c)
{
	for (unsigned i = 0; i < c->others_count; i++) {
		const struct rule *rule = rule_at(s, c->others[i]);

		cascade_add(c, &rule->style, rule->weight);
	}
}
