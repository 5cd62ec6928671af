/*
 * headers.h - the header fields of one message, as sent, until its signatures are checked
 *
 * Signatures name fields from the bottom of the header up, so all of it has to be there
 * before the first is checked. One store serves DKIM, ARC, DMARC and whoever else looks back.
 *
 * Memory: the header, at most max_bytes, and 32 octets a field, at most max_fields. What does
 * not fit is left out and `overflow` set: no signature over such a header is believed.
 * Embedded; the memory is kept over a reset.
 */
#ifndef SL_MAILAUTH_HEADERS_H
#define SL_MAILAUTH_HEADERS_H

#include "sl/buf.h"

#define SL_HEADERS_BYTES_MAX	(256u << 10)
#define SL_HEADERS_FIELDS_MAX	1000

struct sl_header_entry;

struct sl_headers {
	struct sl_buf		 bytes;
	struct sl_header_entry	*entries;
	size_t			 count;
	size_t			 room;
	size_t			 max_fields;
	bool			 overflow;
};

void	sl_headers_init(struct sl_headers *headers, size_t max_bytes, size_t max_fields);
void	sl_headers_fini(struct sl_headers *headers);
void	sl_headers_reset(struct sl_headers *headers);

/* Add the next field: "Name: value" with its folds as sent, without the final CRLF. One without
 * a colon, or with nothing before it, is not added. */
void	sl_headers_add(struct sl_headers *headers, struct sl_slice field);

/* Field `i`, from the top. Slices are valid until the next add or reset. */
struct sl_slice	sl_headers_field(const struct sl_headers *headers, size_t i);
struct sl_slice	sl_headers_name(const struct sl_headers *headers, size_t i);	/* no white space */
struct sl_slice	sl_headers_value(const struct sl_headers *headers, size_t i);	/* after the colon */

/* The last field called `name` (case ignored) above place `below`, so that a search from the
 * bottom starts with headers->count. False: none. */
bool	sl_headers_find_up(const struct sl_headers *headers, struct sl_slice name, size_t below,
	    size_t *place_out);
/* How many fields are called `name`. */
size_t	sl_headers_count_of(const struct sl_headers *headers, struct sl_slice name);

#endif
