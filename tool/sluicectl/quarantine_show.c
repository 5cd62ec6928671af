/* quarantine_show.c - what is kept, as it is shown; see quarantine_i.h */

#include "quarantine_i.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "seal/record.h"
#include "terminal.h"

void
quarantine_time(int64_t us, char out[32])
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

static void
day_text(uint32_t day, char out[32])
{
	quarantine_time((int64_t)day * 86400000000, out);
	out[10] = '\0';
}

/* The first item of a type; empty if there is none. */
struct sl_slice
quarantine_item(struct sl_slice items, unsigned type)
{
	struct sl_slice rest = items, value;
	unsigned is;

	while (sl_kept_item_next(&rest, &is, &value))
		if (is == type)
			return value;
	return sl_slice(NULL, 0);
}

static const char *
state_word(uint32_t state)
{
	static const char *const words[] = { "held", "releasing", "released", "partly" };

	return state < SL_COUNT(words) ? words[state] : "?";
}

static void
entry_json(const struct sl_kept_entry *entry, const char *id)
{
	struct sl_slice rest = entry->items, value;
	char time[32], day[32];
	struct sl_buf out;
	unsigned type;

	quarantine_time(entry->received_us, time);
	day_text(entry->expiry_day, day);
	sl_buf_init(&out, 1 << 20);
	sl_buf_addf(&out, "{\"id\": \"%s\", \"received\": \"%sZ\", \"until\": \"%s\", \"state\": \"%s\", \"bytes\": %" PRIu64
	    ", \"opens\": %s, \"items\": [", id, time, day, state_word(entry->state), entry->message_bytes,
	    entry->opens ? "true" : "false");
	for (const char *comma = ""; sl_kept_item_next(&rest, &type, &value); comma = ", ") {
		const char *name = sl_seal_item_name(type);

		if (name == NULL)
			continue;
		sl_buf_addf(&out, "%s{\"%s\": ", comma, name);
		sl_buf_add_json(&out, value);
		sl_buf_add_str(&out, "}");
	}
	sl_buf_add_str(&out, "]}");
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

void
quarantine_cell(struct sl_slice text, size_t width)
{
	size_t most = text.len > width ? width - 4 : width, shown = terminal_put(text, most, false);

	for (size_t i = text.len > width ? width : shown; i < width + 2; i++)
		putchar(' ');
}

static void
entry_row(struct ask *ask, const struct sl_kept_entry *entry, const char *id)
{
	char time[32];

	if (!ask->headed)
		printf("%-32s  %-19s  %9s  %-8s  %-9s  %-26s  %s\n", "id", "received (UTC)", "bytes", "why", "state", "from",
		    "subject");
	ask->headed = true;
	quarantine_time(entry->received_us, time);
	printf("%s  %s  %9" PRIu64 "  ", id, time, entry->message_bytes);
	if (!entry->opens) {
		printf("its key is not here\n");
		return;
	}
	quarantine_cell(quarantine_item(entry->items, SL_SEAL_VERDICT), 8);
	printf("%-9s  ", state_word(entry->state));
	quarantine_cell(quarantine_item(entry->items, SL_SEAL_FROM), 26);
	terminal_put(quarantine_item(entry->items, SL_SEAL_SUBJECT), 60, false);
	putchar('\n');
}

static void
entry_full(const struct sl_kept_entry *entry, const char *id)
{
	struct sl_slice rest = entry->items, value;
	struct colours c = colours_for_stdout();
	unsigned type;

	printf("%s%-12s%s  %s\n", c.bold, "id", c.plain, id);
	printf("%s%-12s%s  %s\n", c.bold, "state", c.plain, state_word(entry->state));
	printf("%s%-12s%s  %" PRIu64 "\n", c.bold, "bytes", c.plain, entry->message_bytes);
	while (sl_kept_item_next(&rest, &type, &value)) {
		if (sl_seal_item_name(type) == NULL)
			continue;
		printf("%s%-12s%s  ", c.bold, sl_seal_item_name(type), c.plain);
		terminal_put(value, 400, false);
		putchar('\n');
	}
}

void
quarantine_entry(struct ask *ask, const struct sl_kept_entry *entry, const char *id)
{
	if (ask->json)
		entry_json(entry, id);
	else if (ask->full)
		entry_full(entry, id);
	else
		entry_row(ask, entry, id);
}
