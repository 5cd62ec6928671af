/*
 * command.h - what is done with a mail to an action address: acted on, or refused, saying why
 *
 * At RCPT the address itself is looked at (sl_digest_command_rcpt): is it ours, whole, in time. When the header section is known,
 * who wrote (sl_digest_command_check): the deed is done only for the mailbox that the address was sent to. Rules, in this order:
 *  1. Mail that a program wrote is never acted on, and nothing is ever written in answer to it: the null sender, Auto-Submitted
 *     but for "no" (RFC 3834), Precedence of bulk, list or junk, lists' fields, reports. So no loop can begin, and no absence
 *     notice releases anything.
 *  2. There is one author, and the address was made for his mailbox.
 *  3. He is proven by DKIM or SPF, aligned. If his domain cannot do that (it publishes nothing to prove him by) the envelope's
 *     sender has to be the same mailbox. What is proven to be forged, or could not be looked up now, is not acted on.
 * Only mail acts: there is nothing that opening a digest, or a program that follows its links, could do.
 *
 * Done once: the caller asks its set of ids (decision->id) between the check and the deed, in one step with
 * remembering it, and refuses with SL_DIGEST_COMMAND_USED. The set may forget an id when decision->action.expiry_day is over.
 *
 * The answer (sl_digest_answer_compose) is short, goes to the mailbox that the address is bound to, never elsewhere, and with the
 * null sender. What is refused in the session needs none: the reply says why.
 *
 * Pure. Memory: the output.
 */
#ifndef SL_DIGEST_COMMAND_H
#define SL_DIGEST_COMMAND_H

#include "digest/token.h"
#include "digest/zone.h"
#include "sl/buf.h"

/* What comes of it: id, code, enhanced status, text of the reply. */
#define SL_DIGEST_COMMANDS(X)									\
	X(ACT, 250, "2.0.0", "It will be done")							\
	X(NO_SUCH, 550, "5.1.1", "There is no such address")					\
	X(UNKNOWN_VERB, 550, "5.1.1", "Nothing can be done by that name")			\
	X(FORGED, 550, "5.7.1", "This address was not made here, or it was changed")		\
	X(EXPIRED, 550, "5.7.1", "This address is not good any more, ask for a new list")	\
	X(OTHER_MAILBOX, 550, "5.7.1", "This address works only from the mailbox that it was sent to")	\
	X(AUTOMATIC, 550, "5.7.1", "Nothing is done for automatic mail")			\
	X(AUTHORS, 550, "5.7.1", "Write from one mailbox, named in From")			\
	X(NOT_PROVEN, 550, "5.7.1", "This mail is not proven to be from its author")		\
	X(ENVELOPE, 550, "5.7.1", "This mail was not sent by the mailbox that it is from")	\
	X(LATER, 451, "4.7.0", "Its author could not be checked now, try again later")		\
	X(USED, 550, "5.7.1", "This was done before, each address works once")			\
	X(NOT_ATTACHED, 550, "5.6.0", "Forward the message as an attachment, nothing else tells what came")	\
	X(NOT_CAME, 550, "5.7.1", "None of what is attached came to this mailbox through here, or not lately")	\
	X(NOT_YET, 451, "4.3.0", "It is not known yet to whom this came, try again in some minutes")	\
	X(NO_RECORDS, 550, "5.3.5", "Nothing can be reported here, as nothing is recorded of what comes")	\
	X(NOT_NOW, 451, "4.3.0", "This cannot be done now, try again later")			\
	X(LEARNED, 250, "2.0.0", "Thank you, what you say is learned from")

enum sl_digest_command_result {
#define SL_DIGEST_COMMAND_ENUM(id, code, enhanced, text) SL_DIGEST_COMMAND_##id,
	SL_DIGEST_COMMANDS(SL_DIGEST_COMMAND_ENUM)
#undef SL_DIGEST_COMMAND_ENUM
	SL_DIGEST_COMMAND_COUNT,
};

struct sl_digest_reply {
	int		 code;
	const char	*enhanced;
	const char	*text;
};
const struct sl_digest_reply *sl_digest_command_reply(enum sl_digest_command_result result);	/* static */

