/* wire.c - see vault/wire.h */

#include "vault/wire.h"

const char *
sl_vault_verb_name(enum sl_vault_verb verb)
{
	switch (verb) {
#define VERB_CASE(id, name) case SL_VAULT_VERB_##id: return name;
	SL_VAULT_VERBS(VERB_CASE)
#undef VERB_CASE
	case SL_VAULT_VERB_COUNT:
		break;
	}
	return "?";
}

static int
unpack_end(const struct sl_unpack *in, bool ok)
{
	return in->failed || in->rest.len != 0 || !ok ? SL_ERR_SYNTAX : 0;
}

void
sl_vault_pack_deposit(const struct sl_vault_deposit *deposit, struct sl_buf *out)
{
	sl_pack_u64(out, deposit->number);
	sl_pack_bytes(out, deposit->tenant);
	sl_pack_u64(out, (uint64_t)deposit->received_us);
	sl_pack_u32(out, deposit->expiry_day);
	sl_pack_bytes(out, deposit->record);
}

int
sl_vault_unpack_deposit(struct sl_slice payload, struct sl_vault_deposit *out)
{
	struct sl_unpack in = { .rest = payload };

	out->number = sl_unpack_u64(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->received_us = (int64_t)sl_unpack_u64(&in);
	out->expiry_day = sl_unpack_u32(&in);
	out->record = sl_unpack_bytes(&in);
	return unpack_end(&in, out->record.len == SL_SEAL_RECORD_BYTES);
}

void
sl_vault_pack_kept(const struct sl_vault_kept *kept, struct sl_buf *out)
{
	sl_pack_u64(out, kept->number);
	sl_pack_u32(out, (uint32_t)kept->result);
	sl_pack_bytes(out, sl_slice(kept->id, sizeof(kept->id)));
}

int
sl_vault_unpack_kept(struct sl_slice payload, struct sl_vault_kept *out)
{
	struct sl_unpack in = { .rest = payload };
	struct sl_slice id;

	out->number = sl_unpack_u64(&in);
	out->result = (int)sl_unpack_u32(&in);
	id = sl_unpack_bytes(&in);
	if (unpack_end(&in, id.len == sizeof(out->id)) != 0)
		return SL_ERR_SYNTAX;
	memcpy(out->id, id.ptr, sizeof(out->id));
	return 0;
}

void
sl_vault_pack_ask(const struct sl_vault_ask *ask, struct sl_buf *out)
{
	sl_pack_u64(out, ask->number);
	sl_pack_u32(out, (uint32_t)ask->verb);
	sl_pack_bytes(out, ask->tenant);
	sl_pack_bytes(out, ask->bytes);
	sl_pack_u64(out, ask->argument);
	sl_pack_u64(out, ask->argument2);
	sl_pack_bytes(out, ask->ids);
	sl_pack_u64(out, (uint64_t)ask->from_us);
	sl_pack_u64(out, (uint64_t)ask->to_us);
	sl_pack_u32(out, (uint32_t)ask->state);
	sl_pack_u32(out, ask->limit);
	sl_pack_bytes(out, ask->after);
	sl_pack_bytes(out, ask->match);
}

int
sl_vault_unpack_ask(struct sl_slice payload, struct sl_vault_ask *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t verb;

	out->number = sl_unpack_u64(&in);
	verb = sl_unpack_u32(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->bytes = sl_unpack_bytes(&in);
	out->argument = sl_unpack_u64(&in);
	out->argument2 = sl_unpack_u64(&in);
	out->ids = sl_unpack_bytes(&in);
	out->from_us = (int64_t)sl_unpack_u64(&in);
	out->to_us = (int64_t)sl_unpack_u64(&in);
	out->state = (int)sl_unpack_u32(&in);
	out->limit = sl_unpack_u32(&in);
	out->after = sl_unpack_bytes(&in);
	out->match = sl_unpack_bytes(&in);
	out->verb = (enum sl_vault_verb)SL_MIN(verb, (uint32_t)SL_VAULT_VERB_COUNT);
	return unpack_end(&in, verb < SL_VAULT_VERB_COUNT && out->ids.len % SL_VAULT_ID_BYTES == 0 &&
	    out->ids.len <= SL_VAULT_IDS_MAX * SL_VAULT_ID_BYTES && out->state >= -1 && out->state < SL_VAULT_STATE_COUNT &&
	    (out->after.len == 0 || out->after.len == SL_VAULT_ID_BYTES));
}

void
sl_vault_pack_answer(const struct sl_vault_answer *answer, struct sl_buf *out)
{
	sl_pack_u64(out, answer->number);
	sl_pack_u32(out, (uint32_t)answer->result);
	sl_pack_u64(out, answer->count);
	sl_pack_bytes(out, answer->bytes);
}

int
sl_vault_unpack_answer(struct sl_slice payload, struct sl_vault_answer *out)
{
	struct sl_unpack in = { .rest = payload };

	out->number = sl_unpack_u64(&in);
	out->result = (int)sl_unpack_u32(&in);
	out->count = sl_unpack_u64(&in);
	out->bytes = sl_unpack_bytes(&in);
	return unpack_end(&in, true);
}

void
sl_vault_pack_listed(const struct sl_vault_listed *listed, struct sl_buf *out)
{
	sl_pack_bytes(out, listed->id);
	sl_pack_u64(out, (uint64_t)listed->received_us);
	sl_pack_u32(out, listed->expiry_day);
	sl_pack_u32(out, listed->state);
	sl_pack_u64(out, listed->sealed_bytes);
	sl_pack_u64(out, listed->message_bytes);
	sl_pack_u32(out, listed->opens);
	sl_pack_bytes(out, listed->items);
}

int
sl_vault_unpack_listed(struct sl_slice *bytes, struct sl_vault_listed *out)
{
	struct sl_unpack in = { .rest = *bytes };

	if (bytes->len == 0)
		return SL_MORE;
	out->id = sl_unpack_bytes(&in);
	out->received_us = (int64_t)sl_unpack_u64(&in);
	out->expiry_day = sl_unpack_u32(&in);
	out->state = sl_unpack_u32(&in);
	out->sealed_bytes = sl_unpack_u64(&in);
	out->message_bytes = sl_unpack_u64(&in);
	out->opens = sl_unpack_u32(&in);
	out->items = sl_unpack_bytes(&in);
	*bytes = in.rest;
	return in.failed || out->id.len != SL_VAULT_ID_BYTES ? SL_ERR_SYNTAX : SL_DONE;
}

void
sl_vault_pack_item(const struct sl_seal_item *item, struct sl_buf *out)
{
	size_t len = SL_MIN(item->value.len, (size_t)SL_SEAL_ITEM_MAX);
	const unsigned char head[3] = { (unsigned char)item->type, (unsigned char)len, (unsigned char)(len >> 8) };

	sl_buf_add(out, head, sizeof(head));
	sl_buf_add(out, item->value.ptr, len);
}
