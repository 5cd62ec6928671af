/* token.c - see token.h */

#include "digest/token.h"

#include <sodium.h>

#include "domain/idna.h"
#include "smtp/address.h"

#define HEAD_BYTES	7	/* key, day, tenant */
#define BIND_BYTES	8
#define MARK_BYTES	4
#define HASH_BYTES	32	/* cut to the above: BLAKE2b's shortest is 16 */
#define TOKEN_MAX	(HEAD_BYTES + SL_DIGEST_REF_BYTES + BIND_BYTES + MARK_BYTES)
#define CHARS(bytes)	(((bytes) * 8 + 4) / 5)

_Static_assert(CHARS(TOKEN_MAX) + sizeof("release.") - 1 == SL_DIGEST_LOCAL_MAX, "the longest fits, exactly");

static const struct {
	const char	*word;
	bool		 has_message;
} verbs[] = {
#define VERB_ROW(id, word, ref) { word, ref },
	SL_DIGEST_VERBS(VERB_ROW)
#undef VERB_ROW
};

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

const char *
sl_digest_verb_word(enum sl_digest_verb verb)
{
	SL_ASSERT(verb < SL_DIGEST_VERB_COUNT);
	return verbs[verb].word;
}

bool
sl_digest_verb_has_message(enum sl_digest_verb verb)
{
	SL_ASSERT(verb < SL_DIGEST_VERB_COUNT);
	return verbs[verb].has_message;
}

bool
sl_digest_mailbox(struct sl_slice mailbox, char out[SL_DIGEST_MAILBOX_MAX + 1])
{
	struct sl_smtp_address address;
	char domain[SL_DNS_NAME_MAX + 1];
	struct sl_slice name;

	if (sl_smtp_mailbox_parse(mailbox, &address) != SL_DONE || address.is_null || address.local.len > SL_DIGEST_LOCAL_MAX)
		return false;
	name = address.domain;
	if (!address.is_literal) {
		if (!sl_domain_ascii(address.domain, domain))
			return false;
		name = sl_slice_str(domain);
	}
	if (address.local.len + 1 + name.len > SL_DIGEST_MAILBOX_MAX)
		return false;
	for (size_t i = 0; i < address.local.len; i++)
		out[i] = (char)sl_ascii_lower(address.local.ptr[i]);
	out[address.local.len] = '@';
	for (size_t i = 0; i < name.len; i++)
		out[address.local.len + 1 + i] = (char)sl_ascii_lower(name.ptr[i]);
	out[address.local.len + 1 + name.len] = '\0';
	return true;
}

/* ---- base32 ---- */

