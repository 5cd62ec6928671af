/* snapshot_test.c - a small provider, compiled and looked up */

#include "check.h"
#include "policy/text/policy_text.h"
#include "snapshot/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "0123456789abcde";

struct fixture {
	struct sl_arena			arena;
	struct sl_policy_presets	presets;
	struct sl_buf			wrong;
};

static int
setup(void **state)
{
	struct fixture *f = sl_xzalloc(sizeof(*f));

	sl_arena_init(&f->arena, (size_t)64 << 20);
	sl_buf_init(&f->wrong, 65536);
	sl_policy_presets_read(&f->arena, &f->presets);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sl_arena_fini(&f->arena);
	sl_buf_fini(&f->wrong);
	sl_free(f);
	return 0;
}

static struct sl_policy
policy_of(struct fixture *f, const char *text)
{
	struct sl_policy_layer layer;
	struct sl_policy_source source = { SL_BY_TENANT, &layer };
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy policy;

	assert_int_equal(sl_policy_layer_read("p", sl_slice_str(text), SL_BY_TENANT, &f->arena, &layer, &f->wrong), 0);
	sl_policy_resolve(&f->presets, &source, 1, e);
	policy = e->policy;
	sl_free(e);
	return policy;
}

/* What a provider has, as steps that can be taken in any order. */
enum what { TENANT, DOMAIN, GROUP, USER, ENTRY };
struct step {
	enum what	 what;
	uint32_t	 tenant;
	const char	*name, *other;	/* domain and what it is an alias of; user; entry and its user */
	int		 policy;	/* index of `policies`; -1: inherits */
	uint32_t	 group;
	enum sl_policy_by by;
	unsigned	 flags;
	int64_t		 expires_s;
};
static const char *const policies[] = { "", "level: maximum", "spam: never",
	"content: {groups: [{name: words, words: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa], action: tag}]}",
	"subject_tag: \"[x]\"\n"
	"content: {groups: [{name: words, words: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa], action: tag}]}" };

#define INHERITS	-1
#define D		SL_LIST_DENY
#define A		SL_LIST_ALLOW

static const struct step provider[] = {
	{ TENANT, 1, "One", "pubkey", 0, 7, 0, 0, 0 },		/* group: the partner */
	{ TENANT, 2, "Two", "", 1, 0, 0, 0, 0 },
	{ DOMAIN, 1, "one.example", "", INHERITS, 0, 0, 0, 0 },
	{ DOMAIN, 1, "strict.example", "", 1, 0, 0, 0, 0 },
	{ DOMAIN, 1, "alias.example", "one.example", INHERITS, 0, 0, 0, 0 },
	{ DOMAIN, 1, "B\xc3\xbc""cher.example", "strict.example", INHERITS, 0, 0, 0, 0 },
	{ DOMAIN, 2, "two.example", "", INHERITS, 0, 0, 0, 0 },
	{ DOMAIN, 2, "*.two.example", "", 2, 0, 0, 0, 0 },
	{ GROUP, 1, NULL, NULL, 2, 10, 0, 0, 0 },
	{ GROUP, 1, NULL, NULL, INHERITS, 11, 0, 0, 0 },
	{ USER, 1, "plain@one.example", NULL, INHERITS, 0, 0, 0, 0 },
	{ USER, 1, "member@one.example", NULL, INHERITS, 10, 0, 0, 0 },
	{ USER, 1, "idle@one.example", NULL, INHERITS, 11, 0, 0, 0 },
	{ USER, 1, "Own@One.example", NULL, 3, 10, 0, 0, 0 },
	{ USER, 1, "strict@strict.example", NULL, INHERITS, 0, 0, 0, 0 },
	{ USER, 2, "a@two.example", NULL, 4, 0, 0, 0, 0 },
	{ USER, 2, "b@x.two.example", NULL, INHERITS, 0, 0, 0, 0 },
	{ ENTRY, 0, "bad.example", "", 0, 0, SL_BY_OPERATOR, D, 0 },
	{ ENTRY, 7, "partner.example", "", 0, 0, SL_BY_PARTNER, A, 0 },
	{ ENTRY, 1, "*.spam.example", "", 0, 0, SL_BY_TENANT, D, 0 },
	{ ENTRY, 1, "198.51.100.0/24", "", 0, 0, SL_BY_TENANT, D, 0 },
	{ ENTRY, 1, "friend@good.example", "", 0, 0, SL_BY_TENANT, A, 0 },
	{ ENTRY, 1, "friend@good.example", "", 0, 0, SL_BY_TENANT, D, 2000 },
	{ ENTRY, 1, "friend@good.example", "", 0, 0, SL_BY_TENANT, D, 1000 },
	{ ENTRY, 1, "soon.example", "", 0, 0, SL_BY_TENANT, D, 1000 },
	{ ENTRY, 1, "soon.example", "", 0, 0, SL_BY_TENANT, D, 500 },
	{ ENTRY, 1, "mine.example", "own@one.example", 0, 0, SL_BY_USER, A, 0 },
	{ ENTRY, 1, "203.0.113.5", "own@one.example", 0, 0, SL_BY_USER, A, 0 },
};

