/* SPDX-License-Identifier: Apache-2.0 */
/* Reads from mod_ssl's directives how a virtual host negotiates its handshakes. */
#include <apr_strings.h>

#include "httpd/conf/negotiation.h"
#include "httpd/conf/view.h"
#include "trust/trust.h"

/* ---- SSLProtocol --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int version;
} versions[] = {{"TLSv1", TLS1_VERSION},
                {"TLSv1.1", TLS1_1_VERSION},
                {"TLSv1.2", TLS1_2_VERSION},
                {"TLSv1.3", TLS1_3_VERSION}};

#define VERSION_COUNT ((int)(sizeof(versions) / sizeof(versions[0])))
#define ALL_VERSIONS ((1U << VERSION_COUNT) - 1)

/* The versions that a word names, as bits. */
static unsigned versions_named(const char *word)
{
    for (int i = 0; i < VERSION_COUNT; i++) {
        if (!strcasecmp(word, versions[i].name)) {
            return 1U << i;
        }
    }
    return strcasecmp(word, "all") ? 0 : ALL_VERSIONS;
}

/* A word without a sign resets the list. */
static unsigned versions_of(const char *words, apr_pool_t *p)
{
    unsigned enabled = words ? 0 : ALL_VERSIONS;
    const char *word;

    while (words && *(word = ap_getword_conf(p, &words))) {
        unsigned named = versions_named(*word == '+' || *word == '-' ? word + 1 : word);

        if (*word == '-') {
            enabled &= ~named;
        } else {
            enabled = *word == '+' ? enabled | named : named;
        }
    }
    return enabled;
}

/* mod_ssl takes the highest version, and those below it as far as there is no gap. */
static void range_set(cc_negotiation_t *settings, unsigned enabled)
{
    int highest = VERSION_COUNT - 1, lowest;

    while (highest > 0 && !(enabled & (1U << highest))) {
        highest--;
    }
    lowest = highest;
    while (lowest > 0 && (enabled & (1U << (lowest - 1)))) {
        lowest--;
    }
    settings->lowest = versions[lowest].version;
    settings->highest = versions[highest].version;
}

/* ---- SSLCipherSuite ------------------------------------------------------------------------ */

/* The last SSLCipherSuite in the configuration of a server that is for this family of suites. */
static const char *suites_in(const cc_conf_view_t *view, bool tls13, apr_pool_t *p)
{
    const char *suites = NULL;

    for (int i = 0; i < view->places->nelts; i++) {
        const cc_place_t *place = &APR_ARRAY_IDX(view->places, i, cc_place_t);
        const char *args = place->directive->args, *first, *second;

        if (place->section || strcasecmp(place->directive->directive, "SSLCipherSuite") != 0) {
            continue;
        }
        first = ap_getword_conf(p, &args);
        second = ap_getword_conf(p, &args);
        if (tls13 == (*second && !strcasecmp(first, "TLSv1.3"))) {
            suites = *second ? second : first;
        }
    }
    return suites;
}

static const char *suites_of(const cc_conf_view_t *view, bool tls13, apr_pool_t *p)
{
    const char *own = suites_in(view, tls13, p);

    return own ? own : suites_in(view->main, tls13, p);
}

/* mod_ssl adds these exclusions. */
static const char *ciphers_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *suites = suites_of(view, false, p);

    return suites ? apr_pstrcat(p, suites, ":!aNULL:!eNULL:!EXP", NULL) : NULL;
}

/* ---- SSLOpenSSLConfCmd --------------------------------------------------------------------- */

/* The commands that are applied. The others name files, or settings that only matter later. */
static const struct {
    const char *name;
    bool verifies; /* it also changes which certificates verify */
} applied[] = {{"Protocol", false},       {"MinProtocol", false},
               {"MaxProtocol", false},    {"Curves", false},
               {"Groups", false},         {"SignatureAlgorithms", false},
               {"ECDHParameters", false}, {"ClientSignatureAlgorithms", false},
               {"Ciphersuites", false},   {"CipherString", true},
               {"Options", false}};

static int applied_find(const char *name)
{
    for (size_t i = 0; i < sizeof(applied) / sizeof(applied[0]); i++) {
        if (!strcasecmp(applied[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

/* Adds all commands of a server, in their order. */
static void commands_add(apr_array_header_t *commands, const cc_conf_view_t *view)
{
    apr_pool_t *p = commands->pool;

    for (int i = 0; i < view->places->nelts; i++) {
        const cc_place_t *place = &APR_ARRAY_IDX(view->places, i, cc_place_t);
        const char *args = place->directive->args;

        if (!place->section && !strcasecmp(place->directive->directive, "SSLOpenSSLConfCmd")) {
            const char *name = ap_getword_conf(p, &args);

            APR_ARRAY_PUSH(commands, cc_conf_command_t) =
                (cc_conf_command_t){name, ap_getword_conf(p, &args)};
        }
    }
}

/* mod_ssl applies those of the main server first. */
static apr_array_header_t *commands_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    apr_array_header_t *commands = apr_array_make(p, 2, sizeof(cc_conf_command_t));

    commands_add(commands, view->main);
    if (view != view->main) {
        commands_add(commands, view);
    }
    return commands;
}

static apr_array_header_t *commands_applied(const cc_conf_view_t *view, apr_pool_t *p)
{
    const apr_array_header_t *all = commands_of(view, p);
    apr_array_header_t *some = apr_array_make(p, 2, sizeof(cc_conf_command_t));

    for (int i = 0; i < all->nelts; i++) {
        const cc_conf_command_t *command = &APR_ARRAY_IDX(all, i, cc_conf_command_t);

        if (applied_find(command->name) >= 0) {
            APR_ARRAY_PUSH(some, cc_conf_command_t) = *command;
        }
    }
    return some;
}

const apr_array_header_t *cc_negotiation_unseen(const cc_conf_view_t *view, apr_pool_t *p)
{
    const apr_array_header_t *all = commands_of(view, p);
    apr_array_header_t *names = apr_array_make(p, 2, sizeof(const char *));

    for (int i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, cc_conf_command_t).name;
        int found = applied_find(name);

        if ((found < 0 || applied[found].verifies) && !ap_array_str_contains(names, name)) {
            APR_ARRAY_PUSH(names, const char *) = name;
        }
    }
    return names;
}

/* ---- all ----------------------------------------------------------------------------------- */

const cc_negotiation_t *cc_negotiation_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    cc_negotiation_t *settings = apr_pcalloc(p, sizeof(*settings));

    range_set(settings, versions_of(cc_conf_view_arguments(view, "SSLProtocol"), p));
    settings->ciphers = ciphers_of(view, p);
    settings->suites = suites_of(view, true, p);
    settings->commands = commands_applied(view, p);
    return settings;
}
