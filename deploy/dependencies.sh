# Sourced by deploy/try.sh and tests/run.sh: the Debian packages that mountguard is built from.
# Works on a bare debian:12; installs only what is missing, and only through apt.

build_packages=(
  g++ cmake ninja-build pkg-config
  libcpp-httplib-dev libssl-dev nlohmann-json3-dev libyaml-cpp-dev libyaml-dev libsimdjson-dev
  libcli11-dev libspdlog-dev libfmt-dev prometheus-cpp-dev
)

# require_packages PACKAGE...: installs those that are not there yet.
require_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null) == *'ok installed' ]] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "installing ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "these Debian packages are missing, and there is neither root nor sudo to install them:" \
        "${missing[*]}" >&2
      exit 1
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
