/*
 * sa_view.h - a message as SpamAssassin 4.0.1 sees it
 *
 * Its rules are written against its own view of a message: header fields decoded and joined in its way,
 * MIME read in its way, HTML rendered by its own rules, text cut in pieces. A rule means the same
 * here only if it is shown the same bytes; so this is another reading of the message beside content.h,
 * faithful to that program (Message.pm, Message/Node.pm, HTML.pm, PerMsgStatus.pm, Received.pm) down to
 * its oddities. No trusted_networks are set, no network is used.
 *
 * The message is kept whole until it is complete, as SpamAssassin does, up to a limit: what is beyond it is
 * not looked at (spamc skips larger messages altogether: 512 kB).
 *
 * Memory: the limit, and until it is freed about 8 times what was kept, at worst 30 times.
 * Cuts change nothing.
 * Limits: nothing is guessed for charsets whose label lies (SpamAssassin without Encode::Detect neither).
 */
#ifndef SL_RULES_SA_VIEW_H
#define SL_RULES_SA_VIEW_H

#include "rules/ruleset.h"
#include "rules/sa_conf.h"

#define SL_SA_LIMIT	((size_t)512 * 1024)	/* bytes of a message that are kept */

struct sl_sa_view;

/* `conf` is kept. `limit` 0: SL_SA_LIMIT. */
struct sl_sa_view *sl_sa_view_new(const struct sl_sa_conf *conf, size_t limit);
void	sl_sa_view_free(struct sl_sa_view **view);	/* NULL is fine */
void	sl_sa_view_feed(struct sl_sa_view *view, const unsigned char *data, size_t len);
/* No more comes: everything below is worked out, or will be when it is asked for. Slices live as long as the
 * view does. */
void	sl_sa_view_finish(struct sl_sa_view *view);
bool	sl_sa_view_cut(const struct sl_sa_view *view);	/* it was longer than the limit */

/* Units of one kind: BODY (the subject first), RAW_BODY, LINK (uri), FULL (one). */
size_t	sl_sa_view_count(struct sl_sa_view *view, enum sl_rule_where where);
struct sl_slice sl_sa_view_unit(struct sl_sa_view *view, enum sl_rule_where where, size_t i);
/* The same in order. */
typedef void sl_sa_unit_sink(void *ctx, enum sl_rule_where where, struct sl_slice unit);
void	sl_sa_view_tell(struct sl_sa_view *view, enum sl_rule_where where, sl_sa_unit_sink *sink, void *ctx);

/* What a header rule is matched against: "Subject", "From:addr", "ToCc", "MESSAGEID", "ALL:raw",
 * "EnvelopeFrom", "X-Spam-Relays-Untrusted" ... with all of SpamAssassin's modifiers. Repeated
 * fields are joined as its rules join them. False: there is none (`exists:` fails; if-unset applies). */
bool	sl_sa_header(struct sl_sa_view *view, const char *name, struct sl_slice *value_out);
/* The values apart, as its code sees them (get() in list context). Returns how many there are. */
size_t	sl_sa_header_list(struct sl_sa_view *view, const char *name, const struct sl_slice **values_out);

/* For mimeheader rules: each part in order, the message itself first. `name` may be "ALL", and may
 * end in ":raw". False: the part has no such field. */
size_t	sl_sa_part_count(struct sl_sa_view *view);
bool	sl_sa_part_header(struct sl_sa_view *view, size_t part, const char *name, struct sl_slice *value_out);

#endif
