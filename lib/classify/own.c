/* own.c - see own.h; the file is described in own_i.h */

#include "classify/own.h"

#include <stdio.h>

#include "classify/own_i.h"

#define OWN_OBJECT_MAGIC	0x5d6f7701u
#define MESSAGE_MAGIC		0x5d6f7702u

struct sl_own {
	unsigned	 magic;
	struct sl_slice	 bytes;		/* borrowed */
	size_t		 tenants;
	unsigned	 flags;
	char		 id[17];
};

/* ---- the file */

static void
entry_read(const unsigned char *p, struct own_tenant *out)
{
	*out = (struct own_tenant){
		.key = token_get_le(p, 8),
		.start = (uint32_t)token_get_le(p + 8, 4),
		.slots = (uint32_t)token_get_le(p + 12, 4),
		.log_len = (uint32_t)token_get_le(p + 16, 4),
		.learned = { (uint32_t)token_get_le(p + 20, 4), (uint32_t)token_get_le(p + 24, 4) },
		.weights = (uint32_t)token_get_le(p + 28, 4),
		.trust = (int32_t)token_get_le(p + 32, 4),
		.global_loss = (int64_t)token_get_le(p + 40, 8),
		.own_loss = (int64_t)token_get_le(p + 48, 8),
		.scale = (uint32_t)token_get_le(p + 56, 4),
	};
}

size_t
own_section_bytes(const struct own_tenant *tenant)
{
	return (size_t)tenant->slots * 4 + (size_t)tenant->log_len * OWN_STEP;
}

/* The sections must lie in the file, each behind the one before. */
static bool
entries_sound(const struct sl_own *own)
{
	size_t at = OWN_HEAD + own->tenants * OWN_ENTRY;
	struct own_tenant tenant, before = { 0 };

	for (size_t i = 0; i < own->tenants; i++, before = tenant) {
		own_entry(own, i, &tenant);
		if ((i > 0 && tenant.key <= before.key) || tenant.start != at || tenant.slots == 0 ||
		    tenant.slots > OWN_SLOTS_MAX || tenant.log_len > SL_OWN_LOG || tenant.scale == 0 ||
		    tenant.scale > OWN_SCALE_MAX * OWN_UNIT || fabs(tenant.trust / OWN_UNIT) > OWN_TRUST_MAX ||
		    tenant.global_loss < 0 || tenant.global_loss > OWN_LOSS_MAX || tenant.own_loss < 0 ||
		    tenant.own_loss > OWN_LOSS_MAX || own_section_bytes(&tenant) > own->bytes.len - at)
			return false;
		at += own_section_bytes(&tenant);
	}
	return true;
}

static int
own_read(struct sl_own *own, struct sl_slice bytes)
{
	uint64_t sum;

	if (bytes.len == 0)
		return SL_ERR_TRUNCATED;
	if (memcmp(bytes.ptr, OWN_MAGIC, SL_MIN(bytes.len, (size_t)8)) != 0)
		return SL_ERR_SYNTAX;
	if (bytes.len < SL_OWN_SIZE_MIN)
		return SL_ERR_TRUNCATED;
	if (token_get_le(bytes.ptr + 8, 4) != OWN_VERSION)
		return SL_ERR_VERSION;
	sum = sl_hash(bytes.ptr + 24, bytes.len - 24);
	own->bytes = bytes;
	own->flags = (unsigned)token_get_le(bytes.ptr + 12, 4);
	own->tenants = token_get_le(bytes.ptr + 24, 4);
	if (bytes.len > SL_OWN_SIZE_MAX || sum != token_get_le(bytes.ptr + 16, 8) ||
	    own->tenants > (bytes.len - OWN_HEAD) / OWN_ENTRY || !entries_sound(own))
		return SL_ERR_SYNTAX;
	snprintf(own->id, sizeof(own->id), "%016llx", (unsigned long long)sum);
	return 0;
}

int
sl_own_open(struct sl_slice bytes, struct sl_own **own_out)
{
	struct sl_own *own = sl_xzalloc(sizeof(*own));
	int r = own_read(own, bytes);

	own->magic = OWN_OBJECT_MAGIC;
	if (r != 0)
		sl_own_close(&own);
	*own_out = own;
	return r;
}

void
sl_own_close(struct sl_own **own)
{
	SL_OBJ_FREE(own, OWN_OBJECT_MAGIC);
}

