/* vaultwire_fuzz.c - payloads of the vault's messages: what is read is written again as the same bytes */

#include "vault/wire.h"

static void
same(struct sl_slice payload, struct sl_buf *again)
{
	SL_ASSERT(sl_slice_eq(payload, sl_buf_slice(again)));
	sl_buf_reset(again);
}

static void
listed(struct sl_slice bytes, struct sl_buf *again)
{
	struct sl_slice all = bytes;
	struct sl_vault_listed l;
	int r;

	while ((r = sl_vault_unpack_listed(&bytes, &l)) == SL_DONE)
		sl_vault_pack_listed(&l, again);
	if (r == SL_MORE)
		same(all, again);
	sl_buf_reset(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_slice payload = sl_slice(data, len);
	struct sl_vault_deposit deposit;
	struct sl_vault_kept kept;
	struct sl_vault_ask ask;
	struct sl_vault_answer answer;
	struct sl_buf again;

	sl_buf_init(&again, 1 << 20);
	if (sl_vault_unpack_deposit(payload, &deposit) == 0) {
		SL_ASSERT(deposit.record.len == SL_SEAL_RECORD_BYTES);
		sl_vault_pack_deposit(&deposit, &again);
		same(payload, &again);
	}
	if (sl_vault_unpack_kept(payload, &kept) == 0) {
		sl_vault_pack_kept(&kept, &again);
		same(payload, &again);
	}
	if (sl_vault_unpack_ask(payload, &ask) == 0) {
		SL_ASSERT(ask.verb < SL_VAULT_VERB_COUNT && ask.ids.len <= SL_VAULT_IDS_MAX * SL_VAULT_ID_BYTES);
		sl_vault_pack_ask(&ask, &again);
		same(payload, &again);
	}
	if (sl_vault_unpack_answer(payload, &answer) == 0) {
		sl_vault_pack_answer(&answer, &again);
		same(payload, &again);
	}
	listed(payload, &again);
	sl_buf_fini(&again);
	return 0;
}
