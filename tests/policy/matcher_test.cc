#include "policy/matcher.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "core/path.h"
#include "policy/block_index.h"
#include "policy/glob.h"
#include "policy/image_name.h"
#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below

namespace {

/// Whether a rule whose match is this one block (YAML in braces) speaks of the pod.
bool Matches(const std::string& block, const PodText& pod = {}) {
  CAPTURE(block);
  return Judge(RuleWith("      match: [" + block + "]\n")).Fires(pod);
}

/// Whether the pod meets a rule that requires this one block.
bool Meets(const std::string& block, const PodText& pod = {}) {
  CAPTURE(block);
  return !Judge(RuleWith("      match: [{volumes: ['**']}]\n      require: [" + block + "]\n"))
              .Fires(pod);
}

PodText OnHost(const std::string& path, const std::string& more_of_mount = "") {
  PodText pod;
  pod.volume = R"("name":"v","hostPath":{"path":")" + path + "\"}";
  pod.mount += more_of_mount;
  return pod;
}

/// Whether the block could hold for the pod's mount: asked of the block itself, without an index.
bool CouldHold(const std::string& block, const PodText& pod) {
  const auto policies = LoadGood({{"test.yaml", RuleWith("      match: [" + block + "]\n")}});
  const mountguard::core::WorkloadTable workloads;
  mountguard::core::JsonParser parser;
  std::string text = pod.Json();
  Subject subject;
  subject.Read({}, workloads, {}, parser.Parse(text).value(), {});
  MountFacts facts(subject);
  const JudgedTemplate& judged = subject.templates().at(0);
  const auto& container = judged.pod.containers()[0];
  facts.Select(&judged, &container, &judged.pod.Mounts(container)[0]);
  return !Holds(policies->policies()[0].rules[0].match[0], facts, Polarity::kCouldHold).IsFalse();
}

PodText WithImage(const std::string& image) {
  PodText pod;
  pod.container = R"("name":"c","image":")" + image + "\"";
  return pod;
}

}  // namespace

TEST_CASE("a star stops at a slash, two do not") {
  CHECK(GlobMatches("a*", "abc"));
  CHECK(GlobMatches("a*", "a"));
  CHECK_FALSE(GlobMatches("a*", "a/b"));
  CHECK(GlobMatches("a**", "a/b"));
  CHECK(GlobMatches("**/c", "a/b/c"));
  CHECK_FALSE(GlobMatches("*/c", "a/b/c"));
  CHECK(GlobMatches("a/*/c", "a/b/c"));
  CHECK(GlobMatches("*a*b*", "xxaxxbxx"));
  CHECK_FALSE(GlobMatches("*a*b", "xxaxxbxx"));
  CHECK(GlobMatches("**a*b/c**", "x/ab/aab/cd"));
  CHECK(GlobMatches("a?c", "abc"));
  CHECK(GlobMatches("a?c", "aéc"));
  CHECK_FALSE(GlobMatches("a?c", "a/c"));
  CHECK_FALSE(GlobMatches("a?c", "ac"));
  CHECK(GlobMatches("", ""));
  CHECK_FALSE(GlobMatches("", "a"));
  CHECK_FALSE(GlobMatches("a.c", "abc"));
}

TEST_CASE("what a pattern begins and ends with is told, placeholders and wildcards left out") {
  CHECK(LiteralPrefixLength("**/team-a") == 0);
  CHECK(LiteralSuffixLength("**/team-a") == 7);
  CHECK(LiteralSuffixLength("team-*") == 0);
  CHECK(LiteralSuffixLength("team-?-a") == 2);
  CHECK(LiteralSuffixLength("{namespace}-agent") == 6);
  CHECK(LiteralSuffixLength("*-{namespace}") == 0);
  CHECK(LiteralSuffixLength("a-{serviceAccount}/b") == 2);
  CHECK(LiteralSuffixLength("plain") == 5);
}

