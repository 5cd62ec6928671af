/* sa_conf.c - see sa_conf.h */

#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/sa_i.h"
#include "rules/sa_received.h"

#include <pcre2.h>

#define CONF_MAGIC	0x5ac0f5edu
#define MATCH_STEPS_MAX	200000		/* of one match */

/* ---- regular expressions ---- */

struct sa_regex {
	pcre2_code		*code;
	pcre2_match_context	*limits;
};

static const struct {
	uint32_t	 flags;
	const char	*pattern;
} re_table[] = {
#define SA_RE_ENUM(name, flags, pattern) { flags, pattern },
#include "rules/sa_re.h"
#undef SA_RE_ENUM
};

struct sa_regex *
sa_regex_new(struct sl_slice pattern, uint32_t options)
{
	struct sa_regex *regex;
	PCRE2_SIZE at;
	int error;
	pcre2_code *code = pcre2_compile(pattern.ptr, pattern.len, options, &error, &at, NULL);

	if (code == NULL)
		return NULL;
	regex = sl_xzalloc(sizeof(*regex));
	regex->code = code;
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);	/* slower without, and the same */
	regex->limits = pcre2_match_context_create(NULL);
	SL_ASSERT(regex->limits != NULL);
	pcre2_set_match_limit(regex->limits, MATCH_STEPS_MAX);
	pcre2_set_depth_limit(regex->limits, 5000);
	return regex;
}

void
sa_regex_free(struct sa_regex **regex)
{
	if (*regex == NULL)
		return;
	pcre2_match_context_free((*regex)->limits);
	pcre2_code_free((*regex)->code);
	sl_free(*regex);
	*regex = NULL;
}

bool
sa_regex_match(const struct sa_regex *regex, struct sl_slice subject, size_t from, struct sa_match *match)
{
	pcre2_match_data *data = pcre2_match_data_create(SA_GROUPS_MAX, NULL);
	int n;

	SL_ASSERT(data != NULL);
	SL_ASSERT(from <= subject.len && subject.len < SIZE_MAX / 1073741824);
	match->subject = subject;
	if (subject.len == 0)
		subject.ptr = (const unsigned char *)"";
	n = pcre2_match(regex->code, subject.ptr, subject.len, from, 0, data, regex->limits);
	if (n == PCRE2_ERROR_JIT_STACKLIMIT)	/* the interpreter's memory is on the heap, and bounded too */
		n = pcre2_match(regex->code, subject.ptr, subject.len, from, PCRE2_NO_JIT, data, regex->limits);
	if (n >= 0) {
		size_t known = n == 0 ? SA_GROUPS_MAX : (size_t)n;
		const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);

		for (size_t i = 0; i < 2 * (size_t)SA_GROUPS_MAX; i++)
			match->groups[i] = i < 2 * known ? ends[i] : SIZE_MAX;
	}
	pcre2_match_data_free(data);
	return n >= 0;
}

int
sa_regex_group(const struct sa_regex *regex, const char *name)
{
	int n = pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR)name);

	return n > 0 ? n : 0;
}

bool
sa_match(const struct sl_sa_conf *conf, enum sa_re re, struct sl_slice subject, size_t from, struct sa_match *match)
{
	return sa_regex_match(conf->regexes[re], subject, from, match);
}

/* ---- the object ---- */

struct sl_sa_conf *
sl_sa_conf_new(void)
{
	struct sl_sa_conf *conf = sl_xzalloc(sizeof(*conf));

	conf->magic = CONF_MAGIC;
	sl_arena_init(&conf->arena, SIZE_MAX / 2);
	for (size_t i = 0; i < SA_RE_COUNT; i++) {
		conf->regexes[i] = sa_regex_new(sl_slice_str(re_table[i].pattern), re_table[i].flags);
		SL_ASSERT(conf->regexes[i] != NULL);
	}
	conf->received = sa_received_new();
	return conf;
}

