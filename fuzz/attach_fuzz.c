/*
 * attach_fuzz.c - content, name and their agreement: every cutting agrees; what is given is well-formed; a
 * name that is shown reads as harmless as what it was made of
 *
 * Input: a byte of cutting, a byte of the name's length, the name, the content.
 */

#include "attach/agree.h"
#include "sl/utf8.h"

static struct sl_sniffed
sniff(struct sl_slice in, size_t step)
{
	struct sl_sniff s;

	sl_sniff_init(&s);
	for (size_t at = 0; at < in.len; at += step)
		sl_sniff_feed(&s, sl_slice(in.ptr + at, SL_MIN(step, in.len - at)));
	return sl_sniff_finish(&s);
}

static void
check_name(const struct sl_name *name)
{
	struct sl_slice display = sl_slice_str(name->display);
	struct sl_name again;

	SL_ASSERT(display.len <= SL_NAME_DISPLAY && sl_utf8_valid(display));
	SL_ASSERT(strlen(name->extension) <= SL_NAME_EXTENSION && sl_utf8_valid(sl_slice_str(name->extension)));
	SL_ASSERT(sl_utf8_valid(sl_slice_str(name->shown)));
	SL_ASSERT(name->findings < 1u << SL_NAME_FINDING_COUNT);
	for (size_t i = 0; i < display.len; i++)
		SL_ASSERT(display.ptr[i] >= 0x20 && display.ptr[i] != 0x7f);
	/* what is shown deceives no more by what it hides */
	sl_name_read(display, &again);
	SL_ASSERT((again.findings & (SL_NAME_BIT(BIDI) | SL_NAME_BIT(INVISIBLE) | SL_NAME_BIT(CONTROL) |
	    SL_NAME_BIT(NUL) | SL_NAME_BIT(NOT_UTF8))) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_sniffed whole, cut;
	struct sl_slice filename, content;
	struct sl_name name;
	unsigned findings;

	if (len < 2)
		return 0;
	filename = sl_slice(data + 2, SL_MIN((size_t)data[1], len - 2));
	content = sl_slice_from(sl_slice(data, len), 2 + filename.len);
	sl_name_read(filename, &name);
	check_name(&name);

	whole = sniff(content, content.len + 1);
	cut = sniff(content, 1u + data[0]);
	SL_ASSERT(whole.type == cut.type && whole.also == cut.also && whole.flags == cut.flags &&
	    whole.text == cut.text && whole.strong == cut.strong);
	SL_ASSERT(whole.also == SL_TYPE_UNKNOWN || (whole.also != whole.type && whole.strong));
	SL_ASSERT((whole.type == SL_TYPE_EMPTY) == (content.len == 0));

	findings = sl_agree_check(&whole, &name, filename);
	SL_ASSERT(findings < 1u << SL_AGREE_FINDING_COUNT);
	/* content that nothing is said of disagrees with nothing */
	sl_name_read(sl_slice(NULL, 0), &name);
	findings = sl_agree_check(&whole, &name, sl_slice(NULL, 0));
	SL_ASSERT((findings & ~SL_AGREE_BIT(POLYGLOT)) == 0);
	return 0;
}
