/*
 * sink.h - what sluice-sink's sessions share: options, counters, the loop
 *
 * One process, one thread, one epoll. A session holds no buffer while it waits for a
 * command: everything is read into one block that all sessions share, and what is not yet
 * complete is put aside.
 */
#ifndef SLUICE_SINK_SINK_H
#define SLUICE_SINK_SINK_H

#include "keep.h"
#include "script.h"
#include "stream.h"

#include <sys/socket.h>

#define SINK_BLOCK_BYTES	262144u

struct session;

struct sink {
	/* options */
	struct sink_script	 script;
	const char		*name;		/* how it calls itself */
	char			**capabilities;	/* lines of the EHLO reply */
	size_t			 capabilities_len;
	uint64_t		 size_max_bytes;	/* of SIZE; 0: no limit */
	SSL_CTX			*tls;		/* NULL: no STARTTLS */
	struct keep		*keep;		/* NULL: messages are discarded */
	bool			 log;
	/* the loop */
	int			 epoll_fd;
	uint64_t		 now_us;
	struct session		*timed;		/* sessions that wait for a time */
	struct session		*sessions;	/* all of them */
	unsigned char		*block;		/* SINK_BLOCK_BYTES that all reading goes through */
	/* counters */
	uint64_t		 connections;
	uint64_t		 messages;	/* accepted: 250 to the end of data */
	uint64_t		 bytes;		/* of those, dots removed */
	uint64_t		 bare;		/* lines or texts that held a bare CR, bare LF or NUL */
};

/* Take a connection (`fd` non-blocking, taken). */
void	session_open(struct sink *sink, int fd, const struct sockaddr *peer);
/* epoll says the socket is ready. May end the session. */
void	session_ready(struct session *session, uint32_t events);
/* Wake the sessions whose time has come. Returns milliseconds to the next one, -1: none waits. */
int	session_wake_all(struct sink *sink);
void	session_end_all(struct sink *sink);

#endif
