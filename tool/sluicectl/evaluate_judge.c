/*
 * evaluate_judge.c - judge messages in several processes; see evaluate.h
 *
 * Each process judges every n-th message and writes what came of it into a pipe of its own, as frames.
 * A process that dies takes only its own messages with it, and the report says so.
 */

#include "evaluate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

#define TEXT_MAX	400		/* bytes kept of a sentence */
#define FRAME_MAX	((size_t)SL_EVIDENCE_MAX * 1024)

struct frame_head {		/* then, `evidence` times, struct frame_evidence and its texts */
	uint32_t	len;		/* of all that follows this struct */
	uint32_t	message;
	uint32_t	unreadable;	/* 1: nothing follows */
	uint32_t	evidence;
	double		cpu_us;
	double		prior[SL_CATEGORY_COUNT];
};

struct frame_evidence {
	uint16_t	name_len, sentence_len;
	uint16_t	state, shadow;
	double		log_odds[SL_CATEGORY_COUNT];
};

struct worker {
	pid_t		pid;
	int		fd;		/* -1: at its end */
	struct sl_buf	input;
};

/* ---- in a process of its own ---- */

static double
cpu_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
add_evidence(struct sl_buf *out, const struct sl_evidence *evidence)
{
	struct frame_evidence frame = { .state = (uint16_t)evidence->state, .shadow = evidence->shadow,
		.name_len = (uint16_t)SL_MIN(strlen(evidence->name), (size_t)TEXT_MAX),
		.sentence_len = (uint16_t)SL_MIN(strlen(evidence->sentence), (size_t)TEXT_MAX) };

	memcpy(frame.log_odds, evidence->log_odds, sizeof(frame.log_odds));
	sl_buf_add(out, &frame, sizeof(frame));
	sl_buf_add(out, evidence->name, frame.name_len);
	sl_buf_add(out, evidence->sentence, frame.sentence_len);
}

static void
judge_one(const struct evaluate *evaluate, size_t i, struct sl_buf *out)
{
	char *full = sl_xasprintf("%s/%s", evaluate->root, evaluate->messages[i].path);
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct frame_head head = { .message = (uint32_t)i };
	struct sl_arena arena;
	struct sl_buf message;

	sl_arena_init(&arena, STACK_ARENA_MAX_BYTES);
	sl_buf_init(&message, MESSAGE_MAX_BYTES);
	head.unreadable = message_read(full, &message) != 0;
	if (!head.unreadable) {
		double begin_us = cpu_now_us();

		stack_judge(evaluate->stack, sl_buf_slice(&message), &arena, verdict);
		head.cpu_us = cpu_now_us() - begin_us;
	}
	head.evidence = (uint32_t)verdict->evidence_len;
	memcpy(head.prior, verdict->prior, sizeof(head.prior));
	sl_buf_reset(out);
	sl_buf_add(out, &head, sizeof(head));
	for (size_t e = 0; e < verdict->evidence_len; e++)
		add_evidence(out, &verdict->evidence[e]);
	head.len = (uint32_t)(out->len - sizeof(head));
	memcpy(out->data, &head, sizeof(head));
	sl_buf_fini(&message);
	sl_arena_fini(&arena);
	sl_free(verdict);
	sl_free(full);
}

static void
work(const struct evaluate *evaluate, unsigned first, int fd)
{
	struct sl_buf out;

	sl_buf_init(&out, 2 * FRAME_MAX);
	for (size_t i = first; i < evaluate->messages_len; i += evaluate->jobs) {
		struct sl_slice rest;

		judge_one(evaluate, i, &out);
		for (rest = sl_buf_slice(&out); rest.len > 0;) {
			ssize_t n = write(fd, rest.ptr, rest.len);

			if (n < 0 && errno != EINTR)
				_exit(1);	/* who asked is gone */
			rest = sl_slice_from(rest, n > 0 ? (size_t)n : 0);
		}
	}
	_exit(0);
}

/* ---- in the one that asked ---- */

static bool
worker_start(const struct evaluate *evaluate, unsigned first, struct worker *worker)
{
	int ends[2];

	*worker = (struct worker){ .fd = -1 };
	sl_buf_init(&worker->input, 2 * FRAME_MAX);
	if (pipe(ends) != 0)
		return false;
	worker->pid = fork();
	if (worker->pid == 0) {
		close(ends[0]);
		work(evaluate, first, ends[1]);
	}
	close(ends[1]);
	worker->fd = ends[0];
	return worker->pid > 0;
}

size_t
evaluate_classifier(struct evaluate *evaluate, const char *evidence)
{
	const char *name = stack_classifier_of(evaluate->stack, evidence);
	size_t i = 0;

	while (i < evaluate->classifiers_len && strcmp(evaluate->classifiers[i], name) != 0)
		i++;
	if (i == CLASSIFIERS_MAX)
		return CLASSIFIERS_MAX - 1;
	if (i == evaluate->classifiers_len)
		evaluate->classifiers[evaluate->classifiers_len++] = name;
	return i;
}

