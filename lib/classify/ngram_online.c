/* ngram_online.c - see ngram_online.h */

#include "classify/ngram_online.h"

#include <math.h>

#include "classify/ngram_train_i.h"

#define ONLINE_MAGIC	0x5d6e6f01u
#define RATE		0.5f	/* one look at each message: larger steps than the trainer's */
#define SURE_LIMIT	8.0
/* What a weight of a model counts as having seen: a dozen mistakes on messages of a thousand features. */
#define SQUARES_LEARNED	0.01f
#define REMEMBERED	4096u	/* messages whose steps can be taken back exactly */

static const struct {
	enum sl_ngram_view	view;
	enum ngram_parameter	parameters;	/* the first of four */
} columns[NGRAM_COLUMNS] = {
	[NGRAM_COLUMN_UNWANTED] = { SL_NGRAM_DECODED, NGRAM_STEP_UNWANTED },
	[NGRAM_COLUMN_PHISH] = { SL_NGRAM_DECODED, NGRAM_STEP_PHISH },
	[NGRAM_COLUMN_BYTES] = { SL_NGRAM_BYTES, NGRAM_STEP_BYTES },
};

struct memory {			/* of a message that was learned: no content */
	uint64_t	key;	/* 0: none */
	float		error[NGRAM_COLUMNS];
};

struct sl_ngram_online {
	unsigned		 magic;
	unsigned		 dims;
	bool			 all_headers;
	struct ngram_reader	*reader;
	struct ngram_head	 heads[NGRAM_COLUMNS];	/* their margin is the log-odds itself */
	struct {
		double	offset, slope;
	} joint;
	double			 learned[SL_NGRAM_LABELS];
	struct memory		 memory[REMEMBERED];	/* by key; a later one takes the place */
};

struct sl_ngram_online *
sl_ngram_online_new(unsigned dims, bool all_headers)
{
	struct sl_ngram_online *online;

	if (dims < NGRAM_DIMS_MIN || dims > NGRAM_DIMS_MAX)
		return NULL;
	online = sl_xzalloc(sizeof(*online));
	online->magic = ONLINE_MAGIC;
	online->dims = dims;
	online->all_headers = all_headers;
	online->reader = ngram_reader_new(dims, all_headers);
	online->joint.slope = 1;
	for (int column = 0; column < NGRAM_COLUMNS; column++)
		ngram_head_init(&online->heads[column], dims, RATE);
	return online;
}

/* A column of a model, in units of log-odds. */
static void
head_from(struct ngram_head *head, const struct sl_ngram_model *model, int column)
{
	const double *p = model->parameters + columns[column].parameters;

	for (size_t row = 0; row < head->rows; row++) {
		head->weights[row] = (float)(p[0] * p[2] * model->rows[NGRAM_COLUMNS * row + (size_t)column]);
		head->squares[row] = head->weights[row] != 0 ? SQUARES_LEARNED : 0;
	}
	head->bias = (float)p[1];
	head->bias_squares = 1;
}

struct sl_ngram_online *
sl_ngram_online_from(const struct sl_ngram_model *model)
{
	const double *p = model->parameters;
	struct sl_ngram_online *online;

	ngram_model_check(model);
	online = sl_ngram_online_new(32 - model->shift, p[NGRAM_ALL_HEADERS] > 0);
	for (int column = 0; column < NGRAM_COLUMNS; column++)
		head_from(&online->heads[column], model, column);
	online->joint.offset = p[NGRAM_OFFSET_JOINT];
	online->joint.slope = p[NGRAM_SLOPE_JOINT];
	for (int i = 0; i < SL_NGRAM_LABELS; i++)
		online->learned[i] = p[NGRAM_LEARNED_HAM + i];
	return online;
}

void
sl_ngram_online_free(struct sl_ngram_online **online)
{
	if (*online == NULL)
		return;
	for (int column = 0; column < NGRAM_COLUMNS; column++)
		ngram_head_fini(&(*online)->heads[column]);
	ngram_reader_free(&(*online)->reader);
	SL_OBJ_FREE(online, ONLINE_MAGIC);
}

static struct memory *
memory_of(struct sl_ngram_online *online, struct sl_slice message, enum sl_ngram_label label, uint64_t *key_out)
{
	*key_out = (sl_hash(message.ptr, message.len) * SL_NGRAM_LABELS + label) | 1;
	return &online->memory[*key_out >> 52];
}

