/* courier_test.c - what is said to and of the courier comes back as it was said, and nothing else is taken */

#include "check.h"
#include "kept/courier.h"

#define S(text)	SL_SLICE_LIT(text)

static const unsigned char id[SL_KEPT_ID_BYTES] = { 0x01, 0xab, [15] = 0xff };
static struct sl_buf out, list;

typedef int unpacker(struct sl_slice payload);

#define TRY(name, type)									\
	static int									\
	try_##name(struct sl_slice payload)						\
	{										\
		struct type read;							\
											\
		return sl_courier_unpack_##name(payload, &read);			\
	}
TRY(mail, sl_courier_mail)
TRY(token, sl_courier_token)
TRY(settled, sl_courier_settled)
TRY(fetch, sl_courier_fetch)
TRY(fetched, sl_courier_fetched)
TRY(ask, sl_courier_ask)
TRY(entry, sl_courier_entry)
TRY(state, sl_courier_state)

static int
setup(void **state)
{
	sl_buf_init(&out, 64u << 10);
	sl_buf_init(&list, 64u << 10);
	return 0;
}

static int
teardown(void **state)
{
	sl_buf_fini(&out);
	sl_buf_fini(&list);
	return 0;
}

static struct sl_courier_mail
mail(void)
{
	sl_buf_reset(&list);
	sl_courier_text_add(&list, S("anna@example.com"));
	sl_courier_text_add(&list, S("\"b c\"@example.com"));
	return (struct sl_courier_mail){ .token = S("t"), .purpose = 1, .flags = 3, .tenant = S("example.com"), .sender = S(""),
		.message_id = S("<1@x>"), .recipients = sl_buf_slice(&list), .ref = sl_slice(id, sizeof(id)), .bytes = 7,
		.first_us = 8, .release = { .by = S("an admin"), .note = S("why"), .received_us = 9 } };
}

