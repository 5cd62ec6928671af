/*
 * helper_fuzz_i.h - an analyser over one input: within its budget, the same twice, and what it says
 * can travel
 */
#ifndef HELPER_FUZZ_I_H
#define HELPER_FUZZ_I_H

#include "inspect.h"

struct helper_said {
	struct sl_buf	items;
	unsigned	count;
};

static inline void
helper_fuzz_item(void *ctx, const struct sl_deep_item *item)
{
	struct helper_said *said = ctx;

	sl_deep_pack_item(item, &said->items);
	said->count++;
}

static inline void
helper_fuzz_none(void *ctx, const struct sl_deep_item *item)
{
	(*(unsigned *)ctx)++;
}

static inline void
helper_fuzz_once(struct sl_slice bytes, void (*analyse)(struct inspection *in, struct sl_slice bytes),
    struct helper_said *said)
{
	static const struct sl_deep_budget limits = { 4u << 20, 200, 4, 60000 };
	struct inspection in;
	unsigned count = 0;

	sl_buf_init(&said->items, SIZE_MAX / 2);
	said->count = 0;
	inspection_init(&in, &limits, helper_fuzz_item, said);
	in.depth = in.used.depth = 1;
	analyse(&in, bytes);
	SL_ASSERT(in.path.len == 0 && in.depth == 1);
	inspection_fini(&in);
	SL_ASSERT(in.used.bytes_out <= limits.bytes_out && in.used.items <= limits.items &&
	    in.used.depth <= limits.depth);
	SL_ASSERT(said->count <= limits.items + 1);	/* and the one that says so */
	SL_ASSERT(sl_deep_unpack_items(sl_buf_slice(&said->items), helper_fuzz_none, &count) == 0);
	SL_ASSERT(count == said->count);
}

static inline int
helper_fuzz(const unsigned char *data, size_t len,
    void (*analyse)(struct inspection *in, struct sl_slice bytes))
{
	struct helper_said one, two;

	if (len == 0)
		return 0;
	helper_fuzz_once(sl_slice(data, len), analyse, &one);
	helper_fuzz_once(sl_slice(data, len), analyse, &two);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&one.items), sl_buf_slice(&two.items)));
	sl_buf_fini(&one.items);
	sl_buf_fini(&two.items);
	return 0;
}

#endif
