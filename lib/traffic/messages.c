/* messages.c - briefs beside the blocks, written and gone through; see brief.h and traffic.h */

#include "traffic_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "brief.h"
#include "scan.h"

#define LEVEL		1		/* of compression: they are read more often than written */
#define BRIEFS_BYTES	((size_t)BLOCK_LINES << 15)	/* of a block's, at most */
#define APPLICATION_ID	0x51c3b21f
#define CACHE_KIB	1024
#define RARE		4		/* a tenant with fewer messages than a block in so many is looked for in the index */

/* ---- written ---- */

struct briefing {
	struct brief	brief;
	struct sl_buf	text;		/* of the block that is being written */
	struct {
		int64_t		block;
		size_t		bytes, len;	/* before it was compressed, and now */
		unsigned char	*data;
	} ended[RUN_BLOCKS];
	size_t		ended_len;
};

struct briefing *
briefing_new(void)
{
	struct briefing *b = sl_xzalloc(sizeof(*b));

	sl_buf_init(&b->text, BRIEFS_BYTES);
	return b;
}

void
briefing_forget(struct briefing *b)
{
	for (size_t i = 0; i < b->ended_len; i++)
		sl_free(b->ended[i].data);
	b->ended_len = 0;
	sl_buf_fini(&b->text);
	sl_buf_init(&b->text, BRIEFS_BYTES);
}

void
briefing_free(struct briefing **briefing)
{
	if (*briefing == NULL)
		return;
	briefing_forget(*briefing);
	sl_buf_fini(&(*briefing)->text);
	sl_free(*briefing);
	*briefing = NULL;
}

/* Whose fate a class has: those whose places it names. */
static void
take_class(struct brief *brief, const struct line_class *class)
{
	struct scan scan = { class->places, false };
	unsigned fate = (unsigned)brief->fates_len + 1;
	struct sl_slice value;
	uint64_t place;

	if (class->places.len == 0)
		return;
	brief->fates[brief->fates_len++] = (struct sl_traffic_fate){ class->outcome, class->action, class->verdict };
	while (scan_element(&scan, &value) == SL_DONE)
		if (sl_slice_to_u64(value, BRIEF_RECIPIENTS_MAX, &place) == 0 && place < brief->recipients_len)
			brief->recipients[place].fate = fate;
}

static void
brief_of(const struct line *line, int64_t tenant, struct brief *brief)
{
	brief->tenant = tenant;
	brief->whole = (struct sl_traffic_fate){ line->outcome, line->action, line->verdict };
	brief->bytes = line->bytes;
	brief->fates_len = 0;
	brief->recipients_len = SL_MIN(line->recipients_len, (size_t)BRIEF_RECIPIENTS_MAX);
	for (size_t i = 0; i < brief->recipients_len; i++)
		brief->recipients[i] = (struct sl_traffic_recipient){ line->recipients[i], 0 };
	for (size_t i = 0; i < line->classes_len && brief->fates_len < BRIEF_FATES_MAX; i++)
		if (line->classes[i].outcome.len > 0 && !sl_slice_eq(line->classes[i].outcome, line->outcome))
			take_class(brief, &line->classes[i]);
}

void
briefing_add(struct briefing *b, const struct line *line, int64_t tenant)
{
	if (sl_record_is_early(line->outcome))
		return;		/* no message */
	brief_of(line, tenant, &b->brief);
	brief_write(&b->brief, &b->text);
}

void
briefing_end(struct briefing *b, int64_t block)
{
	size_t room = ZSTD_compressBound(b->text.len), len;
	unsigned char *data;

	if (!b->text.overflow && b->ended_len < SL_COUNT(b->ended)) {	/* else the lines themselves are read */
		data = sl_xmalloc(room);
		len = ZSTD_compress(data, room, b->text.data, b->text.len, LEVEL);
		SL_ASSERT(!ZSTD_isError(len));
		b->ended[b->ended_len].block = block;
		b->ended[b->ended_len].bytes = b->text.len;
		b->ended[b->ended_len].len = len;
		b->ended[b->ended_len++].data = data;
	}
	sl_buf_fini(&b->text);
	sl_buf_init(&b->text, BRIEFS_BYTES);
}

/* ---- the file of briefs ---- */

char *
briefs_path(const struct sl_traffic *t, const char *day)
{
	return sl_xasprintf("%s/briefs-%s.db", t->directory, day);
}

