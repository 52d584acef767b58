#ifndef MOUNTGUARD_POLICY_ENGINE_H_
#define MOUNTGUARD_POLICY_ENGINE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/runtime.h"
#include "core/workload.h"
#include "policy/policy_set.h"
#include "policy/subject.h"
#include "policy/verdict.h"

namespace mountguard::policy {

struct Trace;

/// Judges subjects by one profile of a policy set: Subject -> Verdict.
///
/// Immutable and thread-safe; no input or output, no clock, no lock, no log. The findings borrow
/// rule and exception names from the engine, which must outlive them.
class Engine {
 public:
  /// `policies` has been loaded without errors. `profile` is "" for the policies that name none;
  /// it must be one of the set's profiles.
  Engine(std::shared_ptr<const PolicySet> policies, std::string_view profile,
         core::Runtime runtime);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Replaces the content of `verdict`. `now` is what exceptions' expiry is held against. Where
  /// `trace` is given it is told why (trace.h): the verdict is the same, only slower.
  void Evaluate(const Subject& subject, core::WallTime now, Verdict* verdict,
                Trace* trace = nullptr) const;

  const PolicySet& policies() const { return *policies_; }
  /// Kinds with pod templates: the built-in ones and the policies'.
  const core::WorkloadTable& workloads() const;
  /// What of an object's metadata can change a verdict of this engine.
  const MetadataKeys& metadata_keys() const;
  /// What a finding of Kubernetes' own rules does; Off if nobody asks them.
  Action kubernetes_action() const;
  /// What a finding of the advice of that id does; Off if nobody asks it.
  Action ActionOfAdvice(std::string_view id) const;
  /// The policies' rules, in their order.
  const std::vector<const PolicyRule*>& rules() const;

 private:
  struct Compiled;
  class Evaluation;

  std::shared_ptr<const PolicySet> policies_;
  core::Runtime runtime_;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ENGINE_H_
