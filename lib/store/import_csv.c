/* import_csv.c - users and lists from CSV; see exchange.h */

#include <stdio.h>

#include "db_i.h"
#include "store/csv.h"
#include "store/exchange.h"
#include "store/lists.h"
#include "store/tree.h"
#include "store/walk.h"

struct table {
	struct sl_store	*store;
	struct sl_csv	 csv;
	int		 columns[5];	/* by the reader's numbers; -1: there is none */
	size_t		 rows;
};

/* Read the header line and find the columns; the first is needed. */
static int
table_begin(struct table *t, struct sl_slice text, const char *const *names, size_t len)
{
	int r;

	sl_csv_init(&t->csv, text);
	r = sl_csv_next(&t->csv);
	if (r == SL_DONE)
		for (size_t i = 0; i < len; i++)
			t->columns[i] = sl_csv_column(&t->csv, names[i]);
	if (r < 0 || r == 0 || t->columns[0] < 0)
		return db_fail(&t->store->db, SL_ERR_SYNTAX, "line 1: the first line names the columns; %s is needed", names[0]);
	return 0;
}

static struct sl_slice
column(const struct table *t, size_t i)
{
	int at = t->columns[i];

	return at >= 0 && (size_t)at < t->csv.len ? sl_slice_trim(t->csv.fields[at]) : sl_slice("", 0);
}

/* Say where. */
static int
at_line(struct table *t, int r)
{
	char reason[sizeof(t->store->db.error)];

	if (r == 0 || r == SL_DONE)
		return r;
	snprintf(reason, sizeof(reason), "%s", t->store->db.error);
	return db_fail(&t->store->db, r, "line %zu: %.450s", t->csv.line, reason[0] != '\0' ? reason : sl_strerror(r));
}

/* ---- users ---- */

static int
add_users(struct table *t, const struct sl_actor *actor, struct sl_node tenant)
{
	int r;

	while ((r = sl_csv_next(&t->csv)) == SL_DONE) {
		struct sl_new_user user = { column(t, 0), column(t, 1) };

		if (user.address.len == 0)
			continue;
		r = sl_store_users_add(t->store, actor, tenant, SL_USER_IMPORTED, &user, 1, NULL);
		if (r != 0)
			break;
		t->rows++;
	}
	return at_line(t, r);
}

/* Users of an earlier import are marked with a source that none has, and what this one does not name is removed. */
#define STALE	99

static int
remove_stale(struct sl_store *store, int64_t tenant)
{
	for (;;) {
		int64_t user;
		int r = db_number(&store->db, &user, "SELECT u.id FROM domain d JOIN user u ON u.domain = d.id WHERE d.tenant = ?"
		    " AND u.source = ? LIMIT 1", "ii", tenant, (int64_t)STALE);

		if (r != 0)
			return r == SL_ERR_NOT_FOUND ? 0 : r;
		r = node_remove_hanging(store, (struct sl_node){ SL_LEVEL_USER, user }, tenant);
		if (r == 0)
			r = db_run(&store->db, "DELETE FROM user WHERE id = ?", "i", user);
		if (r != 0)
			return r;
	}
}

int
sl_store_users_from_csv(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant, struct sl_slice csv,
    bool replace, size_t *rows_out)
{
	static const char *const names[] = { "address", "group" };
	struct change change = { .actor = actor, .verb = "user.import", .node = tenant, .tenant = tenant.id,
		.kinds = SL_CHANGE_USER | SL_CHANGE_GROUP };
	struct table t = { .store = store };
	struct sl_buf name;
	char detail[64];
	int r = change_begin(store, actor);

	*rows_out = 0;
	if (r != 0)
		return r;
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT);
	sl_buf_init(&name, 1024);
	r = sl_store_name(store, tenant, &name);
	change.target = sl_buf_slice(&name);
	if (r == 0)
		r = table_begin(&t, csv, names, SL_COUNT(names));
	else
		sl_csv_init(&t.csv, csv);
	if (r == 0 && replace)
		r = db_run(&store->db, "UPDATE user SET source = ?1 WHERE source = ?2 AND domain IN (SELECT id FROM domain WHERE"
		    " tenant = ?3)", "iii", (int64_t)STALE, (int64_t)SL_USER_IMPORTED, tenant.id);
	if (r == 0)
		r = add_users(&t, actor, tenant);
	if (r == 0 && replace)
		r = remove_stale(store, tenant.id);
	snprintf(detail, sizeof(detail), "{\"users\":%zu,\"replace\":%s}", t.rows, replace ? "true" : "false");
	change.detail = sl_slice_str(detail);
	r = change_end(store, r, &change);
	*rows_out = r == 0 ? t.rows : 0;
	sl_csv_fini(&t.csv);
	sl_buf_fini(&name);
	return r;
}

