#!/usr/bin/env bash
# Builds the container image of mountguard without a daemon, the same bytes every time, and its SBOM:
#
#   deploy/image/build.sh --output FILE.tar [--tag NAME] [--sbom FILE] [--binary FILE]
#   deploy/image/build.sh --rootfs DIRECTORY [--binary FILE]
#
# FILE.tar is an OCI layout that `docker load` takes as well: ctr -n k8s.io images import FILE.tar,
# skopeo copy oci-archive:FILE.tar docker://NAME. NAME is ghcr.io/mountguard/mountguard:VERSION unless
# given. --sbom is FILE.spdx.json unless given. --rootfs writes the files alone, for a Dockerfile.
#
# Needs Debian's python3, binutils and dpkg, and the whole program: build/release/mountguard-server is built if
# it is not there; in the image it is /usr/bin/mountguard. All times in the image are SOURCE_DATE_EPOCH, by default that of the last commit.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

for tool in python3 strip readelf ldd dpkg-query; do
  command -v "$tool" >/dev/null || {
    echo "$tool is missing: apt-get install python3 binutils libc-bin dpkg" >&2
    exit 2
  }
done

case " $* " in
  *' --binary'* | *' --help '* | *' -h '*) ;;
  *)
    if [ ! -x "$root/build/release/mountguard-server" ]; then
      . "$root/deploy/dependencies.sh"
      require_packages "${build_packages[@]}" >&2
      cmake -S "$root" --preset release -DMOUNTGUARD_TESTS=OFF >&2
      cmake --build "$root/build/release" --target mountguard_server >&2
    fi
    set -- --binary "$root/build/release/mountguard-server" "$@"
    ;;
esac

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)
  export SOURCE_DATE_EPOCH
fi
# -I and -B: neither the environment nor a cache changes what is built.
exec /usr/bin/python3 -IB "$root/deploy/image/build.py" "$@"
