/*
 * hostlist_fuzz.c - what a list has is found on it, and with it all that is below
 *
 * Two bytes choose a line, the rest is a list. A line that can be read as a host is found, below it
 * too; memory grows with the list only. The bytes as a table of correspondents are refused or used without harm.
 */

#include "classify/correspondents.h"
#include "classify/hostlist.h"
#include "sl/buf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sl_slice
line_at(struct sl_slice text, size_t at)
{
	size_t from = at, to = at;

	while (from > 0 && text.ptr[from - 1] != '\n')
		from--;
	while (to < text.len && text.ptr[to] != '\n')
		to++;
	return sl_slice(text.ptr + from, to - from);
}

static bool
is_plain(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || s.ptr[i] == '.') ||
		    (s.ptr[i] == '.' && (i == 0 || s.ptr[i - 1] == '.' || i + 1 == s.len)))
			return false;
	return s.len > 0 && s.len < 200 && memchr(s.ptr, '.', s.len) != NULL;
}

static void
list_check(struct sl_slice text, size_t at)
{
	struct sl_slice line = line_at(text, at);
	size_t skipped;
	struct sl_hostlist *list = sl_hostlist_read(text, &skipped);
	struct sl_buf below;

	sl_buf_init(&below, 1024);
	if (is_plain(line)) {
		sl_buf_addf(&below, "x." SL_SLICE_FMT, SL_SLICE_ARG(line));
		SL_ASSERT(sl_hostlist_has(list, line));
		SL_ASSERT(sl_hostlist_has_url(list, line, SL_SLICE_LIT("/any")));
		SL_ASSERT(sl_hostlist_has(list, sl_buf_slice(&below)));
	}
	if (skipped == 0 && text.len == 0)
		SL_ASSERT(sl_hostlist_count(list) == 0);
	SL_ASSERT(sl_hostlist_memory(list) < 4096 + 64 * text.len);
	sl_hostlist_has_url(list, line, text);
	sl_buf_fini(&below);
	sl_hostlist_free(&list);
}

/* A table of any bytes is used without harm, and who was added is there. */
static void
table_check(struct sl_slice bytes)
{
	static const struct sl_correspondents_settings settings = { .key = "a key of 16 byte" };
	_Alignas(64) uint64_t memory[128];
	struct sl_correspondents table;

	memset(memory, 0, sizeof(memory));
	memcpy(memory, bytes.ptr, SL_MIN(bytes.len, sizeof(memory)));
	sl_correspondents_init(&table, memory, sizeof(memory), &settings);
	sl_correspondents_add(&table, SL_SLICE_LIT("t"), SL_SLICE_LIT("a@b"), SL_CAME_FROM, 1700000000);
	SL_ASSERT(sl_correspondents_find(&table, SL_SLICE_LIT("t"), SL_SLICE_LIT("A@B"), 1700000000) &
	    (SL_CAME_FROM_DOMAIN | SL_CAME_FROM_DOMAIN_LATELY));
	sl_correspondents_find(&table, bytes, bytes, 1700000000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	list_check(sl_slice(data + 2, size - 2), (size_t)(data[0] << 8 | data[1]) % (size - 2));
	table_check(sl_slice(data, size));
	return 0;
}
