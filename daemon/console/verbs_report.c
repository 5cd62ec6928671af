/* verbs_report.c - reports: shown, sent now, when they are due; see console.h */

#include <stdio.h>

#include "console.h"
#include "policy/setting.h"
#include "reports.h"
#include "store/audit.h"
#include "store/digests.h"

#define DAYS_DEFAULT	7u
#define HTML_MAX	((size_t)8 << 20)

struct waiting {
	struct asker	*asker;
	bool		 as_rows;
	char		 format[12];	/* "": text */
	bool		 releases;	/* he may see them */
	char		 name[256];
};

/* ---- whose ---- */

/* Of an address: its user, or where there is none of that name its domain; of a domain's name, or an alias, the domain. */
static int
find_named(struct request *request, enum sl_level level, struct sl_slice name, struct sl_store_mailbox *mailbox, struct sl_node *out)
{
	char *address = level == SL_LEVEL_DOMAIN ? sl_xasprintf("postmaster@" SL_SLICE_FMT, SL_SLICE_ARG(name)) : sl_xmemdup(name.ptr, name.len);
	int r = sl_store_mailbox(request->store, sl_slice_str(address), mailbox);

	sl_free(address);
	if (r == SL_ERR_NOT_FOUND || r == SL_ERR_SYNTAX)
		return refuse(request, r, SL_SLICE_FMT " is no %s of a tenant", SL_SLICE_ARG(name),
		    level == SL_LEVEL_DOMAIN ? "domain" : "address in a domain");
	*out = level == SL_LEVEL_DOMAIN ? (struct sl_node){ SL_LEVEL_DOMAIN, mailbox->domain } : mailbox->node;
	return r;
}

static bool
lies_at(struct request *request, struct sl_node node, struct sl_node at)
{
	struct sl_access_path of_node, of_at;

	return sl_store_path(request->store, node, &of_node) == 0 && sl_store_path(request->store, at, &of_at) == 0 &&
	    sl_access_covers(&of_at, &of_node);
}

int
at_place(struct request *request, struct sl_node *out)
{
	static const struct { const char *argument; enum sl_level level; } names[] = { { "domain", SL_LEVEL_DOMAIN },
		{ "group", SL_LEVEL_GROUP }, { "user", SL_LEVEL_USER } };
	struct sl_store_mailbox mailbox;
	struct sl_node at = SL_NODE_OPERATOR;
	struct sl_slice name = sl_slice("", 0);
	enum sl_level level = SL_LEVEL_OPERATOR;
	int r = arg(request, "at").len > 0 ? sl_store_find_text(request->store, arg(request, "at"), &at) : 0;

	for (size_t i = 0; i < SL_COUNT(names) && r == 0; i++) {
		if (arg(request, names[i].argument).len == 0)
			continue;
		if (name.len > 0)
			return refuse(request, SL_ERR_SYNTAX, "one of --domain, --group and --user");
		name = arg(request, names[i].argument);
		level = names[i].level;
	}
	*out = at;
	if (r != 0 || name.len == 0)
		return r;
	r = level == SL_LEVEL_GROUP ? sl_store_find(request->store, level, name, out) : find_named(request, level, name, &mailbox, out);
	if (r == 0 && !lies_at(request, *out, at))
		return refuse(request, SL_ERR_NOT_FOUND, SL_SLICE_FMT " is not of " SL_SLICE_FMT, SL_SLICE_ARG(name),
		    SL_SLICE_ARG(arg(request, "at")));
	return r;
}

void
place_mailbox(struct request *request, char out[SL_STORE_MAILBOX_MAX + 1])
{
	struct sl_store_mailbox mailbox;
	struct sl_node node;

	out[0] = '\0';
	if (request->target.level == SL_LEVEL_DOMAIN && arg(request, "user").len > 0 &&
	    find_named(request, SL_LEVEL_USER, arg(request, "user"), &mailbox, &node) == 0)
		strcpy(out, mailbox.text);
}

