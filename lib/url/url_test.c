/*
 * url_test.c - URLs: own rows for flags and limits, and the WHATWG's cases from
 * ../shared/conformance, all components of all schemes
 */

#include "check.h"
#include "shared.h"
#include "url/url.h"

#define CASES_MIN	500

static const struct {
	const char	*input, *base, *href;	/* href NULL: refused */
	unsigned	 flags;
} rows[] = {
	{ "http://example.com", NULL, "http://example.com/", 0 },
	{ " HTTP://Example.COM/A b\n", NULL, "http://example.com/A%20b", SL_URL_HOST_CASE },
	{ "ht\ttp://exa\nmple.com", NULL, "http://example.com/", SL_URL_CONTROLS },
	{ "http:\\\\example.com\\a", NULL, "http://example.com/a", SL_URL_BACKSLASH },
	{ "http:example.com", NULL, "http://example.com/", SL_URL_SLASHES },
	{ "https:////example.com/", NULL, "https://example.com/", SL_URL_SLASHES },
	{ "http://www.bank.example@evil.example/", NULL, "http://www.bank.example@evil.example/",
	    SL_URL_USERINFO },
	{ "http://a@b:c@evil.example/", NULL, "http://a%40b:c@evil.example/",
	    SL_URL_USERINFO | SL_URL_AT_TWICE },
	{ "http://example.com:80/", NULL, "http://example.com/", 0 },
	{ "http://example.com:8080/", NULL, "http://example.com:8080/", SL_URL_PORT },
	{ "http://%65xample.com/", NULL, "http://example.com/", SL_URL_HOST_ESCAPED },
	{ "http://\uff45xample.com/", NULL, "http://example.com/", SL_URL_HOST_MAPPED },
	{ "http://exam\u00adple\u3002com/", NULL, "http://example.com/", SL_URL_HOST_MAPPED },
	{ "http://b\u00fccher.example/", NULL, "http://xn--bcher-kva.example/", SL_URL_IDN },
	{ "http://xn--bcher-kva.example/", NULL, "http://xn--bcher-kva.example/", SL_URL_IDN },
	{ "http://a_b.example/", NULL, "http://a_b.example/", SL_URL_HOST_ODD },
	{ "http://192.0.2.1/", NULL, "http://192.0.2.1/", 0 },
	{ "http://0300.0.0x2.1/", NULL, "http://192.0.2.1/", SL_URL_IPV4_ODD },
	{ "http://3221225985/", NULL, "http://192.0.2.1/", SL_URL_IPV4_ODD },
	{ "http://192.513/", NULL, "http://192.0.2.1/", SL_URL_IPV4_ODD },
	{ "http://19%32.0.2.1/", NULL, "http://192.0.2.1/", SL_URL_IPV4_ODD | SL_URL_HOST_ESCAPED },
	{ "http://[2001:DB8:0:0:1:0:0:1]/", NULL, "http://[2001:db8::1:0:0:1]/", 0 },
	{ "http://[::ffff:192.0.2.1]/", NULL, "http://[::ffff:c000:201]/", 0 },
	{ "http://example.com/a/../b/%2e%2E/c", NULL, "http://example.com/c", SL_URL_DOTS },
	{ "http://example.com/\xff", NULL, "http://example.com/%EF%BF%BD", SL_URL_NOT_UTF8 },
	{ "../x?y#z", "http://example.com/a/b", "http://example.com/x?y#z", SL_URL_RELATIVE | SL_URL_DOTS },
	{ "//cdn.example/x", "https://example.com/", "https://cdn.example/x", SL_URL_RELATIVE },
	{ "#top", "mailto:a@example.com", "mailto:a@example.com#top", SL_URL_RELATIVE },
	{ "mailto:a@example.com?subject=x y", NULL, "mailto:a@example.com?subject=x%20y", 0 },
	{ "javascript:alert('x')", NULL, "javascript:alert('x')", 0 },
	{ "web+demo:/..//not-a-host/", NULL, "web+demo:/.//not-a-host/", SL_URL_DOTS },
	{ "", NULL, NULL, 0 },
	{ "example.com", NULL, NULL, 0 },
	{ "http://", NULL, NULL, 0 },
	{ "http://a b/", NULL, NULL, 0 },
	{ "http://a@/", NULL, NULL, 0 },
	{ "http://example.com:x/", NULL, NULL, 0 },
	{ "http://example.com:65536/", NULL, NULL, 0 },
	{ "http://256.256.256.256/", NULL, NULL, 0 },
	{ "http://xn--a/", NULL, NULL, 0 },
	{ "http://[::1/", NULL, NULL, 0 },
};

