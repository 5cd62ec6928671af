/* queue_i.h - inside queue.h: the database and its statements */
#ifndef SL_COURIER_QUEUE_I_H
#define SL_COURIER_QUEUE_I_H

#include "courier/queue.h"

#include <sqlite3.h>

#define QUEUE_ENTRY_COLUMNS								\
	"id, token, purpose, tenant, sender, route, message_id, ref, bytes, state, attempts, uncertain, created_us, "	\
	"next_us, give_up_us, finished_us, settled"

#define QUEUE_STATEMENTS(X)								\
	X(ADD, "INSERT INTO entry (token, purpose, tenant, sender, route, message_id, ref, bytes, state, attempts, "	\
	    "uncertain, created_us, next_us, give_up_us, finished_us, settled) "	\
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0, ?9, ?10, ?11, 0, 0)")	\
	X(ADD_RCPT, "INSERT INTO recipient (entry, n, mailbox, state, code, reply) VALUES (?1, ?2, ?3, 0, 0, '')")	\
	X(ADD_BODY, "INSERT INTO body (entry, bytes) VALUES (?1, ?2)")			\
	X(TOKEN, "SELECT id FROM entry WHERE token = ?1")				\
	X(GET, "SELECT " QUEUE_ENTRY_COLUMNS " FROM entry WHERE id = ?1")		\
	X(DUE, "SELECT id FROM entry WHERE state IN (0, 3) AND next_us <= ?1 ORDER BY next_us, id LIMIT 1")	\
	X(WAKE, "SELECT min(next_us) FROM entry WHERE state IN (0, 3)")			\
	X(RCPTS, "SELECT mailbox, state, code, reply FROM recipient WHERE entry = ?1 ORDER BY n")	\
	X(STATE, "SELECT state FROM entry WHERE id = ?1")				\
	X(CLAIM, "UPDATE entry SET state = 1, attempts = attempts + 1, next_us = ?2 WHERE id = ?1 AND state IN (0, 3)")	\
	X(SET_RCPT, "UPDATE recipient SET state = ?3, code = ?4, reply = ?5 WHERE entry = ?1 AND n = ?2")	\
	X(SET_STATE, "UPDATE entry SET state = ?2 WHERE id = ?1")			\
	X(END, "UPDATE entry SET state = ?2, next_us = ?3, uncertain = uncertain + ?4, finished_us = ?5 WHERE id = ?1")	\
	X(DROP_BODY, "DELETE FROM body WHERE entry = ?1")				\
	X(FINISHED, "SELECT id FROM entry WHERE settled = 0 AND state >= 4 ORDER BY id LIMIT 1")	\
	X(SETTLE, "UPDATE entry SET settled = 1 WHERE id = ?1 AND state >= 4")		\
	X(HURRY, "UPDATE entry SET next_us = ?2 WHERE id = ?1 AND state IN (0, 3)")	\
	X(PURGE_RCPTS, "DELETE FROM recipient WHERE entry IN (SELECT id FROM entry WHERE settled = 1 AND finished_us < ?1)")	\
	X(PURGE, "DELETE FROM entry WHERE settled = 1 AND finished_us < ?1")		\
	X(ONCE, "INSERT INTO deed (id, until_us) VALUES (?1, ?2) ON CONFLICT DO NOTHING")	\
	X(PURGE_DEEDS, "DELETE FROM deed WHERE until_us < ?1")				\
	X(BYTES, "SELECT coalesce(sum(bytes), 0) FROM entry WHERE state < 4")		\
	X(COUNT, "SELECT state, settled, count(*), min(created_us) FROM entry GROUP BY state, settled")	\
	X(FINAL_AFTER, "SELECT id, attempts FROM entry WHERE state = 2 AND id > ?1 ORDER BY id LIMIT 1")	\
	X(CRASHED_RCPTS, "UPDATE recipient SET state = 2 WHERE entry = ?1 AND state = 1")	\
	X(CRASHED_FINAL, "UPDATE entry SET state = 3, uncertain = uncertain + 1, next_us = max(next_us, ?2) WHERE id = ?1")	\
	X(CRASHED_TRYING, "UPDATE entry SET state = CASE WHEN EXISTS (SELECT 1 FROM recipient WHERE entry = entry.id AND state = 2) "	\
	    "THEN 3 ELSE 0 END WHERE state = 1")					\
	X(DUE_AFTER, "SELECT id, tenant, next_us FROM entry WHERE state IN (0, 3) AND next_us <= ?1 AND (next_us, id) > (?2, ?3) "	\
	    "ORDER BY next_us, id LIMIT 1")						\
	X(POSTPONE, "UPDATE entry SET next_us = ?2 WHERE tenant = ?1 AND state IN (0, 3) AND next_us < ?2")	\
	X(RESUME, "UPDATE entry SET next_us = ?2 WHERE next_us = ?1 AND state = 0")	\
	X(FINISHED_AFTER, "SELECT id FROM entry WHERE settled = 0 AND state >= 4 AND id > ?1 AND (purpose = 1) = ?2 ORDER BY id LIMIT 1")	\
	X(LIST, "SELECT id FROM entry WHERE id > ?1 AND (state < 4 OR settled = 0) AND (?2 = '' OR tenant = ?2) ORDER BY id LIMIT 1")	\
	X(RETOKEN, "UPDATE entry SET token = CAST(token || hex(randomblob(8)) AS BLOB) WHERE id = ?1 AND settled = 1 AND state >= 4")	\
	X(ADD_RELEASE, "INSERT INTO release (entry, tenant, asked_us, received_us, message_bytes, flags, by, note, category, "	\
	    "verdict, policy, reason, probability, client, helo, trace) "		\
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)")	\
	X(SET_ASKER, "UPDATE release SET by = ?2, note = ?3 WHERE entry = ?1 AND by = ''")	\
	X(RELEASE, "SELECT asked_us, received_us, message_bytes, flags, by, note, category, verdict, policy, reason, probability, "	\
	    "client, helo, trace FROM release WHERE entry = ?1")			\
	X(RELEASES, "SELECT entry FROM release WHERE entry > ?1 AND asked_us >= ?2 AND (?3 = '' OR tenant = ?3) ORDER BY entry LIMIT 1")	\
	X(RELEASE_HAS, "SELECT 1 FROM entry JOIN recipient ON recipient.entry = entry.id WHERE entry.ref = ?1 AND entry.token <> ?2 "	\
	    "AND recipient.mailbox = ?3 COLLATE NOCASE AND (recipient.state = 3 OR (entry.state < 4 AND recipient.state < 4)) LIMIT 1")	\
	X(PURGE_RELEASES, "DELETE FROM release WHERE entry IN (SELECT id FROM entry WHERE settled = 1 AND finished_us < ?1)")	\
	X(BEGIN, "BEGIN IMMEDIATE")							\
	X(COMMIT, "COMMIT")								\
	X(ROLLBACK, "ROLLBACK")

