/*
 * own_bench.c - many tenants learn at once in one file: does each one's ten corrections turn its verdict, and does
 * nobody else's move?
 *
 * own_bench [TENANTS (35000) [MIB (32)]]: each tenant learns ten messages of one kind of its own, the tenants taking
 * turns, so that all are under way together. Then near-copies that it has not seen are judged: its own, which must
 * have turned, and those of others, beside a file in which the tenant alone has learned.
 */
#include "classify/own.h"
#include "classify/panel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define CORRECTIONS	10
#define CERTAIN		8.0	/* log-odds of what is judged without the tenant */
#define WORDS		70
#define SAMPLE		200	/* tenants that are judged beside files of their own */
#define COPIES		20

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A word of one in 8,000, as pronounceable as it takes. */
static void
word_put(struct sl_buf *out, unsigned word)
{
	static const char consonants[] = "bcdfghklmnprstvwz", vowels[] = "aeiou";

	for (word = word % 8000 + 100; word > 0; word /= 85)
		sl_buf_addf(out, "%c%c", consonants[word % 17], vowels[word / 17 % 5]);
	sl_buf_addf(out, " ");
}

/* The `number`th near-copy of what a tenant gets: most words are those of its kind, some are its own, some anybody's. */
static struct sl_slice
message_make(struct sl_buf *out, unsigned tenant, unsigned number)
{
	uint32_t kind = tenant * 2654435761u + 97, random = number * 40503u + kind;

	sl_buf_reset(out);
	sl_buf_addf(out, "From: News <news@shop%u.example>\r\nSubject: ", tenant);
	for (unsigned i = 0; i < 5; i++)
		word_put(out, kind + i * 31);
	sl_buf_addf(out, "%u\r\n\r\n", number);
	for (unsigned i = 0; i < WORDS; i++) {
		random = random * 1103515245u + 12345;
		word_put(out, random >> 30 == 0 ? (random >> 8) % 300 : kind + i * 17);
		if (i % 10 == 9)
			sl_buf_addf(out, "\r\n");
	}
	return sl_buf_slice(out);
}

static void
name_put(char out[24], unsigned tenant)
{
	snprintf(out, 24, "t%u.example", tenant);
}

/* What the tenant's verdict is, in log-odds, where without it it would be `global`. */
static double
judge(const struct sl_own *own, unsigned tenant, struct sl_slice message, double global)
{
	struct sl_envelope_event envelope = { 0 };
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_panel *panel;
	struct sl_arena arena;
	char name[24];
	void *state;

	name_put(name, tenant);
	envelope.tenant = sl_slice_str(name);
	sl_arena_init(&arena, 1 << 16);
	panel = sl_panel_new(NULL, &arena);
	state = sl_panel_add(panel, &sl_own_classifier, own);
	sl_panel_envelope(panel, &envelope);
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, verdict);
	sl_own_evidence(state, global, &arena, verdict);
	for (size_t i = 0; i < verdict->evidence_len; i++)
		global += verdict->evidence[i].value;
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	sl_free(verdict);
	return global;
}

static double
sign_of(unsigned tenant)	/* of what it teaches */
{
	return tenant % 2 ? -1 : 1;
}

static void
correct(struct sl_own_learner *learner, unsigned tenant, unsigned number, struct sl_buf *message)
{
	char name[24];

	name_put(name, tenant);
	if (sl_own_learn(learner, sl_slice_str(name), message_make(message, tenant, number),
	    sign_of(tenant) > 0 ? SL_OWN_UNWANTED : SL_OWN_HAM, -CERTAIN * sign_of(tenant)) != 0) {
		fprintf(stderr, "no room for %s\n", name);
		exit(1);
	}
}

static struct sl_own *
written(struct sl_own_learner *learner, struct sl_buf *file)
{
	struct sl_own *own;

	sl_buf_init(file, SL_OWN_SIZE_MAX);
	if (sl_own_learner_write(learner, file) != 0 || sl_own_open(sl_buf_slice(file), &own) != 0) {
		fprintf(stderr, "it cannot be written\n");
		exit(1);
	}
	return own;
}

