/* audit.c - see audit.h */

#include "store/audit.h"

#include <sodium.h>

#include "db_i.h"

#define DETAIL_MAX	((size_t)1 << 16)

_Static_assert(SL_AUDIT_HASH_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");

const char *
sl_audit_fault_text(enum sl_audit_fault fault)
{
	static const char *const texts[] = {
#define FAULT_TEXT(name, text) [SL_AUDIT_##name] = text,
		SL_AUDIT_FAULTS(FAULT_TEXT)
#undef FAULT_TEXT
	};

	SL_ASSERT(fault < SL_COUNT(texts));
	return texts[fault];
}

/* ---- hashes ---- */

static void
hash_number(crypto_generichash_state *state, int64_t number)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
	crypto_generichash_update(state, bytes, sizeof(bytes));
}

static void
hash_text(crypto_generichash_state *state, struct sl_slice text)
{
	hash_number(state, (int64_t)text.len);
	crypto_generichash_update(state, text.len > 0 ? text.ptr : (const unsigned char *)"", text.len);
}

/* `before`: the hash of the entry before it in the chain. A tenant's chain leaves out the number among all, of which
 * a tenant knows nothing. */
static void
entry_hash(const struct sl_audit_entry *e, const unsigned char before[SL_AUDIT_HASH_BYTES], bool tenant_chain,
    unsigned char out[SL_AUDIT_HASH_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, SL_AUDIT_HASH_BYTES);
	crypto_generichash_update(&state, before, SL_AUDIT_HASH_BYTES);
	hash_number(&state, tenant_chain ? 0 : e->number);
	hash_number(&state, e->tenant);
	hash_number(&state, e->tenant_number);
	hash_number(&state, e->at_us);
	hash_text(&state, e->account);
	hash_text(&state, e->note);
	hash_text(&state, e->verb);
	hash_text(&state, e->target);
	hash_text(&state, e->detail);
	crypto_generichash_final(&state, out, SL_AUDIT_HASH_BYTES);
}

/* ---- writing ---- */

struct head {
	int64_t		number;
	unsigned char	hash[SL_AUDIT_HASH_BYTES];
};

static int
head_read(struct sl_store *store, int64_t tenant, struct head *out)
{
	struct db_query query;
	int r;

	*out = (struct head){ 0 };
	db_query(&store->db, &query, "SELECT number, hash FROM audit_head WHERE tenant = ?", "i", tenant);
	r = db_row(&query);
	if (r == SL_DONE) {
		struct sl_slice hash = db_text(&query, 1);

		out->number = db_int(&query, 0);
		if (hash.len == sizeof(out->hash))
			memcpy(out->hash, hash.ptr, hash.len);
	}
	db_end(&query);
	return r < 0 ? r : 0;
}

static int
head_write(struct sl_store *store, int64_t tenant, const struct head *head, struct sl_slice name)
{
	return db_run(&store->db, "INSERT INTO audit_head (tenant, number, hash, name) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (tenant)"
	    " DO UPDATE SET number = ?2, hash = ?3, name = iif(?4 = '', name, ?4)", "iibs", tenant, head->number,
	    sl_slice(head->hash, sizeof(head->hash)), name);
}

/* The tenant's name, so that its trail is found when it is gone; "" when it just went. */
static int
tenant_name(struct sl_store *store, int64_t tenant, struct sl_buf *out)
{
	struct db_query query;
	int r;

	db_query(&store->db, &query, "SELECT name FROM tenant WHERE id = ?", "i", tenant);
	r = db_row(&query);
	if (r == SL_DONE)
		sl_buf_add_slice(out, db_text(&query, 0));
	db_end(&query);
	return r < 0 ? r : 0;
}

static int
entry_insert(struct sl_store *store, const struct sl_audit_entry *e, const unsigned char *tenant_hash)
{
	return db_run(&store->db, "INSERT INTO audit (number, tenant, tenant_number, at, account, note, verb, target, detail, hash,"
	    " tenant_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "iiiisssssbb", e->number, e->tenant, e->tenant_number,
	    e->at_us, e->account, e->note, e->verb, e->target, e->detail, sl_slice(e->hash, sizeof(e->hash)),
	    sl_slice(tenant_hash, e->tenant != 0 ? SL_AUDIT_HASH_BYTES : 0));
}

