/* token_train.c - see token_train.h */

#include "classify/token_train.h"

#include <math.h>
#include <stdlib.h>

#include "classify/fold.h"
#include "classify/sources.h"
#include "classify/token_format_i.h"
#include "classify/token_list_i.h"

#define TRAINER_MAGIC	0x5d747401u
#define EACH_MIN	10	/* ham, and other mail, that there must be */
#define CUT_SHARE	0.9999	/* of the weights keep their value in a signed byte */

/* The same rate for every weight: a word seen once gets a small one. A rate of each weight's own (AdaGrad) learns
 * them by heart, and ranked worse on sources it had not learned from. */
#define RATE		4.0f
#define BIAS_RATE	0.2f	/* of the first step */

struct example {
	struct token_list	 list;		/* as rows of the table */
	bool			 unwanted;
	bool			 dropped;
	unsigned char		 fold;
	unsigned char		 group;		/* of its source */
	double			 held;		/* margin by a model that has not seen it */
};

struct table {
	float	*weights;
	float	 bias;
	float	 bias_squares;	/* sum of squared gradients */
};

struct sl_token_trainer {
	unsigned		 magic;
	struct sl_token_options	 options;
	struct example		*examples;
	size_t			 len;
	size_t			 size;
	struct sl_sources	 sources;
	double			*strange;	/* log-odds; NULL: not learned, or not enough sources */
	unsigned		 work_done;
};

/* What is not learned from. */
struct without {
	int	fold, group;		/* -1: from all */
};

const struct sl_token_options sl_token_options_default = { .dims = 20, .folds = SL_FOLDS, .passes = 4 };

struct sl_token_trainer *
sl_token_trainer_new(const struct sl_token_options *options)
{
	struct sl_token_trainer *trainer;

	if (options->dims < TOKEN_DIMS_MIN || options->dims > TOKEN_DIMS_MAX || options->folds < 2 ||
	    options->folds > 20 || options->passes < 1 || options->passes > 100)
		return NULL;
	trainer = sl_xzalloc(sizeof(*trainer));
	trainer->magic = TRAINER_MAGIC;
	trainer->options = *options;
	return trainer;
}

void
sl_token_trainer_free(struct sl_token_trainer **trainer)
{
	if (*trainer == NULL)
		return;
	for (size_t i = 0; i < (*trainer)->len; i++)
		token_list_fini(&(*trainer)->examples[i].list);
	sl_free((*trainer)->examples);
	sl_free((*trainer)->strange);
	SL_OBJ_FREE(trainer, TRAINER_MAGIC);
}

size_t
sl_token_trainer_add(struct sl_token_trainer *trainer, struct sl_slice message,
    enum sl_token_label label)
{
	struct example *example;
	uint32_t len;

	SL_CHECK(trainer, TRAINER_MAGIC);
	if (trainer->len == trainer->size) {
		trainer->size = SL_MAX(trainer->size * 2, (size_t)256);
		trainer->examples = sl_xrealloc(trainer->examples, trainer->size * sizeof(*example));
	}
	example = &trainer->examples[trainer->len];
	*example = (struct example){ .unwanted = label == SL_TOKEN_UNWANTED,
		.fold = (unsigned char)sl_training_fold(message, trainer->options.folds) };
	token_list_read(&example->list, message, false, false);
	len = example->list.ends[example->list.blocks - 1];
	for (uint32_t i = 0; i < len; i++)
		example->list.features[i] >>= 32 - trainer->options.dims;
	return trainer->len++;
}

void
sl_token_trainer_source(struct sl_token_trainer *trainer, uint64_t source)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(trainer->len > 0);
	trainer->examples[trainer->len - 1].group = (unsigned char)sl_sources_group(&trainer->sources, source);
}

void
sl_token_trainer_drop(struct sl_token_trainer *trainer, size_t number)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(number < trainer->len);
	trainer->examples[number].dropped = true;
}

/* ---- learning */

static uint64_t
random_next(uint64_t *state)	/* xorshift64* */
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static double
sum_of(const struct table *table, struct token_span span)
{
	double sum = 0;

	for (uint32_t i = 0; i < span.len; i++)
		sum += (double)table->weights[span.features[i]];
	return sum;
}

/* The margin of the block that stands out most; which one is set. */
static double
margin_of(const struct table *table, const struct token_list *list, unsigned *which_out)
{
	double header = TOKEN_HEADER_VALUE * sum_of(table, token_list_header(list)), best = 0;

	*which_out = 0;
	for (unsigned i = 0; i < list->blocks; i++) {
		double squares = token_list_squares(list, i);
		double margin = squares == 0 ? 0
		    : (header + sum_of(table, token_list_block(list, i))) / sqrt(squares);

		if (i == 0 || margin > best) {
			best = margin;
			*which_out = i;
		}
	}
	return best;
}

static void
span_learn(struct table *table, struct token_span span, float gradient)
{
	for (uint32_t i = 0; i < span.len; i++)
		table->weights[span.features[i]] -= RATE * gradient;
}

