/*
 * report_bench.c - how long a report's numbers and traces take, and how much memory
 *
 * usage: report_bench DIRECTORY [LINES [DAYS [SAMPLE [traces]]]]	LINES a day on each of DAYS (default 1,000,000 on 30); all or traces alone
 *
 * One day's file is made, with messages like those of the file SAMPLE or made up, and copied for the other days. Half of the messages are one tenant's, of 3 domains
 * and 30,000 users; the others are those of 35,000 tenants; every fifth comes from one sender's domain. Each question is asked in a process of its own, as the reader of records does.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "count_run.h"
#include "report/scope.h"
#include "trace_run.h"

#define BIG_USERS	30000
#define SMALL_TENANTS	35000
#define GROUP_USERS	3000

static char *tail;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
fail(const char *what)
{
	fprintf(stderr, "report_bench: %s\n", what);
	exit(1);
}

static void
read_tail(const char *sample)
{
	FILE *file = fopen(sample, "r");
	size_t size = 0;
	char *line = NULL, *at;

	if (file == NULL || getline(&line, &size, file) <= 0 || (at = strstr(line, ",\"bytes\":")) == NULL)
		fail("the sample has no records");
	at[strcspn(at, "\n")] = '\0';
	tail = sl_xstrdup(at);
	free(line);
	fclose(file);
}

/* ---- the files ---- */

static void
day_of(int days_ago, char out[11])
{
	time_t s = (time_t)(sl_clock_system.wall_us(NULL) / 1000000) - (time_t)days_ago * 86400;
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(out, 11, "%Y-%m-%d", &tm);
}

static void
print_line(struct sl_buf *line, const char *day, int i)
{
	char recipients[160], tenant[64], sender[64];
	int user = (int)((int64_t)i * 7919 % BIG_USERS);

	if (i % 2 == 0) {
		snprintf(tenant, sizeof(tenant), "big.example");
		snprintf(recipients, sizeof(recipients), "\"user%d@d%d.big.example\"%s", user, user % 3, i % 20 == 0 ? ",\"user0@d0.big.example\"" : "");
	} else {
		snprintf(tenant, sizeof(tenant), "tenant%d.example", (int)((int64_t)i * 17 % SMALL_TENANTS));
		snprintf(recipients, sizeof(recipients), "\"user%d@%s\"", i % 50, tenant);
	}
	if (i % 5 == 1)
		snprintf(sender, sizeof(sender), "%d@large.example", i % 90001);
	else
		snprintf(sender, sizeof(sender), "sender%d@domain%d.example", (int)((int64_t)i * 7919 % 90001), (int)((int64_t)i * 31 % 20011));
	sl_buf_reset(line);
	sl_buf_addf(line, "{\"time\":\"%sT%02d:%02d:%02d.000Z\",\"id\":\"T%09d\",\"session\":\"S%09d\",\"outcome\":\"%s\",\"client\":\"192.%d.%d.%d\","
	    "\"helo\":\"mx%d.example.net\",\"mail_from\":\"%s\",\"rcpt_to\":[%s],\"rcpt_tried\":1,\"tenant\":\"%s\","
	    "\"message_id\":\"%08x%08x\"", day, i / 43200 % 24, i / 720 % 60, i / 12 % 60, i, i, i % 3 == 0 ? "quarantined" : "delivered", i % 200,
	    i % 256, i / 256 % 256, i % 5000, sender, recipients, tenant, i, i);
	sl_buf_add_str(line, tail != NULL ? tail : ",\"bytes\":4451,\"verdict\":\"clean\",\"action\":\"deliver\"}");
}

