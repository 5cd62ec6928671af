/* verbs_approval.c - verbs that take two people: asked for by one, approved by another; see console.h, access.h
 *
 * What is to be approved is done when it is, as who asked for it (his right is asked about again), with who approved as the note of the
 * audit entry. Between his word and the deed a crash leaves it undone, and marked as approved: it is asked for anew.
 */

#include <stdlib.h>

#include "console.h"
#include "store/approvals.h"
#include "store/grants.h"

/* ---- does it take two? ---- */

static bool
names_template(const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *text = json_string_value(one);

		if (text != NULL && strncmp(text, "template", strlen("template")) == 0)
			return true;
	}
	return false;
}

/* Could it take back a lock that holds for all? A file or an earlier version says everything anew. */
static bool
may_unlock(const struct request *request)
{
	return request->target.level == SL_LEVEL_OPERATOR && (json_array_size(arg_list(request, "unlock")) > 0 ||
	    json_is_string(json_object_get(request->args, "file")) || arg_flag(request, "remove") ||
	    names_template(arg_list(request, "set")) || names_template(arg_list(request, "unset")));
}

bool
request_takes_two(const struct request *request, enum sl_verb verb)
{
	enum sl_role role;

	switch (sl_access_two(verb)) {
	case SL_TWO_NEVER:
		return false;
	case SL_TWO_ALWAYS:
		return true;
	case SL_TWO_OFF:
		return sl_slice_eq(arg(request, "state"), SL_SLICE_LIT("off"));
	case SL_TWO_UNLOCK:
		return verb == SL_VERB_POLICY_TAKE_BACK ? request->target.level == SL_LEVEL_OPERATOR : may_unlock(request);
	case SL_TWO_ROLE:
		return sl_role_find(arg(request, "role"), &role) && sl_access_role_takes_two(role);
	}
	return true;
}

int
request_wait(struct request *request, enum sl_verb verb)
{
	char *args = json_dumps(request->args != NULL ? request->args : json_null(), JSON_COMPACT | JSON_SORT_KEYS);
	int64_t number;
	int r;

	SL_ASSERT(args != NULL);
	r = sl_store_approval_ask(request->store, &request->actor, request->target, sl_slice_str(sl_verb_row(verb)->word),
	    sl_slice_str(args), &number);
	free(args);
	if (r != 0)
		return r;
	say(request, "%s takes two people: it waits as number %lld for somebody else who may do it (sluicectl approve %lld), %d hours at most",
	    sl_verb_row(verb)->word, (long long)number, (long long)number, SL_APPROVAL_HOURS);
	json_object_set_new(request->reply, "approval", json_integer(number));
	return 0;
}

/* ---- what waits ---- */

struct waiting {
	struct sl_approval	 approval;	/* numbers; texts are these, owned */
	char			*account, *args;
	enum sl_verb		 verb;
};

static void
waiting_fini(struct waiting *w)
{
	sl_free(w->account);
	sl_free(w->args);
}

static int
on_waiting(void *ctx, const struct sl_approval *a)
{
	struct waiting *w = ctx;

	w->approval = *a;
	w->account = sl_xmemdup(a->account.ptr, a->account.len);
	w->args = sl_xmemdup(a->args.len > 0 ? a->args.ptr : (const unsigned char *)"", a->args.len);
	return sl_verb_find(a->verb, &w->verb) ? 0 : SL_ERR_VERSION;
}

static int
find(struct request *request, struct waiting *w)
{
	uint64_t number;

	*w = (struct waiting){ 0 };
	if (sl_slice_to_u64(arg(request, "id"), INT64_MAX, &number) != 0)
		return refuse(request, SL_ERR_SYNTAX, "which one? see `sluicectl approvals`");
	return sl_store_approval_get(request->store, (int64_t)number, on_waiting, w);
}

/* Is it his own, or one that he could decide on? Of others he does not learn that they are there. */
static bool
is_his(struct request *request, struct sl_slice asked_by, enum sl_verb verb, struct sl_node node)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct sl_access_path path;
	size_t len;

	return sl_slice_eq(asked_by, request->actor.account) || (sl_store_path(request->store, node, &path) == 0 &&
	    sl_store_grants_of(request->store, request->actor.account, grants, &len) == 0 &&
	    sl_access_allowed(grants, len, verb, &path));
}

static int
at_approval(struct request *request, struct sl_node *out)
{
	struct waiting w;
	int r = find(request, &w);

	*out = w.approval.node;
	if (r == 0 && !is_his(request, sl_slice_str(w.account), w.verb, w.approval.node))
		r = refuse(request, SL_ERR_NOT_FOUND, "there is nothing with the number %lld to approve", (long long)w.approval.number);
	waiting_fini(&w);
	return r;
}

/* ---- deciding ---- */

