/*
 * linkage_test.c - with both stores in hand and no key, headers and bodies cannot be matched better than by chance
 *
 * The attacker is given more than the stores show: where each body begins and ends, and in which order bodies were added. For
 * every header slot and every body there are numbers (place, bytes, length; place, length, bytes, order). Three attacks on each pair of
 * numbers:
 *	rank	sort headers by the one, bodies by the other, pair them off: the hits are Poisson(1) by chance; more than 14 happen
 *		once in 10^12
 *	trend	Spearman's rank correlation times sqrt(n - 1): standard normal by chance; beyond 5.5 happens once in 2 * 10^7
 *	near	do neighbours by the one lie nearer by the other than by chance: the mean distance of ranks, (n + 1) / 3 by chance, in
 *		standard deviations (that of n independent distances, and half as much again, as they overlap); beyond 5.5
 * 5 times 5 pairs, 3 attacks, 3 moments: a false alarm once in 10^5 runs. The controls show that each switch matters: slots in order,
 * lengths without padding, and slots by lot that are filled one part of the file after the other.
 */

#include "vault_test_i.h"

#include <math.h>
#include <stdlib.h>

#include "vault_i.h"

#define N	1200u
#define DAY	(TEST_DAY + 7)
#define HITS	14u
#define Z	5.5

enum { H_PLACE, H_FIRST, H_MEAN, H_LENGTH, H_LAST, H_COUNT };
enum { B_PLACE, B_LENGTH, B_FIRST, B_MEAN, B_ORDER, B_COUNT };
static const char *const h_names[H_COUNT] = { "slot", "first bytes", "mean", "length", "last bytes" };
static const char *const b_names[B_COUNT] = { "place", "length", "first bytes", "mean", "order" };

struct pairs {
	size_t	n;
	double	h[H_COUNT][2 * N], b[B_COUNT][2 * N];	/* [i]: of one message */
};

struct link {			/* what one attack found at its best */
	unsigned	hits;
	double		trend, near;
	const char	*h, *b;
};

static const double *sort_by;

static int
by_value(const void *a, const void *b)
{
	double x = sort_by[*(const unsigned *)a], y = sort_by[*(const unsigned *)b];

	return x < y ? -1 : x > y;
}

/* Ranks without ties: equal values are in an order by lot. */
static void
rank(const double *values, size_t n, unsigned *order, unsigned *rank_out)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned j = bits_random(i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	sort_by = values;
	qsort(order, n, sizeof(*order), by_value);	/* glibc's is a merge sort: stable */
	for (unsigned i = 0; i < n; i++)
		rank_out[order[i]] = i;
}

static struct link
attack(const double *h, const double *b, size_t n)
{
	static unsigned h_order[2 * N], b_order[2 * N], h_rank[2 * N], b_rank[2 * N];
	struct link link = { 0 };
	double sum = 0, distance = 0, m = (double)n;

	rank(h, n, h_order, h_rank);
	rank(b, n, b_order, b_rank);
	for (size_t i = 0; i < n; i++) {
		double d = (double)h_rank[i] - b_rank[i];

		link.hits += h_order[i] == b_order[i];
		sum += d * d;
		if (i > 0)
			distance += fabs((double)b_rank[h_order[i]] - b_rank[h_order[i - 1]]);
	}
	link.trend = fabs((1 - 6 * sum / (m * (m * m - 1))) * sqrt(m - 1));
	link.near = fabs(distance / (m - 1) - (m + 1) / 3) / (1.5 * m / sqrt(18) / sqrt(m - 1));
	return link;
}

static bool
beats_chance(const struct link *link)
{
	return link->hits > HITS || link->trend > Z || link->near > Z;
}

