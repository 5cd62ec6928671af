/* own_test.c - a tenant's corrections turn its verdicts, nobody else's, and can be taken back */

#include "check.h"
#include "cuts.h"
#include <math.h>
#include <stdio.h>

#include "classify/own_i.h"
#include "classify/panel.h"

#define SMALL	((size_t)256 << 10)
#define ARENA	65536

static const char *const topics[][8] = {
	{ "newsletter", "discount", "spring", "collection", "shipping", "voucher", "store", "season" },
	{ "meeting", "minutes", "agenda", "project", "schedule", "review", "budget", "quarter" },
	{ "password", "verify", "account", "suspended", "login", "urgent", "confirm", "identity" },
};
static const char *const common[] = { "the", "and", "you", "with", "that", "from", "this", "have" };

/* A made-up message of a topic; the same number gives the same message. */
static struct sl_slice
message_make(struct sl_buf *out, unsigned topic, unsigned number)
{
	uint32_t random = number * 2654435761u + topic + 1;

	sl_buf_reset(out);
	sl_buf_addf(out, "From: Sender <a@topic%u.example>\r\nSubject: %s %s\r\n\r\n", topic,
	    topics[topic][number % 8], topics[topic][(number / 8) % 8]);
	for (int i = 0; i < 120; i++) {
		random = random * 1103515245u + 12345;
		sl_buf_addf(out, "%s%s", random >> 31 ? common[(random >> 20) % 8]
		    : topics[topic][(random >> 20) % 8], i % 12 == 11 ? "\r\n" : " ");
	}
	return sl_buf_slice(out);
}

static struct sl_own *
own_write(struct sl_own_learner *learner, struct sl_buf *file)
{
	struct sl_own *own;

	sl_buf_reset(file);
	assert_int_equal(sl_own_learner_write(learner, file), 0);
	assert_int_equal(sl_own_open(sl_buf_slice(file), &own), 0);
	return own;
}

/* What a tenant's knowledge adds to `global`; 0: nothing. */
static double
judge(const struct sl_own *own, const char *tenant, struct cuts *cuts, double global)
{
	struct sl_envelope_event envelope = { .tenant = sl_slice_str(tenant) };
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_panel *panel;
	struct sl_arena arena;
	struct sl_slice piece;
	double value = 0;
	void *state;

	sl_arena_init(&arena, ARENA);
	panel = sl_panel_new(NULL, &arena);
	state = sl_panel_add(panel, &sl_own_classifier, own);
	sl_panel_envelope(panel, &envelope);
	while (cuts_next(cuts, &piece))
		sl_panel_feed(panel, piece);
	sl_panel_finish(panel, verdict);
	assert_int_equal(verdict->evidence_len, 0);
	sl_own_evidence(state, global, &arena, verdict);
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		assert_string_equal(verdict->evidence[i].name, "own");
		assert_int_equal(verdict->evidence[i].state, SL_EVIDENCE_PRESENT);
		assert_true(verdict->evidence[i].value == verdict->evidence[i].log_odds[SL_SPAM]);
		value += verdict->evidence[i].value;
	}
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	sl_free(verdict);
	return value;
}

static double
judge_whole(const struct sl_own *own, const char *tenant, struct sl_slice message, double global)
{
	struct cuts cuts = { .in = message, .piece = SIZE_MAX / 2 };

	return judge(own, tenant, &cuts, global);
}

static void
learn_many(struct sl_own_learner *learner, const char *tenant, unsigned topic, unsigned from, unsigned count,
    enum sl_own_label label, double global)
{
	struct sl_buf message;

	sl_buf_init(&message, SMALL);
	for (unsigned i = from; i < from + count; i++)
		assert_int_equal(sl_own_learn(learner, sl_slice_str(tenant),
		    message_make(&message, topic, i), label, global), 0);
	sl_buf_fini(&message);
}

