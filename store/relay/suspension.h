/* suspension.h - why an account may not connect for now; numbers of the disk.
 */
#ifndef TACIT_STORE_RELAY_SUSPENSION_H
#define TACIT_STORE_RELAY_SUSPENSION_H

enum suspension {
	SUSPENDED_NOT,
	SUSPENDED_BY_OPERATOR,
	SUSPENDED_INACTIVE, /* none of its devices was seen for long */
};

#endif
