/*
 * mask_test.c - see mask.h; the texts are those of Postfix, Exim, Exchange, Dovecot and OpenSMTPD
 *
 * Two next hops are played: one whose names are of its own network, and one whose names are under
 * the recipients' domain. "GATE" in the expected text is our own name.
 */

#include "check.h"
#include "smtp/mask.h"

#define LIT(text) { (const unsigned char *)(text), sizeof(text) - 1 }

static const struct sl_smtp_mask inside = {	/* a network of its own */
	.our_name = LIT("GATE"),
	.names = { LIT("EX01.corp.contoso.com"), LIT("mx1.hosting.test"), LIT("[203.0.113.9]"), LIT("mail") },
	.names_len = 4,
	.address = LIT("198.51.100.7"),
	.keep_domain = LIT("example.com"),
	.keep = { LIT("bob@sender.contoso.com"), LIT("pc.local") },
	.keep_len = 2,
};
static const struct sl_smtp_mask same_domain = {	/* mail server and mailboxes share a domain */
	.our_name = LIT("GATE"),
	.names = { LIT("mx1.example.com.") },
	.names_len = 1,
	.address = LIT("2001:DB8:0:0::25"),
	.keep_domain = LIT("example.com"),
};
static const struct sl_smtp_mask itself = {	/* the server calls itself by the recipients' domain */
	.our_name = LIT("GATE"),
	.names = { LIT("Example.COM") },
	.names_len = 1,
	.keep_domain = LIT("example.com"),
};
static const struct sl_smtp_mask country = {	/* directly under a country's second level */
	.our_name = LIT("GATE"),
	.names = { LIT("mx.firm.co.uk") },
	.names_len = 1,
	.keep_domain = LIT("example.co.uk"),
};
static const struct sl_smtp_mask outlook = {
	.our_name = LIT("GATE"),
	.names = { LIT("DB5EUR01FT040.mail.protection.outlook.com"),
	    LIT("example-com.mail.protection.outlook.com") },
	.names_len = 2,
	.keep_domain = LIT("example.com"),
};

struct row {
	const struct sl_smtp_mask	*mask;
	const char			*text;
	const char			*expected;	/* NULL: as it is */
};

/* Mask a reply of one or more lines ('\n' between them) and give the text, valid till the next call. */
static const char *
masked(const char *text, const struct sl_smtp_mask *mask)
{
	static struct sl_buf in, out;
	struct sl_smtp_reply reply;
	size_t used;

	sl_buf_fini(&in);
	sl_buf_fini(&out);
	sl_buf_init(&in, SL_SMTP_REPLY_MAX);
	sl_buf_init(&out, 4 * SL_SMTP_REPLY_MAX);
	if (text == NULL)	/* give the memory back */
		return NULL;
	sl_smtp_reply_write(&in, 550, "5.7.1", sl_slice_str(text));
	assert_int_equal(sl_smtp_reply_parse(sl_buf_slice(&in), &reply, &used), SL_DONE);
	sl_smtp_mask_text(&out, &reply, mask);
	return sl_buf_cstr(&out);
}

static void
check_rows(const struct row *rows, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *expected = rows[i].expected == NULL ? rows[i].text : rows[i].expected;
		char again[1000];

		assert_string_equal(masked(rows[i].text, rows[i].mask), expected);
		strcpy(again, expected);
		assert_string_equal(masked(again, rows[i].mask), expected);
	}
	masked(NULL, NULL);
}

