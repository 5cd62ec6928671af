/* deep_test.c - jobs and results there and back, what is refused, sealed memory */

#include "check.h"
#include "deep/deep.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void
note(void *ctx, const struct sl_deep_item *item)
{
	struct sl_buf *seen = ctx;

	sl_buf_addf(seen, "%d " SL_SLICE_FMT " ", (int)item->kind, SL_SLICE_ARG(item->path));
	if (item->kind == SL_DEEP_ENTRY)
		sl_buf_addf(seen, SL_SLICE_FMT " %ju %ju %x %02x%02x;", SL_SLICE_ARG(item->entry.type),
		    (uintmax_t)item->entry.size_bytes, (uintmax_t)item->entry.packed_bytes,
		    item->entry.flags, item->entry.sha256[0], item->entry.sha256[31]);
	else if (item->kind == SL_DEEP_FINDING)
		sl_buf_addf(seen, "%s " SL_SLICE_FMT ";", sl_deep_finding_name(item->finding.id),
		    SL_SLICE_ARG(item->finding.detail));
	else
		sl_buf_addf(seen, "%s " SL_SLICE_FMT ";", sl_deep_source_name(item->link.from),
		    SL_SLICE_ARG(item->link.url));
}

static struct sl_deep_item
an_entry(const char *path)
{
	struct sl_deep_item item = { .kind = SL_DEEP_ENTRY, .path = sl_slice_str(path) };

	item.entry.type = SL_SLICE_LIT("application/zip");
	item.entry.size_bytes = 1ull << 40;
	item.entry.packed_bytes = 7;
	item.entry.flags = SL_DEEP_HASHED | SL_DEEP_IS_PROGRAM;
	item.entry.sha256[0] = 0xab;
	item.entry.sha256[31] = 0xcd;
	return item;
}

static struct sl_deep_item
a_finding(const char *detail)
{
	struct sl_deep_item item = { .kind = SL_DEEP_FINDING };

	item.finding.id = SL_DEEP_MACRO;
	item.finding.detail = sl_slice_str(detail);
	return item;
}

static void
items_come_back_as_they_were(void **state)
{
	struct sl_deep_item entry = an_entry("a/\xc3\xa4.zip"), finding = a_finding("VBA");
	struct sl_deep_item link = { .kind = SL_DEEP_LINK, .path = SL_SLICE_LIT("x") };
	struct sl_buf out, seen;

	link.link.from = SL_DEEP_FROM_QR;
	link.link.url = SL_SLICE_LIT("https://a.example/?x=1");
	sl_buf_init(&out, SL_DEEP_RESULT_MAX);
	sl_buf_init(&seen, 10000);
	sl_deep_pack_item(&entry, &out);
	sl_deep_pack_item(&finding, &out);
	sl_deep_pack_item(&link, &out);
	assert_int_equal(sl_deep_unpack_items(sl_buf_slice(&out), note, &seen), 0);
	assert_string_equal(sl_buf_cstr(&seen),
	    "0 a/\xc3\xa4.zip application/zip 1099511627776 7 28 abcd;1  macro VBA;"
	    "2 x qr https://a.example/?x=1;");
	sl_buf_fini(&out);
	sl_buf_fini(&seen);
}

/* What a helper read in a hostile file cannot travel as it is. */
static void
texts_are_cleaned_and_cut(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;
	} rows[] = {
		{ "plain", "1  macro plain;" },
		{ "\xff\xfe", "1  macro \xef\xbf\xbd\xef\xbf\xbd;" },
		{ "a\nb\x1b[31m", "1  macro a\xef\xbf\xbd" "b\xef\xbf\xbd[31m;" },
		{ "a\xc2\x9b" "b", "1  macro a\xef\xbf\xbd\xef\xbf\xbd" "b;" },
	};
	char *longest = sl_xmalloc(2000);
	struct sl_deep_item item;
	struct sl_buf out, seen;

	sl_buf_init(&out, SL_DEEP_RESULT_MAX);
	sl_buf_init(&seen, 10000);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		sl_buf_reset(&out);
		sl_buf_reset(&seen);
		item = a_finding(rows[i].in);
		sl_deep_pack_item(&item, &out);
		assert_int_equal(sl_deep_unpack_items(sl_buf_slice(&out), note, &seen), 0);
		assert_string_equal(sl_buf_cstr(&seen), rows[i].out);
	}
	memset(longest, 'a', 1999);
	longest[1999] = '\0';
	memcpy(longest + SL_DEEP_DETAIL_MAX - 1, "\xc3\xa4", 2);	/* across the limit */
	sl_buf_reset(&out);
	sl_buf_reset(&seen);
	item = a_finding(longest);
	sl_deep_pack_item(&item, &out);
	assert_int_equal(sl_deep_unpack_items(sl_buf_slice(&out), note, &seen), 0);
	assert_int_equal(seen.len, strlen("1  macro ;") + SL_DEEP_DETAIL_MAX - 1);
	sl_buf_fini(&out);
	sl_buf_fini(&seen);
	sl_free(longest);
}

