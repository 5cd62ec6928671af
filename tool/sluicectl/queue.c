/* queue.c - sluicectl queue: mail that Sluice itself is responsible for, on its way */

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "courier/queue.h"
#include "quarantine_i.h"
#include "queue_show.h"
#include "terminal.h"

static const char usage[] =
    "usage: sluicectl queue list [TENANT] [--limit N] [--json]\n"
    "       sluicectl queue show [--json] ENTRY\n"
    "       sluicectl queue hurry ENTRY... | --all [TENANT]\n"
    "       sluicectl queue cancel ENTRY...\n"
    "\n"
    "What is released from quarantine, digests, answers and reports, until the next hop has taken or refused it.\n"
    "  list      what is not finished, the oldest first\n"
    "  show      one entry, with what the next hop said of each recipient\n"
    "  hurry     try now, not when its time has come\n"
    "  cancel    take back what is not being tried at this moment; what was to be released is held again\n"
    "\n"
    "  --limit N        list at most so many (default 100)\n"
    "  --all            of hurry: all of them\n"
    "  --control PATH   the control socket, as of `sluicectl status`\n"
    "  --json           one JSON line for each entry\n"
    "\n"
    "A next hop that cannot be reached is left alone for 30 seconds, then longer each time, up to 15 minutes; then one entry\n"
    "tries it for all. `next` says when. `hurry` tries it now.\n"
    "An entry that is `uncertain` may have been taken: its reply was lost, and it is sent again.\n"
    "Status: 0 fine, 1 it could not be done, 2 wrong use.\n";

struct options {
	const char	*control;
	uint32_t	 limit;
	bool		 json, all, full, headed;
	struct sl_ipc	*ipc;
	uint64_t	 shown;
};

static void
print_row(struct options *o, const struct sl_courier_entry *e)
{
	struct sl_courier_rcpt rcpt;
	size_t count;
	char next[32];

	if (!o->headed)
		printf("%-6s  %-8s  %-20s  %-9s  %5s  %-19s  %-28s  %s\n", "entry", "purpose", "tenant", "state", "tries",
		    "next (UTC)", "recipient", "last answer");
	o->headed = true;
	quarantine_time(e->next_us, next);
	printf("%-6" PRId64 "  %-8s  ", e->id, queue_purpose_word(e->purpose));
	quarantine_cell(e->tenant, 20);
	printf("%-9s  %5" PRIu32 "  %-19s  ", queue_state_word(e->state), e->attempts, e->finished_us > 0 ? "-" : next);
	if (queue_telling(e, &rcpt, &count)) {
		quarantine_cell(rcpt.mailbox, 28);
		terminal_put(e->hop.len > 0 ? e->hop : rcpt.reply, 100, false);
		if (count > 1)
			printf(" (of %zu recipients)", count);
	}
	putchar('\n');
}

static void
pair(const char *name, struct sl_slice text)
{
	struct colours c = colours_for_stdout();

	if (text.len == 0)
		return;
	printf("%s%-12s%s  ", c.bold, name, c.plain);
	terminal_put(text, 400, false);
	putchar('\n');
}

static void
pair_time(const char *name, int64_t us)
{
	char text[32];

	if (us <= 0)
		return;
	quarantine_time(us, text);
	pair(name, sl_slice_str(text));
}

static void
print_full(const struct sl_courier_entry *e)
{
	struct sl_slice rest = e->rcpts;
	struct sl_courier_rcpt one;
	char id[SL_KEPT_ID_DIGITS + 1];

	printf("%-12s  %" PRId64 "\n", "entry", e->id);
	pair("purpose", sl_slice_str(queue_purpose_word(e->purpose)));
	pair("state", sl_slice_str(queue_state_word(e->state)));
	pair("tenant", e->tenant);
	pair("sender", e->sender.len > 0 ? e->sender : SL_SLICE_LIT("<>"));
	pair("message-id", e->message_id);
	printf("%-12s  %" PRIu32 " (replies lost: %" PRIu32 ")\n", "attempts", e->attempts, e->uncertain);
	pair_time("created", e->created_us);
	pair_time(e->finished_us > 0 ? "finished" : "next", e->finished_us > 0 ? e->finished_us : e->next_us);
	if (e->hop.len > 0)
		pair("waits, as", e->hop);
	if (e->ref.len > 0) {
		sl_kept_id_write(e->ref.ptr, id);
		pair("message", sl_slice_str(id));
		pair("asked by", e->release.by);
		pair("note", e->release.note);
		pair("kept as", e->release.category.len > 0 ? e->release.category : e->release.verdict);
		pair("policy", e->release.policy);
		pair("reason", e->release.reason);
		pair("trace", e->release.trace);
	}
	while (sl_courier_rcpt_next(&rest, &one)) {
		printf("  ");
		quarantine_cell(one.mailbox, 40);
		printf("%-9s  ", queue_rcpt_word(one.state));
		terminal_put(one.reply, 400, false);
		putchar('\n');
	}
}

