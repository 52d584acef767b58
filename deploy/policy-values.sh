#!/usr/bin/env bash
# Makes values of the chart from policy files, with the matchConditions that belong to them:
#
#   deploy/policy-values.sh [--profile NAME]... FILE|DIRECTORY... > policies.values.yaml
#   helm upgrade mountguard deploy/chart --namespace mountguard-system -f policies.values.yaml
#
# With --profile the namespaces labelled mountguard.io/profile: NAME get a webhook of their own. Of a directory all *.yaml and *.yml
# are taken, as the server does. MOUNTGUARD names the program.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mountguard=${MOUNTGUARD:-$(command -v mountguard || echo "$root/build/release/mountguard")}

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}
profiles=() flags=() files=()
while [ $# -gt 0 ]; do
  case "$1" in
    --profile) [ $# -ge 2 ] || usage; profiles+=("$2"); shift 2 ;;
    -*) usage ;;
    *) flags+=(--policy "$1"); if [ -d "$1" ]; then
        for file in "$1"/*.yaml "$1"/*.yml; do [ ! -f "$file" ] || files+=("$file"); done
      else
        files+=("$1")
      fi
      shift ;;
  esac
done
[ ${#files[@]} -gt 0 ] || usage

# conditions INDENT FLAG...: the program's list; 1 or more, and its word why, where it refuses.
conditions() {
  local indent=$1 printed
  shift
  printed=$("$mountguard" policy export "${flags[@]}" --match-conditions "$@") || return
  sed "s/^\(.\)/$indent\1/" <<<"$printed"
}

names=$(for file in "${files[@]}"; do basename "$file"; done | sort | uniq --repeated)
[ -z "$names" ] || {
  echo "policy-values.sh: several files are called ${names//$'\n'/, }; a ConfigMap has one of each name" >&2
  exit 2
}
all=$(conditions '')
parts=()
for profile in ${profiles[@]+"${profiles[@]}"}; do
  part=$(conditions '    ' --profile "$profile")
  parts+=("$part")
done

echo "# Made by deploy/policy-values.sh; the conditions belong to these policies."
echo "policies:"
for file in "${files[@]}"; do
  # The indentation is said, since a text may begin with a blank; + keeps line ends as they are.
  echo "  \"$(basename "$file")\": |2+"
  sed 's/^/    /;$a\' "$file"  # and a line end at the end
done
echo "$all"
[ ${#profiles[@]} -eq 0 ] || echo "profiles:"
for index in "${!profiles[@]}"; do
  echo "  ${profiles[$index]}:"
  echo "${parts[$index]}"
done
