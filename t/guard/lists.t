#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that every list of Makefile.am has all files of its directory, nothing else, nothing twice.
. "$(dirname "$0")/lib.sh"

# The files that a list must have.
meant() { # LIST
    case $1 in
        tool_sources) ls tools/*.[ch] ;;
        convert_sources) ls tools/convert/*.[ch] ;;
        *_sources) ls "modules/$(echo "${1%_sources}" | tr _ /)"/*.[ch] ;;
        front_pages) ls ./*.md | sed 's|^\./||' ;;
        pages) ls doc/*.md ;;
        examples) ls conf/examples/* ;;
        operations) ls conf/operations/* ;;
        unit_helpers) grep -L '^SUITE(' t/unit/*.c | grep -v '/suite\.c$' ;;
        dist_man_MANS) ls man/*.[1-9] ;;
        dist_bashcompletion_DATA) ls completion/clientcert ;;
        dist_zshcompletion_DATA) ls completion/_* ;;
        dist_fishcompletion_DATA) ls completion/*.fish ;;
        *) echo '(t/guard/lists.t has no directory for it)' ;;
    esac
}

# Lists of files: those with a file on each line, and those that are installed unchanged. release.t
# compares what is only packed.
lists() {
    sed -n 's/^\([a-z_]*\) = \\$/\1/p; s/^\(dist_[a-z]*_[A-Z]*\) = .*/\1/p' Makefile.am
}
listed() { # LIST
    awk -v name="$1" '
        $1 == name && $2 ~ /^[+]?=$/ { on = 1; $1 = $2 = "" }
        on { more = sub(/\\$/, ""); for (i = 1; i <= NF; i++) if ($i != "") print $i; on = more }
    ' Makefile.am
}

# Files that a list lacks, and those that it has although they do not exist, or twice.
wrong() {
    work=$(mktemp -d)
    for wrong_list in $(lists); do
        listed "$wrong_list" | LC_ALL=C sort >"$work/list"
        meant "$wrong_list" | LC_ALL=C sort >"$work/folder"
        LC_ALL=C comm -13 "$work/list" "$work/folder" | sed "s/^/$wrong_list lacks /"
        LC_ALL=C comm -23 "$work/list" "$work/folder" | sed "s/^/$wrong_list has, wrongly or twice, /"
    done
    rm -r "$work"
}
# Directories of sources that have no list.
without_list() {
    find modules tools -name '*.c' -exec dirname {} + | sort -u | while read -r folder; do
        grep -qE "^[[:space:]]$folder/[a-z_]*\.c( |\$)" Makefile.am || echo "$folder"
    done
}

# shellcheck disable=SC2046  # a list of names
look_at 'lists of Makefile.am' $(lists)
claim 'every list has the files of its folder, each once, and no other' wrong
claim 'every folder of sources has a list' without_list
done_claiming