/* All attacks; those that succeed are told. */
static unsigned
attack_all(const struct pairs *p, const char *when)
{
	unsigned found = 0, hits = 0;
	double trend = 0, near = 0;

	for (int i = 0; i < H_COUNT; i++)
		for (int j = 0; j < B_COUNT; j++) {
			struct link link = attack(p->h[i], p->b[j], p->n);

			hits = SL_MAX(hits, link.hits);
			trend = fmax(trend, link.trend);
			near = fmax(near, link.near);
			if (!beats_chance(&link))
				continue;
			found++;
			print_message("%s: %s and %s: %u hits, trend %.1f, near %.1f\n", when, h_names[i], b_names[j],
			    link.hits, link.trend, link.near);
		}
	print_message("%s, %zu messages: at best %u hits, trend %.1f, near %.1f\n", when, p->n, hits, trend, near);
	return found;
}

struct world {
	struct disk_memory	disk;
	struct sl_vault		*vault;
	unsigned char		public[SL_SEAL_KEY_BYTES];
	unsigned		added;
	uint32_t		today;
	uint64_t		random;
	double			subject[4 * N], plain[4 * N];	/* lengths without padding, by number */
	struct pairs		pairs;
};

/* Sizes as mail has them, and the longer the message the longer its subject: without padding that would tell. */
static void
add(struct world *w, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct test_sealed sealed;
		unsigned char id[SL_VAULT_ID_BYTES];
		unsigned n = w->added++;
		size_t len;

		w->random = w->random * 6364136223846793005u + 1442695040888963407u;
		len = (size_t)exp2(9 + (double)(w->random >> 33) / (1u << 31) * 6);
		test_seal(&sealed, n, len, 1 + (unsigned)(len / 800), w->public, test_tenant);
		w->plain[n] = (double)len;
		w->subject[n] = 30 + (double)(len / 800) * 18;
		assert_int_equal(test_add(w->vault, test_tenant, &sealed, SL_MAX(DAY + n % 2, w->today), id), 0);
		test_sealed_fini(&sealed);
	}
}

static double
first_bytes(const unsigned char *p)
{
	return p[0] * 65536.0 + p[1] * 256.0 + p[2];
}

static double
mean(const unsigned char *p, size_t len)
{
	double sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += p[i];
	return sum / (double)len;
}

/* What both stores show of each message. */
static void
look(struct world *w)
{
	const unsigned char *headers = w->disk.files[SL_DISK_HEADERS].now.data;
	const unsigned char *bodies = w->disk.files[SL_DISK_BODIES].now.data;
	struct pairs *p = &w->pairs;

	p->n = 0;
	for (struct message *m = id_table_next(&w->vault->messages, NULL); m != NULL;
	    m = id_table_next(&w->vault->messages, m)) {
		const unsigned char *slot = headers + (size_t)m->slot * HEADER_BYTES;
		const unsigned char *body = bodies + (size_t)m->extents[0].start * EXTENT_BLOCK;
		size_t i = p->n++, length = HEADER_BYTES;

		while (length > 0 && slot[length - 1] == 0)
			length--;
		p->h[H_PLACE][i] = m->slot;
		p->h[H_FIRST][i] = first_bytes(slot);
		p->h[H_MEAN][i] = mean(slot, HEADER_BYTES);
		p->h[H_LENGTH][i] = (double)length;
		p->h[H_LAST][i] = first_bytes(slot + HEADER_BYTES - 3);
		p->b[B_PLACE][i] = m->extents[0].start;
		p->b[B_LENGTH][i] = m->blocks;
		p->b[B_FIRST][i] = first_bytes(body);
		p->b[B_MEAN][i] = mean(body, EXTENT_BLOCK);
		p->b[B_ORDER][i] = (double)(m->received_us - TEST_TIME);
	}
}

static struct world *
world_new(bool in_order, uint32_t step)
{
	const struct sl_vault_settings settings = { .slots_step = step, .blocks_step = 1024, .in_order = in_order };
	struct world *w = sl_xzalloc(sizeof(*w));

	disk_memory_init(&w->disk);
	assert_int_equal(sl_vault_open(&w->disk.disk, test_master, &settings, &w->vault), 0);
	assert_int_equal(sl_vault_tenant_new(w->vault, test_tenant, w->public), 0);
	return w;
}

