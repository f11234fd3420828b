/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the names of the reasons for a revocation. */
#include "trust/trust.h"

const char *cc_reason_text(int reason)
{
    static const char *const text[] = {
        "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", "",
        "removeFromCRL", "privilegeWithdrawn",   "aACompromise",
    };

    return reason >= 0 && reason <= 10 && reason != 7 ? text[reason] : "unspecified";
}
