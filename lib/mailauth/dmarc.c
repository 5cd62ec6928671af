/* dmarc.c - see mailauth/dmarc.h */

#include "mailauth/dmarc.h"

#include <stdio.h>

#define DMARC_MAGIC	0x5dd3a2c1u
#define FACTS_MAX	((SL_DMARC_IDENTITIES_MAX + 1) * SL_DMARC_WALK_MAX + 3)
#define PREFIX		"_dmarc."

enum fact_state {
	FACT_WANTED,		/* not asked for yet */
	FACT_ASKED,
	FACT_HERE,
};

/* What one question told. Evaluation runs over and over until no fact is missing; it is cheap,
 * and a fact once asked for is kept. */
struct fact {
	enum fact_state		 state;
	enum sl_dns_type	 type;
	enum sl_dns_status	 status;
	char			 name[SL_DNS_NAME_MAX + 1];	/* asked for: "_dmarc.example.com" */
	bool			 has_record;
	struct sl_dmarc_record	 record;
	unsigned char		*text;		/* owned: of the record, which points into it */
	size_t			 text_len;
};

struct identity {
	char	domain[SL_DNS_NAME_MAX + 1];
	bool	is_spf;
	bool	is_unsure;	/* nobody knows whether it is proven */
};

struct sl_dmarc {
	unsigned			 magic;
	struct sl_author		 author;
	struct sl_dmarc_settings	 settings;
	size_t				 fact_count;
	struct fact			*facts[FACTS_MAX];
	size_t				 identity_count;
	struct identity			 identities[SL_DMARC_IDENTITIES_MAX];
	bool				 ended;
	bool				 done;
	char				 domain[SL_DNS_NAME_MAX + 1];
	char				 organisation[SL_DNS_NAME_MAX + 1];
	struct sl_dmarc_verdict		 verdict;
};

/* What a step of the evaluation gives. */
enum step {
	STEP_WAIT,		/* a fact is missing, and wanted now */
	STEP_YES,
	STEP_NO,
	STEP_TEMPERROR,
};

static const char *const result_names[] = {
	[SL_DMARC_NONE] = "none",
	[SL_DMARC_PASS] = "pass",
	[SL_DMARC_FAIL] = "fail",
	[SL_DMARC_TEMPERROR] = "temperror",
	[SL_DMARC_PERMERROR] = "permerror",
};

static const char *const policy_names[] = {
	[SL_DMARC_POLICY_UNSET] = "",
	[SL_DMARC_POLICY_NONE] = "none",
	[SL_DMARC_POLICY_QUARANTINE] = "quarantine",
	[SL_DMARC_POLICY_REJECT] = "reject",
};

static const struct fact no_fact = { .state = FACT_HERE, .status = SL_DNS_NXDOMAIN };

/* ---- facts ---- */

/* What is known of this name and type; wanted from now on if it was not. */
static const struct fact *
fact_get(struct sl_dmarc *dmarc, enum sl_dns_type type, const char *prefix, struct sl_slice domain)
{
	char name[sizeof(PREFIX) + SL_DNS_NAME_MAX];
	struct fact *fact;

	snprintf(name, sizeof(name), "%s" SL_SLICE_FMT, prefix, SL_SLICE_ARG(domain));
	if (!sl_dns_name_ok(sl_slice_str(name)))
		return &no_fact;	/* too long to be asked for: nothing can be there */
	for (size_t i = 0; i < dmarc->fact_count; i++)
		if (dmarc->facts[i]->type == type && strcmp(dmarc->facts[i]->name, name) == 0)
			return dmarc->facts[i];
	SL_ASSERT(dmarc->fact_count < FACTS_MAX);
	fact = dmarc->facts[dmarc->fact_count++] = sl_xzalloc(sizeof(*fact));
	fact->type = type;
	memcpy(fact->name, name, strlen(name));
	return fact;
}

/* Of several records, none (RFC 9989, 4.10, step 2). */
static void
fact_take_records(struct fact *fact, const struct sl_dns_answer *answer)
{
	struct sl_dmarc_record record;
	struct sl_slice found = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++)
		if (sl_dmarc_record_parse(answer->records[i].data, &record)) {
			found = answer->records[i].data;
			count++;
		}
	if (count != 1)
		return;
	fact->text = sl_xmemdup(found.ptr, found.len);
	fact->text_len = found.len;
	fact->has_record = sl_dmarc_record_parse(sl_slice(fact->text, fact->text_len), &fact->record);
}

