/* control.c - the socket of sluicectl: status as JSON; see parent.h */

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "parent.h"
#include "sl/log.h"

#define CLIENTS_MAX	16
#define STATUS_MAX	(1u << 20)

struct client {
	struct control	*control;
	struct sl_ipc	*ipc;		/* NULL: free */
	struct sl_watch	 watch;
};

struct control {
	struct parent	*parent;
	int		 fd;
	struct sl_watch	 watch;
	char		 path[108];
	struct client	 clients[CLIENTS_MAX];
};

/* ---- the answer ---- */

static void
add_edge(const struct parent *parent, const struct edge_process *e, struct sl_buf *out)
{
	const struct sl_stats *stats = &parent->stats[e->slot];

	sl_buf_addf(out, "{\"edge\":%u,\"pid\":%ld,\"ready\":%s", e->slot, (long)e->pid,
	    e->ready ? "true" : "false");
#define ADD_COUNTER(name, meaning) sl_buf_addf(out, ",\"" #name "\":%llu", (unsigned long long)stats->name);
	SL_COUNTERS(ADD_COUNTER)
	SL_GAUGES(ADD_COUNTER)
#undef ADD_COUNTER
	sl_buf_add_byte(out, '}');
}

static void
add_total(const struct parent *parent, struct sl_buf *out)
{
	struct sl_stats total = { 0 };
	const char *comma = "";

	for (unsigned i = 0; i < parent->edges_len; i++) {
#define SUM_COUNTER(name, meaning) total.name += parent->stats[i].name;
		SL_COUNTERS(SUM_COUNTER)
		SL_GAUGES(SUM_COUNTER)
#undef SUM_COUNTER
	}
	sl_buf_add_byte(out, '{');
#define ADD_TOTAL(name, meaning) \
	sl_buf_addf(out, "%s\"" #name "\":%llu", comma, (unsigned long long)total.name); \
	comma = ",";
	SL_COUNTERS(ADD_TOTAL)
	SL_GAUGES(ADD_TOTAL)
#undef ADD_TOTAL
	sl_buf_add_byte(out, '}');
}

void
control_status(const struct parent *parent, struct sl_buf *out)
{
	int64_t now = sl_clock_system.wall_us(NULL) / 1000000;

	sl_buf_addf(out, "{\"version\":\"%s\",\"pid\":%ld,\"uptime_s\":%lld,\"settings\":", SL_VERSION,
	    (long)getpid(), (long long)(now - parent->started_at));
	sl_buf_add_json(out, sl_slice_str(parent->settings_path));
	sl_buf_addf(out, ",\"reloads\":%u,\"restarts\":%u,\"helper_restarts\":%u,\"vault_restarts\":%u,\"tenants\":%zu,\"listen\":[",
	    parent->reloads, parent->restarts, parent->helper_restarts,
	    parent->vault_restarts, parent->settings == NULL ? 0 : parent->settings->tenants_len);
	for (size_t i = 0; i < parent->bound_len; i++) {
		sl_buf_add_str(out, i > 0 ? "," : "");
		sl_buf_add_json(out, sl_slice_str(parent->bound[i].text));
	}
	sl_buf_add_str(out, "],\"total\":");
	add_total(parent, out);
	sl_buf_add_str(out, ",\"edges\":[");
	for (unsigned i = 0; i < parent->edges_len; i++) {
		sl_buf_add_str(out, i > 0 ? "," : "");
		add_edge(parent, &parent->edges[i], out);
	}
	sl_buf_add_str(out, "]}");
}

/* ---- the socket ---- */

static void
client_close(struct client *client)
{
	sl_watch_fini(&client->watch);
	sl_ipc_free(&client->ipc);
}

/* Who may ask for the status may speak to the vault: this socket's permissions say who. */
static void
give_vault(struct client *client)
{
	int fd = vault_connect_control(client->control->parent);

	if (sl_ipc_send(client->ipc, SL_IPC_VAULT, sl_slice(NULL, 0), &fd, fd >= 0 ? 1 : 0) != 0)
		sl_log(SL_LOG_DEBUG, "who asked for the vault has gone");
	if (fd >= 0)
		close(fd);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct client *client = ctx;
	struct sl_buf out;

	if (message->type == SL_IPC_VAULT_REQUEST) {
		give_vault(client);
		return;
	}
	sl_buf_init(&out, STATUS_MAX);
	control_status(client->control->parent, &out);
	if (sl_ipc_send(client->ipc, SL_IPC_STATUS, sl_buf_slice(&out), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "a reader of the status has gone");
	sl_buf_fini(&out);
}

static void
on_client(void *ctx, unsigned events)
{
	struct client *client = ctx;

	if (sl_ipc_read(client->ipc, on_message, client) < 0)
		client_close(client);
}

static void
on_connect(void *ctx, unsigned events)
{
	struct control *control = ctx;
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; i < CLIENTS_MAX && fd >= 0; i++) {
		struct client *client = &control->clients[i];

		if (client->ipc != NULL)
			continue;
		client->control = control;
		client->ipc = sl_ipc_new(fd, 1u << SL_IPC_STATUS_REQUEST | 1u << SL_IPC_VAULT_REQUEST);
		sl_ipc_set_stall(client->ipc, 0);	/* who does not read his answer goes without */
		sl_watch_init(&client->watch, control->parent->loop, fd, on_client, client);
		sl_watch_want(&client->watch, SL_READ);
		return;
	}
	if (fd >= 0)
		close(fd);
}

/* Is somebody listening there? A socket nobody listens on is left from a crash. */
static bool
in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return used;
}

static void
make_directory(const char *path)
{
	char directory[108];
	char *slash;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash == NULL || slash == directory)
		return;
	*slash = '\0';
	(void)mkdir(directory, 0755);
}

void
control_open(struct parent *parent)
{
	const char *path = parent->settings->control_path;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control *control;
	mode_t mask;
	int fd, r;

	if (*path == '\0')
		return;
	if (strlen(path) >= sizeof(address.sun_path)) {
		sl_log(SL_LOG_WARNING, "control: %s is too long for a Unix socket: no `sluicectl status`", path);
		return;
	}
	strcpy(address.sun_path, path);
	make_directory(path);
	if (in_use(&address)) {
		sl_log(SL_LOG_WARNING, "control: another Sluice answers at %s: no `sluicectl status` for "
		    "this one; set `control`", path);
		return;
	}
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mask = umask(0177);
	r = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r != 0 || listen(fd, 16) != 0) {
		sl_log(SL_LOG_WARNING, "control: cannot listen on %s: %s: no `sluicectl status`", path,
		    strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	control = sl_xzalloc(sizeof(*control));
	control->parent = parent;
	control->fd = fd;
	strcpy(control->path, path);
	sl_watch_init(&control->watch, parent->loop, fd, on_connect, control);
	sl_watch_want(&control->watch, SL_READ);
	parent->control = control;
}

void
control_close(struct parent *parent)
{
	struct control *control = parent->control;

	if (control == NULL)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (control->clients[i].ipc != NULL)
			client_close(&control->clients[i]);
	sl_watch_fini(&control->watch);
	close(control->fd);
	(void)unlink(control->path);
	sl_free(control);
	parent->control = NULL;
}
