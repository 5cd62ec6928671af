/* spf.c - see mailauth/spf.h */

#include "mailauth/author.h"
#include "mailauth/spf_i.h"

#include <arpa/inet.h>
#include <stdio.h>

#define SPF_MAGIC	0x5d59f001u
#define LOCAL_MAX	255
#define FRAMES_MAX	(SL_SPF_TERMS_MAX + 1)

enum spf_wait {			/* which answer we wait for */
	WAIT_NONE = 0,		/* none: there is something to evaluate */
	WAIT_RECORD,		/* TXT of the frame's domain */
	WAIT_ADDRESS,		/* the target's addresses: a */
	WAIT_EXISTS,		/* has the target an A record? */
	WAIT_MX,		/* the target's mail exchangers */
	WAIT_MX_ADDRESS,	/* addresses of names[name_at] */
	WAIT_PTR,		/* the names the client's address claims */
	WAIT_PTR_ADDRESS,	/* addresses of validated[name_at]: is the claim true? */
	WAIT_EXPLANATION,	/* TXT of what exp= names */
	WAIT_OVER,		/* nothing: done */
};

/* One check_host(): the outermost, or that of an include. A redirect reuses its frame. */
struct spf_frame {
	char			 domain[SL_DNS_NAME_MAX + 1];
	unsigned char		*record;	/* owned; NULL until its answer came */
	struct sl_slice		 rest;		/* terms not evaluated yet */
	struct sl_slice		 redirect;	/* domain-specs, in record; empty: none */
	struct sl_slice		 explanation;
	enum sl_spf_result	 match;		/* what a pass means to the frame that included us */
};

struct sl_spf {
	unsigned		 magic;
	enum spf_wait		 wait;
	bool			 asked;		/* the question waited for has been taken */
	unsigned		 id;
	enum sl_dns_type	 type;
	char			 target[SL_DNS_NAME_MAX + 1];	/* the name asked for */
	struct spf_term		 term;		/* being evaluated */

	unsigned		 terms_looked_up;
	unsigned		 void_lookups;
	size_t			 depth;		/* frames in use */
	struct spf_frame	 frames[FRAMES_MAX];

	char			 names[SL_SPF_NAMES_MAX][SL_DNS_NAME_MAX + 1];		/* of an MX answer */
	char			 validated[SL_SPF_NAMES_MAX][SL_DNS_NAME_MAX + 1];	/* of the PTR answer */
	size_t			 name_count, name_at;
	size_t			 validated_count;
	bool			 ptr_known;	/* validated[] holds the names proved true */

	unsigned char		 address[16];
	bool			 is_ipv6;
	char			 helo[SL_DNS_NAME_MAX + 1];
	char			 local[LOCAL_MAX + 1];
	char			 sender_domain[SL_DNS_NAME_MAX + 1];
	char			 receiver[SL_DNS_NAME_MAX + 1];
	int64_t			 now_s;

	enum sl_spf_result	 result;
	char			 reason[160];
	unsigned char		*text;		/* owned: the explanation with its macros, or NULL */
	size_t			 text_len;
	char			 explanation[SL_SPF_EXPLANATION_MAX + 1];
};

static const char *const result_names[] = {
	[SL_SPF_NONE] = "none",
	[SL_SPF_NEUTRAL] = "neutral",
	[SL_SPF_PASS] = "pass",
	[SL_SPF_FAIL] = "fail",
	[SL_SPF_SOFTFAIL] = "softfail",
	[SL_SPF_TEMPERROR] = "temperror",
	[SL_SPF_PERMERROR] = "permerror",
};

static struct spf_frame *
top(struct sl_spf *spf)
{
	SL_ASSERT(spf->depth > 0);
	return &spf->frames[spf->depth - 1];
}

/* Copy what fits, cut at the end. */
static void
copy_text(char *out, size_t size_bytes, struct sl_slice s)
{
	s.len = SL_MIN(s.len, size_bytes - 1);
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
}

