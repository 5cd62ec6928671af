/* verbs_simulate.c - policies tried out on what was recorded; see console.h
 *
 * The policy as it would be is compiled (publisher.h). Then either the records are replayed here (records.h), and the asker is told
 * of his own mail; or, for operators who read records themselves, both pictures are handed to him.
 */

#include <stdlib.h>

#include "policy_change.h"
#include "publisher.h"
#include "replay/lists.h"
#include "records.h"
#include "store/tree.h"
#include "store/walk.h"

#define TEXT_MAX	((size_t)4 << 20)
#define DAYS_DEFAULT	7
#define DAYS_MAX	36500
#define DAY_US		((int64_t)86400 * 1000000)

struct trying {
	struct console	*console;
	struct asker	*asker;
	uint64_t	 tried, replayed;	/* numbers of what is under way; 0: it is not */
	bool		 replay;		/* here */
	struct replay_question question;
	int64_t		*tenants;		/* owned, as are the texts */
	size_t		 tenants_room;
	char		*text, *tenant, *lists;	/* `tenant` NULL: several */
};

static void
trying_free(struct trying *t)
{
	sl_free(t->tenants);
	sl_free(t->text);
	sl_free(t->tenant);
	sl_free(t->lists);
	sl_free(t);
}

static void
on_cancel(struct console *console, void *what)
{
	struct trying *t = what;

	if (t->tried != 0)
		publisher_forget(console->publisher, t->tried);
	if (t->replayed != 0)
		records_replay_forget(console->records, t->replayed);
	trying_free(t);
}

/* It is over: he may ask again. */
static struct asker *
let_go(struct trying *t)
{
	struct asker *asker = t->asker;

	asker->number = 0;
	asker->cancel = NULL;
	trying_free(t);
	return asker;
}

static void
answer_error(struct trying *t, const char *error)
{
	json_t *reply = json_pack("{s:b, s:s}", "ok", 0, "error", error);
	struct asker *asker = let_go(t);

	if (reply == NULL)
		reply = json_pack("{s:b, s:s}", "ok", 0, "error", "what went wrong cannot be said");
	asker->answer(asker->ctx, reply, NULL, 0);
}

/* ---- the pictures ---- */

static size_t
descriptors(const struct tried *tried, int fds[3])
{
	size_t len = 0;

	fds[len++] = tried->whole;
	if (tried->over >= 0)
		fds[len++] = tried->over;
	fds[len++] = tried->changed;
	return len;
}

static void
answer_pictures(struct trying *t, const struct tried *tried)
{
	int fds[3];
	size_t len = descriptors(tried, fds);
	json_t *reply = json_pack("{s:b, s:b, s:b, s:s}", "ok", 1, "current_over", tried->over >= 0, "changed_over",
	    tried->changed_is_over, "text", t->text);
	struct asker *asker;

	if (reply == NULL) {
		answer_error(t, "what is changed cannot be said");
		return;
	}
	if (t->tenant != NULL)
		json_object_set_new(reply, "tenant", json_string(t->tenant));
	if (*t->lists != '\0')
		json_object_set_new(reply, "lists", json_string(t->lists));
	asker = let_go(t);
	asker->answer(asker->ctx, reply, fds, len);
}

/* ---- replayed here ---- */

static void
on_heard(void *ctx, struct sl_slice json, bool last)
{
	struct trying *t = ctx;
	struct asker *asker = t->asker;

	if (json.len == 0) {
		answer_error(t, "the process that read the records died: try again");
		return;
	}
	if (last)
		let_go(t);
	asker->part(asker->ctx, json, last);
}

static void
begin_replay(struct trying *t, const struct tried *tried)
{
	int fds[3];
	size_t len = descriptors(tried, fds);

	t->question.has_over = tried->over >= 0;
	t->question.changed_is_over = tried->changed_is_over;
	t->replayed = records_replay(t->console->records, &t->question, fds, len, on_heard, t);
	if (t->replayed == 0)
		answer_error(t, "too much is being tried out, or records cannot be read now: again in a moment");
}

static void
on_tried(void *ctx, const struct tried *tried)
{
	struct trying *t = ctx;

	t->tried = 0;
	if (tried->error != NULL)
		answer_error(t, tried->error);
	else if (t->replay)
		begin_replay(t, tried);
	else
		answer_pictures(t, tried);
}

/* ---- the question ---- */

