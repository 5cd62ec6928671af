/* campaign_mail.c - how well campaigns are known again among labelled messages
 *
 * usage: campaign_mail ROOT LIST
 *
 * LIST holds lines of a message's file below ROOT, TAB, ham or another label, TAB, its cluster of near-copies, TAB,
 * learn or look, in the order of time. Each message is looked up before it is learned with its label as
 * a correction. Prints, as JSON, by corpus (the first folder) and label: how many messages have a text long enough;
 * of how many a near-copy of the cluster came before, and how many of these were known again; how many
 * were taken for something of another label; and for which the log-odds speak for the label, and against it.
 */

#include "campaign/campaign.h"
#include "content/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEMORY_BYTES	(16u << 20)
#define MAIL_MAX	40000
#define GROUPS_MAX	64

struct group {
	char	name[64];
	bool	is_ham;
	unsigned messages, long_enough, had_copy, known_copy, known, agree, against;
};

struct seen {
	char	cluster[24];
	bool	is_ham;
};

static struct group groups[GROUPS_MAX];
static unsigned groups_len;
static struct seen seen[MAIL_MAX];
static unsigned seen_len;
static double look_s, note_s, read_s;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct group *
group_of(const char *file, const char *label)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s %s", (int)strcspn(file, "/"), file, label);
	for (unsigned i = 0; i < groups_len; i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	SL_ASSERT(groups_len < GROUPS_MAX);
	strcpy(groups[groups_len].name, name);
	groups[groups_len].is_ham = strcmp(label, "ham") == 0;
	return &groups[groups_len++];
}

static bool
print_of(const char *root, const char *file, const struct sl_fingerprint_key *key,
    struct sl_fingerprint_result *out)
{
	static const struct sl_content_sink nothing;
	const struct sl_content_settings settings = { .mime = sl_mime_defaults, .fingerprint = key };
	static unsigned char piece[1 << 20];
	struct sl_content *content;
	char path[4096];
	bool has_text;
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	in = fopen(path, "rb");
	if (in == NULL)
		return false;
	content = sl_content_new(&settings, &nothing, NULL);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		sl_content_feed(content, piece, n);
	fclose(in);
	sl_content_finish(content);
	has_text = sl_content_fingerprint(content, out);
	sl_content_free(&content);
	return has_text && out->shingles >= SL_CAMPAIGN_SHINGLES_MIN;
}

static bool
came_before(const char *cluster)
{
	for (unsigned i = 0; i < seen_len; i++)
		if (strcmp(seen[i].cluster, cluster) == 0)
			return true;
	return false;
}

static void
one(struct sl_campaigns *campaigns, const char *root, const char *file, const char *label, const char *cluster,
    bool learn, const struct sl_fingerprint_key *key, unsigned number)
{
	struct group *group = group_of(file, label);
	struct sl_campaign_sighting sighting = { .network = number + 1, .who = number + 1,
		.verdict = group->is_ham ? SL_CAMPAIGN_WANTED : SL_CAMPAIGN_UNWANTED };
	struct sl_fingerprint_result text;
	struct sl_campaign_view view;
	int64_t now_s = 1700000000;
	double at = now();
	bool known;

	group->messages++;
	known = print_of(root, file, key, &text);
	read_s += now() - at;
	if (!known)
		return;
	group->long_enough++;
	at = now();
	known = sl_campaign_look(campaigns, &text, now_s, &view);
	look_s += now() - at;
	if (came_before(cluster)) {
		group->had_copy++;
		group->known_copy += known;
	}
	group->known += known;
	if (known) {
		bool agree = group->is_ham ? view.log_odds < 0 : view.log_odds > 0;

		group->agree += agree;
		group->against += !agree;
		if (!agree)
			fprintf(stderr, "%s (%s): similarity %.2f, log-odds %.2f\n", file, label, view.similarity,
			    view.log_odds);
	}
	if (!learn)
		return;
	at = now();
	sl_campaign_note(campaigns, &text, &sighting, now_s, NULL, NULL);
	note_s += now() - at;
	sighting.is_correction = true;
	sl_campaign_note(campaigns, &text, &sighting, now_s, NULL, NULL);
	SL_ASSERT(seen_len < MAIL_MAX);
	snprintf(seen[seen_len].cluster, sizeof(seen[0].cluster), "%s", cluster);
	seen[seen_len++].is_ham = group->is_ham;
}

int
main(int argc, char **argv)
{
	const struct sl_campaign_settings settings = { .key = "fedcba9876543210", .half_life_min = 10080 };
	struct sl_campaigns campaigns;
	struct sl_fingerprint_key key;
	char line[4096], *file, *label, *cluster, *does, *save;
	void *memory = aligned_alloc(64, MEMORY_BYTES);
	unsigned number = 0;
	FILE *list = argc == 3 ? fopen(argv[2], "r") : NULL;

	if (list == NULL || memory == NULL) {
		fprintf(stderr, "usage: campaign_mail ROOT LIST\n");
		return 2;
	}
	memset(memory, 0, MEMORY_BYTES);
	sl_campaigns_init(&campaigns, memory, MEMORY_BYTES, &settings);
	sl_fingerprint_key_init(&key, (const unsigned char *)"0123456789abcdef");
	while (fgets(line, sizeof(line), list) != NULL) {
		file = strtok_r(line, "\t\n", &save);
		label = strtok_r(NULL, "\t\n", &save);
		cluster = strtok_r(NULL, "\t\n", &save);
		does = strtok_r(NULL, "\t\n", &save);
		if (does != NULL)
			one(&campaigns, argv[1], file, label, cluster, strcmp(does, "learn") == 0, &key, number++);
	}
	fclose(list);
	printf("{\"messages\":%u,\"campaigns\":%llu,\"look_us\":%.2f,\"note_us\":%.2f,\"read_us\":%.1f,\"groups\":{", number,
	    (unsigned long long)sl_campaigns_used(&campaigns), look_s * 1e6 / number, note_s * 1e6 / number,
	    read_s * 1e6 / number);
	for (unsigned i = 0; i < groups_len; i++) {
		const struct group *g = &groups[i];

		printf("%s\"%s\":{\"messages\":%u,\"long_enough\":%u,\"had_copy\":%u,\"known_copy\":%u,\"known\":%u,"
		    "\"agree\":%u,\"against\":%u}", i > 0 ? "," : "", g->name, g->messages, g->long_enough,
		    g->had_copy, g->known_copy, g->known, g->agree, g->against);
	}
	printf("}}\n");
	free(memory);
	return 0;
}