static void SL_PRINTF(2, 3)
set_reason(struct sl_spf *spf, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(spf->reason, sizeof(spf->reason), format, ap);
	va_end(ap);
}

static void
spf_over(struct sl_spf *spf, enum sl_spf_result result)
{
	spf->result = result;
	spf->wait = WAIT_OVER;
}

/* An error ends the whole evaluation, however deep (RFC 7208, 5.2 and 6.1 hand it up). */
static void
spf_error(struct sl_spf *spf, enum sl_spf_result result, const char *why)
{
	if (spf->depth > 0)
		set_reason(spf, "%s: %s", top(spf)->domain, why);
	else
		set_reason(spf, "%s", why);
	spf_over(spf, result);
}

/* Wait for the answer to a question about spf->target. */
static void
spf_ask(struct sl_spf *spf, enum spf_wait wait, enum sl_dns_type type)
{
	spf->wait = wait;
	spf->type = type;
	spf->asked = false;
	spf->id++;
}

static enum sl_dns_type
address_type(const struct sl_spf *spf)
{
	return spf->is_ipv6 ? SL_DNS_AAAA : SL_DNS_A;
}

/* RFC 7208, 4.6.4: an answer without records, for a term of the record. False: one too many. */
static bool
void_counted(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	if (answer->status == SL_DNS_NODATA || answer->status == SL_DNS_NXDOMAIN)
		spf->void_lookups++;
	if (spf->void_lookups <= SL_SPF_VOID_MAX)
		return true;
	spf_error(spf, SL_SPF_PERMERROR, "too many look-ups without an answer");
	return false;
}

/* The name that %{p} stands for: <domain> itself, one below it, or any (RFC 7208, 7.3). */
static struct sl_slice
validated_name(struct sl_spf *spf, const char *domain)
{
	struct sl_slice best = sl_slice(NULL, 0), below = best;

	for (size_t i = 0; i < spf->validated_count; i++) {
		struct sl_slice name = sl_slice_str(spf->validated[i]);

		if (sl_slice_ieq(name, sl_slice_str(domain)))
			return name;
		if (below.len == 0 && sl_dns_name_within(name, sl_slice_str(domain)))
			below = name;
		if (best.len == 0)
			best = name;
	}
	return below.len > 0 ? below : best;
}

static struct spf_macros
spf_macros(struct sl_spf *spf)
{
	const char *domain = top(spf)->domain;

	return (struct spf_macros){
		.local = sl_slice_str(spf->local),
		.sender_domain = sl_slice_str(spf->sender_domain),
		.domain = sl_slice_str(domain),
		.helo = sl_slice_str(spf->helo),
		.validated = validated_name(spf, domain),
		.receiver = sl_slice_str(spf->receiver),
		.address = spf->address,
		.is_ipv6 = spf->is_ipv6,
		.now_s = spf->now_s,
	};
}

/* ---- entering and leaving a record ---- */

/* Ask for the record of spf->target. */
static void
frame_ask(struct sl_spf *spf, struct spf_frame *frame)
{
	memcpy(frame->domain, spf->target, sizeof(frame->domain));
	sl_free(frame->record);
	frame->record = NULL;
	frame->redirect = frame->explanation = sl_slice(NULL, 0);
	spf_ask(spf, WAIT_RECORD, SL_DNS_TXT);
}

/* The message fails: look for the words that the domain has for it. */
static void
explanation_ask(struct sl_spf *spf)
{
	struct spf_frame *frame = top(spf);
	struct spf_macros macros = spf_macros(spf);

	if (frame->explanation.len == 0 ||
	    !spf_expand_name(&macros, frame->explanation, spf->target)) {
		spf_over(spf, spf->result);
		return;
	}
	spf_ask(spf, WAIT_EXPLANATION, SL_DNS_TXT);
}

