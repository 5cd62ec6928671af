/*
 * inquiry.h - the questions of one evaluator, asked of the edge's resolver
 *
 * Every question the evaluator has goes out at once; what the resolver remembers is answered on the
 * spot. The owner is called when an answer came later and all that followed from it has been asked.
 *
 * Memory: 100 bytes a question under way. The evaluator bounds their number.
 */
#ifndef EDGE_INQUIRY_H
#define EDGE_INQUIRY_H

#include "io/resolver.h"

struct inquiry_lookup;

/* Embedded; zero-filled is "none". */
struct inquiry {
	const struct sl_dns_client	*client;
	void				*evaluator;	/* kept */
	struct sl_resolver		*resolver;	/* kept */
	struct inquiry_lookup		*lookups;	/* under way */
	void				(*on_answer)(void *ctx);	/* may end the inquiry, and free its owner */
	void				*ctx;
};

void	inquiry_init(struct inquiry *inquiry, const struct sl_dns_client *client, void *evaluator,
	    struct sl_resolver *resolver, void (*on_answer)(void *ctx), void *ctx);
/* Ask what the evaluator wants to know now: at its beginning, and when it has been told more. Never
 * calls on_answer. */
void	inquiry_ask(struct inquiry *inquiry);
/* Wait for nothing more; before the evaluator is freed or expired. Fine on a zero-filled one. */
void	inquiry_cancel(struct inquiry *inquiry);

#endif
