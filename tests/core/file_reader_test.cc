#include "core/file_reader.h"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <utility>

#include "tests/temporary_directory.h"

using mountguard::core::SystemFileReader;
using mountguard::tests::TemporaryDirectory;

TEST_CASE("a file that is not there is named with the system's reason") {
  const auto content = SystemFileReader().Read("no/such/file.yaml");
  REQUIRE_FALSE(content.has_value());
  CHECK(content.error().message == "no/such/file.yaml: No such file or directory");
}

TEST_CASE("a refused permission names mode, owner and who asked") {
  const TemporaryDirectory directory;
  ::chmod(directory.path().c_str(), 0755);
  const std::string path = (directory / "tls.key").string();
  std::ofstream(path) << "secret";
  ::chmod(path.c_str(), 0);
  const uid_t owner = ::getuid();
  const uid_t asker = owner == 0 ? 65534 : owner;  // root reads everything
  REQUIRE(::seteuid(asker) == 0);
  const auto content = SystemFileReader().Read(path);
  REQUIRE(::seteuid(owner) == 0);
  REQUIRE_FALSE(content.has_value());
  CHECK(content.error().message == path + ": Permission denied (mode 0000, owner " +
                                       std::to_string(owner) + ":" + std::to_string(::getgid()) +
                                       "; this process runs as " + std::to_string(asker) + ":" +
                                       std::to_string(::getegid()) + ")");
}

TEST_CASE("a link says where it leads, and what is no link says so") {
  const TemporaryDirectory directory;
  const std::string path = (directory / "mnt").string();
  REQUIRE(::symlink("mnt:[4026531841]", path.c_str()) == 0);
  const auto target = SystemFileReader().ReadLink(path);
  REQUIRE(target.has_value());
  CHECK(*target == "mnt:[4026531841]");
  const auto none = SystemFileReader().ReadLink(directory.path());
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message == directory.path() + ": Invalid argument");
}

TEST_CASE("a directory is listed sorted and without its dots") {
  const TemporaryDirectory directory;
  for (const char* name : {"b.yaml", "a.yaml", ".hidden"}) {
    std::ofstream(directory / name) << "";
  }
  const auto names = SystemFileReader().List(directory.path());
  REQUIRE(names.has_value());
  CHECK(*names == std::vector<std::string>{".hidden", "a.yaml", "b.yaml"});
}

TEST_CASE("what is in a directory is told with its kind, by the system and by asking for each") {
  using Kind = mountguard::core::DirectoryEntry::Kind;
  const TemporaryDirectory directory;
  std::ofstream(directory / "a.yaml") << "a: 1";
  REQUIRE(::mkdir((directory / "b").c_str(), 0755) == 0);
  REQUIRE(::symlink("b", (directory / "c").c_str()) == 0);
  REQUIRE(::mkfifo((directory / "d").c_str(), 0644) == 0);
  const SystemFileReader reader;
  const bool by_asking = GENERATE(false, true);
  const auto entries = by_asking
                           ? reader.mountguard::core::FileReader::ListEntries(directory.path())
                           : reader.ListEntries(directory.path());
  REQUIRE(entries.has_value());
  REQUIRE(entries->size() == 4);
  const std::array<std::pair<const char*, Kind>, 4> expected{{{"a.yaml", Kind::kFile},
                                                              {"b", Kind::kDirectory},
                                                              {"c", Kind::kSymlink},
                                                              {"d", Kind::kSpecial}}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK((*entries)[i].name == expected[i].first);
    CHECK((*entries)[i].kind == expected[i].second);
  }
  CHECK_FALSE(reader.ListEntries("no/such").has_value());
}
