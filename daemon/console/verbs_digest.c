/* verbs_digest.c - digests: shown before they are sent, sent now, when they are due; see console.h */

#include <stdio.h>

#include "console.h"
#include "digests.h"
#include "store/audit.h"

static int
at_mailbox(struct request *request, struct sl_node *out)
{
	return sl_store_find(request->store, SL_LEVEL_USER, arg(request, "user"), out);
}

/* ---- one of somebody */

struct waiting {
	struct asker	*asker;
	bool		 preview;
	char		 mailbox[SL_DIGEST_MAILBOX_MAX + 1];
};

static void
on_done(void *ctx, int result, size_t rows, struct sl_slice mail)
{
	struct waiting *w = ctx;
	json_t *reply = json_object();
	char *text;

	json_object_set_new(reply, "ok", json_boolean(result == 0));
	if (result != 0) {
		json_object_set_new(reply, "error", json_string(result == SL_ERR_LOCKED ? "the tenant holds the key, and it is locked"
		    : result == SL_ERR_CLOSED ? "the vault or the courier is not there now" : sl_strerror(result)));
	} else {
		text = rows == 0 ? sl_xasprintf("nothing is held that %s may see", w->mailbox) :
		    w->preview ? sl_xasprintf("%zu listed; the addresses of a preview do nothing", rows) :
		    sl_xasprintf("%zu listed, on its way to %s", rows, w->mailbox);
		json_object_set_new(reply, "message", json_string(text));
		json_object_set_new(reply, "listed", json_integer((json_int_t)rows));
		if (w->preview && rows > 0)
			json_object_set_new(reply, "text", json_stringn((const char *)mail.ptr, mail.len));
		sl_free(text);
	}
	w->asker->number = 0;
	w->asker->cancel = NULL;
	w->asker->answer(w->asker->ctx, reply, NULL, 0);
	sl_free(w);
}

static void
on_cancel(struct console *console, void *what)
{
	digests_forget(console->digests, what);
	sl_free(what);
}

/* Who gets his digests: himself, or whom the policy names. */
static int
reader_of(struct request *request, char out[SL_DIGEST_MAILBOX_MAX + 1])
{
	const struct sl_compile_options options = { .store = request->store };
	struct sl_policy_effective *effective = sl_xzalloc(sizeof(*effective));
	struct sl_compile *compile = sl_compile_new(&options);
	struct rights rights;
	struct sl_buf name;
	int r = rights_at(compile, request->target, effective, &rights);

	sl_buf_init(&name, 1024);
	if (r == 0)
		r = sl_store_name(request->store, request->target, &name);
	sl_buf_consume(&name, SL_MIN(name.len, strlen("user:")));
	if (r == 0 && rights.address[0] != '\0')
		strcpy(out, rights.address);
	else if (r == 0 && !sl_digest_mailbox(sl_buf_slice(&name), out))
		r = refuse(request, SL_ERR_SYNTAX, "no mail can be written to %s", sl_buf_cstr(&name));
	sl_buf_fini(&name);
	sl_compile_free(&compile);
	sl_free(effective);
	return r;
}

static int
one(struct request *request, bool preview)
{
	struct sl_access_path path;
	unsigned char unique[16];
	struct waiting *w;
	int r;

	if (request->console->digests == NULL || request->asker == NULL)
		return refuse(request, SL_ERR_UNSUPPORTED, "no digests are made here: there is no vault, or Sluice does not run");
	if (digests_hostname(request->console->digests).len == 0)
		return refuse(request, SL_ERR_UNSUPPORTED, "no digests are made here: `hostname` of the settings is no domain");
	w = sl_xzalloc(sizeof(*w));
	w->asker = request->asker;
	w->preview = preview;
	r = reader_of(request, w->mailbox);
	if (r == 0)
		r = sl_store_path(request->store, request->target, &path);
	if (r == 0 && !preview)
		r = sl_store_audit(request->store, &request->actor, request->target, SL_SLICE_LIT("digest.send"), sl_slice("", 0));
	if (r != 0) {
		sl_free(w);
		return r;
	}
	sl_random(unique, sizeof(unique));
	request->asker->number = 1;
	request->asker->cancel = on_cancel;
	request->asker->cancelled = w;
	request->later = true;
	digests_send(request->console->digests, path.id[SL_LEVEL_TENANT], w->mailbox, unique, preview, on_done, w);
	return 0;
}

static int
digest_preview(struct request *request)
{
	return one(request, true);
}

static int
digest_send(struct request *request)
{
	return one(request, false);
}

/* ---- when */

static void
days_text(uint32_t days, struct sl_buf *out)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (unsigned i = 0; i < SL_COUNT(names); i++)
		if ((days & 1u << i) != 0)
			sl_buf_addf(out, "%s%s", out->len > 0 ? " " : "", names[i]);
}

static void
hours_text(uint32_t hours, struct sl_buf *out)
{
	for (unsigned i = 0; i < 24; i++)
		if ((hours & 1u << i) != 0)
			sl_buf_addf(out, "%s%02u", out->len > 0 ? " " : "", i);
}

static int
on_schedule(void *ctx, const struct digests_schedule *schedule)
{
	struct request *request = ctx;
	json_t *row = new_row(request);
	struct sl_buf text;

	if (row == NULL)
		return 0;
	row_node(request, row, "node", schedule->node);
	sl_buf_init(&text, 200);
	days_text(schedule->rights->schedule.days, &text);
	row_text(row, "days", sl_buf_slice(&text));
	sl_buf_reset(&text);
	hours_text(schedule->rights->schedule.hours, &text);
	row_text(row, "hours", sl_buf_slice(&text));
	sl_buf_fini(&text);
	row_text(row, "zone", sl_slice_str(schedule->rights->zone));
	row_text(row, "address", sl_slice_str(schedule->rights->address));
	row_time(row, "next", schedule->next_s == INT64_MAX ? 0 : schedule->next_s * 1000000);
	return 0;
}

static int
digest_schedule(struct request *request)
{
	int r;

	if (request->console->digests == NULL)
		return refuse(request, SL_ERR_UNSUPPORTED, "no digests are made here: there is no vault, or Sluice does not run");
	r = digests_schedules(request->console->digests, request->target.id, on_schedule, request);
	if (r == 0 && request->rows == NULL)
		say(request, "no digests are sent: nobody has both digest.days and something that he may see (quarantine.users_see)");
	return r;
}

const struct handler handlers_digest[] = {
	{ SL_VERB_DIGEST_PREVIEW, at_mailbox, digest_preview },
	{ SL_VERB_DIGEST_SEND, at_mailbox, digest_send },
	{ SL_VERB_DIGEST_SCHEDULE, at_tenant, digest_schedule },
};
const size_t handlers_digest_len = SL_COUNT(handlers_digest);
