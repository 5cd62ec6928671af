/*
 * scope.h - numbers of a tenant's mail by domain and by user, or of that for some of them alone
 *
 * A scope is made of a question (counts.h) and takes messages (traffic/traffic.h). A domain's aliases count as the domain. What a message counts is said at
 * sl_traffic_message_sums: once in each domain, and with each user, that it had a recipient in; so of messages for several the messages and bytes of all
 * domains are more than the tenant's, the recipients are not. The largest SL_REPORT_DOMAINS_TOP and SL_REPORT_USERS_TOP are rows, by messages; all others are
 * summed in one row behind them, whose key is SL_REPORT_OTHERS.
 *
 * Memory: 150 bytes a name, of at most SL_REPORT_NAMES_MAX: when there are more, the smaller half is summed up as others, and `cut` says that a name that came
 * again behind that may count for less. Names are hashed by a key of the scope's own, as strangers choose some. Pure but for that key.
 */
#ifndef SL_REPORT_SCOPE_H
#define SL_REPORT_SCOPE_H

#include "report/counts.h"

#define SL_REPORT_NAMES_MAX	262144u

struct sl_report_scope;
/* Of a question that was read (borrowed while the scope lives). Messages of the scope count in `days` and `causes` too, if it is of some alone. */
struct sl_report_scope	*sl_report_scope_new(const struct sl_report_ask *ask, struct sl_report_counts *counts);
void			 sl_report_scope_free(struct sl_report_scope **scope);
/* Does it want messages, or do tenants' sums say all that is asked for? */
bool	sl_report_scope_wants(const struct sl_report_ask *ask);
/* Is this address, as it was written, one that the question is of? For who asks that alone, `counts` may be NULL. */
bool	sl_report_scope_has(struct sl_report_scope *scope, struct sl_slice address);
void	sl_report_scope_add(struct sl_report_scope *scope, const struct sl_traffic_message *message);
/* Of days whose messages are gone: sums by domain. */
void	sl_report_scope_add_domain(struct sl_report_scope *scope, const struct sl_traffic_sum *sum);
/* All were added: domains and users into the counts. */
void	sl_report_scope_finish(struct sl_report_scope *scope);

#endif
