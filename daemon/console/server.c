/*
 * server.c - see server.h
 *
 * Anybody may connect: who it is the kernel says (SO_PEERCRED), and the name of that user is the account whose grants
 * count. One request at a time. Nobody waits for a client that reads its answer slowly; one that takes nothing for long is dropped.
 */

#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deeds.h"
#include "file.h"
#include "forwards.h"
#include "hosts.h"
#include "io/loop.h"
#include "ipc/console.h"
#include "job.h"
#include "keeper.h"
#include "publisher.h"
#include "records.h"
#include "reports.h"
#include "sl/log.h"
#include "store/approvals.h"
#include "store/grants.h"
#include "store/lists.h"
#include "store/tree.h"

#define CLIENTS_MAX	32
#define CLIENTS_OF_ONE	8	/* so that no user can take all, but root */
#define TIDY_MS		(600u * 1000)	/* how often what has expired is removed */
#define STALL_MS	600000u	/* of one that takes nothing of its answer */
#define TAKE_OVER_MS	5000	/* until it is tried again */
#define SEEN_MAX	10000	/* addresses of one message */

struct client {
	struct server	*server;
	struct sl_ipc	*ipc;		/* NULL: free */
	struct sl_watch	 watch;
	struct sl_timer	 stall;		/* it takes nothing */
	struct asker	 asker;
	struct keeper	 keeper;
	bool		 wrong;		/* he said what he may not */
	uid_t		 uid;
	char		 account[256];
};

struct server {
	struct console	 console;
	const struct place *place;
	struct sl_loop	*loop;
	int		 fd;
	struct sl_watch	 watch, parent_watch;
	struct sl_signal signals[2];
	struct sl_timer	 tidy;
	struct sl_clock	 clock;		/* the system's, ahead in tests */
	struct ways	*ways;		/* NULL: no parent, or nothing is kept */
	struct deeds	*deeds;
	struct forwards	*forwards;
	uint32_t	 published;
	struct sl_timer	 take_over;	/* the settings' tenants are still to be taken over */
	char		*settings_path;
	struct client	 clients[CLIENTS_MAX];
};

/* ---- clients ---- */

static void
client_close(struct client *client)
{
	if (client->asker.number != 0 && client->asker.cancel != NULL)
		client->asker.cancel(&client->server->console, client->asker.cancelled);
	else if (client->asker.number != 0)
		publisher_forget(client->server->console.publisher, client->asker.number);
	keeper_fini(&client->keeper);
	client->asker = (struct asker){ 0 };
	sl_timer_clear(&client->stall);
	sl_watch_fini(&client->watch);
	sl_ipc_free(&client->ipc);
}

/* What it was told goes out as it takes it, and until then it says nothing more. */
static void
client_wait(struct client *client)
{
	bool waits = sl_ipc_pending(client->ipc) > 0;

	sl_watch_want(&client->watch, waits ? SL_WRITE : SL_READ);
	if (!waits)
		sl_timer_clear(&client->stall);
	else if (!sl_timer_is_set(&client->stall))
		sl_timer_set(&client->stall, STALL_MS);
}

static void
on_stall(void *ctx)
{
	struct client *client = ctx;

	sl_log(SL_LOG_NOTICE, "%s does not take the answer", client->account);
	client_close(client);
}

static void
send_reply(struct client *client, json_t *reply, const int *fds, size_t fds_len)
{
	char *text = json_dumps(reply, JSON_COMPACT);

	SL_ASSERT(text != NULL);
	if (strlen(text) > SL_IPC_PAYLOAD_MAX) {
		free(text);
		text = strdup("{\"ok\":false,\"error\":\"the answer is too long\"}");
		SL_ASSERT(text != NULL);
	}
	if (sl_ipc_post(client->ipc, SL_IPC_CONSOLE_REPLY, sl_slice_str(text), fds, fds_len) != 0)
		sl_log(SL_LOG_DEBUG, "%s has gone before the answer", client->account);
	free(text);
	json_decref(reply);
}

/* What he was waiting for. */
static void
on_answer(void *ctx, json_t *reply, const int *fds, size_t fds_len)
{
	struct client *client = ctx;

	client->asker.number = 0;
	send_reply(client, reply, fds, fds_len);
	client_wait(client);
}

