/* ehlo.c - see ehlo.h */

#include "smtp/ehlo.h"

static const struct {
	const char	*keyword;
	unsigned	 flag;
} keywords[] = {
	{ "PIPELINING", SL_SMTP_CAP_PIPELINING },
	{ "SIZE", SL_SMTP_CAP_SIZE },
	{ "8BITMIME", SL_SMTP_CAP_8BITMIME },
	{ "STARTTLS", SL_SMTP_CAP_STARTTLS },
	{ "ENHANCEDSTATUSCODES", SL_SMTP_CAP_ENHANCED },
	{ "SMTPUTF8", SL_SMTP_CAP_SMTPUTF8 },
	{ "CHUNKING", SL_SMTP_CAP_CHUNKING },
	{ "BINARYMIME", SL_SMTP_CAP_BINARYMIME },
	{ "DSN", SL_SMTP_CAP_DSN },
	{ "XCLIENT", SL_SMTP_CAP_XCLIENT },
	{ "XFORWARD", SL_SMTP_CAP_XFORWARD },
	{ "AUTH", SL_SMTP_CAP_AUTH },
	{ "PRDR", SL_SMTP_CAP_PRDR },
};

/* Cut the first word off. */
static struct sl_slice
take_word(struct sl_slice *in)
{
	struct sl_slice s = sl_slice_trim(*in);
	size_t i = 0;

	while (i < s.len && s.ptr[i] != ' ' && s.ptr[i] != '\t')
		i++;
	*in = sl_slice_from(s, i);
	return sl_slice(s.ptr, i);
}

static unsigned
keyword_flag(struct sl_slice word)
{
	if (sl_slice_istarts(word, SL_SLICE_LIT("AUTH=")))
		return SL_SMTP_CAP_AUTH;
	for (size_t i = 0; i < SL_COUNT(keywords); i++)
		if (sl_slice_ieq(word, sl_slice_str(keywords[i].keyword)))
			return keywords[i].flag;
	return 0;
}

void
sl_smtp_caps_parse(const struct sl_smtp_reply *reply, struct sl_smtp_caps *caps_out)
{
	struct sl_smtp_caps caps = { 0 };
	struct sl_slice text;
	size_t position = 0;
	unsigned flag;

	if (sl_smtp_reply_line(reply, &position, &text))
		caps.name = take_word(&text);
	while (sl_smtp_reply_line(reply, &position, &text)) {
		flag = keyword_flag(take_word(&text));
		caps.flags |= flag;
		if (flag == SL_SMTP_CAP_SIZE &&
		    sl_slice_to_u64(take_word(&text), UINT64_MAX, &caps.size_bytes) != 0)
			caps.size_bytes = 0;
	}
	*caps_out = caps;
}
