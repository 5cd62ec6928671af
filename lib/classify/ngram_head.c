/* ngram_head.c - see ngram_train_i.h: logistic regression with a rate for each weight (AdaGrad) */

#include "classify/ngram_train_i.h"

#include <math.h>
#include <stdlib.h>

#define CUT_SHARE	0.9999	/* of the weights keep their value in a signed byte */
#define SQUARES_LEAST	1e-6f	/* added to a sum of squared gradients */

void
ngram_head_init(struct ngram_head *head, unsigned dims, float rate)
{
	size_t rows = (size_t)1 << dims;

	*head = (struct ngram_head){ .weights = sl_xmalloc(rows * sizeof(float)),
		.squares = sl_xmalloc(rows * sizeof(float)), .rows = rows, .rate = rate };
	ngram_head_reset(head);
}

void
ngram_head_fini(struct ngram_head *head)
{
	sl_free(head->weights);
	sl_free(head->squares);
}

void
ngram_head_reset(struct ngram_head *head)
{
	memset(head->weights, 0, head->rows * sizeof(float));
	memset(head->squares, 0, head->rows * sizeof(float));
	head->bias = head->bias_squares = 0;
}

struct block {			/* of an example, as rows of the table */
	const uint32_t	*rows;
	uint32_t	 len;
};

static struct block
block_of(const struct ngram_example *example, unsigned i)
{
	uint32_t start = i == 0 ? example->header_len : example->ends[i - 1];

	return (struct block){ example->rows + start, example->ends[i] - start };
}

static double
sum_of(const struct ngram_head *head, struct block block)
{
	double sum = 0;

	for (uint32_t i = 0; i < block.len; i++)
		sum += (double)head->weights[block.rows[i]];
	return sum;
}

/* The length of a block and the header as a vector. */
static double
norm_of(const struct ngram_example *example, struct block block)
{
	return sqrt((double)NGRAM_HEADER_VALUE * NGRAM_HEADER_VALUE * example->header_len + block.len);
}

double
ngram_head_margin(const struct ngram_head *head, const struct ngram_example *example, unsigned *which_out)
{
	struct block header = { example->rows, example->header_len };
	double header_sum = NGRAM_HEADER_VALUE * sum_of(head, header), best = 0;

	*which_out = 0;
	for (unsigned i = 0; i < example->blocks; i++) {
		struct block block = block_of(example, i);
		double norm = norm_of(example, block);
		double margin = norm == 0 ? 0 : (header_sum + sum_of(head, block)) / norm;

		if (i == 0 || margin > best) {
			best = margin;
			*which_out = i;
		}
	}
	return best;
}

/* The share of a gradient that one feature of value 1 has. */
static void
block_learn(struct ngram_head *head, struct block block, float gradient)
{
	for (uint32_t i = 0; i < block.len; i++) {
		uint32_t row = block.rows[i];

		head->squares[row] += gradient * gradient;
		head->weights[row] -= head->rate * gradient / sqrtf(head->squares[row] + SQUARES_LEAST);
	}
}

static void
block_unlearn(struct ngram_head *head, struct block block, float gradient)
{
	for (uint32_t i = 0; i < block.len; i++) {
		uint32_t row = block.rows[i];

		head->weights[row] += head->rate * gradient / sqrtf(head->squares[row] + SQUARES_LEAST);
		head->squares[row] = fmaxf(0, head->squares[row] - gradient * gradient);
	}
}

static double
sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

/* Learn from the block that decides (multiple-instance learning): a wanted message must have no
 * suspicious block, an unwanted one needs one. */
