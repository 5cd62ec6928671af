/* record.c - see seal/record.h */

#include "seal/record.h"

#include <sodium.h>

#include "seal/le_i.h"

#define RECORD_VERSION	1
#define ITEM_HEAD	3

const char *
sl_seal_item_name(unsigned type)
{
	switch (type) {
#define ITEM_CASE(name, number, text) case number: return text;
	SL_SEAL_ITEMS(ITEM_CASE)
#undef ITEM_CASE
	default:
		return NULL;
	}
}

void
sl_seal_record_init(struct sl_seal_record *record)
{
	memset(record->plain, 0, sizeof(record->plain));
	record->items_len = 0;
	sl_buf_init(&record->rest, SL_SEAL_REST_MAX);
}

void
sl_seal_record_fini(struct sl_seal_record *record)
{
	sl_buf_fini(&record->rest);
	sl_zero(record, sizeof(*record));
}

int
sl_seal_record_add(struct sl_seal_record *record, enum sl_seal_item_type type, struct sl_slice value)
{
	size_t len = SL_MIN(value.len, (size_t)SL_SEAL_ITEM_MAX);
	size_t room = SL_SEAL_RECORD_PLAIN - SL_SEAL_RECORD_ITEMS - record->items_len;
	unsigned char head[ITEM_HEAD], *at = record->plain + SL_SEAL_RECORD_ITEMS + record->items_len;

	head[0] = (unsigned char)type;
	le_put(head + 1, len, 2);
	if (room < ITEM_HEAD + len) {
		if (record->rest.max_bytes - record->rest.len < ITEM_HEAD + len)
			return SL_ERR_FULL;
		sl_buf_add(&record->rest, head, ITEM_HEAD);
		sl_buf_add(&record->rest, value.ptr, len);
		return 0;
	}
	memcpy(at, head, ITEM_HEAD);
	if (len > 0)
		memcpy(at + ITEM_HEAD, value.ptr, len);
	record->items_len += ITEM_HEAD + len;
	return 0;
}

int
sl_seal_record_seal(struct sl_seal_record *record, const struct sl_seal_body_info *body, int64_t received_us,
    const unsigned char public[SL_SEAL_KEY_BYTES], struct sl_slice tenant, unsigned char out[SL_SEAL_RECORD_BYTES])
{
	unsigned char *p = record->plain;

	SL_ASSERT(body->plain_bytes >= record->rest.len);
	le_put(p, RECORD_VERSION, 4);
	le_put(p + 4, (uint64_t)received_us, 8);
	le_put(p + 12, body->plain_bytes - record->rest.len, 8);
	le_put(p + 20, record->rest.len, 8);
	memcpy(p + 28, body->key, SL_SEAL_KEY_BYTES);
	le_put(p + 60, body->sealed_bytes, 8);
	le_put(p + 68, record->items_len, 2);
	return sl_seal_box(public, tenant, sl_slice(p, SL_SEAL_RECORD_PLAIN), out);
}

int
sl_seal_record_open(const struct sl_seal_pair *pair, struct sl_slice tenant, struct sl_slice sealed,
    unsigned char plain[SL_SEAL_RECORD_PLAIN], struct sl_seal_view *view_out)
{
	int r;

	if (sealed.len != SL_SEAL_RECORD_BYTES)
		return SL_ERR_TRUNCATED;
	r = sl_seal_box_open(pair, tenant, sealed, plain);
	return r != 0 ? r : sl_seal_record_read(plain, view_out);
}

/* Are these whole items? */
static bool
items_ok(struct sl_slice items)
{
	struct sl_seal_item item;
	int r;

	while ((r = sl_seal_item_next(&items, &item)) == SL_DONE)
		;
	return r == SL_MORE;
}

int
sl_seal_record_read(const unsigned char plain[SL_SEAL_RECORD_PLAIN], struct sl_seal_view *view_out)
{
	struct sl_seal_view *v = view_out;
	size_t items_len = (size_t)le_get(plain + 68, 2);

	if (le_get(plain, 4) != RECORD_VERSION)
		return SL_ERR_VERSION;
	if (items_len > SL_SEAL_RECORD_PLAIN - SL_SEAL_RECORD_ITEMS)
		return SL_ERR_DAMAGED;
	v->received_us = (int64_t)le_get(plain + 4, 8);
	v->message_bytes = le_get(plain + 12, 8);
	v->rest_bytes = le_get(plain + 20, 8);
	memcpy(v->body.key, plain + 28, SL_SEAL_KEY_BYTES);
	v->body.sealed_bytes = le_get(plain + 60, 8);
	v->items = sl_slice(plain + SL_SEAL_RECORD_ITEMS, items_len);
	if (v->rest_bytes > SL_SEAL_REST_MAX || v->message_bytes > SL_SEAL_BODY_MAX || !items_ok(v->items) ||
	    !sodium_is_zero(v->items.ptr + items_len, SL_SEAL_RECORD_PLAIN - SL_SEAL_RECORD_ITEMS - items_len))
		return SL_ERR_DAMAGED;
	v->body.plain_bytes = v->message_bytes + v->rest_bytes;
	return 0;
}

int
sl_seal_item_next(struct sl_slice *items, struct sl_seal_item *item_out)
{
	size_t len;

	if (items->len == 0)
		return SL_MORE;
	if (items->len < ITEM_HEAD)
		return SL_ERR_DAMAGED;
	len = (size_t)le_get(items->ptr + 1, 2);
	if (items->len - ITEM_HEAD < len)
		return SL_ERR_DAMAGED;
	item_out->type = items->ptr[0];
	item_out->value = sl_slice(items->ptr + ITEM_HEAD, len);
	*items = sl_slice_from(*items, ITEM_HEAD + len);
	return SL_DONE;
}
