#include "policy/propagation_graph.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/json_reader.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below
namespace core = mountguard::core;

namespace {

/// A pod, or the template of something else, with its graph. The parts of `spec` are JSON.
class Graph {
 public:
  explicit Graph(std::string spec, core::Runtime runtime = core::Runtime::kContainerd,
                 std::string metadata = "{}", std::string path = "spec.template")
      : text_("{\"metadata\":" + metadata + ",\"spec\":" + spec + "}"),
        json_(parser_.Parse(text_).value()) {
    source_ = {std::move(path), json_, json_.Get("metadata"), json_.Get("spec"), {}};
    pod_.Read(source_.spec);
    graph_.emplace(source_, pod_, runtime);
  }

  PropagationGraph* operator->() { return &*graph_; }
  core::PodSpecView& pod() { return pod_; }
  const core::VolumeMount& mount(int container, int number) const {
    return pod_.Mounts(
        pod_.containers()[static_cast<std::size_t>(container)])[static_cast<std::size_t>(number)];
  }
  VolumePlace place(int container, int number) { return graph_->PlaceOf(mount(container, number)); }
  std::vector<std::string> names(const std::vector<int>& order) const {
    std::vector<std::string> all;
    for (int index : order) {
      all.emplace_back(pod_.containers()[static_cast<std::size_t>(index)].name);
    }
    return all;
  }

 private:
  std::string text_;
  core::JsonParser parser_;
  core::JsonValue json_;
  core::PodTemplate source_;
  core::PodSpecView pod_;
  std::optional<PropagationGraph> graph_;
};

using Paths = std::vector<std::string>;

Paths PathsOf(const std::vector<EffectiveMount>& mounts) {
  Paths paths;
  for (const EffectiveMount& mount : mounts) paths.emplace_back(mount.path);
  return paths;
}

bool Holds(const std::vector<EffectiveMount>& mounts, std::string_view path) {
  for (const EffectiveMount& mount : mounts) {
    if (mount.path == path) return true;
  }
  return false;
}

/// One container "c" with these mounts of volumes a (hostPath /srv/a), b (hostPath /srv/a/b) and e
/// (emptyDir), and more fields of the pod.
std::string OneContainer(const std::string& mounts, const std::string& more = "",
                         const std::string& list = "containers") {
  return R"({"volumes":[{"name":"a","hostPath":{"path":"/srv//a/"}},)"
         R"({"name":"b","hostPath":{"path":"/srv/a/b"}},{"name":"e","emptyDir":{}}],")" +
         list + R"(":[{"name":"c","volumeMounts":[)" + mounts + "]}]" + more + "}";
}

constexpr const char* kToken = "/run/secrets/kubernetes.io/serviceaccount";

/// "driver -> host live bidirectional": an edge in a line, mounts by their path.
std::string Line(Graph& graph, const PropagationEdge& edge) {
  const auto name = [&graph](const Party& party) -> std::string {
    if (party.kind == Party::Kind::kHost) return "host";
    if (party.kind == Party::Kind::kOtherPods) return "other pods";
    return std::string(graph.mount(party.mount.container, party.mount.mount).mount_path);
  };
  static const char* const kSights[] = {"live", "from start", "at start"};
  static const char* const kReasons[] = {"bidirectional", "host to container", "private",
                                         "same volume", "host paths"};
  return name(edge.publisher) + " -> " + name(edge.subscriber) + ": " +
         kSights[static_cast<int>(edge.sight)] + ", " + kReasons[static_cast<int>(edge.reason)];
}

std::vector<std::string> Lines(Graph& graph) {
  std::vector<std::string> lines;
  for (const PropagationEdge& edge : graph->Edges()) lines.push_back(Line(graph, edge));
  return lines;
}

}  // namespace

TEST_CASE("containers start in the kubelet's order") {
  Graph graph(
      R"({"containers":[{"name":"app"},{"name":"app2"}],)"
      R"("initContainers":[{"name":"init"},{"name":"sidecar","restartPolicy":"Always"},{"name":"late"}],)"
      R"("ephemeralContainers":[{"name":"debug"}]})");
  CHECK(graph.names(graph->StartOrder()) ==
        Paths{"init", "sidecar", "late", "app", "app2", "debug"});
}

