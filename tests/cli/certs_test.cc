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

constexpr const char* kWebhook =
    "# kept\nkind: ValidatingWebhookConfiguration\n"
    "apiVersion: admissionregistration.k8s.io/v1\nmetadata: {name: m}\n"
    "webhooks:\n- name: a\n  clientConfig:\n    url: https://h/\n";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("A CA is written into manifests, in place, through links and with their modes",
          "[certs]") {
  const tests::TemporaryDirectory directory;
  const std::string certs = (directory / "certs").string();
  REQUIRE(RunProgram({"certs", "issue", "--out", certs, "--dns", "h"}).code == ExitCode::kClean);
  const std::string file = (directory / "w.yaml").string();
  const std::string link = (directory / "link.yaml").string();
  std::ofstream(file) << kWebhook;
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  std::filesystem::create_symlink(file, link);

  const Arguments inject = {"certs", "inject", "--ca-file", certs + "/ca.crt", link};
  Arguments dry_run = inject;
  dry_run.push_back("--dry-run");
  const Ran shown = RunProgram(dry_run);
  CHECK(shown.code == ExitCode::kClean);
  CHECK(ReadFile(file) == kWebhook);

  const Ran written = RunProgram(inject);
  CHECK(written.code == ExitCode::kClean);
  CHECK(written.err.empty());
  CHECK_THAT(written.out, Contains(link + ":8") && Contains("ValidatingWebhookConfiguration/m") &&
                              Contains("written"));
  CHECK(ReadFile(file) == shown.out);
  CHECK_THAT(shown.out, StartsWith("# kept\n") && Contains("\n    caBundle: LS0tLS1CRUdJTi"));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0600));
  CHECK_THAT(RunProgram(inject).out, Contains("was right already"));

  const Ran piped = RunProgram({"certs", "inject", "--ca-file", certs + "/ca.crt", "-"}, kWebhook);
  CHECK(piped.code == ExitCode::kClean);
  CHECK(piped.out == shown.out);
  CHECK_THAT(piped.err, Contains("-:8"));
}

TEST_CASE("Wrong wishes of certs inject exit 2, what cannot be read 3", "[certs]") {
  const tests::TemporaryDirectory directory;
  const std::string certs = (directory / "certs").string();
  REQUIRE(RunProgram({"certs", "issue", "--out", certs, "--dns", "h"}).code == ExitCode::kClean);
  const std::string file = (directory / "w.yaml").string();
  std::ofstream(file) << "kind: Service\n";
  const auto inject = [&](const Arguments& more) {
    Arguments arguments = {"certs", "inject"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments);
  };
  const std::string ca = certs + "/ca.crt";
  CHECK_THAT(inject({file}).err, Contains("--ca-file FILE is missing"));
  CHECK_THAT(inject({"--ca-file", ca}).err, Contains("expected either manifests, or one of"));
  CHECK(inject({"--ca-file", ca, file, "--crd", "x"}).code == ExitCode::kUsage);
  CHECK(inject({"--ca-file", ca, file, "--namespace", "x"}).code == ExitCode::kUsage);
  CHECK(inject({"--ca-file", ca, "--crd", "../x"}).code == ExitCode::kUsage);
  const Ran none = inject({"--ca-file", ca, file});
  CHECK(none.code == ExitCode::kUsage);
  CHECK_THAT(none.err, Contains("there is no webhook in it"));
  CHECK(inject({"--ca-file", certs + "/ca.key", file}).code == ExitCode::kUsage);
  CHECK(inject({"--ca-file", certs + "/none", file}).code == ExitCode::kUnreadable);
  CHECK(inject({"--ca-file", ca, file + "x"}).code == ExitCode::kUnreadable);
  const Ran unreachable =
      inject({"--ca-file", ca, "--webhook-configuration", "m", "--kubeconfig", file + "x"});
  CHECK(unreachable.code == ExitCode::kUnreadable);
  CHECK_THAT(unreachable.err, Contains(file + "x: No such file or directory"));
}

}  // namespace
}  // namespace mountguard::cli
