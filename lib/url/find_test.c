/*
 * find_test.c - links in plain text: rows in every cutting, limits, hostile text, and the published
 * cases of SpamAssassin and rspamd from ../shared/conformance
 */

#include "check.h"
#include "cuts.h"
#include "shared.h"

#include "url/find.h"

#include <time.h>

static struct sl_suffix *suffix;

/* One row: links as "text=host flags|raw" lines. */
struct said {
	struct sl_buf	*out;
	bool		 del_space;
};

static void
say_link(void *ctx, const struct sl_found_link *link)
{
	struct sl_buf *out = ctx;

	if (out->len > 0)
		sl_buf_add_str(out, " ");
	for (unsigned bit = 0; bit < 6; bit++)
		if ((link->flags & 1u << bit) != 0)
			sl_buf_add_byte(out, (unsigned char)"gbmdjc"[bit]);
	sl_buf_addf(out, "[" SL_SLICE_FMT "]", SL_SLICE_ARG(link->text));
	if (!sl_slice_eq(link->raw, link->text))
		sl_buf_addf(out, "{" SL_SLICE_FMT "}", SL_SLICE_ARG(link->raw));
}

static void
run_finder(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_link_finder *f = sl_link_finder_new(suffix, say_link, result);
	struct sl_slice piece;

	if (*(bool *)ctx)
		sl_link_finder_del_space(f);
	while (cuts_next(cuts, &piece))
		sl_link_finder_feed(f, piece.ptr, piece.len);
	sl_link_finder_finish(f);
	sl_link_finder_free(&f);
}

static const struct {
	const char	*text, *links;
} rows[] = {
	{ "", "" },
	{ "No link here. Nor there: e.g. this, v1.2.3 (or so), 10.1.1.1 at 12:30.", "" },
	{ "see http://example.com/a.", "[http://example.com/a]" },
	{ "see https://example.com.", "[https://example.com]" },
	{ "(http://example.com/a)", "[http://example.com/a]" },
	{ "http://example.com/a_(b) c", "[http://example.com/a_(b)]" },
	{ "[link](http://example.com/a)!", "[http://example.com/a]" },
	{ "'http://example.com/a'b", "[http://example.com/a]" },
	{ "\"http://example.com/a\"", "[http://example.com/a]" },
	{ "<http://example.com/a.>", "[http://example.com/a.]" },
	{ "<URL:http://example.com/a.>", "[http://example.com/a.]" },
	{ "HTTP://EXAMPLE.COM", "[http://EXAMPLE.COM]{HTTP://EXAMPLE.COM}" },
	{ "ftp://example.com/x", "[ftp://example.com/x]" },
	{ "sftp://example.com/x", "" },
	{ "http://localhost:8080/x", "[http://localhost:8080/x]" },
	{ "http://192.0.2.1/x http://3221225985/", "[http://192.0.2.1/x] [http://3221225985/]" },
	{ "http://[2001:db8::1]:80/x", "[http://[2001:db8::1]:80/x]" },
	{ "http://user:pw@example.com/", "[http://user:pw@example.com/]" },
	{ "http:\\\\example.com\\x", "[http:\\\\example.com\\x]" },
	{ "http:example.com/x", "[http:example.com/x]" },
	{ "http:nothing", "" },
	{ "http://, https:// and http:/", "" },
	{ "http://a.com,http://b.com;https://c.com", "[http://a.com] [http://b.com] [https://c.com]" },
	{ "http://a.com/x?u=http://b.com/", "[http://a.com/x?u=http://b.com/]" },
	{ "www.example.com", "g[http://www.example.com]{www.example.com}" },
	{ "ftp.example.com.", "g[ftp://ftp.example.com]{ftp.example.com}" },
	{ "www.example.invalid www.example", "" },
	{ "go to example.com/x?y#z, now", "gb[http://example.com/x?y#z]{example.com/x?y#z}" },
	{ "example.com:8080/x example.com:", "gb[http://example.com:8080/x]{example.com:8080/x} "
	    "gb[http://example.com]{example.com}" },
	{ "main.c, cmd.exe, foo.php, src/main.rs, a..com, -.com", "" },
	{ "ann@example.com,", "gm[mailto:ann@example.com]{ann@example.com}" },
	{ "<first.last+tag@mail.example.com>", "gm[mailto:first.last+tag@mail.example.com]"
	    "{first.last+tag@mail.example.com}" },
	{ "mailto:ann@example.com?subject=x.", "m[mailto:ann@example.com?subject=x]" },
	{ "ann@localhost ann@example.invalid @nobody", "" },
	{ "@example.com", "gb[http://example.com]{example.com}" },
	{ "hxxp://example.com/x", "d[http://example.com/x]{hxxp://example.com/x}" },
	{ "hXXps://example[.]com/x", "d[https://example.com/x]{hXXps://example[.]com/x}" },
	{ "hxxp[://]example(.)com", "d[http://example.com]{hxxp[://]example(.)com}" },
	{ "example(dot)com and example[DOT]co{dot}uk",
	    "gbd[http://example.com]{example(dot)com} gbd[http://example.co.uk]{example[DOT]co{dot}uk}" },
	{ "ann[at]example[.]com", "gmd[mailto:ann@example.com]{ann[at]example[.]com}" },
	{ "example[.com", "gbd[http://example.com]{example[.com}" },
	{ "http://b\u00fccher.example/", "[http://b\u00fccher.example/]" },
	{ "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444!", "gb[http://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444]"
	    "{\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444}" },
	{ "\u8bf7\u8bbf\u95eeexample.com\u8c22\u8c22", "gb[http://example.com]{example.com}" },
	{ "\u8bf7\u8bbf\u95eehttp://example.com/a\u3002\u8c22\u8c22", "[http://example.com/a]" },
	{ "\u8bf7\u8bbf\u95eehttp://example.com\u3002\u8c22\u8c22", "[http://example.com]" },
	{ "\u201chttp://example.com/a\u201d", "[http://example.com/a]" },
	{ "<http://example.com/long/\r\n path/end>", "j[http://example.com/long/path/end]"
	    "{http://example.com/long/\r\n path/end}" },
	{ "<http://exam\nple.com/x>", "j[http://example.com/x]{http://exam\nple.com/x} [http://exam] "
	    "gb[http://ple.com/x]{ple.com/x}" },
	{ "<http://example.com/long/\nand words>", "[http://example.com/long/]" },
	{ "<http://example.com/long/\n<http://b.com/", "[http://example.com/long/] [http://b.com/]" },
	{ "http://example.com/a \r\nb", "[http://example.com/a]" },
	{ "http://exam%70le.com/", "[http://exam%70le.com/]" },
};

