/*
 * fold.h - which fold of the training messages a message belongs to
 *
 * What is learned from scores is learned from held-out ones: every learner judges a fold by a model that
 * has not seen it. The folds are dealt by the normalised subject, so that copies of a campaign and
 * the messages of a thread fall together; all learners deal by this function, so that a message is
 * held out from all of them at once.
 *
 * Pure, and linear in the length of the header. The same message always gives the same fold, whatever its line ends.
 */
#ifndef SL_FOLD_H
#define SL_FOLD_H

#include "sl/base.h"

#define SL_FOLDS	5	/* unless somebody asks for another number */

/* The message's hash: of its first Subject without case, digits, `Re:` and `[tag]`; where that is
 * empty, of the letters that its body begins with. `message` is whole, header and body. */
uint64_t	sl_fold_hash(struct sl_slice message);
/* 0 ... folds - 1; `folds` is at least 1. */
unsigned	sl_fold(struct sl_slice message, unsigned folds);

#endif
