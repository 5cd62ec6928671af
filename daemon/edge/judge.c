/* judge.c - see judge.h */

#include "judge.h"

#include "classify/combine.h"
#include "session.h"

static void	on_timer(void *ctx);

void
judge_init(struct judge *judge, struct session *session, struct edge *edge)
{
	*judge = (struct judge){ .session = session, .edge = edge };
	sl_timer_init(&judge->timer, edge->loop, on_timer, judge);
}

int
judge_begin(struct judge *judge, struct snapshot *snapshot, struct sl_arena *arena,
    const struct judge_connection *about)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = judge->edge->suffix };

	judge->snapshot = snapshot;
	judge->arena = arena;
	judge->verdict = sl_arena_alloc(arena, sizeof(*judge->verdict));
	if (judge->verdict == NULL)
		return SL_ERR_FULL;
	settings.mime.hash = false;
	judge->panel = sl_panel_new(&settings, arena);
	if (snapshot->stack != NULL)
		sl_stack_listen(snapshot->stack, judge->panel);
	attachments_begin(&judge->attachments, judge, judge->panel);
	sl_panel_connection(judge->panel, &about->connection);
	sl_panel_envelope(judge->panel, &about->envelope);
	judge->av = av_begin(judge);
	return 0;
}

void
judge_feed(struct judge *judge, const unsigned char *data, size_t len)
{
	sl_panel_feed(judge->panel, sl_slice(data, len));
	if (judge->av != NULL)
		av_feed(judge->av, data, len);
}

bool
judge_is_behind(const struct judge *judge)
{
	return judge->av != NULL && av_is_behind(judge->av);
}

/* Everything that will be known is known. */
static void
conclude(struct judge *judge)
{
	sl_timer_clear(&judge->timer);
	attachments_evidence(&judge->attachments, judge->verdict);
	judge->edge->stats->engine_failures += judge->attachments.failed;
	authentication_evidence(&judge->session->tx->authentication, judge->arena, judge->verdict);
	sl_combine(judge->snapshot->stack != NULL ? sl_stack_combiner(judge->snapshot->stack) : NULL,
	    judge->verdict);
	judge->done = true;
}

/* One of those that were awaited has spoken. */
static void
heard(struct judge *judge)
{
	if (judge->av != NULL || judge->authenticating || attachments_awaited(&judge->attachments))
		return;
	conclude(judge);
	session_on_verdict(judge->session);
}

void
judge_on_attachments(struct judge *judge)
{
	if (judge->ended && !judge->done && !judge->ending)
		heard(judge);
}

void
judge_on_authentication(struct judge *judge)
{
	SL_ASSERT(judge->ended && judge->authenticating);
	judge->authenticating = false;
	heard(judge);
}

bool
judge_end(struct judge *judge)
{
	if (!judge->on) {
		judge->done = true;
		return true;
	}
	judge->ended = judge->ending = true;
	sl_panel_finish(judge->panel, judge->verdict);
	sl_panel_free(&judge->panel);
	judge->ending = false;
	if (judge->av != NULL || judge->authenticating || attachments_awaited(&judge->attachments)) {
		sl_timer_set(&judge->timer, judge->snapshot->settings->timers.judge_ms);
		if (judge->av != NULL)
			av_end(judge->av);
		return false;
	}
	conclude(judge);
	return true;
}

static void
note_failure(struct judge *judge, const struct sl_evidence *evidence)
{
	if (evidence->state != SL_EVIDENCE_FAILED)
		return;
	judge->av_failed = true;
	judge->edge->stats->engine_failures++;
}

void
judge_on_av(struct judge *judge, const struct sl_evidence *evidence)
{
	judge->av = NULL;
	sl_verdict_add(judge->verdict, evidence);
	note_failure(judge, evidence);
	if (judge->ended)
		heard(judge);
	else
		session_on_flow(judge->session);	/* the sender may have waited for it */
}

/* Our own thinking has a limit, whatever an engine's deadline: senders that give up send again. */
static void
on_timer(void *ctx)
{
	struct judge *judge = ctx;
	const struct sl_evidence late = { .name = "clamd", .state = SL_EVIDENCE_FAILED,
		.sentence = "the antivirus did not answer in time" };

	attachments_expire(&judge->attachments);
	if (judge->authenticating) {
		authentication_expire(&judge->session->tx->authentication);
		judge->authenticating = false;
	}
	if (judge->av == NULL) {
		heard(judge);
		return;
	}
	av_free(&judge->av);
	judge_on_av(judge, &late);
}

void
judge_abort(struct judge *judge)
{
	sl_timer_clear(&judge->timer);
	sl_panel_free(&judge->panel);
	attachments_abort(&judge->attachments);
	av_free(&judge->av);
	judge->authenticating = false;
	judge->on = false;
}

/* ---- policy ---- */

bool
judge_failed(const struct judge *judge)
{
	const struct sl_settings *settings = judge->snapshot == NULL ? NULL : judge->snapshot->settings;

	return (judge->av_failed && settings->clamd.fail == SL_FAIL_DEFER) ||
	    (judge->attachments.failed && settings->attachments.fail == SL_FAIL_DEFER);
}

void
judge_rule(const struct judge *judge, const struct sl_tenant *tenant, struct sl_ruling *ruling)
{
	sl_rule(tenant->policy, judge->done ? judge->verdict : NULL, judge_failed(judge), ruling);
	ruling->enforced = tenant->mode == SL_MODE_FILTER;
}
