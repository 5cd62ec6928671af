/* report_i.h - inside report.h: what text and HTML show alike */
#ifndef SL_REPORT_I_H
#define SL_REPORT_I_H

#include "policy/setting.h"
#include "report/report.h"
#include "report/words.h"

struct report_page {
	const struct sl_report		*report;
	const struct sl_digest_language	*language;
};
bool	report_has(const struct report_page *page, enum sl_report_kind kind);
/* The table, if it is to be shown and something is in it; NULL. */
const struct sl_traffic_table *report_table(const struct report_page *page, enum sl_traffic_by by);

const char *report_word(const struct report_page *page, enum sl_report_word word);
void	report_fill(const struct report_page *page, enum sl_report_word word, const char *const *fill, size_t len, struct sl_buf *out);
void	report_number(uint64_t n, struct sl_buf *out);			/* "12 345", no-break spaces between */
void	report_size(uint64_t bytes, struct sl_buf *out);		/* "1.2 GiB" */
void	report_percent(uint64_t part, uint64_t whole, struct sl_buf *out);
void	report_time(const struct report_page *page, int64_t utc_s, struct sl_buf *out);
/* What stands in front of a row: a reason in words, a day, a name of at most so many columns. */
void	report_key(const struct report_page *page, const struct sl_traffic_table *table, const struct sl_traffic_row *row, size_t columns,
	    struct sl_buf *out);
enum sl_report_word report_key_title(enum sl_traffic_by by);
/* What is to be known of a table, in sentences; false: nothing. */
bool	report_note(const struct report_page *page, enum sl_traffic_by by, struct sl_buf *out);
/* What came after a release; false: nothing that is known. */
bool	report_later(const struct report_page *page, const struct sl_report_release *release, struct sl_buf *out);
void	report_cause(const struct report_page *page, const char *key, struct sl_buf *out);	/* in words */

void	report_period(const struct report_page *page, struct sl_buf *out);
void	report_footer(const struct report_page *page, struct sl_buf *out);
/* The figures of all, one after the other. */
typedef void report_pair(void *ctx, const char *label, struct sl_slice value);
void	report_glance(const struct report_page *page, report_pair *pair, void *ctx);
/* What the next hop said of a release, or how far it is. */
void	report_answer(const struct report_page *page, const struct sl_report_release *release, struct sl_buf *out);
void	report_more(const struct report_page *page, uint64_t more, struct sl_buf *out);
/* Why a part has nothing to show, as a sentence; NULL: it has. */
const char *report_empty(const struct report_page *page, enum sl_report_kind kind);
/* Is a row to be shown? What was delivered as it came was kept away for no reason. */
bool	report_is_shown(const struct sl_traffic_table *table, const struct sl_traffic_row *row);
/* The most messages of a row: the length of the longest bar. */
uint64_t report_longest(const struct sl_traffic_table *table);

void	report_text(const struct report_page *page, struct sl_buf *out);	/* lines ended by LF */
void	report_html(const struct report_page *page, struct sl_buf *out);

#endif
