/* mask_fuzz.c - whatever a reply says, no name or private address that is to be hidden comes out,
 * and a mailbox of the recipients' domain stays (mask.h) */

#include "smtp/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z');
}

static bool
is_numeric(unsigned char c)
{
	return (c >= '0' && c <= '9') || c == '.';
}

static bool
is_nothing(unsigned char c)
{
	return false;
}

/* Does `word` stand in s, not touched by a byte of which `touches` is true? */
static bool
stands_in(struct sl_slice s, struct sl_slice word, bool (*touches)(unsigned char c))
{
	for (size_t i = 0; i + word.len <= s.len; i++)
		if (sl_slice_ieq(sl_slice(s.ptr + i, word.len), word) &&
		    (i == 0 || !touches(s.ptr[i - 1])) &&
		    (i + word.len == s.len || !touches(s.ptr[i + word.len])))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sl_smtp_mask mask = {
		.our_name = { (const unsigned char *)"gate.sluice.example", 19 },
		.names = { { (const unsigned char *)"mx1.inner.example", 17 },
		    { (const unsigned char *)"EX01", 4 } },
		.names_len = 2,
		.address = { (const unsigned char *)"192.0.2.9", 9 },
		.keep_domain = { (const unsigned char *)"inner.example", 13 },
	};
	struct sl_buf text, written, out;
	struct sl_smtp_reply reply;
	struct sl_slice result;
	size_t used;

	sl_buf_init(&text, SL_SMTP_REPLY_MAX / 4);
	sl_buf_init(&written, SL_SMTP_REPLY_MAX);
	sl_buf_init(&out, 16 * SL_SMTP_REPLY_MAX);
	sl_buf_add(&text, data, size);
	sl_smtp_reply_write(&written, 550, "5.1.1", sl_buf_slice(&text));
	if (!written.overflow &&
	    sl_smtp_reply_parse(sl_buf_slice(&written), &reply, &used) == SL_DONE) {
		sl_smtp_mask_text(&out, &reply, &mask);
		result = sl_buf_slice(&out);
		SL_ASSERT(!out.overflow);
		SL_ASSERT(!stands_in(result, SL_SLICE_LIT("mx1.inner.example"), is_alnum));
		SL_ASSERT(!stands_in(result, SL_SLICE_LIT("10.1.2.3"), is_numeric));
		SL_ASSERT(!stands_in(result, SL_SLICE_LIT("192.0.2.9"), is_numeric));
		if (stands_in(sl_buf_slice(&text), SL_SLICE_LIT(" user@inner.example "), is_nothing) &&
		    text.len < 400)
			SL_ASSERT(stands_in(result, SL_SLICE_LIT(" user@inner.example "),
			    is_nothing));
	}
	sl_buf_fini(&text);
	sl_buf_fini(&written);
	sl_buf_fini(&out);
	return 0;
}
