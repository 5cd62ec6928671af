/* seen_test.c - what is told of a message, long texts, and that cuts do not matter */

#include "check.h"
#include <stdlib.h>

#include "classify/panel.h"
#include "sl/buf.h"

/* ---- what is told, as text */

struct teller {
	struct sl_buf	out;
	size_t		bytes;		/* of text that is seen */
	bool		count_only;
};

static void
on_start(void *state, unsigned reading, enum sl_seen_place place)
{
	sl_buf_addf(&((struct teller *)state)->out, "{%u ", (unsigned)place);
}

static void
on_text(void *state, unsigned reading, struct sl_slice utf8)
{
	struct teller *t = state;

	t->bytes += utf8.len;
	if (!t->count_only)
		sl_buf_add_slice(&t->out, utf8);
}

static void
on_word(void *state, unsigned reading, const struct sl_seen_word *word)
{
	uint32_t hash = SL_SEEN_HASH_START;

	assert_true(word->len <= SL_SEEN_WORD_MAX);
	assert_int_equal(word->has_at, word->len > 0 && memchr(word->raw, '@', word->len) != NULL);
	for (size_t i = 0; i < word->len; i++) {
		unsigned char lower = sl_ascii_lower(word->raw[i]);

		assert_int_equal(word->lower[i], lower);
		hash = (hash ^ (lower >= '0' && lower <= '9' ? '0' : lower)) * SL_SEEN_HASH_PRIME;
	}
	assert_int_equal(word->hash, hash);
	on_text(state, reading, sl_slice(word->raw, word->len));
	on_text(state, reading, sl_slice(&word->end, 1));
}

static void
on_gap(void *state, unsigned reading)
{
	sl_buf_add_str(&((struct teller *)state)->out, "...");
}

static void
on_end(void *state, unsigned reading)
{
	sl_buf_add_str(&((struct teller *)state)->out, "}");
}

static void
on_hidden(void *state, unsigned reading, struct sl_slice utf8)
{
	sl_buf_addf(&((struct teller *)state)->out, "(%.*s)", (int)utf8.len, (const char *)utf8.ptr);
}

static void
on_markup(void *state, unsigned reading, struct sl_slice bytes)
{
	sl_buf_addf(&((struct teller *)state)->out, "<%.*s>", (int)bytes.len, (const char *)bytes.ptr);
}

static void
on_mark(void *state, unsigned reading, enum sl_seen_place place, enum sl_seen_mark mark, struct sl_slice value)
{
	unsigned char label[SL_SEEN_LABEL_MAX];
	size_t len = sl_seen_label(mark, value, label);

	sl_buf_addf(&((struct teller *)state)->out, "[%.*s]", (int)len, (const char *)label);
}

static void
on_header_over(void *state)
{
	sl_buf_add_str(&((struct teller *)state)->out, " | ");
}

static const struct sl_seen_events events = {
	.start = on_start, .word = on_word, .text = on_text, .gap = on_gap, .end = on_end, .hidden = on_hidden,
	.markup = on_markup, .mark = on_mark, .header_over = on_header_over,
};

static void *
new_message(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static const struct sl_classifier teller = { .name = "teller", .new_message = new_message, .seen = &events };

static void
tell(struct sl_slice message, size_t piece, struct teller *t)
{
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_panel *panel;
	struct sl_arena arena;

	sl_arena_init(&arena, 1000);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &teller, t);
	for (size_t i = 0; i < message.len; i += piece)
		sl_panel_feed(panel, sl_slice(message.ptr + i, SL_MIN(piece, message.len - i)));
	sl_panel_finish(panel, verdict);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	sl_free(verdict);
}

