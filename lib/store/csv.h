/*
 * csv.h - tables as text: RFC 4180, and what spreadsheets make of it
 *
 * Read: lines end with CRLF or LF; a byte order mark in front is passed over; what parts the columns is the first of
 * comma, semicolon and tab that the first line has outside quotes. Empty lines are passed over. Written: commas, CRLF,
 * quotes where they are needed.
 *
 * Pure. Memory: one record. Linear. Limits: SL_CSV_FIELDS_MAX fields of a record, SL_CSV_RECORD_MAX bytes.
 */
#ifndef SL_STORE_CSV_H
#define SL_STORE_CSV_H

#include "sl/buf.h"

#define SL_CSV_FIELDS_MAX	64
#define SL_CSV_RECORD_MAX	65536

struct sl_csv {
	struct sl_slice	rest;
	size_t		line;		/* of the record that was read last, from 1 */
	size_t		next_line;
	unsigned char	separator;	/* 0: not known yet */
	struct sl_buf	text;		/* of the record's fields */
	struct sl_slice	fields[SL_CSV_FIELDS_MAX];
	size_t		len;
};

void		sl_csv_init(struct sl_csv *csv, struct sl_slice text);	/* text is borrowed until _fini */
void		sl_csv_fini(struct sl_csv *csv);
/* The next record into fields[0..len), valid until the next call. SL_DONE, 0 at the end, SL_ERR_SYNTAX (a quote that is
 * not closed, or text behind one), SL_ERR_TOO_LONG. */
SL_MUST_USE int	sl_csv_next(struct sl_csv *csv);
/* The number of the column of that name in the record that was read, in any case; -1: there is none. */
int		sl_csv_column(const struct sl_csv *csv, const char *name);

/* Add a field; each but the first has a comma in front. */
void		sl_csv_field(struct sl_buf *out, struct sl_slice field, bool first);
void		sl_csv_end(struct sl_buf *out);

#endif
