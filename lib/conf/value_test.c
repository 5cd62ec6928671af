/* value_test.c - durations, sizes, addresses and domains as they are written */

#include "check.h"
#include "conf_i.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static void
numbers_take_their_units_and_nothing_else(void **state)
{
	static const struct {
		int	  (*parse)(struct sl_slice, uint64_t *);
		const char *text;
		int	    result;
		uint64_t    value;
	} rows[] = {
		{ value_duration, "30s", 0, 30000 },
		{ value_duration, "500ms", 0, 500 },
		{ value_duration, "5m", 0, 300000 },
		{ value_duration, "5 m", 0, 300000 },
		{ value_duration, "2h", 0, 7200000 },
		{ value_duration, "1d", 0, 86400000 },
		{ value_duration, "0", 0, 0 },
		{ value_duration, "30", SL_ERR_SYNTAX, 0 },
		{ value_duration, "s", SL_ERR_SYNTAX, 0 },
		{ value_duration, "", SL_ERR_SYNTAX, 0 },
		{ value_duration, "1.5s", SL_ERR_SYNTAX, 0 },
		{ value_duration, "-1s", SL_ERR_SYNTAX, 0 },
		{ value_duration, "5 minutes", SL_ERR_SYNTAX, 0 },
		{ value_duration, "99999999999999999999d", SL_ERR_SYNTAX, 0 },
		{ value_duration, "9223372036854775807d", SL_ERR_SYNTAX, 0 },
		{ value_size, "300", 0, 300 },
		{ value_size, "16B", 0, 16 },
		{ value_size, "256KiB", 0, 262144 },
		{ value_size, "256 kib", 0, 262144 },
		{ value_size, "25MiB", 0, 26214400 },
		{ value_size, "1GiB", 0, 1073741824 },
		{ value_size, "25MB", SL_ERR_SYNTAX, 0 },
		{ value_size, "25M", SL_ERR_SYNTAX, 0 },
		{ value_size, "", SL_ERR_SYNTAX, 0 },
		{ value_size, "9223372036854775807GiB", SL_ERR_SYNTAX, 0 },
		{ value_rate, "1KiB/min", 0, 1024 },
		{ value_rate, "0", 0, 0 },
		{ value_rate, "1KiB", SL_ERR_SYNTAX, 0 },
		{ value_rate, "/min", SL_ERR_SYNTAX, 0 },
		{ value_count, "12", 0, 12 },
		{ value_count, "0x10", SL_ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		uint64_t value = 0;

		if (rows[i].parse(sl_slice_str(rows[i].text), &value) != rows[i].result ||
		    value != rows[i].value)
			fail_msg("'%s' gives %llu", rows[i].text, (unsigned long long)value);
	}
}

static void
fractions_do_not_depend_on_the_locale(void **state)
{
	static const struct { const char *text; int result; double value; } rows[] = {
		{ "0.98", 0, 0.98 }, { "1", 0, 1 }, { "1.0", 0, 1 }, { "0", 0, 0 },
		{ "0.5", 0, 0.5 }, { "00.25", 0, 0.25 },
		{ ".5", SL_ERR_SYNTAX, 0 }, { "1.", SL_ERR_SYNTAX, 0 }, { "", SL_ERR_SYNTAX, 0 },
		{ "1e-2", SL_ERR_SYNTAX, 0 }, { "nan", SL_ERR_SYNTAX, 0 }, { "inf", SL_ERR_SYNTAX, 0 },
		{ "-0.5", SL_ERR_SYNTAX, 0 }, { "0,5", SL_ERR_SYNTAX, 0 }, { "0.5.5", SL_ERR_SYNTAX, 0 },
		{ "0.1234567890123456789012", SL_ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		double value = 0;

		if (value_fraction(sl_slice_str(rows[i].text), &value) != rows[i].result ||
		    value != rows[i].value)
			fail_msg("'%s' gives %g", rows[i].text, value);
	}
}

static void
printed_values_are_read_back(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 10, 999, 1000, 1024, 15000, 60000, 65536, 90000,
		3600000, 1048576, 26214400, 86400000, 1073741824, 5000000000 };

	for (size_t i = 0; i < SL_COUNT(numbers); i++) {
		struct sl_buf text;
		uint64_t value;

		sl_buf_init(&text, 100);
		value_print_duration(numbers[i], &text);
		assert_int_equal(value_duration(sl_buf_slice(&text), &value), 0);
		assert_true(value == numbers[i]);
		sl_buf_reset(&text);
		value_print_size(numbers[i], &text);
		assert_int_equal(value_size(sl_buf_slice(&text), &value), 0);
		assert_true(value == numbers[i]);
		sl_buf_fini(&text);
	}
}

static void
endpoints_are_addresses_names_or_paths(void **state)
{
	static const struct {
		const char	*text;
		enum value_address from;
		unsigned	 port;		/* preset */
		const char	*host;		/* NULL: refused */
		int		 family;	/* 0: a name */
		unsigned	 port_out;
	} rows[] = {
		{ "127.0.0.1:25", VALUE_LISTEN, 0, "127.0.0.1", AF_INET, 25 },
		{ "[::1]:2525", VALUE_LISTEN, 0, "::1", AF_INET6, 2525 },
		{ "0.0.0.0:65535", VALUE_LISTEN, 0, "0.0.0.0", AF_INET, 65535 },
		{ "127.0.0.1", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "127.0.0.1:0", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "127.0.0.1:65536", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "127.0.0.1:", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "localhost:25", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ ":25", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "::1:25", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "[127.0.0.1]:25", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "[]:25", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "[::1:25", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "[::1]x:25", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "", VALUE_LISTEN, 0, NULL, 0, 0 },
		{ "mx.example.com", VALUE_CONNECT, 25, "mx.example.com", 0, 25 },
		{ "MX.Example.com:2525", VALUE_CONNECT, 25, "mx.example.com", 0, 2525 },
		{ "m\xc3\xbcnchen.example:25", VALUE_CONNECT, 25, "xn--mnchen-3ya.example", 0, 25 },
		{ "192.0.2.1", VALUE_CONNECT, 25, "192.0.2.1", AF_INET, 25 },
		{ "[2001:db8::1]", VALUE_CONNECT, 25, "2001:db8::1", AF_INET6, 25 },
		{ "2001:db8::1", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "192.0.2.256:25", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "192.0.2:25", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "mx_1.example.com:25", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "-mx.example.com:25", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "mx..example.com:25", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "[mx.example.com]:25", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "*.example.com:25", VALUE_CONNECT, 25, NULL, 0, 0 },
		{ "/run/clamav/clamd.ctl", VALUE_UNIX, 0, "/run/clamav/clamd.ctl", AF_UNIX, 0 },
		{ "clamd.ctl", VALUE_UNIX, 0, NULL, 0, 0 },
		{ "", VALUE_UNIX, 0, NULL, 0, 0 },
	};
	struct sl_arena arena;

	sl_arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_endpoint e;
		const char *why = value_endpoint(sl_slice_str(rows[i].text), rows[i].from,
		    rows[i].port, &arena, &e);

		if ((why == NULL) != (rows[i].host != NULL))
			fail_msg("'%s': %s", rows[i].text, why == NULL ? "taken" : why);
		if (why != NULL)
			continue;
		assert_string_equal(e.text, rows[i].text);
		assert_string_equal(e.host, rows[i].host);
		assert_int_equal(e.address.ss_family, rows[i].family);
		assert_true((e.address_len == 0) == (rows[i].family == 0));
		assert_int_equal(endpoint_port(&e), rows[i].port_out);
	}
	sl_arena_fini(&arena);
}

