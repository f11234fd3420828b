/* SPDX-License-Identifier: Apache-2.0 */
/* Makes sets of CAs: the CAs of each group in order, and the names of all. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "ca/internal.h"

/* ---- order ----------------------------------------------------------------------------------- */

static int same_compare(const void *a, const void *b)
{
    const cc_ca_member_t *one = a, *other = b;
    int order = memcmp(one->ca.mark, other->ca.mark, CC_CA_MARK_LEN);

    if (order == 0) {
        order = one->gap - other->gap;
    }
    return order == 0 ? strcmp(one->ca.path, other->ca.path) : order;
}

static int members_compare(const void *a, const void *b)
{
    const cc_ca_member_t *one = a, *other = b;
    int order = X509_NAME_cmp(one->entry->subject, other->entry->subject);

    return order == 0 ? one->place - other->place : order;
}

static int marks_compare(const void *a, const void *b)
{
    return memcmp((*(const cc_ca_member_t *const *)a)->ca.mark,
                  (*(const cc_ca_member_t *const *)b)->ca.mark, CC_CA_MARK_LEN);
}

/* ---- making: groups -------------------------------------------------------------------------- */

static void member_add(cc_ca_group_t *group, cc_ca_entry_t *entry, const char *path, bool gap)
{
    cc_ca_member_t *member = &group->members[group->count];
    cc_ca_t *ca = &member->ca;

    member->place = group->count++;
    memcpy(ca->mark, entry->mark, sizeof(ca->mark));
    memcpy(ca->sha256, entry->sha256, sizeof(ca->sha256));
    memcpy(ca->spki_sha256, entry->spki_sha256, sizeof(ca->spki_sha256));
    ca->not_after = entry->not_after;
    ca->path = path;
    member->entry = entry;
    member->gap = gap;
}

static void members_fill(cc_ca_group_t *group, int number, const apr_array_header_t *parts)
{
    for (int i = 0; i < parts->nelts; i++) {
        const cc_ca_part_t *part = &APR_ARRAY_IDX(parts, i, cc_ca_part_t);
        const cc_ca_content_t *content = part->content;

        for (int j = 0; part->group == number && j < content->count; j++) {
            member_add(group, &content->entries[j], content->path, part->gap);
        }
    }
}

static int members_max(int number, const apr_array_header_t *parts)
{
    int count = 0;

    for (int i = 0; i < parts->nelts; i++) {
        const cc_ca_part_t *part = &APR_ARRAY_IDX(parts, i, cc_ca_part_t);

        count += part->group == number ? part->content->count : 0;
    }
    return count;
}

static void members_sort(cc_ca_group_t *group, int (*compare)(const void *, const void *))
{
    if (group->count > 0) {
        qsort(group->members, (size_t)group->count, sizeof(*group->members), compare);
    }
}

/* Keeps each certificate once, at its first place. */
static void members_unite(cc_ca_group_t *group)
{
    cc_ca_member_t *last = NULL;
    int kept = 0;

    members_sort(group, same_compare);
    for (int i = 0; i < group->count; i++) {
        const cc_ca_member_t *member = &group->members[i];

        if (!last || memcmp(last->ca.mark, member->ca.mark, CC_CA_MARK_LEN) != 0) {
            last = &group->members[kept++];
            *last = *member;
        } else if (member->place < last->place) {
            last->place = member->place;
        }
    }
    group->count = kept;
}

static void marks_sort(cc_ca_group_t *group)
{
    for (int i = 0; i < group->count; i++) {
        group->by_mark[i] = &group->members[i];
    }
    if (group->count > 0) {
        qsort(group->by_mark, (size_t)group->count, sizeof(const cc_ca_member_t *), marks_compare);
    }
}

static void since_set(cc_ca_group_t *group, const cc_ca_group_t *before, apr_time_t since)
{
    for (int i = 0; i < group->count; i++) {
        cc_ca_t *ca = &group->members[i].ca;
        bool gap = group->members[i].gap;
        const cc_ca_t *same = before && !gap ? cc_ca_of_mark(before, ca->mark) : NULL;

        ca->since = same ? same->since : since;
    }
}

static void group_make(cc_ca_group_t *group, int number, const apr_array_header_t *parts,
                       apr_pool_t *p)
{
    apr_size_t max = (apr_size_t)members_max(number, parts);

    group->count = 0;
    group->members = apr_palloc(p, max * sizeof(*group->members));
    members_fill(group, number, parts);
    members_unite(group);
    members_sort(group, members_compare);
    group->by_mark = apr_palloc(p, (apr_size_t)group->count * sizeof(const cc_ca_member_t *));
    marks_sort(group);
}

/* ---- making: names --------------------------------------------------------------------------- */

