/*
 * evaluate_online.c - classify, then learn, message by message in the order of their dates; see evaluate.h
 *
 * It starts from nothing, as with a customer's mail from the first day on: every message is judged by what was learned
 * of those before it, and then its label is learned.
 */

#include "evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "classify/combine.h"
#include "classify/ngram_online.h"
#include "classify/structure.h"
#include "message.h"
#include "mime/fields.h"

#define DIMS	20
#define DATE_MAX_BYTES	((size_t)1024)	/* of the field */

struct dated {
	size_t	 number;	/* of the message */
	int64_t	 time_s;
};

struct date {
	bool	 found;
	int64_t	 time_s;
};

static void
on_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct date *date = ctx;

	if (!date->found && sl_slice_ieq(name, SL_SLICE_LIT("date")))
		date->found = (sl_date_read(value, &date->time_s) & SL_DATE_NONE) == 0;
}

/* When a message says it was written; one that does not say comes first of all. */
static int64_t
date_of(struct sl_slice message)
{
	static const struct sl_fields_sink sink = { .field = on_field };
	struct date date = { .found = false };
	struct sl_fields *fields = sl_fields_new(DATE_MAX_BYTES, &sink, &date);

	sl_fields_feed(fields, message.ptr, message.len);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
	return date.found ? date.time_s : INT64_MIN;
}

/* Returns false, with the message marked, if it cannot be read. */
static bool
read_one(const struct evaluate *evaluate, struct judged *message, struct sl_buf *out)
{
	char *full = sl_xasprintf("%s/%s", evaluate->root, message->path);
	int r;

	sl_buf_reset(out);
	r = message_read(full, out);
	message->trouble = r == 0 ? NULL : "cannot be read";
	sl_free(full);
	return r == 0;
}

/* Of the same second, and of those without a date: as the list has them. */
static int
earlier_first(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static double
cpu_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
judge_one(struct evaluate *evaluate, struct sl_ngram_online *online, struct sl_slice bytes, const size_t learned[2],
    struct judged *message)
{
	double begin_us = cpu_now_us(), views[SL_NGRAM_VIEWS], log_odds;

	log_odds = sl_ngram_online_judge(online, bytes, views);
	message->cpu_us = cpu_now_us() - begin_us;
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		message->log_odds[c] = c == SL_SPAM ? log_odds : sl_combine_prior(NULL, (enum sl_category)c);
	message->by_classifier[evaluate_classifier(evaluate, "ngram_online")] += log_odds;
	message->reasons = sl_xzalloc(sizeof(*message->reasons));
	message->reasons_len = 1;
	message->reasons[0] = (struct reason){ .name = sl_xstrdup("ngram_online"), .log_odds = log_odds,
		.sentence = sl_xasprintf("learned from the %zu wanted and %zu unwanted messages before it; by its text "
		    "%+.1f, by its bytes %+.1f", learned[0], learned[1], views[SL_NGRAM_DECODED],
		    views[SL_NGRAM_BYTES]) };
}

int
evaluate_online(struct evaluate *evaluate)
{
	static const enum sl_ngram_label labels[LABELS] = {
		[LABEL_HAM] = SL_NGRAM_HAM, [LABEL_SPAM] = SL_NGRAM_SPAM, [LABEL_PHISH] = SL_NGRAM_PHISH,
	};
	struct sl_ngram_online *online = sl_ngram_online_new(DIMS, evaluate->all_fields);
	struct dated *order = sl_xzalloc((evaluate->messages_len + 1) * sizeof(*order));
	size_t len = 0, learned[2] = { 0 };
	struct sl_buf bytes;

	sl_buf_init(&bytes, MESSAGE_MAX_BYTES);
	for (size_t i = 0; i < evaluate->messages_len; i++)
		if (read_one(evaluate, &evaluate->messages[i], &bytes))
			order[len++] = (struct dated){ i, date_of(sl_buf_slice(&bytes)) };
	qsort(order, len, sizeof(*order), earlier_first);
	for (size_t i = 0; i < len; i++) {
		struct judged *message = &evaluate->messages[order[i].number];

		if (!read_one(evaluate, message, &bytes))
			continue;
		judge_one(evaluate, online, sl_buf_slice(&bytes), learned, message);
		sl_ngram_online_learn(online, sl_buf_slice(&bytes), labels[message->label]);
		learned[message->label != LABEL_HAM]++;
		if (evaluate->terminal && i % 100 == 99)
			fprintf(stderr, "\rjudging and learning: %zu of %zu messages", i + 1, len);
	}
	if (evaluate->terminal)
		fprintf(stderr, "\r\033[K");
	sl_buf_fini(&bytes);
	sl_free(order);
	sl_ngram_online_free(&online);
	return 0;
}