TEST_CASE("what mounts before is what has ended, or what the kubelet waits for") {
  Graph graph(
      R"({"containers":[{"name":"0"},{"name":"1","lifecycle":{"postStart":{"exec":{}}}},{"name":"2"}],)"
      R"("initContainers":[{"name":"3"},{"name":"4","restartPolicy":"Always"},)"
      R"({"name":"5","restartPolicy":"Always","startupProbe":{"exec":{}}},{"name":"6"}],)"
      R"("ephemeralContainers":[{"name":"7"},{"name":"8"}]})");
  CHECK(graph->MountsBefore(3, 0));        // an init container has ended
  CHECK_FALSE(graph->MountsBefore(4, 0));  // nobody waits for a sidecar without a probe
  CHECK(graph->MountsBefore(5, 0));
  CHECK(graph->MountsBefore(5, 6));
  CHECK_FALSE(graph->MountsBefore(6, 5));  // comes later
  CHECK_FALSE(graph->MountsBefore(0, 2));  // started before, and perhaps not there yet
  CHECK(graph->MountsBefore(1, 2));        // its postStart hook is waited for
  CHECK_FALSE(graph->MountsBefore(1, 0));
  CHECK(graph->MountsBefore(0, 7));  // comes to a running pod
  CHECK_FALSE(graph->MountsBefore(7, 8));
  CHECK_FALSE(graph->MountsBefore(0, 0));
}

TEST_CASE("a container has more mounted than its volumes") {
  Graph graph(OneContainer(R"({"name":"a","mountPath":"/a"})"));
  CHECK(PathsOf(graph->MountsOf(0)) == Paths{"/a", "/proc", "/dev", "/dev/pts", "/dev/mqueue",
                                             "/sys", "/sys/fs/cgroup", "/etc/hosts", "/dev/shm",
                                             "/etc/hostname", "/etc/resolv.conf",
                                             "/dev/termination-log", kToken});
  const std::vector<EffectiveMount> mounts = graph->MountsOf(0);
  CHECK(mounts[0].source == MountSource::kPodSpec);
  CHECK(mounts[0].mount == 0);
  CHECK(mounts[7].source == MountSource::kKubelet);
  CHECK(mounts[7].mount == EffectiveMount::kNone);
  CHECK(mounts[8].source == MountSource::kRuntime);
  CHECK(mounts.back().source == MountSource::kAdmission);
  CHECK(mounts.back().shown == "/var/run/secrets/kubernetes.io/serviceaccount");
}

TEST_CASE("what the pod spec mounts, nobody else does") {
  Graph graph(
      OneContainer(R"({"name":"a","mountPath":"/dev"},{"name":"e","mountPath":"/dev/shm/"},)"
                   R"({"name":"e","mountPath":"/etc/hosts"},{"name":"e","mountPath":"/sys"},)"
                   R"({"name":"e","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"})"));
  CHECK(PathsOf(graph->MountsOf(0)) == Paths{"/dev", "/dev/shm", "/etc/hosts", "/sys", kToken,
                                             "/proc", "/sys/fs/cgroup", "/etc/hostname",
                                             "/etc/resolv.conf", "/dev/termination-log"});
  Graph crio(OneContainer(R"({"name":"a","mountPath":"/sys"})"), core::Runtime::kCrio);
  CHECK_FALSE(Holds(crio->MountsOf(0), "/sys/fs/cgroup"));
}

TEST_CASE("the token is there unless somebody said no, or admission has been") {
  const auto has_token = [](const std::string& spec, const std::string& metadata = "{}",
                            const std::string& path = "spec.template") {
    Graph graph(spec, core::Runtime::kContainerd, metadata, path);
    return Holds(graph->MountsOf(0), kToken);
  };
  const std::string pod = OneContainer("");
  CHECK(has_token(pod));
  CHECK(has_token(pod, "{}", ""));
  CHECK_FALSE(has_token(pod, R"({"uid":"1"})", ""));
  CHECK(has_token(pod, R"({"uid":"1"})"));  // a template's metadata says nothing of admission
  CHECK_FALSE(has_token(OneContainer("", R"(,"automountServiceAccountToken":false)")));
  CHECK(has_token(OneContainer("", R"(,"automountServiceAccountToken":true)")));
  CHECK(has_token(OneContainer("", "", "initContainers")));
  CHECK_FALSE(has_token(OneContainer("", "", "ephemeralContainers")));
}

