/*
 * vault_bench.c - what adding costs beside the raw syncs, what opening a large vault costs
 *
 * usage: vault-bench DIRECTORY [MESSAGES]
 * Interleaved, medians: two raw fdatasyncs (of 20 KiB and of 4 KiB, into files that are there); an append of 20 KiB with its
 * flush; appends of 16 that share a flush. Then MESSAGES (default 2,000) of 4 KiB are added, the vault opened anew, listed, expired.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vault/vault.h"

#define ROUNDS	100u
#define GROUP	16u

static const struct sl_slice tenant = { (const unsigned char *)"example.com", 11 };

static int
collect(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

static void
on_done(void *ctx, int result, const unsigned char id[SL_VAULT_ID_BYTES])
{
	SL_ASSERT(result == 0);
}

static void
on_entry(void *ctx, const struct sl_vault_entry *entry)
{
	*(unsigned *)ctx += entry->view != NULL;
}

static double
now_ms(void)
{
	return (double)sl_clock_system.monotonic_us(NULL) / 1000;
}

static double
cpu_ms(void)
{
	struct timespec ts;

	SL_ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == 0);
	return (double)ts.tv_sec * 1000 + (double)ts.tv_nsec / 1000000;
}

static int
by_value(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

static void
tell(const char *what, double *ms)
{
	qsort(ms, ROUNDS, sizeof(*ms), by_value);
	printf("%-42s p50 %7.3f ms  p90 %7.3f ms\n", what, ms[ROUNDS / 2], ms[ROUNDS * 9 / 10]);
}

struct sealed {
	struct sl_buf	body;
	unsigned char	record[SL_SEAL_RECORD_BYTES];
};

static void
seal(struct sealed *s, size_t len, const unsigned char *public)
{
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_seal_body_info info;
	struct sl_seal_record record;
	unsigned char *noise = sl_xmalloc(len);

	sl_random(noise, len);
	sl_buf_init(&s->body, (size_t)64 << 20);
	sl_seal_body_begin(body, collect, &s->body);
	SL_ASSERT(sl_seal_body_feed(body, sl_slice(noise, len)) == 0 && sl_seal_body_finish(body, &info) == 0);
	sl_seal_record_init(&record);
	SL_ASSERT(sl_seal_record_seal(&record, &info, 0, public, tenant, s->record) == 0);
	sl_seal_record_fini(&record);
	sl_seal_body_free(&body);
	sl_free(noise);
}

static void
commit(struct sl_vault *vault, const struct sealed *s, int64_t at, uint32_t day)
{
	struct sl_vault_append *append;

	SL_ASSERT(sl_vault_append_new(vault, tenant, s->body.len, &append) == 0);
	SL_ASSERT(sl_vault_append_feed(append, sl_buf_slice(&s->body)) == 0);
	SL_ASSERT(sl_vault_append_commit(&append, s->record, at, day, on_done, NULL) == 0);
}

static double
raw_sync(int fd, size_t len, unsigned round)
{
	static unsigned char bytes[1 << 20];
	double start = now_ms();

	SL_ASSERT(pwrite(fd, bytes, len, (off_t)(round % 64 * len)) == (ssize_t)len && fdatasync(fd) == 0);
	return now_ms() - start;
}

static int
raw_file(const char *dir, const char *name, size_t len)
{
	char *path = sl_xasprintf("%s/%s", dir, name);
	static unsigned char zeros[1 << 20];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	SL_ASSERT(fd >= 0);
	for (unsigned i = 0; i < 64; i++)
		SL_ASSERT(pwrite(fd, zeros, len, (off_t)(i * len)) == (ssize_t)len);
	SL_ASSERT(fsync(fd) == 0);
	sl_free(path);
	return fd;
}

static void
latency(struct sl_vault *vault, const char *dir, const unsigned char *public, uint32_t day)
{
	static double raw[ROUNDS], one[ROUNDS], group[ROUNDS];
	int bodies = raw_file(dir, "raw-bodies", 24576), headers = raw_file(dir, "raw-headers", 4096);
	struct sealed s;

	seal(&s, 20480, public);
	for (unsigned i = 0; i < ROUNDS; i++) {
		double start;

		raw[i] = raw_sync(bodies, 24576, i) + raw_sync(headers, 4096, i);
		start = now_ms();
		commit(vault, &s, i, day);
		SL_ASSERT(sl_vault_flush(vault) == 0);
		one[i] = now_ms() - start;
		start = now_ms();
		for (unsigned j = 0; j < GROUP; j++)
			commit(vault, &s, i, day);
		SL_ASSERT(sl_vault_flush(vault) == 0);
		group[i] = (now_ms() - start) / GROUP;
	}
	tell("two raw writes with fdatasync", raw);
	tell("append 20 KiB, flush", one);
	tell("append 20 KiB, 16 to a flush, each", group);
	close(bodies);
	close(headers);
	sl_buf_fini(&s.body);
}

static void
large(struct sl_vault **vault, const struct sl_disk *disk, const unsigned char *master, const unsigned char *public,
    unsigned messages)
{
	const struct sl_vault_settings settings = { 0 };
	const struct sl_vault_query any = { .state = -1, .limit = 1000 };
	unsigned char last[SL_VAULT_ID_BYTES];
	struct sl_vault_stats stats;
	struct sealed s;
	unsigned listed = 0;
	size_t count;
	double start = now_ms(), cpu = cpu_ms();

	seal(&s, 3000, public);
	for (unsigned i = 0; i < messages; i++) {
		commit(*vault, &s, 1000 + i, 20000);
		if (i % 64 == 63)
			SL_ASSERT(sl_vault_flush(*vault) == 0);
	}
	SL_ASSERT(sl_vault_flush(*vault) == 0);
	printf("%u more, 64 to a flush: %.0f/s, %.3f ms of CPU each\n", messages, messages / (now_ms() - start) * 1000,
	    (cpu_ms() - cpu) / messages);
	sl_vault_stats(*vault, &stats);
	printf("%llu moved, %llu slots\n", (unsigned long long)stats.moved, (unsigned long long)stats.slots);
	sl_vault_close(vault);
	start = now_ms();
	cpu = cpu_ms();
	SL_ASSERT(sl_vault_open(disk, master, &settings, vault) == 0);
	sl_vault_stats(*vault, &stats);
	printf("open anew: %.1f ms, %.1f ms of CPU for %llu messages\n", now_ms() - start, cpu_ms() - cpu, (unsigned long long)stats.messages);
	start = now_ms();
	cpu = cpu_ms();
	SL_ASSERT(sl_vault_list(*vault, tenant, &any, on_entry, &listed, last) >= 0);
	printf("list: %.1f ms, %.1f ms of CPU for %u\n", now_ms() - start, cpu_ms() - cpu, listed);
	start = now_ms();
	SL_ASSERT(sl_vault_expire(*vault, 20001, &count) == 0);
	printf("expire: %.1f ms for %zu\n", now_ms() - start, count);
	sl_buf_fini(&s.body);
}

int
main(int argc, char **argv)
{
	const unsigned char master[SL_VAULT_MASTER_BYTES] = { 1 };
	const struct sl_vault_settings settings = { 0 };
	unsigned char public[SL_SEAL_KEY_BYTES];
	struct sl_disk_files *files;
	struct sl_vault *vault;

	if (argc < 2) {
		fputs("usage: vault-bench DIRECTORY [MESSAGES]\n", stderr);
		return 2;
	}
	SL_ASSERT(mkdir(argv[1], 0700) == 0);	/* empty, so that no vault is hurt */
	SL_ASSERT(sl_disk_files_open(argv[1], argv[1], argv[1], &files) == 0);
	SL_ASSERT(sl_vault_open(sl_disk_files_disk(files), master, &settings, &vault) == 0);
	SL_ASSERT(sl_vault_tenant_new(vault, tenant, public) == 0);
	puts("new files");
	latency(vault, argv[1], public, 20000);
	large(&vault, sl_disk_files_disk(files), master, public, argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2000);
	puts("files in which there was room");
	latency(vault, argv[1], public, 20002);
	sl_vault_close(&vault);
	sl_disk_files_close(&files);
	return 0;
}
