/* own_learn.c - see own.h: learning, unlearning and the new file */

#include <stdlib.h>

#include "classify/own_i.h"

#define LEARNER_MAGIC	0x5d6f7703u
#define RATE		10.0	/* of a step, for a vector of length 1 */
#define TRUST_START	0.7
#define SLOTS_LEAST	16u
#define SECTION_LEAST	256	/* bytes that a tenant can have for sure */
#define LOG_SHARE	8	/* a section that must shrink keeps this part of it for corrections */

struct tenant {
	struct own_tenant	 entry;		/* weights, slots and log_len are what is held here */
	bool			 unpacked;
	struct sl_slice		 section;	/* borrowed, until it is unpacked */
	unsigned char		*slots;
	struct own_step		*log;
};

struct sl_own_learner {
	unsigned		 magic;
	size_t			 size_bytes;
	unsigned		 flags;
	struct tenant		**tenants;	/* by rising key */
	size_t			 len, size;
};

/* ---- tenants */

static struct tenant *
tenant_insert(struct sl_own_learner *learner, size_t at)
{
	struct tenant *tenant = sl_xzalloc(sizeof(*tenant));

	if (learner->len == learner->size) {
		learner->size = SL_MAX(learner->size * 2, (size_t)64);
		learner->tenants = sl_xrealloc(learner->tenants, learner->size * sizeof(struct tenant *));
	}
	memmove(learner->tenants + at + 1, learner->tenants + at,
	    (learner->len - at) * sizeof(struct tenant *));
	learner->tenants[at] = tenant;
	learner->len++;
	return tenant;
}

/* Where a key is, or would be. */
static size_t
tenant_place(const struct sl_own_learner *learner, uint64_t key)
{
	size_t low = 0, high = learner->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (learner->tenants[middle]->entry.key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
step_read(const unsigned char *p, struct own_step *out)
{
	*out = (struct own_step){
		.id = token_get_le(p, 8),
		.trust = (int32_t)token_get_le(p + 8, 4),
		.global_loss = (uint16_t)token_get_le(p + 12, 2),
		.own_loss = (uint16_t)token_get_le(p + 14, 2),
		.weight = (int16_t)token_get_le(p + 16, 2),
		.label = p[18],
		.block = p[19],
	};
}

static void
step_write(unsigned char *p, const struct own_step *step)
{
	token_put_le(p, step->id, 8);
	token_put_le(p + 8, (uint32_t)step->trust, 4);
	token_put_le(p + 12, step->global_loss, 2);
	token_put_le(p + 14, step->own_loss, 2);
	token_put_le(p + 16, (uint16_t)step->weight, 2);
	p[18] = step->label;
	p[19] = step->block;
	token_put_le(p + 20, 0, 4);
}

static uint32_t
slot_get(const unsigned char *slots, uint32_t at)
{
	return (uint32_t)token_get_le(slots + (size_t)at * 4, 4);
}

static uint32_t
weights_count(const unsigned char *slots, uint32_t len)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < len; i++)
		count += slot_get(slots, i) != 0;
	return count;
}

static void
tenant_unpack(struct tenant *tenant)
{
	struct own_tenant *entry = &tenant->entry;
	const unsigned char *log;

	if (tenant->unpacked)
		return;
	tenant->unpacked = true;
	tenant->slots = sl_xmemdup(tenant->section.ptr, (size_t)entry->slots * 4);
	tenant->log = sl_xmalloc(SL_OWN_LOG * sizeof(struct own_step));
	log = tenant->section.ptr + (size_t)entry->slots * 4;
	for (uint32_t i = 0; i < entry->log_len; i++)
		step_read(log + (size_t)i * OWN_STEP, &tenant->log[i]);
	entry->weights = weights_count(tenant->slots, entry->slots);
}

static struct tenant *
tenant_new(struct sl_own_learner *learner, uint64_t key, size_t at)
{
	struct tenant *tenant = tenant_insert(learner, at);

	tenant->entry = (struct own_tenant){ .key = key, .slots = SLOTS_LEAST,
		.trust = (int32_t)(TRUST_START * OWN_UNIT), .scale = (uint32_t)OWN_UNIT };
	tenant->unpacked = true;
	tenant->slots = sl_xzalloc((size_t)SLOTS_LEAST * 4);
	tenant->log = sl_xmalloc(SL_OWN_LOG * sizeof(struct own_step));
	return tenant;
}

