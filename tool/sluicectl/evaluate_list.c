/* evaluate_list.c - the messages that a list of labels names; see evaluate.h */

#include "evaluate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"

const char *const label_words[LABELS] = { "ham", "spam", "phish" };

static void
list_add(struct evaluate *evaluate, const char *path, enum label label, bool for_threshold)
{
	size_t n = evaluate->messages_len, corpus_len = strcspn(path, "/");
	struct judged *message;

	if ((n & (n - 1)) == 0)		/* room doubles at each power of two */
		evaluate->messages = sl_xrealloc(evaluate->messages,
		    SL_MAX(2 * n, (size_t)1) * sizeof(*evaluate->messages));
	message = &evaluate->messages[evaluate->messages_len++];
	*message = (struct judged){ .path = sl_xstrdup(path), .label = label, .for_threshold = for_threshold,
		.trouble = "not judged" };
	message->corpus = path[corpus_len] == '\0' ? sl_xstrdup("(no folder)")
	    : sl_xmemdup(path, corpus_len);
}

/* A line without its end. Returns false when it is not `path TAB label`. */
static bool
list_line(struct evaluate *evaluate, char *line, bool for_threshold)
{
	char *tab = strchr(line, '\t');

	if (*line == '\0')
		return true;
	if (tab == NULL || tab == line)
		return false;
	*tab = '\0';
	for (int i = 0; i < LABELS; i++) {
		if (strcmp(tab + 1, label_words[i]) == 0) {
			list_add(evaluate, line, (enum label)i, for_threshold);
			return true;
		}
	}
	return false;
}

int
evaluate_list(struct evaluate *evaluate, const char *path, bool for_threshold)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, count = 0;
	ssize_t len;
	int status = EXIT_OK;

	if (file == NULL) {
		fprintf(stderr, "sluicectl evaluate: %s: %s\n", path, strerror(errno));
		return EXIT_PROBLEM;
	}
	while (status == EXIT_OK && (len = getline(&line, &size, file)) > 0) {
		count++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if (!list_line(evaluate, line, for_threshold)) {
			fprintf(stderr, "sluicectl evaluate: %s:%zu: not a path, a tab and ham, spam or phish\n",
			    path, count);
			status = EXIT_USAGE;
		}
	}
	free(line);
	fclose(file);
	return status;
}
