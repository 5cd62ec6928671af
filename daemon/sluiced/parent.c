/* parent.c - see parent.h */

#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/memory.h"
#include "sl/log.h"

#define RESTART_AT_ONCE_US	1000000		/* an edge that lived longer is replaced at once ... */
#define RESTART_MS		1000		/* ... one that did not, after a breath */
#define SYSTEM_CA		"/etc/ssl/certs/ca-certificates.crt"

static void	edge_start(struct edge_process *e);
static void	check_settings(struct parent *parent);

/* ---- what an edge is given ---- */

static bool
wants_ca(const struct sl_settings *settings)
{
	for (size_t i = 0; i < settings->tenants_len; i++)
		if (settings->tenants[i].next_hop_tls == SL_HOP_TLS_VERIFY)
			return true;
	return false;
}

static int
open_record(const struct sl_settings *settings)
{
	int fd = -1;

	if (strcmp(settings->record_path, "-") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*settings->record_path != '\0')
		fd = open(settings->record_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
	if (fd < 0 && *settings->record_path != '\0')
		sl_log(SL_LOG_ERROR, "record: cannot open %s: %s: no records are written, mail goes on",
		    settings->record_path, strerror(errno));
	return fd;
}

static int
open_file(const char *name, const char *path, const char *hint, struct sl_buf *why)
{
	int fd = -1;

	if (*path == '\0')
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		sl_buf_addf(why, "%s%s: cannot open %s: %s%s", why->len > 0 ? "; " : "", name, path, strerror(errno),
		    hint);
	return fd;
}

/* Returns false with a sentence when mail could not be judged or delivered as the settings say. `own_fd` is taken. */
static bool
open_files(const struct sl_settings *settings, int own_fd, struct files *files, struct sl_buf *why)
{
	const char *ca = *settings->tls_ca_path != '\0' ? settings->tls_ca_path : SYSTEM_CA;

	*files = (struct files){ .own = own_fd, .ca = -1 };
	files->model = open_file("model", settings->model_path, "", why);
	files->rules = open_file("rules", settings->rules_path, "", why);
	if (wants_ca(settings))
		files->ca = open_file("tls.ca", ca, " (next_hop_tls: verify needs it)", why);
	else if (*settings->console.directory != '\0')		/* its tenants may want it; without one theirs is deferred */
		files->ca = open(ca, O_RDONLY | O_CLOEXEC);
	return why->len == 0;
}

static void
close_files(const struct files *files)
{
	const int fds[] = { files->model, files->own, files->rules, files->ca };

	for (size_t i = 0; i < SL_COUNT(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void
send_settings(struct edge_process *e)
{
	struct parent *parent = e->parent;
	int fds[6], listeners[SL_IPC_FDS_MAX], record = open_record(parent->settings);
	size_t n = 0;
	uint32_t flags = 0;
	struct sl_buf payload;

	sl_buf_init(&payload, SL_IPC_PAYLOAD_MAX);
	SL_ASSERT(parent->bound_len <= SL_COUNT(listeners));
	if (record >= 0) {
		flags |= SL_IPC_HAS_RECORD;
		fds[n++] = record;
	}
	flags |= SL_IPC_HAS_STATS;
	fds[n++] = parent->stats_fd;
	if (parent->files.model >= 0) {
		flags |= SL_IPC_HAS_MODEL;
		fds[n++] = parent->files.model;
	}
	if (parent->files.ca >= 0) {
		flags |= SL_IPC_HAS_CA;
		fds[n++] = parent->files.ca;
	}
	if (parent->memory_fd >= 0) {
		flags |= SL_IPC_HAS_MEMORY;
		fds[n++] = parent->memory_fd;
	}
	if (parent->files.own >= 0) {
		flags |= SL_IPC_HAS_OWN;
		fds[n++] = parent->files.own;
	}
	if (parent->files.rules >= 0) {
		flags |= SL_IPC_HAS_RULES;
		fds[n++] = parent->files.rules;
	}
	sl_pack_u32(&payload, flags);
	sl_pack_bytes(&payload, sl_slice(parent->ticket_key, sizeof(parent->ticket_key)));
	sl_pack_bytes(&payload, sl_buf_slice(&parent->packed));
	for (size_t i = 0; i < parent->bound_len; i++)
		listeners[i] = parent->bound[i].fds[e->slot];
	if (sl_ipc_send(e->ipc, SL_IPC_SETTINGS, sl_buf_slice(&payload), fds, n) != 0 ||
	    sl_ipc_send(e->ipc, SL_IPC_LISTENERS, sl_slice(NULL, 0), listeners, parent->bound_len) != 0)
		sl_log(SL_LOG_WARNING, "edge %u does not take its settings", e->slot);
	if (record >= 0)
		close(record);
	sl_buf_fini(&payload);
}

/* ---- edges ---- */

static void
say_ready(struct parent *parent)
{
	struct sl_buf text;

	for (unsigned i = 0; i < parent->edges_len; i++)
		if (!parent->edges[i].ready)
			return;
	if (parent->said_ready)
		return;
	parent->said_ready = true;
	sl_buf_init(&text, 2000);
	for (size_t i = 0; i < parent->bound_len; i++)
		sl_buf_addf(&text, " %s", parent->bound[i].text);
	sl_log(SL_LOG_NOTICE, "ready: %u edge%s, %zu tenant%s, listening on%s", parent->edges_len,
	    parent->edges_len == 1 ? "" : "s", parent->settings->tenants_len,
	    parent->settings->tenants_len == 1 ? "" : "s", sl_buf_cstr(&text));
	sl_buf_fini(&text);
}

static void
on_edge_message(void *ctx, struct sl_ipc_message *message)
{
	struct edge_process *e = ctx;

	if (message->type == SL_IPC_HELPER_FAILED) {
		helper_failed(e, message->payload);
		return;
	}
	if (message->type == SL_IPC_CORRECTED) {
		control_corrected(e->parent, message->payload);
		return;
	}
	if (message->type == SL_IPC_VAULT_REQUEST) {	/* its channel broke, and perhaps the vault lives */
		vault_connect_edge(e);
		return;
	}
	if (message->type == SL_IPC_SNAPSHOT_IN_USE) {
		console_in_use(e, message->payload);
		return;
	}
	if (message->type == SL_IPC_COMMAND) {
		console_command(e, message->payload);
		return;
	}
	if (message->type == SL_IPC_USERS_SEEN) {
		console_seen(e->parent, message->payload);
		return;
	}
	e->ready = true;
	say_ready(e->parent);
}

static void
edge_forget(struct edge_process *e)
{
	if (e->ipc == NULL)
		return;
	sl_watch_fini(&e->watch);
	sl_ipc_free(&e->ipc);
	e->ready = false;
}

static void
on_edge(void *ctx, unsigned events)
{
	struct edge_process *e = ctx;

	if (sl_ipc_read(e->ipc, on_edge_message, e) < 0)
		edge_forget(e);		/* SIGCHLD tells the rest */
}

static void
on_restart(void *ctx)
{
	struct edge_process *e = ctx;

	if (!e->parent->stopping)
		edge_start(e);
}

/* A new program image for each: its memory holds nothing of ours, and its layout is its own. */
static void
edge_exec(const struct edge_process *e, int fd)
{
	char slot[16], number[16];
	char *const arguments[] = { (char *)"sluiced", (char *)"--edge", slot, number,
		sl_log_enabled(SL_LOG_DEBUG) ? (char *)"-d" : NULL, NULL };

	snprintf(slot, sizeof(slot), "%u", e->slot);
	snprintf(number, sizeof(number), "%d", fd);
	(void)fcntl(fd, F_SETFD, 0);
	execv("/proc/self/exe", arguments);
	_exit(127);
}

static void
edge_start(struct edge_process *e)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		sl_log(SL_LOG_ERROR, "cannot start edge %u: %s", e->slot, strerror(errno));
		sl_timer_set(&e->restart, RESTART_MS);
		return;
	}
	fflush(NULL);
	e->started_us = sl_loop_now_us(e->parent->loop);
	e->pid = fork();
	if (e->pid == 0)
		edge_exec(e, fds[1]);
	close(fds[1]);
	if (e->pid < 0) {
		sl_log(SL_LOG_ERROR, "cannot start edge %u: %s", e->slot, strerror(errno));
		close(fds[0]);
		e->pid = 0;
		sl_timer_set(&e->restart, RESTART_MS);
		return;
	}
	e->ipc = sl_ipc_new(fds[0], SL_IPC_BIT(READY) | SL_IPC_BIT(HELPER_FAILED) | SL_IPC_BIT(CORRECTED) |
	    SL_IPC_BIT(VAULT_REQUEST) | SL_IPC_BIT(SNAPSHOT_IN_USE) | SL_IPC_BIT(USERS_SEEN) | SL_IPC_BIT(COMMAND));
	sl_watch_init(&e->watch, e->parent->loop, fds[0], on_edge, e);
	sl_watch_want(&e->watch, SL_READ);
	send_settings(e);
	console_to_edge(e);
	helper_start(e);
	vault_connect_edge(e);
}

static bool
edges_are_gone(const struct parent *parent)
{
	for (unsigned i = 0; i < parent->edges_len; i++)
		if (parent->edges[i].pid != 0)
			return false;
	return true;
}

static void
edge_died(struct edge_process *e, int status)
{
	struct parent *parent = e->parent;
	uint64_t lived_us = sl_loop_now_us(parent->loop) - e->started_us;
	bool never_ready = !e->ready && !parent->said_ready;
	const char *next;

	if (e->ipc != NULL)		/* it may have said READY just before */
		on_edge(e, SL_READ);
	never_ready = never_ready && !e->ready;
	edge_forget(e);
	e->pid = 0;
	if (parent->stopping) {
		if (edges_are_gone(parent))
			sl_loop_stop(parent->loop);
		return;
	}
	next = never_ready ? "Sluice cannot start" : "it is replaced";
	if (WIFSIGNALED(status))
		sl_log(SL_LOG_ERROR, "edge %u died of signal %d: %s", e->slot, WTERMSIG(status), next);
	else
		sl_log(SL_LOG_ERROR, "edge %u ended with status %d: %s", e->slot, WEXITSTATUS(status),
		    next);
	if (never_ready) {	/* at the first start: something is wrong that will not mend itself */
		parent->status = 1;
		parent->stopping = true;
		for (unsigned i = 0; i < parent->edges_len; i++)
			if (parent->edges[i].pid != 0)
				kill(parent->edges[i].pid, SIGKILL);
		if (edges_are_gone(parent))
			sl_loop_stop(parent->loop);
		return;
	}
	parent->restarts++;
	if (lived_us > RESTART_AT_ONCE_US)
		edge_start(e);
	else
		sl_timer_set(&e->restart, RESTART_MS);
}

static void
on_child(void *ctx, int number)
{
	struct parent *parent = ctx;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (helper_died(parent, pid, status) || child_died(&parent->vault, pid, status) ||
		    child_died(&parent->courier.child, pid, status) || child_died(&parent->console.child, pid, status))
			continue;
		for (unsigned i = 0; i < parent->edges_len; i++)
			if (parent->edges[i].pid == pid)
				edge_died(&parent->edges[i], status);
	}
}

/* ---- settings ---- */

static void
say_what_is_missing(const struct sl_settings *settings)
{
	if (*settings->model_path == '\0')
		sl_log(SL_LOG_NOTICE, "no `model` is configured: messages are not judged by their words");
	if (*settings->rules_path == '\0')
		sl_log(SL_LOG_NOTICE, "no `rules` are configured: messages are not judged by rules");
	else if (*settings->rules_key == '\0')
		sl_log(SL_LOG_NOTICE, "no `rules_key` is configured: %s is taken without a signature",
		    settings->rules_path);
	if (!settings->engines[SL_ENGINE_CLAMD].on)
		sl_log(SL_LOG_NOTICE, "no `clamd` is configured: messages are not scanned for malware");
	if (*settings->tls_certificate_pem == '\0')
		sl_log(SL_LOG_NOTICE, "no `tls.certificate` is configured: STARTTLS is not offered");
}

/* Settings that cannot be used: the first ones end the program, later ones change nothing. */
static void
settings_refused(struct parent *parent)
{
	if (parent->settings != NULL) {
		sl_log(SL_LOG_ERROR, "the new settings are not used, the old ones stay in force");
		return;
	}
	parent->status = 1;
	sl_loop_stop(parent->loop);
}

static void
edges_prepare(struct parent *parent, unsigned workers)
{
	parent->edges_len = SL_MIN(workers, (unsigned)EDGES_MAX);
	for (unsigned i = 0; i < parent->edges_len; i++) {
		parent->edges[i] = (struct edge_process){ .parent = parent, .slot = i };
		sl_timer_init(&parent->edges[i].restart, parent->loop, on_restart, &parent->edges[i]);
	}
	helpers_prepare(parent);
	child_prepare(&parent->vault, parent, &vault_kind);
	courier_prepare(parent);
	child_prepare(&parent->console.child, parent, &console_kind);
}

/* What edges remember lives as long as its size stays the same. */
static void
make_memory(struct parent *parent, const struct sl_settings *settings)
{
	const struct sl_settings *old = parent->settings;

	if (old != NULL && old->reputation.bytes == settings->reputation.bytes &&
	    old->campaigns.bytes == settings->campaigns.bytes && old->correspondents.bytes == settings->correspondents.bytes)
		return;
	if (parent->memory_fd >= 0)
		close(parent->memory_fd);
	parent->memory_fd = sl_memory_new(settings->reputation.bytes, settings->campaigns.bytes,
	    settings->correspondents.bytes);
	if (parent->memory_fd < 0 && errno != 0)
		sl_log(SL_LOG_ERROR, "reputation, campaigns, correspondents: no memory: %s: mail is judged without them", strerror(errno));
}

static void
use_settings(struct parent *parent, struct sl_settings *settings, struct sl_slice packed, int own_fd)
{
	bool first = parent->settings == NULL;
	struct sl_buf why;
	struct files files;

	sl_buf_init(&why, 1000);
	if (first)
		edges_prepare(parent, settings->workers);
	else if (settings->workers != parent->settings->workers)
		sl_log(SL_LOG_NOTICE, "workers: the new number is used after the next start");
	if (!open_files(settings, own_fd, &files, &why) || bind_listeners(parent, settings, &why) != 0) {
		sl_log(SL_LOG_ERROR, "%s", sl_buf_cstr(&why));
		settings_refused(parent);
		sl_settings_unref(&settings);
		close_files(&files);
	} else {
		struct sl_settings *old = parent->settings;

		make_memory(parent, settings);
		close_files(&parent->files);
		parent->settings = settings;
		parent->files = files;
		sl_buf_reset(&parent->packed);
		sl_buf_add_slice(&parent->packed, packed);
		parent->reloads += !first;
		say_what_is_missing(settings);
		if (first)
			control_open(parent);
		else
			sl_log(SL_LOG_NOTICE, "new settings are in use: %zu tenants", settings->tenants_len);
		for (unsigned i = 0; i < parent->edges_len; i++) {
			if (first)
				edge_start(&parent->edges[i]);
			else if (parent->edges[i].ipc != NULL)
				send_settings(&parent->edges[i]);
		}
		child_use_settings(&parent->vault, old);
		courier_use_settings(parent, old);
		child_use_settings(&parent->console.child, old);
		sl_settings_unref(&old);
	}
	sl_buf_fini(&why);
}

/* The checker's errors, a line each. */
static void
log_errors(struct sl_slice text)
{
	while (text.len > 0) {
		const unsigned char *lf = memchr(text.ptr, '\n', text.len);
		size_t n = lf == NULL ? text.len : (size_t)(lf - text.ptr);

		sl_log(SL_LOG_ERROR, SL_SLICE_FMT, SL_SLICE_ARG(sl_slice(text.ptr, n)));
		text = sl_slice_from(text, SL_MIN(n + 1, text.len));
	}
}

static void
on_checker_message(void *ctx, struct sl_ipc_message *message)
{
	struct parent *parent = ctx;
	struct sl_settings *settings = NULL;

	parent->checker_pid = 0;	/* it has answered */
	if (parent->stopping)		/* too late: ports must not be bound again now */
		return;
	if (message->type == SL_IPC_CHECKED && sl_settings_unpack(message->payload, &settings) == 0) {
		int own_fd = message->fds_len > 0 ? message->fds[0] : -1;

		if (own_fd >= 0)
			message->fds[0] = -1;
		use_settings(parent, settings, message->payload, own_fd);
		return;
	}
	log_errors(message->payload);
	settings_refused(parent);
}

static void
on_checker(void *ctx, unsigned events)
{
	struct parent *parent = ctx;

	if (sl_ipc_read(parent->checker, on_checker_message, parent) >= 0)
		return;
	sl_watch_fini(&parent->checker_watch);
	sl_ipc_free(&parent->checker);
	if (parent->checker_pid != 0) {
		sl_log(SL_LOG_ERROR, "the checker died before it had read %s", parent->settings_path);
		parent->checker_pid = 0;
		settings_refused(parent);
	}
}

static void
check_settings(struct parent *parent)
{
	int fd;

	if (parent->checker != NULL) {
		sl_log(SL_LOG_NOTICE, "settings are being checked already");
		return;
	}
	fd = checker_start(parent->settings_path, &parent->checker_pid);
	if (fd < 0) {
		sl_log(SL_LOG_ERROR, "cannot start the checker: %s", strerror(errno));
		settings_refused(parent);
		return;
	}
	parent->checker = sl_ipc_new(fd, SL_IPC_BIT(CHECKED) | SL_IPC_BIT(CHECK_FAILED));
	sl_watch_init(&parent->checker_watch, parent->loop, fd, on_checker, parent);
	sl_watch_want(&parent->checker_watch, SL_READ);
}

/* ---- signals ---- */

static void
on_hangup(void *ctx, int number)
{
	sl_log(SL_LOG_NOTICE, "reading the settings again");
	check_settings(ctx);
}

static void
on_terminate(void *ctx, int number)
{
	struct parent *parent = ctx;

	if (parent->stopping) {		/* asked twice: now */
		for (unsigned i = 0; i < parent->edges_len; i++)
			if (parent->edges[i].pid != 0)
				kill(parent->edges[i].pid, SIGKILL);
		return;
	}
	sl_log(SL_LOG_NOTICE, "stopping");
	parent->stopping = true;
	for (unsigned i = 0; i < parent->edges_len; i++) {
		struct edge_process *e = &parent->edges[i];

		sl_timer_clear(&e->restart);
		if (e->ipc != NULL && sl_ipc_send(e->ipc, SL_IPC_STOP, sl_slice(NULL, 0), NULL, 0) != 0)
			kill(e->pid, SIGKILL);
	}
	for (size_t i = 0; i < parent->bound_len; i++)	/* so that new senders go elsewhere at once */
		for (unsigned j = 0; j < parent->edges_len; j++)
			close(parent->bound[i].fds[j]);
	parent->bound_len = 0;
	if (edges_are_gone(parent))
		sl_loop_stop(parent->loop);
}

/* ---- life cycle ---- */

static void
make_stats(struct parent *parent)
{
	size_t size = EDGES_MAX * sizeof(*parent->stats);

	parent->stats_fd = memfd_create("sluice-stats", MFD_CLOEXEC);
	SL_ASSERT(parent->stats_fd >= 0 && ftruncate(parent->stats_fd, (off_t)size) == 0);
	parent->stats = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, parent->stats_fd, 0);
	SL_ASSERT(parent->stats != MAP_FAILED);
}

