/*
 * client.h - what DNS says of who connected: its own name (iprev), and the one it gives itself
 *
 * Two evaluators that are asked for their DNS questions (dns/dns.h) and read when done.
 *
 * iprev (RFC 8601, 3): the names that the address has in reverse DNS, and whether one of them
 * leads back to it. Looked at are the first 5 names.
 *
 * HELO (RFC 5321, 4.1.4: not a reason to refuse by itself): whether the name can be what a
 * server on the Internet is called, exists, and leads to the client.
 *
 * Memory: 2 KiB each.
 */
#ifndef SL_MAILAUTH_CLIENT_H
#define SL_MAILAUTH_CLIENT_H

#include "dns/dns.h"

#define SL_IPREV_NAMES_MAX	5

struct sl_client_address {
	unsigned char	octets[16];	/* network order; IPv4 in the first 4 */
	bool		is_ipv6;	/* never a mapped IPv4 address: see sl_client_address_set */
};

/* From 4 or 16 octets; ::ffff:a.b.c.d becomes IPv4. */
void	sl_client_address_set(struct sl_client_address *address, const unsigned char *octets, bool is_ipv6);
/* "1.2.0.192" or "1.0.0...": the address as reverse DNS and DNS lists spell it, without a zone. */
#define SL_REVERSED_MAX	64
void	sl_client_address_reversed(const struct sl_client_address *address, char out[SL_REVERSED_MAX]);

enum sl_iprev_result {		/* RFC 8601, 2.7.3 */
	SL_IPREV_PASS,
	SL_IPREV_FAIL,		/* names, of which none leads back */
	SL_IPREV_TEMPERROR,
	SL_IPREV_PERMERROR,	/* no name */
};

struct sl_iprev;

struct sl_iprev	*sl_iprev_new(const struct sl_client_address *address);	/* never NULL */
void		 sl_iprev_free(struct sl_iprev **iprev);
extern const struct sl_dns_client sl_iprev_dns;		/* `evaluator` is a struct sl_iprev */
bool		 sl_iprev_done(const struct sl_iprev *iprev);
void		 sl_iprev_expire(struct sl_iprev *iprev);	/* time is up; no answers after this */
/* When done. */
enum sl_iprev_result	 sl_iprev_result(const struct sl_iprev *iprev);
const char		*sl_iprev_name(const struct sl_iprev *iprev);	/* that leads back, or the first; or "" */
const char		*sl_iprev_result_name(enum sl_iprev_result result);

enum sl_helo_result {
	SL_HELO_PASS,		/* leads to the client */
	SL_HELO_ELSEWHERE,	/* exists, and does not lead to the client */
	SL_HELO_UNKNOWN,	/* there is no such name */
	SL_HELO_TEMPERROR,
	SL_HELO_LITERAL,	/* the client's own address in brackets */
	SL_HELO_FOREIGN_LITERAL,	/* another address in brackets */
	SL_HELO_BARE,		/* a word, or a bare address: nothing a server is called */
	SL_HELO_OURS,		/* our own name */
};

struct sl_helo;

/* `name` as the client said it, `ours` is the receiver's; borrowed for the call. */
struct sl_helo	*sl_helo_new(struct sl_slice name, const struct sl_client_address *address,
		    struct sl_slice ours);
void		 sl_helo_free(struct sl_helo **helo);
extern const struct sl_dns_client sl_helo_dns;
bool		 sl_helo_done(const struct sl_helo *helo);
void		 sl_helo_expire(struct sl_helo *helo);
/* When done. */
enum sl_helo_result	 sl_helo_result(const struct sl_helo *helo);
const char		*sl_helo_domain(const struct sl_helo *helo);	/* lower case; "" unless it is a domain */
const char		*sl_helo_result_name(enum sl_helo_result result);	/* "elsewhere" */

#endif
