/*
 * job.h - what the console has compiled, as it asks its compiler for it
 *
 * The compiler is a process of its own, made before the console opens the database: for each job it makes another, which
 * opens the database itself, for reading. So a job may take long, or die, and requests are answered meanwhile.
 *
 * A finished snapshot is a file that is open for reading alone: whom it is handed to cannot change it.
 */
#ifndef CONSOLE_JOB_H
#define CONSOLE_JOB_H

#include "compile/compile.h"
#include "ipc/ipc.h"
#include "snapshot/snapshot.h"
#include "store/audit.h"
#include "store/store.h"

#define JOB_TENANTS_MAX	100000u		/* in one that is over another */
#define JOB_PARTS_MAX	30000u
#define JOB_GONE_BYTES	(512u << 10)	/* of addresses */
#define JOB_VERSION	3		/* of what is made of a database: a snapshot of another version is made anew */

enum job_kind {
	JOB_WHOLE,		/* everything, kept as SNAPSHOT_FILE of the directory */
	JOB_PART,		/* some tenants, lists and policies above tenants, to be opened over another */
	JOB_TRY_WHOLE,		/* everything as it would be, not kept */
	JOB_TRY_PART,
	JOB_KIND_COUNT,
};
#define SNAPSHOT_FILE	"snapshot"
#define DATABASE_FILE	"settings.db"

/* COMPILE: this; fds: a channel on which COMPILED comes, and addresses of next hops (hosts.h). */
struct job {
	enum job_kind	 kind;
	const int64_t	*tenants;
	size_t		 tenants_len;
	const int64_t	*partly;	/* of which these parts changed, and their own rows */
	size_t		 partly_len;
	const struct sl_compile_part *parts;	/* by tenant */
	size_t		 parts_len;
	const struct sl_compile_gone *gone;	/* by tenant */
	size_t		 gone_len;
	const int64_t	*partners;	/* whose lists; 0: the operator's */
	size_t		 partners_len;
	const int64_t	*speakers;	/* whose policies and templates; 0: the operator's */
	size_t		 speakers_len;
	/* JOB_TRY_*: a policy as it would be. */
	struct sl_node	 node;
	struct sl_slice	 name, text;
};
void		job_pack(const struct job *job, struct sl_buf *out);
/* Arrays are allocated: job_fini. Texts point into the payload. */
SL_MUST_USE int	job_unpack(struct sl_slice payload, struct job *job_out);
void		job_fini(struct job *job);

/* COMPILED: this; fd: the snapshot, when `result` is 0. */
struct job_done {
	int		 result;
	struct sl_slice	 error;			/* a sentence */
	struct sl_slice	 problems;		/* lines */
	int64_t		 change;		/* of the database, when it was read */
	uint64_t	 cpu_us;		/* that it took */
	struct sl_snapshot_counts counts;
	char		 id[17];
};
void		job_done_pack(const struct job_done *done, struct sl_buf *out);
SL_MUST_USE int	job_done_unpack(struct sl_slice payload, struct job_done *done_out);

/* The note in a snapshot: what it was made of. */
struct job_note {
	int64_t		 change;
	int64_t		 audit;			/* the last entry then, and the first bytes of its hash */
	unsigned char	 hash[8];
};
void		job_note_print(const struct job_note *note, struct sl_buf *out);
bool		job_note_read(struct sl_slice text, struct job_note *note_out);	/* false: of another version, or none */

/* compiler.c: fork the compiler. Returns a channel's descriptor, or SL_ERR_SYSTEM. `prepare` (may be NULL) is called in it
 * and must return true: it gives up what it does not need. */
int		compiler_start(const char *directory, const char *database, bool (*prepare)(void *ctx), void *ctx);
/* job_run.c: do a job, in a process of its own; answers on `out`. */
void		job_run(const char *directory, const char *database, const struct job *job, int addresses_fd, struct sl_ipc *out);

#endif
