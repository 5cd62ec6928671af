/*
 * console.c - sluicectl tenant, domain, user, list, ...: what the console is asked
 *
 * The commands are a table: words of the command line become arguments of a request by the row's own usage, so a verb is
 * a row here and a handler there. The answer is a message, a table or a text.
 */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "commands.h"
#include "console.h"
#include "conf/settings.h"
#include "ipc/ipc.h"

#define ANSWER_MS	120000
#define FILE_MAX	((size_t)60 << 20)
#define COLUMNS_MAX	16

/* `args`: NAME is needed, [NAME] may be missing, NAME... takes all the rest, @NAME is read from that file ("-": standard
 * input). `options`: --NAME VALUE, a flag where it ends in "!", the text of a file where it ends in "@". */
struct verb {
	const char	*noun, *word;
	const char	*verb;		/* of the request; words behind it are flags that it always has */
	const char	*args;
	const char	*options;
	const char	*help;
};

static const struct verb verbs[] = {
	{ "partner", "add", "partner.add", "NAME", "", "add a partner" },
	{ "partner", "list", "partner.list", "", "", "list partners" },
	{ "partner", "show", "partner.show", "PARTNER", "", "show how much is a partner's" },
	{ "partner", "remove", "partner.remove", "PARTNER", "", "remove a partner that has no tenants" },
	{ "tenant", "add", "tenant.add", "DOMAIN ROUTE...", "level quarantine partner name tls",
	    "add a tenant: its domain, and the next hops for its mail in order (HOST, HOST:PORT); --level perimeter, standard "
	    "(default) or maximum; --quarantine yes or no, where it is not to be as the level has it" },
	{ "tenant", "list", "tenant.list", "", "partner", "list tenants" },
	{ "tenant", "show", "tenant.show", "TENANT", "", "show a tenant, its next hops and domains" },
	{ "tenant", "set", "tenant.set", "TENANT", "state recipients discover-days",
	    "set its state (on, monitor, pass-through, off), and which recipients there are (any, discover, listed)" },
	{ "tenant", "route", "route.set", "TENANT ROUTE...", "tls", "set its next hops, in order" },
	{ "tenant", "routes", "route.show", "TENANT", "", "show its next hops, and what their names are looked up as" },
	{ "tenant", "remove", "tenant.remove", "TENANT", "", "remove a tenant and all that is its own; the audit trail stays" },
	{ "tenant", "export", "tenant.export", "TENANT", "", "write all of a tenant but its secrets as JSON" },
	{ "tenant", "import", "tenant.import", "@FILE", "partner", "make a tenant of such a file" },
	{ "domain", "add", "domain.add", "TENANT DOMAIN", "alias-of", "add a domain, or an alias of one" },
	{ "domain", "list", "domain.list", "TENANT", "", "list its domains" },
	{ "domain", "remove", "domain.remove", "DOMAIN", "", "remove a domain, its groups and users" },
	{ "group", "add", "group.add", "DOMAIN NAME", "", "add a group to a domain" },
	{ "group", "list", "group.list", "TENANT", "", "list the groups of a tenant" },
	{ "group", "remove", "group.remove", "GROUP", "", "remove a group (DOMAIN/NAME); its users stay" },
	{ "user", "add", "user.add", "USER", "group", "add a user, by address" },
	{ "user", "set", "user.set", "USER", "group", "put a user into a group of its domain, or (without --group) into none" },
	{ "user", "list", "user.list", "TENANT", "", "list the users of a tenant" },
	{ "user", "show", "user.show", "USER", "", "show a user" },
	{ "user", "import", "user.import", "TENANT @FILE", "replace!",
	    "add users from CSV (columns address, group); --replace: and remove those of earlier imports that are missing" },
	{ "user", "remove", "user.remove", "USER", "", "remove a user" },
	{ "policy", "show", "policy.show", "[AT]", "own! diff!",
	    "show what holds at a node, and who says so; --own: what it says itself, as --file takes it; --diff: what differs from "
	    "its level" },
	{ "policy", "set", "policy.set", "AT [SET...]", "file@",
	    "change settings of a node (SET): PATH=VALUE, as in level=standard spam.quarantine=0.9 template=gold; --file: all of "
	    "them, from YAML (- is standard input)" },
	{ "policy", "unset", "policy.set", "AT UNSET...", "", "say nothing of these settings: what is inherited holds again" },
	{ "policy", "lock", "policy.set", "AT LOCK...", "", "nobody below may change these settings" },
	{ "policy", "unlock", "policy.set", "AT UNLOCK...", "", "all below may again" },
	{ "policy", "history", "policy.history", "[AT]", "", "list the versions of what a node says" },
	{ "policy", "diff", "policy.history diff", "[AT]", "from to", "show what the last version changed, or all between two" },
	{ "policy", "take-back", "policy.take-back", "AT [VERSION]", "", "say again what an earlier version said; without one, "
	    "that before the last" },
	{ "template", "show", "template.show", "[NAME]", "at", "list the templates of the operator or a partner, or show one" },
	{ "template", "set", "template.set", "NAME [SET...]", "at file@", "make or change one: settings as of policy set" },
	{ "template", "unset", "template.set", "NAME UNSET...", "at", "take settings out of one" },
	{ "template", "lock", "template.set", "NAME LOCK...", "at", "who builds on it and all below cannot change these settings" },
	{ "template", "unlock", "template.set", "NAME UNLOCK...", "at", "they can again" },
	{ "template", "remove", "template.set remove", "NAME", "at", "remove one" },
	{ "list", "add", "list.add", "AT KIND VALUE", "note days unauthenticated! either! subdomains!",
	    "allow or deny (KIND) an address, a domain (*.example.com: all below it) or a network at a node (AT)" },
	{ "list", "show", "list.show", "[AT]", "after", "show the entries of a node" },
	{ "list", "remove", "list.remove", "AT VALUE", "", "remove an entry" },
	{ "digest", "preview", "digest.preview", "USER", "",
	    "show the list that a user would get now, as mail; its addresses do nothing" },
	{ "digest", "send", "digest.send", "USER", "", "send a user (or whom his policy names) the list of what is held now" },
	{ "digest", "schedule", "digest.schedule", "TENANT", "", "show when digests are due, and where that is said" },
	{ "report", "show", "report.show", "[AT]", "domain group user days html! csv",
	    "show what came to a tenant, a domain, a group or a user (or to all tenants of a partner, or of the operator) in the last --days (7), what "
	    "became of it and why, by domain and user, who released what, and what came after; --html: to be printed; --csv days, reasons, customers, "
	    "domains, users or releases: that table" },
	{ "report", "send", "report.send", "[AT]", "domain group user days", "mail it now to those whom reports.addresses of the policy names" },
	{ "report", "schedule", "report.schedule", "[AT]", "domain group user",
	    "show to whom reports go, when the last went, and when the next is due" },
	{ "grant", "add", "grant.add", "ACCOUNT ROLE [AT]", "", "give an account a role at a node" },
	{ "grant", "show", "grant.show", "[AT]", "", "show who has which role at a node" },
	{ "grant", "remove", "grant.remove", "ACCOUNT ROLE [AT]", "", "take a role from an account" },
	{ "audit", "show", "audit.show", "[TENANT]", "from", "show who did what: a tenant's trail, or all" },
	{ "audit", "verify", "audit.verify", "[TENANT]", "", "check that no entry was altered or is missing" },
	{ "approval", "list", "approval.list", "", "all!",
	    "list what waits for a second person, and you asked for or may approve; --all: and what was decided, of the last 30 days" },
	{ "approval", "approve", "approval.approve", "ID", "", "have it done: you must be another than who asked, and may do it yourself" },
	{ "approval", "refuse", "approval.refuse", "ID", "", "have it not done; who asked may as well" },
	{ "backup", "create", "backup.create", "FILE_NAME", "", "copy the settings database into a new file" },
};

