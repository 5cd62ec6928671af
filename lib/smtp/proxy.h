/*
 * proxy.h - PROXY protocol v1 and v2, receiving side (HAProxy doc/proxy-protocol.txt)
 *
 * Only what makes sense before SMTP is taken: streams over IPv4 and IPv6, and the forms that say
 * "nothing known". Of the TLVs the framing is checked and the CRC32C, if there is one; what they
 * say is not used. Memory: none; the longest header is SL_SMTP_PROXY_MAX bytes.
 */
#ifndef SL_SMTP_PROXY_H
#define SL_SMTP_PROXY_H

#include "sl/base.h"

#include <sys/socket.h>

#define SL_SMTP_PROXY_MAX	4096	/* bytes of a v2 header with its TLVs that we accept */

struct sl_smtp_proxy {
	bool			local;		/* LOCAL, UNKNOWN, UNSPEC or a Unix socket: use the
						 * connection's own peer */
	struct sockaddr_storage	source;		/* else AF_INET or AF_INET6, port set */
	struct sockaddr_storage	destination;
};

/* Read the header at the front of `in`. SL_DONE (*used_out its length), SL_MORE, SL_ERR_SYNTAX
 * or SL_ERR_TOO_LONG: close the connection without a word. A v2 CRC32C TLV is checked. An error
 * is told as soon as the bytes cannot become a header any more. */
SL_MUST_USE int	sl_smtp_proxy_parse(struct sl_slice in, struct sl_smtp_proxy *proxy_out,
		    size_t *used_out);

#endif