/* Have it open: made if it is not there, unless for reading: then SL_ERR_NOT_FOUND. */
static int
briefs_open(const struct sl_traffic *t, struct day *day, bool read_only)
{
	static const char schema[] = "CREATE TABLE IF NOT EXISTS brief (id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, data BLOB NOT NULL)";
	char *path, marks[96];
	int64_t version;
	int r;

	if (day->briefs.handle != NULL)
		return 0;
	path = briefs_path(t, day->name);
	snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = 1", APPLICATION_ID);
	r = read_only && access(path, F_OK) != 0 ? SL_ERR_NOT_FOUND : db_open(&day->briefs, path, read_only);
	if (r == 0)
		r = db_identify(&day->briefs, path, APPLICATION_ID, 1, &version);
	if (r == 0)
		r = db_settings(&day->briefs, CACHE_KIB, false);
	if (r == 0 && version == 0 && read_only)
		r = SL_ERR_NOT_FOUND;		/* it is being made */
	if (r == 0 && !read_only)
		r = db_script(&day->briefs, "PRAGMA synchronous = NORMAL");
	if (r == 0 && version == 0 && (r = db_script(&day->briefs, schema)) == 0)
		r = db_script(&day->briefs, marks);
	sl_free(path);
	if (r != 0)
		db_close(&day->briefs);
	return r;
}

void
briefing_keep(struct briefing *b, struct sl_traffic *t, struct day *day)
{
	int r = briefs_open(t, day, false);

	if (r == 0)
		r = db_run(&day->briefs, "BEGIN IMMEDIATE", "");
	for (size_t i = 0; i < b->ended_len && r == 0; i++)
		r = db_run(&day->briefs, "INSERT OR REPLACE INTO brief (id, bytes, data) VALUES (?, ?, ?)", "iib", b->ended[i].block,
		    (int64_t)b->ended[i].bytes, sl_slice(b->ended[i].data, b->ended[i].len));
	if (r == 0)
		r = db_run(&day->briefs, "COMMIT", "");
	if (r != 0)
		db_close(&day->briefs);
	briefing_forget(b);
}

/* ---- read ---- */

struct reading {
	struct sl_traffic	*traffic;
	struct day		*day;
	int64_t			 tenant;	/* 0: all */
	const struct sl_traffic_wanted *wanted;
	int64_t			*blocks;	/* where the index finds some of it */
	size_t			 blocks_len, blocks_size;
	sl_traffic_message_each	*each;
	void			*ctx;
	int64_t			 named;		/* the tenant whose name is in `name` */
	struct sl_buf		 name;
	struct brief		 brief;
	struct sl_buf		 lower;		/* of addresses that a line has otherwise */
	unsigned char		*text;		/* BRIEFS_BYTES are never written all, so they are not there all */
	ZSTD_DCtx		*context;
};

static int
find_name(struct reading *r, int64_t tenant)
{
	struct db_query query;
	int result;

	sl_buf_reset(&r->name);
	r->named = tenant;
	db_query(&r->day->db, &query, "SELECT name FROM tenant WHERE id = ?", "i", tenant);
	if ((result = db_row(&query)) == SL_DONE)
		sl_buf_add_slice(&r->name, db_text(&query, 0));
	db_end(&query);
	return SL_MIN(result, 0);
}

static int
give(struct reading *r)
{
	const struct brief *b = &r->brief;
	struct sl_traffic_message message = { .day = r->day->name, .whole = b->whole, .fates = b->fates, .fates_len = b->fates_len,
		.bytes = b->bytes, .recipients = b->recipients, .recipients_len = b->recipients_len };
	int result = r->named == b->tenant ? 0 : find_name(r, b->tenant);

	message.tenant = sl_buf_slice(&r->name);
	return result != 0 ? result : r->each(r->ctx, &message);
}

static int
read_briefs(struct reading *r, struct sl_slice data, int64_t bytes, int64_t block)
{
	struct sl_slice rest;
	size_t len;
	int result;

	if (bytes < 0 || (uint64_t)bytes > BRIEFS_BYTES)
		return traffic_fail(r->traffic, SL_ERR_DAMAGED, "traffic of %s: the brief of block %lld is damaged", r->day->name, (long long)block);
	len = ZSTD_decompressDCtx(r->context, r->text, (size_t)bytes, data.ptr, data.len);
	if (ZSTD_isError(len) || len != (size_t)bytes)
		return traffic_fail(r->traffic, SL_ERR_DAMAGED, "traffic of %s: the brief of block %lld is damaged", r->day->name, (long long)block);
	rest = sl_slice(r->text, len);
	while ((result = brief_read(&rest, r->tenant, &r->brief)) == SL_DONE)
		if ((result = give(r)) != 0)
			return result;
	return result == 0 ? 0 : traffic_fail(r->traffic, result, "traffic of %s: the brief of block %lld is damaged", r->day->name, (long long)block);
}

