/* digests.c - see digests.h */

#include "store/digests.h"

#include <stdio.h>

#include "db_i.h"

/* ---- keys ---- */

int
sl_store_digest_keys(struct sl_store *store, struct sl_store_digest_key keys[SL_STORE_DIGEST_KEYS], size_t *len_out)
{
	struct db_query query;
	size_t len = 0;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT number, secret, made FROM digest_key ORDER BY made DESC", "");
	while ((r = db_row(&query)) == SL_DONE && len < SL_STORE_DIGEST_KEYS) {
		struct sl_slice secret = db_text(&query, 1);

		if (secret.len != SL_STORE_DIGEST_SECRET)
			continue;
		keys[len].number = (unsigned)db_int(&query, 0) & 0xff;
		memcpy(keys[len].secret, secret.ptr, secret.len);
		keys[len++].made_s = db_int(&query, 2);
	}
	db_end(&query);
	*len_out = len;
	return SL_MIN(r, 0);
}

/* Numbers go round; with so few kept, none meets itself. */
int
sl_store_digest_key_add(struct sl_store *store, const unsigned char secret[SL_STORE_DIGEST_SECRET], int64_t now_s)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = db_run(&store->db, "INSERT INTO digest_key (made, number, secret) SELECT max(?1, ifnull(max(made) + 1, 0)),"
	    " ifnull((SELECT number FROM digest_key ORDER BY made DESC LIMIT 1) + 1, 1) % 256, ?2 FROM digest_key", "ib", now_s,
	    sl_slice(secret, SL_STORE_DIGEST_SECRET));
	if (r == 0)
		r = db_run(&store->db, "DELETE FROM digest_key WHERE made NOT IN (SELECT made FROM digest_key ORDER BY made DESC LIMIT ?)",
		    "i", (int64_t)SL_STORE_DIGEST_KEYS);
	return r;
}

/* ---- when ---- */

int
sl_store_digest_run(struct sl_store *store, int64_t tenant, int64_t *at_out)
{
	SL_CHECK(store, DB_MAGIC);
	return db_number(&store->db, at_out, "SELECT at FROM digest_run WHERE tenant = ?", "i", tenant);
}

int
sl_store_digest_run_set(struct sl_store *store, int64_t tenant, int64_t at_s)
{
	SL_CHECK(store, DB_MAGIC);
	return db_run(&store->db, "INSERT INTO digest_run (tenant, at) SELECT id, ?2 FROM tenant WHERE id = ?1 ON CONFLICT (tenant)"
	    " DO UPDATE SET at = ?2", "ii", tenant, at_s);
}

int
sl_store_digest_served(struct sl_store *store, int64_t tenant, struct sl_slice mailbox, int64_t *due_out)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	*due_out = 0;
	r = db_number(&store->db, due_out, "SELECT due FROM digest_served WHERE tenant = ? AND mailbox = ?", "is", tenant, mailbox);
	return r == SL_ERR_NOT_FOUND ? 0 : r;
}

int
sl_store_digest_serve(struct sl_store *store, int64_t tenant, struct sl_slice mailbox, int64_t due_s)
{
	SL_CHECK(store, DB_MAGIC);
	return db_run(&store->db, "INSERT INTO digest_served (tenant, mailbox, due) SELECT id, ?2, ?3 FROM tenant WHERE id = ?1"
	    " ON CONFLICT (tenant, mailbox) DO UPDATE SET due = ?3", "isi", tenant, mailbox, due_s);
}

/* ---- whose ---- */

/* At a domain below one with "*.": the nearest. It has no users. */
static int
mailbox_below(struct sl_store *store, const struct node_address *address, struct sl_store_mailbox *out)
{
	char star[DOMAIN_MAX + 2];
	struct db_query query;
	int r = SL_ERR_NOT_FOUND;

	for (const char *dot = strchr(address->domain, '.'); dot != NULL && r == SL_ERR_NOT_FOUND; dot = strchr(dot + 1, '.')) {
		snprintf(star, sizeof(star), "*%s", dot);
		db_query(&store->db, &query, "SELECT id, tenant FROM domain WHERE name = ?", "s", sl_slice_str(star));
		r = db_row(&query);
		if (r == SL_DONE) {
			out->domain = db_int(&query, 0);
			out->tenant = db_int(&query, 1);
			out->node = (struct sl_node){ SL_LEVEL_DOMAIN, out->domain };
			snprintf(out->text, sizeof(out->text), "%s@%s", address->local, address->domain);
		}
		db_end(&query);
		r = r == SL_DONE ? 0 : r == 0 ? SL_ERR_NOT_FOUND : r;
	}
	return r;
}

int
sl_store_mailbox(struct sl_store *store, struct sl_slice text, struct sl_store_mailbox *out)
{
	struct node_address address;
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	*out = (struct sl_store_mailbox){ 0 };
	if (node_address_check(text, &address) != 0)
		return SL_ERR_SYNTAX;
	db_query(&store->db, &query, "SELECT d.id, d.tenant, d.name, u.id, u.in_group FROM domain a JOIN domain d"
	    " ON d.id = ifnull(a.alias_of, a.id) LEFT JOIN user u ON u.domain = d.id AND u.local = ? WHERE a.name = ?", "ss",
	    sl_slice_str(address.local), sl_slice_str(address.domain));
	r = db_row(&query);
	if (r == SL_DONE) {
		out->domain = db_int(&query, 0);
		out->tenant = db_int(&query, 1);
		snprintf(out->text, sizeof(out->text), "%s@%.*s", address.local, SL_SLICE_ARG(db_text(&query, 2)));
		out->group = db_int(&query, 4);
		out->node = db_int(&query, 3) != 0 ? (struct sl_node){ SL_LEVEL_USER, db_int(&query, 3) } :
		    (struct sl_node){ SL_LEVEL_DOMAIN, out->domain };
	}
	db_end(&query);
	return r == SL_DONE ? 0 : r == 0 ? mailbox_below(store, &address, out) : r;
}

int
sl_store_domain_names(struct sl_store *store, int64_t domain, sl_store_name_each *each, void *ctx)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT name FROM domain WHERE id = ?1 OR alias_of = ?1 ORDER BY alias_of IS NOT NULL, id", "i",
	    domain);
	while ((r = db_row(&query)) == SL_DONE && (r = each(ctx, db_text(&query, 0))) == 0)
		;
	db_end(&query);
	return r;
}

/* ---- who says something ---- */

int
sl_store_layer_nodes(struct sl_store *store, int64_t tenant, int64_t limit, sl_store_node_each *each, void *ctx)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT DISTINCT level, node FROM layer WHERE tenant = ? AND level > ? AND name = '' LIMIT ?", "iii",
	    tenant, (int64_t)SL_LEVEL_TENANT, limit);
	while ((r = db_row(&query)) == SL_DONE &&
	    (r = each(ctx, (struct sl_node){ (enum sl_level)db_int(&query, 0), db_int(&query, 1) })) == 0)
		;
	db_end(&query);
	return r;
}

int
sl_store_tenant_after(struct sl_store *store, int64_t tenant, int64_t *tenant_out)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = db_number(&store->db, tenant_out, "SELECT id FROM tenant WHERE id > ? ORDER BY id LIMIT 1", "i", tenant);
	return r == SL_ERR_NOT_FOUND ? SL_MORE : r == 0 ? SL_DONE : r;
}
