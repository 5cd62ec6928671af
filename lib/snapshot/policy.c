/*
 * policy.c - what comes of what all above a recipient say: see snapshot.h and, for the form, snapshot_i.h
 *
 * What the operator or a partner says is asked of the upper snapshot first, by name, each time a policy is wanted: so that
 * a change of it holds for all policies at once, and the file of everything stays as it is.
 *
 * Resolving needs short values alone (lists are never narrowed): of a list only the one that prevails is unpacked, so that
 * a policy takes the same room in the arena whoever said how much of it.
 */

#include "snapshot_i.h"

struct source {
	const struct sl_snapshot *home;		/* whose long values it may have */
	enum sl_policy_by	 by;
	struct sl_policy_layer	 layer;		/* short values */
	struct sl_slice		 bytes;
};

struct sources {
	const struct sl_snapshot *all;		/* with what lies over it */
	uint32_t		 partner;
	struct source		 items[SL_POLICY_SOURCES_MAX];
	size_t			 len;
	int			 result;	/* the first thing that is wrong */
};

/* ---- layers */

struct layer_reader {
	struct sl_unpack in;
	uint64_t	 set, locks;
	size_t		 row;		/* the next */
};

static bool
layer_begin(struct layer_reader *l, struct sl_slice bytes)
{
	*l = (struct layer_reader){ .in.rest = bytes };
	l->set = sl_unpack_u64(&l->in);
	l->locks = sl_unpack_u64(&l->in);
	return !l->in.failed && (l->set | l->locks) >> (sl_policy_settings_len - 1) <= 1;
}

/* The next row that is set, and its value, or the digest of one that is elsewhere. False: there is none, or `failed`. */
static bool
layer_next(struct layer_reader *l, size_t *row_out, struct sl_slice *value_out, bool *elsewhere_out)
{
	uint32_t len;
	size_t here;

	while (l->row < sl_policy_settings_len && (l->set >> l->row & 1) == 0)
		l->row++;
	if (l->row == sl_policy_settings_len || l->in.failed)
		return false;
	len = sl_unpack_u32(&l->in);
	*elsewhere_out = len == LAYER_ELSEWHERE;
	here = *elsewhere_out ? DIGEST_BYTES : len;
	if (l->in.failed || here > l->in.rest.len || (*elsewhere_out && !sl_policy_setting_is_long(&sl_policy_settings[l->row]))) {
		l->in.failed = true;
		return false;
	}
	*row_out = l->row++;
	*value_out = sl_slice(l->in.rest.ptr, here);
	l->in.rest = sl_slice_from(l->in.rest, here);
	return true;
}

static bool
value_elsewhere(const struct sl_snapshot *s, struct sl_slice digest, struct sl_slice *value_out)
{
	unsigned char key[1 + DIGEST_BYTES] = { 'b' };

	memcpy(key + 1, digest.ptr, DIGEST_BYTES);
	return snapshot_get(s, key, sizeof(key), value_out);
}

static bool
layer_ok(const struct sl_snapshot *s, struct sl_slice bytes)
{
	struct layer_reader l;
	struct sl_slice value;
	bool elsewhere;
	size_t row;

	if (!layer_begin(&l, bytes))
		return false;
	while (layer_next(&l, &row, &value, &elsewhere))
		if (elsewhere && !value_elsewhere(s, value, &value))
			return false;
	return !l.in.failed && l.in.rest.len == 0;
}

/* What is set: short values, and lists too if `arena` is not NULL. */
static int
layer_read(const struct sl_snapshot *s, struct sl_slice bytes, struct sl_arena *arena, struct sl_policy_layer *out)
{
	struct layer_reader l;
	struct sl_slice value;
	bool elsewhere;
	size_t row;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (!layer_begin(&l, bytes))
		return SL_ERR_SYNTAX;
	out->set = l.set;
	out->locks = l.locks;
	while (r == 0 && layer_next(&l, &row, &value, &elsewhere)) {
		if (arena == NULL && sl_policy_setting_is_long(&sl_policy_settings[row]))
			continue;
		if (elsewhere && !value_elsewhere(s, value, &value))
			return SL_ERR_SYNTAX;
		r = sl_policy_unpack_value(&sl_policy_settings[row], value, arena, &out->values);
	}
	return r == 0 && (l.in.failed || l.in.rest.len > 0) ? SL_ERR_SYNTAX : r;
}

/* One row's value, into `policy`. */
static int
layer_value(const struct source *source, size_t wanted, struct sl_arena *arena, struct sl_policy *policy)
{
	struct layer_reader l;
	struct sl_slice value;
	bool elsewhere;
	size_t row;

	if (!layer_begin(&l, source->bytes))
		return SL_ERR_SYNTAX;
	while (layer_next(&l, &row, &value, &elsewhere))
		if (row == wanted)
			return elsewhere && !value_elsewhere(source->home, value, &value) ? SL_ERR_SYNTAX
			    : sl_policy_unpack_value(&sl_policy_settings[row], value, arena, policy);
	return SL_ERR_SYNTAX;
}

