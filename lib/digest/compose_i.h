/* compose_i.h - inside compose.h: rows in the order they are shown, and both ways to show them */
#ifndef SL_DIGEST_COMPOSE_I_H
#define SL_DIGEST_COMPOSE_I_H

#include "digest/compose.h"
#include "digest/words.h"

#define DIGEST_SUBJECT_COLUMNS	120
#define DIGEST_NAME_COLUMNS	60
#define DIGEST_ADDRESS_COLUMNS	100
#define DIGEST_REASON_COLUMNS	300

struct digest_page {
	const struct sl_digest		*digest;
	const struct sl_digest_language	*language;
	char				 to[SL_DIGEST_MAILBOX_MAX + 1];	/* that addresses are bound to */
	const struct sl_digest_row	**rows;		/* sorted by group */
	size_t				 shown;		/* of them */
	size_t				 in_group[SL_DIGEST_GROUP_COUNT];
	uint64_t			 total;
	char				 request[SL_DIGEST_LOCAL_MAX + 1];	/* local part: a new list */
	char				 reply[SL_DIGEST_LOCAL_MAX + 1];	/* of Reply-To */
	bool				 reply_releases;
};

/* The verbs of a row, in order. */
extern const struct digest_verb {
	enum sl_digest_verb	verb;
	enum sl_digest_word	word;
} digest_verbs[5];
enum sl_digest_word digest_group_word(enum sl_digest_group group);

void	digest_local(const struct digest_page *page, const struct sl_digest_row *row, enum sl_digest_verb verb,
	    char out[SL_DIGEST_LOCAL_MAX + 1]);
/* Add pieces that both show alike. */
void	digest_say(const struct digest_page *page, enum sl_digest_word word, struct sl_buf *out);
void	digest_say_intro(const struct digest_page *page, struct sl_buf *out);
void	digest_say_times(const struct digest_page *page, struct sl_buf *out);
void	digest_say_more(const struct digest_page *page, uint64_t more, struct sl_buf *out);
void	digest_say_footer(const struct digest_page *page, struct sl_buf *out);
void	digest_say_time(const struct digest_page *page, int64_t utc_s, struct sl_buf *out);
void	digest_say_day(uint32_t day, struct sl_buf *out);
void	digest_say_size(uint64_t bytes, struct sl_buf *out);
void	digest_say_probability(double probability, struct sl_buf *out);
void	digest_say_subject(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *out);
/* " (the name looks like another address)", or nothing. */
void	digest_say_tricks(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *out);

void	digest_text(const struct digest_page *page, struct sl_buf *out);	/* lines ended by LF */
void	digest_html(const struct digest_page *page, struct sl_buf *out);

#endif
