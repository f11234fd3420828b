/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses, in a build without Jansson, the commands that query a server, and --json. */
#include "tool.h"

static apr_status_t absent(cc_tool_t *tool, const char *word)
{
    return cc_error_set(&tool->err, tool->pool, "CC0568", word,
                        "this clientcert was built without Jansson, which this needs; install one "
                        "that has it");
}

apr_status_t cc_show_json(cc_show_t *show, cc_tool_t *tool)
{
    (void)show;
    return absent(tool, "--json");
}

apr_status_t cc_explain_run(cc_tool_t *tool)
{
    return absent(tool, "explain");
}

apr_status_t cc_rules_run(cc_tool_t *tool)
{
    return absent(tool, "rules");
}

apr_status_t cc_check_run(cc_tool_t *tool)
{
    return absent(tool, "check");
}

apr_status_t cc_revoked_run(cc_tool_t *tool)
{
    return absent(tool, "revoked");
}

apr_status_t cc_table_run(cc_tool_t *tool)
{
    return absent(tool, "table");
}

apr_status_t cc_trust_run(cc_tool_t *tool)
{
    return absent(tool, "trust");
}

apr_status_t cc_diff_run(cc_tool_t *tool)
{
    return absent(tool, "diff");
}

apr_status_t cc_replay_run(cc_tool_t *tool)
{
    return absent(tool, "replay");
}