static void
a_unix_socket_path_ends_where_the_kernel_does(void **state)
{
	char path[110];
	struct sl_arena arena;
	struct sl_endpoint e;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	sl_arena_init(&arena, 1 << 20);
	assert_null(value_endpoint(sl_slice(path, 107), VALUE_UNIX, 0, &arena, &e));
	assert_non_null(value_endpoint(sl_slice(path, 108), VALUE_UNIX, 0, &arena, &e));
	sl_arena_fini(&arena);
}

static void
networks_contain_what_they_should(void **state)
{
	static const struct { const char *network; const char *address; int has; } rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.128/25", "192.0.2.128", 1 },
		{ "192.0.2.1", "192.0.2.1", 1 },
		{ "192.0.2.1", "192.0.2.2", 0 },
		{ "0.0.0.0/0", "8.8.8.8", 1 },
		{ "0.0.0.0/0", "2001:db8::1", 0 },
		{ "192.0.2.0/24", "::ffff:192.0.2.9", 1 },
		{ "2001:db8::/32", "2001:db8:ffff::1", 1 },
		{ "2001:db8::/32", "2001:db9::", 0 },
		{ "2001:db8::/127", "2001:db8::1", 1 },
		{ "2001:db8::/127", "2001:db8::2", 0 },
		{ "::/0", "2001:db8::1", 1 },
		{ "::/0", "192.0.2.1", 1 },
		{ "192.0.2.1/24", NULL, -1 }, { "192.0.2.0/33", NULL, -1 }, { "::/129", NULL, -1 },
		{ "2001:db8::1/64", NULL, -1 }, { "192.0.2.0/", NULL, -1 }, { "/24", NULL, -1 },
		{ "", NULL, -1 }, { "example.com", NULL, -1 }, { "192.0.2.0/-1", NULL, -1 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_network n;
		union {
			struct sockaddr	    any;
			struct sockaddr_in  in;
			struct sockaddr_in6 in6;
		} a = { 0 };
		const char *why = value_network(sl_slice_str(rows[i].network), &n);

		if ((why != NULL) != (rows[i].has < 0))
			fail_msg("'%s': %s", rows[i].network, why == NULL ? "taken" : why);
		if (why != NULL)
			continue;
		if (inet_pton(AF_INET, rows[i].address, &a.in.sin_addr) == 1)
			a.any.sa_family = AF_INET;
		else if (inet_pton(AF_INET6, rows[i].address, &a.in6.sin6_addr) == 1)
			a.any.sa_family = AF_INET6;
		if (sl_network_has(&n, 1, &a.any) != (rows[i].has == 1))
			fail_msg("%s in %s", rows[i].address, rows[i].network);
		assert_false(sl_network_has(&n, 0, &a.any));
	}
	assert_false(sl_network_has(NULL, 0, &(struct sockaddr){ .sa_family = AF_UNIX }));
}

