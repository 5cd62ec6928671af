/* settings_read.c - a settings file becomes a snapshot: see settings.h
 *
 * The tree is walked by the table: each row has a reader for its type. Presets are read by the
 * same readers, from what stands in the table. All problems are gathered before giving up. */

#include "conf_i.h"
#include "settings_table.h"
#include "policy/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX_BYTES	(1u << 20)

struct reader {
	struct conf_errors	 errors;
	struct sl_arena		 tree;		/* nodes, and what is only needed while reading */
	struct sl_settings	*settings;
	const char		*directory;	/* of the file, "" or with a slash behind it */
	struct sl_tenant	 tenant_defaults;
	const struct conf_node	*root;
	const struct conf_node	**tenant_nodes;
	bool			 presetting;	/* values come from the table: files may not be there */
};

typedef void read_value(struct reader *r, const struct setting *row, const struct conf_node *node,
    void *at);
static read_value *const readers[SETTING_TYPE_COUNT];
static void	read_map(struct reader *r, enum setting_scope scope, const struct conf_node *node,
		    void *base);

static const struct conf_node *
map_get(const struct conf_node *map, const char *key)
{
	if (map == NULL || map->kind != CONF_MAP)
		return NULL;
	for (const struct conf_node *n = map->first; n != NULL; n = n->next)
		if (sl_slice_eq(n->key, sl_slice_str(key)))
			return n;
	return NULL;
}

/* What a row's value looks like, for messages: "a duration from 10ms to 1h, such as 5m". */
static void
describe(const struct setting *row, struct sl_buf *out)
{
	static const char *const nouns[SETTING_TYPE_COUNT] = {
		[SETTING_COUNT] = "a number from ", [SETTING_DURATION] = "a duration from ",
		[SETTING_SIZE] = "a size from ", [SETTING_RATE] = "a rate from ",
		[SETTING_PROBABILITY] = "a probability from 0.01 to 1",
		[SETTING_WEIGHT] = "log-odds from -10 to 10",
	};
	void (*print)(uint64_t, struct sl_buf *) = row->type == SETTING_DURATION
	    ? value_print_duration : value_print_size;

	if (nouns[row->type] != NULL)
		sl_buf_add_str(out, nouns[row->type]);
	if (row->type == SETTING_COUNT) {
		sl_buf_addf(out, "%llu to %llu", (unsigned long long)row->min,
		    (unsigned long long)row->max);
	} else if (row->type == SETTING_DURATION || row->type == SETTING_SIZE ||
	    row->type == SETTING_RATE) {
		print(row->min, out);
		sl_buf_add_str(out, " to ");
		print(row->max, out);
		sl_buf_addf(out, ", such as %s,", row->preset);
	}
	for (const struct setting_word *w = row->words; w != NULL && w->word != NULL; w++)
		sl_buf_addf(out, "%s%s", out->len == 0 ? "" : w[1].word == NULL ? " or " : ", ",
		    w->word);
}

/* Is it a value, neither nothing nor a structure? */
static bool
scalar(struct reader *r, const struct setting *row, const struct conf_node *node)
{
	if (node->kind == CONF_SCALAR && !node->null)
		return true;
	if (node->kind == CONF_SCALAR)
		conf_errors_add(&r->errors, node->at, "%s: write a value, or leave the setting out",
		    row->key);
	else
		conf_errors_add(&r->errors, node->at, "%s: write a single value instead of a %s",
		    row->key, node->kind == CONF_LIST ? "list" : "map");
	return false;
}

static void
wrong(struct reader *r, const struct setting *row, const struct conf_node *node, const char *what)
{
	conf_errors_add(&r->errors, node->at, "%s: %s (not '" SL_SLICE_FMT "')", row->key, what,
	    (int)SL_MIN(node->text.len, (size_t)80), node->text.ptr);
}

static void
read_number(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	static int (*const parsers[SETTING_TYPE_COUNT])(struct sl_slice, uint64_t *) = {
		[SETTING_COUNT] = value_count, [SETTING_DURATION] = value_duration,
		[SETTING_SIZE] = value_size, [SETTING_RATE] = value_rate,
	};
	uint64_t n = 0;

	if (!scalar(r, row, node))
		return;
	for (const struct setting_word *w = row->words; w != NULL && w->word != NULL; w++)
		if (sl_slice_eq(node->text, sl_slice_str(w->word))) {
			setting_set_number(row, at, w->value);
			return;
		}
	if (row->type == SETTING_WORD || parsers[row->type](node->text, &n) != 0 ||
	    n < row->min || n > row->max) {
		struct sl_buf text;

		sl_buf_init(&text, 1024);
		sl_buf_add_str(&text, "");
		describe(row, &text);
		conf_errors_add(&r->errors, node->at, "%s: write %s instead of '" SL_SLICE_FMT "'",
		    row->key, sl_buf_cstr(&text), (int)SL_MIN(node->text.len, (size_t)80),
		    node->text.ptr);
		sl_buf_fini(&text);
		return;
	}
	setting_set_number(row, at, n);
}

static void
read_count(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	cpu_set_t set;

	read_number(r, row, node, at);
	/* auto: the processors this process may use, not those the machine has */
	if (row->words != NULL && setting_number(row, at) == 0) {
		int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

		setting_set_number(row, at, (uint64_t)SL_MIN(SL_MAX(n, 1), (int)row->max));
	}
}

static void
read_probability(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	double p = 0;

	if (!scalar(r, row, node))
		return;
	if (sl_slice_eq(node->text, sl_slice_str(row->words[0].word)))
		p = (double)row->words[0].value;
	else if (value_fraction(node->text, &p) != 0 || p < 0.01 || p > 1)
		wrong(r, row, node, "write a probability from 0.01 to 1, or never");
	memcpy(at, &p, sizeof(p));
}

/* Log-odds: a decimal number, perhaps with a sign. */
static bool
weight_parse(struct sl_slice s, double *out)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	double w = 0;

	if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = sl_slice_from(s, 1);
	if (value_fraction(s, &w) != 0 || w > SETTING_WEIGHT_MAX)
		return false;
	*out = negative ? -w : w;
	return true;
}

