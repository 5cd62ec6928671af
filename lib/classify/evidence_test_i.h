/* evidence_test_i.h - for tests: judge a message with one classifier, and ask what it said */
#ifndef SL_CLASSIFY_EVIDENCE_TEST_I_H
#define SL_CLASSIFY_EVIDENCE_TEST_I_H

#include "check.h"
#include "cuts.h"

#include "classify/panel.h"

struct judged {
	struct sl_verdict	 verdict;
	struct sl_arena		 arena;
	struct sl_panel		*panel;
	void			*state;
};

/* Judge `text` in pieces; end it with judged_fini. */
static inline void
judge_message(struct judged *j, const struct sl_classifier *classifier, const void *model,
    const struct sl_suffix *suffix, int64_t now_s, const struct sl_envelope_event *envelope, struct cuts *cuts)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = suffix };
	struct sl_slice piece;

	memset(j, 0, sizeof(*j));
	sl_arena_init(&j->arena, (size_t)1 << 18);
	j->panel = sl_panel_new(&settings, &j->arena);
	j->state = sl_panel_add(j->panel, classifier, model);
	sl_panel_connection(j->panel, &(struct sl_connection_event){ .now_s = now_s });
	if (envelope != NULL)
		sl_panel_envelope(j->panel, envelope);
	while (cuts_next(cuts, &piece))
		sl_panel_feed(j->panel, piece);
	sl_panel_finish(j->panel, &j->verdict);
}

static inline void
judged_fini(struct judged *j)
{
	sl_panel_free(&j->panel);
	sl_arena_fini(&j->arena);
}

static inline const struct sl_evidence *
judged_find(const struct judged *j, const char *name)
{
	for (size_t i = 0; i < j->verdict.evidence_len; i++)
		if (strcmp(j->verdict.evidence[i].name, name) == 0)
			return &j->verdict.evidence[i];
	return NULL;
}

/* All that was said, a line each. */
static inline void
judged_print(const struct judged *j, struct sl_buf *out)
{
	for (size_t i = 0; i < j->verdict.evidence_len; i++)
		sl_buf_addf(out, "%s %.3f %s\n", j->verdict.evidence[i].name, j->verdict.evidence[i].value,
		    j->verdict.evidence[i].sentence);
}

#endif
