/*
 * nodes.h - a list of nodes that grows
 */
#ifndef CONSOLE_NODES_H
#define CONSOLE_NODES_H

#include "store/digests.h"

struct nodes {
	struct sl_node	*items;		/* to be freed with sl_free */
	size_t		 len, size;
};
int	nodes_add(void *nodes, struct sl_node node);	/* a sl_store_node_each; 0 */

#endif
