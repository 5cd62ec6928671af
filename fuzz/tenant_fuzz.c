/*
 * tenant_fuzz.c - a tenant from hostile JSON: what is imported is exported, and that, imported again, is the same
 */

#include "store/exchange.h"
#include "store/tree.h"

static const struct sl_actor actor = { .account = { (const unsigned char *)"fuzz", 4 } };

static struct sl_store *
database(void)
{
	static struct sl_store *store;
	struct sl_store_options options = { .path = ":memory:", .fast = true };

	if (store == NULL)
		SL_ASSERT(sl_store_open(&options, &store) == 0);
	return store;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_store *store = database();
	struct sl_buf first, second;
	struct sl_node tenant;
	size_t refused;

	if (sl_store_import(store, &actor, SL_NODE_OPERATOR, sl_slice(data, len), NULL, NULL, &tenant, &refused) != 0)
		return 0;
	sl_buf_init(&first, SL_EXCHANGE_MAX);
	sl_buf_init(&second, SL_EXCHANGE_MAX);
	SL_ASSERT(sl_store_export(store, tenant, &first) == 0);
	SL_ASSERT(sl_store_remove(store, &actor, tenant) == 0);
	if (sl_store_import(store, &actor, SL_NODE_OPERATOR, sl_buf_slice(&first), NULL, NULL, &tenant, &refused) != 0)
		SL_UNREACHABLE(sl_store_error(store));
	SL_ASSERT(sl_store_export(store, tenant, &second) == 0);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&first), sl_buf_slice(&second)));
	SL_ASSERT(sl_store_remove(store, &actor, tenant) == 0);
	SL_ASSERT(sl_store_check(store) == 0);
	sl_buf_fini(&first);
	sl_buf_fini(&second);
	return 0;
}
