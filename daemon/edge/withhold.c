/* withhold.c - see withhold.h */

#include "withhold.h"

#include "session.h"

bool
withhold_may_be(const struct transaction *tx)
{
	return tx->judge.on && (classes_copy(&tx->classes) || (classes_in_use(&tx->classes) > 1 && classes_keep(&tx->classes)));
}

bool
withhold(struct session *s, size_t keep)
{
	struct transaction *tx = s->tx;
	struct sl_chain chain = { 0 };
	size_t held = message_held(&tx->message);

	if (!tx->withheld)
		tx->withheld = withhold_may_be(tx) && keeping_hold(&tx->keeping);
	if (!tx->withheld) {
		if (!classes_keep(&tx->classes))
			keeping_abort(&tx->keeping);	/* what flows is not captured for a copy that cannot be made */
		return false;
	}
	message_take(&tx->message, &chain, held - SL_MIN(held, keep));
	keeping_feed(&tx->keeping, &chain);
	sl_chain_clear(&chain);
	return true;
}

/* The header, as it was when it left the window. */
static int
head_again(struct session *s)
{
	struct transaction *tx = s->tx;
	size_t want = message_head_wire_bytes(&tx->message);
	int r = SL_MORE;

	while (r == SL_MORE && tx->message.body.len < want)
		r = keeping_wire_read(&tx->keeping, s->edge->chunks, &tx->message.body);
	tx->withheld_end = r == SL_DONE;
	sl_chain_move_front(&tx->message.head, &tx->message.body, SL_MIN(want, tx->message.body.len));
	return r < 0 ? r : 0;
}

int
withhold_end(struct session *s, bool head)
{
	struct transaction *tx = s->tx;
	int r = keeping_wire_begin(&tx->keeping, &tx->message.head, &tx->message.body);

	sl_chain_clear(&tx->message.head);
	sl_chain_clear(&tx->message.body);
	return r == 0 && head ? head_again(s) : r;
}

int
withhold_push(struct session *s)
{
	struct transaction *tx = s->tx;
	struct sl_chain chain = { 0 };
	int r = tx->withheld_end ? SL_DONE : SL_MORE;

	message_take(&tx->message, &chain, message_held(&tx->message));
	do {
		if (r == SL_MORE)
			r = keeping_wire_read(&tx->keeping, s->edge->chunks, &chain);
		delivery_write(&tx->delivery, &chain);
		delivery_flush(&tx->delivery);
	} while (r == SL_MORE && delivery_room(&tx->delivery) > 0);
	sl_chain_clear(&chain);
	return r;
}
