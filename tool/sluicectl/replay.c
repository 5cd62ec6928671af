/* replay.c - sluicectl replay: derive verdicts and rulings again from an edge's records */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/combine.h"
#include "commands.h"
#include "conf/settings.h"
#include "message.h"
#include "record/record.h"

static const char usage[] =
    "usage: sluicectl replay [--json] [--combiner FILE] [--settings FILE] [--threshold CATEGORY.ACTION=P]...\n"
    "                        RECORDS...\n"
    "\n"
    "Read the record lines of edges, derive each verdict and each class of recipients' ruling again, and say\n"
    "whether they are the same bit for bit. With a change, show instead who would have been treated differently.\n"
    "  --combiner FILE    weigh the evidence by this combiner\n"
    "  --settings FILE    use the thresholds that this settings file has for the tenant\n"
    "  --threshold C.A=P  use this threshold for all: spam.refuse=0.99; `never` for P: not at all\n"
    "  --json             print the outcome as JSON\n"
    "  RECORDS            files of JSON lines, `-` is standard input\n"
    "\n"
    "Status: 0 all the same (or, with a change, all read), 1 some differ or could not be read, 2 wrong use.\n";

enum { OPTION_COMBINER = 256, OPTION_SETTINGS, OPTION_THRESHOLD };

#define CHANGES_MAX	32
#define SHOWN_MAX	20		/* transactions named */
#define ARENA_MAX_BYTES	((size_t)1 << 22)	/* of a line */

struct change {
	int			 category;
	enum sl_action		 action;
	double			 at;
};

struct tally {			/* of a tenant */
	char			*tenant;
	uint64_t		 moved[SL_ACTION_COUNT][SL_ACTION_COUNT];	/* from, to */
};

struct replay {
	const char		*combiner_path, *settings_path;
	struct change		 changes[CHANGES_MAX];
	size_t			 changes_len;
	bool			 json;
	struct sl_combiner	*combiner;	/* NULL: none was given */
	struct sl_settings	*settings;
	uint64_t		 records, same, different, unjudged, unreadable;
	struct tally		*tallies;
	size_t			 tallies_len;
	struct sl_buf		 shown;		/* JSON or text of those that differ */
	size_t			 shown_len;
};

static bool
is_changed(const struct replay *replay)
{
	return replay->combiner != NULL || replay->settings != NULL || replay->changes_len > 0;
}

/* ---- what is tried ---- */

/* "spam.refuse=0.99". Returns false when it is not. */
static bool
change_read(struct replay *replay, const char *text)
{
	const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
	struct change change = { .category = -1, .at = SL_THRESHOLD_NEVER };
	char *end;

	if (dot == NULL || equals == NULL || dot > equals || replay->changes_len == CHANGES_MAX)
		return false;
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		if (sl_slice_eq(sl_slice(text, (size_t)(dot - text)), sl_slice_str(sl_category_word((enum sl_category)c))))
			change.category = c;
	if (change.category < 0 || !sl_action_find(sl_slice(dot + 1, (size_t)(equals - dot - 1)), &change.action) ||
	    change.action == SL_ACTION_DELIVER)
		return false;
	if (strcmp(equals + 1, "never") != 0) {
		change.at = strtod(equals + 1, &end);
		if (end == equals + 1 || *end != '\0' || !(change.at >= 0 && change.at <= 1))
			return false;
	}
	replay->changes[replay->changes_len++] = change;
	return true;
}

static int
combiner_read(struct replay *replay)
{
	struct sl_buf text;
	size_t line = 0;
	int r;

	sl_buf_init(&text, (size_t)1 << 26);
	r = file_read(replay->combiner_path, &text);
	if (r != 0) {
		fprintf(stderr, "sluicectl replay: %s: %s\n", replay->combiner_path, file_error(r));
	} else {
		r = sl_combiner_open(sl_buf_slice(&text), &replay->combiner, &line);
		if (r != 0)
			fprintf(stderr, "sluicectl replay: %s:%zu: not a line of a combiner (%s)\n",
			    replay->combiner_path, line, sl_strerror(r));
	}
	sl_buf_fini(&text);
	return r == 0 ? EXIT_OK : EXIT_PROBLEM;
}

