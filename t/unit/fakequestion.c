/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a configuration test as the command-line tool does, in ServerRoot. */
#include "fakequestion.h"

#include <stdlib.h>
#include <unistd.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_request.h>

#include "fakehttpd.h"
#include "fakejson.h"
#include "httpd/admin/answer.h"
#include "httpd/conf/use.h"
#include "suite.h"

static json_t *answers; /* a JSON array */

void fakequestion_begin(void)
{
    fake.run_mode = AP_SQ_RM_CONFIG_TEST;
    setenv("CLIENTCERT_QUESTION", fake.folder, 1);
}

void fakequestion_end(void)
{
    json_decref(answers);
    answers = NULL;
    unsetenv("CLIENTCERT_QUESTION");
}

const json_t *fakequestion_ask(const char *question)
{
    json_error_t error;
    const char *text;

    unlink(fake_path("answer.json"));
    fake_write("question.json", question);
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    cc_admin_answer(fake.pconf, fake.main);
    text = fake_read("answer.json");
    json_decref(answers);
    answers = json_array();
    while (*text) {
        json_t *one = json_loads(text, JSON_DISABLE_EOF_CHECK, &error);

        ck_assert_msg(one != NULL, "%s", error.text);
        json_array_append_new(answers, one);
        text += strcspn(text, "\n") + 1;
    }
    return fakequestion_answer(0);
}

size_t fakequestion_count(void)
{
    return json_array_size(answers);
}

const json_t *fakequestion_answer(size_t number)
{
    return json_array_get(answers, number);
}

const char *fakequestion_at(const json_t *json, const char *path)
{
    char *keys = apr_pstrdup(fake.pool, path), *state;

    for (char *key = apr_strtok(keys, "/", &state); key; key = apr_strtok(NULL, "/", &state)) {
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key))
                                   : json_object_get(json, key);
    }
    return fake_json(json);
}

/* ---- httpd has no hooks, and no further modules ---------------------------------------------- */

apr_array_header_t *ap_hook_get_access_checker(void)
{
    return NULL;
}

apr_array_header_t *ap_hook_get_access_checker_ex(void)
{
    return NULL;
}

apr_array_header_t *ap_hook_get_check_user_id(void)
{
    return NULL;
}

apr_array_header_t *ap_hook_get_post_config(void)
{
    return NULL;
}

const char *ap_add_module(module *added, apr_pool_t *p, const char *name)
{
    (void)added;
    (void)p;
    (void)name;
    return "no module can be added";
}

void ap_single_module_configure(apr_pool_t *p, server_rec *s, module *added)
{
    (void)p;
    (void)s;
    (void)added;
}
