/* ngram_train.c - see ngram_train.h */

#include "classify/ngram_train.h"

#include <math.h>
#include <stdlib.h>

#include "classify/ngram_i.h"

#define TRAINER_MAGIC	0x5d6e7401u

struct example {
	uint32_t		*rows;
	uint32_t		 len;
	unsigned char		 label;
	unsigned char		 fold;
	float			 held[NGRAM_HEADS];	/* margins by a model that has not seen it */
	float			 later;			/* unwanted: the highest margin of a later block */
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
	struct ngram_block	 block;		/* of the message that is being read */
	struct ngram_mail	 mail;
	uint32_t		*rows;
	uint32_t		 rows_len;
	unsigned		 shift;
	unsigned		 work_done;
	uint64_t		 random;
};

const struct sl_ngram_options sl_ngram_options_default = { .dims = 20, .folds = 5, .passes = 8 };

static double KNOB(const char *n, double d) { const char *s = getenv(n); return s ? atof(s) : d; }

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
	trainer->rows = sl_xmalloc(sizeof(uint32_t) * (NGRAM_BLOCK_FEATURES + NGRAM_GROUP_MAX));
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
on_features(void *ctx, enum ngram_place place, struct sl_slice word, const uint32_t *features,
    size_t len)
{
	struct sl_ngram_trainer *trainer = ctx;

	if (trainer->block.features >= NGRAM_BLOCK_FEATURES)
		return;
	for (size_t i = 0; i < len; i++)
		if (ngram_block_add(&trainer->block, features[i] >> trainer->shift))
			trainer->rows[trainer->rows_len++] = features[i] >> trainer->shift;
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

/* Cut a header into fields (RFC 5322, 2.2). Returns the offset of the body. */
static size_t
header_read(struct sl_ngram_trainer *trainer, struct sl_slice message, uint64_t *group)
{
	size_t i = 0;

	while (i < message.len) {
		size_t start = i, end;
		const unsigned char *colon;
		struct sl_slice field, name, value;

		do {
			const unsigned char *lf = memchr(message.ptr + i, '\n', message.len - i);

			i = lf == NULL ? message.len : (size_t)(lf + 1 - message.ptr);
		} while (i < message.len && (message.ptr[i] == ' ' || message.ptr[i] == '\t') && i - start > 2);
		end = i;
		field = sl_slice_trim(sl_slice(message.ptr + start, end - start));
		if (field.len == 0)
			return end;
		colon = memchr(field.ptr, ':', field.len);
		if (colon == NULL)
			return start;
		name = sl_slice_trim(sl_slice(field.ptr, (size_t)(colon - field.ptr)));
		value = sl_slice_from(field, (size_t)(colon + 1 - field.ptr));
		if (sl_slice_ieq(name, SL_SLICE_LIT("Subject")))
			*group = subject_group(value);
		ngram_mail_field(&trainer->mail, name, value);
	}
	return i;
}

void
sl_ngram_trainer_add(struct sl_ngram_trainer *trainer, struct sl_slice message,
    enum sl_ngram_label label)
{
	struct example *example;
	uint64_t group = 0;
	size_t body;

	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(label < SL_NGRAM_LABELS);
	memset(&trainer->block, 0, sizeof(trainer->block));
	trainer->rows_len = 0;
	ngram_mail_init(&trainer->mail, on_features, trainer);
	body = header_read(trainer, message, &group);
	ngram_mail_body(&trainer->mail, sl_slice_from(message, body));
	ngram_mail_end(&trainer->mail);

	if (trainer->len == trainer->size) {
		trainer->size = SL_MAX(trainer->size * 2, (size_t)256);
		trainer->examples = sl_xrealloc(trainer->examples, trainer->size * sizeof(*example));
	}
	example = &trainer->examples[trainer->len++];
	*example = (struct example){ .len = trainer->rows_len, .label = (unsigned char)label,
		.fold = (unsigned char)((group ^ group >> 32) % trainer->options.folds) };
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

static double
head_margin(const struct head *head, const struct example *example)
{
	double sum = 0;

	for (uint32_t i = 0; i < example->len; i++)
		sum += (double)head->weights[example->rows[i]];
	return example->len == 0 ? 0 : sum / sqrt(example->len);
}

static void
head_learn(struct head *head, const struct example *example, bool positive, double rate)
{
	double p = 1 / (1 + exp(-(head_margin(head, example) + (double)head->bias)));
	double error = p - (positive ? 1 : 0);
	float gradient, square;

	if (example->len == 0)
		return;
	gradient = (float)(error / sqrt(example->len));
	square = gradient * gradient;
	for (uint32_t i = 0; i < example->len; i++) {
		uint32_t row = example->rows[i];

		head->squares[row] += square;
		head->weights[row] -= (float)rate * gradient / sqrtf(head->squares[row] + 1e-6f);
	}
	head->bias_squares += (float)(error * error);
	head->bias -= (float)(0.1 * error) / sqrtf(head->bias_squares + 1);
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
	double rate = KNOB("RATE", 0.1);

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

			head_learn(head, example, head_positive(which, example), rate);
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
	for (unsigned fold = 0; fold < trainer->options.folds; fold++) {
		head_train(trainer, head, which, (int)fold);
		for (size_t i = 0; i < trainer->len; i++) {
			struct example *example = &trainer->examples[i];

			if (example->fold == fold)
				example->held[which] = (float)(head_margin(head, example) +
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

	*report = (struct sl_ngram_report){ 0 };
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
	step = (double)sizes[(size_t)((double)(len - 1) * KNOB("CLIP", 0.9999))] / 127;
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

int
sl_ngram_trainer_finish(struct sl_ngram_trainer *trainer, struct sl_buf *model_out,
    struct sl_ngram_report *report_out)
{
	size_t rows = (size_t)1 << trainer->options.dims;
	double parameters[NGRAM_PARAMETER_COUNT] = { 0 };
	unsigned char *table = sl_xzalloc(rows * NGRAM_HEADS);
	struct head head = { .weights = sl_xmalloc(rows * sizeof(float)),
		.squares = sl_xmalloc(rows * sizeof(float)) };
	struct sl_buf payload;

	for (int which = 0; which < NGRAM_HEADS; which++) {
		struct line line = cross_fit(trainer, &head, which);
		double *p = parameters + 4 * which;

		if (which == 0)
			report_make(trainer, line, report_out);
		head_train(trainer, &head, which, -1);
		p[0] = step_of(&head, rows);
		p[1] = line.offset + line.slope * (double)head.bias;
		p[2] = line.slope;
		p[3] = 8;
		quantise(&head, rows, p[0], table + which);
	}
	parameters[NGRAM_LATER_PENALTY] = KNOB("LATER", 1.0);
	for (int i = 0; i < SL_NGRAM_LABELS; i++)
		parameters[NGRAM_LEARNED_HAM + i] = (double)report_out->messages[i];

	sl_buf_init(&payload, NGRAM_HEAD_BYTES + rows * NGRAM_HEADS);
	for (size_t i = 0; i < NGRAM_PARAMETER_COUNT; i++)
		put_le(&payload, (uint64_t)(int64_t)llround(parameters[i] * NGRAM_FRACTION), 8);
	sl_buf_add(&payload, table, rows * NGRAM_HEADS);
	sl_buf_add(model_out, NGRAM_MAGIC, 8);
	put_le(model_out, NGRAM_VERSION, 4);
	put_le(model_out, trainer->options.dims, 4);
	put_le(model_out, sl_hash(payload.data, payload.len), 8);
	sl_buf_add_slice(model_out, sl_buf_slice(&payload));
	sl_buf_fini(&payload);
	sl_free(head.weights);
	sl_free(head.squares);
	sl_free(table);
	return model_out->overflow ? SL_ERR_FULL : 0;
}
