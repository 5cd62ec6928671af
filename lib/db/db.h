/*
 * db.h - statements over SQLite, results as Sluice's; for lib/store and lib/traffic, and no others
 *
 * SQL is written where it is used, as a literal; statements are kept by the literal's address. Blocking; one thread.
 * A statement that cannot be prepared is a fault of the programmer, unless the file lacks what it should hold.
 */
#ifndef SL_DB_H
#define SL_DB_H

#include <sqlite3.h>

#include "sl/base.h"

#define DB_STATEMENTS	256		/* a power of two; more than there are literals */
#define DB_BUSY_MS	5000

struct db_cached {
	const char	*sql;
	sqlite3_stmt	*statement;
	bool		 used;		/* between db_query and db_end */
};

/* Embedded; zero-filled is one that is not open. */
struct db {
	sqlite3			*handle;
	bool			 read_only;
	char			 error[512];	/* what went wrong last */
	struct db_cached	 cached[DB_STATEMENTS];
};

/* A statement that gives rows: while db_row is SL_DONE there is one. */
struct db_query {
	struct db		*db;
	sqlite3_stmt		*statement;
	struct db_cached	*from;		/* NULL: made for this query alone */
	int			 result;	/* of binding */
};

/* Open or make a file that its owner alone may read. */
SL_MUST_USE int	db_open(struct db *db, const char *path, bool read_only);
void	db_close(struct db *db);
/* What a file is: it belongs to `application` and is of `version`, or (both 0) is empty. SL_ERR_DAMAGED: it is another
 * program's; SL_ERR_VERSION: of a version beyond `newest`. */
SL_MUST_USE int	db_identify(struct db *db, const char *path, int64_t application, int64_t newest, int64_t *version_out);
/* Settings of the connection: cross-references, WAL; `fast`: no sync, so a crash of the machine loses the last changes. */
SL_MUST_USE int	db_settings(struct db *db, unsigned cache_kib, bool fast);

/* Remember a sentence; returns `result`. */
int	db_fail(struct db *db, int result, const char *format, ...) SL_PRINTF(3, 4);
/* What SQLite says went wrong, as ours. */
int	db_result(struct db *db, int code);

/* Arguments by `types`: i int64_t, s struct sl_slice as text, b struct sl_slice as bytes, n NULL for 0 else int64_t. */
void	db_query(struct db *db, struct db_query *query, const char *sql, const char *types, ...);
void	db_vquery(struct db *db, struct db_query *query, const char *sql, const char *types, va_list ap);
SL_MUST_USE int	db_row(struct db_query *query);		/* SL_DONE: a row; 0: no more; or an SL_ERR_* */
void	db_end(struct db_query *query);
int64_t	db_int(const struct db_query *query, int column);	/* 0 for NULL */
struct sl_slice	db_text(const struct db_query *query, int column);	/* until the next row; text and bytes alike */

/* Run one that gives no rows. */
SL_MUST_USE int	db_run(struct db *db, const char *sql, const char *types, ...);
/* The number in its first row; SL_ERR_NOT_FOUND when there is none (error untouched). */
SL_MUST_USE int	db_number(struct db *db, int64_t *out, const char *sql, const char *types, ...);
/* Several statements, none kept. */
SL_MUST_USE int	db_script(struct db *db, const char *sql);
int64_t	db_last_id(const struct db *db);
int64_t	db_changed(const struct db *db);	/* rows, by the last statement */

#endif
