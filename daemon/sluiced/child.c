/* child.c - what is the same for every process that the parent starts; see parent.h */

#include "parent.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/spawn.h"
#include "sl/log.h"

#define STALL_MS	5000	/* it may be waiting for a disk */
#define END_MS		10000	/* to sync what it has */
#define LOOK_MS		10

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct child *c = ctx;

	if (message->type != SL_IPC_READY) {
		c->kind->hear(c->parent, message);
		return;
	}
	if (c->ready)
		return;
	c->ready = true;
	c->kind->is_ready(c->parent);
}

static void
forget(struct child *c)
{
	if (c->ipc == NULL)
		return;
	sl_watch_fini(&c->watch);
	sl_ipc_free(&c->ipc);
	c->ready = false;
}

static void
on_channel(void *ctx, unsigned events)
{
	struct child *c = ctx;

	if (sl_ipc_read(c->ipc, on_message, c) < 0)
		forget(c);		/* SIGCHLD tells the rest */
}

void
child_start(struct child *c)
{
	struct parent *parent = c->parent;
	int fd;

	if (c->path[0] == '\0' || parent->stopping || c->pid != 0 || !c->kind->is_wanted(parent->settings))
		return;
	if (c->kind->may_start != NULL && !c->kind->may_start(parent))
		return;
	c->started_us = sl_loop_now_us(parent->loop);
	fd = sl_program_spawn(c->path, c->kind->user(parent->settings), &c->pid);
	if (fd < 0) {
		sl_log(SL_LOG_ERROR, "cannot start the %s: %s", c->kind->name, strerror(errno));
		c->pid = 0;
		sl_timer_set(&c->restart, CHILD_RESTART_MS);
		return;
	}
	c->ipc = sl_ipc_new(fd, SL_IPC_BIT(READY) | c->kind->says);
	sl_ipc_set_stall(c->ipc, STALL_MS);
	sl_watch_init(&c->watch, parent->loop, fd, on_channel, c);
	sl_watch_want(&c->watch, SL_READ);
	c->kind->begin(parent);
}

static void
on_restart(void *ctx)
{
	child_start(ctx);
}

void
child_prepare(struct child *c, struct parent *parent, const struct child_kind *kind)
{
	c->parent = parent;
	c->kind = kind;
	sl_timer_init(&c->restart, parent->loop, on_restart, c);
	if (!sl_program_find(kind->program, c->path, sizeof(c->path)))
		c->path[0] = '\0';
}

void
child_use_settings(struct child *c, const struct sl_settings *old)
{
	const struct sl_settings *settings = c->parent->settings;

	if (c->kind->is_wanted(settings) && c->path[0] == '\0')
		sl_log(SL_LOG_ERROR, "%s is not installed: %s", c->kind->program, c->kind->without);
	if (c->ipc == NULL)
		child_start(c);
	else if (c->kind->is_wanted(settings) && old != NULL && c->kind->same_place(old, settings))
		c->kind->tell(c->parent);
	else if (sl_ipc_send(c->ipc, SL_IPC_STOP, sl_slice(NULL, 0), NULL, 0) != 0)
		kill(c->pid, SIGKILL);		/* child_died starts the next, if there is to be one */
}

bool
child_died(struct child *c, pid_t pid, int status)
{
	struct parent *parent = c->parent;

	if (c->pid == 0 || c->pid != pid)
		return false;
	if (c->ipc != NULL)		/* what it said just before */
		on_channel(c, SL_READ);
	forget(c);
	c->pid = 0;
	if (c->kind->gone != NULL)
		c->kind->gone(parent);
	if (parent->stopping || !c->kind->is_wanted(parent->settings))
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		c->restarts++;
		sl_log(SL_LOG_ERROR, "the %s %s %d: it is replaced", c->kind->name,
		    WIFSIGNALED(status) ? "died of signal" : "ended with status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	sl_timer_set(&c->restart, c->kind->restart_ms(status, sl_loop_now_us(parent->loop) - c->started_us));
	return true;
}

/* Tell it to stop, and wait until it has; after a while it is killed. */
static void
stop(struct child *c)
{
	unsigned waited_ms = 0;

	if (c->ipc == NULL || sl_ipc_send(c->ipc, SL_IPC_STOP, sl_slice(NULL, 0), NULL, 0) != 0)
		kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, WNOHANG) == 0) {
		if (waited_ms >= END_MS)
			kill(c->pid, SIGKILL);
		usleep(LOOK_MS * 1000);
		waited_ms += LOOK_MS;
	}
}

void
child_end(struct child *c)
{
	sl_timer_clear(&c->restart);
	if (c->pid == 0)
		return;
	stop(c);
	forget(c);
	c->pid = 0;
	if (c->kind->gone != NULL)
		c->kind->gone(c->parent);
}
