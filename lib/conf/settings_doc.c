/* settings_doc.c - see settings_doc.h */

#include "settings_doc.h"

#include "conf_i.h"
#include "settings_table.h"

#include <stdio.h>

/* What may be written, in a few words. */
static void
add_range(struct sl_buf *out, const struct setting *row, const char *noun,
    void (*print)(uint64_t, struct sl_buf *))
{
	sl_buf_addf(out, "%s, ", noun);
	print(row->min, out);
	sl_buf_add_str(out, " to ");
	print(row->max, out);
}

static void
print_plain(uint64_t n, struct sl_buf *out)
{
	sl_buf_addf(out, "%llu", (unsigned long long)n);
}

static void
print_rate(uint64_t n, struct sl_buf *out)
{
	value_print_size(n, out);
	sl_buf_add_str(out, n == 0 ? "" : "/min");
}

static void
add_kind(struct sl_buf *out, const struct setting *row)
{
	static const char *const words[SETTING_TYPE_COUNT] = {
		[SETTING_PROBABILITY] = "probability, 0.01 to 1",
		[SETTING_WEIGHT] = "log-odds, -10 to 10",
		[SETTING_HOSTNAME] = "host name, or auto", [SETTING_ZONE] = "domain",
		[SETTING_ANSWERS] = "map of addresses to log-odds",
		[SETTING_DNS_LISTS] = "list of maps", [SETTING_PEOPLE] = "map of names to lists of addresses",
		[SETTING_PATH] = "path", [SETTING_CONTROL] = "path, or auto",
		[SETTING_MODEL] = "path, or default", [SETTING_CA] = "path",
		[SETTING_RULES] = "path, or default", [SETTING_RULES_KEY] = "path, or 64 hexadecimal digits",
		[SETTING_CERTIFICATE] = "path", [SETTING_KEY] = "path",
		[SETTING_LISTEN_AT] = "IP:PORT", [SETTING_CONNECT_TO] = "HOST:PORT",
		[SETTING_SOCKET] = "path", [SETTING_NETWORKS] = "list of networks",
		[SETTING_DOMAINS] = "list of domains", [SETTING_NEXT_HOPS] = "list of HOST:PORT",
		[SETTING_SERVERS] = "list of IP or IP:PORT, or auto",
		[SETTING_LISTENERS] = "list of IP:PORT or maps", [SETTING_TENANTS] = "list of maps",
		[SETTING_MAP] = "map", [SETTING_CATEGORY] = "map, or never", [SETTING_ENGINE] = "map",
		[SETTING_DEFAULTS] = "map",
	};
	const char *separator = ", or ";

	if (words[row->type] != NULL)
		sl_buf_add_str(out, words[row->type]);
	else if (row->type == SETTING_COUNT)
		add_range(out, row, "number", print_plain);
	else if (row->type == SETTING_DURATION)
		add_range(out, row, "duration", value_print_duration);
	else if (row->type == SETTING_SIZE)
		add_range(out, row, "size", value_print_size);
	else if (row->type == SETTING_RATE)
		add_range(out, row, "rate", print_rate);
	else if (row->type == SETTING_POLICY)
		says_describe(setting_policy(row), out);
	else if (row->type == SETTING_TEXT || row->type == SETTING_NAME)
		sl_buf_addf(out, "text, at most %llu bytes", (unsigned long long)row->max);
	else
		separator = "";
	for (const struct setting_word *w = row->words; w != NULL && w->word != NULL; w++) {
		sl_buf_addf(out, "%s%s", separator, w->word);
		separator = ", ";
	}
}