/* ---- the organisational domain ---- */

/* Where a walk from `domain` goes: itself, then parents of at most 7 labels. */
static size_t
walk_make(struct sl_slice domain, struct sl_slice walk[SL_DMARC_WALK_MAX])
{
	unsigned labels = sl_dns_name_labels(domain);
	size_t n = 0;

	walk[n++] = domain;
	for (labels = SL_MIN(labels - 1, SL_DMARC_WALK_MAX - 1u); labels > 0; labels--)
		walk[n++] = sl_dns_name_tail(domain, labels);
	return n;
}

/* One label more than `parent` has, of a domain below it. */
static struct sl_slice
below(struct sl_slice domain, struct sl_slice parent)
{
	return sl_dns_name_tail(domain, sl_dns_name_labels(parent) + 1);
}

/*
 * The organisational domain of `domain` by tree walk (RFC 9989, 4.10.2), which is a tail of it,
 * and the public suffix domain above it, if the walk met one that says so.
 */
static enum step
organisation_walk(struct sl_dmarc *dmarc, struct sl_slice domain, struct sl_slice *org_out,
    struct sl_slice *psd_out)
{
	struct sl_slice walk[SL_DMARC_WALK_MAX];
	const struct fact *facts[SL_DMARC_WALK_MAX];
	size_t n = walk_make(domain, walk);

	*org_out = domain;
	*psd_out = sl_slice(NULL, 0);
	for (size_t i = 0; i < n; i++)		/* ask for all, then look at one after the other */
		facts[i] = fact_get(dmarc, SL_DNS_TXT, PREFIX, walk[i]);
	for (size_t i = 0; i < n; i++) {
		if (facts[i]->state != FACT_HERE)
			return STEP_WAIT;
		if (facts[i]->status == SL_DNS_TEMPERROR)
			return STEP_TEMPERROR;
		if (!facts[i]->has_record)
			continue;
		if (facts[i]->record.psd == 'y' && i > 0) {
			*psd_out = walk[i];
			*org_out = below(domain, walk[i]);
			return STEP_YES;
		}
		*org_out = walk[i];
		if (facts[i]->record.psd != 'u')	/* n; or y where the walk begins: it ends here */
			return STEP_YES;
	}
	return STEP_YES;
}

static enum step
organisation_find(struct sl_dmarc *dmarc, struct sl_slice domain, struct sl_slice *org_out,
    struct sl_slice *psd_out)
{
	if (dmarc->settings.suffix == NULL)
		return organisation_walk(dmarc, domain, org_out, psd_out);
	*org_out = dmarc->settings.suffix(dmarc->settings.ctx, domain);
	*psd_out = sl_slice(NULL, 0);
	return STEP_YES;
}

/* ---- the policy ---- */

/* Has the domain an address or a mail exchanger (RFC 9989, 3.2.13)? When in doubt it exists. */
static enum step
domain_exists(struct sl_dmarc *dmarc, struct sl_slice domain)
{
	static const enum sl_dns_type types[] = { SL_DNS_A, SL_DNS_AAAA, SL_DNS_MX };
	const struct fact *facts[SL_COUNT(types)];
	bool exists = false;

	for (size_t i = 0; i < SL_COUNT(types); i++)
		facts[i] = fact_get(dmarc, types[i], "", domain);
	for (size_t i = 0; i < SL_COUNT(types); i++) {
		if (facts[i]->state != FACT_HERE)
			return STEP_WAIT;
		if (facts[i]->status == SL_DNS_FOUND || facts[i]->status == SL_DNS_TEMPERROR)
			exists = true;
	}
	return exists ? STEP_YES : STEP_NO;
}

static enum step
record_at(struct sl_dmarc *dmarc, struct sl_slice domain, const struct fact **fact_out)
{
	const struct fact *fact = fact_get(dmarc, SL_DNS_TXT, PREFIX, domain);

	*fact_out = fact;
	if (fact->state != FACT_HERE)
		return STEP_WAIT;
	if (fact->status == SL_DNS_TEMPERROR)
		return STEP_TEMPERROR;
	return fact->has_record ? STEP_YES : STEP_NO;
}

