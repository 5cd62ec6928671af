/*
 * bits_i.h - a growing set of small numbers, and a random one that is not in it
 */
#ifndef SL_VAULT_BITS_I_H
#define SL_VAULT_BITS_I_H

#include "sl/base.h"

#define BITS_NONE	UINT32_MAX

struct bits {
	uint64_t	*words;
	uint32_t	 count;		/* numbers below it exist */
	uint32_t	 used;		/* are in the set */
};

void		bits_fini(struct bits *bits);
void		bits_grow(struct bits *bits, uint32_t count);	/* the new ones are not in the set */
static inline bool
bits_has(const struct bits *bits, uint32_t i)
{
	return bits->words[i / 64] >> (i % 64) & 1;
}
void		bits_set(struct bits *bits, uint32_t i, bool in);	/* setting twice is fine */
/* One of those from `from` on that are not in the set, each as likely as the others; BITS_NONE. */
uint32_t	bits_random_free(const struct bits *bits, uint32_t from);
uint32_t	bits_first_free(const struct bits *bits, uint32_t from);
/* The length of the free run at `i`, at most `max`. */
uint32_t	bits_free_run(const struct bits *bits, uint32_t i, uint32_t max);
uint32_t	bits_random(uint32_t below);		/* each as likely */

#endif