TEST_CASE("a glob takes time in proportion to its text, whatever it is made of") {
  const std::string text(100'000, 'a');
  CHECK_FALSE(GlobMatches("**a*a*a*a*a*b**", text));
  CHECK(GlobMatches("**a*a*a*a*a*a**", text));
}

TEST_CASE("a negated pattern takes away from the plain ones, or from everything") {
  CHECK(Matches("{containers: ['c']}"));
  CHECK_FALSE(Matches("{containers: ['!c']}"));
  CHECK(Matches("{containers: ['!d']}"));
  CHECK_FALSE(Matches("{containers: ['*', '!c*']}"));
  CHECK_FALSE(Matches("{containers: ['d', '!e']}"));
}

TEST_CASE("any group may match a plain pattern, none a negated one") {
  const auto matches = [](const std::string& groups) {
    Judge judge(RuleWith("      match: [{groups: [" + groups + "]}]\n"));
    judge.request.groups = {"system:authenticated", "team-a"};
    return judge.Fires(PodText());
  };
  CHECK(matches("team-*"));
  CHECK_FALSE(matches("team-b"));
  CHECK_FALSE(matches("'!team-a'"));
  CHECK(matches("'!team-b'"));
}

TEST_CASE("images are compared in full form") {
  CHECK(ParseImageName("nginx").repository == "docker.io/library/nginx");
  CHECK(ParseImageName("nginx").tag == "latest");
  CHECK(ParseImageName("a/b").repository == "docker.io/a/b");
  CHECK(ParseImageName("index.docker.io/nginx").repository == "docker.io/library/nginx");
  CHECK(ParseImageName("localhost/a").repository == "localhost/a");
  CHECK(ParseImageName("r:5000/a:1").repository == "r:5000/a");
  CHECK(ParseImageName("r:5000/a:1").tag == "1");
  CHECK(ParseImageName("r.io/a@sha256:0").digest == "sha256:0");
  CHECK(ParseImageName("r.io/a@sha256:0").tag.empty());

  CHECK(Matches("{images: [nginx]}", WithImage("docker.io/library/nginx:1.25")));
  CHECK(Matches("{images: ['nginx:latest']}", WithImage("nginx")));
  CHECK_FALSE(Matches("{images: ['nginx:latest']}", WithImage("nginx:1")));
  CHECK(Matches("{images: ['quay.io/cephcsi/**']}", WithImage("quay.io/cephcsi/a/b:1")));
  CHECK_FALSE(Matches("{images: ['registry.k8s.io/sig-storage/*']}",
                      WithImage("registry.k8s.io/sig-storage/a/b")));
  CHECK_FALSE(Matches("{images: ['quay.io/cephcsi/**']}", WithImage("quay.io/cephcsi")));
  CHECK_FALSE(Matches("{images: ['quay.io/cephcsi/*']}", WithImage("evil.io/quay.io/cephcsi/a")));
  CHECK(Matches("{images: ['**/pause']}", WithImage("registry.k8s.io/pause:3.9")));
  CHECK(Matches("{images: ['r.io/a@sha256:*']}", WithImage("r.io/a@sha256:0")));
  CHECK_FALSE(Matches("{images: ['**', '!r.io/**']}", WithImage("r.io/a")));
}

TEST_CASE("a tag beside a digest proves nothing: the runtime goes by the digest") {
  const PodText pod = WithImage("r.io/a:1@sha256:0");
  CHECK(Matches("{images: ['r.io/a:1']}", pod));
  CHECK_FALSE(Meets("{images: ['r.io/a:1']}", pod));
  CHECK(Meets("{images: ['r.io/a']}", pod));
  CHECK(Meets("{images: ['r.io/a@sha256:0']}", pod));
}

TEST_CASE("paths are compared after cleaning, on the borders of components") {
  using mountguard::core::CleanPath;
  CHECK(CleanPath("/a//b/./c/../d/") == "/a/b/d");
  CHECK(CleanPath("/../..") == "/");
  CHECK(CleanPath("/") == "/");
  CHECK(CleanPath("") == "");
  CHECK(CleanPath("/var/run/x") == "/run/x");
  CHECK(CleanPath("/var/runx") == "/var/runx");
  CHECK(CleanPath("/var//run") == "/run");

  const std::string under = "{hostPath: {under: [/var/lib/kubelet/]}}";
  CHECK(Matches(under, OnHost("/var/lib/kubelet")));
  CHECK(Matches(under, OnHost("/var/lib/./kubelet/pods/")));
  CHECK_FALSE(Matches(under, OnHost("/var/lib/kubelet2")));
  CHECK_FALSE(Matches(under, OnHost("/var/lib/kubelet/../docker")));
  CHECK_FALSE(Matches(under, OnHost("/")));
  CHECK(Matches("{hostPath: {covers: [/var/lib/kubelet]}}", OnHost("/")));
  CHECK(Matches("{hostPath: {covers: [/var/lib/kubelet]}}", OnHost("/var/lib")));
  CHECK_FALSE(Matches("{hostPath: {covers: [/var/lib/kubelet]}}", OnHost("/var/lib/kubelet/pods")));
  CHECK(Matches("{hostPath: {is: [/run/x]}}", OnHost("/var/run/x")));
  CHECK(Matches("{hostPath: {is: [/var/run/x]}}", OnHost("/run/x")));
  CHECK_FALSE(Matches("{hostPath: {is: [/run]}}", OnHost("/run/x")));
  CHECK(Matches("{mountPath: {under: [/m]}}"));
  CHECK_FALSE(Matches("{mountPath: {is: [/]}}"));
}

TEST_CASE("several relations must all hold") {
  const std::string between = "{hostPath: {under: [/var], covers: [/var/lib/kubelet]}}";
  CHECK(Matches(between, OnHost("/var/lib")));
  CHECK_FALSE(Matches(between, OnHost("/")));
  CHECK_FALSE(Matches(between, OnHost("/var/log")));
}

TEST_CASE("a subPath is part of the host path") {
  CHECK(Matches("{hostPath: {is: [/data/a/b]}}", OnHost("/data", R"(,"subPath":"a/b")")));
  CHECK_FALSE(Meets("{hostPath: {under: [/data]}}", OnHost("/data", R"(,"subPath":"../etc")")));
}

TEST_CASE("a subPathExpr may lead anywhere below: a match could hold, a require could fail") {
  const PodText pod = OnHost("/data", R"(,"subPathExpr":"$(NAME)/b")");
  CHECK(Matches("{hostPath: {is: [/data/a]}}", pod));
  CHECK(Matches("{hostPath: {under: [/data/a]}}", pod));
  CHECK(Matches("{hostPath: {covers: [/data/a]}}", pod));
  CHECK_FALSE(Matches("{hostPath: {under: [/etc]}}", pod));
  CHECK_FALSE(Meets("{hostPath: {is: [/data]}}", pod));
  CHECK_FALSE(Meets("{hostPath: {under: [/data/a]}}", pod));
  CHECK_FALSE(Meets("{hostPath: {covers: [/data]}}", pod));
  CHECK(Meets("{hostPath: {under: [/data]}}", pod));
}

TEST_CASE("a path through another process covers everything and is safely under nothing") {
  for (const std::string path :
       {"/proc/1/root/var/lib/kubelet", "/proc/self/cwd", "/proc/1/task/1/root", "/proc/1/fd/7"}) {
    CAPTURE(path);
    CHECK(Matches("{hostPath: {covers: [/etc]}}", OnHost(path)));
    CHECK(Matches("{hostPath: {under: [/etc]}}", OnHost(path)));
    CHECK_FALSE(Meets("{hostPath: {under: [/proc]}}", OnHost(path)));
    CHECK_FALSE(Meets("{hostPath: {under: [/]}}", OnHost(path)));
    CHECK_FALSE(Meets("{hostPath: {is: [" + path + "]}}", OnHost(path)));
  }
  CHECK_FALSE(Matches("{hostPath: {covers: [/etc]}}", OnHost("/proc/1/roots")));
  CHECK(Meets("{hostPath: {under: [/proc]}}", OnHost("/proc/sys")));
}

TEST_CASE("a placeholder never fills with what would change the path's meaning") {
  const std::string own = "{hostPath: {under: [\"/srv/{serviceAccount}\"]}}";
  const auto met = [&own](const std::string& account, const std::string& path) {
    PodText pod = OnHost(path);
    pod.spec = R"("serviceAccountName":")" + account + "\"";
    return Meets(own, pod);
  };
  CHECK(met("a", "/srv/a/x"));
  CHECK_FALSE(met("a", "/srv/b"));
  CHECK(met("", "/srv/default"));
  CHECK_FALSE(met("..", "/srv/b"));
  CHECK_FALSE(met("../etc", "/etc/x"));
  CHECK_FALSE(met("*", "/srv/b"));

  PodText cluster_wide = OnHost("/srv");
  cluster_wide.metadata = R"("name":"p")";
  Judge judge(
      RuleWith("      match: [{volumes: [v]}]\n"
               "      require: [{hostPath: {under: [\"/srv/{namespace}\"]}}]\n"));
  judge.request.namespace_name = "";
  CHECK(judge.Words(cluster_wide) == std::vector<std::string>{"r=Deny"});
  CHECK(Matches("{serviceAccounts: [\"{namespace}-agent\"]}", [] {
    PodText pod;
    pod.spec = R"("serviceAccountName":"ns-agent")";
    return pod;
  }()));
}

