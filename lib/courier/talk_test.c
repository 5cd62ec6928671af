/* talk_test.c - deliveries as dialogues: what the next hop says, what we say, what is recorded of each recipient */

#include "check.h"
#include "courier/talk.h"

#include <stdio.h>

struct row {
	const char		*name;
	enum sl_talk_tls	 tls;
	bool			 smtputf8;
	/* Turns: what the next hop says, then all that we say to that. "!" instead of a reply: it is gone; "+": what
	 * we are asked for next is done (TLS, body, dot). Ends with NULL. */
	const char		*turns[32];
	const char		*said;		/* "place code reply; ..." */
	bool			 dot_left;
};

#define HELLO	"220 mx ready\r\n", "EHLO courier.example\r\n"
#define MAIL	"MAIL FROM:<>\r\n"
#define ANNA	"RCPT TO:<anna@example.com>\r\n"
#define BOB	"RCPT TO:<bob@example.com>\r\n"
#define BODY	"Subject: x\r\n\r\n..dot\r\nend"

static const struct row rows[] = {
	{ "plain, command by command", SL_TALK_TLS_IF_OFFERED, false, { HELLO, "250 mx\r\n", MAIL, "250 ok\r\n", ANNA,
	    "250 2.1.5 ok\r\n", BOB, "250 ok\r\n", "DATA\r\n", "354 go\r\n", "", "+", BODY, "+", "\r\n.\r\n",
	    "250 2.0.0 queued as 4F\r\n", "QUIT\r\n" }, "0 250 250 2.0.0 queued as 4F; 1 250 250 2.0.0 queued as 4F; ", true },
	{ "commands in a group", SL_TALK_TLS_IF_OFFERED, false, { HELLO, "250-mx\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n",
	    "MAIL FROM:<> SIZE=99 BODY=8BITMIME\r\n" ANNA BOB, "250 ok\r\n250 ok\r\n251 forwarded\r\n", "DATA\r\n", "354 go\r\n", "", "+", BODY,
	    "+", "\r\n.\r\n", "250 ok\r\n", "QUIT\r\n" }, "0 250 250 ok; 1 250 250 ok; ", true },
	{ "TLS, and what was said before it is forgotten", SL_TALK_TLS_ALWAYS, false, { HELLO, "250-mx\r\n250 STARTTLS\r\n",
	    "STARTTLS\r\n", "220 go\r\n250 injected\r\n", "", "+", "EHLO courier.example\r\n", "250 mx\r\n", MAIL, "250 ok\r\n",
	    ANNA, "250 ok\r\n", BOB, "!", "" }, "0 0 gone; 1 0 gone; ", false },
	{ "no TLS where it must be", SL_TALK_TLS_ALWAYS, false, { HELLO, "250 mx\r\n", "QUIT\r\n" },
	    "0 0 the next hop does not offer TLS; 1 0 the next hop does not offer TLS; ", false },
	{ "TLS is refused where it need not be", SL_TALK_TLS_IF_OFFERED, false, { HELLO, "250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n",
	    "454 not now\r\n", MAIL, "!", "" }, "0 0 gone; 1 0 gone; ", false },
	{ "an old server", SL_TALK_TLS_NEVER, false, { HELLO, "500 what?\r\n", "HELO courier.example\r\n", "250 mx\r\n", MAIL, "!", "" },
	    "0 0 gone; 1 0 gone; ", false },
	{ "a server that does not want us is tried again", SL_TALK_TLS_NEVER, false, { "554 no service\r\n", "QUIT\r\n" },
	    "0 0 554 no service; 1 0 554 no service; ", false },
	{ "the sender is refused for good", SL_TALK_TLS_NEVER, false, { HELLO, "250 mx\r\n", MAIL, "550 5.7.1 not you\r\n", "QUIT\r\n" },
	    "0 550 550 5.7.1 not you; 1 550 550 5.7.1 not you; ", false },
	{ "all recipients are refused", SL_TALK_TLS_NEVER, false, { HELLO, "250-mx\r\n250 PIPELINING\r\n", MAIL ANNA BOB,
	    "250 ok\r\n550 no anna\r\n450-busy\r\n450 later\r\n", "QUIT\r\n" }, "0 550 550 no anna; 1 450 450-busy 450 later; ", false },
	{ "one is refused, of the other the reply is lost", SL_TALK_TLS_NEVER, false, { HELLO, "250-mx\r\n250 PIPELINING\r\n",
	    MAIL ANNA BOB, "250 ok\r\n550 no anna\r\n250 ok\r\n", "DATA\r\n", "354 go\r\n", "", "+", BODY, "+", "\r\n.\r\n", "!", "" },
	    "1 0 gone; ", true },
	{ "lost before the dot", SL_TALK_TLS_NEVER, false, { HELLO, "250-mx\r\n250 PIPELINING\r\n", MAIL ANNA BOB,
	    "250 ok\r\n550 no anna\r\n250 ok\r\n", "DATA\r\n", "354 go\r\n", "", "+", BODY, "!", "" },
	    "0 550 550 no anna; 1 0 gone; ", false },
	{ "it speaks while we do", SL_TALK_TLS_NEVER, false, { HELLO, "250 mx\r\n", MAIL, "250 ok\r\n", ANNA, "250 ok\r\n", BOB,
	    "250 ok\r\n", "DATA\r\n", "354 go\r\n421 closing\r\n", "" }, "0 421 421 closing; 1 421 421 closing; ", false },
	{ "the message is refused", SL_TALK_TLS_NEVER, false, { HELLO, "250 mx\r\n", MAIL, "250 ok\r\n", ANNA, "250 ok\r\n", BOB,
	    "450 busy\r\n", "DATA\r\n", "354 go\r\n", "", "+", BODY, "+", "\r\n.\r\n", "554 spam\r\n", "QUIT\r\n" }, "0 554 554 spam; ", true },
	{ "addresses in UTF-8", SL_TALK_TLS_NEVER, true, { HELLO, "250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
	    "MAIL FROM:<> BODY=8BITMIME SMTPUTF8\r\n", "!", "" }, "0 0 gone; 1 0 gone; ", false },
	{ "addresses in UTF-8, to who cannot", SL_TALK_TLS_NEVER, true, { HELLO, "250 mx\r\n", "QUIT\r\n" },
	    "0 553 553 5.6.7 The next hop does not take addresses in UTF-8; 1 553 553 5.6.7 The next hop does not take addresses in UTF-8; ", false },
	{ "too large", SL_TALK_TLS_NEVER, false, { HELLO, "250-mx\r\n250 SIZE 98\r\n", "QUIT\r\n" },
	    "0 552 552 5.3.4 The message is larger than the next hop takes; 1 552 552 5.3.4 The message is larger than the next hop takes; ", false },
	{ "no SMTP at all", SL_TALK_TLS_NEVER, false, { "HTTP/1.1 400 Bad Request\r\n", "" },
	    "0 0 what the next hop said is no reply; 1 0 what the next hop said is no reply; ", false },
};