static void
named_fini(struct sa_named_list *lists, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sa_list_fini(&lists[i].exact);
		sa_list_fini(&lists[i].globs);
		sa_set_fini(&lists[i].set);
	}
	sl_free(lists);
}

void
sl_sa_conf_free(struct sl_sa_conf **conf_pp)
{
	struct sl_sa_conf *conf = *conf_pp;

	if (conf == NULL)
		return;
	SL_CHECK(conf, CONF_MAGIC);
	for (size_t i = 0; i < SA_RE_COUNT; i++)
		sa_regex_free(&conf->regexes[i]);
	sa_received_free(&conf->received);
	for (size_t i = 0; i < conf->redirectors_len; i++)
		sa_regex_free(&conf->redirectors[i]);
	sl_free(conf->redirectors);
	for (size_t i = 0; i < conf->patterns.len; i++)
		sa_regex_free(&conf->pattern_regexes[i]);
	sl_free(conf->pattern_regexes);
	sa_list_fini(&conf->patterns);
	sa_set_fini(&conf->tlds);
	sa_set_fini(&conf->tlds2);
	sa_set_fini(&conf->tlds3);
	sa_list_fini(&conf->originating_ip_headers);
	sa_set_fini(&conf->freemail);
	sa_set_fini(&conf->freemail_skip);
	sa_list_fini(&conf->freemail_globs);
	named_fini(conf->address_lists, conf->address_lists_len);
	named_fini(conf->uri_lists, conf->uri_lists_len);
	sl_arena_fini(&conf->arena);
	SL_OBJ_FREE(conf_pp, CONF_MAGIC);
}

/* ---- lines ---- */

static struct sl_slice
next_word(struct sl_slice *rest)
{
	struct sl_slice word;
	size_t n = 0;

	*rest = sa_trim(*rest);
	while (n < rest->len && !sa_is_space(rest->ptr[n]))
		n++;
	word = sa_sub(*rest, 0, n);
	*rest = sl_slice_from(*rest, n);
	return word;
}

static struct sl_slice
keep_lower(struct sl_sa_conf *conf, struct sl_slice s)
{
	struct sl_slice copy = sl_arena_copy(&conf->arena, s);
	unsigned char *p = sl_arena_alloc(&conf->arena, s.len + 1);

	SL_ASSERT(copy.ptr != NULL && p != NULL);
	for (size_t i = 0; i < s.len; i++)
		p[i] = sl_ascii_lower(s.ptr[i]);
	return sl_slice(p, s.len);
}

static void
line_set(struct sl_sa_conf *conf, struct sa_set *set, struct sl_slice rest)
{
	for (struct sl_slice word = next_word(&rest); word.len > 0; word = next_word(&rest))
		(void)sa_set_add(set, keep_lower(conf, word), 0);
}

static bool
is_glob(struct sl_slice s)
{
	return memchr(s.ptr, '*', s.len) != NULL || memchr(s.ptr, '?', s.len) != NULL;
}

static void
line_freemail(struct sl_sa_conf *conf, struct sl_slice rest)
{
	for (struct sl_slice word = next_word(&rest); word.len > 0; word = next_word(&rest)) {
		word = keep_lower(conf, word);
		if (is_glob(word))
			sa_list_add(&conf->freemail_globs, word);
		else
			(void)sa_set_add(&conf->freemail, word, 0);
	}
}

