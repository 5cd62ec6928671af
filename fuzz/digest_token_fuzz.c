/* digest_token_fuzz.c - what is read as a token is written the same again, and only for its mailbox and key */

#include "digest/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sl_digest_keys keys = { { { 1, "0123456789abcdef0123456789abcde" } }, 1 };

static void
check_written(const uint8_t *data, size_t size)
{
	struct sl_digest_action action = { .verb = data[0] % SL_DIGEST_VERB_COUNT,
		.tenant = (uint32_t)data[1] << 24 | data[2], .expiry_day = (uint32_t)data[3] << 8 | data[4] };
	struct sl_slice mailbox = sl_slice(data + 21, SL_MIN(size - 21, (size_t)SL_DIGEST_MAILBOX_MAX));
	unsigned char another[SL_DIGEST_MAILBOX_MAX];
	struct sl_digest_token token;
	char local[SL_DIGEST_LOCAL_MAX + 1];

	if (sl_digest_verb_has_message(action.verb))
		memcpy(action.message, data + 5, sizeof(action.message));
	sl_digest_token_write(&keys, &action, mailbox, local);
	SL_ASSERT(sl_digest_token_read(&keys, sl_slice_str(local), action.expiry_day, &token) == SL_DIGEST_TOKEN_GOOD);
	SL_ASSERT(sl_digest_token_check(&keys, &token, mailbox) == SL_DIGEST_TOKEN_GOOD);
	SL_ASSERT(token.action.verb == action.verb && token.action.tenant == action.tenant);
	SL_ASSERT(memcmp(token.action.message, action.message, sizeof(action.message)) == 0);
	memcpy(another, mailbox.ptr, mailbox.len);
	another[0] ^= 1;
	SL_ASSERT(sl_digest_token_check(&keys, &token, sl_slice(another, mailbox.len)) == SL_DIGEST_TOKEN_OTHER_MAILBOX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_digest_token token;
	enum sl_digest_token_result r = sl_digest_token_read(&keys, sl_slice(data, size), 1, &token);

	/* Nobody without the key makes a good one: 32 bits are beyond a fuzzer's reach. */
	SL_ASSERT(r != SL_DIGEST_TOKEN_OTHER_MAILBOX);
	SL_ASSERT(r != SL_DIGEST_TOKEN_GOOD && r != SL_DIGEST_TOKEN_EXPIRED);
	if (size > 21)
		check_written(data, size);
	return 0;
}
