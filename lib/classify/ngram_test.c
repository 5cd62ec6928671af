/* ngram_test.c - the reader's features, the judgement at every cut, damaged models */

#include "check.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/bytegram.h"
#include "classify/combine.h"
#include "classify/ngram_i.h"
#include "classify/ngram_train.h"
#include "classify/panel.h"

#define STATE_MAX_BYTES	(36 * 1024)	/* of both views, in blocks of the arena */

/* ---- features of a message, as a sum that knows no order */

struct features {
	uint64_t	sum;
	size_t		len;
};

static void
on_features(void *ctx, enum sl_seen_place place, struct sl_slice word, const uint32_t *features,
    size_t len)
{
	struct features *all = ctx;

	assert_true(place < SL_SEEN_PLACE_COUNT);
	assert_true(word.len <= NGRAM_WORD_MAX);
	for (size_t i = 0; i < len; i++)
		all->sum += sl_hash(&features[i], sizeof(features[i]));
	all->len += len;
}

static struct features
features_of(const char *message)
{
	struct features all = { 0 };
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;
	struct ngram_listener listener;

	ngram_listener_init(&listener, 0, on_features, &all);
	sl_arena_init(&arena, STATE_MAX_BYTES);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &ngram_listener, &listener);
	sl_panel_feed(panel, sl_slice_str(message));
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	return all;
}

#define HTML	"Content-Type: text/html\r\n"
#define MIXED	"Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n"