/* What is known of the author. */
enum sl_digest_proof {
	SL_DIGEST_PROOF_PASS,		/* DKIM or SPF passes, aligned with From */
	SL_DIGEST_PROOF_NONE,		/* the domain publishes nothing: neither SPF nor DMARC, and nothing is signed */
	SL_DIGEST_PROOF_FAIL,		/* it does, and nothing passes */
	SL_DIGEST_PROOF_UNKNOWN,	/* DNS gave no answer */
};

/* All borrowed. A field that is not there: ptr NULL. */
struct sl_digest_mail {
	struct sl_slice		recipient;	/* of the envelope: local@domain */
	struct sl_slice		sender;		/* of the envelope; empty: the null sender */
	struct sl_slice		from;		/* the address in From */
	unsigned		authors;	/* how many addresses From has, all From fields together */
	enum sl_digest_proof	proof;
	struct sl_slice		auto_submitted, precedence;	/* values */
	bool			list;		/* List-Id or another field of lists (RFC 2369, 2919) */
	bool			report;		/* multipart/report */
};

struct sl_digest_decision {
	enum sl_digest_command_result	result;
	struct sl_digest_action		action;		/* unless NO_SUCH, UNKNOWN_VERB, FORGED */
	unsigned char			id[SL_DIGEST_ID_BYTES];	/* of an ACT by _check */
};

/* At RCPT. ACT: go on to the header section. `domain`: of action addresses. */
enum sl_digest_command_result sl_digest_command_rcpt(const struct sl_digest_keys *keys, struct sl_slice domain,
	    struct sl_slice recipient, struct sl_slice sender, uint32_t today, struct sl_digest_decision *decision_out);
/* When the header section is known; all of the above again. */
enum sl_digest_command_result sl_digest_command_check(const struct sl_digest_keys *keys, struct sl_slice domain,
	    const struct sl_digest_mail *mail, uint32_t today, struct sl_digest_decision *decision_out);
/* The same rules for an address that is no secret, and acts for whoever writes to it: who is he? ACT, with his mailbox; or why not. */
enum sl_digest_command_result sl_digest_command_author(const struct sl_digest_mail *mail, char mailbox_out[SL_DIGEST_MAILBOX_MAX + 1]);
/* Is it mail that a program wrote? */
bool	sl_digest_command_is_automatic(const struct sl_digest_mail *mail);

/* What came of a deed that was taken on. */
enum sl_digest_outcome {
	SL_DIGEST_OUTCOME_DONE,
	SL_DIGEST_OUTCOME_GONE,			/* expired or deleted meanwhile */
	SL_DIGEST_OUTCOME_FORBIDDEN,		/* by the policy */
	SL_DIGEST_OUTCOME_LOCKED,		/* the tenant holds the key */
	SL_DIGEST_OUTCOME_DONE_BEFORE,
	SL_DIGEST_OUTCOME_UNDELIVERABLE,	/* the next hop refused it, or was away too long */
	SL_DIGEST_OUTCOME_FAULT,
	SL_DIGEST_OUTCOME_COUNT,
};

struct sl_digest_answer {
	enum sl_digest_verb	verb;
	enum sl_digest_outcome	outcome;
	struct sl_slice		domain;		/* of action addresses: of the Message-ID */
	struct sl_slice		from, to;	/* mailboxes */
	struct sl_slice		language;
	struct sl_slice		in_reply_to;	/* the command's Message-ID with its brackets, as it came; "" or malformed: none is named */
	struct sl_slice		author, subject;	/* of the message it was about; "" if not known */
	struct sl_slice		hop_said;	/* the next hop's reply; "" */
	bool			learned;	/* of a report: it was learned from */
	struct sl_slice		customer, brand;	/* as in compose.h */
	const struct sl_zone	*zone;
	int64_t			now_s;
	unsigned char		unique[16];	/* the deed's id, say: the same answer has the same Message-ID */
};

/* Write the answer. Returns as sl_digest_compose. */
SL_MUST_USE int	sl_digest_answer_compose(const struct sl_digest_answer *answer, struct sl_buf *out, struct sl_buf *message_id_out);

#endif
