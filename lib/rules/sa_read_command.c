/* sa_read_command.c - lines of SpamAssassin's files that are no conditions: rules, and what is said of them */

#include "sa_read_i.h"

#include <math.h>
#include <stdlib.h>

struct command;
typedef void command_do(struct sl_sa_reader *reader, const struct command *command, char *rest);

struct command {
	const char	*keyword;
	const char	*plugin;	/* must be loaded; "": none */
	command_do	*run;
	enum sl_rule_where where;
};

static const char *const plugins_known[] = {
	"ASN", "AWL", "AccessDB", "AntiVirus", "AskDNS", "AuthRes", "AutoLearnThreshold", "Bayes", "BodyEval",
	"Check", "DCC", "DKIM", "DMARC", "DNSEval", "DecodeShortURLs", "ExtractText", "FreeMail",
	"FromNameSpoof", "HTMLEval", "HTTPSMismatch", "HashBL", "HeaderEval", "ImageInfo", "MIMEEval",
	"MIMEHeader", "OLEVBMacro", "PDFInfo", "PhishTag", "Phishing", "Pyzor", "Razor2", "RelayCountry",
	"RelayEval", "ReplaceTags", "ResourceLimits", "Reuse", "Rule2XSBody", "SPF", "Shortcircuit", "SpamCop",
	"Test", "TextCat", "TxRep", "URIDNSBL", "URIDetail", "URIEval", "URILocalBL", "VBounce", "WLBLEval",
	"WelcomeListSubject",
};

#define PLUGIN		"Mail::SpamAssassin::Plugin::"
#define PLUGIN_LEN	(sizeof(PLUGIN) - 1)

static bool
plugin_is_loaded(const struct sl_sa_reader *reader, const char *name)
{
	char full[128];

	if (*name == '\0')
		return true;
	if (PLUGIN_LEN + strlen(name) >= sizeof(full))
		return false;
	memcpy(full, PLUGIN, PLUGIN_LEN);
	memcpy(full + PLUGIN_LEN, name, strlen(name) + 1);
	return sa_has_plugin(reader, full);
}

/* A rule is said anew: what was its test goes, what is said of its name stays. */
static void
test_clear(struct sl_sa_reader *reader, struct sa_test *test, enum sa_type type, enum sl_rule_where where)
{
	test->type = type;
	test->where = where;
	test->file = reader->file;
	test->line = reader->line;
	test->reason = NULL;
	test->field = test->absent = test->perl = test->expression = test->function = test->arguments = NULL;
	test->is_negated = test->is_exists = false;
}

/* The rule of this line is wrong: an error, and, if nothing else makes it a rule, one that is named as refused. */
static void
test_refuse(struct sl_sa_reader *reader, struct sa_test *test, const char *why)
{
	sa_error(reader, "rule %s: %s", test->name, why);
	if (test->type == SA_UNDEFINED || test->type == SA_EMPTY) {
		test_clear(reader, test, SA_OTHER, SL_RULE_META);
		test->reason = sa_strdup(reader, why);
	}
}

/* The name at the beginning of *rest; NULL: it is none, or nothing follows it. */
static struct sa_test *
named(struct sl_sa_reader *reader, const struct command *command, char **rest)
{
	const char *name = sa_word(rest);

	if (!sa_is_name(name)) {
		sa_error(reader, "`%s` without the name of a rule", command->keyword);
		return NULL;
	}
	if (**rest == '\0') {
		sa_error(reader, "`%s %s` with nothing behind it", command->keyword, name);
		return NULL;
	}
	return sa_test_get(reader, name);
}