static void
explanation_expand(struct sl_spf *spf)
{
	struct spf_macros macros = spf_macros(spf);
	struct sl_buf out;

	sl_buf_init(&out, SL_SPF_EXPLANATION_MAX);
	if (spf_expand_text(&macros, sl_slice(spf->text, spf->text_len), &out))
		copy_text(spf->explanation, sizeof(spf->explanation), sl_buf_slice(&out));
	for (char *c = spf->explanation; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)	/* a macro let in what the grammar does not */
			*c = '?';
	sl_buf_fini(&out);
	spf_over(spf, spf->result);
}

static void	ptr_ask(struct sl_spf *spf);

/* The record of the top frame came to `result`: the answer, or an include's match or not. */
static void
frame_leave(struct sl_spf *spf, enum sl_spf_result result)
{
	struct spf_frame *frame = top(spf);

	if (spf->depth > 1) {
		enum sl_spf_result match = frame->match;

		sl_free(frame->record);
		frame->record = NULL;
		spf->depth--;
		if (result == SL_SPF_PASS)
			frame_leave(spf, match);	/* at most FRAMES_MAX deep */
		else
			spf->wait = WAIT_NONE;
		return;
	}
	spf->result = result;
	if (result != SL_SPF_FAIL)
		spf_over(spf, result);
	else if (spf_macro_wants_p(frame->explanation) && !spf->ptr_known)
		ptr_ask(spf);		/* spf_step comes back here */
	else
		explanation_ask(spf);
}

/* The term matched. */
static void
term_match(struct sl_spf *spf)
{
	set_reason(spf, "%s: " SL_SLICE_FMT, top(spf)->domain, SL_SLICE_ARG(spf->term.text));
	frame_leave(spf, spf->term.result);
}

/* It did not, or an include's record did not: go on with the next. */
static void
term_no_match(struct sl_spf *spf)
{
	spf->wait = WAIT_NONE;
}

/* Read all terms once: a syntax error anywhere is one before evaluation (RFC 7208, 4.6). */
static bool
record_check(struct spf_frame *frame)
{
	struct sl_slice rest = frame->rest;
	struct spf_term term;
	int r;

	while ((r = spf_term_next(&rest, &term)) == SL_MORE) {
		struct sl_slice *once = term.kind == SPF_REDIRECT ? &frame->redirect :
		    term.kind == SPF_EXP ? &frame->explanation : NULL;

		if (once != NULL && once->len > 0)
			return false;	/* RFC 7208, 6: MUST NOT appear more than once */
		if (once != NULL)
			*once = term.spec;
	}
	return r == SL_DONE;
}

/* Nobody published a record here: what that means depends on who sent us. */
static void
record_absent(struct sl_spf *spf)
{
	if (spf->depth == 1 && spf->terms_looked_up == 0)
		spf_error(spf, SL_SPF_NONE, "no SPF record");
	else
		spf_error(spf, SL_SPF_PERMERROR, "included or redirected to, and has no SPF record");
}

static void
record_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	struct spf_frame *frame = top(spf);
	struct sl_slice terms, found = { 0 };
	size_t count = 0;

	if (answer->status == SL_DNS_TEMPERROR) {
		spf_error(spf, SL_SPF_TEMPERROR, "the record could not be looked up");
		return;
	}
	for (size_t i = 0; answer->status == SL_DNS_FOUND && i < answer->count; i++)
		if (spf_record_is(answer->records[i].data, &terms)) {
			found = terms;
			count++;
		}
	if (count == 0) {
		record_absent(spf);
	} else if (count > 1) {
		spf_error(spf, SL_SPF_PERMERROR, "more than one SPF record");
	} else if (found.len > SL_SPF_RECORD_MAX) {
		spf_error(spf, SL_SPF_PERMERROR, "the record is too long");
	} else {
		frame->record = sl_xmemdup(found.ptr, found.len);
		frame->rest = sl_slice(frame->record, found.len);
		spf->wait = WAIT_NONE;
		if (!record_check(frame))
			spf_error(spf, SL_SPF_PERMERROR, "a syntax error in the record");
	}
}

/* ---- terms ---- */

