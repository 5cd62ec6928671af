/* traffic.c - open and close; the queue, and writing it in blocks; see traffic.h */

#include "traffic_i.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define QUEUE_BYTES	((size_t)16 << 20)
#define KEEP_DAYS	30
#define LEVEL		3		/* of compression */
#define DAY_US		((int64_t)86400 * 1000000)

int
traffic_fail(struct sl_traffic *t, int result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(t->error, sizeof(t->error), format, ap);
	va_end(ap);
	return result;
}

int
sl_traffic_open(const struct sl_traffic_options *options, struct sl_traffic **traffic_out)
{
	struct sl_traffic *t = sl_xzalloc(sizeof(*t));
	struct stat st;

	t->magic = TRAFFIC_MAGIC;
	t->directory = sl_xstrdup(options->directory);
	t->clock = options->clock != NULL ? options->clock : &sl_clock_system;
	t->queue_bytes = options->queue_bytes > 0 ? options->queue_bytes : QUEUE_BYTES;
	t->keep_days = options->keep_days > 0 ? options->keep_days : KEEP_DAYS;
	t->read_only = options->read_only;
	sl_buf_init(&t->queue, t->queue_bytes);
	*traffic_out = t;
	if (!t->read_only && mkdir(t->directory, 0700) != 0 && errno != EEXIST)
		return traffic_fail(t, SL_ERR_SYSTEM, "%s: %s", t->directory, strerror(errno));
	if (stat(t->directory, &st) != 0 || !S_ISDIR(st.st_mode))
		return traffic_fail(t, SL_ERR_NOT_FOUND, "%s: there is no such directory", t->directory);
	return 0;
}

void
sl_traffic_close(struct sl_traffic **traffic)
{
	struct sl_traffic *t = *traffic;

	if (t == NULL)
		return;
	SL_CHECK(t, TRAFFIC_MAGIC);
	if (t->queue.len > 0)
		(void)(sl_traffic_flush(t) == 0);	/* what cannot be written now is lost */
	day_close(&t->writing);
	day_close(&t->reading);
	sl_buf_fini(&t->queue);
	sl_free(t->directory);
	SL_OBJ_FREE(traffic, TRAFFIC_MAGIC);
}

const char *
sl_traffic_error(const struct sl_traffic *t)
{
	SL_CHECK(t, TRAFFIC_MAGIC);
	return t->error;
}

void
sl_traffic_counts(const struct sl_traffic *t, struct sl_traffic_counts *out)
{
	SL_CHECK(t, TRAFFIC_MAGIC);
	*out = t->counts;
}

size_t
sl_traffic_queued(const struct sl_traffic *t)
{
	SL_CHECK(t, TRAFFIC_MAGIC);
	return t->queue.len;
}

/* ---- the queue ---- */

int
sl_traffic_add(struct sl_traffic *t, struct sl_slice line)
{
	SL_CHECK(t, TRAFFIC_MAGIC);
	SL_ASSERT(!t->read_only);
	if (line.len == 0)
		return 0;
	if (line.len > LINE_MAX_BYTES || memchr(line.ptr, '\n', line.len) != NULL) {
		t->counts.malformed++;
		return 0;
	}
	if (line.len + 1 > t->queue_bytes - t->queue.len) {
		t->counts.dropped++;
		t->untold++;
		return SL_ERR_FULL;
	}
	sl_buf_add_slice(&t->queue, line);
	sl_buf_add_byte(&t->queue, '\n');
	return 0;
}

/* ---- a block ---- */

struct block {
	struct line	 lines[BLOCK_LINES];
	size_t		 len;
	struct sl_buf	 text;
	size_t		 used;		/* of the queue */
	uint64_t	 malformed, repeated;
	struct briefing	*briefing;
};

static void
block_reset(struct block *b)
{
	for (size_t i = 0; i < b->len; i++)
		line_fini(&b->lines[i]);
	b->len = b->used = 0;
	b->malformed = b->repeated = 0;
	sl_buf_reset(&b->text);
}

/* Days far from today are no days of ours: a line cannot make files at will. */
static bool
day_is_sane(const struct sl_traffic *t, const struct line *line)
{
	int64_t now = t->clock->wall_us(t->clock->ctx);

	return line->at_us <= now + DAY_US && line->at_us >= now - (int64_t)t->keep_days * DAY_US;
}

