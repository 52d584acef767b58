// Prints what many rules cost:
//   request  an admission with 10,000 rules, none of which speaks of the pod, against 10: CPU a
//            request of `mountguard serve`, and of the engine alone
//   load     loading 10,000 rules, against yaml-cpp's own LoadAll of the same bytes
// Rounds are interleaved; the figures that matter are ratios within this one run.

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/json_reader.h"
#include "policy/engine.h"
#include "policy/policy_lint.h"
#include "policy/policy_loader.h"
#include "tests/bench/child.h"
#include "tests/bench/compare.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/policy_text.h"
#include "tests/bench/review_body.h"

namespace mountguard::bench {
namespace {

constexpr int kLoadCore = 1;
constexpr int kFewRules = 10;
constexpr int kManyRules = 10'000;
constexpr int kEvaluations = 2'000;
constexpr double kMaxRequestRatio = 1.3;
constexpr double kMaxLoadRatio = 1.5;

struct Settings {
  std::string mountguard;
  std::string certificate;
  std::string key;
  std::string directory;  // for policy files
  int rounds = 5;
  std::chrono::milliseconds duration{1200};
};

std::shared_ptr<const policy::PolicySet> Load(const std::string& text) {
  policy::LoadedPolicies loaded = policy::LoadPolicies({{"large.yaml", text}});
  if (loaded.policies == nullptr) {
    throw std::runtime_error("the policy is wrong: " + loaded.problems.front().message);
  }
  return std::move(loaded.policies);
}

void PrintHead() {
  fmt::print("{:<34} {:>12} {:>12} {:>7} {:>7}\n", "", "base", "this", "ratio", "limit");
}

/// `limit` of 0: for information.
void PrintRow(const std::string& what, double base, double value, const char* unit, double limit) {
  const auto with_unit = [unit](double number) { return fmt::format("{:.1f} {}", number, unit); };
  fmt::print("{:<34} {:>12} {:>12} {:>7.2f} {:>7}\n", what, with_unit(base), with_unit(value),
             value / base, limit > 0 ? fmt::format("{:.1f}", limit) : "");
}

// What a request costs

std::string WritePolicy(const Settings& settings, int rules) {
  const std::string path = fmt::format("{}/{}.yaml", settings.directory, rules);
  std::ofstream(path) << PolicyText(rules);
  return path;
}

void CompareServers(const Settings& settings) {
  const auto target = [&settings](int rules) {
    return Target{fmt::format("{}", rules),
                  {settings.mountguard, "serve", "--bind-address", "127.0.0.1", "--secure-port",
                   "0", "--metrics-bind-address", "", "--shutdown-delay", "0s", "--tls-cert-file",
                   settings.certificate, "--tls-private-key-file", settings.key, "--policy",
                   WritePolicy(settings, rules)}};
  };
  LoadOptions options;
  options.body = ReviewBody();
  options.duration = settings.duration;
  options.connections = 16;
  const auto medians = Compare({target(kFewRules), target(kManyRules)}, settings.rounds, options);
  const Sample& few = medians.at(fmt::format("{}", kFewRules));
  const Sample& many = medians.at(fmt::format("{}", kManyRules));
  PrintRow("CPU a request, 16 connections", few.cpu_us, many.cpu_us, "us", kMaxRequestRatio);
  PrintRow("resident memory", few.resident_mb, many.resident_mb, "MB", 0);
}

/// One pod, judged again and again by one engine.
class Admission {
 public:
  explicit Admission(int rules)
      : engine_(Load(PolicyText(rules)), "", core::Runtime::kContainerd), body_(ReviewBody()) {
    const core::JsonValue request = parser_.Parse(body_).value().Get("request");
    facts_.user = "system:serviceaccount:kube-system:daemon-set-controller";
    facts_.groups = {"system:serviceaccounts", "system:serviceaccounts:kube-system",
                     "system:authenticated"};
    facts_.namespace_name = "storage";
    facts_.dry_run = false;
    subject_.Read(facts_, engine_.workloads(), engine_.metadata_keys(), request.Get("object"),
                  core::JsonValue());
  }

  /// Of one evaluation, in microseconds.
  double Cost() {
    return Seconds([this] {
             for (int i = 0; i < kEvaluations; ++i) engine_.Evaluate(subject_, {}, &verdict_);
           }) *
           1e6 / kEvaluations;
  }

 private:
  policy::Engine engine_;
  std::string body_;
  core::JsonParser parser_;
  policy::RequestFacts facts_;
  policy::Subject subject_;
  policy::Verdict verdict_;
};

void CompareEngines(const Settings& settings) {
  Admission few(kFewRules), many(kManyRules);
  double best_few = std::numeric_limits<double>::infinity(), best_many = best_few;
  for (int round = 0; round < settings.rounds; ++round) {
    best_few = std::min(best_few, few.Cost());
    best_many = std::min(best_many, many.Cost());
  }
  PrintRow("the engine's part of it", best_few, best_many, "us", 0);
}

// What loading costs

void CompareLoaders(const Settings& settings) {
  const std::string text = PolicyText(kManyRules);
  double best_bare = std::numeric_limits<double>::infinity(), best_load = best_bare,
         best_compile = best_bare;
  for (int round = 0; round < settings.rounds; ++round) {
    best_bare = std::min(best_bare, Seconds([&text] { YAML::LoadAll(text); }));
    std::shared_ptr<const policy::PolicySet> policies;
    best_load = std::min(best_load, Seconds([&] { policies = Load(text); }));
    best_compile = std::min(best_compile, Seconds([&policies] {
                              policy::LintPolicies(*policies, {});
                              const policy::Engine engine(policies, "", core::Runtime::kContainerd);
                            }));
  }
  PrintRow(fmt::format("loading {:.1f} MB", static_cast<double>(text.size()) / 1e6),
           best_bare * 1e3, best_load * 1e3, "ms", kMaxLoadRatio);
  PrintRow("loading, linted, the index built", best_bare * 1e3, (best_load + best_compile) * 1e3,
           "ms", 0);
}

void Run(const Settings& settings) {
  fmt::print("base: {} rules for requests, YAML::LoadAll for loading; this: {} rules\n\n",
             kFewRules, kManyRules);
  PrintHead();
  PinToCore(kLoadCore);
  CompareServers(settings);
  CompareEngines(settings);
  CompareLoaders(settings);
}

}  // namespace
}  // namespace mountguard::bench

int main(int argc, char** argv) {
  using namespace mountguard::bench;  // NOLINT: the program's own names
  if (argc < 4) {
    fmt::print(stderr, "usage: {} MOUNTGUARD CERTIFICATE KEY [ROUNDS [MILLISECONDS]]\n", argv[0]);
    return 2;
  }
  Settings settings;
  settings.mountguard = argv[1];
  settings.certificate = argv[2];
  settings.key = argv[3];
  settings.directory = std::filesystem::path(argv[2]).parent_path().string();
  if (argc > 4) settings.rounds = std::atoi(argv[4]);
  if (argc > 5) settings.duration = std::chrono::milliseconds(std::atoi(argv[5]));
  try {
    Run(settings);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_policies: {}\n", error.what());
    return 1;
  }
  return 0;
}
