/*
 * edge_test_i.h - an edge in this process, between sockets that a test holds, on a clock it moves
 *
 * Senders are socket pairs, next hops and clamd are Unix sockets that stand where the settings
 * name addresses: what one side writes the other can read at once, so a test never waits and
 * never sleeps. Shared by the tests and the fuzz target; `rig_fail` is what a test makes of an
 * expectation that is not met.
 */
#ifndef EDGE_TEST_I_H
#define EDGE_TEST_I_H

#include "edge.h"
#include "session.h"

#define RIG_HOPS	4
#define RIG_ENDS	256

struct rig;

/* The other side of a connection of the edge's. */
struct rig_end {
	struct rig	*rig;
	int		 fd;
	struct sl_buf	 got;		/* read, and not expected yet */
	bool		 closed;	/* the edge has closed */
};

struct rig {
	struct sl_clock		 clock;
	uint64_t		 now_us;
	struct sl_loop		*loop;
	struct sl_stats		 stats;
	struct edge		*edge;
	struct sockaddr_storage	 peer;		/* of the next sender */
	int			 hops[RIG_HOPS];	/* listening; -1: connections are refused */
	int			 clamd;
	int			 record_fd;	/* records can be read here; -1 */
	unsigned		 number;	/* in the sockets' names */
	struct rig_end		*ends[RIG_ENDS];
	size_t			 ends_len;
	struct sl_buf		 message;	/* the last one a next hop was given */
	bool			 stopped;
};

/* What the settings say beside what every test needs. */
struct rig_options {
	size_t		 hops;		/* of the one tenant, example.com; 0: one */
	const char	*top;		/* lines of YAML at the top; NULL: none */
	const char	*tenant;	/* of the tenant, each line indented by four; NULL: none */
	int		 record_fd;	/* taken; 0: none */
	bool		 memory;	/* what edges remember, as the settings have it */
};

extern bool rig_full_by_turns;		/* every other time that the edge writes, there is no room for it just then */
extern size_t rig_full_below;		/* there is no room while so much is not to be written at once */
extern void (*rig_fail)(const char *what, const char *file, int line);

void		 rig_open(struct rig *rig, const struct rig_options *options);
void		 rig_close(struct rig *rig);	/* ends everything; no chunk may be left */
/* Until what has been sent is dealt with. No session may then stand still with nothing that it waits for. */
void		 rig_settle(struct rig *rig);
void		 rig_pass(struct rig *rig, uint64_t ms);	/* time goes by, in one step */
struct rig_end	*rig_sender(struct rig *rig);	/* connects */
struct rig_end	*rig_hop(struct rig *rig, size_t i);	/* takes a connection; NULL: there is none */
void		 rig_hop_refuses(struct rig *rig, size_t i);
void		 rig_hop_listens(struct rig *rig, size_t i);
struct rig_end	*rig_clamd(struct rig *rig);
void		 rig_stop(struct rig *rig);
/* The tenant of the settings in use; a test may change it. */
struct sl_tenant *rig_tenant(struct rig *rig);

void	end_tx(struct rig_end *end, const char *text);
void	end_tx_bytes(struct rig_end *end, const void *data, size_t len);
void	end_tx_fill(struct rig_end *end, size_t len);	/* lines of text, about `len` bytes */
void	end_close(struct rig_end *end);
void	end_reset(struct rig_end *end);		/* close with bytes unread */
bool	end_read(struct rig_end *end);		/* all there is; false: the edge has closed */

/* A whole reply, whose last line begins so. */
#define expect_reply(end, start)	end_reply_at(end, start, __FILE__, __LINE__)
/* One line, all of it. */
#define expect_line(end, line)		end_line_at(end, line, __FILE__, __LINE__)
/* A message up to its final dot; rig->message has it without that. */
#define expect_message(end)		end_message_at(end, __FILE__, __LINE__)
#define expect_nothing(end)		end_nothing_at(end, __FILE__, __LINE__)
#define expect_closed(end)		end_closed_at(end, __FILE__, __LINE__)
/* Take a connection, greet, and answer EHLO with these extensions, parted by spaces. */
#define hop_greet(rig, i, extensions)	rig_greet_at(rig, i, extensions, __FILE__, __LINE__)
#define sender_hello(rig)		rig_hello_at(rig, __FILE__, __LINE__)
void	end_reply_at(struct rig_end *end, const char *start, const char *file, int line);
void	end_line_at(struct rig_end *end, const char *want, const char *file, int line);
void	end_message_at(struct rig_end *end, const char *file, int line);
void	end_nothing_at(struct rig_end *end, const char *file, int line);
void	end_closed_at(struct rig_end *end, const char *file, int line);
struct rig_end *rig_greet_at(struct rig *rig, size_t i, const char *extensions, const char *file,
	    int line);
struct rig_end *rig_hello_at(struct rig *rig, const char *file, int line);

#endif
