/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps files of CAs, as last accepted, across restarts. */
/*
 * A restart reads every file again. If a file has become bad, its previous CAs stay in use, so they
 * are kept, in DER. The store also has the time since which each CA is in a set, so that sessions
 * outlive a restart. A set is identified by its directives: after one of their paths or domains has
 * changed, its CAs count as new.
 *
 * Meanwhile httpd unloads this module and OpenSSL and may load other versions, so nothing here may
 * depend on them: neither an address of a function nor an object of OpenSSL.
 */
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/directory.h"
#include "ca/followed.h"

/* A file, as last accepted. */
typedef struct {
    apr_pool_t *pool;
    const char *path;
    apr_array_header_t *ders; /* of cc_ca_der_t */
    apr_time_t since;
    bool used; /* since the last sweep */
} kept_ca_file_t;

/* Since when a CA is in a group of a set. */
typedef struct {
    int group;
    unsigned char mark[CC_CA_MARK_LEN];
    apr_time_t since;
} kept_age_t;

/* The ages of the CAs of a set. */
typedef struct {
    apr_pool_t *pool;
    const char *key;
    int count;
    kept_age_t *ages;
    bool used;
} kept_set_t;

struct cc_ca_kept_t {
    apr_pool_t *pool;
    apr_hash_t *files; /* path -> kept_ca_file_t * */
    apr_hash_t *sets;  /* key -> kept_set_t * */
    cc_ca_clock_t clock;
    pid_t owner; /* children have a copy, and do not write */
};

cc_ca_kept_t *cc_cas_kept_create(apr_pool_t *p)
{
    cc_ca_kept_t *kept = apr_palloc(p, sizeof(*kept));

    *kept = (cc_ca_kept_t){p, apr_hash_make(p), apr_hash_make(p), {0, 0}, getpid()};
    return kept;
}

void cc_cas_kept_own(cc_ca_kept_t *kept)
{
    kept->owner = getpid();
}

void cc_cas_kept_end(cc_ca_kept_t *kept)
{
    kept->owner = 0;
}

bool cc_ca_kept_owned(const cc_cas_t *cas)
{
    return cas->plan.kept && cas->plan.kept->owner == getpid();
}

/* ---- files ----------------------------------------------------------------------------------- */

static kept_ca_file_t *file_find(const cc_cas_t *cas, const char *path)
{
    cc_ca_kept_t *kept = cas->plan.kept;
    kept_ca_file_t *file = kept ? apr_hash_get(kept->files, path, APR_HASH_KEY_STRING) : NULL;

    if (file) {
        file->used = true;
    }
    return file;
}

static void file_remove(cc_ca_kept_t *kept, kept_ca_file_t *file)
{
    apr_hash_set(kept->files, file->path, APR_HASH_KEY_STRING, NULL);
    apr_pool_destroy(file->pool);
}

static bool has_content(const kept_ca_file_t *file, const cc_ca_content_t *content)
{
    if (file->ders->nelts != content->count) {
        return false;
    }
    for (int i = 0; i < content->count; i++) {
        const cc_ca_der_t *a = &APR_ARRAY_IDX(file->ders, i, cc_ca_der_t);
        const cc_ca_der_t *b = &content->entries[i].der;

        if (a->len != b->len || memcmp(a->at, b->at, a->len) != 0) {
            return false;
        }
    }
    return true;
}

static void ders_keep(kept_ca_file_t *file, const cc_ca_content_t *content)
{
    apr_size_t size = 0;
    unsigned char *to = NULL;

    for (int i = 0; i < content->count; i++) {
        size += content->entries[i].der.len;
    }
    to = apr_palloc(file->pool, size);
    file->ders = apr_array_make(file->pool, content->count, sizeof(cc_ca_der_t));
    for (int i = 0; i < content->count; i++) {
        const cc_ca_der_t *der = &content->entries[i].der;

        APR_ARRAY_PUSH(file->ders, cc_ca_der_t) =
            (cc_ca_der_t){memcpy(to, der->at, der->len), der->len};
        to += der->len;
    }
}

void cc_ca_kept_put(cc_cas_t *cas, const cc_ca_content_t *content)
{
    cc_ca_kept_t *kept = cas->plan.kept;
    kept_ca_file_t *file = file_find(cas, content->path);
    apr_pool_t *pool = NULL;

    if (!cc_ca_kept_owned(cas) || (file && has_content(file, content))) {
        return;
    }
    if (file) {
        file_remove(kept, file);
    }
    apr_pool_create(&pool, kept->pool);
    file = apr_pcalloc(pool, sizeof(*file));
    file->pool = pool;
    file->path = apr_pstrdup(pool, content->path);
    file->since = apr_time_now();
    file->used = true;
    ders_keep(file, content);
    apr_hash_set(kept->files, file->path, APR_HASH_KEY_STRING, file);
}

void cc_ca_kept_forget(cc_cas_t *cas, const char *path)
{
    kept_ca_file_t *file = file_find(cas, path);

    if (file && cc_ca_kept_owned(cas)) {
        file_remove(cas->plan.kept, file);
    }
}

cc_ca_content_t *cc_ca_kept_load(apr_time_t *since, cc_cas_t *cas, const char *path)
{
    const kept_ca_file_t *file = file_find(cas, path);
    cc_ca_content_t *content = NULL;

    *since = 0;
    if (file && cc_ca_content_make(&content, file->ders, path, cas->scratch, NULL) == APR_SUCCESS) {
        *since = file->since;
    }
    return content;
}