/* The record that speaks for the author: its own, its organisation's, or that of the public
 * suffix above it (RFC 9989, 4.10.1). */
static enum step
policy_find(struct sl_dmarc *dmarc, const struct fact **fact_out)
{
	struct sl_slice author = sl_slice_str(dmarc->author.domain), org, psd;
	enum step step;

	if (dmarc->settings.suffix == NULL)	/* the walk's questions go out together */
		organisation_walk(dmarc, author, &org, &psd);
	step = record_at(dmarc, author, fact_out);
	if (step != STEP_NO)
		return step;
	step = organisation_find(dmarc, author, &org, &psd);
	if (step != STEP_YES)
		return step;
	step = record_at(dmarc, org, fact_out);
	return step == STEP_NO && psd.len > 0 ? record_at(dmarc, psd, fact_out) : step;
}

/* Which of p, sp and np speaks for the author. */
static enum step
policy_choose(struct sl_dmarc *dmarc, const struct sl_dmarc_record *r, enum sl_dmarc_policy *policy_out)
{
	enum step exists = STEP_YES;

	*policy_out = r->p;
	if (strcmp(dmarc->domain, dmarc->author.domain) == 0)
		return STEP_YES;
	if (r->sp != SL_DMARC_POLICY_UNSET)
		*policy_out = r->sp;
	if (r->np != SL_DMARC_POLICY_UNSET)
		exists = domain_exists(dmarc, sl_slice_str(dmarc->author.domain));
	if (exists == STEP_NO)
		*policy_out = r->np;
	return exists == STEP_WAIT ? STEP_WAIT : STEP_YES;
}

/* ---- alignment ---- */

/* Does this identity speak for the author? */
static enum step
identity_aligned(struct sl_dmarc *dmarc, const struct identity *identity, bool strict)
{
	struct sl_slice author = sl_slice_str(dmarc->author.domain), org, other, psd;
	struct sl_slice domain = sl_slice_str(identity->domain);
	enum step step;

	if (sl_slice_eq(domain, author))
		return STEP_YES;
	if (strict)
		return STEP_NO;
	step = organisation_find(dmarc, author, &org, &psd);
	if (step != STEP_YES)
		return step;
	snprintf(dmarc->organisation, sizeof(dmarc->organisation), SL_SLICE_FMT, SL_SLICE_ARG(org));
	if (!sl_dns_name_within(domain, org))	/* then its organisation is another: no need to ask */
		return STEP_NO;
	step = organisation_find(dmarc, domain, &other, &psd);
	if (step != STEP_YES)
		return step;
	return sl_slice_eq(org, other) ? STEP_YES : STEP_NO;
}

/* Is one of them aligned? All are looked at, as reports want to know of SPF and DKIM alike. */
static enum step
identities_aligned(struct sl_dmarc *dmarc, const struct sl_dmarc_record *record)
{
	bool wait = false, temperror = false, aligned = false;

	dmarc->verdict.aligned_dkim = "";
	dmarc->verdict.aligned_spf = false;
	for (size_t i = 0; i < dmarc->identity_count; i++) {
		const struct identity *identity = &dmarc->identities[i];
		enum step step = identity_aligned(dmarc, identity,
		    identity->is_spf ? record->spf_strict : record->dkim_strict);

		wait |= step == STEP_WAIT;
		temperror |= step == STEP_TEMPERROR || (identity->is_unsure && step == STEP_YES);
		if (identity->is_unsure)
			continue;
		aligned |= step == STEP_YES;
		if (step == STEP_YES && identity->is_spf)
			dmarc->verdict.aligned_spf = true;
		else if (step == STEP_YES && dmarc->verdict.aligned_dkim[0] == '\0')
			dmarc->verdict.aligned_dkim = identity->domain;
	}
	if (wait)
		return STEP_WAIT;
	return aligned ? STEP_YES : temperror ? STEP_TEMPERROR : STEP_NO;
}

/* ---- the verdict ---- */

static void
verdict_set(struct sl_dmarc *dmarc, enum sl_dmarc_result result, enum sl_dmarc_policy disposition,
    const char *reason)
{
	dmarc->done = true;
	dmarc->verdict.result = result;
	dmarc->verdict.disposition = disposition;
	dmarc->verdict.reason = reason;
}

