/* job_run.c - one job, in a process of its own: read the database, write a snapshot, open it again; see job.h */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "compile/compile.h"
#include "hosts.h"
#include "job.h"
#include "sl/log.h"
#include "store/walk.h"


struct running {
	const char		*directory;
	const struct job	*job;
	struct sl_store		*store;
	struct sl_compile	*compile;
	struct sl_snapshot_writer *writer;
	char			*path;		/* of the file while it is written */
	int			 fd;
	struct job_done		 done;
	struct sl_buf		 error;
};

static int
fail(struct running *r, int result, const char *what)
{
	if (r->error.len == 0)
		sl_buf_addf(&r->error, "%s", *what != '\0' ? what : sl_strerror(result));
	return result;
}

static int
file_make(struct running *r)
{
	unsigned char random[8];

	sl_random(random, sizeof(random));
	r->path = sl_xasprintf("%s/new-%02x%02x%02x%02x%02x%02x.tmp", r->directory, random[0], random[1], random[2], random[3],
	    random[4], random[5]);
	r->fd = open(r->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return r->fd >= 0 ? 0 : fail(r, SL_ERR_SYSTEM, strerror(errno));
}

static int
note_of(struct running *r, struct sl_buf *out)
{
	unsigned char hash[SL_AUDIT_HASH_BYTES];
	struct job_note note;
	int result = sl_store_audit_head(r->store, &note.audit, hash);

	note.change = r->done.change;
	memcpy(note.hash, hash, sizeof(note.hash));
	job_note_print(&note, out);
	return result == 0 ? 0 : fail(r, result, sl_store_error(r->store));
}

static struct sl_node
above_tenants(int64_t number)
{
	return (struct sl_node){ number == 0 ? SL_LEVEL_OPERATOR : SL_LEVEL_PARTNER, number };
}

/* Of each that is not compiled whole what changed: parts, and addresses that are gone, stand by tenant, as these do. */
static int
gather_partly(struct running *r)
{
	const struct job *job = r->job;
	size_t part = 0, gone = 0, part_end, gone_end;
	int result = 0;

	for (size_t i = 0; i < job->partly_len && result == 0; i++) {
		int64_t tenant = job->partly[i];

		while (part < job->parts_len && job->parts[part].tenant < tenant)
			part++;
		for (part_end = part; part_end < job->parts_len && job->parts[part_end].tenant == tenant; part_end++)
			continue;
		while (gone < job->gone_len && job->gone[gone].tenant < tenant)
			gone++;
		for (gone_end = gone; gone_end < job->gone_len && job->gone[gone_end].tenant == tenant; gone_end++)
			continue;
		result = sl_compile_tenant_partly(r->compile, tenant, job->parts + part, part_end - part, job->gone + gone,
		    gone_end - gone);
	}
	return result;
}

static int
gather(struct running *r)
{
	const struct job *job = r->job;
	int result = 0;

	if (job->kind == JOB_WHOLE || job->kind == JOB_TRY_WHOLE)
		result = sl_compile_whole(r->compile);
	for (size_t i = 0; i < job->partners_len && result == 0; i++)
		result = sl_compile_list(r->compile, above_tenants(job->partners[i]));
	for (size_t i = 0; i < job->speakers_len && result == 0; i++)
		result = sl_compile_speaker(r->compile, above_tenants(job->speakers[i]));
	for (size_t i = 0; i < job->tenants_len && result == 0; i++)
		result = sl_compile_tenant(r->compile, job->tenants[i]);
	if (result == 0)
		result = gather_partly(r);
	return result == 0 ? 0 : fail(r, result, sl_compile_error(r->compile));
}

static int
write_all(struct running *r, struct addresses *addresses)
{
	const struct sl_compile_instead instead = { r->job->node, r->job->name, r->job->text };
	bool trying = r->job->kind == JOB_TRY_WHOLE || r->job->kind == JOB_TRY_PART;
	struct sl_compile_options options = { .store = r->store, .address = addresses != NULL ? addresses_find : NULL,
		.ctx = addresses, .instead = trying ? &instead : NULL };
	unsigned char salt[SL_SNAPSHOT_SALT_BYTES];
	struct sl_buf note, wrong;
	int result;

	sl_random(salt, sizeof(salt));
	sl_buf_init(&note, SL_SNAPSHOT_NOTE_MAX);
	sl_buf_init(&wrong, 4096);
	result = sl_store_change(r->store, &r->done.change);
	if (result == 0)
		result = note_of(r, &note);
	if (result == 0)
		result = file_make(r);
	if (result == 0) {
		r->writer = sl_snapshot_writer_new(r->fd, r->directory, salt, sl_buf_slice(&note));
		options.writer = r->writer;
		r->compile = sl_compile_new(&options);
		result = gather(r);
	}
	if (result == 0) {
		result = sl_snapshot_writer_finish(r->writer, &r->done.counts, &wrong);
		if (result != 0)
			fail(r, result, sl_buf_cstr(&wrong));
	}
	sl_buf_fini(&note);
	sl_buf_fini(&wrong);
	return result;
}

/* Opened again, for reading alone, and checked as an edge does. */
static int
check(struct running *r)
{
	int fd = open(r->path, O_RDONLY | O_CLOEXEC), result;
	struct sl_snapshot *snapshot = NULL;

	if (fd < 0)
		return fail(r, SL_ERR_SYSTEM, strerror(errno));
	close(r->fd);
	r->fd = fd;
	result = sl_snapshot_open(fd, &snapshot);
	if (result != 0)
		return fail(r, result, "the snapshot that was made is damaged");
	snprintf(r->done.id, sizeof(r->done.id), "%s", sl_snapshot_id(snapshot));
	sl_snapshot_close(&snapshot);
	return 0;
}

/* What is kept takes the place of the one before; all else is a file without a name. */
static int
keep(struct running *r)
{
	char *name = sl_xasprintf("%s/" SNAPSHOT_FILE, r->directory);
	int result = 0;

	if (r->job->kind != JOB_WHOLE)
		(void)unlink(r->path);
	else if (fsync(r->fd) != 0 || rename(r->path, name) != 0)
		result = fail(r, SL_ERR_SYSTEM, strerror(errno));
	sl_free(name);
	return result;
}

static int
run(struct running *r, const char *database, int addresses_fd)
{
	struct sl_store_options options = { .path = database, .read_only = true };
	struct addresses *addresses = addresses_open(addresses_fd);
	int result = sl_store_open(&options, &r->store);

	if (result != 0)
		fail(r, result, sl_store_error(r->store));
	if (result == 0) {
		result = sl_store_view_begin(r->store);
		if (result != 0)
			fail(r, result, sl_store_error(r->store));
	}
	if (result == 0) {
		result = write_all(r, addresses);
		sl_store_view_end(r->store);
	}
	if (result == 0)
		result = check(r);
	if (result == 0)
		result = keep(r);
	if (result != 0 && r->path != NULL)
		(void)unlink(r->path);
	addresses_close(&addresses);
	return result;
}

/* Of this process. */
static uint64_t
cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

void
job_run(const char *directory, const char *database, const struct job *job, int addresses_fd, struct sl_ipc *out)
{
	struct running r = { .directory = directory, .job = job, .fd = -1 };
	uint64_t before_us = cpu_us();
	struct sl_buf payload;

	sl_buf_init(&r.error, 2000);
	r.done.result = run(&r, database, addresses_fd);
	r.done.error = sl_buf_slice(&r.error);
	if (r.compile != NULL)
		r.done.problems = sl_compile_problems(r.compile);
	r.done.cpu_us = cpu_us() - before_us;
	sl_buf_init(&payload, 128u << 10);
	job_done_pack(&r.done, &payload);
	if (sl_ipc_send(out, SL_IPC_COMPILED, sl_buf_slice(&payload), &r.fd, r.done.result == 0 ? 1 : 0) != 0)
		sl_log(SL_LOG_DEBUG, "the console does not want what was compiled any more");
	sl_buf_fini(&payload);
	sl_compile_free(&r.compile);
	sl_snapshot_writer_free(&r.writer);
	sl_store_close(&r.store);
	sl_buf_fini(&r.error);
	sl_free(r.path);
	if (r.fd >= 0)
		close(r.fd);
}