static void
answer(struct waiting *w, json_t *reply, bool good)
{
	json_object_set_new(reply, "ok", json_boolean(good));
	w->asker->number = 0;
	w->asker->cancel = NULL;
	w->asker->answer(w->asker->ctx, reply, NULL, 0);
	sl_free(w);
}

static void
answer_failed(struct waiting *w, int result)
{
	json_t *reply = json_object();

	json_object_set_new(reply, "error", json_string(result == SL_ERR_CLOSED ? "the courier is not there now" :
	    result == SL_ERR_BUSY ? "the records of traffic are not read now, as the process that reads them died or takes too long: try again" :
	    sl_strerror(result)));
	answer(w, reply, false);
}

static void
on_cancel(struct console *console, void *what)
{
	reports_forget(console->reports, what);
	sl_free(what);
}

/* ---- the days that it is of */

static int
days_of(struct request *request, unsigned *out)
{
	struct sl_slice text = arg(request, "days");
	uint64_t days = DAYS_DEFAULT;

	if (text.len > 0 && (sl_slice_to_u64(text, REPORTS_REACH_DAYS, &days) != 0 || days == 0))
		return refuse(request, SL_ERR_SYNTAX, "write 1 to %u days", REPORTS_REACH_DAYS);
	*out = (unsigned)days;
	return 0;
}

/* What is mailed, the policy of a node says. */
static int
check_node(struct request *request)
{
	char mailbox[SL_STORE_MAILBOX_MAX + 1];

	place_mailbox(request, mailbox);
	return mailbox[0] == '\0' ? 0 : refuse(request, SL_ERR_NOT_FOUND, "%s is no user here: reports are mailed of users that were added", mailbox);
}

static int
check_reports(struct request *request)
{
	if (request->console->reports == NULL || request->asker == NULL)
		return refuse(request, SL_ERR_UNSUPPORTED, "no reports are made here: there is no vault, or Sluice does not run");
	return 0;
}

static struct waiting *
waiting_new(struct request *request)
{
	struct waiting *w = sl_xzalloc(sizeof(*w));
	struct sl_buf name;

	w->asker = request->asker;
	w->as_rows = arg_flag(request, "as_rows");
	sl_buf_init(&name, 1024);
	if (sl_store_name(request->store, request->target, &name) == 0)
		snprintf(w->name, sizeof(w->name), "%s", sl_buf_cstr(&name));
	sl_buf_fini(&name);
	request->asker->number = 1;
	request->asker->cancel = on_cancel;
	request->asker->cancelled = w;
	request->later = true;
	return w;
}

/* ---- shown */

