/*
 * rules_fuzz.c - hostile snapshots are refused, rule files are refused with a place, cuts of units agree
 *
 * The first byte chooses: a snapshot; a rule file; or a pattern up to the first NUL, a unit behind it, which is
 * shown whole, in pieces and to PCRE2 alone.
 */
#include "rules/compile.h"
#include "rules/scan.h"
#include "rules/yaml.h"

#define PATTERN_MAX	40	/* bytes: Vectorscan takes long for some long ones */

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
snapshot_try(struct sl_slice rest)
{
	struct sl_ruleset set;
	struct sl_rules_compiled compiled;
	struct sl_rules *rules;
	struct sl_buf bytes;
	size_t at;

	sl_ruleset_init(&set);
	sl_buf_init(&bytes, SIZE_MAX / 2);
	sl_ruleset_put(&set, &(struct sl_rule){ .name = "A", .where = SL_RULE_HEADER, .field = "To",
	    .flags = SL_RULE_EXISTS });
	sl_ruleset_put(&set, &(struct sl_rule){ .name = "B", .where = SL_RULE_META,
	    .steps = (struct sl_rule_step[]){ { .op = SL_RULE_OP_RULE } }, .steps_len = 1 });
	SL_ASSERT(sl_rules_compile(&set, NULL, &bytes, &compiled) == 0);
	for (size_t i = 0; i + 2 < rest.len; i += 3) {	/* bytes put elsewhere, no database among them */
		at = ((size_t)rest.ptr[i] << 8 | rest.ptr[i + 1]) % bytes.len;
		bytes.data[at] = rest.ptr[i + 2];
	}
	if (sl_rules_open(sl_buf_slice(&bytes), NULL, NULL, &rules) == 0) {
		struct sl_arena arena;
		struct sl_rules_run *run;

		sl_arena_init(&arena, 1 << 20);
		run = sl_rules_run_new(rules, &arena);
		if (run != NULL) {
			sl_rules_unit(run, SL_RULE_HEADER, "To", SL_SLICE_LIT("x"));
			sl_rules_evaluate(run, NULL);
		}
		sl_arena_fini(&arena);
		sl_rules_close(&rules);
	}
	if (sl_rules_open(rest, NULL, NULL, &rules) == 0)
		sl_rules_close(&rules);
	sl_buf_fini(&bytes);
	sl_ruleset_fini(&set);
}

static void
yaml_try(struct sl_slice text)
{
	struct sl_ruleset set;
	struct sl_buf errors;
	int r;

	sl_ruleset_init(&set);
	sl_buf_init(&errors, 1 << 20);
	r = sl_rules_yaml(&set, "fuzz", text, &errors);
	SL_ASSERT((r == 0) == (errors.len == 0));
	SL_ASSERT(r == 0 || strncmp(sl_buf_cstr(&errors), "fuzz:", 5) == 0);
	sl_buf_fini(&errors);
	sl_ruleset_fini(&set);
}

/* Hits, or -1: it is no pattern; `step` 0: whole. Only matches that PCRE2 did not give up can be compared. */
static int
hits(const char *pattern, unsigned flags, struct sl_slice unit, size_t step, bool pcre_only)
{
	struct sl_rules_compile settings = { .stream_all = step > 0, .pcre_only = pcre_only };
	struct sl_rules_compiled compiled;
	struct sl_ruleset set;
	struct sl_buf bytes;
	int result = -1;

	sl_ruleset_init(&set);
	sl_buf_init(&bytes, SIZE_MAX / 2);
	sl_ruleset_put(&set, &(struct sl_rule){ .name = "A", .where = SL_RULE_TEXT, .pattern = pattern, .flags = flags });
	if (sl_rules_compile(&set, &settings, &bytes, &compiled) == 0) {
		struct sl_rules *rules;
		struct sl_arena arena;
		struct sl_rules_run *run;

		SL_ASSERT(sl_rules_open(sl_buf_slice(&bytes), NULL, NULL, &rules) == 0);
		sl_arena_init(&arena, 1 << 20);
		run = sl_rules_run_new(rules, &arena);
		if (step == 0) {
			sl_rules_unit(run, SL_RULE_TEXT, NULL, unit);
		} else {
			struct sl_rules_stream *stream = sl_rules_begin(run, SL_RULE_TEXT, NULL);

			for (size_t i = 0; i < unit.len; i += step)
				sl_rules_feed(stream, sl_slice(unit.ptr + i, SL_MIN(step, unit.len - i)));
			sl_rules_end(&stream);
		}
		sl_rules_evaluate(run, NULL);
		result = sl_rules_limited(run) > 0 ? -1 : (int)sl_rules_hits(run, 0);
		sl_arena_fini(&arena);
		sl_rules_close(&rules);
	}
	sl_buf_fini(&bytes);
	sl_ruleset_fini(&set);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char pattern[PATTERN_MAX + 1];
	struct sl_slice rest;
	size_t len;
	int whole, pieces, pcre;

	if (size < 3)
		return 0;
	rest = sl_slice(data + 1, size - 1);
	if (data[0] % 3 == 0) {
		snapshot_try(rest);
		return 0;
	}
	if (data[0] % 3 == 1) {
		yaml_try(rest);
		return 0;
	}
	len = strnlen((const char *)rest.ptr, SL_MIN(rest.len, (size_t)PATTERN_MAX));
	memcpy(pattern, rest.ptr, len);
	pattern[len] = '\0';
	rest = sl_slice_from(rest, SL_MIN(len + 1, rest.len));
	whole = hits(pattern, (data[0] / 3u) & 0x07, rest, 0, false);
	pieces = hits(pattern, (data[0] / 3u) & 0x07, rest, 1 + data[0] % 5, false);
	pcre = hits(pattern, (data[0] / 3u) & 0x07, rest, 0, true);
	SL_ASSERT(whole < 0 || pieces < 0 || whole == pieces);
	SL_ASSERT(whole < 0 || pcre < 0 || whole == pcre);
	return 0;
}
