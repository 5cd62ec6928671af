/* lists.c - allow and deny entries; see lists.h */

#include "store/lists.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "db_i.h"
#include "store/walk.h"

#define NOTE_MAX	1000
#define OPTIONS_ALL	(SL_LIST_UNAUTHENTICATED | SL_LIST_SUBDOMAINS)

_Static_assert(LOCAL_MAX + 1 + DOMAIN_MAX <= SL_LIST_VALUE_MAX, "an address fits");

/* ---- values ---- */

static void
clear_host_bits(unsigned char *address, unsigned len, unsigned bits)
{
	for (unsigned i = 0; i < len; i++) {
		unsigned keep = bits > i * 8 ? SL_MIN(8u, bits - i * 8) : 0;

		address[i] = (unsigned char)(address[i] & ~(0xffu >> keep));
	}
}

/* An address, and perhaps a slash and how many bits of it count. */
static bool
network_normal(struct sl_slice value, char out[SL_LIST_VALUE_MAX + 1])
{
	const unsigned char *slash = memchr(value.ptr, '/', value.len);
	size_t len = slash != NULL ? (size_t)(slash - value.ptr) : value.len;
	unsigned char address[16];
	char text[INET6_ADDRSTRLEN];
	uint64_t bits;
	int family;

	if (len >= sizeof(text))
		return false;
	memcpy(text, value.ptr, len);
	text[len] = '\0';
	family = inet_pton(AF_INET, text, address) == 1 ? AF_INET : AF_INET6;
	if (family == AF_INET6 && inet_pton(AF_INET6, text, address) != 1)
		return false;
	bits = family == AF_INET ? 32 : 128;
	if (slash != NULL && sl_slice_to_u64(sl_slice_from(value, len + 1), bits, &bits) != 0)
		return false;
	clear_host_bits(address, family == AF_INET ? 4 : 16, (unsigned)bits);
	inet_ntop(family, address, text, sizeof(text));
	snprintf(out, SL_LIST_VALUE_MAX + 1, "%s/%u", text, (unsigned)bits);
	return true;
}

int
sl_list_value(struct sl_slice value, enum sl_list_type *type_out, char out[SL_LIST_VALUE_MAX + 1], size_t *len_out)
{
	struct node_address address;

	if (value.len == 0 || value.len > SL_LIST_VALUE_MAX)
		return SL_ERR_SYNTAX;
	if (network_normal(value, out)) {
		*type_out = SL_LIST_NETWORK;
	} else if (memchr(value.ptr, '@', value.len) != NULL) {
		if (node_address_check(value, &address) != 0)
			return SL_ERR_SYNTAX;
		*type_out = SL_LIST_ADDRESS;
		snprintf(out, SL_LIST_VALUE_MAX + 1, "%s@%s", address.local, address.domain);
	} else {
		if (!node_domain_normal(value, out))
			return SL_ERR_SYNTAX;
		*type_out = SL_LIST_DOMAIN;
	}
	*len_out = strlen(out);
	return 0;
}

/* ---- changing ---- */

int
list_entry_put(struct sl_store *store, struct sl_node node, int64_t tenant, const struct sl_list_entry *e)
{
	char value[SL_LIST_VALUE_MAX + 1];
	enum sl_list_type type;
	size_t len;
	int r;

	SL_ASSERT(e->kind < SL_LIST_KIND_COUNT && (e->options & ~(unsigned)OPTIONS_ALL) == 0);
	if (sl_list_value(e->value, &type, value, &len) != 0)
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\" is no address, domain or network", SL_SLICE_ARG(e->value));
	if ((e->options & SL_LIST_SUBDOMAINS) != 0 && type != SL_LIST_DOMAIN)
		return db_fail(&store->db, SL_ERR_SYNTAX, "%s: only a domain has subdomains", value);
	if ((e->options & SL_LIST_UNAUTHENTICATED) != 0 && e->kind != SL_LIST_ALLOW)
		return db_fail(&store->db, SL_ERR_SYNTAX, "%s: only what is allowed may be so unauthenticated", value);
	if (e->expires_at < 0)
		return db_fail(&store->db, SL_ERR_SYNTAX, "%s: it expires before there was time", value);
	if ((r = node_text_check(store, e->note, NOTE_MAX, "the note")) != 0)
		return r;
	return db_run(&store->db, "INSERT OR REPLACE INTO list (tenant, level, node, value, kind, type, options, note, expires,"
	    " added, added_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "iiisiiisiis", tenant, (int64_t)node.level, node.id,
	    sl_slice(value, len), (int64_t)e->kind, (int64_t)type, (int64_t)e->options, e->note, e->expires_at, e->added_at,
	    e->added_by);
}

static void
detail_of(const struct sl_slice *values, size_t len, const char *kind, struct sl_buf *out)
{
	if (len == 1) {
		sl_buf_addf(out, "{%s\"value\":", kind);
		sl_buf_add_json(out, values[0]);
		sl_buf_add_str(out, "}");
	} else {
		sl_buf_addf(out, "{\"entries\":%zu}", len);
	}
}

/* Start a change at a node: its tenant, its name. */
static int
begin_at(struct sl_store *store, struct change *change, struct sl_node node, struct sl_buf *name)
{
	int r;

	change->node = node;
	r = node_tenant(store, node, &change->tenant);
	if (r == 0)
		r = node_no_alias(store, node);
	if (r == 0)
		r = sl_store_name(store, node, name);
	change->target = sl_buf_slice(name);
	return r;
}

