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

/* ---- one over another */

/* Does the upper one speak for a tenant? */
static bool
is_replaced(const struct sl_snapshot *s, uint32_t tenant)
{
	unsigned char key[16];
	struct sl_slice value;

	return snapshot_get(s, key, KEY_TENANT(tenant, key), &value) || snapshot_get(s, key, KEY_GONE(tenant, key), &value);
}

/* The snapshot that a tenant is in. */
static const struct sl_snapshot *
home_of(const struct sl_snapshot *s, uint32_t tenant)
{
	return s->under != NULL && !is_replaced(s, tenant) ? s->under : s;
}

/* Of a tenant that the upper one speaks for: are those who are not in it as below? */
static bool
is_partly(const struct sl_snapshot *all, uint32_t tenant)
{
	unsigned char key[16];
	struct sl_slice value;

	return all->under != NULL && all->has_parts && snapshot_get(all, key, KEY_PARTLY(tenant, key), &value);
}

/* ---- recipients */

static bool
find_here(const struct sl_snapshot *s, struct sl_slice name, struct domain_record *out)
{
	unsigned char key[16];
	struct sl_slice value;

	return snapshot_get(s, key, KEY_DOMAIN(hash_domain(s->salt, name), key), &value) &&
	    domain_record_read(value, out) && sl_slice_eq(out->name, name);
}

static bool
find_exact(const struct sl_snapshot *s, struct sl_slice name, struct domain_record *out)
{
	return find_here(s, name, out) ||
	    (s->under != NULL && find_here(s->under, name, out) && !is_replaced(s, out->tenant));
}

