/*
 * edge_vault_i.h - the vault as a test plays it, for an edge in this process (edge_test_i.h)
 *
 * It answers keys of any tenant with the one public key of `fake.pair`, and notes the last message that it was given.
 */
#ifndef EDGE_VAULT_I_H
#define EDGE_VAULT_I_H

#include "edge_test_i.h"
#include "kept/kept.h"
#include "seal/record.h"

struct fake {
	struct rig	*rig;
	struct sl_ipc	*ipc;
	struct sl_seal_pair pair;
	struct sl_kept_keep keep;	/* the last one that was asked: numbers and sizes alone are good */
	unsigned char	 record[SL_SEAL_RECORD_BYTES];
	char		 tenant[SL_KEPT_TENANT_MAX + 1];	/* that it was asked for last */
	int		 body_fd;
	unsigned	 keeps, keys;
	bool		 answers_keys;
};
extern struct fake fake;

/* Join a new one to the edge; a pair of keys must be in it. */
void	fake_open(struct rig *rig);
void	fake_close(void);
void	fake_key(struct sl_slice key);	/* the answer to what was asked last */
/* The edge speaks, the vault hears and answers keys, until nobody has more to say; time for tasks goes by. */
void	fake_settle(void);
void	fake_answer(int result);
/* Lend a file. Returns it, the caller's to close. */
int	fake_lends(void);
/* Open what was kept last: its record's items into `items`, the message into `message`. An unmet expectation is the test's end. */
void	fake_opens(struct sl_seal_view *view_out, unsigned char plain[SL_SEAL_RECORD_PLAIN], struct sl_buf *message);

#endif
