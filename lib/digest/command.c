/* command.c - see command.h */

#include "digest/command.h"

static const struct sl_digest_reply replies[] = {
#define REPLY_ROW(id, code, enhanced, text) { code, enhanced, text },
	SL_DIGEST_COMMANDS(REPLY_ROW)
#undef REPLY_ROW
};

const struct sl_digest_reply *
sl_digest_command_reply(enum sl_digest_command_result result)
{
	SL_ASSERT(result < SL_DIGEST_COMMAND_COUNT);
	return &replies[result];
}

/* The first word of a value, comments and parameters left out: "auto-replied (vacation); x" gives "auto-replied". */
static struct sl_slice
first_word(struct sl_slice value)
{
	size_t depth = 0, from = 0, to;

	for (; from < value.len; from++) {
		unsigned char c = value.ptr[from];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
	}
	for (to = from; to < value.len && memchr(" \t\r\n;(", value.ptr[to], 6) == NULL; to++)
		;
	return sl_slice(value.ptr + from, to - from);
}

bool
sl_digest_command_is_automatic(const struct sl_digest_mail *mail)
{
	static const char *const precedences[] = { "bulk", "list", "junk", "auto_reply" };

	if (mail->sender.len == 0 || mail->list || mail->report)
		return true;
	if (mail->auto_submitted.ptr != NULL && !sl_slice_ieq(first_word(mail->auto_submitted), SL_SLICE_LIT("no")))
		return true;
	for (size_t i = 0; mail->precedence.ptr != NULL && i < SL_COUNT(precedences); i++)
		if (sl_slice_ieq(first_word(mail->precedence), sl_slice_str(precedences[i])))
			return true;
	return false;
}

/* Is a recipient at the domain of actions? *local_out is what stands before it. */
static bool
is_at_domain(struct sl_slice recipient, struct sl_slice domain, struct sl_slice *local_out)
{
	if (recipient.len < domain.len + 2 || recipient.ptr[recipient.len - domain.len - 1] != '@' ||
	    !sl_slice_ieq(sl_slice_from(recipient, recipient.len - domain.len), domain))
		return false;
	*local_out = sl_slice(recipient.ptr, recipient.len - domain.len - 1);
	return true;
}

static enum sl_digest_command_result
of_token(enum sl_digest_token_result token)
{
	switch (token) {
	case SL_DIGEST_TOKEN_GOOD:
		return SL_DIGEST_COMMAND_ACT;
	case SL_DIGEST_TOKEN_NONE:
		return SL_DIGEST_COMMAND_NO_SUCH;
	case SL_DIGEST_TOKEN_UNKNOWN_VERB:
		return SL_DIGEST_COMMAND_UNKNOWN_VERB;
	case SL_DIGEST_TOKEN_FORGED:
		return SL_DIGEST_COMMAND_FORGED;
	case SL_DIGEST_TOKEN_EXPIRED:
		return SL_DIGEST_COMMAND_EXPIRED;
	case SL_DIGEST_TOKEN_OTHER_MAILBOX:
		return SL_DIGEST_COMMAND_OTHER_MAILBOX;
	}
	SL_UNREACHABLE("no such result");
}

static enum sl_digest_command_result
check_address(const struct sl_digest_keys *keys, struct sl_slice domain, struct sl_slice recipient, struct sl_slice sender,
    uint32_t today, struct sl_digest_token *token)
{
	struct sl_slice local;
	enum sl_digest_command_result result;

	memset(token, 0, sizeof(*token));
	if (!is_at_domain(recipient, domain, &local))
		return SL_DIGEST_COMMAND_NO_SUCH;
	result = of_token(sl_digest_token_read(keys, local, today, token));
	if (result == SL_DIGEST_COMMAND_ACT && sender.len == 0)
		return SL_DIGEST_COMMAND_AUTOMATIC;
	return result;
}

enum sl_digest_command_result
sl_digest_command_rcpt(const struct sl_digest_keys *keys, struct sl_slice domain, struct sl_slice recipient,
    struct sl_slice sender, uint32_t today, struct sl_digest_decision *decision)
{
	struct sl_digest_token token;

	memset(decision, 0, sizeof(*decision));
	decision->result = check_address(keys, domain, recipient, sender, today, &token);
	decision->action = token.action;
	return decision->result;
}

/* Rule 3. */
static enum sl_digest_command_result
check_proof(const struct sl_digest_mail *mail, const char *from)
{
	char sender[SL_DIGEST_MAILBOX_MAX + 1];

	switch (mail->proof) {
	case SL_DIGEST_PROOF_PASS:
		return SL_DIGEST_COMMAND_ACT;
	case SL_DIGEST_PROOF_NONE:
		return sl_digest_mailbox(mail->sender, sender) && strcmp(sender, from) == 0 ? SL_DIGEST_COMMAND_ACT
		    : SL_DIGEST_COMMAND_ENVELOPE;
	case SL_DIGEST_PROOF_FAIL:
		return SL_DIGEST_COMMAND_NOT_PROVEN;
	case SL_DIGEST_PROOF_UNKNOWN:
		return SL_DIGEST_COMMAND_LATER;
	}
	SL_UNREACHABLE("no such proof");
}

/* Rules 2 and 3. */
static enum sl_digest_command_result
check_author(const struct sl_digest_keys *keys, const struct sl_digest_token *token, const struct sl_digest_mail *mail)
{
	char from[SL_DIGEST_MAILBOX_MAX + 1];

	if (mail->authors != 1 || !sl_digest_mailbox(mail->from, from))
		return SL_DIGEST_COMMAND_AUTHORS;
	if (sl_digest_token_check(keys, token, sl_slice_str(from)) != SL_DIGEST_TOKEN_GOOD)
		return SL_DIGEST_COMMAND_OTHER_MAILBOX;
	return check_proof(mail, from);
}

enum sl_digest_command_result
sl_digest_command_author(const struct sl_digest_mail *mail, char mailbox[SL_DIGEST_MAILBOX_MAX + 1])
{
	if (sl_digest_command_is_automatic(mail))
		return SL_DIGEST_COMMAND_AUTOMATIC;
	if (mail->authors != 1 || !sl_digest_mailbox(mail->from, mailbox))
		return SL_DIGEST_COMMAND_AUTHORS;
	return check_proof(mail, mailbox);
}

enum sl_digest_command_result
sl_digest_command_check(const struct sl_digest_keys *keys, struct sl_slice domain, const struct sl_digest_mail *mail,
    uint32_t today, struct sl_digest_decision *decision)
{
	struct sl_digest_token token;
	enum sl_digest_command_result result = check_address(keys, domain, mail->recipient, mail->sender, today, &token);

	memset(decision, 0, sizeof(*decision));
	if (result == SL_DIGEST_COMMAND_ACT)
		result = sl_digest_command_is_automatic(mail) ? SL_DIGEST_COMMAND_AUTOMATIC :
		    check_author(keys, &token, mail);
	decision->result = result;
	decision->action = token.action;
	if (result == SL_DIGEST_COMMAND_ACT) {
		char from[SL_DIGEST_MAILBOX_MAX + 1];

		SL_ASSERT(sl_digest_mailbox(mail->from, from));
		sl_digest_token_id(&token.action, sl_slice_str(from), decision->id);
	}
	return result;
}
