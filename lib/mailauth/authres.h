/*
 * authres.h - Authentication-Results: written, read, and told from forged ones (RFC 8601)
 *
 * What we write stands in front of the message, and mail programs believe it. So a field that
 * came with the message and bears our name has to go, however it spells that name: in quotes,
 * in capitals, behind comments, as U-label, with a final dot. One that cannot be read may be
 * read by somebody else: it goes too; but for the form without any name that a large provider
 * puts into all it sends ("spf=pass ...; dkim=pass ..."), if our name is nowhere in it.
 *
 * Memory: none. Nothing from outside is written but in quotes, without control bytes.
 */
#ifndef SL_MAILAUTH_AUTHRES_H
#define SL_MAILAUTH_AUTHRES_H

#include "mailauth/arc.h"
#include "mailauth/client.h"
#include "mailauth/dkim.h"
#include "mailauth/dmarc.h"
#include "mailauth/spf.h"

#define SL_AUTHRES_PROPERTIES_MAX	16

/* ---- reading ---- */

struct sl_authres {
	char		id[SL_DNS_NAME_MAX + 1];	/* authserv-id, unquoted; "" if it is too long or absent */
	struct sl_slice	rest;				/* results not taken yet */
};

struct sl_authres_property {
	struct sl_slice	name;	/* "smtp.mailfrom" */
	struct sl_slice	value;	/* as written: a quoted string keeps its quotes */
};

struct sl_authres_result {
	struct sl_slice			method;		/* "spf", without version */
	struct sl_slice			result;		/* "pass" */
	struct sl_slice			reason;		/* as written; empty if absent */
	struct sl_authres_property	properties[SL_AUTHRES_PROPERTIES_MAX];	/* the others are dropped */
	size_t				property_count;
};

/* Read the front of a field's value. Returns 0 or SL_ERR_SYNTAX. */
SL_MUST_USE int	sl_authres_begin(struct sl_slice value, struct sl_authres *authres_out);
/* Take the next result. SL_MORE: there is one; SL_DONE: no more ("none" is no result);
 * SL_ERR_SYNTAX. */
SL_MUST_USE int	sl_authres_next(struct sl_authres *authres, struct sl_authres_result *result_out);

/* Must the field with this name and value be removed, as it speaks, or might be read to speak,
 * for `id`? */
bool	sl_authres_is_forged(struct sl_slice name, struct sl_slice value, const char *id);

/* ---- writing ---- */

/* What there is to say; NULL and empty: nothing. All done. */
struct sl_authres_input {
	const char			*id;		/* our name */
	const struct sl_iprev		*iprev;
	struct sl_slice			 address;	/* the client's, as text, for iprev */
	const struct sl_spf		*spf;		/* of MAIL FROM */
	struct sl_slice			 mail_from;	/* as given, without brackets */
	const struct sl_spf		*spf_helo;
	const struct sl_dkim		*dkim;
	const struct sl_dmarc		*dmarc;
	const struct sl_arc		*arc;
};

/* Add the value, folded, from the authserv-id on, no CRLF at its end: for a field of our own,
 * and for the results field of a chain. */
void	sl_authres_add(struct sl_buf *out, const struct sl_authres_input *input);

#endif
