/*
 * sa_view_dump.c - what sa_view.h makes of messages, as JSON lines; for tests
 *
 * sa_view_dump CONF HEADERS EVALS FILE ...: CONF holds lines for sa_conf.h, HEADERS names to look up, one a line,
 * EVALS rules: name, function and arguments with tabs between. Names of more files are read from standard input if
 * FILE is "-".
 */
#include "rules/sa_eval.h"
#include "sl/buf.h"

#include <stdio.h>
#include <stdlib.h>

static struct sl_buf
read_file(const char *path)
{
	struct sl_buf buf;
	unsigned char chunk[65536];
	size_t n;
	FILE *f = fopen(path, "rb");

	sl_buf_init(&buf, SIZE_MAX / 2);
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		sl_buf_add(&buf, chunk, n);
	(void)fclose(f);
	return buf;
}

static void
put_string(struct sl_slice s)
{
	putchar('"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.ptr[i];

		if (c == '"' || c == '\\' || c < ' ' || c >= 0x7f)
			printf("\\u%04x", c);	/* bytes as Latin-1 */
		else
			putchar(c);
	}
	putchar('"');
}

static void
put_units(struct sl_sa_view *view, const char *name, enum sl_rule_where where)
{
	size_t len = sl_sa_view_count(view, where);

	printf("\"%s\":[", name);
	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			putchar(',');
		put_string(sl_sa_view_unit(view, where, i));
	}
	printf("],");
}

static void
put_headers(struct sl_sa_view *view, struct sl_buf *names)
{
	char *all = sl_xstrdup(sl_buf_cstr(names)), *next;

	for (char *at = all; at != NULL && *at != '\0'; at = next) {
		struct sl_slice value;

		next = strchr(at, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (at != all)
			putchar(',');
		put_string(sl_slice_str(at));
		putchar(':');
		if (sl_sa_header(view, at, &value))
			put_string(value);
		else
			printf("null");
	}
	sl_free(all);
}

#define ARGUMENTS_MAX	16

/* The names of those that hit. */
static void
put_evals(struct sl_sa_view *view, struct sl_buf *rules)
{
	char *all = sl_xstrdup(sl_buf_cstr(rules)), *line, *lines = all;
	bool first = true;

	while ((line = strsep(&lines, "\n")) != NULL && line[0] != '\0') {
		const char *arguments[ARGUMENTS_MAX];
		const char *name = strsep(&line, "\t"), *function = strsep(&line, "\t");
		const struct sl_sa_eval *eval = sl_sa_eval_find(function);
		size_t n = 0;

		while (line != NULL && n < ARGUMENTS_MAX)
			arguments[n++] = strsep(&line, "\t");
		if (eval == NULL) {
			fprintf(stderr, "unknown: %s\n", function);
			exit(1);
		}
		if (eval->function == NULL || !eval->function(view, arguments, n))
			continue;
		printf(first ? "" : ",");
		put_string(sl_slice_str(name));
		first = false;
	}
	sl_free(all);
}

static void
dump(const struct sl_sa_conf *conf, const char *path, struct sl_buf *headers, struct sl_buf *evals)
{
	struct sl_buf message = read_file(path);
	struct sl_sa_view *view = sl_sa_view_new(conf, (size_t)4 << 20);

	sl_sa_view_feed(view, message.data, message.len);
	sl_sa_view_finish(view);
	printf("{\"path\":");
	put_string(sl_slice_str(path));
	putchar(',');
	put_units(view, "body", SL_RULE_BODY);
	put_units(view, "rawbody", SL_RULE_RAW_BODY);
	put_units(view, "uri", SL_RULE_LINK);
	put_units(view, "full", SL_RULE_FULL);
	printf("\"header\":{");
	put_headers(view, headers);
	printf("},\"parts\":[");
	for (size_t i = 0; i < sl_sa_part_count(view); i++) {
		struct sl_slice value;

		if (i > 0)
			putchar(',');
		(void)sl_sa_part_header(view, i, "ALL", &value);
		put_string(value);
	}
	printf("],\"hits\":[");
	put_evals(view, evals);
	printf("]}\n");
	sl_sa_view_free(&view);
	sl_buf_fini(&message);
}

static struct sl_sa_conf *
read_conf(const char *path)
{
	struct sl_sa_conf *conf = sl_sa_conf_new();
	struct sl_buf text = read_file(path);
	const char *at = sl_buf_cstr(&text);

	while (*at != '\0') {
		size_t len = strcspn(at, "\n"), word = strcspn(at, " \t\n");

		(void)sl_sa_conf_line(conf, sl_slice(at, word), sl_slice(at + word, len - word));
		at += len + (at[len] == '\n');
	}
	sl_buf_fini(&text);
	return conf;
}

int
main(int argc, char **argv)
{
	struct sl_sa_conf *conf;
	struct sl_buf headers, evals;
	char path[4096];

	if (argc < 5)
		return 2;
	conf = read_conf(argv[1]);
	headers = read_file(argv[2]);
	evals = read_file(argv[3]);
	for (int i = 4; i < argc; i++) {
		if (strcmp(argv[i], "-") != 0) {
			dump(conf, argv[i], &headers, &evals);
			continue;
		}
		while (fgets(path, sizeof(path), stdin) != NULL) {
			path[strcspn(path, "\n")] = '\0';
			dump(conf, path, &headers, &evals);
		}
	}
	sl_buf_fini(&headers);
	sl_buf_fini(&evals);
	sl_sa_conf_free(&conf);
	return 0;
}