static void
the_same_text_gives_the_same_features_however_it_is_sent(void **state)
{
	static const struct {
		const char	*name, *one, *other;
		size_t		 marks;		/* features that `other` has in addition */
	} rows[] = {
		{ "a soft line end parts no word",
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\nbuy pills now=21\r\n",
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\nbuy pi=\r\nlls =6eow!\r\n" },
		{ "white space is one space", "\r\nbuy pills\r\n", "\r\n buy \t \r\n\r\npills\r\n" },
		{ "base64 may be cut into any lines",
		    "Content-Transfer-Encoding: base64\r\n\r\nYnV5IHBpbGxzIG5vdw==\r\n",
		    "Content-Transfer-Encoding: base64\r\n\r\nYn\r\nV5IHB\r\npbGxz IG5vdw\r\n==\r\n" },
		{ "entities are the characters they stand for", HTML "\r\nbuy <b>\r\n",
		    HTML "\r\n&#98;u&#x79; <b>\r\n" },
		{ "a comment is not seen", HTML "\r\nbuy pills", HTML "\r\nbuy pi<!-- x > y -->lls" },
		{ "an encoded word is the word", "Subject: free money\r\n\r\n",
		    "Subject: =?utf-8?B?ZnJlZQ==?= =?us-ascii?q?_m=6fney?=\r\n\r\n" },
		{ "digits are all the same", "\r\non 17 May 1999\r\n", "\r\non 28 May 2024\r\n" },
		{ "a tag in front of the subject is the list's", "Subject: free money\r\n\r\n",
		    "Subject: [SPAM] [ilug] free money\r\n\r\n" },
		{ "whose address is in a text does not matter", "\r\nhi a.b@one.example, bye\r\n",
		    "\r\nhi c@two.example, bye\r\n" },
		{ "an image is not read as text",
		    MIXED "--=_b\r\nContent-Type: image/png\r\n\r\nabc\r\n--=_b--\r\n",
		    MIXED "--=_b\r\nContent-Type: image/png\r\n\r\n--=_c\r\n-x\r\ndefg\r\n--=_b--\r\n" },
		{ "an attached message's header is not text",
		    MIXED "--=_b\r\nContent-Type: message/rfc822\r\n\r\nReceived: a\r\n\r\nhi\r\n--=_b--\r\n",
		    MIXED "--=_b\r\nContent-Type: message/rfc822\r\n\r\nTo: b\r\n\r\nhi\r\n--=_b--\r\n" },
		{ "a folded field of a part is one field",
		    MIXED "--=_b\r\nContent-Type: text/html; charset=x\r\n\r\n<i>hi\r\n",
		    MIXED "--=_b\r\nContent-Type: text/html;\r\n\tcharset=x\r\n\r\n<i>hi\r\n" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct features one = features_of(rows[i].one), other = features_of(rows[i].other);

		if (one.sum != other.sum || one.len != other.len)
			fail_msg("%s: %zu and %zu features", rows[i].name, one.len, other.len);
	}
}

static void
different_texts_give_different_features(void **state)
{
	static const char *const rows[][2] = {
		{ "\r\nbuy pills\r\n", "\r\nbuy bills\r\n" },
		{ "Subject: buy pills\r\n\r\n", "\r\nbuy pills" },
		{ "From: Ann <a@one.example>\r\n\r\n", "From: Bea <a@one.example>\r\n\r\n" },
		{ "From: Ann <a@one.example>\r\n\r\n", "From: Ann <a@two.example>\r\n\r\n" },
		{ "From: <a@x.example>\r\nReply-To: b@x.example\r\n\r\n",
		    "From: <a@x.example>\r\nReply-To: b@y.example\r\n\r\n" },
		{ HTML "\r\n<script>", HTML "\r\n<iframe>" },
		{ "\r\n<b>", HTML "\r\n<b>" },
		{ MIXED "--=_b\r\nContent-Disposition: attachment; filename=\"a.exe\"\r\n\r\n",
		    MIXED "--=_b\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\r\n" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (features_of(rows[i][0]).sum == features_of(rows[i][1]).sum)
			fail_msg("row %zu: %s", i, rows[i][0]);
}

static void
what_a_receiving_server_adds_is_not_read(void **state)
{
	static const char *const names[] = { "Received", "Delivered-To", "Return-Path", "To", "Cc",
		"Authentication-Results", "ARC-Seal", "List-Id", "X-Spam-Flag", "X-MS-Exchange-Foo",
		"X-Folder", "DKIM-Signature", "Message-ID", "Status", "Precedence" };
	static const char rest[] = "Subject: hello\r\nFrom: a@b.example\r\n\r\ntext\r\n";
	struct features without = features_of(rest);

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		char *with = sl_xasprintf("%s: YES free money; spam@x.example\r\n%s", names[i], rest);
		struct features all = features_of(with);

		if (all.sum != without.sum || all.len != without.len)
			fail_msg("%s counts", names[i]);
		sl_free(with);
	}
}

/* ---- a small model, learned from made-up mail */

static const char *const wanted[] = { "meeting", "minutes", "kernel", "patch", "review", "schedule",
	"thanks", "attached", "quarterly", "regards", "branch", "compile" };
static const char *const unwanted[] = { "viagra", "lottery", "winner", "unsubscribe", "casino",
	"mortgage", "cheap", "guaranteed", "millions", "refinance", "pills", "offer" };
static const char *const stealing[] = { "password", "verify", "suspended", "account", "paypal",
	"login", "urgent", "bank", "confirm", "identity", "security", "update" };
static const char *const common[] = { "the", "and", "you", "with", "that", "from", "this", "have" };

static char *
made_up(enum sl_ngram_label label, unsigned number)
{
	const char *const *words = label == SL_NGRAM_HAM ? wanted : label == SL_NGRAM_SPAM ? unwanted
	    : stealing;
	char *text = sl_xasprintf("Subject: %s %c%c\r\nFrom: A <a@b.example>\r\n\r\n", words[number % 12],
	    'a' + (int)(number / 26 % 26), 'a' + (int)(number % 26));

	for (unsigned i = 0; i < 30; i++) {
		const char *word = i % 3 == 0 ? words[(number * 7 + i / 3 + number / 12) % 12]
		    : common[(number + i * i) % 8];
		char *longer = sl_xasprintf("%s%s%s", text, word, i % 10 == 9 ? "\r\n" : " ");

		sl_free(text);
		text = longer;
	}
	return text;
}

static struct sl_buf
model_make(unsigned count)
{
	struct sl_ngram_options options = sl_ngram_options_default;
	struct sl_ngram_trainer *trainer;
	struct sl_ngram_report report;
	struct sl_buf model;

	options.dims = 18;
	trainer = sl_ngram_trainer_new(&options);
	for (unsigned i = 0; i < count; i++) {
		enum sl_ngram_label label = i % 2 == 0 ? SL_NGRAM_HAM : i % 4 == 1 ? SL_NGRAM_SPAM
		    : SL_NGRAM_PHISH;
		char *text = made_up(label, i);

		sl_ngram_trainer_add(trainer, sl_slice_str(text), label);
		sl_free(text);
	}
	sl_buf_init(&model, (size_t)1 << 21);
	assert_int_equal(sl_ngram_trainer_finish(trainer, &model, &report), 0);
	sl_ngram_trainer_free(&trainer);
	return model;
}

static int
setup(void **state)
{
	static struct sl_buf bytes;

	bytes = model_make(960);
	*state = &bytes;
	return 0;
}

static int
teardown(void **state)
{
	sl_buf_fini(*state);
	return 0;
}

static struct sl_ngram_model *
model_open(void **state)
{
	struct sl_ngram_model *model;

	assert_int_equal(sl_ngram_model_open(sl_buf_slice(*state), &model), 0);
	return model;
}

/* A message that is being judged. */
struct judging {
	struct sl_arena		 arena;		/* the verdict's sentence lies in it */
	struct sl_panel		*panel;
};

static void
judging_begin(struct judging *judging, const struct sl_ngram_model *model)
{
	sl_arena_init(&judging->arena, (size_t)2 * STATE_MAX_BYTES);
	judging->panel = sl_panel_new(NULL, &judging->arena);
	assert_non_null(sl_panel_add(judging->panel, &sl_ngram_classifier, model));
	assert_non_null(sl_panel_add(judging->panel, &sl_bytegram_classifier, model));
}

static struct sl_verdict
judging_end(struct judging *judging)
{
	struct sl_verdict verdict = { 0 };

	sl_panel_finish(judging->panel, &verdict);
	sl_panel_free(&judging->panel);
	sl_combine(NULL, &verdict);
	return verdict;
}

/* Judge a message that comes cut at `cut`; cut 0: byte by byte. */
static struct sl_verdict
judge(const struct sl_ngram_model *model, struct sl_slice message, size_t cut, struct sl_arena *arena)
{
	struct judging judging;
	struct sl_verdict verdict;

	judging_begin(&judging, model);
	if (cut == 0) {
		for (size_t i = 0; i < message.len; i++)
			sl_panel_feed(judging.panel, sl_slice(message.ptr + i, 1));
	} else {
		size_t at = SL_MIN(cut, message.len);

		sl_panel_feed(judging.panel, sl_slice(message.ptr, at));
		sl_panel_feed(judging.panel, sl_slice_from(message, at));
	}
	verdict = judging_end(&judging);
	*arena = judging.arena;
	return verdict;
}

static void
a_learned_model_tells_the_three_apart_and_says_why(void **state)
{
	struct sl_ngram_model *model = model_open(state);

	for (unsigned i = 1000; i < 1060; i++) {
		for (int label = 0; label < SL_NGRAM_LABELS; label++) {
			char *text = made_up((enum sl_ngram_label)label, i);
			struct sl_arena arena;
			struct sl_verdict verdict = judge(model, sl_slice_str(text), SIZE_MAX, &arena);

			assert_int_equal(verdict.evidence_len, 2);
			assert_string_equal(verdict.evidence[0].name, "ngram");
			assert_string_equal(verdict.evidence[1].name, "bytegram");
			for (int e = 0; e < 2; e++)
				assert_int_equal(verdict.evidence[e].value > 0, label != SL_NGRAM_HAM);
			assert_int_equal(verdict.probability[SL_SPAM] > 0.5, label != SL_NGRAM_HAM);
			assert_int_equal(verdict.probability[SL_PHISH] > 0.5, label == SL_NGRAM_PHISH);
			assert_true(verdict.probability[SL_PHISH] <= verdict.probability[SL_SPAM] + 1e-9);
			if (label == SL_NGRAM_SPAM)
				assert_non_null(strstr(verdict.evidence[0].sentence, "unwanted mail: \""));
			sl_arena_fini(&arena);
			sl_free(text);
		}
	}
	sl_ngram_model_close(&model);
}

static const char awkward[] =
    "Subject: =?utf-8?q?free_cas=69no?=\r\n"
    "From: \"Bank\" <x@bank.example>\r\n"
    "Content-Type: multipart/mixed;\r\n boundary=\"=_b\"\r\n\r\n"
    "preamble\r\n-- \r\n--=_b\r\n"
    "Content-Type: text/html;\r\n\tcharset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    "<p class=3D\"x\">vi=\r\nagra &amp; &#108;ottery<br><!-- - -- ->x --> a &lt b</p>=\r\n"
    "<style>p { a: b }</style> --=_b x\r\n=zz=4\r\n--\r\n-\r\n"
    "--=_b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "dmVyaWZ5IHlv\r\ndXIgcGFzc3dvcmQgbm93IQ==\r\n--=_bogus\r\nZnJlZQ\r\n"
    "--=_b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\n"
    "meeting \xc3\xa9t\xc3\xa9 \xff\xfe minutes a.long.word.that.goes.on.and.on.beyond.the.limit.of.a.word\r\n"
    "--=_b--\r\nepilogue";

static void
the_judgement_is_the_same_at_every_cut(void **state)
{
	struct sl_ngram_model *model = model_open(state);
	struct sl_slice message = sl_slice_str(awkward);
	struct sl_arena whole_arena, arena;
	struct sl_verdict whole = judge(model, message, SIZE_MAX, &whole_arena);

	for (size_t cut = 0; cut < message.len; cut++) {
		struct sl_verdict verdict = judge(model, message, cut, &arena);

		if (memcmp(verdict.probability, whole.probability, sizeof(whole.probability)) != 0)
			fail_msg("cut at %zu", cut);
		assert_string_equal(verdict.evidence[0].sentence, whole.evidence[0].sentence);
		sl_arena_fini(&arena);
	}
	sl_arena_fini(&whole_arena);
	sl_ngram_model_close(&model);
}

static void
two_messages_at_once_do_not_touch_each_other(void **state)
{
	struct sl_ngram_model *model = model_open(state);
	char *texts[] = { made_up(SL_NGRAM_HAM, 7), made_up(SL_NGRAM_SPAM, 8) };
	struct judging judgings[2];
	size_t lens[2];
	struct sl_arena arena;

	for (int i = 0; i < 2; i++) {
		judging_begin(&judgings[i], model);
		lens[i] = strlen(texts[i]);
	}
	for (size_t k = 0; k < SL_MAX(lens[0], lens[1]); k++)
		for (int i = 0; i < 2; i++)
			if (k < lens[i])
				sl_panel_feed(judgings[i].panel, sl_slice(texts[i] + k, 1));
	for (int i = 0; i < 2; i++) {
		struct sl_verdict alone, verdict = judging_end(&judgings[i]);

		alone = judge(model, sl_slice_str(texts[i]), SIZE_MAX, &arena);
		assert_memory_equal(verdict.probability, alone.probability, sizeof(alone.probability));
		sl_arena_fini(&arena);
		sl_arena_fini(&judgings[i].arena);
		sl_free(texts[i]);
	}
	sl_ngram_model_close(&model);
}

static void
memory_is_the_same_for_any_size(void **state)
{
	struct sl_ngram_model *model = model_open(state);
	struct sl_arena small;
	struct judging judging;
	unsigned char text[4096];
	size_t used;

	sl_arena_init(&small, 1024);
	assert_null(sl_ngram_classifier.new_message(model, &small));
	sl_arena_fini(&small);
	judging_begin(&judging, model);
	used = judging.arena.used_bytes;
	assert_true(used <= STATE_MAX_BYTES);
	srand(3);
	sl_panel_feed(judging.panel, SL_SLICE_LIT("\r\n"));
	for (int i = 0; i < 1000; i++) {
		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = (unsigned char)(k % 7 == 0 ? ' ' : 'a' + rand() % 26);
		sl_panel_feed(judging.panel, sl_slice(text, sizeof(text)));
	}
	assert_int_equal(judging.arena.used_bytes, used);
	judging_end(&judging);
	sl_arena_fini(&judging.arena);
	sl_ngram_model_close(&model);
}

/* Wanted mail of any length in front does not hide an unwanted one behind it. */
static void
padding_does_not_hide_what_comes_later(void **state)
{
	struct sl_ngram_model *model = model_open(state);
	char *spam = made_up(SL_NGRAM_SPAM, 5);
	struct sl_verdict verdict;
	struct sl_arena arena;
	struct sl_buf message;

	sl_buf_init(&message, (size_t)1 << 24);
	sl_buf_add_str(&message, "Subject: hi\r\n\r\n");
	srand(5);
	while (message.len < 600000)	/* new words all the time, so that blocks fill up */
		sl_buf_addf(&message, "%s %c%c%c%c%c%c%s", wanted[rand() % 12], 'a' + rand() % 26,
		    'A' + rand() % 26, 'a' + rand() % 26, 'A' + rand() % 26, 'a' + rand() % 26,
		    'a' + rand() % 26, rand() % 9 == 0 ? "\r\n" : " ");
	verdict = judge(model, sl_buf_slice(&message), SIZE_MAX, &arena);
	assert_true(verdict.evidence[0].value < 0);
	sl_arena_fini(&arena);
	for (int i = 0; i < 120; i++) {
		char *more = made_up(SL_NGRAM_SPAM, (unsigned)i);

		sl_buf_add_str(&message, strstr(more, "\r\n\r\n"));
		sl_free(more);
	}
	verdict = judge(model, sl_buf_slice(&message), SIZE_MAX, &arena);
	assert_true(verdict.evidence[0].value > 0);	/* the byte view sees the front only */
	sl_arena_fini(&arena);
	sl_buf_fini(&message);
	sl_free(spam);
	sl_ngram_model_close(&model);
}

static void
words_in_the_sentence_are_fit_to_print(void **state)
{
	struct sl_ngram_model *model = model_open(state);
	static const char text[] = "Subject: x\r\n\r\nviagra\x01\x7f\xff\xc3 lottery\xe2\x80\xae"
				   "casino\xc2\x85 \"winner\" millions\xf0\x9f\x98\x80\r\n";
	struct sl_arena arena;
	struct sl_verdict verdict = judge(model, sl_slice_str(text), SIZE_MAX, &arena);

	for (const char *p = verdict.evidence[0].sentence; *p != '\0'; p++)
		assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	assert_null(strstr(verdict.evidence[0].sentence, "\xe2\x80\xae"));
	assert_null(strstr(verdict.evidence[0].sentence, "\xc2\x85"));
	assert_true(strlen(verdict.evidence[0].sentence) < 400);
	sl_arena_fini(&arena);
	sl_ngram_model_close(&model);
}

/* ---- files that are no models */

static void
a_damaged_model_is_refused(void **state)
{
	struct sl_slice good = sl_buf_slice(*state);
	unsigned char *copy = sl_xmemdup(good.ptr, good.len);
	struct sl_ngram_model *model;

	for (size_t len = 0; len < good.len; len += len < NGRAM_HEAD_BYTES + 8 ? 1 : 997) {
		assert_int_equal(sl_ngram_model_open(sl_slice(copy, len), &model), SL_ERR_TRUNCATED);
		assert_null(model);
	}
	for (size_t i = 0; i < good.len; i += i < NGRAM_HEAD_BYTES + 8 ? 1 : 997) {
		copy[i] ^= 0x10;
		assert_int_not_equal(sl_ngram_model_open(sl_slice(copy, good.len), &model), 0);
		assert_null(model);
		copy[i] ^= 0x10;
	}
	copy[8] = 99;
	assert_int_equal(sl_ngram_model_open(sl_slice(copy, good.len), &model), SL_ERR_VERSION);
	sl_free(copy);
}

/* Somebody who can make the checksum right still cannot bring in other numbers. */
static void
parameters_out_of_range_are_refused(void **state)
{
	struct sl_slice good = sl_buf_slice(*state);
	unsigned char *copy = sl_xmemdup(good.ptr, good.len);
	struct sl_ngram_model *model;

	for (size_t i = 0; i < NGRAM_PARAMETER_COUNT; i++) {
		unsigned char *p = copy + 24 + 8 * i, kept[8];
		uint64_t sum;

		memcpy(kept, p, 8);
		memset(p, 0xff, 8);
		p[7] = 0x7f;
		sum = sl_hash(copy + 24, good.len - 24);
		for (int k = 0; k < 8; k++)
			copy[16 + k] = (unsigned char)(sum >> (8 * k));
		assert_int_equal(sl_ngram_model_open(sl_slice(copy, good.len), &model), SL_ERR_SYNTAX);
		memcpy(p, kept, 8);
	}
	sl_free(copy);
}

static void
a_model_has_a_name(void **state)
{
	struct sl_ngram_model *model = model_open(state);
	struct sl_buf other_bytes = model_make(238);
	struct sl_ngram_model *other;

	assert_int_equal(sl_ngram_model_open(sl_buf_slice(&other_bytes), &other), 0);
	assert_int_equal(strlen(sl_ngram_model_id(model)), 16);
	assert_string_not_equal(sl_ngram_model_id(model), sl_ngram_model_id(other));
	sl_ngram_model_close(&model);
	sl_ngram_model_close(&other);
	sl_ngram_model_close(&other);
	sl_buf_fini(&other_bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_text_gives_the_same_features_however_it_is_sent),
		cmocka_unit_test(different_texts_give_different_features),
		cmocka_unit_test(what_a_receiving_server_adds_is_not_read),
		cmocka_unit_test(a_learned_model_tells_the_three_apart_and_says_why),
		cmocka_unit_test(the_judgement_is_the_same_at_every_cut),
		cmocka_unit_test(two_messages_at_once_do_not_touch_each_other),
		cmocka_unit_test(memory_is_the_same_for_any_size),
		cmocka_unit_test(padding_does_not_hide_what_comes_later),
		cmocka_unit_test(words_in_the_sentence_are_fit_to_print),
		cmocka_unit_test(a_damaged_model_is_refused),
		cmocka_unit_test(parameters_out_of_range_are_refused),
		cmocka_unit_test(a_model_has_a_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
