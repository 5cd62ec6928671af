/*
 * bytegram_i.h - private to the n-gram model: which bytes of a message the byte view sees
 *
 * Training and scoring drive the same reader. Memory: fixed, given by the struct. Chunks: where the
 * message is cut changes nothing. CR is dropped, so that line ends do not count.
 */
#ifndef SL_BYTEGRAM_I_H
#define SL_BYTEGRAM_I_H

#include "classify/classify.h"

#define BYTEGRAM_BYTES		4000u
#define BYTEGRAM_BYTES_ALL	6000u	/* where all fields count ... */
#define BYTEGRAM_HEADER_ALL	3000u	/* ... of which the header */
#define BYTEGRAM_NAME_MAX	16	/* of a field's name; no longer one counts by its name */
#define BYTEGRAM_SEEN_BITS	16

enum bytegram_state {
	BYTEGRAM_NAME = 0,	/* at the begin or in the name of a field */
	BYTEGRAM_TAKE,		/* in a field that counts */
	BYTEGRAM_SKIP,		/* in one that does not */
	BYTEGRAM_BODY,
};

struct bytegram_view {
	bool			 all_headers;
	bool			 line_start;	/* of the header's line */
	enum bytegram_state	 state;
	uint32_t		 len;
	uint32_t		 name_len;
	unsigned char		 name[BYTEGRAM_NAME_MAX];
	unsigned char		 bytes[BYTEGRAM_BYTES_ALL];
};

void		bytegram_view_init(struct bytegram_view *view, bool all_headers);
void		bytegram_view_feed(struct bytegram_view *view, struct sl_slice bytes);
/* The rows (of a table of 2^(32-shift), shift at least 12 and at most 20) that its runs of four bytes fall on, each once, in
 * the order of their coming; ends_out (or NULL) gets where the run ends. Both have room for
 * BYTEGRAM_BYTES_ALL. Returns how many. */
uint32_t	bytegram_view_rows(const struct bytegram_view *view, unsigned shift, uint32_t *rows_out,
		    uint16_t *ends_out);

/* Feeds a struct bytegram_view, which is its `model`; gives no evidence. */
extern const struct sl_classifier bytegram_listener;

#endif
