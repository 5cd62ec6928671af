/* record_test.c - records written and read back */

#include "check.h"
#include "classify/combine.h"
#include "record/record.h"

#include <math.h>
#include <stdlib.h>

#define ARENA_MAX	((size_t)1 << 20)

struct fixture {
	struct sl_arena		arena;
	struct sl_buf		line;
	struct sl_record	record;
	struct sl_record_class	class;	/* one that takes all, by `policy` */
};

#define NEVER	SL_THRESHOLD_NEVER

static const struct sl_policy_category policy[SL_CATEGORY_COUNT] = {
	/*                  tag, copy, quarantine, defer, refuse */
	[SL_SPAM] = { { 0, 0.8, NEVER, 0.9, NEVER, 0.995 } },
	[SL_PHISH] = { { 0, NEVER, 0.5, NEVER, 1.0 / 3, 0.9 } },
	[SL_MALWARE] = { { 0, NEVER, NEVER, NEVER, NEVER, 0.5 } },
	[SL_BULK] = { { 0, NEVER, NEVER, NEVER, NEVER, NEVER } },
	[SL_MALFORMED] = { { 0, NEVER, NEVER, NEVER, NEVER, 0 } },
};

static void
fixture_init(struct fixture *f)
{
	sl_arena_init(&f->arena, ARENA_MAX);
	sl_buf_init(&f->line, SL_RECORD_LINE_MAX);
	f->class = (struct sl_record_class){ .tenant = "", .word = "clean", .outcome = "", .by = SL_BY_POLICY,
		.allowed_by = SL_PRECEDENCE_COUNT };
	memcpy(f->class.policy, policy, sizeof(policy));
}

static void
fixture_fini(struct fixture *f)
{
	sl_arena_fini(&f->arena);
	sl_buf_fini(&f->line);
}

/* As an edge writes it. */
static int
write_and_read(struct fixture *f, struct sl_record_source *source, const char *word, enum sl_action action)
{
	if (source->classes == NULL) {
		source->classes = &f->class;
		source->classes_len = 1;
	}
	sl_buf_addf(&f->line, "{\"time\":\"t\",\"id\":\"abc\",\"tenant\":\"one.example\","
	    "\"rcpt_to\":[\"a@one.example\",\"b@one.example\",\"c@two.example\"],\"verdict\":\"%s\",\"action\":\"%s\"",
	    word, sl_action_word(action));
	sl_record_write(source, &f->line);
	sl_buf_add_str(&f->line, "}");
	return sl_record_read(sl_buf_slice(&f->line), SL_RECORD_ALL, &f->arena, &f->record);
}

static void
same_bits(const double *a, const double *b, const char *what)
{
	if (memcmp(a, b, SL_CATEGORY_COUNT * sizeof(*a)) != 0)
		fail_msg("%s: %.17g %.17g", what, a[0], b[0]);
}

