/* hostile_test.c - what a hostile message is found to be, and that it costs little */

#include "check.h"

#include "mailauth/hostile_i.h"

/* A build with sanitizers is 10 to 30 times as slow; the bench holds the optimised one to its bound. */
#define SLOWNESS	30

static void
hostile_messages_end_soon_and_as_they_should(void **state)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < hostile_count; i++) {
		const struct hostile_case *c = &hostile_cases[i];
		struct hostile *h = hostile_make(c);
		struct hostile_result result = hostile_run(h);

		if (strcmp(result.text, c->expected) != 0 ||
		    result.cpu_us > HOSTILE_CPU_MS_MAX * 1000 * SLOWNESS) {
			print_error("%s: %s in %.0f ms, not %s\n", c->name, result.text, result.cpu_us / 1000,
			    c->expected);
			wrong++;
		}
		hostile_free(&h);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_messages_end_soon_and_as_they_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
