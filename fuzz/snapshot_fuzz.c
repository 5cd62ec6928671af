/* snapshot_fuzz.c - a snapshot with any damage and a right checksum: refused, or all look-ups stay in bounds
 *
 * The input changes bytes of a good one (three bytes: where, what), or is one itself. */

#include "policy/text/policy_text.h"
#include "snapshot/snapshot.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "fuzz";

static struct sl_policy
some_policy(const char *tag)
{
	static const struct sl_slice words[] = { { (const unsigned char *)"one word that is long enough to be kept elsewhere", 48 } };
	static const struct sl_content_group group = { .name = { (const unsigned char *)"g", 1 }, .action = SL_ACTION_TAG,
		.at_least = 1, .words = { words, 1 } };
	struct sl_policy p = { .content.groups = { &group, 1 }, .subject_tag = sl_slice_str(tag), .quarantine.days = 7 };

	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		sl_policy_category_clear(&p.category[c]);
	p.digest.time_zone = SL_SLICE_LIT("UTC");
	p.digest.language = SL_SLICE_LIT("en");
	return p;
}

static void
add_entry(struct sl_snapshot_writer *w, enum sl_policy_by by, uint32_t owner, const char *user, const char *text, int64_t expires_s)
{
	struct sl_list_entry entry = { .flags = SL_LIST_DENY, .expires_s = expires_s };

	SL_ASSERT(sl_list_key_read(sl_slice_str(text), &entry.key) == NULL);
	SL_ASSERT(sl_snapshot_writer_entry(w, by, owner, sl_slice_str(user), &entry) == 0);
}

/* What the operator and a partner say, a template of each, and two policies below. */
static void
add_policies(struct sl_snapshot_writer *w, uint32_t *first, uint32_t *second)
{
	static struct sl_policy_layer tag, words;
	static struct sl_policy_presets presets;
	struct sl_policy fixed = some_policy("b");
	struct sl_snapshot_chain chain = { .partner = 3, .mode = SL_MODE_MONITOR, .steps_len = 2, .steps = {
		{ SL_BY_TENANT, SL_SLICE_LIT("gold"), &tag }, { SL_BY_USER, SL_SLICE_LIT("tin"), &words } } };
	struct sl_arena arena;
	struct sl_buf errors;

	sl_arena_init(&arena, 1 << 20);
	sl_buf_init(&errors, 1024);
	sl_policy_presets_read(&arena, &presets);
	SL_ASSERT(sl_policy_layer_read("p", SL_SLICE_LIT("subject_tag: \"[x]\"\nlocks: [spam]\n"), SL_BY_OPERATOR, &arena, &tag,
	    &errors) == 0);
	SL_ASSERT(sl_policy_layer_read("p", SL_SLICE_LIT("level: maximum\ncontent: {groups: [{name: w, words: [\"some words that are "
	    "long enough to be kept elsewhere, as they should\"], action: tag}]}\n"), SL_BY_OPERATOR, &arena, &words, &errors) == 0);
	SL_ASSERT(sl_snapshot_writer_presets(w, &presets) == 0);
	SL_ASSERT(sl_snapshot_writer_speaker(w, 3) == 0);
	SL_ASSERT(sl_snapshot_writer_source(w, 0, SL_SLICE_LIT(""), SL_SLICE_LIT("gold"), &tag) == 0);
	SL_ASSERT(sl_snapshot_writer_source(w, 0, SL_SLICE_LIT("gold"), SL_SLICE_LIT(""), &words) == 0);
	SL_ASSERT(sl_snapshot_writer_source(w, 3, SL_SLICE_LIT(""), SL_SLICE_LIT(""), &words) == 0);
	SL_ASSERT(sl_snapshot_writer_source(w, 3, SL_SLICE_LIT("tin"), SL_SLICE_LIT(""), &tag) == 0);
	SL_ASSERT(sl_snapshot_writer_chain(w, &chain, first) == 0 && sl_snapshot_writer_policy(w, &fixed, second) == 0);
	sl_buf_fini(&errors);
	sl_arena_fini(&arena);
}

