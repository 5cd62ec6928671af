/* ngram_train.c - see ngram_train.h */

#include "classify/ngram_train.h"

#include <math.h>

#include "classify/fold.h"
#include "classify/ngram_train_i.h"
#include "classify/sources.h"

#define TRAINER_MAGIC	0x5d6e7401u
#define EACH_MIN	10	/* ham, and other mail, that there must be */

#define SURE_LIMIT	8.0	/* log-odds: one in 3000; held-back mail shows no more */

/* What is learned, from which view. The first rate was chosen by leaving out one source of mail at a time, that of
 * the byte view by the validation of known sources, so figures on that flatter it a little. The decoded view carries to unknown sources best with small steps; the
 * byte view does so as well at no rate, and needs large ones to be sharp on known sources. */
static const struct head_kind {
	enum sl_ngram_view	view;
	float			rate;
	enum ngram_parameter	parameters;	/* the first of four */
} head_kinds[NGRAM_COLUMNS] = {
	[NGRAM_COLUMN_UNWANTED] = { SL_NGRAM_DECODED, 0.2f, NGRAM_STEP_UNWANTED },
	[NGRAM_COLUMN_PHISH] = { SL_NGRAM_DECODED, 0.2f, NGRAM_STEP_PHISH },
	[NGRAM_COLUMN_BYTES] = { SL_NGRAM_BYTES, 1.0f, NGRAM_STEP_BYTES },
};

struct message {
	struct ngram_example	 views[SL_NGRAM_VIEWS];
	unsigned char		 label;
	unsigned char		 fold;
	unsigned char		 group;			/* of its source */
	double			 held[NGRAM_COLUMNS];	/* margins by a model that has not seen it */
	double			 strange[NGRAM_COLUMNS];	/* by one that has seen nothing of its source */
};

/* What a head does not learn from. */
struct without {
	int	fold, group;		/* -1: from all */
};

struct sl_ngram_trainer {
	unsigned		 magic;
	struct sl_ngram_options	 options;
	struct ngram_reader	*reader;
	struct message		*messages;
	size_t			 len;
	size_t			 size;
	double			*held_out[SL_NGRAM_VIEWS];	/* log-odds; NULL before it has learned */
	double			*held_out_phish;
	struct sl_sources	 sources;
	double			*strange[SL_NGRAM_VIEWS];	/* NULL too where there are not enough sources */
	double			*strange_phish;
	unsigned		 work_done;
};

const struct sl_ngram_options sl_ngram_options_default = { .dims = 20, .folds = SL_FOLDS, .passes = 6 };

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
	trainer->reader = ngram_reader_new(options->dims, options->all_headers);
	return trainer;
}

void
sl_ngram_trainer_free(struct sl_ngram_trainer **trainer)
{
	if (*trainer == NULL)
		return;
	for (size_t i = 0; i < (*trainer)->len; i++)
		for (int v = 0; v < SL_NGRAM_VIEWS; v++)
			sl_free((*trainer)->messages[i].views[v].rows);
	for (int v = 0; v < SL_NGRAM_VIEWS; v++)
		sl_free((*trainer)->held_out[v]);
	for (int v = 0; v < SL_NGRAM_VIEWS; v++)
		sl_free((*trainer)->strange[v]);
	sl_free((*trainer)->strange_phish);
	sl_free((*trainer)->held_out_phish);
	sl_free((*trainer)->messages);
	ngram_reader_free(&(*trainer)->reader);
	SL_OBJ_FREE(trainer, TRAINER_MAGIC);
}

void
sl_ngram_trainer_add(struct sl_ngram_trainer *trainer, struct sl_slice message,
    enum sl_ngram_label label)
{
	struct message *added;

	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(label < SL_NGRAM_LABELS);
	if (trainer->len == trainer->size) {
		trainer->size = SL_MAX(trainer->size * 2, (size_t)256);
		trainer->messages = sl_xrealloc(trainer->messages, trainer->size * sizeof(*added));
	}
	added = &trainer->messages[trainer->len++];
	*added = (struct message){ .label = (unsigned char)label,
		.fold = (unsigned char)sl_training_fold(message, trainer->options.folds) };
	ngram_reader_read(trainer->reader, message, true, added->views);
	for (int v = 0; v < SL_NGRAM_VIEWS; v++) {
		struct ngram_example *example = &added->views[v];

		example->rows = sl_xmemdup(example->rows,
		    example->ends[example->blocks - 1] * sizeof(uint32_t));
	}
}

