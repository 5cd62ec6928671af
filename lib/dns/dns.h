/*
 * dns.h - the questions an evaluator has, and the answers it is given
 *
 * Nothing in this library asks the network. An evaluator (SPF, DKIM, DMARC, ARC) is a
 * state machine that never waits: whoever owns it takes its questions, finds the answers in
 * his own way (a resolver, a cache, a file), now or later and in any order, and hands them in.
 *
 *	while (dns->ask(evaluator, &question))
 *		lookup(question)  ...  dns->answer(evaluator, question.id, &answer);
 *
 * An answer may raise new questions, so `ask` is called again after each `answer`. When it
 * gives nothing and nothing is outstanding, the evaluator has all it wanted. A question that
 * got no answer in time is answered SL_DNS_TEMPERROR.
 *
 * The owner follows CNAMEs (and bounds their chains), joins the strings of one TXT record,
 * and drops records that are not of the type asked.
 */
#ifndef SL_DNS_DNS_H
#define SL_DNS_DNS_H

#include "sl/base.h"

#define SL_DNS_NAME_MAX	253	/* octets of a name as text, without the final dot (RFC 1035, 2.3.4) */
#define SL_DNS_LABEL_MAX	63

enum sl_dns_type {		/* the numbers of RFC 1035, 3.2.2 and RFC 3596 */
	SL_DNS_A = 1,
	SL_DNS_CNAME = 5,	/* asked for itself; for other types it is followed */
	SL_DNS_PTR = 12,
	SL_DNS_MX = 15,
	SL_DNS_TXT = 16,
	SL_DNS_AAAA = 28,
};

enum sl_dns_status {
	SL_DNS_FOUND,		/* at least one record */
	SL_DNS_NODATA,		/* the name exists, without such a record */
	SL_DNS_NXDOMAIN,	/* there is no such name */
	SL_DNS_TEMPERROR,	/* nobody knows: timeout, SERVFAIL, a broken answer */
};

struct sl_dns_question {
	unsigned		 id;	/* the evaluator's, to be given back with the answer */
	enum sl_dns_type	 type;
	const char		*name;	/* no final dot; the evaluator's, until answered */
};

struct sl_dns_record {
	struct sl_slice	data;	/* A, AAAA: 4 or 16 octets; TXT: its strings joined; PTR, MX, CNAME:
				 * a name, which is "" for an MX that says "no mail" (RFC 7505) */
	unsigned	preference;	/* MX */
};

/* Borrowed for the call; `records` are read only when FOUND. */
struct sl_dns_answer {
	enum sl_dns_status		 status;
	const struct sl_dns_record	*records;
	size_t				 count;
};

/* How an evaluator is asked for its questions, whatever it is. */
struct sl_dns_client {
	/* Set the next question not taken yet; false: none now. Each is given once. */
	bool	(*ask)(void *evaluator, struct sl_dns_question *question_out);
	/* `id` must be of a question taken and not answered. */
	void	(*answer)(void *evaluator, unsigned id, const struct sl_dns_answer *answer);
};

/* Could this be asked: labels of 1 to 63 octets, 253 in all, no final dot, no control byte? */
bool	sl_dns_name_ok(struct sl_slice name);
/* Is `name` equal to `domain` or below it? Case is ignored; "" is above everything. */
bool	sl_dns_name_within(struct sl_slice name, struct sl_slice domain);
/* How many labels: 0 for "", 3 for "mail.example.com". */
unsigned	sl_dns_name_labels(struct sl_slice name);
/* The rightmost `count` labels; all of `name` if it has no more. */
struct sl_slice	sl_dns_name_tail(struct sl_slice name, unsigned count);
/* Copy in lower case, without a final dot, NUL behind it. False if it does not fit a question. */
bool	sl_dns_name_copy(char out[SL_DNS_NAME_MAX + 1], struct sl_slice name);

const char	*sl_dns_type_name(enum sl_dns_type type);	/* "TXT" */

#endif
