/* lists.c - allow and deny entries; see lists.h */

#include "store/lists.h"

#include <stdio.h>

#include "db_i.h"
#include "store/walk.h"

#define NOTE_MAX	1000

/* ---- values ---- */

const char *
sl_entry_value(struct sl_slice value, enum sl_entry_type *type_out, char out[SL_ENTRY_VALUE_MAX + 1], size_t *len_out)
{
	static const enum sl_entry_type types[SL_LIST_KIND_COUNT] = {
		[SL_LIST_ADDRESS] = SL_ENTRY_ADDRESS, [SL_LIST_DOMAIN] = SL_ENTRY_DOMAIN,
		[SL_LIST_BELOW] = SL_ENTRY_BELOW, [SL_LIST_NETWORK] = SL_ENTRY_NETWORK,
	};
	struct sl_list_key key;
	struct sl_buf text;
	const char *wrong = sl_list_key_read(value, &key);

	if (wrong != NULL)
		return wrong;
	*type_out = types[key.kind];
	sl_buf_init(&text, SL_ENTRY_VALUE_MAX);
	sl_list_key_print(&key, &text);
	SL_ASSERT(!text.overflow);
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	*len_out = text.len;
	sl_buf_fini(&text);
	return NULL;
}

static const struct { unsigned bit; const char *word; } option_words[] = {
	{ SL_ENTRY_UNAUTHENTICATED, "unauthenticated" }, { SL_ENTRY_SUBDOMAINS, "subdomains" }, { SL_ENTRY_EITHER, "either" },
};

void
sl_entry_options_print(unsigned options, struct sl_buf *out)
{
	const char *space = "";

	for (size_t i = 0; i < SL_COUNT(option_words); i++) {
		if ((options & option_words[i].bit) == 0)
			continue;
		sl_buf_addf(out, "%s%s", space, option_words[i].word);
		space = " ";
	}
}

bool
sl_entry_options_find(struct sl_slice words, unsigned *options_out)
{
	*options_out = 0;
	while (words.len > 0) {
		const unsigned char *space = memchr(words.ptr, ' ', words.len);
		struct sl_slice word = sl_slice(words.ptr, space != NULL ? (size_t)(space - words.ptr) : words.len);
		bool found = word.len == 0;

		for (size_t i = 0; i < SL_COUNT(option_words); i++) {
			if (sl_slice_ieq(word, sl_slice_str(option_words[i].word))) {
				*options_out |= option_words[i].bit;
				found = true;
			}
		}
		if (!found)
			return false;
		words = sl_slice_from(words, SL_MIN(word.len + 1, words.len));
	}
	return true;
}

/* ---- changing ---- */

int
list_entry_put(struct sl_store *store, struct sl_node node, int64_t tenant, const struct sl_store_entry *e)
{
	char value[SL_ENTRY_VALUE_MAX + 1];
	enum sl_entry_type type;
	const char *wrong;
	size_t len;
	int r;

	SL_ASSERT(e->kind < SL_ENTRY_KIND_COUNT && (e->options & ~(unsigned)SL_ENTRY_OPTIONS) == 0);
	wrong = sl_entry_value(e->value, &type, value, &len);
	if (wrong != NULL)
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\": %s", SL_SLICE_ARG(e->value), wrong);
	if ((e->options & SL_ENTRY_SUBDOMAINS) != 0 && type != SL_ENTRY_DOMAIN)
		return db_fail(&store->db, SL_ERR_SYNTAX, "%s: only a domain has subdomains", value);
	if ((e->options & (SL_ENTRY_UNAUTHENTICATED | SL_ENTRY_EITHER)) != 0 && e->kind != SL_ENTRY_ALLOW)
		return db_fail(&store->db, SL_ERR_SYNTAX, "%s: only what is allowed may be so %s", value,
		    (e->options & SL_ENTRY_EITHER) != 0 ? "by either sender" : "unauthenticated");
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
    const struct sl_store_entry *entries, size_t len, size_t *bad_out)
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
		struct sl_store_entry entry = entries[i];

		entry.added_at = now_s;
		entry.added_by = actor->account;
		r = list_entry_put(store, node, change.tenant, &entry);
		if (r != 0 && bad_out != NULL)
			*bad_out = i;
	}
	if (len > 0)
		detail_of(&entries[0].value, len, entries[0].kind == SL_ENTRY_ALLOW ? "\"kind\":\"allow\"," :
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
	char value[SL_ENTRY_VALUE_MAX + 1];
	enum sl_entry_type type;
	const char *wrong = NULL;
	size_t len = 0;
	int r;

	wrong = sl_entry_value(text, &type, value, &len);
	if (wrong != NULL)
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\": %s", SL_SLICE_ARG(text), wrong);
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
sl_store_list_walk(struct sl_store *store, struct sl_node node, struct sl_slice after, sl_entry_each *each, void *ctx)
{
	struct sl_store_entry e;
	struct db_query query;
	int64_t tenant;
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = node_tenant(store, node, &tenant);
	if (r != 0)
		return r;
	/* +: or SQLite plans anew each time, as the index of those that expire could be used for some times. */
	db_query(&store->db, &query, "SELECT kind, type, value, options, note, expires, added, added_by FROM list WHERE tenant = ?"
	    " AND level = ? AND node = ? AND value > ? AND (+expires = 0 OR +expires > ?) ORDER BY value", "iiisi", tenant,
	    (int64_t)node.level, node.id, after, store_now_us(store) / 1000000);
	while ((r = db_row(&query)) == SL_DONE) {
		e = (struct sl_store_entry){ (enum sl_entry_kind)db_int(&query, 0), (enum sl_entry_type)db_int(&query, 1),
			db_text(&query, 2), (unsigned)db_int(&query, 3), db_text(&query, 4), db_int(&query, 5),
			db_int(&query, 6), db_text(&query, 7) };
		r = each(ctx, &e);
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}