static int
take(struct fixture *f, struct sl_snapshot_writer *w, const struct step *s)
{
	struct sl_policy policy;
	uint32_t id = SL_SNAPSHOT_INHERIT;
	struct sl_list_entry entry = { .flags = s->flags, .expires_s = s->expires_s };

	if (s->policy != INHERITS && s->what != ENTRY) {
		policy = policy_of(f, policies[s->policy]);
		assert_int_equal(sl_snapshot_writer_policy(w, &policy, &id), 0);
	}
	switch (s->what) {
	case TENANT: {
		struct sl_snapshot_tenant tenant = { .id = s->tenant, .partner = s->group, .name = sl_slice_str(s->name),
			.key = sl_slice_str(s->other), .hops_len = 1, .policy = id };

		tenant.hops[0] = (struct sl_snapshot_hop){ .text = SL_SLICE_LIT("mx.internal:25"),
			.host = SL_SLICE_LIT("mx.internal"), .address = { [15] = 1 }, .port = 25 };
		return sl_snapshot_writer_tenant(w, &tenant);
	}
	case DOMAIN:
		return sl_snapshot_writer_domain(w, s->tenant, sl_slice_str(s->name), sl_slice_str(s->other), id);
	case GROUP:
		return sl_snapshot_writer_group(w, s->tenant, s->group, id);
	case USER:
		return sl_snapshot_writer_user(w, s->tenant, sl_slice_str(s->name), s->group, id);
	case ENTRY:
		assert_null(sl_list_key_read(sl_slice_str(s->name), &entry.key));
		return sl_snapshot_writer_entry(w, s->by, s->tenant, sl_slice_str(s->other), &entry);
	}
	return 1;
}

/* All steps of the provider, from the first or from the last, and some more. Returns what finish did. */
static int
compile(struct fixture *f, bool backwards, const struct step *more, size_t more_len, int *fd_out,
    struct sl_snapshot_counts *counts)
{
	struct sl_snapshot_writer *w;
	int r;

	*fd_out = memfd_create("snapshot", 0);
	assert_true(*fd_out >= 0);
	w = sl_snapshot_writer_new(*fd_out, "/tmp", salt, SL_SLICE_LIT("version 12"));
	for (size_t i = 0; i < SL_COUNT(provider); i++)
		assert_int_equal(take(f, w, &provider[backwards ? SL_COUNT(provider) - 1 - i : i]), 0);
	for (size_t i = 0; i < more_len; i++)
		assert_int_equal(take(f, w, &more[i]), 0);
	sl_buf_reset(&f->wrong);
	r = sl_snapshot_writer_finish(w, counts, &f->wrong);
	sl_snapshot_writer_free(&w);
	return r;
}

static struct sl_snapshot *
open_provider(struct fixture *f)
{
	struct sl_snapshot_counts counts;
	struct sl_snapshot *s;
	int fd, r;

	r = compile(f, false, NULL, 0, &fd, &counts);
	if (r != 0)
		fail_msg("%d: %s", r, sl_buf_cstr(&f->wrong));
	r = sl_snapshot_open(fd, &s);
	if (r != 0)
		fail_msg("%s", sl_strerror(r));
	close(fd);
	return s;
}

static const struct {
	const char	*address;
	uint32_t	 tenant;	/* 0: nobody's */
	int		 policy;
	bool		 is_user, has_lists;
} recipients[] = {
	{ "plain@one.example", 1, 0, true, false }, { "PLAIN@ONE.Example", 1, 0, true, false },
	{ "nobody@one.example", 1, 0, false, false }, { "member@one.example", 1, 2, true, false },
	{ "idle@one.example", 1, 0, true, false }, { "own@one.example", 1, 3, true, true },
	{ "own+lists@one.example", 1, 3, true, true }, { "+x@one.example", 1, 0, false, false },
	{ "member@alias.example", 1, 2, true, false }, { "nobody@alias.example", 1, 0, false, false },
	{ "strict@strict.example", 1, 1, true, false }, { "strict@xn--bcher-kva.example", 1, 1, true, false },
	{ "strict@one.example", 1, 0, false, false }, { "plain@strict.example", 1, 1, false, false },
	{ "a@two.example", 2, 4, true, false }, { "x@two.example", 2, 1, false, false },
	{ "a@x.two.example", 2, 2, false, false }, { "b@x.two.example", 2, 2, true, false },
	{ "b@y.x.two.example", 2, 2, false, false }, { "a@three.example", 0, 0, false, false },
	{ "a@atwo.example", 0, 0, false, false }, { "two.example", 0, 0, false, false }, { "@two.example", 0, 0, false, false },
	{ "", 0, 0, false, false },
};

