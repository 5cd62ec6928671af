/* combine.c - see combine.h */

#include "classify/combine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COMBINER_MAGIC	0x5dc0b1e2u
#define FIRST_LINE	"sluice-combiner 1"

struct weight {
	uint64_t	hash;		/* of the name; 0: a free row */
	double		weight[SL_CATEGORY_COUNT];
	double		absent[SL_CATEGORY_COUNT];
	bool		learned[SL_CATEGORY_COUNT];
};

struct sl_combiner {
	unsigned	 magic;
	double		 prior[SL_CATEGORY_COUNT];
	bool		 prior_given[SL_CATEGORY_COUNT];
	struct weight	*rows;		/* open addressing, 2^bits, at most half full */
	unsigned	 bits;
	size_t		 len;
	char		 id[17];
};

/* ---- the table of weights */

static uint64_t
name_hash(struct sl_slice name)
{
	return sl_hash(name.ptr, name.len) | 1;
}

static struct weight *
row_of(const struct sl_combiner *combiner, uint64_t hash)
{
	size_t mask = ((size_t)1 << combiner->bits) - 1, i = (size_t)(hash >> 8) & mask;

	while (combiner->rows[i].hash != 0 && combiner->rows[i].hash != hash)
		i = (i + 1) & mask;
	return &combiner->rows[i];
}

static void
grow(struct sl_combiner *combiner)
{
	struct weight *old = combiner->rows;
	size_t old_len = (size_t)1 << combiner->bits;

	combiner->bits++;
	combiner->rows = sl_xzalloc(sizeof(*old) << combiner->bits);
	for (size_t i = 0; i < old_len; i++)
		if (old[i].hash != 0)
			*row_of(combiner, old[i].hash) = old[i];
	sl_free(old);
}

static struct weight *
row_make(struct sl_combiner *combiner, struct sl_slice name)
{
	uint64_t hash = name_hash(name);
	struct weight *row = row_of(combiner, hash);

	if (row->hash != 0)
		return row;
	if (2 * (combiner->len + 1) > (size_t)1 << combiner->bits) {
		grow(combiner);
		row = row_of(combiner, hash);
	}
	combiner->len++;
	row->hash = hash;
	return row;
}

/* ---- reading */

static struct sl_slice
next_word(struct sl_slice *line)
{
	const unsigned char *space;
	struct sl_slice word;

	*line = sl_slice_trim(*line);
	space = line->len == 0 ? NULL : memchr(line->ptr, ' ', line->len);
	word = space == NULL ? *line : sl_slice(line->ptr, (size_t)(space - line->ptr));
	*line = sl_slice_from(*line, word.len);
	return word;
}

static bool
next_number(struct sl_slice *line, double limit, double *out)
{
	struct sl_slice word = next_word(line);
	char text[64], *end;

	if (word.len == 0 || word.len >= sizeof(text))
		return false;
	for (size_t i = 0; i < word.len; i++)		/* strtod takes more than we write */
		if (memchr("0123456789+-.e", word.ptr[i], 14) == NULL)
			return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	*out = strtod(text, &end);
	return *end == '\0' && isfinite(*out) && fabs(*out) <= limit;
}

static bool
next_category(struct sl_slice *line, int *out)
{
	struct sl_slice word = next_word(line);

	for (*out = 0; *out < SL_CATEGORY_COUNT; ++*out)
		if (sl_slice_eq(word, sl_slice_str(sl_category_word((enum sl_category)*out))))
			return true;
	return false;
}

static bool
is_name(struct sl_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = name.ptr[i], lower = sl_ascii_lower(c);

		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return name.len > 0 && name.len <= SL_COMBINER_NAME_MAX;
}

static bool
read_prior(struct sl_combiner *combiner, struct sl_slice line)
{
	double value;
	int c;

	if (!next_category(&line, &c) || !next_number(&line, 50, &value) || sl_slice_trim(line).len > 0 ||
	    combiner->prior_given[c])
		return false;
	combiner->prior[c] = value;
	combiner->prior_given[c] = true;
	return true;
}

static bool
read_weight(struct sl_combiner *combiner, struct sl_slice line)
{
	double weight, absent, seen;
	struct sl_slice name;
	struct weight *row;
	int c;

	if (!next_category(&line, &c))
		return false;
	name = next_word(&line);
	if (!is_name(name) || !next_number(&line, SL_COMBINER_WEIGHT_MAX, &weight) ||
	    !next_number(&line, 50, &absent) || !next_number(&line, 1e15, &seen) ||
	    sl_slice_trim(line).len > 0)
		return false;
	row = row_make(combiner, name);
	if (row->learned[c])
		return false;
	row->weight[c] = weight;
	row->absent[c] = absent;
	row->learned[c] = true;
	return true;
}