static void
make_day(const char *directory, int lines)
{
	const struct sl_traffic_options options = { .directory = directory };
	struct sl_traffic *t;
	struct sl_buf line;
	double since = now();
	char day[11];

	day_of(0, day);
	sl_buf_init(&line, 1 << 20);
	if (sl_traffic_open(&options, &t) != 0)
		fail(sl_traffic_error(t));
	for (int i = 0; i < lines; i++) {
		print_line(&line, day, i);
		if (sl_traffic_add(t, sl_buf_slice(&line)) == SL_ERR_FULL && (sl_traffic_flush(t) != 0 || sl_traffic_add(t, sl_buf_slice(&line)) != 0))
			fail(sl_traffic_error(t));
	}
	if (sl_traffic_flush(t) != 0)
		fail(sl_traffic_error(t));
	sl_traffic_close(&t);
	printf("a day of %d messages is written in %.1f s\n", lines, now() - since);
	sl_buf_fini(&line);
}

static void
copy_day(const char *directory, int days_ago)
{
	static const char *const kinds[] = { "traffic", "briefs" };
	char first[11], day[11], *command;

	day_of(0, first);
	day_of(days_ago, day);
	for (size_t i = 0; i < SL_COUNT(kinds); i++) {
		command = sl_xasprintf("test -e %1$s/%2$s-%4$s.db || cp %1$s/%2$s-%3$s.db %1$s/%2$s-%4$s.db", directory, kinds[i], first, day);
		if (system(command) != 0)
			fail(command);
		sl_free(command);
	}
}

/* As when nobody has looked for long: nothing of the files is in memory. */
static void
forget(const char *directory, int days)
{
	static const char *const kinds[] = { "traffic", "briefs" };

	for (int i = 0; i < 2 * days; i++) {
		char day[11], *path;
		int fd;

		day_of(i / 2, day);
		path = sl_xasprintf("%s/%s-%s.db", directory, kinds[i % 2], day);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fdatasync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
			fail(path);
		close(fd);
		sl_free(path);
	}
}

/* ---- questions ---- */

static void
on_answer(void *ctx, struct sl_ipc_message *message)
{
	struct sl_report_counts *counts = ctx;

	if (sl_report_unpack_counts(message->payload, counts) != 0 || counts->result != 0)
		fail("no numbers");
}