static void
do_what_is_wanted(struct sl_talk *talk)
{
	enum sl_talk_want want = sl_talk_wants(talk);

	if (want == SL_TALK_START_TLS) {
		sl_talk_tls_done(talk, true);
	} else if (want == SL_TALK_BODY) {
		sl_talk_body(talk, SL_SLICE_LIT("Subject: x\r\n\r\n.dot"));
		sl_talk_body(talk, SL_SLICE_LIT("\r\nend"));
		sl_talk_body_end(talk);
	} else if (want == SL_TALK_FINAL) {
		sl_talk_dot(talk);
	} else {
		fail_msg("nothing is wanted");
	}
}

/* `piece`: how many bytes the next hop's words come in. */
static void
play(const struct row *row, size_t piece)
{
	static const struct sl_queue_rcpt rcpts[] = { { { (const unsigned char *)"anna@example.com", 16 }, SL_QUEUE_RCPT_OPEN, 0, { NULL, 0 } },
		{ { (const unsigned char *)"bob@example.com", 15 }, SL_QUEUE_RCPT_IN_DOUBT, 0, { NULL, 0 } },
		{ { (const unsigned char *)"carl@example.com", 16 }, SL_QUEUE_RCPT_TAKEN, 250, { NULL, 0 } } };
	struct sl_talk_mail mail = { SL_SLICE_LIT("courier.example"), SL_SLICE_LIT(""), rcpts, 3, 99, true, row->smtputf8, row->tls };
	struct sl_talk *talk = sl_talk_new(&mail);
	const struct sl_queue_said *said;
	struct sl_buf text;
	size_t len;

	for (size_t i = 0; row->turns[i] != NULL; i += 2) {
		const char *in = row->turns[i], *out = row->turns[i + 1];

		if (strcmp(in, "!") == 0)
			sl_talk_lost(talk, "gone");
		else if (strcmp(in, "+") == 0)
			do_what_is_wanted(talk);
		else
			for (size_t at = 0; at < strlen(in); at += piece)
				sl_talk_feed(talk, sl_slice(in + at, SL_MIN(piece, strlen(in) - at)));
		if (strcmp(sl_buf_cstr(sl_talk_out(talk)), out) != 0)
			fail_msg("%s: to \"%s\" it says \"%s\"", row->name, in, sl_buf_cstr(sl_talk_out(talk)));
		sl_buf_reset(sl_talk_out(talk));
	}
	assert_int_equal(sl_talk_wants(talk), SL_TALK_DONE);
	said = sl_talk_said(talk, &len);
	sl_buf_init(&text, 4096);
	for (size_t i = 0; i < len; i++)
		sl_buf_addf(&text, "%zu %d " SL_SLICE_FMT "; ", said[i].rcpt, said[i].code, SL_SLICE_ARG(said[i].reply));
	if (strcmp(sl_buf_cstr(&text), row->said) != 0)
		fail_msg("%s: %s", row->name, sl_buf_cstr(&text));
	assert_int_equal(sl_talk_dot_left(talk), row->dot_left);
	sl_buf_fini(&text);
	sl_talk_free(&talk);
}