/* The domain, or the nearest above it that stands for all below. */
static bool
find_domain(const struct sl_snapshot *s, struct sl_slice domain, struct domain_record *out)
{
	char star[SL_LIST_KEY_MAX + 3] = "*.";
	const unsigned char *dot;

	if (find_exact(s, domain, out))
		return true;
	if ((!s->has_stars && (s->under == NULL || !s->under->has_stars)) || domain.len > SL_LIST_KEY_MAX)
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

/* Here, or below where that is said. Returns the snapshot that he is in; NULL: he is no user. */
static const struct sl_snapshot *
find_user_of(const struct sl_snapshot *all, const struct sl_snapshot *home, uint32_t tenant, struct sl_slice local,
    struct sl_slice domain, uint64_t *hash_out, uint32_t *value_out)
{
	if (find_user(home, tenant, local, domain, hash_out, value_out))
		return (*value_out & USER_POLICY_MASK) == USER_GONE ? NULL : home;
	if (home != all || !is_partly(all, tenant))
		return NULL;
	return find_user(all->under, tenant, local, domain, hash_out, value_out) ? all->under : NULL;
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * UINT64_C(0xbf58476d1ce4e5b9);
	a = (a ^ (a >> 31)) * UINT64_C(0x94d049bb133111eb);
	return a ^ (a >> 29);
}

bool
sl_snapshot_recipient(const struct sl_snapshot *all, struct sl_slice address, struct sl_snapshot_recipient *out)
{
	struct sl_list_sender a;
	struct domain_record record;
	struct sl_slice local, domain;
	const unsigned char *plus;
	const struct sl_snapshot *s, *at;
	uint32_t value = USER_INHERITS;

	SL_CHECK(all, SNAPSHOT_MAGIC);
	memset(out, 0, sizeof(*out));
	sl_list_sender_read(address, &a);
	if (!a.there || !find_domain(all, sl_slice(a.text + a.domain_at, a.len - a.domain_at), &record))
		return false;
	s = home_of(all, record.tenant);
	out->tenant = record.tenant;
	local = sl_slice(a.text, a.domain_at - 1);
	domain = record.alias.len > 0 ? record.alias : sl_slice(a.text + a.domain_at, a.len - a.domain_at);
	at = find_user_of(all, s, record.tenant, local, domain, &out->user, &value);
	plus = memchr(local.ptr, '+', local.len);
	if (at == NULL && plus != NULL && plus > local.ptr)	/* user+detail is user's */
		at = find_user_of(all, s, record.tenant, sl_slice(local.ptr, (size_t)(plus - local.ptr)), domain, &out->user, &value);
	out->is_user = at != NULL;
	out->is_below = at != NULL && at != s;
	if (!out->is_user)
		value = USER_INHERITS;
	out->kinds = value >> USER_POLICY_BITS;
	out->has_lists = out->kinds != 0;
	out->policy = (value & USER_POLICY_MASK) == USER_INHERITS ? record.policy : value & USER_POLICY_MASK;
	if (!out->has_lists)
		out->user = 0;
	if (all->under != NULL && s == all && (!out->is_below || (value & USER_POLICY_MASK) == USER_INHERITS))
		out->policy |= POLICY_ABOVE;
	out->class_id = mix(mix(out->tenant, out->policy), out->user);
	return true;
}

bool
sl_snapshot_tenant(const struct sl_snapshot *s, uint32_t id, struct sl_snapshot_tenant *out)
{
	unsigned char key[16];
	struct sl_slice value;

	SL_CHECK(s, SNAPSHOT_MAGIC);
	if (snapshot_get(s, key, KEY_TENANT(id, key), &value) && tenant_record_read(value, out)) {
		out->policy |= s->under != NULL ? POLICY_ABOVE : 0;
		return true;
	}
	return s->under != NULL && !is_replaced(s, id) && sl_snapshot_tenant(s->under, id, out);
}

/* ---- lists */

#define AHEAD_MAX	64	/* probes that are begun ahead; a list with more prefix lengths has the others in turn */

struct lookup {
	const struct sl_snapshot	*s;
	enum sl_policy_by		 by;
	uint64_t			 owner;
	int64_t				 now_s;
	uint64_t			 hashes[AHEAD_MAX];	/* of the probes, in their order */
	size_t				 hashes_len, at;
	const struct sl_snapshot_tried	*tried;		/* NULL: of this list nothing is */
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

/* Which probes there are does not depend on what they find. So all are hashed first, and memory is asked for all at once. */
static unsigned
probe_ahead(void *ctx, enum sl_list_kind kind, struct sl_slice text, unsigned bits)
{
	struct lookup *l = ctx;
	uint64_t hash;

	if (l->hashes_len == AHEAD_MAX)
		return 0;
	hash = hash_entry(l->s->salt, l->by, l->owner, kind, text, bits);
	l->hashes[l->hashes_len++] = hash;
	table_ask_directory(&l->s->entries, hash);
	return 0;
}

static unsigned
probe(void *ctx, enum sl_list_kind kind, struct sl_slice text, unsigned bits)
{
	struct lookup *l = ctx;
	uint64_t hash = l->at < l->hashes_len ? l->hashes[l->at++]
	    : hash_entry(l->s->salt, l->by, l->owner, kind, text, bits);
	uint32_t flags;

	if (!table_find(&l->s->entries, hash, &flags) || ((flags & ENTRY_EXPIRES) != 0 && has_expired(l, hash)))
		flags = 0;
	flags &= SL_LIST_FLAGS;
	return l->tried == NULL ? flags : l->tried->flags(l->tried->ctx, kind, text, bits, flags);
}

static void
filter_join(struct sl_list_filter *filter, const struct sl_list_filter *other)
{
	filter->kinds |= other->kinds;
	for (size_t i = 0; i < SL_COUNT(filter->prefixes); i++)
		filter->prefixes[i] |= other->prefixes[i];
}

static void
find_with(struct lookup *l, const struct sl_list_question *question, const struct sl_list_filter *filter,
    struct sl_list_found *found)
{
	struct sl_list_filter joined;

	if (l->tried != NULL) {
		joined = *filter;
		filter_join(&joined, &l->tried->filter);
		filter = &joined;
	}
	if (filter->kinds == 0)
		return;
	l->hashes_len = l->at = 0;
	sl_list_find(question, filter, probe_ahead, l, found);
	for (size_t i = 0; i < l->hashes_len; i++)
		table_ask_rows(&l->s->entries, l->hashes[i]);
	sl_list_find(question, filter, probe, l, found);
}

static void
lookup_init(struct lookup *l, const struct sl_snapshot *s, enum sl_policy_by by, uint64_t owner, int64_t now_s,
    const struct sl_snapshot_tried *tried)
{
	l->s = s;
	l->by = by;
	l->owner = owner;
	l->now_s = now_s;
	l->tried = tried != NULL && tried->by == by ? tried : NULL;
}

/* The list of an owner, in the first of these that says something of it (NULL: there is no second). */
static void
find_of(const struct sl_snapshot *s, const struct sl_snapshot *under, struct lookup *l, const struct sl_list_question *question,
    struct sl_list_found *found)
{
	struct sl_list_filter filter = { 0 };
	unsigned char key[16];
	struct sl_slice value;

	l->s = s;
	if (!snapshot_get(s, key, KEY_FILTER(l->by, (uint32_t)l->owner, key), &value) || !filter_read(value, &filter)) {
		if (under != NULL) {
			find_of(under, NULL, l, question, found);
			return;
		}
		filter = (struct sl_list_filter){ 0 };
	}
	find_with(l, question, &filter, found);
}

static void
find_partner(const struct sl_snapshot *s, uint32_t tenant_id, const struct sl_list_question *question, int64_t now_s,
    const struct sl_snapshot_tried *tried, struct sl_list_found *found)
{
	struct sl_snapshot_tenant tenant;
	struct lookup l;

	if (((!s->has_partner_lists && (s->under == NULL || !s->under->has_partner_lists)) && (tried == NULL ||
	    tried->by != SL_BY_PARTNER)) || !sl_snapshot_tenant(s, tenant_id, &tenant) || tenant.partner == 0)
		return;
	lookup_init(&l, s, SL_BY_PARTNER, tenant.partner, now_s, tried);
	find_of(s, s->under, &l, question, found);
}

void
sl_snapshot_find(const struct sl_snapshot *all, const struct sl_snapshot_recipient *recipient,
    const struct sl_list_question *question, int64_t now_s, struct sl_list_found found[SL_BY_COUNT])
{
	sl_snapshot_find_tried(all, recipient, question, now_s, NULL, found);
}

void
sl_snapshot_find_tried(const struct sl_snapshot *all, const struct sl_snapshot_recipient *recipient,
    const struct sl_list_question *question, int64_t now_s, const struct sl_snapshot_tried *tried,
    struct sl_list_found found[SL_BY_COUNT])
{
	const struct sl_snapshot *s = all->under != NULL && !all->has_operator_list ? all->under : all;
	struct sl_list_filter filter;
	struct lookup l;

	SL_CHECK(all, SNAPSHOT_MAGIC);
	memset(found, 0, SL_BY_COUNT * sizeof(*found));
	lookup_init(&l, s, SL_BY_OPERATOR, 0, now_s, tried);
	find_with(&l, question, &s->operator_filter, &found[SL_BY_OPERATOR]);
	find_partner(all, recipient->tenant, question, now_s, tried, &found[SL_BY_PARTNER]);
	s = home_of(all, recipient->tenant);
	lookup_init(&l, s, SL_BY_TENANT, recipient->tenant, now_s, tried);
	find_of(s, s == all && is_partly(all, recipient->tenant) ? all->under : NULL, &l, question, &found[SL_BY_TENANT]);
	if (recipient->is_below)
		s = all->under;
	lookup_init(&l, s, SL_BY_USER, recipient->user, now_s, tried);
	if (recipient->kinds == 0 && l.tried == NULL)
		return;
	filter = s->users_filter;
	filter.kinds = recipient->kinds;
	find_with(&l, question, &filter, &found[SL_BY_USER]);
}
