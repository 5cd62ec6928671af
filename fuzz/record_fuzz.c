/*
 * record_fuzz.c - records read from hostile bytes
 *
 * First as a line: what is read is written and read again, and is the same bit for bit. Then the bytes make a
 * verdict of arbitrary numbers: it survives writing and reading, and the ruling derived from it is that of
 * the original.
 */

#include "record/record.h"

static void
same_verdict(const struct sl_verdict *a, const struct sl_verdict *b)
{
	SL_ASSERT(a->evidence_len == b->evidence_len);
	for (size_t i = 0; i < a->evidence_len; i++) {
		const struct sl_evidence *x = &a->evidence[i], *y = &b->evidence[i];

		SL_ASSERT(strcmp(x->name, y->name) == 0 && x->state == y->state && x->shadow == y->shadow);
		SL_ASSERT(x->value != x->value || memcmp(&x->value, &y->value, sizeof(x->value)) == 0);
		for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
			SL_ASSERT(x->log_odds[c] != x->log_odds[c] ||
			    memcmp(&x->log_odds[c], &y->log_odds[c], sizeof(double)) == 0);
			SL_ASSERT(x->said[c] != x->said[c] || memcmp(&x->said[c], &y->said[c], sizeof(double)) == 0);
		}
	}
}

/* Write, read, compare, and rule both. */
static void
round_trip(const struct sl_record *record, struct sl_arena *arena)
{
	struct sl_record_source source = { &record->verdict, record->policy, record->demands, record->demands_len,
		record->engine_failed, record->versions, record->versions_len };
	struct sl_record *again = sl_xzalloc(sizeof(*again));
	struct sl_ruling first, second;
	struct sl_buf line;

	sl_buf_init(&line, 2 * SL_RECORD_LINE_MAX);
	sl_buf_add_str(&line, "{\"verdict\":\"x\",\"action\":\"tag\"");
	sl_record_write(&source, &line);
	sl_buf_add_str(&line, "}");
	if (line.len <= SL_RECORD_LINE_MAX) {
		SL_ASSERT(sl_record_read(sl_buf_slice(&line), arena, again) == 0);
		same_verdict(&record->verdict, &again->verdict);
		SL_ASSERT(memcmp(record->policy, again->policy, sizeof(record->policy)) == 0);
		SL_ASSERT(record->demands_len == again->demands_len && record->versions_len == again->versions_len);
		sl_record_rule(record, &first);
		sl_record_rule(again, &second);
		SL_ASSERT(first.action == second.action && strcmp(first.word, second.word) == 0);
	}
	sl_buf_fini(&line);
	sl_free(again);
}

/* Evidence of 1 + 2 + 8 numbers at a time. */
static void
make_verdict(const uint8_t *data, size_t len, struct sl_verdict *verdict)
{
	static const char *const names[] = { "ngram", "clamd", "A_RULE", "x" };

	while (len >= 2 + 8 * sizeof(double) && verdict->evidence_len < SL_EVIDENCE_MAX) {
		struct sl_evidence *e = &verdict->evidence[verdict->evidence_len++];
		double numbers[8];

		memcpy(numbers, data + 2, sizeof(numbers));
		*e = (struct sl_evidence){ .name = names[data[0] & 3], .state = (enum sl_evidence_state)(data[1] % 3),
			.shadow = data[0] & 4, .value = numbers[0], .sentence = "" };
		memcpy(e->log_odds, numbers + 1, sizeof(e->log_odds));
		memcpy(e->said, numbers + (data[0] & 8 ? 3 : 1), sizeof(e->said));
		data += 2 + sizeof(numbers);
		len -= 2 + sizeof(numbers);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_record *record = sl_xzalloc(sizeof(*record));
	struct sl_arena arena;

	sl_arena_init(&arena, (size_t)1 << 22);
	if (sl_record_read(sl_slice(data, len), &arena, record) == 0)
		round_trip(record, &arena);
	*record = (struct sl_record){ .word = "x" };
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++)
			record->policy[c].at[a] = len > 0 && data[0] >> (c + a) & 1 ? 1.0 / (c + a) : SL_THRESHOLD_NEVER;
	make_verdict(data, len, &record->verdict);
	round_trip(record, &arena);
	sl_arena_fini(&arena);
	sl_free(record);
	return 0;
}
