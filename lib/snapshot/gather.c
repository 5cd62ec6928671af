/* gather.c - a snapshot's writer takes what it is given: see snapshot.h. Policies stand in gather_policy.c, what is made
 * of it all in write.c. */

#include "write_i.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- small structures */

static size_t
slot_of(const struct index *index, uint64_t key)
{
	size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (index->size - 1);

	while (index->slots[i].value != 0 && index->slots[i].key != key)
		i = (i + 1) & (index->size - 1);
	return i;
}

bool
index_find(const struct index *index, uint64_t key, uint32_t *value_out)
{
	size_t i;

	if (index->size == 0)
		return false;
	i = slot_of(index, key);
	*value_out = index->slots[i].value - 1;
	return index->slots[i].value != 0;
}

void
index_put(struct index *index, uint64_t key, uint32_t value)
{
	if (index->len * 2 >= index->size) {
		struct index old = *index;

		index->size = SL_MAX(old.size * 2, (size_t)64);
		index->slots = sl_xzalloc(index->size * sizeof(*index->slots));
		for (size_t i = 0; i < old.size; i++)
			if (old.slots[i].value != 0)
				index->slots[slot_of(index, old.slots[i].key)] = old.slots[i];
		sl_free(old.slots);
	}
	index->slots[slot_of(index, key)] = (struct index_slot){ key, value + 1 };
	index->len++;
}

void
index_fini(struct index *index)
{
	sl_free(index->slots);
	*index = (struct index){ 0 };
}

void *
growing_add(struct growing *array, size_t size_bytes)
{
	unsigned char *item;

	if (array->len == array->size) {
		array->size = SL_MAX(array->size * 2, (size_t)64);
		array->items = sl_xrealloc(array->items, array->size * size_bytes);
	}
	item = (unsigned char *)array->items + array->len++ * size_bytes;
	memset(item, 0, size_bytes);
	return item;
}

#define SPOOL_BUFFER	((size_t)1 << 20)

void
spool_init(struct spool *spool, const char *directory)
{
	*spool = (struct spool){ .directory = directory, .fd = -1 };
	sl_buf_init(&spool->buf, SIZE_MAX / 2);
}

void
spool_fini(struct spool *spool)
{
	if (spool->map != NULL)
		munmap(spool->map, spool->map_bytes);
	if (spool->fd >= 0)
		close(spool->fd);
	sl_buf_fini(&spool->buf);
}

