/* crash_test.c - the courier killed at every write, sync and truncation, and at each step with its next hop, and its disk losing what was not synced
 *
 * SQLite's files lie in a disk of this test's: from the n-th operation on it does nothing any more, as if the process, or
 * the machine, had died there. Then what it lost is lost, and the courier begins anew. For each n, a whole life of some entries:
 * asked for (again, if the answer got lost), tried, taken by a next hop that counts, settled. The steps of a delivery (last.h) are operations, too:
 * its connection is a real one, and is held by this test as the parent would hold it. Only the machine takes it along when it dies.
 */

#include "check.h"
#include "courier/last.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- a disk that forgets ---- */

#define FILES		4
#define FILE_MAX	((size_t)16 << 20)
#define WRITES_MAX	512

struct pending {
	int64_t		 at;		/* -1: truncated to `len` */
	size_t		 len;
	unsigned char	*data;
};

struct disk_file {
	char		 name[64];
	bool		 there;
	unsigned char	*now, *synced;
	size_t		 now_len, synced_len;
	struct pending	 pending[WRITES_MAX];
	size_t		 pending_len;
};

static struct disk {
	struct disk_file files[FILES];
	uint64_t	 operations, dies_at;	/* 0: never */
	bool		 dead;
	unsigned	 seed;
} disk;

struct handle {
	sqlite3_file		 base;
	struct disk_file	*file;
};

static void
resize(unsigned char **data, size_t *len, size_t wanted)
{
	if (*data == NULL)
		*data = sl_xmalloc(FILE_MAX);
	SL_ASSERT(wanted <= FILE_MAX);
	if (wanted > *len)
		memset(*data + *len, 0, wanted - *len);
	*len = wanted;
}

static bool
dies(void)
{
	if (!disk.dead && ++disk.operations == disk.dies_at)
		disk.dead = true;
	return disk.dead;
}

static void
apply(unsigned char **data, size_t *len, const struct pending *p, size_t bytes)
{
	if (p->at < 0) {
		resize(data, len, p->len);
		return;
	}
	if ((size_t)p->at + bytes > *len)
		resize(data, len, (size_t)p->at + bytes);
	memcpy(*data + p->at, p->data, bytes);
}

static void
forget_pending(struct disk_file *f)
{
	for (size_t i = 0; i < f->pending_len; i++)
		sl_free(f->pending[i].data);
	f->pending_len = 0;
}

static void
note(struct disk_file *f, int64_t at, const void *data, size_t len)
{
	SL_ASSERT(f->pending_len < WRITES_MAX);
	f->pending[f->pending_len++] = (struct pending){ at, len, at < 0 ? NULL : sl_xmemdup(data, len) };
}

static int
file_read(sqlite3_file *h, void *out, int len, sqlite3_int64 at)
{
	struct disk_file *f = ((struct handle *)h)->file;
	size_t there = (size_t)at >= f->now_len ? 0 : SL_MIN(f->now_len - (size_t)at, (size_t)len);

	if (disk.dead)
		return SQLITE_IOERR_READ;
	memset(out, 0, (size_t)len);
	if (there > 0)
		memcpy(out, f->now + at, there);
	return there == (size_t)len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int
file_write(sqlite3_file *h, const void *data, int len, sqlite3_int64 at)
{
	struct disk_file *f = ((struct handle *)h)->file;
	struct pending p = { at, (size_t)len, NULL };

	if (dies()) {
		if (disk.operations == disk.dies_at && len > 1) {	/* torn: half of it was written */
			disk.operations++;
			note(f, at, data, (size_t)len / 2);
			p.data = f->pending[f->pending_len - 1].data;
			apply(&f->now, &f->now_len, &p, (size_t)len / 2);
		}
		return SQLITE_IOERR_WRITE;
	}
	note(f, at, data, (size_t)len);
	p.data = f->pending[f->pending_len - 1].data;
	apply(&f->now, &f->now_len, &p, (size_t)len);
	return SQLITE_OK;
}

static int
file_truncate(sqlite3_file *h, sqlite3_int64 len)
{
	struct disk_file *f = ((struct handle *)h)->file;

	if (dies())
		return SQLITE_IOERR_TRUNCATE;
	note(f, -1, NULL, (size_t)len);
	resize(&f->now, &f->now_len, (size_t)len);
	return SQLITE_OK;
}

static int
file_sync(sqlite3_file *h, int flags)
{
	struct disk_file *f = ((struct handle *)h)->file;

	if (dies())
		return SQLITE_IOERR_FSYNC;
	resize(&f->synced, &f->synced_len, f->now_len);
	if (f->now_len > 0)
		memcpy(f->synced, f->now, f->now_len);
	forget_pending(f);
	return SQLITE_OK;
}

static int
file_size(sqlite3_file *h, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)((struct handle *)h)->file->now_len;
	return SQLITE_OK;
}

