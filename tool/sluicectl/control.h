/*
 * control.h - the control socket of a running Sluice
 */
#ifndef SLUICECTL_CONTROL_H
#define SLUICECTL_CONTROL_H

#include "ipc/ipc.h"

#define CONTROL_ANSWER_MS	5000

/* Connect to `path` (NULL: where it is by default); `may_send` as sl_ipc_new has it. Returns a channel, or NULL after
 * saying why. */
struct sl_ipc	*control_connect(const char *path, uint64_t may_send);
/* Through it, a channel to the vault. Returns it, or NULL after saying why. */
struct sl_ipc	*control_vault(const char *path, uint64_t may_send);
/* And to the courier. */
struct sl_ipc	*control_courier(const char *path, uint64_t may_send);

#endif
