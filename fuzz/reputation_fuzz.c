/*
 * reputation_fuzz.c - shared memory that holds anything: numbers in range; a report is seen, and moves what
 * is said no further than it should
 *
 * The input is the memory's content, over and over, but for a first byte that says how many cells get
 * their key's tag, so that they are believed.
 */

#include "reputation/cell.h"
#include "reputation/reputation.h"

#include <stdalign.h>

#define NOW	INT64_C(1700000000)

static alignas(64) unsigned char memory[SL_REPUTATION_MIN_BYTES];

static void
check(const struct sl_reputation_view *v)
{
	SL_ASSERT(v->log_odds >= SL_REPUTATION_LOW && v->log_odds <= SL_REPUTATION_HIGH);
	SL_ASSERT(v->phish_log_odds >= SL_REPUTATION_LOW && v->phish_log_odds <= SL_REPUTATION_HIGH);
	SL_ASSERT(v->malware_log_odds >= SL_REPUTATION_LOW && v->malware_log_odds <= SL_REPUTATION_HIGH);
	SL_ASSERT(v->unwanted >= 0 && v->unwanted <= SL_CELL_MAX && v->wanted >= 0 && v->wanted <= SL_CELL_MAX);
	SL_ASSERT(v->phish >= 0 && v->malware >= 0 && v->refused >= 0 && v->refused <= SL_CELL_MAX);
	SL_ASSERT(v->reporters >= 0 && v->reporters < 40 && v->sources >= 0 && v->sources < 40);
	SL_ASSERT(v->first_s >= 0 && v->first_s <= v->last_s && v->last_s <= NOW + 2 * 86400);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct sl_reputation_settings settings = { .key = "0123456789abcdef", .half_life_min = 10080 };
	struct sl_reputation table;
	struct sl_reputation_view before, after;

	if (len < 2)
		return 0;
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = data[1 + i % (len - 1)];
	sl_reputation_init(&table, memory, sizeof(memory), &settings);
	for (unsigned n = 0; n < 16; n++) {
		uint64_t key = sl_reputation_key(&table, SL_REPUTATION_ADDRESS, sl_slice(&n, sizeof(n)));
		uint64_t *entry = (uint64_t *)(void *)memory + ((key & UINT32_MAX) * table.sets >> 32) * 64;
		struct sl_reputation_report report = { SL_REPUTATION_UNWANTED, 1, n, n };
		bool known;

		entry[0] = n % 2 == 0 ? key : entry[0];
		for (unsigned i = 1; i < 1u + data[0] % 8; i++)
			entry[i] = entry[i] >> 17 | key >> 47 << 47;
		known = sl_reputation_look(&table, key, NOW, &before);
		if (known)
			check(&before);
		sl_reputation_add(&table, key, &report, NOW);
		SL_ASSERT(sl_reputation_look(&table, key, NOW, &after));
		check(&after);
		SL_ASSERT(after.unwanted > 0.8 || known);
		SL_ASSERT(!known || after.unwanted <= before.unwanted + 1.2);
		SL_ASSERT(sl_reputation_used(&table) <= table.sets * 8);
	}
	return 0;
}
