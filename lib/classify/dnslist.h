/*
 * dnslist.h - DNS lists of addresses and of domains (RFC 5782), as evidence
 *
 * A check is made for a message, told of its addresses and domains (the sender's, or those its links lead
 * to: each list says which it is for), asked for its DNS questions
 * (dns/dns.h), and read when done. Lists are what settings say (struct sl_dns_list), each with a
 * weight in log-odds, or one for each of its answers; of several answers the weightiest counts.
 *
 * Lists die, and then answer everything or nothing; public resolvers and over-use are answered
 * with codes that look like listings. So:
 *  - an answer outside 127.0.0.0/8 is none, and says that the list is not one any more;
 *  - 127.255.255.0/24 (Spamhaus and kin), 127.0.0.1 and 127.0.0.255 say that the list will not answer
 *    us, unless settings give the last two a weight;
 *  - a list has test points: 127.0.0.2 or the domain `test` must be listed, 127.0.0.1 or
 *    `invalid` must not (RFC 5782, 5). Who asks lists tests them first, and now and then.
 *
 * Answers may be bit masks (SURBL, URIBL), each bit another list: then a weight counts if all bits of its
 * last number are in the answer's.
 *
 * Memory: 300 bytes a question; for each list one for each address and domain, about links at most
 * SL_DNSLIST_LINK_QUESTIONS_MAX in all.
 */
#ifndef SL_CLASSIFY_DNSLIST_H
#define SL_CLASSIFY_DNSLIST_H

#include "classify/classify.h"
#include "dns/dns.h"
#include "mailauth/client.h"

#define SL_DNSLIST_LINK_QUESTIONS_MAX	64	/* of a message: what is told first is asked of all lists first */

enum sl_dns_list_of {
	SL_DNS_LIST_ADDRESS,		/* the sender's */
	SL_DNS_LIST_DOMAIN,		/* of MAIL FROM, HELO, From */
	SL_DNS_LIST_LINK_DOMAIN,	/* registrable domains of links */
	SL_DNS_LIST_LINK_ADDRESS,	/* addresses in place of a link's host */
};

struct sl_dns_list_answer {
	unsigned char	address[4];
	double		weight;
};

struct sl_dns_list {
	char				*zone;		/* lower case, no final dot */
	enum sl_dns_list_of		 of;
	enum sl_category		 category;
	double				 weight;	/* of an answer that `answers` does not have */
	struct sl_dns_list_answer	*answers;
	size_t				 answers_len;
	bool				 bits;		/* answers are bit masks */
	char				*test;		/* what must be listed; "auto": as RFC 5782 has it;
							 * "none": no test */
};

enum sl_dnslist_result {
	SL_DNSLIST_UNLISTED,
	SL_DNSLIST_LISTED,
	SL_DNSLIST_UNKNOWN,	/* DNS did not answer */
	SL_DNSLIST_REFUSED,	/* the list does not answer us: public resolver, over a limit */
	SL_DNSLIST_BROKEN,	/* answers outside 127.0.0.0/8: no list any more */
};

/* What an answer of `list` means; *weight_out is set when LISTED. */
enum sl_dnslist_result	sl_dnslist_read(const struct sl_dns_list *list, const struct sl_dns_answer *answer,
			    double *weight_out);
/* The names of its two test points: `listed` must be, `unlisted` must not. "" : no test. */
void	sl_dnslist_test_names(const struct sl_dns_list *list, char listed[SL_DNS_NAME_MAX + 1],
	    char unlisted[SL_DNS_NAME_MAX + 1]);

struct sl_dnslist_check;

/* `lists` are kept. */
struct sl_dnslist_check	*sl_dnslist_new(const struct sl_dns_list *lists, size_t lists_len);
void	sl_dnslist_free(struct sl_dnslist_check **check);
/* Do not ask this list. Before anything is added. */
void	sl_dnslist_skip(struct sl_dnslist_check *check, size_t list);
/* Seek this; what is there already, or cannot be asked for, is left out. */
void	sl_dnslist_add_address(struct sl_dnslist_check *check, const struct sl_client_address *address,
	    const char *text);
void	sl_dnslist_add_domain(struct sl_dnslist_check *check, struct sl_slice domain);
/* The same of what a link leads to; `text` is an address without brackets, what is none is left out. */
void	sl_dnslist_add_link_domain(struct sl_dnslist_check *check, struct sl_slice domain);
void	sl_dnslist_add_link_address(struct sl_dnslist_check *check, struct sl_slice text);
extern const struct sl_dns_client sl_dnslist_dns;	/* `evaluator` is a struct sl_dnslist_check */
/* Has everything that was added been answered? More may be added still. */
bool	sl_dnslist_done(const struct sl_dnslist_check *check);
void	sl_dnslist_expire(struct sl_dnslist_check *check);	/* what is not here is UNKNOWN; no answers after this */

struct sl_dnslist_finding {
	size_t			 list;		/* its place in `lists` */
	const char		*subject;	/* the address or domain sought */
	enum sl_dnslist_result	 result;
	double			 weight;
};
/* When done. */
size_t	sl_dnslist_count(const struct sl_dnslist_check *check);
struct sl_dnslist_finding sl_dnslist_get(const struct sl_dnslist_check *check, size_t i);
/* Add a piece for each listing, "dnslist" of a sender and "dnslist_link" of a link. Sentences are kept in arena. */
void	sl_dnslist_evidence(const struct sl_dnslist_check *check, struct sl_arena *arena,
	    struct sl_verdict *verdict);

#endif
