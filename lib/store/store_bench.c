/*
 * store_bench.c - how fast the settings database is loaded, walked and changed
 *
 * usage: store_bench DIRECTORY [SHARE [ENTRIES]]	SHARE of 35,000 tenants, 60,000 domains, 1,000,000 users, 5,000,000 entries; or
 *						so many entries
 *
 * Every seventh tenant is of partner:large, every third builds on the operator's template gold; a tenth of the users is
 * tenant:large.example's. Prints seconds and rows a second; the database stays in DIRECTORY.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "store/layers.h"
#include "store/walk.h"

#define BATCH	1000

static const struct sl_actor actor = { .account = { (const unsigned char *)"bench", 5 } };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(struct sl_store *store, int r)
{
	if (r != 0) {
		fprintf(stderr, "store_bench: %s (%s)\n", sl_store_error(store), sl_strerror(r));
		exit(1);
	}
}

static void
told(const char *what, double rows, double since)
{
	double s = now() - since;

	printf("%-28s %10.0f rows  %7.2f s  %9.0f rows/s\n", what, rows, s, rows / s);
	fflush(stdout);
}

/* ---- loading ---- */

static int
check_text(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	sl_buf_add_slice(canonical, text);
	return 0;
}

static void
add_tenants(struct sl_store *store, int tenants, int domains)
{
	double since = now();
	struct sl_node large;
	int64_t first;

	must(store, sl_store_begin(store));
	must(store, sl_store_partner_add(store, &actor, sl_slice_str("large"), &large));
	must(store, sl_store_layer_set(store, &actor, SL_NODE_OPERATOR, sl_slice_str("gold"), sl_slice_str("level: maximum\n"),
	    SL_LAYER_ANY, check_text, NULL, &first));
	for (int i = 0; i < tenants; i++) {
		char name[64], text[64];
		struct sl_node tenant, domain;
		struct sl_route route = { sl_slice_str("192.0.2.1"), 25, SL_ROUTE_TLS_OPPORTUNISTIC };
		int64_t version;

		snprintf(name, sizeof(name), "tenant%d.example", i);
		must(store, sl_store_tenant_add(store, &actor, i % 7 == 0 ? large : SL_NODE_OPERATOR, sl_slice_str(name), &tenant));
		must(store, sl_store_routes_set(store, &actor, tenant, &route, 1));
		/* Every third has a policy of its own kind. */
		snprintf(text, sizeof(text), i % 3 != 0 ? "level: standard\n" : "template: gold\nspam: {tag: 0.%d}\n", 500 + i % 400);
		must(store, sl_store_layer_set(store, &actor, tenant, sl_slice(NULL, 0), sl_slice_str(text), SL_LAYER_ANY, check_text, NULL, &version));
		for (int d = i; d < domains; d += tenants) {
			snprintf(name, sizeof(name), "tenant%d.example", d);
			must(store, sl_store_domain_add(store, &actor, tenant, sl_slice_str(name), (struct sl_node){ SL_LEVEL_DOMAIN, 0 },
			    &domain));
		}
	}
	must(store, sl_store_commit(store));
	told("tenants, with audit entries", tenants, since);
}

static void
add_users(struct sl_store *store, int tenants, int domains, int users)
{
	struct sl_new_user rows[BATCH];
	char addresses[BATCH][64];
	double since = now();

	must(store, sl_store_begin(store));
	for (int t = 0; t < tenants; t++) {
		size_t len = 0;

		for (int d = t; d < domains; d += tenants) {
			for (int u = d; u < users; u += domains) {
				snprintf(addresses[len], sizeof(addresses[len]), "user%d@tenant%d.example", u, d);
				rows[len] = (struct sl_new_user){ sl_slice_str(addresses[len]), u % 3 == 0 ? sl_slice_str("sales") :
				    sl_slice(NULL, 0) };
				len += len < BATCH - 1;
			}
		}
		must(store, sl_store_users_add(store, &actor, (struct sl_node){ SL_LEVEL_TENANT, t + 1 }, SL_USER_IMPORTED, rows,
		    len, NULL));
	}
	must(store, sl_store_commit(store));
	told("users", users, since);
}

/* All of one tenant. */
static void
add_large(struct sl_store *store, int users)
{
	struct sl_route route = { sl_slice_str("192.0.2.1"), 25, SL_ROUTE_TLS_OPPORTUNISTIC };
	struct sl_new_user rows[BATCH];
	char addresses[BATCH][64];
	struct sl_node tenant, domain;
	double since = now();

	must(store, sl_store_begin(store));
	must(store, sl_store_tenant_add(store, &actor, SL_NODE_OPERATOR, sl_slice_str("large.example"), &tenant));
	must(store, sl_store_routes_set(store, &actor, tenant, &route, 1));
	must(store, sl_store_domain_add(store, &actor, tenant, sl_slice_str("large.example"), (struct sl_node){ SL_LEVEL_DOMAIN, 0 },
	    &domain));
	for (int u = 0; u < users; u += BATCH) {
		size_t len = (size_t)SL_MIN(BATCH, users - u);

		for (size_t i = 0; i < len; i++) {
			snprintf(addresses[i], sizeof(addresses[i]), "user%d@large.example", u + (int)i);
			rows[i] = (struct sl_new_user){ sl_slice_str(addresses[i]), i % 3 == 0 ? sl_slice_str("sales") : sl_slice(NULL, 0) };
		}
		must(store, sl_store_users_add(store, &actor, tenant, SL_USER_IMPORTED, rows, len, NULL));
	}
	must(store, sl_store_commit(store));
	told("users of one tenant", users, since);
}