void
sl_ngram_trainer_source(struct sl_ngram_trainer *trainer, uint64_t source)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(trainer->len > 0);
	trainer->messages[trainer->len - 1].group = (unsigned char)sl_sources_group(&trainer->sources, source);
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

/* Does a head learn from this label? Phish is told from other unwanted mail only. */
static bool
head_wants(int column, const struct message *message)
{
	return column != NGRAM_COLUMN_PHISH || message->label != SL_NGRAM_HAM;
}

static bool
head_positive(int column, const struct message *message)
{
	return column == NGRAM_COLUMN_PHISH ? message->label == SL_NGRAM_PHISH
	    : message->label != SL_NGRAM_HAM;
}

static void
progress(struct sl_ngram_trainer *trainer)
{
	const struct sl_ngram_options *options = &trainer->options;

	trainer->work_done++;
	if (options->progress != NULL)
		options->progress(options->ctx, trainer->work_done,
		    (options->folds + 1 + trainer->sources.len) * options->passes * NGRAM_COLUMNS);
}

static bool
is_without(const struct message *message, struct without without)
{
	return message->fold == without.fold || message->group == without.group;
}

/* Learn from all messages but those. */
static void
head_train(struct sl_ngram_trainer *trainer, struct ngram_head *head, int column, struct without without)
{
	size_t *order = sl_xmalloc(sizeof(*order) * (trainer->len + 1)), len = 0;
	uint64_t random = UINT64_C(0x9e3779b97f4a7c15);

	head->rows = (size_t)1 << (column == NGRAM_COLUMN_BYTES ? ngram_bytes_dims(trainer->options.dims)
	    : trainer->options.dims);	/* it was made with as many as any has */
	head->rate = head_kinds[column].rate;
	ngram_head_reset(head);
	for (size_t i = 0; i < trainer->len; i++)
		if (!is_without(&trainer->messages[i], without) && head_wants(column, &trainer->messages[i]))
			order[len++] = i;
	for (unsigned pass = 0; pass < trainer->options.passes; pass++) {
		for (size_t i = len; i > 1; i--) {
			size_t j = random_next(&random) % i, kept = order[i - 1];

			order[i - 1] = order[j];
			order[j] = kept;
		}
		for (size_t i = 0; i < len; i++) {
			const struct message *message = &trainer->messages[order[i]];

			ngram_head_learn(head, &message->views[head_kinds[column].view],
			    head_positive(column, message));
		}
		progress(trainer);
	}
	sl_free(order);
}

/* Judge every fold by a model that has not seen it, and fit the line to that. */
static struct ngram_line
cross_fit(struct sl_ngram_trainer *trainer, struct ngram_head *head, int column)
{
	double *margins = sl_xmalloc(sizeof(*margins) * (trainer->len + 1));
	bool *positive = sl_xmalloc(sizeof(*positive) * (trainer->len + 1));
	struct ngram_line line;
	size_t len = 0;

	for (unsigned fold = 0; fold < trainer->options.folds; fold++) {
		head_train(trainer, head, column, (struct without){ (int)fold, -1 });
		for (size_t i = 0; i < trainer->len; i++) {
			struct message *message = &trainer->messages[i];
			unsigned block;

			if (message->fold == fold)
				message->held[column] = (double)head->bias + ngram_head_margin(head,
				    &message->views[head_kinds[column].view], &block);
		}
	}
	for (size_t i = 0; i < trainer->len; i++) {
		const struct message *message = &trainer->messages[i];

		if (!head_wants(column, message))
			continue;
		margins[len] = message->held[column];
		positive[len++] = head_positive(column, message);
	}
	line = ngram_fit(margins, positive, len);
	sl_free(margins);
	sl_free(positive);
	return line;
}

