/* sa_read_dump.c - what the reader makes of SpamAssassin's files, a JSON line for each name: for tests
 *
 * usage: sa_read_dump [--set N] FILE|DIRECTORY ... (of a directory: *.pre, then *.cf) */

#include "sa_read_i.h"

#include "rules/sa_eval.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = {
	[SL_RULE_HEADER] = "header", [SL_RULE_TEXT] = "text", [SL_RULE_HIDDEN] = "hidden", [SL_RULE_LINK] = "uri",
	[SL_RULE_ATTACHMENT] = "attachment", [SL_RULE_BODY] = "body", [SL_RULE_RAW_BODY] = "rawbody",
	[SL_RULE_FULL] = "full", [SL_RULE_MIME_HEADER] = "mimeheader", [SL_RULE_META] = "meta",
	[SL_RULE_EVAL] = "eval",
};

static unsigned errors;

static void
on_error(void *ctx, const char *file, unsigned line, const char *what)
{
	errors++;
	fprintf(stderr, "%s:%u: %s\n", file, line, what);
}

static const char *
function_reason(void *ctx, const char *name)
{
	const struct sl_sa_eval *eval = sl_sa_eval_find(name);

	if (eval == NULL)
		return "a function that is not known";
	return eval->function != NULL ? NULL : eval->reason;
}

static bool
read_file(struct sl_sa_reader *reader, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct sl_buf text;
	char piece[65536];
	size_t n;

	if (file == NULL)
		return false;
	sl_buf_init(&text, (size_t)1 << 28);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(&text, piece, n);
	fclose(file);
	sl_sa_read(reader, path, sl_buf_slice(&text));
	sl_buf_fini(&text);
	return true;
}

static bool
on_include(void *ctx, struct sl_sa_reader *reader, const char *path, const char *from)
{
	return read_file(reader, path);
}

static void
read_directory(struct sl_sa_reader *reader, const char *path, const char *suffix)
{
	struct dirent **found;
	int len = scandir(path, &found, NULL, alphasort);

	for (int i = 0; i < len; i++) {
		const char *dot = strrchr(found[i]->d_name, '.');
		char full[4096];

		snprintf(full, sizeof(full), "%s/%s", path, found[i]->d_name);
		if (found[i]->d_name[0] != '.' && dot != NULL && strcmp(dot, suffix) == 0)
			read_file(reader, full);
		free(found[i]);
	}
	if (len >= 0)
		free(found);
}

/* Bytes as Latin-1, so that a reader sees each. */
static void
string_put(struct sl_buf *out, const char *value)
{
	sl_buf_add_byte(out, '"');
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			sl_buf_addf(out, "\\u%04x", c);
		else
			sl_buf_add_byte(out, c);
	}
	sl_buf_add_byte(out, '"');
}

static void
field_put(struct sl_buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	sl_buf_addf(out, ", \"%s\": ", name);
	string_put(out, value);
}

static void
rule_put(const struct sl_sa_reader *reader, const struct sl_rule *rule, struct sl_buf *out)
{
	const struct sa_test *test = sa_test_find(reader, rule->name);

	sl_buf_addf(out, "{\"name\": \"%s\", \"kind\": \"%s\", \"test\": \"%s\", \"flags\": %u, \"prior\": %.6f, \"max\": %u",
	    rule->name, kinds[rule->where], kinds[test->where], rule->flags, rule->prior, rule->max_hits);
	field_put(out, "field", rule->field);
	field_put(out, "absent", rule->absent);
	field_put(out, "pattern", rule->pattern);
	field_put(out, "perl", test->perl);
	field_put(out, "function", rule->function);
	field_put(out, "expression", test->expression);
	field_put(out, "sentence", rule->sentence);
	field_put(out, "tflags", test->flags);
	if (rule->where == SL_RULE_EVAL) {
		sl_buf_add_str(out, ", \"arguments\": [");
		for (size_t i = 0; i < rule->arguments_len; i++) {
			sl_buf_add_str(out, i > 0 ? ", " : "");
			string_put(out, rule->arguments[i]);
		}
		sl_buf_add_str(out, "]");
	}
	if (test->fate == SA_NEVER)
		sl_buf_add_str(out, ", \"never\": true");
	sl_buf_add_str(out, "}\n");
}

int
main(int argc, char **argv)
{
	struct sl_sa_settings settings = { .function = function_reason, .error = on_error, .include = on_include };
	struct sl_sa_reader *reader;
	struct sl_ruleset set;
	struct sl_buf out;
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "--set") == 0) {
		settings.score_set = (unsigned)atoi(argv[2]) & 3;
		first = 3;
	}
	reader = sl_sa_reader_new(&settings);
	for (int i = first; i < argc; i++) {
		DIR *directory = opendir(argv[i]);

		if (directory != NULL) {
			closedir(directory);
			read_directory(reader, argv[i], ".pre");
			read_directory(reader, argv[i], ".cf");
		} else if (!read_file(reader, argv[i])) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			errors++;
		}
	}
	sl_ruleset_init(&set);
	sl_sa_reader_finish(reader, &set);
	sl_buf_init(&out, (size_t)1 << 28);
	for (size_t i = 0; i < set.len; i++)
		rule_put(reader, &set.rules[i], &out);
	for (size_t i = 0; i < set.unsupported_len; i++) {
		sl_buf_addf(&out, "{\"name\": \"%s\"", set.unsupported[i].name);
		field_put(&out, "reason", set.unsupported[i].reason);
		field_put(&out, "file", set.unsupported[i].file);
		sl_buf_add_str(&out, "}\n");
	}
	fwrite(out.data, 1, out.len, stdout);
	sl_buf_fini(&out);
	sl_ruleset_fini(&set);
	sl_sa_reader_free(&reader);
	return errors > 0;
}
