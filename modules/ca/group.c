/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the group for a certificate, and the CAs of a group by name, by certificate and by mark. */
#include <string.h>

#include "ca/internal.h"

/* ---- groups ---------------------------------------------------------------------------------- */

int cc_ca_groups(const cc_ca_set_t *set)
{
    return set->count;
}

const cc_ca_group_t *cc_ca_group_at(const cc_ca_set_t *set, int number)
{
    return &set->groups[number];
}

int cc_ca_group_number(const cc_ca_set_t *set, const cc_ca_group_t *group)
{
    return (int)(group - set->groups);
}

const char *cc_ca_group_domain(const cc_ca_group_t *group)
{
    return group->domain;
}

int cc_ca_group_depth(const cc_ca_group_t *group)
{
    return group->depth;
}

bool cc_ca_group_anchors_all(const cc_ca_group_t *group)
{
    return group->domain != NULL;
}

/* `domain` NULL: the group for all other certificates. */
static const cc_ca_group_t *group_find(const cc_ca_set_t *set, const char *domain)
{
    for (int i = 0; i < set->count; i++) {
        const cc_ca_group_t *group = &set->groups[i];

        if (domain && group->domain ? strcmp(domain, group->domain) == 0
                                    : !domain && !group->domain) {
            return group;
        }
    }
    return NULL;
}

const cc_ca_group_t *cc_ca_group_of(const cc_ca_set_t *set, const X509 *leaf, const char **problem)
{
    char domain[CC_SPIFFE_DOMAIN_SIZE];
    const cc_ca_group_t *group = NULL;

    *problem = NULL;
    if (!set->domains) {
        return group_find(set, NULL);
    }
    switch (cc_spiffe_read(domain, problem, leaf)) {
    case CC_SPIFFE_BAD:
        return NULL;
    case CC_SPIFFE_ID:
        group = group_find(set, domain);
        break;
    default:
        break;
    }
    return group ? group : group_find(set, NULL);
}

/* ---- CAs of a group -------------------------------------------------------------------------- */

int cc_ca_count(const cc_ca_group_t *group)
{
    return group->count;
}

const cc_ca_t *cc_ca_at(const cc_ca_group_t *group, int number)
{
    return &group->members[number].ca;
}

X509 *cc_ca_cert(const cc_ca_t *ca)
{
    return cc_ca_entry_cert(((const cc_ca_member_t *)ca)->entry);
}

int cc_ca_range_of(const cc_ca_group_t *group, const X509_NAME *name, int *count)
{
    int low = 0, high = group->count;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (X509_NAME_cmp(group->members[middle].entry->subject, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (high = low;
         high < group->count && X509_NAME_cmp(group->members[high].entry->subject, name) == 0;) {
        high++;
    }
    *count = high - low;
    return low;
}

/* Comparing so many pointers takes less time than looking a name up. */
#define FEW 16

const cc_ca_t *cc_ca_of_cert(const cc_ca_group_t *group, const X509 *cert)
{
    int first = 0, count = group->count;

    if (count > FEW) {
        first = cc_ca_range_of(group, X509_get_subject_name(cert), &count);
    }
    for (int i = first; i < first + count; i++) {
        if (atomic_load(&group->members[i].entry->cert) == cert) {
            return &group->members[i].ca;
        }
    }
    return NULL;
}

const cc_ca_t *cc_ca_of_mark(const cc_ca_group_t *group, const unsigned char mark[CC_CA_MARK_LEN])
{
    int low = 0, high = group->count;

    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = memcmp(group->by_mark[middle]->ca.mark, mark, CC_CA_MARK_LEN);

        if (order == 0) {
            return &group->by_mark[middle]->ca;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* ---- names ----------------------------------------------------------------------------------- */

const STACK_OF(X509_NAME) * cc_ca_set_names(const cc_ca_set_t *set)
{
    return set->names;
}

apr_uint64_t cc_ca_set_names_digest(const cc_ca_set_t *set)
{
    return set->names_digest;
}
