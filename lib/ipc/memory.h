/*
 * memory.h - the memory in which edges keep what has been before: made by the parent, mapped by each edge
 *
 * A head, then who is to send to some recipients separately (the edge's splits.h), the table of senders (reputation/reputation.h), that of texts (campaign/campaign.h), that of
 * correspondents (classify/correspondents.h); lengths may be 0. It is sealed: its size stays. It outlives edges, and ends with the parent. The keys are
 * made with it, and so are nowhere else. An edge copies the head when it maps it: who changes it later changes
 * nothing for those that run.
 */
#ifndef SL_IPC_MEMORY_H
#define SL_IPC_MEMORY_H

#include "sl/base.h"

#define SL_MEMORY_MAGIC		0x534c4d33u	/* SLM3; another layout has another number */
#define SL_MEMORY_SPLITS_AT	4096
#define SL_MEMORY_SPLITS_BYTES	65536
#define SL_MEMORY_HEAD_BYTES	(SL_MEMORY_SPLITS_AT + SL_MEMORY_SPLITS_BYTES)	/* in front of the tables */
#define SL_MEMORY_KEY_BYTES	16

struct sl_memory_head {
	uint32_t	magic;
	uint64_t	senders_bytes, texts_bytes, contacts_bytes;	/* multiples of 64; all of the memory but the head */
	unsigned char	senders_key[SL_MEMORY_KEY_BYTES];
	unsigned char	texts_key[SL_MEMORY_KEY_BYTES];
	unsigned char	contacts_key[SL_MEMORY_KEY_BYTES];
	unsigned char	print_key[SL_MEMORY_KEY_BYTES];	/* of fingerprints */
};

/* Made: the descriptor (close-on-exec), or -1 with errno; also if all are 0 (then errno is 0). */
int	sl_memory_new(uint64_t senders_bytes, uint64_t texts_bytes, uint64_t contacts_bytes);

#endif
