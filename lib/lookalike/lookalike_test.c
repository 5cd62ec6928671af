/* lookalike_test.c - imitations of names are found, and what is honest is not */

#include "check.h"

#include "lookalike/lookalike.h"

static const char list[] =
    "# some brands\n"
    "PayPal: paypal.com paypal.me paypalobjects.com\n"
    "Microsoft, Office 365, Outlook: microsoft.com office.com live.com\n"
    "Bank of America, BofA: bankofamerica.com bofa.com\n"
    "American Express, Amex: americanexpress.com\n"
    "~Apple, iCloud: apple.com icloud.com\n"
    "~Chase: chase.com\r\n"
    "DHL: dhl.com dhl.de\n"
    "Nestle: nestle.com\n"
    "Wells Fargo: wellsfargo.com\n"
    "\n"
    "partner-works.example   # a domain by itself\n";

static struct sl_fold *fold;
static struct sl_lookalike *brands;

static int
begin(void **state)
{
	size_t line;

	fold = sl_fold_preload();
	assert_int_equal(sl_lookalike_read(sl_slice_str(list), fold, &brands, &line), 0);
	assert_int_equal(sl_lookalike_brands(brands), 10);
	return 0;
}

static int
end(void **state)
{
	sl_lookalike_free(&brands);
	sl_fold_free(&fold);
	return 0;
}

