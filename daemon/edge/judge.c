/* judge.c - see judge.h */

#include "judge.h"

#include "classify/combine.h"
#include "drift.h"
#include "memory.h"
#include "session.h"

static void	on_timer(void *ctx);

void
judge_init(struct judge *judge, struct session *session, struct edge *edge)
{
	*judge = (struct judge){ .session = session, .edge = edge };
	sl_timer_init(&judge->timer, edge->loop, on_timer, judge);
	link_lists_init(&judge->link_lists, judge);
}

/* What was learned, and what needs no model. Without a model, links are looked at where settings want it. */
static void *
listen_models(struct judge *judge, const struct snapshot *snapshot, const struct judge_connection *about)
{
	if (snapshot->stack != NULL)
		return sl_stack_listen(snapshot->stack, judge->panel);
	if (link_lists_wanted(snapshot->settings) || about->envelope.people != NULL)
		return sl_panel_add(judge->panel, &sl_links_classifier, &snapshot->bare_links);
	return NULL;
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
	settings.fingerprint = memory_print_key(snapshot->memory);
	settings.only_text_prints = true;
	judge->panel = sl_panel_new(&settings, arena);
	judge->links = listen_models(judge, snapshot, about);
	judge->own = snapshot->own == NULL ? NULL : sl_panel_add(judge->panel, &sl_own_classifier, snapshot->own);
	if (snapshot->rules != NULL)
		sl_panel_add(judge->panel, &sl_rules_classifier, snapshot->rules);
	attachments_begin(&judge->attachments, judge, judge->panel);
	if (demands_begin(&judge->session->tx->demands, &judge->session->tx->classes, judge->panel, arena) != 0)
		return SL_ERR_FULL;
	memory_begin(judge);
	sl_panel_connection(judge->panel, &about->connection);
	sl_panel_envelope(judge->panel, &about->envelope);
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		judge->engines[e] = engine_begin(judge, (enum sl_engine)e, about);
	return 0;
}

void
judge_feed(struct judge *judge, const unsigned char *data, size_t len)
{
	sl_panel_feed(judge->panel, sl_slice(data, len));
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		if (judge->engines[e] != NULL)
			engine_feed(judge->engines[e], data, len);
}

bool
judge_is_behind(const struct judge *judge)
{
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		if (judge->engines[e] != NULL && engine_is_behind(judge->engines[e]))
			return true;
	return false;
}

/* Is anybody still to speak? */
static bool
is_awaited(const struct judge *judge)
{
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		if (judge->engines[e] != NULL)
			return true;
	return judge->authenticating || attachments_awaited(&judge->attachments) ||
	    link_lists_awaited(&judge->link_lists);
}

/* Everything that will be known is known. What all tenants share learns from what is known to all; only then
 * comes what this tenant knows: its taste, or somebody's who corrects in its name, is nobody else's. */
static void
conclude(struct judge *judge)
{
	const struct sl_combiner *combiner = judge->snapshot->stack != NULL
	    ? sl_stack_combiner(judge->snapshot->stack) : NULL;

	sl_timer_clear(&judge->timer);
	attachments_evidence(&judge->attachments, judge->verdict);
	judge->edge->stats->engine_failures += judge->attachments.failed;
	authentication_evidence(&judge->session->tx->authentication, judge->arena, judge->verdict);
	link_lists_evidence(&judge->link_lists, judge->arena, judge->verdict);
	memory_evidence(judge);
	sl_combine(combiner, judge->verdict);
	memory_learn(judge);
	drift_count(judge->edge, judge->snapshot, judge->verdict);
	if (judge->own != NULL) {
		sl_own_evidence(judge->own, judge->verdict->logit[SL_SPAM], judge->arena, judge->verdict);
		sl_combine(combiner, judge->verdict);
	}
	judge->done = true;
}

/* One of those that were awaited has spoken. */
static void
heard(struct judge *judge)
{
	if (is_awaited(judge))
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
judge_on_link_lists(struct judge *judge)
{
	SL_ASSERT(judge->ended && !judge->done);
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
	memory_text(judge);
	link_lists_ask(&judge->link_lists, judge->links);
	sl_panel_free(&judge->panel);
	if (is_awaited(judge))
		sl_timer_set(&judge->timer, judge->snapshot->settings->timers.judge_ms);
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		if (judge->engines[e] != NULL)
			engine_end(judge->engines[e]);	/* may speak at once */
	judge->ending = false;
	if (is_awaited(judge))
		return false;
	conclude(judge);
	return true;
}

void
judge_engine_failed(struct judge *judge, enum sl_engine engine)
{
	if (judge->snapshot->settings->engines[engine].fail == SL_FAIL_DEFER)
		judge->engines_defer = true;
	judge->edge->stats->engine_failures++;
}

void
judge_on_engine(struct judge *judge, enum sl_engine engine, const struct sl_evidence *evidence)
{
	judge->engines[engine] = NULL;
	sl_verdict_add(judge->verdict, evidence);
	if (evidence->state == SL_EVIDENCE_FAILED)
		judge_engine_failed(judge, engine);
	if (!judge->ended)
		session_on_flow(judge->session);	/* the sender may have waited for it */
	else if (!judge->ending)
		heard(judge);
}

static void
engine_late(struct judge *judge, enum sl_engine engine)
{
	const struct sl_engine_codec *codec = sl_engine_codec(engine);
	const char *text = sl_arena_printf(judge->arena, "%s did not answer in time", codec->noun);
	const struct sl_evidence late = { .name = codec->name, .state = SL_EVIDENCE_FAILED,
		.sentence = text != NULL ? text : "late" };

	engine_expire(&judge->engines[engine]);
	sl_verdict_add(judge->verdict, &late);
	judge_engine_failed(judge, engine);
}

/* Our own thinking has a limit, whatever an engine's deadline: senders that give up send again. */
static void
on_timer(void *ctx)
{
	struct judge *judge = ctx;

	attachments_expire(&judge->attachments);
	link_lists_expire(&judge->link_lists);
	if (judge->authenticating) {
		authentication_expire(&judge->session->tx->authentication);
		judge->authenticating = false;
	}
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		if (judge->engines[e] != NULL)
			engine_late(judge, (enum sl_engine)e);
	heard(judge);
}

void
judge_abort(struct judge *judge)
{
	sl_timer_clear(&judge->timer);
	sl_panel_free(&judge->panel);
	attachments_abort(&judge->attachments);
	link_lists_abort(&judge->link_lists);
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		engine_free(&judge->engines[e]);
	judge->authenticating = false;
	judge->on = false;
}

/* ---- policy ---- */

bool
judge_failed(const struct judge *judge)
{
	return judge->engines_defer || (judge->attachments.failed &&
	    judge->snapshot->settings->attachments.fail == SL_FAIL_DEFER);
}

/* An engine is that sure of what it has a name for, whatever weight it was given since (classify/engine.h). */
#define KNOWN_BY_NAME	15.9

static bool
is_engine(const char *name)
{
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		if (strcmp(name, sl_engine_codec((enum sl_engine)e)->name) == 0)
			return true;
	return false;
}

const char *
judge_known_malware(const struct judge *judge)
{
	for (size_t i = 0; judge->done && judge->verdict != NULL && i < judge->verdict->evidence_len; i++) {
		const struct sl_evidence *e = &judge->verdict->evidence[i];

		if (e->state == SL_EVIDENCE_PRESENT && !e->shadow && e->said[SL_MALWARE] >= KNOWN_BY_NAME && is_engine(e->name))
			return e->sentence;
	}
	return NULL;
}
