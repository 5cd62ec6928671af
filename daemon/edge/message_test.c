/* message_test.c - what stands in the window is what came, without our own fields, however it was cut */

#include "check.h"

#include "message.h"
#include "sl/buf.h"

#define LINE_MAX_BYTES	200

enum { PLAIN, NORMALISE };

struct row {
	const char	*name;
	int		 mode;
	const char	*wire;
	const char	*window;	/* NULL: as on the wire */
	int		 result;	/* 0: SL_DONE */
	const char	*judged;	/* NULL: not looked at */
};

#define END	"\r\n.\r\n"

static const struct row rows[] = {
	/* the end of the header, and the terminator */
	{ "a message", PLAIN, "Subject: x\r\n\r\ntext" END, NULL, 0, "Subject: x\r\n\r\ntext\r\n" },
	{ "the empty message", PLAIN, ".\r\n", NULL, 0, "" },
	{ "an empty line alone", PLAIN, "\r\n.\r\n", NULL, 0, "\r\n" },
	{ "a header without an empty line", PLAIN, "Subject: x" END, NULL, 0, "Subject: x\r\n" },
	{ "a header and no body", PLAIN, "Subject: x\r\n" END, NULL, 0, "Subject: x\r\n\r\n" },
	{ "a body without a header", PLAIN, "\r\ntext" END, NULL, 0, "\r\ntext\r\n" },
	{ "a body that begins with an empty line", PLAIN, "a: b\r\n\r\n\r\ntext" END, NULL },
	{ "dots in the body stay as on the wire", PLAIN, "a: b\r\n\r\n..\r\n..x\r\n.x" END, NULL, 0,
	  "a: b\r\n\r\n.\r\n.x\r\nx\r\n" },
	{ "a dot-stuffed field", PLAIN, "..a: b\r\n\r\nx" END, NULL, 0, ".a: b\r\n\r\nx\r\n" },
	{ "a needless dot in the header is taken out", PLAIN, ".a: b\r\n\r\nx" END, "a: b\r\n\r\nx" END,
	  0, "a: b\r\n\r\nx\r\n" },
	{ "a line of a stuffed dot does not end the header", PLAIN, "a: b\r\n..\r\nc: d\r\n\r\nx" END, NULL },
	{ "a line of white space does not end the header", PLAIN, "a: b\r\n \r\nX-Sluice-A: c\r\n\r\nx" END,
	  "a: b\r\n \r\n\r\nx" END },
	{ "a first line that is folded", PLAIN, " folded\r\na: b\r\n\r\nx" END, NULL },
	{ "8-bit and tabs", PLAIN, "a:\t\xc3\xa4\xff\r\n\r\n\x01\x7f" END, NULL },

	/* forged fields */
	{ "a forged field", PLAIN, "X-Sluice-Verdict: clean\r\na: b\r\n\r\nx" END, "a: b\r\n\r\nx" END, 0,
	  "X-Sluice-Verdict: clean\r\na: b\r\n\r\nx\r\n" },
	{ "in the middle", PLAIN, "a: b\r\nX-Sluice-Verdict: clean\r\nc: d\r\n\r\nx" END,
	  "a: b\r\nc: d\r\n\r\nx" END },
	{ "in lower case", PLAIN, "x-sluice-verdict: clean\r\n\r\nx" END, "\r\nx" END },
	{ "in mixed case", PLAIN, "a: b\r\nX-sLuIcE-EvIdEnCe: x\r\n\r\nx" END, "a: b\r\n\r\nx" END },
	{ "of a name we do not use yet", PLAIN, "X-Sluice-Zebra: x\r\n\r\nx" END, "\r\nx" END },
	{ "with white space before the colon", PLAIN, "X-Sluice-Verdict \t: x\r\n\r\nx" END, "\r\nx" END },
	{ "without a colon", PLAIN, "X-Sluice-Verdict\r\na: b\r\n\r\nx" END, "a: b\r\n\r\nx" END },
	{ "with a name that has no end", PLAIN,
	  "X-Sluice-0123456789012345678901234567890123456789012345678901234567890123456789: x\r\n\r\nx" END,
	  "\r\nx" END },
	{ "folded", PLAIN, "a: b\r\nX-Sluice-Verdict:\r\n clean\r\n\tspam\r\nc: d\r\n\r\nx" END,
	  "a: b\r\nc: d\r\n\r\nx" END },
	{ "folded over a line of white space", PLAIN, "X-Sluice-Verdict: a\r\n \r\n b\r\nc: d\r\n\r\nx" END,
	  "c: d\r\n\r\nx" END },
	{ "stuffed with a dot that is taken away", PLAIN, ".X-Sluice-Verdict: clean\r\na: b\r\n\r\nx" END,
	  "a: b\r\n\r\nx" END },
	{ "stuffed twice it is another field", PLAIN, "..X-Sluice-Verdict: a\r\n\r\nx" END, NULL },
	{ "with stuffed folded lines", PLAIN, "X-Sluice-A: b\r\n. c\r\nd: e\r\n\r\nx" END,
	  "d: e\r\n\r\nx" END },
	{ "as the last thing, with no empty line", PLAIN, "a: b\r\nX-Sluice-A: c" END, "a: b" END },
	{ "as the only thing", PLAIN, "X-Sluice-A: c" END, ".\r\n" },
	{ "several", PLAIN, "X-Sluice-A: b\r\nX-Sluice-C: d\r\n\r\nx" END, "\r\nx" END },
	{ "an empty name behind the prefix", PLAIN, "X-Sluice-: b\r\n\r\nx" END, "\r\nx" END },
	{ "in the body it is text", PLAIN, "a: b\r\n\r\nX-Sluice-Verdict: x" END, NULL },
	{ "with a space in front it belongs to the field before", PLAIN,
	  "a: b\r\n X-Sluice-Verdict: x\r\n\r\nx" END, NULL },
	{ "a field that begins alike", PLAIN, "X-Sluice: x\r\nX-Sluic: y\r\n\r\nx" END, NULL },

	/* Authentication-Results that speak for mx.example */
	{ "results in our name", PLAIN, "Authentication-Results: mx.example; dmarc=pass\r\na: b\r\n\r\nx" END,
	  "a: b\r\n\r\nx" END, 0, "Authentication-Results: mx.example; dmarc=pass\r\na: b\r\n\r\nx\r\n" },
	{ "results in another's", PLAIN, "Authentication-Results: a.example; dmarc=pass\r\n\r\nx" END, NULL },
	{ "in capitals, quotes and comments", PLAIN,
	  "AUTHENTICATION-RESULTS \t:\r\n (x) (y(z)) \"MX\\.Example.\" 1; dmarc=pass\r\na: b\r\n\r\nx" END,
	  "a: b\r\n\r\nx" END },
	{ "in a fold of its own", PLAIN, "a: b\r\nAuthentication-Results:\r\n\tmx.example;\r\n spf=pass\r\n"
	  "c: d\r\n\r\nx" END, "a: b\r\nc: d\r\n\r\nx" END },
	{ "of no name that can be read", PLAIN, "Authentication-Results: (mx.example; dmarc=pass\r\n\r\nx" END,
	  "\r\nx" END },
	{ "empty", PLAIN, "Authentication-Results:\r\n\r\nx" END, "\r\nx" END },
	{ "a stuffed dot in front", PLAIN, ".Authentication-Results: mx.example; spf=pass\r\n\r\nx" END,
	  "\r\nx" END },
	{ "those of a chain stay", PLAIN, "ARC-Authentication-Results: i=1; mx.example; spf=pass\r\n\r\nx" END,
	  NULL },
	{ "in the body they are text", PLAIN, "a: b\r\n\r\nAuthentication-Results: mx.example; x" END, NULL },
	{ "normalise: results behind a bare LF", NORMALISE,
	  "a: b\nAuthentication-Results: mx.example; dmarc=pass\n\nx" END, "a: b\r\n\r\nx" END },

	/* the line rule */
	{ "a bare LF in the header", PLAIN, "a: b\nc: d\r\n\r\nx" END, "", SL_ERR_BARE_LF },
	{ "a bare CR in the header", PLAIN, "a: b\rc: d\r\n\r\nx" END, "", SL_ERR_BARE_CR },
	{ "a bare LF in the body", PLAIN, "a: b\r\n\r\nx\ny" END, "", SL_ERR_BARE_LF },
	{ "an end that is none", PLAIN, "a: b\r\n\r\nx\n.\r\n", "", SL_ERR_BARE_LF },
	{ "a header's end of bare LFs", PLAIN, "a: b\n\nx" END, "", SL_ERR_BARE_LF },

	/* normalise */
	{ "normalise: a message", NORMALISE, "Subject: x\r\n\r\ntext" END, NULL },
	{ "normalise: the empty message", NORMALISE, ".\r\n", NULL },
	{ "normalise: bare LFs", NORMALISE, "a: b\nc: d\n\nx\ny" END, "a: b\r\nc: d\r\n\r\nx\r\ny" END, 0,
	  "a: b\r\nc: d\r\n\r\nx\r\ny\r\n" },
	{ "normalise: bare CRs", NORMALISE, "a: b\rc: d\r\rx\ry" END, "a: b\r\nc: d\r\n\r\nx\r\ny" END },
	{ "normalise: a dot behind a bare LF is stuffed", NORMALISE, "a: b\n\nx\n.\ny" END,
	  "a: b\r\n\r\nx\r\n..\r\ny" END, 0, "a: b\r\n\r\nx\r\n.\r\ny\r\n" },
	{ "normalise: an end of bare LFs is content", NORMALISE, "a: b\n\nx\n.\r\nMAIL FROM:<>" END,
	  "a: b\r\n\r\nx\r\n..\r\nMAIL FROM:<>" END },
	{ "normalise: a forged field behind a bare LF", NORMALISE, "a: b\nX-Sluice-A: c\n d\n\nx" END,
	  "a: b\r\n\r\nx" END },
	{ "normalise: a forged field behind a bare CR", NORMALISE, "a: b\rx-sluice-A: c\r\rx" END,
	  "a: b\r\n\r\nx" END },
	{ "normalise: a header without an empty line", NORMALISE, "a: b" END, NULL },
};

