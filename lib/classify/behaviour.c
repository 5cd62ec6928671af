/* behaviour.c - see classify/behaviour.h */

#include "classify/behaviour.h"

#include <math.h>

#define BEHAVIOUR_MAX	1.3	/* log-odds of spam, all of it together */
#define SESSIONS_LEAST	3	/* before habits are spoken of */
#define NAMES_MANY	3

/* Priors, until training replaces them. */
static void
add(const char *name, double value, double spam, const char *sentence, double *together,
    struct sl_verdict *verdict)
{
	struct sl_evidence e = { .name = name, .value = value,
		.sentence = sentence != NULL ? sentence : "the way in which the sender speaks SMTP" };

	e.log_odds[SL_SPAM] = fmin(spam, BEHAVIOUR_MAX - *together);
	*together += e.log_odds[SL_SPAM];
	sl_verdict_add(verdict, &e);
}

void
sl_behaviour_evidence(const struct sl_behaviour *b, struct sl_arena *arena, struct sl_verdict *verdict)
{
	double together = 0, unknown = b->unknown_recipients + b->past_unknown_recipients / 4;
	double names = fmax(b->helo_names, b->past_helo_names);

	if (b->early_talks >= 0.5)
		add("early_talk", log2(1 + b->early_talks), 0.8, "the address has spoken before it was greeted, an earlier "
		    "time", &together, verdict);
	if (b->pipelined_early > 0)
		add("pipelined_early", log2(1 + b->pipelined_early), 0.6, "commands were sent ahead where a reply is to be "
		    "awaited", &together, verdict);
	if (b->bad_commands > 0)
		add("bad_commands", log2(1 + b->bad_commands), 0.2 * log2(1 + b->bad_commands),
		    sl_arena_printf(arena, "%u commands that were wrong or out of place", b->bad_commands), &together,
		    verdict);
	if (unknown >= 2)
		add("many_unknown_recipients", log2(unknown), 0.3 * log2(unknown),
		    sl_arena_printf(arena, "%u recipients that are refused here, %.0f before of late",
		    b->unknown_recipients, b->past_unknown_recipients), &together, verdict);
	if (b->sessions >= SESSIONS_LEAST && b->sessions_without_quit >= b->sessions / 2)
		add("no_quit", 4 * b->sessions_without_quit / b->sessions - 1, 0.4,
		    sl_arena_printf(arena, "%.0f of about %.0f sessions from the address ended without QUIT",
		    b->sessions_without_quit, b->sessions), &together, verdict);
	if (names >= NAMES_MANY)
		add("helo_changes", log2(names), 0.2 * log2(names),
		    sl_arena_printf(arena, "the address calls itself by about %.0f different names", names), &together,
		    verdict);
}
