/*
 * table.h - sums of traffic, added up by what one wants to know: for the terminal, spreadsheets, programs, and reports by mail
 *
 * Sums (traffic.h) come one by one; each counts in the row of its key: the day, the tenant, the verdict, or what of the policy it was for.
 * Rows are in the order of their first sum; sl_traffic_table_sort changes it.
 *
 * Pure but for memory: a row each key, 400 bytes. By tenant it is looked up by hash.
 */
#ifndef SL_TRAFFIC_TABLE_H
#define SL_TRAFFIC_TABLE_H

#include "traffic/traffic.h"

#define SL_TRAFFIC_BYS(X)							\
	X(DAY, "day")								\
	X(TENANT, "tenant")							\
	X(VERDICT, "verdict")							\
	X(CAUSE, "cause")							\
	X(DOMAIN, "domain")		/* these two of sums that have a name */	\
	X(USER, "user")

enum sl_traffic_by {
#define SL_TRAFFIC_BY_ENUM(name, word) SL_TRAFFIC_BY_##name,
	SL_TRAFFIC_BYS(SL_TRAFFIC_BY_ENUM)
#undef SL_TRAFFIC_BY_ENUM
	SL_TRAFFIC_BY_COUNT,
};
const char	*sl_traffic_by_word(enum sl_traffic_by by);
/* Of those that any sum can be added up by. */
bool		 sl_traffic_by_find(struct sl_slice word, enum sl_traffic_by *by_out);

/* name, heading of a table's column, its width; no heading: only in CSV and JSON */
#define SL_TRAFFIC_COLUMNS(X)							\
	X(MESSAGES, "messages", "messages", 10)					\
	X(RECIPIENTS, "recipients", "recipients", 10)				\
	X(DELIVERED, "delivered", "delivered", 10)				\
	X(QUARANTINED, "quarantined", "quarantined", 11)			\
	X(REFUSED, "refused", "refused", 10)					\
	X(DEFERRED, "deferred", "deferred", 10)					\
	X(BYTES, "bytes", "bytes", 14)						\
	X(BYTES_QUARANTINED, "bytes_quarantined", NULL, 0)			\
	X(BYTES_REFUSED, "bytes_refused", NULL, 0)				\
	X(BYTES_KEPT, "bytes_kept_away", "kept away", 14)	/* never reached the customer */	\
	X(EARLY, "early", "early", 10)	/* no messages: ended before there was one, refused most times */

enum sl_traffic_column {
#define SL_TRAFFIC_COLUMN_ENUM(id, name, title, width) SL_TRAFFIC_##id,
	SL_TRAFFIC_COLUMNS(SL_TRAFFIC_COLUMN_ENUM)
#undef SL_TRAFFIC_COLUMN_ENUM
	SL_TRAFFIC_COLUMN_COUNT,
};
const char	*sl_traffic_column_name(enum sl_traffic_column column);

struct sl_traffic_row {
	char		key[256];
	uint64_t	n[SL_TRAFFIC_COLUMN_COUNT];
};

/* Embedded. */
struct sl_traffic_table {
	enum sl_traffic_by	 by;
	struct sl_traffic_row	*rows;
	size_t			 len, size;
	struct sl_traffic_row	 total;		/* its key is "in all" */
	uint32_t		*places;	/* by hash: a row + 1; 0: none */
	size_t			 places_size;
};
void	sl_traffic_table_init(struct sl_traffic_table *table, enum sl_traffic_by by);
void	sl_traffic_table_fini(struct sl_traffic_table *table);
void	sl_traffic_table_add(struct sl_traffic_table *table, const struct sl_traffic_sum *sum);
/* What a sum counts in each column. */
void	sl_traffic_columns_add(uint64_t n[SL_TRAFFIC_COLUMN_COUNT], const struct sl_traffic_sum *sum);
/* A row of that key with nothing in it, or the one that there is. */
struct sl_traffic_row *sl_traffic_table_row(struct sl_traffic_table *table, struct sl_slice key);
/* The largest first; by what column. */
void	sl_traffic_table_sort(struct sl_traffic_table *table, enum sl_traffic_column column);

/* What of the policy something was done for; "-" for what was delivered as it came, and for what the next hop said. */
const char *sl_traffic_cause(const struct sl_traffic_sum *sum);

enum sl_traffic_form { SL_TRAFFIC_TEXT, SL_TRAFFIC_CSV, SL_TRAFFIC_JSON };
void	sl_traffic_table_print(const struct sl_traffic_table *table, enum sl_traffic_form form, struct sl_buf *out);
/* A CSV field: quoted where it must be, and what a spreadsheet would take for a formula made none. */
void	sl_traffic_csv(struct sl_slice text, struct sl_buf *out);

#endif
