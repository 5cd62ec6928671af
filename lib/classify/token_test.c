/* token_test.c - the token model: what it reads, learns, forgets and says, at every cut; damaged models */

#include "check.h"
#include "cuts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/panel.h"
#include "classify/token.h"
#include "classify/token_format_i.h"
#include "classify/token_list_i.h"
#include "classify/token_train.h"

#define MESSAGE_MAX	((size_t)4 << 20)
#define MODEL_MAX	((size_t)1 << 20)
#define STATE_MAX	(16 * 1024)	/* of the arena, for a message of one reading */

/* ---- what is read: features as a sum that knows no order */

static uint64_t
features_of(const char *message, bool all_fields)
{
	struct token_list list;
	uint64_t sum = 0;

	token_list_read(&list, sl_slice_str(message), all_fields, true);
	for (uint32_t i = 0; i < list.ends[list.blocks - 1]; i++)
		sum += sl_hash(&list.features[i], sizeof(uint32_t));
	token_list_fini(&list);
	return sum;
}

static void
what_says_the_same_is_read_the_same(void **state)
{
	static const struct {
		const char	*name, *one, *other;
		bool		 differs;
	} rows[] = {
		{ "white space", "\r\nbuy pills\r\n", "\r\n buy \t \r\n\r\npills\r\n", false },
		{ "case", "\r\nBuy Pills\r\n", "\r\nbuy pills\r\n", false },
		{ "digits", "\r\non 17 May 1999\r\n", "\r\non 28 May 2024\r\n", false },
		{ "addresses", "\r\nhi a.b@one.example bye\r\n", "\r\nhi c@two.example bye\r\n", false },
		{ "characters that do not show", "Content-Type: text/plain; charset=utf-8\r\n\r\npills\r\n",
		    "Content-Type: text/plain; charset=utf-8\r\n\r\npi\xe2\x80\x8blls\r\n", false },
		{ "full width", "Content-Type: text/plain; charset=utf-8\r\n\r\nab\r\n",
		    "Content-Type: text/plain; charset=utf-8\r\n\r\n\xef\xbd\x81\xef\xbd\x82\r\n", false },
		{ "a tag in front of the subject", "Subject: free money\r\n\r\n",
		    "Subject: [SPAM] [ilug] free money\r\n\r\n", false },
		{ "what a receiver adds", "\r\nhi\r\n", "X-Spam-Flag: YES\r\nReceived: a\r\nTo: b\r\n"
		    "List-Id: c\r\nAuthentication-Results: d\r\n\r\nhi\r\n", false },
		{ "the order of words", "\r\none two\r\n", "\r\ntwo one\r\n", true },
		{ "their distance", "\r\none two three\r\n", "\r\none three two\r\n", true },
		{ "a word", "\r\nbuy pills\r\n", "\r\nbuy bills\r\n", true },
		{ "a place", "Subject: buy\r\n\r\n", "\r\nbuy\r\n", true },
		{ "a sender", "From: <a@one.example>\r\n\r\n", "From: <a@two.example>\r\n\r\n", true },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if ((features_of(rows[i].one, false) != features_of(rows[i].other, false)) != rows[i].differs)
			fail_msg("%s", rows[i].name);
	assert_true(features_of("X-Spam-Flag: YES\r\n\r\nhi\r\n", true) !=
	    features_of("X-Spam-Flag: NO\r\n\r\nhi\r\n", true));
	assert_true(features_of("X-One: YES\r\n\r\nhi\r\n", true) !=
	    features_of("X-Two: YES\r\n\r\nhi\r\n", true));
}

/* ---- a small model, learned from made-up mail */

static const char *const wanted[] = { "meeting", "minutes", "kernel", "patch", "review", "schedule",
	"thanks", "quarterly" };
static const char *const unwanted[] = { "lottery", "winner", "casino", "mortgage", "cheap", "millions",
	"pills", "offer" };
static const char *const common[] = { "the", "and", "you", "with", "that", "from", "this", "have" };

static struct sl_slice
message_make(struct sl_buf *out, bool bad, unsigned number)
{
	uint32_t random = number * 2654435761u + bad;

	sl_buf_reset(out);
	sl_buf_addf(out, "From: Sender <a@%c.example>\r\nSubject: %s %s%u\r\n\r\n", 'a' + (int)(number % 26),
	    (bad ? unwanted : wanted)[number % 8], common[number / 8 % 8], number);
	for (int i = 0; i < 60; i++) {
		random = random * 1103515245u + 12345;
		sl_buf_addf(out, "%s ", random >> 30 ? common[(random >> 20) % 8]
		    : (bad ? unwanted : wanted)[(random >> 20) % 8]);
	}
	sl_buf_addf(out, "\r\n");
	return sl_buf_slice(out);
}

#define EACH	60u

static struct sl_token_trainer *
trainer_make(struct sl_buf *message, size_t extra)
{
	struct sl_token_options options = sl_token_options_default;
	struct sl_token_trainer *trainer;

	options.dims = 16;
	trainer = sl_token_trainer_new(&options);
	for (unsigned i = 0; i < 2 * EACH; i++)
		assert_int_equal(sl_token_trainer_add(trainer, message_make(message, i % 2, i),
		    i % 2 ? SL_TOKEN_UNWANTED : SL_TOKEN_HAM), i);
	for (unsigned i = 0; i < extra; i++)	/* wrong ones */
		sl_token_trainer_add(trainer, message_make(message, i % 2, 1000 + i),
		    i % 2 ? SL_TOKEN_HAM : SL_TOKEN_UNWANTED);
	return trainer;
}

static struct sl_token_model *
model_make(struct sl_buf *bytes)
{
	struct sl_token_model *model;
	struct sl_token_trainer *trainer;
	struct sl_buf message;

	sl_buf_init(&message, MESSAGE_MAX);
	trainer = trainer_make(&message, 0);
	assert_int_equal(sl_token_trainer_finish(trainer, bytes, NULL), 0);
	sl_token_trainer_free(&trainer);
	sl_buf_fini(&message);
	assert_int_equal(sl_token_model_open(sl_buf_slice(bytes), &model), 0);
	return model;
}

/* Write the judgement. */
static double
judge(const struct sl_token_model *model, struct cuts *cuts, struct sl_buf *out)
{
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_panel *panel;
	struct sl_arena arena;
	struct sl_slice piece;
	double value;

	sl_arena_init(&arena, (size_t)4 * STATE_MAX);
	panel = sl_panel_new(NULL, &arena);
	assert_non_null(sl_panel_add(panel, &sl_token_classifier, model));
	assert_true(arena.used_bytes <= STATE_MAX);
	while (cuts_next(cuts, &piece))
		sl_panel_feed(panel, piece);
	sl_panel_finish(panel, verdict);
	assert_int_equal(verdict->evidence_len, 1);
	assert_string_equal(verdict->evidence[0].name, "token");
	value = verdict->evidence[0].value;
	assert_true(sl_token_said(value) == verdict->evidence[0].log_odds[SL_SPAM]);
	assert_true(fabs(sl_token_said(value)) <= 5);
	if (out != NULL)
		sl_buf_addf(out, "%.17g %s", value, verdict->evidence[0].sentence);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	sl_free(verdict);
	return value;
}

static double
judge_whole(const struct sl_token_model *model, struct sl_slice message, struct sl_buf *out)
{
	struct cuts cuts = { .in = message, .piece = SIZE_MAX / 2 };

	return judge(model, &cuts, out);
}

static void
mail_it_has_not_seen_is_told_apart_and_words_of_it_are_named(void **state)
{
	struct sl_buf bytes, message, said;
	struct sl_token_model *model;

	sl_buf_init(&bytes, MODEL_MAX);
	sl_buf_init(&message, MESSAGE_MAX);
	sl_buf_init(&said, 4096);
	model = model_make(&bytes);
	for (unsigned i = 500; i < 540; i++) {
		double value;
		char *quote;

		sl_buf_reset(&said);
		value = judge_whole(model, message_make(&message, i % 2, i), &said);
		if ((value > 1) != (i % 2) || (value < -1) == (i % 2))
			fail_msg("message %u: %g", i, value);
		quote = strchr(sl_buf_cstr(&said), '"');
		assert_non_null(quote);
		*strchr(quote + 1, '"') = '\0';
		if (strstr(sl_buf_cstr(&message), quote + 1) == NULL && strncmp(quote + 1, "domain", 6) != 0)
			fail_msg("message %u: %s is not in it", i, quote + 1);
	}
	sl_token_model_close(&model);
	sl_buf_fini(&bytes);
	sl_buf_fini(&message);
	sl_buf_fini(&said);
}

static void
judge_cut(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	judge(ctx, cuts, result);
}

static void
where_a_message_is_cut_changes_nothing(void **state)
{
	static const char html[] = "Subject: =?utf-8?q?caf=c3=a9?= offer\r\nContent-Type: text/html; charset=utf-8\r\n"
	    "\r\n<p style='x'>cas<!-- y -->ino <b>w\xc3\xadnner</b> \xe4\xb8\xad\xe6\x96\x87 a@b.example</p>"
	    "<p style='display:none'>meeting minutes</p> thanks\r\n";
	struct sl_buf bytes, message, said;
	struct sl_token_model *model;

	sl_buf_init(&bytes, MODEL_MAX);
	sl_buf_init(&message, MESSAGE_MAX);
	sl_buf_init(&said, 4096);
	model = model_make(&bytes);
	judge_whole(model, SL_SLICE_LIT(html), &said);
	cuts_check(SL_SLICE_LIT(html), judge_cut, model, sl_buf_cstr(&said), said.len);
	sl_buf_reset(&said);
	sl_buf_addf(&message, "\r\n");
	for (unsigned i = 0; i < 30000; i++)	/* long enough that not all of it is read */
		sl_buf_addf(&message, "word%u ", i * 2654435761u >> 16);
	for (unsigned i = 0; i < 100; i++)	/* the end always is */
		sl_buf_addf(&message, "%s %s ", unwanted[i % 8], unwanted[i / 8 % 8]);
	assert_true(judge_whole(model, sl_buf_slice(&message), &said) > 1);
	for (size_t piece = 1; piece < 100000; piece = piece * 7 + 1) {
		struct cuts cuts = { .in = sl_buf_slice(&message), .piece = piece };
		struct sl_buf other;

		sl_buf_init(&other, 4096);
		judge(model, &cuts, &other);
		assert_string_equal(sl_buf_cstr(&other), sl_buf_cstr(&said));
		sl_buf_fini(&other);
	}
	sl_token_model_close(&model);
	sl_buf_fini(&bytes);
	sl_buf_fini(&message);
	sl_buf_fini(&said);
}

static void
harmless_text_does_not_hide_what_stands_behind_it(void **state)
{
	struct sl_buf bytes, message;
	struct sl_token_model *model;

	sl_buf_init(&bytes, MODEL_MAX);
	sl_buf_init(&message, MESSAGE_MAX);
	model = model_make(&bytes);
	sl_buf_addf(&message, "\r\n");
	for (unsigned i = 0; i < 1500; i++)
		sl_buf_addf(&message, "%s %s w%c%c%c ", wanted[i % 8], wanted[i / 8 % 8], 'a' + (int)(i % 26),
		    'a' + (int)(i / 26 % 26), 'a' + (int)(i / 676));
	assert_true(judge_whole(model, sl_buf_slice(&message), NULL) < 0);
	for (unsigned i = 0; i < 900; i++)
		sl_buf_addf(&message, "%s %s %s u%c%c ", unwanted[i % 8], unwanted[i / 8 % 8],
		    unwanted[i / 64 % 8], 'a' + (int)(i % 26), 'a' + (int)(i / 26));
	assert_true(judge_whole(model, sl_buf_slice(&message), NULL) > 1);
	sl_token_model_close(&model);
	sl_buf_fini(&bytes);
	sl_buf_fini(&message);
}

static void
a_dropped_message_leaves_no_trace(void **state)
{
	struct sl_buf message, without, dropped;
	struct sl_token_trainer *one, *two;
	double held[2 * EACH + 8], other[2 * EACH];

	sl_buf_init(&message, MESSAGE_MAX);
	sl_buf_init(&without, MODEL_MAX);
	sl_buf_init(&dropped, MODEL_MAX);
	one = trainer_make(&message, 0);
	two = trainer_make(&message, 8);
	for (size_t i = 0; i < 8; i++)
		sl_token_trainer_drop(two, 2 * EACH + i);
	assert_int_equal(sl_token_trainer_finish(one, &without, other), 0);
	assert_int_equal(sl_token_trainer_finish(two, &dropped, held), 0);
	assert_int_equal(without.len, dropped.len);
	assert_memory_equal(without.data, dropped.data, without.len);
	for (unsigned i = 0; i < 2 * EACH; i++) {
		assert_true(held[i] == other[i]);
		assert_true(i % 2 ? held[i] > 0 : held[i] < 0);		/* in the order they were added */
	}
	sl_token_trainer_free(&one);
	sl_token_trainer_free(&two);
	sl_buf_fini(&message);
	sl_buf_fini(&without);
	sl_buf_fini(&dropped);
}

static void
what_is_surer_ranks_higher_however_sure(void **state)
{
	for (double value = 1; value < 1e6; value *= 1.5) {
		assert_true(token_squeeze(value * 1.0001) > token_squeeze(value));
		assert_true(token_squeeze(-value) == -token_squeeze(value));
		assert_true(token_squeeze(value) < 21);
	}
}

static void
wrong_use_is_refused(void **state)
{
	struct sl_token_options options = sl_token_options_default;
	struct sl_token_trainer *trainer = sl_token_trainer_new(&options);
	struct sl_buf out;

	sl_buf_init(&out, MODEL_MAX);
	assert_int_equal(sl_token_trainer_finish(trainer, &out, NULL), SL_ERR_NOT_FOUND);
	sl_token_trainer_free(&trainer);
	options.dims = TOKEN_DIMS_MAX + 1;
	assert_null(sl_token_trainer_new(&options));
	options = sl_token_options_default;
	options.folds = 1;
	assert_null(sl_token_trainer_new(&options));
	sl_buf_fini(&out);
}

static void
a_damaged_model_is_refused(void **state)
{
	struct sl_token_model *model, *none;
	struct sl_buf bytes;

	sl_buf_init(&bytes, MODEL_MAX);
	model = model_make(&bytes);
	assert_int_equal(strlen(sl_token_model_id(model)), 16);
	assert_int_equal(sl_token_model_open(sl_slice(NULL, 0), &none), SL_ERR_TRUNCATED);
	for (size_t len = 1; len < bytes.len; len += len < 100 ? 1 : 997) {
		assert_true(sl_token_model_open(sl_slice(bytes.data, len), &none) < 0);
		assert_null(none);
	}
	for (size_t i = 0; i < bytes.len; i += i < 100 ? 1 : 997) {
		bytes.data[i] ^= 1;
		if (sl_token_model_open(sl_buf_slice(&bytes), &none) == 0)
			fail_msg("byte %zu", i);
		bytes.data[i] ^= 1;
	}
	sl_token_model_close(&model);
	sl_buf_fini(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_says_the_same_is_read_the_same),
		cmocka_unit_test(mail_it_has_not_seen_is_told_apart_and_words_of_it_are_named),
		cmocka_unit_test(where_a_message_is_cut_changes_nothing),
		cmocka_unit_test(harmless_text_does_not_hide_what_stands_behind_it),
		cmocka_unit_test(a_dropped_message_leaves_no_trace),
		cmocka_unit_test(what_is_surer_ranks_higher_however_sure),
		cmocka_unit_test(wrong_use_is_refused),
		cmocka_unit_test(a_damaged_model_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
