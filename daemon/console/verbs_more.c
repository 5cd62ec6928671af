/* verbs_more.c - lists, grants, the audit trail, copies of the database; see console.h */

#include "console.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/audit.h"
#include "store/exchange.h"
#include "store/grants.h"
#include "store/lists.h"

/* `at`, a node by its name in text: "tenant:example.com"; the operator without one. */
int
at_node(struct request *request, struct sl_node *out)
{
	struct sl_slice at = arg(request, "at");

	*out = SL_NODE_OPERATOR;
	return at.len == 0 ? 0 : sl_store_find_text(request->store, at, out);
}

/* ---- lists ---- */

static int
list_add(struct request *request)
{
	struct sl_store_entry entry = { .value = arg(request, "value"), .note = arg(request, "note"),
		.options = (arg_flag(request, "unauthenticated") ? SL_ENTRY_UNAUTHENTICATED : 0u) |
		    (arg_flag(request, "subdomains") ? SL_ENTRY_SUBDOMAINS : 0u) |
		    (arg_flag(request, "either") ? SL_ENTRY_EITHER : 0u) };
	struct sl_slice days = arg(request, "days");
	uint64_t number;
	int r;

	if (request->target.level == SL_LEVEL_DOMAIN || request->target.level == SL_LEVEL_GROUP)
		return refuse(request, SL_ERR_SYNTAX, "lists are the operator's, a partner's, a tenant's or a user's: name one of these");
	if (!sl_entry_kind_find(arg(request, "kind"), &entry.kind))
		return refuse(request, SL_ERR_SYNTAX, "an entry is `allow` or `deny`");
	if (days.len > 0) {
		if (sl_slice_to_u64(days, 36500, &number) != 0 || number == 0)
			return refuse(request, SL_ERR_SYNTAX, "--days is a number");
		entry.expires_at = sl_clock_system.wall_us(NULL) / 1000000 + (int64_t)number * 86400;
	}
	r = sl_store_list_add(request->store, &request->actor, request->target, &entry, 1, NULL);
	if (r == 0)
		say(request, "%s %.*s", sl_entry_kind_word(entry.kind), SL_SLICE_ARG(entry.value));
	return r;
}

static int
list_row(void *ctx, const struct sl_store_entry *entry)
{
	json_t *row = new_row(ctx);
	struct sl_buf options;

	if (row == NULL)
		return SL_DONE;
	row_text(row, "kind", sl_slice_str(sl_entry_kind_word(entry->kind)));
	row_text(row, "value", entry->value);
	sl_buf_init(&options, 100);
	sl_entry_options_print(entry->options, &options);
	row_text(row, "options", sl_buf_slice(&options));
	sl_buf_fini(&options);
	row_text(row, "note", entry->note);
	row_time(row, "expires", entry->expires_at * 1000000);
	row_text(row, "by", entry->added_by);
	return 0;
}

static int
list_show(struct request *request)
{
	int r = sl_store_list_walk(request->store, request->target, arg(request, "after"), list_row, request);

	return SL_MIN(r, 0);
}

static int
list_remove(struct request *request)
{
	struct sl_slice value = arg(request, "value");
	int r = sl_store_list_remove(request->store, &request->actor, request->target, &value, 1);

	if (r == 0)
		say(request, "%.*s is off the list", SL_SLICE_ARG(value));
	return r;
}

/* ---- grants ---- */

/* What lib/access says of giving or taking this role. */
static int
ask_access(struct request *request, bool give, enum sl_role *role)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct sl_access_request asked;
	struct sl_access_path path;
	enum sl_grant_answer answer;
	size_t len;
	int r;

	if (!sl_role_find(arg(request, "role"), role))
		return refuse(request, SL_ERR_SYNTAX, "there is no role %.*s", SL_SLICE_ARG(arg(request, "role")));
	if ((r = sl_store_grants_of(request->store, request->actor.account, grants, &len)) != 0 ||
	    (r = sl_store_grant_request(request->store, request->actor.account, arg(request, "account"), *role, request->target,
	    &path, &asked)) != 0)
		return r;
	answer = give ? sl_access_may_grant(grants, len, &asked) : sl_access_may_revoke(grants, len, &asked);
	return answer == SL_GRANT_OK ? 0 : refuse(request, SL_ERR_REFUSED, "%s", sl_grant_text(answer));
}

static int
grant_add(struct request *request)
{
	enum sl_role role;
	int r = ask_access(request, true, &role);

	if (r == 0)
		r = sl_store_grant_add(request->store, &request->actor, arg(request, "account"), role, request->target);
	if (r == 0)
		say(request, "%.*s is %s there", SL_SLICE_ARG(arg(request, "account")), sl_role_word(role));
	return r;
}

static int
grant_remove(struct request *request)
{
	enum sl_role role;
	int r = ask_access(request, false, &role);

	if (r == 0)
		r = sl_store_grant_remove(request->store, &request->actor, arg(request, "account"), role, request->target);
	if (r == 0)
		say(request, "%.*s is no longer %s there", SL_SLICE_ARG(arg(request, "account")), sl_role_word(role));
	return r;
}