/* Half at tenants, half at users. */
static void
add_lists(struct sl_store *store, int tenants, int users, int entries)
{
	struct sl_store_entry rows[BATCH];
	char values[BATCH][64];
	double since = now();
	int each_tenant = entries / 2 / tenants, each_user = entries / 2 / users, done = 0;

	must(store, sl_store_begin(store));
	for (int i = 0; i < tenants + users; i++) {
		struct sl_node node = i < tenants ? (struct sl_node){ SL_LEVEL_TENANT, i + 1 } :
		    (struct sl_node){ SL_LEVEL_USER, i - tenants + 1 };
		int len = SL_MIN(i < tenants ? each_tenant : each_user, BATCH);

		for (int e = 0; e < len; e++) {
			if (e % 10 == 9)
				snprintf(values[e], sizeof(values[e]), "192.0.%d.%d", e / 10, i & 255);
			else if (e % 3 == 0)
				snprintf(values[e], sizeof(values[e]), "partner%d-%d.example", i, e);
			else
				snprintf(values[e], sizeof(values[e]), "sender%d@partner%d.example", e, i);
			rows[e] = (struct sl_store_entry){ .kind = e & 1 ? SL_ENTRY_DENY : SL_ENTRY_ALLOW, .value = sl_slice_str(values[e]) };
		}
		must(store, sl_store_list_add(store, &actor, node, rows, (size_t)len, NULL));
		done += len;
	}
	must(store, sl_store_commit(store));
	told("list entries", done, since);
}

/* ---- walking ---- */

static int64_t rows, bytes;

#define COUNT(name, type, text)							\
	static int								\
	count_##name(void *ctx, const struct type *row)				\
	{									\
		rows++;								\
		bytes += (int64_t)(text).len;					\
		return 0;							\
	}
COUNT(partner, sl_partner_row, row->name)
COUNT(tenant, sl_tenant_row, row->name)
COUNT(route, sl_route_row, row->route.host)
COUNT(key, sl_tenant_key, row->wrapped)
COUNT(domain, sl_domain_row, row->name)
COUNT(group, sl_group_row, row->name)
COUNT(user, sl_user_row, row->local)
COUNT(list, sl_list_row, row->entry.value)
COUNT(layer, sl_layer_row, row->text)

static const struct sl_walk count = { count_partner, count_tenant, count_route, count_key, count_domain, count_group,
	count_user, count_list, count_layer };

static void
walk(struct sl_store *store, const char *what, struct sl_node node)
{
	double since = now();
	int64_t change;

	rows = bytes = 0;
	must(store, sl_store_walk(store, &count, NULL, node, &change));
	told(what, (double)rows, since);
}

/* One setting changed, as an administrator does: with its sync. */
static void
change_one(struct sl_store *store, int times)
{
	double since = now();

	for (int i = 0; i < times; i++) {
		char text[64];
		int64_t version;

		snprintf(text, sizeof(text), "level: maximum\nsubject_tag: \"[%d]\"\n", i);
		must(store, sl_store_layer_set(store, &actor, (struct sl_node){ SL_LEVEL_TENANT, 1 + i }, sl_slice(NULL, 0),
		    sl_slice_str(text), SL_LAYER_ANY, check_text, NULL, &version));
	}
	told("one setting, synced", times, since);
}

int
main(int argc, char **argv)
{
	double share = argc > 2 ? atof(argv[2]) : 0.01;
	int tenants = SL_MAX(10, (int)(35000 * share)), domains = SL_MAX(20, (int)(60000 * share));
	int users = SL_MAX(100, (int)(1000000 * share)), entries = SL_MAX(500, (int)(5000000 * share));
	struct sl_store_options options = { .fast = true };
	struct sl_store *store;
	struct rusage usage;
	char *path;
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: store_bench DIRECTORY [SHARE]\n");
		return 2;
	}
	path = sl_xasprintf("%s/settings.db", argv[1]);
	options.path = path;
	r = sl_store_open(&options, &store);
	must(store, r);
	add_tenants(store, tenants, domains);
	add_users(store, tenants, domains, users - users / 10);
	add_large(store, users / 10);
	if (argc <= 3 || atoi(argv[3]) > 0)
		add_lists(store, tenants, users, argc > 3 ? atoi(argv[3]) : entries);
	sl_store_close(&store);
	options.fast = false;
	r = sl_store_open(&options, &store);
	must(store, r);
	walk(store, "all of it", SL_NODE_OPERATOR);
	walk(store, "all of it again", SL_NODE_OPERATOR);
	walk(store, "one tenant", (struct sl_node){ SL_LEVEL_TENANT, tenants / 2 });
	change_one(store, SL_MIN(100, tenants));
	getrusage(RUSAGE_SELF, &usage);
	printf("largest resident size: %.1f MiB\n", (double)usage.ru_maxrss / 1024);
	sl_store_close(&store);
	sl_free(path);
	return 0;
}
