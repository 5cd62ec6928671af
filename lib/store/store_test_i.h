/* store_test_i.h - private to the store's tests: a database in a directory of its own, and a clock */
#ifndef SL_STORE_TEST_I_H
#define SL_STORE_TEST_I_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "store/tree.h"
#include "store/walk.h"

#define S(text)	sl_slice_str(text)

static int64_t test_now_s = 1700000000;

static int64_t
test_wall(void *ctx)
{
	return test_now_s * 1000000;
}

static const struct sl_clock test_clock = { .wall_us = test_wall };
static const struct sl_actor anna = { .account = { (const unsigned char *)"anna", 4 },
	.note = { (const unsigned char *)"asked for", 9 } };

struct fixture {
	char		 directory[64];
	char		 path[96];
	struct sl_store	*store;
};

static inline void
fixture_open(struct fixture *f)
{
	struct sl_store_options options = { .path = f->path, .clock = &test_clock };

	if (sl_store_open(&options, &f->store) != 0)
		fail_msg("%s", sl_store_error(f->store));
}

static inline void
fixture_init(struct fixture *f)
{
	test_now_s = 1700000000;
	snprintf(f->directory, sizeof(f->directory), "%s/sluice-store-XXXXXX", "/tmp");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof(f->path), "%s/settings.db", f->directory);
	fixture_open(f);
}

static int
fixture_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static inline void
fixture_fini(struct fixture *f)
{
	sl_store_close(&f->store);
	nftw(f->directory, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* It must work; or say what came instead. */
#define OK(f, call)								\
	do {									\
		int ok_r = (call);						\
		if (ok_r != 0)							\
			fail_msg("%s: %s (%s)", #call, sl_strerror(ok_r), sl_store_error((f)->store));	\
	} while (0)
#define GIVES(f, result, call)							\
	do {									\
		int gives_r = (call);						\
		if (gives_r != (result))					\
			fail_msg("%s: %s (%s)", #call, sl_strerror(gives_r), sl_store_error((f)->store));	\
	} while (0)

static inline struct sl_node
node_of(struct fixture *f, const char *text)
{
	struct sl_node node;

	OK(f, sl_store_find_text(f->store, S(text), &node));
	return node;
}

static inline struct sl_node
add_tenant(struct fixture *f, struct sl_node above, const char *name)
{
	struct sl_route route;
	struct sl_node tenant, domain;

	assert_int_equal(sl_route_parse(S("mx.internal"), &route), 0);
	OK(f, sl_store_tenant_add(f->store, &anna, above, S(name), &tenant));
	OK(f, sl_store_routes_set(f->store, &anna, tenant, &route, 1));
	OK(f, sl_store_domain_add(f->store, &anna, tenant, S(name), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &domain));
	return tenant;
}

/* ---- a walk as text, a line a row */

static int
dump_partner(void *ctx, const struct sl_partner_row *row)
{
	sl_buf_addf(ctx, "partner %.*s\n", SL_SLICE_ARG(row->name));
	return 0;
}

static int
dump_tenant(void *ctx, const struct sl_tenant_row *row)
{
	sl_buf_addf(ctx, "tenant %.*s of %lld %s %s %u\n", SL_SLICE_ARG(row->name), (long long)row->partner,
	    sl_tenant_state_word(row->settings.state), sl_tenant_users_word(row->settings.users),
	    row->settings.discover_days);
	return 0;
}

static int
dump_route(void *ctx, const struct sl_route_row *row)
{
	sl_buf_addf(ctx, "route %lld.%u %.*s %u %s\n", (long long)row->tenant, row->place, SL_SLICE_ARG(row->route.host),
	    row->route.port, sl_route_tls_word(row->route.tls));
	return 0;
}

static int
dump_key(void *ctx, const struct sl_tenant_key *row)
{
	sl_buf_addf(ctx, "key of %lld %02x %.*s %s\n", (long long)row->tenant.id, row->public_key[0],
	    SL_SLICE_ARG(row->wrapped), sl_key_holder_word(row->holder));
	return 0;
}

static int
dump_domain(void *ctx, const struct sl_domain_row *row)
{
	sl_buf_addf(ctx, "domain %.*s of %lld alias of %lld\n", SL_SLICE_ARG(row->name), (long long)row->tenant,
	    (long long)row->alias_of);
	return 0;
}

static int
dump_group(void *ctx, const struct sl_group_row *row)
{
	sl_buf_addf(ctx, "group %.*s in %lld\n", SL_SLICE_ARG(row->name), (long long)row->domain);
	return 0;
}

static int
dump_user(void *ctx, const struct sl_user_row *row)
{
	sl_buf_addf(ctx, "user %.*s in %lld group %lld %s\n", SL_SLICE_ARG(row->local), (long long)row->domain,
	    (long long)row->group, sl_user_source_word(row->source));
	return 0;
}

static int
dump_list(void *ctx, const struct sl_list_row *row)
{
	sl_buf_addf(ctx, "list %s:%lld %s %s %.*s %u \"%.*s\" %lld by %.*s\n", sl_level_word(row->node.level),
	    (long long)row->node.id, sl_entry_kind_word(row->entry.kind), sl_entry_type_word(row->entry.type),
	    SL_SLICE_ARG(row->entry.value), row->entry.options, SL_SLICE_ARG(row->entry.note),
	    (long long)row->entry.expires_at, SL_SLICE_ARG(row->entry.added_by));
	return 0;
}

static int
dump_layer(void *ctx, const struct sl_layer_row *row)
{
	sl_buf_addf(ctx, "layer %s:%lld %.*s %lld \"%.*s\"\n", sl_level_word(row->node.level), (long long)row->node.id,
	    SL_SLICE_ARG(row->name), (long long)row->version, SL_SLICE_ARG(row->text));
	return 0;
}

static const struct sl_walk dump = { dump_partner, dump_tenant, dump_route, dump_key, dump_domain, dump_group, dump_user,
	dump_list, dump_layer };

static inline void
assert_walk(struct fixture *f, struct sl_node node, const char *expected)
{
	struct sl_buf out;

	sl_buf_init(&out, (size_t)1 << 24);
	OK(f, sl_store_walk(f->store, &dump, &out, node, NULL));
	if (strcmp(sl_buf_cstr(&out), expected) != 0)
		fail_msg("is:\n%s\nwants:\n%s", sl_buf_cstr(&out), expected);
	sl_buf_fini(&out);
}

#endif
