/* sa_received.h - the forms of Received fields, compiled; inside sa_*.c */

#ifndef SL_RULES_SA_RECEIVED_H
#define SL_RULES_SA_RECEIVED_H

struct sa_received;

struct sa_received *sa_received_new(void);
void	sa_received_free(struct sa_received **received);

#endif
