/* ngram_train.c - see ngram_train.h */

#include "classify/ngram_train.h"

#include <math.h>
#include <stdlib.h>

#include "classify/ngram_i.h"
#include "classify/panel.h"

#define TRAINER_MAGIC	0x5d6e7401u
#define ARENA_BYTES	65536
#define RULE_LEAST	40	/* underscores */
#define FOOTER_LINES	6	/* with the rule */
#define BLOCKS_MAX	8	/* of a message that are learned from */
#define EACH_MIN	10	/* ham, and other mail, that there must be */

/* Chosen by leaving out one source of mail at a time, not by the same sources' validation. */
#define RATE		0.2f	/* of the first step of a weight */
#define CUT_SHARE	0.9999	/* of the weights keep their value in a signed byte */
#define SURE_LIMIT	8.0	/* log-odds: one in 3000; held-back mail shows no more */

struct example {
	uint32_t		*rows;		/* the header's, then those of each block */
	uint32_t		 header_len;
	uint32_t		 ends[BLOCKS_MAX];	/* of the blocks, in rows */
	unsigned char		 blocks;	/* at least one */
	unsigned char		 label;
	unsigned char		 fold;
	float			 held[NGRAM_HEADS];	/* margins by a model that has not seen it */
};

struct head {
	float	*weights;
	float	*squares;	/* sums of squared gradients */
	float	 bias;
	float	 bias_squares;
};

struct sl_ngram_trainer {
	unsigned		 magic;
	struct sl_ngram_options	 options;
	struct example		*examples;
	size_t			 len;
	size_t			 size;
	struct ngram_block	 block;
	struct ngram_mail	 mail;
	uint64_t		 group;		/* of the message: it shares a fold with its like */
	struct example		 reading;
	bool			 header_over;
	uint32_t		*rows;		/* of the message that is being read */
	uint32_t		 rows_len;
	unsigned		 shift;
	unsigned		 work_done;
	uint64_t		 random;
};

const struct sl_ngram_options sl_ngram_options_default = { .dims = 20, .folds = 5, .passes = 16 };

struct sl_ngram_trainer *
sl_ngram_trainer_new(const struct sl_ngram_options *options)
{
	struct sl_ngram_trainer *trainer;

	if (options->dims < NGRAM_DIMS_MIN || options->dims > NGRAM_DIMS_MAX || options->folds < 2 ||
	    options->folds > 20 || options->passes < 1 || options->passes > 100)
		return NULL;
	trainer = sl_xzalloc(sizeof(*trainer));
	trainer->magic = TRAINER_MAGIC;
	trainer->options = *options;
	trainer->shift = 32 - options->dims;
	trainer->rows = sl_xmalloc(sizeof(uint32_t) * (BLOCKS_MAX + 1) *
	    (NGRAM_BLOCK_FEATURES + NGRAM_GROUP_MAX));
	trainer->random = 0x9e3779b97f4a7c15u;
	return trainer;
}

void
sl_ngram_trainer_free(struct sl_ngram_trainer **trainer)
{
	if (*trainer == NULL)
		return;
	for (size_t i = 0; i < (*trainer)->len; i++)
		sl_free((*trainer)->examples[i].rows);
	sl_free((*trainer)->examples);
	sl_free((*trainer)->rows);
	SL_OBJ_FREE(trainer, TRAINER_MAGIC);
}

/* ---- reading */

static void
block_end(struct sl_ngram_trainer *trainer)
{
	trainer->reading.ends[trainer->reading.blocks++] = trainer->rows_len;
	memset(&trainer->block, 0, sizeof(trainer->block));
}

static void
header_end(struct sl_ngram_trainer *trainer)
{
	trainer->header_over = true;
	trainer->reading.header_len = trainer->rows_len;
	if (trainer->block.features >= NGRAM_BLOCK_FEATURES)
		block_end(trainer);
}

