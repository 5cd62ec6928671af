/* auth.c - see classify/auth.h */

#include "classify/auth.h"

/* ---- the weights ---- */

struct weight {
	int	result;
	double	spam, phish;		/* log-odds */
	bool	failed;			/* asked, and not answered */
};

/* A fail of SPF alone is what forwarding does to honest mail; with DMARC behind it, it is not. */
static const struct weight spf_weights[] = {
	{ SL_SPF_NONE,		0.15,	0.10 },
	{ SL_SPF_NEUTRAL,	0.10,	0.10 },
	{ SL_SPF_PASS,		-0.20,	-0.15 },
	{ SL_SPF_FAIL,		0.90,	0.90 },
	{ SL_SPF_SOFTFAIL,	0.60,	0.60 },
	{ SL_SPF_TEMPERROR,	0,	0,	true },
	{ SL_SPF_PERMERROR,	0.30,	0.20 },
};

/* HELO speaks for the host, not for the sender: only a fail says something. */
static const struct weight spf_helo_weights[] = {
	{ SL_SPF_FAIL,		1.00,	0.80 },
};

/* Of all signatures the best one counts: broken ones are left behind by lists and gateways. */
static const struct weight dkim_weights[] = {
	{ SL_DKIM_NONE,		0.15,	0.15 },
	{ SL_DKIM_PASS,		-0.20,	-0.20 },
	{ SL_DKIM_FAIL,		0.30,	0.30 },
	{ SL_DKIM_POLICY,	0.40,	0.40 },
	{ SL_DKIM_NEUTRAL,	0.20,	0.20 },
	{ SL_DKIM_TEMPERROR,	0,	0,	true },
	{ SL_DKIM_PERMERROR,	0.30,	0.30 },
};

static const struct weight dmarc_weights[] = {
	{ SL_DMARC_NONE,	0.10,	0.10 },
	{ SL_DMARC_PASS,	-0.30,	-0.50 },
	{ SL_DMARC_TEMPERROR,	0,	0,	true },
	{ SL_DMARC_PERMERROR,	1.50,	2.00 },
};

/* A DMARC fail, by what the domain wants done. */
static const struct weight dmarc_fail_weights[] = {
	{ SL_DMARC_POLICY_UNSET,	0.30,	0.50 },
	{ SL_DMARC_POLICY_NONE,		0.30,	0.50 },
	{ SL_DMARC_POLICY_QUARANTINE,	1.50,	2.00 },
	{ SL_DMARC_POLICY_REJECT,	2.50,	3.00 },
};

static const struct weight arc_weights[] = {
	{ SL_ARC_PASS,		0,	0 },	/* anybody can seal */
	{ SL_ARC_FAIL,		0.20,	0.20 },
};

static const struct weight iprev_weights[] = {
	{ SL_IPREV_PASS,	-0.15,	-0.10 },
	{ SL_IPREV_FAIL,	0.50,	0.30 },
	{ SL_IPREV_TEMPERROR,	0,	0,	true },
	{ SL_IPREV_PERMERROR,	0.60,	0.40 },
};

static const struct weight helo_weights[] = {
	{ SL_HELO_PASS,		-0.10,	-0.05 },
	{ SL_HELO_ELSEWHERE,	0.05,	0 },
	{ SL_HELO_UNKNOWN,	0.30,	0.20 },
	{ SL_HELO_TEMPERROR,	0,	0,	true },
	{ SL_HELO_LITERAL,	0.30,	0.20 },
	{ SL_HELO_FOREIGN_LITERAL, 1.50, 1.00 },
	{ SL_HELO_BARE,		0.30,	0.20 },
	{ SL_HELO_OURS,		3.00,	2.00 },	/* no honest server bears our name */
};

/* ---- one piece ---- */

struct writer {
	struct sl_arena		*arena;
	struct sl_verdict	*verdict;
};

#define FIND(table, result) find(table, SL_COUNT(table), (int)(result))

static const struct weight *
find(const struct weight *table, size_t len, int result)
{
	for (size_t i = 0; i < len; i++)
		if (table[i].result == result)
			return &table[i];
	return NULL;
}

static void	add(struct writer *w, const char *name, const struct weight *weight, const char *format, ...)
		    SL_PRINTF(4, 5);