static void
a_verdict_comes_back_bit_for_bit(void **state)
{
	static const struct sl_demand demands[] = {
		{ SL_ACTION_TAG, "forged", "5.7.26", "DMARC" },
		{ SL_ACTION_REFUSE, "unauthenticated", "5.7.23", "a sentence for the sender" },
	};
	static const struct sl_record_version versions[] = { { "models", "0123456789abcdef" }, { "combiner", "x" } };
	struct sl_evidence evidence[] = {
		{ .name = "ngram", .value = 4.0 / 3, .log_odds = { 1.0 / 3, -0.0, 5e-324 }, .sentence = "reads like \"secret\"" },
		{ .name = "clamd", .log_odds = { 0, 0, 9 }, .sentence = "Eicar" },
		{ .name = "helper", .state = SL_EVIDENCE_FAILED, .sentence = "dead" },
		{ .name = "MISSING_MID", .shadow = true, .value = 1, .log_odds = { 2.5 }, .sentence = "no id" },
		{ .name = "macros", .log_odds = { 0.2, 0, 0.7 }, .sentence = "a document with macros" },
	};
	struct sl_verdict verdict = { 0 };
	struct sl_record_source source = { .verdict = &verdict, .engine_failed = true, .versions = versions,
		.versions_len = 2 };
	struct sl_ruling wanted, found;
	struct fixture f;

	fixture_init(&f);
	f.class.demands = demands;
	f.class.demands_len = 2;
	for (size_t i = 0; i < SL_COUNT(evidence); i++)
		sl_verdict_add(&verdict, &evidence[i]);
	sl_combine(NULL, &verdict);
	assert_int_equal(write_and_read(&f, &source, "unauthenticated", SL_ACTION_REFUSE), 0);
	assert_null(strstr(sl_buf_cstr(&f.line), "secret"));		/* content-free */
	assert_null(strstr(sl_buf_cstr(&f.line), "for the sender"));
	assert_null(strstr(sl_buf_cstr(&f.line), "a document"));
	assert_non_null(strstr(sl_buf_cstr(&f.line), "\"found\":\"Eicar\""));
	assert_int_equal(f.record.verdict.evidence_len, verdict.evidence_len);
	for (size_t i = 0; i < verdict.evidence_len; i++) {
		const struct sl_evidence *a = &verdict.evidence[i], *b = &f.record.verdict.evidence[i];

		assert_string_equal(a->name, b->name);
		assert_int_equal(a->state, b->state);
		assert_int_equal(a->shadow, b->shadow);
		assert_true(memcmp(&a->value, &b->value, sizeof(a->value)) == 0);
		same_bits(a->log_odds, b->log_odds, "log_odds");
		same_bits(a->said, b->said, "said");
	}
	same_bits(verdict.prior, f.record.verdict.prior, "prior");
	same_bits(verdict.probability, f.record.verdict.probability, "probability as written");
	sl_record_sum(&f.record.verdict);
	same_bits(verdict.logit, f.record.verdict.logit, "logit");
	same_bits(verdict.probability, f.record.verdict.probability, "probability derived");
	sl_rule(policy, &verdict, true, &wanted);
	sl_rule_demand(&wanted, &demands[0]);
	sl_rule_demand(&wanted, &demands[1]);
	sl_record_rule(&f.record, &f.record.classes[0], &found);
	assert_string_equal(found.word, wanted.word);
	assert_int_equal(found.action, wanted.action);
	assert_string_equal(f.record.id, "abc");
	assert_string_equal(f.record.tenant, "one.example");
	assert_int_equal(f.record.versions_len, 2);
	assert_string_equal(f.record.versions[0].id, "0123456789abcdef");
	fixture_fini(&f);
}

/* Another combiner weighs what was said, which the record has too. */
static void
a_combiner_is_applied_again(void **state)
{
	static const char text[] = "sluice-combiner 1\nprior spam -1.25\nweight spam ngram 1.7000000000000002 0.25 100\n"
	    "weight spam clamd 1 -0.125 100\n";
	struct sl_evidence evidence = { .name = "ngram", .log_odds = { 1.1, 0.3 }, .sentence = "" };
	struct sl_evidence absent = { .name = "clamd", .state = SL_EVIDENCE_ABSENT, .sentence = "" };
	struct sl_verdict verdict = { 0 };
	struct sl_record_source source = { .verdict = &verdict };
	struct sl_combiner *combiner;
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(sl_combiner_open(sl_slice(text, sizeof(text) - 1), &combiner, NULL), 0);
	sl_verdict_add(&verdict, &evidence);
	sl_verdict_add(&verdict, &absent);
	sl_combine(combiner, &verdict);
	assert_int_equal(write_and_read(&f, &source, "clean", SL_ACTION_DELIVER), 0);
	sl_record_sum(&f.record.verdict);
	same_bits(verdict.logit, f.record.verdict.logit, "by its sum");
	sl_combine(combiner, &f.record.verdict);
	same_bits(verdict.logit, f.record.verdict.logit, "by its combiner");
	sl_combine(NULL, &verdict);
	sl_combine(NULL, &f.record.verdict);
	same_bits(verdict.logit, f.record.verdict.logit, "by none");
	sl_combiner_close(&combiner);
	fixture_fini(&f);
}

