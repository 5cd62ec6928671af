/* authres_test.c - fields as others write them, forged ones, and our own */

#include "check.h"
#include <stdio.h>

#include "mailauth/authres.h"

#define FIELD	SL_SLICE_LIT("Authentication-Results")

static const struct {
	const char	*value;
	int		 result;	/* of reading to the end */
	const char	*id;
	const char	*methods;	/* "method=result[property=value]..." */
} rows[] = {
	{ "example.org; none", SL_DONE, "example.org", "" },
	{ "example.org 1; none", SL_DONE, "example.org", "" },
	{ "example.com; dkim=none ", SL_DONE, "example.com", "dkim=none" },
	{ "example.com; spf=pass smtp.mailfrom=example.net", SL_DONE, "example.com",
	    "spf=pass[smtp.mailfrom=example.net]" },
	{ "example.com; spf=fail reason=bad smtp.mailfrom=example.net", SL_DONE, "example.com",
	    "spf=fail[smtp.mailfrom=example.net]" },
	{ "example.com; auth=pass (cram-md5) smtp.auth=sender@example.com;", SL_DONE, "example.com",
	    "auth=pass[smtp.auth=sender@example.com]" },
	{ "example.com; sender-id=hardfail header.from=example.com; dkim=pass header.i=sender@example.com",
	    SL_DONE, "example.com", "sender-id=hardfail[header.from=example.com]dkim=pass[header.i=sender@example.com]" },
	{ "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail"
	    " policy (A dot can go here) = 3", SL_DONE, "foo.example.net", "dkim=fail[policy=3]" },
	{ "\"example.com\"; spf=pass reason=\"a; b\" x.y=\"c d\"", SL_DONE, "example.com", "spf=pass[x.y=\"c d\"]" },
	{ "example.com", SL_DONE, "example.com", "" },
	{ "", SL_ERR_SYNTAX, "", "" },
	{ "; spf=pass", SL_ERR_SYNTAX, "", "" },
	{ "example.com spf=pass", SL_ERR_SYNTAX, "example.com", "" },
	{ "example.com; spf", SL_ERR_SYNTAX, "example.com", "" },
	{ "example.com; spf=pass (", SL_ERR_SYNTAX, "example.com", "" },
};

static void
a_field_is_read(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_authres authres;
		struct sl_authres_result result;
		struct sl_buf seen;
		int r = sl_authres_begin(sl_slice_str(rows[i].value), &authres);

		sl_buf_init(&seen, 10000);
		while (r >= 0 && (r = sl_authres_next(&authres, &result)) == SL_MORE) {
			sl_buf_addf(&seen, SL_SLICE_FMT "=" SL_SLICE_FMT, SL_SLICE_ARG(result.method),
			    SL_SLICE_ARG(result.result));
			for (size_t p = 0; p < result.property_count; p++)
				sl_buf_addf(&seen, "[" SL_SLICE_FMT "=" SL_SLICE_FMT "]",
				    SL_SLICE_ARG(result.properties[p].name),
				    SL_SLICE_ARG(result.properties[p].value));
		}
		if (r != rows[i].result || strcmp(authres.id, rows[i].id) != 0 ||
		    (r == SL_DONE && strcmp(sl_buf_cstr(&seen), rows[i].methods) != 0))
			fail_msg("[%s]: %d, %s, %s", rows[i].value, r, authres.id, sl_buf_cstr(&seen));
		sl_buf_fini(&seen);
	}
}

static const struct {
	const char	*name;
	const char	*value;
	bool		 forged;
} forgeries[] = {
	{ "Authentication-Results", " mx.example.com; spf=pass", true },
	{ "AUTHENTICATION-results ", "mx.example.com; spf=pass", true },
	{ "Authentication-Results", "MX.Example.COM; spf=pass", true },
	{ "Authentication-Results", "\"mx.example.com\"; spf=pass", true },
	{ "Authentication-Results", "\"mx\\.example.com\"; spf=pass", true },
	{ "Authentication-Results", "\" mx.example.com \"; spf=pass", true },
	{ "Authentication-Results", "(a (b)) \r\n mx.example.com (c) ; spf=pass", true },
	{ "Authentication-Results", "mx.example.com 1; spf=pass", true },
	{ "Authentication-Results", "mx.example.com.; spf=pass", true },
	{ "Authentication-Results", "mx.example.com", true },
	{ "Authentication-Results", "mx.example.com(c)1;spf=pass", true },
	{ "Authentication-Results", "mx.example.com spf=pass", true },
	{ "Authentication-Results", "mx .example.com; spf=pass", true },
	{ "Authentication-Results", "mx.example.com, x; spf=pass", true },
	{ "Authentication-Results", "(mx.example.com; spf=pass", true },
	{ "Authentication-Results", "", true },
	{ "Authentication-Results", "other.example.com; spf=pass", false },
	{ "Authentication-Results", "(mx.example.com) other.example.com; spf=pass", false },
	{ "Authentication-Results", "mx.example.com.evil.test; spf=pass", false },
	{ "Authentication-Results", " spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=a.test; dkim=none", false },
	{ "Authentication-Results", "dkim = none header.d=none;", false },
	{ "Authentication-Results", "spf=pass smtp.mailfrom=MX.example.com; dkim=none", true },
	{ "Authentication-Results", "\"spf\"=pass", true },
	{ "Authentication-Results", "=pass", true },
	{ "Authentication-Results", "spf=(pass", true },
	{ "X-Authentication-Results", "mx.example.com; spf=pass", false },
};

