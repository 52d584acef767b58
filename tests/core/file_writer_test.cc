#include "core/file_writer.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>

#include "core/file_reader.h"
#include "tests/temporary_directory.h"

using mountguard::core::SystemFileReader;
using mountguard::core::WriteFileAtomically;
using mountguard::tests::TemporaryDirectory;

namespace {

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("a file is written whole, with its mode, and nothing is left beside it") {
  const TemporaryDirectory directory;
  const std::string path = (directory / "tls.key").string();
  const std::string content(300'000, 'k');
  REQUIRE(WriteFileAtomically(path, content, 0600).has_value());
  CHECK(SystemFileReader().Read(path).value() == content);
  CHECK(ModeOf(path) == 0600);
  CHECK(SystemFileReader().List(directory.path()).value() == std::vector<std::string>{"tls.key"});
}

TEST_CASE("nothing of a file is seen while it is written, so that nothing is left of it") {
  const TemporaryDirectory directory;
  const int unnamed = ::open(directory.path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (unnamed < 0) {
    WARN("skipped: the file system of " << directory.path() << " has no files without a name");
    return;
  }
  ::close(unnamed);
  const auto write = [&directory](std::ostream& out) {
    out << "half" << std::flush;
    CHECK(SystemFileReader().List(directory.path()).value().empty());
  };
  REQUIRE(WriteFileAtomically((directory / "report.html").string(), write, 0644).has_value());
  CHECK(SystemFileReader().Read((directory / "report.html").string()).value() == "half");
}

TEST_CASE("a file that others could read is replaced by one that they cannot") {
  const TemporaryDirectory directory;
  const std::string path = (directory / "tls.key").string();
  std::ofstream(path) << "old";
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  REQUIRE(WriteFileAtomically(path, "new", 0600).has_value());
  CHECK(SystemFileReader().Read(path).value() == "new");
  CHECK(ModeOf(path) == 0600);
}

TEST_CASE("what cannot be written is named, and nothing is left behind") {
  const TemporaryDirectory directory;
  const std::string absent = (directory / "absent" / "tls.crt").string();
  CHECK(WriteFileAtomically(absent, "x", 0644).error().message ==
        "cannot write " + absent + ": No such file or directory");

  const std::string taken = (directory / "taken").string();
  std::filesystem::create_directory(taken);
  CHECK(WriteFileAtomically(taken, "x", 0644).error().message ==
        "cannot write " + taken + ": Is a directory");
  CHECK(SystemFileReader().List(directory.path()).value() == std::vector<std::string>{"taken"});
}

TEST_CASE("what a function writes is put in place as a whole or not at all") {
  const TemporaryDirectory directory;
  const std::string path = (directory / "report").string();
  const auto lines = [](std::ostream& out) {
    for (int i = 0; i < 100'000; ++i) out << i << '\n';
  };
  REQUIRE(WriteFileAtomically(path, lines, 0644).has_value());
  const std::string content = SystemFileReader().Read(path).value();
  CHECK(content.size() == 588'890);
  CHECK(content.substr(content.size() - 6) == "99999\n");

  const auto breaks = [](std::ostream& out) {
    out << "half";
    out.setstate(std::ios::badbit);
  };
  CHECK_FALSE(WriteFileAtomically(path, breaks, 0644).has_value());
  CHECK(SystemFileReader().Read(path).value() == content);
  CHECK(SystemFileReader().List(directory.path()).value() == std::vector<std::string>{"report"});
}
