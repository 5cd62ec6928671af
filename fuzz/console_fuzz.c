/*
 * console_fuzz.c - hostile requests: every one is answered; whoever has no role gets none granted, whatever it says
 *
 * A tenant's administrator asks first (of the tenant below; nothing above it may change), then an account of no role.
 */

#include "console.h"
#include "store/audit.h"
#include "store/grants.h"
#include "store/tree.h"
#include "store/walk.h"

static const struct sl_actor actor = { .account = { (const unsigned char *)"fuzz", 4 } };

static struct sl_store *
database(void)
{
	static struct sl_store *store;
	struct sl_store_options options = { .path = ":memory:", .fast = true };
	struct sl_node tenant;

	if (store != NULL)
		return store;
	SL_ASSERT(sl_store_open(&options, &store) == 0);
	SL_ASSERT(sl_store_tenant_add(store, &actor, SL_NODE_OPERATOR, SL_SLICE_LIT("other.example"), &tenant) == 0);
	return store;
}

static bool
answer(struct sl_store *store, struct sl_slice account, struct sl_slice request)
{
	struct console console = { .store = store, .keeps = true };
	json_t *reply = console_answer(&console, account, request, NULL);
	bool ok = json_is_true(json_object_get(reply, "ok"));

	SL_ASSERT(ok || json_string_length(json_object_get(reply, "error")) > 0);
	json_decref(reply);
	return ok;
}

static int
count_tenant(void *ctx, const struct sl_tenant_row *row)
{
	*(int *)ctx += sl_slice_eq(row->name, SL_SLICE_LIT("other.example")) && row->settings.state == SL_TENANT_ON;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_store *store = database();
	struct sl_slice request = sl_slice(data, len);
	struct sl_node tenant, domain;
	int others = 0;

	SL_ASSERT(sl_store_begin(store) == 0);
	SL_ASSERT(sl_store_tenant_add(store, &actor, SL_NODE_OPERATOR, SL_SLICE_LIT("n.example"), &tenant) == 0);
	SL_ASSERT(sl_store_domain_add(store, &actor, tenant, SL_SLICE_LIT("n.example"), (struct sl_node){ SL_LEVEL_DOMAIN, 0 },
	    &domain) == 0);
	SL_ASSERT(sl_store_grant_add(store, &actor, SL_SLICE_LIT("ta"), SL_ROLE_TENANT_ADMINISTRATOR, tenant) == 0);
	SL_ASSERT(sl_store_commit(store) == 0);
	SL_ASSERT(!answer(store, SL_SLICE_LIT("nobody"), request));
	(void)answer(store, SL_SLICE_LIT("ta"), request);
	SL_ASSERT(sl_store_walk(store, &(struct sl_walk){ .tenant = count_tenant }, &others, SL_NODE_OPERATOR, NULL) == 0);
	SL_ASSERT(others == 1);
	(void)(sl_store_remove(store, &actor, tenant) == 0);	/* it may have removed itself */
	return 0;
}
