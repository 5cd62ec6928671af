/* sa_read.c - see sa_read.h: files, lines, conditions */

#include "sa_read_i.h"

#include <stdio.h>

#define READER_MAGIC	0x5a4ead17u
#define READER_BYTES	((size_t)1 << 30)
#define NAMES_FIRST	256	/* a power of two */

struct sl_sa_reader *
sl_sa_reader_new(const struct sl_sa_settings *settings)
{
	struct sl_sa_reader *reader = sl_xzalloc(sizeof(*reader));

	reader->magic = READER_MAGIC;
	if (settings != NULL)
		reader->settings = *settings;
	SL_ASSERT(reader->settings.score_set < 4);
	sl_arena_init(&reader->arena, READER_BYTES);
	reader->tag_start = "<";
	reader->tag_end = ">";
	return reader;
}

void
sl_sa_reader_free(struct sl_sa_reader **reader)
{
	if (*reader == NULL)
		return;
	sl_free((*reader)->tests);
	sl_free((*reader)->index);
	sl_free((*reader)->pairs);
	sl_free((*reader)->plugins);
	sl_arena_fini(&(*reader)->arena);
	SL_OBJ_FREE(reader, READER_MAGIC);
}

void
sa_error(struct sl_sa_reader *reader, const char *format, ...)
{
	char what[512];
	va_list ap;

	if (reader->settings.error == NULL)
		return;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	reader->settings.error(reader->settings.ctx, reader->file, reader->line, what);
}