static const char *
default_words(const struct setting *row)
{
	if (row->preset != NULL)
		return row->preset;
	switch (row->type) {
	case SETTING_POLICY:
		return setting_policy(row)->preset[SL_LEVEL_DEFAULT];
	case SETTING_LISTENERS: case SETTING_TENANTS: case SETTING_DOMAINS: case SETTING_NEXT_HOPS:
	case SETTING_LISTEN_AT: case SETTING_ZONE:
		return "must be set";
	case SETTING_ENGINE: case SETTING_SOCKET: case SETTING_CONNECT_TO:
		return "none";
	case SETTING_MAP: case SETTING_DEFAULTS:
		return "see below";
	case SETTING_COUNT: case SETTING_DURATION: case SETTING_SIZE: case SETTING_RATE:
	case SETTING_WORD: case SETTING_PROBABILITY: case SETTING_TEXT: case SETTING_NAME:
	case SETTING_HOSTNAME: case SETTING_PATH: case SETTING_CONTROL: case SETTING_MODEL:
	case SETTING_RULES: case SETTING_RULES_KEY:
	case SETTING_CA: case SETTING_CERTIFICATE: case SETTING_KEY: case SETTING_NETWORKS:
	case SETTING_CATEGORY: case SETTING_SERVERS: case SETTING_WEIGHT: case SETTING_ANSWERS: case SETTING_DNS_LISTS:
	case SETTING_PEOPLE:
	case SETTING_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a value without a preset");
}

void
sl_settings_doc_markdown(struct sl_buf *out)
{
	sl_buf_add_str(out,
	    "# Settings\n\n"
	    "<!-- Written by `sluicectl settings --markdown`; a test compares. Change\n"
	    "     lib/conf/settings_table.c and write this file again. -->\n\n"
	    "One YAML file. The smallest that works:\n\n"
	    "```yaml\n"
	    "listen: [\"127.0.0.1:2525\"]\n"
	    "tenants:\n"
	    "  - domains: [example.com]\n"
	    "    next_hops: [\"127.0.0.1:2526\"]\n"
	    "```\n\n"
	    "`sluicectl check FILE` reads it and says what is wrong, a line for each problem:\n"
	    "`file:line:column: what to write`. `sluicectl settings --example` writes a file with every\n"
	    "setting in it.\n\n"
	    "Durations have a unit: `500ms`, `30s`, `5m`, `2h`, `1d`. Sizes may: `65536`, `256KiB`,\n"
	    "`25MiB`, `1GiB`. Relative paths start where the settings file lies. Settings that are not\n"
	    "written have the default given here. Unknown and doubled settings, anchors, aliases and\n"
	    "tags are refused.\n");
	for (size_t scope = 0; scope < SCOPE_COUNT; scope++) {
		const struct setting_scope_info *info = &setting_scopes[scope];

		sl_buf_addf(out, "\n## %s%s%s\n\n%s\n\n", scope == 0 ? "Top of the file" : "`",
		    info->path, scope == 0 ? "" : "`", info->sentence);
		sl_buf_add_str(out, "| setting | value | default | |\n|---|---|---|---|\n");
		for (size_t i = 0; i < settings_table_len; i++) {
			const struct setting *row = &settings_table[i];
			bool value = row->preset != NULL || row->type == SETTING_POLICY;

			if (row->scope != (enum setting_scope)scope)
				continue;
			sl_buf_addf(out, "| `%s` | ", row->key);
			add_kind(out, row);
			sl_buf_addf(out, " | %s%s%s | %s |\n", value ? "`" : "", default_words(row),
			    value ? "`" : "", row->sentence);
		}
	}
}

void
sl_settings_doc_text(struct sl_buf *out)
{
	for (size_t i = 0; i < settings_table_len; i++) {
		const struct setting *row = &settings_table[i];
		const char *path = setting_scopes[row->scope].path;

		sl_buf_addf(out, "%s%s%s\n    ", path, path[0] == '\0' ? "" : ".", row->key);
		add_kind(out, row);
		sl_buf_addf(out, "; default: %s\n    %s\n", default_words(row), row->sentence);
	}
}

/* Text for mdoc: no line may begin with a dot or an apostrophe, and a backslash is escaped. */
static void
add_roff(struct sl_buf *out, const char *s)
{
	bool start = true;

	for (; *s != '\0'; s++) {
		if (start && (*s == '.' || *s == '\''))
			sl_buf_add_str(out, "\\&");
		start = *s == '\n';
		if (*s == '\\')
			sl_buf_add_str(out, "\\e");
		else if (*s == '-')
			sl_buf_add_str(out, "\\-");
		else if (*s != '`')
			sl_buf_add_byte(out, (unsigned char)*s);
	}
}

static void
add_man_row(struct sl_buf *out, const struct setting *row)
{
	struct sl_buf kind;

	sl_buf_init(&kind, 1024);
	add_kind(&kind, row);
	sl_buf_add_str(out, ".It Cm ");
	add_roff(out, row->key);
	sl_buf_add_byte(out, '\n');
	add_roff(out, row->sentence);
	sl_buf_add_str(out, "\n.br\n(");
	add_roff(out, sl_buf_cstr(&kind));
	sl_buf_add_str(out, "; default: ");
	add_roff(out, default_words(row));
	sl_buf_add_str(out, ")\n");
	sl_buf_fini(&kind);
}

void
sl_settings_doc_man(struct sl_buf *out)
{
	sl_buf_add_str(out,
	    ".\\\" Written by `sluicectl settings --man`; a test compares.\n"
	    ".Dd November 23, 2026\n.Dt SLUICE.YAML 5\n.Os\n.Sh NAME\n.Nm sluice.yaml\n"
	    ".Nd settings of Sluice\n.Sh DESCRIPTION\n"
	    "One YAML file, read by\n.Xr sluiced 8 .\nThe smallest that works:\n"
	    ".Bd -literal -offset indent\n"
	    "listen: [\"127.0.0.1:2525\"]\n"
	    "tenants:\n"
	    "  \\- domains: [example.com]\n"
	    "    next_hops: [\"127.0.0.1:2526\"]\n"
	    ".Ed\n.Pp\n"
	    "Durations have a unit (500ms, 30s, 5m, 2h, 1d), sizes may (65536, 256KiB, 25MiB, 1GiB).\n"
	    "Relative paths start where the file lies.\n"
	    "Unknown and doubled settings, anchors, aliases and tags are refused.\n");
	for (size_t scope = 0; scope < SCOPE_COUNT; scope++) {
		const struct setting_scope_info *info = &setting_scopes[scope];

		sl_buf_addf(out, ".Ss %s\n", scope == 0 ? "Top of the file" : info->path);
		add_roff(out, info->sentence);
		sl_buf_add_str(out, "\n.Bl -tag -width Ds\n");
		for (size_t i = 0; i < settings_table_len; i++)
			if (settings_table[i].scope == (enum setting_scope)scope)
				add_man_row(out, &settings_table[i]);
		sl_buf_add_str(out, ".El\n");
	}
	sl_buf_add_str(out, ".Sh FILES\n.Bl -tag -width Ds\n.It Pa /etc/sluice/sluice.yaml\n"
	    "where the packaged service looks for it\n.El\n"
	    ".Sh SEE ALSO\n.Xr sluicectl 8 ,\n.Xr sluiced 8\n");
}

/* Prose as comment lines: a `#` and one blank; a setting that is commented out has none or more. */
static void
add_comment(struct sl_buf *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (column > 0 && column + word > 90) {
			sl_buf_add_byte(out, '\n');
			column = 0;
		}
		sl_buf_addf(out, "%s%.*s", column == 0 ? "# " : " ", (int)word, text);
		column += word + 1;
		text += word;
		text += strspn(text, " ");
	}
	sl_buf_add_byte(out, '\n');
}