/* NULL: not known and, if it was to be made, no room. */
static struct tenant *
tenant_of(struct sl_own_learner *learner, struct sl_slice name, bool make)
{
	uint64_t key = own_key(name);
	size_t at = tenant_place(learner, key);
	size_t room = (learner->size_bytes - OWN_HEAD) / (OWN_ENTRY + SECTION_LEAST);

	if (at < learner->len && learner->tenants[at]->entry.key == key) {
		tenant_unpack(learner->tenants[at]);
		return learner->tenants[at];
	}
	return make && learner->len < room ? tenant_new(learner, key, at) : NULL;
}

struct sl_own_learner *
sl_own_learner_new(const struct sl_own *own, size_t size_bytes, unsigned flags)
{
	struct sl_own_learner *learner;

	if (own == NULL && (size_bytes < SL_OWN_SIZE_MIN || size_bytes > SL_OWN_SIZE_MAX))
		return NULL;
	learner = sl_xzalloc(sizeof(*learner));
	learner->magic = LEARNER_MAGIC;
	learner->size_bytes = own == NULL ? size_bytes : sl_own_size_bytes(own);
	learner->flags = own == NULL ? flags : sl_own_flags(own);
	for (size_t i = 0; own != NULL && i < own_len(own); i++) {
		struct tenant *tenant = tenant_insert(learner, i);

		own_entry(own, i, &tenant->entry);
		tenant->section = own_section(own, &tenant->entry);
	}
	return learner;
}

void
sl_own_learner_free(struct sl_own_learner **learner)
{
	if (*learner == NULL)
		return;
	for (size_t i = 0; i < (*learner)->len; i++) {
		sl_free((*learner)->tenants[i]->slots);
		sl_free((*learner)->tenants[i]->log);
		sl_free((*learner)->tenants[i]);
	}
	sl_free((*learner)->tenants);
	SL_OBJ_FREE(learner, LEARNER_MAGIC);
}

/* ---- weights */


/* Strongest first; of equal ones always the same, so that near-copies keep what they have in common. */
static int
weight_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int p = abs(own_slot_weight(x)), q = abs(own_slot_weight(y));

	return p != q ? (p < q ? 1 : -1) : x < y ? -1 : x > y;
}

/* Lay the weights out anew in `slots` slots; the weakest go if there are more than `most`. */
static void
weights_rebuild(struct tenant *tenant, uint32_t slots, uint32_t most)
{
	struct own_tenant *entry = &tenant->entry;
	uint32_t *kept = sl_xmalloc(((size_t)entry->weights + 1) * sizeof(uint32_t)), len = 0;
	double before = 0, after = 0;

	for (uint32_t i = 0; i < entry->slots; i++)
		if (slot_get(tenant->slots, i) != 0)
			kept[len++] = slot_get(tenant->slots, i);
	qsort(kept, len, sizeof(uint32_t), weight_order);
	sl_free(tenant->slots);
	tenant->slots = sl_xzalloc((size_t)slots * 4);
	entry->slots = slots;
	entry->weights = 0;
	for (uint32_t i = 0, at; i < len; i++) {
		int size = abs(own_slot_weight(kept[i]));

		before += size;
		if (i >= most || !own_slot_find(tenant->slots, slots, kept[i] >> OWN_WEIGHT_BITS, &at))
			continue;
		token_put_le(tenant->slots + (size_t)at * 4, kept[i], 4);
		entry->weights++;
		after += size;
	}
	/* What is kept speaks for what was given up. */
	if (after > 0 && before > after)
		entry->scale = (uint32_t)fmin(entry->scale * (before / after), OWN_SCALE_MAX * OWN_UNIT);
	sl_free(kept);
}

/* Close the gap that a removed weight leaves, or those behind it would not be found. */
static void
slot_remove(struct tenant *tenant, uint32_t at)
{
	uint32_t len = tenant->entry.slots, gap = at;

	for (uint32_t i = 1; i < len; i++) {
		uint32_t next = (at + i) % len, slot = slot_get(tenant->slots, next), start;

		if (slot == 0)
			break;
		start = own_slot_start(slot >> OWN_WEIGHT_BITS, len);
		if ((next + len - start) % len < (next + len - gap) % len)
			continue;	/* it stands behind its start, and that is behind the gap */
		token_put_le(tenant->slots + (size_t)gap * 4, slot, 4);
		gap = next;
	}
	token_put_le(tenant->slots + (size_t)gap * 4, 0, 4);
	tenant->entry.weights--;
}

