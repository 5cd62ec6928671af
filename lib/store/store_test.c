/* store_test.c - the file: made, migrated from each older version, damaged, copied, shared, full */

#include "store/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "db_i.h"
#include "store/audit.h"
#include "store_test_i.h"

static int
open_at(const char *path, bool read_only, struct sl_store **store)
{
	struct sl_store_options options = { .path = path, .clock = &test_clock, .read_only = read_only };

	return sl_store_open(&options, store);
}

static void
write_file(const char *path, off_t at, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), (ssize_t)len);
	close(fd);
}

/* ---- versions ---- */

/* What a database of that version may hold. */
static const char *const contents[SCHEMA_VERSION] = {
	("INSERT INTO partner (name) VALUES ('acme');"
	"INSERT INTO tenant (partner, name, state) VALUES (1, 'one.example', 2);"
	"INSERT INTO route VALUES (1, 0, 'mx.internal', 2525, 3);"
	"INSERT INTO domain (tenant, name) VALUES (1, 'one.example');"
	"INSERT INTO domain (tenant, name, alias_of) VALUES (1, 'alias.example', 1);"
	"INSERT INTO node_group (domain, name) VALUES (1, 'sales');"
	"INSERT INTO user (domain, local, in_group, source) VALUES (1, 'anna', 1, 1);"
	"INSERT INTO list VALUES (1, 2, 1, 'a.example', 1, 1, 0, 'n', 0, 1, 'anna');"
	"INSERT INTO list VALUES (1, 2, 1, '192.0.2.1/32', 1, 2, 0, 'n', 0, 1, 'anna');"
	"INSERT INTO list VALUES (1, 2, 1, '2001:db8::1/128', 1, 2, 0, 'n', 0, 1, 'anna');"
	"INSERT INTO layer VALUES (1, 2, 1, '', 1, 'old', 1, 'anna', '');"
	"INSERT INTO layer VALUES (1, 2, 1, '', 2, 'new', 2, 'anna', '');"),
	("INSERT INTO tenant_key (tenant, public, wrapped, holder, current, added) VALUES (1, zeroblob(32), 'w', 0, 1, 1);"
	"INSERT INTO access VALUES ('anna', 2, 2, 1, 1, 1, 'bert');"),
	"UPDATE tenant SET users = 1, discover_days = 7;",
	"",
	"INSERT INTO digest_run VALUES (1, 5);",
	"INSERT INTO approval VALUES (1, 0, 1, 0, 'anna', 'tenant.remove', '{}', '', '', 2, 1, 'tenant:one.example');",
	"UPDATE tenant SET file = 1, file_mark = -1;",
	"INSERT INTO change (kinds, level, node, tenant, was) VALUES (64, 5, 1, 1, 'x@one.example');",
};

static void
make_version(const char *path, int64_t version)
{
	struct sl_store store = { .magic = DB_MAGIC, .clock = &test_clock };

	assert_int_equal(sqlite3_open(path, &store.db.handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(store.db.handle, "PRAGMA application_id = 1371758199", NULL, NULL, NULL), SQLITE_OK);
	for (int64_t v = 1; v <= version; v++) {	/* filled as it grew */
		if (schema_migrate(&store, v) != 0 || db_script(&store.db, contents[v - 1]) != 0)
			fail_msg("version %lld: %s", (long long)v, store.db.error);
	}
	db_close(&store.db);
}

static void
every_older_version_is_brought_up_to_date_with_all_it_holds(void **state)
{
	for (int64_t version = 1; version <= SCHEMA_VERSION; version++) {
		struct fixture f;
		struct sl_buf expected;
		int64_t at;

		fixture_init(&f);
		sl_store_close(&f.store);
		remove(f.path);
		make_version(f.path, version);
		assert_int_equal(open_at(f.path, true, &f.store), version < SCHEMA_VERSION ? SL_ERR_VERSION : 0);
		sl_store_close(&f.store);
		fixture_open(&f);
		OK(&f, schema_version(f.store, &at));
		assert_int_equal(at, SCHEMA_VERSION);
		sl_buf_init(&expected, 8192);
		sl_buf_addf(&expected, "partner acme\ntenant one.example of 1 pass-through %s\n"
		    "route 1.0 mx.internal 2525 verify\n%sdomain one.example of 1 alias of 0\n"
		    "domain alias.example of 1 alias of 1\ngroup sales in 1\nuser anna in 1 group 1 imported\n"
		    "list tenant:1 deny network 192.0.2.1 0 \"n\" 0 by anna\n"
		    "list tenant:1 deny network 2001:db8::1 0 \"n\" 0 by anna\n"
		    "list tenant:1 deny domain a.example 0 \"n\" 0 by anna\nlayer tenant:1  2 \"new\"\n",
		    version >= 3 ? "discover 7" : "any 90", version >= 2 ? "key of 1 00 w service\n" : "");
		assert_walk(&f, SL_NODE_OPERATOR, sl_buf_cstr(&expected));
		OK(&f, sl_store_check(f.store));
		OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "tenant:one.example")));	/* it works as a new one */
		sl_buf_fini(&expected);
		fixture_fini(&f);
	}
}

