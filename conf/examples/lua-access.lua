-- SPDX-License-Identifier: Apache-2.0
-- Decides who may see /people/USER: that user, and the group admins. For lua.conf.

-- True if a list of ClientCertExport has this name. Names are separated by commas. A comma or backslash
-- in a name follows a backslash: such names are made different from all others before they are compared.
local function has(list, name)
    local plain = list:gsub("\\.", "\1")
    return ("," .. plain .. ","):find("," .. name .. ",", 1, true) ~= nil
end

-- Without a user, or without groups, the variable does not exist. What is not known is refused.
function check(r)
    local user = r.subprocess_env["CLIENTCERT_USER"]
    local groups = r.subprocess_env["CLIENTCERT_GROUPS"] or ""
    local owner = r.uri:match("^/people/([^/]+)")

    if (user and user == owner) or has(groups, "admins") then
        return apache2.DECLINED -- Require decides
    end
    return 403
end
