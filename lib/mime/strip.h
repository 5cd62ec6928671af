/*
 * strip.h - take fields with a given name out of a streaming header, nothing else
 *
 * A push filter over decoded bytes (dots removed, line ends CRLF): every byte of the header
 * is passed on as it came, but for fields whose name begins with one of the prefixes: they
 * are dropped with their folded lines. Forged copies of the headers a gateway adds must not
 * reach the next hop. White space before the colon or letter case is no way around it.
 * Counts Received fields on the way (RFC 5321, 6.3).
 *
 * Memory: fixed; cuts never matter. The header ends at the first empty line.
 */
#ifndef SL_MIME_STRIP_H
#define SL_MIME_STRIP_H

#include "sl/base.h"

#define SL_STRIP_NAME_MAX	64	/* bytes of a line held until its name is known */

typedef void sl_strip_sink(void *ctx, const unsigned char *data, size_t len);

struct sl_strip {
	const struct sl_slice	*prefixes;	/* kept; lower or upper case */
	size_t			 prefixes_len;
	sl_strip_sink		*sink;		/* kept */
	void			*ctx;
	unsigned char		 state;
	bool			 dropping;	/* the field the line belongs to */
	unsigned		 received;	/* Received fields seen */
	unsigned		 dropped;	/* fields taken out */
	unsigned char		 held_len;
	unsigned char		 held[SL_STRIP_NAME_MAX];
};

void	sl_strip_init(struct sl_strip *strip, const struct sl_slice *prefixes, size_t prefixes_len,
	    sl_strip_sink *sink, void *ctx);
/* Returns SL_MORE, or SL_DONE when data[*used_out] is the first byte of the body (the empty line
 * has been passed on); then it must not be fed again. */
SL_MUST_USE int	sl_strip_feed(struct sl_strip *strip, const unsigned char *data, size_t len,
		    size_t *used_out);
/* The message ended inside the header: pass on what is held. */
void	sl_strip_finish(struct sl_strip *strip);

#endif
