/* seen_i.h - inside of what is seen: one reading's text */
#ifndef SL_SEEN_I_H
#define SL_SEEN_I_H

#include "classify/seen.h"
#include "content/sample.h"

struct seen_listener {
	const struct sl_seen_events	*events;
	void				*state;
};

struct seen_reading {
	const struct sl_content_part	*open;		/* whose text is being read; NULL: none */
	bool				 between;	/* no word is under way, whoever listens */
	size_t				 hidden_bytes;
	struct sl_sample		 sample;
};

struct sl_seen {
	unsigned		 magic;
	struct seen_listener	 listeners[SL_SEEN_LISTENERS];
	size_t			 len;
	bool			 header_over;	/* some text has come */
	uint64_t		 from_domain;	/* hashes; 0: none */
	uint64_t		 reply_domain;
	struct seen_reading	*readings[SL_SEEN_READINGS];	/* NULL: nothing has come of it */
};

#define SEEN_TELL(seen, event, ...)									\
	for (struct seen_listener *l = (seen)->listeners; l < (seen)->listeners + (seen)->len; l++)	\
		l->events->event(l->state, __VA_ARGS__)

extern const struct sl_sample_rules seen_sample_rules;

/* A run of text of a reading. */
void	seen_start(struct sl_seen *seen, unsigned reading, enum sl_seen_place place);
void	seen_words(struct sl_seen *seen, unsigned reading, struct sl_slice utf8);	/* all of it */
void	seen_feed(struct sl_seen *seen, unsigned reading, struct sl_slice utf8);	/* or a sample */
void	seen_end(struct sl_seen *seen, unsigned reading);
void	seen_tail(struct sl_seen *seen, unsigned reading);	/* the message ends: the last of what was passed over */

#endif
