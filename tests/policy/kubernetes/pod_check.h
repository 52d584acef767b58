#ifndef MOUNTGUARD_TESTS_POLICY_KUBERNETES_POD_CHECK_H_
#define MOUNTGUARD_TESTS_POLICY_KUBERNETES_POD_CHECK_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/json_reader.h"
#include "core/workload.h"
#include "policy/kubernetes/kubernetes_rules.h"

namespace mountguard::policy {

/// What Kubernetes' rules say of every pod template of `object`, which may be of any built-in kind.
inline std::vector<Finding> CheckObject(std::string object) {
  core::JsonParser parser;
  const core::JsonValue root = parser.Parse(object).value();
  const std::string_view api_version = root.Get("apiVersion").AsString();
  const std::size_t slash = api_version.find('/');
  const std::string_view group =
      slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
  const core::WorkloadTable workloads;
  std::vector<Finding> findings;
  int index = 0;
  for (const core::PodTemplate& source :
       core::PodTemplatesOf(*workloads.Find(group, root.Get("kind").AsString()), root)) {
    JudgedTemplate judged{source, {}};
    judged.pod.Read(source.spec);
    for (core::JsonValue claim : source.claim_templates.Elements()) {
      judged.pod.OverrideWithClaim(claim.Get("metadata").Get("name").AsString());
    }
    CheckKubernetesRules(judged, index++, Action::kDeny, &findings);
  }
  return findings;
}

/// The same of a Pod called "p" with this spec.
inline std::vector<Finding> CheckSpec(const std::string& spec) {
  return CheckObject(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":)" + spec +
                     "}");
}

/// Volumes of one usable kind each; "shut" is not valid.
inline constexpr std::string_view kPodVolumes = R"([
    {"name":"host","hostPath":{"path":"/h"}}, {"name":"empty","emptyDir":{}},
    {"name":"claim","persistentVolumeClaim":{"claimName":"c"}},
    {"name":"own","ephemeral":{"volumeClaimTemplate":{"spec":{
        "accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}}},
    {"name":"picture","image":{"reference":"registry.example/x"}},
    {"name":"shut","hostPath":{"path":""}}])";

/// What is said of the one container with these fields beside its name, in a pod with kPodVolumes:
/// the texts of the API server without "spec.containers[0]." in front.
inline std::vector<std::string> ErrorsOf(const std::string& fields) {
  constexpr std::string_view kContainer = "spec.containers[0].";
  std::vector<std::string> errors;
  for (const Finding& finding : CheckSpec(R"({"volumes":)" + std::string(kPodVolumes) +
                                          R"(,"containers":[{"name":"c",)" + fields + "}]}")) {
    errors.push_back(finding.error.substr(kContainer.size()));
  }
  return errors;
}

/// The same for a container with one mount of the volume "host" at /m and these fields beside.
inline std::vector<std::string> ErrorsOfMount(const std::string& fields) {
  return ErrorsOf(R"("volumeMounts":[{"name":"host","mountPath":"/m",)" + fields + "}]");
}

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_TESTS_POLICY_KUBERNETES_POD_CHECK_H_
