/*
 * classes.h - the recipients of one transaction, by how they fare
 *
 * Recipients with the same tenant, policy and lists are a class. All classes of a transaction have one next hop and one
 * verdict; at the verdict each has a ruling of its own, and all of them together one honest answer (E1):
 *
 *  - all want the same: it is done;
 *  - some want it delivered, some kept: the vault has it first, then the next hop is given it for the others alone, and
 *    what the next hop says is the answer;
 *  - some want it refused: it is kept for them, if their policy keeps messages at all; nobody hears of it who was not
 *    told. If the sender speaks PRDR, each recipient has a reply of his own, and is refused;
 *  - otherwise, or if the next hop has been given a part of it already: 451, and when the sender comes again (splits.h) each
 *    transaction has recipients of one class only.
 *
 * Never: delivered to somebody whose policy says no; one user's allow list used for another.
 */
#ifndef EDGE_CLASSES_H
#define EDGE_CLASSES_H

#include "directory.h"
#include "policy/decide.h"
#include "policy/files.h"

#define CLASSES_MAX	16u	/* of a transaction; who comes then is to be sent separately */

struct session;

/* What becomes of the message for a class. */
enum fate { FATE_DELIVER, FATE_KEEP, FATE_REFUSE, FATE_DEFER, FATE_COUNT };

struct class {
	uint64_t		 id;
	struct addressee	 to;		/* the first of them */
	struct policy		*policy;	/* one reference */
	unsigned		 recipients;	/* accepted */
	/* What the policy asks for beside the verdict (demands.h). */
	struct sl_files		*files;		/* NULL: it has no wishes about files */
	struct sl_groups_run	*content;	/* NULL: nor about words */
	struct sl_patterns_run	 patterns;
	char			 content_reason[SL_GROUPS_REASON_MAX];
	struct sl_demand	 demands[SL_DEMANDS_MAX];
	size_t			 demands_len;
	/* From the verdict on. */
	struct sl_decision	 decision;
	enum fate		 fate;
};

struct classes {
	struct class	*items[CLASSES_MAX];	/* in the transaction's arena */
	size_t		 len;
};

/* The class of a recipient, made if need be. NULL: one too many, or the arena is full (`full_out`), or his policy cannot be had. */
struct class	*classes_add(struct classes *classes, struct directory *directory, const struct addressee *to,
		    struct sl_arena *arena, bool *full_out);
/* The one that he would be in, if it is there. */
struct class	*classes_find(const struct classes *classes, const struct addressee *to);
void		 classes_fini(struct classes *classes);
/* Those that have recipients. */
size_t		 classes_in_use(const struct classes *classes);
bool		 classes_judge(const struct classes *classes);	/* some policy wants it judged */
bool		 classes_keep(const struct classes *classes);	/* some may want it kept */
bool		 classes_copy(const struct classes *classes);	/* or a copy sent */

/* Let each decide (decide.h); `demands` are those of the sender's identity, the same for all. */
void		 classes_decide(struct session *s);

/* What is done with the message. */
enum plan {
	PLAN_ONE,	/* all the same: that of the leading class */
	PLAN_PARTS,	/* for each class its own; what is refused has a reply of its own (PRDR) */
	PLAN_SPLIT,	/* 451 */
};
/* `parts`: the next hop has been given nothing, so it can be given the message for some. `prdr`: the sender takes a reply for each recipient.
 * Sets fates. */
enum plan	 classes_plan(struct classes *classes, bool parts, bool prdr);
/* The one that headers, records and the answer go by: that whom it is delivered to, else the first. NULL: nobody was accepted. */
struct class	*classes_leading(const struct classes *classes);
bool		 classes_have(const struct classes *classes, enum fate fate);
unsigned	 classes_fates(const struct classes *classes);	/* how many different ones there are */

#endif
