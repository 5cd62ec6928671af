/* kept.c - see kept.h */

#include "kept/kept.h"

/* All of it was read, and nothing beyond. */
static int
whole(const struct sl_unpack *in)
{
	return in->failed || in->rest.len > 0 ? SL_ERR_SYNTAX : 0;
}

static bool
is_tenant(struct sl_slice name)
{
	return name.len > 0 && name.len <= SL_KEPT_TENANT_MAX;
}

/* For people to read: UTF-8 or not, but nothing that moves a cursor. */
static bool
is_text(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return false;
	return text.len <= SL_KEPT_TEXT_MAX;
}

void
sl_kept_pack_settings(const struct sl_kept_settings *settings, struct sl_buf *out)
{
	sl_pack_bytes(out, settings->directory);
	sl_pack_bytes(out, settings->master_key);
	sl_pack_bytes(out, settings->mark);
	sl_pack_u64(out, settings->keep_ms);
	sl_pack_u64(out, settings->messages);
	sl_pack_u64(out, settings->bytes);
	sl_pack_bytes(out, settings->tenants);
}

int
sl_kept_unpack_settings(struct sl_slice payload, struct sl_kept_settings *out)
{
	struct sl_unpack in = { .rest = payload };
	struct sl_slice names, name;

	out->directory = sl_unpack_bytes(&in);
	out->master_key = sl_unpack_bytes(&in);
	out->mark = sl_unpack_bytes(&in);
	out->keep_ms = sl_unpack_u64(&in);
	out->messages = sl_unpack_u64(&in);
	out->bytes = sl_unpack_u64(&in);
	out->tenants = names = sl_unpack_bytes(&in);
	while (sl_kept_tenant_next(&names, &name))
		if (!is_tenant(name))
			return SL_ERR_SYNTAX;
	return names.len > 0 ? SL_ERR_SYNTAX : whole(&in);
}

void
sl_kept_tenant_add(struct sl_buf *tenants, struct sl_slice name)
{
	sl_pack_bytes(tenants, name);
}

bool
sl_kept_tenant_next(struct sl_slice *tenants, struct sl_slice *name_out)
{
	struct sl_unpack in = { .rest = *tenants };

	if (tenants->len == 0)
		return false;
	*name_out = sl_unpack_bytes(&in);
	if (in.failed)
		return false;
	*tenants = in.rest;
	return true;
}

void
sl_kept_pack_key(const struct sl_kept_key *key, struct sl_buf *out)
{
	sl_pack_bytes(out, key->tenant);
	sl_pack_bytes(out, key->key);
}

int
sl_kept_unpack_key(struct sl_slice payload, struct sl_kept_key *out)
{
	struct sl_unpack in = { .rest = payload };

	out->tenant = sl_unpack_bytes(&in);
	out->key = sl_unpack_bytes(&in);
	if (!is_tenant(out->tenant) || (out->key.len != 0 && out->key.len != SL_KEPT_KEY_BYTES))
		return SL_ERR_SYNTAX;
	return whole(&in);
}

void
sl_kept_pack_keep(const struct sl_kept_keep *keep, struct sl_buf *out)
{
	sl_pack_u64(out, keep->number);
	sl_pack_bytes(out, keep->tenant);
	sl_pack_u64(out, (uint64_t)keep->received_us);
	sl_pack_u64(out, keep->body_bytes);
	sl_pack_u32(out, keep->keep_days);
	sl_pack_u64(out, keep->token);
	sl_pack_u64(out, (uint64_t)keep->since_us);
	sl_pack_bytes(out, keep->record);
}

