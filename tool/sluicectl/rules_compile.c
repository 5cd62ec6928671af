/* rules_compile.c - sluicectl rules compile: rule files become a snapshot */

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "message.h"
#include "rules.h"
#include "rules/compile.h"
#include "rules/sa_mail.h"
#include "rules/sa_read.h"
#include "rules/yaml.h"

struct compile {
	struct sl_ruleset	 set;
	struct sl_sa_reader	*reader;	/* NULL: no file of SpamAssassin's yet */
	struct sl_sa_conf	*conf;		/* tells which lines a view needs */
	struct sl_buf		 lines;		/* those */
	size_t			 yaml_files, sa_files;
	size_t			 errors;
};

static void
sa_error(void *ctx, const char *file, unsigned line, const char *what)
{
	struct compile *c = ctx;

	c->errors++;
	fprintf(stderr, "%s:%u: %s\n", file, line, what);
}

static const char *
sa_function(void *ctx, const char *name)
{
	return sl_sa_functions.find(name) != NULL ? NULL : "a function that is not done here";
}

static void
sa_line(void *ctx, struct sl_slice keyword, struct sl_slice rest)
{
	struct compile *c = ctx;

	if (sl_sa_conf_line(c->conf, keyword, rest))
		sl_buf_addf(&c->lines, SL_SLICE_FMT " " SL_SLICE_FMT "\n", SL_SLICE_ARG(keyword), SL_SLICE_ARG(rest));
}

static void
rule_error(void *ctx, const struct sl_rule *rule, const char *what)
{
	fprintf(stderr, "%s:%u: %s: %s\n", rule->file, rule->line, rule->name, what);
}

static bool
ends_with(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcmp(path + n - m, suffix) == 0;
}

static bool
read_file(struct compile *c, const char *path, struct sl_buf *text)
{
	int r = file_read(path, text);

	if (r == 0)
		return true;
	c->errors++;
	fprintf(stderr, "sluicectl rules: %s: %s\n", path, file_error(r));
	return false;
}

static void
add_yaml(struct compile *c, const char *path)
{
	struct sl_buf text, errors;

	c->yaml_files++;
	sl_buf_init(&text, MESSAGE_MAX_BYTES);
	sl_buf_init(&errors, 1 << 20);
	if (read_file(c, path, &text) && sl_rules_yaml(&c->set, path, sl_buf_slice(&text), &errors) != 0) {
		c->errors++;
		fputs(sl_buf_cstr(&errors), stderr);
	}
	sl_buf_fini(&text);
	sl_buf_fini(&errors);
}

static bool	sa_include(void *ctx, struct sl_sa_reader *reader, const char *path, const char *file);

static void
add_sa(struct compile *c, const char *path)
{
	struct sl_sa_settings settings = { .function = sa_function, .include = sa_include, .error = sa_error,
		.line = sa_line, .ctx = c };
	struct sl_buf text;

	c->sa_files++;
	if (c->reader == NULL)
		c->reader = sl_sa_reader_new(&settings);
	sl_buf_init(&text, MESSAGE_MAX_BYTES);
	if (read_file(c, path, &text))
		sl_sa_read(c->reader, path, sl_buf_slice(&text));
	sl_buf_fini(&text);
}

/* Beside the file that names it. */
static bool
sa_include(void *ctx, struct sl_sa_reader *reader, const char *path, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *full = path[0] == '/' || slash == NULL ? sl_xstrdup(path)
	    : sl_xasprintf("%.*s/%s", (int)(slash - file), file, path);
	struct sl_buf text;
	bool ok;

	sl_buf_init(&text, MESSAGE_MAX_BYTES);
	ok = file_read(full, &text) == 0;
	if (ok)
		sl_sa_read(reader, full, sl_buf_slice(&text));
	sl_buf_fini(&text);
	sl_free(full);
	return ok;
}

static void
add_folder(struct compile *c, const char *path, const char *suffix)
{
	struct dirent **found = NULL;
	int len = scandir(path, &found, NULL, alphasort);

	for (int i = 0; i < len; i++) {
		char *full = sl_xasprintf("%s/%s", path, found[i]->d_name);

		if (found[i]->d_name[0] != '.' && ends_with(full, suffix))
			add_sa(c, full);
		sl_free(full);
		free(found[i]);
	}
	free(found);
}

static void
add(struct compile *c, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		add_folder(c, path, ".pre");
		add_folder(c, path, ".cf");
	} else if (ends_with(path, ".yaml") || ends_with(path, ".yml")) {
		add_yaml(c, path);
	} else if (ends_with(path, ".cf") || ends_with(path, ".pre")) {
		add_sa(c, path);
	} else {
		c->errors++;
		fprintf(stderr, "sluicectl rules: %s: its name ends neither in .yaml nor in .cf or .pre\n", path);
	}
}

