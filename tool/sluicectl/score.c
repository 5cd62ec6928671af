/* score.c - sluicectl score: judge message files by a model and say why */

#include <stdio.h>

#include "commands.h"
#include "judge.h"
#include "sl/buf.h"
#include "terminal.h"

static void
print_json(const char *file, const struct sl_verdict *verdict)
{
	struct sl_buf out;

	sl_buf_init(&out, (size_t)1 << 20);
	sl_buf_add_str(&out, "{\"file\": ");
	sl_buf_add_json(&out, sl_slice_str(file));
	sl_buf_addf(&out, ", \"probability\": %.9f, \"categories\": {", verdict->probability[SL_SPAM]);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		sl_buf_addf(&out, "%s\"%s\": %.9f", c > 0 ? ", " : "",
		    sl_category_word((enum sl_category)c), verdict->probability[c]);
	sl_buf_add_str(&out, "}, \"evidence\": [");
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *evidence = &verdict->evidence[i];

		sl_buf_addf(&out, "%s{\"name\": \"%s\", \"value\": %.9f, \"log_odds\": %.9f, "
		    "\"by_category\": {", i > 0 ? ", " : "", evidence->name, evidence->value,
		    evidence->log_odds[SL_SPAM]);
		for (int c = 0; c < SL_CATEGORY_COUNT; c++)
			sl_buf_addf(&out, "%s\"%s\": %.9f", c > 0 ? ", " : "",
			    sl_category_word((enum sl_category)c), evidence->log_odds[c]);
		sl_buf_add_str(&out, "}, \"sentence\": ");
		sl_buf_add_json(&out, sl_slice_str(evidence->sentence));
		sl_buf_add_str(&out, "}");
	}
	sl_buf_add_str(&out, "]}");
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
print_row(const char *file, const struct sl_verdict *verdict)
{
	printf("%8.2f %% %8.2f %%  %-32s  ", 100 * verdict->probability[SL_SPAM],
	    100 * verdict->probability[SL_PHISH], file);
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		printf("%s%s %+.2f: ", i > 0 ? "; " : "", verdict->evidence[i].name,
		    verdict->evidence[i].log_odds[SL_SPAM]);
		terminal_put_str(verdict->evidence[i].sentence);
	}
	putchar('\n');
}

int
score_main(int argc, char **argv)
{
	static const struct judge_command command = {
		.name = "score",
		.about = "Judge messages as an edge would, without delivering anything.\n",
		.json = "file, probability (that it is unwanted),\n"
		    "                  categories (a probability for each) and evidence",
		.heading = "  unwanted      phish  file                              why\n",
		.print = print_row,
		.print_json = print_json,
	};

	return judge_command(&command, argc, argv);
}
