/* attachments.c - see attachments.h */

#include "attachments.h"

#include "classify/findings.h"
#include "judge.h"
#include "session.h"

struct looking {
	struct looking		*next, **link;
	struct attachments	*owner;
	struct deep_job		*job;
	const struct sl_content_part *part;	/* that passes by; NULL: it has ended */
	struct sl_slice		 name;		/* of the file, in the transaction's arena; once it has ended */
	bool			 cut;		/* more bytes than a job may hold */
};

static void
looking_free(struct looking *looking)
{
	*looking->link = looking->next;
	if (looking->next != NULL)
		looking->next->link = looking->link;
	deep_job_free(&looking->job);
	sl_free(looking);
}

/* ---- what the helper says */

static void
found(struct attachments *a, enum sl_deep_finding id)
{
	if (a->classifier != NULL)
		sl_findings_add(a->classifier, sl_deep_finding_name(id));
}

static void
on_item(void *ctx, const struct sl_deep_item *item)
{
	struct looking *looking = ctx;

	if (item->kind == SL_DEEP_FINDING)
		found(looking->owner, item->finding.id);
	demands_deep(&looking->owner->judge->session->tx->demands, item, looking->name);
}

static void
on_done(void *ctx, int result)
{
	struct looking *looking = ctx;
	struct attachments *a = looking->owner;

	/* What the helper died of is evidence; what nobody looked at is not known. */
	if (result == SL_ERR_TIMEOUT || result == SL_ERR_NOT_FOUND || result == SL_ERR_SYSTEM)
		a->failed = true;
	looking_free(looking);
	if (!attachments_awaited(a))
		judge_on_attachments(a->judge);
}

static const struct deep_events events = { on_item, on_done };

/* ---- the message's files, as a classifier hears of them */

static void *
begin_message(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static bool
on_file(void *state, const struct sl_content_part *part)
{
	struct attachments *a = state;
	struct looking *looking;
	struct deep_job *job;

	if (!sl_content_is_container(part) || !deep_has_helper(a->judge->edge->deep))
		return false;
	job = deep_job_new(a->judge->edge->deep);
	if (job == NULL) {
		a->failed = true;
		return false;
	}
	looking = sl_xzalloc(sizeof(*looking));
	looking->owner = a;
	looking->job = job;
	looking->part = part;
	looking->next = a->jobs;
	looking->link = &a->jobs;
	if (looking->next != NULL)
		looking->next->link = &looking->next;
	a->jobs = looking;
	return true;
}

/* The files of several readings may pass by at the same time. */
static struct looking *
looking_at(struct attachments *a, const struct sl_content_part *part)
{
	struct looking *looking = a->jobs;

	while (looking != NULL && looking->part != part)
		looking = looking->next;
	return looking;
}

static void
on_bytes(void *state, const struct sl_content_part *part, struct sl_slice bytes)
{
	struct attachments *a = state;
	struct looking *looking = looking_at(a, part);

	if (looking == NULL || looking->cut)
		return;
	if (part->mime->size_bytes > a->judge->snapshot->settings->attachments.max_bytes ||
	    deep_job_add(looking->job, bytes.ptr, bytes.len) != 0)
		looking->cut = true;
}

static void
on_end(void *state, const struct sl_content_part *part)
{
	struct attachments *a = state;
	struct looking *looking = looking_at(a, part);
	const struct sl_deep_job about = {
		.name = part->mime->filename,
		.declared = part->mime->type,
		.sniffed = sl_slice_str(sl_type_mime(part->sniffed.type)),
	};

	if (looking == NULL)
		return;
	looking->part = NULL;
	looking->name = sl_arena_copy(a->judge->arena, part->mime->filename);
	if (looking->cut) {		/* of a file that is cut little can be said */
		found(a, SL_DEEP_BUDGET);
		looking_free(looking);
		return;
	}
	deep_job_submit(looking->job, &about, &a->left,
	    a->judge->snapshot->settings->attachments.deadline_ms, &events, looking);
}

static const struct sl_classifier looker = {
	.name = "attachments",
	.new_message = begin_message,
	.file = on_file,
	.bytes = on_bytes,
	.end = on_end,
};

/* ---- for judge.c */

void
attachments_begin(struct attachments *a, struct judge *judge, struct sl_panel *panel)
{
	*a = (struct attachments){ .judge = judge, .left = sl_deep_budget_default };
	a->classifier = sl_panel_add(panel, &sl_findings_classifier, sl_findings_later);
	if (judge->snapshot->settings->attachments.look)
		sl_panel_add(panel, &looker, a);
}

bool
attachments_awaited(const struct attachments *a)
{
	return a->jobs != NULL;
}

void
attachments_expire(struct attachments *a)
{
	a->failed |= a->jobs != NULL;
	attachments_abort(a);
}

void
attachments_evidence(struct attachments *a, struct sl_verdict *verdict)
{
	const struct sl_evidence failed = { .name = "helper", .state = SL_EVIDENCE_FAILED,
		.sentence = "a file could not be looked into" };

	if (a->classifier != NULL)
		sl_findings_evidence(a->classifier, verdict);
	if (a->failed)
		sl_verdict_add(verdict, &failed);
}

void
attachments_abort(struct attachments *a)
{
	while (a->jobs != NULL)
		looking_free(a->jobs);
}
