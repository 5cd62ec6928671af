/* jail_test.c - what a process can no longer do: each probe runs in a child of its own */

#include "check.h"
#include "jail/jail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/sluice-jail-XXXXXX";
static char file_path[64];
static char socket_path[64];
static int unix_listener = -1;
static struct sockaddr_in tcp_address;
static int tcp_listener = -1;

/* Probes: 0 when the thing could be done, else errno. */

static int
result(long r)
{
	return r < 0 ? errno : 0;
}

static int
read_a_file(void)
{
	return result(open(file_path, O_RDONLY));
}

static int
list_a_directory(void)
{
	return result(open("/etc", O_RDONLY | O_DIRECTORY));
}

static int
write_a_file(void)
{
	return result(open(file_path, O_WRONLY));
}

static const char *
new_path(void)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s/new", directory);
	return path;
}

static int
make_a_file(void)
{
	return result(open(new_path(), O_WRONLY | O_CREAT, 0600));
}

static int
remove_a_file(void)
{
	return result(unlink(file_path));
}

static int
run_a_program(void)
{
	char *const argv[] = { (char *)(uintptr_t)"true", NULL };

	return result(execv("/bin/true", argv));
}

static int
make_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static void *
nothing(void *ctx)
{
	return ctx;
}

static int
make_a_thread(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, nothing, NULL);

	return r != 0 ? r : pthread_join(t, NULL);
}

static int
trace_the_parent(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int
mount_something(void)
{
	return result(mount("none", directory, "tmpfs", 0, NULL));
}

static int
use_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int
use_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 0, NULL));
}

static int
use_the_keyring(void)
{
	return result(syscall(SYS_keyctl, 0, -3, 0));
}

static int
become_root(void)
{
	return result(setresuid(0, 0, 0));
}

static int
make_a_packet_socket(void)
{
	return result(socket(AF_PACKET, SOCK_DGRAM, 0));
}

static int
use_kernel_crypto(void)
{
	return result(socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static int
type_into_the_terminal(void)
{
	char c = 'x';

	return result(ioctl(unix_listener, TIOCSTI, &c));
}

static int
connect_tcp(void)
{
	return result(connect(socket(AF_INET, SOCK_STREAM, 0),
	    (struct sockaddr *)&tcp_address, sizeof(tcp_address)));
}

static int
bind_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	a.sin_port = htons((uint16_t)(ntohs(tcp_address.sin_port) ^ 1));
	return result(bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a)));
}

static int
connect_by_path(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
	return result(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a)));
}

static int
accept_on_a_kept_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return errno;
	return result(accept4(unix_listener, NULL, NULL, SOCK_CLOEXEC));
}

static int
resolve_localhost(void)
{
	struct addrinfo *list = NULL;
	int r = getaddrinfo("localhost", "25", NULL, &list);

	if (r == 0)
		freeaddrinfo(list);
	return r == 0 ? 0 : ENOENT;
}

static int
signal_the_parent(void)
{
	return result(kill(getppid(), SIGCONT));
}

static int
stat_a_file(void)
{
	struct stat st;

	return result(stat("/", &st));
}

