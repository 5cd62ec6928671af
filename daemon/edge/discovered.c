/* discovered.c - see discovered.h */

#include "discovered.h"

#include "ipc/ipc.h"

#define MARKS	4096u
#define DAY_US	UINT64_C(86400000000)

struct mark {			/* of an address that was told */
	uint64_t	hash;
	uint64_t	until_us;
};

struct discovered {
	struct sl_loop	*loop;
	void		(*tell)(void *ctx, struct sl_slice payload);
	void		*ctx;
	struct sl_buf	 waiting;
	struct sl_timer	 timer;
	struct mark	 marks[MARKS];	/* by their hashes' last bits: of two the later stays */
};

static void
on_timer(void *ctx)
{
	struct discovered *d = ctx;

	d->tell(d->ctx, sl_buf_slice(&d->waiting));
	sl_buf_reset(&d->waiting);
}

struct discovered *
discovered_new(struct sl_loop *loop, void (*tell)(void *ctx, struct sl_slice payload), void *ctx)
{
	struct discovered *d = sl_xzalloc(sizeof(*d));

	d->loop = loop;
	d->tell = tell;
	d->ctx = ctx;
	sl_buf_init(&d->waiting, DISCOVERED_BYTES);
	sl_timer_init(&d->timer, loop, on_timer, d);
	return d;
}

void
discovered_free(struct discovered **discovered)
{
	struct discovered *d = *discovered;

	if (d == NULL)
		return;
	sl_timer_clear(&d->timer);
	sl_buf_fini(&d->waiting);
	sl_free(d);
	*discovered = NULL;
}

void
discovered_add(struct discovered *d, struct sl_slice address)
{
	uint64_t hash = sl_hash_lower(address), now = sl_loop_now_us(d->loop);
	struct mark *mark = &d->marks[hash % MARKS];
	size_t before = d->waiting.len;

	if (mark->hash == hash && mark->until_us > now)
		return;
	sl_pack_bytes(&d->waiting, address);
	if (d->waiting.overflow) {	/* it will be seen again */
		d->waiting.overflow = false;
		d->waiting.len = before;
		return;
	}
	*mark = (struct mark){ hash, now + DAY_US };
	if (before == 0)
		sl_timer_set(&d->timer, DISCOVERED_MS);
}
