/*
 * attachments.h - the files of one message, on their way to the helper
 *
 * Files that have more in them than their bytes show (content.h, sl_content_is_container) are gathered in
 * sealed memory as they stream by, and handed to the edge's helper (deep.h). What it finds becomes
 * evidence (classify/findings.h). It is asked about each while the rest of the message arrives; at the
 * final dot what is still outstanding is awaited until the settings' deadline.
 */
#ifndef EDGE_ATTACHMENTS_H
#define EDGE_ATTACHMENTS_H

#include "classify/panel.h"
#include "deep.h"

struct judge;
struct looking;

struct attachments {
	struct judge		*judge;
	void			*classifier;	/* state of sl_findings_classifier; NULL: nobody listens */
	struct looking		*jobs;		/* gathered or outstanding */
	struct sl_deep_budget	 left;		/* of the message */
	bool			 failed;	/* the helper could not say: its fail mode applies */
};

/* Begin a message: listen in `panel`, if the settings want it. */
void	attachments_begin(struct attachments *attachments, struct judge *judge, struct sl_panel *panel);
/* Is an answer outstanding? judge_on_attachments follows. */
bool	attachments_awaited(const struct attachments *attachments);
/* Wait no longer: what is outstanding counts as failed. */
void	attachments_expire(struct attachments *attachments);
/* All is known: add to the verdict. */
void	attachments_evidence(struct attachments *attachments, struct sl_verdict *verdict);
void	attachments_abort(struct attachments *attachments);

#endif