static size_t
base32_write(const unsigned char *bytes, size_t len, char *out)
{
	unsigned held = 0, bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		held = (held << 8 | bytes[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			out[n++] = digits[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		out[n++] = digits[held << (5 - bits) & 31];
	return n;
}

/* Exactly `len` bytes, and nothing in the bits that are over: a token is written in one way only. */
static bool
base32_read(struct sl_slice text, unsigned char *out, size_t len)
{
	unsigned held = 0, bits = 0;
	size_t n = 0;

	if (text.len != CHARS(len))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = sl_ascii_lower(text.ptr[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')))
			return false;
		held = (held << 5 | (unsigned)(c >= 'a' ? c - 'a' : c - '2' + 26)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (unsigned char)(held >> bits);
		}
	}
	return n == len && (held & ((1u << bits) - 1)) == 0;
}

/* ---- what is signed ---- */

static void
hash_word(crypto_generichash_state *state, const char *word)
{
	crypto_generichash_update(state, (const unsigned char *)word, strlen(word) + 1);
}

/* In lower case: mail programs are not careful with it, and no provider tells mailboxes apart by it. */
static void
hash_mailbox(crypto_generichash_state *state, struct sl_slice mailbox)
{
	unsigned char lower[SL_DIGEST_MAILBOX_MAX];

	SL_ASSERT(mailbox.len <= sizeof(lower));
	for (size_t i = 0; i < mailbox.len; i++)
		lower[i] = sl_ascii_lower(mailbox.ptr[i]);
	crypto_generichash_update(state, lower, mailbox.len);
}

static void
hash_begin(crypto_generichash_state *state, const struct sl_digest_key *key, const char *use, enum sl_digest_verb verb)
{
	crypto_generichash_init(state, key->secret, sizeof(key->secret), HASH_BYTES);
	hash_word(state, use);
	hash_word(state, verbs[verb].word);
}

static size_t
put_head(unsigned char *out, uint8_t key_number, const struct sl_digest_action *action)
{
	size_t len = HEAD_BYTES;

	out[0] = key_number;
	out[1] = (unsigned char)(action->expiry_day >> 8);
	out[2] = (unsigned char)action->expiry_day;
	for (unsigned i = 0; i < 4; i++)
		out[3 + i] = (unsigned char)(action->tenant >> (24 - 8 * i));
	if (verbs[action->verb].has_message) {
		memcpy(out + len, action->message, SL_DIGEST_REF_BYTES);
		len += SL_DIGEST_REF_BYTES;
	}
	return len;
}

static void
make_bind(const struct sl_digest_key *key, const struct sl_digest_action *action, struct sl_slice mailbox,
    unsigned char out[BIND_BYTES])
{
	crypto_generichash_state state;
	unsigned char head[TOKEN_MAX], hash[HASH_BYTES];
	size_t len = put_head(head, key->number, action);

	hash_begin(&state, key, "sluice digest bind", action->verb);
	crypto_generichash_update(&state, head, len);
	hash_mailbox(&state, mailbox);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, BIND_BYTES);
}

static void
make_mark(const struct sl_digest_key *key, enum sl_digest_verb verb, const unsigned char *token, size_t len,
    unsigned char out[MARK_BYTES])
{
	crypto_generichash_state state;
	unsigned char hash[HASH_BYTES];

	hash_begin(&state, key, "sluice digest mark", verb);
	crypto_generichash_update(&state, token, len);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, MARK_BYTES);
}

void
sl_digest_token_write(const struct sl_digest_keys *keys, const struct sl_digest_action *action, struct sl_slice mailbox,
    char out[SL_DIGEST_LOCAL_MAX + 1])
{
	const char *word = sl_digest_verb_word(action->verb);
	unsigned char token[TOKEN_MAX];
	size_t len, at = strlen(word);

	SL_ASSERT(keys->len > 0 && keys->len <= SL_DIGEST_KEYS_MAX && action->expiry_day <= UINT16_MAX);
	SL_ASSERT(mailbox.len > 0);
	len = put_head(token, keys->keys[0].number, action);
	make_bind(&keys->keys[0], action, mailbox, token + len);
	len += BIND_BYTES;
	make_mark(&keys->keys[0], action->verb, token, len, token + len);
	len += MARK_BYTES;
	memcpy(out, word, at);
	out[at++] = '.';
	at += base32_write(token, len, out + at);
	SL_ASSERT(at <= SL_DIGEST_LOCAL_MAX);
	out[at] = '\0';
}

/* ---- reading ---- */

static bool
verb_find(struct sl_slice word, enum sl_digest_verb *verb_out)
{
	for (size_t i = 0; i < SL_COUNT(verbs); i++)
		if (sl_slice_ieq(word, sl_slice_str(verbs[i].word))) {
			*verb_out = (enum sl_digest_verb)i;
			return true;
		}
	return false;
}

/* Could it be one of some verb? Then its word is what we do not know. */
static bool
looks_like_token(struct sl_slice word, struct sl_slice text)
{
	unsigned char bytes[TOKEN_MAX];

	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = sl_ascii_lower(word.ptr[i]);

		if (!((c >= 'a' && c <= 'z') || c == '-'))
			return false;
	}
	return word.len > 0 && (base32_read(text, bytes, TOKEN_MAX) ||
	    base32_read(text, bytes, TOKEN_MAX - SL_DIGEST_REF_BYTES));
}

static void
take_head(const unsigned char *token, struct sl_digest_action *action)
{
	action->expiry_day = (uint32_t)token[1] << 8 | token[2];
	action->tenant = 0;
	for (unsigned i = 0; i < 4; i++)
		action->tenant = action->tenant << 8 | token[3 + i];
	memset(action->message, 0, sizeof(action->message));
	if (verbs[action->verb].has_message)
		memcpy(action->message, token + HEAD_BYTES, SL_DIGEST_REF_BYTES);
}

/* The key of that number whose mark this is; keys->len: none. */
static size_t
key_find(const struct sl_digest_keys *keys, enum sl_digest_verb verb, const unsigned char *token, size_t marked)
{
	size_t i;

	for (i = 0; i < keys->len; i++) {
		unsigned char mark[MARK_BYTES];

		if (keys->keys[i].number != token[0])
			continue;
		make_mark(&keys->keys[i], verb, token, marked, mark);
		if (sodium_memcmp(mark, token + marked, MARK_BYTES) == 0)
			break;
	}
	return i;
}

enum sl_digest_token_result
sl_digest_token_read(const struct sl_digest_keys *keys, struct sl_slice local, uint32_t today,
    struct sl_digest_token *token_out)
{
	const unsigned char *dot = local.len == 0 ? NULL : memchr(local.ptr, '.', local.len);
	unsigned char bytes[TOKEN_MAX];
	struct sl_slice word, text;
	size_t len = TOKEN_MAX, key;

	SL_ASSERT(keys->len <= SL_DIGEST_KEYS_MAX);
	if (dot == NULL || local.len > SL_DIGEST_LOCAL_MAX)
		return SL_DIGEST_TOKEN_NONE;
	word = sl_slice(local.ptr, (size_t)(dot - local.ptr));
	text = sl_slice_from(local, word.len + 1);
	memset(token_out, 0, sizeof(*token_out));
	if (!verb_find(word, &token_out->action.verb))
		return looks_like_token(word, text) ? SL_DIGEST_TOKEN_UNKNOWN_VERB : SL_DIGEST_TOKEN_NONE;
	if (!verbs[token_out->action.verb].has_message)
		len -= SL_DIGEST_REF_BYTES;
	if (!base32_read(text, bytes, len))
		return looks_like_token(word, text) ? SL_DIGEST_TOKEN_FORGED : SL_DIGEST_TOKEN_NONE;
	key = key_find(keys, token_out->action.verb, bytes, len - MARK_BYTES);
	if (key == keys->len)
		return SL_DIGEST_TOKEN_FORGED;
	take_head(bytes, &token_out->action);
	memcpy(token_out->bind, bytes + len - MARK_BYTES - BIND_BYTES, BIND_BYTES);
	token_out->key = (uint8_t)key;
	return today > token_out->action.expiry_day ? SL_DIGEST_TOKEN_EXPIRED : SL_DIGEST_TOKEN_GOOD;
}

enum sl_digest_token_result
sl_digest_token_check(const struct sl_digest_keys *keys, const struct sl_digest_token *token, struct sl_slice mailbox)
{
	unsigned char bind[BIND_BYTES];

	SL_ASSERT(token->key < keys->len);
	if (mailbox.len == 0 || mailbox.len > SL_DIGEST_MAILBOX_MAX)
		return SL_DIGEST_TOKEN_OTHER_MAILBOX;
	make_bind(&keys->keys[token->key], &token->action, mailbox, bind);
	return sodium_memcmp(bind, token->bind, BIND_BYTES) == 0 ? SL_DIGEST_TOKEN_GOOD : SL_DIGEST_TOKEN_OTHER_MAILBOX;
}

void
sl_digest_token_id(const struct sl_digest_action *action, struct sl_slice mailbox,
    unsigned char id_out[SL_DIGEST_ID_BYTES])
{
	crypto_generichash_state state;
	unsigned char head[TOKEN_MAX];
	size_t len = put_head(head, 0, action);

	SL_ASSERT(mailbox.len <= SL_DIGEST_MAILBOX_MAX);
	crypto_generichash_init(&state, NULL, 0, SL_DIGEST_ID_BYTES);
	hash_word(&state, "sluice digest deed");
	hash_word(&state, verbs[action->verb].word);
	crypto_generichash_update(&state, head, len);
	hash_mailbox(&state, mailbox);
	crypto_generichash_final(&state, id_out, SL_DIGEST_ID_BYTES);
}