/* Whole it is taken; cut anywhere, or with more behind it, it is not. */
static void
cuts_are_refused(unpacker *unpack)
{
	assert_int_equal(unpack(sl_buf_slice(&out)), 0);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(unpack(sl_slice(out.data, len)), SL_ERR_SYNTAX);
	sl_buf_add_byte(&out, 0);
	assert_int_equal(unpack(sl_buf_slice(&out)), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
}

static void
what_is_packed_is_read(void **state)
{
	struct sl_courier_mail m = mail(), read;
	struct sl_slice rest, text;

	sl_courier_pack_mail(&m, &out);
	assert_int_equal(sl_courier_unpack_mail(sl_buf_slice(&out), &read), 0);
	assert_true(sl_slice_eq(read.release.by, S("an admin")) && read.release.received_us == 9 && read.bytes == 7);
	rest = read.recipients;
	assert_true(sl_courier_text_next(&rest, &text) && sl_slice_eq(text, S("anna@example.com")));
	assert_true(sl_courier_text_next(&rest, &text) && sl_slice_eq(text, S("\"b c\"@example.com")));
	assert_false(sl_courier_text_next(&rest, &text));
	cuts_are_refused(try_mail);
	m.ref = sl_slice(NULL, 0);
	sl_courier_pack_mail(&m, &out);
	cuts_are_refused(try_mail);
	sl_courier_pack_token(&(struct sl_courier_token){ S("t"), SL_ERR_FULL, true }, &out);
	cuts_are_refused(try_token);
	sl_courier_pack_settled(&(struct sl_courier_settled){ S("t"), S("example.com"), sl_slice(id, sizeof(id)), 1, 4, 250, 2,
	    S("250 ok") }, &out);
	cuts_are_refused(try_settled);
	sl_courier_pack_fetch(&(struct sl_courier_fetch){ 1, 2, S("example.com"), sl_slice(id, sizeof(id)) }, &out);
	cuts_are_refused(try_fetch);
	sl_courier_pack_fetched(&(struct sl_courier_fetched){ 1, SL_ERR_DAMAGED, S("bytes") }, &out);
	cuts_are_refused(try_fetched);
	sl_courier_pack_ask(&(struct sl_courier_ask){ SL_COURIER_CANCEL, 5, S(""), 6, 7, S("me") }, &out);
	cuts_are_refused(try_ask);
	sl_courier_pack_state(&(struct sl_courier_state){ .waiting = 1, .oldest_us = 2, .lost = 3 }, &out);
	cuts_are_refused(try_state);
}

static void
an_entry_is_read_with_its_recipients(void **state)
{
	struct sl_courier_entry e = { .id = -1, .purpose = 1, .state = 5, .tenant = S("example.com"), .sender = S("a@x"),
		.ref = sl_slice(id, sizeof(id)), .settled = true, .release = { .policy = S("spam is kept from 0.9 on") } }, read;
	struct sl_courier_rcpt rcpt;
	struct sl_slice rest;

	sl_courier_rcpt_add(&list, &(struct sl_courier_rcpt){ S("b@y"), 4, 550, S("550 no") });
	e.rcpts = sl_buf_slice(&list);
	sl_courier_pack_entry(&e, &out);
	assert_int_equal(sl_courier_unpack_entry(sl_buf_slice(&out), &read), 0);
	assert_true(read.id == -1 && read.settled && sl_slice_eq(read.release.policy, e.release.policy));
	rest = read.rcpts;
	assert_true(sl_courier_rcpt_next(&rest, &rcpt) && rcpt.code == 550 && sl_slice_eq(rcpt.reply, S("550 no")));
	assert_false(sl_courier_rcpt_next(&rest, &rcpt));
	cuts_are_refused(try_entry);
}

/* What would become another SMTP command, or is no token, tenant or id. */
static void
what_must_not_be_sent_is_refused(void **state)
{
	static const struct {
		const char	*why;
		struct sl_slice	 token, tenant, sender, recipient, ref;
	} rows[] = {
		{ "no token", S(""), S("t"), S(""), S("a@b"), S("") },
		{ "a long token", S("0123456789012345678901234567890123456789012345678901234567890123456789"), S("t"), S(""), S("a@b"), S("") },
		{ "no tenant", S("t"), S(""), S(""), S("a@b"), S("") },
		{ "a line end in the sender", S("t"), S("t"), S("a@b\r\nRCPT TO:<c@d>"), S("a@b"), S("") },
		{ "a bracket in the sender", S("t"), S("t"), S("a@b> SIZE=1"), S("a@b"), S("") },
		{ "a line end in a recipient", S("t"), S("t"), S(""), S("a@b\nc"), S("") },
		{ "a quoted line end", S("t"), S("t"), S(""), S("\"a\r\nb\"@c"), S("") },
		{ "a blank in a recipient", S("t"), S("t"), S(""), S("a b@c"), S("") },
		{ "an empty recipient", S("t"), S("t"), S(""), S(""), S("") },
		{ "half an id", S("t"), S("t"), S(""), S("a@b"), S("12345678") },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_courier_mail m = { .token = rows[i].token, .purpose = 1, .tenant = rows[i].tenant, .sender = rows[i].sender,
			.ref = rows[i].ref };

		sl_buf_reset(&list);
		sl_buf_reset(&out);
		sl_courier_text_add(&list, rows[i].recipient);
		m.recipients = sl_buf_slice(&list);
		sl_courier_pack_mail(&m, &out);
		if (try_mail(sl_buf_slice(&out)) != SL_ERR_SYNTAX)
			fail_msg("taken: %s", rows[i].why);
	}
	sl_buf_reset(&list);
	sl_buf_reset(&out);
	for (size_t i = 0; i <= SL_COURIER_RECIPIENTS_MAX; i++)
		sl_courier_text_add(&list, S("a@b"));
	sl_courier_pack_mail(&(struct sl_courier_mail){ .token = S("t"), .tenant = S("t"), .recipients = sl_buf_slice(&list) }, &out);
	assert_int_equal(try_mail(sl_buf_slice(&out)), SL_ERR_SYNTAX);
}

static void
a_release_has_one_token(void **state)
{
	char token[SL_COURIER_RELEASE_TOKEN + 1];

	sl_courier_release_token(id, token);
	assert_string_equal(token, "release:01ab00000000000000000000000000ff");
	assert_true(strlen(token) <= SL_COURIER_TOKEN_MAX);
}

static void
a_release_for_one_has_a_token_of_message_and_mailbox(void **state)
{
	unsigned char first[SL_KEPT_ID_BYTES] = { 1, 0xab }, other[SL_KEPT_ID_BYTES] = { 2 };
	char token[SL_COURIER_PART_TOKEN + 1], second[SL_COURIER_PART_TOKEN + 1];

	sl_courier_part_token(first, SL_SLICE_LIT("anna@one.example"), token);
	assert_int_equal(strlen(token), SL_COURIER_PART_TOKEN);
	assert_true(strlen(token) <= SL_COURIER_TOKEN_MAX);
	sl_courier_part_token(first, SL_SLICE_LIT("Anna@ONE.example"), second);
	assert_string_equal(token, second);
	sl_courier_part_token(first, SL_SLICE_LIT("bert@one.example"), second);
	assert_string_not_equal(token, second);
	sl_courier_part_token(other, SL_SLICE_LIT("anna@one.example"), second);
	assert_string_not_equal(token, second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_packed_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(an_entry_is_read_with_its_recipients, setup, teardown),
		cmocka_unit_test_setup_teardown(what_must_not_be_sent_is_refused, setup, teardown),
		cmocka_unit_test(a_release_has_one_token),
		cmocka_unit_test(a_release_for_one_has_a_token_of_message_and_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