static void
recipients_are_found(void **state)
{
	struct fixture *f = *state;
	struct sl_snapshot *s = open_provider(f);
	struct sl_buf difference;

	sl_buf_init(&difference, 65536);
	for (size_t i = 0; i < SL_COUNT(recipients); i++) {
		struct sl_snapshot_recipient r;
		struct sl_policy policy, expected = policy_of(f, policies[recipients[i].policy]);
		bool found = sl_snapshot_recipient(s, sl_slice_str(recipients[i].address), &r);

		if (found != (recipients[i].tenant != 0))
			fail_msg("%s: %s", recipients[i].address, found ? "found" : "not found");
		if (!found)
			continue;
		if (r.tenant != recipients[i].tenant || r.is_user != recipients[i].is_user ||
		    r.has_lists != recipients[i].has_lists)
			fail_msg("%s: tenant %u, user %d, lists %d", recipients[i].address, r.tenant, r.is_user, r.has_lists);
		assert_int_equal(sl_snapshot_policy(s, r.policy, &f->arena, &policy), 0);
		sl_buf_reset(&difference);
		sl_policy_diff(&expected, &policy, &difference);
		if (difference.len > 0)
			fail_msg("%s: %s", recipients[i].address, sl_buf_cstr(&difference));
	}
	sl_buf_fini(&difference);
	sl_snapshot_close(&s);
}

static void
those_who_fare_alike_are_a_class(void **state)
{
	static const struct { const char *a, *b; bool same; } rows[] = {
		{ "plain@one.example", "nobody@alias.example", true }, { "plain@one.example", "idle@one.example", true },
		{ "plain@one.example", "member@one.example", false }, { "own@one.example", "own+x@alias.example", true },
		{ "own@one.example", "plain@one.example", false },
		{ "x@strict.example", "x@two.example", false },		/* the same policy, another tenant */
	};
	struct sl_snapshot *s = open_provider(*state);

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_snapshot_recipient a, b;

		assert_true(sl_snapshot_recipient(s, sl_slice_str(rows[i].a), &a));
		assert_true(sl_snapshot_recipient(s, sl_slice_str(rows[i].b), &b));
		if ((a.class_id == b.class_id) != rows[i].same)
			fail_msg("%s, %s", rows[i].a, rows[i].b);
	}
	sl_snapshot_close(&s);
}

static const struct {
	const char	*recipient, *from, *client;
	int64_t		 now_s;
	enum sl_policy_by by;		/* whose list is met; DOMAIN: nobody's */
	unsigned	 flags;
} listed[] = {
	{ "plain@one.example", "x@bad.example", "192.0.2.1", 0, SL_BY_OPERATOR, D },
	{ "a@two.example", "x@bad.example", "192.0.2.1", 0, SL_BY_OPERATOR, D },
	{ "plain@one.example", "x@partner.example", "192.0.2.1", 0, SL_BY_PARTNER, A },
	{ "a@two.example", "x@partner.example", "192.0.2.1", 0, SL_BY_DOMAIN, 0 },
	{ "plain@one.example", "x@a.b.spam.example", "192.0.2.1", 0, SL_BY_TENANT, D },
	{ "a@two.example", "x@a.b.spam.example", "192.0.2.1", 0, SL_BY_DOMAIN, 0 },
	{ "plain@one.example", "x@y.example", "198.51.100.77", 0, SL_BY_TENANT, D },
	{ "plain@one.example", "x@y.example", "198.51.101.77", 0, SL_BY_DOMAIN, 0 },
	{ "plain@one.example", "Friend@Good.example", "192.0.2.1", 5000, SL_BY_TENANT, A | D },	/* one of them never ends */
	{ "plain@one.example", "x@soon.example", "192.0.2.1", 999, SL_BY_TENANT, D },
	{ "plain@one.example", "x@soon.example", "192.0.2.1", 1000, SL_BY_DOMAIN, 0 },
	{ "own@one.example", "x@mine.example", "192.0.2.1", 0, SL_BY_USER, A },
	{ "own@alias.example", "x@mine.example", "192.0.2.1", 0, SL_BY_USER, A },
	{ "plain@one.example", "x@mine.example", "192.0.2.1", 0, SL_BY_DOMAIN, 0 },
	{ "own@one.example", "x@y.example", "203.0.113.5", 0, SL_BY_USER, A },
	{ "own@one.example", "x@y.example", "203.0.113.6", 0, SL_BY_DOMAIN, 0 },
};

