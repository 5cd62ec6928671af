/*
 * console.h - what the parent and the console tell each other, as payloads (doc/ipc.md)
 *
 * Pure. A payload that is not such a one is SL_ERR_SYNTAX.
 */
#ifndef SL_IPC_CONSOLE_H
#define SL_IPC_CONSOLE_H

#include "ipc/ipc.h"

/* CONSOLE_SETTINGS. Texts are borrowed; from unpack they point into the payload. */
struct sl_console_told {
	struct sl_slice	directory, socket;
	bool		keeps;		/* there is a vault */
	struct sl_slice	hostname;	/* the domain of action addresses */
	struct sl_slice	records;	/* a directory of day files; "": none */
	bool		two_persons;	/* some verbs wait for a second person */
	struct sl_slice	file;		/* the settings' path, to be named to people */
};
void		sl_console_told_pack(const struct sl_console_told *told, struct sl_buf *out);
SL_MUST_USE int	sl_console_told_unpack(struct sl_slice payload, struct sl_console_told *told_out);

/* CONSOLE_STATUS: of the snapshot that was sent last. */
struct sl_console_status {
	char		id[17];		/* 16 hexadecimal digits: that of the upper one, as records have it; "": none yet */
	uint64_t	tenants, domains, users, entries, policies;	/* of the whole one */
	uint64_t	changed;	/* tenants in the one over it */
	uint64_t	change;		/* of the database: all changes up to this one are in it */
	uint64_t	names_unknown;	/* next hops that have no address */
	uint64_t	names_failing;	/* that keep an earlier one, as they cannot be looked up now */
};
void		sl_console_status_pack(const struct sl_console_status *status, struct sl_buf *out);
SL_MUST_USE int	sl_console_status_unpack(struct sl_slice payload, struct sl_console_status *status_out);

#endif
