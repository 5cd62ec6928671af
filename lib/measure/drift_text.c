/* drift_text.c - what training expects, read and written: see drift.h */

#include "measure/drift.h"

#include <math.h>
#include <stdlib.h>

#define FIRST_LINE	"sluice-rates 1"

/* ---- checks ---- */

static bool
name_ok(struct sl_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = name.ptr[i], lower = sl_ascii_lower(c);

		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return name.len > 0 && name.len <= SL_DRIFT_NAME_MAX;
}

static bool
share_ok(double share)
{
	return share >= 0 && share <= 1;	/* NaN is neither */
}

static bool
class_ok(const struct sl_drift_expectation *expected, enum sl_drift_class class)
{
	double sum = 0;

	for (size_t i = 0; i < SL_DRIFT_BINS; i++) {
		if (!share_ok(expected->bins[class][i]))
			return false;
		sum += expected->bins[class][i];
	}
	for (size_t i = 0; i < expected->names_len; i++)
		if (!share_ok(expected->names[i].rate[class]))
			return false;
	return fabs(sum - 1) < 0.001 && expected->messages[class] >= 1 && expected->messages[class] <= 1e15;
}

bool
sl_drift_ok(const struct sl_drift_expectation *expected)
{
	if (expected->names_len > SL_DRIFT_NAMES_MAX)
		return false;
	for (size_t i = 0; i < expected->names_len; i++) {
		const char *name = expected->names[i].name;
		size_t len = strnlen(name, SL_DRIFT_NAME_MAX + 1);

		if (!name_ok(sl_slice(name, len)) || (i > 0 && expected->names[i - 1].hash >= expected->names[i].hash))
			return false;
	}
	return class_ok(expected, SL_DRIFT_WANTED) && class_ok(expected, SL_DRIFT_UNWANTED);
}

/* ---- reading ---- */

static struct sl_slice
next_word(struct sl_slice *line)
{
	const unsigned char *space;
	struct sl_slice word;

	*line = sl_slice_trim(*line);
	space = line->len == 0 ? NULL : memchr(line->ptr, ' ', line->len);
	word = space == NULL ? *line : sl_slice(line->ptr, (size_t)(space - line->ptr));
	*line = sl_slice_from(*line, word.len);
	return word;
}

static bool
next_number(struct sl_slice *line, double most, double *out)
{
	struct sl_slice word = next_word(line);
	char text[64], *end;

	if (word.len == 0 || word.len >= sizeof(text))
		return false;
	for (size_t i = 0; i < word.len; i++)		/* strtod takes more than we write */
		if (memchr("0123456789+-.e", word.ptr[i], 14) == NULL)
			return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	*out = strtod(text, &end);
	return *end == '\0' && *out >= 0 && *out <= most;
}

/* Two numbers, and no more. */
static bool
last_pair(struct sl_slice line, double most, double out[SL_DRIFT_CLASSES])
{
	return next_number(&line, most, &out[SL_DRIFT_WANTED]) && next_number(&line, most, &out[SL_DRIFT_UNWANTED]) &&
	    sl_slice_trim(line).len == 0;
}

static bool
read_bin(struct sl_drift_expectation *expected, struct sl_slice line)
{
	double number, pair[SL_DRIFT_CLASSES];

	if (!next_number(&line, SL_DRIFT_BINS - 1, &number) || !last_pair(line, 1, pair))
		return false;
	for (int c = 0; c < SL_DRIFT_CLASSES; c++)
		expected->bins[c][(size_t)number] = pair[c];
	return true;
}

/* In its place: names rise by hash, whatever the order of lines. */
static bool
read_name(struct sl_drift_expectation *expected, struct sl_slice line)
{
	struct sl_slice word = next_word(&line);
	struct sl_drift_name name = { .hash = sl_hash(word.ptr, word.len) };
	size_t at = expected->names_len;

	if (!name_ok(word) || !last_pair(line, 1, name.rate) || expected->names_len == SL_DRIFT_NAMES_MAX)
		return false;
	memcpy(name.name, word.ptr, word.len);
	while (at > 0 && expected->names[at - 1].hash > name.hash)
		at--;
	if (at > 0 && expected->names[at - 1].hash == name.hash)
		return false;
	memmove(&expected->names[at + 1], &expected->names[at], (expected->names_len - at) * sizeof(name));
	expected->names[at] = name;
	expected->names_len++;
	return true;
}

static int
read_line(struct sl_drift_expectation *expected, size_t number, struct sl_slice line)
{
	struct sl_slice word;
	bool ok = false;

	if (number == 1)
		return sl_slice_eq(line, SL_SLICE_LIT(FIRST_LINE)) ? 0
		    : sl_slice_istarts(line, SL_SLICE_LIT("sluice-rates ")) ? SL_ERR_VERSION : SL_ERR_SYNTAX;
	word = next_word(&line);
	if (word.len == 0 || word.ptr[0] == '#')
		return 0;
	if (sl_slice_eq(word, SL_SLICE_LIT("messages")))
		ok = last_pair(line, 1e15, expected->messages);
	else if (sl_slice_eq(word, SL_SLICE_LIT("bin")))
		ok = read_bin(expected, line);
	else if (sl_slice_eq(word, SL_SLICE_LIT("name")))
		ok = read_name(expected, line);
	return ok ? 0 : SL_ERR_SYNTAX;
}

int
sl_drift_read(struct sl_slice text, struct sl_drift_expectation *expected, size_t *line_out)
{
	size_t number = 0;
	int r = text.len == 0 ? SL_ERR_SYNTAX : 0;

	memset(expected, 0, sizeof(*expected));
	while (r == 0 && text.len > 0) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);

		r = read_line(expected, ++number, sl_slice_trim(sl_slice(text.ptr, len)));
		text = sl_slice_from(text, len + (end != NULL));
	}
	if (line_out != NULL)
		*line_out = number;
	return r == 0 && !sl_drift_ok(expected) ? SL_ERR_SYNTAX : r;
}

/* ---- writing ---- */

void
sl_drift_write(const struct sl_drift_expectation *expected, struct sl_buf *out)
{
	sl_buf_addf(out, FIRST_LINE "\nmessages %.17g %.17g\n", expected->messages[SL_DRIFT_WANTED],
	    expected->messages[SL_DRIFT_UNWANTED]);
	for (size_t i = 0; i < SL_DRIFT_BINS; i++)
		sl_buf_addf(out, "bin %zu %.17g %.17g\n", i, expected->bins[SL_DRIFT_WANTED][i],
		    expected->bins[SL_DRIFT_UNWANTED][i]);
	for (size_t i = 0; i < expected->names_len; i++)
		sl_buf_addf(out, "name %s %.17g %.17g\n", expected->names[i].name,
		    expected->names[i].rate[SL_DRIFT_WANTED], expected->names[i].rate[SL_DRIFT_UNWANTED]);
}
