/*
 * moods.h - sockets that are full or empty for a moment, short, or interrupted, by a seeded pattern
 *
 * For tests that put functions in the place of the C library's (read, write, sendmsg ...): socket_mood() says before each call how much of
 * it may pass.
 */
#ifndef TEST_MOODS_H
#define TEST_MOODS_H

#include <errno.h>

#include "sl/base.h"

static uint64_t socket_moods;		/* 0: sockets are what they are; else a seed, and what came of it */

/* Returns how many of `len` bytes may pass, or 0 with errno set. */
static inline size_t
socket_mood(size_t len)
{
	socket_moods = socket_moods * 6364136223846793005u + 1442695040888963407u;
	switch (socket_moods >> 33 & 7) {
	case 0:
	case 1:
		errno = EAGAIN;
		return 0;
	case 2:
		errno = EINTR;
		return 0;
	case 3:
	case 4:
		return SL_MIN(len, (size_t)1);
	case 5:
		return SL_MIN(len, (size_t)(socket_moods >> 40 & 4095) + 1);
	default:
		return len;
	}
}

#endif
