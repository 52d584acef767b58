#!/usr/bin/env bash
# The completion scripts in their shells, and the manual page in man's own formatter:
# completion_test.sh MOUNTGUARD. A shell that is not there is skipped, and said so.
set -euo pipefail
mountguard=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for shell in bash zsh fish; do "$mountguard" completion "$shell" >"$work/$shell"; done
"$mountguard" man >"$work/mountguard.1"

# expect WORD IN WHAT: one of the completions is the word.
expect() {
  grep --quiet --line-regexp --fixed-strings -- "$2" <<<"$3" && return
  echo "$1: expected $2 among: $3"
  failed=1
}

# What bash offers for the words of a command line, the last of which is being typed.
bash_offers() {
  bash -c '
    source "$0"
    compopt() { :; }
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _mountguard
    printf "%s\n" "${COMPREPLY[@]}"' "$work/bash" "$@"
}
expect "bash: commands" check "$(bash_offers mountguard ch)"
expect "bash: commands of a family" issue "$(bash_offers mountguard certs '')"
expect "bash: flags" --fail-on "$(bash_offers mountguard check --fa)"
expect "bash: flags in a family" --algorithm "$(bash_offers mountguard certs issue --al)"
expect "bash: words of a flag" warn "$(bash_offers mountguard check --fail-on '')"
expect "bash: formats" sarif "$(bash_offers mountguard check -o s)"
touch "$work/pod.yaml"
expect "bash: files" "$work/pod.yaml" "$(bash_offers mountguard check "$work/po")"
expect "bash: files of a flag" "$work/pod.yaml" "$(bash_offers mountguard check --policy "$work/po")"
if [ -n "$(bash_offers mountguard check --namespace '')" ]; then
  echo "bash: a namespace is no file and no flag"
  failed=1
fi

if command -v zsh >/dev/null; then
  zsh -n "$work/zsh" || failed=1
else
  echo "skipped: no zsh, so its completion was not tried"
fi
if command -v fish >/dev/null; then
  fish --no-execute "$work/fish" || failed=1
  expect "fish: commands" check "$(HOME=$work fish -c "source $work/fish; complete -C 'mountguard ch'" | cut -f1)"
  expect "fish: flags" --fail-on "$(HOME=$work fish -c "source $work/fish; complete -C 'mountguard check --fa'" | cut -f1)"
else
  echo "skipped: no fish, so its completion was not tried"
fi
if command -v groff >/dev/null; then
  warnings=$(groff -man -Tutf8 -ww -z "$work/mountguard.1" 2>&1)
  [ -z "$warnings" ] || { echo "$warnings"; failed=1; }
  page=$(groff -man -Tascii -P-c "$work/mountguard.1" | sed 's/.\x08//g')
  for word in 'EXIT STATUS' '--fail-on deny|warn|none' 'mountguard certs issue'; do
    grep --quiet --fixed-strings -- "$word" <<<"$page" || { echo "the manual page lacks: $word"; failed=1; }
  done
else
  echo "skipped: no groff, so the manual page was not formatted"
fi
exit "$failed"