static int
check_second(struct request *request, const struct waiting *w)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct sl_access_path path;
	enum sl_two_answer answer;
	size_t len;
	int r;

	if (w->approval.state != SL_APPROVAL_OPEN)
		return refuse(request, SL_ERR_NOT_FOUND, "number %lld does not wait any more: it is %s", (long long)w->approval.number,
		    sl_approval_state_word(w->approval.state));
	if ((r = sl_store_path(request->store, w->approval.node, &path)) != 0 ||
	    (r = sl_store_grants_of(request->store, request->actor.account, grants, &len)) != 0)
		return r;
	answer = sl_access_may_approve(grants, len, w->verb, &path, sl_slice_eq(request->actor.account, sl_slice_str(w->account)));
	return answer == SL_TWO_ANSWER_OK ? 0 : refuse(request, SL_ERR_REFUSED, "%s", sl_two_text(answer));
}

/* As the one who asked. What he is told goes to who approved. */
static int
do_it(struct request *request, const struct waiting *w)
{
	const struct handler *handler = handler_find(w->verb);
	json_error_t error;
	json_t *args = json_loads(w->args, JSON_DECODE_ANY, &error);
	char *note = sl_xasprintf("approved by " SL_SLICE_FMT ", number %lld", SL_SLICE_ARG(request->actor.account),
	    (long long)w->approval.number);
	struct request own = *request;
	int r;

	own.actor = (struct sl_actor){ sl_slice_str(w->account), sl_slice_str(note) };
	own.args = args;
	own.asker = NULL;		/* nothing that takes two is answered later */
	sl_buf_init(&own.error, 1024);
	r = handler == NULL ? refuse(&own, SL_ERR_UNSUPPORTED, "there is no such verb here") : handler->target(&own, &own.target);
	if (r == 0 && (own.target.level != w->approval.node.level || own.target.id != w->approval.node.id))
		r = refuse(&own, SL_ERR_NOT_FOUND, "what it was asked for is not there any more");
	if (r == 0)
		r = request_allowed(&own, w->verb);
	if (r == 0)
		r = handler->run(&own);
	request->rows = own.rows;
	if (r != 0 && own.error.len > 0)
		(void)refuse(request, r, "it is approved, and cannot be done: %s", sl_buf_cstr(&own.error));
	sl_buf_fini(&own.error);
	json_decref(args);
	sl_free(note);
	return r;
}

static int
approve(struct request *request)
{
	struct waiting w;
	int r = find(request, &w);

	if (r == 0)
		r = check_second(request, &w);
	if (r == 0)
		r = sl_store_approval_decide(request->store, &request->actor, w.approval.number, SL_APPROVAL_APPROVED);
	if (r == 0)
		r = do_it(request, &w);
	waiting_fini(&w);
	return r;
}

/* Who asked may take it back, too. */
static int
turn_down(struct request *request)
{
	struct waiting w;
	int r = find(request, &w);

	if (r == 0 && !sl_slice_eq(request->actor.account, sl_slice_str(w.account)))
		r = check_second(request, &w);
	if (r == 0)
		r = sl_store_approval_decide(request->store, &request->actor, w.approval.number, SL_APPROVAL_REFUSED);
	if (r == 0)
		say(request, "number %lld is refused", (long long)w.approval.number);
	waiting_fini(&w);
	return r;
}

/* ---- listing ---- */

static int
on_listed(void *ctx, const struct sl_approval *a)
{
	struct request *request = ctx;
	enum sl_verb verb;
	json_t *row;

	if ((a->state != SL_APPROVAL_OPEN && !arg_flag(request, "all")) || !sl_verb_find(a->verb, &verb) ||
	    !is_his(request, a->account, verb, a->node))
		return 0;
	row = new_row(request);
	if (row == NULL)
		return SL_DONE;
	row_number(row, "number", a->number);
	row_text(row, "state", sl_slice_str(sl_approval_state_word(a->state)));
	row_text(row, "asked_by", a->account);
	row_text(row, "verb", a->verb);
	row_text(row, "at", a->target);
	row_text(row, "arguments", a->args);
	row_text(row, "note", a->note);
	row_time(row, "asked", a->asked_us);
	row_time(row, "until", a->expires_us);
	row_text(row, "decided_by", a->decided_by);
	return 0;
}

static int
list(struct request *request)
{
	int r = sl_store_approvals(request->store, on_listed, request);

	if (r >= 0 && request->rows == NULL)
		say(request, "nothing waits for approval%s", request->console->two_persons ? "" : " (console.two_persons is no)");
	return SL_MIN(r, 0);
}

const struct handler handlers_approval[] = {
	{ SL_VERB_APPROVAL_LIST, at_operator, list },
	{ SL_VERB_APPROVAL_APPROVE, at_approval, approve },
	{ SL_VERB_APPROVAL_REFUSE, at_approval, turn_down },
};
const size_t handlers_approval_len = SL_COUNT(handlers_approval);
