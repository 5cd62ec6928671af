/* correct.c - sluicectl correct: tell a running Sluice that a message was judged wrongly, or rightly (ipc/correction.h) */

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "conf/settings.h"
#include "control.h"
#include "ipc/correction.h"
#include "message.h"
#include "mime/fields.h"
#include "source.h"

#define ANSWER_MS	15000
#define ID_MAX		32
#define LINE_MAX_BYTES	((size_t)4 << 20)

static const char usage[] =
    "usage: sluicectl correct --tenant NAME --wanted|--unwanted|--phish|--malware [OPTIONS] [PATH...]\n"
    "\n"
    "Tell a running Sluice what a message was, so that what it remembers of senders and of texts follows, for all\n"
    "tenants and within bounds. (What the tenant itself knows: sluicectl learn --own.)\n"
    "A PATH is a message as it was delivered, a mailbox (mbox), a directory or a Maildir; - is standard input. Its text\n"
    "is told; its sender too, if the record has it.\n"
    "  --tenant NAME     whose mail it is\n"
    "  --record FILE     where the record lines are: who sent it is read there, by the id in X-Sluice-Verdict ...\n"
    "  --id ID           ... or by this one; then no PATH is needed\n"
    "  --reporter NAME   who of the tenant says so, by any name; counts where there is one tenant only\n"
    "  --control PATH    Sluice's control socket (as for `sluicectl status`)\n"
    "  --json            print what came of each as a JSON line\n"
    "\n"
    "Exit status: 0 all were told, 1 some were not, 2 the command line is wrong.\n";

struct correct {
	struct sl_correction	 correction;
	int			 verdicts;	/* given on the command line */
	const char		*record, *id, *control;
	bool			 json;
	struct sl_ipc		*ipc;
	const char		*name;		/* of the message that is told of */
	json_t			*line;		/* of the record; NULL: none was found */
	size_t			 told, failed;
};

/* ---- the record ---- */

static struct sl_slice
member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL || strlen(text) > SL_CORRECTION_TEXT_MAX ? sl_slice(NULL, 0) : sl_slice_str(text);
}

static struct sl_slice
domain_of(struct sl_slice mailbox)
{
	const unsigned char *at = mailbox.len > 0 ? memrchr(mailbox.ptr, '@', mailbox.len) : NULL;

	return at == NULL ? sl_slice(NULL, 0) : sl_slice_from(mailbox, (size_t)(at + 1 - mailbox.ptr));
}

static void
add_proven(struct sl_correction *c, const json_t *result)
{
	struct sl_slice domain = member(result, "domain");

	if (domain.len > 0 && sl_slice_eq(member(result, "result"), SL_SLICE_LIT("pass")) &&
	    c->proven_len < SL_CORRECTION_PROVEN_MAX)
		c->proven[c->proven_len++] = domain;
}

/* What the line says of the sender; it lives as long as the line. */
static void
sender_from(struct sl_correction *c, const json_t *line)
{
	const json_t *auth = json_object_get(line, "auth"), *signature;
	size_t i;

	c->client = member(line, "client");
	c->helo = member(line, "helo");
	c->envelope = domain_of(member(line, "mail_from"));
	c->author = member(json_object_get(auth, "dmarc"), "from");
	c->proven_len = 0;
	json_array_foreach(json_object_get(auth, "dkim"), i, signature)
		add_proven(c, signature);
	add_proven(c, json_object_get(auth, json_object_get(auth, "spf") != NULL ? "spf" : "spf_helo"));
}

/* The line of this id, the last one if there are several. Returns NULL if there is none. */
static json_t *
record_find(const char *path, const char *id)
{
	char *line = NULL, *wanted = sl_xasprintf("\"id\":\"%s\"", id);
	FILE *file = fopen(path, "r");
	json_t *found = NULL;
	size_t size = 0;
	ssize_t len;

	if (file == NULL)
		fprintf(stderr, "sluicectl correct: %s: %s\n", path, strerror(errno));
	while (file != NULL && (len = getline(&line, &size, file)) > 0) {
		json_t *json = (size_t)len > LINE_MAX_BYTES || strstr(line, wanted) == NULL ? NULL
		    : json_loadb(line, (size_t)len, JSON_REJECT_DUPLICATES, NULL);

		if (sl_slice_eq(member(json, "id"), sl_slice_str(id))) {
			json_decref(found);
			found = json;
		} else {
			json_decref(json);
		}
	}
	free(line);
	sl_free(wanted);
	if (file != NULL)
		fclose(file);
	return found;
}