static void
lists_are_looked_up(void **state)
{
	struct sl_snapshot *s = open_provider(*state);

	for (size_t i = 0; i < SL_COUNT(listed); i++) {
		struct sl_snapshot_recipient r;
		struct sl_list_found found[SL_BY_COUNT];
		struct sl_list_sender from;
		unsigned char client[16];
		struct sl_list_question question = { &from, &from, false, client };

		assert_true(sl_snapshot_recipient(s, sl_slice_str(listed[i].recipient), &r));
		sl_list_sender_read(sl_slice_str(listed[i].from), &from);
		assert_true(sl_list_client_read(sl_slice_str(listed[i].client), client));
		sl_snapshot_find(s, &r, &question, listed[i].now_s, found);
		for (int by = 0; by < SL_BY_COUNT; by++) {
			unsigned flags = found[by].deny.flags | found[by].allow_from.flags | found[by].allow_client.flags;

			if (flags != (by == (int)listed[i].by ? listed[i].flags : 0))
				fail_msg("%s from %s: %s says %u", listed[i].recipient, listed[i].from,
				    sl_policy_by_word((enum sl_policy_by)by), flags);
		}
	}
	sl_snapshot_close(&s);
}

static void
tenants_are_what_they_were(void **state)
{
	struct sl_snapshot *s = open_provider(*state);
	struct sl_snapshot_counts counts;
	struct sl_snapshot_tenant t;

	assert_true(sl_snapshot_tenant(s, 1, &t));
	assert_true(sl_slice_eq(t.name, SL_SLICE_LIT("One")) && sl_slice_eq(t.key, SL_SLICE_LIT("pubkey")));
	assert_int_equal(t.hops_len, 1);
	assert_true(sl_slice_eq(t.hops[0].text, SL_SLICE_LIT("mx.internal:25")) && t.hops[0].port == 25 &&
	    t.hops[0].address[15] == 1);
	assert_int_equal(t.partner, 7);
	assert_false(sl_snapshot_tenant(s, 3, &t));
	sl_snapshot_counts(s, &counts);
	assert_int_equal(counts.tenants, 2);
	assert_int_equal(counts.domains, 6);
	assert_int_equal(counts.users, 7);
	assert_int_equal(counts.entries, 8);		/* the same is one */
	assert_int_equal(counts.policies, 5);
	assert_int_equal(counts.long_values, 1);	/* which two policies share */
	assert_int_equal(counts.expiring, 1);
	assert_true(sl_slice_eq(sl_snapshot_note(s), SL_SLICE_LIT("version 12")));
	assert_int_equal(strlen(sl_snapshot_id(s)), 16);
	sl_snapshot_close(&s);
}

static struct sl_slice
file_bytes(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	void *bytes = sl_xmalloc((size_t)len);

	assert_true(pread(fd, bytes, (size_t)len, 0) == len);
	return sl_slice(bytes, (size_t)len);
}

static void
the_order_changes_no_byte(void **state)
{
	struct sl_snapshot_counts counts;
	int one, two;
	struct sl_slice a, b;

	assert_int_equal(compile(*state, false, NULL, 0, &one, &counts), 0);
	assert_int_equal(compile(*state, true, NULL, 0, &two, &counts), 0);
	a = file_bytes(one);
	b = file_bytes(two);
	assert_true(sl_slice_eq(a, b));
	assert_int_equal(a.len, counts.bytes);
	sl_free((void *)(uintptr_t)a.ptr);
	sl_free((void *)(uintptr_t)b.ptr);
	close(one);
	close(two);
}

static const struct { const char *name; struct step step; int result; } inconsistent[] = {
	{ "a domain of nobody", { DOMAIN, 9, "nine.example", "", INHERITS, 0, 0, 0, 0 }, SL_ERR_NOT_FOUND },
	{ "an alias of nothing", { DOMAIN, 1, "nine.example", "none.example", INHERITS, 0, 0, 0, 0 }, SL_ERR_NOT_FOUND },
	{ "an alias of an alias", { DOMAIN, 1, "nine.example", "alias.example", INHERITS, 0, 0, 0, 0 }, SL_ERR_NOT_FOUND },
	{ "an alias of another's", { DOMAIN, 1, "nine.example", "two.example", INHERITS, 0, 0, 0, 0 }, SL_ERR_NOT_FOUND },
	{ "a user in no group", { USER, 1, "x@one.example", NULL, INHERITS, 99, 0, 0, 0 }, SL_ERR_NOT_FOUND },
	{ "a user twice", { USER, 1, "PLAIN@one.example", NULL, INHERITS, 0, 0, 0, 0 }, SL_ERR_BUSY },
	{ "a list of no user", { ENTRY, 1, "x.example", "x@one.example", 0, 0, SL_BY_USER, D, 0 }, SL_ERR_NOT_FOUND },
	{ "a list of no tenant", { ENTRY, 9, "x.example", "", 0, 0, SL_BY_TENANT, D, 0 }, SL_ERR_NOT_FOUND },
};

static void
what_does_not_fit_together_is_refused(void **state)
{
	struct fixture *f = *state;
	struct sl_snapshot_counts counts;
	struct sl_snapshot *s;

	for (size_t i = 0; i < SL_COUNT(inconsistent); i++) {
		int fd, r = compile(f, false, &inconsistent[i].step, 1, &fd, &counts);

		if (r != inconsistent[i].result || f->wrong.len == 0)
			fail_msg("%s: %d %s", inconsistent[i].name, r, sl_buf_cstr(&f->wrong));
		assert_int_not_equal(sl_snapshot_open(fd, &s), 0);
		close(fd);
	}
}

