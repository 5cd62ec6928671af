/*
 * read_i.h - inside lib/record: what all readers of members share
 */
#ifndef SL_RECORD_READ_I_H
#define SL_RECORD_READ_I_H

#include "record/record.h"
#include "sl/json.h"

struct reader {
	struct sl_json		 json;
	struct sl_arena		*arena;
	enum sl_record_detail	 detail;
	int			 result;	/* the first thing that is wrong, though it is JSON */
	unsigned		 seen;		/* bit of each member of the line */
	struct sl_record_class	*only;		/* of version 1; NULL: has none of its members */
};

void		 reader_wrong(struct reader *r, int result);
/* Zeroed; NULL after saying that the arena is full. */
void		*reader_alloc(struct reader *r, size_t size_bytes);
/* A string. `max` in bytes; {"", 0} where it is none, which is wrong. Lies in the line, or the arena. */
struct sl_slice	 reader_text(struct reader *r, size_t max);
/* The same as a text with NUL; "" where it is none. */
const char	*reader_str(struct reader *r, size_t max);
/* [A-Za-z0-9_]{1,max}. */
const char	*reader_word(struct reader *r, size_t max);
bool		 reader_name_ok(struct sl_slice s, size_t max);
double		 reader_double(struct reader *r);
uint64_t	 reader_count(struct reader *r, uint64_t max);
bool		 reader_flag(struct reader *r);
enum sl_action	 reader_action(struct reader *r);

/* What is not asked for: who wants rulings alone does not care how it looks inside. */
static inline void
reader_skip(struct reader *r)
{
	if (r->detail == SL_RECORD_ALL)
		sl_json_skip(&r->json);
	else
		sl_json_pass(&r->json);
}

static inline bool
reader_is(struct sl_slice name, const char *text)
{
	size_t len = strlen(text);	/* known where it is inlined */

	return name.len == len && memcmp(name.ptr, text, len) == 0;
}

/* classes.c, facts.c, refused_read.c: at such a member's value */
void	read_policy(struct reader *r, struct sl_policy_category policy[SL_CATEGORY_COUNT]);
void	read_demands(struct reader *r, struct sl_record_class *class);
void	read_classes(struct reader *r, struct sl_record *record);
void	class_init(struct sl_record_class *class);
void	read_facts(struct reader *r, struct sl_record *record);
void	read_refused(struct reader *r, struct sl_record *record);

#endif