#define COLUMNS	96u	/* of a usage */

static const char notes[] =
    "\nNodes (AT): operator, partner:NAME, tenant:NAME, domain:NAME, group:DOMAIN/NAME, user:ADDRESS.\n"
    "Roles: operator, partner-administrator, tenant-administrator, quarantine-manager, report-reader, user.\n"
    "Of all: --socket PATH (default " CONSOLE_SOCKET "), --note WHY for the audit trail (list add: of the entry),\n"
    "--json the answer as it comes, --help.\n"
    "Exit status: 0 done, 1 refused or no answer, 2 the command line is wrong.\n";

/* ---- usage ---- */

/* Write words, in lines that do not begin before column `indent`; the first begins at `at`. */
static void
wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
	for (size_t len; *(text += strspn(text, " ")) != '\0'; text += len) {
		len = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, " ");	/* an option and its value stay together */
		if (at > indent && at + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)len, text);
		at += len;
	}
	fputc('\n', out);
}

static void
usage_row(FILE *out, const struct verb *v)
{
	struct sl_buf line;
	int start = fprintf(out, "  sluicectl %s %s", v->noun, v->word);

	sl_buf_init(&line, 4096);
	for (const char *p = v->args; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		sl_buf_addf(&line, " %.*s", (int)(len - (*p == '@')), p + (*p == '@'));
		p += len;
	}
	for (const char *p = v->options; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");
		bool flag = p[len - 1] == '!', file = p[len - 1] == '@';

		sl_buf_addf(&line, " [--%.*s%s]", (int)(len - flag - file), p, flag ? "" : file ? " FILE" : " X");
		p += len;
	}
	wrapped(out, sl_buf_cstr(&line), (size_t)SL_MAX(start, 0), 6);
	sl_buf_fini(&line);
	fprintf(out, "%6s", "");
	wrapped(out, v->help, 6, 6);
}

