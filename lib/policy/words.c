/* words.c - see words.h
 *
 * A text becomes words with a PART between and around them; a phrase is such a text, without its last PART if it ends in
 * a star. Then words need no further thought: the automaton finds strings. */

#include "policy/words.h"

#include "sl/utf8.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#define PART	0x01
#define ROOT	0u
#define NONE	UINT32_MAX

struct node {
	uint32_t	fail;		/* where the longest proper suffix stands that begins a phrase */
	uint32_t	phrase;		/* first of `ends`; NONE: none ends here */
	uint32_t	suffix;		/* the next node up `fail` at which one ends; ROOT: none */
};
struct edge {
	uint32_t	from, to;	/* to: ROOT is no edge's end, so 0 is free */
	unsigned char	byte;
};
struct end {
	uint32_t	id, next;	/* of the same node */
};

struct sl_words {
	unsigned	 magic;
	struct node	*nodes;
	size_t		 nodes_len, nodes_size;
	struct edge	*edges;		/* open addressing */
	size_t		 edges_size;
	struct end	*ends;
	size_t		 ends_len, ends_size;
	uint32_t	 first[256];	/* edges of the root */
};
#define WORDS_MAGIC	0x3009d5c4u

/* ---- characters */

enum kind { LETTER, PARTING, UNSEEN, ALONE };

static bool
is_alone(uint32_t c)
{
	return (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) || (c >= 0x1780 && c <= 0x17ff) ||
	    (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0x20000 && c <= 0x3ffff);
}

static enum kind
kind_of(uint32_t c)
{
	int8_t type;

	if (c < 0x80)
		return (c >= '0' && c <= '9') || (sl_ascii_lower((unsigned char)c) >= 'a' &&
		    sl_ascii_lower((unsigned char)c) <= 'z') ? LETTER : PARTING;
	if (is_alone(c))
		return ALONE;
	if (c >= 0x300 && c <= 0x36f)
		return UNSEEN;		/* accents */
	type = u_charType((UChar32)c);
	if (type == U_FORMAT_CHAR || (c >= 0xfe00 && c <= 0xfe0f))
		return UNSEEN;
	return u_isalnum((UChar32)c) || type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK ? LETTER : PARTING;
}

/* Bytes of what a text becomes. */
struct reader {
	void	(*byte)(void *ctx, unsigned char byte);
	void	*ctx;
	bool	*parted;
};

static void
part(struct reader *r)
{
	if (!*r->parted)
		r->byte(r->ctx, PART);
	*r->parted = true;
}

static void
read_plain(struct reader *r, uint32_t c)
{
	enum kind kind = kind_of(c);
	unsigned char utf8[4];
	size_t len;

	if (kind == UNSEEN)
		return;
	if (kind != LETTER)
		part(r);
	if (kind == PARTING)
		return;
	len = sl_utf8_encode(c < 0x80 ? sl_ascii_lower((unsigned char)c)
	    : (uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT), utf8);
	for (size_t i = 0; i < len; i++)
		r->byte(r->ctx, utf8[i]);
	*r->parted = false;
	if (kind == ALONE)
		part(r);
}

/* A character, taken apart into what it is made of. */
static void
read_character(struct reader *r, uint32_t c)
{
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *nfkd;
	UChar parts[40];
	int32_t len = -1, at = 0;

	if (c < 0x80) {
		read_plain(r, c);
		return;
	}
	nfkd = unorm2_getNFKDInstance(&error);
	if (U_SUCCESS(error))
		len = unorm2_getDecomposition(nfkd, (UChar32)c, parts, SL_COUNT(parts), &error);
	if (len < 0 || U_FAILURE(error)) {
		read_plain(r, c);
		return;
	}
	while (at < len) {
		UChar32 one;

		U16_NEXT(parts, at, len, one);
		read_plain(r, (uint32_t)one);
	}
}

/* ---- building */

static size_t
edge_slot(const struct sl_words *w, uint32_t from, unsigned char byte)
{
	uint64_t key = ((uint64_t)from << 8 | byte) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(key >> 24) & (w->edges_size - 1);

	while (w->edges[i].to != 0 && (w->edges[i].from != from || w->edges[i].byte != byte))
		i = (i + 1) & (w->edges_size - 1);
	return i;
}

/* The node behind an edge; ROOT: there is none. */
static inline uint32_t
step(const struct sl_words *w, uint32_t from, unsigned char byte)
{
	return from == ROOT ? w->first[byte] : w->edges[edge_slot(w, from, byte)].to;
}

