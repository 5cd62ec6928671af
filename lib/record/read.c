/* read.c - records read back; see record.h */

#include "read_i.h"

#include "sl/utf8.h"

#define TEXT_MAX	1024	/* bytes of the line's own texts */

enum member { RECORD, ID, TENANT, TIME, OUTCOME, CLIENT, TLS, FROM, TO, BYTES, SIZE_SAID, VERDICT, ACTION, FAILED, PROBABILITY, PRIOR, JUDGED, EVIDENCE, POLICY,
	DEMANDS, VERSIONS, FACTS, CLASSES, REFUSED, REFUSED_MORE, MEMBER_COUNT };
#define BIT(member)	(1u << (member))
#define ENOUGH		(BIT(RECORD) | BIT(VERDICT) | BIT(ACTION) | BIT(PROBABILITY) | BIT(JUDGED) | BIT(CLASSES))
#define NEEDED		(BIT(VERDICT) | BIT(ACTION) | BIT(PROBABILITY) | BIT(PRIOR) | BIT(EVIDENCE))

static const char *const members[MEMBER_COUNT] = { "record", "id", "tenant", "time", "outcome", "client", "tls", "mail_from", "rcpt_to",
	"bytes", "size_said", "verdict", "action", "engine_failed", "probability", "prior", "judged", "evidence", "policy", "demands", "versions", "facts",
	"classes", "refused", "refused_more" };

/* ---- the verdict ---- */

/* SL_CATEGORY_COUNT: none. */
static int
category_of(struct sl_slice name)
{
	int c = 0;

	while (c < SL_CATEGORY_COUNT && !reader_is(name, sl_category_word((enum sl_category)c)))
		c++;
	return c;
}

/* What a ruling wants of a number: whether there is one. */
static double
sign_of(struct reader *r)
{
	struct sl_slice text;

	if (sl_json_kind(&r->json) != '0')
		return reader_double(r);
	if (!sl_json_number(&r->json, &text))
		return 0;
	for (size_t i = 0; i < text.len && text.ptr[i] != 'e' && text.ptr[i] != 'E'; i++)
		if (text.ptr[i] >= '1' && text.ptr[i] <= '9')
			return text.ptr[0] == '-' ? -1 : 1;
	return 0;
}

/* Numbers by category. `all`: none may be missing. */
static void
read_categories(struct reader *r, bool all, bool signs, double out[SL_CATEGORY_COUNT])
{
	unsigned found = 0;
	struct sl_slice name;

	memset(out, 0, SL_CATEGORY_COUNT * sizeof(*out));
	if (!sl_json_object(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	while (sl_json_member(&r->json, &name)) {
		int c = category_of(name);

		if (c == SL_CATEGORY_COUNT || (found >> c & 1) != 0) {
			reader_wrong(r, SL_ERR_SYNTAX);
			sl_json_skip(&r->json);
			continue;
		}
		out[c] = signs ? sign_of(r) : reader_double(r);
		found |= 1u << c;
	}
	if (all && found != (1u << SL_CATEGORY_COUNT) - 1)
		reader_wrong(r, SL_ERR_SYNTAX);
}

static enum sl_evidence_state
read_state(struct reader *r)
{
	static const char *const words[] = {
		[SL_EVIDENCE_PRESENT] = "present", [SL_EVIDENCE_ABSENT] = "absent", [SL_EVIDENCE_FAILED] = "failed",
	};
	struct sl_slice s = reader_text(r, SL_RECORD_LINE_MAX);

	for (size_t i = 0; i < SL_COUNT(words); i++)
		if (reader_is(s, words[i]))
			return (enum sl_evidence_state)i;
	reader_wrong(r, SL_ERR_SYNTAX);
	return SL_EVIDENCE_ABSENT;
}

static const char *
read_evidence_name(struct reader *r)
{
	if (r->detail == SL_RECORD_ALL)
		return reader_word(r, 63);
	reader_text(r, 63);
	return "";
}

static void
read_evidence(struct reader *r, struct sl_evidence *out)
{
	enum { NAME = 1, STATE = 2, ODDS = 4, SAID = 8 };
	bool signs = r->detail == SL_RECORD_RULINGS;
	unsigned seen = 0;
	struct sl_slice name;

	*out = (struct sl_evidence){ .name = "", .sentence = "" };
	if (!sl_json_object(&r->json))
		reader_wrong(r, SL_ERR_SYNTAX);
	else while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "name")) {
			out->name = read_evidence_name(r);
			seen |= NAME;
		} else if (reader_is(name, "state")) {
			out->state = read_state(r);
			seen |= STATE;
		} else if (reader_is(name, "log_odds")) {
			read_categories(r, false, signs, out->log_odds);
			seen |= ODDS;
		} else if (reader_is(name, "shadow")) {
			out->shadow = reader_flag(r);
		} else if (reader_is(name, "value") && !signs) {
			out->value = reader_double(r);
		} else if (reader_is(name, "said") && !signs) {
			read_categories(r, false, false, out->said);
			seen |= SAID;
		} else {
			reader_skip(r);
		}
	}
	if ((seen & (NAME | STATE | ODDS)) != (NAME | STATE | ODDS))
		reader_wrong(r, SL_ERR_SYNTAX);
	if ((seen & SAID) == 0)
		memcpy(out->said, out->log_odds, sizeof(out->said));
}

