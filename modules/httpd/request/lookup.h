/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up named values for applications: user, group, rule, strength, or a field. */
#ifndef CC_REQUEST_LOOKUP_H
#define CC_REQUEST_LOOKUP_H

#include <stdbool.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/peer/client.h"
#include "rules/rules.h"

/** A compiled name: user, group, rule, strength, or a field with modifiers. Constant. */
typedef struct cc_lookup_t cc_lookup_t;

/** Compiles NAME of clientcert('NAME') or of ClientCertExport X=NAME. Errors as cc_rules_add. */
apr_status_t cc_lookup_parse(const cc_lookup_t **lookup, const char *name, apr_pool_t *p,
                             cc_error_t *err);

extern const cc_lookup_t cc_lookup_user, cc_lookup_group;
/**
 * The value of a lookup: as one text (several parts joined by cc_parts_join; NULL: no value), or as
 * a list. The client must be without a problem; `verdict` may be NULL.
 */
const char *cc_lookup_text(const cc_lookup_t *lookup, const cc_client_t *client,
                           const cc_facts_t *facts, const cc_verdict_t *verdict, apr_pool_t *p);
apr_array_header_t *cc_lookup_list(const cc_lookup_t *lookup, const cc_client_t *client,
                                   const cc_facts_t *facts, const cc_verdict_t *verdict,
                                   apr_pool_t *p);

/** The text of a list of cc_lookup_list, as cc_lookup_text gives it; NULL: the list is empty. */
const char *cc_lookup_joined(const cc_lookup_t *lookup, const apr_array_header_t *list,
                             apr_pool_t *p);

/** False if there is at most one value. */
bool cc_lookup_gives_many(const cc_lookup_t *lookup);

/** True for what the rules give (user, group, rule, strength), false for a field of the certificate. */
bool cc_lookup_asks_who(const cc_lookup_t *lookup);

/** As cc_field_path_need; user, group, rule and strength need nothing themselves. */
cc_path_need_t cc_lookup_path_need(const cc_lookup_t *lookup);

/** As cc_field_stale_at; other values than those of fields never become stale by themselves. */
apr_time_t cc_lookup_stale_at(const cc_lookup_t *lookup, const cc_client_t *client,
                              const cc_facts_t *facts);

#endif
