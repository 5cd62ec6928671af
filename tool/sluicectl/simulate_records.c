/* simulate_records.c - the records that a simulation replays; see simulate.h */

#include "simulate.h"

#include <errno.h>
#include <stdlib.h>

#include "traffic/traffic.h"

struct walk {
	records_each	*each;
	void		*ctx;
};

static int
on_line(void *ctx, struct sl_slice line)
{
	struct walk *walk = ctx;

	walk->each(walk->ctx, line);
	return 0;
}

bool
records_of_traffic(const char *directory, int64_t since_us, const char *tenant, records_each *each, void *ctx,
    struct records *out)
{
	struct sl_traffic_options options = { .directory = directory, .read_only = true };
	struct sl_traffic_query query = { .since_us = since_us, .limit = SIZE_MAX };
	struct sl_traffic_found found = { 0 };
	struct walk walk = { each, ctx };
	struct sl_traffic *traffic;
	int r = sl_traffic_open(&options, &traffic);

	if (tenant != NULL)
		query.tenant = sl_slice_str(tenant);
	if (r == 0)
		r = sl_traffic_search(traffic, &query, on_line, &walk, &found);
	if (r != 0)
		fprintf(stderr, "sluicectl policy simulate: %s\n", sl_traffic_error(traffic));
	out->lost += found.lost;
	sl_traffic_close(&traffic);
	return r == 0;
}

bool
records_of_file(const char *path, records_each *each, void *ctx)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool good = true;

	if (file == NULL) {
		fprintf(stderr, "sluicectl policy simulate: %s: %s\n", path, strerror(errno));
		return false;
	}
	while ((len = getline(&line, &size, file)) > 0) {
		struct sl_slice s = sl_slice_trim(sl_slice(line, (size_t)len));

		if (s.len > 0)
			each(ctx, s);
	}
	if (ferror(file)) {
		fprintf(stderr, "sluicectl policy simulate: %s: %s\n", path, strerror(errno));
		good = false;
	}
	free(line);
	if (file != stdin)
		fclose(file);
	return good;
}