static int
read_line(struct sl_combiner *combiner, size_t number, struct sl_slice line)
{
	struct sl_slice word;

	if (number == 1)
		return sl_slice_eq(line, SL_SLICE_LIT(FIRST_LINE)) ? 0
		    : sl_slice_istarts(line, SL_SLICE_LIT("sluice-combiner ")) ? SL_ERR_VERSION : SL_ERR_SYNTAX;
	word = next_word(&line);
	if (word.len == 0 || word.ptr[0] == '#')
		return 0;
	if (sl_slice_eq(word, SL_SLICE_LIT("prior")))
		return read_prior(combiner, line) ? 0 : SL_ERR_SYNTAX;
	if (sl_slice_eq(word, SL_SLICE_LIT("weight")))
		return read_weight(combiner, line) ? 0 : SL_ERR_SYNTAX;
	return SL_ERR_SYNTAX;
}

int
sl_combiner_open(struct sl_slice text, struct sl_combiner **combiner_out, size_t *line_out)
{
	struct sl_combiner *combiner = sl_xzalloc(sizeof(*combiner));
	size_t number = 0;
	int r = text.len == 0 ? SL_ERR_SYNTAX : 0;

	combiner->magic = COMBINER_MAGIC;
	combiner->bits = 6;
	combiner->rows = sl_xzalloc(sizeof(*combiner->rows) << combiner->bits);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		combiner->prior[c] = sl_combine_prior(NULL, (enum sl_category)c);
	snprintf(combiner->id, sizeof(combiner->id), "%016llx",
	    (unsigned long long)sl_hash(text.ptr, text.len));
	while (r == 0 && text.len > 0) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);

		r = read_line(combiner, ++number, sl_slice_trim(sl_slice(text.ptr, len)));
		text = sl_slice_from(text, len + (end != NULL));
	}
	if (line_out != NULL)
		*line_out = number;
	if (r != 0)
		sl_combiner_close(&combiner);
	*combiner_out = combiner;
	return r;
}

void
sl_combiner_close(struct sl_combiner **combiner)
{
	if (*combiner == NULL)
		return;
	SL_CHECK(*combiner, COMBINER_MAGIC);
	sl_free((*combiner)->rows);
	SL_OBJ_FREE(combiner, COMBINER_MAGIC);
}

const char *
sl_combiner_id(const struct sl_combiner *combiner)
{
	SL_CHECK(combiner, COMBINER_MAGIC);
	return combiner->id;
}

/* ---- the sum */

double
sl_combine_prior(const struct sl_combiner *combiner, enum sl_category category)
{
	static const double shares[SL_CATEGORY_COUNT] = {
		[SL_SPAM] = SL_PRIOR_SPAM,
		[SL_PHISH] = SL_PRIOR_PHISH,
		[SL_MALWARE] = SL_PRIOR_MALWARE,
		[SL_BULK] = SL_PRIOR_BULK,
		[SL_MALFORMED] = SL_PRIOR_MALFORMED,
	};

	SL_ASSERT(category < SL_CATEGORY_COUNT);
	if (combiner != NULL)
		return combiner->prior[category];
	return log(shares[category] / (1 - shares[category]));
}

static void
weigh(const struct sl_combiner *combiner, struct sl_evidence *evidence)
{
	const struct weight *row = combiner == NULL ? NULL
	    : row_of(combiner, name_hash(sl_slice_str(evidence->name)));

	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		bool learned = row != NULL && row->hash != 0 && row->learned[c];

		if (evidence->shadow)
			evidence->log_odds[c] = 0;
		else if (evidence->state == SL_EVIDENCE_PRESENT)
			evidence->log_odds[c] = evidence->said[c] * (learned ? row->weight[c] : 1);
		else
			evidence->log_odds[c] = learned ? row->absent[c] : 0;
	}
}

void
sl_combine(const struct sl_combiner *combiner, struct sl_verdict *verdict)
{
	for (size_t i = 0; i < verdict->evidence_len; i++)
		weigh(combiner, &verdict->evidence[i]);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		double sum = verdict->prior[c] = sl_combine_prior(combiner, (enum sl_category)c);

		for (size_t i = 0; i < verdict->evidence_len; i++)
			sum += verdict->evidence[i].log_odds[c];
		verdict->logit[c] = sum;
		verdict->probability[c] = 1 / (1 + exp(-sum));
	}
}