/* Addresses of lines are as they were written. */
static void
make_lower(struct reading *r)
{
	size_t at = 0;

	sl_buf_reset(&r->lower);
	for (size_t i = 0; i < r->brief.recipients_len; i++)
		for (size_t k = 0; k < r->brief.recipients[i].address.len; k++)
			sl_buf_add_byte(&r->lower, sl_ascii_lower(r->brief.recipients[i].address.ptr[k]));
	for (size_t i = 0; i < r->brief.recipients_len && r->lower.len > 0; i++) {
		r->brief.recipients[i].address.ptr = r->lower.data + at;
		at += r->brief.recipients[i].address.len;
	}
}

/* A block that has no brief: its lines. */
static int
read_lines(struct reading *r, int64_t block)
{
	struct db_query query;
	struct sl_slice text;
	struct line line;
	int result;

	db_query(&r->day->db, &query, "SELECT n, tenant FROM tx WHERE n BETWEEN ? AND ? ORDER BY n", "ii", block * BLOCK_SPAN,
	    block * BLOCK_SPAN + BLOCK_SPAN - 1);
	while ((result = db_row(&query)) == SL_DONE) {
		if (r->tenant != 0 && db_int(&query, 1) != r->tenant)
			continue;
		result = day_line(r->traffic, r->day, db_int(&query, 0), &text);
		if (result == 0 && line_read(text, &line) == 0) {
			if (!sl_record_is_early(line.outcome)) {
				brief_of(&line, db_int(&query, 1), &r->brief);
				make_lower(r);
				result = give(r);
			}
			line_fini(&line);
		}
		if (result != 0)
			break;
	}
	db_end(&query);
	return result;
}

/* Is it worth looking where the tenant's messages are, instead of at all blocks? */
static int
is_rare(struct reading *r, bool *rare)
{
	int64_t messages = 0, blocks = 0;
	int result = 0;

	*rare = false;
	if (r->tenant == 0)
		return 0;
	result = db_number(&r->day->db, &messages, "SELECT ifnull(sum(messages), 0) FROM sum WHERE tenant = ?", "i", r->tenant);
	if (result == 0)
		result = db_number(&r->day->db, &blocks, "SELECT ifnull(max(id), 0) FROM block", "");
	*rare = messages * RARE < blocks;
	return result;
}