/* Is enough left to learn from without any one of the sources? */
static bool
sources_suffice(const struct sl_ngram_trainer *trainer)
{
	size_t all[2] = { 0 }, of[SL_SOURCES_MAX][2] = { { 0 } };

	for (size_t i = 0; i < trainer->len; i++) {
		bool unwanted = trainer->messages[i].label != SL_NGRAM_HAM;

		all[unwanted]++;
		of[trainer->messages[i].group][unwanted]++;
	}
	for (unsigned g = 0; g < trainer->sources.len; g++)
		if (all[0] - of[g][0] < EACH_MIN || all[1] - of[g][1] < EACH_MIN)
			return false;
	return trainer->sources.len > 1;
}

/* Judge every source by a model that has seen nothing of it. */
static void
cross_sources(struct sl_ngram_trainer *trainer, struct ngram_head *head, int column)
{
	for (unsigned group = 0; group < trainer->sources.len; group++) {
		head_train(trainer, head, column, (struct without){ -1, (int)group });
		for (size_t i = 0; i < trainer->len; i++) {
			struct message *message = &trainer->messages[i];
			unsigned block;

			if (message->group == group)
				message->strange[column] = (double)head->bias + ngram_head_margin(head,
				    &message->views[head_kinds[column].view], &block);
		}
	}
}

/* What a view would have said of each message, as its evidence's value. */
static void
values_set(const struct sl_ngram_trainer *trainer, int column, struct ngram_line line, bool strange, double **values)
{
	double limit = column == NGRAM_COLUMN_PHISH ? SURE_LIMIT : NGRAM_VALUE_LIMIT;
	double *out = sl_xmalloc(sizeof(*out) * (trainer->len + 1));

	for (size_t i = 0; i < trainer->len; i++) {
		const struct message *message = &trainer->messages[i];
		double margin = strange ? message->strange[column] : message->held[column];

		out[i] = ngram_squeeze(line.offset + line.slope * margin, limit);
	}
	sl_free(*values);
	*values = out;
}

const double *
sl_ngram_trainer_held_out(const struct sl_ngram_trainer *trainer, enum sl_ngram_view view,
    size_t *len_out)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(view < SL_NGRAM_VIEWS);
	*len_out = trainer->held_out[view] == NULL ? 0 : trainer->len;
	return trainer->held_out[view];
}

const double *
sl_ngram_trainer_held_out_phish(const struct sl_ngram_trainer *trainer)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	return trainer->held_out_phish;
}

const double *
sl_ngram_trainer_strange(const struct sl_ngram_trainer *trainer, enum sl_ngram_view view)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(view < SL_NGRAM_VIEWS);
	return trainer->strange[view];
}

const double *
sl_ngram_trainer_strange_phish(const struct sl_ngram_trainer *trainer)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	return trainer->strange_phish;
}

/* ---- the model */

/* Learn one head: its four parameters and its column of the table. */
static void
head_make(struct sl_ngram_trainer *trainer, struct ngram_head *head, int column, double *parameters,
    unsigned char *table)
{
	struct ngram_line line = cross_fit(trainer, head, column);
	double *own = parameters + head_kinds[column].parameters;

	values_set(trainer, column, line, false, column == NGRAM_COLUMN_PHISH ? &trainer->held_out_phish
	    : &trainer->held_out[head_kinds[column].view]);
	if (sources_suffice(trainer)) {
		cross_sources(trainer, head, column);
		values_set(trainer, column, line, true, column == NGRAM_COLUMN_PHISH ? &trainer->strange_phish
		    : &trainer->strange[head_kinds[column].view]);
	}
	head_train(trainer, head, column, (struct without){ -1, -1 });
	own[0] = ngram_head_step(head);
	own[1] = line.offset + line.slope * (double)head->bias;
	own[2] = line.slope;
	own[3] = SURE_LIMIT;
	ngram_head_quantise(head, own[0], column, trainer->options.dims, table);
}