double
ngram_head_learn(struct ngram_head *head, const struct ngram_example *example, bool positive)
{
	unsigned which;
	double error = sigmoid(ngram_head_margin(head, example, &which) + (double)head->bias) -
	    (positive ? 1 : 0);
	struct block header = { example->rows, example->header_len }, block = block_of(example, which);
	float gradient;

	if (header.len + block.len == 0)
		return 0;
	gradient = (float)(error / norm_of(example, block));
	block_learn(head, header, NGRAM_HEADER_VALUE * gradient);
	block_learn(head, block, gradient);
	head->bias_squares += (float)(error * error);
	head->bias -= head->rate * (float)error / sqrtf(head->bias_squares + 1);
	return error;
}

/* By how much the log-odds of a block move for an error of 1: the sum of its features' rates. */
static double
pull(const struct ngram_head *head, const struct ngram_example *example, struct block block)
{
	struct block header = { example->rows, example->header_len };
	double sum = 0, norm = norm_of(example, block);

	for (uint32_t i = 0; i < header.len; i++)
		sum += NGRAM_HEADER_VALUE * NGRAM_HEADER_VALUE /
		    sqrt((double)(head->squares[header.rows[i]] + SQUARES_LEAST));
	for (uint32_t i = 0; i < block.len; i++)
		sum += 1 / sqrt((double)(head->squares[block.rows[i]] + SQUARES_LEAST));
	return (double)head->rate * (sum / (norm * norm) + 1 / sqrt((double)head->bias_squares + 1));
}

/* What the error was before a step led to `after`: the log-odds z with z - pull * (sigmoid(z) - y) = after, which
 * lies between after and after + pull * (1 - 2y), by halving. */
static double
error_before(double after, double pull, bool positive)
{
	double y = positive ? 1 : 0, low = positive ? after - pull : after;
	double high = positive ? after : after + pull;

	for (int i = 0; i < 60; i++) {
		double z = (low + high) / 2;

		if (z - pull * (sigmoid(z) - y) < after)
			low = z;
		else
			high = z;
	}
	return sigmoid((low + high) / 2) - y;
}

double
ngram_head_error_before(const struct ngram_head *head, const struct ngram_example *example, bool positive)
{
	unsigned which;
	double after = ngram_head_margin(head, example, &which) + (double)head->bias;

	if (example->ends[example->blocks - 1] == 0)
		return 0;
	return error_before(after, pull(head, example, block_of(example, which)), positive);
}

void
ngram_head_unlearn(struct ngram_head *head, const struct ngram_example *example, double error)
{
	unsigned which;
	struct block header = { example->rows, example->header_len }, block;
	float gradient;

	ngram_head_margin(head, example, &which);
	block = block_of(example, which);
	if (header.len + block.len == 0)
		return;
	gradient = (float)(error / norm_of(example, block));
	block_unlearn(head, block, gradient);
	block_unlearn(head, header, NGRAM_HEADER_VALUE * gradient);
	head->bias += head->rate * (float)error / sqrtf(head->bias_squares + 1);
	head->bias_squares = fmaxf(0, head->bias_squares - (float)(error * error));
}

/* ---- as signed bytes */

static int
float_order(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* One step of the signed bytes: few weights are cut, most keep their shape. */

double
ngram_head_step(const struct ngram_head *head)
{
	float *sizes = sl_xmalloc(head->rows * sizeof(float));
	size_t len = 0;
	double step;

	for (size_t i = 0; i < head->rows; i++)
		if (head->weights[i] != 0)
			sizes[len++] = fabsf(head->weights[i]);
	if (len == 0)
		sizes[len++] = 1;
	qsort(sizes, len, sizeof(float), float_order);
	step = (double)sizes[(size_t)((double)(len - 1) * CUT_SHARE)] / 127;
	sl_free(sizes);
	return fmax(step, 1e-9);	/* not 0 when it is read back */
}

void
ngram_head_quantise(const struct ngram_head *head, double step, unsigned char *out, size_t stride)
{
	for (size_t i = 0; i < head->rows; i++) {
		double value = round((double)head->weights[i] / step);

		out[stride * i] = (unsigned char)(signed char)fmax(-127, fmin(127, value));
	}
}
