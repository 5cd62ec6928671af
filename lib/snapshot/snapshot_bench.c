/* snapshot_bench.c - the size of a large provider: how long compiling takes, and looking up
 *
 * usage: snapshot_bench FILE [TENANTS DOMAINS USERS ENTRIES]
 * Writes FILE (kept), opens it and looks up known and unknown recipients and senders at random. */

#include "policy/text/policy_text.h"
#include "snapshot/snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOKUPS	1000000

static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "a fixed salt...";
static unsigned tenants = 35000, domains = 60000, users = 1000000, entries = 5000000;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Resident: what is ours alone, and of the file. */
static void
say_memory(const char *when)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "r");

	printf("%s:", when);
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "RssAnon", 7) == 0 || strncmp(line, "RssFile", 7) == 0 ||
		    strncmp(line, "VmHWM", 5) == 0) {
			line[strcspn(line, "\n")] = '\0';
			printf("  %s", line);
		}
	printf("\n");
	if (file != NULL)
		fclose(file);
}

static void
check(int r)
{
	if (r != 0) {
		fprintf(stderr, "snapshot_bench: %s\n", sl_strerror(r));
		exit(1);
	}
}

static uint32_t
tenant_of_domain(unsigned domain)
{
	return 1 + domain % tenants;
}

static unsigned
user_domain(unsigned user)
{
	return user % domains;
}

/* Which user an entry is of; every fourth is a tenant's. */
static void
entry_text(unsigned i, char *text, size_t size)
{
	switch (i % 8) {
	case 0: case 1: case 2: case 3:
		snprintf(text, size, "person%u@company%u.example", i, i % 100003);
		break;
	case 4: case 5:
		snprintf(text, size, "company%u.example", i);
		break;
	case 6:
		snprintf(text, size, "*.group%u.example", i);
		break;
	default:
		snprintf(text, size, "%u.%u.%u.0/24", 1 + i % 200, i / 200 % 250, i / 50000 % 250);
	}
}

static void
compile(int fd, const char *directory)
{
	struct sl_arena arena;
	struct sl_policy_presets presets;
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_snapshot_writer *w = sl_snapshot_writer_new(fd, directory, salt, SL_SLICE_LIT("bench"));
	struct sl_snapshot_counts counts;
	uint64_t start = now_ns();
	struct sl_buf wrong;
	char text[256], user[256];

	sl_arena_init(&arena, (size_t)1 << 30);
	sl_buf_init(&wrong, 4096);
	sl_policy_presets_read(&arena, &presets);
	for (unsigned i = 0; i < tenants; i++) {
		struct sl_snapshot_tenant tenant = { .id = i + 1, .name = sl_slice(user, 0), .hops_len = 2,
			.key = SL_SLICE_LIT("0123456789abcdef0123456789abcdef") };
		struct sl_policy_layer layer = { 0 };
		struct sl_policy_source source = { SL_BY_TENANT, &layer };
		int len = snprintf(text, sizeof(text), "{tag: 0.%u, quarantine: 0.95}", 500 + i % 400);

		/* Every third has a policy of its own kind. */
		if (i % 3 == 0)
			check(sl_policy_layer_set(&layer, SL_SLICE_LIT("spam"), sl_slice(text, (size_t)len), SL_BY_TENANT, &arena,
			    &wrong));
		if (i % 30 == 0) {
			len = snprintf(text, sizeof(text), "[T%u]", i);
			check(sl_policy_layer_set(&layer, SL_SLICE_LIT("subject_tag"), sl_slice(text, (size_t)len), SL_BY_TENANT,
			    &arena, &wrong));
		}
		sl_policy_resolve(&presets, &source, 1, e);
		check(sl_snapshot_writer_policy(w, &e->policy, &tenant.policy));
		len = snprintf(user, sizeof(user), "Customer %u", i);
		tenant.name = sl_slice(user, (size_t)len);
		tenant.hops[0] = (struct sl_snapshot_hop){ .text = SL_SLICE_LIT("mx1.customer.internal:25"),
			.host = SL_SLICE_LIT("mx1.customer.internal"), .address = { [15] = 1 }, .port = 25 };
		tenant.hops[1] = tenant.hops[0];
		check(sl_snapshot_writer_tenant(w, &tenant));
	}
	for (unsigned i = 0; i < domains; i++) {
		int len = snprintf(text, sizeof(text), "domain%u.example", i);

		check(sl_snapshot_writer_domain(w, tenant_of_domain(i), sl_slice(text, (size_t)len), sl_slice("", 0),
		    SL_SNAPSHOT_INHERIT));
	}
	for (unsigned i = 0; i < users; i++) {
		int len = snprintf(text, sizeof(text), "firstname.lastname%u@domain%u.example", i, user_domain(i));

		check(sl_snapshot_writer_user(w, tenant_of_domain(user_domain(i)), sl_slice(text, (size_t)len), 0,
		    SL_SNAPSHOT_INHERIT));
	}
	for (unsigned i = 0; i < entries; i++) {
		struct sl_list_entry entry = { .flags = i % 2 ? SL_LIST_DENY : SL_LIST_ALLOW,
			.expires_s = i % 1000 == 0 ? 1800000000 : 0 };
		unsigned of = i % users;
		int len = snprintf(user, sizeof(user), "firstname.lastname%u@domain%u.example", of, user_domain(of));
		uint32_t tenant = tenant_of_domain(user_domain(of));

		entry_text(i, text, sizeof(text));
		if (sl_list_key_read(sl_slice_str(text), &entry.key) != NULL)
			check(SL_ERR_SYNTAX);
		if (i % 4 == 0)
			check(sl_snapshot_writer_entry(w, SL_BY_TENANT, tenant, sl_slice("", 0), &entry));
		else
			check(sl_snapshot_writer_entry(w, SL_BY_USER, tenant, sl_slice(user, (size_t)len), &entry));
	}
	printf("gathered: %.1f s\n", (double)(now_ns() - start) / 1e9);
	check(sl_snapshot_writer_finish(w, &counts, &wrong));
	printf("compiled: %.1f s (%.1f s of CPU), %.1f MiB; %llu tenants, %llu domains, %llu users, %llu entries, "
	    "%llu policies\n", (double)(now_ns() - start) / 1e9, (double)clock() / CLOCKS_PER_SEC, (double)counts.bytes / 1048576, (unsigned long long)counts.tenants,
	    (unsigned long long)counts.domains, (unsigned long long)counts.users, (unsigned long long)counts.entries,
	    (unsigned long long)counts.policies);
	say_memory("writer");
	sl_snapshot_writer_free(&w);
	sl_arena_fini(&arena);
	sl_buf_fini(&wrong);
	sl_free(e);
}

