/* read.c - opening messages: see vault/vault.h */

#include "vault_i.h"

#define READER_MAGIC	0x7a01ead0u
#define STEP_BYTES	65536u

struct sl_vault_reader {
	unsigned		 magic;
	struct sl_vault		*vault;
	sl_seal_sink		*sink;
	void			*ctx;
	int			 result;	/* SL_MORE, until it ends */
	bool			 stepwise;
	uint64_t		 at;		/* of the sealed body */
	uint64_t		 given;		/* of what is inside */
	struct sl_seal_opener	*opener;
	struct sl_buf		 rest;
	struct sl_seal_view	 view;
	struct header		 header;
	unsigned char		 plain[SL_SEAL_RECORD_PLAIN];
};

/* A message's header, opened as far as the vault itself can. */
static int
header_of(struct sl_vault *vault, const struct message *m, struct header *header_out)
{
	unsigned char slot[HEADER_BYTES];
	int r = slots_read(&vault->headers, m->slot, 1, slot);

	if (r == 0)
		r = header_read(slot, m->slot, m->key->key, header_out);
	return r == SL_ERR_TRUNCATED ? SL_ERR_DAMAGED : r;
}

/* And as the tenant's key opens it. */
static int
record_of(const struct tenant *tenant, const struct header *header, unsigned char *plain, struct sl_seal_view *view_out)
{
	const struct sl_seal_pair *pair = tenant_pair(tenant, header->record);
	int r;

	if (pair == NULL)
		return tenant_locked(tenant) || tenant_pair_locked(tenant, header->record) ? SL_ERR_LOCKED : SL_ERR_DAMAGED;
	r = sl_seal_record_open(pair, tenant->name, sl_slice(header->record, SL_SEAL_RECORD_BYTES), plain, view_out);
	if (r == 0 && view_out->body.sealed_bytes != header->sealed_bytes)
		r = SL_ERR_DAMAGED;
	return r;
}

/* What is inside: first the message, for the sink; then the record's rest. */
static int
on_opened(void *ctx, struct sl_slice bytes)
{
	struct sl_vault_reader *reader = ctx;
	uint64_t left = reader->view.message_bytes - SL_MIN(reader->given, reader->view.message_bytes);
	size_t n = (size_t)SL_MIN((uint64_t)bytes.len, left);
	int r = n == 0 ? 0 : reader->sink(reader->ctx, sl_slice(bytes.ptr, n));

	reader->given += bytes.len;
	sl_buf_add_slice(&reader->rest, sl_slice_from(bytes, n));
	return r;
}

int
sl_vault_reader_new(struct sl_vault *vault, struct sl_slice name, const unsigned char id[SL_VAULT_ID_BYTES],
    sl_seal_sink *sink, void *ctx, struct sl_vault_reader **reader_out)
{
	struct sl_vault_reader *reader;
	struct tenant *tenant;
	struct message *m;
	int r;

	SL_CHECK(vault, VAULT_MAGIC);
	*reader_out = NULL;
	tenant = tenant_find(vault, name);
	m = tenant == NULL ? NULL : message_find(vault, tenant, id);
	if (m == NULL)
		return SL_ERR_NOT_FOUND;
	reader = sl_xzalloc(sizeof(*reader));
	reader->magic = READER_MAGIC;
	reader->vault = vault;
	reader->sink = sink;
	reader->ctx = ctx;
	sl_buf_init(&reader->rest, SL_SEAL_REST_MAX);
	r = header_of(vault, m, &reader->header);
	if (r == 0)
		r = record_of(tenant, &reader->header, reader->plain, &reader->view);
	if (r != 0) {
		sl_vault_reader_free(&reader);
		return r;
	}
	reader->opener = sl_seal_opener_new(&reader->view.body, on_opened, reader);
	*reader_out = reader;
	return 0;
}

void
sl_vault_reader_free(struct sl_vault_reader **reader)
{
	struct sl_vault_reader *r = *reader;

	if (r != NULL) {
		SL_CHECK(r, READER_MAGIC);
		sl_seal_opener_free(&r->opener);
		sl_buf_fini(&r->rest);
		sl_zero(&r->view, sizeof(r->view));
		sl_zero(r->plain, sizeof(r->plain));
	}
	SL_OBJ_FREE(reader, READER_MAGIC);
}

const struct sl_seal_view *
sl_vault_reader_view(const struct sl_vault_reader *reader)
{
	SL_CHECK(reader, READER_MAGIC);
	return &reader->view;
}

struct sl_slice
sl_vault_reader_rest(const struct sl_vault_reader *reader)
{
	SL_CHECK(reader, READER_MAGIC);
	return sl_buf_slice(&reader->rest);
}

static int
reader_step(struct sl_vault_reader *reader, unsigned char *buffer)
{
	const struct header *h = &reader->header;
	size_t most = !reader->stepwise ? STEP_BYTES : reader->at == 0 ? SL_SEAL_BODY_HEADER : SL_SEAL_BODY_BLOCK;
	size_t n = (size_t)SL_MIN((uint64_t)most, h->sealed_bytes - reader->at);
	int r;

	if (sl_seal_opener_pending(reader->opener))
		return sl_seal_opener_more(reader->opener);
	/* The last block is fed without its end being known: finishing opens it. */
	if (n == 0) {
		r = sl_seal_opener_finish(reader->opener);
		return r != 0 ? r : sl_seal_opener_pending(reader->opener) ? SL_MORE : SL_DONE;
	}
	r = extents_read(&reader->vault->bodies, h->extents, h->extents_len, reader->at, buffer, n);
	reader->at += n;
	if (r != 0)
		return r == SL_ERR_TRUNCATED ? SL_ERR_DAMAGED : r;
	return sl_seal_opener_feed(reader->opener, sl_slice(buffer, n));
}