/* Add a piece with its sentence; nothing if the table says nothing of this result. */
static void
add(struct writer *w, const char *name, const struct weight *weight, const char *format, ...)
{
	struct sl_evidence e = { .name = name };
	char *sentence = NULL;
	struct sl_buf text;
	va_list ap;

	if (weight == NULL)
		return;
	sl_buf_init(&text, 1024);
	va_start(ap, format);
	sl_buf_vaddf(&text, format, ap);
	va_end(ap);
	sentence = (char *)(uintptr_t)sl_arena_copy(w->arena, sl_buf_slice(&text)).ptr;
	sl_buf_fini(&text);
	e.sentence = sentence != NULL ? sentence : "no memory was left to say why";
	e.state = weight->failed ? SL_EVIDENCE_FAILED : SL_EVIDENCE_PRESENT;
	e.log_odds[SL_SPAM] = weight->spam;
	e.log_odds[SL_PHISH] = weight->phish;
	sl_verdict_add(w->verdict, &e);
}

/* ---- the sentences ---- */

static void
add_spf(struct writer *w, const char *name, const struct weight *weight, const struct sl_spf *spf,
    const char *address)
{
	const char *domain = sl_spf_domain(spf);

	switch (sl_spf_result(spf)) {
	case SL_SPF_NONE:
		add(w, name, weight, "the domain %s does not say who may send for it", domain);
		break;
	case SL_SPF_NEUTRAL:
		add(w, name, weight, "the domain %s leaves open whether %s may send for it", domain, address);
		break;
	case SL_SPF_PASS:
		add(w, name, weight, "the domain %s says that %s may send for it", domain, address);
		break;
	case SL_SPF_FAIL:
		add(w, name, weight, "the domain %s says that %s may not send for it", domain, address);
		break;
	case SL_SPF_SOFTFAIL:
		add(w, name, weight, "the domain %s says that %s should not send for it", domain, address);
		break;
	case SL_SPF_TEMPERROR:
		add(w, name, weight, "who may send for the domain %s could not be looked up", domain);
		break;
	case SL_SPF_PERMERROR:
		add(w, name, weight, "what the domain %s says of its senders cannot be understood: %s",
		    domain, sl_spf_reason(spf));
		break;
	}
}

/* How much a signature's result says, best first. */
static int
dkim_rank(enum sl_dkim_result result)
{
	static const enum sl_dkim_result order[] = { SL_DKIM_PASS, SL_DKIM_TEMPERROR, SL_DKIM_POLICY,
	    SL_DKIM_FAIL, SL_DKIM_PERMERROR, SL_DKIM_NEUTRAL, SL_DKIM_NONE };
	int i = 0;

	while (order[i] != result)
		i++;
	return i;
}

static void
add_dkim(struct writer *w, const struct sl_dkim *dkim)
{
	const struct sl_dkim_signature *best = NULL;
	const struct weight *weight;

	for (size_t i = 0; i < sl_dkim_count(dkim); i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(dkim, i);

		if (best == NULL || dkim_rank(s->result) < dkim_rank(best->result))
			best = s;
	}
	weight = FIND(dkim_weights, best != NULL ? best->result : SL_DKIM_NONE);
	if (best == NULL)
		add(w, "dkim", weight, "nobody signed the message");
	else if (best->result == SL_DKIM_PASS)
		add(w, "dkim", weight, "the domain %s signed the message", best->domain);
	else if (best->result == SL_DKIM_TEMPERROR)
		add(w, "dkim", weight, "the key of %s could not be looked up", best->domain);
	else
		add(w, "dkim", weight, "the signature of %s proves nothing: %s",
		    best->domain[0] != '\0' ? best->domain : "an unnamed domain", best->reason);
}