static struct sl_url parsed, based;

static void
a_url_is_read_as_a_browser_does_and_oddities_are_told(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct sl_url *base = rows[i].base == NULL ? NULL : &based;
		int r;

		if (base != NULL)
			assert_int_equal(sl_url_parse(sl_slice_str(rows[i].base), NULL, &based), 0);
		r = sl_url_parse(sl_slice_str(rows[i].input), base, &parsed);
		if (rows[i].href == NULL) {
			if (r != SL_ERR_SYNTAX)
				fail_msg("%s: %d %s", rows[i].input, r, parsed.href);
		} else if (r != 0 || strcmp(parsed.href, rows[i].href) != 0 || parsed.flags != rows[i].flags) {
			fail_msg("%s: %d %s %x", rows[i].input, r, parsed.href, parsed.flags);
		}
	}
}

static void
expect_part(const char *name, struct sl_slice got, struct sl_slice expected, char prefix)
{
	if (prefix != 0 && expected.len > 0) {
		assert_int_equal(expected.ptr[0], prefix);
		expected = sl_slice_from(expected, 1);
	}
	if (!sl_slice_eq(got, expected))
		fail_msg("%s of %s: " SL_SLICE_FMT ", not " SL_SLICE_FMT, name, parsed.href, SL_SLICE_ARG(got),
		    SL_SLICE_ARG(expected));
}

static void
parts_are_slices_of_the_href(void **state)
{
	struct sl_suffix *suffix = sl_suffix_open(NULL);

	assert_non_null(suffix);
	assert_int_equal(sl_url_parse(SL_SLICE_LIT("https://u:p@www.example.co.uk:444/a/b?c#d"), NULL, &parsed), 0);
	expect_part("scheme", sl_url_scheme(&parsed), SL_SLICE_LIT("https"), 0);
	expect_part("user", sl_url_user(&parsed), SL_SLICE_LIT("u"), 0);
	expect_part("password", sl_url_password(&parsed), SL_SLICE_LIT("p"), 0);
	expect_part("host", sl_url_host(&parsed), SL_SLICE_LIT("www.example.co.uk"), 0);
	expect_part("path", sl_url_path(&parsed), SL_SLICE_LIT("/a/b"), 0);
	expect_part("query", sl_url_query(&parsed), SL_SLICE_LIT("c"), 0);
	expect_part("fragment", sl_url_fragment(&parsed), SL_SLICE_LIT("d"), 0);
	expect_part("domain", sl_url_registrable(&parsed, suffix), SL_SLICE_LIT("example.co.uk"), 0);
	assert_int_equal(parsed.port, 444);
	assert_int_equal(parsed.host_kind, SL_URL_HOST_DOMAIN);
	assert_int_equal(sl_url_parse(SL_SLICE_LIT("http://192.0.2.1"), NULL, &parsed), 0);
	assert_int_equal(sl_url_registrable(&parsed, suffix).len, 0);
	assert_int_equal(sl_url_port(&parsed), 80);
	assert_int_equal(parsed.host_kind, SL_URL_HOST_IPV4);
	sl_suffix_free(&suffix);
}

/* "`front``fill` * n`back`", parsed. */
static int
parse_filled(const char *front, char fill, size_t n, const char *back)
{
	struct sl_buf in;
	int r;

	sl_buf_init(&in, SIZE_MAX / 2);
	sl_buf_add_str(&in, front);
	for (size_t i = 0; i < n; i++)
		sl_buf_add_byte(&in, (unsigned char)fill);
	sl_buf_add_str(&in, back);
	r = sl_url_parse(sl_buf_slice(&in), NULL, &parsed);
	sl_buf_fini(&in);
	return r;
}

