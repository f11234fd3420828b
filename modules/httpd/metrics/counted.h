/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the counters of a configuration, in memory that all its children share. */
#ifndef CC_COUNTED_H
#define CC_COUNTED_H

#include "base/counter.h"
#include "httpd/metrics/expiring.h"
#include "httpd/metrics/quota.h"
#include "rules/rules.h"

/** Why a certificate gives no identity, before any rule is evaluated. */
typedef enum {
    CC_REJECTED_NO_RECORD,
    CC_REJECTED_BAD_RECORD,
    CC_REJECTED_NOT_VERIFIED,
    CC_REJECTED_OTHER_TRUST,
    CC_REJECTED_NOT_YET,
    CC_REJECTED_EXPIRED,
    CC_REJECTED_NOT_CLIENT,
    CC_REJECTED_NOT_REPORTED, /* mod_ssl does not report it as verified */
    CC_REJECTED_NO_TLS,       /* the virtual host has no TLS of its own */
    CC_REJECTED_REVOKED,
    CC_REJECTED_NOT_KNOWN,       /* its revocation status is unknown */
    CC_REJECTED_TOO_OLD,         /* by ClientCertMaxAge */
    CC_REJECTED_HANDSHAKE,       /* it ended the handshake */
    CC_REJECTED_UNTRUSTED_PROXY, /* it came in a header, not from a trusted proxy */
    CC_REJECTED_BAD_HEADER,      /* a trusted proxy passed on something else, or objects to it */
    CC_REJECTED_COUNT
} cc_rejection_t;

/** How the certificate of a trusted proxy was judged. */
typedef enum {
    CC_FORWARDED_VERIFIED, /* its signatures were verified */
    CC_FORWARDED_CACHED,   /* it was in the cache of the process */
    CC_FORWARDED_COUNT
} cc_forwarded_result_t;

/** How shadow rules compare with the rules in effect. */
typedef enum {
    CC_SHADOW_SAME,
    CC_SHADOW_DIFFERENT, /* in the result, the user or the groups */
    CC_SHADOW_FAILED,    /* a lookup failed, so they could not be compared */
    CC_SHADOW_COUNT
} cc_shadow_result_t;

/** The counters of a virtual host. All 0 at its start. */
typedef struct cc_vhost_counters_t {
    cc_counter_t rejections[CC_REJECTED_COUNT]; /* certificates */
    cc_counter_t denied;                        /* requests */
    cc_counter_t forwarded[CC_FORWARDED_COUNT]; /* certificates */
    cc_counter_t shadow[CC_SHADOW_COUNT];       /* decisions */
} cc_vhost_counters_t;

/** The counters of the server as a whole. All 0 at its start. */
typedef struct cc_shared_t {
    cc_counter_t notes[CC_NOTE_COUNT];
    cc_counter_t users[CC_STRENGTH_COUNT - 1]; /* decisions with a user, from CC_STRENGTH_WEAK on */
    cc_quota_t quotas[CC_QUOTA_COUNT];
    cc_expiring_t expiring;
} cc_shared_t;

#endif
