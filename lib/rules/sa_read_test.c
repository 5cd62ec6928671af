/* sa_read_test.c - SpamAssassin's rule files as they are read: lines, conditions, patterns, expressions */

#include "sa_read_i.h"

#include "check.h"

#include <math.h>
#include <stdio.h>

struct pattern_row {
	const char	*perl;		/* as in a file */
	const char	*pcre;		/* NULL: refused */
	unsigned	 flags;
};

static const struct pattern_row patterns[] = {
	{ "/abc/", "abc", 0 },
	{ "/abc/i", "abc", SL_RULE_CASELESS },
	{ "m{a/b}ix", "a/b", SL_RULE_CASELESS | SL_RULE_EXTENDED },
	{ "m'a|b's", "a|b", SL_RULE_DOTALL },
	{ "qr!x!m", "x", SL_RULE_MULTILINE },
	{ "m<a>", "a", 0 },
	{ "/a\\/b/", "a\\/b", 0 },
	{ "/a/b/", NULL, 0 },			/* a delimiter within */
	{ "abc", NULL, 0 },
	{ "/abc", NULL, 0 },
	{ "m\\abc\\", NULL, 0 },
	{ "/a/g", NULL, 0 }, { "/a/o", NULL, 0 }, { "/a/e", NULL, 0 },	/* Perl warns of them */
	{ "/a/u", NULL, 0 }, { "/a/l", NULL, 0 },
	{ "/a/aa", "a", 0 },
	{ "/a{,3}/", "a{0,3}", 0 }, { "/a{ 1, 3 }/", "a{1,3}", 0 }, { "/a{2}b{3,}/", "a{2}b{3,}", 0 },
	{ "/{x/", "\\{x", 0 }, { "/a|{x/", "a|\\{x", 0 }, { "/a{x/", NULL, 0 }, { "/a\\{x/", "a\\{x", 0 },
	{ "/\\x41\\x{42}/", "\\x41\\x42", 0 }, { "/\\x{100}/", "(?:(?!))", 0 },
	{ "/[\\x{100}a]/", "[\\x61]", 0 }, { "/[\\x{100}]/", "(?:(?!))", 0 }, { "/[^\\x{100}]/", "(?s:.)", 0 },
	{ "/\\N{U+e9}/", "\\xE9", 0 }, { "/\\N{ALPHA}/", NULL, 0 }, { "/\\N{3}/", "\\N{3}", 0 },
	{ "/\xe9/", "\\xE9", 0 }, { "/\xe9/i", "[\\xE9\\xC9]", SL_RULE_CASELESS },
	{ "/\\xD7/i", "\\xD7", SL_RULE_CASELESS },		/* the sign of times has no case */
	{ "/[\xe0-\xe2]/i", "[\\xE0-\\xE2\\xC0\\xC1\\xC2]", SL_RULE_CASELESS },
	{ "/a(?i)\xe9/", "a(?i)[\\xE9\\xC9]", 0 }, { "/(?i:\xe9)\xe9/", "(?i:[\\xE9\\xC9])\\xE9", 0 },
	{ "/(?aa:a)(?^i:b)/", "(?:a)(?^i:b)", 0 },
	{ "/[]a]/", "[\\x5D\\x61]", 0 }, { "/[a-]/", "[\\x61\\x2D]", 0 }, { "/[\\w.]/", "[\\w\\x2E]", 0 },
	{ "/[[:alpha:]_]/", "[[:alpha:]\\x5F]", 0 }, { "/[a-\\d]/", NULL, 0 }, { "/[\\w-.]/", NULL, 0 },
	{ "/[b-a]/", NULL, 0 }, { "/[a/", NULL, 0 },
	{ "/(?<n>a)\\k<n>\\1/", "(?<n>a)\\k<n>\\1", 0 },
	{ "/(?{ 1 })/", NULL, 0 }, { "/(??{ 1 })/", NULL, 0 },
	{ "/\\Qa\\E/", NULL, 0 }, { "/\\y/", NULL, 0 }, { "/\\C/", NULL, 0 }, { "/a\\_b/", "a\\_b", 0 },
	{ "/(*UTF)a/", NULL, 0 }, { "/a(*FAIL)/", "a(*FAIL)", 0 },
	{ "/(a/", NULL, 0 }, { "/a)/", NULL, 0 }, { "/a**/", NULL, 0 }, { "/(?<=a+)b/", NULL, 0 },
	{ "/a b #c/x", "ab", SL_RULE_EXTENDED },
	{ "/(?#note)a/", "a", 0 },
};

