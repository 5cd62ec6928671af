/*
 * process_test.c - the vault as a process: deposits by edges, questions by control, and kill -9 in between
 *
 * usage: vault_process_test PROGRAM. VAULT_KILLS in the environment: how often it is killed (default 30).
 */

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vault/wire.h"

#define WAIT_MS		60000
#define DEPOSITS_MAX	32768u

static const char *program;
static const struct sl_slice tenant = { (const unsigned char *)"example.com", 11 };

struct fixture {
	char		base[32], dirs[3][48], master[48];
	pid_t		pid;
	struct sl_ipc	*parent, *edge, *control;
	unsigned char	public[SL_SEAL_KEY_BYTES];
	uint64_t	numbers;
	/* What deposits came to, by number: */
	struct {
		bool		told;
		int		result;
		unsigned char	id[SL_VAULT_ID_BYTES];
	} deposits[DEPOSITS_MAX];
	/* The last answer: */
	struct sl_vault_answer answer;
	struct sl_buf	bytes;
	int		fd;
};

static struct sl_ipc *
peer(struct fixture *f, uint32_t kind, uint32_t may_send)
{
	struct sl_buf payload;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	sl_buf_init(&payload, 4);
	sl_pack_u32(&payload, kind);
	assert_int_equal(sl_ipc_send(f->parent, SL_IPC_VAULT_PEER, sl_buf_slice(&payload), &fds[1], 1), 0);
	sl_buf_fini(&payload);
	close(fds[1]);
	return sl_ipc_new(fds[0], may_send);
}

static void
start(struct fixture *f)
{
	const struct sl_vault_process process = { program, "", f->dirs[0], f->dirs[1], f->dirs[2], f->master };
	int fd = sl_vault_spawn(&process, &f->pid);

	assert_true(fd >= 0);
	f->parent = sl_ipc_new(fd, 0);
	f->edge = peer(f, SL_VAULT_PEER_EDGE, 1u << SL_IPC_VAULT_KEPT);
	f->control = peer(f, SL_VAULT_PEER_CONTROL, 1u << SL_IPC_VAULT_ANSWER);
}

/* Returns the status it ended with. */
static int
end(struct fixture *f, int signal_number)
{
	int status;

	if (signal_number != 0)
		kill(f->pid, signal_number);
	else
		assert_int_equal(sl_ipc_send(f->parent, SL_IPC_STOP, sl_slice("", 0), NULL, 0), 0);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	sl_ipc_free(&f->parent);
	sl_ipc_free(&f->edge);
	sl_ipc_free(&f->control);
	return status;
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct fixture *f = ctx;
	struct sl_vault_kept kept;

	if (message->type == SL_IPC_VAULT_KEPT) {
		assert_int_equal(sl_vault_unpack_kept(message->payload, &kept), 0);
		assert_true(kept.number < DEPOSITS_MAX && !f->deposits[kept.number].told);
		f->deposits[kept.number].told = true;
		f->deposits[kept.number].result = kept.result;
		memcpy(f->deposits[kept.number].id, kept.id, sizeof(kept.id));
		return;
	}
	sl_buf_reset(&f->bytes);
	sl_buf_add_slice(&f->bytes, message->payload);
	assert_int_equal(sl_vault_unpack_answer(sl_buf_slice(&f->bytes), &f->answer), 0);
	f->fd = -1;
	if (message->fds_len == 1) {
		f->fd = message->fds[0];
		message->fds[0] = -1;
	}
}

/* Returns the answer's result. */
static int
ask(struct fixture *f, enum sl_vault_verb verb, struct sl_vault_ask question)
{
	struct sl_buf payload;

	sl_buf_init(&payload, 64 << 10);
	question.verb = verb;
	question.number = ++f->numbers;
	if (question.tenant.len == 0)
		question.tenant = tenant;
	sl_vault_pack_ask(&question, &payload);
	assert_int_equal(sl_ipc_send(f->control, SL_IPC_VAULT_ASK, sl_buf_slice(&payload), NULL, 0), 0);
	sl_buf_fini(&payload);
	assert_int_equal(sl_ipc_wait(f->control, WAIT_MS, on_message, f), SL_DONE);
	assert_int_equal(f->answer.number, f->numbers);
	return f->answer.result;
}