/* t=y asks for one step less than is published (RFC 9989, 4.7). */
static enum sl_dmarc_policy
policy_tested(enum sl_dmarc_policy policy, bool testing)
{
	return testing && policy > SL_DMARC_POLICY_NONE ? policy - 1 : policy;
}

/* A broken record asks for nothing, but for reports if it says where to (RFC 9989, 4.10.1). */
static bool
record_repair(struct sl_dmarc_record *record)
{
	if (!record->broken)
		return true;
	record->p = SL_DMARC_POLICY_NONE;
	record->sp = record->np = SL_DMARC_POLICY_UNSET;
	return record->rua.len > 0 && memchr(record->rua.ptr, ':', record->rua.len) != NULL;
}

static void
verdict_fill(struct sl_dmarc *dmarc, const struct fact *fact)
{
	memcpy(dmarc->domain, fact->name + strlen(PREFIX), strlen(fact->name + strlen(PREFIX)) + 1);
	dmarc->verdict.record = fact->record;
	dmarc->verdict.text = sl_slice(fact->text, fact->text_len);
}

/* With a record in force: the policy, and whether it is met. */
static void
record_apply(struct sl_dmarc *dmarc, struct sl_dmarc_record record)
{
	enum sl_dmarc_policy policy;
	enum step step;

	if (!record_repair(&record)) {
		verdict_set(dmarc, SL_DMARC_NONE, SL_DMARC_POLICY_NONE, "the record names no policy");
		return;
	}
	if (policy_choose(dmarc, &record, &policy) == STEP_WAIT || !dmarc->ended)
		return;
	step = identities_aligned(dmarc, &record);
	if (step == STEP_WAIT)
		return;
	dmarc->verdict.policy = policy_tested(policy, record.testing);
	if (step == STEP_YES)
		verdict_set(dmarc, SL_DMARC_PASS, SL_DMARC_POLICY_NONE, "");
	else if (step == STEP_TEMPERROR)
		verdict_set(dmarc, SL_DMARC_TEMPERROR, SL_DMARC_POLICY_NONE, "DNS did not say enough");
	else
		verdict_set(dmarc, SL_DMARC_FAIL, dmarc->verdict.policy, "nothing proven is aligned with From");
}

/* Go as far as the facts allow. */
static void
dmarc_evaluate(struct sl_dmarc *dmarc)
{
	const struct fact *fact;

	if (dmarc->done)
		return;
	switch (policy_find(dmarc, &fact)) {
	case STEP_WAIT:
		break;
	case STEP_TEMPERROR:
		verdict_set(dmarc, SL_DMARC_TEMPERROR, SL_DMARC_POLICY_NONE, "the policy could not be looked up");
		break;
	case STEP_NO:
		verdict_set(dmarc, SL_DMARC_NONE, SL_DMARC_POLICY_NONE, "there is no DMARC record");
		break;
	case STEP_YES:
		verdict_fill(dmarc, fact);
		record_apply(dmarc, fact->record);
		break;
	}
}

static bool
dmarc_dns_ask(void *evaluator, struct sl_dns_question *question_out)
{
	struct sl_dmarc *dmarc = evaluator;

	SL_CHECK(dmarc, DMARC_MAGIC);
	for (size_t i = 0; i < dmarc->fact_count && !dmarc->done; i++) {
		struct fact *fact = dmarc->facts[i];

		if (fact->state != FACT_WANTED)
			continue;
		fact->state = FACT_ASKED;
		*question_out = (struct sl_dns_question){ (unsigned)i, fact->type, fact->name };
		return true;
	}
	return false;
}

static void
dmarc_dns_answer(void *evaluator, unsigned id, const struct sl_dns_answer *answer)
{
	struct sl_dmarc *dmarc = evaluator;
	struct fact *fact;

	SL_CHECK(dmarc, DMARC_MAGIC);
	SL_ASSERT(id < dmarc->fact_count && dmarc->facts[id]->state == FACT_ASKED);
	fact = dmarc->facts[id];
	fact->state = FACT_HERE;
	fact->status = answer->status;
	if (answer->status == SL_DNS_FOUND && fact->type == SL_DNS_TXT)
		fact_take_records(fact, answer);
	dmarc_evaluate(dmarc);
}

