/* value.c - durations, sizes, addresses and domains as they are written: see conf_i.h */

#include "conf_i.h"
#include "settings_table.h"
#include "sl/utf8.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

int
value_count(struct sl_slice s, uint64_t *out)
{
	return sl_slice_to_u64(s, INT64_MAX, out);
}

struct unit {
	const char	*name;
	uint64_t	 factor;
};

static const struct unit durations[] = {	/* largest first, for printing */
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};
static const struct unit sizes[] = {
	{ "GiB", 1u << 30 }, { "MiB", 1u << 20 }, { "KiB", 1u << 10 }, { "B", 1 },
};

/* Digits, then one of the units; a blank between them is fine. */
static int
number_with_unit(struct sl_slice s, const struct unit *units, size_t units_len, uint64_t *out)
{
	size_t digits = 0;
	struct sl_slice name;
	uint64_t n;

	while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
		digits++;
	name = sl_slice_trim(sl_slice_from(s, digits));
	for (size_t i = 0; i < units_len; i++) {
		if (!sl_slice_ieq(name, sl_slice_str(units[i].name)))
			continue;
		if (sl_slice_to_u64(sl_slice(s.ptr, digits), INT64_MAX / units[i].factor, &n) != 0)
			return SL_ERR_SYNTAX;
		*out = n * units[i].factor;
		return 0;
	}
	return SL_ERR_SYNTAX;
}

int
value_duration(struct sl_slice s, uint64_t *ms_out)
{
	if (sl_slice_eq(s, SL_SLICE_LIT("0"))) {
		*ms_out = 0;
		return 0;
	}
	return number_with_unit(s, durations, SL_COUNT(durations), ms_out);
}

int
value_size(struct sl_slice s, uint64_t *bytes_out)
{
	if (value_count(s, bytes_out) == 0)
		return 0;
	return number_with_unit(s, sizes, SL_COUNT(sizes), bytes_out);
}

int
value_rate(struct sl_slice s, uint64_t *bytes_out)
{
	struct sl_slice suffix = SL_SLICE_LIT("/min");

	if (s.len > suffix.len && sl_slice_eq(sl_slice_from(s, s.len - suffix.len), suffix))
		s.len -= suffix.len;
	else if (!sl_slice_eq(s, SL_SLICE_LIT("0")))
		return SL_ERR_SYNTAX;
	return value_size(s, bytes_out);
}

/* By hand: strtod depends on the locale and knows "inf" and hexadecimal. */
int
value_fraction(struct sl_slice s, double *out)
{
	double value = 0, place = 1;
	bool point = false;
	size_t digits = 0;

	if (s.len > 20)
		return SL_ERR_SYNTAX;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '.' && !point && digits > 0) {
			point = true;
			continue;
		}
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return SL_ERR_SYNTAX;
		value = value * 10 + (s.ptr[i] - '0');	/* exact as long as below 2^53 */
		place *= point ? 10 : 1;
		digits++;
	}
	if (digits == 0 || s.ptr[s.len - 1] == '.')
		return SL_ERR_SYNTAX;
	*out = value / place;
	return 0;
}

static void
print_with_unit(uint64_t n, const struct unit *units, size_t units_len, struct sl_buf *out)
{
	for (size_t i = 0; i < units_len; i++)
		if (n % units[i].factor == 0 && n != 0) {
			sl_buf_addf(out, "%llu%s", (unsigned long long)(n / units[i].factor),
			    units[i].name);
			return;
		}
	sl_buf_add_str(out, "0");
}

void
value_print_duration(uint64_t ms, struct sl_buf *out)
{
	print_with_unit(ms, durations, SL_COUNT(durations), out);
}

void
value_print_size(uint64_t bytes, struct sl_buf *out)
{
	print_with_unit(bytes, sizes, SL_COUNT(sizes), out);
}

void *
conf_alloc(struct sl_arena *arena, size_t count, size_t size_bytes)
{
	void *p;

	SL_ASSERT(count <= CONF_ARENA_BYTES / SL_MAX(size_bytes, (size_t)1));
	p = sl_arena_alloc(arena, count * size_bytes);
	SL_ASSERT(p != NULL);
	return p;
}

char *
conf_strdup(struct sl_arena *arena, struct sl_slice s)
{
	char *p = conf_alloc(arena, s.len + 1, 1);

	if (s.len > 0)
		memcpy(p, s.ptr, s.len);
	return p;
}

/* The port lies in one place for both families, and also waits there while the name of a host is
 * not yet resolved (family 0). */
_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
    "the port lies in one place");

unsigned
endpoint_port(const struct sl_endpoint *endpoint)
{
	uint16_t port;

	if (endpoint->address.ss_family == AF_UNIX)
		return 0;
	memcpy(&port, (const char *)&endpoint->address + offsetof(struct sockaddr_in, sin_port),
	    sizeof(port));
	return ntohs(port);
}

void
endpoint_set_port(struct sl_endpoint *endpoint, unsigned port)
{
	uint16_t n = htons((uint16_t)port);

	memcpy((char *)&endpoint->address + offsetof(struct sockaddr_in, sin_port), &n, sizeof(n));
}