static void	add_example_scope(struct sl_buf *out, enum setting_scope scope, const char *indent,
		    bool defaults);

static bool
is_of_policies(enum setting_scope scope)
{
	return scope == SCOPE_TENANT_QUARANTINE || scope == SCOPE_TENANT_DIGEST || scope == SCOPE_TENANT_REPORTS;
}

/* What a policy may say too is said by nobody, unless it is: its value in the example would not be the same as none. */
static void
add_example_of_policies(struct sl_buf *out, const struct setting *map)
{
	const char *comma = "";
	struct sl_buf text;

	sl_buf_init(&text, 8192);
	sl_buf_addf(&text, "Here too, where policies say nothing else: %s: {", map->key);
	for (size_t i = 0; i < settings_table_len; i++)
		if (settings_table[i].scope == map->map) {
			sl_buf_addf(&text, "%s%s: %s", comma, settings_table[i].key, default_words(&settings_table[i]));
			comma = ", ";
		}
	sl_buf_add_str(&text, "}");
	add_comment(out, sl_buf_cstr(&text));
	sl_buf_fini(&text);
}

static void
add_example_row(struct sl_buf *out, const struct setting *row, const char *indent)
{
	char deeper[16];

	snprintf(deeper, sizeof(deeper), "%s  ", indent);
	if (indent[0] == '\0')
		add_comment(out, row->sentence);
	if (row->type == SETTING_MAP && is_of_policies(row->map)) {
		add_example_of_policies(out, row);
	} else if (row->type == SETTING_MAP || row->type == SETTING_ENGINE || row->type == SETTING_DEFAULTS) {
		sl_buf_addf(out, "#%s%s:\n", indent, row->key);
		add_example_scope(out, row->map, deeper, row->type == SETTING_DEFAULTS);
	} else if (row->type == SETTING_DNS_LISTS) {
		sl_buf_addf(out, "# as in {zone: zen.spamhaus.org, of: address, category: spam, weight: 2.5, "
		    "answers: {127.0.0.2: 3}, test: auto}\n# or of links {zone: multi.surbl.org, of: link-domain, bits: yes, "
		    "category: phish, weight: 0, answers: {127.0.0.8: 3}}\n#%s: %s\n", row->key, row->preset);
	} else if (row->type == SETTING_SOCKET) {
		if (row->scope == SCOPE_CLAMD)
			sl_buf_addf(out, "#%s%s: /run/clamav/clamd.ctl\n", indent, row->key);
		else
			sl_buf_addf(out, "#%saddress: localhost:%llu\n", indent, (unsigned long long)row[1].min);
	} else if (row->preset != NULL) {
		sl_buf_addf(out, "#%s%s: %s\n", indent, row->key, row->preset);
	}
}

