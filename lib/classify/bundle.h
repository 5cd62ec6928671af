/*
 * bundle.h - what was learned together, in one file: the models and the combiner that weighs them
 *
 * A combiner fits the models it was trained with and no others, so they are one file, mapped read-only and
 * swapped whole. Numbers are little-endian.
 *	 0  8  "SLMODELS"
 *	 8  4  version
 *	12  4  number of sections, 1 ... 16
 *	16  8  sl_hash of everything from 24 on
 *	24  .  sections: 24 bytes of name (a-z, 0-9, _; the rest NUL), 8 offset, 8 length
 *	 .  .  their bytes, each from a multiple of 64 on
 */
#ifndef SL_BUNDLE_H
#define SL_BUNDLE_H

#include "sl/buf.h"

#define SL_BUNDLE_VERSION	1
#define SL_BUNDLE_SECTIONS_MAX	16
#define SL_BUNDLE_NAME_MAX	23

struct sl_bundle_section {
	char		name[SL_BUNDLE_NAME_MAX + 1];
	struct sl_slice	bytes;
};

struct sl_bundle {
	struct sl_bundle_section	sections[SL_BUNDLE_SECTIONS_MAX];	/* borrow the file's bytes */
	size_t				len;
	char				id[17];	/* short hash, for the record */
};

/* Look through a file's bytes. Returns 0, or SL_ERR_TRUNCATED, SL_ERR_SYNTAX (no bundle, or damaged),
 * SL_ERR_VERSION. */
SL_MUST_USE int	sl_bundle_open(struct sl_bundle *bundle, struct sl_slice bytes);
/* Empty if there is none of that name. */
struct sl_slice	sl_bundle_section(const struct sl_bundle *bundle, const char *name);

/* Append the file's bytes, made of sections[0 ... len). Returns 0 or SL_ERR_FULL. */
SL_MUST_USE int	sl_bundle_write(const struct sl_bundle_section *sections, size_t len, struct sl_buf *out);

#endif
