#include "tests/bench/policy_text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace mountguard::bench {
namespace {

/// What rules ask for; {0} is a number of the rule's own.
constexpr std::array<std::string_view, 20> kBlocks = {
    R"(
        - namespaces: ["team-{0}"]
          mountPropagation: [Bidirectional])",
    R"(
        - namespaces: ["team-{0}-*"]
          volumeTypes: [hostPath]
          readOnly: false)",
    R"(
        - images: ["registry.example.com/team-{0}/*"]
          mountPropagation: [Bidirectional, HostToContainer])",
    R"(
        - hostPath: {{under: ["/srv/data/team-{0}"]}}
          readOnly: false)",
    R"(
        - hostPath: {{is: ["/var/lib/kubelet/plugins/team-{0}.example.com"]}}
        - hostPath: {{under: ["/var/lib/team-{0}"]}})",
    R"(
        - hostPath: {{covers: ["/var/lib/team-{0}/volumes"]}}
          namespaces: ["team-{0}", "team-{0}-staging"])",
    R"(
        - labels: {{matchLabels: {{app.kubernetes.io/name: "app-{0}"}}}}
          privileged: true)",
    R"(
        - serviceAccounts: ["agent-{0}"]
          mountPropagation: [Bidirectional])",
    R"(
        - csiDrivers: ["csi-{0}.example.com"])",
    R"(
        - users: ["system:serviceaccount:team-{0}:*"]
          volumeTypes: [hostPath])",
    R"(
        - groups: ["system:serviceaccounts:team-{0}"]
          mountPropagation: [HostToContainer])",
    R"(
        - kinds: [DaemonSet.apps, Pod.core]
          names: ["agent-{0}-*"])",
    R"(
        - containers: ["agent-{0}"]
          containerTypes: [container, sidecar])",
    R"(
        - images: ["**/team-{0}-driver"]
          mountPropagation: [Bidirectional])",
    R"(
        - mountPath: {{under: ["/opt/team-{0}"]}}
          mountPropagation: [Unset, None])",
    R"(
        - volumes: ["data-{0}"]
          volumeTypes: [hostPath, emptyDir])",
    R"(
        - priorityClasses: ["team-{0}-*"]
          hostNetwork: true)",
    R"(
        - mountPropagation: [Bidirectional]
          volumeTypes: [emptyDir, nfs]
          privileged: true)",
    R"(
        - mountPropagation: [HostToContainer, Unset]
          hostPID: true
          capabilities: [SYS_ADMIN, SYS_PTRACE])",
    R"(
        - annotations: {{matchLabels: {{example.com/owner: "team-{0}"}}}}
          hostPath: {{covers: [/var/lib/kubelet]}})",
};

constexpr std::string_view kRequire = R"(
      require:
        - privileged: true
          images: ["registry.k8s.io/sig-storage/*", "quay.io/team-{0}/**"]
          hostPath: {{under: [/var/lib/kubelet]}})";

constexpr int kRequireEvery = 5;
constexpr int kExceptionEvery = 20;

}  // namespace

std::string PolicyText(int rules) {
  std::string text =
      "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata:\n  name: large\nspec:\n  rules:";
  for (int i = 0; i < rules; ++i) {
    const std::string_view block = kBlocks[static_cast<std::size_t>(i) % kBlocks.size()];
    text += fmt::format(
        "\n    - name: rule-{0}\n      description: What team {0} may mount.\n      match:", i);
    text += fmt::format(fmt::runtime(block), i);
    if (i % kRequireEvery == 0) text += fmt::format(kRequire, i);
    text += fmt::format(
        "\n      validationActions: [Deny, Audit]\n      message: \"{{container}} may not mount "
        "{{hostPath}} at {{mountPath}}: ask team {}\"",
        i);
  }
  text += "\n  exceptions:";
  for (int i = 0; i < rules; i += kExceptionEvery) {
    text += fmt::format(
        "\n    - name: exception-{0}\n      rules: [rule-{0}]\n      match:\n        - namespaces: "
        "[\"team-{0}\"]\n          serviceAccounts: [\"agent-{0}\"]\n      reason: SEC-{0}\n      "
        "expires: 2099-01-31",
        i);
  }
  return text + "\n";
}

}  // namespace mountguard::bench