static void
hosts_that_imitate_are_told_with_how_and_whom(void **state)
{
	static const struct {
		const char			*host, *domain;
		enum sl_lookalike_kind		 kind;
		const char			*name;
	} rows[] = {
		{ "www.paypal.com", "paypal.com", SL_LOOKALIKE_NONE, "" },
		{ "paypal.com", "paypal.com", SL_LOOKALIKE_NONE, "" },
		{ "paypa1.com", "paypa1.com", SL_LOOKALIKE_CONFUSABLE, "PayPal" },
		{ "www.paypaI.com", "paypaI.com", SL_LOOKALIKE_CONFUSABLE, "PayPal" },
		{ "xn--pypal-4ve.com", "xn--pypal-4ve.com", SL_LOOKALIKE_CONFUSABLE, "PayPal" },
		{ "rnicrosoft.com", "rnicrosoft.com", SL_LOOKALIKE_CONFUSABLE, "Microsoft" },
		{ "micros0ft-login.com", "micros0ft-login.com", SL_LOOKALIKE_CONFUSABLE, "Microsoft" },
		{ "pay-pal.com", "pay-pal.com", SL_LOOKALIKE_SPLIT, "PayPal" },
		{ "paypal.com.evil.example", "evil.example", SL_LOOKALIKE_EMBEDDED, "PayPal" },
		{ "secure.paypal.com.login.evil.example", "evil.example", SL_LOOKALIKE_EMBEDDED, "PayPal" },
		{ "paypal.evil.example", "evil.example", SL_LOOKALIKE_BELOW, "PayPal" },
		{ "paypal-login.evil.example", "evil.example", SL_LOOKALIKE_BELOW, "PayPal" },
		{ "paypa1.evil.example", "evil.example", SL_LOOKALIKE_CONFUSABLE, "PayPal" },
		{ "paypal.xyz", "paypal.xyz", SL_LOOKALIKE_SUFFIX, "PayPal" },
		{ "paypal-secure-login.com", "paypal-secure-login.com", SL_LOOKALIKE_ADDED, "PayPal" },
		{ "mypaypal.com", "mypaypal.com", SL_LOOKALIKE_ADDED, "PayPal" },
		{ "paypalsecurelogin.com", "paypalsecurelogin.com", SL_LOOKALIKE_ADDED, "PayPal" },
		{ "paypal24.com", "paypal24.com", SL_LOOKALIKE_ADDED, "PayPal" },
		{ "papyal.com", "papyal.com", SL_LOOKALIKE_SLIP, "PayPal" },
		{ "paypall.com", "paypall.com", SL_LOOKALIKE_SLIP, "PayPal" },
		{ "payal.com", "payal.com", SL_LOOKALIKE_SLIP, "PayPal" },
		{ "micosoft.com", "micosoft.com", SL_LOOKALIKE_SLIP, "Microsoft" },
		{ "micosoft-online.com", "micosoft-online.com", SL_LOOKALIKE_SLIP, "Microsoft" },
		{ "bankofamerlca.com", "bankofamerlca.com", SL_LOOKALIKE_CONFUSABLE, "Bank of America" },
		{ "bankfamercia.com", "bankfamercia.com", SL_LOOKALIKE_SLIP, "Bank of America" },
		{ "americanexprss.com", "americanexprss.com", SL_LOOKALIKE_SLIP, "American Express" },
		{ "icloud-id.com", "icloud-id.com", SL_LOOKALIKE_ADDED, "Apple" },
		{ "apple-id.com", "apple-id.com", SL_LOOKALIKE_ADDED, "Apple" },
		{ "apple-orchard.example", "apple-orchard.example", SL_LOOKALIKE_NONE, "" },
		{ "applesupport.com", "applesupport.com", SL_LOOKALIKE_ADDED, "Apple" },
		{ "chase-verify.com", "chase-verify.com", SL_LOOKALIKE_ADDED, "Chase" },
		{ "chases.com", "chases.com", SL_LOOKALIKE_NONE, "" },
		{ "dhl-tracking.com", "dhl-tracking.com", SL_LOOKALIKE_ADDED, "DHL" },
		{ "dhl-museum.example", "dhl-museum.example", SL_LOOKALIKE_NONE, "" },
		{ "partnerworks.example", "partnerworks.example", SL_LOOKALIKE_SUFFIX, "partner-works.example" },
		{ "partner-w0rks.example", "partner-w0rks.example", SL_LOOKALIKE_CONFUSABLE, "partner-works.example" },
		{ "example.com", "example.com", SL_LOOKALIKE_NONE, "" },
		{ "cloud.com", "cloud.com", SL_LOOKALIKE_NONE, "" },
		{ "lists.kernel.org", "kernel.org", SL_LOOKALIKE_NONE, "" },
		{ "", "", SL_LOOKALIKE_NONE, "" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_lookalike_match match = { 0 };
		bool found = sl_lookalike_host(brands, sl_slice_str(rows[i].host), sl_slice_str(rows[i].domain),
		    &match);

		if (found != (rows[i].kind != SL_LOOKALIKE_NONE) || (found && (match.kind != rows[i].kind ||
		    !sl_slice_eq(match.name, sl_slice_str(rows[i].name)))))
			fail_msg("%s: %s %.*s", rows[i].host, found ? sl_lookalike_kind_verb(match.kind) : "none",
			    SL_SLICE_ARG(match.name));
	}
}

static void
names_in_texts_are_found_with_how_they_are_spelled(void **state)
{
	static const struct {
		const char	*text;
		const char	*name;		/* "": none */
		bool		 exact;
	} rows[] = {
		{ "PayPal Customer Service", "PayPal", true },
		{ "Your PAYPAL account", "PayPal", true },
		{ "Message from Bank of America", "Bank of America", true },
		{ "bank-of-america alert", "Bank of America", true },
		{ "Office 365 team", "Microsoft", true },
		{ "P\xd0\xb0yPal", "PayPal", false },
		{ "PayPa1 support", "PayPal", false },
		{ "PayPaI support", "PayPal", false },	/* capital I */
		{ "the ID of LCL", "", false },
		{ "rnicrosoft", "", false },		/* as in Arnell and Burns */
		{ "Nestl\xc3\xa9 news", "Nestle", true },
		{ "paypalish words", "", false },
		{ "the bank of  America", "", false },
		{ "nothing here", "", false },
		{ "", "", false },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_lookalike_match match[2] = { 0 };
		size_t found = sl_lookalike_text(brands, sl_slice_str(rows[i].text), match, 2);

		if (found != (rows[i].name[0] != '\0') || (found > 0 && (match[0].exact != rows[i].exact ||
		    !sl_slice_eq(match[0].name, sl_slice_str(rows[i].name)))))
			fail_msg("%s: %zu, %.*s", rows[i].text, found, SL_SLICE_ARG(match[0].name));
	}
	assert_true(sl_lookalike_lures(brands, SL_SLICE_LIT("Please verify it")));
	assert_false(sl_lookalike_lures(brands, SL_SLICE_LIT("the weather")));
}

static void
own_domains_have_their_owner(void **state)
{
	assert_true(sl_lookalike_owner(brands, SL_SLICE_LIT("paypal.com")) == 0);
	assert_true(sl_lookalike_owner(brands, SL_SLICE_LIT("mail.e.paypal.me")) == 0);
	assert_true(sl_lookalike_owner(brands, SL_SLICE_LIT("live.com")) == 1);
	assert_true(sl_lookalike_owner(brands, SL_SLICE_LIT("notpaypal.com")) == -1);
	assert_true(sl_lookalike_owner(brands, SL_SLICE_LIT("com")) == -1);
}

static void
a_list_that_cannot_be_read_is_refused_with_its_line(void **state)
{
	static const struct {
		const char	*text;
		size_t		 line;		/* 0: it is fine */
	} rows[] = {
		{ "", 0 },
		{ "# nothing\n\n", 0 },
		{ "Name:\n", 0 },
		{ "Name: a.example\nnodot\n", 2 },
		{ ": a.example\n", 1 },
		{ "Name: a.example b\n", 1 },
		{ "Name: A.example\n", 1 },
		{ "a..b.\n", 1 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_lookalike *l = NULL;
		size_t line = 0;
		int r = sl_lookalike_read(sl_slice_str(rows[i].text), NULL, &l, &line);

		if ((r == 0) != (rows[i].line == 0) || (r != 0 && (l != NULL || line != rows[i].line)))
			fail_msg("\"%s\": %d, line %zu", rows[i].text, r, line);
		sl_lookalike_free(&l);
	}
}

static void
one_name_is_compared_without_a_list(void **state)
{
	assert_true(sl_lookalike_pair(fold, SL_SLICE_LIT("exarnple-corp.com"), SL_SLICE_LIT("example-corp")) ==
	    SL_LOOKALIKE_CONFUSABLE);
	assert_true(sl_lookalike_pair(fold, SL_SLICE_LIT("examplecrop.com"), SL_SLICE_LIT("examplecorp")) ==
	    SL_LOOKALIKE_SLIP);
	assert_true(sl_lookalike_pair(fold, SL_SLICE_LIT("examplecorp.biz"), SL_SLICE_LIT("examplecorp")) ==
	    SL_LOOKALIKE_SUFFIX);
	assert_true(sl_lookalike_pair(fold, SL_SLICE_LIT("other.com"), SL_SLICE_LIT("examplecorp")) ==
	    SL_LOOKALIKE_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_that_imitate_are_told_with_how_and_whom),
		cmocka_unit_test(names_in_texts_are_found_with_how_they_are_spelled),
		cmocka_unit_test(own_domains_have_their_owner),
		cmocka_unit_test(a_list_that_cannot_be_read_is_refused_with_its_line),
		cmocka_unit_test(one_name_is_compared_without_a_list),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