static void
patterns_become_pcre(void **state)
{
	struct sl_sa_reader *reader = sl_sa_reader_new(NULL);

	for (size_t i = 0; i < SL_COUNT(patterns); i++) {
		const char *why, *perl = sa_regex_strip(reader, patterns[i].perl, &why);
		struct sa_pcre pcre = { 0 };
		bool empty, good;

		sl_buf_init(&pcre.text, SL_SA_PATTERN_MAX);
		good = perl != NULL && sa_perl_translate(perl, &pcre) && sa_pcre_check(&pcre, &empty);
		if (good != (patterns[i].pcre != NULL))
			fail_msg("%s: %s", patterns[i].perl, good ? sl_buf_cstr(&pcre.text) : pcre.why);
		if (good) {
			assert_string_equal(sl_buf_cstr(&pcre.text), patterns[i].pcre);
			assert_int_equal(pcre.flags, patterns[i].flags);
		}
		sl_buf_fini(&pcre.text);
	}
	sl_sa_reader_free(&reader);
}

/* A pattern of this many groups of its own, each twice, and counted: too large as it is. */
static void
a_pattern_that_is_too_large_is_said_shorter(void **state)
{
	struct sa_pcre pcre = { 0 };
	struct sl_buf perl;
	bool empty = true;

	sl_buf_init(&perl, SL_SA_PATTERN_MAX);
	sl_buf_init(&pcre.text, SL_SA_PATTERN_MAX);
	sl_buf_add_str(&perl, "^");
	for (int twice = 0; twice < 2; twice++)
		for (int i = 0; i < 100; i++)
			sl_buf_addf(&perl, "(?:(?:word%d[a-z]*|[)\\](]other%d){2,20})", i, i);
	assert_true(sa_perl_translate(sl_buf_cstr(&perl), &pcre));
	assert_true(sa_pcre_check(&pcre, &empty));
	assert_false(empty);
	assert_non_null(strstr(sl_buf_cstr(&pcre.text), "(?(DEFINE)(?<f0>"));
	sl_buf_fini(&perl);
	sl_buf_fini(&pcre.text);
}

struct expression_row {
	const char	*text;
	double		 value;
	bool		 good;
};

static const struct expression_row expressions[] = {	/* as conditions, with version() for names */
	{ "1 + 2 * 3", 7, true }, { "(1 + 2) * 3", 9, true }, { "7 - 2 - 1", 4, true }, { "8 / 2 / 2", 2, true },
	{ "1 && 0 || 1", 1, true }, { "0 || 0 && 1", 0, true }, { "!0 + 1", 2, true }, { "!(1 > 2)", 1, true },
	{ "- 3 + 5", 2, true }, { "2 > 1 == 1", 1, true }, { "5 || 7", 5, true }, { "5 && 7", 7, true },
	{ "version >= 4.000001", 1, true }, { "version < 4", 0, true }, { "-1 < 0", 1, true },
	{ "perl_version >= 5.01", 1, true }, { "local_tests_only", 1, true }, { "1 != 2", 1, true },
	{ "", 0, false }, { "1 +", 0, false }, { "(1", 0, false }, { "1)", 0, false }, { "1 2", 0, false },
	{ "1 < 2 < 3", 0, false }, { "1 ? 2 : 3", 0, false }, { "1 ^ 2", 0, false }, { "1 / 0", 0, false },
	{ "unknown", 0, false }, { "1 ** 2", 0, false }, { "1.2.3", 0, false }, { "1 ++ 2", 0, false },
};

