/*
 * strip.h - take certain fields out of a streaming header, nothing else
 *
 * A push filter over decoded bytes (dots removed, line ends CRLF): every byte of the header
 * is passed on as it came, but for the fields that the rules name: they are dropped with their
 * folded lines. Forged copies of the headers a gateway adds must not reach the next hop.
 *  - A field whose name begins with one of the prefixes goes. White space before the colon
 *    or letter case is no way around it.
 *  - A field with the watched name is held until its end, and its owner asked whether it goes:
 *    by its value. Of a long one only the front is held and shown; the owner decides by that.
 * Counts Received fields on the way (RFC 5321, 6.3).
 *
 * Memory: fixed, and SL_STRIP_FIELD_MAX while a watched field is read; cuts never matter. The
 * header ends at the first empty line.
 */
#ifndef SL_MIME_STRIP_H
#define SL_MIME_STRIP_H

#include "sl/buf.h"

#define SL_STRIP_NAME_MAX	64	/* bytes of a line held until its name is known */
#define SL_STRIP_FIELD_MAX	2048	/* bytes of a watched field that are held */

typedef void sl_strip_sink(void *ctx, const unsigned char *data, size_t len);
/* Must this field go? `name` has no white space around it, `value` is what follows the colon, folds
 * as sent. `cut`: there is more of it, or there is no colon where one should be. */
typedef bool sl_strip_drop(void *ctx, struct sl_slice name, struct sl_slice value, bool cut);

struct sl_strip_rules {			/* all kept */
	const struct sl_slice	*prefixes;	/* lower or upper case */
	size_t			 prefixes_len;
	struct sl_slice		 watched;	/* a name in any case; empty: none */
	sl_strip_drop		*drop;		/* of a watched field; NULL: they stay */
};

struct sl_strip {
	struct sl_strip_rules	 rules;
	sl_strip_sink		*sink;		/* kept */
	void			*ctx;		/* for sink and drop */
	unsigned char		 state;
	bool			 dropping;	/* the field the line belongs to */
	unsigned		 received;	/* Received fields seen */
	unsigned		 dropped;	/* fields taken out */
	unsigned char		 held_len;
	unsigned char		 held[SL_STRIP_NAME_MAX];
	struct sl_buf		 field;		/* a watched one, as far as it has come */
};

void	sl_strip_init(struct sl_strip *strip, const struct sl_strip_rules *rules, sl_strip_sink *sink,
	    void *ctx);
void	sl_strip_fini(struct sl_strip *strip);	/* fine on a zero-filled one */
/* Returns SL_MORE, or SL_DONE when data[*used_out] is the first byte of the body (the empty line
 * has been passed on); then it must not be fed again. */
SL_MUST_USE int	sl_strip_feed(struct sl_strip *strip, const unsigned char *data, size_t len,
		    size_t *used_out);
/* The message ended inside the header: pass on what is held. */
void	sl_strip_finish(struct sl_strip *strip);

#endif
