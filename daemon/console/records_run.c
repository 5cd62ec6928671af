/* records_run.c - the maker, the reader and its questions: the processes of records.h */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "aside.h"
#include "count_run.h"
#include "jail/jail.h"
#include "records.h"
#include "sl/log.h"

#define NICE		5		/* mail comes first */
#define LOOK_MS		1000		/* for the directory, while it is not there */
#define SOON_MS		1000
#define LATE_MS		60000

struct place_of_files {
	const char	*directory;
	bool		 jailed;
	struct stat	 st;		/* of the directory, when the reader was made: whose the files are */
};

/* ---- a question, in a process of its own ---- */

static void
answer(const struct place_of_files *place, struct sl_ipc_message *message)
{
	struct sl_ipc *out = sl_ipc_new(message->fds[0], 0);
	struct replay_question question;
	struct trace_question traced;
	struct find_question reported;
	struct sl_report_ask ask;

	(void)prctl(PR_SET_NAME, "sluice-question");
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	if (message->type == SL_IPC_CONSOLE_REQUEST && trace_question_unpack(message->payload, &traced) == 0)
		trace_run(place->directory, &traced, out);
	else if (message->type == SL_IPC_CONSOLE_REQUEST && sl_report_unpack_ask(message->payload, &ask) == 0)
		count_run(place->directory, &ask, out);
	else if (message->type == SL_IPC_COMPILE && replay_question_unpack(message->payload, &question) == 0)
		replay_run(place->directory, &question, message->fds + 1, message->fds_len - 1, out);
	else if (message->type == SL_IPC_COMMAND && find_question_unpack(message->payload, &reported) == 0)
		find_run(place->directory, &reported, out);
	_exit(0);		/* what it holds goes with it */
}

/* ---- the reader ---- */

static bool
is_another(const struct place_of_files *place)
{
	struct stat st;

	return stat(place->directory, &st) != 0 || st.st_dev != place->st.st_dev || st.st_ino != place->st.st_ino ||
	    st.st_uid != place->st.st_uid || st.st_gid != place->st.st_gid;
}

static void
on_question(void *ctx, struct sl_ipc_message *message)
{
	const struct place_of_files *place = ctx;
	pid_t pid;

	if (is_another(place)) {
		sl_log(SL_LOG_NOTICE, "%s is another directory than it was", place->directory);
		_exit(0);		/* the console asks again */
	}
	if (message->fds_len == 0)
		return;
	pid = fork();
	if (pid == 0)
		answer(place, message);
	if (pid < 0)		/* the channel closes: the console hears that */
		sl_log(SL_LOG_ERROR, "the reader of records cannot make a process: %s", strerror(errno));
}

static void
read_records(struct place_of_files *place, int fd)
{
	const struct sl_jail_user owner = { geteuid() == 0 && place->st.st_uid != 0, place->st.st_uid, place->st.st_gid };
	struct sl_ipc *ipc;

	(void)prctl(PR_SET_NAME, "sluice-records");
	signal(SIGCHLD, SIG_IGN);	/* nobody waits for its children */
	if (place->jailed && sl_jail_enter_with(SL_JAIL_COMPILER, &owner, place->directory) != 0)
		_exit(1);
	ipc = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REQUEST) | SL_IPC_BIT(COMPILE) | SL_IPC_BIT(COMMAND));
	while (sl_ipc_wait(ipc, -1, on_question, place) == SL_DONE)
		continue;
	_exit(0);
}

/* ---- the maker ---- */

struct maker {
	struct place_of_files	*place;
	struct sl_ipc		*console;	/* is never read */
	sigset_t		 waiting;	/* signals that are blocked while it waits: all but SIGCHLD */
	bool			 told_none;
};

static void
on_child(int number)
{
	/* It ends a wait. */
}

static uint64_t
now_ms(void)
{
	return sl_clock_system.monotonic_us(NULL) / 1000;
}

