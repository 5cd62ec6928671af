/* arc_test.c - chains made here link by link, broken here, and counted to the limit */

#include "check.h"
#include <stdio.h>

#include "mailauth/arc.h"

#define NAMES	"from:to:subject:date:message-id"
static const char body_text[] = "Hello\r\n\r\nlist. \r\n\r\n";

static struct sl_signkey *key;
static struct sl_buf record;

static int
make_key(void **state)
{
	key = sl_signkey_generate(SL_KEY_RSA, 1024);
	sl_buf_init(&record, 4096);
	sl_signkey_add_record(key, &record);
	return 0;
}

static int
free_key(void **state)
{
	sl_signkey_free(&key);
	sl_buf_fini(&record);
	return 0;
}

static void
answer_all(struct sl_arc *arc, enum sl_dns_status status)
{
	const struct sl_dns_record txt = { sl_buf_slice(&record), 0 };
	const struct sl_dns_answer answer = { status, &txt, 1 };
	struct sl_dns_question question;

	while (sl_arc_dns.ask(arc, &question))
		sl_arc_dns.answer(arc, question.id, &answer);
}

/* Verify; the caller frees. Answers come before the body, or with `late` behind it. */
static struct sl_arc *
verify(const struct sl_headers *h, struct sl_keys *keys, const char *body, size_t cut, bool late)
{
	struct sl_arc *arc = sl_arc_new(h, keys, true);

	if (!late)
		answer_all(arc, SL_DNS_FOUND);
	sl_arc_body(arc, (const unsigned char *)body, cut);
	sl_arc_body(arc, (const unsigned char *)body + cut, strlen(body) - cut);
	sl_arc_body_end(arc);
	answer_all(arc, SL_DNS_FOUND);
	assert_true(sl_arc_done(arc));
	return arc;
}

