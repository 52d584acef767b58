#!/usr/bin/env bash
# `mountguard serve` as its operator meets it: what stops it from starting and with which exit code,
# what it answers, how it reloads and how it stops. serve_test.sh MOUNTGUARD
set -euo pipefail

mountguard=$1
work=$(mktemp -d)
. "$(dirname "${BASH_SOURCE[0]}")/server_process.sh"
as=() # what runs the program as somebody else

# expect_start_failure CODE TEXT FLAG...: serve must end by itself with that code and say TEXT.
expect_start_failure() {
  local code=$1 text=$2 status=0
  shift 2
  timeout 20 "${as[@]}" "$mountguard" serve --bind-address 127.0.0.1 --secure-port 0 --metrics-bind-address '' "$@" \
    >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq "$code" ] || fail "serve $* ended with $status, expected $code: $(cat "$work/err")"
  grep --quiet --fixed-strings -- "$text" "$work/err" || fail "serve $* did not say '$text': $(cat "$work/err")"
  [ ! -s "$work/out" ] || fail "serve $* wrote to standard output"
}

# start FLAG...: starts the server with the first pair.
start() {
  start_server --tls-cert-file "$work/a/tls.crt" --tls-private-key-file "$work/a/tls.key" "$@"
}

# wait_for TEXT: until the log holds it.
wait_for() {
  local _
  for _ in $(seq 200); do
    grep --quiet --fixed-strings -- "$1" "$work/log" && return
    sleep 0.1
  done
  fail "the log never said '$1': $(cat "$work/log")"
}

# ask CODE TEXT CURL-ARGUMENT...: the answer must have that status and hold TEXT.
ask() {
  local code=$1 text=$2 status
  shift 2
  status=$(curl --silent --output "$work/answer" --write-out '%{http_code}' --cacert "$work/a/ca.crt" "$@") || true
  [ "$status" = "$code" ] || fail "$* was answered with $status, expected $code: $(cat "$work/answer")"
  grep --quiet --fixed-strings -- "$text" "$work/answer" || fail "$* was not told '$text': $(cat "$work/answer")"
}

review() { # review MODE: a pod whose one mount has that mode
  jq --compact-output --null-input --arg mode "$1" '{kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: {
    uid: "u", operation: "CREATE", namespace: "n", object: {apiVersion: "v1", kind: "Pod", metadata: {name: "x"}, spec: {
      volumes: [{name: "v", hostPath: {path: "/srv"}}],
      containers: [{name: "a", image: "i", volumeMounts: [{name: "v", mountPath: "/m", mountPropagation: $mode}]}]}}}}'
}
json=(--header 'Content-Type: application/json')

for name in a b; do
  "$mountguard" certs issue --out "$work/$name" --service mountguard --namespace mountguard --ip 127.0.0.1 >/dev/null
done
tls=(--tls-cert-file "$work/a/tls.crt" --tls-private-key-file "$work/a/tls.key")

printf 'current-context: x\ncontexts: [{name: x, context: {cluster: x}}]\nclusters: [{name: x, cluster: {server: "http://127.0.0.1:1"}}]\n' >"$work/kubeconfig"

# What stops it from starting.
expect_start_failure 2 "--tls-cert-file and --tls-private-key-file"
expect_start_failure 2 "--tls-certfile" --tls-certfile x
expect_start_failure 2 "is no duration" "${tls[@]}" --idle-timeout soon
expect_start_failure 2 "--max-connections: 0 is not between" "${tls[@]}" --max-connections 0
expect_start_failure 2 "--client-allowed-names needs --client-ca-file" "${tls[@]}" --client-allowed-names x
expect_start_failure 2 "Deny" "${tls[@]}" --enforcement-action Refuse
expect_start_failure 3 "No such file or directory" --tls-cert-file "$work/none" --tls-private-key-file "$work/a/tls.key"
expect_start_failure 2 "tls.key" --tls-cert-file "$work/a/tls.crt" --tls-private-key-file "$work/b/tls.key"
expect_start_failure 2 "swapped?" --tls-cert-file "$work/a/tls.key" --tls-private-key-file "$work/a/tls.crt"
expect_start_failure 3 "No such file or directory" "${tls[@]}" --policy "$work/none.yaml"
printf 'apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: x}\nspec:\n  rule: []\n' >"$work/broken.yaml"
expect_start_failure 2 "broken.yaml:5:3" "${tls[@]}" --policy "$work/broken.yaml"
managed=(--manage-certificates --service-name mountguard --namespace mountguard --webhook-configuration mountguard)
expect_start_failure 2 "needs --service-name" --manage-certificates
expect_start_failure 2 "needs --webhook-configuration" --manage-certificates --service-name x
expect_start_failure 2 "need --manage-certificates" "${tls[@]}" --service-name x
expect_start_failure 2 "take away --tls-cert-file" "${tls[@]}" "${managed[@]}"
expect_start_failure 2 "is no Kubernetes name" "${managed[@]}" --certificate-secret No_Name
expect_start_failure 2 "renewed too late" "${managed[@]}" --certificate-lifetime 5m --kubeconfig "$work/kubeconfig"
expect_start_failure 2 "three times as long" "${managed[@]}" --ca-lifetime 3000h --kubeconfig "$work/kubeconfig"
expect_start_failure 3 "--kubeconfig FILE tells where" "${managed[@]}"
expect_start_failure 3 "No such file or directory" "${managed[@]}" --kubeconfig "$work/none"
expect_start_failure 2 "TLS_NONSENSE" "${tls[@]}" --tls-cipher-suites TLS_NONSENSE
chmod 755 "$work" "$work/b" && chmod 644 "$work/b/tls.crt" && chmod 000 "$work/b/tls.key"
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if "${as[@]}" test -x "$mountguard"; then
  expect_start_failure 3 "Permission denied" --tls-cert-file "$work/b/tls.crt" --tls-private-key-file "$work/b/tls.key"