TEST_CASE("a filled path that becomes /var/run is /run, and its rule is found there") {
  PodText pod = OnHost("/var/run/x");
  pod.metadata = R"("name":"p","namespace":"run")";
  CHECK(Matches("{hostPath: {under: [\"/var/{namespace}\"]}}", pod));
  pod.mount = R"("name":"v","mountPath":"/var/x/../run")";
  CHECK(Matches("{mountPath: {is: [\"/var/{namespace}\"]}}", pod));
}

TEST_CASE("labels are those of the pod, selected as Kubernetes does") {
  PodText pod;
  pod.metadata = R"("name":"p","labels":{"app":"a","empty":""},"annotations":{"note":"Any text!"})";
  CHECK(Matches("{labels: {matchLabels: {app: a}}}", pod));
  CHECK(Matches("{labels: {matchLabels: {empty: \"\"}}}", pod));
  CHECK_FALSE(Matches("{labels: {matchLabels: {app: a, other: \"\"}}}", pod));
  const auto matches = [&pod](const std::string& expression) {
    return Matches("{labels: {matchExpressions: [{" + expression + "}]}}", pod);
  };
  CHECK(matches("key: app, operator: In, values: [b, a]"));
  CHECK_FALSE(matches("key: app, operator: NotIn, values: [a]"));
  CHECK(matches("key: other, operator: NotIn, values: [a]"));
  CHECK(matches("key: app, operator: Exists"));
  CHECK_FALSE(matches("key: app, operator: DoesNotExist"));
  CHECK(Matches("{annotations: {matchLabels: {note: \"Any text!\"}}}", pod));
  CHECK_FALSE(Matches("{annotations: {matchLabels: {app: a}}}", pod));
}

