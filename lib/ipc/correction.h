/*
 * correction.h - what a person says of a message that was judged: a payload (doc/ipc.md)
 *
 * Whoever lets people correct verdicts sends one: sluicectl, and whatever keeps messages that were held. It names the
 * tenant whose word it is, the verdict, and what is known of the message: who sent it, as the record of it says,
 * and its bytes, or the beginning of them, as far as there are any.
 *
 * Unpacking checks every text: printable, and of a length. Memory: none, texts point into the payload.
 */
#ifndef SL_IPC_CORRECTION_H
#define SL_IPC_CORRECTION_H

#include "ipc/ipc.h"

#define SL_CORRECTION_TEXT_MAX		320	/* bytes of a text */
#define SL_CORRECTION_PROVEN_MAX	8	/* domains */
#define SL_CORRECTION_MESSAGE_MAX	(1u << 20)	/* bytes of the message; more need not be told */
#define SL_CORRECTION_MAX		(SL_CORRECTION_MESSAGE_MAX + (16u << 10))

enum sl_correction_verdict {
	SL_CORRECTION_WANTED,
	SL_CORRECTION_UNWANTED,
	SL_CORRECTION_PHISH,
	SL_CORRECTION_MALWARE,
	SL_CORRECTION_VERDICTS,
};

struct sl_correction {
	enum sl_correction_verdict	verdict;
	struct sl_slice			tenant;		/* its name */
	struct sl_slice			reporter;	/* of its people, by any name; may be empty */
	/* of the sender; empty: not known */
	struct sl_slice			client;		/* address, as text */
	struct sl_slice			helo, envelope, author;		/* domains */
	struct sl_slice			proven[SL_CORRECTION_PROVEN_MAX];	/* by DKIM or SPF: domains */
	size_t				proven_len;
	struct sl_slice			message;	/* on the wire; may be empty, or cut */
};

void		sl_correction_pack(const struct sl_correction *correction, struct sl_buf *out);
/* Returns 0 or SL_ERR_SYNTAX. */
SL_MUST_USE int	sl_correction_unpack(struct sl_slice payload, struct sl_correction *correction_out);

/* What came of it. */
enum sl_corrected_text {
	SL_CORRECTED_NO_TEXT,	/* no message was given, or it has too little text, or texts are not remembered */
	SL_CORRECTED_NEW_TEXT,	/* nothing like it has come before: it is remembered now */
	SL_CORRECTED_KNOWN_TEXT,
	SL_CORRECTED_ENOUGH,	/* this tenant has said enough of it */
	SL_CORRECTED_TEXTS,
};
struct sl_corrected {
	bool			done;
	uint32_t		senders;	/* addresses, networks and domains that were told */
	uint32_t		enough;		/* of which this tenant has said enough */
	enum sl_corrected_text	text;
	struct sl_slice		why;		/* a sentence, if not done */
};
void		sl_corrected_pack(const struct sl_corrected *corrected, struct sl_buf *out);
SL_MUST_USE int	sl_corrected_unpack(struct sl_slice payload, struct sl_corrected *corrected_out);

#endif