/* Both views together: log-odds = offset + slope * (one + other) / 2, and what came of it. */
static void
views_join(const struct sl_ngram_trainer *trainer, double *parameters, struct sl_ngram_report *report)
{
	double *means = sl_xmalloc(sizeof(*means) * (trainer->len + 1));
	bool *unwanted = sl_xmalloc(sizeof(*unwanted) * (trainer->len + 1));
	struct ngram_line line;

	for (size_t i = 0; i < trainer->len; i++) {
		means[i] = (trainer->held_out[SL_NGRAM_DECODED][i] + trainer->held_out[SL_NGRAM_BYTES][i]) / 2;
		unwanted[i] = trainer->messages[i].label != SL_NGRAM_HAM;
		report->messages[trainer->messages[i].label]++;
	}
	line = ngram_fit(means, unwanted, trainer->len);
	for (size_t i = 0; i < trainer->len; i++)
		means[i] = line.offset + line.slope * means[i];
	ngram_report(means, unwanted, trainer->len, report);
	parameters[NGRAM_OFFSET_JOINT] = line.offset;
	parameters[NGRAM_SLOPE_JOINT] = line.slope;
	sl_free(means);
	sl_free(unwanted);
}

static void
put_le(struct sl_buf *out, uint64_t value, size_t len)
{
	for (; len > 0; len--, value >>= 8)
		sl_buf_add_byte(out, (unsigned char)value);
}

void
ngram_model_write(unsigned dims, const double parameters[NGRAM_PARAMETER_COUNT],
    const unsigned char *table, struct sl_buf *out)
{
	size_t bytes = ngram_model_bytes(dims) - NGRAM_HEAD_BYTES;
	struct sl_buf payload;

	sl_buf_init(&payload, NGRAM_HEAD_BYTES + bytes);
	for (size_t i = 0; i < NGRAM_PARAMETER_COUNT; i++)
		put_le(&payload, (uint64_t)(int64_t)llround(parameters[i] * NGRAM_FRACTION), 8);
	sl_buf_add(&payload, table, bytes);
	sl_buf_add(out, NGRAM_MAGIC, 8);
	put_le(out, NGRAM_VERSION, 4);
	put_le(out, dims, 4);
	put_le(out, sl_hash(payload.data, payload.len), 8);
	sl_buf_add_slice(out, sl_buf_slice(&payload));
	sl_buf_fini(&payload);
}

static bool
enough(const struct sl_ngram_trainer *trainer)
{
	size_t ham = 0;

	for (size_t i = 0; i < trainer->len; i++)
		ham += trainer->messages[i].label == SL_NGRAM_HAM;
	return ham >= EACH_MIN && trainer->len - ham >= EACH_MIN;
}

int
sl_ngram_trainer_finish(struct sl_ngram_trainer *trainer, struct sl_buf *model_out,
    struct sl_ngram_report *report_out)
{
	double parameters[NGRAM_PARAMETER_COUNT] = { 0 };
	unsigned char *table;
	struct ngram_head head;

	SL_CHECK(trainer, TRAINER_MAGIC);
	*report_out = (struct sl_ngram_report){ 0 };
	if (!enough(trainer))
		return SL_ERR_NOT_FOUND;
	trainer->work_done = 0;
	table = sl_xzalloc(ngram_model_bytes(trainer->options.dims) - NGRAM_HEAD_BYTES);
	ngram_head_init(&head, trainer->options.dims, 0);
	for (int column = 0; column < NGRAM_COLUMNS; column++)
		head_make(trainer, &head, column, parameters, table);
	views_join(trainer, parameters, report_out);
	for (int i = 0; i < SL_NGRAM_LABELS; i++)
		parameters[NGRAM_LEARNED_HAM + i] = (double)report_out->messages[i];
	parameters[NGRAM_ALL_HEADERS] = trainer->options.all_headers ? 1 : 0;
	ngram_model_write(trainer->options.dims, parameters, table, model_out);
	ngram_head_fini(&head);
	sl_free(table);
	return model_out->overflow ? SL_ERR_FULL : 0;
}
