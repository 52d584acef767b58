#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/cli/run.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("Certificates are issued into a directory and shown in words", "[certs]") {
  const tests::TemporaryDirectory directory;
  const std::string out = directory.path() + "/certs";
  const Ran issue = RunProgram({"certs", "issue", "--out", out, "--service", "hook", "--namespace",
                                "guard", "--ip", "127.0.0.1", "--days", "7"});
  CHECK(issue.err.empty());
  REQUIRE(issue.code == ExitCode::kClean);
  for (const char* name : {"ca.crt", "ca.key", "tls.crt", "tls.key"}) {
    INFO(name);
    CHECK(std::filesystem::exists(out + "/" + name));
    CHECK_THAT(issue.out, Contains(name));
  }
  const Ran show = RunProgram({"certs", "show", out + "/tls.crt", out + "/ca.crt"});
  CHECK(show.code == ExitCode::kClean);
  CHECK_THAT(show.out, Contains("hook.guard.svc") && Contains("127.0.0.1"));
}

TEST_CASE("Nothing is issued without a name or over files that exist", "[certs]") {
  const tests::TemporaryDirectory directory;
  const Ran nameless = RunProgram({"certs", "issue", "--out", directory.path()});
  CHECK(nameless.code == ExitCode::kUsage);
  CHECK(nameless.out.empty());
  CHECK(std::filesystem::is_empty(directory.path()));

  const Arguments issue = {"certs", "issue", "--out", directory.path(), "--dns", "a.example"};
  REQUIRE(RunProgram(issue).code == ExitCode::kClean);
  const Ran again = RunProgram(issue);
  CHECK(again.code == ExitCode::kUnreadable);
  CHECK(again.out.empty());
  CHECK_FALSE(again.err.empty());
}

TEST_CASE("What is no certificate exits 2, what cannot be read exits 3", "[certs]") {
  const tests::TemporaryDirectory directory;
  const std::string file = (directory / "x.pem").string();
  std::ofstream(file) << "hello\n";
  const Ran wrong = RunProgram({"certs", "show", file});
  CHECK(wrong.code == ExitCode::kUsage);
  CHECK_THAT(wrong.err, Contains(file));
  CHECK(RunProgram({"certs", "show", file + "x"}).code == ExitCode::kUnreadable);
  CHECK(RunProgram({"certs", "show", file + "x", file}).code == ExitCode::kUsage);
}

}  // namespace
}  // namespace mountguard::cli
