/* SPDX-License-Identifier: Apache-2.0 */
/* Caches the responses of OCSP responders for all processes, in an ap_socache provider. */
#include <stdatomic.h>

#include <apr_global_mutex.h>
#include <apr_strings.h>

#include <ap_mpm.h>
#include <ap_provider.h>
#include <ap_socache.h>
#include <http_core.h>
#include <util_mutex.h>

#include "base/text.h"
#include "cert/cert.h"
#include "httpd/background/ocsp_cache.h"
#include "httpd/background/threads.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "ocsp/ocsp.h"

#define THREADS 16
#define LONGEST apr_time_from_sec(30 * 24 * 3600) /* memcached treats a larger value as a date */

/* The provider's default of 512 KiB holds about 250 answers, this size 2000. */
#define USUAL_PROVIDER "shmcb"
#define USUAL_SIZE "(4194304)"

static const char lock_name[] = "clientcert-ocsp"; /* also in names of files */
static const char cache_name[] = "clientcert";     /* with ":", at most 16 octets */

typedef struct cc_ocsp_cache_t {
    cc_ocsp_io_t io;
    server_rec *server;                    /* the main server, for its log; set at start */
    const ap_socache_provider_t *provider; /* NULL: no directive sets one */
    ap_socache_instance_t *instance;
    apr_global_mutex_t *mutex; /* NULL: the provider needs none */
    cc_threads_t *threads;     /* NULL: not in this process */
    bool used;
    bool open;
    atomic_flag logged; /* this process has logged that it cannot keep answers */
} cc_ocsp_cache_t;

/* ---- keeping ----------------------------------------------------------------------------- */

/* Logs once per process: a fault concerns every answer. */
static void trouble_log(cc_ocsp_cache_t *cache, apr_status_t rv, const char *what)
{
    if (!atomic_flag_test_and_set(&cache->logged)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, cache->server,
                     "CC0179: this process cannot %s (%s); responders are asked more often", what,
                     cache->provider->name);
    }
}

/* Locks the provider for one call, and makes a pool for it. NULL: that failed. */
static apr_pool_t *cache_enter(cc_ocsp_cache_t *cache)
{
    apr_pool_t *p = NULL;
    apr_status_t rv;

    if (!cache->open || apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return NULL;
    }
    rv = cache->mutex ? apr_global_mutex_lock(cache->mutex) : APR_SUCCESS;
    if (rv != APR_SUCCESS) {
        trouble_log(cache, rv, "lock the cache of OCSP answers");
        apr_pool_destroy(p);
        return NULL;
    }
    return p;
}

static void cache_leave(cc_ocsp_cache_t *cache, apr_pool_t *p)
{
    if (cache->mutex) {
        apr_global_mutex_unlock(cache->mutex);
    }
    apr_pool_destroy(p);
}

static bool io_get(void *state, const unsigned char *key, unsigned char *to, unsigned int *len)
{
    cc_ocsp_cache_t *cache = state;
    apr_pool_t *p = cache_enter(cache);
    apr_status_t rv;

    if (!p) {
        return false;
    }
    rv = cache->provider->retrieve(cache->instance, cache->server, key, CC_OCSP_KEY, to, len, p);
    cache_leave(cache, p);
    return rv == APR_SUCCESS;
}

static void io_put(void *state, const unsigned char *key, const cc_ocsp_record_t *record)
{
    cc_ocsp_cache_t *cache = state;
    apr_time_t now = apr_time_now();
    apr_time_t until = record->until < now + LONGEST ? record->until : now + LONGEST;
    /* memcached and Redis count whole seconds. */
    apr_pool_t *p = until < now + apr_time_from_sec(1) ? NULL : cache_enter(cache);
    apr_status_t rv;

    if (!p) {
        return;
    }
    rv = cache->provider->store(cache->instance, cache->server, key, CC_OCSP_KEY, until,
                                (unsigned char *)record->octets, record->len, p);
    cache_leave(cache, p);
    if (rv != APR_SUCCESS) {
        trouble_log(cache, rv, "store an OCSP answer");
    }
}

