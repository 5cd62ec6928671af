/* panel_test.c - files of several readings, open at the same time, each reach who wants them */

#include "check.h"

#include "classify/panel.h"
#include "sl/buf.h"

struct files {
	unsigned	asked, ended;
	const struct sl_content_part *parts[8];
	uint64_t	bytes[8];
};

static void *
listen_to(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static bool
on_file(void *state, const struct sl_content_part *part)
{
	struct files *files = state;

	assert_true(files->asked < 8);
	files->parts[files->asked++] = part;
	return true;
}

static void
on_bytes(void *state, const struct sl_content_part *part, struct sl_slice bytes)
{
	struct files *files = state;

	for (unsigned i = 0; i < files->asked; i++)
		if (files->parts[i] == part)
			files->bytes[i] += bytes.len;
}

static void
on_end(void *state, const struct sl_content_part *part)
{
	struct files *files = state;

	for (unsigned i = 0; i < files->asked; i++)
		if (files->parts[i] == part && part->role == SL_CONTENT_FILE) {
			assert_int_equal(files->bytes[i], part->mime->size_bytes);
			files->parts[i] = NULL;
			files->ended++;
		}
}

static const struct sl_classifier taker = { .name = "taker", .new_message = listen_to, .file = on_file,
	.bytes = on_bytes, .end = on_end };

static void
every_reading_of_a_file_is_given_whole(void **state)
{
	static const char head[] = "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
	struct sl_verdict verdict = { 0 };
	struct files files = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;

	sl_arena_init(&arena, 4096);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &taker, &files);
	sl_panel_feed(panel, SL_SLICE_LIT(head));
	for (int i = 0; i < 400; i++)
		sl_panel_feed(panel, SL_SLICE_LIT("\001\002\003\004\005\006UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAAAAAA\r\n"));
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	assert_true(files.asked >= 2);
	assert_int_equal(files.ended, files.asked);
}

static void
on_raw(void *state, struct sl_slice bytes)
{
	sl_buf_add_slice(state, bytes);
}

static const struct sl_classifier copier = { .name = "copier", .new_message = listen_to, .raw = on_raw };

static void
the_bytes_pass_as_they_are(void **state)
{
	static const char message[] = "Subject: a\r\nContent-Transfer-Encoding: base64\r\n\r\n\001=41QUJD\r\n";
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;
	struct sl_buf copy;

	sl_arena_init(&arena, 4096);
	sl_buf_init(&copy, 4096);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &copier, &copy);
	for (size_t i = 0; i + 1 < sizeof(message); i++)
		sl_panel_feed(panel, sl_slice(message + i, 1));
	sl_panel_finish(panel, &verdict);
	assert_true(sl_slice_eq(sl_buf_slice(&copy), SL_SLICE_LIT(message)));
	sl_panel_free(&panel);
	sl_buf_fini(&copy);
	sl_arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reading_of_a_file_is_given_whole),
		cmocka_unit_test(the_bytes_pass_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
