/* deeds_i.h - inside deeds.h */
#ifndef CONSOLE_DEEDS_I_H
#define CONSOLE_DEEDS_I_H

#include "deeds.h"
#include "store/deeds.h"

enum step {
	STEP_LOOK,	/* the vault is to be asked about the message */
	STEP_WAIT,	/* for the courier to have delivered it */
	STEP_LEARN,	/* for the vault to open it, and an edge to have learned */
	STEP_ANSWER,	/* it has ended */
};

struct deed {
	struct deed		*next;
	struct deeds		*deeds;
	unsigned char		 id[SL_DEED_ID_BYTES], message[SL_DEED_ID_BYTES];
	enum sl_digest_verb	 verb;
	enum sl_digest_outcome	 outcome;
	int64_t			 tenant;
	char			*mailbox, *in_reply_to;		/* owned, as all its texts */
	char			*author, *subject, *said;	/* NULL: not known */
	char			 name[256];			/* the tenant's; "": not found out yet */
	enum step		 step;
	bool			 busy;		/* an answer is awaited */
	unsigned		 tries;
	struct sl_timer		 timer;
	/* What was found out about the message, while it is looked at. */
	bool			 found, opens, held, others;	/* others: it is for somebody else, too */
	unsigned		 may;		/* SL_DIGEST_VERB_BIT()s */
	char			*sender;	/* of the envelope; NULL: none */
	struct sl_buf		 recipients;	/* spellings of those it is done for, as sl_kept_choice has them */
	char			 language[36], zone[65], brand[81];
};

/* Looks whether all who a message was for have it. */
struct sweep {
	struct sweep	*next;
	struct deeds	*deeds;
	int64_t		 tenant;
	unsigned char	 message[SL_DEED_ID_BYTES];
	char		 name[256];
	bool		 any, all;
};

/* The message that is being learned from. */
struct lesson {
	struct deed		*deed;		/* NULL: none is */
	struct sl_buf		 message, correction;
	char			 client[64], helo[256], envelope[256], author[256];
	bool			 told;		/* an edge has it, and is to answer */
};

struct deeds {
	struct deeds_options	 options;
	struct deed		*first;
	struct lesson		 lesson;
	struct sl_timer		 lesson_late;
	struct sweep		*sweeps;
	size_t			 len;
};

/* deeds.c */
void	deed_again(struct deed *deed);		/* what failed for now is tried again, later and later */
void	deed_end(struct deed *deed, enum sl_digest_outcome outcome, struct sl_slice said);

/* deeds_learn.c */
void	lesson_init(struct deeds *deeds);
void	lesson_fini(struct deeds *deeds);
void	lesson_begin(struct deed *deed);
void	lesson_forget(const struct deed *deed);		/* it goes */

/* deeds_do.c: from STEP_LOOK on */
void	deed_look(struct deed *deed);
void	deed_delivered(const struct deed *deed);	/* does everybody have it? */
void	sweep_free(struct sweep *sweep);
/* The token of its release at the courier. */
void	deed_token(const struct deed *deed, char out[SL_COURIER_PART_TOKEN + 1]);
/* Language and zone of who asked. */
void	deed_reader(struct deed *deed);

#endif