/* Written beside its place and renamed: who reads sees the old one or the new one, whole. */
static bool
write_snapshot(const char *path, struct sl_slice bytes)
{
	char *beside = sl_xasprintf("%s.%ld", path, (long)getpid());
	FILE *file = fopen(beside, "wb");
	bool ok = file != NULL && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len && fflush(file) == 0 &&
	    fsync(fileno(file)) == 0;

	if (file != NULL)
		ok = fclose(file) == 0 && ok;
	ok = ok && rename(beside, path) == 0;
	if (!ok) {
		fprintf(stderr, "sluicectl rules: %s: %s\n", path, strerror(errno));
		unlink(beside);
	}
	sl_free(beside);
	return ok;
}

static void
print_result(const struct compile *c, const struct sl_rules_compiled *compiled, size_t bytes, bool json)
{
	if (json) {
		printf("{\"rules\": %zu, \"patterns\": %zu, \"vectorscan\": %zu, \"confirmed\": %zu, \"pcre2\": %zu, "
		    "\"groups\": %zu, \"unsupported\": %zu, \"bytes\": %zu}\n", compiled->rules,
		    compiled->patterns, compiled->exact, compiled->confirmed, compiled->always, compiled->groups,
		    c->set.unsupported_len, bytes);
		return;
	}
	printf("%8zu rules, %zu with a pattern:\n", compiled->rules, compiled->patterns);
	printf("%8zu by Vectorscan alone\n", compiled->exact);
	printf("%8zu by Vectorscan, confirmed by PCRE2\n", compiled->confirmed);
	printf("%8zu by PCRE2 alone\n", compiled->always);
	printf("%8zu not supported%s\n", c->set.unsupported_len,
	    c->set.unsupported_len > 0 ? " (--unsupported names them)" : "");
	printf("%8zu bytes written, %zu of them databases for %zu kinds of units\n", bytes,
	    compiled->database_bytes, compiled->groups);
}

static void
print_unsupported(const struct sl_ruleset *set)
{
	for (size_t i = 0; i < set->unsupported_len; i++)
		printf("%s:%u: %s: %s\n", set->unsupported[i].file, set->unsupported[i].line,
		    set->unsupported[i].name, set->unsupported[i].reason);
}

static int
compile_and_write(struct compile *c, const char *out_path, const char *key_path, bool json)
{
	unsigned char secret[SL_RULES_SECRET_BYTES];
	struct sl_rules_compile settings = { .error = rule_error, .lines = sl_buf_slice(&c->lines) };
	struct sl_rules_compiled compiled;
	struct sl_buf bytes;
	int status = EXIT_PROBLEM;

	if (key_path != NULL) {
		if (!rules_key_read(key_path, secret, sizeof(secret)))
			return EXIT_PROBLEM;
		settings.secret = secret;
	}
	sl_buf_init(&bytes, MESSAGE_MAX_BYTES);
	if (sl_rules_compile(&c->set, &settings, &bytes, &compiled) == 0 &&
	    write_snapshot(out_path, sl_buf_slice(&bytes))) {
		print_result(c, &compiled, bytes.len, json);
		status = EXIT_OK;
	}
	sl_zero(secret, sizeof(secret));
	sl_buf_fini(&bytes);
	return status;
}

int
rules_compile(int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' }, { "key", required_argument, NULL, 'k' },
		{ "json", no_argument, NULL, 'j' }, { "unsupported", no_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	const char *out_path = NULL, *key_path = NULL;
	bool json = false, unsupported = false;
	struct compile c = { 0 };
	int option, status = EXIT_PROBLEM;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'o': out_path = optarg; break;
		case 'k': key_path = optarg; break;
		case 'j': json = true; break;
		case 'u': unsupported = true; break;
		default: return EXIT_USAGE;
		}
	}
	if (out_path == NULL || optind == argc) {
		fprintf(stderr, "usage: sluicectl rules compile --out SNAPSHOT [--key NAME.secret] FILE...\n");
		return EXIT_USAGE;
	}
	sl_ruleset_init(&c.set);
	sl_buf_init(&c.lines, MESSAGE_MAX_BYTES);
	c.conf = sl_sa_conf_new();
	for (; optind < argc; optind++)
		add(&c, argv[optind]);
	if (c.reader != NULL)
		sl_sa_reader_finish(c.reader, &c.set);
	sl_sa_reader_free(&c.reader);
	if (c.yaml_files > 0 && c.sa_files > 0) {
		c.errors++;
		fprintf(stderr, "sluicectl rules: make two snapshots: SpamAssassin's rules see another text of a message\n");
	}
	if (c.errors == 0)
		status = compile_and_write(&c, out_path, key_path, json);
	if (unsupported)
		print_unsupported(&c.set);
	sl_ruleset_fini(&c.set);
	sl_sa_conf_free(&c.conf);
	sl_buf_fini(&c.lines);
	return status;
}