void cc_ca_kept_below(apr_array_header_t *paths, const cc_cas_t *cas, const char *folder)
{
    cc_ca_kept_t *kept = cas->plan.kept;
    apr_size_t len = strlen(folder);
    apr_hash_index_t *i = kept ? apr_hash_first(paths->pool, kept->files) : NULL;

    for (; i; i = apr_hash_next(i)) {
        const kept_ca_file_t *file = apr_hash_this_val(i);

        if (strncmp(file->path, folder, len) == 0 && file->path[len] == '/' &&
            !strchr(file->path + len + 1, '/') && !cc_directory_ignores(file->path + len + 1)) {
            APR_ARRAY_PUSH(paths, const char *) = apr_pstrdup(paths->pool, file->path);
        }
    }
}

/* ---- ages ------------------------------------------------------------------------------------ */

static const char *key_make(const cc_cas_t *cas, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(const char *));

    for (int i = 0; i < cas->sources->nelts; i++) {
        const cc_ca_source_t *source = &APR_ARRAY_IDX(cas->sources, i, cc_ca_source_t);
        const char *domain = source->line->spec->domain;

        APR_ARRAY_PUSH(words, const char *) = domain ? domain : "-";
        APR_ARRAY_PUSH(words, const char *) = source->path;
    }
    return apr_array_pstrcat(p, words, '\n');
}

static kept_set_t *set_find(const cc_cas_t *cas)
{
    cc_ca_kept_t *kept = cas->plan.kept;
    kept_set_t *set =
        kept ? apr_hash_get(kept->sets, key_make(cas, cas->scratch), APR_HASH_KEY_STRING) : NULL;

    if (set) {
        set->used = true;
    }
    return set;
}

static void set_remove(cc_ca_kept_t *kept, kept_set_t *set)
{
    apr_hash_set(kept->sets, set->key, APR_HASH_KEY_STRING, NULL);
    apr_pool_destroy(set->pool);
}

static void ages_fill(kept_set_t *kept, const cc_ca_set_t *set)
{
    int count = 0;

    for (int i = 0; i < set->count; i++) {
        count += set->groups[i].count;
    }
    kept->ages = apr_pcalloc(kept->pool, (apr_size_t)count * sizeof(*kept->ages));
    for (int i = 0; i < set->count; i++) {
        for (int j = 0; j < set->groups[i].count; j++) {
            const cc_ca_t *ca = &set->groups[i].members[j].ca;
            kept_age_t *age = &kept->ages[kept->count++];

            age->group = i;
            memcpy(age->mark, ca->mark, sizeof(age->mark));
            age->since = ca->since;
        }
    }
}

void cc_ca_kept_ages_put(cc_cas_t *cas, const cc_ca_set_t *set)
{
    cc_ca_kept_t *kept = cas->plan.kept;
    kept_set_t *made = NULL, *before = set_find(cas);
    apr_pool_t *pool = NULL;

    if (!cc_ca_kept_owned(cas)) {
        return;
    }
    apr_pool_create(&pool, kept->pool);
    made = apr_pcalloc(pool, sizeof(*made));
    made->pool = pool;
    made->key = key_make(cas, pool);
    made->used = true;
    ages_fill(made, set);
    if (before) {
        set_remove(kept, before);
    }
    apr_hash_set(kept->sets, made->key, APR_HASH_KEY_STRING, made);
}

/* In a set, the CAs of a group are sorted by mark, but not those that were kept. */
static void age_restore(cc_ca_set_t *set, const kept_age_t *age)
{
    const cc_ca_group_t *group = &set->groups[age->group];
    const cc_ca_t *ca = cc_ca_of_mark(group, age->mark);

    if (ca) {
        group->members[(const cc_ca_member_t *)ca - group->members].ca.since = age->since;
    }
}

void cc_ca_kept_ages_restore(const cc_cas_t *cas, cc_ca_set_t *set)
{
    const kept_set_t *kept = set_find(cas);

    for (int i = 0; kept && i < kept->count; i++) {
        age_restore(set, &kept->ages[i]);
    }
}

apr_time_t cc_cas_time(cc_cas_t *cas)
{
    cc_ca_kept_t *kept = cas->plan.kept;

    if (kept && kept->clock.time > cas->clock.time) {
        cas->clock = kept->clock;
    }
    cc_ca_clock_read(&cas->clock);
    if (cc_ca_kept_owned(cas)) {
        kept->clock = cas->clock;
    }
    return cas->clock.time;
}

/* ---- all ------------------------------------------------------------------------------------- */

void cc_cas_kept_sweep(cc_ca_kept_t *kept)
{
    for (apr_hash_index_t *i = apr_hash_first(NULL, kept->files); i; i = apr_hash_next(i)) {
        kept_ca_file_t *file = apr_hash_this_val(i);

        if (!file->used) {
            file_remove(kept, file); /* removing the current one is allowed */
        } else {
            file->used = false;
        }
    }
    for (apr_hash_index_t *i = apr_hash_first(NULL, kept->sets); i; i = apr_hash_next(i)) {
        kept_set_t *set = apr_hash_this_val(i);

        if (!set->used) {
            set_remove(kept, set);
        } else {
            set->used = false;
        }
    }
}
