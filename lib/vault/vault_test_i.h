/*
 * vault_test_i.h - what the tests of the vault share: messages that can be told apart, sealed beforehand
 */
#ifndef SL_VAULT_VAULT_TEST_I_H
#define SL_VAULT_VAULT_TEST_I_H

#include "check.h"
#include "disk_memory_i.h"
#include "vault/vault.h"

#define TEST_DAY	20000u
#define TEST_TIME	(TEST_DAY * SL_VAULT_DAY_US)

extern const unsigned char test_master[SL_VAULT_MASTER_BYTES];
extern const struct sl_slice test_tenant;	/* "example.com" */

/* A message as an edge would hand it over. */
struct test_sealed {
	unsigned	number;
	int64_t		received_us;
	struct sl_buf	body;
	unsigned char	record[SL_SEAL_RECORD_BYTES];
};
/* Message `number` of `len` bytes for `recipients` people, the first of which is uN@example.com; its subject is "message N". */
void	test_seal(struct test_sealed *sealed, unsigned number, size_t len, unsigned recipients,
    const unsigned char public[SL_SEAL_KEY_BYTES], struct sl_slice tenant);
void	test_sealed_fini(struct test_sealed *sealed);
/* The bytes of message `number`. */
void	test_message(struct sl_buf *out, unsigned number, size_t len);

/* A pair that a tenant holds: the key is `test_master`. */
void	test_held(struct sl_seal_pair *pair_out, unsigned char wrapped_out[SL_SEAL_WRAPPED_BYTES], struct sl_slice tenant);

struct test_done {
	unsigned	called;
	int		result;
	unsigned char	id[SL_VAULT_ID_BYTES];
};
void	test_on_done(void *ctx, int result, const unsigned char id[SL_VAULT_ID_BYTES]);
/* Begin, feed and commit. The first error, or 0: `done` is told at the flush. */
int	test_commit(struct sl_vault *vault, struct sl_slice tenant, const struct test_sealed *sealed, uint32_t day,
    struct test_done *done);
/* The same with a flush: the result that `done` was told. */
int	test_add(struct sl_vault *vault, struct sl_slice tenant, const struct test_sealed *sealed, uint32_t day,
    unsigned char id_out[SL_VAULT_ID_BYTES]);

/* Open one and compare it with message `number`: 0, or what went wrong. Fails the test if other bytes come out. */
int	test_open(struct sl_vault *vault, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES], unsigned *number_out);

struct test_list {
	size_t			len;
	struct test_listed {
		unsigned char		id[SL_VAULT_ID_BYTES];
		int64_t			received_us;
		uint32_t		day;
		enum sl_vault_state	state;
		bool			opens;
		unsigned		number;	/* from its subject */
	} list[4096];
};
/* All that match, over as many calls as it takes. Returns SL_DONE or the error. */
int	test_list(struct sl_vault *vault, struct sl_slice tenant, struct sl_vault_query query, struct test_list *out);

#endif
