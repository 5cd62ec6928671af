/*
 * main.c - a helper: takes one object apart at a time, with nothing to lose; see doc/ipc.md
 *
 * usage: sluice-helper DESCRIPTOR USER (by the parent, or by who wants something inspected)
 *
 * All it has is its channel. The jail closes before the first job is read: no files, no sockets, no
 * programs, a limit on memory. A job has CPU time; inspect.c stops in good order when it is used up.
 * For code that does not ask (libraries), a timer of the process's CPU time stands behind: it sends
 * what was found and that a limit was reached, and ends the process. Whoever asked starts another.
 */

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "deep/deep.h"
#include "inspect.h"
#include "ipc/ipc.h"
#include "jail/jail.h"
#include "sl/log.h"

#define MEMORY_BYTES	(256u << 20)	/* on top of what the program itself takes */
#define CPU_GRACE_MS	250		/* for what does not ask for the time */
#define CPU_MS_MAX	60000u
#define ITEM_MAX	8192		/* packed */

struct process {
	struct sl_ipc			*ipc;
	struct sl_buf			 items;		/* found and not sent */
	struct inspection		*inspection;	/* NULL: no job */
	bool				 failed;
};

/* What the timer needs: one process, one job. */
static struct process		process;
static volatile sig_atomic_t	in_order;	/* `items` is whole, and nothing is being sent */

static void
items_send(void)
{
	if (process.items.len > 0 &&
	    sl_ipc_send(process.ipc, SL_IPC_INSPECT_RESULT, sl_buf_slice(&process.items), NULL, 0) != 0)
		process.failed = true;
	sl_buf_reset(&process.items);
}

static void
on_item(void *ctx, const struct sl_deep_item *item)
{
	in_order = 0;
	if (process.items.len + ITEM_MAX > SL_DEEP_RESULT_MAX)
		items_send();
	sl_deep_pack_item(item, &process.items);
	in_order = 1;
}

static void
done_send(bool complete, const struct sl_deep_budget *used)
{
	const struct sl_deep_done done = { *used, complete };
	struct sl_buf payload;

	items_send();
	sl_buf_init(&payload, SL_DEEP_DONE_MAX);
	sl_deep_pack_done(&done, &payload);
	if (sl_ipc_send(process.ipc, SL_IPC_INSPECT_DONE, sl_buf_slice(&payload), NULL, 0) != 0)
		process.failed = true;
	sl_buf_fini(&payload);
}

/* A message by hand: the timer may have come in the middle of an allocation. */
static void
raw_send(enum sl_ipc_type type, const void *payload, size_t len)
{
	uint32_t head[3] = { (uint32_t)type, (uint32_t)len, 0 };

	if (len == 0)
		return;
	if (write(sl_ipc_fd(process.ipc), head, sizeof(head)) != (ssize_t)sizeof(head) ||
	    write(sl_ipc_fd(process.ipc), payload, len) != (ssize_t)len)
		_exit(2);
}

/* The job has used its time and does not come back. No way to go on from here: the heap may be in any
 * state. What was found is sent if it is whole, then the process ends. */
static void
on_time_is_up(int number)
{
	static unsigned char item[256], end[SL_DEEP_DONE_MAX];
	static const char detail[] = "time";
	struct sl_buf packed = { item, 0, sizeof(item), sizeof(item), false };
	struct sl_deep_done done = { .complete = false };
	struct sl_deep_item budget = { .kind = SL_DEEP_FINDING };

	if (process.inspection == NULL || !in_order)
		_exit(2);
	raw_send(SL_IPC_INSPECT_RESULT, process.items.data, process.items.len);
	budget.finding.id = SL_DEEP_BUDGET;
	budget.finding.detail = sl_slice(detail, sizeof(detail) - 1);
	sl_deep_pack_item(&budget, &packed);	/* fits: nothing is allocated */
	raw_send(SL_IPC_INSPECT_RESULT, packed.data, packed.len);
	done.used = process.inspection->used;
	done.used.cpu_ms = process.inspection->limits.cpu_ms;
	packed = (struct sl_buf){ end, 0, sizeof(end), sizeof(end), false };
	sl_deep_pack_done(&done, &packed);
	raw_send(SL_IPC_INSPECT_DONE, packed.data, packed.len);
	_exit(2);
}

static void
timer_set(unsigned ms)
{
	struct itimerval timer = { .it_value = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 } };

	SL_ASSERT(setitimer(ITIMER_PROF, &timer, NULL) == 0);
}

