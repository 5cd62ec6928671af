/* courier.c - see courier.h */

#include "kept/courier.h"

#include <sodium.h>
#include <stdio.h>

static int
whole(const struct sl_unpack *in)
{
	return in->failed || in->rest.len > 0 ? SL_ERR_SYNTAX : 0;
}

static bool
is_tenant(struct sl_slice name)
{
	return name.len <= SL_KEPT_TENANT_MAX;
}

static bool
is_ref(struct sl_slice ref)
{
	return ref.len == 0 || ref.len == SL_KEPT_ID_BYTES;
}

static bool
is_token(struct sl_slice token)
{
	return token.len > 0 && token.len <= SL_COURIER_TOKEN_MAX;
}

static void
pack_i64(struct sl_buf *out, int64_t v)
{
	sl_pack_u64(out, (uint64_t)v);
}

static int64_t
unpack_i64(struct sl_unpack *in)
{
	return (int64_t)sl_unpack_u64(in);
}

void
sl_courier_text_add(struct sl_buf *list, struct sl_slice text)
{
	sl_pack_bytes(list, text);
}

bool
sl_courier_text_next(struct sl_slice *list, struct sl_slice *text_out)
{
	struct sl_unpack in = { .rest = *list };

	if (list->len == 0)
		return false;
	*text_out = sl_unpack_bytes(&in);
	if (in.failed)
		return false;
	*list = in.rest;
	return true;
}

/* ---- of a release: its texts, in their order */

#define RELEASE_TEXTS(X) X(by) X(note) X(category) X(verdict) X(policy) X(reason) X(probability) X(client) X(helo) X(trace)

static void
pack_release(const struct sl_courier_release *release, struct sl_buf *out)
{
#define PACK_TEXT(name) sl_pack_bytes(out, sl_slice(release->name.ptr, SL_MIN(release->name.len, (size_t)SL_COURIER_TEXT_MAX)));
	RELEASE_TEXTS(PACK_TEXT)
#undef PACK_TEXT
	pack_i64(out, release->received_us);
}

static bool
unpack_release(struct sl_unpack *in, struct sl_courier_release *out)
{
	bool good = true;

#define UNPACK_TEXT(name) out->name = sl_unpack_bytes(in); good &= out->name.len <= SL_COURIER_TEXT_MAX;
	RELEASE_TEXTS(UNPACK_TEXT)
#undef UNPACK_TEXT
	out->received_us = unpack_i64(in);
	return good;
}

/* ---- SUBMIT */

void
sl_courier_pack_mail(const struct sl_courier_mail *mail, struct sl_buf *out)
{
	sl_pack_bytes(out, mail->token);
	sl_pack_u32(out, mail->purpose);
	sl_pack_u32(out, mail->flags);
	sl_pack_bytes(out, mail->tenant);
	sl_pack_bytes(out, mail->sender);
	sl_pack_bytes(out, mail->message_id);
	sl_pack_bytes(out, mail->recipients);
	sl_pack_bytes(out, mail->ref);
	sl_pack_u64(out, mail->bytes);
	pack_i64(out, mail->first_us);
	if (mail->ref.len > 0)
		pack_release(&mail->release, out);
}

/* What goes into an SMTP command: no controls, no blanks, no brackets. */
static bool
is_mailbox(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= 0x20 || text.ptr[i] == 0x7f || text.ptr[i] == '<' || text.ptr[i] == '>')
			return false;
	return text.len <= SL_COURIER_TEXT_MAX;
}

/* A quoted local part may hold blanks; never controls. */
static bool
is_envelope(struct sl_slice text)
{
	if (text.len == 0 || text.ptr[0] != '"')
		return is_mailbox(text);
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return false;
	return text.len <= SL_COURIER_TEXT_MAX;
}

static bool
are_recipients(struct sl_slice list)
{
	struct sl_slice one;
	size_t n = 0;

	while (sl_courier_text_next(&list, &one)) {
		if (one.len == 0 || !is_envelope(one))
			return false;
		n++;
	}
	return list.len == 0 && n > 0 && n <= SL_COURIER_RECIPIENTS_MAX;
}

