/* wire.c - see wire.h */

#include "digest/wire.h"

#include "ipc/ipc.h"

static void
add_text(struct sl_slice text, struct sl_buf *out)
{
	sl_pack_bytes(out, sl_slice(text.ptr, SL_MIN(text.len, (size_t)SL_DIGEST_WIRE_TEXT_MAX)));
}

static struct sl_slice
text(struct sl_unpack *in)
{
	struct sl_slice s = sl_unpack_bytes(in);

	in->failed |= s.len > SL_DIGEST_WIRE_TEXT_MAX;
	return s;
}

/* Was all of it read, and nothing beyond? */
static int
whole(const struct sl_unpack *in)
{
	return in->failed || in->rest.len > 0 ? SL_ERR_SYNTAX : 0;
}

void
sl_digest_request_pack(const struct sl_digest_request *request, struct sl_buf *out)
{
	const struct sl_digest_mail *mail = &request->mail;

	sl_pack_u64(out, request->number);
	sl_pack_u32(out, mail->authors);
	sl_pack_u32(out, (uint32_t)mail->proof);
	sl_pack_u32(out, (mail->list ? 1u : 0) | (mail->report ? 2u : 0));
	add_text(mail->recipient, out);
	add_text(mail->sender, out);
	add_text(mail->from, out);
	add_text(mail->auto_submitted, out);
	add_text(mail->precedence, out);
	add_text(request->message_id, out);
	add_text(request->trace, out);
}

/* A field that is not there has no pointer; one that is empty has. */
static struct sl_slice
field(struct sl_slice s)
{
	return s.len == 0 ? sl_slice(NULL, 0) : s;
}

int
sl_digest_request_unpack(struct sl_slice payload, struct sl_digest_request *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t proof, flags;

	memset(out, 0, sizeof(*out));
	out->number = sl_unpack_u64(&in);
	out->mail.authors = sl_unpack_u32(&in);
	proof = sl_unpack_u32(&in);
	flags = sl_unpack_u32(&in);
	out->mail.recipient = text(&in);
	out->mail.sender = text(&in);
	out->mail.from = text(&in);
	out->mail.auto_submitted = field(text(&in));
	out->mail.precedence = field(text(&in));
	out->message_id = text(&in);
	out->trace = text(&in);
	if (proof > SL_DIGEST_PROOF_UNKNOWN || flags > 3)
		in.failed = true;
	out->mail.proof = (enum sl_digest_proof)proof;
	out->mail.list = (flags & 1) != 0;
	out->mail.report = (flags & 2) != 0;
	return whole(&in);
}

void
sl_digest_response_pack(const struct sl_digest_response *response, struct sl_buf *out)
{
	sl_pack_u64(out, response->number);
	sl_pack_u32(out, (uint32_t)response->code);
	add_text(response->enhanced, out);
	add_text(response->text, out);
}

int
sl_digest_response_unpack(struct sl_slice payload, struct sl_digest_response *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t code;

	out->number = sl_unpack_u64(&in);
	code = sl_unpack_u32(&in);
	out->enhanced = text(&in);
	out->text = text(&in);
	if (code < 200 || code > 599)
		in.failed = true;
	out->code = (int)code;
	return whole(&in);
}