static void
on_part(void *ctx, struct sl_slice json, bool last)
{
	struct client *client = ctx;

	if (last)
		client->asker.number = 0;
	if (sl_ipc_post(client->ipc, SL_IPC_CONSOLE_REPLY, json, NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "%s has gone before the answer", client->account);
	client_wait(client);
}

/* The keeper has told it something, or cannot. */
static void
on_said(void *ctx)
{
	struct client *client = ctx;

	client_wait(client);
	if (client->keeper.broken)
		sl_watch_again(&client->watch, SL_READ);	/* it ends from there */
}

/* He wants a way to the vault: the parent makes one. */
static void
on_way_wanted(void *ctx)
{
	struct client *client = ctx;
	struct sl_ipc *parent = client->server->place->parent;

	if (parent == NULL || sl_ipc_send(parent, SL_IPC_VAULT_REQUEST, sl_slice(NULL, 0), NULL, 0) != 0)
		keeper_way(&client->keeper, -1);
}

/* Channels to the vault are alike: of those who have asked for one, clients are served before our own (ways.h). */
static bool
is_way_wanted(const struct server *server)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i].ipc != NULL && server->clients[i].keeper.wanted)
			return true;
	return false;
}

/* A way, or none: for whoever waits for one. */
static void
on_way(struct server *server, struct sl_ipc_message *message)
{
	int fd = message->fds_len == 1 ? message->fds[0] : -1;

	if (fd >= 0)
		message->fds[0] = -1;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (server->clients[i].ipc != NULL && server->clients[i].keeper.wanted) {
			keeper_way(&server->clients[i].keeper, fd);
			return;
		}
	}
	if (fd >= 0)
		close(fd);		/* he has gone */
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct client *client = ctx;
	json_t *reply;

	if (message->type != SL_IPC_CONSOLE_REQUEST) {
		client->wrong |= !keeper_message(&client->keeper, message->type, message->payload);
		return;
	}
	if (client->asker.number != 0) {	/* one after the other */
		reply = json_pack("{s:b, s:s}", "ok", 0, "error", "the answer before has not come yet");
		SL_ASSERT(reply != NULL);
	} else {
		reply = console_answer(&client->server->console, sl_slice_str(client->account), message->payload,
		    &client->asker);
	}
	if (reply != NULL)
		send_reply(client, reply, NULL, 0);
	console_changed(&client->server->console);
}

static void
on_client(void *ctx, unsigned events)
{
	struct client *client = ctx;
	int r = SL_MORE;

	if ((events & SL_WRITE) != 0 && (r = sl_ipc_flush(client->ipc)) == SL_DONE)
		keeper_resume(&client->keeper);
	else if ((events & SL_WRITE) != 0)
		sl_timer_set(&client->stall, STALL_MS);
	if (r >= 0 && (events & SL_READ) != 0)
		r = sl_ipc_read(client->ipc, on_message, client);
	if (r < 0 || client->wrong || client->keeper.broken)
		client_close(client);
	else
		client_wait(client);
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
		client->asker = (struct asker){ .answer = on_answer, .part = on_part, .ctx = client };
		client->wrong = false;
		client->ipc = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REQUEST) | KEEPER_SAYS);
		keeper_init(&client->keeper, &server->console, server->loop, client->ipc, sl_slice_str(client->account),
		    on_way_wanted, on_said, client);
		sl_timer_init(&client->stall, server->loop, on_stall, client);
		sl_watch_init(&client->watch, server->loop, fd, on_client, client);
		sl_watch_want(&client->watch, SL_READ);
		return;
	}
	close(fd);
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

/* ---- by itself ---- */

