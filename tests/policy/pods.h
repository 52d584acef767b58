#ifndef MOUNTGUARD_TESTS_POLICY_PODS_H_
#define MOUNTGUARD_TESTS_POLICY_PODS_H_

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_reader.h"
#include "core/rfc3339.h"
#include "policy/engine.h"
#include "policy/policy_loader.h"
#include "policy/subject.h"
#include "policy/trace.h"
#include "policy/verdict.h"

namespace mountguard::policy {

/// Loads a policy that has to be right; a test that gives a wrong one fails with its problems.
inline std::shared_ptr<const PolicySet> LoadGood(const std::vector<PolicyFile>& files) {
  LoadedPolicies loaded = LoadPolicies(files);
  for (const PolicyProblem& problem : loaded.problems) UNSCOPED_INFO(Render(problem, files));
  REQUIRE(loaded.policies != nullptr);
  return std::move(loaded.policies);
}

/// A MountPolicy with this spec, which is indented by two.
inline std::string PolicyWith(const std::string& spec) {
  return "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: test}\nspec:\n" + spec;
}

/// A policy of one rule "r", whose fields are indented by six.
inline std::string RuleWith(const std::string& fields) {
  return PolicyWith("  rules:\n    - name: r\n" + fields);
}

/// What a pod says; the parts are JSON without the brackets around them, "" leaves a part out.
struct PodText {
  std::string mount = R"("name":"v","mountPath":"/m","mountPropagation":"Bidirectional")";
  std::string volume = R"("name":"v","hostPath":{"path":"/var/lib/kubelet"})";
  std::string container = R"("name":"c","image":"quay.io/a/b:1")";
  std::string security = R"("privileged":true)";
  std::string spec = "";
  std::string metadata = R"("name":"p","namespace":"ns")";
  std::string list = "containers";

  std::string Json() const {
    const auto behind = [](const std::string& part) { return part.empty() ? "" : "," + part; };
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{)" + metadata +
           R"(},"spec":{"volumes":[{)" + volume + "}],\"" + list + "\":[{" + container +
           R"(,"securityContext":{)" + security + R"(},"volumeMounts":[{)" + mount + "}]}]" +
           behind(spec) + "}}";
  }
};

/// Judges objects by one policy set.
class Judge {
 public:
  explicit Judge(std::shared_ptr<const PolicySet> policies, std::string_view profile = "",
                 core::Runtime runtime = core::Runtime::kContainerd)
      : engine_(std::move(policies), profile, runtime) {}
  explicit Judge(const std::string& policy) : Judge(LoadGood({{"test.yaml", policy}})) {}

  /// The findings on `object`; they live until the next call.
  const std::vector<Finding>& operator()(std::string object) {
    text_ = std::move(object);
    subject_.Read(request, engine_.workloads(), engine_.metadata_keys(),
                  parser_.Parse(text_).value(), core::JsonValue());
    engine_.Evaluate(subject_, now, &verdict_);
    HoldTraced();
    return verdict_.findings;
  }
  const std::vector<Finding>& operator()(const PodText& pod) { return (*this)(pod.Json()); }

  /// The findings of one rule, as words: "r=Deny", "r excepted by e", "r=Audit? namespace".
  std::vector<std::string> Words(const PodText& pod, std::string_view rule = "r") {
    std::vector<std::string> words;
    for (const Finding& finding : (*this)(pod)) {
      if (finding.rule != rule) continue;
      std::string word(finding.rule);
      if (finding.excepted()) {
        word += " excepted by " + std::string(finding.exception);
      } else {
        word += "=" + std::string(ToString(finding.actions.Strongest()));
      }
      for (std::string_view fact : finding.undetermined) word += "? " + std::string(fact);
      words.push_back(word);
    }
    return words;
  }
  bool Fires(const PodText& pod, std::string_view rule = "r") {
    for (const Finding& finding : (*this)(pod)) {
      if (finding.rule == rule && !finding.excepted()) return true;
    }
    return false;
  }

  const Verdict& verdict() const { return verdict_; }
  /// Why the last verdict is what it is.
  const Trace& trace() const { return trace_; }
  const Engine& engine() const { return engine_; }

  RequestFacts request;
  core::WallTime now = core::ParseDate("2026-06-01").value();

 private:
  static std::string TextOf(const Finding& finding) {
    std::string text = std::string(finding.rule) + '|' + finding.field + '|' + finding.message +
                       '|' + std::string(finding.exception);
    for (const Action action : finding.actions.ToList())
      text += '|' + std::string(ToString(action));
    for (const std::string_view fact : finding.undetermined) text += '|' + std::string(fact);
    return text;
  }

  /// Whatever a test asks, the same verdict must come out where the engine records why, and the
  /// record must say of each rule and mount what the verdict says.
  void HoldTraced() {
    Verdict traced;
    engine_.Evaluate(subject_, now, &traced, &trace_);
    REQUIRE(traced.findings.size() == verdict_.findings.size());
    for (std::size_t i = 0; i < traced.findings.size(); ++i) {
      REQUIRE(TextOf(traced.findings[i]) == TextOf(verdict_.findings[i]));
    }
    std::size_t from_rules = 0;
    for (const Finding& finding : verdict_.findings)
      from_rules += finding.origin == Origin::kPolicy;
    std::size_t spoke = 0;
    for (const RuleTrace& rule : trace_.rules) {
      spoke += rule.outcome == RuleOutcome::kSpoke || rule.outcome == RuleOutcome::kUndetermined;
    }
    REQUIRE(spoke == from_rules);
  }

  Engine engine_;
  std::string text_;
  core::JsonParser parser_;
  Subject subject_;
  Verdict verdict_;
  Trace trace_;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_TESTS_POLICY_PODS_H_