static struct sl_slice
good_one(void)
{
	static unsigned char *bytes;
	static size_t size;
	struct sl_snapshot_writer *w;
	struct sl_snapshot_counts counts;
	struct sl_snapshot_tenant tenant = { .id = 1, .partner = 3, .name = SL_SLICE_LIT("T"), .hops_len = 1 };
	uint32_t first, second;
	struct sl_buf wrong;
	char user[32];
	int fd;

	if (bytes != NULL)
		return sl_slice(bytes, size);
	fd = memfd_create("good", 0);
	w = sl_snapshot_writer_new(fd, "/tmp", salt, SL_SLICE_LIT("n"));
	sl_buf_init(&wrong, 1024);
	add_policies(w, &first, &second);
	tenant.policy = first;
	SL_ASSERT(sl_snapshot_writer_tenant(w, &tenant) == 0);
	SL_ASSERT(sl_snapshot_writer_domain(w, 1, SL_SLICE_LIT("a.example"), sl_slice("", 0), second) == 0);
	SL_ASSERT(sl_snapshot_writer_domain(w, 1, SL_SLICE_LIT("b.example"), SL_SLICE_LIT("a.example"), SL_SNAPSHOT_INHERIT) == 0);
	SL_ASSERT(sl_snapshot_writer_domain(w, 1, SL_SLICE_LIT("*.a.example"), sl_slice("", 0), SL_SNAPSHOT_INHERIT) == 0);
	for (int i = 0; i < 40; i++) {
		snprintf(user, sizeof(user), "u%d@a.example", i);
		SL_ASSERT(sl_snapshot_writer_user(w, 1, sl_slice_str(user), 0, i % 2 ? first : SL_SNAPSHOT_INHERIT) == 0);
	}
	add_entry(w, SL_BY_OPERATOR, 0, "", "bad.example", 0);
	add_entry(w, SL_BY_PARTNER, 3, "", "*.bad.example", 0);
	add_entry(w, SL_BY_TENANT, 1, "", "192.0.2.0/24", 100);
	add_entry(w, SL_BY_USER, 1, "u1@a.example", "x@bad.example", 0);
	SL_ASSERT(sl_snapshot_writer_user_gone(w, 1, SL_SLICE_LIT("gone@a.example")) == 0);
	SL_ASSERT(sl_snapshot_writer_partly(w, 1) == 0);
	SL_ASSERT(sl_snapshot_writer_finish(w, &counts, &wrong) == 0);
	sl_snapshot_writer_free(&w);
	size = counts.bytes;
	bytes = sl_xmalloc(size);
	SL_ASSERT(pread(fd, bytes, size, 0) == (ssize_t)size);
	close(fd);
	sl_buf_fini(&wrong);
	return sl_slice(bytes, size);
}

static void
look_up(const struct sl_snapshot *s)
{
	static const char *const addresses[] = { "u1@a.example", "u2@b.example", "u3+x@a.example", "gone@a.example", "x@y.a.example", "x@c.example" };
	struct sl_snapshot_recipient r;
	struct sl_snapshot_tenant tenant;
	struct sl_list_found found[SL_BY_COUNT];
	struct sl_list_sender from;
	unsigned char client[16];
	struct sl_list_question question = { &from, &from, false, client };
	struct sl_arena arena;
	struct sl_policy policy;

	sl_list_sender_read(SL_SLICE_LIT("x@bad.example"), &from);
	SL_ASSERT(sl_list_client_read(SL_SLICE_LIT("192.0.2.9"), client));
	sl_arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < SL_COUNT(addresses); i++) {
		int result;

		if (!sl_snapshot_recipient(s, sl_slice_str(addresses[i]), &r))
			continue;
		sl_snapshot_find(s, &r, &question, 50, found);
		(void)sl_snapshot_tenant(s, r.tenant, &tenant);
		result = sl_snapshot_policy(s, r.policy, &arena, &policy);
		SL_ASSERT(result != SL_ERR_NOT_FOUND);	/* every policy that is named is there */
		if (result == 0) {			/* and one that there is can be said again */
			struct sl_policy again;
			struct sl_buf packed;

			sl_buf_init(&packed, SL_POLICY_PACKED_MAX);
			sl_policy_pack(&policy, &packed);
			SL_ASSERT(sl_policy_unpack(sl_buf_slice(&packed), &arena, &again) == 0);
			sl_buf_fini(&packed);
		}
	}
	sl_arena_fini(&arena);
}

/* The same, laid over a good one. */
static void
look_up_over(int fd)
{
	static struct sl_snapshot *under;
	struct sl_snapshot *s;
	int good;

	if (under == NULL) {
		good = memfd_create("under", 0);
		SL_ASSERT(write(good, good_one().ptr, good_one().len) == (ssize_t)good_one().len);
		SL_ASSERT(sl_snapshot_open(good, &under) == 0);
		close(good);
	}
	SL_ASSERT(sl_snapshot_open_over(fd, under, &s) == 0);
	look_up(s);
	sl_snapshot_close(&s);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_slice good = good_one();
	size_t size = len > 0 && data[0] == 0 && len > 200 ? len - 1 : good.len;
	unsigned char *bytes = sl_xmalloc(size);
	struct sl_snapshot *s;
	int fd = memfd_create("fuzz", 0), r;

	if (size == good.len) {
		memcpy(bytes, good.ptr, size);
		for (size_t i = 0; i + 3 <= len; i += 3)
			bytes[(size_t)(data[i] << 8 | data[i + 1]) % size] ^= data[i + 2];
	} else {
		memcpy(bytes, data + 1, size);
	}
	sl_snapshot_seal(bytes, size);
	SL_ASSERT(write(fd, bytes, size) == (ssize_t)size);
	r = sl_snapshot_open(fd, &s);
	SL_ASSERT((r == 0) == (s != NULL) && r != SL_ERR_SYSTEM);
	if (r == 0) {
		look_up(s);
		look_up_over(fd);
	}
	if (size == good.len && memcmp(bytes, good.ptr, size) == 0)
		SL_ASSERT(r == 0);
	sl_snapshot_close(&s);
	close(fd);
	sl_free(bytes);
	return 0;
}
