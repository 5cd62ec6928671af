/* rules.c - sluicectl rules: find the subcommand; keys, and what a snapshot holds */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "message.h"
#include "rules.h"
#include "rules/compile.h"
#include "rules/sa_mail.h"

static const char usage[] =
    "usage: sluicectl rules compile --out SNAPSHOT [--key NAME.secret] [--json] [--unsupported] FILE...\n"
    "       sluicectl rules key NAME\n"
    "       sluicectl rules list --rules SNAPSHOT [--public NAME.public] [--json]\n"
    "       sluicectl rules test --rules SNAPSHOT [--public NAME.public] [--json] FILE...\n"
    "\n"
    "  compile   make a snapshot of rule files: .yaml is our own (doc/rules.md), .pre and .cf are\n"
    "            SpamAssassin's, in the order in which it would read them; a folder stands for its\n"
    "            .pre and .cf files. Not both kinds in one snapshot\n"
    "  key       make a pair of keys: NAME.secret signs snapshots, NAME.public checks them\n"
    "  list      the rules of a snapshot, and how each is matched\n"
    "  test      which rules hit messages, and where\n"
    "\n"
    "  --key, --public   the key; without one a snapshot is unsigned, or not checked\n"
    "  --unsupported     name each rule that was not taken, with the reason\n"
    "  --json            one JSON line for each rule, message, or the whole\n"
    "\n"
    "Status: 0 fine, 1 a rule or file is wrong, 2 wrong use.\n";

bool
rules_key_read(const char *path, unsigned char *out, size_t len)
{
	struct sl_buf text;
	struct sl_slice hex;
	int r;
	size_t i = 0;

	sl_buf_init(&text, 4096);
	r = file_read(path, &text);
	if (r != 0) {
		fprintf(stderr, "sluicectl rules: %s: %s\n", path, file_error(r));
		return false;
	}
	hex = sl_slice_trim(sl_buf_slice(&text));
	for (; hex.len == 2 * len && i < len; i++) {
		char digits[3] = { (char)hex.ptr[2 * i], (char)hex.ptr[2 * i + 1], '\0' };
		char *end;

		out[i] = (unsigned char)strtoul(digits, &end, 16);
		if (*end != '\0')
			break;
	}
	sl_buf_fini(&text);
	if (i < len)
		fprintf(stderr, "sluicectl rules: %s: no key of %zu hexadecimal digits, as `sluicectl rules key` "
		    "writes it\n", path, 2 * len);
	return i == len;
}

bool
rules_load(const char *path, const char *public_path, struct sl_buf *bytes, struct sl_rules **rules_out)
{
	unsigned char key[SL_RULES_PUBLIC_BYTES];
	int r;

	if (path == NULL) {
		fputs(usage, stderr);
		return false;
	}
	if (public_path != NULL && !rules_key_read(public_path, key, sizeof(key)))
		return false;
	r = file_read(path, bytes);
	if (r != 0) {
		fprintf(stderr, "sluicectl rules: %s: %s\n", path, file_error(r));
		return false;
	}
	r = sl_rules_open(sl_buf_slice(bytes), public_path == NULL ? NULL : key, &sl_sa_functions, rules_out);
	if (r != 0)
		fprintf(stderr, "sluicectl rules: %s: %s\n", path, sl_rules_open_error(r));
	return r == 0;
}

bool
rules_load_own(const char *command, const char *path, struct sl_buf *bytes, struct sl_rules **rules_out)
{
	int r = file_read(path, bytes);

	if (r != 0) {
		fprintf(stderr, "sluicectl %s: rules %s: %s\n", command, path, file_error(r));
		return false;
	}
	r = sl_rules_open_own(sl_buf_slice(bytes), NULL, rules_out);
	if (r != 0)
		fprintf(stderr, "sluicectl %s: rules %s: %s\n", command, path, sl_rules_open_error(r));
	return r == 0;
}

/* ---- key */

static bool
key_write(const char *name, const char *suffix, mode_t mode, const unsigned char *key, size_t len)
{
	char *path = sl_xasprintf("%s.%s", name, suffix);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok = file != NULL;

	for (size_t i = 0; ok && i < len; i++)
		fprintf(file, "%02x", key[i]);
	if (file != NULL)
		ok = fputc('\n', file) != EOF && fclose(file) == 0;
	if (ok)
		printf("%s written\n", path);
	else
		fprintf(stderr, "sluicectl rules: %s: %s\n", path, strerror(errno));
	sl_free(path);
	return ok;
}