const char *
sl_own_id(const struct sl_own *own)
{
	SL_CHECK(own, OWN_OBJECT_MAGIC);
	return own->id;
}

size_t
sl_own_size_bytes(const struct sl_own *own)
{
	SL_CHECK(own, OWN_OBJECT_MAGIC);
	return own->bytes.len;
}

unsigned
sl_own_flags(const struct sl_own *own)
{
	SL_CHECK(own, OWN_OBJECT_MAGIC);
	return own->flags;
}

size_t
sl_own_tenants(const struct sl_own *own)
{
	return own_len(own);
}

bool
own_slot_find(const unsigned char *slots, uint32_t len, uint32_t row, uint32_t *at_out)
{
	uint32_t at = own_slot_start(row, len);

	for (uint32_t i = 0; i < SL_MIN(len, (uint32_t)OWN_PROBES); i++) {
		uint32_t slot = (uint32_t)token_get_le(slots + (size_t)at * 4, 4);

		if (slot == 0 || slot >> OWN_WEIGHT_BITS == row) {
			*at_out = at;
			return true;
		}
		at = at + 1 == len ? 0 : at + 1;
	}
	return false;
}

uint64_t
own_key(struct sl_slice tenant)
{
	return sl_hash_lower(tenant);
}

size_t
own_len(const struct sl_own *own)
{
	SL_CHECK(own, OWN_OBJECT_MAGIC);
	return own->tenants;
}

void
own_entry(const struct sl_own *own, size_t i, struct own_tenant *out)
{
	entry_read(own->bytes.ptr + OWN_HEAD + i * OWN_ENTRY, out);
}

