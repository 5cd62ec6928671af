/*
 * main.c - the vault: keeps what policies want kept; see process.h
 *
 * usage: sluice-vault DESCRIPTOR USER (by the parent)
 *
 * The first settings say where the stores are. They are opened, at once or when that can be done, then the jail closes: no files but
 * those, no sockets, no programs. Ends when the parent says so or is gone, with everything synced that it was given.
 */

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"
#include "sl/log.h"

#define RENEW_MS	2000u	/* how often a disk that failed is looked at */
#define LOOK_MS		1000u	/* how often it is tried to open a vault that could not be */

/* Its disk failed: what is there can be read, and nothing is added. When the disk can be written again the vault is opened anew, by the next
 * process: what is on the disk is known only then. */
static void
on_renew(void *ctx)
{
	struct process *p = ctx;

	if (!sl_disk_files_writable(p->files)) {
		sl_timer_set(&p->renew, RENEW_MS);
		return;
	}
	sl_log(SL_LOG_NOTICE, "the disk can be written again: the vault is opened anew");
	p->failed = true;
	sl_loop_stop(p->loop);
}

bool
process_flush(struct process *p)
{
	int r = sl_vault_waits(p->vault) ? sl_vault_flush(p->vault) : 0;

	if (r == 0)
		return true;
	/* Nobody knows what is on the disk: opening it anew finds out. */
	sl_log(SL_LOG_ERROR, "cannot sync: %s", sl_strerror(r));
	p->failed = true;
	sl_loop_stop(p->loop);
	return false;
}

static void
after_turn(void *ctx)
{
	struct process *p = ctx;

	if (p->vault == NULL)
		return;
	if (sl_vault_has_failed(p->vault) && !sl_timer_is_set(&p->renew))
		sl_timer_set(&p->renew, RENEW_MS);
	(void)process_flush(p);
}

void
process_why(struct process *p, const char *format, ...)
{
	struct sl_buf why;
	va_list ap;

	sl_buf_init(&why, 16384);
	va_start(ap, format);
	sl_buf_vaddf(&why, format, ap);
	va_end(ap);
	if (p->why == NULL || strcmp(p->why, sl_buf_cstr(&why)) != 0) {
		sl_free(p->why);
		p->why = sl_xasprintf("%s", sl_buf_cstr(&why));
		sl_log(SL_LOG_ERROR, "the vault is not open, and what is to be kept is deferred: %s", p->why);
		if (sl_ipc_send(p->parent, SL_IPC_CHECK_FAILED, sl_buf_slice(&why), NULL, 0) != 0)
			sl_loop_stop(p->loop);
	}
	sl_buf_fini(&why);
}

/* Everything that was not open yet is. */
static void
opened(struct process *p)
{
	if (sl_disk_files_read_only(p->files)) {
		sl_log(SL_LOG_WARNING, "the vault's disk can only be read: what is to be kept is deferred until it can be written");
		sl_timer_set(&p->renew, RENEW_MS);
	}
	store_expire(p);
}

/* Use the newest settings; open the vault first, if it is not open. */
static void
use_settings(void *ctx)
{
	struct process *p = ctx;
	struct sl_kept_settings settings;

	SL_ASSERT(sl_kept_unpack_settings(sl_buf_slice(&p->settings), &settings) == 0);
	if (p->vault == NULL) {
		if (!store_open(p, &settings)) {
			if (p->failed)
				sl_loop_stop(p->loop);
			sl_timer_set(&p->again, LOOK_MS);
			return;
		}
		opened(p);
	}
	store_tenants(p, &settings);
	if (sl_ipc_send(p->parent, SL_IPC_READY, sl_slice(NULL, 0), NULL, 0) != 0)
		sl_loop_stop(p->loop);
}

static void
on_settings(struct process *p, struct sl_slice payload)
{
	sl_buf_reset(&p->settings);
	sl_buf_add_slice(&p->settings, payload);
	use_settings(p);
}

/* While it is not open who administers it can ask, and is told so. */
static bool
may_come(const struct process *p, uint32_t who)
{
	return p->vault != NULL || (who == SL_KEPT_CONTROL && p->settings.len > 0);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct process *p = ctx;
	struct sl_unpack in = { .rest = message->payload };

	if (p->failed)
		return;
	if (message->type == SL_IPC_VAULT_SETTINGS) {
		on_settings(p, message->payload);
	} else if (message->type == SL_IPC_VAULT_CLIENT && message->fds_len == 1) {
		uint32_t who = sl_unpack_u32(&in);

		if (!may_come(p, who))
			return;
		client_new(p, who, message->fds[0]);
		message->fds[0] = -1;
	} else if (message->type == SL_IPC_STOP) {
		sl_loop_stop(p->loop);
	}
}

static void
on_parent(void *ctx, unsigned events)
{
	struct process *p = ctx;

	if (sl_ipc_read(p->parent, on_message, p) < 0)
		sl_loop_stop(p->loop);
}

int
main(int argc, char **argv)
{
	static struct process p;

	sl_log_init("vault", SL_LOG_NOTICE);
	if (argc != 3 || strtol(argv[1], NULL, 10) < 3) {
		fputs("usage: sluice-vault DESCRIPTOR USER\nStarted by sluiced.\n", stderr);
		return 2;
	}
	(void)prctl(PR_SET_NAME, "sluice-vault");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* it ends when its parent says so */
	umask(077);
	p.user = argv[2];
	p.loop = sl_loop_new(&sl_clock_system);
	p.parent = sl_ipc_new((int)strtol(argv[1], NULL, 10),
	    SL_IPC_BIT(VAULT_SETTINGS) | SL_IPC_BIT(VAULT_CLIENT) | SL_IPC_BIT(STOP));
	release_init(&p);
	sl_timer_init(&p.expiry, p.loop, store_expire, &p);
	sl_timer_init(&p.renew, p.loop, on_renew, &p);
	sl_timer_init(&p.again, p.loop, use_settings, &p);
	sl_buf_init(&p.settings, SL_IPC_PAYLOAD_MAX);
	sl_watch_init(&p.watch, p.loop, sl_ipc_fd(p.parent), on_parent, &p);
	sl_watch_want(&p.watch, SL_READ);
	sl_loop_after_turn(p.loop, after_turn, &p);
	sl_loop_run(p.loop);
	after_turn(&p);
	clients_forget(&p);
	release_fini(&p);
	sl_timer_clear(&p.expiry);
	sl_timer_clear(&p.renew);
	sl_timer_clear(&p.again);
	sl_vault_close(&p.vault);
	sl_disk_files_close(&p.files);
	sl_buf_fini(&p.settings);
	sl_free(p.why);
	sl_loop_after_turn(p.loop, NULL, NULL);
	sl_watch_fini(&p.watch);
	sl_ipc_free(&p.parent);
	sl_loop_free(&p.loop);
	return p.failed ? 1 : 0;
}
