/*
 * forward.h - mail that came through and was judged wrongly, reported by forwarding it as an attachment
 *
 * "spam@DOMAIN" and its like, at the domain of action addresses, take such mail. Who reports is held to the rules of command.h;
 * that a message came to him through here is what our own records say of the id that our fields in it have. So nobody can
 * report what he makes up, nor what came to others. Ids are looked for, not believed.
 *
 * An attached message is message/rfc822 (RFC 2046, 5.2.1), also where a program encodes it, or a file that is named *.eml. What is
 * attached within an attached message is that message's.
 *
 * A push reader: it is fed the mail as it comes, and where that is cut changes nothing.
 *
 * Pure. Memory: that of two parsers (mime/mime.h), and SL_FORWARD_BYTES_MAX for what is attached. Time: linear.
 */
#ifndef SL_DIGEST_FORWARD_H
#define SL_DIGEST_FORWARD_H

#include "sl/buf.h"

#define SL_FORWARD_BYTES_MAX	(1536u << 10)	/* of the mail that reports: a message of 1 MiB in base64; and of all that it has attached */
#define SL_FORWARD_MESSAGE_MAX	(1u << 20)	/* of one message; what is beyond is left out */
#define SL_FORWARD_MESSAGES_MAX	8u		/* of one mail are read */
#define SL_FORWARD_IDS_MAX	2u		/* that one message may be known by: it may have passed another Sluice since */
#define SL_FORWARD_ID_BYTES	32u

/* What is said of the message, and the local part that says it. */
#define SL_FORWARDS(X)			\
	X(SPAM, "spam")			\
	X(PHISH, "phish")		\
	X(WANTED, "not-spam")

enum sl_forward {
#define SL_FORWARD_ENUM(id, word) SL_FORWARD_##id,
	SL_FORWARDS(SL_FORWARD_ENUM)
#undef SL_FORWARD_ENUM
	SL_FORWARD_COUNT,
};
const char	*sl_forward_word(enum sl_forward forward);	/* static */
/* False: no such local part. Case does not matter. */
bool		 sl_forward_find(struct sl_slice local, enum sl_forward *out);

struct sl_forwarded {
	struct sl_slice	message;	/* as it was attached, decoded; never empty */
	struct sl_slice	ids[SL_FORWARD_IDS_MAX];	/* of transactions, as our fields name them, the last hop's first */
	int64_t		times_s[SL_FORWARD_IDS_MAX];	/* when our field says that it came; 0: it does not */
	size_t		ids_len;	/* 0: it has none of our fields */
};

struct sl_forwards;
struct sl_forwards *sl_forwards_new(void);
void		 sl_forwards_free(struct sl_forwards **forwards);
void		 sl_forwards_feed(struct sl_forwards *forwards, struct sl_slice bytes);
void		 sl_forwards_finish(struct sl_forwards *forwards);	/* the mail is complete */

/* How many messages it has attached, up to SL_FORWARD_MESSAGES_MAX; once it is complete. */
size_t		 sl_forwards_count(const struct sl_forwards *forwards);
/* One of them, in order; good until the reader is freed. */
struct sl_forwarded sl_forwards_at(const struct sl_forwards *forwards, size_t which);

#endif
