/* change.c - a call that changes something: all of it with its audit entry, or nothing; see db_i.h */

#include "db_i.h"

#include "sl/utf8.h"
#include "store/walk.h"

#define ACCOUNT_MAX	254
#define NOTE_MAX	1000

int64_t
store_now_us(const struct sl_store *store)
{
	return store->clock->wall_us(store->clock->ctx);
}

int
node_text_check(struct sl_store *store, struct sl_slice text, size_t max, const char *what)
{
	if (text.len > max)
		return db_fail(&store->db, SL_ERR_TOO_LONG, "%s is longer than %zu bytes", what, max);
	if (!sl_utf8_valid(text) || (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL))
		return db_fail(&store->db, SL_ERR_SYNTAX, "%s is not UTF-8", what);
	return 0;
}

/* Calls may be made of others (an import): only the outermost is a transaction of its own. */
int
change_begin(struct sl_store *store, const struct sl_actor *actor)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(actor != NULL);
	store->db.error[0] = '\0';
	if (actor->account.len == 0)
		return db_fail(&store->db, SL_ERR_SYNTAX, "nobody is named who does this");
	if ((r = node_text_check(store, actor->account, ACCOUNT_MAX, "the account")) != 0 ||
	    (r = node_text_check(store, actor->note, NOTE_MAX, "the note")) != 0)
		return r;
	if (store->db.read_only)
		return db_fail(&store->db, SL_ERR_REFUSED, "the database is open for reading only");
	/* A full disk can make the database undo a whole transaction by itself. */
	if (store->grouped && sqlite3_get_autocommit(store->db.handle))
		return db_fail(&store->db, SL_ERR_SYSTEM, "what was begun has been undone, after a failure of the disk");
	if (!store->grouped && store->depth == 0)
		r = db_run(&store->db, "BEGIN IMMEDIATE", "");
	else if (store->depth == 0)
		r = db_run(&store->db, "SAVEPOINT change", "");
	if (r == 0)
		store->depth++;
	return r;
}

/* Those long past are dropped, seldom: the table grows by a tenth over what is kept. */
int
change_number(struct sl_store *store, unsigned kinds, struct sl_node node, int64_t tenant)
{
	int64_t number;
	int r;

	r = db_run(&store->db, "INSERT INTO change (kinds, level, node, tenant) VALUES (?, ?, ?, ?)", "iiii", (int64_t)kinds,
	    (int64_t)node.level, node.id, tenant);
	number = db_last_id(&store->db);
	if (r == 0 && number % (SL_CHANGES_KEPT / 10) == 0)
		r = db_run(&store->db, "DELETE FROM change WHERE number <= ?", "i", number - SL_CHANGES_KEPT);
	return r;
}

/* How many rows a statement finds, up to one more than can be named. */
static int
count_users(struct sl_store *store, const char *sql, struct sl_node node, bool *few_out)
{
	int64_t count;
	int r = db_number(&store->db, &count, sql, "ii", node.id, (int64_t)CHANGE_USERS_MAX + 1);

	*few_out = r == 0 && count <= CHANGE_USERS_MAX;
	return r;
}

#define GONE "INSERT INTO change (kinds, level, node, tenant, was) SELECT ?1, ?2, u.id, d.tenant, u.local || '@' || d.name"	\
	" FROM user u JOIN domain d ON d.id = u.domain"

int
change_users(struct sl_store *store, struct sl_node node, struct change *change)
{
	const int64_t kinds = SL_CHANGE_USER, level = SL_LEVEL_USER;
	int64_t spoke;
	bool few;
	int r;

	switch (node.level) {
	case SL_LEVEL_USER:
		change->kinds = 0;	/* he is all that changes */
		return db_run(&store->db, GONE " WHERE u.id = ?3", "iii", kinds, level, node.id);
	case SL_LEVEL_DOMAIN:
		r = count_users(store, "SELECT count(*) FROM (SELECT 1 FROM user WHERE domain = ?1 LIMIT ?2)", node, &few);
		if (few)
			return db_run(&store->db, GONE " WHERE u.domain = ?3", "iii", kinds, level, node.id);
		change->kinds |= SL_CHANGE_USER;
		return r;
	case SL_LEVEL_GROUP:	/* its members are there still, but inherit from others, if it has ever said anything */
		r = db_number(&store->db, &spoke, "SELECT count(*) FROM layer WHERE tenant = ?1 AND level = ?2 AND node = ?3", "iii",
		    change->tenant, (int64_t)SL_LEVEL_GROUP, node.id);
		if (r != 0 || spoke == 0)
			return r;
		r = count_users(store, "SELECT count(*) FROM (SELECT 1 FROM user WHERE in_group = ?1 LIMIT ?2)", node, &few);
		if (few)
			return db_run(&store->db, "INSERT INTO change (kinds, level, node, tenant) SELECT ?1, ?2, id, ?3 FROM user"
			    " WHERE in_group = ?4", "iiii", kinds, level, change->tenant, node.id);
		change->kinds |= SL_CHANGE_USER;
		return r;
	case SL_LEVEL_OPERATOR: case SL_LEVEL_PARTNER: case SL_LEVEL_TENANT: case SL_LEVELS_COUNT:
		break;
	}
	return 0;
}

/* Undo this call alone. */
static void
undo(struct sl_store *store)
{
	if (store->grouped)
		sqlite3_exec(store->db.handle, "ROLLBACK TO change; RELEASE change", NULL, NULL, NULL);
	else
		sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
}

int
change_end(struct sl_store *store, int result, const struct change *change)
{
	SL_ASSERT(store->depth > 0);
	if (result == 0 && change->verb != NULL && store->depth == 1) {
		result = audit_write(store, change->actor, change->tenant, change->target, sl_slice_str(change->verb),
		    change->detail);
		if (result == 0 && change->kinds != 0)
			result = change_number(store, change->kinds, change->node, change->tenant);
	}
	store->depth--;
	if (store->depth > 0)
		return result;		/* the outer call undoes all when it hears of this */
	if (result == 0)
		result = store->grouped ? db_run(&store->db, "RELEASE change", "") : db_run(&store->db, "COMMIT", "");
	if (result != 0)
		undo(store);
	return result;
}
