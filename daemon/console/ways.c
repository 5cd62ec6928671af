/* ways.c - see ways.h */

#include "ways.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sl/log.h"

#define STALL_MS	5000
#define UNHEARD_US	60000000u	/* what could not be dealt with is heard again then */

struct job {			/* for the vault */
	struct job		*next;
	enum sl_ipc_type	 type;
	struct sl_buf		 payload;
	ways_entry		*entry;
	ways_bytes		*bytes;
	ways_over		*over;
	void			*ctx;		/* NULL: nobody listens any more */
	int			 kept;
};

struct mail {			/* that the courier has not said it has */
	struct mail	*next;
	char		 token[SL_COURIER_TOKEN_MAX];
	size_t		 token_len;
	ways_submitted	*done;
	void		*ctx;
};

struct question {		/* to the courier */
	struct question	*next;
	struct sl_buf	 payload;
	ways_release	*entry;
	ways_over	*over;
	void		*ctx;		/* NULL: nobody listens any more */
	bool		 said;
};

struct way {
	struct ways	*ways;
	struct sl_ipc	*ipc;		/* NULL: none */
	struct sl_watch	 watch;
	bool		 failed;
};

struct ways {
	struct ways_options options;
	struct way	 vault, courier;
	struct sl_timer	 again, soon;
	struct job	*jobs, **jobs_end;
	size_t		 jobs_len;
	bool		 asking;	/* the first job has been said */
	struct mail	*mails;
	struct question	*questions, **questions_end;
	bool		 begun;
	uint64_t	 unheard_us;	/* when something was told that could not be dealt with; 0: never */
};

static void	on_soon(void *ctx);
static void	question_say(struct ways *ways);
static void	courier_drop(struct ways *ways);

static void
on_again(void *ctx)
{
	struct ways *ways = ctx;

	if (ways->courier.failed || (ways->unheard_us != 0 && sl_loop_now_us(ways->options.loop) - ways->unheard_us >= UNHEARD_US))
		courier_drop(ways);
	if (ways->vault.ipc == NULL)
		ways->options.request(ways->options.ctx, false);
	if (ways->courier.ipc == NULL)
		ways->options.request(ways->options.ctx, true);
	sl_timer_set(&ways->again, WAYS_AGAIN_MS);
}

struct ways *
ways_new(const struct ways_options *options)
{
	struct ways *ways = sl_xzalloc(sizeof(*ways));

	ways->options = *options;
	ways->vault.ways = ways->courier.ways = ways;
	ways->jobs_end = &ways->jobs;
	ways->questions_end = &ways->questions;
	sl_timer_init(&ways->again, options->loop, on_again, ways);
	sl_timer_init(&ways->soon, options->loop, on_soon, ways);
	return ways;
}

static void
way_close(struct way *way)
{
	if (way->ipc == NULL)
		return;
	sl_watch_fini(&way->watch);
	sl_ipc_free(&way->ipc);
	way->failed = false;
}

static void
job_free(struct ways *ways)
{
	struct job *job = ways->jobs;

	ways->jobs = job->next;
	if (ways->jobs == NULL)
		ways->jobs_end = &ways->jobs;
	ways->jobs_len--;
	ways->asking = false;
	sl_buf_fini(&job->payload);
	sl_free(job);
}

static void
question_free(struct ways *ways)
{
	struct question *question = ways->questions;

	ways->questions = question->next;
	if (ways->questions == NULL)
		ways->questions_end = &ways->questions;
	sl_buf_fini(&question->payload);
	sl_free(question);
}

void
ways_free(struct ways **at)
{
	struct ways *ways = *at;

	*at = NULL;
	if (ways == NULL)
		return;
	way_close(&ways->vault);
	way_close(&ways->courier);
	sl_timer_clear(&ways->again);
	sl_timer_clear(&ways->soon);
	while (ways->jobs != NULL)
		job_free(ways);
	while (ways->questions != NULL)
		question_free(ways);
	while (ways->mails != NULL) {
		struct mail *next = ways->mails->next;

		sl_free(ways->mails);
		ways->mails = next;
	}
	sl_free(ways);
}

