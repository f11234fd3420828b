/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps files of CRLs as they were last accepted, beyond the end of a configuration. */
/*
 * A restart reads every file again. If a file has become bad, its previous CRLs stay in use, so
 * they are kept: not the data structures made from them, but the CRLs and certificates in DER.
 * After the restart they are read and verified again, against the trust that the virtual host has
 * then. Meanwhile httpd unloads this module and OpenSSL and may load other versions, so nothing
 * here may depend on them: neither an address of a function nor an object of OpenSSL.
 *
 * An entry is the state of one file for one trust. Hosts that trust different CAs have usually
 * accepted the same state, which is stored once. The entry with the path alone is the state that
 * any host accepted last, and is for a host whose CAs have changed. Large states are in a file
 * without a name, since in memory every child would have a copy.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "crl/kept.h"

#define IN_MEMORY ((apr_size_t)256 * 1024) /* octets; larger states are in a file */
#define HEADER 9                           /* before each block: its kind, its length */

/* A state of a file, which entries share. */
struct cc_crl_kept_state_t {
    apr_pool_t *pool;
    int holders;
    cc_file_stamp_t stamp;
    apr_size_t len;
    const unsigned char *at; /* NULL: it is in `file` */
    apr_file_t *file;
};

typedef struct kept_file_t {
    apr_pool_t *pool;
    const char *key;
    cc_crl_kept_state_t *state; /* NULL: the entry is a folder that was in use */
    apr_time_t since;
    bool used; /* since the last sweep */
} kept_file_t;

struct cc_crl_kept_t {
    apr_pool_t *pool;
    apr_hash_t *entries; /* key -> kept_file_t * */
    pid_t owner;         /* children have a copy, and do not write */
};

cc_crl_kept_t *cc_crls_kept_create(apr_pool_t *p)
{
    cc_crl_kept_t *kept = apr_palloc(p, sizeof(*kept));

    *kept = (cc_crl_kept_t){p, apr_hash_make(p), getpid()};
    return kept;
}

void cc_crls_kept_own(cc_crl_kept_t *kept)
{
    kept->owner = getpid();
}

/* ---- states ---------------------------------------------------------------------------------- */

void cc_crl_kept_release(cc_crl_kept_state_t *state)
{
    if (state && --state->holders == 0) {
        apr_pool_destroy(state->pool);
    }
}

static apr_size_t size_of(const apr_array_header_t *blocks)
{
    apr_size_t size = 0;

    for (int i = 0; i < blocks->nelts; i++) {
        size += HEADER + cc_der_span_len(APR_ARRAY_IDX(blocks, i, cc_block_t).der);
    }
    return size;
}

static void header_make(unsigned char header[HEADER], const cc_block_t *block)
{
    apr_uint64_t len = cc_der_span_len(block->der);

    header[0] = block->crl;
    memcpy(header + 1, &len, sizeof(len));
}

static void memory_fill(cc_crl_kept_state_t *state, const apr_array_header_t *blocks)
{
    unsigned char *to = apr_palloc(state->pool, state->len);

    state->at = to;
    for (int i = 0; i < blocks->nelts; i++) {
        const cc_block_t *block = &APR_ARRAY_IDX(blocks, i, cc_block_t);

        header_make(to, block);
        memcpy(to + HEADER, block->der.at, cc_der_span_len(block->der));
        to += HEADER + cc_der_span_len(block->der);
    }
}

static apr_status_t file_fill(apr_file_t *file, const apr_array_header_t *blocks)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; status == APR_SUCCESS && i < blocks->nelts; i++) {
        const cc_block_t *block = &APR_ARRAY_IDX(blocks, i, cc_block_t);
        unsigned char header[HEADER];

        header_make(header, block);
        status = apr_file_write_full(file, header, HEADER, NULL);
        if (status == APR_SUCCESS) {
            status = apr_file_write_full(file, block->der.at, cc_der_span_len(block->der), NULL);
        }
    }
    return status;
}

