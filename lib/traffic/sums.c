/* sums.c - how much, of what, for whom; kept when the days' files are gone; see traffic.h */

#include "traffic_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APPLICATION_ID	0x51c3d50f
#define CACHE_KIB	2048

static const char schema[] =
    "CREATE TABLE sum (day TEXT NOT NULL, tenant TEXT NOT NULL, outcome TEXT NOT NULL, action TEXT NOT NULL,"
    "	verdict TEXT NOT NULL, messages INTEGER NOT NULL, recipients INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    "	PRIMARY KEY (day, tenant, outcome, action, verdict)) WITHOUT ROWID;";

static int
kept_open(struct sl_traffic *t, struct db *db, bool read_only)
{
	char *path = sl_xasprintf("%s/sums.db", t->directory);
	char marks[128];
	int64_t version;
	int r;

	if (read_only && access(path, F_OK) != 0) {
		sl_free(path);
		return SL_ERR_NOT_FOUND;
	}
	snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = 1", APPLICATION_ID);
	r = db_open(db, path, read_only);
	if (r == 0)
		r = db_identify(db, path, APPLICATION_ID, 1, &version);
	if (r == 0)
		r = db_settings(db, CACHE_KIB, false);
	if (r == 0 && version == 0 && read_only)
		r = SL_ERR_NOT_FOUND;
	if (r == 0 && version == 0 && (r = db_script(db, schema)) == 0)
		r = db_script(db, marks);
	if (r != 0 && r != SL_ERR_NOT_FOUND)
		traffic_fail(t, r, "%s: %.400s", path, db->error);
	sl_free(path);
	return r;
}

#define OF_DAY	"SELECT t.name, s.outcome, s.action, s.verdict, s.messages, s.recipients, s.bytes FROM sum s"	\
	" JOIN tenant t ON t.id = s.tenant"

/* ---- by domain, of days that go ---- */

static const char domains[] =
    "CREATE TABLE IF NOT EXISTS domain_sum (day TEXT NOT NULL, tenant TEXT NOT NULL, domain TEXT NOT NULL, outcome TEXT NOT NULL,"
    "	action TEXT NOT NULL, verdict TEXT NOT NULL, messages INTEGER NOT NULL, recipients INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    "	PRIMARY KEY (day, tenant, domain, outcome, action, verdict)) WITHOUT ROWID;";

static int
keep_domain(void *ctx, const struct sl_traffic_sum *sum)
{
	return db_run(ctx, "INSERT INTO domain_sum VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET"
	    " messages = messages + ?7, recipients = recipients + ?8, bytes = bytes + ?9", "ssssssiii", sl_slice_str(sum->day), sum->tenant,
	    sum->name, sum->outcome, sum->action, sum->verdict, (int64_t)sum->messages, (int64_t)sum->recipients, (int64_t)sum->bytes);
}

static int
keep_message(void *ctx, const struct sl_traffic_message *message)
{
	bool done[RECIPIENTS_MAX] = { false }, chosen[RECIPIENTS_MAX];
	int r = 0;

	for (size_t i = 0; i < message->recipients_len && r == 0; i++) {
		struct sl_slice domain = domain_part(message->recipients[i].address);

		if (done[i])
			continue;
		for (size_t k = 0; k < message->recipients_len; k++) {
			chosen[k] = !done[k] && sl_slice_eq(domain_part(message->recipients[k].address), domain);
			done[k] |= chosen[k];
		}
		r = sl_traffic_message_sums(message, chosen, domain, keep_domain, ctx);
	}
	return r;
}

static int
keep_domains(struct sl_traffic *t, struct day *day, struct db *kept)
{
	int r = db_script(kept, domains);

	if (r == 0)
		r = db_run(kept, "DELETE FROM domain_sum WHERE day = ?", "s", sl_slice_str(day->name));
	if (r == 0)
		r = messages_of_day(t, day, &(struct sl_traffic_wanted){ .tenant = sl_slice("", 0) }, keep_message, kept);
	if (r == SL_ERR_DAMAGED)	/* half of them would be wrong; the tenants' are kept all the same */
		r = db_run(kept, "DELETE FROM domain_sum WHERE day = ?", "s", sl_slice_str(day->name));
	return r;
}

