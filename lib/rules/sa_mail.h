/*
 * sa_mail.h - SpamAssassin's rules over a message: its view is shown to a run
 *
 * A snapshot of rules that sa_read.h read is opened with sl_sa_functions; sl_sa_show shows a run the units of
 * a view (sa_view.h). Do not mix rules of our own into such a snapshot: a header field is another text there.
 */
#ifndef SL_RULES_SA_MAIL_H
#define SL_RULES_SA_MAIL_H

#include "rules/sa_view.h"
#include "rules/scan.h"

/* For sl_rules_open; ctx of sl_rules_evaluate is the view. */
extern const struct sl_rules_functions sl_sa_functions;
/* What a view needs to know beside the rules, from the lines that came with them. */
struct sl_sa_conf *sl_sa_conf_of(const struct sl_rules *rules);
/* All units of a finished view. */
void	sl_sa_show(const struct sl_rules *rules, struct sl_rules_run *run, struct sl_sa_view *view);
/* The same, units in pieces of so many bytes, as a stream shows them; 0: whole. The snapshot was compiled with
 * stream_all. */
void	sl_sa_show_pieces(const struct sl_rules *rules, struct sl_rules_run *run, struct sl_sa_view *view,
	    size_t piece);

#endif
