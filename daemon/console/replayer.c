/* replayer.c - see replayer.h */

#include "replayer.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aside.h"
#include "sl/log.h"

#define NICE	5		/* mail comes first */
#define FDS_MAX	4

/* ---- questions ---- */

void
replay_question_pack(const struct replay_question *q, struct sl_buf *out)
{
	SL_ASSERT(q->tenants_len <= REPLAY_TENANTS_MAX);
	sl_pack_u64(out, (uint64_t)q->since_us);
	sl_pack_u32(out, q->limit);
	sl_pack_u32(out, q->doubted);
	sl_pack_u32(out, q->has_over);
	sl_pack_u32(out, q->changed_is_over);
	sl_pack_u32(out, q->everybody);
	sl_pack_u32(out, (uint32_t)q->tenants_len);
	for (size_t i = 0; i < q->tenants_len; i++)
		sl_pack_u64(out, (uint64_t)q->tenants[i]);
	sl_pack_bytes(out, q->tenant);
	sl_pack_bytes(out, q->text);
	sl_pack_bytes(out, q->lists);
}

int
replay_question_unpack(struct sl_slice payload, struct replay_question *q)
{
	struct sl_unpack in = { .rest = payload };
	int64_t *tenants;
	uint32_t len;

	*q = (struct replay_question){ .since_us = (int64_t)sl_unpack_u64(&in) };
	q->limit = sl_unpack_u32(&in);
	q->doubted = sl_unpack_u32(&in) != 0;
	q->has_over = sl_unpack_u32(&in) != 0;
	q->changed_is_over = sl_unpack_u32(&in) != 0;
	q->everybody = sl_unpack_u32(&in) != 0;
	len = sl_unpack_u32(&in);
	if (in.failed || len > REPLAY_TENANTS_MAX || len > in.rest.len / 8)
		return SL_ERR_SYNTAX;
	tenants = sl_xzalloc(SL_MAX(len, 1u) * sizeof(*tenants));
	for (uint32_t i = 0; i < len; i++)
		tenants[i] = (int64_t)sl_unpack_u64(&in);
	q->tenants = tenants;
	q->tenants_len = len;
	q->tenant = sl_unpack_bytes(&in);
	q->text = sl_unpack_bytes(&in);
	q->lists = sl_unpack_bytes(&in);
	if (!in.failed && in.rest.len == 0)
		return 0;
	sl_free(tenants);
	q->tenants = NULL;
	return SL_ERR_SYNTAX;
}

/* ---- the process ---- */

struct server {
	struct sl_ipc	*ipc;
	const char	*directory;
};

static void
child(const struct server *server, struct sl_ipc_message *message)
{
	struct sl_ipc *out = sl_ipc_new(message->fds[0], 0);
	struct replay_question question;

	(void)setpriority(PRIO_PROCESS, 0, NICE);
	if (replay_question_unpack(message->payload, &question) == 0)
		replay_run(server->directory, &question, message->fds + 1, message->fds_len - 1, out);
	_exit(0);		/* what it holds goes with it */
}

static void
on_question(void *ctx, struct sl_ipc_message *message)
{
	pid_t pid;

	if (message->fds_len < 3)
		return;
	pid = fork();
	if (pid == 0)
		child(ctx, message);
	if (pid < 0)		/* the channel closes: the console hears that */
		sl_log(SL_LOG_ERROR, "the replayer cannot make a process");
}

static void
work(int fd, void *ctx)
{
	struct server *server = ctx;

	server->ipc = sl_ipc_new(fd, SL_IPC_BIT(COMPILE));
	while (sl_ipc_wait(server->ipc, -1, on_question, server) == SL_DONE)
		continue;
}

int
replayer_start(const char *directory, bool (*prepare)(void *ctx), void *ctx)
{
	struct server server = { .directory = directory };
	const struct aside aside = { "sluice-replay", prepare, ctx, work, &server };

	return aside_start(&aside);
}

/* ---- the console's side ---- */