static void
a_limit_cuts_what_it_is_about_and_never_the_host(void **state)
{
	size_t room = SL_URL_HREF_MAX - strlen("http://a.example/");

	assert_int_equal(parse_filled("http://a.example/", 'x', room, ""), 0);
	assert_int_equal(parsed.flags, 0);
	assert_int_equal(parsed.len, SL_URL_HREF_MAX);
	assert_int_equal(parse_filled("http://a.example/", 'x', room + 1, ""), 0);
	assert_int_equal(parsed.flags, SL_URL_CUT);
	assert_int_equal(parsed.len, SL_URL_HREF_MAX);
	assert_int_equal(parse_filled("http://a.example/", '\'', 1000000, "?q#f"), 0);
	assert_int_equal(parsed.flags, SL_URL_CUT);
	/* No escape is torn. */
	assert_int_equal(parse_filled("http://a.example/", '{', 1000000, ""), 0);
	assert_true(parsed.len <= SL_URL_HREF_MAX && parsed.len > SL_URL_HREF_MAX - 3);
	assert_string_equal(parsed.href + parsed.len - 3, "%7B");
	/* A user name cannot push the host out. */
	assert_int_equal(parse_filled("http://", 'x', 1000000, ":pw@evil.example/p"), 0);
	assert_int_equal(parsed.flags, SL_URL_CUT | SL_URL_USERINFO);
	assert_int_equal(sl_url_user(&parsed).len, SL_URL_USER_MAX);
	assert_true(sl_slice_eq(sl_url_password(&parsed), SL_SLICE_LIT("pw")));
	assert_true(sl_slice_eq(sl_url_host(&parsed), SL_SLICE_LIT("evil.example")));
	assert_true(sl_slice_eq(sl_url_path(&parsed), SL_SLICE_LIT("/p")));
	/* Slashes are as many as one likes. */
	assert_int_equal(parse_filled("http:", '/', 1000000, "evil.example"), 0);
	assert_string_equal(parsed.href, "http://evil.example/");
	/* Hosts and schemes have limits of their own. */
	assert_int_equal(parse_filled("http://", 'x', SL_URL_HOST_MAX, "/"), 0);
	assert_int_equal(parse_filled("http://", 'x', SL_URL_HOST_MAX + 1, "/"), SL_ERR_TOO_LONG);
	assert_int_equal(parse_filled("", 'x', SL_URL_SCHEME_MAX, ":y"), 0);
	assert_int_equal(parse_filled("", 'x', SL_URL_SCHEME_MAX + 1, ":y"), SL_ERR_TOO_LONG);
}


static void
check_case(json_t *object, void *ctx)
{
	struct sl_slice input = shared_string(object, "input"), base = shared_string(object, "base");
	const char *id = json_string_value(json_object_get(object, "id"));
	bool fails = json_is_true(json_object_get(object, "failure"));
	struct sl_slice scheme = shared_string(object, "protocol");
	struct sl_slice port = shared_string(object, "port");
	char port_text[16] = "";
	int r;

	++*(unsigned *)ctx;
	if (base.ptr != NULL && sl_url_parse(base, NULL, &based) < 0) {
		assert_true(fails);
		return;
	}
	r = sl_url_parse(input, base.ptr == NULL ? NULL : &based, &parsed);
	if (fails != (r < 0))
		fail_msg("%s: \"" SL_SLICE_FMT "\": %d %s", id, SL_SLICE_ARG(input), r, parsed.href);
	if (fails)
		return;
	if (parsed.port >= 0)
		snprintf(port_text, sizeof(port_text), "%d", parsed.port);
	scheme.len--;
	expect_part("href", sl_url_href(&parsed), shared_string(object, "href"), 0);
	expect_part("scheme", sl_url_scheme(&parsed), scheme, 0);
	expect_part("user", sl_url_user(&parsed), shared_string(object, "username"), 0);
	expect_part("password", sl_url_password(&parsed), shared_string(object, "password"), 0);
	expect_part("host", sl_url_host(&parsed), shared_string(object, "hostname"), 0);
	expect_part("port", sl_slice_str(port_text), port, 0);
	expect_part("path", sl_url_path(&parsed), shared_string(object, "pathname"), 0);
	expect_part("query", sl_url_query(&parsed), shared_string(object, "search"), '?');
	expect_part("fragment", sl_url_fragment(&parsed), shared_string(object, "hash"), '#');
}

static void
published_cases_of_the_standard_agree(void **state)
{
	unsigned count = 0;

	shared_each("conformance/url-whatwg/urltestdata.jsonl", check_case, &count);
	assert_true(count >= CASES_MIN);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_read_as_a_browser_does_and_oddities_are_told),
		cmocka_unit_test(parts_are_slices_of_the_href),
		cmocka_unit_test(a_limit_cuts_what_it_is_about_and_never_the_host),
		cmocka_unit_test(published_cases_of_the_standard_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
