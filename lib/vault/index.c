/* index.c - what is in memory of the messages: see vault_i.h */

#include "vault_i.h"

#define TABLE_FIRST	64u

static size_t
bucket_of(const struct id_table *table, const unsigned char id[16])
{
	uint64_t h;

	memcpy(&h, id, sizeof(h));	/* ids are random: no hash is wanted */
	return h & (table->size - 1);
}

void *
id_table_find(const struct id_table *table, const unsigned char id[16])
{
	struct id_link *l = table->size == 0 ? NULL : table->buckets[bucket_of(table, id)];

	while (l != NULL && memcmp(l->id, id, sizeof(l->id)) != 0)
		l = l->next;
	return l;
}

static void
table_double(struct id_table *table)
{
	struct id_table bigger = { .size = SL_MAX(table->size * 2, (size_t)TABLE_FIRST), .count = table->count };

	bigger.buckets = sl_xzalloc(bigger.size * sizeof(*bigger.buckets));
	for (size_t i = 0; i < table->size; i++) {
		struct id_link *next;

		for (struct id_link *l = table->buckets[i]; l != NULL; l = next) {
			size_t at = bucket_of(&bigger, l->id);

			next = l->next;
			l->next = bigger.buckets[at];
			bigger.buckets[at] = l;
		}
	}
	sl_free(table->buckets);
	*table = bigger;
}

void
id_table_add(struct id_table *table, struct id_link *link)
{
	size_t at;

	if (table->count >= table->size)
		table_double(table);
	at = bucket_of(table, link->id);
	link->next = table->buckets[at];
	table->buckets[at] = link;
	table->count++;
}

void
id_table_remove(struct id_table *table, struct id_link *link)
{
	struct id_link **l = &table->buckets[bucket_of(table, link->id)];

	while (*l != link) {
		SL_ASSERT(*l != NULL);
		l = &(*l)->next;
	}
	*l = link->next;
	table->count--;
}

void *
id_table_next(const struct id_table *table, const void *last)
{
	const struct id_link *l = last;
	size_t i = 0;

	if (l != NULL) {
		if (l->next != NULL)
			return l->next;
		i = bucket_of(table, l->id) + 1;
	}
	for (; i < table->size; i++)
		if (table->buckets[i] != NULL)
			return table->buckets[i];
	return NULL;
}

void
id_table_fini(struct id_table *table)
{
	sl_free(table->buckets);
	*table = (struct id_table){ 0 };
}

/* Mail comes in the order of its time, nearly; so this looks at few. */
static void
tenant_insert(struct tenant *tenant, struct message *m)
{
	struct message *before = tenant->newest;

	while (before != NULL && before->received_us > m->received_us)
		before = before->older;
	m->older = before;
	m->newer = before == NULL ? tenant->oldest : before->newer;
	if (m->newer == NULL)
		tenant->newest = m;
	else
		m->newer->older = m;
	if (before == NULL)
		tenant->oldest = m;
	else
		before->newer = m;
}

static void
tenant_unlink(struct tenant *tenant, struct message *m)
{
	if (m->newer == NULL)
		tenant->newest = m->older;
	else
		m->newer->older = m->older;
	if (m->older == NULL)
		tenant->oldest = m->newer;
	else
		m->older->newer = m->newer;
}

void
message_set_key(struct message *m, struct day_key *key)
{
	if (m->key != NULL) {
		if (m->key_newer == NULL)
			m->key->newest = m->key_older;
		else
			m->key_newer->key_older = m->key_older;
		if (m->key_older != NULL)
			m->key_older->key_newer = m->key_newer;
	}
	m->key = key;
	m->key_newer = NULL;
	m->key_older = key == NULL ? NULL : key->newest;
	if (m->key_older != NULL)
		m->key_older->key_newer = m;
	if (key != NULL)
		key->newest = m;
}

struct message *
message_add(struct sl_vault *vault, const struct header *header, uint32_t slot, struct day_key *key)
{
	struct message *m = sl_xzalloc(sizeof(*m));

	memcpy(m->link.id, header->id, sizeof(m->link.id));
	m->tenant = key->tenant;
	m->received_us = header->received_us;
	m->token = header->token;
	m->slot = slot;
	m->generation = header->generation;
	m->blocks = (uint32_t)(header->sealed_bytes / EXTENT_BLOCK);
	m->state = header->state;
	m->extents_len = (unsigned char)header->extents_len;
	m->extents = sl_xmemdup(header->extents, header->extents_len * sizeof(*m->extents));
	id_table_add(&vault->messages, &m->link);
	tenant_insert(m->tenant, m);
	message_set_key(m, key);
	m->tenant->messages++;
	m->tenant->blocks += m->blocks;
	vault->stats.messages++;
	vault->stats.bytes += header->sealed_bytes;
	return m;
}

void
message_remove(struct sl_vault *vault, struct message **mp)
{
	struct message *m = *mp;

	id_table_remove(&vault->messages, &m->link);
	tenant_unlink(m->tenant, m);
	message_set_key(m, NULL);
	m->tenant->messages--;
	m->tenant->blocks -= m->blocks;
	vault->stats.messages--;
	vault->stats.bytes -= (uint64_t)m->blocks * EXTENT_BLOCK;
	sl_free(m->extents);
	sl_free(m);
	*mp = NULL;
}

struct message *
message_find(const struct sl_vault *vault, const struct tenant *tenant, const unsigned char id[16])
{
	struct message *m = id_table_find(&vault->messages, id);

	return m != NULL && m->tenant == tenant ? m : NULL;
}

int
sl_vault_again(const struct sl_vault *vault, struct sl_slice tenant, uint64_t token, int64_t since_us,
    unsigned char id_out[SL_VAULT_ID_BYTES])
{
	const struct tenant *t;
	const struct message *m;

	SL_CHECK(vault, VAULT_MAGIC);
	t = tenant_find(vault, tenant);
	for (m = t == NULL ? NULL : t->newest; m != NULL && m->received_us >= since_us; m = m->older)
		if (m->token == token && token != 0) {
			memcpy(id_out, m->link.id, SL_VAULT_ID_BYTES);
			return 0;
		}
	return SL_ERR_NOT_FOUND;
}

int
sl_vault_state(const struct sl_vault *vault, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES],
    enum sl_vault_state *state_out)
{
	const struct tenant *t;
	const struct message *m;

	SL_CHECK(vault, VAULT_MAGIC);
	t = tenant_find(vault, tenant);
	m = t == NULL ? NULL : message_find(vault, t, id);
	if (m == NULL)
		return SL_ERR_NOT_FOUND;
	*state_out = (enum sl_vault_state)m->state;
	return 0;
}

void
sl_vault_each(const struct sl_vault *vault, enum sl_vault_state state, sl_vault_visitor *visitor, void *ctx)
{
	SL_CHECK(vault, VAULT_MAGIC);
	for (const struct message *m = id_table_next(&vault->messages, NULL); m != NULL;
	    m = id_table_next(&vault->messages, m))
		if (m->state == (unsigned char)state && m->tenant->pairs != NULL)
			visitor(ctx, m->tenant->name, m->link.id);
}

void
sl_vault_tenants_each(struct sl_vault *vault, void (*visitor)(void *ctx, struct sl_slice tenant), void *ctx)
{
	SL_CHECK(vault, VAULT_MAGIC);
	for (struct tenant *t = id_table_next(&vault->tenants, NULL); t != NULL; t = id_table_next(&vault->tenants, t))
		if (t->pairs != NULL)
			visitor(ctx, t->name);
}
