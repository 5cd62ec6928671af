/*
 * server.c - a Unix socket by which users of this machine ask; see console.h
 *
 * Anybody may connect: who it is the kernel says (SO_PEERCRED), and the name of that user is the account whose grants
 * count. One request at a time; a client that does not read its answer is dropped.
 */

#include "console.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/loop.h"
#include "ipc/ipc.h"
#include "sl/log.h"
#include "store/grants.h"
#include "store/lists.h"
#include "store/tree.h"

#define CLIENTS_MAX	32
#define CLIENTS_OF_ONE	8	/* so that no user can take all, but root */
#define TIDY_MS		(600u * 1000)	/* how often what has expired is removed */
#define STALL_MS	2000	/* a reader of a long answer may take so long a piece */

struct client {
	struct server	*server;
	struct sl_ipc	*ipc;		/* NULL: free */
	struct sl_watch	 watch;
	uid_t		 uid;
	char		 account[256];
};

struct server {
	struct sl_store	*store;
	struct sl_loop	*loop;
	int		 fd;
	struct sl_watch	 watch;
	struct sl_signal signals[2];
	struct sl_timer	 tidy;
	struct client	 clients[CLIENTS_MAX];
};

static void
account_of(uid_t uid, char out[256])
{
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		snprintf(out, 256, "%.255s", user->pw_name);
	else
		snprintf(out, 256, "uid-%lu", (unsigned long)uid);
}

/* ---- clients ---- */

static void
client_close(struct client *client)
{
	sl_watch_fini(&client->watch);
	sl_ipc_free(&client->ipc);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct client *client = ctx;
	json_t *reply = console_answer(client->server->store, sl_slice_str(client->account), message->payload);
	char *text = json_dumps(reply, JSON_COMPACT);

	SL_ASSERT(text != NULL);
	if (strlen(text) > SL_IPC_PAYLOAD_MAX) {
		free(text);
		text = strdup("{\"ok\":false,\"error\":\"the answer is too long\"}");
		SL_ASSERT(text != NULL);
	}
	if (sl_ipc_send(client->ipc, SL_IPC_CONSOLE_REPLY, sl_slice_str(text), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "%s has gone before the answer", client->account);
	free(text);
	json_decref(reply);
}

static void
on_client(void *ctx, unsigned events)
{
	struct client *client = ctx;

	if (sl_ipc_read(client->ipc, on_message, client) < 0)
		client_close(client);
}

static bool
has_enough(const struct server *server, const struct ucred *peer)
{
	size_t open = 0;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		open += server->clients[i].ipc != NULL && server->clients[i].uid == peer->uid;
	return peer->uid != 0 && open >= CLIENTS_OF_ONE;
}

static void
on_connect(void *ctx, unsigned events)
{
	struct server *server = ctx;
	int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client->ipc != NULL)
			continue;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || has_enough(server, &peer))
			break;
		client->server = server;
		client->uid = peer.uid;
		account_of(peer.uid, client->account);
		client->ipc = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REQUEST));
		sl_ipc_set_stall(client->ipc, STALL_MS);
		sl_watch_init(&client->watch, server->loop, fd, on_client, client);
		sl_watch_want(&client->watch, SL_READ);
		return;
	}
	close(fd);
}

/* ---- the socket ---- */

static bool
in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return used;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		sl_log(SL_LOG_FATAL, "%s is too long for a Unix socket", path);
		return -1;
	}
	strcpy(address.sun_path, path);
	if (in_use(&address)) {
		sl_log(SL_LOG_FATAL, "another console answers at %s", path);
		return -1;
	}
	(void)unlink(path);	/* left from a crash */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mask = umask(0111);
	r = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r == 0 && listen(fd, 16) == 0)
		return fd;
	sl_log(SL_LOG_FATAL, "cannot listen on %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- the first operator ---- */

static int
count_operator(void *ctx, const struct sl_grant_row *row)
{
	*(int *)ctx += row->role == SL_ROLE_OPERATOR;
	return 0;
}

/* A new database has no accounts: who runs it, and root, operate it. */
static int
first_operator(struct sl_store *store)
{
	struct sl_actor actor = { .account = SL_SLICE_LIT("console"), .note = SL_SLICE_LIT("the first start") };
	char account[256];
	int operators = 0, r;

	r = sl_store_grants_at(store, SL_NODE_OPERATOR, count_operator, &operators);
	if (r != 0 || operators > 0)
		return r;
	account_of(geteuid(), account);
	r = sl_store_grant_add(store, &actor, sl_slice_str(account), SL_ROLE_OPERATOR, SL_NODE_OPERATOR);
	if (r == 0 && geteuid() != 0)
		r = sl_store_grant_add(store, &actor, SL_SLICE_LIT("root"), SL_ROLE_OPERATOR, SL_NODE_OPERATOR);
	return r;
}

/* List entries past their date, and users that were found by mail and have had none for long. */
static void
on_tidy(void *ctx)
{
	static const struct sl_actor actor = { .account = { (const unsigned char *)"console", 7 },
		.note = { (const unsigned char *)"expired", 7 } };
	struct server *server = ctx;
	size_t entries = 0, users = 0;

	if (sl_store_lists_expire(server->store, &actor, &entries) != 0 ||
	    sl_store_users_expire(server->store, &actor, &users) != 0)
		sl_log(SL_LOG_ERROR, "what has expired is not removed: %s", sl_store_error(server->store));
	if (entries > 0 || users > 0)
		sl_log(SL_LOG_NOTICE, "%zu list entries and %zu users have expired", entries, users);
	sl_timer_set(&server->tidy, TIDY_MS);
}

static void
on_signal(void *ctx, int number)
{
	struct server *server = ctx;

	sl_log(SL_LOG_NOTICE, "ends");
	sl_loop_stop(server->loop);
}

int
server_run(struct sl_store *store, const char *path)
{
	struct server *server = sl_xzalloc(sizeof(*server));
	int r = first_operator(store);

	if (r != 0)
		sl_log(SL_LOG_FATAL, "%s", sl_store_error(store));
	server->store = store;
	server->fd = r == 0 ? listen_at(path) : -1;
	if (server->fd < 0) {
		sl_free(server);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	server->loop = sl_loop_new(&sl_clock_system);
	sl_watch_init(&server->watch, server->loop, server->fd, on_connect, server);
	sl_watch_want(&server->watch, SL_READ);
	sl_signal_init(&server->signals[0], server->loop, SIGTERM, on_signal, server);
	sl_signal_init(&server->signals[1], server->loop, SIGINT, on_signal, server);
	sl_timer_init(&server->tidy, server->loop, on_tidy, server);
	on_tidy(server);
	sl_log(SL_LOG_NOTICE, "answers at %s", path);
	sl_loop_run(server->loop);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i].ipc != NULL)
			client_close(&server->clients[i]);
	sl_timer_clear(&server->tidy);
	sl_watch_fini(&server->watch);
	sl_signal_fini(&server->signals[0]);
	sl_signal_fini(&server->signals[1]);
	close(server->fd);
	(void)unlink(path);
	sl_loop_free(&server->loop);
	sl_free(server);
	return 0;
}