int
audit_write(struct sl_store *store, const struct sl_actor *actor, int64_t tenant, struct sl_slice target,
    struct sl_slice verb, struct sl_slice detail)
{
	struct sl_audit_entry e = { .tenant = tenant, .at_us = store_now_us(store), .account = actor->account,
		.note = actor->note, .verb = verb, .target = target, .detail = detail };
	struct head all, own = { 0 };
	struct sl_buf name;
	int r;

	if (detail.len > DETAIL_MAX)
		return db_fail(&store->db, SL_ERR_TOO_LONG, "more than the audit trail takes in one entry");
	sl_buf_init(&name, DOMAIN_MAX + 1);
	r = head_read(store, 0, &all);
	if (r == 0 && tenant != 0 && (r = head_read(store, tenant, &own)) == 0)
		r = tenant_name(store, tenant, &name);
	e.number = all.number + 1;
	e.tenant_number = tenant != 0 ? own.number + 1 : 0;
	entry_hash(&e, all.hash, false, e.hash);
	entry_hash(&e, own.hash, true, own.hash);
	memcpy(all.hash, e.hash, sizeof(all.hash));
	all.number = e.number;
	own.number = e.tenant_number;
	if (r == 0)
		r = entry_insert(store, &e, own.hash);
	if (r == 0)
		r = head_write(store, 0, &all, sl_slice(NULL, 0));
	if (r == 0 && tenant != 0)
		r = head_write(store, tenant, &own, sl_buf_slice(&name));
	sl_buf_fini(&name);
	return r;
}

int
sl_store_audit(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice verb,
    struct sl_slice detail)
{
	struct change change = { .actor = actor, .node = node, .detail = detail };
	struct sl_buf name, word;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	sl_buf_init(&word, 256);
	r = node_tenant(store, node, &change.tenant);
	if (r == 0)
		r = sl_store_name(store, node, &name);
	change.target = sl_buf_slice(&name);
	sl_buf_add_slice(&word, verb);
	change.verb = sl_buf_cstr(&word);
	r = change_end(store, r, &change);
	sl_buf_fini(&name);
	sl_buf_fini(&word);
	return r;
}

/* ---- reading ---- */

#define COLUMNS	"number, tenant, tenant_number, at, account, note, verb, target, detail, hash, tenant_hash"

static void
entry_read(const struct db_query *query, bool tenant_chain, struct sl_audit_entry *e)
{
	struct sl_slice hash = db_text(query, tenant_chain ? 10 : 9);

	*e = (struct sl_audit_entry){ .number = db_int(query, 0), .tenant = db_int(query, 1),
		.tenant_number = db_int(query, 2), .at_us = db_int(query, 3), .account = db_text(query, 4),
		.note = db_text(query, 5), .verb = db_text(query, 6), .target = db_text(query, 7),
		.detail = db_text(query, 8) };
	if (hash.len == sizeof(e->hash))
		memcpy(e->hash, hash.ptr, hash.len);
}

