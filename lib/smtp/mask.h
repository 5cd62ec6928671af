/*
 * mask.h - pass on a next hop's reply without its internal names (P7)
 *
 * Host names under the next hop's own names, its addresses and private addresses are
 * replaced; the sender's own address, recipients' addresses, URLs of public documentation
 * and everything else stay, since a human sender has to understand the refusal.
 */
#ifndef SL_SMTP_MASK_H
#define SL_SMTP_MASK_H

#include "sl/buf.h"
#include "smtp/reply.h"

struct sl_smtp_mask {
	struct sl_slice	 our_name;	/* written where a secret name or address stood */
	struct sl_slice	 names[4];	/* host names that must not show: of banner, EHLO reply, settings;
					 * also hosts under the same parent domain, if that has >= 2 labels
					 * and is not `keep_domain` */
	size_t		 names_len;
	struct sl_slice	 address;	/* the next hop's address as text, without port */
	struct sl_slice	 keep_domain;	/* the recipients' domain: user@keep_domain stays */
};

/* Add the reply's text, lines parted by '\n', masked. Addresses in 10/8, 172.16/12, 192.168/16,
 * 127/8, 169.254/16, fc00::/7, fe80::/10, ::1 are always masked, bare or in [ ]. */
void	sl_smtp_mask_text(struct sl_buf *out, const struct sl_smtp_reply *reply,
	    const struct sl_smtp_mask *mask);

#endif
