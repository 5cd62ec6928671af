/* correction.c - see ipc/correction.h */

#include "ipc/correction.h"

#include "sl/utf8.h"

void
sl_correction_pack(const struct sl_correction *c, struct sl_buf *out)
{
	SL_ASSERT(c->proven_len <= SL_CORRECTION_PROVEN_MAX);
	sl_pack_u32(out, (uint32_t)c->verdict);
	sl_pack_bytes(out, c->tenant);
	sl_pack_bytes(out, c->reporter);
	sl_pack_bytes(out, c->client);
	sl_pack_bytes(out, c->helo);
	sl_pack_bytes(out, c->envelope);
	sl_pack_bytes(out, c->author);
	sl_pack_u32(out, (uint32_t)c->proven_len);
	for (size_t i = 0; i < c->proven_len; i++)
		sl_pack_bytes(out, c->proven[i]);
	sl_pack_bytes(out, c->message);
}

static struct sl_slice
text(struct sl_unpack *in)
{
	struct sl_slice s = sl_unpack_bytes(in);

	in->failed |= s.len > SL_CORRECTION_TEXT_MAX || !sl_utf8_valid(s);
	for (size_t i = 0; i < s.len && !in->failed; i++)
		in->failed |= s.ptr[i] < 0x20 || s.ptr[i] == 0x7f;
	return s;
}

int
sl_correction_unpack(struct sl_slice payload, struct sl_correction *c)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t verdict = sl_unpack_u32(&in);

	*c = (struct sl_correction){ .verdict = (enum sl_correction_verdict)verdict };
	c->tenant = text(&in);
	c->reporter = text(&in);
	c->client = text(&in);
	c->helo = text(&in);
	c->envelope = text(&in);
	c->author = text(&in);
	c->proven_len = sl_unpack_u32(&in);
	in.failed |= c->proven_len > SL_CORRECTION_PROVEN_MAX;
	for (size_t i = 0; i < c->proven_len && !in.failed; i++)
		c->proven[i] = text(&in);
	c->message = sl_unpack_bytes(&in);
	return in.failed || in.rest.len > 0 || verdict >= SL_CORRECTION_VERDICTS ||
	    c->message.len > SL_CORRECTION_MESSAGE_MAX || c->tenant.len == 0 ? SL_ERR_SYNTAX : 0;
}

void
sl_corrected_pack(const struct sl_corrected *c, struct sl_buf *out)
{
	sl_pack_u32(out, c->done);
	sl_pack_u32(out, c->senders);
	sl_pack_u32(out, c->enough);
	sl_pack_u32(out, (uint32_t)c->text);
	sl_pack_bytes(out, c->why);
}

int
sl_corrected_unpack(struct sl_slice payload, struct sl_corrected *c)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t done = sl_unpack_u32(&in);

	*c = (struct sl_corrected){ .done = done == 1, .senders = sl_unpack_u32(&in) };
	c->enough = sl_unpack_u32(&in);
	c->text = (enum sl_corrected_text)sl_unpack_u32(&in);
	c->why = text(&in);
	return in.failed || in.rest.len > 0 || done > 1 || (unsigned)c->text >= SL_CORRECTED_TEXTS ? SL_ERR_SYNTAX : 0;
}