static int
grant_row(void *ctx, const struct sl_grant_row *grant)
{
	json_t *row = new_row(ctx);

	if (row == NULL)
		return SL_DONE;
	row_text(row, "account", grant->account);
	row_text(row, "role", sl_slice_str(sl_role_word(grant->role)));
	row_time(row, "since", grant->added_at_us);
	row_text(row, "by", grant->added_by);
	return 0;
}

static int
grant_show(struct request *request)
{
	int r = sl_store_grants_at(request->store, request->target, grant_row, request);

	return SL_MIN(r, 0);
}

/* ---- audit ---- */

/* A tenant, also one that is gone: its trail then belongs to the operator to show. */
static int
at_audited(struct request *request, struct sl_node *out)
{
	struct sl_slice tenant = arg(request, "tenant");
	int r;

	*out = SL_NODE_OPERATOR;
	if (tenant.len == 0)
		return 0;
	r = sl_store_find(request->store, SL_LEVEL_TENANT, tenant, out);
	if (r == SL_ERR_NOT_FOUND)
		*out = SL_NODE_OPERATOR;
	return r == SL_ERR_NOT_FOUND ? 0 : r;
}

static int
audited(struct request *request, int64_t *tenant_out)
{
	*tenant_out = request->target.id;
	if (request->target.level == SL_LEVEL_OPERATOR && arg(request, "tenant").len > 0)
		return sl_store_audit_tenant(request->store, arg(request, "tenant"), tenant_out);
	return 0;
}

static int
audit_row(void *ctx, const struct sl_audit_entry *entry)
{
	struct request *request = ctx;
	json_t *row = new_row(request);

	if (row == NULL)
		return SL_DONE;
	row_number(row, "number", request->target.level == SL_LEVEL_TENANT ? entry->tenant_number : entry->number);
	row_time(row, "time", entry->at_us);
	row_text(row, "account", entry->account);
	row_text(row, "verb", entry->verb);
	row_text(row, "target", entry->target);
	row_text(row, "detail", entry->detail);
	row_text(row, "note", entry->note);
	return 0;
}

static int
audit_show(struct request *request)
{
	uint64_t from = 0;
	int64_t tenant;
	int r = audited(request, &tenant);

	if (r == 0 && arg(request, "from").len > 0 && sl_slice_to_u64(arg(request, "from"), INT64_MAX, &from) != 0)
		return refuse(request, SL_ERR_SYNTAX, "--from is the number of an entry");
	if (r == 0)
		r = sl_store_audit_walk(request->store, tenant, (int64_t)from, audit_row, request);
	return SL_MIN(r, 0);
}

static int
audit_verify(struct request *request)
{
	struct sl_audit_report report;
	char head[2 * SL_AUDIT_HASH_BYTES + 1];
	int64_t tenant;
	int r = audited(request, &tenant);

	if (r == 0)
		r = sl_store_audit_verify(request->store, tenant, &report);
	if (r != 0)
		return r;
	if (report.fault != SL_AUDIT_NONE)
		return refuse(request, SL_ERR_DAMAGED, "%s: number %lld; the %lld before it are right",
		    sl_audit_fault_text(report.fault), (long long)report.at, (long long)report.entries);
	for (size_t i = 0; i < SL_AUDIT_HASH_BYTES; i++)
		snprintf(head + 2 * i, 3, "%02x", report.head[i]);
	say(request, "%lld entries, every one as it was written; head %s", (long long)report.entries, head);
	return 0;
}

static bool
lies_below(const char *directory, const char *path)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && path[len] == '/' && strstr(path + len, "/../") == NULL;
}

static int
backup_create(struct request *request)
{
	struct sl_buf path;
	int r;

	sl_buf_init(&path, 4096);
	sl_buf_add_slice(&path, arg(request, "file_name"));
	if (path.len == 0 || path.data[0] != '/')
		r = refuse(request, SL_ERR_SYNTAX, "name a file by its whole path");
	else if (request->console->directory != NULL && !lies_below(request->console->directory, sl_buf_cstr(&path)))
		r = refuse(request, SL_ERR_SYNTAX, "the console writes no files but those in its directory: name one as %s/NAME",
		    request->console->directory);
	else
		r = sl_store_audit(request->store, &request->actor, SL_NODE_OPERATOR, SL_SLICE_LIT("backup.create"),
		    sl_slice(NULL, 0));
	if (r == 0)
		r = sl_store_backup(request->store, sl_buf_cstr(&path));
	if (r == 0)
		say(request, "copied to %s", sl_buf_cstr(&path));
	sl_buf_fini(&path);
	return r;
}

const struct handler handlers_more[] = {
	{ SL_VERB_LIST_ADD, at_node, list_add },
	{ SL_VERB_LIST_SHOW, at_node, list_show },
	{ SL_VERB_LIST_REMOVE, at_node, list_remove },
	{ SL_VERB_GRANT_ADD, at_node, grant_add },
	{ SL_VERB_GRANT_SHOW, at_node, grant_show },
	{ SL_VERB_GRANT_REMOVE, at_node, grant_remove },
	{ SL_VERB_AUDIT_SHOW, at_audited, audit_show },
	{ SL_VERB_AUDIT_VERIFY, at_audited, audit_verify },
	{ SL_VERB_BACKUP_CREATE, at_operator, backup_create },
};
const size_t handlers_more_len = SL_COUNT(handlers_more);
