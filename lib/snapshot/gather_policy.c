/* gather_policy.c - a snapshot's writer takes policies: see snapshot.h and, for their form, snapshot_i.h */

#include "write_i.h"

#include <sodium.h>

#define LONG_VALUE	64	/* bytes; what is shorter is not worth a record of its own */

/* The number of these bytes, which are kept if they are new. */
static int
keep(struct growing *array, struct index *index, struct spool *spool, struct sl_slice bytes, uint32_t *id_out)
{
	unsigned char digest[DIGEST_BYTES];
	struct kept *kept;
	uint64_t key;
	int r;

	SL_ASSERT(crypto_generichash(digest, sizeof(digest), bytes.ptr, bytes.len, NULL, 0) == 0);
	memcpy(&key, digest, sizeof(key));
	if (index_find(index, key, id_out)) {
		kept = &KEPT(*array, kept)[*id_out];
		return memcmp(kept->digest, digest, sizeof(digest)) == 0 ? 0 : SL_ERR_BUSY;
	}
	*id_out = (uint32_t)array->len;
	kept = growing_add(array, sizeof(*kept));
	memcpy(kept->digest, digest, sizeof(digest));
	kept->len = (uint32_t)bytes.len;
	index_put(index, key, *id_out);
	r = spool_add(spool, bytes, &kept->offset);
	return r;
}

/* Behind what is in `out`. */
static int
pack_layer(struct sl_snapshot_writer *w, const struct sl_policy *values, uint64_t set, uint64_t locks, struct sl_buf *out)
{
	int r = 0;

	sl_pack_u64(out, set);
	sl_pack_u64(out, locks);
	for (size_t i = 0; i < sl_policy_settings_len && r == 0; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];
		uint32_t id = 0;

		if ((set >> i & 1) == 0)
			continue;
		sl_buf_reset(&w->value);
		sl_policy_pack_value(row, values, &w->value);
		if (w->value.len < LONG_VALUE || !sl_policy_setting_is_long(row)) {
			sl_pack_bytes(out, sl_buf_slice(&w->value));
			continue;
		}
		if (w->value.overflow)
			return SL_ERR_FULL;
		r = keep(&w->values, &w->value_index, &w->value_bytes, sl_buf_slice(&w->value), &id);
		sl_pack_u32(out, LAYER_ELSEWHERE);
		sl_buf_add(out, KEPT(w->values, kept)[id].digest, DIGEST_BYTES);
	}
	return r == 0 && out->overflow ? SL_ERR_FULL : r;
}

/* For what is announced to senders before it is known whose the recipient is. */
static void
note_size(struct sl_snapshot_writer *w, const struct sl_policy_layer *layer)
{
	if ((layer->set >> size_row() & 1) != 0)
		w->largest_said = SL_MAX(w->largest_said, layer->values.message.size);
}

static int
pack_said(struct sl_snapshot_writer *w, struct sl_slice template, const struct sl_policy_layer *layer)
{
	struct sl_buf bytes;
	int r;

	if (template.len > 0 && !sl_policy_name_ok(template))
		return SL_ERR_SYNTAX;
	sl_buf_init(&bytes, SL_POLICY_PACKED_MAX);
	r = pack_layer(w, &layer->values, layer->set, layer->locks, &bytes);
	sl_pack_bytes(&w->packed, template);
	sl_pack_bytes(&w->packed, sl_buf_slice(&bytes));
	sl_buf_fini(&bytes);
	return r == 0 && w->packed.overflow ? SL_ERR_FULL : r;
}

static int
keep_policy(struct sl_snapshot_writer *w, uint32_t *id_out)
{
	if (w->policies.len >= USER_GONE)
		return SL_ERR_FULL;
	return keep(&w->policies, &w->policy_index, &w->policy_bytes, sl_buf_slice(&w->packed), id_out);
}

static void
pack_chain_head(struct sl_snapshot_writer *w, uint32_t partner, uint32_t mode, uint32_t shield, size_t steps)
{
	sl_buf_reset(&w->packed);
	sl_pack_u32(&w->packed, partner);
	sl_pack_u32(&w->packed, mode);
	sl_pack_u32(&w->packed, shield);
	sl_pack_u32(&w->packed, (uint32_t)steps);
}