bool
own_find(const struct sl_own *own, uint64_t key, struct own_tenant *out)
{
	size_t low = 0, high = own_len(own);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		own_entry(own, middle, out);
		if (out->key == key)
			return true;
		if (out->key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

struct sl_slice
own_section(const struct sl_own *own, const struct own_tenant *tenant)
{
	return sl_slice(own->bytes.ptr + tenant->start, own_section_bytes(tenant));
}

bool
sl_own_stats(const struct sl_own *own, struct sl_slice name, struct sl_own_stats *out)
{
	struct own_tenant tenant;
	double len;

	*out = (struct sl_own_stats){ 0 };
	if (!own_find(own, own_key(name), &tenant))
		return false;
	len = fmax(1, (double)tenant.learned[0] + tenant.learned[1]);
	*out = (struct sl_own_stats){
		.ham = tenant.learned[SL_OWN_HAM],
		.unwanted = tenant.learned[SL_OWN_UNWANTED],
		.share = own_reach(&tenant, 1) * own_proven(&tenant),
		.global_loss = (double)tenant.global_loss / 1024 / len,
		.own_loss = (double)tenant.own_loss / 1024 / len,
		.weights = tenant.weights,
	};
	return true;
}

/* ---- a message */

struct tally {			/* of one reading; see token_events */
	struct sums {
		int		sum;		/* of value * weight */
		uint32_t	squares;	/* of the values */
		uint32_t	known;		/* of the squares: features that the tenant has a weight for */
	} header, now;
};

struct own_message {
	unsigned		 magic;
	const struct sl_own	*own;
	struct sl_arena		*arena;
	bool			 known;		/* the tenant has learned something */
	bool			 failed;
	struct own_tenant	 tenant;
	const unsigned char	*slots;
	struct token_reader	 reader;
	unsigned		 blocks;
	double			 best;		/* log-odds of the block that stands out most */
	double			 best_known;	/* share of it */
};

static void
on_features(void *ctx, void *user, bool in_header, enum sl_seen_place place, struct sl_slice word,
    const uint32_t *features, size_t len)
{
	const struct own_message *message = ctx;
	struct tally *tally = user;
	int value = in_header ? TOKEN_HEADER_VALUE : 1;

	for (size_t i = 0; i < len; i++) {
		uint32_t at;
		int weight = 0;

		if (own_slot_find(message->slots, message->tenant.slots, features[i] >> OWN_WEIGHT_BITS, &at))
			weight = own_slot_weight((uint32_t)token_get_le(message->slots + (size_t)at * 4, 4));
		tally->now.sum += value * weight;
		tally->now.known += weight != 0 ? (uint32_t)(value * value) : 0;
	}
	tally->now.squares += (uint32_t)(value * value) * (uint32_t)len;
}

static void
on_copy(void *ctx, void *user, void *first)
{
	struct tally *tally = user;
	const struct tally *from = first;

	tally->header = tally->now = from->header.squares > 0 ? from->header : from->now;
}

static void
on_header(void *ctx, void *user)
{
	struct tally *tally = user;

	tally->header = tally->now;
}

static void
on_block(void *ctx, void *user)
{
	struct own_message *message = ctx;
	struct tally *tally = user;
	double log_odds = tally->now.squares == 0 ? 0 : tally->now.sum * own_gain(&message->tenant) * OWN_STEP_WEIGHT *
	    (message->tenant.scale / OWN_UNIT) / sqrt(tally->now.squares);

	if (message->blocks == 0 || log_odds > message->best) {
		message->best = log_odds;
		message->best_known = tally->now.squares == 0 ? 0
		    : (double)tally->now.known / tally->now.squares;
	}
	message->blocks++;
	tally->now = tally->header;
}

static const struct token_events events = {
	.features = on_features,
	.copy = on_copy,
	.header = on_header,
	.block = on_block,
	.user_bytes = sizeof(struct tally),
};

static void *
new_message(const void *model, struct sl_arena *arena)
{
	struct own_message *message = sl_arena_alloc(arena, sizeof(*message));

	SL_CHECK((const struct sl_own *)model, OWN_OBJECT_MAGIC);
	if (message == NULL)
		return NULL;
	message->magic = MESSAGE_MAGIC;
	message->own = model;
	message->arena = arena;
	return message;
}

/* Only for a tenant that has learned something is the message read. */
static void
on_envelope(void *state, const struct sl_envelope_event *event)
{
	struct own_message *message = state;

	SL_CHECK(message, MESSAGE_MAGIC);
	if (message->known || event->tenant.len == 0 ||
	    !own_find(message->own, own_key(event->tenant), &message->tenant))
		return;
	message->slots = own_section(message->own, &message->tenant).ptr;
	message->known = token_reader_init(&message->reader, (message->own->flags & SL_OWN_ALL_FIELDS) != 0,
	    &events, message, message->arena);
	message->failed = !message->known;
}

static struct token_reader *
reader_of(void *state)
{
	struct own_message *message = state;

	SL_CHECK(message, MESSAGE_MAGIC);
	return message->known ? &message->reader : NULL;
}

TOKEN_READER_EVENTS(seen_events, reader_of);

static void
finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct own_message *message = state;

	if (reader_of(state) == NULL)
		return;
	token_reader_end(&message->reader);
	message->failed = message->reader.no_memory;
}

const struct sl_classifier sl_own_classifier = {
	.name = "own",
	.new_message = new_message,
	.envelope = on_envelope,
	.seen = &seen_events,
	.finish = finish,
};

static const char *
sentence(const struct own_message *message, struct sl_arena *arena)
{
	const struct own_tenant *tenant = &message->tenant;
	const char *verdict = message->best > 1 ? "like what was called unwanted here" : message->best < -1
	    ? "like what was called wanted here" : "not much like anything learned here";
	const char *copy = sl_arena_printf(arena, "%s: learned from %u wanted and %u unwanted messages",
	    verdict, tenant->learned[SL_OWN_HAM], tenant->learned[SL_OWN_UNWANTED]);

	return copy != NULL ? copy : verdict;
}

void
sl_own_evidence(void *state, double global_log_odds, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct own_message *message = state;
	struct sl_evidence evidence = { .name = "own", .state = SL_EVIDENCE_PRESENT };
	double reach, proven;

	if (message == NULL)
		return;
	SL_CHECK(message, MESSAGE_MAGIC);
	if (message->failed) {
		evidence.state = SL_EVIDENCE_FAILED;
		evidence.sentence = "no memory was left for what is known here";
		sl_verdict_add(verdict, &evidence);
		return;
	}
	if (!message->known)
		return;
	/* The root: what both say adds up while neither has proven better, for they err apart. */
	reach = own_reach(&message->tenant, message->best_known);
	proven = own_proven(&message->tenant);
	evidence.value = reach * (sqrt(proven) * message->best - proven * global_log_odds);
	evidence.log_odds[SL_SPAM] = evidence.value;
	evidence.sentence = sentence(message, arena);
	sl_verdict_add(verdict, &evidence);
}