static bool
prefix_matches(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned char mask = (unsigned char)(0xff00u >> (bits % 8));

	return memcmp(a, b, bits / 8) == 0 &&
	    (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

static bool
address_matches(const struct sl_spf *spf, const unsigned char *address)
{
	return prefix_matches(spf->address, address,
	    spf->is_ipv6 ? spf->term.prefix6 : spf->term.prefix4);
}

static bool
answer_matches(const struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	for (size_t i = 0; answer->status == SL_DNS_FOUND && i < answer->count; i++)
		if (answer->records[i].data.len == (spf->is_ipv6 ? 16u : 4u) &&
		    address_matches(spf, answer->records[i].data.ptr))
			return true;
	return false;
}

/* Is one of the client's proved names the target or below it (RFC 7208, 5.5)? */
static void
ptr_evaluate(struct sl_spf *spf)
{
	for (size_t i = 0; i < spf->validated_count; i++)
		if (sl_dns_name_within(sl_slice_str(spf->validated[i]), sl_slice_str(spf->target))) {
			term_match(spf);
			return;
		}
	term_no_match(spf);
}

static void
include_enter(struct sl_spf *spf)
{
	struct spf_frame *frame;

	SL_ASSERT(spf->depth < FRAMES_MAX);	/* the count of terms bounds it */
	frame = &spf->frames[spf->depth++];
	frame->match = spf->term.result;
	frame_ask(spf, frame);
}

/* Does the term look something up, and is that still allowed? Counted here. */
static bool
term_counted(struct sl_spf *spf)
{
	if (++spf->terms_looked_up <= SL_SPF_TERMS_MAX)
		return true;
	spf_error(spf, SL_SPF_PERMERROR, "more than 10 terms that need DNS");
	return false;
}

/* Set spf->target to what the term is about. False if that is no name. */
static bool
term_target(struct sl_spf *spf, struct sl_slice spec)
{
	struct spf_macros macros = spf_macros(spf);

	if (spec.len > 0)
		return spf_expand_name(&macros, spec, spf->target);
	snprintf(spf->target, sizeof(spf->target), "%s", top(spf)->domain);
	return true;
}

/* A mechanism that needs DNS: include, a, mx, ptr, exists. */
static void
term_lookup(struct sl_spf *spf)
{
	bool is_name;

	if (!term_counted(spf))
		return;
	is_name = term_target(spf, spf->term.spec);
	if (!is_name && spf->term.kind == SPF_INCLUDE)	/* check_host() gives none: RFC 7208, 4.3 */
		spf_error(spf, SL_SPF_PERMERROR, "includes what is no domain name");
	else if (!is_name)
		term_no_match(spf);
	else if (spf->term.kind == SPF_INCLUDE)
		include_enter(spf);
	else if (spf->term.kind == SPF_A)
		spf_ask(spf, WAIT_ADDRESS, address_type(spf));
	else if (spf->term.kind == SPF_EXISTS)
		spf_ask(spf, WAIT_EXISTS, SL_DNS_A);	/* A even for IPv6: RFC 7208, 5.7 */
	else if (spf->term.kind == SPF_MX)
		spf_ask(spf, WAIT_MX, SL_DNS_MX);
	else
		ptr_evaluate(spf);
}

/* The terms are all evaluated and none matched. */
static void
record_end(struct sl_spf *spf)
{
	struct spf_frame *frame = top(spf);

	if (frame->redirect.len == 0) {
		set_reason(spf, "%s: no term matches", frame->domain);
		frame_leave(spf, SL_SPF_NEUTRAL);	/* RFC 7208, 4.7 */
	} else if (term_counted(spf)) {
		if (term_target(spf, frame->redirect))
			frame_ask(spf, frame);
		else
			spf_error(spf, SL_SPF_PERMERROR, "redirects to what is no domain name");
	}
}

static void
term_evaluate(struct sl_spf *spf)
{
	switch (spf->term.kind) {
	case SPF_ALL:
		term_match(spf);
		break;
	case SPF_IP4:
	case SPF_IP6:
		if (spf->is_ipv6 == (spf->term.kind == SPF_IP6) &&
		    address_matches(spf, spf->term.address))
			term_match(spf);
		break;
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
		term_lookup(spf);
		break;
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		break;
	}
}

/* Evaluate one term, or find that the client's names are needed first. */
static void
spf_step(struct sl_spf *spf)
{
	struct spf_frame *frame = top(spf);
	struct sl_slice rest = frame->rest, spec;
	int r;

	if (spf->result == SL_SPF_FAIL) {	/* decided; the explanation wanted the client's names */
		if (spf->text != NULL)
			explanation_expand(spf);
		else
			explanation_ask(spf);
		return;
	}
	r = spf_term_next(&rest, &spf->term);
	SL_ASSERT(r >= 0);
	spec = r == SL_MORE ? spf->term.spec : frame->redirect;
	if (!spf->ptr_known && ((r == SL_MORE && spf->term.kind == SPF_PTR) ||
	    ((r == SL_DONE || spf->term.kind <= SPF_EXISTS) && spf_macro_wants_p(spec)))) {
		ptr_ask(spf);
		return;
	}
	frame->rest = rest;
	if (r == SL_DONE)
		record_end(spf);
	else
		term_evaluate(spf);
}

static void
spf_run(struct sl_spf *spf)
{
	while (spf->wait == WAIT_NONE)
		spf_step(spf);
}

/* ---- answers ---- */

static void
address_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	if (answer->status == SL_DNS_TEMPERROR)
		spf_error(spf, SL_SPF_TEMPERROR, "an address could not be looked up");
	else if (void_counted(spf, answer)) {
		if (answer_matches(spf, answer))
			term_match(spf);
		else
			term_no_match(spf);
	}
}

static void
exists_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	if (answer->status == SL_DNS_TEMPERROR)
		spf_error(spf, SL_SPF_TEMPERROR, "a name could not be looked up");
	else if (void_counted(spf, answer)) {
		if (answer->status == SL_DNS_FOUND)
			term_match(spf);
		else
			term_no_match(spf);
	}
}

