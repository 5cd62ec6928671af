/*
 * token_format_i.h - private to the token model: its file, and the arithmetic that learning shares with judging
 *
 * Numbers are little-endian.
 *	 0  8  "SLTOKEN" 0x1a
 *	 8  4  version
 *	12  4  dims: the table has 2^dims rows
 *	16  8  sl_hash of everything from 24 on
 *	24  8  step: what 1 in a row weighs           each a signed fixed point number
 *	32  8  offset of the fitted line              with 32 bits of fraction
 *	40  8  slope of the fitted line
 *	48  8  ham learned
 *	56  8  unwanted mail learned
 *	64  .  rows: a signed byte each
 */
#ifndef SL_TOKEN_FORMAT_I_H
#define SL_TOKEN_FORMAT_I_H

#include <math.h>

#include "sl/base.h"

#define TOKEN_MAGIC		"SLTOKEN\x1a"
#define TOKEN_VERSION		1
#define TOKEN_DIMS_MIN		12
#define TOKEN_DIMS_MAX		22
#define TOKEN_HEAD_BYTES	64
#define TOKEN_FRACTION		4294967296.0

/* Beyond this many log-odds they grow as a logarithm: held-back mail shows no more sureness. */
#define TOKEN_SURE		6.0

static inline double
token_squeeze(double value)
{
	double size = fabs(value);

	return size <= TOKEN_SURE ? value : copysign(TOKEN_SURE + log1p(size - TOKEN_SURE), value);
}

static inline uint64_t
token_get_le(const unsigned char *p, size_t len)
{
	uint64_t value = 0;

	while (len-- > 0)
		value = value << 8 | p[len];
	return value;
}

static inline void
token_put_le(unsigned char *p, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)(value >> (8 * i));
}

#endif
