#!/usr/bin/env bash
# What `mountguard serve` speaks of TLS, as openssl's client sees it: versions, suites, ALPN,
# renegotiation, compression, resumption, the chain. tls_protocols_test.sh MOUNTGUARD
set -euo pipefail

mountguard=$1
work=$(mktemp -d)
. "$(dirname "$0")/server_process.sh"

# As docs/operations.md has them: what is on, and what is on only if it is named.
default_suites=(AES128-GCM-SHA256 AES256-GCM-SHA384 CHACHA20-POLY1305)
named_suites=(AES128-SHA AES256-SHA)
preferred13=TLS_AES_128_GCM_SHA256
tls13_suites=(TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256)

# hello ARGUMENT...: one handshake; what the client says of it goes to $work/hello.
hello() { openssl s_client -connect "$address" "$@" </dev/null >"$work/hello" 2>&1 || true; }

# expect TEXT ARGUMENT...: the client must say TEXT, a regular expression.
expect() {
  local text=$1
  shift
  hello "$@"
  grep --quiet --extended-regexp -- "$text" "$work/hello" || fail "$what: s_client $* did not say '$text': $(tail -n 30 "$work/hello")"
}
accepted() { expect "^New, TLSv1[.0-3]*, Cipher is $1$" "${@:2}"; } # the version is the suite's
# The server says no, with an alert: no handshake, and not because the client would not ask.
refused() { expect 'SSL alert number (40|70)' "$@"; }

# alert_to VERSION-BYTE: what a server answers to a bare ClientHello of that version (00: SSL 3.0),
# in hex. openssl's own client has forgotten the oldest.
alert_to() {
  local hello
  hello="\\x03\\x$1$(printf '\\x2a%.0s' {1..32})\\x00\\x00\\x04\\x00\\x2f\\x00\\x0a\\x01\\x00" # two suites, no compression
  exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
  printf "\\x16\\x03\\x00\\x00\\x2f\\x01\\x00\\x00\\x2b$hello" >&3
  timeout 10 head --bytes 7 <&3 | od -An -tx1 | tr -d ' \n' || true
  exec 3>&-
}

expect_alert() { # expect_alert VERSION-BYTE ALERT
  local alert
  alert=$(alert_to "$1")
  [[ $alert = 15????000202$2 ]] || fail "$what: version 03$1 was answered with '$alert', expected the alert 0x$2"
}

issue() { "$mountguard" certs issue --out "$work/$1" --ip 127.0.0.1 --algorithm "$2" >/dev/null; }
issue ECDSA ecdsa-p256
issue RSA rsa-2048
serve() { # serve ECDSA|RSA FLAG...
  start_server --tls-cert-file "$work/$1/tls.crt" --tls-private-key-file "$work/$1/tls.key" "${@:2}"
}

for key in ECDSA RSA; do
  what="defaults, $key"
  serve "$key"
  # Versions. The client must be let to speak the old ones (SECLEVEL=0), or it is it that refuses.
  refused -tls1 -cipher ALL:@SECLEVEL=0
  refused -tls1_1 -cipher ALL:@SECLEVEL=0
  # SSL 3.0 has no alert for a wrong version but handshake_failure (0x28); TLS 1.0 has (0x46), which
  # shows that the same hello gets as far as its version.
  expect_alert 00 28
  expect_alert 01 46
  expect '^ +Protocol +: TLSv1.2$' -tls1_2
  accepted "$preferred13" -tls1_3

  # Suites: each that is documented, alone; and all others at once, of which none may be chosen.
  documented=()
  for suite in "${default_suites[@]}"; do
    accepted "ECDHE-$key-$suite" -tls1_2 -cipher "ECDHE-$key-$suite"
    documented+=(":-ECDHE-$key-$suite")
  done
  for suite in "${tls13_suites[@]}"; do accepted "$suite" -tls1_3 -ciphersuites "$suite"; done
  weak="ALL:COMPLEMENTOFALL$(printf '%s' "${documented[@]}"):@SECLEVEL=0"
  count=$(openssl ciphers -s -tls1_2 "$weak" | tr ':' '\n' | wc -l)
  [ "$count" -gt 50 ] || fail "$what: openssl knows only $count other suites, so refusing them proves little"
  refused -tls1_2 -cipher "$weak"
  for suite in TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256; do refused -tls1_3 -ciphersuites "$suite"; done
  # Go's order, not the client's.
  accepted "ECDHE-$key-AES128-GCM-SHA256" -tls1_2 -cipher "ECDHE-$key-AES256-GCM-SHA384:ECDHE-$key-AES128-GCM-SHA256"
  stop_server

  what="CBC named, $key"
  names=()
  for suite in "${named_suites[@]}"; do names+=("TLS_ECDHE_${key}_WITH_${suite/AES/AES_}"); done
  serve "$key" --tls-cipher-suites "$(IFS=,; echo "${names[*]/%-SHA/_CBC_SHA}")"
  for suite in "${named_suites[@]}"; do accepted "ECDHE-$key-$suite" -tls1_2 -cipher "ECDHE-$key-$suite"; done
  refused -tls1_2 -cipher "ECDHE-$key-AES128-GCM-SHA256"
  accepted TLS_AES_256_GCM_SHA384 -tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384
  stop_server