/* /pattern/i or m'pattern'i */
static bool
line_redirector(struct sl_sa_conf *conf, struct sl_slice rest)
{
	struct sa_regex *regex;
	uint32_t options = 0;
	unsigned char end;

	rest = sa_trim(rest);
	if (rest.len > 2 && rest.ptr[0] == 'm')
		rest = sl_slice_from(rest, 1);
	if (rest.len < 2)
		return false;
	end = rest.ptr[0] == '{' ? '}' : rest.ptr[0] == '(' ? ')' : rest.ptr[0];
	while (rest.len > 1 && rest.ptr[rest.len - 1] != end) {
		unsigned char flag = rest.ptr[--rest.len];

		if (flag != 'i' && flag != 's' && flag != 'x')
			return false;
		options |= flag == 'i' ? PCRE2_CASELESS : flag == 's' ? PCRE2_DOTALL : PCRE2_EXTENDED;
	}
	if (rest.len < 2)
		return false;
	regex = sa_regex_new(sa_sub(rest, 1, rest.len - 1), options);
	if (regex == NULL)
		return false;
	conf->redirectors = sl_xrealloc(conf->redirectors,
	    (conf->redirectors_len + 1) * sizeof(struct sa_regex *));
	conf->redirectors[conf->redirectors_len++] = regex;
	return true;
}

static struct sa_named_list *
named_list(struct sl_sa_conf *conf, struct sa_named_list **lists, size_t *len, struct sl_slice name)
{
	struct sa_named_list *list;

	for (size_t i = 0; i < *len; i++) {
		if (sl_slice_eq((*lists)[i].name, name))
			return &(*lists)[i];
	}
	*lists = sl_xrealloc(*lists, (*len + 1) * sizeof(**lists));
	list = &(*lists)[(*len)++];
	*list = (struct sa_named_list){ .name = sl_arena_copy(&conf->arena, name) };
	SL_ASSERT(list->name.ptr != NULL);
	return list;
}

/* Values into the list of that name. */
static void
enlist(struct sl_sa_conf *conf, struct sa_named_list *list, struct sl_slice rest)
{
	for (struct sl_slice word = next_word(&rest); word.len > 0; word = next_word(&rest)) {
		word = keep_lower(conf, word);
		if (is_glob(word))
			sa_list_add(&list->globs, word);
		else if (sa_set_add(&list->set, word, 0))
			sa_list_add(&list->exact, word);
	}
}

/* (NAME) value value ... */
static bool
line_enlist(struct sl_sa_conf *conf, struct sa_named_list **lists, size_t *len, struct sl_slice rest)
{
	struct sl_slice name = next_word(&rest);
	struct sa_named_list *list;

	if (name.len < 3 || name.ptr[0] != '(' || name.ptr[name.len - 1] != ')')
		return false;
	list = named_list(conf, lists, len, sa_sub(name, 1, name.len - 1));
	enlist(conf, list, rest);
	return true;
}

