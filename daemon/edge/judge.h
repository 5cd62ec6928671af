/*
 * judge.h - the classifiers of one message, and the verdict they come to
 *
 * Local classifiers run on the stream; clamd runs beside it with a deadline. Judging never
 * changes or holds the message. A failed engine is evidence of its own kind: the policy's
 * fail mode decides.
 */
#ifndef EDGE_JUDGE_H
#define EDGE_JUDGE_H

#include "answer.h"
#include "attachments.h"
#include "classify/panel.h"
#include "edge.h"

struct av;

struct judge {
	bool			 on;		/* not in pass-through */
	bool			 ended;		/* the message is complete */
	bool			 ending;	/* inside judge_end: whoever answers now is not alone */
	struct edge		*edge;
	struct snapshot		*snapshot;	/* borrowed from the transaction */
	struct sl_arena		*arena;
	struct session		*session;
	struct sl_panel		*panel;		/* the classifiers in this process */
	struct attachments	 attachments;	/* what the helper is asked about */
	struct av		*av;		/* NULL: not asked, or has answered */
	bool			 av_failed;
	bool			 authenticating;	/* judge_on_authentication is still to come */
	struct sl_timer		 timer;		/* our own thinking after the final dot */
	struct sl_verdict	*verdict;	/* in the arena; complete when `done` */
	bool			 done;
};

struct judge_connection {
	struct sl_connection_event	connection;
	struct sl_envelope_event	envelope;
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
/* Who sent it is known now (authenticate.h). */
void	judge_on_authentication(struct judge *judge);
/* The message is complete, and `authenticating` says whether its sender is. True: the verdict is there; false: session_on_verdict follows. */
SL_MUST_USE bool judge_end(struct judge *judge);
void	judge_abort(struct judge *judge);

/* Has an engine failed whose failing defers? */
bool	judge_failed(const struct judge *judge);
/* What policy makes of the verdict. */
void	judge_rule(const struct judge *judge, const struct sl_tenant *tenant, struct sl_ruling *ruling_out);

/* av.c: clamd, beside the stream. */
struct av *av_begin(struct judge *judge);	/* NULL: not configured; adds absent or failed evidence */
void	av_feed(struct av *av, const unsigned char *data, size_t len);
bool	av_is_behind(const struct av *av);
void	av_end(struct av *av);			/* judge_on_av follows, maybe from inside */
void	av_free(struct av **av);
/* From av.c: it has answered (evidence is added) and is gone. */
void	judge_on_av(struct judge *judge, const struct sl_evidence *evidence);

#endif