done

what='--tls-min-version VersionTLS13'
serve ECDSA --tls-min-version VersionTLS13
refused -tls1_2
accepted "$preferred13" -tls1_3
stop_server
what='only suites of TLS 1.3'
serve ECDSA --tls-cipher-suites TLS_AES_128_GCM_SHA256
refused -tls1_2
accepted "$preferred13" -tls1_3
stop_server

what='ALPN'
serve ECDSA
expect '^ALPN protocol: http/1.1$' -alpn h2,http/1.1
expect '^No ALPN negotiated$' -tls1_3
expect 'SSL alert number 120' -alpn h2

what='renegotiation'
expect '^Secure Renegotiation IS supported$' -tls1_2 # no attacker can splice one in
{ echo R && sleep 2; } | openssl s_client -connect "$address" -tls1_2 >"$work/hello" 2>&1 || true
grep --quiet '^RENEGOTIATING' "$work/hello" || fail "$what: the client never asked: $(cat "$work/hello")"
grep --quiet --ignore-case 'no renegotiation' "$work/hello" || fail "$what: was not refused: $(cat "$work/hello")"

what='compression'
expect '^Compression: NONE$' -tls1_2 -comp

what='resumption'
expect '^New, TLSv1.2' -tls1_2 -reconnect
! grep --quiet '^Reused' "$work/hello" || fail "$what: a session of TLS 1.2 was resumed"
[ "$(grep --count '^New, TLSv1.2' "$work/hello")" -eq 6 ] || fail "$what: six handshakes were asked for: $(cat "$work/hello")"
# TLS 1.3 hands tickets out after the handshake: wait for an answer, behind which one would have come.
printf 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
  openssl s_client -connect "$address" -tls1_3 -ign_eof >"$work/hello" 2>&1 || true
grep --quiet '^HTTP/1.1 200' "$work/hello" || fail "$what: no answer: $(cat "$work/hello")"
! grep --quiet 'New Session Ticket' "$work/hello" || fail "$what: TLS 1.3 gave a ticket"
stop_server

what='chain'
mkdir "$work/chain"
(
  cd "$work/chain"
  certificate() { # certificate NAME SIGNER EXTENSION...
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" "${@:2}" -days 2 -out "$1.crt" 2>/dev/null
  }
  printf 'basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n' >ca.ext
  printf 'basicConstraints=CA:false\nsubjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' >leaf.ext
  certificate root -signkey root.key -extfile ca.ext
  certificate middle -CA root.crt -CAkey root.key -CAcreateserial -extfile ca.ext
  certificate leaf -CA middle.crt -CAkey middle.key -CAcreateserial -extfile leaf.ext
  cat leaf.crt middle.crt >tls.crt
)
start_server --tls-cert-file "$work/chain/tls.crt" --tls-private-key-file "$work/chain/leaf.key"
expect '^Verify return code: 0 \(ok\)$' -CAfile "$work/chain/root.crt" -verify_ip 127.0.0.1 -showcerts
[ "$(grep --count 'BEGIN CERTIFICATE' "$work/hello")" -eq 2 ] || fail "$what: the leaf and who signed it were not both sent: $(cat "$work/hello")"
stop_server

[ "$failures" -eq 0 ] && echo "tls: all well"
[ "$failures" -eq 0 ]
