/* courier_test.c - the courier as others meet it: the program itself, with a parent, a vault, a submitter and a next hop played here */

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/settings.h"
#include "courier/queue.h"
#include "ipc/spawn.h"
#include "kept/courier.h"

#define S(text)		SL_SLICE_LIT(text)
#define WAIT_MS		15000
#define BODY_BYTES	1000000u

static const char *program;
static char directory[64];
static pid_t courier, hop;
static int hop_port, hop_report;
static struct sl_ipc *parent;
static const unsigned char ref[SL_KEPT_ID_BYTES] = { 9, 8, 7 };

/* ---- the next hop: takes everything, and writes to the pipe how many bytes it was, and their sum ---- */

struct report {
	uint64_t	bytes, sum;
};

static void
hop_session(int fd, int out)
{
	FILE *in = fdopen(fd, "r+");
	static char line[100000];
	struct report report = { 0 };

	setvbuf(in, NULL, _IONBF, 0);
	fputs("220 hop\r\n", in);
	while (fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, "QUIT", 4) == 0)
			break;
		if (strncmp(line, "DATA", 4) != 0) {
			fputs("250 fine\r\n", in);
			continue;
		}
		fputs("354 go on\r\n", in);
		while (fgets(line, sizeof(line), in) != NULL && strcmp(line, ".\r\n") != 0) {
			const char *text = line[0] == '.' ? line + 1 : line;

			report.bytes += strlen(text);
			for (; *text != '\0'; text++)
				report.sum = report.sum * 31 + (unsigned char)*text;
		}
		if (feof(in) || ferror(in))
			break;
		if (write(out, &report, sizeof(report)) != sizeof(report))
			_exit(2);
		fputs("250 2.0.0 queued as 4F\r\n", in);
	}
	fclose(in);
}

static void
hop_start(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), fds[2];

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 16) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(pipe(fds), 0);
	hop_port = ntohs(address.sin_port);
	hop = fork();
	assert_true(hop >= 0);
	if (hop == 0) {
		close(fds[0]);
		for (;;) {
			int c = accept(fd, NULL, NULL);

			if (c >= 0)
				hop_session(c, fds[1]);
		}
	}
	close(fd);
	close(fds[1]);
	hop_report = fds[0];
}

/* ---- the parent ---- */

static void
ignore(void *ctx, struct sl_ipc_message *message)
{
	bool *ready = ctx;

	*ready |= message->type == SL_IPC_READY;
}

static void
start(void)
{
	char *text = sl_xasprintf("listen: [\"127.0.0.1:1\"]\nhostname: mx.example\ncontrol: \"\"\ndns: {servers: [\"127.0.0.1:1\"]}\n"
	    "quarantine: {directory: %s}\ntenants:\n- domains: [example.com]\n  next_hops: [\"127.0.0.1:%d\"]\n", directory, hop_port);
	struct sl_settings *settings;
	struct sl_buf errors, packed, payload;
	bool ready = false;
	int fd;

	sl_buf_init(&errors, 10000);
	sl_buf_init(&packed, 1 << 20);
	sl_buf_init(&payload, 1 << 20);
	if (sl_settings_read("test", sl_slice_str(text), &settings, &errors) != 0)
		fail_msg("%s", sl_buf_cstr(&errors));
	assert_int_equal(sl_settings_resolve(settings, &errors), 0);
	sl_settings_pack(settings, &packed);
	sl_pack_u32(&payload, 0);
	sl_pack_bytes(&payload, S(""));
	sl_pack_bytes(&payload, sl_buf_slice(&packed));
	fd = sl_program_spawn(program, "", &courier);
	assert_true(fd >= 0);
	parent = sl_ipc_new(fd, SL_IPC_BIT(READY) | SL_IPC_BIT(COURIER_STATE) | SL_IPC_BIT(VAULT_REQUEST));
	assert_int_equal(sl_ipc_send(parent, SL_IPC_SETTINGS, sl_buf_slice(&payload), NULL, 0), 0);
	while (!ready)
		assert_int_equal(sl_ipc_wait(parent, WAIT_MS, ignore, &ready), SL_DONE);
	sl_settings_unref(&settings);
	sl_buf_fini(&errors);
	sl_buf_fini(&packed);
	sl_buf_fini(&payload);
	sl_free(text);
}

static void
stop(bool hard)
{
	int status;

	if (hard)
		kill(courier, SIGKILL);
	else
		assert_int_equal(sl_ipc_send(parent, SL_IPC_STOP, sl_slice(NULL, 0), NULL, 0), 0);
	assert_int_equal(waitpid(courier, &status, 0), courier);
	if (!hard)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	sl_ipc_free(&parent);
}