static void
add_example_scope(struct sl_buf *out, enum setting_scope scope, const char *indent, bool defaults)
{
	for (size_t i = 0; i < settings_table_len; i++) {
		const struct setting *row = &settings_table[i];

		if (row->scope != scope || (defaults && !setting_has_default(row)))
			continue;
		if (row->type == SETTING_LISTENERS)
			sl_buf_add_str(out, "# Where senders connect. A map says more: {address: "
			    "\"0.0.0.0:465\", tls: implicit, proxy_from: []}\n"
			    "listen: [\"0.0.0.0:25\"]\n");
		else if (row->type == SETTING_TENANTS)
			sl_buf_add_str(out, "# Whose mail is taken, and where it goes. Settings under "
			    "`defaults` may be here too.\n"
			    "tenants:\n"
			    "  - domains: [example.com, \"*.example.com\"]\n"
			    "    next_hops: [\"192.0.2.1:25\"]\n");
		else
			add_example_row(out, row, indent);
		if (indent[0] == '\0')
			sl_buf_add_byte(out, '\n');
	}
}

void
sl_settings_doc_example(struct sl_buf *out)
{
	sl_buf_add_str(out, "# Settings of Sluice: see sluice.yaml(5). What is commented out has this "
	    "value anyway.\n\n");
	add_example_scope(out, SCOPE_TOP, "", false);
}