/* Put the lines of `front` before the fields of h. */
static void
prepend(struct sl_headers *h, const struct sl_buf *front)
{
	struct sl_headers old = *h;
	struct sl_slice rest = sl_buf_slice(front);

	sl_headers_init(h, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	while (rest.len > 0) {
		size_t n = 0;

		while (n + 2 < rest.len && !(rest.ptr[n] == '\r' && rest.ptr[n + 2] != '\t'))
			n++;
		if (n + 2 >= rest.len)
			n = rest.len - 2;
		sl_headers_add(h, sl_slice(rest.ptr, n));
		rest = sl_slice_from(rest, n + 2);
	}
	for (size_t i = 0; i < old.count; i++)
		sl_headers_add(h, sl_headers_field(&old, i));
	sl_headers_fini(&old);
}

/* Add one link to the message. Returns what sl_arc_seal did. */
static int
add_link(struct sl_headers *h, struct sl_keys *keys, const char *body)
{
	const struct sl_arc_seal_settings settings = { "example.org", "s1", key, NAMES, 1700000000 };
	struct sl_arc *arc = verify(h, keys, body, 0, false);
	struct sl_buf front;
	int r;

	sl_buf_init(&front, 65536);
	r = sl_arc_seal(arc, &settings, SL_SLICE_LIT("mx.example.org; spf=pass smtp.mailfrom=a@b.test"), &front);
	sl_arc_free(&arc);
	if (r == 0)
		prepend(h, &front);
	sl_buf_fini(&front);
	return r;
}

static void
message_make(struct sl_headers *h)
{
	sl_headers_init(h, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	sl_headers_add(h, SL_SLICE_LIT("Received: by a"));
	sl_headers_add(h, SL_SLICE_LIT("From: Ann <ann@example.com>"));
	sl_headers_add(h, SL_SLICE_LIT("Subject: hello\r\n list"));
}

static void
expect(const struct sl_headers *h, struct sl_keys *keys, const char *body, enum sl_arc_result result,
    unsigned instance, const char *reason)
{
	for (size_t cut = 0; cut <= strlen(body); cut++) {
		struct sl_arc *arc = verify(h, keys, body, cut, cut % 2);

		if (sl_arc_result(arc) != result || sl_arc_instance(arc) != instance ||
		    strstr(sl_arc_reason(arc), reason) == NULL)
			fail_msg("%s, %u sets (%s)", sl_arc_result_name(sl_arc_result(arc)),
			    sl_arc_instance(arc), sl_arc_reason(arc));
		sl_arc_free(&arc);
	}
}

static void
a_chain_grows_link_by_link(void **state)
{
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_headers h;

	message_make(&h);
	expect(&h, keys, body_text, SL_ARC_NONE, 0, "");
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(add_link(&h, keys, body_text), 0);
		expect(&h, keys, body_text, SL_ARC_PASS, i, "");
	}
	assert_int_equal(h.count, 15);
	sl_headers_fini(&h);
	sl_keys_free(&keys);
}

static void
a_broken_chain_is_closed_and_takes_no_more(void **state)
{
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_headers h;

	message_make(&h);
	assert_int_equal(add_link(&h, keys, body_text), 0);
	expect(&h, keys, "Another\r\n", SL_ARC_FAIL, 1, "body was changed");
	assert_int_equal(add_link(&h, keys, "Another\r\n"), 0);		/* says cv=fail */
	expect(&h, keys, "Another\r\n", SL_ARC_FAIL, 2, "says that the chain is broken");
	assert_int_equal(add_link(&h, keys, "Another\r\n"), SL_ERR_FULL);
	sl_headers_fini(&h);
	sl_keys_free(&keys);
}

/* Copy h, one field replaced (NULL: left out). */
static void
copy_changed(struct sl_headers *to, const struct sl_headers *h, size_t place, const char *text)
{
	sl_headers_init(to, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	for (size_t i = 0; i < h->count; i++) {
		if (i != place)
			sl_headers_add(to, sl_headers_field(h, i));
		else if (text != NULL)
			sl_headers_add(to, sl_slice_str(text));
	}
}

static void
every_field_of_a_chain_counts(void **state)
{
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_headers h, changed;

	message_make(&h);
	assert_int_equal(add_link(&h, keys, body_text), 0);
	assert_int_equal(add_link(&h, keys, body_text), 0);
	for (size_t i = 0; i < h.count; i++) {
		bool signed_field = i < 6 || i == 7 || i == 8;		/* all but Received */

		copy_changed(&changed, &h, i, NULL);
		expect(&changed, keys, body_text, signed_field ? SL_ARC_FAIL : SL_ARC_PASS, 2, "");
		sl_headers_fini(&changed);
	}
	copy_changed(&changed, &h, 5, "ARC-Authentication-Results: i=1; mx.example.org; spf=fail");
	expect(&changed, keys, body_text, SL_ARC_FAIL, 2, "a seal does not fit");
	sl_headers_fini(&changed);
	copy_changed(&changed, &h, 6, "ARC-Authentication-Results: i=2; mx.example.org; spf=fail");
	expect(&changed, keys, body_text, SL_ARC_FAIL, 2, "twice");
	sl_headers_fini(&changed);
	copy_changed(&changed, &h, 6, "ARC-Seal: i=51; cv=pass");
	expect(&changed, keys, body_text, SL_ARC_FAIL, 2, "no sound i=");
	sl_headers_fini(&changed);
	sl_headers_fini(&h);
	sl_keys_free(&keys);
}

static void
a_chain_has_fifty_links_at_most(void **state)
{
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_headers h;
	struct sl_arc *arc;
	struct sl_dns_question question;

	message_make(&h);
	for (unsigned i = 1; i <= SL_ARC_SETS_MAX; i++)
		assert_int_equal(add_link(&h, keys, body_text), 0);
	arc = sl_arc_new(&h, keys, false);
	assert_true(sl_arc_dns.ask(arc, &question));
	assert_false(sl_arc_dns.ask(arc, &question));	/* one key, asked for once */
	sl_arc_free(&arc);
	arc = verify(&h, keys, body_text, 0, false);
	assert_int_equal(sl_arc_result(arc), SL_ARC_PASS);
	assert_int_equal(sl_arc_instance(arc), SL_ARC_SETS_MAX);
	assert_string_equal(sl_arc_sealer(arc), "example.org");
	sl_arc_free(&arc);
	assert_int_equal(add_link(&h, keys, body_text), SL_ERR_FULL);
	sl_headers_fini(&h);
	sl_keys_free(&keys);
}

static void
keys_that_do_not_come_fail_the_chain(void **state)
{
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_headers h;
	struct sl_arc *arc;

	message_make(&h);
	assert_int_equal(add_link(&h, keys, body_text), 0);
	for (int expire = 0; expire <= 1; expire++) {
		arc = sl_arc_new(&h, keys, false);
		if (!expire)
			answer_all(arc, SL_DNS_TEMPERROR);
		sl_arc_body(arc, (const unsigned char *)body_text, strlen(body_text));
		sl_arc_body_end(arc);
		assert_int_equal(sl_arc_done(arc), !expire);
		sl_arc_expire(arc);
		assert_int_equal(sl_arc_result(arc), SL_ARC_FAIL);
		sl_arc_free(&arc);
	}
	sl_headers_fini(&h);
	sl_keys_free(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_grows_link_by_link),
		cmocka_unit_test(a_broken_chain_is_closed_and_takes_no_more),
		cmocka_unit_test(every_field_of_a_chain_counts),
		cmocka_unit_test(a_chain_has_fifty_links_at_most),
		cmocka_unit_test(keys_that_do_not_come_fail_the_chain),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
