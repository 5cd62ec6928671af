/*
 * clamd.h - the words spoken with clamd over zINSTREAM (clamd(8)); the socket is the caller's
 *
 * To clamd: "zINSTREAM\0", then for each piece a 32-bit big-endian length and the bytes, then
 * a zero length. From clamd: "stream: OK\0", "stream: NAME FOUND\0" or "... ERROR\0", which may
 * come while the message is still being sent (a size limit). The verdict is found, clean, or
 * failed: never clean by accident. Clean is the one reply "stream: OK\0", whole and alone; what
 * was found stays found, whatever follows; all else is failed.
 *
 * Limits: a clamd that falls silent is the caller's to notice (SL_CLAMD_MORE, for ever). With
 * clamd's own MaxFileSize, MaxScanSize and the like a large message may be called clean without
 * having been scanned whole, unless clamd.conf says `AlertExceedsMax yes`.
 */
#ifndef SL_CLAMD_H
#define SL_CLAMD_H

#include "sl/base.h"

#define SL_CLAMD_REPLY_MAX	1024	/* with its NUL; a longer one is failed */

extern const struct sl_slice sl_clamd_start;	/* "zINSTREAM\0" */
extern const struct sl_slice sl_clamd_end;	/* four zero bytes */
void	sl_clamd_length(uint32_t len, unsigned char out[4]);	/* the head of a piece; not 0 */

enum sl_clamd_result {
	SL_CLAMD_MORE,		/* the reply is not complete */
	SL_CLAMD_CLEAN,
	SL_CLAMD_FOUND,		/* *name_out: the signature, printable, at most 128 bytes */
	SL_CLAMD_FAILED,	/* an error, a limit, or no reply at all */
};

/* Look at everything that arrived so far; `closed`: no more will come. Once the result is not
 * SL_CLAMD_MORE it is settled: later bytes need not be read. Names with control bytes are made
 * printable ('?'); Heuristics.Limits.Exceeded.* is FAILED (it was not scanned whole),
 * Heuristics.* otherwise FOUND. name_out is "" unless FOUND. */
enum sl_clamd_result sl_clamd_reply(struct sl_slice in, bool closed, char name_out[129]);

#endif