/* List entries past their date, and users that were found by mail and have had none for long. */
static void
on_tidy(void *ctx)
{
	static const struct sl_actor actor = { .account = { (const unsigned char *)"console", 7 },
		.note = { (const unsigned char *)"expired", 7 } };
	struct server *server = ctx;
	size_t entries = 0, users = 0;

	if (sl_store_lists_expire(server->console.store, &actor, &entries) != 0 ||
	    sl_store_users_expire(server->console.store, &actor, &users) != 0)
		sl_log(SL_LOG_ERROR, "what has expired is not removed: %s", sl_store_error(server->console.store));
	if (sl_store_approvals_tidy(server->console.store) != 0)
		sl_log(SL_LOG_ERROR, "what was approved long ago is not forgotten: %s", sl_store_error(server->console.store));
	if (entries > 0 || users > 0)
		sl_log(SL_LOG_NOTICE, "%zu list entries and %zu users have expired", entries, users);
	if (server->deeds != NULL)
		deeds_tidy(server->deeds);
	console_changed(&server->console);
	sl_timer_set(&server->tidy, TIDY_MS);
}

static void
on_signal(void *ctx, int number)
{
	struct server *server = ctx;

	sl_log(SL_LOG_NOTICE, "ends");
	sl_loop_stop(server->loop);
}

/* ---- the parent ---- */

static void
on_publish(void *ctx, int whole, int over, const struct sl_console_status *status)
{
	struct server *server = ctx;
	const int fds[] = { whole, over };
	struct sl_buf payload;

	if (server->place->parent == NULL)
		return;
	sl_buf_init(&payload, 4096);
	if (whole >= 0) {
		sl_pack_u32(&payload, ++server->published);
		if (sl_ipc_send(server->place->parent, SL_IPC_SNAPSHOT, sl_buf_slice(&payload), fds, over >= 0 ? 2 : 1) != 0)
			sl_loop_stop(server->loop);
	}
	sl_buf_reset(&payload);
	sl_console_status_pack(status, &payload);
	if (sl_ipc_send(server->place->parent, SL_IPC_CONSOLE_STATUS, sl_buf_slice(&payload), NULL, 0) != 0)
		sl_loop_stop(server->loop);
	sl_buf_fini(&payload);
}

/* Mail for these was accepted by next hops. */
static void
on_seen(struct server *server, struct sl_slice payload)
{
	static const struct sl_actor actor = { .account = { (const unsigned char *)"console", 7 },
		.note = { (const unsigned char *)"mail was accepted", 17 } };
	struct sl_unpack in = { .rest = payload };
	struct sl_slice *addresses = sl_xmalloc(SEEN_MAX * sizeof(*addresses));
	size_t len = 0, added = 0;

	while (in.rest.len > 0 && len < SEEN_MAX) {
		addresses[len] = sl_unpack_bytes(&in);
		len += !in.failed;
		if (in.failed)
			break;
	}
	if (len > 0 && sl_store_users_seen(server->console.store, &actor, addresses, len, &added) != 0)
		sl_log(SL_LOG_ERROR, "users that mail was accepted for: %s", sl_store_error(server->console.store));
	sl_free(addresses);
	if (added > 0)
		console_changed(&server->console);
}

/* ---- the vault and the courier: digests, and what is asked for by mail ---- */

static int64_t
on_wall(void *ctx)
{
	const struct server *server = ctx;

	return sl_clock_system.wall_us(NULL) + server->place->ahead_s * 1000000;
}

static void
on_request(void *ctx, bool courier)
{
	struct server *server = ctx;

	if (sl_ipc_send(server->place->parent, courier ? SL_IPC_COURIER_REQUEST : SL_IPC_VAULT_REQUEST, sl_slice(NULL, 0), NULL, 0) != 0)
		sl_loop_stop(server->loop);
}

static bool
on_settled(void *ctx, const struct sl_courier_settled *settled)
{
	struct server *server = ctx;

	return deeds_settled(server->deeds, settled);
}

/* What a report teaches. */
static bool
on_correct(void *ctx, struct sl_slice payload)
{
	struct server *server = ctx;

	return sl_ipc_send(server->place->parent, SL_IPC_CORRECT, payload, NULL, 0) == 0;
}