/* Of 100: how often a near-copy of what the tenant corrected stands on the right side of somebody else's mail. */
static double
area(const struct sl_own *own, unsigned tenant, struct sl_buf *message)
{
	double mine[COPIES], others[COPIES], above = 0;

	for (unsigned i = 0; i < COPIES; i++) {
		mine[i] = judge(own, tenant, message_make(message, tenant, 1000 + i), 0.5);
		others[i] = judge(own, tenant, message_make(message, tenant + 77 + i, 1000 + i), 0.5);
	}
	for (unsigned i = 0; i < COPIES; i++)
		for (unsigned k = 0; k < COPIES; k++) {
			double apart = sign_of(tenant) * (mine[i] - others[k]);

			above += apart > 0 ? 1 : apart == 0 ? 0.5 : 0;
		}
	return 100 * above / (COPIES * COPIES);
}

/* How much tenants' areas differ from what they are in a file of that tenant alone: mean and most, in 100ths. */
static void
beside_alone(const struct sl_own *own, unsigned tenants, size_t size, struct sl_buf *message)
{
	double most = 0, sum = 0, least = 100;

	for (unsigned i = 0; i < SAMPLE; i++) {
		unsigned tenant = (unsigned)((uint64_t)i * tenants / SAMPLE);
		struct sl_own_learner *learner = sl_own_learner_new(NULL, size, 0);
		struct sl_buf file;
		struct sl_own *mine;
		double here = area(own, tenant, message), moved;

		for (unsigned n = 0; n < CORRECTIONS; n++)
			correct(learner, tenant, n, message);
		mine = written(learner, &file);
		moved = fabs(here - area(mine, tenant, message));
		sum += moved;
		most = fmax(most, moved);
		least = fmin(least, here);
		sl_own_close(&mine);
		sl_own_learner_free(&learner);
		sl_buf_fini(&file);
	}
	printf("areas of %u that have learned: %.3f %% at least; beside a file of its own moved by %.4f %%, by %.4f %% "
	    "at most\n", SAMPLE, least, sum / SAMPLE, most);
}

int
main(int argc, char **argv)
{
	unsigned tenants = argc > 1 ? (unsigned)atoi(argv[1]) : 35000, turned = 0, strangers = 0;
	size_t size = (size_t)(argc > 2 ? atoi(argv[2]) : 32) << 20;
	struct sl_own_learner *learner = sl_own_learner_new(NULL, size, 0);
	struct sl_buf message, file;
	struct rusage used;
	struct sl_own *own;
	double start = seconds(), least = INFINITY;

	if (tenants < SAMPLE || learner == NULL)
		return fprintf(stderr, "usage: own_bench [TENANTS (200 or more) [MIB]]\n"), 2;
	sl_buf_init(&message, 1 << 16);
	for (unsigned n = 0; n < CORRECTIONS; n++)
		for (unsigned tenant = 0; tenant < tenants; tenant++)
			correct(learner, tenant, n, &message);
	printf("%u tenants, %u corrections, %.1f s to learn, ", tenants, tenants * CORRECTIONS, seconds() - start);
	start = seconds();
	own = written(learner, &file);
	getrusage(RUSAGE_SELF, &used);
	printf("%.1f s to write %.1f MiB; the learner held %ld MiB\n", seconds() - start,
	    (double)file.len / (1 << 20), used.ru_maxrss >> 10);
	start = seconds();
	for (unsigned tenant = 0; tenant < tenants; tenant++) {
		double sign = sign_of(tenant), mine, other;

		message_make(&message, tenant, 1000);
		mine = sign * judge(own, tenant, sl_buf_slice(&message), -CERTAIN * sign);
		turned += mine > 0;
		least = fmin(least, mine);
		other = judge(own, tenants + tenant, sl_buf_slice(&message), 0.5);
		strangers += other != 0.5;
	}
	printf("turned: %u of %u, the least to %.2f; %.3f ms a judgement\n", turned, tenants, least,
	    (seconds() - start) * 500 / tenants);
	printf("moved of those that have not learned: %u of %u\n", strangers, tenants);
	beside_alone(own, tenants, size, &message);
	sl_own_close(&own);
	sl_own_learner_free(&learner);
	sl_buf_fini(&message);
	sl_buf_fini(&file);
	return turned == tenants && strangers == 0 ? 0 : 1;
}