static void
read_weight(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	double w = 0;

	if (!scalar(r, row, node))
		return;
	if (!weight_parse(node->text, &w))
		wrong(r, row, node, "write log-odds from -10 to 10, as in 2.5");
	memcpy(at, &w, sizeof(w));
}

/* Text that is shown to others must not be able to break out of its line. */
static void
read_text(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	char **out = at;

	if (!scalar(r, row, node))
		return;
	for (size_t i = 0; i < node->text.len; i++) {
		unsigned char c = node->text.ptr[i];

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && row->type == SETTING_TEXT)) {
			conf_errors_add(&r->errors, node->at, "%s: write one line of %s", row->key,
			    row->type == SETTING_TEXT ? "printable ASCII" : "printable text");
			return;
		}
	}
	if (node->text.len > row->max) {
		conf_errors_add(&r->errors, node->at, "%s: write at most %llu bytes (this is %zu)",
		    row->key, (unsigned long long)row->max, node->text.len);
		return;
	}
	*out = conf_strdup(&r->settings->arena, node->text);
}

static void
read_policy(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	const struct sl_policy_setting *of = setting_policy(row);
	const struct conf_node *where;
	const char *what;
	char **out = at;
	struct sl_buf text, known;

	sl_buf_init(&text, 16384);
	sl_buf_init(&known, 1024);
	what = says_read(of, node, &text, &where);
	says_describe(of, &known);
	if (what != NULL)
		conf_errors_add(&r->errors, where->at, "%s: %s (%s)", of->path, what, sl_buf_cstr(&known));
	else
		*out = conf_strdup(&r->settings->arena, sl_buf_slice(&text));
	sl_buf_fini(&text);
	sl_buf_fini(&known);
}

static void
read_hostname(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	char name[VALUE_DOMAIN_MAX + 3], host[256] = "";
	struct sl_slice text = node->text;
	char **out = at;

	if (!scalar(r, row, node))
		return;
	if (sl_slice_eq(text, SL_SLICE_LIT("auto"))) {
		if (gethostname(host, sizeof(host) - 1) != 0 ||
		    value_domain(sl_slice_str(host), false, name) != NULL)
			strcpy(host, "localhost");
		text = sl_slice_str(host);
	}
	if (value_domain(text, false, name) != NULL)
		wrong(r, row, node, "write a host name, as in mx.example.com, or auto");
	else
		*out = conf_strdup(&r->settings->arena, sl_slice_str(name));
}

static void
read_zone(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	char name[VALUE_DOMAIN_MAX + 3], **out = at;

	if (!scalar(r, row, node))
		return;
	if (value_domain(node->text, false, name) != NULL || strlen(name) > SETTING_ZONE_MAX)
		wrong(r, row, node, "write a domain, as in zen.spamhaus.org, of at most 180 letters");
	else
		*out = conf_strdup(&r->settings->arena, sl_slice_str(name));
}

/* A relative path starts where the settings file lies. Absolute, as programs may move to /. */
static char *
absolute(struct reader *r, struct sl_slice path)
{
	char here[4096] = "";
	const char *directory = r->directory;

	if (path.len > 0 && path.ptr[0] == '/')
		return conf_strdup(&r->settings->arena, path);
	if (directory[0] != '/' && getcwd(here, sizeof(here) - 1) != NULL)
		strcat(here, "/");
	return sl_arena_printf(&r->settings->arena, "%s%s" SL_SLICE_FMT, here, directory,
	    SL_SLICE_ARG(path));
}

static bool
path_ok(struct reader *r, const struct setting *row, const struct conf_node *node)
{
	if (!scalar(r, row, node))
		return false;
	/* NUL cannot be told apart from an end, and no file is named with control bytes. */
	for (size_t i = 0; i < node->text.len; i++)
		if (node->text.ptr[i] < 0x20) {
			conf_errors_add(&r->errors, node->at, "%s: write a path without control "
			    "characters", row->key);
			return false;
		}
	if (node->text.len < 4000)
		return true;
	conf_errors_add(&r->errors, node->at, "%s: write a shorter path", row->key);
	return false;
}

static void
read_path(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	char **out = at;

	if (!path_ok(r, row, node))
		return;
	if (node->text.len == 0 || sl_slice_eq(node->text, SL_SLICE_LIT("-")))
		*out = conf_strdup(&r->settings->arena, node->text);
	else
		*out = absolute(r, node->text);
}

void
sl_control_default(char out[SL_CONTROL_PATH_MAX + 1])
{
	static const char name[] = "/sluice/control";
	const char *runtime = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");

	out[0] = '\0';
	if (runtime != NULL && runtime[0] == '/' &&
	    strlen(runtime) + strlen(name) <= SL_CONTROL_PATH_MAX)
		snprintf(out, SL_CONTROL_PATH_MAX + 1, "%s%s", runtime, name);
}

static void
read_control(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_arena *arena = &r->settings->arena;
	char automatic[SL_CONTROL_PATH_MAX + 1], **out = at;

	if (!path_ok(r, row, node))
		return;
	if (sl_slice_eq(node->text, SL_SLICE_LIT("auto"))) {
		sl_control_default(automatic);
		*out = conf_strdup(arena, sl_slice_str(automatic));
		return;
	}
	*out = node->text.len == 0 ? conf_strdup(arena, node->text) : absolute(r, node->text);
	if (strlen(*out) > SL_CONTROL_PATH_MAX)
		wrong(r, row, node, "write a shorter path: a Unix socket's has at most 107 bytes");
}

/* The data directory, with such a file in it, of the tree that this program was built in and not installed
 * from: two levels above it what was built, four what was written. NULL if there is none. */
static char *
tree_data(struct sl_arena *arena, const char *name)
{
	char path[4000];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *found;

	for (int level = 0; level < 5 && n > 0; level++) {
		while (n > 0 && path[--n] != '/')
			;
		path[n] = '\0';
		found = sl_arena_printf(arena, "%s/data", path);
		if (found != NULL && access(sl_arena_printf(arena, "%s/%s", found, name), F_OK) == 0)
			return found;
	}
	return NULL;
}