static uint32_t
node_add(struct sl_words *w)
{
	if (w->nodes_len == w->nodes_size) {
		w->nodes_size = SL_MAX(w->nodes_size * 2, (size_t)64);
		w->nodes = sl_xrealloc(w->nodes, w->nodes_size * sizeof(*w->nodes));
	}
	w->nodes[w->nodes_len] = (struct node){ ROOT, NONE, ROOT };
	return (uint32_t)w->nodes_len++;
}

static void
edges_grow(struct sl_words *w)
{
	struct edge *old = w->edges;
	size_t old_size = w->edges_size;

	w->edges_size = SL_MAX(old_size * 2, (size_t)64);
	w->edges = sl_xzalloc(w->edges_size * sizeof(*w->edges));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].to != 0)
			w->edges[edge_slot(w, old[i].from, old[i].byte)] = old[i];
	sl_free(old);
}

struct builder {
	struct sl_words	*w;
	uint32_t	 at;
	bool		 any;		/* a letter or digit has come */
};

static void
build_byte(void *ctx, unsigned char byte)
{
	struct builder *b = ctx;
	uint32_t next = step(b->w, b->at, byte);

	b->any |= byte != PART;
	if (next == ROOT) {
		if (b->w->nodes_len * 2 >= b->w->edges_size)
			edges_grow(b->w);
		next = node_add(b->w);
		if (b->at == ROOT)
			b->w->first[byte] = next;
		else
			b->w->edges[edge_slot(b->w, b->at, byte)] = (struct edge){ b->at, next, byte };
	}
	b->at = next;
}

static void
end_add(struct sl_words *w, uint32_t node, uint32_t id)
{
	if (w->ends_len == w->ends_size) {
		w->ends_size = SL_MAX(w->ends_size * 2, (size_t)64);
		w->ends = sl_xrealloc(w->ends, w->ends_size * sizeof(*w->ends));
	}
	w->ends[w->ends_len] = (struct end){ id, w->nodes[node].phrase };
	w->nodes[node].phrase = (uint32_t)w->ends_len++;
}

/* Show a text to a reader, character by character; what is no UTF-8 parts words. */
static void
read_text(struct reader *r, struct sl_slice text)
{
	while (text.len > 0) {
		uint32_t c;
		size_t n = sl_utf8_decode(text, &c);

		if (n == 0)
			part(r);
		else
			read_character(r, c);
		text = sl_slice_from(text, SL_MAX(n, (size_t)1));
	}
}

static void
phrase_add(struct sl_words *w, const struct sl_words_phrase *phrase)
{
	struct builder b = { .w = w };
	bool parted = false, star = phrase->text.len > 0 && phrase->text.ptr[phrase->text.len - 1] == '*';
	struct reader r = { build_byte, &b, &parted };

	if (!sl_words_phrase_ok(phrase->text))
		return;
	part(&r);
	read_text(&r, sl_slice(phrase->text.ptr, phrase->text.len - star));
	if (!star)
		part(&r);
	end_add(w, b.at, phrase->id);
}

/* Where to go on when nothing follows, level by level. Edges are listed by their starts first. */
static void
link_nodes(struct sl_words *w)
{
	uint32_t *parent = sl_xzalloc(w->nodes_len * sizeof(*parent));
	unsigned char *byte = sl_xzalloc(w->nodes_len);
	uint32_t *depth = sl_xzalloc(w->nodes_len * sizeof(*depth)), *order, *place;
	uint32_t deepest = 0;

	for (int i = 0; i < 256; i++)
		if (w->first[i] != ROOT)
			byte[w->first[i]] = (unsigned char)i;
	for (size_t i = 0; i < w->edges_size; i++)
		if (w->edges[i].to != 0) {
			parent[w->edges[i].to] = w->edges[i].from;
			byte[w->edges[i].to] = w->edges[i].byte;
		}
	for (size_t i = 1; i < w->nodes_len; i++) {	/* a node is made after its parent */
		depth[i] = depth[parent[i]] + 1;
		deepest = SL_MAX(deepest, depth[i]);
	}
	place = sl_xzalloc((deepest + 2) * sizeof(*place));
	order = sl_xzalloc(w->nodes_len * sizeof(*order));
	for (size_t i = 0; i < w->nodes_len; i++)
		place[depth[i] + 1]++;
	for (uint32_t i = 1; i <= deepest; i++)
		place[i + 1] += place[i];
	for (size_t i = 0; i < w->nodes_len; i++)
		order[place[depth[i]]++] = (uint32_t)i;
	for (size_t i = 1; i < w->nodes_len; i++) {
		struct node *node = &w->nodes[order[i]];
		uint32_t at = w->nodes[parent[order[i]]].fail;

		if (parent[order[i]] != ROOT) {
			while (at != ROOT && step(w, at, byte[order[i]]) == ROOT)
				at = w->nodes[at].fail;
			node->fail = step(w, at, byte[order[i]]);
		}
		node->suffix = w->nodes[node->fail].phrase != NONE ? node->fail : w->nodes[node->fail].suffix;
	}
	sl_free(parent);
	sl_free(byte);
	sl_free(depth);
	sl_free(place);
	sl_free(order);
}