static void
numbers_come_back_bit_for_bit(void **state)
{
	static const double values[] = { 0, -0.0, 1, -1, 0.1, 0.30000000000000004, 1e300, -1e-300, 5e-324, 123456.789,
		1e15, 9007199254740993.0, 1e17, 12345678901234567.0, 1.0 / 3, 0.999999, 0.9999995, INFINITY, -INFINITY };

	for (size_t i = 0; i < SL_COUNT(values); i++) {
		struct sl_verdict verdict = { .evidence_len = 1 };
		struct sl_record_source source = { .verdict = &verdict };
		struct fixture f;

		fixture_init(&f);
		verdict.evidence[0] = (struct sl_evidence){ .name = "x", .sentence = "", .value = values[i] };
		assert_int_equal(write_and_read(&f, &source, "clean", SL_ACTION_DELIVER), 0);
		if (memcmp(&f.record.verdict.evidence[0].value, &values[i], sizeof(double)) != 0)
			fail_msg("%.17g: %s", values[i], sl_buf_cstr(&f.line));
		fixture_fini(&f);
	}
}

/* As strtod reads it; the same digits as printf's. */
static void
numbers_of_all_sizes_come_back(void **state)
{
	uint64_t random = 5;
	struct sl_buf out;

	sl_buf_init(&out, 100);
	for (int i = 0; i < 200000; i++) {
		double value, back;

		random = random * 6364136223846793005u + 1442695040888963407u;
		value = (double)(random >> 11) / 9007199254740992.0;
		if (i % 4 == 1)
			value = floor(value * 1e6) / 1e6 * (i % 8 == 1 ? 1 : 1000);
		else
			value = (value - 0.5) * pow(10, (int)(random % 40) - 20);
		if (i % 16 == 2)
			value = nextafter(pow(10, (int)(random % 40) - 20), i % 32 == 2 ? 0 : 1e300);
		sl_buf_reset(&out);
		sl_record_number(value, &out);
		back = strtod(sl_buf_cstr(&out), NULL);
		if (memcmp(&back, &value, sizeof(value)) != 0)
			fail_msg("%.17g: %s", value, sl_buf_cstr(&out));
		if (out.len > 24)
			fail_msg("%.17g is long: %s", value, sl_buf_cstr(&out));
	}
	sl_buf_fini(&out);
}

static void
a_full_verdict_comes_back(void **state)
{
	struct sl_verdict verdict = { 0 };
	struct sl_record_source source = { .verdict = &verdict };
	struct fixture f;

	fixture_init(&f);
	for (int i = 0; i < SL_EVIDENCE_MAX; i++) {
		struct sl_evidence evidence = { .name = "ngram", .sentence = "", .value = i / 7.0,
			.log_odds = { i / 3.0 - 20, -i / 9.0, 1.0 / (i + 1), i, -1e-9 * i } };

		sl_verdict_add(&verdict, &evidence);
	}
	sl_combine(NULL, &verdict);
	assert_int_equal(write_and_read(&f, &source, "clean", SL_ACTION_DELIVER), 0);
	assert_int_equal(f.record.verdict.evidence_len, SL_EVIDENCE_MAX);
	sl_record_sum(&f.record.verdict);
	same_bits(verdict.logit, f.record.verdict.logit, "logit");
	fixture_fini(&f);
}

#define REST	"\"probability\":{\"spam\":0.5,\"phish\":0.5,\"malware\":0.5,\"bulk\":0.5,\"malformed\":0.5},"	\
		"\"prior\":{\"spam\":0,\"phish\":0,\"malware\":0,\"bulk\":0,\"malformed\":0}"
#define HEAD2	"{\"record\":2,\"verdict\":\"spam\",\"action\":\"tag\"," REST
#define CLASS	"{\"policy\":{},\"verdict\":\"x\",\"action\":\"tag\"}"
#define HEAD	"{\"record\":1,\"verdict\":\"spam\",\"action\":\"tag\"," REST