else
  echo "skipped: an unreadable key, because root reads everything and nobody else may run $mountguard"
fi
as=()
chmod 600 "$work/b/tls.key"

# What it answers.
printf 'apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: first}\nspec:\n  rules:\n    - {name: no-slaves, match: [{mountPropagation: [HostToContainer]}]}\n' >"$work/policy.yaml"
start --policy "$work/policy.yaml"
expect_start_failure 3 "${address##*:}" "${tls[@]}" --secure-port "${address##*:}"
ask 200 ok "https://$address/livez"
ask 200 '[+]policy ok' "https://$address/readyz?verbose"
review None >"$work/none.json"
review HostToContainer >"$work/slave.json"
review Bidirectional >"$work/shared.json"
ask 200 '"allowed":true' "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate?timeout=5s"
ask 200 '[no-slaves]' "${json[@]}" --data-binary "@$work/slave.json" "https://$address/validate"
ask 200 '[bidirectional-requires-privileged]' "${json[@]}" --data-binary "@$work/shared.json" "https://$address/validate"
ask 400 'not valid JSON' "${json[@]}" --data-binary 'nonsense' "https://$address/validate"
ask 400 'holds no request' "${json[@]}" --data-binary '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}' "https://$address/validate"
ask 404 'no profile' "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate/nosuch"
ask 404 '"kind":"Status"' "https://$address/nosuch"
ask 405 '"kind":"Status"' "https://$address/validate"
ask 415 '"kind":"Status"' --header 'Content-Type: text/plain' --data-binary '{}' "https://$address/validate"
gzip --stdout "$work/none.json" >"$work/none.gz"
ask 415 'Content-Encoding' "${json[@]}" --header 'Content-Encoding: gzip' --data-binary "@$work/none.gz" "https://$address/validate"
head --bytes 8000000 /dev/zero >"$work/large"
ask 413 '"kind":"Status"' "${json[@]}" --header 'Expect:' --data-binary "@$work/large" "https://$address/validate"
ask 200 'mountguard_admission_requests_total{decision="deny",kind="Pod",operation="CREATE"} 2' "http://$metrics/metrics"

# A broken edit of the policy changes nothing; a good one is in force, through an editor's rename.
cp "$work/broken.yaml" "$work/policy.yaml"
wait_for 'policy not reloaded'
ask 200 '[no-slaves]' "${json[@]}" --data-binary "@$work/slave.json" "https://$address/validate"
ask 200 ok "https://$address/readyz"
sed 's/no-slaves/no-slaves-2/' >"$work/next" <<<'{"apiVersion": "mountguard.io/v1", "kind": "MountPolicy", "metadata": {"name": "next"}, "spec": {"rules": [{"name": "no-slaves", "match": [{"mountPropagation": ["HostToContainer"]}]}]}}'
mv "$work/next" "$work/policy.yaml"
for _ in $(seq 200); do
  curl --silent --cacert "$work/a/ca.crt" "${json[@]}" --data-binary "@$work/slave.json" "https://$address/validate" >"$work/answer"
  grep --quiet no-slaves-2 "$work/answer" && break
  sleep 0.1
