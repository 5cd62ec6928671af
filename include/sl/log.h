/*
 * log.h - what the operator reads: one line per event, never message content
 *
 * Lines go to standard error as `NAME[PID]: level: text`, in one write each, and
 * are dropped rather than waited for when nobody reads (logging never blocks mail).
 * The record of a transaction (one JSON line) is not written here: see edge/record.h.
 */
#ifndef SL_LOG_H
#define SL_LOG_H

#include "sl/base.h"

enum sl_log_level {
	SL_LOG_FATAL,		/* the process ends now */
	SL_LOG_ERROR,		/* somebody has to act */
	SL_LOG_WARNING,		/* mail flows, but not as it should */
	SL_LOG_NOTICE,		/* start, stop, reload, a peer gone or back */
	SL_LOG_DEBUG,		/* state changes of sessions */
};

/* `name` is kept (a literal): "sluiced", "edge-0", ... The default is "sluice", NOTICE. */
void	sl_log_init(const char *name, enum sl_log_level highest);
void	sl_log(enum sl_log_level level, const char *format, ...) SL_PRINTF(2, 3);
bool	sl_log_enabled(enum sl_log_level level);

#endif
