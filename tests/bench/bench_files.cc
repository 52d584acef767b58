// What `check` takes of time and memory as a program: 1,000 and 10,000 files, and one file of 200
// MB, on one thread and on two; one with something to be said of every document in every format,
// and in all of them at once; beside kubeconform where that is given, with the folder that has its
// schema of a Pod (tests/reference/cmd/podschema).
//
//   bench_files MOUNTGUARD [KUBECONFORM SCHEMAS]
//
// Runs take turns, and the fastest of each counts; beside kubeconform, whose garbage collector
// makes its runs differ by half, the medians, too.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/run_program.h"

namespace {

namespace fs = std::filesystem;
using mountguard::bench::Run;
using mountguard::bench::RunTwice;
using mountguard::bench::Usage;

constexpr int kRounds = 5;
constexpr int kShortRounds = 25;  // of what takes but a moment, and is disturbed by one
constexpr int kFiles = 1000;
constexpr int kManyFiles = 10'000;
constexpr const char* kFormats[] = {"text",   "json",   "sarif",        "junit",
                                    "github", "gitlab", "policyreport", "html"};
constexpr std::size_t kLargeFile = 200'000'000;

/// A pod of 1 KB with two mounts, which Kubernetes takes, or refuses for one of them.
std::string MakePod(int number, bool refused) {
  return fmt::format(R"(apiVersion: v1
kind: Pod
metadata:
  name: agent-{0}
  namespace: monitoring
  labels: {{app.kubernetes.io/name: agent, app.kubernetes.io/instance: "{0}"}}
spec:
  serviceAccountName: agent
  containers:
    - name: agent
      image: registry.example.com/monitoring/agent:v1.{0}.0
      args:
        - --endpoint=$(ENDPOINT)
        - --v=2
      env:
        - name: ENDPOINT
          value: https://collector.example.com:4317
        - name: NODE_NAME
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
      securityContext:
        privileged: {1}
      resources:
        requests: {{cpu: 10m, memory: 20Mi}}
        limits: {{cpu: 100m, memory: 200Mi}}
      volumeMounts:
        - name: data
          mountPath: /data
        - name: host
          mountPath: /host/srv
          mountPropagation: {2}
  volumes:
    - name: data
      emptyDir: {{}}
    - name: host
      hostPath:
        path: /srv/agent
        type: Directory
  tolerations:
    - operator: Exists
)",
                     number, !refused, refused ? "Bidirectional" : "HostToContainer");
}

/// Of the pods that are looked at for time, every tenth is refused.
bool IsRefused(int number) { return number % 10 == 0; }

/// A new directory, gone at the end.
class WorkDirectory {
 public:
  WorkDirectory() {
    std::string path = (fs::temp_directory_path() / "mountguard-bench-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) std::exit(1);
    path_ = path;
    MakeFiles(files(), kFiles);
    MakeFiles(many_files(), kManyFiles);
    MakeLargeFile(large_file(), &IsRefused);
    MakeLargeFile(refused_file(), [](int) { return true; });
  }
  ~WorkDirectory() { fs::remove_all(path_); }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  std::string files() const { return path_ / "files"; }
  std::string many_files() const { return path_ / "many"; }
  std::string large_file() const { return path_ / "large.yaml"; }
  /// As large, with something to be said of every document.
  std::string refused_file() const { return path_ / "refused.yaml"; }
  std::string report(const std::string& format) const { return path_ / ("report." + format); }

 private:
  static void MakeFiles(const std::string& folder, int count) {
    fs::create_directory(folder);
    for (int i = 0; i < count; ++i) {
      std::ofstream(folder + fmt::format("/{:05}.yaml", i)) << MakePod(i, IsRefused(i));
    }
  }

  static void MakeLargeFile(const std::string& file, const std::function<bool(int)>& refused) {
    std::ofstream large(file);
    int number = 0;
    for (std::size_t size = 0; size < kLargeFile; ++number) {
      const std::string document = "---\n" + MakePod(number, refused(number));
      large << document;
      size += document.size();
    }
  }

  fs::path path_;
};

/// All runs of one program.
struct Runs {
  Usage best;
  std::vector<double> cpu_seconds;

  void Take(const Usage& usage) {
    best.TakeBest(usage);
    cpu_seconds.push_back(usage.cpu_seconds);
  }

