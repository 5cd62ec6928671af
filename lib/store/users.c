/* users.c - users, given, imported and found; see tree.h */

#include "store/tree.h"

#include <stdio.h>

#include "db_i.h"
#include "store/walk.h"

#define NAME_MAX_TEXT	(DOMAIN_MAX + LOCAL_MAX + 32)
#define DAY_S		86400

/* Rows mostly come domain by domain and group by group: the last of each is remembered. */
struct place {
	struct sl_store	*store;
	int64_t		 tenant;	/* whose domains count */
	char		 domain_name[DOMAIN_MAX + 1];
	int64_t		 domain;
	int64_t		 group_domain;
	char		 group_name[SL_NAME_MAX + 1];
	int64_t		 group;
	bool		 made_group;
};

static int
place_domain(struct place *p, const char *name)
{
	int r;

	if (p->domain != 0 && strcmp(name, p->domain_name) == 0)
		return 0;
	r = db_number(&p->store->db, &p->domain, "SELECT ifnull(alias_of, id) FROM domain WHERE name = ? AND tenant = ?", "si",
	    sl_slice_str(name), p->tenant);
	strcpy(p->domain_name, name);
	return r == SL_ERR_NOT_FOUND ? db_fail(&p->store->db, r, "%s is no domain of this tenant", name) : r;
}

/* Find, or make. */
static int
place_group(struct place *p, struct sl_slice name, int64_t *group_out)
{
	char normal[SL_NAME_MAX + 1];
	int r;

	*group_out = 0;
	if (name.len == 0)
		return 0;
	if ((r = node_name_check(p->store, name, "group", normal)) != 0)
		return r;
	if (p->group == 0 || p->group_domain != p->domain || strcmp(normal, p->group_name) != 0) {
		r = db_number(&p->store->db, &p->group, "SELECT id FROM node_group WHERE domain = ? AND name = ?", "is", p->domain,
		    sl_slice_str(normal));
		if (r == SL_ERR_NOT_FOUND) {
			r = db_run(&p->store->db, "INSERT INTO node_group (domain, name) VALUES (?, ?)", "is", p->domain,
			    sl_slice_str(normal));
			p->group = db_last_id(&p->store->db);
			p->made_group = true;
		}
		p->group_domain = p->domain;
		strcpy(p->group_name, normal);
	}
	*group_out = p->group;
	return r;
}

/* The number of who was added, or was there. */
static int
user_add(struct place *p, enum sl_user_source source, const struct sl_new_user *user, int64_t *id_out)
{
	struct node_address address;
	int64_t group = 0;
	int r;

	if (node_address_check(user->address, &address) != 0)
		return db_fail(&p->store->db, SL_ERR_SYNTAX, "\"%.*s\" is no address", SL_SLICE_ARG(user->address));
	if ((r = place_domain(p, address.domain)) != 0 || (r = place_group(p, user->group, &group)) != 0)
		return r;
	return db_number(&p->store->db, id_out, "INSERT INTO user (domain, local, in_group, source) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (domain, local) DO UPDATE SET in_group = ifnull(?3, in_group), source = ?4 RETURNING id", "isni", p->domain,
	    sl_slice_str(address.local), group, (int64_t)source);
}

int
sl_store_users_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant, enum sl_user_source source,
    const struct sl_new_user *users, size_t len, size_t *bad_out)
{
	struct change change = { .actor = actor, .verb = "user.add", .node = tenant, .tenant = tenant.id,
		.kinds = SL_CHANGE_USER | SL_CHANGE_GROUP };
	struct place place = { .store = store, .tenant = tenant.id };
	struct sl_buf text, detail;
	int r = change_begin(store, actor);
	bool each = len <= CHANGE_USERS_MAX && store->depth == 1;	/* is named; within an import its number stands for all */
	int64_t id;

	if (bad_out != NULL)
		*bad_out = 0;
	if (r != 0)
		return r;
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT && source < SL_USER_SOURCE_COUNT);
	sl_buf_init(&text, NAME_MAX_TEXT);
	sl_buf_init(&detail, 1024);
	r = sl_store_name(store, tenant, &text);
	for (size_t i = 0; i < len && r == 0; i++) {
		r = user_add(&place, source, &users[i], &id);
		if (r == 0 && each)
			r = change_number(store, SL_CHANGE_USER, (struct sl_node){ SL_LEVEL_USER, id }, tenant.id);
		if (r != 0 && bad_out != NULL)
			*bad_out = i;
	}
	if (len == 1) {
		sl_buf_add_str(&detail, "{\"user\":");
		sl_buf_add_json(&detail, users[0].address);
		sl_buf_add_str(&detail, "}");
	} else {
		sl_buf_addf(&detail, "{\"users\":%zu,\"source\":\"%s\"}", len, sl_user_source_word(source));
	}
	change.target = sl_buf_slice(&text);
	change.detail = sl_buf_slice(&detail);
	change.verb = len > 0 ? change.verb : NULL;
	if (each)
		change.kinds = place.made_group ? SL_CHANGE_GROUP : 0;
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	sl_buf_fini(&detail);
	return r;
}