/* Lines of one day, from there in the queue on; of `day`, if that is not "". */
static void
block_gather(struct sl_traffic *t, struct block *b, size_t from, const char *day)
{
	struct sl_slice rest = sl_slice_from(sl_buf_slice(&t->queue), from);

	while (rest.len > 0 && b->len < BLOCK_LINES && b->text.len < BLOCK_BYTES) {
		size_t len = (size_t)((const unsigned char *)memchr(rest.ptr, '\n', rest.len) - rest.ptr);
		struct line *line = &b->lines[b->len];
		bool good = line_read(sl_slice(rest.ptr, len), line) == 0;

		if (good && day_is_sane(t, line)) {
			if (*day != '\0' && strcmp(line->day, day) != 0) {
				line_fini(line);
				return;		/* another run's */
			}
			day = line->day;
			b->len++;
			sl_buf_add(&b->text, rest.ptr, len + 1);
		} else {
			if (good)
				line_fini(line);
			b->malformed++;
		}
		b->used += len + 1;
		rest = sl_slice_from(rest, len + 1);
	}
}

static int
add_term(struct day *day, enum term kind, struct sl_slice value, int64_t n)
{
	return db_run(&day->db, "INSERT OR IGNORE INTO term (part, hash, n) VALUES (?, ?, ?)", "iii", n / BLOCK_SPAN / PART_BLOCKS,
	    term_hash(day->key, kind, value), n);
}

static int
tenant_id(struct day *day, struct sl_slice name, int64_t *out)
{
	int r = db_number(&day->db, out, "SELECT id FROM tenant WHERE name = ?", "s", name);

	if (r != SL_ERR_NOT_FOUND)
		return r;
	r = db_run(&day->db, "INSERT INTO tenant (name) VALUES (?)", "s", name);
	*out = db_last_id(&day->db);
	return r;
}

static int
add_recipient(struct day *day, struct sl_slice mailbox, int64_t n)
{
	int r = add_term(day, TERM_RECIPIENT, mailbox, n);

	return r == 0 ? add_term(day, TERM_RECIPIENT_DOMAIN, domain_part(mailbox), n) : r;
}

/* Those that were not accepted are looked for like others, and are their tenants' too. */
static int
add_refused(struct day *day, const struct line *line, int64_t n)
{
	int64_t id;
	int r = 0;

	for (size_t i = 0; i < line->refused_len && r == 0; i++) {
		const struct line_refused *refused = &line->refused[i];

		if (refused->mailbox.len > 0)
			r = add_recipient(day, refused->mailbox, n);
		if (r == 0 && refused->tenant.len > 0 && (r = tenant_id(day, refused->tenant, &id)) == 0)
			r = add_term(day, TERM_TENANT, refused->tenant, n);
	}
	return r;
}

static int
add_terms(struct day *day, const struct line *line, int64_t n, uint64_t *recipients)
{
	struct sl_slice recipient;
	int r;

	if ((r = add_term(day, TERM_ID, line->id, n)) != 0 || (r = add_term(day, TERM_SENDER, line->sender, n)) != 0)
		return r;
	if (line->session.len > 0 && (r = add_term(day, TERM_ID, line->session, n)) != 0)
		return r;
	if (line->sender.len > 0 && (r = add_term(day, TERM_SENDER_DOMAIN, domain_part(line->sender), n)) != 0)
		return r;
	if ((r = add_term(day, TERM_TENANT, line->tenant, n)) != 0)
		return r;
	if (line->client.len > 0 && (r = add_term(day, TERM_CLIENT, line->client, n)) != 0)
		return r;
	if (line->message_id.len > 0 && (r = add_term(day, TERM_MESSAGE_ID, line->message_id, n)) != 0)
		return r;
	for (*recipients = 0; (recipient = line_recipient(line, *recipients)).ptr != NULL; (*recipients)++) {
		if ((r = add_recipient(day, recipient, n)) != 0)
			return r;
	}
	return add_refused(day, line, n);
}

/* Is it there already? The same line has the same time, of which there are few. */
static int
is_repeated(struct day *day, const struct line *line, bool *repeated)
{
	int64_t n;
	int r = db_number(&day->db, &n, "SELECT x.n FROM tx x CROSS JOIN term t ON t.part = x.n / ?3 AND t.hash = ?2 AND t.n = x.n"
	    " WHERE x.at = ?1 LIMIT 1", "iii", line->at_us, term_hash(day->key, TERM_ID, line->id), BLOCK_SPAN * PART_BLOCKS);

	*repeated = r == 0;
	return r == SL_ERR_NOT_FOUND ? 0 : r;
}

