/*
 * lookalike_fuzz.c - names and hosts of any bytes: what is said holds
 *
 * The first line is a host, the second a text, the rest a list. Who has the domain imitates nobody; a name that is
 * imitated is on the list, and its domain its own; a text names each brand once in each way of spelling.
 */

#include "lookalike/lookalike.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sl_slice
line_take(struct sl_slice *rest)
{
	const unsigned char *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
	struct sl_slice line = sl_slice(rest->ptr, end != NULL ? (size_t)(end - rest->ptr) : rest->len);

	*rest = sl_slice_from(*rest, SL_MIN(line.len + 1, rest->len));
	return line;
}

static void
host_check(const struct sl_lookalike *l, struct sl_slice host)
{
	struct sl_lookalike_match match = { 0 };
	const unsigned char *dot = host.len > 0 ? memrchr(host.ptr, '.', host.len) : NULL;
	struct sl_slice domain = host;

	if (dot != NULL) {
		const unsigned char *before = memrchr(host.ptr, '.', (size_t)(dot - host.ptr));

		domain = before != NULL ? sl_slice_from(host, (size_t)(before + 1 - host.ptr)) : host;
	}
	if (!sl_lookalike_host(l, host, domain, &match))
		return;
	SL_ASSERT(sl_lookalike_brands(l) > match.brand);
	SL_ASSERT(match.kind > SL_LOOKALIKE_NONE && match.kind <= SL_LOOKALIKE_CONFUSABLE);
	SL_ASSERT(sl_lookalike_owner(l, host) < 0);
	SL_ASSERT(match.name.len > 0);
	if (match.domain.len > 0)
		SL_ASSERT(sl_lookalike_owner(l, match.domain) >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sl_fold *fold;
	struct sl_slice rest = sl_slice(data, size), host, text;
	struct sl_lookalike_match matches[4];
	struct sl_lookalike *l;
	size_t line, found;

	if (fold == NULL)
		fold = sl_fold_preload();
	host = line_take(&rest);
	text = line_take(&rest);
	if (sl_lookalike_read(rest, fold, &l, &line) != 0) {
		SL_ASSERT(l == NULL && line > 0);
		return 0;
	}
	host_check(l, host);
	found = sl_lookalike_text(l, text, matches, SL_COUNT(matches));
	SL_ASSERT(found <= SL_COUNT(matches));
	for (size_t i = 0; i < found; i++)
		for (size_t j = 0; j < i; j++)
			SL_ASSERT(matches[i].brand != matches[j].brand || matches[i].exact != matches[j].exact);
	sl_lookalike_lures(l, text);
	sl_lookalike_free(&l);
	return 0;
}