/* "%{NAME}", what another rule captured: Perl wants a backslash before the brace. */
static char *
captures_escape(struct sl_sa_reader *reader, const char *text)
{
	struct sl_buf out;
	char *copy;

	sl_buf_init(&out, SIZE_MAX / 2);
	for (const char *s = text; *s != '\0'; s++) {
		sl_buf_add_byte(&out, (unsigned char)*s);
		if (s[0] == '%' && s[1] == '{' && s[2] >= 'A' && s[2] <= 'Z' && (s == text || s[-1] != '\\') &&
		    s[2 + strspn(s + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '}')
			sl_buf_add_byte(&out, '\\');
	}
	copy = sa_strndup(reader, out.data, out.len);
	sl_buf_fini(&out);
	return copy;
}

/* The pattern as Perl has it; NULL, and why, if it is wrong. */
static const char *
pattern_read(struct sl_sa_reader *reader, const char *text, const char **why_out)
{
	struct sa_pcre pcre;
	const char *perl;
	bool empty;

	if (strlen(text) > SL_SA_PATTERN_MAX / 4) {
		*why_out = "a pattern that is too long";
		return NULL;
	}
	perl = sa_regex_strip(reader, captures_escape(reader, text), why_out);
	if (perl == NULL)
		return NULL;
	sl_buf_init(&pcre.text, SL_SA_PATTERN_MAX);
	if (!sa_perl_translate(perl, &pcre) || !sa_pcre_check(&pcre, &empty)) {
		*why_out = sa_printf(reader, "its pattern: %s", pcre.why);
		perl = NULL;
	}
	sl_buf_fini(&pcre.text);
	return perl;
}

/* "eval:function(arguments)". False: it is none. */
static bool
eval_read(struct sl_sa_reader *reader, const struct command *command, struct sa_test *test, char *rest)
{
	char *function, *open;
	size_t len = strlen(rest);

	if (strncmp(rest, "rbleval:", 8) == 0 && command->where == SL_RULE_HEADER)
		function = rest + 8;
	else if (strncmp(rest, "eval:", 5) == 0)
		function = rest + 5;
	else
		return false;
	open = strchr(function, '(');
	if (open == NULL || open == function || rest[len - 1] != ')') {
		test_refuse(reader, test, "a function without its ( )");
		return true;
	}
	rest[len - 1] = '\0';
	*open = '\0';
	if (!sa_is_name(function)) {
		test_refuse(reader, test, "a function's name that is none");
		return true;
	}
	test_clear(reader, test, SA_EVAL, command->where);
	test->function = sa_strdup(reader, function);
	test->arguments = sa_strdup(reader, open + 1);
	return true;
}

static void
run_pattern(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	struct sa_test *test = named(reader, command, &rest);
	const char *perl, *why;

	if (test == NULL || (command->where != SL_RULE_LINK && eval_read(reader, command, test, rest)))
		return;
	perl = pattern_read(reader, rest, &why);
	if (perl == NULL) {
		test_refuse(reader, test, why);
		return;
	}
	test_clear(reader, test, SA_PATTERN, command->where);
	test->perl = perl;
}

/* " [if-unset: TEXT]" at the end, cut off; NULL: it is not there. */
static const char *
if_unset_cut(struct sl_sa_reader *reader, char *rest)
{
	static const char head[] = "[if-unset:";
	size_t len = strlen(rest);
	char *at = NULL;

	if (len == 0 || rest[len - 1] != ']')
		return NULL;
	for (char *p = strstr(rest, head); p != NULL && at == NULL; p = strstr(p + 1, head))
		if (p > rest && (p[-1] == ' ' || p[-1] == '\t'))
			at = p;
	if (at == NULL || (at[sizeof(head) - 1] != ' ' && at[sizeof(head) - 1] != '\t'))
		return NULL;
	rest[len - 1] = '\0';
	rest = at + sizeof(head) - 1;
	rest += strspn(rest, " \t");
	for (*at-- = '\0'; *at == ' ' || *at == '\t'; at--)
		*at = '\0';
	return sa_strdup(reader, rest);
}

/* Is it a header's name with its modifiers? They are Perl's \w, "." and "-", then :modifier once or twice. */
static bool
field_ok(const char *field, bool mime)
{
	static const char *const modifiers[] =
	    { "raw", "addr", "name", "host", "domain", "ip", "revip", "first", "last" };
	size_t len = strcspn(field, ":");
	const char *p = field + len;
	int count = 0;

	for (size_t i = 0; i < len; i++)
		if (!(field[i] == '_' || field[i] == '.' || field[i] == '-' ||
		    (field[i] >= '0' && field[i] <= '9') || (field[i] >= 'a' && field[i] <= 'z') ||
		    (field[i] >= 'A' && field[i] <= 'Z')) && !mime)
			return false;
	if (len == 0 || strcmp(p, ":") == 0)
		return len > 0;
	while (*p == ':') {
		size_t n = strcspn(p + 1, ":");
		bool known = false;

		for (size_t i = 0; i < (mime ? (size_t)1 : SL_COUNT(modifiers)); i++)
			known |= strlen(modifiers[i]) == n && strncmp(modifiers[i], p + 1, n) == 0;
		if (!known || ++count > (mime ? 1 : 2))
			return false;
		p += 1 + n;
	}
	return true;
}

static const char *
field_keep(struct sl_sa_reader *reader, const char *field)
{
	size_t len = strlen(field);

	return sa_strndup(reader, field, len > 0 && field[len - 1] == ':' ? len - 1 : len);
}

static void
exists_read(struct sl_sa_reader *reader, struct sa_test *test, const char *field)
{
	if (strcspn(field, ":") + 1 < strlen(field) || !field_ok(field, false)) {
		test_refuse(reader, test, "exists: without the name of a header field");
		return;
	}
	test_clear(reader, test, SA_PATTERN, SL_RULE_HEADER);
	test->is_exists = true;
	test->field = field_keep(reader, field);
}

/* header and mimeheader: "Field:modifier =~ /pattern/  [if-unset: TEXT]". */
static void
run_header(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	struct sa_test *test = named(reader, command, &rest);
	bool mime = command->where == SL_RULE_MIME_HEADER, negated;
	const char *field, *absent, *perl, *why;
	char *operator;
	size_t len;

	if (test == NULL || (!mime && eval_read(reader, command, test, rest)))
		return;
	if (!mime && strncmp(rest, "exists:", 7) == 0) {
		exists_read(reader, test, rest + 7);
		return;
	}
	len = strcspn(rest, " \t=!");
	operator = rest + len + strspn(rest + len, " \t");
	negated = operator[0] == '!';
	if (len == 0 || (operator[0] != '=' && !negated) || operator[1] != '~') {
		test_refuse(reader, test, "a header without =~ or !~");
		return;
	}
	field = sa_strndup(reader, rest, len);
	if (!field_ok(field, mime)) {
		test_refuse(reader, test, "a header's name or modifier that is none");
		return;
	}
	rest = operator + 2;
	rest += strspn(rest, " \t");
	absent = if_unset_cut(reader, rest);
	perl = pattern_read(reader, rest, &why);
	if (perl == NULL) {
		test_refuse(reader, test, why);
		return;
	}
	test_clear(reader, test, SA_PATTERN, command->where);
	test->field = field_keep(reader, field);
	test->is_negated = negated;
	test->absent = absent;
	test->perl = perl;
}

/* For a first look: any name will do, and counts as 0. */
static const char *
any_atom(void *ctx, const char *name, const char **rest, struct sl_rule_step *step)
{
	struct sl_slice glob;
	size_t len = sa_rules_matching(*rest - strlen(name), &glob);

	if (len > 0)
		*rest += len - strlen(name);
	else if (strchr(name, ':') != NULL)
		return "a name of a rule that is none";
	*step = (struct sl_rule_step){ .op = SL_RULE_OP_RULE };
	return NULL;
}

static void
run_meta(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	struct sa_test *test = named(reader, command, &rest);
	struct sa_steps *steps;
	const char *why;
	bool by_zero = false;

	if (test == NULL)
		return;
	steps = sl_xzalloc(sizeof(*steps));
	if (strpbrk(rest, "$@%;{}") != NULL || strstr(rest, "->") != NULL || strstr(rest, "::") != NULL)
		why = "an expression with what has no place in one";
	else
		why = sa_expression(rest, false, any_atom, NULL, steps);
	if (why == NULL)
		sa_evaluate(steps, &by_zero);
	sl_free(steps);
	if (why != NULL || by_zero) {
		test_refuse(reader, test, why != NULL ? why : "a division by zero is possible");
		return;
	}
	test_clear(reader, test, SA_META, SL_RULE_META);
	test->expression = sa_strdup(reader, rest);
}

/* Rules that ask the network by a keyword of their own. */
static void
run_network(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	struct sa_test *test = named(reader, command, &rest);

	if (test == NULL || (test->type != SA_UNDEFINED && test->type != SA_EMPTY))
		return;
	test_clear(reader, test, SA_OTHER, SL_RULE_META);
	test->reason = sa_printf(reader, "needs the network: %s", command->keyword);
}

static void
run_other(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	struct sa_test *test = named(reader, command, &rest);

	if (test == NULL)
		return;
	test_clear(reader, test, SA_OTHER, SL_RULE_META);
	test->reason = sa_printf(reader, "a kind of rule that is not done: %s", command->keyword);
}

/* A number as SpamAssassin takes it, "-1.5"; in parentheses it is added to what was there. */
static bool
score_read(const char *word, double *score_out, bool *relative_out)
{
	const char *p = word;
	bool is_open = *p == '(';

	p += is_open ? 1 : 0;
	p += *p == '-' ? 1 : 0;
	if (strspn(p, "0123456789") == 0)
		return false;
	p += strspn(p, "0123456789");
	if (*p == '.') {
		if (strspn(p + 1, "0123456789") == 0)
			return false;
		p += 1 + strspn(p + 1, "0123456789");
	}
	if (strcmp(p, is_open ? ")" : "") != 0)
		return false;
	*relative_out |= is_open;
	*score_out = strtod(word + (is_open ? 1 : 0), NULL);
	return isfinite(*score_out);
}

static void
run_score(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	const char *name = sa_word(&rest);
	double scores[4];
	bool relative = false;
	struct sa_test *test;
	size_t len = 0;

	while (*rest != '\0' && len < 4 && score_read(sa_word(&rest), &scores[len], &relative))
		len++;
	if (!sa_is_name(name) || *rest != '\0' || (len != 1 && len != 4)) {
		sa_error(reader, "`score` wants the name of a rule and one or four numbers");
		return;
	}
	test = sa_test_get(reader, name);
	if (relative && !test->has_score) {
		sa_error(reader, "score %s: there is none yet to add to", name);
		return;
	}
	for (size_t i = 0; i < 4; i++)
		test->score[i] = scores[len == 4 ? i : 0] + (relative ? test->score[i] : 0);
	test->has_score = true;
}

static void
run_describe(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	struct sa_test *test = named(reader, command, &rest);

	if (test != NULL)
		test->sentence = sa_strdup(reader, rest);
}

static void
run_flags(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	struct sa_test *test = named(reader, command, &rest);

	if (test != NULL)
		test->flags = sa_strdup(reader, rest);
}

static void
run_reuse(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	const char *name = sa_word(&rest);
	struct sa_test *test;

	if (!sa_is_name(name)) {
		sa_error(reader, "`reuse` without the name of a rule");
		return;
	}
	test = sa_test_get(reader, name);
	if (test->type == SA_UNDEFINED)
		test->type = SA_EMPTY;
}

/* replace_tag and its like: "NAME TEXT". */
static void
run_pair(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	const char *name = sa_word(&rest);

	if (*rest == '\0') {
		sa_error(reader, "`%s` wants a name and a text", command->keyword);
		return;
	}
	if (reader->pairs_len == reader->pairs_size) {
		reader->pairs_size = SL_MAX(reader->pairs_size * 2, (size_t)64);
		reader->pairs = sl_xrealloc(reader->pairs, reader->pairs_size * sizeof(reader->pairs[0]));
	}
	reader->pairs[reader->pairs_len++] = (struct sa_pair){ command->keyword + sizeof("replace_") - 1,
	    sa_strdup(reader, name), sa_strdup(reader, rest) };
}

/* replace_start, replace_end: any text, without what has a meaning in a pattern. */
static void
run_tag_edge(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	if (*rest == '\0' || strlen(rest) > 16 || strpbrk(rest, "\\[](){}.*+?|^$") != NULL) {
		sa_error(reader, "`%s` wants a text of up to 16 bytes that is no pattern", command->keyword);
		return;
	}
	*(strcmp(command->keyword, "replace_end") == 0 ? &reader->tag_end : &reader->tag_start) =
	    sa_strdup(reader, rest);
}

static void
run_replaced(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	if (*rest == '\0')
		sa_error(reader, "`replace_rules` without the name of a rule");
	while (*rest != '\0') {
		const char *name = sa_word(&rest);

		if (sa_is_name(name))
			sa_test_get(reader, name)->is_replaced = true;
		else
			sa_error(reader, "`replace_rules`: %.100s is no name of a rule", name);
	}
}

static void
run_plugin(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	const char *name = sa_word(&rest);

	if (strcmp(name, PLUGIN "Dmarc") == 0)
		name = PLUGIN "DMARC";
	if (strcmp(name, PLUGIN "WhiteListSubject") == 0)
		name = PLUGIN "WelcomeListSubject";
	for (size_t i = 0; i < SL_COUNT(plugins_known); i++)
		if (strncmp(name, PLUGIN, PLUGIN_LEN) == 0 && strcmp(name + PLUGIN_LEN, plugins_known[i]) == 0) {
			sa_put_plugin(reader, name);
			return;
		}
	if (strcmp(command->keyword, "tryplugin") != 0)
		sa_error(reader, "plugin %.200s is not known: what is written for it is left out", name);
}

static void
run_compat(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	const char *name = sa_word(&rest);

	if (*rest != '\0' || name[0] == '\0' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] != '\0')
		sa_error(reader, "`enable_compat` wants a name");
	else
		sa_put_plugin(reader, sa_printf(reader, "compat_%s", name));
}

static void
run_version(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
	if (strcmp(rest, "4.000001") == 0 || strcmp(rest, "@@VERSION@@") == 0)
		return;
	sa_error(reader, "the file wants version %.40s of SpamAssassin, and not 4.000001: what follows is left out",
	    rest);
	reader->is_skipping = true;
}

static void
run_nothing(struct sl_sa_reader *reader, const struct command *command, char *rest)
{
}

static const struct command commands[] = {
	/* keyword	plugin		does it		where */
	{ "header",	"",		run_header,	SL_RULE_HEADER },
	{ "body",	"",		run_pattern,	SL_RULE_BODY },
	{ "rawbody",	"",		run_pattern,	SL_RULE_RAW_BODY },
	{ "uri",	"",		run_pattern,	SL_RULE_LINK },
	{ "full",	"",		run_pattern,	SL_RULE_FULL },
	{ "mimeheader",	"MIMEHeader",	run_header,	SL_RULE_MIME_HEADER },
	{ "meta",	"",		run_meta,	SL_RULE_META },
	{ "askdns",	"AskDNS",	run_network,	0 },
	{ "uridnsbl",	"URIDNSBL",	run_network,	0 },
	{ "uridnssub",	"URIDNSBL",	run_network,	0 },
	{ "urirhsbl",	"URIDNSBL",	run_network,	0 },
	{ "urirhssub",	"URIDNSBL",	run_network,	0 },
	{ "urinsrhsbl",	"URIDNSBL",	run_network,	0 },
	{ "urinsrhssub", "URIDNSBL",	run_network,	0 },
	{ "urifullnsrhsbl", "URIDNSBL",	run_network,	0 },
	{ "urifullnsrhssub", "URIDNSBL", run_network,	0 },
	{ "uri_detail",	"URIDetail",	run_other,	0 },
	{ "uri_block_cc", "URILocalBL",	run_other,	0 },
	{ "uri_block_cidr", "URILocalBL", run_other,	0 },
	{ "uri_block_cont", "URILocalBL", run_other,	0 },
	{ "uri_block_exclude", "URILocalBL", run_nothing, 0 },
	{ "uri_block_isp", "URILocalBL", run_other,	0 },
	{ "score",	"",		run_score,	0 },
	{ "describe",	"",		run_describe,	0 },
	{ "tflags",	"",		run_flags,	0 },
	{ "priority",	"",		run_nothing,	0 },	/* in what order: all are looked at here */
	{ "reuse",	"",		run_reuse,	0 },
	{ "test",	"",		run_nothing,	0 },
	{ "replace_tag", "ReplaceTags",	run_pair,	0 },
	{ "replace_pre", "ReplaceTags",	run_pair,	0 },
	{ "replace_inter", "ReplaceTags", run_pair,	0 },
	{ "replace_post", "ReplaceTags", run_pair,	0 },
	{ "replace_start", "ReplaceTags", run_tag_edge,	0 },
	{ "replace_end", "ReplaceTags",	run_tag_edge,	0 },
	{ "replace_rules", "ReplaceTags", run_replaced,	0 },
	{ "loadplugin",	"",		run_plugin,	0 },
	{ "tryplugin",	"",		run_plugin,	0 },
	{ "enable_compat", "",		run_compat,	0 },
	{ "require_version", "",	run_version,	0 },
};

struct setting {
	const char	*keyword, *plugin;
};

static const struct setting settings[] = {
#define SA_SETTING(keyword, plugin) { keyword, plugin },
#include "sa_read_settings.h"
#undef SA_SETTING
};

/* The plugin that reads this keyword; NULL: it is none. */
static const char *
setting_plugin(const char *keyword)
{
	for (size_t i = 0; i < SL_COUNT(settings); i++)
		if (strcmp(settings[i].keyword, keyword) == 0)
			return settings[i].plugin;
	if (strncmp(keyword, "bayes_stopword_", 15) == 0)
		return "Bayes";
	return strncmp(keyword, "hashbl_acl_", 11) == 0 ? "HashBL" : NULL;
}

void
sa_command(struct sl_sa_reader *reader, const char *keyword, char *rest)
{
	const struct command *command = NULL;
	const char *plugin;

	for (size_t i = 0; i < SL_COUNT(commands) && command == NULL; i++)
		if (strcmp(commands[i].keyword, keyword) == 0)
			command = &commands[i];
	plugin = command != NULL ? command->plugin : setting_plugin(keyword);
	if (plugin == NULL)
		sa_error(reader, "`%.100s` is not known", keyword);
	else if (!plugin_is_loaded(reader, plugin))
		sa_error(reader, "`%s` needs `loadplugin " PLUGIN "%s` before it", keyword, plugin);
	else if (command != NULL)
		command->run(reader, command, rest);
	else if (reader->settings.line != NULL)
		reader->settings.line(reader->settings.ctx, sl_slice_str(keyword), sl_slice_str(rest));
}