static int
usage(FILE *out, const char *noun, const char *word, int status)
{
	fprintf(out, "usage:\n");
	for (size_t i = 0; i < SL_COUNT(verbs); i++)
		if (strcmp(verbs[i].noun, noun) == 0 && (word == NULL || strcmp(verbs[i].word, word) == 0))
			usage_row(out, &verbs[i]);
	if (word == NULL && strcmp(noun, "policy") == 0)	/* a command of its own: simulate.c */
		fputs("  sluicectl policy simulate AT [SET...] [--file FILE] [OPTIONS]\n"
		    "      list what mail of the last days would have fared differently; its own --help tells more\n", out);
	fputs(notes, out);
	return status;
}

/* ---- the request ---- */

struct ask {
	const struct verb	*verb;
	json_t			*args;
	const char		*socket;
	bool			 json, help;
	const char		*next;		/* what is left of the row's `args` */
};

/* A file whole; NULL: said why. */
static char *
read_whole(const char *name)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	struct sl_buf text;
	char piece[65536], *copy = NULL;
	size_t n;

	if (file == NULL) {
		fprintf(stderr, "sluicectl: %s: %s\n", name, strerror(errno));
		return NULL;
	}
	sl_buf_init(&text, FILE_MAX);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(&text, piece, n);
	if (ferror(file) || text.overflow)
		fprintf(stderr, "sluicectl: %s: %s\n", name, text.overflow ? "too long" : strerror(errno));
	else
		copy = sl_xmemdup(text.len > 0 ? text.data : (const unsigned char *)"", text.len);
	sl_buf_fini(&text);
	if (file != stdin)
		fclose(file);
	return copy;
}

static bool
set_text(json_t *args, const char *name, const char *value)
{
	json_t *text = json_string(value);	/* NULL: not UTF-8 */

	if (text == NULL)
		fprintf(stderr, "sluicectl: %s is not UTF-8\n", name);
	return text != NULL && json_object_set_new(args, name, text) == 0;
}

/* Give a word of the command line to the next name. */
static bool
take_word(struct ask *ask, const char *value)
{
	size_t len = strcspn(ask->next, " ");
	char name[32] = "";
	bool rest, file, good;
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < sizeof(name); i++)
		if (strchr("[].@", ask->next[i]) == NULL)
			name[n++] = (char)sl_ascii_lower((unsigned char)ask->next[i]);
	if (n == 0)
		return false;
	rest = memmem(ask->next, len, "...", 3) != NULL;
	file = ask->next[0] == '@';
	if (rest) {
		json_t *list = json_object_get(ask->args, name);

		if (list == NULL)
			json_object_set_new(ask->args, name, list = json_array());
		return json_array_append_new(list, json_string(value)) == 0;
	}
	ask->next += len;
	ask->next += strspn(ask->next, " ");
	if (file) {
		char *text = read_whole(value);

		good = text != NULL && set_text(ask->args, name, text);
		sl_free(text);
		return good;
	}
	return set_text(ask->args, name, value);
}

/* Is --NAME one of the row's? *kind: how it ends, '!' or '@', or 0. */
static bool
has_option(const struct verb *v, const char *name, char *kind)
{
	char options[128];
	char *rest = options, *one;

	snprintf(options, sizeof(options), "%s", v->options);
	while ((one = strsep(&rest, " ")) != NULL) {
		size_t len = strlen(one);

		*kind = len > 0 && strchr("!@", one[len - 1]) != NULL ? one[len - 1] : '\0';
		len -= *kind != '\0';
		if (len > 0 && strlen(name) == len && strncmp(one, name, len) == 0)
			return true;
	}
	return false;
}