static void
world_free(struct world *w)
{
	sl_vault_close(&w->vault);
	disk_memory_fini(&w->disk);
	sl_free(w);
}

static void
both_stores_together_do_not_link(void **state)
{
	struct world *w = world_new(false, 128);
	static unsigned char ids[N][SL_VAULT_ID_BYTES];
	struct sl_vault_stats stats;
	unsigned found = 0;
	size_t n = 0, count;

	add(w, N);
	look(w);
	found += attack_all(&w->pairs, "as they came");
	for (struct message *m = id_table_next(&w->vault->messages, NULL); m != NULL;
	    m = id_table_next(&w->vault->messages, m))
		if (n < N && (m->received_us - TEST_TIME) % 5 < 2)
			memcpy(ids[n++], m->link.id, SL_VAULT_ID_BYTES);
	assert_int_equal(sl_vault_delete(w->vault, test_tenant, ids, n, &count), 0);
	add(w, N / 2);
	look(w);
	found += attack_all(&w->pairs, "after deletions and more");
	w->today = DAY + 1;
	assert_int_equal(sl_vault_expire(w->vault, w->today, &count), 0);
	add(w, N / 2);
	look(w);
	found += attack_all(&w->pairs, "after an expiry and more");
	sl_vault_stats(w->vault, &stats);
	assert_true(stats.moved > N / 2);	/* the file grew meanwhile, again and again */
	assert_int_equal(found, 0);
	world_free(w);
}

static void
control_slots_in_order_link(void **state)
{
	struct world *w = world_new(true, 128);
	struct link link;

	add(w, N / 2);
	look(w);
	link = attack(w->pairs.h[H_PLACE], w->pairs.b[B_ORDER], w->pairs.n);
	print_message("in order: %u of %zu hits, trend %.1f, near %.1f\n", link.hits, w->pairs.n, link.trend, link.near);
	assert_true(link.hits == w->pairs.n && link.trend > Z && link.near > Z);
	assert_true(attack_all(&w->pairs, "in order") > 0);
	world_free(w);
}

static void
control_lengths_without_padding_link(void **state)
{
	struct world *w = world_new(false, 128);
	struct link link;

	add(w, N / 2);
	look(w);
	for (size_t i = 0; i < w->pairs.n; i++) {
		unsigned n = (unsigned)w->pairs.b[B_ORDER][i];

		w->pairs.h[H_LENGTH][i] = w->subject[n];
		w->pairs.b[B_LENGTH][i] = w->plain[n];
	}
	link = attack(w->pairs.h[H_LENGTH], w->pairs.b[B_LENGTH], w->pairs.n);
	print_message("unpadded: %u of %zu hits, trend %.1f, near %.1f\n", link.hits, w->pairs.n, link.trend, link.near);
	assert_true(beats_chance(&link));
	world_free(w);
}

/* Random places, but part after part, as if old messages did not move into what is new: the time would show. */
static void
control_parts_that_fill_one_after_the_other_link(void **state)
{
	struct pairs *p = sl_xzalloc(sizeof(*p));
	struct link link;

	p->n = N;
	for (unsigned i = 0; i < N; i++) {
		p->h[H_PLACE][i] = i / 128 * 128 + bits_random(128);
		p->b[B_ORDER][i] = i;
	}
	link = attack(p->h[H_PLACE], p->b[B_ORDER], p->n);
	assert_true(beats_chance(&link));
	sl_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_stores_together_do_not_link),
		cmocka_unit_test(control_slots_in_order_link),
		cmocka_unit_test(control_lengths_without_padding_link),
		cmocka_unit_test(control_parts_that_fill_one_after_the_other_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