/* ---- lists ---- */

/* Days from 1970-01-01 (the Gregorian calendar, forward). */
static int64_t
days_of(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	return y / 400 * 146097 + (y % 400) * 365 + (y % 400) / 4 - (y % 400) / 100 +
	    (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1 - 719468;
}

static bool
digits(struct sl_slice s, size_t at, size_t len, int64_t *out)
{
	uint64_t n = 0;

	if (at + len > s.len || sl_slice_to_u64(sl_slice(s.ptr + at, len), 9999, &n) != 0)
		return false;
	*out = (int64_t)n;
	return true;
}

/* 2026-12-31, the end of that day, or 2026-12-31T12:00:00Z. */
static bool
parse_expiry(struct sl_slice s, int64_t *out)
{
	int64_t y, m, d, h = 24, min = 0, sec = 0;

	*out = 0;
	if (s.len == 0)
		return true;
	if (!digits(s, 0, 4, &y) || !digits(s, 5, 2, &m) || !digits(s, 8, 2, &d) || s.ptr[4] != '-' || s.ptr[7] != '-' ||
	    y < 1970 || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	if (s.len != 10 && (s.len != 20 || s.ptr[10] != 'T' || s.ptr[13] != ':' || s.ptr[16] != ':' || s.ptr[19] != 'Z' ||
	    !digits(s, 11, 2, &h) || !digits(s, 14, 2, &min) || !digits(s, 17, 2, &sec) || h > 23 || min > 59 || sec > 60))
		return false;
	*out = days_of(y, m, d) * 86400 + h * 3600 + min * 60 + sec;
	return true;
}

static int
add_entry(struct table *t, const struct sl_actor *actor, struct sl_node node)
{
	struct sl_store_entry entry = { .value = column(t, 0), .note = column(t, 3) };

	if (!sl_entry_kind_find(column(t, 1), &entry.kind))
		return db_fail(&t->store->db, SL_ERR_SYNTAX, "the kind is allow or deny");
	if (!sl_entry_options_find(column(t, 2), &entry.options))
		return db_fail(&t->store->db, SL_ERR_SYNTAX, "options are unauthenticated and subdomains");
	if (!parse_expiry(column(t, 4), &entry.expires_at))
		return db_fail(&t->store->db, SL_ERR_SYNTAX, "a date is written as 2026-12-31");
	return sl_store_list_add(t->store, actor, node, &entry, 1, NULL);
}

int
sl_store_lists_from_csv(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice csv,
    size_t *rows_out)
{
	static const char *const names[] = { "value", "kind", "options", "note", "expires" };
	struct change change = { .actor = actor, .verb = "list.add", .node = node, .kinds = SL_CHANGE_LIST };
	struct table t = { .store = store };
	struct sl_buf name;
	char detail[64];
	int r = change_begin(store, actor);

	*rows_out = 0;
	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	r = node_tenant(store, node, &change.tenant);
	if (r == 0)
		r = sl_store_name(store, node, &name);
	change.target = sl_buf_slice(&name);
	if (r == 0)
		r = table_begin(&t, csv, names, SL_COUNT(names));
	else
		sl_csv_init(&t.csv, csv);
	while (r == 0 && (r = sl_csv_next(&t.csv)) == SL_DONE) {
		r = column(&t, 0).len > 0 ? add_entry(&t, actor, node) : 0;
		t.rows += r == 0;
	}
	r = at_line(&t, r);
	snprintf(detail, sizeof(detail), "{\"entries\":%zu}", t.rows);
	change.detail = sl_slice_str(detail);
	r = change_end(store, r, &change);
	*rows_out = r == 0 ? t.rows : 0;
	sl_csv_fini(&t.csv);
	sl_buf_fini(&name);
	return r;
}
