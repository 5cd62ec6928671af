/*
 * trafficline_fuzz.c - record lines from hostile bytes: one that is read is found by each thing that it says, and told in
 * terms that are never 0
 */

#include "traffic/traffic_i.h"

static void
found_by(const struct line *line, struct sl_traffic_query query)
{
	query.since_us = line->at_us;
	query.until_us = line->at_us > 0 ? line->at_us : 1;
	SL_ASSERT(line_matches(line, &query));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned char key[16];
	struct sl_slice recipient;
	struct line line;

	if (line_read(sl_slice(data, len), &line) != 0)
		return 0;
	SL_ASSERT(day_is_name(line.day));
	SL_ASSERT(line.id.len > 0 && term_hash(key, TERM_ID, line.id) != 0);
	found_by(&line, (struct sl_traffic_query){ .id = line.id });
	found_by(&line, (struct sl_traffic_query){ .tenant = line.tenant });
	found_by(&line, (struct sl_traffic_query){ .client = line.client });
	if (line.sender.len == 0)
		found_by(&line, (struct sl_traffic_query){ .sender = SL_SLICE_LIT("<>") });
	else if (!sl_slice_eq(line.sender, SL_SLICE_LIT("<>")))
		found_by(&line, (struct sl_traffic_query){ .sender = line.sender });
	for (size_t i = 0; (recipient = line_recipient(&line, i)).ptr != NULL; i++)
		if (recipient.len > 0 && !sl_slice_eq(recipient, SL_SLICE_LIT("<>")))
			found_by(&line, (struct sl_traffic_query){ .recipient = recipient });
	line_fini(&line);
	return 0;
}