static void
what_is_there_already_or_wrong_is_said_at_once(void **state)
{
	struct fixture *f = *state;
	int fd = memfd_create("snapshot", 0);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, "/tmp", salt, SL_SLICE_LIT(""));
	struct sl_list_entry entry = { .flags = D };

	for (size_t i = 0; i < SL_COUNT(provider); i++)
		assert_int_equal(take(f, w, &provider[i]), 0);
	for (size_t i = 0; i < SL_COUNT(provider); i++)
		if (provider[i].what <= GROUP)
			assert_int_equal(take(f, w, &provider[i]), SL_ERR_BUSY);
	assert_int_equal(sl_snapshot_writer_domain(w, 1, SL_SLICE_LIT("a..b"), sl_slice("", 0), SL_SNAPSHOT_INHERIT),
	    SL_ERR_SYNTAX);
	assert_int_equal(sl_snapshot_writer_domain(w, 1, SL_SLICE_LIT("c.example"), sl_slice("", 0), 99), SL_ERR_SYNTAX);
	assert_int_equal(sl_snapshot_writer_user(w, 1, SL_SLICE_LIT("nobody"), 0, SL_SNAPSHOT_INHERIT), SL_ERR_SYNTAX);
	assert_null(sl_list_key_read(SL_SLICE_LIT("a.example"), &entry.key));
	assert_int_equal(sl_snapshot_writer_entry(w, SL_BY_OPERATOR, 1, sl_slice("", 0), &entry), SL_ERR_SYNTAX);
	assert_int_equal(sl_snapshot_writer_entry(w, SL_BY_GROUP, 1, sl_slice("", 0), &entry), SL_ERR_SYNTAX);
	entry.flags = SL_LIST_EITHER;
	assert_int_equal(sl_snapshot_writer_entry(w, SL_BY_TENANT, 1, sl_slice("", 0), &entry), SL_ERR_SYNTAX);
	sl_snapshot_writer_free(&w);
	close(fd);
}

static void
damage_is_seen(void **state)
{
	struct sl_snapshot_counts counts;
	struct sl_snapshot *s;
	struct sl_slice bytes;
	unsigned char byte;
	int fd;

	assert_int_equal(compile(*state, false, NULL, 0, &fd, &counts), 0);
	bytes = file_bytes(fd);
	for (size_t i = 0; i < bytes.len; i += 1 + bytes.len / 500) {
		byte = bytes.ptr[i] ^ 0x10;
		assert_true(pwrite(fd, &byte, 1, (off_t)i) == 1);
		assert_int_not_equal(sl_snapshot_open(fd, &s), 0);
		assert_null(s);
		assert_true(pwrite(fd, bytes.ptr + i, 1, (off_t)i) == 1);
	}
	assert_int_equal(sl_snapshot_open(fd, &s), 0);
	sl_snapshot_close(&s);
	for (off_t cut = 0; cut < (off_t)bytes.len; cut += 1 + (off_t)bytes.len / 100) {
		assert_int_equal(ftruncate(fd, cut), 0);
		assert_int_equal(sl_snapshot_open(fd, &s), SL_ERR_TRUNCATED);
	}
	sl_free((void *)(uintptr_t)bytes.ptr);
	close(fd);
}

/* More than is sorted in memory, all of them found again. */
static void
many_are_sorted_and_found(void **state)
{
	enum { MANY = 360000 };
	struct fixture *f = *state;
	struct sl_snapshot_counts counts;
	struct sl_snapshot *s;
	int fd = memfd_create("snapshot", 0);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, "/tmp", salt, SL_SLICE_LIT(""));
	struct sl_snapshot_recipient r;
	char text[64];

	assert_int_equal(take(f, w, &provider[0]), 0);
	assert_int_equal(take(f, w, &provider[2]), 0);
	for (int i = 0; i < MANY; i++) {
		int len = snprintf(text, sizeof(text), "u%d@one.example", i);

		assert_int_equal(sl_snapshot_writer_user(w, 1, sl_slice(text, (size_t)len), 0, SL_SNAPSHOT_INHERIT), 0);
	}
	assert_int_equal(sl_snapshot_writer_finish(w, &counts, &f->wrong), 0);
	sl_snapshot_writer_free(&w);
	assert_int_equal(sl_snapshot_open(fd, &s), 0);
	for (int i = 0; i < MANY + 1000; i += 7) {
		int len = snprintf(text, sizeof(text), "u%d@one.example", i);

		assert_true(sl_snapshot_recipient(s, sl_slice(text, (size_t)len), &r));
		assert_int_equal(r.is_user, i < MANY);
	}
	sl_snapshot_close(&s);
	close(fd);
}

