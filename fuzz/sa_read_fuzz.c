/* sa_read_fuzz.c - of SpamAssassin's rule files come no more rules than they have lines; each name is either
 * supported or not; and read again they are the same */

#include "rules/sa_read.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void
on_error(void *ctx, const char *file, unsigned line, const char *what)
{
	SL_ASSERT(strcmp(file, "fuzz") == 0 && line > 0 && *what != '\0');
}

static void
read_into(struct sl_ruleset *set, struct sl_slice text)
{
	static const char plugins[] = "loadplugin Mail::SpamAssassin::Plugin::ReplaceTags\n"
	    "loadplugin Mail::SpamAssassin::Plugin::MIMEHeader\nloadplugin Mail::SpamAssassin::Plugin::AskDNS\n";
	struct sl_sa_settings settings = { .error = on_error };
	struct sl_sa_reader *reader = sl_sa_reader_new(&settings);

	sl_ruleset_init(set);
	sl_sa_read(reader, "plugins", SL_SLICE_LIT(plugins));
	sl_sa_read(reader, "fuzz", text);
	sl_sa_reader_finish(reader, set);
	sl_sa_reader_free(&reader);
}

static void
same(const char *a, const char *b)
{
	SL_ASSERT((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0));
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_ruleset first, again;
	size_t lines = 1;

	read_into(&first, sl_slice(data, len));
	read_into(&again, sl_slice(data, len));
	for (size_t i = 0; i < len; i++)
		lines += data[i] == '\n';
	SL_ASSERT(first.len + first.unsupported_len <= lines);
	SL_ASSERT(first.len == again.len && first.unsupported_len == again.unsupported_len);
	for (size_t i = 0; i < first.len; i++) {
		const struct sl_rule *rule = &first.rules[i];

		same(rule->name, again.rules[i].name);
		same(rule->pattern, again.rules[i].pattern);
		SL_ASSERT(rule->steps_len == again.rules[i].steps_len);
		SL_ASSERT((rule->where == SL_RULE_META) == (rule->steps_len > 0));
		for (size_t j = 0; j < rule->steps_len; j++)
			SL_ASSERT(rule->steps[j].op != SL_RULE_OP_RULE || rule->steps[j].index < first.len);
	}
	for (size_t i = 0; i < first.unsupported_len; i++) {
		SL_ASSERT(sl_ruleset_find(&first, first.unsupported[i].name) == SIZE_MAX);
		SL_ASSERT(first.unsupported[i].reason[0] != '\0');
		same(first.unsupported[i].name, again.unsupported[i].name);
		for (size_t j = 0; j < i; j++)
			SL_ASSERT(strcmp(first.unsupported[i].name, first.unsupported[j].name) != 0);
	}
	sl_ruleset_fini(&first);
	sl_ruleset_fini(&again);
	return 0;
}
