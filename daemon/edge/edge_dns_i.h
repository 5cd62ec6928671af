/*
 * edge_dns_i.h - a DNS server in this process, for tests of an edge: it answers from a zone, at once,
 * when it is told to, or never
 */
#ifndef EDGE_DNS_I_H
#define EDGE_DNS_I_H

#include <netinet/in.h>

#include "io/loop.h"
#include "mailauth/zone.h"
#include "sl/buf.h"

#define DNS_HELD_MAX	200

/* What a question is for; a test holds some back. */
enum dns_kind {
	DNS_KIND_SPF = 1,	/* TXT of a plain name */
	DNS_KIND_DKIM = 2,	/* TXT below _domainkey */
	DNS_KIND_DMARC = 4,	/* TXT below _dmarc */
	DNS_KIND_PTR = 8,
	DNS_KIND_ADDRESS = 16,	/* A, AAAA, but of lists */
	DNS_KIND_LIST = 32,	/* below list.test, or dbl.test */
	DNS_KINDS = 63,
};

struct dns_held {
	struct sockaddr_in	from;
	size_t			len;
	unsigned char		bytes[512];
};

struct dns {
	struct sl_loop		*loop;
	struct sl_watch		 watch;
	struct sl_dnszone		*zone;
	int			 fd;
	unsigned		 port;
	unsigned		 hold;		/* kinds that are not answered */
	unsigned		 asked;		/* questions that came */
	unsigned		 asked_of[DNS_KINDS + 1];	/* by kind */
	struct dns_held		 held[DNS_HELD_MAX];
	size_t			 held_len;
};

/* Bind a port; the zone is JSON (mailauth/zone.h). It serves once it has a loop. */
void	dns_open(struct dns *dns, const char *zone);
void	dns_use_zone(struct dns *dns, const char *zone);
void	dns_serve(struct dns *dns, struct sl_loop *loop);
/* Answer what was held back, and hold nothing more. */
void	dns_release(struct dns *dns);
void	dns_close(struct dns *dns);	/* before the loop is freed */

#endif
