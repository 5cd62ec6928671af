/* combine_train.c - see combine_train.h */

#include "classify/combine_train.h"

#include <math.h>
#include <stdlib.h>

#define TRAINER_MAGIC	0x5dc0b1e3u
#define EACH_MIN	10		/* ham, and other mail, that there must be */
#define SEEN_MIN	8		/* messages with a kind of evidence, for it to be learned */
#define SWEEPS		60		/* over all weights, at most */
#define ENOUGH		1e-6		/* a sweep that moves no weight by more ends the work */
/* How far (in log-odds that an evidence adds) weights stray from the estimate without asking for much. */
#define STRAY		1.0
#define HALVINGS	20
/* A weight never turns what a classifier says into its opposite: that an image hides would then speak *for* a message,
 * because wanted newsletters of the training have such too, and whoever knew it would add one. */
#define WEIGHT_LEAST	0.0
#define WEIGHT_MOST	2.5
#define FREE		1e3
#define STRANGE_SHARE	0.1	/* of the whole, that messages have as strangers */
#define SOURCE_POWER	0.1		/* a message weighs as its source's number to this power less */
#define INDEX_SLOTS	16384
#define COLUMNS_MAX	(INDEX_SLOTS / 2)	/* further kinds are not learned */

/* One kind of evidence in one state. Absence is a column of its own, with no estimate behind it. */
struct column {
	char	name[SL_COMBINER_NAME_MAX + 1];
	size_t	present, absent;		/* messages */
};

struct entry {
	uint32_t	column;
	bool		absent;
	float		said[2];		/* of the trained categories */
};

struct row {
	size_t		first, len;		/* entries */
	uint64_t	source;
	unsigned char	label;
	unsigned char	fold;
	bool		strange;		/* the models have seen nothing of its source */
};

struct sl_combine_trainer {
	unsigned	 magic;
	struct column	*columns;
	size_t		 columns_len, columns_size;
	uint32_t	 index[INDEX_SLOTS];	/* by the name's hash: column + 1; 0: free */
	struct row	*rows;
	size_t		 rows_len, rows_size;
	size_t		 strange;		/* of the rows */
	struct entry	*entries;
	size_t		 entries_len, entries_size;
};

static const enum sl_category trained[2] = { SL_SPAM, SL_PHISH };

struct sl_combine_trainer *
sl_combine_trainer_new(void)
{
	struct sl_combine_trainer *trainer = sl_xzalloc(sizeof(*trainer));

	trainer->magic = TRAINER_MAGIC;
	return trainer;
}

void
sl_combine_trainer_free(struct sl_combine_trainer **trainer)
{
	if (*trainer == NULL)
		return;
	sl_free((*trainer)->columns);
	sl_free((*trainer)->rows);
	sl_free((*trainer)->entries);
	SL_OBJ_FREE(trainer, TRAINER_MAGIC);
}

/* ---- gathering */

static void *
room(void *list, size_t len, size_t *size, size_t each)
{
	if (len < *size)
		return list;
	*size = *size == 0 ? 256 : 2 * *size;
	return sl_xrealloc(list, *size * each);
}

/* SIZE_MAX: there are too many. */
static size_t
column_of(struct sl_combine_trainer *trainer, const char *name)
{
	size_t slot = (size_t)(sl_hash(name, strlen(name)) >> 8) % INDEX_SLOTS;

	for (; trainer->index[slot] != 0; slot = (slot + 1) % INDEX_SLOTS)
		if (strcmp(trainer->columns[trainer->index[slot] - 1].name, name) == 0)
			return trainer->index[slot] - 1;
	if (trainer->columns_len == COLUMNS_MAX)
		return SIZE_MAX;
	trainer->columns = room(trainer->columns, trainer->columns_len, &trainer->columns_size,
	    sizeof(*trainer->columns));
	trainer->columns[trainer->columns_len] = (struct column){ .present = 0 };
	memcpy(trainer->columns[trainer->columns_len].name, name, strlen(name) + 1);
	trainer->index[slot] = (uint32_t)++trainer->columns_len;
	return trainer->columns_len - 1;
}

