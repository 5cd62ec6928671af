/*
 * engine.h - the words spoken with engines outside: clamd, rspamd, spamd, ICAP; sockets are the caller's
 *
 * A message is told while it arrives, in pieces whose whole length nobody knows yet: zINSTREAM's lengths, HTTP's and
 * ICAP's chunks, or to the end of the connection. One connection serves one message.
 *
 *	clamd	zINSTREAM (clamd(8)); see clamd.h
 *	rspamd	POST /checkv2, HTTP/1.1, JSON back; its score is the evidence
 *	spamd	CHECK SPAMC/1.5 (spamd/PROTOCOL of SpamAssassin); its score
 *	icap	RESPMOD (RFC 3507), 204 is clean, 200 names what was found
 *
 * A reply is believed only if it is whole and came after the message's end; what was *found* counts at
 * once. Never clean by accident. Pure: no sockets, no clock. Scores become log-odds by a line that is an
 * estimate (rspamd rejects at 15 and marks at 6, spamd marks at 5): the combiner learns better ones.
 */
#ifndef SL_ENGINE_H
#define SL_ENGINE_H

#include "classify/classify.h"
#include "sl/buf.h"

#define SL_ENGINES(X)	/* name, what a person calls it */	\
	X(CLAMD, "clamd", "the antivirus")			\
	X(RSPAMD, "rspamd", "rspamd")				\
	X(SPAMD, "spamd", "spamd")				\
	X(ICAP, "icap", "the ICAP server")

enum sl_engine {
#define SL_ENGINE_ENUM(name, word, noun) SL_ENGINE_##name,
	SL_ENGINES(SL_ENGINE_ENUM)
#undef SL_ENGINE_ENUM
	SL_ENGINE_COUNT,
};

/* What an engine is told of the session; slices may hold anything: what does not fit a header is left out. */
struct sl_engine_facts {
	struct sl_slice	client_address, helo, mail_from;
	struct sl_slice	service;	/* ICAP: the service's name, as in "avscan" */
	struct sl_slice	host;		/* how it is addressed; for Host and the ICAP URI */
};

enum sl_engine_result {
	SL_ENGINE_MORE,		/* the reply is not complete */
	SL_ENGINE_SAID,		/* *said_out holds what */
	SL_ENGINE_FAILED,	/* an error, nonsense, or no reply at all */
};

#define SL_ENGINE_TEXT_MAX	128

struct sl_engine_said {
	double	value;				/* its score; 1 for something found, 0 for nothing */
	double	log_odds[SL_CATEGORY_COUNT];
	char	text[SL_ENGINE_TEXT_MAX + 1];	/* a sentence; or the name of what was found, printable */
	bool	found;				/* known by name: counts even before the message's end */
};

struct sl_engine_codec {
	const char	*name;		/* of the evidence and of the settings */
	const char	*noun;		/* in a sentence */
	bool		 shut;		/* the end of the message is the end of what we send */
	struct sl_slice	 end;		/* after the last piece */
	struct sl_slice	 behind;	/* after each piece */
	size_t		 reply_max;	/* bytes; a longer reply is a failure */
	void		 (*begin)(const struct sl_engine_facts *facts, struct sl_buf *out);
	void		 (*before)(size_t len, struct sl_buf *out);	/* each piece; NULL: nothing. len > 0 */
	/* Look at everything that came so far; `closed`: no more will come. */
	enum sl_engine_result (*reply)(struct sl_slice in, bool closed, struct sl_engine_said *said_out);
};

const struct sl_engine_codec *sl_engine_codec(enum sl_engine engine);	/* static */

#endif
