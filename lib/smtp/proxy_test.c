/* proxy_test.c - see proxy.h; the published cases are in conformance_test.c */

#include "check.h"
#include "smtp/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define SIGNATURE	"\r\n\r\n\0\r\nQUIT\n"
#define TCP4_BLOCK	"\xc0\x00\x02\x01\xc6\x33\x64\x01\x3b\x75\x00\x19"

/* "192.0.2.1 15221", "2001:db8::1 25" or "local". */
static const char *
described(const struct sl_smtp_proxy *proxy, const struct sockaddr_storage *a)
{
	static char out[80];
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (proxy->local)
		return "local";
	if (a->ss_family == AF_INET) {
		memcpy(&in4, a, sizeof(in4));
		snprintf(out, sizeof(out), "%s %u", inet_ntop(AF_INET, &in4.sin_addr, text,
		    sizeof(text)), ntohs(in4.sin_port));
	} else {
		assert_int_equal(a->ss_family, AF_INET6);
		memcpy(&in6, a, sizeof(in6));
		snprintf(out, sizeof(out), "%s %u", inet_ntop(AF_INET6, &in6.sin6_addr, text,
		    sizeof(text)), ntohs(in6.sin6_port));
	}
	return out;
}

/* Every prefix lies in a buffer of its own, so that ASan sees a byte read past its end. */
static int
parse_copy(const char *bytes, size_t len, struct sl_smtp_proxy *proxy, size_t *used)
{
	void *copy = malloc(len == 0 ? 1 : len);
	int r;

	memcpy(copy, bytes, len);
	r = sl_smtp_proxy_parse(sl_slice(copy, len), proxy, used);
	free(copy);
	return r;
}

