/* open.c - a snapshot is mapped and checked: see snapshot.h */

#include "snapshot_i.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool
snapshot_get(const struct sl_snapshot *s, const void *key, size_t key_len, struct sl_slice *value_out)
{
	struct cdb cdb = s->cdb;	/* where a search stands is in it */

	if (cdb_find(&cdb, key, (unsigned)key_len) <= 0)
		return false;
	*value_out = sl_slice(cdb_getdata(&cdb), cdb_datalen(&cdb));
	return value_out->ptr != NULL;
}

/* ---- records */

void
filter_write(const struct sl_list_filter *filter, struct sl_buf *out)
{
	sl_pack_u32(out, filter->kinds);
	for (size_t i = 0; i < SL_COUNT(filter->prefixes); i++)
		sl_pack_u64(out, filter->prefixes[i]);
}

static void
filter_unpack(struct sl_unpack *u, struct sl_list_filter *out)
{
	out->kinds = sl_unpack_u32(u);
	for (size_t i = 0; i < SL_COUNT(out->prefixes); i++)
		out->prefixes[i] = sl_unpack_u64(u);
}

bool
filter_read(struct sl_slice value, struct sl_list_filter *out)
{
	struct sl_unpack u = { .rest = value };

	filter_unpack(&u, out);
	return !u.failed && u.rest.len == 0 && out->kinds < 1u << SL_LIST_KIND_COUNT && out->prefixes[2] < 2;
}

bool
domain_record_read(struct sl_slice value, struct domain_record *out)
{
	struct sl_unpack u = { .rest = value };

	out->tenant = sl_unpack_u32(&u);
	out->policy = sl_unpack_u32(&u);
	out->name = sl_unpack_bytes(&u);
	out->alias = sl_unpack_bytes(&u);
	return !u.failed && u.rest.len == 0 && out->name.len <= SL_LIST_KEY_MAX && out->alias.len <= SL_LIST_KEY_MAX;
}

bool
tenant_record_read(struct sl_slice value, struct sl_snapshot_tenant *out)
{
	struct sl_unpack u = { .rest = value };

	memset(out, 0, sizeof(*out));
	out->id = sl_unpack_u32(&u);
	out->partner = sl_unpack_u32(&u);
	out->policy = sl_unpack_u32(&u);
	out->name = sl_unpack_bytes(&u);
	out->key = sl_unpack_bytes(&u);
	out->hop_tls = sl_unpack_u32(&u);
	out->normalise = sl_unpack_u32(&u);
	out->file_mark = sl_unpack_u64(&u);
	out->hops_len = sl_unpack_u32(&u);
	if (u.failed || out->hops_len > SL_SNAPSHOT_HOPS_MAX || out->normalise > 1)
		return false;
	for (size_t i = 0; i < out->hops_len; i++) {
		out->hops[i].text = sl_unpack_bytes(&u);
		out->hops[i].host = sl_unpack_bytes(&u);
		if (u.rest.len < sizeof(out->hops[i].address))
			return false;
		memcpy(out->hops[i].address, u.rest.ptr, sizeof(out->hops[i].address));
		u.rest = sl_slice_from(u.rest, sizeof(out->hops[i].address));
		out->hops[i].port = (uint16_t)sl_unpack_u32(&u);
	}
	return !u.failed && u.rest.len == 0;
}

static int
read_meta(struct sl_snapshot *s)
{
	struct sl_unpack u = { 0 };
	uint32_t form, table, stars;

	if (!snapshot_get(s, KEY_META, 1, &u.rest))
		return SL_ERR_SYNTAX;
	form = sl_unpack_u32(&u);
	table = sl_unpack_u32(&u);
	if (u.failed)
		return SL_ERR_SYNTAX;
	if (form != FORM_VERSION || table != sl_policy_table_version())
		return SL_ERR_VERSION;
	if (u.rest.len < sizeof(s->salt))
		return SL_ERR_SYNTAX;
	memcpy(s->salt, u.rest.ptr, sizeof(s->salt));
	u.rest = sl_slice_from(u.rest, sizeof(s->salt));
	s->counts.tenants = sl_unpack_u64(&u);
	s->counts.domains = sl_unpack_u64(&u);
	s->counts.users = sl_unpack_u64(&u);
	s->counts.entries = sl_unpack_u64(&u);
	s->counts.policies = sl_unpack_u64(&u);
	s->counts.long_values = sl_unpack_u64(&u);
	s->counts.expiring = sl_unpack_u64(&u);
	s->counts.bytes = s->bytes;
	stars = sl_unpack_u32(&u);
	s->has_stars = stars == 1;
	s->largest_said = sl_unpack_u32(&u);
	filter_unpack(&u, &s->users_filter);
	s->note = sl_unpack_bytes(&u);
	return u.failed || u.rest.len > 0 || stars > 1 || s->note.len > SL_SNAPSHOT_NOTE_MAX ? SL_ERR_SYNTAX : 0;
}

