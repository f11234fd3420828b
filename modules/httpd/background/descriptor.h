/* SPDX-License-Identifier: Apache-2.0 */
/* Passes open files between processes over Unix sockets. */
#ifndef CC_BACKGROUND_DESCRIPTOR_H
#define CC_BACKGROUND_DESCRIPTOR_H

#include <apr_errno.h>
#include <apr_time.h>

/**
 * Makes a pair of connected sockets that programs started by this process do not inherit. Data
 * written to ends[1] is read from ends[0], one message for each write. Reads do not block; writes
 * block for at most `patience`. Errors are those of the system.
 */
apr_status_t cc_descriptor_pair(int ends[2], apr_interval_time_t patience);

/**
 * Sends a number, and a descriptor with it (-1: none), which the caller keeps. Blocks only if the
 * socket is a blocking one. APR_EAGAIN: the buffer of the socket is full. If the other end is
 * closed, returns an error of the system, without a signal.
 */
apr_status_t cc_descriptor_send(int socket, apr_uint64_t number, int descriptor);

/**
 * Receives one message. *descriptor then belongs to the caller; -1: the message had none. On a
 * blocking socket, waits until a message arrives or the other end is closed. APR_EOF: the other end
 * is closed; APR_EAGAIN: there is no message; other errors are those of the system.
 */
apr_status_t cc_descriptor_receive(int socket, apr_uint64_t *number, int *descriptor);

#endif
