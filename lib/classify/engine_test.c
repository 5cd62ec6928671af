/* engine_test.c - what engines are told, and what is made of their replies */

#include "check.h"
#include <math.h>

#include "classify/engine.h"

static void
the_words_of_a_message_are_these(void **state)
{
	static const struct {
		enum sl_engine	 engine;
		const char	*told;
		size_t		 len;
	} rows[] = {
#define TOLD(text)	text, sizeof(text) - 1
		{ SL_ENGINE_CLAMD, TOLD("zINSTREAM\0\0\0\0\5hello\0\0\0\0") },
		{ SL_ENGINE_RSPAMD, TOLD("POST /checkv2 HTTP/1.1\r\nHost: engine\r\nIP: 192.0.2.1\r\n"
		  "From: a@b.example\r\nUser-Agent: sluice\r\nConnection: close\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n") },
		{ SL_ENGINE_SPAMD, TOLD("CHECK SPAMC/1.5\r\n\r\nhello") },
		{ SL_ENGINE_ICAP, TOLD("RESPMOD icap://engine/scan ICAP/1.0\r\nHost: engine\r\n"
		  "X-Client-IP: 192.0.2.1\r\nAllow: 204\r\nConnection: close\r\n"
		  "Encapsulated: res-hdr=0, res-body=49\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nContent-Type: message/rfc822\r\n\r\n5\r\nhello\r\n0\r\n\r\n") },
	};
	const struct sl_engine_facts facts = {
		.client_address = SL_SLICE_LIT("192.0.2.1"),
		.helo = SL_SLICE_LIT("injected\r\nX-Evil: 1"),	/* fits no header line: left out */
		.mail_from = SL_SLICE_LIT("a@b.example"),
		.service = SL_SLICE_LIT("scan"), .host = SL_SLICE_LIT("engine"),
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct sl_engine_codec *codec = sl_engine_codec(rows[i].engine);
		struct sl_buf out;

		sl_buf_init(&out, 4096);
		codec->begin(&facts, &out);
		if (codec->before != NULL)
			codec->before(5, &out);
		sl_buf_add_str(&out, "hello");
		sl_buf_add_slice(&out, codec->behind);
		sl_buf_add_slice(&out, codec->end);
		assert_int_equal(out.len, rows[i].len);
		assert_memory_equal(out.data, rows[i].told, rows[i].len);
		sl_buf_fini(&out);
	}
}

static const struct reply {
	enum sl_engine		 engine;
	const char		*name;
	const char		*in;
	enum sl_engine_result	 open, closed;	/* while the connection is open; when it is closed */
	double			 spam, malware;
	const char		*text;
} replies[] = {
#define HTTP	"HTTP/1.1 200 OK\r\nServer: rspamd/3.4\r\n"
	{ SL_ENGINE_SPAMD, "spam", "SPAMD/1.1 0 EX_OK\r\nSpam: True ; 15.3 / 5.0\r\n\r\n", SL_ENGINE_SAID,
	  SL_ENGINE_SAID, 6, 0, "spamd gives it 15.3 points of 5.0" },
	{ SL_ENGINE_SPAMD, "ham", "SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nspam: False ; -1.9 / 5.0\r\n\r\n",
	  SL_ENGINE_SAID, SL_ENGINE_SAID, -2.5, 0, "spamd gives it -1.9 points of 5.0" },
	{ SL_ENGINE_SPAMD, "cut", "SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0.0", SL_ENGINE_MORE, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_SPAMD, "busy", "SPAMD/1.1 75 EX_TEMPFAIL\r\n\r\n", SL_ENGINE_FAILED, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_SPAMD, "no score", "SPAMD/1.1 0 EX_OK\r\n\r\n", SL_ENGINE_FAILED, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_SPAMD, "nonsense", "220 hello\r\n", SL_ENGINE_FAILED, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_SPAMD, "a score of no number", "SPAMD/1.1 0 EX_OK\r\nSpam: True ; nan / 5.0\r\n\r\n",
	  SL_ENGINE_FAILED, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_RSPAMD, "spam", HTTP "Content-Length: 59\r\n\r\n"
	  "{\"score\":12.0,\"required_score\":15.0,\"action\":\"add header\"}", SL_ENGINE_MORE, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_RSPAMD, "spam, whole", HTTP "Content-Length: 58\r\n\r\n"
	  "{\"score\":12.0,\"required_score\":15.0,\"action\":\"add header\"}", SL_ENGINE_SAID, SL_ENGINE_SAID, 4, 0,
	  "rspamd gives it 12.0 points of 15.0" },
	{ SL_ENGINE_RSPAMD, "to the end", HTTP "\r\n"
	  "{ \"symbols\" : {\"X\":{\"score\":99, \"o\":[\"}\\\"\"]}}, \"score\" : 1.0 }\n", SL_ENGINE_MORE,
	  SL_ENGINE_SAID, -1.5, 0, "rspamd gives it 1.0 points of 15.0" },
	{ SL_ENGINE_RSPAMD, "a score inside is none", HTTP "\r\n{\"symbols\":{\"score\":99}}", SL_ENGINE_MORE,
	  SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_RSPAMD, "cut", HTTP "\r\n{\"score\":12.0,\"action\":\"no", SL_ENGINE_MORE, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_RSPAMD, "not yet", HTTP "\r\n{\"score\":1.0,\"action\":\"soft reject\"}", SL_ENGINE_MORE,
	  SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_RSPAMD, "an error", "HTTP/1.1 500 no\r\n\r\n", SL_ENGINE_FAILED, SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_ICAP, "clean", "ICAP/1.0 204 Unmodified\r\nISTag: \"1\"\r\n\r\n", SL_ENGINE_SAID, SL_ENGINE_SAID,
	  0, -2, "the ICAP server found nothing" },
	{ SL_ENGINE_ICAP, "found", "ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\n\r\n",
	  SL_ENGINE_SAID, SL_ENGINE_SAID, 0, 16, "Eicar-Test" },
	{ SL_ENGINE_ICAP, "found by another name", "ICAP/1.0 200 OK\r\nX-Virus-ID: Eicar\x01Test\r\n\r\n", SL_ENGINE_SAID,
	  SL_ENGINE_SAID, 0, 16, "Eicar?Test" },
	{ SL_ENGINE_ICAP, "changed without a name", "ICAP/1.0 200 OK\r\n\r\n", SL_ENGINE_SAID, SL_ENGINE_SAID, 0, 6,
	  "unnamed" },
	{ SL_ENGINE_ICAP, "no such service", "ICAP/1.0 404 Service not found\r\n\r\n", SL_ENGINE_FAILED,
	  SL_ENGINE_FAILED, 0, 0, "" },
	{ SL_ENGINE_ICAP, "nothing", "", SL_ENGINE_MORE, SL_ENGINE_FAILED, 0, 0, "" },
};

