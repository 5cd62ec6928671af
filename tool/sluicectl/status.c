/* status.c - sluicectl status: ask the parent over its control socket (doc/ipc.md)
 *
 * The answer is a JSON object whose members are the parent's business: values are printed as
 * aligned pairs, lists of objects as tables, which stand on their side when they would be wide. */

#include "commands.h"
#include "control.h"
#include "terminal.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS_MAX	64
#define NARROW		100	/* columns of a terminal that is not small */
#define CELL_MAX	256

static const char usage[] =
    "usage: sluicectl status [--control PATH] [--json]\n\n"
    "Asks a running Sluice how it is doing.\n\n"
    "  --control PATH   its control socket; the default is that of the settings:\n"
    "                   /run/sluice/control for root, else $XDG_RUNTIME_DIR/sluice/control\n"
    "  --json           the answer as it comes\n\n"
    "Exit status: 0 it answered, 1 it did not, 2 the command line is wrong.\n";

/* A value in a cell: text made printable, real numbers short. */
static void
cell(const json_t *value, char out[CELL_MAX])
{
	if (json_is_string(value))
		snprintf(out, CELL_MAX, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, CELL_MAX, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(out, CELL_MAX, "%.6g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(out, CELL_MAX, "%s", json_is_true(value) ? "yes" : "no");
	else
		snprintf(out, CELL_MAX, "%s", "-");
	for (char *p = out; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

/* A list of objects as a table: a line for each, or, where that is narrower, a column. */
struct table {
	json_t		*list;
	const char	*keys[KEYS_MAX];	/* the members of the first */
	size_t		 keys_len;
	bool		 turned;
};

static size_t
table_lines(const struct table *t)
{
	return t->turned ? t->keys_len : json_array_size(t->list) + 1;
}

static size_t
table_columns(const struct table *t)
{
	return t->turned ? json_array_size(t->list) + 1 : t->keys_len;
}

static void
table_cell(const struct table *t, size_t line, size_t column, char out[CELL_MAX])
{
	size_t item = t->turned ? column : line;
	const char *key = t->keys[t->turned ? line : column];

	if (item == 0)
		snprintf(out, CELL_MAX, "%s", key);
	else
		cell(json_object_get(json_array_get(t->list, item - 1), key), out);
}

static size_t
column_width(const struct table *t, size_t column)
{
	char text[CELL_MAX];
	size_t width = 0;

	for (size_t line = 0; line < table_lines(t); line++) {
		table_cell(t, line, column, text);
		width = SL_MAX(width, strlen(text));
	}
	return width;
}

static size_t
table_width(const struct table *t)
{
	size_t width = 0;

	for (size_t column = 0; column < table_columns(t); column++)
		width += 2 + column_width(t, column);
	return width;
}

/* Words start at the left, numbers end at the right. */
static bool
column_is_text(const struct table *t, size_t column)
{
	return t->turned ? column == 0
	    : json_is_string(json_object_get(json_array_get(t->list, 0), t->keys[column]));
}

static void
print_table(const char *name, json_t *list, const struct colours *c)
{
	struct table t = { .list = list };
	const char *key;
	json_t *value;
	size_t width;

	json_object_foreach(json_array_get(list, 0), key, value)
		if (t.keys_len < KEYS_MAX)
			t.keys[t.keys_len++] = key;
	width = table_width(&t);
	t.turned = true;
	t.turned = width > NARROW && table_width(&t) < width;
	printf("\n%s%s%s\n", c->bold, name, c->plain);
	for (size_t line = 0; line < table_lines(&t); line++) {
		for (size_t column = 0; column < table_columns(&t); column++) {
			char text[CELL_MAX];
			int w = (int)column_width(&t, column);

			table_cell(&t, line, column, text);
			printf("  %*s", column_is_text(&t, column) ? -w : w, text);
		}
		printf("\n");
	}
}

static void	print_object(const char *prefix, json_t *object, int width, const struct colours *c);

static bool
is_table(json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

/* The width of the longest name of a plain value, nested ones with their prefix. */
static int
name_width(json_t *object, int prefix)
{
	const char *key;
	json_t *value;
	int width = 0;

	json_object_foreach(object, key, value) {
		int n = prefix + (int)strlen(key);

		if (json_is_object(value) && prefix < 64)
			n = name_width(value, n + 1);
		width = SL_MAX(width, is_table(value) ? 0 : n);
	}
	return width;
}

/* A list of plain values, as "a, b". */
static void
print_list(json_t *list)
{
	char text[CELL_MAX];
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		cell(item, text);
		printf("%s%s", i == 0 ? "" : ", ", text);
	}
	printf("%s\n", json_array_size(list) == 0 ? "-" : "");
}

static void
print_member(const char *name, json_t *value, int width, const struct colours *c)
{
	char text[CELL_MAX];

	if (json_is_object(value)) {
		print_object(name, value, width, c);
		return;
	}
	printf("%-*s  ", width, name);
	if (json_is_array(value)) {
		print_list(value);
		return;
	}
	cell(value, text);
	printf("%s\n", text);
}

static void
print_object(const char *prefix, json_t *object, int width, const struct colours *c)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		char name[CELL_MAX];

		snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", key);
		if (!is_table(value))
			print_member(name, value, width, c);
	}
	json_object_foreach(object, key, value)		/* tables come last */
		if (is_table(value))
			print_table(key, value, c);
}

struct answer {
	bool	json;
	int	status;
};

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct answer *answer = ctx;
	struct colours c = colours_for_stdout();
	json_error_t error;
	json_t *root;

	answer->status = EXIT_OK;
	if (answer->json) {
		printf(SL_SLICE_FMT "\n", SL_SLICE_ARG(message->payload));
		return;
	}
	root = json_loadb((const char *)message->payload.ptr, message->payload.len, 0, &error);
	if (!json_is_object(root)) {
		fprintf(stderr, "sluicectl: the answer is not understood: %s\n", error.text);
		answer->status = EXIT_PROBLEM;
	} else {
		print_object("", root, name_width(root, 0), &c);
	}
	json_decref(root);
}

static int
ask(const char *path, bool json)
{
	struct answer answer = { json, EXIT_PROBLEM };
	struct sl_ipc *ipc = control_connect(path, SL_IPC_BIT(STATUS));
	int r;

	if (ipc == NULL)
		return EXIT_PROBLEM;
	r = sl_ipc_send(ipc, SL_IPC_STATUS_REQUEST, sl_slice(NULL, 0), NULL, 0);
	if (r == 0)
		r = sl_ipc_wait(ipc, CONTROL_ANSWER_MS, on_message, &answer);
	if (r < 0)
		fprintf(stderr, "sluicectl: no answer: %s\n", sl_strerror(r));
	sl_ipc_free(&ipc);
	return answer.status;
}

int
status_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "control", required_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const char *control = NULL;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			control = optarg;
			break;
		case 'j':
			json = true;
			break;
		default:
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_OK : EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return ask(control, json);
}