/* Add to the weight of a row. `make`: one that is not there is 0; else it was given up, and stays so. */
static void
weight_add(struct tenant *tenant, uint32_t row, int add, bool make)
{
	struct own_tenant *entry = &tenant->entry;
	uint32_t at, slot;
	int weight;

	if (make && entry->weights >= entry->slots / 4 * 3 && entry->slots < OWN_SLOTS_MAX)
		weights_rebuild(tenant, entry->slots * 2, UINT32_MAX);
	if (!own_slot_find(tenant->slots, entry->slots, row, &at))
		return;
	slot = slot_get(tenant->slots, at);
	if (slot == 0 && !make)
		return;
	weight = own_slot_weight(slot) + add;
	weight = weight > OWN_WEIGHT_MAX ? OWN_WEIGHT_MAX : weight < -OWN_WEIGHT_MAX ? -OWN_WEIGHT_MAX : weight;
	if (weight == 0 && slot != 0) {
		slot_remove(tenant, at);
	} else if (weight != 0) {
		entry->weights += slot == 0;
		token_put_le(tenant->slots + (size_t)at * 4, own_slot(row, weight), 4);
	}
}

static void
block_add(struct tenant *tenant, const struct token_list *list, unsigned block, int weight, bool make)
{
	struct token_span header = token_list_header(list), text = token_list_block(list, block);

	for (uint32_t i = 0; i < header.len; i++)
		weight_add(tenant, header.features[i] >> OWN_WEIGHT_BITS, TOKEN_HEADER_VALUE * weight, make);
	for (uint32_t i = 0; i < text.len; i++)
		weight_add(tenant, text.features[i] >> OWN_WEIGHT_BITS, weight, make);
}

static int
span_sum(const struct tenant *tenant, struct token_span span)
{
	int sum = 0;

	for (uint32_t i = 0, at; i < span.len; i++)
		if (own_slot_find(tenant->slots, tenant->entry.slots, span.features[i] >> OWN_WEIGHT_BITS, &at))
			sum += own_slot_weight(slot_get(tenant->slots, at));
	return sum;
}

/* What the tenant's knowledge says of a message: as when it is judged. */
static double
own_log_odds(const struct tenant *tenant, const struct token_list *list, unsigned *block_out)
{
	int header = TOKEN_HEADER_VALUE * span_sum(tenant, token_list_header(list));
	double best = 0;

	*block_out = 0;
	for (unsigned i = 0; i < list->blocks; i++) {
		double squares = token_list_squares(list, i);
		double log_odds = squares == 0 ? 0 : (header + span_sum(tenant, token_list_block(list, i))) *
		    OWN_STEP_WEIGHT * (tenant->entry.scale / OWN_UNIT) / sqrt(squares);

		if (i == 0 || log_odds > best) {
			best = log_odds;
			*block_out = i;
		}
	}
	return best;
}

/* ---- learning */

static uint64_t
list_id(const struct token_list *list)
{
	return sl_hash(list->features, list->ends[list->blocks - 1] * sizeof(uint32_t));
}

static int
step_weight(const struct tenant *tenant, double squares, double error)
{
	double step = squares == 0 ? 0
	    : RATE * error / sqrt(squares) / (tenant->entry.scale / OWN_UNIT) / OWN_STEP_WEIGHT;

	return (int)round(fmax(-OWN_WEIGHT_MAX / 2, fmin(OWN_WEIGHT_MAX / 2, step)));
}

/* The trust moves by the difference of the losses, once there were corrections of both kinds: before, the own part could
 * not know better. Returns by how much. */
static int32_t
trust_step(const struct own_tenant *entry, double gain)
{
	double before = entry->trust / OWN_UNIT;

	if (entry->learned[0] == 0 || entry->learned[1] == 0)
		return 0;
	return (int32_t)lround((fmax(-OWN_TRUST_MAX, fmin(OWN_TRUST_MAX, before + gain)) - before) * OWN_UNIT);
}

static void
log_add(struct tenant *tenant, const struct own_step *step)
{
	struct own_tenant *entry = &tenant->entry;

	if (entry->log_len == SL_OWN_LOG) {
		memmove(tenant->log, tenant->log + 1, (SL_OWN_LOG - 1) * sizeof(*tenant->log));
		entry->log_len--;
	}
	tenant->log[entry->log_len++] = *step;
}

