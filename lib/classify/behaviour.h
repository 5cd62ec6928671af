/*
 * behaviour.h - how a sender speaks SMTP, as evidence
 *
 * Mail servers wait for replies where they must, know their commands and say goodbye; programs that send
 * spam from taken-over machines often do not, and neither do some devices and scripts: together these
 * weigh less than the default threshold for a tag.
 *
 * Evidence: early_talk (spoke before the greeting, an earlier time: who does is refused), pipelined_early
 * (sent ahead where a reply must be awaited, RFC 2920, 3.1), bad_commands, many_unknown_recipients, no_quit
 * and helo_changes (of earlier sessions).
 */
#ifndef SL_CLASSIFY_BEHAVIOUR_H
#define SL_CLASSIFY_BEHAVIOUR_H

#include "classify/classify.h"

/* Facts. Of this session, then of earlier ones from the address (faded counts). */
struct sl_behaviour {
	unsigned	pipelined_early, bad_commands, unknown_recipients, helo_names;
	double		sessions, sessions_without_quit, early_talks, past_unknown_recipients, past_helo_names;
};

void	sl_behaviour_evidence(const struct sl_behaviour *behaviour, struct sl_arena *arena,
	    struct sl_verdict *verdict);

#endif