static void
the_sender_still_understands_the_refusal(void **state)
{
	static const struct row rows[] = {
		/* Postfix */
		{ &inside, "<user@example.com>: Recipient address rejected: User unknown in virtual mailbox "
		    "table", NULL },
		{ &inside, "<bob@sender.contoso.com>: Sender address rejected: Access denied", NULL },
		{ &inside, "<pc.local>: Helo command rejected: Host not found", NULL },
		{ &inside, "Service unavailable; Client host [192.0.2.55] blocked using zen.spamhaus.org; "
		    "https://www.spamhaus.org/query/ip/192.0.2.55", NULL },
		{ &inside, "2.0.0 Ok: queued as 4XyZ1234567890", NULL },
		{ &inside, "Message size 12345678 exceeds size limit 10240000 of server", NULL },
		{ &inside, "Error: timeout exceeded, 10.5 seconds, mail rejected", NULL },
		/* Exim */
		{ &inside, "relay not permitted", NULL },
		{ &inside, "id=1pQrSt-0004uV-2b", NULL },
		{ &inside, "unrouteable address user@example.com\nSender verify failed", NULL },
		/* Exchange */
		{ &inside, "RESOLVER.ADR.RecipNotFound; not found", NULL },
		{ &inside, "SMTP; Unable to relay recipient in non-accepted domain", NULL },
		{ &inside, "Resources temporarily unavailable - Please try again later at 12:30:45", NULL },
		/* Dovecot LMTP, OpenSMTPD */
		{ &inside, "<user@example.com> User doesn't exist: user@example.com", NULL },
		{ &inside, "<user@example.com> 2.0.0 qhZ7E8Jk+2MBAAAAsNkJAA Saved", NULL },
		{ &inside, "<user@example.com> Quota exceeded (mailbox for user is full)", NULL },
		{ &inside, "Invalid recipient: <user@example.com>", NULL },
		{ &inside, "1a2b3c4d Message accepted for delivery", NULL },
		/* Forms near to what is masked. */
		{ &inside, "5.7.1 version 4.96.1 of 8.8.8.8, 256.10.0.1, 10.256.0.1, 1.10.0.0.1 and 10.0.0", NULL },
		{ &inside, "Mail::SpamAssassin, SMTP::Server, ::, a::b and std::string", NULL },
		{ &inside, "2001:db8::1 and [2001:db8::2] and IPv6:2001:db8::3 are others", NULL },
		{ &inside, "the mail server's own mailbox, corp, local, internal", NULL },
		{ &inside, "see https://contoso.com/help or https://help.contoso.com/bounce?x=1", NULL },
		{ &inside, "mailto:postmaster@contoso.com", NULL },
		{ &inside, "ex01@example.com and EX01@other.example are mailboxes", NULL },
		{ &inside, "a.b.c..d . .. - _ ... and an end.", NULL },
		{ &inside, "gr\xc3\xbc\xc3\x9f" "e.example und \xff", NULL },
		/* The recipients' domain is also the server's. */
		{ &same_domain, "<user@example.com>: unknown; ask postmaster@example.com", NULL },
		{ &same_domain, "user@sub.example.com is no mailbox of example.com", NULL },
		{ &same_domain, "see https://help.example.com/postmaster/", NULL },
		{ &itself, "<user@example.com>: unknown at example.com, ask user@sub.example.com", NULL },
		{ &itself, "see http://help.example.com/", NULL },
		{ &country, "Client host smtp.sender.co.uk[192.0.2.4] rejected, bob@smtp.sender.co.uk", NULL },
		{ &outlook, "Access denied, please visit https://www.outlook.com/help bob@outlook.com", NULL },
	};

	check_rows(rows, SL_COUNT(rows));
}

static void
names_of_the_inside_do_not_show(void **state)
{
	static const struct row rows[] = {
		/* Postfix */
		{ &inside, "<user@example.com>: Recipient address rejected: unverified address: connect to "
		    "mbx7.corp.contoso.com[10.0.0.8]:25: Connection refused",
		    "<user@example.com>: Recipient address rejected: unverified address: connect to "
		    "GATE[GATE]:25: Connection refused" },
		{ &inside, "from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as A1B2C3D4",
		    "from MTA(smtp:[GATE]:10025): 250 2.0.0 Ok: queued as A1B2C3D4" },
		{ &inside, "<user@mbx7.corp.contoso.com> (expanded from <user@example.com>): unknown user",
		    "<user@GATE> (expanded from <user@example.com>): unknown user" },
		{ &inside, "4XyZ-mx1.hosting.test: mx1.hosting.test.zen.example", "GATE: GATE" },
		/* Exim */
		{ &inside, "Verification failed for <x@y.example>\nCalled:   172.16.4.2\nSent:     RCPT "
		    "TO:<x@y.example>\nResponse: 550 5.1.1 host db.intranet said no",
		    "Verification failed for <x@y.example>\nCalled:   GATE\nSent:     RCPT "
		    "TO:<x@y.example>\nResponse: 550 5.1.1 host GATE said no" },
		{ &inside, "Rejected by MX1.HOSTING.TEST.", "Rejected by GATE." },
		/* Exchange */
		{ &inside, "<3f2a@EX01.corp.contoso.com> [InternalId=74, Hostname=ex01.CORP.contoso.com] "
		    "Queued mail for delivery",
		    "<3f2a@GATE> [InternalId=74, Hostname=GATE] Queued mail for delivery" },
		{ &inside, "Recipient not found by EX01", "Recipient not found by GATE" },
		{ &inside, "[DC2.ad.fabrikam.local]", "[GATE]" },
		{ &outlook, "AS(201806281) [DB5EUR01FT040.eop-EUR01.prod.protection.outlook.com "
		    "2024-01-01T00:00:00.000Z 08DC]", "AS(201806281) [GATE 2024-01-01T00:00:00.000Z 08DC]" },
		{ &outlook, "Hostname=PR3P195MB0555.EURP195.PROD.OUTLOOK.COM", "Hostname=GATE" },
		/* Dovecot */
		{ &inside, "<user@example.com> Remote lmtp(10.1.2.3:24): Connection refused",
		    "<user@example.com> Remote lmtp(GATE:24): Connection refused" },
		{ &inside, "imap-3.home.arpa: Temporary internal error", "GATE: Temporary internal error" },
		/* Names wherever they stand. */
		{ &inside, "postmaster@mx1.hosting.test", "postmaster@GATE" },
		{ &inside, "x@mail, mail", "x@GATE, mail" },
		{ &inside, "https://mx1.hosting.test/x https://db.mx1.hosting.test/ http://wiki.corp/y",
		    "https://GATE/x https://GATE/ http://GATE/y" },
		{ &inside, "srs=mx1.hosting.test@example.com", "srs=GATE@example.com" },
		{ &inside, "...mx1.hosting.test...", "...GATE..." },
		{ &inside, "mx2.hosting.test", "GATE" },
		{ &same_domain, "mx1.example.com mbx2.example.com MX1 root@mx1.example.com",
		    "GATE GATE GATE root@GATE" },
		{ &same_domain, "x@db.mx1.example.com, x@mbx2.example.com", "x@GATE, x@mbx2.example.com" },
		{ &same_domain, "https://mx1.example.com/", "https://GATE/" },
		{ &itself, "mbx2.example.com", "GATE" },
		{ &country, "db.firm.co.uk, x@db.firm.co.uk", "GATE, x@GATE" },
	};

	check_rows(rows, SL_COUNT(rows));
}

