/* SPDX-License-Identifier: Apache-2.0 */
/* Command replay: prints what the rules make of the certificates of a ledger. */

/*
 * A ledger is the JSON of clientcert-ledger. It may come from anywhere, so nothing in it is
 * believed: a certificate counts only if its digest is that of its entry. httpd is run once for all
 * entries that have a certificate, and answers as for "clientcert explain".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_escape.h>
#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "server.h"

#define ENTRIES_MAX 4096
#define BASE64_MAX 65536 /* characters of a certificate */
#define CERTIFICATE "CERTIFICATE-----\n"
#define PEM_LINE 64 /* characters of a line */
#define DIGEST_DIGITS 64

enum { MAPPED, WITHOUT, UNKNOWN, STATUSES }; /* the exit status of an entry */

typedef struct replay_entry_t {
    const char *sha256;
    json_int_t count; /* 0: not given */
    const char *last; /* "-": not given */
    const char *pem;  /* NULL: there is no certificate */
    cc_error_t err;   /* with a tag: that of the ledger is not usable */
} replay_entry_t;

typedef struct replay_run_t {
    cc_tool_t *tool;
    json_t *ledger;
    const char *seen_on; /* the host of the ledger, safe for a terminal; NULL: the main server */
    apr_array_header_t *entries; /* replay_entry_t */
    apr_hash_t *files;           /* PEM of the files that are named, by digest */
    cc_exchange_t *exchange;
    int counts[STATUSES];
} replay_run_t;

/* ---- certificates -------------------------------------------------------------------------- */

static const char *digest_of(const cc_cert_t *cert, apr_pool_t *p)
{
    unsigned char sha256[32], spki_sha256[32];

    cc_cert_digests(cert, sha256, spki_sha256);
    return apr_pescape_hex(p, sha256, sizeof(sha256), 0);
}

/* The PEM of a file may also have the certificates of intermediate CAs. */
static void file_take(replay_run_t *run, const char *path)
{
    apr_pool_t *p = run->tool->pool;
    cc_error_t err = {0};
    cc_cert_t *cert;
    const char *pem;

    if (cc_cert_read(&cert, NULL, path, NULL, NULL, p, &err) == APR_SUCCESS &&
        cc_cert_read_pem(&pem, path, NULL, NULL, p, &err) == APR_SUCCESS) {
        apr_hash_set(run->files, digest_of(cert, p), APR_HASH_KEY_STRING, pem);
    } else {
        cc_certificates_error_print(path, &err, run->tool, p);
    }
}

