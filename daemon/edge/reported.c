/* reported.c - see reported.h */

#include "reported.h"

#include "correct.h"
#include "sl/log.h"

_Static_assert(SL_FORWARD_MESSAGE_MAX <= SL_CORRECTION_MESSAGE_MAX, "what is attached can be learned from");

struct learning {
	struct sl_buf			 payload;	/* has the texts of */
	struct sl_digest_response	 response;
	struct sl_correction		 correction;	/* that is under way; its texts are the response's */
	struct correcting		*correcting;
	size_t				 next, learned;	/* lessons */
};

bool
reported_begin(struct reported *r, struct edge *edge, enum sl_forward forward)
{
	if (edge->reported_open >= REPORTED_OPEN_MAX)
		return false;
	edge->reported_open++;
	*r = (struct reported){ .edge = edge, .forward = forward, .forwards = sl_forwards_new() };
	return true;
}

void
reported_end(struct reported *r)
{
	if (r->edge == NULL)
		return;
	r->edge->reported_open--;
	r->edge = NULL;
	if (r->learning != NULL) {
		correcting_end(&r->learning->correcting, NULL);
		sl_buf_fini(&r->learning->payload);
		sl_free(r->learning);
	}
	sl_forwards_free(&r->forwards);
}

void
reported_feed(struct reported *r, const unsigned char *data, size_t len)
{
	if (r->edge != NULL)
		sl_forwards_feed(r->forwards, sl_slice(data, len));
}

void
reported_tell(struct reported *r, struct sl_digest_request *request)
{
	if (r->edge == NULL)
		return;
	sl_forwards_finish(r->forwards);
	request->is_report = true;
	request->forward = r->forward;
	request->attached = (uint32_t)sl_forwards_count(r->forwards);
	for (uint32_t m = 0; m < request->attached; m++) {
		struct sl_forwarded forwarded = sl_forwards_at(r->forwards, m);

		for (size_t i = 0; i < forwarded.ids_len; i++)
			request->reported[request->reported_len++] = (struct sl_digest_reported){ m, forwarded.ids[i], forwarded.times_s[i] };
	}
}

/* ---- what is learned ---- */

bool
reported_learn(struct reported *r, struct sl_slice payload)
{
	struct learning *l;

	SL_ASSERT(r->learning == NULL);
	if (r->edge == NULL)
		return false;
	r->learning = l = sl_xzalloc(sizeof(*l));
	sl_buf_init(&l->payload, SIZE_MAX);
	sl_buf_add_slice(&l->payload, payload);
	if (sl_digest_response_unpack(sl_buf_slice(&l->payload), &l->response) != 0)
		l->response.lessons_len = 0;
	return l->response.lessons_len > 0;
}

static void
lesson_begin(struct reported *r, const struct sl_digest_lesson *lesson)
{
	static const enum sl_correction_verdict verdicts[SL_FORWARD_COUNT] = {
		[SL_FORWARD_SPAM] = SL_CORRECTION_UNWANTED, [SL_FORWARD_PHISH] = SL_CORRECTION_PHISH,
		[SL_FORWARD_WANTED] = SL_CORRECTION_WANTED,
	};
	struct learning *l = r->learning;

	if (lesson->message >= sl_forwards_count(r->forwards))
		return;
	l->correction = (struct sl_correction){ .verdict = verdicts[r->forward], .tenant = lesson->tenant, .reporter = lesson->reporter,
		.client = lesson->client, .helo = lesson->helo, .envelope = lesson->envelope, .author = lesson->author,
		.proven_len = SL_MIN(lesson->proven_len, (size_t)SL_CORRECTION_PROVEN_MAX),
		.message = sl_forwards_at(r->forwards, lesson->message).message };
	for (size_t i = 0; i < l->correction.proven_len; i++)
		l->correction.proven[i] = lesson->proven[i];
	l->correcting = correcting_new(r->edge, &l->correction);
}

static void
lesson_end(struct learning *l)
{
	struct sl_corrected corrected;

	correcting_end(&l->correcting, &corrected);
	l->learned += corrected.done;
	if (!corrected.done)
		sl_log(SL_LOG_NOTICE, "a report teaches nothing: " SL_SLICE_FMT, SL_SLICE_ARG(corrected.why));
}

bool
reported_step(struct reported *r)
{
	struct learning *l = r->learning;

	if (l->correcting == NULL && l->next < l->response.lessons_len)
		lesson_begin(r, &l->response.lessons[l->next++]);
	if (l->correcting != NULL && !correcting_step(l->correcting))
		lesson_end(l);
	return l->correcting != NULL || l->next < l->response.lessons_len;
}

size_t
reported_learned(const struct reported *r, const struct sl_digest_response **response_out)
{
	*response_out = &r->learning->response;
	return r->learning->learned;
}
