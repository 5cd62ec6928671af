/*
 * narrow_fuzz.c - record lines from hostile bytes, as somebody sees them who does not see all recipients: what is seen is a line of which he sees all, names none
 * that is not his, and is found by nothing that is not in it
 *
 * The first byte says who looks.
 */

#include <jansson.h>

#include "traffic/narrow.h"
#include "traffic/traffic_i.h"

struct who {
	bool	one, two, odd;		/* of which tenants; of mailboxes, those of an odd length alone */
};

static bool
sees(void *ctx, struct sl_slice tenant, struct sl_slice mailbox)
{
	const struct who *who = ctx;

	SL_ASSERT(tenant.len > 0);
	return ((who->one && sl_slice_eq(tenant, SL_SLICE_LIT("one"))) || (who->two && sl_slice_eq(tenant, SL_SLICE_LIT("two")))) &&
	    (!who->odd || mailbox.len % 2 == 1);
}

/* All that is said of recipients is of those whom he sees. */
static void
is_his(struct sl_slice seen, const struct who *who)
{
	struct line line;

	if (line_read(seen, &line) != 0)
		return;		/* it says no time, or its texts are no UTF-8 */
	for (size_t i = 0; i < line.recipients_len && who->odd; i++)
		SL_ASSERT(line.recipients[i].len % 2 == 1);
	for (size_t i = 0; i < line.refused_len; i++) {
		struct sl_slice tenant = line.refused[i].tenant.len > 0 ? line.refused[i].tenant : line.tenant;

		SL_ASSERT(sees((void *)(uintptr_t)who, tenant, line.refused[i].mailbox));
	}
	if (line.tenant.len > 0)
		SL_ASSERT((who->one && sl_slice_eq(line.tenant, SL_SLICE_LIT("one"))) || (who->two && sl_slice_eq(line.tenant, SL_SLICE_LIT("two"))));
	SL_ASSERT(line.recipients_len + line.refused_len > 0);
	line_fini(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct who who = { .one = len > 0 && (data[0] & 1) != 0, .two = len > 0 && (data[0] & 2) != 0, .odd = len > 0 && (data[0] & 4) != 0 };
	struct sl_traffic_view view = { sees, &who, len > 0 && (data[0] & 8) != 0, len > 0 && (data[0] & 16) != 0 };
	struct sl_buf seen, again;
	json_t *root, *after;

	if (len < 1)
		return 0;
	sl_buf_init(&seen, 4 * len + 4096);
	sl_buf_init(&again, 4 * len + 4096);
	if (sl_traffic_narrow(sl_slice(data + 1, len - 1), &view, &seen)) {
		SL_ASSERT(who.one || who.two);
		is_his(sl_buf_slice(&seen), &who);
		/* What he sees he sees again: nothing in it is hidden from him. */
		SL_ASSERT(sl_traffic_narrow(sl_buf_slice(&seen), &view, &again));
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&seen), sl_buf_slice(&again)));
		/* And it is JSON where the line was. */
		root = json_loadb((const char *)data + 1, len - 1, 0, NULL);
		after = json_loadb((const char *)seen.data, seen.len, 0, NULL);
		SL_ASSERT(root == NULL || after != NULL);
		json_decref(root);
		json_decref(after);
	}
	sl_buf_fini(&seen);
	sl_buf_fini(&again);
	return 0;
}