struct replay {
	struct replayer	*replayer;
	struct sl_ipc	*ipc;		/* NULL: none */
	struct sl_watch	 watch;
	uint64_t	 number;
	replayer_heard	*heard;
	void		*ctx;
	bool		 answered;
};

struct replayer {
	struct sl_loop	*loop;
	struct sl_ipc	*ipc;
	uint64_t	 numbers;
	struct replay	 replays[REPLAYS_MAX];
};

struct replayer *
replayer_new(struct sl_loop *loop, int fd)
{
	struct replayer *r = sl_xzalloc(sizeof(*r));

	r->loop = loop;
	r->ipc = sl_ipc_new(fd, 0);
	return r;
}

static void
end(struct replay *replay)
{
	if (replay->ipc == NULL)
		return;
	sl_watch_fini(&replay->watch);
	sl_ipc_free(&replay->ipc);	/* its process cannot tell any more, and ends */
}

void
replayer_free(struct replayer **replayer)
{
	if (*replayer == NULL)
		return;
	for (size_t i = 0; i < REPLAYS_MAX; i++)
		end(&(*replayer)->replays[i]);
	sl_ipc_free(&(*replayer)->ipc);
	sl_free(*replayer);
	*replayer = NULL;
}

static bool
is_last(struct sl_slice json)
{
	static const char head[] = "{\"progress\":";

	return json.len < strlen(head) || memcmp(json.ptr, head, strlen(head)) != 0;
}

static void
on_part(void *ctx, struct sl_ipc_message *message)
{
	struct replay *replay = ctx;

	if (replay->answered || replay->heard == NULL)
		return;
	replay->answered = is_last(message->payload);
	replay->heard(replay->ctx, message->payload, replay->answered);
}

static void
on_replay(void *ctx, unsigned events)
{
	struct replay *replay = ctx;

	if (sl_ipc_read(replay->ipc, on_part, replay) >= 0 && !replay->answered && replay->heard != NULL)
		return;
	if (!replay->answered && replay->heard != NULL)
		replay->heard(replay->ctx, sl_slice("", 0), true);
	end(replay);
}

static bool
begin(struct replayer *r, struct replay *replay, const struct replay_question *question, const int *fds, size_t fds_len)
{
	int pair[2], sent[FDS_MAX], result;
	struct sl_buf payload;

	if (fds_len + 1 > FDS_MAX || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	sl_buf_init(&payload, 4u << 20);
	replay_question_pack(question, &payload);
	sent[0] = pair[1];
	memcpy(sent + 1, fds, fds_len * sizeof(*fds));
	result = payload.overflow ? SL_ERR_TOO_LONG : sl_ipc_send(r->ipc, SL_IPC_COMPILE, sl_buf_slice(&payload), sent, fds_len + 1);
	sl_buf_fini(&payload);
	close(pair[1]);
	if (result != 0) {
		sl_log(SL_LOG_ERROR, "the replayer does not take a question: %s", sl_strerror(result));
		close(pair[0]);
		return false;
	}
	replay->replayer = r;
	replay->ipc = sl_ipc_new(pair[0], SL_IPC_BIT(CONSOLE_REPLY));
	sl_watch_init(&replay->watch, r->loop, pair[0], on_replay, replay);
	sl_watch_want(&replay->watch, SL_READ);
	return true;
}

uint64_t
replayer_ask(struct replayer *r, const struct replay_question *question, const int *fds, size_t fds_len, replayer_heard *heard,
    void *ctx)
{
	for (size_t i = 0; i < REPLAYS_MAX; i++) {
		struct replay *replay = &r->replays[i];

		if (replay->ipc != NULL)
			continue;
		*replay = (struct replay){ .number = ++r->numbers, .heard = heard, .ctx = ctx };
		return begin(r, replay, question, fds, fds_len) ? replay->number : 0;
	}
	return 0;
}

void
replayer_forget(struct replayer *r, uint64_t number)
{
	for (size_t i = 0; i < REPLAYS_MAX; i++)
		if (r->replays[i].number == number)
			end(&r->replays[i]);
}