static const struct {
	const char	*message, *told;
} rows[] = {
	{ "\r\nHi there\r\n", "}[type text/plain] | }{3 Hi there\r\n}" },
	{ "Subject: [list] Re: [x] Offer 5\r\n\r\n", "[re:]{0 Offer 5}}[type text/plain] | }" },
	{ "From: Ann <a@b.example>\r\nReply-To: c@d.example\r\nReceived: no\r\nX-Mailer: m\r\n\r\nt",
	    "{1 Ann}{1 b.example}[domain b.example][domain .example]{2 m}}[type text/plain]"
	    "[replies to another domain] | }{3 t}" },
	{ "Date: Thu, 26 Nov 2026 10:00:00 +0000\r\n\r\n", "[date a, 0 a 0 0:0:0 -0]}[type text/plain] | }" },
	{ "Content-Type: text/html\r\n\r\n<p>a<!--c--><b style=\"display:none\">h</b>b</p>",
	    "}[type text/html] | }{3 <p>a<b><style><display:none>(h)b}" },
};

static void
what_is_seen_is_told(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct teller t = { .bytes = 0 };

		sl_buf_init(&t.out, 10000);
		tell(sl_slice_str(rows[i].message), SIZE_MAX / 2, &t);
		if (!sl_slice_eq(sl_buf_slice(&t.out), sl_slice_str(rows[i].told)))
			fail_msg("row %zu: %s", i, sl_buf_cstr(&t.out));
		sl_buf_fini(&t.out);
	}
}

/* Of a broken message's readings one part may come to lie where the last one lay. */
static void
a_part_at_the_same_place_is_another(void **state)
{
	struct sl_mime_part mime = { .reading = 1 };
	struct sl_content_part part = { .mime = &mime, .role = SL_CONTENT_TEXT };
	struct teller t = { .bytes = 0 };
	struct sl_seen *seen = sl_seen_new();

	sl_buf_init(&t.out, 1000);
	sl_seen_listen(seen, &events, &t);
	for (int i = 0; i < 2; i++) {
		sl_seen_begin(seen, &part);
		sl_seen_text(seen, &part, SL_SLICE_LIT("ab"), SL_VIEW_VISIBLE);
		sl_seen_part_end(seen, &part);
	}
	sl_seen_finish(seen);
	assert_string_equal(sl_buf_cstr(&t.out), "}{3 ab}{3 ab | }}");
	sl_seen_free(&seen);
	sl_buf_fini(&t.out);
}

/* ---- long texts */

#define LONG	((size_t)3 << 20)

static void
a_long_text_is_read_in_part_and_the_same_at_every_cut(void **state)
{
	static const size_t pieces[] = { 1, 7, 1000, 4096, 65536, LONG };
	static const char last[] = " and this is the end\r\n";
	unsigned char *text = sl_xmalloc(LONG);
	struct teller first;

	srand(3);
	for (size_t i = 0; i < LONG; i++)
		text[i] = i % 76 == 75 ? '\n' : i % 7 == 6 ? ' ' : (unsigned char)('a' + rand() % 26);
	memcpy(text, "\r\n", 2);
	memcpy(text + LONG - sizeof(last) + 1, last, sizeof(last) - 1);
	for (size_t i = 0; i < SL_COUNT(pieces); i++) {
		struct teller t = { .bytes = 0 };

		sl_buf_init(&t.out, LONG);
		tell(sl_slice(text, LONG), pieces[i], &t);
		assert_in_range(t.bytes, SL_SEEN_SAMPLED_BYTES, LONG / 10);
		assert_non_null(strstr(sl_buf_cstr(&t.out), "and this is the end"));
		/* up to there every byte, and no gap */
		assert_true(strstr(sl_buf_cstr(&t.out), "...") - sl_buf_cstr(&t.out) > (ptrdiff_t)SL_SEEN_READ_BYTES);
		if (i == 0) {
			first = t;
			continue;
		}
		assert_int_equal(t.bytes, first.bytes);
		assert_true(sl_slice_eq(sl_buf_slice(&t.out), sl_buf_slice(&first.out)));
		sl_buf_fini(&t.out);
	}
	sl_buf_fini(&first.out);
	sl_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_seen_is_told),
		cmocka_unit_test(a_part_at_the_same_place_is_another),
		cmocka_unit_test(a_long_text_is_read_in_part_and_the_same_at_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
