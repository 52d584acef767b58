# What untouched.sh tries on its node, in which it is sourced.

failed=0
commands=0

complain() {
  echo "$1"
  sed 's/^/  /' /tmp/out /tmp/err
  failed=1
}

# Every process's mounts, the commands' own aside.
tables() {
  local pid
  for pid in 1 $(pgrep -x 'containerd|kubelet|agent'); do
    echo "process $pid"
    cat "/proc/$pid/mountinfo"
  done
}

as_root() { "$@"; }
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

# try WHO CODE COMMAND...: it exits with CODE and leaves all mounts as they are.
try() {
  local who=$1 want=$2 code=0 before
  shift 2
  commands=$((commands + 1))
  before=$(tables)
  "as_$who" mountguard node "$@" >/tmp/out 2>/tmp/err </dev/null || code=$?
  [ "$code" = "$want" ] || complain "as $who, node $*: exit code $code, not $want"
  [ "$(tables)" = "$before" ] || complain "as $who, node $*: it has changed mounts"
}

# says TEXT [FILE]: the last command did, on its standard output or in FILE.
says() {
  grep -q -- "$1" "${2:-/tmp/out}" || complain "expected: $1"
}

agent=$(pgrep -x agent)
kept=pods/7a1f/volumes/data
for format in text json html; do
  try root 0 inspect --all -o $format
  says $kept
  # Everyone may read mount tables; whose namespace it is, only root.
  try nobody 0 inspect --all -o $format
  says $kept
done
for who in root nobody; do
  try $who 0 inspect --pid "$agent"
  says "kept from being unmounted"
  try $who 3 inspect --pid 999999
  says "there is no process 999999" /tmp/err
  try $who 3 inspect --pod monitoring/agent
  says "no container of a pod monitoring/agent runs on this node" /tmp/err
done
try nobody 0 inspect --pid "$agent"
says "its number takes root"
try root 0 inspect --pid "$agent"
if grep -q "takes root" /tmp/out; then complain "root is told that it takes root"; fi

# What the runtime recorded is of containers in cgroups, which this node has none of: 3.
install -m 644 /root/agent-mended.yaml /tmp/pod.yaml
mkdir -p /srv/closed/data
chmod 700 /srv/closed
for who in root nobody; do
  try $who 3 verify --pod /tmp/pod.yaml --container "agent=$agent"
  says kernel-differs
  try $who 0 doctor /srv/data --mode Bidirectional --mode HostToContainer
  says "Bidirectional  *served"
done
try root 0 doctor /srv/closed/data --mode Bidirectional
try nobody 3 doctor /srv/closed/data --mode Bidirectional
says "Permission denied"

# Somebody else mounts something, and watch tells of it and does nothing.
for who in root nobody; do
  rm -f /tmp/err
  "as_$who" timeout 30 mountguard node watch --events 1 >/tmp/out 2>/tmp/err </dev/null &
  watcher=$!
  for ((i = 0; i < 200; i++)); do grep -q watching /tmp/err 2>/dev/null && break; sleep 0.05; done
  mkdir -p "/srv/data/$who"
  mount -t tmpfs "seen-by-$who" "/srv/data/$who"
  before=$(tables)
  wait $watcher || complain "as $who, node watch: exit code $?"
  says "appeared /srv/data/$who"
  [ "$(tables)" = "$before" ] || complain "as $who, node watch: it has changed mounts"
  commands=$((commands + 1))
done

echo "$commands commands, $([ $failed = 0 ] && echo 'no mount changed' || echo 'some are wrong')"
exit $failed
