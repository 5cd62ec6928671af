/*
 * zone.h - what a clock on the wall shows, from the bytes of a TZif file (RFC 8536, RFC 9636)
 *
 * Not by the C library: its zone is the process's, read from files when it likes, and not for two threads or for
 * a process without files. Here the bytes are handed in once and read within bounds; a zone is only read afterwards.
 *
 * Memory: up to SL_ZONE_TRANSITIONS_MAX times 9 bytes and 5 KiB. Time: looking up is a binary search.
 * Refused: files that are cut or whose parts contradict each other; version 1's times are passed over where there are
 * those of version 2. Leap seconds are not applied: system time has none.
 */
#ifndef SL_DIGEST_ZONE_H
#define SL_DIGEST_ZONE_H

#include "sl/base.h"

#define SL_ZONE_BYTES_MAX	65536u	/* of a file */
#define SL_ZONE_TRANSITIONS_MAX	4096u
#define SL_ZONE_NAME_MAX	16u	/* "CEST", its NUL counted; longer ones are cut */

struct sl_zone;

/* Read a file's bytes. Returns 0, SL_ERR_SYNTAX, SL_ERR_TRUNCATED or SL_ERR_TOO_LONG. */
SL_MUST_USE int	sl_zone_read(struct sl_slice tzif, struct sl_zone **zone_out);
void		sl_zone_free(struct sl_zone **zone);	/* NULL is fine */

struct sl_zone_offset {
	int32_t	seconds;		/* local - UTC */
	bool	summer;
	char	name[SL_ZONE_NAME_MAX];	/* "CEST" or "+03" */
};
/* What holds at a time (seconds since 1970, UTC). `zone` NULL: UTC. */
void	sl_zone_at(const struct sl_zone *zone, int64_t utc_s, struct sl_zone_offset *offset_out);

/* When does the clock show this? `local_s` is what it shows, as seconds since 1970 of such a clock. Shown twice: the
 * first time. Not shown, as it was put forward: by the clock as it ran before (02:30 is 03:30; RFC 5545, 3.3.5). */
int64_t	sl_zone_utc(const struct sl_zone *zone, int64_t local_s);

/* Dates of the Gregorian calendar. */
struct sl_civil {
	int64_t		year;
	unsigned	month, day;		/* from 1 */
	unsigned	hour, minute, second;
	unsigned	weekday;		/* 0: Monday */
};
void	sl_civil_of(int64_t local_s, struct sl_civil *civil_out);
int64_t	sl_civil_days(int64_t year, unsigned month, unsigned day);	/* since 1970-01-01 */

#endif