static int file_close(sqlite3_file *h) { return SQLITE_OK; }
static int file_lock(sqlite3_file *h, int level) { return SQLITE_OK; }
static int file_reserved(sqlite3_file *h, int *out) { *out = 0; return SQLITE_OK; }
static int file_control(sqlite3_file *h, int op, void *arg) { return SQLITE_NOTFOUND; }
static int file_sector(sqlite3_file *h) { return 4096; }
static int file_traits(sqlite3_file *h) { return 0; }

static const sqlite3_io_methods methods = { .iVersion = 1, .xClose = file_close, .xRead = file_read,
	.xWrite = file_write, .xTruncate = file_truncate, .xSync = file_sync, .xFileSize = file_size, .xLock = file_lock,
	.xUnlock = file_lock, .xCheckReservedLock = file_reserved, .xFileControl = file_control,
	.xSectorSize = file_sector, .xDeviceCharacteristics = file_traits };

static struct disk_file *
find_file(const char *name, bool make)
{
	for (size_t i = 0; i < FILES; i++)
		if (disk.files[i].there && strcmp(disk.files[i].name, name) == 0)
			return &disk.files[i];
	for (size_t i = 0; make && i < FILES; i++)
		if (!disk.files[i].there) {
			snprintf(disk.files[i].name, sizeof(disk.files[i].name), "%s", name);
			disk.files[i].there = true;
			return &disk.files[i];
		}
	return NULL;
}

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
	struct handle *h = (struct handle *)file;

	if (disk.dead)
		return SQLITE_CANTOPEN;
	h->file = find_file(name, (flags & SQLITE_OPEN_CREATE) != 0);
	h->base.pMethods = h->file == NULL ? NULL : &methods;
	if (flags_out != NULL)
		*flags_out = flags;
	return h->file == NULL ? SQLITE_CANTOPEN : SQLITE_OK;
}

static int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct disk_file *f = find_file(name, false);

	if (dies())
		return SQLITE_IOERR_DELETE;
	if (f == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	forget_pending(f);
	f->there = false;
	f->now_len = f->synced_len = 0;
	return SQLITE_OK;
}

static int
disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	*out = find_file(name, false) != NULL;
	return SQLITE_OK;
}

static int
disk_path(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
	snprintf(out, (size_t)len, "%s", name);
	return SQLITE_OK;
}

/* The machine comes back: of what was not synced each write is there or not (`loses`), in part perhaps. */
static void
disk_back(bool loses, unsigned seed)
{
	for (size_t i = 0; i < FILES; i++) {
		struct disk_file *f = &disk.files[i];

		if (!f->there)
			continue;
		if (loses) {
			for (size_t n = 0; n < f->pending_len; n++) {
				const struct pending *p = &f->pending[n];

				seed = seed * 1103515245 + 12345;
				switch (seed >> 16 & 3) {
				case 0:
					apply(&f->synced, &f->synced_len, p, p->len / 2);
					break;
				case 1:
					break;
				default:
					apply(&f->synced, &f->synced_len, p, p->len);
				}
			}
			resize(&f->now, &f->now_len, f->synced_len);
			if (f->now_len > 0)
				memcpy(f->now, f->synced, f->now_len);
		} else {
			resize(&f->synced, &f->synced_len, f->now_len);
			if (f->now_len > 0)
				memcpy(f->synced, f->now, f->now_len);
		}
		forget_pending(f);
	}
	disk.dead = false;
	disk.dies_at = 0;
}

