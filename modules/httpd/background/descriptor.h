/* SPDX-License-Identifier: Apache-2.0 */
/* Passes open files between processes over Unix sockets. */
#ifndef CC_BACKGROUND_DESCRIPTOR_H
#define CC_BACKGROUND_DESCRIPTOR_H

#include <apr_errno.h>
#include <apr_time.h>

/**
 * Makes both ends of a socket, which programs that this process starts do not inherit. Data written
 * at [1] is read at [0], each write as one message. Reads do not wait; writes wait for `patience`
 * at most.
 */
apr_status_t cc_descriptor_pair(int ends[2], apr_interval_time_t patience);

/**
 * Sends a number, and a descriptor with it (-1: none), which the caller keeps. Waits only if the
 * socket does. APR_EAGAIN: its buffer is full. If the other end is closed: an error of the system,
 * and no signal.
 */
apr_status_t cc_descriptor_send(int socket, apr_uint64_t number, int descriptor);

/**
 * Receives one message. *descriptor then belongs to the caller; -1: it had none. If the socket
 * waits, waits until something was sent or the other end is closed. APR_EOF: it is closed;
 * APR_EAGAIN: there is nothing; otherwise errors of the system.
 */
apr_status_t cc_descriptor_receive(int socket, apr_uint64_t *number, int *descriptor);

#endif