/* Ask for the next mail exchanger's addresses, if there is one. */
static void
mx_next(struct sl_spf *spf)
{
	if (spf->name_at == spf->name_count) {
		term_no_match(spf);
		return;
	}
	memcpy(spf->target, spf->names[spf->name_at++], sizeof(spf->target));
	spf_ask(spf, WAIT_MX_ADDRESS, address_type(spf));
}

static void
mx_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	if (answer->status == SL_DNS_TEMPERROR) {
		spf_error(spf, SL_SPF_TEMPERROR, "mail exchangers could not be looked up");
		return;
	}
	if (!void_counted(spf, answer))
		return;
	spf->name_count = spf->name_at = 0;
	if (answer->status == SL_DNS_FOUND && answer->count > SL_SPF_NAMES_MAX) {
		spf_error(spf, SL_SPF_PERMERROR, "more than 10 mail exchangers");
		return;
	}
	for (size_t i = 0; answer->status == SL_DNS_FOUND && i < answer->count; i++)
		spf->name_count += sl_dns_name_copy(spf->names[spf->name_count], answer->records[i].data);
	mx_next(spf);
}

static void
mx_address_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	if (answer->status == SL_DNS_TEMPERROR)
		spf_error(spf, SL_SPF_TEMPERROR, "a mail exchanger's address could not be looked up");
	else if (void_counted(spf, answer)) {
		if (answer_matches(spf, answer))
			term_match(spf);
		else
			mx_next(spf);
	}
}

/* Look for the names of the client's address, for ptr and %{p}; kept for the whole evaluation. */
static void
ptr_ask(struct sl_spf *spf)
{
	const struct spf_macros macros = { .address = spf->address, .is_ipv6 = spf->is_ipv6 };
	bool ok = spf_expand_name(&macros, SL_SLICE_LIT("%{ir}.%{v}.arpa"), spf->target);

	SL_ASSERT(ok);
	spf_ask(spf, WAIT_PTR, SL_DNS_PTR);
}