static int
on_tenant(void *ctx, const struct sl_tenant_row *row)
{
	struct trying *t = ctx;

	if (t->question.tenants_len == REPLAY_TENANTS_MAX)
		return SL_ERR_FULL;
	if (t->question.tenants_len == t->tenants_room) {
		t->tenants_room = t->tenants_room * 2 + 64;
		t->tenants = sl_xrealloc(t->tenants, t->tenants_room * sizeof(*t->tenants));
	}
	t->tenants[t->question.tenants_len++] = row->id;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Whose mail is looked at: that of the tenant, or of the partner's, or everybody's. Who asks may do so at that node. */
static int
find_tenants(struct request *request, struct trying *t)
{
	static const struct sl_walk walk = { .tenant = on_tenant };
	struct sl_access_path path;
	struct sl_buf name;
	int r = sl_store_path(request->store, request->target, &path);

	if (r != 0)
		return r;
	t->question.everybody = path.level == SL_LEVEL_OPERATOR;
	if (path.level == SL_LEVEL_PARTNER) {
		r = sl_store_walk(request->store, &walk, t, request->target, NULL);
		if (r < 0)
			return r;
		if (t->question.tenants_len > 0)
			qsort(t->tenants, t->question.tenants_len, sizeof(*t->tenants), by_number);
	} else if (path.level != SL_LEVEL_OPERATOR) {
		SL_ASSERT(path.id[SL_LEVEL_TENANT] != 0);
		t->tenants = sl_xzalloc(sizeof(*t->tenants));
		t->tenants[t->question.tenants_len++] = path.id[SL_LEVEL_TENANT];
		sl_buf_init(&name, 1024);
		r = sl_store_name(request->store, (struct sl_node){ SL_LEVEL_TENANT, path.id[SL_LEVEL_TENANT] }, &name);
		sl_buf_consume(&name, SL_MIN(name.len, strlen("tenant:")));
		t->tenant = sl_xstrdup(sl_buf_cstr(&name));
		sl_buf_fini(&name);
	}
	t->question.tenants = t->tenants;
	t->question.tenant = t->tenant != NULL ? sl_slice_str(t->tenant) : sl_slice("", 0);
	return r;
}

/* ---- entries of a list that are tried ---- */

static const struct { const char *argument, *before; } kinds[] = { { "allow", "allow " }, { "deny", "deny " }, { "unlist", "remove " } };

static bool
tries_lists(const struct request *request)
{
	for (size_t i = 0; i < SL_COUNT(kinds); i++)
		if (json_array_size(arg_list(request, kinds[i].argument)) > 0)
			return true;
	return false;
}

static int
add_owner(struct request *request, struct sl_buf *out)
{
	struct sl_access_path path;
	struct sl_buf name;
	int r = sl_store_path(request->store, request->target, &path);

	if (r != 0)
		return r;
	if (path.level == SL_LEVEL_DOMAIN || path.level == SL_LEVEL_GROUP)
		return refuse(request, SL_ERR_SYNTAX, "lists are the operator's, a partner's, a tenant's or a user's: name one of these");
	sl_buf_addf(out, "list %s", sl_level_word(path.level));
	if (path.level == SL_LEVEL_USER) {
		sl_buf_init(&name, 1024);
		r = sl_store_name(request->store, request->target, &name);
		sl_buf_consume(&name, SL_MIN(name.len, strlen("user:")));
		sl_buf_addf(out, " %lld %s", (long long)path.id[SL_LEVEL_TENANT], sl_buf_cstr(&name));
		sl_buf_fini(&name);
	} else if (path.level != SL_LEVEL_OPERATOR) {
		sl_buf_addf(out, " %lld", (long long)path.id[path.level]);
	}
	sl_buf_add_str(out, "\n");
	return r;
}

/* As lines (replay/lists.h), which are looked at here, where what is wrong can be said. */
static int
take_lists(struct request *request, struct sl_buf *out)
{
	struct sl_replay_lists *lists;
	const char *wrong = NULL;
	const json_t *one;
	size_t n;
	int r;

	if (!tries_lists(request))
		return 0;
	r = add_owner(request, out);
	for (size_t i = 0; i < SL_COUNT(kinds) && r == 0; i++)
		json_array_foreach(arg_list(request, kinds[i].argument), n, one) {
			const char *text = json_string_value(one);

			if (text == NULL || strpbrk(text, "\r\n") != NULL)
				return refuse(request, SL_ERR_SYNTAX, "an entry is an address, a domain or a network");
			sl_buf_addf(out, "%s%s\n", kinds[i].before, text);
		}
	if (r != 0)
		return r;
	lists = sl_xzalloc(sizeof(*lists));
	wrong = out->overflow ? "too many entries are tried at once" : sl_replay_lists_read(sl_buf_slice(out), lists);
	sl_free(lists);
	return wrong == NULL ? 0 : refuse(request, SL_ERR_SYNTAX, "%s", wrong);
}

static int
number_of(struct request *request, const char *name, uint64_t missing, uint64_t least, uint64_t most, uint64_t *out)
{
	struct sl_slice text = arg(request, name);

	*out = missing;
	if (text.len == 0 || (sl_slice_to_u64(text, most, out) == 0 && *out >= least))
		return 0;
	return refuse(request, SL_ERR_SYNTAX, "--%s is a number of at least %llu", name, (unsigned long long)least);
}

static int
take_question(struct request *request, const struct policy_change *change, struct trying *t)
{
	const struct sl_clock *clock = console_clock(request->console);
	uint64_t days, limit;
	struct sl_buf text, lists;
	int r;

	sl_buf_init(&lists, 65536);
	r = take_lists(request, &lists);
	t->lists = sl_xmemdup(lists.len > 0 ? lists.data : (const unsigned char *)"", lists.len);
	sl_buf_fini(&lists);
	if (r != 0)
		return r;
	if ((r = number_of(request, "days", DAYS_DEFAULT, 1, DAYS_MAX, &days)) != 0 ||
	    (r = number_of(request, "limit", 0, 0, UINT32_MAX, &limit)) != 0 || (r = find_tenants(request, t)) != 0)
		return r;
	sl_buf_init(&text, TEXT_MAX);
	policy_change_diff(change, &text);
	sl_buf_add_str(&text, t->lists);
	t->text = sl_xmemdup(text.len > 0 ? text.data : (const unsigned char *)"", text.len);
	sl_buf_fini(&text);
	t->question.text = sl_slice_str(t->text);
	t->question.lists = sl_slice_str(t->lists);
	t->question.since_us = clock->wall_us(clock->ctx) - (int64_t)days * DAY_US;
	t->question.limit = (uint32_t)limit;
	t->question.doubted = arg_flag(request, "doubted");
	return 0;
}

/* May he have what he asks for in this way, and is it to be had? */
static int
check_way(struct request *request, bool replay)
{
	struct sl_node target = request->target;
	int r;

	if (request->console->publisher == NULL || request->asker == NULL)
		return refuse(request, SL_ERR_UNSUPPORTED, "nothing is compiled here");
	if (replay && (request->console->records == NULL || !records_has(request->console->records)))
		return refuse(request, SL_ERR_UNSUPPORTED, "no records are kept here (console.records of the settings)");
	if (replay)
		return 0;
	request->target = SL_NODE_OPERATOR;
	r = request_allowed(request, SL_VERB_POLICY_PICTURES);
	request->target = target;
	return r;
}

static int
begin(struct request *request, const struct policy_change *change, struct trying *t)
{
	t->tried = publisher_try(request->console->publisher, change->node, change->name, sl_buf_slice(&change->after), on_tried, t);
	if (t->tried == 0)
		return refuse(request, SL_ERR_BUSY, "too much is being tried out, or nothing is compiled yet: again in a moment");
	request->asker->number = t->tried;
	request->asker->cancel = on_cancel;
	request->asker->cancelled = t;
	request->later = true;
	return 0;
}

int
policy_simulate(struct request *request)
{
	bool replay = arg_flag(request, "replay");
	struct policy_change change;
	struct trying *t;
	int r = check_way(request, replay);

	if (r != 0)
		return r;
	if (!policy_says_something(request) && !tries_lists(request))
		return refuse(request, SL_ERR_SYNTAX, "say what to change: PATH=VALUE ..., as in spam.quarantine=0.9, --file FILE, or entries of its "
		    "list: --allow, --deny, --unlist");
	t = sl_xzalloc(sizeof(*t));
	t->console = request->console;
	t->asker = request->asker;
	t->replay = replay;
	r = policy_change_make(request, request->target, sl_slice("", 0), &change);
	if (r == 0)
		r = take_question(request, &change, t);
	if (r == 0)
		r = begin(request, &change, t);
	policy_change_fini(&change);
	if (r != 0)
		trying_free(t);
	return r;
}