/* ---- one over another */

/* Tenant 1 loses a domain and gains a user, tenant 2 is gone, tenant 3 is new; the partner's list is empty now. */
static const struct step changes[] = {
	{ TENANT, 1, "Uno", "", 2, 7, 0, 0, 0 },
	{ DOMAIN, 1, "one.example", "", INHERITS, 0, 0, 0, 0 },
	{ USER, 1, "plain@one.example", NULL, INHERITS, 0, 0, 0, 0 },
	{ USER, 1, "new@one.example", NULL, 1, 0, 0, 0, 0 },
	{ TENANT, 3, "Three", "", 1, 0, 0, 0, 0 },
	{ DOMAIN, 3, "three.example", "", INHERITS, 0, 0, 0, 0 },
	{ DOMAIN, 3, "x.two.example", "", INHERITS, 0, 0, 0, 0 },
	{ ENTRY, 1, "newly.example", "", 0, 0, SL_BY_TENANT, D, 0 },
};

static struct sl_snapshot *
open_changes(struct fixture *f, const struct sl_snapshot *under, uint32_t gone, bool operators_too)
{
	struct sl_snapshot_counts counts;
	int fd = memfd_create("changes", 0);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, "/tmp", (const unsigned char *)"another salt 123",
	    SL_SLICE_LIT("version 13"));
	struct sl_snapshot *s;

	for (size_t i = 0; i < SL_COUNT(changes); i++)
		assert_int_equal(take(f, w, &changes[i]), 0);
	assert_int_equal(sl_snapshot_writer_gone(w, gone), 0);
	assert_int_equal(sl_snapshot_writer_list(w, SL_BY_PARTNER, 7), 0);
	if (operators_too)
		assert_int_equal(sl_snapshot_writer_list(w, SL_BY_OPERATOR, 0), 0);
	if (sl_snapshot_writer_finish(w, &counts, &f->wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&f->wrong));
	sl_snapshot_writer_free(&w);
	assert_int_equal(sl_snapshot_open_over(fd, under, &s), 0);
	close(fd);
	return s;
}

static const struct { const char *address; uint32_t tenant; int policy; bool is_user; } changed[] = {
	{ "plain@one.example", 1, 2, true }, { "new@one.example", 1, 1, true }, { "member@one.example", 1, 2, false },
	{ "x@strict.example", 0, 0, false }, { "x@alias.example", 0, 0, false },	/* no longer his */
	{ "a@two.example", 0, 0, false }, { "a@y.two.example", 0, 0, false },		/* gone */
	{ "a@x.two.example", 3, 1, false }, { "a@three.example", 3, 1, false },
};

static void
a_change_is_laid_over_all(void **state)
{
	struct fixture *f = *state;
	struct sl_snapshot *under = open_provider(f), *s = open_changes(f, under, 2, false);
	struct sl_buf difference;
	struct sl_snapshot_tenant t;

	sl_buf_init(&difference, 65536);
	for (size_t i = 0; i < SL_COUNT(changed); i++) {
		struct sl_policy policy, expected = policy_of(f, policies[changed[i].policy]);
		struct sl_snapshot_recipient r;
		bool found = sl_snapshot_recipient(s, sl_slice_str(changed[i].address), &r);

		if (found != (changed[i].tenant != 0) || r.tenant != changed[i].tenant || r.is_user != changed[i].is_user)
			fail_msg("%s: tenant %u", changed[i].address, r.tenant);
		if (!found)
			continue;
		assert_int_equal(sl_snapshot_policy(s, r.policy, &f->arena, &policy), 0);
		sl_policy_diff(&expected, &policy, &difference);
		if (difference.len > 0)
			fail_msg("%s: %s", changed[i].address, sl_buf_cstr(&difference));
	}
	assert_true(sl_snapshot_tenant(s, 1, &t) && sl_slice_eq(t.name, SL_SLICE_LIT("Uno")));
	assert_false(sl_snapshot_tenant(s, 2, &t));
	sl_buf_fini(&difference);
	sl_snapshot_close(&s);
	sl_snapshot_close(&under);
}

static bool
is_listed(const struct sl_snapshot *s, const char *recipient, const char *sender, enum sl_policy_by by)
{
	struct sl_snapshot_recipient r;
	struct sl_list_found found[SL_BY_COUNT];
	struct sl_list_sender from;
	struct sl_list_question question = { &from, &from, false, NULL };

	assert_true(sl_snapshot_recipient(s, sl_slice_str(recipient), &r));
	sl_list_sender_read(sl_slice_str(sender), &from);
	sl_snapshot_find(s, &r, &question, 0, found);
	return (found[by].deny.flags | found[by].allow_from.flags) != 0;
}