/* Returns how many words were taken; 0: not understood. */
static int
take_option(struct ask *ask, char **argv, int left)
{
	const char *name = argv[0] + 2, *value = left > 1 ? argv[1] : NULL;
	bool known, good;
	char kind, *text;

	if (strcmp(name, "help") == 0 || strcmp(name, "json") == 0) {
		*(name[0] == 'h' ? &ask->help : &ask->json) = true;
		return 1;
	}
	known = has_option(ask->verb, name, &kind);
	if (known && kind == '!') {
		json_object_set_new(ask->args, name, json_true());
		return 1;
	}
	if (value == NULL)
		return 0;
	if (known && kind == '@') {
		text = read_whole(value);
		good = text != NULL && set_text(ask->args, name, text);
		sl_free(text);
		return good ? 2 : 0;
	}
	if (strcmp(name, "socket") == 0) {
		ask->socket = value;
		return 2;
	}
	if (strcmp(name, "note") == 0 && !set_text(ask->args, "note_of_change", value))
		return 0;
	if (strcmp(name, "note") == 0 && !known)
		return 2;
	return known && set_text(ask->args, name, value) ? 2 : 0;
}

static bool
has_list(const json_t *args)
{
	const char *name;
	json_t *value;
	bool found = false;

	json_object_foreach((json_t *)(uintptr_t)args, name, value)
		found |= json_is_array(value);
	return found;
}

static bool
take_all(struct ask *ask, int argc, char **argv)
{
	bool words_only = false;

	for (int i = 0; i < argc;) {
		int n = 1;

		if (!words_only && strcmp(argv[i], "--") == 0)
			words_only = true;
		else if (!words_only && strncmp(argv[i], "--", 2) == 0)
			n = take_option(ask, argv + i, argc - i);
		else if (!take_word(ask, argv[i]))
			n = 0;
		if (n == 0)
			return false;
		i += n;
	}
	if (ask->help)
		return true;
	/* What is left must be what may be missing, or the rest of which there was one. */
	if (*ask->next != '[' && strstr(ask->next, "...") != NULL)
		return has_list(ask->args);
	return *ask->next == '\0' || *ask->next == '[';
}

/* ---- the answer ---- */

static void
cell_of(const json_t *value, char *out, size_t size)
{
	if (json_is_string(value))
		snprintf(out, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, size, "%lld", (long long)json_integer_value(value));
	else
		snprintf(out, size, "%s", json_is_true(value) ? "yes" : "");
	for (char *p = out; *p != '\0'; p++)	/* a terminal is not to be spoken to by what others wrote */
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static void
print_rows(json_t *rows)
{
	const char *keys[COLUMNS_MAX], *key;
	size_t widths[COLUMNS_MAX], len = 0, i;
	json_t *row, *value;
	char cell[1024];

	json_object_foreach(json_array_get(rows, 0), key, value)
		if (len < COLUMNS_MAX) {
			widths[len] = strlen(key);
			keys[len++] = key;
		}
	json_array_foreach(rows, i, row)
		for (size_t k = 0; k < len; k++) {
			cell_of(json_object_get(row, keys[k]), cell, sizeof(cell));
			widths[k] = SL_MAX(widths[k], strlen(cell));
		}
	for (size_t k = 0; k < len; k++)
		printf("%-*s%s", k + 1 < len ? (int)widths[k] : 0, keys[k], k + 1 < len ? "  " : "\n");
	json_array_foreach(rows, i, row)
		for (size_t k = 0; k < len; k++) {
			cell_of(json_object_get(row, keys[k]), cell, sizeof(cell));
			printf("%-*s%s", k + 1 < len ? (int)widths[k] : 0, cell, k + 1 < len ? "  " : "\n");
		}
}

struct answer {
	bool	json;
	int	status;
};

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct answer *answer = ctx;
	json_error_t error;
	json_t *root = json_loadb((const char *)message->payload.ptr, message->payload.len, 0, &error);
	const char *text = json_string_value(json_object_get(root, "text"));
	const char *said = json_string_value(json_object_get(root, "message"));

	answer->status = json_is_true(json_object_get(root, "ok")) ? EXIT_OK : EXIT_PROBLEM;
	if (answer->json) {
		printf("%.*s\n", SL_SLICE_ARG(message->payload));
	} else if (answer->status != EXIT_OK) {
		said = json_string_value(json_object_get(root, "error"));
		fprintf(stderr, "sluicectl: %s\n", said != NULL ? said : "the answer is not understood");
	} else {
		if (said != NULL)
			printf("%s\n", said);
		if (json_array_size(json_object_get(root, "rows")) > 0)
			print_rows(json_object_get(root, "rows"));
		if (json_is_true(json_object_get(root, "more")))
			fprintf(stderr, "sluicectl: there are more\n");
		fputs(text != NULL ? text : "", stdout);
	}
	json_decref(root);
}