/* Where what comes with Sluice lies; SLUICE_DATA names another directory, or the model's file. */
static const char *
data_directory(struct sl_arena *arena)
{
	const char *data = getenv("SLUICE_DATA"), *source;

	if (data != NULL && data[0] != '\0')
		return data;
	source = access(SL_DATADIR "/default.model", F_OK) == 0 ? NULL
	    : tree_data(arena, "default.model");
	return source != NULL ? source : SL_DATADIR;
}

static char *
default_model(struct sl_arena *arena)
{
	const char *data = data_directory(arena);
	struct stat st;

	if (stat(data, &st) == 0 && S_ISREG(st.st_mode))
		return conf_strdup(arena, sl_slice_str(data));
	return sl_arena_printf(arena, "%s/default.model", data);
}

/* What is made when Sluice is built may lie elsewhere than what was written. */
static char *
data_file(struct sl_arena *arena, const char *name)
{
	const char *tree;
	char *path;

	if (strcmp(name, "default.model") == 0)
		return default_model(arena);
	path = sl_arena_printf(arena, "%s/%s", data_directory(arena), name);
	tree = access(path, F_OK) == 0 ? NULL : tree_data(arena, name);
	return tree == NULL ? path : sl_arena_printf(arena, "%s/%s", tree, name);
}

char *
sl_settings_data_file(const char *name)
{
	struct sl_arena arena;
	char *path;

	sl_arena_init(&arena, 65536);
	path = sl_xasprintf("%s", data_file(&arena, name));
	sl_arena_fini(&arena);
	return path;
}

/* A file that is named must be there. Whether it can be read is seen by who opens it: that may be
 * another user. */
static void
must_exist(struct reader *r, const struct setting *row, const struct conf_node *node, const char *path)
{
	struct stat st;

	if (path[0] == '\0' || r->presetting || (stat(path, &st) != 0 && errno != ENOENT &&
	    errno != ENOTDIR))
		return;
	if (stat(path, &st) != 0)
		conf_errors_add(&r->errors, node->at, "%s: there is no file '%s'", row->key, path);
	else if (!S_ISREG(st.st_mode))
		conf_errors_add(&r->errors, node->at, "%s: '%s' is not a file", row->key, path);
}

static void
read_model(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	char **out = at;

	if (!path_ok(r, row, node))
		return;
	if (node->text.len == 0)
		*out = conf_strdup(&r->settings->arena, node->text);
	else if (sl_slice_eq(node->text, SL_SLICE_LIT("default")))
		*out = row->type == SETTING_RULES ? data_file(&r->settings->arena, "default.rules")
		    : default_model(&r->settings->arena);
	else
		*out = absolute(r, node->text);
	must_exist(r, row, node, *out);
}

static void
read_ca(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	char **out = at;

	read_path(r, row, node, at);
	if (*out != NULL)
		must_exist(r, row, node, *out);
}

/* Read a whole file of at most PEM_MAX_BYTES; *text_out is the caller's to wipe and free. Returns
 * NULL, or why not: static, or strerror's. Never blocks: not on a FIFO either. */
static const char *
file_read(const char *path, struct sl_slice *text_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why = NULL;
	struct stat st;
	unsigned char *data;
	size_t len = 0;

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)PEM_MAX_BYTES) {
		close(fd);
		return "it is not a file of at most 1 MiB";
	}
	data = sl_xzalloc(PEM_MAX_BYTES);
	while (len < PEM_MAX_BYTES) {
		ssize_t n = read(fd, data + len, PEM_MAX_BYTES - len);

		if (n < 0)
			why = strerror(errno);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	*text_out = sl_slice(data, len);
	if (why != NULL)
		sl_free(data);
	return why;
}

static void
read_pem(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	const char *(*check)(struct sl_slice) = row->type == SETTING_KEY ? pem_key : pem_certificate;
	struct sl_slice pem;
	const char *why, *path;
	char **out = at;

	if (!path_ok(r, row, node))
		return;
	*out = conf_strdup(&r->settings->arena, SL_SLICE_LIT(""));
	if (node->text.len == 0)
		return;
	path = absolute(r, node->text);
	why = file_read(path, &pem);
	if (why != NULL) {
		conf_errors_add(&r->errors, node->at, "%s: '%s' cannot be read: %s", row->key, path,
		    why);
		return;
	}
	why = memchr(pem.ptr, '\0', pem.len) != NULL ? "is not text" : check(pem);
	if (why != NULL)
		conf_errors_add(&r->errors, node->at, "%s: '%s' %s", row->key, path, why);
	else
		*out = conf_strdup(&r->settings->arena, pem);
	sl_zero((void *)(uintptr_t)pem.ptr, pem.len);
	sl_free((void *)(uintptr_t)pem.ptr);
}

static void
read_rules_key(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_slice text, key;
	const char *why, *path;
	char **out = at;

	if (!path_ok(r, row, node))
		return;
	*out = conf_strdup(&r->settings->arena, value_is_rules_key(node->text) ? node->text : SL_SLICE_LIT(""));
	if (node->text.len == 0 || **out != '\0')
		return;
	path = absolute(r, node->text);
	why = file_read(path, &text);
	if (why != NULL) {
		conf_errors_add(&r->errors, node->at, "%s: '%s' cannot be read: %s", row->key, path, why);
		return;
	}
	key = sl_slice_trim(text);
	if (value_is_rules_key(key))
		*out = conf_strdup(&r->settings->arena, key);
	else
		conf_errors_add(&r->errors, node->at, "%s: '%s' is no public key of %d hexadecimal digits, as `sluicectl "
		    "rules key` writes it", row->key, path, SL_RULES_KEY_DIGITS);
	sl_free((void *)(uintptr_t)text.ptr);
}

static void
read_endpoint(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	enum value_address from = row->type == SETTING_LISTEN_AT || row->type == SETTING_LISTENERS
	    ? VALUE_LISTEN : row->type == SETTING_SOCKET ? VALUE_UNIX : VALUE_CONNECT;
	unsigned port = row->type == SETTING_NEXT_HOPS ? 25
	    : row->type == SETTING_CONNECT_TO ? (unsigned)row->min
	    : row->type == SETTING_SERVERS ? 53 : 0;
	const char *why;

	if (!scalar(r, row, node))
		return;
	why = value_endpoint(node->text, from, port, &r->settings->arena, at);
	if (why != NULL)
		wrong(r, row, node, why);
}

