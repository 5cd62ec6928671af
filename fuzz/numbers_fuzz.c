/* numbers_fuzz.c - numbers in text: two cuttings agree, and so does a finder that tries every place anew
 *
 * The naive finder has its own Luhn and its own remainder, digit by digit from the other end. */

#include "policy/numbers.h"
#include "sl/buf.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void
add_number(void *ctx, enum sl_content_number kind, struct sl_slice number)
{
	sl_buf_addf(ctx, "%d" SL_SLICE_FMT "\n", kind, SL_SLICE_ARG(number));
}

static void
find(struct sl_slice text, size_t piece, struct sl_buf *out)
{
	struct sl_numbers n;

	sl_numbers_init(&n, 3, add_number, out);
	for (size_t at = 0; at < text.len; at += SL_MIN(piece, text.len - at))
		sl_numbers_feed(&n, sl_slice(text.ptr + at, SL_MIN(piece, text.len - at)));
	sl_numbers_end(&n);
}

/* ---- naive, for ASCII */

static bool
is_alnum(unsigned char c)
{
	c = sl_ascii_lower(c);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool
naive_luhn(const char *s, int len)
{
	static const int doubled[] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
	int sum = 0;

	for (int i = len - 1, second = 0; i >= 0; i--, second ^= 1) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		sum += second ? doubled[s[i] - '0'] : s[i] - '0';
	}
	return sum % 10 == 0;
}

static bool
naive_97(const char *s, int len)
{
	int remainder = 0, weight = 1;

	for (int i = len - 1; i >= 0; i--) {		/* from the last digit on: s[4..] s[0..3] */
		int c = s[(i + 4) % len], value = c <= '9' ? c - '0' : c - 'A' + 10;

		remainder = (remainder + value % 10 * weight) % 97;
		weight = weight * 10 % 97;
		if (value > 9) {
			remainder = (remainder + value / 10 * weight) % 97;
			weight = weight * 10 % 97;
		}
	}
	return remainder == 1;
}

/* A number that begins at `at`, where a group begins, and ends behind `end`, where one ends. Its characters, or 0. */
static int
naive_window(struct sl_slice text, size_t at, size_t end, char out[64])
{
	unsigned char separator = 0;
	int len = 0;

	for (size_t i = at; i < end; i++) {
		unsigned char c = text.ptr[i];

		if (is_alnum(c)) {
			if (len == 60)
				return 0;
			out[len++] = (char)(c >= 'a' ? c - 32 : c);
		} else if ((c != ' ' && c != '-' && c != '.') || !is_alnum(text.ptr[i + 1]) || (separator != 0 && c != separator)) {
			return 0;
		} else {
			separator = c;
		}
	}
	return len;
}

static void
naive_find(struct sl_slice text, struct sl_buf *out)
{
	for (size_t end = 1; end <= text.len; end++) {
		char window[64], card[64] = "", iban[64] = "";

		if (!is_alnum(text.ptr[end - 1]) || (end < text.len && is_alnum(text.ptr[end])))
			continue;
		for (size_t at = end; at-- > 0 && end - at < 128; ) {
			int n;

			if (!is_alnum(text.ptr[at]) || (at > 0 && is_alnum(text.ptr[at - 1])))
				continue;
			n = naive_window(text, at, end, window);
			window[n] = '\0';
			/* Ranges and lengths are the table's; check digits are done here again. */
			if (n <= 19 && n >= 12 && naive_luhn(window, n) && sl_number_is_card(sl_slice(window, (size_t)n)))
				memcpy(card, window, (size_t)n + 1);
			else
				SL_ASSERT(!sl_number_is_card(sl_slice(window, (size_t)n)));
			if (n >= 15 && n <= 34 && naive_97(window, n) && sl_number_is_iban(sl_slice(window, (size_t)n)))
				memcpy(iban, window, (size_t)n + 1);
			else
				SL_ASSERT(!sl_number_is_iban(sl_slice(window, (size_t)n)));
		}
		if (card[0] != '\0')
			sl_buf_addf(out, "%d%s\n", SL_NUMBER_PAYMENT_CARD, card);
		if (iban[0] != '\0')
			sl_buf_addf(out, "%d%s\n", SL_NUMBER_IBAN, iban);
	}
}

/* Random digits are hardly ever right: let some inputs have their check digits made so. */
static size_t
correct(const unsigned char *data, size_t len, unsigned char *out)
{
	char number[64];
	int digits = 0;

	memcpy(out, data, len);
	for (size_t i = 0; i < len && digits < 60; i++)
		if (is_alnum(data[i]))
			number[digits++] = (char)(data[i] >= 'a' ? data[i] - 32 : data[i]);
	for (size_t i = len; i-- > 0 && digits >= 12 && digits <= 19; )
		if (data[i] >= '0' && data[i] <= '9') {
			for (char c = '0'; c <= '9'; c++) {
				number[digits - 1] = c;
				if (naive_luhn(number, digits))
					out[i] = (unsigned char)c;
			}
			break;
		}
	return len;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_buf whole, cut, naive;
	unsigned char *text;
	bool ascii = true;

	if (len < 2)
		return 0;
	text = sl_xmalloc(len);
	if (data[0] & 1)
		correct(data + 1, len - 1, text);
	else
		memcpy(text, data + 1, len - 1);
	for (size_t i = 0; i + 1 < len; i++)
		ascii &= text[i] < 0x80;
	sl_buf_init(&whole, SIZE_MAX / 2);
	sl_buf_init(&cut, SIZE_MAX / 2);
	sl_buf_init(&naive, SIZE_MAX / 2);
	find(sl_slice(text, len - 1), SIZE_MAX / 2, &whole);
	find(sl_slice(text, len - 1), 1 + data[0] / 2 % 7, &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	if (ascii) {
		naive_find(sl_slice(text, len - 1), &naive);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&naive)));
	}
	sl_buf_fini(&whole);
	sl_buf_fini(&cut);
	sl_buf_fini(&naive);
	sl_free(text);
	return 0;
}
