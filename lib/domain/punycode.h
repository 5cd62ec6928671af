/*
 * punycode.h - the letters of A-labels (RFC 3492)
 *
 * Only the coding: "xn--" is not part of it, and what makes a good label is domain/idna.h's.
 * Memory: the caller's. Time: the product of both lengths at most, so bound them.
 */
#ifndef SL_DOMAIN_PUNYCODE_H
#define SL_DOMAIN_PUNYCODE_H

#include "sl/base.h"

/* Code points (scalar values) to ASCII, NUL behind it. Returns 0, or SL_ERR_FULL if `out` is too
 * small, which it is not with 5 * len + 2 bytes. */
SL_MUST_USE int	sl_punycode_encode(const uint32_t *in, size_t len, char *out, size_t out_size,
		    size_t *len_out);
/* Returns 0, SL_ERR_SYNTAX, or SL_ERR_FULL for more than `max` code points. Case of basic letters
 * stays; of digits of the coding it means nothing. */
SL_MUST_USE int	sl_punycode_decode(struct sl_slice in, uint32_t *out, size_t max, size_t *len_out);

#endif
