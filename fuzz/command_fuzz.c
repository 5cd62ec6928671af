/* command_fuzz.c - MAIL and RCPT can be written again from what was read, and read the same; what
 * is refused has an answer (command.h) */

#include "smtp/command.h"
#include "sl/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sl_slice
write_again(struct sl_buf *out, const char *keyword, const struct sl_smtp_address *path,
    const struct sl_smtp_param *params, size_t params_len)
{
	sl_buf_reset(out);
	sl_buf_addf(out, "%s<" SL_SLICE_FMT ">", keyword, SL_SLICE_ARG(path->mailbox));
	for (size_t i = 0; i < params_len; i++) {
		sl_buf_addf(out, " " SL_SLICE_FMT, SL_SLICE_ARG(params[i].name));
		if (params[i].value.ptr != NULL)
			sl_buf_addf(out, "=" SL_SLICE_FMT, SL_SLICE_ARG(params[i].value));
	}
	SL_ASSERT(!out->overflow);
	return sl_buf_slice(out);
}

static void
check_params(const struct sl_smtp_param *a, const struct sl_smtp_param *b, size_t len)
{
	SL_ASSERT(len <= SL_SMTP_PARAMS_MAX);
	for (size_t i = 0; i < len; i++) {
		SL_ASSERT(a[i].name.len > 0 && (a[i].value.len > 0 || a[i].value.ptr == NULL));
		SL_ASSERT(sl_slice_eq(a[i].name, b[i].name) && sl_slice_eq(a[i].value, b[i].value));
		for (size_t j = 0; j < i; j++)
			SL_ASSERT(!sl_slice_ieq(a[i].name, a[j].name));
	}
}

static void
check_refusal(const struct sl_smtp_status *reply)
{
	SL_ASSERT(reply->code == 501 || reply->code == 552 || reply->code == 553);
	SL_ASSERT(reply->enhanced[0] == '5' && reply->text[0] != '\0');
}

static void
check_mail(struct sl_slice argument, struct sl_buf *buf)
{
	struct sl_smtp_status reply = { 0 };
	struct sl_smtp_mail mail, again;

	if (sl_smtp_mail_parse(argument, &mail, &reply) != 0) {
		check_refusal(&reply);
		return;
	}
	SL_ASSERT(mail.from.is_null || mail.from.domain.len > 0);
	SL_ASSERT(!mail.from.is_utf8 || mail.smtputf8);
	SL_ASSERT(sl_smtp_mail_parse(write_again(buf, "FROM:", &mail.from, mail.params,
	    mail.params_len), &again, &reply) == 0);
	SL_ASSERT(again.params_len == mail.params_len && again.size_bytes == mail.size_bytes);
	SL_ASSERT(again.body == mail.body && again.smtputf8 == mail.smtputf8);
	check_params(mail.params, again.params, mail.params_len);
}

static void
check_rcpt(struct sl_slice argument, struct sl_buf *buf)
{
	struct sl_smtp_status reply = { 0 };
	struct sl_smtp_rcpt rcpt, again;

	if (sl_smtp_rcpt_parse(argument, &rcpt, &reply) != 0) {
		check_refusal(&reply);
		return;
	}
	SL_ASSERT(!rcpt.to.is_null);
	SL_ASSERT(sl_smtp_rcpt_parse(write_again(buf, "TO:", &rcpt.to, rcpt.params,
	    rcpt.params_len), &again, &reply) == 0);
	SL_ASSERT(again.params_len == rcpt.params_len);
	check_params(rcpt.params, again.params, rcpt.params_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_smtp_command command;
	struct sl_buf buf;
	uint64_t size_bytes;
	bool last;

	sl_smtp_command_parse(sl_slice(data, size), &command);
	SL_ASSERT(command.verb == SL_SMTP_UNKNOWN || sl_slice_ieq(command.word,
	    sl_slice_str(sl_smtp_verb_name(command.verb))));
	SL_ASSERT(command.word.len + command.argument.len <= size);
	sl_buf_init(&buf, size + 100);
	check_mail(command.argument, &buf);
	check_rcpt(command.argument, &buf);
	if (sl_smtp_helo_ok(command.argument))
		SL_ASSERT(memchr(command.argument.ptr, ' ', command.argument.len) == NULL);
	if (sl_smtp_bdat_parse(command.argument, &size_bytes, &last) == 0) {
		sl_buf_reset(&buf);
		sl_buf_addf(&buf, "%llu%s", (unsigned long long)size_bytes, last ? " LAST" : "");
		SL_ASSERT(sl_slice_istarts(sl_buf_slice(&buf), command.argument) ||
		    command.argument.len >= buf.len);
	}
	sl_buf_fini(&buf);
	return 0;
}