static void
count_error(void *ctx, const char *file, unsigned line, const char *what)
{
	++*(unsigned *)ctx;
}

static void
conditions_are_evaluated(void **state)
{
	unsigned errors = 0;
	struct sl_sa_settings settings = { .error = count_error, .ctx = &errors };
	struct sl_sa_reader *reader = sl_sa_reader_new(&settings);

	for (size_t i = 0; i < SL_COUNT(expressions); i++) {
		char text[128];

		errors = 0;
		snprintf(text, sizeof(text), "(%s) == %g", expressions[i].text, expressions[i].value);
		if (sa_condition_holds(reader, text) != expressions[i].good)
			fail_msg("%s", text);
		assert_int_equal(errors, expressions[i].good ? 0 : 1);
	}
	sl_sa_reader_free(&reader);
}

#define REPLACE "loadplugin Mail::SpamAssassin::Plugin::ReplaceTags\n"
#define MIME "loadplugin Mail::SpamAssassin::Plugin::MIMEHeader\n"

/* What a file comes to: for each rule "NAME=kind field pattern", for each refused one "NAME: reason", in order; errors. */
struct file_row {
	const char	*text, *rules, *refused;
	unsigned	 errors;
};

static const struct file_row files[] = {
	{ "body A /x/\n", "A=body x;", "", 0 },
	{ "body A /x/ # note\nbody B /a\\#b/\n", "A=body x;B=body a#b;", "", 0 },
	{ "BODY A /x/\n  uri   B\t/y/  \n", "A=body x;B=uri y;", "", 0 },
	{ "header A Subject =~ /x/\n", "A=header Subject x;", "", 0 },
	{ "header A From:addr !~ /x/i\n", "A=header! From:addr x;", "", 0 },
	{ "header A Subject =~ /^$/\n", "A=header Subject [] ^$;", "", 0 },
	{ "header A To =~ /x/ [if-unset: none here]\n", "A=header To [none here] x;", "", 0 },
	{ "header A exists:X-Mailer\n", "A=exists X-Mailer ;", "", 0 },
	{ "header A Subject:bad =~ /x/\nheader B Subject\nheader C exists:X:raw\n", "",
	    "A: a header's name or modifier that is none;B: a header without =~ or !~;"
	    "C: exists: without the name of a header field;", 3 },
	{ "body A /(/\nbody A /x/\n", "A=body x;", "", 1 },
	{ "body A /x/\nbody A /(/\n", "A=body x;", "", 1 },
	{ "nonsense A\nbody B /x/\n", "B=body x;", "", 1 },
	{ "body 1A /x/\nbody A-B /x/\nbody\nbody C\n", "", "", 4 },
	{ "rawbody A eval:f('a, b', \"c\", 1.5)\n", "A=eval f(a, b|c|1.5) ;", "", 0 },
	{ "body A eval:f(a b)\nbody B eval:f\n", "",
	    "A: arguments that are none: a b;B: a function without its ( );", 1 },
	{ "body A eval:check()\ntflags A net\nheader B eval:check_rbl('x', 'y.')\n", "",
	    "A: needs the network: check;B: needs the network: check_rbl;", 0 },
	{ "body A eval:f()\ntflags A learn\n", "", "A: needs what Bayes has learned: f;", 0 },
	{ "body A /x/\nscore A 0\n", "", "A: score 0: it is switched off;", 0 },
	{ "body A /x/\nscore A 0 1 0 1\n", "", "A: score 0: it is switched off;", 0 },
	{ "body A /x/\nscore A 1 0 0 0\nscore B 1 2\nscore C x\n", "A=body x;", "", 2 },
	{ "mimeheader A Content-Type =~ /x/\n", "", "", 1 },
	{ MIME "mimeheader A Content-Type =~ /x/\n", "A=mimeheader Content-Type x;", "", 0 },
	{ MIME "mimeheader A Content-Type !~ /x/\n", "",
	    "A: a negated mimeheader: SpamAssassin lets it hit always;", 0 },
	{ "ifplugin Mail::SpamAssassin::Plugin::DKIM\nbody A /x/\nelse\nbody A /y/\nendif\n", "A=body y;", "", 0 },
	{ "loadplugin Mail::SpamAssassin::Plugin::DKIM\nif plugin(Mail::SpamAssassin::Plugin::DKIM)\nbody A /x/\n"
	    "else\nbody A /y/\nendif\n", "A=body x;", "", 0 },
	{ "if can(Mail::SpamAssassin::Conf::feature_bug6558_free)\nbody A /x/\nendif\n"
	    "if has(Mail::SpamAssassin::Conf::none)\nbody A /y/\nendif\n", "A=body x;", "", 0 },
	{ "if (version < 4)\nif (1)\nbody A /x/\nelse\nbody A /y/\nendif\nendif\nbody B /z/\n", "B=body z;", "", 0 },
	{ "if 1\nbody A /x/\n", "A=body x;", "", 1 },
	{ "endif\nelse\nif\n", "", "", 3 },
	{ "loadplugin Some::Other\n", "", "", 1 },
	{ "require_version 3.0\nbody A /x/\n", "", "", 1 },
	{ "lang de describe A Text\nlang en describe A Text\nbody A /x/\n", "A=body x;", "", 0 },
	{ "body A /x/\nmeta B A && !C\nmeta C A + 2 > 1\n", "A=body x;B=meta 0 2 ! &;C=meta 0 #2 + #1 >;", "", 0 },
	{ "meta A (B && C)\nbody B /x/\n", "A=meta 1 #0 &;B=body x;", "", 0 },
	{ "meta A ()\n", "A=meta #0;", "", 0 },
	{ "meta A A || B\nbody B /x/\n", "B=body x;", "A: depends on itself, by A;", 0 },
	{ "meta A B\nmeta B A\n", "", "A: depends on B, which is not supported;B: depends on itself, by A;", 0 },
	{ "meta A B\nmeta B C\nbody C /x/\nscore B 0\n", "A=meta #0;C=body x;", "B: score 0: it is switched off;", 0 },
	{ "meta A !B\nbody B eval:f()\ntflags B net\n", "A=meta #0 !;", "B: needs the network: f;", 0 },
	{ "meta A B\nbody B eval:f(a b)\n", "",
	    "A: depends on B, which is not supported;B: arguments that are none: a b;", 0 },
	{ "meta A 1 +\nmeta B A $x\nmeta C 1 ? 2 : 3\nmeta D 1 / X\n", "",
	    "A: an operand is missing;B: an expression with what has no place in one;C: ^ and ?: are not done;"
	    "D: a division by zero is possible;", 4 },
	{ "body A_1 /x/\nbody A_2 /y/\nbody B /z/\nmeta C rules_matching(A_*) > 1\n",
	    "A_1=body x;A_2=body y;B=body z;C=meta 0 1 + #1 >;", "", 0 },
	{ "body A /%{NAME}/\n", "", "A: uses what another rule captured;", 0 },
	{ REPLACE "replace_rules A\nreplace_tag X [xy]\nbody A /a<X>b<Y>/\n", "A=body a[\\x78\\x79]b<Y>;", "", 0 },
	{ REPLACE "replace_rules A\nreplace_tag X x\nreplace_tag Y y\nreplace_inter I -\nreplace_pre P p\n"
	    "replace_post Q q\nbody A /<inter I><pre P><post Q>a<X><Y>/\n", "A=body apxq-pyq;", "", 0 },
	{ REPLACE "replace_rules A\nreplace_tag X <Y>\nreplace_tag Y y\nbody A /<X>/\n", "A=body y;", "", 0 },
	{ REPLACE "replace_rules A\nreplace_tag X (\nbody A /<X>/\n", "A=body <X>;", "", 0 },
	{ REPLACE "replace_start {\n", "", "", 1 },
	{ "include none.cf\nbody A /x/\n", "A=body x;", "", 1 },
	{ "reuse A\nmeta B A\n", "B=meta #0;", "", 0 },
	{ "loadplugin Mail::SpamAssassin::Plugin::AskDNS\naskdns A _X_ A\nmeta B !A\n", "B=meta #0 !;",
	    "A: needs the network: askdns;", 0 },
};

