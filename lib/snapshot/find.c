/* find.c - looking up in a snapshot: see snapshot.h */

#include "snapshot_i.h"

void
sl_snapshot_counts(const struct sl_snapshot *s, struct sl_snapshot_counts *counts)
{
	SL_CHECK(s, SNAPSHOT_MAGIC);
	*counts = s->counts;
}

struct sl_slice
sl_snapshot_note(const struct sl_snapshot *s)
{
	SL_CHECK(s, SNAPSHOT_MAGIC);
	return s->note;
}

const char *
sl_snapshot_id(const struct sl_snapshot *s)
{
	SL_CHECK(s, SNAPSHOT_MAGIC);
	return s->id;
}

/* ---- recipients */

static bool
find_exact(const struct sl_snapshot *s, struct sl_slice name, struct domain_record *out)
{
	unsigned char key[16];
	struct sl_slice value;

	return snapshot_get(s, key, KEY_DOMAIN(hash_domain(s->salt, name), key), &value) &&
	    domain_record_read(value, out) && sl_slice_eq(out->name, name);
}

/* The domain, or the nearest above it that stands for all below. */
static bool
find_domain(const struct sl_snapshot *s, struct sl_slice domain, struct domain_record *out)
{
	char star[SL_LIST_KEY_MAX + 3] = "*.";
	const unsigned char *dot;

	if (find_exact(s, domain, out))
		return true;
	if (!s->has_stars || domain.len > SL_LIST_KEY_MAX)
		return false;
	for (size_t labels = 0; labels < 128 && (dot = memchr(domain.ptr, '.', domain.len)) != NULL; labels++) {
		domain = sl_slice_from(domain, (size_t)(dot + 1 - domain.ptr));
		memcpy(star + 2, domain.ptr, domain.len);
		if (find_exact(s, sl_slice(star, domain.len + 2), out))
			return true;
	}
	return false;
}

static bool
find_user(const struct sl_snapshot *s, uint32_t tenant, struct sl_slice local, struct sl_slice domain,
    uint64_t *hash_out, uint32_t *value_out)
{
	char address[SL_LIST_KEY_MAX + 1];

	if (local.len + 1 + domain.len > SL_LIST_KEY_MAX)
		return false;
	memcpy(address, local.ptr, local.len);
	address[local.len] = '@';
	memcpy(address + local.len + 1, domain.ptr, domain.len);
	*hash_out = hash_user(s->salt, tenant, sl_slice(address, local.len + 1 + domain.len));
	return table_find(&s->users, *hash_out, value_out);
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * UINT64_C(0xbf58476d1ce4e5b9);
	a = (a ^ (a >> 31)) * UINT64_C(0x94d049bb133111eb);
	return a ^ (a >> 29);
}

bool
sl_snapshot_recipient(const struct sl_snapshot *s, struct sl_slice address, struct sl_snapshot_recipient *out)
{
	struct sl_list_sender a;
	struct domain_record record;
	struct sl_slice local, domain;
	const unsigned char *plus;
	uint32_t value = USER_INHERITS;

	SL_CHECK(s, SNAPSHOT_MAGIC);
	memset(out, 0, sizeof(*out));
	sl_list_sender_read(address, &a);
	if (!a.there || !find_domain(s, sl_slice(a.text + a.domain_at, a.len - a.domain_at), &record))
		return false;
	out->tenant = record.tenant;
	local = sl_slice(a.text, a.domain_at - 1);
	domain = record.alias.len > 0 ? record.alias : sl_slice(a.text + a.domain_at, a.len - a.domain_at);
	out->is_user = find_user(s, record.tenant, local, domain, &out->user, &value);
	plus = memchr(local.ptr, '+', local.len);
	if (!out->is_user && plus != NULL && plus > local.ptr)	/* user+detail is user's */
		out->is_user = find_user(s, record.tenant, sl_slice(local.ptr, (size_t)(plus - local.ptr)), domain,
		    &out->user, &value);
	if (!out->is_user)
		value = USER_INHERITS;
	out->kinds = value >> USER_POLICY_BITS;
	out->has_lists = out->kinds != 0;
	out->policy = (value & USER_POLICY_MASK) == USER_INHERITS ? record.policy : value & USER_POLICY_MASK;
	if (!out->has_lists)
		out->user = 0;
	out->class_id = mix(mix(out->tenant, out->policy), out->user);
	return true;
}

