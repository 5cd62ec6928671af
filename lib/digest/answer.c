/* answer.c - the short mail that says what came of a deed; see command.h */

#include <stdio.h>

#include "digest/command.h"
#include "digest/letter.h"
#include "digest/show.h"
#include "digest/words.h"

#define COLUMNS	76

static const enum sl_digest_word deeds[SL_DIGEST_VERB_COUNT][2] = {	/* its name, that it is done */
	[SL_DIGEST_RELEASE] = { SL_DIGEST_WORD_DO_RELEASE, SL_DIGEST_WORD_DONE_RELEASE },
	[SL_DIGEST_DELETE] = { SL_DIGEST_WORD_DO_DELETE, SL_DIGEST_WORD_DONE_DELETE },
	[SL_DIGEST_ALLOW] = { SL_DIGEST_WORD_DO_ALLOW, SL_DIGEST_WORD_DONE_ALLOW },
	[SL_DIGEST_DENY] = { SL_DIGEST_WORD_DO_DENY, SL_DIGEST_WORD_DONE_DENY },
	[SL_DIGEST_REPORT] = { SL_DIGEST_WORD_DO_REPORT, SL_DIGEST_WORD_DONE_REPORT },
	[SL_DIGEST_REQUEST] = { SL_DIGEST_WORD_DO_REQUEST, SL_DIGEST_WORD_DONE_REQUEST },
};

static const enum sl_digest_word reasons[SL_DIGEST_OUTCOME_COUNT] = {
	[SL_DIGEST_OUTCOME_GONE] = SL_DIGEST_WORD_WHY_GONE,
	[SL_DIGEST_OUTCOME_FORBIDDEN] = SL_DIGEST_WORD_WHY_FORBIDDEN,
	[SL_DIGEST_OUTCOME_LOCKED] = SL_DIGEST_WORD_WHY_LOCKED,
	[SL_DIGEST_OUTCOME_DONE_BEFORE] = SL_DIGEST_WORD_WHY_DONE_BEFORE,
	[SL_DIGEST_OUTCOME_UNDELIVERABLE] = SL_DIGEST_WORD_WHY_UNDELIVERABLE,
	[SL_DIGEST_OUTCOME_FAULT] = SL_DIGEST_WORD_WHY_FAULT,
};

/* "<a@b>" of printable ASCII, short enough for a line. */
static bool
is_message_id(struct sl_slice id)
{
	if (id.len < 5 || id.len > 250 || id.ptr[0] != '<' || id.ptr[id.len - 1] != '>')
		return false;
	for (size_t i = 1; i + 1 < id.len; i++)
		if (id.ptr[i] <= ' ' || id.ptr[i] > '~' || id.ptr[i] == '<' || id.ptr[i] == '>')
			return false;
	return memchr(id.ptr, '@', id.len) != NULL;
}

static void
put_head(const struct sl_digest_answer *a, const struct sl_digest_language *language, const char *id, struct sl_buf *out)
{
	struct sl_slice deed = sl_slice_str(language->text[deeds[a->verb][0]]), in_reply_to = sl_slice_trim(a->in_reply_to);
	struct sl_buf subject;

	sl_buf_init(&subject, 512);
	sl_digest_say(language, a->outcome == SL_DIGEST_OUTCOME_DONE ? SL_DIGEST_WORD_DONE_SUBJECT :
	    SL_DIGEST_WORD_FAILED_SUBJECT, &deed, 1, &subject);
	sl_letter_date(out, "Date", a->now_s, a->zone);
	sl_letter_address(out, "From", sl_slice_str(language->text[SL_DIGEST_WORD_NAME]), a->from);
	sl_letter_address(out, "To", sl_slice(NULL, 0), a->to);
	sl_letter_field(out, "Subject", sl_buf_slice(&subject));
	sl_buf_addf(out, "Message-ID:\r\n <%s>\r\n", id);
	if (is_message_id(in_reply_to))
		sl_buf_addf(out, "In-Reply-To:\r\n " SL_SLICE_FMT "\r\nReferences:\r\n " SL_SLICE_FMT "\r\n",
		    SL_SLICE_ARG(in_reply_to), SL_SLICE_ARG(in_reply_to));
	sl_buf_addf(out, "Auto-Submitted: auto-replied\r\n"
	    "Precedence: bulk\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Language: %s\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n", language->tag);
	sl_buf_fini(&subject);
}

