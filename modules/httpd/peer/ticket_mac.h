/* SPDX-License-Identifier: Apache-2.0 */
/* Protects the verdicts in session tickets whose keys mod_ssl reads from a file. */
#ifndef CC_PEER_TICKET_MAC_H
#define CC_PEER_TICKET_MAC_H

#include "httpd/conf/module.h"
#include "trust/trust.h"

/**
 * Protects the verdicts of a server that reads the keys of its tickets from a file (ticket_mac.c).
 * Errors are logged (CC0140).
 */
apr_status_t cc_ticket_mac_guard(cc_trust_t *trust, server_rec *s, apr_pool_t *p);

#endif