/* One tenant has changed: his domains and users again, laid over all. */
static void
change(const struct sl_snapshot *under, const char *directory)
{
	struct sl_arena arena;
	struct sl_policy_presets presets;
	struct sl_snapshot_tenant tenant = { .id = 1, .name = SL_SLICE_LIT("Customer 0") };
	struct sl_snapshot_counts counts;
	struct sl_snapshot *s;
	struct sl_snapshot_writer *w;
	uint64_t start = now_ns();
	struct sl_buf wrong;
	char path[4096], text[256];
	int fd;

	snprintf(path, sizeof(path), "%s/snapshot-change-XXXXXX", directory);
	fd = mkstemp(path);
	if (fd < 0)
		check(SL_ERR_SYSTEM);
	unlink(path);
	sl_arena_init(&arena, 1 << 20);
	sl_buf_init(&wrong, 4096);
	sl_policy_presets_read(&arena, &presets);
	w = sl_snapshot_writer_new(fd, directory, salt, SL_SLICE_LIT("change"));
	check(sl_snapshot_writer_policy(w, &presets.level[SL_LEVEL_MAXIMUM], &tenant.policy));
	check(sl_snapshot_writer_tenant(w, &tenant));
	for (unsigned i = 0; i < domains; i += tenants) {
		int len = snprintf(text, sizeof(text), "domain%u.example", i);

		check(sl_snapshot_writer_domain(w, 1, sl_slice(text, (size_t)len), sl_slice("", 0), SL_SNAPSHOT_INHERIT));
	}
	for (unsigned i = 0; i < users; i++) {
		int len;

		if (tenant_of_domain(user_domain(i)) != 1)
			continue;
		len = snprintf(text, sizeof(text), "firstname.lastname%u@domain%u.example", i, user_domain(i));
		check(sl_snapshot_writer_user(w, 1, sl_slice(text, (size_t)len), 0, SL_SNAPSHOT_INHERIT));
	}
	check(sl_snapshot_writer_finish(w, &counts, &wrong));
	sl_snapshot_writer_free(&w);
	if (fsync(fd) != 0)
		check(SL_ERR_SYSTEM);
	check(sl_snapshot_open_over(fd, under, &s));
	printf("a changed tenant (%llu users) written, synced, checked and laid over: %.1f ms\n",
	    (unsigned long long)counts.users, (double)(now_ns() - start) / 1e6);
	sl_snapshot_close(&s);
	close(fd);
	sl_arena_fini(&arena);
	sl_buf_fini(&wrong);
}

