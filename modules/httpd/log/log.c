/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the lines of the error log about clients: one for each decision, with a tag. */
#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/log/line.h"
#include "httpd/log/log.h"
#include "httpd/metrics/quota.h"
#include "rules/rules.h"

/*
 * httpd writes notices to a file at any LogLevel. With LogLevel warn, the notices of this module
 * are not wanted.
 */
static bool wants(request_rec *r, int level)
{
    return ap_get_request_module_loglevel(r, APLOG_MODULE_INDEX) >= level;
}

/* The fields of every line, for the client of a request. */
static const char *fields(cc_log_line_t *line, const request_rec *r)
{
    line->client = r->useragent_ip;
    line->vhost = r->server->server_hostname;
    line->port = (int)r->connection->local_addr->port;
    return cc_log_line_text(line, r->pool);
}

/* ---- results of rules -------------------------------------------------------------------- */

const cc_note_t *cc_log_cause(const cc_verdict_t *verdict)
{
    for (int i = 0; i < verdict->note_count; i++) {
        if (verdict->notes[i].kind != CC_NOTE_OLD_ANSWER) {
            return &verdict->notes[i];
        }
    }
    return NULL;
}

const char *cc_log_noted(const char *text, const cc_note_t *note, apr_pool_t *p)
{
    return note ? apr_pstrcat(p, text, "; ", note->tag, " at ", note->where, ": ", note->text, NULL)
                : text;
}

const char *cc_log_no_identity(const cc_verdict_t *verdict, apr_pool_t *p)
{
    const cc_note_t *cause = cc_log_cause(verdict);

    if (cc_verdict_has_identity(verdict)) {
        return NULL;
    }
    if (verdict->denied_where) {
        return cc_log_noted("a rule denies it", cause, p);
    }
    if (verdict->matched_count > 0 && !cause) {
        return apr_pstrcat(p, "no rule gives it a user or group; the rule at ",
                           verdict->matched[0].where, " matches, but gives none", NULL);
    }
    return cc_log_noted("no rule gives it a user or group", cause, p);
}

void cc_log_verdict(request_rec *r, cc_log_client_t client, const cc_verdict_t *verdict)
{
    cc_log_line_t line = {cc_verdict_word(verdict), client.cert, verdict, .facts = client.facts};

    if (cc_verdict_has_identity(verdict)) {
        if (wants(r, APLOG_INFO)) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "CC0101: %s", fields(&line, r));
        }
    } else if (wants(r, APLOG_NOTICE) && cc_quota_lets(r->server, CC_QUOTA_UNMAPPED)) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "CC0103: %s %s", fields(&line, r),
                      cc_log_line_said("reason", cc_log_no_identity(verdict, r->pool), r->pool));
    }
}

/* Why the shadow rules give less than they might; "": they give a user or a group. */
static const char *shadow_reason(const cc_verdict_t *shadow, apr_pool_t *p)
{
    const char *reason = shadow->failure ? shadow->failure : cc_log_no_identity(shadow, p);

    return reason ? reason : cc_log_noted("", cc_log_cause(shadow), p);
}

void cc_log_shadow(request_rec *r, cc_log_client_t client, const cc_verdict_t *live,
                   const cc_verdict_t *shadow)
{
    cc_log_line_t line = {live ? cc_verdict_word(live) : "unmapped", client.cert, live,
                          .facts = client.facts};

    if (wants(r, APLOG_WARNING) && cc_quota_lets(r->server, CC_QUOTA_SHADOW)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "CC0137: %s %s %s", fields(&line, r),
                      cc_log_line_shadow(shadow, r->pool),
                      cc_log_line_said("reason", shadow_reason(shadow, r->pool), r->pool));
    }
}

bool cc_log_failure(request_rec *r, cc_log_client_t client, const cc_verdict_t *verdict)
{
    cc_log_line_t line = {cc_verdict_word(verdict), client.cert, verdict, .facts = client.facts};

    if (!wants(r, APLOG_ERR)) {
        return false;
    }
    if (cc_quota_lets(r->server, CC_QUOTA_FAILED)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0133: %s %s", fields(&line, r),
                      cc_log_line_said("reason", verdict->failure, r->pool));
    }
    return true;
}

/* The result of each note, in one word. */
static const char *const note_results[CC_NOTE_COUNT] = {
    [CC_NOTE_UNUSABLE_VALUE] = "unusable",  [CC_NOTE_PATTERN_LIMIT] = "limited",
    [CC_NOTE_AMBIGUOUS_USER] = "ambiguous", [CC_NOTE_TOO_MANY_RESULTS] = "limited",
    [CC_NOTE_REFUSED_OUTPUT] = "unusable",  [CC_NOTE_OLD_ANSWER] = "stale",
    [CC_NOTE_UNUSABLE_COLUMN] = "unusable", [CC_NOTE_UNDECIDED_RULE] = "undecided",
    [CC_NOTE_OUTSIDE_ROW] = "outside",
};

