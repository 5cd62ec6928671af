/*
 * token.h - addresses that act: <verb>.<token>@<domain>, signed, expiring, for one mailbox
 *
 * A digest has such an address for each thing that can be done to a message. Who writes to it from the
 * mailbox that the digest went to has it done; opening or scanning the digest does nothing. The local part is
 * lower case letters, digits, one dot and hyphens, at most 64 bytes (RFC 5321, 4.5.3.1.1), and is read in any case,
 * as some programs change it.
 *
 * The token is base32 (RFC 4648's alphabet, lower case, no padding) of, big-endian:
 *	0	1	number of the key
 *	1	2	the last day it is good for, days since 1970, UTC
 *	3	4	the tenant's number
 *	7	16	the message's id in the vault; left out where the verb needs none
 *	23	8	BIND = BLAKE2b-64(key "bind", verb, all before, mailbox)
 *	31	4	MARK = BLAKE2b-32(key "mark", verb, all before)
 * so that 56 characters hold it. MARK says that the address is ours before the author of the mail is known (at RCPT);
 * BIND, which MARK covers, that it is his. To act from another mailbox, or on another message, 96 bits have to be guessed.
 *
 * What is wrong is told apart: a token that was changed anywhere, or made under a key that is gone, is forged (but for
 * one in 2^32); a good one from elsewhere is another mailbox's. Comparison takes the same time whatever differs.
 *
 * Single use is the caller's state: sl_digest_token_id is the same for the same deed, whatever key
 * signed it, and for no other. It needs to be kept until the token's day is over.
 *
 * Pure; needs sodium_init() to have been called only as libsodium does for speed.
 */
#ifndef SL_DIGEST_TOKEN_H
#define SL_DIGEST_TOKEN_H

#include "sl/base.h"

#define SL_DIGEST_KEY_BYTES	32
#define SL_DIGEST_KEYS_MAX	8
#define SL_DIGEST_REF_BYTES	16
#define SL_DIGEST_ID_BYTES	16
#define SL_DIGEST_LOCAL_MAX	64	/* bytes of a local part */
#define SL_DIGEST_BRAND_COLUMNS	80	/* of the last line that a policy may choose */
#define SL_DIGEST_MAILBOX_MAX	320

/* Verb, its word, whether it is about a message. */
#define SL_DIGEST_VERBS(X)			\
	X(RELEASE, "release", true)		\
	X(DELETE, "delete", true)		\
	X(ALLOW, "allow", true)			\
	X(DENY, "deny", true)			\
	X(REPORT, "report", true)		\
	X(REQUEST, "request-digest", false)

enum sl_digest_verb {
#define SL_DIGEST_VERB_ENUM(id, word, ref) SL_DIGEST_##id,
	SL_DIGEST_VERBS(SL_DIGEST_VERB_ENUM)
#undef SL_DIGEST_VERB_ENUM
	SL_DIGEST_VERB_COUNT,
};
#define SL_DIGEST_VERB_BIT(name)	(1u << SL_DIGEST_##name)
const char	*sl_digest_verb_word(enum sl_digest_verb verb);		/* "release"; static */
bool		 sl_digest_verb_has_message(enum sl_digest_verb verb);

/* Keys, the one that signs first. All of them verify: to rotate, put a new one in front, and take an old one away when
 * what it signed has expired. Numbers differ. */
struct sl_digest_key {
	uint8_t		number;
	unsigned char	secret[SL_DIGEST_KEY_BYTES];
};
struct sl_digest_keys {
	struct sl_digest_key	keys[SL_DIGEST_KEYS_MAX];
	size_t			len;
};

/* A mailbox as addresses are bound to it: checked, in lower case, the domain in A-labels; NUL behind it. False: it is none. */
bool	sl_digest_mailbox(struct sl_slice mailbox, char out[SL_DIGEST_MAILBOX_MAX + 1]);

/* What an address stands for. */
struct sl_digest_action {
	enum sl_digest_verb	verb;
	uint32_t		tenant;
	uint32_t		expiry_day;	/* the last day, since 1970; up to 65,535 */
	unsigned char		message[SL_DIGEST_REF_BYTES];	/* zeros where the verb needs none */
};

/* Write the local part for `mailbox` (as sl_digest_mailbox has it; ASCII case does not matter), NUL behind it.
 * Needs a key, and a mailbox of 1 to SL_DIGEST_MAILBOX_MAX bytes. */
void	sl_digest_token_write(const struct sl_digest_keys *keys, const struct sl_digest_action *action,
	    struct sl_slice mailbox, char out[SL_DIGEST_LOCAL_MAX + 1]);

enum sl_digest_token_result {
	SL_DIGEST_TOKEN_GOOD,
	SL_DIGEST_TOKEN_NONE,		/* it has not the form: no dot, other characters, another length */
	SL_DIGEST_TOKEN_UNKNOWN_VERB,	/* it has the form, but nothing that we do */
	SL_DIGEST_TOKEN_FORGED,
	SL_DIGEST_TOKEN_EXPIRED,	/* it was good: ours, as it was made */
	SL_DIGEST_TOKEN_OTHER_MAILBOX,
};

struct sl_digest_token {
	struct sl_digest_action	action;
	unsigned char		bind[8];
	uint8_t			key;		/* place in the keys */
};

/* Read a local part; `today`: days since 1970. Gives any result but OTHER_MAILBOX; *token_out is set for GOOD and EXPIRED. */
enum sl_digest_token_result sl_digest_token_read(const struct sl_digest_keys *keys, struct sl_slice local,
	    uint32_t today, struct sl_digest_token *token_out);
/* Was it made for this mailbox? With the keys it was read with. GOOD or OTHER_MAILBOX. */
enum sl_digest_token_result sl_digest_token_check(const struct sl_digest_keys *keys, const struct sl_digest_token *token,
	    struct sl_slice mailbox);
/* The deed's own number, to have it done once. */
void	sl_digest_token_id(const struct sl_digest_action *action, struct sl_slice mailbox,
	    unsigned char id_out[SL_DIGEST_ID_BYTES]);

#endif
