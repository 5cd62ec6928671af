/* fingerprint_test.c - near-copies are near, others far; where the input is cut changes nothing */

#include "cuts.h"
#include "fingerprint/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>

#define SECRET		((const unsigned char *)"0123456789abcdef")
#define NEAR		0.4	/* similarity of near-copies: at least */
#define FAR		0.2	/* of others: at most */

static struct sl_fingerprint_key key;

static struct sl_fingerprint_result
print_of(struct sl_slice in, bool file, const struct sl_fingerprint_key *with)
{
	struct sl_fingerprint f;
	struct sl_fingerprint_result r;

	if (file)
		sl_fingerprint_init_file(&f, with);
	else
		sl_fingerprint_init_text(&f, with);
	sl_fingerprint_feed(&f, in);
	sl_fingerprint_finish(&f, &r);
	return r;
}

static struct sl_fingerprint_result
text_of(const char *text)
{
	return print_of(sl_slice_str(text), false, &key);
}

static bool
same(const struct sl_fingerprint_result *a, const struct sl_fingerprint_result *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#define BODY "we are writing to you about your account, which our security team has limited because somebody "	\
	"tried to sign in from a device that we do not know. Until you have confirmed who you are no payments "	\
	"can be made from it and those that are under way will be sent back to where they came from. Please "	\
	"follow the link below within two days or the account will be closed and what it holds donated"
#define LETTER(name, sum, link, tail) "Dear " name ",\n" BODY " (" sum " euro).\n" link "\n" tail

static const struct row {
	const char	*name, *a, *b;
	enum { SAME, LIKE, DIFFERENT, UNLIKE } is;
} rows[] = {
	{ "case, blanks and digits do not count", "Your code is 4711, Sir", "your  CODE\nis 15, sir", SAME },
	{ "nor do accents' capitals", "\xc3\x84rger \xc3\x9c" "ber \xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2 x",
	    "\xc3\xa4rger \xc3\xbc" "ber \xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 x", SAME },
	{ "the tail of a link does not count", "go to https://example.com/a/b?x=1#y now please",
	    "go to https://example.com/zz now please", SAME },
	{ "nor how it is written", "go to http://Example.com now", "go to https://example.com/index now", SAME },
	{ "its host does", "go to https://example.com/a now", "go to https://example.org/a now", DIFFERENT },
	{ "a link without its scheme", "see www.example.com/1 here", "see www.example.com/2 here", SAME },
	{ "mail addresses are one word", "write to jo.e@a.example soon, friend",
	    "write to mary+x@b.example soon, friend", SAME },
	{ "codes are one word", "the ticket a1b2c3d4 is open", "the ticket zz99yy88xx is open", SAME },
	{ "long words are one word", "the word aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa is long",
	    "the word bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb is long", SAME },
	{ "characters without room do not count", "click he\xe2\x80\x8bre no\xc2\xadw friend",
	    "click here now friend", SAME },
	{ "full-width and mathematical letters are letters",
	    "\xef\xbc\xa3lick \xf0\x9d\x90\xa1\xf0\x9d\x90\x9e\xf0\x9d\x90\xab\xf0\x9d\x90\x9e now", "click here now",
	    SAME },
	{ "order counts", "one two three four five six", "six five four three two one", UNLIKE },
	{ "another name, sum and link", LETTER("Anna Alvarez", "1,250.00", "https://a.example/x/1", ""),
	    LETTER("Bartholomew", "37", "https://b.example/y?id=2", ""), LIKE },
	{ "a random tail", LETTER("Anna", "1", "https://a.example/", ""),
	    LETTER("Anna", "1", "https://a.example/", "lorem qwertz zebra kolibri umbrella vortex"), LIKE },
	{ "another text", LETTER("Anna", "1", "https://a.example/", ""),
	    "The meeting of the parish council takes place on Thursday at eight in the old school; on the agenda "
	    "are the repair of the bridge, the budget of the fire brigade and the summer fair, for which helpers "
	    "are still wanted. Whoever cannot come may send a written vote to the clerk before noon.", UNLIKE },
	{ "Chinese, one word changed", "\xe5\xb0\x8a\xe6\x95\xac\xe7\x9a\x84\xe5\xae\xa2\xe6\x88\xb7\xe6\x82\xa8\xe7\x9a\x84"
	    "\xe8\xb4\xa6\xe6\x88\xb7\xe5\xb7\xb2\xe8\xa2\xab\xe9\x99\x90\xe5\x88\xb6\xe8\xaf\xb7\xe7\x82\xb9\xe5\x87\xbb",
	    "\xe5\xb0\x8a\xe6\x95\xac\xe7\x9a\x84\xe5\xae\xa2\xe6\x88\xb7\xe6\x82\xa8\xe7\x9a\x84"
	    "\xe8\xb4\xa6\xe6\x88\xb7\xe5\xb7\xb2\xe8\xa2\xab\xe9\x99\x90\xe5\x88\xb6\xe8\xaf\xb7\xe7\xa1\xae\xe8\xae\xa4",
	    LIKE },
};

static void
near_copies_are_near_and_others_far(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_fingerprint_result a = text_of(rows[i].a), b = text_of(rows[i].b);
		double likeness = sl_fingerprint_similarity(&a, &b);
		unsigned distance = sl_fingerprint_distance(&a, &b);

		assert_true(a.shingles > 0 && b.shingles > 0);
		if (rows[i].is == SAME && !same(&a, &b))
			fail_msg("%s: they differ", rows[i].name);
		if (rows[i].is == DIFFERENT && same(&a, &b))
			fail_msg("%s: they are the same", rows[i].name);
		if (rows[i].is == LIKE && (likeness < NEAR || distance > 22))
			fail_msg("%s: %.2f, %u", rows[i].name, likeness, distance);
		if (rows[i].is == UNLIKE && (likeness > NEAR || distance < 8))
			fail_msg("%s: %.2f, %u", rows[i].name, likeness, distance);
	}
}