static void
replies_mean_this_and_never_clean_by_accident(void **state)
{
	for (size_t i = 0; i < SL_COUNT(replies); i++) {
		const struct reply *row = &replies[i];

		for (int closed = 0; closed < 2; closed++) {
			enum sl_engine_result wanted = closed ? row->closed : row->open, result;
			struct sl_engine_said said;

			result = sl_engine_codec(row->engine)->reply(sl_slice_str(row->in), closed, &said);
			if (result != wanted)
				fail_msg("%s: %d", row->name, result);
			if (result == SL_ENGINE_SAID && (fabs(said.log_odds[SL_SPAM] - row->spam) > 1e-9 ||
			    fabs(said.log_odds[SL_MALWARE] - row->malware) > 1e-9 || strcmp(said.text, row->text) != 0))
				fail_msg("%s: %f %f %s", row->name, said.log_odds[SL_SPAM], said.log_odds[SL_MALWARE],
				    said.text);
		}
	}
}

/* As long as bytes are missing the answer is not there, and then it is the same as of the whole. */
static void
a_reply_that_comes_in_pieces_is_awaited(void **state)
{
	for (size_t i = 0; i < SL_COUNT(replies); i++) {
		const struct reply *row = &replies[i];
		struct sl_slice whole = sl_slice_str(row->in);

		for (size_t len = 0; row->open == SL_ENGINE_SAID && len < whole.len; len++) {
			struct sl_engine_said said;

			if (sl_engine_codec(row->engine)->reply(sl_slice(whole.ptr, len), false, &said) != SL_ENGINE_MORE)
				fail_msg("%s: after %zu bytes", row->name, len);
		}
	}
}

/* Somebody who floods is left early, not when all that a reply may be has been read. */
static void
a_header_that_does_not_end_is_no_answer(void **state)
{
	static const enum sl_engine engines[] = { SL_ENGINE_RSPAMD, SL_ENGINE_ICAP };
	static unsigned char in[16385];

	memset(in, 'x', sizeof(in));
	for (size_t i = 0; i < SL_COUNT(engines); i++) {
		const struct sl_engine_codec *codec = sl_engine_codec(engines[i]);
		struct sl_engine_said said;

		assert_int_equal(codec->reply(sl_slice(in, sizeof(in)), false, &said), SL_ENGINE_FAILED);
		assert_int_equal(codec->reply(sl_slice(in, 16000), false, &said), SL_ENGINE_MORE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_of_a_message_are_these),
		cmocka_unit_test(replies_mean_this_and_never_clean_by_accident),
		cmocka_unit_test(a_reply_that_comes_in_pieces_is_awaited),
		cmocka_unit_test(a_header_that_does_not_end_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
