#include "tests/bench/policy_cost.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/json_reader.h"
#include "policy/engine.h"
#include "policy/policy_lint.h"
#include "policy/policy_loader.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/policy_text.h"
#include "tests/bench/review_body.h"

namespace mountguard::bench {
namespace {

constexpr int kEvaluations = 2'000;
constexpr double kNever = std::numeric_limits<double>::infinity();

std::shared_ptr<const policy::PolicySet> LoadText(const std::string& text) {
  policy::LoadedPolicies loaded = policy::LoadPolicies({{"large.yaml", text}});
  if (loaded.policies == nullptr) {
    throw std::runtime_error("the policy is wrong: " + loaded.problems.front().message);
  }
  return std::move(loaded.policies);
}

/// One pod, judged again and again by one engine.
class Admission {
 public:
  explicit Admission(int rules)
      : engine_(LoadText(PolicyText(rules)), "", core::Runtime::kContainerd), body_(ReviewBody()) {
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

}  // namespace

PolicyCost MeasurePolicies(int few, int many, int rounds) {
  Admission with_few(few), with_many(many);
  const std::string text = PolicyText(many);
  PolicyCost best{kNever, kNever, static_cast<double>(text.size()) / 1e6, kNever, kNever, kNever};
  const auto keep_milliseconds = [](double* least, const auto& run) {
    *least = std::min(*least, Seconds(run) * 1e3);
  };
  for (int round = 0; round < rounds; ++round) {
    best.few_us = std::min(best.few_us, with_few.Cost());
    best.many_us = std::min(best.many_us, with_many.Cost());
    keep_milliseconds(&best.bare_ms, [&text] { YAML::LoadAll(text); });
    std::shared_ptr<const policy::PolicySet> policies;
    keep_milliseconds(&best.load_ms, [&] { policies = LoadText(text); });
    keep_milliseconds(&best.compile_ms, [&policies] {
      policy::LintPolicies(*policies, {});
      const policy::Engine engine(policies, "", core::Runtime::kContainerd);
    });
  }
  return best;
}

}  // namespace mountguard::bench
