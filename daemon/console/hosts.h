/*
 * hosts.h - addresses of next hops that are names
 *
 * Names are looked up by processes of their own (getaddrinfo waits as long as it likes): one for names that are new, one
 * that goes round all of them again every few minutes. A name that cannot be looked up keeps the address it had last, also
 * over a restart: they are kept in a file of the directory. A process that dies is made again a second later; the name that it was at counts as
 * one that cannot be looked up, so that no name holds the others up.
 *
 * Memory: about 100 bytes for each name.
 */
#ifndef CONSOLE_HOSTS_H
#define CONSOLE_HOSTS_H

#include "io/loop.h"
#include "store/store.h"

#define HOSTS_FILE	"addresses"
#define HOSTS_ROUND_MS	(300u * 1000)

struct hosts;

struct host {
	char		*name;
	unsigned char	 address[16];
	bool		 known;		/* it has one */
	bool		 asked;		/* and is being looked up for the first time */
	bool		 used;		/* by some next hop */
	bool		 changed;	/* for hosts_changed */
	int64_t		 failing_s;	/* since when it cannot be looked up; 0: it can */
};

/* Start the two processes, before anything else is opened. `prepare` as in job.h; `jailed`: it becomes another user. SL_ERR_SYSTEM. */
SL_MUST_USE int	hosts_start(int fds_out[2], bool jailed, bool (*prepare)(void *ctx), void *ctx);

/* `changed` is called when addresses have changed, or the first look-ups are over: ask hosts_changed. fds are taken. */
struct hosts	*hosts_new(struct sl_loop *loop, struct sl_store *store, const char *directory, const int fds[2],
		    void (*changed)(void *ctx), void *ctx);
void		 hosts_free(struct hosts **hosts);
/* What next hops there are, of a tenant or (the operator's node) of all: those that are new are looked up. */
void		 hosts_note(struct hosts *hosts, struct sl_node node);
/* Are there some that have not been looked up once? */
bool		 hosts_waiting(const struct hosts *hosts);
/* NULL: not known. */
const struct host *hosts_find(const struct hosts *hosts, struct sl_slice name);
void		 hosts_count(const struct hosts *hosts, uint64_t *unknown_out, uint64_t *failing_out);

/* Give each tenant one of whose next hops' addresses changed since the last call. */
void		 hosts_changed(struct hosts *hosts, void (*each)(void *ctx, int64_t tenant), void *ctx);

/* All that are known, as a file for a job; -1. */
int		 hosts_memory(const struct hosts *hosts);
/* Such a file, in a job: sl_compile_address. NULL: it is none. */
struct addresses;
struct addresses *addresses_open(int fd);
void		 addresses_close(struct addresses **addresses);
bool		 addresses_find(void *addresses, struct sl_slice name, unsigned char address_out[16]);

#endif