static apr_status_t files_take(replay_run_t *run)
{
    cc_tool_t *tool = run->tool;
    apr_array_header_t *paths;
    bool one;

    run->files = apr_hash_make(tool->pool);
    if (cc_files_list(&paths, &one, tool) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    for (int i = 0; i < paths->nelts; i++) {
        const char *path = APR_ARRAY_IDX(paths, i, const char *);

        if (!cc_files_path(path)) {
            return cc_error_set(&tool->err, tool->pool, "CC0565", path,
                                "standard input can only be the ledger; name the certificates as "
                                "files or directories");
        }
        file_take(run, path);
    }
    return APR_SUCCESS;
}

static const char *pem_of(const char *base64, apr_pool_t *p)
{
    apr_size_t len = strlen(base64);
    char *lines = apr_palloc(p, len + len / PEM_LINE + 2), *to = lines;

    for (apr_size_t i = 0; i < len; i++) {
        *to++ = base64[i];
        if (i % PEM_LINE == PEM_LINE - 1) {
            *to++ = '\n';
        }
    }
    *to = '\0';
    return apr_pstrcat(p, "-----BEGIN " CERTIFICATE, lines, len % PEM_LINE ? "\n" : "",
                       "-----END " CERTIFICATE, NULL);
}

/* The certificate of the ledger itself, made again from what it decodes to. */
static void own_certificate(replay_entry_t *entry, const json_t *der, apr_pool_t *p)
{
    const char *base64 = json_string_value(der);
    apr_size_t len = 0;
    const unsigned char *octets = NULL;
    cc_cert_t *cert;

    if (json_string_length(der) <= BASE64_MAX) {
        octets = apr_pdecode_base64_binary(p, base64, APR_ENCODE_STRING, APR_ENCODE_NONE, &len);
    }
    if (!octets || cc_cert_parse(&cert, octets, len, p, NULL) != APR_SUCCESS) {
        cc_error_set(&entry->err, p, "CC0564", NULL, "its \"der\" is not a certificate in base64");
    } else if (strcmp(digest_of(cert, p), entry->sha256) != 0) {
        cc_error_set(&entry->err, p, "CC0566", NULL,
                     "its \"der\" is another certificate, with the digest %s", digest_of(cert, p));
    } else {
        entry->pem = pem_of(
            apr_pencode_base64_binary(p, octets, (apr_ssize_t)len, APR_ENCODE_NONE, NULL), p);
    }
}

/* ---- the ledger ---------------------------------------------------------------------------- */

static apr_status_t no_ledger(cc_tool_t *tool, const char *reason)
{
    return cc_error_set(
        &tool->err, tool->pool, "CC0562", APR_ARRAY_IDX(tool->options.words, 0, const char *),
        "not a ledger: %s; save the JSON of clientcert-ledger, with ?format=json", reason);
}

static const char *digest_read(const json_t *entry, apr_pool_t *p)
{
    const char *text = json_string_value(json_object_get(entry, "sha256"));
    char *digest = text && strlen(text) == DIGEST_DIGITS ? apr_pstrdup(p, text) : NULL;

    for (char *at = digest; at && *at; at++) {
        if (!apr_isxdigit(*at)) {
            return NULL;
        }
        *at = (char)apr_tolower(*at);
    }
    return digest;
}

static apr_status_t entry_read(replay_run_t *run, const json_t *json, size_t i)
{
    apr_pool_t *p = run->tool->pool;
    const json_t *der = json_object_get(json, "der");
    const char *last = cc_print_member(json, "last", p);
    replay_entry_t entry = {.sha256 = digest_read(json, p),
                            .count = json_integer_value(json_object_get(json, "count")),
                            .last = last ? last : "-"};

    if (!entry.sha256) {
        return no_ledger(run->tool, apr_psprintf(p,
                                                 "\"sha256\" of entry %d is not a digest of 64 hex "
                                                 "digits",
                                                 (int)i + 1));
    }
    entry.pem = apr_hash_get(run->files, entry.sha256, APR_HASH_KEY_STRING);
    if (!entry.pem && json_is_string(der)) {
        own_certificate(&entry, der, p);
    }
    APR_ARRAY_PUSH(run->entries, replay_entry_t) = entry;
    return APR_SUCCESS;
}

/* The rules are those of this host, unless --vhost names one. It must be in the configuration. */
static apr_status_t host_take(replay_run_t *run)
{
    cc_options_t *options = &run->tool->options;
    const json_t *host = json_object_get(run->ledger, "host");

    if (!json_is_string(host) && !json_is_null(host)) {
        return no_ledger(run->tool, "it has no \"host\"");
    }
    run->seen_on = cc_print_member(run->ledger, "host", run->tool->pool);
    options->vhost = options->vhost ? options->vhost : run->seen_on;
    return APR_SUCCESS;
}

static apr_status_t entries_read(replay_run_t *run)
{
    const json_t *entries = json_object_get(run->ledger, "entries");
    json_t *entry;
    size_t i;

    if (!json_is_array(entries) || json_array_size(entries) > ENTRIES_MAX) {
        return no_ledger(run->tool, "it has no \"entries\", or more than 4096");
    }
    if (host_take(run) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    json_array_foreach(entries, i, entry)
    {
        if (entry_read(run, entry, i) != APR_SUCCESS) {
            return APR_EINVAL;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t ledger_free(void *ledger)
{
    json_decref(ledger);
    return APR_SUCCESS;
}

static apr_status_t ledger_read(replay_run_t *run)
{
    cc_tool_t *tool = run->tool;
    json_error_t error;
    const char *text;

    if (cc_input_read(&text, APR_ARRAY_IDX(tool->options.words, 0, const char *), tool) !=
        APR_SUCCESS) {
        return APR_EINVAL;
    }
    run->ledger = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!run->ledger) {
        return no_ledger(tool, apr_psprintf(tool->pool, "line %d is not JSON", error.line));
    }
    apr_pool_cleanup_register(tool->pool, run->ledger, ledger_free, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

/* ---- the answers --------------------------------------------------------------------------- */

static json_t *error_json(const cc_error_t *err, apr_pool_t *p)
{
    return json_pack("{s:s, s:{s:s, s:o}}", "result", "error", "error", "tag", err->tag, "message",
                     cc_print_json_text(err->message, p));
}

/* `answer`: NULL, if there is no certificate, or one that cannot be used (`err`). */
static void entry_json(const replay_run_t *run, const replay_entry_t *entry, const json_t *answer,
                       const cc_error_t *err)
{
    apr_pool_t *p = run->tool->pool;
    json_t *line = err->tag ? error_json(err, p)
                   : answer ? cc_identity_json(answer)
                            : json_pack("{s:s}", "result", "no-certificate");

    json_object_set_new(line, "host", cc_print_json_text(run->seen_on, p));
    json_object_set_new(line, "sha256", json_string(entry->sha256));
    json_object_set_new(line, "count", json_integer(entry->count));
    json_object_set_new(line, "last", cc_print_json_text(entry->last, p));
    cc_print_json(line, JSON_COMPACT);
    json_decref(line);
}

static const char *text_of(const json_t *answer, const cc_error_t *err, apr_pool_t *p)
{
    const char *access = answer ? cc_identity_access(answer) : "";
    const char *reason = answer ? cc_print_member(answer, "reason", p) : NULL;

    if (err->tag) {
        return apr_psprintf(p, "error: %s: %s", err->tag, cc_print_safe(err->message, p));
    }
    if (!answer) {
        return "no certificate";
    }
    return apr_pstrcat(p, cc_identity_text(answer, p), reason ? ": " : "", reason ? reason : "",
                       *access ? ", access " : "", access, NULL);
}

static void entry_print(replay_run_t *run, const replay_entry_t *entry, const json_t *answer,
                        const cc_error_t *err)
{
    cc_tool_t *tool = run->tool;
    int status = answer ? cc_identity_exit(answer) : UNKNOWN;

    run->counts[status]++;
    tool->answer = status > tool->answer ? status : tool->answer;
    if (tool->options.json) {
        entry_json(run, entry, answer, err);
    } else {
        printf("%-64.64s %8ld  %-20.20s  %s%s%s\n", entry->sha256, (long)entry->count, entry->last,
               cc_print_colour(tool->style, status), text_of(answer, err, tool->pool),
               tool->style->plain);
    }
}

static apr_status_t answer_take(replay_run_t *run, const replay_entry_t *entry)
{
    json_t *answer = NULL;
    cc_error_t err = entry->err;

    if (entry->pem && cc_query_next(&answer, &err, run->exchange, run->tool) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    entry_print(run, entry, err.tag ? NULL : answer, &err);
    json_decref(answer);
    return APR_SUCCESS;
}

/* ---- the command --------------------------------------------------------------------------- */

static apr_status_t query_send(replay_run_t *run)
{
    static const cc_query_command_t explain = {.kind = "explain"};
    cc_tool_t *tool = run->tool;

    run->exchange = cc_exchange_make(tool);
    if (!run->exchange) {
        return APR_EINVAL;
    }
    for (int i = 0; i < run->entries->nelts; i++) {
        const char *pem = APR_ARRAY_IDX(run->entries, i, replay_entry_t).pem;

        if (pem && cc_exchange_add(run->exchange, pem, tool, tool->pool) != APR_SUCCESS) {
            return APR_EINVAL;
        }
    }
    return cc_exchange_certificates(run->exchange) > 0
               ? cc_query_send(&explain, run->exchange, tool)
               : APR_SUCCESS;
}

/* Rules of another host may be tried. */
static void head_print(const replay_run_t *run)
{
    const char *seen_on = run->seen_on ? run->seen_on : "the main server";
    const char *vhost = run->tool->options.vhost;
    bool other = vhost && strcmp(vhost, seen_on) != 0;

    printf("Seen on %s%s%s\n", seen_on, other ? "; the rules of " : "",
           other ? cc_print_safe(vhost, run->tool->pool) : "");
}

static apr_status_t entries_print(replay_run_t *run)
{
    bool json = run->tool->options.json;

    if (!json) {
        head_print(run);
        printf("%-64s %8s  %-20s  %s\n", "SHA-256", "COUNT", "LAST SEEN", "RESULT");
    }
    for (int i = 0; i < run->entries->nelts; i++) {
        if (answer_take(run, &APR_ARRAY_IDX(run->entries, i, replay_entry_t)) != APR_SUCCESS) {
            return APR_EINVAL;
        }
    }
    if (!json) {
        printf("%d mapped, %d not mapped, %d unknown\n", run->counts[MAPPED], run->counts[WITHOUT],
               run->counts[UNKNOWN]);
    }
    return APR_SUCCESS;
}

/* The first word is the ledger, and the others are certificates. */
static apr_status_t words_read(replay_run_t *run)
{
    cc_options_t *options = &run->tool->options;
    apr_array_header_t *words = options->words;
    apr_status_t status;

    options->words = apr_array_copy(run->tool->pool, words);
    memmove(options->words->elts, (char *)options->words->elts + words->elt_size,
            (size_t)(words->nelts - 1) * (size_t)words->elt_size);
    options->words->nelts--;
    status = files_take(run);
    options->words = words;
    return status;
}

apr_status_t cc_replay_run(cc_tool_t *tool)
{
    replay_run_t run = {.tool = tool,
                        .entries = apr_array_make(tool->pool, 16, sizeof(replay_entry_t))};

    if (ledger_read(&run) != APR_SUCCESS || words_read(&run) != APR_SUCCESS ||
        entries_read(&run) != APR_SUCCESS || query_send(&run) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    return entries_print(&run);
}
