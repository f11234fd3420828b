/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the CAs of ClientCertCA from their files, once for all servers with the same directives. */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include <http_main.h>

#include "httpd/conf/ca_files.h"
#include "httpd/conf/vhost_conf.h"

/* The CAs of some directives, or the error. */
typedef struct loaded_t {
    cc_cas_t *cas;
    cc_error_t err;
    apr_status_t status;
} loaded_t;

struct cc_ca_files_t {
    apr_hash_t *loaded; /* by what the directives say: loaded_t */
    apr_pool_t *pool;
};

cc_ca_files_t *cc_ca_files_make(apr_pool_t *p)
{
    cc_ca_files_t *files = apr_palloc(p, sizeof(*files));

    files->loaded = apr_hash_make(p);
    files->pool = p;
    return files;
}

/* A text that is the same for directives that load the same CAs into the same groups. */
static const char *key_of(const apr_array_header_t *specs, apr_pool_t *p)
{
    apr_array_header_t *texts = apr_array_make(p, specs->nelts, sizeof(const char *));

    for (int i = 0; i < specs->nelts; i++) {
        const cc_ca_spec_t *spec = APR_ARRAY_IDX(specs, i, const cc_ca_spec_t *);

        APR_ARRAY_PUSH(texts, const char *) =
            apr_psprintf(p, "%d %s\n%s\n", spec->depth, spec->domain ? spec->domain : "",
                         apr_array_pstrcat(p, spec->paths, '\n'));
    }
    return apr_array_pstrcat(p, texts, '\n');
}

static loaded_t *load(const apr_array_header_t *specs, apr_pool_t *p)
{
    cc_cas_plan_t *plan = apr_pcalloc(p, sizeof(*plan));
    loaded_t *loaded = apr_pcalloc(p, sizeof(*loaded));

    plan->specs = specs;
    plan->root = ap_server_root;
    loaded->status = cc_cas_open(&loaded->cas, plan, p, &loaded->err);
    return loaded;
}

apr_status_t cc_ca_files_load(cc_cas_t **cas, cc_ca_files_t *files, const server_rec *s,
                              cc_error_t *err)
{
    const apr_array_header_t *specs = cc_vhost_conf_of(s)->ca_specs;
    const char *key;
    loaded_t *loaded;

    *cas = NULL;
    if (!specs) {
        return APR_SUCCESS;
    }
    key = key_of(specs, files->pool);
    loaded = apr_hash_get(files->loaded, key, APR_HASH_KEY_STRING);
    if (!loaded) {
        loaded = load(specs, files->pool);
        apr_hash_set(files->loaded, key, APR_HASH_KEY_STRING, loaded);
    }
    if (loaded->status != APR_SUCCESS) {
        *err = loaded->err;
        return loaded->status;
    }
    *cas = loaded->cas;
    return APR_SUCCESS;
}

/* ---- where a CA comes from ------------------------------------------------------------------- */

static bool same_domain(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* The length of a path without slashes at its end. */
static apr_size_t length(const char *path)
{
    apr_size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return len;
}

/* True if the directive names the file, or its folder. */
static bool names_file(const cc_ca_spec_t *spec, const char *file, apr_pool_t *p)
{
    for (int i = 0; i < spec->paths->nelts; i++) {
        const char *path = ap_server_root_relative(p, APR_ARRAY_IDX(spec->paths, i, const char *));
        apr_size_t len = path ? length(path) : 0;

        if (path && !strncmp(file, path, len) && (!file[len] || file[len] == '/')) {
            return true;
        }
    }
    return false;
}

const cc_ca_spec_t *cc_ca_files_spec(const server_rec *s, const char *domain, const char *file,
                                     apr_pool_t *p)
{
    const apr_array_header_t *specs = cc_vhost_conf_of(s)->ca_specs;

    for (int i = 0; specs && i < specs->nelts; i++) {
        const cc_ca_spec_t *spec = APR_ARRAY_IDX(specs, i, const cc_ca_spec_t *);

        if (same_domain(spec->domain, domain) && names_file(spec, file, p)) {
            return spec;
        }
    }
    return NULL;
}
