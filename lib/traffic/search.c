/* search.c - lines by what is known of them; see traffic.h */

#include "traffic_i.h"

#include <time.h>

#define LIMIT		100
#define SETS_MAX	8	/* of terms, asked of the index; what they say is looked at again in the line */
#define SAMPLE_MAX	((int64_t)300)
#define LOOK_ROWS	16	/* between two looks at the clock */

struct search {
	struct sl_traffic		*traffic;
	const struct sl_traffic_query	*query;
	sl_traffic_each			*each;
	void				*ctx;
	struct sl_traffic_found		*found;
	size_t				 limit;
	bool				 all;		/* of a time: nothing else is asked for */
	uint64_t			 rows, count_until_us;
};

/* ---- what is asked of the index: sets of terms, one of each of which a line has ---- */

struct set {
	enum term	kind;		/* of all */
	size_t		len;
	int64_t		sampled;	/* how often it comes, in a part */
};
struct sets {
	struct set	items[SETS_MAX];
	size_t		len;
};

static bool
is_address(struct sl_slice s)
{
	return sl_slice_eq(s, SL_SLICE_LIT("<>")) || (s.len > 0 && s.ptr[0] != '@' && memchr(s.ptr, '@', s.len) != NULL);
}

/* Into the table of what is asked, as one more of the set that is begun. */
static int
add_hash(struct day *day, struct sets *sets, int64_t hash)
{
	sets->items[sets->len - 1].len++;
	return db_run(&day->db, "INSERT OR IGNORE INTO temp.asked (place, hash) VALUES (?, ?)", "ii", (int64_t)sets->len, hash);
}

static int
add_term(struct day *day, struct sets *sets, enum term kind, struct sl_slice value)
{
	SL_ASSERT(sets->len < SETS_MAX);
	sets->items[sets->len++] = (struct set){ .kind = kind };
	return add_hash(day, sets, term_hash(day->key, kind, value));
}

static int
add_recipients(struct day *day, struct sets *sets, const struct sl_slice *recipients, size_t len)
{
	int r = 0;

	SL_ASSERT(sets->len < SETS_MAX && len <= SL_TRAFFIC_SET_MAX);
	sets->items[sets->len++] = (struct set){ .kind = TERM_RECIPIENT };
	for (size_t i = 0; i < len && r == 0; i++)
		r = add_hash(day, sets, is_address(recipients[i]) ? term_hash(day->key, TERM_RECIPIENT, recipients[i])
		    : term_hash(day->key, TERM_RECIPIENT_DOMAIN, recipients[i]));
	return r;
}

static int
add_tenants(struct day *day, struct sets *sets, const struct sl_slice *tenants, size_t len)
{
	int r = 0;

	SL_ASSERT(sets->len < SETS_MAX && len <= SL_TRAFFIC_SET_MAX);
	sets->items[sets->len++] = (struct set){ .kind = TERM_TENANT };
	for (size_t i = 0; i < len && r == 0; i++)
		r = add_hash(day, sets, term_hash(day->key, TERM_TENANT, tenants[i]));
	return r;
}

static int
find_sets(struct day *day, const struct sl_traffic_query *q, struct sets *sets)
{
	bool bounces = sl_slice_eq(q->sender, SL_SLICE_LIT("<>"));
	char message_id[SL_RECORD_MESSAGE_ID_LEN + 1];
	int r = db_script(&day->db, "CREATE TEMP TABLE IF NOT EXISTS asked (place INTEGER NOT NULL, hash INTEGER NOT NULL,"
	    " PRIMARY KEY (place, hash)) WITHOUT ROWID; DELETE FROM temp.asked");

	/* Those that fewest lines have, most times, first. */
	if (r == 0 && q->id.len > 0)
		r = add_term(day, sets, TERM_ID, q->id);
	if (r == 0 && q->message_id.len > 0) {
		query_message_id(q->message_id, message_id);
		r = add_term(day, sets, TERM_MESSAGE_ID, sl_slice_str(message_id));
	}
	if (r == 0 && q->recipient.len > 0)
		r = is_address(q->recipient) ? add_term(day, sets, TERM_RECIPIENT, q->recipient)
		    : add_term(day, sets, TERM_RECIPIENT_DOMAIN, domain_part(q->recipient));
	if (r == 0 && q->of_recipients_len > 0)
		r = add_recipients(day, sets, q->of_recipients, q->of_recipients_len);
	if (r == 0 && q->sender.len > 0)
		r = bounces ? add_term(day, sets, TERM_SENDER, sl_slice("", 0)) : is_address(q->sender)
		    ? add_term(day, sets, TERM_SENDER, q->sender) : add_term(day, sets, TERM_SENDER_DOMAIN, domain_part(q->sender));
	if (r == 0 && q->client.len > 0)
		r = add_term(day, sets, TERM_CLIENT, q->client);
	if (r == 0 && q->tenant.len > 0)
		r = add_term(day, sets, TERM_TENANT, q->tenant);
	if (r == 0 && q->of_tenants_len > 0)
		r = add_tenants(day, sets, q->of_tenants, q->of_tenants_len);
	return r;
}