static void
row_add(struct sl_combine_trainer *trainer, const struct sl_verdict *verdict, struct row row)
{
	row.first = trainer->entries_len;
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *evidence = &verdict->evidence[i];
		struct entry entry = { .absent = evidence->state != SL_EVIDENCE_PRESENT };
		size_t column = strlen(evidence->name) > SL_COMBINER_NAME_MAX ? SIZE_MAX
		    : column_of(trainer, evidence->name);

		if (column == SIZE_MAX)
			continue;
		for (int k = 0; k < 2; k++)
			entry.said[k] = (float)evidence->said[trained[k]];
		entry.column = (uint32_t)column;
		if (entry.absent)
			trainer->columns[entry.column].absent += !row.strange;
		else
			trainer->columns[entry.column].present += !row.strange;
		trainer->entries = room(trainer->entries, trainer->entries_len, &trainer->entries_size,
		    sizeof(entry));
		trainer->entries[trainer->entries_len++] = entry;
	}
	row.len = trainer->entries_len - row.first;
	trainer->rows = room(trainer->rows, trainer->rows_len, &trainer->rows_size, sizeof(row));
	trainer->rows[trainer->rows_len++] = row;
	trainer->strange += row.strange;
}

void
sl_combine_trainer_add(struct sl_combine_trainer *trainer, const struct sl_verdict *verdict,
    enum sl_label label, uint64_t source, unsigned fold)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(label < SL_LABEL_COUNT && fold < SL_COMBINE_FOLDS);
	row_add(trainer, verdict, (struct row){ .source = source, .label = (unsigned char)label,
		.fold = (unsigned char)fold });
}

void
sl_combine_trainer_add_strange(struct sl_combine_trainer *trainer, const struct sl_verdict *verdict,
    enum sl_label label, uint64_t source, unsigned fold)
{
	SL_CHECK(trainer, TRAINER_MAGIC);
	SL_ASSERT(label < SL_LABEL_COUNT && fold < SL_COMBINE_FOLDS);
	row_add(trainer, verdict, (struct row){ .source = source, .label = (unsigned char)label,
		.fold = (unsigned char)fold, .strange = true });
}

/* ---- one regression */

struct term {			/* of a column: what one message brings to it */
	uint32_t	row;
	float		x;
};

struct weight {
	double	value;
	double	centre;		/* the estimate */
	double	hold;		/* 1 / (variance around it); 0: free */
	double	least, most;
	size_t	first, len;	/* terms */
	bool	used;
};

struct fit {
	const struct sl_combine_trainer *trainer;
	int		 k;		/* which of `trained` */
	unsigned	 without;	/* a fold that is not learned; SL_COMBINE_FOLDS: none */
	struct weight	*weights;	/* 2 for each column: present, absent; then the prior */
	size_t		 len;
	struct term	*terms;
	double		*sums;		/* of each row */
	double		*share;		/* how much each row weighs; 0: not learned from */
};

static bool
is_positive(const struct fit *fit, const struct row *row)
{
	return trained[fit->k] == SL_PHISH ? row->label == SL_LABEL_PHISH : row->label != SL_LABEL_HAM;
}

static int
by_source(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* How many rows of `keys`, sorted, are `key`. */
static size_t
count_of(const uint64_t *keys, size_t len, uint64_t key)
{
	size_t ends[2];

	for (unsigned side = 0; side < 2; side++) {
		size_t low = 0, high = len;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (keys[middle] < key + side)
				low = middle + 1;
			else
				high = middle;
		}
		ends[side] = low;
	}
	return ends[1] - ends[0];
}

/* Equal weight for both classes, and within one less for each message of a source that has many; strangers have
 * their share of the whole, which is as large as if there were none. */
static void
shares(struct fit *fit)
{
	const struct sl_combine_trainer *t = fit->trainer;
	uint64_t *keys = sl_xmalloc((t->rows_len + 1) * sizeof(*keys));
	double total[2][2] = { { 0 } }, whole = (double)(t->rows_len - t->strange);

	for (size_t i = 0; i < t->rows_len; i++)
		keys[i] = t->rows[i].source << 1 | is_positive(fit, &t->rows[i]);
	qsort(keys, t->rows_len, sizeof(*keys), by_source);
	for (size_t i = 0; i < t->rows_len; i++) {
		const struct row *row = &t->rows[i];
		uint64_t key = row->source << 1 | is_positive(fit, row);

		fit->share[i] = row->fold == fit->without ? 0
		    : pow((double)count_of(keys, t->rows_len, key), -SOURCE_POWER);
		total[row->strange][key & 1] += fit->share[i];
	}
	for (size_t i = 0; i < t->rows_len; i++) {
		const struct row *row = &t->rows[i];
		double part = t->strange == 0 ? 1 : row->strange ? STRANGE_SHARE : 1 - STRANGE_SHARE;

		fit->share[i] *= part * whole / 2 / fmax(total[row->strange][is_positive(fit, row)], 1e-9);
	}
	sl_free(keys);
}

