/* fingerprint_mail.c - how well fingerprints tell near-copies among labelled messages
 *
 * usage: fingerprint_mail [--least SHINGLES] LIST
 *
 * LIST holds lines of a message's file, TAB, its cluster, TAB, its corpus. The text a person sees of
 * each (of HTML if there is any, else the plain one) is fingerprinted, and all pairs are compared:
 * for pairs of different corpora the thresholds are found that at most one in 100,000 (and one in
 * a million) passes, and for pairs of one cluster the share that passes them, by corpus. As a cluster
 * also holds answers with one subject, which are no copies, those of its pairs are counted apart that
 * are copies by the rule of the clusters themselves: of the four least hashes of five words in a row
 * three are the same. Prints a JSON document.
 */

#include "fingerprint/fingerprint.h"
#include "html/token.h"
#include "mime/charset.h"
#include "mime/mime.h"

#include <stdio.h>
#include <stdlib.h>

#define MAIL_MAX	40000
#define PIECE		16384
#define LEVELS		(SL_MINHASH + 1)
#define LEAST		4	/* hashes of shingles that are kept */
#define LEAST_ALIKE	3
#define SHINGLE		5	/* words */

static struct sl_fingerprint_key key;

struct rule {			/* the clusters' own, by other hashes of other words */
	uint64_t	words[SHINGLE], least[LEAST];
	unsigned	words_len, least_len;
	unsigned char	word[64];
	size_t		word_len;
};

struct mail {
	struct sl_fingerprint_result	print;
	struct rule			rule;
	char				file[128], cluster[24], group[24];
};

struct reading {		/* of a message's text */
	struct sl_fingerprint	html, plain;
	struct rule		html_rule, plain_rule;
	bool			has_html;
};

struct part {			/* of a text part that is open */
	struct reading			*reading;
	struct sl_charset_decoder	*decoder;
	struct sl_html			*html;
};

static void
rule_keep(struct rule *r, uint64_t hash)
{
	unsigned i = r->least_len;

	for (unsigned k = 0; k < r->least_len; k++)
		if (r->least[k] == hash)
			return;
	if (i == LEAST && hash >= r->least[LEAST - 1])
		return;
	if (i == LEAST)
		i--;
	else
		r->least_len++;
	for (; i > 0 && r->least[i - 1] > hash; i--)
		r->least[i] = r->least[i - 1];
	r->least[i] = hash;
}

static void
rule_feed(struct rule *r, struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = sl_ascii_lower(text.ptr[i]);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
			if (r->word_len < sizeof(r->word))
				r->word[r->word_len++] = c;
			continue;
		}
		if (r->word_len == 0)
			continue;
		memmove(r->words, r->words + 1, sizeof(r->words) - sizeof(r->words[0]));
		r->words[SHINGLE - 1] = sl_hash(r->word, r->word_len);
		r->word_len = 0;
		if (++r->words_len >= SHINGLE)
			rule_keep(r, sl_hash(r->words, sizeof(r->words)));
	}
}

static bool
rule_alike(const struct rule *a, const struct rule *b)
{
	unsigned alike = 0;

	for (unsigned i = 0; i < a->least_len; i++)
		for (unsigned k = 0; k < b->least_len; k++)
			alike += a->least[i] == b->least[k];
	return alike >= LEAST_ALIKE;
}

static void
html_feed(struct reading *reading, struct sl_slice text)
{
	sl_fingerprint_feed(&reading->html, text);
	rule_feed(&reading->html_rule, text);
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	if (content == SL_HTML_DATA || content == SL_HTML_RCDATA)
		html_feed(((struct part *)ctx)->reading, text);
}

static void
on_tag(void *ctx, const struct sl_html_tag *tag)
{
	html_feed(((struct part *)ctx)->reading, SL_SLICE_LIT(" "));
}

static const struct sl_html_sink html_sink = { .text = on_text, .start_tag = on_tag };

static void
on_utf8(void *ctx, struct sl_slice utf8)
{
	struct part *p = ctx;

	if (p->html != NULL)
		sl_html_feed(p->html, utf8.ptr, utf8.len);
	else {
		sl_fingerprint_feed(&p->reading->plain, utf8);
		rule_feed(&p->reading->plain_rule, utf8);
	}
}

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct reading *reading = ctx;
	struct part *p;

	if (part->reading != 0 || part->is_multipart || part->is_message || part->filename.len > 0 ||
	    !sl_slice_istarts(part->type, SL_SLICE_LIT("text/")))
		return;
	p = part->user = sl_xzalloc(sizeof(*p));
	p->reading = reading;
	p->decoder = sl_charset_decoder_new(sl_charset_find(part->charset), on_utf8, p);
	if (sl_slice_eq(part->type, SL_SLICE_LIT("text/html"))) {
		reading->has_html = true;
		p->html = sl_html_new(NULL, &html_sink, p);
	}
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	struct part *p = part->user;

	if (p != NULL)
		sl_charset_feed(p->decoder, bytes);
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	struct part *p = part->user;

	if (p == NULL)
		return;
	sl_charset_finish(p->decoder);
	sl_charset_decoder_free(&p->decoder);
	if (p->html != NULL)
		sl_html_finish(p->html);
	sl_html_free(&p->html);
	sl_free(p);
	part->user = NULL;
}

static const struct sl_mime_sink sink = { .begin = on_begin, .body = on_body, .end = on_end };

