/* token.c - see token.h; the file's format is in token_format_i.h */

#include "classify/token.h"

#include <stdio.h>
#include <stdlib.h>

#include "classify/token_format_i.h"
#include "classify/token_i.h"
#include "sl/utf8.h"

#define MODEL_MAGIC	0x5d746d01u
#define MESSAGE_MAGIC	0x5d746d02u
#define SAID_MOST	5.0	/* log-odds */
#define NUMBER_MAX	1e6

struct sl_token_model {
	unsigned		 magic;
	unsigned		 shift;		/* a feature's row is feature >> shift */
	const signed char	*rows;		/* borrowed */
	double			 step, offset, slope;
	char			 id[17];
};

/* ---- the model */

static bool
number_read(const unsigned char *p, double lowest, double *out)
{
	*out = (double)(int64_t)token_get_le(p, 8) / TOKEN_FRACTION;
	return *out >= lowest && *out <= NUMBER_MAX;
}

static int
model_read(struct sl_token_model *model, struct sl_slice bytes)
{
	uint64_t dims, sum;
	size_t size;

	if (bytes.len == 0)
		return SL_ERR_TRUNCATED;
	if (memcmp(bytes.ptr, TOKEN_MAGIC, SL_MIN(bytes.len, (size_t)8)) != 0)
		return SL_ERR_SYNTAX;
	if (bytes.len < TOKEN_HEAD_BYTES)
		return SL_ERR_TRUNCATED;
	if (token_get_le(bytes.ptr + 8, 4) != TOKEN_VERSION)
		return SL_ERR_VERSION;
	dims = token_get_le(bytes.ptr + 12, 4);
	if (dims < TOKEN_DIMS_MIN || dims > TOKEN_DIMS_MAX)
		return SL_ERR_SYNTAX;
	size = TOKEN_HEAD_BYTES + ((size_t)1 << dims);
	if (bytes.len != size)
		return bytes.len < size ? SL_ERR_TRUNCATED : SL_ERR_SYNTAX;
	sum = sl_hash(bytes.ptr + 24, bytes.len - 24);
	if (sum != token_get_le(bytes.ptr + 16, 8) || !number_read(bytes.ptr + 24, 0, &model->step) ||
	    !number_read(bytes.ptr + 32, -NUMBER_MAX, &model->offset) ||
	    !number_read(bytes.ptr + 40, 0, &model->slope))
		return SL_ERR_SYNTAX;
	model->shift = 32 - (unsigned)dims;
	model->rows = (const signed char *)bytes.ptr + TOKEN_HEAD_BYTES;
	snprintf(model->id, sizeof(model->id), "%016llx", (unsigned long long)sum);
	return 0;
}

int
sl_token_model_open(struct sl_slice bytes, struct sl_token_model **model_out)
{
	struct sl_token_model *model = sl_xzalloc(sizeof(*model));
	int r = model_read(model, bytes);

	model->magic = MODEL_MAGIC;
	if (r != 0)
		sl_token_model_close(&model);
	*model_out = model;
	return r;
}

void
sl_token_model_close(struct sl_token_model **model)
{
	SL_OBJ_FREE(model, MODEL_MAGIC);
}

const char *
sl_token_model_id(const struct sl_token_model *model)
{
	SL_CHECK(model, MODEL_MAGIC);
	return model->id;
}

/* ---- a message */

#define REASONS		4
#define REASON_TEXT	28	/* bytes of a word that are shown */
#define REASON_LEAST	3	/* shorter words tell a person nothing */

struct reason {
	int			weight;		/* in steps; 0: none */
	unsigned char		place;
	unsigned char		len;
	unsigned char		text[REASON_TEXT];
};

/* A table is larger than what a processor keeps near. So its rows are asked for when a word comes, and the word is
 * weighed when WAITING more have come. */
#define WAITING		8

struct word {
	unsigned char	value;
	unsigned char	place;
	unsigned char	len;
	unsigned char	rows_len;
	unsigned char	text[TOKEN_WORD_MAX];
	uint32_t	rows[TOKEN_GROUP_MAX];
};

