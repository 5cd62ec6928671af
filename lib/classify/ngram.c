/* ngram.c - see ngram.h; the file's format is in ngram_i.h */

#include "classify/ngram.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/combine.h"
#include "classify/ngram_i.h"
#include "sl/utf8.h"

#define MODEL_MAGIC	0x5d6e6d01u
#define MESSAGE_MAGIC	0x5d6e6d02u

/* ---- the model */

static uint64_t
get_le(const unsigned char *p, size_t len)
{
	uint64_t value = 0;

	while (len-- > 0)
		value = value << 8 | p[len];
	return value;
}

static int
parameters_read(struct sl_ngram_model *model, const unsigned char *p)
{
	static const struct {
		double	lowest, highest;
	} ranges[] = {
#define NGRAM_PARAMETER_RANGE(name, low, high) { low, high },
		NGRAM_PARAMETERS(NGRAM_PARAMETER_RANGE)
#undef NGRAM_PARAMETER_RANGE
	};

	for (size_t i = 0; i < NGRAM_PARAMETER_COUNT; i++) {
		double value = (double)(int64_t)get_le(p + 8 * i, 8) / NGRAM_FRACTION;

		if (value < ranges[i].lowest || value > ranges[i].highest)
			return SL_ERR_SYNTAX;
		model->parameters[i] = value;
	}
	return 0;
}

static int
model_read(struct sl_ngram_model *model, struct sl_slice bytes)
{
	uint64_t dims, sum;

	if (memcmp(bytes.ptr, NGRAM_MAGIC, SL_MIN(bytes.len, (size_t)8)) != 0)
		return SL_ERR_SYNTAX;
	if (bytes.len < NGRAM_HEAD_BYTES)
		return SL_ERR_TRUNCATED;
	if (get_le(bytes.ptr + 8, 4) != NGRAM_VERSION)
		return SL_ERR_VERSION;
	dims = get_le(bytes.ptr + 12, 4);
	if (dims < NGRAM_DIMS_MIN || dims > NGRAM_DIMS_MAX)
		return SL_ERR_SYNTAX;
	if (bytes.len != ngram_model_bytes((unsigned)dims))
		return bytes.len < ngram_model_bytes((unsigned)dims) ? SL_ERR_TRUNCATED : SL_ERR_SYNTAX;
	sum = sl_hash(bytes.ptr + 24, bytes.len - 24);
	if (sum != get_le(bytes.ptr + 16, 8))
		return SL_ERR_SYNTAX;
	model->shift = 32 - (unsigned)dims;
	model->rows = (const signed char *)bytes.ptr + NGRAM_HEAD_BYTES;
	model->bytes_shift = 32 - ngram_bytes_dims((unsigned)dims);
	model->bytes_rows = model->rows + ((size_t)NGRAM_HEADS << dims);
	snprintf(model->id, sizeof(model->id), "%016llx", (unsigned long long)sum);
	return parameters_read(model, bytes.ptr + 24);
}

int
sl_ngram_model_open(struct sl_slice bytes, struct sl_ngram_model **model_out)
{
	struct sl_ngram_model *model = sl_xzalloc(sizeof(*model));
	int r = bytes.len == 0 ? SL_ERR_TRUNCATED : model_read(model, bytes);

	model->magic = MODEL_MAGIC;
	if (r != 0)
		sl_ngram_model_close(&model);
	*model_out = model;
	return r;
}

void
sl_ngram_model_close(struct sl_ngram_model **model)
{
	SL_OBJ_FREE(model, MODEL_MAGIC);
}

const char *
sl_ngram_model_id(const struct sl_ngram_model *model)
{
	SL_CHECK(model, MODEL_MAGIC);
	return model->id;
}

void
ngram_model_check(const struct sl_ngram_model *model)
{
	SL_CHECK(model, MODEL_MAGIC);
}

/* ---- a message */

#define REASONS		5
#define REASON_TEXT	28	/* bytes of a word that are shown */
#define REASON_LEAST	3	/* shorter words tell a person nothing */

struct reason {
	int			weight;		/* of head `unwanted`, in steps; 0: none */
	unsigned char		place;
	unsigned char		len;
	unsigned char		text[REASON_TEXT];
};

struct reasons {		/* strongest first */
	struct reason	against[REASONS];	/* weight > 0 */
	struct reason	in_favour[REASONS];	/* weight < 0 */
};

struct tally {
	int		sums[NGRAM_HEADS];	/* of value * weight */
	uint32_t	squares;		/* of the values */
};

/*
 * A table is larger than what a processor keeps near: most of the work would be to wait for its rows. So they are
 * asked for when a word comes, and it is weighed when WAITING more have come.
 */
#define WAITING		4

struct word {
	unsigned char	place;
	unsigned char	len;
	uint16_t	rows_len;
	unsigned char	text[NGRAM_WORD_MAX];
	uint32_t	rows[NGRAM_GROUP_MAX];
};