static struct sl_chunk_pool *pool;

static void
keep(void *ctx, const unsigned char *data, size_t len)
{
	sl_buf_add(ctx, data, len);
}

/* Feed pieces: the first `first` bytes long, the others `step`. */
static int
feed(struct message *m, struct sl_slice wire, size_t first, size_t step, size_t *used_out)
{
	struct sl_chunk *chunk = sl_chunk_get(pool);
	size_t at = 0, len = first, used;
	int r = SL_MORE;

	while (at < wire.len && r == SL_MORE) {
		unsigned char *to = chunk->data + chunk->used_bytes;

		len = SL_MIN(len, SL_MIN(wire.len - at, (size_t)SL_CHUNK_DATA - chunk->used_bytes));
		memcpy(to, wire.ptr + at, len);
		chunk->used_bytes += (unsigned)len;
		r = message_feed(m, chunk, to, len, &used);
		at += used;
		len = step;
		if (chunk->used_bytes == SL_CHUNK_DATA) {
			sl_chunk_unref(&chunk);
			chunk = sl_chunk_get(pool);
		}
	}
	sl_chunk_unref(&chunk);
	*used_out = at;
	return r;
}

static void
window_to(struct message *m, struct sl_buf *out)
{
	const struct sl_piece *position = NULL;
	struct sl_chain all = { 0 };
	struct sl_slice bytes;

	message_take(m, &all, message_held(m));
	assert_int_equal(message_held(m), 0);
	while (sl_chain_next(&all, &position, &bytes))
		sl_buf_add_slice(out, bytes);
	sl_chain_clear(&all);
}