/* Of one reading; see token_events. */
struct tally {
	struct sums {
		int		sum;		/* of value * weight */
		uint32_t	squares;	/* of the values */
		struct reason	against[REASONS];	/* strongest first */
		struct reason	in_favour[REASONS];
	} header, now;			/* now: header and the block in work */
	unsigned	words;		/* that have come */
	unsigned	weighed;	/* of them */
	struct word	waiting[WAITING];	/* the others: a ring */
};

struct token_message {
	unsigned			 magic;
	const struct sl_token_model	*model;
	struct token_reader		 reader;
	unsigned			 blocks;
	double				 margin;	/* of the most suspicious block of all readings */
	struct sums			 worst;
};

static bool
reason_same(const struct reason *a, const struct reason *b)
{
	return a->len == b->len && a->place == b->place && memcmp(a->text, b->text, a->len) == 0;
}

/* Put a reason into its place, strongest first; one of the same word joins it. */
static void
reason_add(struct sums *sums, int weight, enum sl_seen_place place, struct sl_slice word)
{
	struct reason *list = weight > 0 ? sums->against : sums->in_favour;
	struct reason reason = { weight, (unsigned char)place, 0, { 0 } };
	size_t i;

	if (abs(weight) <= abs(list[REASONS - 1].weight) || word.len < REASON_LEAST)
		return;
	reason.len = (unsigned char)SL_MIN(word.len, (size_t)REASON_TEXT);
	memcpy(reason.text, word.ptr, reason.len);
	for (i = 0; i < REASONS - 1; i++) {
		if (reason_same(&list[i], &reason)) {
			reason.weight += list[i].weight;
			break;
		}
	}
	for (; i > 0 && abs(list[i - 1].weight) < abs(reason.weight); i--)
		list[i] = list[i - 1];
	list[i] = reason;
}

/* Weigh the word that has waited longest. */
static void
weigh(const struct sl_token_model *model, struct tally *tally)
{
	const struct word *word = &tally->waiting[tally->weighed++ % WAITING];
	int sum = 0;

	for (size_t i = 0; i < word->rows_len; i++)
		sum += model->rows[word->rows[i]];
	tally->now.sum += word->value * sum;
	if (sum != 0)
		reason_add(&tally->now, word->value * sum, (enum sl_seen_place)word->place,
		    sl_slice(word->text, word->len));
}

static void
weigh_all(const struct token_message *message, struct tally *tally)
{
	while (tally->weighed != tally->words)
		weigh(message->model, tally);
}

static void
on_features(void *ctx, void *user, bool in_header, enum sl_seen_place place, struct sl_slice text,
    const uint32_t *features, size_t len)
{
	const struct sl_token_model *model = ((struct token_message *)ctx)->model;
	struct tally *tally = user;
	struct word *word;

	if (tally->words - tally->weighed == WAITING)
		weigh(model, tally);
	word = &tally->waiting[tally->words++ % WAITING];
	word->value = in_header ? TOKEN_HEADER_VALUE : 1;
	word->place = (unsigned char)place;
	word->len = (unsigned char)text.len;
	memcpy(word->text, text.ptr, text.len);
	word->rows_len = (unsigned char)len;
	for (size_t i = 0; i < len; i++) {
		word->rows[i] = features[i] >> model->shift;
		__builtin_prefetch(&model->rows[word->rows[i]]);
	}
	tally->now.squares += (uint32_t)(word->value * word->value) * (uint32_t)len;
}

static void
on_copy(void *ctx, void *user, void *first)
{
	struct tally *tally = user, *from = first;

	weigh_all(ctx, from);
	tally->header = tally->now = from->header.squares > 0 ? from->header : from->now;
}

static void
on_header(void *ctx, void *user)
{
	struct tally *tally = user;

	weigh_all(ctx, tally);
	tally->header = tally->now;
}

