/*
 * say.h - inside lib/classify: a piece of evidence with its facts in its sentence
 *
 * In a sentence %1 and %2 stand for facts: parts of the message, shown as they are but for
 * control characters and what is not UTF-8, and cut to SAY_FACT_MAX bytes.
 */
#ifndef SL_CLASSIFY_SAY_H
#define SL_CLASSIFY_SAY_H

#include "classify/classify.h"

#define SAY_FACT_MAX	80

/* What a piece weighs by itself: a row of a table. */
struct say_row {
	const char	*name;
	double		 spam, phish, bulk;	/* log-odds, of a value of 1 */
	const char	*sentence;
};

/* Add it, `value` being how much of it there is: what it adds grows with that, up to three times. */
void	say(struct sl_arena *arena, struct sl_verdict *verdict, const struct say_row *row, double value,
	    struct sl_slice fact1, struct sl_slice fact2);
/* A copy in the arena of at most SAY_FACT_MAX bytes, not tearing a character; {NULL, 0} if it is full. */
struct sl_slice	say_keep(struct sl_arena *arena, struct sl_slice s);

#endif
