/* jail_filter.c - which system calls a role may not make: a seccomp-bpf program from a table
 *
 * For most a deny-list: what no role has any business with answers EPERM. It does not try to name all
 * a process needs, as that moves with every libc, but takes away the ways out of a taken-over one:
 * other programs, other processes, other sockets, the kernel's less trodden corners.
 *
 * The helper needs so little that its list says what it may: everything else answers EPERM. */

#include "jail_i.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define FILTER_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FILTER_ARCH	AUDIT_ARCH_AARCH64
#endif

#ifndef FILTER_ARCH

int
jail_filter(enum sl_jail_role role)
{
	return SL_ERR_UNSUPPORTED;
}

#else

#define CHECKER	(1u << SL_JAIL_CHECKER)
#define EDGE	(1u << SL_JAIL_EDGE)
#define VAULT	(1u << SL_JAIL_VAULT)
#define COURIER	(1u << SL_JAIL_COURIER)
#define CONSOLE	(1u << SL_JAIL_CONSOLE)
#define COMPILER (1u << SL_JAIL_COMPILER)
#define ALONE	(CHECKER | EDGE | VAULT | COURIER | CONSOLE)	/* make no processes */
#define ALL	(ALONE | COMPILER)
#define NETWORK	(CHECKER | EDGE | COURIER)

struct rule {		/* a system call, or an address family, for these roles */
	int		number;
	unsigned	roles;
};

static const struct rule denied[] = {
	/* other programs and processes */
	{ SYS_execve, ALL }, { SYS_execveat, ALL },
#ifdef SYS_fork
	{ SYS_fork, ALONE }, { SYS_vfork, ALONE },
#endif
	{ SYS_ptrace, ALL }, { SYS_process_vm_readv, ALL }, { SYS_process_vm_writev, ALL },
	{ SYS_kcmp, ALL }, { SYS_pidfd_open, ALL }, { SYS_pidfd_getfd, ALL },
	{ SYS_pidfd_send_signal, ALL }, { SYS_process_madvise, ALL },
	/* the file system as a whole, and ways round its permissions */
	{ SYS_mount, ALL }, { SYS_umount2, ALL }, { SYS_pivot_root, ALL }, { SYS_chroot, ALL },
	{ SYS_fsopen, ALL }, { SYS_fsconfig, ALL }, { SYS_fsmount, ALL }, { SYS_fspick, ALL },
	{ SYS_open_tree, ALL }, { SYS_move_mount, ALL }, { SYS_mount_setattr, ALL },
	{ SYS_open_by_handle_at, ALL }, { SYS_name_to_handle_at, ALL }, { SYS_mknodat, ALL },
	{ SYS_quotactl, ALL }, { SYS_swapon, ALL }, { SYS_swapoff, ALL },
	{ SYS_fanotify_init, ALL }, { SYS_acct, ALL },
#ifdef SYS_mknod
	{ SYS_mknod, ALL },
#endif
	/* name spaces and identity: all was given up before */
	{ SYS_unshare, ALL }, { SYS_setns, ALL }, { SYS_personality, ALL },
	{ SYS_setuid, ALL }, { SYS_setgid, ALL }, { SYS_setreuid, ALL }, { SYS_setregid, ALL },
	{ SYS_setresuid, ALL }, { SYS_setresgid, ALL }, { SYS_setgroups, ALL }, { SYS_capset, ALL },
	/* the kernel's less trodden corners */
	{ SYS_bpf, ALL }, { SYS_perf_event_open, ALL }, { SYS_userfaultfd, ALL },
	{ SYS_io_uring_setup, ALL }, { SYS_io_uring_enter, ALL }, { SYS_io_uring_register, ALL },
	{ SYS_keyctl, ALL }, { SYS_add_key, ALL }, { SYS_request_key, ALL },
	{ SYS_init_module, ALL }, { SYS_finit_module, ALL }, { SYS_delete_module, ALL },
	{ SYS_kexec_load, ALL }, { SYS_reboot, ALL }, { SYS_syslog, ALL }, { SYS_vhangup, ALL },
	{ SYS_sethostname, ALL }, { SYS_setdomainname, ALL },
	{ SYS_settimeofday, ALL }, { SYS_clock_settime, ALL }, { SYS_clock_adjtime, ALL },
	{ SYS_adjtimex, ALL }, { SYS_move_pages, ALL }, { SYS_migrate_pages, ALL },
	{ SYS_mq_open, ALL }, { SYS_shmget, ALL }, { SYS_msgget, ALL }, { SYS_semget, ALL },
#ifdef SYS_kexec_file_load
	{ SYS_kexec_file_load, ALL },
#endif
#ifdef SYS_iopl
	{ SYS_iopl, ALL }, { SYS_ioperm, ALL }, { SYS_modify_ldt, ALL },
#endif
};

/* All that a helper may call, with any arguments; see emit_helper_arguments for the rest. */
static const int helper_allowed[] = {
	/* its channel, the memory it is sent, its log */
	SYS_read, SYS_write, SYS_writev, SYS_recvmsg, SYS_sendmsg, SYS_ppoll, SYS_close, SYS_fcntl,
	SYS_lseek,
#ifdef SYS_poll
	SYS_poll,
#endif
	/* memory of its own; mmap and mprotect below */
	SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
	/* time, its timer, its own signals, its end */
	SYS_clock_gettime, SYS_gettimeofday, SYS_setitimer, SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall, SYS_getpid, SYS_gettid, SYS_exit,
	SYS_exit_group,
	/* what the C library does by itself */
	SYS_futex, SYS_sched_yield, SYS_getrandom,
};

