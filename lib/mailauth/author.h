/*
 * author.h - whose mail does this claim to be? The domain of From (RFC 5322, 3.6.2)
 *
 * DMARC protects what a reader sees, so this parser is strict where mail programs differ in
 * what they show: a route, text behind an angle address, a quoted pair outside quotes, an
 * unquoted second address, a space or comment beside the "@". Such a field has no author. It is tolerant where nobody is misled:
 * dots, brackets and UTF-8 in names, "Doe, Ann <ann@example.com>", a group, empty elements.
 *
 * Memory: none. Linear in the field. Domains in UTF-8 become A-labels (RFC 5890).
 */
#ifndef SL_MAILAUTH_AUTHOR_H
#define SL_MAILAUTH_AUTHOR_H

#include "domain/idna.h"
#include "mailauth/headers.h"

#define SL_AUTHOR_MAILBOXES_MAX	100	/* a field of more cannot be read */

enum sl_author_status {
	SL_AUTHOR_ONE,		/* one domain; perhaps several mailboxes in it */
	SL_AUTHOR_ABSENT,	/* no From */
	SL_AUTHOR_FIELDS,	/* more than one From */
	SL_AUTHOR_SEVERAL,	/* mailboxes of several domains */
	SL_AUTHOR_UNREADABLE,
};

struct sl_author {
	enum sl_author_status	status;
	unsigned		mailboxes;
	char			domain[SL_DNS_NAME_MAX + 1];	/* of ONE; lower case A-labels, else "" */
};

/* A header that did not fit has no readable author. */
void	sl_author_find(const struct sl_headers *headers, struct sl_author *author_out);
/* The same for the value of a single From field. */
void	sl_author_parse(struct sl_slice value, struct sl_author *author_out);
/* A sentence: "there are several From fields". Static. */
const char	*sl_author_status_text(enum sl_author_status status);

#endif