static void
steps_put(const struct sl_rule *rule, struct sl_buf *out)
{
	static const char signs[] = "##!-&|+-*/<{>}=~";

	for (size_t i = 0; i < rule->steps_len; i++) {
		const struct sl_rule_step *step = &rule->steps[i];

		sl_buf_add_str(out, i > 0 ? " " : "");
		if (step->op == SL_RULE_OP_NUMBER)
			sl_buf_addf(out, "#%g", step->number);
		else if (step->op == SL_RULE_OP_RULE)
			sl_buf_addf(out, "%u", step->index);
		else
			sl_buf_add_byte(out, (unsigned char)signs[step->op]);
	}
}

static void
rule_put(const struct sl_rule *rule, struct sl_buf *out)
{
	static const char *const kinds[] = { "header", "", "", "uri", "", "body", "rawbody", "full", "mimeheader",
	    "meta", "eval" };

	sl_buf_addf(out, "%s=%s%s ", rule->name,
	    (rule->flags & SL_RULE_EXISTS) != 0 ? "exists" : kinds[rule->where],
	    (rule->flags & SL_RULE_NEGATED) != 0 ? "!" : "");
	if (rule->field != NULL)
		sl_buf_addf(out, "%s ", rule->field);
	if (rule->absent != NULL)
		sl_buf_addf(out, "[%s] ", rule->absent);
	if (rule->function != NULL) {
		sl_buf_addf(out, "%s(", rule->function);
		for (size_t i = 0; i < rule->arguments_len; i++)
			sl_buf_addf(out, "%s%s", i > 0 ? "|" : "", rule->arguments[i]);
		sl_buf_add_str(out, ") ");
	}
	sl_buf_add_str(out, rule->pattern == NULL ? "" : rule->pattern);
	steps_put(rule, out);
	sl_buf_add_str(out, ";");
}

