/* content_test.c - what a message is said to be, whole and in every cutting */

#include "cuts.h"

#include "content/trace_i.h"

static struct sl_suffix *suffix;

static void
run(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = suffix };
	struct sl_content *content;
	struct trace trace;
	struct sl_slice piece;

	trace_init(&trace);
	content = sl_content_new(&settings, &trace_sink, &trace);
	while (cuts_next(cuts, &piece))
		sl_content_feed(content, piece.ptr, piece.len);
	sl_content_finish(content);
	sl_content_free(&content);
	trace_fini(&trace, false, result);
}

static struct sl_buf
whole(struct sl_slice message)
{
	struct cuts cuts = { .in = message, .piece = SL_MAX(message.len, (size_t)1) };
	struct sl_buf result;

	sl_buf_init(&result, TRACE_LINES_MAX);
	run(NULL, &cuts, &result);
	return result;
}

#define MIXED	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define HTML	"Content-Type: text/html; charset=utf-8\r\n\r\n"

/* Each line must be in what is told of the message; one with '!' in front must not. */
static const struct {
	const char	*name, *message, *lines[6];
} rows[] = {
	{ "plain text is seen, its links are found",
	    "Subject: x\r\n\r\nsee http://www.Example.co.uk/a?b now\r\n",
	    { "part 1/0 text/plain as text us-ascii\n", "visible: see http://www.Example.co.uk/a?b now\\n\n",
	      "link a http://www.example.co.uk/a?b [example.co.uk]\n" } },
	{ "a charset is told by its label",
	    "Content-Type: text/plain; charset=koi8-r\r\n\r\n\xd0\xd2\xc9\xd7\xc5\xd4\r\n",
	    { "as text koi8-r\n", "visible: \xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\\n\n" } },
	{ "a page tells its charset itself",
	    "Content-Type: text/html\r\n\r\n<meta charset=koi8-r>\xd0\xd2\xc9\xd7\xc5\xd4",
	    { "as html koi8-r\n", "visible: \xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\n" } },
	{ "an unknown charset is told and read all the same",
	    "Content-Type: text/plain; charset=martian\r\n\r\nhello\r\n",
	    { "visible: hello\\n\n", "odd charset-unknown 1 \"martian\"" } },
	{ "what is hidden is told apart",
	    HTML "<p>Hello <span style=\"display:none\">secret words that nobody sees</span>World</p>",
	    { "visible: Hello", "display: ", "fact text-hidden 1 \"29 bytes not displayed\"" } },
	{ "a link that shows another domain",
	    HTML "<a href=\"http://evil.example.net/login\">www.bank.example.com</a>",
	    { "link a http://evil.example.net/login [example.net] \"www.bank.example.com\"\n",
	      "fact link-elsewhere 1 \"www.bank.example.com is shown, evil.example.net is opened\"" } },
	{ "the same domain is no other",
	    HTML "<a href=\"https://click.example.com/1\">www.example.com</a>", { "!link-elsewhere" } },
	{ "a user's name in front of the host",
	    HTML "<a href=\"https://bank.example.com@192.0.2.7/x\">log in</a>",
	    { "deceptive link-user 1", "odd link-address 1" } },
	{ "an address in hexadecimal",
	    HTML "<a href=\"http://0xC0.0x00.0x02.0x07/\">x</a>",
	    { "link a http://192.0.2.7/ []", "deceptive link-odd-address 1" } },
	{ "relative links follow the base",
	    HTML "<base href=\"http://a.example.com/x/\"><a href=\"y.html\">y</a>",
	    { "link a http://a.example.com/x/y.html [example.com]" } },
	{ "an image of one dot", HTML "<img src=\"http://t.example.com/p.gif?u=1\" width=1 height=1>",
	    { "fact beacon 1 \"http://t.example.com/p.gif?u=1\"" } },
	{ "an image that is seen is no beacon",
	    HTML "<img src=\"http://t.example.com/p.gif\" width=100 height=50>", { "!beacon" } },
	{ "a program called a picture",
	    MIXED "--b\r\nContent-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "gAAAAFBFAABMAQMA\r\n--b--\r\n",
	    { "as file attached\n", "deceptive name-hides-program 1", "deceptive type-hides-program 1" } },
	{ "a name that is read backwards",
	    MIXED "--b\r\nContent-Type: application/octet-stream; name*=utf-8''x%E2%80%AEcod.exe\r\n\r\nabc\r\n"
	    "--b--\r\n", { "deceptive bidi-override 1" } },
	{ "a page as an attachment without a type",
	    MIXED "--b\r\nContent-Type: application/octet-stream; name=\"invoice.htm\"\r\n\r\n"
	    "<html><form action=http://evil.example.net/><input type=password></form>\r\n--b--\r\n",
	    { "part 1/0 application/octet-stream as html attached", "fact html-password 1",
	      "link form http://evil.example.net/ [example.net]" } },
	{ "an archive is listed as it passes",
	    MIXED "--b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "UEsDBAoAAAAAAAAAIQCGphA2BQAAAAUAAAAFAAAAYS5leGVoZWxsb1BLAQIUAwoAAAAAAAAAIQCGphA2"
	    "BQAAAAUAAAAFAAAAAAAAAAAAAACAAQAAAABhLmV4ZVBLBQYAAAAAAQABADMAAAAoAAAAAAA=\r\n--b--\r\n",
	    { "file application/zip\n", "entry \"a.exe\" 5\n", "deceptive program-inside 1" } },
	{ "text and page side by side", "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\nplain\r\n--b\r\n" HTML "<b>page</b>\r\n--b--\r\n",
	    { "part /0 multipart/alternative as multipart\n", "part 1/0 text/plain as text",
	      "part 2/0 text/html as html", "visible: plain\n", "visible: page" } },
	{ "an empty message", "", { "part 1/0 text/plain as text", "end 0" } },
};

