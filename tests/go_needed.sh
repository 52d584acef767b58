# Sourced by the tests that are Go modules: need_go or skip, saying why. ctest takes 77 for "skipped".

skip() {
  echo "skipped: $1" >&2
  exit 77
}

# need_go: a Go that is new enough, and the modules of the current folder's go.mod.
need_go() {
  local needed=1.26 version
  command -v go >/dev/null || skip "no go on the PATH; Go $needed or newer is needed"
  # A newer toolchain must be asked for by whoever runs this, not fetched behind their back.
  export GOTOOLCHAIN=local
  version=$(go env GOVERSION)
  printf '%s\n' "go$needed" "$version" | sort --version-sort --check=quiet ||
    skip "$version is older than Go $needed"
  go list -deps -test ./... >/dev/null || skip "the Go modules of go.mod are not at hand"
}