TEST_CASE("Windows has none of it") {
  Graph graph(OneContainer(R"({"name":"a","mountPath":"/a","mountPropagation":"Bidirectional"})",
                           R"(,"os":{"name":"windows"})"));
  CHECK(PathsOf(graph->MountsOf(0)) == Paths{"/a"});
  CHECK(graph->Edges().empty());
  CHECK(graph->PropagationOf(graph.mount(0, 0)) == core::CriPropagation::kPrivate);
}

TEST_CASE("the termination log is where the container says") {
  Graph graph(R"({"containers":[{"name":"c","terminationMessagePath":"/log//end"}]})");
  CHECK(Holds(graph->MountsOf(0), "/log/end"));
  CHECK_FALSE(Holds(graph->MountsOf(0), "/dev/termination-log"));
}

TEST_CASE("what lies inside a mount is below it, or over it") {
  Graph graph(OneContainer(
      R"({"name":"a","mountPath":"/a"},{"name":"b","mountPath":"/a/b"},{"name":"b","mountPath":"/ab"},)"
      R"({"name":"e","mountPath":"/a/"},{"name":"e","mountPath":"/x/../a/c"},{"name":"e","mountPath":"a/d"})"));
  CHECK(PathsOf(graph->MountsInside({0, 0})) == Paths{"/a/b", "/a", "/a/c", "/a/d"});
  CHECK(PathsOf(graph->MountsInside({0, 3})) == Paths{"/a/b", "/a/c", "/a/d"});
  CHECK(graph->MountsInside({0, 1}).empty());
}

TEST_CASE("what others mount lies inside, but for the file systems that come before all volumes") {
  const auto inside = [](const std::string& path) {
    Graph graph(OneContainer(R"({"name":"a","mountPath":")" + path + "\"}"));
    return PathsOf(graph->MountsInside({0, 0}));
  };
  CHECK(inside("/var/run") == Paths{kToken});
  CHECK(inside("/run/secrets") == Paths{kToken});
  CHECK(inside("/etc") == Paths{"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"});
  CHECK(inside("/dev") == Paths{"/dev/shm", "/dev/termination-log"});
  CHECK(inside("/sys").empty());
  CHECK(inside("/sys/fs").empty());
  CHECK(inside("/dev/shm").empty());
  CHECK(inside("/").size() == 6);
}

TEST_CASE("a container with many mounts is searched as one with few") {
  std::string mounts = R"({"name":"a","mountPath":"/m"})";
  for (int i = 0; i < 200; ++i) {
    mounts += R"(,{"name":"b","mountPath":")" + std::string(i % 2 == 0 ? "/m/" : "/m-") +
              std::to_string(i) + "\"}";
  }
  mounts += R"(,{"name":"e","mountPath":"/m/"},{"name":"e","mountPath":"/var/run/x"})";
  Graph graph(OneContainer(mounts));
  CHECK(graph->MountsInside({0, 0}).size() == 101);
  CHECK(graph->MountsInside({0, 201}).size() == 100);
  CHECK(graph->MountsInside({0, 1}).empty());
}