/* The same day again replaces itself, so a crash between this and the removal costs nothing. */
int
sums_keep(struct sl_traffic *t, struct day *day)
{
	struct db_query query;
	struct db kept = { 0 };
	int r = kept_open(t, &kept, false);

	if (r == 0)
		r = db_run(&kept, "BEGIN IMMEDIATE", "");
	if (r == 0) {
		db_query(&day->db, &query, OF_DAY, "");
		while ((r = db_row(&query)) == SL_DONE) {
			r = db_run(&kept, "INSERT OR REPLACE INTO sum VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "sssssiii",
			    sl_slice_str(day->name), db_text(&query, 0), db_text(&query, 1), db_text(&query, 2), db_text(&query, 3),
			    db_int(&query, 4), db_int(&query, 5), db_int(&query, 6));
			if (r != 0)
				break;
		}
		db_end(&query);
	}
	if (r == 0)
		r = keep_domains(t, day, &kept);
	if (r == 0)
		r = db_run(&kept, "COMMIT", "");
	if (r != 0 && kept.error[0] != '\0')
		traffic_fail(t, r, "sums: %.400s", kept.error);
	db_close(&kept);
	return r;
}

/* ---- giving ---- */

struct sums {
	struct sl_slice		 tenant;
	sl_traffic_sum_each	*each;
	void			*ctx;
};

static int
give(struct sums *s, const char *day, const struct db_query *q)
{
	struct sl_traffic_sum sum = { day, db_text(q, 0), db_text(q, 1), db_text(q, 2), db_text(q, 3), (uint64_t)db_int(q, 4),
		(uint64_t)db_int(q, 5), (uint64_t)db_int(q, 6), false, sl_record_is_early(db_text(q, 1)) };

	sum.reached = sl_slice_eq(sum.outcome, SL_SLICE_LIT("delivered"));
	return s->each(s->ctx, &sum);
}

static int
sums_rows(struct sums *s, const char *day, struct db_query *query)
{
	int r;

	while ((r = db_row(query)) == SL_DONE) {
		r = give(s, day, query);
		if (r != 0)
			break;
	}
	db_end(query);
	return r;
}

static int
sums_of_file(struct sl_traffic *t, struct sums *s, const char *name)
{
	struct db_query query;
	int r = day_open(t, &t->reading, name, true);

	if (r != 0)
		return r == SL_ERR_NOT_FOUND ? 0 : r;
	db_query(&t->reading.db, &query, OF_DAY " WHERE ?1 = '' OR t.name = lower(?1) ORDER BY t.name, s.outcome, s.action,"
	    " s.verdict", "s", s->tenant);
	r = sums_rows(s, name, &query);
	return r;
}

static int
sums_kept(struct db *kept, struct sums *s, const char *day)
{
	struct db_query query;

	db_query(kept, &query, "SELECT tenant, outcome, action, verdict, messages, recipients, bytes FROM sum WHERE day = ?1"
	    " AND (?2 = '' OR tenant = lower(?2)) ORDER BY tenant, outcome, action, verdict", "ss", sl_slice_str(day),
	    s->tenant);
	return sums_rows(s, day, &query);
}