int
presets_read(struct sl_snapshot *s)
{
	struct sl_policy_layer *layer;
	unsigned char key[16];
	struct sl_slice value;
	int r = 0;

	if (!snapshot_get(s, key, KEY_PRESET(0, key), &value))
		return 0;
	layer = sl_xzalloc(sizeof(*layer));
	s->presets = sl_xzalloc(sizeof(*s->presets));
	for (size_t i = 0; i < SL_LEVEL_COUNT && r == 0; i++) {
		r = snapshot_get(s, key, KEY_PRESET(i, key), &value) ? layer_read(s, value, &s->arena, layer) : SL_ERR_SYNTAX;
		if (r == 0 && (layer->set != UINT64_MAX >> (64 - sl_policy_settings_len) || layer->values.level != i))
			r = SL_ERR_SYNTAX;
		s->presets->level[i] = layer->values;
	}
	sl_free(layer);
	return r;
}

/* ---- records */

static bool
said_read(struct sl_unpack *u, struct said *out)
{
	out->template = sl_unpack_bytes(u);
	out->layer = sl_unpack_bytes(u);
	return !u->failed && (out->template.len == 0 || sl_policy_name_ok(out->template));
}

static bool
chain_read(struct sl_slice value, struct chain_record *out)
{
	struct sl_unpack u = { .rest = value };

	out->partner = sl_unpack_u32(&u);
	out->mode = sl_unpack_u32(&u);
	out->shield = sl_unpack_u32(&u);
	out->steps = sl_unpack_u32(&u);
	out->rest = u.rest;
	return !u.failed && out->mode <= SL_MODE_PASS_THROUGH && out->shield <= SL_SHIELD_KNOWN && out->steps <= SL_SNAPSHOT_STEPS_MAX;
}

bool
policy_record_ok(const struct sl_snapshot *s, struct sl_slice value)
{
	struct chain_record chain;
	struct sl_unpack u = { 0 };
	uint32_t before = SL_BY_OPERATOR;
	struct said said;

	if (!chain_read(value, &chain) || (chain.partner != CHAIN_ALONE && s->presets == NULL))
		return false;
	u.rest = chain.rest;
	for (uint32_t i = 0; i < chain.steps; i++) {
		uint32_t by = sl_unpack_u32(&u);

		if (u.failed || by < before || by >= SL_BY_COUNT || (by <= SL_BY_PARTNER && chain.partner != CHAIN_ALONE) ||
		    !said_read(&u, &said) || !layer_ok(s, said.layer))
			return false;
		before = by;
	}
	return u.rest.len == 0;
}

bool
source_record_ok(const struct sl_snapshot *s, struct sl_slice value)
{
	struct sl_unpack u = { .rest = value };
	struct said said;

	return said_read(&u, &said) && u.rest.len == 0 && layer_ok(s, said.layer);
}

/* ---- who says what */

/* What the operator (0) or a partner says of its own, or in a template; where it is, as the layer may have long values. */
static const struct sl_snapshot *
source_find(const struct sl_snapshot *s, uint32_t owner, struct sl_slice name, struct said *out)
{
	unsigned char key[KEY_SOURCE_BYTES], speaker[16];
	struct sl_unpack u = { 0 };
	struct sl_slice value;
	size_t len = key_number('s', owner, 4, key);

	if (s->under != NULL && !snapshot_get(s, speaker, KEY_SPEAKER(owner, speaker), &value))
		s = s->under;
	memcpy(key + len, name.ptr, name.len);
	return snapshot_get(s, key, len + name.len, &u.rest) && said_read(&u, out) ? s : NULL;
}

static void
add_layer(struct sources *to, const struct sl_snapshot *home, enum sl_policy_by by, struct sl_slice bytes)
{
	struct source *source = &to->items[to->len];

	if (to->result != 0)
		return;
	if (to->len == SL_COUNT(to->items)) {
		to->result = SL_ERR_SYNTAX;
		return;
	}
	source->home = home;
	source->by = by;
	source->bytes = bytes;
	to->result = layer_read(home, bytes, NULL, &source->layer);
	to->len++;
}

/* What the template says comes first, as if the same level had said it: the partner's, or else the operator's. */
static void
add_said(struct sources *to, const struct sl_snapshot *home, enum sl_policy_by by, uint32_t partner, const struct said *said)
{
	const struct sl_snapshot *found = NULL;
	struct said template;

	if (said->template.len > 0 && partner != 0)
		found = source_find(to->all, partner, said->template, &template);
	if (said->template.len > 0 && found == NULL)
		found = source_find(to->all, 0, said->template, &template);
	if (found != NULL)
		add_layer(to, found, by, template.layer);
	add_layer(to, home, by, said->layer);
}

