#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that the configurations that are shown do not open what a server denies: the Require of a
# <Location> for files replaces that of <FilesMatch "^\.ht">, unless it has "AuthMerging And".
. "$(dirname "$0")/lib.sh"

# Configurations of httpd. Those of the pages are between ```apache and ```, and that of
# clientcert.conf is in comments.
first='README.md doc/proxies.md conf/clientcert.conf'
shown="$first $(files conf/examples '*.conf') $(files conf/operations '*.conf')"

# The sections that have a requirement, each with the reason why it opens nothing, or "open".
#
# A path serves no files if a handler, an application behind a proxy or a program answers to it, and to
# all paths below. mod_dav_svn serves repositories.
sections() { # FILE ...
    for sections_file in "$@"; do
        case $sections_file in
            *.md) sed -n '/^ *```apache$/,/^ *```$/p' "$sections_file" ;;
            conf/clientcert.conf) sed 's/^#//' "$sections_file" ;;
            *) cat "$sections_file" ;;
        esac | awk -v file="$sections_file" '
            function bare(word) { gsub(/[">]/, "", word); return word }
            function served(path,    part) {
                for (part in other)
                    if (path == part || index(path, part (part ~ /\/$/ ? "" : "/")) == 1)
                        return other[part]
                return "open"
            }
            { sub(/^[ \t]+/, "") }
            /^<Location/ {
                inside = 1
                path = bare($2 == "~" ? $3 : $2)
                required = merged = 0
                next
            }
            /^<\/Location/ { inside = 0; if (required) need[path] = merged ? "AuthMerging" : "" }
            /^(WSGI)?ScriptAlias / { other[bare($2)] = "program" }
            /^ProxyPass / { other[inside ? path : bare($2)] = "proxy" }
            inside && /^SetHandler / && $2 != "default-handler" { other[path] = "handler" }
            inside && /^DAV +svn/ { other[path] = "repository" }
            inside && /^AuthMerging +And/ { merged = 1 }
            inside && /^Require / && !/^Require all (granted|denied)/ { required = 1 }
            END { for (path in need) print file, path, need[path] ? need[path] : served(path) }'
    done | LC_ALL=C sort
}
open() { sections "$@" | grep ' open$' || true; }

# The guard itself: what it must and must not find.
misjudged() {
    work=$(mktemp -d)
    cat >"$work/conf" <<'CONF'
ScriptAlias "/program" "/usr/bin/program"
ProxyPass "/proxied/" "http://127.0.0.1/"
<Location "/files">
    Require valid-user
</Location>
<LocationMatch "^/more">
    SetHandler default-handler
    <RequireAll>
        Require clientcert
    </RequireAll>
</LocationMatch>
<Location "/programs">
    Require valid-user
</Location>
<Location "/kept">
    AuthMerging And
    Require valid-user
</Location>
<Location "/kept/inner">
    Require valid-user
</Location>
<Location "/all">
    Require all granted
</Location>
<Location "/program/x">
    Require valid-user
</Location>
<Location "/proxied/x">
    Require valid-user
</Location>
<Location "/page">
    SetHandler clientcert-status
    Require valid-user
</Location>
CONF
    open "$work/conf" | cut -d' ' -f2 >"$work/found"
    printf '%s\n' /files /kept/inner /programs ^/more | LC_ALL=C sort | diff - "$work/found" || true
    rm -r "$work"
}

# shellcheck disable=SC2046,SC2086  # lists
{
    look_at 'sections with a requirement' $(sections $shown | cut -d' ' -f2)
    claim 'the first configurations are among them' \
        lacking "$(printf '%s\n' $first)" 'this list' "$(sections $first | cut -d' ' -f1)" 'the guard'
    claim 'sections that serve files are told from others' misjudged
    claim 'every section that serves files has "AuthMerging And"' open $shown
}
done_claiming
