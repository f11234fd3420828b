/* SPDX-License-Identifier: Apache-2.0 */
/* Closes a connection gracefully after its answers, on HTTP/1 and on HTTP/2. */
#ifndef CC_PEER_GRACEFUL_CLOSE_H
#define CC_PEER_GRACEFUL_CLOSE_H

#include <util_filter.h>

#include "httpd/conf/module.h"

/** The filter of connections that may be closed: notes at each read whether this one is to end. */
extern const char cc_graceful_close_filter[];
apr_status_t cc_graceful_close_note(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                    apr_read_type_e block, apr_off_t readbytes);

/**
 * mpm_query: reports that the MPM is stopping, to a thread that reads from a connection that is to
 * end.
 */
int cc_graceful_close_answer(int query_code, int *result, apr_status_t *rv);

/** protocol_switch, before other modules: adds the filter to a connection that is not HTTP/1. */
int cc_graceful_close_ready(conn_rec *c, request_rec *r, server_rec *s, const char *protocol);

/** Ends the connection of a request after the answer. It has a record (peer.h). */
void cc_graceful_close_want(request_rec *r);

#endif