/* Lists that have a keyword of their own. */
static bool
line_addresses(struct sl_sa_conf *conf, struct sl_slice keyword, struct sl_slice rest)
{
	static const struct {
		const char	*keyword, *list;
	} rows[] = {
		{ "blocklist_from", "blocklist_from" }, { "blacklist_from", "blocklist_from" },
		{ "blocklist_to", "blocklist_to" }, { "blacklist_to", "blocklist_to" },
		{ "welcomelist_to", "welcomelist_to" }, { "whitelist_to", "welcomelist_to" },
		{ "more_spam_to", "more_spam_to" }, { "all_spam_to", "all_spam_to" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (sl_slice_eq(keyword, sl_slice_str(rows[i].keyword))) {
			enlist(conf, named_list(conf, &conf->address_lists, &conf->address_lists_len,
			    sl_slice_str(rows[i].list)), rest);
			return true;
		}
	}
	return false;
}

static bool
line_originating(struct sl_sa_conf *conf, struct sl_slice rest)
{
	for (struct sl_slice word = next_word(&rest); word.len > 0; word = next_word(&rest)) {
		struct sl_slice copy = sl_arena_copy(&conf->arena, word);

		SL_ASSERT(copy.ptr != NULL);
		sa_list_add(&conf->originating_ip_headers, copy);
	}
	return true;
}

bool
sl_sa_conf_line(struct sl_sa_conf *conf, struct sl_slice keyword, struct sl_slice rest)
{
	const struct {
		const char	*keyword;
		struct sa_set	*set;
	} sets[] = {
		{ "util_rb_tld", &conf->tlds },
		{ "util_rb_2tld", &conf->tlds2 },
		{ "util_rb_3tld", &conf->tlds3 },
		{ "freemail_whitelist", &conf->freemail_skip },
		{ "freemail_welcomelist", &conf->freemail_skip },
	};

	SL_CHECK(conf, CONF_MAGIC);
	for (size_t i = 0; i < SL_COUNT(sets); i++) {
		if (sl_slice_eq(keyword, sl_slice_str(sets[i].keyword))) {
			line_set(conf, sets[i].set, rest);
			return true;
		}
	}
	if (sl_slice_eq(keyword, SL_SLICE_LIT("freemail_domains"))) {
		line_freemail(conf, rest);
		return true;
	}
	if (sl_slice_eq(keyword, SL_SLICE_LIT("redirector_pattern")))
		return line_redirector(conf, rest);
	if (sl_slice_eq(keyword, SL_SLICE_LIT("enlist_addrlist")))
		return line_enlist(conf, &conf->address_lists, &conf->address_lists_len, rest);
	if (line_addresses(conf, keyword, rest))
		return true;
	if (sl_slice_eq(keyword, SL_SLICE_LIT("enlist_uri_host")))
		return line_enlist(conf, &conf->uri_lists, &conf->uri_lists_len, rest);
	if (sl_slice_eq(keyword, SL_SLICE_LIT("originating_ip_headers")))
		return line_originating(conf, rest);
	if (sl_slice_eq(keyword, SL_SLICE_LIT("clear_originating_ip_headers"))) {
		conf->originating_ip_headers.len = 0;
		return true;
	}
	return false;
}

const struct sa_regex *
sa_conf_pattern(const struct sl_sa_conf *conf, const char *pattern)
{
	for (size_t i = 0; i < conf->patterns.len; i++) {
		if (sl_slice_eq(conf->patterns.at[i], sl_slice_str(pattern)))
			return conf->pattern_regexes[i];
	}
	return NULL;
}

bool
sl_sa_conf_pattern(struct sl_sa_conf *conf, const char *pattern)
{
	struct sa_regex *regex;
	struct sl_slice copy;

	SL_CHECK(conf, CONF_MAGIC);
	if (sa_conf_pattern(conf, pattern) != NULL)
		return true;
	regex = sa_regex_new(sl_slice_str(pattern), 0);
	if (regex == NULL)
		return false;
	conf->pattern_regexes = sl_xrealloc(conf->pattern_regexes,
	    (conf->patterns.len + 1) * sizeof(struct sa_regex *));
	conf->pattern_regexes[conf->patterns.len] = regex;
	copy = sl_arena_copy(&conf->arena, sl_slice_str(pattern));
	SL_ASSERT(copy.ptr != NULL);
	sa_list_add(&conf->patterns, copy);
	return true;
}

/* ---- what they mean ---- */

/* Linear: only the last star is gone back to. */
bool
sa_glob(struct sl_slice pattern, struct sl_slice text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			star_text = t;
		} else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

static bool
label_valid(struct sl_slice label)
{
	if (label.len < 1 || label.len > 63)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!sa_is_word(label.ptr[i]) &&
		    (label.ptr[i] != '-' || i == 0 || i == label.len - 1))
			return false;
	}
	return true;
}

bool
sa_fqdn_valid(struct sl_slice host)
{
	size_t labels = 1, start = 0;

	while (host.len > 0 && host.ptr[host.len - 1] == '.')
		host.len--;
	if (host.len > 253)
		return false;
	for (size_t i = 0; i < host.len; i++)
		labels += host.ptr[i] == '.';
	if (labels < 2)
		return false;
	for (size_t i = 0; i <= host.len; i++) {
		struct sl_slice label;

		if (i < host.len && host.ptr[i] != '.')
			continue;
		label = sa_sub(host, start, i);
		if (!label_valid(label))
			return false;
		if (labels <= 2 && memchr(label.ptr, '_', label.len) != NULL)
			return false;
		labels--;
		start = i + 1;
	}
	return true;
}