static bool
read_tables(struct sl_snapshot *s)
{
	struct sl_slice users, entries;

	return snapshot_get(s, KEY_USERS, 1, &users) && table_open(users, sizeof(uint32_t), &s->users) &&
	    snapshot_get(s, KEY_ENTRIES, 1, &entries) && table_open(entries, 1, &s->entries) &&
	    s->users.count == s->counts.users && s->entries.count == s->counts.entries;
}

/* ---- every record, once */

struct seen {
	uint64_t	domains, tenants, policies, long_values, expiring;
};

static bool
source_key_ok(struct sl_slice key)
{
	return key.len == 5 || (key.len > 5 && sl_policy_name_ok(sl_slice_from(key, 5)));
}

/* Is a record what its key says, and would a look-up find it? */
static bool
record_ok(struct sl_snapshot *s, struct sl_slice key, struct sl_slice value, struct seen *seen)
{
	struct sl_snapshot_tenant tenant;
	struct sl_list_filter filter;
	struct domain_record domain;
	struct sl_slice found;
	uint64_t number = 0;
	unsigned char kind = key.len == 0 ? 0 : key.ptr[0];

	if (key.len == 0 || !snapshot_get(s, key.ptr, key.len, &found) || found.ptr != value.ptr)
		return false;
	memcpy(&number, key.ptr + 1, SL_MIN(key.len - 1, sizeof(number)));
	switch (kind) {
	case 'd':
		seen->domains++;
		return key.len == 9 && domain_record_read(value, &domain) && number == hash_domain(s->salt, domain.name) &&
		    domain.policy < s->counts.policies && sl_policy_domain_ok(domain.name, true) &&
		    (domain.alias.len == 0 || sl_policy_domain_ok(domain.alias, false));
	case 't':
		seen->tenants++;
		return key.len == 5 && tenant_record_read(value, &tenant) && number == tenant.id &&
		    tenant.policy < s->counts.policies;
	case 'p':
		seen->policies++;
		return key.len == 5 && number < s->counts.policies && policy_record_ok(s, value);
	case 'v':
		return key.len == 5 && number < SL_LEVEL_COUNT;	/* read before */
	case 'n':
		return key.len == 5 && value.len == 0;
	case 's':
		return source_key_ok(key) && source_record_ok(s, value);
	case 'b':
		seen->long_values++;
		return key.len == 1 + DIGEST_BYTES;
	case 'g':
		return key.len == 5 && value.len == 0;
	case 'k':
		s->has_parts = true;
		return key.len == 5 && value.len == 0;
	case 'f':
		s->has_partner_lists |= number >> 32 == SL_BY_PARTNER;
		s->has_operator_list |= number >> 32 == SL_BY_OPERATOR;
		return key.len == 6 && filter_read(value, &filter);
	case 'x':
		seen->expiring++;
		return key.len == 9 && value.len == sizeof(int64_t);
	case 'm': case 'U': case 'L':
		return key.len == 1;
	default:
		return false;
	}
}

static int
check_records(struct sl_snapshot *s)
{
	struct seen seen = { 0 };
	unsigned at;
	int r;

	cdb_seqinit(&at, &s->cdb);
	while ((r = cdb_seqnext(&at, &s->cdb)) > 0) {
		struct sl_slice key = sl_slice(cdb_getkey(&s->cdb), cdb_keylen(&s->cdb));
		struct sl_slice value = sl_slice(cdb_getdata(&s->cdb), cdb_datalen(&s->cdb));

		if (key.ptr == NULL || value.ptr == NULL || !record_ok(s, key, value, &seen))
			return SL_ERR_SYNTAX;
	}
	return r < 0 || seen.domains != s->counts.domains || seen.tenants != s->counts.tenants ||
	    seen.policies != s->counts.policies || seen.long_values != s->counts.long_values ||
	    seen.expiring != s->counts.expiring ? SL_ERR_SYNTAX : 0;
}

/* No user has a policy that is not there. */
static bool
check_users(const struct sl_snapshot *s)
{
	const struct table *t = &s->users;
	unsigned width = t->hash_bytes + t->value_bytes;

	for (uint64_t i = 0; i < t->count; i++) {
		uint32_t value;

		memcpy(&value, t->rows + i * width + t->hash_bytes, sizeof(value));
		value &= USER_POLICY_MASK;
		if (value != USER_INHERITS && value != USER_GONE && value >= s->counts.policies)
			return false;
	}
	return true;
}

/* ---- opening */

