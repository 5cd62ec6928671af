/* trafficbrief_fuzz.c - briefs from hostile bytes: what is read is written to what reads the same, and nobody else's is read for a tenant */

#include "traffic/brief.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct brief first, again;

static void
same_fate(const struct sl_traffic_fate *a, const struct sl_traffic_fate *b)
{
	SL_ASSERT(sl_slice_eq(a->outcome, b->outcome) && sl_slice_eq(a->action, b->action) && sl_slice_eq(a->verdict, b->verdict));
}

static void
reads_the_same(void)
{
	struct sl_slice rest;
	struct sl_buf out;

	sl_buf_init(&out, SIZE_MAX / 2);
	brief_write(&first, &out);
	rest = sl_buf_slice(&out);
	SL_ASSERT(brief_read(&rest, first.tenant, &again) == SL_DONE && rest.len == 0);
	SL_ASSERT(again.tenant == first.tenant && again.bytes == first.bytes && again.fates_len == first.fates_len &&
	    again.recipients_len == first.recipients_len);
	same_fate(&again.whole, &first.whole);
	for (size_t i = 0; i < first.fates_len; i++)
		same_fate(&again.fates[i], &first.fates[i]);
	for (size_t i = 0; i < first.recipients_len; i++)
		SL_ASSERT(again.recipients[i].fate == first.recipients[i].fate && first.recipients[i].fate <= first.fates_len &&
		    sl_slice_ieq(again.recipients[i].address, first.recipients[i].address));
	sl_buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice rest = sl_slice(data, size), others = rest;
	size_t of_one = 0, records = 0;
	int r;

	while ((r = brief_read(&rest, 0, &first)) == SL_DONE) {
		reads_the_same();
		of_one += first.tenant == 1;
		records++;
	}
	if (r != 0)
		return 0;
	while ((r = brief_read(&others, 1, &first)) == SL_DONE)
		of_one--;
	SL_ASSERT(r == 0 && of_one == 0 && records <= size);
	return 0;
}