static int
add_sum(struct day *day, int64_t tenant, const struct line_class *what, int64_t messages, int64_t bytes)
{
	return db_run(&day->db, "INSERT INTO sum (tenant, outcome, action, verdict, messages, recipients, bytes)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET messages = messages + ?5,"
	    " recipients = recipients + ?6, bytes = bytes + ?7", "isssiii", tenant, what->outcome, what->action, what->verdict,
	    messages, (int64_t)what->recipients, bytes);
}

/* The message counts as what the line says; recipients who fared otherwise count as what their class says. */
static int
add_sums(struct day *day, const struct line *line, int64_t tenant, uint64_t recipients)
{
	struct line_class whole = { line->outcome, line->action, line->verdict, (size_t)recipients };
	int r = 0;

	if (sl_slice_eq(line->outcome, sl_slice_str(sl_record_early_word(SL_RECORD_LEFT_OUT))))
		return add_sum(day, tenant, &whole, (int64_t)line->left_out, 0);
	for (size_t i = 0; i < line->classes_len && r == 0; i++) {
		const struct line_class *class = &line->classes[i];

		if (class->outcome.len == 0 || class->recipients > whole.recipients || sl_slice_eq(class->outcome, line->outcome))
			continue;
		whole.recipients -= class->recipients;
		r = add_sum(day, tenant, class, 0, 0);
	}
	return r == 0 ? add_sum(day, tenant, &whole, 1, (int64_t)line->bytes) : r;
}

/* Returns SL_DONE when it was there already. */
static int
add_line(struct day *day, const struct line *line, int64_t n, struct briefing *briefing)
{
	uint64_t recipients;
	bool repeated;
	int64_t tenant;
	int r;

	r = is_repeated(day, line, &repeated);
	if (r != 0 || repeated)
		return r != 0 ? r : SL_DONE;
	if ((r = tenant_id(day, line->tenant, &tenant)) != 0 || (r = add_terms(day, line, n, &recipients)) != 0 ||
	    (r = db_run(&day->db, "INSERT INTO tx (n, at, tenant) VALUES (?, ?, ?)", "iii", n, line->at_us, tenant)) != 0)
		return r;
	briefing_add(briefing, line, tenant);
	return add_sums(day, line, tenant, recipients);
}

static int
block_store(struct day *day, const struct block *b, int64_t id)
{
	size_t room = ZSTD_compressBound(b->text.len);
	unsigned char *data = sl_xmalloc(room);
	size_t len = ZSTD_compress(data, room, b->text.data, b->text.len, LEVEL);
	int r;

	SL_ASSERT(!ZSTD_isError(len));
	r = db_run(&day->db, "INSERT INTO block (id, bytes, data) VALUES (?, ?, ?)", "iib", id, (int64_t)b->text.len,
	    sl_slice(data, len));
	sl_free(data);
	return r;
}

static int
block_write(struct day *day, struct block *b)
{
	int64_t id;
	int r = db_number(&day->db, &id, "SELECT ifnull(max(id), 0) + 1 FROM block", "");

	if (r == 0)
		r = db_run(&day->db, "INSERT OR IGNORE INTO part (id) VALUES (?)", "i", id / PART_BLOCKS);
	for (size_t i = 0; i < b->len && r == 0; i++) {
		r = add_line(day, &b->lines[i], id * BLOCK_SPAN + (int64_t)i, b->briefing);
		b->repeated += r == SL_DONE;
		r = SL_MIN(r, 0);
	}
	if (r == 0 && b->repeated < b->len) {
		r = block_store(day, b, id);
		briefing_end(b->briefing, id);
	}
	return r;
}

/* ---- a run: some blocks of one day, in one transaction ---- */

struct run {
	char			 day[DAY_LEN + 1];	/* "": not known yet */
	size_t			 used;			/* of the queue */
	struct sl_traffic_counts counts;
	bool			 begun;
};

static int
run_begin(struct sl_traffic *t, struct run *run, const struct block *b)
{
	struct day *day = &t->writing;
	int r = day_open(t, day, b->lines[0].day, false);

	if (r != 0)
		return r;
	strcpy(run->day, b->lines[0].day);
	r = db_run(&day->db, "BEGIN IMMEDIATE", "");
	run->begun = r == 0;
	if (r == 0 && t->untold > 0)
		r = db_run(&day->db, "INSERT INTO lost (at, lines) VALUES (?, ?)", "ii", b->lines[0].at_us, (int64_t)t->untold);
	return r;
}

