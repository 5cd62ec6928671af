/* bytegram.c - see bytegram.h */

#include "classify/bytegram.h"

#include <math.h>

#include "classify/bytegram_i.h"
#include "classify/ngram_i.h"

#define MESSAGE_MAGIC	0x5d627901u
#define AHEAD		24	/* rows asked for before they are needed */
#define SHOWN_BYTES	32	/* of the message, that weighed most */

struct message {
	unsigned			 magic;
	const struct sl_ngram_model	*model;
	struct bytegram_view		 view;
	uint64_t			 bytes;		/* of the message so far */
};

static void *
bytegram_new_message(const void *model, struct sl_arena *arena)
{
	struct message *message = sl_arena_alloc(arena, sizeof(*message));

	ngram_model_check(model);
	if (message == NULL)
		return NULL;
	message->magic = MESSAGE_MAGIC;
	message->model = model;
	message->bytes = 0;
	bytegram_view_init(&message->view, message->model->parameters[NGRAM_ALL_HEADERS] > 0);
	return message;
}

static void
bytegram_raw(void *state, struct sl_slice bytes)
{
	struct message *message = state;

	SL_CHECK(message, MESSAGE_MAGIC);
	bytegram_view_feed(&message->view, bytes);
	message->bytes += bytes.len;
}

/* The stretch whose weights sum to the most, in the direction of `sign`. `weights` belongs to the run that
 * ends with that byte. */
static struct sl_slice
heaviest(const struct bytegram_view *view, const signed char *weights, int sign)
{
	size_t best = 0, width = SL_MIN((size_t)SHOWN_BYTES, (size_t)view->len);
	int sum = 0, most = 0;

	for (size_t i = 0; i < view->len; i++) {
		/* Only runs that lie in the stretch as a whole: its first three bytes end none. */
		sum += sign * weights[i];
		if (i + 3 >= width)
			sum -= sign * weights[i + 3 - width];
		if (i + 1 >= width && sum > most) {
			most = sum;
			best = i + 1 - width;
		}
	}
	return sl_slice(view->bytes + best, most > 0 ? width : 0);
}

static const char *
sentence(struct sl_slice shown, double log_odds, struct sl_arena *arena)
{
	const char *verdict = log_odds > 1 ? "is put together like unwanted mail" : log_odds < -1
	    ? "is put together like wanted mail" : "is put together like either";
	char text[SHOWN_BYTES + 1];
	const char *copy;

	if (shown.len == 0)
		return verdict;
	ngram_text_show(shown, text);
	copy = sl_arena_printf(arena, "%s: \"%s\"", verdict, text);
	return copy != NULL ? copy : verdict;
}

double
sl_bytegram_damped(double value, uint64_t message_bytes)
{
	return value >= 0 || message_bytes <= SL_BYTEGRAM_BYTES ? value
	    : value * SL_BYTEGRAM_BYTES / (double)message_bytes;
}

static void
bytegram_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct message *message = state;
	struct sl_evidence evidence = { .name = "bytegram", .state = SL_EVIDENCE_PRESENT };
	const struct sl_ngram_model *model = message->model;
	const double *p = model->parameters;
	uint32_t rows[BYTEGRAM_BYTES_ALL], len;
	uint16_t ends[BYTEGRAM_BYTES_ALL];
	signed char weights[BYTEGRAM_BYTES_ALL] = { 0 };
	double margin;
	int sum = 0;

	SL_CHECK(message, MESSAGE_MAGIC);
	len = bytegram_view_rows(&message->view, model->bytes_shift, rows, ends);
	for (uint32_t i = 0; i < len; i++) {
		__builtin_prefetch(&model->bytes_rows[rows[SL_MIN(i + AHEAD, len - 1)]]);
		weights[ends[i]] = model->bytes_rows[rows[i]];
		sum += weights[ends[i]];
	}
	margin = len == 0 ? 0 : sum * p[NGRAM_STEP_BYTES] / sqrt(len);
	evidence.value = sl_bytegram_damped(ngram_squeeze(p[NGRAM_OFFSET_BYTES] + p[NGRAM_SLOPE_BYTES] * margin,
	    NGRAM_VALUE_LIMIT), message->bytes);
	evidence.log_odds[SL_SPAM] = ngram_share(model, evidence.value);
	evidence.log_odds[SL_PHISH] = evidence.log_odds[SL_SPAM];	/* see ngram_finish */
	evidence.sentence = sentence(heaviest(&message->view, weights, evidence.value > 0 ? 1 : -1),
	    evidence.value, arena);
	sl_verdict_add(verdict, &evidence);
}

const struct sl_classifier sl_bytegram_classifier = {
	.name = "bytegram",
	.new_message = bytegram_new_message,
	.raw = bytegram_raw,
	.finish = bytegram_finish,
};
