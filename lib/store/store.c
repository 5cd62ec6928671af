/* store.c - open, check, copy, close; transactions; see store.h */

#include "store/store.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_i.h"

#define APPLICATION_ID	0x51c35e77	/* of our files */
#define CACHE_KIB	32768
#define BACKUP_PAGES	256		/* copied at once; others may write in between */

const char *
sl_store_error(const struct sl_store *store)
{
	SL_CHECK(store, DB_MAGIC);
	return store->db.error;
}

/* ---- opening ---- */

static int
open_existing(struct sl_store *store, const struct sl_store_options *options)
{
	char mark[64];
	int64_t version = 0;
	int r;

	if ((r = db_identify(&store->db, options->path, APPLICATION_ID, SCHEMA_VERSION, &version)) != 0 ||
	    (r = db_settings(&store->db, CACHE_KIB, options->fast)) != 0)
		return r;
	if (!store->db.read_only && (r = db_script(&store->db, "PRAGMA secure_delete = ON")) != 0)
		return r;
	if (store->db.read_only)
		return version == SCHEMA_VERSION ? 0 : db_fail(&store->db, SL_ERR_VERSION,
		    "%s is of version %lld, this program's is %d: open it for writing once", options->path,
		    (long long)version, SCHEMA_VERSION);
	if (version == SCHEMA_VERSION)
		return 0;
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d", APPLICATION_ID);
	r = db_script(&store->db, mark);
	return r == 0 ? schema_migrate(store, SCHEMA_VERSION) : r;
}

int
sl_store_open(const struct sl_store_options *options, struct sl_store **store_out)
{
	struct sl_store *store = sl_xzalloc(sizeof(*store));
	char reason[sizeof(store->db.error)];
	int r;

	store->magic = DB_MAGIC;
	store->clock = options->clock != NULL ? options->clock : &sl_clock_system;
	*store_out = store;
	if (sodium_init() < 0)
		return db_fail(&store->db, SL_ERR_SYSTEM, "libsodium cannot be used");
	r = db_open(&store->db, options->path, options->read_only);
	if (r == 0)
		r = open_existing(store, options);
	if (r != 0 && strstr(store->db.error, options->path) == NULL) {
		memcpy(reason, store->db.error, sizeof(reason));
		db_fail(&store->db, r, "%s: %.380s", options->path, reason);
	}
	return r;
}

void
sl_store_close(struct sl_store **store)
{
	if (*store == NULL)
		return;
	SL_CHECK(*store, DB_MAGIC);
	db_close(&(*store)->db);
	SL_OBJ_FREE(store, DB_MAGIC);
}

/* ---- the whole file ---- */

int
sl_store_check(struct sl_store *store)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "PRAGMA integrity_check(1)", "");
	r = db_row(&query);
	if (r == SL_DONE && !sl_slice_eq(db_text(&query, 0), SL_SLICE_LIT("ok")))
		r = db_fail(&store->db, SL_ERR_DAMAGED, "the file is damaged: " SL_SLICE_FMT, SL_SLICE_ARG(db_text(&query, 0)));
	db_end(&query);
	if (r < 0)
		return r;
	db_query(&store->db, &query, "PRAGMA foreign_key_check", "");
	r = db_row(&query);
	if (r == SL_DONE)
		r = db_fail(&store->db, SL_ERR_DAMAGED, "the file is damaged: a %.*s belongs to nothing",
		    SL_SLICE_ARG(db_text(&query, 0)));
	db_end(&query);
	return r;
}

static int
copy_pages(struct sl_store *store, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", store->db.handle, "main");
	int code;

	if (backup == NULL)
		return db_fail(&store->db, SL_ERR_SYSTEM, "a copy cannot be begun: %s", sqlite3_errmsg(to));
	do {
		code = sqlite3_backup_step(backup, BACKUP_PAGES);
	} while (code == SQLITE_OK);
	sqlite3_backup_finish(backup);
	return code == SQLITE_DONE ? 0 : db_fail(&store->db, (code & 0xff) == SQLITE_FULL ? SL_ERR_FULL : SL_ERR_SYSTEM,
	    "the copy failed: %s", sqlite3_errmsg(to));
}

int
sl_store_backup(struct sl_store *store, const char *path)
{
	sqlite3 *to = NULL;
	mode_t mask;
	int r = 0;

	SL_CHECK(store, DB_MAGIC);
	if (access(path, F_OK) == 0)
		return db_fail(&store->db, SL_ERR_EXISTS, "%s is there already", path);
	mask = umask(0077);
	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		r = db_fail(&store->db, SL_ERR_SYSTEM, "%s: %s", path, sqlite3_errmsg(to));
	umask(mask);
	if (r == 0)
		r = copy_pages(store, to);
	if (r == 0 && sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
		r = db_fail(&store->db, SL_ERR_SYSTEM, "%s: %s", path, sqlite3_errmsg(to));
	sqlite3_close(to);
	if (r != 0)
		(void)unlink(path);
	return r;
}

/* ---- several calls as one ---- */

int
sl_store_begin(struct sl_store *store)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(!store->grouped && store->depth == 0);
	r = db_run(&store->db, "BEGIN IMMEDIATE", "");
	store->grouped = r == 0;
	return r;
}

int
sl_store_commit(struct sl_store *store)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(store->grouped && store->depth == 0);
	store->grouped = false;
	if (sqlite3_get_autocommit(store->db.handle))
		return db_fail(&store->db, SL_ERR_SYSTEM, "what was begun has been undone, after a failure of the disk");
	r = db_run(&store->db, "COMMIT", "");
	if (r != 0)
		sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

void
sl_store_rollback(struct sl_store *store)
{
	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(store->grouped && store->depth == 0);
	sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
	store->grouped = false;
}

/* ---- one moment ---- */

int
sl_store_view_begin(struct sl_store *store)
{
	int64_t version;
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(!store->grouped && store->depth == 0);
	r = db_run(&store->db, "BEGIN", "");
	if (r == 0)
		r = db_number(&store->db, &version, "SELECT count(*) FROM sqlite_schema", "");	/* the moment is now */
	if (r != 0)
		sl_store_view_end(store);
	return r;
}

void
sl_store_view_end(struct sl_store *store)
{
	SL_CHECK(store, DB_MAGIC);
	sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
}
