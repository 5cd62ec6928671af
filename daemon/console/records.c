/* records.c - the console's side of records.h; records_run.c has the processes */

#include "records.h"

#include <sys/socket.h>
#include <unistd.h>

#include "sl/log.h"

#define FDS_MAX	4

struct count {
	struct count		*next;
	struct records		*reader;
	struct sl_ipc		*ipc;		/* NULL: it is not being asked */
	struct sl_watch		 watch;
	struct sl_timer		 timer;		/* while it is asked: its end; else when it is to be asked */
	struct sl_buf		 payload;
	struct sl_report_counts	 counts;
	unsigned		 tries;
	uint64_t		 until_us;	/* how long it waits for a reader */
	bool			 answered;
	records_counted		*done;
	void			*ctx;
};

/* A question whose answer is told as it comes. */
struct asked {
	struct sl_ipc	*ipc;		/* NULL: none */
	struct sl_watch	 watch;
	uint64_t	 number, who;
	records_heard	*heard;
	void		*ctx;
	bool		 answered;
};

enum state {
	UNKNOWN,	/* the maker will say */
	NONE,		/* there is no directory, for now */
	READY,		/* `ipc` is a way to a reader */
};

struct records {
	struct sl_loop	*loop;
	struct sl_ipc	*maker, *ipc;	/* each NULL: it is not there */
	struct sl_watch	 maker_watch, watch;
	enum state	 state;
	uint32_t	 id;
	struct count	*counts, **end;	/* in the order they were asked for */
	size_t		 counting;	/* of them, at once */
	uint64_t	 number, asked_number;
	struct asked	 replays[RECORDS_REPLAYS_MAX], finds[RECORDS_FINDS_MAX], traces[RECORDS_TRACES_MAX];
};

/* ---- the reader itself ---- */

static void
lost(struct records *r)
{
	if (r->ipc == NULL)
		return;
	sl_watch_fini(&r->watch);
	sl_ipc_free(&r->ipc);
	r->id = 0;
	if (r->state == READY)
		r->state = r->maker != NULL ? UNKNOWN : NONE;
}

/* It says nothing by this channel: there is something to read when it is gone. */
static void
nothing(void *ctx, struct sl_ipc_message *message)
{
}

static void
on_reader(void *ctx, unsigned events)
{
	struct records *r = ctx;

	if (sl_ipc_read(r->ipc, nothing, r) < 0)
		lost(r);
}

static void
on_ready(void *ctx, struct sl_ipc_message *message)
{
	struct records *r = ctx;
	struct sl_unpack in = { .rest = message->payload };

	lost(r);
	r->state = NONE;
	if (message->fds_len == 1) {
		r->state = READY;
		r->id = sl_unpack_u32(&in);
		r->ipc = sl_ipc_new(message->fds[0], 0);
		sl_watch_init(&r->watch, r->loop, message->fds[0], on_reader, r);
		sl_watch_want(&r->watch, SL_READ);
		message->fds[0] = -1;
	}
	for (struct count *c = r->counts; c != NULL; c = c->next)
		if (c->ipc == NULL)
			sl_timer_soon(&c->timer);
}

static void
on_maker(void *ctx, unsigned events)
{
	struct records *r = ctx;

	if (sl_ipc_read(r->maker, on_ready, r) >= 0)
		return;
	sl_log(SL_LOG_ERROR, "who makes the reader of records is gone: should the reader die there is no other until the console is started anew");
	sl_watch_fini(&r->maker_watch);
	sl_ipc_free(&r->maker);
	if (r->state == UNKNOWN)
		r->state = NONE;
}

/* Send a question, with a channel for its answer in front of `fds`. Returns our end, or an SL_ERR_*. */
static int
ask(struct records *r, enum sl_ipc_type type, const struct sl_buf *payload, const int *fds, size_t fds_len)
{
	int pair[2], sent[FDS_MAX], result;

	SL_ASSERT(fds_len + 1 <= FDS_MAX);
	if (r->ipc == NULL)
		return SL_ERR_CLOSED;
	if (payload->overflow)
		return SL_ERR_TOO_LONG;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return SL_ERR_SYSTEM;
	sent[0] = pair[1];
	for (size_t i = 0; i < fds_len; i++)
		sent[i + 1] = fds[i];
	result = sl_ipc_send(r->ipc, type, sl_buf_slice(payload), sent, fds_len + 1);
	close(pair[1]);
	if (result == 0)
		return pair[0];
	close(pair[0]);
	return result;
}

/* ---- numbers ---- */

static void
count_unasked(struct count *c)
{
	if (c->ipc == NULL)
		return;
	sl_watch_fini(&c->watch);
	sl_ipc_free(&c->ipc);	/* its process sees that, and ends */
	c->reader->counting--;
}

