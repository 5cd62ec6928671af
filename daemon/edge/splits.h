/*
 * splits.h - what has to be known of a message when its sender comes again with it
 *
 * A sender (host and envelope's sender) that was told 451 for that (classes.h) is remembered for a day, by all edges:
 * whichever takes his next connection accepts the recipients of one class in a transaction, and asks for the others separately.
 *
 * A message that was kept for some of its recipients, and then deferred by the next hop for the others, comes again for all of
 * them: it is remembered likewise, and is not kept a second time.
 *
 * A table of keys and times in memory that edges share (ipc/memory.h), or an edge's own. An entry is two words,
 * written without a lock: what is torn is an entry that is not found. Memory: SPLITS_BYTES.
 */
#ifndef EDGE_SPLITS_H
#define EDGE_SPLITS_H

#include "sl/base.h"

#define SPLITS_BYTES	65536u
#define SPLITS_SECONDS	86400

struct splits;

/* `shared` (NULL: none): SPLITS_BYTES, zero at first, kept. */
struct splits	*splits_new(void *shared);
void		 splits_free(struct splits **splits);
void		 splits_note(struct splits *splits, const char *client, struct sl_slice sender, int64_t now_s);
bool		 splits_has(const struct splits *splits, const char *client, struct sl_slice sender, int64_t now_s);

/* By a number made of the message and of whom it was kept for. */
void		 splits_note_kept(struct splits *splits, uint64_t key, int64_t now_s);
/* Was it kept, within a day? If so that is forgotten. */
bool		 splits_take_kept(struct splits *splits, uint64_t key, int64_t now_s);

#endif
