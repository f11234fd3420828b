/* SPDX-License-Identifier: Apache-2.0 */
/* Gives any thread the current set of CAs that are followed. */
#include <apr_strings.h>

#include "ca/followed.h"

apr_uint64_t cc_cas_generation(cc_cas_t *cas)
{
    return cc_snapshot_number(&cas->sets);
}

const cc_ca_set_t *cc_cas_enter(cc_cas_t *cas, unsigned *side)
{
    return cc_snapshot_enter(&cas->sets, side);
}

void cc_cas_leave(cc_cas_t *cas, unsigned side)
{
    cc_snapshot_leave(&cas->sets, side);
}

const apr_array_header_t *cc_cas_specs(const cc_cas_t *cas)
{
    return cas->plan.specs;
}

const char *cc_cas_groups_text(const cc_cas_t *cas, apr_pool_t *p)
{
    const char *text = "";

    for (int i = 0; i < cas->groups->nelts; i++) {
        const cc_ca_group_t *group = &APR_ARRAY_IDX(cas->groups, i, const cc_ca_group_t);

        text =
            apr_psprintf(p, "%s%s %d\n", text, group->domain ? group->domain : "-", group->depth);
    }
    return text;
}
