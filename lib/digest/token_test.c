/* token_test.c - addresses that act: for whom, until when, and nothing else */

#include "check.h"
#include "digest/token.h"

#include <stdio.h>

static const struct sl_digest_keys keys = { { { 7, "first key, 32 bytes long, of 20" },
	{ 3, "the one before, also of 32 byte" } }, 2 };
static const struct sl_digest_keys rotated = { { { 8, "a newer key, which signs from n" },
	{ 7, "first key, 32 bytes long, of 20" } }, 2 };
static const struct sl_digest_keys foreign = { { { 7, "somebody else's key of 32 bytes" } }, 1 };

#define MAILBOX	SL_SLICE_LIT("Anna.Example@example.com")
#define TODAY	20783u

static struct sl_digest_action
action_of(enum sl_digest_verb verb)
{
	struct sl_digest_action action = { .verb = verb, .tenant = 0x01020304, .expiry_day = TODAY + 7 };

	if (sl_digest_verb_has_message(verb))
		memcpy(action.message, "\x00\xff" "0123456789abcd", sizeof(action.message));
	return action;
}

static enum sl_digest_token_result
whole(const struct sl_digest_keys *with, const char *local, uint32_t today, struct sl_slice mailbox)
{
	struct sl_digest_token token;
	enum sl_digest_token_result r = sl_digest_token_read(with, sl_slice_str(local), today, &token);

	return r == SL_DIGEST_TOKEN_GOOD ? sl_digest_token_check(with, &token, mailbox) : r;
}

static void
each_verb_is_written_and_read_again_and_fits(void **state)
{
	for (unsigned v = 0; v < SL_DIGEST_VERB_COUNT; v++) {
		struct sl_digest_action action = action_of((enum sl_digest_verb)v);
		struct sl_digest_token token;
		char local[SL_DIGEST_LOCAL_MAX + 1], upper[SL_DIGEST_LOCAL_MAX + 1] = "";

		sl_digest_token_write(&keys, &action, MAILBOX, local);
		assert_true(strlen(local) <= SL_DIGEST_LOCAL_MAX);
		assert_int_equal(strspn(local, "abcdefghijklmnopqrstuvwxyz0123456789-."), strlen(local));
		for (size_t i = 0; local[i] != '\0'; i++)
			upper[i] = (char)(local[i] >= 'a' && local[i] <= 'z' ? local[i] - 32 : local[i]);
		assert_int_equal(sl_digest_token_read(&keys, sl_slice_str(upper), TODAY, &token), SL_DIGEST_TOKEN_GOOD);
		assert_int_equal(token.action.verb, v);
		assert_int_equal(token.action.tenant, action.tenant);
		assert_int_equal(token.action.expiry_day, action.expiry_day);
		assert_memory_equal(token.action.message, action.message, sizeof(action.message));
		assert_int_equal(whole(&keys, local, TODAY, MAILBOX), SL_DIGEST_TOKEN_GOOD);
		assert_int_equal(whole(&keys, upper, TODAY, SL_SLICE_LIT("anna.example@EXAMPLE.COM")), SL_DIGEST_TOKEN_GOOD);
	}
}

static void
what_is_wrong_is_told_apart(void **state)
{
	struct sl_digest_action action = action_of(SL_DIGEST_RELEASE);
	char local[SL_DIGEST_LOCAL_MAX + 1], other[SL_DIGEST_LOCAL_MAX + 8];

	sl_digest_token_write(&keys, &action, MAILBOX, local);
	assert_int_equal(whole(&keys, local, TODAY + 7, MAILBOX), SL_DIGEST_TOKEN_GOOD);
	assert_int_equal(whole(&keys, local, TODAY + 8, MAILBOX), SL_DIGEST_TOKEN_EXPIRED);
	assert_int_equal(whole(&keys, local, TODAY, SL_SLICE_LIT("bob@example.com")), SL_DIGEST_TOKEN_OTHER_MAILBOX);
	assert_int_equal(whole(&keys, local, TODAY, SL_SLICE_LIT("")), SL_DIGEST_TOKEN_OTHER_MAILBOX);
	assert_int_equal(whole(&foreign, local, TODAY, MAILBOX), SL_DIGEST_TOKEN_FORGED);
	snprintf(other, sizeof(other), "delete.%s", local + strlen("release."));
	assert_int_equal(whole(&keys, other, TODAY, MAILBOX), SL_DIGEST_TOKEN_FORGED);
	snprintf(other, sizeof(other), "destroy.%s", local + strlen("release."));
	assert_int_equal(whole(&keys, other, TODAY, MAILBOX), SL_DIGEST_TOKEN_UNKNOWN_VERB);
	snprintf(other, sizeof(other), "%.*s", (int)strlen(local) - 1, local);
	assert_int_equal(whole(&keys, other, TODAY, MAILBOX), SL_DIGEST_TOKEN_NONE);
	assert_int_equal(whole(&keys, "postmaster", TODAY, MAILBOX), SL_DIGEST_TOKEN_NONE);
	assert_int_equal(whole(&keys, "release.", TODAY, MAILBOX), SL_DIGEST_TOKEN_NONE);
	assert_int_equal(whole(&keys, "first.last", TODAY, MAILBOX), SL_DIGEST_TOKEN_NONE);
	assert_int_equal(whole(&keys, "", TODAY, MAILBOX), SL_DIGEST_TOKEN_NONE);
}

