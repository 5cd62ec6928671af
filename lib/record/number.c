/* number.c - a double as the decimal number that reads back as the same bits; see record.h */

#include "record/record.h"

#include <math.h>

#define DIGITS		17	/* as many tell every double from its neighbours */
#define FIVES_MAX	27	/* 5 to this power fits 64 bits */

/* A number's digits, without the point: digits * 10^(exponent - 16). */
struct decimal {
	uint64_t	digits;		/* 17 of them */
	int		exponent;
};

static uint64_t
power(uint64_t base, int n)
{
	uint64_t result = 1;

	while (n-- > 0)
		result *= base;
	return result;
}

/* value * 10^shift, rounded: 53 bits times a power of five fit into 128, so nothing is lost before. False: out
 * of the range where that holds. */
static bool
scaled(double value, int shift, uint64_t *out)
{
	int two, away;
	uint64_t bits = (uint64_t)(frexp(value, &two) * 9007199254740992.0);	/* 2^53 */
	unsigned __int128 product, half;

	if (shift < 0 || shift > FIVES_MAX)
		return false;
	away = 53 - two - shift;
	if (away < 1 || away > 116)
		return false;
	product = (unsigned __int128)bits * power(5, shift);
	half = (unsigned __int128)1 << (away - 1);
	*out = (uint64_t)((product + half) >> away);
	return true;
}

static bool
decimal_of(double value, struct decimal *out)
{
	int exponent = (int)floor(log10(value));

	/* The logarithm is rounded: beside a power of ten it may be off by one. */
	for (int off = 0; off < 2; off++, exponent++) {
		if (!scaled(value, DIGITS - 1 - exponent, &out->digits))
			return false;
		out->exponent = exponent;
		if (out->digits < power(10, DIGITS))
			return out->digits >= power(10, DIGITS - 1);
	}
	return false;
}

/* Digits as text, `point` of them before the point (none: 0.000...), no zeros at the end behind it. */
static void
add_decimal(uint64_t digits, int len, int point, struct sl_buf *out)
{
	char text[48];
	int at = 0, first;

	while (digits % 10 == 0 && len > SL_MAX(point, 1)) {
		digits /= 10;
		len--;
	}
	if (point <= 0) {
		text[at++] = '0';
		text[at++] = '.';
		for (int i = point; i < 0; i++)
			text[at++] = '0';
	}
	first = at;
	for (int i = len; i-- > 0; digits /= 10)
		text[first + i + (point > 0 && i >= point)] = (char)('0' + digits % 10);
	at = first + len;
	if (point > 0 && len > point) {
		text[first + point] = '.';
		at++;
	}
	sl_buf_add(out, text, (size_t)at);
}

void
sl_record_number(double value, struct sl_buf *out)
{
	struct decimal d;

	if (!isfinite(value)) {
		sl_buf_add_str(out, isnan(value) ? "\"nan\"" : value > 0 ? "\"inf\"" : "\"-inf\"");
		return;
	}
	if (value == 0) {
		sl_buf_add_str(out, signbit(value) ? "-0.0" : "0");
		return;
	}
	if (fabs(value) < 1e9 && !(rint(value * 1e6) / 1e6 < value) && !(rint(value * 1e6) / 1e6 > value)) {
		/* A short decimal: its nearest double is this one. */
		uint64_t millionths = (uint64_t)rint(fabs(value) * 1e6);
		int len = 7;

		while (millionths >= power(10, len))
			len++;
		sl_buf_add_str(out, value < 0 ? "-" : "");
		add_decimal(millionths, len, len - 6, out);
		return;
	}
	if (!decimal_of(fabs(value), &d) || d.exponent < -5 || d.exponent >= DIGITS) {
		sl_buf_addf(out, "%.17g", value);
		return;
	}
	sl_buf_add_str(out, value < 0 ? "-" : "");
	add_decimal(d.digits, DIGITS, d.exponent + 1, out);
}
