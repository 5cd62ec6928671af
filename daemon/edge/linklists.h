/*
 * linklists.h - what the links of one message lead to, sought in DNS lists
 *
 * At the final dot the lists of `of: link-domain` and `of: link-address` (dns_lists) are asked about the
 * hosts that links.h says are worth it, all at once, at most SL_DNSLIST_LINK_QUESTIONS_MAX questions;
 * what has not answered by authentication.deadline is not known. It is the message that is asked about
 * and not its sender: exempt senders' mail is asked about as well.
 */
#ifndef EDGE_LINKLISTS_H
#define EDGE_LINKLISTS_H

#include "classify/dnslist.h"
#include "inquiry.h"
#include "io/loop.h"

struct judge;
struct sl_settings;

struct link_lists {
	struct judge		*judge;
	struct sl_dnslist_check	*check;		/* NULL: nothing is asked */
	struct inquiry		 inquiry;
	struct sl_timer		 timer;
};

void	link_lists_init(struct link_lists *l, struct judge *judge);
/* Does this snapshot have such lists, so that links must be listened to? */
bool	link_lists_wanted(const struct sl_settings *settings);
/* The message is complete; `links` is the state of sl_links_classifier, or NULL. */
void	link_lists_ask(struct link_lists *l, const void *links);
/* Is an answer outstanding? judge_on_link_lists follows. */
bool	link_lists_awaited(const struct link_lists *l);
void	link_lists_expire(struct link_lists *l);	/* wait no longer */
/* All is known: add to the verdict. */
void	link_lists_evidence(struct link_lists *l, struct sl_arena *arena, struct sl_verdict *verdict);
void	link_lists_abort(struct link_lists *l);		/* fine at any time */

#endif