/* Makes a file without a name: it is unlinked as soon as it exists. */
static apr_status_t file_make(cc_crl_kept_state_t *state, const apr_array_header_t *blocks)
{
    const char *folder = NULL;
    char *path = NULL;
    apr_status_t status = apr_temp_dir_get(&folder, state->pool);

    if (status == APR_SUCCESS) {
        path = apr_pstrcat(state->pool, folder, "/clientcert-crl.XXXXXX", NULL);
        status = apr_file_mktemp(&state->file, path,
                                 APR_FOPEN_CREATE | APR_FOPEN_EXCL | APR_FOPEN_READ |
                                     APR_FOPEN_WRITE | APR_FOPEN_BINARY,
                                 state->pool);
    }
    if (status != APR_SUCCESS) {
        state->file = NULL;
        return status;
    }
    apr_file_remove(path, state->pool);
    status = file_fill(state->file, blocks);
    if (status != APR_SUCCESS) {
        apr_file_close(state->file);
        state->file = NULL;
    }
    return status;
}

static cc_crl_kept_state_t *state_make(const cc_crl_kept_t *kept, const apr_array_header_t *blocks,
                                       const cc_file_stamp_t *stamp)
{
    apr_pool_t *pool = NULL;
    cc_crl_kept_state_t *state = NULL;

    apr_pool_create(&pool, kept->pool);
    state = apr_pcalloc(pool, sizeof(*state));
    state->pool = pool;
    state->holders = 1;
    state->stamp = *stamp;
    state->len = size_of(blocks);
    if (state->len <= IN_MEMORY || file_make(state, blocks) != APR_SUCCESS) {
        memory_fill(state, blocks);
    }
    return state;
}

/* ---- entries --------------------------------------------------------------------------------- */

/* `trust` NULL: any. */
static const char *key_make(const char *path, const cc_trust_t *trust, apr_pool_t *p)
{
    return apr_pstrcat(p, path, "\n", trust ? cc_trust_id_text(trust, p) : "", NULL);
}

static kept_file_t *entry_find(const cc_crl_kept_t *kept, const char *path, const cc_trust_t *trust,
                               apr_pool_t *p)
{
    kept_file_t *entry = apr_hash_get(kept->entries, key_make(path, trust, p), APR_HASH_KEY_STRING);

    if (entry) {
        entry->used = true;
    }
    return entry;
}

static kept_file_t *entry_of(cc_crl_kept_t *kept, const char *path, const cc_trust_t *trust,
                             apr_pool_t *p)
{
    kept_file_t *entry = entry_find(kept, path, trust, p);
    apr_pool_t *pool = NULL;

    if (!entry) {
        apr_pool_create(&pool, kept->pool);
        entry = apr_pcalloc(pool, sizeof(*entry));
        entry->pool = pool;
        entry->key = key_make(path, trust, pool);
        entry->used = true;
        apr_hash_set(kept->entries, entry->key, APR_HASH_KEY_STRING, entry);
    }
    return entry;
}

static void entry_remove(cc_crl_kept_t *kept, kept_file_t *entry)
{
    if (entry) {
        apr_hash_set(kept->entries, entry->key, APR_HASH_KEY_STRING, NULL);
        cc_crl_kept_release(entry->state);
        apr_pool_destroy(entry->pool);
    }
}

static void entry_put(cc_crl_kept_t *kept, const char *path, const cc_trust_t *trust,
                      cc_crl_kept_state_t *state, apr_pool_t *p)
{
    kept_file_t *entry = entry_of(kept, path, trust, p);

    if (entry->state != state) {
        state->holders++;
        cc_crl_kept_release(entry->state);
        entry->state = state;
        entry->since = apr_time_now();
    }
}

/* ---- for the other files --------------------------------------------------------------------- */

cc_crl_kept_state_t *cc_crl_kept_stage(const cc_crl_loader_t *loader, const char *path,
                                       const cc_file_stamp_t *stamp,
                                       const apr_array_header_t *blocks)
{
    cc_crl_kept_t *kept = loader->kept;
    const kept_file_t *entry;

    if (!kept || kept->owner != getpid()) {
        return NULL;
    }
    entry = entry_find(kept, path, NULL, loader->pool);
    if (entry && entry->state && cc_file_stamp_same(&entry->state->stamp, stamp)) {
        entry->state->holders++;
        return entry->state;
    }
    return state_make(kept, blocks, stamp);
}

void cc_crl_kept_put(cc_crls_t *crls, const char *path, cc_crl_content_t *content)
{
    cc_crl_kept_t *kept = crls->spec->kept;

    if (kept && content->state) {
        entry_put(kept, path, crls->trust, content->state, crls->scratch);
        entry_put(kept, path, NULL, content->state, crls->scratch);
    }
    cc_crl_kept_release(content->state);
    content->state = NULL;
}