/* A snapshot in which the operator, a partner's template and a tenant say something; NULL: nothing. `over`: NULL, or what it is over. */
static struct sl_snapshot *
said(struct fixture *f, const char *operator, const char *template, const char *tenant, const struct sl_snapshot *over)
{
	const char *const texts[] = { operator, template, tenant };
	static const enum sl_policy_by bys[] = { SL_BY_OPERATOR, SL_BY_PARTNER, SL_BY_TENANT };
	struct sl_policy_layer layers[3];
	struct sl_snapshot_chain chain = { .steps = { { SL_BY_TENANT, sl_slice("", 0), &layers[2] } }, .steps_len = 1 };
	int fd = memfd_create("said", 0);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, "/tmp", salt, sl_slice("", 0));
	struct sl_snapshot_tenant row = { .id = 1, .name = SL_SLICE_LIT("One"), .hops_len = 1,
		.hops = { { .text = SL_SLICE_LIT("mx:25"), .host = SL_SLICE_LIT("mx"), .port = 25 } } };
	struct sl_snapshot_counts counts;
	struct sl_snapshot *s;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(sl_policy_layer_read("p", sl_slice_str(texts[i] == NULL ? "" : texts[i]), bys[i], &f->arena,
		    &layers[i], &f->wrong), 0);
	assert_int_equal(sl_snapshot_writer_presets(w, &f->presets), 0);
	if (operator != NULL) {
		assert_int_equal(sl_snapshot_writer_speaker(w, 0), 0);
		assert_int_equal(sl_snapshot_writer_source(w, 0, sl_slice("", 0), sl_slice("", 0), &layers[0]), 0);
	}
	if (template != NULL)
		assert_int_equal(sl_snapshot_writer_source(w, 7, SL_SLICE_LIT("t"), sl_slice("", 0), &layers[1]), 0);
	if (tenant != NULL) {
		assert_int_equal(sl_snapshot_writer_chain(w, &chain, &row.policy), 0);
		assert_int_equal(sl_snapshot_writer_tenant(w, &row), 0);
	}
	assert_int_equal(sl_snapshot_writer_finish(w, &counts, &f->wrong), 0);
	sl_snapshot_writer_free(&w);
	assert_int_equal(over == NULL ? sl_snapshot_open(fd, &s) : sl_snapshot_open_over(fd, over, &s), 0);
	close(fd);
	return s;
}

#define MIB	((uint64_t)1 << 20)

static void
no_tenant_takes_larger_messages(void **state)
{
	static const struct {
		const char	*operator, *template, *tenant;
		uint64_t	 largest;
	} rows[] = {
		{ NULL, NULL, NULL, 50 * MIB }, { NULL, NULL, "", 50 * MIB }, { NULL, NULL, "message: {size: 10MiB}", 50 * MIB },
		{ NULL, NULL, "message: {size: 60MiB}", 60 * MIB }, { NULL, "message: {size: 70MiB}", "message: {size: 60MiB}", 70 * MIB },
		{ "message: {size: 20MiB}", NULL, "message: {size: 10MiB}", 20 * MIB }, { "spam: never", NULL, NULL, 50 * MIB },
		{ "message: {size: 90MiB}", "message: {size: 70MiB}", "", 90 * MIB },
	};
	struct fixture *f = *state;
	struct sl_snapshot *under, *s;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		s = said(f, rows[i].operator, rows[i].template, rows[i].tenant, NULL);
		assert_int_equal(sl_snapshot_largest(s), rows[i].largest);
		sl_snapshot_close(&s);
	}
	under = said(f, "message: {size: 20MiB}", NULL, "", NULL);
	s = said(f, NULL, NULL, "message: {size: 10MiB}", under);
	assert_int_equal(sl_snapshot_largest(s), 20 * MIB);
	sl_snapshot_close(&s);
	s = said(f, "", NULL, "message: {size: 60MiB}", under);	/* the operator says nothing any more */
	assert_int_equal(sl_snapshot_largest(s), 60 * MIB);
	sl_snapshot_close(&s);
	s = said(f, "message: {size: 30MiB}", NULL, NULL, under);
	assert_int_equal(sl_snapshot_largest(s), 30 * MIB);
	sl_snapshot_close(&s);
	sl_snapshot_close(&under);
}

static void
lists_are_replaced_whole(void **state)
{
	struct fixture *f = *state;
	struct sl_snapshot *under = open_provider(f), *s = open_changes(f, under, 99, false);

	assert_true(is_listed(s, "plain@one.example", "x@bad.example", SL_BY_OPERATOR));	/* as it was */
	assert_false(is_listed(s, "plain@one.example", "x@partner.example", SL_BY_PARTNER));
	assert_true(is_listed(under, "plain@one.example", "x@partner.example", SL_BY_PARTNER));
	assert_true(is_listed(s, "plain@one.example", "x@newly.example", SL_BY_TENANT));
	assert_false(is_listed(s, "plain@one.example", "x@a.spam.example", SL_BY_TENANT));
	assert_true(is_listed(s, "a@two.example", "x@bad.example", SL_BY_OPERATOR));		/* a tenant of below */
	sl_snapshot_close(&s);
	s = open_changes(f, under, 99, true);
	assert_false(is_listed(s, "a@two.example", "x@bad.example", SL_BY_OPERATOR));
	sl_snapshot_close(&s);
	sl_snapshot_close(&under);
}

