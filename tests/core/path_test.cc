#include "core/path.h"

#include <catch2/catch.hpp>

#include <string>

using mountguard::core::CleanPath;
using mountguard::core::IsAtOrUnder;

TEST_CASE("a clean path has one form") {
  CHECK(CleanPath("/a//b/./c/../d/") == "/a/b/d");
  CHECK(CleanPath("/") == "/");
  CHECK(CleanPath("//") == "/");
  CHECK(CleanPath("/../..") == "/");
  CHECK(CleanPath("a/./b") == "a/b");
  CHECK(CleanPath("a/..") == "");
  CHECK(CleanPath("") == "");
}

TEST_CASE("/var/run is /run") {
  CHECK(CleanPath("/var/run") == "/run");
  CHECK(CleanPath("/var//run/x") == "/run/x");
  CHECK(CleanPath("/x/../var/run") == "/run");
  CHECK(CleanPath("/var/running") == "/var/running");
  CHECK(CleanPath("/a/var/run") == "/a/var/run");
}

TEST_CASE("a path that is clean already is not copied") {
  std::string storage;
  const std::string path = "/var/lib/kubelet";
  CHECK(CleanPath(path, &storage).data() == path.data());
  CHECK(storage.empty());
  const std::string_view cleaned = CleanPath("/var/lib/kubelet/", &storage);
  CHECK(cleaned == path);
  CHECK(cleaned.data() == storage.data());
}

TEST_CASE("one path lies under another on the borders of components") {
  CHECK(IsAtOrUnder("/a/b", "/a"));
  CHECK(IsAtOrUnder("/a", "/a"));
  CHECK(IsAtOrUnder("/a", "/"));
  CHECK(IsAtOrUnder("/", "/"));
  CHECK_FALSE(IsAtOrUnder("/ab", "/a"));
  CHECK_FALSE(IsAtOrUnder("/", "/a"));
  CHECK_FALSE(IsAtOrUnder("a", "/"));
  CHECK_FALSE(IsAtOrUnder("", "/"));
  CHECK_FALSE(IsAtOrUnder("/a", ""));
}

TEST_CASE("a path is cleaned wherever its odd component is") {
  for (const char* path : {"./a/b", "/./a/b", "/a/./b", "/a/b/.", "/a/b/..//b", "//a/b", "/a//b",
                           "/a/x/../b", "/a/b//"}) {
    CAPTURE(path);
    CHECK(CleanPath(path) == (path[0] == '/' ? "/a/b" : "a/b"));
  }
  for (const char* path : {"/.a/..b/c.", "/...", ".a", "a.", "..."}) {
    CAPTURE(path);
    CHECK(CleanPath(path) == path);
  }
  std::string storage;
  CHECK(CleanPath("/var/run/x", &storage) == "/run/x");
  CHECK(storage.empty());
}
