/*
 * own_fuzz.c - a hostile file of tenants' knowledge is refused or harmless, to judge by and to learn on
 *
 * The first byte says how much of the input is laid over a sound file of three tenants from which byte on; its checksum is
 * put right. What opens must judge any tenant's message in the same way however it is cut, learn, unlearn, and
 * write a file that opens, of the same size, with the other tenants' judgements as they were.
 */
#include <math.h>

#include "classify/own_i.h"
#include "classify/panel.h"

#define ARENA	(96 * 1024)

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const tenants[] = { "a", "b", "c" };
static const struct sl_slice text = SL_SLICE_LIT("From: x@y.example\r\nSubject: hello\r\n\r\n"
    "some words to judge, and to learn\r\n");

static double
judge(const struct sl_own *own, const char *tenant, size_t step)
{
	static struct sl_verdict verdict;
	struct sl_envelope_event envelope = { .tenant = sl_slice_str(tenant) };
	struct sl_arena arena;
	struct sl_panel *panel;
	double value = 0;
	void *state;

	verdict.evidence_len = 0;
	sl_arena_init(&arena, ARENA);
	panel = sl_panel_new(NULL, &arena);
	state = sl_panel_add(panel, &sl_own_classifier, own);
	sl_panel_envelope(panel, &envelope);
	for (size_t i = 0; i < text.len; i += step)
		sl_panel_feed(panel, sl_slice(text.ptr + i, SL_MIN(step, text.len - i)));
	sl_panel_finish(panel, &verdict);
	sl_own_evidence(state, 2.5, &arena, &verdict);
	SL_ASSERT(verdict.evidence_len <= 1);
	if (verdict.evidence_len == 1)
		value = verdict.evidence[0].value;
	SL_ASSERT(isfinite(value));
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	return value;
}

static void
file_make(struct sl_buf *file)
{
	struct sl_own_learner *learner = sl_own_learner_new(NULL, SL_OWN_SIZE_MIN, 0);

	for (size_t i = 0; i < SL_COUNT(tenants); i++)
		SL_ASSERT(sl_own_learn(learner, sl_slice_str(tenants[i]), text,
		    i % 2 ? SL_OWN_HAM : SL_OWN_UNWANTED, 1) == 0);
	SL_ASSERT(sl_own_learner_write(learner, file) == 0);
	sl_own_learner_free(&learner);
}

/* One tenant goes on learning: the others stay as they are. */
static void
learn_on(const struct sl_own *own)
{
	struct sl_own_learner *learner = sl_own_learner_new(own, 0, 0);
	struct own_tenant other;
	struct sl_own *after;
	struct sl_buf file;

	sl_buf_init(&file, SL_OWN_SIZE_MIN);
	(void)!sl_own_unlearn(learner, SL_SLICE_LIT("a"), text, SL_OWN_UNWANTED);
	if (sl_own_learn(learner, SL_SLICE_LIT("a"), text, SL_OWN_HAM, 3) == 0 &&
	    sl_own_learner_write(learner, &file) == 0) {
		SL_ASSERT(file.len == sl_own_size_bytes(own));
		SL_ASSERT(sl_own_open(sl_buf_slice(&file), &after) == 0);
		/* Only a section beyond its fair share may have shrunk. */
		if (sl_own_tenants(own) <= SL_COUNT(tenants) && own_find(own, own_key(SL_SLICE_LIT("b")), &other) &&
		    own_section_bytes(&other) < SL_OWN_SIZE_MIN / 8)
			SL_ASSERT(judge(after, "b", 16) == judge(own, "b", 16));
		judge(after, "a", 16);
		sl_own_close(&after);
	}
	sl_own_learner_free(&learner);
	sl_buf_fini(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sl_buf sound;
	unsigned char *bytes;
	struct sl_own *own;
	size_t at;

	if (size < 3)
		return 0;
	if (sound.len == 0) {
		sl_buf_init(&sound, SL_OWN_SIZE_MIN);
		file_make(&sound);
	}
	if (sl_own_open(sl_slice(data, size), &own) == 0)
		sl_own_close(&own);
	bytes = sl_xmemdup(sound.data, sound.len);
	at = ((size_t)data[0] << 8 | data[1]) % 4096;
	memcpy(bytes + at, data + 2, SL_MIN(size - 2, sound.len - at));
	token_put_le(bytes + 16, sl_hash(bytes + 24, sound.len - 24), 8);
	if (sl_own_open(sl_slice(bytes, sound.len), &own) == 0) {
		for (size_t i = 0; i < SL_COUNT(tenants); i++)
			SL_ASSERT(judge(own, tenants[i], 1) == judge(own, tenants[i], text.len));
		learn_on(own);
		sl_own_close(&own);
	}
	sl_free(bytes);
	return 0;
}