/* What the model makes of one reading of a message. */
struct reading {
	unsigned			 blocks;	/* complete */
	bool				 header_over;
	const struct sl_ngram_model	*model;
	double				 margin;	/* of the most suspicious block so far */
	double				 margin_phish;	/* the same for phish */
	struct tally			 header;
	struct tally			 now;		/* header and the block in work */
	struct reasons			 header_reasons;
	struct reasons			 now_reasons;
	struct reasons			 best_reasons;
	struct ngram_text		 text;
	struct ngram_block		 block;
	unsigned			 words;		/* that have come */
	unsigned			 weighed;	/* of them */
	struct word			 waiting[WAITING];	/* the others: a ring */
};

struct ngram_message {
	unsigned			 magic;
	struct sl_arena			*arena;
	struct reading			*readings[NGRAM_READINGS];	/* the first is there from the begin on */
	bool				 no_memory;	/* some reading could not be judged */
};

static bool
reason_same(const struct reason *a, const struct reason *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0 && a->place == b->place;
}

/* Put a reason into its place, strongest first; one of the same word joins it. */
static void
reason_enter(struct reason list[REASONS], struct reason reason)
{
	size_t i;

	for (i = 0; i < REASONS - 1; i++) {
		if (reason_same(&list[i], &reason)) {
			reason.weight += list[i].weight;
			break;
		}
	}
	while (i > 0 && abs(list[i - 1].weight) < abs(reason.weight)) {
		list[i] = list[i - 1];
		i--;
	}
	list[i] = reason;
}

static void
reason_add(struct reasons *reasons, int weight, enum sl_seen_place place, struct sl_slice word)
{
	struct reason *list = weight > 0 ? reasons->against : reasons->in_favour;
	struct reason reason = { weight, (unsigned char)place, 0, { 0 } };

	if (abs(weight) <= abs(list[REASONS - 1].weight) || word.len < REASON_LEAST)
		return;
	reason.len = (unsigned char)SL_MIN(word.len, (size_t)REASON_TEXT);
	memcpy(reason.text, word.ptr, reason.len);
	reason_enter(list, reason);
}

static double
margin(const struct reading *message, int head)
{
	const double *p = message->model->parameters;
	double step = p[head == 0 ? NGRAM_STEP_UNWANTED : NGRAM_STEP_PHISH];

	return message->now.squares == 0 ? 0
	    : message->now.sums[head] * step / sqrt(message->now.squares);
}

/* The block in work is complete: keep what is the most suspicious so far. */
static void
block_end(struct reading *message)
{
	double unwanted = margin(message, 0), phish = margin(message, 1);

	if (message->blocks == 0 || unwanted > message->margin) {
		message->margin = unwanted;
		message->best_reasons = message->now_reasons;
	}
	if (message->blocks == 0 || phish > message->margin_phish)
		message->margin_phish = phish;
	message->blocks++;
	message->now = message->header;
	message->now_reasons = message->header_reasons;
	memset(&message->block, 0, sizeof(message->block));
}

static void
header_end(struct reading *message)
{
	message->header_over = true;
	message->header = message->now;
	message->header_reasons = message->now_reasons;
	if (message->block.features >= NGRAM_BLOCK_FEATURES)
		block_end(message);
}

/* Weigh the word that has waited longest. */
static void
weigh(struct reading *message)
{
	const struct word *word = &message->waiting[message->weighed++ % WAITING];
	const struct sl_ngram_model *model = message->model;
	int sums[NGRAM_HEADS] = { 0 }, value = message->header_over ? 1 : NGRAM_HEADER_VALUE;
	uint32_t before = message->block.features;

	if (message->block.features >= NGRAM_BLOCK_FEATURES)
		return;		/* only in a header: it has no second block */
	for (size_t i = 0; i < word->rows_len; i++) {
		uint32_t row = word->rows[i];
		int keep = -(int)ngram_block_add(&message->block, row);

		sums[0] += model->rows[NGRAM_HEADS * row + NGRAM_COLUMN_UNWANTED] & keep;
		sums[1] += model->rows[NGRAM_HEADS * row + NGRAM_COLUMN_PHISH] & keep;
	}
	message->now.squares += (message->block.features - before) * (uint32_t)(value * value);
	message->now.sums[0] += value * sums[0];
	message->now.sums[1] += value * sums[1];
	if (sums[0] != 0)
		reason_add(&message->now_reasons, value * sums[0], (enum sl_seen_place)word->place,
		    sl_slice(word->text, word->len));
	if (message->header_over && message->block.features >= NGRAM_BLOCK_FEATURES)
		block_end(message);
}

static void
weigh_all(struct reading *message)
{
	while (message->weighed != message->words)
		weigh(message);
}

