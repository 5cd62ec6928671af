/* punycode.c - see domain/punycode.h */

#include "domain/punycode.h"

enum {				/* RFC 3492, 5 */
	BASE = 36,
	T_MIN = 1,
	T_MAX = 26,
	SKEW = 38,
	DAMP = 700,
	BIAS_FIRST = 72,
	N_FIRST = 0x80,
};

struct out {
	char	*text;
	size_t	 size, len;
	bool	 full;
};

static void
put(struct out *out, char c)
{
	if (out->len + 1 >= out->size)
		out->full = true;
	else
		out->text[out->len++] = c;
}

static char
digit_char(uint32_t digit)
{
	return (char)(digit < 26 ? 'a' + digit : '0' + (digit - 26));
}

/* BASE: it is none. */
static uint32_t
digit_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 26);
	c = sl_ascii_lower(c);
	return c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a') : BASE;
}

static uint32_t
threshold(uint32_t k, uint32_t bias)
{
	return k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

/* RFC 3492, 6.1 */
static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void
put_number(struct out *out, uint32_t q, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = threshold(k, bias);

		if (q < t)
			break;
		put(out, digit_char(t + (q - t) % (BASE - t)));
		q = (q - t) / (BASE - t);
	}
	put(out, digit_char(q));
}

int
sl_punycode_encode(const uint32_t *in, size_t len, char *out_text, size_t out_size, size_t *len_out)
{
	struct out out = { .text = out_text, .size = out_size, .full = out_size == 0 };
	uint32_t n = N_FIRST, bias = BIAS_FIRST, delta = 0;
	size_t done = 0, basic;

	for (size_t i = 0; i < len; i++)
		if (in[i] < N_FIRST) {
			put(&out, (char)in[i]);
			done++;
		}
	basic = done;
	if (basic > 0)
		put(&out, '-');
	while (done < len && !out.full) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < len; i++)
			if (in[i] >= n && in[i] < next)
				next = in[i];
		if ((uint64_t)(next - n) * (done + 1) + delta > UINT32_MAX - len)
			return SL_ERR_FULL;
		delta += (next - n) * (uint32_t)(done + 1);
		n = next;
		for (size_t i = 0; i < len; i++) {
			if (in[i] < n)
				delta++;
			if (in[i] != n)
				continue;
			put_number(&out, delta, bias);
			bias = adapt(delta, (uint32_t)done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	if (out.full)
		return SL_ERR_FULL;
	out.text[out.len] = '\0';
	*len_out = out.len;
	return 0;
}

/* One number of the coding, added to *i_io. */
static bool
take_number(struct sl_slice *in, uint32_t bias, uint32_t *i_io)
{
	uint64_t i = *i_io, weight = 1;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = threshold(k, bias), digit;

		if (in->len == 0 || (digit = digit_value(in->ptr[0])) == BASE)
			return false;
		*in = sl_slice_from(*in, 1);
		i += digit * weight;
		if (i > UINT32_MAX)
			return false;
		if (digit < t)
			break;
		weight *= BASE - t;
		if (weight > UINT32_MAX)
			return false;
	}
	*i_io = (uint32_t)i;
	return true;
}

static bool
is_scalar(uint32_t c)
{
	return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

int
sl_punycode_decode(struct sl_slice in, uint32_t *out, size_t max, size_t *len_out)
{
	uint32_t n = N_FIRST, bias = BIAS_FIRST, i = 0;
	size_t len = 0, basic = in.len;

	while (basic > 0 && in.ptr[basic - 1] != '-')
		basic--;
	if (basic > 0 && basic - 1 > max)
		return SL_ERR_FULL;
	for (; len + 1 < basic; len++) {
		if (in.ptr[len] >= N_FIRST)
			return SL_ERR_SYNTAX;
		out[len] = in.ptr[len];
	}
	in = sl_slice_from(in, basic);
	while (in.len > 0) {
		uint32_t before = i;

		if (!take_number(&in, bias, &i))
			return SL_ERR_SYNTAX;
		if (len == max)
			return SL_ERR_FULL;
		bias = adapt(i - before, (uint32_t)len + 1, before == 0);
		if (i / (len + 1) > 0x10ffffu - n)
			return SL_ERR_SYNTAX;
		n += i / (uint32_t)(len + 1);
		i %= (uint32_t)(len + 1);
		if (!is_scalar(n))
			return SL_ERR_SYNTAX;
		memmove(out + i + 1, out + i, (len - i) * sizeof(*out));
		out[i++] = n;
		len++;
	}
	*len_out = len;
	return 0;
}