static void
links_are_found_as_people_see_them(void **state)
{
	bool del_space = false;

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		cuts_check(sl_slice_str(rows[i].text), run_finder, &del_space, rows[i].links,
		    strlen(rows[i].links));
}

static void
flowed_text_with_deleted_spaces_is_joined(void **state)
{
	static const struct {
		const char	*text, *links;
	} flowed[] = {
		{ "see http://example.com/a \r\nb/c \r\nd. End", "j[http://example.com/ab/cd]"
		    "{http://example.com/a \r\nb/c \r\nd}" },
		{ "> http://example.com/a \r\n> b", "j[http://example.com/ab]{http://example.com/a \r\n> b}" },
		{ "http://example.com/a\r\nb", "[http://example.com/a]" },
	};
	bool del_space = true;

	for (size_t i = 0; i < SL_COUNT(flowed); i++)
		cuts_check(sl_slice_str(flowed[i].text), run_finder, &del_space, flowed[i].links,
		    strlen(flowed[i].links));
}

static void
fill(struct sl_buf *buf, const char *piece, size_t bytes)
{
	size_t end = buf->len + bytes, n = strlen(piece);

	while (buf->len < end)
		sl_buf_add(buf, piece, SL_MIN(n, end - buf->len));
}

static void
find_all(struct sl_buf *text, struct sl_buf *links)
{
	struct cuts cuts = { .in = sl_buf_slice(text), .piece = 100000 };
	bool del_space = false;

	sl_buf_reset(links);
	run_finder(&del_space, &cuts, links);
}

/* A link is found wherever it lies in text that fills the window many times, and in a word
 * that is far longer than the limit. */
static void
a_link_is_found_at_any_place(void **state)
{
	static const char *const fillers[] = { "lorem ipsum. ", "lorem,ipsum.", "/", "\u8c22", "a", "(" };
	struct sl_buf text, links;

	sl_buf_init(&text, SIZE_MAX / 2);
	sl_buf_init(&links, SIZE_MAX / 2);
	for (size_t i = 0; i < SL_COUNT(fillers); i++)
		for (size_t before = 100; before < 160000; before += 1777) {
			bool in_a_word = i > 0;

			sl_buf_reset(&text);
			fill(&text, fillers[i], before);
			sl_buf_add_str(&text, in_a_word ? "|http://evil.example/x|" : " http://evil.example/x ");
			fill(&text, fillers[i], 30000);
			find_all(&text, &links);
			if (strstr(sl_buf_cstr(&links), "http://evil.example/x") == NULL)
				fail_msg("behind %zu of %s: %.200s", before, fillers[i], sl_buf_cstr(&links));
		}
	sl_buf_fini(&text);
	sl_buf_fini(&links);
}

static struct sl_found_link last_link;
static unsigned links_count;

static void
on_link(void *ctx, const struct sl_found_link *link)
{
	last_link = *link;
	links_count++;
}