static void
files_are_read(void **state)
{
	for (size_t i = 0; i < SL_COUNT(files); i++) {
		unsigned errors = 0;
		struct sl_sa_settings settings = { .error = count_error, .ctx = &errors };
		struct sl_sa_reader *reader = sl_sa_reader_new(&settings);
		struct sl_ruleset set;
		struct sl_buf rules, refused;

		sl_buf_init(&rules, 65536);
		sl_buf_init(&refused, 65536);
		sl_ruleset_init(&set);
		sl_sa_read(reader, "test.cf", sl_slice_str(files[i].text));
		sl_sa_reader_finish(reader, &set);
		for (size_t j = 0; j < set.len; j++)
			rule_put(&set.rules[j], &rules);
		for (size_t j = 0; j < set.unsupported_len; j++)
			sl_buf_addf(&refused, "%s: %s;", set.unsupported[j].name, set.unsupported[j].reason);
		if (strcmp(sl_buf_cstr(&rules), files[i].rules) != 0 || errors != files[i].errors ||
		    strncmp(sl_buf_cstr(&refused), files[i].refused, strlen(files[i].refused)) != 0)
			fail_msg("%s\n%s\n%s\n%u errors", files[i].text, sl_buf_cstr(&rules), sl_buf_cstr(&refused),
			    errors);
		assert_string_equal(sl_buf_cstr(&refused), files[i].refused);
		sl_buf_fini(&rules);
		sl_buf_fini(&refused);
		sl_ruleset_fini(&set);
		sl_sa_reader_free(&reader);
	}
}