static void
run_text(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_fingerprint f;
	struct sl_fingerprint_result r;
	struct sl_slice piece;

	if (*(const bool *)ctx)
		sl_fingerprint_init_file(&f, &key);
	else
		sl_fingerprint_init_text(&f, &key);
	while (cuts_next(cuts, &piece))
		sl_fingerprint_feed(&f, piece);
	sl_fingerprint_finish(&f, &r);
	sl_buf_add(result, &r, sizeof(r));
}

static void
cuts_do_not_matter(void **state)
{
	static const bool kinds[] = { false, true };

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		for (size_t k = 0; k < SL_COUNT(kinds); k++) {
			struct sl_slice in = sl_slice_str(rows[i].a);
			struct sl_fingerprint_result r = print_of(in, kinds[k], &key);

			cuts_check(in, run_text, (void *)(uintptr_t)&kinds[k], (const char *)&r, sizeof(r));
		}
}

static void
another_key_gives_another_print(void **state)
{
	struct sl_fingerprint_key other;
	struct sl_fingerprint_result a, b;

	sl_fingerprint_key_init(&other, (const unsigned char *)"0123456789abcdeg");
	for (int file = 0; file < 2; file++) {
		a = print_of(SL_SLICE_LIT(BODY), file != 0, &key);
		b = print_of(SL_SLICE_LIT(BODY), file != 0, &other);
		assert_true(sl_fingerprint_distance(&a, &b) > 8);
		assert_true(sl_fingerprint_similarity(&a, &b) < FAR);
	}
}

static void
nothing_has_no_print(void **state)
{
	struct sl_fingerprint_result none = text_of(""), blank = text_of(" \n\t "), one = text_of("hello"),
	    other = text_of("goodbye");

	assert_int_equal(none.shingles, 0);
	assert_int_equal(blank.shingles, 0);
	assert_int_equal(one.shingles, 1);
	assert_true(sl_fingerprint_similarity(&none, &blank) == 0);
	assert_true(sl_fingerprint_similarity(&one, &one) == 1);
	assert_true(sl_fingerprint_similarity(&one, &other) < FAR);
}

/* A text of `count` words out of a vocabulary, each replaced by another with a chance of `percent`. */
static void
words_make(struct sl_buf *out, unsigned seed, unsigned count, unsigned percent, unsigned change_seed)
{
	uint64_t x = seed, y = change_seed;

	sl_buf_reset(out);
	for (unsigned i = 0; i < count; i++) {
		unsigned word;

		x = x * 6364136223846793005u + 1442695040888963407u;
		y = y * 6364136223846793005u + 1442695040888963407u;
		word = (unsigned)(x >> 33) % 5000;
		if ((unsigned)(y >> 33) % 100 < percent)
			word = 5000 + (unsigned)(y >> 40) % 5000;
		sl_buf_addf(out, "%c%c%c%c ", 'a' + word % 26, 'a' + word / 26 % 26, 'a' + word / 676 % 26,
		    'a' + (word * 7) % 26);
	}
}

