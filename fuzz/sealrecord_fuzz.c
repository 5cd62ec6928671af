/*
 * sealrecord_fuzz.c - header records from hostile bytes
 *
 * As a record that is open: items lie inside it, and a record made of the same items has the same bytes. As a box, as a wrapped pair:
 * nothing opens that was not sealed; what was, opens only unchanged.
 */

#include "seal/record.h"

static const struct sl_slice tenant = { (const unsigned char *)"example.com", 11 };

static void
check_items(struct sl_slice items, struct sl_seal_record *again)
{
	struct sl_slice end = sl_slice_from(items, items.len);
	struct sl_seal_item item;
	int r;

	while ((r = sl_seal_item_next(&items, &item)) == SL_DONE) {
		SL_ASSERT(item.value.ptr + item.value.len <= end.ptr);
		SL_ASSERT(sl_seal_record_add(again, (enum sl_seal_item_type)item.type, item.value) == 0);
	}
	SL_ASSERT(r == SL_MORE || r == SL_ERR_DAMAGED);
}

static void
as_record(const uint8_t *data, size_t len)
{
	unsigned char plain[SL_SEAL_RECORD_PLAIN] = { 0 };
	struct sl_seal_record again;
	struct sl_seal_view view;

	memcpy(plain, data, SL_MIN(len, sizeof(plain)));
	if (sl_seal_record_read(plain, &view) != 0)
		return;
	SL_ASSERT(view.items.ptr >= plain && view.items.ptr + view.items.len <= plain + sizeof(plain));
	sl_seal_record_init(&again);
	check_items(view.items, &again);
	SL_ASSERT(again.rest.len == 0 && again.items_len == view.items.len);
	SL_ASSERT(memcmp(again.plain + SL_SEAL_RECORD_ITEMS, view.items.ptr, view.items.len) == 0);
	sl_seal_record_fini(&again);
}

/* Change a sealed box at places that the input says. */
static void
as_changes(const uint8_t *data, size_t len)
{
	static struct sl_seal_pair pair;
	static unsigned char sealed[SL_SEAL_RECORD_BYTES], wrapped[SL_SEAL_WRAPPED_BYTES];
	static const unsigned char key[SL_SEAL_KEY_BYTES] = { 1 };
	unsigned char box[SL_SEAL_RECORD_BYTES], plain[SL_SEAL_RECORD_PLAIN], pair_bytes[SL_SEAL_WRAPPED_BYTES];
	struct sl_seal_pair opened;
	struct sl_seal_view view;
	bool changed = false, pair_changed = false;

	if (sealed[0] == 0) {
		struct sl_seal_body_info info = { .sealed_bytes = 4096 };
		struct sl_seal_record record;

		sl_seal_pair_new(&pair);
		sl_seal_wrap(&pair, tenant, NULL, key, wrapped);
		sl_seal_record_init(&record);
		SL_ASSERT(sl_seal_record_seal(&record, &info, 0, pair.public, tenant, sealed) == 0);
		sl_seal_record_fini(&record);
	}
	memcpy(box, sealed, sizeof(box));
	memcpy(pair_bytes, wrapped, sizeof(pair_bytes));
	for (size_t i = 0; i + 3 <= len; i += 3) {
		box[(data[i] << 8 | data[i + 1]) % sizeof(box)] ^= data[i + 2];
		pair_bytes[data[i] % sizeof(pair_bytes)] ^= data[i + 2];
	}
	changed = memcmp(box, sealed, sizeof(box)) != 0;
	pair_changed = memcmp(pair_bytes, wrapped, sizeof(pair_bytes)) != 0;
	SL_ASSERT((sl_seal_record_open(&pair, tenant, sl_slice(box, sizeof(box)), plain, &view) == 0) == !changed);
	SL_ASSERT((sl_seal_unwrap(pair_bytes, tenant, key, &opened) == 0) == !pair_changed);
	if (len >= SL_SEAL_BOX_OVERHEAD && len <= sizeof(box))
		SL_ASSERT(sl_seal_box_open(&pair, tenant, sl_slice(data, len), plain) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_seal_record again;

	as_record(data, len);
	as_changes(data, len);
	sl_seal_record_init(&again);
	check_items(sl_slice(data, len), &again);	/* as the rest behind a body */
	sl_seal_record_fini(&again);
	return 0;
}
