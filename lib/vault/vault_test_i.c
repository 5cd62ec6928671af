/* vault_test_i.c - see vault_test_i.h */

#include "vault_test_i.h"

#include <stdio.h>
#include <stdlib.h>

const unsigned char test_master[SL_VAULT_MASTER_BYTES] = "a master key of 32 bytes, or so";
const struct sl_slice test_tenant = { (const unsigned char *)"example.com", 11 };

static int
collect(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

void
test_message(struct sl_buf *out, unsigned number, size_t len)
{
	uint32_t x = number * 2654435761u + 1;

	sl_buf_addf(out, "Subject: message %u of %zu\r\n\r\n", number, len);
	while (out->len < len) {
		x = x * 1664525u + 1013904223u;
		sl_buf_add_byte(out, (unsigned char)(x >> 24));
	}
}

void
test_seal(struct test_sealed *sealed, unsigned number, size_t len, unsigned recipients,
    const unsigned char public[SL_SEAL_KEY_BYTES], struct sl_slice tenant)
{
	struct sl_seal_record record;
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_seal_body_info info;
	struct sl_buf message;
	char text[64];

	*sealed = (struct test_sealed){ .number = number, .received_us = TEST_TIME + number };
	sl_buf_init(&sealed->body, 64 << 20);
	sl_buf_init(&message, 64 << 20);
	test_message(&message, number, len);
	sl_seal_record_init(&record);
	snprintf(text, sizeof(text), "message %u of %zu", number, len);
	assert_int_equal(sl_seal_record_add(&record, SL_SEAL_SUBJECT, sl_slice_str(text)), 0);
	assert_int_equal(sl_seal_record_add(&record, SL_SEAL_CATEGORY, sl_slice_str(number % 2 ? "spam" : "phish")), 0);
	for (unsigned i = 0; i < recipients; i++) {
		snprintf(text, sizeof(text), "u%u@example.com", number + i);
		assert_int_equal(sl_seal_record_add(&record, SL_SEAL_RECIPIENT, sl_slice_str(text)), 0);
	}
	sl_seal_body_begin(body, collect, &sealed->body);
	assert_int_equal(sl_seal_body_feed(body, sl_buf_slice(&message)), 0);
	assert_int_equal(sl_seal_body_feed(body, sl_buf_slice(&record.rest)), 0);
	assert_int_equal(sl_seal_body_finish(body, &info), 0);
	assert_int_equal(sl_seal_record_seal(&record, &info, sealed->received_us, public, tenant, sealed->record), 0);
	sl_seal_record_fini(&record);
	sl_seal_body_free(&body);
	sl_buf_fini(&message);
}

void
test_sealed_fini(struct test_sealed *sealed)
{
	sl_buf_fini(&sealed->body);
}

void
test_held(struct sl_seal_pair *pair_out, unsigned char wrapped_out[SL_SEAL_WRAPPED_BYTES], struct sl_slice tenant)
{
	struct sl_seal_stretch stretch;

	sl_seal_pair_new(pair_out);
	sl_seal_stretch_new(&stretch);
	sl_seal_wrap(pair_out, tenant, &stretch, test_master, wrapped_out);
}

void
test_on_done(void *ctx, int result, const unsigned char id[SL_VAULT_ID_BYTES])
{
	struct test_done *done = ctx;

	done->called++;
	done->result = result;
	memcpy(done->id, id, sizeof(done->id));
}

int
test_commit(struct sl_vault *vault, struct sl_slice tenant, const struct test_sealed *sealed, uint32_t day,
    struct test_done *done)
{
	struct sl_vault_append *append;
	struct sl_slice body = sl_buf_slice(&sealed->body);
	/* Some say beforehand how long it will be. */
	int r = sl_vault_append_new(vault, tenant, sealed->number % 3 == 0 ? body.len : 0, &append);

	*done = (struct test_done){ 0 };
	for (size_t at = 0; r == 0 && at < body.len; at += 5000)
		r = sl_vault_append_feed(append, sl_slice(body.ptr + at, SL_MIN((size_t)5000, body.len - at)));
	if (r == 0)
		r = sl_vault_append_commit(&append, sealed->record, sealed->received_us, day, test_on_done, done);
	sl_vault_append_free(&append);
	return r;
}

int
test_add(struct sl_vault *vault, struct sl_slice tenant, const struct test_sealed *sealed, uint32_t day,
    unsigned char id_out[SL_VAULT_ID_BYTES])
{
	struct test_done done;
	int r = test_commit(vault, tenant, sealed, day, &done);

	if (r != 0)
		return r;
	r = sl_vault_flush(vault);
	assert_int_equal(done.called, 1);
	if (r != 0)
		assert_int_equal(done.result, r);
	memcpy(id_out, done.id, SL_VAULT_ID_BYTES);
	return done.result;
}

int
test_open(struct sl_vault *vault, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES], unsigned *number_out)
{
	struct sl_vault_reader *reader;
	struct sl_buf out, wanted;
	unsigned number;
	size_t len;
	int r;

	sl_buf_init(&out, 64 << 20);
	sl_buf_init(&wanted, 64 << 20);
	r = sl_vault_reader_new(vault, tenant, id, collect, &out, &reader);
	while (r == SL_MORE)
		r = sl_vault_reader_step(reader);
	if (r == SL_DONE) {
		assert_int_equal(sscanf(sl_buf_cstr(&out), "Subject: message %u of %zu\r\n", &number, &len), 2);
		test_message(&wanted, number, len);
		assert_true(sl_slice_eq(sl_buf_slice(&out), sl_buf_slice(&wanted)));
		*number_out = number;
	}
	sl_vault_reader_free(&reader);
	sl_buf_fini(&out);
	sl_buf_fini(&wanted);
	return r == SL_DONE ? 0 : r;
}

static void
on_entry(void *ctx, const struct sl_vault_entry *entry)
{
	struct test_list *list = ctx;
	struct test_listed *to = &list->list[list->len++];
	struct sl_seal_item item;
	struct sl_slice items;

	assert_true(list->len <= SL_COUNT(list->list));
	*to = (struct test_listed){ .received_us = entry->received_us, .day = entry->expiry_day, .state = entry->state,
		.opens = entry->view != NULL };
	memcpy(to->id, entry->id, sizeof(to->id));
	if (entry->view == NULL)
		return;
	assert_int_equal(entry->view->received_us, entry->received_us);
	items = entry->view->items;
	assert_int_equal(sl_seal_item_next(&items, &item), SL_DONE);
	assert_int_equal(item.type, SL_SEAL_SUBJECT);
	to->number = (unsigned)strtoul((const char *)item.value.ptr + 8, NULL, 10);
}

int
test_list(struct sl_vault *vault, struct sl_slice tenant, struct sl_vault_query query, struct test_list *out)
{
	unsigned char last[SL_VAULT_ID_BYTES];
	int r;

	out->len = 0;
	query.after = NULL;
	do {
		r = sl_vault_list(vault, tenant, &query, on_entry, out, last);
		query.after = last;
	} while (r == SL_MORE);
	return r;
}
