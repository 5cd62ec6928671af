/* people_test.c - a protected name is found however it is put, and nobody else's is */

#include "check.h"

#include "classify/people.h"

#include <stdio.h>

static char ann[] = "Ann Doe", bob[] = "Bob van der Berg", jose[] = "Jos\xc3\xa9 Garc\xc3\xad" "a",
    taro[] = "\xe5\xb1\xb1\xe7\x94\xb0\xe5\xa4\xaa\xe9\x83\x8e", ann_address[] = "ann@private.example", ann_domain[] = "club.example";
static char *ann_addresses[] = { ann_address, ann_domain };
static const struct sl_person persons[] = { { ann, ann_addresses, 2 }, { bob, NULL, 0 }, { jose, NULL, 0 }, { taro, NULL, 0 } };

static void
a_name_is_found_however_it_is_put(void **state)
{
	static const struct { const char *name, *person; } rows[] = {
		{ "Ann Doe", ann }, { "ANN DOE", ann }, { "Doe, Ann", ann }, { "\"Doe; Ann\"", ann }, { "Ann M. Doe", ann },
		{ "Ann Doe (Finance)", ann }, { "CEO - Ann Doe", ann }, { "Ann.Doe", ann }, { "ann_doe", ann }, { "AnnDoe", ann }, { "AnnDoe CEO", ann },
		{ "A n n  D o e", ann }, { "Ann D0e", ann }, { "\xd0\x90nn Doe", ann }, { "An\xe2\x80\x8bn Doe", ann },
		{ "Ann\xc2\xa0" "Doe", ann }, { "Ann Doe via DocuSign", ann },
		{ "Berg, Bob van der", bob }, { "Jose Garcia", jose }, { taro, taro },
		{ "Ann", NULL }, { "Doe", NULL }, { "Ann Deo", NULL }, { "Ann Marie Doe", NULL }, { "Joann Doe", NULL },
		{ "Ann Doering", NULL }, { "Bob Berg", NULL }, { "", NULL }, { " ", NULL }, { ",,,", NULL }, { "\xff\xfe", NULL },
	};
	struct sl_fold *fold = sl_fold_preload();
	struct sl_people *people = sl_people_new(persons, SL_COUNT(persons), fold);

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct sl_person *found = sl_people_find(people, sl_slice_str(rows[i].name));

		if ((found == NULL ? NULL : found->name) != rows[i].person)
			fail_msg("%s: %s", rows[i].name, found == NULL ? "nobody" : found->name);
	}
	sl_people_free(&people);
	sl_fold_free(&fold);
	assert_null(sl_people_new(NULL, 0, NULL));
	assert_null(sl_people_find(NULL, SL_SLICE_LIT("Ann Doe")));
}

static void
a_person_has_addresses_and_domains(void **state)
{
	static const struct { const char *address, *host; bool his; } rows[] = {
		{ "ann@private.example", "private.example", true }, { "ANN@Private.example", "private.example", true },
		{ "bob@private.example", "private.example", false }, { "x@club.example", "club.example", true },
		{ "x@mail.club.example", "mail.club.example", true }, { "x@notclub.example", "notclub.example", false },
		{ "x@example", "example", false }, { "", "", false },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (sl_person_has(&persons[0], sl_slice_str(rows[i].address), sl_slice_str(rows[i].host)) != rows[i].his)
			fail_msg("%s", rows[i].address);
}

static void
names_that_are_ordinary_words_are_none(void **state)
{
	static const struct { const char *name; bool ok; } rows[] = {
		{ "Ann Doe", true }, { "Ann", false }, { "A Doe", false }, { "", false }, { taro, true }, { "J\xc3\xb6rg", true },
		{ "a1 b1 c1 d1 e1 f1", true }, { "a1 b1 c1 d1 e1 f1 g1", false },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (sl_person_name_ok(sl_slice_str(rows[i].name)) != rows[i].ok)
			fail_msg("%s", rows[i].name);
}

/* A thousand people, and a name of nothing but words: found, and soon. */
static void
many_people_are_told_apart(void **state)
{
	static char names[1000][40];
	static struct sl_person many[1000];
	struct sl_people *people;
	char text[64];

	for (int i = 0; i < 1000; i++) {
		snprintf(names[i], sizeof(names[i]), "given%dx family%dy", i, i);
		many[i].name = names[i];
	}
	people = sl_people_new(many, 1000, NULL);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "the family%dy given%dx office", i, i);
		assert_ptr_equal(sl_people_find(people, sl_slice_str(text)), &many[i]);
		snprintf(text, sizeof(text), "given%dx family%dy", i, (i + 1) % 1000);
		assert_null(sl_people_find(people, sl_slice_str(text)));
	}
	sl_people_free(&people);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_however_it_is_put),
		cmocka_unit_test(a_person_has_addresses_and_domains),
		cmocka_unit_test(names_that_are_ordinary_words_are_none),
		cmocka_unit_test(many_people_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
