/*
 * layers.h - policies as text at the nodes, in versions; see store.h
 *
 * A node has a layer of its own (name "") and, if it is the operator's or a partner's, templates by name that nodes
 * below can build on. What the text means is not known here: whoever sets one gives a function that checks it and
 * makes it canonical, one setting a line; that form is kept, and differences are those of lines.
 *
 * Each change is a version: number, who, when, why, the whole text. Versions of a layer count from 1. To take a change
 * back is a change: an earlier text becomes the next version.
 */
#ifndef SL_STORE_LAYERS_H
#define SL_STORE_LAYERS_H

#include "store/store.h"

#define SL_LAYER_TEXT_MAX	((size_t)1 << 20)

/* Check `text` and add its canonical form. On failure an SL_ERR_* and a sentence in `error`. */
typedef int sl_layer_check(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error);

/* `expected`: the version it is a change of (0: there is none yet), or SL_LAYER_ANY; when another came in between,
 * SL_ERR_BUSY. An empty text is "nothing differs", and a version too. A text equal to the current one changes nothing:
 * the version that comes back is the current one. */
#define SL_LAYER_ANY	(-1)
SL_MUST_USE int	sl_store_layer_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    struct sl_slice name, struct sl_slice text, int64_t expected, sl_layer_check *check, void *ctx,
		    int64_t *version_out);
/* Make the text of an earlier version the current one. 0: the empty text. */
SL_MUST_USE int	sl_store_layer_take_back(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    struct sl_slice name, int64_t version, int64_t *version_out);
/* Add the text of a version (SL_LAYER_ANY: the current one). SL_ERR_NOT_FOUND: there is none. */
SL_MUST_USE int	sl_store_layer_get(struct sl_store *store, struct sl_node node, struct sl_slice name, int64_t version,
		    struct sl_buf *text, int64_t *version_out);

struct sl_layer_now {
	struct sl_slice	name;		/* "": the node's own; else a template */
	int64_t		version;
	struct sl_slice	text;
};
/* Returns 0 to go on; anything else ends the walk and is its result. */
typedef int sl_layer_now_each(void *ctx, const struct sl_layer_now *layer);
/* What there is at a node (not below it), by name. */
SL_MUST_USE int	sl_store_layers_at(struct sl_store *store, struct sl_node node, sl_layer_now_each *each, void *ctx);

struct sl_layer_version {
	int64_t		version;
	int64_t		at_us;
	struct sl_slice	account;
	struct sl_slice	note;
	struct sl_slice	text;
};
/* Returns 0 to go on; anything else ends the walk and is its result. Slices are borrowed for the call. */
typedef int sl_layer_version_each(void *ctx, const struct sl_layer_version *version);
/* Newest first. */
SL_MUST_USE int	sl_store_layer_history(struct sl_store *store, struct sl_node node, struct sl_slice name,
		    sl_layer_version_each *each, void *ctx);
/* What differs, line by line: "-" and what was there, "+" and what is instead. Version 0 is the empty text. */
SL_MUST_USE int	sl_store_layer_diff(struct sl_store *store, struct sl_node node, struct sl_slice name, int64_t from,
		    int64_t to, struct sl_buf *out);
/* The same of two texts. Linear but for a part of at most some 2,000 lines between equal ends; a larger one is shown as
 * wholly replaced. */
void		sl_layer_diff(struct sl_slice from, struct sl_slice to, struct sl_buf *out);

#endif