int
sl_kept_unpack_keep(struct sl_slice payload, struct sl_kept_keep *out)
{
	struct sl_unpack in = { .rest = payload };

	out->number = sl_unpack_u64(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->received_us = (int64_t)sl_unpack_u64(&in);
	out->body_bytes = sl_unpack_u64(&in);
	out->keep_days = sl_unpack_u32(&in);
	out->token = sl_unpack_u64(&in);
	out->since_us = (int64_t)sl_unpack_u64(&in);
	out->record = sl_unpack_bytes(&in);
	return is_tenant(out->tenant) && out->keep_days <= SL_KEPT_DAYS_MAX ? whole(&in) : SL_ERR_SYNTAX;
}

void
sl_kept_pack_done(const struct sl_kept_done *done, struct sl_buf *out)
{
	sl_pack_u64(out, done->number);
	sl_pack_u32(out, (uint32_t)done->result);
	sl_pack_bytes(out, sl_slice(done->id, sizeof(done->id)));
}

int
sl_kept_unpack_done(struct sl_slice payload, struct sl_kept_done *out)
{
	struct sl_unpack in = { .rest = payload };
	struct sl_slice id;

	out->number = sl_unpack_u64(&in);
	out->result = (int)sl_unpack_u32(&in);
	id = sl_unpack_bytes(&in);
	if (id.len != sizeof(out->id))
		return SL_ERR_SYNTAX;
	memcpy(out->id, id.ptr, id.len);
	return whole(&in);
}

void
sl_kept_pack_query(const struct sl_kept_query *query, struct sl_buf *out)
{
	sl_pack_bytes(out, query->tenant);
	sl_pack_bytes(out, query->after);
	sl_pack_u64(out, (uint64_t)query->from_us);
	sl_pack_u64(out, (uint64_t)query->to_us);
	sl_pack_u32(out, query->limit);
	sl_pack_bytes(out, query->recipient);
	sl_pack_bytes(out, query->sender);
	sl_pack_bytes(out, query->category);
	sl_pack_u32(out, query->state);
	sl_pack_bytes(out, query->id);
	sl_pack_u32(out, query->everybody);
}

int
sl_kept_unpack_query(struct sl_slice payload, struct sl_kept_query *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t everybody;

	out->tenant = sl_unpack_bytes(&in);
	out->after = sl_unpack_bytes(&in);
	out->from_us = (int64_t)sl_unpack_u64(&in);
	out->to_us = (int64_t)sl_unpack_u64(&in);
	out->limit = sl_unpack_u32(&in);
	out->recipient = sl_unpack_bytes(&in);
	out->sender = sl_unpack_bytes(&in);
	out->category = sl_unpack_bytes(&in);
	out->state = sl_unpack_u32(&in);
	out->id = sl_unpack_bytes(&in);
	everybody = sl_unpack_u32(&in);
	out->everybody = everybody != 0;
	if (everybody > 1 || !is_tenant(out->tenant) || (out->after.len != 0 && out->after.len != SL_KEPT_ID_BYTES) ||
	    (out->id.len != 0 && out->id.len != SL_KEPT_ID_BYTES))
		return SL_ERR_SYNTAX;
	return whole(&in);
}

void
sl_kept_pack_entry(const struct sl_kept_entry *entry, struct sl_buf *out)
{
	sl_pack_bytes(out, entry->id);
	sl_pack_u64(out, (uint64_t)entry->received_us);
	sl_pack_u32(out, entry->expiry_day);
	sl_pack_u32(out, entry->state);
	sl_pack_u64(out, entry->message_bytes);
	sl_pack_u32(out, entry->opens);
	sl_pack_u32(out, entry->more);
	sl_pack_bytes(out, entry->items);
}

int
sl_kept_unpack_entry(struct sl_slice payload, struct sl_kept_entry *out)
{
	struct sl_unpack in = { .rest = payload };

	out->id = sl_unpack_bytes(&in);
	out->received_us = (int64_t)sl_unpack_u64(&in);
	out->expiry_day = sl_unpack_u32(&in);
	out->state = sl_unpack_u32(&in);
	out->message_bytes = sl_unpack_u64(&in);
	out->opens = sl_unpack_u32(&in) != 0;
	out->more = sl_unpack_u32(&in) != 0;
	out->items = sl_unpack_bytes(&in);
	return out->id.len == SL_KEPT_ID_BYTES ? whole(&in) : SL_ERR_SYNTAX;
}

void
sl_kept_item_add(struct sl_buf *items, unsigned type, struct sl_slice value)
{
	sl_pack_u32(items, type);
	sl_pack_bytes(items, value);
}

bool
sl_kept_item_next(struct sl_slice *items, unsigned *type_out, struct sl_slice *value_out)
{
	struct sl_unpack in = { .rest = *items };

	if (items->len == 0)
		return false;
	*type_out = sl_unpack_u32(&in);
	*value_out = sl_unpack_bytes(&in);
	if (in.failed)
		return false;
	*items = in.rest;
	return true;
}

void
sl_kept_pack_choice(const struct sl_kept_choice *choice, struct sl_buf *out)
{
	sl_pack_bytes(out, choice->tenant);
	sl_pack_bytes(out, choice->ids);
	sl_pack_bytes(out, choice->by);
	sl_pack_bytes(out, choice->note);
	sl_pack_bytes(out, choice->recipients);
}

int
sl_kept_unpack_choice(struct sl_slice payload, struct sl_kept_choice *out)
{
	struct sl_unpack in = { .rest = payload };

	out->tenant = sl_unpack_bytes(&in);
	out->ids = sl_unpack_bytes(&in);
	out->by = sl_unpack_bytes(&in);
	out->note = sl_unpack_bytes(&in);
	out->recipients = sl_unpack_bytes(&in);
	if (!is_tenant(out->tenant) || out->ids.len == 0 || out->ids.len % SL_KEPT_ID_BYTES != 0 ||
	    !is_text(out->by) || !is_text(out->note) || (out->recipients.len > 0 && out->ids.len != SL_KEPT_ID_BYTES))
		return SL_ERR_SYNTAX;
	return whole(&in);
}

void
sl_kept_pack_end(const struct sl_kept_end *end, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)end->result);
	sl_pack_u64(out, end->count);
	sl_pack_bytes(out, end->last);
}

