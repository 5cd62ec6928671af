/* deeds.c - see deeds.h */

#include "store/deeds.h"

#include "db_i.h"
#include "sl/utf8.h"
#include "store/audit.h"

#define COLUMNS	"id, state, verb, outcome, day, at, tenant, message, mailbox, in_reply_to, trace, author, subject, said"

/* Cut, and not within a character; what is no UTF-8 is left out whole. */
static struct sl_slice
fit(struct sl_slice text)
{
	size_t len = SL_MIN(text.len, (size_t)SL_DEED_TEXT_MAX);

	while (len > 0 && len < text.len && (text.ptr[len] & 0xc0) == 0x80)
		len--;
	text.len = len;
	return sl_utf8_valid(text) ? text : sl_slice("", 0);
}

int
sl_store_deed_add(struct sl_store *store, const struct sl_deed *deed, bool *first_out)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = db_run(&store->db, "INSERT INTO deed (" COLUMNS ") SELECT ?1, 0, ?2, 0, ?3, ?4, id, ?6, ?7, ?8, ?9, '', '', ''"
	    " FROM tenant WHERE id = ?5 ON CONFLICT DO NOTHING", "biiiibsss", sl_slice(deed->id, sizeof(deed->id)),
	    (int64_t)deed->verb, (int64_t)deed->day, store_now_us(store), deed->tenant, sl_slice(deed->message, sizeof(deed->message)),
	    deed->mailbox, fit(deed->in_reply_to), fit(deed->trace));
	*first_out = r == 0 && db_changed(&store->db) > 0;
	return r;
}

int
sl_store_deed_end(struct sl_store *store, const struct sl_deed *deed, struct sl_slice word, struct sl_slice detail, struct sl_slice note)
{
	const struct sl_actor actor = { deed->mailbox, note };
	int r = sl_store_begin(store);

	if (r != 0)
		return r;
	r = db_run(&store->db, "UPDATE deed SET state = 1, outcome = ?2, author = ?3, subject = ?4, said = ?5 WHERE id = ?1 AND state = 0",
	    "bisss", sl_slice(deed->id, sizeof(deed->id)), (int64_t)deed->outcome, fit(deed->author), fit(deed->subject), fit(deed->said));
	if (r == 0 && db_changed(&store->db) > 0)
		r = sl_store_audit(store, &actor, (struct sl_node){ SL_LEVEL_TENANT, deed->tenant }, word, detail);
	if (r == 0)
		return sl_store_commit(store);
	sl_store_rollback(store);
	return r;
}

int
sl_store_deed_answered(struct sl_store *store, const unsigned char id[SL_DEED_ID_BYTES])
{
	SL_CHECK(store, DB_MAGIC);
	return db_run(&store->db, "UPDATE deed SET state = 2 WHERE id = ? AND state = 1", "b", sl_slice(id, SL_DEED_ID_BYTES));
}

static void
copy_id(const struct db_query *query, int column, unsigned char out[SL_DEED_ID_BYTES])
{
	struct sl_slice id = db_text(query, column);

	memset(out, 0, SL_DEED_ID_BYTES);
	if (id.len == SL_DEED_ID_BYTES)
		memcpy(out, id.ptr, id.len);
}

static int
give(struct db_query *query, sl_deed_each *each, void *ctx)
{
	int r;

	while ((r = db_row(query)) == SL_DONE) {
		struct sl_deed deed = { .state = (enum sl_deed_state)db_int(query, 1), .verb = (unsigned)db_int(query, 2),
			.outcome = (unsigned)db_int(query, 3), .day = (uint32_t)db_int(query, 4), .at_us = db_int(query, 5),
			.tenant = db_int(query, 6), .mailbox = db_text(query, 8), .in_reply_to = db_text(query, 9),
			.trace = db_text(query, 10), .author = db_text(query, 11), .subject = db_text(query, 12),
			.said = db_text(query, 13) };

		copy_id(query, 0, deed.id);
		copy_id(query, 7, deed.message);
		if ((r = each(ctx, &deed)) != 0)
			break;
	}
	db_end(query);
	return r;
}

int
sl_store_deeds(struct sl_store *store, sl_deed_each *each, void *ctx)
{
	struct db_query query;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT " COLUMNS " FROM deed WHERE state < 2 ORDER BY at", "");
	return give(&query, each, ctx);
}

int
sl_store_deeds_of(struct sl_store *store, int64_t tenant, const unsigned char message[SL_DEED_ID_BYTES], struct sl_slice mailbox,
    sl_deed_each *each, void *ctx)
{
	struct db_query query;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT " COLUMNS " FROM deed WHERE tenant = ?1 AND message = ?2 AND (?3 = '' OR mailbox = ?3)",
	    "ibs", tenant, sl_slice(message, SL_DEED_ID_BYTES), mailbox);
	return give(&query, each, ctx);
}

int
sl_store_deeds_purge(struct sl_store *store, uint32_t today, size_t *count_out)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = db_run(&store->db, "DELETE FROM deed WHERE state = 2 AND day < ?", "i", (int64_t)today);
	*count_out = r == 0 ? (size_t)db_changed(&store->db) : 0;
	return r;
}
