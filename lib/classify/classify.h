/*
 * classify.h - one interface for every way of judging, and what it yields
 *
 * A classifier listens to a message as it streams and gives evidence: a name, a
 * contribution in log-odds per category, and a sentence a person understands. The
 * combiner (combine.h) turns evidence into a calibrated probability per category; the
 * contributions add up exactly to the answer. Absent evidence (an engine that was slow,
 * dead or not asked) is a state of its own, not "ham".
 *
 * Pure: bytes and settings come in as arguments. An engine outside the process is two
 * halves: its words are a codec here (clamd.h), its socket is the edge's.
 */
#ifndef SL_CLASSIFY_H
#define SL_CLASSIFY_H

#include "classify/seen.h"
#include "sl/arena.h"

#define SL_CATEGORIES(X)						\
	X(SPAM, "spam", "unwanted bulk or fraud in general")		\
	X(PHISH, "phish", "an attempt to steal credentials or money")	\
	X(MALWARE, "malware", "a virus, worm or dropper")			\
	X(BULK, "bulk", "sent to many alike: newsletters, notices; wanted by some")	\
	X(MALFORMED, "malformed", "broken so that programs read it differently")

enum sl_category {
#define SL_CATEGORY_ENUM(name, word, meaning) SL_##name,
	SL_CATEGORIES(SL_CATEGORY_ENUM)
#undef SL_CATEGORY_ENUM
	SL_CATEGORY_COUNT,
};
const char *sl_category_word(enum sl_category category);	/* "spam"; static */

enum sl_evidence_state {
	SL_EVIDENCE_PRESENT,
	SL_EVIDENCE_ABSENT,	/* not asked: not configured, outside its remit */
	SL_EVIDENCE_FAILED,	/* asked and not answered: dead, slow, refused; fail mode applies */
};

struct sl_people;
struct sl_correspondents;

#define SL_EVIDENCE_MAX		128	/* of one message; what is more is dropped, weakest first */

struct sl_evidence {
	/* "ngram", "clamd", a rule's name: [A-Za-z0-9_], outlives the verdict. What is learned of it goes
	 * by this name: it means the same in every message and names no part of one. */
	const char		*name;
	enum sl_evidence_state	 state;
	bool			 shadow;	/* recorded, not counted */
	/* How much of it there is, for the record: 1 for what is there or not (also when it is
	 * left 0), log-odds for a model, a rate or a logarithm for what is measured; about -10 ... 10. */
	double			 value;
	/* What it adds; 0: says nothing. A classifier fills in what it would add by itself: an estimate, kept
	 * in `said`, which the combiner multiplies with the weight it has learned for the name. */
	double			 log_odds[SL_CATEGORY_COUNT];
	double			 said[SL_CATEGORY_COUNT];	/* filled in by sl_verdict_add */
	const char		*sentence;	/* for a person; static or from the transaction's arena */
};

struct sl_verdict {
	double			 probability[SL_CATEGORY_COUNT];	/* calibrated, 0 ... 1 */
	double			 prior[SL_CATEGORY_COUNT];	/* log-odds before any evidence */
	double			 logit[SL_CATEGORY_COUNT];	/* prior + sum of the evidence's log_odds,
					 * exactly; the probability's */
	struct sl_evidence	 evidence[SL_EVIDENCE_MAX];
	size_t			 evidence_len;
};

/* What streams by. Slices are borrowed for the call. */
struct sl_connection_event {
	struct sl_slice	client_address;		/* text, without port */
	struct sl_slice	helo;
	bool		tls;
	int64_t		now_s;			/* when the message came, Unix time; 0: not known */
};
struct sl_envelope_event {
	struct sl_slice	mail_from;		/* mailbox, empty for <> */
	size_t		recipients;
	struct sl_slice	tenant;			/* its name; empty: none is known */
	const struct sl_slice *own_domains;	/* of the tenant, lower case A-labels */
	size_t		own_domains_len;
	const struct sl_people *people;		/* of the tenant: people.h; NULL: nobody is protected */
	const struct sl_correspondents *correspondents;	/* NULL: nothing is known, or the sender is no stranger's */
};

/* A way of judging, as a table. `state` is what new_message returned: it lives in the
 * transaction's arena and needs no free, unless `free` is given. NULL members are not called. The events of the
 * message are those of content.h: header fields (the message's own only), parts, text, links ... */
struct sl_classifier {
	const char	*name;
	/* Begin a message. `model` is the classifier's own read-only data, kept. NULL: the arena is
	 * full, and the evidence will be SL_EVIDENCE_FAILED. */
	void	*(*new_message)(const void *model, struct sl_arena *arena);
	void	 (*connection)(void *state, const struct sl_connection_event *event);
	void	 (*envelope)(void *state, const struct sl_envelope_event *event);
	/* The message as it passes, undecoded, its header included; before the events that come of it. */
	void	 (*raw)(void *state, struct sl_slice bytes);
	/* A whole header field, folded as sent, no final CRLF; a long one is cut. */
	void	 (*field)(void *state, struct sl_slice name, struct sl_slice value);
	void	 (*begin)(void *state, const struct sl_content_part *part);
	void	 (*text)(void *state, const struct sl_content_part *part, struct sl_slice utf8,
		    enum sl_view_kind kind);
	void	 (*tag)(void *state, const struct sl_content_part *part, const struct sl_html_tag *tag);
	void	 (*link)(void *state, const struct sl_content_link *link);
	void	 (*image)(void *state, const struct sl_content_part *part,
		    const struct sl_view_image *image);
	void	 (*form)(void *state, const struct sl_content_part *part, const struct sl_view_form *form);
	bool	 (*file)(void *state, const struct sl_content_part *part);	/* true: its bytes are wanted */
	void	 (*bytes)(void *state, const struct sl_content_part *part, struct sl_slice bytes);
	void	 (*entry)(void *state, const struct sl_content_part *part,
		    const struct sl_zip_entry *entry);
	void	 (*end)(void *state, const struct sl_content_part *part);
	void	 (*finding)(void *state, const struct sl_content_finding *finding);
	/* What a person sees of it, taken apart once for all who listen to this. */
	const struct sl_seen_events *seen;
	/* The message is complete (or as much as will be seen). Add to the verdict's evidence. */
	void	 (*finish)(void *state, struct sl_arena *arena, struct sl_verdict *verdict);
	/* The message is over, finished or given up. */
	void	 (*free)(void *state);
};

/* Add evidence; the weakest is dropped when the verdict is full. */
void	sl_verdict_add(struct sl_verdict *verdict, const struct sl_evidence *evidence);

#endif
