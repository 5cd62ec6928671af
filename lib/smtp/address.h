/*
 * address.h - mailboxes and paths of SMTP commands (RFC 5321, 4.1.2; RFC 6531 for UTF-8)
 *
 * Refuses what the grammar does not allow; tolerates what real senders do and nobody can
 * misread: an absent pair of angle brackets is not one of these. A source route is
 * accepted and dropped (RFC 5321, C).
 */
#ifndef SL_SMTP_ADDRESS_H
#define SL_SMTP_ADDRESS_H

#include "sl/base.h"

struct sl_smtp_address {
	struct sl_slice	mailbox;	/* local@domain as written, no brackets, no source route; empty: <> */
	struct sl_slice	local;		/* as written: quotes kept */
	struct sl_slice	domain;		/* as written: a literal keeps its [ ]; empty for <> and <postmaster> */
	bool		is_null;	/* <> */
	bool		is_literal;	/* the domain is an address literal */
	bool		is_utf8;	/* has a byte above 0x7f: needs SMTPUTF8 (RFC 6531) */
};

/* Parse the path at the front of `in`, "<...>" with its brackets (RFC 5321: Reverse-path and
 * Forward-path; `<postmaster>` without domain is a forward path). Slices point into `in`.
 * Returns SL_DONE and sets *used_out past the '>', or SL_ERR_SYNTAX, or SL_ERR_TOO_LONG (local
 * part over 64, domain over 255, path over 256 octets: RFC 5321, 4.5.3.1). */
SL_MUST_USE int	sl_smtp_path_parse(struct sl_slice in, struct sl_smtp_address *address_out,
		    size_t *used_out);

/* Parse a bare mailbox, local@domain, all of `in`. The same results. */
SL_MUST_USE int	sl_smtp_mailbox_parse(struct sl_slice in, struct sl_smtp_address *address_out);

/* Is `in` a domain name (letters, digits, hyphens, dots; labels of 1 to 63; or UTF-8 labels,
 * RFC 5890) or, with `literal`, an address literal such as [192.0.2.1] or [IPv6:2001:db8::1]?
 * Tolerated here and in mailboxes: underscores, which host names of real senders have. Refused in
 * a UTF-8 label: what some software reads as a dot, as space or as nothing. Limits: whether such
 * a label is one by IDNA's full rules is asked where it is converted. */
bool		sl_smtp_domain_ok(struct sl_slice in, bool literal);

#endif