static void
equals(const struct row *row, const char *what, struct sl_buf *got, const char *want)
{
	if (strcmp(sl_buf_cstr(got), want) != 0)
		fail_msg("%s: %s: \"%s\" and not \"%s\"", row->name, what, sl_buf_cstr(got), want);
}

static void
run_row(const struct row *row, size_t first, size_t step)
{
	struct sl_slice wire = sl_slice_str(row->wire);
	struct sl_buf window, judged;
	struct message m;
	size_t used;
	int r;

	sl_buf_init(&window, 10000);
	sl_buf_init(&judged, 10000);
	message_init(&m, pool, row->mode == NORMALISE, LINE_MAX_BYTES, "mx.example", keep, &judged);
	r = feed(&m, wire, first, step, &used);
	if (r != (row->result == 0 ? SL_DONE : row->result))
		fail_msg("%s: result %s", row->name, sl_strerror(r));
	if (r == SL_DONE) {
		assert_true(m.complete);
		assert_int_equal(used, wire.len);
		assert_int_equal(m.wire_bytes, wire.len);
		window_to(&m, &window);
		equals(row, "window", &window, row->window != NULL ? row->window : row->wire);
		if (row->judged != NULL)
			equals(row, "judged", &judged, row->judged);
	}
	message_clear(&m);
	sl_buf_fini(&window);
	sl_buf_fini(&judged);
}