static int
run_blocks(struct sl_traffic *t, struct run *run, struct block *b)
{
	int r = 0;

	for (int i = 0; i < RUN_BLOCKS && run->used < t->queue.len && r == 0; i++) {
		block_reset(b);
		block_gather(t, b, run->used, run->day);
		if (b->used == 0)
			break;		/* another day's */
		if (b->len > 0 && !run->begun)
			r = run_begin(t, run, b);
		if (r == 0 && b->len > 0)
			r = block_write(&t->writing, b);
		run->used += b->used;
		run->counts.malformed += b->malformed;
		run->counts.repeated += b->repeated;
		run->counts.written += b->len - b->repeated;
	}
	return r;
}

/* Returns 0 when what it took of the queue is on disk. */
static int
run_write(struct sl_traffic *t, struct block *b)
{
	struct day *day = &t->writing;
	struct run run = { .day = "" };
	int r = run_blocks(t, &run, b);

	if (r == 0 && run.begun)
		r = db_run(&day->db, "COMMIT", "");
	if (r == 0) {
		t->untold = run.begun ? 0 : t->untold;
		t->counts.malformed += run.counts.malformed;
		t->counts.repeated += run.counts.repeated;
		t->counts.written += run.counts.written;
		sl_buf_consume(&t->queue, run.used);
		if (run.begun)
			briefing_keep(b->briefing, t, day);
		return 0;
	}
	briefing_forget(b->briefing);
	if (run.begun) {
		traffic_fail(t, r, "traffic of %s: %.400s", day->name, day->db.error);
		sqlite3_exec(day->db.handle, "ROLLBACK", NULL, NULL, NULL);
		day_close(day);		/* a file that was removed or repaired meanwhile is opened anew */
	}
	return r;
}

int
sl_traffic_flush(struct sl_traffic *t)
{
	struct block *b;
	int r = 0;

	SL_CHECK(t, TRAFFIC_MAGIC);
	t->error[0] = '\0';
	b = sl_xzalloc(sizeof(*b));
	sl_buf_init(&b->text, BLOCK_BYTES + LINE_MAX_BYTES + 1);
	b->briefing = briefing_new();
	while (t->queue.len > 0 && r == 0)
		r = run_write(t, b);
	block_reset(b);
	sl_buf_fini(&b->text);
	briefing_free(&b->briefing);
	sl_free(b);
	return r;
}

/* ---- what is too old ---- */

static int
day_remove(struct sl_traffic *t, const char *name)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char *paths[] = { day_path(t, name), briefs_path(t, name) };
	struct day day = { 0 };
	int r = day_open(t, &day, name, false);

	if (r == 0)
		r = sums_keep(t, &day);
	day_close(&day);
	if (r != 0 && r != SL_ERR_DAMAGED) {	/* a damaged file has no sums to keep, and goes */
		sl_free(paths[0]);
		sl_free(paths[1]);
		return r;
	}
	if (strcmp(t->writing.name, name) == 0)
		day_close(&t->writing);
	if (strcmp(t->reading.name, name) == 0)
		day_close(&t->reading);
	for (size_t i = 0; i < SL_COUNT(paths) * SL_COUNT(ends); i++) {
		char *file = sl_xasprintf("%s%s", paths[i / SL_COUNT(ends)], ends[i % SL_COUNT(ends)]);

		if (unlink(file) != 0 && errno != ENOENT)
			r = traffic_fail(t, SL_ERR_SYSTEM, "%s: %s", file, strerror(errno));
		sl_free(file);
	}
	sl_free(paths[0]);
	sl_free(paths[1]);
	return r == SL_ERR_DAMAGED ? 0 : r;
}

int
sl_traffic_expire(struct sl_traffic *t, size_t *removed_out)
{
	char (*names)[DAY_LEN + 1], oldest[DAY_LEN + 1];
	size_t len;
	int r = 0;

	SL_CHECK(t, TRAFFIC_MAGIC);
	*removed_out = 0;
	day_of(t->clock->wall_us(t->clock->ctx) - (int64_t)t->keep_days * DAY_US, oldest);
	len = day_list(t, &names);
	for (size_t i = 0; i < len && r == 0 && strcmp(names[i], oldest) < 0; i++) {
		r = day_remove(t, names[i]);
		*removed_out += r == 0;
	}
	sl_free(names);
	return r;
}
