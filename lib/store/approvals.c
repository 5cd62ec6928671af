/* approvals.c - see approvals.h */

#include "store/approvals.h"

#include <stdio.h>

#include "db_i.h"
#include "store/audit.h"

#define HOUR_US		((int64_t)3600 * 1000000)
#define COLUMNS		"number, state, asked, decided, account, verb, args, note, decided_by, level, node, target"

const char *
sl_approval_state_word(enum sl_approval_state state)
{
	static const char *const words[] = {
#define WORD(name, word) word,
		SL_APPROVAL_STATES(WORD)
#undef WORD
	};

	SL_ASSERT(state < SL_APPROVAL_STATE_COUNT);
	return words[state];
}

static int64_t
oldest_open(const struct sl_store *store)
{
	return store_now_us(store) - SL_APPROVAL_HOURS * HOUR_US;
}

/* ---- asking ---- */

static int
check_room(struct sl_store *store, struct sl_slice account)
{
	int64_t all, own;
	int r;

	r = db_number(&store->db, &all, "SELECT count(*) FROM approval WHERE state = 0 AND asked > ?", "i", oldest_open(store));
	if (r == 0)
		r = db_number(&store->db, &own, "SELECT count(*) FROM approval WHERE state = 0 AND asked > ? AND account = ?", "is",
		    oldest_open(store), account);
	if (r == 0 && (all >= SL_APPROVALS_OPEN_MAX || own >= SL_APPROVALS_OPEN_MAX / 10))
		return db_fail(&store->db, SL_ERR_FULL, "too much waits for approval already: decide on some of it first");
	return r;
}

/* The number, in a trail's entry. */
static int
enter(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, const char *word, int64_t number, struct sl_slice verb)
{
	struct sl_buf detail;
	int r;

	sl_buf_init(&detail, 1024);
	sl_buf_addf(&detail, "{\"approval\":%lld,\"verb\":", (long long)number);
	sl_buf_add_json(&detail, verb);
	sl_buf_add_str(&detail, "}");
	r = sl_store_audit(store, actor, node, sl_slice_str(word), sl_buf_slice(&detail));
	sl_buf_fini(&detail);
	return r;
}

static int
ask(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice verb, struct sl_slice args,
    int64_t *number)
{
	struct sl_buf target;
	int r = check_room(store, actor->account);

	sl_buf_init(&target, 1024);
	if (r == 0)
		r = sl_store_name(store, node, &target);
	if (r == 0)
		r = db_run(&store->db, "INSERT INTO approval (" COLUMNS ") VALUES (NULL, 0, ?, 0, ?, ?, ?, ?, '', ?, ?, ?)", "issssiis",
		    store_now_us(store), actor->account, verb, args, actor->note, (int64_t)node.level, node.id, sl_buf_slice(&target));
	if (r == 0) {
		*number = db_last_id(&store->db);
		r = enter(store, actor, node, "approval.ask", *number, verb);
	}
	sl_buf_fini(&target);
	return r;
}

int
sl_store_approval_ask(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice verb,
    struct sl_slice args, int64_t *number)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	if (args.len > SL_APPROVAL_ARGS_MAX)
		return db_fail(&store->db, SL_ERR_TOO_LONG, "what is to be approved has at most %zu bytes", SL_APPROVAL_ARGS_MAX);
	r = sl_store_begin(store);
	if (r != 0)
		return r;
	r = ask(store, actor, node, verb, args, number);
	if (r == 0)
		return sl_store_commit(store);
	sl_store_rollback(store);
	return r;
}

/* ---- reading ---- */

static int
give(struct sl_store *store, struct db_query *query, sl_approval_each *each, void *ctx, size_t *count)
{
	int64_t oldest = oldest_open(store);
	int r;

	*count = 0;
	while ((r = db_row(query)) == SL_DONE) {
		struct sl_approval a = { .number = db_int(query, 0), .state = (enum sl_approval_state)db_int(query, 1),
			.asked_us = db_int(query, 2), .decided_us = db_int(query, 3), .account = db_text(query, 4),
			.verb = db_text(query, 5), .args = db_text(query, 6), .note = db_text(query, 7), .decided_by = db_text(query, 8),
			.node = { (enum sl_level)db_int(query, 9), db_int(query, 10) }, .target = db_text(query, 11) };

		a.expires_us = a.asked_us + SL_APPROVAL_HOURS * HOUR_US;
		if (a.state == SL_APPROVAL_OPEN && a.asked_us <= oldest)
			a.state = SL_APPROVAL_EXPIRED;
		++*count;
		if (a.state >= SL_APPROVAL_STATE_COUNT || a.node.level >= SL_LEVELS_COUNT)
			r = db_fail(&store->db, SL_ERR_DAMAGED, "approval %lld is damaged", (long long)a.number);
		else
			r = each(ctx, &a);
		if (r != 0)
			break;
	}
	db_end(query);
	return r;
}

int
sl_store_approval_get(struct sl_store *store, int64_t number, sl_approval_each *each, void *ctx)
{
	struct db_query query;
	size_t count;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT " COLUMNS " FROM approval WHERE number = ?", "i", number);
	r = give(store, &query, each, ctx, &count);
	if (r == 0 && count == 0)
		return db_fail(&store->db, SL_ERR_NOT_FOUND, "there is nothing with the number %lld to approve", (long long)number);
	return r;
}

int
sl_store_approvals(struct sl_store *store, sl_approval_each *each, void *ctx)
{
	struct db_query query;
	size_t count;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT " COLUMNS " FROM approval ORDER BY number DESC", "");
	return give(store, &query, each, ctx, &count);
}

/* ---- deciding ---- */

struct decided {
	struct sl_node	node;
	char		verb[64];
};

static int
on_decided(void *ctx, const struct sl_approval *a)
{
	struct decided *d = ctx;

	d->node = a->node;
	snprintf(d->verb, sizeof(d->verb), SL_SLICE_FMT, SL_SLICE_ARG(a->verb));
	return a->state == SL_APPROVAL_OPEN ? 0 : SL_ERR_NOT_FOUND;
}

static int
decide(struct sl_store *store, const struct sl_actor *actor, int64_t number, enum sl_approval_state state)
{
	struct decided d;
	int r = sl_store_approval_get(store, number, on_decided, &d);

	if (r == SL_ERR_NOT_FOUND)
		return db_fail(&store->db, r, "number %lld does not wait for approval (any more)", (long long)number);
	if (r == 0)
		r = db_run(&store->db, "UPDATE approval SET state = ?, decided = ?, decided_by = ? WHERE number = ? AND state = 0", "iisi",
		    (int64_t)state, store_now_us(store), actor->account, number);
	/* Before it is done: then its node may be gone. */
	return r != 0 ? r : enter(store, actor, d.node, state == SL_APPROVAL_APPROVED ? "approval.approve" : "approval.refuse", number,
	    sl_slice_str(d.verb));
}

int
sl_store_approval_decide(struct sl_store *store, const struct sl_actor *actor, int64_t number, enum sl_approval_state state)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(state == SL_APPROVAL_APPROVED || state == SL_APPROVAL_REFUSED);
	r = sl_store_begin(store);
	if (r != 0)
		return r;
	r = decide(store, actor, number, state);
	if (r == 0)
		return sl_store_commit(store);
	sl_store_rollback(store);
	return r;
}

int
sl_store_approvals_tidy(struct sl_store *store)
{
	SL_CHECK(store, DB_MAGIC);
	return db_run(&store->db, "DELETE FROM approval WHERE asked < ?", "i",
	    store_now_us(store) - SL_APPROVAL_KEEP_DAYS * 24 * HOUR_US);
}
