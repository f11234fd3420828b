/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a command asks the server's own configuration, and tells what that answers. */
#include <string.h>

#include "tool.h"

static json_t *ask(const cc_inquiry_t *inquiry, cc_tool_t *tool, bool *json)
{
    cc_options_t options;
    const char *pem = NULL;
    json_t *question, *answer;

    if (cc_options_read(&options, inquiry->own, tool) != APR_SUCCESS) {
        return NULL;
    }
    if (strchr(inquiry->own, 'c') &&
        cc_options_certificate(&pem, &options, tool) != APR_SUCCESS) {
        return NULL;
    }
    question = json_pack("{s:s, s:o, s:o}", "ask", inquiry->kind, "vhost",
                         cc_options_text(options.vhost, tool->pool), "path",
                         cc_options_text(options.path, tool->pool));
    answer = cc_httpd_ask(&options, question, pem, tool);
    json_decref(question);
    *json = options.json;
    return answer;
}

apr_status_t cc_inquiry_run(const cc_inquiry_t *inquiry, cc_tool_t *tool)
{
    bool json = false;
    json_t *answer = ask(inquiry, tool, &json);

    if (!answer) {
        return APR_EINVAL;
    }
    tool->answer = inquiry->exit_of ? inquiry->exit_of(answer) : 0;
    if (json) {
        cc_print_json(answer);
    } else {
        inquiry->print(answer, tool->pool);
    }
    json_decref(answer);
    return APR_SUCCESS;
}
