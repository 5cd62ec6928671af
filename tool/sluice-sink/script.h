/*
 * script.h - what sluice-sink shall do at a chosen point of a session
 *
 * A rule is written POINT=ACTION[,first=N][,every=N][,match=TEXT], such as
 *     rcpt=reply:550 5.1.1 no such user,match=nobody@
 *     body:65536=reset,first=1
 * Rules are looked at in the order they were given. A delay or a slower reading is added to
 * what happens; the first of the others that applies decides.
 */
#ifndef SLUICE_SINK_SCRIPT_H
#define SLUICE_SINK_SCRIPT_H

#include "sl/base.h"

/* Where a rule acts: before the reply to this command, or when this has happened. */
#define SINK_POINTS(X)								\
	X(CONNECT, "connect")	/* a connection was accepted, nothing was sent */	\
	X(BANNER, "banner")	/* the 220 */					\
	X(EHLO, "ehlo")		/* HELO too */					\
	X(STARTTLS, "starttls")							\
	X(MAIL, "mail")								\
	X(RCPT, "rcpt")								\
	X(DATA, "data")		/* the 354 */					\
	X(BODY, "body")		/* body:N: N bytes of the text have arrived */	\
	X(DOT, "dot")		/* the end of data has arrived */		\
	X(RSET, "rset")								\
	X(QUIT, "quit")

#define SINK_ACTIONS(X)								\
	X(DELAY, "delay")	/* :MS, then go on */				\
	X(SLOW, "slow")		/* :BYTES_PER_S, from here on reads no faster */	\
	X(REPLY, "reply")	/* :CODE TEXT, instead of the usual reply; closes after 421 */	\
	X(DROP, "drop")		/* close without a reply */			\
	X(DROP_AFTER, "drop-after")	/* the usual reply, then close */	\
	X(RESET, "reset")	/* end the connection by a TCP reset, without a reply */	\
	X(HANG, "hang")		/* neither read nor write again */

enum sink_point {
#define SINK_POINT_ENUM(name, word) POINT_##name,
	SINK_POINTS(SINK_POINT_ENUM)
#undef SINK_POINT_ENUM
	POINT_COUNT,
};

enum sink_action {
#define SINK_ACTION_ENUM(name, word) ACTION_##name,
	SINK_ACTIONS(SINK_ACTION_ENUM)
#undef SINK_ACTION_ENUM
	ACTION_COUNT,
};

struct sink_rule {
	enum sink_point		 point;
	uint64_t		 body_bytes;	/* of body:N */
	enum sink_action	 action;
	unsigned		 number;	/* milliseconds, bytes per second, reply code */
	char			*text;		/* of a reply: may hold '\n' between lines */
	char			*match;		/* NULL: any */
	unsigned		 first;		/* only so many times; 0: always */
	unsigned		 every;		/* only each so many-th time; 0: always */
	unsigned		 reached;	/* times that point and match fitted */
};

struct sink_script {
	struct sink_rule	*rules;
	size_t			 rules_len;
};

/* What is to happen at a point. */
struct sink_outcome {
	unsigned		 delay_ms;
	unsigned		 slow_bytes_per_s;	/* 0: no change */
	const struct sink_rule	*decided;		/* NULL: the usual */
};

/* Add the rule that `text` describes. Returns 0, or SL_ERR_SYNTAX with *why_out a static sentence. */
SL_MUST_USE int		script_add(struct sink_script *script, const char *text, const char **why_out);
void			script_fini(struct sink_script *script);
/* A point is reached. `line` is what `match` looks in: the command, or, at data, body and dot,
 * the MAIL command of the transaction. `body_bytes` matters at POINT_BODY alone. Counts. */
struct sink_outcome	script_at(struct sink_script *script, enum sink_point point,
			    uint64_t body_bytes, struct sl_slice line);
/* The least N above `after` of a body:N rule; UINT64_MAX: none. */
uint64_t		script_next_body(const struct sink_script *script, uint64_t after);

#endif