  double Median() const {
    std::vector<double> sorted = cpu_seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

void PrintRatio(const std::string& name, const Runs& runs, const Runs& others) {
  fmt::print("  {:<34} {:.3f} of the fastest, {:.3f} of the medians (limit 0.1)\n", name,
             runs.best.cpu_seconds / others.best.cpu_seconds, runs.Median() / others.Median());
}

void Print(const std::string& name, const Usage& usage) {
  fmt::print("{:<36} {:8.3f} s {:8.3f} s CPU {:7.1f} MB\n", name, usage.seconds, usage.cpu_seconds,
             usage.megabytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    fmt::print(stderr, "usage: bench_files MOUNTGUARD [KUBECONFORM SCHEMAS]\n");
    return 2;
  }
  const std::string mountguard = argv[1];
  const bool beside_kubeconform = argc == 4;
  const WorkDirectory work;
  const auto check = [&](const char* jobs, const std::string& path) {
    return std::vector<std::string>{mountguard, "check", "--jobs", jobs, path};
  };
  Runs files_one, files_two, kubeconform_one, kubeconform_two, kubeconform_default;
  Usage files_twice, many_one, many_two, large_one, large_two, stdin_two;
  for (int round = 0; round < kShortRounds; ++round) {
    files_one.Take(Run(check("1", work.files())));
    files_two.Take(Run(check("2", work.files())));
    files_twice.TakeBest(RunTwice(check("1", work.files())));
    if (beside_kubeconform) {  // which must find every file valid: without a schema it would not
      const auto conform = [&](std::vector<std::string> flags) {
        const std::string schemas = std::string(argv[3]) + "/{{.ResourceKind}}{{.KindSuffix}}.json";
        flags.insert(flags.begin(), argv[2]);
        flags.insert(flags.end(), {"-schema-location", schemas, work.files()});
        return Run(flags, "/dev/null", 0);
      };
      kubeconform_one.Take(conform({"-n", "1"}));
      kubeconform_two.Take(conform({"-n", "2"}));
      kubeconform_default.Take(conform({}));
    }
  }
  for (int round = 0; round < kRounds; ++round) {
    many_one.TakeBest(Run(check("1", work.many_files())));
    many_two.TakeBest(Run(check("2", work.many_files())));
    large_one.TakeBest(Run(check("1", work.large_file())));
    large_two.TakeBest(Run(check("2", work.large_file())));
    stdin_two.TakeBest(Run(check("2", "-"), work.large_file()));
  }
  Print("1,000 files, one thread", files_one.best);
  Print("1,000 files, two", files_two.best);
  Print("1,000 files, two runs at once", files_twice);
  Print("10,000 files, one thread", many_one);
  Print("10,000 files, two", many_two);
  Print("one file of 200 MB, one thread", large_one);
  Print("one file of 200 MB, two", large_two);
  Print("the same from standard input, two", stdin_two);
  std::vector<std::string> all_formats = check("2", work.refused_file());
  for (const std::string format : kFormats) {
    std::vector<std::string> words = check("2", work.refused_file());
    words.insert(words.end(), {"-o", format});
    Print("200 MB, all refused, -o " + format, Run(words));
    all_formats.insert(all_formats.end(), {"-o", format + "=" + work.report(format)});
  }
  Print("200 MB, all refused, all formats", Run(all_formats));
  if (beside_kubeconform) {
    Print("1,000 files, kubeconform, one worker", kubeconform_one.best);
    Print("1,000 files, kubeconform, two", kubeconform_two.best);
    Print("1,000 files, kubeconform, as it comes", kubeconform_default.best);
  }
  fmt::print(
      "two threads against one: {:.2f} times faster on 1,000 files, {:.2f} on 10,000, {:.2f} on "
      "one file (limit 1.7)\n"
      "two runs at once, which share nothing, against one after the other: {:.2f} times faster\n",
      files_one.best.seconds / files_two.best.seconds, many_one.seconds / many_two.seconds,
      large_one.seconds / large_two.seconds, 2 * files_one.best.seconds / files_twice.seconds);
  if (beside_kubeconform) {
    fmt::print("CPU of 1,000 files against kubeconform's\n");
    PrintRatio("one thread, one worker", files_one, kubeconform_one);
    PrintRatio("two threads, two workers", files_two, kubeconform_two);
    PrintRatio("two threads, and as it comes", files_two, kubeconform_default);
  }
  fmt::print("Limit of memory for the large file: 64 MB and its largest document\n");
}