/* How often a set comes in a part in the middle of the file, up to SAMPLE_MAX. */
static int
sample(struct day *day, struct sets *sets)
{
	int64_t part;
	int r = db_number(&day->db, &part, "SELECT id FROM part ORDER BY id LIMIT 1 OFFSET (SELECT count(*) / 2 FROM part)", "");

	for (size_t i = 0; i < sets->len && r == 0; i++)
		r = db_number(&day->db, &sets->items[i].sampled, "SELECT count(*) FROM (SELECT 1 FROM temp.asked a CROSS JOIN term t ON t.part = ?2"
		    " AND t.hash = a.hash WHERE a.place = ?1 LIMIT ?3)", "iii", (int64_t)i + 1, part, SAMPLE_MAX);
	return r == SL_ERR_NOT_FOUND ? 0 : r;	/* an empty file */
}

/* Places (from 1) of the sets, the rarest first; 0 behind the last. That one leads to lines, the others are conditions. */
static void
order(const struct sets *sets, int64_t places[SETS_MAX])
{
	for (size_t i = 0; i < SETS_MAX; i++)
		places[i] = i < sets->len ? (int64_t)i + 1 : 0;
	for (size_t i = 1; i < sets->len; i++)
		for (size_t k = i; k > 0 && sets->items[places[k] - 1].sampled < sets->items[places[k - 1] - 1].sampled; k--) {
			int64_t place = places[k];

			places[k] = places[k - 1];
			places[k - 1] = place;
		}
}

/* ---- a day ---- */

static uint64_t
now_us(const struct search *s)
{
	return s->traffic->clock->monotonic_us(s->traffic->clock->ctx);
}

/* Is there no time to look at what came before this? Then that is noted. */
static bool
is_late(struct search *s, int64_t at_us)
{
	uint64_t until_us = s->found->more && s->count_until_us != 0 ? s->count_until_us : s->query->deadline_us;

	if (until_us == 0 || now_us(s) < until_us)
		return false;
	if (s->found->more)
		s->found->at_least = true;
	else
		s->found->reached_us = at_us;
	return true;
}

/* Is it what is asked for? What has the same hash is not. */
static bool
matches(struct sl_slice text, const struct sl_traffic_query *query)
{
	struct line line;
	bool is;

	if (line_read(text, &line) != 0)
		return false;
	is = line_matches(&line, query);
	line_fini(&line);
	return is;
}

/* As it may be seen; and by what is seen of it alone it is found. */
static bool
is_seen(const struct search *s, struct sl_slice *text)
{
	struct sl_traffic_query query = *s->query;

	if (!query.seen(query.seen_ctx, *text, text))
		return false;
	query.tenant = sl_slice("", 0);		/* that was looked at, and is not said again of one that is not his */
	return matches(*text, &query);
}

/* Returns 0 to go on, SL_DONE when there are more than are wanted. */
static int
give(struct search *s, struct day *day, int64_t n)
{
	struct sl_slice text;
	int r = day_line(s->traffic, day, n, &text);

	if (r != 0)
		return r;
	if (!s->all && !matches(text, s->query))
		return 0;
	if (s->query->seen != NULL && !is_seen(s, &text))
		return 0;
	if (s->found->lines == s->limit) {
		if (!s->found->more && s->query->count_us != 0)
			s->count_until_us = now_us(s) + s->query->count_us;
		s->found->more = true;
		s->found->at_least = ++s->found->beyond >= s->query->count_more;
		return s->found->at_least ? SL_DONE : 0;
	}
	s->found->lines++;
	return s->each(s->ctx, text);
}

static int
search_rows(struct search *s, struct day *day, struct db_query *query)
{
	int64_t last = 0, n;
	int r;

	while ((r = db_row(query)) == SL_DONE) {
		n = db_int(query, 0);
		if (n == last)
			continue;		/* it has two terms of a set */
		last = n;
		r = give(s, day, n);
		if (r == 0 && ++s->rows % LOOK_ROWS == 0 && is_late(s, db_int(query, 1)))
			r = SL_DONE;
		if (r != 0) {
			db_end(query);
			return r;
		}
	}
	db_end(query);
	return r < 0 ? traffic_fail(s->traffic, r, "traffic of %s: %.400s", day->name, day->db.error) : 0;
}

