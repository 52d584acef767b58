#ifndef MOUNTGUARD_POLICY_SUITE_LOADER_H_
#define MOUNTGUARD_POLICY_SUITE_LOADER_H_

#include <string_view>
#include <vector>

#include "policy/policy_loader.h"
#include "policy/policy_set.h"
#include "policy/test_suite.h"

namespace mountguard::policy {

/// The kind of a suite.
inline constexpr std::string_view kTestKind = "MountPolicyTest";

/// `suites` is empty if there is any error.
struct LoadedSuites {
  std::vector<TestSuite> suites;
  std::vector<PolicyProblem> problems;  // in the order of positions
};

/// Reads and checks the MountPolicyTests of a file as strictly as policies are read; reports every
/// error, not the first. Never throws. What a suite names (policies, objects) is not looked at.
LoadedSuites LoadSuites(const PolicyFile& file);

/// What the suite names and `policies` lack: profiles, rules, exceptions.
std::vector<PolicyProblem> FindUnknownNames(const TestSuite& suite, const PolicySet& policies);

/// True if some line of the text says `kind: MountPolicyTest`, however it goes on: what a search
/// for suites has to read. False for policies and manifests.
bool LooksLikeSuite(std::string_view text);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_SUITE_LOADER_H_
