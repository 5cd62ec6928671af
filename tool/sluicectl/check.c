/* check.c - sluicectl check: is this settings file right? */

#include "commands.h"
#include "terminal.h"
#include "conf/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX	((size_t)33 << 20)	/* one MiB more than is read: it says so itself */

static const char usage[] =
    "usage: sluicectl check [--json] [--resolve] FILE...\n\n"
    "Reads settings files (- is standard input) as sluiced would, and the certificate, key and\n"
    "model they name. Every problem is a line: file:line:column: what to write instead.\n\n"
    "  --json      a JSON object a file instead\n"
    "  --resolve   look up the next hops' names as well\n\n"
    "Exit status: 0 all are right, 1 at least one is not, 2 the command line is wrong.\n";

struct check {
	bool		json;
	bool		resolve;
	struct colours	colours;
};

/* Returns 0 or an errno. */
static int
read_all(const char *path, struct sl_buf *out)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	char block[65536];
	ssize_t n = 1;
	int saved;

	if (fd < 0)
		return errno;
	while (n > 0 && !out->overflow) {
		n = read(fd, block, sizeof(block));
		if (n > 0)
			sl_buf_add(out, block, (size_t)n);
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	saved = n < 0 ? errno : 0;
	close(fd);
	return saved;
}

static size_t
domains_in(const struct sl_settings *settings)
{
	size_t n = 0;

	for (size_t i = 0; i < settings->tenants_len; i++)
		n += settings->tenants[i].domains_len;
	return n;
}

/* "file:line:column: what" as an object; other lines (of --resolve) have no place. */
static void
json_problem(const char *file, const char *line, size_t len, struct sl_buf *out)
{
	size_t skip = strlen(file) + 1;
	unsigned row, column;
	int used = 0;

	if (len > skip && strncmp(line, file, skip - 1) == 0 &&
	    sscanf(line + skip - 1, ":%u:%u: %n", &row, &column, &used) == 2 && used > 0) {
		sl_buf_addf(out, "{\"line\":%u,\"column\":%u,", row, column);
		line += skip - 1 + (size_t)used;
		len -= skip - 1 + (size_t)used;
	} else {
		sl_buf_add_byte(out, '{');
	}
	sl_buf_add_str(out, "\"text\":");
	sl_buf_add_json(out, sl_slice(line, len));
	sl_buf_add_byte(out, '}');
}

static void
print_json(const char *file, const struct sl_settings *settings, struct sl_buf *errors)
{
	const char *line = sl_buf_cstr(errors);
	struct sl_buf out;

	sl_buf_init(&out, 4 << 20);
	sl_buf_add_str(&out, "{\"file\":");
	sl_buf_add_json(&out, sl_slice_str(file));
	sl_buf_addf(&out, ",\"ok\":%s", errors->len == 0 ? "true" : "false");
	if (settings != NULL)
		sl_buf_addf(&out, ",\"listeners\":%zu,\"tenants\":%zu,\"domains\":%zu",
		    settings->listeners_len, settings->tenants_len, domains_in(settings));
	sl_buf_add_str(&out, ",\"problems\":[");
	for (bool first = true; *line != '\0'; first = false) {
		size_t len = strcspn(line, "\n");

		sl_buf_add_str(&out, first ? "" : ",");
		json_problem(file, line, len, &out);
		line += len + (line[len] == '\n');
	}
	printf("%s]}\n", sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
print_plain(const struct check *check, const char *file, const struct sl_settings *settings,
    struct sl_buf *errors)
{
	const struct colours *c = &check->colours;

	if (errors->len > 0)
		printf("%s%s%s", c->bad, sl_buf_cstr(errors), c->plain);
	else
		printf("%s: %sok%s, %zu tenant%s, %zu domain%s\n", file, c->good, c->plain,
		    settings->tenants_len, settings->tenants_len == 1 ? "" : "s",
		    domains_in(settings), domains_in(settings) == 1 ? "" : "s");
}

static int
check_file(const struct check *check, const char *path)
{
	const char *file = strcmp(path, "-") == 0 ? "standard input" : path;
	struct sl_settings *settings = NULL;
	struct sl_buf text, errors;
	int e, r, status;

	sl_buf_init(&text, FILE_MAX);
	sl_buf_init(&errors, 1 << 20);
	e = read_all(path, &text);
	if (e != 0) {
		sl_buf_addf(&errors, "%s: %s\n", file, strerror(e));
	} else {
		r = sl_settings_read(file, sl_buf_slice(&text), &settings, &errors);
		if (r == 0 && check->resolve)
			r = sl_settings_resolve(settings, &errors);
		if (r == 0)
			r = sl_settings_check_files(settings, &errors);
		SL_ASSERT((r == 0) == (errors.len == 0));
	}
	status = errors.len == 0 ? EXIT_OK : EXIT_PROBLEM;
	if (check->json)
		print_json(file, settings, &errors);
	else
		print_plain(check, file, settings, &errors);
	sl_settings_unref(&settings);
	sl_buf_fini(&text);
	sl_buf_fini(&errors);
	return status;
}

int
check_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "resolve", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct check check = { .colours = colours_for_stdout() };
	int option, status = EXIT_OK;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			check.json = true;
			break;
		case 'r':
			check.resolve = true;
			break;
		default:
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_OK : EXIT_USAGE;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	for (int i = optind; i < argc; i++)
		if (check_file(&check, argv[i]) != EXIT_OK)
			status = EXIT_PROBLEM;
	return status;
}