static void
the_window_is_the_same_however_it_is_cut(void **state)
{
	pool = sl_chunk_pool_new(2);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		size_t len = strlen(rows[i].wire);

		run_row(&rows[i], len, len);
		run_row(&rows[i], 1, 1);
		for (size_t cut = 1; cut < len; cut++)
			run_row(&rows[i], cut, len);
	}
	assert_int_equal(sl_chunk_pool_in_use(pool), 0);
	sl_chunk_pool_free(&pool);
}

static void
what_follows_the_message_is_left(void **state)
{
	static const char wire[] = "a: b\r\n\r\nx\r\n.\r\nQUIT\r\n";
	struct message m;
	size_t used;

	pool = sl_chunk_pool_new(2);
	for (size_t cut = 1; cut < sizeof(wire); cut++) {
		message_init(&m, pool, cut % 2 == 0, LINE_MAX_BYTES, NULL, NULL, NULL);
		assert_int_equal(feed(&m, sl_slice_str(wire), cut, 100, &used), SL_DONE);
		assert_int_equal(used, sizeof(wire) - 7);
		message_clear(&m);
	}
	sl_chunk_pool_free(&pool);
}

static void
received_fields_are_counted(void **state)
{
	struct message m;
	size_t used;

	pool = sl_chunk_pool_new(2);
	message_init(&m, pool, false, 0, NULL, NULL, NULL);
	assert_int_equal(feed(&m, SL_SLICE_LIT("Received: a\r\nRECEIVED : b\r\n\tc\r\nReceived-SPF: d\r\n"
	    ".Received: e\r\n\r\nReceived: body" END), 3, 5, &used), SL_DONE);
	assert_int_equal(m.strip.received, 3);
	message_clear(&m);
	sl_chunk_pool_free(&pool);
}

/* ---- the subject's tag ---- */

