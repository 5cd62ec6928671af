/*
 * suffix.h - where in a name the part begins that somebody registered (publicsuffix.org)
 *
 * The list of public suffixes ("com", "co.uk", "github.io") says below which names anybody can
 * have his own. What stands one label below is the registrable domain: the unit of reputation,
 * and of DMARC in RFC 7489's way (hand sl_suffix_organisation and a struct sl_suffix to
 * sl_dmarc_new).
 *
 * The list is read once, when it is opened; after that it is only read, so that any number of
 * users may share it, and no file is needed. Memory: about 1 MB for a list from a file.
 */
#ifndef SL_DOMAIN_SUFFIX_H
#define SL_DOMAIN_SUFFIX_H

#include "dns/dns.h"

struct sl_suffix;

/* `path` of a public_suffix_list.dat, or NULL: the newest of the packaged ones (Debian's
 * publicsuffix), or else the one libpsl was built with. NULL if there is none. */
struct sl_suffix	*sl_suffix_open(const char *path);
/* A list that the caller has read. NULL if there is no rule in it. */
struct sl_suffix	*sl_suffix_read(struct sl_slice text);
void			 sl_suffix_free(struct sl_suffix **suffix);

/* The registrable domain: one label below the public suffix of `domain`, which may have A-labels
 * or U-labels and any case; a tail of it. Empty if it is a suffix itself, or no name (a dot at
 * the front, an empty label, too long). A suffix that is not on the list is one label. */
struct sl_slice	sl_suffix_registrable(const struct sl_suffix *suffix, struct sl_slice domain);

/* Is there such a top-level domain on the list? `tld`: one label, A-label if it is no ASCII. */
bool		sl_suffix_has_tld(const struct sl_suffix *suffix, struct sl_slice tld);

/* The registrable domain of `domain` (lower case A-labels), or all of it if there is none. A
 * sl_dmarc_suffix: `ctx` is a struct sl_suffix. */
struct sl_slice	sl_suffix_organisation(void *ctx, struct sl_slice domain);

#endif