static void
a_link_beyond_the_limit_is_cut_and_what_follows_is_looked_at(void **state)
{
	struct sl_link_finder *f;
	struct sl_buf text;

	sl_buf_init(&text, SIZE_MAX / 2);
	for (size_t more = 0; more < 2; more++) {
		sl_buf_reset(&text);
		sl_buf_add_str(&text, "xx|http://example.com/");
		fill(&text, "a", SL_LINK_WORD_MAX + more - strlen("http://example.com/"));
		links_count = 0;
		f = sl_link_finder_new(suffix, on_link, NULL);
		sl_link_finder_feed(f, text.data, text.len);
		sl_link_finder_finish(f);
		assert_int_equal(links_count, 1);
		assert_int_equal(last_link.raw.len, SL_LINK_WORD_MAX);
		assert_int_equal(last_link.offset, 3);
		assert_int_equal(last_link.flags, more > 0 ? SL_LINK_CUT : 0);
		sl_link_finder_free(&f);
	}
	fill(&text, "a", 50000);
	sl_buf_add_str(&text, "|http://evil.example/");
	f = sl_link_finder_new(suffix, on_link, NULL);
	sl_link_finder_feed(f, text.data, text.len);
	sl_link_finder_finish(f);
	assert_true(sl_slice_eq(last_link.text, SL_SLICE_LIT("http://evil.example/")));
	sl_link_finder_free(&f);
	sl_buf_fini(&text);
}

static uint64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t
time_of(struct sl_buf *text)
{
	struct sl_link_finder *f = sl_link_finder_new(suffix, on_link, NULL);
	uint64_t start = cpu_us();

	sl_link_finder_feed(f, text->data, text->len);
	sl_link_finder_finish(f);
	sl_link_finder_free(&f);
	return cpu_us() - start;
}

/* Twice the bytes in far less than four times the time. */
static void
hostile_text_takes_linear_time(void **state)
{
	static const char *const pieces[] = {
		"www.", "http:", "http://", "http://[", "http:@", "://", "(", "[.]", "[.", "a.b", "a.b@",
		"@a.b", "a@b.com@", "<http://a\n", "<www.a\n", "ftp:", "\u00fc.", "\u00fc.\u00fc ", "a.\u00fc",
		"xn--a.", "mailto:", "www.a.com:", "a.com/", "a.com'", "http://a.com(", "http:a.com",
		"....a", "{dot}", "a.b.c.d.", "http://\\\\", "\u3002.a", "a.com|", "aaaa.", "http://%zz/", "xn--a.com?", "http://256.256.256.256/", "http://xn--a/",
		"http://a:b/", "http:a.com ", "http://a.com ", "see a.com, ", "end.Next ",
	};
	struct sl_buf text;

	sl_buf_init(&text, SIZE_MAX / 2);
	for (size_t i = 0; i < SL_COUNT(pieces); i++) {
		uint64_t once, twice;

		sl_buf_reset(&text);
		fill(&text, pieces[i], 128 * 1024);
		once = time_of(&text);
		fill(&text, pieces[i], 128 * 1024);
		twice = time_of(&text);
		if (getenv("FIND_TEST_TIMES") != NULL)
			print_message("%-12s %6.1f ns/byte\n", pieces[i], (double)twice * 1000 / 262144);
		/* Well below what one pass of the window over itself would take. */
		if (twice > 4 * once + 60000)
			fail_msg("%s: %lu us, then %lu us", pieces[i], (unsigned long)once, (unsigned long)twice);
	}
	sl_buf_fini(&text);
}

static void
a_text_names_the_first_host_in_it(void **state)
{
	static const struct {
		const char	*text, *host;
	} names[] = {
		{ "Click here", NULL },
		{ "Log in. Now", NULL },
		{ "paypal.com", "paypal.com" },
		{ "  https://www.PayPal.com/login ", "www.paypal.com" },
		{ "Visit www.bank.example.com or evil.com", "www.bank.example.com" },
		{ "http://\u0442\u0435\u0441\u0442.\u0440\u0444/", "xn--e1aybc.xn--p1ai" },
		{ "http://0x7f.1/", "127.0.0.1" },
		{ "ann@example.com", NULL },
		{ "ann@example.com at example.org", "example.org" },
		{ "bank[.]com", "bank.com" },
	};
	char host[SL_DNS_NAME_MAX + 1];

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		bool there = sl_link_names_host(sl_slice_str(names[i].text), suffix, host);

		if (there != (names[i].host != NULL) || (there && strcmp(host, names[i].host) != 0))
			fail_msg("%s: %s", names[i].text, there ? host : "none");
	}
}

static int
suffix_setup(void **state)
{
	suffix = sl_suffix_open(NULL);
	return suffix == NULL;
}

static int
suffix_teardown(void **state)
{
	sl_suffix_free(&suffix);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_found_as_people_see_them),
		cmocka_unit_test(flowed_text_with_deleted_spaces_is_joined),
		cmocka_unit_test(a_link_is_found_at_any_place),
		cmocka_unit_test(a_link_beyond_the_limit_is_cut_and_what_follows_is_looked_at),
		cmocka_unit_test(hostile_text_takes_linear_time),
		cmocka_unit_test(a_text_names_the_first_host_in_it),
	};

	return cmocka_run_group_tests(tests, suffix_setup, suffix_teardown);
}
