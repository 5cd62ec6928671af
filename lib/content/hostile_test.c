/* hostile_test.c - messages made to cost memory, with everything asked for: under 1 MiB */

#include "check.h"
#include "content/content.h"
#include "mime/hostile.h"

#include <malloc.h>

#define SIZE_BYTES	(512u << 10)
#define MEMORY_KIB	1024

extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t
allocated(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL
	    ? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

#define HTML	"Content-Type: text/html; charset=utf-8\n\n"
#define TEXT	"Content-Type: text/plain; charset=utf-8\n\n"
#define PARTS(type)	"\n--b\nContent-Type: " type "\n\n"

/* Beside the rows of MIME: pages, text, archives. */
static const struct hostile more_rows[] = {
	{ "nested elements", NULL, HTML, "<div style='color:#fff;font-size:1px'>" },
	{ "elements of all names", NULL, HTML, "<e@ class=c@ id=i@>" },
	{ "style rules", NULL, HTML "<style>", ".c@ div p #i@ { display: none; color: red }\n" },
	{ "one attribute", NULL, HTML "<a href=\"", "aaaaaaaaaaaaaaaa" },
	{ "attributes", NULL, HTML "<a ", "a@=b@ " },
	{ "links", NULL, HTML, "<a href=http://h@.example.com/>www.x@.example.net</a>" },
	{ "an anchor's text", NULL, HTML "<a href=http://a.example/>", "words and words " },
	{ "links in text", NULL, TEXT, "http://h@.example.com/@ " },
	{ "one link in text", NULL, TEXT "http://a.example/", "aaaaaaaaaaaaaaaa" },
	{ "one word", NULL, TEXT, "www.www." },
	{ "comments for some programs", NULL, HTML, "<!--[if mso]><table><tr><td>@<![endif]-->" },
	{ "pages in parts", NULL, HOSTILE_MIXED, PARTS("text/html") "<a href=http://a.example/>x<p>" },
	{ "archives in parts", NULL, HOSTILE_MIXED, PARTS("application/zip; name=\"a.zip\"") "PK\003\004aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "one archive of entries", NULL, "Content-Type: application/zip\n\n",
	    "PK\003\004\024\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\004\001aaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "charsets", NULL, HOSTILE_MIXED, PARTS("text/plain; charset=iso-2022-jp") "\033$B$3$s$K$A\033(B" },
	{ "file names", NULL, HOSTILE_MIXED, PARTS("application/octet-stream; name=\"a@.pdf                    .exe\"") "MZ" },
};

struct seen {
	size_t	open;
};

static void
on_begin(void *ctx, struct sl_content_part *part)
{
	((struct seen *)ctx)->open++;
}

static void
on_end(void *ctx, struct sl_content_part *part)
{
	((struct seen *)ctx)->open--;
}

static void
on_link(void *ctx, const struct sl_content_link *link)
{
}

static bool
on_file(void *ctx, struct sl_content_part *part)
{
	return true;
}

static void
on_bytes(void *ctx, struct sl_content_part *part, struct sl_slice bytes)
{
}

static const struct sl_content_sink sink = { .begin = on_begin, .link = on_link, .file = on_file,
	.bytes = on_bytes, .end = on_end };

/* The most that was held while the message passed, in KiB. */
static size_t
peak_kib(const struct hostile *row, const struct sl_content_settings *settings)
{
	struct seen seen = { 0 };
	struct sl_content *content;
	struct sl_buf in;
	size_t before, peak = 0;

	sl_buf_init(&in, SIZE_BYTES + 4096);
	sl_buf_add_str(&in, row->head);
	for (unsigned number = 0; in.len < SIZE_BYTES; number++)
		hostile_piece(row, number, &in);
	before = allocated();
	content = sl_content_new(settings, &sink, &seen);
	for (size_t at = 0; at < in.len; at += 4096) {
		sl_content_feed(content, in.data + at, SL_MIN(in.len - at, (size_t)4096));
		peak = SL_MAX(peak, allocated() - before);
	}
	sl_content_finish(content);
	sl_content_free(&content);
	sl_buf_fini(&in);
	assert_int_equal(seen.open, 0);
	return peak / 1024;
}

static size_t
worst(const struct hostile *rows, size_t count, const struct sl_content_settings *settings)
{
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		size_t kib = peak_kib(&rows[i], settings);

		if (kib > MEMORY_KIB)
			fail_msg("%s: %zu KiB", rows[i].name, kib);
		most = SL_MAX(most, kib);
	}
	return most;
}

static void
memory_is_bounded_whatever_the_message(void **state)
{
	static const unsigned char secret[16];
	struct sl_fingerprint_key *key = sl_xmalloc(sizeof(*key));
	struct sl_suffix *suffix = sl_suffix_open(NULL);
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = suffix, .fingerprint = key };
	size_t mime, more;

	sl_fingerprint_key_init(key, secret);
	mime = worst(hostile_rows, SL_COUNT(hostile_rows), &settings);
	more = worst(more_rows, SL_COUNT(more_rows), &settings);
	print_message("at most %zu KiB for hostile MIME, %zu KiB for pages, text and archives\n", mime, more);
	sl_suffix_free(&suffix);
	sl_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory_is_bounded_whatever_the_message) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
