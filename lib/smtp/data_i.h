/*
 * data_i.h - the ways to look at a block of DATA text, for data.c and its tests
 *
 * All give the same masks; sl_smtp_data_init takes the fastest that the CPU has.
 */
#ifndef SL_SMTP_DATA_I_H
#define SL_SMTP_DATA_I_H

#include "smtp/data.h"

enum sl_smtp_data_kernel {
	SL_SMTP_DATA_PORTABLE,	/* eight bytes at a time in plain C */
	SL_SMTP_DATA_SSE2,	/* every x86-64 */
	SL_SMTP_DATA_AVX2,
	SL_SMTP_DATA_KERNELS,
};

/* Can this CPU run it? */
bool	sl_smtp_data_kernel_ok(enum sl_smtp_data_kernel kernel);

#endif