static void
on_features(void *ctx, enum sl_seen_place place, struct sl_slice text, const uint32_t *features,
    size_t len)
{
	struct reading *message = ctx;
	const struct sl_ngram_model *model = message->model;
	struct word *word;

	if (message->words - message->weighed == WAITING)
		weigh(message);
	word = &message->waiting[message->words++ % WAITING];
	word->place = (unsigned char)place;
	word->len = (unsigned char)text.len;
	memcpy(word->text, text.ptr, text.len);
	word->rows_len = (uint16_t)len;
	for (size_t i = 0; i < len; i++) {
		uint32_t row = features[i] >> model->shift;

		word->rows[i] = row;
		__builtin_prefetch(&model->rows[NGRAM_HEADS * row]);
	}
}

static void *
ngram_new_message(const void *model, struct sl_arena *arena)
{
	struct ngram_message *message = sl_arena_alloc(arena, sizeof(*message));
	struct reading *reading = sl_arena_alloc(arena, sizeof(*reading));

	SL_CHECK((const struct sl_ngram_model *)model, MODEL_MAGIC);
	if (message == NULL || reading == NULL)
		return NULL;
	message->magic = MESSAGE_MAGIC;
	message->arena = arena;
	message->readings[0] = reading;
	reading->model = model;
	ngram_text_init(&reading->text, on_features, reading);
	return message;
}

/* Another reading begins with the same header. */
static struct reading *
reading_new(struct ngram_message *message)
{
	struct reading *first = message->readings[0], *reading;

	reading = sl_arena_alloc(message->arena, sizeof(*reading));
	if (reading == NULL) {
		message->no_memory = true;
		return NULL;
	}
	if (!first->header_over)
		weigh_all(first);
	reading->model = first->model;
	ngram_text_init(&reading->text, on_features, reading);
	reading->header_over = true;
	reading->header = reading->now = first->header_over ? first->header : first->now;
	reading->header_reasons = reading->now_reasons = first->header_over ? first->header_reasons
	    : first->now_reasons;
	return reading;
}

/* NULL: there is no memory for it. */
static struct ngram_text *
text_of(void *state, unsigned n)
{
	struct ngram_message *message = state;

	SL_CHECK(message, MESSAGE_MAGIC);
	if (message->readings[n] == NULL)
		message->readings[n] = reading_new(message);
	return message->readings[n] == NULL ? NULL : &message->readings[n]->text;
}

#define LISTEN(event, parameters, arguments)		\
static void						\
on_##event parameters					\
{							\
	struct ngram_text *text = text_of(state, n);	\
							\
	if (text != NULL)				\
		ngram_text_##event arguments;		\
}

LISTEN(start, (void *state, unsigned n, enum sl_seen_place place), (text, place))
LISTEN(word, (void *state, unsigned n, const struct sl_seen_word *word), (text, word))
LISTEN(feed, (void *state, unsigned n, struct sl_slice utf8), (text, utf8))
LISTEN(gap, (void *state, unsigned n), (text))
LISTEN(end, (void *state, unsigned n), (text))
LISTEN(hidden, (void *state, unsigned n, struct sl_slice utf8), (text, utf8))
LISTEN(markup, (void *state, unsigned n, struct sl_slice bytes), (text, bytes))
LISTEN(mark, (void *state, unsigned n, enum sl_seen_place place, enum sl_seen_mark mark, struct sl_slice value),
    (text, place, mark, value))
#undef LISTEN

static void
on_header_over(void *state)
{
	struct reading *first = ((struct ngram_message *)state)->readings[0];

	weigh_all(first);
	header_end(first);
}

static const struct sl_seen_events seen_events = {
	.start = on_start,
	.word = on_word,
	.text = on_feed,
	.gap = on_gap,
	.end = on_end,
	.hidden = on_hidden,
	.markup = on_markup,
	.mark = on_mark,
	.header_over = on_header_over,
};

/* ---- what is said about it */

double
ngram_squeeze(double value, double limit)
{
	double half = limit / 2, size = fabs(value);

	if (size > half)
		size = half + half * tanh((size - half) / half);
	return copysign(size, value);
}

/* Both views say much the same: they count as their mean, not as their sum. */
double
ngram_share(const struct sl_ngram_model *model, double value)
{
	const double *p = model->parameters;

	return ngram_squeeze((p[NGRAM_OFFSET_JOINT] + p[NGRAM_SLOPE_JOINT] * value) / 2,
	    p[NGRAM_LIMIT_UNWANTED] / 2);
}

/* The log-odds of phish: those of P(unwanted) times P(phish, if unwanted). Never above those
 * of unwanted. */
static double
log_odds_of_both(double unwanted, double phish)
{
	/* With a = 1/(1 + e^-u) and b = 1/(1 + e^-p): logit(ab) = -ln(e^-u + e^-p + e^-(u+p)). */
	double least = fmin(unwanted, phish), most = fmax(unwanted, phish);

	return least - log1p(exp(least - most) + exp(-most));
}

