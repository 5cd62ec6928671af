/*
 * memory.h - what all edges remember: what senders have sent, which texts have come, and who wrote to whom, before
 *
 * The memory is the parent's (ipc/memory.h) and shared by all edges; each snapshot of settings maps it. A message
 * asks it when all else is known (memory_evidence), and teaches it when the verdict is there (memory_learn):
 * what is sure without memory teaches, see classify/reputation.h. Sessions add how they were spoken.
 *
 * Who says something (`who`) is the tenant, or where there is one only, the recipient: see reputation.h on
 * why that matters. Domains count for themselves where they are proven (by DKIM, or SPF), else only as
 * they are used by one network: nobody can spoil the name of another by forging it.
 *
 * A correspondent is who wrote with a proven address (DMARC passes; or, where there is none, DKIM or SPF
 * of the author's organisation), once that was delivered, untagged, and is not likely spam, phish or
 * malware, whatever the policy says. What is refused, tagged or forged teaches nothing.
 *
 * Exempt senders (authentication.exempt), this machine among them, have no past: what they relay says
 * nothing of them. Texts are remembered all the same.
 */
#ifndef EDGE_MEMORY_H
#define EDGE_MEMORY_H

#include "edge.h"
#include "fingerprint/fingerprint.h"

struct judge;
struct session;
struct memory;

/* How a session is spoken; embedded in it. */
struct manners {
	unsigned	pipelined_early, bad_commands, unknown_recipients;
	unsigned	helo_names;	/* different ones, one after the other */
	unsigned	mails;		/* MAIL accepted */
	bool		must_wait;	/* the last command's reply has to be awaited (RFC 2920, 3.1) */
	bool		quit, ended_by_us;
};

/* Map it (fd is taken). NULL: there is none, or it cannot be used (logged); mail goes on. */
struct memory	*memory_open(int fd, const struct sl_settings *settings);
void		 memory_free(struct memory **memory);
/* For the message's reader; NULL: texts are not remembered. Lives as long as the memory. */
/* Where splits.h keeps what all edges share; NULL: nowhere. */
void		*memory_splits(const struct memory *memory);
const struct sl_fingerprint_key *memory_print_key(const struct memory *memory);

/* For judge.c. Nothing happens where there is no memory. */
void	memory_begin(struct judge *judge);	/* before the message's first byte */
void	memory_text(struct judge *judge);	/* the panel is finished, and still there */
void	memory_evidence(struct judge *judge);	/* all but memory is known */
void	memory_learn(struct judge *judge);	/* the verdict is there */
void	memory_delivered(struct judge *judge, const struct sl_ruling *ruling);	/* the next hop has taken it */
/* Who has written before; NULL: nothing is remembered, or this sender is exempt (what he relays is nobody's proof). */
const struct sl_correspondents *memory_correspondents(const struct session *s, const struct snapshot *snapshot);

/* For the session. */
void	memory_early_talker(const struct session *s);
void	memory_refused_recipient(struct session *s);	/* does not exist, as the next hop says */
void	memory_session_end(const struct session *s);

#endif
