/* db.c - see db.h */

#include "db/db.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

int
db_fail(struct db *db, int result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(db->error, sizeof(db->error), format, ap);
	va_end(ap);
	return result;
}

int
db_result(struct db *db, int code)
{
	int result;

	switch (code & 0xff) {
	case SQLITE_OK: case SQLITE_DONE: case SQLITE_ROW:
		return 0;
	case SQLITE_BUSY: case SQLITE_LOCKED:
		result = SL_ERR_BUSY;
		break;
	case SQLITE_FULL: case SQLITE_NOMEM: case SQLITE_TOOBIG:
		result = SL_ERR_FULL;
		break;
	case SQLITE_CORRUPT: case SQLITE_NOTADB:
		result = SL_ERR_DAMAGED;
		break;
	case SQLITE_CONSTRAINT:
		result = SL_ERR_EXISTS;
		break;
	case SQLITE_ERROR: case SQLITE_MISUSE: case SQLITE_RANGE: case SQLITE_MISMATCH:
		SL_UNREACHABLE(db->handle != NULL ? sqlite3_errmsg(db->handle) : "a statement is wrong");
	default:
		result = SL_ERR_SYSTEM;
		break;
	}
	return db_fail(db, result, "%s: %s", sl_strerror(result),
	    db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
}

/* ---- statements ---- */

static struct db_cached *
cached_for(struct db *db, const char *sql)
{
	size_t at = sl_hash(&sql, sizeof(sql)) & (DB_STATEMENTS - 1);

	for (size_t i = 0; i < DB_STATEMENTS; i++) {
		struct db_cached *c = &db->cached[(at + i) & (DB_STATEMENTS - 1)];

		if (c->sql == sql || c->sql == NULL) {
			c->sql = sql;
			return c;
		}
	}
	SL_UNREACHABLE("more statements than DB_STATEMENTS");
}

/* SQLITE_ERROR is a fault of ours, but for a file that has not the tables it should. */
static int
prepare(struct db *db, const char *sql, unsigned flags, sqlite3_stmt **out)
{
	int code = sqlite3_prepare_v3(db->handle, sql, -1, flags, out, NULL);

	if (code == SQLITE_ERROR && strstr(sqlite3_errmsg(db->handle), "no such") != NULL)
		return db_fail(db, SL_ERR_DAMAGED, "the file is damaged: %s", sqlite3_errmsg(db->handle));
	return db_result(db, code);
}

static int
bind_one(sqlite3_stmt *statement, int at, char type, va_list *ap)
{
	int64_t number;
	struct sl_slice s;

	switch (type) {
	case 'i':
		return sqlite3_bind_int64(statement, at, va_arg(*ap, int64_t));
	case 'n':
		number = va_arg(*ap, int64_t);
		return number == 0 ? sqlite3_bind_null(statement, at) : sqlite3_bind_int64(statement, at, number);
	case 's':
		s = va_arg(*ap, struct sl_slice);
		return sqlite3_bind_text64(statement, at, s.len > 0 ? (const char *)s.ptr : "", s.len, SQLITE_STATIC,
		    SQLITE_UTF8);
	case 'b':
		s = va_arg(*ap, struct sl_slice);
		return sqlite3_bind_blob64(statement, at, s.len > 0 ? (const void *)s.ptr : "", s.len, SQLITE_STATIC);
	default:
		SL_UNREACHABLE("a type of argument");
	}
}

void
db_vquery(struct db *db, struct db_query *query, const char *sql, const char *types, va_list ap)
{
	struct db_cached *c = cached_for(db, sql);
	va_list args;
	int code = SQLITE_OK;

	*query = (struct db_query){ .db = db };
	if (!c->used) {
		if (c->statement == NULL)
			query->result = prepare(db, sql, SQLITE_PREPARE_PERSISTENT, &c->statement);
		query->statement = c->statement;
		query->from = c;
		c->used = true;
	} else {
		query->result = prepare(db, sql, 0, &query->statement);
	}
	va_copy(args, ap);
	for (int i = 0; types[i] != '\0' && query->result == 0; i++) {
		code = bind_one(query->statement, i + 1, types[i], &args);
		query->result = db_result(db, code);
	}
	va_end(args);
}

void
db_query(struct db *db, struct db_query *query, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	db_vquery(db, query, sql, types, ap);
	va_end(ap);
}

int
db_row(struct db_query *query)
{
	int code;

	if (query->result != 0)
		return query->result;
	code = sqlite3_step(query->statement);
	if (code == SQLITE_ROW)
		return SL_DONE;
	query->result = db_result(query->db, code);
	return query->result;
}

void
db_end(struct db_query *query)
{
	if (query->from != NULL) {
		if (query->statement != NULL)
			sqlite3_reset(query->statement);
		query->from->used = false;
	} else {
		sqlite3_finalize(query->statement);
	}
	query->statement = NULL;
}

int64_t
db_int(const struct db_query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

struct sl_slice
db_text(const struct db_query *query, int column)
{
	const void *data = sqlite3_column_blob(query->statement, column);
	int len = sqlite3_column_bytes(query->statement, column);

	return sl_slice(data != NULL ? data : "", data != NULL ? (size_t)len : 0);
}

int
db_run(struct db *db, const char *sql, const char *types, ...)
{
	struct db_query query;
	va_list ap;
	int r;

	va_start(ap, types);
	db_vquery(db, &query, sql, types, ap);
	va_end(ap);
	r = db_row(&query);
	db_end(&query);
	return r < 0 ? r : 0;
}

int
db_number(struct db *db, int64_t *out, const char *sql, const char *types, ...)
{
	struct db_query query;
	va_list ap;
	int r;

	va_start(ap, types);
	db_vquery(db, &query, sql, types, ap);
	va_end(ap);
	*out = 0;
	r = db_row(&query);
	if (r == SL_DONE)
		*out = db_int(&query, 0);
	db_end(&query);
	return r == SL_DONE ? 0 : r == 0 ? SL_ERR_NOT_FOUND : r;
}

int
db_script(struct db *db, const char *sql)
{
	return db_result(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

int64_t
db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t
db_changed(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}

/* ---- files ---- */

int
db_open(struct db *db, const char *path, bool read_only)
{
	int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	mode_t mask = umask(0077);
	int code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);

	umask(mask);
	db->read_only = read_only;
	if (code == SQLITE_CANTOPEN)
		return db_fail(db, SL_ERR_SYSTEM, "cannot be opened: %s", strerror(sqlite3_system_errno(db->handle)));
	if (code != SQLITE_OK)
		return db_result(db, code);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

void
db_close(struct db *db)
{
	for (size_t i = 0; i < DB_STATEMENTS; i++) {
		sqlite3_finalize(db->cached[i].statement);
		db->cached[i] = (struct db_cached){ 0 };
	}
	sqlite3_close_v2(db->handle);
	db->handle = NULL;
}

int
db_identify(struct db *db, const char *path, int64_t application, int64_t newest, int64_t *version)
{
	int64_t is = 0, tables = 0;
	int r;

	if ((r = db_number(db, &is, "PRAGMA application_id", "")) != 0 ||
	    (r = db_number(db, version, "PRAGMA user_version", "")) != 0 ||
	    (r = db_number(db, &tables, "SELECT count(*) FROM sqlite_schema", "")) != 0)
		return r;
	if (is == 0 && *version == 0 && tables == 0)
		return 0;
	if (is != application)
		return db_fail(db, SL_ERR_DAMAGED, "%s is a database of another program", path);
	if (*version > newest)
		return db_fail(db, SL_ERR_VERSION, "%s was written by a newer Sluice: its version is %lld, this "
		    "program's %lld", path, (long long)*version, (long long)newest);
	return 0;
}

int
db_settings(struct db *db, unsigned cache_kib, bool fast)
{
	char cache[64];
	int r = db_script(db, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
	    "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;");

	snprintf(cache, sizeof(cache), "PRAGMA cache_size = -%u", cache_kib);
	if (r == 0)
		r = db_script(db, cache);
	if (r == 0)
		r = db_script(db, "PRAGMA temp_store = MEMORY");	/* in a jail there is no other place */
	if (r == 0 && !db->read_only)
		r = db_script(db, "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864;");
	if (r == 0)
		r = db_script(db, fast ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL");
	return r;
}
