/* sa_read_factor.c - a pattern that is too large for PCRE2, said shorter
 *
 * PCRE2 compiles to at most 64 KiB and writes a group out as often as its count says; Perl does neither.
 * What replace_rules makes of a pattern can be a hundred times that. So a group that stands there
 * more than once, or is counted, becomes a subroutine: "(?:x)(?:x)" is "(?&f0)(?&f0)(?(DEFINE)(?<f0>x))".
 * It means the same: PCRE2's subroutines are backtracked into, as groups are. */

#include "sa_read_i.h"

#define TWICE_BYTES	24	/* of a group that is worth it when it stands there twice */
#define COUNTED_BYTES	16	/* and when it is counted */
#define NONE		UINT32_MAX

struct group {
	uint32_t	start, end;	/* "(?:" and behind ")" */
	uint32_t	same;		/* the first group of the same text */
	uint32_t	count;		/* of that one: how many are the same */
	uint32_t	number;		/* of that one: of its subroutine, or NONE */
	bool		is_counted;
};

struct factor {
	const char	*text;		/* ends in NUL */
	size_t		 len;
	struct group	*groups;
	size_t		 groups_len;
	uint32_t	*at;		/* the group that begins at a byte, or NONE */
	uint32_t	*wanted;	/* groups by the number of their subroutine */
	size_t		 wanted_len;
	struct sl_buf	*out;
};

/* Behind the class that begins at i. Elements are \xHH, sets and [:names:], as sa_read_perl.c writes them. */
static size_t
class_end(const struct factor *f, size_t i)
{
	for (i++; i < f->len && f->text[i] != ']'; i++) {
		if (f->text[i] == '\\')
			i++;
		else if (f->text[i] == '[' && f->text[i + 1] == ':')	/* to its ":]" */
			i += strcspn(f->text + i, "]");
	}
	return i + 1;
}

/* Does what follows "(?" depend neither on where it stands nor on numbers of groups? */
static bool
group_is_plain(const char *s)
{
	return *s == ':' || *s == '=' || *s == '!' || *s == '|' || *s == '>' ||
	    (*s == '<' && (s[1] == '=' || s[1] == '!'));
}

/* Find all groups. False: there is something that cannot be moved. */
static bool
groups_find(struct factor *f)
{
	uint32_t *open = sl_xmalloc((f->len + 1) * sizeof(*open));
	size_t depth = 0;
	bool plain = true;

	for (size_t i = 0; i < f->len && plain; i++) {
		char c = f->text[i];

		if (c == '\\') {
			i++;
			plain = !(f->text[i] >= '1' && f->text[i] <= '9') && f->text[i] != 'k' &&
			    f->text[i] != 'g' && f->text[i] != 'K';
		} else if (c == '[') {
			i = class_end(f, i) - 1;
		} else if (c == '(') {
			f->at[i] = (uint32_t)f->groups_len;
			open[depth++] = (uint32_t)f->groups_len;
			f->groups[f->groups_len++] = (struct group){ .start = (uint32_t)i, .number = NONE };
			plain = f->text[i + 1] != '*' && (f->text[i + 1] != '?' || group_is_plain(f->text + i + 2));
		} else if (c == ')') {
			if (depth == 0) {
				plain = false;
				break;
			}
			f->groups[open[--depth]].end = (uint32_t)i + 1;
			f->groups[open[depth]].is_counted = f->text[i + 1] == '{';
		}
	}
	sl_free(open);
	return plain && depth == 0;
}

static bool
is_simple(const struct factor *f, const struct group *group)
{
	return strncmp(f->text + group->start, "(?:", 3) == 0;
}

/* Tell which are the same, by a table of the first of each text. */
static void
groups_compare(struct factor *f)
{
	size_t size = 64;
	uint32_t *table;

	while (size < f->groups_len * 2)
		size *= 2;
	table = sl_xmalloc(size * sizeof(*table));
	memset(table, 0xff, size * sizeof(*table));
	for (size_t i = 0; i < f->groups_len; i++) {
		struct group *group = &f->groups[i];
		size_t len = group->end - group->start;
		size_t slot = (size_t)sl_hash(f->text + group->start, len) & (size - 1);

		group->same = (uint32_t)i;
		for (; table[slot] != NONE; slot = (slot + 1) & (size - 1)) {
			const struct group *first = &f->groups[table[slot]];

			if (first->end - first->start == len &&
			    memcmp(f->text + first->start, f->text + group->start, len) == 0)
				break;
		}
		if (table[slot] == NONE)
			table[slot] = (uint32_t)i;
		group->same = table[slot];
		f->groups[group->same].count++;
		f->groups[group->same].is_counted |= group->is_counted;
	}
	sl_free(table);
}

static void
range_put(struct factor *f, size_t from, size_t to)
{
	while (from < to) {
		struct group *group = f->at[from] == NONE ? NULL : &f->groups[f->at[from]];
		struct group *first = group == NULL ? NULL : &f->groups[group->same];
		size_t len = group == NULL ? 0 : group->end - group->start;

		if (group == NULL || !is_simple(f, group) ||
		    !((first->count > 1 && len >= TWICE_BYTES) || (first->is_counted && len >= COUNTED_BYTES))) {
			sl_buf_add_byte(f->out, (unsigned char)f->text[from++]);
			continue;
		}
		if (first->number == NONE) {
			first->number = (uint32_t)f->wanted_len;
			f->wanted[f->wanted_len++] = group->same;
		}
		sl_buf_addf(f->out, "(?&f%u)", first->number);
		from = group->end;
	}
}

bool
sa_pattern_factor(struct sl_buf *pattern, struct sl_buf *out)
{
	struct factor f = { .text = sl_buf_cstr(pattern), .len = pattern->len, .out = out };
	size_t size = pattern->len + 1;
	bool plain;

	SL_ASSERT(pattern->len < NONE);
	f.groups = sl_xzalloc(size * sizeof(*f.groups));
	f.wanted = sl_xzalloc(size * sizeof(*f.wanted));
	f.at = sl_xmalloc(size * sizeof(*f.at));
	memset(f.at, 0xff, size * sizeof(*f.at));
	plain = groups_find(&f);
	if (plain) {
		groups_compare(&f);
		range_put(&f, 0, f.len);
		sl_buf_add_str(out, "(?(DEFINE)");
		for (size_t i = 0; i < f.wanted_len; i++) {	/* grows, as bodies want others; each is smaller */
			const struct group *group = &f.groups[f.wanted[i]];

			sl_buf_addf(out, "(?<f%zu>", i);
			range_put(&f, group->start + 3, group->end - 1);
			sl_buf_add_str(out, ")");
		}
		sl_buf_add_str(out, ")");
	}
	plain = plain && f.wanted_len > 0 && !out->overflow;
	sl_free(f.groups);
	sl_free(f.wanted);
	sl_free(f.at);
	return plain;
}