static const struct row {
	const char	*name, *line;
	int		 result;
} rows[] = {
	{ "smallest", HEAD ",\"evidence\":[],\"policy\":{}}", 0 },
	{ "unknown members", HEAD ",\"evidence\":[],\"policy\":{},\"ms\":{\"mail\":0}}", 0 },
	{ "mail that was not judged", "{\"id\":\"x\",\"outcome\":\"delivered\"}", SL_ERR_NOT_FOUND },
	{ "another format", "{\"record\":3}", SL_ERR_VERSION },
	{ "a format before the first", "{\"record\":0}", SL_ERR_VERSION },
	{ "a format that is no number", "{\"record\":\"1\"}", SL_ERR_VERSION },
	{ "nothing", "", SL_ERR_SYNTAX },
	{ "no object", "[1]", SL_ERR_SYNTAX },
	{ "half a line", "{\"record\":1,", SL_ERR_SYNTAX },
	{ "no evidence", HEAD ",\"policy\":{}}", SL_ERR_SYNTAX },
	{ "no policy", HEAD ",\"evidence\":[]}", SL_ERR_SYNTAX },
	{ "twice the same", HEAD ",\"evidence\":[],\"policy\":{},\"record\":1}", SL_ERR_SYNTAX },
	{ "evidence without state", HEAD ",\"evidence\":[{\"name\":\"x\",\"log_odds\":{}}],\"policy\":{}}", SL_ERR_SYNTAX },
	{ "a name that is none", HEAD ",\"evidence\":[{\"name\":\"a b\",\"state\":\"present\",\"log_odds\":{}}],"
	    "\"policy\":{}}", SL_ERR_SYNTAX },
	{ "an unknown category", HEAD ",\"evidence\":[{\"name\":\"x\",\"state\":\"present\",\"log_odds\":{\"ham\":1}}],"
	    "\"policy\":{}}", SL_ERR_SYNTAX },
	{ "a threshold above 1", HEAD ",\"evidence\":[],\"policy\":{\"spam\":{\"tag\":1.5}}}", SL_ERR_SYNTAX },
	{ "an unknown action", "{\"record\":1,\"verdict\":\"spam\",\"action\":\"eat\"," REST
	    ",\"evidence\":[],\"policy\":{}}", SL_ERR_SYNTAX },
	{ "a demand of nothing", HEAD ",\"evidence\":[],\"policy\":{},\"demands\":[{}]}", SL_ERR_SYNTAX },
	{ "an id with a blank", HEAD ",\"evidence\":[],\"policy\":{},\"versions\":{\"models\":\"a b\"}}", SL_ERR_SYNTAX },
	{ "too deep", "{\"x\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", SL_ERR_TOO_LONG },
	{ "as deep as may be", "{\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}", SL_ERR_NOT_FOUND },
	{ "something behind it", "{} {}", SL_ERR_SYNTAX },
	{ "no comma", "{\"a\":1 \"b\":2}", SL_ERR_SYNTAX },
	{ "a comma too many", "{\"a\":1,}", SL_ERR_SYNTAX },
	{ "a number with a zero in front", "{\"a\":01}", SL_ERR_SYNTAX },
	{ "no UTF-8", "{\"a\":\"\xff\"}", SL_ERR_SYNTAX },
	{ "a class", HEAD2 ",\"evidence\":[],\"classes\":[" CLASS "]}", 0 },
	{ "no class", HEAD2 ",\"evidence\":[],\"classes\":[]}", SL_ERR_SYNTAX },
	{ "no classes", HEAD2 ",\"evidence\":[],\"policy\":{}}", SL_ERR_SYNTAX },
	{ "a class without a ruling", HEAD2 ",\"evidence\":[],\"classes\":[{\"policy\":{}}]}", SL_ERR_SYNTAX },
	{ "a recipient who is not there", HEAD2 ",\"evidence\":[],\"rcpt_to\":[\"a@b\"],\"classes\":[{\"rcpt\":[1],"
	    "\"policy\":{},\"verdict\":\"x\",\"action\":\"tag\"}]}", SL_ERR_SYNTAX },
	{ "who decides by no rule", HEAD2 ",\"evidence\":[],\"classes\":[{\"by\":\"a dog\",\"policy\":{},"
	    "\"verdict\":\"x\",\"action\":\"tag\"}]}", SL_ERR_SYNTAX },
	{ "facts", HEAD2 ",\"facts\":{\"identity\":{\"dmarc\":\"pass\",\"spf\":\"fail\",\"new\":[{}]}},"
	    "\"evidence\":[],\"classes\":[" CLASS "]}", 0 },
	{ "a result of DMARC that is none", HEAD2 ",\"facts\":{\"identity\":{\"dmarc\":\"perhaps\"}},"
	    "\"evidence\":[],\"classes\":[" CLASS "]}", SL_ERR_SYNTAX },
	{ "recipients twice", HEAD2 ",\"rcpt_to\":[\"a@b\"],\"rcpt_to\":[\"c@d\"],\"evidence\":[],\"classes\":[" CLASS "]}", SL_ERR_SYNTAX },
	{ "refused recipients twice", HEAD2 ",\"refused\":[{}],\"refused\":[{}],\"evidence\":[],\"classes\":[" CLASS "]}", SL_ERR_SYNTAX },
	{ "files twice", HEAD2 ",\"facts\":{\"files\":[{\"type\":\"a/b\"}],\"files\":[{\"type\":\"a/b\"}]},\"evidence\":[],\"classes\":[" CLASS "]}", SL_ERR_SYNTAX },
	{ "brackets in a text", "{\"x\":\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"}", SL_ERR_NOT_FOUND },
};

