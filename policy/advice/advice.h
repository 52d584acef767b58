#ifndef MOUNTGUARD_POLICY_ADVICE_ADVICE_H_
#define MOUNTGUARD_POLICY_ADVICE_ADVICE_H_

#include <string>
#include <vector>

#include "core/pod_spec.h"
#include "core/runtime.h"
#include "policy/subject.h"

namespace mountguard::policy {

/// What a piece of advice may look at. All borrowed.
struct AdviceContext {
  const Subject& subject;
  const JudgedTemplate& pod_template;
  const core::PodSpecView& pod;
  core::Runtime runtime;
};

/// Where a piece of advice found something, and what it says of it in one plain line.
struct AdviceFinding {
  int container;  // into pod.containers()
  int mount;      // into the container's mounts
  std::string message;
};

/// A total function that appends what it finds; containers with `judged` false are not spoken of.
using AdviceCheck = void (*)(const AdviceContext& context, std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_ADVICE_H_
