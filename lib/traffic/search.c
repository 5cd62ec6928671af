/* search.c - lines by what is known of them; see traffic.h */

#include "traffic_i.h"

#define LIMIT		100
#define TERMS_MAX	3	/* asked of the index; the rest is looked at in the line */

struct search {
	struct sl_traffic		*traffic;
	const struct sl_traffic_query	*query;
	sl_traffic_each			*each;
	void				*ctx;
	struct sl_traffic_found		*found;
	size_t				 limit;
	bool				 all;		/* of a time: nothing else is asked for */
};

/* ---- terms, those that fewest lines have first ---- */

static void
add(const struct day *day, int64_t terms[TERMS_MAX], size_t *len, enum term kind, struct sl_slice value)
{
	if (*len < TERMS_MAX)
		terms[(*len)++] = term_hash(day->key, kind, value);
}

static bool
is_address(struct sl_slice s)
{
	return sl_slice_eq(s, SL_SLICE_LIT("<>")) || (s.len > 0 && s.ptr[0] != '@' && memchr(s.ptr, '@', s.len) != NULL);
}

static size_t
terms_of(const struct day *day, const struct sl_traffic_query *q, int64_t terms[TERMS_MAX])
{
	char message_id[SL_RECORD_MESSAGE_ID_LEN + 1];
	size_t len = 0;

	if (q->id.len > 0)
		add(day, terms, &len, TERM_ID, q->id);
	if (q->message_id.len > 0) {
		query_message_id(q->message_id, message_id);
		add(day, terms, &len, TERM_MESSAGE_ID, sl_slice_str(message_id));
	}
	if (is_address(q->sender) && !sl_slice_eq(q->sender, SL_SLICE_LIT("<>")))
		add(day, terms, &len, TERM_SENDER, q->sender);
	if (is_address(q->recipient))
		add(day, terms, &len, TERM_RECIPIENT, q->recipient);
	if (q->client.len > 0)
		add(day, terms, &len, TERM_CLIENT, q->client);
	if (q->sender.len > 0 && !is_address(q->sender))
		add(day, terms, &len, TERM_SENDER_DOMAIN, domain_part(q->sender));
	if (q->recipient.len > 0 && !is_address(q->recipient))
		add(day, terms, &len, TERM_RECIPIENT_DOMAIN, domain_part(q->recipient));
	if (sl_slice_eq(q->sender, SL_SLICE_LIT("<>")))		/* bounces: many */
		add(day, terms, &len, TERM_SENDER, sl_slice("", 0));
	if (q->tenant.len > 0)
		add(day, terms, &len, TERM_TENANT, q->tenant);
	for (size_t i = len; i < TERMS_MAX; i++)
		terms[i] = 0;
	return len;
}

/* ---- a day ---- */

/* Returns 0 to go on, SL_DONE when there are more than are wanted. */
static int
give(struct search *s, struct day *day, int64_t n)
{
	struct sl_slice text;
	struct line line;
	bool matches;
	int r = day_line(s->traffic, day, n, &text);

	if (r != 0)
		return r;
	if (!s->all) {
		if (line_read(text, &line) != 0)
			return 0;
		matches = line_matches(&line, s->query);	/* what has the same hash is not it */
		line_fini(&line);
		if (!matches)
			return 0;
	}
	if (s->found->lines == s->limit) {
		s->found->more = true;
		return SL_DONE;
	}
	s->found->lines++;
	return s->each(s->ctx, text);
}

static int
search_rows(struct search *s, struct day *day, struct db_query *query)
{
	int r;

	while ((r = db_row(query)) == SL_DONE) {
		r = give(s, day, db_int(query, 0));
		if (r != 0) {
			db_end(query);
			return r;
		}
	}
	db_end(query);
	return r < 0 ? traffic_fail(s->traffic, r, "traffic of %s: %.400s", day->name, day->db.error) : 0;
}

static int
search_index(struct search *s, struct day *day)
{
	const struct sl_traffic_query *q = s->query;
	int64_t terms[TERMS_MAX], tenant = 0, until = q->until_us > 0 ? q->until_us : INT64_MAX;
	struct db_query query;
	int r;

	if (q->tenant.len > 0) {
		r = db_number(&day->db, &tenant, "SELECT id FROM tenant WHERE name = lower(?)", "s", q->tenant);
		if (r != 0)
			return r == SL_ERR_NOT_FOUND ? 0 : r;
	}
	if (terms_of(day, q, terms) > 0)
		db_query(&day->db, &query, "SELECT t.n FROM part p CROSS JOIN term t ON t.part = p.id AND t.hash = ?1"
		    " CROSS JOIN tx x ON x.n = t.n"
		    " WHERE (?2 = 0 OR EXISTS (SELECT 1 FROM term WHERE part = p.id AND hash = ?2 AND n = t.n))"
		    " AND (?3 = 0 OR EXISTS (SELECT 1 FROM term WHERE part = p.id AND hash = ?3 AND n = t.n))"
		    " AND x.at BETWEEN ?4 AND ?5 AND (?6 = 0 OR x.tenant = ?6"
		    "  OR EXISTS (SELECT 1 FROM term WHERE part = p.id AND hash = ?7 AND n = t.n)) ORDER BY p.id DESC, t.n DESC",
		    "iiiiiii", terms[0], terms[1], terms[2], q->since_us, until, tenant, term_hash(day->key, TERM_TENANT, q->tenant));
	else
		db_query(&day->db, &query, "SELECT n FROM tx WHERE at BETWEEN ? AND ? ORDER BY at DESC", "ii", q->since_us, until);
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

int
sl_traffic_search(struct sl_traffic *t, const struct sl_traffic_query *query, sl_traffic_each *each, void *ctx,
    struct sl_traffic_found *found)
{
	struct search s = { t, query, each, ctx, found, query->limit > 0 ? query->limit : LIMIT, asks_all(query) };
	char (*names)[DAY_LEN + 1], from[DAY_LEN + 1], to[DAY_LEN + 1];
	size_t len;
	int r = 0;

	SL_CHECK(t, TRAFFIC_MAGIC);
	t->error[0] = '\0';
	*found = (struct sl_traffic_found){ 0 };
	day_of(SL_MAX(query->since_us, (int64_t)0), from);
	day_of(query->until_us > 0 ? query->until_us : (int64_t)253402300799 * 1000000, to);
	len = day_list(t, &names);
	for (size_t i = len; i-- > 0 && r == 0;)
		if (strcmp(names[i], from) >= 0 && strcmp(names[i], to) <= 0)
			r = search_day(&s, names[i]);
	sl_free(names);
	return r == SL_DONE ? 0 : r;
}