static void
lines_are_checked(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct fixture f;
		int r;

		fixture_init(&f);
		r = sl_record_read(sl_slice_str(rows[i].line), SL_RECORD_ALL, &f.arena, &f.record);
		if (r != rows[i].result)
			fail_msg("%s: %s", rows[i].name, sl_strerror(r));
		fixture_fini(&f);
	}
}

/* As they were written before there were classes. */
static void
the_first_version_is_one_class(void **state)
{
	static const char line[] = HEAD ",\"evidence\":[{\"name\":\"x\",\"state\":\"present\",\"log_odds\":{\"spam\":1}}],"
	    "\"policy\":{\"spam\":{\"tag\":0.5,\"refuse\":0.9},\"phish\":{}},"
	    "\"demands\":[{\"action\":\"quarantine\",\"word\":\"forged\"}],\"engine_failed\":false}";
	struct sl_ruling ruling;
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(sl_record_read(sl_slice_str(line), SL_RECORD_ALL, &f.arena, &f.record), 0);
	assert_false(f.record.has_facts);
	assert_int_equal(f.record.classes_len, 1);
	assert_null(f.record.classes[0].recipients);
	assert_string_equal(f.record.classes[0].word, "spam");
	assert_int_equal(f.record.classes[0].action, SL_ACTION_TAG);
	sl_record_rule(&f.record, &f.record.classes[0], &ruling);
	assert_string_equal(ruling.word, "forged");
	assert_int_equal(ruling.action, SL_ACTION_QUARANTINE);
	fixture_fini(&f);
}

static const struct sl_file files[] = {
	{ .name = { (const unsigned char *)"*.exe", 5 }, .type = SL_TYPE_PDF, .type_is_sure = true, .bytes = 123456,
	  .promise = { true, true, SL_TYPE_ZIP, SL_FAMILY_SCRIPT }, .deceptive = true },
	{ .inside = true, .encrypted = true, .declared = { (const unsigned char *)"application/x-new", 17 } },
};

static const struct sl_record_facts facts = {
	.identity = { .known = true, .author = SL_AUTHOR_ONE, .author_domain = { (const unsigned char *)"shop.example", 12 },
	    .dmarc = SL_DMARC_FAIL, .disposition = SL_DMARC_POLICY_QUARANTINE, .spf = SL_SPF_PASS, .spf_is_helo = true,
	    .spf_domain = { (const unsigned char *)"mx.example", 10 }, .signers = {
	    { { (const unsigned char *)"a.example", 9 }, true }, { { (const unsigned char *)"b.example", 9 }, false } },
	    .signers_len = 2, .arc_passes = true, .arc_sealer = { (const unsigned char *)"lists.example", 13 } },
	.from = { (const unsigned char *)"Ann@shop.example", 16 }, .malware = "Eicar", .files = files, .files_len = 2,
	.more_files = true,
};