/* ---- the message ---- */

/* The id in the first X-Sluice-Verdict: ours is in front of what came. */
static void
on_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	static const char mark[] = "id=";
	char *id = ctx;
	const unsigned char *at;
	size_t n = 0;

	if (id[0] != '\0' || !sl_slice_ieq(name, SL_SLICE_LIT("X-Sluice-Verdict")))
		return;
	at = value.len > 0 ? memmem(value.ptr, value.len, mark, strlen(mark)) : NULL;
	if (at == NULL)
		return;
	at += strlen(mark);
	while (n < ID_MAX && at + n < value.ptr + value.len && ((at[n] >= '0' && at[n] <= '9') || (at[n] >= 'A' && at[n] <= 'Z')))
		n++;
	memcpy(id, at, n);
	id[n] = '\0';
}

static void
on_header_end(void *ctx, bool proper)
{
}

static void
on_body(void *ctx, struct sl_slice bytes)
{
}

static void
id_of(struct sl_slice message, char id[ID_MAX + 1])
{
	static const struct sl_fields_sink sink = { on_field, on_header_end, on_body };
	struct sl_fields *fields = sl_fields_new(65536, &sink, id);

	id[0] = '\0';
	sl_fields_feed(fields, message.ptr, SL_MIN(message.len, (size_t)65536));
	sl_fields_finish(fields);
	sl_fields_free(&fields);
}

/* ---- telling ---- */

static void
print_result(const struct correct *c, const struct sl_corrected *r)
{
	static const char *const texts[SL_CORRECTED_TEXTS] = { "no text", "a text that is new", "a text that has come before",
		"a text of which this tenant has said enough" };
	static const char *const words[SL_CORRECTED_TEXTS] = { "none", "new", "known", "enough" };

	if (c->json) {
		json_t *line = json_pack("{s:s, s:b, s:i, s:i, s:s, s:s%}", "message", c->name, "done", r->done, "senders",
		    (int)r->senders, "enough", (int)r->enough, "text", words[r->text], "why", r->why.ptr, r->why.len);
		char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);

		printf("%s\n", text != NULL ? text : "{}");
		free(text);
		json_decref(line);
	} else if (r->done) {
		printf("%s: told %u of the sender's address, network and domains", c->name, r->senders);
		if (r->enough > 0)
			printf(" (of %u more this tenant has said enough)", r->enough);
		printf(", and %s%s\n", texts[r->text],
		    c->record != NULL && c->line == NULL ? "; the record does not have it" : "");
	} else {
		fprintf(stderr, "sluicectl correct: %s: " SL_SLICE_FMT "\n", c->name, SL_SLICE_ARG(r->why));
	}
}

static void
on_answer(void *ctx, struct sl_ipc_message *message)
{
	struct sl_corrected result = { .why = SL_SLICE_LIT("the answer is not understood") }, answer;
	struct correct *c = ctx;

	if (message->payload.len >= sizeof(uint32_t) &&
	    sl_corrected_unpack(sl_slice_from(message->payload, sizeof(uint32_t)), &answer) == 0)
		result = answer;
	if (result.why.ptr == NULL)
		result.why = SL_SLICE_LIT("");
	c->told += result.done;
	c->failed += !result.done;
	print_result(c, &result);
}

/* False: there is nobody to tell. */
static bool
tell(struct correct *c)
{
	struct sl_buf payload;
	int r;

	sl_buf_init(&payload, SL_CORRECTION_MAX);
	sl_pack_u32(&payload, 0);
	sl_correction_pack(&c->correction, &payload);
	r = sl_ipc_send(c->ipc, SL_IPC_CORRECT, sl_buf_slice(&payload), NULL, 0);
	if (r == 0)
		r = sl_ipc_wait(c->ipc, ANSWER_MS, on_answer, c);
	if (r < 0) {
		fprintf(stderr, "sluicectl correct: %s: no answer: %s\n", c->name, sl_strerror(r));
		c->failed++;
	}
	sl_buf_fini(&payload);
	return r >= 0;
}