int
sl_kept_unpack_end(struct sl_slice payload, struct sl_kept_end *out)
{
	struct sl_unpack in = { .rest = payload };

	out->result = (int)sl_unpack_u32(&in);
	out->count = sl_unpack_u64(&in);
	out->last = sl_unpack_bytes(&in);
	return out->last.len == 0 || out->last.len == SL_KEPT_ID_BYTES ? whole(&in) : SL_ERR_SYNTAX;
}

#define SECRET_MAX	256u

void
sl_kept_pack_tenant_key(const struct sl_kept_tenant_key *key, struct sl_buf *out)
{
	sl_pack_u32(out, key->verb);
	sl_pack_bytes(out, key->tenant);
	sl_pack_u32(out, key->nth);
	sl_pack_bytes(out, key->secret);
	sl_pack_bytes(out, key->by);
}

int
sl_kept_unpack_tenant_key(struct sl_slice payload, struct sl_kept_tenant_key *out)
{
	struct sl_unpack in = { .rest = payload };

	out->verb = sl_unpack_u32(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->nth = sl_unpack_u32(&in);
	out->secret = sl_unpack_bytes(&in);
	out->by = sl_unpack_bytes(&in);
	if (out->verb >= SL_KEPT_KEY_VERBS || (out->verb == SL_KEPT_KEY_ROTATE) != (out->tenant.len == 0) ||
	    out->tenant.len > SL_KEPT_TENANT_MAX || out->secret.len > SECRET_MAX || !is_text(out->by))
		return SL_ERR_SYNTAX;
	return whole(&in);
}

void
sl_kept_pack_tenant_key_is(const struct sl_kept_tenant_key_is *is, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)is->result);
	sl_pack_u32(out, is->count);
	sl_pack_u32(out, is->held);
	sl_pack_u32(out, is->open);
	sl_pack_u32(out, is->passes);
	sl_pack_u32(out, is->memory_kib);
	sl_pack_bytes(out, is->salt);
	sl_pack_bytes(out, is->public);
}

int
sl_kept_unpack_tenant_key_is(struct sl_slice payload, struct sl_kept_tenant_key_is *out)
{
	struct sl_unpack in = { .rest = payload };

	out->result = (int)sl_unpack_u32(&in);
	out->count = sl_unpack_u32(&in);
	out->held = sl_unpack_u32(&in);
	out->open = sl_unpack_u32(&in);
	out->passes = sl_unpack_u32(&in);
	out->memory_kib = sl_unpack_u32(&in);
	out->salt = sl_unpack_bytes(&in);
	out->public = sl_unpack_bytes(&in);
	if (out->held > 1 || out->open > 1 || out->salt.len > 64 || (out->public.len != 0 && out->public.len != SL_KEPT_KEY_BYTES))
		return SL_ERR_SYNTAX;
	return whole(&in);
}

void
sl_kept_id_write(const unsigned char id[SL_KEPT_ID_BYTES], char out[SL_KEPT_ID_DIGITS + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SL_KEPT_ID_BYTES; i++) {
		out[2 * i] = digits[id[i] >> 4];
		out[2 * i + 1] = digits[id[i] & 15];
	}
	out[SL_KEPT_ID_DIGITS] = '\0';
}

bool
sl_kept_id_read(struct sl_slice text, unsigned char id_out[SL_KEPT_ID_BYTES])
{
	if (text.len != SL_KEPT_ID_DIGITS)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = sl_ascii_lower(text.ptr[i]);
		int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;

		if (value == 16)
			return false;
		id_out[i / 2] = (unsigned char)(i % 2 == 0 ? value << 4 : id_out[i / 2] | value);
	}
	return true;
}
