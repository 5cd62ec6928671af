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
	sl_pack_u32(out, request->is_report ? 1 + (uint32_t)request->forward : 0);
	if (!request->is_report)
		return;
	sl_pack_u32(out, request->attached);
	sl_pack_u32(out, (uint32_t)request->reported_len);
	for (size_t i = 0; i < request->reported_len; i++) {
		sl_pack_u32(out, request->reported[i].message);
		add_text(request->reported[i].id, out);
		sl_pack_u64(out, (uint64_t)request->reported[i].time_s);
	}
}

static void
unpack_report(struct sl_unpack *in, struct sl_digest_request *out)
{
	uint32_t forward = sl_unpack_u32(in), len;

	out->is_report = forward > 0;
	in->failed |= forward > SL_FORWARD_COUNT;
	if (!out->is_report || in->failed)
		return;
	out->forward = (enum sl_forward)(forward - 1);
	out->attached = sl_unpack_u32(in);
	len = sl_unpack_u32(in);
	in->failed |= out->attached > SL_FORWARD_MESSAGES_MAX || len > SL_DIGEST_REPORTED_MAX;
	for (; !in->failed && out->reported_len < len; out->reported_len++) {
		struct sl_digest_reported *reported = &out->reported[out->reported_len];

		reported->message = sl_unpack_u32(in);
		reported->id = text(in);
		reported->time_s = (int64_t)sl_unpack_u64(in);
		in->failed |= reported->message >= out->attached;
	}
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
	unpack_report(&in, out);
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
	sl_pack_u32(out, (uint32_t)response->lessons_len);
	for (size_t i = 0; i < response->lessons_len; i++) {
		const struct sl_digest_lesson *lesson = &response->lessons[i];

		sl_pack_u32(out, lesson->message);
		add_text(lesson->tenant, out);
		add_text(lesson->reporter, out);
		add_text(lesson->client, out);
		add_text(lesson->helo, out);
		add_text(lesson->envelope, out);
		add_text(lesson->author, out);
		sl_pack_u32(out, (uint32_t)lesson->proven_len);
		for (size_t k = 0; k < lesson->proven_len; k++)
			add_text(lesson->proven[k], out);
	}
}

static void
unpack_lesson(struct sl_unpack *in, struct sl_digest_lesson *out)
{
	uint32_t len;

	out->message = sl_unpack_u32(in);
	out->tenant = text(in);
	out->reporter = text(in);
	out->client = text(in);
	out->helo = text(in);
	out->envelope = text(in);
	out->author = text(in);
	len = sl_unpack_u32(in);
	in->failed |= len > SL_DIGEST_PROVEN_MAX || out->message >= SL_FORWARD_MESSAGES_MAX;
	while (!in->failed && out->proven_len < len)
		out->proven[out->proven_len++] = text(in);
}

int
sl_digest_response_unpack(struct sl_slice payload, struct sl_digest_response *out)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t code, len;

	memset(out, 0, sizeof(*out));
	out->number = sl_unpack_u64(&in);
	code = sl_unpack_u32(&in);
	out->enhanced = text(&in);
	out->text = text(&in);
	len = sl_unpack_u32(&in);
	in.failed |= code < 200 || code > 599 || len > SL_DIGEST_LESSONS_MAX;
	out->code = (int)code;
	while (!in.failed && out->lessons_len < len)
		unpack_lesson(&in, &out->lessons[out->lessons_len++]);
	return whole(&in);
}