static void
count_over(struct count *c, int result)
{
	struct records *r = c->reader;
	struct count **at = &r->counts;

	count_unasked(c);
	sl_timer_clear(&c->timer);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (r->end == &c->next)
		r->end = at;
	for (struct count *next = r->counts; next != NULL; next = next->next)
		if (next->ipc == NULL && !sl_timer_is_set(&next->timer))
			sl_timer_soon(&next->timer);
	if (result != 0)
		c->counts.result = result;
	if (c->done != NULL)
		c->done(c->ctx, &c->counts);
	sl_report_counts_fini(&c->counts);
	sl_buf_fini(&c->payload);
	sl_free(c);
}

/* Its process died, or there was no way to ask. */
static void
count_again(struct count *c)
{
	count_unasked(c);
	if (++c->tries >= RECORDS_TRIES)
		count_over(c, SL_ERR_CLOSED);
	else
		sl_timer_set(&c->timer, RECORDS_AGAIN_MS);
}

static void
on_counted(void *ctx, struct sl_ipc_message *message)
{
	struct count *c = ctx;
	uint64_t number = c->counts.number;

	if (c->answered)
		return;
	c->answered = true;
	if (sl_report_unpack_counts(message->payload, &c->counts) != 0 || c->counts.number != number)
		c->counts.result = SL_ERR_SYNTAX;
}

static void
on_count(void *ctx, unsigned events)
{
	struct count *c = ctx;
	int r = sl_ipc_read(c->ipc, on_counted, c);

	if (c->answered)
		count_over(c, 0);
	else if (r < 0)
		count_again(c);
}

static void
count_begin(struct count *c)
{
	struct records *r = c->reader;
	int fd = ask(r, SL_IPC_CONSOLE_REQUEST, &c->payload, NULL, 0);

	if (fd == SL_ERR_TOO_LONG) {
		count_over(c, fd);
		return;
	}
	if (fd < 0) {
		if (fd == SL_ERR_CLOSED)
			lost(r);
		count_again(c);
		return;
	}
	r->counting++;
	c->ipc = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REPLY));
	sl_watch_init(&c->watch, r->loop, fd, on_count, c);
	sl_watch_want(&c->watch, SL_READ);
	sl_timer_set(&c->timer, RECORDS_COUNT_MS);
}

static void
on_count_timer(void *ctx)
{
	struct count *c = ctx;
	struct records *r = c->reader;
	uint64_t now_us = sl_loop_now_us(r->loop);

	if (c->ipc != NULL) {
		sl_log(SL_LOG_ERROR, "the reader of records has not told numbers in %u s", RECORDS_COUNT_MS / 1000);
		count_over(c, SL_ERR_TIMEOUT);
	} else if (r->state == NONE) {
		count_over(c, SL_ERR_NOT_FOUND);
	} else if (r->state == UNKNOWN) {
		c->until_us = c->until_us == 0 ? now_us + RECORDS_WAIT_MS * UINT64_C(1000) : c->until_us;
		if (now_us >= c->until_us)
			count_over(c, SL_ERR_CLOSED);
		else
			sl_timer_set(&c->timer, RECORDS_AGAIN_MS);
	} else if (r->counting < RECORDS_COUNTS_MAX) {
		c->until_us = 0;
		count_begin(c);
	}		/* else it is begun when another is over */
}

void
records_count(struct records *r, const struct sl_report_ask *asked, struct sl_report_counts *counts, records_counted *done, void *ctx)
{
	struct sl_report_ask numbered = *asked;
	struct count *c = sl_xzalloc(sizeof(*c));

	numbered.number = ++r->number;
	*c = (struct count){ .reader = r, .counts = *counts, .done = done, .ctx = ctx };
	c->counts.number = numbered.number;
	sl_buf_init(&c->payload, SL_IPC_PAYLOAD_MAX);
	sl_report_pack_ask(&numbered, &c->payload);
	sl_timer_init(&c->timer, r->loop, on_count_timer, c);
	*r->end = c;
	r->end = &c->next;
	sl_timer_soon(&c->timer);
}

void
records_forget(struct records *r, const void *ctx)
{
	struct count *next;

	for (struct count *c = r->counts; c != NULL; c = next) {
		next = c->next;
		if (c->ctx == ctx) {
			c->done = NULL;
			count_over(c, SL_ERR_CLOSED);
		}
	}
}

/* ---- what is tried out, and what is found ---- */

static void
asked_end(struct asked *asked)
{
	if (asked->ipc == NULL)
		return;
	sl_watch_fini(&asked->watch);
	sl_ipc_free(&asked->ipc);	/* its process cannot tell any more, and ends */
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
	struct asked *asked = ctx;

	if (asked->answered || asked->heard == NULL)
		return;
	asked->answered = is_last(message->payload);
	asked->heard(asked->ctx, message->payload, asked->answered);
}

static void
on_asked(void *ctx, unsigned events)
{
	struct asked *asked = ctx;

	if (sl_ipc_read(asked->ipc, on_part, asked) >= 0 && !asked->answered && asked->heard != NULL)
		return;
	if (!asked->answered && asked->heard != NULL)
		asked->heard(asked->ctx, sl_slice("", 0), true);
	asked_end(asked);
}

static struct asked *
asked_free(struct asked *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (list[i].ipc == NULL)
			return &list[i];
	return NULL;
}