static void
learn(struct tenant *tenant, const struct token_list *list, enum sl_own_label label, double global)
{
	struct own_tenant *entry = &tenant->entry;
	bool unwanted = label == SL_OWN_UNWANTED;
	unsigned block;
	double own = own_log_odds(tenant, list, &block);
	double loss_global = own_loss(own_clip(global), unwanted), loss_own = own_loss(own_clip(OWN_GAIN * own), unwanted);
	double error = (unwanted ? 1 : 0) - 1 / (1 + exp(-own));
	struct own_step step = {
		.id = list_id(list),
		.trust = trust_step(entry, loss_global - loss_own),
		.global_loss = (uint16_t)lround(loss_global * 1024),
		.own_loss = (uint16_t)lround(loss_own * 1024),
		.weight = (int16_t)step_weight(tenant, token_list_squares(list, block), error),
		.label = (unsigned char)label,
		.block = (unsigned char)block,
	};

	block_add(tenant, list, block, step.weight, true);
	entry->trust += step.trust;
	entry->global_loss += step.global_loss;
	entry->own_loss += step.own_loss;
	entry->learned[label]++;
	log_add(tenant, &step);
}

int
sl_own_learn(struct sl_own_learner *learner, struct sl_slice name, struct sl_slice message,
    enum sl_own_label label, double global_log_odds)
{
	struct tenant *tenant;
	struct token_list list;

	SL_CHECK(learner, LEARNER_MAGIC);
	tenant = tenant_of(learner, name, true);
	if (tenant == NULL)
		return SL_ERR_FULL;
	token_list_read(&list, message, (learner->flags & SL_OWN_ALL_FIELDS) != 0, true);
	learn(tenant, &list, label, global_log_odds);
	token_list_fini(&list);
	return 0;
}

static void
unlearn(struct tenant *tenant, const struct token_list *list, uint32_t at)
{
	struct own_tenant *entry = &tenant->entry;
	struct own_step step = tenant->log[at];
	int64_t trust = (int64_t)entry->trust - step.trust, most = (int64_t)(OWN_TRUST_MAX * OWN_UNIT);

	memmove(tenant->log + at, tenant->log + at + 1, (entry->log_len - at - 1) * sizeof(step));
	entry->log_len--;
	if (step.block < list->blocks)
		block_add(tenant, list, step.block, -step.weight, entry->scale == (uint32_t)OWN_UNIT);
	entry->trust = (int32_t)SL_MAX(-most, SL_MIN(most, trust));
	entry->global_loss -= SL_MIN(entry->global_loss, (int64_t)step.global_loss);
	entry->own_loss -= SL_MIN(entry->own_loss, (int64_t)step.own_loss);
	if (entry->learned[step.label] > 0)
		entry->learned[step.label]--;
}

int
sl_own_unlearn(struct sl_own_learner *learner, struct sl_slice name, struct sl_slice message,
    enum sl_own_label label)
{
	struct tenant *tenant;
	struct token_list list;
	int r = SL_ERR_NOT_FOUND;
	uint64_t id;

	SL_CHECK(learner, LEARNER_MAGIC);
	tenant = tenant_of(learner, name, false);
	if (tenant == NULL)
		return SL_ERR_NOT_FOUND;
	token_list_read(&list, message, (learner->flags & SL_OWN_ALL_FIELDS) != 0, true);
	id = list_id(&list);
	for (uint32_t i = tenant->entry.log_len; i-- > 0 && r != 0; ) {
		if (tenant->log[i].id != id || tenant->log[i].label != (unsigned char)label)
			continue;
		unlearn(tenant, &list, i);
		r = 0;
	}
	token_list_fini(&list);
	return r;
}

/* ---- the new file */

static size_t
tenant_bytes(const struct tenant *tenant)
{
	return own_section_bytes(&tenant->entry);
}