/* Is this column's state learned for this category? Absence only where presence was seen as well: else it
 * would be the prior by another name. */
static void
weights_begin(struct fit *fit)
{
	const struct sl_combine_trainer *t = fit->trainer;
	double *squares = sl_xzalloc((t->columns_len + 1) * sizeof(*squares));
	size_t *spoken = sl_xzalloc((t->columns_len + 1) * sizeof(*spoken));
	size_t at = 0;

	for (size_t r = 0; r < t->rows_len; r++) {
		for (size_t i = t->rows[r].first; i < t->rows[r].first + t->rows[r].len; i++) {
			double x = (double)t->entries[i].said[fit->k];

			if ((x > 0 || x < 0) && !t->rows[r].strange) {
				squares[t->entries[i].column] += x * x;
				spoken[t->entries[i].column]++;
			}
		}
	}
	for (size_t c = 0; c < t->columns_len; c++) {
		struct weight *present = &fit->weights[2 * c], *absent = present + 1;
		double mean = spoken[c] == 0 ? 0 : squares[c] / (double)spoken[c];

		*present = (struct weight){ .value = 1, .centre = 1, .hold = mean / (STRAY * STRAY),
			.least = WEIGHT_LEAST, .most = WEIGHT_MOST, .used = spoken[c] >= SEEN_MIN };
		*absent = (struct weight){ .hold = 1 / (STRAY * STRAY), .least = -FREE, .most = FREE,
			.used = present->used && t->columns[c].absent >= SEEN_MIN };
	}
	fit->weights[fit->len - 1] = (struct weight){ .least = -FREE, .most = FREE, .used = true };
	for (size_t i = 0; i < t->entries_len; i++)
		fit->weights[2 * t->entries[i].column + t->entries[i].absent].len++;
	fit->weights[fit->len - 1].len = t->rows_len;
	for (size_t w = 0; w < fit->len; w++) {
		fit->weights[w].first = at;
		at += fit->weights[w].len;
		fit->weights[w].len = 0;
	}
	sl_free(squares);
	sl_free(spoken);
}

static void
term_add(struct fit *fit, size_t w, size_t row, double x)
{
	struct weight *weight = &fit->weights[w];

	fit->terms[weight->first + weight->len++] = (struct term){ (uint32_t)row, (float)x };
	fit->sums[row] += weight->value * x;
}

static void
terms_begin(struct fit *fit)
{
	const struct sl_combine_trainer *t = fit->trainer;

	for (size_t i = 0; i < t->rows_len; i++) {
		const struct row *row = &t->rows[i];

		fit->sums[i] = 0;
		term_add(fit, fit->len - 1, i, 1);
		for (size_t k = row->first; k < row->first + row->len; k++) {
			const struct entry *entry = &t->entries[k];

			term_add(fit, 2 * entry->column + entry->absent, i,
			    entry->absent ? 1 : (double)entry->said[fit->k]);
		}
	}
}

/* log(1 + exp(-margin)) */
static double
loss(double margin)
{
	return margin > 0 ? log1p(exp(-margin)) : -margin + log1p(exp(margin));
}

/* What the whole would cost if this weight moved by `step`. */
static double
cost(const struct fit *fit, const struct weight *weight, double step)
{
	double away = weight->value + step - weight->centre, sum = weight->hold * away * away / 2;

	for (size_t i = weight->first; i < weight->first + weight->len; i++) {
		const struct term *term = &fit->terms[i];
		double share = fit->share[term->row], x = (double)term->x;
		double margin = fit->sums[term->row] + step * x;

		if (share > 0)
			sum += share * loss(is_positive(fit, &fit->trainer->rows[term->row]) ? margin : -margin);
	}
	return sum;
}

