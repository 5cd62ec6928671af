/*
 * transfer_i.h - base64's inner loop (private to lib/mime)
 */
#ifndef SL_MIME_TRANSFER_I_H
#define SL_MIME_TRANSFER_I_H

#include "sl/base.h"

extern const uint8_t base64_values[256];	/* value + 1; 0: not in the alphabet */

#define BASE64_ROOM	32	/* bytes of room that a step may write to, though it gives fewer */

/* Decode groups of four symbols, as many as stand at p with nothing between them and have room. Returns how
 * many bytes of `p` were taken, a multiple of 4: three bytes come of each four. 0 if there is less room
 * than BASE64_ROOM, or no whole group. */
size_t	base64_quanta(const unsigned char *p, size_t len, unsigned char *out, size_t room);
/* The same, a byte at a time: what base64_quanta does without AVX2. */
size_t	base64_quanta_plain(const unsigned char *p, size_t len, unsigned char *out, size_t room);

#endif
