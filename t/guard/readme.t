#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the first page: the two commands are at the top, it is short, and links to files work.
. "$(dirname "$0")/lib.sh"

screen() { head -n 25 README.md; }

missing_commands() {
    for command in demo/run t/run; do
        screen | grep -qE "^ *$command( |\$)" || echo "$command"
    done
}

not_executable() {
    for command in demo/run t/run .ci/run pkg/build; do
        [ -x "$command" ] || echo "$command"
    done
}

too_long() {
    lines=$(wc -l <README.md)
    [ "$lines" -lt 150 ] || echo "$lines lines"
}

dead_links() {
    grep -oE '\]\([^)#]+' ./*.md doc/*.md | grep -v '://' | sed 's/:\](/ /' |
        while read -r page link; do
            [ -e "${page%/*}/$link" ] || echo "$page: $link"
        done
}

# shellcheck disable=SC2046  # a list of words
look_at 'words of README.md' $(cat README.md)
claim 'demo/run and t/run are on the first screen' missing_commands
claim 'the commands can be run' not_executable
claim 'README.md has fewer than 150 lines' too_long
claim 'every link to a file leads to one' dead_links
done_claiming
