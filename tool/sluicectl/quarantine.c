/* quarantine.c - sluicectl quarantine: what the vault keeps of a tenant */

#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "console.h"
#include "control.h"
#include "ipc/correction.h"
#include "quarantine_i.h"
#include "seal/record.h"

static const char usage[] =
    "usage: sluicectl quarantine list TENANT [FILTERS] [--limit N] [--json]\n"
    "       sluicectl quarantine show TENANT [--json] ID\n"
    "       sluicectl quarantine raw TENANT ID\n"
    "       sluicectl quarantine release TENANT [--learn] [--allow] [--wait] [--json] ID...|FILTERS|--all\n"
    "       sluicectl quarantine delete TENANT ID...|FILTERS --yes|--all --yes\n"
    "       sluicectl quarantine report TENANT --wanted|--unwanted|--phish|--malware ID...\n"
    "       sluicectl quarantine releases TENANT [--days N] [--csv|--json]\n"
    "\n"
    "  list      messages that are kept, newest first\n"
    "  show      one of them: envelope, why it is kept\n"
    "  raw       the message itself, as it was received, to standard output. It may be dangerous\n"
    "  release   send messages to those they had been for, by the tenant's route; each once, however often it is asked\n"
    "  delete    destroy messages; there is no way back. Those that are being released stay\n"
    "  report    tell what messages were, so that what is remembered of senders and texts follows (sluicectl correct)\n"
    "  releases  what was released: who asked, why it had been kept, what the next hop said\n"
    "\n"
    "  TENANT            whose they are, as records call it (also --tenant NAME)\n"
    "Filters, all of which must fit:\n"
    "  --recipient ADDRESS, --sender ADDRESS   of the envelope\n"
    "  --category NAME   why it is kept: spam, phish, malware, bulk ...\n"
    "  --since WHEN, --until WHEN   received; 2026-11-26, 2026-11-26T15:04:05Z, or 2d before now\n"
    "  --all             no filter\n"
    "\n"
    "  --limit N         list at most so many (default 100)\n"
    "  --learn           tell also that these were wanted, as `report --wanted` does\n"
    "  --allow           put their senders on the tenant's list (sluicectl list add tenant:NAME allow ADDRESS)\n"
    "  --wait            until the next hops have answered, at most 60 seconds (--wait=SECONDS)\n"
    "  --by NAME         who asks, for the log and the report (default: who runs this)\n"
    "  --note TEXT       what for, for the report of releases\n"
    "  --days N          of releases: asked for in the last N days (default 30; at least 90 are known)\n"
    "  --socket PATH     by the console, which asks who may and enters it in the trail (default, if it runs)\n"
    "  --control PATH    by the control socket, as of `sluicectl status`: for who runs Sluice\n"
    "  --json, --csv     one JSON line, or a line of CSV, for each message\n"
    "\n"
    "Opening a message is logged. Status: 0 fine, 1 it could not be done, 2 wrong use.\n";

#define WAIT_MS		60000
#define ANSWERS		(SL_IPC_BIT(KEPT_ENTRY) | SL_IPC_BIT(KEPT_BYTES) | SL_IPC_BIT(KEPT_END) | SL_IPC_BIT(KEPT))
#define MESSAGE_MAX	SL_CORRECTION_MESSAGE_MAX	/* of a message that is told of */
#define IDS_MAX		(64u << 20)

/* ---- the answer */

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
	if (ask->ids != NULL)
		sl_buf_add_slice(ask->ids, entry.id);
	else if (ask->items != NULL)
		sl_buf_add_slice(ask->items, entry.items);
	else if (!ask->raw)
		quarantine_entry(ask, &entry, id);
}

