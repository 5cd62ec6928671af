/*
 * utf8.h - UTF-8 as RFC 3629 defines it: shortest forms only, no surrogates,
 * nothing above U+10FFFF
 */
#ifndef SL_UTF8_H
#define SL_UTF8_H

#include "sl/base.h"

/* Decode the character at the front of s. Returns its length in bytes (1 to 4) and sets
 * *c_out, or returns 0 when the front is empty, truncated or not UTF-8. */
size_t	sl_utf8_decode(struct sl_slice s, uint32_t *c_out);
/* Encode c (a valid scalar value) into out. Returns the length, 1 to 4. */
size_t	sl_utf8_encode(uint32_t c, unsigned char out[4]);
/* Is all of s UTF-8? */
bool	sl_utf8_valid(struct sl_slice s);

#endif
