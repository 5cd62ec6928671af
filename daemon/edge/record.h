/*
 * record.h - one JSON line per transaction: ids, times, verdict, evidence, the next hop's reply
 *
 * No content. Lines are gathered over a turn of the loop and written at its end; what cannot be
 * written (disk full, nobody reads) is counted and dropped: records never hold mail up.
 */
#ifndef EDGE_RECORD_H
#define EDGE_RECORD_H

#include "session.h"

struct record_writer;

struct record_writer *record_writer_new(int fd, struct sl_stats *stats);	/* fd taken, -1: none */
void	record_writer_free(struct record_writer **writer);
void	record_writer_reopen(struct record_writer *writer, int fd);	/* fd taken */
/* `outcome` is one of delivered, quarantined, refused, deferred, hop-refused, malformed, aborted, uncertain. Where there was no message it is
 * found out here what there was (record/record.h, SL_RECORD_EARLY), and such lines are bounded (flood.h). */
void	record_transaction(const struct session *s, const char *outcome);
/* MAIL from that sender ({NULL, 0}: not understood) was refused; `id` is in the answer. Bounded, too. */
void	record_mail_refused(const struct session *s, const char *id, struct sl_slice sender, enum sl_record_why why, const struct answer *answer);
/* The session was refused before any mail; its id is in the answer. NULL: there was none. Bounded, too. */
void	record_session_refused(const struct session *s, enum sl_record_why why, const struct answer *answer);
void	record_flush(struct record_writer *writer);

#endif
