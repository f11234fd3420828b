/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the ledgers of the virtual hosts, which survive a restart, and notes certificates in them.
 */
#ifndef CC_LEDGERS_H
#define CC_LEDGERS_H

#include <apr_tables.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "rules/rules.h"

/**
 * Gives each virtual host with ClientCertLedger its ledger: the one that it had before the restart,
 * if it keeps the same, otherwise an empty one. A host is the same if its name and port are, and if
 * others share these, its addresses and aliases too. Frees those that no host uses. Returns OK, or
 * an error that is logged (CC0160). For cc_counters_start.
 */
int cc_ledgers_start(server_rec *main);

/**
 * The hook monitor, in the parent: erases the entries that are too old, whether new ones come or
 * not. Returns DECLINED.
 */
int cc_ledgers_monitor(apr_pool_t *p, server_rec *main);

/**
 * Notes a certificate in the ledger of the virtual host, if it has one and no rule mapped the
 * certificate. For request/identity.c, with each new verdict by ClientCertMap on a client without a
 * problem. Any thread; waits for nothing.
 */
void cc_ledgers_note(const request_rec *r, const cc_cert_t *cert, const cc_verdict_t *verdict);

/** The entries of the ledger of a virtual host, as cc_ledger_read; NULL: it has no ledger. */
apr_array_header_t *cc_ledgers_entries(const server_rec *s, apr_pool_t *p);

#endif