/*
 * The content of a certificate determines how many notes it causes: on each connection, and on each
 * request if .htaccess has rules.
 */
static bool may_note(const request_rec *r, const cc_note_t *note)
{
    return cc_quota_lets(r->server, (cc_quota_kind_t)(CC_QUOTA_NOTE + (int)note->kind));
}

void cc_log_notes(request_rec *r, cc_log_client_t client, const cc_verdict_t *verdict)
{
    for (int i = 0; i < verdict->note_count && wants(r, APLOG_WARNING); i++) {
        const cc_note_t *note = &verdict->notes[i];
        cc_log_line_t line = {note_results[note->kind], client.cert, verdict, .rule = note->where,
                              .facts = client.facts};

        if (may_note(r, note)) {
            ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s: %s %s", note->tag, fields(&line, r),
                          cc_log_line_said("reason", note->text, r->pool));
        }
    }
}

void cc_log_trace(request_rec *r, const apr_array_header_t *trace)
{
    for (int i = 0; trace && i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);

        if (step->condition) {
            ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "CC0105: rule %s %s: %s; seen %s",
                          cc_log_escaped(step->where, r->pool),
                          step->undecided ? "is undecided" : "does not match",
                          cc_log_text(step->condition, r->pool), cc_log_text(step->seen, r->pool));
        } else {
            ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "CC0105: rule %s matches",
                          cc_log_escaped(step->where, r->pool));
        }
    }
}

/* ---- certificates for which no rule is evaluated ----------------------------------------- */

void cc_log_problem(request_rec *r, cc_log_client_t client, const char *problem)
{
    cc_log_line_t line = {"rejected", client.cert, .facts = client.facts};

    if (wants(r, APLOG_WARNING) && cc_quota_lets(r->server, CC_QUOTA_REJECTED)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "CC0104: %s %s", fields(&line, r),
                      cc_log_line_said("reason", problem, r->pool));
    }
}

bool cc_log_wants_refusal(const conn_rec *c, const server_rec *s, bool tolerated)
{
    return ap_get_conn_server_module_loglevel(c, s, APLOG_MODULE_INDEX) >= APLOG_WARNING &&
           cc_quota_lets(s, tolerated ? CC_QUOTA_TOLERATED : CC_QUOTA_REFUSED);
}

void cc_log_refusal(const conn_rec *c, const server_rec *s, const cc_refused_t *refused,
                    apr_pool_t *p)
{
    const cc_log_line_t line = {.result = refused->tolerated ? "tolerated" : "refused",
                                .cert = refused->leaf,
                                .client = c->client_ip,
                                .vhost = s->server_hostname,
                                .port = (int)c->local_addr->port,
                                .brief = true};
    const cc_cert_t *above = refused->depth > 0 ? refused->cert : NULL;

    ap_log_cserror(APLOG_MARK, APLOG_WARNING, 0, c, s, "%s: %s %s depth=%d %s at_serial=%s",
                   refused->tolerated ? "CC0190" : "CC0106", cc_log_line_text(&line, p),
                   cc_log_line_brief("reason", refused->reason, p), refused->depth,
                   cc_log_line_subject("at_subject", above, p), cc_log_line_serial(above, p));
}

void cc_log_outgrown(const conn_rec *c, const server_rec *s, int octets)
{
    if (ap_get_conn_server_module_loglevel(c, s, APLOG_MODULE_INDEX) >= APLOG_WARNING &&
        cc_quota_lets(s, CC_QUOTA_OUTGROWN)) {
        ap_log_cserror(
            APLOG_MARK, APLOG_WARNING, 0, c, s,
            "CC0189: the client's certificate has %d bytes, and OpenSSL ends a connection "
            "whose session does not fit into a ticket of 65280 bytes: write "
            "SSLSessionTickets off, or use a smaller certificate",
            octets);
    }
}

/* ---- denied requests --------------------------------------------------------------------- */

static const char *request_field(request_rec *r)
{
    return cc_log_line_octets("request", apr_pstrcat(r->pool, r->method, " ", r->uri, NULL),
                              r->pool);
}

void cc_log_denial(request_rec *r, const cc_log_denial_t *denial)
{
    cc_log_line_t line = {"forbidden", denial->client.cert, denial->verdict,
                          .facts = denial->client.facts};

    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r, "CC0110: %s %s %s %s", fields(&line, r),
        cc_log_line_said("reason", denial->reason, r->pool), request_field(r),
        cc_log_line_needs(denial->needs, denial->need_count, denial->more_needs, r->pool));
}

void cc_log_ssl_refusal(request_rec *r, int level, const cc_cert_t *cert, const char *reason)
{
    cc_log_line_t line = {"forbidden", cert, .client = NULL};

    ap_log_rerror(APLOG_MARK, level, 0, r, "CC0115: %s %s %s", fields(&line, r),
                  cc_log_line_said("reason", reason, r->pool), request_field(r));
}
