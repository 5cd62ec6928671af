/*
 * compose.h - the mail that lists what was kept for somebody, and lets him act by answering
 *
 * multipart/alternative: a plain list that lines up, and HTML of headings and tables without styles, colours, images, scripts or
 * anything from elsewhere: it reads in dark and light, in a reader for the blind (lang, captions, headers of
 * columns), and nothing is fetched when it is opened. Its only links are mailto: to action addresses (token.h), so that nothing
 * happens by opening or scanning it. What strangers wrote is shown by show.h.
 *
 * The head has Auto-Submitted: auto-generated (RFC 3834), Precedence: bulk and X-Auto-Response-Suppress, so that no
 * program answers it; it is to be sent with the null sender (RFC 3834, 3.3; RFC 5321, 4.5.5). Reply-To is an action
 * address too: of a single message that may be released the release, otherwise a new list.
 *
 * Memory: the output, about 2.5 KiB a row, and the same twice while it is made. Time: linear. Lines have
 * at most 76 bytes, all ASCII (but for a mailbox that is UTF-8).
 */
#ifndef SL_DIGEST_COMPOSE_H
#define SL_DIGEST_COMPOSE_H

#include "digest/token.h"
#include "digest/zone.h"
#include "sl/buf.h"

#define SL_DIGEST_ROWS_MAX	200	/* shown, unless asked for fewer */
#define SL_DIGEST_BYTES_MAX	(4u << 20)

/* Why it was kept, gravest first, which is the order they are shown in: id, the word of policies and records. */
#define SL_DIGEST_GROUPS(X)			\
	X(MALWARE, "malware")			\
	X(PHISH, "phish")			\
	X(ATTACHMENT, "attachment")		\
	X(AUTHENTICATION, "authentication")	\
	X(CONTENT, "content")			\
	X(DENIED, "denied")			\
	X(SPAM, "spam")				\
	X(BULK, "bulk")				\
	X(MALFORMED, "malformed")		\
	X(OTHER, "other")

enum sl_digest_group {
#define SL_DIGEST_GROUP_ENUM(id, word) SL_DIGEST_GROUP_##id,
	SL_DIGEST_GROUPS(SL_DIGEST_GROUP_ENUM)
#undef SL_DIGEST_GROUP_ENUM
	SL_DIGEST_GROUP_COUNT,
};
enum sl_digest_group sl_digest_group_find(struct sl_slice word);	/* OTHER for a word that is none */

/* All borrowed; text of strangers is UTF-8 as it came. */
struct sl_digest_row {
	unsigned char		message[SL_DIGEST_REF_BYTES];
	enum sl_digest_group	group;
	struct sl_slice		name, address;	/* of the author */
	struct sl_slice		subject;
	struct sl_slice		reason;		/* a sentence */
	int64_t			received_us;
	uint64_t		bytes;
	double			probability;	/* 0 to 1; negative: none */
	uint32_t		expiry_day;
	unsigned		verbs;		/* SL_DIGEST_VERB_BIT()s that this reader may do */
};

struct sl_digest {
	const struct sl_digest_keys *keys;
	uint32_t		tenant;
	struct sl_slice		customer;	/* its name, for the last line */
	struct sl_slice		brand;		/* what stands there instead; "" */
	struct sl_slice		domain;		/* of action addresses, in A-labels */
	struct sl_slice		from;		/* mailbox; people see it */
	struct sl_slice		to;		/* mailbox; addresses are bound to it */
	struct sl_slice		language;	/* tag */
	const struct sl_zone	*zone;		/* NULL: UTC */
	struct sl_slice		zone_name;	/* "Europe/Berlin" */
	int64_t			since_s, until_s, now_s;
	uint32_t		request_days;	/* how long the address for a new list is good */
	unsigned char		unique[16];	/* random, or a number of this digest: Message-ID, boundary */
	const struct sl_digest_row *rows;	/* the order within a group is kept */
	size_t			rows_len;
	size_t			rows_max;	/* 0: SL_DIGEST_ROWS_MAX */
	uint64_t		unlisted;	/* more than were handed in, of no known group */
};

/* Write the mail. Its Message-ID, without brackets, is set too. Returns 0; SL_ERR_SYNTAX: `from`, `to` or `domain` is not one;
 * SL_ERR_FULL: `out` is. */
SL_MUST_USE int	sl_digest_compose(const struct sl_digest *digest, struct sl_buf *out, struct sl_buf *message_id_out);

#endif