static int
spool_flush(struct spool *spool)
{
	size_t done = 0;

	if (spool->fd < 0 && (spool->fd = unnamed_file(spool->directory)) < 0)
		return SL_ERR_SYSTEM;
	while (done < spool->buf.len) {
		ssize_t n = write(spool->fd, spool->buf.data + done, spool->buf.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SL_ERR_SYSTEM;
		done += (size_t)n;
	}
	spool->flushed += spool->buf.len;
	sl_buf_reset(&spool->buf);
	return 0;
}

int
spool_add(struct spool *spool, struct sl_slice bytes, uint64_t *offset_out)
{
	*offset_out = spool->flushed + spool->buf.len;
	sl_buf_add_slice(&spool->buf, bytes);
	return spool->buf.len >= SPOOL_BUFFER ? spool_flush(spool) : 0;
}

int
spool_finish(struct spool *spool)
{
	int r = spool_flush(spool);

	if (r != 0 || spool->flushed == 0)
		return r;
	spool->map_bytes = spool->flushed;
	spool->map = mmap(NULL, spool->map_bytes, PROT_READ, MAP_PRIVATE, spool->fd, 0);
	if (spool->map == MAP_FAILED) {
		spool->map = NULL;
		return SL_ERR_SYSTEM;
	}
	return 0;
}

/* ---- life cycle */

struct sl_snapshot_writer *
sl_snapshot_writer_new(int fd, const char *directory, const unsigned char salt[SL_SNAPSHOT_SALT_BYTES],
    struct sl_slice note)
{
	struct sl_snapshot_writer *w = sl_xzalloc(sizeof(*w));

	w->magic = WRITER_MAGIC;
	w->fd = fd;
	w->directory = sl_xstrdup(directory);
	memcpy(w->salt, salt, sizeof(w->salt));
	w->note_len = SL_MIN(note.len, sizeof(w->note));
	memcpy(w->note, note.ptr, w->note_len);
	spool_init(&w->policy_bytes, w->directory);
	spool_init(&w->value_bytes, w->directory);
	sl_buf_init(&w->texts, UINT32_MAX);
	sl_buf_init(&w->packed, SL_POLICY_PACKED_MAX);
	sl_buf_init(&w->value, SL_POLICY_PACKED_MAX);
	sorter_init(&w->users, w->directory);
	sorter_init(&w->entries, w->directory);
	sorter_init(&w->owners, w->directory);
	return w;
}

void
sl_snapshot_writer_free(struct sl_snapshot_writer **writer)
{
	struct sl_snapshot_writer *w = *writer;
	struct growing *arrays[10];

	if (w == NULL)
		return;
	SL_CHECK(w, WRITER_MAGIC);
	arrays[0] = &w->policies;
	arrays[1] = &w->values;
	arrays[2] = &w->tenants;
	arrays[3] = &w->domains;
	arrays[4] = &w->groups;
	arrays[5] = &w->filters;
	arrays[6] = &w->gone;
	arrays[7] = &w->sources;
	arrays[8] = &w->speakers;
	arrays[9] = &w->partly;
	for (size_t i = 0; i < SL_COUNT(arrays); i++)
		sl_free(arrays[i]->items);
	index_fini(&w->policy_index);
	index_fini(&w->value_index);
	index_fini(&w->tenant_index);
	index_fini(&w->domain_index);
	index_fini(&w->group_index);
	index_fini(&w->filter_index);
	spool_fini(&w->policy_bytes);
	spool_fini(&w->value_bytes);
	sl_buf_fini(&w->texts);
	sl_buf_fini(&w->packed);
	sl_buf_fini(&w->value);
	sorter_fini(&w->users);
	sorter_fini(&w->entries);
	sorter_fini(&w->owners);
	sl_free(w->directory);
	SL_OBJ_FREE(writer, WRITER_MAGIC);
}

/* ---- tenants, domains, groups */

static bool
policy_ok(const struct sl_snapshot_writer *w, uint32_t policy)
{
	return policy == SL_SNAPSHOT_INHERIT || policy < w->policies.len;
}

static uint32_t
keep_text(struct sl_snapshot_writer *w, struct sl_slice text)
{
	uint32_t at = (uint32_t)w->texts.len;

	sl_buf_add_slice(&w->texts, text);
	return at;
}

int
sl_snapshot_writer_tenant(struct sl_snapshot_writer *w, const struct sl_snapshot_tenant *tenant)
{
	struct kept_tenant *kept;
	uint32_t there;

	SL_CHECK(w, WRITER_MAGIC);
	if (tenant->id == 0 || tenant->hops_len > SL_SNAPSHOT_HOPS_MAX || tenant->key.len > SL_SNAPSHOT_KEY_MAX ||
	    tenant->name.len > 255 || tenant->policy >= w->policies.len)
		return SL_ERR_SYNTAX;
	if (index_find(&w->tenant_index, tenant->id, &there))
		return SL_ERR_BUSY;
	sl_buf_reset(&w->packed);
	sl_pack_bytes(&w->packed, tenant->name);
	sl_pack_bytes(&w->packed, tenant->key);
	sl_pack_u32(&w->packed, tenant->hop_tls);
	sl_pack_u32(&w->packed, tenant->normalise);
	sl_pack_u64(&w->packed, tenant->file_mark);
	sl_pack_u32(&w->packed, (uint32_t)tenant->hops_len);
	for (size_t i = 0; i < tenant->hops_len; i++) {
		if (tenant->hops[i].text.len > 1024 || tenant->hops[i].host.len > 1024)
			return SL_ERR_SYNTAX;
		sl_pack_bytes(&w->packed, tenant->hops[i].text);
		sl_pack_bytes(&w->packed, tenant->hops[i].host);
		sl_buf_add(&w->packed, tenant->hops[i].address, sizeof(tenant->hops[i].address));
		sl_pack_u32(&w->packed, tenant->hops[i].port);
	}
	index_put(&w->tenant_index, tenant->id, (uint32_t)w->tenants.len);
	kept = growing_add(&w->tenants, sizeof(*kept));
	*kept = (struct kept_tenant){ tenant->id, tenant->policy, tenant->partner,
		keep_text(w, sl_buf_slice(&w->packed)), (uint32_t)w->packed.len };
	return w->texts.overflow ? SL_ERR_FULL : 0;
}

/* A domain's key by lists' rules, with its star. */
static bool
domain_read(struct sl_slice text, char out[SL_LIST_KEY_MAX + 3])
{
	struct sl_list_key key;

	if (sl_list_key_read(text, &key) != NULL || (key.kind != SL_LIST_DOMAIN && key.kind != SL_LIST_BELOW))
		return false;
	memcpy(out, "*.", 2);
	memcpy(out + (key.kind == SL_LIST_BELOW ? 2 : 0), key.text, key.len + 1);
	return true;
}

int
sl_snapshot_writer_domain(struct sl_snapshot_writer *w, uint32_t tenant, struct sl_slice domain,
    struct sl_slice alias_of, uint32_t policy)
{
	char name[SL_LIST_KEY_MAX + 3], alias[SL_LIST_KEY_MAX + 3] = "";
	struct kept_domain *kept;
	uint64_t hash;
	uint32_t there;

	SL_CHECK(w, WRITER_MAGIC);
	if (!domain_read(domain, name) || (alias_of.len > 0 && (!domain_read(alias_of, alias) || alias[0] == '*')) ||
	    tenant == 0 || !policy_ok(w, policy))
		return SL_ERR_SYNTAX;
	hash = hash_domain(w->salt, sl_slice_str(name));
	if (index_find(&w->domain_index, hash, &there))
		return SL_ERR_BUSY;
	index_put(&w->domain_index, hash, (uint32_t)w->domains.len);
	kept = growing_add(&w->domains, sizeof(*kept));
	*kept = (struct kept_domain){ .hash = hash, .tenant = tenant, .policy = policy,
		.name = keep_text(w, sl_slice_str(name)), .name_len = (uint32_t)strlen(name),
		.alias = keep_text(w, sl_slice_str(alias)), .alias_len = (uint32_t)strlen(alias) };
	kept->alias_hash = alias[0] == '\0' ? 0 : hash_domain(w->salt, sl_slice_str(alias));
	w->has_stars |= name[0] == '*';
	return w->texts.overflow ? SL_ERR_FULL : 0;
}

int
sl_snapshot_writer_group(struct sl_snapshot_writer *w, uint32_t tenant, uint32_t group, uint32_t policy)
{
	uint64_t key = (uint64_t)tenant << 32 | group;
	struct kept_group *kept;
	uint32_t there;

	SL_CHECK(w, WRITER_MAGIC);
	if (tenant == 0 || group == 0 || !policy_ok(w, policy))
		return SL_ERR_SYNTAX;
	if (index_find(&w->group_index, key, &there))
		return SL_ERR_BUSY;
	index_put(&w->group_index, key, (uint32_t)w->groups.len);
	kept = growing_add(&w->groups, sizeof(*kept));
	*kept = (struct kept_group){ tenant, group, policy };
	return 0;
}

/* ---- users and entries */

int
sl_snapshot_writer_user(struct sl_snapshot_writer *w, uint32_t tenant, struct sl_slice address, uint32_t group,
    uint32_t policy)
{
	struct sl_list_sender user;
	struct item item;

	SL_CHECK(w, WRITER_MAGIC);
	sl_list_sender_read(address, &user);
	if (!user.there || !sl_policy_domain_ok(sl_slice(user.text + user.domain_at, user.len - user.domain_at), false) ||
	    tenant == 0 || !policy_ok(w, policy))
		return SL_ERR_SYNTAX;
	/* The domain by half its hash: it has to be this tenant's, which finish looks up. */
	item = (struct item){ .hash = hash_user(w->salt, tenant, sl_slice(user.text, user.len)), .a = policy, .b = group,
		.c = (int64_t)((uint64_t)tenant << 32 | (uint32_t)hash_domain(w->salt,
		sl_slice(user.text + user.domain_at, user.len - user.domain_at))) };
	return sorter_add(&w->users, &item);
}

int
sl_snapshot_writer_user_gone(struct sl_snapshot_writer *w, uint32_t tenant, struct sl_slice address)
{
	struct sl_list_sender user;
	struct item item;

	SL_CHECK(w, WRITER_MAGIC);
	sl_list_sender_read(address, &user);
	if (!user.there || tenant == 0)
		return SL_ERR_SYNTAX;
	/* His domain may be gone too: it is not looked up. */
	item = (struct item){ .hash = hash_user(w->salt, tenant, sl_slice(user.text, user.len)), .a = POLICY_GONE,
		.c = (int64_t)((uint64_t)tenant << 32) };
	return sorter_add(&w->users, &item);
}

static struct sl_list_filter *
filter_of(struct sl_snapshot_writer *w, enum sl_policy_by by, uint32_t owner)
{
	uint64_t key = (uint64_t)by << 32 | owner;
	struct kept_filter *kept;
	uint32_t i;

	if (!index_find(&w->filter_index, key, &i)) {
		i = (uint32_t)w->filters.len;
		kept = growing_add(&w->filters, sizeof(*kept));
		kept->owner = key;
		index_put(&w->filter_index, key, i);
	}
	return &KEPT(w->filters, kept_filter)[i].filter;
}

int
sl_snapshot_writer_gone(struct sl_snapshot_writer *w, uint32_t tenant)
{
	SL_CHECK(w, WRITER_MAGIC);
	if (tenant == 0)
		return SL_ERR_SYNTAX;
	*(uint32_t *)growing_add(&w->gone, sizeof(uint32_t)) = tenant;
	return 0;
}

int
sl_snapshot_writer_partly(struct sl_snapshot_writer *w, uint32_t tenant)
{
	SL_CHECK(w, WRITER_MAGIC);
	if (tenant == 0)
		return SL_ERR_SYNTAX;
	*(uint32_t *)growing_add(&w->partly, sizeof(uint32_t)) = tenant;
	return 0;
}

int
sl_snapshot_writer_list(struct sl_snapshot_writer *w, enum sl_policy_by by, uint32_t owner)
{
	SL_CHECK(w, WRITER_MAGIC);
	if ((by != SL_BY_OPERATOR && by != SL_BY_PARTNER && by != SL_BY_TENANT) || (by == SL_BY_OPERATOR) != (owner == 0))
		return SL_ERR_SYNTAX;
	(void)filter_of(w, by, owner);
	return 0;
}

int
sl_snapshot_writer_entry(struct sl_snapshot_writer *w, enum sl_policy_by by, uint32_t owner, struct sl_slice address,
    const struct sl_list_entry *entry)
{
	const struct sl_list_key *key = &entry->key;
	struct sl_slice text = key->kind == SL_LIST_NETWORK ? sl_slice(key->address, sizeof(key->address))
	    : sl_slice(key->text, key->len);
	struct sl_list_sender user;
	struct item item = { .a = entry->flags, .c = entry->expires_s };
	uint64_t number = owner;
	int r = 0;

	SL_CHECK(w, WRITER_MAGIC);
	if (by == SL_BY_DOMAIN || by == SL_BY_GROUP || by >= SL_BY_COUNT || (by == SL_BY_OPERATOR) != (owner == 0) ||
	    (entry->flags & (SL_LIST_DENY | SL_LIST_ALLOW)) == 0 || (entry->flags & ~(unsigned)SL_LIST_FLAGS) != 0 ||
	    entry->expires_s < 0)
		return SL_ERR_SYNTAX;
	if (by == SL_BY_USER) {
		sl_list_sender_read(address, &user);
		if (!user.there)
			return SL_ERR_SYNTAX;
		number = hash_user(w->salt, owner, sl_slice(user.text, user.len));
		sl_list_filter_add(&w->users_filter, key);
		r = sorter_add(&w->owners, &(struct item){ .hash = number, .a = 1u << key->kind });
	} else {
		sl_list_filter_add(filter_of(w, by, owner), key);
	}
	item.hash = hash_entry(w->salt, by, number, key->kind, text, key->bits);
	return r != 0 ? r : sorter_add(&w->entries, &item);
}