char *
sa_strndup(struct sl_sa_reader *reader, const void *text, size_t len)
{
	char *copy = sl_arena_alloc(&reader->arena, len + 1);

	SL_ASSERT(copy != NULL);
	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

char *
sa_strdup(struct sl_sa_reader *reader, const char *text)
{
	return sa_strndup(reader, text, strlen(text));
}

char *
sa_printf(struct sl_sa_reader *reader, const char *format, ...)
{
	va_list ap;
	char *text, *copy;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	SL_ASSERT(len >= 0);
	copy = sa_strndup(reader, text, (size_t)len);
	sl_free(text);
	return copy;
}

/* Names. */

static size_t
name_slot(const struct sl_sa_reader *reader, const char *name)
{
	size_t slot = (size_t)sl_hash(name, strlen(name)) & (reader->index_size - 1);

	while (reader->index[slot] != 0 && strcmp(reader->tests[reader->index[slot] - 1].name, name) != 0)
		slot = (slot + 1) & (reader->index_size - 1);
	return slot;
}

/* Room for one more, the index at most half full. */
static void
names_grow(struct sl_sa_reader *reader)
{
	if ((reader->len + 1) * 2 <= reader->index_size)
		return;
	reader->index_size = SL_MAX(reader->index_size * 2, (size_t)NAMES_FIRST);
	sl_free(reader->index);
	reader->index = sl_xzalloc(reader->index_size * sizeof(reader->index[0]));
	for (size_t i = 0; i < reader->len; i++)
		reader->index[name_slot(reader, reader->tests[i].name)] = (uint32_t)i + 1;
}

struct sa_test *
sa_test_find(const struct sl_sa_reader *reader, const char *name)
{
	size_t slot;

	if (reader->index_size == 0)
		return NULL;
	slot = name_slot(reader, name);
	return reader->index[slot] == 0 ? NULL : &reader->tests[reader->index[slot] - 1];
}

struct sa_test *
sa_test_get(struct sl_sa_reader *reader, const char *name)
{
	struct sa_test *test = sa_test_find(reader, name);

	if (test != NULL)
		return test;
	names_grow(reader);
	if (reader->len == reader->size) {
		reader->size = SL_MAX(reader->size * 2, (size_t)NAMES_FIRST);
		reader->tests = sl_xrealloc(reader->tests, reader->size * sizeof(reader->tests[0]));
	}
	test = &reader->tests[reader->len];
	*test = (struct sa_test){ .name = sa_strdup(reader, name), .file = reader->file, .line = reader->line };
	reader->index[name_slot(reader, name)] = (uint32_t)++reader->len;
	return test;
}

bool
sa_is_name(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if (!(text[i] == '_' || (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
		    (i > 0 && text[i] >= '0' && text[i] <= '9')))
			return false;
	return i > 0 && i <= SA_NAME_MAX;
}

bool
sa_has_plugin(const struct sl_sa_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->plugins_len; i++)
		if (strcmp(reader->plugins[i], name) == 0)
			return true;
	return false;
}

void
sa_put_plugin(struct sl_sa_reader *reader, const char *name)
{
	if (sa_has_plugin(reader, name))
		return;
	if (reader->plugins_len == reader->plugins_size) {
		reader->plugins_size = SL_MAX(reader->plugins_size * 2, (size_t)32);
		reader->plugins = sl_xrealloc(reader->plugins, reader->plugins_size * sizeof(reader->plugins[0]));
	}
	reader->plugins[reader->plugins_len++] = sa_strdup(reader, name);
}

/* Lines. */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

char *
sa_word(char **text)
{
	char *word = *text, *end = word;

	while (*end != '\0' && !is_blank(*end))
		end++;
	*text = end;
	while (is_blank(**text))
		(*text)++;
	*end = '\0';
	return word;
}

/* Cut a comment, which begins with the first # that has no backslash before it, and take those backslashes out. */
static void
comment_cut(char *line)
{
	char *to = line;

	for (const char *from = line; *from != '\0'; from++) {
		if (*from == '#' && (from == line || from[-1] != '\\'))
			break;
		if (from[0] == '\\' && from[1] == '#')
			continue;
		*to++ = *from;
	}
	*to = '\0';
}

static char *
line_trim(char *line)
{
	size_t len;

	while (is_blank(*line))
		line++;
	len = strlen(line);
	while (len > 0 && is_blank(line[len - 1]))
		line[--len] = '\0';
	return line;
}

/* "lang de describe ...": our language is en_US, as with LANG=C. */
static bool
language_is_ours(const char *language)
{
	return sl_slice_istarts(SL_SLICE_LIT("en_US"), sl_slice_str(language));
}

static void
condition_begin(struct sl_sa_reader *reader, const char *keyword, const char *text)
{
	bool holds;

	if (*text == '\0') {
		sa_error(reader, "`%s` without a condition", keyword);
		return;
	}
	if (reader->conditions_len == SA_CONDITIONS_MAX) {
		sa_error(reader, "more than %d conditions within each other", SA_CONDITIONS_MAX);
		return;
	}
	holds = sa_condition_holds(reader, text);
	reader->conditions[reader->conditions_len++] =
	    (struct sa_condition){ reader->is_skipping, reader->line };
	if (!holds)
		reader->is_skipping = true;
}

static void
condition_else(struct sl_sa_reader *reader)
{
	bool outer = false;

	if (reader->conditions_len == 0) {
		sa_error(reader, "`else` without an `if` before it");
		return;
	}
	for (size_t i = 0; i < reader->conditions_len; i++)
		outer |= reader->conditions[i].was_skipping;
	reader->is_skipping = outer || !reader->is_skipping;
}

static void
condition_end(struct sl_sa_reader *reader)
{
	if (reader->conditions_len == 0)
		sa_error(reader, "`endif` without an `if` before it");
	else
		reader->is_skipping = reader->conditions[--reader->conditions_len].was_skipping;
}

/* Conditions end with their file; an included one ends those of its place, too. */
static void
conditions_drop(struct sl_sa_reader *reader)
{
	unsigned line = reader->line;

	for (size_t i = 0; i < reader->conditions_len; i++) {
		reader->line = reader->conditions[i].line;
		sa_error(reader, "an `if` that is not ended");
	}
	reader->line = line;
	reader->conditions_len = 0;
	reader->is_skipping = false;
}

static void
include(struct sl_sa_reader *reader, const char *path)
{
	const char *file = reader->file;
	unsigned line = reader->line;

	if (*path == '\0') {
		sa_error(reader, "`include` without a file");
		return;
	}
	conditions_drop(reader);
	if (reader->depth >= SA_INCLUDES_MAX)
		sa_error(reader, "more than %d files that include each other", SA_INCLUDES_MAX);
	else if (reader->settings.include == NULL ||
	    !reader->settings.include(reader->settings.ctx, reader, path, file))
		sa_error(reader, "%s cannot be read", path);
	reader->file = file;
	reader->line = line;
}

static void
keyword_normalise(char *keyword)
{
	for (; *keyword != '\0'; keyword++)
		*keyword = *keyword == '-' ? '_' : (char)sl_ascii_lower((unsigned char)*keyword);
}

/* `line` is ours to write into. */
static void
line_read(struct sl_sa_reader *reader, char *line)
{
	char *keyword, *rest;

	comment_cut(line);
	rest = line_trim(line);
	if (*rest == '\0' || strcmp(rest, "0") == 0)
		return;
	keyword = sa_word(&rest);
	if (strcmp(keyword, "lang") == 0 && *rest != '\0') {
		const char *language = sa_word(&rest);

		if (*rest == '\0' || !language_is_ours(language))
			return;
		keyword = sa_word(&rest);
	}
	keyword_normalise(keyword);
	if (strcmp(keyword, "endif") == 0 || strcmp(keyword, "else") == 0) {
		if (*rest != '\0')
			sa_error(reader, "`%s` has nothing behind it", keyword);
		else if (*keyword == 'e' && keyword[1] == 'n')
			condition_end(reader);
		else
			condition_else(reader);
	} else if (strcmp(keyword, "ifplugin") == 0) {
		const char *condition = *rest == '\0' ? "" : sa_printf(reader, "plugin (%s)", rest);

		condition_begin(reader, keyword, condition);
	} else if (strcmp(keyword, "if") == 0) {
		condition_begin(reader, keyword, rest);
	} else if (strcmp(keyword, "include") == 0) {
		include(reader, rest);
	} else if (!reader->is_skipping) {
		sa_command(reader, keyword, rest);
	}
}

void
sl_sa_read(struct sl_sa_reader *reader, const char *file, struct sl_slice text)
{
	SL_CHECK(reader, READER_MAGIC);
	reader->file = sa_strdup(reader, file);
	reader->line = 0;
	reader->depth++;
	while (text.len > 0) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
		char *line;

		reader->line++;
		if (memchr(text.ptr, '\0', len) != NULL) {
			sa_error(reader, "a NUL byte");
		} else if (len > 0) {
			line = sl_xmemdup(text.ptr, len);
			line_read(reader, line);
			sl_free(line);
		}
		text = sl_slice_from(text, SL_MIN(len + 1, text.len));
	}
	conditions_drop(reader);
	reader->depth--;
}
