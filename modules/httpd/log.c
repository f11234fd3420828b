/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the lines of the error log: who came, what was decided, and by which rule. */
#include "glue.h"
#include "internal.h"

#include <apr_strings.h>
#include <http_core.h>

/* ---- parts of a line, always in the same order ------------------------------------------- */

/*
 * What cc_text_escape gave. httpd doubles the backslashes of all that it logs, so that \" would be
 * a bare quote there, and end the quotation that it stands in: it becomes \x22.
 */
const char *cc_log_text(const char *text, apr_pool_t *p)
{
    char *safe = apr_palloc(p, 2 * strlen(text) + 1);
    char *to = safe;

    for (; *text; text++) {
        *to++ = *text;
        if (text[0] == '\\' && text[1] == '"') {
            memcpy(to, "x22", 3);
            to += 3;
            text++;
        } else if (text[0] == '\\' && text[1] == '\\') {
            *to++ = *++text;
        }
    }
    *to = '\0';
    return safe;
}

static const char *field_text(const char *name, const cc_client_t *client, const cc_facts_t *facts,
                              apr_pool_t *p)
{
    cc_fieldref_t ref;
    cc_values_t values;

    if (cc_field_find(&ref, name, p, NULL) != APR_SUCCESS) {
        return "";
    }
    values = cc_field_values(&ref, client->cert, facts, p);
    return values.count ? cc_log_text(cc_text_escape(values.at[0].text, values.at[0].len, p), p)
                        : "";
}

const char *cc_log_certificate(request_rec *r, const cc_client_t *client)
{
    cc_facts_t facts = cc_client_facts(client, r);

    return apr_psprintf(r->pool, "subject=\"%s\" issuer=\"%s\" serial=%s sha256=%s vhost=%s:%d",
                        field_text("subject", client, &facts, r->pool),
                        field_text("issuer", client, &facts, r->pool),
                        field_text("serial", client, &facts, r->pool),
                        field_text("sha256", client, &facts, r->pool), r->server->server_hostname,
                        (int)ap_get_server_port(r));
}

const char *cc_log_escaped(const char *text, apr_pool_t *p)
{
    return text ? cc_log_text(cc_text_escape(text, strlen(text), p), p) : "";
}

static const char *groups_text(const cc_verdict_t *verdict, apr_pool_t *p)
{
    const char **names = apr_palloc(p, sizeof(*names) * (apr_size_t)(verdict->group_count + 1));

    for (int i = 0; i < verdict->group_count; i++) {
        names[i] = verdict->groups[i].name;
    }
    return cc_log_escaped(cc_parts_join(names, verdict->group_count, p), p);
}

static const char *rule_text(const cc_verdict_t *verdict)
{
    if (verdict->denied_where) {
        return verdict->denied_where;
    }
    if (verdict->user_where) {
        return verdict->user_where;
    }
    return verdict->matched_count ? verdict->matched[0] : "-";
}

const char *cc_log_identity(const cc_verdict_t *verdict, apr_pool_t *p)
{
    return apr_psprintf(p, "user=\"%s\" groups=\"%s\" rule=%s", cc_log_escaped(verdict->user, p),
                        groups_text(verdict, p), rule_text(verdict));
}

/* ---- decisions --------------------------------------------------------------------------- */

void cc_log_verdict(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict)
{
    if (cc_verdict_has_identity(verdict)) {
        if (APLOGrinfo(r)) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "CC0101: mapped %s %s",
                          cc_log_identity(verdict, r->pool), cc_log_certificate(r, client));
        }
        return;
    }
    if (APLOG_R_IS_LEVEL(r, APLOG_NOTICE)) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "CC0103: not mapped (%s) %s %s",
                      verdict->denied_where ? "a rule denies it"
                                            : "no rule gives it a user or group",
                      cc_log_identity(verdict, r->pool), cc_log_certificate(r, client));
    }
}

void cc_log_failure(request_rec *r, const char *failure)
{
    cc_request_t *kept = cc_request_of(cc_request_client(r));

    if (!kept->failed) {
        kept->failed = true;
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0133: no identity, a lookup failed: %s",
                      cc_log_text(failure, r->pool));
    }
}

void cc_log_problem(request_rec *r, const cc_client_t *client, const char *problem)
{
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "CC0104: the client certificate gives no identity: %s; %s", problem,
                  cc_log_certificate(r, client));
}

void cc_log_evaluation(request_rec *r, const cc_verdict_t *verdict, const apr_array_header_t *trace)
{
    for (int i = 0; i < verdict->note_count; i++) {
        const cc_note_t *note = &verdict->notes[i];
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s: %s: %s", note->tag, note->where,
                      cc_log_text(note->text, r->pool));
    }
    for (int i = 0; trace && i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "CC0105: %s: %s%s%s%s", step->where,
                      step->condition ? "does not hold: " : "holds",
                      step->condition ? step->condition : "", step->condition ? "; seen " : "",
                      step->condition ? cc_log_text(step->seen, r->pool) : "");
    }
}