static void
on_bytes(struct ask *ask, struct sl_slice bytes)
{
	if (ask->raw)
		fwrite(bytes.ptr, 1, bytes.len, stdout);
	else if (ask->message != NULL)
		sl_buf_add(ask->message, bytes.ptr, SL_MIN(bytes.len, (size_t)MESSAGE_MAX - SL_MIN(ask->message->len, (size_t)MESSAGE_MAX)));
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct ask *ask = ctx;
	struct sl_kept_done done;
	struct sl_kept_end end;

	if (message->type == SL_IPC_KEPT_ENTRY) {
		on_entry(ask, message->payload);
	} else if (message->type == SL_IPC_KEPT_BYTES) {
		on_bytes(ask, message->payload);
	} else if (message->type == SL_IPC_KEPT) {
		if (sl_kept_unpack_done(message->payload, &done) == 0)
			quarantine_on_released(ask, &done);
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

int
quarantine_talk(struct ask *ask, enum sl_ipc_type type, const struct sl_buf *payload)
{
	int r = sl_ipc_send(ask->ipc, type, sl_slice(payload->data, payload->len), NULL, 0);

	ask->over = false;
	while (r >= 0 && !ask->over)
		r = sl_ipc_wait(ask->ipc, WAIT_MS, on_message, ask);
	return r < 0 ? r : ask->result;
}

int
quarantine_failed(const struct ask *ask, int r)
{
	fprintf(stderr, "sluicectl quarantine: " SL_SLICE_FMT ": %s\n", SL_SLICE_ARG(ask->tenant),
	    r == SL_ERR_NOT_FOUND ? "no such tenant, or no such message" :
	    r == SL_ERR_REFUSED ? "there is no such tenant, or this is not yours to do there (roles: sluicectl grant show)" :
	    r == SL_ERR_UNSUPPORTED && ask->socket != NULL ? "there is no vault" : sl_strerror(r));
	return EXIT_PROBLEM;
}

/* What the filters find, page by page, at most `limit` (0: all). */
static int
list_pages(struct ask *ask, uint32_t limit)
{
	struct sl_kept_query query = { .tenant = ask->tenant, .recipient = ask->recipient, .sender = ask->sender,
		.category = ask->category, .from_us = ask->from_us, .to_us = ask->to_us, .state = ask->state };
	struct sl_buf payload;
	int r = SL_MORE;

	sl_buf_init(&payload, 64u << 10);
	while (r == SL_MORE && (limit == 0 || ask->shown < limit)) {
		query.limit = limit == 0 ? 1000 : limit - (uint32_t)ask->shown;
		sl_buf_reset(&payload);
		sl_kept_pack_query(&query, &payload);
		r = quarantine_talk(ask, SL_IPC_KEPT_LIST, &payload);
		query.after = sl_slice(ask->last, sizeof(ask->last));
	}
	sl_buf_fini(&payload);
	return r;
}

static bool
has_filter(const struct ask *ask)
{
	return ask->all || ask->recipient.len > 0 || ask->sender.len > 0 || ask->category.len > 0 || ask->from_us > 0 ||
	    ask->to_us > 0;
}

int
quarantine_ids(struct ask *ask, char **ids, struct sl_buf *out)
{
	unsigned char id[SL_KEPT_ID_BYTES];
	int r;

	for (; *ids != NULL; ids++) {
		if (!sl_kept_id_read(sl_slice_str(*ids), id)) {
			fprintf(stderr, "sluicectl quarantine: '%s' is no id: it has %u hexadecimal digits\n", *ids,
			    SL_KEPT_ID_DIGITS);
			return EXIT_USAGE;
		}
		sl_buf_add(out, id, sizeof(id));
	}
	if (out->len > 0 || !has_filter(ask))
		return out->len > 0 && !has_filter(ask) ? EXIT_OK : EXIT_USAGE;
	ask->ids = out;
	ask->state = 1;		/* those that are held */
	r = list_pages(ask, 0);
	ask->ids = NULL;
	return r < 0 ? quarantine_failed(ask, r) : EXIT_OK;
}

int
quarantine_choose(struct ask *ask, enum sl_ipc_type type, struct sl_slice ids)
{
	struct sl_kept_choice choice = { .tenant = ask->tenant, .ids = ids, .by = ask->by, .note = ask->note };
	struct sl_buf payload;
	int r;

	sl_buf_init(&payload, 64u << 10);
	sl_kept_pack_choice(&choice, &payload);
	r = quarantine_talk(ask, type, &payload);
	sl_buf_fini(&payload);
	return r;
}

int
quarantine_fetch(struct ask *ask, struct sl_slice id, struct sl_buf *message, struct sl_buf *items)
{
	int r;

	ask->message = message;
	ask->items = items;
	r = quarantine_choose(ask, SL_IPC_KEPT_OPEN, id);
	ask->message = ask->items = NULL;
	return r;
}

/* ---- verbs */

static int
list(struct ask *ask, char **ids)
{
	int r;

	if (ids[0] != NULL)
		return EXIT_USAGE;
	r = list_pages(ask, ask->limit);
	if (r < 0)
		return quarantine_failed(ask, r);
	if (!ask->json && ask->shown == 0)
		puts("nothing is kept");
	return EXIT_OK;
}

static int
show(struct ask *ask, char **ids)
{
	struct sl_buf all;
	int status, r;

	if (ids[0] == NULL || ids[1] != NULL)
		return EXIT_USAGE;
	sl_buf_init(&all, 64);
	ask->full = true;
	status = quarantine_ids(ask, ids, &all);
	r = status == EXIT_OK ? quarantine_choose(ask, SL_IPC_KEPT_OPEN, sl_buf_slice(&all)) : SL_DONE;
	sl_buf_fini(&all);
	return r == SL_DONE ? status : quarantine_failed(ask, r);
}

static int
raw(struct ask *ask, char **ids)
{
	ask->raw = true;
	return show(ask, ids);
}

static int
destroy(struct ask *ask, char **ids)
{
	struct sl_buf all;
	uint64_t deleted = 0, asked;
	int status, r = SL_DONE;

	if (has_filter(ask) && !ask->yes) {
		fputs("sluicectl quarantine: what filters find is deleted with --yes only\n", stderr);
		return EXIT_USAGE;
	}
	sl_buf_init(&all, IDS_MAX);
	status = quarantine_ids(ask, ids, &all);
	asked = all.len / SL_KEPT_ID_BYTES;
	for (size_t at = 0; status == EXIT_OK && at < all.len && r == SL_DONE; at += QUARANTINE_CHUNK * SL_KEPT_ID_BYTES) {
		struct sl_slice rest = sl_slice_from(sl_buf_slice(&all), at);

		rest.len = SL_MIN(rest.len, (size_t)QUARANTINE_CHUNK * SL_KEPT_ID_BYTES);
		r = quarantine_choose(ask, SL_IPC_KEPT_DELETE, rest);
		deleted += ask->count;
	}
	sl_buf_fini(&all);
	if (status != EXIT_OK)
		return status;
	if (r != SL_DONE)
		return quarantine_failed(ask, r);
	if (ask->json)
		printf("{\"deleted\": %" PRIu64 ", \"asked\": %" PRIu64 "}\n", deleted, asked);
	else
		printf("%" PRIu64 " deleted\n", deleted);
	if (deleted < asked)
		fprintf(stderr, "sluicectl quarantine: %" PRIu64 " are not there, or are being released\n", asked - deleted);
	return EXIT_OK;
}

static const struct verb {
	const char	*name;
	int		(*run)(struct ask *ask, char **ids);
	bool		 vault;		/* it speaks to the vault */
} verbs[] = {
	{ "list", list, true }, { "show", show, true }, { "raw", raw, true }, { "release", quarantine_release, true },
	{ "delete", destroy, true }, { "report", quarantine_report, true }, { "releases", quarantine_releases, false },
};

/* ---- options */

static bool
number(const char *text, uint32_t most, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (uint32_t)n;
	return *text >= '0' && *text <= '9' && *end == '\0' && n > 0 && n <= most;
}

/* False: wrong use. */
static bool
option_take(struct ask *ask, int c)
{
	uint32_t n = 60;

	switch (c) {
	case 't': ask->tenant = sl_slice_str(optarg); return true;
	case 'r': ask->recipient = sl_slice_str(optarg); return true;
	case 's': ask->sender = sl_slice_str(optarg); return true;
	case 'g': ask->category = sl_slice_str(optarg); return true;
	case 'F': return when_parse(optarg, false, &ask->from_us);
	case 'U': return when_parse(optarg, true, &ask->to_us);
	case 'a': ask->all = true; return true;
	case 'y': ask->yes = true; return true;
	case 'L': ask->learn = true; return true;
	case 'A': ask->allow = true; return true;
	case 'w':
		if (optarg != NULL && !number(optarg, 86400, &n))
			return false;
		ask->wait_s = n;
		return true;
	case 'b': ask->by = sl_slice_str(optarg); return true;
	case 'N': ask->note = sl_slice_str(optarg); return true;
	case 'd': return number(optarg, 36500, &ask->days);
	case 'n': return number(optarg, UINT32_MAX, &ask->limit);
	case 'c': ask->control = optarg; return true;
	case 'S': ask->socket = optarg; return true;
	case 'j': ask->json = true; return true;
	case 'v': ask->csv = true; return true;
	case 'W': ask->verdict = SL_CORRECTION_WANTED; return true;
	case 'X': ask->verdict = SL_CORRECTION_UNWANTED; return true;
	case 'P': ask->verdict = SL_CORRECTION_PHISH; return true;
	case 'M': ask->verdict = SL_CORRECTION_MALWARE; return true;
	default: return false;
	}
}

/* Who runs this. */
static struct sl_slice
who_runs(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *pw = getpwuid(getuid());

	if (getuid() == 0 && sudo != NULL && *sudo != '\0')
		return sl_slice_str(sudo);
	return pw == NULL ? SL_SLICE_LIT("?") : sl_slice_str(pw->pw_name);
}

/* Read the options; *rest_out is what stands behind the tenant. False: wrong use. */
static bool
options_read(struct ask *ask, int argc, char **argv, char ***rest_out)
{
	static const struct option options[] = {
		{ "tenant", required_argument, NULL, 't' }, { "recipient", required_argument, NULL, 'r' },
		{ "sender", required_argument, NULL, 's' }, { "category", required_argument, NULL, 'g' },
		{ "since", required_argument, NULL, 'F' }, { "until", required_argument, NULL, 'U' },
		{ "limit", required_argument, NULL, 'n' }, { "control", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 'S' },
		{ "json", no_argument, NULL, 'j' }, { "csv", no_argument, NULL, 'v' }, { "all", no_argument, NULL, 'a' },
		{ "yes", no_argument, NULL, 'y' }, { "learn", no_argument, NULL, 'L' }, { "allow", no_argument, NULL, 'A' },
		{ "wait", optional_argument, NULL, 'w' }, { "by", required_argument, NULL, 'b' },
		{ "note", required_argument, NULL, 'N' }, { "days", required_argument, NULL, 'd' },
		{ "wanted", no_argument, NULL, 'W' }, { "unwanted", no_argument, NULL, 'X' },
		{ "phish", no_argument, NULL, 'P' }, { "malware", no_argument, NULL, 'M' }, { 0 },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!option_take(ask, c))
			return false;
	*rest_out = argv + optind;
	if (ask->tenant.len == 0 && **rest_out != NULL)
		ask->tenant = sl_slice_str(*(*rest_out)++);
	if (ask->tenant.len == 0 || ask->tenant.len > SL_KEPT_TENANT_MAX) {
		fputs("sluicectl quarantine: the tenant is needed\n", stderr);
		return false;
	}
	if (ask->by.len == 0)
		ask->by = who_runs();
	return ask->by.len <= SL_KEPT_TEXT_MAX && ask->note.len <= SL_KEPT_TEXT_MAX;
}

int
quarantine_main(int argc, char **argv)
{
	struct ask ask = { .limit = 100, .days = 30, .verdict = -1 };
	const struct verb *verb = NULL;
	char **rest;
	int status;

	for (size_t i = 0; argc > 1 && i < SL_COUNT(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			verb = &verbs[i];
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_OK;
		}
	if (verb == NULL || !options_read(&ask, argc - 1, argv + 1, &rest)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (verb->vault) {
		/* By the console, where there is one: it asks who may, and enters it in the tenant's trail. */
		if (ask.socket == NULL && ask.control == NULL)
			ask.socket = console_socket();
		ask.ipc = ask.socket != NULL ? console_connect(ask.socket, ANSWERS) : control_vault(ask.control, ANSWERS);
		if (ask.ipc == NULL)
			return EXIT_PROBLEM;
	}
	status = verb->run(&ask, rest);
	sl_ipc_free(&ask.ipc);
	if (status == EXIT_USAGE)
		fputs(usage, stderr);
	return status;
}
