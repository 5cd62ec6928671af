/*
 * mask.h - pass on a next hop's reply without its internal names
 *
 * Replaced by our own name are: the next hop's host names and other hosts of the same
 * organisation, hosts under endings that exist only inside a network (.local, .internal, .corp
 * ...), the next hop's address, and private addresses, whatever stands around them. All else
 * stays, since a human sender has to understand the refusal: his own address, the recipients'
 * addresses, host names of others, web addresses of public documentation, statuses, queue ids.
 *
 * What is a host name and what a word is told by its form; no look-up is made. One pass, no
 * memory of its own.
 * Limits: an organisation is guessed from the last two labels of a name, or three where these
 * are a country's common second level (co.uk); a name in another script than the one in `names`
 * (punycode against UTF-8) is not recognised.
 */
#ifndef SL_SMTP_MASK_H
#define SL_SMTP_MASK_H

#include "sl/buf.h"
#include "smtp/reply.h"

struct sl_smtp_mask {
	struct sl_slice	 our_name;	/* written where a secret name or address stood */
	struct sl_slice	 names[4];	/* host names or address literals that must not show: of
					 * banner, EHLO reply, settings. Also hidden: hosts below
					 * them, other hosts of their organisation, and their first
					 * label alone if it looks like a machine's (it has a digit
					 * or a hyphen) */
	size_t		 names_len;
	struct sl_slice	 address;	/* the next hop's address as text, without port */
	struct sl_slice	 keep_domain;	/* the recipients' domain: it stays, and so does user@ it
					 * or a domain below it, unless that is one of `names`;
					 * hosts below it that stand alone are hidden if the next
					 * hop is of the same organisation */
	struct sl_slice	 keep[4];	/* what else stays although it looks internal: the sender's
					 * address, the name it gave in EHLO */
	size_t		 keep_len;
};

/* Add the reply's text, lines parted by '\n', masked. Addresses in 10/8, 172.16/12, 192.168/16,
 * 127/8, 169.254/16, 100.64/10, fc00::/7, fe80::/10, ::1 are always masked, bare or in [ ], also
 * inside web addresses and mapped into IPv6. Of a web address (after "://") the host stays unless
 * it is one of `names`, below one, or has an internal ending. */
void	sl_smtp_mask_text(struct sl_buf *out, const struct sl_smtp_reply *reply,
	    const struct sl_smtp_mask *mask);

#endif