/* Of one block: its brief, or what there is of lines. */
static int
read_block(struct reading *r, int64_t block)
{
	struct db_query query;
	int result;

	if (r->day->briefs.handle == NULL)
		return read_lines(r, block);
	db_query(&r->day->briefs, &query, "SELECT bytes, data FROM brief WHERE id = ?", "i", block);
	result = db_row(&query);
	if (result == SL_DONE)
		result = read_briefs(r, db_text(&query, 1), db_int(&query, 0), block);
	else if (result == 0)
		result = read_lines(r, block);
	db_end(&query);
	return result;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
find_blocks(struct reading *r, enum term kind, struct sl_slice value)
{
	struct db_query query;
	int result;

	db_query(&r->day->db, &query, "SELECT DISTINCT t.n / ?2 FROM part p CROSS JOIN term t ON t.part = p.id AND t.hash = ?1", "ii",
	    term_hash(r->day->key, kind, value), BLOCK_SPAN);
	while ((result = db_row(&query)) == SL_DONE) {
		if (r->blocks_len == r->blocks_size) {
			r->blocks_size = r->blocks_size * 2 + 64;
			r->blocks = sl_xrealloc(r->blocks, r->blocks_size * sizeof(*r->blocks));
		}
		r->blocks[r->blocks_len++] = db_int(&query, 0);
	}
	db_end(&query);
	return result;
}

/* What the index has of these recipients, or else of the tenant. */
static int
read_few(struct reading *r)
{
	int result = r->wanted->recipients_len == 0 ? find_blocks(r, TERM_TENANT, r->wanted->tenant) : 0;

	for (size_t i = 0; i < r->wanted->recipients_len && result == 0; i++)
		result = find_blocks(r, TERM_RECIPIENT, r->wanted->recipients[i]);
	if (r->blocks_len > 1)
		qsort(r->blocks, r->blocks_len, sizeof(*r->blocks), by_number);
	for (size_t i = 0; i < r->blocks_len && result == 0; i++)
		if (i == 0 || r->blocks[i] != r->blocks[i - 1])
			result = read_block(r, r->blocks[i]);
	sl_free(r->blocks);
	return result;
}

/* All blocks, in the order in which their briefs lie on the disk; what has none is read between. */
static int
read_all(struct reading *r)
{
	struct db_query query;
	int64_t last = 0, next = 1;
	int result = db_number(&r->day->db, &last, "SELECT ifnull(max(id), 0) FROM block", "");

	if (result == 0 && r->day->briefs.handle != NULL) {
		db_query(&r->day->briefs, &query, "SELECT id, bytes, data FROM brief WHERE id BETWEEN 1 AND ? ORDER BY id", "i", last);
		while ((result = db_row(&query)) == SL_DONE) {
			for (result = 0; next < db_int(&query, 0) && result == 0; next++)
				result = read_lines(r, next);
			if (result == 0)
				result = read_briefs(r, db_text(&query, 2), db_int(&query, 1), next++);
			if (result != 0)
				break;
		}
		db_end(&query);
	}
	for (; next <= last && result == 0; next++)
		result = read_lines(r, next);
	return result;
}

static int
read_day(struct reading *r)
{
	bool rare;
	int result = briefs_open(r->traffic, r->day, true);

	if (result != 0 && result != SL_ERR_NOT_FOUND)
		return traffic_fail(r->traffic, result, "the briefs of %s cannot be read: %s", r->day->name, sl_strerror(result));
	result = is_rare(r, &rare);
	return result != 0 ? result : rare || r->wanted->recipients_len > 0 ? read_few(r) : read_all(r);
}

static int
begin_day(struct reading *r)
{
	int result = 0;

	if (r->wanted->tenant.len > 0)
		result = db_number(&r->day->db, &r->tenant, "SELECT id FROM tenant WHERE name = lower(?)", "s", r->wanted->tenant);
	if (result != 0)
		return result == SL_ERR_NOT_FOUND ? 0 : result;
	r->text = sl_xmalloc(BRIEFS_BYTES);
	r->context = ZSTD_createDCtx();
	SL_ASSERT(r->context != NULL);
	sl_buf_init(&r->lower, LINE_MAX_BYTES);
	sl_buf_init(&r->name, 4096);
	result = read_day(r);
	sl_buf_fini(&r->name);
	sl_buf_fini(&r->lower);
	ZSTD_freeDCtx(r->context);
	sl_free(r->text);
	return result;
}

int
messages_of_day(struct sl_traffic *t, struct day *day, const struct sl_traffic_wanted *wanted, sl_traffic_message_each *each, void *ctx)
{
	struct reading *r = sl_xzalloc(sizeof(*r));
	int result;

	*r = (struct reading){ .traffic = t, .day = day, .wanted = wanted, .each = each, .ctx = ctx };
	result = begin_day(r);
	if (result < 0 && t->error[0] == '\0')
		traffic_fail(t, result, "traffic of %s: %.400s", day->name, day->db.error);
	sl_free(r);
	return result;
}

/* ---- given to others ---- */

int
sl_traffic_messages(struct sl_traffic *t, const struct sl_traffic_wanted *wanted, sl_traffic_message_each *each, void *ctx, char first_out[11])
{
	char (*names)[DAY_LEN + 1];
	size_t len;
	int r = 0;

	SL_CHECK(t, TRAFFIC_MAGIC);
	SL_ASSERT(day_is_name(wanted->from_day) && day_is_name(wanted->to_day));
	t->error[0] = '\0';
	first_out[0] = '\0';
	len = day_list(t, &names);
	for (size_t i = 0; i < len && r == 0; i++) {
		if (strcmp(names[i], wanted->from_day) < 0 || strcmp(names[i], wanted->to_day) > 0)
			continue;
		if (first_out[0] == '\0')
			memcpy(first_out, names[i], DAY_LEN + 1);
		r = day_open(t, &t->reading, names[i], true);
		if (r == 0)
			r = messages_of_day(t, &t->reading, wanted, each, ctx);
		else if (r == SL_ERR_NOT_FOUND)		/* removed meanwhile */
			r = 0;
	}
	sl_free(names);
	return r;
}

/* ---- what one counts ---- */

int
sl_traffic_message_sums(const struct sl_traffic_message *m, const bool *chosen, struct sl_slice name, sl_traffic_sum_each *each, void *ctx)
{
	uint64_t counts[BRIEF_FATES_MAX + 1] = { 0 };
	size_t first = SIZE_MAX, all = 0;
	int r = 0;

	for (size_t i = 0; i < m->recipients_len; i++) {
		if (!chosen[i])
			continue;
		all++;
		counts[m->recipients[i].fate]++;
		if (first == SIZE_MAX)
			first = m->recipients[i].fate;
	}
	if (all == 0)
		return 0;
	/* What is chosen whole counts as it counts in the tenant's sums, whatever that is. */
	if (counts[0] > 0 || all == m->recipients_len)
		first = 0;
	for (size_t f = 0; f <= m->fates_len && r == 0; f++) {
		const struct sl_traffic_fate *fate = f == 0 ? &m->whole : &m->fates[f - 1];
		const struct sl_traffic_sum sum = { .day = m->day, .tenant = m->tenant, .outcome = fate->outcome, .action = fate->action,
			.verdict = fate->verdict, .messages = f == first, .recipients = counts[f], .bytes = f == first ? m->bytes : 0,
			.reached = sl_slice_eq(fate->outcome, SL_SLICE_LIT("delivered")), .name = name };

		if (f == first || counts[f] > 0)
			r = each(ctx, &sum);
	}
	return r;
}