bool
sl_snapshot_tenant(const struct sl_snapshot *s, uint32_t id, struct sl_snapshot_tenant *out)
{
	unsigned char key[16];
	struct sl_slice value;

	SL_CHECK(s, SNAPSHOT_MAGIC);
	return snapshot_get(s, key, KEY_TENANT(id, key), &value) && tenant_record_read(value, out);
}

int
sl_snapshot_policy(const struct sl_snapshot *s, uint32_t id, struct sl_arena *arena, struct sl_policy *policy)
{
	unsigned char key[16];
	struct sl_slice value;

	SL_CHECK(s, SNAPSHOT_MAGIC);
	if (!snapshot_get(s, key, KEY_POLICY(id, key), &value))
		return SL_ERR_NOT_FOUND;
	return policy_record_read(s, value, arena, policy);
}

/* ---- lists */

struct lookup {
	const struct sl_snapshot	*s;
	enum sl_policy_by		 by;
	uint64_t			 owner;
	int64_t				 now_s;
};

static bool
has_expired(const struct lookup *l, uint64_t hash)
{
	unsigned char key[16];
	struct sl_slice value;
	int64_t at_s;

	if (!snapshot_get(l->s, key, KEY_EXPIRY(hash, key), &value) || value.len != sizeof(at_s))
		return true;
	memcpy(&at_s, value.ptr, sizeof(at_s));
	return l->now_s >= at_s;
}

static unsigned
probe(void *ctx, enum sl_list_kind kind, struct sl_slice text, unsigned bits)
{
	const struct lookup *l = ctx;
	uint64_t hash = hash_entry(l->s->salt, l->by, l->owner, kind, text, bits);
	uint32_t flags;

	if (!table_find(&l->s->entries, hash, &flags) || ((flags & ENTRY_EXPIRES) != 0 && has_expired(l, hash)))
		return 0;
	return flags & SL_LIST_FLAGS;
}

static void
find_of(const struct sl_snapshot *s, enum sl_policy_by by, uint32_t owner, const struct sl_list_question *question,
    int64_t now_s, struct sl_list_found *found)
{
	struct lookup l = { s, by, owner, now_s };
	struct sl_list_filter filter;
	unsigned char key[16];
	struct sl_slice value;

	if (snapshot_get(s, key, KEY_FILTER(by, owner, key), &value) && filter_read(value, &filter))
		sl_list_find(question, &filter, probe, &l, found);
}

void
sl_snapshot_find(const struct sl_snapshot *s, const struct sl_snapshot_recipient *recipient,
    const struct sl_list_question *question, int64_t now_s, struct sl_list_found found[SL_BY_COUNT])
{
	struct lookup l = { s, SL_BY_OPERATOR, 0, now_s };
	struct sl_snapshot_tenant tenant;
	struct sl_list_filter filter;

	SL_CHECK(s, SNAPSHOT_MAGIC);
	memset(found, 0, SL_BY_COUNT * sizeof(*found));
	if (s->entries.count == 0)
		return;
	sl_list_find(question, &s->operator_filter, probe, &l, &found[SL_BY_OPERATOR]);
	if (s->has_partner_lists && sl_snapshot_tenant(s, recipient->tenant, &tenant) && tenant.partner != 0)
		find_of(s, SL_BY_PARTNER, tenant.partner, question, now_s, &found[SL_BY_PARTNER]);
	find_of(s, SL_BY_TENANT, recipient->tenant, question, now_s, &found[SL_BY_TENANT]);
	if (recipient->kinds == 0)
		return;
	l.by = SL_BY_USER;
	l.owner = recipient->user;
	filter = s->users_filter;
	filter.kinds = recipient->kinds;
	sl_list_find(question, &filter, probe, &l, &found[SL_BY_USER]);
}