static int
rules_key(int argc, char **argv)
{
	unsigned char public_key[SL_RULES_PUBLIC_BYTES], secret[SL_RULES_SECRET_BYTES];
	bool ok;

	if (argc != 2 || argv[1][0] == '-') {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	sl_rules_key(public_key, secret);
	ok = key_write(argv[1], "secret", 0600, secret, sizeof(secret)) &&
	    key_write(argv[1], "public", 0644, public_key, sizeof(public_key));
	sl_zero(secret, sizeof(secret));
	return ok ? EXIT_OK : EXIT_PROBLEM;
}

/* ---- list */

static void
list_json(const struct sl_rules_info *info)
{
	struct sl_buf out;

	sl_buf_init(&out, 1 << 20);
	sl_buf_addf(&out, "{\"name\": \"%s\", \"category\": \"%s\", \"where\": \"%s\", \"field\": ", info->name,
	    sl_category_word(info->category), sl_rules_where_word(info->where));
	sl_buf_add_json(&out, sl_slice_str(info->field));
	sl_buf_addf(&out, ", \"weight\": %g, \"shadow\": %s, \"matched_by\": \"%s\", \"pattern\": ", info->prior,
	    (info->flags & SL_RULE_SHADOW) != 0 ? "true" : "false", info->method);
	sl_buf_add_json(&out, sl_slice_str(info->pattern));
	sl_buf_add_str(&out, ", \"sentence\": ");
	sl_buf_add_json(&out, sl_slice_str(info->sentence));
	sl_buf_add_str(&out, ", \"file\": ");
	sl_buf_add_json(&out, sl_slice_str(info->file));
	sl_buf_addf(&out, ", \"line\": %u}", info->line);
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
list_table(const struct sl_rules *rules)
{
	struct sl_rules_info info;
	int width = 4;

	for (size_t i = 0; i < sl_rules_count(rules); i++) {
		sl_rules_info(rules, i, &info);
		width = SL_MAX(width, SL_MIN((int)strlen(info.name), 40));
	}
	printf("%-*s  %-9s  %6s  %-10s  %-10s  %s\n", width, "NAME", "CATEGORY", "WEIGHT", "WHERE", "MATCHED BY",
	    "SENTENCE");
	for (size_t i = 0; i < sl_rules_count(rules); i++) {
		sl_rules_info(rules, i, &info);
		printf("%-*s  %-9s  %6.2f  %-10s  %-10s  %s%s\n", width, info.name,
		    (info.flags & SL_RULE_INTERNAL) != 0 ? "-" : sl_category_word(info.category),
		    (info.flags & SL_RULE_INTERNAL) != 0 ? 0 : info.prior, sl_rules_where_word(info.where),
		    info.method, (info.flags & SL_RULE_SHADOW) != 0 ? "(shadow) " : "", info.sentence);
	}
}

static int
rules_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' }, { "public", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, OPTION_HELP },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL, *public_path = NULL;
	struct sl_rules *rules = NULL;
	struct sl_rules_info info;
	struct sl_buf bytes;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'r': path = optarg; break;
		case 'p': public_path = optarg; break;
		case 'j': json = true; break;
		default:
			fputs(usage, c == OPTION_HELP ? stdout : stderr);
			return c == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
		}
	}
	if (path == NULL || optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	sl_buf_init(&bytes, MESSAGE_MAX_BYTES);
	if (rules_load(path, public_path, &bytes, &rules)) {
		if (!json)
			list_table(rules);
		for (size_t i = 0; json && i < sl_rules_count(rules); i++) {
			sl_rules_info(rules, i, &info);
			list_json(&info);
		}
	}
	c = rules == NULL ? EXIT_PROBLEM : EXIT_OK;
	sl_rules_close(&rules);
	sl_buf_fini(&bytes);
	return c;
}

int
rules_main(int argc, char **argv)
{
	static const struct { const char *name; int (*run)(int argc, char **argv); } commands[] = {
		{ "compile", rules_compile }, { "key", rules_key }, { "list", rules_list }, { "test", rules_test },
	};

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	for (size_t i = 0; argc > 1 && i < SL_COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fputs(usage, stderr);
	return EXIT_USAGE;
}