static struct sl_slice
lower_into(struct sl_slice s, unsigned char *out)
{
	for (size_t i = 0; i < s.len; i++)
		out[i] = sl_ascii_lower(s.ptr[i]);
	return sl_slice(out, s.len);
}

bool
sa_domain_valid(const struct sl_sa_conf *conf, struct sl_slice domain)
{
	unsigned char tld[64];
	const unsigned char *dot;
	struct sl_slice last;

	for (size_t i = 0; i < domain.len; i++) {
		if (sa_is_space(domain.ptr[i]))
			return false;
	}
	dot = domain.len == 0 ? NULL : memrchr(domain.ptr, '.', domain.len);
	if (dot == NULL)
		return false;
	last = sl_slice_from(domain, (size_t)(dot - domain.ptr) + 1);
	return last.len > 0 && last.len <= sizeof(tld) && sa_set_has(&conf->tlds, lower_into(last, tld), NULL);
}

static bool
is_us_state(struct sl_slice s)
{
	static const char states[] = "akalarazcacoctdcdeflgaguhiiaidilinkskylamamdmemimnmomsmtncndnenhnjnmnvnyohokor"
	    "paprriscsdtntxutvavivtwawiwvwy";

	for (size_t i = 0; s.len == 2 && i + 1 < sizeof(states) - 1; i += 2) {
		if (memcmp(states + i, s.ptr, 2) == 0)
			return true;
	}
	return false;
}

/* Is what remains of a host, in `labels` labels, a place where domains are registered? */
static bool
is_registry(const struct sl_sa_conf *conf, struct sl_slice rest, size_t labels)
{
	struct sl_slice label[4];
	size_t start = 0, n = 0;

	if (labels == 2)
		return sa_set_has(&conf->tlds2, rest, NULL);
	if (labels != 3 && labels != 4)
		return false;
	for (size_t i = 0; i <= rest.len && n < 4; i++) {
		if (i == rest.len || rest.ptr[i] == '.') {
			label[n++] = sa_sub(rest, start, i);
			start = i + 1;
		}
	}
	if (labels == 3 && !sl_slice_eq(label[2], SL_SLICE_LIT("us")))
		return sa_set_has(&conf->tlds3, rest, NULL);
	if (labels == 3)
		return is_us_state(label[1]);
	return sl_slice_eq(label[3], SL_SLICE_LIT("us")) && is_us_state(label[2]) &&
	    ((sl_slice_eq(label[0], SL_SLICE_LIT("pvt")) && sl_slice_eq(label[1], SL_SLICE_LIT("k12"))) ||
	    sl_slice_eq(label[0], SL_SLICE_LIT("ci")) || sl_slice_eq(label[0], SL_SLICE_LIT("co")));
}

struct sl_slice
sa_trim_domain(const struct sl_sa_conf *conf, struct sl_slice host, unsigned char *out)
{
	struct sl_slice name, rest, previous;
	size_t n = 0, labels = 1;

	for (size_t i = 0; i < host.len; i++) {
		if (host.ptr[i] != '.' || (n > 0 && out[n - 1] != '.'))
			out[n++] = sl_ascii_lower(host.ptr[i]);
	}
	while (n > 0 && out[n - 1] == '.')
		n--;
	name = sl_slice(out, n);
	for (size_t i = 0; i < n; i++)
		labels += out[i] == '.';
	rest = previous = name;
	while (labels > 1 && !is_registry(conf, rest, labels)) {
		previous = rest;
		rest = sl_slice_from(rest, sa_index(rest, '.', 0) + 1);
		labels--;
	}
	return previous;
}