/* Is it a list of a length the row allows? Empty ones are refused where there must be something. */
static bool
list(struct reader *r, const struct setting *row, const struct conf_node *node)
{
	if (node->kind != CONF_LIST) {
		conf_errors_add(&r->errors, node->at, "%s: write a list, as in [a, b], instead of a "
		    "%s", row->key, node->kind == CONF_MAP ? "map" : "single value");
		return false;
	}
	if (node->len < row->min)
		conf_errors_add(&r->errors, node->at, "%s: write at least one entry", row->key);
	else if (node->len > row->max)
		conf_errors_add(&r->errors, node->at, "%s: write at most %llu entries (these are "
		    "%zu)", row->key, (unsigned long long)row->max, node->len);
	return node->len >= row->min && node->len <= row->max;
}

/* Pointer and count of a list stand side by side in settings.h. */
struct list_field {
	void	*items;
	size_t	 len;
};
_Static_assert(offsetof(struct sl_tenant, domains_len) - offsetof(struct sl_tenant, domains) ==
    offsetof(struct list_field, len), "a list's count follows its pointer");

static void
set_list(void *at, void *items, size_t len)
{
	memcpy(at, &(struct list_field){ items, len }, sizeof(struct list_field));
}

static void
read_networks(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_network *items;
	size_t i = 0;

	if (!list(r, row, node))
		return;
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		const char *why = scalar(r, row, n) ? value_network(n->text, &items[i]) : NULL;

		if (why != NULL)
			wrong(r, row, n, why);
	}
	set_list(at, items, node->len);
}

static void
read_domains(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	char **items, name[VALUE_DOMAIN_MAX + 3];
	size_t i = 0;

	if (!list(r, row, node))
		return;
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		const char *why;

		if (!scalar(r, row, n))
			continue;
		why = value_domain(n->text, true, name);
		if (why != NULL)
			wrong(r, row, n, why);
		else
			items[i] = conf_strdup(&r->settings->arena, sl_slice_str(name));
	}
	set_list(at, items, node->len);
}

static void
read_answers(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_dns_list_answer *items;
	size_t i = 0;

	if (node->kind != CONF_MAP) {
		conf_errors_add(&r->errors, node->at, "%s: write a map, as in {127.0.0.2: 3}", row->key);
		return;
	}
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		struct sl_network network;
		const char *why = value_network(n->key, &network);

		if (why != NULL || network.bits != 128 || network.address[12] != 127 ||
		    memcmp(network.address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) != 0)
			conf_errors_add(&r->errors, n->key_at, "%s: write an address of 127.0.0.0/8 in "
			    "place of '" SL_SLICE_FMT "'", row->key,
			    (int)SL_MIN(n->key.len, (size_t)80), n->key.ptr);
		else
			memcpy(items[i].address, network.address + 12, sizeof(items[i].address));
		read_weight(r, row, n, &items[i].weight);
	}
	set_list(at, items, node->len);
}

/* A person's addresses: a list, a single one, or nothing. */
static void
read_correspondents(struct reader *r, const struct setting *row, const struct conf_node *node, struct sl_person *person)
{
	const struct conf_node *n = node->kind == CONF_LIST ? node->first : node;
	char text[VALUE_CORRESPONDENT_MAX + 1];
	size_t len = node->kind == CONF_LIST ? node->len : node->null ? 0 : 1;

	if (node->kind == CONF_MAP || len > SETTING_ADDRESSES_MAX) {
		conf_errors_add(&r->errors, node->at, "%s: write a list of at most %d addresses, as in [ann@home.example]",
		    row->key, SETTING_ADDRESSES_MAX);
		return;
	}
	person->addresses = conf_alloc(&r->settings->arena, len, sizeof(char *));
	for (; person->addresses_len < len; n = n->next) {
		const char *why = NULL;

		text[0] = '\0';
		if (scalar(r, row, n) && (why = value_correspondent(n->text, text)) != NULL)
			wrong(r, row, n, why);
		person->addresses[person->addresses_len++] = conf_strdup(&r->settings->arena, sl_slice_str(text));
	}
}

static void
read_people(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_person *items;
	size_t i = 0;

	if (node->kind != CONF_MAP || node->len > row->max) {
		conf_errors_add(&r->errors, node->at, "%s: write a map of at most %llu people, as in {Ann Doe: [ann@home.example]}",
		    row->key, (unsigned long long)row->max);
		return;
	}
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		if (!value_is_person(n->key))
			conf_errors_add(&r->errors, n->key_at, "%s: write first and last name, at most %d bytes, in place of '"
			    SL_SLICE_FMT "'", row->key, SETTING_PERSON_MAX, (int)SL_MIN(n->key.len, (size_t)80), n->key.ptr);
		items[i].name = conf_strdup(&r->settings->arena, n->key);
		read_correspondents(r, row, n, &items[i]);
	}
	set_list(at, items, node->len);
}

static bool
same_endpoint(const struct sl_endpoint *a, const struct sl_endpoint *b)
{
	if (a->host == NULL || b->host == NULL || a->address_len != b->address_len)
		return false;
	if (a->address_len == 0)
		return strcmp(a->host, b->host) == 0 && endpoint_port(a) == endpoint_port(b);
	return memcmp(&a->address, &b->address, a->address_len) == 0;
}

static void
read_next_hops(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_endpoint *items;
	size_t i = 0;

	if (!list(r, row, node))
		return;
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		read_endpoint(r, row, n, &items[i]);
		for (size_t k = 0; k < i; k++)
			if (same_endpoint(&items[k], &items[i])) {
				wrong(r, row, n, "remove the entry that stands here twice");
				break;
			}
	}
	set_list(at, items, node->len);
}

static void
read_servers(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_dns_settings *dns = &r->settings->dns;
	size_t i = 0;

	SL_ASSERT(at == (void *)&dns->servers);
	if (node->kind == CONF_SCALAR && sl_slice_eq(node->text, SL_SLICE_LIT("auto"))) {
		set_list(at, NULL, 0);
		return;
	}
	if (node->kind != CONF_LIST || node->len == 0) {
		conf_errors_add(&r->errors, node->at, "servers: write auto, or a list as in [127.0.0.1]");
		return;
	}
	read_next_hops(r, row, node, at);
	for (const struct conf_node *n = node->first; n != NULL && i < dns->servers_len; n = n->next, i++)
		if (dns->servers[i].host != NULL && dns->servers[i].address_len == 0)
			wrong(r, row, n, "write an IP address, as in 192.0.2.53 or [2001:db8::53]:53");
}

