/*
 * discovered.h - recipients that a next hop has taken mail for and the console does not know: it is told of them
 *
 * Told at most once a minute, and of each at most once a day while there is room to remember that. An address is
 * told only after the next hop's 250 to the message: what it says to RCPT may be said of any name.
 *
 * Memory: at most DISCOVERED_BYTES of addresses that wait, and 64 KiB of marks.
 */
#ifndef EDGE_DISCOVERED_H
#define EDGE_DISCOVERED_H

#include "io/loop.h"
#include "sl/buf.h"

#define DISCOVERED_BYTES	(64u << 10)
#define DISCOVERED_MS		60000u

struct discovered;

/* `tell` is called from the loop with USERS_SEEN's payload (ipc/ipc.h). */
struct discovered	*discovered_new(struct sl_loop *loop, void (*tell)(void *ctx, struct sl_slice payload), void *ctx);
void			 discovered_free(struct discovered **discovered);	/* NULL is fine */
void			 discovered_add(struct discovered *discovered, struct sl_slice address);

#endif