static void
take_evidence(struct evaluate *evaluate, struct judged *message, const struct frame_evidence *frame,
    const unsigned char *texts)
{
	struct reason *reason = &message->reasons[message->reasons_len++];

	*reason = (struct reason){ .name = sl_xmemdup(texts, frame->name_len),
		.sentence = sl_xmemdup(texts + frame->name_len, frame->sentence_len),
		.state = (enum sl_evidence_state)frame->state, .shadow = frame->shadow != 0,
		.log_odds = frame->log_odds[SL_SPAM] };
	if (frame->shadow != 0)
		return;		/* adds nothing */
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		message->log_odds[c] += frame->log_odds[c];
	message->by_classifier[evaluate_classifier(evaluate, reason->name)] += reason->log_odds;
}

/* `bytes` is what follows the head. Our own process wrote it; it had hostile mail in its hands, though. */
static bool
take_frame(struct evaluate *evaluate, const struct frame_head *head, struct sl_slice bytes)
{
	struct judged *message;

	if (head->message >= evaluate->messages_len || head->evidence > SL_EVIDENCE_MAX)
		return false;
	message = &evaluate->messages[head->message];
	if (message->reasons != NULL)
		return false;
	message->trouble = head->unreadable ? "cannot be read" : NULL;
	message->cpu_us = head->cpu_us;
	message->prior = head->prior[SL_SPAM];
	memcpy(message->log_odds, head->prior, sizeof(message->log_odds));
	message->reasons = sl_xzalloc((head->evidence + 1) * sizeof(*message->reasons));
	for (uint32_t i = 0; i < head->evidence; i++) {
		struct frame_evidence frame;

		if (bytes.len < sizeof(frame))
			return false;
		memcpy(&frame, bytes.ptr, sizeof(frame));
		bytes = sl_slice_from(bytes, sizeof(frame));
		if (bytes.len < (size_t)frame.name_len + frame.sentence_len)
			return false;
		take_evidence(evaluate, message, &frame, bytes.ptr);
		bytes = sl_slice_from(bytes, (size_t)frame.name_len + frame.sentence_len);
	}
	return true;
}

/* Take the frames that are complete. Returns how many, or -1: nonsense. */
static int
take_frames(struct evaluate *evaluate, struct sl_buf *input)
{
	struct frame_head head;
	int count = 0;

	while (input->len >= sizeof(head)) {
		memcpy(&head, input->data, sizeof(head));
		if (head.len > FRAME_MAX)
			return -1;
		if (input->len < sizeof(head) + head.len)
			break;
		if (!take_frame(evaluate, &head, sl_slice(input->data + sizeof(head), head.len)))
			return -1;
		sl_buf_consume(input, sizeof(head) + head.len);
		count++;
	}
	return count;
}

/* Something can be read, or the end. Returns messages taken, or -1. */
static int
worker_read(struct evaluate *evaluate, struct worker *worker)
{
	unsigned char piece[65536];
	ssize_t n = read(worker->fd, piece, sizeof(piece));

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		close(worker->fd);
		worker->fd = -1;
		return worker->input.len == 0 ? 0 : -1;
	}
	sl_buf_add(&worker->input, piece, (size_t)n);
	return worker->input.overflow ? -1 : take_frames(evaluate, &worker->input);
}

/* Read until all have ended. Returns false if one of them wrote nonsense. */
static bool
gather(struct evaluate *evaluate, struct worker *workers)
{
	struct pollfd *polled = sl_xzalloc(evaluate->jobs * sizeof(*polled));
	size_t done = 0, shown = 0;
	unsigned open = evaluate->jobs;
	bool good = true;

	while (good && open > 0) {
		for (unsigned i = 0; i < evaluate->jobs; i++)
			polled[i] = (struct pollfd){ .fd = workers[i].fd, .events = POLLIN };
		if (poll(polled, evaluate->jobs, -1) < 0)
			continue;
		for (unsigned i = 0; i < evaluate->jobs; i++) {
			int taken = polled[i].revents == 0 ? 0 : worker_read(evaluate, &workers[i]);

			good = good && taken >= 0;
			done += (size_t)SL_MAX(taken, 0);
			open -= polled[i].fd >= 0 && workers[i].fd < 0;
		}
		if (evaluate->terminal && done >= shown + 100) {
			fprintf(stderr, "\rjudging: %zu of %zu messages", done, evaluate->messages_len);
			shown = done;
		}
	}
	if (evaluate->terminal)
		fprintf(stderr, "\r\033[K");
	sl_free(polled);
	return good;
}

int
evaluate_judge(struct evaluate *evaluate)
{
	struct worker *workers = sl_xzalloc(evaluate->jobs * sizeof(*workers));
	bool good = true;

	fflush(NULL);
	for (unsigned i = 0; i < evaluate->jobs; i++)
		good = worker_start(evaluate, i, &workers[i]) && good;
	good = good && gather(evaluate, workers);
	for (unsigned i = 0; i < evaluate->jobs; i++) {
		int status = 0;

		if (workers[i].fd >= 0)
			close(workers[i].fd);
		if (workers[i].pid > 0 && waitpid(workers[i].pid, &status, 0) == workers[i].pid && status != 0)
			good = false;
		sl_buf_fini(&workers[i].input);
	}
	sl_free(workers);
	if (!good)
		fprintf(stderr, "sluicectl evaluate: a process that judged has died: some messages are not judged\n");
	return good ? 0 : 1;
}
