/* nodes.c - see nodes.h */

#include "nodes.h"

int
nodes_add(void *ctx, struct sl_node node)
{
	struct nodes *nodes = ctx;

	if (nodes->len == nodes->size) {
		nodes->size = nodes->size * 2 + 16;
		nodes->items = sl_xrealloc(nodes->items, nodes->size * sizeof(*nodes->items));
	}
	nodes->items[nodes->len++] = node;
	return 0;
}