static void
on_features(void *ctx, enum ngram_place place, struct sl_slice word, const uint32_t *features,
    size_t len)
{
	struct sl_ngram_trainer *trainer = ctx;

	if (trainer->mail.header_over && !trainer->header_over)
		header_end(trainer);
	if (trainer->block.features >= NGRAM_BLOCK_FEATURES || trainer->reading.blocks == BLOCKS_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (ngram_block_add(&trainer->block, features[i] >> trainer->shift) != 0)
			trainer->rows[trainer->rows_len++] = features[i] >> trainer->shift;
	if (trainer->header_over && trainer->block.features >= NGRAM_BLOCK_FEATURES)
		block_end(trainer);
}

/* The subject without case, digits, Re: and [tag]: the same for a thread or a campaign. */
static uint64_t
subject_group(struct sl_slice value)
{
	unsigned char text[64];
	size_t len = 0;
	bool tag = false;

	for (size_t i = 0; i < value.len && len < sizeof(text); i++) {
		unsigned char c = sl_ascii_lower(value.ptr[i]);

		tag = c == '[' || (tag && c != ']');
		if (!tag && ((c >= 'a' && c <= 'z') || c >= 0x80))
			text[len++] = c;
		if (len == 2 && c == ':')
			len = 0;
	}
	return sl_hash(text, len);
}

/* A classifier that notes the subject; its state is the trainer. */
static void *
listen(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static void
on_field(void *ctx, struct sl_slice name, struct sl_slice value)
{
	struct sl_ngram_trainer *trainer = ctx;

	if (sl_slice_ieq(name, SL_SLICE_LIT("Subject")))
		trainer->group = subject_group(value);
}

static const struct sl_classifier subject_listener = {
	.name = "subject",
	.new_message = listen,
	.field = on_field,
};

/* Is it the rule that list managers put above their footer? */
static bool
is_rule(struct sl_slice line)
{
	size_t len = 0;

	while (len < line.len && line.ptr[len] == '_')
		len++;
	return len >= RULE_LEAST && sl_slice_trim(sl_slice_from(line, len)).len == 0;
}

/* Feed a body without the footers of mailing lists: which list it was must not be learned. A rule
 * and the lines below it, up to an empty line or a boundary. When a message is judged they are
 * read like all else, or there would be a place to hide. */
static void
body_feed(struct sl_panel *panel, struct sl_slice body)
{
	unsigned footer = 0;	/* lines of it that may still come */

	while (body.len > 0) {
		const unsigned char *lf = memchr(body.ptr, '\n', body.len);
		struct sl_slice line = sl_slice(body.ptr,
		    lf == NULL ? body.len : (size_t)(lf + 1 - body.ptr));

		if (is_rule(line))
			footer = FOOTER_LINES;
		else if (footer > 0 && (sl_slice_trim(line).len == 0 ||
		    sl_slice_istarts(line, SL_SLICE_LIT("--"))))
			footer = 0;
		if (footer == 0)
			sl_panel_feed(panel, line);
		else
			footer--;
		body = sl_slice_from(body, line.len);
	}
}

static void
message_read(struct sl_ngram_trainer *trainer, struct sl_slice message)
{
	const unsigned char *end = memmem(message.ptr, message.len, "\r\n\r\n", 4);
	size_t header = end == NULL ? message.len : (size_t)(end + 4 - message.ptr);
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;

	memset(&trainer->block, 0, sizeof(trainer->block));
	trainer->reading = (struct example){ 0 };
	trainer->header_over = false;
	trainer->rows_len = 0;
	trainer->group = 0;
	ngram_mail_init(&trainer->mail, on_features, trainer);
	sl_arena_init(&arena, ARENA_BYTES);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &subject_listener, trainer);
	sl_panel_add(panel, &ngram_listener, &trainer->mail);
	sl_panel_feed(panel, sl_slice(message.ptr, header));
	body_feed(panel, sl_slice_from(message, header));
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	if (!trainer->header_over)
		header_end(trainer);
	if (trainer->reading.blocks == 0 || (trainer->reading.blocks < BLOCKS_MAX &&
	    trainer->block.features >= NGRAM_BLOCK_LEAST))
		block_end(trainer);
}

void
sl_ngram_trainer_add(struct sl_ngram_trainer *trainer, struct sl_slice message,
    enum sl_ngram_label label)
{
	struct example *example;

	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(label < SL_NGRAM_LABELS);
	message_read(trainer, message);
	if (trainer->len == trainer->size) {
		trainer->size = SL_MAX(trainer->size * 2, (size_t)256);
		trainer->examples = sl_xrealloc(trainer->examples, trainer->size * sizeof(*example));
	}
	example = &trainer->examples[trainer->len++];
	*example = trainer->reading;
	example->label = (unsigned char)label;
	example->fold = (unsigned char)(trainer->group % trainer->options.folds);
	example->rows = sl_xmemdup(trainer->rows, trainer->rows_len * sizeof(uint32_t));
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

struct block {			/* of an example, as rows of the table */
	const uint32_t	*rows;
	uint32_t	 len;
};

static struct block
block_of(const struct example *example, unsigned i)
{
	uint32_t start = i == 0 ? example->header_len : example->ends[i - 1];

	return (struct block){ example->rows + start, example->ends[i] - start };
}

static double
sum_of(const struct head *head, struct block block)
{
	double sum = 0;

	for (uint32_t i = 0; i < block.len; i++)
		sum += (double)head->weights[block.rows[i]];
	return sum;
}

/* The length of a block and the header as a vector. */
static double
norm_of(const struct example *example, struct block block)
{
	return sqrt((double)NGRAM_HEADER_VALUE * NGRAM_HEADER_VALUE * example->header_len + block.len);
}

/* The margin of the block that stands out most; which one is set. */
static double
head_margin(const struct head *head, const struct example *example, unsigned *which_out)
{
	struct block header = { example->rows, example->header_len };
	double header_sum = NGRAM_HEADER_VALUE * sum_of(head, header), best = 0;

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

static void
block_learn(struct head *head, struct block block, float gradient)
{
	for (uint32_t i = 0; i < block.len; i++) {
		uint32_t row = block.rows[i];

		head->squares[row] += gradient * gradient;
		head->weights[row] -= RATE * gradient / sqrtf(head->squares[row] + 1e-6f);
	}
}

/* Learn from the block that decides (multiple-instance learning): a wanted message must have no
 * suspicious block, an unwanted one needs one. */
static void
head_learn(struct head *head, const struct example *example, bool positive)
{
	unsigned which = 0;
	double p = 1 / (1 + exp(-(head_margin(head, example, &which) + (double)head->bias)));
	double error = p - (positive ? 1 : 0);
	struct block header = { example->rows, example->header_len }, block = block_of(example, which);
	float gradient;

	if (header.len + block.len == 0)
		return;
	gradient = (float)(error / norm_of(example, block));
	block_learn(head, header, NGRAM_HEADER_VALUE * gradient);
	block_learn(head, block, gradient);
	head->bias_squares += (float)(error * error);
	head->bias -= RATE * (float)error / sqrtf(head->bias_squares + 1);
}

/* Does a head learn from this label? Phish is told from other unwanted mail only. */
static bool
head_wants(int head, const struct example *example)
{
	return head == 0 || example->label != SL_NGRAM_HAM;
}

static bool
head_positive(int head, const struct example *example)
{
	return head == 0 ? example->label != SL_NGRAM_HAM : example->label == SL_NGRAM_PHISH;
}

static void
progress(struct sl_ngram_trainer *trainer)
{
	const struct sl_ngram_options *options = &trainer->options;

	trainer->work_done++;
	if (options->progress != NULL)
		options->progress(options->ctx, trainer->work_done,
		    (options->folds + 1) * options->passes * NGRAM_HEADS);
}

/* Learn from all examples but those of `without` (-1: from all). */
static void
head_train(struct sl_ngram_trainer *trainer, struct head *head, int which, int without)
{
	size_t rows = (size_t)1 << trainer->options.dims, len = 0;
	size_t *order = sl_xmalloc(sizeof(*order) * (trainer->len + 1));
	uint64_t random = trainer->random;

	memset(head->weights, 0, rows * sizeof(float));
	memset(head->squares, 0, rows * sizeof(float));
	head->bias = head->bias_squares = 0;
	for (size_t i = 0; i < trainer->len; i++)
		if (trainer->examples[i].fold != without && head_wants(which, &trainer->examples[i]))
			order[len++] = i;
	for (unsigned pass = 0; pass < trainer->options.passes; pass++) {
		for (size_t i = len; i > 1; i--) {
			size_t j = random_next(&random) % i, kept = order[i - 1];

			order[i - 1] = order[j];
			order[j] = kept;
		}
		for (size_t i = 0; i < len; i++) {
			const struct example *example = &trainer->examples[order[i]];

			head_learn(head, example, head_positive(which, example));
		}
		progress(trainer);
	}
	sl_free(order);
}

/* ---- calibration */

struct line {
	double	offset, slope;
};

struct slope {			/* of the loss, with its curvature */
	double	loss, g0, g1, h00, h01, h11;
};

/* The loss of a line over the held-back judgements: both classes weigh the same, so that 0 means
 * `says nothing`, and the targets stay a little short of 0 and 1 (Platt). */
static struct slope
loss(const struct sl_ngram_trainer *trainer, int which, const double counts[2], struct line line)
{
	struct slope sum = { .h00 = 1e-9, .h11 = 1e-9 };

	for (size_t i = 0; i < trainer->len; i++) {
		const struct example *example = &trainer->examples[i];
		bool positive = head_positive(which, example);
		double x = (double)example->held[which], z = line.offset + line.slope * x;
		double weight = 0.5 / counts[positive];
		double target = positive ? (counts[1] + 1) / (counts[1] + 2) : 1 / (counts[0] + 2);
		double p = 1 / (1 + exp(-z)), curve = weight * p * (1 - p);

		if (!head_wants(which, example))
			continue;
		sum.loss += weight * (fmax(z, 0) + log1p(exp(-fabs(z))) - target * z);
		sum.g0 += weight * (p - target);
		sum.g1 += weight * (p - target) * x;
		sum.h00 += curve;
		sum.h01 += curve * x;
		sum.h11 += curve * x * x;
	}
	return sum;
}

/* Fit log-odds = offset + slope * margin by logistic regression (Platt): Newton's method, each
 * step halved until it helps. */
static struct line
calibrate(const struct sl_ngram_trainer *trainer, int which)
{
	struct line line = { 0, 1 };
	double counts[2] = { 0 };
	struct slope now;

	for (size_t i = 0; i < trainer->len; i++)
		if (head_wants(which, &trainer->examples[i]))
			counts[head_positive(which, &trainer->examples[i])]++;
	if (counts[0] == 0 || counts[1] == 0)
		return (struct line){ 0, 0 };
	now = loss(trainer, which, counts, line);
	for (int step = 0; step < 100; step++) {
		double determinant = now.h00 * now.h11 - now.h01 * now.h01, size = 1;
		double d0 = (now.h11 * now.g0 - now.h01 * now.g1) / determinant;
		double d1 = (now.h00 * now.g1 - now.h01 * now.g0) / determinant;
		struct slope next = now;
		struct line tried = line;

		for (; size > 1e-6; size /= 2) {
			tried = (struct line){ line.offset - size * d0, line.slope - size * d1 };
			next = loss(trainer, which, counts, tried);
			if (next.loss < now.loss)
				break;
		}
		if (!(next.loss < now.loss - 1e-9))
			break;
		line = tried;
		now = next;
	}
	return line.slope > 0 ? line : (struct line){ 0, 0 };
}

static struct line
cross_fit(struct sl_ngram_trainer *trainer, struct head *head, int which)
{
	unsigned block;

	for (unsigned fold = 0; fold < trainer->options.folds; fold++) {
		head_train(trainer, head, which, (int)fold);
		for (size_t i = 0; i < trainer->len; i++) {
			struct example *example = &trainer->examples[i];

			if (example->fold == fold)
				example->held[which] = (float)(head_margin(head, example, &block) +
				    (double)head->bias);
		}
	}
	return calibrate(trainer, which);
}

/* ---- the report */

struct judged {
	double	log_odds;
	bool	unwanted;
};

static int
judged_order(const void *a, const void *b)
{
	double x = ((const struct judged *)a)->log_odds, y = ((const struct judged *)b)->log_odds;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void
report_make(const struct sl_ngram_trainer *trainer, struct line line, struct sl_ngram_report *report)
{
	static const double rates[] = { 0.001, 0.005, 0.01 };
	struct judged *judged = sl_xmalloc(sizeof(*judged) * (trainer->len + 1));
	double ham = 0, unwanted = 0, area = 0, seen_ham = 0, seen_unwanted = 0;
	double bins[10][3] = { { 0 } };

	for (size_t i = 0; i < trainer->len; i++) {
		const struct example *example = &trainer->examples[i];

		judged[i].log_odds = line.offset + line.slope * (double)example->held[0];
		judged[i].unwanted = example->label != SL_NGRAM_HAM;
		report->messages[example->label]++;
		*(judged[i].unwanted ? &unwanted : &ham) += 1;
	}
	qsort(judged, trainer->len, sizeof(*judged), judged_order);
	for (size_t i = 0; i < trainer->len; i++) {
		double p = 1 / (1 + exp(-judged[i].log_odds));
		size_t bin = SL_MIN((size_t)(p * 10), (size_t)9);

		bins[bin][0] += 1;
		bins[bin][1] += p;
		bins[bin][2] += judged[i].unwanted;
		if (judged[i].unwanted) {
			area += seen_ham;
			seen_unwanted++;
			for (size_t r = 0; r < SL_COUNT(rates); r++)
				if (seen_ham <= rates[r] * ham)
					report->caught_at[r] = seen_unwanted / unwanted;
		} else {
			seen_ham++;
		}
	}
	report->roc_area_missed = area / (ham * unwanted);
	for (size_t b = 0; b < 10; b++)
		report->calibration_error += fabs(bins[b][1] - bins[b][2]) / (double)trainer->len;
	sl_free(judged);
}

/* ---- the file */

static void
put_le(struct sl_buf *out, uint64_t value, size_t len)
{
	for (; len > 0; len--, value >>= 8)
		sl_buf_add_byte(out, (unsigned char)value);
}

static int
float_order(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* One step of the signed bytes: few weights are cut, most keep their shape. */
static double
step_of(const struct head *head, size_t rows)
{
	float *sizes = sl_xmalloc(rows * sizeof(float));
	size_t len = 0;
	double step;

	for (size_t i = 0; i < rows; i++)
		if (head->weights[i] != 0)
			sizes[len++] = fabsf(head->weights[i]);
	if (len == 0)
		sizes[len++] = 1;
	qsort(sizes, len, sizeof(float), float_order);
	step = (double)sizes[(size_t)((double)(len - 1) * CUT_SHARE)] / 127;
	sl_free(sizes);
	return step;
}

static void
quantise(const struct head *head, size_t rows, double step, unsigned char *out)
{
	for (size_t i = 0; i < rows; i++) {
		double value = round((double)head->weights[i] / step);

		out[NGRAM_HEADS * i] = (unsigned char)(signed char)fmax(-127, fmin(127, value));
	}
}

static void
model_write(const struct sl_ngram_trainer *trainer, const double *parameters,
    const unsigned char *table, struct sl_buf *out)
{
	size_t rows = (size_t)1 << trainer->options.dims;
	struct sl_buf payload;

	sl_buf_init(&payload, NGRAM_HEAD_BYTES + rows * NGRAM_HEADS);
	for (size_t i = 0; i < NGRAM_PARAMETER_COUNT; i++)
		put_le(&payload, (uint64_t)(int64_t)llround(parameters[i] * NGRAM_FRACTION), 8);
	sl_buf_add(&payload, table, rows * NGRAM_HEADS);
	sl_buf_add(out, NGRAM_MAGIC, 8);
	put_le(out, NGRAM_VERSION, 4);
	put_le(out, trainer->options.dims, 4);
	put_le(out, sl_hash(payload.data, payload.len), 8);
	sl_buf_add_slice(out, sl_buf_slice(&payload));
	sl_buf_fini(&payload);
}

/* Learn one head: its four parameters and its column of the table. */
static struct line
head_make(struct sl_ngram_trainer *trainer, struct head *head, int which, double *parameters,
    unsigned char *table)
{
	size_t rows = (size_t)1 << trainer->options.dims;
	struct line line = cross_fit(trainer, head, which);

	head_train(trainer, head, which, -1);
	parameters[0] = step_of(head, rows);
	parameters[1] = line.offset + line.slope * (double)head->bias;
	parameters[2] = line.slope;
	parameters[3] = SURE_LIMIT;
	quantise(head, rows, parameters[0], table + which);
	return line;
}

static bool
enough(const struct sl_ngram_trainer *trainer)
{
	size_t ham = 0;

	for (size_t i = 0; i < trainer->len; i++)
		ham += trainer->examples[i].label == SL_NGRAM_HAM;
	return ham >= EACH_MIN && trainer->len - ham >= EACH_MIN;
}

int
sl_ngram_trainer_finish(struct sl_ngram_trainer *trainer, struct sl_buf *model_out,
    struct sl_ngram_report *report_out)
{
	size_t rows = (size_t)1 << trainer->options.dims;
	double parameters[NGRAM_PARAMETER_COUNT] = { 0 };
	unsigned char *table;
	struct head head;
	struct line line;

	SL_CHECK(trainer, TRAINER_MAGIC);
	*report_out = (struct sl_ngram_report){ 0 };
	if (!enough(trainer))
		return SL_ERR_NOT_FOUND;
	trainer->work_done = 0;
	table = sl_xzalloc(rows * NGRAM_HEADS);
	head = (struct head){ .weights = sl_xmalloc(rows * sizeof(float)),
		.squares = sl_xmalloc(rows * sizeof(float)) };
	line = head_make(trainer, &head, 0, parameters + NGRAM_STEP_UNWANTED, table);
	report_make(trainer, line, report_out);
	head_make(trainer, &head, 1, parameters + NGRAM_STEP_PHISH, table);
	for (int i = 0; i < SL_NGRAM_LABELS; i++)
		parameters[NGRAM_LEARNED_HAM + i] = (double)report_out->messages[i];
	model_write(trainer, parameters, table, model_out);
	sl_free(head.weights);
	sl_free(head.squares);
	sl_free(table);
	return model_out->overflow ? SL_ERR_FULL : 0;
}
