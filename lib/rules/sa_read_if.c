/* sa_read_if.c - conditions in SpamAssassin's files: what version 4.0.1 would say to them */

#include "sa_read_i.h"

#define VERSION		4.000001	/* which SpamAssassin is spoken */
#define PERL_VERSION	5.036

/* What has() and can() find, of those plugins that are loaded; "Conf" always is. */
static const char *const features[] = {
#define SA_FEATURE(module, name) module "::" name,
#include "sa_read_features.h"
#undef SA_FEATURE
};

#define MODULE		"Mail::SpamAssassin::"
#define MODULE_LEN	(sizeof(MODULE) - 1)

static bool
has_feature(const struct sl_sa_reader *reader, const char *name)
{
	const char *last = strrchr(name, ':');
	char module[128];
	size_t len;

	if (last == NULL || last == name || strncmp(name, MODULE, MODULE_LEN) != 0)
		return false;
	len = (size_t)(last - 1 - name);
	if (len >= sizeof(module))
		return false;
	memcpy(module, name, len);
	module[len] = '\0';
	if (strcmp(module, MODULE "Conf") == 0) {
		if (strncmp(last + 1, "compat_", 7) == 0)
			return sa_has_plugin(reader, last + 1);
	} else if (!sa_has_plugin(reader, module)) {
		return false;
	}
	for (size_t i = 0; i < SL_COUNT(features); i++)
		if (strcmp(features[i], name + MODULE_LEN) == 0)
			return true;
	return false;
}

static bool
has_plugin(const struct sl_sa_reader *reader, const char *name)
{
	if (strcmp(name, MODULE "Plugin::RaciallyCharged") == 0)
		return true;		/* removed; SpamAssassin says so, too */
	if (strcmp(name, MODULE "Plugin::Dmarc") == 0)
		name = MODULE "Plugin::DMARC";
	if (strcmp(name, MODULE "Plugin::WhiteListSubject") == 0)
		name = MODULE "Plugin::WelcomeListSubject";
	return sa_has_plugin(reader, name);
}

/* "(NAME)" after the name of a function; moves *rest behind it. */
static bool
argument_get(const char **rest, char *name, size_t size)
{
	const char *p = *rest + strspn(*rest, " \t");
	size_t len;

	if (*p++ != '(')
		return false;
	p += strspn(p, " \t'\"");
	len = strcspn(p, " \t'\")(");
	if (len == 0 || len >= size)
		return false;
	memcpy(name, p, len);
	name[len] = '\0';
	p += len;
	p += strspn(p, " \t'\"");
	if (*p != ')')
		return false;
	*rest = p + 1;
	return true;
}

static const char *
condition_atom(void *ctx, const char *name, const char **rest, struct sl_rule_step *step)
{
	const struct sl_sa_reader *reader = ctx;
	char argument[192];

	step->op = SL_RULE_OP_NUMBER;
	if (strcmp(name, "version") == 0) {
		step->number = VERSION;
	} else if (strcmp(name, "perl_version") == 0) {
		step->number = PERL_VERSION;
	} else if (strcmp(name, "local_tests_only") == 0) {
		step->number = (reader->settings.score_set & 1) == 0;
	} else if (strcmp(name, "plugin") == 0) {
		if (!argument_get(rest, argument, sizeof(argument)))
			return "plugin() without the name of one";
		step->number = has_plugin(reader, argument);
	} else if (strcmp(name, "can") == 0 || strcmp(name, "has") == 0) {
		if (!argument_get(rest, argument, sizeof(argument)) || strstr(argument, "::") == NULL)
			return "can() or has() without the name of a function";
		step->number = has_feature(reader, argument);
	} else {
		return "a word that is not known";
	}
	return NULL;
}

bool
sa_condition_holds(struct sl_sa_reader *reader, const char *text)
{
	struct sa_steps *steps = sl_xzalloc(sizeof(*steps));
	const char *why = sa_expression(text, true, condition_atom, reader, steps);
	bool by_zero = false;
	bool holds = false;

	if (why == NULL)
		holds = sa_evaluate(steps, &by_zero) != 0;
	if (by_zero)
		why = "a division by zero";
	if (why != NULL)
		sa_error(reader, "condition `%.200s`: %s", text, why);
	sl_free(steps);
	return holds && why == NULL;
}