int
sl_snapshot_writer_chain(struct sl_snapshot_writer *w, const struct sl_snapshot_chain *chain, uint32_t *id_out)
{
	int r = 0;

	SL_CHECK(w, WRITER_MAGIC);
	if (chain->partner == CHAIN_ALONE || chain->mode > SL_MODE_PASS_THROUGH || chain->steps_len > SL_SNAPSHOT_STEPS_MAX)
		return SL_ERR_SYNTAX;
	pack_chain_head(w, chain->partner, chain->mode, chain->shield, chain->steps_len);
	for (size_t i = 0; i < chain->steps_len && r == 0; i++) {
		const struct sl_snapshot_step *step = &chain->steps[i];

		if (step->by <= SL_BY_PARTNER || step->by >= SL_BY_COUNT || (i > 0 && step->by < chain->steps[i - 1].by))
			return SL_ERR_SYNTAX;
		sl_pack_u32(&w->packed, step->by);
		r = pack_said(w, step->template, step->layer);
		note_size(w, step->layer);
	}
	w->inherits = true;
	return r != 0 ? r : keep_policy(w, id_out);
}

static uint64_t
all_rows(void)
{
	return UINT64_MAX >> (64 - sl_policy_settings_len);
}

/* As if the operator said all of it, and nobody else anything. */
int
sl_snapshot_writer_policy(struct sl_snapshot_writer *w, const struct sl_policy *policy, uint32_t *id_out)
{
	struct sl_policy_layer *layer = sl_xzalloc(sizeof(*layer));
	int r;

	SL_CHECK(w, WRITER_MAGIC);
	layer->values = *policy;
	layer->set = all_rows();
	pack_chain_head(w, CHAIN_ALONE, SL_MODE_FILTER, SL_SHIELD_OFF, 1);
	sl_pack_u32(&w->packed, SL_BY_OPERATOR);
	r = pack_said(w, sl_slice("", 0), layer);
	note_size(w, layer);
	sl_free(layer);
	return r != 0 ? r : keep_policy(w, id_out);
}

int
sl_snapshot_writer_presets(struct sl_snapshot_writer *w, const struct sl_policy_presets *presets)
{
	int r = 0;

	SL_CHECK(w, WRITER_MAGIC);
	for (size_t i = 0; i < SL_LEVEL_COUNT && r == 0; i++) {
		sl_buf_reset(&w->packed);
		r = pack_layer(w, &presets->level[i], all_rows(), 0, &w->packed);
		w->presets[i] = (uint32_t)w->texts.len;
		w->presets_len[i] = (uint32_t)w->packed.len;
		sl_buf_add_slice(&w->texts, sl_buf_slice(&w->packed));
	}
	return r == 0 && w->texts.overflow ? SL_ERR_FULL : r;
}

/* ---- what operator and partners say */

int
sl_snapshot_writer_speaker(struct sl_snapshot_writer *w, uint32_t owner)
{
	SL_CHECK(w, WRITER_MAGIC);
	*(uint32_t *)growing_add(&w->speakers, sizeof(uint32_t)) = owner;
	return 0;
}

int
sl_snapshot_writer_source(struct sl_snapshot_writer *w, uint32_t owner, struct sl_slice name, struct sl_slice template,
    const struct sl_policy_layer *layer)
{
	struct kept_source *kept;
	int r;

	SL_CHECK(w, WRITER_MAGIC);
	if (owner == CHAIN_ALONE || (name.len > 0 && (!sl_policy_name_ok(name) || template.len > 0)))
		return SL_ERR_SYNTAX;
	sl_buf_reset(&w->packed);
	r = pack_said(w, template, layer);
	if (r != 0)
		return r;
	if (owner != 0 || name.len > 0)
		note_size(w, layer);
	kept = growing_add(&w->sources, sizeof(*kept));
	*kept = (struct kept_source){ owner, (uint32_t)w->texts.len, (uint32_t)name.len, 0, (uint32_t)w->packed.len };
	sl_buf_add_slice(&w->texts, name);
	kept->value = (uint32_t)w->texts.len;
	sl_buf_add_slice(&w->texts, sl_buf_slice(&w->packed));
	w->inherits = true;
	return w->texts.overflow ? SL_ERR_FULL : 0;
}