/* Set every preset of a scope, from the table's own words. */
static void
preset(struct reader *r, enum setting_scope scope, void *base)
{
	for (size_t i = 0; i < settings_table_len; i++) {
		const struct setting *row = &settings_table[i];
		const struct conf_node *node;
		char *at = (char *)base + row->offset;

		if (row->scope != scope)
			continue;
		if (row->type == SETTING_MAP || row->type == SETTING_ENGINE)
			preset(r, row->map, at);
		if (row->preset == NULL)
			continue;
		node = conf_yaml_parse(sl_slice_str(row->preset), &r->tree, &r->errors);
		SL_ASSERT(node != NULL);
		readers[row->type](r, row, node, at);
	}
}

static void
read_listeners(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_listener *items;
	size_t i = 0;

	if (!list(r, row, node))
		return;
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		bool outer = r->presetting;

		r->presetting = true;
		preset(r, SCOPE_LISTEN, &items[i]);
		r->presetting = outer;
		if (n->kind == CONF_MAP)
			read_map(r, SCOPE_LISTEN, n, &items[i]);
		else
			read_endpoint(r, row, n, &items[i].at);
		for (size_t k = 0; k < i; k++)
			if (same_endpoint(&items[k].at, &items[i].at)) {
				conf_errors_add(&r->errors, n->at, "listen: remove this entry: '%s' "
				    "is there already", items[i].at.text);
				break;
			}
	}
	set_list(at, items, node->len);
}

static void
read_dns_lists(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_dns_list *items;
	size_t i = 0;

	if (!list(r, row, node))
		return;
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		bool outer = r->presetting;

		r->presetting = true;
		preset(r, SCOPE_DNS_LIST, &items[i]);
		r->presetting = outer;
		read_map(r, SCOPE_DNS_LIST, n, &items[i]);
		for (size_t k = 0; k < i && items[i].zone != NULL; k++)
			if (items[k].zone != NULL && strcmp(items[k].zone, items[i].zone) == 0 &&
			    items[k].of == items[i].of && items[k].category == items[i].category) {
				conf_errors_add(&r->errors, n->at, "dns_lists: remove this entry: '%s' "
				    "is there already", items[i].zone);
				break;
			}
	}
	set_list(at, items, node->len);
}

static void
read_defaults(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	for (const struct conf_node *n = node->first; node->kind == CONF_MAP && n != NULL; n = n->next) {
		const struct setting *own = setting_find(SCOPE_TENANT, n->key);

		if (own != NULL && !setting_has_default(own))
			conf_errors_add(&r->errors, n->key_at, "defaults: move '%s' to each tenant: "
			    "it cannot be shared", own->key);
	}
	read_map(r, SCOPE_TENANT, node, &r->tenant_defaults);
}

static void
read_tenants(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_tenant *items;
	size_t i = 0;

	if (!list(r, row, node))
		return;
	items = conf_alloc(&r->settings->arena, node->len, sizeof(*items));
	r->tenant_nodes = conf_alloc(&r->tree, node->len, sizeof(struct conf_node *));
	for (const struct conf_node *n = node->first; n != NULL; n = n->next, i++) {
		items[i] = r->tenant_defaults;
		items[i].line = n->at.line;
		r->tenant_nodes[i] = n;
		read_map(r, SCOPE_TENANT, n, &items[i]);
		if (items[i].name[0] == '\0' && items[i].domains_len > 0)
			items[i].name = items[i].domains[0];
	}
	set_list(at, items, node->len);
}

static void
read_submap(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	read_map(r, row->map, node, at);
}

/* A weaker action must begin earlier than a stronger one, or it never happens; a copy is made beside all. */
static void
category_order(struct reader *r, const struct conf_node *node, const struct sl_policy_category *c)
{
	for (int weak = SL_ACTION_TAG; weak < SL_ACTION_COUNT; weak++)
		for (int strong = weak + 1; strong < SL_ACTION_COUNT; strong++)
			if (weak != SL_ACTION_COPY && strong != SL_ACTION_COPY && c->at[weak] <= 1 && c->at[weak] >= c->at[strong])
				conf_errors_add(&r->errors, node->at, "%s: set it below %s, or it "
				    "never happens", sl_action_word((enum sl_action)weak),
				    sl_action_word((enum sl_action)strong));
}

static void
read_category(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_policy_category *category = at;

	sl_policy_category_clear(category);
	if (node->kind == CONF_SCALAR && sl_slice_eq(node->text, SL_SLICE_LIT("never")))
		return;
	read_map(r, row->map, node, at);
	category_order(r, node, category);
}

static void
read_engine(struct reader *r, const struct setting *row, const struct conf_node *node, void *at)
{
	struct sl_engine_settings *engine = at;
	const struct conf_node *a = map_get(node, "socket"), *b = map_get(node, "address");

	engine->on = true;
	read_map(r, row->map, node, at);
	if (node->kind != CONF_MAP)
		return;
	if (a == NULL && b == NULL)
		conf_errors_add(&r->errors, node->at, "%s: add 'socket: %s', or 'address: HOST:PORT'", row->key,
		    strcmp(row->key, "clamd") == 0 ? "/run/clamav/clamd.ctl" : "/run/PATH");
	else if (a != NULL && b != NULL)
		conf_errors_add(&r->errors, b->key_at, "%s: remove 'address' or 'socket': there is "
		    "one %s", row->key, row->key);
}