/* Newton's step for one weight, halved until the cost falls. Returns how far it moved what it adds. */
static double
move(struct fit *fit, struct weight *weight)
{
	double slope = weight->hold * (weight->value - weight->centre), curve = weight->hold + 1e-9;
	double step, before, size = 0;

	for (size_t i = weight->first; i < weight->first + weight->len; i++) {
		const struct term *term = &fit->terms[i];
		double share = fit->share[term->row], x = (double)term->x;
		double p = 1 / (1 + exp(-fit->sums[term->row]));

		slope += share * (p - (is_positive(fit, &fit->trainer->rows[term->row]) ? 1 : 0)) * x;
		curve += share * p * (1 - p) * x * x;
		size = fmax(size, fabs(x));
	}
	step = fmax(weight->least - weight->value, fmin(weight->most - weight->value, -slope / curve));
	if (fabs(step) * size < ENOUGH)
		return 0;
	before = cost(fit, weight, 0);
	for (int i = 0; i < HALVINGS && cost(fit, weight, step) > before; i++)
		step = i == HALVINGS - 1 ? 0 : step / 2;
	weight->value += step;
	for (size_t i = weight->first; i < weight->first + weight->len; i++)
		fit->sums[fit->terms[i].row] += step * (double)fit->terms[i].x;
	return fabs(step) * size;
}

static void
fit_new(struct fit *fit, const struct sl_combine_trainer *trainer, int k, unsigned without)
{
	*fit = (struct fit){ .trainer = trainer, .k = k, .without = without,
		.len = 2 * trainer->columns_len + 1 };
	fit->weights = sl_xzalloc(fit->len * sizeof(*fit->weights));
	fit->terms = sl_xmalloc((trainer->entries_len + trainer->rows_len) * sizeof(*fit->terms));
	fit->sums = sl_xzalloc(trainer->rows_len * sizeof(*fit->sums));
	fit->share = sl_xzalloc(trainer->rows_len * sizeof(*fit->share));
	shares(fit);
	weights_begin(fit);
	terms_begin(fit);
	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		double moved = 0;

		for (size_t w = 0; w < fit->len; w++)
			if (fit->weights[w].used)
				moved = fmax(moved, move(fit, &fit->weights[w]));
		if (moved < ENOUGH)
			break;
	}
}

static void
fit_free(struct fit *fit)
{
	sl_free(fit->weights);
	sl_free(fit->terms);
	sl_free(fit->sums);
	sl_free(fit->share);
}

/* ---- held-back messages set slope and offset */

struct line {
	double	slope, offset;
};

static double
line_cost(const struct fit *fit, const double *held, struct line line)
{
	double sum = 0;

	for (size_t i = 0; i < fit->trainer->rows_len; i++) {
		double margin = line.slope * held[i] + line.offset;

		sum += fit->share[i] * loss(is_positive(fit, &fit->trainer->rows[i]) ? margin : -margin);
	}
	return sum;
}

/* Newton in two dimensions, damped. `fit` gives labels and shares. */
static struct line
line_fit(const struct fit *fit, const double *held)
{
	struct line line = { 1, 0 };

	for (int turn = 0; turn < 50; turn++) {
		double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9, det, before, scale = 1;
		struct line next;

		for (size_t i = 0; i < fit->trainer->rows_len; i++) {
			double p = 1 / (1 + exp(-(line.slope * held[i] + line.offset)));
			double d = fit->share[i] * (p - (is_positive(fit, &fit->trainer->rows[i]) ? 1 : 0));
			double h = fit->share[i] * p * (1 - p);

			ga += d * held[i];
			gb += d;
			haa += h * held[i] * held[i];
			hab += h * held[i];
			hbb += h;
		}
		det = haa * hbb - hab * hab;
		if (det < 1e-12)
			break;
		before = line_cost(fit, held, line);
		do {
			next.slope = line.slope - scale * (hbb * ga - hab * gb) / det;
			next.offset = line.offset - scale * (haa * gb - hab * ga) / det;
			scale /= 2;
		} while (scale > 1e-6 && (next.slope <= 0 || line_cost(fit, held, next) > before));
		if (scale <= 1e-6 || fabs(next.slope - line.slope) + fabs(next.offset - line.offset) < 1e-9)
			break;
		line = next;
	}
	return line;
}

