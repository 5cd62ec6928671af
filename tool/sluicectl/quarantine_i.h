/*
 * quarantine_i.h - inside sluicectl quarantine: what is asked, and the vault's answer to it
 */
#ifndef SLUICECTL_QUARANTINE_I_H
#define SLUICECTL_QUARANTINE_I_H

#include "kept/courier.h"

struct ask {
	const char	*control, *socket;	/* by which way; the console's comes first */
	struct sl_slice	 tenant, recipient, sender, category, by, note;
	int64_t		 from_us, to_us;
	uint32_t	 limit, days;
	uint32_t	 state;			/* of a list: + 1; 0: any */
	bool		 json, csv, all, yes, learn, allow;
	unsigned	 wait_s;		/* for what becomes of a release; 0: not */
	int		 verdict;		/* enum sl_correction_verdict; -1: none was named */
	struct sl_ipc	*ipc;			/* to the vault */
	/* how entries are shown */
	bool		 raw;			/* bytes of a message go to standard output ... */
	bool		 full;			/* an entry is shown with all that is known of it */
	bool		 headed;
	struct sl_buf	*ids;			/* ... or only their ids are gathered */
	struct sl_buf	*message, *items;	/* or one message, and what is known of it */
	/* the answer */
	uint64_t	 shown;
	bool		 over;
	int		 result;
	uint64_t	 count;
	unsigned char	 last[SL_KEPT_ID_BYTES];
	uint64_t	 refused;		/* releases that cannot be */
};

/* quarantine_show.c */
void	quarantine_entry(struct ask *ask, const struct sl_kept_entry *entry, const char *id);
void	quarantine_time(int64_t us, char out[32]);
void	quarantine_cell(struct sl_slice text, size_t width);
/* The first item of a type; empty if there is none. */
struct sl_slice quarantine_item(struct sl_slice items, unsigned type);

/* quarantine.c */
#define QUARANTINE_CHUNK	500u	/* ids in one request */
/* Send, and take what comes, to its end. Returns the result. */
int	quarantine_talk(struct ask *ask, enum sl_ipc_type type, const struct sl_buf *payload);
int	quarantine_failed(const struct ask *ask, int result);	/* says so; EXIT_PROBLEM */
/* The ids named, or, without any, those that the filters find. EXIT_OK, or it is said what is wrong. */
int	quarantine_ids(struct ask *ask, char **ids, struct sl_buf *out);
/* Ask for some of them. */
int	quarantine_choose(struct ask *ask, enum sl_ipc_type type, struct sl_slice ids);
/* One message whole, or its first bytes, and its items. */
int	quarantine_fetch(struct ask *ask, struct sl_slice id, struct sl_buf *message, struct sl_buf *items);

/* quarantine_release.c */
int	quarantine_release(struct ask *ask, char **ids);
int	quarantine_report(struct ask *ask, char **ids);
void	quarantine_on_released(struct ask *ask, const struct sl_kept_done *done);

/* quarantine_releases.c */
int	quarantine_releases(struct ask *ask, char **ids);
/* Wait until these have come to an end. EXIT_OK: all were taken. */
int	quarantine_wait(struct ask *ask, struct sl_slice ids);

#endif
