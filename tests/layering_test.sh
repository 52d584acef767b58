#!/usr/bin/env bash
# Who may include whom: the folders' order, and the one home of every third-party header
# (docs/architecture.md). Prints each breach and exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."

breaches=0
breach() {
  echo "$1"
  breaches=$((breaches + 1))
}

# folder: what it may include beside itself.
declare -A may=(
  [core]=""
  [policy]="core"
  [certs]="core"
  [node]="core"
  [webhook]="core policy certs"
  [cli]="core policy certs node webhook"
)
for folder in "${!may[@]}"; do
  [ -d "$folder" ] || continue
  while IFS=: read -r file _ include; do
    target=${include#*\"}
    target=${target%%/*}
    case " $folder ${may[$folder]} " in
      *" $target "*) ;;
      *) breach "$file includes ${include#*\"}: $folder may include only: $folder ${may[$folder]}" ;;
    esac
  done < <(grep --recursive --line-number --include='*.h' --include='*.cc' '#include "[a-z_]*/' "$folder" || true)
done

# A header of others: the files (patterns) that may include it.
declare -A homes=(
  ['<simdjson']='core/json_reader.cc'
  ['<yaml.h']='core/yaml_reader.cc tests/core/yaml_memory_test.cc tests/bench/*'
  ['<yaml-cpp']='policy/policy_loader.cc policy/policy_yaml.* tests/bench/*'
  ['<httplib']='webhook/http_exchange.cc certs/kubernetes_api.cc tests/bench/*'
  ['<openssl']='certs/* webhook/tls_stream.* tests/*'
  ['<nlohmann']='cli/* certs/* tests/*'
  ['<CLI']='cli/*'
  # What starts for every file that is checked does without the server (docs/decisions/0006).
  ['"certs/']='certs/* webhook/* cli/certs.* tests/*'
  ['"webhook/']='webhook/* cli/serve.* tests/*'
  ['<spdlog']='webhook/log.cc'
  ['<prometheus']='webhook/metrics.cc'
  ['<sys/inotify']='core/file_watcher.cc'
)
set -f  # the homes are patterns for [[ == ]], not for the shell to expand
for header in "${!homes[@]}"; do
  while IFS=: read -r file _; do
    allowed=
    for home in ${homes[$header]}; do
      # shellcheck disable=SC2053  # a pattern is meant
      [[ $file == $home ]] && allowed=1
    done
    [ -n "$allowed" ] || breach "$file includes $header...>: its home is ${homes[$header]}"
  done < <(grep --recursive --line-number --include='*.h' --include='*.cc' "#include $header" \
    core policy certs node webhook cli tests 2>/dev/null || true)
done

echo "layering: $breaches breaches"
[ "$breaches" -eq 0 ]