static void
addresses_of_the_inside_do_not_show(void **state)
{
	static const struct row rows[] = {
		{ &inside, "10.0.0.1 10.255.255.255 9.255.255.255 11.0.0.0",
		    "GATE GATE 9.255.255.255 11.0.0.0" },
		{ &inside, "172.15.0.1 172.16.0.1 172.31.255.255 172.32.0.1",
		    "172.15.0.1 GATE GATE 172.32.0.1" },
		{ &inside, "192.167.0.1 192.168.0.1 192.169.0.1", "192.167.0.1 GATE 192.169.0.1" },
		{ &inside, "127.0.0.1 169.254.1.1 169.253.1.1 100.63.0.1 100.64.0.1 100.127.0.1 100.128.0.1",
		    "GATE GATE 169.253.1.1 100.63.0.1 GATE GATE 100.128.0.1" },
		{ &inside, "198.51.100.7 198.51.100.77 203.0.113.9", "GATE 198.51.100.77 GATE" },
		{ &inside, "[10.0.0.1]:25 (10.0.0.1) ip=10.0.0.1, 10.0.0.1/8 x-10.0.0.1-y at 10.0.0.1.",
		    "[GATE]:25 (GATE) ip=GATE, GATE/8 x-GATE-y at GATE." },
		{ &inside, "5.1.0.10.in-addr.arpa 7.100.51.198.list.example 5.1.0.10.",
		    "GATE.in-addr.arpa GATE.list.example 5.1.0.10." },
		{ &inside, "https://lists.example/ip/10.0.0.1", "https://lists.example/ip/GATE" },
		{ &inside, "user@[10.0.0.1] user@[IPv6:fd00::1]", "user@[GATE] user@[GATE]" },
		{ &inside, "::1 [::1] fe80::1%eth0 febf::1 fec0::1 fc00:: fdff:1::2: done",
		    "GATE [GATE] GATE GATE fec0::1 GATE GATE: done" },
		{ &inside, "::ffff:10.0.0.1 ::FFFF:c0a8:1 ::ffff:198.51.100.7 ::ffff:192.0.2.1",
		    "GATE GATE GATE ::ffff:192.0.2.1" },
		{ &inside, "80::198.51.100.7 64:ff9b::a00:1 64:ff9b::8.8.8.8 2001:db8::10.1.2.3",
		    "GATE GATE 64:ff9b::8.8.8.8 GATE" },
		{ &inside, "addr:fd00::5, IPv6:fe80::1. [fd00::5]:25 fd00::5/64",
		    "addr:GATE, GATE. [GATE]:25 GATE/64" },
		{ &same_domain, "2001:db8::25 [IPv6:2001:0db8::0025] 2001:db8::26",
		    "GATE [GATE] 2001:db8::26" },
	};

	check_rows(rows, SL_COUNT(rows));
}

static void
with_nothing_known_only_private_addresses_go(void **state)
{
	static const struct sl_smtp_mask nothing = { .our_name = LIT("GATE") };
	static const struct row rows[] = {
		{ &nothing, "mx.example.com[192.0.2.1] said 550 x@y.example", NULL },
		{ &nothing, "mx.example.com[10.2.0.1] said 550 x@y.example",
		    "mx.example.com[GATE] said 550 x@y.example" },
	};

	check_rows(rows, SL_COUNT(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sender_still_understands_the_refusal),
		cmocka_unit_test(names_of_the_inside_do_not_show),
		cmocka_unit_test(addresses_of_the_inside_do_not_show),
		cmocka_unit_test(with_nothing_known_only_private_addresses_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
