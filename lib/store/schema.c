/*
 * schema.c - the tables, as the steps that lead from each version to the next; see db_i.h
 *
 * A step is never edited once it has been released: what changes is another step. A database that is made is one of
 * version 0 that is migrated, so that there is one way to every version. test: store_test.c, from each older one.
 *
 * Numbers of nodes are never used again (AUTOINCREMENT): an audit entry or a key's name cannot come to mean another.
 * Lists and layers hang at nodes of any level, so they have no foreign key; tree.c removes them with their node, and
 * `tenant` in front of their keys makes a tenant's one range.
 */

#include "db_i.h"

static const char *const steps[SCHEMA_VERSION] = {
	/* 1: the tree, lists, policies */
	"CREATE TABLE partner (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE tenant (id INTEGER PRIMARY KEY AUTOINCREMENT, partner INTEGER REFERENCES partner (id),"
	"	name TEXT NOT NULL UNIQUE, state INTEGER NOT NULL);"
	"CREATE INDEX tenant_partner ON tenant (partner);"
	"CREATE TABLE route (tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, place INTEGER NOT NULL,"
	"	host TEXT NOT NULL, port INTEGER NOT NULL, tls INTEGER NOT NULL,"
	"	PRIMARY KEY (tenant, place)) WITHOUT ROWID;"
	"CREATE TABLE domain (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, name TEXT NOT NULL UNIQUE,"
	"	alias_of INTEGER REFERENCES domain (id));"
	"CREATE INDEX domain_tenant ON domain (tenant, id);"
	"CREATE INDEX domain_alias ON domain (alias_of) WHERE alias_of IS NOT NULL;"
	"CREATE TABLE node_group (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	domain INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE, name TEXT NOT NULL,"
	"	UNIQUE (domain, name));"
	"CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	domain INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE, local TEXT NOT NULL,"
	"	in_group INTEGER REFERENCES node_group (id) ON DELETE SET NULL, source INTEGER NOT NULL,"
	"	UNIQUE (domain, local));"
	"CREATE INDEX user_group ON user (in_group) WHERE in_group IS NOT NULL;"
	"CREATE TABLE list (tenant INTEGER NOT NULL, level INTEGER NOT NULL, node INTEGER NOT NULL, value TEXT NOT NULL,"
	"	kind INTEGER NOT NULL, type INTEGER NOT NULL, options INTEGER NOT NULL, note TEXT NOT NULL,"
	"	expires INTEGER NOT NULL, added INTEGER NOT NULL, added_by TEXT NOT NULL,"
	"	PRIMARY KEY (tenant, level, node, value)) WITHOUT ROWID;"
	"CREATE INDEX list_expires ON list (expires) WHERE expires > 0;"
	"CREATE TABLE layer (tenant INTEGER NOT NULL, level INTEGER NOT NULL, node INTEGER NOT NULL, name TEXT NOT NULL,"
	"	version INTEGER NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, account TEXT NOT NULL, note TEXT NOT NULL,"
	"	PRIMARY KEY (tenant, level, node, name, version)) WITHOUT ROWID;",

	/* 2: roles, keys, the audit trail, numbers of changes */
	"CREATE TABLE access (account TEXT NOT NULL, role INTEGER NOT NULL, level INTEGER NOT NULL, node INTEGER NOT NULL,"
	"	tenant INTEGER NOT NULL, added INTEGER NOT NULL, added_by TEXT NOT NULL,"
	"	PRIMARY KEY (account, role, level, node)) WITHOUT ROWID;"
	"CREATE INDEX access_node ON access (level, node, account);"
	"CREATE INDEX access_tenant ON access (tenant);"
	"CREATE TABLE tenant_key (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, public BLOB NOT NULL, wrapped BLOB NOT NULL,"
	"	holder INTEGER NOT NULL, current INTEGER NOT NULL, added INTEGER NOT NULL);"
	"CREATE INDEX tenant_key_tenant ON tenant_key (tenant, id);"
	"CREATE TABLE audit (number INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, tenant_number INTEGER NOT NULL,"
	"	at INTEGER NOT NULL, account TEXT NOT NULL, note TEXT NOT NULL, verb TEXT NOT NULL, target TEXT NOT NULL,"
	"	detail TEXT NOT NULL, hash BLOB NOT NULL, tenant_hash BLOB NOT NULL);"
	"CREATE INDEX audit_tenant ON audit (tenant, tenant_number) WHERE tenant > 0;"
	"CREATE TABLE audit_head (tenant INTEGER PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL, name TEXT NOT NULL);"
	"CREATE INDEX audit_head_name ON audit_head (name);"
	"CREATE TABLE change (number INTEGER PRIMARY KEY AUTOINCREMENT, kinds INTEGER NOT NULL, level INTEGER NOT NULL,"
	"	node INTEGER NOT NULL, tenant INTEGER NOT NULL);",

	/* 3: which recipients there are: users that are found by the mail that is accepted for them */
	"ALTER TABLE tenant ADD COLUMN users INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tenant ADD COLUMN discover_days INTEGER NOT NULL DEFAULT 90;"
	"ALTER TABLE user ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX user_seen ON user (seen) WHERE source = 2;",	/* discovered */

	/* 4: values of lists as lib/policy prints them: a network of one address without its length */
	"UPDATE OR REPLACE list SET value = substr(value, 1, length(value) - 3)"
	"	WHERE type = 2 AND value LIKE '%/32' AND value NOT LIKE '%:%';"
	"UPDATE OR REPLACE list SET value = substr(value, 1, length(value) - 4) WHERE type = 2 AND value LIKE '%/128';",

	/* 5: digests: keys of action addresses; up to when each tenant's were made, and each mailbox's; deeds asked for by mail */
	"CREATE TABLE digest_key (made INTEGER PRIMARY KEY, number INTEGER NOT NULL, secret BLOB NOT NULL);"
	"CREATE TABLE digest_run (tenant INTEGER PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE, at INTEGER NOT NULL);"
	"CREATE TABLE digest_served (tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, mailbox TEXT NOT NULL,"
	"	due INTEGER NOT NULL, PRIMARY KEY (tenant, mailbox)) WITHOUT ROWID;"
	"CREATE TABLE deed (id BLOB PRIMARY KEY, state INTEGER NOT NULL, verb INTEGER NOT NULL, outcome INTEGER NOT NULL,"
	"	day INTEGER NOT NULL, at INTEGER NOT NULL, tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,"
	"	message BLOB NOT NULL, mailbox TEXT NOT NULL, in_reply_to TEXT NOT NULL, trace TEXT NOT NULL, author TEXT NOT NULL,"
	"	subject TEXT NOT NULL, said TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX deed_message ON deed (tenant, message, mailbox);"
	"CREATE INDEX deed_open ON deed (at) WHERE state < 2;"
	"CREATE INDEX deed_over ON deed (day) WHERE state = 2;",

	/* 6: what one person asked for and a second one is to approve */
	"CREATE TABLE approval (number INTEGER PRIMARY KEY AUTOINCREMENT, state INTEGER NOT NULL, asked INTEGER NOT NULL,"
	"	decided INTEGER NOT NULL, account TEXT NOT NULL, verb TEXT NOT NULL, args TEXT NOT NULL, note TEXT NOT NULL,"
	"	decided_by TEXT NOT NULL, level INTEGER NOT NULL, node INTEGER NOT NULL, target TEXT NOT NULL);"
	"CREATE INDEX approval_open ON approval (asked) WHERE state = 0;",

	/* 7: tenants of the settings file: whether one is, what its section was when it was taken over, what it said of policies */
	"ALTER TABLE tenant ADD COLUMN file INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tenant ADD COLUMN file_mark INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tenant ADD COLUMN file_says INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX tenant_file ON tenant (file) WHERE file > 0;",

	/* 8: the address of a user that is gone: snapshots know users by what they are called */
	"ALTER TABLE change ADD COLUMN was TEXT NOT NULL DEFAULT '';",
};

int
schema_version(struct sl_store *store, int64_t *version_out)
{
	return db_number(&store->db, version_out, "PRAGMA user_version", "");
}

static int
step_to(struct sl_store *store, int64_t version)
{
	char *mark = sl_xasprintf("PRAGMA user_version = %lld", (long long)version);
	int r = db_script(&store->db, steps[version - 1]);

	if (r == 0)
		r = db_script(&store->db, mark);
	sl_free(mark);
	return r;
}

int
schema_migrate(struct sl_store *store, int64_t version)
{
	int64_t at = 0;
	int r;

	r = db_script(&store->db, "BEGIN IMMEDIATE");
	if (r == 0)
		r = schema_version(store, &at);	/* within the transaction: another process may have been faster */
	for (; r == 0 && at < version; at++)
		r = step_to(store, at + 1);
	if (r == 0)
		return db_script(&store->db, "COMMIT");
	sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
	return r;
}