static void
who_bears_our_name_has_to_go(void **state)
{
	for (size_t i = 0; i < SL_COUNT(forgeries); i++)
		if (sl_authres_is_forged(sl_slice_str(forgeries[i].name), sl_slice_str(forgeries[i].value),
		    "mx.example.com") != forgeries[i].forged)
			fail_msg("%s: %s", forgeries[i].name, forgeries[i].value);
	assert_true(sl_authres_is_forged(FIELD, SL_SLICE_LIT("\"q, \"; spf=pass"), "q, "));	/* found by fuzzing */
	assert_true(sl_authres_is_forged(FIELD, SL_SLICE_LIT("xn--bcher-kva.example; spf=pass"),
	    "b\xc3\xbc" "cher.example"));
	assert_true(sl_authres_is_forged(FIELD, SL_SLICE_LIT("b\xc3\xbc" "cher.example; spf=pass"),
	    "xn--bcher-kva.example"));
}

/* What comes from outside cannot add a result or a line. */
static void
what_we_write_reads_back(void **state)
{
	const struct sl_spf_input who = { .helo = SL_SLICE_LIT("helo.test"),
		.sender = SL_SLICE_LIT("a;\r\n dkim=pass \"\\\x01@b.test") };
	const struct sl_dns_answer none = { .status = SL_DNS_NXDOMAIN };
	struct sl_authres_input input = { .id = "mx.example.com" };
	struct sl_spf *spf = sl_spf_new(&who);
	struct sl_dns_question question;
	struct sl_authres authres;
	struct sl_authres_result result;
	struct sl_buf out;

	sl_buf_init(&out, 10000);
	sl_authres_add(&out, &input);
	assert_string_equal(sl_buf_cstr(&out), "mx.example.com; none");
	sl_buf_reset(&out);
	assert_true(sl_spf_dns.ask(spf, &question));
	sl_spf_dns.answer(spf, question.id, &none);
	input.spf = spf;
	input.mail_from = who.sender;
	sl_authres_add(&out, &input);
	assert_string_equal(sl_buf_cstr(&out),
	    "mx.example.com;\r\n\tspf=none\r\n\t smtp.mailfrom=\"a;?? dkim=pass \\\"\\\\?@b.test\"");
	assert_int_equal(sl_authres_begin(sl_buf_slice(&out), &authres), 0);
	assert_int_equal(sl_authres_next(&authres, &result), SL_MORE);
	assert_int_equal(result.property_count, 1);
	assert_int_equal(sl_authres_next(&authres, &result), SL_DONE);
	sl_spf_free(&spf);
	sl_buf_fini(&out);
}

/* Whoever has an address chooses its name, and DNS takes any byte. */
static void
a_name_from_reverse_dns_cannot_say_more_than_its_name(void **state)
{
	static const char *const names[] = { "mail.example.com", "a) ;dmarc=pass (b.test", "a b.test" };
	static const unsigned char octets[4] = { 192, 0, 2, 1 };

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		struct sl_authres_input input = { .id = "mx.example.com", .address = SL_SLICE_LIT("192.0.2.1") };
		const struct sl_dns_record name = { .data = sl_slice_str(names[i]) };
		const struct sl_dns_record address = { .data = sl_slice(octets, 4) };
		const struct sl_dns_answer reverse = { SL_DNS_FOUND, &name, 1 }, forward = { SL_DNS_FOUND, &address, 1 };
		struct sl_client_address client;
		struct sl_dns_question question;
		struct sl_iprev *iprev;
		struct sl_buf out;

		sl_client_address_set(&client, octets, false);
		iprev = sl_iprev_new(&client);
		assert_true(sl_iprev_dns.ask(iprev, &question));
		sl_iprev_dns.answer(iprev, question.id, &reverse);
		assert_true(sl_iprev_dns.ask(iprev, &question));
		sl_iprev_dns.answer(iprev, question.id, &forward);
		input.iprev = iprev;
		sl_buf_init(&out, 10000);
		sl_authres_add(&out, &input);
		assert_string_equal(sl_buf_cstr(&out), i == 0
		    ? "mx.example.com;\r\n\tiprev=pass (mail.example.com)\r\n\t policy.iprev=192.0.2.1"
		    : "mx.example.com;\r\n\tiprev=pass\r\n\t policy.iprev=192.0.2.1");
		sl_iprev_free(&iprev);
		sl_buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_read),
		cmocka_unit_test(who_bears_our_name_has_to_go),
		cmocka_unit_test(what_we_write_reads_back),
		cmocka_unit_test(a_name_from_reverse_dns_cannot_say_more_than_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
