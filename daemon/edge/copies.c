/* copies.c - see copies.h */

#include "copies.h"

#include "session.h"

static bool
is_there_already(const struct transaction *tx, struct sl_slice to)
{
	for (size_t i = 0; i < tx->copies.len; i++)
		if (sl_slice_ieq(tx->copies.to[i], to))
			return true;
	for (const struct recipient *r = tx->recipients; r != NULL; r = r->next)
		if (r->class->fate == FATE_DELIVER && sl_slice_ieq(r->mailbox, to))
			return true;
	return false;
}

void
copies_gather(struct session *s)
{
	struct transaction *tx = s->tx;

	tx->copies.len = 0;
	for (size_t i = 0; i < tx->classes.len && tx->copies.len < COPIES_MAX; i++) {
		const struct class *class = tx->classes.items[i];
		const struct sl_ruling *ruling = &class->decision.ruling;
		struct sl_slice to = class->policy->values.copy_to;

		if (class->recipients == 0 || !ruling->copy || !ruling->enforced || class->fate == FATE_DEFER || to.len == 0 ||
		    is_there_already(tx, to))
			continue;
		tx->copies.to[tx->copies.len++] = to;	/* the class holds its policy as long as the transaction lasts */
	}
	if (tx->copies.len > 0 && (tx->delivery.state != DELIVERY_OPEN || tx->flowing)) {
		tx->copies.missed = true;
		tx->copies.len = 0;
		sl_log(SL_LOG_WARNING, "%s: no copy: the message outgrew the window, and the next hop had been given a part of it", tx->id);
	}
}

int
copies_add(struct session *s)
{
	struct transaction *tx = s->tx;
	int r = 0;

	for (size_t i = 0; i < tx->copies.len && r == 0; i++)
		r = delivery_copy(&tx->delivery, tx->copies.to[i]);
	return r;
}