struct prior_row {
	const char	*text;
	unsigned	 set;
	double		 prior;		/* in points */
	unsigned	 flags;
};

static const struct prior_row priors[] = {
	{ "body A /x/\n", 0, 1, 0 },
	{ "body A /x/\ntflags A nice\n", 0, -1, SL_RULE_NICE },
	{ "body A /x/\nscore A 1 2 3 4\n", 0, 1, 0 }, { "score A 1 2 3 4\nbody A /x/\n", 3, 4, 0 },
	{ "body A /x/\nscore A 2.5\nscore A (-0.5)\n", 0, 2, 0 },
	{ "body A /x/\nscore A -1\n", 0, -1, SL_RULE_NICE },
	{ "body T_A /x/\n", 0, 0.01, 0 },
	{ "body __A /x/\n", 0, 0, SL_RULE_INTERNAL },
	{ "body A /x/\ntflags A multiple maxhits=3 nosubject\n", 0, 1, SL_RULE_MULTIPLE | SL_RULE_NO_SUBJECT },
	{ "uri A /x/\ntflags A nosubject multiples\n", 0, 1, 0 },
};

static void
scores_become_log_odds(void **state)
{
	for (size_t i = 0; i < SL_COUNT(priors); i++) {
		struct sl_sa_settings settings = { .score_set = priors[i].set };
		struct sl_sa_reader *reader = sl_sa_reader_new(&settings);
		struct sl_ruleset set;

		sl_ruleset_init(&set);
		sl_sa_read(reader, "test.cf", sl_slice_str(priors[i].text));
		sl_sa_reader_finish(reader, &set);
		assert_int_equal(set.len, 1);
		assert_true(fabs(set.rules[0].prior - priors[i].prior * SL_SA_LOG_ODDS_PER_POINT) < 1e-9);
		assert_int_equal(set.rules[0].flags, priors[i].flags);
		assert_int_equal(set.rules[0].max_hits, strstr(priors[i].text, "maxhits") != NULL ? 3 : 0);
		sl_ruleset_fini(&set);
		sl_sa_reader_free(&reader);
	}
}

struct told {
	char		text[256];
	unsigned	line;
};

static void
keep_error(void *ctx, const char *file, unsigned line, const char *what)
{
	struct told *told = ctx;

	snprintf(told->text, sizeof(told->text), "%s:%u: %s", file, line, what);
}

static void
keep_line(void *ctx, struct sl_slice keyword, struct sl_slice rest)
{
	struct told *told = ctx;

	snprintf(told->text, sizeof(told->text), SL_SLICE_FMT "=" SL_SLICE_FMT, SL_SLICE_ARG(keyword),
	    SL_SLICE_ARG(rest));
}

static void
errors_say_where_and_settings_are_told(void **state)
{
	struct told told = { 0 };
	struct sl_sa_settings settings = { .error = keep_error, .line = keep_line, .ctx = &told };
	struct sl_sa_reader *reader = sl_sa_reader_new(&settings);

	sl_sa_read(reader, "a.cf", SL_SLICE_LIT("# note\n\nUtil-RB-TLD  com net # x\n"));
	assert_string_equal(told.text, "util_rb_tld=com net");
	sl_sa_read(reader, "b.cf", SL_SLICE_LIT("\nbody A /[/\n"));
	assert_string_equal(told.text, "b.cf:2: rule A: its pattern: a [ without its ], at byte 1");
	sl_sa_reader_free(&reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_become_pcre),
		cmocka_unit_test(a_pattern_that_is_too_large_is_said_shorter),
		cmocka_unit_test(conditions_are_evaluated),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(scores_become_log_odds),
		cmocka_unit_test(errors_say_where_and_settings_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