/* Set *out when `host` is an IP address. */
static bool
ip_address(const char *host, unsigned port, struct sl_endpoint *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
		memcpy(&out->address, &in, sizeof(in));
		out->address_len = sizeof(in);
	} else if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
		memcpy(&out->address, &in6, sizeof(in6));
		out->address_len = sizeof(in6);
	}
	return out->address_len > 0;
}

static const char *
unix_endpoint(struct sl_slice s, struct sl_arena *arena, struct sl_endpoint *out)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (s.len == 0 || s.ptr[0] != '/')
		return "write the absolute path of a Unix socket";
	if (s.len >= sizeof(un.sun_path))
		return "write a shorter path: a Unix socket's has at most 107 bytes";
	memcpy(un.sun_path, s.ptr, s.len);
	memcpy(&out->address, &un, sizeof(un));
	out->address_len = sizeof(un);
	out->text = out->host = conf_strdup(arena, s);
	return NULL;
}

/* Cut HOST:PORT, [HOST]:PORT or HOST into its parts. */
static const char *
split_port(struct sl_slice s, unsigned *port, struct sl_slice *host_out)
{
	const unsigned char *colon = s.len == 0 ? NULL : memrchr(s.ptr, ':', s.len);
	bool bracket = s.len > 0 && s.ptr[0] == '[';
	uint64_t n = *port;

	*host_out = s;
	if (colon != NULL && !(bracket && s.ptr[s.len - 1] == ']')) {
		size_t at = (size_t)(colon - s.ptr);

		*host_out = sl_slice(s.ptr, at);
		if (sl_slice_to_u64(sl_slice_from(s, at + 1), 65535, &n) != 0 || n == 0)
			return "write a port from 1 to 65535 behind the last colon";
	}
	if (n == 0)
		return "write the port too, as in 192.0.2.1:25";
	if (!bracket && host_out->len > 0 && memchr(host_out->ptr, ':', host_out->len) != NULL)
		return "write an IPv6 address in brackets, as in [2001:db8::1]:25";
	if (bracket) {
		if (host_out->len < 3 || host_out->ptr[host_out->len - 1] != ']')
			return "write an IPv6 address in brackets, as in [2001:db8::1]:25";
		*host_out = sl_slice(host_out->ptr + 1, host_out->len - 2);
	}
	*port = (unsigned)n;
	return NULL;
}

const char *
value_endpoint(struct sl_slice s, enum value_address from, unsigned port, struct sl_arena *arena,
    struct sl_endpoint *out)
{
	char name[VALUE_DOMAIN_MAX + 3];
	struct sl_slice host;
	const char *wrong;

	*out = (struct sl_endpoint){ 0 };
	if (from == VALUE_UNIX)
		return unix_endpoint(s, arena, out);
	wrong = split_port(s, &port, &host);
	if (wrong != NULL)
		return wrong;
	out->text = conf_strdup(arena, s);
	out->host = conf_strdup(arena, host);
	if (ip_address(out->host, port, out))
		return s.ptr[0] == '[' && out->address.ss_family != AF_INET6
		    ? "write brackets round IPv6 addresses only" : NULL;
	if (from == VALUE_LISTEN)
		return "write an IP address of this machine and a port, as in 0.0.0.0:25 or [::]:25";
	if (s.ptr[0] == '[')
		return "write an IPv6 address between the brackets";
	if (value_domain(host, false, name) != NULL)
		return "write HOST:PORT with a host name or an IP address that is one";
	out->host = conf_strdup(arena, sl_slice_str(name));
	endpoint_set_port(out, port);
	return NULL;
}

/* Are all bits behind the first `bits` zero? */
static bool
host_bits_zero(const unsigned char address[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if ((address[i / 8] & (0x80u >> (i % 8))) != 0)
			return false;
	return true;
}

const char *
value_network(struct sl_slice s, struct sl_network *out)
{
	const unsigned char *slash = s.len == 0 ? NULL : memchr(s.ptr, '/', s.len);
	size_t len = slash == NULL ? s.len : (size_t)(slash - s.ptr);
	char text[INET6_ADDRSTRLEN];
	uint64_t bits, width;

	*out = (struct sl_network){ 0 };
	if (len >= sizeof(text))
		return "write a network as in 192.0.2.0/24 or 2001:db8::/32";
	memcpy(text, s.ptr, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, out->address + 12) == 1) {
		memset(out->address + 10, 0xff, 2);
		width = 32;
	} else if (inet_pton(AF_INET6, text, out->address) == 1) {
		width = 128;
	} else {
		return "write a network as in 192.0.2.0/24 or 2001:db8::/32";
	}
	bits = width;
	if (slash != NULL && sl_slice_to_u64(sl_slice_from(s, len + 1), width, &bits) != 0)
		return "write the length of the prefix behind the slash: at most 32 bits for IPv4, "
		       "128 for IPv6";
	out->bits = (unsigned)(128 - width + bits);
	if (!host_bits_zero(out->address, out->bits))
		return "set the bits behind the prefix to zero, or write a longer prefix";
	return NULL;
}

