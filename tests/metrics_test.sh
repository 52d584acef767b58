#!/usr/bin/env bash
# The metrics of a running server as Prometheus takes them: promtool finds nothing to complain of, and
# a real Prometheus scrapes them and gives a series back. metrics_test.sh MOUNTGUARD
set -euo pipefail

for program in promtool prometheus; do
  command -v "$program" >/dev/null || {
    echo "skipped: no $program (Debian's package prometheus), so nobody but the tests reads the metrics"
    exit 77
  }
done
mountguard=$1
work=$(mktemp -d)
. "$(dirname "$0")/server_process.sh"
prometheus=
trap '[ -z "$prometheus" ] || kill -KILL "$prometheus" 2>/dev/null || true; clean_up' EXIT

"$mountguard" certs issue --out "$work" --ip 127.0.0.1 >/dev/null
# A rule and exceptions, so that each family has something to tell.
cat >"$work/policy.yaml" <<'POLICY'
apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: metrics}
spec:
  rules:
    - {name: no-slaves, match: [{mountPropagation: [HostToContainer]}]}
  exceptions:
    - {name: ours, rules: [no-slaves], match: [{namespaces: [ours]}], reason: "a \"quoted\" reason"}
POLICY
start_server --tls-cert-file "$work/tls.crt" --tls-private-key-file "$work/tls.key" --policy "$work/policy.yaml"

review() { # review NAMESPACE MODE
  jq --compact-output --null-input --arg namespace "$1" --arg mode "$2" '{kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1",
    request: {uid: "u", operation: "CREATE", namespace: $namespace, object: {apiVersion: "v1", kind: "Pod", metadata: {name: "p"}, spec: {
    volumes: [{name: "v", hostPath: {path: "/srv"}}],
    containers: [{name: "c", image: "i", volumeMounts: [{name: "v", mountPath: "/m", mountPropagation: $mode}]}]}}}}' |
    curl --silent --show-error --output /dev/null --cacert "$work/ca.crt" --header 'Content-Type: application/json' --data-binary @- "https://$address/validate"
}
review ours None
review ours HostToContainer
review theirs HostToContainer
review theirs HostToContainer
curl --silent --output /dev/null --cacert "$work/ca.crt" --data nonsense "https://$address/validate" # a protocol error
curl --silent --output /dev/null "http://$address/livez" || true # a connection that is refused: no TLS

curl --silent --show-error "http://$metrics/metrics" >"$work/metrics"
for family in admission_requests_total admission_duration_seconds findings_total exceptions_used_total exceptions_expired \
  policy_reloads_total policy_info policy_rules certificate_expiry_timestamp_seconds connections connections_rejected_total \
  protocol_errors_total; do
  grep --quiet "^# TYPE mountguard_$family " "$work/metrics" || fail "no metric mountguard_$family"
done
promtool check metrics <"$work/metrics" >"$work/complaints" 2>&1 || fail "promtool complains: $(cat "$work/complaints")"
# It must be able to complain.
! printf 'wrong_total 1\n# TYPE wrong_total counter\n' | promtool check metrics >/dev/null 2>&1 || fail "promtool takes anything"

cat >"$work/prometheus.yml" <<CONFIG
global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs:
  - job_name: mountguard
    static_configs: [{targets: ["$metrics"]}]
CONFIG
: >"$work/prometheus.log"  # which may be looked at before it is opened
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/series" --web.listen-address=127.0.0.1:0 2>"$work/prometheus.log" &
prometheus=$!

port_of_prometheus() { sed -n 's/.*msg="Listening on" address=127.0.0.1:\([0-9]*\).*/\1/p' "$work/prometheus.log"; }
# query QUERY: the value of its one series, or nothing.
query() {
  curl --silent --get --data-urlencode "query=$1" "http://127.0.0.1:$port/api/v1/query" |
    jq --raw-output '.data.result | if length == 1 then .[0].value[1] else empty end'
}
# expect_series VALUE QUERY: within a minute, Prometheus must have it.
expect_series() {
  local value _
  for _ in $(seq 300); do
    port=$(port_of_prometheus)
    value=
    [ -z "$port" ] || value=$(query "$2" 2>/dev/null || true)
    [ "$value" != "$1" ] || return 0
    kill -0 "$prometheus" 2>/dev/null || break
    sleep 0.2
  done
  fail "Prometheus says '$value' to $2, expected $1: $(tail -n 5 "$work/prometheus.log")"
}
expect_series 1 'up{job="mountguard"}'
expect_series 2 'mountguard_admission_requests_total{decision="deny",kind="Pod",operation="CREATE"}'
expect_series 2 'mountguard_findings_total{rule="no-slaves",action="Deny"}'
expect_series 1 'mountguard_exceptions_used_total{exception="ours"}'
expect_series 4 'mountguard_admission_duration_seconds_count'
expect_series 1 'histogram_quantile(0.99, mountguard_admission_duration_seconds_bucket) > bool 0'
# It counts on, and Prometheus sees it.
review theirs HostToContainer
expect_series 3 'mountguard_admission_requests_total{decision="deny",kind="Pod",operation="CREATE"}'
kill -TERM "$prometheus" && wait "$prometheus" || fail "Prometheus ended with $?"
prometheus=
stop_server

[ "$failures" -eq 0 ] && echo "metrics: all well"
[ "$failures" -eq 0 ]
