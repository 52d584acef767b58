#include "policy/lint_table.h"

#include <array>

namespace mountguard::policy {
namespace {

constexpr std::array<LintInfo, 11> kLints = {{
    {"block-without-effect",
     "A block of exclude or require holds for no mount that the rule looks at",
     "Correct the block or delete it: the rule does the same without it."},
    {"exception-for-silent-rule", "An exception spares a rule that says nothing where it acts",
     "Take the rule out of the exception, or put the exception into a policy of the rule's "
     "profiles."},
    {"exception-misses-rule", "An exception holds nowhere where one of its rules can speak",
     "Correct the exception's match, or take the rule out of the exception."},
    {"exception-on-author-controlled-facts",
     "An exception rests on nothing but names and marks that whoever writes a pod gives it",
     "Say in the same block where or whose it is: namespaces, users, groups or images."},
    {"exclude-covers-match", "An exclude holds wherever a block of the rule's match does",
     "Narrow the exclude, or delete the rule if it shall not speak."},
    {"expired-exception", "An exception has expired",
     "Delete the exception, or have it allowed anew and move its date."},
    {"kind-without-pods", "A kind is named that holds no pod templates as far as is known",
     "Correct the kind's name, or say in podTemplates where the kind holds pod templates."},
    {"matches-nothing", "A block can hold for no mount, because it contradicts itself",
     "Leave out one of the conditions, or put them into blocks of their own if either shall do."},
    {"repeats-kubernetes-rule", "A block asks for what one of Kubernetes' own rules denies anyway",
     "Delete the block; what Kubernetes' own rules do is set with kubernetesRules."},
    {"require-covers-match", "A require holds wherever a block of the rule's match does",
     "Ask in require for more than in match: what is required there already cannot be broken."},
    {"users-on-controller-pods",
     "A block asks who makes a pod, and a workload's pods are made by a controller",
     "Ask for namespaces or serviceAccounts instead, or name the controllers' users as well, such "
     "as system:serviceaccount:kube-system:*."},
}};

constexpr bool Sorted() {
  for (std::size_t i = 1; i < kLints.size(); ++i) {
    if (kLints[i - 1].id >= kLints[i].id) return false;
  }
  return true;
}
static_assert(Sorted());

}  // namespace

std::span<const LintInfo> AllLints() { return kLints; }

}  // namespace mountguard::policy