static void
same_facts(const struct sl_record_facts *f)
{
	assert_true(f->identity.known && f->identity.arc_passes && f->identity.spf_is_helo);
	assert_int_equal(f->identity.dmarc, SL_DMARC_FAIL);
	assert_int_equal(f->identity.disposition, SL_DMARC_POLICY_QUARANTINE);
	assert_int_equal(f->identity.spf, SL_SPF_PASS);
	assert_true(sl_slice_eq(f->identity.author_domain, SL_SLICE_LIT("shop.example")));
	assert_true(sl_slice_eq(f->identity.spf_domain, SL_SLICE_LIT("mx.example")));
	assert_int_equal(f->identity.signers_len, 2);
	assert_true(f->identity.signers[0].passes && !f->identity.signers[1].passes);
	assert_true(sl_slice_eq(f->identity.signers[1].domain, SL_SLICE_LIT("b.example")));
	assert_true(sl_slice_eq(f->identity.arc_sealer, SL_SLICE_LIT("lists.example")));
	assert_true(sl_slice_eq(f->from, SL_SLICE_LIT("Ann@shop.example")));
	assert_string_equal(f->malware, "Eicar");
	assert_true(f->more_files);
	assert_int_equal(f->files_len, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct sl_file *a = &files[i], *b = &f->files[i];

		assert_true(sl_slice_eq(a->name, b->name) && sl_slice_eq(a->declared, b->declared));
		assert_true(a->type == b->type && a->type_is_sure == b->type_is_sure && a->promise.told == b->promise.told && a->promise.runs == b->promise.runs &&
		    a->promise.type == b->promise.type && a->promise.family == b->promise.family &&
		    a->bytes == b->bytes && a->inside == b->inside && a->encrypted == b->encrypted &&
		    a->deceptive == b->deceptive && !b->macros && !b->program && !b->unreadable);
	}
}

/* Three recipients that fare differently: one is denied, one is allowed, of one policy decides. */
static void
classes_and_facts_come_back(void **state)
{
	static const unsigned first[] = { 0, 2 }, second[] = { 1 };
	static const struct sl_demand demands[] = { { SL_ACTION_REFUSE, "forged", "", "" },
		{ SL_ACTION_QUARANTINE, "attachment", "", "" } };
	static const struct sl_slice rules[] = { { (const unsigned char *)"no-exe", 6 } };
	static const struct sl_record_group groups[] = { { { (const unsigned char *)"cards", 5 }, 3 } };
	struct sl_evidence evidence = { .name = "ngram", .log_odds = { 9 }, .sentence = "" };
	struct sl_verdict verdict = { 0 };
	struct sl_record_class classes[3];
	struct sl_record_source source = { .verdict = &verdict, .facts = &facts, .classes = classes, .classes_len = 3 };
	const struct sl_record_class *read;
	struct sl_ruling ruling;
	struct fixture f;

	fixture_init(&f);
	for (int i = 0; i < 3; i++)
		classes[i] = f.class;
	classes[0].recipients = first;
	classes[0].recipients_len = 2;
	classes[0].by = SL_BY_USER_DENY;
	classes[0].word = "denied";
	classes[0].action = SL_ACTION_QUARANTINE;
	classes[0].cause = SL_CAUSE_SPAM;
	classes[0].outcome = "quarantined";
	classes[1].recipients = second;
	classes[1].recipients_len = 1;
	classes[1].tenant = "two.example";
	classes[1].mode = SL_MODE_MONITOR;
	classes[1].allowed_by = SL_BY_TENANT_ALLOW;
	classes[1].excused = SL_CAUSE_BIT(SPAM) | SL_CAUSE_BIT(AUTHENTICATION);
	classes[1].demands = demands;
	classes[1].demands_len = 2;
	classes[1].word = "attachment";
	classes[1].action = SL_ACTION_QUARANTINE;
	classes[1].cause = SL_CAUSE_ATTACHMENT;
	classes[1].rules = rules;
	classes[1].rules_len = 1;
	classes[1].groups = groups;
	classes[1].groups_len = 1;
	classes[2].copy = true;
	sl_verdict_add(&verdict, &evidence);
	sl_combine(NULL, &verdict);
	assert_int_equal(write_and_read(&f, &source, "denied", SL_ACTION_QUARANTINE), 0);
	same_facts(&f.record.facts);
	assert_int_equal(f.record.recipients_len, 3);
	assert_true(sl_slice_eq(f.record.recipients[2], SL_SLICE_LIT("c@two.example")));
	assert_int_equal(f.record.classes_len, 3);

	read = &f.record.classes[0];
	assert_int_equal(read->recipients_len, 2);
	assert_int_equal(read->recipients[1], 2);
	assert_int_equal(read->by, SL_BY_USER_DENY);
	assert_string_equal(read->outcome, "quarantined");
	f.record.facts.malware = NULL;
	sl_record_rule(&f.record, read, &ruling);
	assert_string_equal(ruling.word, "denied");
	assert_int_equal(ruling.action, SL_ACTION_QUARANTINE);

	read = &f.record.classes[1];
	assert_string_equal(read->tenant, "two.example");
	assert_int_equal(read->mode, SL_MODE_MONITOR);
	assert_int_equal(read->allowed_by, SL_BY_TENANT_ALLOW);
	assert_int_equal(read->excused, classes[1].excused);
	assert_int_equal(read->cause, SL_CAUSE_ATTACHMENT);
	assert_true(sl_slice_eq(read->rules[0], SL_SLICE_LIT("no-exe")));
	assert_true(sl_slice_eq(read->groups[0].name, SL_SLICE_LIT("cards")) && read->groups[0].hits == 3);
	sl_record_rule(&f.record, read, &ruling);
	assert_string_equal(ruling.word, "attachment");
	assert_int_equal(ruling.action, SL_ACTION_QUARANTINE);

	read = &f.record.classes[2];
	assert_null(read->recipients);
	assert_true(read->copy);
	assert_int_equal(read->by, SL_BY_POLICY);
	sl_record_rule(&f.record, read, &ruling);
	assert_int_equal(ruling.action, SL_ACTION_REFUSE);
	f.record.facts.malware = "Eicar";
	sl_record_rule(&f.record, read, &ruling);
	assert_string_equal(ruling.word, "malware");
	fixture_fini(&f);
}

