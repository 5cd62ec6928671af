/*
 * files.h - a policy's attachment rules, over what lib/content, lib/attach and lib/deep tell of a message's files
 *
 * A run is told each file as it is found: a part, an entry of an archive that was listed as it passed, an entry that a
 * helper found, and findings. At the end the strongest action that any rule asks for is asked for, with the rule's name and
 * the file's as reason. The same file told twice (by the list of an archive, and by the helper) does no harm.
 *
 * Memory: the struct. Time: of each file linear in its name, the rules and their masks; a mask takes at most the
 * product of its length and the name's, both of them bounded.
 */
#ifndef SL_POLICY_FILES_H
#define SL_POLICY_FILES_H

#include "content/content.h"
#include "deep/deep.h"
#include "policy/setting.h"

#define SL_FILES_NAME_MAX	255	/* bytes of a name that masks see: its last */
#define SL_FILES_REASON_MAX	200

/* What is known of a file; what is not known is 0 or empty. */
struct sl_file {
	struct sl_slice	name;		/* UTF-8; a path is fine: what stands behind the last '/' counts */
	enum sl_type	type;		/* by its content */
	bool		type_is_sure;	/* by a signature that other data has not by chance */
	struct sl_slice	declared;	/* that the message declares */
	struct {
		bool		told;	/* `name` is not its whole name, which promises this (seen.h) */
		bool		runs;
		enum sl_type	type;
		enum sl_family	family;
	}		promise;
	uint64_t	bytes;
	bool		inside;		/* an entry of an archive or document */
	bool		encrypted, macros, program, deceptive, unreadable;	/* found; of `program`: beside type and name */
};

/* Of a file's part at its end. */
void	sl_file_of_part(const struct sl_content_part *part, struct sl_file *file_out);
void	sl_file_of_zip_entry(const struct sl_zip_entry *entry, struct sl_file *file_out);
/* Of what a helper found; false: it says nothing of a file (a link). `name`: of the part; kept while `file_out` is. */
bool	sl_file_of_deep(const struct sl_deep_item *item, struct sl_slice name, struct sl_file *file_out);

struct sl_files {
	const struct sl_policy	*policy;	/* kept */
	uint64_t		 hits[(SL_ATTACHMENT_RULES_MAX + 63) / 64];	/* bits of rules that fitted a file */
	enum sl_action		 action;	/* DELIVER: nothing yet */
	bool			 copy;
	char			 reason[SL_FILES_REASON_MAX];	/* of `action`; printable ASCII */
};
void	sl_files_init(struct sl_files *files, const struct sl_policy *policy);
void	sl_files_see(struct sl_files *files, const struct sl_file *file);
/* A part that is a file, or is attached, at its end: under each of its names. */
void	sl_files_see_part(struct sl_files *files, const struct sl_content_part *part);
/* What is asked for; false: nothing. The reason lies in `files`. */
bool	sl_files_demand(const struct sl_files *files, struct sl_demand *demand_out);

bool	sl_files_hit(const struct sl_files *files, size_t rule);	/* whether it fitted */

/* Does a rule come to the same by facts (seen.h) as by a file? Not if it has masks other than "*" and "*.ext". */
bool	sl_files_rule_sees(const struct sl_attachment_rule *rule);
#define SL_FILES_EXTENSION_MAX	12	/* bytes of such an extension, letters and digits */
/* Of a path, the name that masks see; of that, what Windows opens: without dots and blanks at the end, and a stream. */
struct sl_slice	sl_files_named(struct sl_slice path);
struct sl_slice	sl_files_opened(struct sl_slice name);

/* Does a name (any case) fit a mask (small letters) with * and ?; ? is a character of UTF-8. */
bool	sl_files_mask(struct sl_slice mask, struct sl_slice name);

#endif