static int
check_trailer(int fd, uint64_t size, char id[17])
{
	unsigned char trailer[TRAILER_BYTES], sum[TRAILER_HASH], *buf;
	crypto_generichash_state state;
	size_t step = (size_t)1 << 20;
	uint64_t len, at = 0, end = size - TRAILER_HASH;

	if (size < 2048 + TRAILER_BYTES || size > UINT32_MAX)
		return size > UINT32_MAX ? SL_ERR_SYNTAX : SL_ERR_TRUNCATED;
	if (pread(fd, trailer, sizeof(trailer), (off_t)(size - sizeof(trailer))) != sizeof(trailer))
		return SL_ERR_SYSTEM;
	memcpy(&len, trailer + 8, sizeof(len));
	if (memcmp(trailer, TRAILER_MAGIC, 8) != 0)
		return SL_ERR_TRUNCATED;	/* the end is missing, or it never was one */
	if (len + TRAILER_BYTES != size)
		return SL_ERR_SYNTAX;
	/* Read, not mapped: what is only looked at once shall not stay in our memory. */
	buf = sl_xmalloc(step);
	crypto_generichash_init(&state, NULL, 0, TRAILER_HASH);
	while (at < end) {
		ssize_t n = pread(fd, buf, SL_MIN(step, (size_t)(end - at)), (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		crypto_generichash_update(&state, buf, (unsigned long long)n);
		at += (uint64_t)n;
	}
	crypto_generichash_final(&state, sum, TRAILER_HASH);
	sl_free(buf);
	if (at < end)
		return SL_ERR_SYSTEM;
	for (int i = 0; i < 8; i++)
		snprintf(id + 2 * i, 3, "%02x", sum[i]);
	return memcmp(sum, trailer + TRAILER_BYTES - TRAILER_HASH, TRAILER_HASH) == 0 ? 0 : SL_ERR_SYNTAX;
}

int
sl_snapshot_open(int fd, struct sl_snapshot **snapshot_out)
{
	struct sl_snapshot *s;
	unsigned char key[16];
	struct sl_slice value;
	struct stat st;
	char id[17] = "";
	int r;

	*snapshot_out = NULL;
	if (fstat(fd, &st) != 0)
		return SL_ERR_SYSTEM;
	r = check_trailer(fd, (uint64_t)st.st_size, id);
	if (r != 0)
		return r;
	s = sl_xzalloc(sizeof(*s));
	s->magic = SNAPSHOT_MAGIC;
	s->bytes = (size_t)st.st_size;
	sl_arena_init(&s->arena, SL_LEVEL_COUNT * SL_POLICY_PACKED_MAX);
	memcpy(s->id, id, sizeof(s->id));
	if (cdb_init(&s->cdb, fd) != 0) {
		r = errno == EPROTO ? SL_ERR_SYNTAX : SL_ERR_SYSTEM;
		SL_OBJ_FREE(&s, SNAPSHOT_MAGIC);
		return r;
	}
	r = read_meta(s);
	if (r == 0 && !read_tables(s))
		r = SL_ERR_SYNTAX;
	if (r == 0)
		r = presets_read(s);
	if (r == 0)
		r = check_records(s);
	if (r == 0 && !check_users(s))
		r = SL_ERR_SYNTAX;
	if (r == 0 && snapshot_get(s, key, KEY_FILTER(SL_BY_OPERATOR, 0, key), &value) &&
	    !filter_read(value, &s->operator_filter))
		r = SL_ERR_SYNTAX;
	if (r != 0)
		sl_snapshot_close(&s);
	*snapshot_out = s;
	return r;
}

int
sl_snapshot_open_over(int fd, const struct sl_snapshot *under, struct sl_snapshot **snapshot_out)
{
	int r = sl_snapshot_open(fd, snapshot_out);

	SL_CHECK(under, SNAPSHOT_MAGIC);
	SL_ASSERT(under->under == NULL);
	if (r == 0)
		(*snapshot_out)->under = under;
	return r;
}

void
sl_snapshot_close(struct sl_snapshot **snapshot)
{
	if (*snapshot == NULL)
		return;
	SL_CHECK(*snapshot, SNAPSHOT_MAGIC);
	cdb_free(&(*snapshot)->cdb);
	sl_arena_fini(&(*snapshot)->arena);
	sl_free((*snapshot)->presets);
	SL_OBJ_FREE(snapshot, SNAPSHOT_MAGIC);
}

bool
sl_snapshot_file_has(int fd, uint32_t tenant)
{
	unsigned char key[16];
	struct cdb cdb;
	bool has;

	if (cdb_init(&cdb, fd) != 0)
		return false;
	has = cdb_find(&cdb, key, (unsigned)KEY_TENANT(tenant, key)) > 0;
	cdb_free(&cdb);
	return has;
}

void
sl_snapshot_seal(unsigned char *bytes, size_t len)
{
	uint64_t own = len - TRAILER_BYTES;

	SL_ASSERT(len >= TRAILER_BYTES);
	memset(bytes + own, 0, TRAILER_BYTES);
	memcpy(bytes + own, TRAILER_MAGIC, 8);
	memcpy(bytes + own + 8, &own, sizeof(own));
	SL_ASSERT(crypto_generichash(bytes + len - TRAILER_HASH, TRAILER_HASH, bytes, len - TRAILER_HASH, NULL, 0) == 0);
}
