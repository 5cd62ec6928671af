/*
 * helper.c - a helper for each edge: started, watched, replaced, its channel handed on; see parent.h
 *
 * The parent keeps no end of the channel: a helper ends with its edge. A new edge gets a new helper.
 */

#include "parent.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deep/client.h"
#include "sl/log.h"

#define RESTART_AT_ONCE_US	1000000	/* a helper that lived longer is replaced at once ... */
#define RESTART_MS		1000	/* ... one that did not, after a breath: attachments can kill */

/* Tell the edge. It is ours, and reads: a failure is its end, and SIGCHLD tells. */
static void
hand_over(struct helper_process *h, int fd)
{
	struct sl_buf payload;

	sl_buf_init(&payload, sizeof(h->number));
	sl_pack_u32(&payload, h->number);
	if (sl_ipc_send(h->edge->ipc, SL_IPC_HELPER, sl_buf_slice(&payload), &fd, 1) != 0)
		sl_log(SL_LOG_WARNING, "edge %u does not take its helper", h->edge->slot);
	sl_buf_fini(&payload);
}

static void
start(struct helper_process *h)
{
	struct parent *parent = h->edge->parent;
	int fd;

	if (parent->helper_path[0] == '\0' || h->edge->ipc == NULL || parent->stopping || h->pid != 0)
		return;
	h->started_us = sl_loop_now_us(parent->loop);
	fd = sl_helper_spawn(parent->helper_path, parent->settings->user, &h->pid);
	if (fd < 0) {
		sl_log(SL_LOG_ERROR, "cannot start helper %u: %s", h->edge->slot, strerror(errno));
		h->pid = 0;
		sl_timer_set(&h->restart, RESTART_MS);
		return;
	}
	h->number++;
	hand_over(h, fd);
	close(fd);
}

static void
on_restart(void *ctx)
{
	start(ctx);
}

void
helpers_prepare(struct parent *parent)
{
	if (!sl_helper_find(parent->helper_path, sizeof(parent->helper_path))) {
		parent->helper_path[0] = '\0';
		sl_log(SL_LOG_NOTICE, "sluice-helper is not installed: attachments are not taken apart");
	}
	for (unsigned i = 0; i < parent->edges_len; i++) {
		struct helper_process *h = &parent->edges[i].helper;

		h->edge = &parent->edges[i];
		sl_timer_init(&h->restart, parent->loop, on_restart, h);
	}
}

void
helper_start(struct edge_process *edge)
{
	struct helper_process *h = &edge->helper;

	if (h->pid != 0)		/* of the edge before: it may be busy yet */
		kill(h->pid, SIGKILL);	/* helper_died starts the next */
	else if (!sl_timer_is_set(&h->restart))
		start(h);
}

bool
helper_died(struct parent *parent, pid_t pid, int status)
{
	struct helper_process *h = NULL;

	for (unsigned i = 0; i < parent->edges_len && h == NULL; i++)
		if (parent->edges[i].helper.pid == pid)
			h = &parent->edges[i].helper;
	if (h == NULL)
		return false;
	h->pid = 0;
	if (parent->stopping || h->edge->ipc == NULL)	/* it ended with its edge */
		return true;
	parent->helper_restarts++;
	sl_log(SL_LOG_WARNING, "helper %u %s %d: it is replaced", h->edge->slot,
	    WIFSIGNALED(status) ? "died of signal" : "ended with status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (sl_loop_now_us(parent->loop) - h->started_us > RESTART_AT_ONCE_US)
		start(h);
	else
		sl_timer_set(&h->restart, RESTART_MS);
	return true;
}

void
helper_failed(struct edge_process *edge, struct sl_slice payload)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t number = sl_unpack_u32(&in);

	/* Only the one that it speaks of: another may be there already. */
	if (!in.failed && edge->helper.pid != 0 && number == edge->helper.number)
		kill(edge->helper.pid, SIGKILL);
}

void
helpers_end(struct parent *parent)
{
	for (unsigned i = 0; i < parent->edges_len; i++) {
		struct helper_process *h = &parent->edges[i].helper;

		sl_timer_clear(&h->restart);
		if (h->pid == 0)
			continue;
		kill(h->pid, SIGKILL);
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
		h->pid = 0;
	}
}