static void
headers_are_read_whole_and_byte_by_byte(void **state)
{
#define V2(command_family, len, block) SIGNATURE command_family len block, \
	sizeof(SIGNATURE command_family len block) - 1
	static const struct {
		const char	*bytes;
		size_t		 len;
		int		 result;
		const char	*source;
		const char	*destination;
	} rows[] = {
#define V1(text) text, sizeof(text) - 1
		{ V1("PROXY TCP4 192.0.2.1 198.51.100.1 15221 25\r\n"), SL_DONE, "192.0.2.1 15221",
		    "198.51.100.1 25" },
		{ V1("PROXY TCP6 2001:DB8::1 ::ffff:192.0.2.1 0 65535\r\n"), SL_DONE, "2001:db8::1 0",
		    "::ffff:192.0.2.1 65535" },
		{ V1("PROXY UNKNOWN\r\n"), SL_DONE, "local", "local" },
		{ V1("PROXY UNKNOWN anything 1\t\xff\r\n"), SL_DONE, "local", "local" },
		{ V1("PROXY UNKNOWNS\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY UNKNOWN a\nb\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY UNKNOWN a\rb\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY UNKNOWN\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY UNKNOWN\r\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY \r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY TCP4\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY TCP4 1.2.3.4\0 5.6.7.8 1 2\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("PROXY TCP4 ::1 ::1 1 2\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("EHLO mx.example\r\n"), SL_ERR_SYNTAX, NULL, NULL },
		{ V1("\r\n\r\nEHLO"), SL_ERR_SYNTAX, NULL, NULL },
		{ V2("\x21\x11", "\x00\x0c", TCP4_BLOCK), SL_DONE, "192.0.2.1 15221", "198.51.100.1 25" },
		{ V2("\x20\xf9", "\x00\x02", "xx"), SL_DONE, "local", "local" },
		{ V2("\x21\x00", "\x00\x02", "xx"), SL_DONE, "local", "local" },
		{ V2("\x21\x01", "\x00\x00", ""), SL_DONE, "local", "local" },
		{ V2("\x21\x22", "\x00\x00", ""), SL_ERR_SYNTAX, NULL, NULL },
		{ V2("\x21\x21", "\x00\x0c", TCP4_BLOCK), SL_ERR_SYNTAX, NULL, NULL },
		{ V2("\x21\x31", "\x00\x0c", TCP4_BLOCK), SL_ERR_SYNTAX, NULL, NULL },
		{ V2("\x22\x11", "\x00\x0c", TCP4_BLOCK), SL_ERR_SYNTAX, NULL, NULL },
		/* TLVs: an empty one, a tail too short for a head, a length past the end by one. */
		{ V2("\x21\x11", "\x00\x0f", TCP4_BLOCK "\x04\x00\x00"), SL_DONE, "192.0.2.1 15221",
		    "198.51.100.1 25" },
		{ V2("\x21\x11", "\x00\x0e", TCP4_BLOCK "\x04\x00"), SL_ERR_SYNTAX, NULL, NULL },
		{ V2("\x21\x11", "\x00\x10", TCP4_BLOCK "\x04\x00\x02x"), SL_ERR_SYNTAX, NULL, NULL },
		{ V2("\x21\x11", "\x00\x10", TCP4_BLOCK "\x04\x00\x01x"), SL_DONE, "192.0.2.1 15221",
		    "198.51.100.1 25" },
		{ V2("\x21\x11", "\x00\x13", TCP4_BLOCK "\x04\x00\x01x\x05\x00\x01"), SL_ERR_SYNTAX,
		    NULL, NULL },
		/* CRC32C, computed apart from this program. */
		{ V2("\x21\x11", "\x00\x13", TCP4_BLOCK "\x03\x00\x04\x8c\xe1\x57\x79"), SL_DONE,
		    "192.0.2.1 15221", "198.51.100.1 25" },
		{ V2("\x21\x11", "\x00\x17", TCP4_BLOCK "\x03\x00\x04\xe3\xd8\x10\x4e"
		    "\x04\x00\x01x"), SL_DONE,
		    "192.0.2.1 15221", "198.51.100.1 25" },
		{ V2("\x21\x11", "\x00\x17", TCP4_BLOCK "\x03\x00\x04\xe3\xd8\x10\x4e"
		    "\x04\x00\x01y"), SL_ERR_SYNTAX,
		    NULL, NULL },
		{ V2("\x21\x11", "\x00\x13", TCP4_BLOCK "\x03\x00\x04\x00\x00\x00\x00"), SL_ERR_SYNTAX,
		    NULL, NULL },
		{ V2("\x21\x11", "\x00\x12", TCP4_BLOCK "\x03\x00\x03\x00\x00\x00"), SL_ERR_SYNTAX,
		    NULL, NULL },
		{ V2("\x21\x11", "\x00\x1a", TCP4_BLOCK "\x03\x00\x04\x8c\xe1\x57\x79"
		    "\x03\x00\x04\x8c\xe1\x57\x79"),
		    SL_ERR_SYNTAX, NULL, NULL },
		{ V2("\x21\x11", "\x0f\xf1", ""), SL_ERR_TOO_LONG, NULL, NULL },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_proxy proxy;
		size_t used = 0, len = rows[i].len;
		int r = parse_copy(rows[i].bytes, len, &proxy, &used), early = SL_MORE;

		if (r != rows[i].result)
			fail_msg("row %zu: %d", i, r);
		if (r == SL_DONE) {
			assert_int_equal(used, len);
			assert_string_equal(described(&proxy, &proxy.source), rows[i].source);
			assert_string_equal(described(&proxy, &proxy.destination), rows[i].destination);
		}
		for (size_t cut = 0; cut < len && early == SL_MORE; cut++)
			early = parse_copy(rows[i].bytes, cut, &proxy, &used);
		assert_true(early == SL_MORE || (early == r && r != SL_DONE));
	}
}

static void
what_follows_a_header_is_left(void **state)
{
	struct sl_smtp_proxy proxy;
	size_t used;

	assert_int_equal(sl_smtp_proxy_parse(SL_SLICE_LIT("PROXY UNKNOWN\r\nEHLO x\r\n"), &proxy, &used),
	    SL_DONE);
	assert_int_equal(used, 15);
	assert_int_equal(sl_smtp_proxy_parse(sl_slice(SIGNATURE "\x20\x00\x00\x01xEHLO", 21), &proxy,
	    &used), SL_DONE);
	assert_int_equal(used, 17);
}

static void
a_header_is_limited(void **state)
{
	static char v2[SL_SMTP_PROXY_MAX] = SIGNATURE "\x21\x11\x0f\xf0" TCP4_BLOCK "\xee\x0f\xe1";
	char v1[108] = "PROXY UNKNOWN ";
	struct sl_smtp_proxy proxy;
	size_t used;

	assert_int_equal(sl_smtp_proxy_parse(sl_slice(v2, sizeof(v2) - 1), &proxy, &used), SL_MORE);
	assert_int_equal(sl_smtp_proxy_parse(sl_slice(v2, sizeof(v2)), &proxy, &used), SL_DONE);
	assert_int_equal(used, SL_SMTP_PROXY_MAX);

	memset(v1 + 14, 'x', sizeof(v1) - 14);
	assert_int_equal(sl_smtp_proxy_parse(sl_slice(v1, 106), &proxy, &used), SL_MORE);
	assert_int_equal(sl_smtp_proxy_parse(sl_slice(v1, 107), &proxy, &used), SL_ERR_TOO_LONG);
	memcpy(v1 + 105, "\r\n", 2);
	assert_int_equal(sl_smtp_proxy_parse(sl_slice(v1, 107), &proxy, &used), SL_DONE);
	memcpy(v1 + 105, "x\r\n", 3);
	assert_int_equal(sl_smtp_proxy_parse(sl_slice(v1, 108), &proxy, &used), SL_ERR_TOO_LONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_read_whole_and_byte_by_byte),
		cmocka_unit_test(what_follows_a_header_is_left),
		cmocka_unit_test(a_header_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