static void
ptr_next(struct sl_spf *spf)
{
	if (spf->name_at == spf->name_count) {
		spf->ptr_known = true;
		spf->wait = WAIT_NONE;
		return;
	}
	memcpy(spf->target, spf->names[spf->name_at++], sizeof(spf->target));
	spf_ask(spf, WAIT_PTR_ADDRESS, address_type(spf));
}

/* Errors and surplus names are passed over (RFC 7208, 4.6.4 and 5.5); no name at all is a void
 * look-up of the term that asked, if one did. */
static void
ptr_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	size_t count = answer->status == SL_DNS_FOUND ? SL_MIN(answer->count, SL_SPF_NAMES_MAX) : 0;

	if (spf->result != SL_SPF_FAIL && !void_counted(spf, answer))
		return;
	spf->name_count = spf->name_at = 0;
	for (size_t i = 0; i < count; i++)
		spf->name_count += sl_dns_name_copy(spf->names[spf->name_count], answer->records[i].data);
	ptr_next(spf);
}

static void
ptr_address_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	size_t len = spf->is_ipv6 ? 16 : 4;

	for (size_t i = 0; answer->status == SL_DNS_FOUND && i < answer->count; i++)
		if (answer->records[i].data.len == len &&
		    memcmp(answer->records[i].data.ptr, spf->address, len) == 0) {
			memcpy(spf->validated[spf->validated_count++], spf->target, sizeof(spf->target));
			break;
		}
	ptr_next(spf);
}

/* Whatever is wrong with an explanation, there is none (RFC 7208, 6.2). */
static void
explanation_answer(struct sl_spf *spf, const struct sl_dns_answer *answer)
{
	spf_over(spf, spf->result);
	if (answer->status != SL_DNS_FOUND || answer->count != 1 ||
	    answer->records[0].data.len > SL_SPF_RECORD_MAX)
		return;
	spf->text_len = answer->records[0].data.len;
	spf->text = sl_xmemdup(answer->records[0].data.ptr, spf->text_len);
	if (spf_macro_wants_p(sl_slice(spf->text, spf->text_len)) && !spf->ptr_known)
		ptr_ask(spf);		/* spf_step goes on */
	else
		explanation_expand(spf);
}

static bool
spf_dns_ask(void *evaluator, struct sl_dns_question *question_out)
{
	struct sl_spf *spf = evaluator;

	SL_CHECK(spf, SPF_MAGIC);
	SL_ASSERT(spf->wait != WAIT_NONE);
	if (spf->wait == WAIT_OVER || spf->asked)
		return false;
	spf->asked = true;
	*question_out = (struct sl_dns_question){ spf->id, spf->type, spf->target };
	return true;
}

static void
spf_dns_answer(void *evaluator, unsigned id, const struct sl_dns_answer *answer)
{
	static void (*const take[])(struct sl_spf *, const struct sl_dns_answer *) = {
		[WAIT_RECORD] = record_answer,
		[WAIT_ADDRESS] = address_answer,
		[WAIT_EXISTS] = exists_answer,
		[WAIT_MX] = mx_answer,
		[WAIT_MX_ADDRESS] = mx_address_answer,
		[WAIT_PTR] = ptr_answer,
		[WAIT_PTR_ADDRESS] = ptr_address_answer,
		[WAIT_EXPLANATION] = explanation_answer,
	};
	struct sl_spf *spf = evaluator;

	SL_CHECK(spf, SPF_MAGIC);
	SL_ASSERT(spf->wait != WAIT_OVER && spf->asked && id == spf->id);
	take[spf->wait](spf, answer);
	spf_run(spf);
}

const struct sl_dns_client sl_spf_dns = { spf_dns_ask, spf_dns_answer };

/* ---- life ---- */

/* Split the sender. Without one it is postmaster@helo (RFC 7208, 2.4); without a local part,
 * postmaster (4.3). Returns the domain as given. */
