/* sources.c - see sources.h */

#include "classify/sources.h"

unsigned
sl_sources_group(struct sl_sources *sources, uint64_t source)
{
	for (unsigned i = 0; i < sources->len; i++)
		if (sources->ids[i] == source)
			return i;
	if (sources->len == SL_SOURCES_MAX)
		return (unsigned)(source % SL_SOURCES_MAX);
	sources->ids[sources->len] = source;
	return sources->len++;
}
