/* train_rates.c - see train_rates.h */

#include "train_rates.h"

#include <stdlib.h>

#include "measure/drift.h"

#define NAMES_MAX	8192	/* different ones; rules may have thousands */

struct seen {
	char	 name[SL_DRIFT_NAME_MAX + 1];
	size_t	 count[SL_DRIFT_CLASSES];
	size_t	 last;		/* message, from 1: a name counts once in each */
};

struct rates {
	struct seen	*seen;		/* a table by hash, open addressing */
	size_t		 len;
	size_t		 messages[SL_DRIFT_CLASSES];
	size_t		 bins[SL_DRIFT_CLASSES][SL_DRIFT_BINS];
};

struct rates *
rates_new(void)
{
	struct rates *rates = sl_xzalloc(sizeof(*rates));

	rates->seen = sl_xzalloc(2 * NAMES_MAX * sizeof(*rates->seen));
	return rates;
}

void
rates_free(struct rates **rates)
{
	if (*rates == NULL)
		return;
	sl_free((*rates)->seen);
	sl_free(*rates);
	*rates = NULL;
}

/* Its row; NULL: too long a name, or too many. */
static struct seen *
row_of(struct rates *rates, const char *name)
{
	size_t len = strlen(name), i = sl_hash(name, len) % (2 * NAMES_MAX);

	if (len > SL_DRIFT_NAME_MAX)
		return NULL;
	while (rates->seen[i].name[0] != '\0' && strcmp(rates->seen[i].name, name) != 0)
		i = (i + 1) % (2 * NAMES_MAX);
	if (rates->seen[i].name[0] == '\0') {
		if (rates->len == NAMES_MAX)
			return NULL;
		rates->len++;
		memcpy(rates->seen[i].name, name, len + 1);
	}
	return &rates->seen[i];
}

void
rates_add(struct rates *rates, const struct sl_verdict *verdict, bool unwanted)
{
	enum sl_drift_class class = unwanted ? SL_DRIFT_UNWANTED : SL_DRIFT_WANTED;
	size_t number;

	rates->messages[class]++;
	number = rates->messages[SL_DRIFT_WANTED] + rates->messages[SL_DRIFT_UNWANTED];
	rates->bins[class][sl_drift_bin(verdict->logit[SL_SPAM])]++;
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		struct seen *row = verdict->evidence[i].state == SL_EVIDENCE_PRESENT ? row_of(rates, verdict->evidence[i].name)
		    : NULL;

		if (row == NULL || row->last == number)
			continue;
		row->last = number;
		row->count[class]++;
	}
}

static int
compare(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	size_t m = x->count[0] + x->count[1], n = y->count[0] + y->count[1];

	return m != n ? (m < n ? 1 : -1) : strcmp(x->name, y->name);
}

void
rates_write(const struct rates *rates, struct sl_buf *out)
{
	struct sl_drift_expectation *expected = sl_xzalloc(sizeof(*expected));
	struct seen *sorted = sl_xmemdup(rates->seen, 2 * NAMES_MAX * sizeof(*sorted));

	qsort(sorted, 2 * NAMES_MAX, sizeof(*sorted), compare);
	expected->names_len = SL_MIN(rates->len, (size_t)SL_DRIFT_NAMES_MAX);
	for (int c = 0; c < SL_DRIFT_CLASSES; c++) {
		double all = (double)SL_MAX(rates->messages[c], (size_t)1);

		expected->messages[c] = all;
		for (size_t i = 0; i < SL_DRIFT_BINS; i++)
			expected->bins[c][i] = (double)rates->bins[c][i] / all;
		for (size_t i = 0; i < expected->names_len; i++) {
			memcpy(expected->names[i].name, sorted[i].name, sizeof(sorted[i].name));
			expected->names[i].rate[c] = (double)sorted[i].count[c] / all;
		}
	}
	sl_drift_write(expected, out);
	sl_free(sorted);
	sl_free(expected);
}
