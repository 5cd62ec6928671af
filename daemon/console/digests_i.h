/* digests_i.h - inside digests.h */
#ifndef CONSOLE_DIGESTS_I_H
#define CONSOLE_DIGESTS_I_H

#include "digests.h"
#include "gather.h"
#include "plan.h"

/* One that somebody asked for. */
struct single {
	struct single	*next;
	struct digests	*digests;
	struct gather	*gather;
	int64_t		 tenant;
	unsigned char	 unique[16];
	bool		 preview;
	size_t		 rows;
	digests_done	*done;
	void		*ctx;		/* NULL: nobody waits */
};

struct digests {
	struct digests_options options;
	char		 hostname[SL_DIGEST_MAILBOX_MAX + 1];	/* "": none that action addresses could be at */
	int64_t		 up_since_s;
	struct sl_timer	 tick, serve_timer;
	struct zones	 zones;
	struct plan	 plan;		/* by tenant */
	int64_t		 run_tenant, run_s;	/* 0: none runs */
	struct gather	*run;
	struct reader	*serving;
	uint64_t	 sent;
	size_t		 runs;
	struct single	*single;
};

/* digests_mail.c */
void	digest_unique(int64_t tenant, const char *mailbox, int64_t due_s, unsigned char out[16]);
/* Write it, and submit it. SL_ERR_SYNTAX: it cannot be written; SL_ERR_CLOSED: there is no courier. */
int	digest_submit(struct digests *d, int64_t tenant, struct sl_slice name, const struct reader *reader,
	    const unsigned char unique[16], ways_submitted *done, void *ctx);
void	single_free(struct digests *d, struct single *single);

#endif