static void
ask_once(const char *directory, const char *what, const struct sl_report_ask *question)
{
	struct sl_report_counts counts;
	double since = now();
	struct rusage used;
	struct sl_ipc *in;
	int pair[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		fail("socketpair");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		count_run(directory, question, sl_ipc_new(pair[1], 0));
		_exit(0);
	}
	close(pair[1]);
	sl_report_counts_init(&counts);
	in = sl_ipc_new(pair[0], SL_IPC_BIT(CONSOLE_REPLY));
	if (sl_ipc_wait(in, -1, on_answer, &counts) != SL_DONE || wait4(pid, &status, 0, &used) != pid)
		fail("no answer");
	printf("%-36s %7.2f s, %6.2f s CPU, %4ld MiB; %llu messages, %llu recipients, %zu+%llu domains, %zu+%llu users\n", what, now() - since,
	    (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6 + (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6,
	    used.ru_maxrss / 1024, (unsigned long long)counts.days.total.n[SL_TRAFFIC_MESSAGES],
	    (unsigned long long)counts.days.total.n[SL_TRAFFIC_RECIPIENTS], counts.domains.len, (unsigned long long)counts.more_domains,
	    counts.users.len, (unsigned long long)counts.more_users);
	sl_ipc_free(&in);
	sl_report_counts_fini(&counts);
}

static int days_made;

/* From the disk, then from memory. */
static void
ask(const char *directory, const char *what, const struct sl_report_ask *question)
{
	forget(directory, days_made);
	ask_once(directory, what, question);
	ask_once(directory, "  again", question);
}

static void
ask_all(const char *directory, int days)
{
	struct sl_buf big, small, domain, group, user;
	char from[11], to[11];
	struct sl_report_ask q;

	day_of(days - 1, from);
	day_of(0, to);
	sl_buf_init(&big, 1000);
	sl_buf_init(&small, 1000);
	sl_buf_init(&domain, 1000);
	sl_buf_init(&user, 1000);
	sl_buf_init(&group, 1 << 20);
	sl_pack_bytes(&big, SL_SLICE_LIT("big.example"));
	sl_pack_bytes(&small, SL_SLICE_LIT("tenant17.example"));
	sl_pack_bytes(&domain, SL_SLICE_LIT("d1.big.example"));
	sl_pack_bytes(&user, SL_SLICE_LIT("user4@d1.big.example"));
	for (int i = 0; i < GROUP_USERS; i++) {
		char *address = sl_xasprintf("user%d@d1.big.example", 1 + 3 * i);

		sl_pack_bytes(&group, sl_slice_str(address));
		sl_free(address);
	}
	q = (struct sl_report_ask){ .from_day = sl_slice_str(from), .to_day = sl_slice_str(to), .tenants = sl_buf_slice(&big) };
	ask(directory, "a big tenant, sums alone", &q);
	q.by_domain = true;
	ask(directory, "a big tenant, by domain", &q);
	q.by_user = true;
	ask(directory, "a big tenant, by domain and user", &q);
	q.by_domain = false;
	q.of = SL_REPORT_OF_DOMAINS;
	q.members = sl_buf_slice(&domain);
	ask(directory, "a domain of it, by user", &q);
	q.of = SL_REPORT_OF_ADDRESSES;
	q.members = sl_buf_slice(&group);
	ask(directory, "a group of 3,000 of it, by user", &q);
	q.by_user = false;
	q.members = sl_buf_slice(&user);
	ask(directory, "a user of it", &q);
	q = (struct sl_report_ask){ .from_day = sl_slice_str(from), .to_day = sl_slice_str(to), .tenants = sl_buf_slice(&small), .by_domain = true,
		.by_user = true };
	ask(directory, "a small tenant, by domain and user", &q);
	q.from_day = q.to_day;
	ask(directory, "the same, of a day", &q);
	q = (struct sl_report_ask){ .from_day = sl_slice_str(from), .to_day = sl_slice_str(to), .all = true, .by_tenant = true };
	ask(directory, "the operator's, by tenant", &q);
	sl_buf_fini(&big);
	sl_buf_fini(&small);
	sl_buf_fini(&domain);
	sl_buf_fini(&user);
	sl_buf_fini(&group);
}

/* ---- traces ---- */

static void
on_told(void *ctx, struct sl_ipc_message *message)
{
	struct sl_buf *answer = ctx;

	sl_buf_add_slice(answer, message->payload);
}

static void
trace_once(const char *directory, const char *what, const struct trace_question *question)
{
	struct sl_buf answer;
	double since = now(), took;
	struct rusage used;
	struct sl_ipc *in;
	int pair[2], status;
	size_t told = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		fail("socketpair");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		trace_run(directory, question, sl_ipc_new(pair[1], 0));
		_exit(0);
	}
	close(pair[1]);
	sl_buf_init(&answer, TRACE_BYTES_MAX);
	in = sl_ipc_new(pair[0], SL_IPC_BIT(CONSOLE_REPLY));
	if (sl_ipc_wait(in, -1, on_told, &answer) != SL_DONE)
		fail("no answer");
	took = now() - since;
	if (wait4(pid, &status, 0, &used) != pid)
		fail("no answer");
	for (const char *at = sl_buf_cstr(&answer); (at = strstr(at, "\n{")) != NULL; at++)
		told++;
	printf("%-52s %7.3f s, %6.3f s CPU, %4ld MiB; %zu records, %s\n", what, took,
	    (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6 + (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6,
	    used.ru_maxrss / 1024, told, strrchr(sl_buf_cstr(&answer), ']'));
	sl_ipc_free(&in);
	sl_buf_fini(&answer);
}

static void
trace(const char *directory, const char *what, const struct trace_question *question)
{
	forget(directory, days_made);
	trace_once(directory, what, question);
	trace_once(directory, "  again", question);
}

static void
trace_all(const char *directory)
{
	struct sl_buf big, small, partner, domain, group, user;
	struct trace_question q;

	sl_buf_init(&big, 1000);
	sl_buf_init(&small, 1000);
	sl_buf_init(&partner, 1 << 20);
	sl_buf_init(&domain, 1000);
	sl_buf_init(&user, 1000);
	sl_buf_init(&group, 1 << 20);
	sl_pack_bytes(&big, SL_SLICE_LIT("big.example"));
	sl_pack_bytes(&small, SL_SLICE_LIT("tenant17.example"));
	sl_pack_bytes(&domain, SL_SLICE_LIT("d1.big.example"));
	sl_pack_bytes(&user, SL_SLICE_LIT("user4@d1.big.example"));
	for (int i = 0; i < 1000; i++) {
		char *name = sl_xasprintf("tenant%d.example", 17 + i), *address = sl_xasprintf("user%d@d1.big.example", 1 + 3 * i);

		sl_pack_bytes(&partner, sl_slice_str(name));
		sl_pack_bytes(&group, sl_slice_str(address));
		sl_free(name);
		sl_free(address);
	}
	q = (struct trace_question){ .of.tenants = sl_buf_slice(&small), .limit = 20, .recipient = SL_SLICE_LIT("user1@tenant17.example") };
	trace(directory, "a small tenant, one recipient", &q);
	q.sender = SL_SLICE_LIT("large.example");
	trace(directory, "... and a large sender's domain", &q);
	q.recipient = sl_slice("", 0);
	trace(directory, "a small tenant, a large sender's domain", &q);
	q.sender = SL_SLICE_LIT("nobody@large.example");
	trace(directory, "a small tenant, a sender that is not there", &q);
	q.sender = sl_slice("", 0);
	trace(directory, "a small tenant, all", &q);
	q = (struct trace_question){ .of.tenants = sl_buf_slice(&big), .limit = 20, .recipient = SL_SLICE_LIT("user4@d1.big.example") };
	trace(directory, "a big tenant, one recipient", &q);
	q.recipient = sl_slice("", 0);
	q.sender = SL_SLICE_LIT("large.example");
	trace(directory, "a big tenant, a large sender's domain", &q);
	q.of.of = SL_REPORT_OF_ADDRESSES;
	q.of.members = sl_buf_slice(&user);
	trace(directory, "a user of it, a large sender's domain", &q);
	q.of.members = sl_buf_slice(&group);
	trace(directory, "a group of 1,000, a large sender's domain", &q);
	q.sender = SL_SLICE_LIT("nobody.example");
	trace(directory, "a group of 1,000, a sender that is not there", &q);
	q = (struct trace_question){ .of.tenants = sl_buf_slice(&partner), .limit = 20, .sender = SL_SLICE_LIT("large.example") };
	trace(directory, "a partner of 1,000, a large sender's domain", &q);
	q.sender = sl_slice("", 0);
	q.client = SL_SLICE_LIT("192.0.0.0");
	trace(directory, "a partner of 1,000, a host", &q);
	q = (struct trace_question){ .of.all = true, .limit = 20, .id = SL_SLICE_LIT("none") };
	trace(directory, "the operator, an id that is not there", &q);
	sl_buf_fini(&big);
	sl_buf_fini(&small);
	sl_buf_fini(&partner);
	sl_buf_fini(&domain);
	sl_buf_fini(&user);
	sl_buf_fini(&group);
}

int
main(int argc, char **argv)
{
	int lines = argc > 2 ? atoi(argv[2]) : 1000000, days = argc > 3 ? atoi(argv[3]) : 30;
	char day[11], *path;
	struct stat st;

	if (argc < 2 || lines < 1 || days < 1)
		fail("usage: report_bench DIRECTORY [LINES [DAYS [SAMPLE [traces]]]]");
	if (argc > 4)
		read_tail(argv[4]);
	day_of(0, day);
	path = sl_xasprintf("%s/traffic-%s.db", argv[1], day);
	if (stat(path, &st) != 0)
		make_day(argv[1], lines);
	if (stat(path, &st) == 0)
		printf("a day's file has %.0f MiB\n", (double)st.st_size / 1048576);
	for (int i = 1; i < days; i++)
		copy_day(argv[1], i);
	days_made = days;
	if (argc <= 5 || strcmp(argv[5], "traces") != 0)
		ask_all(argv[1], days);
	trace_all(argv[1]);
	sl_free(path);
	return 0;
}
