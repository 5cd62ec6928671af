/*
 * wire.h - questions and replies as they travel (RFC 1035, 4; RFC 6891)
 *
 * Reading a reply is deciding whether to believe it. One that does not carry our id and our
 * question is not ours, whatever it says: the reader goes on waiting. One that is ours but
 * broken anywhere, up to the last record its header promises, is worth nothing.
 *
 * Of a good reply are kept the records at the end of its chain of CNAMEs that are of the type
 * asked; others are dropped. Compression pointers lead backwards only; a chain has at most
 * SL_DNS_CHAIN_MAX links, in any order, and no loop. Names become text where they can be asked
 * for: a record whose name holds a dot, a backslash, white space, a control byte or one above
 * 126 within a label is dropped.
 *
 * Bounds: 64 KiB a reply; the first SL_DNS_RECORDS_MAX records are kept. Memory: what struct
 * sl_dns_reply holds, 67 KiB; one will do for a process. Time: linear but for names: each record
 * of a foreign name costs up to 127 labels.
 */
#ifndef SL_DNS_WIRE_H
#define SL_DNS_WIRE_H

#include "dns/dns.h"

#define SL_DNS_MESSAGE_MAX	65535
#define SL_DNS_QUESTION_MAX	(12 + SL_DNS_NAME_MAX + 2 + 4 + 11)
#define SL_DNS_RECORDS_MAX	128	/* kept of an answer */
#define SL_DNS_CHAIN_MAX	10	/* CNAMEs followed */
#define SL_DNS_PAYLOAD		1232	/* what we take over UDP: no fragments on any path */

/* Write a recursive question, with EDNS if `payload` is not 0. `name` is sl_dns_name_ok; its case
 * is kept. Returns the length. */
size_t	sl_dns_question_write(unsigned char out[SL_DNS_QUESTION_MAX], uint16_t id,
	    enum sl_dns_type type, struct sl_slice name, uint16_t payload);

enum sl_dns_reply_kind {
	SL_DNS_REPLY_FOREIGN,	/* not the reply to this question: wait on */
	SL_DNS_REPLY_CUT,	/* ours, too long for UDP: ask again over TCP */
	SL_DNS_REPLY_NO_EDNS,	/* ours, from a server that does not know EDNS: ask without it */
	SL_DNS_REPLY_FAILED,	/* ours: SERVFAIL, REFUSED, broken, a loop, a mere referral */
	SL_DNS_REPLY_GOOD,	/* FOUND, NODATA or NXDOMAIN */
};

struct sl_dns_reply {
	struct sl_dns_answer	answer;		/* TEMPERROR unless GOOD */
	uint32_t		ttl_s;		/* least of the chain; negative: by the SOA, or 0 */
	size_t			dropped;	/* records beyond SL_DNS_RECORDS_MAX */
	size_t			data_len;
	struct sl_dns_record	records[SL_DNS_RECORDS_MAX];
	unsigned char		data[SL_DNS_MESSAGE_MAX];	/* what records point at */
};

/* Read a message of `len` bytes as the reply to that question. Overwrites *reply. */
enum sl_dns_reply_kind	sl_dns_reply_read(struct sl_dns_reply *reply, const unsigned char *message,
			    size_t len, uint16_t id, enum sl_dns_type type, struct sl_slice name);

#endif
