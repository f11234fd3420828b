/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the per-directory record of each section, and merges the records of each request. */
#include "httpd/conf/dir.h"

void *cc_dir_create(apr_pool_t *p, char *path)
{
    cc_dir_t *dir = apr_pcalloc(p, sizeof(*dir));

    (void)path;
    dir->auth = dir->status_rules = dir->handler = -1;
    return dir;
}

/* Called for each section of each request, so without a branch for each member. */
static bool says_nothing(const cc_dir_t *dir)
{
    apr_uintptr_t set = (apr_uintptr_t)dir->rules | (apr_uintptr_t)dir->shadow |
                        (apr_uintptr_t)dir->export | (apr_uintptr_t)dir->status_text |
                        (apr_uintptr_t)dir->forward_cert | (apr_uintptr_t)dir->forward_identity;

    return !set && (dir->auth & dir->status_rules & dir->handler) == -1;
}

/*
 * A section with rules of its own uses those alone, so the rules in effect are in one place. httpd
 * merges records in every request, and most sections have no directives of this module: for these,
 * nothing is allocated. Shadow rules would take the place of the rules of their own scope, which
 * rules of a scope inside it replace: there, nothing is compared with them.
 */
void *cc_dir_merge(apr_pool_t *p, void *base_record, void *add_record)
{
    const cc_dir_t *base = base_record, *add = add_record;
    cc_dir_t *dir;

    if (says_nothing(add) || says_nothing(base)) {
        return says_nothing(add) ? base_record : add_record;
    }
    dir = apr_palloc(p, sizeof(*dir));
    dir->rules = add->rules ? add->rules : base->rules;
    dir->tally = add->rules ? add->tally : base->tally;
    dir->shadow = add->shadow || add->rules ? add->shadow : base->shadow;
    dir->export = add->export ? add->export : base->export;
    dir->status_text = add->status_text ? add->status_text : base->status_text;
    dir->forward_cert = add->forward_cert ? add->forward_cert : base->forward_cert;
    dir->forward_identity = add->forward_identity ? add->forward_identity : base->forward_identity;
    dir->auth = add->auth >= 0 ? add->auth : base->auth;
    dir->status_rules = add->status_rules >= 0 ? add->status_rules : base->status_rules;
    dir->handler = add->handler >= 0 ? add->handler : base->handler;
    return dir;
}
