# The nodes on which docs/debugging.md is tried: sourced by run.py in namespaces of its own. Each
# function makes a small node with one symptom; none touches a mount or file of the real machine.

# A node with a root file system of its own, whose mounts are as the kernel makes them: private.
make_node() {
  local root
  root=$(mktemp -d)
  mount -t tmpfs -o mode=755 node "$root"
  cd "$root"
  mkdir -p usr etc/systemd/system proc dev tmp srv/data root run/netns var/lib/kubelet/pods \
    var/lib/containers/storage var/log containers old
  local folder
  for folder in bin sbin lib lib32 lib64; do
    if [ -L "/$folder" ]; then
      cp -P "/$folder" .
    elif [ -d "/$folder" ]; then
      mkdir "$folder" && mount --bind "/$folder" "$folder"
    fi
  done
  cp /etc/ld.so.cache /etc/passwd /etc/group etc/ 2>/dev/null || true
  mount --bind /usr usr
  mount -t tmpfs programs usr/local/bin
  mount -t proc proc proc
  mount -t tmpfs devices dev
  mknod -m 666 dev/null c 1 3
  cp "$MOUNTGUARD" usr/local/bin/mountguard
  cp "$MANIFESTS"/*.yaml "$MANIFESTS"/../*.sh root/
  pivot_root . old
  umount --lazy /old
  rmdir /old
  cd /root
  export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 LC_ALL=C.UTF-8
  program runc 'runc version 1.2.4'
  program kubelet 'Kubernetes v1.36.3'
  # Where the containers' roots are; the runtimes keep theirs private, too.
  mount -t tmpfs containers /containers
  mount --make-private /containers
}

# A program that prints its version, and waits where it is not asked for it.
program() {
  cat >"/usr/local/bin/$1" <<END
#!/bin/bash
[ "\$1" = --version ] && echo '$2' && exit
trap 'kill \$!; exit' TERM
sleep infinity &
wait
END
  chmod 755 "/usr/local/bin/$1"
}

# The runtime, by its name as the kernel has it; with --apart in a mount namespace of its own, which
# is a slave of the node's and shared within, as systemd makes them.
runtime() {
  local version='containerd github.com/containerd/containerd/v2 v2.0.4'
  program containerd "$version"
  program agent '' && program driver ''
  if [ "${1:-}" = --apart ]; then
    unshare --mount --propagation slave bash -c 'mount --make-rshared / && exec containerd' \
      >/dev/null 2>&1 &
  else
    containerd >/dev/null 2>&1 &
  fi
  kubelet >/dev/null 2>&1 &
  settle containerd
  settle kubelet
}

# Waits until a process of that name is there, and only one: what it starts has its name at first.
settle() {
  local tries pid
  for ((tries = 0; tries < 200; tries++)); do
    pid=$(pgrep -x "$1") && pgrep -x sleep --parent "$pid" >/dev/null 2>&1 && return
    sleep 0.05
  done
  echo "$1 does not run"
  exit 1
}

# A container: NAME MODE FROM TO, mounted as runc does it; the process is named NAME.
container() {
  cat >/run/start-container <<'END'
set -e
name=$1 mode=$2 from=$3 to=$4
root=/containers/$name
mkdir -p $root/{usr,proc,old,dev}$5 $root$to $root/old
for folder in bin sbin lib lib32 lib64; do [ -L /$folder ] && cp -P /$folder $root/; done
[ -L /lib ] || mount --rbind /lib $root/lib
mount --bind $root $root
mount --rbind /usr $root/usr
mount --rbind $from $root$to
mount --make-rprivate $root/usr
mount $6 --make-$mode $root$to
mount --make-private /
cd $root
mount -t proc proc proc
mount -t tmpfs devices dev
mknod -m 666 dev/null c 1 3
pivot_root . old
mount --make-rslave /old
umount --lazy /old
exec $name
END
  unshare --mount --propagation unchanged bash /run/start-container "$@" >/dev/null 2>/run/container.log &
  settle "$1" || cat /run/container.log
}

not_shared() { make_node && runtime; }

shared() { make_node && mount --make-rshared / && mount --make-private /containers && runtime; }

apart() { make_node && mount --make-rshared / && mount --make-private /containers && runtime --apart; }

separate() { shared && mount -t tmpfs disk /var/lib/kubelet && mount --make-private /var/lib/kubelet && mkdir /var/lib/kubelet/pods; }

stacked() {
  shared
  mkdir /data
  mount -t tmpfs disk /data
  mount --make-private /data
  mount --bind /data /data
  mount --make-shared /data
}

linked() { shared && mkdir -p /mnt/data && ln -s /mnt/data /data && mount -t tmpfs disk /mnt/data && mount --make-private /mnt/data; }

# An agent that took a copy of the node's mounts, and a volume that came later.
later() {
  shared
  container agent rprivate /var/lib/kubelet /kubelet
  nsenter --target "$(pgrep -x agent)" --mount mount -o remount,bind,ro /kubelet
  mkdir -p /var/lib/kubelet/pods/7a1f/volumes/data
  mount -t tmpfs volume /var/lib/kubelet/pods/7a1f/volumes/data
}

# A volume that was there when the agent started, and is gone from the node since.
pinned() {
  shared
  mkdir -p /var/lib/kubelet/pods/7a1f/volumes/data
  mount -t tmpfs volume /var/lib/kubelet/pods/7a1f/volumes/data
  container agent rprivate /var/lib/kubelet /kubelet
  umount /var/lib/kubelet/pods/7a1f/volumes/data
}

# What restarts of a container leave behind whose Bidirectional mount covers another of its mounts.
grown() {
  shared
  mkdir -p /srv/driver/state
  local start
  for start in 1 2 3; do
    unshare --mount --propagation unchanged mount --bind /srv/driver/state /srv/driver/state
  done
}

# A service-account token that a Bidirectional mount over it left on the node.
token() {
  shared
  mkdir -p /srv/tok/secrets/kubernetes.io/serviceaccount
  mount -t tmpfs tmpfs /srv/tok/secrets/kubernetes.io/serviceaccount
}

below() {
  shared
  mkdir -p /srv/archive/usb
  mount -t tmpfs usb /srv/archive/usb
  container agent rprivate /srv/archive /archive
  nsenter --target "$(pgrep -x agent)" --mount mount -o remount,bind,ro /archive
}

manifests() { make_node; }