static int
map_memory(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int
map_code(void)
{
	return map_memory(PROT_READ | PROT_EXEC);
}

static int
map_data(void)
{
	return map_memory(PROT_READ | PROT_WRITE);
}

static int
make_sealed_memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? errno : result(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

static int
grow_core_dumps(void)
{
	struct rlimit some = { 1 << 20, 1 << 20 };

	return prctl(PR_GET_DUMPABLE) == 0 ? result(setrlimit(RLIMIT_CORE, &some)) : 0;
}

static int
regain_capabilities(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? result(chroot("/")) : 0;
}

static int
enter(enum sl_jail_role role, const struct sl_jail_user *user)
{
	bool has = role == SL_JAIL_CONSOLE || role == SL_JAIL_COMPILER;

	return sl_jail_enter_with(role, user, has ? directory : NULL);
}

/* Run the probe in a jailed child. Returns what it said, 1000: entering failed, 2000: it died. */
static int
in_jail(enum sl_jail_role role, const struct sl_jail_user *user, int (*probe)(void))
{
	int report[2], said = 2000, status;
	pid_t pid;

	assert_int_equal(pipe(report), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		said = enter(role, user) != 0 ? 1000 : probe();
		_exit(write(report[1], &said, sizeof(said)) == sizeof(said) ? 0 : 1);
	}
	close(report[1]);
	if (read(report[0], &said, sizeof(said)) != sizeof(said))
		said = 2000;
	close(report[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return said;
}

static int
landlock_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static void
each_role_can_do_what_its_row_says_and_no_more(void **state)
{
	static const struct {
		const char	*name;
		int		(*probe)(void);
		int		 needs_landlock;	/* this version */
		int		 checker;		/* errno */
		int		 edge;
		int		 helper;
		int		 vault;
	} rows[] = {
		{ "read a file", read_a_file, 1, 0, EACCES, EPERM, EACCES },
		{ "list a directory", list_a_directory, 1, 0, EACCES, EPERM, EACCES },
		/* -1: the probe itself needs what the helper may not call */
		{ "resolve a name from files", resolve_localhost, 0, 0, -1, -1, -1 },
		{ "write a file", write_a_file, 1, EACCES, EACCES, EPERM, EACCES },
		{ "make a file", make_a_file, 1, EACCES, EACCES, EPERM, EACCES },
		{ "remove a file", remove_a_file, 1, EACCES, EACCES, EPERM, EACCES },
		{ "bind a TCP port", bind_tcp, 4, EACCES, EACCES, EPERM, EBADF },
		{ "signal the parent", signal_the_parent, 6, EPERM, EPERM, EPERM, EPERM },
		{ "connect by TCP", connect_tcp, 0, 0, 0, EPERM, EBADF },
		{ "connect to a Unix socket by path", connect_by_path, 0, 0, 0, EPERM, EBADF },
		{ "accept on a socket kept open", accept_on_a_kept_socket, 0, 0, 0, EPERM, -1 },
		{ "make a thread", make_a_thread, 0, 0, 0, EPERM, 0 },
		{ "run a program", run_a_program, 0, EPERM, EPERM, EPERM, EPERM },
		{ "make a process", make_a_process, 0, EPERM, EPERM, EPERM, EPERM },
		{ "trace the parent", trace_the_parent, 0, EPERM, EPERM, EPERM, EPERM },
		{ "mount", mount_something, 0, EPERM, EPERM, EPERM, EPERM },
		{ "bpf", use_bpf, 0, EPERM, EPERM, EPERM, EPERM },
		{ "io_uring", use_io_uring, 0, EPERM, EPERM, EPERM, EPERM },
		{ "keyring", use_the_keyring, 0, EPERM, EPERM, EPERM, EPERM },
		{ "become root", become_root, 0, EPERM, EPERM, EPERM, EPERM },
		{ "packet socket", make_a_packet_socket, 0, EAFNOSUPPORT, EAFNOSUPPORT, EPERM, EAFNOSUPPORT },
		{ "kernel crypto socket", use_kernel_crypto, 0, EAFNOSUPPORT, EAFNOSUPPORT, EPERM, EAFNOSUPPORT },
		{ "type into the terminal", type_into_the_terminal, 0, EPERM, EPERM, EPERM, EPERM },
		{ "dump core", grow_core_dumps, 0, EPERM, EPERM, -1, EPERM },
		{ "use a capability", regain_capabilities, 0, EPERM, EPERM, -1, EPERM },
		{ "stat a file", stat_a_file, 0, 0, 0, EPERM, 0 },
		{ "map memory to run", map_code, 0, 0, 0, EPERM, 0 },
		{ "make sealed memory", make_sealed_memory, 0, 0, 0, EPERM, 0 },
		{ "map memory to write", map_data, 0, 0, 0, 0, 0 },
	};
	struct sl_jail_user user;

	assert_int_equal(sl_jail_user_find("", &user), 0);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		int checker, edge, helper, vault, courier;

		if (landlock_version() < rows[i].needs_landlock) {
			print_message("skip: '%s' needs Landlock %d\n", rows[i].name,
			    rows[i].needs_landlock);
			continue;
		}
		checker = in_jail(SL_JAIL_CHECKER, &user, rows[i].probe);
		edge = in_jail(SL_JAIL_EDGE, &user, rows[i].probe);
		if (checker != rows[i].checker)
			fail_msg("checker: %s: %s", rows[i].name, strerror(checker));
		if (rows[i].edge >= 0 && edge != rows[i].edge)
			fail_msg("edge: %s: %s", rows[i].name, strerror(edge));
		courier = in_jail(SL_JAIL_COURIER, &user, rows[i].probe);	/* as an edge: it connects, and opens nothing */
		if (rows[i].edge >= 0 && courier != rows[i].edge)
			fail_msg("courier: %s: %s", rows[i].name, strerror(courier));
		helper = in_jail(SL_JAIL_HELPER, &user, rows[i].probe);
		if (rows[i].helper >= 0 && helper != rows[i].helper)
			fail_msg("helper: %s: %s", rows[i].name, strerror(helper));
		vault = in_jail(SL_JAIL_VAULT, &user, rows[i].probe);
		if (rows[i].vault >= 0 && vault != rows[i].vault)
			fail_msg("vault: %s: %s", rows[i].name, strerror(vault));
	}
}

static int
read_elsewhere(void)
{
	return result(open("/usr/bin/env", O_RDONLY));
}

static int
read_passwd(void)
{
	return getpwuid(0) != NULL ? 0 : ENOENT;
}

static int
make_unix_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
make_inet_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

/* All is theirs in one directory, and nothing elsewhere. */
static void
a_role_with_a_directory_has_that(void **state)
{
	static const struct { const char *name; int (*probe)(void); int needs_landlock, console, compiler; } rows[] = {
		{ "read a file of the directory", read_a_file, 1, 0, 0 },
		{ "write one", write_a_file, 1, 0, 0 },
		{ "make one", make_a_file, 1, 0, 0 },
		{ "read a file elsewhere", read_elsewhere, 1, EACCES, EACCES },
		{ "know a user", read_passwd, 1, 0, -1 },
		{ "run a program", run_a_program, 0, EPERM, EPERM },
		{ "make a process", make_a_process, 0, EPERM, 0 },
		{ "trace the parent", trace_the_parent, 0, EPERM, EPERM },
		{ "become root", become_root, 0, EPERM, EPERM },
		{ "Unix socket", make_unix_socket, 0, 0, EAFNOSUPPORT },
		{ "socket of the net", make_inet_socket, 0, EAFNOSUPPORT, EAFNOSUPPORT },
		{ "packet socket", make_a_packet_socket, 0, EAFNOSUPPORT, EAFNOSUPPORT },
	};
	struct sl_jail_user user;

	assert_int_equal(sl_jail_user_find("", &user), 0);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		int console, compiler;

		if (landlock_version() < rows[i].needs_landlock) {
			print_message("skip: '%s' needs Landlock %d\n", rows[i].name, rows[i].needs_landlock);
			continue;
		}
		console = in_jail(SL_JAIL_CONSOLE, &user, rows[i].probe);
		if (console != rows[i].console)
			fail_msg("console: %s: %s", rows[i].name, strerror(console));
		compiler = in_jail(SL_JAIL_COMPILER, &user, rows[i].probe);
		if (rows[i].compiler >= 0 && compiler != rows[i].compiler)
			fail_msg("compiler: %s: %s", rows[i].name, strerror(compiler));
		(void)unlink(new_path());
	}
}

/* The same without a jail, so that a probe that cannot succeed anywhere is noticed. */
static void
outside_the_jail_the_probes_succeed(void **state)
{
	int (*const probes[])(void) = { read_a_file, list_a_directory, resolve_localhost,
		write_a_file, connect_tcp, connect_by_path, accept_on_a_kept_socket, make_a_thread,
		bind_tcp, signal_the_parent };

	for (size_t i = 0; i < SL_COUNT(probes); i++) {
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(probes[i]() == 0 ? 0 : 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static int
root_is_gone(void)
{
	struct sl_jail_user want;
	const struct passwd *p = getpwnam("nobody");	/* loaded before: see the caller */

	if (p == NULL)
		return ENOENT;
	want = (struct sl_jail_user){ true, p->pw_uid, p->pw_gid };
	if (getuid() != want.uid || geteuid() != want.uid || getgid() != want.gid)
		return EINVAL;
	if (getgroups(0, NULL) != 0)
		return E2BIG;
	return setuid(0) == 0 || setgid(0) == 0 ? EEXIST : 0;
}

static void
root_becomes_another_user_for_good(void **state)
{
	struct sl_jail_user user;

	if (geteuid() != 0) {
		print_message("skip: only root can become another user\n");
		skip();
	}
	assert_int_equal(sl_jail_user_find("nobody", &user), 0);
	assert_true(user.change);
	assert_int_equal(in_jail(SL_JAIL_CHECKER, &user, root_is_gone), 0);
}

static void
users_are_found_or_refused(void **state)
{
	struct sl_jail_user user;

	if (geteuid() != 0) {
		assert_int_equal(sl_jail_user_find("", &user), 0);
		assert_false(user.change);
		assert_int_equal(sl_jail_user_find("no-such-user", &user), 0);
		assert_false(user.change);
		return;
	}
	assert_int_equal(sl_jail_user_find("", &user), 0);
	assert_true(user.change);
	assert_int_not_equal(user.uid, 0);
	assert_int_equal(sl_jail_user_find("no-such-user", &user), SL_ERR_NOT_FOUND);
	assert_int_equal(sl_jail_user_find("root", &user), SL_ERR_UNSUPPORTED);
}

static void
an_orderly_exit_from_the_jail_is_no_failure(void **state)
{
	struct sl_jail_user user;
	pid_t pid;
	int status;

	assert_int_equal(sl_jail_user_find("", &user), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)		/* exit, not _exit: with what the C library and sanitizers do */
		exit(sl_jail_enter(SL_JAIL_EDGE, &user));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A user that cannot be become is a failure to enter, never a jail half closed. */
static void
entering_fails_as_a_whole(void **state)
{
	struct sl_jail_user other = { true, 12345, 12345 };
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {		/* one who is not root asks for another user */
		if (geteuid() == 0 && setresuid(54321, 54321, 54321) != 0)
			_exit(1);
		_exit(sl_jail_enter(SL_JAIL_EDGE, &other) == SL_ERR_SYSTEM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
prepare(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(tcp_address);
	int fd;

	if (mkdtemp(directory) == NULL || chmod(directory, 0777) != 0)
		return -1;
	snprintf(file_path, sizeof(file_path), "%s/file", directory);
	snprintf(socket_path, sizeof(socket_path), "%s/socket", directory);
	fd = open(file_path, O_WRONLY | O_CREAT, 0666);
	if (fd < 0 || fchmod(fd, 0666) != 0)
		return -1;
	close(fd);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", socket_path);
	unix_listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(unix_listener, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    chmod(socket_path, 0777) != 0 || listen(unix_listener, 128) != 0)
		return -1;
	tcp_address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	tcp_listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(tcp_listener, (struct sockaddr *)&tcp_address, sizeof(tcp_address)) != 0 ||
	    listen(tcp_listener, 128) != 0)
		return -1;
	return getsockname(tcp_listener, (struct sockaddr *)&tcp_address, &len);
}

static int
clean_up(void **state)
{
	unlink(file_path);
	unlink(socket_path);
	close(unix_listener);
	close(tcp_listener);
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_the_jail_the_probes_succeed),
		cmocka_unit_test(each_role_can_do_what_its_row_says_and_no_more),
		cmocka_unit_test(a_role_with_a_directory_has_that),
		cmocka_unit_test(root_becomes_another_user_for_good),
		cmocka_unit_test(users_are_found_or_refused),
		cmocka_unit_test(an_orderly_exit_from_the_jail_is_no_failure),
		cmocka_unit_test(entering_fails_as_a_whole),
	};

	return cmocka_run_group_tests(tests, prepare, clean_up);
}
