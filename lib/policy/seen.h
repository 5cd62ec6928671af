/*
 * seen.h - a message's files as facts without names, from which attachment rules come to the same
 *
 * What is kept of a name is its skeleton: "*.exe" of any name that ends so, "*" of one without an extension of letters and
 * digits; what the name as a whole said (type, family, that it runs) is kept as facts. Rules find by a skeleton what they
 * find by the name, but for masks other than "*" and "*.ext" (sl_files_rule_sees). Files that differ in nothing but
 * their size are one, of the largest size: rules ask for more than a size alone.
 *
 * Memory: the struct, 6 KiB. Pure.
 */
#ifndef SL_POLICY_SEEN_H
#define SL_POLICY_SEEN_H

#include "policy/files.h"

#define SL_FILES_SEEN_MAX	32	/* different ones; of more, it is said that there were */

struct sl_files_seen {			/* holds its own addresses: not to be moved */
	size_t		len;
	bool		more;
	struct sl_file	files[SL_FILES_SEEN_MAX];	/* names and declared types lie in `texts` */
	struct {
		char	name[40], declared[64];
	}		texts[SL_FILES_SEEN_MAX];
};
void	sl_files_seen_init(struct sl_files_seen *seen);
/* As sl_files_see and sl_files_see_part. */
void	sl_files_seen_add(struct sl_files_seen *seen, const struct sl_file *file);
void	sl_files_seen_part(struct sl_files_seen *seen, const struct sl_content_part *part);

#endif