/* ---- what was not accepted ---- */

static void
same_refused(const struct sl_record_refused *a, const struct sl_record_refused *b)
{
	assert_true(sl_slice_eq(a->mailbox, b->mailbox) && sl_slice_eq(a->text, b->text));
	assert_string_equal(a->tenant, b->tenant);
	assert_int_equal(a->nobodys, b->nobodys);
	assert_string_equal(a->enhanced, b->enhanced);
	assert_int_equal(a->why, b->why);
	assert_int_equal(a->list, b->list);
	assert_int_equal(a->code, b->code);
}

/* With a verdict behind it, and without one: then there is nothing else, and what there is was read. */
static void
who_was_refused_comes_back(void **state)
{
	struct sl_record_refused refused[SL_RECORD_REFUSED_MAX + 2];
	static const struct sl_record_refused first[] = {
		{ SL_SLICE_LIT("\"x\\y\"@one.example"), "", SL_RECORD_WHY_LIST, SL_BY_PARTNER, 550, "5.7.1", SL_SLICE_LIT("no \"mail\"") },
		{ { (const unsigned char *)"", 0 }, "", SL_RECORD_WHY_SYNTAX, SL_BY_COUNT, 501, "5.1.3", SL_SLICE_LIT("a\nb"), true },
		{ SL_SLICE_LIT("z@two.example"), "two.example", SL_RECORD_WHY_UNANSWERED, SL_BY_COUNT, 0, "", { (const unsigned char *)"", 0 } },
	};

	for (size_t i = 0; i < SL_COUNT(refused); i++)
		refused[i] = i < SL_COUNT(first) ? first[i] : first[1];
	for (size_t len = 1; len <= SL_COUNT(refused); len++) {
		struct sl_verdict verdict = { 0 };
		struct fixture f;

		fixture_init(&f);
		sl_buf_add_str(&f.line, "{\"time\":\"t\",\"id\":\"abc\"");
		sl_record_write_refused(refused, len, 5, &f.line);
		if (len % 2 == 0) {
			struct sl_record_source source = { .verdict = &verdict, .classes = &f.class, .classes_len = 1 };

			sl_buf_add_str(&f.line, ",\"verdict\":\"clean\",\"action\":\"deliver\"");
			sl_record_write(&source, &f.line);
		}
		sl_buf_add_str(&f.line, "}");
		for (int detail = SL_RECORD_ALL; detail <= SL_RECORD_RULINGS; detail++) {
			assert_int_equal(sl_record_read(sl_buf_slice(&f.line), (enum sl_record_detail)detail, &f.arena, &f.record),
			    len % 2 == 0 ? 0 : SL_ERR_NOT_FOUND);
			assert_int_equal(f.record.refused_len, SL_MIN(len, (size_t)SL_RECORD_REFUSED_MAX));
			assert_int_equal(f.record.refused_more + f.record.refused_len, len + 5);
			for (size_t i = 0; i < f.record.refused_len; i++)
				same_refused(&f.record.refused[i], &refused[i]);
			assert_string_equal(f.record.id, "abc");
		}
		fixture_fini(&f);
	}
}