static int
setup(void **state)
{
	snprintf(directory, sizeof(directory), "/tmp/sluice-courier-XXXXXX");
	assert_non_null(mkdtemp(directory));
	hop_start();
	start();
	return 0;
}

static int
teardown(void **state)
{
	char command[100];

	stop(false);
	kill(hop, SIGKILL);
	waitpid(hop, NULL, 0);
	close(hop_report);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

/* ---- a client ---- */

struct heard {
	enum sl_ipc_type type;
	struct sl_buf	 payload;
};

static struct sl_ipc *
client_new(uint32_t who)
{
	struct sl_buf payload;
	struct sl_ipc *ipc;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	sl_buf_init(&payload, 4);
	sl_pack_u32(&payload, who);
	assert_int_equal(sl_ipc_send(parent, SL_IPC_COURIER_CLIENT, sl_buf_slice(&payload), &fds[1], 1), 0);
	sl_buf_fini(&payload);
	close(fds[1]);
	ipc = sl_ipc_new(fds[0], SL_IPC_BIT(SUBMITTED) | SL_IPC_BIT(SETTLED) | SL_IPC_BIT(FETCH) | SL_IPC_BIT(QUEUE_ENTRY) |
	    SL_IPC_BIT(KEPT_END));
	return ipc;
}

static void
on_heard(void *ctx, struct sl_ipc_message *message)
{
	struct heard *heard = ctx;

	heard->type = message->type;
	sl_buf_reset(&heard->payload);
	sl_buf_add_slice(&heard->payload, message->payload);
}

/* The next message, which must be of this type. */
static struct sl_slice
hear(struct sl_ipc *ipc, struct heard *heard, enum sl_ipc_type type)
{
	assert_int_equal(sl_ipc_wait(ipc, WAIT_MS, on_heard, heard), SL_DONE);
	if (heard->type != type)
		fail_msg("%s instead of %s", sl_ipc_type_name(heard->type), sl_ipc_type_name(type));
	return sl_buf_slice(&heard->payload);
}

static int
memory(const unsigned char *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	return fd;
}

static struct sl_courier_mail
digest(const char *token, struct sl_buf *recipients, uint64_t bytes)
{
	sl_buf_reset(recipients);
	sl_courier_text_add(recipients, S("anna@example.com"));
	return (struct sl_courier_mail){ .token = sl_slice_str(token), .purpose = SL_QUEUE_DIGEST, .tenant = S("example.com"),
		.sender = S(""), .message_id = S("<1@x>"), .recipients = sl_buf_slice(recipients), .bytes = bytes };
}

static void
say_mail(struct sl_ipc *ipc, const struct sl_courier_mail *mail, int fd)
{
	struct sl_buf payload;

	sl_buf_init(&payload, 1 << 20);
	sl_courier_pack_mail(mail, &payload);
	assert_int_equal(sl_ipc_send(ipc, SL_IPC_SUBMIT, sl_buf_slice(&payload), &fd, fd >= 0 ? 1 : 0), 0);
	sl_buf_fini(&payload);
}

static void
seen(struct sl_ipc *ipc, const char *token)
{
	struct sl_buf payload;

	sl_buf_init(&payload, 1000);
	sl_courier_pack_token(&(struct sl_courier_token){ .token = sl_slice_str(token) }, &payload);
	assert_int_equal(sl_ipc_send(ipc, SL_IPC_SETTLED_SEEN, sl_buf_slice(&payload), NULL, 0), 0);
	sl_buf_fini(&payload);
}

static struct sl_courier_token
submitted(struct sl_ipc *ipc, struct heard *heard)
{
	struct sl_courier_token token;

	assert_int_equal(sl_courier_unpack_token(hear(ipc, heard, SL_IPC_SUBMITTED), &token), 0);
	return token;
}

static struct sl_courier_settled
settled(struct sl_ipc *ipc, struct heard *heard)
{
	struct sl_courier_settled settled;

	assert_int_equal(sl_courier_unpack_settled(hear(ipc, heard, SL_IPC_SETTLED), &settled), 0);
	return settled;
}

/* How many entries are listed that are not done with. */
static uint64_t
queued(void)
{
	struct sl_ipc *control = client_new(SL_COURIER_CONTROL);
	struct heard heard = { 0 };
	struct sl_kept_end end;
	struct sl_buf payload;

	sl_buf_init(&heard.payload, 1 << 20);
	sl_buf_init(&payload, 1000);
	sl_courier_pack_ask(&(struct sl_courier_ask){ .verb = SL_COURIER_LIST, .limit = 100 }, &payload);
	assert_int_equal(sl_ipc_send(control, SL_IPC_QUEUE_ASK, sl_buf_slice(&payload), NULL, 0), 0);
	do
		assert_int_equal(sl_ipc_wait(control, WAIT_MS, on_heard, &heard), SL_DONE);
	while (heard.type == SL_IPC_QUEUE_ENTRY);
	assert_int_equal(sl_kept_unpack_end(sl_buf_slice(&heard.payload), &end), 0);
	assert_int_equal(end.result, SL_DONE);
	sl_buf_fini(&payload);
	sl_buf_fini(&heard.payload);
	sl_ipc_free(&control);
	return end.count;
}

static void
hurry(void)
{
	struct sl_ipc *control = client_new(SL_COURIER_CONTROL);
	struct heard heard = { 0 };
	struct sl_buf payload;

	sl_buf_init(&heard.payload, 1000);
	sl_buf_init(&payload, 1000);
	sl_courier_pack_ask(&(struct sl_courier_ask){ .verb = SL_COURIER_HURRY }, &payload);
	assert_int_equal(sl_ipc_send(control, SL_IPC_QUEUE_ASK, sl_buf_slice(&payload), NULL, 0), 0);
	hear(control, &heard, SL_IPC_KEPT_END);
	sl_buf_fini(&payload);
	sl_buf_fini(&heard.payload);
	sl_ipc_free(&control);
}

static struct report
report_of(const unsigned char *bytes, size_t len)
{
	struct report report = { len, 0 };

	for (size_t i = 0; i < len; i++)
		report.sum = report.sum * 31 + bytes[i];
	return report;
}

/* ---- tests ---- */

static const unsigned char text[] = "Subject: digest\r\n\r\n.one\r\n..two\r\n";
#define TEXT_LEN	(sizeof(text) - 1)

static void
what_is_submitted_arrives_and_is_told_until_it_is_heard(void **state)
{
	struct sl_ipc *console = client_new(SL_COURIER_SUBMITTER);
	struct report wanted = report_of(text, TEXT_LEN), got;
	struct sl_courier_settled s;
	struct sl_courier_token token;
	struct sl_courier_mail mail;
	struct heard heard = { 0 };
	struct sl_buf recipients;
	int fd = memory(text, TEXT_LEN);

	sl_buf_init(&heard.payload, 1 << 20);
	sl_buf_init(&recipients, 1000);
	mail = digest("d1", &recipients, TEXT_LEN);
	say_mail(console, &mail, fd);
	token = submitted(console, &heard);
	assert_true(token.result == 0 && !token.known && sl_slice_eq(token.token, S("d1")));
	assert_int_equal(read(hop_report, &got, sizeof(got)), sizeof(got));
	assert_true(got.bytes == wanted.bytes && got.sum == wanted.sum);
	s = settled(console, &heard);
	assert_true(s.state == SL_QUEUE_DELIVERED && s.purpose == SL_QUEUE_DIGEST && sl_slice_eq(s.token, S("d1")) && s.code == 250);
	assert_non_null(memmem(s.reply.ptr, s.reply.len, "queued as 4F", 12));
	/* Nobody has said that he heard it: neither another submitter nor another courier forgets. */
	sl_ipc_free(&console);
	stop(true);
	start();
	console = client_new(SL_COURIER_SUBMITTER);
	s = settled(console, &heard);
	assert_true(sl_slice_eq(s.token, S("d1")));
	say_mail(console, &mail, fd);		/* again */
	token = submitted(console, &heard);
	assert_true(token.result == 0 && token.known);
	assert_int_equal(queued(), 1);
	seen(console, "d1");
	while (queued() > 0)
		usleep(10000);
	sl_ipc_free(&console);
	assert_int_equal(fcntl(hop_report, F_SETFL, O_NONBLOCK), 0);
	assert_true(read(hop_report, &got, sizeof(got)) < 0 && errno == EAGAIN);	/* it came once */
	close(fd);
	sl_buf_fini(&recipients);
	sl_buf_fini(&heard.payload);
}

static void
what_is_no_mail_is_not_taken(void **state)
{
	struct sl_ipc *console = client_new(SL_COURIER_SUBMITTER);
	struct heard heard = { 0 };
	struct sl_courier_mail mail;
	struct sl_buf recipients;
	int fd = memory(text, TEXT_LEN), fds[2];

	sl_buf_init(&heard.payload, 1 << 20);
	sl_buf_init(&recipients, 1000);
	assert_int_equal(pipe(fds), 0);
	mail = digest("d1", &recipients, TEXT_LEN + 1);		/* shorter than was said */
	say_mail(console, &mail, fd);
	assert_int_equal(submitted(console, &heard).result, SL_ERR_TRUNCATED);
	mail.bytes = TEXT_LEN;
	say_mail(console, &mail, fds[0]);			/* what could make it wait */
	assert_int_equal(submitted(console, &heard).result, SL_ERR_SYNTAX);
	say_mail(console, &mail, -1);
	assert_int_equal(submitted(console, &heard).result, SL_ERR_SYNTAX);
	assert_int_equal(queued(), 0);
	mail.purpose = SL_QUEUE_RELEASE;			/* which is the vault's */
	say_mail(console, &mail, fd);
	assert_int_equal(sl_ipc_wait(console, WAIT_MS, on_heard, &heard), SL_ERR_CLOSED);
	sl_ipc_free(&console);
	console = client_new(SL_COURIER_SUBMITTER);
	mail.purpose = SL_QUEUE_REPORT;
	mail.ref = sl_slice(ref, sizeof(ref));
	say_mail(console, &mail, -1);
	assert_int_equal(sl_ipc_wait(console, WAIT_MS, on_heard, &heard), SL_ERR_CLOSED);
	sl_ipc_free(&console);
	console = client_new(SL_COURIER_CONTROL);		/* who may only ask */
	say_mail(console, &mail, -1);
	assert_int_equal(sl_ipc_wait(console, WAIT_MS, on_heard, &heard), SL_ERR_CLOSED);
	sl_ipc_free(&console);
	close(fd);
	close(fds[0]);
	close(fds[1]);
	sl_buf_fini(&recipients);
	sl_buf_fini(&heard.payload);
}

/* ---- releases, with the vault played here ---- */

static void
say_fetched(struct sl_ipc *vault, uint64_t number, int result, struct sl_slice bytes)
{
	struct sl_buf payload;

	sl_buf_init(&payload, 32u << 10);
	sl_courier_pack_fetched(&(struct sl_courier_fetched){ number, result, bytes }, &payload);
	assert_int_equal(sl_ipc_send(vault, SL_IPC_FETCHED, sl_buf_slice(&payload), NULL, 0), 0);
	sl_buf_fini(&payload);
}

/* Give the first `len` bytes of `body` as there is room, then `end`. Returns the most room that was open. */
static uint64_t
give(struct sl_ipc *vault, struct heard *heard, const unsigned char *body, size_t len, int end)
{
	uint64_t number = 0, room = 0, most = 0;
	size_t at = 0;

	while (at < len) {
		struct sl_courier_fetch fetch;
		size_t n;

		while (room == 0) {
			assert_int_equal(sl_courier_unpack_fetch(hear(vault, heard, SL_IPC_FETCH), &fetch), 0);
			assert_true(number == 0 ? sl_slice_eq(fetch.ref, sl_slice(ref, sizeof(ref))) : fetch.number == number);
			number = fetch.number;
			room += fetch.room;
			most = SL_MAX(most, room);
		}
		n = SL_MIN(SL_MIN((size_t)room, (size_t)16384), len - at);
		say_fetched(vault, number, SL_MORE, sl_slice(body + at, n));
		at += n;
		room -= n;
	}
	say_fetched(vault, number, end, sl_slice(NULL, 0));
	return most;
}

static void
fill(unsigned char *body)
{
	for (size_t i = 0; i < BODY_BYTES; i++)
		body[i] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : (unsigned char)('a' + i * 7 % 26);
	memcpy(body + BODY_BYTES - 2, "\r\n", 2);
}

/* SETTLED, past what is said of room meanwhile. */
static struct sl_courier_settled
settled_in_the_end(struct sl_ipc *vault, struct heard *heard)
{
	struct sl_courier_settled s;

	do
		assert_int_equal(sl_ipc_wait(vault, WAIT_MS, on_heard, heard), SL_DONE);
	while (heard->type == SL_IPC_FETCH);
	assert_int_equal(heard->type, SL_IPC_SETTLED);
	assert_int_equal(sl_courier_unpack_settled(sl_buf_slice(&heard->payload), &s), 0);
	return s;
}

static void
a_release_is_fetched_as_there_is_room(void **state)
{
	struct sl_ipc *vault = client_new(SL_COURIER_VAULT);
	unsigned char *body = sl_xmalloc(BODY_BYTES);
	char token[SL_COURIER_RELEASE_TOKEN + 1];
	struct sl_courier_settled s;
	struct sl_courier_mail mail;
	struct heard heard = { 0 };
	struct sl_buf recipients;
	struct report got;

	fill(body);
	sl_buf_init(&heard.payload, 1 << 20);
	sl_buf_init(&recipients, 1000);
	sl_courier_release_token(ref, token);
	mail = digest(token, &recipients, BODY_BYTES);
	mail.purpose = SL_QUEUE_RELEASE;
	mail.ref = sl_slice(ref, sizeof(ref));
	mail.release = (struct sl_courier_release){ .by = S("me"), .category = S("spam"), .client = S("192.0.2.1"), .helo = S("h\r\nx") };
	say_mail(vault, &mail, -1);
	assert_int_equal(submitted(vault, &heard).result, 0);
	/* The first time the vault gives less than it said, and calls it all: the dot must not leave. */
	assert_true(give(vault, &heard, body, BODY_BYTES - 78, SL_DONE) <= 256u << 10);
	sl_ipc_free(&vault);
	assert_int_equal(queued(), 1);
	stop(true);
	start();
	vault = client_new(SL_COURIER_VAULT);
	hurry();
	assert_true(give(vault, &heard, body, BODY_BYTES, SL_DONE) <= 256u << 10);
	assert_int_equal(read(hop_report, &got, sizeof(got)), sizeof(got));
	assert_true(got.bytes > BODY_BYTES && got.bytes < BODY_BYTES + 1000);	/* the first that came is the whole one, with our front */
	s = settled_in_the_end(vault, &heard);
	assert_true(s.state == SL_QUEUE_DELIVERED && sl_slice_eq(s.ref, sl_slice(ref, sizeof(ref))) && s.uncertain == 0);
	seen(vault, token);
	while (queued() > 0)
		usleep(10000);
	sl_ipc_free(&vault);
	sl_buf_fini(&recipients);
	sl_buf_fini(&heard.payload);
	sl_free(body);
}

/* The vault does not have it any more: it is taken back, and not tried for days. */
static void
a_release_that_is_gone_is_taken_back(void **state)
{
	struct sl_ipc *vault = client_new(SL_COURIER_VAULT);
	char token[SL_COURIER_RELEASE_TOKEN + 1];
	struct sl_courier_fetch fetch;
	struct sl_courier_mail mail;
	struct heard heard = { 0 };
	struct sl_buf recipients;

	sl_buf_init(&heard.payload, 1 << 20);
	sl_buf_init(&recipients, 1000);
	sl_courier_release_token(ref, token);
	mail = digest(token, &recipients, 100);
	mail.purpose = SL_QUEUE_RELEASE;
	mail.ref = sl_slice(ref, sizeof(ref));
	say_mail(vault, &mail, -1);
	assert_int_equal(submitted(vault, &heard).result, 0);
	assert_int_equal(sl_courier_unpack_fetch(hear(vault, &heard, SL_IPC_FETCH), &fetch), 0);
	say_fetched(vault, fetch.number, SL_ERR_NOT_FOUND, sl_slice(NULL, 0));
	assert_int_equal(settled_in_the_end(vault, &heard).state, SL_QUEUE_CANCELLED);
	/* Asked for again before that was noted: not mistaken for it. */
	say_mail(vault, &mail, -1);
	assert_int_equal(submitted(vault, &heard).result, SL_ERR_BUSY);
	seen(vault, token);
	say_mail(vault, &mail, -1);
	assert_int_equal(submitted(vault, &heard).result, 0);
	assert_int_equal(sl_courier_unpack_fetch(hear(vault, &heard, SL_IPC_FETCH), &fetch), 0);
	assert_int_equal(queued(), 1);
	sl_ipc_free(&vault);
	sl_buf_fini(&recipients);
	sl_buf_fini(&heard.payload);
}

int
main(int argc, char **argv)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_submitted_arrives_and_is_told_until_it_is_heard),
		TEST(what_is_no_mail_is_not_taken),
		TEST(a_release_is_fetched_as_there_is_room),
		TEST(a_release_that_is_gone_is_taken_back),
	};

	signal(SIGPIPE, SIG_IGN);
	program = argc > 1 ? argv[1] : "";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