static void
disk_clear(void)
{
	for (size_t i = 0; i < FILES; i++) {
		forget_pending(&disk.files[i]);
		disk.files[i].there = false;
		disk.files[i].now_len = disk.files[i].synced_len = 0;
	}
	disk.operations = disk.dies_at = 0;
	disk.dead = false;
}

/* ---- a life ---- */

#define ENTRIES	3
#define KILLS	1000
#define T0	INT64_C(1795681800000000)

static struct world {
	bool		 asked[ENTRIES];	/* the user was told that it will be done */
	unsigned	 taken[ENTRIES];	/* by the next hop: copies */
	int64_t		 now_us;
} world;

static int64_t
world_now_us(void *ctx)
{
	return world.now_us;
}

static struct sl_clock clock_of_world;
static struct sl_loop *loop;
static struct sl_chunk_pool *pool;
static int listener;
static struct sockaddr_in listens;

/* ---- the next hop, and who holds connections to it ---- */

/* A connection, both ends; it outlives the courier. */
static struct held {
	bool		 there;
	int64_t		 id;
	unsigned	 attempt, n;	/* n: of the entry, in `world` */
	int		 fd, server;
	unsigned char	 state[SL_LAST_STATE_MAX];
	size_t		 state_len;
	char		 got[64];	/* by the next hop */
	size_t		 got_len;
	bool		 replied;
} held;

/* The next hop reads what is there; a line with a dot is a message taken. */
static void
hop_reads(void)
{
	ssize_t n = recv(held.server, held.got + held.got_len, sizeof(held.got) - 1 - held.got_len, MSG_DONTWAIT);
	size_t dots = 0;

	if (n <= 0)
		return;
	for (size_t i = held.got_len + (size_t)n, at = 0; at + 4 <= i; at++)
		if (memcmp(held.got + at, "\n.\r\n", 4) == 0)
			dots++;
	for (size_t at = 0; at + 4 <= held.got_len; at++)
		if (memcmp(held.got + at, "\n.\r\n", 4) == 0)
			dots--;		/* counted before */
	held.got_len += (size_t)n;
	world.taken[held.n] += (unsigned)dots;
}

static void
hop_replies(void)
{
	const char *at = memmem(held.got, held.got_len, "\n.\r\n", 4);

	if (at == NULL || held.replied)
		return;
	held.replied = true;
	assert_int_equal(send(held.server, "250 ok\r\n", 8, MSG_NOSIGNAL), 8);
}

static void
forget_held(void)
{
	if (!held.there)
		return;
	close(held.fd);
	close(held.server);
	held.there = false;
}

struct answer {
	bool	done;
	int	result;
};

static void
on_last(void *ctx, int result)
{
	*(struct answer *)ctx = (struct answer){ true, result };
}

/* From the dot on, by whoever comes to it. False: it died. */
static bool
last_step(struct sl_queue *queue, int fd, const struct sl_last_state *state)
{
	struct answer answer = { false, 0 };
	struct sl_last_job job = { .loop = loop, .queue = queue, .id = held.id, .fd = fd, .state = state, .done = on_last,
		.ctx = &answer };
	struct sl_last *last = sl_last_new(&job);
	bool lives = !dies();		/* the dot has left */

	if (lives) {
		hop_reads();
		lives = !dies();	/* and was taken, */
	}
	if (lives) {
		hop_replies();
		lives = !dies();	/* and the reply is there */
	}
	for (unsigned i = 0; lives && !answer.done && i < 1000; i++)
		sl_loop_turn(loop);
	sl_last_free(&last);
	if (!lives || !answer.done || answer.result != 0 || dies())
		return false;
	forget_held();
	return true;
}

