/* rules_test.c - sluicectl rules test: which rules hit messages, and where */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/panel.h"
#include "commands.h"
#include "domain/suffix.h"
#include "message.h"
#include "rules.h"
#include "rules/sa_mail.h"

#define ARENA_BYTES	((size_t)8 << 20)
#define BEFORE		48	/* bytes shown in front of where a match ends */

struct place {		/* of a rule's first hit */
	char	*what;	/* NULL: none */
};

struct test {
	struct sl_rules	*rules;
	struct sl_suffix *suffix;
	struct place	*places;	/* of each rule */
	bool		 json;
};

static void
on_hit(void *ctx, size_t rule, enum sl_rule_where where, const char *field, struct sl_slice unit, size_t end)
{
	struct test *test = ctx;
	size_t from = end > BEFORE ? end - BEFORE : 0;
	struct sl_buf what;

	if (test->places[rule].what != NULL)
		return;
	sl_buf_init(&what, 4096);
	sl_buf_addf(&what, "%s%s%s: ", sl_rules_where_word(where), field[0] != '\0' ? " " : "", field);
	if (from > 0)
		sl_buf_add_str(&what, "...");
	while (from > 0 && from < end && (unit.ptr[from] & 0xc0) == 0x80)
		from++;
	for (size_t i = from; i < end; i++)	/* a terminal is not told what the message says */
		sl_buf_add_byte(&what, unit.ptr[i] < 0x20 || unit.ptr[i] == 0x7f ? ' ' : unit.ptr[i]);
	test->places[rule].what = sl_xstrdup(sl_buf_cstr(&what));
	sl_buf_fini(&what);
}

static void
print_text(const struct test *test, const char *file, const struct sl_rules_run *run)
{
	struct sl_rules_info info;
	int width = 4;
	size_t hits = 0;

	for (size_t i = 0; i < sl_rules_count(test->rules); i++) {
		sl_rules_info(test->rules, i, &info);
		if (sl_rules_hit(run, i) && (info.flags & SL_RULE_INTERNAL) == 0) {
			width = SL_MAX(width, SL_MIN((int)strlen(info.name), 40));
			hits++;
		}
	}
	printf("%s: %zu rules hit\n", file, hits);
	for (size_t i = 0; i < sl_rules_count(test->rules); i++) {
		sl_rules_info(test->rules, i, &info);
		if (!sl_rules_hit(run, i) || (info.flags & SL_RULE_INTERNAL) != 0)
			continue;
		printf("  %-*s  %-9s  %+6.2f  %3u x  %s\n", width, info.name, sl_category_word(info.category),
		    info.prior, sl_rules_hits(run, i), info.sentence);
		if (test->places[i].what != NULL)
			printf("  %-*s  %s\n", width, "", test->places[i].what);
	}
}

static void
print_json(const struct test *test, const char *file, const struct sl_rules_run *run)
{
	struct sl_rules_info info;
	struct sl_buf out;
	const char *comma = "";

	sl_buf_init(&out, (size_t)64 << 20);
	sl_buf_add_str(&out, "{\"file\": ");
	sl_buf_add_json(&out, sl_slice_str(file));
	sl_buf_add_str(&out, ", \"hits\": [");
	for (size_t i = 0; i < sl_rules_count(test->rules); i++) {
		sl_rules_info(test->rules, i, &info);
		if (!sl_rules_hit(run, i) || (info.flags & SL_RULE_INTERNAL) != 0)
			continue;
		sl_buf_addf(&out, "%s{\"name\": \"%s\", \"category\": \"%s\", \"weight\": %g, \"count\": %u, \"where\": ",
		    comma, info.name, sl_category_word(info.category), info.prior, sl_rules_hits(run, i));
		sl_buf_add_json(&out, sl_slice_str(test->places[i].what == NULL ? "" : test->places[i].what));
		sl_buf_add_str(&out, "}");
		comma = ", ";
	}
	sl_buf_add_str(&out, "]}");
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
run_own(struct test *test, const char *file, struct sl_slice message, struct sl_arena *arena)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = test->suffix };
	struct sl_panel *panel = sl_panel_new(&settings, arena);
	void *state = sl_panel_add(panel, &sl_rules_classifier, test->rules);
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_rules_run *run;

	SL_ASSERT(state != NULL);
	run = sl_rules_classifier_run(state);
	sl_rules_run_trace(run, on_hit, test);
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, verdict);
	(test->json ? print_json : print_text)(test, file, run);
	sl_panel_free(&panel);
	sl_free(verdict);
}

static void
run_sa(struct test *test, const char *file, struct sl_slice message, struct sl_arena *arena,
    const struct sl_sa_conf *conf)
{
	struct sl_sa_view *view = sl_sa_view_new(conf, 0);
	struct sl_rules_run *run = sl_rules_run_new(test->rules, arena);

	SL_ASSERT(run != NULL);
	sl_rules_run_trace(run, on_hit, test);
	sl_sa_view_feed(view, message.ptr, message.len);
	sl_sa_view_finish(view);
	sl_sa_show(test->rules, run, view);
	sl_rules_evaluate(run, view);
	(test->json ? print_json : print_text)(test, file, run);
	sl_sa_view_free(&view);
}

static bool
test_file(struct test *test, const char *file, const struct sl_sa_conf *conf)
{
	struct sl_buf bytes;
	struct sl_arena arena;
	int r;

	sl_buf_init(&bytes, MESSAGE_MAX_BYTES);
	sl_arena_init(&arena, ARENA_BYTES);
	r = conf != NULL ? file_read(file, &bytes) : message_read(file, &bytes);
	if (r != 0)
		fprintf(stderr, "sluicectl rules: %s: %s\n", file, file_error(r));
	else if (conf != NULL)
		run_sa(test, file, sl_buf_slice(&bytes), &arena, conf);
	else
		run_own(test, file, sl_buf_slice(&bytes), &arena);
	for (size_t i = 0; i < sl_rules_count(test->rules); i++) {
		sl_free(test->places[i].what);
		test->places[i].what = NULL;
	}
	sl_buf_fini(&bytes);
	sl_arena_fini(&arena);
	return r == 0;
}

int
rules_test(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' }, { "public", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 },
	};
	const char *path = NULL, *public_path = NULL;
	struct sl_sa_conf *conf = NULL;
	struct test test = { 0 };
	struct sl_buf bytes;
	bool ok;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'r': path = optarg; break;
		case 'p': public_path = optarg; break;
		case 'j': test.json = true; break;
		default: return EXIT_USAGE;
		}
	}
	if (path == NULL || optind == argc) {
		fprintf(stderr, "usage: sluicectl rules test --rules SNAPSHOT [--public NAME.public] [--json] FILE...\n");
		return EXIT_USAGE;
	}
	sl_buf_init(&bytes, MESSAGE_MAX_BYTES);
	ok = rules_load(path, public_path, &bytes, &test.rules);
	if (ok) {
		test.places = sl_xzalloc((sl_rules_count(test.rules) + 1) * sizeof(*test.places));
		if (sl_rules_are_sa(test.rules))
			conf = sl_sa_conf_of(test.rules);
		test.suffix = sl_suffix_open(NULL);
		for (; optind < argc; optind++)
			ok = test_file(&test, argv[optind], conf) && ok;
	}
	sl_suffix_free(&test.suffix);
	sl_sa_conf_free(&conf);
	sl_free(test.places);
	sl_rules_close(&test.rules);
	sl_buf_fini(&bytes);
	return ok ? EXIT_OK : EXIT_PROBLEM;
}
