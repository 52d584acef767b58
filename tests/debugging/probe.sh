# Holds what `node doctor` says against what the kernel does: sourced by cases.sh.

# hold PATH ANSWERS CASES: the answers for Bidirectional and HostToContainer, the ids of cases.
hold() {
  local path=$1 answers=$2 ids=$3 pid report said found
  pid=$(pgrep -o -x containerd)
  report=$(mountguard node doctor "$path" --mode Bidirectional --mode HostToContainer --runtime-pid "$pid") || true
  said=$(sed -nE 's/^  (Bidirectional|HostToContainer) +([a-z-]+).*/\2/p' <<<"$report" | xargs)
  found=$(sed -nE 's/^  ([a-z-]+): .*/\1/p' <<<"$report" | xargs)
  if [ "$said" != "$answers" ] || [ "$found" != "$ids" ]; then
    echo "expected: $answers ($ids); said: $said ($found)"
    echo "$report"
    return 1
  fi
  local really
  really="$(publishes "$path" "$pid") $(hears "$path" "$pid")"
  local mode=0 answer
  for answer in $answers; do
    mode=$((mode + 1))
    local seen
    seen=$(cut -d' ' -f$mode <<<"$really")
    # What the runtime refuses would perhaps propagate: of two stacked mounts it looks at the other.
    case "$answer $seen" in
    "served yes" | "without-effect no" | refused*) ;;
    *)
      echo "said: $answers; really: $really"
      echo "$report"
      return 1
      ;;
    esac
  done
}

# Starts a container that mounts PATH with MODE, runs COMMAND in it, and waits for /tmp/go.
as_runc() {
  mkdir -p /containers/probe
  rm -f /tmp/ready /tmp/go /tmp/answer
  nsenter --target "$2" --mount unshare --mount --propagation unchanged bash -c "
    mkdir -p /containers/probe
    mount --rbind '$1' /containers/probe && mount --make-r$3 /containers/probe && $4
    touch /tmp/ready
    for ((i = 0; i < 200; i++)); do [ -e /tmp/go ] && break; sleep 0.05; done
    $5 && echo yes >/tmp/answer || echo no >/tmp/answer" >/dev/null 2>&1 &
  container=$!
  local i
  for ((i = 0; i < 200; i++)); do [ -e /tmp/ready ] && break; sleep 0.05; done
}

# Whether the node sees what a Bidirectional container mounts.
publishes() {
  mkdir -p "$1/out"
  as_runc "$1" "$2" shared 'mount -t tmpfs from-container /containers/probe/out' true
  grep -q from-container /proc/1/mountinfo && echo yes || echo no
  touch /tmp/go
  wait $container
}

# Whether a HostToContainer container sees what the node mounts.
hears() {
  mkdir -p "$1/in"
  as_runc "$1" "$2" slave true 'grep -q "/containers/probe/in .*from-host" /proc/self/mountinfo'
  mount -t tmpfs from-host "$1/in"
  touch /tmp/go
  wait $container
  cat /tmp/answer
  umount "$1/in"
}