static void
dialogues_go_as_written_in_any_cuts(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		play(&rows[i], SIZE_MAX / 2);
		play(&rows[i], 1);
		play(&rows[i], 7);
	}
}

static void
what_is_recorded_before_the_dot_is_what_was_said_to_rcpt(void **state)
{
	static const struct sl_queue_rcpt rcpts[] = { { { (const unsigned char *)"a@b", 3 }, SL_QUEUE_RCPT_OPEN, 0, { NULL, 0 } },
		{ { (const unsigned char *)"c@d", 3 }, SL_QUEUE_RCPT_OPEN, 0, { NULL, 0 } } };
	struct sl_talk_mail mail = { SL_SLICE_LIT("x"), SL_SLICE_LIT("s@t"), rcpts, 2, 0, false, false, SL_TALK_TLS_NEVER };
	struct sl_talk *talk = sl_talk_new(&mail);
	const struct sl_queue_said *said;
	size_t len;

	sl_talk_feed(talk, SL_SLICE_LIT("220 x\r\n250-x\r\n250 PIPELINING\r\n250 ok\r\n250 yes\r\n550 no\r\n354 go\r\n"));
	sl_talk_body_end(talk);
	assert_int_equal(sl_talk_wants(talk), SL_TALK_FINAL);
	said = sl_talk_said(talk, &len);
	assert_int_equal(len, 2);
	assert_true(said[0].code == 250 && said[1].code == 550);
	assert_true(sl_slice_eq(said[0].reply, SL_SLICE_LIT("250 yes")));
	assert_null(strstr(sl_buf_cstr(sl_talk_out(talk)), "\r\n.\r\n"));
	sl_talk_dot(talk);
	assert_non_null(strstr(sl_buf_cstr(sl_talk_out(talk)), "DATA\r\n.\r\n"));
	sl_talk_free(&talk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialogues_go_as_written_in_any_cuts),
		cmocka_unit_test(what_is_recorded_before_the_dot_is_what_was_said_to_rcpt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