static void
on_entry(void *ctx, const struct sl_courier_entry *e)
{
	struct options *o = ctx;
	struct sl_buf out;

	o->shown++;
	if (o->full && !o->json) {
		print_full(e);
	} else if (!o->json) {
		print_row(o, e);
	} else {
		sl_buf_init(&out, 4u << 20);
		queue_json(e, &out);
		puts(sl_buf_cstr(&out));
		sl_buf_fini(&out);
	}
}

/* ---- verbs ---- */

static int
failed(const char *what, int r)
{
	fprintf(stderr, "sluicectl queue: %s: %s\n", what, r == SL_ERR_BUSY ? "it is being tried, or finished" :
	    r == SL_ERR_NOT_FOUND ? "there is no such entry" : sl_strerror(r));
	return EXIT_PROBLEM;
}

static int
list(struct options *o, char **words)
{
	struct sl_courier_ask ask = { .verb = SL_COURIER_LIST };
	uint64_t count;
	int r;

	if (words[0] != NULL && (words[1] != NULL || strlen(words[0]) > SL_KEPT_TENANT_MAX))
		return EXIT_USAGE;
	if (words[0] != NULL)
		ask.tenant = sl_slice_str(words[0]);
	r = queue_ask(o->ipc, &ask, o->limit, on_entry, o, &count);
	if (r != SL_DONE)
		return failed("list", r);
	if (!o->json && o->shown == 0)
		puts("nothing is queued");
	return EXIT_OK;
}

/* For each entry that is named. */
static int
for_each(struct options *o, char **words, uint32_t verb)
{
	int status = words[0] == NULL ? EXIT_USAGE : EXIT_OK;

	for (; *words != NULL && status != EXIT_USAGE; words++) {
		struct sl_courier_ask ask = { .verb = verb };
		uint64_t count;
		char *end;
		int r;

		ask.id = strtoll(*words, &end, 10);
		if (*end != '\0' || ask.id <= 0)
			return EXIT_USAGE;
		r = queue_ask(o->ipc, &ask, 1, on_entry, o, &count);
		if (r != SL_DONE)
			status = failed(*words, r);
	}
	return status;
}

static int
show(struct options *o, char **words)
{
	o->full = true;
	return for_each(o, words, SL_COURIER_SHOW);
}

static int
hurry(struct options *o, char **words)
{
	struct sl_courier_ask ask = { .verb = SL_COURIER_HURRY };
	uint64_t count;
	int r;

	if (!o->all)
		return for_each(o, words, SL_COURIER_HURRY);
	if (words[0] != NULL && (words[1] != NULL || strlen(words[0]) > SL_KEPT_TENANT_MAX))
		return EXIT_USAGE;
	if (words[0] != NULL)
		ask.tenant = sl_slice_str(words[0]);
	r = queue_ask(o->ipc, &ask, 1, on_entry, o, &count);
	if (r != SL_DONE)
		return failed("hurry", r);
	printf(o->json ? "{\"hurried\": %" PRIu64 "}\n" : "%" PRIu64 " are tried now\n", count);
	return EXIT_OK;
}

static int
cancel(struct options *o, char **words)
{
	return for_each(o, words, SL_COURIER_CANCEL);
}

static const struct verb {
	const char	*name;
	int		(*run)(struct options *o, char **words);
} verbs[] = { { "list", list }, { "show", show }, { "hurry", hurry }, { "cancel", cancel } };

static bool
options_read(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "limit", required_argument, NULL, 'n' }, { "control", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' }, { "all", no_argument, NULL, 'a' }, { 0 },
	};
	char *end;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n') {
			o->limit = (uint32_t)strtoul(optarg, &end, 10);
			if (*end != '\0' || o->limit == 0)
				return false;
		} else if (c == 'c') {
			o->control = optarg;
		} else if (c == 'j') {
			o->json = true;
		} else if (c == 'a') {
			o->all = true;
		} else {
			return false;
		}
	}
	return true;
}

int
queue_main(int argc, char **argv)
{
	struct options o = { .limit = 100 };
	const struct verb *verb = NULL;
	int status;

	for (size_t i = 0; argc > 1 && i < SL_COUNT(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			verb = &verbs[i];
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_OK;
		}
	if (verb == NULL || !options_read(&o, argc - 1, argv + 1)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	o.ipc = queue_connect(o.control);
	if (o.ipc == NULL)
		return EXIT_PROBLEM;
	status = verb->run(&o, argv + 1 + optind);
	sl_ipc_free(&o.ipc);
	if (status == EXIT_USAGE)
		fputs(usage, stderr);
	return status;
}
