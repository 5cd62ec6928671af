/* wire_test.c - what an edge and the console say to each other comes back as it was, and nothing else is taken */

#include "check.h"
#include "digest/wire.h"

static struct sl_digest_request
request(void)
{
	return (struct sl_digest_request){ .number = 77, .message_id = SL_SLICE_LIT("<1@a.test>"), .trace = SL_SLICE_LIT("T1"),
		.mail = { .recipient = SL_SLICE_LIT("release.abc@act.test"), .sender = SL_SLICE_LIT("u@a.test"),
			.from = SL_SLICE_LIT("u@a.test"), .authors = 1, .proof = SL_DIGEST_PROOF_FAIL,
			.auto_submitted = SL_SLICE_LIT("no"), .list = true } };
}

static void
a_request_comes_back(void **state)
{
	struct sl_digest_request in = request(), out;
	struct sl_buf a, b;

	sl_buf_init(&a, SL_DIGEST_WIRE_MAX);
	sl_buf_init(&b, SL_DIGEST_WIRE_MAX);
	sl_digest_request_pack(&in, &a);
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&a), &out), 0);
	assert_int_equal(out.number, 77);
	assert_true(sl_slice_eq(out.mail.recipient, in.mail.recipient));
	assert_true(out.mail.list);
	assert_false(out.mail.report);
	assert_null(out.mail.precedence.ptr);	/* not there is not empty */
	assert_int_equal(out.mail.proof, SL_DIGEST_PROOF_FAIL);
	sl_digest_request_pack(&out, &b);
	assert_true(sl_slice_eq(sl_buf_slice(&a), sl_buf_slice(&b)));
	for (size_t cut = 0; cut < a.len; cut++)
		assert_int_equal(sl_digest_request_unpack(sl_slice(a.data, cut), &out), SL_ERR_SYNTAX);
	sl_buf_add_byte(&a, 0);
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&a), &out), SL_ERR_SYNTAX);
	sl_buf_fini(&a);
	sl_buf_fini(&b);
}

static void
a_long_text_is_cut_and_not_refused(void **state)
{
	static unsigned char text[5000];
	struct sl_digest_request in = request(), out;
	struct sl_buf a;

	memset(text, 'x', sizeof(text));
	in.message_id = sl_slice(text, sizeof(text));
	sl_buf_init(&a, SL_DIGEST_WIRE_MAX);
	sl_digest_request_pack(&in, &a);
	assert_false(a.overflow);
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&a), &out), 0);
	assert_int_equal(out.message_id.len, SL_DIGEST_WIRE_TEXT_MAX);
	sl_buf_fini(&a);
}

static void
an_answer_comes_back(void **state)
{
	static const struct { int code, result; } rows[] = { { 250, 0 }, { 451, 0 }, { 550, 0 }, { 600, SL_ERR_SYNTAX },
		{ 0, SL_ERR_SYNTAX }, { -1, SL_ERR_SYNTAX } };

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_digest_response in = { .number = 5, .code = rows[i].code, .enhanced = SL_SLICE_LIT("2.0.0"),
			.text = SL_SLICE_LIT("done") }, out;
		struct sl_buf a;

		sl_buf_init(&a, SL_DIGEST_WIRE_MAX);
		sl_digest_response_pack(&in, &a);
		assert_int_equal(sl_digest_response_unpack(sl_buf_slice(&a), &out), rows[i].result);
		assert_int_equal(out.number, 5);
		assert_true(sl_slice_eq(out.text, in.text));
		sl_buf_fini(&a);
	}
}

static void
a_report_and_its_lessons_come_back(void **state)
{
	struct sl_digest_request in = request(), out;
	struct sl_digest_response said = { .number = 9, .code = 250, .enhanced = SL_SLICE_LIT("2.0.0"), .text = SL_SLICE_LIT("ok"),
		.lessons = { { .message = 1, .tenant = SL_SLICE_LIT("a.test"), .reporter = SL_SLICE_LIT("u@a.test"),
			.client = SL_SLICE_LIT("192.0.2.1"), .helo = SL_SLICE_LIT("h.test"), .envelope = SL_SLICE_LIT("e.test"),
			.author = SL_SLICE_LIT("f.test"), .proven = { SL_SLICE_LIT("p.test"), SL_SLICE_LIT("q.test") }, .proven_len = 2 } },
		.lessons_len = 1 }, heard;
	struct sl_buf a;

	in.is_report = true;
	in.forward = SL_FORWARD_WANTED;
	in.attached = 2;
	in.reported[0] = (struct sl_digest_reported){ 0, SL_SLICE_LIT("AAAAAAAAAAAAA"), 0 };
	in.reported[1] = (struct sl_digest_reported){ 1, SL_SLICE_LIT("BBBBBBBBBBBBB"), 1764201600 };
	in.reported_len = 2;
	sl_buf_init(&a, SL_DIGEST_RESPONSE_MAX);
	sl_digest_request_pack(&in, &a);
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&a), &out), 0);
	assert_true(out.is_report && out.forward == SL_FORWARD_WANTED && out.attached == 2 && out.reported_len == 2);
	assert_true(out.reported[0].time_s == 0 && out.reported[1].time_s == 1764201600);
	assert_true(out.reported[1].message == 1 && sl_slice_eq(out.reported[1].id, in.reported[1].id));
	in.attached = 1;		/* an id of a message that is not there */
	sl_buf_reset(&a);
	sl_digest_request_pack(&in, &a);
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&a), &out), SL_ERR_SYNTAX);
	sl_buf_reset(&a);
	sl_digest_response_pack(&said, &a);
	assert_int_equal(sl_digest_response_unpack(sl_buf_slice(&a), &heard), 0);
	assert_true(heard.lessons_len == 1 && heard.lessons[0].message == 1 && heard.lessons[0].proven_len == 2);
	assert_true(sl_slice_eq(heard.lessons[0].author, SL_SLICE_LIT("f.test")) && sl_slice_eq(heard.lessons[0].proven[1], SL_SLICE_LIT("q.test")));
	for (size_t cut = 0; cut < a.len; cut++)
		assert_int_equal(sl_digest_response_unpack(sl_slice(a.data, cut), &heard), SL_ERR_SYNTAX);
	sl_buf_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_back),
		cmocka_unit_test(a_long_text_is_cut_and_not_refused),
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(a_report_and_its_lessons_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
