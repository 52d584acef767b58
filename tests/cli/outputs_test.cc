#include "cli/outputs.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/cli/run.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

const std::string kClean =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: "
    "[{name: c, image: i}]}\n";

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Ran CheckInto(const std::vector<std::string>& outputs) {
  Arguments arguments = {"check", "-"};
  for (const std::string& output : outputs) arguments.insert(arguments.end(), {"-o", output});
  return RunProgram(arguments, kClean);
}

TEST_CASE("Every report gets its file, and one goes to standard output", "[outputs]") {
  const tests::TemporaryDirectory directory;
  const std::string base = directory.path() + "/report.";
  const Ran ran = CheckInto({"json=" + base + "json", "github=-", "html=" + base + "html"});
  CHECK(ran.code == ExitCode::kClean);
  CHECK(ran.out == "1 file, 1 object, 0 mounts: nothing found\n");
  CHECK_THAT(ReadAll(base + "json"), Contains("CheckReport"));
  CHECK_THAT(ReadAll(base + "html"), Contains("<!DOCTYPE html>"));
}

TEST_CASE("A report that cannot be written is told and spares the others", "[outputs]") {
  const tests::TemporaryDirectory directory;
  const std::string good = directory.path() + "/good.json";
  const Ran ran = CheckInto({"sarif=" + directory.path(), "json=" + good,
                             "html=" + directory.path() + "/no/x.html", "text"});
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK(ran.err == "no sarif report: cannot write " + directory.path() +
                       ": it is a directory\nno html report: cannot write " + directory.path() +
                       "/no/x.html: No such file or directory\n");
  CHECK_FALSE(ReadAll(good).empty());
  CHECK_THAT(ran.out, Contains("nothing found"));
}

TEST_CASE("A report that can never be written is told before the work", "[outputs]") {
  const tests::TemporaryDirectory directory;
  const std::string absent = directory.path() + "/no/x.json";
  const Ran ran = RunProgram(
      {"check", "-", "-o", "json=" + absent, "--policy", directory.path() + "/no.yaml"}, kClean);
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK_THAT(ran.err, StartsWith("no json report: cannot write " + absent +
                                 ": No such file or directory\n"));
  CHECK_THAT(ran.err, Contains("no.yaml"));
}

TEST_CASE("A report that was there is replaced, and no half of one is left", "[outputs]") {
  const tests::TemporaryDirectory directory;
  const fs::path file = directory / "report.json";
  std::ofstream(file) << std::string(100000, 'x');
  CHECK(CheckInto({"json=" + file.string()}).code == ExitCode::kClean);
  CHECK(ReadAll(file).rfind("{\n", 0) == 0);
  CHECK(std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("A link stays a link, and what it points to is replaced", "[outputs]") {
  const tests::TemporaryDirectory directory;
  const fs::path file = directory / "real.json";
  const fs::path link = directory / "link.json";
  std::ofstream(file) << "old";
  fs::create_symlink(file, link);
  CHECK(CheckInto({"json=" + link.string()}).code == ExitCode::kClean);
  CHECK(fs::is_symlink(link));
  CHECK_THAT(ReadAll(file), Contains("CheckReport"));
}

TEST_CASE("A device is written to and never replaced", "[outputs]") {
  CHECK(CheckInto({"json=/dev/null"}).code == ExitCode::kClean);
  CHECK(fs::is_character_file("/dev/null"));
  const Ran full = CheckInto({"json=/dev/full"});
  CHECK(full.code == ExitCode::kUnreadable);
  CHECK(full.err == "no json report: cannot write /dev/full: No space left on device\n");
}

}  // namespace
}  // namespace mountguard::cli
