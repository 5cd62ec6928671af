/*
 * fold.h - one spelling for all names that look alike (UTS #39, 4, and what forgers do besides)
 *
 * Letters of other scripts become those they look like (ICU's skeleton), marks above and below go, and
 * then what is told apart only by a close look is made the same: 0 o, 1 i l |, 5 s $, 3 e, 4 a, 8 b,
 * "rn" m, "vv" w, "cl" d. The result is for comparison with other results only, and shown to nobody.
 *
 * Memory: none but ICU's own, of which one object is made by sl_fold_preload, before files and system calls
 * are given up. Without it letters beyond ASCII stay as they are. Time: linear in at most SL_FOLD_IN_MAX bytes.
 */
#ifndef SL_LOOKALIKE_FOLD_H
#define SL_LOOKALIKE_FOLD_H

#include "sl/base.h"

#define SL_FOLD_MAX	64	/* bytes of a result; what goes on is cut */
#define SL_FOLD_IN_MAX	256	/* bytes of text; what goes on is cut */

struct sl_fold;

/* ICU's checker; NULL if it cannot be had. It is only read afterwards: any number of users may share it. */
struct sl_fold	*sl_fold_preload(void);
void		 sl_fold_free(struct sl_fold **fold);	/* NULL is fine */

/* `text` is UTF-8 in any case; ASCII hyphens, dots, spaces, apostrophes and _ in it vanish. Returns the length of the result.
 * `fold` may be NULL. */
size_t		 sl_fold(const struct sl_fold *fold, struct sl_slice text, char out[SL_FOLD_MAX + 1]);

#endif
