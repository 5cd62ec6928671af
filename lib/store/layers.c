/* layers.c - policies as text, in versions; see layers.h */

#include "store/layers.h"

#include "db_i.h"
#include "store/walk.h"

struct layer {			/* whose versions these are */
	struct sl_node	node;
	int64_t		tenant;
	char		name[SL_NAME_MAX + 1];
};

static int
layer_of(struct sl_store *store, struct sl_node node, struct sl_slice name, struct layer *out)
{
	int r;

	out->node = node;
	out->name[0] = '\0';
	if ((r = node_tenant(store, node, &out->tenant)) != 0 || (r = node_no_alias(store, node)) != 0)
		return r;
	if (name.len > 0 && node.level > SL_LEVEL_PARTNER)
		return db_fail(&store->db, SL_ERR_SYNTAX, "templates are the operator's or a partner's");
	return name.len > 0 ? node_name_check(store, name, "template", out->name) : 0;
}

/* The newest version's number, 0 without one; its text is added to `text` if that is not NULL. */
static int
newest(struct sl_store *store, const struct layer *layer, struct sl_buf *text, int64_t *version_out)
{
	struct db_query query;
	int r;

	*version_out = 0;
	db_query(&store->db, &query, "SELECT version, text FROM layer WHERE tenant = ? AND level = ? AND node = ? AND name = ?"
	    " ORDER BY version DESC LIMIT 1", "iiis", layer->tenant, (int64_t)layer->node.level, layer->node.id,
	    sl_slice_str(layer->name));
	r = db_row(&query);
	if (r == SL_DONE) {
		*version_out = db_int(&query, 0);
		if (text != NULL)
			sl_buf_add_slice(text, db_text(&query, 1));
	}
	db_end(&query);
	return r < 0 ? r : 0;
}

/* SL_ERR_NOT_FOUND when there is no such version; 0 is the empty text. */
static int
text_of(struct sl_store *store, const struct layer *layer, int64_t version, struct sl_buf *text)
{
	struct db_query query;
	int r;

	if (version == 0)
		return 0;
	db_query(&store->db, &query, "SELECT text FROM layer WHERE tenant = ? AND level = ? AND node = ? AND name = ? AND version = ?",
	    "iiisi", layer->tenant, (int64_t)layer->node.level, layer->node.id, sl_slice_str(layer->name), version);
	r = db_row(&query);
	if (r == SL_DONE)
		sl_buf_add_slice(text, db_text(&query, 0));
	db_end(&query);
	return r == SL_DONE ? 0 : r != 0 ? r : db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no version %lld",
	    (long long)version);
}

/* ---- changing ---- */

struct setting {
	struct layer	 layer;
	struct change	 change;
	struct sl_buf	 name, detail, before;
	int64_t		 version;	/* current, then new */
};

static int
setting_begin(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice name,
    struct setting *s)
{
	int r;

	s->change = (struct change){ .actor = actor, .node = node, .kinds = SL_CHANGE_LAYER };
	sl_buf_init(&s->name, 1024);
	sl_buf_init(&s->detail, 1024);
	sl_buf_init(&s->before, SL_LAYER_TEXT_MAX);
	r = layer_of(store, node, name, &s->layer);
	if (r == 0)
		r = newest(store, &s->layer, &s->before, &s->version);
	if (r == 0)
		r = sl_store_name(store, node, &s->name);
	s->change.tenant = s->layer.tenant;
	s->change.target = sl_buf_slice(&s->name);
	return r;
}

static int
setting_write(struct sl_store *store, struct setting *s, struct sl_slice text, const char *verb, int64_t of)
{
	if (sl_slice_eq(text, sl_buf_slice(&s->before)))
		return 0;
	s->version++;
	s->change.verb = verb;
	sl_buf_addf(&s->detail, "{\"name\":\"%s\",\"version\":%lld", s->layer.name, (long long)s->version);
	if (of >= 0)
		sl_buf_addf(&s->detail, ",\"of\":%lld", (long long)of);
	sl_buf_add_str(&s->detail, "}");
	s->change.detail = sl_buf_slice(&s->detail);
	return db_run(&store->db, "INSERT INTO layer (tenant, level, node, name, version, text, at, account, note)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "iiisisiss", s->layer.tenant, (int64_t)s->layer.node.level,
	    s->layer.node.id, sl_slice_str(s->layer.name), s->version, text, store_now_us(store),
	    s->change.actor->account, s->change.actor->note);
}

static int
setting_end(struct sl_store *store, struct setting *s, int r, int64_t *version_out)
{
	r = change_end(store, r, &s->change);
	*version_out = r == 0 ? s->version : 0;
	sl_buf_fini(&s->name);
	sl_buf_fini(&s->detail);
	sl_buf_fini(&s->before);
	return r;
}

