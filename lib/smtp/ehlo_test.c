/* ehlo_test.c - see ehlo.h; replies as the servers named give them */

#include "check.h"
#include "smtp/ehlo.h"

static void
capabilities_are_read(void **state)
{
	static const struct {
		const char	*reply;
		unsigned	 flags;
		uint64_t	 size_bytes;
		const char	*name;
	} rows[] = {
		{ /* Postfix */
		    "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ETRN\r\n"
		    "250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n"
		    "250 CHUNKING\r\n",
		    SL_SMTP_CAP_PIPELINING | SL_SMTP_CAP_SIZE | SL_SMTP_CAP_STARTTLS |
		    SL_SMTP_CAP_ENHANCED | SL_SMTP_CAP_8BITMIME | SL_SMTP_CAP_DSN |
		    SL_SMTP_CAP_SMTPUTF8 | SL_SMTP_CAP_CHUNKING, 10240000, "mx.example.com" },
		{ /* Exim */
		    "250-mx.example.com Hello relay.example [192.0.2.1]\r\n250-SIZE 52428800\r\n"
		    "250-8BITMIME\r\n250-PIPELINING\r\n250-PIPECONNECT\r\n250-PRDR\r\n250 HELP\r\n",
		    SL_SMTP_CAP_SIZE | SL_SMTP_CAP_8BITMIME | SL_SMTP_CAP_PIPELINING |
		    SL_SMTP_CAP_PRDR, 52428800, "mx.example.com" },
		{ /* Exchange */
		    "250-EX01.corp.example Hello [192.0.2.1]\r\n250-SIZE 37748736\r\n250-PIPELINING\r\n"
		    "250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n250-X-ANONYMOUSTLS\r\n"
		    "250-AUTH NTLM\r\n250-8BITMIME\r\n250-BINARYMIME\r\n250-CHUNKING\r\n250 XRDST\r\n",
		    SL_SMTP_CAP_SIZE | SL_SMTP_CAP_PIPELINING | SL_SMTP_CAP_DSN |
		    SL_SMTP_CAP_ENHANCED | SL_SMTP_CAP_STARTTLS | SL_SMTP_CAP_AUTH |
		    SL_SMTP_CAP_8BITMIME | SL_SMTP_CAP_BINARYMIME | SL_SMTP_CAP_CHUNKING,
		    37748736, "EX01.corp.example" },
		{ /* Dovecot LMTP, with what a proxy may say */
		    "250-imap.example.com\r\n250-XCLIENT ADDR PORT TTL TIMEOUT PROTO\r\n250-8BITMIME\r\n"
		    "250-ENHANCEDSTATUSCODES\r\n250-XFORWARD NAME ADDR\r\n250 CHUNKING\r\n",
		    SL_SMTP_CAP_XCLIENT | SL_SMTP_CAP_8BITMIME | SL_SMTP_CAP_ENHANCED |
		    SL_SMTP_CAP_XFORWARD | SL_SMTP_CAP_CHUNKING, 0, "imap.example.com" },
		{ "250-x\r\n250-size 0\r\n250-auth=LOGIN PLAIN\r\n250-\r\n250-PIPELININGX\r\n"
		    "250-X-SIZE 5\r\n250 dsn \r\n",
		    SL_SMTP_CAP_SIZE | SL_SMTP_CAP_AUTH | SL_SMTP_CAP_DSN, 0, "x" },
		{ "250-x\r\n250 SIZE 99999999999999999999\r\n", SL_SMTP_CAP_SIZE, 0, "x" },
		{ "250-x\r\n250 SIZE\r\n", SL_SMTP_CAP_SIZE, 0, "x" },
		{ "250 PIPELINING\r\n", 0, 0, "PIPELINING" },
		{ "250\r\n", 0, 0, "" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_reply reply;
		struct sl_smtp_caps caps;
		size_t used;

		assert_int_equal(sl_smtp_reply_parse(sl_slice_str(rows[i].reply), &reply, &used),
		    SL_DONE);
		sl_smtp_caps_parse(&reply, &caps);
		assert_int_equal(caps.flags, rows[i].flags);
		assert_true(caps.size_bytes == rows[i].size_bytes);
		assert_true(sl_slice_eq(caps.name, sl_slice_str(rows[i].name)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