/* A session takes up to three descriptors: as many as the system lets us have, for all edges too. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		sl_log(SL_LOG_WARNING, "cannot raise the limit on descriptors: %s", strerror(errno));
}

int
parent_run(const char *settings_path)
{
	static struct parent parent;
	struct sl_signal hangup, terminate, interrupt, child;

	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	parent.settings_path = settings_path;
	parent.files = (struct files){ -1, -1, -1, -1 };
	parent.memory_fd = -1;
	parent.loop = sl_loop_new(&sl_clock_system);
	parent.started_at = sl_clock_system.wall_us(NULL) / 1000000;
	sl_buf_init(&parent.packed, SL_IPC_PAYLOAD_MAX);
	sl_random(parent.ticket_key, sizeof(parent.ticket_key));
	make_stats(&parent);
	sl_signal_init(&hangup, parent.loop, SIGHUP, on_hangup, &parent);
	sl_signal_init(&terminate, parent.loop, SIGTERM, on_terminate, &parent);
	sl_signal_init(&interrupt, parent.loop, SIGINT, on_terminate, &parent);
	sl_signal_init(&child, parent.loop, SIGCHLD, on_child, &parent);
	check_settings(&parent);
	sl_loop_run(parent.loop);
	helpers_end(&parent);
	courier_end(&parent);
	child_end(&parent.vault);
	console_end(&parent);
	control_close(&parent);
	sl_log(SL_LOG_NOTICE, "stopped");
	return parent.status;
}
