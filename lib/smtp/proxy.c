/* proxy.c - see proxy.h; the numbers are sections of proxy-protocol.txt */

#include "smtp/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define V1_MAX		107	/* bytes of the longest v1 line, CRLF counted (2.1) */
#define V2_HEAD		16	/* signature, version and command, family, length (2.2) */
#define UNIX_BYTES	216	/* two names of 108 */
#define TLV_HEAD	3	/* type, length */
#define TLV_CRC32C	0x03
#define CRC_BYTES	4

static const unsigned char v1_start[] = { 'P', 'R', 'O', 'X', 'Y', ' ' };
static const unsigned char v2_start[] = { '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I',
	'T', '\n' };

static bool
may_start_with(struct sl_slice in, const unsigned char *start, size_t len)
{
	return in.len == 0 || memcmp(in.ptr, start, SL_MIN(in.len, len)) == 0;
}

/* Cut the word before the next space (or the end) off, and the space. */
static struct sl_slice
take_word(struct sl_slice *in)
{
	const unsigned char *space = in->len == 0 ? NULL : memchr(in->ptr, ' ', in->len);
	size_t len = space == NULL ? in->len : (size_t)(space - in->ptr);
	struct sl_slice word = sl_slice(in->ptr, len);

	*in = sl_slice_from(*in, space == NULL ? len : len + 1);
	return word;
}

static void
set_address(struct sockaddr_storage *out, int family, const void *address, uint16_t port_be)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = port_be };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = port_be };

	*out = (struct sockaddr_storage){ 0 };
	if (family == AF_INET) {
		memcpy(&in4.sin_addr, address, sizeof(in4.sin_addr));
		memcpy(out, &in4, sizeof(in4));
	} else {
		memcpy(&in6.sin6_addr, address, sizeof(in6.sin6_addr));
		memcpy(out, &in6, sizeof(in6));
	}
}

/* One address and one port of a v1 line. inet_pton refuses what the protocol does: leading zeros
 * in IPv4, scope ids, the other family. */
static bool
v1_endpoint(int family, struct sl_slice address, struct sl_slice port, struct sockaddr_storage *out)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	uint64_t number;

	if (address.len >= sizeof(text) || memchr(address.ptr, '\0', address.len) != NULL)
		return false;
	memcpy(text, address.ptr, address.len);
	text[address.len] = '\0';
	if (inet_pton(family, text, bytes) != 1 ||
	    sl_slice_to_u64(port, UINT16_MAX, &number) != 0 ||
	    (port.len > 1 && port.ptr[0] == '0'))
		return false;
	set_address(out, family, bytes, htons((uint16_t)number));
	return true;
}

/* `line` is what stands between "PROXY " and CRLF. */
static int
v1_line(struct sl_slice line, struct sl_smtp_proxy *proxy)
{
	struct sl_slice word = take_word(&line), source, destination, source_port, destination_port;
	int family;

	if (sl_slice_eq(word, SL_SLICE_LIT("UNKNOWN"))) {	/* what follows is to be ignored */
		*proxy = (struct sl_smtp_proxy){ .local = true };
		return SL_DONE;
	}
	if (sl_slice_eq(word, SL_SLICE_LIT("TCP4")))
		family = AF_INET;
	else if (sl_slice_eq(word, SL_SLICE_LIT("TCP6")))
		family = AF_INET6;
	else
		return SL_ERR_SYNTAX;
	source = take_word(&line);
	destination = take_word(&line);
	source_port = take_word(&line);
	destination_port = line;	/* the rest: a fifth word is no number */
	proxy->local = false;
	return v1_endpoint(family, source, source_port, &proxy->source) &&
	    v1_endpoint(family, destination, destination_port, &proxy->destination) ?
	    SL_DONE : SL_ERR_SYNTAX;
}

static int
v1_parse(struct sl_slice in, struct sl_smtp_proxy *proxy, size_t *used)
{
	size_t window = SL_MIN(in.len, (size_t)V1_MAX);
	const unsigned char *lf = memchr(in.ptr, '\n', window);
	const unsigned char *cr = memchr(in.ptr, '\r', window);

	if (cr != NULL && cr + 1 < in.ptr + window && cr + 1 != lf)	/* a bare one */
		return SL_ERR_SYNTAX;
	if (lf == NULL)
		return in.len < V1_MAX ? SL_MORE : SL_ERR_TOO_LONG;
	if (cr == NULL || cr > lf)
		return SL_ERR_SYNTAX;
	*used = (size_t)(lf - in.ptr) + 1;
	return v1_line(sl_slice(in.ptr + sizeof(v1_start), *used - sizeof(v1_start) - 2), proxy);
}

