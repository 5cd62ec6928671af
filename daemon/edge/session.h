/*
 * session.h - the client leg: one SMTP session, and the transaction in it
 *
 * session.c holds the states, input, replies and timers; commands.c the commands in the order of
 * a transaction; transfer.c the message from DATA to its final dot, where both legs meet; verdict.c what is done with it.
 */
#ifndef EDGE_SESSION_H
#define EDGE_SESSION_H

#include "actions.h"
#include "answer.h"
#include "authenticate.h"
#include "classes.h"
#include "copies.h"
#include "delivery.h"
#include "demands.h"
#include "edge.h"
#include "judge.h"
#include "keep.h"
#include "memory.h"
#include "message.h"
#include "refusals.h"
#include "smtp/command.h"

/* state, what it waits for, the states it may go to. RFC 5321, 4.1.4 gives the order. */
#define SESSION_STATES(X)							\
	X(PROXY,	 "the balancer's PROXY header")				\
	X(GREETING,	 "the delay before our greeting to pass")		\
	X(TLS,		 "the TLS handshake")					\
	X(READY,	 "EHLO, or MAIL from a sender that is known")		\
	X(MAIL,		 "RCPT")						\
	X(AWAIT_RCPT,	 "the next hop's answer to RCPT")			\
	X(RCPT,		 "RCPT or DATA")					\
	X(DATA,		 "message bytes")					\
	X(SKIP,		 "the end of a message whose refusal is decided")	\
	X(AWAIT_VERDICT, "the classifiers")					\
	X(AWAIT_VAULT,	 "the vault's word that it has the message")		\
	X(AWAIT_DELIVERY, "the next hop's answer to the final dot")		\
	X(AWAIT_CONSOLE, "the console's word on what was asked for by mail")	\
	X(CLOSING,	 "the sender to take our last reply and close")		\
	X(GONE,		 "the next hop's last word; the sender has left")	\
	X(DEAD,		 "nothing: freed at the end of the turn")

enum session_state {
#define SESSION_STATE_ENUM(name, waits_for) SESSION_##name,
	SESSION_STATES(SESSION_STATE_ENUM)
#undef SESSION_STATE_ENUM
	SESSION_STATE_COUNT,
};
#define IN(name)	(1u << SESSION_##name)
#define IN_COMMANDS	(IN(READY) | IN(MAIL) | IN(RCPT))

struct recipient {
	struct recipient	*next;
	struct sl_slice		 mailbox;
	struct class		*class;
	bool			 is_known;	/* the console has him among its users, or does not count them */
};

/* From MAIL to its final reply. */
struct transaction {
	char			 id[EDGE_ID_LEN + 1];
	struct sl_arena		 arena;		/* all of the below points into it */
	struct directory	*directory;	/* one reference */
	struct snapshot		*snapshot;	/* of its settings */
	const struct sl_tenant	*tenant;	/* of the first recipient that was tried */
	uint64_t		 most_bytes;	/* that a message of his may have; 0: no limit */
	struct classes		 classes;	/* of recipients that fare alike */
	struct sl_smtp_mail	 mail;
	struct recipient	*recipients;	/* accepted, newest first */
	unsigned		 recipients_len;
	unsigned		 recipients_tried;	/* on the next hop */
	struct recipient	*asking;	/* the one the next hop is asked about */
	struct refusals		*refusals;	/* recipients that were not accepted; NULL: none */
	const char		*ended;		/* how, where it came to no answer: for the record; NULL: the sender is gone */
	struct delivery		 delivery;
	struct action		 action;	/* it is for an address of ours */
	bool			 prdr;		/* the sender takes a reply for each recipient */
	struct judge		 judge;
	struct demands		 demands;
	struct keeping		 keeping;
	struct authentication	 authentication;
	struct sl_identity	 identity;	/* what is known of who sent it, once it is judged */
	struct sl_ruling	 ruling;	/* of the leading class */
	struct class		*leading;	/* whose ruling that is, once there is one */
	enum plan		 plan;
	struct copies		 copies;	/* that are sent beside what is done */
	struct answer		 fates[FATE_COUNT];	/* PLAN_PARTS: what each class is answered */
	struct message		 message;
	struct sl_chunk		*chunk;		/* being read into */
	unsigned		 burst;		/* chunks the next read may fill */
	bool			 ruled;
	bool			 flowing;	/* the next hop is being given the message before the verdict */
	bool			 withheld;	/* it outgrew the window, and is captured instead (withhold.h) */
	bool			 withheld_end;	/* all of it has been read back */
	bool			 prefixed;	/* our header lines have been handed on */
	bool			 subject_tagged;
	bool			 hop_answered;	/* `answer` is the next hop's, for the whole message */
	const char		*outcome;	/* for the record, once it is decided */
	struct answer		 answer;	/* the final one, once it is known */
	uint64_t		 skipped_bytes;	/* of a message whose refusal is decided */
	uint64_t		 rate_bytes;	/* of the message when the rate was last looked at */
	bool			 paused;	/* since then the sender was not read for a while */
	/* when things happened, microseconds of the loop's clock; 0: not yet */
	uint64_t		 mail_us, rcpt_us, data_us, dot_us, verdict_us, done_us;
};