/* Phish is told from other unwanted mail only. */
static bool
column_wants(int column, enum sl_ngram_label label)
{
	return column != NGRAM_COLUMN_PHISH || label != SL_NGRAM_HAM;
}

static bool
column_positive(int column, enum sl_ngram_label label)
{
	return column == NGRAM_COLUMN_PHISH ? label == SL_NGRAM_PHISH : label != SL_NGRAM_HAM;
}

void
sl_ngram_online_learn(struct sl_ngram_online *online, struct sl_slice message, enum sl_ngram_label label)
{
	struct ngram_example views[SL_NGRAM_VIEWS];
	struct memory *memory, now = { 0 };

	SL_CHECK(online, ONLINE_MAGIC);
	SL_ASSERT(label < SL_NGRAM_LABELS);
	memory = memory_of(online, message, label, &now.key);
	ngram_reader_read(online->reader, message, true, views);
	for (int column = 0; column < NGRAM_COLUMNS; column++)
		if (column_wants(column, label))
			now.error[column] = (float)ngram_head_learn(&online->heads[column],
			    &views[columns[column].view], column_positive(column, label));
	*memory = now;
	online->learned[label]++;
}

void
sl_ngram_online_unlearn(struct sl_ngram_online *online, struct sl_slice message, enum sl_ngram_label label)
{
	struct ngram_example views[SL_NGRAM_VIEWS];
	struct memory *memory;
	uint64_t key;

	SL_CHECK(online, ONLINE_MAGIC);
	SL_ASSERT(label < SL_NGRAM_LABELS);
	memory = memory_of(online, message, label, &key);
	ngram_reader_read(online->reader, message, true, views);
	for (int column = 0; column < NGRAM_COLUMNS; column++) {
		struct ngram_head *head = &online->heads[column];
		const struct ngram_example *view = &views[columns[column].view];

		if (column_wants(column, label))
			ngram_head_unlearn(head, view, memory->key == key ? (double)memory->error[column]
			    : ngram_head_error_before(head, view, column_positive(column, label)));
	}
	if (memory->key == key)
		memory->key = 0;
	online->learned[label] = fmax(0, online->learned[label] - 1);
}

double
sl_ngram_online_judge(struct sl_ngram_online *online, struct sl_slice message,
    double values_out[SL_NGRAM_VIEWS])
{
	static const int column_of[SL_NGRAM_VIEWS] = {
		[SL_NGRAM_DECODED] = NGRAM_COLUMN_UNWANTED, [SL_NGRAM_BYTES] = NGRAM_COLUMN_BYTES,
	};
	struct ngram_example views[SL_NGRAM_VIEWS];
	double mean = 0;
	unsigned block;

	SL_CHECK(online, ONLINE_MAGIC);
	ngram_reader_read(online->reader, message, false, views);
	for (int v = 0; v < SL_NGRAM_VIEWS; v++) {
		const struct ngram_head *head = &online->heads[column_of[v]];
		double value = ngram_squeeze((double)head->bias + ngram_head_margin(head, &views[v], &block),
		    NGRAM_VALUE_LIMIT);

		mean += value / SL_NGRAM_VIEWS;
		if (values_out != NULL)
			values_out[v] = value;
	}
	return online->joint.offset + online->joint.slope * mean;
}

int
sl_ngram_online_write(const struct sl_ngram_online *online, struct sl_buf *model_out)
{
	double parameters[NGRAM_PARAMETER_COUNT] = { 0 };
	unsigned char *table = sl_xzalloc((size_t)NGRAM_COLUMNS << online->dims);

	SL_CHECK(online, ONLINE_MAGIC);
	for (int column = 0; column < NGRAM_COLUMNS; column++) {
		const struct ngram_head *head = &online->heads[column];
		double *p = parameters + columns[column].parameters;

		p[0] = ngram_head_step(head);
		p[1] = (double)head->bias;
		p[2] = 1;
		p[3] = SURE_LIMIT;
		ngram_head_quantise(head, p[0], table + column, NGRAM_COLUMNS);
	}
	parameters[NGRAM_OFFSET_JOINT] = online->joint.offset;
	parameters[NGRAM_SLOPE_JOINT] = online->joint.slope;
	parameters[NGRAM_ALL_HEADERS] = online->all_headers ? 1 : 0;
	for (int i = 0; i < SL_NGRAM_LABELS; i++)
		parameters[NGRAM_LEARNED_HAM + i] = online->learned[i];
	ngram_model_write(online->dims, parameters, table, model_out);
	sl_free(table);
	return model_out->overflow ? SL_ERR_FULL : 0;
}