static void
keeping_begin(struct server *server, struct sl_slice hostname)
{
	if (server->ways != NULL)
		return;
	server->ways = ways_new(&(struct ways_options){ .loop = server->loop, .request = on_request, .settled = on_settled, .ctx = server });
	server->console.agenda = agenda_new(server->loop, &server->console);
	server->console.digests = digests_new(&(struct digests_options){ .loop = server->loop, .console = &server->console,
		.ways = server->ways, .agenda = server->console.agenda, .hostname = hostname, .spread_s = server->place->spread_s });
	server->deeds = deeds_new(&(struct deeds_options){ .loop = server->loop, .console = &server->console, .ways = server->ways,
		.digests = server->console.digests, .correct = on_correct, .ctx = server });
	server->console.reports = reports_new(&(struct reports_options){ .loop = server->loop, .console = &server->console,
		.ways = server->ways, .agenda = server->console.agenda, .digests = server->console.digests,
		.spread_s = server->place->spread_s });
	ways_begin(server->ways);
}

static void
keeping_end(struct server *server)
{
	reports_free(&server->console.reports);
	deeds_free(&server->deeds);
	digests_free(&server->console.digests);
	agenda_free(&server->console.agenda);
	ways_free(&server->ways);
}

/* What the sender of mail to an action address hears. */
static void
on_action(void *ctx, uint32_t edge, const struct sl_digest_response *response)
{
	struct server *server = ctx;
	struct sl_buf answer;

	sl_buf_init(&answer, SL_DIGEST_RESPONSE_MAX);
	sl_pack_u32(&answer, edge);
	sl_digest_response_pack(response, &answer);
	if (answer.overflow || sl_ipc_send(server->place->parent, SL_IPC_COMMANDED, sl_buf_slice(&answer), NULL, 0) != 0)
		sl_loop_stop(server->loop);
	sl_buf_fini(&answer);
}

/* Mail to an action address. Without an answer the edge defers it. */
static void
on_command(struct server *server, struct sl_slice payload)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t edge = sl_unpack_u32(&in);
	struct sl_digest_request request;
	struct sl_digest_response response;

	if (in.failed || sl_digest_request_unpack(in.rest, &request) != 0)
		return;
	if (request.is_report) {
		forwards_command(server->forwards, edge, &request);
	} else if (server->deeds != NULL) {
		deeds_command(server->deeds, &request, &response);
		on_action(server, edge, &response);
	}
}

static void
on_told(struct server *server, const struct sl_console_told *told)
{
	server->console.two_persons = told->two_persons;
	server->console.keeps = told->keeps;	/* the place is the one that it was started with */
	sl_free(server->settings_path);
	server->settings_path = sl_xmemdup(told->file.ptr, told->file.len);
	server->console.settings_path = server->settings_path;
	if (told->keeps)
		keeping_begin(server, told->hostname);
	if (server->console.digests != NULL)
		digests_use_hostname(server->console.digests, told->hostname);
}

static void
on_take_over(void *ctx)
{
	struct server *server = ctx;

	if (file_take_over(&server->console, server->console.settings, server->console.settings_path) == 0)
		return;
	sl_log(SL_LOG_ERROR, "the settings file's tenants are not taken over, it is tried again: %s", sl_store_error(server->console.store));
	sl_timer_set(&server->take_over, TAKE_OVER_MS);
}

static void
on_settings(struct server *server, struct sl_slice payload)
{
	struct sl_unpack in = { .rest = payload };
	struct sl_settings *settings = NULL;

	(void)sl_unpack_u32(&in);	/* what comes with it, and a key: nothing, here */
	(void)sl_unpack_bytes(&in);
	if (sl_settings_unpack(sl_unpack_bytes(&in), &settings) != 0 || in.failed) {
		sl_log(SL_LOG_ERROR, "the settings are not understood");
		sl_settings_unref(&settings);
		return;
	}
	sl_settings_unref(&server->console.settings);
	server->console.settings = settings;
	on_take_over(server);
}

static void
on_joined(struct server *server, struct sl_ipc_message *message)
{
	if (server->ways == NULL || message->fds_len != 1)
		return;
	ways_joined(server->ways, message->type == SL_IPC_COURIER, message->fds[0]);
	message->fds[0] = -1;
}

