/*
 * list.h - allow and deny lists: entries as written, their keys, and what of a message they match
 *
 * An entry is an address, a domain, all domains below one (*.example.com), or a network. Its key is normal: small
 * letters, A-labels, a prefix with zeros behind. Looking up asks for a bounded number of keys, each by one
 * probe, so whoever holds the entries needs nothing but a hash table (snapshot/snapshot.h, or a test's list).
 *
 * An entry that allows needs both the header's From and the envelope's sender, unless it says `either`; an empty
 * envelope (a bounce) is From's. What it allows must also be authenticated, unless it says otherwise (decide.h). One
 * that denies needs either. A network is the sending client's and proven by itself.
 *
 * Memory: none. Pure.
 */
#ifndef SL_POLICY_LIST_H
#define SL_POLICY_LIST_H

#include "sl/buf.h"

enum sl_list_kind { SL_LIST_ADDRESS, SL_LIST_DOMAIN, SL_LIST_BELOW, SL_LIST_NETWORK, SL_LIST_KIND_COUNT };

#define SL_LIST_KEY_MAX		320	/* bytes of a key's text: local part 64, @, domain 253 */
#define SL_LIST_LABELS_MAX	10	/* of a domain with a star: so probes are bounded */

struct sl_list_key {
	enum sl_list_kind kind;
	size_t		 len;
	char		 text[SL_LIST_KEY_MAX + 1];	/* "a@example.com", "example.com"; of BELOW without "*." */
	unsigned char	 address[16];	/* of NETWORK: IPv4 as ::ffff:a.b.c.d, zeros behind the prefix */
	unsigned	 bits;		/* 0 ... 128 */
};

/* Read an entry: "a@example.com", "example.com" or "@example.com", "*.example.com", "192.0.2.0/24", "2001:db8::1".
 * Returns NULL, or what to write instead; static. */
const char	*sl_list_key_read(struct sl_slice text, struct sl_list_key *key_out);
/* As it is printed; reading that gives the same key. */
void		 sl_list_key_print(const struct sl_list_key *key, struct sl_buf *out);

/* What an entry says. */
enum {
	SL_LIST_DENY		= 1 << 0,
	SL_LIST_ALLOW		= 1 << 1,
	SL_LIST_UNAUTHENTICATED	= 1 << 2,	/* of an allow entry: authentication is not demanded */
	SL_LIST_EITHER		= 1 << 3,	/* From or the envelope's sender is enough */
	SL_LIST_FLAGS		= (1 << 4) - 1,
};

/* As the settings database keeps it and snapshots take it; texts are borrowed. */
struct sl_list_entry {
	struct sl_list_key	 key;
	unsigned		 flags;		/* SL_LIST_DENY, ... */
	int64_t			 expires_s;	/* Unix time from which on it is as if it were not there; 0: never */
	struct sl_slice		 note, who;	/* for people; no edge has them */
};

/* A sender, normalised once for all look-ups. */
struct sl_list_sender {
	bool	 there;			/* false: empty, or no address: matches nothing */
	size_t	 len, domain_at;	/* of `text`; its domain begins there */
	char	 text[SL_LIST_KEY_MAX + 1];
};
/* The domain is not checked beyond its length. */
void	sl_list_sender_read(struct sl_slice mailbox, struct sl_list_sender *sender_out);
/* The client's address as 16 bytes, from text; false: it is none. */
bool	sl_list_client_read(struct sl_slice text, unsigned char address_out[16]);

/* Who is asked about. */
struct sl_list_question {
	const struct sl_list_sender	*from, *envelope;
	bool				 envelope_empty;	/* MAIL FROM:<> */
	const unsigned char		*client;	/* 16 bytes; NULL: not known */
};

/* Flags of the entry of such a key, or 0. The text of BELOW comes without "*.", a network as 16 bytes. */
typedef unsigned sl_list_probe(void *ctx, enum sl_list_kind kind, struct sl_slice key, unsigned bits);

/* What one list knows of a message. Texts lie in the question's senders. */
struct sl_list_hit {
	unsigned		flags;		/* of all that matched; 0: nothing */
	enum sl_list_kind	kind;		/* of the most exact one that allows (denies) */
	struct sl_slice		text;
	unsigned		bits;
};
struct sl_list_found {
	struct sl_list_hit	deny;		/* by any of them */
	const char		*deny_where;	/* "From", "envelope", "client"; static; NULL: not denied */
	struct sl_list_hit	allow_from, allow_envelope, allow_client;
};

/* What is there at all, so that misses cost nothing: bits of kinds, and of prefix lengths. */
struct sl_list_filter {
	unsigned	kinds;		/* bit 1 << enum sl_list_kind */
	uint64_t	prefixes[3];	/* bit `bits` of each network's length, 0 ... 128 */
};
/* Add a key to a filter. */
void	sl_list_filter_add(struct sl_list_filter *filter, const struct sl_list_key *key);

/* Probe for all that could match; `filter` NULL: anything may be there. At most 2 * (2 + SL_LIST_LABELS_MAX) probes
 * of names, and one for each prefix length of the client's family in the filter. */
void	sl_list_find(const struct sl_list_question *question, const struct sl_list_filter *filter,
	    sl_list_probe *probe, void *ctx, struct sl_list_found *found_out);

#endif