#define AND_OF(place)	" AND (" place " = 0 OR EXISTS (SELECT 1 FROM temp.asked b CROSS JOIN term u ON u.part = p.id AND u.hash = b.hash"		" AND u.n = t.n WHERE b.place = " place "))"

static int
search_index(struct search *s, struct day *day)
{
	const struct sl_traffic_query *q = s->query;
	int64_t places[SETS_MAX], tenant, until = q->until_us > 0 ? q->until_us : INT64_MAX;
	struct sets sets = { .len = 0 };
	struct db_query query;
	int r = 0;

	if (q->tenant.len > 0)
		r = db_number(&day->db, &tenant, "SELECT id FROM tenant WHERE name = lower(?)", "s", q->tenant);
	if (r != 0)
		return r == SL_ERR_NOT_FOUND ? 0 : r;
	r = find_sets(day, q, &sets);
	if (r == 0 && sets.len > 1)
		r = sample(day, &sets);
	if (r != 0)
		return traffic_fail(s->traffic, r, "traffic of %s: %.400s", day->name, day->db.error);
	order(&sets, places);
	if (sets.len > 0)
		db_query(&day->db, &query, "SELECT t.n, x.at FROM part p CROSS JOIN temp.asked a ON a.place = ?1 CROSS JOIN term t ON t.part = p.id"
		    " AND t.hash = a.hash CROSS JOIN tx x ON x.n = t.n WHERE x.at BETWEEN ?9 AND ?10"
		    AND_OF("?2") AND_OF("?3") AND_OF("?4") AND_OF("?5") AND_OF("?6") AND_OF("?7") AND_OF("?8")
		    " ORDER BY p.id DESC, t.n DESC", "iiiiiiiiii", places[0], places[1], places[2], places[3], places[4], places[5], places[6],
		    places[7], q->since_us, until);
	else
		db_query(&day->db, &query, "SELECT n, at FROM tx WHERE at BETWEEN ? AND ? ORDER BY at DESC", "ii", q->since_us, until);
	return search_rows(s, day, &query);
}

static int
search_day(struct search *s, const char *name)
{
	struct day *day = &s->traffic->reading;
	int64_t lost, left_out = 0;
	int r = day_open(s->traffic, day, name, true);

	if (r != 0)
		return r == SL_ERR_NOT_FOUND ? 0 : r;	/* removed meanwhile */
	s->found->days++;
	r = db_number(&day->db, &lost, "SELECT ifnull(sum(lines), 0) FROM lost", "");
	s->found->lost += (uint64_t)lost;
	if (r == 0)	/* such lines are no tenant's */
		r = db_number(&day->db, &left_out, "SELECT ifnull(sum(messages), 0) FROM sum WHERE tenant = (SELECT id FROM tenant WHERE name = '')"
		    " AND outcome = ?", "s", sl_slice_str(sl_record_early_word(SL_RECORD_LEFT_OUT)));
	s->found->left_out += (uint64_t)left_out;
	return r != 0 ? r : search_index(s, day);
}

static bool
asks_all(const struct sl_traffic_query *q)
{
	return q->id.len + q->sender.len + q->recipient.len + q->client.len + q->message_id.len + q->tenant.len == 0;
}

static int64_t
end_of(const char *day)
{
	struct tm tm = { 0 };

	SL_ASSERT(strptime(day, "%Y-%m-%d", &tm) != NULL);
	return ((int64_t)timegm(&tm) + 86400) * 1000000;
}

int
sl_traffic_search(struct sl_traffic *t, const struct sl_traffic_query *query, sl_traffic_each *each, void *ctx,
    struct sl_traffic_found *found)
{
	struct search s = { t, query, each, ctx, found, query->limit > 0 ? query->limit : LIMIT, asks_all(query), 0, 0 };
	char (*names)[DAY_LEN + 1], from[DAY_LEN + 1], to[DAY_LEN + 1];
	size_t len;
	int r = 0;

	SL_CHECK(t, TRAFFIC_MAGIC);
	t->error[0] = '\0';
	*found = (struct sl_traffic_found){ 0 };
	day_of(SL_MAX(query->since_us, (int64_t)0), from);
	day_of(query->until_us > 0 ? query->until_us : (int64_t)253402300799 * 1000000, to);
	len = day_list(t, &names);
	for (size_t i = len; i-- > 0 && r == 0;) {
		if (strcmp(names[i], from) < 0 || strcmp(names[i], to) > 0)
			continue;
		if (is_late(&s, end_of(names[i])))
			break;
		r = search_day(&s, names[i]);
	}
	sl_free(names);
	return r == SL_DONE ? 0 : r;
}
