/*
 * control.h - a channel to a running Sluice: its control socket
 */
#ifndef SLUICECTL_CONTROL_H
#define SLUICECTL_CONTROL_H

#include "ipc/ipc.h"

/* `path` NULL: where the settings have it by default. `may_send`: of the answers, as for sl_ipc_new. NULL: said why. */
struct sl_ipc	*control_connect(const char *path, uint32_t may_send);

#endif