/* What was judged stands for all that was said: rulings need no more. */
static void
read_judged(struct reader *r, struct sl_verdict *verdict)
{
	struct sl_evidence *e = &verdict->evidence[0];

	if (!sl_json_array(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	*e = (struct sl_evidence){ .name = "", .sentence = "" };
	while (sl_json_element(&r->json)) {
		int c = category_of(reader_text(r, 63));

		if (c < SL_CATEGORY_COUNT)
			e->log_odds[c] = e->said[c] = 1;
		else
			reader_wrong(r, SL_ERR_SYNTAX);
	}
	verdict->evidence_len = 1;
}

static void
read_evidence_list(struct reader *r, struct sl_verdict *verdict)
{
	verdict->evidence_len = 0;
	if (!sl_json_array(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	while (sl_json_element(&r->json)) {
		if (verdict->evidence_len < SL_EVIDENCE_MAX) {
			read_evidence(r, &verdict->evidence[verdict->evidence_len++]);
		} else {
			reader_wrong(r, SL_ERR_SYNTAX);
			sl_json_skip(&r->json);
		}
	}
}

/* ---- members of the line ---- */

static void
read_versions(struct reader *r, struct sl_record *record)
{
	struct sl_slice name;

	if (!sl_json_object(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	while (sl_json_member(&r->json, &name)) {
		struct sl_slice copy = sl_arena_copy(r->arena, name);
		const char *id = reader_str(r, 64);

		if (!reader_name_ok(name, 31) || *id == '\0' || record->versions_len == SL_RECORD_VERSIONS_MAX) {
			reader_wrong(r, SL_ERR_SYNTAX);
			continue;
		}
		for (const char *c = id; *c != '\0'; c++)
			if (*c <= ' ' || *c >= 0x7f)
				reader_wrong(r, SL_ERR_SYNTAX);
		if (copy.ptr == NULL)
			reader_wrong(r, SL_ERR_FULL);
		else
			record->versions[record->versions_len++] = (struct sl_record_version){ (const char *)copy.ptr, id };
	}
}

static void
read_recipients(struct reader *r, struct sl_record *record)
{
	struct sl_slice *list = NULL;
	size_t room = 0;

	if (!sl_json_array(&r->json))
		return;
	while (sl_json_element(&r->json)) {
		if (record->recipients_len == SL_RECORD_RECIPIENTS_MAX) {
			reader_wrong(r, SL_ERR_SYNTAX);
			sl_json_skip(&r->json);
			continue;
		}
		if (record->recipients_len == room) {
			struct sl_slice *more = reader_alloc(r, (room * 2 + 4) * sizeof(*more));

			if (more == NULL) {
				sl_json_skip(&r->json);
				continue;
			}
			if (room > 0)
				memcpy(more, list, room * sizeof(*more));
			record->recipients = list = more;
			room = room * 2 + 4;
		}
		list[record->recipients_len++] = reader_text(r, TEXT_MAX);
	}
}

/* A text of the line that is none says nothing. */
static const char *
read_str(struct reader *r)
{
	if (sl_json_kind(&r->json) == '"')
		return reader_str(r, TEXT_MAX);
	sl_json_skip(&r->json);
	return "";
}

static struct sl_record_class *
only_class(struct reader *r)
{
	if (r->only == NULL) {
		r->only = reader_alloc(r, sizeof(*r->only));
		if (r->only != NULL)
			class_init(r->only);
	}
	return r->only;
}

static enum member
member_of(struct sl_slice name)
{
	int m = 0;

	while (m < MEMBER_COUNT && !reader_is(name, members[m]))
		m++;
	return (enum member)m;
}

static void
read_format(struct reader *r, unsigned *format)
{
	struct sl_slice text;
	uint64_t value;

	if (!sl_json_number(&r->json, &text) || sl_slice_to_u64(text, SL_RECORD_FORMAT, &value) != 0 || value == 0)
		*format = 0;
	else
		*format = (unsigned)value;
}

static void
read_member(struct reader *r, enum member member, struct sl_record *record, unsigned *format)
{
	bool rulings = r->detail == SL_RECORD_RULINGS;
	struct sl_record_class *class = member == POLICY || member == DEMANDS ? only_class(r) : NULL;

	switch (member) {
	case RECORD: read_format(r, format); break;
	case ID: record->id = read_str(r); break;
	case TENANT: record->tenant = read_str(r); break;
	case TIME: record->time = read_str(r); break;
	case OUTCOME: record->outcome = read_str(r); break;
	case CLIENT: record->client = sl_slice_str(read_str(r)); break;
	case TLS: record->facts.identity.tls = *read_str(r) != '\0'; break;
	case FROM: record->sender = sl_slice_str(read_str(r)); break;
	case TO: read_recipients(r, record); break;
	case BYTES: record->bytes = reader_count(r, UINT64_MAX); break;
	case SIZE_SAID: record->size_said = reader_count(r, UINT64_MAX); break;
	case VERDICT: record->word = reader_word(r, 63); break;
	case ACTION: record->action = reader_action(r); break;
	case FAILED: record->engine_failed = reader_flag(r); break;
	case PROBABILITY: read_categories(r, true, false, record->verdict.probability); break;
	case PRIOR:
		if (rulings)
			reader_skip(r);
		else
			read_categories(r, true, false, record->verdict.prior);
		break;
	case JUDGED:
		if (rulings)
			read_judged(r, &record->verdict);
		else
			reader_skip(r);
		break;
	case EVIDENCE: read_evidence_list(r, &record->verdict); break;
	case VERSIONS:
		if (rulings)
			reader_skip(r);
		else
			read_versions(r, record);
		break;
	case FACTS: read_facts(r, record); break;
	case CLASSES: read_classes(r, record); break;
	case REFUSED: read_refused(r, record); break;
	case REFUSED_MORE: record->refused_more = reader_count(r, UINT32_MAX); break;
	case POLICY:
	case DEMANDS:
		if (class == NULL)
			sl_json_skip(&r->json);
		else if (member == POLICY)
			read_policy(r, class->policy);
		else
			read_demands(r, class);
		break;
	case MEMBER_COUNT: reader_skip(r); break;
	}
}

/* Version 1: its members are those of one class. */
static void
take_only_class(struct reader *r, struct sl_record *record)
{
	if ((r->seen & BIT(POLICY)) == 0 || r->only == NULL) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	r->only->word = record->word;
	r->only->action = record->action;
	record->classes = r->only;
	record->classes_len = 1;
}

static void
check_places(struct reader *r, const struct sl_record *record)
{
	for (size_t i = 0; i < record->classes_len; i++)
		for (size_t k = 0; k < record->classes[i].recipients_len; k++)
			if (record->classes[i].recipients[k] >= record->recipients_len)
				reader_wrong(r, SL_ERR_SYNTAX);
}

/* All of it has been read. */
static int
complete(struct reader *r, struct sl_record *record, unsigned format)
{
	if ((r->seen & BIT(RECORD)) == 0)
		return r->result != 0 && (r->seen & BIT(REFUSED)) != 0 ? r->result : SL_ERR_NOT_FOUND;
	if (format == 0)
		return SL_ERR_VERSION;
	if ((r->seen & NEEDED) != NEEDED)
		reader_wrong(r, SL_ERR_SYNTAX);
	if (r->result != 0)
		return r->result;
	if (format == 1)
		take_only_class(r, record);
	else if (record->classes_len == 0)
		reader_wrong(r, SL_ERR_SYNTAX);
	check_places(r, record);
	record->facts.identity.client = record->client;
	return r->result;
}

int
sl_record_read(struct sl_slice line, enum sl_record_detail detail, struct sl_arena *arena, struct sl_record *record)
{
	struct reader r = { .arena = arena, .detail = detail };
	unsigned format = 0;
	struct sl_slice name;
	int result;

	/* Not the evidence: it is large, and each piece is set when it is read. */
	memset(record, 0, offsetof(struct sl_record, verdict.evidence));
	memset(&record->verdict.evidence_len, 0, sizeof(*record) - offsetof(struct sl_record, verdict.evidence_len));
	record->word = record->id = record->tenant = record->time = record->outcome = "";
	record->client = record->sender = sl_slice("", 0);
	if (line.len > SL_RECORD_LINE_MAX)
		return SL_ERR_TOO_LONG;
	if (line.len == 0 || (detail == SL_RECORD_ALL && !sl_utf8_valid(line)))
		return SL_ERR_SYNTAX;
	sl_json_init(&r.json, line);
	if (!sl_json_object(&r.json))
		return r.json.result == SL_ERR_TOO_LONG ? SL_ERR_TOO_LONG : SL_ERR_SYNTAX;
	while (sl_json_member(&r.json, &name)) {
		enum member member = member_of(name);

		if (member == EVIDENCE && detail == SL_RECORD_RULINGS && (r.seen & ENOUGH) == ENOUGH) {
			r.seen |= BIT(EVIDENCE);
			return sl_utf8_valid(sl_slice(line.ptr, (size_t)(r.json.at - line.ptr))) ?
			    complete(&r, record, format) : SL_ERR_SYNTAX;
		}
		if (member < MEMBER_COUNT && (r.seen & BIT(member)) != 0) {
			reader_wrong(&r, SL_ERR_SYNTAX);	/* twice: which would count? */
			sl_json_skip(&r.json);
			continue;
		}
		r.seen |= member < MEMBER_COUNT ? BIT(member) : 0;
		read_member(&r, member, record, &format);
	}
	if (detail == SL_RECORD_RULINGS && !sl_utf8_valid(line))
		return SL_ERR_SYNTAX;
	result = sl_json_end(&r.json);
	return result != 0 ? result : complete(&r, record, format);
}
