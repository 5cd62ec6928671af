/* control.c - the socket of sluicectl: status as JSON; see parent.h */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/correction.h"
#include "parent.h"
#include "sl/log.h"

#define CLIENTS_MAX	16
#define STALL_MS	60000u	/* of one that takes nothing of its answer */
#define STATUS_MAX	(1u << 20)

struct client {
	struct control	*control;
	struct sl_ipc	*ipc;		/* NULL: free */
	struct sl_watch	 watch;
	struct sl_timer	 stall;		/* it takes nothing of its answer */
	uint32_t	 ticket;	/* of the correction whose answer is awaited; 0: none */
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

/* ---- how far mail has moved from the model's training ---- */

#define DRIFT_SHOWN	20	/* pieces of evidence, those that have moved most */

/* The counts of all edges that have the model of the first that has one, and what it expects. */
static const struct sl_drift_expectation *
gather_drift(const struct parent *parent, struct sl_drift_expectation *expected, struct sl_drift *sum, char model[17])
{
	const struct sl_drift_board *first = NULL;

	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < parent->edges_len; i++) {
		const struct sl_drift_board *board = &parent->stats[i].drift;

		if (board->model[0] == '\0')
			continue;
		if (first == NULL) {
			first = board;
			snprintf(model, 17, "%.16s", board->model);
			*expected = board->expected;	/* once: what is checked is what is used */
			if (!sl_drift_ok(expected))
				return NULL;
		}
		if (strncmp(model, board->model, 16) == 0)
			sl_drift_add_up(sum, &board->counts);
	}
	return first == NULL ? NULL : expected;
}

static void
add_number(struct sl_buf *out, const char *name, double value)
{
	if (value == value)
		sl_buf_addf(out, ",\"%s\":%.6g", name, value);
	else
		sl_buf_addf(out, ",\"%s\":null", name);
}

struct moved {
	size_t			name;
	struct sl_drift_rate	rate;
};

