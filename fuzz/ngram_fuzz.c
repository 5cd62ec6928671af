/*
 * ngram_fuzz.c - a hostile model is refused or harmless; the cuts of a message do not matter
 *
 * The first byte chooses: even, the rest is a model file (as it is, and with its checksum put
 * right); odd, a cut in the second and third byte and a message judged by a model of random
 * weights, whole, byte by byte and cut once.
 */
#include <math.h>
#include <stdlib.h>

#include "classify/bytegram.h"
#include "classify/combine.h"
#include "classify/ngram_i.h"
#include "classify/panel.h"

#define STATE_MAX_BYTES	(36 * 1024)	/* of both views, in blocks of the arena */

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Judge a message cut in pieces of `step` bytes. The caller ends the arena. */
static struct sl_verdict
judge(const struct sl_ngram_model *model, struct sl_slice message, size_t first, size_t step,
    struct sl_arena *arena)
{
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;

	sl_arena_init(arena, (size_t)4 * STATE_MAX_BYTES);
	panel = sl_panel_new(NULL, arena);
	SL_ASSERT(sl_panel_add(panel, &sl_ngram_classifier, model) != NULL);
	SL_ASSERT(sl_panel_add(panel, &sl_bytegram_classifier, model) != NULL);
	SL_ASSERT(arena->used_bytes <= STATE_MAX_BYTES);
	for (size_t i = 0, n; i < message.len; i += n) {
		n = SL_MIN(i == 0 ? first : step, message.len - i);
		sl_panel_feed(panel, sl_slice(message.ptr + i, n));
	}
	sl_panel_finish(panel, &verdict);
	sl_combine(NULL, &verdict);
	sl_panel_free(&panel);
	return verdict;
}

static void
verdict_check(const struct sl_verdict *verdict)
{
	SL_ASSERT(verdict->evidence_len == 2);
	SL_ASSERT(verdict->probability[SL_PHISH] <= verdict->probability[SL_SPAM] + 1e-9);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		SL_ASSERT(verdict->probability[c] > 0 && verdict->probability[c] < 1);
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		SL_ASSERT(fabs(verdict->evidence[i].value) <= NGRAM_VALUE_LIMIT);
		SL_ASSERT(strlen(verdict->evidence[i].sentence) < 500);
		for (const char *p = verdict->evidence[i].sentence; *p != '\0'; p++)
			SL_ASSERT((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
}

static void
model_try(struct sl_slice bytes)
{
	static const char message[] = "Subject: hello\r\n\r\nsome words to judge, nothing more\r\n";
	struct sl_ngram_model *model;
	struct sl_verdict verdict;
	struct sl_arena arena;

	if (sl_ngram_model_open(bytes, &model) != 0) {
		SL_ASSERT(model == NULL);
		return;
	}
	verdict = judge(model, sl_slice_str(message), 1, 7, &arena);
	verdict_check(&verdict);
	sl_arena_fini(&arena);
	sl_ngram_model_close(&model);
}

static void
checksum_set(unsigned char *bytes, size_t len)
{
	uint64_t sum = sl_hash(bytes + 24, len - 24);

	for (int i = 0; i < 8; i++)
		bytes[16 + i] = (unsigned char)(sum >> (8 * i));
}

/* Whatever was given, in the shape of a file: magic, version, size and checksum are right, so
 * that the parameters and weights themselves come to be used. */
static void
model_shape_and_try(const uint8_t *data, size_t size)
{
	size_t len = NGRAM_HEAD_BYTES + ((size_t)NGRAM_COLUMNS << NGRAM_DIMS_MIN);
	unsigned char *bytes = sl_xzalloc(len);

	for (size_t i = 0; size > 0 && i + 24 < len; i++)
		bytes[24 + i] = data[i % size];
	memcpy(bytes, NGRAM_MAGIC, 8);
	bytes[8] = NGRAM_VERSION;
	bytes[12] = NGRAM_DIMS_MIN;
	checksum_set(bytes, len);
	model_try(sl_slice(bytes, len));
	sl_free(bytes);
}

static const struct sl_ngram_model *
random_model(void)
{
	static struct sl_ngram_model *model;
	size_t len = NGRAM_HEAD_BYTES + ((size_t)NGRAM_COLUMNS << NGRAM_DIMS_MIN);
	unsigned char *bytes;	/* kept by the model */

	if (model != NULL)
		return model;
	bytes = sl_xzalloc(len);
	memcpy(bytes, NGRAM_MAGIC, 8);
	bytes[8] = NGRAM_VERSION;
	bytes[12] = NGRAM_DIMS_MIN;
	for (int i = 0; i < NGRAM_PARAMETER_COUNT; i++)
		bytes[24 + 8 * i + 4] = 1;	/* all parameters are 1.0 */
	for (size_t i = NGRAM_HEAD_BYTES; i < len; i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 16);
	checksum_set(bytes, len);
	SL_ASSERT(sl_ngram_model_open(sl_slice(bytes, len), &model) == 0);
	return model;
}

static void
cuts_check(struct sl_slice message, size_t cut)
{
	const struct sl_ngram_model *model = random_model();
	struct sl_arena arenas[3];
	struct sl_verdict whole = judge(model, message, message.len, 1, &arenas[0]);
	struct sl_verdict bytes = judge(model, message, 1, 1, &arenas[1]);
	struct sl_verdict parts = judge(model, message, cut + 1, message.len, &arenas[2]);

	verdict_check(&whole);
	SL_ASSERT(memcmp(whole.probability, bytes.probability, sizeof(whole.probability)) == 0);
	SL_ASSERT(memcmp(whole.probability, parts.probability, sizeof(whole.probability)) == 0);
	for (size_t i = 0; i < whole.evidence_len; i++) {
		SL_ASSERT(strcmp(whole.evidence[i].sentence, bytes.evidence[i].sentence) == 0);
		SL_ASSERT(strcmp(whole.evidence[i].sentence, parts.evidence[i].sentence) == 0);
	}
	for (int i = 0; i < 3; i++)
		sl_arena_fini(&arenas[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	if (data[0] % 2 == 0) {
		model_try(sl_slice(data + 1, size - 1));
		model_shape_and_try(data + 1, size - 1);
	} else {
		cuts_check(sl_slice(data + 3, size - 3), (size_t)data[1] << 8 | data[2]);
	}
	return 0;
}
