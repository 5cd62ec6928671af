/* chain.c - see chain.h */

#include "compile/chain.h"

#define CHAINS_MAGIC	0x5dc4a115u
#define VALUES_MAX	((size_t)4 << 30)	/* bytes: of all distinct layers */

struct layer {
	struct sl_slice		 text;
	struct sl_policy_layer	 layer;
};

struct chain {
	uint32_t		 before;
	uint32_t		 layer;
	enum sl_policy_by	 by;
	unsigned		 len;		/* layers */
	uint32_t		 partner;
	struct sl_slice		 template;
};

struct table {			/* numbers by hash; a slot holds a number + 1 */
	uint32_t	*slots;
	size_t		 size, len;
};

struct sl_chains {
	unsigned		 magic;
	struct sl_arena		 arena;
	struct sl_policy_presets presets;
	struct layer		**layers;	/* they stay where they are */
	struct chain		*chains;
	size_t			 layers_len, chains_len;
	struct table		 layer_table, chain_table;
};

struct sl_chains *
sl_chains_new(void)
{
	struct sl_chains *c = sl_xzalloc(sizeof(*c));

	c->magic = CHAINS_MAGIC;
	sl_arena_init(&c->arena, VALUES_MAX);
	sl_policy_presets_read(&c->arena, &c->presets);
	c->chains = sl_xzalloc(sizeof(*c->chains));
	c->chains_len = 1;		/* the empty one */
	return c;
}

void
sl_chains_free(struct sl_chains **chains)
{
	struct sl_chains *c = *chains;

	if (c == NULL)
		return;
	SL_CHECK(c, CHAINS_MAGIC);
	sl_arena_fini(&c->arena);
	sl_free(c->layers);
	sl_free(c->chains);
	sl_free(c->layer_table.slots);
	sl_free(c->chain_table.slots);
	SL_OBJ_FREE(chains, CHAINS_MAGIC);
}

/* ---- tables ---- */

static uint64_t
layer_hash(const struct sl_chains *c, uint32_t i)
{
	return sl_hash(c->layers[i]->text.ptr, c->layers[i]->text.len);
}

static uint64_t
chain_hash(const struct chain *chain)
{
	const uint32_t key[] = { chain->before, chain->layer, (uint32_t)chain->by, chain->partner };

	return sl_hash(key, sizeof(key)) * 31 + sl_hash(chain->template.ptr, chain->template.len);
}

static uint64_t
numbered_chain_hash(const struct sl_chains *c, uint32_t i)
{
	return chain_hash(&c->chains[i]);
}

static void
table_put(struct sl_chains *c, struct table *table, uint32_t number, uint64_t (*hash)(const struct sl_chains *, uint32_t))
{
	if (table->len * 2 >= table->size) {
		struct table old = *table;

		table->size = SL_MAX(old.size * 2, (size_t)64);
		table->slots = sl_xzalloc(table->size * sizeof(*table->slots));
		table->len = 0;
		for (size_t i = 0; i < old.size; i++)
			if (old.slots[i] != 0)
				table_put(c, table, old.slots[i] - 1, hash);	/* into a table that is large enough: no deeper */
		sl_free(old.slots);
	}
	for (size_t at = hash(c, number) & (table->size - 1);; at = (at + 1) & (table->size - 1)) {
		if (table->slots[at] == 0) {
			table->slots[at] = number + 1;
			table->len++;
			return;
		}
	}
}

/* ---- layers and chains ---- */

static bool
layer_find(const struct sl_chains *c, struct sl_slice text, uint32_t *out)
{
	const struct table *t = &c->layer_table;

	for (size_t at = sl_hash(text.ptr, text.len) & (t->size - 1); t->size > 0 && t->slots[at] != 0; at = (at + 1) & (t->size - 1)) {
		*out = t->slots[at] - 1;
		if (sl_slice_eq(c->layers[*out]->text, text))
			return true;
	}
	return false;
}

static int
layer_make(struct sl_chains *c, struct sl_slice text, uint32_t *out, struct sl_buf *errors)
{
	struct layer *layer;
	int r;

	if ((c->layers_len & (c->layers_len - 1)) == 0)		/* full at each power of two */
		c->layers = sl_xrealloc(c->layers, SL_MAX(c->layers_len * 2, (size_t)1) * sizeof(*c->layers));
	layer = sl_arena_alloc(&c->arena, sizeof(*layer));
	if (layer == NULL)
		return SL_ERR_FULL;
	layer->text = sl_arena_copy(&c->arena, text);
	if (layer->text.ptr == NULL)
		return SL_ERR_FULL;
	/* What somebody may not say is left out, and told, by who resolves. */
	r = sl_policy_layer_read("policy", layer->text, SL_BY_OPERATOR, &c->arena, &layer->layer, errors);
	if (r != 0)
		return r;
	c->layers[c->layers_len] = layer;
	*out = (uint32_t)c->layers_len++;
	table_put(c, &c->layer_table, *out, layer_hash);
	return 0;
}

static int
layer_get(struct sl_chains *c, struct sl_slice text, uint32_t *out, struct sl_buf *errors)
{
	return layer_find(c, text, out) ? 0 : layer_make(c, text, out, errors);
}

static bool
chain_eq(const struct chain *a, const struct chain *b)
{
	return a->before == b->before && a->layer == b->layer && a->by == b->by && a->partner == b->partner &&
	    sl_slice_eq(a->template, b->template);
}