static void
every_cut_and_every_wrong_number_is_refused(void **state)
{
	struct sl_deep_item item = an_entry("path");
	struct sl_buf out, seen;
	struct sl_slice whole;

	sl_buf_init(&out, SL_DEEP_RESULT_MAX);
	sl_buf_init(&seen, 10000);
	sl_deep_pack_item(&item, &out);
	whole = sl_buf_slice(&out);
	for (size_t n = 1; n < whole.len; n++)
		assert_int_equal(sl_deep_unpack_items(sl_slice(whole.ptr, n), note, &seen), SL_ERR_SYNTAX);
	out.data[0] = SL_DEEP_KIND_COUNT;
	assert_int_equal(sl_deep_unpack_items(sl_buf_slice(&out), note, &seen), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	item = a_finding("x");
	sl_deep_pack_item(&item, &out);
	out.data[8] = SL_DEEP_FINDING_COUNT;	/* kind, empty path, then the number */
	assert_int_equal(sl_deep_unpack_items(sl_buf_slice(&out), note, &seen), SL_ERR_SYNTAX);
	out.data[8] = SL_DEEP_MACRO;
	out.data[out.len - 1] = '\n';
	assert_int_equal(sl_deep_unpack_items(sl_buf_slice(&out), note, &seen), SL_ERR_SYNTAX);
	assert_int_equal(seen.len, 0);
	sl_buf_fini(&out);
	sl_buf_fini(&seen);
}

static void
jobs_and_ends_come_back(void **state)
{
	struct sl_deep_job job = { sl_deep_budget_default, SL_SLICE_LIT("a.zip"),
		SL_SLICE_LIT("application/zip"), SL_SLICE_LIT("") }, back;
	struct sl_deep_done done = { { 1, 2, 3, 4 }, true }, end;
	struct sl_buf out;

	sl_buf_init(&out, SL_DEEP_JOB_MAX);
	sl_deep_pack_job(&job, &out);
	assert_int_equal(sl_deep_unpack_job(sl_buf_slice(&out), &back), 0);
	assert_memory_equal(&back.budget, &job.budget, sizeof(job.budget));
	assert_true(sl_slice_eq(back.name, job.name) && sl_slice_eq(back.declared, job.declared) &&
	    back.sniffed.len == 0);
	sl_buf_add_byte(&out, 0);	/* and nothing behind it */
	assert_int_equal(sl_deep_unpack_job(sl_buf_slice(&out), &back), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	sl_deep_pack_done(&done, &out);
	assert_true(out.len <= SL_DEEP_DONE_MAX);
	assert_int_equal(sl_deep_unpack_done(sl_buf_slice(&out), &end), 0);
	assert_true(end.complete && end.used.bytes_out == 1 && end.used.items == 2 &&
	    end.used.depth == 3 && end.used.cpu_ms == 4);
	out.data[out.len - 4] = 2;
	assert_int_equal(sl_deep_unpack_done(sl_buf_slice(&out), &end), SL_ERR_SYNTAX);
	sl_buf_fini(&out);
}

/* A helper that says it has used more than there was cannot make a budget grow. */
static void
a_budget_only_shrinks(void **state)
{
	struct sl_deep_budget left = { 100, 10, 6, 1000 }, used = { 60, 4, 2, 300 }, more = { UINT64_MAX,
		UINT32_MAX, 0, UINT32_MAX };

	sl_deep_budget_take(&left, &used);
	assert_true(left.bytes_out == 40 && left.items == 6 && left.depth == 6 && left.cpu_ms == 700);
	assert_true(sl_deep_budget_is_left(&left));
	sl_deep_budget_take(&left, &more);
	assert_true(left.bytes_out == 0 && left.items == 0 && left.cpu_ms == 0);
	assert_false(sl_deep_budget_is_left(&left));
}

static void
every_finding_and_source_has_a_name_of_its_own(void **state)
{
	for (int i = 0; i < SL_DEEP_FINDING_COUNT; i++) {
		assert_true(strlen(sl_deep_finding_sentence(i)) > 10);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(sl_deep_finding_name(i), sl_deep_finding_name(k));
	}
	for (int i = 0; i < SL_DEEP_SOURCE_COUNT; i++)
		assert_non_null(sl_deep_source_name(i));
}

static void
sealed_memory_is_what_was_written_and_stays_so(void **state)
{
	struct sl_slice bytes;
	int fd = sl_deep_seal(SL_SLICE_LIT("attachment"));

	assert_true(fd >= 0);
	assert_int_equal(sl_deep_map(fd, &bytes), 0);
	assert_true(sl_slice_eq(bytes, SL_SLICE_LIT("attachment")));
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_ptr_equal(mmap(NULL, 1, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	sl_deep_unmap(&bytes);
	close(fd);
	fd = sl_deep_seal(sl_slice("", 0));
	assert_true(fd >= 0);
	assert_int_equal(sl_deep_map(fd, &bytes), 0);
	assert_int_equal(bytes.len, 0);
	close(fd);
}

static void
what_is_not_sealed_is_not_mapped(void **state)
{
	struct sl_slice bytes;
	int memory = sl_deep_memory(), pipes[2];

	assert_true(memory >= 0);
	assert_int_equal(write(memory, "x", 1), 1);
	assert_int_equal(sl_deep_map(memory, &bytes), SL_ERR_SYNTAX);
	assert_int_equal(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_int_equal(sl_deep_map(memory, &bytes), SL_ERR_SYNTAX);
	assert_int_equal(sl_deep_seal_memory(memory), 0);
	assert_int_equal(sl_deep_map(memory, &bytes), 0);
	sl_deep_unmap(&bytes);
	close(memory);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(sl_deep_map(pipes[0], &bytes), SL_ERR_SYNTAX);
	close(pipes[0]);
	close(pipes[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_back_as_they_were),
		cmocka_unit_test(texts_are_cleaned_and_cut),
		cmocka_unit_test(every_cut_and_every_wrong_number_is_refused),
		cmocka_unit_test(jobs_and_ends_come_back),
		cmocka_unit_test(a_budget_only_shrinks),
		cmocka_unit_test(every_finding_and_source_has_a_name_of_its_own),
		cmocka_unit_test(sealed_memory_is_what_was_written_and_stays_so),
		cmocka_unit_test(what_is_not_sealed_is_not_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