/* Learn from the block that decides: a wanted message must have no suspicious block, an unwanted one needs one. */
static void
example_learn(struct table *table, const struct example *example)
{
	unsigned which;
	double margin = margin_of(table, &example->list, &which);
	double error = 1 / (1 + exp(-(margin + (double)table->bias))) - (example->unwanted ? 1 : 0);
	double squares = token_list_squares(&example->list, which);
	float gradient = squares > 0 ? (float)(error / sqrt(squares)) : 0;

	span_learn(table, token_list_header(&example->list), TOKEN_HEADER_VALUE * gradient);
	span_learn(table, token_list_block(&example->list, which), gradient);
	table->bias_squares += (float)(error * error);
	table->bias -= BIAS_RATE * (float)error / sqrtf(table->bias_squares + 1);
}

static void
progress(struct sl_token_trainer *trainer)
{
	const struct sl_token_options *options = &trainer->options;

	trainer->work_done++;
	if (options->progress != NULL)
		options->progress(options->ctx, trainer->work_done, (options->folds + 1 + trainer->sources.len) * options->passes);
}

static bool
is_learned(const struct example *example, struct without without)
{
	return !example->dropped && example->fold != without.fold && example->group != without.group;
}

/* Learn from all examples but those. */
static void
table_learn(struct sl_token_trainer *trainer, struct table *table, struct without without)
{
	size_t rows = (size_t)1 << trainer->options.dims, len = 0;
	size_t *order = sl_xmalloc(sizeof(*order) * (trainer->len + 1));
	uint64_t random = 0x9e3779b97f4a7c15u;

	memset(table->weights, 0, rows * sizeof(float));
	table->bias = table->bias_squares = 0;
	for (size_t i = 0; i < trainer->len; i++)
		if (is_learned(&trainer->examples[i], without))
			order[len++] = i;
	for (unsigned pass = 0; pass < trainer->options.passes; pass++) {
		for (size_t i = len; i > 1; i--) {
			size_t j = random_next(&random) % i, kept = order[i - 1];

			order[i - 1] = order[j];
			order[j] = kept;
		}
		for (size_t i = 0; i < len; i++)
			example_learn(table, &trainer->examples[order[i]]);
		progress(trainer);
	}
	sl_free(order);
}

/* ---- calibration */

struct line {
	double	offset, slope;
};

struct loss {			/* with its gradient and curvature */
	double	sum, g0, g1, h00, h01, h11;
};

/* The loss of a line over the held-out judgements: both classes weigh the same, so that 0 means `says
 * nothing`, and the targets stay a little short of 0 and 1 (Platt). */
static struct loss
loss_of(const struct sl_token_trainer *trainer, const double counts[2], struct line line)
{
	struct loss loss = { .h00 = 1e-9, .h11 = 1e-9 };

	for (size_t i = 0; i < trainer->len; i++) {
		const struct example *example = &trainer->examples[i];
		double x = example->held, z = line.offset + line.slope * x;
		double weight = 0.5 / counts[example->unwanted];
		double target = example->unwanted ? (counts[1] + 1) / (counts[1] + 2) : 1 / (counts[0] + 2);
		double p = 1 / (1 + exp(-z)), curve = weight * p * (1 - p);

		if (example->dropped)
			continue;
		loss.sum += weight * (fmax(z, 0) + log1p(exp(-fabs(z))) - target * z);
		loss.g0 += weight * (p - target);
		loss.g1 += weight * (p - target) * x;
		loss.h00 += curve;
		loss.h01 += curve * x;
		loss.h11 += curve * x * x;
	}
	return loss;
}

/* Newton's method, each step halved until it helps. */
static struct line
calibrate(const struct sl_token_trainer *trainer, const double counts[2])
{
	struct line line = { 0, 1 };
	struct loss now = loss_of(trainer, counts, line);

	for (int step = 0; step < 100; step++) {
		double determinant = now.h00 * now.h11 - now.h01 * now.h01, size = 1;
		double d0 = (now.h11 * now.g0 - now.h01 * now.g1) / determinant;
		double d1 = (now.h00 * now.g1 - now.h01 * now.g0) / determinant;
		struct loss next = now;
		struct line tried = line;

		for (; size > 1e-6; size /= 2) {
			tried = (struct line){ line.offset - size * d0, line.slope - size * d1 };
			next = loss_of(trainer, counts, tried);
			if (next.sum < now.sum)
				break;
		}
		if (!(next.sum < now.sum - 1e-9))
			break;
		line = tried;
		now = next;
	}
	return line.slope > 0 ? line : (struct line){ 0, 0 };
}

static struct line
cross_fit(struct sl_token_trainer *trainer, struct table *table, const double counts[2])
{
	unsigned which;

	for (unsigned fold = 0; fold < trainer->options.folds; fold++) {
		table_learn(trainer, table, (struct without){ (int)fold, -1 });
		for (size_t i = 0; i < trainer->len; i++) {
			struct example *example = &trainer->examples[i];

			if (example->fold == fold)
				example->held = margin_of(table, &example->list, &which) +
				    (double)table->bias;
		}
	}
	return calibrate(trainer, counts);
}