/* FNV-1a. */
static apr_uint64_t digest_add(apr_uint64_t digest, const X509_NAME *name)
{
    const unsigned char *der = NULL;
    apr_size_t len = 0;

    X509_NAME_get0_der(name, &der, &len);
    for (apr_size_t i = 0; i < len; i++) {
        digest = (digest ^ der[i]) * 1099511628211u;
    }
    return digest;
}

/* Of different encodings of a name the first is always the same. */
static int names_compare(const void *a, const void *b)
{
    const X509_NAME *one = *(X509_NAME *const *)a, *other = *(X509_NAME *const *)b;
    int order = X509_NAME_cmp(one, other);
    const unsigned char *one_der = NULL, *other_der = NULL;
    apr_size_t one_len = 0, other_len = 0;

    if (order != 0) {
        return order;
    }
    X509_NAME_get0_der(one, &one_der, &one_len);
    X509_NAME_get0_der(other, &other_der, &other_len);
    return one_len != other_len ? (one_len < other_len ? -1 : 1)
                                : memcmp(one_der, other_der, one_len);
}

static apr_status_t names_free(void *names)
{
    sk_X509_NAME_free(names);
    return APR_SUCCESS;
}

static void names_add(cc_ca_set_t *set, X509_NAME **names, int count)
{
    set->names_digest = 14695981039346656037u;
    for (int i = 0; i < count; i++) {
        if (i == 0 || X509_NAME_cmp(names[i - 1], names[i]) != 0) {
            sk_X509_NAME_push(set->names, names[i]);
            set->names_digest = digest_add(set->names_digest, names[i]);
        }
    }
}

static void names_make(cc_ca_set_t *set, apr_pool_t *scratch)
{
    X509_NAME **names = NULL;
    int count = 0;

    for (int i = 0; i < set->count; i++) {
        count += set->groups[i].count;
    }
    names = apr_palloc(scratch, (apr_size_t)count * sizeof(X509_NAME *));
    count = 0;
    for (int i = 0; i < set->count; i++) {
        for (int j = 0; j < set->groups[i].count; j++) {
            names[count++] = set->groups[i].members[j].entry->subject;
        }
    }
    if (count > 0) {
        qsort(names, (size_t)count, sizeof(X509_NAME *), names_compare);
    }
    set->names = sk_X509_NAME_new_reserve(NULL, count);
    apr_pool_cleanup_register(set->pool, set->names, names_free, apr_pool_cleanup_null);
    names_add(set, names, count);
}

/* ---- making ---------------------------------------------------------------------------------- */

static void contents_hold(cc_ca_set_t *set, const apr_array_header_t *parts)
{
    set->contents = apr_array_make(set->pool, parts->nelts, sizeof(cc_ca_content_t *));
    for (int i = 0; i < parts->nelts; i++) {
        APR_ARRAY_PUSH(set->contents, cc_ca_content_t *) =
            cc_ca_content_hold(APR_ARRAY_IDX(parts, i, cc_ca_part_t).content);
    }
}

cc_ca_set_t *cc_ca_set_make(const apr_array_header_t *groups, const apr_array_header_t *parts,
                            const cc_ca_set_t *before, apr_time_t since)
{
    apr_pool_t *pool = NULL, *scratch = NULL;
    cc_ca_set_t *set = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    apr_pool_create(&scratch, pool);
    set = apr_pcalloc(pool, sizeof(*set));
    set->pool = pool;
    set->count = groups->nelts;
    set->groups =
        apr_pmemdup(pool, groups->elts, (apr_size_t)groups->nelts * sizeof(cc_ca_group_t));
    contents_hold(set, parts);
    for (int i = 0; i < set->count; i++) {
        group_make(&set->groups[i], i, parts, pool);
        since_set(&set->groups[i], before ? &before->groups[i] : NULL, since);
        set->domains = set->domains || set->groups[i].domain;
    }
    names_make(set, scratch);
    apr_pool_destroy(scratch);
    return set;
}

void cc_ca_set_free(cc_ca_set_t *set)
{
    for (int i = 0; set && i < set->contents->nelts; i++) {
        cc_ca_content_release(APR_ARRAY_IDX(set->contents, i, cc_ca_content_t *));
    }
    if (set) {
        apr_pool_destroy(set->pool);
    }
}

static bool groups_same(const cc_ca_group_t *a, const cc_ca_group_t *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (int i = 0; i < a->count; i++) {
        if (memcmp(a->members[i].ca.mark, b->members[i].ca.mark, CC_CA_MARK_LEN) != 0 ||
            strcmp(a->members[i].ca.path, b->members[i].ca.path) != 0) {
            return false;
        }
    }
    return true;
}

bool cc_ca_set_same(const cc_ca_set_t *a, const cc_ca_set_t *b)
{
    for (int i = 0; i < a->count; i++) {
        if (!groups_same(&a->groups[i], &b->groups[i])) {
            return false;
        }
    }
    return true;
}