static read_value *const readers[SETTING_TYPE_COUNT] = {
	[SETTING_COUNT] = read_count,
	[SETTING_DURATION] = read_number,
	[SETTING_SIZE] = read_number,
	[SETTING_RATE] = read_number,
	[SETTING_WORD] = read_number,
	[SETTING_PROBABILITY] = read_probability,
	[SETTING_WEIGHT] = read_weight,
	[SETTING_TEXT] = read_text,
	[SETTING_NAME] = read_text,
	[SETTING_HOSTNAME] = read_hostname,
	[SETTING_ZONE] = read_zone,
	[SETTING_PATH] = read_path,
	[SETTING_CONTROL] = read_control,
	[SETTING_MODEL] = read_model,
	[SETTING_RULES] = read_model,
	[SETTING_RULES_KEY] = read_rules_key,
	[SETTING_CA] = read_ca,
	[SETTING_CERTIFICATE] = read_pem,
	[SETTING_KEY] = read_pem,
	[SETTING_POLICY] = read_policy,
	[SETTING_LISTEN_AT] = read_endpoint,
	[SETTING_CONNECT_TO] = read_endpoint,
	[SETTING_SOCKET] = read_endpoint,
	[SETTING_NETWORKS] = read_networks,
	[SETTING_DOMAINS] = read_domains,
	[SETTING_ANSWERS] = read_answers,
	[SETTING_PEOPLE] = read_people,
	[SETTING_NEXT_HOPS] = read_next_hops,
	[SETTING_SERVERS] = read_servers,
	[SETTING_LISTENERS] = read_listeners,
	[SETTING_DNS_LISTS] = read_dns_lists,
	[SETTING_TENANTS] = read_tenants,
	[SETTING_MAP] = read_submap,
	[SETTING_CATEGORY] = read_category,
	[SETTING_ENGINE] = read_engine,
	[SETTING_DEFAULTS] = read_defaults,
};

#define KEY_MAX	40

/* How many keystrokes lie between two words: insert, delete, replace, swap neighbours. */
static size_t
distance(struct sl_slice a, struct sl_slice b)
{
	size_t rows[3][KEY_MAX + 1];	/* two back, one back, this one */

	if (a.len > KEY_MAX || b.len > KEY_MAX)
		return KEY_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[1][j] = j;
	memset(rows[0], 0, sizeof(rows[0]));
	for (size_t i = 1; i <= a.len; i++) {
		rows[2][0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t same = a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1;
			size_t best = SL_MIN(rows[1][j] + 1, rows[2][j - 1] + 1);

			best = SL_MIN(best, rows[1][j - 1] + same);
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
				best = SL_MIN(best, rows[0][j - 2] + 1);
			rows[2][j] = best;
		}
		memcpy(rows[0], rows[1], sizeof(rows[0]));
		memcpy(rows[1], rows[2], sizeof(rows[1]));
	}
	return rows[1][b.len];
}

/* Lower case, with _ for - and blanks: what people write for a key they remember by ear. */
static struct sl_slice
as_key(struct sl_slice key, char out[KEY_MAX])
{
	size_t len = SL_MIN(key.len, (size_t)KEY_MAX);

	for (size_t i = 0; i < len; i++)
		out[i] = key.ptr[i] == '-' || key.ptr[i] == ' ' ? '_' : (char)sl_ascii_lower(key.ptr[i]);
	return sl_slice(out, len);
}

static const struct setting *
nearest(enum setting_scope scope, struct sl_slice key)
{
	char text[KEY_MAX];
	struct sl_slice folded = as_key(key, text);
	const struct setting *best = NULL;
	size_t least = SL_MIN((folded.len + 2) / 3, (size_t)3) + 1;

	for (size_t i = 0; i < settings_table_len; i++) {
		const struct setting *row = &settings_table[i];
		size_t d = row->scope == scope ? distance(folded, sl_slice_str(row->key)) : KEY_MAX;

		if (d < least) {
			least = d;
			best = row;
		}
	}
	return best;
}

static void
unknown_key(struct reader *r, enum setting_scope scope, const struct conf_node *node)
{
	const struct setting *near = nearest(scope, node->key);
	const struct setting *elsewhere = NULL;
	int key_len = (int)SL_MIN(node->key.len, (size_t)80);
	struct sl_buf known;

	for (size_t i = 0; i < SCOPE_COUNT && elsewhere == NULL; i++)
		elsewhere = setting_find((enum setting_scope)i, node->key);
	if (elsewhere != NULL) {
		const char *place = setting_scopes[elsewhere->scope].path;

		conf_errors_add(&r->errors, node->key_at, "move '%s' to %s: it means nothing here",
		    elsewhere->key, place[0] == '\0' ? "the top of the file" : place);
		return;
	}
	if (near != NULL) {
		conf_errors_add(&r->errors, node->key_at, "unknown setting '" SL_SLICE_FMT "': did you "
		    "mean '%s'?", key_len, node->key.ptr, near->key);
		return;
	}
	sl_buf_init(&known, 1024);
	for (size_t i = 0; i < settings_table_len; i++)
		if (settings_table[i].scope == scope)
			sl_buf_addf(&known, "%s%s", known.len == 0 ? "" : ", ", settings_table[i].key);
	conf_errors_add(&r->errors, node->key_at, "unknown setting '" SL_SLICE_FMT "': known here are "
	    "%s", key_len, node->key.ptr, sl_buf_cstr(&known));
	sl_buf_fini(&known);
}

/* What has no default must be there. */
static void
missing(struct reader *r, const struct setting *row, const struct conf_node *map)
{
	static const char *const examples[SETTING_TYPE_COUNT] = {
		[SETTING_LISTENERS] = "listen: [\"0.0.0.0:25\"]",
		[SETTING_DOMAINS] = "domains: [example.com]",
		[SETTING_NEXT_HOPS] = "next_hops: [\"192.0.2.1:25\"]",
		[SETTING_LISTEN_AT] = "address: \"0.0.0.0:25\"",
		[SETTING_ZONE] = "zone: zen.spamhaus.org",
	};

	if (row->preset == NULL && examples[row->type] != NULL)
		conf_errors_add(&r->errors, map->at, "add '%s', as in %s", row->key,
		    examples[row->type]);
}

