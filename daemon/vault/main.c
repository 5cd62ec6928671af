/*
 * main.c - the vault's process: keeps what edges deposit, opens it for control, destroys it when its day is over
 *
 * usage: sluice-vault DESCRIPTOR USER HEADERS BODIES KEYS MASTER-FILE (by the parent)
 *
 * It opens its files and reads the master key, then gives up everything else: no other files, no sockets, no programs
 * (SL_JAIL_VAULT). It parses nothing but its own formats and messages. It ends when its parent does, or says so.
 * A master key is made where there is none and the vault is empty.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "jail/jail.h"
#include "keeper.h"
#include "sl/log.h"

#define ROUND_MS	30000			/* a day that ends is noticed within */
#define RESERVE_BYTES	((uint64_t)64 << 20)	/* left free on the disks */

static SL_NORETURN void
die(const char *what, const char *name, int result)
{
	sl_log(SL_LOG_FATAL, "%s %s: %s", what, name, result == SL_ERR_SYSTEM ? strerror(errno) : sl_strerror(result));
	exit(1);
}

/* The key's name must be on the disk before anything is under it. */
static void
directory_sync(const char *path)
{
	char *copy = sl_xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		die("cannot sync the directory of", path, SL_ERR_SYSTEM);
	close(fd);
	sl_free(copy);
}

static void
master_make(const char *path, unsigned char master[SL_VAULT_MASTER_BYTES])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);

	sl_random(master, SL_VAULT_MASTER_BYTES);
	if (fd < 0 || write(fd, master, SL_VAULT_MASTER_BYTES) != SL_VAULT_MASTER_BYTES || fsync(fd) != 0)
		die("cannot make the master key", path, SL_ERR_SYSTEM);
	close(fd);
	directory_sync(path);
	sl_log(SL_LOG_NOTICE, "made a master key, %s: without it nothing can be opened", path);
}

static void
master_read(const char *path, bool vault_empty, unsigned char master[SL_VAULT_MASTER_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char more;
	struct stat st;

	if (fd < 0 && errno == ENOENT && vault_empty) {
		master_make(path, master);
		return;
	}
	if (fd < 0 || fstat(fd, &st) != 0)
		die("cannot read the master key", path, SL_ERR_SYSTEM);
	if ((st.st_mode & 077) != 0)
		die("not used, as others may read it:", path, SL_ERR_UNSUPPORTED);
	if (read(fd, master, SL_VAULT_MASTER_BYTES) != SL_VAULT_MASTER_BYTES || read(fd, &more, 1) != 0)
		die("not a master key of 32 bytes:", path, SL_ERR_SYNTAX);
	close(fd);
}

static struct sl_vault *
vault_open(char **argv, struct sl_disk_files **files_out)
{
	const struct sl_vault_settings settings = { .reserve_bytes = RESERVE_BYTES };
	unsigned char master[SL_VAULT_MASTER_BYTES];
	struct sl_vault *vault;
	uint64_t bytes;
	int r = sl_disk_files_open(argv[0], argv[1], argv[2], files_out);

	if (r != 0)
		die("cannot open the stores:", argv[2], r);
	r = sl_disk_files_disk(*files_out)->size(sl_disk_files_disk(*files_out)->ctx, SL_DISK_KEYS, &bytes);
	if (r != 0)
		die("cannot open", argv[2], r);
	master_read(argv[3], bytes == 0, master);
	r = sl_vault_open(sl_disk_files_disk(*files_out), master, &settings, &vault);
	sl_zero(master, sizeof(master));
	if (r != 0)
		die("cannot open the vault", argv[2], r);
	return vault;
}

static void
tell(const struct sl_vault *vault)
{
	struct sl_vault_stats s;

	sl_vault_stats(vault, &s);
	sl_log(SL_LOG_NOTICE, "%llu messages of %llu tenants, %llu MiB", (unsigned long long)s.messages,
	    (unsigned long long)s.tenants, (unsigned long long)(s.bytes >> 20));
	if (s.torn + s.damaged > 0)
		sl_log(SL_LOG_WARNING, "%llu slots do not open (what a crash cut short), %llu have no place for their body",
		    (unsigned long long)s.torn, (unsigned long long)s.damaged);
}

int
main(int argc, char **argv)
{
	struct sl_disk_files *files;
	struct sl_jail_user user;
	struct sl_vault *vault;
	struct keeper keeper;

	sl_log_init("vault", SL_LOG_NOTICE);
	if (argc != 7 || strtol(argv[1], NULL, 10) < 3) {
		fputs("usage: sluice-vault DESCRIPTOR USER HEADERS BODIES KEYS MASTER-FILE\nStarted by sluiced.\n", stderr);
		return 2;
	}
	(void)prctl(PR_SET_NAME, "sluice-vault");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* it ends when its parent does */
	SL_ASSERT(sodium_init() >= 0);
	if (sl_jail_user_find(argv[2], &user) != 0)
		die("cannot find the user to become", argv[2], SL_ERR_NOT_FOUND);
	vault = vault_open(argv + 3, &files);
	if (sl_jail_enter(SL_JAIL_VAULT, &user) != 0)
		exit(1);
	tell(vault);
	keeper_init(&keeper, vault, (int)strtol(argv[1], NULL, 10), &sl_clock_system);
	while (keeper_round(&keeper, ROUND_MS))
		;
	keeper_fini(&keeper);
	sl_vault_close(&vault);
	sl_disk_files_close(&files);
	return 0;
}
