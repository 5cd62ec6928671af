/* memory_test.c - the shared memory is believed only as far as its head says what can be */

#include "check.h"
#include "ipc/memory.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST	(1u << 20)

static struct sl_settings settings = {
	.reputation = { MOST, 1000 * 3600 * 24 }, .campaigns = { MOST, 1000 * 3600 * 24 },
	.correspondents = { MOST, 10 },
};

/* What is written over the head. */
static const struct row {
	const char		*name;
	size_t			 at;	/* in the head */
	uint64_t		 value;
	bool			 good;
} rows[] = {
	{ "as it was made", offsetof(struct sl_memory_head, senders_bytes), MOST, true },
	{ "another magic number", offsetof(struct sl_memory_head, magic), 1, false },
	{ "larger than it is", offsetof(struct sl_memory_head, senders_bytes), 2 * MOST, false },
	{ "so large that a sum wraps", offsetof(struct sl_memory_head, senders_bytes), UINT64_MAX - 63, false },
	{ "smaller than it is", offsetof(struct sl_memory_head, texts_bytes), MOST - 64, false },
	{ "correspondents of a size that wraps", offsetof(struct sl_memory_head, contacts_bytes), UINT64_MAX - 63, false },
	{ "no room for correspondents", offsetof(struct sl_memory_head, contacts_bytes), 64, false },
	{ "not aligned", offsetof(struct sl_memory_head, texts_bytes), MOST - 1, false },
	{ "nothing", offsetof(struct sl_memory_head, texts_bytes), 0, false },
};

static void
a_damaged_head_is_not_used(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		int fd = sl_memory_new(MOST, MOST, MOST);
		struct memory *m;

		assert_true(fd >= 0);
		assert_int_equal(pwrite(fd, &rows[i].value, sizeof(rows[i].value), (off_t)rows[i].at), sizeof(rows[i].value));
		m = memory_open(fd, &settings);
		print_message("%s: %s\n", rows[i].name, m != NULL ? "used" : "not used");
		assert_int_equal(m != NULL, rows[i].good);
		assert_int_equal(memory_print_key(m) != NULL, rows[i].good);
		memory_free(&m);
		assert_int_equal(fcntl(fd, F_GETFD), -1);	/* taken, whatever came of it */
	}
}

static void
a_file_of_another_kind_is_not_used(void **state)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_null(memory_open(dup(fileno(file)), &settings));
	assert_int_equal(ftruncate(fileno(file), MOST), 0);
	assert_null(memory_open(dup(fileno(file)), &settings));
	assert_null(memory_open(-1, &settings));
	fclose(file);
}

static void
its_size_stays(void **state)
{
	int fd = sl_memory_new(65536 + 63, 0, 0);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, SL_MEMORY_HEAD_BYTES + 65536);
	assert_int_equal(ftruncate(fd, 4096), -1);
	assert_int_equal(ftruncate(fd, MOST), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	close(fd);
	assert_int_equal(sl_memory_new(0, 0, 0), -1);
	assert_int_equal(errno, 0);
}

/* One table only, and settings that turn off what the memory has. */
static void
each_table_is_optional(void **state)
{
	struct sl_settings off = settings;
	struct memory *m = memory_open(sl_memory_new(0, MOST, 0), &settings);

	assert_non_null(memory_print_key(m));
	memory_free(&m);
	m = memory_open(sl_memory_new(MOST, 0, 0), &settings);
	assert_non_null(m);
	assert_null(memory_print_key(m));
	memory_free(&m);
	off.campaigns.bytes = 0;
	m = memory_open(sl_memory_new(MOST, MOST, MOST), &off);
	assert_non_null(m);
	assert_null(memory_print_key(m));
	memory_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_damaged_head_is_not_used),
		cmocka_unit_test(a_file_of_another_kind_is_not_used),
		cmocka_unit_test(its_size_stays),
		cmocka_unit_test(each_table_is_optional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