/* Is enough left to learn from without any one of the sources? */
static bool
sources_suffice(const struct sl_token_trainer *trainer, const double counts[2])
{
	double of[SL_SOURCES_MAX][2] = { { 0 } };

	for (size_t i = 0; i < trainer->len; i++)
		if (!trainer->examples[i].dropped)
			of[trainer->examples[i].group][trainer->examples[i].unwanted]++;
	for (unsigned g = 0; g < trainer->sources.len; g++)
		if (counts[0] - of[g][0] < EACH_MIN || counts[1] - of[g][1] < EACH_MIN)
			return false;
	return trainer->sources.len > 1;
}

/* Judge every source by a model that has seen nothing of it. */
static void
cross_sources(struct sl_token_trainer *trainer, struct table *table, struct line line)
{
	unsigned which;

	sl_free(trainer->strange);
	trainer->strange = sl_xzalloc((trainer->len + 1) * sizeof(*trainer->strange));
	for (unsigned group = 0; group < trainer->sources.len; group++) {
		table_learn(trainer, table, (struct without){ -1, (int)group });
		for (size_t i = 0; i < trainer->len; i++) {
			const struct example *example = &trainer->examples[i];

			if (example->group == group && !example->dropped)
				trainer->strange[i] = token_squeeze(line.offset + line.slope *
				    (margin_of(table, &example->list, &which) + (double)table->bias));
		}
	}
}

const double *
sl_token_trainer_strange(const struct sl_token_trainer *trainer)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	return trainer->strange;
}

/* ---- the file */

static int
float_order(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* One step of the signed bytes: few weights are cut, most keep their shape. */
static double
step_of(const struct table *table, size_t rows)
{
	float *sizes = sl_xmalloc(rows * sizeof(float));
	size_t len = 0;
	double step;

	for (size_t i = 0; i < rows; i++)
		if (table->weights[i] != 0)
			sizes[len++] = fabsf(table->weights[i]);
	if (len == 0)
		sizes[len++] = 1;
	qsort(sizes, len, sizeof(float), float_order);
	step = (double)sizes[(size_t)((double)(len - 1) * CUT_SHARE)] / 127;
	sl_free(sizes);
	return step;
}

static void
number_put(unsigned char *p, double value)
{
	token_put_le(p, (uint64_t)(int64_t)llround(value * TOKEN_FRACTION), 8);
}

static void
model_write(const struct sl_token_trainer *trainer, const struct table *table, struct line line,
    const double counts[2], struct sl_buf *out)
{
	size_t rows = (size_t)1 << trainer->options.dims, len = TOKEN_HEAD_BYTES + rows;
	unsigned char *bytes = sl_xzalloc(len);
	double step = step_of(table, rows);

	memcpy(bytes, TOKEN_MAGIC, 8);
	token_put_le(bytes + 8, TOKEN_VERSION, 4);
	token_put_le(bytes + 12, trainer->options.dims, 4);
	number_put(bytes + 24, step);
	number_put(bytes + 32, line.offset + line.slope * (double)table->bias);
	number_put(bytes + 40, line.slope);
	number_put(bytes + 48, counts[0]);
	number_put(bytes + 56, counts[1]);
	for (size_t i = 0; i < rows; i++) {
		double value = round((double)table->weights[i] / step);

		bytes[TOKEN_HEAD_BYTES + i] = (unsigned char)(signed char)fmax(-127, fmin(127, value));
	}
	token_put_le(bytes + 16, sl_hash(bytes + 24, len - 24), 8);
	sl_buf_add(out, bytes, len);
	sl_free(bytes);
}

int
sl_token_trainer_finish(struct sl_token_trainer *trainer, struct sl_buf *model_out, double *held_out)
{
	size_t rows = (size_t)1 << trainer->options.dims;
	double counts[2] = { 0 };
	struct table table;
	struct line line;

	SL_CHECK(trainer, TRAINER_MAGIC);
	for (size_t i = 0; i < trainer->len; i++)
		if (!trainer->examples[i].dropped)
			counts[trainer->examples[i].unwanted]++;
	if (counts[0] < EACH_MIN || counts[1] < EACH_MIN)
		return SL_ERR_NOT_FOUND;
	trainer->work_done = 0;
	table = (struct table){ .weights = sl_xmalloc(rows * sizeof(float)) };
	line = cross_fit(trainer, &table, counts);
	for (size_t i = 0; i < trainer->len && held_out != NULL; i++)
		held_out[i] = trainer->examples[i].dropped ? 0
		    : token_squeeze(line.offset + line.slope * trainer->examples[i].held);
	if (sources_suffice(trainer, counts))
		cross_sources(trainer, &table, line);
	table_learn(trainer, &table, (struct without){ -1, -1 });
	model_write(trainer, &table, line, counts, model_out);
	sl_free(table.weights);
	return model_out->overflow ? SL_ERR_FULL : 0;
}
