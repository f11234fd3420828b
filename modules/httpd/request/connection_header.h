/* SPDX-License-Identifier: Apache-2.0 */
/* Removes from the request header Connection what could remove headers that this server sets. */
#ifndef CC_REQUEST_CONNECTION_HEADER_H
#define CC_REQUEST_CONNECTION_HEADER_H

#include "httpd/conf/module.h"

/** Leaves only the names in Connection that HTTP itself uses, and logs it (CC0117) if others go. */
void cc_connection_clean(request_rec *r);

#endif