static struct line
calibrate(const struct sl_combine_trainer *trainer, int k, const struct fit *whole)
{
	double *held = sl_xzalloc(trainer->rows_len * sizeof(*held));
	struct line line;

	for (unsigned fold = 0; fold < SL_COMBINE_FOLDS; fold++) {
		struct fit fit;

		fit_new(&fit, trainer, k, fold);
		for (size_t i = 0; i < trainer->rows_len; i++)
			if (trainer->rows[i].fold == fold)
				held[i] = fit.sums[i];
		fit_free(&fit);
	}
	line = line_fit(whole, held);
	sl_free(held);
	return line;
}

/* ---- the outcome */

/* What a witness says in the mean, halfway between the classes. */
static double
usual(const struct fit *fit, const struct weight *weight)
{
	double sum[2] = { 0, 0 }, all[2] = { 0, 0 };

	for (size_t i = weight->first; i < weight->first + weight->len; i++) {
		const struct term *term = &fit->terms[i];
		int class = is_positive(fit, &fit->trainer->rows[term->row]);

		sum[class] += fit->share[term->row] * (double)term->x;
	}
	for (size_t i = 0; i < fit->trainer->rows_len; i++)
		all[is_positive(fit, &fit->trainer->rows[i])] += fit->share[i];
	return weight->value * (sum[0] / fmax(all[0], 1e-9) + sum[1] / fmax(all[1], 1e-9)) / 2;
}

static double
within(double value, double limit)
{
	return fmax(-limit, fmin(limit, value));
}

static size_t
write_fit(const struct fit *fit, struct line line, struct sl_buf *out)
{
	const struct sl_combine_trainer *t = fit->trainer;
	const char *word = sl_category_word(trained[fit->k]);
	size_t names = 0;

	sl_buf_addf(out, "prior %s %.17g\n", word,
	    within(line.offset + line.slope * fit->weights[fit->len - 1].value, 50));
	for (size_t c = 0; c < t->columns_len; c++) {
		const struct weight *present = &fit->weights[2 * c], *absent = present + 1;
		double away = absent->used ? absent->value : usual(fit, present);

		if (!present->used)
			continue;
		names++;
		sl_buf_addf(out, "weight %s %s %.17g %.17g %zu\n", word, t->columns[c].name,
		    within(line.slope * present->value, SL_COMBINER_WEIGHT_MAX),
		    within(line.slope * away, 50), t->columns[c].present);
	}
	return names;
}

int
sl_combine_trainer_finish(struct sl_combine_trainer *trainer, struct sl_buf *text_out,
    struct sl_combine_report *report_out)
{
	struct sl_combine_report report = { .names = 0 };
	size_t begin = text_out->len;

	SL_CHECK(trainer, TRAINER_MAGIC);
	for (size_t i = 0; i < trainer->rows_len; i++)
		report.messages[trainer->rows[i].label] += !trainer->rows[i].strange;
	if (report.messages[SL_LABEL_HAM] < EACH_MIN ||
	    report.messages[SL_LABEL_SPAM] + report.messages[SL_LABEL_PHISH] < EACH_MIN)
		return SL_ERR_NOT_FOUND;
	sl_buf_add_str(text_out, "sluice-combiner 1\n");
	sl_buf_addf(text_out, "# learned from %zu ham, %zu spam, %zu phish\n", report.messages[SL_LABEL_HAM],
	    report.messages[SL_LABEL_SPAM], report.messages[SL_LABEL_PHISH]);
	for (int k = 0; k < 2; k++) {
		struct line line;
		struct fit fit;
		size_t names;

		if (trained[k] == SL_PHISH && report.messages[SL_LABEL_PHISH] < EACH_MIN)
			continue;
		fit_new(&fit, trainer, k, SL_COMBINE_FOLDS);
		line = calibrate(trainer, k, &fit);
		report.slope[trained[k]] = line.slope;
		names = write_fit(&fit, line, text_out);
		report.names = SL_MAX(report.names, names);
		fit_free(&fit);
	}
	if (report_out != NULL)
		*report_out = report;
	return text_out->overflow ? SL_ERR_FULL : text_out->len > begin ? 0 : SL_ERR_FULL;
}