TEST_CASE("a place is where the files are, the subPath joined") {
  Graph graph(OneContainer(
      R"({"name":"a","mountPath":"/1"},{"name":"a","mountPath":"/2","subPath":"b"},{"name":"b","mountPath":"/3"},)"
      R"({"name":"e","mountPath":"/4"},{"name":"e","mountPath":"/5","subPath":"x/"},{"name":"none","mountPath":"/6"},)"
      R"({"name":"a","mountPath":"/7","subPathExpr":"$X"},{"name":"a","mountPath":"/8","subPathExpr":"$Y"})"));
  CHECK(graph.place(0, 0).path == "/srv/a");
  CHECK(graph.place(0, 1).path == "/srv/a/b");
  CHECK(graph.place(0, 3).path == "/");
  CHECK(graph.place(0, 4).path == "/x");
  CHECK(graph.place(0, 5).volume == nullptr);
  const auto overlap = [&graph](int a, int b) {
    return Compare(graph.place(0, a), graph.place(0, b));
  };
  CHECK(overlap(0, 0) == Overlap::kSame);
  CHECK(overlap(0, 1) == Overlap::kHolds);
  CHECK(overlap(1, 0) == Overlap::kIsInside);
  CHECK(overlap(1, 2) == Overlap::kSame);  // two volumes, one folder of the host
  CHECK(overlap(3, 4) == Overlap::kHolds);
  CHECK(overlap(0, 3) == Overlap::kApart);
  CHECK(overlap(0, 5) == Overlap::kApart);
  CHECK(overlap(5, 5) == Overlap::kApart);
  CHECK(overlap(0, 6) == Overlap::kHolds);
  CHECK(overlap(6, 0) == Overlap::kIsInside);
  CHECK(overlap(6, 6) == Overlap::kSame);
  CHECK(overlap(6, 7) == Overlap::kApart);
}

TEST_CASE(
    "of two volumes of one name the first counts, and two volumes of one claim are one place") {
  Graph graph(
      R"({"volumes":[{"name":"v","hostPath":{"path":"/1"}},{"name":"v","hostPath":{"path":"/2"}},)"
      R"({"name":"p","persistentVolumeClaim":{"claimName":"data"}},{"name":"q","persistentVolumeClaim":{"claimName":"data"}},)"
      R"({"name":"r","persistentVolumeClaim":{"claimName":"other"}}],)"
      R"("containers":[{"name":"c","volumeMounts":[{"name":"v","mountPath":"/v"},{"name":"p","mountPath":"/p"},)"
      R"({"name":"q","mountPath":"/q"},{"name":"r","mountPath":"/r"}]}]})");
  CHECK(graph.place(0, 0).path == "/1");
  CHECK(Compare(graph.place(0, 1), graph.place(0, 2)) == Overlap::kSame);
  CHECK(Compare(graph.place(0, 1), graph.place(0, 3)) == Overlap::kApart);
}

TEST_CASE("a volume is found among many") {
  std::string volumes = R"({"name":"first","emptyDir":{}})";
  for (int i = 0; i < 40; ++i) {
    volumes += R"(,{"name":"v)" + std::to_string(i) + R"(","hostPath":{"path":"/)" +
               std::to_string(i) + "\"}}";
  }
  Graph graph(R"({"volumes":[)" + volumes +
              R"(,{"name":"v7","emptyDir":{}}],"containers":[{"name":"c","volumeMounts":[)"
              R"({"name":"v7","mountPath":"/a"},{"name":"no","mountPath":"/b"}]}]})");
  REQUIRE(graph->VolumeOf(graph.mount(0, 0)) != nullptr);
  CHECK(graph.place(0, 0).path == "/7");
  CHECK(graph->VolumeOf(graph.mount(0, 1)) == nullptr);
}

TEST_CASE("a volume of a claim template hides the one of its name") {
  Graph graph(OneContainer(R"({"name":"a","mountPath":"/a"})"));
  graph.pod().OverrideWithClaim("a");
  CHECK_FALSE(graph.place(0, 0).on_host());
  CHECK(Compare(graph.place(0, 0), graph.place(0, 0)) == Overlap::kSame);
}

TEST_CASE("the runtime may make a private mount a slave") {
  const std::string spec =
      R"({"volumes":[{"name":"r","hostPath":{"path":"/"}}],"containers":[{"name":"c","volumeMounts":[)"
      R"({"name":"r","mountPath":"/r"},{"name":"r","mountPath":"/l","subPath":"var/lib"},)"
      R"({"name":"r","mountPath":"/x","mountPropagation":"x"}]}]})";
  Graph containerd(spec);
  Graph crio(spec, core::Runtime::kCrio);
  CHECK(containerd->PropagationOf(containerd.mount(0, 0)) == core::CriPropagation::kPrivate);
  CHECK(crio->PropagationOf(crio.mount(0, 0)) == core::CriPropagation::kHostToContainer);
  CHECK(crio->PropagationOf(crio.mount(0, 1)) == core::CriPropagation::kPrivate);
  CHECK_FALSE(crio->PropagationOf(crio.mount(0, 2)));
}

