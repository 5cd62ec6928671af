/* resolver_test.c - the edge's resolver works behind the edge's jail, and follows the settings */

#include "check.h"
#include "dnsbuild.h"
#include "io/resolver.h"
#include "jail/jail.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge_test_i.h"

/* A server on loopback, for both protocols: everything is cut over UDP and answered over TCP. */
struct server {
	int			udp, tcp;
	struct sockaddr_in	at;
};

/* A port that is free for both: what the kernel gives for UDP may be taken for TCP. */
static void
server_open(struct server *server)
{
	int bound = -1;

	for (int tries = 0; tries < 100 && bound != 0; tries++) {
		socklen_t len = sizeof(server->at);

		server->at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		server->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(server->udp, (struct sockaddr *)&server->at, sizeof(server->at)), 0);
		assert_int_equal(getsockname(server->udp, (struct sockaddr *)&server->at, &len), 0);
		server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bound = bind(server->tcp, (struct sockaddr *)&server->at, sizeof(server->at));
		if (bound != 0) {
			close(server->udp);
			close(server->tcp);
		}
	}
	assert_int_equal(bound, 0);
	assert_int_equal(listen(server->tcp, 4), 0);
}

static bool
readable(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 10000) == 1;
}

/* One question over UDP, then over TCP. */
static void
server_serve(struct server *server)
{
	static struct build b;
	unsigned char in[2 + 512], head[2];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int fd;

	assert_true(readable(server->udp));
	assert_true(recvfrom(server->udp, in, sizeof(in), 0, (struct sockaddr *)&from, &len) > 12);
	build_begin(&b, (unsigned)in[0] << 8 | in[1], 0x8380, SL_DNS_A, "a.example");
	assert_int_equal(sendto(server->udp, b.data, b.len, 0, (struct sockaddr *)&from, len), b.len);
	assert_true(readable(server->tcp));
	fd = accept(server->tcp, NULL, NULL);
	assert_true(fd >= 0 && readable(fd) && recv(fd, in, sizeof(in), 0) > 14);
	build_begin(&b, (unsigned)in[2] << 8 | in[3], 0x8180, SL_DNS_A, "a.example");
	build_a(&b, "@12", 60, 42);
	head[0] = (unsigned char)(b.len >> 8);
	head[1] = (unsigned char)b.len;
	assert_int_equal(send(fd, head, 2, 0), 2);
	assert_int_equal(send(fd, b.data, b.len, 0), b.len);
	close(fd);
}

static void
on_answer(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *answer)
{
	bool right = answer->status == SL_DNS_FOUND && answer->count == 1 && answer->records[0].data.ptr[3] == 42;

	_exit(right ? 0 : 10 + (int)answer->status);
}

/* As an edge: the jail closes, then questions are asked. */
static void
ask_in_jail(const struct server *server, const struct sl_jail_user *user)
{
	struct sl_resolver_settings settings = { .servers_len = 1, .timeout_ms = 3000, .deadline_ms = 9000,
	    .cache_bytes_max = 65536, .lookups_max = 10 };
	struct sl_dns_question question = { .type = SL_DNS_A, .name = "a.example" };
	struct sl_loop *loop = sl_loop_new(&sl_clock_system);
	struct sl_lookup lookup = { 0 };
	struct sl_resolver *resolver;
	struct sl_dns_answer answer;

	memcpy(&settings.servers[0], &server->at, sizeof(server->at));
	if (sl_jail_enter(SL_JAIL_EDGE, user) != 0)
		_exit(2);
	resolver = sl_resolver_new(loop, &settings);	/* settings may come again, in the jail */
	if (sl_resolver_ask(resolver, &question, &lookup, on_answer, NULL, &answer) != SL_MORE)
		_exit(3);
	sl_loop_run(loop);
}

static void
it_asks_over_udp_and_tcp_in_the_jail(void **state)
{
	struct sl_jail_user user;
	struct server server;
	pid_t pid;
	int status;

	assert_int_equal(sl_jail_user_find("", &user), 0);
	server_open(&server);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		ask_in_jail(&server, &user);
	server_serve(&server);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(server.udp);
	close(server.tcp);
}

static struct sl_settings *
settings_with(const char *dns)
{
	struct sl_settings *settings;
	struct sl_buf text, errors;

	sl_buf_init(&text, 10000);
	sl_buf_init(&errors, 10000);
	sl_buf_addf(&text, "listen: [\"127.0.0.1:2525\"]\ntenants: [{domains: [a.example], next_hops: [\"127.0.0.1:1\"]}]\n"
	    "dns: {%s}\n", dns);
	assert_int_equal(sl_settings_read("t.yaml", sl_buf_slice(&text), &settings, &errors), 0);
	sl_buf_fini(&text);
	sl_buf_fini(&errors);
	return settings;
}

static void
on_text(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *answer)
{
	*(enum sl_dns_status *)ctx = answer->status;
}

static void
it_asks_whom_the_newest_settings_name(void **state)
{
	struct edge_files files = { .model_fd = -1, .own_fd = -1, .rules_fd = -1, .memory_fd = -1, .ca_fd = -1 };
	struct sl_stats *stats = sl_xzalloc(sizeof(*stats));
	struct sl_loop *loop = sl_loop_new(&sl_clock_system);
	struct edge *edge = edge_new(loop, stats, -1);
	struct server servers[2];
	struct sl_buf why;

	sl_buf_init(&why, 1000);
	for (size_t i = 0; i < 2; i++)
		server_open(&servers[i]);
	for (size_t i = 0; i < 3; i++) {	/* the first, the second, and the first again */
		static const char *const names[] = { "a.example", "b.example", "c.example" };
		struct sl_dns_question question = { .type = SL_DNS_A, .name = names[i] };
		enum sl_dns_status status = SL_DNS_TEMPERROR;
		struct sl_dns_answer answer;
		struct sl_lookup lookup = { 0 };
		struct server *server = &servers[i % 2];
		struct pollfd p = { server->udp, POLLIN, 0 };
		unsigned char in[512];
		char dns[80];

		snprintf(dns, sizeof(dns), "servers: [\"127.0.0.1:%u\"]", ntohs(server->at.sin_port));
		assert_int_equal(edge_use_settings(edge, settings_with(dns), &files, &why), 0);
		assert_int_equal(sl_resolver_ask(edge->resolver, &question, &lookup, on_text, &status, &answer),
		    SL_MORE);
		assert_int_equal(poll(&p, 1, 10000), 1);
		/* What was asked before may be asked again, of those that are asked now. */
		do
			assert_true(recv(server->udp, in, sizeof(in), 0) > 13);
		while (in[13] != (unsigned char)names[i][0]);
		sl_lookup_cancel(&lookup);
		sl_loop_turn(loop);
		assert_int_equal(stats->dns_questions, i + 1);
		assert_true(stats->dns_sent >= i + 1 && stats->dns_cache_bytes > 0);
		while (recv(servers[(i + 1) % 2].udp, in, sizeof(in), MSG_DONTWAIT) > 13)
			assert_true(in[13] != (unsigned char)names[i][0]);
	}
	edge_free(&edge);
	sl_loop_free(&loop);
	sl_free(stats);
	sl_buf_fini(&why);
	for (size_t i = 0; i < 2; i++) {
		close(servers[i].udp);
		close(servers[i].tcp);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_asks_over_udp_and_tcp_in_the_jail),
		cmocka_unit_test(it_asks_whom_the_newest_settings_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
