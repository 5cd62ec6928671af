/* reply_fuzz.c - a reply is the same wherever it was cut, and what is written from it is a reply
 * with the same code, status and text (reply.h) */

#include "smtp/ehlo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SHORT	400	/* bytes of a line that is never broken */

/* The texts of all lines, parted by '\n'. Returns false if one is long or holds control bytes. */
static bool
texts(const struct sl_smtp_reply *reply, struct sl_buf *out)
{
	struct sl_slice text;
	size_t position = 0;
	bool plain = true;

	while (sl_smtp_reply_line(reply, &position, &text)) {
		for (size_t i = 0; i < text.len; i++)
			plain &= text.ptr[i] == '\t' || (text.ptr[i] >= ' ' && text.ptr[i] != 0x7f);
		plain &= text.len <= SHORT;
		sl_buf_add_slice(out, text);
		sl_buf_add_byte(out, '\n');
	}
	return plain;
}

static void
check_written(const struct sl_smtp_reply *reply)
{
	char enhanced[16] = "";
	struct sl_buf text, written, again_text;
	struct sl_smtp_reply again;
	size_t used;
	bool plain;

	sl_buf_init(&text, 2 * SL_SMTP_REPLY_MAX);
	sl_buf_init(&again_text, 2 * SL_SMTP_REPLY_MAX);
	sl_buf_init(&written, 20 * SL_SMTP_REPLY_MAX);
	SL_ASSERT(reply->enhanced.len < sizeof(enhanced));
	if (reply->enhanced.len > 0)
		memcpy(enhanced, reply->enhanced.ptr, reply->enhanced.len);
	plain = texts(reply, &text);
	sl_smtp_reply_write(&written, reply->code, enhanced, sl_buf_slice(&text));
	SL_ASSERT(!written.overflow && !text.overflow);
	if (written.len <= SL_SMTP_REPLY_MAX) {
		SL_ASSERT(sl_smtp_reply_parse(sl_buf_slice(&written), &again, &used) == SL_DONE);
		SL_ASSERT(used == written.len && again.code == reply->code);
		SL_ASSERT(reply->enhanced.len == 0 || sl_slice_eq(again.enhanced, reply->enhanced));
		texts(&again, &again_text);
		if (plain && reply->enhanced.len == again.enhanced.len)
			SL_ASSERT(sl_slice_eq(sl_buf_slice(&text), sl_buf_slice(&again_text)));
	}
	sl_buf_fini(&text);
	sl_buf_fini(&again_text);
	sl_buf_fini(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_smtp_reply reply, again;
	struct sl_smtp_caps caps;
	size_t used = 0, seen = 0;
	int r = sl_smtp_reply_parse(sl_slice(data, size), &reply, &used), early = SL_MORE;

	for (size_t cut = 0; cut < size && early == SL_MORE; cut++)
		early = sl_smtp_reply_parse(sl_slice(data, cut), &again, &seen);
	SL_ASSERT(early == SL_MORE || early == r);
	if (r != SL_DONE)
		return 0;
	SL_ASSERT(used <= size && used <= SL_SMTP_REPLY_MAX && (early == SL_MORE || seen == used));
	SL_ASSERT(reply.code >= 200 && reply.code <= 599);
	sl_smtp_caps_parse(&reply, &caps);
	check_written(&reply);
	return 0;
}
