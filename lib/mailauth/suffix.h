/*
 * suffix.h - organisational domains by the list of public suffixes (RFC 7489, 3.2)
 *
 * For owners who want RFC 7489's way in place of the tree walk: hand sl_suffix_organisation and
 * a struct sl_suffix to sl_dmarc_new. A library of its own, as it links libpsl; the list is
 * read once, from a file that can be kept fresh or from the one libpsl was built with.
 */
#ifndef SL_MAILAUTH_SUFFIX_H
#define SL_MAILAUTH_SUFFIX_H

#include "mailauth/dmarc.h"

struct sl_suffix;

/* `path` of a public_suffix_list.dat, or NULL: the packaged list. NULL if there is none. */
struct sl_suffix	*sl_suffix_open(const char *path);
void			 sl_suffix_free(struct sl_suffix **suffix);

/* One label below the public suffix of `domain` (lower case A-labels), or all of it if it is a
 * suffix itself. A sl_dmarc_suffix: `ctx` is a struct sl_suffix. */
struct sl_slice		 sl_suffix_organisation(void *ctx, struct sl_slice domain);

#endif
