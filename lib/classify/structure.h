/*
 * structure.h - how a message is made, as evidence
 *
 * Fields that are missing, dates and Message-IDs that no mail program writes, subjects that shout, what
 * little there is to read beside links, images and markup, alternatives that say different things, words
 * of mixed scripts, plain text that is encoded for no reason. What content.h finds odd weighs in
 * classify/findings.h and is not repeated here. Evidence is struct_*; doc/links.md has its table.
 *
 * Memory: about 1 KiB in the arena. Time: a pass over the text that is seen, 16 bytes at a time where
 * it is ASCII, and the words of the first STRUCTURE_WORDS_BYTES of each alternative. Where it is cut changes
 * nothing.
 *
 * Limits: the time is compared only if the connection says when the message came.
 */
#ifndef SL_CLASSIFY_STRUCTURE_H
#define SL_CLASSIFY_STRUCTURE_H

#include "classify/classify.h"

extern const struct sl_classifier sl_structure_classifier;	/* `model` may be NULL */

/* What a Date field says (RFC 5322, 3.3, and its obsolete forms). */
enum sl_date_flag {
	SL_DATE_NONE = 1,	/* no date can be read */
	SL_DATE_FORM = 2,	/* read, but not written as the RFC has it */
	SL_DATE_RANGE = 4,	/* a day, an hour ... that does not exist */
	SL_DATE_ZONE = 8,	/* no zone, or one that no place on earth has */
	SL_DATE_WEEKDAY = 16,	/* not that day of the week */
};
/* Flags; *time_out is Unix time, if not SL_DATE_NONE. */
unsigned	sl_date_read(struct sl_slice value, int64_t *time_out);

#endif
