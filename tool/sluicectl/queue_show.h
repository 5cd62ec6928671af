/*
 * queue_show.h - entries of the courier's queue: asking for them, and what of them is said in words
 */
#ifndef SLUICECTL_QUEUE_SHOW_H
#define SLUICECTL_QUEUE_SHOW_H

#include "kept/courier.h"

/* Of one entry, borrowed for the call. */
typedef void	queue_each(void *ctx, const struct sl_courier_entry *entry);

/* A channel to the courier; NULL: it is said why not. */
struct sl_ipc	*queue_connect(const char *control);
/* Ask, and take what comes to its end; lists go on, page by page, until `limit` entries (0: all). Returns SL_DONE or an SL_ERR_*;
 * *count_out is what the courier counted. */
int	queue_ask(struct sl_ipc *ipc, struct sl_courier_ask *ask, uint32_t limit, queue_each *each, void *ctx, uint64_t *count_out);

const char	*queue_state_word(uint32_t state);
const char	*queue_rcpt_word(uint32_t state);
const char	*queue_purpose_word(uint32_t purpose);
/* The recipient whose reply says most; false: there is none. */
bool	queue_telling(const struct sl_courier_entry *entry, struct sl_courier_rcpt *out, size_t *count_out);
/* One JSON object, without a line's end. */
void	queue_json(const struct sl_courier_entry *entry, struct sl_buf *out);

#endif
