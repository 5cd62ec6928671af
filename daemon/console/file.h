/*
 * file.h - the tenants of the settings file, in the database
 *
 * Whoever has one settings file and no customers has tenants too. So that they have all that tenants of the database have (users,
 * lists, roles, digests, reports), the console takes over what the file says of them, whenever it is told settings: one transaction,
 * changes as any others, by the account "settings file". What the file says is changed there: verbs refuse it and name the line. What
 * it does not say is changed by verbs as anywhere, and stays when the file changes. See doc/console.md.
 *
 * Edges go on taking the file's tenants from the settings, with or without a console. They know by a mark of the section whether the
 * console has what they have, and only then go by what it says besides (edge/directory.h).
 */
#ifndef CONSOLE_FILE_H
#define CONSOLE_FILE_H

#include "conf/settings.h"
#include "console.h"
#include "store/file.h"

/* Make the database have what the settings say. Tenants that cannot be taken over are named in the log, and left out. 0, or the
 * store's error: then nothing has changed. */
SL_MUST_USE int	file_take_over(struct console *console, const struct sl_settings *settings, const char *path);

/* What a tenant's layer is to be: what was there, with what the section says in its place. `was`: what it said last. 0, or SL_ERR_SYNTAX
 * and a sentence. `known`: what the one before came to, as many say the same. */
struct file_known {
	struct sl_buf	text, canonical;
};
SL_MUST_USE int	file_policy(const struct sl_settings *settings, const struct sl_tenant *tenant, const struct sl_tenant_file *was,
		    struct file_known *known, struct sl_slice before, struct sl_buf *after, struct sl_buf *error);

/* Is that said in the file? Then SL_ERR_REFUSED, and said where; `what`: "its next hops are". Of any node of a tenant. */
int	file_refuses(struct request *request, struct sl_node node, const char *what);
/* Does the file say one of these settings (bits of rows) of this node? Likewise. */
int	file_refuses_rows(struct request *request, struct sl_node node, uint64_t rows);
/* Where a tenant is: "/etc/sluice/sluice.yaml, line 12", "no longer in the settings file", or nothing. */
void	file_place(const struct console *console, struct sl_slice tenant, const struct sl_tenant_file *file, struct sl_buf *out);

#endif