int
sl_courier_unpack_mail(struct sl_slice payload, struct sl_courier_mail *out)
{
	struct sl_unpack in = { .rest = payload };

	memset(&out->release, 0, sizeof(out->release));
	out->token = sl_unpack_bytes(&in);
	out->purpose = sl_unpack_u32(&in);
	out->flags = sl_unpack_u32(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->sender = sl_unpack_bytes(&in);
	out->message_id = sl_unpack_bytes(&in);
	out->recipients = sl_unpack_bytes(&in);
	out->ref = sl_unpack_bytes(&in);
	out->bytes = sl_unpack_u64(&in);
	out->first_us = unpack_i64(&in);
	if (in.failed || !is_token(out->token) || !is_tenant(out->tenant) || !is_ref(out->ref) || out->tenant.len == 0 ||
	    out->message_id.len > SL_COURIER_TEXT_MAX || !is_envelope(out->sender) || !are_recipients(out->recipients) ||
	    out->first_us < 0)
		return SL_ERR_SYNTAX;
	if (out->ref.len > 0 && !unpack_release(&in, &out->release))
		return SL_ERR_SYNTAX;
	return whole(&in);
}

/* ---- tokens, and what became of them */

void
sl_courier_pack_token(const struct sl_courier_token *token, struct sl_buf *out)
{
	sl_pack_bytes(out, token->token);
	sl_pack_u32(out, (uint32_t)token->result);
	sl_pack_u32(out, token->known);
}

int
sl_courier_unpack_token(struct sl_slice payload, struct sl_courier_token *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t known;

	out->token = sl_unpack_bytes(&in);
	out->result = (int)sl_unpack_u32(&in);
	known = sl_unpack_u32(&in);
	out->known = known == 1;
	return is_token(out->token) && known <= 1 ? whole(&in) : SL_ERR_SYNTAX;
}

void
sl_courier_pack_settled(const struct sl_courier_settled *settled, struct sl_buf *out)
{
	sl_pack_bytes(out, settled->token);
	sl_pack_bytes(out, settled->tenant);
	sl_pack_bytes(out, settled->ref);
	sl_pack_u32(out, settled->purpose);
	sl_pack_u32(out, settled->state);
	sl_pack_u32(out, settled->code);
	sl_pack_u32(out, settled->uncertain);
	sl_pack_bytes(out, settled->reply);
}

int
sl_courier_unpack_settled(struct sl_slice payload, struct sl_courier_settled *out)
{
	struct sl_unpack in = { .rest = payload };

	out->token = sl_unpack_bytes(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->ref = sl_unpack_bytes(&in);
	out->purpose = sl_unpack_u32(&in);
	out->state = sl_unpack_u32(&in);
	out->code = sl_unpack_u32(&in);
	out->uncertain = sl_unpack_u32(&in);
	out->reply = sl_unpack_bytes(&in);
	if (!is_token(out->token) || !is_tenant(out->tenant) || !is_ref(out->ref) || out->reply.len > SL_COURIER_TEXT_MAX)
		return SL_ERR_SYNTAX;
	return whole(&in);
}

/* ---- fetching */

void
sl_courier_pack_fetch(const struct sl_courier_fetch *fetch, struct sl_buf *out)
{
	sl_pack_u64(out, fetch->number);
	sl_pack_u32(out, fetch->room);
	sl_pack_bytes(out, fetch->tenant);
	sl_pack_bytes(out, fetch->ref);
}

int
sl_courier_unpack_fetch(struct sl_slice payload, struct sl_courier_fetch *out)
{
	struct sl_unpack in = { .rest = payload };

	out->number = sl_unpack_u64(&in);
	out->room = sl_unpack_u32(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->ref = sl_unpack_bytes(&in);
	return is_tenant(out->tenant) && is_ref(out->ref) ? whole(&in) : SL_ERR_SYNTAX;
}

void
sl_courier_pack_fetched(const struct sl_courier_fetched *fetched, struct sl_buf *out)
{
	sl_pack_u64(out, fetched->number);
	sl_pack_u32(out, (uint32_t)fetched->result);
	sl_pack_bytes(out, fetched->bytes);
}

int
sl_courier_unpack_fetched(struct sl_slice payload, struct sl_courier_fetched *out)
{
	struct sl_unpack in = { .rest = payload };

	out->number = sl_unpack_u64(&in);
	out->result = (int)sl_unpack_u32(&in);
	out->bytes = sl_unpack_bytes(&in);
	return whole(&in);
}

/* ---- the queue, as it is shown */

void
sl_courier_pack_ask(const struct sl_courier_ask *ask, struct sl_buf *out)
{
	sl_pack_u32(out, ask->verb);
	pack_i64(out, ask->id);
	sl_pack_bytes(out, ask->tenant);
	pack_i64(out, ask->from_us);
	sl_pack_u32(out, ask->limit);
	sl_pack_bytes(out, ask->by);
}

int
sl_courier_unpack_ask(struct sl_slice payload, struct sl_courier_ask *out)
{
	struct sl_unpack in = { .rest = payload };

	out->verb = sl_unpack_u32(&in);
	out->id = unpack_i64(&in);
	out->tenant = sl_unpack_bytes(&in);
	out->from_us = unpack_i64(&in);
	out->limit = sl_unpack_u32(&in);
	out->by = sl_unpack_bytes(&in);
	if (out->verb >= SL_COURIER_VERBS || !is_tenant(out->tenant) || out->by.len > SL_COURIER_TEXT_MAX)
		return SL_ERR_SYNTAX;
	return whole(&in);
}

void
sl_courier_pack_entry(const struct sl_courier_entry *entry, struct sl_buf *out)
{
	pack_i64(out, entry->id);
	sl_pack_u32(out, entry->purpose);
	sl_pack_u32(out, entry->state);
	sl_pack_u32(out, entry->attempts);
	sl_pack_u32(out, entry->uncertain);
	sl_pack_u64(out, entry->bytes);
	pack_i64(out, entry->created_us);
	pack_i64(out, entry->next_us);
	pack_i64(out, entry->finished_us);
	sl_pack_u32(out, entry->settled);
	sl_pack_bytes(out, entry->tenant);
	sl_pack_bytes(out, entry->sender);
	sl_pack_bytes(out, entry->message_id);
	sl_pack_bytes(out, entry->ref);
	sl_pack_bytes(out, entry->rcpts);
	sl_pack_bytes(out, entry->hop);
	pack_release(&entry->release, out);
}

int
sl_courier_unpack_entry(struct sl_slice payload, struct sl_courier_entry *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t settled;

	out->id = unpack_i64(&in);
	out->purpose = sl_unpack_u32(&in);
	out->state = sl_unpack_u32(&in);
	out->attempts = sl_unpack_u32(&in);
	out->uncertain = sl_unpack_u32(&in);
	out->bytes = sl_unpack_u64(&in);
	out->created_us = unpack_i64(&in);
	out->next_us = unpack_i64(&in);
	out->finished_us = unpack_i64(&in);
	settled = sl_unpack_u32(&in);
	out->settled = settled == 1;
	out->tenant = sl_unpack_bytes(&in);
	out->sender = sl_unpack_bytes(&in);
	out->message_id = sl_unpack_bytes(&in);
	out->ref = sl_unpack_bytes(&in);
	out->rcpts = sl_unpack_bytes(&in);
	out->hop = sl_unpack_bytes(&in);
	if (!unpack_release(&in, &out->release) || settled > 1 || !is_ref(out->ref))
		return SL_ERR_SYNTAX;
	return whole(&in);
}

void
sl_courier_rcpt_add(struct sl_buf *rcpts, const struct sl_courier_rcpt *rcpt)
{
	sl_pack_bytes(rcpts, rcpt->mailbox);
	sl_pack_u32(rcpts, rcpt->state);
	sl_pack_u32(rcpts, rcpt->code);
	sl_pack_bytes(rcpts, rcpt->reply);
}

bool
sl_courier_rcpt_next(struct sl_slice *rcpts, struct sl_courier_rcpt *out)
{
	struct sl_unpack in = { .rest = *rcpts };

	if (rcpts->len == 0)
		return false;
	out->mailbox = sl_unpack_bytes(&in);
	out->state = sl_unpack_u32(&in);
	out->code = sl_unpack_u32(&in);
	out->reply = sl_unpack_bytes(&in);
	if (in.failed)
		return false;
	*rcpts = in.rest;
	return true;
}

#define STATE_NUMBERS(X) X(waiting) X(trying) X(uncertain) X(unsettled) X(finished) X(bytes) X(delivered) X(failed) X(lost) X(hops_down)

void
sl_courier_pack_state(const struct sl_courier_state *state, struct sl_buf *out)
{
#define PACK_NUMBER(name) sl_pack_u64(out, state->name);
	STATE_NUMBERS(PACK_NUMBER)
#undef PACK_NUMBER
	pack_i64(out, state->oldest_us);
}

int
sl_courier_unpack_state(struct sl_slice payload, struct sl_courier_state *out)
{
	struct sl_unpack in = { .rest = payload };

#define UNPACK_NUMBER(name) out->name = sl_unpack_u64(&in);
	STATE_NUMBERS(UNPACK_NUMBER)
#undef UNPACK_NUMBER
	out->oldest_us = unpack_i64(&in);
	return whole(&in);
}

void
sl_courier_pack_lent(const struct sl_courier_lent *lent, struct sl_buf *out)
{
	pack_i64(out, lent->id);
	sl_pack_u32(out, lent->attempt);
	sl_pack_bytes(out, lent->state);
}

int
sl_courier_unpack_lent(struct sl_slice payload, struct sl_courier_lent *out)
{
	struct sl_unpack in = { .rest = payload };

	out->id = unpack_i64(&in);
	out->attempt = sl_unpack_u32(&in);
	out->state = sl_unpack_bytes(&in);
	return out->state.len > SL_COURIER_STATE_MAX ? SL_ERR_SYNTAX : whole(&in);
}

void
sl_courier_release_token(const unsigned char id[SL_KEPT_ID_BYTES], char out[SL_COURIER_RELEASE_TOKEN + 1])
{
	memcpy(out, "release:", 8);
	sl_kept_id_write(id, out + 8);
}

/* Whoever can choose a mailbox gains nothing by a second one of the same number: both would have to be recipients of one message. */
void
sl_courier_part_token(const unsigned char id[SL_KEPT_ID_BYTES], struct sl_slice mailbox, char out[SL_COURIER_PART_TOKEN + 1])
{
	unsigned char lower[1024], hash[crypto_generichash_BYTES];
	size_t len = SL_MIN(mailbox.len, sizeof(lower));

	for (size_t i = 0; i < len; i++)
		lower[i] = sl_ascii_lower(mailbox.ptr[i]);
	crypto_generichash(hash, sizeof(hash), lower, len, NULL, 0);
	memcpy(out, "one:", 4);
	sl_kept_id_write(id, out + 4);
	out[4 + SL_KEPT_ID_DIGITS] = ':';
	for (size_t i = 0; i < 8; i++)
		snprintf(out + 5 + SL_KEPT_ID_DIGITS + 2 * i, 3, "%02x", hash[i]);
}
