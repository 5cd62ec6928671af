/* quarantine.c - sluicectl quarantine: what the vault keeps of a tenant */

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "control.h"
#include "kept/kept.h"
#include "seal/record.h"
#include "terminal.h"

static const char usage[] =
    "usage: sluicectl quarantine list --tenant NAME [--recipient ADDRESS] [--sender ADDRESS] [--limit N] [--json]\n"
    "       sluicectl quarantine show --tenant NAME [--json] ID\n"
    "       sluicectl quarantine raw --tenant NAME ID\n"
    "       sluicectl quarantine delete --tenant NAME ID...\n"
    "\n"
    "  list     messages that are kept, newest first\n"
    "  show     one of them: envelope, why it is kept\n"
    "  raw      the message itself, as it was received, to standard output. It may be dangerous\n"
    "  delete   destroy messages; there is no way back\n"
    "\n"
    "  --tenant NAME    whose they are, as records call it\n"
    "  --limit N        at most so many (default 100)\n"
    "  --control PATH   the control socket, as of `sluicectl status`\n"
    "  --json           one JSON line for each message\n"
    "\n"
    "Opening a message is logged. Status: 0 fine, 1 it could not be done, 2 wrong use.\n";

#define WAIT_MS		60000
#define ANSWERS		(SL_IPC_BIT(KEPT_ENTRY) | SL_IPC_BIT(KEPT_BYTES) | SL_IPC_BIT(KEPT_END))

struct ask {
	const char	*control;
	struct sl_slice	 tenant, recipient, sender;
	uint32_t	 limit;
	bool		 json;
	bool		 raw;		/* bytes of a message go to standard output ... */
	bool		 full;		/* an entry is shown with all that is known of it */
	bool		 headed;
	/* the answer */
	uint64_t	 shown;
	bool		 over;
	int		 result;
	uint64_t	 count;
	unsigned char	 last[SL_KEPT_ID_BYTES];
};

/* ---- an entry */

static void
time_text(int64_t us, char out[32])
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

static void
day_text(uint32_t day, char out[32])
{
	time_text((int64_t)day * 86400000000, out);
	out[10] = '\0';
}

/* The first item of a type; empty if there is none. */
static struct sl_slice
first_item(const struct sl_kept_entry *entry, unsigned type)
{
	struct sl_slice rest = entry->items, value;
	unsigned is;

	while (sl_kept_item_next(&rest, &is, &value))
		if (is == type)
			return value;
	return sl_slice(NULL, 0);
}

static const char *
state_word(uint32_t state)
{
	static const char *const words[] = { "held", "releasing", "released" };

	return state < SL_COUNT(words) ? words[state] : "?";
}

static void
entry_json(const struct sl_kept_entry *entry, const char *id)
{
	struct sl_slice rest = entry->items, value;
	char time[32], day[32];
	struct sl_buf out;
	unsigned type;

	time_text(entry->received_us, time);
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

static void
cell(struct sl_slice text, size_t width)
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
	time_text(entry->received_us, time);
	printf("%s  %s  %9" PRIu64 "  ", id, time, entry->message_bytes);
	if (!entry->opens) {
		printf("its key is not here\n");
		return;
	}
	cell(first_item(entry, SL_SEAL_VERDICT), 8);
	printf("%-9s  ", state_word(entry->state));
	cell(first_item(entry, SL_SEAL_FROM), 26);
	terminal_put(first_item(entry, SL_SEAL_SUBJECT), 60, false);
	putchar('\n');
}

static void
entry_full(const struct sl_kept_entry *entry, const char *id)
{
	struct sl_slice rest = entry->items, value;
	struct colours c = colours_for_stdout();
	unsigned type;

	printf("%s%-12s%s  %s\n", c.bold, "id", c.plain, id);
	printf("%s%-12s%s  %" PRIu64 "\n", c.bold, "bytes", c.plain, entry->message_bytes);
	while (sl_kept_item_next(&rest, &type, &value)) {
		if (sl_seal_item_name(type) == NULL)
			continue;
		printf("%s%-12s%s  ", c.bold, sl_seal_item_name(type), c.plain);
		terminal_put(value, 400, false);
		putchar('\n');
	}
}

static void
on_entry(struct ask *ask, struct sl_slice payload)
{
	char id[SL_KEPT_ID_DIGITS + 1];
	struct sl_kept_entry entry;

	if (sl_kept_unpack_entry(payload, &entry) != 0) {
		ask->result = SL_ERR_SYNTAX;
		return;
	}
	ask->shown++;
	sl_kept_id_write(entry.id.ptr, id);
	if (ask->raw)
		return;
	if (ask->json)
		entry_json(&entry, id);
	else if (ask->full)
		entry_full(&entry, id);
	else
		entry_row(ask, &entry, id);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct ask *ask = ctx;
	struct sl_kept_end end;

	if (message->type == SL_IPC_KEPT_ENTRY) {
		on_entry(ask, message->payload);
	} else if (message->type == SL_IPC_KEPT_BYTES) {
		if (ask->raw)
			fwrite(message->payload.ptr, 1, message->payload.len, stdout);
	} else {
		ask->over = true;
		ask->result = sl_kept_unpack_end(message->payload, &end);
		if (ask->result != 0)
			return;
		ask->result = end.result;
		ask->count = end.count;
		if (end.last.len > 0)
			memcpy(ask->last, end.last.ptr, sizeof(ask->last));
	}
}

/* ---- asking */