static int
by_day(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Names of days of which there is a file, or sums that were kept; in order, each once. */
static int
days_in(struct sl_traffic *t, struct db *kept, const char *from, const char *to, char (**names)[DAY_LEN + 1], size_t *len)
{
	struct db_query query;
	size_t n = 0;
	int r;

	*len = day_list(t, names);
	if (kept->handle != NULL) {
		db_query(kept, &query, "SELECT DISTINCT day FROM sum WHERE day BETWEEN ? AND ?", "ss", sl_slice_str(from),
		    sl_slice_str(to));
		while ((r = db_row(&query)) == SL_DONE && *len < 2 * DAYS_MAX) {
			struct sl_slice day = db_text(&query, 0);

			*names = sl_xrealloc(*names, (*len + 1) * sizeof(**names));
			snprintf((*names)[(*len)++], DAY_LEN + 1, "%.*s", SL_SLICE_ARG(day));
		}
		db_end(&query);
		if (r < 0)
			return r;
	}
	if (*len > 0)
		qsort(*names, *len, sizeof(**names), by_day);
	for (size_t i = 0; i < *len; i++)
		if ((n == 0 || strcmp((*names)[n - 1], (*names)[i]) != 0) && strcmp((*names)[i], from) >= 0 &&
		    strcmp((*names)[i], to) <= 0)
			memmove((*names)[n++], (*names)[i], sizeof(**names));
	*len = n;
	return 0;
}

int
sl_traffic_sums(struct sl_traffic *t, const char *from, const char *to, struct sl_slice tenant, sl_traffic_sum_each *each,
    void *ctx)
{
	struct sums s = { tenant.len > 0 ? tenant : sl_slice("", 0), each, ctx };
	char (*names)[DAY_LEN + 1] = NULL;
	struct db kept = { 0 };
	size_t len = 0;
	int r;

	SL_CHECK(t, TRAFFIC_MAGIC);
	SL_ASSERT(day_is_name(from) && day_is_name(to));
	t->error[0] = '\0';
	r = kept_open(t, &kept, true);
	if (r == SL_ERR_NOT_FOUND) {
		db_close(&kept);
		r = 0;
	}
	if (r == 0)
		r = days_in(t, &kept, from, to, &names, &len);
	for (size_t i = 0; i < len && r == 0; i++) {
		char *path = day_path(t, names[i]);

		r = access(path, F_OK) == 0 ? sums_of_file(t, &s, names[i]) : sums_kept(&kept, &s, names[i]);
		sl_free(path);
	}
	sl_free(names);
	db_close(&kept);
	return r;
}

/* ---- by domain ---- */

static int
give_domain(struct sums *s, const struct db_query *q)
{
	char day[DAY_LEN + 1];
	struct sl_slice text = db_text(q, 0);
	struct sl_traffic_sum sum = { .day = day, .tenant = db_text(q, 1), .name = db_text(q, 2), .outcome = db_text(q, 3), .action = db_text(q, 4),
		.verdict = db_text(q, 5), .messages = (uint64_t)db_int(q, 6), .recipients = (uint64_t)db_int(q, 7),
		.bytes = (uint64_t)db_int(q, 8) };

	snprintf(day, sizeof(day), "%.*s", SL_SLICE_ARG(text));
	sum.reached = sl_slice_eq(sum.outcome, SL_SLICE_LIT("delivered"));
	return s->each(s->ctx, &sum);
}

/* Of a day whose file is still there, or there again, the file counts. */
static bool
has_file(const struct sl_traffic *t, struct sl_slice day)
{
	char name[DAY_LEN + 1], *path;
	bool has;

	snprintf(name, sizeof(name), "%.*s", SL_SLICE_ARG(day));
	path = day_path(t, name);
	has = access(path, F_OK) == 0;
	sl_free(path);
	return has;
}

static int
domains_kept(struct sl_traffic *t, struct db *kept, const char *from, const char *to, struct sums *s)
{
	struct db_query query;
	int64_t there = 0;
	int r = db_number(kept, &there, "SELECT count(*) FROM sqlite_master WHERE name = 'domain_sum'", "");

	if (r != 0 || there == 0)
		return r;
	db_query(kept, &query, "SELECT day, tenant, domain, outcome, action, verdict, messages, recipients, bytes FROM domain_sum"
	    " WHERE day BETWEEN ?1 AND ?2 AND (?3 = '' OR tenant = lower(?3)) ORDER BY day, tenant, domain, outcome, action, verdict", "sss",
	    sl_slice_str(from), sl_slice_str(to), s->tenant);
	while ((r = db_row(&query)) == SL_DONE)
		if (!has_file(t, db_text(&query, 0)) && (r = give_domain(s, &query)) != 0)
			break;
	db_end(&query);
	return r;
}

int
sl_traffic_domain_sums(struct sl_traffic *t, const char *from, const char *to, struct sl_slice tenant, sl_traffic_sum_each *each, void *ctx)
{
	struct sums s = { tenant.len > 0 ? tenant : sl_slice("", 0), each, ctx };
	struct db kept = { 0 };
	int r;

	SL_CHECK(t, TRAFFIC_MAGIC);
	t->error[0] = '\0';
	r = kept_open(t, &kept, true);
	if (r == 0)
		r = domains_kept(t, &kept, from, to, &s);
	else if (r == SL_ERR_NOT_FOUND)
		r = 0;
	if (r < 0 && t->error[0] == '\0')
		traffic_fail(t, r, "sums: %.400s", kept.error);
	db_close(&kept);
	return r;
}
