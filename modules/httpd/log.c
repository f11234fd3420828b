/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the lines of the error log: who came, what was decided, by which rule, what was missing. */
#include "glue.h"
#include "internal.h"

#include <apr_strings.h>
#include <http_core.h>

/* ---- parts of a line, always in the same order ------------------------------------------- */

/*
 * What cc_text_escape gave. httpd doubles the backslashes of all that it logs, so that \" would be
 * a bare quote there, and end the quotation that it stands in: it becomes \x22.
 */
static const char *for_log(const char *text, apr_pool_t *p)
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
    return values.count ? for_log(cc_text_escape(values.at[0].text, values.at[0].len, p), p) : "";
}

static const char *certificate_text(request_rec *r, const cc_client_t *client)
{
    cc_facts_t facts = cc_identity_facts(client, r);

    return apr_psprintf(r->pool, "subject=\"%s\" issuer=\"%s\" serial=%s sha256=%s vhost=%s:%d",
                        field_text("subject", client, &facts, r->pool),
                        field_text("issuer", client, &facts, r->pool),
                        field_text("serial", client, &facts, r->pool),
                        field_text("sha256", client, &facts, r->pool), r->server->server_hostname,
                        (int)ap_get_server_port(r));
}

static const char *escaped(const char *text, apr_pool_t *p)
{
    return text ? for_log(cc_text_escape(text, strlen(text), p), p) : "";
}

static const char *groups_text(const cc_verdict_t *verdict, apr_pool_t *p)
{
    const char **names = apr_palloc(p, sizeof(*names) * (apr_size_t)(verdict->group_count + 1));

    for (int i = 0; i < verdict->group_count; i++) {
        names[i] = verdict->groups[i].name;
    }
    return escaped(cc_parts_join(names, verdict->group_count, p), p);
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

static const char *identity_text(const cc_verdict_t *verdict, apr_pool_t *p)
{
    return apr_psprintf(p, "user=\"%s\" groups=\"%s\" rule=%s", escaped(verdict->user, p),
                        groups_text(verdict, p), rule_text(verdict));
}

/*
 * A subrequest's lines are those of the request of the client, who is told that the index of a
 * directory is forbidden, say.
 */
static request_rec *client_request(request_rec *r)
{
    return r->main ? client_request(r->main) : r;
}

/* ---- decisions --------------------------------------------------------------------------- */

void cc_log_verdict(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict)
{
    if (cc_verdict_has_identity(verdict)) {
        if (APLOGrinfo(r)) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "CC0101: mapped %s %s",
                          identity_text(verdict, r->pool), certificate_text(r, client));
        }
        return;
    }
    if (APLOG_R_IS_LEVEL(r, APLOG_NOTICE)) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "CC0103: not mapped (%s) %s %s",
                      verdict->denied_where ? "a rule denies it"
                                            : "no rule gives it a user or group",
                      identity_text(verdict, r->pool), certificate_text(r, client));
    }
}

void cc_log_failure(request_rec *r, const char *failure)
{
    cc_request_t *kept = cc_request_of(client_request(r));

    if (!kept->failed) {
        kept->failed = true;
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0133: no identity, a lookup failed: %s",
                      for_log(failure, r->pool));
    }
}

void cc_log_problem(request_rec *r, const cc_client_t *client, const char *problem)
{
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "CC0104: the client certificate gives no identity: %s; %s", problem,
                  certificate_text(r, client));
}

void cc_log_evaluation(request_rec *r, const cc_verdict_t *verdict, const apr_array_header_t *trace)
{
    for (int i = 0; i < verdict->note_count; i++) {
        const cc_note_t *note = &verdict->notes[i];
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s: %s: %s", note->tag, note->where,
                      for_log(note->text, r->pool));
    }
    for (int i = 0; trace && i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "CC0105: %s: %s%s%s%s", step->where,
                      step->condition ? "does not hold: " : "holds",
                      step->condition ? step->condition : "", step->condition ? "; seen " : "",
                      step->condition ? for_log(step->seen, r->pool) : "");
    }
}

/* ---- denials ----------------------------------------------------------------------------- */

void cc_log_watch(request_rec *r)
{
    request_rec *client = client_request(r);
    const cc_request_t *kept = cc_request_seen(client);

    if (!kept) {
        ap_set_module_config(client->request_config, &clientcert_module,
                             (void *)&cc_request_watched);
    } else if (!kept->watched) {
        cc_request_of(client)->watched = true;
    }
}

void cc_log_passed(request_rec *r)
{
    request_rec *client = client_request(r);
    const cc_request_t *kept = cc_request_seen(client);

    if (kept == &cc_request_watched) {
        ap_set_module_config(client->request_config, &clientcert_module, NULL);
    } else if (kept) {
        cc_request_of(client)->watched = false;
        cc_request_of(client)->missing = NULL;
    }
}

void cc_log_missing(request_rec *r, const char *what)
{
    request_rec *client = client_request(r);
    apr_pool_t *p = client->pool; /* a subrequest's is gone when the line is written */
    cc_request_t *kept = cc_request_of(client);

    kept->watched = true;
    if (!kept->missing || !strcmp(kept->missing, what)) {
        kept->missing = apr_pstrdup(p, what); /* so is an .htaccess that only a subrequest read */
    } else {
        kept->missing = apr_pstrcat(p, kept->missing, ", ", what, NULL);
    }
}

static const char *who_text(request_rec *r, const cc_answer_t *answer)
{
    if (!answer->client) {
        return answer->problem;
    }
    if (answer->problem) {
        return apr_psprintf(r->pool, "the client certificate gives no identity: %s; %s",
                            answer->problem, certificate_text(r, answer->client));
    }
    if (cc_answer_failure(answer)) {
        return apr_psprintf(r->pool, "no identity, a lookup failed: %s %s",
                            for_log(cc_answer_failure(answer), r->pool),
                            certificate_text(r, answer->client));
    }
    return apr_psprintf(r->pool, "%s %s",
                        answer->verdict ? identity_text(answer->verdict, r->pool)
                                        : "no ClientCertMap is in effect here;",
                        certificate_text(r, answer->client));
}

static bool is_denied(request_rec *r)
{
    const cc_request_t *kept;

    if (r->status != HTTP_FORBIDDEN) {
        return false;
    }
    kept = cc_request_seen(client_request(r));
    return kept && kept->watched;
}

/* Called for the request that the client made; where that led to others, one of them was denied. */
int cc_log_denial(request_rec *r)
{
    cc_answer_t answer;
    const char *missing;

    while (r && !is_denied(r)) {
        r = r->next;
    }
    if (!r) {
        return DECLINED;
    }
    answer = cc_identity_of(r);
    missing = cc_request_seen(client_request(r))->missing;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0110: denied %s %s: needs %s; %s", r->method,
                  escaped(r->uri, r->pool), missing ? missing : "what another Require asks for",
                  who_text(r, &answer));
    return DECLINED;
}