enum queue_statement {
#define QUEUE_STATEMENT_ENUM(id, sql) QUEUE_##id,
	QUEUE_STATEMENTS(QUEUE_STATEMENT_ENUM)
#undef QUEUE_STATEMENT_ENUM
	QUEUE_STATEMENT_COUNT,
};

struct sl_queue {
	unsigned		 magic;
	sqlite3			*db;
	sqlite3_stmt		*statements[QUEUE_STATEMENT_COUNT];
	bool			 open;		/* a transaction of the caller */
	uint64_t		 bytes_max;
	uint64_t		 stored;	/* of entries not finished */
	bool			 stored_known;
	struct sl_queue_entry	 entry;		/* given last ... */
	struct sl_buf		 text;		/* ... and what it points at */
	struct sl_queue_release	 release;	/* given last ... */
	struct sl_buf		 release_text;
	char			 error[512];
};
#define QUEUE_MAGIC	0x90e0e5edu

/* queue_db.c. A prepared statement, reset, without values; never NULL after a good open. */
sqlite3_stmt	*queue_statement(struct sl_queue *queue, enum queue_statement which);
void	queue_bind_slice(sqlite3_stmt *statement, int n, struct sl_slice text);
void	queue_bind_blob(sqlite3_stmt *statement, int n, struct sl_slice bytes);
/* Step. SL_DONE: a row; SL_MORE: no (more) rows, and it is reset; or an error. */
int	queue_step(struct sl_queue *queue, sqlite3_stmt *statement);
/* Run one that gives no rows. */
int	queue_run(struct sl_queue *queue, sqlite3_stmt *statement);
struct sl_slice queue_column(sqlite3_stmt *statement, int n);
/* queue.c. The entry whose id a statement gives. SL_DONE, or SL_MORE: it gives none. */
int	queue_get_named(struct sl_queue *queue, sqlite3_stmt *statement, const struct sl_queue_entry **entry_out);
/* What SQLite said last, noted in queue->error, as a result of ours. */
int	queue_fail(struct sl_queue *queue, int code);
int	queue_wrong(struct sl_queue *queue, int result, const char *why);
/* A transaction around what a function does, unless the caller has one (then a failure leaves it to him to roll back). */
int	queue_enter(struct sl_queue *queue);
int	queue_leave(struct sl_queue *queue, int result);

#endif