const char *
console_socket(void)
{
	const char *path = getenv("SLUICE_CONSOLE");

	return path != NULL ? path : access(CONSOLE_SOCKET, F_OK) == 0 ? CONSOLE_SOCKET : NULL;
}

struct sl_ipc *
console_connect(const char *path, uint64_t may_send)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "sluicectl: %s: longer than a Unix socket's path can be\n", path);
		return NULL;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return sl_ipc_new(fd, may_send);
	fprintf(stderr, "sluicectl: %s: %s%s\n", path, strerror(errno),
	    errno == ENOENT || errno == ECONNREFUSED ? " (does the console run?)" : "");
	if (fd >= 0)
		close(fd);
	return NULL;
}

static int
send_request(const struct ask *ask)
{
	struct answer answer = { ask->json, EXIT_PROBLEM };
	char words[64], *rest = words, *verb, *flag, *text;
	struct sl_ipc *ipc = console_connect(ask->socket, SL_IPC_BIT(CONSOLE_REPLY));
	json_t *request;
	int r = 0;

	snprintf(words, sizeof(words), "%s", ask->verb->verb);
	verb = strsep(&rest, " ");
	while ((flag = strsep(&rest, " ")) != NULL)
		json_object_set_new(ask->args, flag, json_true());
	if (ask->json)		/* who reads JSON has no use for what a person reads */
		json_object_set_new(ask->args, "as_rows", json_true());
	request = json_pack("{s:s, s:O}", "verb", verb, "args", ask->args);
	text = json_dumps(request, JSON_COMPACT);

	if (ipc != NULL && text != NULL) {
		r = sl_ipc_send(ipc, SL_IPC_CONSOLE_REQUEST, sl_slice_str(text), NULL, 0);
		if (r == 0)
			r = sl_ipc_wait(ipc, ANSWER_MS, on_message, &answer);
		if (r < 0)
			fprintf(stderr, "sluicectl: %s: no answer: %s\n", ask->socket, sl_strerror(r));
	}
	sl_ipc_free(&ipc);
	json_decref(request);
	free(text);
	return answer.status;
}

int
console_main(int argc, char **argv)
{
	const char *socket_path = getenv("SLUICE_CONSOLE");
	struct ask ask = { .socket = socket_path != NULL ? socket_path : CONSOLE_SOCKET };
	int status;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return usage(stdout, argv[0], NULL, EXIT_OK);
	for (size_t i = 0; i < SL_COUNT(verbs) && argc > 1; i++)
		if (strcmp(verbs[i].noun, argv[0]) == 0 && strcmp(verbs[i].word, argv[1]) == 0)
			ask.verb = &verbs[i];
	if (ask.verb == NULL)
		return usage(stderr, argv[0], NULL, EXIT_USAGE);
	ask.args = json_object();
	ask.next = ask.verb->args;
	if (!take_all(&ask, argc - 2, argv + 2))
		status = usage(stderr, argv[0], argv[1], EXIT_USAGE);
	else if (ask.help)
		status = usage(stdout, argv[0], argv[1], EXIT_OK);
	else
		status = send_request(&ask);
	json_decref(ask.args);
	return status;
}

/* `approvals` and `approve ID` are what is typed; `approval` has all of it. */
int
approve_main(int argc, char **argv)
{
	const char *words[] = { "approval", strcmp(argv[0], "approvals") == 0 ? "list" : "approve" };
	char **all = sl_xzalloc(((size_t)argc + 2) * sizeof(*all));
	int status;

	for (int i = 0; i < 2; i++)
		all[i] = (char *)(uintptr_t)words[i];
	for (int i = 1; i < argc; i++)
		all[i + 1] = argv[i];
	status = console_main(argc + 1, all);
	sl_free(all);
	return status;
}