void
ways_begin(struct ways *ways)
{
	if (!ways->begun)
		on_again(ways);
	ways->begun = true;
}

bool
ways_has_courier(const struct ways *ways)
{
	return ways->courier.ipc != NULL && !ways->courier.failed;
}

void
ways_forget(struct ways *ways, const void *ctx)
{
	for (struct job *job = ways->jobs; job != NULL; job = job->next)
		if (job->ctx == ctx)
			job->ctx = NULL;
	for (struct mail *mail = ways->mails; mail != NULL; mail = mail->next)
		if (mail->ctx == ctx)
			mail->ctx = NULL;
	for (struct question *question = ways->questions; question != NULL; question = question->next)
		if (question->ctx == ctx)
			question->ctx = NULL;
}

/* ---- the vault ---- */

static void
job_over(struct ways *ways, const struct ways_end *end)
{
	ways_over *over = ways->jobs->over;
	void *ctx = ways->jobs->ctx;
	struct ways_end copy = *end;

	copy.kept = ways->jobs->kept;
	job_free(ways);
	if (ctx != NULL)
		over(ctx, &copy);
	sl_timer_soon(&ways->soon);
}

/* Say the next thing. */
static void
on_soon(void *ctx)
{
	struct ways *ways = ctx;

	question_say(ways);
	if (ways->asking || ways->jobs == NULL || ways->vault.ipc == NULL || ways->vault.failed)
		return;
	ways->asking = true;
	ways->jobs->kept = SL_ERR_NOT_FOUND;
	if (sl_ipc_send(ways->vault.ipc, ways->jobs->type, sl_buf_slice(&ways->jobs->payload), NULL, 0) == 0)
		return;
	way_close(&ways->vault);
	job_over(ways, &(struct ways_end){ .result = SL_ERR_CLOSED });
}

static bool
ask(struct ways *ways, enum sl_ipc_type type, struct sl_slice payload, ways_entry *entry, ways_bytes *bytes, ways_over *over, void *ctx)
{
	struct job *job;

	if (ways->jobs_len >= WAYS_JOBS_MAX)
		return false;
	job = sl_xzalloc(sizeof(*job));
	*job = (struct job){ .type = type, .entry = entry, .bytes = bytes, .over = over, .ctx = ctx };
	sl_buf_init(&job->payload, payload.len + 1);
	sl_buf_add_slice(&job->payload, payload);
	*ways->jobs_end = job;
	ways->jobs_end = &job->next;
	ways->jobs_len++;
	sl_timer_soon(&ways->soon);
	return true;
}

bool
ways_ask(struct ways *ways, enum sl_ipc_type type, struct sl_slice payload, ways_entry *entry, ways_over *over, void *ctx)
{
	return ask(ways, type, payload, entry, NULL, over, ctx);
}

bool
ways_open(struct ways *ways, struct sl_slice payload, ways_entry *entry, ways_bytes *bytes, ways_over *over, void *ctx)
{
	return ask(ways, SL_IPC_KEPT_OPEN, payload, entry, bytes, over, ctx);
}

static void
on_vault_message(void *ctx, struct sl_ipc_message *message)
{
	struct ways *ways = ctx;
	struct sl_kept_entry entry;
	struct sl_kept_done done;
	struct sl_kept_end end;

	if (ways->vault.failed)
		return;
	if (!ways->asking) {
		ways->vault.failed = true;
	} else if (message->type == SL_IPC_KEPT_ENTRY && sl_kept_unpack_entry(message->payload, &entry) == 0) {
		if (ways->jobs->ctx != NULL && ways->jobs->entry != NULL)
			ways->jobs->entry(ways->jobs->ctx, &entry);
	} else if (message->type == SL_IPC_KEPT_BYTES && ways->jobs->bytes != NULL) {
		if (ways->jobs->ctx != NULL)
			ways->jobs->bytes(ways->jobs->ctx, message->payload);
	} else if (message->type == SL_IPC_KEPT && sl_kept_unpack_done(message->payload, &done) == 0) {
		if (done.number == 0)
			ways->jobs->kept = done.result;
	} else if (message->type == SL_IPC_KEPT_END && sl_kept_unpack_end(message->payload, &end) == 0) {
		job_over(ways, &(struct ways_end){ .result = end.result, .count = end.count, .last = end.last });
	} else {
		ways->vault.failed = true;
	}
}