TEST_CASE("a subPath shows nothing of what is mounted below it at start") {
  Graph graph(OneContainer(
      R"({"name":"a","mountPath":"/1"},{"name":"a","mountPath":"/2","subPath":"b"},)"
      R"({"name":"a","mountPath":"/3","subPath":"b","mountPropagation":"HostToContainer"})"));
  CHECK(Lines(graph) == std::vector<std::string>{"host -> /1: at start, private",
                                                 "host -> /3: live, host to container"});
}

TEST_CASE("edges say who sees whose mounts, and why") {
  Graph graph(
      R"({"volumes":[{"name":"e","emptyDir":{}},{"name":"h","hostPath":{"path":"/srv"}},{"name":"s","hostPath":{"path":"/srv/sub"}}],)"
      R"("initContainers":[{"name":"i","volumeMounts":[{"name":"e","mountPath":"/init","mountPropagation":"Bidirectional"}]}],)"
      R"("containers":[{"name":"p","volumeMounts":[{"name":"h","mountPath":"/pub","mountPropagation":"Bidirectional"}]},)"
      R"({"name":"c","volumeMounts":[{"name":"s","mountPath":"/live","mountPropagation":"HostToContainer"},)"
      R"({"name":"h","mountPath":"/old"},{"name":"e","mountPath":"/seen"},{"name":"none","mountPath":"/none"}]}]})");
  CHECK(Lines(graph) == Paths{
                            "host -> /init: live, bidirectional",
                            "/init -> host: live, bidirectional",
                            "host -> /pub: live, bidirectional",
                            "/pub -> host: live, bidirectional",
                            "/pub -> other pods: live, host paths",
                            "host -> /live: live, host to container",
                            "host -> /old: at start, private",
                            "/init -> /seen: from start, same volume",
                            "/pub -> /live: live, host paths",
                            "/pub -> /old: at start, same volume",
                        });
}

TEST_CASE("an init container sees nothing of those that start when it has ended") {
  Graph graph(
      R"({"volumes":[{"name":"e","emptyDir":{}}],"initContainers":[)"
      R"({"name":"i","volumeMounts":[{"name":"e","mountPath":"/init","mountPropagation":"HostToContainer"}]},)"
      R"({"name":"s","restartPolicy":"Always","volumeMounts":[{"name":"e","mountPath":"/side","mountPropagation":"HostToContainer"}]}],)"
      R"("containers":[{"name":"p","volumeMounts":[{"name":"e","mountPath":"/pub","mountPropagation":"Bidirectional"}]}]})");
  CHECK(Lines(graph) == Paths{
                            "host -> /init: live, host to container",
                            "host -> /side: live, host to container",
                            "host -> /pub: live, bidirectional",
                            "/pub -> host: live, bidirectional",
                            "/pub -> /side: live, same volume",
                        });
}

TEST_CASE("a late publisher is another container at the same place that nobody waits for") {
  const auto late = [](const std::string& publisher, const std::string& list,
                       const std::string& place) {
    Graph graph(R"({"volumes":[{"name":"e","emptyDir":{}},{"name":"f","emptyDir":{}}],)"
                R"("containers":[{"name":"c","volumeMounts":[{"name":"e","mountPath":"/in"},)"
                R"({"name":"e","mountPath":"/own","mountPropagation":"Bidirectional"}]}],")" +
                list + R"(":[{"name":"p","volumeMounts":[{)" + place +
                R"(,"mountPath":"/out","mountPropagation":"Bidirectional"}])" + publisher + "}]}");
    return graph->LatePublisherInto({0, 0}).has_value();
  };
  const std::string sidecar = R"(,"restartPolicy":"Always")";
  CHECK(late(sidecar, "initContainers", R"("name":"e")"));
  CHECK_FALSE(late("", "initContainers", R"("name":"e")"));
  CHECK_FALSE(late(sidecar + R"(,"startupProbe":{"exec":{}})", "initContainers", R"("name":"e")"));
  CHECK_FALSE(late(sidecar, "initContainers", R"("name":"f")"));
  CHECK_FALSE(late(sidecar, "initContainers", R"("name":"e","subPath":"x")"));
}
