/* SPDX-License-Identifier: Apache-2.0 */
/* Passes open files between processes over Unix sockets. */
#ifndef CC_BACKGROUND_DESCRIPTOR_H
#define CC_BACKGROUND_DESCRIPTOR_H

#include <apr_errno.h>
#include <apr_time.h>

/**
 * Two ends of a socket, for no program that is started: what is written at [1] is read at [0], each
 * write as one message. Reading does not wait; writing waits for as long as `patience` at most.
 */
apr_status_t cc_descriptor_pair(int ends[2], apr_interval_time_t patience);

/**
 * Sends a number, and a descriptor with it; -1: none. It stays the caller's. Waits only where the
 * socket does. APR_EAGAIN where it has no room; errors of the system, and no signal, where the
 * other end is closed.
 */
apr_status_t cc_descriptor_send(int socket, apr_uint64_t number, int descriptor);

/**
 * Takes what one send has sent; *descriptor is the caller's, -1: there was none. Does not wait
 * where the socket does not, and else until something was sent or the other end is closed.
 * APR_EOF: it is closed; APR_EAGAIN: there is nothing; else errors of the system.
 */
apr_status_t cc_descriptor_receive(int socket, apr_uint64_t *number, int *descriptor);

#endif
