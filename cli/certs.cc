#include "cli/certs.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <istream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certs/api_access.h"
#include "certs/ca_injector.h"
#include "certs/certificate_facts.h"
#include "certs/issuer.h"
#include "certs/kubernetes_api.h"
#include "cli/table.h"
#include "core/file_writer.h"
#include "core/names.h"

namespace mountguard::cli {
namespace {

constexpr std::chrono::seconds kApiTimeout(30);

ExitCode Fail(ExitCode code, const core::Error& error, Environment& env) {
  fmt::print(env.err, "{}\n", error.message);
  return code;
}

/// "-" is standard input.
core::Result<std::string> ReadFileOrStdin(const std::string& path, Environment& env) {
  if (path != "-") return env.files.Read(path);
  std::string content(std::istreambuf_iterator<char>(env.in), {});
  if (env.in.bad()) return core::Failure("standard input cannot be read");
  return content;
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
  if (paths.empty())
    return WrongUsage(command, "expected a PEM file, or - for standard input", env);
  ExitCode code = ExitCode::kClean;
  for (const std::string& path : paths) {
    auto content = ReadFileOrStdin(path, env);
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

// ---- certs inject ------------------------------------------------------------------------------

struct InjectFlags {
  std::string ca_file;
  certs::BundleRequest request;
  bool dry_run = false;
  std::string kubeconfig;
  std::string validating;
  std::string mutating;
  std::string definition;
  std::vector<std::string> files;

  bool is_live() const { return !validating.empty() || !mutating.empty() || !definition.empty(); }
};

/// One line of the report: "deploy/webhook.yaml:12", "ValidatingWebhookConfiguration/mountguard"...
struct InjectLine {
  std::string where;
  std::string configuration;
  std::string webhook;
  bool changed = false;
};

void WriteReport(const std::vector<InjectLine>& lines, std::ostream& out, Environment& env) {
  Table table({"WHERE", "CONFIGURATION", "WEBHOOK", "CABUNDLE"});
  for (const InjectLine& line : lines) {
    table.Add({line.where, line.configuration, line.webhook,
               line.changed ? "written" : "was right already"});
  }
  table.Write("", env.terminal, out);
}

/// Puts `text` in the place of a file, through links to it and with the mode that it has.
core::Result<void> Rewrite(const std::string& path, const std::string& text) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  if (error) return core::Failure(fmt::format("{}: {}", path, error.message()));
  const auto permissions = std::filesystem::status(target, error).permissions();
  if (error) return core::Failure(fmt::format("{}: {}", path, error.message()));
  return core::WriteFileAtomically(target.string(), text, static_cast<mode_t>(permissions));
}

std::string ConfigurationText(certs::WebhookKind kind, const std::string& name) {
  return fmt::format("{}/{}", ToString(kind), name);
}

ExitCode InjectIntoFile(const std::string& path, const InjectFlags& flags,
                        std::vector<InjectLine>* report, Environment& env) {
  const auto content = ReadFileOrStdin(path, env);
  if (!content) return Fail(ExitCode::kUnreadable, content.error(), env);
  const auto injected = certs::InjectBundle(path, *content, flags.request);
  if (!injected) return Fail(ExitCode::kUsage, injected.error(), env);
  if (injected->clients.empty()) {
    return Fail(ExitCode::kUsage,
                {fmt::format("{}: there is no webhook{}{} in it; expected a "
                             "ValidatingWebhookConfiguration, a MutatingWebhookConfiguration or a "
                             "CustomResourceDefinition with a conversion webhook",
                             path, flags.request.service.empty() ? "" : " of service ",
                             flags.request.service)},
                env);
  }
  bool changed = false;
  for (const certs::InjectedClient& client : injected->clients) {
    changed = changed || client.changed;
    report->push_back({fmt::format("{}:{}", path, client.line),
                       ConfigurationText(client.kind, client.configuration), client.webhook,
                       client.changed});
  }
  if (path == "-" || flags.dry_run) {
    env.out << injected->text;
    return ExitCode::kClean;
  }
  if (!changed) return ExitCode::kClean;
  if (const auto written = Rewrite(path, injected->text); !written) {
    return Fail(ExitCode::kUnreadable, written.error(), env);
  }
  return ExitCode::kClean;
}

/// As kubectl finds it: the flag, then $KUBECONFIG, then the pod's own, then ~/.kube/config.
certs::ApiAccessSource LiveAccess(const std::string& kubeconfig, const core::FileReader& files) {
  const auto environment = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
  };
  std::string path = kubeconfig.empty() ? environment("KUBECONFIG") : kubeconfig;
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  if (path.empty() && !host.empty()) {
    return [host, port = environment("KUBERNETES_SERVICE_PORT"), &files] {
      return certs::ReadInCluster(host, port, files);
    };
  }
  if (path.empty()) path = environment("HOME") + "/.kube/config";
  return [path, &files] { return certs::ReadKubeconfig(path, files); };
}

ExitCode InjectIntoCluster(certs::WebhookKind kind, const std::string& name,
                           const InjectFlags& flags, certs::KubernetesApi* api,
                           std::vector<InjectLine>* report, Environment& env) {
  constexpr int kTries = 5;  // somebody else may write it at the same time
  for (int tries = 1;; ++tries) {
    const auto configuration = api->GetWebhooks(kind, name);
    if (!configuration) {
      return Fail(ExitCode::kUnreadable, {configuration.error().message}, env);
    }
    std::vector<InjectLine> lines;
    std::map<std::string, std::string> bundles;
    for (const certs::WebhookClient& client : configuration->clients) {
      if (!IsAskedFor(flags.request, client)) continue;
      std::string bundle = BundleFor(flags.request, client);
      const bool changed = bundle != client.ca_bundle;
      lines.push_back({"cluster", ConfigurationText(kind, name), client.name, changed});
      if (changed) bundles[client.pointer] = std::move(bundle);
    }
    if (lines.empty()) {
      return Fail(
          ExitCode::kUsage,
          {fmt::format("{}: there is no such webhook in it", ConfigurationText(kind, name))}, env);
    }
    if (!bundles.empty() && !flags.dry_run) {
      const auto written = api->SetCaBundles(*configuration, bundles);
      if (!written && written.error().kind == certs::ApiError::Kind::kConflict && tries < kTries) {
        continue;
      }
      if (!written) return Fail(ExitCode::kUnreadable, {written.error().message}, env);
    }
    std::move(lines.begin(), lines.end(), std::back_inserter(*report));
    return ExitCode::kClean;
  }
}

std::optional<std::string> WrongInjection(const InjectFlags& flags) {
  if (flags.ca_file.empty()) return "--ca-file FILE is missing: the CA's certificate";
  if (flags.files.empty() == !flags.is_live()) {
    return "expected either manifests, or one of --webhook-configuration, "
           "--mutating-webhook-configuration and --crd";
  }
  if (!flags.request.service_namespace.empty() && flags.request.service.empty()) {
    return "--namespace says which --service is meant: give that too";
  }
  for (const std::string* name : {&flags.validating, &flags.mutating, &flags.definition}) {
    if (!name->empty() && !core::IsDns1123Subdomain(*name)) {
      return fmt::format("\"{}\" is no Kubernetes name", *name);
    }
  }
  return std::nullopt;
}

ExitCode RunCertsInject(const Command& command, const Arguments& arguments, Environment& env) {
  InjectFlags flags;
  const std::vector<FlagGroup> groups = {
      {"What to write",
       {{"--ca-file", &flags.ca_file, "FILE", "PEM, one or more CA certificates"},
        {"--add", &flags.request.add, "", "beside the CAs that are there, not in their place"}}},
      {"Where (all webhooks, if nothing is said)",
       {{"--service", &flags.request.service, "NAME", "only webhooks that call this Service"},
        {"--namespace", &flags.request.service_namespace, "NS", "of that Service"},
        {"--dry-run", &flags.dry_run, "", "write no file and nothing to the cluster; show it"}}},
      {"In a cluster, instead of files",
       {{"--webhook-configuration", &flags.validating, "NAME", "a ValidatingWebhookConfiguration"},
        {"--mutating-webhook-configuration", &flags.mutating, "NAME",
         "a MutatingWebhookConfiguration"},
        {"--crd", &flags.definition, "NAME", "a CustomResourceDefinition's conversion webhook"},
        {"--kubeconfig", &flags.kubeconfig, "FILE",
         "default: $KUBECONFIG, the pod's service account, ~/.kube/config"}}}};
  if (const auto done = ParseFlags(command, groups, &flags.files, arguments, env)) return *done;
  if (const auto wrong = WrongInjection(flags)) return WrongUsage(command, *wrong, env);

  auto content = env.files.Read(flags.ca_file);
  if (!content) return Fail(ExitCode::kUnreadable, content.error(), env);
  auto bundle = certs::ReadBundle({flags.ca_file, std::move(*content)});
  if (!bundle) return Fail(ExitCode::kUsage, bundle.error(), env);
  flags.request.pem = std::move(*bundle);

  ExitCode code = ExitCode::kClean;
  std::vector<InjectLine> report;
  for (const std::string& file : flags.files) {
    code = Combine(code, InjectIntoFile(file, flags, &report, env));
  }
  certs::HttpKubernetesApi api(LiveAccess(flags.kubeconfig, env.files), kApiTimeout, env.clock);
  const std::pair<certs::WebhookKind, const std::string&> live[] = {
      {certs::WebhookKind::kValidating, flags.validating},
      {certs::WebhookKind::kMutating, flags.mutating},
      {certs::WebhookKind::kConversion, flags.definition}};
  for (const auto& [kind, name] : live) {
    if (name.empty()) continue;
    code = Combine(code, InjectIntoCluster(kind, name, flags, &api, &report, env));
  }
  // Where a manifest is the result, the report is not.
  const bool shows_manifest =
      !flags.files.empty() && (flags.dry_run || std::find(flags.files.begin(), flags.files.end(),
                                                          "-") != flags.files.end());
  if (!report.empty()) WriteReport(report, shows_manifest ? env.err : env.out, env);
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
    "FILE...|-",
    "say what a certificate or key file holds",
    "Names, dates, key and what is wrong with it, for every certificate and key of the files.\n"
    "Secret parts of keys are never shown.",
    "  mountguard certs show certs/tls.crt\n",
    &RunCertsShow,
};

const Command kCertsInjectCommand = {
    "certs inject",
    "--ca-file FILE MANIFEST...|-",
    "write a CA into the caBundle of webhooks",
    "Writes it into ValidatingWebhookConfigurations, MutatingWebhookConfigurations and the\n"
    "conversion webhooks of CustomResourceDefinitions: in manifests, of which everything else "
    "stays as\n"
    "it is, comments too, or in a cluster. What standard input holds goes to standard output.",
    "  mountguard certs inject --ca-file certs/ca.crt deploy/webhook.yaml\n"
    "  helm template chart | mountguard certs inject --ca-file certs/ca.crt - | kubectl apply -f "
    "-\n"
    "  mountguard certs inject --ca-file new-ca.crt --add --webhook-configuration mountguard\n",
    &RunCertsInject,
};

}  // namespace mountguard::cli
