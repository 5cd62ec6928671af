/* host.c - see host_i.h */

#include "host_i.h"
#include "domain/idna.h"
#include "sl/utf8.h"

#include <stdio.h>

#define IPV6_PIECES	8

int
hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = sl_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_forbidden(unsigned char c)
{
	return c == '\0' || (c < 0x80 && strchr("\t\n\r #/:<>?@[\\]^|", c) != NULL);
}

static bool
is_forbidden_in_domain(unsigned char c)
{
	return c <= 0x20 || c == '%' || c == 0x7f || is_forbidden(c);
}

/* A run of hex digits, at most four. */
static unsigned
take_hex(struct sl_slice *in, size_t *digits_out)
{
	unsigned value = 0;
	size_t n = 0;

	while (n < 4 && n < in->len && hex_value(in->ptr[n]) >= 0)
		value = value << 4 | (unsigned)hex_value(in->ptr[n++]);
	*in = sl_slice_from(*in, n);
	*digits_out = n;
	return value;
}

/* "192.0.2.1" and no other notation, to the end of `in`, as two pieces. */
static bool
take_ipv4_tail(struct sl_slice in, uint16_t pieces[2])
{
	for (unsigned seen = 0; seen < 4; seen++) {
		unsigned value = 0;
		size_t n = 0;

		if (seen > 0) {
			if (in.len == 0 || in.ptr[0] != '.')
				return false;
			in = sl_slice_from(in, 1);
		}
		while (n < in.len && is_digit(in.ptr[n])) {
			if (n > 0 && value == 0)	/* no leading zero */
				return false;
			value = value * 10 + (unsigned)(in.ptr[n++] - '0');
			if (value > 255)
				return false;
		}
		if (n == 0)
			return false;
		in = sl_slice_from(in, n);
		pieces[seen / 2] = (uint16_t)(pieces[seen / 2] << 8 | value);
	}
	return in.len == 0;
}

static bool
ipv6_parse(struct sl_slice in, uint16_t pieces[IPV6_PIECES])
{
	size_t count = 0, compress = SIZE_MAX, digits;

	memset(pieces, 0, IPV6_PIECES * sizeof(*pieces));
	if (in.len > 0 && in.ptr[0] == ':') {
		if (in.len < 2 || in.ptr[1] != ':')
			return false;
		in = sl_slice_from(in, 2);
		compress = 0;
	}
	while (in.len > 0) {
		struct sl_slice before = in;
		unsigned value;

		if (count == IPV6_PIECES)
			return false;
		if (in.ptr[0] == ':') {
			if (compress != SIZE_MAX)
				return false;
			in = sl_slice_from(in, 1);
			compress = count;
			continue;
		}
		value = take_hex(&in, &digits);
		if (in.len > 0 && in.ptr[0] == '.') {
			if (digits == 0 || count > IPV6_PIECES - 2 || !take_ipv4_tail(before, pieces + count))
				return false;
			count += 2;
			break;
		}
		if (in.len > 0) {
			if (in.ptr[0] != ':' || in.len == 1)
				return false;
			in = sl_slice_from(in, 1);
		}
		pieces[count++] = (uint16_t)value;
	}
	if (compress == SIZE_MAX)
		return count == IPV6_PIECES;
	if (count == IPV6_PIECES)
		return false;
	memmove(pieces + compress + (IPV6_PIECES - count), pieces + compress,
	    (count - compress) * sizeof(*pieces));
	memset(pieces + compress, 0, (IPV6_PIECES - count) * sizeof(*pieces));
	return true;
}

/* The longest run of two or more zeros, the first of several (URL standard, 3.5). */
static size_t
longest_zeros(const uint16_t pieces[IPV6_PIECES], size_t *len_out)
{
	size_t best = 0, best_len = 0;

	for (size_t i = 0; i < IPV6_PIECES; i++) {
		size_t n = 0;

		while (i + n < IPV6_PIECES && pieces[i + n] == 0)
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
		i += n;
	}
	*len_out = best_len > 1 ? best_len : 0;
	return best;
}

