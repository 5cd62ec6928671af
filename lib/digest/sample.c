/* sample.c - print the tests' digest: sample [LANGUAGE [ROWS]] */

#include "digest/sample_i.h"

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	struct sl_digest digest = sample_digest;
	struct sl_digest_row *rows = NULL;
	struct sl_buf out, id;
	int r;

	if (argc > 1)
		digest.language = sl_slice_str(argv[1]);
	if (argc > 2) {	/* as many, all alike */
		digest.rows_len = (size_t)SL_MIN(strtoul(argv[2], NULL, 10), 100000ul);
		rows = sl_xzalloc((digest.rows_len + 1) * sizeof(*rows));
		for (size_t i = 0; i < digest.rows_len; i++)
			rows[i] = sample_rows[i % SL_COUNT(sample_rows)];
		digest.rows = rows;
	}
	sl_buf_init(&out, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&id, 512);
	r = sl_digest_compose(&digest, &out, &id);
	if (r == 0)
		fwrite(out.data, 1, out.len, stdout);
	else
		fprintf(stderr, "sample: %s\n", sl_strerror(r));
	sl_buf_fini(&out);
	sl_buf_fini(&id);
	sl_free(rows);
	return r == 0 ? 0 : 1;
}
