# Sourced by tests that run `mountguard serve` as a process: $mountguard is the program and $work a
# folder of the test's own, which is removed at the end.

server=
clean_up() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# start_server FLAG...: on free ports of 127.0.0.1; $address and $metrics say which.
start_server() {
  local _
  : >"$work/log"
  "$mountguard" serve --bind-address 127.0.0.1 --secure-port 0 --metrics-bind-address 127.0.0.1:0 \
    --shutdown-delay 0s "$@" 2>"$work/log" &
  server=$!
  for _ in $(seq 200); do
    metrics=$(jq -r 'select(.msg == "listening" and .endpoint == "metrics").address' "$work/log")
    address=$(jq -r 'select(.msg == "listening" and .endpoint == "secure").address' "$work/log")
    [ -z "$metrics" ] || [ -z "$address" ] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server did not start: $(cat "$work/log")"
  exit 1
}

stop_server() {
  local status=0
  kill -TERM "$server"
  wait "$server" || status=$?
  server=
  [ "$status" -eq 0 ] || fail "SIGTERM ended the server with $status: $(cat "$work/log")"
}