static int
settings_read(struct replay *replay)
{
	struct sl_buf text, errors;
	int r;

	sl_buf_init(&text, (size_t)1 << 26);
	sl_buf_init(&errors, (size_t)1 << 20);
	r = file_read(replay->settings_path, &text);
	if (r != 0)
		fprintf(stderr, "sluicectl replay: %s: %s\n", replay->settings_path, file_error(r));
	else if ((r = sl_settings_read(replay->settings_path, sl_buf_slice(&text), &replay->settings, &errors)) != 0)
		fputs(sl_buf_cstr(&errors), stderr);
	sl_buf_fini(&text);
	sl_buf_fini(&errors);
	return r == 0 ? EXIT_OK : EXIT_PROBLEM;
}

static const char *
tenant_of(const struct sl_record *record, const struct sl_record_class *class)
{
	return *class->tenant != '\0' ? class->tenant : record->tenant;
}

static void
apply_changes(const struct replay *replay, const char *tenant, struct sl_record_class *class)
{
	for (size_t i = 0; replay->settings != NULL && i < replay->settings->tenants_len; i++)
		if (strcmp(replay->settings->tenants[i].name, tenant) == 0)
			memcpy(class->policy, replay->settings->tenants[i].policy, sizeof(class->policy));
	for (size_t i = 0; i < replay->changes_len; i++)
		class->policy[replay->changes[i].category].at[replay->changes[i].action] = replay->changes[i].at;
}

/* ---- a record ---- */

static struct tally *
tally_of(struct replay *replay, const char *tenant)
{
	for (size_t i = 0; i < replay->tallies_len; i++)
		if (strcmp(replay->tallies[i].tenant, tenant) == 0)
			return &replay->tallies[i];
	replay->tallies = sl_xrealloc(replay->tallies, (replay->tallies_len + 1) * sizeof(*replay->tallies));
	replay->tallies[replay->tallies_len] = (struct tally){ .tenant = sl_xstrdup(tenant) };
	return &replay->tallies[replay->tallies_len++];
}

static void
show(struct replay *replay, const struct sl_record *record, const struct sl_record_class *class,
    const double before[SL_CATEGORY_COUNT], const struct sl_ruling *ruling)
{
	struct sl_buf *out = &replay->shown;

	if (replay->shown_len >= SHOWN_MAX)
		return;
	if (replay->json) {
		sl_buf_add_str(out, replay->shown_len > 0 ? ",\n  {\"id\": " : "\n  {\"id\": ");
		sl_buf_add_json(out, sl_slice_str(record->id));
		sl_buf_add_str(out, ", \"tenant\": ");
		sl_buf_add_json(out, sl_slice_str(tenant_of(record, class)));
		sl_buf_addf(out, ", \"recorded\": {\"verdict\": \"%s\", \"action\": \"%s\", \"spam\": ", class->word,
		    sl_action_word(class->action));
		sl_record_number(before[SL_SPAM], out);
		sl_buf_addf(out, "}, \"derived\": {\"verdict\": \"%s\", \"action\": \"%s\", \"spam\": ", ruling->word,
		    sl_action_word(ruling->action));
		sl_record_number(record->verdict.probability[SL_SPAM], out);
		sl_buf_add_str(out, "}}");
	} else {
		sl_buf_add_str(out, "  ");
		for (const char *c = record->id; *c != '\0'; c++)	/* a line may come from anywhere */
			sl_buf_add_byte(out, (unsigned char)(*c < 0x20 || *c == 0x7f ? '?' : *c));
		sl_buf_addf(out, "  %s, %s (spam %.6f)  ->  %s, %s (spam %.6f)\n", class->word,
		    sl_action_word(class->action), before[SL_SPAM], ruling->word,
		    sl_action_word(ruling->action), record->verdict.probability[SL_SPAM]);
	}
	replay->shown_len++;
}