/* Read what a map gives, in the order of the table: tenants build on defaults. */
static void
read_map(struct reader *r, enum setting_scope scope, const struct conf_node *node, void *base)
{
	if (node->kind != CONF_MAP) {
		conf_errors_add(&r->errors, node->at, "write a map (name: value) here, not a %s",
		    node->kind == CONF_LIST ? "list" : "single value");
		return;
	}
	for (const struct conf_node *n = node->first; n != NULL; n = n->next)
		if (setting_find(scope, n->key) == NULL)
			unknown_key(r, scope, n);
	for (size_t i = 0; i < settings_table_len; i++) {
		const struct setting *row = &settings_table[i];
		const struct conf_node *n;

		if (row->scope != scope)
			continue;
		n = map_get(node, row->key);
		if (n != NULL)
			readers[row->type](r, row, n, (char *)base + row->offset);
		else if (base != (void *)&r->tenant_defaults)
			missing(r, row, node);
	}
}

/* A certificate without its key, or with another's; TLS promised without either. */
static void
check_tls(struct reader *r)
{
	const struct conf_node *tls = map_get(r->root, "tls"), *listen = map_get(r->root, "listen");
	const struct conf_node *certificate = map_get(tls, "certificate"), *key = map_get(tls, "key");
	const struct sl_settings *s = r->settings;
	struct sl_slice certificate_pem = sl_slice_str(s->tls_certificate_pem);
	struct sl_slice key_pem = sl_slice_str(s->tls_key_pem);
	const char *why = NULL;

	if (certificate != NULL && key == NULL)
		conf_errors_add(&r->errors, certificate->key_at, "add 'key': a certificate is of no "
		    "use without");
	if (key != NULL && certificate == NULL)
		conf_errors_add(&r->errors, key->key_at, "add 'certificate': a key is of no use "
		    "without");
	if (certificate_pem.len > 0 && key_pem.len > 0)
		why = pem_match(certificate_pem, key_pem);
	if (why != NULL)
		conf_errors_add(&r->errors, key->at, "key: '" SL_SLICE_FMT "' %s",
		    SL_SLICE_ARG(key->text), why);
	if (certificate != NULL || listen == NULL || listen->kind != CONF_LIST)
		return;
	for (const struct conf_node *n = listen->first; n != NULL; n = n->next) {
		const struct conf_node *mode = map_get(n, "tls");

		if (mode != NULL && (sl_slice_eq(mode->text, SL_SLICE_LIT("starttls")) ||
		    sl_slice_eq(mode->text, SL_SLICE_LIT("implicit"))))
			conf_errors_add(&r->errors, mode->at, "tls: add a certificate (tls: "
			    "{certificate: FILE, key: FILE}), or write off");
	}
}

/* A deadline is a part of the time for judging. */
static void
check_deadline(struct reader *r, const char *map, unsigned *deadline_ms)
{
	struct sl_settings *s = r->settings;
	const struct conf_node *given = map_get(map_get(r->root, map), "deadline");

	if (*deadline_ms <= s->timers.judge_ms)
		return;
	if (given != NULL)
		conf_errors_add(&r->errors, given->at, "deadline: write at most what timers.judge "
		    "is (%u ms)", s->timers.judge_ms);
	*deadline_ms = s->timers.judge_ms;
}

/* Unless it is said, we authenticate under the name that we greet with. */
static void
authentication_id(struct reader *r)
{
	const struct conf_node *id = map_get(map_get(r->root, "authentication"), "id");

	if (id == NULL || sl_slice_eq(id->text, SL_SLICE_LIT("auto")))
		r->settings->authentication.id = r->settings->hostname;
}

/* A try that takes longer than the whole is never followed by another. */
static void
check_dns(struct reader *r)
{
	struct sl_dns_settings *dns = &r->settings->dns;
	const struct conf_node *map = map_get(r->root, "dns"), *given = map_get(map, "timeout");

	if (dns->timeout_ms <= dns->deadline_ms)
		return;
	if (given != NULL)
		conf_errors_add(&r->errors, given->at, "timeout: write at most what dns.deadline is (%u ms)",
		    dns->deadline_ms);
	dns->timeout_ms = dns->deadline_ms;
}

/* Where domain `which` (tenant << 32 | domain) is written. */
static const struct conf_node *
domain_node(const struct reader *r, uint64_t which)
{
	const struct conf_node *n = map_get(r->tenant_nodes[which >> 32], "domains")->first;

	for (uint32_t i = (uint32_t)which; i > 0; i--)
		n = n->next;
	return n;
}

/* Build the index. Every doubled domain is named: the second is taken out and it is tried again. */
static void
check_domains(struct reader *r)
{
	struct sl_settings *s = r->settings;
	uint64_t first, second;

	while (settings_index(s, &first, &second) != 0) {
		const struct conf_node *a = domain_node(r, first), *b = domain_node(r, second);
		struct sl_tenant *tenant = &s->tenants[second >> 32];

		conf_errors_add(&r->errors, b->at, "domains: remove '" SL_SLICE_FMT "': it is already "
		    "on line %u", SL_SLICE_ARG(b->text), a->at.line);
		if (r->errors.len == CONF_ERRORS_MAX)
			return;
		/* A name no other can have, only to find the next one. */
		tenant->domains[(uint32_t)second] = sl_arena_printf(&s->arena, "%u.%u",
		    (unsigned)(second >> 32), (unsigned)second);
	}
}

/* What is to be kept needs a place. */
static void
check_quarantine(struct reader *r)
{
	const struct sl_settings *s = r->settings;
	const struct conf_node *defaults = map_get(map_get(r->root, "defaults"), "policy");
	bool said = false;

	if (*s->quarantine.directory != '\0')
		return;
	for (size_t i = 0; i < s->tenants_len; i++) {
		const struct conf_node *own = map_get(r->tenant_nodes[i], "policy"), *at = own != NULL ? own : defaults;

		if (!sl_tenant_may(&s->tenants[i], SL_ACTION_QUARANTINE) || at == NULL || (said && own == NULL))
			continue;
		said |= own == NULL;
		conf_errors_add(&r->errors, at->key_at, "add `quarantine: {directory: /var/lib/sluice/vault}` at the top "
		    "of the file: this policy keeps messages, and there is no place for them");
	}
}

static bool
says_something(const char *value)
{
	return value != NULL && *value != '\0' && strcmp(value, "[]") != 0 && strcmp(value, "\"\"") != 0;
}

