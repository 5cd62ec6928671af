/*
 * judge.h - the classifiers of one message, and the verdict they come to
 *
 * Local classifiers run on the stream; engines outside run beside it, each with a deadline. Judging never
 * changes or holds the message. A failed engine is evidence of its own kind: the policy's
 * fail mode decides.
 */
#ifndef EDGE_JUDGE_H
#define EDGE_JUDGE_H

#include "answer.h"
#include "attachments.h"
#include "classify/panel.h"
#include "edge.h"
#include "linklists.h"

struct engine_call;
struct memory_message;

struct judge {
	bool			 on;		/* not in pass-through */
	bool			 ended;		/* the message is complete */
	bool			 ending;	/* inside judge_end: whoever answers now is not alone */
	struct edge		*edge;
	struct snapshot		*snapshot;	/* borrowed from the transaction */
	struct sl_arena		*arena;
	struct session		*session;
	struct sl_panel		*panel;		/* the classifiers in this process */
	void			*own;		/* what the tenant knows, listening; NULL: nothing is known */
	void			*links;		/* state of sl_links_classifier, in the arena; NULL: it does not listen */
	struct link_lists	 link_lists;	/* DNS lists that are asked about them */
	struct attachments	 attachments;	/* what the helper is asked about */
	struct memory_message	*remembered;	/* memory.h; in the arena */
	struct engine_call	*engines[SL_ENGINE_COUNT];	/* NULL: not asked, or has answered */
	bool			 engines_defer;	/* one failed whose fail mode is to defer */
	bool			 authenticating;	/* judge_on_authentication is still to come */
	struct sl_timer		 timer;		/* our own thinking after the final dot */
	struct sl_verdict	*verdict;	/* in the arena; complete when `done` */
	bool			 done;
};

#define JUDGE_DOMAINS_MAX	64	/* of a tenant's, that impersonation is looked for of */

struct judge_connection {
	struct sl_connection_event	connection;
	struct sl_envelope_event	envelope;
	struct sl_slice			own_domains[JUDGE_DOMAINS_MAX];	/* the envelope's */
};

void	judge_init(struct judge *judge, struct session *session, struct edge *edge);
/* Begin a message. Returns 0 or SL_ERR_FULL (the arena). */
SL_MUST_USE int	judge_begin(struct judge *judge, struct snapshot *snapshot, struct sl_arena *arena,
		    const struct judge_connection *about);
/* Decoded message bytes. */
void	judge_feed(struct judge *judge, const unsigned char *data, size_t len);
/* Is an engine behind, so that the sender should be read more slowly? session_on_flow follows. */
bool	judge_is_behind(const struct judge *judge);
/* The helper has answered everything (attachments.h). */
void	judge_on_attachments(struct judge *judge);
/* DNS lists have answered what they were asked about links, or time is up (linklists.h). */
void	judge_on_link_lists(struct judge *judge);
/* Who sent it is known now (authenticate.h). */
void	judge_on_authentication(struct judge *judge);
/* The message is complete, and `authenticating` says whether its sender is. True: the verdict is there; false: session_on_verdict follows. */
SL_MUST_USE bool judge_end(struct judge *judge);
void	judge_abort(struct judge *judge);

/* Has an engine failed whose failing defers? */
bool	judge_failed(const struct judge *judge);
/* What an engine has found in it that it knows by name, as a sentence; NULL: nothing. */
const char *judge_known_malware(const struct judge *judge);

/* engine.c: engines outside, beside the stream. NULL: not configured; or not asked, with evidence that says so. */
struct engine_call *engine_begin(struct judge *judge, enum sl_engine engine,
	    const struct judge_connection *about);
void	engine_feed(struct engine_call *call, const unsigned char *data, size_t len);
bool	engine_is_behind(const struct engine_call *call);
void	engine_end(struct engine_call *call);	/* judge_on_engine follows, maybe from inside */
void	engine_free(struct engine_call **call);
void	engine_expire(struct engine_call **call);	/* the same, and it has failed */
/* From there: it has spoken, or failed. The call is gone. */
void	judge_on_engine(struct judge *judge, enum sl_engine engine, const struct sl_evidence *evidence);
void	judge_engine_failed(struct judge *judge, enum sl_engine engine);	/* it was not even asked */

#endif