struct sl_words *
sl_words_new(const struct sl_words_phrase *phrases, size_t len)
{
	struct sl_words *w = sl_xzalloc(sizeof(*w));

	w->magic = WORDS_MAGIC;
	node_add(w);
	edges_grow(w);
	for (size_t i = 0; i < len; i++) {
		phrase_add(w, &phrases[i]);
		if (w->nodes_len > SL_WORDS_BYTES_MAX) {
			sl_words_free(&w);
			return NULL;
		}
	}
	link_nodes(w);
	return w;
}

void
sl_words_free(struct sl_words **words)
{
	if (*words != NULL) {
		sl_free((*words)->nodes);
		sl_free((*words)->edges);
		sl_free((*words)->ends);
	}
	SL_OBJ_FREE(words, WORDS_MAGIC);
}

static void
any_byte(void *ctx, unsigned char byte)
{
	*(bool *)ctx |= byte != PART;
}

bool
sl_words_phrase_ok(struct sl_slice text)
{
	bool any = false, parted = true;
	struct reader r = { any_byte, &any, &parted };

	read_text(&r, text);
	return any;
}

/* ---- running */

static void
run_byte(void *ctx, unsigned char byte)
{
	struct sl_words_run *run = ctx;
	const struct sl_words *w = run->words;
	uint32_t at = run->state, next;

	while ((next = step(w, at, byte)) == ROOT && at != ROOT)
		at = w->nodes[at].fail;
	run->state = next;
	for (at = w->nodes[next].phrase != NONE ? next : w->nodes[next].suffix; at != ROOT; at = w->nodes[at].suffix)
		for (uint32_t end = w->nodes[at].phrase; end != NONE; end = w->ends[end].next)
			run->sink(run->ctx, w->ends[end].id);
}

void
sl_words_run_init(struct sl_words_run *run, const struct sl_words *words, sl_words_sink *sink, void *ctx)
{
	SL_CHECK(words, WORDS_MAGIC);
	*run = (struct sl_words_run){ .words = words, .sink = sink, .ctx = ctx };
	run_byte(run, PART);
	run->parted = true;
}

static size_t
utf8_len(unsigned char first)
{
	return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* What is not all there is held. */
static void
scan(struct sl_words_run *run, struct sl_slice utf8)
{
	struct reader r = { run_byte, run, &run->parted };

	while (utf8.len > 0) {
		size_t len = utf8_len(utf8.ptr[0]);
		uint32_t c;

		if (len > utf8.len) {
			run->held_len = (unsigned)utf8.len;
			memcpy(run->held, utf8.ptr, utf8.len);
			return;
		}
		len = sl_utf8_decode(utf8, &c);
		if (len == 0)
			part(&r);
		else
			read_character(&r, c);
		utf8 = sl_slice_from(utf8, SL_MAX(len, (size_t)1));
	}
}

void
sl_words_feed(struct sl_words_run *run, struct sl_slice utf8)
{
	while (run->held_len > 0 && utf8.len > 0) {
		unsigned char whole[4];
		unsigned len;

		run->held[run->held_len++] = utf8.ptr[0];
		utf8 = sl_slice_from(utf8, 1);
		len = run->held_len;
		if (len < utf8_len(run->held[0]))
			continue;
		memcpy(whole, run->held, len);
		run->held_len = 0;
		scan(run, sl_slice(whole, len));
	}
	if (run->held_len == 0)
		scan(run, utf8);
}

void
sl_words_end(struct sl_words_run *run)
{
	struct reader r = { run_byte, run, &run->parted };

	run->held_len = 0;
	part(&r);
	/* A phrase does not go on in the next text. */
	run->state = ROOT;
	run_byte(run, PART);
}