/* Each other character in each place: never good, and never said to be somebody else's. */
static void
no_character_can_be_changed(void **state)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (unsigned v = 0; v < SL_DIGEST_VERB_COUNT; v++) {
		struct sl_digest_action action = action_of((enum sl_digest_verb)v);
		char local[SL_DIGEST_LOCAL_MAX + 1];

		sl_digest_token_write(&keys, &action, MAILBOX, local);
		for (size_t i = strlen(sl_digest_verb_word(action.verb)) + 1; local[i] != '\0'; i++)
			for (const char *c = alphabet; *c != '\0'; c++) {
				char kept = local[i];
				enum sl_digest_token_result r;

				if (*c == kept)
					continue;
				local[i] = *c;
				r = whole(&keys, local, TODAY, MAILBOX);
				/* NONE: bits behind the last byte */
				if (r != SL_DIGEST_TOKEN_FORGED && !(r == SL_DIGEST_TOKEN_NONE && local[i + 1] == '\0'))
					fail_msg("%s: %d", local, (int)r);
				local[i] = kept;
			}
	}
}

static void
keys_are_rotated_without_breaking_what_is_out(void **state)
{
	struct sl_digest_action action = action_of(SL_DIGEST_ALLOW);
	char old[SL_DIGEST_LOCAL_MAX + 1], young[SL_DIGEST_LOCAL_MAX + 1];
	unsigned char a[SL_DIGEST_ID_BYTES], b[SL_DIGEST_ID_BYTES];
	struct sl_digest_token one, two;

	sl_digest_token_write(&keys, &action, MAILBOX, old);
	sl_digest_token_write(&rotated, &action, MAILBOX, young);
	assert_string_not_equal(old, young);
	assert_int_equal(whole(&rotated, old, TODAY, MAILBOX), SL_DIGEST_TOKEN_GOOD);
	assert_int_equal(whole(&rotated, young, TODAY, MAILBOX), SL_DIGEST_TOKEN_GOOD);
	assert_int_equal(whole(&keys, young, TODAY, MAILBOX), SL_DIGEST_TOKEN_FORGED);
	/* Signed twice, it is one deed. */
	assert_int_equal(sl_digest_token_read(&rotated, sl_slice_str(old), TODAY, &one), SL_DIGEST_TOKEN_GOOD);
	assert_int_equal(sl_digest_token_read(&rotated, sl_slice_str(young), TODAY, &two), SL_DIGEST_TOKEN_GOOD);
	sl_digest_token_id(&one.action, MAILBOX, a);
	sl_digest_token_id(&two.action, SL_SLICE_LIT("anna.example@example.com"), b);
	assert_memory_equal(a, b, sizeof(a));
}

static void
deeds_that_differ_have_other_numbers(void **state)
{
	unsigned char ids[SL_DIGEST_VERB_COUNT + 4][SL_DIGEST_ID_BYTES];
	struct sl_digest_action action;
	size_t n = 0;

	for (; n < SL_DIGEST_VERB_COUNT; n++) {
		action = action_of((enum sl_digest_verb)n);
		sl_digest_token_id(&action, MAILBOX, ids[n]);
	}
	action = action_of(SL_DIGEST_RELEASE);
	sl_digest_token_id(&action, SL_SLICE_LIT("bob@example.com"), ids[n++]);
	action.tenant++;
	sl_digest_token_id(&action, MAILBOX, ids[n++]);
	action = action_of(SL_DIGEST_RELEASE);
	action.expiry_day++;
	sl_digest_token_id(&action, MAILBOX, ids[n++]);
	action = action_of(SL_DIGEST_RELEASE);
	action.message[15]++;
	sl_digest_token_id(&action, MAILBOX, ids[n++]);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(ids[i], ids[j], sizeof(ids[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_is_written_and_read_again_and_fits),
		cmocka_unit_test(what_is_wrong_is_told_apart),
		cmocka_unit_test(no_character_can_be_changed),
		cmocka_unit_test(keys_are_rotated_without_breaking_what_is_out),
		cmocka_unit_test(deeds_that_differ_have_other_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
