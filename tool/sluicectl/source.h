/*
 * source.h - messages from where they are kept: files, directories, Maildirs, mailboxes
 *
 * A directory stands for all files in it and below, in order of their names; what begins with a dot, and a Maildir's
 * tmp, is passed over. A file that begins with `From ` is a mailbox (RFC 4155): each such line behind
 * an empty one begins a message, and of lines quoted as `>From ` or `>>From ` one `>` is taken away, as mboxrd says.
 * mboxo differs from it only for lines that were sent as `>From `, and nothing tells the two apart.
 */
#ifndef SLUICECTL_SOURCE_H
#define SLUICECTL_SOURCE_H

#include "sl/base.h"

#define SOURCE_DEPTH_MAX	16	/* directories within directories */

struct source {
	/* Takes a message as it is on the wire, borrowed; `name` is for a person. False: stop. */
	bool	(*message)(void *ctx, const char *name, struct sl_slice message);
	/* Something could not be read; the rest still will be. */
	void	(*failed)(void *ctx, const char *name, const char *why);
	void	*ctx;
};

/* All messages of a path. Returns false when `message` did. */
bool	source_read(const struct source *source, const char *path);

#endif
