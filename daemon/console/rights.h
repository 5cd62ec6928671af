/*
 * rights.h - what somebody may see of the quarantine and do to it by mail, and when he is told: by the policy that holds for him
 *
 * And what the vault's entries are to him: why a message was kept, in the words of policies, and who wrote it.
 */
#ifndef CONSOLE_RIGHTS_H
#define CONSOLE_RIGHTS_H

#include "compile/compile.h"
#include "digest/compose.h"
#include "digest/schedule.h"
#include "kept/kept.h"
#include "store/digests.h"

struct rights {
	uint32_t		see, release;	/* SL_CAUSE_BIT()s */
	bool			allow;		/* users may allow senders, and their lists count */
	bool			deny;		/* users' lists count where they deny */
	struct sl_schedule	schedule;
	char			zone[65], language[36], brand[81];
	char			address[SL_DIGEST_MAILBOX_MAX + 1];	/* as sl_digest_mailbox has it; "": to each himself */
};
/* Of a node. `effective` is room to work in. Returns as sl_compile_effective. */
int	rights_at(struct sl_compile *compile, struct sl_node node, struct sl_policy_effective *effective, struct rights *out);
/* May digests be sent by this? There are days and hours, and somebody may see something. */
bool	rights_sends(const struct rights *rights);
/* What a reader may do to a message for whom these rights are: SL_DIGEST_VERB_BIT()s, 0: not even see it. `is_his`: it is the reader's own
 * mailbox, not one that he reads a group's digest for, of which he sees all; `is_user`: and he is a user of the database, so that he can have
 * lists. */
unsigned rights_verbs(const struct rights *rights, enum sl_cause cause, bool is_his, bool is_user);
/* Does this mailbox (as sl_digest_mailbox has it) get the digests of whose rights these are, instead of each of them? */
bool	rights_reads_all(const struct rights *rights, const char *mailbox);

/* An entry, read. All borrowed from it. */
struct kept_mail {
	unsigned char		id[SL_KEPT_ID_BYTES];
	int64_t			received_us;
	uint32_t		expiry_day;
	uint64_t		bytes;
	enum sl_cause		cause;
	enum sl_digest_group	group;
	struct sl_slice		sender, name, address, subject, reason;	/* name and address of the author, of From or the envelope */
	double			probability;	/* negative: none */
	struct sl_slice		items;
	bool			is_held;	/* by the vault's state: for somebody, at least */
	bool			more;		/* some of its recipients may not be among the items */
};
/* False: it cannot be opened. */
bool	kept_mail_read(const struct sl_kept_entry *entry, struct kept_mail *out);
/* The next of its recipients; false: no more. `items` begins as the mail's. */
bool	kept_mail_recipient(struct sl_slice *items, struct sl_slice *recipient_out);
/* "Anna B. <anna@example.com>" into name and address; an address alone; or all of it the name. */
void	author_split(struct sl_slice from, struct sl_slice *name_out, struct sl_slice *address_out);

/* Time zones, read once each; NULL: UTC, or no such file. */
#define ZONES_MAX	64u
struct zones {
	struct zone_item {
		char		 name[65];
		struct sl_zone	*zone;
	}		 items[ZONES_MAX];
	size_t		 len;
};
const struct sl_zone *zones_get(struct zones *zones, const char *name);
void	zones_fini(struct zones *zones);

#endif
