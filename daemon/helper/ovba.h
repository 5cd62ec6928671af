/*
 * ovba.h - the compressed text of VBA projects (MS-OVBA, 2.4.1), and what macros say
 */
#ifndef HELPER_OVBA_H
#define HELPER_OVBA_H

#include "inspect.h"

#define OVBA_SOURCE_MAX	(4u << 20)	/* of one module */

/* Unpack a container (its mark 1, then chunks of 4096 bytes) into `out`. Stops at what is no chunk.
 * Returns false if the first chunk is none already. Output is at most 4096 bytes for each 3 of input,
 * and what `out` takes. */
bool	ovba_unpack(struct sl_slice container, struct sl_buf *out);
/* The offset of a container with source text in a module's stream; SIZE_MAX: none. For projects
 * whose directory cannot be read. */
size_t	ovba_find(struct sl_slice stream);
/* Where each module's text starts, by the unpacked `dir` stream (MS-OVBA, 2.3.4.2). */
typedef void ovba_module(void *ctx, struct sl_slice stream_name, uint32_t offset);
/* Returns the count of modules. */
unsigned ovba_directory(struct sl_slice dir, ovba_module *module, void *ctx);

/* macro.c: findings and links of source text. */
void	macro_scan(struct inspection *in, struct sl_slice source);

#endif