static void
put_paragraph(struct sl_buf *text, struct sl_buf *out)
{
	if (out->len > 0)
		sl_buf_add_byte(out, '\n');
	sl_show_wrapped(sl_buf_slice(text), 0, 0, COLUMNS, out);
	sl_buf_add_byte(out, '\n');
	sl_buf_reset(text);
}

static void
say_shown(const struct sl_digest_language *language, enum sl_digest_word word, struct sl_slice first, struct sl_slice second,
    struct sl_buf *out)
{
	struct sl_buf parts[2];
	struct sl_slice fill[2];

	for (size_t i = 0; i < 2; i++)
		sl_buf_init(&parts[i], 8192);
	sl_show_address(first, 200, &parts[0]);
	if (parts[0].len == 0)
		sl_buf_add_str(&parts[0], language->text[SL_DIGEST_WORD_NO_SENDER]);
	sl_show_text(second, 120, &parts[1]);
	if (parts[1].len == 0)
		sl_buf_add_str(&parts[1], language->text[SL_DIGEST_WORD_NO_SUBJECT]);
	for (size_t i = 0; i < 2; i++)
		fill[i] = sl_buf_slice(&parts[i]);
	sl_digest_say(language, word, fill, 2, out);
	for (size_t i = 0; i < 2; i++)
		sl_buf_fini(&parts[i]);
}

static void
put_body(const struct sl_digest_answer *a, const struct sl_digest_language *language, struct sl_buf *out)
{
	struct sl_buf text, body;

	sl_buf_init(&text, 65536);
	sl_buf_init(&body, 65536);
	sl_digest_say(language, a->outcome == SL_DIGEST_OUTCOME_DONE ? deeds[a->verb][1] : reasons[a->outcome], NULL, 0, &text);
	if (a->outcome == SL_DIGEST_OUTCOME_FORBIDDEN || a->outcome == SL_DIGEST_OUTCOME_UNDELIVERABLE) {
		sl_buf_add_byte(&text, ' ');
		sl_digest_say(language, SL_DIGEST_WORD_ASK_ADMINISTRATOR, NULL, 0, &text);
	}
	if (a->verb == SL_DIGEST_REPORT && a->outcome == SL_DIGEST_OUTCOME_DONE && a->learned) {
		sl_buf_add_byte(&text, ' ');
		sl_digest_say(language, SL_DIGEST_WORD_DONE_LEARNED, NULL, 0, &text);
	}
	put_paragraph(&text, &body);
	if (a->author.len > 0 || a->subject.len > 0) {
		say_shown(language, SL_DIGEST_WORD_ABOUT, a->author, a->subject, &text);
		put_paragraph(&text, &body);
	}
	if (a->hop_said.len > 0) {
		say_shown(language, SL_DIGEST_WORD_HOP_SAID, a->hop_said, sl_slice(NULL, 0), &text);
		put_paragraph(&text, &body);
	}
	if (a->brand.len > 0) {
		sl_show_text(a->brand, SL_DIGEST_BRAND_COLUMNS, &text);
		put_paragraph(&text, &body);
	} else if (a->customer.len > 0) {
		say_shown(language, SL_DIGEST_WORD_FOOTER, a->customer, sl_slice(NULL, 0), &text);
		put_paragraph(&text, &body);
	}
	sl_letter_quoted(out, sl_buf_slice(&body));
	sl_buf_fini(&text);
	sl_buf_fini(&body);
}

int
sl_digest_answer_compose(const struct sl_digest_answer *answer, struct sl_buf *out, struct sl_buf *message_id_out)
{
	const struct sl_digest_language *language = sl_digest_language_find(answer->language);
	char from[SL_DIGEST_MAILBOX_MAX + 1], hex[33];

	SL_ASSERT(answer->verb < SL_DIGEST_VERB_COUNT && answer->outcome < SL_DIGEST_OUTCOME_COUNT);
	if (!sl_digest_mailbox(answer->from, from) || !sl_digest_mailbox(answer->to, from))
		return SL_ERR_SYNTAX;
	for (size_t i = 0; i < sizeof(answer->unique); i++)
		snprintf(hex + 2 * i, 3, "%02x", answer->unique[i]);
	sl_buf_reset(message_id_out);
	sl_buf_addf(message_id_out, "answer.%s@" SL_SLICE_FMT, hex, SL_SLICE_ARG(answer->domain));
	put_head(answer, language, sl_buf_cstr(message_id_out), out);
	put_body(answer, language, out);
	return out->overflow || message_id_out->overflow ? SL_ERR_FULL : 0;
}