static int
size_order(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* The most that a section may have so that all fit: who has less keeps it, the others share the rest alike. */
static size_t
fair_bytes(const struct sl_own_learner *learner, size_t room)
{
	size_t *sizes = sl_xmalloc((learner->len + 1) * sizeof(size_t)), fair = SIZE_MAX;

	for (size_t i = 0; i < learner->len; i++)
		sizes[i] = tenant_bytes(learner->tenants[i]);
	qsort(sizes, learner->len, sizeof(size_t), size_order);
	for (size_t i = 0; i < learner->len; i++) {
		size_t each = room / (learner->len - i);

		if (sizes[i] > each) {
			fair = each;
			break;
		}
		room -= sizes[i];
	}
	sl_free(sizes);
	return fair;
}

/* Give up the oldest corrections and the weakest weights until the section has at most `most` bytes. */
static void
tenant_shrink(struct tenant *tenant, size_t most)
{
	struct own_tenant *entry = &tenant->entry;
	uint32_t keep, slots;

	tenant_unpack(tenant);
	keep = (uint32_t)SL_MIN(entry->log_len, most / LOG_SHARE / OWN_STEP);
	memmove(tenant->log, tenant->log + (entry->log_len - keep), keep * sizeof(*tenant->log));
	entry->log_len = keep;
	slots = (uint32_t)((most - (size_t)keep * OWN_STEP) / 4);
	if (slots < entry->slots)
		weights_rebuild(tenant, slots, slots - slots / 5);
}

/* As many slots as the weights want: a fifth stays free. */
static void
tenant_pack(struct tenant *tenant)
{
	uint32_t slots = SL_MAX(tenant->entry.weights + tenant->entry.weights / 4, SLOTS_LEAST);

	if (tenant->unpacked && slots < tenant->entry.slots)
		weights_rebuild(tenant, slots, UINT32_MAX);
}

/* Of whom everything was unlearned nothing stays. */
static void
tenants_forget(struct sl_own_learner *learner)
{
	size_t len = 0;

	for (size_t i = 0; i < learner->len; i++) {
		struct tenant *tenant = learner->tenants[i];
		const struct own_tenant *entry = &tenant->entry;

		if (entry->learned[0] + entry->learned[1] + entry->weights + entry->log_len > 0) {
			learner->tenants[len++] = tenant;
			continue;
		}
		sl_free(tenant->slots);
		sl_free(tenant->log);
		sl_free(tenant);
	}
	learner->len = len;
}

static void
entry_write(unsigned char *p, const struct own_tenant *entry)
{
	token_put_le(p, entry->key, 8);
	token_put_le(p + 8, entry->start, 4);
	token_put_le(p + 12, entry->slots, 4);
	token_put_le(p + 16, entry->log_len, 4);
	token_put_le(p + 20, entry->learned[0], 4);
	token_put_le(p + 24, entry->learned[1], 4);
	token_put_le(p + 28, entry->weights, 4);
	token_put_le(p + 32, (uint32_t)entry->trust, 4);
	token_put_le(p + 40, (uint64_t)entry->global_loss, 8);
	token_put_le(p + 48, (uint64_t)entry->own_loss, 8);
	token_put_le(p + 56, entry->scale, 4);
}

static void
section_write(unsigned char *p, const struct tenant *tenant)
{
	size_t slots = (size_t)tenant->entry.slots * 4;

	if (!tenant->unpacked) {
		memcpy(p, tenant->section.ptr, tenant->section.len);
		return;
	}
	memcpy(p, tenant->slots, slots);
	for (uint32_t i = 0; i < tenant->entry.log_len; i++)
		step_write(p + slots + (size_t)i * OWN_STEP, &tenant->log[i]);
}

int
sl_own_learner_write(struct sl_own_learner *learner, struct sl_buf *out)
{
	unsigned char *bytes;
	size_t at, fair;

	SL_CHECK(learner, LEARNER_MAGIC);
	tenants_forget(learner);
	at = OWN_HEAD + learner->len * OWN_ENTRY;
	bytes = sl_xzalloc(learner->size_bytes);
	for (size_t i = 0; i < learner->len; i++)
		tenant_pack(learner->tenants[i]);
	fair = fair_bytes(learner, learner->size_bytes - at);
	for (size_t i = 0; i < learner->len; i++) {
		struct tenant *tenant = learner->tenants[i];

		if (tenant_bytes(tenant) > fair)
			tenant_shrink(tenant, fair);
		SL_ASSERT(tenant_bytes(tenant) <= learner->size_bytes - at);
		tenant->entry.start = (uint32_t)at;
		entry_write(bytes + OWN_HEAD + i * OWN_ENTRY, &tenant->entry);
		section_write(bytes + at, tenant);
		at += tenant_bytes(tenant);
	}
	memcpy(bytes, OWN_MAGIC, 8);
	token_put_le(bytes + 8, OWN_VERSION, 4);
	token_put_le(bytes + 12, learner->flags, 4);
	token_put_le(bytes + 24, learner->len, 4);
	token_put_le(bytes + 16, sl_hash(bytes + 24, learner->size_bytes - 24), 8);
	sl_buf_add(out, bytes, learner->size_bytes);
	sl_free(bytes);
	return out->overflow ? SL_ERR_FULL : 0;
}
