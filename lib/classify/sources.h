/*
 * sources.h - the collections that training messages come from, as a few groups
 *
 * What a model says of mail like that it has learned from is one thing, what it says of mail from elsewhere
 * another. So a learner can also leave out whole sources, as it leaves out folds (fold.h): each message is
 * then judged by a model that has seen nothing of its source. Every source is a group of its own, up to
 * SL_SOURCES_MAX; further ones share these, by their number.
 */
#ifndef SL_SOURCES_H
#define SL_SOURCES_H

#include "sl/base.h"

#define SL_SOURCES_MAX	16

struct sl_sources {		/* zeroed: none */
	uint64_t	ids[SL_SOURCES_MAX];
	unsigned	len;
};

/* The group of a source, any number; the same for the same one. Groups are numbered in the order of their coming. */
unsigned	sl_sources_group(struct sl_sources *sources, uint64_t source);

#endif