double
sl_ngram_said(const struct sl_ngram_model *model, double value)
{
	return ngram_share(model, value);
}

double
sl_ngram_said_phish(const struct sl_ngram_model *model, double value, double phish)
{
	const double share = SL_PRIOR_PHISH / SL_PRIOR_SPAM;	/* phish among unwanted mail, beforehand */
	double added = ngram_share(model, value);

	/* As if the byte view agreed; it adds to both alike, so that phish stays below unwanted. */
	return log_odds_of_both(2 * added + sl_combine_prior(NULL, SL_SPAM), phish + log(share / (1 - share))) -
	    added - sl_combine_prior(NULL, SL_PHISH);
}

size_t
ngram_text_show(struct sl_slice text, char *out)
{
	size_t len = 0;

	while (text.len > 0) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(text, &c);
		bool shown = n > 0 && c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && c != '"' &&
		    !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
		    !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;

		if (shown)
			memcpy(out + len, text.ptr, n);
		else
			out[len] = '?';
		len += shown ? n : 1;
		text = sl_slice_from(text, SL_MAX(n, (size_t)1));
	}
	out[len] = '\0';
	return len;
}

static const char *
sentence(const struct reading *message, double log_odds, struct sl_arena *arena)
{
	const struct reason *list = log_odds > 0 ? message->best_reasons.against
	    : message->best_reasons.in_favour;
	const char *verdict = log_odds > 3 ? "reads like unwanted mail" : log_odds > 1
	    ? "reads a little like unwanted mail" : log_odds < -3 ? "reads like wanted mail"
	    : log_odds < -1 ? "reads a little like wanted mail" : "reads like either";
	char text[512], word[REASON_TEXT + 1];
	const char *copy;
	size_t len = 0;

	for (size_t i = 0; i < REASONS && list[i].weight != 0; i++) {
		ngram_text_show(sl_slice(list[i].text, list[i].len), word);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%s\" %s",
		    i == 0 ? ": " : ", ", word,
		    sl_seen_place_words((enum sl_seen_place)list[i].place));
	}
	text[len] = '\0';
	copy = sl_arena_printf(arena, "%s%s", verdict, text);
	return copy != NULL ? copy : verdict;
}

/* The reading that is the most suspicious stands for the message. */
static struct reading *
worst(struct ngram_message *message)
{
	struct reading *worst = message->readings[0];
	bool is_short;

	weigh_all(worst);
	is_short = worst->blocks == 0 && worst->block.features < NGRAM_BLOCK_LEAST;
	for (int i = 0; i < NGRAM_READINGS; i++) {
		struct reading *reading = message->readings[i];

		if (reading == NULL)
			continue;
		weigh_all(reading);
		/* Next to nothing is no block of its own, unless there is no more of the message. */
		if (reading->block.features >= NGRAM_BLOCK_LEAST || (reading->blocks == 0 && i == 0))
			block_end(reading);
		else if (reading->blocks == 0 && worst->blocks == 1 && is_short)
			block_end(reading);
		if (reading->blocks > 0 && reading->margin > worst->margin)
			worst = reading;
	}
	return worst;
}

static void
ngram_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct ngram_message *message = state;
	struct sl_evidence evidence = { .name = "ngram", .state = SL_EVIDENCE_PRESENT };
	const struct reading *reading;
	const double *p;
	double phish, added;

	SL_CHECK(message, MESSAGE_MAGIC);
	if (message->no_memory) {
		evidence.state = SL_EVIDENCE_FAILED;
		evidence.sentence = "no memory was left for another reading of it";
		sl_verdict_add(verdict, &evidence);
		return;
	}
	reading = worst(message);
	p = reading->model->parameters;
	evidence.value = ngram_squeeze(p[NGRAM_OFFSET_UNWANTED] + p[NGRAM_SLOPE_UNWANTED] * reading->margin,
	    NGRAM_VALUE_LIMIT);
	phish = ngram_squeeze(p[NGRAM_OFFSET_PHISH] + p[NGRAM_SLOPE_PHISH] * reading->margin_phish,
	    p[NGRAM_LIMIT_PHISH]);
	added = ngram_share(reading->model, evidence.value);
	evidence.log_odds[SL_SPAM] = added;
	evidence.log_odds[SL_PHISH] = sl_ngram_said_phish(reading->model, evidence.value, phish);
	evidence.sentence = sentence(reading, evidence.value, arena);
	sl_verdict_add(verdict, &evidence);
}

const struct sl_classifier sl_ngram_classifier = {
	.name = "ngram",
	.new_message = ngram_new_message,
	.seen = &seen_events,
	.finish = ngram_finish,
};
