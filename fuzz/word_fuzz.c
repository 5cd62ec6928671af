/* word_fuzz.c - what is written in encoded words (RFC 2047) is read again; decoding is bounded, and says the same twice */

#include "mime/word.h"
#include "sl/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A printable character of one, two or three bytes, as the byte says. */
static void
add_character(struct sl_buf *out, unsigned byte)
{
	unsigned c = byte < 0x80 ? 0x21 + byte % 0x5e : byte < 0xc0 ? 0xa1 + byte : 0x4e00 + byte;

	if (c < 0x80) {
		sl_buf_add_byte(out, (unsigned char)c);
	} else if (c < 0x800) {
		sl_buf_add_byte(out, (unsigned char)(0xc0 | c >> 6));
		sl_buf_add_byte(out, (unsigned char)(0x80 | (c & 0x3f)));
	} else {
		sl_buf_add_byte(out, (unsigned char)(0xe0 | c >> 12));
		sl_buf_add_byte(out, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		sl_buf_add_byte(out, (unsigned char)(0x80 | (c & 0x3f)));
	}
}

static void
add_q(struct sl_buf *out, struct sl_slice text)
{
	sl_buf_add_str(out, "=?UTF-8?Q?");
	for (size_t i = 0; i < text.len; i++)
		sl_buf_addf(out, "=%02X", text.ptr[i]);
	sl_buf_add_str(out, "?=");
}

static void
add_b(struct sl_buf *out, struct sl_slice text)
{
	static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	sl_buf_add_str(out, "=?utf-8?b?");
	for (size_t i = 0; i < text.len; i += 3) {
		size_t left = text.len - i;
		unsigned bits = (unsigned)text.ptr[i] << 16 | (left > 1 ? (unsigned)text.ptr[i + 1] << 8 : 0) |
		    (left > 2 ? text.ptr[i + 2] : 0u);

		for (unsigned k = 0; k < 4; k++)
			sl_buf_add_byte(out, k > left ? '=' : (unsigned char)symbols[bits >> (18 - 6 * k) & 63]);
	}
	sl_buf_add_str(out, "?=");
}

/* Words of up to `most` bytes of input each, folded between. */
static void
round_trip(struct sl_slice in, size_t most)
{
	struct sl_buf text, words, read;

	sl_buf_init(&text, SIZE_MAX / 2);
	sl_buf_init(&words, SIZE_MAX / 2);
	sl_buf_init(&read, SIZE_MAX / 2);
	for (size_t i = 0; i < in.len; i += most) {
		size_t start = text.len;

		for (size_t k = i; k < SL_MIN(i + most, in.len); k++)
			add_character(&text, in.ptr[k]);
		if (i > 0)
			sl_buf_add_str(&words, "\r\n ");
		if (in.ptr[i] % 2 == 0)
			add_q(&words, sl_slice_from(sl_buf_slice(&text), start));
		else
			add_b(&words, sl_slice_from(sl_buf_slice(&text), start));
	}
	sl_word_decode(sl_buf_slice(&words), &read);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&text), sl_buf_slice(&read)));
	sl_buf_fini(&text);
	sl_buf_fini(&words);
	sl_buf_fini(&read);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_buf once, twice;
	struct sl_slice in;

	if (len < 1)
		return 0;
	in = sl_slice(data + 1, len - 1);
	sl_buf_init(&once, SIZE_MAX / 2);
	sl_buf_init(&twice, SIZE_MAX / 2);
	sl_word_decode(in, &once);
	sl_word_decode(in, &twice);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&once), sl_buf_slice(&twice)));
	SL_ASSERT(once.len <= 6 * in.len + 64);
	round_trip(in, 1 + data[0] % 20);
	sl_buf_fini(&once);
	sl_buf_fini(&twice);
	return 0;
}
