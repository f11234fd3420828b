/* SPDX-License-Identifier: Apache-2.0 */
/* Makes requests of a client, and documents about it, for tests of clientcert-status. */
#ifndef STATUSSET_H
#define STATUSSET_H

#include "httpd/peer/client.h"
#include "httpd/request/state.h"

/** After statusset_setup: alice, with a certificate that is valid 150 days before and after. */
extern cc_client_t statusset_client;

/** After statusset_asked; a test may replace it. In the pool of the test. */
extern request_rec *statusset_request;

/** For SUITE; fake_end ends it. */
void statusset_setup(void);

/** A request of the client, with these lines of configuration, judged by these rules; or NULL. */
cc_request_t *statusset_asked(const char *lines, const char *rules);

/** A value in the document about the request: a text, or JSON. */
const char *statusset_at(const char *key);

#endif
