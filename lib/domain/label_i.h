/* label_i.h - inside lib/domain: is a label, decoded, one that UTS #46 4.1 lets pass? */
#ifndef SL_DOMAIN_LABEL_I_H
#define SL_DOMAIN_LABEL_I_H

#include "domain/idna.h"

struct label {
	uint32_t	cp[SL_IDNA_LABEL_MAX];
	size_t		len;
};

/* Does it hold a character written from the right (RFC 5893, 1.4)? */
bool		label_is_rtl(const struct label *label);
/* Bits of sl_idna_problem; `bidi`: some label of the domain is RTL. Characters are not looked up
 * in the table of what is allowed: that is the mapping's. */
unsigned	label_problems(const struct label *label, bool bidi);

#endif
