/*
 * letter.h - writing mail: header fields, quoted-printable, dates (RFC 5322, 2045, 2047)
 *
 * What is written is ASCII in lines of at most 76 bytes with CRLF, whatever the text; header fields that were given
 * line ends or controls do not get them. Memory: the output.
 */
#ifndef SL_DIGEST_LETTER_H
#define SL_DIGEST_LETTER_H

#include "digest/zone.h"
#include "sl/buf.h"

/* "Subject: ...": UTF-8, folded; encoded words where it must be. */
void	sl_letter_field(struct sl_buf *out, const char *name, struct sl_slice text);
/* "From: Name <mailbox>"; without `name` "From: <mailbox>". The mailbox has been checked, and is written as it is. */
void	sl_letter_address(struct sl_buf *out, const char *name, struct sl_slice display, struct sl_slice mailbox);
/* "Date: Thu, 26 Nov 2026 15:32:11 +0100" by the clock of a zone. */
void	sl_letter_date(struct sl_buf *out, const char *name, int64_t utc_s, const struct sl_zone *zone);
/* A body, its lines ended by LF: quoted-printable. */
void	sl_letter_quoted(struct sl_buf *out, struct sl_slice text);

#endif
