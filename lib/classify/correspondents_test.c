/* correspondents_test.c - who was there is known, for a time, and to his tenant only */

#include "check.h"

#include "classify/correspondents.h"
#include "sl/buf.h"

#include <stdio.h>

#define NOW	1700000000
#define WEEK	604800

static const unsigned char key[16] = "a key of 16 byte";

static void
what_came_and_went_is_known_to_the_tenant(void **state)
{
	static const struct {
		const char	*tenant, *address;
		unsigned	 known;
	} rows[] = {
		{ "t1", "ann@a.example", SL_CAME_FROM | SL_CAME_FROM_DOMAIN },
		{ "t1", "ANN@A.Example", SL_CAME_FROM | SL_CAME_FROM_DOMAIN },
		{ "t1", "bob@a.example", SL_CAME_FROM_DOMAIN },
		{ "t1", "bob@b.example", SL_SENT_TO | SL_SENT_TO_DOMAIN },
		{ "t2", "ann@a.example", 0 },
		{ "t1", "ann@c.example", 0 },
		{ "t1", "nobody", 0 },
		{ "t1", "", 0 },
		{ "t1", "@", 0 },
		{ "", "ann@a.example", 0 },
	};
	uint64_t memory[512] = { 0 };
	struct sl_correspondents *t = sl_correspondents_init(memory, sizeof(memory), key);

	sl_correspondents_add(t, SL_SLICE_LIT("t1"), SL_SLICE_LIT("Ann@a.example"), SL_CAME_FROM, NOW);
	sl_correspondents_add(t, SL_SLICE_LIT("t1"), SL_SLICE_LIT("bob@b.example"), SL_SENT_TO, NOW);
	sl_correspondents_add(t, SL_SLICE_LIT("t1"), SL_SLICE_LIT("nobody"), SL_SENT_TO, NOW);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		unsigned known = sl_correspondents_find(t, sl_slice_str(rows[i].tenant),
		    sl_slice_str(rows[i].address), NOW + 60);

		if (known != rows[i].known)
			fail_msg("%s, %s: %u", rows[i].tenant, rows[i].address, known);
	}
	assert_ptr_equal(sl_correspondents_open(memory, sizeof(memory)), t);
	assert_null(sl_correspondents_open(memory, 64));
	memory[0] = 0;
	assert_null(sl_correspondents_open(memory, sizeof(memory)));
}

static void
it_forgets_in_time_unless_he_writes_again(void **state)
{
	uint64_t memory[512] = { 0 };
	struct sl_correspondents *t = sl_correspondents_init(memory, sizeof(memory), key);
	struct sl_slice tenant = SL_SLICE_LIT("t"), ann = SL_SLICE_LIT("ann@a.example");
	int64_t last = NOW + (int64_t)100 * WEEK;

	sl_correspondents_add(t, tenant, ann, SL_CAME_FROM, NOW);
	assert_true(sl_correspondents_find(t, tenant, ann, NOW - WEEK) != 0);	/* a clock put back */
	assert_true(sl_correspondents_find(t, tenant, ann, last) != 0);
	sl_correspondents_add(t, tenant, ann, SL_CAME_FROM, last);
	assert_true(sl_correspondents_find(t, tenant, ann, last + (int64_t)SL_CORRESPONDENTS_WEEKS * WEEK) != 0);
	assert_int_equal(sl_correspondents_find(t, tenant, ann,
	    last + (int64_t)(SL_CORRESPONDENTS_WEEKS + 2) * WEEK), 0);
}

/* Far more than fit: memory is what it was, the newest are known, strangers are not. */
static void
a_full_table_forgets_the_oldest(void **state)
{
	size_t size = sl_correspondents_size(4096);
	void *memory = sl_xzalloc(size);
	struct sl_correspondents *t = sl_correspondents_init(memory, size, key);
	unsigned newest = 0, strangers = 0;
	char address[64];

	for (int i = 0; i < 20000; i++) {
		snprintf(address, sizeof(address), "u%d@d%d.example", i, i);
		sl_correspondents_add(t, SL_SLICE_LIT("t"), sl_slice_str(address), SL_CAME_FROM,
		    NOW + (int64_t)i / 500 * WEEK);
	}
	for (int i = 19500; i < 20000; i++) {
		snprintf(address, sizeof(address), "u%d@d%d.example", i, i);
		newest += (sl_correspondents_find(t, SL_SLICE_LIT("t"), sl_slice_str(address),
		    NOW + (int64_t)40 * WEEK) & SL_CAME_FROM) != 0;
		snprintf(address, sizeof(address), "v%d@e%d.example", i, i);
		strangers += sl_correspondents_find(t, SL_SLICE_LIT("t"), sl_slice_str(address),
		    NOW + (int64_t)40 * WEEK) != 0;
	}
	assert_true(newest >= 495);
	assert_int_equal(strangers, 0);
	sl_free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_and_went_is_known_to_the_tenant),
		cmocka_unit_test(it_forgets_in_time_unless_he_writes_again),
		cmocka_unit_test(a_full_table_forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
