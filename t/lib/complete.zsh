# SPDX-License-Identifier: Apache-2.0
# Prints what zsh offers for an unfinished command line, one word on each line.
# usage: zsh -f t/lib/complete.zsh DIRECTORY-OF-COMPLETIONS EMPTY-DIRECTORY LINE
zmodload zsh/zpty || exit 3

work=$2

# An interactive zsh, whose compadd also writes its words to a file. It ends after one completion.
cat >$work/start <<END
PROMPT=
fpath=(${(q)1} \$fpath)
autoload -U compinit
compinit -u -d $work/dump
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
compadd() {
    local -a offered
    [[ " \${(j: :)@} " != *' '-[OAD]' '* ]] || { builtin compadd "\$@"; return }
    builtin compadd -O offered "\$@"
    print -rl -- \$offered >>$work/words
    builtin compadd "\$@"
}
comppostfuncs=(exit)
print ready
END
zpty shell "zsh -f -i"
zpty -w shell "source $work/start"
while zpty -r shell output; do
    [[ $output != *ready* ]] || break
done
zpty -w -n shell "$3"$'\t'
while zpty -r shell output; do :; done
[[ ! -e $work/words ]] || sort -u $work/words | grep .
