/*
 * console.h - private to sluicectl: a channel to the console
 */
#ifndef SLUICECTL_CONSOLE_H
#define SLUICECTL_CONSOLE_H

#include "ipc/ipc.h"

/* Where it answers: $SLUICE_CONSOLE, or the usual place if something is there; else NULL. */
const char	*console_socket(void);
/* NULL: said why. */
struct sl_ipc	*console_connect(const char *path, uint64_t may_send);

#endif
