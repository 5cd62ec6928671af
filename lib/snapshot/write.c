/* write.c - what was gathered becomes a file: see snapshot.h */

#include "write_i.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct finish {
	struct sl_snapshot_writer	*w;
	struct cdb_make			 make;
	struct sl_snapshot_counts	*counts;
	struct sl_buf			*wrong;
	struct domain_half {		/* domains by half their hash and tenant */
		uint32_t	half, tenant;
	}				*halves;
	int				 result;	/* the first thing that is wrong */
};

static void
fail(struct finish *f, int result, const char *format, ...) SL_PRINTF(3, 4);
static void
fail(struct finish *f, int result, const char *format, ...)
{
	va_list ap;

	if (f->result != 0)
		return;
	f->result = result;
	va_start(ap, format);
	sl_buf_vaddf(f->wrong, format, ap);
	va_end(ap);
}

static void
add(struct finish *f, const void *key, size_t key_len, struct sl_slice value)
{
	if (f->result != 0)
		return;
	if (value.len > UINT32_MAX || cdb_make_add(&f->make, key, (unsigned)key_len, value.ptr, (unsigned)value.len) != 0)
		fail(f, errno == ENOMEM ? SL_ERR_FULL : SL_ERR_SYSTEM, "the file cannot be written");
}

/* ---- policies: in the order of their digests */

static int
by_digest(const void *a, const void *b)
{
	return memcmp(((const struct kept *)a)->digest, ((const struct kept *)b)->digest, DIGEST_BYTES);
}

/* Sort a copy: what was given out are places in the array. */
static struct kept **
ranked(struct growing *array)
{
	struct kept *sorted = sl_xmemdup(array->items == NULL ? "" : array->items, array->len * sizeof(struct kept));
	struct kept **order = sl_xzalloc((array->len + 1) * sizeof(*order));

	for (size_t i = 0; i < array->len; i++)
		sorted[i].rank = (uint32_t)i;	/* where it stands in the array */
	qsort(sorted, array->len, sizeof(*sorted), by_digest);
	for (size_t i = 0; i < array->len; i++) {
		order[i] = &KEPT(*array, kept)[sorted[i].rank];
		order[i]->rank = (uint32_t)i;
	}
	sl_free(sorted);
	return order;
}

static void
write_policies(struct finish *f)
{
	struct kept **order = ranked(&f->w->policies);
	unsigned char key[1 + DIGEST_BYTES];

	for (size_t i = 0; i < f->w->policies.len; i++)
		add(f, key, KEY_POLICY(i, key), sl_slice(f->w->policy_bytes.map + order[i]->offset, order[i]->len));
	sl_free(order);
	order = ranked(&f->w->values);
	for (size_t i = 0; i < f->w->values.len; i++) {
		key[0] = 'b';
		memcpy(key + 1, order[i]->digest, DIGEST_BYTES);
		add(f, key, sizeof(key), sl_slice(f->w->value_bytes.map + order[i]->offset, order[i]->len));
	}
	sl_free(order);
}