/* ---- asking ------------------------------------------------------------------------------ */

static bool io_start(void *state, void (*work)(void *data), void *data)
{
    cc_ocsp_cache_t *cache = state;

    return cache->threads && cc_threads_give(cache->threads, work, data);
}

/* ---- the cache of a configuration -------------------------------------------------------- */

static cc_ocsp_cache_t *cache_of(const server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);
    apr_pool_t *pconf = s->process->pconf;

    if (!configuration->ocsp_cache) {
        cc_ocsp_cache_t *cache = apr_pcalloc(pconf, sizeof(*cache));

        cache->io = (cc_ocsp_io_t){cache, io_get, io_put, io_start, NULL};
        cc_ocsp_limiter_create(&cache->io.limiter, pconf);
        atomic_flag_clear(&cache->logged);
        configuration->ocsp_cache = cache;
    }
    return configuration->ocsp_cache;
}

const cc_ocsp_io_t *cc_ocsp_cache_io(server_rec *s)
{
    return &cache_of(s)->io;
}

void cc_ocsp_cache_use(server_rec *s)
{
    cache_of(s)->used = true;
}

static const ap_socache_provider_t *provider_find(const char *name)
{
    return ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name, AP_SOCACHE_PROVIDER_VERSION);
}

/* The names of the providers that are loaded, for an error. */
static const char *providers_text(apr_pool_t *p)
{
    const apr_array_header_t *providers =
        ap_list_provider_names(p, AP_SOCACHE_PROVIDER_GROUP, AP_SOCACHE_PROVIDER_VERSION);
    const char *text = "";

    for (int i = 0; i < providers->nelts; i++) {
        const char *name = APR_ARRAY_IDX(providers, i, ap_list_provider_names_t).provider_name;
        text = apr_pstrcat(p, text, *text ? ", " : "", name, NULL);
    }
    return *text ? text : "none";
}

/* The default arguments: those for the default provider; NULL for others, which have their own. */
static const char *usual_args(const ap_socache_provider_t *provider, apr_pool_t *p)
{
    bool usual = !strcmp(provider->name, USUAL_PROVIDER);
    const char *path = usual ? ap_runtime_dir_relative(p, lock_name) : NULL;

    return path ? apr_pstrcat(p, path, USUAL_SIZE, NULL) : NULL;
}

/* Creates the cache; `args` NULL: with the default arguments. Returns NULL, or the error. */
static const char *instance_create(cc_ocsp_cache_t *cache, const char *args, apr_pool_t *ptemp,
                                   apr_pool_t *p)
{
    const ap_socache_provider_t *provider = cache->provider;
    const char *given = args ? args : usual_args(provider, p);
    const char *error = provider->create(&cache->instance, given, ptemp, p);

    if (!error) {
        return NULL;
    }
    given = given ? given : "";
    return apr_psprintf(p, "CC0176: \"%s\": the cache type %s does not accept these arguments: %s",
                        cc_text_escape(given, strlen(given), p), provider->name, error);
}

const char *cc_ocsp_cache_directive(cmd_parms *cmd, void *record, const char *arg)
{
    cc_ocsp_cache_t *cache = cache_of(cmd->server);
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *colon = ap_strchr_c(arg, ':');
    const char *name = colon ? apr_pstrmemdup(cmd->pool, arg, (apr_size_t)(colon - arg)) : arg;

    (void)record;
    if (error) {
        return error;
    }
    cache->provider = provider_find(name);
    if (!cache->provider) {
        name = cc_text_escape(name, strlen(name), cmd->pool);
        return apr_psprintf(cmd->pool,
                            "CC0175: \"%s\": no cache of this type is loaded (available: %s); its "
                            "module may be missing: LoadModule socache_%s_module "
                            "modules/mod_socache_%s.so",
                            name, providers_text(cmd->pool), name, name);
    }
    return instance_create(cache, colon ? colon + 1 : NULL, cmd->temp_pool, cmd->pool);
}