struct session {
	unsigned		 magic;
	struct session		*next, *previous;	/* of the edge */
	struct session		*next_dead;
	struct edge		*edge;
	enum session_state	 state;
	struct sl_conn		 conn;
	struct sl_buf		 input;		/* commands that wait: while an answer is awaited, or cut */
	struct sl_timer		 timer;		/* of the state */
	struct sl_timer		 rate_timer;
	const struct sl_listener *listener;	/* of listener_snapshot */
	struct snapshot		*listener_snapshot;
	struct sockaddr_storage	 peer;		/* who connected */
	struct sockaddr_storage	 client;		/* whom the balancer names, else the peer */
	char			 id[EDGE_ID_LEN + 1];
	char			 client_text[64];
	char			*helo;		/* NULL: not yet */
	bool			 esmtp;
	bool			 counted;	/* in edge->sources */
	bool			 skip_line;	/* the rest of a line that was refused is still to come */
	unsigned		 errors;
	unsigned		 messages;
	struct manners		 manners;
	struct transaction	*tx;		/* NULL: none is open; an idle session is small */
};

/* Begin with an accepted descriptor (taken). `listener` belongs to `snapshot`. */
void	session_new(struct edge *edge, int fd, const struct sockaddr_storage *peer,
	    const struct sl_listener *listener, struct snapshot *snapshot);
void	session_stop(struct session *s);		/* 421 if no transaction is under way */
void	session_end(struct session *s);		/* at once, whatever is under way */
void	sessions_sweep(struct edge *edge);	/* free the dead, at the end of a turn */

/* For commands.c and transfer.c. */
void	session_enter(struct session *s, enum session_state state);
const char *session_state_name(enum session_state state);
void	session_reply(struct session *s, int code, const char *enhanced, const char *format, ...)
	    SL_PRINTF(4, 5);
void	session_reply_answer(struct session *s, const struct answer *answer);	/* counts no fault */
void	session_fault(struct session *s);	/* the sender's own: too many end the session */
void	session_close(struct session *s);	/* after what is queued has gone out */
void	session_abort(struct session *s, const char *outcome);	/* the transaction, if any */
void	session_ends(struct session *s, const char *how);	/* ... and how that came; what is said first counts */
void	session_resume(struct session *s);	/* an awaited answer came: read commands again */
void	session_wait_again(struct session *s);	/* the state's timer starts anew */
void	session_client_gone(struct session *s);	/* the sender closed or broke the connection */
const struct sl_settings *session_settings(const struct session *s);
int64_t	session_now_s(const struct session *s);	/* seconds since 1970 */
/* Open a transaction with a new id. */
void	transaction_new(struct session *s);
/* Record it and give everything back; fine when there is none. */
void	transaction_end(struct session *s, const char *outcome);

/* commands.c */
void	session_command(struct session *s, struct sl_slice line);
void	session_on_rcpt(struct session *s, const struct answer *answer);	/* from delivery.c */

/* transfer.c */
enum session_state transfer_begin(struct session *s);	/* DATA: the state to enter */
void	transfer_input(struct session *s);		/* the socket is readable in DATA or SKIP */
size_t	transfer_bytes(struct session *s, struct sl_slice bytes);	/* read with commands: used */
void	session_on_flow(struct session *s);		/* from delivery.c and judge.c: go on */
/* The answer is known before the sender has sent everything: the rest is read and dropped. */
void	transfer_refuse(struct session *s, const struct answer *answer, const char *outcome);
void	transfer_timeout(struct session *s);		/* the sender is silent in DATA or SKIP */
void	transfer_too_slow(struct session *s);		/* or trickles */

/* verdict.c */
void	verdict_act(struct session *s);			/* the message is complete, and judged */
/* The message that was to be delivered is not to be had any more: SL_ERR_*. */
void	verdict_lost(struct session *s, int error);
void	session_on_verdict(struct session *s);		/* the same, from judge.c */
void	session_on_action(struct session *s, const struct answer *answer);	/* from actions.c */
void	session_on_kept(struct session *s, int result);	/* from keep.c: 0, it is on disk */
void	session_on_delivered(struct session *s, const struct answer *answer);	/* from delivery.c */

#endif