static bool
told(const char *all, const char *line)
{
	return line[0] == '!' ? strstr(all, line + 1) == NULL : strstr(all, line) != NULL;
}

static void
messages_are_understood_in_every_cutting(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice message = sl_slice_str(rows[i].message);
		struct sl_buf all = whole(message);

		for (size_t k = 0; k < SL_COUNT(rows[i].lines) && rows[i].lines[k] != NULL; k++)
			if (!told(sl_buf_cstr(&all), rows[i].lines[k]))
				fail_msg("%s: \"%s\" in\n%s", rows[i].name, rows[i].lines[k], sl_buf_cstr(&all));
		cuts_check(message, run, NULL, sl_buf_cstr(&all), all.len);
		sl_buf_fini(&all);
	}
}

static void
a_message_given_up_leaves_nothing(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		size_t len = strlen(rows[i].message);

		for (size_t cut = 0; cut <= len; cut += 7) {
			struct sl_content *content = sl_content_new(NULL, &(struct sl_content_sink){ 0 }, NULL);

			sl_content_feed(content, (const unsigned char *)rows[i].message, cut);
			sl_content_free(&content);
		}
	}
}

/* ---- limits */

static void
count_link(void *ctx, const struct sl_content_link *link)
{
	unsigned *counts = ctx;

	counts[link->url != NULL]++;
}

static void
count_finding(void *ctx, const struct sl_content_finding *finding)
{
	unsigned *counts = ctx;

	counts[2] += strcmp(finding->name, "links-limit") == 0;
}

static void
links_beyond_the_limit_are_told_and_not_parsed(void **state)
{
	const struct sl_content_sink sink = { .link = count_link, .finding = count_finding };
	unsigned counts[3] = { 0 };
	struct sl_content *content = sl_content_new(NULL, &sink, counts);

	sl_content_feed(content, (const unsigned char *)HTML, sizeof(HTML) - 1);
	for (int i = 0; i < 5000; i++)
		sl_content_feed(content, (const unsigned char *)"<a href=http://a.b>", 19);
	sl_content_finish(content);
	sl_content_free(&content);
	assert_int_equal(counts[0] + counts[1], 5000);
	assert_in_range(counts[1], SL_CONTENT_LINKS_FREE, SL_CONTENT_LINKS_FREE + 5000 * 19 / SL_CONTENT_LINK_BYTES + 2);
	assert_int_equal(counts[2], 1);
}

/* ---- fingerprints */

static struct sl_fingerprint_result
print_of(const char *message)
{
	static const unsigned char secret[16] = "a secret";
	struct sl_fingerprint_key *key = sl_xmalloc(sizeof(*key));
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .fingerprint = key };
	struct sl_fingerprint_result result;
	struct sl_content *content;

	sl_fingerprint_key_init(key, secret);
	content = sl_content_new(&settings, &(struct sl_content_sink){ 0 }, NULL);
	sl_content_feed(content, (const unsigned char *)message, strlen(message));
	sl_content_finish(content);
	assert_true(sl_content_fingerprint(content, &result));
	sl_content_free(&content);
	sl_free(key);
	return result;
}

#define WORDS	"we are glad to tell you that your account has been chosen among many others for a prize " \
		"of one million, please answer at once to claim what is yours before the end of the month"

static void
a_page_has_the_fingerprint_of_its_text(void **state)
{
	struct sl_fingerprint_result plain = print_of("Subject: a\r\n\r\n" WORDS "\r\n");
	struct sl_fingerprint_result page = print_of(HTML "<p style=\"color:red\">" WORDS
	    "<span style=\"display:none\">other words that nobody will see here at all today</span></p>");

	assert_true(sl_fingerprint_distance(&plain, &page) <= 3);
	assert_true(sl_fingerprint_similarity(&plain, &page) > 0.9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_understood_in_every_cutting),
		cmocka_unit_test(a_message_given_up_leaves_nothing),
		cmocka_unit_test(links_beyond_the_limit_are_told_and_not_parsed),
		cmocka_unit_test(a_page_has_the_fingerprint_of_its_text),
	};
	int status;

	suffix = sl_suffix_open(NULL);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	sl_suffix_free(&suffix);
	return status;
}