static int
compare_moved(const void *a, const void *b)
{
	double x = ((const struct moved *)a)->rate.moved, y = ((const struct moved *)b)->rate.moved;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void
add_moved(const struct sl_drift *sum, const struct sl_drift_expectation *expected, double unwanted, struct sl_buf *out)
{
	struct moved moved[SL_DRIFT_NAMES_MAX];
	size_t len = unwanted == unwanted ? expected->names_len : 0;

	for (size_t i = 0; i < len; i++)
		moved[i] = (struct moved){ i, sl_drift_rate(sum, expected, i, unwanted) };
	qsort(moved, len, sizeof(*moved), compare_moved);
	sl_buf_add_str(out, ",\"evidence\":[");
	for (size_t i = 0; i < SL_MIN(len, (size_t)DRIFT_SHOWN); i++)
		sl_buf_addf(out, "%s{\"name\":\"%s\",\"now\":%.4g,\"training\":%.4g,\"moved\":%.4g}", i > 0 ? "," : "",
		    expected->names[moved[i].name].name, moved[i].rate.now, moved[i].rate.training, moved[i].rate.moved);
	sl_buf_add_str(out, "]");
}

static void
add_drift(const struct parent *parent, struct sl_buf *out)
{
	struct sl_drift_expectation *room = sl_xmalloc(sizeof(*room));
	const struct sl_drift_expectation *expected;
	struct sl_drift_figures figures;
	struct sl_drift sum;
	char model[17] = "";

	expected = gather_drift(parent, room, &sum, model);
	if (expected != NULL) {
		sl_drift_measure(&sum, expected, &figures);
		sl_buf_add_str(out, ",\"drift\":{\"model\":");
		sl_buf_add_json(out, sl_slice_str(model));
		sl_buf_addf(out, ",\"messages\":%.0f", sum.messages);
		add_number(out, "unwanted_said", figures.said);
		add_number(out, "unwanted_by_spread", figures.unwanted);
		add_number(out, "calibration", figures.said - figures.unwanted);
		add_number(out, "answers_moved", figures.answers);
		add_moved(&sum, expected, figures.unwanted, out);
		sl_buf_add_byte(out, '}');
	}
	sl_free(room);
}

/* What waits to be sent, and since when. */
static void
add_courier(const struct parent *parent, int64_t now_s, struct sl_buf *out)
{
	const struct courier_process *c = &parent->courier;
	const struct sl_courier_state *s = &c->state;

	if (c->child.pid == 0)
		return;
	sl_buf_addf(out, ",\"courier\":{\"pid\":%ld,\"ready\":%s,\"waiting\":%llu,\"trying\":%llu,\"uncertain\":%llu,"
	    "\"unsettled\":%llu,\"bytes\":%llu,\"oldest_s\":%lld,\"delivered\":%llu,\"failed\":%llu,\"replies_lost\":%llu,"
	    "\"next_hops_down\":%llu}",
	    (long)c->child.pid, c->child.ready ? "true" : "false", (unsigned long long)s->waiting, (unsigned long long)s->trying,
	    (unsigned long long)s->uncertain, (unsigned long long)s->unsettled, (unsigned long long)s->bytes,
	    s->oldest_us == 0 ? 0LL : (long long)SL_MAX((int64_t)0, now_s - s->oldest_us / 1000000),
	    (unsigned long long)s->delivered, (unsigned long long)s->failed, (unsigned long long)s->lost,
	    (unsigned long long)s->hops_down);
}

void
control_status(const struct parent *parent, struct sl_buf *out)
{
	int64_t now = sl_clock_system.wall_us(NULL) / 1000000;

	sl_buf_addf(out, "{\"version\":\"%s\",\"pid\":%ld,\"uptime_s\":%lld,\"settings\":", SL_VERSION,
	    (long)getpid(), (long long)(now - parent->started_at));
	sl_buf_add_json(out, sl_slice_str(parent->settings_path));
	sl_buf_addf(out, ",\"reloads\":%u,\"restarts\":%u,\"helper_restarts\":%u,\"vault_restarts\":%u,\"courier_restarts\":%u,\"tenants\":%zu,\"listen\":[",
	    parent->reloads, parent->restarts, parent->helper_restarts,
	    parent->vault.restarts, parent->courier.child.restarts, parent->settings == NULL ? 0 : parent->settings->tenants_len);
	for (size_t i = 0; i < parent->bound_len; i++) {
		sl_buf_add_str(out, i > 0 ? "," : "");
		sl_buf_add_json(out, sl_slice_str(parent->bound[i].text));
	}
	sl_buf_addf(out, "]");
	if (parent->settings != NULL)
		vault_status(parent, out);
	console_status(parent, out);
	sl_buf_add_str(out, ",\"total\":");
	add_total(parent, out);
	add_courier(parent, now, out);
	add_drift(parent, out);
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
	sl_timer_clear(&client->stall);
	sl_watch_fini(&client->watch);
	sl_ipc_free(&client->ipc);
}

static void
on_stall(void *ctx)
{
	client_close(ctx);
}

/* Nobody waits for one that reads slowly, nor does he say anything more before he has read it. */
static void
client_wait(struct client *client)
{
	bool waits = sl_ipc_pending(client->ipc) > 0;

	sl_watch_want(&client->watch, waits ? SL_WRITE : SL_READ);
	if (waits)
		sl_timer_set(&client->stall, STALL_MS);
	else
		sl_timer_clear(&client->stall);
}

/* One that has gone is noticed by its channel. */
static void
say(struct client *client, enum sl_ipc_type type, struct sl_slice payload, int fd)
{
	if (sl_ipc_post(client->ipc, type, payload, &fd, fd >= 0 ? 1 : 0) != 0)
		sl_log(SL_LOG_DEBUG, "who asked at the control socket has gone");
	client_wait(client);
}

/* Who may ask for the status may speak to the vault: this socket's permissions say who. */
static void
give_vault(struct client *client)
{
	int fd = vault_connect_control(client->control->parent);

	say(client, SL_IPC_VAULT, sl_slice(NULL, 0), fd);
	if (fd >= 0)
		close(fd);
}

static void
give_courier(struct client *client)
{
	int fd = courier_connect(client->control->parent, SL_COURIER_CONTROL);

	say(client, SL_IPC_COURIER, sl_slice(NULL, 0), fd);
	if (fd >= 0)
		close(fd);
}

static void
answer_no(struct client *client, const char *why)
{
	const struct sl_corrected no = { .why = sl_slice_str(why) };
	struct sl_buf out;

	sl_buf_init(&out, 4096);
	sl_pack_u32(&out, 0);
	sl_corrected_pack(&no, &out);
	say(client, SL_IPC_CORRECTED, sl_buf_slice(&out), -1);
	sl_buf_fini(&out);
}

/* To some edge: what they remember is shared. What it says is not looked at here. */
uint32_t
control_correct(struct parent *parent, struct sl_slice payload)
{
	struct sl_buf out;
	bool sent = false;

	if (payload.len < sizeof(uint32_t))
		return 0;
	if (++parent->tickets == 0)
		parent->tickets = 1;
	sl_buf_init(&out, SL_CORRECTION_MAX);
	sl_pack_u32(&out, parent->tickets);
	sl_buf_add_slice(&out, sl_slice_from(payload, sizeof(uint32_t)));
	for (unsigned i = 0; i < parent->edges_len && !sent; i++)
		sent = parent->edges[i].ready && parent->edges[i].ipc != NULL &&
		    sl_ipc_send(parent->edges[i].ipc, SL_IPC_CORRECT, sl_buf_slice(&out), NULL, 0) == 0;
	sl_buf_fini(&out);
	return sent ? parent->tickets : 0;
}

static void
pass_on(struct client *client, struct sl_slice payload)
{
	if (payload.len < sizeof(uint32_t) || client->ticket != 0) {
		answer_no(client, "one correction after the other");
		return;
	}
	client->ticket = control_correct(client->control->parent, payload);
	if (client->ticket == 0)
		answer_no(client, "no edge is there to hear it");
}

void
control_corrected(struct parent *parent, struct sl_slice payload)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t ticket = sl_unpack_u32(&in);

	if (console_corrected(parent, ticket, payload))
		return;
	for (size_t i = 0; i < CLIENTS_MAX && parent->control != NULL && ticket != 0; i++) {
		struct client *client = &parent->control->clients[i];

		if (client->ipc == NULL || client->ticket != ticket)
			continue;
		client->ticket = 0;
		say(client, SL_IPC_CORRECTED, payload, -1);
		return;
	}
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct client *client = ctx;
	struct sl_buf out;

	if (message->type == SL_IPC_CORRECT) {
		pass_on(client, message->payload);
		return;
	}
	if (message->type == SL_IPC_VAULT_REQUEST) {
		give_vault(client);
		return;
	}
	if (message->type == SL_IPC_COURIER_REQUEST) {
		give_courier(client);
		return;
	}
	sl_buf_init(&out, STATUS_MAX);
	control_status(client->control->parent, &out);
	say(client, SL_IPC_STATUS, sl_buf_slice(&out), -1);
	sl_buf_fini(&out);
}

static void
on_client(void *ctx, unsigned events)
{
	struct client *client = ctx;
	int r = (events & SL_WRITE) != 0 ? sl_ipc_flush(client->ipc) : SL_MORE;

	if (r >= 0 && (events & SL_READ) != 0)
		r = sl_ipc_read(client->ipc, on_message, client);
	if (r < 0)
		client_close(client);
	else
		client_wait(client);
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
		client->ipc = sl_ipc_new(fd, SL_IPC_BIT(STATUS_REQUEST) | SL_IPC_BIT(CORRECT) | SL_IPC_BIT(VAULT_REQUEST) |
		    SL_IPC_BIT(COURIER_REQUEST));
		client->ticket = 0;
		sl_timer_init(&client->stall, control->parent->loop, on_stall, client);
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
