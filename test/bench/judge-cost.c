/*
 * judge-cost.c - what judging a message costs, and which share of it each classifier has
 *
 * usage: judge-cost [-s SET] [-n ROUNDS] MODELS RULES FOLDER...
 *
 * Judges every file of the folders (at most FILES_MAX) as an edge does, but for sessions, DNS and the helper:
 * MODELS is the file that `sluicectl train` makes, RULES a snapshot of rules. Prints a line of JSON for each set of
 * classifiers: CPU time a message, median of interleaved rounds, and what it is over reading alone. With -s one set,
 * once: for a profiler.
 */

#include "mail.h"

#include "campaign/campaign.h"
#include "classify/bulk.h"
#include "classify/bundle.h"
#include "classify/bytegram.h"
#include "classify/campaign.h"
#include "classify/ngram.h"
#include "classify/stack.h"
#include "classify/structure.h"
#include "classify/token.h"
#include "rules/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILES_MAX	500
#define ROUNDS		9
#define ROUNDS_MAX	99
#define ARENA_BYTES	((size_t)512 << 10)	/* as much as a transaction of the edge has */
#define PIECE_BYTES	((size_t)16 << 10)
#define CAMPAIGN_BYTES	((size_t)1 << 20)
#define NOW_S		1800000000

/* What listens. */
#define SETS(X)									\
	X(READ, "reading", "parsed and decoded, nobody judges")			\
	X(NGRAM, "ngram", "what a person sees: n-grams")			\
	X(BYTEGRAM, "bytegram", "the first bytes as they came")			\
	X(TOKEN, "token", "words and pairs of words")				\
	X(LINKS, "links", "links, look-alikes, author")				\
	X(STRUCTURE, "structure", "structure")					\
	X(BULK, "bulk", "newsletters")						\
	X(RULES, "rules", "rules")						\
	X(PRINT, "campaigns", "fingerprint of the text, campaigns")		\
	X(ALL, "all", "all of these")

enum set {
#define SET_ENUM(name, word, meaning) SET_##name,
	SETS(SET_ENUM)
#undef SET_ENUM
	SET_COUNT,
};

static const struct {
	const char	*word, *meaning;
} sets[] = {
#define SET_ROW(name, word, meaning) { word, meaning },
	SETS(SET_ROW)
#undef SET_ROW
};

struct bench {
	struct sl_ngram_model		*ngram;
	struct sl_token_model		*token;
	struct sl_stack			*stack;
	struct sl_links_model		 links;
	struct sl_rules			*rules;
	struct sl_fingerprint_key	 print_key;
	struct sl_campaigns		 campaigns;
	struct sl_verdict		 verdict;
	struct mailbag			 mails;
};

static void
ignore_text(void *state, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
}

static void *
ignore_message(const void *model, struct sl_arena *arena)
{
	return sl_arena_alloc(arena, 1);
}

static const struct sl_classifier listener = {
	.name = "listener", .new_message = ignore_message, .text = ignore_text,
};

static void
listen(const struct bench *b, enum set set, struct sl_panel *panel)
{
	bool all = set == SET_ALL;

	sl_panel_add(panel, &listener, NULL);
	if (all)
		sl_stack_listen(b->stack, panel);
	if (set == SET_NGRAM && b->ngram != NULL)
		sl_panel_add(panel, &sl_ngram_classifier, b->ngram);
	if (set == SET_BYTEGRAM && b->ngram != NULL)
		sl_panel_add(panel, &sl_bytegram_classifier, b->ngram);
	if (set == SET_TOKEN && b->token != NULL)
		sl_panel_add(panel, &sl_token_classifier, b->token);
	if (set == SET_LINKS)
		sl_panel_add(panel, &sl_links_classifier, &b->links);
	if (set == SET_STRUCTURE)
		sl_panel_add(panel, &sl_structure_classifier, NULL);
	if (set == SET_BULK)
		sl_panel_add(panel, &sl_bulk_classifier, NULL);
	if (all || set == SET_RULES)
		sl_panel_add(panel, &sl_rules_classifier, b->rules);
}

static void
tell_campaigns(struct bench *b, const struct sl_panel *panel, struct sl_arena *arena)
{
	const struct sl_campaign_sighting sighting = { .network = 1, .who = 1, .verdict = SL_CAMPAIGN_UNSURE };
	struct sl_fingerprint_result text;
	struct sl_campaign_view view;

	if (!sl_panel_fingerprint(panel, &text))
		return;
	if (sl_campaign_look(&b->campaigns, &text, NOW_S, &view))
		sl_campaign_evidence(&view, NOW_S, arena, &b->verdict);
	sl_campaign_note(&b->campaigns, &text, &sighting, NOW_S, NULL, NULL);
}