/* All but the dot; then the connection is lent. False: it died. */
static bool
deliver(struct sl_queue *queue, int64_t id, unsigned attempt, unsigned n)
{
	static const struct sl_conn_events events;
	static const struct sl_queue_said said = { 0, 250, SL_SLICE_LIT("250 ok") };
	struct sl_last_state state;
	struct sl_conn conn;
	struct sl_buf packed;
	bool lives;
	int fd = socket(AF_INET, SOCK_STREAM, 0), server;

	assert_int_equal(connect(fd, (struct sockaddr *)&listens, sizeof(listens)), 0);
	server = accept(listener, NULL, NULL);
	sl_conn_init(&conn, loop, pool, fd, &events, NULL);
	sl_conn_write(&conn, "text\r\n", 6);
	sl_conn_flush(&conn);
	assert_int_equal(sl_last_state(&conn, NULL, SL_SLICE_LIT(".\r\n"), &state), 0);
	lives = !dies();
	if (lives) {
		held = (struct held){ .there = true, .id = id, .attempt = attempt, .n = n, .fd = dup(fd), .server = server };
		sl_buf_init(&packed, sizeof(held.state));
		sl_last_pack(&state, &packed);
		memcpy(held.state, packed.data, packed.len);
		held.state_len = packed.len;
		sl_buf_fini(&packed);
		lives = !dies() && sl_queue_final(queue, id, &said, 1) == 0 && !dies();
	} else {
		close(server);
	}
	if (lives)
		return last_step(queue, sl_conn_release(&conn), &state);
	sl_conn_close(&conn, true);	/* as the kernel does, but for the copy that is held */
	return false;
}

/* The courier that comes next: what was lent to it. False: it died. */
static bool
go_on(struct sl_queue *queue)
{
	const struct sl_queue_entry *e;
	struct sl_last_state state;

	if (!held.there)
		return true;
	if (sl_queue_get(queue, held.id, &e) != 0)
		return false;
	if (e->state != SL_QUEUE_FINAL || e->attempts != held.attempt) {
		forget_held();
		return true;
	}
	assert_int_equal(sl_last_unpack(sl_slice(held.state, held.state_len), &state), 0);
	return last_step(queue, dup(held.fd), &state);
}

/* ---- a life of the courier ---- */

static const struct sl_slice anna = { (const unsigned char *)"anna@example.com", 16 };