static void
ten_corrections_turn_the_verdict_on_their_near_copies(void **state)
{
	static const struct {
		const char		*name;
		enum sl_own_label	 label;
		double			 global;
	} rows[] = {
		{ "spam called ham by little", SL_OWN_UNWANTED, -1 },
		{ "ham called spam by little", SL_OWN_HAM, 1 },
		{ "spam that is surely ham", SL_OWN_UNWANTED, -8 },
		{ "ham that is surely spam", SL_OWN_HAM, 8 },
		{ "spam that is more than surely ham", SL_OWN_UNWANTED, -10 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_own_learner *learner = sl_own_learner_new(NULL, SMALL, 0);
		double sign = rows[i].label == SL_OWN_UNWANTED ? 1 : -1, copy, other;
		struct sl_buf message, file;
		struct sl_own *own;

		sl_buf_init(&message, SMALL);
		sl_buf_init(&file, SMALL);
		learn_many(learner, "a", 0, 0, 10, rows[i].label, rows[i].global);
		own = own_write(learner, &file);
		copy = rows[i].global + judge_whole(own, "a", message_make(&message, 0, 77), rows[i].global);
		if (sign * copy < 1)
			fail_msg("%s: a near-copy is at %g", rows[i].name, copy);
		/* A message that shares half of its words, the common ones, stays on its side. */
		other = -sign * 5 + judge_whole(own, "a", message_make(&message, 1, 77), -sign * 5);
		if (-sign * other < 1.5)
			fail_msg("%s: another message is at %g", rows[i].name, other);
		assert_true(judge_whole(own, "b", message_make(&message, 0, 77), rows[i].global) == 0);
		assert_true(judge_whole(own, "", message_make(&message, 0, 77), rows[i].global) == 0);
		sl_own_close(&own);
		sl_own_learner_free(&learner);
		sl_buf_fini(&message);
		sl_buf_fini(&file);
	}
}

static void
where_a_message_is_cut_changes_nothing(void **state)
{
	struct sl_own_learner *learner = sl_own_learner_new(NULL, SMALL, SL_OWN_ALL_FIELDS);
	struct sl_buf message, file;
	struct sl_own *own;
	double whole;

	sl_buf_init(&message, SMALL);
	sl_buf_init(&file, SMALL);
	learn_many(learner, "a", 0, 0, 5, SL_OWN_UNWANTED, -1);
	own = own_write(learner, &file);
	message_make(&message, 0, 9);
	whole = judge_whole(own, "a", sl_buf_slice(&message), -1);
	assert_true(whole > 0);
	for (size_t i = 0; i <= message.len; i++) {
		struct cuts cuts = { .in = sl_buf_slice(&message), .piece = i == 0 ? 1 : 0, .split = i };

		if (judge(own, "a", &cuts, -1) != whole)
			fail_msg("cut at %zu", i);
	}
	sl_own_close(&own);
	sl_own_learner_free(&learner);
	sl_buf_fini(&message);
	sl_buf_fini(&file);
}

/* The file without the log, which holds what came later. */
static void
unlearning_takes_back_what_learning_did(void **state)
{
	struct sl_own_learner *learner = sl_own_learner_new(NULL, SMALL, 0);
	struct sl_buf before, after, message;

	sl_buf_init(&before, SMALL);
	sl_buf_init(&after, SMALL);
	sl_buf_init(&message, SMALL);
	learn_many(learner, "a", 0, 0, 6, SL_OWN_UNWANTED, -2);
	learn_many(learner, "a", 1, 0, 6, SL_OWN_HAM, 1);
	assert_int_equal(sl_own_learner_write(learner, &before), 0);
	learn_many(learner, "a", 2, 0, 4, SL_OWN_HAM, 3);
	learn_many(learner, "a", 0, 50, 4, SL_OWN_HAM, 3);
	assert_int_equal(sl_own_unlearn(learner, SL_SLICE_LIT("a"), message_make(&message, 2, 0),
	    SL_OWN_UNWANTED), SL_ERR_NOT_FOUND);
	assert_int_equal(sl_own_unlearn(learner, SL_SLICE_LIT("b"), message_make(&message, 2, 0),
	    SL_OWN_HAM), SL_ERR_NOT_FOUND);
	/* In another order than they were learned. */
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(sl_own_unlearn(learner, SL_SLICE_LIT("a"), message_make(&message, 2, i),
		    SL_OWN_HAM), 0);
		assert_int_equal(sl_own_unlearn(learner, SL_SLICE_LIT("a"), message_make(&message, 0, 50 + i),
		    SL_OWN_HAM), 0);
	}
	assert_int_equal(sl_own_unlearn(learner, SL_SLICE_LIT("a"), message_make(&message, 2, 0),
	    SL_OWN_HAM), SL_ERR_NOT_FOUND);
	assert_int_equal(sl_own_learner_write(learner, &after), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	sl_own_learner_free(&learner);
	sl_buf_fini(&before);
	sl_buf_fini(&after);
	sl_buf_fini(&message);
}

static void
a_file_goes_on_where_it_was_left(void **state)
{
	struct sl_own_learner *one = sl_own_learner_new(NULL, SMALL, 0), *two;
	struct sl_buf file, whole, parts;
	struct sl_own_stats stats;
	struct sl_own *own;

	sl_buf_init(&file, SMALL);
	sl_buf_init(&whole, SMALL);
	sl_buf_init(&parts, SMALL);
	learn_many(one, "a", 0, 0, 5, SL_OWN_UNWANTED, -1);
	learn_many(one, "b", 1, 0, 5, SL_OWN_HAM, 1);
	own = own_write(one, &file);
	two = sl_own_learner_new(own, 0, 0);
	learn_many(one, "a", 1, 5, 5, SL_OWN_HAM, 1);
	learn_many(two, "A", 1, 5, 5, SL_OWN_HAM, 1);	/* names are without case */
	assert_int_equal(sl_own_learner_write(one, &whole), 0);
	assert_int_equal(sl_own_learner_write(two, &parts), 0);
	assert_int_equal(whole.len, SMALL);
	assert_memory_equal(whole.data, parts.data, whole.len);
	sl_own_close(&own);
	assert_int_equal(sl_own_open(sl_buf_slice(&parts), &own), 0);
	assert_int_equal(sl_own_tenants(own), 2);
	assert_true(sl_own_stats(own, SL_SLICE_LIT("a"), &stats));
	assert_int_equal(stats.unwanted, 5);
	assert_int_equal(stats.ham, 5);
	assert_false(sl_own_stats(own, SL_SLICE_LIT("c"), &stats));
	sl_own_close(&own);
	sl_own_learner_free(&one);
	sl_own_learner_free(&two);
	sl_buf_fini(&file);
	sl_buf_fini(&whole);
	sl_buf_fini(&parts);
}

/* A tenant that is full of errors, in a file that is full of it. */
static void
whatever_a_tenant_learns_nobody_else_moves(void **state)
{
	struct sl_own_learner *learner = sl_own_learner_new(NULL, SL_OWN_SIZE_MIN, 0);
	struct sl_buf message, file;
	double before[32];
	struct sl_own *own;

	sl_buf_init(&message, SMALL);
	sl_buf_init(&file, SL_OWN_SIZE_MIN);
	learn_many(learner, "honest", 0, 0, 5, SL_OWN_UNWANTED, -2);
	learn_many(learner, "honest", 1, 0, 5, SL_OWN_HAM, 2);
	own = own_write(learner, &file);
	for (unsigned i = 0; i < 32; i++)
		before[i] = judge_whole(own, "honest", message_make(&message, i % 3, 100 + i), 0.5);
	sl_own_close(&own);
	for (unsigned i = 0; i < 500; i++) {	/* each of words of its own */
		sl_buf_reset(&message);
		sl_buf_addf(&message, "Subject: wrong\r\n\r\n");
		for (unsigned k = 0; k < 200; k++)
			sl_buf_addf(&message, "w%c%c%c ", 'a' + (i * 7 + k) % 26, 'a' + (i + k) % 26, 'a' + k % 26);
		assert_int_equal(sl_own_learn(learner, SL_SLICE_LIT("wrong"), sl_buf_slice(&message),
		    i % 2 ? SL_OWN_HAM : SL_OWN_UNWANTED, i % 2 ? 5 : -5), 0);
	}
	learn_many(learner, "wrong", 0, 0, 50, SL_OWN_HAM, 5);
	own = own_write(learner, &file);
	for (unsigned i = 0; i < 32; i++)
		assert_true(judge_whole(own, "honest", message_make(&message, i % 3, 100 + i), 0.5) == before[i]);
	assert_true(judge_whole(own, "wrong", message_make(&message, 0, 3), 0.5) < 0);
	sl_own_close(&own);
	sl_own_learner_free(&learner);
	sl_buf_fini(&message);
	sl_buf_fini(&file);
}

/* As many as can be: each has its fair share, and its ten corrections still turn the verdict. */
static void
a_full_file_is_shared_alike(void **state)
{
	enum { TENANTS = 70 };		/* of 64 KiB: as 35,000 of 32 MiB */
	struct sl_own_learner *learner = sl_own_learner_new(NULL, SL_OWN_SIZE_MIN, 0);
	struct sl_buf message, file;
	struct sl_own *own;
	char name[16];
	int r = 0;

	sl_buf_init(&message, SMALL);
	sl_buf_init(&file, SL_OWN_SIZE_MIN);
	for (unsigned i = 0; i < TENANTS; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		learn_many(learner, name, i % 2, i, 10, i % 2 ? SL_OWN_HAM : SL_OWN_UNWANTED, i % 2 ? 8 : -8);
	}
	own = own_write(learner, &file);
	assert_int_equal(sl_own_tenants(own), TENANTS);
	for (unsigned i = 0; i < TENANTS; i++) {
		double sign = i % 2 ? -1 : 1, now;

		snprintf(name, sizeof(name), "t%u", i);
		now = -8 * sign + judge_whole(own, name, message_make(&message, i % 2, 1000 + i), -8 * sign);
		if (sign * now < 1)
			fail_msg("tenant %u: %g", i, now);
	}
	for (unsigned i = TENANTS; i < 1000 && r == 0; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		r = sl_own_learn(learner, sl_slice_str(name), message_make(&message, 2, i), SL_OWN_HAM, 1);
	}
	assert_int_equal(r, SL_ERR_FULL);
	sl_own_close(&own);
	own = own_write(learner, &file);
	assert_true(sl_own_tenants(own) > 2 * TENANTS);
	sl_own_close(&own);
	sl_own_learner_free(&learner);
	sl_buf_fini(&message);
	sl_buf_fini(&file);
}

static void
a_damaged_file_is_refused(void **state)
{
	struct sl_own_learner *learner = sl_own_learner_new(NULL, SL_OWN_SIZE_MIN, 0);
	struct sl_buf file;
	struct sl_own *own;
	char id[17];

	sl_buf_init(&file, SL_OWN_SIZE_MIN);
	learn_many(learner, "a", 0, 0, 3, SL_OWN_HAM, 1);
	assert_int_equal(sl_own_learner_write(learner, &file), 0);
	assert_int_equal(sl_own_open(sl_slice(NULL, 0), &own), SL_ERR_TRUNCATED);
	assert_null(own);
	for (size_t len = 1; len < file.len; len += len < 200 ? 1 : 997)
		assert_true(sl_own_open(sl_slice(file.data, len), &own) < 0);
	for (size_t i = 0; i < file.len; i += i < 200 ? 1 : 997) {
		if (i >= 12 && i < 16)
			continue;	/* flags */
		file.data[i] ^= 0x20;
		if (sl_own_open(sl_buf_slice(&file), &own) == 0)
			fail_msg("byte %zu", i);
		file.data[i] ^= 0x20;
	}
	assert_int_equal(sl_own_open(sl_buf_slice(&file), &own), 0);
	memcpy(id, sl_own_id(own), sizeof(id));
	sl_own_close(&own);
	/* what was checked is opened again without reading it all, and is the same; what is not sound is refused still */
	assert_int_equal(sl_own_open_again(sl_buf_slice(&file), &own), 0);
	assert_string_equal(sl_own_id(own), id);
	assert_int_equal(sl_own_tenants(own), 1);
	sl_own_close(&own);
	for (size_t len = 1; len < 200; len++)
		assert_true(sl_own_open_again(sl_slice(file.data, len), &own) < 0);
	file.data[24] ^= 0xff;		/* how many tenants there are */
	file.data[27] ^= 0xff;
	assert_int_equal(sl_own_open_again(sl_buf_slice(&file), &own), SL_ERR_SYNTAX);
	assert_null(sl_own_learner_new(NULL, SL_OWN_SIZE_MIN - 1, 0));
	assert_null(sl_own_learner_new(NULL, SL_OWN_SIZE_MAX + 1, 0));
	sl_own_learner_free(&learner);
	sl_buf_fini(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_corrections_turn_the_verdict_on_their_near_copies),
		cmocka_unit_test(where_a_message_is_cut_changes_nothing),
		cmocka_unit_test(unlearning_takes_back_what_learning_did),
		cmocka_unit_test(a_file_goes_on_where_it_was_left),
		cmocka_unit_test(whatever_a_tenant_learns_nobody_else_moves),
		cmocka_unit_test(a_full_file_is_shared_alike),
		cmocka_unit_test(a_damaged_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
