/* chunk_test.c - chains against a plain string doing the same */

#include "check.h"
#include <stdlib.h>

#include "sl/chunk.h"

#define MODEL_MAX	(1u << 20)

static void
chain_equals(const struct sl_chain *chain, const unsigned char *model, size_t len)
{
	const struct sl_piece *at = NULL;
	struct sl_slice bytes;
	size_t seen = 0;

	assert_int_equal(chain->len, len);
	while (sl_chain_next(chain, &at, &bytes)) {
		assert_true(bytes.len <= len - seen);
		assert_memory_equal(bytes.ptr, model + seen, bytes.len);
		seen += bytes.len;
	}
	assert_int_equal(seen, len);
}

static void
a_chain_behaves_like_a_string(void **state)
{
	struct sl_chunk_pool *pool = sl_chunk_pool_new(4);
	unsigned char *model = sl_xmalloc(MODEL_MAX), *fill = sl_xmalloc(70000);
	struct sl_chain chain = { 0 }, other = { 0 };
	size_t len = 0;

	srand(7);
	for (int step = 0; step < 20000; step++) {
		size_t n = (size_t)rand() % (step % 7 == 0 ? 70000 : 200);

		switch (rand() % 5) {
		case 0:
		case 1:
			n = SL_MIN(n, MODEL_MAX - len);
			memset(fill, rand(), n);
			sl_chain_add_copy(&chain, pool, fill, n);
			memcpy(model + len, fill, n);
			len += n;
			break;
		case 2:
			n = SL_MIN(n, len);
			sl_chain_drop_front(&chain, n);
			memmove(model, model + n, len - n);
			len -= n;
			break;
		case 3:
			n = SL_MIN(n, len);
			sl_chain_drop_back(&chain, n);
			len -= n;
			break;
		default:
			sl_chain_move_front(&other, &chain, SL_MIN(n, len));
			sl_chain_move(&other, &chain);
			sl_chain_move(&chain, &other);
		}
		if (step % 50 == 0)
			chain_equals(&chain, model, len);
	}
	chain_equals(&chain, model, len);
	sl_chain_clear(&chain);
	assert_int_equal(sl_chunk_pool_in_use(pool), 0);
	sl_chunk_pool_free(&pool);
	sl_free(model);
	sl_free(fill);
}

static void
pieces_that_touch_are_merged(void **state)
{
	struct sl_chunk_pool *pool = sl_chunk_pool_new(1);
	struct sl_chunk *c = sl_chunk_get(pool);
	struct sl_chain chain = { 0 };
	struct iovec v[4];

	memset(c->data, 'x', 100);
	c->used_bytes = 100;
	sl_chain_add_ref(&chain, c, c->data, 10);
	sl_chain_add_ref(&chain, c, c->data + 10, 20);
	assert_int_equal(sl_chain_peek(&chain, v, 4), 1);
	assert_int_equal(v[0].iov_len, 30);
	sl_chain_add_ref(&chain, c, c->data + 31, 5);
	assert_int_equal(sl_chain_peek(&chain, v, 4), 2);
	assert_int_equal(c->refs, 3);
	sl_chain_clear(&chain);
	sl_chunk_unref(&c);
	sl_chunk_pool_free(&pool);
}

static void
bytes_are_zeroed_when_the_last_holder_lets_go(void **state)
{
	struct sl_chunk_pool *pool = sl_chunk_pool_new(1);
	struct sl_chain chain = { 0 };
	struct sl_chunk *c;

	sl_chain_add_copy(&chain, pool, "secret", 6);
	sl_chain_clear(&chain);
	c = sl_chunk_get(pool);		/* the same one, from the free list */
	assert_int_not_equal(memcmp(c->data, "secret", 6), 0);
	sl_chunk_unref(&c);
	sl_chunk_pool_free(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_behaves_like_a_string),
		cmocka_unit_test(pieces_that_touch_are_merged),
		cmocka_unit_test(bytes_are_zeroed_when_the_last_holder_lets_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