/* Do all that is left to do. False: the disk died. */
static bool
live(struct sl_queue *queue)
{
	const struct sl_queue_entry *e;
	int r;

	for (unsigned i = 0; i < ENTRIES; i++) {
		char token[16], body[6000];
		struct sl_queue_new new = { .purpose = i == 0 ? SL_QUEUE_RELEASE : SL_QUEUE_DIGEST, .recipients = &anna,
			.recipients_len = 1, .ref = i == 0 ? (const unsigned char *)"0123456789abcdef" : NULL,
			.bytes = { (unsigned char *)body, sizeof(body) }, .now_us = world.now_us };
		int64_t id;
		bool added;

		memset(body, 'a' + (int)i, sizeof(body));
		snprintf(token, sizeof(token), "token %u", i);
		new.token = sl_slice_str(token);
		if (!world.asked[i] && sl_queue_add(queue, &new, &id, &added) != 0)
			return false;
		world.asked[i] = true;
	}
	for (unsigned turns = 0; turns < 100; turns++) {
		struct sl_queue_said said = { 0, 250, SL_SLICE_LIT("250 ok") };
		int64_t id;
		unsigned n, attempt;

		r = sl_queue_due(queue, world.now_us, &e);
		if (r == SL_MORE) {
			int64_t wake_us = sl_queue_wake_us(queue);

			if (wake_us == INT64_MAX)
				break;
			world.now_us = wake_us;
			continue;
		}
		if (r != SL_DONE)
			return false;
		id = e->id;
		if (e->token.len < 7)
			return false;
		n = e->token.ptr[0] == 'n' ? ENTRIES : (unsigned)(e->token.ptr[6] - '0');
		attempt = e->attempts + 1;
		if (sl_queue_claim(queue, id, world.now_us) != 0)
			return false;
		if (n < ENTRIES && !deliver(queue, id, attempt, n))
			return false;
		if (n == ENTRIES && (sl_queue_final(queue, id, &said, 1) != 0 || sl_queue_answer(queue, id, &said, 1, world.now_us) != 0))
			return false;
	}
	while ((r = sl_queue_finished(queue, &e)) == SL_DONE) {
		char token[32];
		struct sl_queue_new notice = { .purpose = SL_QUEUE_NOTICE, .recipients = &anna, .recipients_len = 1,
			.bytes = SL_SLICE_LIT("notice"), .now_us = world.now_us };

		snprintf(token, sizeof(token), "notice %lld", (long long)e->id);
		notice.token = sl_slice_str(token);
		if (sl_queue_settle(queue, e->id, e->purpose == SL_QUEUE_NOTICE ? NULL : &notice) != 0)
			return false;
	}
	return r == SL_MORE && !disk.dead;
}

/* Open and live. False: it died. */
static bool
run(void)
{
	const struct sl_queue_lent lent = { held.id, held.attempt };
	struct sl_queue_options options = { .path = "queue", .vfs = "forgetful", .lent = &lent, .lent_len = held.there };
	struct sl_queue *queue;
	bool whole = sl_queue_open(&options, world.now_us, &queue) == 0;

	if (whole)
		whole = go_on(queue) && live(queue) && live(queue);	/* the second does the notices */
	if (!whole && !disk.dead)
		fail_msg("%s", sl_queue_error(queue));
	sl_queue_close(&queue);
	return whole && !disk.dead;	/* it may die while the log is put away */
}

/* What must be true in the end. `doubt`: the machine died, and so some may have arrived twice. Returns how many did. */
static unsigned
judge(uint64_t at, bool doubt)
{
	struct sl_queue_options options = { .path = "queue", .vfs = "forgetful" };
	struct sl_queue_stats stats;
	struct sl_queue *queue;
	unsigned twice = 0;

	disk.dies_at = 0;
	if (sl_queue_open(&options, world.now_us, &queue) != 0)
		fail_msg("operation %llu: %s", (unsigned long long)at, sl_queue_error(queue));
	for (unsigned i = 0; i < ENTRIES; i++) {
		const struct sl_queue_entry *e;
		char token[16];

		snprintf(token, sizeof(token), "token %u", i);
		if (sl_queue_find(queue, sl_slice_str(token), &e) != 0)
			fail_msg("operation %llu: entry %u is lost", (unsigned long long)at, i);
		if (e->state != SL_QUEUE_DELIVERED || !e->settled || world.taken[i] == 0)
			fail_msg("operation %llu: entry %u is %s", (unsigned long long)at, i, sl_queue_state_word(e->state));
		/* A copy more than one has to be owned up to. */
		if (world.taken[i] > 1 + e->uncertain)
			fail_msg("operation %llu: entry %u arrived %u times, %u in doubt", (unsigned long long)at, i,
			    world.taken[i], e->uncertain);
		if (!doubt && (world.taken[i] != 1 || e->uncertain != 0))
			fail_msg("operation %llu: entry %u arrived %u times, %u in doubt, and only processes died", (unsigned long long)at,
			    i, world.taken[i], e->uncertain);
		twice += world.taken[i] > 1;
	}
	assert_int_equal(sl_queue_stats(queue, &stats), 0);
	if (stats.finished != 2 * ENTRIES || stats.waiting + stats.trying + stats.uncertain + stats.unsettled != 0)
		fail_msg("operation %llu: %llu finished", (unsigned long long)at, (unsigned long long)stats.finished);
	sl_queue_close(&queue);
	return twice;
}