/* A migrated database has the tables of a new one, to the letter. */
static void
there_is_one_way_to_every_version(void **state)
{
	struct fixture f;
	int64_t steps;

	fixture_init(&f);
	OK(&f, schema_version(f.store, &steps));
	assert_int_equal(steps, SCHEMA_VERSION);
	OK(&f, schema_migrate(f.store, SCHEMA_VERSION));	/* again: nothing to do */
	OK(&f, sl_store_check(f.store));
	fixture_fini(&f);
}

static void
a_newer_or_a_foreign_file_is_left_as_it_is(void **state)
{
	struct sl_store *store;
	struct fixture f;
	char path[160];
	sqlite3 *db;

	fixture_init(&f);
	sl_store_close(&f.store);
	assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(open_at(f.path, false, &store), SL_ERR_VERSION);
	assert_non_null(strstr(sl_store_error(store), "newer Sluice"));
	sl_store_close(&store);

	snprintf(path, sizeof(path), "%s/foreign.db", f.directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE photos (x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(open_at(path, false, &store), SL_ERR_DAMAGED);
	assert_non_null(strstr(sl_store_error(store), "another program"));
	sl_store_close(&store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "SELECT x FROM photos", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);

	snprintf(path, sizeof(path), "%s/none/settings.db", f.directory);
	assert_int_equal(open_at(path, false, &store), SL_ERR_SYSTEM);
	assert_non_null(strstr(sl_store_error(store), "No such file"));
	sl_store_close(&store);
	fixture_fini(&f);
}

/* ---- damage ---- */

static void
a_damaged_file_is_an_error_that_says_so(void **state)
{
	static const unsigned char rubbish[8192] = { 0xde, 0xad, 0xbe, 0xef };
	struct sl_store *store;
	struct fixture f;
	struct stat st;
	int seen = 0;

	fixture_init(&f);
	add_tenant(&f, SL_NODE_OPERATOR, "one.example");
	sl_store_close(&f.store);
	assert_int_equal(stat(f.path, &st), 0);
	for (off_t at = 0; at + 4096 <= st.st_size; at += 4096) {	/* each page in turn */
		char *copy = sl_xasprintf("%s-%lld", f.path, (long long)at);
		char *command = sl_xasprintf("cp %s %s", f.path, copy);
		int r;

		assert_int_equal(system(command), 0);
		write_file(copy, at, rubbish, 4096);
		r = open_at(copy, false, &store);
		if (r == 0)
			r = sl_store_check(store);
		if (r != SL_ERR_DAMAGED)
			fail_msg("page %lld: %s (%s)", (long long)at / 4096, sl_strerror(r), sl_store_error(store));
		assert_true(strlen(sl_store_error(store)) > 10);
		seen++;
		sl_store_close(&store);
		sl_free(copy);
		sl_free(command);
	}
	assert_true(seen > 10);
	write_file(f.path, 0, "this is no database, but a text", 31);
	assert_int_equal(open_at(f.path, false, &store), SL_ERR_DAMAGED);
	sl_store_close(&store);
	fixture_fini(&f);
}

static void
the_file_is_for_its_owner_alone(void **state)
{
	struct fixture f;
	struct stat st;

	fixture_init(&f);
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fixture_fini(&f);
}

/* ---- copies and sharing ---- */

static void
a_copy_is_whole_and_of_one_moment(void **state)
{
	struct sl_audit_report report;
	struct fixture f, copy = { 0 };
	struct sl_node node;

	fixture_init(&f);
	add_tenant(&f, SL_NODE_OPERATOR, "one.example");
	snprintf(copy.path, sizeof(copy.path), "%s/copy.db", f.directory);
	OK(&f, sl_store_backup(f.store, copy.path));
	GIVES(&f, SL_ERR_EXISTS, sl_store_backup(f.store, copy.path));
	add_tenant(&f, SL_NODE_OPERATOR, "two.example");
	fixture_open(&copy);
	OK(&copy, sl_store_check(copy.store));
	node_of(&copy, "tenant:one.example");
	GIVES(&copy, SL_ERR_NOT_FOUND, sl_store_find_text(copy.store, S("tenant:two.example"), &node));
	OK(&copy, sl_store_audit_verify(copy.store, 0, &report));
	assert_int_equal(report.fault, SL_AUDIT_NONE);
	assert_int_equal(report.entries, 3);
	sl_store_close(&copy.store);
	fixture_fini(&f);
}

/* A reader goes on while somebody writes; what is open for reading refuses to be changed. */
static void
readers_are_not_disturbed_by_a_writer(void **state)
{
	struct fixture f, reader;
	struct sl_node node;

	fixture_init(&f);
	add_tenant(&f, SL_NODE_OPERATOR, "one.example");
	reader = f;
	assert_int_equal(open_at(f.path, true, &reader.store), 0);
	OK(&f, sl_store_begin(f.store));
	OK(&f, sl_store_partner_add(f.store, &anna, S("acme"), &node));
	GIVES(&reader, SL_ERR_NOT_FOUND, sl_store_find_text(reader.store, S("partner:acme"), &node));
	OK(&f, sl_store_commit(f.store));
	node_of(&reader, "partner:acme");
	GIVES(&reader, SL_ERR_REFUSED, sl_store_partner_add(reader.store, &anna, S("beta"), &node));
	sl_store_close(&reader.store);
	fixture_fini(&f);
}

/* Killed at any moment: what was committed is there, what was not is not, and the chains are right. */
static void
a_kill_leaves_whole_changes_only(void **state)
{
	for (int round = 0; round < 12; round++) {
		struct sl_audit_report report;
		struct sl_buf out;
		struct fixture f;
		int status, pipe_fds[2];
		pid_t pid;
		char last = 0, c;

		fixture_init(&f);
		sl_store_close(&f.store);
		assert_int_equal(pipe(pipe_fds), 0);
		pid = fork();
		if (pid == 0) {
			fixture_open(&f);
			for (char i = 1; i <= 100; i++) {
				char name[32];

				snprintf(name, sizeof(name), "t%d.example", i);
				OK(&f, sl_store_begin(f.store));
				add_tenant(&f, SL_NODE_OPERATOR, name);
				OK(&f, sl_store_commit(f.store));
				if (write(pipe_fds[1], &i, 1) != 1)
					_exit(1);
			}
			_exit(0);
		}
		close(pipe_fds[1]);
		for (int i = 0; i <= round * 3; i++)
			if (read(pipe_fds[0], &c, 1) == 1)
				last = c;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		while (read(pipe_fds[0], &c, 1) == 1)
			last = c;		/* told before it died */
		close(pipe_fds[0]);
		fixture_open(&f);
		OK(&f, sl_store_check(f.store));
		OK(&f, sl_store_audit_verify(f.store, 0, &report));
		assert_int_equal(report.fault, SL_AUDIT_NONE);
		assert_int_equal(report.entries % 3, 0);	/* tenant, route, domain: all or none */
		assert_in_range(report.entries / 3, last, last + 1);
		sl_buf_init(&out, 1 << 20);
		OK(&f, sl_store_walk(f.store, &(struct sl_walk){ .domain = dump_domain }, &out, SL_NODE_OPERATOR, NULL));
		sl_buf_fini(&out);
		fixture_fini(&f);
	}
}

static void
a_full_disk_is_an_error_and_nothing_is_half_done(void **state)
{
	struct fixture f;
	struct sl_node tenant, node;
	char name[300];
	int r = 0, added = 0;

	fixture_init(&f);
	tenant = add_tenant(&f, SL_NODE_OPERATOR, "one.example");
	OK(&f, db_script(&f.store->db, "PRAGMA max_page_count = 60"));	/* SQLite says "full" as for a disk */
	for (int i = 0; i < 5000 && r == 0; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-of-a-domain-so-that-pages-are-used-%d.example", i);
		r = sl_store_domain_add(f.store, &anna, tenant, S(name), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &node);
		added += r == 0;
	}
	assert_int_equal(r, SL_ERR_FULL);
	assert_true(added > 0);
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_find(f.store, SL_LEVEL_DOMAIN, S(name), &node));
	OK(&f, sl_store_check(f.store));
	OK(&f, db_script(&f.store->db, "PRAGMA max_page_count = 100000"));
	OK(&f, sl_store_domain_add(f.store, &anna, tenant, S(name), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &node));
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_older_version_is_brought_up_to_date_with_all_it_holds),
		cmocka_unit_test(there_is_one_way_to_every_version),
		cmocka_unit_test(a_newer_or_a_foreign_file_is_left_as_it_is),
		cmocka_unit_test(a_damaged_file_is_an_error_that_says_so),
		cmocka_unit_test(the_file_is_for_its_owner_alone),
		cmocka_unit_test(a_copy_is_whole_and_of_one_moment),
		cmocka_unit_test(readers_are_not_disturbed_by_a_writer),
		cmocka_unit_test(a_kill_leaves_whole_changes_only),
		cmocka_unit_test(a_full_disk_is_an_error_and_nothing_is_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