/* Who sent the message of this id, as far as the record knows. */
static void
look_up(struct correct *c, const char *id)
{
	json_decref(c->line);
	c->line = c->record != NULL && id[0] != '\0' ? record_find(c->record, id) : NULL;
	sender_from(&c->correction, c->line);
}

static bool
on_message(void *ctx, const char *name, struct sl_slice message)
{
	struct correct *c = ctx;
	char id[ID_MAX + 1];

	c->name = name;
	if (c->id == NULL) {
		id_of(message, id);
		look_up(c, id);
	}
	c->correction.message = sl_slice(message.ptr, SL_MIN(message.len, (size_t)SL_CORRECTION_MESSAGE_MAX));
	return tell(c);
}

static void
on_failed(void *ctx, const char *name, const char *why)
{
	struct correct *c = ctx;

	fprintf(stderr, "sluicectl correct: %s: %s\n", name, why);
	c->failed++;
}

/* ---- options ---- */

static void
verdict_set(struct correct *c, enum sl_correction_verdict verdict)
{
	c->correction.verdict = verdict;
	c->verdicts++;
}

/* Returns 0, or 2 after saying what is wrong, or -1 when the help was asked for. */
static int
options_read(struct correct *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "tenant", required_argument, NULL, 't' }, { "record", required_argument, NULL, 'r' },
		{ "id", required_argument, NULL, 'i' }, { "reporter", required_argument, NULL, 'p' },
		{ "control", required_argument, NULL, 'c' }, { "wanted", no_argument, NULL, 'W' },
		{ "unwanted", no_argument, NULL, 'U' }, { "phish", no_argument, NULL, 'P' },
		{ "malware", no_argument, NULL, 'M' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 't': c->correction.tenant = sl_slice_str(optarg); break;
		case 'r': c->record = optarg; break;
		case 'i': c->id = optarg; break;
		case 'p': c->correction.reporter = sl_slice_str(optarg); break;
		case 'c': c->control = optarg; break;
		case 'W': verdict_set(c, SL_CORRECTION_WANTED); break;
		case 'U': verdict_set(c, SL_CORRECTION_UNWANTED); break;
		case 'P': verdict_set(c, SL_CORRECTION_PHISH); break;
		case 'M': verdict_set(c, SL_CORRECTION_MALWARE); break;
		case 'j': c->json = true; break;
		case 'h': return -1;
		default: return EXIT_USAGE;
		}
	}
	if (c->correction.tenant.len == 0 || c->verdicts != 1)
		fputs("sluicectl correct: --tenant and one of --wanted, --unwanted, --phish and --malware are needed\n", stderr);
	else if (c->id != NULL ? c->record == NULL || optind + 1 < argc : optind == argc)
		fputs("sluicectl correct: paths are needed, or --id with --record and at most one path\n", stderr);
	else if (c->id != NULL && strspn(c->id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(c->id))
		fputs("sluicectl correct: --id takes letters and digits, as in X-Sluice-Verdict\n", stderr);
	else
		return 0;
	return EXIT_USAGE;
}

static void
correct_run(struct correct *c, char **paths)
{
	struct source source = { on_message, on_failed, c };

	if (c->id != NULL) {
		look_up(c, c->id);
		if (c->line == NULL) {
			on_failed(c, c->id, "the record does not have it");
			return;
		}
		c->name = c->id;
		if (*paths == NULL)
			(void)tell(c);
	}
	for (; *paths != NULL; paths++)
		if (!source_read(&source, *paths))
			break;
}

int
correct_main(int argc, char **argv)
{
	struct correct c = { .verdicts = 0 };
	int status = options_read(&c, argc, argv);

	if (status != 0) {
		fputs(usage, status < 0 ? stdout : stderr);
		return status < 0 ? EXIT_OK : status;
	}
	c.ipc = control_connect(c.control, SL_IPC_BIT(CORRECTED));
	if (c.ipc == NULL)
		return EXIT_PROBLEM;
	correct_run(&c, argv + optind);
	json_decref(c.line);
	sl_ipc_free(&c.ipc);
	return c.failed > 0 ? EXIT_PROBLEM : EXIT_OK;
}