/* Letters, digits, inner hyphens; labels of 1 to 63, 253 in all (RFC 1035, 2.3; RFC 1123, 2.1), the
 * last not a number: 192.0.2.1 and 1.2.3 are addresses, mistyped or not. Upper case is fine. */
static bool
host_name_ok(struct sl_slice s)
{
	size_t label = 0, digits = 0;	/* of the label so far */

	if (s.len == 0 || s.len > VALUE_DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = sl_ascii_lower(s.ptr[i]);
		bool last = i + 1 == s.len || s.ptr[i + 1] == '.';

		if (c == '.') {
			if (label == 0)
				return false;
			label = digits = 0;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (c == '-' && label > 0 && !last)))
			return false;
		digits += c >= '0' && c <= '9';
		if (++label > 63)
			return false;
	}
	return label > 0 && digits < label;
}

static bool
is_ascii(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] >= 0x80)
			return false;
	return true;
}

/* U-labels to A-labels (RFC 5891, with the mapping of UTS 46, non-transitional). */
static bool
to_a_labels(struct sl_slice s, char out[VALUE_DOMAIN_MAX + 1])
{
	char *in, *ascii = NULL;
	bool ok;

	if (s.len > 4 * VALUE_DOMAIN_MAX || !sl_utf8_valid(s) || memchr(s.ptr, '\0', s.len) != NULL)
		return false;
	in = sl_xmemdup(s.ptr, s.len);
	ok = idn2_to_ascii_8z(in, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
	    strlen(ascii) <= VALUE_DOMAIN_MAX;
	if (ok)
		strcpy(out, ascii);
	idn2_free(ascii);
	sl_free(in);
	return ok;
}

const char *
value_domain(struct sl_slice s, bool wildcards, char out[VALUE_DOMAIN_MAX + 3])
{
	char ascii[VALUE_DOMAIN_MAX + 1];
	size_t at = 0;

	if (wildcards && s.len > 2 && s.ptr[0] == '*' && s.ptr[1] == '.') {
		memcpy(out, "*.", 2);
		at = 2;
		s = sl_slice_from(s, 2);
	}
	if (s.len > 0 && memchr(s.ptr, '*', s.len) != NULL)
		return wildcards ? "write the star once, in front, as in *.example.com"
				 : "write a name without a star";
	if (s.len > 0 && s.ptr[s.len - 1] == '.')
		s.len--;
	if (!is_ascii(s)) {
		if (!to_a_labels(s, ascii))
			return "write a domain that exists: IDNA does not allow this one";
		s = sl_slice_str(ascii);
	}
	if (!host_name_ok(s))
		return "write a domain name, as in example.com";
	for (size_t i = 0; i < s.len; i++)
		out[at++] = (char)sl_ascii_lower(s.ptr[i]);
	out[at] = '\0';
	return NULL;
}

bool
value_domain_is_normal(struct sl_slice s, bool wildcards)
{
	char out[VALUE_DOMAIN_MAX + 3];

	return is_ascii(s) && value_domain(s, wildcards, out) == NULL &&
	    sl_slice_eq(s, sl_slice_str(out));
}

bool
value_is_rules_key(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (memchr("0123456789abcdefABCDEF", text.ptr[i], 22) == NULL)
			return false;
	return text.len == SL_RULES_KEY_DIGITS;
}

bool
value_is_person(struct sl_slice s)
{
	if (s.len > SETTING_PERSON_MAX || !sl_utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	return sl_person_name_ok(s);
}

/* The part before the last '@', if it can be one; there is none in a domain. */
static bool
local_ok(struct sl_slice local)
{
	for (size_t i = 0; i < local.len; i++)
		if (local.ptr[i] <= 0x20 || local.ptr[i] == 0x7f)
			return false;
	return local.len > 0 && local.len <= 64 && sl_utf8_valid(local);
}

const char *
value_correspondent(struct sl_slice s, char out[VALUE_CORRESPONDENT_MAX + 1])
{
	const unsigned char *at = s.len > 0 ? memrchr(s.ptr, '@', s.len) : NULL;
	size_t front = at == NULL ? 0 : (size_t)(at + 1 - s.ptr);
	char domain[VALUE_DOMAIN_MAX + 3];

	if ((front > 0 && !local_ok(sl_slice(s.ptr, front - 1))) ||
	    value_domain(sl_slice_from(s, front), false, domain) != NULL)
		return "write an address or a domain, as in ann@home.example or home.example";
	memcpy(out, s.ptr, front);
	memcpy(out + front, domain, strlen(domain) + 1);
	return NULL;
}

bool
value_is_correspondent(struct sl_slice s)
{
	const unsigned char *at = s.len > 0 ? memrchr(s.ptr, '@', s.len) : NULL;
	size_t front = at == NULL ? 0 : (size_t)(at + 1 - s.ptr);

	return (front == 0 || local_ok(sl_slice(s.ptr, front - 1))) &&
	    value_domain_is_normal(sl_slice_from(s, front), false);
}