static json_t *
table_json(const struct sl_traffic_table *table)
{
	json_t *rows = json_array();

	for (size_t i = 0; table != NULL && i < table->len; i++) {
		json_t *row = json_object();

		json_object_set_new(row, sl_traffic_by_word(table->by), json_string(table->rows[i].key));
		for (int c = 0; c < SL_TRAFFIC_COLUMN_COUNT; c++)
			json_object_set_new(row, sl_traffic_column_name((enum sl_traffic_column)c), json_integer((json_int_t)table->rows[i].n[c]));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *
releases_json(const struct sl_report *report)
{
	json_t *rows = json_array();

	for (size_t i = 0; report->releases != NULL && i < report->releases->len; i++) {
		const struct sl_report_release *r = sl_report_release_at(report->releases, i);
		json_t *row = json_object();

		row_time(row, "asked", r->asked_us);
		row_text(row, "by", sl_slice_str(r->by));
		row_text(row, "sender", sl_slice_str(r->sender));
		row_text(row, "recipient", sl_slice_str(r->recipient));
		row_number(row, "recipients", (int64_t)r->recipients);
		row_text(row, "kept_as", sl_slice_str(r->kept_as));
		row_text(row, "state", sl_slice_str(r->state));
		row_text(row, "reply", sl_slice_str(r->reply));
		row_time(row, "opened_later", r->later.opened_us);
		row_time(row, "reported_later", r->later.reported_us);
		row_time(row, "sender_allowed_later", r->later.allowed_us);
		json_array_append_new(rows, row);
	}
	return rows;
}

static void
add_rows(const struct waiting *w, const struct sl_report *report, json_t *reply)
{
	json_object_set_new(reply, "from_day", json_string(report->from_day));
	json_object_set_new(reply, "to_day", json_string(report->to_day));
	json_object_set_new(reply, "traffic", json_boolean(report->days != NULL));
	json_object_set_new(reply, "days", table_json(report->days));
	json_object_set_new(reply, "reasons", table_json(report->causes));
	if (report->is_summary)
		json_object_set_new(reply, "customers", table_json(report->tenants));
	if (report->domains != NULL) {
		json_object_set_new(reply, "domains", table_json(report->domains));
		json_object_set_new(reply, "more_domains", json_integer((json_int_t)report->more_domains));
	}
	if (report->users != NULL) {
		json_object_set_new(reply, "users", table_json(report->users));
		json_object_set_new(reply, "more_users", json_integer((json_int_t)report->more_users));
		json_object_set_new(reply, "users_exact", json_boolean(!report->cut));
	}
	if (report->since_day != NULL)
		json_object_set_new(reply, "since_day", json_string(report->since_day));
	if (report->releases != NULL)
		json_object_set_new(reply, "released", json_integer((json_int_t)report->releases->entries));
	if (w->releases && report->releases != NULL)
		json_object_set_new(reply, "releases", releases_json(report));
}

static void
add_text(const struct waiting *w, const struct sl_report *report, json_t *reply)
{
	const struct { const char *format; const struct sl_traffic_table *table; } tables[] = { { "days", report->days },
		{ "reasons", report->causes }, { "customers", report->tenants }, { "domains", report->domains }, { "users", report->users } };
	struct sl_buf text;

	sl_buf_init(&text, HTML_MAX);
	if (w->format[0] == '\0')
		sl_report_text(report, &text);
	else if (strcmp(w->format, "html") == 0)
		sl_report_html(report, &text);
	else if (strcmp(w->format, "releases") == 0 && w->releases && report->releases != NULL)
		sl_buf_add_slice(&text, sl_buf_slice(&report->releases->csv));
	for (size_t i = 0; i < SL_COUNT(tables); i++)
		if (strcmp(w->format, tables[i].format) == 0 && tables[i].table != NULL)
			sl_traffic_table_print(tables[i].table, SL_TRAFFIC_CSV, &text);
	json_object_set_new(reply, "text", json_stringn(text.len > 0 ? (const char *)text.data : "", text.len));
	sl_buf_fini(&text);
}

static void
on_made(void *ctx, int result, const struct sl_report *report)
{
	struct waiting *w = ctx;
	json_t *reply;

	if (result != 0) {
		answer_failed(w, result);
		return;
	}
	reply = json_object();
	if (w->as_rows)
		add_rows(w, report, reply);
	else
		add_text(w, report, reply);
	answer(w, reply, true);
}

static int
report_show(struct request *request)
{
	static const char *const formats[] = { "", "html", "days", "reasons", "customers", "domains", "users", "releases" };
	struct sl_slice format = arg_flag(request, "html") ? SL_SLICE_LIT("html") : arg(request, "csv");
	unsigned days = 0, kinds = (1u << SL_REPORT_KIND_COUNT) - 1;
	char mailbox[SL_STORE_MAILBOX_MAX + 1];
	struct waiting *w;
	size_t i = 0;
	bool releases;
	int r = check_reports(request);

	while (i < SL_COUNT(formats) && !sl_slice_eq(format, sl_slice_str(formats[i])))
		i++;
	if (r == 0 && i == SL_COUNT(formats))
		r = refuse(request, SL_ERR_SYNTAX, "write days, reasons, customers, domains, users or releases");
	if (r == 0)
		r = days_of(request, &days);
	if (r != 0)
		return r;
	/* Who released what is the customer's: others are shown how many there were. */
	releases = request->target.level >= SL_LEVEL_TENANT && request_allowed(request, SL_VERB_REPORT_RELEASES) == 0;
	sl_buf_reset(&request->error);
	if (!releases && (strcmp(formats[i], "releases") == 0 || strcmp(formats[i], "users") == 0))
		return refuse(request, SL_ERR_REFUSED, "%s are shown to a tenant's own, and of one tenant", formats[i]);
	if (!releases)
		kinds &= ~(1u << SL_REPORT_RELEASES);
	w = waiting_new(request);
	w->releases = releases;
	snprintf(w->format, sizeof(w->format), "%s", formats[i]);
	place_mailbox(request, mailbox);
	sl_buf_reset(&request->error);
	reports_make(request->console->reports, &(struct reports_of){ request->target, mailbox[0] != '\0' ? mailbox : NULL }, days, kinds, on_made, w);
	return 0;
}

/* ---- sent */

static void
on_sent(void *ctx, int result, size_t sent)
{
	struct waiting *w = ctx;
	json_t *reply;
	char *text;

	if (result != 0) {
		answer_failed(w, result);
		return;
	}
	reply = json_object();
	text = sl_xasprintf("the report of %s is on its way to %zu", w->name, sent);
	json_object_set_new(reply, "message", json_string(text));
	json_object_set_new(reply, "sent", json_integer((json_int_t)sent));
	sl_free(text);
	answer(w, reply, true);
}

static int
report_send(struct request *request)
{
	struct reports_schedule *schedule;
	unsigned days = 0;
	int r = check_reports(request);

	if (r == 0)
		r = check_node(request);
	if (r == 0)
		r = days_of(request, &days);
	if (r == 0 && digests_hostname(request->console->digests).len == 0)
		r = refuse(request, SL_ERR_UNSUPPORTED, "no reports are mailed here: `hostname` of the settings is no domain");
	if (r != 0)
		return r;
	schedule = sl_xzalloc(sizeof(*schedule));
	r = reports_schedule(request->console->reports, request->target, schedule);
	if (r == 0 && schedule->to_len == 0)
		r = refuse(request, SL_ERR_NOT_FOUND, schedule->refused > 0 ?
		    "reports.addresses names nobody who may have this report: only mailboxes of the tenant's own domains, or of one of its tenants" :
		    "nobody gets this report: set reports.addresses");
	sl_free(schedule);
	if (r == 0)
		r = sl_store_audit(request->store, &request->actor, request->target, SL_SLICE_LIT("report.send"), sl_slice("", 0));
	if (r == 0)
		reports_send(request->console->reports, request->target, days, on_sent, waiting_new(request));
	return r;
}

/* ---- when */

static int
report_schedule(struct request *request)
{
	struct reports_schedule *schedule;
	int r = check_reports(request);

	if (r == 0)
		r = check_node(request);
	if (r != 0)
		return r;
	schedule = sl_xzalloc(sizeof(*schedule));
	r = reports_schedule(request->console->reports, request->target, schedule);
	for (size_t i = 0; r == 0 && i < schedule->to_len; i++) {
		json_t *row = new_row(request);

		if (row == NULL)
			break;
		row_text(row, "address", sl_slice_str(schedule->to[i].mailbox));
		row_text(row, "zone", sl_slice_str(schedule->zone));
		row_time(row, "last", schedule->to[i].served_s * 1000000);
		row_time(row, "next", schedule->next_s == INT64_MAX ? 0 : schedule->next_s * 1000000);
	}
	if (r == 0 && schedule->refused > 0)
		say(request, "%zu of reports.addresses may not have this report: only mailboxes of the tenant's own domains, or of one of its tenants",
		    schedule->refused);
	else if (r == 0 && (schedule->to_len == 0 || schedule->next_s == INT64_MAX))
		say(request, "no reports are mailed: that takes both reports.days and reports.addresses");
	sl_free(schedule);
	return r;
}

const struct handler handlers_report[] = {
	{ SL_VERB_REPORT_SHOW, at_place, report_show },
	{ SL_VERB_REPORT_SEND, at_place, report_send },
	{ SL_VERB_REPORT_SCHEDULE, at_place, report_schedule },
};
const size_t handlers_report_len = SL_COUNT(handlers_report);