static struct sl_slice
sender_split(struct sl_spf *spf, const struct sl_spf_input *input)
{
	const unsigned char *at = input->sender.len == 0 ? NULL :
	    memrchr(input->sender.ptr, '@', input->sender.len);
	struct sl_slice domain = input->sender.len == 0 ? input->helo : input->sender;
	struct sl_slice local = SL_SLICE_LIT("postmaster");

	if (at != NULL) {
		size_t n = (size_t)(at - input->sender.ptr);

		domain = sl_slice_from(input->sender, n + 1);
		if (n > 0)
			local = sl_slice(input->sender.ptr, n);
	}
	copy_text(spf->local, sizeof(spf->local), local);
	return domain;
}

static void
address_set(struct sl_spf *spf, const struct sl_spf_input *input)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	spf->is_ipv6 = input->is_ipv6;
	memcpy(spf->address, input->address, 16);
	if (spf->is_ipv6 && memcmp(spf->address, mapped, sizeof(mapped)) == 0) {
		spf->is_ipv6 = false;
		memmove(spf->address, spf->address + 12, 4);
	}
}

/* RFC 7208, 4.3: a name of several labels, and not an address literal. */
static bool
domain_checkable(struct sl_slice domain)
{
	if (domain.len > 0 && domain.ptr[0] == '[')
		return false;
	if (domain.len > 0 && domain.ptr[domain.len - 1] == '.')
		domain.len--;
	return sl_dns_name_labels(domain) > 1;
}

struct sl_spf *
sl_spf_new(const struct sl_spf_input *input)
{
	struct sl_spf *spf = sl_xzalloc(sizeof(*spf));
	struct sl_slice domain;

	spf->magic = SPF_MAGIC;
	spf->now_s = input->now_s;
	address_set(spf, input);
	copy_text(spf->helo, sizeof(spf->helo), input->helo);
	copy_text(spf->receiver, sizeof(spf->receiver), input->receiver);
	domain = sender_split(spf, input);
	if (!domain_checkable(domain) || !sl_domain_ascii(domain, spf->sender_domain)) {
		spf->sender_domain[0] = '\0';
		spf_error(spf, SL_SPF_NONE, "no domain name to check");
		return spf;
	}
	spf->depth = 1;
	memcpy(spf->target, spf->sender_domain, sizeof(spf->target));
	frame_ask(spf, &spf->frames[0]);
	return spf;
}

void
sl_spf_free(struct sl_spf **spf)
{
	if (*spf == NULL)
		return;
	SL_CHECK(*spf, SPF_MAGIC);
	for (size_t i = 0; i < FRAMES_MAX; i++)
		sl_free((*spf)->frames[i].record);
	sl_free((*spf)->text);
	SL_OBJ_FREE(spf, SPF_MAGIC);
}

bool
sl_spf_done(const struct sl_spf *spf)
{
	return spf->wait == WAIT_OVER;
}

void
sl_spf_expire(struct sl_spf *spf)
{
	SL_CHECK(spf, SPF_MAGIC);
	if (spf->wait == WAIT_OVER)
		return;
	if (spf->result == SL_SPF_FAIL)		/* decided; only its explanation is missing */
		spf_over(spf, SL_SPF_FAIL);
	else
		spf_error(spf, SL_SPF_TEMPERROR, "time is up");
}

enum sl_spf_result
sl_spf_result(const struct sl_spf *spf)
{
	SL_ASSERT(sl_spf_done(spf));
	return spf->result;
}

const char *
sl_spf_explanation(const struct sl_spf *spf)
{
	return spf->explanation;
}

const char *
sl_spf_domain(const struct sl_spf *spf)
{
	return spf->sender_domain;
}

const char *
sl_spf_reason(const struct sl_spf *spf)
{
	return spf->reason;
}

const char *
sl_spf_result_name(enum sl_spf_result result)
{
	SL_ASSERT((size_t)result < SL_COUNT(result_names));
	return result_names[result];
}
