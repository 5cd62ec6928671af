/*
 * token_fuzz.c - a hostile token model is refused or harmless; the cuts of a message do not matter
 *
 * The first byte chooses: even, the rest is a model file (as it is, and brought into shape); odd, a cut
 * in the second and third byte and a message judged by a model of random weights.
 */
#include <math.h>

#include "classify/panel.h"
#include "classify/token.h"
#include "classify/token_format_i.h"

#define ARENA	(96 * 1024)
#define LEN	(TOKEN_HEAD_BYTES + ((size_t)1 << TOKEN_DIMS_MIN))

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double
judge(const struct sl_token_model *model, struct sl_slice message, size_t first, size_t step, char said[600])
{
	static struct sl_verdict verdict;
	struct sl_arena arena;
	struct sl_panel *panel;

	verdict.evidence_len = 0;
	sl_arena_init(&arena, ARENA);
	panel = sl_panel_new(NULL, &arena);
	SL_ASSERT(sl_panel_add(panel, &sl_token_classifier, model) != NULL);
	for (size_t i = 0, n; i < message.len; i += n) {
		n = SL_MIN(i == 0 ? first : step, message.len - i);
		sl_panel_feed(panel, sl_slice(message.ptr + i, n));
	}
	sl_panel_finish(panel, &verdict);
	SL_ASSERT(verdict.evidence_len == 1 && verdict.evidence[0].state == SL_EVIDENCE_PRESENT);
	SL_ASSERT(isfinite(verdict.evidence[0].value) && fabs(verdict.evidence[0].value) < 100);
	SL_ASSERT(strlen(verdict.evidence[0].sentence) < 600);
	strcpy(said, verdict.evidence[0].sentence);
	for (const char *p = said; *p != '\0'; p++)
		SL_ASSERT((unsigned char)*p >= 0x20 && *p != 0x7f);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	return verdict.evidence[0].value;
}

static void
model_try(struct sl_slice bytes)
{
	struct sl_token_model *model;
	char said[600];

	if (sl_token_model_open(bytes, &model) == 0)
		judge(model, SL_SLICE_LIT("Subject: hello\r\n\r\nsome words, nothing more\r\n"), 1, 7, said);
	sl_token_model_close(&model);
}

/* Magic, version, size and checksum are put right, so that the numbers come to be used. */
static void
shape(unsigned char *bytes)
{
	memcpy(bytes, TOKEN_MAGIC, 8);
	token_put_le(bytes + 8, TOKEN_VERSION, 4);
	token_put_le(bytes + 12, TOKEN_DIMS_MIN, 4);
	token_put_le(bytes + 16, sl_hash(bytes + 24, LEN - 24), 8);
}

static void
cuts_check(struct sl_slice message, size_t cut)
{
	static unsigned char bytes[LEN];	/* kept by the model */
	static struct sl_token_model *model;
	char whole[600], single[600], parts[600];
	double value;

	if (model == NULL) {
		for (size_t i = TOKEN_HEAD_BYTES; i < LEN; i++)
			bytes[i] = (unsigned char)(i * 2654435761u >> 16);
		for (int i = 0; i < 3; i++)
			bytes[24 + 8 * i + 3] = 8;	/* 1/32 */
		shape(bytes);
		SL_ASSERT(sl_token_model_open(sl_slice(bytes, LEN), &model) == 0);
	}
	value = judge(model, message, message.len, 1, whole);
	SL_ASSERT(judge(model, message, 1, 1, single) == value && strcmp(whole, single) == 0);
	SL_ASSERT(judge(model, message, cut + 1, message.len, parts) == value && strcmp(whole, parts) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char bytes[LEN];

	if (size < 4)
		return 0;
	if (data[0] % 2 != 0) {
		cuts_check(sl_slice(data + 3, size - 3), (size_t)data[1] << 8 | data[2]);
		return 0;
	}
	model_try(sl_slice(data + 1, size - 1));
	for (size_t i = 0; i < LEN; i++)
		bytes[i] = data[1 + i % (size - 1)];
	shape(bytes);
	model_try(sl_slice(bytes, LEN));
	return 0;
}
