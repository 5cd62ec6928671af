/* reported.c - see reported.h */

#include "reported.h"

#include "correct.h"
#include "sl/log.h"

bool
reported_begin(struct reported *r, struct edge *edge, enum sl_forward forward)
{
	if (edge->reported_open >= REPORTED_OPEN_MAX)
		return false;
	edge->reported_open++;
	r->edge = edge;
	r->forward = forward;
	sl_buf_init(&r->mail, SL_FORWARD_BYTES_MAX);
	sl_buf_init(&r->messages, SL_FORWARD_BYTES_MAX);
	return true;
}

void
reported_end(struct reported *r)
{
	if (r->edge == NULL)
		return;
	r->edge->reported_open--;
	r->edge = NULL;
	sl_buf_fini(&r->mail);
	sl_buf_fini(&r->messages);
}

void
reported_feed(struct reported *r, const unsigned char *data, size_t len)
{
	if (r->edge != NULL)
		sl_buf_add(&r->mail, data, len);	/* the limit of messages is below the buffer's */
}

/* ---- what is attached ---- */

struct telling {
	struct reported			*reported;
	struct sl_digest_request	*request;
};

static void
on_message(void *ctx, const struct sl_forwarded *f)
{
	struct telling *t = ctx;
	struct reported *r = t->reported;
	struct sl_digest_request *request = t->request;

	r->places[r->len].from = r->messages.len;
	sl_buf_add(&r->messages, f->message.ptr, SL_MIN(f->message.len, (size_t)SL_CORRECTION_MESSAGE_MAX));
	r->places[r->len].len = r->messages.len - r->places[r->len].from;
	for (size_t i = 0; i < f->ids_len; i++) {
		char *id = r->ids[request->reported_len];

		memcpy(id, f->ids[i].ptr, f->ids[i].len);
		request->reported[request->reported_len++] = (struct sl_digest_reported){ (uint32_t)r->len, sl_slice(id, f->ids[i].len) };
	}
	r->len++;
}

void
reported_tell(struct reported *r, struct sl_digest_request *request)
{
	struct telling telling = { r, request };

	if (r->edge == NULL)
		return;
	request->is_report = true;
	request->forward = r->forward;
	request->attached = (uint32_t)sl_forward_read(sl_buf_slice(&r->mail), on_message, &telling);
	sl_buf_fini(&r->mail);		/* it is read: there is no need of it any more */
}

/* ---- what is learned ---- */

static bool
learn(struct reported *r, const struct sl_digest_lesson *lesson)
{
	static const enum sl_correction_verdict verdicts[SL_FORWARD_COUNT] = {
		[SL_FORWARD_SPAM] = SL_CORRECTION_UNWANTED, [SL_FORWARD_PHISH] = SL_CORRECTION_PHISH,
		[SL_FORWARD_WANTED] = SL_CORRECTION_WANTED,
	};
	struct sl_correction correction = { .verdict = verdicts[r->forward], .tenant = lesson->tenant, .reporter = lesson->reporter,
		.client = lesson->client, .helo = lesson->helo, .envelope = lesson->envelope, .author = lesson->author,
		.proven_len = SL_MIN(lesson->proven_len, (size_t)SL_CORRECTION_PROVEN_MAX),
		.message = sl_slice(r->messages.data + r->places[lesson->message].from, r->places[lesson->message].len) };
	struct sl_corrected corrected;

	for (size_t i = 0; i < correction.proven_len; i++)
		correction.proven[i] = lesson->proven[i];
	correct(r->edge, &correction, &corrected);
	if (!corrected.done)
		sl_log(SL_LOG_NOTICE, "a report teaches nothing: " SL_SLICE_FMT, SL_SLICE_ARG(corrected.why));
	return corrected.done;
}

size_t
reported_learn(struct reported *r, const struct sl_digest_response *response)
{
	size_t learned = 0;

	for (size_t i = 0; r->edge != NULL && i < response->lessons_len; i++)
		if (response->lessons[i].message < r->len)
			learned += learn(r, &response->lessons[i]);
	return learned;
}