static int
text_check(struct sl_store *store, struct sl_slice text, sl_layer_check *check, void *ctx, struct sl_buf *canonical)
{
	struct sl_buf error;
	int r;

	if ((r = node_text_check(store, text, SL_LAYER_TEXT_MAX, "the policy")) != 0)
		return r;
	sl_buf_init(&error, 400);
	r = check(ctx, text, canonical, &error);
	if (r != 0)
		db_fail(&store->db, r, "%s", error.len > 0 ? sl_buf_cstr(&error) : "the policy is refused");
	sl_buf_fini(&error);
	if (r == 0 && canonical->overflow)
		r = db_fail(&store->db, SL_ERR_TOO_LONG, "the policy is longer than %zu bytes", SL_LAYER_TEXT_MAX);
	return r;
}

int
sl_store_layer_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice name,
    struct sl_slice text, int64_t expected, sl_layer_check *check, void *ctx, int64_t *version_out)
{
	struct sl_buf canonical;
	struct setting s;
	int r = change_begin(store, actor);

	*version_out = 0;
	if (r != 0)
		return r;
	sl_buf_init(&canonical, SL_LAYER_TEXT_MAX);
	r = setting_begin(store, actor, node, name, &s);
	if (r == 0 && expected != SL_LAYER_ANY && expected != s.version)
		r = db_fail(&store->db, SL_ERR_BUSY, "it has been changed meanwhile: its version is %lld", (long long)s.version);
	if (r == 0)
		r = text_check(store, text, check, ctx, &canonical);
	if (r == 0)
		r = setting_write(store, &s, sl_buf_slice(&canonical), name.len > 0 ? "template.set" : "policy.set", -1);
	sl_buf_fini(&canonical);
	return setting_end(store, &s, r, version_out);
}

int
sl_store_layer_take_back(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice name,
    int64_t version, int64_t *version_out)
{
	struct sl_buf text;
	struct setting s;
	int r = change_begin(store, actor);

	*version_out = 0;
	if (r != 0)
		return r;
	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	r = setting_begin(store, actor, node, name, &s);
	if (r == 0)
		r = text_of(store, &s.layer, version, &text);
	if (r == 0)
		r = setting_write(store, &s, sl_buf_slice(&text), "policy.take-back", version);
	sl_buf_fini(&text);
	return setting_end(store, &s, r, version_out);
}

/* ---- reading ---- */

int
sl_store_layer_get(struct sl_store *store, struct sl_node node, struct sl_slice name, int64_t version,
    struct sl_buf *text, int64_t *version_out)
{
	struct layer layer;
	int64_t at = version;
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = layer_of(store, node, name, &layer);
	if (r == 0 && version == SL_LAYER_ANY) {
		r = newest(store, &layer, text, &at);
		if (r == 0 && at == 0)
			r = db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no policy there");
	} else if (r == 0) {
		r = text_of(store, &layer, version, text);
	}
	if (version_out != NULL)
		*version_out = at;
	return r;
}

int
sl_store_layers_at(struct sl_store *store, struct sl_node node, sl_layer_now_each *each, void *ctx)
{
	struct sl_layer_now now;
	struct db_query query;
	int64_t tenant;
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = node_tenant(store, node, &tenant);
	if (r != 0)
		return r;
	db_query(&store->db, &query, "SELECT name, max(version), text FROM layer WHERE tenant = ? AND level = ? AND node = ?"
	    " GROUP BY name ORDER BY name", "iii", tenant, (int64_t)node.level, node.id);
	while ((r = db_row(&query)) == SL_DONE) {
		now = (struct sl_layer_now){ db_text(&query, 0), db_int(&query, 1), db_text(&query, 2) };
		r = each(ctx, &now);
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}

int
sl_store_layer_history(struct sl_store *store, struct sl_node node, struct sl_slice name, sl_layer_version_each *each,
    void *ctx)
{
	struct sl_layer_version v;
	struct db_query query;
	struct layer layer;
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = layer_of(store, node, name, &layer);
	if (r != 0)
		return r;
	db_query(&store->db, &query, "SELECT version, at, account, note, text FROM layer WHERE tenant = ? AND level = ? AND node = ?"
	    " AND name = ? ORDER BY version DESC", "iiis", layer.tenant, (int64_t)node.level, node.id,
	    sl_slice_str(layer.name));
	while ((r = db_row(&query)) == SL_DONE) {
		v = (struct sl_layer_version){ db_int(&query, 0), db_int(&query, 1), db_text(&query, 2),
			db_text(&query, 3), db_text(&query, 4) };
		r = each(ctx, &v);
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}

int
sl_store_layer_diff(struct sl_store *store, struct sl_node node, struct sl_slice name, int64_t from, int64_t to,
    struct sl_buf *out)
{
	struct sl_buf a, b;
	struct layer layer;
	int r;

	SL_CHECK(store, DB_MAGIC);
	sl_buf_init(&a, SL_LAYER_TEXT_MAX);
	sl_buf_init(&b, SL_LAYER_TEXT_MAX);
	r = layer_of(store, node, name, &layer);
	if (r == 0)
		r = text_of(store, &layer, from, &a);
	if (r == 0)
		r = text_of(store, &layer, to, &b);
	if (r == 0)
		sl_layer_diff(sl_buf_slice(&a), sl_buf_slice(&b), out);
	sl_buf_fini(&a);
	sl_buf_fini(&b);
	return r;
}
