/* listener.h - accepting sessions, and the limit per source */
#ifndef EDGE_LISTENER_H
#define EDGE_LISTENER_H

#include "edge.h"

struct listener {
	struct listener			*next;
	struct edge			*edge;
	struct snapshot			*snapshot;	/* whose settings describe it */
	const struct sl_listener	*settings;	/* of that snapshot */
	int				 fd;
	struct sl_watch			 watch;
	struct sl_timer			 pause;		/* no descriptors left: accept again then */
};

void	listeners_close(struct edge *edge);

#endif