/* Returns its number, or 0. `payload` is taken. */
static uint64_t
asked_begin(struct records *r, struct asked *asked, enum sl_ipc_type type, struct sl_buf *payload, const int *fds, size_t fds_len)
{
	int fd = ask(r, type, payload, fds, fds_len);

	sl_buf_fini(payload);
	if (fd < 0) {
		sl_log(SL_LOG_ERROR, "the reader of records does not take a question: %s", sl_strerror(fd));
		return 0;
	}
	asked->number = ++r->asked_number;
	asked->ipc = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REPLY) | SL_IPC_BIT(COMMANDED));
	sl_watch_init(&asked->watch, r->loop, fd, on_asked, asked);
	sl_watch_want(&asked->watch, SL_READ);
	return asked->number;
}

uint64_t
records_replay(struct records *r, const struct replay_question *question, const int *fds, size_t fds_len, records_heard *heard, void *ctx)
{
	struct asked *asked = asked_free(r->replays, RECORDS_REPLAYS_MAX);
	struct sl_buf payload;

	if (asked == NULL)
		return 0;
	*asked = (struct asked){ .heard = heard, .ctx = ctx };
	sl_buf_init(&payload, 4u << 20);
	replay_question_pack(question, &payload);
	return asked_begin(r, asked, SL_IPC_COMPILE, &payload, fds, fds_len);
}

void
records_replay_forget(struct records *r, uint64_t number)
{
	for (size_t i = 0; i < RECORDS_REPLAYS_MAX; i++)
		if (r->replays[i].number == number)
			asked_end(&r->replays[i]);
}

uint64_t
records_find(struct records *r, const struct find_question *question, records_heard *heard, void *ctx)
{
	struct asked *asked = asked_free(r->finds, RECORDS_FINDS_MAX);
	struct sl_buf payload;

	if (asked == NULL)
		return 0;
	*asked = (struct asked){ .heard = heard, .ctx = ctx };
	sl_buf_init(&payload, SL_DIGEST_WIRE_MAX);
	find_question_pack(question, &payload);
	return asked_begin(r, asked, SL_IPC_COMMAND, &payload, NULL, 0);
}

void
records_find_forget(struct records *r, uint64_t number)
{
	for (size_t i = 0; i < RECORDS_FINDS_MAX; i++)
		if (r->finds[i].number == number)
			asked_end(&r->finds[i]);
}

static size_t
asked_by(const struct asked *list, size_t len, uint64_t who)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += list[i].ipc != NULL && list[i].who == who;
	return n;
}

uint64_t
records_trace(struct records *r, const struct trace_question *question, uint64_t who, records_heard *heard, void *ctx)
{
	struct asked *asked = asked_free(r->traces, RECORDS_TRACES_MAX);
	struct sl_buf payload;

	if (asked == NULL || asked_by(r->traces, RECORDS_TRACES_MAX, who) >= RECORDS_TRACES_OF_ONE)
		return 0;
	*asked = (struct asked){ .who = who, .heard = heard, .ctx = ctx };
	sl_buf_init(&payload, SL_IPC_PAYLOAD_MAX);
	trace_question_pack(question, &payload);
	return asked_begin(r, asked, SL_IPC_CONSOLE_REQUEST, &payload, NULL, 0);
}

void
records_trace_forget(struct records *r, uint64_t number)
{
	for (size_t i = 0; i < RECORDS_TRACES_MAX; i++)
		if (r->traces[i].number == number)
			asked_end(&r->traces[i]);
}

/* ---- life ---- */

bool
records_has(const struct records *r)
{
	return r->state != NONE;
}

uint32_t
records_id(const struct records *r)
{
	return r->id;
}

struct records *
records_new(struct sl_loop *loop, int fd)
{
	struct records *r = sl_xzalloc(sizeof(*r));

	r->loop = loop;
	r->end = &r->counts;
	r->state = NONE;
	if (fd >= 0) {
		r->state = UNKNOWN;
		r->maker = sl_ipc_new(fd, SL_IPC_BIT(HELPER));
		sl_watch_init(&r->maker_watch, loop, fd, on_maker, r);
		sl_watch_want(&r->maker_watch, SL_READ);
	}
	return r;
}

void
records_free(struct records **at)
{
	struct records *r = *at;

	*at = NULL;
	if (r == NULL)
		return;
	while (r->counts != NULL) {
		r->counts->done = NULL;
		count_over(r->counts, SL_ERR_CLOSED);
	}
	for (size_t i = 0; i < RECORDS_REPLAYS_MAX; i++)
		asked_end(&r->replays[i]);
	for (size_t i = 0; i < RECORDS_FINDS_MAX; i++)
		asked_end(&r->finds[i]);
	for (size_t i = 0; i < RECORDS_TRACES_MAX; i++)
		asked_end(&r->traces[i]);
	if (r->maker != NULL) {
		sl_watch_fini(&r->maker_watch);
		sl_ipc_free(&r->maker);
	}
	lost(r);
	sl_free(r);
}