/* ---- start ------------------------------------------------------------------------------- */

static int refuse(const server_rec *s, apr_status_t rv, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG, rv, s,
                 "CC0178: the cache of OCSP answers cannot be opened: %s", what);
    return !OK;
}

int cc_ocsp_cache_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    apr_status_t rv = ap_mutex_register(pconf, lock_name, NULL, APR_LOCK_DEFAULT, 0);

    (void)plog;
    (void)ptemp;
    return rv == APR_SUCCESS ? OK : refuse(NULL, rv, "its mutex cannot be registered");
}

/* Creates the default cache if no directive sets one. Returns NULL, or the error. */
static const char *cache_complete(cc_ocsp_cache_t *cache, apr_pool_t *ptemp, apr_pool_t *pconf)
{
    if (cache->provider) {
        return NULL;
    }
    cache->provider = provider_find(USUAL_PROVIDER);
    if (!cache->provider) {
        return apr_psprintf(ptemp,
                            "CC0177: ClientCertOCSP needs a cache, by default of the type "
                            "shmcb, which is not loaded: write LoadModule socache_shmcb_module "
                            "modules/mod_socache_shmcb.so, or ClientCertOCSPCache with another "
                            "type (available: %s)",
                            providers_text(ptemp));
    }
    return instance_create(cache, NULL, ptemp, pconf);
}

static apr_status_t cache_close(void *state)
{
    cc_ocsp_cache_t *cache = state;

    cache->provider->destroy(cache->instance, cache->server);
    return APR_SUCCESS;
}

static int cache_open(cc_ocsp_cache_t *cache, apr_pool_t *pconf)
{
    const struct ap_socache_hints hints = {
        .avg_id_len = CC_OCSP_KEY, .avg_obj_size = 2048, .expiry_interval = apr_time_from_sec(60)};
    const ap_socache_provider_t *provider = cache->provider;
    apr_status_t rv = APR_SUCCESS;

    if (provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE) {
        rv = ap_global_mutex_create(&cache->mutex, NULL, lock_name, NULL, cache->server, pconf, 0);
    }
    if (rv != APR_SUCCESS) {
        return refuse(cache->server, rv, "its mutex cannot be created");
    }
    rv = provider->init(cache->instance, cache_name, &hints, cache->server, pconf);
    if (rv != APR_SUCCESS) {
        return refuse(cache->server, rv, provider->name);
    }
    /* Runs before the subpools of `pconf` are destroyed, where a provider may have its own. */
    apr_pool_pre_cleanup_register(pconf, cache, cache_close);
    cache->open = true;
    return OK;
}

int cc_ocsp_cache_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    cc_ocsp_cache_t *cache = cache_of(s);
    const char *error = cache->used ? cache_complete(cache, ptemp, pconf) : NULL;

    (void)plog;
    if (error) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s", error);
        return !OK;
    }
    /* httpd reads its configuration twice when it starts: the first time only to check it. */
    if (!cache->used || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    cache->server = s;
    return cache_open(cache, pconf);
}

void cc_ocsp_cache_child_start(apr_pool_t *pchild, server_rec *s)
{
    cc_ocsp_cache_t *cache = cache_of(s);
    apr_status_t rv = APR_SUCCESS;

    if (!cache->open) {
        return;
    }
    cc_ocsp_limiter_set_max(cache->io.limiter, cc_threads_waiting());
    if (cache->mutex) {
        const char *file = apr_global_mutex_lockfile(cache->mutex);
        rv = apr_global_mutex_child_init(&cache->mutex, file, pchild);
    }
    if (rv != APR_SUCCESS) {
        cache->open = false;
        trouble_log(cache, rv, "lock the cache of OCSP answers");
    }
    rv = cc_threads_start(&cache->threads, THREADS, pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_CRIT, rv, s,
            "CC0179: this process cannot ask OCSP responders: it could not create threads");
    }
}
