/*
 * auth_dns.h - where the authentication commands have their DNS answers from: a file, or servers
 *
 * Servers get AUTH_DNS_BUDGET_MS for all questions of a command together; what is not answered
 * then is SL_DNS_TEMPERROR.
 */
#ifndef SLUICECTL_AUTH_DNS_H
#define SLUICECTL_AUTH_DNS_H

#include "dns/dns.h"

#define AUTH_DNS_BUDGET_MS	10000

struct auth_dns_options {
	const char	*zone;		/* --dns */
	const char	*resolvers[8];	/* --resolver */
	size_t		 resolvers_len;
};
/* Take the argument of one more --resolver. False: there are too many. */
bool	auth_dns_add_resolver(struct auth_dns_options *options, const char *argument);
/* Is there one source of answers, and one only? */
bool	auth_dns_options_ok(const struct auth_dns_options *options);

struct auth_dns;

/* NULL: said on standard error. */
struct auth_dns	*auth_dns_open(const struct auth_dns_options *options);
void		 auth_dns_free(struct auth_dns **dns);
/* Answer everything `evaluator` asks, until it asks no more. Blocks. */
void		 auth_dns_answer_all(struct auth_dns *dns, const struct sl_dns_client *client,
		    void *evaluator);

#endif