static void
domains_become_lower_case_a_labels(void **state)
{
	static const struct { const char *text; bool wildcards; const char *domain; } rows[] = {
		{ "example.com", true, "example.com" },
		{ "Example.COM.", true, "example.com" },
		{ "localhost", true, "localhost" },
		{ "*.Example.com", true, "*.example.com" },
		{ "b\xc3\xbc" "cher.example", true, "xn--bcher-kva.example" },
		{ "B\xc3\x9c" "CHER.example.", true, "xn--bcher-kva.example" },
		{ "*.b\xc3\xbc" "cher.example", true, "*.xn--bcher-kva.example" },
		{ "fa\xc3\x9f.example", true, "xn--fa-hia.example" },	/* non-transitional */
		{ "\xe4\xbe\x8b\xe3\x81\x88.jp", true, "xn--r8jz45g.jp" },
		{ "XN--BCHER-KVA.example", true, "xn--bcher-kva.example" },
		{ "1.example", true, "1.example" },
		{ "*.example.com", false, NULL }, { "*", true, NULL }, { "*.", true, NULL },
		{ "a.*.com", true, NULL }, { "*a.com", true, NULL }, { "*.*.com", true, NULL },
		{ "", true, NULL }, { ".", true, NULL }, { ".com", true, NULL }, { "a..b", true, NULL },
		{ "example.com..", true, NULL }, { "-a.com", true, NULL }, { "a-.com", true, NULL },
		{ "a_b.com", true, NULL }, { "a b.com", true, NULL }, { "user@example.com", true, NULL },
		{ "192.0.2.1", true, NULL }, { "[192.0.2.1]", true, NULL },
		{ "\xff.com", true, NULL }, { "\xe2\x98\xba\xf0\x9f\x98\x80\xcc\x80-.example", true, NULL },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		char out[VALUE_DOMAIN_MAX + 3];
		const char *why = value_domain(sl_slice_str(rows[i].text), rows[i].wildcards, out);

		if ((why == NULL) != (rows[i].domain != NULL))
			fail_msg("'%s': %s", rows[i].text, why == NULL ? out : why);
		if (why != NULL)
			continue;
		assert_string_equal(out, rows[i].domain);
		assert_true(value_domain_is_normal(sl_slice_str(out), rows[i].wildcards));
		assert_true(value_domain_is_normal(sl_slice_str(rows[i].text), true) ==
		    (strcmp(rows[i].text, out) == 0));
	}
}

static void
domain_lengths_end_at_their_limits(void **state)
{
	char text[300], out[VALUE_DOMAIN_MAX + 3];

	memset(text, 'a', sizeof(text));
	assert_null(value_domain(sl_slice(text, 63), true, out));
	assert_non_null(value_domain(sl_slice(text, 64), true, out));
	for (size_t i = 49; i < sizeof(text); i += 50)
		text[i] = '.';
	assert_null(value_domain(sl_slice(text, 253), true, out));
	assert_non_null(value_domain(sl_slice(text, 254), true, out));
	text[253] = '.';	/* the final dot does not count */
	assert_null(value_domain(sl_slice(text, 254), true, out));
	memmove(text + 2, text, 254);
	memcpy(text, "*.", 2);
	assert_null(value_domain(sl_slice(text, 255), true, out));
	assert_int_equal(strlen(out), 255);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_their_units_and_nothing_else),
		cmocka_unit_test(fractions_do_not_depend_on_the_locale),
		cmocka_unit_test(printed_values_are_read_back),
		cmocka_unit_test(endpoints_are_addresses_names_or_paths),
		cmocka_unit_test(a_unix_socket_path_ends_where_the_kernel_does),
		cmocka_unit_test(networks_contain_what_they_should),
		cmocka_unit_test(domains_become_lower_case_a_labels),
		cmocka_unit_test(domain_lengths_end_at_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