static void
replay_class(struct replay *replay, const struct sl_record *record, struct sl_record_class *class,
    const double before[SL_CATEGORY_COUNT])
{
	struct sl_ruling ruling;
	bool same;

	apply_changes(replay, tenant_of(record, class), class);
	sl_record_rule(record, class, &ruling);
	same = ruling.action == class->action;
	if (!is_changed(replay))
		same = same && strcmp(ruling.word, class->word) == 0 &&
		    memcmp(before, record->verdict.probability, SL_CATEGORY_COUNT * sizeof(*before)) == 0;
	replay->records++;
	replay->same += same;
	replay->different += !same;
	tally_of(replay, tenant_of(record, class))->moved[class->action][ruling.action]++;
	if (!same)
		show(replay, record, class, before, &ruling);
}

static void
replay_record(struct replay *replay, struct sl_record *record)
{
	double before[SL_CATEGORY_COUNT];

	memcpy(before, record->verdict.probability, sizeof(before));
	if (replay->combiner != NULL)
		sl_combine(replay->combiner, &record->verdict);
	else
		sl_record_sum(&record->verdict);
	for (size_t i = 0; i < record->classes_len; i++)
		replay_class(replay, record, &record->classes[i], before);
}

static void
replay_line(struct replay *replay, const char *path, size_t number, struct sl_slice line)
{
	struct sl_record *record = sl_xzalloc(sizeof(*record));
	struct sl_arena arena;
	int r;

	sl_arena_init(&arena, ARENA_MAX_BYTES);
	r = sl_record_read(line, SL_RECORD_ALL, &arena, record);
	if (r == 0) {
		replay_record(replay, record);
	} else if (r == SL_ERR_NOT_FOUND) {
		replay->unjudged++;
	} else {
		fprintf(stderr, "sluicectl replay: %s:%zu: %s\n", path, number, sl_strerror(r));
		replay->unreadable++;
	}
	sl_arena_fini(&arena);
	sl_free(record);
}

static int
replay_file(struct replay *replay, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;

	if (file == NULL) {
		fprintf(stderr, "sluicectl replay: %s: %s\n", path, strerror(errno));
		return EXIT_PROBLEM;
	}
	while ((len = getline(&line, &size, file)) > 0) {
		struct sl_slice s = sl_slice_trim(sl_slice(line, (size_t)len));

		number++;
		if (s.len > 0)
			replay_line(replay, path, number, s);
	}
	free(line);
	if (file != stdin)
		fclose(file);
	return EXIT_OK;
}

/* ---- outcome ---- */

/* A copy is no answer: nobody moves to it. */
static void
print_tallies(const struct replay *replay)
{
	printf("\n%-28s %-10s", "tenant", "was");
	for (int a = 0; a < SL_ACTION_COUNT; a++)
		if (a != SL_ACTION_COPY)
			printf(" %10s", sl_action_word((enum sl_action)a));
	putchar('\n');
	for (size_t i = 0; i < replay->tallies_len; i++) {
		const struct tally *t = &replay->tallies[i];

		for (int from = 0; from < SL_ACTION_COUNT; from++) {
			uint64_t all = 0;

			for (int to = 0; to < SL_ACTION_COUNT; to++)
				all += t->moved[from][to];
			if (all == 0)
				continue;
			printf("%-28s %-10s", *t->tenant == '\0' ? "-" : t->tenant,
			    sl_action_word((enum sl_action)from));
			for (int to = 0; to < SL_ACTION_COUNT; to++)
				if (to != SL_ACTION_COPY)
					printf(" %10llu", (unsigned long long)t->moved[from][to]);
			putchar('\n');
		}
	}
}

static void
print_text(struct replay *replay)
{
	printf("%llu records of judged mail: %llu %s, %llu %s\n", (unsigned long long)replay->records,
	    (unsigned long long)replay->same, is_changed(replay) ? "treated alike" : "the same bit for bit",
	    (unsigned long long)replay->different, is_changed(replay) ? "treated differently" : "different");
	if (replay->unjudged > 0)
		printf("%llu lines of mail that was not judged\n", (unsigned long long)replay->unjudged);
	if (replay->unreadable > 0)
		printf("%llu lines could not be read\n", (unsigned long long)replay->unreadable);
	if (is_changed(replay))
		print_tallies(replay);
	if (replay->different > 0)
		printf("\n%s%s:\n%s", replay->different > SHOWN_MAX ? "the first of them" : "they",
		    is_changed(replay) ? "" : " differ", sl_buf_cstr(&replay->shown));
}

