/* record_test.c - header records: all of one length, whole, and for one reader */

#include "check.h"
#include "seal/record.h"

#include <stdio.h>

static const struct sl_slice tenant = { (const unsigned char *)"example.com", 11 };

static int
collect(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

/* What is said of a message with so many recipients and such a subject, as text; in record and rest. */
static void
round_trip(unsigned recipients, size_t subject_len)
{
	struct sl_seal_record record;
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_seal_opener *opener;
	struct sl_seal_body_info info;
	struct sl_seal_pair pair;
	struct sl_seal_view view;
	struct sl_seal_item item;
	struct sl_buf sealed_body, opened;
	unsigned char sealed[SL_SEAL_RECORD_BYTES], plain[SL_SEAL_RECORD_PLAIN], *subject = sl_xzalloc(subject_len + 1);
	struct sl_slice places[2];
	unsigned found = 0, others = 0;
	static const char message[] = "Subject: x\r\n\r\nThe body.\r\n";

	memset(subject, 's', subject_len);
	sl_buf_init(&sealed_body, 64 << 20);
	sl_buf_init(&opened, 64 << 20);
	sl_seal_pair_new(&pair);
	sl_seal_record_init(&record);
	assert_int_equal(sl_seal_record_add(&record, SL_SEAL_SENDER, sl_slice_str("")), 0);
	assert_int_equal(sl_seal_record_add(&record, SL_SEAL_SUBJECT, sl_slice(subject, subject_len)), 0);
	for (unsigned i = 0; i < recipients; i++) {
		char text[64];

		snprintf(text, sizeof(text), "user%u@example.com", i);
		assert_int_equal(sl_seal_record_add(&record, SL_SEAL_RECIPIENT, sl_slice_str(text)), 0);
	}
	sl_seal_body_begin(body, collect, &sealed_body);
	assert_int_equal(sl_seal_body_feed(body, sl_slice_str(message)), 0);
	assert_int_equal(sl_seal_body_feed(body, sl_buf_slice(&record.rest)), 0);
	assert_int_equal(sl_seal_body_finish(body, &info), 0);
	assert_int_equal(sl_seal_record_seal(&record, &info, 1700000000123456, pair.public, tenant, sealed), 0);
	assert_int_equal(sl_seal_record_open(&pair, tenant, sl_slice(sealed, sizeof(sealed)), plain, &view), 0);
	assert_int_equal(view.received_us, 1700000000123456);
	assert_int_equal(view.message_bytes, sizeof(message) - 1);
	assert_int_equal(view.rest_bytes, record.rest.len);
	assert_int_equal(view.body.sealed_bytes, sealed_body.len);
	opener = sl_seal_opener_new(&view.body, collect, &opened);
	assert_int_equal(sl_seal_opener_feed(opener, sl_buf_slice(&sealed_body)), 0);
	assert_int_equal(sl_seal_opener_finish(opener), 0);
	assert_memory_equal(opened.data, message, sizeof(message) - 1);
	places[0] = view.items;
	places[1] = sl_slice_from(sl_buf_slice(&opened), (size_t)view.message_bytes);
	for (size_t p = 0; p < 2; p++) {
		while (sl_seal_item_next(&places[p], &item) == SL_DONE) {
			char text[64];

			if (item.type == SL_SEAL_SUBJECT) {
				assert_true(sl_slice_eq(item.value, sl_slice(subject, SL_MIN(subject_len, (size_t)SL_SEAL_ITEM_MAX))));
			} else if (item.type == SL_SEAL_RECIPIENT) {
				snprintf(text, sizeof(text), "user%u@example.com", found++);
				assert_true(sl_slice_eq(item.value, sl_slice_str(text)));
				continue;
			}
			others++;
		}
		assert_int_equal(places[p].len, 0);
	}
	assert_int_equal(found, recipients);
	assert_int_equal(others, 2);
	sl_seal_opener_free(&opener);
	sl_seal_body_free(&body);
	sl_seal_record_fini(&record);
	sl_buf_fini(&sealed_body);
	sl_buf_fini(&opened);
	sl_free(subject);
}

static void
what_does_not_fit_goes_behind_the_message(void **state)
{
	static const struct { unsigned recipients; size_t subject; } rows[] = {
		{ 0, 0 }, { 1, 10 }, { 50, 200 }, { 140, 0 }, { 1000, 100 }, { 10000, 1 }, { 1, 3500 }, { 1, 3514 },
		{ 1, 3515 }, { 2, 60000 }, { 2, 65535 }, { 2, 70000 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		round_trip(rows[i].recipients, rows[i].subject);
}

static void
the_rest_has_a_limit(void **state)
{
	struct sl_seal_record record;
	unsigned char *big = sl_xzalloc(SL_SEAL_ITEM_MAX);
	unsigned n = 0;

	sl_seal_record_init(&record);
	while (sl_seal_record_add(&record, SL_SEAL_RECORD, sl_slice(big, SL_SEAL_ITEM_MAX)) == 0)
		n++;
	assert_int_equal(n, SL_SEAL_REST_MAX / (SL_SEAL_ITEM_MAX + 3));
	assert_false(record.rest.overflow);
	assert_int_equal(sl_seal_record_add(&record, SL_SEAL_SENDER, sl_slice_str("a@example.com")), 0);
	sl_seal_record_fini(&record);
	sl_free(big);
}

/* Bytes that were sealed by somebody who does not keep to the format. */
static void
broken_records_are_refused(void **state)
{
	unsigned char plain[SL_SEAL_RECORD_PLAIN] = { 1 };
	struct sl_seal_view view;

	assert_int_equal(sl_seal_record_read(plain, &view), 0);
	plain[0] = 2;
	assert_int_equal(sl_seal_record_read(plain, &view), SL_ERR_VERSION);
	plain[0] = 1;
	plain[SL_SEAL_RECORD_PLAIN - 1] = 1;		/* not zeros behind */
	assert_int_equal(sl_seal_record_read(plain, &view), SL_ERR_DAMAGED);
	plain[SL_SEAL_RECORD_PLAIN - 1] = 0;
	plain[68] = 2;					/* half an item */
	assert_int_equal(sl_seal_record_read(plain, &view), SL_ERR_DAMAGED);
	plain[68] = 3;
	assert_int_equal(sl_seal_record_read(plain, &view), 0);
	plain[71] = 1;					/* longer than what there is */
	assert_int_equal(sl_seal_record_read(plain, &view), SL_ERR_DAMAGED);
	plain[71] = 0;
	plain[69] = 0xff;				/* items past the end */
	assert_int_equal(sl_seal_record_read(plain, &view), SL_ERR_DAMAGED);
	plain[69] = 0;
	plain[27] = 1;					/* a rest of 2^56 bytes */
	assert_int_equal(sl_seal_record_read(plain, &view), SL_ERR_DAMAGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_goes_behind_the_message),
		cmocka_unit_test(the_rest_has_a_limit),
		cmocka_unit_test(broken_records_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