static void
on_vault(void *ctx, unsigned events)
{
	struct way *way = ctx;
	struct ways *ways = way->ways;
	int r = sl_ipc_read(way->ipc, on_vault_message, ways);

	if (r >= 0 && !way->failed)
		return;
	if (r == SL_ERR_SYNTAX || way->failed)
		sl_log(SL_LOG_ERROR, "the vault says what it may not");
	way_close(way);
	if (ways->asking)
		job_over(ways, &(struct ways_end){ .result = SL_ERR_CLOSED });
}

/* ---- the courier ---- */

static int
bytes_file(struct sl_slice bytes)
{
	int fd = memfd_create("mail", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < bytes.len) {
		ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	return fd;
}

bool
ways_submit(struct ways *ways, const struct sl_courier_mail *mail, struct sl_slice bytes, ways_submitted *done, void *ctx)
{
	struct sl_courier_mail copy = *mail;
	struct sl_buf payload;
	struct mail *waits;
	int fd, r;

	SL_ASSERT(mail->token.len > 0 && mail->token.len <= SL_COURIER_TOKEN_MAX);
	if (!ways_has_courier(ways) || (fd = bytes_file(bytes)) < 0)
		return false;
	copy.bytes = bytes.len;
	sl_buf_init(&payload, 1u << 20);
	sl_courier_pack_mail(&copy, &payload);
	r = sl_ipc_send(ways->courier.ipc, SL_IPC_SUBMIT, sl_buf_slice(&payload), &fd, 1);
	sl_buf_fini(&payload);
	close(fd);
	if (r != 0) {
		ways->courier.failed = true;	/* its watch finds that out */
		return false;
	}
	waits = sl_xzalloc(sizeof(*waits));
	memcpy(waits->token, mail->token.ptr, mail->token.len);
	waits->token_len = mail->token.len;
	waits->done = done;
	waits->ctx = ctx;
	waits->next = ways->mails;
	ways->mails = waits;
	return true;
}

static void
on_submitted(struct ways *ways, const struct sl_courier_token *said)
{
	struct mail **at = &ways->mails, *mail;

	while ((mail = *at) != NULL && !sl_slice_eq(sl_slice(mail->token, mail->token_len), said->token))
		at = &mail->next;
	if (mail == NULL)
		return;
	*at = mail->next;
	if (mail->ctx != NULL)
		mail->done(mail->ctx, said->result);
	sl_free(mail);
}

static void
on_settled(struct ways *ways, const struct sl_courier_settled *settled)
{
	struct sl_buf payload;

	if (!ways->options.settled(ways->options.ctx, settled)) {
		/* The courier tells a new channel of it, and this one of no more than a few that are unanswered. */
		if (ways->unheard_us == 0)
			ways->unheard_us = sl_loop_now_us(ways->options.loop);
		return;
	}
	sl_buf_init(&payload, 256);
	sl_courier_pack_token(&(struct sl_courier_token){ .token = settled->token }, &payload);
	if (sl_ipc_send(ways->courier.ipc, SL_IPC_SETTLED_SEEN, sl_buf_slice(&payload), NULL, 0) != 0)
		ways->courier.failed = true;
	sl_buf_fini(&payload);
}

/* The next question is said when the one before was answered. */
static void
question_say(struct ways *ways)
{
	struct question *question = ways->questions;

	if (question == NULL || question->said || !ways_has_courier(ways))
		return;
	question->said = true;
	if (sl_ipc_send(ways->courier.ipc, SL_IPC_QUEUE_ASK, sl_buf_slice(&question->payload), NULL, 0) != 0)
		ways->courier.failed = true;	/* its watch, or the timer, finds that out */
}

bool
ways_queue(struct ways *ways, const struct sl_courier_ask *ask, ways_release *entry, ways_over *over, void *ctx)
{
	struct question *question;

	if (!ways_has_courier(ways))
		return false;
	question = sl_xzalloc(sizeof(*question));
	*question = (struct question){ .entry = entry, .over = over, .ctx = ctx };
	sl_buf_init(&question->payload, 1u << 16);
	sl_courier_pack_ask(ask, &question->payload);
	*ways->questions_end = question;
	ways->questions_end = &question->next;
	sl_timer_soon(&ways->soon);
	return true;
}

static void
question_over(struct ways *ways, const struct ways_end *end)
{
	ways_over *over = ways->questions->over;
	void *ctx = ways->questions->ctx;

	question_free(ways);
	if (ctx != NULL)
		over(ctx, end);
	sl_timer_soon(&ways->soon);
}

/* False: it is an answer to nothing. */
static bool
on_answer(struct ways *ways, struct sl_ipc_message *message)
{
	struct question *question = ways->questions;
	struct sl_courier_entry entry;
	struct sl_kept_end end;

	if (question == NULL || !question->said)
		return false;
	if (message->type == SL_IPC_QUEUE_ENTRY) {
		if (sl_courier_unpack_entry(message->payload, &entry) != 0)
			return false;
		if (question->ctx != NULL)
			question->entry(question->ctx, &entry);
		return true;
	}
	if (sl_kept_unpack_end(message->payload, &end) != 0)
		return false;
	question_over(ways, &(struct ways_end){ .result = end.result, .count = end.count });
	return true;
}

static void
on_courier_message(void *ctx, struct sl_ipc_message *message)
{
	struct ways *ways = ctx;
	struct sl_courier_settled settled;
	struct sl_courier_token token;

	if (ways->courier.failed)
		return;
	if (message->type == SL_IPC_SUBMITTED && sl_courier_unpack_token(message->payload, &token) == 0)
		on_submitted(ways, &token);
	else if (message->type == SL_IPC_SETTLED && sl_courier_unpack_settled(message->payload, &settled) == 0)
		on_settled(ways, &settled);
	else if ((message->type != SL_IPC_QUEUE_ENTRY && message->type != SL_IPC_KEPT_END) || !on_answer(ways, message))
		ways->courier.failed = true;
}

static void
courier_drop(struct ways *ways)
{
	struct mail *mails = ways->mails;

	way_close(&ways->courier);
	ways->unheard_us = 0;
	if (ways->questions != NULL && ways->questions->said)
		question_over(ways, &(struct ways_end){ .result = SL_ERR_CLOSED });
	ways->mails = NULL;
	while (mails != NULL) {		/* whoever hears of it may submit again, when there is a courier */
		struct mail *mail = mails;

		mails = mail->next;
		if (mail->ctx != NULL)
			mail->done(mail->ctx, SL_ERR_CLOSED);
		sl_free(mail);
	}
}

static void
on_courier(void *ctx, unsigned events)
{
	struct way *way = ctx;
	struct ways *ways = way->ways;
	int r = sl_ipc_read(way->ipc, on_courier_message, ways);

	if (r >= 0 && !way->failed)
		return;
	if (r == SL_ERR_SYNTAX)
		sl_log(SL_LOG_ERROR, "the courier says what it may not");
	courier_drop(ways);
}

void
ways_joined(struct ways *ways, bool courier, int fd)
{
	struct way *way = courier ? &ways->courier : &ways->vault;

	/* Asked for twice. The courier has one submitter, and for it that is this one now. */
	if (way->ipc != NULL && courier) {
		courier_drop(ways);
	} else if (way->ipc != NULL) {
		close(fd);
		return;
	}
	way->ipc = sl_ipc_new(fd, courier ? SL_IPC_BIT(SUBMITTED) | SL_IPC_BIT(SETTLED) | SL_IPC_BIT(QUEUE_ENTRY) | SL_IPC_BIT(KEPT_END)
	    : SL_IPC_BIT(KEPT_ENTRY) | SL_IPC_BIT(KEPT_BYTES) | SL_IPC_BIT(KEPT) | SL_IPC_BIT(KEPT_END));
	sl_ipc_set_stall(way->ipc, STALL_MS);
	sl_watch_init(&way->watch, ways->options.loop, fd, courier ? on_courier : on_vault, way);
	sl_watch_want(&way->watch, SL_READ);
	sl_timer_soon(&ways->soon);
}
