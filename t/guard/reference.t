#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that the reference agrees with the code: directives, providers, fields and operators.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2086  # $glue is a list of files

page=doc/directives.md
glue=$(files modules/httpd '*.c')
tool=${CC_BUILD:-build}/clientcert

directives() { # in the command table
    sed -n 's/^    [A-Z0-9_]*("\(ClientCert[A-Za-z]*\)",.*/\1/p' $glue | LC_ALL=C sort -u
}
providers() { # of Require
    grep -ohE 'ap_register_auth_provider\([^"]*"[a-z-]+"' $glue |
        sed 's/.*"\(.*\)"/\1/' | LC_ALL=C sort -u
}
documented() { sed -n 's/^## `*\(ClientCert[A-Za-z]*\)`* *$/\1/p' $page | LC_ALL=C sort; }

undocumented() {
    directives | while read -r name; do
        documented | grep -qx "$name" || echo "$name"
    done
    providers | while read -r name; do
        grep -qE "^## .*Require $name( |\`|\$)" $page || echo "Require $name"
    done
}

unknown() {
    documented | while read -r name; do
        directives | grep -qx "$name" || echo "$name"
    done
}

# Sections of directives that lack one of the four lines that httpd's own manual has.
incomplete() {
    awk '
        function check() {
            if (name && seen != 15) print name
        }
        /^## / { check(); name = $0 ~ /ClientCert/ ? $2 : ""; seen = 0 }
        /^\| *Syntax/ && !(seen % 2) { seen += 1 }
        /^\| *Default/ && !(int(seen / 2) % 2) { seen += 2 }
        /^\| *Context/ && !(int(seen / 4) % 2) { seen += 4 }
        /^\| *Override/ && !(int(seen / 8) % 2) { seen += 8 }
        END { check() }' $page
}

generated() { "$tool" fields && "$tool" operators && "$tool" modifiers; }

# Lines that the tool prints from its registries and that stand in no page.
not_in_pages() {
    generated | while IFS= read -r line; do
        [ -z "$line" ] || grep -rqxF -e "$line" doc || echo "$line"
    done
}

# shellcheck disable=SC2046  # lists of names
{
    look_at 'directives' $(directives)
    look_at 'providers of Require' $(providers)
    look_at "headings of $page" $(documented)
    look_at "fields, operators and modifiers of $tool" $(generated | awk -F'`' '/^\| `/ { print $2 }')
    claim 'every directive and provider has its place in the reference' undocumented
    claim 'the reference has no directive that does not exist' unknown
    claim 'every directive has Syntax, Default, Context and Override' incomplete
    claim 'every field, operator and modifier stands in the reference as it is' not_in_pages
}
done_claiming