static void
on_parent_message(void *ctx, struct sl_ipc_message *message)
{
	struct server *server = ctx;
	struct sl_console_told told;

	if (message->type == SL_IPC_STOP)
		sl_loop_stop(server->loop);
	else if (message->type == SL_IPC_CONSOLE_SETTINGS && sl_console_told_unpack(message->payload, &told) == 0)
		on_told(server, &told);
	else if (message->type == SL_IPC_SETTINGS)
		on_settings(server, message->payload);
	else if (message->type == SL_IPC_COMMAND)
		on_command(server, message->payload);
	else if (message->type == SL_IPC_CORRECTED && server->deeds != NULL)
		deeds_corrected(server->deeds, message->payload);
	else if (message->type == SL_IPC_VAULT && is_way_wanted(server))
		on_way(server, message);
	else if (message->type == SL_IPC_VAULT || message->type == SL_IPC_COURIER)
		on_joined(server, message);
	else if (message->type == SL_IPC_USERS_SEEN)
		on_seen(server, message->payload);
}

static void
on_parent(void *ctx, unsigned events)
{
	struct server *server = ctx;

	if (sl_ipc_read(server->place->parent, on_parent_message, server) < 0)
		sl_loop_stop(server->loop);
}

static void
on_hosts(void *ctx)
{
	struct server *server = ctx;

	publisher_hosts(server->console.publisher);
}

/* ---- processes of its own ---- */

struct children {
	const struct place	*place;
	struct sl_jail_user	 user;
	int			 hosts[2], compiler, reader;
};

/* In a child: what it has no business with is given up. */
static bool
enter(const struct children *c, enum sl_jail_role role)
{
	if (c->place->user == NULL)
		return true;
	return sl_jail_enter_with(role, &c->user, role == SL_JAIL_COMPILER ? c->place->directory : NULL) == 0;
}

static bool
prepare_resolver(void *ctx)
{
	return enter(ctx, SL_JAIL_CHECKER);
}

static bool
prepare_compiler(void *ctx)
{
	const struct children *c = ctx;

	if (c->place->parent != NULL)
		close(sl_ipc_fd(c->place->parent));
	return enter(c, SL_JAIL_COMPILER);
}

static bool
failed(const char *what, const char *path)
{
	sl_log(SL_LOG_FATAL, "%s %s: %s", what, path, strerror(errno));
	return false;
}

/* It has to be his who will use it; a service may be without the right to give it away, where somebody did so before. */
static bool
give_away(const char *directory, const struct sl_jail_user *user)
{
	struct stat st;

	if (!user->change || (stat(directory, &st) == 0 && st.st_uid == user->uid && st.st_gid == user->gid))
		return true;
	return chown(directory, user->uid, user->gid) == 0 || failed("cannot give away", directory);
}

/* The directory is made; those above it must be there: a mistyped path is not made. */
static bool
children_start(struct children *c)
{
	const struct place *place = c->place;

	if (mkdir(place->directory, 0700) != 0 && errno != EEXIST)
		return failed("cannot make", place->directory);
	if (place->user != NULL) {
		int r = sl_jail_user_find(place->user, &c->user);

		if (r != 0) {
			sl_log(SL_LOG_FATAL, "there is no user %s to become: %s", place->user, sl_strerror(r));
			return false;
		}
		if (!give_away(place->directory, &c->user))
			return false;
	}
	if (hosts_start(c->hosts, place->user != NULL, prepare_resolver, c) != 0)
		return failed("cannot make", "a resolver");
	c->compiler = compiler_start(place->directory, place->database, prepare_compiler, c);
	if (c->compiler < 0)
		return failed("cannot make", "a compiler");
	if (place->records == NULL || *place->records == '\0')
		return true;
	(void)mkdir(place->records, 0700);	/* where nobody here may make it, it is waited for */
	c->reader = records_start(place->records, place->user != NULL);
	return c->reader >= 0 || failed("cannot make", "a reader of records");
}

/* ---- all of it ---- */

static bool
server_open(struct server *server, struct children *children)
{
	const struct place *place = server->place;
	struct sl_store_options options = { .path = place->database };
	char account[256];

	if (!children_start(children))
		return false;
	server->fd = socket_listen(place->socket);
	account_of(geteuid(), account);		/* what tells users' names is loaded before the door closes */
	if (server->fd < 0 || (place->user != NULL && sl_jail_enter_with(SL_JAIL_CONSOLE, &children->user, place->directory) != 0))
		return false;
	if (sl_store_open(&options, &server->console.store) == 0 && first_operator(server->console.store) == 0)
		return true;
	sl_log(SL_LOG_FATAL, "%s", sl_store_error(server->console.store));
	return false;
}

