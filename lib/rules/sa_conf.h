/*
 * sa_conf.h - what SpamAssassin's .cf files say beside their rules
 *
 * The lines that bear on how a message is seen or on eval functions: top-level domains
 * (util_rb_tld, util_rb_2tld, util_rb_3tld), redirectors (redirector_pattern), freemail
 * (freemail_domains, freemail_whitelist), lists (enlist_addrlist, enlist_uri_host), and
 * originating_ip_headers. The reader of the files hands each line over; this object keeps
 * them and the regular expressions that the view itself needs, compiled once. Read-only once
 * it is ready, so that all messages share it.
 *
 * Memory: what the lines hold, and about 1 MiB of compiled patterns.
 */
#ifndef SL_RULES_SA_CONF_H
#define SL_RULES_SA_CONF_H

#include "sl/base.h"

struct sl_sa_conf;

struct sl_sa_conf *sl_sa_conf_new(void);
void	sl_sa_conf_free(struct sl_sa_conf **conf);
/* One line, conditions resolved and comments cut: its keyword and what follows. False: the keyword
 * is none of ours (a rule, a score ...), or it is wrong. */
bool	sl_sa_conf_line(struct sl_sa_conf *conf, struct sl_slice keyword, struct sl_slice rest);
/* A regular expression that an eval function (html_text_match, check_freemail_header) gets as an argument: to
 * be compiled once; it works without, but costs that for each message. False: it is wrong. */
bool	sl_sa_conf_pattern(struct sl_sa_conf *conf, const char *pattern);

#endif