static void
print_json(struct replay *replay)
{
	struct sl_buf out;

	sl_buf_init(&out, (size_t)1 << 28);
	sl_buf_addf(&out, "{\"records\": %llu, \"same\": %llu, \"different\": %llu, \"not_judged\": %llu, "
	    "\"unreadable\": %llu, \"changed\": %s,\n\"tenants\": [", (unsigned long long)replay->records,
	    (unsigned long long)replay->same, (unsigned long long)replay->different,
	    (unsigned long long)replay->unjudged, (unsigned long long)replay->unreadable,
	    is_changed(replay) ? "true" : "false");
	for (size_t i = 0; i < replay->tallies_len; i++) {
		sl_buf_add_str(&out, i > 0 ? ",\n  {\"tenant\": " : "\n  {\"tenant\": ");
		sl_buf_add_json(&out, sl_slice_str(replay->tallies[i].tenant));
		for (int from = 0; from < SL_ACTION_COUNT; from++) {
			sl_buf_addf(&out, ", \"%s\": {", sl_action_word((enum sl_action)from));
			for (int to = 0; to < SL_ACTION_COUNT; to++)
				sl_buf_addf(&out, "%s\"%s\": %llu", to > 0 ? ", " : "",
				    sl_action_word((enum sl_action)to),
				    (unsigned long long)replay->tallies[i].moved[from][to]);
			sl_buf_add_str(&out, "}");
		}
		sl_buf_add_str(&out, "}");
	}
	sl_buf_addf(&out, "],\n\"examples\": [%s]}", sl_buf_cstr(&replay->shown));
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

/* ---- */

/* Returns 0, or 2 after saying what is wrong, or -1 when the help was asked for. */
static int
options_read(struct replay *replay, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "combiner", required_argument, NULL, OPTION_COMBINER },
		{ "settings", required_argument, NULL, OPTION_SETTINGS },
		{ "threshold", required_argument, NULL, OPTION_THRESHOLD }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?')
			return EXIT_USAGE;
		if (c == OPTION_THRESHOLD && !change_read(replay, optarg)) {
			fprintf(stderr, "sluicectl replay: '%s' is not like spam.refuse=0.99\n", optarg);
			return EXIT_USAGE;
		}
		replay->json = replay->json || c == 'j';
		replay->combiner_path = c == OPTION_COMBINER ? optarg : replay->combiner_path;
		replay->settings_path = c == OPTION_SETTINGS ? optarg : replay->settings_path;
	}
	if (optind == argc) {
		fputs("sluicectl replay: at least one file of records is needed\n", stderr);
		return EXIT_USAGE;
	}
	return 0;
}

static int
replay_run(struct replay *replay, char **files)
{
	int status = replay->combiner_path != NULL ? combiner_read(replay) : EXIT_OK;

	if (status == EXIT_OK && replay->settings_path != NULL)
		status = settings_read(replay);
	if (status != EXIT_OK)
		return status;
	for (; *files != NULL; files++)
		status |= replay_file(replay, *files);
	(replay->json ? print_json : print_text)(replay);
	if (replay->unreadable > 0 || (!is_changed(replay) && replay->different > 0))
		status = EXIT_PROBLEM;
	return status;
}

int
replay_main(int argc, char **argv)
{
	struct replay replay = { 0 };
	int status = options_read(&replay, argc, argv);

	if (status != 0) {
		fputs(usage, status < 0 ? stdout : stderr);
		return status < 0 ? EXIT_OK : status;
	}
	sl_buf_init(&replay.shown, (size_t)1 << 20);
	status = replay_run(&replay, argv + optind);
	for (size_t i = 0; i < replay.tallies_len; i++)
		sl_free(replay.tallies[i].tenant);
	sl_free(replay.tallies);
	sl_buf_fini(&replay.shown);
	sl_combiner_close(&replay.combiner);
	sl_settings_unref(&replay.settings);
	return status;
}
