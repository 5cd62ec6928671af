/*
 * idna_fuzz.c - domains: what came out in ASCII is ASCII, comes out the same again, and its
 * letters lead back to it; punycode decodes to what encodes to it
 */

#include "domain/idna.h"
#include "domain/punycode.h"
#include "sl/utf8.h"

#define OUT_SIZE	20000

static void
check_punycode(struct sl_slice in)
{
	uint32_t points[SL_IDNA_LABEL_MAX];
	char out[5 * SL_IDNA_LABEL_MAX + 2];
	size_t len, out_len;

	if (in.len > SL_IDNA_LABEL_MAX || sl_punycode_decode(in, points, SL_COUNT(points), &len) < 0)
		return;
	SL_ASSERT(sl_punycode_encode(points, len, out, sizeof(out), &out_len) == 0);
	/* Digits of the coding may be of either case, and a lone "-" may stand in front of none. */
	if (in.len > 0 && in.ptr[0] != '-')
		SL_ASSERT(sl_slice_ieq(sl_slice(out, out_len), in) || out_len == in.len + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char ascii[OUT_SIZE], again[OUT_SIZE], letters[OUT_SIZE];
	struct sl_slice in = sl_slice(data, len);
	size_t ascii_len, again_len, letters_len;
	unsigned problems, again_problems;
	int r = sl_idna_to_ascii(in, ascii, sizeof(ascii), &ascii_len, &problems);

	check_punycode(in);
	SL_ASSERT(r == 0 || r == SL_ERR_SYNTAX || r == SL_ERR_TOO_LONG);
	if (sl_idna_to_unicode(in, letters, sizeof(letters), &letters_len, NULL) != SL_ERR_TOO_LONG)
		SL_ASSERT(sl_utf8_valid(sl_slice(letters, letters_len)));
	if (r != 0)
		return 0;
	for (size_t i = 0; i < ascii_len; i++)
		SL_ASSERT((unsigned char)ascii[i] < 0x80);
	SL_ASSERT(sl_idna_to_ascii(sl_slice(ascii, ascii_len), again, sizeof(again), &again_len,
	    &again_problems) == 0);
	SL_ASSERT(strcmp(ascii, again) == 0 && ascii_len == again_len);
	SL_ASSERT(sl_idna_to_unicode(sl_slice(ascii, ascii_len), letters, sizeof(letters), &letters_len,
	    NULL) == 0);
	SL_ASSERT(sl_idna_to_ascii(sl_slice(letters, letters_len), again, sizeof(again), &again_len,
	    NULL) == 0);
	SL_ASSERT(strcmp(ascii, again) == 0);
	return 0;
}