static uint32_t
chain_intern(struct sl_chains *c, const struct chain *wanted)
{
	struct table *t = &c->chain_table;

	for (size_t at = chain_hash(wanted) & (t->size - 1); t->size > 0 && t->slots[at] != 0; at = (at + 1) & (t->size - 1)) {
		const struct chain *there = &c->chains[t->slots[at] - 1];

		if (chain_eq(there, wanted))
			return t->slots[at] - 1;
	}
	if ((c->chains_len & (c->chains_len - 1)) == 0)		/* full at each power of two */
		c->chains = sl_xrealloc(c->chains, c->chains_len * 2 * sizeof(*c->chains));
	c->chains[c->chains_len] = *wanted;
	table_put(c, t, (uint32_t)c->chains_len, numbered_chain_hash);
	return (uint32_t)c->chains_len++;
}

uint32_t
sl_chains_start(struct sl_chains *c, uint32_t partner)
{
	struct chain wanted = { .partner = partner };

	SL_CHECK(c, CHAINS_MAGIC);
	return partner == 0 ? SL_CHAIN_EMPTY : chain_intern(c, &wanted);
}

int
sl_chains_push(struct sl_chains *c, uint32_t chain, enum sl_policy_by by, struct sl_slice template, struct sl_slice text,
    uint32_t *chain_out, struct sl_buf *errors)
{
	struct chain wanted = { .before = chain, .by = by };
	int r;

	SL_CHECK(c, CHAINS_MAGIC);
	SL_ASSERT(chain < c->chains_len && by >= c->chains[chain].by);
	*chain_out = chain;
	if (sl_slice_trim(text).len == 0 && template.len == 0)
		return 0;
	wanted.len = c->chains[chain].len + 1;
	wanted.partner = c->chains[chain].partner;
	wanted.template = sl_arena_copy(&c->arena, template);
	if (wanted.len > SL_POLICY_SOURCES_MAX || wanted.template.ptr == NULL)
		return SL_ERR_FULL;
	r = layer_get(c, text, &wanted.layer, errors);
	if (r == 0)
		*chain_out = chain_intern(c, &wanted);
	return r;
}

int
sl_chains_layer(struct sl_chains *c, struct sl_slice text, const struct sl_policy_layer **out, struct sl_buf *errors)
{
	uint32_t layer;
	int r;

	SL_CHECK(c, CHAINS_MAGIC);
	r = layer_get(c, text, &layer, errors);
	if (r == 0)
		*out = &c->layers[layer]->layer;
	return r;
}

int
sl_chains_describe(const struct sl_chains *c, uint32_t chain, struct sl_snapshot_chain *out)
{
	SL_CHECK(c, CHAINS_MAGIC);
	SL_ASSERT(chain < c->chains_len);
	*out = (struct sl_snapshot_chain){ .partner = c->chains[chain].partner, .steps_len = c->chains[chain].len };
	if (out->steps_len > SL_SNAPSHOT_STEPS_MAX)
		return SL_ERR_FULL;
	for (size_t i = out->steps_len; i > 0; i--) {
		const struct chain *at = &c->chains[chain];

		out->steps[i - 1] = (struct sl_snapshot_step){ at->by, at->template, &c->layers[at->layer]->layer };
		chain = at->before;
	}
	return 0;
}

size_t
sl_chains_len(const struct sl_chains *c)
{
	SL_CHECK(c, CHAINS_MAGIC);
	return c->chains_len;
}

const struct sl_policy_presets *
sl_chains_presets(const struct sl_chains *c)
{
	SL_CHECK(c, CHAINS_MAGIC);
	return &c->presets;
}

void
sl_chains_resolve(const struct sl_chains *c, uint32_t chain, struct sl_policy_effective *out,
    struct sl_policy_source sources_out[SL_POLICY_SOURCES_MAX], size_t *len_out)
{
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	size_t len;

	SL_CHECK(c, CHAINS_MAGIC);
	SL_ASSERT(chain < c->chains_len);
	len = c->chains[chain].len;
	for (size_t i = len; i > 0; i--) {
		sources[i - 1] = (struct sl_policy_source){ c->chains[chain].by, &c->layers[c->chains[chain].layer]->layer };
		chain = c->chains[chain].before;
	}
	sl_policy_resolve(&c->presets, sources, len, out);
	if (sources_out != NULL) {
		memcpy(sources_out, sources, len * sizeof(*sources));
		*len_out = len;
	}
}

/* ---- templates ---- */

#define KEY	"template:"

const char *
sl_chain_template(struct sl_slice text, struct sl_slice *name, struct sl_buf *rest)
{
	*name = sl_slice("", 0);
	while (text.len > 0) {
		const unsigned char *lf = memchr(text.ptr, '\n', text.len);
		size_t len = lf == NULL ? text.len : (size_t)(lf - text.ptr) + 1;
		struct sl_slice line = sl_slice(text.ptr, len);

		text = sl_slice_from(text, len);
		if (len < strlen(KEY) || memcmp(line.ptr, KEY, strlen(KEY)) != 0) {
			sl_buf_add_slice(rest, line);
			continue;
		}
		if (name->len > 0)
			return "name one template: it stands there twice";
		sl_buf_add_byte(rest, '#');
		sl_buf_add_slice(rest, sl_slice_from(line, 1));
		line = sl_slice_trim(sl_slice_from(line, strlen(KEY)));
		if (line.len >= 2 && (line.ptr[0] == '"' || line.ptr[0] == '\'') && line.ptr[line.len - 1] == line.ptr[0])
			line = sl_slice(line.ptr + 1, line.len - 2);
		if (!sl_policy_name_ok(line))
			return "write the template's name: letters, digits, hyphen and underscore, as in `template: gold`";
		*name = line;
	}
	return NULL;
}