/* The estimate stays within what its standard error allows of the truth: replacing each word with a chance
 * of p leaves (1-p)^3 of the shingles, which is s of either and s / (2 - s) of both. */
static void
similarity_estimates_what_is_shared(void **state)
{
	static const unsigned percents[] = { 0, 2, 5, 10, 20 };

	for (size_t p = 0; p < SL_COUNT(percents); p++) {
		double sum = 0, keep = 1 - percents[p] / 100.0, s = keep * keep * keep, truth = s / (2 - s);
		double distances = 0;
		const int rounds = 40;

		for (int i = 0; i < rounds; i++) {
			struct sl_fingerprint_result a, b;
			struct sl_buf text;

			sl_buf_init(&text, 1 << 20);
			words_make(&text, 100 + (unsigned)i, 300, 0, 1);
			a = print_of(sl_buf_slice(&text), false, &key);
			words_make(&text, 100 + (unsigned)i, 300, percents[p], 7 + (unsigned)i);
			b = print_of(sl_buf_slice(&text), false, &key);
			sum += sl_fingerprint_similarity(&a, &b);
			distances += sl_fingerprint_distance(&a, &b);
			sl_buf_fini(&text);
		}
		print_message("%u %% of words replaced: similarity %.3f (truth %.3f), distance %.1f\n", percents[p],
		    sum / rounds, truth, distances / rounds);
		/* 40 rounds of 64 values: three standard errors are below 0.03 */
		assert_true(sum / rounds > truth - 0.04 && sum / rounds < truth + 0.04);
	}
}

static void
long_texts_are_sampled_alike(void **state)
{
	struct sl_fingerprint_result a, b, c;
	struct sl_buf text;

	sl_buf_init(&text, 1 << 22);
	words_make(&text, 5, 200000, 0, 1);
	a = print_of(sl_buf_slice(&text), false, &key);
	assert_in_range(a.shingles, SL_FINGERPRINT_FULL / 5 + (200000 - SL_FINGERPRINT_FULL / 5) / 10,
	    SL_FINGERPRINT_FULL / 5 + (200000 - SL_FINGERPRINT_FULL / 5) / 6);
	b = print_of(sl_slice_from(sl_buf_slice(&text), 1000), false, &key);
	assert_true(sl_fingerprint_similarity(&a, &b) > 0.8);
	words_make(&text, 6, 200000, 0, 1);
	c = print_of(sl_buf_slice(&text), false, &key);
	assert_true(sl_fingerprint_similarity(&a, &c) < FAR);
	sl_buf_fini(&text);
}

/* Bytes that do not repeat, with an insertion in the middle and another tail. */
static void
files_with_a_change_are_near(void **state)
{
	struct sl_fingerprint_result a, b, c;
	struct sl_buf file;
	uint64_t x = 1;

	sl_buf_init(&file, 1 << 20);
	for (int i = 0; i < 40000; i++)
		sl_buf_add_byte(&file, (unsigned char)((x = x * 6364136223846793005u + 1) >> 56));
	a = print_of(sl_buf_slice(&file), true, &key);
	memmove(file.data + 20010, file.data + 20000, file.len - 20010);
	memcpy(file.data + 20000, "insertion!", 10);
	sl_buf_add_str(&file, "and something behind it");
	b = print_of(sl_buf_slice(&file), true, &key);
	print_message("%u pieces of 40000 bytes; after a change %.2f, %u\n", a.shingles,
	    sl_fingerprint_similarity(&a, &b), sl_fingerprint_distance(&a, &b));
	assert_true(sl_fingerprint_similarity(&a, &b) > 0.85);
	assert_true(sl_fingerprint_distance(&a, &b) < 10);
	for (size_t i = 0; i < file.len; i++)
		file.data[i] = (unsigned char)((x = x * 6364136223846793005u + 1) >> 56);
	c = print_of(sl_buf_slice(&file), true, &key);
	assert_true(sl_fingerprint_similarity(&a, &c) < FAR);
	sl_buf_fini(&file);
}

static int
setup(void **state)
{
	sl_fingerprint_key_init(&key, SECRET);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_copies_are_near_and_others_far),
		cmocka_unit_test(cuts_do_not_matter),
		cmocka_unit_test(another_key_gives_another_print),
		cmocka_unit_test(nothing_has_no_print),
		cmocka_unit_test(similarity_estimates_what_is_shared),
		cmocka_unit_test(long_texts_are_sampled_alike),
		cmocka_unit_test(files_with_a_change_are_near),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