done
grep --quiet no-slaves-2 "$work/answer" || fail "the new policy never came into force: $(cat "$work/log")"

# A certificate that does not fit changes nothing; a pair that does is served.
cp "$work/a/tls.key" "$work/a/kept.key"
cp "$work/b/tls.key" "$work/a/tls.key"
wait_for 'certificate not reloaded'
ask 200 ok "https://$address/livez"
cp "$work/b/tls.crt" "$work/a/tls.crt"
wait_for 'certificate in force'
cp "$work/b/ca.crt" "$work/a/ca.crt"
ask 200 ok "https://$address/livez"
stop_server
wait_for '"msg":"stopped"'

# Policies from a directory and a file, profiles by URL; a broken policy is refused before it is in force.
mkdir "$work/policies"
printf 'apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: p}\nspec:\n  profiles: [strict]\n  rules:\n    - {name: no-slaves, match: [{mountPropagation: [HostToContainer]}]}\n' >"$work/policies/strict.yaml"
printf 'apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: e}\nspec:\n  kubernetesRules: Warn\n' >"$work/everywhere.yaml"
echo 'nonsense' >"$work/policies/README.md"
start --policy "$work/policies" --policy "$work/everywhere.yaml"
ask 200 '"allowed":true' "${json[@]}" --data-binary "@$work/slave.json" "https://$address/validate"
ask 200 '[no-slaves]' "${json[@]}" --data-binary "@$work/slave.json" "https://$address/validate/strict"
ask 200 '"decision":"warn"' "${json[@]}" --data-binary "@$work/shared.json" "https://$address/validate/strict"
ask 404 'known profiles: strict' "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate/nosuch"
config_map() { # config_map KEY FILE: the creation of a ConfigMap with policies
  jq --compact-output --null-input --arg key "$1" --rawfile text "$2" '{kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: {
    uid: "u", operation: "CREATE", namespace: "n", name: "c", kind: {group: "", version: "v1", kind: "ConfigMap"}, object: {apiVersion: "v1",
    kind: "ConfigMap", metadata: {name: "c", labels: {"mountguard.io/policy": "true"}}, data: {($key): $text}}}}'
}
config_map strict.yaml "$work/policies/strict.yaml" >"$work/good.json"
config_map other.yaml "$work/policies/strict.yaml" >"$work/twice.json"
config_map broken.yaml "$work/broken.yaml" >"$work/bad.json"
ask 200 '"allowed":true' "${json[@]}" --data-binary "@$work/good.json" "https://$address/validate-policy"
ask 200 'duplicate rule name' "${json[@]}" --data-binary "@$work/twice.json" "https://$address/validate-policy"
ask 200 'data[broken.yaml]: line 5, column 3: unknown field' "${json[@]}" --data-binary "@$work/bad.json" "https://$address/validate-policy"
ask 400 '"kind":"Status"' "${json[@]}" --data-binary 'nonsense' "https://$address/validate-policy"
ask 405 '"kind":"Status"' "https://$address/validate-policy"
ask 415 '"kind":"Status"' --header 'Content-Type: text/plain' --data-binary '{}' "https://$address/validate-policy"
wait_for '"msg":"policy review","decision":"deny"'
stop_server

# A client certificate, where one is asked for; probes need none.
start --client-ca-file "$work/b/ca.crt"
ask 200 ok "https://$address/readyz"
ask 401 'client certificate' "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate"
ask 401 'client certificate' "${json[@]}" --data-binary "@$work/good.json" "https://$address/validate-policy"
ask 404 '"kind":"Status"' "http://$metrics/debug/"
stop_server

# The client CA is read again; a broken one changes nothing. Any serving pair is a client's here, by its CA.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=clients-2 \
  -keyout "$work/ca2.key" -out "$work/ca2.crt" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver \
  -keyout "$work/client.key" -out "$work/client.csr" 2>/dev/null
openssl x509 -req -in "$work/client.csr" -CA "$work/ca2.crt" -CAkey "$work/ca2.key" -CAcreateserial -days 1 \
  -extfile <(echo extendedKeyUsage=clientAuth) -out "$work/client.crt" 2>/dev/null
client=(--cert "$work/client.crt" --key "$work/client.key")
cp "$work/b/ca.crt" "$work/clients.crt"
start --client-ca-file "$work/clients.crt" --profiling
ask 401 'does not trust' "${client[@]}" "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate"
echo nonsense >"$work/clients.crt"
wait_for 'client CA not reloaded'
ask 401 'does not trust' "${client[@]}" "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate"
cp "$work/ca2.crt" "$work/clients.crt"
wait_for 'client CA in force'
ask 200 '"allowed":true' "${client[@]}" "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate"
ask 401 'asks for a client certificate' "${json[@]}" --data-binary "@$work/none.json" "https://$address/validate"
ask 200 'mountguard_client_ca_reloads_total{result="success"} 1' "http://$metrics/metrics"

