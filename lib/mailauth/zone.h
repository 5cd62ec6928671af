/*
 * zone.h - a handful of DNS names in a JSON file, for tests and offline evaluation
 *
 *	{ "example.com": [ {"TXT": "v=spf1 mx -all"}, {"MX": [10, "mail.example.com"]} ],
 *	  "slow.example.com": [ {"A": "192.0.2.1"}, "TIMEOUT" ] }
 *
 * A name without an entry is NXDOMAIN; names compare without case. Types are A, AAAA, MX,
 * PTR, TXT, CNAME and SPF. TXT and SPF may be a list of strings, which are joined; code
 * points below 256 stand for bytes. A record of type SPF is TXT too, unless the name has
 * TXT of its own; {"TXT": "NONE"} says that it has none. "TIMEOUT" makes every type that has
 * no record of its own time out. Up to 10 CNAMEs are followed.
 *
 * Memory: that of the parsed file. Limits: no more than 16 MiB of JSON.
 */
#ifndef SL_MAILAUTH_ZONE_H
#define SL_MAILAUTH_ZONE_H

#include "dns/dns.h"

struct sl_dnszone;

/* Parse `json`. Returns NULL and sets *error_out (made by malloc, for sl_free) when it is not
 * a zone: the sentence says where. */
struct sl_dnszone	*sl_dnszone_parse(struct sl_slice json, char **error_out);
void		 sl_dnszone_free(struct sl_dnszone **zone);

/* Set the answer; what it points at is the zone's, until the next look-up. */
void	sl_dnszone_lookup(struct sl_dnszone *zone, const struct sl_dns_question *question,
	    struct sl_dns_answer *answer_out);
/* Answer everything `evaluator` asks, until it asks no more. Returns how many questions. */
unsigned	sl_dnszone_answer_all(struct sl_dnszone *zone, const struct sl_dns_client *client, void *evaluator);

#endif
