/*
 * record_fuzz.c - records read from hostile bytes
 *
 * First as a line: what is read is written and read again, and is the same bit for bit; read with less detail, it is
 * ruled alike. Then the bytes make a verdict of arbitrary numbers: it survives writing and reading, and the ruling
 * derived from it is that of the original.
 */

#include "record/record.h"

static void
same_verdict(const struct sl_verdict *a, const struct sl_verdict *b)
{
	SL_ASSERT(a->evidence_len == b->evidence_len);
	for (size_t i = 0; i < a->evidence_len; i++) {
		const struct sl_evidence *x = &a->evidence[i], *y = &b->evidence[i];

		SL_ASSERT(strcmp(x->name, y->name) == 0 && x->state == y->state && x->shadow == y->shadow);
		SL_ASSERT(x->value != x->value || memcmp(&x->value, &y->value, sizeof(x->value)) == 0);
		for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
			SL_ASSERT(x->log_odds[c] != x->log_odds[c] ||
			    memcmp(&x->log_odds[c], &y->log_odds[c], sizeof(double)) == 0);
			SL_ASSERT(x->said[c] != x->said[c] || memcmp(&x->said[c], &y->said[c], sizeof(double)) == 0);
		}
	}
}

static void
same_facts(const struct sl_record *a, const struct sl_record *b)
{
	const struct sl_record_facts *x = &a->facts, *y = &b->facts;

	SL_ASSERT(a->has_facts == b->has_facts && sl_slice_eq(x->from, y->from) && x->more_files == y->more_files);
	SL_ASSERT((x->malware == NULL) == (y->malware == NULL) && (x->malware == NULL || strcmp(x->malware, y->malware) == 0));
	SL_ASSERT(x->identity.known == y->identity.known && x->identity.author == y->identity.author &&
	    x->identity.dmarc == y->identity.dmarc && x->identity.disposition == y->identity.disposition &&
	    x->identity.spf == y->identity.spf && x->identity.spf_is_helo == y->identity.spf_is_helo &&
	    sl_slice_eq(x->identity.spf_domain, y->identity.spf_domain) &&
	    sl_slice_eq(x->identity.author_domain, y->identity.author_domain) &&
	    x->identity.signers_len == y->identity.signers_len);
	for (size_t i = 0; i < x->identity.signers_len; i++)
		SL_ASSERT(x->identity.signers[i].passes == y->identity.signers[i].passes &&
		    sl_slice_eq(x->identity.signers[i].domain, y->identity.signers[i].domain));
	SL_ASSERT(x->files_len == y->files_len);
	for (size_t i = 0; i < x->files_len; i++)
		SL_ASSERT(sl_slice_eq(x->files[i].name, y->files[i].name) && x->files[i].type == y->files[i].type &&
		    x->files[i].bytes == y->files[i].bytes && x->files[i].promise.told == y->files[i].promise.told &&
		    x->files[i].inside == y->files[i].inside && x->files[i].program == y->files[i].program);
}

static void
same_class(const struct sl_record *a, const struct sl_record *b, size_t i)
{
	const struct sl_record_class *x = &a->classes[i], *y = &b->classes[i];
	struct sl_ruling first, second;

	SL_ASSERT(memcmp(x->policy, y->policy, sizeof(x->policy)) == 0);
	SL_ASSERT(x->demands_len == y->demands_len && x->rules_len == y->rules_len && x->groups_len == y->groups_len &&
	    x->recipients_len == y->recipients_len && (x->recipients == NULL) == (y->recipients == NULL));
	SL_ASSERT(x->action == y->action && x->copy == y->copy && x->by == y->by && x->mode == y->mode &&
	    x->allowed_by == y->allowed_by && x->excused == y->excused && strcmp(x->word, y->word) == 0);
	sl_record_rule(a, x, &first);
	sl_record_rule(b, y, &second);
	SL_ASSERT(first.action == second.action && first.copy == second.copy && strcmp(first.word, second.word) == 0);
}

static void
same_refused(const struct sl_record *a, const struct sl_record *b)
{
	SL_ASSERT(a->refused_len == b->refused_len && a->refused_more == b->refused_more);
	for (size_t i = 0; i < a->refused_len; i++) {
		const struct sl_record_refused *x = &a->refused[i], *y = &b->refused[i];

		SL_ASSERT(sl_slice_eq(x->mailbox, y->mailbox) && strcmp(x->tenant, y->tenant) == 0 && x->nobodys == y->nobodys && x->why == y->why && x->list == y->list);
		SL_ASSERT(x->code == y->code && strcmp(x->enhanced, y->enhanced) == 0 && sl_slice_eq(x->text, y->text));
	}
}