const struct sl_dns_client sl_dmarc_dns = { dmarc_dns_ask, dmarc_dns_answer };

/* ---- life ---- */

struct sl_dmarc *
sl_dmarc_new(const struct sl_author *author, const struct sl_dmarc_settings *settings)
{
	struct sl_dmarc *dmarc = sl_xzalloc(sizeof(*dmarc));

	dmarc->magic = DMARC_MAGIC;
	dmarc->author = *author;
	if (settings != NULL)
		dmarc->settings = *settings;
	dmarc->verdict = (struct sl_dmarc_verdict){ .reason = "", .from = dmarc->author.domain,
		.domain = dmarc->domain, .organisation = dmarc->organisation, .aligned_dkim = "" };
	if (author->status == SL_AUTHOR_ONE)
		dmarc_evaluate(dmarc);
	else
		verdict_set(dmarc, SL_DMARC_PERMERROR, SL_DMARC_POLICY_REJECT,
		    sl_author_status_text(author->status));
	return dmarc;
}

void
sl_dmarc_free(struct sl_dmarc **dmarc)
{
	if (*dmarc == NULL)
		return;
	SL_CHECK(*dmarc, DMARC_MAGIC);
	for (size_t i = 0; i < (*dmarc)->fact_count; i++) {
		sl_free((*dmarc)->facts[i]->text);
		sl_free((*dmarc)->facts[i]);
	}
	SL_OBJ_FREE(dmarc, DMARC_MAGIC);
}

static void
identity_add(struct sl_dmarc *dmarc, struct sl_slice domain, bool is_spf, bool is_unsure)
{
	struct identity *identity = &dmarc->identities[dmarc->identity_count];

	SL_CHECK(dmarc, DMARC_MAGIC);
	SL_ASSERT(!dmarc->ended);
	if (dmarc->identity_count == SL_DMARC_IDENTITIES_MAX || !sl_domain_ascii(domain, identity->domain))
		return;
	identity->is_spf = is_spf;
	identity->is_unsure = is_unsure;
	dmarc->identity_count++;
}

void
sl_dmarc_add_dkim(struct sl_dmarc *dmarc, struct sl_slice domain)
{
	identity_add(dmarc, domain, false, false);
}

void
sl_dmarc_add_spf(struct sl_dmarc *dmarc, struct sl_slice domain)
{
	identity_add(dmarc, domain, true, false);
}

void
sl_dmarc_add_unsure(struct sl_dmarc *dmarc, struct sl_slice domain, bool is_spf)
{
	identity_add(dmarc, domain, is_spf, true);
}

void
sl_dmarc_end(struct sl_dmarc *dmarc)
{
	SL_CHECK(dmarc, DMARC_MAGIC);
	SL_ASSERT(!dmarc->ended);
	dmarc->ended = true;
	dmarc_evaluate(dmarc);
}

bool
sl_dmarc_done(const struct sl_dmarc *dmarc)
{
	return dmarc->done && dmarc->ended;
}

void
sl_dmarc_expire(struct sl_dmarc *dmarc)
{
	SL_CHECK(dmarc, DMARC_MAGIC);
	SL_ASSERT(dmarc->ended);
	while (!dmarc->done) {	/* every round settles what the last one wanted */
		for (size_t i = 0; i < dmarc->fact_count; i++)
			if (dmarc->facts[i]->state != FACT_HERE) {
				dmarc->facts[i]->state = FACT_HERE;
				dmarc->facts[i]->status = SL_DNS_TEMPERROR;
			}
		dmarc_evaluate(dmarc);
	}
}

const struct sl_dmarc_verdict *
sl_dmarc_verdict(const struct sl_dmarc *dmarc)
{
	SL_ASSERT(sl_dmarc_done(dmarc));
	return &dmarc->verdict;
}

const char *
sl_dmarc_result_name(enum sl_dmarc_result result)
{
	SL_ASSERT((size_t)result < SL_COUNT(result_names));
	return result_names[result];
}

const char *
sl_dmarc_policy_name(enum sl_dmarc_policy policy)
{
	SL_ASSERT((size_t)policy < SL_COUNT(policy_names));
	return policy_names[policy];
}
