/* db.c - statements, kept and bound; see db_i.h */

#include "db_i.h"

#include <stdio.h>

int
db_fail(struct sl_store *store, int result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(store->error, sizeof(store->error), format, ap);
	va_end(ap);
	return result;
}

int
db_result(struct sl_store *store, int code)
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
		result = SL_ERR_CORRUPT;
		break;
	case SQLITE_CONSTRAINT:
		result = SL_ERR_EXISTS;
		break;
	case SQLITE_ERROR: case SQLITE_MISUSE: case SQLITE_RANGE: case SQLITE_MISMATCH:
		SL_UNREACHABLE(store->db != NULL ? sqlite3_errmsg(store->db) : "a statement is wrong");
	default:
		result = SL_ERR_SYSTEM;
		break;
	}
	return db_fail(store, result, "%s: %s", sl_strerror(result),
	    store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
}

/* ---- statements ---- */

static struct db_cached *
cached_for(struct sl_store *store, const char *sql)
{
	size_t at = sl_hash(&sql, sizeof(sql)) & (DB_STATEMENTS - 1);

	for (size_t i = 0; i < DB_STATEMENTS; i++) {
		struct db_cached *c = &store->cached[(at + i) & (DB_STATEMENTS - 1)];

		if (c->sql == sql || c->sql == NULL) {
			c->sql = sql;
			return c;
		}
	}
	SL_UNREACHABLE("more statements than DB_STATEMENTS");
}

/* SQLITE_ERROR is a fault of ours, but for a file that has not the tables it should. */
static int
prepare(struct sl_store *store, const char *sql, unsigned flags, sqlite3_stmt **out)
{
	int code = sqlite3_prepare_v3(store->db, sql, -1, flags, out, NULL);

	if (code == SQLITE_ERROR && strstr(sqlite3_errmsg(store->db), "no such") != NULL)
		return db_fail(store, SL_ERR_CORRUPT, "the file is damaged: %s", sqlite3_errmsg(store->db));
	return db_result(store, code);
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
db_vquery(struct sl_store *store, struct db_query *query, const char *sql, const char *types, va_list ap)
{
	struct db_cached *c = cached_for(store, sql);
	va_list args;
	int code = SQLITE_OK;

	*query = (struct db_query){ .store = store };
	if (!c->used) {
		if (c->statement == NULL)
			query->result = prepare(store, sql, SQLITE_PREPARE_PERSISTENT, &c->statement);
		query->statement = c->statement;
		query->from = c;
		c->used = true;
	} else {
		query->result = prepare(store, sql, 0, &query->statement);
	}
	va_copy(args, ap);
	for (int i = 0; types[i] != '\0' && query->result == 0; i++) {
		code = bind_one(query->statement, i + 1, types[i], &args);
		query->result = db_result(store, code);
	}
	va_end(args);
}

void
db_query(struct sl_store *store, struct db_query *query, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	db_vquery(store, query, sql, types, ap);
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
	query->result = db_result(query->store, code);
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
db_run(struct sl_store *store, const char *sql, const char *types, ...)
{
	struct db_query query;
	va_list ap;
	int r;

	va_start(ap, types);
	db_vquery(store, &query, sql, types, ap);
	va_end(ap);
	r = db_row(&query);
	db_end(&query);
	return r < 0 ? r : 0;
}

int
db_number(struct sl_store *store, int64_t *out, const char *sql, const char *types, ...)
{
	struct db_query query;
	va_list ap;
	int r;

	va_start(ap, types);
	db_vquery(store, &query, sql, types, ap);
	va_end(ap);
	*out = 0;
	r = db_row(&query);
	if (r == SL_DONE)
		*out = db_int(&query, 0);
	db_end(&query);
	return r == SL_DONE ? 0 : r == 0 ? SL_ERR_NOT_FOUND : r;
}

int
db_script(struct sl_store *store, const char *sql)
{
	return db_result(store, sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

int64_t
db_last_id(const struct sl_store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

int64_t
db_changed(const struct sl_store *store)
{
	return sqlite3_changes64(store->db);
}