/* Of a line without a verdict. */
static void
refused_round_trip(const struct sl_record *record, struct sl_arena *arena)
{
	struct sl_record *again = sl_xzalloc(sizeof(*again));
	struct sl_buf line;

	sl_buf_init(&line, 4 * SL_RECORD_LINE_MAX);
	sl_buf_add_str(&line, "{\"id\":\"x\"");
	sl_record_write_refused(record->refused, record->refused_len, record->refused_more, &line);
	sl_buf_add_str(&line, "}");
	SL_ASSERT(sl_record_read(sl_buf_slice(&line), SL_RECORD_ALL, arena, again) == SL_ERR_NOT_FOUND);
	same_refused(record, again);
	sl_buf_fini(&line);
	sl_free(again);
}

/* Read with less detail, it is ruled alike. */
static void
same_rulings(struct sl_slice line, const struct sl_record *whole, struct sl_arena *arena)
{
	struct sl_record *record = sl_xzalloc(sizeof(*record));
	struct sl_ruling first, second;

	SL_ASSERT(sl_record_read(line, SL_RECORD_RULINGS, arena, record) == 0);
	for (size_t i = 0; i < whole->classes_len; i++) {
		sl_record_rule(whole, &whole->classes[i], &first);
		sl_record_rule(record, &record->classes[i], &second);
		SL_ASSERT(first.action == second.action && first.copy == second.copy && strcmp(first.word, second.word) == 0);
	}
	sl_free(record);
}

static void
add_recipients(size_t len, struct sl_buf *line)
{
	sl_buf_add_str(line, ",\"rcpt_to\":[");
	for (size_t i = 0; i < len; i++)
		sl_buf_add_str(line, i > 0 ? ",\"a@b\"" : "\"a@b\"");
	sl_buf_add_str(line, "]");
}

/* Write, read, compare, and rule both. */
static void
round_trip(const struct sl_record *record, struct sl_arena *arena)
{
	struct sl_record_source source = { &record->verdict, record->engine_failed, record->versions, record->versions_len,
		record->has_facts ? &record->facts : NULL, record->classes, record->classes_len };
	struct sl_record *again = sl_xzalloc(sizeof(*again));
	struct sl_buf line;

	sl_buf_init(&line, 4 * SL_RECORD_LINE_MAX);
	sl_buf_add_str(&line, "{\"verdict\":\"x\",\"action\":\"tag\"");
	add_recipients(record->recipients_len, &line);
	sl_record_write_refused(record->refused, record->refused_len, record->refused_more, &line);
	sl_record_write(&source, &line);
	sl_buf_add_str(&line, "}");
	if (line.len <= SL_RECORD_LINE_MAX) {
		SL_ASSERT(sl_record_read(sl_buf_slice(&line), SL_RECORD_ALL, arena, again) == 0);
		same_verdict(&record->verdict, &again->verdict);
		SL_ASSERT(record->versions_len == again->versions_len && record->classes_len == again->classes_len);
		same_facts(record, again);
		same_refused(record, again);
		for (size_t i = 0; i < record->classes_len; i++)
			same_class(record, again, i);
		same_rulings(sl_buf_slice(&line), again, arena);
	}
	sl_buf_fini(&line);
	sl_free(again);
}

/* Evidence of 1 + 2 + 8 numbers at a time. */
static void
make_verdict(const uint8_t *data, size_t len, struct sl_verdict *verdict)
{
	static const char *const names[] = { "ngram", "clamd", "A_RULE", "x" };

	while (len >= 2 + 8 * sizeof(double) && verdict->evidence_len < SL_EVIDENCE_MAX) {
		struct sl_evidence *e = &verdict->evidence[verdict->evidence_len++];
		double numbers[8];

		memcpy(numbers, data + 2, sizeof(numbers));
		*e = (struct sl_evidence){ .name = names[data[0] & 3], .state = (enum sl_evidence_state)(data[1] % 3),
			.shadow = data[0] & 4, .value = numbers[0], .sentence = "" };
		memcpy(e->log_odds, numbers + 1, sizeof(e->log_odds));
		memcpy(e->said, numbers + (data[0] & 8 ? 3 : 1), sizeof(e->said));
		data += 2 + sizeof(numbers);
		len -= 2 + sizeof(numbers);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_record *record = sl_xzalloc(sizeof(*record));
	struct sl_record_class class = { .tenant = "", .word = "x", .outcome = "", .by = SL_BY_POLICY,
		.allowed_by = SL_PRECEDENCE_COUNT };
	struct sl_arena arena;
	int r;

	sl_arena_init(&arena, (size_t)1 << 23);
	r = sl_record_read(sl_slice(data, len), SL_RECORD_ALL, &arena, record);
	if (r == 0)
		round_trip(record, &arena);
	else if (r == SL_ERR_NOT_FOUND)
		refused_round_trip(record, &arena);
	*record = (struct sl_record){ .classes = &class, .classes_len = 1 };
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++)
			class.policy[c].at[a] = len > 0 && data[0] >> (c + a) & 1 ? 1.0 / (c + a) : SL_THRESHOLD_NEVER;
	make_verdict(data, len, &record->verdict);
	round_trip(record, &arena);
	sl_arena_fini(&arena);
	sl_free(record);
	return 0;
}
