#include "cli/certs.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <chrono>
#include <string>

#include "certs/certificate_facts.h"
#include "certs/issuer.h"
#include "cli/table.h"

namespace mountguard::cli {
namespace {

ExitCode Fail(ExitCode code, const core::Error& error, Environment& env) {
  fmt::print(env.err, "{}\n", error.message);
  return code;
}

ExitCode RunCertsIssue(const Command& command, const Arguments& arguments, Environment& env) {
  certs::IssueOptions options;
  std::string directory;
  std::string algorithm(ToString(options.algorithm));
  int days = 90;
  int ca_days = 3650;
  const std::vector<FlagGroup> groups = {
      {"Names (at least one)",
       {{"--service", &options.service, "NAME", "the Service in front of the webhook"},
        {"--namespace", &options.service_namespace, "NS", "its namespace"},
        {"--dns", &options.dns_names, "NAME", "a DNS name, repeatable"},
        {"--ip", &options.ip_addresses, "ADDRESS", "an IP address, repeatable"}}},
      {"Certificates",
       {{"--out", &directory, "DIR", "where the files go; it is made if need be"},
        {"--days", &days, "N", "how long the serving certificate is valid (90)"},
        {"--ca-days", &ca_days, "N", "how long the CA is valid (3650)"},
        {"--algorithm", &algorithm, "ecdsa-p256|rsa-2048", "of both keys (ecdsa-p256)"}}}};
  if (const auto done = ParseFlags(command, groups, nullptr, arguments, env)) return *done;
  if (directory.empty()) return WrongUsage(command, "--out DIR is missing", env);
  options.lifetime = std::chrono::days(days);
  options.ca_lifetime = std::chrono::days(ca_days);
  options.algorithm = *certs::KeyAlgorithmFromText(algorithm);

  const auto issued = certs::Issue(options, env.clock);
  if (!issued) return WrongUsage(command, issued.error().message, env);
  if (const auto written = certs::WriteCertificates(directory, *issued); !written) {
    return Fail(ExitCode::kUnreadable, written.error(), env);
  }
  Table table({"FILE", "WHAT IT IS FOR"});
  table.Add({directory + "/ca.crt", "caBundle of the webhook configuration"});
  table.Add({directory + "/ca.key", "signs further certificates: keep it away from the server"});
  table.Add({directory + "/tls.crt", "mountguard serve --tls-cert-file"});
  table.Add({directory + "/tls.key", "mountguard serve --tls-private-key-file"});
  table.Write("", env.terminal, env.out);
  return ExitCode::kClean;
}

ExitCode RunCertsShow(const Command& command, const Arguments& arguments, Environment& env) {
  std::vector<std::string> paths;
  if (const auto done = ParseFlags(command, {}, &paths, arguments, env)) return *done;
  if (paths.empty()) return WrongUsage(command, "expected a PEM file", env);
  ExitCode code = ExitCode::kClean;
  for (const std::string& path : paths) {
    auto content = env.files.Read(path);
    if (!content) {
      code = Combine(code, Fail(ExitCode::kUnreadable, content.error(), env));
      continue;
    }
    const auto description = certs::DescribePemFile({path, std::move(*content)}, env.clock.Now());
    if (!description) {
      code = Combine(code, Fail(ExitCode::kUsage, description.error(), env));
      continue;
    }
    env.out << *description;
  }
  return code;
}

}  // namespace

const Command kCertsIssueCommand = {
    "certs issue",
    "--out DIR",
    "issue a CA and a serving certificate for the webhook",
    "Writes ca.crt, ca.key, tls.crt and tls.key. Files that exist are never replaced.",
    "  mountguard certs issue --out certs --service mountguard --namespace mountguard-system\n"
    "  mountguard certs issue --out certs --ip 127.0.0.1 --dns localhost --days 7\n",
    &RunCertsIssue,
};

const Command kCertsShowCommand = {
    "certs show",
    "FILE...",
    "say what a certificate or key file holds",
    "Names, dates, key and what is wrong with it, for every certificate and key of the files.\n"
    "Secret parts of keys are never shown.",
    "  mountguard certs show certs/tls.crt\n",
    &RunCertsShow,
};

}  // namespace mountguard::cli