static void
mail_read(struct mail *mail)
{
	struct sl_mime_settings settings = sl_mime_defaults;
	struct sl_fingerprint_result plain;
	struct reading reading = { .has_html = false };
	unsigned char piece[PIECE];
	struct sl_mime *mime;
	FILE *file = fopen(mail->file, "rb");
	size_t n;

	if (file == NULL) {
		perror(mail->file);
		exit(1);
	}
	settings.hash = false;
	sl_fingerprint_init_text(&reading.html, &key);
	sl_fingerprint_init_text(&reading.plain, &key);
	mime = sl_mime_new(&settings, &sink, &reading);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_mime_feed(mime, piece, n);
	sl_mime_finish(mime);
	sl_mime_free(&mime);
	fclose(file);
	sl_fingerprint_finish(&reading.html, &mail->print);
	sl_fingerprint_finish(&reading.plain, &plain);
	mail->rule = reading.html_rule;
	if (mail->print.shingles == 0) {
		mail->print = plain;
		mail->rule = reading.plain_rule;
	}
}

struct tally {			/* pairs by how many minhashes are equal, and by distance */
	uint64_t	equal[LEVELS], distance[65], pairs;
};

struct group {
	char		name[24];
	struct tally	tally;
};

static struct tally others;
static struct group groups[32];
static size_t groups_len;

static struct tally *
group_tally(const char *name)
{
	for (size_t i = 0; i < groups_len; i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i].tally;
	SL_ASSERT(groups_len < SL_COUNT(groups));
	snprintf(groups[groups_len].name, sizeof(groups[0].name), "%s", name);
	return &groups[groups_len++].tally;
}

static void
tally_add(struct tally *t, unsigned equal, unsigned distance)
{
	t->equal[equal]++;
	t->distance[distance]++;
	t->pairs++;
}

static void
compare(const struct mail *a, const struct mail *b)
{
	bool one_cluster = strcmp(a->cluster, b->cluster) == 0;
	unsigned equal = 0, distance;

	if (!one_cluster && strcmp(a->group, b->group) == 0)
		return;		/* may well be copies that the clusters miss */
	for (unsigned i = 0; i < SL_MINHASH; i++)
		equal += a->print.minhash[i] == b->print.minhash[i];
	distance = sl_fingerprint_distance(&a->print, &b->print);
	if (!one_cluster) {
		tally_add(&others, equal, distance);
		return;
	}
	tally_add(group_tally(a->group), equal, distance);
	if (rule_alike(&a->rule, &b->rule))
		tally_add(group_tally("copies"), equal, distance);
}

/* The lowest threshold of likeness that at most `rate` of the others reach. */
static unsigned
equal_threshold(double rate)
{
	uint64_t count = 0;
	unsigned t = LEVELS;

	while (t > 0 && (double)(count + others.equal[t - 1]) <= rate * (double)others.pairs)
		count += others.equal[--t];
	return t;
}

/* The highest distance that at most `rate` of the others do not exceed; -1: not even 0. */
static int
distance_threshold(double rate)
{
	uint64_t count = 0;
	int t = -1;

	while (t < 64 && (double)(count + others.distance[t + 1]) <= rate * (double)others.pairs)
		count += others.distance[++t];
	return t;
}

static void
report(double rate)
{
	unsigned equal = equal_threshold(rate);
	int distance = distance_threshold(rate);

	printf("{\"false_rate\":%g,\"similarity\":%.3f,\"distance\":%d,\"found\":{", rate, equal / (double)SL_MINHASH,
	    distance);
	for (size_t g = 0; g < groups_len; g++) {
		const struct tally *t = &groups[g].tally;
		uint64_t by_equal = 0, by_distance = 0;

		for (unsigned i = equal; i < LEVELS; i++)
			by_equal += t->equal[i];
		for (int i = 0; i <= distance; i++)
			by_distance += t->distance[i];
		printf("%s\"%s\":{\"pairs\":%llu,\"by_similarity\":%.4f,\"by_distance\":%.4f}", g > 0 ? "," : "",
		    groups[g].name, (unsigned long long)t->pairs, (double)by_equal / (double)t->pairs,
		    (double)by_distance / (double)t->pairs);
	}
	printf("}}");
}

int
main(int argc, char **argv)
{
	struct mail *mails = sl_xzalloc(sizeof(*mails) * MAIL_MAX);
	unsigned long least = 1;
	size_t count = 0, left_out = 0;
	FILE *list;

	if (argc > 2 && strcmp(argv[1], "--least") == 0) {
		least = strtoul(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	if (argc != 2 || (list = fopen(argv[1], "r")) == NULL) {
		fprintf(stderr, "usage: fingerprint_mail [--least SHINGLES] LIST\n");
		return 1;
	}
	sl_fingerprint_key_init(&key, (const unsigned char *)"fingerprint_mail");
	while (count < MAIL_MAX && fscanf(list, "%127[^\t]\t%23[^\t]\t%23[^\n]\n", mails[count].file,
	    mails[count].cluster, mails[count].group) == 3) {
		mail_read(&mails[count]);
		if (mails[count].print.shingles >= least)
			count++;
		else
			left_out++;
	}
	fclose(list);
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++)
			compare(&mails[a], &mails[b]);
	printf("{\"messages\":%zu,\"left_out\":%zu,\"pairs_of_others\":%llu,\"at\":[", count, left_out,
	    (unsigned long long)others.pairs);
	report(1e-5);
	printf(",");
	report(1e-6);
	printf("]}\n");
	sl_free(mails);
	return 0;
}
