/*
 * zstd_i.h - zstd on memory that is wiped when it is given back: it holds mail
 */
#ifndef SL_SEAL_ZSTD_I_H
#define SL_SEAL_ZSTD_I_H

#define ZSTD_STATIC_LINKING_ONLY	/* for ZSTD_customMem */
#include <zstd.h>

#include "sl/base.h"

#define SEAL_WINDOW_LOG	16
#define SEAL_LEVEL	1

extern const ZSTD_customMem seal_zstd_memory;

#endif