static int
collect(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

static void
message_text(unsigned n, struct sl_buf *out)
{
	for (unsigned i = 0; i < 20 + n % 400; i++)
		sl_buf_addf(out, "line %u of message %u\r\n", i * 2654435761u, n);
}

/* Seal message n and deposit it under that number. Returns the sending's result. */
static int
deposit(struct fixture *f, unsigned n)
{
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_seal_body_info info;
	struct sl_seal_record record;
	struct sl_buf text, sealed, payload;
	unsigned char bytes[SL_SEAL_RECORD_BYTES];
	const struct sl_vault_deposit d = { .number = n, .tenant = tenant, .received_us = n,
		.expiry_day = (uint32_t)(sl_clock_system.wall_us(NULL) / SL_VAULT_DAY_US) + 7,
		.record = sl_slice(bytes, sizeof(bytes)) };
	int fd = memfd_create("sealed", MFD_CLOEXEC), r;

	sl_buf_init(&text, 1 << 20);
	sl_buf_init(&sealed, 1 << 20);
	sl_buf_init(&payload, 4 << 10);
	message_text(n, &text);
	sl_seal_body_begin(body, collect, &sealed);
	assert_int_equal(sl_seal_body_feed(body, sl_buf_slice(&text)), 0);
	assert_int_equal(sl_seal_body_finish(body, &info), 0);
	sl_seal_record_init(&record);
	assert_int_equal(sl_seal_record_add(&record, SL_SEAL_SUBJECT, sl_slice(&n, sizeof(n))), 0);
	assert_int_equal(sl_seal_record_seal(&record, &info, n, f->public, tenant, bytes), 0);
	assert_int_equal(write(fd, sealed.data, sealed.len), sealed.len);
	sl_vault_pack_deposit(&d, &payload);
	r = sl_ipc_send(f->edge, SL_IPC_VAULT_KEEP, sl_buf_slice(&payload), &fd, 1);
	close(fd);
	sl_seal_record_fini(&record);
	sl_seal_body_free(&body);
	sl_buf_fini(&text);
	sl_buf_fini(&sealed);
	sl_buf_fini(&payload);
	return r;
}

/* Open one, which must be message n. */
static void
check_opens(struct fixture *f, const unsigned char *id, unsigned n)
{
	struct sl_vault_ask question = { .ids = sl_slice(id, SL_VAULT_ID_BYTES) };
	struct sl_buf text;
	char *map;

	assert_int_equal(ask(f, SL_VAULT_VERB_OPEN, question), 0);
	assert_true(f->fd >= 0);
	sl_buf_init(&text, 1 << 20);
	message_text(n, &text);
	assert_int_equal(f->answer.count, text.len);
	map = mmap(NULL, text.len, PROT_READ, MAP_PRIVATE, f->fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_memory_equal(map, text.data, text.len);
	munmap(map, text.len);
	close(f->fd);
	sl_buf_fini(&text);
}

/* All that is there, by number; `seen` takes how often. Returns how many. */
static size_t
check_list(struct fixture *f, unsigned char *seen)
{
	unsigned char last[SL_VAULT_ID_BYTES];
	struct sl_vault_ask question = { .state = -1, .limit = 200 };
	struct sl_vault_listed e;
	struct sl_slice bytes;
	size_t n = 0;
	int r;

	do {
		r = ask(f, SL_VAULT_VERB_LIST, question);
		assert_true(r == SL_DONE || r == SL_MORE);
		bytes = f->answer.bytes;
		while (sl_vault_unpack_listed(&bytes, &e) == SL_DONE) {
			assert_int_equal(e.opens, 1);
			assert_true(e.received_us >= 0 && e.received_us < DEPOSITS_MAX);
			seen[e.received_us]++;
			memcpy(last, e.id.ptr, sizeof(last));
			n++;
		}
		question.after = sl_slice(last, sizeof(last));
	} while (r == SL_MORE);
	return n;
}

static int
setup(void **state)
{
	struct fixture *f = sl_xzalloc(sizeof(*f));
	char base[] = "/tmp/sl-vaultd-XXXXXX";

	sl_buf_init(&f->bytes, 2 << 20);
	assert_non_null(mkdtemp(base));
	memcpy(f->base, base, sizeof(base));
	for (int i = 0; i < 3; i++) {
		snprintf(f->dirs[i], sizeof(f->dirs[i]), "%s/%c", base, "hbk"[i]);
		assert_int_equal(mkdir(f->dirs[i], 0700), 0);
	}
	snprintf(f->master, sizeof(f->master), "%s/master", base);
	start(f);
	assert_int_equal(ask(f, SL_VAULT_VERB_TENANT_NEW, (struct sl_vault_ask){ 0 }), 0);
	assert_int_equal(f->answer.bytes.len, sizeof(f->public));
	memcpy(f->public, f->answer.bytes.ptr, sizeof(f->public));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[64];

	if (f->parent != NULL)
		assert_int_equal(end(f, 0), 0);
	snprintf(command, sizeof(command), "rm -r %s", f->base);
	assert_int_equal(system(command), 0);
	sl_buf_fini(&f->bytes);
	sl_free(f);
	return 0;
}

static void
deposits_are_kept_listed_and_opened(void **state)
{
	struct fixture *f = *state;
	unsigned char seen[DEPOSITS_MAX] = { 0 }, ids[2][SL_VAULT_ID_BYTES];

	for (unsigned n = 0; n < 50; n++)
		assert_int_equal(deposit(f, n), 0);
	for (unsigned n = 0; n < 50; n++)
		assert_int_equal(sl_ipc_wait(f->edge, WAIT_MS, on_message, f), SL_DONE);
	for (unsigned n = 0; n < 50; n++)
		assert_true(f->deposits[n].told && f->deposits[n].result == 0);
	for (int again = 0; again < 2; again++) {
		memset(seen, 0, sizeof(seen));
		assert_int_equal(check_list(f, seen), 50);
		check_opens(f, f->deposits[7].id, 7);
		assert_int_equal(end(f, 0), 0);
		start(f);
	}
	memcpy(ids[0], f->deposits[3].id, sizeof(ids[0]));
	memcpy(ids[1], f->deposits[4].id, sizeof(ids[1]));
	assert_int_equal(ask(f, SL_VAULT_VERB_MARK, (struct sl_vault_ask){ .ids = sl_slice(ids, sizeof(ids)),
	    .argument = SL_VAULT_RELEASED }), 0);
	assert_int_equal(f->answer.count, 2);
	assert_int_equal(ask(f, SL_VAULT_VERB_LIST, (struct sl_vault_ask){ .state = SL_VAULT_RELEASED }), SL_DONE);
	assert_int_equal(f->answer.count, 2);
	assert_int_equal(ask(f, SL_VAULT_VERB_DELETE, (struct sl_vault_ask){ .ids = sl_slice(ids, sizeof(ids)) }), 0);
	assert_int_equal(f->answer.count, 2);
	assert_int_equal(ask(f, SL_VAULT_VERB_OPEN, (struct sl_vault_ask){ .ids = sl_slice(ids, SL_VAULT_ID_BYTES) }),
	    SL_ERR_NOT_FOUND);
	assert_int_equal(ask(f, SL_VAULT_VERB_STATS, (struct sl_vault_ask){ .state = -1 }), 0);
	assert_int_equal(f->answer.bytes.len, sizeof(struct sl_vault_stats));
}

/* An edge may add and nothing else; what is no deposit is refused, and only its sender suffers. */
static void
an_edge_can_only_add(void **state)
{
	struct fixture *f = *state;
	struct sl_vault_ask question = { .verb = SL_VAULT_VERB_STATS, .state = -1, .tenant = tenant };
	unsigned char record[SL_SEAL_RECORD_BYTES] = { 0 };
	struct sl_vault_deposit d = { .number = 1, .tenant = tenant,
		.record = sl_slice(record, sizeof(record)) };
	struct sl_buf payload;
	int pipe_fds[2];

	sl_buf_init(&payload, 4 << 10);
	assert_int_equal(pipe(pipe_fds), 0);		/* would make a reader wait */
	sl_vault_pack_deposit(&d, &payload);
	assert_int_equal(sl_ipc_send(f->edge, SL_IPC_VAULT_KEEP, sl_buf_slice(&payload), pipe_fds, 1), 0);
	assert_int_equal(sl_ipc_wait(f->edge, WAIT_MS, on_message, f), SL_DONE);
	assert_int_equal(f->deposits[1].result, SL_ERR_SYNTAX);
	sl_buf_reset(&payload);
	d.number = 2;
	d.tenant = sl_slice_str("nobody.example");
	sl_vault_pack_deposit(&d, &payload);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	pipe_fds[0] = open(f->master, O_RDONLY | O_CLOEXEC);
	assert_int_equal(sl_ipc_send(f->edge, SL_IPC_VAULT_KEEP, sl_buf_slice(&payload), pipe_fds, 1), 0);
	assert_int_equal(sl_ipc_wait(f->edge, WAIT_MS, on_message, f), SL_DONE);
	assert_int_equal(f->deposits[2].result, SL_ERR_NOT_FOUND);
	sl_buf_reset(&payload);
	d.number = 3;
	d.tenant = tenant;
	d.expiry_day = UINT32_MAX;		/* for ever */
	sl_vault_pack_deposit(&d, &payload);
	assert_int_equal(sl_ipc_send(f->edge, SL_IPC_VAULT_KEEP, sl_buf_slice(&payload), pipe_fds, 1), 0);
	assert_int_equal(sl_ipc_wait(f->edge, WAIT_MS, on_message, f), SL_DONE);
	assert_int_equal(f->deposits[3].result, SL_ERR_REFUSED);
	close(pipe_fds[0]);
	sl_buf_reset(&payload);
	sl_vault_pack_ask(&question, &payload);
	assert_int_equal(sl_ipc_send(f->edge, SL_IPC_VAULT_ASK, sl_buf_slice(&payload), NULL, 0), 0);
	assert_int_equal(sl_ipc_wait(f->edge, WAIT_MS, on_message, f), SL_ERR_CLOSED);
	assert_int_equal(ask(f, SL_VAULT_VERB_STATS, (struct sl_vault_ask){ .state = -1 }), 0);
	sl_buf_fini(&payload);
}

static void
a_master_key_that_others_can_read_is_not_used(void **state)
{
	struct fixture *f = *state;
	const struct sl_vault_process process = { program, "", f->dirs[0], f->dirs[1], f->dirs[2], f->master };
	int status, fd;

	assert_int_equal(end(f, 0), 0);
	assert_int_equal(chmod(f->master, 0444), 0);
	fd = sl_vault_spawn(&process, &f->pid);
	assert_true(fd >= 0);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	assert_int_equal(WEXITSTATUS(status), 1);
	close(fd);
	assert_int_equal(unlink(f->master), 0);		/* nor is another one made for a vault that is not empty */
	fd = sl_vault_spawn(&process, &f->pid);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	assert_int_equal(WEXITSTATUS(status), 1);
	close(fd);
	assert_int_equal(access(f->master, F_OK), -1);
}

/* Every deposit that was acknowledged is there after the kill, once, and opens. */
static void
a_kill_at_any_time_loses_nothing(void **state)
{
	struct fixture *f = *state;
	const char *wanted = getenv("VAULT_KILLS");
	unsigned kills = wanted == NULL ? 30 : (unsigned)strtoul(wanted, NULL, 10), n = 0, acknowledged = 0, found = 0;
	uint32_t random = 1;

	assert_true(kills <= DEPOSITS_MAX / 16);
	for (unsigned k = 0; k < kills; k++) {
		unsigned first = n, last = first + 16;
		unsigned char seen[DEPOSITS_MAX] = { 0 };

		for (unsigned i = first; i < last; i++)
			if (deposit(f, i) != 0)
				break;
		random = random * 1664525u + 1013904223u;
		for (unsigned i = 0; i < (random >> 24) % 20; i++)	/* some are told, some are on their way */
			if (sl_ipc_wait(f->edge, (int)((random >> 16) % 8), on_message, f) != SL_DONE)
				break;
		end(f, SIGKILL);
		start(f);
		found = (unsigned)check_list(f, seen);
		for (unsigned i = 0; i < last; i++) {
			assert_true(seen[i] <= 1);
			if (f->deposits[i].told && f->deposits[i].result == 0 && !seen[i])
				fail_msg("kill %u: deposit %u is lost", k, i);
			if (i >= first && f->deposits[i].told) {
				assert_int_equal(f->deposits[i].result, 0);
				acknowledged++;
				check_opens(f, f->deposits[i].id, i);
			}
		}
		n = last;
	}
	print_message("%u kills, %u deposits acknowledged, %u found\n", kills, acknowledged, found);
	assert_true(acknowledged > 0);
}

int
main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(deposits_are_kept_listed_and_opened),
		TEST(an_edge_can_only_add),
		TEST(a_master_key_that_others_can_read_is_not_used),
		TEST(a_kill_at_any_time_loses_nothing),
	};

	if (argc != 2) {
		fputs("usage: vault_process_test PROGRAM\n", stderr);
		return 2;
	}
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
