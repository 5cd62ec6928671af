/*
 * keep.h - messages as files: N.eml, the text as it arrived with its dots removed, and N.json,
 * the envelope
 *
 * Both are written under other names and then renamed, the envelope first: whoever sees N.eml
 * sees a whole message with its envelope. N counts on from what the directory holds. Nothing
 * is synced: this is a server for trials.
 *
 * Memory: KEEP_BLOCK_BYTES for each message being written.
 */
#ifndef SLUICE_SINK_KEEP_H
#define SLUICE_SINK_KEEP_H

#include "sl/buf.h"

struct keep;
struct keep_message;

/* Open the directory, which is made if it is not there. NULL: errno says why. */
struct keep	*keep_open(const char *directory);
void		 keep_close(struct keep **keep);

/* Begin a message. Never NULL; what fails is told by keep_commit. Borrows keep. */
struct keep_message *keep_begin(struct keep *keep);
void		 keep_add(struct keep_message *message, const unsigned char *data, size_t len);
/* End it: the files get their names. Takes the message. Returns 0 and the number, or SL_ERR_SYSTEM. */
SL_MUST_USE int	 keep_commit(struct keep_message **message, struct sl_slice envelope_json,
		     uint64_t *number_out);
void		 keep_abandon(struct keep_message **message);	/* NULL is fine */

#endif