static void
nothing_is_a_snapshot_too(void **state)
{
	struct fixture *f = *state;
	struct sl_snapshot_counts counts;
	struct sl_snapshot *s;
	struct sl_snapshot_recipient r;
	int fd = memfd_create("snapshot", 0);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, "/tmp", salt, SL_SLICE_LIT(""));

	assert_int_equal(sl_snapshot_writer_finish(w, &counts, &f->wrong), 0);
	sl_snapshot_writer_free(&w);
	assert_int_equal(sl_snapshot_open(fd, &s), 0);
	assert_false(sl_snapshot_recipient(s, SL_SLICE_LIT("a@b.example"), &r));
	sl_snapshot_close(&s);
	close(fd);
}

/* Tenant 1 with one of its users, and one who is gone; with its own list announced, or not. */
static struct sl_snapshot *
open_partly(struct fixture *f, const struct sl_snapshot *under, bool its_list)
{
	static const struct step steps[] = { { TENANT, 1, "Uno", "", 2, 7, 0, 0, 0 }, { DOMAIN, 1, "one.example", "", INHERITS, 0, 0, 0, 0 },
		{ USER, 1, "new@one.example", NULL, INHERITS, 0, 0, 0, 0 } };
	struct sl_snapshot_counts counts;
	int fd = memfd_create("partly", 0);
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, "/tmp", (const unsigned char *)"another salt 123", sl_slice("", 0));
	struct sl_snapshot *s;

	for (size_t i = 0; i < SL_COUNT(steps); i++)
		assert_int_equal(take(f, w, &steps[i]), 0);
	assert_int_equal(sl_snapshot_writer_partly(w, 1), 0);
	assert_int_equal(sl_snapshot_writer_user_gone(w, 1, SL_SLICE_LIT("Own@one.example")), 0);
	assert_int_equal(sl_snapshot_writer_user_gone(w, 1, SL_SLICE_LIT("nobody")), SL_ERR_SYNTAX);
	assert_int_equal(sl_snapshot_writer_user_gone(w, 0, SL_SLICE_LIT("own@one.example")), SL_ERR_SYNTAX);
	if (its_list)
		assert_int_equal(sl_snapshot_writer_list(w, SL_BY_TENANT, 1), 0);
	if (sl_snapshot_writer_finish(w, &counts, &f->wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&f->wrong));
	sl_snapshot_writer_free(&w);
	assert_int_equal(sl_snapshot_open_over(fd, under, &s), 0);
	assert_true(sl_snapshot_file_has(fd, 1));
	assert_false(sl_snapshot_file_has(fd, 2));
	close(fd);
	return s;
}

static void
what_does_not_come_of_a_tenant_is_as_below(void **state)
{
	static const struct { const char *address; bool is_user, has_lists; } rows[] = {
		{ "new@one.example", true, false }, { "plain@one.example", true, false }, { "member@one.example", true, false },
		{ "own@one.example", false, false }, { "own+tag@one.example", false, false }, { "nobody@one.example", false, false },
	};
	struct fixture *f = *state;
	struct sl_snapshot *under = open_provider(f), *s = open_partly(f, under, false);
	struct sl_snapshot_recipient r;

	assert_true(sl_snapshot_recipient(under, SL_SLICE_LIT("own@one.example"), &r) && r.is_user && r.has_lists);
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (!sl_snapshot_recipient(s, sl_slice_str(rows[i].address), &r) || r.is_user != rows[i].is_user ||
		    r.has_lists != rows[i].has_lists)
			fail_msg("%s: %d %d", rows[i].address, r.is_user, r.has_lists);
	assert_true(is_listed(s, "plain@one.example", "x@y.spam.example", SL_BY_TENANT));
	assert_true(is_listed(s, "new@one.example", "x@y.spam.example", SL_BY_TENANT));
	sl_snapshot_close(&s);
	s = open_partly(f, under, true);		/* his list is what comes: nothing */
	assert_false(is_listed(s, "plain@one.example", "x@y.spam.example", SL_BY_TENANT));
	sl_snapshot_close(&s);
	sl_snapshot_close(&under);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(recipients_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(those_who_fare_alike_are_a_class, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_are_looked_up, setup, teardown),
		cmocka_unit_test_setup_teardown(tenants_are_what_they_were, setup, teardown),
		cmocka_unit_test_setup_teardown(the_order_changes_no_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_together_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_there_already_or_wrong_is_said_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(many_are_sorted_and_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_is_laid_over_all, setup, teardown),
		cmocka_unit_test_setup_teardown(no_tenant_takes_larger_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_are_replaced_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_come_of_a_tenant_is_as_below, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_a_snapshot_too, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