# What it says of itself with --profiling.
ask 200 '/debug/connections' "http://$metrics/debug/"
ask 200 '"digest":"sha256:' "http://$metrics/debug/policy"
ask 200 '"secure-port":"0"' "http://$metrics/debug/flags"
ask 200 '"name":"acceptor"' "http://$metrics/debug/threads"
exec 9<>"/dev/tcp/${address%:*}/${address#*:}"
for _ in $(seq 100); do
  curl --silent "http://$metrics/debug/connections" >"$work/answer"
  jq --exit-status '.[0] | .phase == "handshake" and .requests == 0 and (.remoteAddress | startswith("127.0.0.1:"))' "$work/answer" >/dev/null && break
  sleep 0.1
done
jq --exit-status 'length == 1' "$work/answer" >/dev/null || fail "not the one connection: $(cat "$work/answer")"
exec 9>&-
stop_server
expect_start_failure 2 '--profiling needs --metrics-bind-address' --tls-cert-file "$work/a/tls.crt" --tls-private-key-file "$work/a/tls.key" --profiling

# A Secret's volume: whole new pairs by a swap of ..data; what is broken changes nothing.
volume=$work/volume
mkdir "$volume" "$volume/..1" "$volume/..2" "$volume/..3" "$volume/..4"
cp "$work/b/tls.crt" "$work/b/tls.key" "$volume/..1"
"$mountguard" certs issue --out "$work/c" --ip 127.0.0.1 --days 7 >/dev/null
head --bytes 300 "$work/c/tls.crt" >"$volume/..2/tls.crt" # half written
cp "$work/c/tls.key" "$volume/..2"
cp "$work/c/tls.crt" "$volume/..3" # the key of another
cp "$work/b/tls.key" "$volume/..3"
cp "$work/c/tls.crt" "$work/c/tls.key" "$volume/..4"
ln --symbolic ..1 "$volume/..data"
ln --symbolic ..data/tls.crt ..data/tls.key "$volume"
swap() {
  ln --symbolic "$1" "$volume/..next"
  mv --no-target-directory "$volume/..next" "$volume/..data"
}
days_left() { # days_left DAYS: so many the metric must tell
  local expiry
  expiry=$(curl --silent "http://$metrics/metrics" | sed -n 's/^mountguard_certificate_expiry_timestamp_seconds{certificate="serving"} //p')
  [ $(((${expiry%.*} - $(date +%s) + 43200) / 86400)) -eq "$1" ] || fail "the metric says that the certificate expires at $expiry, not in $1 days"
}
start_server --tls-cert-file "$volume/tls.crt" --tls-private-key-file "$volume/tls.key"
cp "$work/b/ca.crt" "$work/a/ca.crt"
days_left 90
swap ..2
wait_for 'the file is cut short'
swap ..3
wait_for 'does not fit'
ask 200 '[+]certificate ok' "https://$address/readyz?verbose"
days_left 90
ask 200 'mountguard_certificate_reloads_total{result="failure"} 2' "http://$metrics/metrics"
swap ..4
wait_for 'certificate in force'
cp "$work/c/ca.crt" "$work/a/ca.crt"
ask 200 ok "https://$address/livez"
days_left 7
rm "$volume/..data"
wait_for 'No such file or directory'
ask 200 ok "https://$address/readyz"
stop_server

# Certificates that look after themselves, while the API server is not there: it lives, is not ready,
# and tells why to whom asks without verifying, as a kubelet does.
start_server "${managed[@]}" --kubeconfig "$work/kubeconfig"
wait_for 'certificate step failed'
ask 200 ok --insecure "https://$address/livez"
ask 503 'certificate failed: there is none yet: GET /api/v1/namespaces/mountguard/secrets/mountguard-certificates: API server 127.0.0.1:1: no connection' \
  --insecure "https://$address/readyz"
ask 200 'mountguard_certificate_manager_up 0' "http://$metrics/metrics"
ask 200 'mountguard_certificate_manager_steps_total{result="unreachable",step="read-secret"}' "http://$metrics/metrics"
stop_server

[ "$failures" -eq 0 ] && echo "serve: all well"
[ "$failures" -eq 0 ]
