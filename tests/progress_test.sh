#!/usr/bin/env bash
# Usage: progress_test.sh MOUNTGUARD
# Looks at what long work shows on a terminal, which script(1) makes: a line that is written over,
# never wraps and is gone at the end; nothing of it where nobody looks.
set -euo pipefail
mountguard=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

printf -- 'apiVersion: v1\nkind: ConfigMap\n---\n' >part.yaml
# Input that takes its time, two seconds after the start of the work.
slow='(cat part.yaml; sleep 2; cat part.yaml)'
erase=$'\r\x1b[K'

# on_terminal COLUMNS COMMAND: what the terminal gets.
on_terminal() { TERM=${term:-xterm} script --quiet --return --command "stty cols $1; $2" /dev/null </dev/null; }
fail() { printf '%s:\n%q\n' "$1" "$shown" >&2; exit 1; }

# The texts between erasures, a line each; the last is what remains on the terminal.
texts() { printf '%s' "${shown//"$erase"/$'\n'}"; }

for columns in 80 20 5; do
  shown=$(on_terminal "$columns" "$slow | '$mountguard' check -")
  [[ $shown == *"$erase"* ]] || fail "no progress on a terminal of $columns columns"
  text='checking: file 1 of 1, 0 MB'
  grep --quiet --line-regexp --fixed-strings "${text:0:columns-1}" <<<"$(texts)" ||
    fail "another text on a terminal of $columns columns"
  [[ $(texts | tail --lines=+2 | tr --delete '\r') == *"
1 file, "*"nothing found"* ]] || fail "something else than the report remains"
done

shown=$(NO_COLOR=1 on_terminal 80 "$slow | '$mountguard' check -")
[[ $shown == *"$erase"* ]] || fail "no progress without colour"
[[ ${shown//"$erase"/} != *$'\x1b'* ]] || fail "colour in spite of NO_COLOR"

shown=$(on_terminal 80 "$slow | '$mountguard' check - -o json >report.json")
[[ $shown == *"$erase"* ]] || fail "no progress while the report goes to a file"
[[ $shown == *"$erase" ]] || fail "progress remains"
grep --quiet '"CheckReport"' report.json
! grep --quiet checking report.json

shown=$(term=dumb on_terminal 80 "$slow | '$mountguard' check -")
[[ $shown != *checking* && $shown != *$'\x1b'* ]] || fail "escapes on a dumb terminal"

shown=$(on_terminal 80 "$slow | '$mountguard' check - 2>errors")
[[ $shown != *checking* ]] || fail "progress on standard output"
[[ ! -s errors ]] || fail "progress in a file"

# A report that takes long to be written: a pipe that nobody reads for a while.
mkfifo pipe
for ((i = 0; i < 400; ++i)); do
  printf -- 'apiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\nspec: {containers: [{name: c, image: i, volumeMounts: [{name: x, mountPath: /x}]}]}\n---\n' $i
done >refused.yaml
shown=$(on_terminal 80 "(exec 3<pipe; sleep 2; cat <&3 >pipe.json) & '$mountguard' check refused.yaml -o json=pipe; wait" || true)
grep --quiet --line-regexp 'writing: json' <<<"$(texts)" || fail "no progress while a report is written"
grep --quiet '"CheckReport"' pipe.json
echo "progress: as it must be on terminals of 80, 20 and 5 columns, dumb ones and none"