/* Wait for so long, or (-1) until a child ends. False: the console is gone. */
static bool
wait_ms(const struct maker *m, int64_t ms)
{
	struct pollfd gone = { .fd = sl_ipc_fd(m->console), .events = POLLRDHUP };
	uint64_t now = now_ms(), end = now + (uint64_t)SL_MAX(ms, (int64_t)0);
	int r;

	do {
		struct timespec time = { (time_t)((end - now) / 1000), (long)((end - now) % 1000 * 1000000) };

		r = ppoll(&gone, 1, ms < 0 ? NULL : &time, &m->waiting);
		now = now_ms();
	} while (r < 0 && ms >= 0 && now < end);	/* a child that ended before is no reason to hurry */
	return r <= 0;
}

static bool
tell(struct maker *m, pid_t pid, int fd)
{
	struct sl_buf payload;
	int r;

	sl_buf_init(&payload, 16);
	if (pid > 0)
		sl_pack_u32(&payload, (uint32_t)pid);
	r = sl_ipc_send(m->console, SL_IPC_HELPER, sl_buf_slice(&payload), &fd, pid > 0 ? 1 : 0);
	sl_buf_fini(&payload);
	return r == 0;
}

/* A directory that is not there yet is waited for. False: the console is gone. */
static bool
wait_for_directory(struct maker *m)
{
	while (stat(m->place->directory, &m->place->st) != 0 || !S_ISDIR(m->place->st.st_mode)) {
		if (!m->told_none) {
			sl_log(SL_LOG_NOTICE, "%s is not there: reports have no figures of traffic", m->place->directory);
			if (!tell(m, 0, -1))
				return false;
		}
		m->told_none = true;
		if (!wait_ms(m, LOOK_MS))
			return false;
	}
	m->told_none = false;
	return true;
}

/* Make one, and wait until it has died. Returns how long it lived, in ms, or -1: the console is gone. */
static int64_t
make_one(struct maker *m)
{
	uint64_t since_ms = now_ms();
	int fds[2], status;
	bool told;
	pid_t pid, died;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		close(fds[0]);
		close(sl_ipc_fd(m->console));
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		read_records(m->place, fds[1]);
	}
	told = pid < 0 || tell(m, pid, fds[0]);
	close(fds[0]);
	close(fds[1]);
	if (pid < 0 || !told)
		return pid < 0 ? 0 : -1;
	while ((died = waitpid(pid, &status, WNOHANG)) == 0)
		if (!wait_ms(m, -1))
			return -1;	/* so is the reader's channel, and it ends */
	if (died == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return SL_MAX((int64_t)(now_ms() - since_ms), (int64_t)SOON_MS);	/* the directory is another: no fault of its own */
	if (died == pid)
		sl_log(SL_LOG_ERROR, "the reader of records, %ld, died (status %d): another is made", (long)pid, status);
	return (int64_t)(now_ms() - since_ms);
}

static void
make(int fd, void *ctx)
{
	struct maker m = { .place = ctx, .console = sl_ipc_new(fd, 0) };
	const struct sigaction on = { .sa_handler = on_child };
	int64_t lived_ms, delay_ms = SOON_MS;
	sigset_t child;

	aside_close_others(fd);
	if (m.place->jailed && sl_jail_keep_becoming() != 0)
		_exit(1);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &m.waiting);
	sigdelset(&m.waiting, SIGCHLD);
	sigaction(SIGCHLD, &on, NULL);
	while (wait_for_directory(&m)) {
		lived_ms = make_one(&m);
		if (lived_ms >= SOON_MS)
			delay_ms = SOON_MS;
		else if (lived_ms < 0 || !wait_ms(&m, (int)delay_ms))
			break;
		else
			delay_ms = SL_MIN(delay_ms * 2, (int64_t)LATE_MS);
	}
	sl_ipc_free(&m.console);
}

int
records_start(const char *directory, bool jailed)
{
	struct place_of_files place = { .directory = directory, .jailed = jailed };
	const struct aside aside = { "sluice-reader", NULL, NULL, make, &place };

	return aside_start(&aside);
}
