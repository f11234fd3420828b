# SPDX-License-Identifier: Apache-2.0
# Functions that the guards share: claims about files, printed as TAP.
# shellcheck shell=sh
#
# A guard names the files that it checks, and prints its findings, one on each line:
#
#   look_at 'the sources' FILE ...
#   claim 'no source is empty' COMMAND ...
#
# A guard that has nothing to check fails.

set -eu
cd "$(dirname "$0")/../.."
count=0
failed=0

report() { # OK NAME
    count=$((count + 1))
    [ "$1" = ok ] || failed=1
    echo "$1 $count - $2"
}

# Fails if there is nothing to check.
look_at() { # WHAT FILE-OR-WORD ...
    look_what=$1
    shift
    if [ $# -gt 0 ]; then
        report ok "there is something to check: $# of $look_what"
    else
        report 'not ok' "there is nothing to check: $look_what"
    fi
}

# Fails if the command prints anything: its output is the list of findings.
claim() { # NAME COMMAND ...
    claim_name=$1
    shift
    claim_wrong=$("$@") || claim_wrong="$claim_wrong (the command failed)"
    if [ -z "$claim_wrong" ]; then
        report ok "$claim_name"
    else
        report 'not ok' "$claim_name"
        echo "$claim_wrong" | sed 's/^/# /' >&2
    fi
}

done_claiming() {
    echo "1..$count"
    exit $failed
}

# The files of the project below a directory, in a checkout or in a release.
files() { # DIR PATTERN
    find "$1" -type f -name "$2" | LC_ALL=C sort
}

# The names of a list, one a line, that another list lacks; and both ways.
lacking() { # LIST WHOSE OTHER-LIST WHOSE
    {
        printf '%s\n' "$3" | sed 's/^/+/'
        printf '%s\n' "$1" | sed 's/^/-/'
    } | awk -v here="$2" -v there="$4" '
        { name = substr($0, 2) }
        /^\+/ { has[name]; next }
        name != "" && !(name in has) { print name ": " here " has it, " there " does not" }'
}
same() { # LIST WHOSE OTHER-LIST WHOSE
    lacking "$@"
    lacking "$3" "$4" "$1" "$2"
}