static void
killed_at_every_write_nothing_is_lost_and_nothing_arrives_twice_unsaid(void **state)
{
	for (int loses = 0; loses < 2; loses++) {
		uint64_t n = 1;
		unsigned twice = 0;

		for (;; n++) {
			bool died;

			memset(&world, 0, sizeof(world));
			world.now_us = T0;
			disk_clear();
			disk.dies_at = n;
			died = !run();
			if (died) {
				if (loses == 1)
					forget_held();
				disk_back(loses == 1, (unsigned)n);
				assert_true(run());
			}
			twice += judge(n, loses == 1);
			if (!died)
				break;
		}
		print_message("%s: killed at each of %llu operations; twice, and said so: %u\n",
		    loses ? "the machine" : "the process", (unsigned long long)n - 1, twice);
		assert_in_range(n, 30, 2000);
		/* An entry's answer is one commit: only there, between the 250 and its sync, doubt can be. */
		assert_true(loses == 0 ? twice == 0 : twice >= ENTRIES && twice < n / 4);
	}
	disk_clear();
}

/* Killed again and again, also while it puts right what the crash before left. */
static void
killed_a_thousand_times_at_random(void **state)
{
	unsigned seed = 7, kills = 0, twice = 0, machines = 0;

	while (kills < KILLS) {
		bool whole = false, machine = false;

		memset(&world, 0, sizeof(world));
		world.now_us = T0;
		disk_clear();
		for (unsigned tries = 0; !whole && tries < 40; tries++) {
			seed = seed * 1103515245 + 12345;
			disk.operations = 0;
			disk.dies_at = tries == 39 ? 0 : 1 + (seed >> 16) % 60;
			whole = run();
			if (!whole) {
				kills++;
				if ((seed & 0x1c000) == 0x4000) {
					machine = true;
					forget_held();
				}
				disk_back((seed & 0x1c000) == 0x4000, seed);
			}
		}
		assert_true(whole);
		disk.dies_at = 0;
		machines += machine;
		twice += judge(seed, machine);
	}
	print_message("%u kills; in %u lives the machine died; entries that then arrived more than once, and said so: %u\n", kills, machines,
	    twice);
	disk_clear();
}

static int
give_back(void **state)
{
	for (size_t i = 0; i < FILES; i++) {
		sl_free(disk.files[i].now);
		sl_free(disk.files[i].synced);
	}
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_write_nothing_is_lost_and_nothing_arrives_twice_unsaid),
		cmocka_unit_test(killed_a_thousand_times_at_random),
	};
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
	static sqlite3_vfs vfs;
	socklen_t len = sizeof(listens);
	int r;

	signal(SIGPIPE, SIG_IGN);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	listens = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (bind(listener, (struct sockaddr *)&listens, sizeof(listens)) != 0 || listen(listener, 5) != 0 ||
	    getsockname(listener, (struct sockaddr *)&listens, &len) != 0)
		return 1;
	clock_of_world = sl_clock_system;
	clock_of_world.wall_us = world_now_us;
	loop = sl_loop_new(&clock_of_world);
	pool = sl_chunk_pool_new(4);

	vfs = *usual;
	vfs.iVersion = 1;
	vfs.zName = "forgetful";
	vfs.szOsFile = sizeof(struct handle);
	vfs.xOpen = disk_open;
	vfs.xDelete = disk_delete;
	vfs.xAccess = disk_access;
	vfs.xFullPathname = disk_path;
	sqlite3_vfs_register(&vfs, 0);
	r = cmocka_run_group_tests(tests, NULL, give_back);
	sl_chunk_pool_free(&pool);
	sl_loop_free(&loop);
	close(listener);
	return r;
}