/* CRC32C (Castagnoli, reflected), four bits at a step. Start with ~0 and invert the result. */
static uint32_t
crc32c(uint32_t crc, const unsigned char *data, size_t len)
{
	static const uint32_t step[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362,
		0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab,
		0xe330a81a, 0xf36e6f75,
	};

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		crc = crc >> 4 ^ step[crc & 15];
		crc = crc >> 4 ^ step[crc & 15];
	}
	return crc;
}

/* Is the sum that stands at `at` right? It is taken over the whole header with itself as zero. */
static bool
crc_is_right(struct sl_slice header, const unsigned char *at)
{
	static const unsigned char zeros[CRC_BYTES];
	uint32_t crc = crc32c(0xffffffffu, header.ptr, (size_t)(at - header.ptr));

	crc = crc32c(crc, zeros, CRC_BYTES);
	crc = ~crc32c(crc, at + CRC_BYTES, (size_t)(header.ptr + header.len - at) - CRC_BYTES);
	return crc == ((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	    at[3]);
}

static size_t
be16(const unsigned char *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* The TLVs from `from` to the header's end: each whole, a CRC32C at most once and right. */
static bool
tlvs_ok(struct sl_slice header, size_t from)
{
	const unsigned char *crc = NULL;

	while (from < header.len) {
		const unsigned char *tlv = header.ptr + from;
		size_t left = header.len - from;

		if (left < TLV_HEAD || left - TLV_HEAD < be16(tlv + 1))
			return false;
		if (tlv[0] == TLV_CRC32C) {
			if (crc != NULL || be16(tlv + 1) != CRC_BYTES)
				return false;
			crc = tlv + TLV_HEAD;
		}
		from += TLV_HEAD + be16(tlv + 1);
	}
	return crc == NULL || crc_is_right(header, crc);
}

/* Addresses as they stand in the header: source, destination, source port, destination port. */
static void
v2_addresses(const unsigned char *p, int family, size_t address_bytes, struct sl_smtp_proxy *proxy)
{
	uint16_t ports[2];

	memcpy(ports, p + 2 * address_bytes, sizeof(ports));
	proxy->local = false;
	set_address(&proxy->source, family, p, ports[0]);
	set_address(&proxy->destination, family, p + address_bytes, ports[1]);
}

/* A whole header. */
static int
v2_header(struct sl_slice header, struct sl_smtp_proxy *proxy)
{
	unsigned char version_command = header.ptr[12], family = header.ptr[13];
	const unsigned char *block = header.ptr + V2_HEAD;
	size_t block_len = header.len - V2_HEAD, addresses;

	*proxy = (struct sl_smtp_proxy){ .local = true };
	if (version_command == 0x20)	/* LOCAL: family and block are to be ignored */
		return SL_DONE;
	switch (family) {
	case 0x00: case 0x01:		/* unspecified: what follows has no known form */
		return SL_DONE;
	case 0x11:			/* TCP over IPv4 */
		addresses = 2 * 4 + 4;
		break;
	case 0x21:			/* TCP over IPv6 */
		addresses = 2 * 16 + 4;
		break;
	case 0x31:			/* a Unix socket: no address to judge by */
		addresses = UNIX_BYTES;
		break;
	default:			/* datagrams, and what is not assigned */
		return SL_ERR_SYNTAX;
	}
	if (block_len < addresses || !tlvs_ok(header, V2_HEAD + addresses))
		return SL_ERR_SYNTAX;
	if (family == 0x11)
		v2_addresses(block, AF_INET, 4, proxy);
	else if (family == 0x21)
		v2_addresses(block, AF_INET6, 16, proxy);
	return SL_DONE;
}

static int
v2_parse(struct sl_slice in, struct sl_smtp_proxy *proxy, size_t *used)
{
	size_t len;

	/* Version 2; LOCAL or PROXY. */
	if (in.len > 12 && in.ptr[12] != 0x20 && in.ptr[12] != 0x21)
		return SL_ERR_SYNTAX;
	if (in.len < V2_HEAD)
		return SL_MORE;
	len = V2_HEAD + be16(in.ptr + 14);
	if (len > SL_SMTP_PROXY_MAX)
		return SL_ERR_TOO_LONG;
	if (in.len < len)
		return SL_MORE;
	*used = len;
	return v2_header(sl_slice(in.ptr, len), proxy);
}

int
sl_smtp_proxy_parse(struct sl_slice in, struct sl_smtp_proxy *proxy_out, size_t *used_out)
{
	struct sl_smtp_proxy proxy;
	size_t used = 0;
	int r = SL_ERR_SYNTAX;

	if (may_start_with(in, v2_start, sizeof(v2_start)))
		r = in.len < sizeof(v2_start) ? SL_MORE : v2_parse(in, &proxy, &used);
	else if (may_start_with(in, v1_start, sizeof(v1_start)))
		r = in.len < sizeof(v1_start) ? SL_MORE : v1_parse(in, &proxy, &used);
	if (r == SL_DONE) {
		*proxy_out = proxy;
		*used_out = used;
	}
	return r;
}