TEST_CASE("every field of a block tells apart what it is about") {
  struct Case {
    std::string holds, fails;
    void (*change)(PodText*);
  };
  const auto given = GENERATE(values<Case>({
      {"{operations: [CREATE]}", "{operations: [UPDATE]}", [](PodText*) {}},
      {"{namespaces: ['n?']}", "{namespaces: [n]}", [](PodText*) {}},
      {"{names: [p]}", "{names: ['p-*']}", [](PodText*) {}},
      {"{kinds: [Pod]}", "{kinds: [Job]}", [](PodText*) {}},
      {"{kinds: [Pod.core]}", "{kinds: [Pod.apps]}", [](PodText*) {}},
      {"{os: [linux]}", "{os: [windows]}", [](PodText*) {}},
      {"{os: [windows]}", "{os: [linux]}",
       [](PodText* pod) { pod->spec = R"("os":{"name":"windows"})"; }},
      {"{serviceAccounts: [default]}", "{serviceAccounts: [x]}", [](PodText*) {}},
      {"{runtimeClasses: [k*]}", "{runtimeClasses: ['!k*']}",
       [](PodText* pod) { pod->spec = R"("runtimeClassName":"kata")"; }},
      {"{priorityClasses: ['!high']}", "{priorityClasses: [high]}", [](PodText*) {}},
      {"{hostPID: true}", "{hostPID: false}",
       [](PodText* pod) { pod->spec = R"("hostPID":true)"; }},
      {"{hostNetwork: false}", "{hostNetwork: true}", [](PodText*) {}},
      {"{hostUsers: true}", "{hostUsers: false}", [](PodText*) {}},
      {"{hostUsers: false}", "{hostUsers: true}",
       [](PodText* pod) { pod->spec = R"("hostUsers":false)"; }},
      {"{containerTypes: [container]}", "{containerTypes: [initContainer, sidecar]}",
       [](PodText*) {}},
      {"{containerTypes: [initContainer]}", "{containerTypes: [container, sidecar]}",
       [](PodText* pod) { pod->list = "initContainers"; }},
      {"{containerTypes: [sidecar]}", "{containerTypes: [initContainer]}",
       [](PodText* pod) {
         pod->list = "initContainers";
         pod->container += R"(,"restartPolicy":"Always")";
       }},
      {"{privileged: true}", "{privileged: false}", [](PodText*) {}},
      {"{privileged: false}", "{privileged: true}", [](PodText* pod) { pod->security = ""; }},
      {"{capabilities: [CAP_SYS_ADMIN]}", "{capabilities: [NET_ADMIN]}",
       [](PodText* pod) { pod->security = R"("capabilities":{"add":["sys_admin"]})"; }},
      {"{mountPropagation: [Bidirectional]}", "{mountPropagation: [None, HostToContainer, Unset]}",
       [](PodText*) {}},
      {"{mountPropagation: [Unset]}", "{mountPropagation: [None]}",
       [](PodText* pod) { pod->mount = R"("name":"v","mountPath":"/m")"; }},
      {"{readOnly: false}", "{readOnly: true}", [](PodText*) {}},
      {"{recursiveReadOnly: [Disabled]}", "{recursiveReadOnly: [Enabled, IfPossible]}",
       [](PodText*) {}},
      {"{subPath: false}", "{subPath: true}", [](PodText*) {}},
      {"{subPath: true}", "{subPath: false}",
       [](PodText* pod) { pod->mount += R"(,"subPathExpr":"$(A)/b")"; }},
      {"{volumeTypes: [hostPath]}", "{volumeTypes: [emptyDir]}", [](PodText*) {}},
      {"{volumes: [v]}", "{volumes: [w]}", [](PodText*) {}},
      {"{csiDrivers: ['*.example.com']}", "{csiDrivers: [other]}",
       [](PodText* pod) { pod->volume = R"("name":"v","csi":{"driver":"x.example.com"})"; }},
      {"{volumeTypes: [emptyDir]}", "{hostPath: {covers: [/x]}}",
       [](PodText* pod) { pod->volume = R"("name":"v")"; }},
      {"{volumes: [v]}", "{csiDrivers: ['!x']}", [](PodText*) {}},
  }));
  PodText pod;
  given.change(&pod);
  CHECK(Matches(given.holds, pod));
  CHECK(Meets(given.holds, pod));
  CHECK_FALSE(Matches(given.fails, pod));
  CHECK_FALSE(Meets(given.fails, pod));
}

