# SPDX-License-Identifier: Apache-2.0
# Completes commands, options, virtual hosts, tags and file names of "clientcert" in fish.

# The commands and options come from "clientcert commands".

# The options of "clientcert rules" that select the server are those typed.
function __clientcert_vhosts
    set -l words (commandline -opc)
    set -l server
    for i in (seq 2 (math (count $words) - 1))
        switch $words[$i]
            case --httpd -f -d -D -C -c
                set -a server $words[$i] $words[(math $i + 1)]
        end
    end
    $words[1] rules --json $server 2>/dev/null </dev/null |
        sed -n '/^ *"hosts": \[/,/\]/s/^ *"\([^" ]*\)[^"]*",\{0,1\}$/\1/p' | sort -u
end

function __clientcert_tags
    set -l words (commandline -opc)
    $words[1] message 2>/dev/null | sed 's/  /\t/'
end

# The kinds of convert; after a kind, files.
function __clientcert_kinds
    set -l words (commandline -opc)
    set -l kinds (clientcert commands 2>/dev/null | string replace -fr '^KIND\t(\S+).*' '$1')
    if string match -qr '^('(string join '|' $kinds)')$' -- $words[3..-1]
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $kinds
    end
end

# Options of complete for what an option or a command takes.
function __clientcert_takes
    switch $argv[1]
        case 'FILE*' PROGRAM
            printf '%s\n' -r -F
        case DIR
            printf '%s\n' -x -a '(__fish_complete_directories)'
        case 'NAME[:PORT]'
            printf '%s\n' -x -a '(__clientcert_vhosts)'
        case ARG
            printf '%s\n' -x -a 'pass: env: file: fd: stdin'
        case WHEN
            printf '%s\n' -x -a 'auto always never'
        case WAY
            printf '%s\n' -x -a 'tls header proxy-protocol'
        case 'KIND*'
            printf '%s\n' -f -a '(__clientcert_kinds)'
        case '[TAG]'
            printf '%s\n' -f -a '(__clientcert_tags)'
        case '[COMMAND]'
            printf '%s\n' -f -a '(clientcert commands 2>/dev/null | sed -n "s/\t-\t.*//p" | sort -u)'
        case '*'
            printf '%s\n' -f
    end
end

function __clientcert_option
    switch $argv[1]
        case '--*'
            printf '%s\n' -l (string sub -s 3 -- $argv[1])
        case '-?'
            printf '%s\n' -s (string sub -s 2 -- $argv[1])
        case '*'
            printf '%s\n' -o (string sub -s 2 -- $argv[1])
    end
end

clientcert commands 2>/dev/null | while read -l -d \t name option value text
    test $name != KIND; or continue
    set -l here -n "__fish_seen_subcommand_from $name"
    if test "$option" = -
        complete -c clientcert -n __fish_use_subcommand -f -a $name -d $text
        complete -c clientcert $here (__clientcert_takes $value)
    else if test "$value" = -
        complete -c clientcert $here -f (__clientcert_option $option) -d $text
    else
        complete -c clientcert $here (__clientcert_option $option) (__clientcert_takes $value) -d $text
    end
end
