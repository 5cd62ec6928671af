/* command_test.c - mail to action addresses: who may, who may not, and that no program gets anything */

#include "check.h"
#include "digest/command.h"

#include <stdio.h>

static const struct sl_digest_keys keys = { { { 1, "a key of 32 bytes, for the tests" "" } }, 1 };

#define DOMAIN	SL_SLICE_LIT("quarantine.provider.example")
#define TODAY	20783u
#define S(text)	SL_SLICE_LIT(text)
#define NONE	{ NULL, 0 }

struct row {
	const char			*name;
	struct sl_slice			 sender, from;
	unsigned			 authors;
	enum sl_digest_proof		 proof;
	struct sl_slice			 auto_submitted, precedence;
	bool				 list, report;
	enum sl_digest_command_result	 expected;
};

#define ANNA	S("anna@example.com")
#define BOB	S("bob@example.com")
#define PASS	SL_DIGEST_PROOF_PASS

static const struct row rows[] = {
	{ "from the mailbox, proven", ANNA, ANNA, 1, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_ACT },
	{ "in another case", ANNA, S("Anna@EXAMPLE.com"), 1, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_ACT },
	{ "proven, by way of another sender", S("bounce-77@example.com"), ANNA, 1, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_ACT },
	{ "the domain can prove nothing, both agree", S("ANNA@example.com"), ANNA, 1, SL_DIGEST_PROOF_NONE, NONE, NONE, 0, 0,
	    SL_DIGEST_COMMAND_ACT },
	{ "the domain can prove nothing, another sender", BOB, ANNA, 1, SL_DIGEST_PROOF_NONE, NONE, NONE, 0, 0,
	    SL_DIGEST_COMMAND_ENVELOPE },
	{ "from another mailbox, proven", BOB, BOB, 1, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_OTHER_MAILBOX },
	{ "from another, with the right envelope", ANNA, BOB, 1, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_OTHER_MAILBOX },
	{ "forged", ANNA, ANNA, 1, SL_DIGEST_PROOF_FAIL, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_NOT_PROVEN },
	{ "not known now", ANNA, ANNA, 1, SL_DIGEST_PROOF_UNKNOWN, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_LATER },
	{ "two authors", ANNA, ANNA, 2, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_AUTHORS },
	{ "no author", ANNA, S(""), 0, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_AUTHORS },
	{ "no address", ANNA, S("anna"), 1, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_AUTHORS },
	{ "the null sender", S(""), ANNA, 1, PASS, NONE, NONE, 0, 0, SL_DIGEST_COMMAND_AUTOMATIC },
	{ "an absence notice", ANNA, ANNA, 1, PASS, S(" auto-replied (vacation)"), NONE, 0, 0, SL_DIGEST_COMMAND_AUTOMATIC },
	{ "our own digest comes back", ANNA, ANNA, 1, PASS, S("auto-generated"), S("bulk"), 0, 0, SL_DIGEST_COMMAND_AUTOMATIC },
	{ "said to be by hand", ANNA, ANNA, 1, PASS, S(" (x) No; a=b"), NONE, 0, 0, SL_DIGEST_COMMAND_ACT },
	{ "an empty Auto-Submitted", ANNA, ANNA, 1, PASS, S(""), NONE, 0, 0, SL_DIGEST_COMMAND_AUTOMATIC },
	{ "bulk", ANNA, ANNA, 1, PASS, NONE, S("Bulk"), 0, 0, SL_DIGEST_COMMAND_AUTOMATIC },
	{ "junk", ANNA, ANNA, 1, PASS, NONE, S(" junk "), 0, 0, SL_DIGEST_COMMAND_AUTOMATIC },
	{ "first class", ANNA, ANNA, 1, PASS, NONE, S("first-class"), 0, 0, SL_DIGEST_COMMAND_ACT },
	{ "by a list", ANNA, ANNA, 1, PASS, NONE, NONE, 1, 0, SL_DIGEST_COMMAND_AUTOMATIC },
	{ "a report", ANNA, ANNA, 1, PASS, NONE, NONE, 0, 1, SL_DIGEST_COMMAND_AUTOMATIC },
};