int
sl_store_audit_walk(struct sl_store *store, int64_t tenant, int64_t from, sl_audit_each *each, void *ctx)
{
	struct sl_audit_entry e;
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	if (tenant == 0)
		db_query(&store->db, &query, "SELECT " COLUMNS " FROM audit WHERE number >= ? ORDER BY number", "i", from);
	else
		db_query(&store->db, &query, "SELECT " COLUMNS " FROM audit WHERE tenant = ? AND tenant > 0 AND"
		    " tenant_number >= ? ORDER BY tenant_number", "ii", tenant, from);
	while ((r = db_row(&query)) == SL_DONE) {
		entry_read(&query, tenant != 0, &e);
		r = each(ctx, &e);
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}

int
sl_store_audit_tenant(struct sl_store *store, struct sl_slice name, int64_t *tenant_out)
{
	char domain[DOMAIN_MAX + 1];
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = node_domain_check(store, name, domain);
	if (r == 0)
		r = db_number(&store->db, tenant_out, "SELECT tenant FROM audit_head WHERE name = ? ORDER BY tenant DESC LIMIT 1",
		    "s", sl_slice_str(domain));
	return r == SL_ERR_NOT_FOUND ? db_fail(&store->db, r, "there never was a tenant %s", domain) : r;
}

#define REUSED	"SELECT h.name, a.at FROM audit_head h CROSS JOIN audit a ON a.tenant = h.tenant AND a.tenant_number = 1 WHERE h.tenant > 0"	\
	" AND EXISTS (SELECT 1 FROM audit_head o WHERE o.name = h.name AND o.tenant > 0 AND o.tenant < h.tenant)"			\
	" AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = h.tenant)"

int
sl_store_audit_reused(struct sl_store *store, struct sl_slice name, sl_audit_reused_each *each, void *ctx)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	if (name.len > 0)
		db_query(&store->db, &query, REUSED " AND h.name = ?", "s", name);
	else
		db_query(&store->db, &query, REUSED, "");
	while ((r = db_row(&query)) == SL_DONE)
		if ((r = each(ctx, db_text(&query, 0), db_int(&query, 1))) != 0)
			break;
	db_end(&query);
	return r;
}

/* ---- verifying ---- */

struct verify {
	struct sl_audit_report	*report;
	bool			 tenant_chain;
	int64_t			 next;		/* the number that the next entry must have */
};

#define VERIFY_STOP	1

static int
verify_entry(void *ctx, const struct sl_audit_entry *e)
{
	struct verify *v = ctx;
	unsigned char hash[SL_AUDIT_HASH_BYTES];
	int64_t number = v->tenant_chain ? e->tenant_number : e->number;

	v->report->at = v->next;
	if (number != v->next) {
		v->report->fault = SL_AUDIT_MISSING;
		return VERIFY_STOP;
	}
	entry_hash(e, v->report->head, v->tenant_chain, hash);
	if (sodium_memcmp(hash, e->hash, sizeof(hash)) != 0) {
		v->report->fault = SL_AUDIT_ALTERED;
		return VERIFY_STOP;
	}
	memcpy(v->report->head, hash, sizeof(hash));
	v->report->entries = v->next++;
	return 0;
}

int
sl_store_audit_verify(struct sl_store *store, int64_t tenant, struct sl_audit_report *report)
{
	struct verify v = { .report = report, .tenant_chain = tenant != 0, .next = 1 };
	struct head head;
	int r;

	*report = (struct sl_audit_report){ .fault = SL_AUDIT_NONE };
	r = sl_store_audit_walk(store, tenant, INT64_MIN, verify_entry, &v);
	if (r == VERIFY_STOP)
		return 0;
	report->at = 0;
	if (r == 0)
		r = head_read(store, tenant, &head);
	if (r == 0 && (head.number != report->entries || sodium_memcmp(head.hash, report->head, sizeof(head.hash)) != 0)) {
		report->fault = head.number < report->entries ? SL_AUDIT_ALTERED : SL_AUDIT_CUT;
		report->at = report->entries + (head.number >= report->entries);
	}
	return r;
}

int
sl_store_audit_head(struct sl_store *store, int64_t *number_out, unsigned char hash_out[SL_AUDIT_HASH_BYTES])
{
	struct head head;
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = head_read(store, 0, &head);
	*number_out = head.number;
	memcpy(hash_out, head.hash, SL_AUDIT_HASH_BYTES);
	return r;
}

int
sl_store_audit_hash(struct sl_store *store, int64_t number, unsigned char hash_out[SL_AUDIT_HASH_BYTES])
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT hash FROM audit WHERE number = ?", "i", number);
	r = db_row(&query);
	if (r == SL_DONE) {
		struct sl_slice hash = db_text(&query, 0);

		memset(hash_out, 0, SL_AUDIT_HASH_BYTES);
		memcpy(hash_out, hash.ptr, SL_MIN(hash.len, (size_t)SL_AUDIT_HASH_BYTES));
	}
	db_end(&query);
	return r == SL_DONE ? 0 : r != 0 ? r : SL_ERR_NOT_FOUND;
}
