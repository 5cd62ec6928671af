/*
 * trafficline_fuzz.c - record lines from hostile bytes: one that is read is found by each thing that it says; and says what
 * a whole JSON parser finds in it
 */

#include <jansson.h>

#include "traffic/traffic_i.h"

static void
found_by(const struct line *line, struct sl_traffic_query query)
{
	query.since_us = line->at_us;
	query.until_us = line->at_us > 0 ? line->at_us : 1;
	SL_ASSERT(line_matches(line, &query));
}

static bool
same(const json_t *root, const char *name, struct sl_slice text)
{
	const json_t *value = json_object_get(root, name);

	return json_is_string(value) ? sl_slice_eq(sl_slice(json_string_value(value), json_string_length(value)), text)
	    : text.len == 0;
}

static void
agrees(const json_t *root, const struct line *line)
{
	const json_t *list = json_object_get(root, "rcpt_to"), *one;
	size_t i, n = 0;

	SL_ASSERT(same(root, "id", line->id) && same(root, "session", line->session) && same(root, "tenant", line->tenant));
	SL_ASSERT(same(root, "mail_from", line->sender) && same(root, "client", line->client));
	SL_ASSERT(same(root, "message_id", line->message_id) && same(root, "outcome", line->outcome));
	SL_ASSERT(same(root, "action", line->action) && same(root, "verdict", line->verdict));
	json_array_foreach(list, i, one)
		if (json_is_string(one) && n < RECIPIENTS_MAX) {
			struct sl_slice recipient = line_recipient(line, n++);

			SL_ASSERT(sl_slice_eq(recipient, sl_slice(json_string_value(one), json_string_length(one))));
		}
	SL_ASSERT(line_recipient(line, n).ptr == NULL);
	n = 0;
	json_array_foreach(json_object_get(root, "refused"), i, one) {
		if (n == SL_RECORD_REFUSED_MAX)
			break;
		SL_ASSERT(n < line->refused_len && same(one, "rcpt", line->refused[n].mailbox) && same(one, "tenant", line->refused[n].tenant));
		n++;
	}
	SL_ASSERT(n == line->refused_len);
}

/* What a whole parser makes of it; NULL where it refuses, or names are escaped, which our edges never do. */
static json_t *
parsed(const uint8_t *data, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(root) && memmem(data, len, "\\u00", 4) == NULL)
		return root;
	json_decref(root);
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned char key[16];
	struct sl_slice recipient;
	struct line line;
	json_t *root;

	if (line_read(sl_slice(data, len), &line) != 0)
		return 0;
	root = parsed(data, len);
	if (root != NULL)
		agrees(root, &line);
	json_decref(root);
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
	for (size_t i = 0; i < line.refused_len; i++)
		if (line.refused[i].mailbox.len > 0 && !sl_slice_eq(line.refused[i].mailbox, SL_SLICE_LIT("<>"))) {
			found_by(&line, (struct sl_traffic_query){ .recipient = line.refused[i].mailbox });
			found_by(&line, (struct sl_traffic_query){ .tenant = line.refused[i].tenant });
		}
	line_fini(&line);
	return 0;
}
