/* sa_eval_i.h - shared by the files of eval functions, sa_eval*.c */

#ifndef SL_RULES_SA_EVAL_I_H
#define SL_RULES_SA_EVAL_I_H

#include "rules/sa_eval.h"
#include "rules/sa_html.h"

#define SA_EVAL(name)	bool sa_eval_##name(struct sl_sa_view *view, const char *const *arguments, size_t arguments_len)

/* Name and function, for the table. All are SA_EVAL(name)s. */
#define SA_EVALS(X)									\
	X(check_abundant_unicode_ratio) X(check_all_trusted) X(check_base64_length)	\
	X(check_blank_line_ratio) X(check_body_length) X(check_equal_from_domains)	\
	X(check_for_ascii_text_illegal) X(check_for_fake_aol_relay_in_rcvd)		\
	X(check_for_faraway_charset) X(check_for_faraway_charset_in_headers)		\
	X(check_for_forged_eudoramail_received_headers)					\
	X(check_for_forged_gmail_received_headers)					\
	X(check_for_forged_hotmail_received_headers)					\
	X(check_for_forged_juno_received_headers) X(check_for_forged_received_trail)	\
	X(check_for_forged_yahoo_received_headers) X(check_for_matching_env_and_hdr_from) \
	X(check_for_mime) X(check_for_mime_html) X(check_for_mime_html_only)		\
	X(check_for_missing_to_header) X(check_for_no_hotmail_received_headers)		\
	X(check_for_no_rdns_dotcom_helo) X(check_for_shifted_date)			\
	X(check_for_to_in_subject) X(check_for_uppercase) X(check_freemail_from)	\
	X(check_freemail_header) X(check_freemail_replyto) X(check_from_in_blacklist)	\
	X(check_from_in_blocklist) X(check_from_in_list) X(check_header_count_range)	\
	X(check_https_http_mismatch) X(check_https_ip_mismatch) X(check_iframe_src)	\
	X(check_illegal_chars) X(check_ma_non_text) X(check_mailfrom_matches_rcvd)	\
	X(check_mime_multipart_ratio) X(check_msg_parse_flags) X(check_no_relays)	\
	X(check_outlook_message_id) X(check_ratware_envelope_from)			\
	X(check_ratware_name_id) X(check_relays_unparseable) X(check_replyto_in_list)	\
	X(check_stock_info) X(check_to_in_all_spam) X(check_to_in_blacklist)		\
	X(check_to_in_blocklist) X(check_to_in_more_spam) X(check_to_in_welcomelist)	\
	X(check_to_in_whitelist) X(check_unresolved_template)				\
	X(check_uri_host_in_blacklist) X(check_uri_host_in_blocklist)			\
	X(check_uri_host_in_welcomelist) X(check_uri_host_in_whitelist)			\
	X(check_uri_host_listed) X(check_uri_truncated)					\
	X(gated_through_received_hdr_remover) X(helo_ip_mismatch) X(html_charset_faraway) \
	X(html_eval) X(html_image_only) X(html_image_ratio) X(html_range)		\
	X(html_tag_balance) X(html_tag_exists) X(html_test) X(html_text_match)		\
	X(html_title_subject_ratio) X(image_count) X(image_to_text_ratio)		\
	X(multipart_alternative_difference) X(multipart_alternative_difference_count)	\
	X(pixel_coverage) X(similar_recipients) X(sorted_recipients)			\
	X(subject_is_all_caps) X(tvd_vertical_words)
#define SA_EVAL_DECLARE(name)	SA_EVAL(name);
SA_EVALS(SA_EVAL_DECLARE)
#undef SA_EVAL_DECLARE

enum { SA_KEPT_MIME, SA_KEPT_IMAGES, SA_KEPT_FREEMAIL, SA_KEPT_DATES };	/* of view->eval */

/* The argument as text (""), as a number (0). */
const char *sa_argument(const char *const *arguments, size_t arguments_len, size_t i);
double	sa_argument_number(const char *const *arguments, size_t arguments_len, size_t i);
/* Is there no upper bound: no argument, "undef" or "inf"? */
bool	sa_argument_open(const char *const *arguments, size_t arguments_len, size_t i);
/* Does text match a pattern that is an argument? */
bool	sa_argument_match(struct sl_sa_view *view, const char *pattern, struct sl_slice text);
/* "!= 0", "< 512" */
bool	sa_compare(double value, const char *expression);
/* The pages of the message, in order; NULL ends. *at starts at 0. */
const struct sa_html *sa_next_html(struct sl_sa_view *view, size_t *at);
struct sl_slice sa_squeezed(struct sl_sa_view *view, struct sl_slice s);	/* white space to single blanks */
/* Seconds since 1970. False: it is no date. */
bool	sa_parse_date(struct sl_sa_view *view, struct sl_slice text, int64_t *time_out);
void	sa_from_addresses(struct sl_sa_view *view, struct sa_list *out);
void	sa_to_addresses(struct sl_sa_view *view, struct sa_list *out);
static inline bool
sa_get_matches(struct sl_sa_view *view, const char *header, enum sa_re re)
{
	return sa_test(view->conf, re, sa_get_joined(view, header));
}

#endif