static void
every_word_is_found_again_and_says_something(void **state)
{
	for (int why = 0; why < SL_RECORD_WHY_COUNT; why++) {
		assert_int_equal(sl_record_why_find(sl_slice_str(sl_record_why_word((enum sl_record_why)why))), why);
		assert_true(strlen(sl_record_why_text((enum sl_record_why)why)) > 5);
	}
	assert_int_equal(sl_record_why_find(SL_SLICE_LIT("else")), SL_RECORD_WHY_COUNT);
	for (int early = 0; early < SL_RECORD_EARLY_COUNT; early++)
		assert_true(sl_record_is_early(sl_slice_str(sl_record_early_word((enum sl_record_early)early))));
	assert_false(sl_record_is_early(SL_SLICE_LIT("delivered")));
	assert_false(sl_record_is_early(SL_SLICE_LIT("refused")));
	assert_false(sl_record_is_early(sl_slice("", 0)));
}

static void
what_was_refused_is_refused_itself_if_it_is_wrong(void **state)
{
	static const char *const wrong[] = { "{}", "[1]", "[{\"rcpt\":1}]", "[{\"code\":1000}]", "[{\"code\":\"x\"}]", "[{\"list\":\"nobody\"}]",
		"[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]", "[{}],\"refused\":[{}]",
		"[{}],\"rcpt_to\":[\"a@b\"],\"rcpt_to\":[\"c@d\",\"e@f\"]" };

	for (size_t i = 0; i < SL_COUNT(wrong); i++) {
		struct fixture f;

		fixture_init(&f);
		sl_buf_addf(&f.line, "{\"id\":\"abc\",\"refused\":%s}", wrong[i]);
		if (sl_record_read(sl_buf_slice(&f.line), SL_RECORD_ALL, &f.arena, &f.record) != SL_ERR_SYNTAX)
			fail_msg("%s is taken", wrong[i]);
		fixture_fini(&f);
	}
}

/* Each goes by a name of its own. */
static void
every_type_of_file_comes_back(void **state)
{
	struct sl_verdict verdict = { 0 };

	for (int t = 0; t < SL_TYPE_COUNT; t++) {
		struct sl_file file = { .type = (enum sl_type)t };
		struct sl_record_facts of_it = { .files = &file, .files_len = 1 };
		struct sl_record_source source = { .verdict = &verdict, .facts = &of_it };
		struct fixture f;

		fixture_init(&f);
		assert_int_equal(write_and_read(&f, &source, "clean", SL_ACTION_DELIVER), 0);
		if (f.record.facts.files[0].type != (enum sl_type)t)
			fail_msg("%s: %d is %d", sl_type_mime((enum sl_type)t), t, f.record.facts.files[0].type);
		fixture_fini(&f);
	}
}

static void
a_full_arena_is_said(void **state)
{
	const char *line = HEAD ",\"evidence\":[{\"name\":\"x\",\"state\":\"present\",\"log_odds\":{}}],\"policy\":{}}";
	struct sl_record record;
	struct sl_arena arena;

	sl_arena_init(&arena, 16);
	assert_int_equal(sl_record_read(sl_slice_str(line), SL_RECORD_ALL, &arena, &record), SL_ERR_FULL);
	sl_arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_refused_comes_back),
		cmocka_unit_test(every_word_is_found_again_and_says_something),
		cmocka_unit_test(what_was_refused_is_refused_itself_if_it_is_wrong),
		cmocka_unit_test(a_verdict_comes_back_bit_for_bit),
		cmocka_unit_test(a_combiner_is_applied_again),
		cmocka_unit_test(numbers_come_back_bit_for_bit),
		cmocka_unit_test(numbers_of_all_sizes_come_back),
		cmocka_unit_test(a_full_verdict_comes_back),
		cmocka_unit_test(lines_are_checked),
		cmocka_unit_test(the_first_version_is_one_class),
		cmocka_unit_test(classes_and_facts_come_back),
		cmocka_unit_test(every_type_of_file_comes_back),
		cmocka_unit_test(a_full_arena_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