static void
server_begin(struct server *server, const struct children *children)
{
	const struct publisher_options options = { .loop = server->loop, .store = server->console.store,
		.directory = server->place->directory, .compiler_fd = children->compiler, .publish = on_publish, .ctx = server };

	sl_watch_init(&server->watch, server->loop, server->fd, on_connect, server);
	sl_watch_want(&server->watch, SL_READ);
	sl_timer_init(&server->tidy, server->loop, on_tidy, server);
	sl_timer_init(&server->take_over, server->loop, on_take_over, server);
	server->console.publisher = publisher_new(&options);
	server->console.records = records_new(server->loop, children->reader);
	server->forwards = forwards_new(&(struct forwards_options){ .store = server->console.store, .records = server->console.records,
		.clock = &server->clock, .answer = on_action, .ctx = server });
	server->console.hosts = hosts_new(server->loop, server->console.store, server->place->directory, children->hosts,
	    on_hosts, server);
	if (server->place->parent != NULL) {
		sl_watch_init(&server->parent_watch, server->loop, sl_ipc_fd(server->place->parent), on_parent, server);
		sl_watch_want(&server->parent_watch, SL_READ);
		if (sl_ipc_send(server->place->parent, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0) != 0)
			sl_loop_stop(server->loop);
	} else {
		sl_signal_init(&server->signals[0], server->loop, SIGTERM, on_signal, server);
		sl_signal_init(&server->signals[1], server->loop, SIGINT, on_signal, server);
	}
	publisher_use_hosts(server->console.publisher, server->console.hosts);
	if (server->place->parent != NULL && server->place->keeps)
		keeping_begin(server, sl_slice_str(server->place->hostname));
	on_tidy(server);
}

static void
server_end(struct server *server)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i].ipc != NULL)
			client_close(&server->clients[i]);
	keeping_end(server);
	forwards_free(&server->forwards);
	records_free(&server->console.records);
	publisher_free(&server->console.publisher);
	hosts_free(&server->console.hosts);
	sl_timer_clear(&server->tidy);
	sl_timer_clear(&server->take_over);
	sl_settings_unref(&server->console.settings);
	sl_watch_fini(&server->watch);
	sl_watch_fini(&server->parent_watch);
	if (server->place->parent == NULL) {
		sl_signal_fini(&server->signals[0]);
		sl_signal_fini(&server->signals[1]);
	}
}

int
server_run(const struct place *place)
{
	struct server *server = sl_xzalloc(sizeof(*server));
	struct children children = { .place = place, .hosts = { -1, -1 }, .compiler = -1, .reader = -1 };
	int status = 1;

	signal(SIGPIPE, SIG_IGN);
	server->place = place;
	server->fd = -1;
	server->console.keeps = place->keeps;
	server->console.two_persons = place->two_persons;
	server->settings_path = sl_xstrdup(place->settings_path != NULL ? place->settings_path : "");
	server->console.settings_path = server->settings_path;
	server->clock = (struct sl_clock){ .wall_us = on_wall, .ctx = server };
	server->console.clock = &server->clock;
	server->console.directory = place->user != NULL ? place->directory : NULL;
	if (server_open(server, &children)) {
		server->loop = sl_loop_new(&sl_clock_system);
		server_begin(server, &children);
		sl_log(SL_LOG_NOTICE, "answers at %s", place->socket);
		sl_loop_run(server->loop);
		server_end(server);
		sl_loop_free(&server->loop);
		status = 0;
	} else {
		const int fds[] = { children.hosts[0], children.hosts[1], children.compiler, children.reader };

		for (size_t i = 0; i < SL_COUNT(fds); i++)
			if (fds[i] >= 0)
				close(fds[i]);
	}
	if (server->console.store != NULL)
		sl_store_close(&server->console.store);
	if (server->fd >= 0) {
		close(server->fd);
		(void)unlink(place->socket);	/* in a jail the parent does it */
	}
	sl_free(server->settings_path);
	sl_free(server);
	return status;
}