static void
judge(struct bench *b, enum set set, const struct mail *mail)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = b->links.suffix,
		.only_text_prints = true };
	struct sl_panel *panel;
	struct sl_arena arena;

	settings.mime.hash = false;
	if (set == SET_PRINT || set == SET_ALL)
		settings.fingerprint = &b->print_key;
	sl_arena_init(&arena, ARENA_BYTES);
	b->verdict.evidence_len = 0;
	panel = sl_panel_new(&settings, &arena);
	listen(b, set, panel);
	for (size_t at = 0; at < mail->len; at += PIECE_BYTES)
		sl_panel_feed(panel, sl_slice(mail->wire + at, SL_MIN(PIECE_BYTES, mail->len - at)));
	sl_panel_finish(panel, &b->verdict);
	if (settings.fingerprint != NULL)
		tell_campaigns(b, panel, &arena);
	if (set == SET_ALL)
		sl_combine(sl_stack_combiner(b->stack), &b->verdict);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
}

static uint64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU time of a message, in us. */
static double
round_of(struct bench *b, enum set set)
{
	uint64_t before = cpu_ns();

	for (size_t i = 0; i < b->mails.len; i++)
		judge(b, set, &b->mails.mails[i]);
	return (double)(cpu_ns() - before) / 1000 / (double)b->mails.len;
}

static int
double_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *values, size_t len)
{
	qsort(values, len, sizeof(*values), double_order);
	return values[len / 2];
}

/* Each set in each round, so that all see the same noise. */
static void
measure(struct bench *b, size_t rounds)
{
	static double found[SET_COUNT][ROUNDS_MAX], over[SET_COUNT][ROUNDS_MAX];
	double all;

	for (size_t i = 0; i < rounds; i++)
		for (int set = 0; set < SET_COUNT; set++) {
			found[set][i] = round_of(b, (enum set)set);
			over[set][i] = found[set][i] - found[SET_READ][i];
		}
	all = median(found[SET_ALL], rounds);
	for (int set = 0; set < SET_COUNT; set++) {
		double over_reading = median(over[set], rounds);

		printf("{\"set\": \"%s\", \"meaning\": \"%s\", \"us\": %.1f, \"over_reading_us\": %.1f, \"share\": %.3f}\n",
		    sets[set].word, sets[set].meaning, median(found[set], rounds), over_reading,
		    (set == SET_READ ? median(found[set], rounds) : over_reading) / all);
	}
}

static struct sl_slice
slurp(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct sl_buf bytes;
	char piece[65536];
	size_t n;

	if (file == NULL) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	sl_buf_init(&bytes, (size_t)256 << 20);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(&bytes, piece, n);
	fclose(file);
	return sl_buf_slice(&bytes);	/* for good */
}

static void
open_models(struct bench *b, const char *models, const char *rules)
{
	const struct sl_campaign_settings campaigns = { .key = "judge-cost", .half_life_min = 1440 };
	static const unsigned char key[16] = "judge-cost";
	struct sl_stack_around around = { .suffix = sl_suffix_open(NULL), .fold = sl_fold_preload() };
	struct sl_slice bytes = slurp(models);
	struct sl_bundle bundle;
	struct sl_slice section;

	b->links = (struct sl_links_model){ .suffix = around.suffix, .fold = around.fold };
	if (sl_bundle_open(&bundle, bytes) != 0 || sl_stack_open(bytes, &around, &b->stack, NULL) != 0) {
		fprintf(stderr, "%s: no models\n", models);
		exit(2);
	}
	section = sl_bundle_section(&bundle, "ngram");
	if (section.len > 0 && sl_ngram_model_open(section, &b->ngram) != 0)
		exit(2);
	section = sl_bundle_section(&bundle, "token");
	if (section.len > 0 && sl_token_model_open(section, &b->token) != 0)
		exit(2);
	if (sl_rules_open_own(slurp(rules), NULL, &b->rules) != 0) {
		fprintf(stderr, "%s: no snapshot of rules\n", rules);
		exit(2);
	}
	sl_fingerprint_key_init(&b->print_key, key);
	sl_campaigns_init(&b->campaigns, aligned_alloc(64, CAMPAIGN_BYTES), CAMPAIGN_BYTES, &campaigns);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	const char *only = NULL;
	size_t rounds = ROUNDS;
	int at = 1;

	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		if (strcmp(argv[at], "-s") == 0)
			only = argv[at + 1];
		else
			rounds = (size_t)strtoul(argv[at + 1], NULL, 10);
	}
	if (argc - at < 3 || rounds == 0 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: judge-cost [-s SET] [-n ROUNDS] MODELS RULES FOLDER...\n");
		return 2;
	}
	open_models(&bench, argv[at], argv[at + 1]);
	for (int i = at + 2; i < argc; i++)
		if (mailbag_add_directory(&bench.mails, argv[i], FILES_MAX) != 0)
			return fprintf(stderr, "%s: cannot be read\n", argv[i]), 2;
	for (int set = 0; set < SET_COUNT; set++)
		if (only != NULL && strcmp(sets[set].word, only) == 0)
			printf("%.1f us\n", round_of(&bench, (enum set)set));
	if (only == NULL)
		measure(&bench, rounds);
	return 0;
}