static void
add_above(struct sources *to)
{
	const struct sl_snapshot *home;
	struct said said;

	home = source_find(to->all, 0, sl_slice("", 0), &said);
	if (home != NULL)
		add_said(to, home, SL_BY_OPERATOR, 0, &said);
	if (to->partner == 0)
		return;
	home = source_find(to->all, to->partner, sl_slice("", 0), &said);
	if (home != NULL)
		add_said(to, home, SL_BY_PARTNER, to->partner, &said);
}

static void
add_steps(struct sources *to, const struct sl_snapshot *home, const struct chain_record *chain)
{
	struct sl_unpack u = { .rest = chain->rest };
	struct said said;

	for (uint32_t i = 0; i < chain->steps && to->result == 0; i++) {
		uint32_t by = sl_unpack_u32(&u);

		if (by >= SL_BY_COUNT || (to->len > 0 && by < to->items[to->len - 1].by) || !said_read(&u, &said))
			to->result = SL_ERR_SYNTAX;	/* it was checked when it was opened; the map is not ours alone */
		else
			add_said(to, home, (enum sl_policy_by)by, chain->partner == CHAIN_ALONE ? 0 : chain->partner, &said);
	}
}

/* ---- what comes of it */

static int
resolve(const struct sources *from, const struct sl_policy_presets *presets, struct sl_arena *arena, struct sl_policy *out)
{
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	int r = 0;

	for (size_t i = 0; i < from->len; i++)
		sources[i] = (struct sl_policy_source){ from->items[i].by, &from->items[i].layer };
	sl_policy_resolve(presets, sources, from->len, e);
	*out = e->policy;
	for (size_t row = 0; row < sl_policy_settings_len && r == 0; row++)
		if (e->said[row] != SL_POLICY_NOBODY && (e->by_level >> row & 1) == 0 && sl_policy_setting_is_long(&sl_policy_settings[row]))
			r = layer_value(&from->items[e->said[row]], row, arena, out);
	sl_free(e);
	return r;
}

size_t
size_row(void)
{
	return (size_t)(sl_policy_setting_find(SL_SLICE_LIT("message.size")) - sl_policy_settings);
}

/* What the operator says bounds all others, who may only say less. */
uint64_t
sl_snapshot_largest(const struct sl_snapshot *s)
{
	const struct sl_policy_presets *presets = s->presets != NULL || s->under == NULL ? s->presets : s->under->presets;
	struct sources *sources = sl_xzalloc(sizeof(*sources));
	uint32_t largest = SL_MAX(s->largest_said, s->under == NULL ? 0 : s->under->largest_said);

	SL_CHECK(s, SNAPSHOT_MAGIC);
	for (size_t i = 0; presets != NULL && i < SL_LEVEL_COUNT; i++)
		largest = SL_MAX(largest, presets->level[i].message.size);
	sources->all = s;
	add_above(sources);
	for (size_t i = 0; i < sources->len && sources->result == 0; i++)
		if ((sources->items[i].layer.set >> size_row() & 1) != 0)
			largest = sources->items[i].layer.values.message.size;
	sl_free(sources);
	return largest;
}

int
sl_snapshot_policy(const struct sl_snapshot *s, uint32_t id, struct sl_arena *arena, struct sl_policy *policy)
{
	static const struct sl_policy_presets none;
	const struct sl_snapshot *home = s->under != NULL && (id & POLICY_ABOVE) == 0 ? s->under : s;
	struct chain_record chain;
	struct sources *sources;
	unsigned char key[16];
	struct sl_slice value;
	int r;

	SL_CHECK(s, SNAPSHOT_MAGIC);
	if (!snapshot_get(home, key, KEY_POLICY(id & ~POLICY_ABOVE, key), &value))
		return SL_ERR_NOT_FOUND;
	if (!chain_read(value, &chain))
		return SL_ERR_SYNTAX;
	sources = sl_xzalloc(sizeof(*sources));
	sources->all = s;
	sources->partner = chain.partner;
	if (chain.partner != CHAIN_ALONE)
		add_above(sources);
	add_steps(sources, home, &chain);
	r = sources->result;
	if (r == 0)
		r = resolve(sources, home->presets != NULL ? home->presets : &none, arena, policy);
	sl_free(sources);
	if (r == 0) {
		policy->mode = SL_MAX(policy->mode, chain.mode);
		if (chain.shield != SL_SHIELD_OFF)
			policy->recipients.shield = chain.shield;
	}
	return r;
}
