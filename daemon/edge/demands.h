/*
 * demands.h - what policies ask of a message beside its verdict: files they do not want, words, who it is from
 *
 * Listens to the message as classifiers do, for each class of recipients that has such wishes (classes.h): files go
 * to the policy's attachment rules, what a person reads to its content groups. Also finds the author's address, for
 * allow and deny lists, and what records have of the Message-ID.
 *
 * Memory: in the transaction's arena: for each class with wishes 300 bytes for files, for content that of groups.h.
 */
#ifndef EDGE_DEMANDS_H
#define EDGE_DEMANDS_H

#include "classify/panel.h"
#include "deep/deep.h"
#include "mailauth/author.h"
#include "policy/seen.h"
#include "record/record.h"

struct classes;

struct demands {
	struct classes		*classes;
	struct sl_arena		*arena;
	bool			 files, content, patterns;	/* some class has such wishes */
	struct sl_buf		 text;		/* that patterns look at: a whole text, up to SL_PATTERNS_TEXT */
	const struct sl_content_part *part;	/* whose text was read last ... */
	int			 kind;		/* ... and its enum sl_view_kind */
	unsigned		 authors;	/* From fields */
	struct sl_author	 author;
	struct sl_files_seen	*seen;		/* files, for the record; in the arena. NULL: none yet, or it is full */
	char			 message_id[SL_RECORD_MESSAGE_ID_LEN + 1];	/* as records have it; "": none */
	struct sl_slice		 from;		/* the address, if there is one author with one mailbox; in the arena */
};

/* The message begins: listen for those in `classes` (kept). Returns 0 or SL_ERR_FULL (the arena). */
SL_MUST_USE int	demands_begin(struct demands *demands, struct classes *classes, struct sl_panel *panel,
		    struct sl_arena *arena);
/* A helper has found something in a file of that name. */
void	demands_deep(struct demands *demands, const struct sl_deep_item *item, struct sl_slice name);
/* The message is over: what each class asks for, behind what is asked for already. Reasons lie in the classes. */
void	demands_finish(struct demands *demands);
/* Give up; fine at any time, also before it began. */
void	demands_abort(struct demands *demands);

#endif