TEST_CASE("an added ALL is every capability") {
  PodText pod;
  pod.security = R"("capabilities":{"add":["ALL"]})";
  CHECK(Matches("{capabilities: [NET_ADMIN]}", pod));
  pod.security = R"("capabilities":{"drop":["ALL"]})";
  CHECK_FALSE(Matches("{capabilities: [NET_ADMIN]}", pod));
}

TEST_CASE("every word of a block's fields has a place of its own") {
  for (std::string_view name : BlockFieldNames()) {
    const BlockFieldInfo* info = FindBlockField(name);
    REQUIRE(info != nullptr);
    CHECK(&InfoOf(info->field) == info);
    CHECK(WordsOf(info->field).empty() == (info->type != ValueType::kWords));
  }
  CHECK(FindBlockField("mountpropagation") == nullptr);
}

// The index must leave out no block that could hold: blocks filed in every way there is are found
// where a look at each of them says that it could.
TEST_CASE("of many rules those speak of a mount whose blocks could hold for it") {
  const std::vector<std::string> blocks = {
      "{namespaces: [ns]}",
      "{namespaces: ['n*']}",
      "{namespaces: ['*']}",
      "{namespaces: ['!x']}",
      "{names: [p]}",
      "{users: [u]}",
      "{groups: [g]}",
      "{kinds: [Pod]}",
      "{kinds: [Job.batch]}",
      "{labels: {matchLabels: {app: a}}}",
      "{labels: {matchExpressions: [{key: app, operator: "
      "NotIn, values: [a]}]}}",
      "{images: ['quay.io/a/b']}",
      "{images: ['quay.io/**']}",
      "{images: ['nginx']}",
      "{hostPath: {is: [/var/lib/kubelet]}}",
      "{hostPath: {under: [/var]}}",
      "{hostPath: {under: [/]}}",
      "{hostPath: {covers: [/var/lib/kubelet/pods/x]}}",
      "{hostPath: {under: [\"/var/lib/{serviceAccount}\"]}}",
      "{hostPath: {is: [/data/x]}}",
      "{hostPath: {is: [/data]}}",
      "{hostPath: {is: [/data-x/y]}}",
      "{hostPath: {under: [/data/x/y]}}",
      "{hostPath: {under: [/data0]}}",
      "{hostPath: {covers: [/data/x/y]}}",
      "{hostPath: {covers: [/data]}}",
      "{hostPath: {under: [\"/data/{serviceAccount}/x\"]}}",
      "{hostPath: {under: [\"/{serviceAccount}\"]}}",
      "{mountPath: {under: [/m]}}",
      "{mountPropagation: [Bidirectional]}",
      "{mountPropagation: [Unset]}",
      "{privileged: true}",
      "{serviceAccounts: [kubelet], containers: [c]}",
      "{containers: [c], volumes: [v]}",
      "{serviceAccounts: [\"{namespace}\"]}",
      "{capabilities: [SYS_ADMIN]}",
      "{capabilities: [NET_ADMIN, SYS_PTRACE]}",
      "{images: ['**/b']}",
      "{images: ['**/b', 'nginx']}",
      "{images: ['**/a*b**']}",
      "{containers: ['*c'], privileged: true}",
      "{serviceAccounts: [\"{namespace}let\"]}",
      "{labels: {matchExpressions: [{key: app, operator: Exists}]}}",
      "{annotations: {matchExpressions: [{key: app, operator: Exists}]}}",
      "{privileged: false, mountPropagation: [Bidirectional]}",
      "{privileged: true, volumeTypes: [hostPath], readOnly: false}",
      "{volumeTypes: [emptyDir, csi], mountPropagation: [Bidirectional, Unset]}",
      "{containerTypes: [sidecar], os: [linux]}",
      "{dryRun: true, hostNetwork: false}",
      "{operations: [UPDATE]}",
      "{recursiveReadOnly: [Enabled]}",
      "{subPath: true}",
      "{namespaces: ['!x'], volumes: [v]}",
  };
  std::string all = "  rules:\n";
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    all += "    - {name: r" + std::to_string(i) + ", match: [" + blocks[i] + "]}\n";
  }
  Judge together(PolicyWith(all));

  std::vector<PodText> pods = {PodText(),
                               WithImage("nginx"),
                               OnHost("/"),
                               OnHost("/proc/1/root"),
                               OnHost("/data", R"(,"subPathExpr":"$(A)/b")"),
                               OnHost("/", R"(,"subPathExpr":"$(A)/b")")};
  pods.emplace_back().metadata = R"("generateName":"p-","labels":{"app":"a"})";
  pods.emplace_back().spec = R"("serviceAccountName":"kubelet")";
  pods.emplace_back().mount = R"("name":"absent","mountPath":"/m")";
  pods.emplace_back().mount = R"("name":"v","mountPath":"/m","mountPropagation":"no mode")";
  pods.emplace_back().security = R"("capabilities":{"add":["cap_sys_ptrace"]})";
  pods.emplace_back().security = R"("capabilities":{"add":["NET_RAW","ALL"]})";
  for (const PodText& pod : pods) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::string name = "r" + std::to_string(i);
      CAPTURE(pod.Json(), blocks[i]);
      CHECK(together.Fires(pod, name) == CouldHold(blocks[i], pod));
    }
  }
}
