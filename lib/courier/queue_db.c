/* queue_db.c - the queue's database: its file, its statements */

#include <stdio.h>

#include "courier/queue_i.h"

#define APPLICATION_ID	0x536c7551	/* "SluQ" */
#define VERSION		3

static const char *const sql[] = {
#define STATEMENT_TEXT(id, text) text,
	QUEUE_STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

/* One process, so no shared memory beside the log; each commit synced; what is deleted is overwritten. */
static const char pragmas[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA secure_delete = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -2048;";

/* Since version 2. */
#define RELEASE_TABLE										\
    "CREATE TABLE release (entry INTEGER PRIMARY KEY, tenant TEXT NOT NULL, asked_us INTEGER NOT NULL,"	\
    " received_us INTEGER NOT NULL, message_bytes INTEGER NOT NULL, flags INTEGER NOT NULL, by TEXT NOT NULL,"	\
    " note TEXT NOT NULL, category TEXT NOT NULL, verdict TEXT NOT NULL, policy TEXT NOT NULL, reason TEXT NOT NULL,"	\
    " probability TEXT NOT NULL, client TEXT NOT NULL, helo TEXT NOT NULL, trace TEXT NOT NULL) STRICT;"	\
    "CREATE INDEX release_tenant ON release (tenant, entry);"					\
    "CREATE INDEX entry_tenant ON entry (tenant) WHERE state IN (0, 3);"
/* Since version 3. */
#define REF_INDEX										\
    "CREATE INDEX entry_ref ON entry (ref) WHERE ref IS NOT NULL;"				\
    "PRAGMA user_version = 3;"

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB NOT NULL UNIQUE, purpose INTEGER NOT NULL,"
    " tenant TEXT NOT NULL, sender TEXT NOT NULL, route TEXT NOT NULL, message_id TEXT NOT NULL, ref BLOB,"
    " bytes INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL, uncertain INTEGER NOT NULL,"
    " created_us INTEGER NOT NULL, next_us INTEGER NOT NULL, give_up_us INTEGER NOT NULL,"
    " finished_us INTEGER NOT NULL, settled INTEGER NOT NULL) STRICT;"
    "CREATE TABLE recipient (entry INTEGER NOT NULL, n INTEGER NOT NULL, mailbox TEXT NOT NULL, state INTEGER NOT NULL,"
    " code INTEGER NOT NULL, reply TEXT NOT NULL, PRIMARY KEY (entry, n)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE body (entry INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE deed (id BLOB PRIMARY KEY, until_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX deed_until ON deed (until_us);"
    "CREATE INDEX entry_due ON entry (next_us, id) WHERE state IN (0, 3);"
    "CREATE INDEX entry_unsettled ON entry (id) WHERE settled = 0 AND state >= 4;"
    "CREATE INDEX entry_settled ON entry (finished_us) WHERE settled = 1;"
    "PRAGMA application_id = 1399616849;"
    RELEASE_TABLE REF_INDEX
    "COMMIT;";
static const char from_version_1[] = "BEGIN IMMEDIATE;" RELEASE_TABLE REF_INDEX "COMMIT;";
static const char from_version_2[] = "BEGIN IMMEDIATE;" REF_INDEX "COMMIT;";

_Static_assert(APPLICATION_ID == 1399616849, "as the schema has it");

int
queue_wrong(struct sl_queue *queue, int result, const char *why)
{
	snprintf(queue->error, sizeof(queue->error), "%s", why);
	return result;
}

int
queue_fail(struct sl_queue *queue, int code)
{
	snprintf(queue->error, sizeof(queue->error), "%s", queue->db == NULL ? sqlite3_errstr(code) :
	    sqlite3_errmsg(queue->db));
	switch (code & 0xff) {
	case SQLITE_FULL:
		return SL_ERR_FULL;
	case SQLITE_BUSY: case SQLITE_LOCKED:
		return SL_ERR_BUSY;
	case SQLITE_NOTADB: case SQLITE_CORRUPT:
		return SL_ERR_SYNTAX;
	default:
		return SL_ERR_SYSTEM;
	}
}

sqlite3_stmt *
queue_statement(struct sl_queue *queue, enum queue_statement which)
{
	sqlite3_stmt *statement = queue->statements[which];

	SL_ASSERT(statement != NULL);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return statement;
}

/* Borrowed until the statement is reset, which each function does before it returns. NULL is no value, "" is one. */
void
queue_bind_slice(sqlite3_stmt *statement, int n, struct sl_slice text)
{
	sqlite3_bind_text64(statement, n, text.len == 0 ? "" : (const char *)text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

void
queue_bind_blob(sqlite3_stmt *statement, int n, struct sl_slice bytes)
{
	sqlite3_bind_blob64(statement, n, bytes.len == 0 ? (const void *)"" : bytes.ptr, bytes.len, SQLITE_STATIC);
}

int
queue_step(struct sl_queue *queue, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement), r;

	if (code == SQLITE_ROW)
		return SL_DONE;
	r = code == SQLITE_DONE ? SL_MORE : queue_fail(queue, code);
	sqlite3_reset(statement);
	return r;
}

int
queue_run(struct sl_queue *queue, sqlite3_stmt *statement)
{
	int r = queue_step(queue, statement);

	SL_ASSERT(r != SL_DONE);
	return r;
}

struct sl_slice
queue_column(sqlite3_stmt *statement, int n)
{
	const void *bytes = sqlite3_column_blob(statement, n);

	return sl_slice(bytes, bytes == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, n));
}

int
queue_enter(struct sl_queue *queue)
{
	return queue->open ? 0 : queue_run(queue, queue_statement(queue, QUEUE_BEGIN));
}

int
queue_leave(struct sl_queue *queue, int result)
{
	if (queue->open)
		return result;
	if (result >= 0) {
		int r = queue_run(queue, queue_statement(queue, QUEUE_COMMIT));

		if (r == 0)
			return result;
		result = r;
	}
	queue->stored_known = false;
	if (sqlite3_get_autocommit(queue->db) == 0)
		sqlite3_step(queue_statement(queue, QUEUE_ROLLBACK));
	return result;
}

static int
execute(struct sl_queue *queue, const char *text)
{
	int code = sqlite3_exec(queue->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : queue_fail(queue, code);
}

/* A number that a PRAGMA gives. */
static int
pragma_number(struct sl_queue *queue, const char *text, int64_t *out)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(queue->db, text, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return queue_fail(queue, code);
	code = sqlite3_step(statement);
	*out = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : queue_fail(queue, code);
}

static int
make_or_check(struct sl_queue *queue)
{
	int64_t application, version, tables;
	int r;

	if ((r = pragma_number(queue, "PRAGMA application_id", &application)) != 0 ||
	    (r = pragma_number(queue, "PRAGMA user_version", &version)) != 0 ||
	    (r = pragma_number(queue, "SELECT count(*) FROM sqlite_schema", &tables)) != 0)
		return r;
	if (tables == 0 && application == 0)
		return execute(queue, schema);
	if (application != APPLICATION_ID)
		return queue_wrong(queue, SL_ERR_SYNTAX, "this is no queue of a courier");
	if (version == 1)
		return execute(queue, from_version_1);
	if (version == 2)
		return execute(queue, from_version_2);
	if (version != VERSION)
		return queue_wrong(queue, SL_ERR_VERSION, "this queue was made by another version");
	return 0;
}

static bool
is_lent(const struct sl_queue_options *options, int64_t id, unsigned attempt)
{
	for (size_t i = 0; i < options->lent_len; i++)
		if (options->lent[i].id == id && options->lent[i].attempt == attempt)
			return true;
	return false;
}

static int
crashed_final(struct sl_queue *queue, int64_t id, int64_t now_us)
{
	sqlite3_stmt *s = queue_statement(queue, QUEUE_CRASHED_RCPTS);
	int r;

	sqlite3_bind_int64(s, 1, id);
	if ((r = queue_run(queue, s)) != 0)
		return r;
	s = queue_statement(queue, QUEUE_CRASHED_FINAL);
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, now_us + SL_QUEUE_UNCERTAIN_US);
	return queue_run(queue, s);
}

/* What a crash left in between. */
static int
crashed(struct sl_queue *queue, const struct sl_queue_options *options, int64_t now_us)
{
	int64_t id = 0;
	int r = 0;

	while (r == 0) {
		sqlite3_stmt *s = queue_statement(queue, QUEUE_FINAL_AFTER);
		unsigned attempt;

		sqlite3_bind_int64(s, 1, id);
		if ((r = queue_step(queue, s)) != SL_DONE)
			break;
		id = sqlite3_column_int64(s, 0);
		attempt = (unsigned)sqlite3_column_int64(s, 1);
		sqlite3_reset(s);
		r = is_lent(options, id, attempt) ? 0 : crashed_final(queue, id, now_us);
	}
	return r < 0 ? r : queue_run(queue, queue_statement(queue, QUEUE_CRASHED_TRYING));
}

static int
recover(struct sl_queue *queue, const struct sl_queue_options *options, int64_t now_us)
{
	int r = queue_enter(queue);

	return r != 0 ? r : queue_leave(queue, crashed(queue, options, now_us));
}

int
sl_queue_open(const struct sl_queue_options *options, int64_t now_us, struct sl_queue **queue_out)
{
	struct sl_queue *queue = sl_xzalloc(sizeof(*queue));
	int code, r;

	queue->magic = QUEUE_MAGIC;
	queue->bytes_max = options->bytes_max == 0 ? UINT64_C(1) << 30 : options->bytes_max;
	sl_buf_init(&queue->text, 4u << 20);
	sl_buf_init(&queue->release_text, 64u << 10);
	*queue_out = queue;
	code = sqlite3_open_v2(options->path, &queue->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    options->vfs);
	if (code != SQLITE_OK)
		return queue_fail(queue, code);
	sqlite3_extended_result_codes(queue->db, 1);
	if ((r = execute(queue, pragmas)) != 0 || (r = make_or_check(queue)) != 0)
		return r;
	for (size_t i = 0; i < QUEUE_STATEMENT_COUNT; i++) {
		code = sqlite3_prepare_v3(queue->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &queue->statements[i], NULL);
		if (code != SQLITE_OK)
			return queue_fail(queue, code);
	}
	return recover(queue, options, now_us);
}

void
sl_queue_close(struct sl_queue **queue)
{
	if (*queue != NULL) {
		SL_CHECK(*queue, QUEUE_MAGIC);
		for (size_t i = 0; i < QUEUE_STATEMENT_COUNT; i++)
			sqlite3_finalize((*queue)->statements[i]);
		sqlite3_close((*queue)->db);
		sl_free((*queue)->entry.rcpts);
		sl_buf_fini(&(*queue)->text);
		sl_buf_fini(&(*queue)->release_text);
	}
	SL_OBJ_FREE(queue, QUEUE_MAGIC);
}

const char *
sl_queue_error(const struct sl_queue *queue)
{
	return queue->error;
}

int
sl_queue_begin(struct sl_queue *queue)
{
	int r;

	SL_CHECK(queue, QUEUE_MAGIC);
	SL_ASSERT(!queue->open);
	r = queue_enter(queue);
	queue->open = r == 0;
	return r;
}

int
sl_queue_commit(struct sl_queue *queue)
{
	SL_ASSERT(queue->open);
	queue->open = false;
	return queue_leave(queue, 0);
}

void
sl_queue_rollback(struct sl_queue *queue)
{
	SL_ASSERT(queue->open);
	queue->open = false;
	(void)queue_leave(queue, SL_ERR_BUSY);
}