int
sl_store_user_set_group(struct sl_store *store, const struct sl_actor *actor, struct sl_node user, struct sl_node group)
{
	struct change change = { .actor = actor, .verb = "user.set", .node = user, .kinds = SL_CHANGE_USER };
	struct sl_access_path path, to = { .level = SL_LEVEL_GROUP };
	struct sl_buf text, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(user.level == SL_LEVEL_USER && (group.id == 0 || group.level == SL_LEVEL_GROUP));
	sl_buf_init(&text, NAME_MAX_TEXT);
	sl_buf_init(&detail, 1024);
	r = sl_store_path(store, user, &path);
	change.tenant = path.id[SL_LEVEL_TENANT];
	if (r == 0)
		r = sl_store_name(store, user, &text);
	sl_buf_add_str(&detail, "{\"group\":\"");
	if (r == 0 && group.id != 0 && (r = sl_store_path(store, group, &to)) == 0) {
		if (to.id[SL_LEVEL_DOMAIN] != path.id[SL_LEVEL_DOMAIN])
			r = db_fail(&store->db, SL_ERR_SYNTAX, "the group is of another domain");
		else
			r = sl_store_name(store, group, &detail);
	}
	sl_buf_add_str(&detail, "\"}");
	if (r == 0)
		r = db_run(&store->db, "UPDATE user SET in_group = ? WHERE id = ?", "ni", group.id, user.id);
	change.target = sl_buf_slice(&text);
	change.detail = sl_buf_slice(&detail);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	sl_buf_fini(&detail);
	return r;
}

/* ---- found by mail ---- */

/* Returns SL_DONE when a user was added, 0 when not. */
static int
user_seen(struct sl_store *store, struct sl_slice text, int64_t now_s)
{
	struct node_address address;
	int64_t domain, tenant;
	int r;

	if (node_address_check(text, &address) != 0)
		return 0;
	r = db_number(&store->db, &domain, "SELECT ifnull(d.alias_of, d.id) FROM domain d JOIN tenant t ON t.id = d.tenant"
	    " WHERE d.name = ? AND t.users = ?", "si", sl_slice_str(address.domain), (int64_t)SL_TENANT_USERS_DISCOVER);
	if (r != 0)
		return r == SL_ERR_NOT_FOUND ? 0 : r;
	r = db_run(&store->db, "INSERT OR IGNORE INTO user (domain, local, source, seen) VALUES (?, ?, ?, ?)", "isii", domain,
	    sl_slice_str(address.local), (int64_t)SL_USER_DISCOVERED, now_s);
	if (r == 0 && db_changed(&store->db) > 0) {
		struct sl_node user = { SL_LEVEL_USER, db_last_id(&store->db) };

		r = node_tenant(store, user, &tenant);
		if (r == 0)
			r = change_number(store, SL_CHANGE_USER, user, tenant);
		return r == 0 ? SL_DONE : r;
	}
	return r != 0 ? r : db_run(&store->db, "UPDATE user SET seen = ? WHERE domain = ? AND local = ? AND seen < ?", "iisi", now_s, domain,
	    sl_slice_str(address.local), now_s - DAY_S);	/* once a day is often enough */
}

int
sl_store_users_seen(struct sl_store *store, const struct sl_actor *actor, const struct sl_slice *addresses, size_t len,
    size_t *added_out)
{
	struct change change = { .actor = actor, .target = SL_SLICE_LIT("operator") };
	int64_t now_s = store_now_us(store) / 1000000;
	char detail[64];
	int r = change_begin(store, actor);

	*added_out = 0;
	if (r != 0)
		return r;
	for (size_t i = 0; i < len && r >= 0; i++) {
		r = user_seen(store, addresses[i], now_s);
		*added_out += r == SL_DONE;
	}
	if (*added_out > 0)
		change.verb = "user.discover";
	snprintf(detail, sizeof(detail), "{\"users\":%zu}", *added_out);
	change.detail = sl_slice_str(detail);
	return change_end(store, SL_MIN(r, 0), &change);
}

/* ---- forgotten */

struct gone {
	int64_t		(*pairs)[2];	/* user, tenant */
	size_t		 len, room;
};

static int
gone_find(struct sl_store *store, int64_t now_s, struct gone *gone)
{
	struct db_query query;
	int r;

	_Static_assert(SL_USER_DISCOVERED == 2, "the number in this statement, and in the index");
	db_query(&store->db, &query, "SELECT u.id, d.tenant FROM user u JOIN domain d ON d.id = u.domain JOIN tenant t ON"
	    " t.id = d.tenant WHERE u.source = 2 AND u.seen < ? - t.discover_days * 86400", "i", now_s);
	while ((r = db_row(&query)) == SL_DONE) {
		if (gone->len == gone->room) {
			gone->room = gone->room * 2 + 64;
			gone->pairs = sl_xrealloc(gone->pairs, gone->room * sizeof(*gone->pairs));
		}
		gone->pairs[gone->len][0] = db_int(&query, 0);
		gone->pairs[gone->len++][1] = db_int(&query, 1);
	}
	db_end(&query);
	return r;
}

static int
user_forget(struct sl_store *store, int64_t user, int64_t tenant)
{
	struct sl_node node = { SL_LEVEL_USER, user };
	struct change change = { .tenant = tenant };
	int r = change_users(store, node, &change);

	if (r == 0)
		r = node_remove_hanging(store, node, tenant);
	return r == 0 ? db_run(&store->db, "DELETE FROM user WHERE id = ?", "i", user) : r;
}

int
sl_store_users_expire(struct sl_store *store, const struct sl_actor *actor, size_t *removed_out)
{
	struct change change = { .actor = actor, .target = SL_SLICE_LIT("operator") };
	struct gone gone = { 0 };
	char detail[64];
	int r = change_begin(store, actor);

	*removed_out = 0;
	if (r != 0)
		return r;
	r = gone_find(store, store_now_us(store) / 1000000, &gone);
	for (size_t i = 0; i < gone.len && r == 0; i++)
		r = user_forget(store, gone.pairs[i][0], gone.pairs[i][1]);
	sl_free(gone.pairs);
	*removed_out = r == 0 ? gone.len : 0;
	change.verb = gone.len > 0 ? "user.expire" : NULL;
	snprintf(detail, sizeof(detail), "{\"users\":%zu}", gone.len);
	change.detail = sl_slice_str(detail);
	return change_end(store, r, &change);
}