/* Sockets a role may make; others give EAFNOSUPPORT. */
static const struct rule families[] = {
	{ AF_UNIX, NETWORK | CONSOLE }, { AF_INET, NETWORK }, { AF_INET6, NETWORK },
	{ AF_NETLINK, NETWORK },	/* getaddrinfo asks which addresses we have */
};

#define PROGRAM_MAX	(2 * SL_COUNT(denied) + SL_COUNT(families) + 40)
_Static_assert(PROGRAM_MAX > 2 * SL_COUNT(helper_allowed) + 40, "room for either list");

struct program {
	struct sock_filter	code[PROGRAM_MAX];
	unsigned short		len;
};

static void
emit(struct program *p, unsigned code, uint32_t k, unsigned jump_true, unsigned jump_false)
{
	SL_ASSERT(p->len < PROGRAM_MAX);
	p->code[p->len++] = (struct sock_filter){ (unsigned short)code,
	    (unsigned char)jump_true, (unsigned char)jump_false, k };
}

static void
emit_load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
emit_return(struct program *p, uint32_t what)
{
	emit(p, BPF_RET | BPF_K, what, 0, 0);
}

static void
emit_errno(struct program *p, int number)
{
	emit_return(p, SECCOMP_RET_ERRNO | ((uint32_t)number & SECCOMP_RET_DATA));
}

/* The low half of argument n: all of an int's or flag's bits that the kernel looks at. */
static void
emit_load_argument(struct program *p, unsigned n)
{
	emit_load(p, offsetof(struct seccomp_data, args) + n * sizeof(uint64_t));
}

static void
emit_head(struct program *p)
{
	emit_load(p, offsetof(struct seccomp_data, arch));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0);
	emit_return(p, SECCOMP_RET_KILL_PROCESS);	/* 32-bit calls: numbers mean other things */
	emit_load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	emit(p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1);	/* the x32 ABI's numbers */
	emit_errno(p, EPERM);
#endif
}

/* What depends on an argument. The number is loaded; each rule ends the program for its call. */
static void
emit_arguments(struct program *p, enum sl_jail_role role)
{
	unsigned left = 0;

	emit(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);	/* flags out of reach: ... */
	emit_errno(p, ENOSYS);			/* ... libc then uses clone */
	if ((ALONE & 1u << role) != 0) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
		emit_load_argument(p, 0);
		emit(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
		emit_return(p, SECCOMP_RET_ALLOW);
		emit_errno(p, EPERM);
	}
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4);
	emit_load_argument(p, 1);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 0, 1);	/* typing into our terminal */
	emit_errno(p, EPERM);
	emit_return(p, SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < SL_COUNT(families); i++)
		left += (families[i].roles & (1u << role)) != 0;
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, left + 3);
	emit_load_argument(p, 0);
	for (size_t i = 0; i < SL_COUNT(families); i++)
		if ((families[i].roles & (1u << role)) != 0)
			emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)families[i].number, left--, 0);
	emit_errno(p, EAFNOSUPPORT);
	emit_return(p, SECCOMP_RET_ALLOW);
}

static void
emit_denied(struct program *p, enum sl_jail_role role)
{
	for (size_t i = 0; i < SL_COUNT(denied); i++) {
		if ((denied[i].roles & (1u << role)) == 0)
			continue;
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)denied[i].number, 0, 1);
		emit_errno(p, EPERM);
	}
	emit_arguments(p, role);
	emit_return(p, SECCOMP_RET_ALLOW);
}

/* No memory that can be run, and signals (abort) to itself only. */
static void
emit_helper_arguments(struct program *p)
{
	static const int makes_memory[] = { SYS_mmap, SYS_mprotect };

	for (size_t i = 0; i < SL_COUNT(makes_memory); i++) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)makes_memory[i], 0, 4);
		emit_load_argument(p, 2);
		emit(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
		emit_errno(p, EPERM);
		emit_return(p, SECCOMP_RET_ALLOW);
	}
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 4);
	emit_load_argument(p, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 1, 0);
	emit_errno(p, EPERM);
	emit_return(p, SECCOMP_RET_ALLOW);
}

static void
emit_allowed(struct program *p)
{
	for (size_t i = 0; i < SL_COUNT(helper_allowed); i++) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)helper_allowed[i], 0, 1);
		emit_return(p, SECCOMP_RET_ALLOW);
	}
	emit_helper_arguments(p);
	emit_errno(p, EPERM);
}

int
jail_filter(enum sl_jail_role role)
{
	struct program p = { .len = 0 };
	struct sock_fprog fprog = { .filter = p.code };

	emit_head(&p);
	if (role == SL_JAIL_HELPER)
		emit_allowed(&p);
	else
		emit_denied(&p, role);
	fprog.len = p.len;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &fprog) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? SL_ERR_UNSUPPORTED : SL_ERR_SYSTEM;
}

#endif