static const struct {
	const char	*name, *wire, *window;
} tags[] = {
	{ "a subject", "a: b\r\nSubject: hello\r\n\r\nx" END, "a: b\r\nSubject: [T] hello\r\n\r\nx" END },
	{ "in other letters", "SUBJECT:hello\r\n\r\nx" END, "SUBJECT: [T]hello\r\n\r\nx" END },
	{ "none", "a: b\r\n\r\nSubject: in the body" END, "a: b\r\n\r\nSubject: in the body" END },
	{ "folded", "Subject:\r\n hello\r\n\r\nx" END, "Subject: [T]\r\n hello\r\n\r\nx" END },
	{ "encoded", "Subject: =?utf-8?Q?h=C3=A4?=\r\n\r\nx" END,
	  "Subject: [T] =?utf-8?Q?h=C3=A4?=\r\n\r\nx" END },
	{ "empty", "Subject:\r\n\r\nx" END, "Subject: [T]\r\n\r\nx" END },
	{ "in a folded line of another field", "a: b\r\n Subject: c\r\nSubject: d\r\n\r\nx" END,
	  "a: b\r\n Subject: c\r\nSubject: [T] d\r\n\r\nx" END },
	{ "stuffed with a dot", ".Subject: a\r\n\r\nx" END, "Subject: [T] a\r\n\r\nx" END },
	{ "without an empty line", "Subject: a" END, "Subject: [T] a" END },
	{ "the only field was a forged one", "X-Sluice-A: b" END, ".\r\n" },
	{ "behind a forged field", "X-Sluice-A: b\r\nSubject: c\r\n\r\nx" END,
	  "Subject: [T] c\r\n\r\nx" END },
};

static void
a_subject_is_tagged_while_it_is_there(void **state)
{
	pool = sl_chunk_pool_new(2);
	for (size_t i = 0; i < SL_COUNT(tags); i++) {
		for (int normalise = 0; normalise < 2; normalise++) {
			const struct row row = { .name = tags[i].name };
			struct sl_buf window;
			struct message m;
			size_t used;

			sl_buf_init(&window, 10000);
			message_init(&m, pool, normalise, LINE_MAX_BYTES, NULL, NULL, NULL);
			assert_int_equal(feed(&m, sl_slice_str(tags[i].wire), 7, 3, &used), SL_DONE);
			assert_true(message_tag_subject(&m, "[T]"));
			window_to(&m, &window);
			equals(&row, "window", &window, tags[i].window);
			sl_buf_fini(&window);
			message_clear(&m);
		}
	}
	assert_int_equal(sl_chunk_pool_in_use(pool), 0);
	sl_chunk_pool_free(&pool);
}

static void
a_header_that_has_gone_is_not_tagged(void **state)
{
	struct sl_chain gone = { 0 };
	struct message m;
	size_t used, held;

	pool = sl_chunk_pool_new(2);
	for (size_t n = 1; n < 20; n++) {
		message_init(&m, pool, false, LINE_MAX_BYTES, NULL, NULL, NULL);
		assert_int_equal(feed(&m, SL_SLICE_LIT("Subject: x\r\n\r\ntext" END), 100, 100, &used), SL_DONE);
		message_take(&m, &gone, n);
		held = message_held(&m);
		assert_false(message_tag_subject(&m, "[T]"));
		assert_int_equal(message_held(&m), held);
		sl_chain_clear(&gone);
		message_clear(&m);
	}
	sl_chunk_pool_free(&pool);
}

/* ---- memory ---- */