static void
ipv6_write(const uint16_t pieces[IPV6_PIECES], struct host *host)
{
	size_t gap_len, gap = longest_zeros(pieces, &gap_len), len = 0;

	host->text[len++] = '[';
	for (size_t i = 0; i < IPV6_PIECES; i++) {
		if (gap_len > 0 && i == gap) {
			memcpy(host->text + len, i == 0 ? "::" : ":", 2);
			len += i == 0 ? 2 : 1;
			i += gap_len - 1;
			continue;
		}
		len += (size_t)sprintf(host->text + len, i + 1 < IPV6_PIECES ? "%x:" : "%x", pieces[i]);
	}
	host->text[len++] = ']';
	host->text[len] = '\0';
	host->len = len;
	host->kind = SL_URL_HOST_IPV6;
}

/* A number in C's notation, capped far above what an address can hold. False: it is none. */
static bool
ipv4_number(struct sl_slice in, uint64_t *value_out)
{
	unsigned base = 10;

	*value_out = 0;
	if (in.len == 0)
		return false;
	if (in.len >= 2 && in.ptr[0] == '0') {
		base = in.ptr[1] == 'x' || in.ptr[1] == 'X' ? 16 : 8;
		in = sl_slice_from(in, base == 16 ? 2 : 1);
	}
	for (size_t i = 0; i < in.len; i++) {
		int digit = hex_value(in.ptr[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		*value_out = SL_MIN(*value_out * base + (unsigned)digit, (uint64_t)1 << 40);
	}
	return true;
}

/* The last part of `in`, a dot at its end aside. */
static struct sl_slice
last_part(struct sl_slice in)
{
	size_t i;

	if (in.len > 1 && in.ptr[in.len - 1] == '.')
		in.len--;
	for (i = in.len; i > 0 && in.ptr[i - 1] != '.'; i--)
		;
	return sl_slice_from(in, i);
}

/* URL standard, 3.5, "ends in a number checker" */
static bool
ends_in_number(struct sl_slice in)
{
	struct sl_slice last = last_part(in);
	uint64_t value;
	size_t i = 0;

	while (i < last.len && is_digit(last.ptr[i]))
		i++;
	return last.len > 0 && (i == last.len || ipv4_number(last, &value));
}

static bool
ipv4_parse(struct sl_slice in, uint32_t *address_out)
{
	uint64_t numbers[4], address;
	size_t count = 0;

	if (in.len > 0 && in.ptr[in.len - 1] == '.')
		in.len--;
	for (;;) {
		const unsigned char *dot = memchr(in.ptr, '.', in.len);
		size_t n = dot == NULL ? in.len : (size_t)(dot - in.ptr);

		if (count == 4 || !ipv4_number(sl_slice(in.ptr, n), &numbers[count++]))
			return false;
		if (dot == NULL)
			break;
		in = sl_slice_from(in, n + 1);
	}
	for (size_t i = 0; i + 1 < count; i++)
		if (numbers[i] > 255)
			return false;
	if (numbers[count - 1] >= (uint64_t)1 << (8 * (5 - count)))
		return false;
	address = numbers[count - 1];
	for (size_t i = 0; i + 1 < count; i++)
		address += numbers[i] << (8 * (3 - i));
	*address_out = (uint32_t)address;
	return true;
}

static int
ipv4_host(struct sl_slice in, struct host *host, unsigned *flags_io)
{
	char text[16];
	uint32_t a;

	if (!ipv4_parse(in, &a))
		return SL_ERR_SYNTAX;
	snprintf(text, sizeof(text), "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	if (!sl_slice_eq(in, sl_slice_str(text)))
		*flags_io |= SL_URL_IPV4_ODD;
	host->len = strlen(text);
	memcpy(host->text, text, host->len + 1);
	host->kind = SL_URL_HOST_IPV4;
	return 0;
}

/* Percent-decode into `out`, of the size of `in`. Returns the length. */
static size_t
percent_decode(struct sl_slice in, unsigned char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		out[n] = in.ptr[i];
		if (in.ptr[i] == '%' && in.len - i > 2 && hex_value(in.ptr[i + 1]) >= 0 &&
		    hex_value(in.ptr[i + 2]) >= 0) {
			out[n] = (unsigned char)(hex_value(in.ptr[i + 1]) << 4 | hex_value(in.ptr[i + 2]));
			i += 2;
		}
		n++;
	}
	return n;
}

/* What is odd about the way a domain is written. */
static unsigned
domain_flags(struct sl_slice raw, struct sl_slice decoded, const struct host *host, unsigned problems)
{
	unsigned flags = 0;
	char letters[4 * SL_URL_HOST_MAX];
	bool ascii = true;
	size_t len;

	for (size_t i = 0; i < raw.len; i++) {
		if (raw.ptr[i] == '%')
			flags |= SL_URL_HOST_ESCAPED;
		if (raw.ptr[i] >= 'A' && raw.ptr[i] <= 'Z')
			flags |= SL_URL_HOST_CASE;
	}
	for (size_t i = 0; i < decoded.len; i++)
		ascii = ascii && decoded.ptr[i] < 0x80;
	if (host->len >= 4 && (memcmp(host->text, "xn--", 4) == 0 || strstr(host->text, ".xn--") != NULL))
		flags |= SL_URL_IDN;
	/* Would its own letters be written like this, ASCII's case aside? */
	if (!ascii && (sl_idna_to_unicode(sl_slice(host->text, host->len), letters, sizeof(letters), &len,
	    NULL) < 0 || !sl_slice_ieq(sl_slice(letters, len), decoded)))
		flags |= SL_URL_HOST_MAPPED;
	if ((problems & ~(unsigned)SL_IDNA_ROOT) != 0)
		flags |= SL_URL_HOST_ODD;
	return flags;
}

static int
domain_host(struct sl_slice raw, struct host *host, unsigned *flags_io)
{
	unsigned char *buffer = NULL;
	struct sl_slice in = raw;
	unsigned problems;
	int r;

	if (memchr(raw.ptr, '%', raw.len) != NULL) {
		buffer = sl_xmalloc(raw.len);
		in = sl_slice(buffer, percent_decode(raw, buffer));
	}
	r = sl_idna_to_ascii(in, host->text, sizeof(host->text), &host->len, &problems);
	host->kind = SL_URL_HOST_DOMAIN;
	if (r == 0 && host->len == 0)
		r = SL_ERR_SYNTAX;
	for (size_t i = 0; r == 0 && i < host->len; i++)
		if (is_forbidden_in_domain((unsigned char)host->text[i]))
			r = SL_ERR_SYNTAX;
	if (r == 0)
		*flags_io |= domain_flags(raw, in, host, problems);
	sl_free(buffer);
	if (r == 0 && ends_in_number(sl_slice(host->text, host->len))) {
		char text[SL_URL_HOST_MAX + 1];
		size_t len = host->len;

		memcpy(text, host->text, len);
		r = ipv4_host(sl_slice(text, len), host, flags_io);
		if ((*flags_io & (SL_URL_HOST_ESCAPED | SL_URL_HOST_MAPPED)) != 0)
			*flags_io |= SL_URL_IPV4_ODD;
		*flags_io &= ~(unsigned)(SL_URL_HOST_ODD | SL_URL_HOST_CASE);
	}
	return r;
}

static int
opaque_host(struct sl_slice in, struct host *host)
{
	size_t len = 0;

	host->kind = SL_URL_HOST_OPAQUE;
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = in.ptr[i];

		if (is_forbidden(c))
			return SL_ERR_SYNTAX;
		if (len + 3 > SL_URL_HOST_MAX)
			return SL_ERR_TOO_LONG;
		if (c < 0x20 || c >= 0x7f)
			len += (size_t)sprintf(host->text + len, "%%%02X", c);
		else
			host->text[len++] = (char)c;
	}
	host->text[len] = '\0';
	host->len = len;
	return 0;
}

int
host_parse(struct sl_slice in, bool special, struct host *host_out, unsigned *flags_io)
{
	uint16_t pieces[IPV6_PIECES];

	if (in.ptr[0] == '[') {
		if (in.ptr[in.len - 1] != ']' || in.len < 2 ||
		    !ipv6_parse(sl_slice(in.ptr + 1, in.len - 2), pieces))
			return SL_ERR_SYNTAX;
		ipv6_write(pieces, host_out);
		return 0;
	}
	return special ? domain_host(in, host_out, flags_io) : opaque_host(in, host_out);
}