static void
add_dmarc(struct writer *w, const struct sl_dmarc *dmarc)
{
	const struct sl_dmarc_verdict *v = sl_dmarc_verdict(dmarc);
	const struct weight *weight = FIND(dmarc_weights, v->result);

	switch (v->result) {
	case SL_DMARC_NONE:
		add(w, "dmarc", weight, "the author's domain %s has no DMARC policy", v->from);
		break;
	case SL_DMARC_PASS:
		add(w, "dmarc", weight, "the author's domain %s stands behind the message", v->from);
		break;
	case SL_DMARC_FAIL:
		weight = FIND(dmarc_fail_weights, v->disposition);
		if (v->disposition > SL_DMARC_POLICY_NONE)
			add(w, "dmarc", weight, "the author's domain %s does not stand behind the message, "
			    "and wants such mail to be %s", v->from,
			    v->disposition == SL_DMARC_POLICY_REJECT ? "refused" : "set apart");
		else
			add(w, "dmarc", weight, "the author's domain %s does not stand behind the message",
			    v->from);
		break;
	case SL_DMARC_TEMPERROR:
		add(w, "dmarc", weight, "whether the author's domain %s stands behind the message could not "
		    "be looked up", v->from);
		break;
	case SL_DMARC_PERMERROR:
		add(w, "dmarc", weight, "the author cannot be told: %s", v->reason);
		break;
	}
}

static void
add_arc(struct writer *w, const struct sl_arc *arc, bool trusted)
{
	const struct weight *weight = FIND(arc_weights, sl_arc_result(arc));

	if (sl_arc_result(arc) == SL_ARC_PASS)
		add(w, "arc", weight, "%s passed the message on%s", sl_arc_sealer(arc),
		    trusted ? ", and is trusted here" : "");
	else
		add(w, "arc", weight, "the chain of those who passed the message on is broken: %s",
		    sl_arc_reason(arc));
}

static void
add_iprev(struct writer *w, const struct sl_iprev *iprev, const char *address)
{
	const struct weight *weight = FIND(iprev_weights, sl_iprev_result(iprev));

	switch (sl_iprev_result(iprev)) {
	case SL_IPREV_PASS:
		add(w, "iprev", weight, "%s is %s, and that leads back to it", address, sl_iprev_name(iprev));
		break;
	case SL_IPREV_FAIL:
		add(w, "iprev", weight, "%s is said to be %s, which leads elsewhere", address,
		    sl_iprev_name(iprev));
		break;
	case SL_IPREV_TEMPERROR:
		add(w, "iprev", weight, "the name of %s could not be looked up", address);
		break;
	case SL_IPREV_PERMERROR:
		add(w, "iprev", weight, "%s has no name in DNS", address);
		break;
	}
}

static void
add_helo(struct writer *w, const struct sl_helo *helo, const char *address)
{
	const struct weight *weight = FIND(helo_weights, sl_helo_result(helo));
	const char *domain = sl_helo_domain(helo);

	switch (sl_helo_result(helo)) {
	case SL_HELO_PASS:
		add(w, "helo", weight, "the sender calls itself %s, and that leads to %s", domain, address);
		break;
	case SL_HELO_ELSEWHERE:
		add(w, "helo", weight, "the sender calls itself %s, which does not lead to %s", domain, address);
		break;
	case SL_HELO_UNKNOWN:
		add(w, "helo", weight, "the sender calls itself %s, which does not exist", domain);
		break;
	case SL_HELO_TEMPERROR:
		add(w, "helo", weight, "what the sender calls itself, %s, could not be looked up", domain);
		break;
	case SL_HELO_LITERAL:
		add(w, "helo", weight, "the sender has no name, only its address");
		break;
	case SL_HELO_FOREIGN_LITERAL:
		add(w, "helo", weight, "the sender gives an address that is not its own");
		break;
	case SL_HELO_BARE:
		add(w, "helo", weight, "what the sender calls itself is no name of a server");
		break;
	case SL_HELO_OURS:
		add(w, "helo", weight, "the sender calls itself by our name");
		break;
	}
}

void
sl_auth_evidence(const struct sl_auth_findings *f, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct writer w = { arena, verdict };

	if (f->iprev != NULL)
		add_iprev(&w, f->iprev, f->address);
	if (f->helo != NULL)
		add_helo(&w, f->helo, f->address);
	if (f->spf != NULL)
		add_spf(&w, "spf", FIND(spf_weights, sl_spf_result(f->spf)), f->spf, f->address);
	if (f->spf_helo != NULL)
		add_spf(&w, "spf_helo", FIND(spf_helo_weights, sl_spf_result(f->spf_helo)), f->spf_helo,
		    f->address);
	if (f->dkim != NULL)
		add_dkim(&w, f->dkim);
	if (f->dmarc != NULL)
		add_dmarc(&w, f->dmarc);
	if (f->arc != NULL)
		add_arc(&w, f->arc, f->arc_trusted);
}
