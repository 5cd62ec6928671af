/*
 * shared.h - the data that tests find beside the project, and skip without
 *
 * ../shared seen from the project's root; the environment's SLUICE_SHARED overrides.
 */
#ifndef SL_TEST_SHARED_H
#define SL_TEST_SHARED_H

#include "check.h"
#include "sl/buf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static inline const char *
shared_path(const char *name)
{
	static char path[4096];
	const char *root = getenv("SLUICE_SHARED");

	snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : "../shared", name);
	return path;
}

/* Read a file whole into `out`. Returns false if it cannot be opened. */
static inline bool
file_read(const char *path, struct sl_buf *out)
{
	FILE *file = fopen(path, "rb");
	char piece[65536];
	size_t n;

	if (file == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(out, piece, n);
	fclose(file);
	return true;
}

typedef void shared_case(json_t *object, void *ctx);

/* Call `each` with every line of a JSON Lines file; the test is skipped when it is not there. */
static inline void
shared_each(const char *name, shared_case *each, void *ctx)
{
	struct sl_buf text;
	char *line, *next;
	int cases = 0;

	sl_buf_init(&text, SIZE_MAX / 2);
	if (!file_read(shared_path(name), &text)) {
		print_message("skip: %s is not there\n", shared_path(name));
		skip();
	}
	for (line = (char *)(uintptr_t)sl_buf_cstr(&text); line != NULL && *line != '\0'; line = next) {
		json_error_t error;
		json_t *object;

		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		object = json_loads(line, JSON_ALLOW_NUL, &error);
		if (object == NULL)
			fail_msg("%s: %s in %s", name, error.text, line);
		each(object, ctx);
		cases++;
		json_decref(object);
	}
	print_message("%s: %d cases\n", name, cases);
	assert_true(cases > 0);
	sl_buf_fini(&text);
}

/* A string of an object, NULs and all; {NULL, 0} if it has none of that name. */
static inline struct sl_slice
shared_string(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_string(value) ? sl_slice(json_string_value(value), json_string_length(value))
	    : sl_slice(NULL, 0);
}

#endif