int
sl_vault_reader_step(struct sl_vault_reader *reader)
{
	SL_CHECK(reader, READER_MAGIC);
	if (reader->result == SL_MORE) {
		unsigned char *buffer = sl_xmalloc(STEP_BYTES);

		reader->result = reader_step(reader, buffer);
		sl_free(buffer);
	}
	return reader->result;
}

void
sl_vault_reader_stepwise(struct sl_vault_reader *reader)
{
	SL_CHECK(reader, READER_MAGIC);
	reader->stepwise = true;
	sl_seal_opener_stepwise(reader->opener);
}

/* --- listing --- */

static bool
items_have(struct sl_slice items, const struct sl_seal_item *wanted)
{
	struct sl_seal_item item;

	while (sl_seal_item_next(&items, &item) == SL_DONE)
		if (item.type == wanted->type && sl_slice_ieq(item.value, wanted->value))
			return true;
	return false;
}

static int
ignore(void *ctx, struct sl_slice bytes)
{
	return 0;
}

/* Do the items have all that is asked for? Those behind the body are looked at only where that decides. */
static bool
record_matches(struct sl_vault *vault, const struct message *m, const struct sl_seal_view *view,
    const struct sl_vault_query *query)
{
	struct sl_vault_reader *reader = NULL;
	bool matches = true;
	int r = SL_MORE;

	for (size_t i = 0; i < query->match_len && matches; i++) {
		if (items_have(view->items, &query->match[i]))
			continue;
		matches = false;
		if (view->rest_bytes == 0)
			break;
		if (reader == NULL) {
			r = sl_vault_reader_new(vault, m->tenant->name, m->link.id, ignore, NULL, &reader);
			while (r == SL_MORE)
				r = sl_vault_reader_step(reader);
		}
		matches = r == SL_DONE && items_have(sl_vault_reader_rest(reader), &query->match[i]);
	}
	sl_vault_reader_free(&reader);
	return matches;
}

/* Is it in the times and state that are asked for? That much the vault itself knows. */
static bool
outside_matches(const struct message *m, const struct sl_vault_query *query)
{
	return (query->state < 0 || m->state == query->state || (query->state == SL_VAULT_HELD && m->state == SL_VAULT_PARTLY)) &&
	    (query->from_us == 0 || m->received_us >= query->from_us) &&
	    (query->to_us == 0 || m->received_us < query->to_us);
}

/* Open one and tell of it, if it matches. Returns whether. */
static bool
entry_list(struct sl_vault *vault, const struct message *m, const struct sl_vault_query *query, sl_vault_lister *lister,
    void *ctx, unsigned char *plain, struct header *header)
{
	struct sl_seal_view view;
	struct sl_vault_entry entry = { .received_us = m->received_us, .expiry_day = m->key->day,
		.state = (enum sl_vault_state)m->state, .sealed_bytes = (uint64_t)m->blocks * EXTENT_BLOCK, .view = &view };

	if (header_of(vault, m, header) != 0 || record_of(m->tenant, header, plain, &view) != 0)
		entry.view = NULL;	/* told all the same, unless something is asked of what cannot be read */
	if (entry.view == NULL ? query->match_len > 0 : !record_matches(vault, m, &view, query))
		return false;
	memcpy(entry.id, m->link.id, sizeof(entry.id));
	lister(ctx, &entry);
	sl_zero(&view, sizeof(view));
	return true;
}

int
sl_vault_list(struct sl_vault *vault, struct sl_slice name, const struct sl_vault_query *query, sl_vault_lister *lister,
    void *ctx, unsigned char last_out[SL_VAULT_ID_BYTES])
{
	uint32_t limit = query->limit == 0 ? 100 : query->limit, told = 0, opened = 0;
	unsigned char plain[SL_SEAL_RECORD_PLAIN];
	struct header header;
	struct tenant *tenant;
	struct message *m;

	SL_CHECK(vault, VAULT_MAGIC);
	tenant = tenant_find(vault, name);
	if (tenant == NULL)
		return SL_ERR_NOT_FOUND;
	if (tenant_locked(tenant))
		return SL_ERR_LOCKED;
	m = tenant->newest;
	if (query->after != NULL) {
		m = message_find(vault, tenant, query->after);
		if (m == NULL)
			return SL_ERR_NOT_FOUND;
		m = m->older;
	}
	for (; m != NULL && told < limit && opened < SL_VAULT_LIST_SCAN; m = m->older) {
		memcpy(last_out, m->link.id, SL_VAULT_ID_BYTES);
		if (!outside_matches(m, query))
			continue;
		opened++;
		told += entry_list(vault, m, query, lister, ctx, plain, &header);
	}
	sl_zero(plain, sizeof(plain));
	return m == NULL ? SL_DONE : SL_MORE;
}