static int
by_time(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
say_times(const char *what, uint32_t *times)
{
	qsort(times, LOOKUPS, sizeof(*times), by_time);
	printf("%-28s median %u ns, p99 %u ns, p99.9 %u ns\n", what, times[LOOKUPS / 2], times[LOOKUPS / 100 * 99],
	    times[LOOKUPS / 1000 * 999]);
}

static void
look_up(int fd)
{
	uint32_t *recipient_ns = sl_xmalloc(LOOKUPS * sizeof(*recipient_ns)), *list_ns = sl_xmalloc(LOOKUPS * sizeof(*list_ns));
	uint32_t *empty_ns = sl_xmalloc(LOOKUPS * sizeof(*empty_ns));
	struct sl_snapshot_recipient r;
	struct sl_list_found found[SL_BY_COUNT];
	struct sl_snapshot *s;
	uint64_t random = 88172645463325252u, hits = 0, known = 0, start;
	char text[256];
	clock_t cpu;

	memset(recipient_ns, 0, LOOKUPS * sizeof(*recipient_ns));
	memset(list_ns, 0, LOOKUPS * sizeof(*list_ns));
	memset(empty_ns, 0, LOOKUPS * sizeof(*empty_ns));
	say_memory("before");
	start = now_ns();
	cpu = clock();
	check(sl_snapshot_open(fd, &s));
	printf("opened and checked: %.0f ms (%.0f ms of CPU)\n", (double)(now_ns() - start) / 1e6,
	    (double)(clock() - cpu) * 1000 / CLOCKS_PER_SEC);
	say_memory("opened");
	for (unsigned i = 0; i < LOOKUPS; i++) {
		unsigned user = (unsigned)(next_random(&random) % (users + users / 10)), entry = (unsigned)(next_random(&random) % entries);
		int len = snprintf(text, sizeof(text), "firstname.lastname%u@domain%u.example", user, user_domain(user));
		struct sl_list_sender from, envelope;
		unsigned char client[16] = { [10] = 0xff, [11] = 0xff, (unsigned char)(1 + entry % 200),
			(unsigned char)(entry / 200 % 250), (unsigned char)(entry / 50000 % 250), 9 };
		struct sl_list_question question = { &from, &envelope, false, client };
		char sender[256];

		if (i % 2 == 0 && entry < entries / users * users)
			entry = (entry / users * users + user % users) % entries;	/* one that may be his */
		entry_text(entry, sender, sizeof(sender));
		if (strchr(sender, '@') == NULL)
			snprintf(sender, sizeof(sender), "someone@mail.company%u.example", entry);
		start = now_ns();
		if (!sl_snapshot_recipient(s, sl_slice(text, (size_t)len), &r))
			check(SL_ERR_NOT_FOUND);
		recipient_ns[i] = (uint32_t)(now_ns() - start);
		known += r.is_user;
		sl_list_sender_read(sl_slice_str(sender), &from);
		envelope = from;
		start = now_ns();
		sl_snapshot_find(s, &r, &question, 1700000000, found);
		list_ns[i] = (uint32_t)(now_ns() - start);
		for (int by = 0; by < SL_BY_COUNT; by++)
			hits += (found[by].deny.flags | found[by].allow_from.flags | found[by].allow_client.flags) != 0;
		start = now_ns();
		empty_ns[i] = (uint32_t)(now_ns() - start);
	}
	say_times("recipient", recipient_ns);
	say_times("all lists of a message", list_ns);
	say_times("(the clock itself)", empty_ns);
	printf("known %.1f %%, listed %.1f %%\n", (double)known * 100 / LOOKUPS, (double)hits * 100 / LOOKUPS);
	say_memory("looked up");
	change(s, "/tmp");
	sl_snapshot_close(&s);
	sl_free(recipient_ns);
	sl_free(list_ns);
	sl_free(empty_ns);
}

int
main(int argc, char **argv)
{
	unsigned *sizes[] = { &tenants, &domains, &users, &entries };
	int fd;

	if (argc < 2) {
		fprintf(stderr, "usage: snapshot_bench FILE [TENANTS DOMAINS USERS ENTRIES]\n");
		return 2;
	}
	for (int i = 2; i < argc && i < 6; i++)
		*sizes[i - 2] = (unsigned)SL_MAX(strtoul(argv[i], NULL, 10), 1);
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (fork() == 0) {		/* its memory goes with it */
		compile(fd, "/tmp");
		_exit(0);
	}
	wait(NULL);
	look_up(fd);
	close(fd);
	return 0;
}