/* Send, and take what comes, to its end. Returns ask->result. */
static int
talk(struct ask *ask, struct sl_ipc *ipc, enum sl_ipc_type type, const struct sl_buf *payload)
{
	int r = sl_ipc_send(ipc, type, sl_slice(payload->data, payload->len), NULL, 0);

	ask->over = false;
	while (r >= 0 && !ask->over)
		r = sl_ipc_wait(ipc, WAIT_MS, on_message, ask);
	return r < 0 ? r : ask->result;
}

static int
failed(const struct ask *ask, int r)
{
	fprintf(stderr, "sluicectl quarantine: " SL_SLICE_FMT ": %s\n", SL_SLICE_ARG(ask->tenant),
	    r == SL_ERR_NOT_FOUND ? "no such tenant, or no such message" : sl_strerror(r));
	return EXIT_PROBLEM;
}

static int
list(struct ask *ask, struct sl_ipc *ipc, char **ids)
{
	struct sl_kept_query query = { .tenant = ask->tenant, .recipient = ask->recipient, .sender = ask->sender };
	struct sl_buf payload;
	int r = SL_MORE;

	if (ids[0] != NULL)
		return EXIT_USAGE;
	sl_buf_init(&payload, 64u << 10);
	while (r == SL_MORE && ask->shown < ask->limit) {
		query.limit = ask->limit - (uint32_t)ask->shown;
		sl_buf_reset(&payload);
		sl_kept_pack_query(&query, &payload);
		r = talk(ask, ipc, SL_IPC_KEPT_LIST, &payload);
		query.after = sl_slice(ask->last, sizeof(ask->last));
	}
	sl_buf_fini(&payload);
	if (r < 0)
		return failed(ask, r);
	if (!ask->json && ask->shown == 0)
		puts("nothing is kept");
	return EXIT_OK;
}

/* One by its id, or several. */
static int
choose(struct ask *ask, struct sl_ipc *ipc, enum sl_ipc_type type, char **ids)
{
	struct sl_kept_choice choice = { .tenant = ask->tenant };
	unsigned char id[SL_KEPT_ID_BYTES];
	struct sl_buf payload, all;
	int r;

	sl_buf_init(&all, 32u << 10);
	sl_buf_init(&payload, 64u << 10);
	for (; *ids != NULL; ids++) {
		if (!sl_kept_id_read(sl_slice_str(*ids), id)) {
			fprintf(stderr, "sluicectl quarantine: '%s' is no id: it has %u hexadecimal digits\n", *ids,
			    SL_KEPT_ID_DIGITS);
			sl_buf_fini(&all);
			return EXIT_USAGE;
		}
		sl_buf_add(&all, id, sizeof(id));
	}
	choice.ids = sl_buf_slice(&all);
	sl_kept_pack_choice(&choice, &payload);
	r = talk(ask, ipc, type, &payload);
	sl_buf_fini(&all);
	sl_buf_fini(&payload);
	return r == SL_DONE ? EXIT_OK : failed(ask, r);
}

static int
show(struct ask *ask, struct sl_ipc *ipc, char **ids)
{
	if (ids[0] == NULL || ids[1] != NULL)
		return EXIT_USAGE;
	ask->full = true;
	return choose(ask, ipc, SL_IPC_KEPT_OPEN, ids);
}

static int
raw(struct ask *ask, struct sl_ipc *ipc, char **ids)
{
	ask->raw = true;
	return show(ask, ipc, ids);
}

static int
destroy(struct ask *ask, struct sl_ipc *ipc, char **ids)
{
	int status = ids[0] == NULL ? EXIT_USAGE : choose(ask, ipc, SL_IPC_KEPT_DELETE, ids);

	if (status == EXIT_OK)
		printf("%" PRIu64 " deleted\n", ask->count);
	return status;
}

static const struct verb {
	const char	*name;
	int		(*run)(struct ask *ask, struct sl_ipc *ipc, char **ids);
} verbs[] = { { "list", list }, { "show", show }, { "raw", raw }, { "delete", destroy } };

/* Read the options. False: wrong use. */
static bool
options_read(struct ask *ask, int argc, char **argv)
{
	static const struct option options[] = {
		{ "tenant", required_argument, NULL, 't' }, { "recipient", required_argument, NULL, 'r' },
		{ "sender", required_argument, NULL, 's' }, { "limit", required_argument, NULL, 'n' },
		{ "control", required_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' }, { 0 },
	};
	char *end;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 't') {
			ask->tenant = sl_slice_str(optarg);
		} else if (c == 'r') {
			ask->recipient = sl_slice_str(optarg);
		} else if (c == 's') {
			ask->sender = sl_slice_str(optarg);
		} else if (c == 'c') {
			ask->control = optarg;
		} else if (c == 'j') {
			ask->json = true;
		} else if (c == 'n') {
			ask->limit = (uint32_t)strtoul(optarg, &end, 10);
			if (*end != '\0' || ask->limit == 0)
				return false;
		} else {
			return false;
		}
	}
	if (ask->tenant.len == 0 || ask->tenant.len > SL_KEPT_TENANT_MAX) {
		fputs("sluicectl quarantine: --tenant is needed\n", stderr);
		return false;
	}
	return true;
}

int
quarantine_main(int argc, char **argv)
{
	struct ask ask = { .limit = 100 };
	const struct verb *verb = NULL;
	struct sl_ipc *ipc;
	int status;

	for (size_t i = 0; argc > 1 && i < SL_COUNT(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			verb = &verbs[i];
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	if (verb == NULL || !options_read(&ask, argc - 1, argv + 1)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	ipc = control_vault(ask.control, ANSWERS);
	if (ipc == NULL)
		return EXIT_PROBLEM;
	status = verb->run(&ask, ipc, argv + 1 + optind);
	sl_ipc_free(&ipc);
	if (status == EXIT_USAGE)
		fputs(usage, stderr);
	return status;
}