static int
by_source(const void *a, const void *b, void *texts)
{
	const struct kept_source *x = a, *y = b;
	int r;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	r = memcmp((const char *)texts + x->name, (const char *)texts + y->name, SL_MIN(x->name_len, y->name_len));
	return r != 0 ? r : (int)x->name_len - (int)y->name_len;
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Presets, and what operator and partners say. */
static void
write_sources(struct finish *f)
{
	struct sl_snapshot_writer *w = f->w;
	unsigned char key[KEY_SOURCE_BYTES];
	struct kept_source *s = w->sources.items;
	uint32_t *speakers = w->speakers.items;

	for (size_t i = 0; i < SL_LEVEL_COUNT; i++)
		if (w->presets_len[i] > 0)
			add(f, key, KEY_PRESET(i, key), sl_slice(w->texts.data + w->presets[i], w->presets_len[i]));
	if (w->inherits && w->presets_len[SL_LEVEL_COUNT - 1] == 0)
		fail(f, SL_ERR_NOT_FOUND, "what levels are did not come");
	if (w->speakers.len > 0)
		qsort(speakers, w->speakers.len, sizeof(*speakers), by_number);
	for (size_t i = 0; i < w->speakers.len; i++)
		if (i == 0 || speakers[i] != speakers[i - 1])
			add(f, key, KEY_SPEAKER(speakers[i], key), sl_slice("", 0));
	if (w->sources.len > 0)
		qsort_r(s, w->sources.len, sizeof(*s), by_source, w->texts.data);
	for (size_t i = 0; i < w->sources.len; i++) {
		size_t len = key_number('s', s[i].owner, 4, key);

		if (i > 0 && by_source(&s[i - 1], &s[i], w->texts.data) == 0)
			fail(f, SL_ERR_BUSY, "partner %u, or the operator (0), says the same twice", s[i].owner);
		memcpy(key + len, w->texts.data + s[i].name, s[i].name_len);
		add(f, key, len + s[i].name_len, sl_slice(w->texts.data + s[i].value, s[i].value_len));
	}
}

static uint32_t
policy_rank(const struct finish *f, uint32_t id)
{
	return KEPT(f->w->policies, kept)[id].rank;
}

/* ---- tenants, filters, domains */

static const struct kept_tenant *
tenant_of(const struct finish *f, uint32_t id)
{
	uint32_t i;

	return index_find(&f->w->tenant_index, id, &i) ? &KEPT(f->w->tenants, kept_tenant)[i] : NULL;
}

static int
by_tenant(const void *a, const void *b)
{
	const struct kept_tenant *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void
write_tenants(struct finish *f)
{
	struct sl_snapshot_writer *w = f->w;
	struct kept_tenant *sorted = sl_xmemdup(w->tenants.items == NULL ? "" : w->tenants.items,
	    w->tenants.len * sizeof(*sorted));
	unsigned char key[16];
	struct sl_buf value;

	sl_buf_init(&value, 65536);
	qsort(sorted, w->tenants.len, sizeof(*sorted), by_tenant);
	for (size_t i = 0; i < w->tenants.len; i++) {
		sl_buf_reset(&value);
		sl_pack_u32(&value, sorted[i].id);
		sl_pack_u32(&value, sorted[i].partner);
		sl_pack_u32(&value, policy_rank(f, sorted[i].policy));
		sl_buf_add(&value, w->texts.data + sorted[i].offset, sorted[i].len);
		add(f, key, KEY_TENANT(sorted[i].id, key), sl_buf_slice(&value));
	}
	sl_buf_fini(&value);
	sl_free(sorted);
}

static int
by_owner(const void *a, const void *b)
{
	const struct kept_filter *x = a, *y = b;

	return x->owner < y->owner ? -1 : x->owner > y->owner;
}

static void
write_filters(struct finish *f)
{
	struct growing *filters = &f->w->filters;
	unsigned char key[16];
	struct sl_buf value;

	sl_buf_init(&value, 1024);
	if (filters->len > 0)
		qsort(filters->items, filters->len, sizeof(struct kept_filter), by_owner);
	for (size_t i = 0; i < filters->len; i++) {
		const struct kept_filter *kept = &KEPT(*filters, kept_filter)[i];

		if (kept->owner >> 32 == SL_BY_TENANT && tenant_of(f, (uint32_t)kept->owner) == NULL)
			fail(f, SL_ERR_NOT_FOUND, "a list is tenant %u's, which did not come", (uint32_t)kept->owner);
		sl_buf_reset(&value);
		filter_write(&kept->filter, &value);
		add(f, key, KEY_FILTER(kept->owner >> 32, kept->owner & UINT32_MAX, key), sl_buf_slice(&value));
	}
	sl_buf_fini(&value);
}

static void
write_gone(struct finish *f)
{
	struct growing *gone = &f->w->gone;
	const uint32_t *ids = gone->items;
	unsigned char key[16];

	if (gone->len > 0)
		qsort(gone->items, gone->len, sizeof(*ids), by_number);
	for (size_t i = 0; i < gone->len; i++) {
		if (tenant_of(f, ids[i]) != NULL)
			fail(f, SL_ERR_BUSY, "tenant %u came, and is gone", ids[i]);
		if (i == 0 || ids[i] != ids[i - 1])
			add(f, key, KEY_GONE(ids[i], key), sl_slice("", 0));
	}
}

static void
write_partly(struct finish *f)
{
	struct growing *partly = &f->w->partly;
	const uint32_t *ids = partly->items;
	unsigned char key[16];

	if (partly->len > 0)
		qsort(partly->items, partly->len, sizeof(*ids), by_number);
	for (size_t i = 0; i < partly->len; i++) {
		if (tenant_of(f, ids[i]) == NULL)
			fail(f, SL_ERR_NOT_FOUND, "some users are tenant %u's, which did not come", ids[i]);
		if (i == 0 || ids[i] != ids[i - 1])
			add(f, key, KEY_PARTLY(ids[i], key), sl_slice("", 0));
	}
}

static int
by_hash(const void *a, const void *b)
{
	const struct kept_domain *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static struct sl_slice
name_of(const struct finish *f, const struct kept_domain *d)
{
	return sl_slice(f->w->texts.data + d->name, d->name_len);
}

/* What an alias stands for; itself if it is none. */
static const struct kept_domain *
meant(struct finish *f, const struct kept_domain *d)
{
	const struct kept_domain *target;
	uint32_t i;

	if (d->alias_hash == 0)
		return d;
	if (!index_find(&f->w->domain_index, d->alias_hash, &i)) {
		fail(f, SL_ERR_NOT_FOUND, SL_SLICE_FMT " is an alias of a domain that did not come",
		    SL_SLICE_ARG(name_of(f, d)));
		return d;
	}
	target = &KEPT(f->w->domains, kept_domain)[i];
	if (target->alias_hash != 0 || target->tenant != d->tenant)
		fail(f, SL_ERR_NOT_FOUND, SL_SLICE_FMT " is an alias of an alias, or of another tenant's domain",
		    SL_SLICE_ARG(name_of(f, d)));
	return target;
}

static uint32_t
domain_policy(struct finish *f, const struct kept_domain *d)
{
	const struct kept_tenant *tenant = tenant_of(f, d->tenant);

	if (tenant == NULL) {
		fail(f, SL_ERR_NOT_FOUND, SL_SLICE_FMT " is tenant %u's, which did not come", SL_SLICE_ARG(name_of(f, d)),
		    d->tenant);
		return 0;
	}
	if (d->policy == SL_SNAPSHOT_INHERIT)
		d = meant(f, d);
	return policy_rank(f, d->policy == SL_SNAPSHOT_INHERIT ? tenant->policy : d->policy);
}

static int
by_half(const void *a, const void *b)
{
	const struct domain_half *x = a, *y = b;

	if (x->half != y->half)
		return x->half < y->half ? -1 : 1;
	return x->tenant < y->tenant ? -1 : x->tenant > y->tenant;
}

static void
write_domains(struct finish *f)
{
	struct growing *domains = &f->w->domains;
	struct kept_domain *sorted = sl_xmemdup(domains->items == NULL ? "" : domains->items,
	    domains->len * sizeof(*sorted));
	unsigned char key[16];
	struct sl_buf value;

	sl_buf_init(&value, 4096);
	qsort(sorted, domains->len, sizeof(*sorted), by_hash);
	f->halves = sl_xzalloc((domains->len + 1) * sizeof(*f->halves));
	for (size_t i = 0; i < domains->len && f->result == 0; i++) {
		const struct kept_domain *d = &sorted[i];

		(void)meant(f, d);
		sl_buf_reset(&value);
		sl_pack_u32(&value, d->tenant);
		sl_pack_u32(&value, domain_policy(f, d));
		sl_pack_bytes(&value, name_of(f, d));
		sl_pack_bytes(&value, sl_slice(f->w->texts.data + d->alias, d->alias_len));
		add(f, key, KEY_DOMAIN(d->hash, key), sl_buf_slice(&value));
		f->halves[i] = (struct domain_half){ (uint32_t)d->hash, d->tenant };
	}
	qsort(f->halves, domains->len, sizeof(*f->halves), by_half);
	sl_buf_fini(&value);
	sl_free(sorted);
}

/* ---- users */

static uint32_t
user_policy(struct finish *f, const struct item *user)
{
	uint32_t tenant = (uint32_t)((uint64_t)user->c >> 32), policy = user->a, i;

	if (policy == POLICY_GONE)
		return USER_GONE;
	if (user->b != 0) {
		if (!index_find(&f->w->group_index, (uint64_t)tenant << 32 | user->b, &i)) {
			fail(f, SL_ERR_NOT_FOUND, "a user of tenant %u is in group %u, which did not come", tenant, user->b);
			return USER_INHERITS;
		}
		if (policy == SL_SNAPSHOT_INHERIT)
			policy = KEPT(f->w->groups, kept_group)[i].policy;
	}
	return policy == SL_SNAPSHOT_INHERIT ? USER_INHERITS : policy_rank(f, policy);
}

static bool
domain_is_tenants(const struct finish *f, const struct item *user)
{
	struct domain_half half = { (uint32_t)user->c, (uint32_t)((uint64_t)user->c >> 32) };

	/* With stars a domain may be one below: whose it is shows when it is looked up, and users go by their tenant. */
	return f->w->has_stars || user->a == POLICY_GONE || bsearch(&half, f->halves, f->w->domains.len, sizeof(half), by_half) != NULL;
}

/* The kinds of entries that a user has; both come in the order of hashes. */
static uint32_t
kinds_of(struct finish *f, uint64_t user, struct item *owner, bool *more)
{
	uint32_t kinds = 0;

	for (; *more && owner->hash <= user; *more = sorter_next(&f->w->owners, owner)) {
		if (owner->hash < user)
			fail(f, SL_ERR_NOT_FOUND, "a list is that of a user who did not come");
		kinds |= owner->a;
	}
	return kinds;
}

/* Room for a table, in a file that nobody else sees. NULL: SL_ERR_SYSTEM is noted. */
static unsigned char *
table_room(struct finish *f, size_t bytes)
{
	int fd = unnamed_file(f->w->directory);
	unsigned char *map = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0)
		map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED)
		return map;
	fail(f, SL_ERR_SYSTEM, "there is no room for temporary files");
	return NULL;
}

static void
write_users(struct finish *f)
{
	struct sl_snapshot_writer *w = f->w;
	size_t bytes = table_bytes(w->users.total, sizeof(uint32_t));
	struct table_writer table;
	struct item user, owner = { 0 };
	uint64_t before = 0;
	unsigned char *map = table_room(f, bytes);
	bool more;

	if (map == NULL)
		return;
	more = sorter_next(&w->owners, &owner);
	table_begin(&table, map, w->users.total, sizeof(uint32_t));
	while (f->result == 0 && sorter_next(&w->users, &user)) {
		uint32_t kinds = kinds_of(f, user.hash, &owner, &more);

		if (user.hash == before)
			fail(f, SL_ERR_BUSY, "two users of tenant %u are the same, or share a hash", (uint32_t)((uint64_t)user.c >> 32));
		if (!domain_is_tenants(f, &user))
			fail(f, SL_ERR_NOT_FOUND, "a user's domain is not one of tenant %u's", (uint32_t)((uint64_t)user.c >> 32));
		before = user.hash;
		table_add(&table, user.hash, kinds << USER_POLICY_BITS | user_policy(f, &user));
	}
	if (more)
		fail(f, SL_ERR_NOT_FOUND, "a list is that of a user who did not come");
	if (f->result == 0) {
		table_end(&table);
		add(f, KEY_USERS, 1, sl_slice(map, bytes));
	}
	munmap(map, bytes);
}

/* ---- entries */

/* The next entry, of all that are the same: what any says, until the last expires. */
static bool
next_entry(struct sorter *entries, struct item *held, bool *more, struct item *out)
{
	if (!*more)
		return false;
	*out = *held;
	while ((*more = sorter_next(entries, held)) && held->hash == out->hash) {
		out->a |= held->a;
		out->c = out->c == 0 || held->c == 0 ? 0 : SL_MAX(out->c, held->c);
	}
	return true;
}

static uint64_t
count_entries(struct sorter *entries)
{
	struct item held, out;
	bool more = sorter_next(entries, &held);
	uint64_t n = 0;

	while (next_entry(entries, &held, &more, &out))
		n++;
	sorter_rewind(entries);
	return n;
}

static void
write_entries(struct finish *f)
{
	struct sorter *entries = &f->w->entries;
	uint64_t count = count_entries(entries);
	size_t bytes = table_bytes(count, 1);
	struct table_writer table;
	struct item held, entry;
	unsigned char key[16], *map = table_room(f, bytes);
	bool more;

	if (map == NULL)
		return;
	table_begin(&table, map, count, 1);
	more = sorter_next(entries, &held);
	while (f->result == 0 && next_entry(entries, &held, &more, &entry)) {
		if (entry.c != 0) {
			add(f, key, KEY_EXPIRY(entry.hash, key), sl_slice(&entry.c, sizeof(entry.c)));
			f->counts->expiring++;
		}
		table_add(&table, entry.hash, entry.a | (entry.c != 0 ? ENTRY_EXPIRES : 0));
	}
	f->counts->entries = count;
	if (f->result == 0) {
		table_end(&table);
		add(f, KEY_ENTRIES, 1, sl_slice(map, bytes));
	}
	munmap(map, bytes);
}

/* ---- the file */

static void
write_meta(struct finish *f)
{
	struct sl_snapshot_writer *w = f->w;
	struct sl_buf value;

	sl_buf_init(&value, 4096);
	sl_pack_u32(&value, FORM_VERSION);
	sl_pack_u32(&value, sl_policy_table_version());
	sl_buf_add(&value, w->salt, sizeof(w->salt));
	sl_pack_u64(&value, w->tenants.len);
	sl_pack_u64(&value, w->domains.len);
	sl_pack_u64(&value, w->users.total);
	sl_pack_u64(&value, f->counts->entries);
	sl_pack_u64(&value, w->policies.len);
	sl_pack_u64(&value, w->values.len);
	sl_pack_u64(&value, f->counts->expiring);
	sl_pack_u32(&value, w->has_stars);
	sl_pack_u32(&value, w->largest_said);
	filter_write(&w->users_filter, &value);
	sl_pack_bytes(&value, sl_slice(w->note, w->note_len));
	add(f, KEY_META, 1, sl_buf_slice(&value));
	sl_buf_fini(&value);
}

/* The checksum of the first `len` bytes of a file; false: it could not be read. */
static bool
file_checksum(int fd, uint64_t len, unsigned char out[TRAILER_HASH])
{
	crypto_generichash_state state;
	size_t size = (size_t)1 << 20;
	unsigned char *buf = sl_xmalloc(size);
	uint64_t at = 0;

	crypto_generichash_init(&state, NULL, 0, TRAILER_HASH);
	while (at < len) {
		ssize_t n = pread(fd, buf, SL_MIN(size, (size_t)(len - at)), (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		crypto_generichash_update(&state, buf, (unsigned long long)n);
		at += (uint64_t)n;
	}
	crypto_generichash_final(&state, out, TRAILER_HASH);
	sl_free(buf);
	return at == len;
}

static void
write_trailer(struct finish *f)
{
	unsigned char trailer[TRAILER_BYTES] = TRAILER_MAGIC;
	off_t end = lseek(f->w->fd, 0, SEEK_END);
	uint64_t len = (uint64_t)end;

	memcpy(trailer + 8, &len, sizeof(len));
	if (end < 0 || write(f->w->fd, trailer, TRAILER_BYTES - TRAILER_HASH) != TRAILER_BYTES - TRAILER_HASH ||
	    !file_checksum(f->w->fd, len + TRAILER_BYTES - TRAILER_HASH, trailer + TRAILER_BYTES - TRAILER_HASH) ||
	    write(f->w->fd, trailer + TRAILER_BYTES - TRAILER_HASH, TRAILER_HASH) != TRAILER_HASH)
		fail(f, SL_ERR_SYSTEM, "the file cannot be written");
	f->counts->bytes = len + TRAILER_BYTES;
}

static int
sort_all(struct sl_snapshot_writer *w)
{
	struct sorter *sorters[] = { &w->users, &w->entries, &w->owners };
	int r = 0;

	for (size_t i = 0; i < SL_COUNT(sorters) && r == 0; i++)
		r = sorter_finish(sorters[i]);
	if (r == 0)
		r = spool_finish(&w->policy_bytes);
	return r == 0 ? spool_finish(&w->value_bytes) : r;
}

int
sl_snapshot_writer_finish(struct sl_snapshot_writer *w, struct sl_snapshot_counts *counts, struct sl_buf *wrong)
{
	struct finish f = { .w = w, .counts = counts, .wrong = wrong };
	int r;

	SL_CHECK(w, WRITER_MAGIC);
	memset(counts, 0, sizeof(*counts));
	r = sort_all(w);
	if (r != 0)
		fail(&f, r, "there is no room for temporary files");
	else if (w->users.total > UINT32_MAX || w->entries.total > UINT32_MAX)
		fail(&f, SL_ERR_FULL, "there are too many users or entries");
	if (f.result == 0 && cdb_make_start(&f.make, w->fd) != 0)
		fail(&f, SL_ERR_SYSTEM, "the file cannot be written");
	if (f.result != 0)
		return f.result;
	write_policies(&f);
	write_sources(&f);
	write_tenants(&f);
	write_filters(&f);
	write_gone(&f);
	write_partly(&f);
	write_domains(&f);
	write_users(&f);
	write_entries(&f);
	write_meta(&f);
	if (cdb_make_finish(&f.make) != 0)	/* which frees what it holds */
		fail(&f, SL_ERR_SYSTEM, "the file cannot be written");
	if (f.result == 0)
		write_trailer(&f);
	*counts = (struct sl_snapshot_counts){ w->tenants.len, w->domains.len, w->users.total, counts->entries,
		w->policies.len, w->values.len, counts->expiring, counts->bytes };
	sl_free(f.halves);
	return f.result;
}
