/*
 * splits.h - what has to be known of a message when its sender comes again with it
 *
 * A sender (host and envelope's sender) that was told 451 for that (classes.h) is remembered for a day, by all edges:
 * whichever takes his next connection accepts the recipients of one class in a transaction, and asks for the others separately.
 *
 * A message that the vault was told of is remembered by its token (keep.h) until its sender has heard 250: if he does not, because the
 * vault answered too late, this process died, or the next hop deferred the message for others of its recipients, he comes again with it, and it is not
 * kept a second time.
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

/* The vault is being told of it. What was noted of it before stays; not `at_any_cost`: so does what is noted of another in its place. */
void		 splits_note_told(struct splits *splits, uint64_t token, int64_t now_s, bool at_any_cost);
/* Since when it may have been kept; 0: nothing is known of it. */
int64_t		 splits_told(const struct splits *splits, uint64_t token, int64_t now_s);
void		 splits_forget_told(struct splits *splits, uint64_t token);

#endif
