/*
 * taglist.h - `tag=value; tag=value` (RFC 6376, 3.2), as DKIM, ARC and DMARC use it
 *
 * Strict as the RFC has it: names are letters, digits and "_", begin with a letter, keep
 * their case and occur once; values hold printable ASCII and folds. An empty tag is allowed
 * only at the end. Nothing is copied: values keep inner white space.
 */
#ifndef SL_MAILAUTH_TAGLIST_H
#define SL_MAILAUTH_TAGLIST_H

#include "sl/buf.h"

#define SL_TAGLIST_MAX	32	/* tags; more are SL_ERR_FULL */

struct sl_tag {
	struct sl_slice	name;
	struct sl_slice	value;	/* without white space around it; never a NULL ptr */
	struct sl_slice	field;	/* from behind "=" up to ";" or the end: with that white space */
};

struct sl_taglist {
	size_t		count;
	struct sl_tag	tags[SL_TAGLIST_MAX];
};

/* Returns 0, SL_ERR_SYNTAX or SL_ERR_FULL. Slices point into `in`. */
SL_MUST_USE int	sl_taglist_parse(struct sl_slice in, struct sl_taglist *list_out);
/* The tag, or NULL. */
const struct sl_tag	*sl_taglist_find(const struct sl_taglist *list, const char *name);
/* Its value, or {NULL, 0}. */
struct sl_slice	sl_taglist_get(const struct sl_taglist *list, const char *name);

/* Take the next item of a colon-separated value, white space around it cut. False: no more. */
bool	sl_taglist_item(struct sl_slice *value, struct sl_slice *item_out);

/* Base64 (RFC 4648) with white space anywhere; padding may be absent, nothing may follow it.
 * False if it is none or longer than out_size. */
bool	sl_base64_decode(struct sl_slice text, unsigned char *out, size_t out_size, size_t *len_out);
void	sl_base64_encode(struct sl_slice bytes, struct sl_buf *out);	/* padded, one line */

#endif
