/* day.c - a day's file; see traffic_i.h */

#include "traffic_i.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define APPLICATION_ID	0x51c3da11	/* of our files */
#define SCHEMA_VERSION	1
#define CACHE_KIB	8192

/*
 * tx.n is a line: its block, times BLOCK_SPAN, and its place there. A term leads to lines. Terms are hashes, in no order, so
 * each would touch a page of its own of a large index: they are kept in parts of PART_BLOCKS blocks, of which
 * only the last is written to, and is small. A search looks into each part.
 */
static const char schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE block (id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE TABLE tenant (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE tx (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, tenant INTEGER NOT NULL);"
    "CREATE INDEX tx_at ON tx (at);"
    "CREATE TABLE part (id INTEGER PRIMARY KEY);"
    "CREATE TABLE term (part INTEGER NOT NULL, hash INTEGER NOT NULL, n INTEGER NOT NULL,"
    "	PRIMARY KEY (part, hash, n)) WITHOUT ROWID;"
    "CREATE TABLE sum (tenant INTEGER NOT NULL, outcome TEXT NOT NULL, action TEXT NOT NULL, verdict TEXT NOT NULL,"
    "	messages INTEGER NOT NULL, recipients INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    "	PRIMARY KEY (tenant, outcome, action, verdict)) WITHOUT ROWID;"
    "CREATE TABLE lost (at INTEGER NOT NULL, lines INTEGER NOT NULL);";

/* ---- names ---- */

void
day_of(int64_t at_us, char out[DAY_LEN + 1])
{
	time_t seconds = (time_t)(at_us / 1000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, DAY_LEN + 1, "%Y-%m-%d", &tm);
}

bool
day_is_name(const char *name)
{
	static const char form[] = "dddd-dd-dd";

	for (size_t i = 0; i < DAY_LEN; i++)
		if (form[i] == 'd' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
			return false;
	return name[DAY_LEN] == '\0';
}

char *
day_path(const struct sl_traffic *t, const char *name)
{
	return sl_xasprintf("%s/traffic-%s.db", t->directory, name);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

size_t
day_list(const struct sl_traffic *t, char (**names_out)[DAY_LEN + 1])
{
	DIR *directory = opendir(t->directory);
	const struct dirent *entry;
	size_t len = 0, room = 0;

	*names_out = NULL;
	while (directory != NULL && len < DAYS_MAX && (entry = readdir(directory)) != NULL) {
		char name[DAY_LEN + 1];

		if (strlen(entry->d_name) != strlen("traffic-2026-11-26.db") || strncmp(entry->d_name, "traffic-", 8) != 0 ||
		    strcmp(entry->d_name + 8 + DAY_LEN, ".db") != 0)
			continue;
		memcpy(name, entry->d_name + 8, DAY_LEN);
		name[DAY_LEN] = '\0';
		if (!day_is_name(name))
			continue;
		if (len == room) {
			room = room * 2 + 64;
			*names_out = sl_xrealloc(*names_out, room * sizeof(**names_out));
		}
		memcpy((*names_out)[len++], name, sizeof(name));
	}
	if (directory != NULL)
		closedir(directory);
	if (len > 0)
		qsort(*names_out, len, sizeof(**names_out), by_name);
	return len;
}

/* ---- files ---- */

void
day_close(struct day *day)
{
	db_close(&day->db);
	db_close(&day->briefs);
	sl_buf_fini(&day->text);
	day->name[0] = '\0';
	day->block = 0;
}

static int
day_make(struct day *day)
{
	char marks[128];
	int r;

	snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID, SCHEMA_VERSION);
	sl_random(day->key, sizeof(day->key));
	if ((r = db_script(&day->db, "BEGIN IMMEDIATE")) != 0)
		return r;
	if ((r = db_script(&day->db, schema)) == 0 && (r = db_script(&day->db, marks)) == 0)
		r = db_run(&day->db, "INSERT INTO meta (name, value) VALUES ('key', ?)", "b",
		    sl_slice(day->key, sizeof(day->key)));
	if (r == 0)
		return db_script(&day->db, "COMMIT");
	sqlite3_exec(day->db.handle, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int
day_key(struct day *day)
{
	struct db_query query;
	int r;

	db_query(&day->db, &query, "SELECT value FROM meta WHERE name = 'key'", "");
	r = db_row(&query);
	if (r == SL_DONE && db_text(&query, 0).len == sizeof(day->key))
		memcpy(day->key, db_text(&query, 0).ptr, sizeof(day->key));
	else if (r >= 0)
		r = db_fail(&day->db, SL_ERR_DAMAGED, "the file has no key");
	db_end(&query);
	return r < 0 ? r : 0;
}

static int
day_begin(struct day *day, const char *path, bool read_only)
{
	int64_t version;
	int r;

	if ((r = db_open(&day->db, path, read_only)) != 0 ||
	    (r = db_identify(&day->db, path, APPLICATION_ID, SCHEMA_VERSION, &version)) != 0 ||
	    (r = db_settings(&day->db, CACHE_KIB, false)) != 0)
		return r;
	if (!read_only && (r = db_script(&day->db, "PRAGMA synchronous = NORMAL")) != 0)
		return r;	/* a crash of the machine may cost the last lines, not the file */
	if (version == 0 && read_only)
		return SL_ERR_NOT_FOUND;
	return version == 0 ? day_make(day) : day_key(day);
}

int
day_open(struct sl_traffic *t, struct day *day, const char *name, bool read_only)
{
	char *path;
	int r;

	if (strcmp(day->name, name) == 0)
		return 0;
	day_close(day);
	path = day_path(t, name);
	if (read_only && access(path, F_OK) != 0) {
		r = SL_ERR_NOT_FOUND;
	} else {
		r = day_begin(day, path, read_only);
		if (r != 0)
			traffic_fail(t, r, "%s: %.400s", path, day->db.error);
	}
	if (r == 0)
		strcpy(day->name, name);
	else
		day_close(day);
	sl_buf_init(&day->text, BLOCK_BYTES + LINE_MAX_BYTES + 2);
	sl_free(path);
	return r;
}

/* ---- lines ---- */

static int
block_read(struct sl_traffic *t, struct day *day, int64_t id)
{
	struct db_query query;
	struct sl_slice data;
	size_t len = 0;
	int r;

	day->block = 0;
	sl_buf_reset(&day->text);
	db_query(&day->db, &query, "SELECT bytes, data FROM block WHERE id = ?", "i", id);
	r = db_row(&query);
	if (r == SL_DONE) {
		int64_t bytes = db_int(&query, 0);

		data = db_text(&query, 1);
		if (bytes > 0 && (size_t)bytes <= BLOCK_BYTES + LINE_MAX_BYTES + 1) {
			unsigned char *text = sl_xmalloc((size_t)bytes);

			len = ZSTD_decompress(text, (size_t)bytes, data.ptr, data.len);
			if (!ZSTD_isError(len) && len == (size_t)bytes) {
				sl_buf_add(&day->text, text, len);
				day->block = id;
			}
			sl_free(text);
		}
	}
	db_end(&query);
	if (r >= 0 && day->block == 0)
		return traffic_fail(t, SL_ERR_DAMAGED, "traffic of %s: block %lld is damaged", day->name, (long long)id);
	return r < 0 ? traffic_fail(t, r, "traffic of %s: %.400s", day->name, day->db.error) : 0;
}

static void
find_lines(struct day *day)
{
	struct sl_slice rest = sl_buf_slice(&day->text);
	const unsigned char *end;

	day->lines = 0;
	day->starts[0] = 0;
	while (day->lines < BLOCK_LINES && rest.len > 0 && (end = memchr(rest.ptr, '\n', rest.len)) != NULL) {
		rest = sl_slice_from(rest, (size_t)(end - rest.ptr) + 1);
		day->starts[++day->lines] = (uint32_t)(day->text.len - rest.len);
	}
}

int
day_line(struct sl_traffic *t, struct day *day, int64_t n, struct sl_slice *line_out)
{
	size_t place = (size_t)(n % BLOCK_SPAN);
	int r;

	if (day->block != n / BLOCK_SPAN) {
		r = block_read(t, day, n / BLOCK_SPAN);
		if (r != 0)
			return r;
		find_lines(day);
	}
	if (place >= day->lines)
		return traffic_fail(t, SL_ERR_DAMAGED, "traffic of %s: a line is missing", day->name);
	*line_out = sl_slice(day->text.data + day->starts[place], day->starts[place + 1] - day->starts[place] - 1);
	return 0;
}