static void
inspect_job(const struct sl_deep_job *job, struct sl_slice bytes)
{
	struct inspection in;
	struct sl_deep_budget limits = job->budget;

	limits.cpu_ms = SL_MIN(limits.cpu_ms, CPU_MS_MAX);
	inspection_init(&in, &limits, on_item, NULL);
	process.inspection = &in;
	in_order = 1;
	timer_set(limits.cpu_ms + CPU_GRACE_MS);
	inspection_run(&in, bytes, job->name);
	in_order = 0;
	timer_set(0);
	process.inspection = NULL;
	inspection_fini(&in);
	done_send(!in.incomplete, &in.used);
}

static void
on_job(void *ctx, struct sl_ipc_message *message)
{
	struct sl_deep_job job;
	struct sl_slice bytes;
	int r;

	if (message->fds_len != 1 || sl_deep_unpack_job(message->payload, &job) != 0) {
		process.failed = true;
		return;
	}
	r = sl_deep_map(message->fds[0], &bytes);
	if (r == SL_ERR_SYNTAX) {	/* could change while it is read: whoever asks is not ours */
		sl_log(SL_LOG_ERROR, "a job without sealed memory");
		process.failed = true;
	} else if (r != 0) {
		const struct sl_deep_budget nothing = { 0 };
		struct sl_deep_item item = { .kind = SL_DEEP_FINDING };

		item.finding.id = SL_DEEP_MEMORY;
		on_item(NULL, &item);
		done_send(false, &nothing);
	} else {
		inspect_job(&job, bytes);
		sl_deep_unmap(&bytes);
	}
}

#if defined(__SANITIZE_ADDRESS__)
#define HELPER_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HELPER_ASAN
#endif
#endif

#ifndef HELPER_ASAN
/* What the program has mapped already: its libraries, not its work. */
static size_t
mapped_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	if (file == NULL)
		return 64u << 20;
	if (fscanf(file, "%zu", &pages) != 1)
		pages = 16384;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}
#endif

static void
limit(int resource, const char *name, size_t value)
{
	struct rlimit limit = { value, value };

	if (setrlimit((__rlimit_resource_t)resource, &limit) != 0) {
		sl_log(SL_LOG_FATAL, "cannot limit %s", name);
		exit(1);
	}
}

static void
limits(void)
{
	limit(RLIMIT_NOFILE, "descriptors", 16);
#ifndef HELPER_ASAN	/* its shadow is 16 TiB of addresses */
	limit(RLIMIT_AS, "memory", mapped_bytes() + MEMORY_BYTES);
#endif
}

/* Let the libraries do what they do once, while they still may. */
static void
warm_up(void)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;

	(void)setlocale(LC_CTYPE, "C.UTF-8");	/* libarchive's names */
	SL_ASSERT(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1);
	SL_ASSERT(EVP_Digest("", 0, hash, &len, EVP_sha256(), NULL) == 1);
}

static void
prepare(const char *user_name)
{
	struct sigaction on_alarm = { .sa_handler = on_time_is_up };
	struct sl_jail_user user;

	(void)prctl(PR_SET_NAME, "sluice-helper");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* it ends when its channel does */
	sigemptyset(&on_alarm.sa_mask);
	SL_ASSERT(sigaction(SIGPROF, &on_alarm, NULL) == 0);
	warm_up();
	sl_buf_init(&process.items, SL_DEEP_RESULT_MAX);
	if (sl_jail_user_find(user_name, &user) != 0) {
		sl_log(SL_LOG_FATAL, "cannot find the user to become ('%s')", user_name);
		exit(1);
	}
	limits();
	if (sl_jail_enter(SL_JAIL_HELPER, &user) != 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	int r = SL_DONE;

	sl_log_init("helper", SL_LOG_NOTICE);
	if (argc != 3 || strtol(argv[1], NULL, 10) < 3) {
		fputs("usage: sluice-helper DESCRIPTOR USER\nStarted by sluiced and sluicectl.\n", stderr);
		return 2;
	}
	process.ipc = sl_ipc_new((int)strtol(argv[1], NULL, 10), SL_IPC_BIT(INSPECT));
	prepare(argv[2]);
	while (r == SL_DONE && !process.failed)
		r = sl_ipc_wait(process.ipc, -1, on_job, NULL);
	sl_buf_fini(&process.items);
	sl_ipc_free(&process.ipc);
	return r == SL_ERR_CLOSED && !process.failed ? 0 : 1;
}
