/* edge_main.h - what the parent starts: an edge as a process of its own */
#ifndef EDGE_MAIN_H
#define EDGE_MAIN_H

/* Serve until the parent says stop or is gone. `slot`: which of the shared counters is ours;
 * `parent_fd`: the channel to the parent (taken). Returns the exit status. */
int	edge_main(unsigned slot, int parent_fd);

#endif