static void
address_make(enum sl_digest_verb verb, uint32_t last, char out[400])
{
	struct sl_digest_action action = { .verb = verb, .tenant = 9, .expiry_day = last };
	char local[SL_DIGEST_LOCAL_MAX + 1];

	if (sl_digest_verb_has_message(verb))
		memset(action.message, 0x5a, sizeof(action.message));
	sl_digest_token_write(&keys, &action, ANNA, local);
	snprintf(out, 400, "%s@Quarantine.Provider.Example", local);
}

static void
a_deed_is_done_for_its_mailbox_only(void **state)
{
	for (unsigned v = 0; v < SL_DIGEST_VERB_COUNT; v++) {
		unsigned char id[SL_DIGEST_ID_BYTES] = { 0 };
		char address[400];

		address_make((enum sl_digest_verb)v, TODAY, address);
		for (size_t i = 0; i < SL_COUNT(rows); i++) {
			const struct row *row = &rows[i];
			struct sl_digest_mail mail = { sl_slice_str(address), row->sender, row->from, row->authors, row->proof,
				row->auto_submitted, row->precedence, row->list, row->report };
			struct sl_digest_decision decision;

			if (sl_digest_command_check(&keys, DOMAIN, &mail, TODAY, &decision) != row->expected)
				fail_msg("%s: %s", row->name, sl_digest_command_reply(decision.result)->text);
			assert_int_equal(decision.result, row->expected);
			if (row->expected != SL_DIGEST_COMMAND_ACT)
				continue;
			assert_int_equal(decision.action.verb, v);
			assert_int_equal(decision.action.tenant, 9);
			if (i > 0)	/* however it is written, it is one deed */
				assert_memory_equal(decision.id, id, sizeof(id));
			memcpy(id, decision.id, sizeof(id));
		}
	}
}

/* The rows once more, but for those whose address was made for somebody else: there is nothing that could be. */
static void
whoever_writes_is_held_to_the_same_rules(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct sl_digest_mail mail = { S("spam@quarantine.provider.example"), row->sender, row->from, row->authors, row->proof,
			row->auto_submitted, row->precedence, row->list, row->report };
		char mailbox[SL_DIGEST_MAILBOX_MAX + 1];
		enum sl_digest_command_result result = sl_digest_command_author(&mail, mailbox);

		if (row->expected == SL_DIGEST_COMMAND_OTHER_MAILBOX)
			continue;
		if (result != row->expected)
			fail_msg("%s: %s", row->name, sl_digest_command_reply(result)->text);
		if (result == SL_DIGEST_COMMAND_ACT)
			assert_string_equal(mailbox, "anna@example.com");
	}
}

static void
the_address_is_looked_at_first(void **state)
{
	struct sl_digest_decision decision;
	char address[400], changed[410];

	address_make(SL_DIGEST_RELEASE, TODAY, address);
#define RCPT(to, from, day)	sl_digest_command_rcpt(&keys, DOMAIN, sl_slice_str(to), from, day, &decision)
	assert_int_equal(RCPT(address, ANNA, TODAY), SL_DIGEST_COMMAND_ACT);
	assert_int_equal(RCPT(address, S("srs0=x@elsewhere.example"), TODAY), SL_DIGEST_COMMAND_ACT);
	assert_int_equal(RCPT(address, S(""), TODAY), SL_DIGEST_COMMAND_AUTOMATIC);
	assert_int_equal(RCPT(address, ANNA, TODAY + 1), SL_DIGEST_COMMAND_EXPIRED);
	assert_int_equal(decision.action.verb, SL_DIGEST_RELEASE);
	snprintf(changed, sizeof(changed), "%s", address);
	changed[20] = changed[20] == 'a' ? 'b' : 'a';
	assert_int_equal(RCPT(changed, ANNA, TODAY), SL_DIGEST_COMMAND_FORGED);
	snprintf(changed, sizeof(changed), "xxxxx%s", address);
	assert_int_equal(RCPT(changed, ANNA, TODAY), SL_DIGEST_COMMAND_NO_SUCH);
	memcpy(address, "RELEASE", 7);
	assert_int_equal(RCPT(address, ANNA, TODAY), SL_DIGEST_COMMAND_ACT);
	memcpy(address, "explode", 7);
	assert_int_equal(RCPT(address, ANNA, TODAY), SL_DIGEST_COMMAND_UNKNOWN_VERB);
	assert_int_equal(RCPT("postmaster@quarantine.provider.example", ANNA, TODAY), SL_DIGEST_COMMAND_NO_SUCH);
	assert_int_equal(RCPT("release.x@elsewhere.example", ANNA, TODAY), SL_DIGEST_COMMAND_NO_SUCH);
	assert_int_equal(RCPT("@quarantine.provider.example", ANNA, TODAY), SL_DIGEST_COMMAND_NO_SUCH);
	assert_int_equal(RCPT("", ANNA, TODAY), SL_DIGEST_COMMAND_NO_SUCH);
#undef RCPT
}

