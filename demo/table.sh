#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows the result for each client of the demo: requests pages, and reads the server's error log.
#
#   demo/table.sh PORT PKI LOG
set -eu

port=$1 pki=$2 log=$3
site=https://localhost:$port
places='/open /whoami /staff /admin /api /wiki'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

clients() { # NAME DESCRIPTION
    cat <<LIST
anonymous  no certificate
alice      Staff CA, alice@example.com, units staff and admins
bob        Staff CA, bob@example.com, unit staff
service    Services CA, spiffe://example.com/ns/shop/sa/cart
partner    Services CA, matches no rule
carol      no certificate, but the password of the wiki
expired    Staff CA, has expired
stranger   the names of alice's certificate, issued by another "CN=Staff CA"
selfsigned the names of alice's certificate, self-signed
LIST
}

# The options of curl for a client.
credentials() { # NAME
    case $1 in
        anonymous) ;;
        carol) echo '--user carol:secret' ;;
        *) echo "--cert-type P12 --cert $1.p12:secret" ;;
    esac
}

# Requests all places, on one connection if the server keeps it open. Writes a line "STATUS CLIENT-PORT"
# for each place to $work/answers, and the pages to $work/page.1 and so on.
ask() { # NAME
    rm -f "$work"/page.*
    # shellcheck disable=SC2046  # lists of arguments
    (cd "$pki" && curl -q -sS --noproxy '*' --max-time 60 --cacert root.pem $(credentials "$1") \
        --resolve "localhost:$port:127.0.0.1" -w '%{http_code} %{local_port}\n' \
        $(n=0; for place in $places; do n=$((n + 1)); echo "-o $work/page.$n $site$place"; done)) \
        >"$work/answers" 2>"$work/errors" || :
}

# The text of the element of a page with this id.
shown() { # N ID
    sed -n "s/.* id=\"$2\">\([^<]*\).*/\1/p" "$work/page.$1" 2>/dev/null | grep . || echo -
}

# The first match of a sed expression in the log lines of one connection.
logged() { # CLIENT-PORT EXPRESSION
    grep -E "\[(client|remote) 127\.0\.0\.1:$1\]" "$log" | sed -n "s/.*$2.*/\1 \2/p" | head -n 1
}

# The same, but waits for the line: a denial is logged after its response.
awaited() { # CLIENT-PORT EXPRESSION
    for _ in $(seq 100); do
        logged "$@" | grep . && return
        sleep 0.1
    done
    echo "(no line in the log)"
}

reason() { # STATUS CLIENT-PORT PLACE
    case $1 in
        000) awaited "$2" '\(CC0106\): .* reason="\([^"]*\)' |
            sed 's/the CA .* above it: //; s/[,:].*//' ;;
        401) echo 'password required' ;;
        403) awaited "$2" "\(CC0110\): .* request=\"GET \\$3\" needs=\"\([^\"(]*[^\"( ]\)" ;;
        *) logged "$2" '\(CC0103\): .* reason="\([^"]*\)' ;;
    esac
}

row() { printf '  %-9s  %-6s  %-10s  %-13s  %s\n' "$@" | sed 's/ *$//'; }

rows() { # one for each place, or a single one if the handshake failed
    n=0
    while read -r status client_port; do
        n=$((n + 1))
        # shellcheck disable=SC2086  # a list of places
        place=$(echo $places | cut -d ' ' -f $n)
        why=$(reason "$status" "$client_port" "$place")
        [ "$status" != 000 ] || { place=all status='no TLS'; }
        row "$place" "$status" "$(shown $n user)" "$(shown $n groups)" "$why"
    done <"$work/answers" | uniq
}

[ -t 1 ] && bold=$(printf '\033[1m') plain=$(printf '\033[0m') || bold='' plain=''
row place status user groups 'reason (tag and text of the error log)'
row --------- ------ ---------- ------------- ---------------------------------------------------
clients | while read -r name what; do
    ask "$name"
    printf '%s%s%s: %s\n' "$bold" "$name" "$plain" "$what"
    rows
done