int
sl_store_list_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
    const struct sl_list_entry *entries, size_t len, size_t *bad_out)
{
	struct change change = { .actor = actor, .verb = len > 0 ? "list.add" : NULL, .kinds = SL_CHANGE_LIST };
	int64_t now_s = store_now_us(store) / 1000000;
	struct sl_buf name, detail;
	int r = change_begin(store, actor);

	if (bad_out != NULL)
		*bad_out = 0;
	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	sl_buf_init(&detail, 4096);
	r = begin_at(store, &change, node, &name);
	for (size_t i = 0; i < len && r == 0; i++) {
		struct sl_list_entry entry = entries[i];

		entry.added_at = now_s;
		entry.added_by = actor->account;
		r = list_entry_put(store, node, change.tenant, &entry);
		if (r != 0 && bad_out != NULL)
			*bad_out = i;
	}
	if (len > 0)
		detail_of(&entries[0].value, len, entries[0].kind == SL_LIST_ALLOW ? "\"kind\":\"allow\"," :
		    "\"kind\":\"deny\",", &detail);
	change.detail = sl_buf_slice(&detail);
	r = change_end(store, r, &change);
	sl_buf_fini(&name);
	sl_buf_fini(&detail);
	return r;
}

static int
entry_remove(struct sl_store *store, struct sl_node node, int64_t tenant, struct sl_slice text)
{
	char value[SL_LIST_VALUE_MAX + 1];
	enum sl_list_type type;
	size_t len;
	int r;

	if (sl_list_value(text, &type, value, &len) != 0)
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\" is no address, domain or network", SL_SLICE_ARG(text));
	r = db_run(&store->db, "DELETE FROM list WHERE tenant = ? AND level = ? AND node = ? AND value = ?", "iiis", tenant,
	    (int64_t)node.level, node.id, sl_slice(value, len));
	return r != 0 || db_changed(&store->db) > 0 ? r : db_fail(&store->db, SL_ERR_NOT_FOUND, "%s is not on the list", value);
}

int
sl_store_list_remove(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
    const struct sl_slice *values, size_t len)
{
	struct change change = { .actor = actor, .verb = len > 0 ? "list.remove" : NULL, .kinds = SL_CHANGE_LIST };
	struct sl_buf name, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	sl_buf_init(&detail, 4096);
	r = begin_at(store, &change, node, &name);
	for (size_t i = 0; i < len && r == 0; i++)
		r = entry_remove(store, node, change.tenant, values[i]);
	detail_of(values, len, "", &detail);
	change.detail = sl_buf_slice(&detail);
	r = change_end(store, r, &change);
	sl_buf_fini(&name);
	sl_buf_fini(&detail);
	return r;
}

/* Each node that loses one is a change for the compiler. */
static int
number_expired(struct sl_store *store, int64_t now_s)
{
	return db_run(&store->db, "INSERT INTO change (kinds, level, node, tenant) SELECT DISTINCT ?1, level, node, tenant FROM list"
	    " WHERE expires > 0 AND expires <= ?2", "ii", (int64_t)SL_CHANGE_LIST, now_s);
}

int
sl_store_lists_expire(struct sl_store *store, const struct sl_actor *actor, size_t *removed_out)
{
	struct change change = { .actor = actor, .target = SL_SLICE_LIT("operator") };
	int64_t now_s = store_now_us(store) / 1000000;
	char detail[64];
	int r = change_begin(store, actor);

	*removed_out = 0;
	if (r != 0)
		return r;
	r = number_expired(store, now_s);
	if (r == 0)
		r = db_run(&store->db, "DELETE FROM list WHERE expires > 0 AND expires <= ?", "i", now_s);
	if (r == 0)
		*removed_out = (size_t)db_changed(&store->db);
	change.verb = *removed_out > 0 ? "list.expire" : NULL;
	snprintf(detail, sizeof(detail), "{\"entries\":%zu}", *removed_out);
	change.detail = sl_slice_str(detail);
	return change_end(store, r, &change);
}

int
sl_store_list_walk(struct sl_store *store, struct sl_node node, struct sl_slice after, sl_list_each *each, void *ctx)
{
	struct sl_list_entry e;
	struct db_query query;
	int64_t tenant;
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = node_tenant(store, node, &tenant);
	if (r != 0)
		return r;
	db_query(&store->db, &query, "SELECT kind, type, value, options, note, expires, added, added_by FROM list WHERE tenant = ?"
	    " AND level = ? AND node = ? AND value > ? AND (expires = 0 OR expires > ?) ORDER BY value", "iiisi", tenant,
	    (int64_t)node.level, node.id, after, store_now_us(store) / 1000000);
	while ((r = db_row(&query)) == SL_DONE) {
		e = (struct sl_list_entry){ (enum sl_list_kind)db_int(&query, 0), (enum sl_list_type)db_int(&query, 1),
			db_text(&query, 2), (unsigned)db_int(&query, 3), db_text(&query, 4), db_int(&query, 5),
			db_int(&query, 6), db_text(&query, 7) };
		r = each(ctx, &e);
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}