/* Lists and reports by mail are the console's to make, and are sent from where the vault is. What leads to none is fine. */
static void
check_says(struct reader *r)
{
	static const struct { const char *map; enum sl_tenant_says what; } leads[] = { { "quarantine", SL_SAYS_USERS_SEE },
		{ "digest", SL_SAYS_DIGEST_ADDRESS }, { "reports", SL_SAYS_REPORT_ADDRESSES } };
	const struct conf_node *defaults = map_get(r->root, "defaults");
	const struct sl_settings *s = r->settings;
	const char *lacks = *s->console.directory == '\0' ? "console: {directory: /var/lib/sluice/console}"
	    : *s->quarantine.directory == '\0' ? "quarantine: {directory: /var/lib/sluice/vault}" : NULL;
	bool said[SL_COUNT(leads)] = { false };

	for (size_t i = 0; lacks != NULL && i < s->tenants_len; i++)
		for (size_t n = 0; n < SL_COUNT(leads); n++) {
			const struct conf_node *own = map_get(r->tenant_nodes[i], leads[n].map), *at = own != NULL ? own :
			    map_get(defaults, leads[n].map);

			if (!says_something(s->tenants[i].says[leads[n].what]) || at == NULL || (said[n] && own == NULL))
				continue;
			said[n] |= own == NULL;
			conf_errors_add(&r->errors, at->key_at, "add `%s` at the top of the file: what is told by mail is made and "
			    "sent from there", lacks);
		}
}

/* A copy needs an address to go to. */
static void
check_copies(struct reader *r)
{
	const struct conf_node *defaults = map_get(r->root, "defaults");
	const struct sl_policy_setting *row = sl_policy_setting_find(SL_SLICE_LIT("copy_to"));
	bool said = false;

	for (size_t i = 0; i < r->settings->tenants_len; i++) {
		const struct sl_tenant *tenant = &r->settings->tenants[i];
		const struct conf_node *own = map_get(r->tenant_nodes[i], "copy_to"), *policy = map_get(r->tenant_nodes[i], "policy");
		const struct conf_node *to = own != NULL ? own : map_get(defaults, "copy_to");
		const char *wrong = sl_policy_text_wrong(row, sl_slice_str(tenant->copy_to));
		const struct conf_node *at = wrong != NULL ? to : policy != NULL ? policy : map_get(defaults, "policy");
		bool is_own = wrong != NULL ? own != NULL : policy != NULL;

		if (at == NULL || (said && !is_own))
			continue;
		if (wrong != NULL)
			conf_errors_add(&r->errors, at->at, "copy_to: %s (not '%s')", wrong, tenant->copy_to);
		else if (sl_tenant_may(tenant, SL_ACTION_COPY) && *tenant->copy_to == '\0')
			conf_errors_add(&r->errors, at->key_at, "add `copy_to: audit@example.com` beside this policy: it asks for a "
			    "copy, and nobody is named who gets it");
		else
			continue;
		said |= !is_own;
	}
}

/* Somebody's mail must be taken: by this file, or by what the console has. */
static void
check_tenants(struct reader *r)
{
	const struct conf_node *given = map_get(r->root, "tenants");

	if (r->root->kind != CONF_MAP || r->settings->tenants_len > 0 || *r->settings->console.directory != '\0' || (given != NULL && given->len > 0))
		return;
	if (given == NULL)
		conf_errors_add(&r->errors, r->root->at, "add 'tenants', as in tenants: [{domains: [example.com], next_hops: "
		    "[\"192.0.2.1:25\"]}], or 'console', as in console: {directory: /var/lib/sluice/console}");
	else if (given->kind == CONF_LIST)
		conf_errors_add(&r->errors, given->at, "tenants: write at least one entry, or add 'console', as in console: "
		    "{directory: /var/lib/sluice/console}");
}

static void
check_console(struct reader *r)
{
	const struct conf_node *socket = map_get(map_get(r->root, "console"), "socket");
	const struct sl_console_settings *console = &r->settings->console;

	if (socket != NULL && (strlen(console->socket) > SL_CONTROL_PATH_MAX || console->socket[0] != '/'))
		conf_errors_add(&r->errors, socket->at, "socket: write a path: a Unix socket's has 1 to %d bytes",
		    SL_CONTROL_PATH_MAX);
}

static void
read_root(struct reader *r)
{
	r->presetting = true;
	preset(r, SCOPE_TOP, r->settings);
	preset(r, SCOPE_TENANT, &r->tenant_defaults);
	r->presetting = false;
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		r->settings->engines[e].at.text = r->settings->engines[e].at.host =
		    conf_strdup(&r->settings->arena, SL_SLICE_LIT(""));
	read_map(r, SCOPE_TOP, r->root, r->settings);
	check_tls(r);
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		check_deadline(r, sl_engine_codec((enum sl_engine)e)->name, &r->settings->engines[e].deadline_ms);
	check_deadline(r, "attachments", &r->settings->attachments.deadline_ms);
	check_deadline(r, "authentication", &r->settings->authentication.deadline_ms);
	authentication_id(r);
	check_dns(r);
	check_domains(r);
	check_quarantine(r);
	check_copies(r);
	check_says(r);
	check_console(r);
	check_tenants(r);
}

/* "etc/sluice.yaml" gives "etc/"; "sluice.yaml" gives "". */
static const char *
directory_of(struct reader *r, const char *file)
{
	const char *slash = strrchr(file, '/');

	return conf_strdup(&r->tree, sl_slice(file, slash == NULL ? 0 : (size_t)(slash - file) + 1));
}

int
sl_settings_read(const char *file, struct sl_slice text, struct sl_settings **settings_out,
    struct sl_buf *errors)
{
	struct reader *r = sl_xzalloc(sizeof(*r));
	int result = 0;

	conf_errors_init(&r->errors);
	sl_arena_init(&r->tree, CONF_ARENA_BYTES);
	r->settings = settings_new();
	r->directory = directory_of(r, file);
	r->root = conf_yaml_parse(text, &r->tree, &r->errors);
	if (r->root != NULL)
		read_root(r);
	if (r->errors.len > 0) {
		conf_errors_print(&r->errors, file, errors);
		sl_settings_unref(&r->settings);
		result = SL_ERR_SYNTAX;
	}
	*settings_out = r->settings;
	conf_errors_fini(&r->errors);
	sl_arena_fini(&r->tree);
	sl_free(r);
	return result;
}
