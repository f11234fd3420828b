/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the directive ClientCertLedger. */
#ifndef CC_CONF_LEDGER_SPEC_H
#define CC_CONF_LEDGER_SPEC_H

#include <stdbool.h>

#include <apr_time.h>

#include "httpd/conf/module.h"

/** What ClientCertLedger says. Constant once it has been read. */
typedef struct cc_ledger_spec_t {
    bool on;
    bool names; /* the ledger also keeps names and certificates */
    int days;   /* how long an entry stays that is not seen again */
} cc_ledger_spec_t;

/** An entry that was last seen before this moment is no longer listed. */
static inline apr_time_t cc_ledger_oldest(const cc_ledger_spec_t *spec, apr_time_t now)
{
    return now - apr_time_from_sec((apr_time_t)spec->days * 86400);
}

/** ClientCertLedger, for httpd's table: NULL, or CC0149. */
const char *cc_ledger_directive(cmd_parms *cmd, void *record, const char *args);

#endif
