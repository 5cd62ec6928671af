/*
 * panel.h - the classifiers of one message, listening together
 *
 * The message is read once (content/content.h) and every classifier is told what it listens to. So
 * the edge, `sluicectl score` and a model's training all see the same message.
 *
 * Memory: that of content.h; what classifiers take lies in the arena.
 */
#ifndef SL_PANEL_H
#define SL_PANEL_H

#include "classify/classify.h"

#define SL_PANEL_MAX	16	/* classifiers */

struct sl_panel;

/* `arena` is kept, `settings` are as for sl_content_new. Never NULL. */
struct sl_panel	*sl_panel_new(const struct sl_content_settings *settings, struct sl_arena *arena);
void		 sl_panel_free(struct sl_panel **panel);	/* NULL is fine */
/* Before the first feed: let `classifier` listen. Returns its state (NULL: the arena is full). */
void		*sl_panel_add(struct sl_panel *panel, const struct sl_classifier *classifier,
		    const void *model);
/* What is known of the session; before the first feed. */
void		 sl_panel_connection(struct sl_panel *panel, const struct sl_connection_event *event);
void		 sl_panel_envelope(struct sl_panel *panel, const struct sl_envelope_event *event);
/* The next bytes of the message, in any cuts. */
void		 sl_panel_feed(struct sl_panel *panel, struct sl_slice bytes);
/* The message is complete: collect the evidence. After it only those below may be called. */
void		 sl_panel_finish(struct sl_panel *panel, struct sl_verdict *verdict);
/* The fingerprint of what a person sees, as sl_content_fingerprint. */
bool		 sl_panel_fingerprint(const struct sl_panel *panel, struct sl_fingerprint_result *out);

#endif