static void
on_block(void *ctx, void *user)
{
	struct token_message *message = ctx;
	struct tally *tally = user;
	double margin;

	weigh_all(message, tally);
	margin = tally->now.squares == 0 ? 0
	    : tally->now.sum * message->model->step / sqrt(tally->now.squares);
	if (message->blocks == 0 || margin > message->margin) {
		message->margin = margin;
		message->worst = tally->now;
	}
	message->blocks++;
	tally->now = tally->header;
}

static const struct token_events events = {
	.features = on_features,
	.copy = on_copy,
	.header = on_header,
	.block = on_block,
	.user_bytes = sizeof(struct tally),
};

static void *
new_message(const void *model, struct sl_arena *arena)
{
	struct token_message *message = sl_arena_alloc(arena, sizeof(*message));

	SL_CHECK((const struct sl_token_model *)model, MODEL_MAGIC);
	if (message == NULL || !token_reader_init(&message->reader, false, &events, message, arena))
		return NULL;
	message->magic = MESSAGE_MAGIC;
	message->model = model;
	return message;
}

static struct token_reader *
reader_of(void *state)
{
	struct token_message *message = state;

	SL_CHECK(message, MESSAGE_MAGIC);
	return &message->reader;
}

TOKEN_READER_EVENTS(seen_events, reader_of);

/* ---- what is said about it */

/* A word made fit to show: valid UTF-8 without control characters, the rest as `?`. */
static void
reason_text(const struct reason *reason, char out[REASON_TEXT + 1])
{
	struct sl_slice s = sl_slice(reason->text, reason->len);
	size_t len = 0;

	while (s.len > 0) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(s, &c);
		bool shown = n > 0 && c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && c != '"' &&
		    !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
		    !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;

		if (shown)
			memcpy(out + len, s.ptr, n);
		else
			out[len] = '?';
		len += shown ? n : 1;
		s = sl_slice_from(s, SL_MAX(n, (size_t)1));
	}
	out[len] = '\0';
}

static const char *
sentence(const struct sums *sums, double log_odds, struct sl_arena *arena)
{
	const struct reason *list = log_odds > 0 ? sums->against : sums->in_favour;
	const char *verdict = log_odds > 3 ? "its words are those of unwanted mail" : log_odds > 1
	    ? "its words are more those of unwanted mail" : log_odds < -3
	    ? "its words are those of wanted mail" : log_odds < -1
	    ? "its words are more those of wanted mail" : "its words are those of either";
	char text[512], word[REASON_TEXT + 1];
	const char *copy;
	size_t len = 0;

	for (size_t i = 0; i < REASONS && list[i].weight != 0; i++) {
		reason_text(&list[i], word);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%s\" %s",
		    i == 0 ? ": " : ", ", word,
		    sl_seen_place_words((enum sl_seen_place)list[i].place));
	}
	text[len] = '\0';
	copy = sl_arena_printf(arena, "%s%s", verdict, text);
	return copy != NULL ? copy : verdict;
}

double
sl_token_said(double value)
{
	return fmax(-SAID_MOST, fmin(SAID_MOST, value));
}

static void
finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct token_message *message = state;
	struct sl_evidence evidence = { .name = "token", .state = SL_EVIDENCE_PRESENT };

	SL_CHECK(message, MESSAGE_MAGIC);
	token_reader_end(&message->reader);
	if (message->reader.no_memory) {
		evidence.state = SL_EVIDENCE_FAILED;
		evidence.sentence = "no memory was left for another reading of it";
	} else {
		evidence.value = token_squeeze(message->model->offset + message->model->slope * message->margin);
		evidence.log_odds[SL_SPAM] = sl_token_said(evidence.value);
		evidence.sentence = sentence(&message->worst, evidence.value, arena);
	}
	sl_verdict_add(verdict, &evidence);
}

const struct sl_classifier sl_token_classifier = {
	.name = "token",
	.new_message = new_message,
	.seen = &seen_events,
	.finish = finish,
};