/* A body lies in the chunks that were read; of a large message that flows only the tail is held. */
static void
memory_follows_what_is_held(void **state)
{
	static const char line[] = "0123456789 0123456789 0123456789 0123456789 0123456789 012345678\r\n";
	struct sl_buf block;
	size_t used, most = 0;

	sl_buf_init(&block, 100000);
	while (block.len < 10000)
		sl_buf_add_str(&block, line);
	for (int normalise = 0; normalise < 2; normalise++) {
		struct message m;

		pool = sl_chunk_pool_new(0);
		message_init(&m, pool, normalise, LINE_MAX_BYTES, NULL, NULL, NULL);
		assert_int_equal(feed(&m, SL_SLICE_LIT("a: b\r\n\r\n"), 100, 100, &used), SL_MORE);
		for (int i = 0; i < 2000; i++) {
			struct sl_chain taken = { 0 };

			assert_int_equal(feed(&m, sl_buf_slice(&block), block.len, 1, &used), SL_MORE);
			if (message_held(&m) > 65536)
				message_take(&m, &taken, message_held(&m) - 65536);
			sl_chain_clear(&taken);
			most = SL_MAX(most, sl_chunk_pool_in_use(pool));
		}
		/* This test reads 10,000 bytes into a chunk; a session fills its chunks. */
		assert_true(most <= 65536 / 10000 + 3);
		message_clear(&m);
		assert_int_equal(sl_chunk_pool_in_use(pool), 0);
		sl_chunk_pool_free(&pool);
	}
	sl_buf_fini(&block);
}

/* A forged field of any length leaves nothing behind while it is dropped. */
static void
a_forged_field_without_end_takes_no_memory(void **state)
{
	struct message m;
	size_t used;

	pool = sl_chunk_pool_new(0);
	message_init(&m, pool, false, LINE_MAX_BYTES, NULL, NULL, NULL);
	assert_int_equal(feed(&m, SL_SLICE_LIT("X-Sluice-A: b\r\n"), 4, 4, &used), SL_MORE);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(feed(&m, SL_SLICE_LIT("\tand so on\r\n"), 100, 100, &used), SL_MORE);
	assert_int_equal(message_held(&m), 0);
	assert_int_equal(sl_chunk_pool_in_use(pool), 0);
	message_clear(&m);
	sl_chunk_pool_free(&pool);
}

/* Of a long field only the front is held: what it says there decides, and if it does not say, it goes. */
static void
long_results_are_judged_by_their_front(void **state)
{
	static const struct { const char *front, *filler; bool stays; } fields[] = {
		{ "Authentication-Results: a.example;", " spf=pass (x)", true },
		{ "Authentication-Results: mx.example;", " spf=pass (x)", false },
		{ "Authentication-Results: (", "comment ", false },
		{ "Authentication-Results: a.example", " \r\n\t", false },
		{ "Authentication-Results: a.example", "x", false },
	};

	pool = sl_chunk_pool_new(2);
	for (size_t i = 0; i < SL_COUNT(fields); i++) {
		struct sl_buf wire, window;
		struct message m;
		size_t used;

		sl_buf_init(&wire, 100000);
		sl_buf_init(&window, 100000);
		sl_buf_add_str(&wire, fields[i].front);
		while (wire.len < SL_STRIP_FIELD_MAX + 1000)
			sl_buf_add_str(&wire, fields[i].filler);
		sl_buf_add_str(&wire, ")\r\na: b\r\n\r\nx" END);
		message_init(&m, pool, false, 0, "mx.example", NULL, NULL);
		assert_int_equal(feed(&m, sl_buf_slice(&wire), 100, 37, &used), SL_DONE);
		window_to(&m, &window);
		if (fields[i].stays)
			assert_true(sl_slice_eq(sl_buf_slice(&wire), sl_buf_slice(&window)));
		else
			assert_string_equal(sl_buf_cstr(&window), "a: b\r\n\r\nx" END);
		message_clear(&m);
		sl_buf_fini(&wire);
		sl_buf_fini(&window);
	}
	sl_chunk_pool_free(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_is_the_same_however_it_is_cut),
		cmocka_unit_test(long_results_are_judged_by_their_front),
		cmocka_unit_test(what_follows_the_message_is_left),
		cmocka_unit_test(received_fields_are_counted),
		cmocka_unit_test(a_subject_is_tagged_while_it_is_there),
		cmocka_unit_test(a_header_that_has_gone_is_not_tagged),
		cmocka_unit_test(memory_follows_what_is_held),
		cmocka_unit_test(a_forged_field_without_end_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