void cc_crl_kept_mark(cc_crls_t *crls, const char *folder)
{
    cc_crl_kept_t *kept = crls->spec->kept;

    if (kept && kept->owner == getpid()) {
        entry_of(kept, folder, crls->trust, crls->scratch);
    }
}

bool cc_crl_kept_marked(const cc_crls_t *crls, const char *folder)
{
    cc_crl_kept_t *kept = crls->spec->kept;

    return kept && entry_find(kept, folder, crls->trust, crls->scratch);
}

void cc_crl_kept_forget(cc_crls_t *crls, const char *path)
{
    cc_crl_kept_t *kept = crls->spec->kept;

    if (kept && kept->owner == getpid()) {
        apr_pool_t *p = NULL;

        apr_pool_create(&p, crls->scratch); /* the path may belong to the entry */
        path = apr_pstrdup(p, path);
        entry_remove(kept, entry_find(kept, path, crls->trust, p));
        entry_remove(kept, entry_find(kept, path, NULL, p));
        apr_pool_destroy(p);
    }
}

const cc_crl_kept_state_t *cc_crl_kept_find(apr_time_t *since, bool *own, const cc_crls_t *crls,
                                            const char *path)
{
    cc_crl_kept_t *kept = crls->spec->kept;
    kept_file_t *ours = kept ? entry_find(kept, path, crls->trust, crls->scratch) : NULL;
    kept_file_t *any = kept ? entry_find(kept, path, NULL, crls->scratch) : NULL;
    const kept_file_t *entry = any;

    *own = ours && ours->state;
    if (*own) {
        entry = ours;
    }
    if (!entry || !entry->state) {
        return NULL;
    }
    *since = entry->since;
    return entry->state;
}

void cc_crl_kept_below(apr_array_header_t *paths, const cc_crls_t *crls, const char *folder)
{
    cc_crl_kept_t *kept = crls->spec->kept;
    apr_pool_t *p = paths->pool;
    const char *tail = key_make("", crls->trust, p);
    apr_size_t len = strlen(folder);

    if (!kept) {
        return;
    }
    for (apr_hash_index_t *i = apr_hash_first(p, kept->entries); i; i = apr_hash_next(i)) {
        const kept_file_t *entry = apr_hash_this_val(i);
        const char *end = strchr(entry->key, '\n');

        if (entry->state && strcmp(end, tail) == 0 && strncmp(entry->key, folder, len) == 0 &&
            entry->key[len] == '/' &&
            !memchr(entry->key + len + 1, '/', (apr_size_t)(end - entry->key) - len - 1)) {
            APR_ARRAY_PUSH(paths, const char *) =
                apr_pstrmemdup(p, entry->key, (apr_size_t)(end - entry->key));
        }
    }
}

apr_status_t cc_crl_kept_read(apr_array_header_t *blocks, cc_octets_t *octets,
                              const cc_crl_kept_state_t *state)
{
    apr_off_t start = 0;
    apr_status_t status = APR_SUCCESS;

    octets->len = state->len;
    octets->stamp = state->stamp;
    octets->at = malloc(state->len + 1);
    if (!octets->at) {
        return APR_ENOMEM;
    }
    if (state->at) {
        memcpy(octets->at, state->at, state->len);
    } else {
        status = apr_file_seek(state->file, APR_SET, &start);
        if (status == APR_SUCCESS) {
            status = apr_file_read_full(state->file, octets->at, state->len, NULL);
        }
    }
    for (const unsigned char *at = octets->at, *end = at + state->len;
         status == APR_SUCCESS && at < end;) {
        cc_block_t *block = apr_array_push(blocks);
        apr_uint64_t len;

        memcpy(&len, at + 1, sizeof(len));
        *block = (cc_block_t){at[0] != 0, {at + HEADER, at + HEADER + len}};
        at += HEADER + len;
    }
    return status;
}

void cc_crls_kept_sweep(cc_crl_kept_t *kept)
{
    for (apr_hash_index_t *i = apr_hash_first(NULL, kept->entries); i; i = apr_hash_next(i)) {
        kept_file_t *entry = apr_hash_this_val(i);

        if (!entry->used) {
            entry_remove(kept, entry); /* removing the current one is allowed */
        } else {
            entry->used = false;
        }
    }
}
