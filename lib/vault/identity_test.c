/* identity_test.c - no vault is taken for another, and none is made where there was one */

#include "check.h"
#include "vault/identity.h"

#define COUNT	SL_VAULT_PLACE_COUNT

/* A letter a place, in their order: '-' no note, 'x' a damaged one, else which vault it names. */
static void
notes_of(const char *letters, struct sl_vault_note notes_out[COUNT])
{
	assert_int_equal(strlen(letters), COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		notes_out[i] = (struct sl_vault_note){ .state = letters[i] == '-' ? SL_VAULT_NOTE_NONE :
			letters[i] == 'x' ? SL_VAULT_NOTE_DAMAGED : SL_VAULT_NOTE_SAYS };
		memset(notes_out[i].id, letters[i], sizeof(notes_out[i].id));
	}
}

#define HEADERS	SL_VAULT_PLACE_HEADERS
#define BODIES	SL_VAULT_PLACE_BODIES
#define KEYS	SL_VAULT_PLACE_KEYS
#define MASTER	SL_VAULT_PLACE_MASTER
#define MARK	SL_VAULT_PLACE_MARK
#define NEAR	SL_VAULT_PLACE_NEAR

static const struct {
	const char		*name, *notes;	/* headers, bodies, keys, master, mark, near */
	bool			 unused;
	enum sl_vault_judgement	 judgement;
	char			 id;
	enum sl_vault_place	 place, other;	/* where they are told */
} rows[] = {
	{ "nothing was ever there", "------", true, SL_VAULT_IS_NEW, 'f', 0, 0 },
	{ "a vault from before there were notes", "------", false, SL_VAULT_IS_OLD, 'f', 0, 0 },
	{ "all as it should be", "aaaaaa", false, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
	{ "nothing kept yet", "aaaaaa", true, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
	{ "a master key that came back without its note", "aaa-aa", false, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
	{ "no mark could be written", "aaaa--", false, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
	{ "one mark could not", "aaaa-a", false, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
	/* its disk is not mounted */
	{ "all on one disk, and it is away", "----aa", true, SL_VAULT_IS_AWAY, 'a', HEADERS, 0 },
	{ "the mark beside the directory alone", "-----a", true, SL_VAULT_IS_AWAY, 'a', HEADERS, 0 },
	{ "the mark beside the settings alone", "----a-", true, SL_VAULT_IS_AWAY, 'a', HEADERS, 0 },
	{ "no mark, and the master key lies elsewhere", "---a--", true, SL_VAULT_IS_AWAY, 'a', HEADERS, 0 },
	{ "that of headers is away", "-aaaaa", true, SL_VAULT_IS_AWAY, 'a', HEADERS, 0 },
	{ "that of bodies", "a-aaaa", false, SL_VAULT_IS_AWAY, 'a', BODIES, 0 },
	{ "that of keys", "aa-aaa", false, SL_VAULT_IS_AWAY, 'a', KEYS, 0 },
	{ "that of keys, and no mark is left", "aa-a--", false, SL_VAULT_IS_AWAY, 'a', KEYS, 0 },
	{ "that of keys, and no other note is left", "aa----", false, SL_VAULT_IS_AWAY, 'a', KEYS, 0 },
	{ "that of headers, without marks", "-aaa--", false, SL_VAULT_IS_AWAY, 'a', HEADERS, 0 },
	{ "keys alone are there", "--a---", true, SL_VAULT_IS_AWAY, 'a', HEADERS, 0 },
	/* another disk is */
	{ "headers of another vault", "baaaaa", false, SL_VAULT_IS_ANOTHER, 'a', HEADERS, MARK },
	{ "bodies of another", "abaaaa", false, SL_VAULT_IS_ANOTHER, 'a', BODIES, MARK },
	{ "keys of another", "aabaaa", false, SL_VAULT_IS_ANOTHER, 'a', KEYS, MARK },
	{ "the master key of another", "aaabaa", false, SL_VAULT_IS_ANOTHER, 'a', MASTER, MARK },
	{ "all of another", "bbbbaa", false, SL_VAULT_IS_ANOTHER, 'a', MASTER, MARK },
	{ "all of another, but the master key", "bbbaaa", false, SL_VAULT_IS_ANOTHER, 'a', KEYS, MARK },
	{ "headers of another, and no mark", "baaa--", false, SL_VAULT_IS_ANOTHER, 'a', HEADERS, MASTER },
	{ "headers of another, nothing of bodies", "b-aa--", false, SL_VAULT_IS_ANOTHER, 'a', HEADERS, MASTER },
	{ "two marks disagree", "aaaaab", false, SL_VAULT_IS_ANOTHER, 'a', NEAR, MARK },
	{ "another one that is empty", "bbb-aa", true, SL_VAULT_IS_ANOTHER, 'a', KEYS, MARK },
	/* what cannot be read is not taken for nothing */
	{ "a mark that cannot be read", "----x-", true, SL_VAULT_IS_DAMAGED, 0, MARK, 0 },
	{ "headers exchanged with bodies", "xxaaaa", false, SL_VAULT_IS_DAMAGED, 'a', HEADERS, 0 },
	/* a new one whose making was cut short */
	{ "behind headers", "a-----", true, SL_VAULT_IS_NEW, 'a', 0, 0 },
	{ "behind bodies", "aa----", true, SL_VAULT_IS_NEW, 'a', 0, 0 },
	{ "behind keys", "aaa---", true, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
	{ "behind the master key", "aaaa--", true, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
	{ "behind the first mark", "aaaaa-", true, SL_VAULT_IS_KNOWN, 'a', 0, 0 },
};

static void
test_rows(void **state)
{
	unsigned char fresh[SL_VAULT_IDENTITY_BYTES];

	memset(fresh, 'f', sizeof(fresh));
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_vault_note notes[COUNT];
		struct sl_vault_identity is;

		notes_of(rows[i].notes, notes);
		is = sl_vault_identity_judge(notes, rows[i].unused, fresh);
		if (is.judgement != rows[i].judgement || (rows[i].id != 0 && is.id[0] != rows[i].id))
			fail_msg("%s: %d, %c", rows[i].name, is.judgement, is.id[0]);
		if (is.judgement >= SL_VAULT_IS_AWAY && is.place != rows[i].place)
			fail_msg("%s: place %d", rows[i].name, is.place);
		if (is.judgement == SL_VAULT_IS_ANOTHER && is.other_place != rows[i].other)
			fail_msg("%s: other place %d", rows[i].name, is.other_place);
	}
}

/* Whatever is there: one is made only if no note names a vault, or none but the first two; one is opened only if all that is said agrees and
 * all stores say it. */
static void
test_all_that_can_be(void **state)
{
	static const char letters[] = "-xab";
	unsigned char fresh[SL_VAULT_IDENTITY_BYTES] = { 0 };
	unsigned combinations = 1;

	for (size_t i = 0; i < COUNT; i++)
		combinations *= 4;
	for (unsigned n = 0; n < 2 * combinations; n++) {
		char said[COUNT + 1] = "";
		struct sl_vault_note notes[COUNT];
		struct sl_vault_identity is;
		bool a, b, x;

		for (unsigned i = 0, rest = n / 2; i < COUNT; i++, rest /= 4)
			said[i] = letters[rest % 4];
		a = strchr(said, 'a') != NULL;
		b = strchr(said, 'b') != NULL;
		x = strchr(said, 'x') != NULL;
		notes_of(said, notes);
		is = sl_vault_identity_judge(notes, n % 2, fresh);
		if (is.judgement == SL_VAULT_IS_NEW && !(n % 2 && strcmp(said + 2, "----") == 0 && !x && !(a && b)))
			fail_msg("%s: a new one", said);
		if (is.judgement == SL_VAULT_IS_OLD && strcmp(said, "------") != 0)
			fail_msg("%s: an old one", said);
		if (is.judgement == SL_VAULT_IS_KNOWN && ((a && b) || x || memchr(said, '-', 3) != NULL))
			fail_msg("%s: opened", said);
		if (strspn(said, "a") == COUNT || strspn(said, "b") == COUNT)
			assert_int_equal(is.judgement, SL_VAULT_IS_KNOWN);
	}
}

static void
test_a_note_comes_back(void **state)
{
	static const struct sl_slice word = SL_SLICE_LIT("headers"), dir = SL_SLICE_LIT("/srv/a vault");
	unsigned char id[SL_VAULT_IDENTITY_BYTES] = { 0x6b, 0x66, 0xc2, [15] = 0x51 };
	struct sl_buf text;
	struct sl_vault_note note;
	struct sl_slice whole;

	sl_buf_init(&text, SL_VAULT_NOTE_MAX);
	sl_vault_note_write(id, word, &text);
	assert_string_equal(sl_buf_cstr(&text), "sluice-vault 1 6b66c200000000000000000000000051 headers\n");
	whole = sl_buf_slice(&text);
	note = sl_vault_note_read(whole, word, false);
	assert_int_equal(note.state, SL_VAULT_NOTE_SAYS);
	assert_memory_equal(note.id, id, sizeof(id));
	assert_int_equal(sl_vault_note_read(whole, SL_SLICE_LIT("bodies"), false).state, SL_VAULT_NOTE_DAMAGED);
	for (size_t len = 0; len < whole.len; len++)	/* cut short: never taken for nothing, nor for a note */
		assert_int_equal(sl_vault_note_read(sl_slice(whole.ptr, len), word, false).state, SL_VAULT_NOTE_DAMAGED);
	for (size_t at = 0; at < whole.len; at++) {	/* and no byte may be another but the digits, for digits */
		unsigned char changed[128];

		memcpy(changed, whole.ptr, whole.len);
		changed[at] ^= 0x40;
		assert_int_equal(sl_vault_note_read(sl_slice(changed, whole.len), word, false).state, SL_VAULT_NOTE_DAMAGED);
	}
	sl_buf_reset(&text);
	sl_vault_note_write(id, dir, &text);
	assert_int_equal(sl_vault_note_read(sl_buf_slice(&text), dir, true).state, SL_VAULT_NOTE_SAYS);
	assert_int_equal(sl_vault_note_read(sl_buf_slice(&text), SL_SLICE_LIT("/srv/vault"), true).state, SL_VAULT_NOTE_NONE);
	assert_int_equal(sl_vault_note_read(SL_SLICE_LIT("sluice-vault 2 x\n"), dir, true).state, SL_VAULT_NOTE_DAMAGED);
	assert_int_equal(sl_vault_note_read(sl_slice(NULL, 0), dir, true).state, SL_VAULT_NOTE_DAMAGED);
	sl_buf_fini(&text);
	assert_true(sl_vault_identity_is(id, SL_SLICE_LIT("6b66c200000000000000000000000051")));
	assert_false(sl_vault_identity_is(id, SL_SLICE_LIT("6b66c2")));
}

static void
test_what_was_never_used(void **state)
{
	uint64_t bytes[SL_DISK_FILE_COUNT] = { 0 };

	assert_true(sl_vault_sizes_unused(bytes));
	bytes[SL_DISK_KEYS] = 8192;
	assert_true(sl_vault_sizes_unused(bytes));
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++) {
		uint64_t before = bytes[i];

		bytes[i] = 8193;
		assert_false(sl_vault_sizes_unused(bytes));
		bytes[i] = before;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all_that_can_be),
		cmocka_unit_test(test_a_note_comes_back),
		cmocka_unit_test(test_what_was_never_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
