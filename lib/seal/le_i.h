/*
 * le_i.h - numbers as they lie in sealed records and on the vault's disks: little-endian, of fixed width
 */
#ifndef SL_SEAL_LE_I_H
#define SL_SEAL_LE_I_H

#include "sl/base.h"

static inline void
le_put(unsigned char *out, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)(v >> (8 * i));
}

static inline uint64_t
le_get(const unsigned char *in, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)in[i] << (8 * i);
	return v;
}

#endif
