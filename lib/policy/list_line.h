/*
 * list_line.h - an entry of a list as one line, for files that people import and export, and for comparing versions
 *
 *	deny *.spam.example
 *	allow a@example.com unauthenticated until 2027-01-31 # their server has no DKIM
 *	allow news.example either
 *
 * A word, the entry, what it says more in any order, and behind '#' a note. A day ends at its midnight, UTC; a time may be
 * written as 2027-01-31T12:00:00Z. Printing is canonical, and reads as the same entry.
 *
 * Memory: none; the note lies in the line. Pure.
 */
#ifndef SL_POLICY_LIST_LINE_H
#define SL_POLICY_LIST_LINE_H

#include "policy/list.h"

#define SL_LIST_NOTE_MAX	200	/* bytes: printable UTF-8 */

/* Returns NULL, or what to write instead; static. An empty line, or one with a note alone, is no entry: `*empty_out`. */
const char	*sl_list_line_read(struct sl_slice line, struct sl_list_entry *entry_out, bool *empty_out);
/* Without a line end. `who` is not in it. */
void		 sl_list_line_print(const struct sl_list_entry *entry, struct sl_buf *out);

#endif