static void
replies_fit_their_class(void **state)
{
	for (unsigned r = 0; r < SL_DIGEST_COMMAND_COUNT; r++) {
		const struct sl_digest_reply *reply = sl_digest_command_reply((enum sl_digest_command_result)r);

		assert_int_equal(reply->enhanced[0] - '0', reply->code / 100);
		assert_true(strlen(reply->text) < 100);
		assert_int_equal(reply->code == 250, r == SL_DIGEST_COMMAND_ACT || r == SL_DIGEST_COMMAND_LEARNED);
	}
}

static void
each_answer_is_written(void **state)
{
	static const char *const tags[] = { "en", "de", "fr" };

	for (size_t t = 0; t < SL_COUNT(tags); t++)
		for (unsigned v = 0; v < SL_DIGEST_VERB_COUNT; v++)
			for (unsigned o = 0; o < SL_DIGEST_OUTCOME_COUNT; o++) {
				struct sl_digest_answer answer = { .verb = (enum sl_digest_verb)v, .outcome = (enum sl_digest_outcome)o,
					.domain = DOMAIN, .from = S("quarantine@provider.example"), .to = ANNA,
					.language = sl_slice_str(tags[t]), .in_reply_to = S(" <1@example.com>"), .author = S("x@y.example"),
					.subject = S("Win\r\nBcc: a@b.example\r\n\r\n<b>"), .hop_said = S("250 2.0.0 Ok: queued as 4F"),
					.now_s = 1795681800, .unique = "0123456789abcde" };
				struct sl_buf out, id;
				const char *body;

				sl_buf_init(&out, 65536);
				sl_buf_init(&id, 512);
				assert_int_equal(sl_digest_answer_compose(&answer, &out, &id), 0);
				body = strstr(sl_buf_cstr(&out), "\r\n\r\n");
				assert_non_null(strstr((char *)out.data, "\r\nAuto-Submitted: auto-replied\r\n"));
				assert_non_null(strstr((char *)out.data, "\r\nIn-Reply-To:\r\n <1@example.com>\r\n"));
				assert_non_null(strstr(body, "Win Bcc: a@b.example <b>"));
				assert_true(strlen(body) > 60 && strlen(body) < 1200);
				assert_non_null(strstr(body, "queued as"));
				if (t == 0)
					assert_non_null(strstr((char *)out.data, o == 0 ? "\r\nSubject: Done: " : "\r\nSubject: Not done: "));
				answer.in_reply_to = S("<x>\r\nBcc: <a@b>");
				sl_buf_reset(&out);
				assert_int_equal(sl_digest_answer_compose(&answer, &out, &id), 0);
				assert_null(strstr(sl_buf_cstr(&out), "In-Reply-To"));
				sl_buf_fini(&out);
				sl_buf_fini(&id);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deed_is_done_for_its_mailbox_only),
		cmocka_unit_test(whoever_writes_is_held_to_the_same_rules),
		cmocka_unit_test(the_address_is_looked_at_first),
		cmocka_unit_test(replies_fit_their_class),
		cmocka_unit_test(each_answer_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
